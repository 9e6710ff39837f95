"""The rep: who works leads, how much of it, and when."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import accumulate
from typing import Any, Literal, TypeAlias, TypeVar, get_args

import attrs

from leadflow.calendars import WorkingHours, local_date, midnight
from leadflow.errors import InvalidValue, LimitExceeded, shown
from leadflow.events import Rejected
from leadflow.markup import one_line
from leadflow.span import Span, as_span
from leadflow.values import (
    FLAG,
    NAME,
    NAMES,
    TEXT,
    TIME_ZONE,
    calendar_date,
    checks,
    half_up,
    instance,
    instant,
    listed,
    whole,
    word,
)

Period: TypeAlias = Literal["day", "week", "month"]
Received: TypeAlias = tuple[tuple[datetime, int], ...]
"""What a rep was given: instants in UTC and units."""

_T = TypeVar("_T")
_MOST = 1_000_000
"""The largest weight, capacity and quota: up to here the shares of two reps compare exactly."""
_DAYS_OF_A_MONTH = 30
_ENTIRE_DAY = timedelta(days=1)
_DAY_SECONDS = 86_400
_MOST_DAYS = 3_660
_DAYS = {"day": 1, "week": 7, "month": 32}
"""So many days after its first a calendar period is over; a month's next one has begun."""
_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)


def _moment(where: str, value: object) -> date:
    return instant(where, value) if isinstance(value, datetime) else calendar_date(where, value)


_MOMENT = {"check": _moment}


def units(where: str, value: object, *, least: int = 0) -> int:
    """Take a number of units: whole, and small enough for shares to compare exactly."""
    number = whole(where, value, least=least)
    if number > _MOST:
        raise LimitExceeded(where, "a number of units", _MOST, f"{number:,}")
    return number


def _weight(where: str, value: object) -> int:
    return units(where, value, least=1)


UNITS = {"check": units}


@attrs.frozen(field_transformer=checks)
class Absence:
    """A time in which a rep takes no leads, and why.

    Dates are whole days in the rep's time zone, the last one included; instants are aware, and the
    end is the first instant of being back. Raises `InvalidValue` for one that ends before it starts.

    >>> print(Absence(date(2026, 3, 2), date(2026, 3, 6), "on leave"))
    on leave from 2026-03-02 to 2026-03-06
    """

    start: date = attrs.field(metadata=_MOMENT)
    end: date = attrs.field(metadata=_MOMENT)
    reason: str = attrs.field(default="", metadata=TEXT)

    def __attrs_post_init__(self) -> None:
        start, end = self.start, self.end
        if isinstance(start, datetime) and isinstance(end, datetime):
            if end <= start:
                raise InvalidValue("Absence.end", str(end), f"an instant after the start, {start}")
        elif not (isinstance(start, datetime) or isinstance(end, datetime)) and end < start:
            raise InvalidValue("Absence.end", str(end), f"a date not before the start, {start}")

    def __str__(self) -> str:
        return f"{one_line(self.reason) or 'away'} from {self.start} to {self.end}"

    def within(self, zone: str) -> tuple[datetime, datetime]:
        """Return its first instant, and the first after it, in UTC.

        Raises `InvalidValue` where an instant and a date turn out to be the wrong way round.
        """
        start, end = self.start, self.end
        first = start if isinstance(start, datetime) else midnight(start, zone)
        after = end if isinstance(end, datetime) else _after(end, zone)
        if after <= first:
            raise InvalidValue(
                "Absence.end", str(end), f"an end after the start, {start}, in {zone}"
            )
        return first, after


def _after(day: date, zone: str) -> datetime:
    """Find the end of a date; of the last date there is, the last instant there is."""
    return _LAST if day == date.max else midnight(day + _ENTIRE_DAY, zone)


def _rolling(value: Span | timedelta | str) -> Span:
    where = "Quota.within"
    span = as_span(where, value)
    if span.months:
        hint = "a rolling month has no fixed length; say '30 days', or per='month'"
        raise InvalidValue(where, shown(str(span)), "days, hours or minutes", hint)
    if span.days + span.seconds // _DAY_SECONDS > _MOST_DAYS:
        raise LimitExceeded(where, "the days of a rolling span", _MOST_DAYS, str(span))
    return span


def _before(at: datetime, span: Span) -> datetime:
    try:
        return span.before(at)
    except InvalidValue:  # before the year 1, where nothing was
        return _FIRST


def _period(where: str, value: Period) -> Period:
    return word(where, value, get_args(Period))


@attrs.frozen(field_transformer=checks)
class Quota:
    """How many units a rep may be given in a time.

    Either `per` day, week (from Monday) or month of the calendar in the rep's time zone, or `within`
    a rolling span that ends now. Raises `InvalidValue` for neither or both, and for months in
    `within`.

    >>> print(Quota(5, per="day"), "/", Quota(60, within="30 days"))
    5 per day / 60 within 30 days
    """

    most: int = attrs.field(metadata=UNITS)
    per: Period | None = attrs.field(default=None, kw_only=True, metadata={"check": _period})
    within: Span | None = attrs.field(
        default=None, kw_only=True, converter=attrs.converters.optional(_rolling)
    )

    def __attrs_post_init__(self) -> None:
        if (self.per is None) == (self.within is None):
            found = "neither" if self.per is None else "both"
            raise InvalidValue("Quota", found, "either per='day' or within='30 days'")

    def remembers(self, at: datetime) -> datetime:
        """Return the instant before which nothing counts any more, at `at` or later, in any zone."""
        if self.within is not None:
            return _before(at, self.within)
        return _before(at, Span(days=_DAYS[self.per or "day"] + 1))

    @classmethod
    def spread(cls, monthly: int) -> Quota:
        """Spread a month's number over 30 days: a rolling quota for 24 hours, rounded half-up.

        >>> [Quota.spread(monthly).most for monthly in (45, 15, 60)]
        [2, 1, 2]
        """
        return cls(half_up(units("monthly", monthly), _DAYS_OF_A_MONTH), within="24 hours")

    def __str__(self) -> str:
        return f"{self.most:,} " + (f"per {self.per}" if self.per else f"within {self.within}")

    def since(self, at: datetime, zone: str) -> datetime:
        """Return the instant after which, or from which for a calendar period, units count."""
        if self.within is not None:
            return _before(at, self.within)
        return midnight(self._first_day(local_date(at, zone)), zone)

    def _first_day(self, day: date) -> date:
        if self.per == "week":
            return date.fromordinal(max(day.toordinal() - day.weekday(), 1))
        return day.replace(day=1) if self.per == "month" else day

    def _counting(self, received: Received, at: datetime, zone: str) -> list[tuple[datetime, int]]:
        start = self.since(at, zone)
        if self.within is not None:
            return [each for each in received if start < each[0] <= at]
        return [each for each in received if start <= each[0] <= at]

    def used(self, received: Received, at: datetime, zone: str) -> int:
        """Count the units that were given in the time that ends at an instant."""
        return sum(amount for _, amount in self._counting(received, at, zone))

    def free_from(
        self, received: Received, wanted: int, at: datetime, zone: str
    ) -> datetime | None:
        """Find the first instant from `at` on with room for so many units; None if there is none."""
        if wanted > self.most:
            return None
        counting = self._counting(received, at, zone)
        over = sum(amount for _, amount in counting) + wanted - self.most
        if over <= 0:
            return at
        if self.within is None:
            return self._next_period(at, zone)
        ordered = sorted(counting)
        freed = accumulate(amount for _, amount in ordered)
        last = next(
            moment for (moment, _), total in zip(ordered, freed, strict=True) if total >= over
        )
        return self.within.after(last)

    def _next_period(self, at: datetime, zone: str) -> datetime | None:
        first = self._first_day(local_date(at, zone))
        days = _DAYS[self.per or "day"]
        if first.toordinal() + days > date.max.toordinal():
            return None
        return midnight(self._first_day(first + timedelta(days=days)), zone)


@attrs.frozen
class _Away:
    """A time away: one absence, or several that overlap or meet."""

    start: datetime
    end: datetime
    parts: tuple[tuple[datetime, datetime, str], ...]


def quotas_of(value: Quota | Iterable[Quota], where: str = "quotas") -> tuple[Quota, ...]:
    """Take a quota, or several."""
    return _each(where, value, Quota)


def absences_of(value: Absence | Iterable[Absence], where: str = "away") -> tuple[Absence, ...]:
    """Take an absence, or several."""
    return _each(where, value, Absence)


def _quotas(where: str, value: Any) -> tuple[Quota, ...]:
    return quotas_of(value, where)


def _absences(where: str, value: Any) -> tuple[Absence, ...]:
    return absences_of(value, where)


def _each(where: str, values: _T | Iterable[_T], kind: type[_T]) -> tuple[_T, ...]:
    found: tuple[_T, ...] = (values,) if isinstance(values, kind) else listed(where, values)  # type: ignore[arg-type]
    for value in found:
        if not isinstance(value, kind):
            raise InvalidValue(where, shown(value), f"a list of {kind.__name__}")
    return tuple(sorted(found, key=repr)) if isinstance(values, set | frozenset) else found


@attrs.frozen(field_transformer=checks)
class Rep:
    """Somebody who works leads.

    - `name` is what people read, the id unless given; `team`, `territories`, `skills` and
      `languages` are words that rules and strategies ask for.
    - `weight`: the share of the turns, against others (1 unless given; whole, above 0).
    - `capacity`: how many units of open work at most, without a limit unless given; `quotas`: how
      many units may be given in a time.
    - `hours`: the working hours; without them a rep is always there. `away`: the absences.
    - `time_zone`: where dates of absences and quotas begin and end; that of `hours` unless given,
      else UTC.
    - `active`: False for one who has left, or takes no more leads for now.

    Raises `InvalidValue` and `LimitExceeded`, naming the place.

    >>> ada = Rep(
    ...     "ada", team="emea", capacity=20, away=[Absence(date(2026, 3, 2), date(2026, 3, 6))]
    ... )
    >>> from datetime import timezone
    >>> print(ada.present_from(datetime(2026, 3, 4, 9, tzinfo=timezone.utc)))
    2026-03-07 00:00:00+00:00
    """

    id: str = attrs.field(metadata=NAME)
    name: str = attrs.field(metadata=TEXT)
    team: str | None = attrs.field(default=None, kw_only=True, metadata=NAME)
    territories: tuple[str, ...] = attrs.field(
        default=(), kw_only=True, converter=tuple[str, ...], metadata=NAMES
    )
    skills: tuple[str, ...] = attrs.field(
        default=(), kw_only=True, converter=tuple[str, ...], metadata=NAMES
    )
    languages: tuple[str, ...] = attrs.field(
        default=(), kw_only=True, converter=tuple[str, ...], metadata=NAMES
    )
    weight: int = attrs.field(default=1, kw_only=True, metadata={"check": _weight})
    capacity: int | None = attrs.field(default=None, kw_only=True, metadata=UNITS)
    quotas: tuple[Quota, ...] = attrs.field(
        default=(), kw_only=True, converter=quotas_of, metadata={"check": _quotas}
    )
    hours: WorkingHours | None = attrs.field(
        default=None, kw_only=True, metadata=instance(WorkingHours)
    )
    away: tuple[Absence, ...] = attrs.field(
        default=(), kw_only=True, converter=absences_of, metadata={"check": _absences}
    )
    time_zone: str | None = attrs.field(default=None, kw_only=True, metadata=TIME_ZONE)
    active: bool = attrs.field(default=True, kw_only=True, metadata=FLAG)

    @name.default
    def _id_as_name(self) -> str:
        return self.id

    def __attrs_post_init__(self) -> None:
        self._absent  # noqa: B018 (an absence that ends before it starts is refused here)

    @property
    def zone(self) -> str:
        """The time zone of dates: `time_zone`, else that of `hours`, else UTC."""
        return self.time_zone or (self.hours.zone if self.hours else "UTC")

    @cached_property
    def _absent(self) -> tuple[_Away, ...]:
        """The absences in order; those that overlap or meet are one."""
        found: list[_Away] = []
        for start, end, why in sorted((*each.within(self.zone), each.reason) for each in self.away):
            if found and start <= found[-1].end:
                last = found.pop()
                found.append(
                    _Away(last.start, max(last.end, end), (*last.parts, (start, end, why)))
                )
            else:
                found.append(_Away(start, end, ((start, end, why),)))
        return tuple(found)

    @cached_property
    def is_always_there(self) -> bool:
        """Whether there are neither hours nor absences nor quotas to look at."""
        return not (self.away or self.hours or self.quotas)

    @cached_property
    def passed_over(self) -> Rejected:
        """The rejection of a rep whose turn it is not; made once, for it is what most are given."""
        return Rejected(self.id, "not_this_turn")

    @cached_property
    def off_duty(self) -> Rejected:
        """The rejection of a rep outside their working hours; made once, too."""
        return Rejected(self.id, "outside_hours", f"works {self.hours}")

    @cached_property
    def elsewhere(self) -> Rejected:
        """The rejection of a rep who does not serve a lead's territory; made once, too."""
        served = ", ".join(self.territories) or "no territory"
        return Rejected(self.id, "wrong_territory", f"serves {served}")

    def absence(self, at: datetime) -> tuple[datetime, str] | None:
        """Return until when a rep is away at an instant in UTC, and why; None if not away.

        Absences that overlap or meet are one; the reason is that of the one that ends last of those
        at the instant.
        """
        place = bisect_right(self._absent, at, key=lambda away: away.start) - 1
        if place < 0 or self._absent[place].end <= at:
            return None
        away = self._absent[place]
        _, why = max((end, why) for start, end, why in away.parts if start <= at < end)
        return away.end, why

    def present_from(self, at: datetime) -> datetime | None:
        """Find the first instant from `at` on, in UTC, at which the rep is at work; None if never."""
        moment = instant("at", at)
        while True:
            try:
                moment = self.hours.next_open(moment) if self.hours else moment
            except InvalidValue:
                return None
            away = self.absence(moment)
            if away is None:
                return moment
            moment = away[0]
            if moment == _LAST:
                return None

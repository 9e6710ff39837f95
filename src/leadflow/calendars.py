"""Dates in a time zone, and working hours: when somebody is at work, and how long between instants.

Hours are blocks of wall time in a zone. An instant is working time if and only if its wall time
there lies in a block, start included and end not, and that block does not begin on a holiday. So it
is through every change of the clocks: wall hours that occur twice count twice, hours that are
skipped do not count.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import accumulate, groupby, islice, pairwise
from typing import TypeAlias
from zoneinfo import ZoneInfo

import attrs

from leadflow.errors import InvalidValue, LimitExceeded, did_you_mean, shown
from leadflow.span import Span, as_span
from leadflow.values import (
    TIME_ZONE,
    Frozen,
    calendar_date,
    checks,
    instant,
    name,
    text,
    time_zone,
)

Hours: TypeAlias = str | Iterable[str | tuple[time, time]]
"""The hours of a day: "09:00-12:00, 13:00-17:00", or a list of such texts or of pairs of times."""

_Block: TypeAlias = tuple[int, int]
"""Start and end of a block in minutes since its day began; the end may lie in the next day."""

_FULL_NAMES = {
    "mon": "monday",
    "tue": "tuesday",
    "wed": "wednesday",
    "thu": "thursday",
    "fri": "friday",
    "sat": "saturday",
    "sun": "sunday",
}
_DAYS = tuple(_FULL_NAMES)
_NUMBERS = {
    word: number
    for number, (short, full) in enumerate(_FULL_NAMES.items())
    for word in (short, full)
}
_CLOCK = "([0-9]{1,2}):([0-5][0-9])"
_BLOCK = re.compile(rf"{_CLOCK}\s*-\s*{_CLOCK}")
_EXAMPLE = "hours such as '09:00-17:00'"
_DAY_MINUTES = 24 * 60
_WEEK_MINUTES = 7 * _DAY_MINUTES
_MOST_HOLIDAYS = 100_000

# An instant is a number of microseconds since the year 1 began in UTC; a wall time, since it began
# on the wall. That was a Monday.
_SECOND = 1_000_000
_MINUTE = 60 * _SECOND
_DAY = _DAY_MINUTES * _MINUTE
_WEEK = 7 * _DAY
_MICROSECOND = timedelta(microseconds=1)
_FIRST = datetime(1, 1, 1, tzinfo=UTC)
_LAST = (datetime.max.replace(tzinfo=UTC) - _FIRST) // _MICROSECOND
_PROBE = 3 * _DAY
"""No zone goes forth and back in less: the shortest stay was of four days (Freetown, 1939)."""


def local(moment: datetime, zone: str | None) -> datetime:
    """Give an instant in a time zone, UTC if None.

    It stays in UTC where it would leave the calendar there: in the first and the last hours that a
    datetime can hold. Raises `NaiveDatetime` without a time zone, `InvalidValue` for an unknown one.

    >>> print(local(datetime(2026, 5, 4, 23, tzinfo=UTC), "Europe/Warsaw"))
    2026-05-05 01:00:00+02:00
    """
    moment = instant("moment", moment)
    if zone is None:
        return moment
    try:
        return moment.astimezone(_zone_info(zone))
    except OverflowError:
        return moment


def local_date(moment: datetime, zone: str | None) -> date:
    """Tell the date at an instant in a time zone, UTC if None; raises what `local` does.

    >>> local_date(datetime(2026, 5, 4, 23, tzinfo=UTC), "Europe/Warsaw")
    datetime.date(2026, 5, 5)
    """
    return local(moment, zone).date()


def midnight(day: date, zone: str | None) -> datetime:
    """Return the instant, in UTC, at which a date begins in a time zone, UTC if None.

    Raises `InvalidValue` for an unknown zone, and for a datetime.

    >>> print(midnight(date(2026, 5, 5), "Europe/Warsaw"))
    2026-05-04 22:00:00+00:00
    """
    begins = datetime.combine(calendar_date("day", day), time(), _zone_info(zone or "UTC"))
    try:
        return instant("day", begins)
    except InvalidValue:  # the first date, in a zone where it began before the first instant
        return _FIRST


def _zone_info(zone: str) -> ZoneInfo:
    try:
        return ZoneInfo(zone)
    except (LookupError, ValueError, OSError, TypeError):
        return ZoneInfo(time_zone("zone", zone))


def _week(value: Mapping[str, Hours]) -> Frozen[str]:
    where = "WorkingHours.week"
    if not isinstance(value, Mapping):
        raise InvalidValue(where, shown(value), "a mapping such as {'mon-fri': '09:00-17:00'}")
    found: dict[str, list[_Block]] = {day: [] for day in _DAYS}
    for key, hours in value.items():
        days, blocks = _days_of(f"{where} day", key), _blocks(f"{where} {shown(key)}", hours)
        for day in days:
            found[day] += blocks
    if not any(found.values()):
        raise InvalidValue(where, "no hours at all", "at least one block")
    _refuse_overlaps(where, found)
    return Frozen({day: _written(blocks) for day, blocks in found.items() if blocks})


def _days_of(where: str, value: object) -> list[str]:
    """Read "mon", "mon-fri" or "mon, wed"; a range may run across the end of the week."""
    found = []
    for part in name(where, value).split(","):
        first, dash, last = part.partition("-")
        start = _number(where, first)
        more = (_number(where, last) - start) % len(_DAYS) if dash else 0
        found += [_DAYS[(start + number) % len(_DAYS)] for number in range(more + 1)]
    return found


def _number(where: str, value: str) -> int:
    word = value.strip().lower()
    if word not in _NUMBERS:
        hint = did_you_mean(word, _NUMBERS)
        raise InvalidValue(where, shown(word), "a day of the week", hint)
    return _NUMBERS[word]


def _blocks(where: str, value: object) -> list[_Block]:
    if isinstance(value, bytes | Mapping) or not isinstance(value, Iterable):
        raise InvalidValue(where, shown(value), _EXAMPLE)
    given = [value] if isinstance(value, str) else value
    # More blocks than a day has minutes overlap in any case.
    found = list(islice(_each(where, given), _DAY_MINUTES + 1))
    if not found:
        raise InvalidValue(where, "no hours", _EXAMPLE, "leave out a day without hours")
    return found


def _each(where: str, values: Iterable[object]) -> Iterator[_Block]:
    for value in values:
        match value:
            case str():
                yield from (_read(where, part.strip()) for part in text(where, value).split(","))
            case [start, end]:
                yield _block(where, _minutes(where, start), _minutes(where, end))
            case _:
                raise InvalidValue(where, shown(value), f"{_EXAMPLE}, or a pair of times")


def _read(where: str, part: str) -> _Block:
    match = _BLOCK.fullmatch(part)
    if match is None:
        raise InvalidValue(where, shown(part), _EXAMPLE, "commas stand between blocks")
    hour, minute, end_hour, end_minute = map(int, match.groups())
    start, end = hour * 60 + minute, end_hour * 60 + end_minute
    if start >= _DAY_MINUTES or end > _DAY_MINUTES:
        raise InvalidValue(where, shown(part), "times of a day, which ends at 24:00")
    return _block(where, start, end)


def _minutes(where: str, value: object) -> int:
    if not isinstance(value, time):
        raise InvalidValue(where, shown(value), "a time such as time(9, 30)")
    if value.tzinfo is not None or value.second or value.microsecond:
        raise InvalidValue(where, shown(value), "a time in whole minutes, without a time zone")
    return value.hour * 60 + value.minute


def _block(where: str, start: int, end: int) -> _Block:
    if start == end:
        hint = "a whole day is '00:00-24:00'"
        raise InvalidValue(where, _words(start, end), "a block that ends after its start", hint)
    return start, end if end > start else end + _DAY_MINUTES


def _words(start: int, end: int) -> str:
    hour, minute = divmod(end if end <= _DAY_MINUTES else end - _DAY_MINUTES, 60)
    return f"{start // 60:02}:{start % 60:02}-{hour:02}:{minute:02}"


def _refuse_overlaps(where: str, found: Mapping[str, list[_Block]]) -> None:
    week = sorted(
        (number * _DAY_MINUTES + start, number * _DAY_MINUTES + end, f"{day} {_words(start, end)}")
        for number, day in enumerate(_DAYS)
        for start, end in found[day]
    )
    start, end, words = week[0]
    again = (start + _WEEK_MINUTES, end + _WEEK_MINUTES, words)
    for (_, end, words), (start, _, others) in pairwise([*week, again]):
        if end > start:
            raise InvalidValue(where, f"{words} and {others}", "blocks that do not overlap")


def _written(blocks: Iterable[_Block]) -> str:
    """Write the blocks of a day, those that touch as one where one block can be so long."""
    joined: list[_Block] = []
    for start, end in sorted(blocks):
        first, last = joined[-1] if joined else (start, -1)
        if last == start and (end - first < _DAY_MINUTES or end == _DAY_MINUTES):
            joined[-1] = (first, end)
        else:
            joined.append((start, end))
    return ", ".join(_words(start, end) for start, end in joined)


def _holidays(value: Iterable[date]) -> frozenset[date]:
    where = "WorkingHours.holidays"
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        hint = "list the dates of the years that matter"
        raise InvalidValue(where, shown(value), "a container of dates to iterate over", hint)
    if isinstance(value, Mapping) and type(value) is not dict and not value:
        hint = "a calendar that fills as it is asked needs its years, such as years=[2026, 2027]"
        raise InvalidValue(where, f"an empty {type(value).__name__}", "dates", hint)
    found = list(islice(value, _MOST_HOLIDAYS + 1))
    if len(found) > _MOST_HOLIDAYS:
        raise LimitExceeded(where, "the holidays", _MOST_HOLIDAYS, "more")
    return frozenset(calendar_date(where, day) for day in found)


@attrs.frozen
class _Intervals:
    """Intervals that do not overlap, in order."""

    pairs: tuple[tuple[int, int], ...]

    @cached_property
    def starts(self) -> list[int]:
        return [start for start, _ in self.pairs]

    @cached_property
    def before(self) -> list[int]:
        """The length of all before each, and of all together at the end."""
        return list(accumulate((end - start for start, end in self.pairs), initial=0))

    def until(self, point: int) -> int:
        """Return the length of what lies before a point."""
        last = bisect_right(self.starts, point) - 1
        if last < 0:
            return 0
        start, end = self.pairs[last]
        return self.before[last] + min(point, end) - start


@attrs.frozen(field_transformer=checks, cache_hash=True)
class WorkingHours:
    """The hours of a week in a time zone, without the holidays.

    `week` maps days to hours. A key is a day ("mon", "Monday"), a range ("mon-fri"; "fri-mon" runs
    through Sunday) or a list of these ("mon, wed"). The hours are one or more blocks, as text
    ("09:00-12:00, 13:00-17:00") or in a list of texts and pairs of `datetime.time`. A block whose
    end is not after its start runs into the next day ("22:00-06:00"); a whole day is "00:00-24:00".
    Blocks may touch, but not overlap. `week` is kept as text by short day names, so that equal
    hours are equal however they were written: touching blocks of one day become one, where one
    block can be so long (less than 24 hours, or the whole day).

    `zone` is an IANA name. `holidays` are dates there, taken once: later changes of the container
    change nothing. A block that begins on a holiday is no working time; a night that begins the day
    before one is.

    Raises `InvalidValue`, and `LimitExceeded` for more than 100,000 holidays.

    >>> hours = WorkingHours({"mon-fri": "9:00-17:00"}, "Europe/Warsaw", [date(2026, 5, 1)])
    >>> print(hours)
    mon-fri 09:00-17:00 Europe/Warsaw, 1 holiday
    >>> thursday = datetime(2026, 4, 30, 14, tzinfo=UTC)
    >>> print(hours.deadline(thursday, "2 hours"))
    2026-05-04 08:00:00+00:00
    """

    week: Frozen[str] = attrs.field(converter=_week)
    zone: str = attrs.field(default="UTC", metadata=TIME_ZONE)
    holidays: frozenset[date] = attrs.field(default=(), converter=_holidays, repr=shown)

    def __str__(self) -> str:
        runs = [(list(run), hours) for hours, run in groupby(_DAYS, key=self.week.get) if hours]
        days = "; ".join(f"{_run(run)} {hours}" for run, hours in runs)
        count = len(self.holidays)
        holidays = f", {count:,} holiday{'s' if count > 1 else ''}" if count else ""
        return f"{days} {self.zone}{holidays}"

    def is_open(self, at: datetime) -> bool:
        """Tell whether an instant is working time.

        >>> hours.is_open(datetime(2026, 5, 4, 7, tzinfo=UTC))
        True
        """
        wall = self._wall(_number_of("at", at))
        return self._worked(wall + 1) > self._worked(wall)

    def next_open(self, at: datetime) -> datetime:
        """Find the first instant of working time from `at` on, in UTC; `at` itself if it is one.

        Raises `InvalidValue` if there is none before the year 10000.

        >>> print(hours.next_open(datetime(2026, 5, 2, tzinfo=UTC)))
        2026-05-04 07:00:00+00:00
        """
        moment = instant("at", at)
        if self.is_open(moment):
            return moment
        return _instant_of(self._after(_number_of("at", moment), 1) - 1)

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """Measure the working time between two instants.

        Raises `InvalidValue` if the end lies before the start.

        >>> hours.elapsed(thursday, datetime(2026, 5, 4, 9, tzinfo=UTC))
        datetime.timedelta(seconds=10800)
        """
        at, last = _number_of("start", start), _number_of("end", end)
        if last < at:
            raise InvalidValue("end", shown(str(end)), f"an instant not before the start, {start}")
        worked = 0
        while at < last:
            until = self._steady(at, last)
            worked += self._gained(at, until)
            at = until
        return timedelta(microseconds=worked)

    def working_days(self, start: datetime, end: datetime) -> timedelta:
        """Measure the time between two instants on the clock of the working days.

        That clock runs around the clock on every date on which a block begins and which is no
        holiday, and stands still on all others. Raises `InvalidValue` if the end lies before the
        start.

        >>> hours.working_days(thursday, datetime(2026, 5, 4, 14, tzinfo=UTC))
        datetime.timedelta(days=1)
        """
        return self._around_the_clock.elapsed(start, end)

    def deadline(self, start: datetime, span: Span | timedelta | str) -> datetime:
        """Find the earliest instant, in UTC, by which so much working time has passed.

        A `timedelta` is working time. Of a `Span`, or a text such as "2 days" or "90 minutes", the
        days are working days, passed first, on the clock of `working_days`: Friday 10:00 + "1 day"
        is Monday 10:00 in a week from Monday to Friday. Then the seconds pass as working time.

        Raises `InvalidValue` for months, for a negative timedelta, and if the deadline would lie
        beyond the year 9999.

        >>> print(hours.deadline(thursday, "1 day"))
        2026-05-04 14:00:00+00:00
        >>> print(hours.deadline(thursday, timedelta(hours=8)))
        2026-05-04 14:00:00+00:00
        """
        days, work = _days_and_work(span)
        at = _number_of("start", start)
        if days:
            at = self._around_the_clock._after(at, days)  # noqa: SLF001 (one of its own class)
        return _instant_of(self._after(at, work))

    @cached_property
    def _around_the_clock(self) -> WorkingHours:
        whole_days = dict.fromkeys(self.week, "00:00-24:00")
        return WorkingHours(whole_days, self.zone, self.holidays)

    @cached_property
    def _by_day(self) -> dict[str, list[_Block]]:
        """The blocks of each day in microseconds since it began."""
        return {
            day: [(start * _MINUTE, end * _MINUTE) for start, end in _blocks(day, hours)]
            for day, hours in self.week.items()
        }

    @cached_property
    def _regular(self) -> _Intervals:
        """The working time of any week; a night across its end is cut in two."""
        found = []
        for day, blocks in self._by_day.items():
            midnight = _NUMBERS[day] * _DAY
            for start, end in blocks:
                found.append((midnight + start, min(midnight + end, _WEEK)))
                if midnight + end > _WEEK:
                    found.append((0, midnight + end - _WEEK))
        return _Intervals(tuple(sorted(found)))

    @cached_property
    def _removed(self) -> _Intervals:
        """The blocks that begin on holidays, on the wall."""
        return _Intervals(
            tuple(
                ((day.toordinal() - 1) * _DAY + start, (day.toordinal() - 1) * _DAY + end)
                for day in sorted(self.holidays)
                for start, end in self._by_day.get(_DAYS[day.weekday()], ())
            )
        )

    @cached_property
    def _worked_before_removed(self) -> list[int]:
        return [self._worked(start) for start in self._removed.starts]

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @cached_property
    def _first(self) -> datetime:
        return datetime(1, 1, 1, tzinfo=self._zone)

    def _worked(self, wall: int) -> int:
        """Return the working time on the wall since the year 1 began."""
        weeks, rest = divmod(wall, _WEEK)
        regular = weeks * self._regular.before[-1] + self._regular.until(rest)
        return regular - self._removed.until(wall)

    def _reached(self, worked: int) -> int:
        """Find the earliest wall time by which so much has been worked."""
        regular = self._regular
        removed = bisect_left(self._worked_before_removed, worked)
        lasting = worked + self._removed.before[removed]
        weeks, rest = divmod(lasting - 1, regular.before[-1])
        last = bisect_right(regular.before, rest) - 1
        return weeks * _WEEK + regular.starts[last] + rest + 1 - regular.before[last]

    def _offset(self, at: int) -> timedelta:
        # At the very ends the wall would leave the calendar; no clock is changed there.
        inside = at if _DAY < at < _LAST - _DAY else min(max(at, _DAY), _LAST - _DAY)
        local = self._zone.fromutc(self._first + timedelta(microseconds=inside))
        return local.utcoffset() or timedelta(0)

    def _wall(self, at: int) -> int:
        return at + self._offset(at) // _MICROSECOND

    def _steady(self, at: int, until: int) -> int:
        """Find the first change of the clocks after an instant, or `until` if none comes sooner."""
        offset = self._offset(at)
        while at < until:
            probe = min(at + _PROBE, until)
            if self._offset(probe) != offset:
                first = at // _SECOND + 1
                seconds = range(first, probe // _SECOND)
                changed = bisect_left(seconds, 1, key=lambda s: self._offset(s * _SECOND) != offset)
                return (first + changed) * _SECOND
            at = probe
        return until

    def _gained(self, at: int, until: int) -> int:
        """Return the working time between two instants without a change of the clocks."""
        wall = self._wall(at)
        return self._worked(wall + until - at) - self._worked(wall)

    def _after(self, at: int, work: int) -> int:
        """Find the earliest instant by which so much working time has passed."""
        # No wall time comes more than twice: refuse what can never be before walking to the end.
        if work > 2 * (self._worked(_LAST + _DAY) - self._worked(at - _DAY)):
            raise _too_late()
        while work:
            wall = self._wall(at)
            reached = at + self._reached(self._worked(wall) + work) - wall
            until = self._steady(at, min(reached, _LAST))
            if until == reached:
                return reached
            if until == _LAST:
                raise _too_late()
            work -= self._gained(at, until)
            at = until
        return at


def _run(days: list[str]) -> str:
    return days[0] if len(days) == 1 else f"{days[0]}-{days[-1]}"


def _days_and_work(span: Span | timedelta | str) -> tuple[int, int]:
    if isinstance(span, timedelta):
        if span < timedelta(0):
            raise InvalidValue("span", shown(str(span)), "a timedelta that is not negative")
        return 0, span // _MICROSECOND
    given = as_span("span", span)
    if given.months:
        hint = "a month has no fixed number of working days"
        raise InvalidValue("span", shown(str(given)), "days, hours and minutes", hint)
    return given.days * _DAY, given.seconds * _SECOND


def _too_late() -> InvalidValue:
    found, hint = "a later one", "the week has too few hours for so much work"
    return InvalidValue("working time", found, "an instant before the year 10000", hint)


def _number_of(where: str, at: datetime) -> int:
    return (instant(where, at) - _FIRST) // _MICROSECOND


def _instant_of(at: int) -> datetime:
    return _FIRST + timedelta(microseconds=at)

"""Speed of response: who was answered when, and which limits were broken."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import takewhile
from typing import Literal, TypeAlias, overload

import attrs

from leadflow.calendars import WorkingHours
from leadflow.errors import InvalidValue, shown
from leadflow.events import Activity, Disposition, Reopened
from leadflow.events.facts import ENDS
from leadflow.lead import Lead, seen
from leadflow.markup import table
from leadflow.pipeline.ageing import Stay, stays
from leadflow.pipeline.day import Day, Pipelines, end_of, working
from leadflow.pipeline.stage import Stage
from leadflow.span import SPAN, Span, given_span
from leadflow.values import checks, decimal, instance, listed, names

LimitName: TypeAlias = Literal["contact_within", "cliff", "leave_new_within", "respond_within"]
_TICK = timedelta(microseconds=1)
_SHOWN = 100
"""Limits that a notebook shows."""


def _share(value: Decimal | float) -> Decimal:
    where = "ResponseLimits.warn_at"
    number = decimal(where, value)
    if not 0 < number <= 1:
        raise InvalidValue(where, shown(value), "a share above 0 and at most 1")
    return number


def _channels(values: Iterable[str] | None) -> tuple[str, ...] | None:
    return None if values is None else names("ResponseLimits.channels", values)


@attrs.frozen(field_transformer=checks, kw_only=True)
class ResponseLimits:
    """How soon an inquiry is to be answered, each limit counted from the inquiry; None is no limit.

    `contact_within` (10 minutes unless set), `cliff` (15 hours, after which the chance falls
    sharply) and `leave_new_within` (1 day: out of the stage where leads come in). A limit is kept up
    to and including its last instant. From `warn_at` of a limit on (0.8), a lead is about to break
    it. `channels` names those on which a contact counts as an answer; any unless set.

    These are the lines of requirement W3. Raises `InvalidValue`.

    >>> str(ResponseLimits(contact_within="5 minutes").contact_within)
    '5 minutes'
    """

    contact_within: Span | None = attrs.field(
        default=Span(seconds=600), converter=given_span, metadata=SPAN
    )
    cliff: Span | None = attrs.field(
        default=Span(seconds=54_000), converter=given_span, metadata=SPAN
    )
    leave_new_within: Span | None = attrs.field(
        default=Span(days=1), converter=given_span, metadata=SPAN
    )
    warn_at: Decimal = attrs.field(default=Decimal("0.8"), converter=_share)
    channels: tuple[str, ...] | None = attrs.field(default=None, converter=_channels)


W3 = ResponseLimits()


@attrs.frozen
class Breach:
    """A limit that a lead broke, or is about to break.

    `limit` names it: contact_within, cliff, leave_new_within, or respond_within of a `stage`. Its
    time runs from `since` to `deadline`; `ended` is when the thing was done, or when the lead was
    closed or had moved on before it was (None: not yet). `taken` is the time from `since` to then,
    and `over` by how much it is over, below zero where it is only about to be; with working hours
    both are working time. `rep` is the lead's owner now.
    """

    lead: str
    rep: str | None
    limit: LimitName
    stage: str | None
    allowed: Span
    since: datetime
    deadline: datetime
    ended: datetime | None
    taken: timedelta
    over: timedelta

    @property
    def is_open(self) -> bool:
        """Whether the thing is still to be done."""
        return self.ended is None

    @property
    def is_near(self) -> bool:
        """Whether the limit is not broken yet."""
        return self.over <= timedelta()

    @property
    def words(self) -> str:
        """Name the limit in words, without its length: "respond within (proposal)"."""
        return self.limit.replace("_", " ") + (f" ({self.stage})" if self.stage else "")

    def __str__(self) -> str:
        rep = f" ({self.rep})" if self.rep else ""
        start = f"{self.lead}{rep}: {self.words}, {self.allowed}"
        if self.is_near:
            return f"{start}: {_clock(-self.over)} left"
        state = "not done yet" if self.is_open else f"took {_clock(self.taken)}"
        return f"{start}: {state}, {_clock(self.over)} over"


@attrs.frozen(repr=False)
class Breaches(Sequence[Breach]):
    """The limits that were broken, worst first, and those about to be, most urgent first."""

    broken: tuple[Breach, ...]
    near: tuple[Breach, ...]

    @overload
    def __getitem__(self, index: int) -> Breach: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Breach, ...]: ...
    def __getitem__(self, index: int | slice) -> Breach | tuple[Breach, ...]:
        return self.broken[index]

    def __len__(self) -> int:
        return len(self.broken)

    def by_rep(self) -> Mapping[str | None, tuple[Breach, ...]]:
        """Group the broken limits by rep, in the order of their ids; None is nobody's, at the end."""
        found: dict[str | None, list[Breach]] = {}
        for breach in self.broken:
            found.setdefault(breach.rep, []).append(breach)
        ordered = sorted(found, key=lambda rep: (rep is None, rep or ""))
        return {rep: tuple(found[rep]) for rep in ordered}

    def __repr__(self) -> str:
        return f"Breaches({self._counts})"

    @property
    def _counts(self) -> str:
        return f"{len(self.broken):,} broken, {len(self.near):,} near"

    def __str__(self) -> str:
        lines = [str(breach) for breach in (*self.broken, *self.near)]
        return "\n".join(lines) or "no limit was broken, and none is about to be"

    def _repr_html_(self) -> str:
        rows = [
            (b.lead, b.rep or "", b.words, b.allowed, _clock(b.taken), _signed(b.over))
            for b in (*self.broken, *self.near)[:_SHOWN]
        ]
        more = f", the first {_SHOWN} shown" if len(self.broken) + len(self.near) > _SHOWN else ""
        return table(
            f"limits: {self._counts}{more}",
            ("lead", "rep", "limit", "allowed", "taken", "over"),
            rows,
        )


def first_response(
    lead: Lead, *, as_of: datetime, channels: Iterable[str] | None = None
) -> Activity | None:
    """Find the first contact since a lead came in, on any channel or on some; None if there is none.

    A lead comes in at its `created_at`, or with its first incoming activity where that is not known.
    A contact is an attempt, answered or not, or a call from the lead that was not missed. Raises
    `NaiveDatetime` and `InvalidValue`.
    """
    past, _ = seen(lead, as_of)
    wanted = None if channels is None else names("channels", channels)
    return next(_contacts(past, wanted, since=_inquiry(past)), None)


def response_time(
    lead: Lead,
    *,
    as_of: datetime,
    hours: WorkingHours | None = None,
    channels: Iterable[str] | None = None,
) -> timedelta | None:
    """Measure the time from a lead's coming in to its first contact; with `hours`, in working time.

    None if there was no contact yet, or if nobody knows when it came in. Coming in and contact are
    those of `first_response`. Raises `NaiveDatetime` and `InvalidValue`.

    >>> from datetime import UTC
    >>> came = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> lead = Lead("L-7", came, events=[Activity("call", came + timedelta(minutes=7))])
    >>> response_time(lead, as_of=came + timedelta(days=1))
    datetime.timedelta(seconds=420)
    """
    working(hours)
    past, moment = seen(lead, as_of)
    came, answer = _inquiry(past), first_response(past, as_of=moment, channels=channels)
    return None if came is None or answer is None else _between(came, answer.at, hours)


def _inquiry(lead: Lead) -> datetime | None:
    if lead.created_at is not None:
        return lead.created_at
    return next((each.at for each in lead.activities if each.direction == "in"), None)


def _contacts(
    lead: Lead, channels: Collection[str] | None, *, since: datetime | None
) -> Iterator[Activity]:
    for activity in lead.activities:
        in_time = since is None or activity.at >= since
        if in_time and _is_contact(activity) and (channels is None or activity.channel in channels):
            yield activity


def _is_contact(activity: Activity) -> bool:
    if activity.kind == "call_received":
        return activity.answered is not False
    return activity.is_attempt


def breaches(
    leads: Iterable[Lead],
    as_of: datetime,
    pipeline: Pipelines = None,
    *,
    limits: ResponseLimits = W3,
    hours: WorkingHours | None = None,
) -> Breaches:
    """List which leads broke which limit by how much, and which are about to.

    Of every lead whose coming in is known: contact within `contact_within` and before the `cliff`,
    and out of the stages where leads come in (the `starts` of its pipeline; without a pipeline the
    first stage it stood in) within `leave_new_within`. A stage's `respond_within` asks for a contact
    after entering it; in the stage that the lead came in with, if that is a starting one, it takes
    the place of `contact_within`, and counts from the inquiry.

    What ended before it was done counts up to then: all limits end when the lead is closed, by its
    stage or, if that was earlier, by a disposition (unqualified, removed, won, lost) given in the open
    stage before it or in a stage that no pipeline knows; `respond_within` also when it leaves the
    stage. Coming in and contact are those of `first_response`.

    Plain time, or working time with `hours`: then the days of a limit are working days, its months
    calendar months. A limit that ends beyond the year 9999 is never broken. Raises `NaiveDatetime`
    and `InvalidValue`.

    >>> from datetime import UTC
    >>> came = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> lead = Lead("L-7", came, owner="rep-2")
    >>> print(breaches([lead], came + timedelta(minutes=12)))
    L-7 (rep-2): contact within, 10 minutes: not done yet, 0:02:00 over
    """
    day = Day(as_of, pipeline)
    instance(ResponseLimits)["check"]("limits", limits)
    working(hours)
    found: list[Breach] = []
    for lead in listed("leads", leads):
        past, _ = seen(lead, day.as_of)
        found += _Case(past, day, limits, hours).breaches()
    near = [breach for breach in found if breach.is_near]
    broken = [breach for breach in found if not breach.is_near]
    return Breaches(tuple(sorted(broken, key=_worst)), tuple(sorted(near, key=_worst)))


def _worst(breach: Breach) -> tuple[timedelta, str, str, datetime]:
    return (-breach.over, breach.lead, breach.limit, breach.since)


@attrs.frozen
class _Case:
    """One lead, and the limits that hold for it."""

    lead: Lead
    day: Day
    limits: ResponseLimits
    hours: WorkingHours | None

    def breaches(self) -> Iterator[Breach]:
        came = _inquiry(self.lead)
        if came is None or came > self.day.as_of:
            return
        visits = stays(self.lead, as_of=self.day.as_of)
        closed = self._closed(visits, came)
        ends = (self._contact(came), closed)
        beginning = self._beginning(visits)
        own = self._respond_within(beginning[0]) if beginning else None
        within = own or self.limits.contact_within
        yield from self._limit("contact_within", within, came, ends)
        yield from self._limit("cliff", self.limits.cliff, came, ends)
        if beginning:
            left, allowed = beginning[-1].left, self.limits.leave_new_within
            yield from self._limit("leave_new_within", allowed, came, (left, closed))
        for stay in visits[1:] if beginning else visits:
            yield from self._after_entering(stay, closed)

    def _contact(self, since: datetime) -> datetime | None:
        """Find the first contact from an instant on; there may be many stays, and many contacts."""
        place = bisect_left(self._contacted, since)
        return self._contacted[place] if place < len(self._contacted) else None

    @cached_property
    def _contacted(self) -> Sequence[datetime]:
        return [each.at for each in _contacts(self.lead, self.limits.channels, since=None)]

    def _closed(self, visits: Sequence[Stay], came: datetime) -> datetime | None:
        """Tell since when the lead is closed: since the first of the closed stages at the end.

        Or since a disposition, if that was earlier, in the stage before those.
        """
        ends = list(takewhile(self._is_closed, reversed(visits)))
        last = visits[len(visits) - len(ends) - 1] if len(ends) < len(visits) else None
        stage = None if last is None else self._stage(last)
        if not ends and stage is not None and stage.kind == "on_hold":
            return None
        since = None if last is None or stage is None else last.entered
        return _earliest((self._disposed(since), (ends[-1].entered or came) if ends else None))

    def _disposed(self, since: datetime | None) -> datetime | None:
        """Tell since when dispositions have said that work on the lead is over."""
        found = None
        for event in reversed(self.lead.events):
            if isinstance(event, Reopened) or (since is not None and event.at < since):
                break
            if isinstance(event, Disposition):
                if event.outcome not in ENDS:
                    break
                found = event.at
        return found

    def _stage(self, stay: Stay) -> Stage | None:
        return self.day.stage_at(stay.pipeline, stay.stage)

    def _is_closed(self, stay: Stay) -> bool:
        stage = self._stage(stay)
        return stage is not None and stage.is_closed

    def _beginning(self, visits: Sequence[Stay]) -> Sequence[Stay]:
        """Find the first stays, as long as the lead stood where leads come into its pipeline."""
        if not self.day.pipelines:
            return visits[:1]
        found = []
        for stay in visits:
            gone_over = visits[0].pipeline not in (None, stay.pipeline)
            if gone_over or not self.day.is_start(stay.pipeline, stay.stage):
                break
            found.append(stay)
        return found

    def _respond_within(self, stay: Stay) -> Span | None:
        stage = self._stage(stay)
        return stage.respond_within if stage is not None and not stage.is_closed else None

    def _after_entering(self, stay: Stay, closed: datetime | None) -> Iterator[Breach]:
        within, since = self._respond_within(stay), stay.entered
        if within is not None and since is not None:
            ends = (self._contact(since), stay.left, closed)
            yield from self._limit("respond_within", within, since, ends, stay.stage)

    def _limit(
        self,
        limit: LimitName,
        allowed: Span | None,
        since: datetime,
        ends: Iterable[datetime | None],
        stage: str | None = None,
    ) -> Iterator[Breach]:
        deadline = None if allowed is None else end_of(allowed, since, self.hours)
        if allowed is None or deadline is None:
            return
        ended = _earliest(ends)
        end = self.day.as_of if ended is None else ended
        over = _between(deadline, end, self.hours) - _between(end, deadline, self.hours)
        taken = _between(since, end, self.hours)
        if over > timedelta() or (ended is None and self._is_near(taken, since, deadline)):
            who, rep = self.lead.id, self.lead.owner
            yield Breach(who, rep, limit, stage, allowed, since, deadline, ended, taken, over)

    def _is_near(self, taken: timedelta, since: datetime, deadline: datetime) -> bool:
        whole = _between(since, deadline, self.hours)
        return taken // _TICK >= Fraction(self.limits.warn_at) * (whole // _TICK)


def _earliest(moments: Iterable[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


def _between(start: datetime, end: datetime, hours: WorkingHours | None) -> timedelta:
    """Measure plain or working time; none where the end is not after the start."""
    if end <= start:
        return timedelta()
    return end - start if hours is None else hours.elapsed(start, end)


def _clock(time: timedelta) -> str:
    """Write a length of time as days, hours, minutes and seconds: "1 day 2:03:04".

    >>> _clock(timedelta(days=1, seconds=7_384))
    '1 day 2:03:04'
    """
    whole = timedelta(seconds=time // timedelta(seconds=1))
    return str(whole).replace(",", "")


def _signed(time: timedelta) -> str:
    return f"-{_clock(-time)}" if time < timedelta() else f"+{_clock(time)}"

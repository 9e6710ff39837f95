"""Time in stage, and whether it is too long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import zip_longest
from typing import Literal, TypeAlias

import attrs

from leadflow.calendars import WorkingHours, midnight
from leadflow.errors import InvalidValue, shown
from leadflow.events import Conversion, Reopened, Snoozed, StageChange
from leadflow.lead import Lead, seen
from leadflow.markup import one_line
from leadflow.pipeline.day import Day, Pipelines, end_of, working
from leadflow.pipeline.stage import Stage
from leadflow.span import Span
from leadflow.values import name

Light: TypeAlias = Literal["green", "yellow", "red"]
_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_NONE = timedelta()


@attrs.frozen
class Stay:
    """A stay in a stage: since when and until when, in UTC; None is not known, or not yet."""

    stage: str
    pipeline: str | None
    entered: datetime | None
    left: datetime | None


@attrs.frozen
class TimeInStage:
    """How long a lead stood in a stage: in the latest stay, in all of them, and how many there were.

    `latest` and `total` are None where nobody knows since when: it came with that stage, and its
    `created_at` is not known.
    """

    stage: str
    latest: timedelta | None
    total: timedelta | None
    visits: int


def stays(lead: Lead, *, as_of: datetime) -> tuple[Stay, ...]:
    """List a lead's stays in stages, oldest first; the last one has not been left.

    A stage that the lead came with was entered at its `created_at`. Raises `NaiveDatetime`.

    >>> day = datetime(2026, 3, 1, tzinfo=UTC)
    >>> lead = Lead(
    ...     "L-7", day, stage="new", events=[StageChange("working", day + timedelta(1))]
    ... )
    >>> [(stay.stage, stay.left) for stay in stays(lead, as_of=day + timedelta(2))]
    [('new', datetime.datetime(2026, 3, 2, 0, 0, tzinfo=datetime.timezone.utc)), ('working', None)]
    """
    past, _ = seen(lead, as_of)
    entries = list(_entries(past))
    ends = [entered for _, _, entered in entries[1:]]
    return tuple(
        Stay(stage, pipeline, entered, left)
        for (stage, pipeline, entered), left in zip(entries, [*ends, None], strict=False)
    )


def _entries(lead: Lead) -> Iterator[tuple[str, str | None, datetime | None]]:
    """Go through the stages a lead entered; entering the stage it stands in is no entry."""
    start = lead.rewind(_BEFORE_ALL)
    here = (start.stage, start.pipeline)
    if start.stage is not None:
        yield start.stage, start.pipeline, lead.created_at
    for event in lead.events:
        if not isinstance(event, StageChange | Reopened | Conversion):
            continue
        to = event.stage if isinstance(event, Conversion) else event.to
        there = (to, event.pipeline or here[1])
        if there != here:
            yield to, there[1], event.at
        here = there


def time_in_stage(
    lead: Lead,
    stage: str | None = None,
    *,
    as_of: datetime,
    pipeline_key: str | None = None,
    hours: WorkingHours | None = None,
) -> TimeInStage | None:
    """Tell how long a lead stood in a stage, the one it stands in unless said otherwise.

    `pipeline_key` tells apart stages of one key in several pipelines; without it a stage that is named
    is looked for in all of them. With `hours`, in working time. None if the lead never stood there,
    or stands nowhere. Raises `NaiveDatetime` and `InvalidValue`.

    >>> lead = Lead("L-7", datetime(2026, 3, 1, tzinfo=UTC), stage="new")
    >>> time_in_stage(lead, as_of=datetime(2026, 3, 3, 12, tzinfo=UTC)).latest
    datetime.timedelta(days=2, seconds=43200)
    """
    past, moment = seen(lead, as_of)
    working(hours)
    key, home = past.stage, past.pipeline
    if stage is not None:
        key, home = name("stage", stage), None
    if pipeline_key is not None:
        home = name("pipeline_key", pipeline_key)
    times = [
        _length(stay, moment, hours)
        for stay in stays(past, as_of=moment)
        if stay.stage == key and (None in (home, stay.pipeline) or stay.pipeline == home)
    ]
    if key is None or not times:
        return None
    known = [time for time in times if time is not None]
    total = sum(known, _NONE) if len(known) == len(times) else None
    return TimeInStage(key, times[-1], total, len(times))


def _length(stay: Stay, moment: datetime, hours: WorkingHours | None) -> timedelta | None:
    if stay.entered is None:
        return None
    return _elapsed(stay.entered, stay.left or moment, hours)


def _elapsed(start: datetime, end: datetime, hours: WorkingHours | None) -> timedelta:
    if end <= start:
        return _NONE
    return end - start if hours is None else hours.elapsed(start, end)


@attrs.frozen
class Age:
    """Whether a lead has been in its stage for too long: green, yellow or red, and why.

    `stood` is the time that counts (without snoozes), `expected` how long the stage should take;
    each is None where it is not known. With working hours `stood` is on the clock of the expected
    span: working days around the clock for a span of days or months, else working time.
    """

    light: Light
    because: str
    stage: str | None = None
    stood: timedelta | None = None
    expected: Span | None = None

    def __str__(self) -> str:
        return f"{self.light}: {self.because}"


def age(
    lead: Lead,
    pipeline: Pipelines,
    *,
    as_of: datetime,
    hours: WorkingHours | None = None,
    zone: str | None = None,
) -> Age:
    """Tell by a traffic light whether a lead has been in its stage for too long.

    Yellow from `Stage.yellow_at` times the expected span on (1 unless set), red from `Stage.red_at`
    times (1.5). A closed lead is always green; so is one that is snoozed, and the time it was snoozed
    does not count. Where nothing is expected, or nobody knows since when, it is green and says so. A
    span that ends beyond the year 9999 never makes a lead late.

    Plain time, unless `hours` are given: then the days of an expected span are working days, and its
    hours are working hours. `zone` is where a snooze's date begins: the lead's own zone unless given.
    Raises `NaiveDatetime`, and `InvalidValue` for an expected span of days and hours with `hours`.

    >>> from leadflow.pipeline import Pipeline
    >>> steps = [Stage("working", expected="14 days"), Stage("won", kind="won")]
    >>> lead = Lead("L-7", datetime(2026, 3, 1, tzinfo=UTC), stage="working")
    >>> print(
    ...     age(lead, Pipeline.linear("sales", steps), as_of=datetime(2026, 3, 16, tzinfo=UTC))
    ... )
    yellow: 15 days in working, of 14 days expected
    """
    past, moment = seen(lead, as_of)
    working(hours)
    day = Day(moment, pipeline, zone=zone)
    stage = day.stage_of(past)
    if stage is None:
        return Age("green", "the lead stands in no stage of these pipelines")
    if stage.is_closed:
        return Age("green", f"closed in {stage.key}", stage.key)
    awake = _awake(past, stage, day, hours)
    snooze = _standing(past, day)
    if snooze is None:
        return awake
    because = f"snoozed until {snooze.until.isoformat()}: {one_line(snooze.reason)}"
    return attrs.evolve(awake, light="green", because=because)


def _awake(lead: Lead, stage: Stage, day: Day, hours: WorkingHours | None) -> Age:
    """Tell the age of a lead in an open stage, or one on hold, whether it is snoozed or not."""
    clock = _Clock(stage, hours)
    entered = stays(lead, as_of=day.as_of)[-1].entered
    if entered is None:
        because = f"nobody knows since when it is in {stage.key}"
        return Age("green", because, stage.key, expected=stage.expected)
    rests = [
        clock.passed(max(start, entered), min(end, day.as_of))
        for start, end in _snoozes(lead, day.zone_of(lead))
    ]
    stood = clock.passed(entered, day.as_of) - sum(rests, _NONE)
    if stage.expected is None:
        return Age("green", f"nothing is expected of {stage.key}", stage.key, stood)
    light = _light(stage, stood, clock.whole(entered, stage.expected))
    because = f"{clock.words(stood)} in {stage.key}, of {stage.expected} expected"
    return Age(light, because, stage.key, stood, stage.expected)


def _light(stage: Stage, stood: timedelta, whole: timedelta | None) -> Light:
    if not stood or whole is None:  # a month of holidays has no working time: nothing is late in it
        return "green"
    ticks, all_ticks = stood // _TICK, whole // _TICK
    if ticks >= all_ticks * Fraction(stage.red_at):
        return "red"
    return "yellow" if ticks >= all_ticks * Fraction(stage.yellow_at) else "green"


@attrs.frozen
class _Clock:
    """What counts as time in a stage: plain time, working days or working hours."""

    stage: Stage
    hours: WorkingHours | None

    def __attrs_post_init__(self) -> None:
        expected = self.stage.expected
        if self.hours and expected and expected.seconds and self._in_days:
            where, found = f"Stage {self.stage.key!r} expected", shown(str(expected))
            hint = "in working time a day has no fixed number of hours"
            raise InvalidValue(where, found, "days or hours, not both", hint)

    @property
    def _in_days(self) -> bool:
        expected = self.stage.expected
        return expected is not None and bool(expected.days or expected.months)

    def passed(self, start: datetime, end: datetime) -> timedelta:
        if end <= start or self.hours is None or not self._in_days:
            return _elapsed(start, end, self.hours)
        return self.hours.working_days(start, end)

    def whole(self, start: datetime, expected: Span) -> timedelta | None:
        """Return how much of this time the expected span is; None if it never ends."""
        end = end_of(expected, start, self.hours)
        return None if end is None else self.passed(start, end)

    def words(self, stood: timedelta) -> str:
        """Write a time in whole days where days are expected, else in hours and minutes."""
        work = "working " if self.hours else ""
        if self._in_days and stood.days:
            return f"{stood.days} {work}day" + ("s" if stood.days != 1 else "")
        minutes = stood // timedelta(minutes=1)
        return f"{minutes // 60}:{minutes % 60:02} {work}hours"


def _snoozes(lead: Lead, zone: str | None) -> Iterator[tuple[datetime, datetime]]:
    """Go through the times a lead was snoozed; a new snooze takes the place of the one before."""
    found = [event for event in lead.events if isinstance(event, Snoozed)]
    for snooze, after in zip_longest(found, found[1:]):
        end = midnight(snooze.until, zone)
        yield snooze.at, end if after is None else min(end, after.at)


def _standing(lead: Lead, day: Day) -> Snoozed | None:
    last = next((event for event in reversed(lead.events) if isinstance(event, Snoozed)), None)
    return last if last is not None and last.until > day.today(lead) else None

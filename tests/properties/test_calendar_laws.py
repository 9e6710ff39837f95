"""Laws of working hours: a minute-by-minute model agrees, and the sums come out."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given
from hypothesis import strategies as st

from leadflow.calendars import WorkingHours

MINUTE = timedelta(minutes=1)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

CHANGES = {
    "Europe/Warsaw": [datetime(2026, 3, 29, 1), datetime(2026, 10, 25, 1)],
    "America/New_York": [datetime(2026, 3, 8, 7), datetime(2026, 11, 1, 6)],
    "Australia/Lord_Howe": [datetime(2026, 4, 4, 15), datetime(2026, 10, 3, 15, 30)],
    "Pacific/Apia": [datetime(2011, 12, 30, 10), datetime(2012, 3, 31, 14)],
    "Africa/Casablanca": [datetime(2026, 2, 15, 2), datetime(2026, 3, 22, 2)],
    "America/Noronha": [datetime(2000, 10, 8, 2), datetime(2000, 10, 15, 1)],
    "Asia/Kathmandu": [datetime(2026, 1, 4, 18, 15), datetime(1985, 12, 31, 18, 30)],
    "UTC": [datetime(2026, 1, 5), datetime(2024, 2, 29)],
}
"""Zones, and instants (in UTC) about which their clocks are changed or a week begins."""


@st.composite
def weeks(draw: st.DrawFn) -> dict[str, str]:
    """Draw up to ten blocks that do not overlap: every other gap between cuts of the week."""
    cuts = draw(st.lists(st.integers(0, 7 * 1440 - 1), min_size=2, max_size=20, unique=True))
    cuts = sorted(cuts)[: len(cuts) // 2 * 2]
    if draw(st.booleans()):  # a block from the last cut round to the first
        cuts = [*cuts[1:], cuts[0] + 7 * 1440]
    week: dict[str, list[str]] = {}
    for start, end in zip(cuts[::2], cuts[1::2], strict=True):
        last = min(end, start + 1439)
        blocks = week.setdefault(DAYS[start // 1440], [])
        blocks.append(f"{_clock(start % 1440)}-{_clock(last % 1440)}")
    return {day: ", ".join(blocks) for day, blocks in week.items()}


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@st.composite
def cases(draw: st.DrawFn) -> tuple[WorkingHours, datetime]:
    """Draw hours in a zone and an instant near a change of its clocks, to the minute."""
    zone = draw(st.sampled_from(sorted(CHANGES)))
    change = draw(st.sampled_from(CHANGES[zone])).replace(tzinfo=UTC)
    days = st.integers(-4, 5).map(lambda more: change.date() + timedelta(days=more))
    hours = WorkingHours(draw(weeks()), zone, draw(st.sets(days, max_size=3)))
    return hours, change + draw(st.integers(-2 * 1440, 1440)) * MINUTE


def is_working(hours: WorkingHours, at: datetime) -> bool:
    """Ask the definition: is the wall time in a block that does not begin on a holiday?"""
    wall = at.astimezone(ZoneInfo(hours.zone))
    minute = wall.hour * 60 + wall.minute
    yesterday = wall.date() - timedelta(days=1)
    return any(start <= minute < end for start, end in _of_date(hours, wall.date())) or any(
        start <= minute + 1440 < end for start, end in _of_date(hours, yesterday)
    )


def _of_date(hours: WorkingHours, day: date) -> Iterator[tuple[int, int]]:
    text = hours.week.get(DAYS[day.weekday()], "")
    if day in hours.holidays or not text:
        return
    for block in text.split(", "):
        start, end = (int(clock[:2]) * 60 + int(clock[3:]) for clock in block.split("-"))
        yield start, end if end > start else end + 1440


def is_working_day(hours: WorkingHours, at: datetime) -> bool:
    """Ask the definition of the day clock."""
    return any(_of_date(hours, at.astimezone(ZoneInfo(hours.zone)).date()))


NIGHTS = WorkingHours({"sun": "22:00-06:00"}, "Europe/Warsaw")


@given(cases(), st.integers(0, 2 * 1440))
@example((NIGHTS, datetime(2026, 3, 28, 23, tzinfo=UTC)), 1440)
def test_law_a_walk_minute_by_minute_agrees(
    case: tuple[WorkingHours, datetime], length: int
) -> None:
    hours, start = case
    walk = [start + number * MINUTE for number in range(length)]
    open_at = [is_working(hours, at) for at in walk]
    assert hours.elapsed(start, start + length * MINUTE) == sum(open_at) * MINUTE
    on_days = sum(is_working_day(hours, at) for at in walk)
    assert hours.working_days(start, start + length * MINUTE) == on_days * MINUTE
    assert [hours.is_open(at) for at in walk[:300]] == open_at[:300]
    opened = [at for at, is_open in zip(walk, open_at, strict=True) if is_open]
    if opened:
        assert hours.next_open(start) == opened[0]
        middle = len(opened) // 2
        assert hours.deadline(start, (middle + 1) * MINUTE) == opened[middle] + MINUTE
    else:
        assert hours.next_open(start) >= start + length * MINUTE


instants = st.datetimes(
    datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.sampled_from([UTC])
)


@st.composite
def anywhere(draw: st.DrawFn) -> WorkingHours:
    """Draw hours with holidays in one year of the next two centuries."""
    days = st.dates(date(2025, 12, 20), date(2027, 1, 10))
    zone = draw(st.sampled_from(sorted(CHANGES)))
    return WorkingHours(draw(weeks()), zone, draw(st.sets(days, max_size=20)))


works = st.timedeltas(timedelta(0), timedelta(days=20))
near = st.datetimes(datetime(2025, 12, 1), datetime(2027, 2, 1), timezones=st.sampled_from([UTC]))


@given(anywhere(), instants | near, works)
def test_law_so_much_has_elapsed_by_the_deadline_and_no_sooner(
    hours: WorkingHours, start: datetime, work: timedelta
) -> None:
    deadline = hours.deadline(start, work)
    assert hours.elapsed(start, deadline) == work
    if work:
        assert hours.elapsed(start, deadline - timedelta(microseconds=1)) < work
        assert hours.is_open(deadline - timedelta(microseconds=1))


@given(anywhere(), st.tuples(near, near, near))
def test_law_elapsed_adds_up(
    hours: WorkingHours, moments: tuple[datetime, datetime, datetime]
) -> None:
    a, b, c = sorted(moments)
    for measure in (hours.elapsed, hours.working_days):
        assert measure(a, b) + measure(b, c) == measure(a, c)


@given(anywhere(), near, st.integers(1, 40), st.integers(0, 100_000))
def test_law_the_days_of_a_span_pass_before_its_seconds(
    hours: WorkingHours, start: datetime, days: int, seconds: int
) -> None:
    middle = hours.deadline(start, f"{days} days")
    assert hours.working_days(start, middle) == timedelta(days=days)
    end = hours.deadline(start, f"{days} days {seconds} seconds")
    assert hours.elapsed(middle, end) == timedelta(seconds=seconds)


@given(anywhere(), near)
def test_law_the_next_opening_is_open_and_nothing_is_before_it(
    hours: WorkingHours, start: datetime
) -> None:
    opening = hours.next_open(start)
    assert opening >= start
    assert hours.is_open(opening)
    assert hours.elapsed(start, opening) == timedelta(0)


@given(anywhere())
def test_law_written_back_and_pickled_hours_are_equal(hours: WorkingHours) -> None:
    for other in (
        WorkingHours(hours.week, hours.zone, hours.holidays),
        pickle.loads(pickle.dumps(hours)),
    ):
        assert other == hours
        assert hash(other) == hash(hours)
        assert str(other) == str(hours)

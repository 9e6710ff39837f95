"""WorkingHours: how a week is written, and the working time between instants."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import pairwise, repeat
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest

from leadflow.calendars import WorkingHours, local, local_date, midnight
from leadflow.errors import InvalidValue, LeadflowError, LimitExceeded, NaiveDatetime
from leadflow.span import Span

OFFICE = WorkingHours({"mon-fri": "09:00-17:00"})
WARSAW = ZoneInfo("Europe/Warsaw")
FIRST = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)
TICK = timedelta(microseconds=1)


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Return an instant of January 2024, which began on a Monday."""
    return datetime(2024, 1, day, hour, minute, tzinfo=UTC)


# The numbers that must come out


@pytest.mark.parametrize(
    ("start", "span", "deadline"),
    [
        (at(1, 10), "1 hour", at(1, 11)),
        (at(1, 16), "2 hours", at(2, 10)),
        (at(6, 15), "1 hour", at(8, 10)),
        (at(6, 18), "1 hour", at(8, 10)),
        (at(1, 9), "8 hours", at(1, 17)),
        (at(1, 9), "8 hours 1 second", at(2, 9) + timedelta(seconds=1)),
        (at(1, 10), timedelta(days=1), at(4, 10)),  # 24 hours of work are three days of 8
        (at(5, 10), "1 day", at(8, 10)),
        (at(6, 15), "1 day", at(9)),
        (at(5, 10), "1 day 2 hours", at(8, 12)),
        (at(5, 16), "1 day 2 hours", at(9, 10)),
        (at(5, 20), Span(days=1), at(8, 20)),
        (at(5, 20), "1 day 1 hour", at(9, 10)),
        (at(6, 15), timedelta(0), at(6, 15)),
        (at(1, 10), timedelta(microseconds=1), at(1, 10) + timedelta(microseconds=1)),
    ],
)
def test_a_deadline_is_the_earliest_instant_by_which_so_much_has_passed(
    start: datetime, span: Any, deadline: datetime
) -> None:
    assert OFFICE.deadline(start, span) == deadline


def test_saturday_afternoon_plus_one_hour_is_monday_ten() -> None:
    assert str(OFFICE.deadline(at(6, 15), "1 hour")) == "2024-01-08 10:00:00+00:00"


def test_friday_to_tuesday_over_a_holiday_is_ten_working_hours() -> None:
    hours = attrs.evolve(OFFICE, holidays=[date(2024, 1, 15)])
    assert hours.elapsed(at(12, 10), at(16, 12)) == timedelta(hours=10)
    assert hours.deadline(at(12, 10), "10 hours") == at(16, 12)
    assert hours.deadline(at(12, 10), "7 hours") == at(12, 17)
    assert hours.deadline(at(12, 10), "1 day") == at(16, 10)
    assert hours.working_days(at(12, 10), at(16, 10)) == timedelta(days=1)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (at(1, 9) - timedelta(microseconds=1), False),
        (at(1, 9), True),
        (at(1, 17) - timedelta(microseconds=1), True),
        (at(1, 17), False),
        (at(6, 12), False),
    ],
)
def test_a_block_holds_its_start_and_not_its_end(moment: datetime, is_open: bool) -> None:
    assert OFFICE.is_open(moment) is is_open


def test_the_next_opening_is_now_or_the_start_of_the_next_block() -> None:
    assert OFFICE.next_open(at(1, 10)) == at(1, 10)
    assert OFFICE.next_open(at(1, 17)) == at(2, 9)
    assert OFFICE.next_open(at(5, 17)) == at(8, 9)


def test_answers_are_in_utc() -> None:
    start = datetime(2024, 1, 1, 10, tzinfo=WARSAW)
    hours = attrs.evolve(OFFICE, zone="Europe/Warsaw")
    assert hours.next_open(start).tzinfo is UTC
    assert hours.deadline(start, timedelta(0)).tzinfo is UTC
    assert hours.deadline(start, "1 hour") == datetime(2024, 1, 1, 10, tzinfo=UTC)


# Nights and holidays


def test_a_night_that_began_before_a_holiday_runs_into_it() -> None:
    nights = WorkingHours({"mon-sun": "22:00-06:00"}, holidays=[date(2024, 1, 2)])
    assert nights.is_open(at(2, 5, 59))
    assert not nights.is_open(at(2, 22))
    assert not nights.is_open(at(3, 5))
    assert nights.elapsed(at(1, 12), at(4, 12)) == timedelta(hours=16)


def test_the_night_of_sunday_runs_into_monday() -> None:
    nights = WorkingHours({"sun": "22:00-06:00"}, holidays=[date(2024, 1, 14)])
    assert nights.is_open(at(8, 5, 59))
    assert nights.next_open(at(8, 6)) == at(21, 22)
    assert nights.elapsed(at(7, 23), at(8, 1)) == timedelta(hours=2)
    assert not nights.is_open(at(15, 1))


def test_a_day_into_which_only_a_night_runs_is_no_working_day() -> None:
    nights = WorkingHours({"sun": "22:00-06:00"})
    assert nights.working_days(at(6), at(9)) == timedelta(days=1)
    assert nights.deadline(at(7), "1 day") == at(8)


def test_holidays_on_days_without_hours_change_nothing() -> None:
    hours = attrs.evolve(OFFICE, holidays=[date(2024, 1, 6), date(2024, 1, 7)])
    assert hours.elapsed(at(5), at(9)) == timedelta(hours=16)


def test_holidays_count_in_any_order() -> None:
    days = [date(2024, 1, day) for day in (31, 2, 19, 8, 26, 4, 17, 11, 23, 10)]
    hours = attrs.evolve(OFFICE, holidays=days)
    assert hours.elapsed(at(1), at(31, 23)) == timedelta(hours=(23 - 10) * 8)
    assert hours.deadline(at(1), "48 hours") == at(15, 17)


def test_a_later_change_of_the_holidays_changes_nothing() -> None:
    days = {date(2024, 1, 1)}
    hours = attrs.evolve(OFFICE, holidays=days)
    days.add(date(2024, 1, 2))
    assert hours.holidays == {date(2024, 1, 1)}


def test_holidays_may_come_as_a_mapping_from_dates_to_names() -> None:
    named = {date(2024, 1, 1): "New Year"}
    assert attrs.evolve(OFFICE, holidays=named) == attrs.evolve(OFFICE, holidays=iter(named))
    assert attrs.evolve(OFFICE, holidays={}) == OFFICE


# Changes of the clocks


def test_an_hour_that_occurs_twice_counts_twice() -> None:
    hours = WorkingHours({"sun": "00:00-06:00"}, "Europe/Warsaw")
    start, end = datetime(2026, 10, 24, tzinfo=UTC), datetime(2026, 10, 26, tzinfo=UTC)
    assert hours.elapsed(start, end) == timedelta(hours=7)
    assert hours.deadline(start, "7 hours") == datetime(2026, 10, 25, 5, tzinfo=UTC)


def test_an_hour_that_is_skipped_does_not_count() -> None:
    hours = WorkingHours({"sun": "00:00-06:00"}, "Europe/Warsaw")
    start, end = datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 3, 30, tzinfo=UTC)
    assert hours.elapsed(start, end) == timedelta(hours=5)
    assert hours.deadline(start, "5 hours") == datetime(2026, 3, 29, 4, tzinfo=UTC)


def test_a_block_that_is_skipped_altogether_is_never_open() -> None:
    hours = WorkingHours({"sun": "02:00-03:00"}, "Europe/Warsaw")
    assert hours.next_open(datetime(2026, 3, 23, tzinfo=UTC)) == datetime(2026, 4, 5, 0, tzinfo=UTC)


def test_a_block_that_occurs_twice_opens_twice() -> None:
    hours = WorkingHours({"sun": "02:00-03:00"}, "Europe/Warsaw")
    first = datetime(2026, 10, 25, 0, tzinfo=UTC)
    assert hours.is_open(first)
    assert hours.is_open(first + timedelta(hours=1))
    assert not hours.is_open(first + timedelta(hours=2))


def test_the_clocks_change_at_the_very_second() -> None:
    hours = WorkingHours({"sun": "02:00-03:00"}, "Europe/Warsaw")
    change = datetime(2026, 10, 25, 1, tzinfo=UTC)
    half = timedelta(seconds=0.5)
    assert hours.elapsed(change - half, change + half) == 2 * half
    assert hours.deadline(change - half, 3 * half) == change + 2 * half


def test_a_working_day_is_24_hours_of_its_clock_when_the_clocks_change() -> None:
    hours = WorkingHours({"mon-sun": "09:00-17:00"}, "Europe/Warsaw")
    start = datetime(2026, 3, 28, 10, tzinfo=WARSAW)
    assert hours.deadline(start, "1 day") == datetime(2026, 3, 29, 11, tzinfo=WARSAW)


def test_a_date_that_a_zone_left_out_is_no_working_day() -> None:
    hours = WorkingHours({"mon-fri": "09:00-17:00"}, "Pacific/Apia")  # there was no 30 December
    apia = ZoneInfo("Pacific/Apia")
    start, end = datetime(2011, 12, 29, 10, tzinfo=apia), datetime(2012, 1, 2, 10, tzinfo=apia)
    assert hours.elapsed(start, end) == timedelta(hours=8)
    assert hours.deadline(start, "1 day") == end


@pytest.mark.parametrize(
    ("zone", "day"),
    [("America/Noronha", date(2000, 10, 11)), ("Africa/Freetown", date(1939, 9, 3))],
)
def test_clocks_that_change_twice_within_a_week_are_both_seen(zone: str, day: date) -> None:
    hours = WorkingHours({"mon-sun": "00:00-12:00"}, zone)
    middle = datetime(day.year, day.month, day.day, tzinfo=UTC)
    start, end = middle - timedelta(days=9), middle + timedelta(days=9)
    steps = [start + timedelta(hours=6) * step for step in range(73)]
    parts = [hours.elapsed(a, b) for a, b in pairwise(steps)]
    assert sum(parts, timedelta(0)) == hours.elapsed(start, end)
    assert hours.deadline(start, hours.elapsed(start, middle)) <= middle


# How a week is written


@pytest.mark.parametrize(
    ("week", "stored"),
    [
        ({"mon": "9:00-17:00"}, {"mon": "09:00-17:00"}),
        ({"Monday": " 09:00 - 17:00 "}, {"mon": "09:00-17:00"}),
        ({"TUE,  thursday": "09:00-17:00"}, {"tue": "09:00-17:00", "thu": "09:00-17:00"}),
        ({"sat - mon": "09:00-10:00"}, dict.fromkeys(("mon", "sat", "sun"), "09:00-10:00")),
        ({"wed-wed": "09:00-17:00"}, {"wed": "09:00-17:00"}),
        ({"mon": "13:00-15:00,10:00-12:00"}, {"mon": "10:00-12:00, 13:00-15:00"}),
        ({"mon": ["10:00-12:00", "13:00-15:00"]}, {"mon": "10:00-12:00, 13:00-15:00"}),
        ({"mon": [(time(10), time(12))]}, {"mon": "10:00-12:00"}),
        ({"mon": iter([[time(22), time(0)]])}, {"mon": "22:00-24:00"}),
        ({"mon": "22:00-00:00"}, {"mon": "22:00-24:00"}),
        ({"mon": "22:00-06:00"}, {"mon": "22:00-06:00"}),
        ({"mon": "09:00-12:00", "mon-tue": "13:00-15:00"},
         {"mon": "09:00-12:00, 13:00-15:00", "tue": "13:00-15:00"}),
        ({"mon": "09:00-12:00, 12:00-17:00"}, {"mon": "09:00-17:00"}),
        ({"mon": "00:00-12:00, 12:00-24:00"}, {"mon": "00:00-24:00"}),
        ({"mon": "06:00-14:00, 14:00-22:00, 22:00-06:00"}, {"mon": "06:00-22:00, 22:00-06:00"}),
        ({"sun": "22:00-06:00", "mon": "06:00-07:00"},
         {"mon": "06:00-07:00", "sun": "22:00-06:00"}),
    ],
)  # fmt: skip
def test_a_week_is_kept_in_one_form(week: Any, stored: dict[str, str]) -> None:
    hours = WorkingHours(week)
    assert hours.week == stored
    assert list(hours.week) == list(stored)
    assert WorkingHours(hours.week) == hours


def test_equal_hours_are_equal_however_they_were_written() -> None:
    one = WorkingHours({"mon-tue": "09:00-24:00"}, holidays=[date(2024, 1, 2), date(2024, 1, 1)])
    other = WorkingHours(
        {"Tuesday": [(time(9), time(0))], "mon": "9:00-12:00, 12:00-00:00"},
        "UTC",
        (date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 1)),
    )
    assert one == other
    assert hash(one) == hash(other)
    assert one != attrs.evolve(one, zone="Europe/Warsaw")
    assert one != attrs.evolve(one, holidays=())


def test_hours_that_have_answered_pickle_as_their_fields() -> None:
    hours = WorkingHours({"mon-fri": "22:00-06:00"}, "Europe/Warsaw", [date(2024, 1, 1)])
    deadline = hours.deadline(at(5), "1 day 1 hour")
    copied = pickle.loads(pickle.dumps(hours))
    assert copied == hours
    assert hash(copied) == hash(hours)
    assert copied.deadline(at(5), "1 day 1 hour") == deadline


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (OFFICE, "mon-fri 09:00-17:00 UTC"),
        (
            WorkingHours(
                {"mon-fri": "9:00-17:00"},
                "Europe/Warsaw",
                [date(2026, 1, day) for day in (1, 2, 3)],
            ),
            "mon-fri 09:00-17:00 Europe/Warsaw, 3 holidays",
        ),
        (
            WorkingHours(
                {"mon, wed-thu": "9:00-17:00", "sat": "10:00-12:00, 13:00-15:00"},
                holidays=[date(2026, 1, 1)],
            ),
            "mon 09:00-17:00; wed-thu 09:00-17:00; sat 10:00-12:00, 13:00-15:00 UTC, 1 holiday",
        ),
    ],
)
def test_hours_print_as_a_short_line(hours: WorkingHours, words: str) -> None:
    assert str(hours) == words


def test_the_repr_counts_the_holidays() -> None:
    hours = attrs.evolve(OFFICE, week={"mon": "9:00-17:00"}, holidays=[date(2026, 1, 1)])
    assert repr(hours) == (
        "WorkingHours(week={'mon': '09:00-17:00'}, zone='UTC', holidays=a frozenset of 1)"
    )


# The ends of time


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/New_York"])
def test_the_ends_of_time_are_answered(zone: str) -> None:
    always = WorkingHours({"mon-sun": "00:00-24:00"}, zone, [date.min, date.max])
    assert always.next_open(LAST - timedelta(days=3)) == LAST - timedelta(days=3)
    assert always.deadline(FIRST, timedelta(days=2)) > FIRST
    for start, end in ((FIRST, FIRST + timedelta(days=9)), (LAST - timedelta(days=9), LAST)):
        assert timedelta(days=7.9) < always.elapsed(start, end) < timedelta(days=9)
    assert always.deadline(LAST, timedelta(0)) == LAST
    assert isinstance(always.is_open(FIRST), bool)
    assert isinstance(always.is_open(LAST), bool)


def test_the_last_instant_is_open_if_its_wall_time_is() -> None:
    always = WorkingHours({"mon-sun": "00:00-24:00"})
    assert always.next_open(LAST) == LAST
    assert always.deadline(LAST - timedelta(hours=1), "1 hour") == LAST


@pytest.mark.parametrize(
    ("hours", "start", "span"),
    [
        (WorkingHours({"mon": "09:00-09:01"}), at(1), timedelta(days=3650)),
        (WorkingHours({"mon": "09:00-09:01"}), at(1), timedelta.max),
        (OFFICE, datetime(9900, 1, 1, tzinfo=UTC), Span(days=30_000)),
        (OFFICE, LAST, "1 day"),
        (OFFICE, LAST, "1 second"),
        (OFFICE, LAST - timedelta(days=7), "41 hours"),
    ],
)
def test_a_deadline_beyond_the_year_9999_is_refused(
    hours: WorkingHours, start: datetime, span: Any
) -> None:
    with pytest.raises(InvalidValue, match="before the year 10000"):
        hours.deadline(start, span)


def test_no_opening_before_the_year_10000_is_refused() -> None:
    with pytest.raises(InvalidValue, match="before the year 10000"):
        OFFICE.next_open(LAST)


def test_work_for_centuries_of_minutes_is_answered() -> None:
    hours = WorkingHours({"mon": "09:00-09:01"}, "Europe/Warsaw")
    assert hours.deadline(at(2), timedelta(minutes=52_178)).year == 3024


# Bad input


class _Lazy(dict[date, str]):
    """Fills as it is asked, as the calendars of the package `holidays` do."""


class _OnlyContains:
    def __contains__(self, day: object) -> bool:
        return False


def _hours(week: object = OFFICE.week, zone: object = "UTC", holidays: object = ()) -> WorkingHours:
    given: Any = (week, zone, holidays)
    return WorkingHours(*given)


@pytest.mark.parametrize(
    ("week", "says"),
    [
        (None, "a mapping such as"),
        (True, "a mapping such as"),
        ("mon-fri 09:00-17:00", "a mapping such as"),
        ([("mon", "09:00-17:00")], "a mapping such as"),
        ({}, "at least one block"),
        ({"mno": "09:00-17:00"}, "did you mean 'mon'"),
        ({"mon-firday": "09:00-17:00"}, "did you mean 'friday'"),
        ({"weekdays": "09:00-17:00"}, "a day of the week"),
        ({"mon,": "09:00-17:00"}, "a day of the week"),
        ({"-fri": "09:00-17:00"}, "a day of the week"),
        ({"mon-tue-wed": "09:00-17:00"}, "a day of the week"),
        ({"": "09:00-17:00"}, "not blank"),
        ({"mon\x00": "09:00-17:00"}, "no control"),
        ({0: "09:00-17:00"}, "expected text"),
        ({None: "09:00-17:00"}, "expected text"),
        ({"mon": None}, "'09:00-17:00'"),
        ({"mon": True}, "'09:00-17:00'"),
        ({"mon": 9}, "'09:00-17:00'"),
        ({"mon": b"09:00-17:00"}, "'09:00-17:00'"),
        ({"mon": {"09:00": "17:00"}}, "'09:00-17:00'"),
        ({"mon": ""}, "'09:00-17:00'"),
        ({"mon": []}, "leave out a day without hours"),
        ({"mon": "closed"}, "'09:00-17:00'"),
        ({"mon": "9-17"}, "'09:00-17:00'"),
        ({"mon": "09.00-17.00"}, "'09:00-17:00'"),
        ({"mon": "09:00"}, "'09:00-17:00'"),
        ({"mon": "09:60-17:00"}, "'09:00-17:00'"),
        ({"mon": "09:00-17:00,"}, "commas stand between blocks"),
        ({"mon": "09:00-17:00; 18:00-19:00"}, "commas stand between blocks"),
        ({"mon": "\u0660\u0669:00-17:00"}, "'09:00-17:00'"),
        ({"mon": "24:00-06:00"}, "ends at 24:00"),
        ({"mon": "20:00-24:01"}, "ends at 24:00"),
        ({"mon": "20:00-25:00"}, "ends at 24:00"),
        ({"mon": "09:00-09:00"}, "'00:00-24:00'"),
        ({"mon": [(time(0), time(0))]}, "'00:00-24:00'"),
        ({"mon": (time(9), time(17))}, "a pair of times"),
        ({"mon": [(time(9),)]}, "a pair of times"),
        ({"mon": [None]}, "a pair of times"),
        ({"mon": [("09:00", "17:00")]}, r"time\(9, 30\)"),
        ({"mon": [(time(9), True)]}, r"time\(9, 30\)"),
        ({"mon": [(time(9, 0, 1), time(17))]}, "whole minutes"),
        ({"mon": [(time(9), time(17, 0, 0, 1))]}, "whole minutes"),
        ({"mon": [(time(9, tzinfo=UTC), time(17))]}, "without a time zone"),
        ({"mon": "09:00-12:00, 11:00-15:00"}, "mon 09:00-12:00 and mon 11:00-15:00"),
        ({"mon-fri": "09:00-17:00", "fri": "09:00-15:00"},
         "fri 09:00-15:00 and fri 09:00-17:00"),
        ({"mon": "22:00-06:00", "tue": "05:00-09:00"}, "mon 22:00-06:00 and tue 05:00-09:00"),
        ({"sun": "22:00-06:00", "mon": "05:59-09:00"}, "sun 22:00-06:00 and mon 05:59-09:00"),
        ({"mon": repeat("09:00-17:00")}, "do not overlap"),
    ],
)  # fmt: skip
def test_a_bad_week_is_refused_with_what_would_work(week: object, says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        _hours(week)


@pytest.mark.parametrize("week", [{"mon" * 100: "09:00-17:00"}, {"mon": " " * 70_000}])
def test_texts_that_are_too_long_are_refused(week: object) -> None:
    with pytest.raises(LimitExceeded):
        _hours(week)


@pytest.mark.parametrize("zone", [None, True, 1, "", "Europe/Warschau", "CEST", "../etc", UTC])
def test_a_zone_that_does_not_exist_is_refused(zone: object) -> None:
    with pytest.raises(InvalidValue, match=r"WorkingHours\.zone"):
        _hours(zone=zone)


@pytest.mark.parametrize(
    ("holidays", "says"),
    [
        (None, "to iterate over"),
        (True, "to iterate over"),
        ("", "to iterate over"),
        (b"", "to iterate over"),
        (date(2024, 1, 1), "to iterate over"),
        (_OnlyContains(), "to iterate over"),
        (_Lazy(), r"years=\[2026, 2027\]"),
        ([at(1)], "a date"),
        (["2024-01-01"], "a date"),
        ([None], "a date"),
        ([True], "a date"),
        ({"New Year": date(2024, 1, 1)}, "a date"),
    ],
)
def test_holidays_that_are_no_dates_are_refused(holidays: object, says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        _hours(holidays=holidays)


def test_a_filled_calendar_of_holidays_is_taken() -> None:
    assert _hours(holidays=_Lazy({date(2024, 1, 1): "New Year"})).holidays == {date(2024, 1, 1)}


def test_holidays_without_end_are_refused() -> None:
    with pytest.raises(LimitExceeded, match="100,000"):
        _hours(holidays=repeat(date(2024, 1, 1)))


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (datetime(2024, 1, 1), NaiveDatetime),
        (date(2024, 1, 1), InvalidValue),
        ("2024-01-01", InvalidValue),
        (True, InvalidValue),
        (None, InvalidValue),
        (datetime.max.replace(tzinfo=timezone(timedelta(hours=-1))), InvalidValue),
    ],
)
def test_instants_that_are_none_are_refused_everywhere(
    value: Any, error: type[LeadflowError]
) -> None:
    def asked() -> Iterator[Iterable[Any]]:
        yield OFFICE.is_open, value
        yield OFFICE.next_open, value
        yield OFFICE.elapsed, value, at(1)
        yield OFFICE.elapsed, at(1), value
        yield OFFICE.working_days, value, at(1)
        yield OFFICE.working_days, at(1), value
        yield OFFICE.deadline, value, "1 hour"

    for ask, *arguments in asked():
        with pytest.raises(error):
            ask(*arguments)


def test_an_end_before_the_start_is_refused() -> None:
    for ask in (OFFICE.elapsed, OFFICE.working_days):
        assert ask(at(1), at(1)) == timedelta(0)
        with pytest.raises(InvalidValue, match="not before the start"):
            ask(at(1, 0, 1), at(1))


@pytest.mark.parametrize(
    ("span", "says"),
    [
        ("1 month", "no fixed number of working days"),
        (Span(months=1, days=1), "no fixed number of working days"),
        (timedelta(microseconds=-1), "not negative"),
        ("-1 hour", "not negative"),
        ("", "a span such as"),
        ("soon", "a span such as"),
        (3600, "a span such as"),
        (True, "a span such as"),
        (None, "a span such as"),
    ],
)
def test_a_span_that_working_time_cannot_take_is_refused(span: Any, says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        OFFICE.deadline(at(1), span)


# Dates in a zone


@pytest.mark.parametrize(
    ("day", "zone", "begins"),
    [
        (date(2026, 3, 1), None, datetime(2026, 3, 1, tzinfo=UTC)),
        (date(2026, 3, 1), "Asia/Tokyo", datetime(2026, 2, 28, 15, tzinfo=UTC)),
        (date(2026, 3, 9), "America/New_York", datetime(2026, 3, 9, 4, tzinfo=UTC)),
        # Clocks that go forward at midnight: the date begins at one.
        (date(2018, 11, 4), "America/Sao_Paulo", datetime(2018, 11, 4, 3, tzinfo=UTC)),
        # Clocks that go back at one: the date begins at the first of two midnights.
        (date(2026, 10, 25), "Atlantic/Azores", datetime(2026, 10, 25, tzinfo=UTC)),
        # A date that was left out begins and ends at once.
        (date(2011, 12, 30), "Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),
        (date(2011, 12, 31), "Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),
        (date.min, "Asia/Tokyo", datetime.min.replace(tzinfo=UTC)),
        (date.max, "America/New_York", datetime(9999, 12, 31, 5, tzinfo=UTC)),
    ],
)
def test_a_date_begins_at_its_midnight_in_the_zone(
    day: date, zone: str | None, begins: datetime
) -> None:
    assert midnight(day, zone) == begins


@pytest.mark.parametrize("zone", [None, "Asia/Tokyo", "America/New_York", "Australia/Lord_Howe"])
def test_the_date_turns_at_midnight_and_not_a_tick_before(zone: str | None) -> None:
    for day in (date(2026, 3, 9), date(2026, 4, 5), date(2026, 10, 4), date(2026, 11, 1)):
        begins = midnight(day, zone)
        assert local_date(begins, zone) == day
        assert local_date(begins - TICK, zone) == day - timedelta(days=1)


def test_the_first_and_the_last_instant_have_a_date_in_every_zone() -> None:
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    for zone in (None, "Asia/Tokyo", "America/New_York"):
        assert local_date(first, zone) == date.min
        assert local_date(last, zone) == date.max


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_an_instant_that_would_leave_the_calendar_in_a_zone_stays_in_utc(zone: str) -> None:
    ends = [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
    assert [local(moment, zone).tzinfo is UTC for moment in ends].count(True) == 1
    assert str(local(at(1), zone).tzinfo) == zone


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: local(datetime(2024, 1, 1), None), "moment: .* a time zone"),
        (lambda: local_date(datetime(2024, 1, 1), "UTC"), "moment: .* a time zone"),
        (lambda: local(at(1), "Mars/Olympus"), "zone: .*Europe/Warsaw.*Mars/Olympus"),
        (lambda: local_date(at(1), "../etc"), "zone: .*a time zone such as"),
        (lambda: local(at(1), ""), "zone: .*not blank"),
        (lambda: midnight(date(2024, 1, 1), "Mars/Olympus"), "zone: .*'Mars/Olympus'"),
        (lambda: midnight(at(1), None), "day: expected a date"),
    ],
)
def test_a_date_in_a_zone_needs_an_instant_a_date_and_a_zone(
    ask: Callable[[], object], says: str
) -> None:
    with pytest.raises(LeadflowError, match=says):
        ask()


def test_a_zone_may_be_written_with_spaces_about_it() -> None:
    assert local_date(at(1, 23), " Europe/Warsaw ") == date(2024, 1, 2)


def test_without_a_zone_an_instant_is_given_in_utc() -> None:
    assert str(local(datetime(2024, 1, 1, 1, tzinfo=WARSAW), None)) == "2024-01-01 00:00:00+00:00"

"""Periods of the calendar: where they begin and end, how they are written, what lies in them."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.errors import InvalidValue, LeadflowError
from leadflow.period import UNITS, Period, Unit, periods, unit_of

DAY = date(2026, 3, 9)
FIRST, LAST = date.min, date.max
units = st.sampled_from(UNITS)


# Where a period begins and ends


@pytest.mark.parametrize(
    ("unit", "start", "end", "label"),
    [
        ("day", DAY, date(2026, 3, 10), "2026-03-09"),
        ("week", DAY, date(2026, 3, 16), "2026-W11"),
        ("month", date(2026, 3, 1), date(2026, 4, 1), "2026-03"),
        ("quarter", date(2026, 1, 1), date(2026, 4, 1), "2026-Q1"),
        ("year", date(2026, 1, 1), date(2027, 1, 1), "2026"),
    ],
)
def test_a_period_has_a_first_day_an_end_and_a_label(
    unit: Unit, start: date, end: date, label: str
) -> None:
    period = Period(unit, DAY)
    assert (period.start, period.end, period.label) == (start, end, label)
    assert str(period) == label
    assert repr(period) == f"Period('{unit}', {label})"


@pytest.mark.parametrize(
    ("day", "label", "start"),
    [
        (date(2024, 12, 29), "2024-W52", date(2024, 12, 23)),
        (date(2024, 12, 30), "2025-W01", date(2024, 12, 30)),
        (date(2021, 1, 3), "2020-W53", date(2020, 12, 28)),
        (date(2021, 1, 4), "2021-W01", date(2021, 1, 4)),
    ],
)
def test_a_week_belongs_to_the_year_that_iso_8601_gives_it(
    day: date, label: str, start: date
) -> None:
    assert Period("week", day).label == label
    assert Period("week", day).start == start


@pytest.mark.parametrize(
    ("month", "label"),
    [(1, "2026-Q1"), (3, "2026-Q1"), (4, "2026-Q2"), (9, "2026-Q3"), (10, "2026-Q4")],
)
def test_a_quarter_is_three_months(month: int, label: str) -> None:
    assert Period("quarter", date(2026, month, 28)).label == label


@pytest.mark.parametrize(
    ("unit", "before", "after"),
    [
        ("day", "2023-12-31", "2024-01-02"),
        ("week", "2023-W52", "2024-W02"),
        ("month", "2023-12", "2024-02"),
        ("quarter", "2023-Q4", "2024-Q2"),
        ("year", "2023", "2025"),
    ],
)
def test_a_period_has_one_before_and_one_after_it(unit: Unit, before: str, after: str) -> None:
    period = Period(unit, date(2024, 1, 1))
    assert (period.previous.label, period.next.label) == (before, after)


def test_a_leap_february_has_a_twenty_ninth_day() -> None:
    assert Period("month", date(2024, 2, 29)).end == date(2024, 3, 1)
    assert Period("day", date(2024, 2, 28)).next.label == "2024-02-29"


@pytest.mark.parametrize(
    ("unit", "label"),
    [
        ("day", "0001-01-01"),
        ("week", "0001-W01"),
        ("month", "0001-01"),
        ("quarter", "0001-Q1"),
        ("year", "0001"),
    ],
)
def test_nothing_comes_before_the_year_one(unit: Unit, label: str) -> None:
    first = Period(unit, FIRST)
    assert (first.label, first.start) == (label, FIRST)
    assert first.next.previous == first
    with pytest.raises(InvalidValue, match=f"the {unit} beside 0001-01-01"):
        _ = first.previous


@pytest.mark.parametrize(
    ("unit", "label", "start"),
    [
        ("day", "9999-12-31", LAST),
        ("week", "9999-W52", date(9999, 12, 27)),
        ("month", "9999-12", date(9999, 12, 1)),
        ("quarter", "9999-Q4", date(9999, 10, 1)),
        ("year", "9999", date(9999, 1, 1)),
    ],
)
def test_nothing_comes_after_the_year_9999(unit: Unit, label: str, start: date) -> None:
    last = Period(unit, LAST)
    assert (last.label, last.start) == (label, start)
    assert LAST in last
    assert last.previous.next == last
    with pytest.raises(InvalidValue, match="a period within the years 1 to 9999"):
        _ = last.end
    with pytest.raises(InvalidValue, match="a period within the years 1 to 9999"):
        _ = last.next


# Values


def test_a_period_is_equal_to_that_of_any_of_its_days_and_of_no_other_unit() -> None:
    march = Period("month", DAY)
    assert march == Period("month", date(2026, 3, 31))
    assert hash(march) == hash(Period("month", date(2026, 3, 31)))
    assert march != Period("month", date(2026, 4, 1))
    assert Period("day", date(2026, 1, 1)) != Period("year", date(2026, 1, 1))
    assert len({Period(unit, date(2026, 1, 1)) for unit in UNITS}) == len(UNITS)
    assert pickle.loads(pickle.dumps(march)) == march


def test_periods_are_in_the_order_of_their_first_days_and_units() -> None:
    days = [date(2026, 5, 1), date(2025, 12, 31), date(2026, 1, 1)]
    given = [Period("month", day) for day in days]
    assert [str(each) for each in sorted(given)] == ["2025-12", "2026-01", "2026-05"]
    new_year = [Period(unit, date(2026, 1, 1)) for unit in ("year", "quarter", "month", "day")]
    assert [each.unit for each in sorted(new_year)] == ["day", "month", "quarter", "year"]
    assert not new_year[0] < new_year[3]
    first, last = given[1], given[0]
    assert first < last
    assert first <= last
    assert last >= first
    assert last > first


def test_a_period_has_no_order_with_anything_else() -> None:
    with pytest.raises(TypeError, match="not supported"):
        _ = Period("day", DAY) < DAY
    assert Period("day", DAY) != DAY


@pytest.mark.parametrize("unit", UNITS)
def test_a_period_holds_its_days_and_not_its_end(unit: Unit) -> None:
    period = Period(unit, DAY)
    assert period.start in period
    assert period.end - timedelta(days=1) in period
    assert period.end not in period
    assert period.start - timedelta(days=1) not in period


def test_a_unit_is_taken_by_its_name() -> None:
    assert unit_of("unit", " week ") == "week"


# From one to another


def test_periods_run_from_one_to_another_without_a_gap() -> None:
    found = periods(Period("quarter", date(2025, 8, 1)), Period("quarter", DAY))
    assert [str(each) for each in found] == ["2025-Q3", "2025-Q4", "2026-Q1"]


@pytest.mark.parametrize("unit", UNITS)
def test_periods_end_with_the_calendar(unit: Unit) -> None:
    last = Period(unit, LAST)
    assert list(periods(last.previous, last)) == [last.previous, last]


def test_there_are_no_periods_from_a_later_one_to_an_earlier_one() -> None:
    assert list(periods(Period("day", DAY), Period("day", DAY - timedelta(days=1)))) == []


# What is refused


def listed(first: Any, last: Any) -> list[Period]:
    return list(periods(first, last))


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: Period("moth", DAY), "Period.unit: .* got 'moth' .did you mean 'month'"),  # type: ignore[arg-type]
        (lambda: Period(None, DAY), "Period.unit: expected text, got None"),  # type: ignore[arg-type]
        (lambda: Period("x" * 300, DAY), "Period.unit: .* at most 200, got 300"),  # type: ignore[arg-type]
        (
            lambda: Period("day", datetime(2026, 3, 9, tzinfo=UTC)),
            "Period.day: expected a date .without",
        ),
        (lambda: Period("day", "2026-03-09"), "Period.day: .* got '2026-03-09'"),  # type: ignore[arg-type]
        (lambda: "2026-03" in Period("month", DAY), "Period.day: expected a date"),  # type: ignore[operator]
        (lambda: unit_of("by", "decade"), "by: expected one of day, week, month, quarter, year"),
        (
            lambda: listed(Period("day", DAY), Period("week", DAY)),
            r"last: expected a period of the unit day, got Period\('week', 2026-W11\)",
        ),
        (lambda: listed("2026", Period("year", DAY)), "first: expected a Period, got '2026'"),
        (lambda: listed(Period("year", DAY), None), "last: expected a Period, got None"),
    ],
)
def test_bad_periods_are_refused(build: Any, words: str) -> None:
    with pytest.raises(LeadflowError, match=words):
        build()


# Laws


@given(units, st.dates())
def test_law_each_day_lies_in_exactly_one_period(unit: Unit, day: date) -> None:
    period = Period(unit, day)
    assert day in period
    assert period.start <= day
    if period != Period(unit, LAST):
        assert day < period.end
        assert day not in period.next
    if period != Period(unit, FIRST):
        assert day not in period.previous


@given(units, st.dates(date(2, 1, 1), date(9990, 1, 1)), st.integers(0, 500))
def test_law_periods_tile_the_calendar(unit: Unit, day: date, days: int) -> None:
    found = listed(Period(unit, day), Period(unit, day + timedelta(days=days)))
    assert all(a.end == b.start and a.next == b and b.previous == a for a, b in pairwise(found))
    assert sum(day + timedelta(days=days) in each for each in found) == 1
    assert found == sorted(found)
    assert len({each.label for each in found}) == len(found)


@pytest.mark.parametrize(
    ("written", "unit", "first"),
    [
        ("2026-03-09", "day", date(2026, 3, 9)),
        ("2026-W01", "week", date(2025, 12, 29)),
        ("2026-03", "month", date(2026, 3, 1)),
        (" 2026-Q4 ", "quarter", date(2026, 10, 1)),
        ("0001", "year", date(1, 1, 1)),
    ],
)
def test_a_period_is_read_as_it_is_written(written: str, unit: str, first: date) -> None:
    found = Period.parse(written)
    assert (found.unit, found.start, str(found)) == (unit, first, written.strip())


@pytest.mark.parametrize(
    "written",
    ["", "soon", "2026-13", "2026-Q5", "2026-W54", "2026-02-30", "0000", "26-03", "2026-3"],
)
def test_what_is_no_period_is_refused(written: str) -> None:
    with pytest.raises(InvalidValue, match="expected a period such as 2026-03-09"):
        Period.parse(written)

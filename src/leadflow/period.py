"""Periods of the calendar: a day, an ISO week, a month, a quarter or a year."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import total_ordering
from typing import Literal, TypeAlias

import attrs

from leadflow.errors import InvalidValue, shown
from leadflow.values import calendar_date, instance, name, text, word

Unit: TypeAlias = Literal["day", "week", "month", "quarter", "year"]
UNITS: tuple[Unit, ...] = ("day", "week", "month", "quarter", "year")
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_DAYS = {"day": 1, "week": 7}
_A_DAY = timedelta(days=1)
_WRITTEN: tuple[tuple[Unit, re.Pattern[str]], ...] = (
    ("day", re.compile("([0-9]{4})-([0-9]{2})-([0-9]{2})")),
    ("week", re.compile("([0-9]{4})-W([0-9]{2})")),
    ("month", re.compile("([0-9]{4})-([0-9]{2})")),
    ("quarter", re.compile("([0-9]{4})-Q([1-4])")),
    ("year", re.compile("([0-9]{4})")),
)
_EXPECTED = "a period such as 2026-03-09, 2026-W11, 2026-03, 2026-Q1 or 2026"


def unit_of(where: str, value: object) -> Unit:
    """Take the name of a unit.

    >>> unit_of("by", "month")
    'month'
    """
    return word(where, name(where, value), UNITS)  # type: ignore[arg-type]  # a Unit


@total_ordering
@attrs.frozen(init=False, order=False, repr=False)
class Period:
    """A period of the calendar, of which `start` is the first day.

    Any day of the period may be given: it is moved back to the first one. Weeks are those of ISO
    8601, from Monday. Raises `InvalidValue` for another unit, for what is no date, and for a period
    that lies beyond the years 1 to 9999.

    >>> march = Period("month", date(2026, 3, 9))
    >>> print(march, march.start, march.end, march.previous)
    2026-03 2026-03-01 2026-04-01 2026-02
    """

    unit: Unit
    start: date

    def __init__(self, unit: Unit, day: date) -> None:
        chosen = unit_of("Period.unit", unit)
        first = _first(chosen, calendar_date("Period.day", day))
        self.__attrs_init__(chosen, first)

    @classmethod
    def parse(cls, written: str) -> Period:
        """Read what `str` prints: 2026-03-09, 2026-W11, 2026-03, 2026-Q1 or 2026.

        Raises `InvalidValue` for any other text.

        >>> Period.parse("2026-Q1")
        Period('quarter', 2026-Q1)
        """
        given = text("period", written).strip()
        for unit, pattern in _WRITTEN:
            match = pattern.fullmatch(given)
            if match is not None:
                return cls(unit, _day(given, unit, [int(part) for part in match.groups()]))
        raise InvalidValue("period", shown(given), _EXPECTED)

    @property
    def end(self) -> date:
        """The first day after the period; raises `InvalidValue` beyond the year 9999."""
        return _moved(self.unit, self.start, 1)

    @property
    def previous(self) -> Period:
        """The period of equal unit before; raises `InvalidValue` before the year 1."""
        return Period(self.unit, _moved(self.unit, self.start, -1))

    @property
    def next(self) -> Period:
        """The period of equal unit after; raises `InvalidValue` beyond the year 9999."""
        return Period(self.unit, self.end)

    @property
    def label(self) -> str:
        """How the period is written: 2026-03-09, 2026-W11, 2026-03, 2026-Q1 or 2026."""
        match self.unit:
            case "day":
                return self.start.isoformat()
            case "week":
                year, week, _ = self.start.isocalendar()
                return f"{year:04}-W{week:02}"
            case "month":
                return f"{self.start.year:04}-{self.start.month:02}"
            case "quarter":
                return f"{self.start.year:04}-Q{(self.start.month + 2) // 3}"
            case _:
                return f"{self.start.year:04}"

    def __contains__(self, day: date) -> bool:
        """Tell whether a date lies in the period."""
        return Period(self.unit, day) == self

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Period):
            return NotImplemented
        return (self.start, self.unit) < (other.start, other.unit)

    def __str__(self) -> str:
        return self.label

    def __repr__(self) -> str:
        return f"Period({self.unit!r}, {self.label})"


def periods(first: Period, last: Period) -> Iterator[Period]:
    """Go through the periods from one to another of the same unit, both included.

    Raises `InvalidValue` for what is no period, and for one of another unit.

    >>> [
    ...     str(each)
    ...     for each in periods(
    ...         Period("year", date(2024, 5, 1)), Period("year", date(2026, 1, 1))
    ...     )
    ... ]
    ['2024', '2025', '2026']
    """
    check = instance(Period)["check"]
    check("first", first)
    check("last", last)
    if first.unit != last.unit:
        raise InvalidValue("last", shown(last), f"a period of the unit {first.unit}")
    each = first
    while each <= last:
        yield each
        if each == last:
            return
        each = each.next


def _day(given: str, unit: Unit, parts: list[int]) -> date:
    """Find the first day of a period from the numbers it is written with."""
    try:
        match unit:
            case "week":
                return date.fromisocalendar(parts[0], parts[1], 1)
            case "quarter":
                return date(parts[0], 3 * parts[1] - 2, 1)
            case _:
                return date(*parts, *[1] * (3 - len(parts)))
    except ValueError:
        raise InvalidValue("period", shown(given), _EXPECTED) from None


def _first(unit: Unit, day: date) -> date:
    if unit == "day":
        return day
    if unit == "week":
        return day - timedelta(days=day.weekday())
    size = _MONTHS[unit]
    return date(day.year, (day.month - 1) // size * size + 1, 1)


def _moved(unit: Unit, start: date, by: int) -> date:
    try:
        if unit in _DAYS:
            return start + by * _DAYS[unit] * _A_DAY
        months = start.year * 12 + start.month - 1 + by * _MONTHS[unit]
        return date(months // 12, months % 12 + 1, 1)
    except (OverflowError, ValueError):
        found = f"the {unit} beside {start.isoformat()}"
        raise InvalidValue("Period", found, "a period within the years 1 to 9999") from None

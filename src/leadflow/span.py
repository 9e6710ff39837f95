"""Span: a length of time as people say it, in calendar months, days and seconds.

A month has no fixed number of days, and a day in a time zone has no fixed number of seconds, so the
three are kept apart: 30 days are not 1 month, and 24 hours are not 1 day. Spans have no order.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from typing import NoReturn, overload

import attrs

from leadflow.errors import InvalidValue, LimitExceeded, did_you_mean, shown
from leadflow.limits import DEFAULT_LIMITS
from leadflow.values import calendar_date, instant, whole
from leadflow.values import text as checked_text

_DAYS = 3_652_059
_MOST = {"months": 9_999 * 12, "days": _DAYS, "seconds": _DAYS * 86_400}
"""As many as the years 1 to 9999 hold."""

_UNITS = {
    "year": ("months", 12),
    "month": ("months", 1),
    "week": ("days", 7),
    "day": ("days", 1),
    "hour": ("seconds", 3_600),
    "minute": ("seconds", 60),
    "second": ("seconds", 1),
}
_SHORT = {
    "year": "y yr yrs",
    "month": "mo mos",
    "week": "w wk wks",
    "day": "d",
    "hour": "h hr hrs",
    "minute": "m min mins",
    "second": "s sec secs",
}
_WORDS = {
    word: unit for unit, short in _SHORT.items() for word in (unit, f"{unit}s", *short.split())
}
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([^\W\d]+)")
_GAP = re.compile(r"\s*,?\s*(?:and\s+)?(?=[0-9])|\Z", re.IGNORECASE)
_NUMBER = r"([0-9]+(?:\.[0-9]+)?)"
_ISO = re.compile(
    "P(?=[0-9T])"
    + "".join(f"(?:{_NUMBER}{letter})?" for letter in "YMWD")
    + "(?:T(?=[0-9])"
    + "".join(f"(?:{_NUMBER}{letter})?" for letter in "HMS")
    + ")?",
    re.IGNORECASE,
)
_EXAMPLES = "a span such as '3 months', '10 minutes', '1h 30m' or 'P3D'"


def _months(value: int) -> int:
    return _bounded("span months", "months", value)


def _days(value: int) -> int:
    return _bounded("span days", "days", value)


def _seconds(value: int) -> int:
    return _bounded("span seconds", "seconds", value)


def _bounded(where: str, kind: str, value: object) -> int:
    number = whole(where, value, least=0)
    if number > _MOST[kind]:
        raise LimitExceeded(where, f"the {kind} of a span", _MOST[kind], f"{number:,}")
    return number


@attrs.frozen(kw_only=True)
class Span:
    """A length of time: calendar `months`, calendar `days` and exact `seconds`, none negative.

    A year is 12 months and a week 7 days; hours and minutes are seconds. Spans are equal when all
    three numbers are, and have no order. Raises `InvalidValue` for a number that is not whole or is
    negative and for an empty span, `LimitExceeded` for more than the years 1 to 9999 hold.

    >>> from datetime import date
    >>> print(Span(months=1).after(date(2026, 1, 31)))
    2026-02-28
    >>> print(Span(months=18), "=", Span(months=18).iso())
    1 year 6 months = P1Y6M
    """

    months: int = attrs.field(default=0, converter=_months)
    days: int = attrs.field(default=0, converter=_days)
    seconds: int = attrs.field(default=0, converter=_seconds)

    def __attrs_post_init__(self) -> None:
        if not (self.months or self.days or self.seconds):
            raise InvalidValue("span", "an empty span", _EXAMPLES)

    @classmethod
    def parse(cls, text: str, where: str = "span") -> Span:
        """Read English words, short or long ("1h 30m", "1 year and 6 months"), or ISO 8601 ("P3M").

        Each unit may occur once. Upper and lower case are one. "m" is minutes, and only next to
        hours or seconds; alone it could be months, so write "min" or "mo". A fraction is taken
        where it comes out in whole months, days or seconds: "1.5 hours" and "1.5 years", but not
        "1.5 days", for a day is not always 24 hours. Raises `InvalidValue` and `LimitExceeded`;
        both name `where`.

        >>> Span.parse("1h 30m")
        Span(months=0, days=0, seconds=5400)
        >>> Span.parse("P1Y6M") == Span.parse("1 year 6 months")
        True
        """
        given = _given(where, text)
        parts = _iso_parts(where, given) if given[0] in "Pp" else _word_parts(where, given)
        found = dict.fromkeys(_MOST, 0)
        for unit, number in parts.items():
            kind, factor = _UNITS[unit]
            found[kind] += _product(where, given, number, factor)
        if not any(found.values()):
            raise InvalidValue(where, shown(text), "a span that is not empty")
        return cls(**{kind: _bounded(where, kind, number) for kind, number in found.items()})

    def __str__(self) -> str:
        return " ".join(
            f"{number} {unit}" if number == 1 else f"{number} {unit}s"
            for unit, number in self._parts().items()
            if number
        )

    def iso(self) -> str:
        """Write the span as an ISO 8601 duration.

        >>> Span(days=1, seconds=7200).iso()
        'P1DT2H'
        """
        parts = {
            unit: f"{number}{unit[0].upper()}" for unit, number in self._parts().items() if number
        }
        clock = "".join(parts.pop(unit, "") for unit in ("hour", "minute", "second"))
        return "P" + "".join(parts.values()) + ("T" + clock if clock else "")

    def _parts(self) -> dict[str, int]:
        years, months = divmod(self.months, 12)
        minutes, seconds = divmod(self.seconds, 60)
        hours, minutes = divmod(minutes, 60)
        numbers = (years, months, self.days, hours, minutes, seconds)
        return dict(zip(("year", "month", "day", "hour", "minute", "second"), numbers, strict=True))

    @overload
    def after(self, start: dt.datetime) -> dt.datetime: ...
    @overload
    def after(self, start: dt.date) -> dt.date: ...
    def after(self, start: dt.date) -> dt.date:
        """Find the day or the instant that lies this span after another.

        Months go first and stop at the end of a month (31 January + 1 month is the last day of
        February), then days, then seconds. A datetime keeps its zone: months and days keep the wall
        time there (moved on where clocks skip it, the first of two where they go back), seconds
        are exact elapsed time. A date takes no seconds. Raises `NaiveDatetime`, and `InvalidValue`
        outside the years 1 to 9999.

        >>> from datetime import date, datetime
        >>> from zoneinfo import ZoneInfo
        >>> print(Span(months=1).after(date(2028, 1, 31)))
        2028-02-29
        >>> print(Span(days=1).after(datetime(2026, 3, 28, 9, tzinfo=ZoneInfo("Europe/Warsaw"))))
        2026-03-29 09:00:00+02:00
        """
        return self._moved(start, 1)

    @overload
    def before(self, start: dt.datetime) -> dt.datetime: ...
    @overload
    def before(self, start: dt.date) -> dt.date: ...
    def before(self, start: dt.date) -> dt.date:
        """Find the day or the instant that lies this span before another; the rules of `after`.

        Months stop at the end of a month here too, so `before` does not always undo `after`.

        >>> from datetime import date
        >>> print(Span(months=1).before(date(2026, 3, 31)))
        2026-02-28
        """
        return self._moved(start, -1)

    def _moved(self, start: dt.date, sign: int) -> dt.date:
        if not isinstance(start, dt.datetime):
            calendar_date("start of a span", start)
            self._without_seconds()
        else:
            instant("start of a span", start)
        try:
            if isinstance(start, dt.datetime):
                return self._moved_instant(start, sign)
            return _shifted(start, sign * self.months, sign * self.days)
        except (OverflowError, ValueError):
            found = f"{self} {'after' if sign > 0 else 'before'} {start}"
            raise InvalidValue("span", found, "a result between the years 1 and 9999") from None

    def _moved_instant(self, start: dt.datetime, sign: int) -> dt.datetime:
        """Move the wall time through the calendar, and the seconds through UTC."""
        moved = dt.datetime.combine(start.date(), start.timetz())
        if self.months or self.days:
            day = _shifted(start.date(), sign * self.months, sign * self.days)
            moved = dt.datetime.combine(day, start.timetz().replace(fold=0))
        elapsed = dt.timedelta(seconds=sign * self.seconds)
        return (moved.astimezone(dt.UTC) + elapsed).astimezone(moved.tzinfo)

    def _without_seconds(self) -> None:
        if self.seconds:
            expected = "months and days only, to count from a date"
            raise InvalidValue("span", shown(str(self)), expected, "or count from a datetime")

    def days_only(self, where: str) -> int:
        """Return the number of days of a span that is nothing but days.

        Raises `InvalidValue`, naming `where`, for a span with months or seconds.

        >>> Span.parse("2 weeks").days_only("fade")
        14
        """
        if self.months or self.seconds:
            raise InvalidValue(
                where, shown(str(self)), "whole days", "such as '30 days' or '2 weeks'"
            )
        return self.days

    def timedelta(self) -> dt.timedelta:
        """Return the elapsed time of a span without months; a day counts 24 hours.

        Raises `InvalidValue` for a span with months, which have no fixed length.

        >>> Span.parse("1 day 2 hours").timedelta()
        datetime.timedelta(days=1, seconds=7200)
        """
        if self.months:
            expected = "a span without months, for a month has no fixed length"
            raise InvalidValue("span", shown(str(self)), expected, "write days, such as '30 days'")
        return dt.timedelta(days=self.days, seconds=self.seconds)


def as_span(where: str, value: object) -> Span:
    """Take a `Span`, a text that `Span.parse` reads, or a `datetime.timedelta` of whole seconds.

    The whole days of a timedelta become days and the rest seconds, so `timedelta(days=30)` is
    "30 days". Raises `InvalidValue` and `LimitExceeded`; both name `where`.

    >>> as_span("within", "30 days")
    Span(months=0, days=30, seconds=0)
    """
    if isinstance(value, Span):
        return value
    if isinstance(value, str):
        return Span.parse(value, where)
    if not isinstance(value, dt.timedelta):
        raise InvalidValue(where, shown(value), _EXAMPLES)
    if value.microseconds or value <= dt.timedelta(0):
        raise InvalidValue(where, shown(str(value)), "a timedelta of whole seconds above 0")
    return Span(days=_bounded(where, "days", value.days), seconds=value.seconds)


def given_span(value: Span | str | dt.timedelta | None, where: str = "span") -> Span:
    """Take what a span is given as; the type of a field whose check is `SPAN`.

    >>> print(given_span("2 days"))
    2 days
    """
    return as_span(where, value)


SPAN = {"check": as_span}


def _given(where: str, text: object) -> str:
    given = checked_text(where, text).strip()
    if len(given) > DEFAULT_LIMITS.id_length:
        allowed = DEFAULT_LIMITS.id_length
        raise LimitExceeded(where, "the characters of a span", allowed, f"{len(given):,}")
    if not given:
        raise InvalidValue(where, shown(text), _EXAMPLES)
    if given[0] in "-\N{MINUS SIGN}":
        raise InvalidValue(where, shown(text), "a span that is not negative", "before() looks back")
    return given


def _iso_parts(where: str, given: str) -> dict[str, str]:
    match = _ISO.fullmatch(given)
    if match is None:
        expected = "an ISO 8601 duration such as 'P3M', 'P1DT2H' or 'PT10M'"
        raise InvalidValue(where, shown(given), expected)
    return {unit: number for unit, number in zip(_UNITS, match.groups(), strict=True) if number}


def _word_parts(where: str, given: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    words: set[str] = set()
    rest = given
    while rest:
        number, word, rest = _next_part(where, given, rest)
        _add(where, parts, _unit(where, word), number)
        words.add(word)
        rest = _after_gap(where, given, rest)
    if "m" in words and not parts.keys() & {"hour", "second"}:
        _refuse_m(where, given)
    return parts


def _next_part(where: str, given: str, rest: str) -> tuple[str, str, str]:
    part = _PART.match(rest)
    if part is None:
        raise InvalidValue(where, shown(given), _EXAMPLES)
    return part[1], part[2].lower(), rest[part.end() :]


def _after_gap(where: str, given: str, rest: str) -> str:
    gap = _GAP.match(rest)
    if gap is None:
        raise InvalidValue(where, shown(given), _EXAMPLES)
    return rest[gap.end() :]


def _unit(where: str, word: str) -> str:
    if word not in _WORDS:
        hint = did_you_mean(word, [f"{unit}s" for unit in _UNITS])
        raise InvalidValue(where, shown(word), "a unit of time", hint)
    return _WORDS[word]


def _add(where: str, parts: dict[str, str], unit: str, number: str) -> None:
    if unit in parts:
        raise InvalidValue(where, f"{unit}s twice", "each unit once")
    parts[unit] = number


def _refuse_m(where: str, given: str) -> NoReturn:
    expected = "'min' for minutes or 'mo' for months"
    hint = "'m' is read as minutes only next to hours or seconds"
    raise InvalidValue(where, shown(given), expected, hint)


def _product(where: str, given: str, number: str, factor: int) -> int:
    before, _, after = number.partition(".")
    scale: int = 10 ** len(after)
    product, rest = divmod(int(before + after) * factor, scale)
    if rest:
        hint = "write smaller units, such as '36 hours' for one and a half days"
        raise InvalidValue(where, shown(given), "whole months, days and seconds", hint)
    return product


def _shifted(day: dt.date, months: int, days: int) -> dt.date:
    """Move a day by months, at most to the end of the month, and then by days."""
    if not months:
        return day + dt.timedelta(days=days)
    year, index = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, index + 1)[1]
    moved = day.replace(year=year, month=index + 1, day=min(day.day, last))
    return moved + dt.timedelta(days=days)

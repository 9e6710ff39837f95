"""Dates and datetimes as they are written in cells.

What a file uses is told, never guessed: ISO 8601, day first, month first, or patterns. Month names
are English, whatever the locale of the machine.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

import attrs

from leadflow.errors import InvalidValue, did_you_mean, shown
from leadflow.values import name

_CELL_LENGTH = 100
_PIVOT = 69
_TIME = (
    r"(?:(?:[T ]|, ?)(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})"
    r"(?:[.,](?P<fraction>[0-9]{1,9}))?)?(?: ?(?P<half>[AaPp][Mm]))?"
    r" ?(?P<zone>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
_ISO = r"(?P<year>[0-9]{1,6})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})" + _TIME
_DAY = r"(?P<day>[0-9]{1,2})"
_MONTH = r"(?P<month>[0-9]{1,2})"
_YEAR = r"(?P<mark>[./-])%s(?P=mark)(?:(?P<year>[0-9]{3,6})|(?P<short>[0-9]{2}))"
_WORDS = {
    "iso": (_ISO,),
    "day first": (_DAY + _YEAR % _MONTH + _TIME, _ISO),
    "month first": (_MONTH + _YEAR % _DAY + _TIME, _ISO),
}
_SHOWN = {"iso": "2026-03-31", "day first": "31.03.2026", "month first": "03/31/2026"}
_DIRECTIVES = {
    "Y": "(?P<year>[0-9]{4})",
    "y": "(?P<short>[0-9]{2})",
    "m": "(?P<month>[0-9]{1,2})",
    "d": "(?P<day>[0-9]{1,2})",
    "b": r"(?P<called>[A-Za-z]{3,9})\.?",
    "B": "(?P<called>[A-Za-z]{3,9})",
    "H": "(?P<hour>[0-9]{1,2})",
    "I": "(?P<hour>[0-9]{1,2})",
    "M": "(?P<minute>[0-9]{1,2})",
    "S": "(?P<second>[0-9]{1,2})",
    "f": "(?P<fraction>[0-9]{1,9})",
    "p": "(?P<half>[AaPp][Mm])",
    "z": "(?P<zone>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)",
    "%": "%",
}
_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]


@attrs.frozen
class Written:
    """A date as written, with the time and the offset from UTC where the cell has them."""

    day: date
    time: time | None
    zone: tzinfo | None


def date_format(where: str, value: object) -> str:
    """Take a way of writing dates: "iso", "day first", "month first", or a pattern.

    A pattern has the directives of strptime: %Y %y %m %d %b %B %H %I %M %S %f %p %z. Raises
    `InvalidValue` for an unknown word or directive and for a pattern without year, month and day.

    >>> date_format("dates", "%d-%m-%y")
    '%d-%m-%y'
    """
    given = name(where, value)
    if given not in _WORDS and "%" not in given:
        hint = did_you_mean(given, _WORDS)
        expected = "iso, day first, month first, or a pattern such as %d-%m-%y"
        raise InvalidValue(where, shown(given), expected, hint)
    if given not in _WORDS:
        _pattern(where, given)
    return given


def _pattern(where: str, pattern: str) -> str:
    if len(pattern) > _CELL_LENGTH:
        raise InvalidValue(where, shown(pattern), f"a pattern of up to {_CELL_LENGTH} characters")
    parts = re.findall(r"%.?|\s+|[^%\s]+", pattern, re.DOTALL)
    found = [part[1:] for part in parts if part.startswith("%") and part != "%%"]
    for letter in found:
        if letter not in _DIRECTIVES:
            expected = "only the directives " + " ".join(f"%{known}" for known in _DIRECTIVES)
            raise InvalidValue(where, shown(f"%{letter}"), expected)
    groups = [_group(letter) for letter in found]
    if len(set(groups)) < len(groups) or not {"y", "m", "d"} <= {group[0] for group in groups}:
        expected = "a pattern with year, month and day, each once"
        raise InvalidValue(where, shown(pattern), expected, "for example %d.%m.%Y %H:%M")
    return "".join(_piece(parts, place) for place in range(len(parts)))


def _group(letter: str) -> str:
    """Name what a directive stands for; its first letter tells year, month and day."""
    alike = {"Y": "year", "y": "year", "b": "month", "B": "month", "m": "month", "d": "day"}
    return alike.get(letter, {"I": "H"}.get(letter, letter).upper())


def _piece(parts: list[str], place: int) -> str:
    part = parts[place]
    if part.isspace():
        return r"\s+"
    if not part.startswith("%"):
        return re.escape(part)
    digits = _DIRECTIVES[part[1]]
    around = parts[max(0, place - 1) : place] + parts[place + 1 : place + 2]
    if any(other.startswith("%") and other not in ("%%", "%p") for other in around):
        return digits.replace("{1,2}", "{2}")
    return digits


@lru_cache(maxsize=256)
def _compiled(formats: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(
        re.compile(source)
        for given in formats
        for source in _WORDS.get(given) or (_pattern("dates", given),)
    )


def read_written(text: str, formats: tuple[str, ...]) -> Written:
    """Read a date in the first of the formats that fits; raises `InvalidValue` if none does."""
    refused: InvalidValue | None = None
    if len(text) <= _CELL_LENGTH:
        for pattern in _compiled(formats):
            match = pattern.fullmatch(text)
            if match:
                try:
                    return _written(text, match.groupdict())
                except InvalidValue as error:
                    refused = refused or error
    raise refused or _not_told(text, formats)


def _not_told(text: str, formats: tuple[str, ...]) -> InvalidValue:
    told = " or ".join(_SHOWN.get(given, given) for given in formats)
    hint = 'tell others with dates = "day first", "month first" or a pattern such as "%d-%m-%y"'
    return InvalidValue("cell", shown(text), f"a date written like {told}", hint)


def _written(text: str, parts: dict[str, str | None]) -> Written:
    day = _day(text, _year(parts), _month(text, parts), int(parts["day"] or 0))
    return Written(day, _time(text, parts), _zone(text, parts.get("zone")))


def _year(parts: dict[str, str | None]) -> int:
    if parts.get("short"):
        short = int(parts["short"] or 0)
        return short + (1900 if short >= _PIVOT else 2000)
    return int(parts["year"] or 0)


def _month(text: str, parts: dict[str, str | None]) -> int:
    called = parts.get("called")
    if called is None:
        return int(parts["month"] or 0)
    for number, month in enumerate(_MONTHS, start=1):
        if called.lower() in (month, month[:3]):
            return number
    raise InvalidValue("cell", shown(text), "an English month name", f"there is no {called}")


def _day(text: str, year: int, month: int, day: int) -> date:
    if not 1 <= year <= date.max.year:
        hint = f"there is no year {year}"
        raise InvalidValue("cell", shown(text), "a year between 1 and 9999", hint)
    if not 1 <= month <= len(_MONTHS):
        hint = f"there is no month {month}"
        raise InvalidValue("cell", shown(text), "a month between 1 and 12", hint)
    last = monthrange(year, month)[1]
    if not 1 <= day <= last:
        hint = f"{_MONTHS[month - 1].capitalize()} {year} has {last} days"
        raise InvalidValue("cell", shown(text), "a day that exists", hint)
    return date(year, month, day)


def _time(text: str, parts: dict[str, str | None]) -> time | None:
    if parts.get("hour") is None:
        return None
    hour, half = int(parts["hour"] or 0), (parts.get("half") or "").lower()
    if half and not 1 <= hour <= 12:  # noqa: PLR2004 (hours of a clock face)
        raise InvalidValue("cell", shown(text), "an hour between 1 and 12 before AM or PM")
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    fraction = (parts.get("fraction") or "").ljust(6, "0")[:6]
    minute, second = int(parts.get("minute") or 0), int(parts.get("second") or 0)
    try:
        return time(hour, minute, second, int(fraction))
    except ValueError:
        expected = "a time between 00:00:00 and 23:59:59"
        raise InvalidValue("cell", shown(text), expected) from None


def _zone(text: str, zone: str | None) -> tzinfo | None:
    if zone is None:
        return None
    if zone in "Zz":
        return UTC
    digits = zone[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    if offset >= timedelta(days=1) or digits[2:] > "59":
        raise InvalidValue("cell", shown(text), "an offset from UTC below 24:00")
    return timezone(-offset if zone[0] == "-" else offset)


def date_reader(formats: tuple[str, ...]) -> Callable[[str], date]:
    """Build the reader of dates; of a datetime it takes the day as it is written.

    >>> date_reader(("day first",))("20-10-16")
    datetime.date(2016, 10, 20)
    """
    return lambda text: read_written(text, formats).day


def datetime_reader(formats: tuple[str, ...], zone: str | None) -> Callable[[str], datetime]:
    """Build the reader of datetimes.

    A cell without an offset is in the time zone `zone` (an IANA name); a date without a time is
    the start of that day there. Of two instants with the same local time, when clocks go back, the
    first is taken. Without `zone` such a cell raises `InvalidValue`.

    >>> datetime_reader(("iso",), "Europe/Warsaw")("2026-03-01 09:00").isoformat()
    '2026-03-01T09:00:00+01:00'
    """
    local = None if zone is None else ZoneInfo(zone)

    def read(text: str) -> datetime:
        written = read_written(text, formats)
        where = written.zone or local
        if where is None:
            expected = "a datetime with an offset from UTC"
            hint = 'tell its time zone, for example time_zone = "Europe/Warsaw"'
            raise InvalidValue("cell", shown(text), expected, hint)
        return datetime.combine(written.day, written.time or time(), where)

    return read

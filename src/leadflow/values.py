"""What a field value, an id and an instant may be, checked once where they enter.

Unknown is one thing: None, NaN and a missing key all mean that nobody knows. Empty text is known.
"""

from __future__ import annotations

import math
import numbers
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, NoReturn, TypeAlias, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs

from leadflow.errors import InvalidValue, LimitExceeded, NaiveDatetime, did_you_mean, shown
from leadflow.limits import DEFAULT_LIMITS

FieldValue: TypeAlias = str | int | float | Decimal | bool | date | datetime
"""What a field of a lead, or of an activity's data, may hold when it is known."""

V = TypeVar("V")
_JOINING = frozenset("\u200c\u200d\u200e\u200f\u061c")
"""Invisible characters that scripts need: joiners and marks of direction."""
_BLANK = _JOINING | frozenset("\u3164\u2800\u115f\u1160\uffa0")
"""Characters that show nothing when they stand alone: fillers of Hangul and Braille too."""
_INTEGER_DIGITS = len(str(DEFAULT_LIMITS.integer))


class Frozen(dict[str, V]):
    """A mapping that cannot be changed, can be hashed and pickles; made by leadflow, not by users.

    >>> Frozen({"employees": 20})["employees"]
    20
    """

    __slots__ = ()

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("this mapping is frozen; build a new one")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __eq__(self, other: object) -> bool:
        """Compare by key and value; True is not 1, for a boolean is a kind of its own."""
        return dict.__eq__(self, other) is True and _flags(self) == _flags(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[type[Frozen[V]], tuple[dict[str, V]]]:
        return (type(self), (dict(self),))


def _flags(values: Any) -> set[str]:
    return {key for key, value in values.items() if isinstance(value, bool)}


EMPTY: Frozen[Any] = Frozen()


def instant(where: str, value: object) -> datetime:
    """Take an aware datetime and return the same instant in UTC.

    Raises `NaiveDatetime` without a time zone and `InvalidValue` for anything else.

    >>> from datetime import timedelta, timezone
    >>> instant("at", datetime(2026, 3, 1, 9, tzinfo=timezone(timedelta(hours=2))))
    datetime.datetime(2026, 3, 1, 7, 0, tzinfo=datetime.timezone.utc)
    """
    if type(value) is datetime and value.tzinfo is UTC and not value.fold:
        return value
    if not isinstance(value, datetime) or _is_nan(value):
        raise InvalidValue(where, shown(value), "a datetime with a time zone")
    if value.utcoffset() is None:
        raise NaiveDatetime(where, shown(value))
    try:
        moved = value.astimezone(UTC)
    except OverflowError:
        raise InvalidValue(where, shown(value), "an instant between the years 1 and 9999") from None
    return datetime.combine(moved.date(), moved.timetz().replace(fold=0))


def calendar_date(where: str, value: object) -> date:
    """Take a date that is not a datetime.

    >>> calendar_date("due", date(2026, 2, 28))
    datetime.date(2026, 2, 28)
    """
    if isinstance(value, datetime) or not isinstance(value, date):
        raise InvalidValue(where, shown(value), "a date (without a time)")
    return value if type(value) is date else date(value.year, value.month, value.day)


def whole(where: str, value: object, *, least: int | None = None) -> int:
    """Take a whole number; booleans and floats are not whole numbers.

    >>> whole("capacity", 12)
    12
    """
    if type(value) is not int and (
        isinstance(value, bool) or not isinstance(value, numbers.Integral)
    ):
        raise InvalidValue(where, shown(value), "a whole number")
    number = int(value)
    if abs(number) > DEFAULT_LIMITS.integer:
        raise LimitExceeded(where, "a whole number", DEFAULT_LIMITS.integer, shown(number))
    if least is not None and number < least:
        raise InvalidValue(where, shown(number), f"a whole number of at least {least}")
    return number


def decimal(where: str, value: object) -> Decimal:
    """Take an exact number: int, Decimal, or a float by the digits it prints.

    Raises `InvalidValue` for NaN, infinity and anything else, `LimitExceeded` beyond the limits.

    >>> decimal("share", 0.1)
    Decimal('0.1')
    """
    if isinstance(value, Decimal):
        number = value
    elif isinstance(value, float):
        number = Decimal(repr(float(value)))
    elif isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise InvalidValue(where, shown(value), "a number")
    else:
        number = Decimal(whole(where, value))
    return _bounded(where, number)


def _bounded(where: str, number: Decimal) -> Decimal:
    if not number.is_finite():
        raise InvalidValue(where, str(number), "a finite number")
    _, digits, exponent = number.as_tuple()
    places = max(len(digits), -int(exponent))
    if places > DEFAULT_LIMITS.decimal_places:
        allowed = DEFAULT_LIMITS.decimal_places
        raise LimitExceeded(where, "the digits of a number", allowed, f"{places} digits")
    if number.adjusted() >= _INTEGER_DIGITS or number.copy_abs() > DEFAULT_LIMITS.integer:
        raise LimitExceeded(where, "a number", DEFAULT_LIMITS.integer, shown(number))
    return number


def text(where: str, value: object) -> str:
    """Take a text that can be stored: within the size limit and free of lone surrogates.

    >>> text("name", "Žofie")
    'Žofie'
    """
    if not isinstance(value, str):
        raise InvalidValue(where, shown(value), "text")
    try:
        size = len(value) if value.isascii() else len(value.encode())
    except UnicodeEncodeError:
        raise InvalidValue(where, shown(value), "text without lone surrogates") from None
    if size > DEFAULT_LIMITS.value_bytes:
        allowed = DEFAULT_LIMITS.value_bytes
        raise LimitExceeded(where, "the bytes of a text", allowed, f"{size:,} bytes")
    return str.__str__(value)


def name(where: str, value: object) -> str:
    """Take an id, a key or a name: stripped, in normal form NFC, without invisible characters.

    >>> name("id", " L-7 ")
    'L-7'
    """
    if type(value) is str and value.isascii() and value.isprintable():
        cleaned = value.strip()
    else:
        cleaned = unicodedata.normalize("NFC", text(where, value)).strip()
        if any(unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") for c in cleaned):
            raise InvalidValue(where, shown(value), "no control or invisible characters")
    if not cleaned:
        raise InvalidValue(where, shown(value), "a name that is not blank")
    if len(cleaned) > DEFAULT_LIMITS.id_length:
        allowed = DEFAULT_LIMITS.id_length
        raise LimitExceeded(where, "the characters of a name", allowed, f"{len(cleaned):,}")
    return cleaned


def checks(owner: type, fields: list[attrs.Attribute[Any]]) -> list[attrs.Attribute[Any]]:
    """Run the check that a field's metadata names on every value given to it.

    For ``@attrs.frozen(field_transformer=checks)``: a field written
    ``attrs.field(metadata=NAME)`` takes a name; where the annotation allows None, None passes. The
    error names the class and the field, and which one where an id or a name of its own comes before.
    """
    is_by_id = fields[0].name == "id" and fields[0].default is attrs.NOTHING
    known_by = "id" if is_by_id else "name"
    before: set[str] = set()
    checked = []
    for field in fields:
        before.add(field.name)
        if "check" in field.metadata:
            known = known_by if known_by in before else None
            field = field.evolve(converter=_converter(owner, field, known))  # noqa: PLW2901 (itself)
        checked.append(field)
    return checked


def _converter(owner: type, field: attrs.Attribute[Any], known_by: str | None) -> Any:
    check: Callable[[str, object], object] = field.metadata["check"]
    word = field.name.rstrip("_")
    takes_none = "| None" in str(field.type)
    place = f"{owner.__name__}.{word}"

    def optional(value: object) -> object:
        return None if value is None else check(place, value)

    def of_the_named(value: object, self: Any) -> object:
        where = f"{owner.__name__} {getattr(self, known_by or '')!r} {word}"
        return None if takes_none and value is None else check(where, value)

    if known_by is not None and field.name != known_by:
        return attrs.Converter(of_the_named, takes_self=True)
    return optional if takes_none else partial(check, place)


def flag(where: str, value: object) -> bool:
    """Take True or False and nothing that merely looks like it.

    >>> flag("answered", True)
    True
    """
    if not isinstance(value, bool):
        raise InvalidValue(where, shown(value), "true or false")
    return value


def time_zone(where: str, value: object) -> str:
    """Take the name of a time zone of the IANA database.

    >>> time_zone("time_zone", "Europe/Warsaw")
    'Europe/Warsaw'
    """
    key = name(where, value)
    try:
        ZoneInfo(key)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidValue(where, shown(key), "a time zone such as 'Europe/Warsaw'") from None
    return key


def field_value(where: str, value: object) -> FieldValue | None:
    """Take what a field may hold; None and NaN come back as None, datetimes in UTC.

    Raises `InvalidValue` for other types and infinity, `NaiveDatetime`, `LimitExceeded`.

    >>> field_value("employees", float("nan")) is None
    True
    """
    if value is None or isinstance(value, bool):
        return value
    if type(value) is int and -DEFAULT_LIMITS.integer <= value <= DEFAULT_LIMITS.integer:
        return value
    if isinstance(value, str):
        return text(where, value)
    if isinstance(value, datetime):
        return None if _is_nan(value) else instant(where, value)
    if isinstance(value, date):
        return calendar_date(where, value)
    if isinstance(value, float | Decimal):
        return _real(where, value)
    if isinstance(value, numbers.Integral):
        return whole(where, value)
    expected = "text, a number, true or false, a date, a datetime, or None for unknown"
    raise InvalidValue(where, f"{shown(value)} of type {type(value).__name__}", expected)


def _real(where: str, value: float | Decimal) -> float | Decimal | None:
    if math.isnan(value) if isinstance(value, float) else value.is_nan():
        return None
    if isinstance(value, Decimal):
        return decimal(where, value)
    if math.isinf(value):
        raise InvalidValue(where, str(value), "a finite number")
    return float(value)


def _is_nan(value: datetime) -> bool:
    return value != value  # noqa: PLR0124 (NaT of a dataframe is a datetime unequal to itself)


def field_values(where: str, values: object) -> Frozen[FieldValue | None]:
    """Check a mapping of field names to values; unknown values stay, as None.

    >>> field_values("fields", {"employees": 20, "country": None})
    {'employees': 20, 'country': None}
    """
    if not isinstance(values, Mapping):
        raise InvalidValue(where, shown(values), "a mapping of field names to values")
    found: dict[str, FieldValue | None] = {}
    place = f"{where} name"
    for given, value in values.items():
        key = name(place, given)
        if key in found:
            raise InvalidValue(where, shown(given), "field names that differ", "NFC and stripped")
        found[key] = field_value(f"{where}.{key}", value)
    return Frozen(found)


def known(values: Mapping[str, V | None]) -> Frozen[V]:
    """Leave out what is unknown.

    >>> known({"a": 1, "b": None})
    {'a': 1}
    """
    return Frozen({key: value for key, value in values.items() if value is not None})


def names(where: str, values: object) -> tuple[str, ...]:
    """Take names in any iterable but a text, and return them once each, in their order.

    A set has no order: its names come back sorted.

    >>> names("tags", ["vip", "vip", "it"])
    ('vip', 'it')
    """
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InvalidValue(where, shown(values), "a list of names")
    found = dict.fromkeys(name(where, value) for value in values)
    return tuple(sorted(found) if isinstance(values, set | frozenset) else found)


def word(where: str, value: V, allowed: tuple[V, ...]) -> V:
    """Take a word of a closed list.

    >>> word("direction", "in", ("in", "out"))
    'in'
    """
    if value not in allowed:
        hint = did_you_mean(str(value), map(str, allowed))
        raise InvalidValue(where, shown(value), "one of " + ", ".join(map(str, allowed)), hint)
    return value


def listed(where: str, values: Iterable[V]) -> tuple[V, ...]:
    """Take any iterable but a text or a mapping, as a tuple.

    >>> listed("rules", iter([1, 2]))
    (1, 2)
    """
    if type(values) is tuple:  # the quick way
        return values
    given: object = values
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        raise InvalidValue(where, shown(values), "a list")
    return tuple(given)


def sentences(where: str, values: Iterable[str]) -> tuple[str, ...]:
    """Take texts in any iterable but a text, in their order; a set's are sorted.

    >>> sentences("because", ["no budget", "no need"])
    ('no budget', 'no need')
    """
    found = tuple(text(where, value) for value in listed(where, values))
    return tuple(sorted(found)) if isinstance(values, set | frozenset) else found


def instance(kind: type) -> dict[str, Callable[[str, object], object]]:
    """Build the check that a value is of a class.

    >>> instance(int)["check"]("n", 5)
    5
    """

    def check(where: str, value: object) -> object:
        if not isinstance(value, kind):
            raise InvalidValue(where, shown(value), f"a {kind.__name__}")
        return value

    return {"check": check}


def half_up(numerator: int, denominator: int) -> int:
    """Round a fraction (denominator above 0) to the nearest whole number, halves away from zero.

    >>> half_up(25, 2), half_up(-25, 2), half_up(12, 5)
    (13, -13, 2)
    """
    magnitude = (2 * abs(numerator) + denominator) // (2 * denominator)
    return magnitude if numerator >= 0 else -magnitude


def label(where: str, value: object) -> str:
    """Take a text to show, in any script: stripped, in normal form NFC, of one line.

    Raises `InvalidValue` for a blank text and for characters that break lines, hide or turn the
    direction of what follows.

    >>> label("label", " ליד חדש ")
    'ליד חדש'
    """
    cleaned = unicodedata.normalize("NFC", text(where, value)).strip()
    if all(character in _BLANK or character.isspace() for character in cleaned):
        raise InvalidValue(where, shown(value), "a label that is not blank")
    if any(map(_is_refused, cleaned)):
        raise InvalidValue(where, shown(value), "a label without control or steering characters")
    if len(cleaned) > DEFAULT_LIMITS.id_length:
        allowed = DEFAULT_LIMITS.id_length
        raise LimitExceeded(where, "the characters of a label", allowed, f"{len(cleaned):,}")
    return cleaned


def _is_refused(character: str) -> bool:
    return character not in _JOINING and unicodedata.category(character) in (
        "Cc", "Cf", "Zl", "Zp",
    )  # fmt: skip


NAME = {"check": name}
LABEL = {"check": label}
NAMES = {"check": names}
SENTENCES = {"check": sentences}
TEXT = {"check": text}
INSTANT = {"check": instant}
DATE = {"check": calendar_date}
FLAG = {"check": flag}
WHOLE = {"check": whole}
TIME_ZONE = {"check": time_zone}

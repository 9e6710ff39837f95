"""Shapes of plain data: each reads strictly, writes, and describes itself as JSON Schema.

One definition, three interpreters. Reading takes a `Place`, notes every problem there and raises
`Refused`. Writing has two forms: plain data for JSON, and native for TOML, which has dates and exact
numbers of its own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

import attrs

from leadflow.errors import InvalidValue, LeadflowError, did_you_mean
from leadflow.events.facts import share
from leadflow.money import Money
from leadflow.scoring.rule import whole_points
from leadflow.serialization.problems import Place, Refused, told
from leadflow.span import as_span
from leadflow.values import (
    calendar_date,
    decimal,
    field_value,
    instant,
    name,
    text,
    time_zone,
    whole,
)

Definitions = dict[str, Any]
"""The ``$defs`` of a JSON Schema, gathered while shapes describe themselves."""
_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
_ZONE = "([Zz]|[+-][0-9]{2}:[0-9]{2})"
_DECIMAL = r"[+-]?[0-9]+(\.[0-9]+)?"
_INDEX = re.compile(r"\b([a-z]+)\[([0-9]{1,9})\]")


class Shape(Protocol):
    """A form of plain data. Whoever calls `write` hands in a value that `read` could have made."""

    def read(self, place: Place, data: object) -> Any:
        """Read plain data; raise `Refused` once all problems are noted."""
        ...

    def write(self, value: Any, *, native: bool) -> Any:
        """Write a value as plain data; `native` keeps dates and decimals as they are."""
        ...

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """Describe the plain data as JSON Schema."""
        ...


def same(value: Any) -> Any:
    """Write a value as it is."""
    return value


@attrs.frozen
class Leaf:
    """A single value: the types it is written in, the check it passes, and its plain form."""

    what: str
    types: tuple[type, ...]
    check: Callable[[str, Any], Any]
    described: Mapping[str, Any]
    plain: Callable[[Any], Any] = same
    native: Callable[[Any], Any] | None = None

    def read(self, place: Place, data: object) -> Any:
        """Take the type exactly: true is no number, and text is never read as one."""
        if not isinstance(data, self.types) or (isinstance(data, bool) and bool not in self.types):
            place.expected(self.what, data)
        return place.build(lambda: self.check("", data))

    def write(self, value: Any, *, native: bool) -> Any:
        """Write the plain form, or the native one where there is one."""
        return self.native(value) if native and self.native else self.plain(value)

    def schema(self, definitions: Definitions) -> dict[str, Any]:  # noqa: ARG002 (refers to none)
        """Describe the type."""
        return dict(self.described)


def iso_datetime(value: datetime) -> str:
    """Write an instant in ISO 8601, in UTC, ending in Z."""
    return instant("", value).isoformat().replace("+00:00", "Z")


def _parsed(where: str, written: str, pattern: str, parse: Callable[[str], Any], what: str) -> Any:
    if re.fullmatch(pattern, written):
        try:
            return parse(written.upper())
        except ValueError:
            pass
    raise InvalidValue(where, told(written), what)


def _instant(where: str, value: object) -> datetime:
    if isinstance(value, str):
        pattern, what = f"{_DATE}[Tt ]{_TIME}{_ZONE}?", "a datetime such as 2026-03-01T09:00:00Z"
        value = _parsed(where, value, pattern, datetime.fromisoformat, what)
    return instant(where, value)


def _date(where: str, value: object) -> date:
    if isinstance(value, str):
        value = _parsed(where, value, _DATE, date.fromisoformat, "a date such as 2026-03-01")
    return calendar_date(where, value)


def _day_or_instant(where: str, value: object) -> date:
    if isinstance(value, datetime) or (isinstance(value, str) and not re.fullmatch(_DATE, value)):
        return _instant(where, value)
    return _date(where, value)


def _written_decimal(where: str, value: str) -> Decimal:
    written = text(where, value)
    if not re.fullmatch(_DECIMAL, written):
        raise InvalidValue(where, told(written), "a decimal number in digits such as '12.50'")
    return decimal(where, Decimal(written))


def _float(where: str, value: Any) -> float:
    """Take the nearest float, from however many digits."""
    if isinstance(value, Decimal) and value.is_nan():
        raise InvalidValue(where, "NaN", "a finite number")
    number = float(value if isinstance(value, float | Decimal) else whole(where, value))
    if not math.isfinite(number):
        raise InvalidValue(where, told(value), "a finite number that a float can hold")
    return number


def _share(where: str, value: object) -> float:
    return share(where, _float(where, value))


def _money(_: str, value: object) -> Money:
    return value if isinstance(value, Money) else Money.parse(str(value))


def _any_length(where: str, value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        expected = "text without lone surrogates"
        raise InvalidValue(where, told(value), expected) from None
    return value


def _true(where: str, value: bool) -> bool:  # noqa: FBT001 (the value itself)
    if value:
        return True
    raise InvalidValue(where, "false", "true")


_ISO_DATE = {"type": "string", "format": "date", "pattern": f"^{_DATE}$"}
_ISO_DATETIME = {
    "type": "string",
    "format": "date-time",
    "pattern": f"^{_DATE}[Tt ]{_TIME}{_ZONE}$",
}
NUMBER_TYPES = (int, float, Decimal)
_WHOLE = {"type": "integer", "minimum": -(2**63) + 1, "maximum": 2**63 - 1}
_POINTS = {"type": "integer", "minimum": -1_000_000_000, "maximum": 1_000_000_000}

TEXT = Leaf("text", (str,), text, {"type": "string"})
LONG_TEXT = Leaf("text", (str,), _any_length, {"type": "string"})
NAME = Leaf("a name", (str,), name, {"type": "string", "minLength": 1})
FLAG = Leaf("true or false", (bool,), lambda _, value: value, {"type": "boolean"})
TRUE = Leaf("true", (bool,), _true, {"const": True})
WHOLE = Leaf("a whole number", (int,), whole, _WHOLE)
POINTS = Leaf("a whole number", (int,), whole_points, _POINTS)
SHARE = Leaf(
    "a number between 0 and 1", NUMBER_TYPES, _share, {"type": "number", "minimum": 0, "maximum": 1}
)
REAL = Leaf("a number", NUMBER_TYPES, _float, {"type": "number"})
DATE = Leaf("a date such as 2026-03-01", (str, date), _date, _ISO_DATE, date.isoformat, same)
INSTANT = Leaf(
    "a datetime such as 2026-03-01T09:00:00Z",
    (str, datetime),
    _instant,
    _ISO_DATETIME,
    iso_datetime,
    same,
)
DAY_OR_INSTANT = Leaf(
    "a date or a datetime",
    (str, date),
    _day_or_instant,
    {"anyOf": [_ISO_DATE, _ISO_DATETIME]},
    lambda day: iso_datetime(day) if isinstance(day, datetime) else day.isoformat(),
    same,
)
SPAN = Leaf("a span such as '30 days'", (str,), as_span, {"type": "string", "minLength": 2}, str)
MONEY = Leaf(
    "an amount and a currency such as '100.00 EUR'",
    (str, Money),
    _money,
    {"type": "string", "pattern": f"^\\s*{_DECIMAL}\\s+[A-Z]{{3}}\\s*$"},
    str,
)
TIME_ZONE = Leaf("a time zone such as 'Europe/Warsaw'", (str,), time_zone, {"type": "string"})
_DECIMAL_TEXT = Leaf(
    "a decimal number as text", (str,), _written_decimal,
    {"type": "string", "pattern": f"^{_DECIMAL}$"},
)  # fmt: skip

_TAGS = {"date": DATE, "datetime": INSTANT, "decimal": _DECIMAL_TEXT, "money": MONEY}


def tagged(place: Place, data: dict[Any, Any], tags: Iterable[str]) -> Any:
    """Read a table of one key, which tells the type of what stands behind it."""
    allowed = sorted(tags)
    if len(data) != 1:
        place.expected("a value, or a table with one key of " + ", ".join(allowed), data)
    [(tag, inner)] = data.items()
    if tag not in allowed:
        hint = did_you_mean(tag, allowed) if isinstance(tag, str) else ""
        place.expected("a value, or a table with one key of " + ", ".join(allowed), data, hint)
    return _TAGS[tag].read(place.at(tag), inner)


def tag_schemas(tags: Iterable[str]) -> list[dict[str, Any]]:
    """Describe the tables that `tagged` reads."""
    return [closed({tag: _TAGS[tag].schema({})}, [tag]) for tag in sorted(tags)]


def closed(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    """Describe a table with these keys and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def plain_number(value: Decimal) -> Any:
    """Write a decimal as the number that prints the same digits, else tagged."""
    digits = format(value, "f")
    if re.fullmatch("-?[0-9]+", digits) and digits != "-0":
        return int(digits)
    return float(value) if repr(float(value)) == digits else {"decimal": digits}


@attrs.frozen
class Value:
    """A value of no declared type, tagged where JSON has no word for its type.

    Text, true and false, whole numbers (int) and numbers with a point (float) stand for themselves;
    ``{"date": "2026-01-01"}``, ``{"datetime": "2026-01-01T09:00:00Z"}`` and ``{"decimal": "0.10"}``
    for the others, so that every value comes back with its type. In TOML dates are native.
    """

    def read(self, place: Place, data: object) -> Any:
        """Read a value; null is unknown."""
        if isinstance(data, dict):
            return tagged(place, data, ("date", "datetime", "decimal"))
        if isinstance(data, float) and not math.isfinite(data):
            place.expected("a finite number", data)
        if data is not None and not isinstance(data, (str, *NUMBER_TYPES, date)):
            place.expected("text, a number, true, false or a date", data)
        return place.build(lambda: field_value("", data))

    def write(self, value: Any, *, native: bool) -> Any:
        """Write a value with its tag, if it needs one."""
        if isinstance(value, Decimal):
            return {"decimal": format(value, "f")}
        if native or not isinstance(value, date):
            return value
        return {"datetime": iso_datetime(value)} if isinstance(value, datetime) else {
            "date": value.isoformat()
        }  # fmt: skip

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """Describe the alternatives."""
        plain = {"type": ["string", "number", "boolean", "null"]}
        tags = tag_schemas(("date", "datetime", "decimal"))
        definitions["value"] = {"anyOf": [plain, *tags]}
        return {"$ref": "#/$defs/value"}


VALUE = Value()


@attrs.frozen
class Number:
    """An exact number; ``{"decimal": "0.120"}`` where a JSON number would lose digits."""

    def read(self, place: Place, data: object) -> Decimal:
        """Read an exact number; a float counts by the digits it prints."""
        if isinstance(data, dict):
            found: Decimal = tagged(place, data, ("decimal",))
            return found
        if not isinstance(data, NUMBER_TYPES) or isinstance(data, bool):
            place.expected("a number", data)
        return place.build(lambda: decimal("", data))

    def write(self, value: Decimal, *, native: bool) -> Any:
        """Write the digits it has."""
        return value if native else plain_number(value)

    def schema(self, definitions: Definitions) -> dict[str, Any]:  # noqa: ARG002 (refers to none)
        """Describe the alternatives."""
        return {"anyOf": [{"type": "number"}, *tag_schemas(("decimal",))]}


NUMBER = Number()


@attrs.frozen
class Word:
    """One of a closed list of words."""

    words: tuple[str, ...]

    def read(self, place: Place, data: object) -> str:
        """Read the word; another gets the closest named."""
        if not isinstance(data, str) or data not in self.words:
            hint = did_you_mean(data, self.words) if isinstance(data, str) else ""
            place.expected("one of " + ", ".join(self.words), data, hint)
        return data

    def write(self, value: str, *, native: bool) -> str:  # noqa: ARG002 (one form)
        """Write the word."""
        return value

    def schema(self, definitions: Definitions) -> dict[str, Any]:  # noqa: ARG002 (refers to none)
        """List the words."""
        return {"enum": list(self.words)}


@attrs.frozen
class Optional:
    """A shape, or null."""

    inner: Shape

    def read(self, place: Place, data: object) -> Any:
        """Read null as None."""
        return None if data is None else self.inner.read(place, data)

    def write(self, value: Any, *, native: bool) -> Any:
        """Write None as null."""
        return None if value is None else self.inner.write(value, native=native)

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """Describe both."""
        return {"anyOf": [self.inner.schema(definitions), {"type": "null"}]}


@attrs.frozen
class NoneAs:
    """A shape, or a word that says None; for leaving the key out says something else, or nothing."""

    inner: Shape
    word: str | bool = True

    @property
    def what(self) -> str:
        """Name both."""
        return f"{getattr(self.inner, 'what', 'a value')}, or {told(self.word)}"

    def read(self, place: Place, data: object) -> Any:
        """Read the word as None; a name may not look like it."""
        if data is self.word or (isinstance(data, str) and data == self.word):
            return None
        if data is None or isinstance(data, bool):
            place.expected(self.what, data)
        return self.inner.read(place, data)

    def write(self, value: Any, *, native: bool) -> Any:
        """Write None as the word."""
        return self.word if value is None else self.inner.write(value, native=native)

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """Describe both."""
        return {"anyOf": [self.inner.schema(definitions), {"const": self.word}]}


@attrs.frozen
class ListOf:
    """A list of one shape; `make` turns it into the collection that is meant."""

    item: Shape
    what: str = "a list"
    make: Callable[[list[Any]], Any] = tuple

    def read(self, place: Place, data: object) -> Any:
        """Read every item; text is no list."""
        if not isinstance(data, list | tuple):
            place.expected(self.what, data)
        found: list[Any] = []
        good: dict[int, Any] = {}
        for index, inner in enumerate(data):
            try:
                good[index] = self.item.read(place.at(index), inner)
            except Refused:
                continue
            found.append(good[index])
        if len(found) < len(data):
            raise Refused(good)
        return place.build(lambda: self.make(found))

    def write(self, value: Iterable[Any], *, native: bool) -> list[Any]:
        """Write every item."""
        return [self.item.write(inner, native=native) for inner in value]

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """Describe the items."""
        return {"type": "array", "items": self.item.schema(definitions)}


@attrs.frozen
class PairOf:
    """A list of two."""

    what: str
    first: Shape
    second: Shape

    def read(self, place: Place, data: object) -> tuple[Any, Any]:
        """Read both."""
        if not isinstance(data, list | tuple) or len(data) != 2:  # noqa: PLR2004 (a pair)
            place.expected(self.what, data)
        first, second = data
        readers = (self.first.read, place.at(0), first), (self.second.read, place.at(1), second)
        one, other = every(readers)
        return one, other

    def write(self, value: tuple[Any, Any], *, native: bool) -> list[Any]:
        """Write both."""
        first, second = value
        return [self.first.write(first, native=native), self.second.write(second, native=native)]

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """Describe both."""
        items = [self.first.schema(definitions), self.second.schema(definitions)]
        return {"type": "array", "prefixItems": items, "minItems": 2, "maxItems": 2}


def every(readers: Iterable[tuple[Callable[[Place, Any], Any], Place, Any]]) -> tuple[Any, ...]:
    """Run every reader at its place, and only then give up if one did."""
    found: list[Any] = []
    bad = False
    for reader, place, data in readers:
        try:
            found.append(reader(place, data))
        except Refused:
            bad = True
    if bad:
        raise Refused
    return tuple(found)


def table(place: Place, data: object, what: str = "a table") -> dict[str, Any]:
    """Take a table whose keys are text."""
    if not isinstance(data, dict):
        place.expected(what, data)
    odd = [key for key in data if not isinstance(key, str)]
    if odd:
        place.expected("keys of text", odd[0])
    return data


def note_repeated(place: Place, key: str, rows: Mapping[str, object]) -> None:
    """Note the names that stand under a key in several tables; `rows` are the tables by their paths.

    What is no name is left to the reader of the table.
    """
    first: dict[str, str] = {}
    for path, row in rows.items():
        try:
            found = name("", row.get(key) if isinstance(row, dict) else None)
        except LeadflowError:
            continue
        before = first.setdefault(found, path)
        if before != path:
            message = f"{found!r} is the {key} of {before} too"
            place.within(f"{path}.{key}").note(message)


def by_index(values: Any) -> dict[int, Any]:
    """Take what was good of a list, by its index there, as `Record.salvage` is handed it."""
    return values if isinstance(values, dict) else dict(enumerate(values or ()))


def renumbered(text: str, good: Mapping[str, dict[int, Any]]) -> str:
    """Give what was good of several lists, counted by itself, the numbers it has in the document.

    >>> renumbered("rules[1].limit", {"rules": {0: "a", 7: "b"}})
    'rules[7].limit'
    """

    def as_given(found: re.Match[str]) -> str:
        places = [*good.get(found[1], ())]
        index = int(found[2])
        return f"{found[1]}[{places[index]}]" if index < len(places) else found[0]

    return _INDEX.sub(as_given, text)


@attrs.frozen
class MapOf:
    """A table with keys of one's own; `check` looks at each pair by itself, where it is given."""

    item: Shape
    special: Mapping[str, Shape] = attrs.field(factory=dict)
    check: Callable[[dict[str, Any]], object] | None = None

    def read(self, place: Place, data: object) -> dict[str, Any]:
        """Read every value."""
        found: dict[str, Any] = {}
        given = table(place, data)
        for key, inner in given.items():
            here = place.at(key)
            try:
                found[key] = self._pair(here, key, inner)
            except Refused:
                continue
        if len(found) < len(given):
            raise Refused(found)
        return found

    def _pair(self, place: Place, key: str, data: object) -> Any:
        value = Optional(self._shape(key)).read(place, data)
        check = self.check
        if check is not None:
            place.build(lambda: check({key: value}))
        return value

    def _shape(self, key: str) -> Shape:
        return self.special.get(key, self.item)

    def write(self, value: Mapping[str, Any], *, native: bool) -> dict[str, Any]:
        """Write every value."""
        return {
            key: Optional(self._shape(key)).write(inner, native=native)
            for key, inner in value.items()
        }

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """Describe the values."""
        described: dict[str, Any] = {
            "type": "object",
            "additionalProperties": self.item.schema(definitions),
        }
        if self.special:
            described["properties"] = {
                key: Optional(shape).schema(definitions) for key, shape in self.special.items()
            }
        return described


@attrs.frozen
class Variant:
    """A table with exactly one key, which says what stands behind it."""

    what: str
    shapes: Mapping[str, Shape]
    name_of: Callable[[Any], str]

    def read(self, place: Place, data: object) -> Any:
        """Read the one key."""
        given = table(place, data, self.what)
        for key in given.keys() - self.shapes.keys():
            place.unknown(key, self.shapes)
        known = [key for key in given if key in self.shapes]
        if len(known) != 1 or len(given) != 1:
            if len(known) == len(given):
                place.expected("exactly one of " + ", ".join(self.shapes), data)
            raise Refused
        return self.shapes[known[0]].read(place.at(known[0]), given[known[0]])

    def write(self, value: Any, *, native: bool) -> dict[str, Any]:
        """Write the value behind its key."""
        key = self.name_of(value)
        return {key: self.shapes[key].write(value, native=native)}

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """Describe the alternatives."""
        return {
            "oneOf": [
                closed({key: shape.schema(definitions)}, [key])
                for key, shape in self.shapes.items()
            ]
        }


@attrs.frozen
class Made:
    """A shape whose value is wrapped in a class of one field."""

    inner: Shape
    make: Callable[[Any], Any]
    unwrap: Callable[[Any], Any]

    @property
    def what(self) -> str:
        """Name the inner shape."""
        return getattr(self.inner, "what", "a value")

    def read(self, place: Place, data: object) -> Any:
        """Read and wrap."""
        value = self.inner.read(place, data)
        return place.build(lambda: self.make(value))

    def write(self, value: Any, *, native: bool) -> Any:
        """Unwrap and write."""
        return self.inner.write(self.unwrap(value), native=native)

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """Describe the inner shape."""
        return self.inner.schema(definitions)


@attrs.frozen
class Key:
    """A key of a record: the attribute it fills, and whether it may be left out."""

    attribute: str
    shape: Shape
    required: bool = False
    is_default: Callable[[Any, Any], bool] = lambda owner, value: value is None  # noqa: ARG005


@attrs.frozen
class Record:
    """A table with known keys, made into a value; unknown keys are refused."""

    what: str
    keys: Mapping[str, Key]
    make: Callable[..., Any]
    salvage: Callable[[Place, dict[str, Any]], None] | None = None
    """Called with what was good when something was not, to find further problems."""

    def read(self, place: Place, data: object) -> Any:
        """Read every key, then make the value."""
        given = table(place, data)
        found, partial = self._found(place, given)
        if partial is not None:
            if self.salvage:
                self.salvage(place, found | partial)
            raise Refused
        named = {self.keys[key].attribute: value for key, value in found.items()}
        return place.build(lambda: self.make(**named), self.keys)

    def _found(
        self, place: Place, given: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any] | None]:
        found: dict[str, Any] = {}
        partial: dict[str, Any] = {}
        bad = False
        for key, inner in given.items():
            if key not in self.keys:
                place.unknown(key, self.keys)
                bad = True
                continue
            try:
                found[key] = self.keys[key].shape.read(place.at(key), inner)
            except Refused as refused:
                partial[key] = refused.partial
                bad = True
        for key, known in self.keys.items():
            if known.required and key not in given:
                place.at(key).note(f"expected {self._meaning(key)}, but it is missing")
                bad = True
        return found, partial if bad else None

    def _meaning(self, key: str) -> str:
        return getattr(self.keys[key].shape, "what", "a value")

    def write(self, value: Any, *, native: bool) -> dict[str, Any]:
        """Write the keys that differ from their defaults."""
        written: dict[str, Any] = {}
        for key, known in self.keys.items():
            inner = getattr(value, known.attribute)
            if known.required or not known.is_default(value, inner):
                written[key] = known.shape.write(inner, native=native)
        return written

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """Describe the keys, once, among the definitions."""
        if self.what not in definitions:
            definitions[self.what] = {}
            properties = {key: known.shape.schema(definitions) for key, known in self.keys.items()}
            required = [key for key, known in self.keys.items() if known.required]
            definitions[self.what] = closed(properties, required)
        return {"$ref": f"#/$defs/{self.what}"}

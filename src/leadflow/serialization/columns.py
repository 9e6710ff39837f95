"""What a table looks like, and which of its columns goes where: plain data, reusable.

Written as TOML:

```toml
id = "Prospect ID"
unknown = ["Select"]
others = "ignore"

[fields]
origin = "Lead Origin"
seconds_on_site = { column = "Total Time Spent on Website", kind = "number" }

[attributes]
source = "Lead Source"
deal_value = { column = "Amount", currency = "USD" }
```
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import attrs

from leadflow.errors import (
    InvalidDefinition,
    InvalidValue,
    Problem,
    UnreadableTable,
    did_you_mean,
    shown,
)
from leadflow.limits import DEFAULT_LIMITS
from leadflow.money import currency_code
from leadflow.serialization.cells import Kind, Notation, Reading, clean
from leadflow.serialization.dates import date_format
from leadflow.serialization.parsing import is_path, parse
from leadflow.serialization.problems import Place, Refused, joined, read, told
from leadflow.values import EMPTY, FLAG, TIME_ZONE, Frozen, checks, name, text

Others: TypeAlias = Literal["text", "ignore"]

LEAD_ATTRIBUTES: Mapping[str, Reading] = Frozen(
    {
        "created_at": "datetime",
        "source": "label",
        "deal_value": "money",
        "deal_value_currency": "label",
        "due": "date",
        "time_zone": "label",
        "stage": "label",
        "pipeline": "label",
        "owner": "label",
        "rating": "label",
        "score": "number",
        "win_probability": "number",
        "lifecycle": "label",
        "tags": "tags",
    }
)
"""The attributes of a lead that a column may go to, and how their cells are read."""

ACTIVITY_ATTRIBUTES: Mapping[str, Reading] = Frozen(
    {
        "kind": "label",
        "at": "datetime",
        "channel": "label",
        "direction": "label",
        "answered": "boolean",
        "by": "label",
        "sequence": "number",
    }
)
"""The attributes of an activity that a column may go to, and how their cells are read."""

_ATTRIBUTES = {**LEAD_ATTRIBUTES, **ACTIVITY_ATTRIBUTES}
_ODD_ENCODINGS = frozenset(
    {"idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape", "utf_7"}
)
_THOUSANDS = ("", ",", ".", " ", "'", "’")
_OF_SCORING = frozenset({"grid", "groups", "name", "rater", "rules", "schema", "version"})


def _header(where: str, value: object) -> str:
    given = clean(text(where, value))
    if not given:
        raise InvalidValue(where, shown(value), "the header of a column")
    return given


def _one_of(words: Iterable[str]) -> Callable[[str, object], str]:
    allowed = tuple(words)

    def check(where: str, value: object) -> str:
        if not isinstance(value, str) or value not in allowed:
            named = isinstance(value, str) and len(max(allowed, key=len)) > 1
            hint = did_you_mean(str(value), allowed) if named else ""
            expected = "one of " + ", ".join(f'"{word}"' for word in allowed)
            raise InvalidValue(where, shown(value), expected, hint)
        return value

    return check


def _sign(where: str, value: object) -> str:
    if not isinstance(value, str) or len(value) != 1 or value in "\r\n\0":
        raise InvalidValue(where, shown(value), 'one character, such as ";" or a tab')
    return value


def _quote(where: str, value: object) -> str:
    return "" if value == "" else _sign(where, value)


def _encoding(where: str, value: object) -> str:
    given = name(where, value)
    try:
        "".encode(given)
        codec = codecs.lookup(given).name.replace("-", "_")
    except (LookupError, ValueError):
        codec = "undefined"
    if codec in _ODD_ENCODINGS:
        expected = 'an encoding such as "utf-8", "cp1252", "cp1250" or "utf-16"'
        raise InvalidValue(where, shown(given), expected)
    return given


def _words(where: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise InvalidValue(where, shown(value), 'a list of words such as ["Select", "N/A"]')
    return tuple(dict.fromkeys(clean(text(where, word)) for word in value))


def _some_words(where: str, value: object) -> tuple[str, ...]:
    words = tuple(word for word in _words(where, value) if word)
    if not words:
        raise InvalidValue(where, shown(value), "at least one word")
    return words


def _dates(where: str, value: object) -> tuple[str, ...]:
    given = (value,) if isinstance(value, str) else value
    if not isinstance(given, Iterable):
        raise InvalidValue(where, shown(value), '"iso", "day first", "month first" or patterns')
    formats = tuple(date_format(where, each) for each in given)
    if not formats:
        raise InvalidValue(where, shown(value), "at least one way of writing dates")
    return formats


def _word_list(value: Iterable[str]) -> tuple[str, ...]:
    return _words("unknown", value)


def _some_word_list(value: Iterable[str]) -> tuple[str, ...]:
    return _some_words("true and false", value)


def _own_words(value: Iterable[str] | None) -> tuple[str, ...] | None:
    return None if value is None else _some_word_list(value)


def _date_formats(value: str | Iterable[str]) -> tuple[str, ...]:
    return _dates("dates", value)


def _own_dates(value: str | Iterable[str] | None) -> tuple[str, ...] | None:
    return None if value is None else _date_formats(value)


def _built(place: Place, cls: Any, given: Mapping[str, Any]) -> Any:
    """Build a value from checked keys; every problem is noted before this gives up."""
    fields = {field.name: field for field in attrs.fields(cls)}
    good: dict[str, Any] = {}
    earlier = len(place.problems)
    for key, value in given.items():
        if key not in fields:
            _note_unknown(place, str(key), fields)
            continue
        with suppress(Refused):
            good[key] = _setting(place.at(key), fields[key], value)
    if cls is Columns and "currency" not in given:
        for problem in _without_currency(good.get("fields", EMPTY)):
            place.within(problem.path).note(problem.message)
    if len(place.problems) > earlier:
        raise Refused
    return place.build(lambda: cls(**good))


def _note_unknown(place: Place, key: str, known: Iterable[str]) -> None:
    if key in _OF_SCORING:
        place.at(key).note(f"unknown key {told(key)}: a scoring document has it, columns do not")
    else:
        place.unknown(key, known)


def _setting(place: Place, field: attrs.Attribute[Any], value: object) -> Any:
    if "columns" in field.metadata:
        return _columns(place, value, field.metadata["columns"])
    check = field.metadata.get("check") or field.metadata["wide"]
    return place.build(lambda: check(field.name, value))


@attrs.frozen(kw_only=True, field_transformer=checks)
class Column:
    """One column: its header, what it holds, and where its notation differs from the table's.

    `unknown` words come on top of the table's. `currency` is the currency of amounts that bring
    none; a field of kind money holds the amount, and needs it here or for the table. Settings left out
    are the table's. Raises `InvalidValue` or `LimitExceeded`.

    >>> Column(column="Do Not Email", kind="boolean", true=["Yes"], false=["No"]).true
    ('Yes',)
    """

    column: str = attrs.field(metadata={"check": _header})
    kind: Kind | None = attrs.field(default=None, metadata={"check": _one_of(get_args(Kind))})
    unknown: tuple[str, ...] = attrs.field(
        default=(), converter=_word_list, metadata={"wide": _words}
    )
    decimal: str | None = attrs.field(default=None, metadata={"check": _one_of((".", ","))})
    thousands: str | None = attrs.field(default=None, metadata={"check": _one_of(_THOUSANDS)})
    suffixes: bool | None = attrs.field(default=None, metadata=FLAG)
    dates: tuple[str, ...] | None = attrs.field(
        default=None, converter=_own_dates, metadata={"wide": _dates}
    )
    time_zone: str | None = attrs.field(default=None, metadata=TIME_ZONE)
    currency: str | None = attrs.field(default=None, metadata={"check": currency_code})
    true: tuple[str, ...] | None = attrs.field(
        default=None, converter=_own_words, metadata={"wide": _some_words}
    )
    false: tuple[str, ...] | None = attrs.field(
        default=None, converter=_own_words, metadata={"wide": _some_words}
    )
    separator: str | None = attrs.field(default=None, metadata={"check": _sign})


Given: TypeAlias = Column | str | Mapping[str, Any]
"""A column as it may be told: whole, by its header alone, or as a table of its settings."""


def _column(place: Place, value: object) -> Column:
    if isinstance(value, Column):
        return value
    if isinstance(value, str):
        value = {"column": value}
    if not isinstance(value, Mapping):
        place.expected('a header, or a table such as { column = "Amount", kind = "number" }', value)
    if "column" not in value:
        place.refuse("column is missing")
    found: Column = _built(place, Column, value)
    return found


_PARTS = ("kind", "currency")
_Check: TypeAlias = Callable[[str, Column], None]


def _columns(place: Place, value: object, check: _Check) -> Frozen[Column]:
    """Read a table of columns; every problem is noted before this gives up."""
    if not isinstance(value, Mapping):
        place.expected("a table of names and headers", value)
    found: dict[str, Column] = {}
    earlier = len(place.problems)
    for key, given in value.items():
        here = place.at(str(key))
        with suppress(Refused):
            called = here.build(partial(name, "name", key))
            if called in found:
                here.expected("each name once, NFC and stripped", key)
            found[called] = column = _column(here, given)
            here.build(partial(check, called, column), _PARTS)
    if len(place.problems) > earlier:
        raise Refused
    return Frozen(found)


def _without_currency(fields: Mapping[str, Column]) -> Iterator[Problem]:
    for key, column in fields.items():
        if column.kind == "money" and column.currency is None:
            message = "expected the currency of the amounts, such as EUR, here or for the table"
            yield Problem(joined(["fields", key, "currency"]), message)


def _check_field(_: str, column: Column) -> None:
    """Take every column: what a field holds is its own affair."""


def _check_attribute(key: str, column: Column) -> None:
    if key not in _ATTRIBUTES:
        raise InvalidValue("name", shown(key), "an attribute", did_you_mean(key, _ATTRIBUTES))
    if column.kind is not None:
        hint = "leave kind out"
        raise InvalidValue("kind", shown(column.kind), f"what {key} is anyway", hint)


def _fields(value: Mapping[str, Given]) -> Mapping[str, Column]:
    return read(
        "columns", lambda place, data: _columns(place.at("fields"), data, _check_field), value
    )


def _attributes(value: Mapping[str, Given]) -> Mapping[str, Column]:
    return read(
        "columns",
        lambda place, data: _columns(place.at("attributes"), data, _check_attribute),
        value,
    )


@attrs.frozen(kw_only=True, field_transformer=checks)
class Columns:
    r"""How a table is written, and where its columns go.

    The file: `delimiter` (","), `quote` ('"'; "" for none), `encoding` ("utf-8", with or without a
    byte-order mark).

    The cells, each setting also to be had per column: `unknown` words besides the empty cell,
    matched exactly; `decimal` "." or ","; `thousands` "" (none), "," "." " " "'" "’"; `suffixes`
    K and M in money; `dates` "iso" (the default), "day first", "month first" or patterns such as
    "%d-%m-%y" (years up to 68 are 20xx), one or a list; `time_zone` for datetimes without an
    offset; `currency` for amounts without one; `true` and `false` words, in any case;
    `separator` (";") between tags.

    The columns: `id`, and `lead` in a table of activities, are headers; without them the header is
    found by its name (id, lead id, prospect id and the like). `attributes` go to attributes of the
    lead or activity, `fields` to fields of the lead or data of the activity, by name. All `others`
    become text ("text"), under the header's name in lower case with `_` for what is no letter or
    digit, or the attribute that is called so; or they are left out ("ignore"). Columns without a
    header are left out. Kinds are never guessed.

    Raises `InvalidDefinition` with all problems of `fields` and `attributes`, `InvalidValue` and
    `LimitExceeded` for a bad setting.

    >>> columns = Columns(
    ...     id="Prospect ID", fields={"origin": "Lead Origin"}, unknown=["Select"]
    ... )
    >>> columns.fields["origin"].column
    'Lead Origin'
    """

    delimiter: str = attrs.field(default=",", metadata={"check": _sign})
    quote: str = attrs.field(default='"', metadata={"check": _quote})
    encoding: str = attrs.field(default="utf-8", metadata={"check": _encoding})
    unknown: tuple[str, ...] = attrs.field(
        default=(), converter=_word_list, metadata={"wide": _words}
    )
    decimal: str = attrs.field(default=".", metadata={"check": _one_of((".", ","))})
    thousands: str = attrs.field(default="", metadata={"check": _one_of(_THOUSANDS)})
    suffixes: bool = attrs.field(default=False, metadata=FLAG)
    dates: tuple[str, ...] = attrs.field(
        default=("iso",), converter=_date_formats, metadata={"wide": _dates}
    )
    time_zone: str | None = attrs.field(default=None, metadata=TIME_ZONE)
    currency: str | None = attrs.field(default=None, metadata={"check": currency_code})
    true: tuple[str, ...] = attrs.field(
        default=Notation().true, converter=_some_word_list, metadata={"wide": _some_words}
    )
    false: tuple[str, ...] = attrs.field(
        default=Notation().false, converter=_some_word_list, metadata={"wide": _some_words}
    )
    separator: str = attrs.field(default=";", metadata={"check": _sign})
    id: str | None = attrs.field(default=None, metadata={"check": _header})
    lead: str | None = attrs.field(default=None, metadata={"check": _header})
    others: Others = attrs.field(default="text", metadata={"check": _one_of(get_args(Others))})
    fields: Mapping[str, Column] = attrs.field(
        default=EMPTY, converter=_fields, metadata={"columns": _check_field}
    )
    attributes: Mapping[str, Column] = attrs.field(
        default=EMPTY, converter=_attributes, metadata={"columns": _check_attribute}
    )

    def __attrs_post_init__(self) -> None:
        problems = []
        if self.delimiter == self.quote:
            problems.append(Problem("delimiter", "expected another sign than quote"))
        if not {word.casefold() for word in self.true}.isdisjoint(map(str.casefold, self.false)):
            problems.append(Problem("true", "expected other words than false has"))
        for path, notation in self._notations():
            if notation.decimal == notation.thousands:
                message = f'expected another sign than decimal = "{notation.decimal}"'
                problems.append(Problem(joined([*path, "thousands"]), message))
                break
        if self.currency is None:
            problems += _without_currency(self.fields)
        if problems:
            raise InvalidDefinition("columns", tuple(problems))

    def _notations(self) -> Iterator[tuple[tuple[str, ...], Notation]]:
        yield (), self.notation()
        for what, columns in (("fields", self.fields), ("attributes", self.attributes)):
            for key, column in columns.items():
                yield (what, key), self.notation(column)

    def notation(self, column: Column | None = None) -> Notation:
        """Return how a column is written: its own settings before the table's."""
        own = {} if column is None else attrs.asdict(column, recurse=False)
        merged = {
            field.name: getattr(self, field.name)
            if own.get(field.name) is None
            else own[field.name]
            for field in attrs.fields(Notation)
        }
        words = self.unknown if column is None else (*self.unknown, *column.unknown)
        return Notation(**{**merged, "unknown": words})

    @classmethod
    def load(cls, source: str | Path | bytes) -> Columns:
        r"""Load from a TOML file (a `Path`, or a line that ends in .toml) or from TOML text.

        Raises `InvalidDefinition` with all problems and their paths, or with the line and column of
        a syntax error; `UnreadableTable` for a file that cannot be read, `LimitExceeded` for a
        document beyond the limits, `InvalidValue` for a source of another kind.

        >>> Columns.load('id = "Prospect ID"\nunknown = ["Select"]').unknown
        ('Select',)
        """
        is_file = isinstance(source, Path) or is_path(source, ".toml")
        what, content = ("columns", source)
        if is_file:
            what, content = Path(str(source)).name, _content(str(source))
        if not isinstance(content, str | bytes):
            raise InvalidValue("source", shown(source), "a path, text or bytes")
        data = parse(what, content, "toml", DEFAULT_LIMITS, exact=False)
        found: Columns = read(what, lambda place, table: _built(place, cls, table), data)
        return found


def _content(path: str) -> bytes:
    try:
        with Path(path).open("rb") as stream:
            return stream.read(DEFAULT_LIMITS.document_bytes + 1)
    except (OSError, ValueError) as error:
        raise UnreadableTable(shown(path), None, f"cannot be read: {error}") from None

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
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import attrs

from leadflow.errors import (
    InvalidDefinition,
    InvalidValue,
    LeadflowError,
    LimitExceeded,
    Problem,
    UnreadableTable,
    did_you_mean,
    printable,
    shown,
)
from leadflow.limits import DEFAULT_LIMITS
from leadflow.money import currency_code
from leadflow.serialization.cells import Kind, Notation, Reading, clean
from leadflow.serialization.dates import date_format
from leadflow.serialization.problems import joined, worded
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
_LONG_KEY = re.compile(
    r"(?<![\w-])(?:[\w-]+|\"[^\"\n]*\"|'[^'\n]*')"
    rf"(?:[ \t]*\.[ \t]*(?:[\w-]+|\"[^\"\n]*\"|'[^'\n]*')){{{DEFAULT_LIMITS.key_parts},}}"
)


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


def _build(cls: Any, path: list[str | int], given: Mapping[str, Any]) -> Any:
    """Build a value from checked keys, all problems at once, or raise `InvalidDefinition`."""
    fields = {field.name: field for field in attrs.fields(cls)}
    problems = [
        Problem(joined([*path, key]), f"unknown key {shown(key)}: {did_you_mean(key, fields)}")
        for key in given
        if key not in fields
    ]
    good = {}
    for key, value in given.items():
        try:
            if key in fields:
                good[key] = _check_of(fields[key])(key, value)
        except LeadflowError as error:
            problems += _placed([*path, key], error)
    if not problems:
        try:
            return cls(**good)
        except LeadflowError as error:
            problems += _placed(path, error)
    raise InvalidDefinition("columns", tuple(problems))


def _check_of(field: attrs.Attribute[Any]) -> Callable[[str, object], Any]:
    check: Callable[[str, object], Any] = field.metadata.get("check") or field.metadata["wide"]
    return check


def _placed(path: list[str | int], error: LeadflowError) -> list[Problem]:
    if isinstance(error, InvalidDefinition):
        return list(error.problems)
    where = getattr(error, "where", "")
    steps = [*path, where] if where and where not in path else path
    return [Problem(joined(steps), worded(error))]


@attrs.frozen(kw_only=True, field_transformer=checks)
class Column:
    """One column: its header, what it holds, and where its notation differs from the table's.

    `unknown` words come on top of the table's. `currency` is the currency of amounts that bring
    none; a field of kind money needs it, and holds the amount. Settings left out are the table's.
    Raises `InvalidValue` or `LimitExceeded`.

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


def _column(path: list[str | int], value: object) -> Column:
    if isinstance(value, Column):
        return value
    if isinstance(value, str):
        value = {"column": value}
    if not isinstance(value, Mapping):
        expected = 'a header, or a table such as { column = "Amount", kind = "number" }'
        raise InvalidDefinition("columns", (Problem(joined(path), f"expected {expected}"),))
    if "column" not in value:
        raise InvalidDefinition("columns", (Problem(joined(path), "column is missing"),))
    found: Column = _build(Column, path, value)
    return found


_PARTS = ("kind", "currency")


def _targets(
    what: str, check: Callable[[str, Column], None]
) -> Callable[[str, object], Frozen[Column]]:
    """Build the check of a table of columns; it notes every problem before it raises."""

    def read(_: str, value: object) -> Frozen[Column]:
        if not isinstance(value, Mapping):
            raise InvalidValue(what, shown(value), "a table of names and headers")
        found: dict[str, Column] = {}
        problems: list[Problem] = []
        for key, given in value.items():
            try:
                called = name("name", key)
                if called in found:
                    raise InvalidValue("name", shown(key), "each name once, NFC and stripped")
                found[called] = column = _column([what, key], given)
                check(called, column)
            except InvalidDefinition as error:
                problems += error.problems
            except LeadflowError as error:
                where = [part for part in _PARTS if part == getattr(error, "where", "")]
                problems.append(Problem(joined([what, str(key), *where]), worded(error)))
        if problems:
            raise InvalidDefinition("columns", tuple(problems))
        return Frozen(found)

    return read


def _check_field(_: str, column: Column) -> None:
    if column.kind == "money" and column.currency is None:
        raise InvalidValue("currency", "nothing", "the currency of the amounts, such as EUR")


def _check_attribute(key: str, column: Column) -> None:
    if key not in _ATTRIBUTES:
        raise InvalidValue("name", shown(key), "an attribute", did_you_mean(key, _ATTRIBUTES))
    if column.kind is not None:
        hint = "leave kind out"
        raise InvalidValue("kind", shown(column.kind), f"what {key} is anyway", hint)


_read_fields = _targets("fields", _check_field)
_read_attributes = _targets("attributes", _check_attribute)


def _fields(value: Mapping[str, Given]) -> Mapping[str, Column]:
    return _read_fields("fields", value)


def _attributes(value: Mapping[str, Given]) -> Mapping[str, Column]:
    return _read_attributes("attributes", value)


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
        default=EMPTY, converter=_fields, metadata={"wide": _read_fields}
    )
    attributes: Mapping[str, Column] = attrs.field(
        default=EMPTY, converter=_attributes, metadata={"wide": _read_attributes}
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
        r"""Load from a TOML file (a `Path`, or text that ends in .toml) or from TOML text.

        Raises `InvalidDefinition` with all problems and their paths, `UnreadableTable` for a file
        that cannot be read, `LimitExceeded` for a document beyond the limits.

        >>> Columns.load('id = "Prospect ID"\nunknown = ["Select"]').unknown
        ('Select',)
        """
        found: Columns = _build(cls, [], _document(_content(source)))
        return found


def _content(source: str | Path | bytes) -> bytes:
    if isinstance(source, bytes):
        return source
    if isinstance(source, str) and ("\n" in source or not source.endswith(".toml")):
        return source.encode("utf-8", "surrogatepass")
    try:
        with Path(source).open("rb") as stream:
            return stream.read(DEFAULT_LIMITS.document_bytes + 1)
    except (OSError, ValueError) as error:
        raise UnreadableTable(shown(str(source)), None, f"cannot be read: {error}") from None


def _document(content: bytes) -> dict[str, Any]:
    allowed = DEFAULT_LIMITS.document_bytes
    if len(content) > allowed:
        raise LimitExceeded("columns", "the bytes of a document", allowed, f"{len(content):,}")
    try:
        written = content.decode("utf-8-sig")
        if _LONG_KEY.search(written):
            allowed = DEFAULT_LIMITS.key_parts
            raise LimitExceeded("columns", "the parts of a key", allowed, "more")
        return tomllib.loads(written)
    except (ValueError, RecursionError) as error:
        message = f"not TOML: {printable(str(error), 200)}"
        raise InvalidDefinition("columns", (Problem("", message),)) from None

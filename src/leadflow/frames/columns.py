"""The columns of a dataframe: what each holds, and how it is read the same way by every engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Literal, TypeAlias

import attrs
import narwhals.stable.v2 as nw

from leadflow.conditions.constant import Kind
from leadflow.errors import ColumnClash, EngineRefused, MissingColumn, WrongColumn

Sort: TypeAlias = Literal[
    "integer", "float", "decimal", "text", "boolean", "date", "datetime", "texts", "nothing"
]
_KINDS: dict[Sort, Kind] = {
    "integer": "number",
    "float": "number",
    "decimal": "number",
    "text": "text",
    "boolean": "boolean",
    "date": "date",
    "datetime": "datetime",
}
UTC_NAMES = frozenset({"UTC", "Etc/UTC", "Etc/UCT", "GMT", "Etc/GMT", "Zulu", "Z", "+00:00"})
"""What sessions call their zone when they read instants in UTC."""
_TEXTS = ("id", "source", "time_zone", "stage", "pipeline", "owner", "rating", "lifecycle")
RESET = "engagement_reset_at"
"""The column of leads that says up to when activities score nothing."""
LEAD_KINDS: dict[str, tuple[Kind, ...]] = {
    **dict.fromkeys(_TEXTS, ("text",)),
    "created_at": ("datetime",),
    RESET: ("datetime",),
    "due": ("date", "datetime"),
    "deal_value": ("number",),
    "deal_value_currency": ("text",),
    "score": ("number",),
    "win_probability": ("number",),
}
"""The kinds that columns named like an attribute of `Lead` may hold."""
_NEEDED: dict[str, Sort] = {"kind": "text", "at": "datetime"}
_INSTANTS = ("at", "created_at", RESET)
ACTIVITY_KINDS: dict[str, tuple[Kind, ...]] = {
    "at": ("datetime",),
    "kind": ("text",),
    "channel": ("text",),
    "direction": ("text",),
    "answered": ("boolean",),
    "by": ("text",),
}
"""The kinds that the columns of activities may hold; every other column is data."""


@attrs.frozen
class Column:
    """One column: its name in the frame, what it holds, and the room of a decimal one.

    `spelled`: the engine is told dates and instants as text, for it would misread some of them.
    """

    frame: str
    name: str
    sort: Sort
    dtype: Any
    precision: int = 38
    scale: int = 0
    spelled: bool = False

    @property
    def kind(self) -> Kind | None:
        """The kind of its values, None when it holds nothing at all or lists of texts."""
        return _KINDS.get(self.sort)

    @property
    def read(self) -> nw.Expr:
        """The values: whole numbers as Int64, NaN as null, categories as text, instants in UTC."""
        column = nw.col(self.name)
        match self.sort:
            case "integer":
                return column if self.dtype == nw.Int64 else column.cast(nw.Int64)
            case "float":
                whole = column if self.dtype == nw.Float64 else column.cast(nw.Float64)
                return whole.fill_nan(None)
            case "text":
                return column if self.dtype == nw.String else column.cast(nw.String)
            case "datetime":
                plain = nw.Datetime("us")
                if getattr(self.dtype, "time_unit", "us") == "ns":
                    return _cut(column.cast(nw.Datetime("ns")))
                return column if self.dtype == plain else column.cast(plain)
            case _:
                return column

    def constant(self, value: Any) -> Any:
        """Write a constant to compare with as the engine holds it: instants in UTC, no zone."""
        if isinstance(value, datetime):
            value = value.astimezone(UTC).replace(tzinfo=None)
        if self.spelled and isinstance(value, date):
            dtype = nw.Datetime("us") if isinstance(value, datetime) else nw.Date
            return nw.lit(value.isoformat()).cast(dtype)
        return nw.lit(value) if isinstance(value, bool | str) else value

    @property
    def is_empty(self) -> bool:
        """Whether the type says that it holds nothing but nulls."""
        return bool(self.dtype == nw.Unknown)

    @property
    def as_text(self) -> nw.Expr:
        """The values written as text."""
        return self.read.cast(nw.String)

    @property
    def day(self) -> nw.Expr:
        """The UTC dates of a date or datetime column."""
        return self.read.cast(nw.Date) if self.sort == "datetime" else self.read

    @property
    def real(self) -> nw.Expr:
        """Any numbers as the nearest floats; decimals by their digits, rounded once."""
        if self.sort == "decimal":
            return nw.col(self.name).cast(nw.String).cast(nw.Float64)
        return self.read.cast(nw.Float64) if self.sort == "integer" else self.read

    @property
    def is_known(self) -> nw.Expr:
        """Where there is a value: not null and not NaN."""
        return ~self.read.is_null()

    @property
    def never(self) -> nw.Expr:
        """False in every row."""
        return nw.col(self.name).is_null() & nw.lit(value=False)

    def wrong(self, expected: str, hint: str = "") -> WrongColumn:
        """Build the error that says that this column cannot answer."""
        found = f"{self.sort} ({self.dtype})" if self.sort != "nothing" else "nothing but nulls"
        return WrongColumn(self.frame, self.name, found, expected, hint)


def _cut(nanoseconds: nw.Expr) -> nw.Expr:
    """Cut instants to microseconds, never up: a cast of DuckDB rounds, even into the next day."""
    near = nanoseconds.cast(nw.Datetime("us"))
    is_later = near.cast(nw.Datetime("ns")) > nanoseconds
    return nw.when(is_later).then(near.dt.offset_by("-1us")).otherwise(near)


@attrs.frozen
class Columns:
    """The columns that are read of leads or of activities, by the name of the field."""

    frame: str
    by_field: Mapping[str, Column]
    key: Column
    """The id of the lead."""
    holds_money: bool

    def __getitem__(self, field: str) -> Column:
        if field not in self.by_field:
            is_key = self.holds_money and field == self.key.name
            hint = "it holds the ids: ask for field('id')" if is_key else ""
            raise MissingColumn(self.frame, field, tuple(self.by_field), hint=hint)
        return self.by_field[field]

    @property
    def always(self) -> nw.Expr:
        """True in every row."""
        return nw.col(self.key.name).is_null() | nw.lit(value=True)


def columns_of(
    frame: str, schema: Mapping[str, Any], key: str, *, spelled: bool = False
) -> Columns:
    """Tell what the columns of a schema hold; refuse types that no field can hold."""
    is_leads = frame == "leads"
    if is_leads and key != "id" and "id" in schema:
        hint = f"rename it: 'id' means the ids, which are in {key!r}"
        raise ColumnClash(frame, "id", "id", hint)
    kinds = {"leads": LEAD_KINDS, "activities": ACTIVITY_KINDS}.get(frame, {})
    needed: dict[str, Sort] = {key: "text"} if is_leads else {key: "text", **_NEEDED}
    found: dict[str, Column] = {}
    for name, dtype in schema.items():
        field = "id" if is_leads and name == key else name
        column = attrs.evolve(_column(frame, name, dtype), spelled=spelled)
        if column.is_empty and name in needed:
            column = attrs.evolve(column, sort=needed[name])
        if name != key:
            _check_attribute(column, kinds.get(field))
        found[field] = column
    id_column = found["id" if is_leads else key]
    if frame in ("leads", "activities") and id_column.sort not in ("text", "integer"):
        raise id_column.wrong("ids of leads: text or whole numbers")
    return Columns(frame, found, id_column, is_leads)


def _check_attribute(column: Column, allowed: Iterable[Kind | None] | None) -> None:
    if allowed is None or column.sort == "nothing" or column.kind in allowed:
        return
    kinds = " or ".join(map(str, allowed))
    hint = f"cast it to {kinds}" if column.name in ("due", *_INSTANTS) else ""
    if column.name in _INSTANTS:
        hint += ": an instant, aware or in UTC"
    raise column.wrong(kinds, hint)


def check_pattern(frame: str, name: str) -> None:
    """Refuse a name that engines take for a pattern of names."""
    if name == "*" or (name.startswith("^") and name.endswith("$")):
        found = "a name that engines take for a pattern"
        raise WrongColumn(frame, name, found, "the name of one column", "rename it")


def _column(frame: str, name: str, dtype: Any) -> Column:
    check_pattern(frame, name)
    column = Column(frame, name, _sort(dtype), dtype) if _sort(dtype) else None
    if column is None:
        expected = "text, numbers, true or false, dates, datetimes or lists of text"
        raise WrongColumn(frame, name, str(dtype), expected, "no field can hold that")
    if column.sort == "decimal":
        precision = 38 if dtype.precision is None else dtype.precision
        return attrs.evolve(column, precision=precision, scale=dtype.scale)
    return column


def _sort(dtype: Any) -> Any:
    if dtype.is_integer():
        return "integer"
    if dtype.is_float():
        return "float"
    if isinstance(dtype, nw.List):
        is_text = isinstance(dtype.inner, nw.String | nw.Categorical | nw.Enum)
        return "texts" if is_text or _is_nothing(dtype.inner) else None
    if _is_nothing(dtype):
        return "nothing"
    sorts: dict[Any, Sort] = {
        nw.Decimal: "decimal",
        nw.String: "text",
        nw.Categorical: "text",
        nw.Enum: "text",
        nw.Boolean: "boolean",
        nw.Date: "date",
        nw.Datetime: "datetime",
    }
    return next((sort for kind, sort in sorts.items() if dtype == kind), None)


def _is_nothing(dtype: Any) -> bool:
    return bool(dtype == nw.Unknown)


def check_zones(engine: str, columns: Columns) -> None:
    """Refuse aware datetimes of an engine that would read them in the zone of its session."""
    for column in columns.by_field.values():
        zone = getattr(column.dtype, "time_zone", None)
        if zone is not None and zone not in UTC_NAMES:
            raise EngineRefused(
                engine,
                f"column {column.name!r} would be read in the session's time zone, {zone}",
                "SET TimeZone = 'UTC' first, so that dates are UTC dates",
            )

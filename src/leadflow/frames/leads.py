"""Leads out of dataframes, and dataframes out of leads."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal, TypeAlias

import narwhals.stable.v2 as nw
import polars as pl

from leadflow.errors import (
    EngineRefused,
    InvalidValue,
    LeadflowError,
    MissingColumn,
    WrongColumn,
    did_you_mean,
    shown,
)
from leadflow.events import Activity
from leadflow.frames.columns import RESET, Columns
from leadflow.frames.source import ROW, Source, decimals
from leadflow.lead import Lead
from leadflow.lead.lead import TOLD, as_activity
from leadflow.money import Money
from leadflow.values import name as cleaned

Backend: TypeAlias = Literal["polars", "pandas", "pyarrow"]
_BACKENDS = ("polars", "pandas", "pyarrow")
_INSTANT = pl.Datetime("us", "UTC")
_LEAD_TYPES: dict[str, Any] = {
    "id": pl.String,
    "created_at": _INSTANT,
    "source": pl.String,
    "deal_value": None,
    "deal_value_currency": pl.String,
    "due": pl.Date,
    "time_zone": pl.String,
    "stage": pl.String,
    "pipeline": pl.String,
    "owner": pl.String,
    "rating": pl.String,
    "score": pl.Int64,
    "win_probability": pl.Float64,
    "lifecycle": pl.String,
    "tags": pl.List(pl.String),
}
_ACTIVITY_TYPES: dict[str, Any] = {
    "lead": pl.String,
    "kind": pl.String,
    "at": _INSTANT,
    "id": pl.String,
    "sequence": pl.Int64,
    "channel": pl.String,
    "direction": pl.String,
    "answered": pl.Boolean,
    "by": pl.String,
}
_TYPES: dict[type, Any] = {
    str: pl.String,
    bool: pl.Boolean,
    int: pl.Int64,
    float: pl.Float64,
    date: pl.Date,
    datetime: _INSTANT,
}


def leads_from_frame(leads: Any, activities: Any = None, *, id: str = "id") -> tuple[Lead, ...]:
    """Read every row of a dataframe as a lead, with its activities, in the order of the rows.

    Columns named like an attribute of `Lead` fill it, `tags` is a list of text, every other column
    is a field. `deal_value` needs `deal_value_currency`; datetimes without a zone are in UTC. A lazy
    frame is run. Activities of leads that are not there, or without kind or instant, are left out.
    Rows of notes and dispositions become activities of those kinds: conditions read them alike.

    Raises as `score_frame` does, and `InvalidValue` for what no lead can hold, such as an instant in
    the column `engagement_reset_at`: only a log says that, so read those leads from their logs.

    >>> rows = pl.DataFrame({"id": ["L-1"], "stage": ["new"], "employees": [120]})
    >>> leads_from_frame(rows)[0].values
    {'id': 'L-1', 'stage': 'new', 'employees': 120}
    """
    log: Mapping[str | None, list[Activity]] = {}
    if activities is not None:
        log = _activities(activities)
    rows = _rows(Source.of("leads", leads), id)
    return tuple(_lead(row, log.get(_id(row.get("id")), ())) for row in rows)


def _id(given: object) -> str | None:
    """Clean an id as `Lead` does; None for one that no lead can have."""
    try:
        return None if given is None else cleaned("Lead.id", str(given))
    except LeadflowError:
        return None


def _rows(source: Source, key: str) -> Iterator[dict[str, Any]]:
    names = [str(name) for name in source.names]
    rows, columns = source.read(dict.fromkeys(names, ""), key)
    if "deal_value" in columns.by_field and "deal_value_currency" not in columns.by_field:
        raise MissingColumn(source.frame, "deal_value_currency", tuple(names))
    order = [] if source.is_lazy else [nw.col(ROW)]
    made = rows.select(*_read(columns), *order)
    # A Polars frame of the result, whatever the engine.
    found = made.collect(backend="polars").to_native()
    found = found if source.is_lazy else found.sort(ROW).drop(ROW)
    for row in found.iter_rows(named=True):
        yield {name: _own(value) for name, value in row.items() if value is not None}


def _read(columns: Columns) -> list[nw.Expr]:
    made = []
    for field, column in columns.by_field.items():
        read = column.day if field == "due" and columns.frame == "leads" else column.read
        key = columns.key is column and columns.frame == "leads"
        made.append((read.cast(nw.String) if key else read).alias(field))
    return made


def _own(value: Any) -> Any:
    """Return a value as a lead holds it: instants in UTC, decimals without the column's zeros.

    A column writes 0.1 with as many digits as it has room for, and a log breaks ties by what is
    written; so every kind of frame has to give the same.
    """
    if isinstance(value, Decimal):
        text = format(value, "f")
        return Decimal(text.rstrip("0").rstrip(".")) if "." in text else value
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


def _lead(row: dict[str, Any], log: Sequence[Activity]) -> Lead:
    if RESET in row:
        expected = "nothing: a lead gets its reset from a disposition in its log"
        hint = "read the leads with their logs, or drop the column and the activities up to it"
        raise InvalidValue(f"leads.{RESET}", shown(row[RESET]), expected, hint)
    given: dict[str, Any] = {name: row.pop(name) for name in _LEAD_TYPES if name in row}
    amount, currency = given.pop("deal_value", None), given.pop("deal_value_currency", None)
    if amount is not None and currency is not None:
        given["deal_value"] = Money(_exact(amount), currency)
    score = given.get("score")
    if isinstance(score, float | Decimal) and math.isfinite(score) and score == int(score):
        given["score"] = int(score)
    return Lead(given.pop("id", None), **given, fields=row, events=log)


def _exact(amount: float | Decimal) -> int | Decimal:
    return Decimal(repr(amount)) if isinstance(amount, float) else amount


def _activities(frame: Any) -> Mapping[str | None, list[Activity]]:
    source = Source.of("activities", frame)
    for name in ("lead", "kind", "at"):
        if name not in source.names:
            raise MissingColumn("activities", name, tuple(map(str, source.names)))
    found: defaultdict[str | None, list[Activity]] = defaultdict(list)
    for row in _rows(source, "lead"):
        if {"lead", "kind", "at"} <= row.keys():
            found[_id(row.pop("lead"))].append(_activity(row, source.names))
    return found


def _activity(row: dict[str, Any], names: Sequence[str]) -> Activity:
    own = ("id", "sequence", "channel", "direction", "answered", "by")
    given = {name: row.pop(name, None) for name in own if name in names}
    if given.get("id") is not None:
        given["id"] = str(given["id"])
    return Activity(row.pop("kind"), row.pop("at"), **given, data=row)


def leads_to_frame(leads: Iterable[Lead], *, backend: Backend = "polars") -> Any:
    """Make a dataframe of leads: one row each, a column for every attribute and every field.

    The values are those that the lead's whole log leaves. `deal_value_currency` stands beside
    `deal_value`; instants are in UTC. Where a disposition reset the engagement of any lead, the
    column `engagement_reset_at` says when. `backend` is polars, pandas (with Arrow's types) or pyarrow.

    Raises `WrongColumn` for a field that holds values of several types; whole numbers and Decimals
    together become Decimals. Raises `EngineRefused` where pandas or PyArrow is not installed.

    >>> frame = leads_to_frame([Lead("L-1", fields={"employees": 120}), Lead("L-2")])
    >>> frame.select("id", "employees").rows()
    [('L-1', 120), ('L-2', None)]
    """
    rows = [_lead_row(lead) for lead in _leads(leads)]
    return _frame("leads", rows, _LEAD_TYPES, backend)


def activities_to_frame(leads: Iterable[Lead], *, backend: Backend = "polars") -> Any:
    """Make a dataframe of the activities of leads: lead, kind, at, and their attributes and data.

    Notes and dispositions are rows too, of the kinds note and disposition, as conditions read them:
    with topic, source, need and text, or with outcome, reason and note.
    `backend` and errors are as for `leads_to_frame`.

    >>> opened = Activity("email_opened", datetime(2026, 3, 1, tzinfo=UTC))
    >>> activities_to_frame([Lead("L-1", events=[opened])]).select(
    ...     "lead", "kind", "channel"
    ... ).rows()
    [('L-1', 'email_opened', 'email')]
    """
    rows = [
        {"lead": lead.id, "kind": one.kind, "at": one.at, **_data(one)}
        for lead in _leads(leads)
        for one in _read_by_conditions(lead)
    ]
    return _frame("activities", rows, _ACTIVITY_TYPES, backend)


def _read_by_conditions(lead: Lead) -> Iterator[Activity]:
    for event in lead.events:
        if isinstance(event, Activity):
            yield event
        elif isinstance(event, TOLD):
            yield as_activity(event)


def _leads(leads: Iterable[Lead]) -> Iterator[Lead]:
    if isinstance(leads, Lead) or not isinstance(leads, Iterable):
        raise InvalidValue("leads", shown(leads), "an iterable of Lead, such as a list")
    for lead in leads:
        if not isinstance(lead, Lead):
            hint = "leads_from_frame reads those of a dataframe"
            raise InvalidValue("leads", shown(lead), "leads only", hint)
        yield lead


def _data(one: Activity) -> dict[str, Any]:
    for name, holds in (("lead", "the id of the lead"), ("id", "its own"), ("sequence", "its own")):
        if name in one.data:
            expected = f"data of another name: this column holds {holds}"
            raise WrongColumn("activities", name, "data of an activity", expected)
    return {"id": one.id, "sequence": one.sequence, **one.values}


def _lead_row(lead: Lead) -> dict[str, Any]:
    row = {**lead.values, "tags": sorted(lead.tags)}
    if lead.deal_value is not None:
        row["deal_value"] = lead.deal_value.amount
        row["deal_value_currency"] = lead.deal_value.currency
    if lead.engagement_reset_at is not None:
        row[RESET] = lead.engagement_reset_at
    return row


def _frame(
    frame: str, rows: Sequence[Mapping[str, Any]], types: Mapping[str, Any], backend: Backend
) -> Any:
    if backend not in _BACKENDS:
        hint = did_you_mean(str(backend), _BACKENDS)
        raise InvalidValue("backend", shown(backend), "polars, pandas or pyarrow", hint)
    names = [*types, *sorted({name for row in rows for name in row} - types.keys())]
    made = pl.DataFrame(
        [_column(frame, name, [row.get(name) for row in rows], types.get(name)) for name in names]
    )
    return made if backend == "polars" else _converted(made, backend)


def _converted(made: pl.DataFrame, backend: Backend) -> Any:
    pandas = backend == "pandas"
    try:
        return made.to_pandas(use_pyarrow_extension_array=True) if pandas else made.to_arrow()
    except ImportError as error:
        hint = "install pandas and pyarrow" if pandas else "install pyarrow"
        raise EngineRefused(backend, shown(str(error))[1:-1], hint) from None


def lead_column(name: str, values: list[Any]) -> pl.Series:
    """Make the column of one attribute or field from its values, as `leads_to_frame` does.

    A deal value is its amount here. Raises `WrongColumn`.

    >>> lead_column("employees", [120, None]).dtype
    Int64
    """
    return _column("leads", name, values, _LEAD_TYPES.get(name))


def _column(frame: str, name: str, values: list[Any], dtype: Any) -> pl.Series:
    if dtype is not None:
        return pl.Series(name, values, dtype)
    kinds = {type(value) for value in values if value is not None}
    if Decimal in kinds and kinds <= {int, Decimal}:
        return decimals(frame, name, values)
    if len(kinds) > 1:
        found = " and ".join(sorted(kind.__name__ for kind in kinds))
        raise WrongColumn(frame, name, found, "values of one type, which a column must have")
    return pl.Series(name, values, _TYPES[kinds.pop()] if kinds else pl.Null)

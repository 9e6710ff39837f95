"""Asking a condition of every row of a dataframe."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import attrs
import narwhals.stable.v2 as nw

from leadflow.conditions import Condition
from leadflow.conditions.matching import fields_of
from leadflow.conditions.node import (
    CONDITION_TYPES,
    All,
    AnyOf,
    HasTag,
    Not,
)
from leadflow.errors import InvalidValue, shown
from leadflow.frames.behaviours import Behaviours
from leadflow.frames.columns import RESET, Columns
from leadflow.frames.expressions import Asker
from leadflow.frames.source import Source
from leadflow.scoring import Rule
from leadflow.values import instant


@attrs.frozen(eq=False)
class Prepared:
    """Leads with everything joined to them that some conditions and rules ask."""

    source: Source
    rows: nw.LazyFrame[Any]
    columns: Columns
    asker: Asker
    behaviours: Behaviours

    @classmethod
    def of(
        cls,
        leads: Any,
        activities: Any,
        *,
        as_of: datetime,
        id: str,
        asked: Iterable[Condition | Rule],
        also: Iterable[str] = (),
        engaged: bool = False,
    ) -> Prepared:
        """Read the columns that are asked about, and join what the activities say.

        With `engaged`, activities up to the reset of a lead's engagement are left out.
        """
        behaviours = Behaviours(instant("as_of", as_of))
        fields = dict.fromkeys(also, "")
        for one in asked:
            condition, rule = (one.asks, one.name) if isinstance(one, Rule) else (one, "")
            if isinstance(one, Rule) and one.each is not None:
                behaviours.add_rule(one)
                continue
            behaviours.add(condition, rule)
            fields = dict.fromkeys(sorted(_read(condition)), rule) | fields
        if "deal_value" in fields:
            fields.setdefault("deal_value_currency", fields["deal_value"])
        source = Source.of("leads", leads)
        resets = engaged and not behaviours.is_empty and RESET in source.names
        if resets:
            fields.setdefault(RESET, "")
        rows, columns = source.read(
            {id if f == "id" else f: rule for f, rule in fields.items()}, id
        )
        reset = columns[RESET] if resets else None
        rows = behaviours.joined(rows, columns, source, activities, reset)
        asker = Asker(columns, behaviours.today, behaviours.answer)
        return cls(source, rows, columns, asker, behaviours)

    def with_results(self, rows: nw.LazyFrame[Any], names: Sequence[str]) -> Any:
        """Add the named columns of a result to the leads as they came in."""
        numbered = not (self.behaviours.is_empty or self.source.streams)
        return self.source.with_results(rows, names, numbered=numbered)


def _read(condition: Condition) -> set[str]:
    return set(fields_of(condition)) | ({"tags"} if _asks_tags(condition) else set())


def _asks_tags(condition: Condition) -> bool:
    match condition:
        case HasTag():
            return True
        case All() | AnyOf():
            return any(_asks_tags(part) for part in condition.conditions)
        case Not():
            return _asks_tags(condition.condition)
        case _:
            return False


def matches_frame(
    condition: Condition, leads: Any, activities: Any = None, *, as_of: datetime, id: str = "id"
) -> Any:
    """Ask a condition of every lead of a dataframe: adds the column ``matches``, true or false.

    `leads` has one row per lead, and a column for each field that is asked about. `activities` has
    one row per activity with the columns lead, kind and at, and the data that is asked about; it is
    needed only when the condition asks about activities. What comes in goes out: pandas, Polars,
    PyArrow, a Polars LazyFrame, a DuckDB relation or a PySpark DataFrame; the last three stay queries.

    Raises `MissingColumn`, `WrongColumn`, `ColumnClash` or `EngineRefused` before anything runs.

    >>> import polars as pl
    >>> from datetime import datetime, timezone
    >>> from leadflow import field
    >>> leads = pl.DataFrame({"id": ["L-1", "L-2"], "employees": [120, None]})
    >>> now = datetime(2026, 3, 1, tzinfo=timezone.utc)
    >>> matches_frame(field("employees").at_least(50), leads, as_of=now)["matches"].to_list()
    [True, False]
    """
    if not isinstance(condition, CONDITION_TYPES):
        raise InvalidValue("matches_frame condition", shown(condition), "a condition")
    Source.of("leads", leads).check_new(["matches"])
    ready = Prepared.of(leads, activities, as_of=as_of, id=id, asked=[condition])
    rows = ready.rows.with_columns(ready.asker.sure(condition).alias("matches"))
    return ready.with_results(rows, ["matches"])

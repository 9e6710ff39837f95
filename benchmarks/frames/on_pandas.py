"""pandas and PyArrow: whole-column operations as one writes them by hand."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.contenders import NOW
from benchmarks.data import TYPICAL, Asked
from benchmarks.frames.data import ACTIVITIES, EARNED, FIELDS, NAIVE, PRICED, TODAY, numbered
from benchmarks.frames.pair import MADE, Pair
from leadflow.frames import score_frame


def plain(frame: pl.DataFrame) -> pd.DataFrame:
    """Make what `pandas.read_csv` makes: whole numbers with gaps become floats."""
    return frame.to_pandas()


def nullable(frame: pl.DataFrame) -> pd.DataFrame:
    """Make what `convert_dtypes` makes: whole numbers stay whole, with gaps beside them."""
    return frame.to_pandas().convert_dtypes()


def fields(leads: pl.DataFrame) -> list[Pair]:
    """Score thirty rules on fields of pandas' plain and nullable types, and of PyArrow."""
    return [
        _fields("pandas", plain(leads), fields_by_hand),
        _fields("pandas, nullable", nullable(leads), nullable_fields_by_hand),
        _fields("PyArrow", leads.to_arrow(), arrow_fields_by_hand),
    ]


def _fields(engine: str, leads: Any, by_hand: Callable[[Any], Any]) -> Pair:
    def ours() -> Any:
        return score_frame(FIELDS, leads, as_of=NOW)

    return Pair(engine, ours, lambda: by_hand(leads), ours, _to_polars)


def _to_polars(answer: Any) -> pl.DataFrame:
    if isinstance(answer, pa.Table):
        return pl.DataFrame(answer)
    return pl.DataFrame(pa.Table.from_pandas(answer[["id", *MADE]]))


def fields_by_hand(leads: pd.DataFrame) -> pd.DataFrame:
    """Choose with numpy, column by column."""
    fit = np.zeros(len(leads), dtype="int64")
    for asked in TYPICAL:
        fit += np.where(_meets(leads, asked), asked.points, 0)
    return leads.assign(points=fit, fit=fit, engagement=0)


def nullable_fields_by_hand(leads: pd.DataFrame) -> pd.DataFrame:
    """Choose with numpy, unknown being no."""
    fit = np.zeros(len(leads), dtype="int64")
    for asked in TYPICAL:
        met = _meets(leads, asked).to_numpy(dtype=bool, na_value=False)
        fit += np.where(met, asked.points, 0)
    return leads.assign(points=fit, fit=fit, engagement=0)


def _meets(leads: pd.DataFrame, asked: Asked) -> Any:
    field: Any = leads[asked.field]
    given: tuple[Any, ...] = asked.given
    match asked.word:
        case "equals":
            return field == given[0]
        case "at_least":
            return field >= given[0]
        case "at_most":
            return field <= given[0]
        case "between":
            return field.between(*given)
        case _:
            return field.isin(given)


def arrow_fields_by_hand(leads: pa.Table) -> pa.Table:
    """Choose with Arrow's own functions."""
    zero = pa.scalar(0, pa.int64())
    parts = [
        pc.if_else(
            pc.fill_null(_arrow_meets(leads[asked.field], asked), fill_value=False),
            asked.points,
            zero,
        )
        for asked in TYPICAL
    ]
    fit = reduce(pc.add, parts)
    nothing = pa.repeat(zero, leads.num_rows)
    made = {"points": fit, "fit": fit, "engagement": nothing}
    for name, column in made.items():
        leads = leads.append_column(name, column)
    return leads


_ORDERS = {"equals": pc.equal, "at_least": pc.greater_equal, "at_most": pc.less_equal}


def _arrow_meets(column: Any, asked: Asked) -> Any:
    given = asked.given
    if asked.word == "between":
        return pc.and_(pc.greater_equal(column, given[0]), pc.less_equal(column, given[1]))
    if asked.word == "one_of":
        return pc.is_in(column, pa.array(given, column.type))
    return _ORDERS[asked.word](column, given[0])


def activities(leads: pl.DataFrame, log: pl.DataFrame) -> list[Pair]:
    """Score six rules on activities, with ids that are text and ids that are numbers."""
    numbers = leads.select(numbered("id")), log.with_columns(numbered("lead"))
    return [
        _activities("pandas", leads.select("id"), log, activities_by_hand),
        _activities("pandas, ids are numbers", *numbers, numbered_activities_by_hand),
    ]


def _activities(
    engine: str,
    leads: pl.DataFrame,
    log: pl.DataFrame,
    by_hand: Callable[[pd.DataFrame, pd.DataFrame], pd.DataFrame],
) -> Pair:
    people, done = plain(leads), plain(log)

    def ours() -> Any:
        return score_frame(ACTIVITIES, people, done, as_of=NOW)

    return Pair(engine, ours, lambda: by_hand(people, done), ours, _to_polars)


def _counted(log: pd.DataFrame) -> tuple[dict[str, Any], pd.Series, pd.Series]:
    """Tell which activities each rule counts, and which views of the prices give how much."""
    kind, past = log["kind"], log["at"] <= NAIVE
    age = (pd.Timestamp(TODAY) - log["at"].dt.normalize()).dt.days
    viewed = past & (kind == "page_viewed")
    priced = viewed & (log["page"] == "/pricing")
    counted = {
        "opened": past & (kind == "email_opened"),
        "clicked": past & (kind == "email_clicked") & (age <= 30),
        "fetched": past & (kind == "content_downloaded") & (age <= 90),
        "forms": past & (kind == "form_submitted") & (age <= 60),
        "viewed": viewed & (age <= 90),
    }
    return counted, priced, np.floor(10 * 0.5 ** (age[priced] / 14) + 0.5)


def _engagement(leads: pd.DataFrame, found: Any) -> pd.DataFrame:
    """Hold each sum to its limit, and add up."""
    earned = [
        (found[name].astype("int64") * points).clip(None, most)
        for name, (points, most) in EARNED.items()
    ]
    earned += [found["prices"].astype("int64").clip(None, PRICED)]
    engagement = np.where(found["viewed"] == 0, -10, 0) + reduce(operator.add, earned)
    return leads.assign(points=engagement, fit=0, engagement=engagement)


def activities_by_hand(leads: pd.DataFrame, log: pd.DataFrame) -> pd.DataFrame:
    """Add up all columns in one grouping: grouping by text is what costs."""
    counted, _, left = _counted(log)
    rows = log[["lead"]].assign(prices=left.reindex(log.index, fill_value=0), **counted)
    sums = rows.groupby("lead", sort=False).sum()
    found = sums.reindex(leads["id"], fill_value=0)
    return _engagement(leads, {name: found[name].to_numpy() for name in found})


def numbered_activities_by_hand(leads: pd.DataFrame, log: pd.DataFrame) -> pd.DataFrame:
    """Count the rows of each rule apart: with ids that are numbers this is quicker."""
    counted, priced, left = _counted(log)
    ids = log["lead"]
    sums = {name: ids[rows].value_counts(sort=False) for name, rows in counted.items()}
    sums["prices"] = left.groupby(ids[priced]).sum()
    found = {name: one.reindex(leads["id"], fill_value=0).to_numpy() for name, one in sums.items()}
    return _engagement(leads, found)

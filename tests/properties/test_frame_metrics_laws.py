"""The metrics of a frame are those of the history of the same rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadflow.frames.metrics import (
    funnel_frame,
    stage_stays_frame,
    stage_times_frame,
    win_rate_frame,
    won_value_frame,
)
from leadflow.period import UNITS
from leadflow.pipeline.metrics import History, funnel, stage_times, win_rate, won_value
from tests.pipeline.metrics.made import CAME, DAY, SALES, euros

Rows = list[dict[str, Any]]
fewer = settings(max_examples=max(10, settings().max_examples // 3))
"""Every example is asked of five engines, three times."""
STAGES = [stage.key for stage in SALES.stages]
DAYS = st.one_of(st.none(), st.integers(0, 9))
NOW = CAME + 6 * DAY
DEAL = st.fixed_dictionaries(
    {
        "stage": st.one_of(st.none(), st.sampled_from(STAGES)),
        "created_at": DAYS,
        "closed_at": DAYS,
        "owner": st.sampled_from([None, "", "ada", "bo"]),
        "value": st.one_of(st.none(), st.integers(0, 900)),
    }
)
MOVES = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from(STAGES), st.integers(0, 9)), max_size=25
)
SCHEMA: dict[str, Any] = {
    "id": pl.String, "stage": pl.String, "created_at": pl.Datetime("us", "UTC"),
    "closed_at": pl.Datetime("us", "UTC"), "owner": pl.String, "value": pl.Int64,
}  # fmt: skip
CHANGES: dict[str, Any] = {
    "id": pl.String, "stage": pl.String, "at": pl.Datetime("us", "UTC"), "sequence": pl.Int64,
}  # fmt: skip


def instant(days: int | None) -> datetime | None:
    return None if days is None else CAME + days * DAY


@st.composite
def tables(draw: st.DrawFn) -> tuple[Rows, Rows]:
    deals = []
    drawn: Rows = draw(st.lists(DEAL, min_size=5, max_size=5))
    for n, deal in enumerate(drawn):
        created, closed = deal["created_at"], deal["closed_at"]
        if created is not None and closed is not None and closed < created:
            created, closed = closed, created
        row = {"id": f"D-{n}", **deal, "created_at": instant(created), "closed_at": instant(closed)}
        deals.append(row)
    changes: Rows = [
        {"id": f"D-{n}", "stage": stage, "at": instant(day), "sequence": place}
        for place, (n, stage, day) in enumerate(draw(MOVES))
    ]
    return deals, changes


def as_history(deals: Rows, changes: Rows) -> History:
    rows = [
        {**deal, "value": None if deal["value"] is None else euros(deal["value"])} for deal in deals
    ]
    return History.of_rows(rows, SALES, as_of=NOW, changes=changes)


def polars(rows: Rows, schema: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=schema)


def of_duckdb(deals: pl.DataFrame, changes: pl.DataFrame) -> tuple[Any, Any]:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    return connection.from_arrow(deals.to_arrow()), connection.from_arrow(changes.to_arrow())


KINDS: dict[str, Callable[[pl.DataFrame, pl.DataFrame], tuple[Any, Any]]] = {
    "polars": lambda deals, changes: (deals, changes),
    "polars lazy": lambda deals, changes: (deals.lazy(), changes.lazy()),
    "pandas": lambda deals, changes: (deals.to_pandas(), changes.to_pandas()),
    "pyarrow": lambda deals, changes: (deals.to_arrow(), changes.to_arrow()),
    "duckdb": of_duckdb,
}


def listed(frame: Any) -> Rows:
    if isinstance(frame, pl.LazyFrame):
        frame = frame.collect()
    if isinstance(frame, duckdb.DuckDBPyRelation):
        frame = frame.pl()
    if not isinstance(frame, pl.DataFrame):
        frame = pl.DataFrame(frame)
    return [
        {key: None if value != value else value for key, value in row.items()}  # noqa: PLR0124 (NaN)
        for row in frame.to_dicts()
    ]


def word(row: dict[str, Any]) -> str:
    return row["owner"] or "(none)"


@pytest.mark.parametrize("kind", KINDS)
@fewer
@given(given_tables=tables())
def test_the_funnel_of_a_frame_is_that_of_the_history(
    kind: str, given_tables: tuple[Rows, Rows]
) -> None:
    deals, changes = given_tables
    frames = KINDS[kind](polars(deals, SCHEMA), polars(changes, CHANGES))
    found = {
        (word(row), row["stage"]): (row["reached"], row["passed"], row["waiting"], row["lost"])
        for row in listed(funnel_frame(*frames, SALES, as_of=NOW, by="owner"))
    }
    assert found == {
        (group.label, step.stage): (step.reached, step.passed, step.waiting, step.lost)
        for group in funnel(as_history(deals, changes), by="owner")
        for step in group.value.steps
        if step.reached
    }


@pytest.mark.parametrize("kind", KINDS)
@fewer
@given(given_tables=tables())
def test_the_times_of_a_frame_are_those_of_the_history(
    kind: str, given_tables: tuple[Rows, Rows]
) -> None:
    deals, changes = given_tables
    frames = KINDS[kind](polars(deals, SCHEMA), polars(changes, CHANGES))
    found = {
        row["stage"]: (row["left"], row["open"], row["mean"], row["median"])
        for row in listed(stage_times_frame(*frames, SALES, as_of=NOW))
    }
    times = stage_times(as_history(deals, changes)).value.stages
    wanted = {
        key: (len(time.ended), len(time.open), time.mean, time.median)
        for key, time in times.items()
        if time.count
    }
    assert found.keys() == wanted.keys()
    for key, row in found.items():
        assert row == pytest.approx(wanted[key])
    stays = listed(stage_stays_frame(*frames, SALES, as_of=NOW))
    for key, time in times.items():
        own = [row for row in stays if row["stage"] == key]
        assert sorted(row["days"] for row in own if row["ended"]) == list(time.ended)
        assert sorted(row["days"] for row in own if not row["ended"]) == list(time.open)


@pytest.mark.parametrize("kind", KINDS)
@fewer
@given(given_tables=tables())
def test_the_win_rates_and_values_of_a_frame_are_those_of_the_history(
    kind: str, given_tables: tuple[Rows, Rows]
) -> None:
    deals, _ = given_tables
    history = as_history(deals, [])
    frame, _ = KINDS[kind](polars(deals, SCHEMA), polars([], CHANGES))
    rates = {
        word(row): (row["leads"], row["won"], row["closed"], row["rate"], row["low"], row["high"])
        for row in listed(win_rate_frame(frame, SALES, as_of=NOW, by="owner"))
    }
    wanted = {
        group.label: (group.count, group.value.hits, group.value.of, group.value.value,
                      group.value.low, group.value.high)
        for group in win_rate(history, by="owner")
    }  # fmt: skip
    assert rates.keys() == wanted.keys()
    for key, row in rates.items():
        assert row == pytest.approx(wanted[key], abs=1e-12)
    values = {
        word(row): (row["deals"], row["total"], row["mean"], row["median"])
        for row in listed(won_value_frame(frame, SALES, as_of=NOW, by="owner"))
    }
    worths = {group.label: group.value for group in won_value(history, by="owner")}
    assert values.keys() == {key for key, worth in worths.items() if worth.deals}
    for key, figures in values.items():
        worth = worths[key]
        assert worth.total is not None
        assert worth.median is not None
        assert figures == pytest.approx(
            (
                worth.deals,
                float(worth.total.amount),
                float(worth.exact_mean or 0),
                float(worth.median.amount),
            )
        )


@pytest.mark.parametrize("kind", ["polars", "pandas", "duckdb"])
@fewer
@given(
    given_tables=tables(),
    unit=st.sampled_from(UNITS),
    start=st.dates(date(1999, 1, 1), date(2090, 1, 1)),
)
def test_the_cohorts_of_a_frame_are_those_of_the_history(
    kind: str, given_tables: tuple[Rows, Rows], unit: Any, start: date
) -> None:
    """Days are drawn that lie around the turns of years, weeks and quarters."""
    moved = datetime(start.year, start.month, start.day, 12, tzinfo=UTC) - CAME
    deals, changes = (
        [
            {
                key: value + moved if isinstance(value, datetime) else value
                for key, value in row.items()
            }
            for row in rows
        ]
        for rows in given_tables
    )
    frames = KINDS[kind](polars(deals, SCHEMA), polars(changes, CHANGES))
    found = {
        (row[f"created_{unit}"] or "(none)", row["stage"]): row["reached"]
        for row in listed(funnel_frame(*frames, SALES, as_of=NOW + moved, by=f"created_{unit}"))
    }
    history = History.of_rows(
        [{**deal, "value": None} for deal in deals], SALES, as_of=NOW + moved, changes=changes
    )
    assert found == {
        (group.label, step.stage): step.reached
        for group in funnel(history, cohort=unit)
        for step in group.value.steps
        if step.reached
    }

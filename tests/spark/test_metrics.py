"""Metrics on Spark are those of the history of the same rows."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from leadflow.frames import funnel_frame, stage_times_frame, win_rate_frame, won_value_frame
from leadflow.period import UNITS
from leadflow.pipeline.metrics import funnel, stage_times, win_rate
from tests.pipeline.metrics.made import CAME, DAY, SALES, deal, history, moved

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore:PySpark does not yet")]
NOW = CAME + 30 * DAY
DEALS = [
    deal("1", "won", closed=9, owner="ada"),
    deal("2", "sent", closed=None, owner="bo"),
    deal("3", "contact", closed=None, owner="ada"),
    deal("4", "lost", closed=50, owner=None),
]
CHANGES = [
    *moved("1", ("contact", 0), ("sent", 4)),
    *moved("2", ("contact", 0), ("contact", 1), ("sent", 2)),
    *moved("4", ("contact", 1)),
]


@pytest.fixture(scope="module")
def tables(spark: Any) -> tuple[Any, Any]:
    deals = pl.DataFrame([{**row, "value": 500} for row in DEALS])
    changes = pl.DataFrame([{**row, "sequence": n} for n, row in enumerate(CHANGES)])
    deals_frame = spark.createDataFrame(deals.to_arrow()).repartition(2)
    return deals_frame, spark.createDataFrame(changes.to_arrow()).repartition(2)


def rows(frame: Any) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in frame.toArrow().to_pylist()]


def test_the_metrics_on_spark_are_those_of_the_history(tables: tuple[Any, Any]) -> None:
    known = history(DEALS, CHANGES)
    found = {row[0]: row[1:] for row in rows(funnel_frame(*tables, SALES, as_of=NOW))}
    assert found == {
        step.stage: (step.reached, step.passed, step.waiting, step.lost)
        for step in funnel(known).value.steps
        if step.reached
    }
    times = {row[0]: row[1:] for row in rows(stage_times_frame(*tables, SALES, as_of=NOW))}
    assert times == {
        key: (len(time.ended), len(time.open), time.mean, time.median)
        for key, time in stage_times(known).value.stages.items()
        if time.count
    }
    rates = {
        row[0]: row[1:4] for row in rows(win_rate_frame(tables[0], SALES, as_of=NOW, by="owner"))
    }
    assert rates == {
        None if group.label == "(none)" else group.label: (
            group.count, group.value.of, group.value.hits,
        )
        for group in win_rate(history(DEALS), by="owner")
    }  # fmt: skip
    [worth] = rows(won_value_frame(tables[0], SALES, as_of=NOW))
    assert worth == (1, 500.0, 500.0, 500.0)


@pytest.mark.parametrize("unit", UNITS)
def test_the_cohorts_on_spark_are_those_of_the_history(tables: tuple[Any, Any], unit: str) -> None:
    found = rows(win_rate_frame(tables[0], SALES, as_of=NOW, by=f"created_{unit}"))
    assert {row[0]: row[1] for row in found} == {
        group.label: group.count for group in win_rate(history(DEALS), by=f"created_{unit}")
    }

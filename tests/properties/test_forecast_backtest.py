"""A rolling backtest over the closes of a real seller: the figures of the page hold."""

from __future__ import annotations

import csv
import os
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from leadflow.pipeline import Pipeline, Stage
from leadflow.pipeline.forecast import Backtest, backtest_forecast
from leadflow.pipeline.metrics.history import History

pytestmark = [pytest.mark.real_data, pytest.mark.slow]

DATA = Path(os.environ.get("LEADFLOW_DATA", "../shared/data")) / "maven_crm"
PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "forecast.md"
SNAPSHOTS = [datetime(2017, month, day, tzinfo=UTC) for month in range(4, 11) for day in (1, 15)][
    :13
]
WIN_RATE = 0.631501
"""Of all closed opportunities, as in the reference answers: what a stage-weighted pipeline takes."""


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@cache
def history() -> History:
    """The opportunities that were engaged, each with the list price of its product."""
    prices = {row["product"].replace(" ", ""): int(row["sales_price"]) for row in rows("products")}
    deals: list[dict[str, Any]] = []
    changes: list[dict[str, Any]] = []
    for row in rows("sales_pipeline_iso"):
        if not row["engage_date"]:
            continue
        engaged = date.fromisoformat(row["engage_date"])
        closed = date.fromisoformat(row["close_date"]) if row["close_date"] else None
        deals.append(
            {
                "id": row["opportunity_id"],
                "created_at": engaged,
                "closed_at": closed,
                "stage": row["deal_stage"],
                "value": int(row["close_value"] or 0),
                "currency": "USD",
                "list_price": prices[row["product"].replace(" ", "")],
            }
        )
        changes.append({"id": row["opportunity_id"], "stage": "Engaging", "at": engaged})
    pipeline = Pipeline.linear(
        "maven",
        [
            Stage("Engaging", probability=WIN_RATE),
            Stage("Won", kind="won"),
            Stage("Lost", kind="lost"),
        ],
    )
    return History.of_rows(deals, pipeline, as_of=datetime(2018, 1, 1, tzinfo=UTC), changes=changes)


@cache
def backtest(*, corrected: bool) -> Backtest:
    return backtest_forecast(history(), SNAPSHOTS, estimate="list_price", corrected=corrected)


def line(name: str, found: Backtest, plain: Backtest) -> str:
    """Write a row of the page's table."""
    held, of = found.coverage.hits, found.coverage.of
    errors = [f"{100 * (each or 0):.1f} %" for each in (found.error, plain.error, found.by_stages)]
    return f"| {name} | {of} | {' | '.join(errors)} | {held} of {of} ({100 * held / of:.0f} %) |"


def test_the_backtest_is_within_its_bounds() -> None:
    found = backtest(corrected=True)
    assert len(found) == 39
    assert found.error is not None
    assert found.error <= 0.27
    assert found.coverage.value is not None
    assert 0.7 <= found.coverage.value <= 0.9
    assert found.by_stages is not None
    assert found.by_stages > 1.5


def test_the_page_shows_what_is_measured() -> None:
    found, plain = backtest(corrected=True), backtest(corrected=False)
    page = PAGE.read_text(encoding="utf-8")
    for days in (30, 60, 90):
        assert line(f"{days} days", found.of_days(days), plain.of_days(days)) in page
    assert line("all", found, plain) in page

"""What would have been forecast in the past, and what came."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import attrs
import pytest

from leadflow import Money
from leadflow.errors import InvalidValue, LeadflowError
from leadflow.pipeline import Pipeline, Stage
from leadflow.pipeline.forecast import Backtest, Hindsight, backtest_forecast
from leadflow.pipeline.metrics.history import History

DAY = timedelta(days=1)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
ENDS = [Stage("won", kind="won"), Stage("lost", kind="lost")]
SALES = Pipeline.linear("sales", [Stage("offer", probability=0.5), *ENDS])
UNSURE = Pipeline.linear("unsure", [Stage("offer"), *ENDS])


def steady(pipeline: Pipeline = SALES, *, amount: int | None = 10, number: int = 400) -> History:
    """Two deals a day, one won and one lost after 20 days: nothing ever changes."""
    rows, changes = [], []
    for n in range(number):
        came = NOW - (n // 2) * DAY
        closed = came + 20 * DAY
        row: dict[str, Any] = {"id": f"{n}", "created_at": came, "stage": "offer"}
        if amount is not None:
            row["value"] = Money(amount, "EUR")
        if closed <= NOW:
            row |= {"stage": ("won", "lost")[n % 2], "closed_at": closed}
        rows.append(row)
        changes.append({"id": f"{n}", "stage": "offer", "at": came})
    return History.of_rows(rows, pipeline, as_of=NOW, changes=changes)


def test_where_nothing_changes_the_forecast_is_right() -> None:
    found = backtest_forecast(steady(), [NOW - 40 * DAY], horizons=[10, 30])
    assert [(row.days, row.actual) for row in found] == [(10, 100), (30, 200)]
    assert [row.forecast for row in found] == pytest.approx([100, 200], rel=0.01)
    assert found.error == pytest.approx(0, abs=0.01)
    assert all(row.held and row.trials for row in found)
    assert found.coverage.value == 1
    assert [row.by_stages for row in found] == [200, 200]
    assert found.by_stages == pytest.approx(100 / 300)
    assert found.rows[0].error == pytest.approx(0, abs=1)


def test_leads_that_came_later_are_in_neither() -> None:
    (row,) = backtest_forecast(steady(), [NOW - 90 * DAY], horizons=[90])
    assert (row.leads, row.actual) == (40, 200)


def test_what_came_after_the_cutoff_changes_no_forecast() -> None:
    cutoff = NOW - 40 * DAY
    known = steady()
    later = tuple(
        attrs.evolve(track, closed_at=track.closed_at + 35 * DAY)
        if track.closed_at is not None and track.closed_at > cutoff
        else track
        for track in known
    )
    other = History(later, SALES, NOW)
    before, after = (backtest_forecast(each, [cutoff]).rows[0] for each in (known, other))
    assert (before.forecast, before.low, before.high) == (after.forecast, after.low, after.high)
    assert before.actual != after.actual


def test_where_all_were_lost_nothing_is_expected() -> None:
    came = NOW - 100 * DAY
    row = {
        "created_at": came,
        "closed_at": came + 5 * DAY,
        "stage": "lost",
        "value": Money(1, "EUR"),
    }
    known = History.of_rows(
        [
            *({"id": f"{n}", **row} for n in range(150)),
            {"id": "x", "created_at": came, "stage": "offer"},
        ],
        SALES,
        as_of=NOW,
    )
    (found,) = backtest_forecast(known, [NOW - 30 * DAY], horizons=[30])
    assert (found.forecast, found.low, found.high, found.trials) == (0, 0, 0, 0)


def test_without_correction_the_intervals_are_those_of_chance_alone() -> None:
    raw = backtest_forecast(steady(), [NOW - 40 * DAY], horizons=[30], corrected=False).rows[0]
    made = backtest_forecast(steady(), [NOW - 40 * DAY], horizons=[30]).rows[0]
    assert raw.trials == 0
    assert raw.high - raw.low < made.high - made.low


def test_without_values_deals_are_counted() -> None:
    found = backtest_forecast(steady(amount=None), [NOW - 40 * DAY], horizons=[10])
    assert found.currency is None
    assert found.rows[0].actual == 10
    assert found.rows[0].forecast == pytest.approx(10, rel=0.01)
    assert found.rows[0].by_stages == 20


def test_a_stage_without_probability_has_nothing_beside_it() -> None:
    found = backtest_forecast(steady(UNSURE), [NOW - 40 * DAY], horizons=[10])
    assert found.by_stages is None
    assert "no data" in str(found)
    assert "stages" not in found.explain()


def test_what_is_not_over_is_left_out_and_told() -> None:
    found = backtest_forecast(steady(), [NOW - 40 * DAY, NOW], horizons=(30, 60))
    assert len(found) == 1
    assert found.not_over == 3
    assert "3 forecasts left out whose days are not over" in found.explain()


def test_a_horizon_and_the_tried_ones_can_be_looked_at_alone() -> None:
    found = backtest_forecast(steady(), [NOW - 185 * DAY, NOW - 40 * DAY], horizons=[10, 30])
    assert [row.days for row in found.of_days(30)] == [30, 30]
    assert [row.cutoff for row in found.tried] == [NOW - 40 * DAY] * 2


def test_figures_are_pooled_over_all_rows() -> None:
    rows = (
        Hindsight(NOW, 30, 5, 120.0, 100.0, 90.0, 150.0, 200.0, 3),
        Hindsight(NOW, 60, 5, 90.0, 100.0, 50.0, 95.0, 0.0, 0),
    )
    found = Backtest(rows, "EUR", 0.8, 0)
    assert found.error == pytest.approx(30 / 200)
    assert found.by_stages == 1
    assert str(found.coverage).startswith("50.0 %")
    assert found.explain() == (
        "2 forecasts were off by 15.0 % of what came; the 80 % intervals held 1 of 2 times (50 %); "
        "the stages' probabilities were off by 100.0 %; leads that came after a cutoff are not in it"
    )
    assert str(found).splitlines()[1].split() == [
        "2026-06-01", "30", "5", "120", "100", "20", "90", "150", "yes", "200",
    ]  # fmt: skip
    assert repr(found) == f"Backtest({found.explain()})"
    assert "<caption>2 forecasts were off by" in found._repr_html_()


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{"id": "1", "created_at": date(2026, 1, 1), "stage": "offer"}],
        [{"id": str(n), "created_at": date(2026, 1, 1), "stage": "offer"} for n in range(30)],
        [
            {
                "id": str(n),
                "created_at": date(2026, 1, 1),
                "closed_at": date(2026, 4, 9),
                "stage": "lost",
            }
            for n in range(30)
        ],
    ],
    ids=["empty", "one lead", "all open", "all lost"],
)
def test_where_nothing_came_there_is_no_data(rows: list[dict[str, Any]]) -> None:
    known = History.of_rows(rows, SALES, as_of=NOW)
    found = backtest_forecast(known, [NOW - 60 * DAY], horizons=[30])
    assert found.error is None
    assert found.explain() == "no data: 1 forecast, and nothing came"


@pytest.mark.parametrize(
    ("cutoffs", "more", "message"),
    [
        ([NOW + DAY], {}, r"cutoffs\[0\]: expected an instant up to 2026-06-01"),
        ([date(2026, 1, 1)], {}, r"cutoffs\[0\]: expected a datetime"),
        ([datetime(2026, 1, 1)], {}, r"cutoffs\[0\]: expected a datetime with a time zone"),
        (NOW, {}, "cutoffs: expected a list"),
        ([NOW], {"horizons": [0]}, r"horizons\[0\]: expected a whole number of at least 1"),
        ([NOW], {"horizons": [30, 10**6]}, r"horizons\[1\]: expected at most 3,660 days"),
        ([NOW], {"horizons": 30}, "horizons: expected a list"),
        ([NOW], {"confidence": -1}, "confidence: expected a number between 0 and 1"),
        ([NOW], {"recent": "never"}, "recent: expected a span"),
        ([NOW], {"corrected": "yes"}, "corrected: expected true or false"),
    ],
)
def test_bad_questions_are_refused(cutoffs: Any, more: dict[str, Any], message: str) -> None:
    with pytest.raises(LeadflowError, match=message):
        backtest_forecast(steady(number=10), cutoffs, **more)


def test_what_is_no_history_is_refused() -> None:
    with pytest.raises(InvalidValue, match="history: expected a History"):
        backtest_forecast([], [NOW])  # type: ignore[arg-type]

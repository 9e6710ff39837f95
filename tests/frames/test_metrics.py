"""Metrics on dataframes: fixed cases, order, and what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import duckdb
import polars as pl
import pytest

from leadflow.errors import (
    ColumnClash,
    EngineRefused,
    InvalidValue,
    LeadflowError,
    MissingColumn,
    WrongColumn,
)
from leadflow.frames.metrics import (
    funnel_frame,
    stage_stays_frame,
    stage_times_frame,
    win_rate_frame,
    won_value_frame,
)
from leadflow.pipeline import Pipeline, Stage
from tests.pipeline.metrics.made import CAME, DAY, SALES, at, moved

NOW = CAME + 30 * DAY
DEALS = pl.DataFrame(
    {
        "id": ["1", "2", "3", "4"],
        "stage": ["won", "sent", "contact", "lost"],
        "created_at": [at(0)] * 4,
        "closed_at": [at(9), None, None, at(50)],
        "owner": ["ada", "bo", "ada", None],
        "value": [500, 900, None, 100],
    }
)
CHANGES = pl.DataFrame(
    [
        *moved("1", ("contact", 0), ("sent", 4)),
        *moved("2", ("contact", 0), ("sent", 2)),
        *moved("4", ("contact", 1)),
        *moved("9", ("contact", 1)),
    ]
)


def odd(value: Any) -> Any:
    """Hide from the type checker what it would refuse."""
    return value


def test_the_funnel_of_all() -> None:
    assert funnel_frame(DEALS, CHANGES, SALES, as_of=NOW).rows() == [
        ("contact", 4, 2, 2, 0), ("sent", 2, 1, 1, 0), ("won", 1, 0, 0, 0),
    ]  # fmt: skip


def test_groups_come_in_order_and_the_unknown_first() -> None:
    found = funnel_frame(DEALS, CHANGES, SALES, as_of=NOW, by=["owner"])
    assert found.select("owner", "stage").rows() == [
        (None, "contact"), ("ada", "contact"), ("ada", "sent"), ("ada", "won"),
        ("bo", "contact"), ("bo", "sent"),
    ]  # fmt: skip


def test_the_times_in_stage() -> None:
    assert stage_times_frame(DEALS, CHANGES, SALES, as_of=NOW).rows() == [
        ("contact", 2, 2, 3.0, 3.0), ("sent", 1, 1, 5.0, 5.0),
    ]  # fmt: skip
    assert stage_stays_frame(DEALS, CHANGES, SALES, as_of=NOW, by="owner").rows() == [
        (None, "contact", 29.0, False), ("ada", "contact", 4.0, True), ("ada", "contact", 30.0, False),
        ("ada", "sent", 5.0, True), ("bo", "contact", 2.0, True), ("bo", "sent", 28.0, False),
    ]  # fmt: skip


def test_what_closed_later_is_open() -> None:
    assert win_rate_frame(DEALS, SALES, as_of=NOW).select("leads", "closed", "won").rows() == [
        (4, 1, 1)
    ]
    later = win_rate_frame(DEALS, SALES, as_of=CAME + 60 * DAY)
    assert later.select("closed", "won", "rate").rows() == [(2, 1, 0.5)]


def test_values_have_a_row_for_each_currency() -> None:
    deals = pl.DataFrame(
        {
            "id": ["1", "2", "3"],
            "stage": ["won"] * 3,
            "value": [100.5, 200.0, 50.0],
            "currency": ["EUR", "EUR", "PLN"],
        }
    )
    found = won_value_frame(deals, SALES, as_of=NOW)
    assert found.rows() == [("EUR", 2, 300.5, 150.25, 150.25), ("PLN", 1, 50.0, 50.0, 50.0)]
    assert won_value_frame(deals, SALES, as_of=NOW, by="currency").rows() == found.rows()
    empty = deals.with_columns(value=None)
    assert won_value_frame(empty, SALES, as_of=NOW).rows() == []


def test_dates_are_midnights_in_utc_and_empty_columns_unknown() -> None:
    deals = pl.DataFrame(
        {"id": [1, 2], "stage": ["won", "won"], "closed_at": [date(2026, 4, 1), date(2026, 4, 2)]}
    )
    at_midnight = datetime(2026, 4, 1, tzinfo=UTC)
    assert win_rate_frame(deals, SALES, as_of=at_midnight).select("leads", "won").rows() == [(1, 1)]
    bare = pl.DataFrame({"id": ["1"], "stage": [None], "created_at": [None], "closed_at": [None]})
    assert win_rate_frame(bare, SALES, as_of=NOW).select("leads", "rate").rows() == [(1, None)]
    found = funnel_frame(bare, CHANGES, SALES, as_of=NOW).rows()
    assert found == [("contact", 1, 1, 0, 0), ("sent", 1, 0, 1, 0)]


def test_a_pipeline_may_have_no_lost_stage() -> None:
    short = Pipeline.linear("s", [Stage("contact"), Stage("sent"), Stage("won", kind="won")])
    deals = DEALS.filter(pl.col("stage") != "lost")
    assert win_rate_frame(deals, short, as_of=NOW)["closed"].to_list() == [1]
    assert funnel_frame(deals, CHANGES, short, as_of=NOW)["reached"].to_list() == [3, 2, 1]


def test_no_rows_give_no_groups() -> None:
    none, nothing = DEALS.clear(), CHANGES.clear()
    assert funnel_frame(none, nothing, SALES, as_of=NOW).rows() == []
    assert stage_times_frame(none, nothing, SALES, as_of=NOW, by="owner").rows() == []
    assert win_rate_frame(none, SALES, as_of=NOW, by="owner").rows() == []


def test_a_frame_keeps_the_order_of_equal_instants_and_a_sequence_tells_it() -> None:
    deals = pl.DataFrame({"id": ["1"], "stage": ["contact"]})
    changes = pl.DataFrame(moved("1", ("sent", 1), ("prepare", 1)))
    assert stage_times_frame(deals, changes, SALES, as_of=NOW)["stage"].to_list() == [
        "prepare",
        "sent",
    ]
    waiting = funnel_frame(deals, changes, SALES, as_of=NOW)
    assert waiting.filter(pl.col("waiting") == 1)["stage"].to_list() == ["prepare"]
    turned = changes.with_columns(sequence=pl.Series([2, 1]))
    waiting = funnel_frame(deals, turned, SALES, as_of=NOW)
    assert waiting.filter(pl.col("waiting") == 1)["stage"].to_list() == ["sent"]


def test_a_lazy_frame_leaves_strange_stages_out() -> None:
    strange = DEALS.with_columns(stage=pl.lit("sentt"))
    found = win_rate_frame(strange.lazy(), SALES, as_of=NOW).collect()
    assert found.select("leads", "closed").rows() == [(4, 0)]


@pytest.mark.parametrize(
    ("ask", "error", "words"),
    [
        (lambda: win_rate_frame(DEALS.drop("stage"), SALES, as_of=NOW), MissingColumn, "stage"),
        (
            lambda: win_rate_frame(DEALS, SALES, as_of=NOW, by="ownr"),
            MissingColumn,
            "did you mean 'owner'",
        ),
        (
            lambda: win_rate_frame(DEALS.with_columns(stage=pl.lit(5)), SALES, as_of=NOW),
            WrongColumn,
            "the keys of stages: text",
        ),
        (
            lambda: win_rate_frame(DEALS.with_columns(stage=pl.lit("sentt")), SALES, as_of=NOW),
            InvalidValue,
            "did you mean 'sent'",
        ),
        (
            lambda: funnel_frame(DEALS, CHANGES.with_columns(stage=pl.lit("x")), SALES, as_of=NOW),
            InvalidValue,
            "changes stage: expected a stage of the pipeline",
        ),
        (
            lambda: win_rate_frame(DEALS.with_columns(closed_at=pl.lit(5)), SALES, as_of=NOW),
            LeadflowError,
            "closed_at",
        ),
        (
            lambda: win_rate_frame(DEALS.with_columns(id=pl.lit(True)), SALES, as_of=NOW),
            WrongColumn,
            "ids: text or whole numbers",
        ),
        (
            lambda: won_value_frame(DEALS.with_columns(value=pl.lit("x")), SALES, as_of=NOW),
            WrongColumn,
            "amounts: numbers",
        ),
        (
            lambda: funnel_frame(DEALS, CHANGES.with_columns(id=pl.lit(5)), SALES, as_of=NOW),
            WrongColumn,
            "ids as the deals have them: text",
        ),
        (
            lambda: funnel_frame(
                DEALS, CHANGES.with_columns(sequence=pl.lit("x")), SALES, as_of=NOW
            ),
            WrongColumn,
            "whole numbers",
        ),
        (
            lambda: funnel_frame(DEALS, duckdb.connect().sql("SELECT 1 AS id"), SALES, as_of=NOW),
            EngineRefused,
            "DuckDB",
        ),
        (lambda: win_rate_frame([1], SALES, as_of=NOW), EngineRefused, "deals"),
        (lambda: win_rate_frame(DEALS, odd("sales"), as_of=NOW), InvalidValue, "pipeline"),
        (
            lambda: win_rate_frame(DEALS, SALES, as_of=datetime(2026, 3, 1)),
            LeadflowError,
            "as_of",
        ),
    ],
)
def test_bad_frames_are_refused(ask: Any, error: type[LeadflowError], words: str) -> None:
    with pytest.raises(error) as refused:
        ask()
    assert words in str(refused.value)


def test_dates_of_changes_are_midnights_in_utc() -> None:
    deals = pl.DataFrame({"id": ["1"], "stage": ["sent"], "created_at": [date(2026, 3, 1)]})
    changes = pl.DataFrame({"id": ["1"] * 2, "stage": ["contact", "sent"],
                            "at": [date(2026, 3, 1), date(2026, 3, 4)]})  # fmt: skip
    found = stage_stays_frame(deals, changes, SALES, as_of=NOW)
    assert found.rows()[0] == ("contact", 3.0, True)


def by_won(deals: pl.DataFrame) -> Any:
    return win_rate_frame(deals, SALES, as_of=NOW, by="won")


def by_stage(deals: pl.DataFrame) -> Any:
    return funnel_frame(deals, CHANGES, SALES, as_of=NOW, by="stage")


@pytest.mark.parametrize("ask", [by_won, by_stage])
def test_a_dimension_called_like_a_column_of_the_answer_is_refused(ask: Any) -> None:
    deals = DEALS.with_columns(pl.lit("x").alias("won"))
    with pytest.raises(ColumnClash, match="rename it: a column of the answer is called so"):
        ask(deals)


def test_any_name_of_a_column_is_only_a_name() -> None:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    deals = connection.from_arrow(DEALS.with_columns(pl.lit(1).alias('a", 42 AS "b')).to_arrow())
    changes = connection.from_arrow(CHANGES.to_arrow())
    found = funnel_frame(deals, changes, SALES, as_of=NOW)
    known = funnel_frame(DEALS, CHANGES, SALES, as_of=NOW)
    assert sorted(found.fetchall()) == sorted(known.rows())


def test_cohorts_are_periods_of_the_calendar() -> None:
    found = win_rate_frame(DEALS, SALES, as_of=NOW, by=["created_week", "owner"])
    assert found.select("created_week", "leads").rows() == [("2026-W10", 1), ("2026-W10", 2),
                                                            ("2026-W10", 1)]  # fmt: skip


def test_cohorts_need_to_know_when_deals_were_created() -> None:
    with pytest.raises(MissingColumn, match="created_at"):
        win_rate_frame(DEALS.drop("created_at"), SALES, as_of=NOW, by="created_month")
    unknown = DEALS.with_columns(pl.lit(None).alias("created_at"))
    found = win_rate_frame(unknown, SALES, as_of=NOW, by="created_month")
    assert found["created_month"].to_list() == [None]


def test_a_column_that_is_called_like_a_cohort_is_that_column() -> None:
    deals = DEALS.with_columns(pl.lit("spring").alias("created_month"))
    found = win_rate_frame(deals, SALES, as_of=NOW, by="created_month")
    assert found["created_month"].to_list() == ["spring"]

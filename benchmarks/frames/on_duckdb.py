"""DuckDB: one query as one writes it by hand, fetched as Arrow like that of leadflow."""

from __future__ import annotations

from typing import Any

import duckdb
import polars as pl

from benchmarks.contenders import NOW
from benchmarks.data import TYPICAL, Asked, Value
from benchmarks.frames.data import ACTIVITIES, FIELDS, NAIVE, PRICED, TODAY
from benchmarks.frames.pair import MADE, Pair
from leadflow.frames import score_frame
from leadflow.scoring import ScoringModel

WANTED = ", ".join(("id", *MADE))
BY_HAND_ACTIVITIES = f"""
WITH aged AS (
    SELECT lead, kind, page, DATE '{TODAY}' - CAST("at" AS DATE) AS age
    FROM activities
    WHERE "at" <= TIMESTAMP '{NAIVE}'
), done AS (
    SELECT
        lead,
        count(*) FILTER (kind = 'email_opened') AS opened,
        count(*) FILTER (kind = 'email_clicked' AND age <= 30) AS clicked,
        sum(floor(10 * pow(0.5, age / 14.0) + 0.5))
            FILTER (kind = 'page_viewed' AND page = '/pricing') AS prices,
        count(*) FILTER (kind = 'content_downloaded' AND age <= 90) AS fetched,
        count(*) FILTER (kind = 'form_submitted' AND age <= 60) AS forms,
        count(*) FILTER (kind = 'page_viewed' AND age <= 90) AS viewed
    FROM aged
    WHERE kind IN ('email_opened', 'email_clicked', 'page_viewed', 'content_downloaded', 'form_submitted')
    GROUP BY lead
), earned AS (
    SELECT
        id,
        0 AS fit,
        least(coalesce(opened, 0), 4)
            + least(5 * coalesce(clicked, 0), 5)
            + least(CAST(coalesce(prices, 0) AS BIGINT), {PRICED})
            + least(8 * coalesce(fetched, 0), 8)
            + least(20 * coalesce(forms, 0), 20)
            + CASE WHEN coalesce(viewed, 0) = 0 THEN -10 ELSE 0 END AS engagement
    FROM leads LEFT JOIN done ON id = lead
)
SELECT id, fit + engagement AS points, fit, engagement FROM earned
"""


def connected(**tables: pl.DataFrame) -> duckdb.DuckDBPyConnection:
    """Copy tables into a database in memory."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for name, table in tables.items():
        connection.register("given", table.to_arrow())
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM given")
        connection.unregister("given")
    return connection


def fields(leads: pl.DataFrame) -> list[Pair]:
    """Score thirty rules on fields."""
    given = " + ".join(map(_given, TYPICAL))
    made = f"SELECT *, {given} AS fit, 0 AS engagement FROM leads"
    by_hand = f"SELECT id, fit + engagement AS points, fit, engagement FROM ({made})"
    return [_pair(FIELDS, connected(leads=leads), by_hand)]


def activities(leads: pl.DataFrame, log: pl.DataFrame) -> list[Pair]:
    """Score six rules on activities."""
    connection = connected(leads=leads.select("id"), activities=log)
    return [_pair(ACTIVITIES, connection, BY_HAND_ACTIVITIES, "activities")]


def _pair(
    model: ScoringModel, connection: duckdb.DuckDBPyConnection, by_hand: str, *logs: str
) -> Pair:
    frames = [connection.table(name) for name in ("leads", *logs)]

    def plan() -> Any:
        return score_frame(model, *frames, as_of=NOW)

    return Pair(
        "DuckDB",
        lambda: plan().project(WANTED).to_arrow_table(),
        lambda: connection.sql(by_hand).to_arrow_table(),
        plan,
        _from_arrow,
    )


def _from_arrow(answer: Any) -> pl.DataFrame:
    return pl.DataFrame(answer)


def _given(asked: Asked) -> str:
    return f"CASE WHEN {_meets(asked)} THEN {asked.points} ELSE 0 END"


def _meets(asked: Asked) -> str:
    given = [_written(value) for value in asked.given]
    match asked.word:
        case "equals":
            return f"{asked.field} = {given[0]}"
        case "at_least":
            return f"{asked.field} >= {given[0]}"
        case "at_most":
            return f"{asked.field} <= {given[0]}"
        case "between":
            return f"{asked.field} BETWEEN {given[0]} AND {given[1]}"
        case _:
            return f"{asked.field} IN ({', '.join(given)})"


def _written(value: Value) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)

"""Spark is held to the per-lead interpreter: no differences, whatever the model."""

from __future__ import annotations

from collections.abc import Callable
from random import Random  # noqa: TID251 (every draw comes from a seed)
from typing import Any

import attrs
import pytest

from leadflow import Lead
from leadflow.frames import contributions_frame, matches_frame, score_frame
from tests import frame_strategies as drawn

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore:PySpark does not yet")]
NOW = drawn.NOW
MODELS = range(50)


@attrs.frozen
class Grid:
    """One data set with two columns of every sort, and its frames."""

    case: drawn.Case
    leads: list[Lead]
    frame: Any
    log: Any


@pytest.fixture(scope="module")
def grid(make: Callable[..., Any]) -> Grid:
    sorts = {f"{sort}_{n}": sort for sort in drawn.SORTS for n in (1, 2)}
    data = {"page": "text"} | {f"of_{sort}": sort for sort in drawn.SORTS}
    case = drawn.case(Random(2026), 2_000, 6_000, sorts, data)
    frame = make(case.rows, case.lead_sorts, case.zone)
    plain = frame.datetime_2.cast("timestamp_ntz")
    frame = frame.withColumn("datetime_2", plain).cache()
    return Grid(case, case.leads, frame, make(case.log, case.log_sorts, case.zone).cache())


def test_leads_activities_and_scores_lie_in_two_partitions(grid: Grid) -> None:
    from pyspark.sql import functions as sf

    model = drawn.model(Random(0), grid.case)
    scored = score_frame(model, grid.frame, grid.log, as_of=NOW)
    for frame in (grid.frame, grid.log, scored):
        assert frame.rdd.getNumPartitions() >= 2
        assert frame.select(sf.spark_partition_id()).distinct().count() >= 2


@pytest.mark.parametrize("seed", MODELS)
def test_law_a_spark_frame_scores_as_lead_by_lead(grid: Grid, seed: int) -> None:
    model = drawn.model(Random(seed), grid.case)
    scored = score_frame(model, grid.frame, grid.log, as_of=NOW)
    found = {row["id"]: row for row in scored.toArrow().to_pylist()}
    parts: dict[str, list[Any]] = {lead.id: [] for lead in grid.leads}
    long = contributions_frame(model, grid.frame, grid.log, as_of=NOW)
    for row in long.toArrow().to_pylist():
        parts[row["lead"]].append((row["rule"], row["kind"], row["times"], row["points"]))
    assert len(found) == len(grid.leads) == 2_000
    for lead in grid.leads:
        score, row = model.score(lead, as_of=NOW), found[lead.id]
        told = (row["points"], row["fit"], row["engagement"], row.get("win_probability"))
        expected = (score.points, score.fit, score.engagement, score.win_probability)
        assert told == expected, score.explain()
        lines = [(c.rule, c.kind, c.times, c.points) for c in score.contributions]
        assert sorted(parts[lead.id]) == sorted(lines)


@pytest.mark.parametrize("seed", range(10))
def test_law_a_spark_frame_matches_as_lead_by_lead(grid: Grid, seed: int) -> None:
    random = Random(seed)
    for _ in range(3):
        condition = drawn.condition(random, grid.case)
        matched = matches_frame(condition, grid.frame, grid.log, as_of=NOW)
        found = matched.select("id", "matches").toArrow().to_pylist()
        expected = {lead.id: condition.matches(lead, as_of=NOW) for lead in grid.leads}
        assert {row["id"]: row["matches"] for row in found} == expected, str(condition)

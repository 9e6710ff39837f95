"""Real leads: every engine gives the scores of the per-lead interpreter and the reference answers."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from leadflow import Lead
from leadflow.frames import (
    contributions_frame,
    leads_from_frame,
    leads_to_frame,
    rate_frame,
    score_frame,
)
from leadflow.scoring import Thresholds
from leadflow.serialization import Scoring, load_scoring
from leadflow.serialization.tables import Columns, read_leads
from tests import frame_strategies as drawn

DATA = Path(os.environ.get("LEADFLOW_DATA", "../shared/data"))
EXAMPLES = Path(__file__).parents[2] / "examples"
AS_OF = datetime(2026, 2, 28, tzinfo=UTC)
SORTS = {
    "id": "text", "source": "text", "origin": "text", "occupation": "text",
    "last_activity": "text", "seconds_on_site": "int", "do_not_email": "bool", "converted": "bool",
}  # fmt: skip


@cache
def leads() -> list[Lead]:
    columns = Columns.load(EXAMPLES / "x_education_columns.toml")
    return list(read_leads(DATA / "x_education" / "Leads_dev.csv", columns))


@cache
def scoring() -> Scoring:
    return load_scoring(EXAMPLES / "scorecard_v1.toml")


def made(engine: str) -> Any:
    rows = [{name: lead.values.get(name) for name in SORTS} for lead in leads()]
    return drawn.ENGINES[engine](rows, SORTS, "UTC")


@cache
def expected() -> dict[str, tuple[int, list[tuple[str, int]]]]:
    scores = [(lead.id, scoring().model.score(lead, as_of=AS_OF)) for lead in leads()]
    return {
        lead: (score.points, [(c.rule, c.points) for c in score.contributions])
        for lead, score in scores
    }


@pytest.mark.real_data
@pytest.mark.parametrize("engine", drawn.ENGINES)
def test_web_leads_get_the_points_and_the_bands_of_the_reference(engine: str) -> None:
    model, rater = scoring().model, scoring().rater
    assert isinstance(rater, Thresholds)
    scored = score_frame(model, made(engine), as_of=AS_OF)
    rows = drawn.rows_of(scored)
    assert {row["id"]: row["points"] for row in rows} == {
        lead: points for lead, (points, _) in expected().items()
    }
    parts: dict[str, list[tuple[str, int]]] = {lead.id: [] for lead in leads()}
    for row in drawn.rows_of(contributions_frame(model, made(engine), as_of=AS_OF)):
        parts[row["lead"]].append((row["rule"], row["points"]))
    for lead, (_, contributions) in expected().items():
        assert sorted(parts[lead]) == sorted(contributions)
    rated = drawn.rows_of(rate_frame(rater, renamed(scored), as_of=AS_OF))
    check_bands([(row["rating"], row["converted"]) for row in rated])


def renamed(scored: Any) -> Any:
    """Points are called `score` where they are rated."""
    if isinstance(scored, duckdb.DuckDBPyRelation):
        return scored.project("* RENAME (points AS score)")
    if isinstance(scored, pl.DataFrame | pl.LazyFrame):
        return scored.rename({"points": "score"})
    if hasattr(scored, "rename_columns"):
        names = ["score" if name == "points" else name for name in scored.column_names]
        return scored.rename_columns(names)
    return scored.rename(columns={"points": "score"})


def check_bands(found: list[tuple[str, bool]]) -> None:
    answers = json.loads((DATA / "reference_answers_dev.json").read_bytes())
    for rating, band in answers["x_education_dev"]["scorecard_v1"]["value"]["bands"].items():
        of_band = [bool(converted) for named, converted in found if named == rating]
        assert (len(of_band), sum(of_band)) == (band["leads"], band["converted"])
        assert round(sum(of_band) / len(of_band), 6) == band["rate"]


@pytest.mark.real_data
@pytest.mark.parametrize("backend", ["polars", "pandas", "pyarrow"])
def test_web_leads_come_back_from_a_frame_as_they_went(backend: Any) -> None:
    assert leads_from_frame(leads_to_frame(leads(), backend=backend)) == tuple(leads())

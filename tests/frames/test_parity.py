"""Frames are held to the per-lead interpreter: no differences on any engine.

The grid of 200 models and 10,000 leads is in tests/properties.
"""

from __future__ import annotations

from random import Random  # noqa: TID251 (only for a type)
from typing import Any

import pytest
from hypothesis import given, settings

from leadflow.conditions import Condition
from leadflow.frames import contributions_frame, matches_frame, score_frame
from leadflow.scoring import ScoringModel
from tests import frame_strategies as drawn

NOW = drawn.NOW


def check_matches(case: drawn.Case, condition: Condition, engine: str) -> None:
    make = drawn.ENGINES[engine]
    leads, log = frames(case, make)
    found = drawn.rows_of(matches_frame(condition, leads, log, as_of=NOW))
    told = {row["id"]: row["matches"] for row in found}
    expected = {lead.id: condition.matches(lead, as_of=NOW) for lead in case.leads}
    assert told == expected, (engine, str(condition))


def frames(case: drawn.Case, make: Any) -> tuple[Any, Any]:
    return make(case.rows, case.lead_sorts, case.zone), make(case.log, case.log_sorts, case.zone)


def check_scores(case: drawn.Case, model: ScoringModel, engine: str) -> None:
    check_points(case, model, engine)
    parts: dict[str, list[Any]] = {lead.id: [] for lead in case.leads}
    given, log = frames(case, drawn.ENGINES[engine])
    for row in drawn.rows_of(contributions_frame(model, given, log, as_of=NOW)):
        parts[row["lead"]].append((row["rule"], row["kind"], row["times"], row["points"]))
    for lead in case.leads:
        listed = model.score(lead, as_of=NOW).contributions
        expected = [(c.rule, c.kind, c.times, c.points) for c in listed]
        assert sorted(parts[lead.id]) == sorted(expected), engine


def check_points(case: drawn.Case, model: ScoringModel, engine: str) -> None:
    given, log = frames(case, drawn.ENGINES[engine])
    found = {row["id"]: row for row in drawn.rows_of(score_frame(model, given, log, as_of=NOW))}
    for lead in case.leads:
        score = model.score(lead, as_of=NOW)
        row = found[lead.id]
        assert (row["points"], row["fit"], row["engagement"], row.get("win_probability")) == (
            score.points,
            score.fit,
            score.engagement,
            score.win_probability,
        ), (engine, score.explain())


@pytest.mark.parametrize("engine", drawn.ENGINES)
@given(drawn.randoms)
def test_law_a_frame_matches_as_lead_by_lead(engine: str, random: Random) -> None:
    case = drawn.case(random, 20, 60)
    check_matches(case, drawn.condition(random, case), engine)


@pytest.mark.parametrize("engine", [kind for kind in drawn.ENGINES if kind != "duckdb"])
@given(drawn.randoms)
def test_law_a_frame_scores_as_lead_by_lead(engine: str, random: Random) -> None:
    case = drawn.case(random, 20, 60)
    check_scores(case, drawn.model(random, case), engine)


@settings(max_examples=15)  # DuckDB takes a second to plan each
@given(drawn.randoms)
def test_law_duckdb_scores_as_lead_by_lead(random: Random) -> None:
    case = drawn.case(random, 20, 60)
    check_scores(case, drawn.model(random, case), "duckdb")

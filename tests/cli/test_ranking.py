from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.cli.ranking import (
    Best,
    Judged,
    by_points,
    explanation,
    judge,
    listing,
    money,
    reasons,
    who,
)
from leadflow.cli.screen import Screen
from leadflow.conditions import field
from leadflow.events import Rated
from leadflow.lead import Lead
from leadflow.markup import width
from leadflow.money import Money
from leadflow.scoring import (
    Contribution,
    Grid,
    Rule,
    Score,
    ScoringModel,
    Thresholds,
    TimelineAndSize,
)
from leadflow.serialization import Scoring

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SCREEN = Screen(io.StringIO(), io.StringIO())
MODEL = ScoringModel(
    "fit",
    rules=[
        Rule("mid-market", 20, when=field("employees").at_least(50)),
        Rule("has a budget", 5, when=field("budget").is_known()),
    ],
)


def judged(
    id: str,
    points: int,
    rating: str | None = None,
    contributions: tuple[Contribution, ...] = (),
    **given: Any,
) -> Judged:
    score = Score(points, points, 0, contributions, NOW, "model", id)
    return Judged(Lead(id, **given), score, Rated(rating, NOW) if rating else None, None)


def test_a_lead_is_rated_with_its_new_score_in_the_log() -> None:
    lead = Lead("L", fields={"employees": 80})
    found = judge(lead, Scoring(MODEL, Thresholds(hot=20, warm=10), None), NOW)
    assert (found.score.points, found.rating, found.grade) == (20, "hot", None)
    assert found.lead is lead


def test_a_grade_comes_with_a_grid_and_no_rating_without_a_rater() -> None:
    lead = Lead("L", fields={"employees": 80})
    found = judge(lead, Scoring(MODEL, None, Grid(fit=(20,), engagement=(10,))), NOW)
    assert (found.grade, found.rating) == ("A2", "")


@given(st.lists(st.integers(0, 9), max_size=400), st.integers(0, 20))
def test_the_best_are_the_first_of_all_in_order(points: list[int], most: int) -> None:
    every = [judged(f"L-{place}", each) for place, each in enumerate(points)]
    best = Best(most)
    for each in every:
        best.add(each)
    assert list(best) == sorted(every, key=by_points)[:most]


def test_ties_in_points_go_by_id() -> None:
    leads = [judged("b", 5), judged("a", 5), judged("c", 1)]
    assert [each.lead.id for each in sorted(leads, key=by_points)] == ["a", "b", "c"]


def test_the_log_of_a_judged_lead_notes_its_score_and_its_rating() -> None:
    rated = judged("a", 5, "hot").noted
    assert (rated.score, rated.rating) == (5, "hot")
    unrated = judged("a", 5).noted
    assert (unrated.score, unrated.rating) == (5, None)


def test_the_three_largest_contributions_are_the_reasons() -> None:
    parts = (
        Contribution("small", 1, ""),
        Contribution("large", 30, "", times=3),
        Contribution("minus", -10, ""),
        Contribution("cap", -5, "", kind="ceiling"),
        Contribution("medium", 5, ""),
    )
    lead = judged("L", 21, contributions=parts)
    assert reasons(lead, 80) == "large x 3 +30, minus -10, medium +5, 2 more"
    assert reasons(lead, 42) == "large x 3 +30, minus -10, 3 more"
    assert reasons(lead, 31) == "large x 3 +30, 4 more"
    assert reasons(lead, 10) == "large x 3…"
    assert reasons(judged("L", 0), 80) == ""


def test_columns_that_say_nothing_are_left_out() -> None:
    assert listing([judged("L-1", 5)], SCREEN) == [
        "     lead  points  fit  engagement  chiefly because",
        "  1  L-1        5    5           0",
    ]


def test_reasons_stand_beneath_where_no_room_is_left_beside() -> None:
    parts = (Contribution("came by the add form and " + "long " * 40, 35, ""),)
    lines = listing([judged("x" * 60, 35, "hot", parts)], SCREEN)
    assert lines[1].endswith("hot")
    assert lines[2].startswith("        came by the add form and long")
    assert lines[2].endswith("…")
    assert width(lines[2]) <= SCREEN.columns


def test_a_lead_is_called_by_its_name_and_company() -> None:
    assert who(Lead("L", fields={"name": "Ada", "company": "Blue Mesa"})) == "Ada, Blue Mesa"
    assert who(Lead("L", fields={"company": "Blue Mesa"})) == "Blue Mesa"
    assert who(Lead("L")) == ""


@pytest.mark.parametrize("name", ["\x1b[2JAda", "<b>\u202eAda", "Ada\nBen"])
def test_hostile_names_do_not_reach_the_terminal(name: str) -> None:
    lead = judged("L", 5, fields={"name": name})
    shown = "\n".join(listing([lead], SCREEN))
    assert name.encode("unicode_escape").decode() in shown
    assert name not in shown


def test_an_amount_is_grouped_and_a_question_mark_if_nobody_asked() -> None:
    assert money(Money("12500.5", "EUR")) == "12,500.5 EUR"
    assert money(None) == "?"


def test_an_explanation_tells_every_rule_the_grade_the_rating_and_what_to_ask() -> None:
    rater = TimelineAndSize(medium=Money(10, "EUR"), large=Money(20, "EUR"))
    scoring = Scoring(MODEL, rater, Grid(fit=(20,), engagement=(10,)))
    lead = Lead("L", fields={"employees": 80}, due=date(2026, 4, 1))
    assert explanation(judge(lead, scoring, NOW)) == [
        "L: 20 points (fit 20, engagement 0) by fit version 1 as of 2026-03-01 00:00 UTC",
        "  +20  mid-market: employees is at least 50",
        "  not +5  has a budget: budget is known",
        "  grade A2",
        "  rated cold",
        "    soon: due 2026-04-01, within 3 months",
        "    deal value unknown: nobody has asked yet",
        "    ask for: deal_value",
    ]


def test_an_explanation_without_rater_and_grid_is_the_score_alone() -> None:
    lines = explanation(judge(Lead("L"), Scoring(MODEL, None, None), NOW))
    assert [line.split()[0] for line in lines] == ["L:", "not", "not"]


@given(st.integers(0, 4), st.lists(st.integers(-2, 2), max_size=8))
def test_the_places_of_the_best_are_those_that_are_kept(most: int, points: list[int]) -> None:
    ids = [f"L-{place * 7 % 10}" for place in range(len(points))]
    leads = [judged(key, given) for key, given in zip(ids, points, strict=True)]
    best = Best(most)
    for lead in leads:
        best.add(lead)
    assert [leads[place] for place in Best(most).places(points, ids)] == list(best)

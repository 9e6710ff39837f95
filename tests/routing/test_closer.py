"""The best leads to the best closers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from leadflow import Lead
from leadflow.errors import LeadflowError
from leadflow.events import Assignment, Rejected
from leadflow.routing import (
    Absence,
    ByScore,
    InTurn,
    LeastRecent,
    Rep,
    Roster,
    Router,
    RoutingRule,
    Weighted,
)
from leadflow.routing import WinRates as Rates

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
RATES = Rates({"a": {"": (1, 10)}, "b": {"": (9, 10)}, "c": {"": (5, 10)}, "d": {"": (5, 10)}})
BY = ByScore("score", cuts=[70, 40], win_rates=RATES)
ROSTER = Roster([Rep("a"), Rep("b"), Rep("c"), Rep("d")])


def answer(by: ByScore, lead: Lead, roster: Roster = ROSTER) -> Assignment:
    found = Router([RoutingRule("best", by=by)]).assign(lead, roster, NOON)
    assert isinstance(found, Assignment)
    return found


@pytest.mark.parametrize(
    ("score", "place"), [(100, 0), (70, 0), (69, 1), (40, 1), (39, 2), (0, 2), (-5, 2)]
)
def test_cuts_part_the_leads(score: int, place: int) -> None:
    assert BY.class_of(Lead("L", score=score)) == place


@pytest.mark.parametrize(
    ("score", "rep", "closers", "others"),
    [
        # By win rate: b 0.9, c and d 0.5 (by id), a 0.1; four reps in three groups: 2, 1, 1.
        (80, "b", "1 to 2", {"d": "number 3 by win rate", "a": "number 4 by win rate"}),
        (50, "d", "3 to 3", {"b": "number 1 by win rate", "c": "number 2 by win rate",
                             "a": "number 4 by win rate"}),
        (10, "a", "4 to 4", {"b": "number 1 by win rate", "c": "number 2 by win rate",
                             "d": "number 3 by win rate"}),
    ],
)  # fmt: skip
def test_the_best_leads_go_to_the_best_closers(
    score: int, rep: str, closers: str, others: dict[str, str]
) -> None:
    found = answer(BY, Lead("L", score=score))
    place = {80: 1, 50: 2, 10: 3}[score]
    assert found.rep == rep
    assert found.because[-1] == (
        f"score {score}: class {place} of 3, closers {closers} by win rate; had no turn yet"
    )
    told = {each.rep: each.because for each in found.rejected if each.code == "other_class"}
    assert told == others


def test_within_a_group_another_strategy_chooses() -> None:
    router = Router([RoutingRule("best", by=BY)])
    leads = [Lead(f"L-{n}", score=90) for n in range(4)]
    routed = router.assign_all(leads, ROSTER, NOON)
    assert [one.rep for one in routed.assignments.values()] == ["b", "c", "b", "c"]
    assert routed.assignments["L-3"].rejected[-1] == Rejected("b", "not_this_turn")
    assert BY.then == LeastRecent()


@pytest.mark.parametrize(("score", "rep"), [(80, "b"), (50, "a"), (10, "a")])
def test_with_fewer_reps_than_classes_the_last_groups_share_the_last_rep(
    score: int, rep: str
) -> None:
    assert answer(BY, Lead("L", score=score), Roster([Rep("a"), Rep("b")])).rep == rep


@pytest.mark.parametrize("score", [80, 50, 10])
def test_one_rep_alone_gets_all_classes(score: int) -> None:
    found = answer(BY, Lead("L", score=score), Roster([Rep("a")]))
    assert found.rep == "a"
    assert "closers 1 to 1 by win rate" in found.because[-1]


def test_the_rates_of_the_leads_segment_count() -> None:
    counts = {"a": {"PL": (9, 10), "DE": (0, 10)}, "b": {"PL": (0, 10), "DE": (9, 10)}}
    rates = Rates(counts, by="region")
    by = ByScore("score", cuts=[50], win_rates=rates)
    reps = Roster([Rep("a"), Rep("b")])
    polish = Lead("L", score=90, fields={"region": "PL"})
    german = Lead("L", score=90, fields={"region": "DE"})
    assert [answer(by, lead, reps).rep for lead in (polish, german)] == ["a", "b"]


@pytest.mark.parametrize(
    ("value", "place"), [(0.31, 0), (Decimal("0.3"), 0), (0.3, 0), (0.29, 1), (1, 0)]
)
def test_any_number_of_the_lead_may_decide(value: Any, place: int) -> None:
    by = ByScore("chance", cuts=[0.3], win_rates=RATES)
    assert by.class_of(Lead("L", fields={"chance": value})) == place


@pytest.mark.parametrize("value", [None, True, "80"])
def test_nobody_is_chosen_for_a_lead_without_a_known_number(value: Any) -> None:
    by = ByScore("chance", cuts=[50], win_rates=RATES)
    lead = Lead("L", fields={"chance": value})
    held = Router([RoutingRule("best", by=by)]).assign(lead, ROSTER, NOON)
    assert not isinstance(held, Assignment)
    assert held.because == ("rule 'best': chance is not a known number",)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: ByScore("", cuts=[5], win_rates=RATES), ["ByScore.field", "not blank"]),
        (lambda: ByScore("s", cuts=[], win_rates=RATES), ["cuts", "fall from cut to cut", "70"]),
        (lambda: ByScore("s", cuts=[4, 7], win_rates=RATES), ["cuts", "fall from cut to cut"]),
        (lambda: ByScore("s", cuts=[7, 7], win_rates=RATES), ["cuts", "fall from cut to cut"]),
        (lambda: ByScore("s", cuts="7", win_rates=RATES), ["cuts", "a list", "'7'"]),
        (lambda: ByScore("s", cuts=["7"], win_rates=RATES), ["cuts", "'7'"]),
        (lambda: ByScore("s", cuts=[7], win_rates={"a": 1}), ["win_rates", "a WinRates"]),  # type: ignore[arg-type]
        (lambda: ByScore("s", cuts=[7], win_rates=RATES, then=InTurn), ["then", "InTurn()"]),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_by_score_is_refused(build: Callable[[], object], words: list[str]) -> None:
    with pytest.raises(LeadflowError) as caught:
        build()
    for word in words:
        assert word in str(caught.value)


def test_the_place_of_an_absent_closer_is_kept_in_their_group() -> None:
    rates = Rates({"a": {"": (9, 10)}, "b": {"": (5, 10)}, "c": {"": (1, 10)}})
    away = [Absence(NOON, NOON + timedelta(hours=12))]
    roster = Roster([Rep("a", away=away), Rep("b"), Rep("c")])
    by = ByScore("score", cuts=[50], win_rates=rates, then=Weighted())
    router = Router([RoutingRule("t", by=by)])
    coming = [Lead(f"{n:02}", score=60) for n in range(40)]
    played = router.simulate(coming, roster, NOON, every="1 hour")
    got = "".join(one.rep for one in played.assignments.values())
    assert got[:15] == "b" * 12 + "aba"
    assert "aaa" not in got


@pytest.mark.parametrize(("score", "credited"), [(60, {"a": 1}), (10, {})])
def test_the_turn_of_an_absent_closer_goes_by_in_their_own_group_only(
    score: int, credited: dict[str, int]
) -> None:
    rates = Rates({"a": {"": (9, 10)}, "b": {"": (5, 10)}, "c": {"": (1, 10)}})
    roster = Roster([Rep("a", away=[Absence(NOON, NOON + timedelta(hours=1))]), Rep("b"), Rep("c")])
    by = ByScore("score", cuts=[50], win_rates=rates)
    assert answer(by, Lead("L", score=score), roster).credited == credited


def test_an_absent_closer_behind_all_others_is_of_the_last_group() -> None:
    rates = Rates({"a": {"": (1, 10)}, "b": {"": (5, 10)}, "c": {"": (9, 10)}})
    away = [Absence(NOON, NOON + timedelta(hours=1))]
    roster = Roster([Rep("a", away=away), Rep("b"), Rep("c")])
    by = ByScore("score", cuts=[50], win_rates=rates)
    last, first = (answer(by, Lead("L", score=score), roster) for score in (10, 60))
    assert (last.rep, last.credited) == ("b", {"a": 1})
    assert (first.rep, first.credited) == ("c", {})


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (1e-100, 1),
        (5e-324, 1),
        (-1e-100, 2),
        (0.0, 1),
        (0.3, 0),
        (0.1 + 0.2, 0),
        (0.29999999999999993, 1),
        (1e300, 0),
    ],
)
def test_floats_of_any_size_meet_the_cuts_as_floats(value: float, place: int) -> None:
    by = ByScore("chance", cuts=[0.3, 0.0], win_rates=RATES)
    assert by.class_of(Lead("L", fields={"chance": value})) == place

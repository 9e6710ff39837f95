"""Strategies asked one after the other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from leadflow import Lead
from leadflow.conditions import LeadSchema
from leadflow.errors import LeadflowError
from leadflow.events import Assignment, Rejected
from leadflow.routing import (
    Absence,
    Band,
    ByBand,
    ByTerritory,
    Candidates,
    Choice,
    FirstOf,
    InTurn,
    KeepOwner,
    Rep,
    Roster,
    Router,
    RoutingRule,
    Seeded,
    Turns,
    WhenAbsent,
    Workload,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ROSTER = Roster([Rep("ada"), Rep("bo"), Rep("cy", away=[Absence(NOON, NOON.replace(hour=15))])])
OWNER_FIRST = Router([RoutingRule("back", by=FirstOf(KeepOwner(), InTurn()))])


@pytest.mark.parametrize(
    ("owner", "rep", "words"),
    [
        ("bo", "bo", "KeepOwner: owner of the lead already"),
        (None, "ada", "InTurn: first in turn"),
        ("cy", "ada", "InTurn: first in turn"),
    ],
)
def test_the_owner_first_and_else_in_turn(owner: str | None, rep: str, words: str) -> None:
    answer = OWNER_FIRST.assign(Lead("L", owner=owner), ROSTER, NOON)
    assert isinstance(answer, Assignment)
    assert (answer.rep, answer.strategy) == (rep, "FirstOf")
    assert answer.because[-1].endswith(words)


def test_the_turns_that_go_by_are_those_of_the_strategy_that_chose() -> None:
    in_turn = OWNER_FIRST.assign(Lead("L"), ROSTER.after(assigned("bo")), NOON)
    kept = OWNER_FIRST.assign(Lead("L", owner="ada"), ROSTER.after(assigned("bo")), NOON)
    assert isinstance(in_turn, Assignment)
    assert isinstance(kept, Assignment)
    assert (in_turn.rep, in_turn.credited) == ("ada", {"cy": 1})
    assert (kept.rep, kept.credited) == ("ada", {})


def assigned(rep: str) -> Assignment:
    return Assignment(rep, NOON, rule="back")


def test_if_none_has_anybody_all_say_why() -> None:
    by = FirstOf(KeepOwner(), ByTerritory("country"), ByBand("size", [Band("cy")]))
    lead = Lead("L", fields={"country": "DE", "size": 5})
    answer = Router([RoutingRule("x", by=by)]).assign(lead, ROSTER, NOON)
    assert not isinstance(answer, Assignment)
    assert answer.because == (
        (
            "rule 'x': KeepOwner: owner is not known; ByTerritory: nobody here serves 'DE'; "
            "ByBand: size is 5 (any value: cy), of whom nobody is free"
        ),
    )
    assert {(each.rep, each.code) for each in answer.rejected} == {
        ("cy", "away"),
        ("ada", "other_band"),
        ("bo", "other_band"),
    }


class Nobody:
    def choose(self, lead: Lead, candidates: Candidates, as_of: datetime) -> Choice:
        return Choice(None, "never", [Rejected(candidates[0].id, "why_not")])


def test_a_strategy_of_the_hosts_may_be_one_of_them_and_a_chain_too() -> None:
    by = FirstOf(FirstOf(Nobody()), Seeded("s"))
    answer = Router([RoutingRule("x", by=by)]).assign(Lead("L"), ROSTER, NOON)
    assert isinstance(answer, Assignment)
    assert answer.because[-1].endswith("Seeded: drawn with the seed s")
    assert by.strategies[0] == FirstOf(by.strategies[0].strategies[0])  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (FirstOf, ["FirstOf", "at least one", "FirstOf(KeepOwner(), InTurn())"]),
        (lambda: FirstOf(InTurn(), InTurn), ["FirstOf.strategies[1]", "a strategy", "class"]),  # type: ignore[arg-type]
        (lambda: FirstOf([InTurn()]), ["FirstOf.strategies[0]", "a list of 1"]),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_chain_is_refused(build: Callable[[], object], words: list[str]) -> None:
    with pytest.raises(LeadflowError) as caught:
        build()
    for word in words:
        assert word in str(caught.value)


def making_up(owner: str | None, **owed: int) -> Assignment:
    loads = {rep: Workload(turns={"t": Turns(credited=n, owed=n)}) for rep, n in owed.items()}
    by = FirstOf(KeepOwner(), InTurn())
    rule = RoutingRule("t", by=by, when_absent=WhenAbsent(catch_up=2))
    roster = Roster([Rep("ada"), Rep("bo")], loads)
    answer = Router([rule]).assign(Lead("L", owner=owner), roster, NOON)
    assert isinstance(answer, Assignment)
    return answer


def test_an_owner_keeps_a_lead_though_turns_are_owed_to_another() -> None:
    kept = making_up("bo", ada=1)
    assert (kept.rep, kept.owed, kept.credited) == ("bo", {}, {})
    assert kept.because[-1] == "KeepOwner: owner of the lead already"


def test_an_owner_who_is_owed_turns_keeps_a_lead_without_making_one_up() -> None:
    kept = making_up("ada", ada=2)
    assert (kept.rep, kept.owed) == ("ada", {})


@pytest.mark.parametrize("owner", [None, "zed"])
def test_turns_are_made_up_where_no_owner_is_kept(owner: str | None) -> None:
    made_up = making_up(owner, bo=1)
    assert (made_up.rep, made_up.owed, made_up.credited) == ("bo", {"bo": -1}, {"bo": -1})
    assert made_up.because[-1] == "makes up 1 of 1 turn missed while away"


def test_the_reasons_of_those_who_had_nobody_stand_before_the_choice() -> None:
    answer = OWNER_FIRST.assign(Lead("L", owner="cy"), ROSTER, NOON)
    assert answer.because[-1] == (
        "KeepOwner: owner, 'cy', may not take it now; InTurn: first in turn"
    )


def test_nobody_is_rejected_twice_by_a_chain() -> None:
    by = FirstOf(ByTerritory("c"), ByBand("n", [Band("cy")]), ByTerritory("c"))
    lead = Lead("L", fields={"c": "DE", "n": 5})
    answer = Router([RoutingRule("t", by=by)]).assign(lead, ROSTER, NOON)
    assert [(each.rep, each.code) for each in answer.rejected] == [
        ("cy", "away"),
        ("ada", "wrong_territory"),
        ("bo", "wrong_territory"),
    ]
    candidates = Candidates([ROSTER.seats["ada"], ROSTER.seats["bo"]], "t")
    assert [each.rep for each in by.choose(lead, candidates, NOON).rejected] == ["ada", "bo"]


def test_a_strategy_that_a_chain_asks_twice_sixty_times_over_answers_at_once() -> None:
    twice: FirstOf = FirstOf(InTurn(), InTurn())
    for _ in range(59):
        twice = FirstOf(twice, twice)
    router = Router([RoutingRule("t", by=twice)])
    answer = router.assign(Lead("L"), ROSTER, NOON)
    assert isinstance(answer, Assignment)
    assert answer.rep == "ada"
    assert router.check(LeadSchema({"country": "text"}), ROSTER) == ()

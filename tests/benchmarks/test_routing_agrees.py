"""By hand, the same reps are chosen as by leadflow."""

from __future__ import annotations

from collections import Counter
from typing import Any

import attrs
import pytest

from benchmarks import rosters, routing
from benchmarks.contenders import NOW
from leadflow.events import Assignment

TINY = attrs.evolve(
    routing.QUICK, leads=5, rounds=2, reps=(5, 50), fewer_leads=3, simulated=(20, 60)
)


@pytest.mark.parametrize("count", [5, 10, 50])
def test_by_hand_the_same_reps_are_chosen_over_hundreds_of_leads(count: int) -> None:
    rosters.agreeing(count, asked=400)


@pytest.mark.parametrize("name", rosters.HANDS)
def test_another_choice_by_hand_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    strategy, make = rosters.HANDS[name]

    class Wrong(make):  # type: ignore[valid-type, misc]
        def choose(self, lead: Any) -> str:
            super().choose(lead)
            return "R-000"

    monkeypatch.setitem(rosters.HANDS, name, (strategy, Wrong))
    with pytest.raises(SystemExit, match=f"{name} by hand"):
        rosters.agreeing(5, asked=20)


def test_strategies_choose_others_but_in_turn_is_least_recent_while_all_are_there() -> None:
    chosen = {}
    for name in rosters.HANDS:
        router, roster, _ = rosters.in_mid_use(name, rosters.reps(50))
        chosen[name] = tuple(rosters.chosen_by_leadflow(router, rosters.leads(100), roster))
    assert chosen.pop("LeastRecent") == chosen["InTurn"]
    assert len(set(chosen.values())) == len(chosen)


def test_the_clock_starts_in_the_middle_of_the_work() -> None:
    for name in rosters.HANDS:
        _, roster, _ = rosters.in_mid_use(name, rosters.reps(50))
        assert sum(roster.workload(rep.id).assigned for rep in roster) == rosters.DONE


def test_every_rep_who_is_not_chosen_has_a_reason() -> None:
    for name in rosters.HANDS:
        router, roster, _ = rosters.in_mid_use(name, rosters.reps(50))
        answer = router.assign(rosters.leads(1)[0], roster, NOW)
        assert isinstance(answer, Assignment)
        assert {answer.rep, *(each.rep for each in answer.rejected)} == set(roster.active)


def test_a_third_of_the_reps_in_three_zones_is_outside_of_the_hours() -> None:
    router, roster, _ = rosters.in_mid_use("LeastRecent", routing.PRESENCE["all of that"](48))
    answer: Any = router.assign(rosters.leads(1)[0], roster, NOW)
    codes = Counter(each.code for each in answer.rejected)
    assert codes == {"not_this_turn": 31, "outside_hours": 16}


@pytest.mark.parametrize(
    "case", [routing.assigning, routing.growing, routing.being_there, routing.simulating]
)
def test_every_case_makes_a_table_as_wide_as_its_header(case: Any) -> None:
    section = case(TINY)
    assert {len(row) for row in section.rows} == {len(section.header)}

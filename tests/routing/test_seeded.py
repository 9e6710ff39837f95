"""The draw with a seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from leadflow import Lead
from leadflow.errors import InvalidValue
from leadflow.events import Assignment
from leadflow.routing import Rep, Roster, Router, RoutingRule, Seeded

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LEADS = [Lead(f"L-{n:03}") for n in range(300)]
ROSTER = Roster([Rep("a"), Rep("b"), Rep("c")])


def drawn(seed: str, roster: Roster = ROSTER, leads: list[Lead] = LEADS) -> Mapping[str, str]:
    router = Router([RoutingRule("all", by=Seeded(seed))])
    routed = router.assign_all(leads, roster, NOON)
    return {lead: one.rep for lead, one in routed.assignments.items()}


def test_the_draw_is_written_down_here() -> None:
    # SHA-256 over seed, lead and rep; a change of these would deal all leads of a host anew.
    assert "".join(drawn("spring", leads=LEADS[:12]).values()) == "cbccababcbca"


def test_the_answer_says_it_is_drawn() -> None:
    answer = Router([RoutingRule("all", by=Seeded("spring"))]).assign(LEADS[0], ROSTER, NOON)
    assert isinstance(answer, Assignment)
    assert answer.because == ("rule 'all': always", "drawn with the seed spring")


def test_the_order_of_the_leads_does_not_matter() -> None:
    assert drawn("spring", leads=LEADS[::-1]) == drawn("spring")


def test_another_seed_deals_otherwise() -> None:
    one, other = drawn("spring"), drawn("autumn")
    same = sum(one[lead] == other[lead] for lead in one)
    assert 60 < same < 140


def test_counts_come_out_about_even() -> None:
    assert all(70 < count < 130 for count in Counter(drawn("spring").values()).values())


@pytest.mark.parametrize("gone", ["a", "b", "c"])
def test_who_leaves_moves_nobody_elses_leads(gone: str) -> None:
    before, after = drawn("spring"), drawn("spring", ROSTER.without(gone))
    assert gone not in after.values()
    assert all(after[lead] == rep for lead, rep in before.items() if rep != gone)


def test_texts_that_run_together_are_told_apart() -> None:
    reps = Roster([Rep("x"), Rep("y")])
    # Without lengths, "a" + "bL-1" and "ab" + "L-1" would be one text and always drawn alike.
    one = [drawn("a", reps, [Lead(f"bL-{n}")])[f"bL-{n}"] for n in range(40)]
    other = [drawn("ab", reps, [Lead(f"L-{n}")])[f"L-{n}"] for n in range(40)]
    assert one != other


@pytest.mark.parametrize("seed", ["", " ", 7, None])
def test_a_seed_is_text(seed: object) -> None:
    with pytest.raises(InvalidValue, match=r"Seeded\.seed"):
        Seeded(seed)  # type: ignore[arg-type]

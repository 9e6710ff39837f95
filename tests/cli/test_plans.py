"""What a playbook planned, shown."""

from __future__ import annotations

from datetime import UTC, datetime

from leadflow import Lead
from leadflow.cli.plans import counts, first_planned, held, owners, ratings
from leadflow.cli.screen import Screen
from leadflow.playbook import Outcome, Reviewed
from leadflow.routing import Held


def test_nothing_is_shown_of_nothing() -> None:
    assert counts([]) == ratings([]) == owners([]) == held(Reviewed((), (), None), 5) == []
    assert first_planned([], 5, Screen.of_process()) == []


def test_leads_are_counted_by_owner_and_rating() -> None:
    noon = datetime(2026, 3, 2, tzinfo=UTC)
    leads = [Lead("A", noon, owner="ada", rating="hot"), Lead("B", noon)]
    assert [row.split() for row in owners(leads)[1:]] == [["ada", "1"], ["nobody", "1"]]
    assert [row.split() for row in ratings(leads)[1:]] == [["hot", "1"], ["not", "rated", "1"]]


def test_leads_that_are_held_are_counted_by_why_the_most_frequent_first() -> None:
    noon = datetime(2026, 3, 2, tzinfo=UTC)
    reasons = ["all full", "nobody speaks it", "nobody speaks it"]
    outcomes = [
        Outcome(Lead(f"L-{n}"), (Held(f"L-{n}", noon, because=[why]),), (), None, ())
        for n, why in enumerate(reasons)
    ]
    free = Outcome(Lead("L-9"), (), (), None, ())
    reviewed = Reviewed((*outcomes, free), (), None)
    assert held(reviewed, 1) == ["3 leads held", "  held  because", "     2  nobody speaks it"]
    assert held(reviewed, 5)[-1] == "     1  all full"

"""What holds of a playbook over a month: nobody is lost, nobody given out twice, nobody pestered."""

from __future__ import annotations

from datetime import timedelta

import pytest

from leadflow.presets import scoring_playbook
from leadflow.simulation import simulate
from tests.simulated import START, World, arrivals, check, reps


def played(leads: int, events: int, every: str) -> None:
    """Play a month of so many leads with so many events each, and hold what has to hold."""
    names = [f"rep-{number:02}" for number in range(1, 13)]
    playbook = scoring_playbook(small=names[:4], medium=names[4:8], large=names[8:])
    world, until = World(), START + timedelta(days=30)
    coming = arrivals(leads, events)
    check(simulate(playbook, coming, reps(), until, every=every, world=world), world, leads)


def test_law_a_month_of_two_thousand_leads_loses_none_and_contacts_nobody_suppressed() -> None:
    played(2_000, 5, "1 day")


@pytest.mark.slow
def test_law_a_million_events_lose_no_lead_and_contact_nobody_suppressed() -> None:
    played(40_000, 25, "10 days")

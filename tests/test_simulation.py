"""Simulation: a playbook over many leads and days, the same every time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leadflow import Activity, Lead, LeadflowError, activity, field
from leadflow.actions import CreateTask, Dispose, SendMessage
from leadflow.automation import Planned, Silence, When, happens
from leadflow.errors import InvalidValue, NaiveDatetime
from leadflow.events import TaskDone
from leadflow.playbook import Playbook
from leadflow.presets import disposition_policy
from leadflow.routing import InTurn, Rep, Roster, Router, RoutingRule
from leadflow.scoring import Rule, ScoringModel
from leadflow.simulation import Arrival, simulate

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ROSTER = Roster([Rep("ada"), Rep("bo")])
PLAYBOOK = Playbook(
    "p",
    scoring=ScoringModel("m", [Rule("form", 10, each=activity("form_submitted"))]),
    router=Router([RoutingRule("all", by=InTurn())]),
    policy=disposition_policy(),
    automations=[
        When(happens("assignment"), then=[CreateTask("call")], name="call"),
        When(Silence("3 days"), then=[SendMessage("still-there")], name="silent"),
        When(
            happens("email_bounced"),
            field("owner").is_known(),
            [Dispose("unqualified", "other", "bounced")],
            name="bounced",
        ),
    ],
)


def form(number: int, at: datetime = NOON) -> Arrival:
    lead = Lead(f"L-{number}", at, fields={"email": "a@b.example", "phone": "5"})
    return Arrival(at, lead, Activity("form_submitted", at, id=f"E-{number}"))


def test_each_arrival_is_handled_and_each_day_reviewed() -> None:
    found = simulate(PLAYBOOK, [form(2), form(1)], ROSTER, NOON + 4 * DAY)
    assert [lead.owner for lead in found.leads.values()] == ["ada", "bo"]
    assert found.assigned == {"ada": 1, "bo": 1}
    assert found.actions == {"CreateTask": 2, "SendMessage": 2}
    assert [(day.events, day.new, day.assigned, day.to_do) for day in found.days] == [
        (2, 2, 2, 2),
        (0, 0, 0, 0),
        (0, 0, 0, 0),
        (0, 0, 0, 2),
        (0, 0, 0, 0),
    ]
    assert found.roster is not None
    assert found.roster.workload("ada").open == 1
    assert found.pending == 0
    # What was planned counts as done: the message stands in the log as sent.
    assert found.leads["L-1"].attempts("email")[0].data["content"] == "still-there"


def test_the_same_leads_in_any_order_come_out_alike() -> None:
    coming = [form(n, NOON + timedelta(hours=n)) for n in range(9)]
    until = NOON + 3 * DAY
    assert simulate(PLAYBOOK, coming, ROSTER, until) == simulate(
        PLAYBOOK, coming[::-1], ROSTER, until
    )


def test_twice_is_once_and_late_is_not_lost() -> None:
    late = Arrival(NOON + 2 * DAY, "L-1", Activity("page_viewed", NOON + DAY, id="E-9"))
    coming = [form(1), form(1), late]
    found = simulate(PLAYBOOK, coming, ROSTER, NOON + 2 * DAY)
    assert [event.id for event in found.leads["L-1"].activities if event.id in ("E-1", "E-9")] == [
        "E-1",
        "E-9",
    ]
    assert found.leads["L-1"].score == 10
    assert sum(day.events for day in found.days) == 3


def test_what_comes_after_the_end_is_pending() -> None:
    found = simulate(PLAYBOOK, [form(1), form(2, NOON + 9 * DAY)], ROSTER, NOON + DAY)
    assert (len(found.leads), found.pending) == (1, 1)
    none = simulate(PLAYBOOK, [], ROSTER, NOON)
    assert (none.leads, none.days) == ({}, ())
    before = simulate(PLAYBOOK, [form(1, NOON)], ROSTER, NOON - DAY)
    assert (before.leads, before.pending) == ({}, 1)


def test_closed_leads_free_their_rep_and_are_counted() -> None:
    bounced = Arrival(NOON + DAY, "L-1", Activity("email_bounced", NOON + DAY, id="E-8"))
    found = simulate(PLAYBOOK, [form(1), bounced], ROSTER, NOON + DAY, every="12 hours")
    assert sum(day.closed for day in found.days) == 1
    assert found.leads["L-1"].disposition is not None
    assert found.roster is not None
    assert found.roster.workload("ada").open == 0


def test_the_world_answers_what_was_planned() -> None:
    def world(planned: Planned, lead: Lead) -> list[Arrival]:
        if not isinstance(planned.action, CreateTask):
            return []
        at = planned.at + timedelta(hours=1)
        return [Arrival(at, lead.id, TaskDone(planned.key, at, id=f"{planned.key}-done"))]

    found = simulate(PLAYBOOK, [form(1)], ROSTER, NOON + DAY, world=world)
    [task] = found.leads["L-1"].tasks
    assert not task.is_open


def test_it_is_shown_as_text_and_as_a_table() -> None:
    found = simulate(PLAYBOOK, [form(1)], ROSTER, NOON + DAY)
    assert str(found).splitlines()[0].split() == [
        "day", "events", "new", "assigned", "closed", "to", "do",
    ]  # fmt: skip
    assert repr(found) == "Simulated(1 lead, 2 days, 1 actions to do)"
    assert "<table" in found._repr_html_()


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"playbook": "p"}, InvalidValue, "playbook: expected a Playbook, got 'p'"),
        ({"arrivals": ["x"]}, InvalidValue, r"arrivals\[0\]: expected an Arrival, got 'x'"),
        ({"until": datetime(2026, 3, 1)}, NaiveDatetime, "until"),
        ({"every": "soon"}, InvalidValue, "every: expected a span"),
        ({"roster": "r"}, InvalidValue, "roster: expected a Roster"),
        (
            {"arrivals": [Arrival(NOON, "L-9", Activity("call", NOON))]},
            InvalidValue,
            "arrivals: expected the id of a lead that has come in, got 'L-9'",
        ),
    ],
)
def test_what_cannot_be_played_is_refused(
    change: dict[str, Any], error: type[LeadflowError], words: str
) -> None:
    given = {"playbook": PLAYBOOK, "arrivals": [form(1)], "roster": ROSTER, "until": NOON + DAY}
    with pytest.raises(error, match=words):
        simulate(**{**given, **change})


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: Arrival(NOON, 5, Activity("call", NOON)), "Arrival.lead: expected a Lead, or"),  # type: ignore[arg-type]
        (lambda: Arrival(NOON, Lead("L"), "call"), "Arrival.event: expected an event"),  # type: ignore[arg-type]
        (
            lambda: Arrival(NOON, Lead("L"), Activity("call", NOON + DAY)),
            "Arrival.event: expected an event that has happened by then",
        ),
    ],
)
def test_bad_arrivals_are_refused(build: Any, words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        build()

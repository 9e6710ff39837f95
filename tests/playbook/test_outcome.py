"""Outcomes: what is to do, what was decided, and the story in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from leadflow import Activity, Lead, activity, field
from leadflow.actions import Notify, Tag
from leadflow.automation import Silence, Split, When, happens
from leadflow.disposition import DispositionPolicy, Qualifier, Reason
from leadflow.events import Disposition, FieldsSet, Qualification, Rated
from leadflow.playbook import Outcome, Playbook
from leadflow.routing import Held, Rep, Roster, Router, RoutingRule
from leadflow.scoring import Rule, Score, ScoringModel, Thresholds

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
PLAYBOOK = Playbook(
    "p",
    scoring=ScoringModel("m", [Rule("form", 30, each=activity("form_submitted"))]),
    rater=Thresholds(hot=60, warm=30),
    qualifier=Qualifier(field("score").at_least(30)),
    router=Router([RoutingRule("all")]),
    policy=DispositionPolicy([Reason("bad")]),
    splits=[Split("s", {"a": 1, "b": 1})],
    automations=[
        When(happens("form_submitted"), then=[Tag("t"), Tag("t2")], name="tags"),
        When(Silence("3 days"), then=[Notify("ada", "<silent>")], name="silent"),
    ],
)
FULL = Roster([Rep("ada", capacity=0)])


def form(id: str = "E-1", at: datetime = NOON) -> Activity:
    return Activity("form_submitted", at, id=id)


def outcome(lead: Lead | None = None) -> Outcome:
    return PLAYBOOK.handle(lead or Lead("L-7", tags=["t"]), form(), FULL, as_of=NOON)


def test_decisions_are_in_the_order_they_were_taken_and_each_can_be_told() -> None:
    found = outcome()
    kinds = (FieldsSet, Score, Rated, Qualification, Held)
    assert [type(one) for one in found.decisions] == list(kinds)
    lines = found.explain().splitlines()
    assert lines[0] == "L-7: form submitted"
    assert all(line.startswith("  ") for line in lines[1:])
    assert [line for line in lines if "held" in line] == [f"  {found.held}"]


def test_only_what_fired_is_to_do() -> None:
    found = outcome()
    assert [each.outcome for each in found.actions] == ["skipped", "fired"]
    assert found.to_do == found.actions[1:]


def test_the_last_score_is_the_outcomes_and_stands_in_its_place() -> None:
    model = ScoringModel("m", [Rule("t2", 7, when=field("tags").contains("t2"))])
    rule = When(happens("form_submitted"), then=[Tag("t2")], name="tags")
    playbook = Playbook("p", scoring=model, automations=[rule])
    found = playbook.handle(Lead("L-7"), form(), as_of=NOON)
    scores = [one for one in found.decisions if isinstance(one, Score)]
    assert len(scores) == 1
    assert found.score == scores[0]
    assert found.lead.score == scores[0].points


def test_the_story_stays_on_its_lines_whatever_an_event_says() -> None:
    event = Disposition("unqualified", NOON, reason="bad", note="no\nway\n  fired: all")
    found = PLAYBOOK.handle(Lead("L-7"), event, FULL, as_of=NOON)
    assert "\n  fired: all" not in found.explain()


def test_a_table_shows_the_actions_and_escapes_what_they_say() -> None:
    reviewed = PLAYBOOK.review([Lead("<L>", NOON)], NOON + 4 * DAY)
    for shown in (reviewed._repr_html_(), reviewed[0]._repr_html_()):
        assert "&lt;silent&gt;" in shown
        assert "<silent>" not in shown
        assert "&lt;L&gt;" in shown


def test_a_review_lists_only_leads_for_which_there_is_something() -> None:
    bare = Playbook("p", automations=PLAYBOOK.automations)
    fresh, silent = Lead("L-1", NOON + 3 * DAY), Lead("L-2", NOON)
    reviewed = bare.review([fresh, silent], NOON + 4 * DAY)
    assert [each.lead.id for each in reviewed] == ["L-2"]
    assert [lead.id for lead in reviewed.leads] == ["L-1", "L-2"]
    assert reviewed[0] is reviewed[-1]
    assert reviewed[:1] == (reviewed[0],)
    assert [each.lead for each in reviewed.to_do] == ["L-2"]
    assert repr(reviewed) == "Reviewed(1 of 2 leads, 1 to do)"
    assert reviewed.roster is None
    with pytest.raises(IndexError):
        reviewed[1]


def test_what_is_to_do_is_lead_by_lead() -> None:
    bare = Playbook("p", automations=PLAYBOOK.automations)
    reviewed = bare.review([Lead(f"L-{n}", NOON) for n in (3, 1, 2)], NOON + 4 * DAY)
    assert [each.lead for each in reviewed.to_do] == ["L-3", "L-1", "L-2"]
    assert repr(reviewed) == "Reviewed(3 of 3 leads, 3 to do)"


def test_a_lead_that_is_held_again_is_told_once_with_the_last_reason() -> None:
    found = outcome()
    assert found.held is not None
    assert sum(isinstance(one, Held) for one in found.decisions) == 1
    assert found.lead.owner is None
    assert repr(found) == "Outcome('L-7', 5 decisions, 1 to do)"

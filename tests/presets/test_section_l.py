"""Section L of the requirements, line by line, through the playbook of the whole pipeline."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from leadflow import Activity, Lead, Money
from leadflow.actions import CreateTask, Notify
from leadflow.automation import enrolment
from leadflow.disposition import segmented
from leadflow.errors import MoveRefused
from leadflow.events import Event, FieldsSet, Note
from leadflow.handover import hand_over
from leadflow.pipeline import Offer, board, standing
from leadflow.playbook import Outcome
from leadflow.presets import pipeline_playbook
from leadflow.routing import Rep, Roster

PLAYBOOK = pipeline_playbook()
[STEPS] = PLAYBOOK.pipelines
ROSTER = Roster([Rep("ada"), Rep("bo")])
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
PERSON = {"email": "cy@example.org", "phone": "+48 22 555 0100"}


def did(kind: str, day: int = 0, hours: int = 0, **data: str) -> Activity:
    return Activity(kind, NOON + day * DAY + timedelta(hours=hours), data=data)


def handled(lead: Lead, *events: Event, roster: Roster = ROSTER) -> Outcome:
    """Handle events one after the other, each at its own instant; return the last outcome."""
    *before, last = events
    for event in before:
        lead = PLAYBOOK.handle(lead, event, roster, as_of=event.at).lead
    return PLAYBOOK.handle(lead, last, roster, as_of=last.at)


def came(id: str = "L-7") -> Lead:
    return Lead(id, NOON, fields=PERSON)


SUBSCRIBER = handled(came("subscriber"), did("newsletter_subscribed")).lead
READER = handled(came("reader"), did("page_viewed", page="/product/reports")).lead
READY = handled(
    came("ready"), did("page_viewed", page="/product/reports"), did("demo_requested", 1)
)


def test_l1_every_lead_stands_somewhere_in_the_picture() -> None:
    shown = board(STEPS, [SUBSCRIBER, READER, READY.lead])
    assert {column.stage.key: len(column.leads) for column in shown.columns if column.leads} == {
        "new": 3
    }
    assert shown.elsewhere == ()


def test_l2_what_a_lead_still_needs_before_it_can_move_on() -> None:
    told = standing(READY.lead, STEPS, as_of=NOON + DAY)
    needs = {move.to.key: [str(each) for each in move.blockers] for move in told.moves}
    assert needs["qualified"] == ["need is not known"]
    assert "budget is not known" in needs["proposal"]


def test_l3_each_segment_gets_a_message_of_its_own() -> None:
    named = segmented([SUBSCRIBER, READER], PLAYBOOK.segments, as_of=NOON)
    assert {name: [lead.id for lead in leads] for name, leads in named.items()} == {
        "interested in reports": ["reader"],
        "interested in integrations": [],
        "only subscribed": ["subscriber"],
    }
    contents = [
        planned.content
        for lead in (READER, SUBSCRIBER)
        for planned in PLAYBOOK.review([lead], NOON + 14 * DAY, roster=ROSTER).to_do
        if planned.content
    ]
    assert contents == ["about-reports", "customers"]


def test_l3_nobody_is_written_to_more_often_than_twice_a_week() -> None:
    wrote = [did("email_sent", day) for day in (10, 12)]
    lead = handled(READER, *wrote).lead
    found = PLAYBOOK.review([lead], NOON + 14 * DAY, roster=ROSTER)
    [blocked] = [
        p for outcome in found for p in outcome.actions if p.rule == "sequence keep in touch, first"
    ]
    assert (blocked.outcome, blocked.until) == ("blocked", NOON + 17 * DAY)
    later = PLAYBOOK.review(found.leads, NOON + 17 * DAY, roster=ROSTER)
    assert "about-reports" in [planned.content for planned in later.to_do]


def test_l3_nor_contacted_on_any_channel_more_than_four_times_a_week() -> None:
    called = [did("call", day) for day in (8, 9, 10, 11)]
    lead = handled(READER, *called).lead
    [outcome] = PLAYBOOK.review([lead], NOON + 14 * DAY, roster=ROSTER)
    [blocked] = [planned for planned in outcome.actions if planned.rule == "silent"]
    assert blocked.because == "4 of at most 4 contacts in 7 days"


def test_l4_what_was_said_and_the_open_work_go_to_another_rep() -> None:
    owner = READY.lead.owner
    other = {"ada": "bo", "bo": "ada"}[owner or ""]
    said = Note("Wants it before summer", NOON + DAY)
    lead = handled(READY.lead, said).lead
    handed = hand_over([lead], owner or "", ROSTER, as_of=NOON + 2 * DAY)
    assert other in str(handed)


def test_l4_nothing_is_asked_twice() -> None:
    known = handled(READY.lead, FieldsSet({"need": "faster reports"}, NOON + DAY)).lead
    told = standing(known, STEPS, as_of=NOON + 2 * DAY)
    assert all("need is not known" not in map(str, move.blockers) for move in told.moves)


def test_l5_patterns_tell_the_sales_ready_from_the_subscriber() -> None:
    hasty = handled(came(), did("demo_requested"), did("page_viewed", 1, page="/product")).lead
    assert [lead.rating for lead in (SUBSCRIBER, READER, READY.lead, hasty)] == [
        "kept",
        "engaged",
        "sales-ready",
        "engaged",
    ]
    follows = [planned.action for planned in READY.to_do if planned.rule == "sales-ready"]
    assert follows == [
        Notify("owner", "A lead is sales-ready"),
        CreateTask("call", "Call the lead"),
    ]


def test_l5_the_pattern_ends_after_seven_days() -> None:
    late = handled(came(), did("page_viewed", page="/product"), did("demo_requested", 8)).lead
    assert late.rating == "engaged"


def test_l6_the_owner_is_reminded_of_the_next_thing_once() -> None:
    lead = handled(came(), did("newsletter_subscribed"), Activity("call", NOON, answered=True)).lead
    told = []
    for day in range(5):
        found = PLAYBOOK.review([lead], NOON + day * DAY + timedelta(hours=1), roster=ROSTER)
        lead = found.leads[0]
        told += [day for planned in found.to_do if planned.rule == "reminder"]
    assert told == [1]


def test_l7_a_stage_that_holds_leads_up_is_told_to_the_manager() -> None:
    [outcome] = PLAYBOOK.review([READER], NOON + 2 * DAY, roster=ROSTER)
    assert "overdue" in {planned.rule for planned in outcome.to_do}


def test_l10_the_most_engaged_come_first_and_the_others_are_kept() -> None:
    work = PLAYBOOK.worklist([SUBSCRIBER, READER, READY.lead], NOON + DAY)
    assert [item.lead.id for item in work] == ["ready", "reader", "subscriber"]
    assert work.left_out == ()


def test_l10_who_is_silent_is_written_to_now_and_then() -> None:
    lead, told = SUBSCRIBER, []
    for day in range(0, 120, 2):
        found = PLAYBOOK.review([lead], NOON + day * DAY, roster=ROSTER)
        lead = found.leads[0]
        told += [(day, planned.content) for planned in found.to_do if planned.content]
    assert told == [(14, "customers"), (46, "news"), (108, "guide")]


def test_l10_the_messages_end_when_the_lead_is_engaged_again() -> None:
    lead = PLAYBOOK.review([SUBSCRIBER], NOON + 14 * DAY, roster=ROSTER).leads[0]
    back = handled(lead, did("page_viewed", 20, page="/product/reports")).lead
    left = enrolment(back, "keep in touch")
    assert left is not None
    assert not left.is_open


def test_l11_an_offer_is_checked_against_needs_and_budget_before_it_goes_out() -> None:
    said = Note("We need single sign-on", NOON + DAY, topic="sso", need="must-have")
    facts = FieldsSet(
        {"need": "reports", "budget": 10_000, "deal_value": Money(9_000, "EUR")}, NOON + DAY
    )
    lead = handled(READY.lead, said, facts).lead
    at = NOON + 2 * DAY
    with pytest.raises(MoveRefused, match=r"(?s)more than the budget.*sso is a must-have"):
        STEPS.move(lead, "proposal", at, offer=Offer(Money(12_000, "EUR"), covers=["reports"]))
    moved = STEPS.move(lead, "proposal", at, offer=Offer(Money(9_000, "EUR"), covers=["sso"]))
    assert handled(lead, moved).lead.stage == "proposal"

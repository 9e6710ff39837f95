"""Section N of the requirements, line by line, through the disposition playbook."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from leadflow import Activity, Lead, Money
from leadflow.actions import CreateTask, Enrol, Notify
from leadflow.automation import enrolment
from leadflow.contact import may_contact
from leadflow.disposition import (
    convert,
    not_contacted_since,
    patterns_in_other,
    reason_table,
    revisit,
    segmented,
)
from leadflow.errors import DecisionRefused
from leadflow.events import Disposition, Event, TaskDone
from leadflow.handover import brief
from leadflow.pipeline import age
from leadflow.playbook import Outcome
from leadflow.presets import disposition_playbook
from leadflow.routing import Rep, Roster

PLAYBOOK = disposition_playbook()
QUALIFICATION, SALES = PLAYBOOK.pipelines
ROSTER = Roster([Rep("ada"), Rep("bo")])
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
PERSON = {"email": "cy@example.org", "phone": "+48 22 555 0100"}
FORM = Activity("form_submitted", NOON, id="F-1")
ASK = CreateTask("call", "Ask who has the authority to buy", after="1 day")
VERIFY = CreateTask("verify_contact", "Verify the contact data", rep="data desk")
TRIES = [Activity("call", NOON + n * DAY / 2, answered=False) for n in range(1, 7)]


def handled(lead: Lead, *events: Event) -> Outcome:
    """Handle events one after the other, each at its own instant; return the last outcome."""
    *before, last = events
    for event in before:
        lead = PLAYBOOK.handle(lead, event, ROSTER, as_of=event.at).lead
    return PLAYBOOK.handle(lead, last, ROSTER, as_of=last.at)


def came(id: str = "L-7", **facts: Any) -> Lead:
    return handled(Lead(id, NOON, fields=PERSON, **facts), FORM).lead


def closing(
    lead: Lead, reason: str | None, *, outcome: str = "unqualified", day: int = 4, note: str = "why"
) -> Disposition:
    assert PLAYBOOK.policy is not None
    kind: Any = outcome
    return PLAYBOOK.policy.close(lead, kind, reason, at=NOON + day * DAY, by="ada", note=note)


def closed(lead: Lead, reason: str | None, **more: Any) -> Outcome:
    return handled(lead, closing(lead, reason, **more))


def to_do(outcome: Outcome) -> list[object]:
    return [planned.action for planned in outcome.to_do]


def reviewed(lead: Lead, *days: int) -> tuple[Lead, list[tuple[int, str]]]:
    told = []
    for day in days:
        found = PLAYBOOK.review([lead], NOON + day * DAY, roster=ROSTER)
        lead = found.leads[0]
        told += [(day, planned.content or str(planned.action)) for planned in found.to_do]
    return lead, told


def test_n1_a_lead_becomes_an_opportunity_or_is_disqualified_by_rule() -> None:
    lead = came()
    deal = handled(lead, convert(lead, SALES, at=NOON + DAY)).lead
    assert (deal.lifecycle, deal.pipeline) == ("opportunity", "sales")
    assert closed(lead, "no_budget").lead.stage == "unqualified"
    with pytest.raises(DecisionRefused, match="needs a reason"):
        closing(lead, None)


def test_n2_qualification_and_sales_are_pipelines_of_their_own() -> None:
    assert [stage.key for stage in SALES if stage.kind != "lost"] == [
        "prospecting",
        "qualification",
        "demonstration",
        "proposal",
        "negotiation",
        "closing",
        "after_sale",
    ]
    assert all(
        stage.expected
        for pipeline in PLAYBOOK.pipelines
        for stage in pipeline
        if stage.kind == "open"
    )
    assert came().pipeline == "qualification"


def test_n2_expected_days_show_who_is_overdue_and_the_manager_is_told_once() -> None:
    lead = came()
    assert age(lead, PLAYBOOK.pipelines, as_of=NOON + 2 * DAY).light == "red"
    _, told = reviewed(lead, 2, 3, 4)
    late = "notify manager: A lead stands in its stage for longer than expected"
    assert told == [(2, late)]


@pytest.mark.parametrize(
    ("reason", "facts", "follows"),
    [
        (
            "not_ready",
            {"keep": True, "contact_again": date(2026, 6, 6), "back_to": "contacting"},
            [Notify("marketing", "A lead is handed back for nurture"), Enrol("nurture")],
        ),
        ("not_a_fit", {"keep": False, "note": "why", "resets_engagement": True}, []),
        ("not_interested", {"keep": True, "never": ("all",)}, []),
        ("bad_data", {"keep": True, "verify_contact": True, "back_to": "contacting"}, [VERIFY]),
        ("unreachable", {"keep": True, "contact_again": date(2026, 9, 6)}, []),
        (
            "no_budget",
            {"keep": True, "contact_again": date(2026, 9, 6), "back_to": "contacting"},
            [
                Notify("marketing", "A lead is handed back for nurture"),
                Enrol("nurture", after="3 months"),
            ],
        ),
        ("no_authority", {"keep": True, "back_to": "contacting"}, [ASK]),
        ("other", {"keep": True, "note": "why"}, []),
    ],
)
def test_n3_the_eight_reasons_each_with_its_consequence(
    reason: str, facts: dict[str, Any], follows: list[object]
) -> None:
    lead = handled(came(), *TRIES).lead
    disposition = closing(lead, reason)
    assert {key: getattr(disposition, key) for key in facts} == facts
    outcome = handled(lead, disposition)
    assert outcome.lead.stage == "unqualified"
    assert [action for action in to_do(outcome) if "move" not in str(action)] == follows


def test_n3_who_is_not_interested_is_never_contacted_again() -> None:
    lead = closed(came(), "not_interested").lead
    assert not may_contact(lead, None, NOON + 1_000 * DAY)
    assert reviewed(lead, 100, 400)[1] == []


def test_n3_unreachable_takes_its_attempts_and_some_reasons_take_a_note() -> None:
    with pytest.raises(DecisionRefused, match="0 of 6 attempts made within 30 days"):
        closing(came(), "unreachable")
    for reason in ("other", "not_a_fit"):
        with pytest.raises(DecisionRefused, match="needs a note"):
            closing(came(), reason, note=" ")


def test_n3_somebody_else_verifies_and_then_the_lead_may_come_back() -> None:
    lead = closed(came(), "bad_data").lead
    [task] = lead.tasks
    assert (task.kind, task.rep) == ("verify_contact", "data desk")
    lead = handled(lead, TaskDone(task.id, NOON + 5 * DAY)).lead
    _, told = reviewed(lead, 6)
    assert told == [
        (6, "notify owner: A lead may be taken up again"),
        (6, "task revisit (Take the lead up again)"),
    ]


def test_n3_a_pattern_in_other_becomes_a_reason_of_its_own() -> None:
    notes = ["moved to a competitor", "has moved to a competitor", "moved to a competitor, sadly"]
    leads = [closed(came(f"L-{n}"), "other", note=note).lead for n, note in enumerate(notes)]
    found = patterns_in_other([lead.disposition for lead in leads if lead.disposition])
    assert any("competitor" in pattern.phrase for pattern in found)


def test_n4_the_rep_sees_attempts_by_channel_source_contact_data_and_time_zone() -> None:
    lead = handled(came(source="trade fair", time_zone="Asia/Tokyo"), *TRIES[:2]).lead
    told = str(brief(lead, as_of=NOON + 2 * DAY, pipelines=PLAYBOOK.pipelines))
    for words in ("trade fair", "Asia/Tokyo", "+48 22 555 0100", "phone"):
        assert words in told
    work = PLAYBOOK.worklist([lead], NOON + 2 * DAY + timedelta(hours=5))
    assert [one.code for one in work.left_out] == ["asleep"]


@pytest.mark.parametrize(
    ("outcome", "reason", "stage"),
    [
        ("qualified", None, "qualified"),
        ("unqualified", "no_budget", "unqualified"),
        ("removed", None, "assessing"),
    ],
)
def test_n5_three_ways_out_of_qualification(outcome: str, reason: str | None, stage: str) -> None:
    lead = came()
    lead = handled(lead, QUALIFICATION.move(lead, "assessing", NOON + DAY)).lead
    lead = closed(lead, reason, outcome=outcome).lead
    assert lead.stage == stage
    assert lead.disposition is not None
    assert PLAYBOOK.worklist([lead], NOON + 4 * DAY).items == ()


def test_n5_the_fourth_is_a_deal_in_one_step() -> None:
    lead = came(deal_value=Money(9_000, "EUR"))
    outcome = handled(lead, convert(lead, SALES, at=NOON + DAY))
    assert (outcome.lead.pipeline, outcome.lead.stage) == ("sales", "prospecting")
    assert outcome.lead.deal_value == Money(9_000, "EUR")


def test_n6_the_unqualified_are_listed_with_reasons_by_segment_and_by_silence() -> None:
    called = Activity("call", NOON + DAY, answered=True)
    leads = [
        closed(handled(came("L-1"), called).lead, "no_budget").lead,
        closed(handled(came("L-2"), called).lead, "no_authority").lead,
    ]
    assert str(reason_table(leads)).count("no_") == 2
    named = segmented(leads, PLAYBOOK.segments, as_of=NOON + 5 * DAY)
    assert [lead.id for lead in named["No budget"]] == ["L-1"]
    later = not_contacted_since(leads, "6 months", as_of=NOON + 200 * DAY, outcome="unqualified")
    assert [lead.id for lead in later] == ["L-1", "L-2"]
    assert not_contacted_since(leads, "6 months", as_of=NOON + 100 * DAY) == ()


def test_n7_not_ready_is_nurtured_at_once_with_articles_webinars_and_trainings() -> None:
    lead = closed(came(), "not_ready").lead
    assert enrolment(lead, "nurture") is not None
    _, told = reviewed(lead, 11, 42, 75)
    assert told == [(11, "article"), (42, "webinar"), (75, "training")]


def test_n7_no_budget_is_nurtured_three_months_later() -> None:
    lead = closed(came(), "no_budget").lead
    assert enrolment(lead, "nurture") is None
    lead, told = reviewed(lead, 60, 95, 96, 103)
    assert [what for what in told if "notify" not in what[1]] == [
        (96, "enrol in nurture"),
        (103, "article"),
    ]


def test_n8_who_comes_back_re_enters_where_it_is_defined_and_keeps_its_history() -> None:
    lead = closed(came(), "not_ready").lead
    lead, told = reviewed(lead, 96)
    assert (96, "task revisit (Take the lead up again)") in told
    [again] = revisit([lead], NOON + 96 * DAY)
    assert again.stage == "contacting"
    back = QUALIFICATION.reopen(lead, "contacting", NOON + 97 * DAY, by="ada")
    lead = handled(lead, back).lead
    assert (lead.stage, lead.disposition) == ("contacting", None)
    assert "not_ready" in "\n".join(map(str, lead.timeline()))


def test_n8_a_closed_lead_that_asks_again_is_taken_up_again() -> None:
    lead = closed(came(), "no_budget").lead
    asked = Activity("form_submitted", NOON + 10 * DAY)
    lead = handled(lead, asked).lead
    _, told = reviewed(lead, 10, 11)
    assert (10, "notify owner: A lead may be taken up again") in told


def test_n9_reasons_are_counted_by_source() -> None:
    leads = [
        closed(came(f"L-{n}", source=source), reason).lead
        for n, (source, reason) in enumerate(
            [("fair", "no_budget"), ("fair", "no_budget"), ("web", "not_ready")]
        )
    ]
    told = str(reason_table(leads, by="source"))
    assert "fair" in told
    assert "no_budget" in told

"""Section W of the requirements, line by line, through the status playbook."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from leadflow import Activity, Lead, Money
from leadflow.actions import Move, Notify, SendMessage
from leadflow.automation import enrolment
from leadflow.contact import may_contact
from leadflow.errors import DecisionRefused
from leadflow.events import Event, FieldsSet, Note
from leadflow.pipeline import ResponseLimits, next_action, svg
from leadflow.playbook import Outcome
from leadflow.presets import status_playbook
from leadflow.routing import Rep, Roster

PLAYBOOK = status_playbook()
ROSTER = Roster([Rep("ada"), Rep("bo")])
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
PERSON = {"email": "cy@example.org", "phone": "+48 22 555 0100"}
FORM = Activity("form_submitted", NOON, id="F-1")


def came(id: str = "L-7", value: int | None = None, at: datetime = NOON) -> Lead:
    worth = None if value is None else Money(value, "EUR")
    return Lead(id, at, deal_value=worth, fields=PERSON)


def call(at: datetime, *, answered: bool) -> Activity:
    return Activity("call", at, answered=answered)


def handled(lead: Lead, *events: Event) -> Outcome:
    """Handle events one after the other, each at its own instant; return the last outcome."""
    *before, last = events
    for event in before:
        lead = PLAYBOOK.handle(lead, event, ROSTER, as_of=event.at).lead
    return PLAYBOOK.handle(lead, last, ROSTER, as_of=last.at)


def spoken_to() -> Lead:
    return handled(came(), FORM, call(NOON + timedelta(minutes=5), answered=True)).lead


def in_process() -> Lead:
    return handled(spoken_to(), call(NOON + 2 * DAY, answered=True)).lead


def closed(lead: Lead, outcome: str, reason: str | None, at: datetime) -> Outcome:
    assert PLAYBOOK.policy is not None
    note = "said so" if reason in ("other", "not_a_fit") else None
    return handled(lead, PLAYBOOK.policy.close(lead, outcome, reason, at=at, note=note))  # type: ignore[arg-type]  # one of the outcomes


def to_do(outcome: Outcome) -> list[object]:
    return [planned.action for planned in outcome.to_do]


def rules(outcome: Outcome) -> set[str]:
    return {planned.rule for planned in outcome.to_do}


@pytest.mark.parametrize(
    ("language", "labels"),
    [
        (
            "en",
            [
                *("New", "No answer", "First contact", "In process", "Closed (not interested)"),
                *("Customer", "Inactive customer"),
            ],
        ),
        (
            "he",
            [
                "חדש",
                "אין מענה",
                "שיחה ראשונה",
                "בתהליך",
                "סגור (לא מעוניין)",
                "לקוח",
                "לקוח לא פעיל",
            ],
        ),
    ],
)
def test_w1_the_seven_statuses_in_any_language_and_direction(
    language: str, labels: list[str]
) -> None:
    playbook = status_playbook(language)  # type: ignore[arg-type]  # one of the languages
    assert [stage.label for stage in playbook.pipelines[0]] == labels
    outcome = playbook.handle(came(), FORM, ROSTER, as_of=NOON)
    assert outcome.lead.stage == "new"


def test_w2_the_calls_of_the_day_new_then_due_larger_first_then_no_answer() -> None:
    today = NOON + 3 * DAY
    fresh = handled(came("new", at=today), Activity("form_submitted", today)).lead
    asked = call(NOON, answered=True)
    talking = [
        handled(came(id, value), FORM, asked, call(NOON, answered=True)).lead
        for id, value in (("small", 1_000), ("large", 9_000))
    ]
    silent = handled(came("silent"), FORM, call(today - DAY, answered=False)).lead
    work = PLAYBOOK.worklist([silent, *talking, fresh], today)
    assert [(item.lead.id, item.group) for item in work] == [
        ("new", "new"),
        ("large", "due"),
        ("small", "due"),
        ("silent", "no_answer"),
    ]


def test_w3_the_three_limits_counted_from_the_inquiry_per_lead_and_per_rep() -> None:
    leads = [handled(came(id), FORM).lead for id in ("L-1", "L-2")]
    [own] = PLAYBOOK.breaches(leads, NOON + timedelta(minutes=10))
    assert len(own) == 0
    [own] = PLAYBOOK.breaches(leads[:1], NOON + DAY + timedelta(hours=1))
    assert sorted((breach.limit, str(breach.allowed)) for breach in own.broken) == [
        ("cliff", "15 hours"),
        ("contact_within", "10 minutes"),
        ("leave_new_within", "1 day"),
    ]
    assert {rep: len(found) for rep, found in own.by_rep().items()} == {"ada": 3}


def test_w3_all_three_limits_can_be_set() -> None:
    limits = ResponseLimits(contact_within="5 minutes", cliff="2 hours", leave_new_within="2 days")
    strict = status_playbook(limits=limits)
    lead = strict.handle(came(), FORM, ROSTER, as_of=NOON).lead
    [own] = strict.breaches([lead], NOON + timedelta(hours=47))
    assert sorted(str(breach.allowed) for breach in own.broken) == ["2 hours", "5 minutes"]
    assert strict.review([lead], NOON + timedelta(hours=47), roster=ROSTER).to_do == ()
    assert strict.check() == ()


def test_w3_the_manager_hears_of_a_lead_that_is_new_for_more_than_a_day() -> None:
    lead = handled(came(), FORM).lead
    assert PLAYBOOK.review([lead], NOON + timedelta(hours=23), roster=ROSTER).to_do == ()
    reviewed = PLAYBOOK.review([lead], NOON + DAY + timedelta(hours=1), roster=ROSTER)
    told = [Notify("manager", "A lead has been new for too long")]
    assert [planned.action for planned in reviewed.to_do] == told
    assert PLAYBOOK.review(reviewed.leads, NOON + 2 * DAY, roster=ROSTER).to_do == ()


def test_w4_six_attempts_each_with_its_own_e_mail_before_it_may_be_closed() -> None:
    lead = handled(came(), FORM).lead
    letters = []
    for attempt in range(6):
        with pytest.raises(DecisionRefused, match=f"{attempt} of 6 attempts made"):
            closed(lead, "unqualified", "unreachable", NOON + attempt * DAY)
        outcome = handled(lead, call(NOON + attempt * DAY + timedelta(minutes=9), answered=False))
        letters += [planned.content for planned in outcome.to_do if planned.content]
        lead = outcome.lead
        assert lead.stage == "no_answer"
    assert letters == [f"missed-you-{number}" for number in range(1, 7)]
    assert next_action(lead, NOON + 6 * DAY, PLAYBOOK.pipelines).kind == "close"
    ended = closed(lead, "unqualified", "unreachable", NOON + 6 * DAY)
    assert ended.lead.stage == "not_interested"
    assert ended.lead.fields["closing_reason"] == "unreachable"


def test_w4_the_owner_hears_once_that_it_was_tried_often_enough() -> None:
    calls = [call(NOON + n * DAY, answered=False) for n in range(6)]
    lead, told = handled(came(), FORM, *calls).lead, []
    for day in range(6, 12):
        reviewed = PLAYBOOK.review([lead], NOON + day * DAY, roster=ROSTER)
        lead = reviewed.leads[0]
        told += [day for planned in reviewed.to_do if planned.rule == "tried often enough"]
    assert told == [6]


def test_w4_a_voicemail_is_an_attempt_too() -> None:
    outcome = handled(came(), FORM, Activity("voicemail", NOON))
    assert (outcome.lead.stage, SendMessage() in to_do(outcome)) == ("no_answer", True)


def test_w5_the_conversation_leads_to_first_contact_and_is_recorded() -> None:
    said = Note("Needs reports on Mondays", NOON + timedelta(minutes=6), need="must-have")
    lead = handled(spoken_to(), said).lead
    assert lead.stage == "first_contact"
    assert said in lead.events


@pytest.mark.parametrize("kind", ["demo", "meeting", "call"])
def test_w5_a_follow_up_of_the_agreed_kind_is_set_two_days_ahead(kind: str) -> None:
    outcome = handled(spoken_to(), FieldsSet({"agreed": kind}, NOON + timedelta(minutes=6)))
    [task] = outcome.lead.tasks
    assert (task.kind, task.due) == (kind, date(2026, 3, 4))


def test_w5_a_lead_with_no_next_action_is_flagged() -> None:
    lead = spoken_to()
    [item] = PLAYBOOK.worklist([lead], NOON + timedelta(hours=1))
    assert (item.group, item.action.is_missing) == ("unplanned", True)
    assert item.because == "no next action is planned; the lead will probably not buy"
    agreed = handled(lead, FieldsSet({"agreed": "demo"}, NOON + timedelta(minutes=6))).lead
    assert not next_action(agreed, NOON + timedelta(hours=1), PLAYBOOK.pipelines).is_missing


def test_w6_from_the_second_conversation_in_process_with_a_known_next_date() -> None:
    lead = in_process()
    assert lead.stage == "in_process"
    action = next_action(lead, NOON + 2 * DAY, PLAYBOOK.pipelines)
    assert (action.why, action.due) == ("follow_up", date(2026, 3, 7))


def test_w7_not_interested_is_mailed_and_called_every_few_months_with_its_reason() -> None:
    outcome = closed(in_process(), "lost", "not_interested", NOON + 3 * DAY)
    lead = outcome.lead
    assert (lead.stage, lead.fields["closing_reason"]) == ("not_interested", "not_interested")
    action = next_action(lead, NOON + 4 * DAY, PLAYBOOK.pipelines)
    assert (action.why, action.due) == ("stay_in_touch", date(2026, 6, 5))
    mailed = []
    for month in range(1, 14):
        at = NOON + timedelta(days=4 + 31 * month)
        reviewed = PLAYBOOK.review([lead], at, roster=ROSTER)
        lead = reviewed.leads[0]
        mailed += [(month, planned.content) for planned in reviewed.to_do if planned.content]
    assert mailed == [(3, "news-1"), (6, "news-2"), (9, "news-3"), (12, "news-4")]


def test_w7_do_not_contact_and_unsubscribe_always_win() -> None:
    lead = closed(in_process(), "lost", "not_interested", NOON + 3 * DAY).lead
    refused = handled(lead, FieldsSet({"do_not_contact": True}, NOON + 4 * DAY)).lead
    gone = handled(lead, Activity("email_unsubscribed", NOON + 4 * DAY)).lead
    for each in (refused, gone):
        assert not may_contact(each, "email", NOON + 100 * DAY)
        later = PLAYBOOK.review([each], NOON + 100 * DAY, roster=ROSTER)
        assert [planned.content for planned in later.to_do if planned.content] == []


def test_w7_the_mailing_ends_when_the_lead_is_taken_up_again() -> None:
    lead = closed(in_process(), "lost", "not_interested", NOON + 3 * DAY).lead
    back = PLAYBOOK.pipelines[0].reopen(lead, "in_process", NOON + 10 * DAY)
    left = enrolment(handled(lead, back).lead, "mailing")
    assert left is not None
    assert not left.is_open


def test_w8_winning_starts_the_order_and_the_invoice_once() -> None:
    order = Notify("fulfilment", "Start the order and the invoice")
    lead = in_process()
    won = closed(lead, "won", None, NOON + 3 * DAY)
    assert (to_do(won).count(order), won.lead.stage) == (1, "customer")
    moved = PLAYBOOK.pipelines[0].move(lead, "customer", NOON + 3 * DAY)
    by_status = handled(lead, moved)
    assert (to_do(by_status).count(order), by_status.lead.stage) == (1, "customer")
    assert by_status.lead.disposition is not None


def test_w8_the_relation_goes_on_and_a_silent_customer_is_inactive() -> None:
    lead = closed(in_process(), "won", None, NOON + 3 * DAY).lead
    action = next_action(lead, NOON + 4 * DAY, PLAYBOOK.pipelines)
    assert (action.kind, action.due) == ("stay_in_touch", date(2026, 4, 5))
    [outcome] = PLAYBOOK.review([lead], NOON + 200 * DAY, roster=ROSTER)
    assert Move("inactive_customer") in to_do(outcome)
    assert outcome.lead.stage == "inactive_customer"


def test_w9_the_process_is_drawn_and_a_stage_can_be_taken_out() -> None:
    statuses = PLAYBOOK.pipelines[0]
    assert "First contact" in svg(statuses)
    assert "first_contact" not in statuses.without("first_contact")

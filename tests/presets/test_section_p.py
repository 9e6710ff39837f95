"""Section P of the requirements, line by line, through the category playbook."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from leadflow import Activity, Lead, Money
from leadflow.actions import Convert, CreateTask, Enrol, Notify, SendMessage
from leadflow.disposition import convert
from leadflow.errors import DecisionRefused, MoveRefused
from leadflow.events import Event, Rated, Tagged
from leadflow.pipeline import response_time
from leadflow.playbook import Outcome, Playbook
from leadflow.presets import category_playbook
from leadflow.routing import Rep, Roster

PLAYBOOK = category_playbook()
TOGETHER = category_playbook(inbox=False)
ROSTER = Roster([Rep("ada", team="sales"), Rep("bo", team="marketing")])
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PERSON = {"email": "cy@example.org", "phone": "+48 22 555 0100"}
SMALL, MEDIUM, LARGE = Money(9_999, "EUR"), Money(10_000, "EUR"), Money(50_000, "EUR")
SOON, LATER = date(2026, 6, 2), date(2026, 6, 3)
FORM = Activity("form_submitted", NOON, id="F-1")


def came(due: date | None, value: Money | None, id: str = "L-7") -> Lead:
    return Lead(id, NOON, due=due, deal_value=value, fields=PERSON)


HOT, WARM, COLD = came(SOON, MEDIUM), came(LATER, MEDIUM), came(SOON, SMALL)


def handled(lead: Lead, *events: Event, playbook: Playbook = PLAYBOOK) -> Outcome:
    """Handle events one after the other, each at its own instant; return the last outcome."""
    *before, last = events
    for event in before:
        lead = playbook.handle(lead, event, ROSTER, as_of=event.at).lead
    return playbook.handle(lead, last, ROSTER, as_of=last.at)


def to_do(outcome: Outcome) -> list[object]:
    return [planned.action for planned in outcome.to_do]


@pytest.mark.parametrize(
    ("lead", "owner", "follows"),
    [
        (HOT, "ada", "procedure: hot"),
        (WARM, "ada", "procedure: warm"),
        (COLD, "bo", "procedure: cold"),
    ],
)
def test_p1_a_category_has_conditions_somebody_who_handles_it_and_a_procedure(
    lead: Lead, owner: str, follows: str
) -> None:
    outcome = handled(lead, FORM)
    assert outcome.lead.owner == owner
    assert follows in {planned.rule for planned in outcome.to_do}


@pytest.mark.parametrize(
    ("due", "value", "rating", "ask"),
    [
        (SOON, MEDIUM, "hot", ()),
        (SOON, LARGE, "hot", ()),
        (LATER, MEDIUM, "warm", ()),
        (LATER, LARGE, "warm", ()),
        (SOON, SMALL, "cold", ()),
        (LATER, SMALL, "cold", ()),
        (None, LARGE, "cold", ("due",)),
        (SOON, None, "cold", ("deal_value",)),
        (None, None, "cold", ("due", "deal_value")),
    ],
)
def test_p2_the_table_of_hot_warm_and_cold(
    due: date | None, value: Money | None, rating: str, ask: tuple[str, ...]
) -> None:
    outcome = handled(came(due, value), FORM)
    [rated] = [one for one in outcome.decisions if isinstance(one, Rated)]
    assert (outcome.lead.rating, rated.ask) == (rating, ask)


def test_p2_every_line_can_be_set() -> None:
    playbook = category_playbook(Money(100, "USD"), Money(1_000, "USD"))
    lead = came(SOON, Money(100, "USD"))
    assert handled(lead, FORM, playbook=playbook).lead.rating == "hot"


def test_p2_three_months_are_calendar_months_as_time_passes() -> None:
    lead = handled(WARM, FORM).lead
    [outcome] = PLAYBOOK.review([lead], NOON + timedelta(days=1), roster=ROSTER)
    assert outcome.lead.rating == "hot"


def test_p3_cold_is_by_e_mail_and_chat_only_and_offered_the_newsletter() -> None:
    outcome = handled(COLD, FORM)
    assert SendMessage("newsletter") in to_do(outcome)
    work = PLAYBOOK.worklist([outcome.lead], NOON)
    assert len(work) == 0
    assert [one.because for one in work.left_out] == [
        "cold leads are contacted by email and chat only"
    ]


def test_p3_warm_is_called_and_reminded_on_the_day_the_purchase_is_due() -> None:
    lead = handled(WARM, FORM).lead
    assert [task.kind for task in lead.tasks] == ["call"]
    reminded = []
    for day in (30, 91, 92, 93, 94, 95):
        reviewed = PLAYBOOK.review([lead], NOON + timedelta(days=day), roster=ROSTER)
        lead = reviewed.leads[0]
        kinds = [planned.action for planned in reviewed.to_do]
        reminded += [day for action in kinds if action == REMIND]
    assert NOON.date() + timedelta(days=93) == LATER
    assert reminded == [93]


REMIND = CreateTask("reminder", "The purchase is due today")


def test_p3_hot_is_served_first_and_contacted_as_soon_as_possible() -> None:
    hot = handled(came(SOON, MEDIUM, "L-9"), FORM)
    assert CreateTask("call", "Contact the lead as soon as possible") in to_do(hot)
    warm = handled(came(LATER, LARGE, "L-1"), FORM)
    tried = handled(hot.lead, Activity("call", NOON, answered=False)).lead
    work = PLAYBOOK.worklist([warm.lead, tried], NOON)
    assert [(item.lead.id, item.group) for item in work] == [("L-9", "due"), ("L-1", "new")]
    late = PLAYBOOK.breaches([hot.lead, warm.lead], NOON + timedelta(minutes=6))
    assert [(breach.lead, str(breach.allowed)) for found in late for breach in found.broken] == [
        ("L-9", "5 minutes")
    ]


def test_p4_with_an_inbox_only_what_sales_accepts_becomes_a_deal() -> None:
    lead = handled(HOT, FORM).lead
    assert (lead.lifecycle, lead.pipeline, lead.stage) == ("mql", "qualification", "new")
    with pytest.raises(DecisionRefused, match="sales has not accepted"):
        convert(lead, PLAYBOOK.pipeline("sales"), at=NOON, qualifier=PLAYBOOK.qualifier)
    assert PLAYBOOK.qualifier is not None
    accepted = PLAYBOOK.qualifier.accept(lead, at=NOON, has_problem=True, able_to_buy=True)
    outcome = handled(lead, accepted)
    assert Convert("sales") in to_do(outcome)
    assert (outcome.lead.pipeline, outcome.lead.stage) == ("sales", "prospecting")


@pytest.mark.parametrize("playbook", [PLAYBOOK, TOGETHER], ids=["inbox", "together"])
def test_p4_marketing_hands_over_and_sales_hands_back_for_nurture(playbook: Playbook) -> None:
    outcome = handled(HOT, FORM, playbook=playbook)
    assert [
        planned.action for planned in outcome.to_do if planned.rule == "handed over to sales"
    ] == [Notify("sales", "Marketing has qualified a lead: accept it, or hand it back")]
    assert playbook.qualifier is not None
    back = playbook.qualifier.hand_back(outcome.lead, "no budget this year", at=NOON)
    returned = handled(outcome.lead, back, playbook=playbook)
    assert Enrol("nurture") in to_do(returned)
    assert returned.lead.lifecycle == "lead"


def test_p4_leads_may_be_the_first_stage_of_the_deals_pipeline() -> None:
    lead = handled(HOT, FORM, playbook=TOGETHER).lead
    sales = TOGETHER.pipeline("sales")
    assert (lead.pipeline, lead.stage) == ("sales", "prospecting")
    moved = handled(lead, sales.move(lead, "qualification", NOON), playbook=TOGETHER).lead
    with pytest.raises(MoveRefused, match="lifecycle"):
        sales.move(moved, "demonstration", NOON)
    assert TOGETHER.qualifier is not None
    accepted = TOGETHER.qualifier.accept(moved, at=NOON, has_problem=True, able_to_buy=True)
    sql = handled(moved, accepted, playbook=TOGETHER).lead
    assert sales.move(sql, "demonstration", NOON).to == "demonstration"


def test_p4_who_is_closed_without_an_inbox_is_lost_and_comes_back_to_prospecting() -> None:
    lead = handled(HOT, FORM, playbook=TOGETHER).lead
    assert TOGETHER.policy is not None
    closed = TOGETHER.policy.close(lead, "unqualified", "no_budget", at=NOON)
    lost = handled(lead, closed, playbook=TOGETHER).lead
    assert (lost.stage, closed.back_to) == ("lost", "prospecting")
    assert TOGETHER.pipeline("sales").reopen(lost, "prospecting", NOON).to == "prospecting"


@pytest.mark.parametrize(("lead", "kinds"), [(HOT, ["call"]), (WARM, ["call"]), (COLD, [])])
def test_p5_the_label_decides_which_task_follows(lead: Lead, kinds: list[str]) -> None:
    outcome = handled(lead, FORM)
    assert [task.kind for task in outcome.lead.tasks] == kinds
    labelled = handled(outcome.lead, Tagged("vip", NOON))
    assert [task.kind for task in labelled.lead.tasks] == [*kinds, "meeting"]


def test_p6_a_form_is_answered_within_10_minutes_and_the_time_is_measured() -> None:
    outcome = handled(WARM, FORM)
    assert Notify("owner", "An inquiry: whoever answers first has the advantage") in to_do(outcome)
    answered = handled(outcome.lead, Activity("call", NOON + timedelta(minutes=11), answered=True))
    end = NOON + timedelta(hours=1)
    assert response_time(answered.lead, as_of=end) == timedelta(minutes=11)
    own, *_ = PLAYBOOK.breaches([answered.lead], end)
    assert [str(breach) for breach in own.broken] == [
        "L-7 (ada): contact within, 10 minutes: took 0:11:00, 0:01:00 over"
    ]


def test_p7_a_trigger_conditions_and_what_happens() -> None:
    [rule] = [rule for rule in PLAYBOOK.automations if rule.name == "label: vip"]
    assert str(rule) == "when tagged happens (tag is 'vip'): task meeting (Meet the lead in person)"
    assert all(rule.then for rule in PLAYBOOK.automation.rules)

"""Section A of the requirements, line by line, through the scoring playbook."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from leadflow import Activity, Lead, Money
from leadflow.actions import Convert, CreateTask, Enrol, Notify
from leadflow.automation import enrolment, intake
from leadflow.contact import may_contact
from leadflow.disposition import qualifications, quotes, segmented
from leadflow.errors import DecisionRefused, InvalidDefinition
from leadflow.events import (
    Conversion,
    Event,
    FieldsSet,
    Note,
    TaskDone,
)
from leadflow.handover import Material, brief
from leadflow.pipeline import board
from leadflow.playbook import Outcome
from leadflow.presets import scoring_playbook
from leadflow.routing import Band, ByBand, Rep, Roster

PLAYBOOK = scoring_playbook()
ROSTER = Roster([Rep("rep-a"), Rep("rep-b"), Rep("rep-c")])
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PERSON = {"name": "Ada", "email": "ada@example.org", "phone": "+48 22 555 0100"}


def did(kind: str, days: int = 0, hours: int = 0, **data: str) -> Activity:
    return Activity(kind, NOON + timedelta(days=days, hours=hours), data=data)


def handled(lead: Lead, *events: Event, roster: Roster | None = ROSTER) -> list[Outcome]:
    """Handle events one after the other, each at its own instant."""
    outcomes = []
    for event in events:
        outcome = PLAYBOOK.handle(lead, event, roster, as_of=event.at)
        lead, roster = outcome.lead, outcome.roster
        outcomes.append(outcome)
    return outcomes


def days(lead: Lead, first: int, last: int) -> tuple[Lead, list[tuple[int, str]]]:
    """Review a lead once a day, an hour after noon; tell what there was to do on which day."""
    told = []
    for day in range(first, last + 1):
        reviewed = PLAYBOOK.review([lead], NOON + timedelta(days=day, hours=1), roster=ROSTER)
        told += [(day, planned.content or str(planned.action)) for planned in reviewed.to_do]
        lead = reviewed.leads[0]
    return lead, told


def inquiry(employees: int, id: str = "L-7") -> Lead:
    return Lead(id, NOON, fields={**PERSON, "employees": employees})


def first(lead: Lead) -> Outcome:
    [outcome] = handled(lead, Activity("form_submitted", NOON, id="F-1"))
    return outcome


LEAD_A = [
    *(did("content_downloaded", n, content=f"guide-{n}") for n in range(3)),
    *(did("email_opened", n, hours=1, email=f"welcome-{n}") for n in range(3)),
    *(did("email_clicked", n, hours=2) for n in range(3)),
    did("trial_started", 3),
]
LEAD_B = [
    did("page_viewed", page="/pricing"),
    did("email_opened", 1, email="welcome-1"),
    did("email_opened", 2, email="welcome-2"),
]


def test_a1_points_value_and_time_to_close_are_on_the_record() -> None:
    value, due = Money(20_000, "EUR"), date(2026, 6, 1)
    lead = handled(Lead("L-7", NOON, deal_value=value, due=due), *LEAD_A)[-1].lead
    assert (lead.score, lead.deal_value, lead.due) == (76, value, due)


def test_a2_lead_a_comes_to_76_and_lead_b_to_19_and_a_ranks_above_b() -> None:
    a, b = handled(Lead("A"), *LEAD_A)[-1].lead, handled(Lead("B"), *LEAD_B)[-1].lead
    assert (a.score, b.score) == (76, 19)
    assert PLAYBOOK.scoring is not None
    ranked = PLAYBOOK.scoring.score_all([b, a], as_of=NOON + timedelta(days=4)).ranked()
    assert [score.lead for score in ranked] == ["A", "B"]


@pytest.mark.parametrize(
    ("event", "points"),
    [
        (did("form_submitted"), 15),
        (did("email_opened", email="welcome-1"), 2),
        (did("email_clicked"), 5),
        (did("page_viewed", page="/pricing"), 15),
        (did("page_viewed", page="/blog/ten-things"), 2),
        (did("page_viewed", page="/about"), 0),
        (did("content_downloaded", content="guide"), 10),
        (did("trial_started"), 25),
        (did("email_unsubscribed"), -5),
    ],
)
def test_a2_each_behaviour_has_the_points_of_the_guide(event: Activity, points: int) -> None:
    [outcome] = handled(Lead("L-7"), event)
    assert outcome.lead.score == points


def test_a2_the_same_e_mail_opened_again_adds_nothing() -> None:
    opened = [did("email_opened", n, email="welcome-1") for n in range(3)]
    assert handled(Lead("L-7"), *opened)[-1].lead.score == 2


def test_a3_a4_facts_that_size_the_deal_feed_the_score() -> None:
    sized = FieldsSet({"employees": 20, "users": 12, "problem": "Reports take days"}, NOON)
    [outcome] = handled(Lead("L-7"), sized)
    assert outcome.score is not None
    assert (outcome.score.fit, outcome.score.engagement) == (30, 0)


def test_a5_an_action_or_a_new_score_notifies_sets_a_task_and_enrols() -> None:
    assert Enrol("seven days") in [planned.action for planned in first(inquiry(20)).to_do]
    asked = handled(inquiry(20), did("demo_requested"))[-1]
    assert [
        type(planned.action) for planned in asked.to_do if planned.rule == "demo requested"
    ] == [
        Notify,
        CreateTask,
    ]


def test_a5_a_score_triggers_once_per_crossing() -> None:
    clicks = [did("email_clicked", hours=n) for n in range(1, 13)]
    fired = [
        (outcome.lead.score, [p.rule for p in outcome.to_do].count("ready for sales"))
        for outcome in handled(Lead("L-7", fields=PERSON), *clicks)
    ]
    assert [score for score, times in fired if times] == [50]


@pytest.mark.parametrize(
    ("events", "kind"),
    [
        ([did("page_viewed", page="/blog/x")] * 4, "zombie"),
        ([did("page_viewed", page="/blog/x")] * 5, "nudge"),
        (LEAD_B, "nudge"),
        (LEAD_A, "self-closing"),
    ],
)
def test_a6_three_kinds_of_lead_are_told_apart(events: list[Activity], kind: str) -> None:
    lead = handled(Lead("L-7"), *events)[-1].lead
    assert lead.rating == kind
    named = segmented([lead], PLAYBOOK.segments, as_of=NOON + timedelta(days=4))
    assert [name for name, leads in named.items() if leads] == [
        {"zombie": "zombies", "nudge": "need a nudge", "self-closing": "close alone"}[kind]
    ]


def welcome(lead: Lead) -> str:
    return f"welcome-{lead.fields['split_welcome']}"


def test_a7_the_silent_lead_gets_the_seven_days_and_is_unsubscribed() -> None:
    outcome = first(inquiry(20))
    assert outcome.to_do[-1].content == welcome(outcome.lead)
    lead, told = days(outcome.lead, 0, 9)
    assert told == [(2, "first-steps"), (4, "for-beginners"), (7, "unsubscribe")]
    assert lead.activities_by_kind["email_unsubscribed"][0].data == {"automatic": True}
    assert not may_contact(lead, "email", NOON + timedelta(days=9))


def test_a7_the_clicking_lead_gets_what_it_clicked_on_and_is_offered_a_call() -> None:
    lead, told = days(first(inquiry(20)).lead, 0, 2)
    lead = handled(lead, did("email_clicked", 3, topic="reports"))[-1].lead
    lead, later = days(lead, 3, 9)
    assert [*told, *later] == [
        (2, "first-steps"),
        (4, "reports-story"),
        (7, "offer-a-call"),
        (7, "task call (Offer a call)"),
    ]


def test_a7_booking_adds_points_opens_a_deal_and_ends_the_series() -> None:
    lead, _ = days(first(inquiry(20)).lead, 0, 4)
    before = lead.score or 0
    outcome = handled(lead, did("appointment_booked", 5))[-1]
    assert outcome.lead.score == before + 20
    assert Convert("outreach") in [planned.action for planned in outcome.to_do]
    assert (outcome.lead.pipeline, outcome.lead.stage) == ("outreach", "to_contact")
    left = enrolment(outcome.lead, "seven days")
    assert left is not None
    assert left.left is not None
    assert left.left.data["because"] == "booked"
    assert days(outcome.lead, 6, 9)[1] == []


def test_a7_a_second_appointment_opens_no_second_deal() -> None:
    booked = [did("appointment_booked", day) for day in (1, 2)]
    *_, again = handled(first(inquiry(20)).lead, *booked)
    assert [type(event) for event in again.lead.events].count(Conversion) == 1
    assert Convert("outreach") not in [planned.action for planned in again.to_do]


@pytest.mark.parametrize(
    ("employees", "rep"), [(9, "rep-a"), (10, "rep-b"), (20, "rep-b"), (50, "rep-b"), (51, "rep-c")]
)
def test_a8_a_form_with_so_many_employees_goes_to_the_rep_who_is_told_and_calls(
    employees: int, rep: str
) -> None:
    outcome = first(inquiry(employees))
    assert outcome.lead.owner == rep
    told = [planned.action for planned in outcome.to_do if planned.rule == "new owner"]
    assert told == [Notify("owner", "A new lead is yours"), CreateTask("call", "Call the new lead")]
    [task] = outcome.lead.tasks
    assert (task.kind, task.rep) == ("call", None)


def test_a8_the_guides_own_bands_leave_10_to_nobody_and_are_refused() -> None:
    with pytest.raises(InvalidDefinition, match="nobody gets 10"):
        ByBand("employees", [Band("a", under=10), Band("b", at_least=11, under=51)])


def test_a8_several_reps_of_a_size_take_turns_and_an_unknown_size_is_not_held() -> None:
    playbook = scoring_playbook(medium=["bo", "cy"])
    roster: Roster | None = Roster([Rep("rep-a"), Rep("bo"), Rep("cy"), Rep("rep-c")])
    owners = []
    for lead in (inquiry(20, "L-1"), inquiry(20, "L-2"), Lead("L-3", NOON)):
        outcome = playbook.handle(lead, did("form_submitted"), roster, as_of=NOON)
        roster = outcome.roster
        owners.append(outcome.lead.owner)
    assert owners == ["bo", "cy", "bo"]


def test_a9_a20_the_brief_has_all_that_happened_and_fitting_material() -> None:
    lead = first(inquiry(20)).lead
    sheet = Material("one-pager", "https://example.com/one-pager.pdf")
    told = str(brief(lead, as_of=NOON, pipelines=PLAYBOOK.pipelines, materials=[sheet]))
    for words in ("form submitted", "one-pager", "rep-b", "Call the new lead"):
        assert words in told


def test_a10_mqls_and_sqls_are_counted() -> None:
    lead = handled(inquiry(20), *LEAD_A)[-1].lead
    assert lead.lifecycle == "mql"
    accepted = accept(lead)
    [row] = qualifications([handled(lead, accepted)[-1].lead])
    assert (row.mql, row.sql) == (1, 1)


def accept(lead: Lead) -> Event:
    assert PLAYBOOK.qualifier is not None
    at = NOON + timedelta(days=4)
    return PLAYBOOK.qualifier.accept(lead, at=at, has_problem=True, able_to_buy=True, by="rep-b")


def test_a11_the_pipeline_of_the_worked_example_and_where_leads_pile_up() -> None:
    outreach = PLAYBOOK.pipeline("outreach")
    assert [stage.key for stage in outreach if stage.kind != "lost"] == [
        "to_contact",
        "in_contact",
        "follow_up",
        "prepare_proposal",
        "proposal_sent",
        "won",
    ]
    deals = [
        handled(inquiry(20, f"L-{n}"), did("appointment_booked", id=f"B{n}"))[-1].lead
        for n in range(3)
    ]
    counts = {column.stage.key: len(column.leads) for column in board(outreach, deals).columns}
    assert max(counts, key=lambda key: counts[key]) == "to_contact"


def test_a12_deals_and_their_value_per_stage() -> None:
    deal = handled(inquiry(20), did("appointment_booked"))[-1].lead
    deal = handled(deal, FieldsSet({"deal_value": Money(9_000, "EUR")}, NOON))[-1].lead
    [column] = [each for each in board(PLAYBOOK.pipeline("outreach"), [deal]).columns if each.leads]
    assert column.summary == "1 lead, 9,000 EUR"


def test_a13_the_first_message_is_split_fairly_and_each_lead_keeps_its_arm() -> None:
    leads = [first(inquiry(20, f"L-{n}")).lead for n in range(200)]
    arms = [lead.fields["split_welcome"] for lead in leads]
    assert 70 <= arms.count("plain") <= 130
    assert {first(lead).lead.fields["split_welcome"] for lead in leads[:1]} == {arms[0]}


def test_a14_an_sql_that_sales_has_confirmed_becomes_a_deal() -> None:
    lead = handled(inquiry(20), *LEAD_A)[-1].lead
    assert lead.lifecycle == "mql"
    outcome = handled(lead, accept(lead))[-1]
    assert Convert("outreach") in [planned.action for planned in outcome.to_do]
    assert (outcome.lead.lifecycle, outcome.lead.pipeline) == ("opportunity", "outreach")
    assert PLAYBOOK.qualifier is not None
    at = NOON + timedelta(days=4)
    with pytest.raises(DecisionRefused, match="is able to buy"):
        PLAYBOOK.qualifier.accept(lead, at=at, has_problem=True, able_to_buy=False)


def test_a15_zombies_leave_the_worklist_without_being_lost() -> None:
    zombie = handled(inquiry(20), did("email_opened", email="x"))[-1].lead
    alive = first(inquiry(20, "L-8")).lead
    work = PLAYBOOK.worklist([zombie, alive], NOON)
    assert [item.lead.id for item in work] == ["L-8"]
    assert [(one.lead.id, one.code) for one in work.left_out] == [("L-7", "zombie")]


FILLED = {
    "name": "Ada",
    "email": "ada@example.org",
    "company_size": "20",
    "phone": "+48 22 555 0100",
    "newsletter": "on",
}


def test_a16_a_form_becomes_a_lead_that_b_calls_and_the_opt_in_is_kept() -> None:
    found = intake(PLAYBOOK.forms[0], FILLED, [], NOON, id="F-1")
    assert found.lead is not None
    *_, last = handled(found.lead, *found.events)
    assert (last.lead.owner, last.lead.fields["employees"]) == ("rep-b", 20)
    assert (last.lead.fields["consent_at"], last.lead.fields["consent_source"]) == (NOON, "contact")
    again = intake(PLAYBOOK.forms[0], FILLED, [last.lead], NOON + timedelta(days=1), id="F-2")
    assert (again.is_new, again.lead) == (False, last.lead)


def test_a16_a_bad_form_says_what_is_missing() -> None:
    found = intake(PLAYBOOK.forms[0], {"name": " ", "company_size": "many"}, [], NOON, id="F-1")
    assert found.lead is None
    assert [problem.path for problem in found.missing] == [
        "answers.name",
        "answers.email",
        "answers.company_size",
    ]


@pytest.mark.parametrize(
    ("events", "content"),
    [
        ([], "for-beginners"),
        ([did("content_downloaded", 1)], "advanced"),
        ([did("content_shared", 1, topic="integrations")], "links-guide"),
        ([did("email_clicked", 1, topic="reports"), did("trial_started", 1)], "reports-story"),
    ],
)
def test_a17_content_is_chosen_by_familiarity_and_interest(
    events: list[Activity], content: str
) -> None:
    lead = handled(first(inquiry(20)).lead, *events)[-1].lead if events else first(inquiry(20)).lead
    _, told = days(lead, 2, 4)
    assert told == [(2, "first-steps"), (4, content)]


def test_a17_never_the_same_twice() -> None:
    lead = first(inquiry(20)).lead
    had = Activity("email_sent", NOON + timedelta(days=1), data={"content": "for-beginners"})
    _, told = days(handled(lead, had)[-1].lead, 2, 4)
    assert told == [(2, "first-steps"), (4, "customers")]


def test_a18_a_task_stays_until_it_is_done() -> None:
    lead = first(inquiry(20)).lead
    [task] = lead.tasks
    overdue = PLAYBOOK.worklist([lead], NOON + timedelta(days=2), "rep-b")
    assert [(item.action.kind, item.is_overdue) for item in overdue] == [("call", True)]
    done = handled(lead, TaskDone(task.id, NOON + timedelta(days=2)))[-1].lead
    assert not done.tasks[0].is_open


def test_a19_what_leads_said_is_searched_and_is_a_segment() -> None:
    said = Note("Reports take us days", NOON, topic="reports", need="must-have", source="call")
    lead = handled(inquiry(20), said)[-1].lead
    assert [quote.note for quote in quotes([lead], containing="days")] == [said]
    named = segmented([lead], PLAYBOOK.segments, as_of=NOON)
    assert [each.id for each in named["said a must-have"]] == ["L-7"]

"""The playbook: one step for an event, reviews as time passes, and what comes out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import attrs
import pytest

from leadflow import Activity, Lead, LeadflowError, Money, activity, field, tag
from leadflow.actions import (
    Action,
    Assign,
    Convert,
    CreateTask,
    Dispose,
    Enrol,
    Move,
    Notify,
    SendMessage,
    SetField,
    Tag,
    Unsubscribe,
    Untag,
    Withdraw,
)
from leadflow.automation import (
    Branch,
    Content,
    Form,
    RatingBecomes,
    ScoreFallsBelow,
    ScoreReaches,
    SendWindow,
    Sequence,
    Silence,
    Split,
    Step,
    When,
    enrolment,
    happens,
)
from leadflow.calendars import WorkingHours
from leadflow.disposition import DispositionPolicy, Qualifier, Reason, Segment
from leadflow.errors import ConflictingEvents, InvalidDefinition, InvalidValue, NaiveDatetime
from leadflow.events import (
    Assignment,
    Conversion,
    Disposition,
    Event,
    FieldsSet,
    Overridden,
    Qualification,
    Rated,
    Reopened,
    Scored,
    StageChange,
    Tagged,
    TaskSet,
)
from leadflow.pipeline import HOT_FIRST, Pipeline, ResponseLimits, Stage, worklist
from leadflow.playbook import Outcome, Playbook, Procedure
from leadflow.routing import InTurn, LeastLoaded, Rep, Roster, Router, RoutingRule
from leadflow.scoring import Rule, ScoringModel, Thresholds, TimelineAndSize

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FIELDS = {"email": "ada@lead.example", "phone": "5", "employees": 20}
MODEL = ScoringModel(
    "m",
    [
        Rule("form", 30, each=activity("form_submitted")),
        Rule("click", 15, each=activity("email_clicked")),
        Rule("vip", 40, when=tag("vip")),
    ],
)
LEADS = Pipeline.linear(
    "leads",
    [
        Stage("new", expected="2 days"),
        Stage("working", requires=["need"]),
        Stage("done", kind="won"),
        Stage("out", kind="lost"),
    ],
)
SALES = Pipeline.linear("sales", [Stage("talk"), Stage("won", kind="won")])
POLICY = DispositionPolicy(
    [Reason("price", next=[Tag("too dear"), CreateTask("offer", after="3 months")]), Reason("bad")]
)
ROSTER = Roster([Rep("ada"), Rep("bo", capacity=1)])
ROUTER = Router([RoutingRule("all", by=InTurn())])
WHOLE = Playbook(
    "whole",
    scoring=MODEL,
    rater=Thresholds(hot=60, warm=30),
    qualifier=Qualifier(field("score").at_least(60)),
    router=ROUTER,
    pipelines=[LEADS, SALES],
    policy=POLICY,
)


def lead(**given: Any) -> Lead:
    return Lead("L-7", NOON - DAY, fields=FIELDS, **given)  # type: ignore[arg-type]


def form(at: datetime = NOON, id: str | None = "E-1") -> Activity:
    return Activity("form_submitted", at, id=id)


def handle(
    playbook: Playbook, given: Lead, event: Event, roster: Roster | None = ROSTER, **asked: Any
) -> Outcome:
    return playbook.handle(given, event, roster, **{"as_of": event.at, **asked})


def with_rule(*then: Action, **parts: Any) -> Playbook:
    return attrs.evolve(
        WHOLE, automations=[When(happens("form_submitted"), then=then, name="r")], **parts
    )


def kinds(outcome: Outcome) -> list[str]:
    return [type(event).__name__ for event in outcome.events]


def results(outcome: Outcome) -> list[tuple[str, str]]:
    return [(each.outcome, each.because) for each in outcome.actions]


# Handling an event


def test_everything_derived_is_applied_in_one_order() -> None:
    outcome = handle(WHOLE, lead(tags=["vip"]), form())
    assert kinds(outcome) == [
        "Activity", "Scored", "Rated", "Qualification", "Assignment", "StageChange",
    ]  # fmt: skip
    assert [type(one).__name__ for one in outcome.decisions] == [
        "Score", "Rated", "Qualification", "Assignment", "StageChange",
    ]  # fmt: skip
    now = outcome.lead
    assert (now.score, now.rating, now.lifecycle, now.owner) == (70, "hot", "mql", "ada")
    assert (now.pipeline, now.stage) == ("leads", "new")
    assert outcome.roster is not None
    assert outcome.roster.workload("ada").open == 1
    assert outcome.score is not None
    assert outcome.score == MODEL.score(now, as_of=NOON)
    assert outcome.event == form()
    assert now == lead(tags=["vip"]).after(*outcome.events)


def test_every_part_may_be_left_out() -> None:
    outcome = handle(Playbook("bare"), lead(), form(), None)
    assert (outcome.decisions, outcome.actions, outcome.roster) == ((), (), None)
    assert outcome.events == (form(),)
    assert outcome.score is None
    assert outcome.held is None


def test_what_has_not_changed_is_not_written_again() -> None:
    first = handle(WHOLE, lead(), form())
    again = handle(WHOLE, first.lead, Tagged("x", NOON + HOUR, id="E-2"), first.roster)
    assert kinds(again) == ["Tagged"]
    assert again.score is not None


def test_a_repeated_event_changes_nothing_and_plans_nothing() -> None:
    playbook = with_rule(Notify("ada", "hello"))
    first = handle(playbook, lead(), form())
    again = handle(playbook, first.lead, form(), first.roster, as_of=NOON + DAY)
    assert again.lead is first.lead
    assert (again.events, again.actions, again.decisions) == ((), (), ())
    assert again.roster == first.roster
    assert again.notes == ("E-1 is in the log already",)
    assert again.explain() == "L-7: form submitted\n  E-1 is in the log already"
    with pytest.raises(ConflictingEvents):
        handle(playbook, first.lead, Activity("call", NOON, id="E-1"))


def test_an_event_without_an_id_counts_each_time() -> None:
    playbook = with_rule(Notify("ada", "hello"))
    first = handle(playbook, lead(), form(id=None))
    again = handle(playbook, first.lead, form(id=None), first.roster)
    assert [len(each.to_do) for each in (first, again)] == [1, 1]
    assert again.lead.score == 60


@pytest.mark.parametrize(
    ("event", "missing"),
    [
        (Scored(5, NOON), "Scored"),
        (Rated("warm", NOON), "Rated"),
        (Qualification("mql", NOON), "Qualification"),
        (Assignment("bo", NOON), "Assignment"),
        (StageChange("working", NOON, pipeline="leads"), "StageChange"),
        (Reopened("working", NOON, pipeline="leads"), "StageChange"),
        (Conversion("sales", "talk", NOON), "StageChange"),
    ],
)
def test_a_decision_event_is_applied_and_not_decided_again(event: Event, missing: str) -> None:
    outcome = handle(WHOLE, lead(tags=["vip"], score=99), event)
    assert outcome.events[0] == event
    assert missing not in kinds(outcome)[1:]


def test_an_assignment_by_hand_counts_in_the_roster_and_frees_the_owner_before() -> None:
    first = handle(WHOLE, lead(), form())
    moved = handle(WHOLE, first.lead, Assignment("bo", NOON + HOUR), first.roster)
    assert moved.roster is not None
    assert [moved.roster.workload(rep).open for rep in ("ada", "bo")] == [0, 1]
    assert moved.lead.owner == "bo"


def test_closing_frees_the_owner_once() -> None:
    first = handle(WHOLE, lead(), form())
    closed = handle(WHOLE, first.lead, Disposition("lost", NOON + HOUR, reason="bad"), first.roster)
    assert closed.roster is not None
    assert closed.roster.workload("ada").open == 0
    again = handle(
        WHOLE, closed.lead, Disposition("lost", NOON + 2 * HOUR, reason="bad"), closed.roster
    )
    assert again.roster == closed.roster


def test_a_lead_is_held_and_asked_again_later() -> None:
    full = Roster([Rep("bo", capacity=0)])
    outcome = handle(WHOLE, lead(), form(), full)
    assert outcome.held is not None
    assert outcome.lead.owner is None
    assert outcome.roster == full
    again = handle(WHOLE, outcome.lead, Tagged("x", NOON + HOUR), ROSTER)
    assert (again.lead.owner, again.held) == ("ada", None)


def test_closed_leads_are_not_routed() -> None:
    closed = lead(stage="out", pipeline="leads")
    assert handle(WHOLE, closed, form()).lead.owner is None
    ended = lead().after(Disposition("removed", NOON - HOUR))
    assert handle(WHOLE, ended, form()).lead.owner is None


def test_a_late_event_is_decided_upon_now() -> None:
    first = handle(WHOLE, lead(), form())
    late = Activity("email_clicked", NOON - HOUR, id="E-0")
    outcome = handle(WHOLE, first.lead, late, first.roster, as_of=NOON + DAY)
    assert outcome.lead.score == 45
    assert outcome.lead.events[0].at == NOON - HOUR
    assert {event.at for event in outcome.events[1:]} == {NOON + DAY}


def test_what_is_later_than_the_instant_stays() -> None:
    ahead = lead().after(Tagged("later", NOON + DAY))
    outcome = handle(WHOLE, ahead, form())
    assert outcome.lead.tags == {"later"}
    assert outcome.lead == ahead.after(*outcome.events)


def test_what_follows_from_an_event_of_the_same_instant_stands_after_it() -> None:
    playbook = with_rule(SetField("employees", 99))
    outcome = handle(playbook, lead(), FieldsSet({"employees": 5}, NOON, id="z"))
    again = handle(playbook, outcome.lead, form(id="y"), outcome.roster)
    assert again.lead.fields["employees"] == 99


def test_no_entry_into_the_first_stage_is_told() -> None:
    strict = Pipeline.linear(
        "strict", [Stage("new", entry=field("need").is_known()), Stage("won", kind="won")]
    )
    outcome = handle(attrs.evolve(WHOLE, pipelines=[strict]), lead(), form())
    assert outcome.lead.stage is None
    [note] = outcome.notes
    assert "need is known" in note
    assert note in outcome.explain()


def test_mixed_currencies_leave_the_lead_unrated_and_say_so() -> None:
    rater = TimelineAndSize(medium=Money(1, "EUR"), large=Money(2, "EUR"))
    outcome = handle(attrs.evolve(WHOLE, rater=rater), lead(deal_value=Money(5, "PLN")), form())
    assert outcome.lead.rating is None
    [note] = outcome.notes
    assert note.startswith("not rated: ")
    twice = handle(with_rule(Tag("a"), rater=rater), lead(deal_value=Money(5, "PLN")), form())
    assert twice.notes == (note,)


def test_rules_that_go_on_and_on_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leadflow.playbook.step._MOST_LEVELS", 2)
    chain = [
        When(happens("tagged", tag=f"t{n}"), then=[Tag(f"t{n + 1}")], name=f"r{n}")
        for n in range(5)
    ]
    outcome = handle(attrs.evolve(WHOLE, automations=chain), lead(), Tagged("t0", NOON))
    assert outcome.lead.tags == {"t0", "t1", "t2"}
    assert outcome.notes == ("stopped after 2 rounds of rules that set each other off",)


# What is done here


def test_tasks_tags_fields_and_unsubscriptions_are_put_into_the_log() -> None:
    then = (
        CreateTask("call", after="2 days"),
        Tag("a"),
        Untag("b"),
        SetField("n", 5),
        Unsubscribe(),
    )
    outcome = handle(with_rule(*then), lead(tags=["b"]), form())
    now = outcome.lead
    assert now.tags == {"a"}
    assert now.fields["n"] == 5
    [task] = now.tasks
    assert task.due == date(2026, 3, 4)
    assert now.activities_by_kind["email_unsubscribed"][0].data == {"automatic": True}
    assert [each.outcome for each in outcome.actions] == 5 * ["fired"]


def test_rules_set_off_others_until_nothing_follows() -> None:
    rules = [
        When(happens("form_submitted"), then=[Tag("vip")], name="vip"),
        When(ScoreReaches(60), then=[SetField("ready", True)], name="ready"),
        When(RatingBecomes("hot"), then=[CreateTask("call")], name="hot"),
        When(happens("fields_set", ready=True), then=[Notify("ada", "ready")], name="tell"),
    ]
    outcome = handle(attrs.evolve(WHOLE, automations=rules), lead(), form())
    assert [each.rule for each in outcome.to_do] == ["vip", "ready", "hot", "tell"]
    assert outcome.lead.rating == "hot"
    assert outcome.score is not None
    assert outcome.score.points == 70


def test_a_move_that_is_refused_is_skipped_with_every_reason() -> None:
    outcome = handle(with_rule(Move("working")), lead(), form())
    assert results(outcome) == [
        ("skipped", "cannot move L-7 from 'new' to 'working'; need is not known")
    ]
    ready = handle(with_rule(SetField("need", "sso"), Move("working", "asked")), lead(), form())
    assert ready.lead.stage == "working"
    assert [each.outcome for each in ready.actions] == ["fired", "fired"]


def test_a_lead_is_closed_with_its_next_steps() -> None:
    outcome = handle(with_rule(Dispose("unqualified", "price")), lead(), form())
    assert outcome.lead.disposition is not None
    assert outcome.lead.tags == {"too dear"}
    [task] = outcome.lead.tasks
    assert task.due == date(2026, 6, 2)
    assert [each.rule for each in outcome.to_do] == 1 * ["r"] + 2 * ["closed as unqualified: price"]
    assert outcome.roster is not None
    assert outcome.roster.workload("ada").open == 0
    refused = handle(with_rule(Dispose("unqualified")), lead(), form())
    assert refused.lead.disposition is None
    assert refused.actions[0].because.startswith("cannot close L-7 as unqualified")
    without = handle(with_rule(Dispose("unqualified"), policy=None), lead(), form())
    assert without.actions[0].because.startswith("policy: expected a disposition policy")


def test_a_disposition_that_is_handed_in_has_its_next_steps_once() -> None:
    closed = Disposition("unqualified", NOON, reason="price", id="D-1")
    outcome = handle(WHOLE, lead(), closed)
    assert outcome.lead.tags == {"too dear"}
    again = handle(WHOLE, outcome.lead, Tagged("x", NOON + HOUR), outcome.roster)
    assert again.to_do == ()
    removed = handle(WHOLE, lead(), Disposition("removed", NOON))
    assert removed.actions == ()


def test_a_deal_is_opened() -> None:
    outcome = handle(with_rule(Convert("sales"), qualifier=None), lead(), form())
    assert (outcome.lead.pipeline, outcome.lead.stage) == ("sales", "talk")
    playbook = with_rule(Convert("sales"), qualifier=None)
    again = handle(playbook, outcome.lead, form(NOON + DAY, "E-2"), outcome.roster)
    assert results(again) == [("skipped", "a deal in sales already")]
    refused = handle(with_rule(Convert("sales")), lead(), form())
    assert "sales has not accepted" in refused.actions[0].because
    unknown = handle(with_rule(Convert("sale")), lead(), form())
    assert "did you mean 'sales'" in unknown.actions[0].because


def test_an_owner_is_set_by_hand_and_anew_by_the_router() -> None:
    outcome = handle(with_rule(Assign("bo")), lead(), form())
    assert outcome.lead.owner == "bo"
    assert outcome.roster is not None
    assert [outcome.roster.workload(rep).open for rep in ("ada", "bo")] == [0, 1]
    anew = handle(with_rule(Assign()), lead(owner="ada"), form())
    assert anew.actions[0].because == "ada keeps the lead"
    full = Roster([Rep("ada", capacity=0)])
    held = handle(with_rule(Assign()), lead(owner="bo"), form(), full)
    assert held.actions[0].outcome == "skipped"
    assert held.held is not None
    least = Router([RoutingRule("all", by=LeastLoaded())])
    loaded = ROSTER.after(Assignment("ada", NOON - HOUR))
    moved = handle(with_rule(Assign(), router=least), lead(owner="ada"), form(), loaded)
    assert moved.lead.owner == "bo"
    nobody = handle(with_rule(Assign(), router=None), lead(), form())
    assert nobody.actions[0].because == "no router, or no roster given"
    gone = handle(with_rule(Assign("gone")), lead(), form())
    assert gone.lead.owner == "gone"


def test_an_override_of_the_owner_stands() -> None:
    over = Overridden("owner", "bo", NOON - HOUR, reason="old friends")
    outcome = handle(WHOLE, lead().after(over), form())
    assert outcome.lead.owner == "bo"


# Messages, content and split tests


def test_a_message_is_planned_once_and_remembered() -> None:
    library = [Content("guide", "Guide")]
    playbook = with_rule(SendMessage(), library=library)
    first = handle(playbook, lead(), form())
    [sent] = first.to_do
    assert sent.content == "guide"
    assert first.lead.activities_by_kind["message_planned"][0].channel == "email"
    assert first.lead.attempts() == ()
    again = handle(playbook, first.lead, form(NOON + HOUR, "E-2"), first.roster)
    assert results(again) == [("skipped", "nothing in the library fits")]


def test_the_arm_of_a_split_is_written_once_and_read_as_a_field() -> None:
    split = Split("subject", {"a": 1, "b": 1})
    arm = split.arm("L-7")
    playbook = attrs.evolve(
        WHOLE,
        splits=[split],
        automations=[
            When(happens("form_submitted"), field(split.field).equals(arm), [Tag("in")], name="r")
        ],
    )
    first = handle(playbook, lead(), form())
    assert first.lead.tags == {"in"}
    again = handle(playbook, first.lead, form(NOON + HOUR, "E-2"), first.roster)
    assert "FieldsSet" not in kinds(again)


# Sequences


NURTURE = Sequence(
    "nurture",
    [
        Step("hello", None, [SendMessage("hello")]),
        Step("later", "2 days", branches=[Branch([Tag("clicked")], activity("email_clicked"))]),
    ],
)


def test_a_lead_is_enrolled_goes_on_and_is_withdrawn() -> None:
    playbook = with_rule(Enrol("nurture"), sequences=[NURTURE])
    outcome = handle(playbook, lead(), form())
    assert [each.content for each in outcome.to_do if each.content] == ["hello"]
    begun = enrolment(outcome.lead, "nurture")
    assert begun is not None
    assert begun.is_open
    again = handle(playbook, outcome.lead, form(NOON + HOUR, "E-2"), outcome.roster)
    assert results(again) == [("skipped", "enrolled since 2026-03-02")]
    click = Activity("email_clicked", NOON + HOUR, id="E-3")
    clicked = handle(WHOLE, outcome.lead, click, outcome.roster)
    clicked = handle(playbook, outcome.lead, click, outcome.roster)
    reviewed = playbook.review([clicked.lead], NOON + 2 * DAY, roster=clicked.roster)
    assert "clicked" in reviewed.leads[0].tags
    out = with_rule(Withdraw("nurture"), sequences=[NURTURE])
    left = handle(out, outcome.lead, form(NOON + 2 * HOUR, "E-4"), outcome.roster)
    now = enrolment(left.lead, "nurture")
    assert now is not None
    assert not now.is_open
    never = handle(out, lead(), form())
    assert results(never) == [("skipped", "not in nurture")]


def test_a_lead_that_comes_to_meet_the_condition_is_enrolled() -> None:
    fans = attrs.evolve(NURTURE, when=field("score").at_least(30))
    playbook = attrs.evolve(WHOLE, sequences=[fans])
    outcome = handle(playbook, lead(), form())
    assert enrolment(outcome.lead, "nurture") is not None


def test_time_may_bring_a_lead_to_meet_the_condition() -> None:
    fading = attrs.evolve(NURTURE, when=field("met").older_than("3 days"))
    playbook = attrs.evolve(WHOLE, sequences=[fading])
    known = Lead("L", NOON, fields={**FIELDS, "met": NOON.date()})  # type: ignore[dict-item]
    late = NOON + 4 * DAY
    assert enrolment(playbook.review([known], late).leads[0], "nurture") is None
    since = playbook.review([known], late, NOON + DAY).leads[0]
    assert enrolment(since, "nurture") is not None


def test_an_enrolment_may_begin_later() -> None:
    playbook = with_rule(Enrol("nurture", after="3 days"), sequences=[NURTURE])
    outcome = handle(playbook, lead(), form())
    assert enrolment(outcome.lead, "nurture") is None
    early = playbook.review([outcome.lead], NOON + 2 * DAY)
    assert enrolment(early.leads[0], "nurture") is None
    on_time = playbook.review([outcome.lead], NOON + 3 * DAY)
    begun = enrolment(on_time.leads[0], "nurture")
    assert begun is not None
    assert begun.round == 1
    again = playbook.review(on_time.leads, NOON + 4 * DAY)
    assert not any(isinstance(each.action, Enrol) for each in again.to_do)


def test_a_step_waits_for_the_window_and_is_told() -> None:

    morning = attrs.evolve(NURTURE, window=SendWindow({"mon-sun": "08:00-10:00"}))
    outcome = handle(with_rule(Enrol("nurture"), sequences=[morning]), lead(), form())
    assert ("skipped", NOON + 20 * HOUR) in [(each.outcome, each.until) for each in outcome.actions]


# Review


def test_each_thing_is_planned_once_however_often_it_is_asked() -> None:
    playbook = attrs.evolve(
        WHOLE, automations=[When(Silence("3 days"), then=[Notify("ada", "silent")], name="s")]
    )
    known = handle(playbook, lead(), form())
    at = NOON + 3 * DAY
    first = playbook.review([known.lead], at, roster=known.roster)
    assert len(first.to_do) == 1
    assert len(playbook.review([known.lead], at, roster=known.roster).to_do) == 1
    assert playbook.review(first.leads, at, roster=first.roster).to_do == ()
    assert len(playbook.review(first.leads, at + DAY, roster=first.roster)) == 0


def test_what_fades_is_scored_anew_and_may_cross_a_line() -> None:

    fading = ScoringModel("m", [Rule("form", 30, each=activity("form_submitted").within("9 days"))])
    fell = When(ScoreFallsBelow(30), then=[Tag("cooled")], name="cooled")
    playbook = attrs.evolve(WHOLE, scoring=fading, automations=[fell])
    known = handle(playbook, lead(), form())
    reviewed = playbook.review([known.lead], NOON + 10 * DAY)
    assert reviewed.leads[0].score == 0
    assert reviewed.leads[0].tags == {"cooled"}
    assert reviewed[0].event is None
    assert reviewed[0].explain().startswith("L-7: time has passed")


def test_a_review_is_a_sequence_and_shows_itself() -> None:
    reviewed = WHOLE.review([lead(), Lead("L-8", NOON)], NOON, roster=ROSTER)
    assert len(reviewed) == 2
    assert [each.lead.id for each in reviewed[:1]] == ["L-7"]
    assert [each.lead.owner for each in reviewed] == ["ada", "bo"]
    assert repr(reviewed) == "Reviewed(2 of 2 leads, 0 to do)"
    assert "<table" in reviewed._repr_html_()


# The outcome


def test_an_outcome_tells_its_story() -> None:
    outcome = handle(with_rule(Notify("ada", "hello")), lead(), form())
    assert str(outcome).splitlines() == [
        "L-7: form submitted",
        "  L-7: 30 points (fit 0, engagement 30) by m version 1 as of 2026-03-02 12:00 UTC",
        "    +30  form: each form_submitted",
        "  rated warm: score 30 is at least 30",
        "  assigned to ada: rule 'all': always; first in turn",
        "  moved to new",
        "  fired: notify ada: hello (r: form_submitted happens)",
    ]
    assert repr(outcome) == "Outcome('L-7', 4 decisions, 1 to do)"
    assert "<table" in outcome._repr_html_()
    held = handle(WHOLE, lead(), form(), Roster([Rep("bo", capacity=0)]))
    assert "L-7 held: " in held.explain()


# Work and limits in the playbook's own terms


def test_the_worklist_has_the_playbooks_order_and_channels() -> None:
    playbook = Playbook(
        "p", pipelines=[LEADS], order=HOT_FIRST, procedures=[Procedure("cold", channels=["email"])]
    )
    cold = Lead("C", NOON - DAY, rating="cold", fields=FIELDS)  # type: ignore[arg-type]
    hot = Lead("H", NOON - HOUR, rating="hot", fields=FIELDS)  # type: ignore[arg-type]
    warm = Lead("W", NOON - 2 * HOUR, rating="warm", fields=FIELDS)  # type: ignore[arg-type]
    work = playbook.worklist([cold, warm, hot], NOON)
    assert [(item.place, item.lead.id) for item in work] == [(1, "H"), (2, "W")]
    [left] = work.left_out
    assert (left.lead.id, left.code) == ("C", "may_not_contact")
    assert left.because == "cold leads are contacted by email only"
    meeting = cold.after(*handle(Playbook("t", automations=[
        When(happens("form_submitted"), then=[CreateTask("meeting")], name="m")]), cold, form()).events)  # fmt: skip
    assert len(playbook.worklist([meeting], NOON)) == 1


def test_the_worklist_is_made_with_the_playbooks_pipelines_gate_and_order() -> None:
    quoting = Pipeline.linear(
        "leads", [Stage("new", respond_within="2 hours"), Stage("won", kind="won")]
    )
    playbook = Playbook("p", pipelines=[quoting], order=HOT_FIRST, time_zone="Asia/Tokyo")
    leads = [
        Lead(id, NOON - DAY, rating=rating, stage="new", pipeline="leads", fields=FIELDS)  # type: ignore[arg-type]
        for id, rating in (("A", "cold"), ("B", "hot"))
    ]
    rules = attrs.evolve(playbook.contact, time_zone="Asia/Tokyo")
    parts: dict[str, Any] = {"pipeline": [quoting], "order": HOT_FIRST, "rules": rules}
    afternoon, evening = NOON - 4 * HOUR, NOON  # where the leads are
    work = playbook.worklist(leads, afternoon)
    assert work == worklist(leads, afternoon, **parts)
    assert [item.lead.id for item in work] == ["B", "A"]
    assert work.order == HOT_FIRST
    assert work[0].action.due == NOON - DAY + 2 * HOUR
    assert len(playbook.worklist(leads, evening)) == 0
    task = TaskSet("T", NOON - DAY, due=date(2026, 3, 3), kind="offer")
    tomorrow = [leads[0].after(task)]
    late = NOON + 4 * HOUR  # the 3rd in Tokyo
    found = [len(playbook.worklist(tomorrow, late, zone=zone)) for zone in ("UTC", "Asia/Tokyo")]
    assert found == [0, 1]


def test_what_the_worklist_leaves_out_is_by_lead_and_keeps_what_may_be_done() -> None:
    playbook = Playbook("p", pipelines=[LEADS], procedures=[Procedure("cold", channels=["email"])])
    fields = {"C": FIELDS, "A": FIELDS, "B": {"do_not_contact": True}}
    leads = [Lead(id, NOON - DAY, rating="cold", fields=given) for id, given in fields.items()]  # type: ignore[arg-type]
    writes = TaskSet("T", NOON - DAY, due=NOON.date(), kind="email")
    leads.append(Lead("D", NOON - DAY, rating="cold", fields=FIELDS).after(writes))  # type: ignore[arg-type]
    unrated = Lead("E", NOON - DAY, fields=FIELDS)  # type: ignore[arg-type]
    work = playbook.worklist([*leads, unrated], NOON)
    assert sorted(item.lead.id for item in work) == ["D", "E"]
    assert [item.place for item in work] == [1, 2]
    assert [left.lead.id for left in work.left_out] == ["A", "B", "C"]


def test_breaches_are_those_of_the_playbook_and_of_each_procedure() -> None:
    strict = ResponseLimits(contact_within="1 minute", cliff=None, leave_new_within=None)
    playbook = Playbook(
        "p",
        pipelines=[LEADS],
        limits=ResponseLimits(contact_within="2 hours", cliff=None, leave_new_within=None),
        procedures=[Procedure("hot", limits=strict), Procedure("cold")],
    )
    hot = Lead("H", NOON - HOUR, rating="hot", stage="new", pipeline="leads")
    cold = Lead("C", NOON - HOUR, rating="cold", stage="new", pipeline="leads")
    own, of_hot = playbook.breaches([hot, cold], NOON)
    assert [breach.lead for breach in own.broken] == []
    assert [breach.lead for breach in of_hot.broken] == ["H"]


def test_breaches_are_counted_in_the_playbooks_hours_and_pipelines() -> None:
    strict = ResponseLimits(contact_within="2 hours", cliff=None, leave_new_within="3 hours")
    playbook = Playbook(
        "p",
        pipelines=[LEADS],
        hours=WorkingHours({"mon-fri": "11:00-17:00"}),
        limits=strict,
        procedures=[Procedure("hot", limits=attrs.evolve(strict, contact_within="1 hour"))],
    )
    leads = [
        Lead(id, NOON - DAY, rating=rating, stage="new", pipeline="leads")
        for id, rating in (("C", "cold"), ("H", "hot"))
    ]
    own, of_hot = playbook.breaches(leads, NOON + HOUR + HOUR / 2)
    assert [(each.lead, each.limit) for each in own.broken] == [("C", "contact_within")]
    assert [(each.lead, each.limit) for each in of_hot.broken] == [("H", "contact_within")]
    own, of_hot = playbook.breaches(leads, NOON + HOUR / 2)
    assert (own.broken, len(of_hot.broken)) == ((), 1)
    own, _ = playbook.breaches(leads, NOON + 3 * HOUR)
    assert [each.limit for each in own.broken] == ["contact_within", "leave_new_within"]


def test_a_pipeline_is_found_by_its_key_and_the_first_without_one() -> None:
    assert (WHOLE.pipeline("sales"), WHOLE.pipeline(None)) == (SALES, LEADS)
    with pytest.raises(InvalidValue, match="pipeline: expected the key of a pipeline"):
        Playbook("p").pipeline(None)


def test_what_is_only_blocked_is_in_a_review_too() -> None:
    silent = When(Silence("1 day"), then=[SendMessage("m")], name="s")
    [found] = Playbook("p", automations=[silent]).review([Lead("L", NOON)], NOON + DAY)
    assert ([each.outcome for each in found.actions], found.events) == (["blocked"], ())


def test_a_loop_through_the_score_is_found_when_the_playbook_is_built() -> None:
    loops = [
        When(ScoreReaches(40), then=[Untag("vip")], name="off"),
        When(ScoreFallsBelow(40), then=[Tag("vip")], name="on"),
    ]
    with pytest.raises(InvalidDefinition, match="loop: 'o"):
        Playbook("p", scoring=MODEL, automations=loops)
    assert Playbook("p", automations=loops).automations


@pytest.mark.parametrize(
    "part",
    [
        *("schema", "scoring", "rater", "grid", "qualifier", "router", "pipelines", "policy"),
        *("automations", "procedures", "sequences", "splits", "library", "forms", "segments"),
        *("contact", "hours", "limits", "order", "time_zone", "version"),
    ],
)
def test_each_part_has_its_kind_and_is_given_by_its_name(part: str) -> None:
    with pytest.raises(LeadflowError, match=part):
        Playbook("p", **{part: 5})  # type: ignore[arg-type]
    assert attrs.fields_dict(Playbook)[part].kw_only


@pytest.mark.parametrize(
    "part", ["pipelines", "procedures", "splits", "library", "forms", "segments"]
)
def test_what_there_is_several_of_may_come_in_any_iterable(part: str) -> None:
    values: dict[str, Any] = {
        "pipelines": LEADS,
        "procedures": Procedure("hot"),
        "splits": Split("s", {"a": 1, "b": 1}),
        "library": Content("c", "C"),
        "forms": Form("f", {"mail": "email"}),
        "segments": Segment("s", field("n").is_known()),
    }
    one = values[part]
    once: dict[str, Any] = {part: iter([one])}
    assert getattr(Playbook("p", **once), part) == (one,)
    twice: dict[str, Any] = {part: [one, one]}
    with pytest.raises(InvalidDefinition, match=rf"{part}\[1\]"):
        Playbook("p", **twice)


def test_more_rules_than_there_may_be_are_told_of_the_automations() -> None:
    rule = When(ScoreReaches(1), then=[Tag("a")], name="r")
    with pytest.raises(InvalidDefinition, match="automations: at most 10,000 rules"):
        Playbook("p", automations=[rule] * 10_001)


def test_a_roster_is_asked_for_even_where_nothing_is_routed() -> None:
    with pytest.raises(InvalidValue, match="roster: expected a Roster"):
        Playbook("p").handle(lead(), form(), "r", as_of=NOON)  # type: ignore[arg-type]


def test_a_zone_that_is_not_known_is_the_playbooks() -> None:
    playbook = with_rule(CreateTask("call"), SendMessage("m", "sms"), time_zone="Asia/Tokyo")
    night = NOON + 6 * HOUR
    outcome = handle(playbook, lead(), form(night))
    assert [each.outcome for each in outcome.actions] == ["fired", "blocked"]
    assert outcome.actions[1].until == datetime(2026, 3, 2, 23, tzinfo=UTC)
    own = attrs.evolve(playbook, contact=attrs.evolve(playbook.contact, time_zone="UTC"))
    assert [each.outcome for each in handle(own, lead(), form(NOON)).actions] == 2 * ["fired"]


# Procedures


def test_a_procedure_is_rules() -> None:
    warm = Procedure("warm", [CreateTask("call")], on_dates={"due": [CreateTask("call", "due")]})
    assert [rule.name for rule in warm.rules] == ["procedure: warm", "procedure: warm, due"]
    assert Procedure("hot").rules == ()
    dated = Procedure("hot", on_dates={"due": [Tag("due")]})
    assert [rule.name for rule in dated.rules] == ["procedure: hot, due"]


# What is refused


@pytest.mark.parametrize(
    ("build", "error", "words"),
    [
        (lambda: handle(WHOLE, "L", form()), InvalidValue, "lead: expected a Lead"),  # type: ignore[arg-type]
        (lambda: WHOLE.handle(lead(), "x", as_of=NOON), InvalidValue, "event: expected an event"),  # type: ignore[arg-type]
        (
            lambda: WHOLE.handle(lead(), form(NOON + HOUR), as_of=NOON),
            InvalidValue,
            "event.at: expected an event that has happened, got .*, after as_of",
        ),
        (lambda: handle(WHOLE, lead(), form(), "r"), InvalidValue, "roster: expected a Roster"),  # type: ignore[arg-type]
        (
            lambda: WHOLE.handle(lead(), form(), as_of=datetime(2026, 3, 3)),
            NaiveDatetime,
            "as_of",
        ),
        (lambda: WHOLE.review(["x"], NOON), InvalidValue, r"leads\[0\]: expected a Lead"),  # type: ignore[list-item]
        (lambda: WHOLE.review([], datetime(2026, 3, 3)), NaiveDatetime, "as_of"),
        (lambda: WHOLE.review([], NOON, datetime(2026, 3, 3)), NaiveDatetime, "since"),
        (lambda: WHOLE.pipeline("sale"), InvalidValue, "did you mean 'sales'"),
        (lambda: Playbook(""), InvalidValue, "Playbook.name: .* not blank"),
        (lambda: Playbook("p", scoring="m"), InvalidValue, "Playbook 'p' scoring: .*ScoringModel"),  # type: ignore[arg-type]
        (lambda: Playbook("p", rater="r"), InvalidValue, "Playbook.rater: expected a Rater"),  # type: ignore[arg-type]
        (lambda: Playbook("p", pipelines=["x"]), InvalidDefinition, r"pipelines\[0\]: .* Pipeline"),  # type: ignore[list-item]
        (
            lambda: Playbook("p", pipelines=[LEADS, LEADS]),
            InvalidDefinition,
            r"pipelines\[1\].key: 'leads' is that of pipelines\[0\] too",
        ),
        (lambda: Playbook("p", automations="x"), InvalidValue, "Playbook.automations"),  # type: ignore[arg-type]
        (
            lambda: Playbook("p", automations=[When(ScoreReaches(1), then=[Tag("a"), Untag("a")])]),
            InvalidDefinition,
            r"automations\[0\].then: contradiction",
        ),
        (
            lambda: Playbook(
                "p",
                procedures=[Procedure("hot", [Tag("a"), Untag("a")])],
                sequences=["x"],  # type: ignore[list-item]
            ),
            InvalidDefinition,
            r"procedures\[0\].then: contradiction.*\n?.*sequences\[0\]: expected a Sequence",
        ),
        (lambda: Procedure(""), InvalidValue, "Procedure.rating"),
        (lambda: Procedure("hot", on_dates="x"), InvalidValue, "on_dates: expected a mapping"),  # type: ignore[arg-type]
        (lambda: Procedure("hot", [5]), InvalidValue, r"Procedure.then\[0\]: expected an action"),  # type: ignore[list-item]
        (lambda: Procedure("hot", channels=[5]), InvalidValue, "Procedure.channels"),  # type: ignore[list-item]
        (lambda: Playbook("p", hours="x"), InvalidValue, "WorkingHours"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_is_refused(build: Any, error: type[LeadflowError], words: str) -> None:
    with pytest.raises(error, match=words):
        build()


def test_a_playbook_is_named_in_its_repr() -> None:
    assert repr(WHOLE) == "Playbook('whole', version '1')"
    assert attrs.evolve(WHOLE, hours=WorkingHours({"mon-fri": "09:00-17:00"})).hours is not None

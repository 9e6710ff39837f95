"""One step: what an action does to the log, to the roster and to what follows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import attrs
import pytest

from leadflow import Activity, Lead, activity, field, merge, tag
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
    Untag,
    Withdraw,
)
from leadflow.automation import (
    Content,
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
from leadflow.automation.effect import FIRED
from leadflow.contact import ContactRules
from leadflow.disposition import DispositionPolicy, Reason
from leadflow.errors import ConflictingEvents
from leadflow.events import (
    Assignment,
    Disposition,
    Event,
    FieldsSet,
    Note,
    Reopened,
    Snoozed,
    StageChange,
    Tagged,
)
from leadflow.pipeline import Pipeline, Stage
from leadflow.playbook import Outcome, Playbook
from leadflow.routing import InTurn, Rep, Roster, Router, RoutingRule
from leadflow.scoring import Rule, ScoringModel

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ROSTER = Roster([Rep("ada"), Rep("bo")])
POLICY = DispositionPolicy([Reason("bad", next=[Tag("b")])], next={"lost": [Tag("lost")]})
LEADS = Pipeline.linear("leads", [Stage("new"), Stage("won", kind="won")])
SALES = Pipeline.linear("sales", [Stage("talk"), Stage("won", kind="won")])
WHOLE = Playbook(
    "whole",
    scoring=ScoringModel("m", [Rule("form", 30, each=activity("form_submitted"))]),
    router=Router([RoutingRule("all", by=InTurn())]),
    pipelines=[LEADS, SALES],
)
HELLO = Sequence("hello", [Step("one", None, [SendMessage("one")]), Step("two", "1 day")])


def lead(**given: Any) -> Lead:
    fields = {"email": "ada@lead.example", "phone": "5"}
    return Lead("L-7", NOON - DAY, fields={**fields, **given})


def form(at: datetime = NOON, id: str = "E-1") -> Activity:
    return Activity("form_submitted", at, id=id)


def handle(playbook: Playbook, given: Lead, event: Event, roster: Roster | None = None) -> Outcome:
    return playbook.handle(given, event, roster, as_of=event.at)


def with_rule(*then: Action, **parts: Any) -> Playbook:
    rule = When(happens("form_submitted"), then=then, name="r")
    return attrs.evolve(WHOLE, automations=[rule], **parts)


def told(outcome: Outcome) -> list[tuple[str, str, str]]:
    return [(each.outcome, str(each.action), each.because) for each in outcome.actions]


def units(roster: Roster | None) -> dict[str, int]:
    assert roster is not None
    return {rep.id: roster.workload(rep.id).open for rep in roster}


# The log


def test_the_log_remembers_each_rule_that_fired_once_for_all_its_actions() -> None:
    outcome = handle(with_rule(Tag("a"), Tag("b"), Notify("ada", "x")), lead(), form())
    [fired] = outcome.lead.activities_by_kind[FIRED]
    assert fired.data == {"rule": "r"}
    assert {each.firing for each in outcome.actions} == {fired.id}
    assert [each.key for each in outcome.actions] == [f"{fired.id}-{place}" for place in range(3)]


def test_a_rule_of_which_nothing_was_done_leaves_no_trace() -> None:
    outcome = handle(with_rule(Withdraw("hello"), sequences=[HELLO]), lead(), form())
    assert told(outcome) == [("skipped", "withdraw from hello", "not in hello")]
    assert FIRED not in outcome.lead.activities_by_kind


def test_what_two_rules_ask_for_is_done_in_the_order_of_the_rules() -> None:
    unknown = field("n").is_unknown()
    one = When(ScoreReaches(30), unknown, [SetField("n", 1)], name="one")
    two = When(happens("form_submitted"), unknown, [SetField("n", 2)], name="two")
    for rules, last in (([one, two], 2), ([two, one], 1)):
        outcome = handle(attrs.evolve(WHOLE, automations=rules), lead(), form())
        assert [each.rule for each in outcome.to_do] == [rule.name for rule in rules]
        assert outcome.lead.fields["n"] == last


def test_what_is_done_bears_the_key_by_which_it_was_planned() -> None:
    late = Lead("L-7", NOON, time_zone="Asia/Tokyo", fields={"email": "a@b.example"})
    actions = (
        Tag("a"), CreateTask("offer", after="1 day"), SendMessage("m"), Assign("bo"),
        Enrol("hello", after="1 day"),
    )  # fmt: skip
    outcome = handle(with_rule(*actions, sequences=[HELLO]), late, form(NOON + 6 * HOUR))
    events = {event.id: event for event in outcome.events}
    done = [events[each.key] for each in outcome.to_do]
    assert [type(each).__name__ for each in done] == [
        "Tagged", "TaskSet", "Activity", "Assignment", "Activity",
    ]  # fmt: skip
    [task] = outcome.lead.tasks
    assert task.due == date(2026, 3, 4)  # it is the 3rd already where the lead is
    [given] = [each for each in done if isinstance(each, Assignment)]
    assert given.because == ("r",)


def test_what_a_closing_and_a_move_say_is_kept() -> None:
    closing = with_rule(Dispose("unqualified", "bad", "by rule"), policy=POLICY)
    closed = handle(closing, lead(), form()).lead.disposition
    assert closed is not None
    assert (closed.reason, closed.note) == ("bad", "by rule")
    moved = handle(with_rule(Move("won", "signed")), lead(), form())
    assert [event.reason for event in moved.events if isinstance(event, StageChange)] == [
        None,
        "signed",
    ]


def test_next_steps_are_named_after_the_outcome_and_its_reason() -> None:
    playbook = attrs.evolve(WHOLE, policy=POLICY)
    for reason, name in (("bad", "closed as lost: bad"), (None, "closed as lost")):
        outcome = handle(playbook, lead(), Disposition("lost", NOON, reason=reason))
        assert {each.rule for each in outcome.actions} == {name}


def test_a_note_and_a_snooze_are_handled_like_any_event() -> None:
    seen = When(happens("note"), then=[Tag("noted")], name="n")
    playbook = attrs.evolve(WHOLE, automations=[seen])
    assert handle(playbook, lead(), Note("called back", NOON)).lead.tags == {"noted"}
    snoozed = Snoozed((NOON + DAY).date(), NOON, reason="away")
    assert handle(playbook, lead(), snoozed).actions == ()


# The log goes on beyond the instant


def later(playbook: Playbook, at: datetime = NOON) -> Outcome:
    """Handle a form, then another of an earlier day at its own instant."""
    first = handle(playbook, lead(), form(at), ROSTER)
    return handle(playbook, first.lead, form(at - HOUR, "E-0"), first.roster)


def test_an_owner_a_stage_and_an_arm_that_are_given_later_are_not_given_again() -> None:
    outcome = later(attrs.evolve(WHOLE, splits=[Split("s", {"a": 1, "b": 1})]))
    assert [type(event).__name__ for event in outcome.events] == ["Activity", "Scored"]
    assert outcome.lead.owner == "ada"
    assert units(outcome.roster) == {"ada": 1, "bo": 0}
    assert (
        outcome.lead.score == 30
    )  # that of the latest event: it is scored anew by the next review


def test_a_message_that_was_planned_later_is_not_planned_again() -> None:
    outcome = later(with_rule(SendMessage("guide")))
    assert told(outcome)[0][0] == "skipped"
    assert outcome.actions[0].because == "guide was sent or planned on 2026-03-02"
    library = [Content("guide", "Guide"), Content("news", "News")]
    assert later(with_rule(SendMessage(), library=library)).to_do[0].content == "news"


def test_a_rule_that_time_set_off_later_is_not_set_off_again() -> None:
    silent = When(Silence("2 days"), then=[Notify("ada", "silent")], name="s")
    playbook = attrs.evolve(WHOLE, automations=[silent])
    reviewed = playbook.review([lead()], NOON + 5 * DAY)
    assert len(reviewed.to_do) == 1
    assert playbook.review(reviewed.leads, NOON + 3 * DAY).to_do == ()


def test_a_sequence_stands_still_at_an_instant_before_its_last_step() -> None:
    enrolling = with_rule(Enrol("hello"), sequences=[HELLO])
    first = handle(enrolling, lead(), form())
    gone_on = enrolling.review([first.lead], NOON + 2 * DAY).leads[0]
    between = handle(enrolling, gone_on, form(NOON + DAY, "E-2"))
    [again] = between.actions
    assert again.because == "round 1 went on until 2026-03-04"
    assert enrolment(between.lead, "hello") == enrolment(gone_on, "hello")
    leaving = with_rule(Withdraw("hello"), sequences=[HELLO])
    assert handle(leaving, gone_on, form(NOON + DAY, "E-2")).to_do == ()


def test_a_deal_that_was_opened_later_is_not_opened_again() -> None:
    outcome = later(with_rule(Convert("sales")))
    assert told(outcome) == [("skipped", "open a deal in sales", "a deal in sales already")]


# The roster


def test_a_late_assignment_moves_nobodys_units() -> None:
    first = handle(WHOLE, lead(), form(), ROSTER)
    late = Assignment("bo", NOON - HOUR)
    outcome = WHOLE.handle(first.lead, late, first.roster, as_of=NOON + DAY)
    assert outcome.lead.owner == "ada"
    assert units(outcome.roster) == {"ada": 1, "bo": 0}


def test_a_lead_that_is_reopened_counts_again_and_frees_its_units_each_time_it_is_closed() -> None:
    roster = ROSTER.after(Assignment("ada", NOON - DAY))  # another lead's
    outcome = WHOLE.handle(lead(), Assignment("ada", NOON), roster, as_of=NOON)
    counts = [units(outcome.roster)["ada"]]
    events: list[Event] = [
        Disposition("lost", NOON + HOUR, reason="x"),
        Reopened("new", NOON + 2 * HOUR, pipeline="leads"),
        Disposition("lost", NOON + 3 * HOUR, reason="x"),
    ]
    for event in events:
        outcome = handle(WHOLE, outcome.lead, event, outcome.roster)
        counts.append(units(outcome.roster)["ada"])
    assert counts == [2, 1, 2, 1]


def test_a_lead_that_was_reopened_and_given_to_another_counts_there() -> None:
    outcome = handle(WHOLE, lead(), form(), ROSTER)
    for event in (
        Disposition("lost", NOON + HOUR, reason="x"),
        Reopened("new", NOON + 2 * HOUR, pipeline="leads"),
        Assignment("bo", NOON + 3 * HOUR),
    ):
        outcome = handle(WHOLE, outcome.lead, event, outcome.roster)
    assert units(outcome.roster) == {"ada": 0, "bo": 1}


def test_an_owner_of_before_the_log_is_freed_too() -> None:
    roster = ROSTER.after(Assignment("ada", NOON - DAY))
    owned = Lead("L-7", NOON - DAY, owner="ada")
    moved = handle(WHOLE, owned, Assignment("bo", NOON), roster)
    assert units(moved.roster) == {"ada": 0, "bo": 1}
    closed = handle(WHOLE, owned, Disposition("lost", NOON, reason="x"), roster)
    assert units(closed.roster) == {"ada": 0, "bo": 0}
    nobody = handle(WHOLE, lead(), Disposition("lost", NOON, reason="x"), roster)
    assert nobody.roster == roster


def test_a_lead_that_is_held_is_told_once_and_no_more_once_an_action_finds_an_owner() -> None:
    full = Roster([Rep("ada", capacity=0), Rep("bo", capacity=0)])
    playbook = with_rule(Tag("a"), Assign("bo"))
    outcome = handle(playbook, lead(), form(), full)
    assert outcome.lead.owner == "bo"
    assert outcome.held is not None  # why the router could not
    again = handle(with_rule(Tag("a")), lead(), form(), full)
    assert [type(one).__name__ for one in again.decisions].count("Held") == 1


def test_a_disposition_that_does_not_end_the_work_frees_nobody_and_is_routed() -> None:
    qualified = handle(WHOLE, lead(), Disposition("qualified", NOON), ROSTER)
    assert qualified.lead.owner == "ada"
    again = handle(WHOLE, qualified.lead, Disposition("qualified", NOON + HOUR), qualified.roster)
    assert units(again.roster) == {"ada": 1, "bo": 0}


def test_without_a_roster_owners_are_set_and_nobody_counts() -> None:
    outcome = handle(WHOLE, lead(), Assignment("bo", NOON))
    assert (outcome.lead.owner, outcome.roster) == ("bo", None)


# Sequences


def test_a_rule_and_a_sequences_own_condition_enrol_a_lead_once() -> None:
    fans = attrs.evolve(HELLO, when=tag("vip"))
    rule = When(happens("tagged", tag="vip"), then=[Enrol("hello")], name="r")
    playbook = attrs.evolve(WHOLE, sequences=[fans], automations=[rule])
    outcome = handle(playbook, lead(), Tagged("vip", NOON))
    assert len(outcome.lead.activities_by_kind["sequence_enrolled"]) == 1
    assert [each.content for each in outcome.to_do if each.content] == ["one"]


def test_a_step_that_waits_is_told_once_however_much_else_follows() -> None:
    rules = [
        When(happens("form_submitted"), then=[Enrol("hello"), Tag("a")], name="1"),
        When(happens("tagged", tag="a"), then=[Tag("b")], name="2"),
        When(happens("tagged", tag="b"), then=[Tag("c")], name="3"),
    ]
    early = attrs.evolve(HELLO, window=SendWindow({"mon-sun": "08:00-10:00"}))
    outcome = handle(attrs.evolve(WHOLE, automations=rules, sequences=[early]), lead(), form())
    waiting = [each for each in outcome.actions if each.outcome == "skipped"]
    assert [(each.rule, each.until) for each in waiting] == [
        ("sequence hello, one", NOON + 20 * HOUR)
    ]
    assert len(outcome.to_do) == 4


def test_what_else_was_skipped_is_told_beside_a_step_that_waits() -> None:
    rules = [
        When(happens("form_submitted"), then=[Enrol("hello"), Untag("x")], name="1"),
        When(happens("sequence_enrolled"), then=[Tag("b")], name="2"),
    ]
    early = attrs.evolve(HELLO, window=SendWindow({"mon-sun": "08:00-10:00"}))
    outcome = handle(attrs.evolve(WHOLE, automations=rules, sequences=[early]), lead(), form())
    assert [(each.outcome, each.rule) for each in outcome.actions] == [
        ("fired", "1"),
        ("skipped", "1"),
        ("fired", "2"),
        ("skipped", "sequence hello, one"),
    ]


def test_a_window_is_that_of_the_playbooks_zone_where_no_other_is_known() -> None:
    early = attrs.evolve(HELLO, window=SendWindow({"mon-sun": "21:00-22:00"}))
    playbook = with_rule(Enrol("hello"), sequences=[early], time_zone="Asia/Tokyo")
    assert [each.outcome for each in handle(playbook, lead(), form()).actions] == 2 * ["fired"]


def test_leaving_is_no_action_and_names_no_step() -> None:
    last = Sequence("hello", [Step("one", None, [Tag("seen")])])
    outcome = handle(with_rule(Enrol("hello"), sequences=[last]), lead(), form())
    assert [each.rule for each in outcome.to_do] == ["r", "sequence hello, one"]
    assert len(outcome.lead.activities_by_kind["sequence_left"]) == 1


def test_a_step_is_blocked_by_the_gate_until_it_opens() -> None:
    texts = Sequence("hello", [Step("one", None, [SendMessage("one", "sms")])])
    playbook = with_rule(Enrol("hello"), sequences=[texts], time_zone="Asia/Tokyo")
    outcome = handle(playbook, lead(mobile="6"), form())
    assert [(each.outcome, each.until) for each in outcome.actions] == [
        ("fired", None),
        ("blocked", NOON + 11 * HOUR),
    ]
    morning = playbook.review([outcome.lead], NOON + 11 * HOUR)
    assert [each.content for each in morning.to_do] == ["one"]
    again = playbook.review([outcome.lead], NOON + 11 * HOUR)
    assert again.to_do == morning.to_do


def test_an_enrolment_of_later_that_has_begun_has_begun_for_the_merged_lead() -> None:
    twice = attrs.evolve(HELLO, rounds=2)
    playbook = with_rule(Enrol("hello", after="3 days"), sequences=[twice])
    known = handle(playbook, lead(), form()).lead
    for days in (3, 5, 7):
        known = playbook.review([known], NOON + days * DAY).leads[0]
    merged = merge(known, Lead("L-1", NOON - 9 * DAY))
    assert merged.id == "L-1"
    assert playbook.review([merged], NOON + 9 * DAY).to_do == ()


def test_an_enrolment_that_was_planned_in_odd_words_is_left_alone() -> None:
    odd = [
        Activity("sequence_planned", NOON, data={"sequence": "hello"}),
        Activity("sequence_planned", NOON, data={"sequence": 5, "on": NOON}),
        Activity("sequence_planned", NOON, data={"sequence": "hello", "on": NOON + 9 * DAY}),
    ]
    playbook = attrs.evolve(WHOLE, sequences=[HELLO], automations=[])
    reviewed = playbook.review([lead().after(*odd)], NOON + DAY)
    assert enrolment(reviewed.leads[0], "hello") is None


@pytest.mark.parametrize("sequence", ["gone", "hello"])
def test_an_enrolment_in_a_sequence_that_is_not_there_is_skipped(sequence: str) -> None:
    playbook = with_rule(Enrol(sequence), sequences=[attrs.evolve(HELLO, name="hallo")])
    [asked] = handle(playbook, lead(), form()).actions
    assert asked.outcome == "skipped"
    assert "the name of a sequence" in asked.because


# Far away


@pytest.mark.parametrize(
    ("action", "given", "outcome"),
    [
        (CreateTask("call", after="9000 years"), {}, "skipped"),
        (CreateTask("call", after="9000 years"), {"phone": None}, "blocked"),
        (CreateTask("meeting", after="9000 years"), {"do_not_contact": True}, "blocked"),
        (Enrol("hello", after="9000 years"), {}, "skipped"),
    ],
)
def test_what_lies_beyond_the_calendar_is_not_planned(
    action: Action, given: dict[str, Any], outcome: str
) -> None:
    found = handle(with_rule(action, sequences=[HELLO]), lead(**given), form())
    assert [each.outcome for each in found.actions] == [outcome]


# Levels


def test_a_line_that_is_crossed_twice_within_one_step_fires_twice() -> None:
    model = ScoringModel("m", [Rule("up", 60, when=tag("up")), Rule("down", -60, when=tag("down"))])
    rules = [
        When(ScoreReaches(60), then=[Notify("ada", "ready")], name="ready"),
        When(happens("form_submitted"), then=[Tag("down")], name="down"),
        When(ScoreFallsBelow(60), then=[Untag("down")], name="up", cool_down="1 day"),
    ]
    playbook = attrs.evolve(WHOLE, scoring=model, automations=rules)
    event = FieldsSet({"n": 1}, NOON - HOUR)
    known = handle(playbook, lead().after(Tagged("up", NOON - 2 * HOUR)), event).lead
    outcome = handle(playbook, known, form())
    assert [each.rule for each in outcome.to_do] == ["down", "up", "ready"]
    both = handle(playbook, lead().after(Tagged("up", NOON)), form())
    assert [each.rule for each in both.to_do] == ["ready", "down", "up", "ready"]


def test_a_line_that_is_crossed_because_of_a_rule_sets_off_others_at_the_next_level() -> None:
    model = ScoringModel("m", [Rule("vip", 60, when=tag("vip"))])
    rules = [
        When(ScoreReaches(60), then=[Tag("ready")], name="ready"),
        When(happens("form_submitted"), then=[Tag("vip")], name="vip"),
        When(happens("tagged"), then=[Notify("ada", "tagged")], cool_down="1 day", name="told"),
    ]
    playbook = attrs.evolve(WHOLE, scoring=model, automations=rules)
    outcome = handle(playbook, lead(), form())
    assert [(each.rule, each.outcome) for each in outcome.actions] == [
        ("vip", "fired"),
        ("ready", "fired"),
        ("told", "fired"),
        ("told", "cooling"),
    ]


# What a closed lead, a reopened one, and an event of the same instant come to


def test_a_closed_lead_is_given_to_nobody_anew_but_to_whom_a_rule_names() -> None:
    closed = lead().after(Disposition("lost", NOON - HOUR, reason="x"))
    anew = handle(with_rule(Assign()), closed, form(), ROSTER)
    assert told(anew) == [("skipped", "assign by the router", "it is closed")]
    assert anew.lead.owner is None
    named = handle(with_rule(Assign("bo")), closed, form(), ROSTER)
    assert named.lead.owner == "bo"
    assert units(named.roster) == {"ada": 0, "bo": 0}
    again = Reopened("new", NOON + HOUR, pipeline="leads")
    taken_up = handle(WHOLE, named.lead, again, named.roster)
    assert units(taken_up.roster) == {"ada": 0, "bo": 1}


def test_a_lead_that_enters_a_closed_stage_frees_its_units() -> None:
    outcome = handle(WHOLE, lead(), form(), ROSTER)
    won = StageChange("won", NOON + HOUR, pipeline="leads")
    assert units(outcome.roster) == {"ada": 1, "bo": 0}
    assert units(handle(WHOLE, outcome.lead, won, outcome.roster).roster) == {"ada": 0, "bo": 0}


def test_a_late_assignment_leaves_the_roster_to_the_owner_of_now() -> None:
    outcome = handle(WHOLE, lead(), form(), ROSTER)
    late = Assignment("bo", NOON - HOUR, id="late")
    for at in (NOON - HOUR, NOON + HOUR):
        after = WHOLE.handle(outcome.lead, late, outcome.roster, as_of=at)
        assert (after.lead.owner, units(after.roster)) == ("ada", {"ada": 1, "bo": 0})


def test_a_decision_handed_in_at_the_instant_of_one_made_here_stands_after_it() -> None:
    outcome = handle(WHOLE, lead(), form(), ROSTER)
    given = Assignment("bo", NOON, id="by-hand")
    after = handle(WHOLE, outcome.lead, given, outcome.roster)
    assert (after.lead.owner, units(after.roster)) == ("bo", {"ada": 0, "bo": 1})
    repeated = handle(WHOLE, after.lead, given, after.roster)
    assert repeated.events == ()
    assert repeated.lead == after.lead
    other = Assignment("ada", NOON, id="by-hand")
    with pytest.raises(ConflictingEvents, match="by-hand"):
        handle(WHOLE, after.lead, other, after.roster)


# Reviews


def test_a_review_lists_the_leads_that_nobody_can_take_each_time() -> None:
    roster = Roster([Rep("ada", capacity=0)])
    first = WHOLE.review([lead()], NOON, roster=roster)
    second = WHOLE.review(first.leads, NOON + HOUR, roster=roster)
    [outcome] = second
    assert outcome.held is not None
    assert outcome.events == ()


def test_what_had_to_wait_is_asked_again_whatever_the_last_review() -> None:
    rule = When(Silence("1 day"), then=[SendMessage("hello")], name="r")
    night = ContactRules(by_day=["email"], awake={"mon-sun": "09:00-17:00"}, time_zone="UTC")
    playbook = Playbook("p", automations=[rule], contact=night)
    known = lead()
    evening = NOON + timedelta(hours=8)
    results = []
    since = None
    for hours in (0, 1, 13, 14):
        at = evening + timedelta(hours=hours)
        reviewed = playbook.review([known], at, since)
        [known], since = reviewed.leads, at
        results.append([planned.outcome for each in reviewed for planned in each.actions])
    assert results == [["blocked"], ["blocked"], ["fired"], []]


def test_what_was_refused_for_good_is_not_asked_again_with_since() -> None:
    rule = When(Silence("1 day"), then=[SendMessage("hello")], name="r")
    playbook = Playbook("p", automations=[rule])
    unknown = Lead("L-7", NOON - DAY)
    first = playbook.review([unknown], NOON)
    assert [each.outcome for each in first[0].actions] == ["blocked"]
    assert not playbook.review(first.leads, NOON + HOUR, NOON)
    assert playbook.review(first.leads, NOON + HOUR)

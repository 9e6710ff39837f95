"""Laws of the one step: whatever comes in, in whatever order, and however often."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow import Activity, Lead, activity, field
from leadflow.actions import Action, CreateTask, Enrol, Notify, SendMessage, SetField, Tag, Untag
from leadflow.automation import (
    DateReached,
    FollowUpDue,
    Happens,
    RatingBecomes,
    ScoreFallsBelow,
    ScoreReaches,
    Sequence,
    Silence,
    Split,
    StageEntered,
    StageOverdue,
    Step,
    Trigger,
    When,
    happens,
)
from leadflow.contact import is_contact, may_contact
from leadflow.disposition import Qualifier
from leadflow.errors import InvalidDefinition
from leadflow.events import (
    Assignment,
    Disposition,
    Event,
    FieldsSet,
    Note,
    Reopened,
    Tagged,
)
from leadflow.playbook import Outcome, Playbook, Procedure
from leadflow.presets import disposition_policy, qualification_pipeline, scoring_playbook
from leadflow.routing import InTurn, Rep, Roster, Router, RoutingRule
from leadflow.scoring import HalfLife, Rule, ScoringModel, Thresholds

SCORING = scoring_playbook(small="ada", medium="bo", large="cy")
START = datetime(2026, 3, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ROSTER = Roster([Rep("ada"), Rep("bo"), Rep("cy", capacity=2)])
WORDS = ("page_viewed", "email_opened", "email_clicked", "form_submitted", "email_replied")
NURTURE = Sequence(
    "nurture", [Step("one", None, [SendMessage("one")]), Step("two", "1 day", [SendMessage("two")])]
)
WHOLE = Playbook(
    "whole",
    scoring=ScoringModel(
        "m",
        [
            Rule("form", 30, each=activity("form_submitted"), limit=60),
            Rule("click", 10, each=activity("email_clicked"), fade=HalfLife("3 days")),
            Rule("size", 20, when=field("employees").at_least(10)),
        ],
    ),
    rater=Thresholds(hot=60, warm=30),
    qualifier=Qualifier(field("score").at_least(60)),
    router=Router([RoutingRule("all", by=InTurn())]),
    pipelines=[qualification_pipeline()],
    policy=disposition_policy(verifiers=["ada", "bo"]),
    procedures=[Procedure("cold", [SendMessage("newsletter")], channels=["email"])],
    sequences=[NURTURE],
    splits=[Split("subject", {"a": 1, "b": 2})],
    automations=[
        When(ScoreReaches(60), then=[Notify("sales", "ready"), CreateTask("call")], name="ready"),
        When(ScoreFallsBelow(60), then=[Tag("cooled")], name="cooled"),
        When(happens("email_clicked"), then=[SendMessage("prices"), Enrol("nurture")], name="c"),
        When(Silence("2 days"), then=[SendMessage("still-there")], name="silent"),
        When(FollowUpDue(), then=[Notify("owner", "due")], name="due"),
    ],
)

# What comes in


@st.composite
def incoming(draw: st.DrawFn, most: int = 8) -> tuple[Lead, list[Event]]:
    """Draw a lead and what happens to it within a day, each with an id, in the order of time."""
    fields: dict[str, Any] = {
        "employees": draw(st.sampled_from([5, 20, None])),
        "email": draw(st.sampled_from(["a@b.example", None])),
        "phone": draw(st.sampled_from(["5", None])),
        "do_not_contact": draw(st.sampled_from([None, None, None, True])),
    }
    lead = Lead(f"L-{draw(st.integers(0, 9))}", START, fields=fields)
    minutes = sorted(draw(st.lists(st.integers(0, 1_000), max_size=most)))
    return lead, [
        draw(happening(START + minute * MINUTE, f"E-{place}"))
        for place, minute in enumerate(minutes)
    ]


def happening(at: datetime, id: str) -> st.SearchStrategy[Event]:
    kinds = st.sampled_from(WORDS)
    return st.one_of(
        kinds.map(lambda kind: Activity(kind, at, id=id)),
        kinds.map(lambda kind: Activity(kind, at, id=id)),
        st.booleans().map(lambda reached: Activity("call", at, id=id, answered=reached)),
        st.sampled_from(["vip", "x"]).map(lambda tag: Tagged(tag, at, id=id)),
        st.sampled_from([5, 50]).map(lambda n: FieldsSet({"employees": n}, at, id=id)),
        st.just(Activity("email_unsubscribed", at, id=id)),
        st.just(Note("said so", at, id=id)),
        st.just(Disposition("unqualified", at, reason="no_budget", id=id)),
        st.just(Disposition("unqualified", at, reason="x", never=["all"], id=id)),
    )


def handled(
    lead: Lead, events: list[Event], playbook: Playbook = WHOLE, roster: Roster | None = ROSTER
) -> tuple[Lead, Roster | None, list[Outcome]]:
    """Handle events one after the other, each when it is the latest there is."""
    outcomes = []
    latest = START
    for event in events:
        latest = max(latest, event.at)
        outcome = playbook.handle(lead, event, roster, as_of=latest)
        lead, roster = outcome.lead, outcome.roster
        outcomes.append(outcome)
    return lead, roster, outcomes


@given(incoming())
def test_law_handle_is_deterministic(drawn: tuple[Lead, list[Event]]) -> None:
    first, again = handled(*drawn), handled(*drawn)
    assert first == again
    assert [one.explain() for one in first[2]] == [one.explain() for one in again[2]]


@given(incoming(), st.data())
def test_law_a_repeated_event_changes_nothing_and_plans_nothing(
    drawn: tuple[Lead, list[Event]], data: st.DataObject
) -> None:
    lead, roster, _ = handled(*drawn)
    for event in data.draw(st.permutations(drawn[1])):
        again = WHOLE.handle(lead, event, roster, as_of=START + timedelta(days=2))
        assert again.lead == lead
        assert (again.to_do, again.events, again.roster) == ((), (), roster)


@given(incoming(), incoming(), st.data())
def test_law_leads_that_share_no_roster_are_handled_in_any_order(
    one: tuple[Lead, list[Event]], other: tuple[Lead, list[Event]], data: st.DataObject
) -> None:
    apart = [one, (named(other[0], "other"), other[1])]
    turns = data.draw(st.permutations([0] * len(one[1]) + [1] * len(other[1])))
    leads = [lead for lead, _ in apart]
    places = [0, 0]
    for who in turns:
        event = apart[who][1][places[who]]
        places[who] += 1
        leads[who] = WHOLE.handle(leads[who], event, as_of=event.at).lead
    assert leads == [handled(lead, events, roster=None)[0] for lead, events in apart]


def named(lead: Lead, id: str) -> Lead:
    return Lead(id, lead.created_at, fields=lead.fields)


@given(incoming())
def test_law_the_score_is_that_of_scoring_afresh(drawn: tuple[Lead, list[Event]]) -> None:
    _, _, outcomes = handled(*drawn)
    model = WHOLE.scoring
    assert model is not None
    for outcome in outcomes:
        score = outcome.score
        assert score is not None
        assert score.points == outcome.lead.score
        assert score == model.score(outcome.lead, as_of=score.as_of)


@given(incoming(), st.data())
def test_law_a_log_replayed_in_pieces_is_the_log_at_once(
    drawn: tuple[Lead, list[Event]], data: st.DataObject
) -> None:
    lead, roster, outcomes = handled(*drawn)
    log = [event for outcome in outcomes for event in outcome.events]
    cut = data.draw(st.integers(0, len(log)))
    assert drawn[0].after(*log) == drawn[0].after(*log[:cut]).after(*log[cut:]) == lead
    for event in log:
        if event.id is not None:
            assert WHOLE.handle(lead, event, roster, as_of=START + timedelta(days=2)).to_do == ()


@given(incoming(), st.data())
def test_law_delivered_again_after_a_crash_between_steps_ends_alike(
    drawn: tuple[Lead, list[Event]], data: st.DataObject
) -> None:
    lead, events = drawn
    crash = data.draw(st.integers(0, len(events)))
    back = data.draw(st.integers(0, crash))
    once = handled(lead, events)
    stored, roster, _ = handled(lead, events[:crash])
    latest = max([START, *(event.at for event in events[:crash])])
    for event in events[back:]:
        latest = max(latest, event.at)
        outcome = WHOLE.handle(stored, event, roster, as_of=latest)
        stored, roster = outcome.lead, outcome.roster
    assert (stored, roster) == once[:2]


@given(incoming(), st.data())
def test_law_late_delivery_within_a_day_ends_in_the_same_facts_and_score(
    drawn: tuple[Lead, list[Event]], data: st.DataObject
) -> None:
    lead, events = drawn
    shuffled = data.draw(st.permutations(events))
    end = START + timedelta(days=1)
    in_time = WHOLE.review([handled(lead, events)[0]], end).leads[0]
    late = WHOLE.review([handled(lead, shuffled)[0]], end).leads[0]
    ids = {event.id for event in events}
    assert [e for e in in_time.events if e.id in ids] == [e for e in late.events if e.id in ids]
    assert in_time.fields == late.fields
    assert in_time.score == late.score
    # "cooled" is no fact but a decision: a line may be crossed on the way in one order only.
    assert in_time.tags - {"cooled"} == late.tags - {"cooled"}


@given(incoming(), st.data())
def test_law_at_whatever_instant_it_is_asked_nothing_is_done_twice(
    drawn: tuple[Lead, list[Event]], data: st.DataObject
) -> None:
    lead, events = drawn
    start, outcomes = lead, []
    roster: Roster | None = ROSTER
    for event in data.draw(st.permutations(events)):
        later = data.draw(st.sampled_from([0, 0, 60, 2_000, 9_000])) * MINUTE
        outcome = WHOLE.handle(lead, event, roster, as_of=event.at + later)
        reviewed = WHOLE.review([outcome.lead], event.at + later, roster=outcome.roster)
        lead, roster = reviewed.leads[0], reviewed.roster
        outcomes += [outcome, *reviewed]
    for outcome in outcomes:
        listed = [planned.key for planned in outcome.actions]
        assert len(listed) == len(set(listed))
    done = [planned for outcome in outcomes for planned in outcome.to_do]
    sent = [planned.content for planned in done if planned.content is not None]
    assert len({planned.key for planned in done}) == len(done)
    assert len(set(sent)) == len(sent)
    assert start.after(*(event for one in outcomes for event in one.events)) == lead


@given(st.lists(incoming(5), max_size=4), st.data())
def test_law_the_roster_counts_the_leads_that_are_assigned_and_open(
    drawn: list[tuple[Lead, list[Event]]], data: st.DataObject
) -> None:
    leads = {f"L-{n}": named(lead, f"L-{n}") for n, (lead, _) in enumerate(drawn)}
    come = [(f"L-{n}", event) for n, (_, events) in enumerate(drawn) for event in events]
    for n, who in enumerate(data.draw(st.lists(st.sampled_from([*leads, None]), max_size=6))):
        if who is not None:
            at = START + data.draw(st.integers(0, 1_000)) * MINUTE
            come.append((who, data.draw(decision(at, f"D-{n}"))))
    roster: Roster | None = ROSTER
    for who, event in data.draw(st.permutations(come)):
        outcome = WHOLE.handle(leads[who], event, roster, as_of=START + timedelta(days=1))
        leads[who], roster = outcome.lead, outcome.roster
    assert roster is not None
    holders = Counter(filter(None, map(holder, leads.values())))
    assert {rep.id: roster.workload(rep.id).open for rep in roster} == {
        rep.id: holders[rep.id] for rep in roster
    }


def decision(at: datetime, id: str) -> st.SearchStrategy[Event]:
    """Draw what a person decides: another owner, the end, or to take the lead up again."""
    return st.one_of(
        st.sampled_from(["ada", "bo", "cy"]).map(lambda rep: Assignment(rep, at, id=id)),
        st.just(Disposition("lost", at, reason="no_budget", id=id)),
        st.just(Reopened("new", at, pipeline="qualification", id=id)),
    )


def holder(lead: Lead) -> str | None:
    """Tell who was last assigned a lead, unless it is closed."""
    standing = lead.disposition
    stage = WHOLE.pipeline(lead.pipeline)[lead.stage] if lead.stage else None
    if (standing and standing.outcome != "qualified") or (stage and stage.is_closed):
        return None
    given = [event.rep for event in lead.events if isinstance(event, Assignment)]
    return given[-1] if given else None


@given(incoming(), st.integers(1, 6))
def test_law_a_suppressed_lead_is_planned_no_contact(
    drawn: tuple[Lead, list[Event]], days: int
) -> None:
    for playbook in (WHOLE, SCORING):
        lead, roster, outcomes = handled(*drawn, playbook)
        end = START + timedelta(days=days)
        outcomes += playbook.review([lead], end, START, roster=roster)
        for outcome in outcomes:
            for planned in outcome.to_do:
                before = outcome.lead.rewind(planned.at)
                action = planned.action
                if isinstance(action, SendMessage):
                    channel: str | None = action.channel
                elif isinstance(action, CreateTask) and is_contact(action.kind):
                    channel = None
                else:
                    continue
                refusals = may_contact(before, channel, planned.at).refusals
                if isinstance(action, SendMessage):
                    assert refusals == ()
                assert not {each.code for each in refusals} & {"never_contact", "do_not_contact"}


@given(incoming(), st.integers(1, 6))
def test_law_a_review_asked_twice_plans_nothing_twice(
    drawn: tuple[Lead, list[Event]], days: int
) -> None:
    lead, roster, _ = handled(*drawn)
    end = START + timedelta(days=days)
    first = WHOLE.review([lead], end, roster=roster)
    again = WHOLE.review(first.leads, end, roster=first.roster)
    assert again.to_do == ()
    assert again.leads == first.leads


# Rules that are drawn


def triggers() -> st.SearchStrategy[Trigger]:
    tags = st.sampled_from("abc")
    return st.one_of(
        tags.map(lambda tag: happens("tagged", tag=tag)),
        tags.map(lambda tag: happens("untagged", tag=tag)),
        st.sampled_from(["fields_set", "task_set", "assignment"]).map(Happens),
        st.sampled_from([30, 60]).map(ScoreReaches),
        st.sampled_from([30, 60]).map(ScoreFallsBelow),
        st.sampled_from(["hot", "cold"]).map(RatingBecomes),
        st.just(StageEntered("new")),
        st.just(StageOverdue()),
        st.just(DateReached("due")),
    )


def actions() -> st.SearchStrategy[Action]:
    tags = st.sampled_from("abc")
    return st.one_of(
        tags.map(Tag),
        tags.map(Untag),
        st.sampled_from([5, 50]).map(lambda n: SetField("employees", n)),
        st.just(CreateTask("offer")),
        st.just(Notify("ada", "x")),
    )


@st.composite
def rule_sets(draw: st.DrawFn) -> list[When]:
    """Draw a few rules on a few tags, with loops and contradictions among them or not."""
    return [
        When(draw(triggers()), then=draw(st.lists(actions(), min_size=1, max_size=2)), name=str(n))
        for n in range(draw(st.integers(1, 6)))
    ]


@given(rule_sets(), incoming(4))
def test_law_rules_without_loops_come_to_an_end(
    rules: list[When], drawn: tuple[Lead, list[Event]]
) -> None:
    try:
        playbook = attrs.evolve(WHOLE, automations=rules)
    except InvalidDefinition:
        return
    _, _, outcomes = handled(*drawn, playbook)
    for outcome in outcomes:
        assert not any("set each other off" in note for note in outcome.notes)


@given(rule_sets(), incoming(4), st.data())
def test_law_whatever_the_rules_handing_the_log_in_again_does_nothing(
    rules: list[When], drawn: tuple[Lead, list[Event]], data: st.DataObject
) -> None:
    try:
        playbook = attrs.evolve(WHOLE, automations=rules)
    except InvalidDefinition:
        return
    lead, roster, outcomes = handled(*drawn, playbook)
    end = START + timedelta(days=3)
    reviewed = playbook.review([lead], end, roster=roster)
    log = [event for one in (*outcomes, *reviewed) for event in one.events]
    stored = reviewed.leads[0]
    assert drawn[0].after(*data.draw(st.permutations(log))) == stored
    assert playbook.review([stored], end, roster=reviewed.roster).to_do == ()
    for event in log:
        if event.id is not None:
            again = playbook.handle(stored, event, reviewed.roster, as_of=end)
            assert (again.lead, again.to_do, again.events) == (stored, (), ())


@given(rule_sets(), st.data())
def test_law_whether_there_is_a_loop_does_not_depend_on_the_order(
    rules: list[When], data: st.DataObject
) -> None:
    def refused(given_rules: list[When]) -> bool:
        try:
            attrs.evolve(WHOLE, automations=given_rules)
        except InvalidDefinition:
            return True
        return False

    assert refused(rules) == refused(data.draw(st.permutations(rules)))


@given(st.integers(2, 6), st.data())
def test_law_a_planted_loop_is_found_and_its_cycle_is_real(size: int, data: st.DataObject) -> None:
    ring = [
        When(happens("tagged", tag=f"t{n}"), then=[Tag(f"t{(n + 1) % size}")], name=f"r{n}")
        for n in range(size)
    ]
    aside = [
        When(happens("untagged", tag=f"t{n}"), then=[Tag(f"u{n}")], name=f"s{n}") for n in range(3)
    ]
    rules = data.draw(st.permutations([*ring, *aside]))
    with pytest.raises(InvalidDefinition) as caught:
        Playbook("p", automations=rules)
    [problem] = caught.value.problems
    names = problem.message.split(": ")[1].split(" -> ")
    assert len(names) == size + 1
    assert names[0] == names[-1]
    for one, other in pairwise(names):
        assert (int(one[2:-1]) + 1) % size == int(other[2:-1])

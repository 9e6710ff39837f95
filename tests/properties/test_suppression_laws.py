"""One law over the whole library: a suppressed lead is contacted by nobody, whoever asks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from leadflow import Lead
from leadflow.contact import CHANNELS, Cap, ContactRules, RefusalCode, may_contact
from leadflow.disposition import revisit, stay_in_touch
from leadflow.events import (
    Activity,
    Disposition,
    Event,
    FieldsSet,
    Reopened,
    Snoozed,
    TaskDone,
    TaskSet,
)
from leadflow.lead import merge
from leadflow.pipeline import Pipeline, next_action, worklist
from leadflow.presets import (
    disposition_policy,
    generic_pipeline,
    outreach_pipeline,
    qualification_pipeline,
    sales_pipeline,
    status_pipeline,
)
from leadflow.routing import Held, Rep, Roster, Router, RoutingRule
from tests.strategies import instants, leads

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = date(2026, 6, 1)
AFTER = datetime(2100, 1, 1, tzinfo=UTC)
PIPELINES = [
    generic_pipeline(),
    outreach_pipeline(),
    qualification_pipeline(),
    sales_pipeline(),
    status_pipeline(),
]
ROUTER = Router([RoutingRule("all")])
ROSTER = Roster([Rep("ada"), Rep("bo")])
ANY_HOUR = ContactRules(addresses={}, by_day=(), while_waiting=())
POLICY = disposition_policy(verifiers=["data desk"])

contacts = st.sampled_from(sorted(CHANNELS))
lifecycles = st.sampled_from([None, "customer", "inactive"])
reopenings = st.builds(Reopened, st.just("new"), instants())
requests = st.builds(Activity, st.just("demo_requested"), instants())
tasks = st.builds(TaskSet, st.sampled_from(["T-1", "T-2"]), instants(), kind=contacts)
closings = st.builds(
    Disposition,
    st.sampled_from(["unqualified", "lost", "won"]),
    instants(),
    contact_again=st.just(NOW.date()),
    never=st.sampled_from([(), ["all"]]),
)
refusing: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {"do_not_contact": st.sampled_from([True, "yes", " TRUE", 1])}
)
refusals = st.builds(FieldsSet, refusing, st.just(NOW))


@st.composite
def suppressed(draw: st.DrawFn) -> Lead:
    """Draw a lead that may never be contacted, and whatever was planned with it all the same."""
    if draw(st.booleans()):
        return draw(without_log())
    more: list[Event] = draw(st.lists(reopenings | requests | tasks, max_size=6))
    closing = draw(closings)
    lead = draw(leads()).after(*more, closing)
    if not closing.never or draw(st.booleans()):
        lead = lead.after(draw(refusals))
    if draw(st.booleans()):
        lead = lead.after(FieldsSet({"do_not_contact": True}, lead.events[-1].at))
    other = Lead("L-8", owner=draw(st.none() | st.just("ada")))
    return merge(lead, other) if draw(st.booleans()) else lead


@st.composite
def without_log(draw: st.DrawFn) -> Lead:
    """Draw a lead that refused before it came in, or was merged with one that did."""
    owner, stage = draw(st.none() | st.just("ada")), draw(st.none() | st.just("new"))
    lead = Lead("L-7", owner=owner, stage=stage, lifecycle=draw(lifecycles), fields=draw(refusing))
    before = Lead("L-6", NOW, fields={"do_not_contact": draw(st.sampled_from([None, False, "no"]))})
    return merge(lead, before) if draw(st.booleans()) else lead


def refused(lead: Lead) -> bool:
    return not may_contact(lead, None, AFTER, ANY_HOUR)


@given(suppressed().filter(refused))
def test_law_a_suppressed_lead_is_no_contact_for_anybody_who_asks(lead: Lead) -> None:
    for channel in {*CHANNELS.values(), "fax"}:
        assert not may_contact(lead, channel, AFTER, ANY_HOUR)
    for pipeline in PIPELINES:
        work = worklist([lead], AFTER, pipeline=pipeline, rules=ANY_HOUR)
        assert not [item for item in work if item.action.kind in CHANNELS]
        action = next_action(lead, AFTER, pipeline=pipeline, rules=ANY_HOUR)
        assert action.accompany is None
        assert not (action.kind in CHANNELS and action.permission(AFTER, ANY_HOUR))
    assert revisit([lead], AFTER, ANY_HOUR) == ()
    assert stay_in_touch([lead], "1 day", as_of=AFTER, rules=ANY_HOUR) == ()
    if lead.owner is None:
        held = ROUTER.assign(lead, ROSTER, AFTER)
        assert isinstance(held, Held)
        assert not ROUTER.assign_all([lead], ROSTER, AFTER).assignments
        assert not ROUTER.drain([held], [lead], ROSTER, AFTER).assignments


Case: TypeAlias = tuple[str, RefusalCode, list[Event], ContactRules]
CASES: list[Case] = [
    ("phone", "do_not_contact", [FieldsSet({"do_not_call": "yes"}, NOW)], ANY_HOUR),
    ("sms", "never_contact", [Disposition("lost", NOW, never=["SMS"])], ANY_HOUR),
    (
        "linkedin",
        "never_contact",
        [Disposition("lost", NOW, never=["linkedin_message"]), Reopened("new", NOW, sequence=1)],
        ANY_HOUR,
    ),
    ("email", "unsubscribed", [Activity("email_unsubscribed", NOW)], ANY_HOUR),
    ("email", "bounced", [Activity("email_bounced", NOW)], ANY_HOUR),
    ("email", "no_address", [], ContactRules(addresses={"email": ["work e-mail"]})),
    ("email", "waiting", [Snoozed(LATER, NOW, reason="on leave")], ANY_HOUR),
    (
        "email",
        "too_often",
        [Activity("email_sent", NOW)],
        ContactRules(addresses={}, caps={"email": Cap(1, "7 days")}),
    ),
    (
        "email",
        "asleep",
        [],
        ContactRules(by_day=["email"], awake={"mon": "02:00-03:00"}, time_zone="UTC"),
    ),
]


@given(leads(), st.sampled_from(CASES), st.sampled_from(PIPELINES), st.booleans())
def test_law_what_is_refused_on_a_channel_is_on_no_list_as_a_contact_by_it(
    lead: Lead, case: Case, pipeline: Pipeline, is_planned: bool
) -> None:
    channel, code, log, rules = case
    at = NOW + timedelta(days=1)
    past = lead.rewind(NOW - timedelta(days=1)).events
    plan = TaskSet("T-1", NOW, kind=channel, due=NOW)
    tried = Activity("call", NOW, answered=False)
    lead = Lead("L-7", owner="ada", events=[*past, *log, plan if is_planned else tried])
    assert code in [each.code for each in may_contact(lead, channel, at, rules).refusals]
    work = worklist([lead], at, pipeline=pipeline, rules=rules)
    assert channel not in [item.action.channel for item in work]
    assert channel not in [item.action.accompany for item in work]
    action = next_action(lead, at, pipeline=pipeline, rules=rules)
    assert action.channel != channel or not action.permission(at, rules)


@given(suppressed().filter(refused))
def test_law_verifying_bad_data_is_no_contact_and_stays_to_be_done(lead: Lead) -> None:
    if lead.disposition is not None:
        lead = lead.after(Reopened("new", AFTER))
    done = [TaskDone(task.id, AFTER) for task in lead.tasks if task.is_open]
    at = AFTER + timedelta(days=1)
    lead = lead.after(*done)
    disposition = POLICY.close(lead, "unqualified", "bad_data", at=at, by="ada")
    lead = lead.after(disposition, *POLICY.follow_up(lead, disposition))
    work = worklist([lead], at, rep="data desk", rules=ANY_HOUR)
    assert [(item.action.kind, item.lead.id) for item in work] == [("verify_contact", lead.id)]
    assert refused(lead)

"""One law over the whole library: a suppressed lead is contacted by nobody, whoever asks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from leadflow import Lead
from leadflow.contact import ContactRules, may_contact
from leadflow.disposition import revisit, stay_in_touch
from leadflow.events import Activity, Disposition, Event, FieldsSet, Reopened, TaskDone, TaskSet
from leadflow.lead import merge
from leadflow.pipeline import next_action, worklist
from leadflow.pipeline.follow_up import CHANNELS
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
reopenings = st.builds(Reopened, st.just("new"), instants())
requests = st.builds(Activity, st.just("demo_requested"), instants())
tasks = st.builds(TaskSet, st.sampled_from(["T-1", "T-2"]), instants(), kind=contacts)
closings = st.builds(
    Disposition,
    st.sampled_from(["unqualified", "lost", "won"]),
    instants(),
    contact_again=st.just(NOW.date()),
    never=st.just(["all"]),
)
refusals = st.builds(FieldsSet, st.just({"do_not_contact": True}), st.just(NOW))


@st.composite
def suppressed(draw: st.DrawFn) -> Lead:
    """Draw a lead that may never be contacted, and whatever was planned with it all the same."""
    more: list[Event] = draw(st.lists(reopenings | requests | tasks, max_size=6))
    lead = draw(leads()).after(*more, draw(closings | refusals))
    if draw(st.booleans()):
        lead = lead.after(FieldsSet({"do_not_contact": True}, lead.events[-1].at))
    return (
        merge(lead, Lead("L-8", owner=draw(st.none() | st.just("ada"))))
        if draw(st.booleans())
        else lead
    )


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
        assert isinstance(ROUTER.assign(lead, ROSTER, AFTER), Held)


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

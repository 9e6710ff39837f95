"""Laws of the next action and the worklist, over any leads, pipelines and orders."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from leadflow import Lead
from leadflow.calendars import midnight
from leadflow.contact import Cap, ContactRules, may_contact
from leadflow.events import Activity, Disposition, Event, Reopened, Snoozed, TaskSet
from leadflow.lead import Dealings
from leadflow.money import Rates
from leadflow.pipeline import (
    CALLS_OF_THE_DAY,
    HOT_FIRST,
    MOST_ENGAGED_FIRST,
    Pipeline,
    Worklist,
    WorkOrder,
    next_action,
    worklist,
)
from leadflow.pipeline.worklist import GROUPS, KEYS
from tests.pipeline_strategies import pipelines, stages
from tests.strategies import REPS, STAGES, dates, events, instants, leads

ZONES = (None, "Asia/Tokyo", "America/New_York", "Pacific/Kiritimati")
RATES = Rates("EUR", {"USD": "0.92"})
CAPS: dict[str, Any] = {
    "phone": Cap(1, "1 month"),
    "email": [Cap(2, "36 hours")],
    "all": Cap(3, "60 days"),
}
RULES = (
    ContactRules(),
    ContactRules(addresses={}),
    ContactRules(addresses={}, by_day=()),
    ContactRules(addresses={}, by_day=(), while_waiting=()),
    ContactRules(addresses={}, by_day=(), caps=CAPS),
)
zones = st.sampled_from(ZONES)


@st.composite
def steps(draw: st.DrawFn) -> Pipeline:
    """Pipelines of the stages that the drawn leads stand in."""
    kinds = ["open", "open", "on_hold"]
    found = [draw(stages(key, draw(st.sampled_from(kinds)))) for key in STAGES[1:-1]]
    first, last = draw(stages(STAGES[0], "open")), draw(stages(STAGES[-1], "won"))
    moves = {key: STAGES[place:] for place, key in enumerate(STAGES[:-1], 1)}
    key = draw(st.sampled_from(["sales", "leads"]))
    return Pipeline(key, [first, *found, last], moves)


@st.composite
def suppressed(draw: st.DrawFn, id: str = "L-7") -> Lead:
    """Leads that were closed for a while or for good, snoozed, or contacted again and again."""
    at = instants()
    limits = st.one_of(
        st.builds(
            Disposition,
            st.sampled_from(["lost", "unqualified", "qualified"]),
            at,
            contact_again=st.none() | dates(),
            never=st.lists(st.sampled_from(["all", "phone", "email"]), max_size=1),
        ),
        st.builds(Snoozed, dates(), at, reason=st.just("on holiday")),
        st.builds(Reopened, st.sampled_from(STAGES), at),
        st.builds(Activity, st.sampled_from(["call", "email_sent", "email_unsubscribed"]), at),
        st.builds(TaskSet, st.just("T-9"), at, kind=st.sampled_from(["call", "email", "demo"])),
    )
    return draw(leads(id=id)).after(*draw(st.lists(limits, min_size=1, max_size=6)))


@st.composite
def crowds(draw: st.DrawFn) -> list[Lead]:
    """Leads whose ids differ, some in that alone, some with a task or a call nobody answered."""
    found = []
    for place in range(draw(st.integers(0, 6))):
        id = f"L-{place}"
        lead = draw(st.just(Lead(id)) | leads(id=id) | suppressed(id=id))
        if draw(st.booleans()):
            lead = lead.after(Activity("call", draw(instants()), answered=False))
        if draw(st.booleans()):
            rep = draw(st.sampled_from(REPS))
            lead = lead.after(TaskSet("T-9", draw(instants()), rep=rep))
        found.append(lead)
    return found


@st.composite
def orders(draw: st.DrawFn) -> WorkOrder:
    """The orders there are, and any list of keys."""
    given_keys = draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=4, unique=True))
    if "within_group" in given_keys:
        given_keys = ["group", *(key for key in given_keys if key != "group")]
    known = [CALLS_OF_THE_DAY, HOT_FIRST, MOST_ENGAGED_FIRST]
    return draw(st.sampled_from([*known, WorkOrder(given_keys)]))


@st.composite
def settings_of_a_day(draw: st.DrawFn) -> dict[str, Any]:
    """What a worklist is asked with, besides the leads and the rep."""
    return {
        "as_of": draw(instants()),
        "pipeline": draw(st.none() | steps()),
        "order": draw(orders()),
        "rules": draw(st.sampled_from(RULES)),
        "rates": RATES,
        "zone": draw(zones),
    }


def told(work: Worklist) -> list[object]:
    """All that a worklist tells, without the leads themselves."""
    return [
        [(item.group, item.action.due, str(item)) for item in work],
        [(left.code, left.until, str(left)) for left in work.left_out],
    ]


@given(crowds(), settings_of_a_day())
def test_law_each_lead_is_once_on_the_list_or_left_out(
    crowd: list[Lead], asked: dict[str, Any]
) -> None:
    work = worklist(crowd, **asked)
    found = [item.lead.id for item in work] + [left.lead.id for left in work.left_out]
    assert sorted(found) == [lead.id for lead in crowd]
    assert [item.place for item in work] == list(range(1, len(work) + 1))


@given(st.data(), crowds(), settings_of_a_day())
def test_law_the_order_of_the_leads_does_not_matter(
    data: st.DataObject, crowd: list[Lead], asked: dict[str, Any]
) -> None:
    other = data.draw(st.permutations(crowd))
    assert worklist(other, **asked) == worklist(crowd, **asked)


@given(crowds(), settings_of_a_day())
def test_law_sorting_again_changes_nothing(crowd: list[Lead], asked: dict[str, Any]) -> None:
    work = worklist(crowd, **asked)
    again = worklist([item.lead for item in work], **asked)
    assert [str(item) for item in again] == [str(item) for item in work]
    assert not again.left_out


@given(st.data(), crowds(), settings_of_a_day())
def test_law_two_leads_stand_in_the_same_order_whoever_else_is_there(
    data: st.DataObject, crowd: list[Lead], asked: dict[str, Any]
) -> None:
    some = {lead.id for lead in crowd if data.draw(st.booleans())}
    work = worklist([lead for lead in crowd if lead.id in some], **asked)
    whole = worklist(crowd, **asked)
    assert [i.lead.id for i in work] == [i.lead.id for i in whole if i.lead.id in some]


@given(crowds(), settings_of_a_day())
def test_law_a_reps_list_holds_what_is_theirs_on_the_whole_list_in_its_order(
    crowd: list[Lead], asked: dict[str, Any]
) -> None:
    whole = worklist(crowd, **asked)
    for rep in REPS:
        own = worklist(crowd, rep=rep, **asked)
        kept = [item.action for item in whole if item.action.rep == rep]
        assert [item.action for item in own if item.action in kept] == kept
        left = [left for left in whole.left_out if left.action.rep == rep]
        assert [each for each in own.left_out if each in left] == left
        for action in [item.action for item in own] + [each.action for each in own.left_out]:
            assert action.rep == rep
            hidden = action not in kept and action not in [each.action for each in left]
            assert not hidden or len(Dealings.of(action.lead).tasks) > 1


@given(st.data(), crowds(), settings_of_a_day())
def test_law_what_happens_later_changes_nothing(
    data: st.DataObject, crowd: list[Lead], asked: dict[str, Any]
) -> None:
    later = [lead.after(*data.draw(st.lists(_after(asked["as_of"]), max_size=3))) for lead in crowd]
    assert told(worklist(later, **asked)) == told(worklist(crowd, **asked))


def _after(moment: datetime) -> st.SearchStrategy[Event]:
    soon = st.integers(1, 10**6).map(lambda n: moment.astimezone(UTC) + timedelta(milliseconds=n))
    return st.builds(lambda event, at: attrs.evolve(event, at=at), events(), soon)


@given(crowds(), settings_of_a_day())
def test_law_a_worklist_tells_of_each_lead_its_next_action(
    crowd: list[Lead], asked: dict[str, Any]
) -> None:
    work = worklist(crowd, **asked)
    how = {key: asked[key] for key in ("as_of", "pipeline", "rules", "zone")}
    actions = {each.lead.id: each.action for each in (*work, *work.left_out)}
    for lead in crowd:
        assert actions[lead.id] == next_action(lead, **how)


@given(crowds(), settings_of_a_day())
def test_law_groups_and_hot_leads_stand_together_in_the_usual_order(
    crowd: list[Lead], asked: dict[str, Any]
) -> None:
    work = worklist(crowd, **asked | {"order": CALLS_OF_THE_DAY})
    places = [(GROUPS.index(item.group), item.lead.rating != "hot") for item in work]
    assert places == sorted(places)


@given(leads(), instants(), st.none() | steps() | st.lists(pipelines(), max_size=1), zones)
def test_law_there_is_an_answer_for_every_lead(
    lead: Lead, as_of: datetime, pipeline: Any, zone: str | None
) -> None:
    action = next_action(lead, as_of, pipeline, zone=zone)
    assert str(action)
    assert len(str(action).splitlines()) == 1
    assert not (action.is_missing and action.due)
    assert (action.kind is None) is action.is_idle
    action.permission(as_of)


@given(leads() | suppressed(), instants(), st.none() | steps(), zones, st.sampled_from(RULES))
def test_law_nothing_that_may_not_be_done_is_on_the_list(
    lead: Lead, as_of: datetime, pipeline: Pipeline | None, zone: str | None, rules: ContactRules
) -> None:
    for item in worklist([lead], as_of, pipeline=pipeline, zone=zone, rules=rules):
        assert item.action.permission(as_of, rules)
        assert not (item.action.is_idle and not item.action.is_missing)


@given(suppressed(), instants(), st.none() | steps(), zones, st.sampled_from(RULES))
def test_law_a_suppressed_lead_is_on_no_worklist_as_a_contact(
    lead: Lead, as_of: datetime, pipeline: Pipeline | None, zone: str | None, rules: ContactRules
) -> None:
    work = worklist([lead], as_of, pipeline=pipeline, zone=zone, rules=rules)
    for action in (item.action for item in work):
        assert not action.is_contact or may_contact(lead, action.channel, as_of, rules)
        letter = action.accompany
        assert letter is None or may_contact(lead, letter, as_of, rules)
    for left in work.left_out:
        if left.permission is not None:
            assert left.permission == may_contact(lead, left.action.channel, as_of, rules)
            assert (left.code == "asleep") is (left.permission.code == "asleep")


@given(suppressed(), instants(), st.none() | steps(), st.sampled_from(RULES))
def test_law_a_lead_that_waits_is_due_when_the_gate_opens(
    lead: Lead, as_of: datetime, pipeline: Pipeline | None, rules: ContactRules
) -> None:
    action = next_action(lead, as_of, pipeline, rules=rules)
    again = action.dealings.waits_until
    if again is not None and action.why == "stay_in_touch" and action.due == again:
        begins = midnight(again, lead.rewind(as_of).time_zone)
        refusals = may_contact(lead, "phone", as_of, rules).refusals
        waiting = [refusal.until for refusal in refusals if refusal.code == "waiting"]
        assert waiting or as_of >= begins
        assert all(until is not None and until >= begins for until in waiting)

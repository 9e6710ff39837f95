"""Laws of handing over and reassigning: nothing is lost, nothing is done twice."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from leadflow import Lead
from leadflow.events import Assignment, Conversion, Overridden, TaskDone, TaskSet
from leadflow.handover import HandOver, hand_over
from leadflow.lead import Task
from leadflow.pipeline import Pipeline, Stage, breaches, next_action, worklist
from leadflow.routing import (
    Absence,
    LeastLoaded,
    Reassigned,
    Rep,
    Roster,
    Router,
    RoutingRule,
    reassign,
)
from leadflow.routing.reassignment import freed
from tests.strategies import REPS, STAGES, dates, instants, leads, moneys

LEAVER = REPS[0]
ALL = (*REPS, "dan")
"""Dan has left before: he is not on the roster."""
FAR = datetime(2200, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
SALES = Pipeline(
    "sales",
    [
        Stage("new"),
        Stage("working"),
        Stage("proposal", kind="on_hold", follow_up="1 month"),
        Stage("won", kind="won", follow_up="6 months"),
        Stage("lost", kind="lost"),
    ],
    {"new": (*STAGES[1:], "lost"), "working": (*STAGES[2:], "lost"), "proposal": ("won", "lost")},
)
ROUTER = Router([RoutingRule("all", by=LeastLoaded())])
FINISHED = ("closed", "do_not_contact")


@attrs.frozen
class World:
    """Leads, the roster that knows of their assignments, and an instant."""

    leads: list[Lead]
    roster: Roster
    at: datetime
    pipeline: Pipeline | None


@st.composite
def owned(draw: st.DrawFn, id: str, at: datetime) -> Lead:
    """Draw a lead with an owner by any way and tasks, some of it at the instant; some with any log."""
    rep = st.sampled_from((LEAVER, *ALL))
    known: dict[str, Any] = {
        "at": st.sampled_from([at, at - HOUR, at - 2 * HOUR, at - timedelta(days=9)]),
        "sequence": st.none() | st.integers(-1, 3),
    }
    whom, until = (
        st.sampled_from(["dan", *ALL, None]),
        st.sampled_from([None, at + HOUR, at - HOUR]),
    )
    assignments = st.builds(
        Assignment, rep, units=st.integers(0, 3), value=st.none() | moneys(), **known
    )
    conversions = st.builds(
        Conversion, st.just("sales"), st.sampled_from(STAGES), owner=rep, **known
    )
    overrides = st.builds(
        Overridden, st.just("owner"), whom, reason=st.just("x"), until=until, **known
    )
    task = st.sampled_from(["T-1", "T-2", "T-3"])
    tasks = st.builds(
        TaskSet,
        task,
        due=st.none() | dates() | instants(),
        kind=st.sampled_from(["call", "offer"]),
        rep=st.none() | rep,
        title=st.sampled_from([None, "ask"]),
        **known,
    )
    stage = st.sampled_from((None, *STAGES, "lost"))
    plain = st.builds(Lead, st.just(id), owner=rep, stage=stage)
    start = draw(st.one_of(plain, plain, leads(id=id)))
    return start.after(
        *draw(st.lists(st.one_of(assignments, assignments, conversions), max_size=2)),
        *draw(st.lists(overrides, max_size=1)),
        *draw(st.lists(st.one_of(tasks, tasks, st.builds(TaskDone, task, **known)), max_size=4)),
    )


@st.composite
def staff(draw: st.DrawFn) -> list[Rep]:
    """Draw reps with and without room, a team and an absence; who leaves is among them."""
    leave = [Absence(datetime(2020, 1, 1, tzinfo=UTC), FAR, "on leave")]
    found = []
    for rep in REPS:
        given_: dict[str, st.SearchStrategy[Any]] = {
            "capacity": st.integers(0, 5),
            "away": st.just(leave),
            "team": st.sampled_from(["emea", "apac"]),
        }
        found.append(Rep(rep, **draw(st.fixed_dictionaries({}, optional=given_))))
    return found


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Draw leads and the roster with what their logs say is open."""
    at = draw(instants()).astimezone(UTC)
    crowd = [draw(owned(f"L-{place}", at)) for place in range(draw(st.integers(0, 5)))]
    given_out = [assigned(lead.rewind(at)) for lead in crowd]
    roster = Roster(draw(staff())).after(*given_out)
    return World(crowd, roster, at, draw(st.sampled_from([None, SALES])))


def assigned(lead: Lead) -> Assignment:
    """Make the assignment that a lead's log ends with, or the one that it goes without."""
    units = freed(lead, underneath(lead) or LEAVER, FAR)
    return Assignment(units.rep, units.at, units=units.units, value=units.value)


def underneath(lead: Lead) -> str | None:
    """Tell whose a lead is apart from any override."""
    rest = (e for e in lead.events if not (isinstance(e, Overridden) and e.what == "owner"))
    return lead._with(tuple(rest)).owner


def is_finished(lead: Lead, world: World) -> bool:
    return next_action(lead, world.at, world.pipeline).why in FINISHED


def past(world: World) -> dict[str, Lead]:
    return {lead.id: lead.rewind(world.at) for lead in world.leads}


def handed_over(world: World, **asked: Any) -> HandOver:
    return hand_over(world.leads, LEAVER, world.roster, world.at, pipelines=world.pipeline, **asked)


def applied(world: World, done: HandOver) -> list[Lead]:
    """Apply what was handed over; the leads are as they were otherwise."""
    found = past(world)
    for each in done.handed:
        found[each.lead] = found[each.lead].after(*each.events)
    return list(found.values())


def units(roster: Roster) -> int:
    return sum(workload.open for workload in roster.workloads.values())


def the_same(task: Task, other: Task) -> bool:
    """Tell whether two tasks are the same but for whose they are and when they were set."""
    return attrs.evolve(task, rep=None, set_at=FAR) == attrs.evolve(other, rep=None, set_at=FAR)


# Handing over.


@given(worlds(), st.sampled_from([None, ROUTER]))
def test_law_every_open_lead_of_the_leaver_is_handed_or_held_once(
    world: World, router: Router | None
) -> None:
    done = handed_over(world, router=router)
    told = Counter([*(each.lead for each in done.handed), *(each.lead for each in done.held)])
    assert set(told.values()) <= {1}
    given_away = {each.lead for each in done.handed if each.assignment}
    for key, lead in past(world).items():
        if LEAVER in (lead.owner, underneath(lead)) and not is_finished(lead, world):
            assert key in given_away or key in {each.lead for each in done.held}
        else:
            assert key not in given_away


@given(worlds())
def test_law_a_lead_that_goes_over_is_the_new_reps_now_and_ever_after(world: World) -> None:
    done = handed_over(world)
    leads_now = {lead.id: lead for lead in applied(world, done)}
    for each in done.handed:
        lead, before = leads_now[each.lead], past(world)[each.lead]
        assert each.rep not in (LEAVER, "dan") or each.assignment is None
        if each.assignment is None:
            assert lead.owner == before.owner
        else:
            assert {lead.owner, lead.rewind(FAR).owner, underneath(lead)} == {each.rep}
            assert each.assignment.rep == each.rep
        assert each.brief.lead == lead


@given(worlds())
def test_law_no_task_is_lost_or_doubled_and_the_open_ones_of_the_leaver_go(world: World) -> None:
    done = handed_over(world)
    reps = {each.lead: each.rep for each in done.handed}
    for lead in applied(world, done):
        before = past(world)[lead.id]
        moved = {task.task for each in done.handed if each.lead == lead.id for task in each.tasks}
        assert len(lead.tasks) == len(before.tasks)
        for task, was in zip(lead.tasks, before.tasks, strict=True):
            assert the_same(task, was)
            if task.id in moved:
                assert (was.rep, was.is_open, task.rep) == (LEAVER, True, reps[lead.id])
            else:
                assert task == was


@given(worlds())
def test_law_a_leaver_has_nothing_left_to_do_but_what_is_held(world: World) -> None:
    done = handed_over(world)
    held = {each.lead for each in done.held}
    rest = [lead for lead in applied(world, done) if lead.id not in held]
    work = worklist(rest, world.at, LEAVER, pipeline=world.pipeline)
    assert not work
    assert {left.action.why for left in work.left_out} <= set(FINISHED)


@given(worlds())
def test_law_events_of_the_same_instant_keep_their_order(world: World) -> None:
    done = handed_over(world)
    for each in done.handed:
        before = past(world)[each.lead].events
        after = past(world)[each.lead].after(*each.events).events
        assert after[: len(before)] == before
        assert Counter(after[len(before) :]) == Counter(each.events)


@given(worlds())
def test_law_applying_twice_and_handing_over_again_change_nothing_more(world: World) -> None:
    done = handed_over(world)
    crowd = applied(world, done)
    for each in done.handed:
        [once] = [lead for lead in crowd if lead.id == each.lead]
        twice = once.after(*each.events)
        assert (twice.values, twice.tasks) == (once.values, once.tasks)
    again = hand_over(crowd, LEAVER, done.roster, world.at, pipelines=world.pipeline)
    told = {each.lead for each in again.handed} | {each.lead for each in again.held}
    assert told == {each.lead for each in done.held}


@given(worlds())
def test_law_what_the_leaver_loses_others_gain(world: World) -> None:
    done = handed_over(world)
    given_out = [each.assignment for each in done.handed if each.assignment]
    chosen = {each.rep for each in given_out if each.strategy == "Overridden"}
    assert LEAVER not in done.roster.active
    assert units(done.roster) == units(world.roster)
    for rep in REPS:
        gained = sum(each.units for each in given_out if each.rep == rep)
        lost = sum(each.units for each in done.closed if each.rep == rep)
        before, after = world.roster.workload(rep).open, done.roster.workload(rep).open
        assert after == before + gained - lost
        capacity = world.roster[rep].capacity
        assert capacity is None or after <= max(before, capacity) or rep in chosen


@given(st.data(), worlds())
def test_law_the_order_of_the_leads_does_not_matter(data: st.DataObject, world: World) -> None:
    other = attrs.evolve(world, leads=data.draw(st.permutations(world.leads)))
    assert handed_over(other) == handed_over(world)


# Reassigning.


def reassigned(world: World, crowd: list[Lead] | None = None, **asked: Any) -> Reassigned:
    late = breaches(world.leads if crowd is None else crowd, world.at, world.pipeline).broken
    roster = asked.pop("roster", world.roster)
    crowd = world.leads if crowd is None else crowd
    return reassign(crowd, ROUTER, roster, as_of=world.at, late=late, **asked)


@given(worlds(), st.booleans(), st.booleans())
def test_law_a_reassigned_lead_has_another_owner_who_has_its_tasks(
    world: World, absent: bool, overloaded: bool
) -> None:
    done = reassigned(world, absent=absent, overloaded=overloaded)
    assert list(done.because) == list(done.events) == list(done.assignments)
    assert not done.events.keys() & {held.lead for held in done.kept}
    for key, events in done.events.items():
        before = past(world)[key]
        lead = before.after(*events)
        assert lead.owner == done.assignments[key].rep != before.owner
        assert before.owner is not None
        assert before.override("owner") is None or before.owner not in world.roster.active
        assert len(lead.tasks) == len(before.tasks)
        for task, was in zip(lead.tasks, before.tasks, strict=True):
            goes = was.is_open and was.rep == before.owner
            assert the_same(task, was)
            assert task.rep == (lead.owner if goes else was.rep)


@given(st.data(), worlds())
def test_law_reassigning_does_not_depend_on_the_order_of_the_leads(
    data: st.DataObject, world: World
) -> None:
    other = attrs.evolve(world, leads=data.draw(st.permutations(world.leads)))
    assert reassigned(other) == reassigned(world)


@given(worlds())
def test_law_nobody_is_overloaded_by_reassigning_and_units_add_up(world: World) -> None:
    done = reassigned(world)
    for rep in REPS:
        gained = sum(each.units for each in done.assignments.values() if each.rep == rep)
        lost = sum(each.units for each in done.closed if each.rep == rep)
        before, after = world.roster.workload(rep).open, done.roster.workload(rep).open
        assert after == before + gained - lost
        capacity = world.roster[rep].capacity
        assert capacity is None or after <= max(before, capacity)


@given(worlds())
def test_law_reassigning_again_moves_nothing_for_lateness_or_absence(world: World) -> None:
    done = reassigned(world, overloaded=False)
    crowd = [lead.after(*done.events.get(lead.id, ())) for lead in past(world).values()]
    again = reassigned(world, crowd, overloaded=False, roster=done.roster)
    assert again.events.keys() <= {held.lead for held in done.kept}

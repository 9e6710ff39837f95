"""Reassignment: leads whose owner is too late, away or overloaded go to somebody else."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any

import attrs
import pytest

from leadflow import Activity, Lead, Money, merge, tag
from leadflow.calendars import WorkingHours
from leadflow.errors import InvalidValue, LeadflowError, NaiveDatetime
from leadflow.events import Assignment, Conversion, Event, Overridden, Tagged, TaskDone, TaskSet
from leadflow.pipeline import breaches
from leadflow.routing import (
    Absence,
    Closed,
    InTurn,
    LeastLoaded,
    Reassigned,
    Rep,
    Roster,
    Router,
    RoutingRule,
    reassign,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
ILL = Absence(NOON - 4 * HOUR, NOON + 6 * HOUR, "ill")
ROUTER = Router([RoutingRule("all", by=LeastLoaded())])
ABC = Roster([Rep("ann"), Rep("ben"), Rep("cho")])


def odd(value: Any) -> Any:
    """Hide from the type checker what it would refuse."""
    return value


def given(id: str, rep: str, at: datetime, units: int = 1, value: int | None = None) -> Lead:
    """Make a lead that was assigned."""
    worth = None if value is None else Money(value, "EUR")
    return Lead(id, at - HOUR, events=[Assignment(rep, at, units=units, value=worth)])


def roster_of(leads: list[Lead], *reps: Rep) -> Roster:
    """Count what the leads' logs say was assigned."""
    events = [event for lead in leads for event in lead.events]
    return Roster.from_history(reps, [e for e in events if isinstance(e, Assignment)])


def moved(done: Reassigned) -> dict[str, str]:
    return {lead: one.rep for lead, one in done.assignments.items()}


@attrs.frozen
class Something:
    """What a host may call late."""

    lead: Any
    deadline: Any = NOON
    is_open: Any = True

    def __str__(self) -> str:
        return "promised, and not done"


# Late.


def test_a_lead_that_was_not_answered_in_time_goes_to_somebody_else() -> None:
    lead = Lead("L-1", NOON, events=[Assignment("ann", NOON)])
    now = NOON + 25 * MINUTE
    late = breaches([lead], now).broken
    done = reassign([lead], ROUTER, roster_of([lead], *ABC), as_of=now, late=late)
    assert moved(done) == {"L-1": "ben"}
    assert done.because == {
        "L-1": "L-1 (ann): contact within, 10 minutes: not done yet, 0:15:00 over"
    }
    assert next((each.code, each.because) for each in done.assignments["L-1"].rejected) == (
        "excluded",
        done.because["L-1"],
    )


def test_a_lead_that_was_answered_in_the_end_stays() -> None:
    lead = Lead("L-1", NOON, owner="ann", events=[Activity("call", NOON + HOUR, answered=True)])
    late = breaches([lead], NOON + 2 * HOUR).broken
    assert late
    assert not reassign([lead], ROUTER, ABC, as_of=NOON + 2 * HOUR, late=late).events


@pytest.mark.parametrize(("got", "goes"), [(-MINUTE, True), (timedelta(), False), (MINUTE, False)])
def test_who_got_a_lead_when_it_was_late_already_was_not_late(got: timedelta, goes: bool) -> None:
    at = NOON + 10 * MINUTE + got
    for event in (Assignment("ann", at), Conversion("sales", "new", at, owner="ann")):
        lead = Lead("L-1", NOON, events=[event, Conversion("sales", "new", at + MINUTE)])
        late = breaches([lead], NOON + HOUR).broken
        done = reassign([lead], ROUTER, ABC, as_of=NOON + HOUR, late=late)
        assert list(done.events) == (["L-1"] if goes else [])


def test_asked_every_minute_a_late_lead_does_not_wander_from_rep_to_rep() -> None:
    lead = Lead("L-1", NOON, owner="ann")
    changes = []
    roster = ABC
    for minute in range(20 * 60):
        now = NOON + minute * MINUTE
        late = breaches([lead], now).broken
        done = reassign([lead], ROUTER, roster, as_of=now, late=late)
        lead, roster = lead.after(*done.events.get("L-1", ())), done.roster
        changes += [(now - NOON, one.rep) for one in done.assignments.values()]
    assert changes == [(11 * MINUTE, "ben"), (15 * HOUR + MINUTE, "ann")]


def test_late_leads_go_in_the_order_given_each_for_its_first_reason() -> None:
    leads = [given(f"L-{place}", "ann", NOON - HOUR) for place in range(3)]
    late = [Something("L-2"), Something("L-0"), Something("L-2"), Something("L-9")]
    roster = roster_of(leads, Rep("ann", away=[ILL]), Rep("ben"))
    done = reassign(leads, ROUTER, roster, as_of=NOON, late=iter(late))
    assert list(done.because.items()) == [
        ("L-2", "promised, and not done"),
        ("L-0", "promised, and not done"),
        ("L-1", "ann is ill until 2026-03-02 18:00 UTC"),
    ]


# Absent.


@pytest.mark.parametrize(
    ("rep", "why"),
    [
        (Rep("ann", away=[ILL]), "ann is ill until 2026-03-02 18:00 UTC"),
        (
            Rep("ann", away=[Absence(date(2026, 3, 2), date(2026, 3, 2))]),
            "ann is away until 2026-03-03 00:00 UTC",
        ),
        (Rep("ann", active=False), "ann has left"),
        (Rep("zoe"), "ann has left"),
    ],
)
def test_leads_of_the_absent_go(rep: Rep, why: str) -> None:
    leads = [Lead("L-1", owner="ann"), Lead("L-2", owner="ben")]
    done = reassign(leads, ROUTER, Roster([rep, Rep("ben")]), as_of=NOON)
    assert (moved(done), done.because) == ({"L-1": "ben"}, {"L-1": why})
    assert not reassign(leads, ROUTER, Roster([rep, Rep("ben")]), as_of=NOON, absent=False).events


@pytest.mark.parametrize(
    "rep",
    [
        Rep("ann", away=[Absence(NOON + HOUR, NOON + 2 * HOUR)]),
        Rep("ann", away=[Absence(NOON - HOUR, NOON)]),
        Rep("ann", hours=WorkingHours({"sat, sun": "09:00-12:00"})),
    ],
)
def test_who_is_merely_not_at_work_keeps_the_leads(rep: Rep) -> None:
    done = reassign([Lead("L-1", owner="ann")], ROUTER, Roster([rep, Rep("ben")]), as_of=NOON)
    assert not done.events


def test_who_got_them_first_gives_them_away_first() -> None:
    leads = [given("L-1", "ann", NOON - HOUR), given("L-2", "ann", NOON - 2 * HOUR)]
    leads += [Lead("L-4", owner="ann"), Lead("L-3", owner="ann")]
    roster = Roster([Rep("ann", active=False), Rep("ben"), Rep("cho")])
    turns = Router([RoutingRule("turns", by=InTurn())])
    found = [moved(reassign(order, turns, roster, as_of=NOON)) for order in permutations(leads)]
    assert list(found[0].items()) == [
        ("L-3", "ben"),
        ("L-4", "cho"),
        ("L-2", "ben"),
        ("L-1", "cho"),
    ]
    assert all(list(each.items()) == list(found[0].items()) for each in found)


# Overloaded.


@pytest.mark.parametrize(
    ("capacity", "units", "goes"),
    [
        (3, [1, 1, 1], []),
        (2, [1, 1, 1], ["L-2"]),
        (0, [1, 1, 1], ["L-2", "L-1", "L-0"]),
        (5, [3, 2, 2], ["L-2"]),
        (4, [3, 2, 2], ["L-2", "L-1"]),
        (3, [1, 3, 0], ["L-1"]),  # what is no load stays
    ],
)
def test_the_last_assigned_go_until_the_rest_fits(
    capacity: int, units: list[int], goes: list[str]
) -> None:
    leads = [
        given(f"L-{place}", "ann", NOON - (9 - place) * HOUR, load)
        for place, load in enumerate(units)
    ]
    roster = roster_of(leads, Rep("ann", capacity=capacity), Rep("ben"))
    done = reassign(leads, ROUTER, roster, as_of=NOON)
    assert list(done.events) == goes
    for lead in goes:
        assert done.because[lead].endswith(f"open, {capacity} at most")
    assert done.roster.workload("ann").open <= capacity
    assert not reassign(leads, ROUTER, roster, as_of=NOON, overloaded=False).events


def test_what_goes_for_another_reason_is_no_load_any_more() -> None:
    leads = [given(f"L-{place}", "ann", NOON - (9 - place) * HOUR) for place in range(3)]
    roster = roster_of(leads, Rep("ann", capacity=2), Rep("ben"))
    done = reassign(leads, ROUTER, roster, as_of=NOON, late=[Something("L-0")])
    assert list(done.events) == ["L-0"]


def test_what_has_gone_does_not_go_again() -> None:
    leads = [given(f"L-{place}", "ann", NOON - (9 - place) * HOUR) for place in range(3)]
    roster = roster_of(leads, Rep("ann", capacity=1), Rep("ben"))
    done = reassign(leads, ROUTER, roster, as_of=NOON, late=[Something("L-2")])
    assert list(done.because.values()) == [
        "promised, and not done",
        "ann has 2 units open, 1 at most",
    ]
    assert list(done.events) == ["L-2", "L-1"]
    assert len(done.closed) == 2


def test_where_one_may_not_go_the_one_before_it_does() -> None:
    leads = [given(f"L-{place}", "ann", NOON - (9 - place) * HOUR) for place in range(3)]
    leads[2] = leads[2].after(Tagged("German", NOON - HOUR))
    only = RoutingRule("all", when=~tag("German"))
    roster = roster_of(leads, Rep("ann", capacity=2), Rep("ben"))
    done = reassign(leads, Router([only]), roster, as_of=NOON)
    assert moved(done) == {"L-1": "ben"}
    assert [(held.lead, held.because) for held in done.kept] == [("L-2", ("no rule is met",))]


def test_units_that_count_for_somebody_else_relieve_nobody() -> None:
    at = NOON - HOUR
    lead = given("L-1", "ben", at).after(Conversion("sales", "new", at + MINUTE, owner="ann"))
    roster = roster_of([lead], Rep("ann", capacity=0), Rep("ben"), Rep("cho"))
    busy = roster.after(Assignment("ann", at))
    assert not reassign([lead], ROUTER, busy, as_of=NOON).events
    late = [Something("L-1")]
    done = reassign([lead], ROUTER, busy, as_of=NOON, late=late)
    assert done.closed == (Closed("ben", NOON),)
    assert {rep.id: done.roster.workload(rep.id).open for rep in busy} == {
        "ann": 1,
        "ben": 0,
        "cho": 1,
    }


def test_the_overloaded_do_not_overload_each_other() -> None:
    leads = [given(f"L-{place}", "ann", NOON - HOUR) for place in range(2)]
    leads += [given(f"M-{place}", "ben", NOON - HOUR) for place in range(3)]
    staff = [Rep("ann", capacity=1), Rep("ben", capacity=2), Rep("cho", capacity=1)]
    done = reassign(leads, ROUTER, roster_of(leads, *staff), as_of=NOON)
    assert moved(done) == {"L-1": "cho"}
    assert [held.lead for held in done.kept] == ["M-2", "M-1", "M-0"]
    assert done.because == {"L-1": "ann has 2 units open, 1 at most"}


# What stays.


def test_whom_a_person_chose_keeps_the_lead_as_long_as_that_stands() -> None:
    chosen = Overridden(
        "owner", "ann", NOON - HOUR, reason="they know each other", until=NOON + HOUR
    )
    lead = Lead("L-1", owner="ann", events=[chosen])
    roster = Roster([Rep("ann", away=[ILL]), Rep("ben")])
    late = [Something("L-1", NOON + HOUR)]
    assert not reassign([lead], ROUTER, roster, as_of=NOON, late=late).events
    after = reassign([lead], ROUTER, roster, as_of=NOON + HOUR, late=late)
    assert moved(after) == {"L-1": "ben"}


def test_the_choice_of_somebody_who_has_left_is_lifted() -> None:
    chosen = Overridden("owner", "ann", NOON - HOUR, reason="they know each other")
    lead = Lead("L-1", owner="ben", events=[chosen])
    roster = Roster([Rep("ann", active=False), Rep("ben")])
    done = reassign([lead], ROUTER, roster, as_of=NOON)
    assert [type(event) for event in done.events["L-1"]] == [Overridden, Assignment]
    assert done.because == {"L-1": "ann has left"}
    assert lead.after(*done.events["L-1"]).owner == "ben"


def test_what_is_late_may_name_a_lead_by_the_id_it_had_before_a_merge() -> None:
    lead = merge(Lead("L-1", NOON - HOUR, owner="ann"), Lead("L-2"))
    roster = Roster([Rep("ann"), Rep("ben")])
    late = [Something("L-2", NOON + HOUR)]
    assert moved(reassign([lead], ROUTER, roster, as_of=NOON, late=late)) == {"L-1": "ben"}


def test_a_lead_stays_where_nobody_else_may_take_it() -> None:
    roster = Roster([Rep("ann", away=[ILL]), Rep("ben", capacity=0)])
    done = reassign([Lead("L-1", owner="ann")], ROUTER, roster, as_of=NOON)
    assert (done.events, done.because, done.closed) == ({}, {}, ())
    assert done.roster == roster
    [held] = done.kept
    assert {each.rep: each.code for each in held.rejected} == {
        "ann": "excluded",
        "ben": "at_capacity",
    }


def test_leads_without_an_owner_are_left_alone() -> None:
    done = reassign([Lead("L-1")], ROUTER, ABC, as_of=NOON, late=[Something("L-1")])
    assert (done.events, done.kept) == ({}, ())


def test_what_comes_later_has_not_happened() -> None:
    lead = Lead("L-1", owner="ann", events=[Assignment("ben", NOON + HOUR)])
    roster = Roster([Rep("ann", active=False), Rep("ben"), Rep("cho", capacity=0)])
    assert moved(reassign([lead], ROUTER, roster, as_of=NOON)) == {"L-1": "ben"}


# What changes.


def test_the_roster_counts_units_and_value_where_they_now_are() -> None:
    leads = [given("L-1", "ann", NOON - HOUR, 3, 500), given("L-2", "ann", NOON - HOUR, 2)]
    roster = roster_of(leads, Rep("ann", active=False), Rep("ben"))
    three = Router([RoutingRule("all", units=3)])
    done = reassign(leads[:1], three, roster, as_of=NOON)
    assert done.closed == (Closed("ann", NOON, Money(500, "EUR"), 3),)
    assert done.roster.workload("ann").open == 2
    assert done.roster.workload("ann").open_value == (Money(0, "EUR"),)
    assert done.roster.workload("ben").open == 3
    history = [e for lead in leads for e in lead.events if isinstance(e, Assignment)]
    again = Roster.from_history(roster, [*history, *done.assignments.values(), *done.closed])
    assert [again.workload(rep.id).open for rep in again] == [2, 3]
    assert done.assignments["L-1"].turn == roster.version + 1
    assert done.roster.workload("ben").in_rule("all").last_turn == roster.version + 1


def test_an_owner_without_an_assignment_gives_one_unit_back() -> None:
    roster = Roster([Rep("ann", away=[ILL]), Rep("ben")]).after(Assignment("ann", NOON - HOUR))
    done = reassign([Lead("L-1", owner="ann")], ROUTER, roster, as_of=NOON)
    assert [done.roster.workload(rep).open for rep in ("ann", "ben")] == [0, 1]


@pytest.mark.parametrize("sequence", [None, 0, 7])
def test_assigned_again_at_the_same_instant_the_lead_changes_hands(sequence: int | None) -> None:
    lead = Lead("L-1", events=[Assignment("zoe", NOON, sequence=sequence)])
    roster = Roster([Rep("ann"), Rep("zoe", away=[ILL])])
    done = reassign([lead], ROUTER, roster, as_of=NOON)
    assert lead.after(*done.events["L-1"]).owner == "ann"


def test_the_open_tasks_of_the_owner_go_along() -> None:
    tasks: list[Event] = [
        TaskSet("T-1", NOON, id="e1", by="ann", due=date(2026, 3, 9), kind="call", rep="ann"),
        TaskSet("T-2", NOON, rep="ben", title="quote"),
        TaskSet("T-3", NOON, rep="ann"),
        TaskDone("T-3", NOON, sequence=5),
        TaskSet("T-4", NOON - HOUR),
    ]
    lead = Lead("L-1", owner="ann", events=tasks)
    roster = Roster([Rep("ann", away=[ILL]), Rep("cho")])
    done = reassign([lead], ROUTER, roster, as_of=NOON)
    after = lead.after(*done.events["L-1"])
    assert after.owner == "cho"
    assert {task.id: (task.rep, task.is_open) for task in after.tasks} == {
        "T-1": ("cho", True),
        "T-2": ("ben", True),
        "T-3": ("ann", False),
        "T-4": (None, True),
    }
    assert done.events["L-1"][1:] == (
        TaskSet("T-1", NOON, sequence=6, due=date(2026, 3, 9), kind="call", rep="cho"),
    )


def test_nothing_given_changes_and_the_same_question_has_the_same_answer() -> None:
    leads = [given("L-1", "ann", NOON - HOUR)]
    roster = roster_of(leads, Rep("ann", away=[ILL]), Rep("ben"))
    first = reassign(iter(leads), ROUTER, roster, as_of=NOON)
    assert first == reassign(leads, ROUTER, roster, as_of=NOON)
    assert (leads[0].owner, roster.workload("ann").open) == ("ann", 1)


# In words.


def test_it_is_told_in_words_and_as_a_table() -> None:
    roster = Roster([Rep("<ann>", away=[ILL]), Rep("ben", capacity=1)])
    leads = [Lead("L-1", owner="<ann>"), Lead("L-2", owner="<ann>")]
    done = reassign(leads, ROUTER, roster, as_of=NOON)
    assert repr(done) == str(done)
    assert str(done).splitlines() == [
        "1 lead reassigned, 1 kept",
        "  L-1 to ben: <ann> is ill until 2026-03-02 18:00 UTC",
        "  L-2 kept: rule 'all': nobody may take it: 1 excluded, 1 at capacity",
    ]
    html = done._repr_html_()
    assert "<caption>1 lead reassigned, 1 kept</caption>" in html
    assert "&lt;ann&gt; is ill" in html
    assert "<ann>" not in html


def test_only_the_first_hundred_are_shown() -> None:
    leads = [Lead(f"L-{place}", owner="gone") for place in range(250)]
    done = reassign(leads, ROUTER, Roster([Rep("ann", capacity=125)]), as_of=NOON)
    assert len(str(done).splitlines()) == 201
    assert str(done).startswith("125 leads reassigned, 125 kept")


# Bad input.


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"leads": odd("L-1")}, ["leads", "a list"]),
        ({"leads": odd([Lead("L-1"), "L-2"])}, ["leads[1]", "'L-2'", "a Lead"]),
        ({"leads": [Lead("L-1"), Lead("L-1")]}, ["leads[1]", "each lead once"]),
        ({"router": odd("all")}, ["router", "'all'", "a Router"]),
        ({"roster": odd([Rep("ann")])}, ["roster", "a Roster"]),
        ({"late": odd("L-1")}, ["late", "a list"]),
        ({"late": odd(["L-1"])}, ["late[0]", "breaches(...).broken"]),
        ({"late": [Something(["L-1"])]}, ["late[0].lead", "text"]),
        ({"late": [Something("L-1", "noon")]}, ["late[0].deadline"]),
        ({"late": [Something("L-1", NOON, "yes")]}, ["late[0].is_open", "true or false"]),
        ({"absent": odd(1)}, ["absent", "true or false"]),
        ({"overloaded": odd(None)}, ["overloaded", "true or false"]),
        ({"as_of": odd("noon")}, ["as_of"]),
    ],
)
def test_bad_input_is_refused_and_named(change: dict[str, Any], words: list[str]) -> None:
    asked: dict[str, Any] = {
        "leads": [Lead("L-1", owner="ann")],
        "router": ROUTER,
        "roster": ABC,
        "as_of": NOON,
    }
    with pytest.raises(LeadflowError) as caught:
        reassign(**asked | change)
    assert all(word in str(caught.value) for word in words)
    assert isinstance(caught.value, InvalidValue)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(NaiveDatetime, match="as_of"):
        reassign([], ROUTER, ABC, as_of=datetime(2026, 3, 2))

"""The handing over: the open work of a rep who leaves goes to others, with everything known."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from leadflow import Activity, Lead, Money, field
from leadflow.contact import ContactRules
from leadflow.errors import InvalidValue, LeadflowError, NaiveDatetime
from leadflow.events import (
    Assignment,
    Conversion,
    Disposition,
    Event,
    Note,
    Overridden,
    Snoozed,
    StageChange,
    TaskDone,
    TaskSet,
)
from leadflow.handover import Handed, HandOver, Material, hand_over
from leadflow.lead import merge
from leadflow.pipeline import Pipeline, Stage, worklist
from leadflow.routing import Absence, Closed, Held, Rep, Roster, Router, RoutingRule
from leadflow.scoring import Rule, ScoringModel
from tests.handover.leads import MODEL, full_lead

NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)
"""A Friday."""
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SALES = Pipeline.linear(
    "sales",
    [
        Stage("new"),
        Stage("working"),
        Stage("waiting", kind="on_hold", follow_up="1 month"),
        Stage("won", kind="won", follow_up="6 months"),
        Stage("lost", kind="lost"),
    ],
)
ROSTER = Roster([Rep("bo"), Rep("cy"), Rep("di")])
TO_DI = Router([RoutingRule("all", to=["di"], units=2)])


def odd(value: Any) -> Any:
    """Hide from the type checker what it would refuse."""
    return value


def of(rep: str | None, *events: Event, id: str = "L-1", **known: Any) -> Lead:
    """Make a lead of a rep."""
    return Lead(id, owner=rep, events=events, **known)


def one(done: HandOver) -> Handed:
    """Take the one lead that is handed over."""
    [handed] = done.handed
    return handed


def given(done: HandOver) -> dict[str, str]:
    return {each.lead: each.rep for each in done.handed if each.assignment}


def opened(roster: Roster) -> dict[str, int]:
    return {rep.id: roster.workload(rep.id).open for rep in roster}


# Whose the lead is.


@pytest.mark.parametrize(
    ("lead", "goes"),
    [
        (of("bo"), True),
        (of("cy"), False),
        (of(None), False),
        (of("cy", Assignment("bo", NOON - DAY)), True),
        (of("bo", Assignment("cy", NOON - DAY)), False),
        (of("bo", Assignment("cy", NOON + HOUR)), True),  # has not happened
        (of("cy", Conversion("sales", "new", NOON - DAY, owner="bo")), True),
        (of("bo", Conversion("sales", "new", NOON - DAY)), True),
        (of("cy", Overridden("owner", "bo", NOON - DAY, reason="x")), True),
        (of("cy", Overridden("owner", "bo", NOON - DAY, reason="x", until=NOON)), False),
        (of("bo", Overridden("owner", "cy", NOON - DAY, reason="x", until=NOON + DAY)), True),
        (of("bo", Overridden("owner", "cy", NOON - DAY, reason="x")), True),
        (
            merge(
                Lead("L-1", NOON - DAY, owner="cy"), Lead("L-2", NOON, owner="bo"), newest=["owner"]
            ),
            True,
        ),
    ],
)
def test_a_lead_is_the_leavers_by_whatever_way_they_own_it(lead: Lead, goes: bool) -> None:
    done = hand_over([lead], "bo", ROSTER, NOON)
    assert list(given(done)) == (["L-1"] if goes else [])
    if goes:
        now = lead.rewind(NOON).after(*one(done).events)
        assert now.owner == now.rewind(NOON + 9 * DAY).owner == one(done).rep != "bo"


@pytest.mark.parametrize(("chosen", "rep"), [("cy", "cy"), ("bo", "di"), ("gone", "di")])
def test_an_override_stands_if_it_names_somebody_who_is_there_else_it_is_lifted(
    chosen: str, rep: str
) -> None:
    lead = of("bo", Overridden("owner", chosen, NOON, reason="old friends", until=NOON + DAY))
    done = hand_over([lead], "bo", ROSTER, NOON, router=TO_DI)
    after = lead.after(*one(done).events)
    assert (one(done).rep, after.owner) == (rep, rep)
    lifted = [e for e in one(done).events if isinstance(e, Overridden)]
    assert [(e.value, e.reason) for e in lifted] == (
        [] if rep == "cy" else [(None, "bo hands over")]
    )
    assert after.rewind(NOON + 2 * DAY).owner == rep


# What is open.


@pytest.mark.parametrize(
    ("stage", "events", "goes"),
    [
        ("new", [], True),
        ("waiting", [], True),
        ("elsewhere", [], True),
        ("lost", [], False),
        ("new", [Disposition("unqualified", NOON - DAY)], False),
        ("new", [Disposition("qualified", NOON - DAY)], True),
        ("waiting", [Disposition("lost", NOON - DAY)], True),
        ("new", [Disposition("lost", NOON - DAY), StageChange("working", NOON - HOUR)], True),
        # Something is left to do.
        ("won", [], True),
        ("lost", [Disposition("lost", NOON - DAY, contact_again=date(2026, 9, 1))], True),
        ("lost", [Disposition("lost", NOON - DAY, never=["all"])], False),
        ("lost", [StageChange("lost", NOON - DAY), TaskSet("T-1", NOON, rep="cy")], True),
    ],
)
def test_a_lead_is_open_as_long_as_something_is_left_to_do(
    stage: str, events: list[Event], goes: bool
) -> None:
    lead = of("bo", *events, stage=stage, pipeline="sales")
    done = hand_over([lead], "bo", ROSTER, NOON, pipelines=SALES)
    assert list(given(done)) == (["L-1"] if goes else [])


def test_without_pipelines_no_stage_is_closed() -> None:
    lead = of("bo", stage="lost", pipeline="sales")
    assert given(hand_over([lead], "bo", ROSTER, NOON)) == {"L-1": "cy"}


@pytest.mark.parametrize("router", [None, TO_DI])
def test_a_closed_lead_takes_no_units_where_it_goes(router: Router | None) -> None:
    customer = of(
        "bo",
        Assignment("bo", NOON - DAY, value=Money(500, "EUR")),
        stage="won",
        pipeline="sales",
        deal_value=Money(500, "EUR"),
    )
    staff = Roster([Rep("bo"), Rep("di", capacity=2)])
    done = hand_over([customer], "bo", staff, NOON, pipelines=SALES, router=router)
    assignment = one(done).assignment
    assert assignment is not None
    assert (assignment.rep, assignment.units, assignment.value) == ("di", 0, None)
    assert (done.closed, opened(done.roster)) == ((), {"bo": 0, "di": 0})


def test_a_closed_lead_that_rests_takes_no_units_either() -> None:
    resting = Snoozed(date(2026, 4, 1), NOON, reason="after the fair")
    customer = of("bo", resting, stage="won", pipeline="sales")
    done = hand_over([customer], "bo", ROSTER, NOON, pipelines=SALES)
    assert (given(done), opened(done.roster)["cy"]) == ({"L-1": "cy"}, 0)


def test_a_lead_on_hold_takes_its_units_and_tasks_along() -> None:
    log: list[Event] = [TaskSet("T-1", NOON - DAY, rep="bo"), StageChange("waiting", NOON - HOUR)]
    lead = of("bo", *log, stage="new", pipeline="sales")
    done = hand_over([lead], "bo", ROSTER, NOON, pipelines=SALES)
    assert [task.task for task in one(done).tasks] == ["T-1"]
    assert opened(done.roster)["cy"] == 1


# Tasks.


def test_open_tasks_of_the_leaver_go_along_as_they_are() -> None:
    lead = of(
        "bo",
        TaskSet("T-1", NOON - DAY, id="e1", by="bo", due=NOON + DAY, kind="call", rep="bo"),
        TaskSet("T-2", NOON - DAY, due=date(2026, 3, 9), rep="bo", title="quote"),
        TaskSet("T-3", NOON - DAY, rep="bo"),
        TaskDone("T-3", NOON - HOUR),
        TaskSet("T-4", NOON - DAY, rep="di"),
        TaskSet("T-5", NOON - DAY),
        TaskSet("T-6", NOON + DAY, rep="bo"),
    )
    done = one(hand_over([lead], "bo", ROSTER, NOON))
    assert sorted(done.tasks, key=lambda task: task.task) == [
        TaskSet("T-1", NOON, due=NOON + DAY, kind="call", rep="cy"),
        TaskSet("T-2", NOON, due=date(2026, 3, 9), rep="cy", title="quote"),
    ]
    reps = {task.id: task.rep for task in lead.after(*done.events).tasks}
    assert reps == {"T-1": "cy", "T-2": "cy", "T-3": "bo", "T-4": "di", "T-5": None, "T-6": "bo"}


@pytest.mark.parametrize(
    ("owner", "rep"), [("di", "di"), ("gone", "cy"), (None, "cy"), ("away", "away")]
)
def test_tasks_on_leads_of_others_go_to_the_owner_who_stays(owner: str | None, rep: str) -> None:
    staff = ROSTER.with_rep(Rep("away", capacity=0, away=[Absence(NOON, NOON + DAY)]))
    lead = of(owner, TaskSet("T-1", NOON - DAY, rep="bo"))
    done = hand_over([lead], "bo", staff, NOON)
    assert (one(done).assignment, one(done).rep) == (None, rep)
    after = lead.after(*one(done).events)
    assert (after.owner, after.tasks[0].rep) == (owner, rep)
    assert (done.closed, opened(done.roster)) == ((), opened(staff))


def test_what_the_closing_did_away_with_does_not_come_back() -> None:
    tasks = [
        TaskSet("T-1", NOON - 3 * DAY, rep="bo", kind="send contract"),
        TaskSet("T-2", NOON - DAY, rep="bo", kind="send survey"),
    ]
    for owner in ("bo", "cy"):
        lead = of(owner, *tasks, StageChange("won", NOON - 2 * DAY), stage="new", pipeline="sales")
        done = one(hand_over([lead], "bo", ROSTER, NOON, pipelines=SALES))
        assert [task.task for task in done.tasks] == ["T-2"]
        work = worklist([lead.after(*done.events)], NOON, done.rep, pipeline=SALES)
        assert {item.action.task.task for item in work if item.action.task} == {"T-2"}


# Who gets it.


def test_the_least_loaded_of_the_team_gets_it_with_the_units_it_took() -> None:
    staff = Roster([Rep("bo", team="emea"), Rep("cy", team="emea", capacity=4), Rep("di")])
    leads = [
        of(None, Assignment("bo", NOON - DAY, units=3), id="L-2"),
        of(None, Assignment("bo", NOON - DAY, units=1), id="L-3"),
        of(None, Assignment("bo", NOON - DAY, units=2), id="L-1"),
    ]
    history = [e for lead in leads for e in lead.events if isinstance(e, Assignment)]
    done = hand_over(iter(leads), "bo", staff.after(*history), NOON)
    assert given(done) == {"L-1": "cy", "L-2": "di", "L-3": "cy"}
    assert opened(done.roster) == {"bo": 0, "cy": 3, "di": 3}
    assert done.roster.active == ("cy", "di")
    assert done.closed == tuple(Closed("bo", NOON, units=units) for units in (2, 3, 1))
    again = Roster.from_history(
        staff, [*history, *(e.assignment for e in done.handed if e.assignment), *done.closed]
    )
    assert opened(again) == opened(done.roster)
    overflowed = done.handed[1].assignment
    assert overflowed is not None
    assert overflowed.because[0].startswith("rule 'hand-over in the team' overflows")


def test_a_router_of_ones_own_says_who_gets_it_and_how_many_units_it_is() -> None:
    lead = of(None, Assignment("bo", NOON - DAY, units=5, value=Money(9, "EUR")))
    staff = ROSTER.after(*(e for e in lead.events if isinstance(e, Assignment)))
    done = hand_over([lead], "bo", staff, NOON, router=TO_DI)
    assert given(done) == {"L-1": "di"}
    assert opened(done.roster) == {"bo": 0, "cy": 0, "di": 2}
    assert done.closed == (Closed("bo", NOON, Money(9, "EUR"), 5),)


def test_whose_units_counted_for_a_lead_gets_them_back() -> None:
    lead = of(
        None, Assignment("cy", NOON - DAY, units=3), Overridden("owner", "bo", NOON, reason="x")
    )
    staff = ROSTER.after(Assignment("cy", NOON - DAY, units=3))
    done = hand_over([lead], "bo", staff, NOON, router=TO_DI)
    assert opened(done.roster) == {"bo": 0, "cy": 0, "di": 2}


def test_whom_a_person_chose_gets_the_units_it_took() -> None:
    lead = of(
        None, Assignment("bo", NOON - DAY, units=3), Overridden("owner", "cy", NOON, reason="x")
    )
    done = hand_over([lead], "bo", ROSTER.after(Assignment("bo", NOON, units=3)), NOON)
    assert opened(done.roster) == {"bo": 0, "cy": 3, "di": 0}


@pytest.mark.parametrize(
    "roster",
    [
        Roster([Rep("bo", active=False), Rep("cy")]),
        Roster([Rep("cy")]).after(Assignment("bo", NOON - DAY)),
    ],
)
def test_one_who_left_before_hands_over_too(roster: Roster) -> None:
    done = hand_over([of("bo")], " bo ", roster, NOON)
    assert (done.leaving, given(done)) == ("bo", {"L-1": "cy"})


def test_what_nobody_may_take_is_held_tasks_and_all_and_goes_later() -> None:
    leads = [
        of("bo", TaskSet("T-1", NOON, rep="bo"), id="L-1"),
        of("gone", TaskSet("T-1", NOON, rep="bo"), id="L-2"),
    ]
    back = datetime(2026, 3, 9, 9, tzinfo=UTC)
    staff = Roster([Rep("bo"), Rep("cy", away=[Absence(NOON - DAY, back)])])
    done = hand_over(leads, "bo", staff, NOON)
    assert (done.handed, done.closed) == ((), ())
    assert [(held.lead, held.until) for held in done.held] == [("L-1", back), ("L-2", back)]
    assert all(isinstance(held, Held) for held in done.held)
    again = hand_over(leads, "bo", done.roster, back)
    assert [(each.lead, each.rep, len(each.tasks)) for each in again.handed] == [
        ("L-1", "cy", 1),
        ("L-2", "cy", 1),
    ]


def test_handing_over_again_changes_nothing_more() -> None:
    leads = [of("bo", TaskSet("T-1", NOON, rep="bo"), id=f"L-{place}") for place in range(5)]
    done = hand_over(leads, "bo", ROSTER, NOON)
    after = [lead.after(*each.events) for lead, each in zip(leads, done.handed, strict=True)]
    again = hand_over(after, "bo", done.roster, NOON)
    assert (again.handed, again.held, again.roster) == ((), (), done.roster)


@pytest.mark.parametrize("sequence", [None, 3])
def test_what_happened_at_the_very_instant_happened_before(sequence: int | None) -> None:
    log: list[Event] = [
        Assignment("bo", NOON, sequence=sequence),
        Overridden("owner", "bo", NOON, sequence=sequence, reason="x"),
        TaskSet("T-1", NOON, sequence=None if sequence is None else 5, rep="bo"),
    ]
    lead = of("cy", *log)
    done = one(hand_over([lead], "bo", ROSTER, NOON, router=TO_DI))
    after = lead.after(*reversed(done.events))
    assert after.events == (*lead.events, *done.events)
    assert (after.owner, after.tasks[0].rep) == ("di", "di")
    assert [type(event) for event in done.events] == [Overridden, Assignment, TaskSet]


# The brief.


def test_the_brief_tells_the_new_rep_everything() -> None:
    lead = full_lead().after(Note("Ask for Mr Kowalski", NOON - HOUR))
    score = MODEL.score(lead, as_of=NOON)
    sheet = Material("Food industry", "food.pdf", when=field("industry").equals("food"))
    clinics = Material("Clinics", "clinics.pdf", when=field("industry").equals("health care"))
    staff = Roster([Rep("ann"), Rep("ben")])
    done = one(
        hand_over(
            [lead],
            "ann",
            staff,
            NOON,
            pipelines=[SALES],
            scores=iter([score]),
            materials=iter([sheet, clinics]),
        )
    )
    assert done.brief.lead == lead.after(*done.events)
    assert (done.brief.score, done.brief.materials) == (score, (sheet,))
    text = str(done.brief)
    assert "owner: ben" in text
    assert "Ask for Mr Kowalski" in text
    assert "demo" in text
    assert {task.rep for task in done.brief.lead.tasks if task.id == "T-1"} == {"ben"}
    assert done.brief.standing is not None


def test_every_lead_gets_its_own_score_and_material() -> None:
    model = ScoringModel("m", [Rule("large", 5, when=field("employees").at_least(100))])
    leads = [of("bo", id=f"L-{place}", fields={"employees": 90 + place * 10}) for place in range(3)]
    scores = [model.score(lead, as_of=NOON) for lead in leads[1:]]
    sheet = Material("Large", "large.pdf", when=field("employees").at_least(100))
    done = hand_over(leads, "bo", ROSTER, NOON, scores=scores, materials=iter([sheet]))
    assert [each.brief.score for each in done.handed] == [None, *scores]
    assert [each.brief.materials for each in done.handed] == [(), (sheet,), (sheet,)]


def test_the_score_of_a_lead_that_was_merged_is_its_own() -> None:
    other = of("bo", id="L-2", created_at=NOON)
    score = MODEL.score(other, as_of=NOON)
    merged = merge(Lead("L-1", NOON - DAY, owner="bo"), other)
    assert one(hand_over([merged], "bo", ROSTER, NOON, scores=[score])).brief.score == score


def test_the_brief_asks_the_contact_rules_given() -> None:
    lead = of("bo", Activity("call", NOON - DAY), fields={"tel": "+48 22 555 0100"})
    rules = ContactRules(addresses={"phone": ["tel"]})
    assert not one(hand_over([lead], "bo", ROSTER, NOON)).brief.call.allowed
    assert one(hand_over([lead], "bo", ROSTER, NOON, rules=rules)).brief.call.allowed


# In words.


def test_it_is_told_in_words_and_as_a_table() -> None:
    leads = [
        of("bo", TaskSet("T-1", NOON, rep="bo"), id="L-1"),
        of("bo", id="L-2"),
        of("cy", TaskSet("T-1", NOON, rep="bo"), TaskSet("T-2", NOON, rep="bo"), id="<L-3>"),
        of("bo", id="L-4"),
    ]
    done = hand_over(leads, "bo", Roster([Rep("bo"), Rep("cy", capacity=2)]), NOON)
    assert repr(done) == str(done)
    assert str(done).splitlines() == [
        "bo hands over 2 leads and 3 tasks; 1 held",
        "  <L-3> to cy: 2 tasks alone",
        "  L-1 to cy with 1 task: least loaded: 0 of 2 units open",
        "  L-2 to cy: least loaded: 1 of 2 units open",
        "  L-4 held: rule 'hand-over': nobody may take it: 1 at capacity",
    ]
    assert repr(done.handed[0]) == str(done.handed[0]) == "<L-3> to cy: 2 tasks alone"
    html = done._repr_html_()
    assert "<caption>bo hands over 2 leads and 3 tasks; 1 held</caption>" in html
    assert "&lt;L-3&gt;" in html
    assert "<L-3>" not in html


def test_only_the_first_hundred_are_shown() -> None:
    leads = [of("bo", id=f"L-{place}") for place in range(250)]
    done = hand_over(leads, "bo", Roster([Rep("bo"), Rep("cy", capacity=125)]), NOON)
    assert len(str(done).splitlines()) == 201
    assert str(done).startswith("bo hands over 125 leads and 0 tasks; 125 held")


def test_nothing_given_changes() -> None:
    lead, staff = of("bo"), ROSTER.after(Assignment("bo", NOON))
    hand_over([lead], "bo", staff, NOON)
    assert (lead.owner, staff.active, staff.workload("bo").open) == ("bo", ("bo", "cy", "di"), 1)


# Bad input.


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"leads": odd("L-1")}, ["leads", "a list"]),
        ({"leads": odd([Lead("L-1"), "L-2"])}, ["leads[1]", "'L-2'", "a Lead"]),
        ({"leads": [Lead("L-1"), Lead("L-1")]}, ["leads[1]", "each lead once"]),
        ({"leaving": "boo"}, ["rep", "'boo'", "a rep of the roster", "'bo'"]),
        ({"leaving": " "}, ["leaving", "blank"]),
        ({"roster": odd([Rep("bo")])}, ["roster", "a Roster"]),
        ({"router": odd("all")}, ["router", "'all'", "a Router"]),
        ({"pipelines": odd("sales")}, ["pipelines", "a Pipeline"]),
        ({"scores": odd(5)}, ["scores", "a list"]),
        ({"scores": odd([5])}, ["scores[0]", "5", "a Score"]),
        ({"scores": [MODEL.score(of("bo"), as_of=NOON + DAY)]}, ["score", "2026-03-07"]),
        ({"materials": odd("food.pdf")}, ["materials", "a list"]),
        ({"materials": odd(["food.pdf"])}, ["materials[0]", "Material"]),
        ({"rules": odd({})}, ["rules", "ContactRules"]),
        ({"as_of": odd("noon")}, ["as_of"]),
    ],
)
def test_bad_input_is_refused_and_named(change: dict[str, Any], words: list[str]) -> None:
    asked: dict[str, Any] = {"leads": [of("bo")], "leaving": "bo", "roster": ROSTER, "as_of": NOON}
    with pytest.raises(LeadflowError) as caught:
        hand_over(**asked | change)
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert isinstance(caught.value, InvalidValue)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(NaiveDatetime, match="as_of"):
        hand_over([], "bo", ROSTER, datetime(2026, 3, 6))

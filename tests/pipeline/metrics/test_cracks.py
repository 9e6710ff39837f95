"""What falls through the cracks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from leadflow import Activity, Lead
from leadflow.errors import InvalidValue
from leadflow.events import Disposition, Event, Note, Scored, Snoozed, StageChange, TaskSet
from leadflow.pipeline import Pipeline, ResponseLimits, Stage
from leadflow.pipeline.metrics import Cracks, cracks
from tests.pipeline.metrics.made import CAME, DAY, HOUR, odd

SALES = Pipeline(
    "sales",
    [
        Stage("new"),
        Stage("working"),
        Stage("rest", kind="on_hold"),
        Stage("won", kind="won"),
        Stage("lost", kind="lost"),
    ],
    {"new": ["working"], "working": ["rest", "won", "lost"], "rest": ["working"]},
)
QUIET = ResponseLimits(contact_within=None, cliff=None, leave_new_within=None)


def a_lead(key: str, *log: Any, stage: str = "working", **more: Any) -> Lead:
    return Lead(key, more.pop("created", CAME), stage=stage, owner="ada", events=log, **more)


def found(*leads: Lead, days: float = 2, **how: Any) -> Cracks:
    return cracks(leads, SALES, as_of=CAME + days * DAY, **{"limits": QUIET, **how})


def kinds(*leads: Lead, **how: Any) -> list[tuple[str, str]]:
    return [(crack.lead, crack.kind) for crack in found(*leads, **how)]


CALLED = Activity("call", CAME, answered=True)


def test_a_broken_limit_is_told_once_since_when_it_was_broken() -> None:
    [crack] = found(a_lead("1", stage="new"), limits=ResponseLimits())
    assert (crack.kind, crack.since, crack.owner, crack.stage) == (
        "past_limit", CAME + timedelta(minutes=10), "ada", "new",
    )  # fmt: skip
    assert crack.because.startswith("contact within, 10 minutes: not done yet")
    assert str(crack).startswith("1 (ada): contact within")


def test_a_limit_kept_late_is_no_crack() -> None:
    late = a_lead("1", Activity("call", CAME + DAY, answered=True), stage="working")
    assert ("1", "past_limit") not in kinds(late, limits=ResponseLimits(leave_new_within=None))


def test_a_lead_without_a_next_action() -> None:
    [crack] = found(a_lead("1", CALLED))
    assert (crack.kind, crack.since) == ("no_next_action", CAME)
    assert crack.because.startswith("no next action: ")


@pytest.mark.parametrize(
    ("due", "since"),
    [(CAME + DAY, CAME + DAY), ((CAME + DAY).date(), CAME + 1.5 * DAY)],
)
def test_an_overdue_action_since_it_was_due(due: Any, since: Any) -> None:
    [crack] = found(a_lead("1", CALLED, TaskSet("T", CAME, due=due, kind="demo", rep="bo")))
    assert (crack.kind, crack.since, crack.owner) == ("overdue", since, "bo")
    assert crack.because.startswith("overdue: demo")


@pytest.mark.parametrize("due", [CAME + 2 * DAY, (CAME + 2 * DAY).date(), None])
def test_what_is_not_due_yet_is_no_crack(due: Any) -> None:
    assert kinds(a_lead("1", CALLED, TaskSet("T", CAME, due=due, kind="demo"))) == []


def test_a_silent_lead_since_the_last_thing_that_happened() -> None:
    soon = TaskSet("T", CAME, due=CAME + 99 * DAY, kind="demo")
    scored = Scored(5, CAME + 30 * DAY)
    fresh = [a_lead("2", CALLED, soon, Note("back soon", CAME + 30 * DAY))]
    [crack] = found(a_lead("1", CALLED, soon, scored), *fresh, days=31, silent="20 days").by_kind()[
        "silent"
    ]
    assert (crack.lead, crack.kind, crack.since) == ("1", "silent", CAME)
    assert crack.because == "nothing happened since 2026-03-02, more than 20 days ago"


def test_a_lead_of_unknown_age_is_not_silent() -> None:
    lead = Lead("1", stage="working")
    assert ("1", "silent") not in kinds(lead, days=300)


def test_a_stage_nobody_works() -> None:
    soon = TaskSet("T", CAME, due=CAME + 99 * DAY, kind="demo")
    note = Note("asked", CAME + 30 * DAY)
    called, never = a_lead("1", CALLED, soon, note), a_lead("2", soon, note)
    new = a_lead("3", soon, created=CAME + 30 * DAY)
    one, two = found(called, never, new, days=31, silent="20 days").by_kind()["unworked_stage"]
    assert {(c.lead, c.kind, c.since) for c in (one, two)} == {
        ("1", "unworked_stage", CAME), ("2", "unworked_stage", CAME),
    }  # fmt: skip
    assert (
        one.because
        == "no lead in working was tried since 2026-03-02, and it is there for over 20 days"
    )
    [only] = found(never, days=31, silent="20 days")
    assert "was tried ever" in only.because


def test_a_stage_where_one_was_tried_is_worked() -> None:
    soon = TaskSet("T", CAME, due=CAME + 99 * DAY, kind="demo")
    called = a_lead("1", Activity("call", CAME + 25 * DAY), soon)
    quiet = a_lead("2", soon, Note("asked", CAME + 30 * DAY))
    assert kinds(called, quiet, days=31, silent="20 days") == []


@pytest.mark.parametrize(
    "lead",
    [
        a_lead("1", stage="won"),
        a_lead("1", stage="rest"),
        a_lead("1", stage="elsewhere"),
        a_lead("1", created=CAME + 99 * DAY),
        a_lead("1", Snoozed((CAME + 90 * DAY).date(), CAME, reason="budget")),
        a_lead("1", Disposition("unqualified", CAME, reason="no_need")),
        a_lead("1", Disposition("lost", CAME, reason="price", contact_again=(CAME + DAY).date())),
        a_lead("1", Disposition("lost", CAME, reason="price", never=["phone", "email"])),
    ],
)
def test_leads_that_need_nothing_now_are_no_cracks(lead: Lead) -> None:
    assert kinds(lead, days=60) == []


def test_they_come_by_kind_and_age_and_are_parted_by_owner() -> None:
    late = a_lead("2", CALLED, TaskSet("T", CAME, due=CAME + HOUR, kind="demo"))
    older = a_lead("3", CALLED, TaskSet("T", CAME, due=CAME + HOUR / 2, kind="demo"))
    nobody = Lead("4", CAME, stage="working", events=[CALLED])
    answer = found(a_lead("1", CALLED), late, older, nobody)
    assert [(c.lead, c.kind) for c in answer] == [
        ("3", "overdue"), ("2", "overdue"), ("1", "no_next_action"), ("4", "no_next_action"),
    ]  # fmt: skip
    assert {owner: len(own) for owner, own in answer.by_owner().items()} == {"ada": 3, None: 1}
    assert {kind: len(own) for kind, own in answer.by_kind().items()} == {
        "past_limit": 0, "overdue": 2, "no_next_action": 2, "silent": 0, "unworked_stage": 0,
    }  # fmt: skip
    assert answer.sentence == (
        "4 of 4 open leads fall through the cracks: overdue 2, no next action 2"
    )
    assert (answer[:2], len(answer), answer.leads) == (answer.found[:2], 4, 4)
    assert "overdue" in str(answer)
    assert answer.sentence in answer._repr_html_()
    assert str(answer[3]).startswith("4: no next action")
    assert repr(answer) == f"Cracks({answer.sentence})"


def test_without_cracks_it_says_so() -> None:
    assert str(found()) == "no lead falls through the cracks"


def test_a_move_is_something_that_happened() -> None:
    soon = TaskSet("T", CAME, due=CAME + 99 * DAY, kind="demo")
    moved = StageChange("working", CAME + 25 * DAY)
    tried = Activity("call", CAME + 24 * DAY)
    assert kinds(a_lead("1", soon, tried, moved, stage="new"), days=31, silent="20 days") == []


def test_bad_questions_are_refused() -> None:
    with pytest.raises(InvalidValue, match="pipeline: expected a Pipeline"):
        cracks([], odd("sales"), as_of=CAME)
    with pytest.raises(InvalidValue):
        found(silent="soon")
    with pytest.raises(InvalidValue, match=r"leads\[0\]: expected a Lead"):
        found(odd(5))


def test_a_task_of_its_own_is_overdue_beside_a_broken_limit() -> None:
    sales = Pipeline.linear(
        "sales", [Stage("new"), Stage("offer", respond_within="2 days"), Stage("won", kind="won")]
    )
    log: list[Event] = [
        Activity("call", CAME + timedelta(minutes=5)),
        TaskSet("T-1", CAME + DAY, kind="call", title="send contract", due=(CAME + 8 * DAY).date()),
        StageChange("offer", CAME + 18 * DAY),
    ]
    found = cracks(
        [Lead("1", CAME, owner="ada", stage="new", events=log)], sales, as_of=CAME + 30 * DAY
    )
    assert {crack.kind for crack in found} >= {"past_limit", "overdue"}

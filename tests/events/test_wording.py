"""Events in English."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given

from leadflow.events import (
    Activity,
    Assignment,
    Conversion,
    Disposition,
    Erased,
    Event,
    FieldsSet,
    Note,
    Overridden,
    Qualification,
    Rated,
    Reopened,
    Scored,
    Snoozed,
    StageChange,
    Tagged,
    TaskDone,
    TaskSet,
    Untagged,
    describe,
)
from tests.strategies import events

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MAY = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (
            Activity("page_viewed", NOON, data={"page": "/x", "a": 1}),
            "page viewed (a = 1, page = /x)",
        ),
        (Activity("call", NOON, answered=True), "call, answered"),
        (Activity("call", NOON, answered=False, by="ann"), "call, no answer (by ann)"),
        (Note("likes blue", NOON), "note: likes blue"),
        (FieldsSet({"employees": 20, "due": None}, NOON), "set due = unknown, employees = 20"),
        (Tagged("vip", NOON), "tagged vip"),
        (Untagged("vip", NOON), "tag vip removed"),
        (Scored(40, NOON), "scored 40"),
        (Scored(-4, NOON, model="inbound"), "scored -4 by inbound"),
        (Rated("hot", NOON), "rated hot"),
        (Rated("hot", NOON, because=("soon", "large")), "rated hot: soon; large"),
        (
            Overridden("owner", "ann", NOON, reason="knows her"),
            "owner overridden to ann: knows her",
        ),
        (
            Overridden("rating", "hot", NOON, reason="met", until=MAY),
            "rating overridden to hot until 2026-05-01T00:00:00+00:00: met",
        ),
        (
            Overridden("rating", None, NOON, reason="cooled"),
            "override of the rating lifted: cooled",
        ),
        (Qualification("mql", NOON), "qualification: mql"),
        (Qualification("returned", NOON, reason="no budget"), "qualification: returned: no budget"),
        (Assignment("ann", NOON), "assigned to ann"),
        (Assignment("ann", NOON, because=("next in turn",)), "assigned to ann: next in turn"),
        (StageChange("working", NOON, from_="new"), "moved from new to working"),
        (Reopened("new", NOON, reason="wrote again"), "reopened to new: wrote again"),
        (Disposition("lost", NOON), "closed as lost"),
        (Disposition("lost", NOON, reason="price"), "closed as lost: price"),
        (Conversion("sales", "new", NOON), "converted into sales, stage new"),
        (TaskSet("T-1", NOON), "task T-1 set"),
        (
            TaskSet("T-1", NOON, kind="call", due=date(2026, 5, 1), title="ask for the budget"),
            "call T-1 set, due 2026-05-01: ask for the budget",
        ),
        (TaskDone("T-1", NOON), "task T-1 done"),
        (TaskDone("T-1", NOON, result="200 seats"), "task T-1 done: 200 seats"),
        (Snoozed(date(2026, 5, 1), NOON, reason="fair"), "snoozed until 2026-05-01: fair"),
        (Erased(("phone", "e-mail"), NOON), "erased e-mail, phone"),
    ],
)
def test_an_event_is_worded(event: Any, words: str) -> None:
    assert describe(event) == words


@given(events())
def test_every_event_has_words(event: Event) -> None:
    assert describe(event)

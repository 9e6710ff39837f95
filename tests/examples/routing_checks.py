"""What must hold after eight workers have assigned leads at once, in whatever database."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine, select

from examples import routing_workers
from examples.routing_workers import (
    ASSIGNMENTS,
    LEADS,
    REPS,
    ROSTER,
    Step,
    compare_and_swap,
    prepare,
    work,
)
from leadflow import Lead
from leadflow.routing import Roster
from leadflow.serialization import load_roster

COUNT = 40
STEPS: dict[str, Callable[[str], Step]] = {
    "compare and swap": lambda lock: compare_and_swap,
    "a lock": lambda lock: partial(routing_workers.locked, lock=lock),
}


def leads() -> list[Lead]:
    return [Lead(f"L-{place:02}") for place in range(COUNT)]


def check_work(engine: Engine, step: Step) -> None:
    """No lead is assigned twice, none is lost, and no rep is ever more than a lead ahead."""
    prepare(engine, leads())
    report = work(engine, step)
    assert report.leads == COUNT
    assert report.decisions >= COUNT
    assert sorted(report.given.values()) == [13, 13, 14]
    with engine.connect() as connection:
        assigned = connection.scalars(select(ASSIGNMENTS.c.lead)).all()
        assert sorted(assigned) == connection.scalars(select(LEADS.c.id).order_by("id")).all()
        stored = routing_workers.history(connection)
    assert sorted(assignment.turn or 0 for assignment in stored) == list(range(1, COUNT + 1))
    in_turn = sorted(stored, key=lambda assignment: assignment.turn or 0)
    assert [each.rep for each in in_turn] == ([rep.id for rep in REPS] * COUNT)[:COUNT]
    assert [each.at for each in in_turn] == sorted(each.at for each in stored)
    assert Roster.from_history(REPS, stored).version == COUNT


def check_stored_roster(engine: Engine) -> None:
    """The roster that was stored with every decision is the one that the assignments tell of."""
    prepare(engine, leads())
    work(engine, compare_and_swap)
    with engine.connect() as connection:
        document = connection.scalars(select(ROSTER.c.document)).one()
        stored = routing_workers.history(connection)
    assert load_roster(document, format="json") == Roster.from_history(REPS, stored)


def check_loser_decides_again(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody quicker stores a decision while another is being made: that one is not stored."""
    prepare(engine, leads())
    decide, quicker = routing_workers.decide, iter([True, False])

    def slowly(connection: Any, roster: Roster) -> Any:
        decision = decide(connection, roster)
        if next(quicker, False):
            assert compare_and_swap(engine)
        return decision

    monkeypatch.setattr(routing_workers, "decide", slowly)
    for expected in (["L-00"], ["L-00", "L-01"]):
        assert compare_and_swap(engine)
        with engine.connect() as connection:
            assigned = connection.scalars(select(ASSIGNMENTS.c.lead).order_by("lead")).all()
        assert assigned == expected

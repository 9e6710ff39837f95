"""Eight workers, one SQLite file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from examples import routing_sqlite
from examples.routing_workers import show
from tests.examples import routing_checks as checks


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = routing_sqlite.engine_for(tmp_path / "leads.sqlite")
    yield made
    made.dispose()


@pytest.mark.parametrize("way", checks.STEPS)
def test_no_lead_is_assigned_twice_or_lost_and_the_reps_take_turns(
    engine: Engine, way: str
) -> None:
    checks.check_work(engine, checks.STEPS[way](routing_sqlite.LOCK))


def test_the_stored_roster_is_the_one_that_the_assignments_tell_of(engine: Engine) -> None:
    checks.check_stored_roster(engine)


def test_who_was_slower_stores_nothing_and_decides_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks.check_loser_decides_again(engine, monkeypatch)


def test_the_example_prints_what_came_of_both_ways(
    engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    show(engine, routing_sqlite.LOCK, leads=7)
    swapped, locked = capsys.readouterr().out.splitlines()
    assert swapped.startswith("compare and swap: 7 leads, ")
    assert locked == "a lock: 7 leads, 7 decisions by 8 workers: ada 3, bo 2, cy 2"

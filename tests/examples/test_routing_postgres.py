"""Eight workers, one PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from examples import routing_postgres
from tests.examples import routing_checks as checks

pytestmark = pytest.mark.postgres


@pytest.fixture
def engine(postgres: str) -> Iterator[Engine]:
    made = routing_postgres.engine_for(postgres)
    yield made
    made.dispose()


@pytest.mark.parametrize("way", checks.STEPS)
def test_no_lead_is_assigned_twice_or_lost_and_the_reps_take_turns(
    engine: Engine, way: str
) -> None:
    checks.check_work(engine, checks.STEPS[way](routing_postgres.LOCK))


def test_the_stored_roster_is_the_one_that_the_assignments_tell_of(engine: Engine) -> None:
    checks.check_stored_roster(engine)


def test_who_was_slower_stores_nothing_and_decides_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks.check_loser_decides_again(engine, monkeypatch)


def test_the_example_runs_and_prints_what_came_of_both_ways(
    postgres: str, capsys: pytest.CaptureFixture[str]
) -> None:
    routing_postgres.main(postgres)
    swapped, locked = capsys.readouterr().out.splitlines()
    assert swapped.startswith("compare and swap: 100 leads, ")
    shares = "ada 34, bo 33, cy 33"
    assert locked == f"a lock: 100 leads, 100 decisions by 8 workers: {shares}"

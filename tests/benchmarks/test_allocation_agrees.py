"""The bare solver and leadflow come to the same total."""

from __future__ import annotations

import attrs
import pytest

from benchmarks import allocation

TINY = attrs.evolve(allocation.QUICK, leads=40, reps=4, rounds=2)


def test_the_bare_solver_comes_to_the_same_total_whatever_the_room() -> None:
    allocation.agreeing(allocation.QUICK)


def test_another_total_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allocation, "bare", lambda worth, room: 1)
    with pytest.raises(SystemExit, match="another total"):
        allocation.agreeing(TINY)


def test_room_is_tight_for_three_in_five_and_exact_for_all() -> None:
    placed = {
        name: len(allocation.by_leadflow(allocation.question(allocation.QUICK, room)).assignments)
        for name, room in allocation.ROOMS.items()
    }
    assert placed == {"tight": 300, "exact": 500, "loose": 500, "unlimited": 500}


def test_the_case_makes_a_table_as_wide_as_its_header() -> None:
    section = allocation.allocating(TINY)
    assert [row[0] for row in section.rows] == list(allocation.ROOMS)
    assert {len(row) for row in section.rows} == {len(section.header)}

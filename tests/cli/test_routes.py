from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest

from leadflow import Lead, Money
from leadflow.cli.routes import assigned, heading, held, shares, why
from leadflow.cli.screen import Screen
from leadflow.events import Assignment
from leadflow.markup import width
from leadflow.routing import Rep, Roster, Routed, Router, RoutingRule

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ROSTER = Roster([Rep("rep-1", capacity=2), Rep("rep-2", capacity=1)])


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def screen(columns: int, monkeypatch: pytest.MonkeyPatch) -> Screen:
    monkeypatch.setenv("COLUMNS", str(columns))
    return Screen(Terminal(), Terminal())


def routed(*values: Money | None) -> Routed:
    leads = [
        Lead(f"L-{n}", deal_value=value, rating=("hot", "cold")[n % 2])
        for n, value in enumerate(values)
    ]
    return Router([RoutingRule("everybody in turn")]).assign_all(leads, ROSTER, NOON)


def test_the_heading_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    found = routed(None, None, None, None, None)
    assert heading(found, "5 leads") == "5 leads: 3 assigned, 2 held"
    assert len(assigned(found, 2, screen(80, monkeypatch))) == 1 + 1 + 2
    assert len(held(found, 5, screen(80, monkeypatch))) == 1 + 1 + 2 * 2


def test_nothing_is_said_of_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    found, wide = routed(), screen(100, monkeypatch)
    assert assigned(found, 5, wide) == held(found, 5, wide) == shares(found, ROSTER, wide) == []
    assert assigned(routed(None), 0, wide) == held(routed(*[None] * 5), 0, wide) == []


@pytest.mark.parametrize("columns", [30, 60, 80, 120])
def test_reasons_stand_beside_or_beneath_and_never_leave_the_screen(
    columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, narrow = routed(*[Money(1_000_000, "EUR")] * 5), screen(columns, monkeypatch)
    lines = assigned(found, 5, narrow)
    assert ("because" in lines[1]) == (columns >= 80)
    assert len(lines) == 2 + 3 * (1 if columns >= 80 else 2)
    lines += held(found, 5, narrow) + shares(found, ROSTER, narrow)[1:]
    assert columns < 50 or max(map(width, lines)) <= columns


def test_values_are_left_out_where_there_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    found = routed(*[Money(1_000_000, "EUR")] * 3)
    wide, narrow = (shares(found, ROSTER, screen(width, monkeypatch)) for width in (120, 60))
    assert wide[:3] == narrow[:3]
    assert "  value in EUR: index 0.900, largest gap 500,000.00" in narrow
    assert "value gap" in wide[3]
    assert "value gap" not in narrow[3]
    assert "cold" in narrow[3]


def test_values_in_several_currencies_are_not_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    found = routed(Money(5, "EUR"), Money(5, "USD"))
    lines = shares(found, ROSTER, screen(120, monkeypatch))
    assert lines[1] == "  2 leads to 2 reps: index 1.000, largest gap 0.00"
    assert "value" not in "".join(lines)


def test_why_tells_the_choice_before_what_overflowed() -> None:
    because = ["rule 'a' overflows: full", "rule 'b': always", "first in turn"]
    assert (
        why(Assignment("ann", NOON, because=because)) == "first in turn; rule 'a' overflows: full"
    )
    assert why(Assignment("ann", NOON, because=["owner overridden"])) == "owner overridden"

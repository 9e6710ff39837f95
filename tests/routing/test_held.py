"""Held leads, and what became of several."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest

from leadflow import Lead
from leadflow.errors import LeadflowError
from leadflow.events import Rejected
from leadflow.routing import Held, Rep, Roster, Router, RoutingRule

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
AWAY = Rejected("ada", "away", "<b>dentist</b>")


def test_held_says_why_and_when_to_ask_again() -> None:
    held = Held("L-7", NOON, because=["rule 'r': 1 away"], rule="r", rejected=[AWAY])
    assert str(held) == "L-7 held: rule 'r': 1 away"
    later = Held("L-7", NOON, because=["1 away", "1 full"], until=NOON + timedelta(hours=3))
    assert str(later) == "L-7 held: 1 away; 1 full; ask again at 2026-03-02 15:00 UTC"


def test_since_is_now_unless_it_was_held_before() -> None:
    assert Held("L-7", NOON, because=["x"]).since == NOON
    before = NOON - timedelta(days=1)
    assert Held("L-7", NOON, because=["x"], since=before).since == before


def test_a_held_lead_is_one_unit_of_work_unless_told() -> None:
    assert Held("L-7", NOON, because=["x"]).units == 1
    assert Held("L-7", NOON, because=["x"], units=0).units == 0


def test_instants_are_in_utc() -> None:
    zone = timezone(timedelta(hours=2))
    held = Held("L-7", NOON.astimezone(zone), because=["x"], until=NOON.astimezone(zone))
    assert (held.at.tzinfo, held.since.tzinfo, held.until and held.until.tzinfo) == (UTC, UTC, UTC)
    assert held.at == NOON


def test_held_is_a_value() -> None:
    held = Held("L-7", NOON, because=iter(["x"]), rejected=iter([AWAY]))
    assert (
        held
        == pickle.loads(pickle.dumps(held))
        == Held("L-7", NOON, because=["x"], rejected=[AWAY])
    )
    assert hash(held) == hash(Held("L-7", NOON, because=["x"], rejected=[AWAY]))


def test_held_as_html_is_a_table_of_its_rejections_and_escaped() -> None:
    html = Held("L-7", NOON, because=["<i>"], rejected=[AWAY] * 101)._repr_html_()
    assert "&lt;b&gt;dentist" in html
    assert "L-7 held: &lt;i&gt;" in html
    assert "<b>dentist" not in html
    assert html.count("dentist") == 100


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: Held("", NOON, because=["x"]), ["Held.lead", "not blank"]),
        (lambda: Held("L", datetime(2026, 3, 2), because=["x"]), ["Held.at", "a time zone"]),
        (lambda: Held("L", NOON, because="full"), ["Held.because", "a list", "'full'"]),
        (lambda: Held("L", NOON, because=["x"], rejected=["ada"]), ["rejected", "'ada'"]),  # type: ignore[list-item]
        (lambda: Held("L", NOON, because=["x"], until="later"), ["Held.until", "'later'"]),  # type: ignore[arg-type]
        (lambda: Held("L", NOON, because=["x"], rule=""), ["Held.rule", "not blank"]),
        (lambda: Held("L", NOON, because=["x"], units=-1), ["Held.units", "at least 0", "-1"]),
        (lambda: Held("L", NOON, because=["x"], units=1.5), ["Held.units", "whole", "1.5"]),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_held_is_refused(build: Callable[[], Held], words: list[str]) -> None:
    with pytest.raises(LeadflowError) as caught:
        build()
    for word in words:
        assert word in str(caught.value)


ROUTED = Router([RoutingRule("<r>")]).assign_all(
    [Lead("L-1"), Lead("L-2"), Lead("L-3")], Roster([Rep("ada", capacity=1)]), NOON
)


def test_what_became_of_several_leads_reads_as_lines() -> None:
    assert str(ROUTED).splitlines() == [
        "1 lead assigned, 2 held",
        "  L-1 to ada: had no turn yet",
        "  L-2 held: rule '<r>': nobody may take it: 1 at capacity",
        "  L-3 held: rule '<r>': nobody may take it: 1 at capacity",
    ]
    assert repr(ROUTED) == str(ROUTED)


def test_what_became_of_several_leads_as_html_is_escaped() -> None:
    html = ROUTED._repr_html_()
    assert "1 lead assigned, 2 held" in html
    assert "&lt;r&gt;" in html
    assert "<r>" not in html
    assert html.count("<tr>") == 1 + 3


def test_the_lines_of_many_leads_are_bounded() -> None:
    leads = [Lead(f"L-{n}") for n in range(300)]
    router = Router([RoutingRule("r")])
    routed = router.assign_all(leads, Roster([Rep("ada", capacity=150)]), NOON)
    assert len(str(routed).splitlines()) == 1 + 100 + 100
    assert routed._repr_html_().count("<tr>") == 1 + 200

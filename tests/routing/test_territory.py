"""Routing by territory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from leadflow import Lead
from leadflow.errors import InvalidValue, LeadflowError
from leadflow.events import Assignment, Rejected
from leadflow.routing import (
    Absence,
    ByTerritory,
    InTurn,
    LeastLoaded,
    Rep,
    Roster,
    Router,
    RoutingRule,
)
from leadflow.routing.held import Answer

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BY = ByTerritory("country", {"DACH": ["DE", "AT", "CH"], "Nordics": {"SE", "NO"}})
ROSTER = Roster(
    [
        Rep("ada", territories=["DACH"]),
        Rep("bo", territories=["DACH", "Nordics"]),
        Rep("cy"),
    ]
)


def answer(by: ByTerritory, country: Any, roster: Roster = ROSTER) -> Answer:
    lead = Lead("L", fields={"country": country})
    return Router([RoutingRule("where", by=by)]).assign(lead, roster, NOON)


def test_only_those_who_serve_the_territory_are_chosen_from() -> None:
    found = answer(BY, "NO")
    assert isinstance(found, Assignment)
    assert (found.rep, found.strategy) == ("bo", "ByTerritory")
    assert found.because[-1] == "serves Nordics; had no turn yet"
    assert found.rejected == (
        Rejected("ada", "wrong_territory", "serves DACH"),
        Rejected("cy", "wrong_territory", "serves no territory"),
    )


def test_the_reps_of_a_territory_share_its_leads_by_the_strategy_within() -> None:
    by = ByTerritory("country", BY.territories, then=LeastLoaded())
    leads = [Lead(f"L-{n}", fields={"country": "AT"}) for n in range(4)]
    routed = Router([RoutingRule("where", by=by)]).assign_all(leads, ROSTER, NOON)
    assert [one.rep for one in routed.assignments.values()] == ["ada", "bo", "ada", "bo"]
    last = routed.assignments["L-3"]
    assert last.because[-1] == "serves DACH; least loaded: 1 units open"
    assert last.rejected == (
        Rejected("cy", "wrong_territory", "serves no territory"),
        Rejected("ada", "not_this_turn"),
    )


def test_without_a_list_the_field_names_the_territory() -> None:
    found = answer(ByTerritory("country"), "Nordics")
    assert isinstance(found, Assignment)
    assert found.rep == "bo"


@pytest.mark.parametrize(
    ("by", "country", "words"),
    [
        (BY, None, "country is not known"),
        (BY, "FR", "country is 'FR', in no territory"),
        (BY, "de", "country is 'de', in no territory"),
        (BY, 7, "country is 7, in no territory"),
        (ByTerritory("country"), "FR", "nobody here serves 'FR'"),
    ],
)
def test_a_lead_of_no_territory_is_held_and_says_why(
    by: ByTerritory, country: Any, words: str
) -> None:
    found = answer(by, country)
    assert not isinstance(found, Assignment)
    assert found.because == (f"rule 'where': {words}",)
    assert [(each.rep, each.code) for each in found.rejected] == [
        (rep, "wrong_territory") for rep in ("ada", "bo", "cy")
    ]


def test_the_turn_of_an_absent_rep_goes_by_in_their_own_territory_only() -> None:
    away = Absence(NOON, NOON.replace(hour=15))
    roster = Roster(
        [
            Rep("ada", territories=["DACH"], away=[away]),
            Rep("bo", territories=["DACH", "Nordics"]),
        ]
    )
    at_home, abroad = answer(BY, "DE", roster), answer(BY, "SE", roster)
    assert isinstance(at_home, Assignment)
    assert isinstance(abroad, Assignment)
    assert at_home.credited == {"ada": 1}
    assert abroad.credited == {}


def test_of_tells_the_territory_of_a_lead() -> None:
    assert BY.of(Lead("L", fields={"country": "SE"})) == "Nordics"
    assert BY.of(Lead("L", fields={"country": "FR"})) is None
    assert BY.of(Lead("L")) is None
    assert ByTerritory("country").of(Lead("L", fields={"country": "FR"})) == "FR"
    assert BY.territories == {"DACH": ("DE", "AT", "CH"), "Nordics": ("NO", "SE")}


def test_a_value_in_two_territories_is_refused() -> None:
    with pytest.raises(InvalidValue) as caught:
        ByTerritory("country", {"DACH": ["DE", "AT"], "East": ["PL", "AT"]})
    assert str(caught.value) == (
        "ByTerritory.territories.East: expected each value in one territory; "
        "it is in 'DACH' already, got 'AT'"
    )


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: ByTerritory(" "), ["ByTerritory.field", "not blank"]),
        (lambda: ByTerritory("c", ["DE"]), ["territories", "a mapping of territories"]),  # type: ignore[arg-type]
        (lambda: ByTerritory("c", {"": ["DE"]}), ["territories", "not blank"]),
        (lambda: ByTerritory("c", {"A": ["x"], " A": ["y"]}), ["' A'", "each territory once"]),
        (lambda: ByTerritory("c", {"A": "DE"}), ["territories.A", "a list of names", "'DE'"]),
        (lambda: ByTerritory("c", {"A": [7]}), ["territories.A", "text", "7"]),  # type: ignore[list-item]
        (lambda: ByTerritory("c", then=InTurn), ["ByTerritory.then", "InTurn()", "class"]),  # type: ignore[arg-type]
        (lambda: ByTerritory("c", then=None), ["ByTerritory.then", "a strategy", "None"]),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_territory_is_refused(build: Callable[[], object], words: list[str]) -> None:
    with pytest.raises(LeadflowError) as caught:
        build()
    for word in words:
        assert word in str(caught.value)


def test_a_territory_whose_rep_is_away_is_not_told_as_served_by_nobody() -> None:
    away = Absence(NOON, NOON.replace(hour=15), "dentist")
    roster = Roster([Rep("de", territories=["DE"], away=[away]), Rep("fr", territories=["FR"])])
    found = answer(ByTerritory("country"), "DE", roster)
    assert not isinstance(found, Assignment)
    assert found.because == ("rule 'where': all who serve 'DE' are absent",)
    assert [(each.rep, each.code) for each in found.rejected] == [
        ("de", "away"),
        ("fr", "wrong_territory"),
    ]
    assert found.until == NOON.replace(hour=15)

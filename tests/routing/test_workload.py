"""The workload: turns, units and amounts, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leadflow import Money
from leadflow.errors import LeadflowError, LimitExceeded
from leadflow.routing import Turns, Workload
from leadflow.routing.workload import BY_HAND, IDLE, minus, plus
from leadflow.values import Frozen

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
EUR, USD = Money(5, "EUR"), Money(7, "USD")


# Turns


def test_turns_taken_and_turns_that_went_by_both_count() -> None:
    assert Turns(3, 2, 1, 9, NOON).counted == 5


def test_turns_of_two_rules_add_up_and_the_later_last_turn_stays() -> None:
    older, newer = Turns(3, 2, 1, 9, NOON), Turns(4, 0, 2, 11, NOON - HOUR)
    assert older + newer == newer + older == Turns(7, 2, 3, 11, NOON - HOUR)
    assert Turns() + older == older + Turns() == older


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"assigned": -1}, "Turns.assigned: expected a whole number of at least 0, got -1"),
        ({"assigned": True}, "Turns.assigned: expected a whole number, got True"),
        ({"credited": 1.5}, "Turns.credited: expected a whole number, got 1.5"),
        ({"owed": -1}, "Turns.owed: expected a whole number of at least 0"),
        ({"last_turn": -1}, "Turns.last_turn: expected a whole number of at least 0"),
        ({"last_turn": None}, "Turns.last_turn: expected a whole number"),
        ({"last_at": datetime(2026, 3, 2)}, "Turns.last_at: expected a datetime with a time zone"),
        ({"last_at": "noon"}, "Turns.last_at: expected a datetime"),
    ],
)
def test_turns_that_cannot_be_are_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(LeadflowError) as caught:
        Turns(**given)
    assert str(caught.value).startswith(words)


# Workload


def test_leads_assigned_by_hand_count_in_a_rule_only_if_asked() -> None:
    by_hand, in_rule = Turns(2, 0, 0, 7, NOON), Turns(5, 1, 0, 4, NOON - HOUR)
    workload = Workload(turns={BY_HAND: by_hand, "inbound": in_rule, "other": Turns(8)})
    assert workload.in_rule("inbound") == in_rule
    assert workload.in_rule("inbound", by_hand=True) == Turns(7, 1, 0, 7, NOON)
    assert workload.in_rule("unheard of") == Turns()
    assert workload.in_rule("unheard of", by_hand=True) == by_hand
    assert workload.assigned == 15


def test_an_idle_workload_has_nothing() -> None:
    assert Workload() == IDLE
    assert (IDLE.open, IDLE.value, IDLE.open_value, IDLE.recent) == (0, (), (), ())
    assert (IDLE.turns, IDLE.assigned, IDLE.in_rule("all", by_hand=True)) == ({}, 0, Turns())


def test_amounts_are_one_for_each_currency_in_the_order_of_their_codes() -> None:
    given: Any = {EUR}
    assert Workload(value=[USD, EUR], open_value=given).value == (EUR, USD)
    alone: Any = EUR
    assert Workload(open_value=alone).open_value == (EUR,)


def test_what_was_received_is_kept_in_utc() -> None:
    there = datetime.fromisoformat("2026-03-02T17:30+05:30")
    pairs: Any = [[there, 2], (NOON, 0)]
    assert Workload(recent=pairs).recent == ((NOON, 2), (NOON, 0))
    assert Workload(recent=pairs).recent[0][0].tzinfo is UTC
    assert Workload(recent=[]).recent == ()


def test_turns_are_kept_frozen_under_the_normal_names_of_their_rules() -> None:
    turns = Workload(turns={" inbound ": Turns(1), BY_HAND: Turns(2)}).turns
    assert turns == {"inbound": Turns(1), "": Turns(2)}
    assert isinstance(turns, Frozen)
    assert Workload(turns=turns).turns is turns


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"open": -1}, "Workload.open: expected a whole number of at least 0, got -1"),
        ({"open": 1.5}, "Workload.open: expected a whole number, got 1.5"),
        ({"value": [5]}, "Workload.value: expected a list of Money, got 5"),
        ({"value": 5}, "Workload.value: expected a list, got 5"),
        ({"value": [EUR, EUR]}, "Workload.value: expected one amount for each currency, got '5 EU"),
        ({"open_value": ["5 EUR"]}, "Workload.open_value: expected a list of Money, got '5 EUR'"),
        ({"recent": 5}, "Workload.recent: expected a list, got 5"),
        ({"recent": [5]}, "Workload.recent: expected a list, got 5"),
        ({"recent": [(NOON,)]}, "Workload.recent: expected pairs of an instant and units"),
        ({"recent": [(NOON, 1, 1)]}, "Workload.recent: expected pairs of an instant and units"),
        ({"recent": [(NOON, -1)]}, "Workload.recent: expected a whole number of at least 0"),
        ({"recent": [(1, NOON)]}, "Workload.recent: expected a datetime with a time zone"),
        ({"recent": [(datetime(2026, 3, 2), 1)]}, "Workload.recent: expected a datetime with a ti"),
        ({"turns": [("all", Turns())]}, "Workload.turns: expected a mapping of rules to Turns"),
        ({"turns": {"all": 5}}, "Workload.turns.'all': expected a Turns, got 5"),
        ({"turns": {5: Turns()}}, "Workload.turns: expected text, got 5"),
        ({"turns": {" ": Turns()}}, "Workload.turns: expected a name that is not blank"),
    ],
)
def test_a_workload_that_cannot_be_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(LeadflowError) as caught:
        Workload(**given)
    assert str(caught.value).startswith(words)


def test_a_workload_is_told_by_name_alone() -> None:
    make: Callable[..., object] = Workload
    with pytest.raises(TypeError, match="positional"):
        make(3)


# Amounts


def test_an_amount_joins_its_currency_or_becomes_one_more() -> None:
    assert plus((), USD) == (USD,)
    assert plus((USD,), EUR) == (EUR, USD)
    assert plus((EUR, USD), Money(1, "USD")) == (EUR, Money(8, "USD"))
    assert plus((EUR,), None) == (EUR,)


def test_an_amount_leaves_its_currency_alone_and_never_below_nothing() -> None:
    assert minus((EUR, USD), Money(2, "USD")) == (EUR, Money(5, "USD"))
    assert minus((EUR, USD), Money(9, "EUR")) == (Money(0, "EUR"), USD)
    assert minus((EUR,), USD) == (EUR,)
    assert minus((EUR,), None) == (EUR,)
    assert minus((), EUR) == ()


def test_large_amounts_add_up_exactly_or_say_that_they_are_too_large() -> None:
    most = Money(2**63 - 1, "EUR")
    with pytest.raises(LimitExceeded):
        plus((most,), Money(1, "EUR"))
    assert plus((Money("0.1", "EUR"),), Money("0.2", "EUR")) == (Money("0.3", "EUR"),)

"""The strategy and its answer."""

from __future__ import annotations

from typing import Any

import pytest

from leadflow.errors import InvalidValue, LeadflowError, LimitExceeded
from leadflow.events import Rejected
from leadflow.limits import DEFAULT_LIMITS
from leadflow.routing import ByTerritory, Choice, FirstOf, InTurn, RoutingRule, Strategy
from leadflow.routing.strategy import is_deep, name_of, strategy
from leadflow.values import EMPTY, Frozen


class Longest:
    def choose(self, lead: Any, candidates: Any, as_of: Any) -> Choice:
        return Choice(max(one.id for one in candidates), "the last id")


def test_a_host_needs_one_method_and_no_base_class() -> None:
    own = Longest()
    assert isinstance(own, Strategy)
    assert strategy("by", own) is own
    assert (name_of(own), name_of(InTurn())) == ("Longest", "InTurn")


@pytest.mark.parametrize("value", [Longest, InTurn, "InTurn", None, min, object()])
def test_what_cannot_choose_is_refused_and_so_is_a_class(value: Any) -> None:
    with pytest.raises(InvalidValue, match=r"^by: expected a strategy such as InTurn\(\), got "):
        strategy("by", value)


def test_strategies_within_strategies_are_bounded() -> None:
    chain = FirstOf(InTurn(), InTurn())
    assert not is_deep(InTurn())
    for _ in range(DEFAULT_LIMITS.depth - 3):
        chain = FirstOf(Longest(), chain)
    assert not is_deep(chain)
    deepest = FirstOf(Longest(), strategy("by", chain))
    with pytest.raises(LimitExceeded, match="strategies within strategies may be at most 64"):
        strategy("by", deepest)


def test_strategies_within_strategies_end_in_an_error_before_python_does() -> None:
    deep: Strategy = InTurn()
    for _ in range(DEFAULT_LIMITS.depth - 1):
        deep = ByTerritory("c", then=deep)
    with pytest.raises(LimitExceeded, match=r"^ByTerritory\.then: strategies within strategies"):
        ByTerritory("c", then=deep)
    with pytest.raises(LimitExceeded, match=r"^RoutingRule 't' by: strategies within strategies"):
        RoutingRule("t", by=deep)


def test_a_strategy_that_is_asked_twice_at_each_of_sixty_levels_is_no_harm() -> None:
    twice: Strategy = InTurn()
    for _ in range(60):
        twice = FirstOf(twice, twice)
    assert not is_deep(twice)
    assert RoutingRule("t", by=twice).by is twice
    for _ in range(3):
        twice = FirstOf(twice, twice)
    with pytest.raises(LimitExceeded, match="strategies within strategies may be at most 64"):
        FirstOf(twice, twice)


def test_a_choice_is_a_turn_unless_said_otherwise() -> None:
    assert Choice("ada", "").is_turn
    assert not Choice("ada", "", is_turn=False).is_turn


def test_a_choice_keeps_what_it_is_given() -> None:
    away = Rejected("bo", "away")
    rejected: Any = iter([away])
    choice = Choice(" ada ", "because", rejected, {" bo ": 2, "cy": 0})
    assert choice == Choice("ada", "because", (away,), {"bo": 2})
    assert isinstance(choice.passed, Frozen)
    assert Choice("ada", "").passed is EMPTY
    assert (Choice(None, "nobody is free").rep, Choice(None, "").rejected) == (None, ())


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"rep": ""}, "Choice.rep: expected a name that is not blank"),
        ({"rep": 5}, "Choice.rep: expected text, got 5"),
        ({"because": None}, "Choice.because: expected text, got None"),
        ({"rejected": ["bo"]}, "Choice.rejected: expected a list of Rejected, got 'bo'"),
        ({"rejected": 5}, "Choice.rejected: expected a list, got 5"),
        ({"passed": ["bo"]}, "Choice.passed: expected a mapping of reps to numbers of turns"),
        ({"passed": {"bo": -1}}, "Choice.passed.'bo': expected a whole number of at least 0"),
        ({"passed": {"bo": 0.5}}, "Choice.passed.'bo': expected a whole number, got 0.5"),
        ({"is_turn": 1}, "Choice.is_turn: expected true or false, got 1"),
        ({"passed": {5: 1}}, "Choice.passed: expected text, got 5"),
    ],
)
def test_a_choice_that_cannot_be_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(LeadflowError) as caught:
        Choice(**{"rep": "ada", "because": "", **given})
    assert str(caught.value).startswith(words)

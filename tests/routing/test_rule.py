"""Routing rules."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from leadflow import Lead, always, field
from leadflow.conditions import FieldRef
from leadflow.errors import LeadflowError
from leadflow.routing import InTurn, LeastLoaded, LeastRecent, Pool, Rep, RoutingRule, WhenAbsent


def test_a_rule_alone_is_everybody_and_who_waited_longest() -> None:
    rule = RoutingRule("all")
    assert (rule.when, rule.to, rule.by, rule.units) == (always(), Pool(), LeastRecent(), 1)
    assert rule.when_absent == WhenAbsent(catch_up=0, all_away="hold", fallback=None)
    assert not rule.overflow
    assert str(rule) == "all: always -> everybody, LeastRecent"


def test_a_rule_reads_as_when_to_and_by() -> None:
    rule = RoutingRule("big", when=field("n").at_least(5), to="emea", by=LeastLoaded())
    assert str(rule) == "big: n is at least 5 -> team emea, LeastLoaded"
    assert rule.because == "rule 'big': n is at least 5"


@pytest.mark.parametrize(
    ("to", "pool"),
    [
        (Pool("emea", skills=["sql"]), Pool("emea", skills=["sql"])),
        ("emea", Pool("emea")),
        (["bo", "ada", "bo"], Pool(reps=["bo", "ada"])),
        ({"bo", "ada"}, Pool(reps=["ada", "bo"])),
        (iter(["ada"]), Pool(reps=["ada"])),
    ],
)
def test_to_is_a_pool_a_team_or_reps(to: Any, pool: Pool) -> None:
    assert RoutingRule("all", to=to).to == pool


@pytest.mark.parametrize(
    ("value", "units"),
    [
        (None, 1),
        (0, 0),
        (5, 5),
        (5.0, 5),
        (Decimal("5.00"), 5),
        (2.5, None),
        (Decimal("2.5"), None),
        (-1, None),
        ("5", None),
        (True, None),
        (1_000_000, 1_000_000),
        (1_000_001, None),
    ],
)
def test_units_are_read_from_the_leads_field(value: Any, units: int | None) -> None:
    rule = RoutingRule("all", units=field("effort"))
    assert rule.units == FieldRef("effort")
    assert rule.units_of(Lead("L", fields={"effort": value})) == units


def test_units_are_one_where_the_field_is_missing_and_otherwise_as_the_rule_says() -> None:
    assert RoutingRule("all", units=FieldRef("effort")).units_of(Lead("L")) == 1
    assert RoutingRule("all", units=3).units_of(Lead("L", fields={"units": 7})) == 3


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: RoutingRule(""), ["RoutingRule.name", "not blank"]),
        (lambda: RoutingRule(7), ["RoutingRule.name", "text"]),  # type: ignore[arg-type]
        (lambda: RoutingRule("x", when=True), ["'x' when", "a condition", "True", "field(...)"]),  # type: ignore[arg-type]
        (lambda: RoutingRule("x", when=field("n")), ["'x' when", "a condition"]),  # type: ignore[arg-type]
        (lambda: RoutingRule("x", to=5), ["to", "a Pool, the name of a team", "5"]),  # type: ignore[arg-type]
        (lambda: RoutingRule("x", to=b"emea"), ["to", "a Pool"]),  # type: ignore[arg-type]
        (lambda: RoutingRule("x", to={"ada": 1}), ["to", "a list of rep ids"]),
        (lambda: RoutingRule("x", to=Rep("ada")), ["to", "a Pool", "Rep(id='ada'"]),  # type: ignore[arg-type]
        (lambda: RoutingRule("x", to=[]), ["nobody", "the ids of reps"]),
        (lambda: RoutingRule("x", by=InTurn), ["'x' by", "a strategy such as InTurn()", "class"]),  # type: ignore[arg-type]
        (lambda: RoutingRule("x", by="in turn"), ["'x' by", "a strategy", "'in turn'"]),  # type: ignore[arg-type]
        (lambda: RoutingRule("x", units=-1), ["units", "at least 0", "-1"]),
        (lambda: RoutingRule("x", units=2.5), ["units", "a whole number", "2.5"]),  # type: ignore[arg-type]
        (lambda: RoutingRule("x", units=1_000_001), ["units", "1,000,000", "1,000,001"]),
        (lambda: RoutingRule("x", overflow="yes"), ["overflow", "'yes'"]),  # type: ignore[arg-type]
        (lambda: RoutingRule("x", when_absent="hold"), ["when_absent", "a WhenAbsent", "'hold'"]),  # type: ignore[arg-type]
        (lambda: WhenAbsent(catch_up=-1), ["WhenAbsent.catch_up", "at least 0"]),
        (lambda: WhenAbsent(all_away="holt"), ["all_away", "hold, ignore", "did you mean 'hold'"]),  # type: ignore[arg-type]
        (lambda: WhenAbsent(fallback=""), ["WhenAbsent.fallback", "not blank"]),
        (
            lambda: WhenAbsent(all_away="ignore", fallback="ada"),
            ["all_away", "one of both", "with a fallback, absence is not ignored"],
        ),
    ],
)
def test_a_wrong_rule_is_refused(build: Callable[[], object], words: list[str]) -> None:
    with pytest.raises(LeadflowError) as caught:
        build()
    for word in words:
        assert word in str(caught.value)

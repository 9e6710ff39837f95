"""Clashes between many rules; what clashes at all stands in test_graph.py."""

from __future__ import annotations

from leadflow import always, field
from leadflow.actions import Action, Assign, Enrol, SetField, Tag, Untag, Withdraw
from leadflow.automation import RatingBecomes, When
from leadflow.automation.clash import clashes
from leadflow.conditions import Condition

HOT = RatingBecomes("hot")


def rule(n: int, if_: Condition, *then: Action) -> When:
    return When(HOT, if_, then, name=str(n))


def paths(*rules: When) -> list[str]:
    return [problem.path for problem in clashes(rules)]


def test_a_condition_that_nobody_meets_clashes_with_nothing() -> None:
    never = field("n").more_than(5) & field("n").less_than(3)
    assert paths(rule(0, never, Tag("x")), rule(1, always(), Untag("x"))) == []
    assert paths(rule(0, always(), Tag("x")), rule(1, never, Untag("x"))) == []


def test_a_third_rule_clashes_with_whichever_is_against_it() -> None:
    large, larger = field("n").at_least(10), field("n").at_least(50)
    rules = [
        rule(0, large, SetField("f", 1)),
        rule(1, large, SetField("f", 1)),
        rule(2, larger, SetField("f", 1)),
        rule(3, large, SetField("f", 2)),
        rule(4, large, SetField("f", 3)),
        rule(5, large, SetField("f", 1)),
    ]
    assert paths(*rules) == ["rules[3]", "rules[4]", "rules[5]"]


def test_to_leave_a_sequence_and_begin_it_later_is_no_clash() -> None:
    assert paths(rule(0, always(), Withdraw("s"), Enrol("s", after="1 month"))) == []


def test_whom_the_router_chooses_may_be_the_one_who_is_named() -> None:
    assert paths(rule(0, always(), Assign()), rule(1, always(), Assign("ada"))) == []


def test_equal_conditions_and_always_are_found_among_any_number_of_rules() -> None:
    many = [rule(n, field("n").equals(n), Untag("x") if n % 2 else Tag("x")) for n in range(1_000)]
    assert paths(*many) == []
    again = rule(1_000, field("n").equals(999), Tag("x"))
    always_ = rule(1_001, always(), Tag("x"))
    assert paths(*many, again, always_) == ["rules[1000]", "rules[1001]"]
    first = rule(1_002, always(), Tag("x"))
    assert len(paths(first, *many)) == 500

"""Rules and groups."""

from __future__ import annotations

from typing import Any

import pytest

from leadflow import activity, all_of, field, tag
from leadflow.errors import InvalidValue, LeadflowError, LimitExceeded
from leadflow.scoring import Expiry, Group, HalfLife, Rule

OPENED = activity("email_opened")
BIG = field("employees").at_least(50)


@pytest.mark.parametrize(
    ("rule", "dimension"),
    [
        (Rule("r", 1, when=BIG), "fit"),
        (Rule("r", 1, when=tag("vip")), "fit"),
        (Rule("r", 1, when=OPENED), "engagement"),
        (Rule("r", 1, each=OPENED), "engagement"),
        (Rule("r", 1, when=BIG & ~OPENED.within("3 days")), "engagement"),
        (Rule("r", 1, when=all_of(BIG, OPENED.then(activity("call")))), "engagement"),
        (Rule("r", 1, when=~(BIG | tag("x"))), "fit"),
    ],
)
def test_a_rule_that_names_an_activity_is_engagement_any_other_fit(
    rule: Rule, dimension: str
) -> None:
    assert rule.dimension == dimension


def test_a_rule_says_what_earns_its_points() -> None:
    assert Rule("r", 1, when=BIG).because == "employees is at least 50"
    rule = Rule("r", 2, each=OPENED, distinct="email", fade=HalfLife("30 days"))
    assert rule.because == "each email_opened, once per email, halving every 30 days"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"name": "r", "points": 1}, "Rule 'r': expected either when=condition or each="),
        ({"name": "r", "points": 1, "when": BIG, "each": OPENED}, "got both"),
        ({"name": "r", "points": 2.5, "when": BIG}, "points are whole"),
        ({"name": "r", "points": 2.0, "when": BIG}, "points are whole"),
        ({"name": "r", "points": float("nan"), "when": BIG}, "Rule 'r' points"),
        ({"name": "r", "points": float("inf"), "when": BIG}, "Rule 'r' points"),
        ({"name": "r", "points": True, "when": BIG}, "Rule 'r' points"),
        ({"name": "r", "points": "10", "when": BIG}, "Rule 'r' points"),
        ({"name": "r", "points": 1_000_000_001, "when": BIG}, "Rule 'r' points"),
        ({"name": "r", "points": -1_000_000_001, "when": BIG}, "Rule 'r' points"),
        ({"name": " ", "points": 1, "when": BIG}, "Rule.name"),
        ({"name": "a\u202eb", "points": 1, "when": BIG}, "Rule.name"),
        ({"name": "x" * 201, "points": 1, "when": BIG}, "Rule.name"),
        (
            {"name": "r", "points": 1, "when": "employees > 5"},
            "Rule 'r' when: expected a condition",
        ),
        ({"name": "r", "points": 1, "when": field("employees")}, "Rule 'r' when"),
        ({"name": "r", "points": 1, "when": True}, "Rule 'r' when"),
        ({"name": "r", "points": 1, "each": BIG}, "Rule 'r' each: expected an activity"),
        ({"name": "r", "points": 1, "each": OPENED.times(2)}, "without times()"),
        ({"name": "r", "points": 1, "each": OPENED.never()}, "without times() or never()"),
        ({"name": "r", "points": 1, "when": BIG, "limit": 5}, "Rule 'r' limit: expected none"),
        ({"name": "r", "points": 1, "when": BIG, "distinct": "x"}, "Rule 'r' distinct"),
        ({"name": "r", "points": 1, "when": BIG, "fade": Expiry("3 days")}, "Rule 'r' fade"),
        ({"name": "r", "points": 1, "each": OPENED, "limit": -5}, "above 0, like the points"),
        ({"name": "r", "points": -1, "each": OPENED, "limit": 5}, "below 0, like the points"),
        ({"name": "r", "points": 1, "each": OPENED, "limit": 0}, "Rule 'r' limit"),
        ({"name": "r", "points": 1, "each": OPENED, "fade": "30 days"}, "HalfLife(...) or Expiry"),
        ({"name": "r", "points": 1, "each": OPENED, "group": ""}, "Rule 'r' group"),
    ],
)
def test_a_rule_that_cannot_work_is_refused_when_built(
    arguments: dict[str, Any], words: str
) -> None:
    with pytest.raises(LeadflowError) as refusal:
        Rule(**arguments)
    assert words in str(refusal.value)


def test_the_largest_points_are_a_thousand_million() -> None:
    assert Rule("r", 1_000_000_000, when=BIG).points == 1_000_000_000
    with pytest.raises(LimitExceeded):
        Rule("r", 1_000_000_001, when=BIG)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"name": "g"}, "Group 'g': expected at_most or at_least"),
        ({"name": "g", "at_most": -1}, "Group 'g' at_most: expected 0 or more"),
        ({"name": "g", "at_least": 1}, "Group 'g' at_least: expected 0 or less"),
        ({"name": "g", "at_most": 1.5}, "Group 'g' at_most"),
        ({"name": "", "at_most": 1}, "Group.name"),
    ],
)
def test_a_group_that_cannot_work_is_refused_when_built(
    arguments: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidValue) as refusal:
        Group(**arguments)
    assert words in str(refusal.value)

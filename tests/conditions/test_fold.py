"""Looking rules up by field: exact at every edge, and given up where it would not be."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from leadflow import Lead, Money, activity, all_of, any_of, field, tag
from leadflow.conditions import Condition, fold
from leadflow.scoring import Rule, ScoringModel

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
N = field("n")


@pytest.mark.parametrize(
    "condition",
    [
        N.equals(5),
        N.one_of("a", 5, True),
        N.between(1, 2) | ~N.at_least(3),
        N.is_known() & ~N.is_unknown(),
        all_of(N.more_than(1), any_of(N.less_than(5), N.equals("x"))),
    ],
)
def test_a_condition_on_one_field_is_looked_up(condition: Condition) -> None:
    assert fold.folded_field(condition) == "n"


@pytest.mark.parametrize(
    "condition",
    [
        N.equals(5) & field("m").equals(5),
        N.at_most(field("m")),
        N.contains("x"),
        N.in_last("3 days"),
        N.equals(date(2026, 1, 1)),
        field("deal_value").at_least(Money(1, "EUR")),
        tag("vip"),
        N.equals(5) & tag("vip"),
        activity("call"),
    ],
)
def test_any_other_condition_is_not(condition: Condition) -> None:
    assert fold.folded_field(condition) is None


@pytest.mark.parametrize(
    "value",
    [
        *(-1, 0, 1, 2, 3, 4, 5, 6, 2**53, 2**53 + 1, 2**53 + 2, -(2**63) + 1),
        *(0.5, 1.0, 1.5, 2.0, 2.5, 0.1, 0.30000000000000004, float(2**53), -0.0),
        *(Decimal("0.1"), Decimal("1.50"), Decimal("1.5000001"), Decimal(2), Decimal("0.3")),
        *("", "a", "b", "1", True, False, None, date(2026, 1, 1), NOW),
    ],
    ids=repr,
)
def test_every_kind_of_value_finds_the_rules_that_match_it(value: Any) -> None:
    conditions: list[Condition] = [
        N.equals(1),
        N.equals(2**53 + 1),
        N.equals(0.1),
        N.equals(Decimal("1.5")),
        N.at_least(1.5),
        N.at_most(Decimal("1.5")),
        N.more_than(2),
        N.less_than(0.3),
        N.between(Decimal("0.3"), 3),
        N.one_of(1, "1", True),
        N.one_of("a", "b"),
        ~N.one_of("a", 2, False),
        N.equals(""),
        N.equals(True),
        ~N.equals(False),
        N.is_known(),
        N.is_unknown(),
        N.is_known() & ~N.equals(5),
    ]
    rules = [Rule(str(place), 2**place, when=when) for place, when in enumerate(conditions)]
    model = ScoringModel("m", rules)
    lead = Lead("L", fields={"n": value})
    expected = sum(rule.points for rule, when in zip(rules, conditions, strict=True)
                   if when.matches(lead, as_of=NOW))  # fmt: skip
    assert model.points(lead, as_of=NOW) == expected
    assert model.score(lead, as_of=NOW).points == expected


def test_numbers_that_are_one_as_floats_are_folded_apart() -> None:
    near = (2**53, 2**53 + 1)
    assert fold.folded("n", [(0, N.one_of(*near))]) == []
    assert fold.fold("n", [(0, N.equals(near[0])), (1, N.equals(near[1]))]) is None
    model = ScoringModel("m", [Rule(str(n), n % 2 + 1, when=N.equals(n)) for n in near])
    values: list[Any] = [*near, float(2**53)]
    leads = [Lead("L", fields={"n": value}) for value in values]
    assert [model.points(lead, as_of=NOW) for lead in leads] == [1, 2, 3]


@pytest.mark.parametrize(
    "conditions",
    [
        [N.at_least(number) for number in range(20)],
        [~N.equals(f"text {number}") for number in range(20)],
    ],
)
def test_rules_that_would_take_too_much_room_are_folded_in_parts(
    conditions: list[Condition], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list(enumerate(conditions))
    model = ScoringModel("m", [Rule(str(place), 1, when=when) for place, when in asked])
    leads = [Lead("L", fields={"n": value}) for value in (7, "text 7", None)]
    looked_up = [model.points(lead, as_of=NOW) for lead in leads]
    monkeypatch.setattr(fold, "_MOST_ENTRIES", 100)
    assert fold.fold("n", asked) is None
    parts = fold.folded("n", asked)
    assert len(parts) > 1
    assert sorted(place for one in parts for place in one.places) == list(range(20))
    in_parts = ScoringModel("m", model.rules)
    assert [in_parts.points(lead, as_of=NOW) for lead in leads] == looked_up


def test_thousands_of_overlapping_ranges_on_one_field_are_still_scored() -> None:
    rules = [Rule(str(number), 1, when=N.at_least(number)) for number in range(4_000)]
    model = ScoringModel("m", rules)
    assert model.points(Lead("L", fields={"n": 1_999}), as_of=NOW) == 2_000


@pytest.mark.parametrize("employees", [-300, -1, 0, 9, 10, 255, 256, 257, 10**6])
def test_whole_numbers_below_and_above_the_small_ones_are_looked_up_alike(employees: int) -> None:
    model = ScoringModel("m", rules=[Rule("ten", 5, when=field("employees").at_least(10))])
    lead = Lead("L-1", fields={"employees": employees})
    expected = 5 if employees >= 10 else 0
    assert model.points(lead, as_of=NOW) == expected
    assert model.score(lead, as_of=NOW).points == expected

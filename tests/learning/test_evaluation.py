from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow import Activity, Lead, activity
from leadflow.errors import InvalidValue
from leadflow.learning import Converted, auc, conversion_by

SCORED = st.lists(st.tuples(st.integers(-20, 20), st.booleans()), max_size=40)


def by_comparing_all_pairs(scored: list[tuple[int, bool]]) -> float | None:
    won = [score for score, outcome in scored if outcome]
    lost = [score for score, outcome in scored if not outcome]
    if not won or not lost:
        return None
    halves = sum(2 if w > o else 1 if w == o else 0 for w in won for o in lost)
    return float(Fraction(halves, 2 * len(won) * len(lost)))


def split(scored: list[tuple[int, bool]]) -> tuple[list[int], list[bool]]:
    return [score for score, _ in scored], [outcome for _, outcome in scored]


@given(SCORED)
def test_the_auc_is_the_share_of_pairs_in_the_right_order(scored: list[tuple[int, bool]]) -> None:
    assert auc(*split(scored)) == by_comparing_all_pairs(scored)


@given(SCORED.flatmap(lambda scored: st.tuples(st.just(scored), st.permutations(scored))))
def test_the_order_of_the_leads_does_not_matter(
    orders: tuple[list[tuple[int, bool]], list[tuple[int, bool]]],
) -> None:
    first, second = orders
    assert auc(*split(first)) == auc(*split(second))


@given(SCORED)
def test_only_the_order_of_the_scores_matters(scored: list[tuple[int, bool]]) -> None:
    scores, outcomes = split(scored)
    assert auc([score**3 + 7 for score in scores], outcomes) == auc(scores, outcomes)


@given(SCORED)
def test_scores_turned_around_give_the_rest_to_one(scored: list[tuple[int, bool]]) -> None:
    scores, outcomes = split(scored)
    one_way, other_way = auc(scores, outcomes), auc([-score for score in scores], outcomes)
    if one_way is None or other_way is None:
        assert one_way is other_way
    else:
        assert one_way + other_way == pytest.approx(1)


@pytest.mark.parametrize(
    ("scores", "outcomes", "expected"),
    [
        ([3, 2, 1], [True, False, False], 1.0),
        ([1, 2, 3], [True, False, False], 0.0),
        ([5, 5, 5], [True, False, True], 0.5),
        ([0.1, Decimal("0.3"), 1], [False, True, True], 1.0),
        ([10**400, Decimal("1e999"), 1], [True, False, False], 0.5),
    ],
)
def test_the_auc_of_small_examples(
    scores: list[float | Decimal], outcomes: list[bool], expected: float
) -> None:
    assert auc(scores, outcomes) == expected


@pytest.mark.parametrize("outcomes", [[], [True, True], [False, False]])
def test_without_both_outcomes_there_is_no_auc(outcomes: list[bool]) -> None:
    assert auc([1] * len(outcomes), outcomes) is None


@pytest.mark.parametrize("score", [float("nan"), float("inf"), Decimal("sNaN"), True, "5", None])
def test_a_score_that_is_no_finite_number_is_refused(score: Any) -> None:
    with pytest.raises(InvalidValue, match="scores: expected finite numbers"):
        auc([1, score], [True, False])


@pytest.mark.parametrize("outcome", [1, "yes", None, 0.0])
def test_an_outcome_that_is_not_true_or_false_is_refused_with_its_place(outcome: Any) -> None:
    with pytest.raises(InvalidValue, match=r"outcomes\[1\]: expected true or false"):
        auc([1, 2], [True, outcome])


def test_lists_of_different_lengths_are_refused_whichever_is_longer() -> None:
    with pytest.raises(InvalidValue, match=r"outcomes: .* got scores that go on after 1"):
        auc([1, 2], [True])
    with pytest.raises(InvalidValue, match=r"ratings: .* got outcomes that go on after 1"):
        conversion_by(["hot"], [True, False])


def test_conversion_is_counted_per_rating_in_the_order_first_met() -> None:
    found = conversion_by(["cold", "hot", "cold", "hot"], [False, True, True, True])
    assert list(found.items()) == [("cold", Converted(2, 1)), ("hot", Converted(2, 2))]
    assert found["cold"].rate == 0.5


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans())))
def test_the_counts_of_all_ratings_add_up_to_all_leads(rated: list[tuple[str, bool]]) -> None:
    found = conversion_by([r for r, _ in rated], [o for _, o in rated])
    assert sum(each.leads for each in found.values()) == len(rated)
    assert sum(each.converted for each in found.values()) == sum(o for _, o in rated)


def test_no_leads_have_no_rate() -> None:
    assert Converted(0, 0).rate is None


def test_l5_which_patterns_convert_is_learned_from_history(now: datetime) -> None:
    pattern = activity("page_viewed").then(activity("demo_requested"), within="7 days")
    browsed = Activity("page_viewed", now - timedelta(days=3))
    asked = Activity("demo_requested", now - timedelta(days=1))
    history = [
        (Lead("a", events=[browsed, asked]), True),
        (Lead("b", events=[browsed, asked]), False),
        (Lead("c", events=[browsed]), False),
        (Lead("d", events=[asked]), True),
        (Lead("e"), False),
    ]
    labels = [str(pattern.matches(lead, as_of=now)) for lead, _ in history]
    found = conversion_by(labels, [converted for _, converted in history])
    assert (found["True"].rate, found["False"].rate) == (1 / 2, 1 / 3)

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from leadflow.errors import InvalidValue, LeadflowError, LimitExceeded
from leadflow.learning.experiments import split_test
from leadflow.learning.experiments.exact import holm
from leadflow.shares import Share, difference

THREE = {"question": (120, 1000), "statement": (164, 1000), "name": (131, 1000)}


def test_a_better_arm_is_named_with_its_figures() -> None:
    found = split_test({"question": (120, 1000), "statement": (164, 1000)})
    assert str(found) == repr(found) == found.verdict == (
        "statement is above question: conversion 16.4 % against 12.0 %, +4.4 points "
        "(+1.3 to +7.5). Chance alone would rarely do that (p 0.0058)."
    )  # fmt: skip
    (only,) = found.comparisons
    assert only.is_clear
    assert only.lift == pytest.approx(0.044 / 0.12)


def test_a_worse_arm_is_named_so() -> None:
    found = split_test({"b": (164, 1000), "a": (20, 1000)}, metric="answers")
    assert found.verdict.startswith("a is below b: answers 2.0 % against 16.4 %, -14.4 points")
    assert found.verdict.endswith("(p below 0.0001).")


def test_no_clear_difference_tells_what_is_still_possible() -> None:
    found = split_test({"a": (12, 100), "b": (15, 100)})
    assert str(found) == (
        "No clear difference between b and a: conversion 15.0 % against 12.0 %. "
        "The truth may be anything from -6.7 points to +12.7 points (p 0.6796)."
    )


def test_several_arms_are_each_compared_with_the_control() -> None:
    found = split_test(THREE)
    assert [each.arm for each in found.comparisons] == ["statement", "name"]
    raw = [stats.fisher_exact([[120, 880], [x, 1000 - x]]).pvalue for x in (164, 131)]
    assert [each.p_value for each in found.comparisons] == pytest.approx(holm(raw), rel=1e-9)
    every = stats.chi2_contingency([[120, 880], [164, 836], [131, 869]]).pvalue
    assert found.p_value == pytest.approx(every, rel=1e-9)
    assert found.method == "chi-square test"


def test_the_control_may_be_named() -> None:
    found = split_test(THREE, control="name")
    assert found.control == "name"
    assert [each.arm for each in found.comparisons] == ["question", "statement"]


def test_figures_stand_in_lines_and_in_a_table() -> None:
    found = split_test({"<b>": Share(12, 100), "b": (15, 100), "none": (0, 0)})
    assert found.explain().splitlines()[2:] == [
        "arm   hits   of     rate       interval   difference       interval       p",
        "<b>     12  100   12.0 %  7.0 to 19.8 %",
        "b       15  100   15.0 %  9.3 to 23.3 %  +3.0 points  -6.7 to +12.7  0.6796",
        "none     0    0  no data                     no data",
        "All arms alike: p 0.6796 (Fisher's exact test). Intervals: 95 %, Wilson and Newcombe.",
    ]
    assert "&lt;b&gt;" in found._repr_html_()
    assert "<b>" not in found._repr_html_()


def test_arms_without_leads_have_no_data() -> None:
    found = split_test({"a": (0, 0), "b": (3, 10)})
    assert found.p_value is None
    assert found.verdict == "b: no data to compare with a."
    assert "p no data" in found.explain()
    (only,) = found.comparisons
    assert (only.p_value, only.lift, only.is_clear) == (None, None, False)


def test_without_any_hit_nothing_is_clear() -> None:
    (only,) = split_test({"a": (0, 10), "b": (0, 10)}).comparisons
    assert (only.p_value, only.lift, only.is_clear) == (1.0, None, False)


def test_shares_take_the_confidence_of_the_test() -> None:
    given_ = {"a": Share(12, 100), "b": Share(15, 100)}
    found = split_test(given_, confidence=0.8)
    expected = difference(Share(12, 100, 0.8), Share(15, 100, 0.8))
    assert found.comparisons[0].difference == expected


COUNTS = st.integers(1, 300).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


@given(COUNTS, COUNTS)
def test_two_arms_change_places_and_only_the_sign(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    one = split_test({"a": first, "b": second}).comparisons[0]
    other = split_test({"b": second, "a": first}).comparisons[0]
    assert one.p_value == pytest.approx(other.p_value)
    assert one.difference.value == -(other.difference.value or 0)
    assert one.difference.low == pytest.approx(-(other.difference.high or 0))


@pytest.mark.parametrize(
    ("arms", "named", "message"),
    [
        ({"a": (1, 2)}, {}, "arms: expected two arms or more, got 1"),
        ({}, {}, "arms: expected two arms or more, got 0"),
        ([("a", 1)], {}, "arms: expected a mapping by arm, got a list of 1"),
        ({"a": (1, 2), "b": 0.5}, {}, "arms['b']: expected a Share or (hits, of), got 0.5"),
        ({"a": (1, 2), "b": (1, 2, 3)}, {}, "arms['b']: expected a Share or (hits, of)"),
        ({"a": (1, 2), "b": (3, 2)}, {}, "arms['b'].hits: expected at most 2, all there are"),
        ({"a": (1, 2), "b": (-1, 2)}, {}, "arms['b'].hits: expected a whole number of at least"),
        ({"a": (1, 2), "b": (1.5, 2)}, {}, "arms['b'].hits: expected a whole number, got 1.5"),
        ({"a": (1, 2), "b": (1, None)}, {}, "arms['b'].of: expected a whole number, got None"),
        ({"a": (1, 2), " a": (1, 2)}, {}, "arms: expected arms that differ, got ' a'"),
        ({"a": (1, 2), "": (1, 2)}, {}, "arms name: expected a name that is not blank"),
        ({"a": (1, 2), 7: (1, 2)}, {}, "arms name: expected text, got 7"),
        (THREE, {"control": "nmae"}, "control: expected one of the arms, got 'nmae' (did you mean"),
        (THREE, {"confidence": 95}, "confidence: expected a number between 0 and 1"),
        (THREE, {"confidence": True}, "confidence: expected a number between 0 and 1"),
        (THREE, {"metric": ""}, "metric: expected a label that is not blank"),
    ],
)
def test_what_is_no_test_is_refused(arms: Any, named: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidValue) as error:
        split_test(arms, **named)
    assert str(error.value).startswith(message)


def test_a_thousand_arms_are_enough() -> None:
    with pytest.raises(LimitExceeded, match="the arms of a split may be at most 1,000"):
        split_test({str(n): (1, 2) for n in range(1001)})
    assert len(split_test({str(n): (1, 2) for n in range(1000)}).comparisons) == 999


def test_numbers_too_large_are_refused() -> None:
    with pytest.raises(LeadflowError, match="a whole number may be at most"):
        split_test({"a": (1, 10**4000), "b": (1, 2)})


def test_an_interval_that_leaves_0_out_is_no_clear_difference_by_itself() -> None:
    found = split_test({"a": (59, 100), "b": (73, 100)})
    assert found.verdict == (
        "No clear difference between b and a: conversion 73.0 % against 59.0 %. It is from "
        "+0.9 points to +26.5 points by itself, but chance alone does that too often (p 0.0519)."
    )

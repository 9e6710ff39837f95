from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from scipy import stats

from leadflow.automation.split import Split
from leadflow.errors import InvalidValue, LimitExceeded
from leadflow.learning.experiments import check_split


def test_a_sound_split_says_so() -> None:
    found = check_split({"a": 4970, "b": 5030})
    assert not found.is_off
    assert found.p_value == pytest.approx(stats.binomtest(4970, 10_000).pvalue, rel=1e-9)
    assert str(found) == repr(found) == (
        "The split is as it was meant, as far as 10,000 leads can tell (p 0.5552, exact test)."
    )  # fmt: skip


def test_a_split_that_is_off_says_where() -> None:
    found = check_split({"a": 5300, "b": 4700})
    assert found.is_off
    assert str(found) == (
        "The split is off: a has 5,300 leads where 5,000 were meant (p below 0.0001, exact test). "
        "Do not trust the test before you know why."
    )


def test_the_shares_may_be_of_any_scale() -> None:
    split = Split("subject", {"new": 10, "old": 90})
    found = check_split({"new": 95, "old": 905}, split.arms)
    assert found.p_value == pytest.approx(stats.binomtest(95, 1000, 0.1).pvalue, rel=1e-9)
    same = check_split({"new": 95, "old": 905}, {"new": Decimal("0.1"), "old": 0.9})
    assert same == found


def test_several_arms_are_compared_by_chi_square() -> None:
    counts = {"a": 3300, "b": 3400, "c": 3100}
    found = check_split(counts)
    assert found.p_value == pytest.approx(stats.chisquare(list(counts.values())).pvalue, rel=1e-9)
    assert found.is_off
    assert found.explain().splitlines()[1:] == [
        "arm  leads    meant   share  meant share",
        "a    3,300  3,266.7  33.7 %       33.3 %",
        "b    3,400  3,266.7  34.7 %       33.3 %",
        "c    3,100  3,266.7  31.6 %       33.3 %",
    ]
    assert "<td" in found._repr_html_()


def test_an_arm_that_got_no_lead_is_seen() -> None:
    found = check_split({"a": 20}, {"a": 1, "b": 1})
    assert dict(found.counts) == {"a": 20, "b": 0}
    assert found.is_off


def test_without_leads_there_is_no_data() -> None:
    found = check_split({"a": 0, "b": 0})
    assert (found.p_value, found.is_off) == (None, False)
    assert str(found) == "No data: no arm has any leads yet."
    assert found.explain().splitlines()[2] == "a        0    0.0  no data       50.0 %"


@pytest.mark.parametrize(
    ("counts", "shares", "message"),
    [
        ({"a": 1}, None, "counts: expected two arms or more, got 1"),
        ({}, {"a": 1}, "shares: expected two arms or more, got 1"),
        ([5, 5], None, "counts: expected a mapping by arm, got a list of 2"),
        ({"a": 1, "b": -1}, None, "counts['b']: expected a whole number of at least 0, got -1"),
        ({"a": 1, "b": 1.5}, None, "counts['b']: expected a whole number, got 1.5"),
        ({"a": 1, "b": 2}, {"a": 1, "b": 0}, "shares['b']: expected a number above 0, got"),
        ({"a": 1, "b": 2}, {"a": 1, "b": "half"}, "shares['b']: expected a number, got 'half'"),
        ({"a": 1, "b": 2}, {"a": 1, "b": float("nan")}, "shares['b']: expected a finite number"),
        ({"a": 1, "b": 2}, {"a": 1, "b": 1e-9}, "shares['b']: expected at least a millionth"),
        ({"a": 1, "bb": 2}, {"a": 1, "bbb": 1}, "counts['bb']: expected an arm that has a share"),
        ({"a": 1, "a ": 2}, None, "counts: expected arms that differ, got 'a '"),
    ],
)
def test_what_cannot_be_checked_is_refused(counts: Any, shares: Any, message: str) -> None:
    with pytest.raises(InvalidValue) as error:
        check_split(counts, shares)
    assert str(error.value).startswith(message)


def test_a_thousand_arms_are_enough() -> None:
    with pytest.raises(LimitExceeded):
        check_split({str(n): 1 for n in range(1001)})
    assert not check_split({str(n): n % 2 for n in range(1000)}).is_off

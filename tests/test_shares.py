from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from leadflow.errors import InvalidValue
from leadflow.shares import (
    Share,
    difference,
    normal_cdf,
    normal_quantile,
    percent,
    points,
)


@st.composite
def counts(draw: st.DrawFn) -> tuple[int, int]:
    of = draw(st.integers(1, 20_000))
    return draw(st.integers(0, of)), of


def test_a_share_says_its_interval_and_its_counts() -> None:
    assert str(Share(4238, 6711)) == "63.2 % (62.0 to 64.3 %; 4,238 of 6,711)"


def test_a_share_of_nothing_has_no_data() -> None:
    empty = Share(0, 0)
    assert (empty.value, empty.low, empty.high) == (None, None, None)
    assert str(empty) == "no data"


def test_nobody_of_some_is_zero_and_not_unknown() -> None:
    none, all_ = Share(0, 10), Share(10, 10)
    assert (none.value, none.low) == (0, 0)
    assert (all_.value, all_.high) == (1, 1)
    assert none.high == pytest.approx(0.2775327998628892)


@given(counts(), st.sampled_from([0.5, 0.8, 0.95, 0.99]))
def test_the_interval_is_that_of_wilson(hits: tuple[int, int], confidence: float) -> None:
    share = Share(*hits, confidence)
    expected = proportion_confint(*hits, alpha=1 - confidence, method="wilson")
    assert (share.low, share.high) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(counts(), counts())
def test_the_interval_of_a_difference_is_that_of_newcombe(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    found = difference(Share(*first), Share(*second))
    expected = confint_proportions_2indep(*second, *first, method="newcomb")
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-9)


def test_a_difference_says_by_how_many_points() -> None:
    found = difference(Share(56, 70), Share(48, 80))
    assert found.value == pytest.approx(-0.2)
    # Newcombe (1998), table II, row (a), method 10.
    assert (found.low, found.high) == pytest.approx((-0.3339, -0.0524), abs=5e-5)
    assert str(found) == "-20.0 points (-33.4 to -5.2)"


@pytest.mark.parametrize("pair", [(Share(0, 0), Share(1, 2)), (Share(1, 2), Share(0, 0))])
def test_a_difference_from_no_data_has_none(pair: tuple[Share, Share]) -> None:
    found = difference(*pair)
    assert (found.value, found.low, found.high) == (None, None, None)
    assert str(found) == "no data"


@given(st.floats(1e-300, 1, exclude_max=True))
def test_quantiles_are_those_of_scipy(p: float) -> None:
    assert normal_quantile(p) == pytest.approx(stats.norm.ppf(p), abs=1e-12, rel=1e-12)


@given(st.floats(-37, 37))
def test_the_distribution_is_that_of_scipy(x: float) -> None:
    assert normal_cdf(x) == pytest.approx(stats.norm.cdf(x), rel=1e-12, abs=0)


def test_the_smallest_of_numbers_has_a_quantile() -> None:
    assert normal_quantile(math.ulp(0)) == pytest.approx(-38.4674, abs=1e-3)


def test_shares_and_points_in_words() -> None:
    assert percent(0.12345, digits=2) == "12.35 %"
    assert percent(None) == points(None) == "no data"
    assert points(-0.004) == "-0.4 points"


@pytest.mark.parametrize(
    ("hits", "of", "confidence", "message"),
    [
        (3, 2, 0.95, "Share.hits: expected at most 2, all there are, got 3"),
        (-1, 2, 0.95, "Share.hits: expected a whole number of at least 0, got -1"),
        (1, -2, 0.95, "Share.of: expected a whole number of at least 0, got -2"),
        (1.0, 2, 0.95, "Share.hits: expected a whole number, got 1.0"),
        (True, 2, 0.95, "Share.hits: expected a whole number, got True"),
        (1, "2", 0.95, "Share.of: expected a whole number, got '2'"),
        (1, 2, 95, "Share.confidence: expected a number between 0 and 1, got 95"),
        (1, 2, 1.0, "Share.confidence: expected a number between 0 and 1, got 1.0"),
        (1, 2, math.nan, "Share.confidence: expected a number between 0 and 1, got nan"),
    ],
)
def test_what_is_no_share_is_refused(hits: int, of: int, confidence: float, message: str) -> None:
    with pytest.raises(InvalidValue) as error:
        Share(hits, of, confidence)
    assert str(error.value) == message


def test_whole_numbers_of_other_libraries_are_taken() -> None:
    numpy = pytest.importorskip("numpy")
    assert Share(numpy.int64(1), numpy.int64(2)).value == 0.5


def test_only_shares_have_a_difference() -> None:
    with pytest.raises(InvalidValue, match=r"second: expected a Share, got 0\.5"):
        difference(Share(1, 2), 0.5)  # type: ignore[arg-type]


@pytest.mark.parametrize("p", [0, 1, 1.0, 0.0, -0.5, math.nan, True, "0.5", None])
def test_no_quantile_outside_of_0_and_1(p: float) -> None:
    with pytest.raises(InvalidValue, match="p: expected a number between 0 and 1"):
        normal_quantile(p)

from __future__ import annotations

import math
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from leadflow.learning.experiments.exact import (
    binomial,
    chi_square,
    chi_square_of,
    chi_square_tail,
    fisher,
    holm,
    homogeneous,
    multinomial,
)


@st.composite
def groups(draw: st.DrawFn, most: int = 200) -> tuple[int, int]:
    of = draw(st.integers(1, most))
    return draw(st.integers(0, of)), of


def table(*rows: tuple[int, int]) -> list[list[int]]:
    return [[hits, of - hits] for hits, of in rows]


@given(groups(), groups())
def test_fisher_is_that_of_scipy(first: tuple[int, int], second: tuple[int, int]) -> None:
    expected = stats.fisher_exact(table(first, second)).pvalue
    assert fisher(first, second) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("hits", [4_000, 4_100, 4_200, 4_500])
def test_fisher_of_many_is_that_of_scipy(hits: int) -> None:
    expected = stats.fisher_exact(table((4_000, 100_000), (hits, 90_000))).pvalue
    assert fisher((4_000, 100_000), (hits, 90_000)) == pytest.approx(expected, rel=1e-9)


def test_so_far_apart_that_no_number_is_small_enough() -> None:
    assert fisher((0, 100_000), (100_000, 100_000)) == 0


def test_fisher_of_billions_is_quick() -> None:
    first, second = (10**11, 2 * 10**11), (10**11 + 10**6, 2 * 10**11)
    expected = stats.chi2_contingency(table(first, second), correction=False).pvalue
    assert fisher(first, second) == pytest.approx(expected, rel=1e-6)
    assert binomial(10**11, 2 * 10**11 + 10**6, 0.5) == pytest.approx(
        stats.norm.sf(10**6 / math.sqrt(2 * 10**11 + 10**6)) * 2, rel=1e-6
    )


def test_where_nothing_differs_nothing_is_unlikely() -> None:
    assert fisher((0, 10), (0, 20)) == fisher((10, 10), (20, 20)) == 1
    assert fisher((0, 0), (3, 20)) == fisher((3, 20), (0, 0)) == 1
    assert chi_square([(0, 10), (0, 20)]) == 1
    assert homogeneous([(0, 10), (0, 20), (0, 30)]) == (1, "exact test")
    assert homogeneous([(0, 0), (1, 3)]) == (1, "Fisher's exact test")
    assert binomial(0, 0, 0.5) == 1


@given(groups(), st.floats(0.001, 0.999))
def test_the_binomial_test_is_that_of_scipy(group: tuple[int, int], share: float) -> None:
    expected = stats.binomtest(*group, share).pvalue
    assert binomial(*group, share) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(st.floats(0, 500), st.integers(1, 200))
def test_the_tail_of_chi_square_is_that_of_scipy(value: float, degrees: int) -> None:
    expected = stats.chi2.sf(value, degrees)
    assert chi_square_tail(value, degrees) == pytest.approx(expected, rel=1e-9, abs=1e-300)


@given(st.lists(groups(10_000), min_size=2, max_size=6))
def test_chi_square_is_that_of_scipy(rows: list[tuple[int, int]]) -> None:
    hits, of = map(sum, zip(*rows, strict=True))
    if 0 < hits < of:
        expected = stats.chi2_contingency(table(*rows), correction=False).pvalue
        assert chi_square(rows) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(st.lists(groups(5), min_size=3, max_size=4))
def test_the_exact_test_of_several_looks_at_every_table(rows: list[tuple[int, int]]) -> None:
    hits = sum(x for x, _ in rows)
    every = [
        math.prod(math.comb(of, x) for (_, of), x in zip(rows, found, strict=True))
        for found in product(*(range(of + 1) for _, of in rows))
        if sum(found) == hits
    ]
    own = math.prod(math.comb(of, x) for x, of in rows)
    expected = sum(each for each in every if each <= own) / sum(every)
    p, method = homogeneous(rows)
    assert method == "exact test"
    assert p == pytest.approx(expected, rel=1e-9)


def test_many_are_compared_by_chi_square_and_few_in_many_groups_exactly() -> None:
    many = [(300, 1000), (350, 1000), (320, 1000)]
    assert homogeneous(many) == (chi_square(many), "chi-square test")
    p, method = homogeneous([(2, 500), *[(0, 500)] * 20])
    assert method == "exact tests of each"
    assert p == pytest.approx(21 * math.comb(500, 2) / math.comb(10_500, 2))
    p, method = homogeneous([(9, 500), *[(0, 500)] * 20])
    assert p == pytest.approx(21 * fisher((9, 500), (0, 10_000)))
    assert p < 1e-8


@given(st.lists(st.integers(0, 6), min_size=3, max_size=3), st.sampled_from([(1, 1, 1), (5, 3, 2)]))
def test_the_multinomial_test_looks_at_every_deal(
    counts: list[int], weights: tuple[int, int, int]
) -> None:
    total = sum(counts)

    def likelihood(deal: tuple[int, ...]) -> int:
        ways = math.factorial(total) // math.prod(map(math.factorial, deal))
        return ways * int(math.prod(w**n for w, n in zip(weights, deal, strict=True)))

    every = [likelihood(deal) for deal in product(range(total + 1), repeat=3) if sum(deal) == total]
    own = likelihood(tuple(counts))
    expected = sum(each for each in every if each <= own) / sum(every)
    p, method = multinomial(counts, [weight / sum(weights) for weight in weights])
    assert method == "exact test"
    assert p == pytest.approx(expected, rel=1e-9)


def test_many_deals_are_compared_by_chi_square_and_few_in_many_parts_exactly() -> None:
    counts = [340, 320, 380]
    expected = stats.chisquare(counts).pvalue
    p, method = multinomial(counts, [1 / 3] * 3)
    assert (p, method) == (chi_square_of(counts, [1 / 3] * 3), "chi-square test")
    assert chi_square_of(counts, [1 / 3] * 3) == pytest.approx(expected, rel=1e-9)
    p, method = multinomial([2, *[0] * 999], [1 / 1000] * 1000)
    assert method == "exact tests of each"
    assert p == pytest.approx(0.001, rel=1e-6)


@settings(max_examples=10)  # theirs collects garbage each time
@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_is_that_of_statsmodels(values: list[float]) -> None:
    expected = list(multipletests(values, method="holm")[1]) if values else []
    assert holm(values) == pytest.approx(expected, rel=1e-12)

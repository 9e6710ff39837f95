"""What a split test promises, tried at length: how often it errs where nothing differs."""

from __future__ import annotations

import numpy as np
import pytest

from leadflow.learning.experiments import over_looks

LOOKS, ERROR = 30, 0.05
Counts = np.ndarray[tuple[int, int], np.dtype[np.int64]]


def hits(seed: int, tests: int, rate: float, leads: int, looks: int = LOOKS) -> Counts:
    """Draw the hits since the start at each look, a row for each test."""
    daily = np.random.default_rng(seed).binomial(leads, rate, (tests, looks))
    return daily.cumsum(axis=1, dtype=np.int64)


def decided(first: Counts, second: Counts, leads: tuple[int, int], effect: float) -> float:
    """Tell the share of tests that were decided at any of their looks."""
    found = 0
    for row, other in zip(first.tolist(), second.tolist(), strict=True):
        looks = [
            {"a": (a, leads[0] * day), "b": (b, leads[1] * day)}
            for day, (a, b) in enumerate(zip(row, other, strict=True), 1)
        ]
        found += over_looks(looks, effect=effect).is_decided
    return found / len(first)


def by_z_test(first: Counts, second: Counts, leads: int) -> float:
    """Tell the share of tests that a plain z-test calls clear at any of their looks."""
    of = leads * np.arange(1, LOOKS + 1)
    rate = (first + second) / (2 * of)
    spread = np.sqrt(rate * (1 - rate) * 2 / of)
    with np.errstate(invalid="ignore"):
        z = np.abs(first - second) / of / spread
    return float((z > 1.959964).any(axis=1).mean())


@pytest.mark.slow
def test_law_10000_tests_of_equal_arms_err_at_most_as_often_as_promised() -> None:
    first, second = hits(1, 10_000, 0.1, 100), hits(2, 10_000, 0.1, 100)
    always = decided(first, second, (100, 100), 0.05)
    plain = by_z_test(first, second, 100)
    assert always <= ERROR, always
    assert 0.26 <= plain <= 0.30, plain


@pytest.mark.slow
@pytest.mark.parametrize("effect", [0.01, 0.05, 0.2])
@pytest.mark.parametrize("leads", [(20, 20), (10, 90), (90, 10), (500, 500)])
@pytest.mark.parametrize("rate", [0.01, 0.05, 0.3, 0.5])
def test_law_equal_arms_of_any_size_err_at_most_as_often_as_promised(
    rate: float, leads: tuple[int, int], effect: float
) -> None:
    first, second = hits(3, 1000, rate, leads[0]), hits(4, 1000, rate, leads[1])
    assert decided(first, second, leads, effect) <= ERROR


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rate", "leads", "effect"),
    [(0.5, (9, 1), 0.3), (0.1, (19, 1), 0.1), (0.1, (99, 1), 0.2), (0.5, (99, 1), 0.5)],
)
def test_law_arms_of_very_different_sizes_err_at_most_as_often_as_promised(
    rate: float, leads: tuple[int, int], effect: float
) -> None:
    first, second = (
        hits(seed, 1000, rate, each, 200) for seed, each in zip((7, 8), leads, strict=True)
    )
    assert decided(first, second, leads, effect) <= ERROR


@pytest.mark.slow
def test_law_bounds_hold_the_true_difference_at_every_look_at_once() -> None:
    first, second = hits(5, 2000, 0.1, 100).tolist(), hits(6, 2000, 0.15, 100).tolist()
    missed = 0
    for row, other in zip(first, second, strict=True):
        looks = [
            {"a": (a, 100 * day), "b": (b, 100 * day)}
            for day, (a, b) in enumerate(zip(row, other, strict=True), 1)
        ]
        only = over_looks(looks).comparisons[0]
        missed += only.has_changed or not only.low <= 0.05 <= only.high
    assert missed / len(first) <= ERROR

"""What a sum of deals may come to, against every outcome counted by hand and against chance."""

from __future__ import annotations

from decimal import Decimal
from itertools import product
from math import fsum, prod, sqrt
from random import Random  # noqa: TID251 (every draw comes from a seed)

import pytest

from leadflow import Money
from leadflow.errors import InvalidValue, MixedCurrencies
from leadflow.pipeline.forecast import Distribution, convolve
from leadflow.pipeline.forecast.distribution import of_amounts
from leadflow.pipeline.forecast.grid import Unit, _on_grid, law

FACTORS = ((0.5, 0.25), (1.0, 0.5), (1.8, 0.25))


def euros(amount: float | str) -> Money:
    return Money(amount, "EUR")


def brute(odds: list[tuple[int, float]]) -> dict[int, float]:
    """Count every outcome."""
    found: dict[int, float] = {}
    for won in product((0, 1), repeat=len(odds)):
        total = sum(
            value for value, is_won in zip((v for v, _ in odds), won, strict=True) if is_won
        )
        chance = prod(p if is_won else 1 - p for (_, p), is_won in zip(odds, won, strict=True))
        found[total] = found.get(total, 0.0) + chance
    return {total: chance for total, chance in found.items() if chance}


def some_odds(seed: int, number: int, most: int = 100_000) -> list[tuple[int, float]]:
    chance = Random(seed)
    return [(chance.randint(1, most), round(chance.random(), 3)) for _ in range(number)]


def units(odds: list[tuple[int, float]]) -> list[Unit]:
    return [Unit(value, chance) for value, chance in odds]


@pytest.mark.parametrize("seed", range(8))
def test_a_short_sum_is_every_outcome_with_its_chance(seed: int) -> None:
    odds = some_odds(seed, 10)
    expected = brute(odds)
    found = law(units(odds), ((1.0, 1.0),))
    assert found.points == tuple(sorted(expected))
    assert found.chances == pytest.approx([expected[p] for p in found.points], abs=1e-14)


@pytest.mark.parametrize("seed", range(4))
def test_the_transform_is_every_outcome_too_where_all_values_share_a_step(seed: int) -> None:
    odds = [(value * 50, p) for value, p in some_odds(seed, 12, most=40)]
    expected = brute(odds)
    found = _on_grid(units(odds), ((1.0, 1.0),))
    assert found.cell == 1
    assert {p: c for p, c in zip(found.points, found.chances, strict=True) if c > 1e-12} == (
        pytest.approx({p: c for p, c in expected.items() if c > 1e-12}, abs=1e-13)
    )


@pytest.mark.parametrize("number", [0, 3])
def test_a_common_factor_mixes_the_laws_of_all_but_those_with_a_chance_of_their_own(
    number: int,
) -> None:
    odds = [(value * 50, p / 2) for value, p in some_odds(3, 9 - number, most=40)]
    own = [(value * 50, p) for value, p in some_odds(4, number, most=40)]
    expected: dict[int, float] = {}
    for factor, weight in FACTORS:
        for total, chance in brute([*((v, min(1, p * factor)) for v, p in odds), *own]).items():
            expected[total] = expected.get(total, 0.0) + weight * chance
    given = [*units(odds), *(Unit(value, p, is_own=True) for value, p in own)]
    for found in (law(given, FACTORS), _on_grid(given, FACTORS)):
        for total, chance in zip(found.points, found.chances, strict=True):
            assert chance == pytest.approx(expected.get(total, 0.0), abs=1e-12)


@pytest.mark.parametrize("factors", [((1.0, 1.0),), FACTORS])
def test_a_long_sum_is_what_chance_brings(factors: tuple[tuple[float, float], ...]) -> None:
    chance = Random(11)
    odds = [(chance.randint(1_000, 900_000), chance.random() / 2) for _ in range(400)]
    given = of_amounts(
        [(Decimal(v).scaleb(-2), p) for v, p in odds], currency="EUR", factors=factors
    )
    drawn = []
    for _ in range(4_000):
        (factor,) = chance.choices([f for f, _ in factors], [w for _, w in factors])
        drawn.append(sum(v for v, p in odds if chance.random() < min(1, p * factor)) / 100)
    mean = fsum(drawn) / len(drawn)
    assert given.mean == pytest.approx(mean, abs=4 * given.deviation / sqrt(len(drawn)))
    for target in (0.8 * mean, mean, 1.2 * mean):
        share = sum(each >= target for each in drawn) / len(drawn)
        assert given.at_least(Decimal(round(target))) == pytest.approx(share, abs=0.035)


def test_a_grid_keeps_mean_and_deviation_and_tells_its_cell() -> None:
    odds = some_odds(5, 300)
    given = of_amounts([(Decimal(v).scaleb(-2), p) for v, p in odds], currency="EUR")
    assert not given.is_exact
    assert len(given.points) <= 4_096
    assert given.mean == pytest.approx(fsum(v * p for v, p in odds) / 100)
    exact = sqrt(fsum(v * v * p * (1 - p) for v, p in odds)) / 100
    assert given.deviation**2 == pytest.approx(exact**2 + given.blur**2)
    assert given.blur < 0.001 * exact
    assert "on a grid of" in given.explain()


def test_few_large_deals_among_many_small_ones_keep_their_shape() -> None:
    odds = [(1_000_003, 0.5), (777_777, 0.5)] + [(v, p) for v, p in some_odds(6, 100, most=60)]
    given = of_amounts([(Decimal(v), p) for v, p in odds], currency="JPY")
    assert given.mean == pytest.approx(fsum(v * p for v, p in odds))
    assert given.at_least(500_000) == pytest.approx(0.75, abs=0.002)
    assert given.at_least(900_000) == pytest.approx(0.5, abs=0.002)
    assert given.at_least(1_500_000) == pytest.approx(0.25, abs=0.002)


def test_deals_of_one_size_stay_apart_on_a_grid_that_does_not_fit_them() -> None:
    odds = [(1_000_003, 0.5)] * 40 + [(1, 0.5)] * 40
    given = of_amounts([(Decimal(v), p) for v, p in odds], currency="JPY")
    assert given.mean == pytest.approx(20_000_080)
    assert given.at_least(20_500_000) == pytest.approx(0.4373, abs=0.002)  # 21 of 40 coins or more


def test_many_leads_with_many_chances_are_put_together_without_moving_the_mean() -> None:
    chance = Random(2)
    odds = [(Decimal(chance.randint(100, 90_000)), chance.random()) for _ in range(20_000)]
    given = of_amounts(odds, currency="EUR")
    assert given.mean == pytest.approx(float(sum(v * Decimal(p) for v, p in odds)))
    spread = sqrt(fsum(float(v) ** 2 * p * (1 - p) for v, p in odds))
    assert given.deviation == pytest.approx(spread, rel=1e-3)


@pytest.mark.parametrize("factors", [((1.0, 1.0),), FACTORS])
def test_some_deals_whose_sums_are_too_many_lie_on_a_grid(
    factors: tuple[tuple[float, float], ...],
) -> None:
    odds = some_odds(9, 16)
    given = of_amounts(
        [(Decimal(v).scaleb(-2), p) for v, p in odds], currency="EUR", factors=factors
    )
    assert not given.is_exact
    expected: dict[int, float] = {}
    for factor, weight in factors:
        for total, chance in brute([(v, min(1, p * factor)) for v, p in odds]).items():
            expected[total] = expected.get(total, 0.0) + weight * chance
    half = fsum(total * chance for total, chance in expected.items())
    share = fsum(chance for total, chance in expected.items() if total >= half)
    assert given.at_least(Decimal(round(half)).scaleb(-2)) == pytest.approx(share, abs=0.01)


def test_much_work_is_done_on_a_coarser_grid() -> None:
    chance = Random(4)
    odds = [(Decimal(chance.randint(1, 90_000)), chance.random() / 50) for _ in range(2_000)]
    factors = tuple((0.2 * n, 0.1) for n in range(1, 11))
    given = of_amounts(odds, currency="EUR", factors=factors)
    assert len(given.points) < 2_048
    assert given.mean == pytest.approx(1.1 * float(sum(v * Decimal(p) for v, p in odds)))


def test_two_deals_reach_what_their_chances_say() -> None:
    two = convolve([(euros("4245.74"), 0.5), (euros(12285), 0.7)])
    assert two.mean == pytest.approx(2_122.87 + 8_599.50)
    assert two.is_exact
    assert two.at_least(euros("16530.74")) == pytest.approx(0.35)
    assert two.at_least(euros("16530.75")) == 0
    assert two.at_least(0) == 1
    assert two.quantile(0.5) == euros(12285)
    assert two.interval(0.8) == (euros(0), euros("16530.74"))


def test_counts_are_whole_numbers() -> None:
    three = convolve([(1, 0.5)] * 3)
    assert three.points == (0, 1, 2, 3)
    assert three.quantile(0.5) == 1
    assert three.quantile(1.0) == 3
    assert str(three) == "1.5 deals expected; with 80 % between 0 and 3"
    assert repr(three) == f"Distribution({three})"


def test_nothing_brings_nothing_for_sure() -> None:
    nothing = convolve([])
    assert (nothing.points, nothing.chances) == ((0,), (1.0,))
    assert nothing.interval() == (0, 0)
    assert convolve([(5, 0.0)]).points == (0,)
    assert convolve([(5, 1.0)]).points == (5,)


def test_a_distribution_made_by_hand_answers() -> None:
    assert Distribution((0, 2), (0.5, 0.5)).deviation == 1


@pytest.mark.parametrize(
    ("odds", "message"),
    [
        (5, "odds: expected a list"),
        ([5], r"odds\[0\]: expected a value and its chance"),
        ([(1, 0.5, 2)], r"odds\[0\]: expected a value and its chance"),
        ([(1, 1.5)], r"odds\[0\] chance: expected a number between 0 and 1"),
        ([(1, 0.5), (-1, 0.5)], r"odds\[1\] value: expected zero or more, got -1"),
        ([(Money(-1, "EUR"), 0.5)], r"odds\[0\] value: expected zero or more, got -1 EUR"),
        ([(1.5, 0.5)], r"odds\[0\] value: expected a whole number"),
        ([(1, 0.5), (Money(1, "EUR"), 0.5)], "odds: expected all of one kind"),
    ],
)
def test_bad_odds_are_refused(odds: object, message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        convolve(odds)  # type: ignore[arg-type]


def test_currencies_are_not_mixed() -> None:
    with pytest.raises(MixedCurrencies, match="EUR and USD"):
        convolve([(Money(1, "EUR"), 0.5), (Money(1, "USD"), 0.5)])
    with pytest.raises(MixedCurrencies, match="EUR and USD"):
        convolve([(euros(1), 0.5)]).at_least(Money(1, "USD"))


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan"), "half"])
def test_a_bad_share_is_refused(p: float) -> None:
    one = convolve([(1, 0.5)])
    with pytest.raises(InvalidValue, match="p: expected a number"):
        one.quantile(p)
    with pytest.raises(InvalidValue, match="confidence: expected a number"):
        one.interval(p)


def test_money_is_no_target_of_a_count() -> None:
    with pytest.raises(InvalidValue, match="for this is a count"):
        convolve([(1, 0.5)]).at_least(euros(1))

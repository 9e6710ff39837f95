"""Laws of the forecast, over any deals."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from math import fsum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow import Money
from leadflow.pipeline import Pipeline, Stage
from leadflow.pipeline.forecast import Distribution, Forecast, Learned, convolve, forecast
from leadflow.pipeline.forecast.chain import WON, Chain, Rates
from leadflow.pipeline.forecast.distribution import of_amounts, plain
from leadflow.pipeline.metrics.history import History

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
DUE = date(2026, 3, 20)
SALES = Pipeline.linear(
    "sales", [Stage("offer", probability=0.5), Stage("won", kind="won"), Stage("lost", kind="lost")]
)
CHANCES = st.integers(0, 1_000).map(lambda n: n / 1_000)
AMOUNTS = st.integers(0, 5_000_000).map(lambda cents: Decimal(cents).scaleb(-2))
ODDS = st.lists(st.tuples(AMOUNTS, CHANCES), max_size=90)
DEALS = st.lists(
    st.tuples(st.sampled_from(["offer", "won", "lost"]), AMOUNTS, CHANCES), max_size=20
)


def sums(odds: list[tuple[Decimal, float]]) -> Distribution:
    return of_amounts(odds, currency="EUR")


def foreseen(deals: list[tuple[str, Decimal, float]], **more: Any) -> Forecast:
    rows = [
        {
            "id": f"D-{place}",
            "stage": stage,
            "value": Money(amount, "EUR"),
            "probability": chance,
            "due": DUE,
            "created_at": date(2026, 2, 1),
            "closed_at": None if stage == "offer" else date(2026, 3, 5),
        }
        for place, (stage, amount, chance) in enumerate(deals)
    ]
    return forecast(History.of_rows(rows, SALES, as_of=NOW), currency="EUR", **more)


@given(ODDS)
def test_the_mean_of_a_distribution_is_the_sum_of_chance_times_value(
    odds: list[tuple[Decimal, float]],
) -> None:
    expected = fsum(float(amount) * chance for amount, chance in odds)
    most = fsum(float(amount) for amount, _ in odds)
    assert sums(odds).mean == pytest.approx(expected, rel=0, abs=1e-6 * most + 1e-9)


@given(ODDS)
def test_chances_add_up_to_one_and_points_rise(odds: list[tuple[Decimal, float]]) -> None:
    found = sums(odds)
    assert fsum(found.chances) == pytest.approx(1)
    assert all(chance > 0 for chance in found.chances)
    assert list(found.points) == sorted(set(found.points))


@given(ODDS, st.lists(AMOUNTS, min_size=2, max_size=6))
def test_the_chance_to_reach_a_target_falls_with_the_target(
    odds: list[tuple[Decimal, float]], targets: list[Decimal]
) -> None:
    found = sums(odds)
    chances = [found.at_least(target) for target in sorted(targets)]
    assert chances == sorted(chances, reverse=True)
    assert found.at_least(0) == pytest.approx(1)


@given(ODDS, CHANCES, CHANCES)
def test_intervals_lie_within_each_other(
    odds: list[tuple[Decimal, float]], one: float, other: float
) -> None:
    found = sums(odds)
    (low, high), (wide_low, wide_high) = (
        map(plain, found.interval(each)) for each in sorted([one, other])
    )
    assert wide_low <= low <= high <= wide_high


@given(ODDS, CHANCES)
def test_a_quantile_is_exceeded_with_the_rest_of_the_chance(
    odds: list[tuple[Decimal, float]], p: float
) -> None:
    found = sums(odds)
    amount = found.quantile(p)
    assert isinstance(amount, Money)
    cell = Decimal(1).scaleb(-found.digits)
    assert found.at_least(amount.amount + cell) <= 1 - p + 1e-9


@given(ODDS, st.randoms(use_true_random=False))
def test_the_order_of_deals_does_not_matter(odds: list[tuple[Decimal, float]], chance: Any) -> None:
    mixed = list(odds)
    chance.shuffle(mixed)
    one, other = sums(odds), sums(mixed)
    assert one.cell == other.cell
    assert one.mean == pytest.approx(other.mean)
    middle = Decimal(round(one.mean))
    assert one.at_least(middle) == pytest.approx(other.at_least(middle), abs=1e-9)


@given(st.lists(st.tuples(st.integers(0, 9), CHANCES), max_size=100))
def test_counts_are_told_apart(odds: list[tuple[int, float]]) -> None:
    found = convolve(odds)
    assert found.is_exact
    assert found.points[-1] <= sum(value for value, _ in odds)


@given(DEALS, st.randoms(use_true_random=False))
def test_a_forecast_does_not_depend_on_the_order_of_leads(
    deals: list[tuple[str, Decimal, float]], chance: Any
) -> None:
    mixed = list(deals)
    chance.shuffle(mixed)
    assert foreseen(deals)[0].expected == foreseen(mixed)[0].expected
    assert foreseen(deals)[0].won == foreseen(mixed)[0].won


@given(DEALS)
def test_a_forecast_is_the_won_and_the_chances_of_the_open(
    deals: list[tuple[str, Decimal, float]],
) -> None:
    expected = sum(
        Fraction(amount) * (1 if stage == "won" else Fraction(str(chance)))
        for stage, amount, chance in deals
        if stage != "lost"
    )
    found = foreseen(deals)[0]
    assert found.expected is not None
    assert abs(Fraction(found.expected.amount) - expected) <= Fraction(1, 200)
    assert found.value is not None
    assert found.value.mean == pytest.approx(float(expected), rel=1e-9, abs=1e-9)


@given(DEALS, AMOUNTS, CHANCES)
def test_lost_adds_nothing_and_won_adds_all(
    deals: list[tuple[str, Decimal, float]], amount: Decimal, chance: float
) -> None:
    before = foreseen(deals)[0].expected
    assert before is not None
    assert foreseen([*deals, ("lost", amount, chance)])[0].expected == before
    after = foreseen([*deals, ("won", amount, chance)])[0].expected
    assert after == before + Money(amount, "EUR")


@given(DEALS)
def test_a_forecast_from_history_stays_between_won_and_all(
    deals: list[tuple[str, Decimal, float]],
) -> None:
    rows = [
        {
            "id": f"D-{place}",
            "stage": stage,
            "value": Money(amount, "EUR"),
            "created_at": date(2026, 2, 1),
            "closed_at": None if stage == "offer" else date(2026, 2, 1 + 1 + place),
        }
        for place, (stage, amount, _) in enumerate(deals)
    ]
    history = History.of_rows(rows, SALES, as_of=NOW)
    found = forecast(history, currency="EUR", learned=Learned.of(history))
    opened = sum(amount for stage, amount, _ in deals if stage == "offer")
    total = sum(float(each.expected.amount) for each in found if each.expected is not None)
    assert float(found[0].won_amount) - 0.01 <= total
    assert total <= float(found[0].won_amount + opened) + 0.02


@given(
    st.dictionaries(st.integers(1, 60), st.integers(0, 5), max_size=20),
    st.integers(0, 80),
    st.lists(st.integers(0, 60), min_size=1, max_size=5).map(sorted),
)
def test_the_chance_to_win_rises_with_time_and_stays_a_chance(
    won: dict[int, int], day: int, ends: list[int]
) -> None:
    rates = Rates(dict.fromkeys(range(1, 61), 10), {t: {WON: n} for t, n in won.items()})
    found = Chain({}, rates).won_by("x", day, ends)
    assert found == sorted(found)
    assert all(0 <= chance <= 1 + 1e-12 for chance in found)

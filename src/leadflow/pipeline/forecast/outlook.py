"""What one period will bring: what is won, what is expected, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import cached_property
from math import fsum

import attrs

from leadflow.money import Money
from leadflow.period import Period
from leadflow.pipeline.forecast.correction import Correction
from leadflow.pipeline.forecast.distribution import (
    ALONE,
    Distribution,
    of_amounts,
    rounded,
    written,
)
from leadflow.pipeline.forecast.grid import Factors, raised
from leadflow.shares import percent

Odd = tuple[Decimal | None, float]


@attrs.frozen(repr=False, eq=False)
class Outlook:
    """What is expected of one period.

    `won_count` and `won` are what was won in it so far; `odds` are the open leads that may be: their
    amount (None: not known) and chance. `count_correction` and `correction`, of a forecast from
    history, are what its past trials say; `own` are the open leads that keep their own chance, which
    trials say nothing of. Amounts are in `currency`; None where no lead has a value.
    """

    period: Period
    currency: str | None
    won_count: int
    won_amount: Decimal
    odds: tuple[Odd, ...]
    count_correction: Correction | None = None
    correction: Correction | None = None
    own: tuple[Odd, ...] = ()

    @property
    def won(self) -> Money | None:
        """What was won in the period so far; None without a currency."""
        return None if self.currency is None else Money(self.won_amount, self.currency)

    @cached_property
    def expected_count(self) -> float:
        """How many deals the period will bring, those won already among them."""
        factors = _factors(self.count_correction)
        own = fsum(chance for _, chance in self.own)
        return self.won_count + fsum(_mean(chance, factors) for _, chance in self.odds) + own

    @cached_property
    def expected(self) -> Money | None:
        """What the period will bring, what is won already included; None without a currency."""
        if self.currency is None:
            return None
        open_ones = expected(self.odds, _factors(self.correction)) + expected(self.own)
        return rounded(self.won_amount + open_ones, self.currency)

    @cached_property
    def count(self) -> Distribution:
        """The distribution of the number of deals."""
        odds, own = ([(Decimal(1), chance) for _, chance in each] for each in (self.odds, self.own))
        base = Decimal(self.won_count)
        return of_amounts(odds, base=base, factors=_factors(self.count_correction), own=own)

    @cached_property
    def value(self) -> Distribution | None:
        """The distribution of the value; None without a currency."""
        if self.currency is None:
            return None
        odds, own = (
            [(amount, chance) for amount, chance in each if amount is not None]
            for each in (self.odds, self.own)
        )
        return of_amounts(
            odds,
            base=self.won_amount,
            currency=self.currency,
            factors=_factors(self.correction),
            own=own,
        )

    def at_least(self, target: Money | int | Decimal) -> float | None:
        """Return the chance that the period brings `target`: money, or a number of deals.

        None for money where no lead has a value. Raises `MixedCurrencies` and `InvalidValue`.
        """
        if not isinstance(target, Money):
            return self.count.at_least(target)
        return None if self.value is None else self.value.at_least(target)

    def interval(self, confidence: float = 0.8) -> tuple[Money | int, Money | int]:
        """Return the bounds of the value; of the count where no lead has a value."""
        return (self.value or self.count).interval(confidence)

    def quantile(self, p: float) -> Money | int:
        """Return the value that is not exceeded with the chance `p`; else the count."""
        return (self.value or self.count).quantile(p)

    def explain(self, target: Money | int | Decimal | None = None, confidence: float = 0.8) -> str:
        """Say what is expected, in a sentence."""
        deals = f"{self.expected_count:,.1f} deals"
        if self.expected is None or self.won is None:
            said = f"{self.period}: {deals} expected, {self.won_count:,} of them won"
        else:
            said = f"{self.period}: {written(self.expected)} expected of {deals}"
            said += f", {written(self.won)} of it won"
        low, high = map(written, self.interval(confidence))
        return f"{said}; {percent(confidence, 0)} sure between {low} and {high}" + self._to(target)

    def _to(self, target: Money | int | Decimal | None) -> str:
        if target is None:
            return ""
        goal = written(target) if isinstance(target, Money) else f"{target:,} deals"
        return f"; {percent(self.at_least(target))} to reach {goal}"

    def __str__(self) -> str:
        return self.explain()

    def __repr__(self) -> str:
        return f"Outlook({self.explain()})"


def expected(odds: Iterable[Odd], factors: Factors = ALONE) -> Decimal:
    """Add up chance times amount, exactly in the digits that each chance prints."""
    found = Decimal(0)
    by_chance: dict[float, Decimal] = {}
    for amount, chance in odds:
        if amount is not None:
            by_chance[chance] = by_chance.get(chance, found) + amount
    parts = (Decimal(repr(_mean(each, factors))) * total for each, total in by_chance.items())
    return sum(sorted(parts), found)


def _mean(chance: float, factors: Factors) -> float:
    if factors is ALONE:
        return chance
    return fsum(weight * raised(chance, factor) for factor, weight in factors)


def _factors(correction: Correction | None) -> Factors:
    return ALONE if correction is None else correction.factors

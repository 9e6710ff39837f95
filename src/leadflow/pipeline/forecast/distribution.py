"""What a sum of deals may come to: the chance of every sum."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import accumulate
from math import fsum, sqrt

import attrs

from leadflow.errors import InvalidValue, MixedCurrencies, shown
from leadflow.events.facts import share
from leadflow.money import Money, minor_digits, priced
from leadflow.pipeline.forecast.grid import Factors, Unit, Units, law
from leadflow.values import decimal, half_up, listed, whole

ALONE: Factors = ((1.0, 1.0),)


@attrs.frozen(repr=False, eq=False)
class Distribution:
    """The chance of every count, or of every sum of money, that may come out.

    `points` are the sums, rising, in units of 10 to the power of minus `digits`; `chances` belong to
    them and add up to 1. `currency` is None of a count. `cell` is 1 where the points are exact; else
    they are a grid, each cell so many units wide: the mean is kept, and `blur` is the standard
    deviation that the grid adds, in the currency's main unit. Made by `convolve` and `forecast`.
    """

    points: tuple[int, ...]
    chances: tuple[float, ...]
    digits: int = 0
    currency: str | None = None
    cell: int = 1
    blur: float = 0.0

    @property
    def is_exact(self) -> bool:
        """Whether each sum is told apart, and not only each cell of the grid."""
        return self.cell == 1

    @cached_property
    def mean(self) -> float:
        """The expected sum, in the main unit."""
        pairs = zip(self.points, self.chances, strict=True)
        return fsum(point * part for point, part in pairs) / float(10**self.digits)

    @cached_property
    def deviation(self) -> float:
        """The standard deviation, in the main unit."""
        scale, mean = 10**self.digits, self.mean
        parts = zip(self.points, self.chances, strict=True)
        return sqrt(fsum((point / scale - mean) ** 2 * part for point, part in parts))

    @cached_property
    def _from(self) -> tuple[float, ...]:
        return tuple(accumulate(reversed(self.chances)))[::-1]

    @cached_property
    def _up_to(self) -> tuple[float, ...]:
        return tuple(accumulate(self.chances))

    def at_least(self, target: Money | int | Decimal) -> float:
        """Return the chance that the sum reaches a target.

        A target is money in the currency, or a bare number in its main unit. Raises
        `MixedCurrencies` and `InvalidValue`.
        """
        amount = self._amount("target", target) * 10**self.digits
        place = bisect_left(self.points, amount)
        return min(1.0, self._from[place]) if place < len(self.points) else 0.0

    def quantile(self, p: float) -> Money | int:
        """Return the least sum that is not exceeded with the chance `p`.

        Money, or a whole number of a count. Raises `InvalidValue` for what does not lie between 0
        and 1.
        """
        place = bisect_left(self._up_to, share("p", p) - 1e-12)
        return self._worded(self.points[min(place, len(self.points) - 1)])

    def interval(self, confidence: float = 0.8) -> tuple[Money | int, Money | int]:
        """Return the bounds that leave out the same chance on both sides.

        Of 0.8, the sum lies below the first with a chance of 10 % at most, and above the second
        with 10 % at most. A wider confidence gives bounds that are at least as wide.
        """
        rest = (1 - share("confidence", confidence)) / 2
        return self.quantile(rest), self.quantile(1 - rest)

    def _amount(self, where: str, value: Money | int | Decimal) -> Fraction:
        if not isinstance(value, Money):
            return Fraction(decimal(where, value))
        if self.currency is None:
            raise InvalidValue(where, shown(value), "a number, for this is a count")
        if value.currency != self.currency:
            raise MixedCurrencies("compare", (self.currency, value.currency))
        return Fraction(value.amount)

    def _worded(self, point: int) -> Money | int:
        if self.currency is None:
            return point
        return Money(Decimal(point).scaleb(-self.digits), self.currency)

    def explain(self) -> str:
        """Say what may come out, in a sentence."""
        low, high = map(written, self.interval())
        mean = f"{self.mean:,.{1 if self.currency is None else 2}f}"
        unit = "deals" if self.currency is None else self.currency
        return f"{mean} {unit} expected; with 80 % between {low} and {high}{self._grain()}"

    def _grain(self) -> str:
        if self.is_exact:
            return ""
        wide = written(self._worded(self.cell))
        return f" (on a grid of {wide}, which adds a deviation of {self.blur:,.2f} at most)"

    def __str__(self) -> str:
        return self.explain()

    def __repr__(self) -> str:
        return f"Distribution({self.explain()})"


def convolve(odds: Iterable[tuple[Money | int, float]]) -> Distribution:
    """Return the distribution of what deals bring together, each with its value and its chance.

    The deals win or lose independently of each other. Values are all money of one currency, or all
    whole numbers, and none is negative. The sums are exact as long as they are few: in any case up
    to 12 deals, and always where all values are multiples of a step and at most 4,096 steps matter;
    else they lie on a grid of at most 4,096 cells, see `Distribution`.

    Raises `InvalidValue` with the place and `MixedCurrencies`.

    >>> two = convolve([(Money("4245.74", "EUR"), 0.5), (Money(12285, "EUR"), 0.7)])
    >>> print(f"{two.mean:,.2f} {two.at_least(12285):.2f} {two.at_least(12286):.2f}")
    10,722.37 0.70 0.35
    >>> convolve([(1, 0.5)] * 3).at_least(2)
    0.5
    """
    given = [_odd(place, each) for place, each in enumerate(listed("odds", odds))]
    values = [value for value, _ in given]
    codes = sorted({value.currency for value in values if isinstance(value, Money)})
    if len(codes) > 1:
        raise MixedCurrencies("add", tuple(codes))
    if codes and not all(isinstance(value, Money) for value in values):
        raise InvalidValue("odds", "money beside bare numbers", "all of one kind")
    amounts = [value.amount if isinstance(value, Money) else Decimal(value) for value in values]
    chances = [chance for _, chance in given]
    return of_amounts(
        list(zip(amounts, chances, strict=True)), currency=codes[0] if codes else None
    )


def _odd(place: int, each: object) -> tuple[Money | int, float]:
    where = f"odds[{place}]"
    if not isinstance(each, tuple | list) or len(each) != 2:  # noqa: PLR2004 (a pair)
        raise InvalidValue(where, shown(each), "a value and its chance")
    value, chance = each
    number = value if isinstance(value, Money) else whole(f"{where} value", value)
    if (number.amount if isinstance(number, Money) else number) < 0:
        raise InvalidValue(f"{where} value", str(number), "zero or more")
    return number, share(f"{where} chance", chance)


def of_amounts(
    odds: Sequence[tuple[Decimal, float]],
    *,
    base: Decimal = Decimal(0),
    currency: str | None = None,
    factors: Factors = ALONE,
    own: Sequence[tuple[Decimal, float]] = (),
) -> Distribution:
    """Convolve amounts in the main unit of one currency, or counts.

    `base` is certain. The chances of `odds` are multiplied by the factors, those of `own` are not.
    """
    digits = _digits([base, *(amount for amount, _ in (*odds, *own))], currency)
    first = int(base.scaleb(digits))
    units = [
        Unit(int(amount.scaleb(digits)), chance, is_own)
        for each, is_own in ((odds, False), (own, True))
        for amount, chance in each
        if chance and amount
    ]
    if not units:
        return Distribution((first,), (1.0,), digits, currency)
    found = law(units, factors)
    points = tuple(first + point for point in found.points)
    return _blurred(
        Distribution(points, found.chances, digits, currency, found.cell), units, factors
    )


def _digits(amounts: Iterable[Decimal], currency: str | None) -> int:
    least = 0 if currency is None else minor_digits(currency)
    return max(least, *(-int(amount.as_tuple().exponent) for amount in set(amounts)))


def _blurred(made: Distribution, units: Units, factors: Factors) -> Distribution:
    """Note how much wider the grid made it."""
    if made.is_exact:
        return made
    scale = 10**made.digits
    spread = made.deviation**2 - _variance(units, factors) / scale**2
    return attrs.evolve(made, blur=sqrt(max(0.0, spread)))


def _variance(units: Units, factors: Factors) -> float:
    means, within = [], []
    for factor, weight in factors:
        chances = [(unit.value, unit.raised(factor)) for unit in units]
        means.append((fsum(value * chance for value, chance in chances), weight))
        within.append(weight * fsum(v * v * chance * (1 - chance) for v, chance in chances))
    mean = fsum(each * weight for each, weight in means)
    return fsum(within) + fsum(weight * (each - mean) ** 2 for each, weight in means)


def written(value: Money | int) -> str:
    """Write an amount, or a count, for people."""
    return priced(value) if isinstance(value, Money) else f"{value:,}"


def rounded(amount: Decimal, currency: str) -> Money:
    """Round an amount half-up to the minor unit of its currency."""
    digits = minor_digits(currency)
    exact = Fraction(amount) * 10**digits
    return Money(Decimal(half_up(exact.numerator, exact.denominator)).scaleb(-digits), currency)


def plain(value: Money | int) -> float:
    """Take the bare number of an amount or a count.

    >>> plain(Money("12.50", "EUR"))
    12.5
    """
    return float(value.amount if isinstance(value, Money) else value)

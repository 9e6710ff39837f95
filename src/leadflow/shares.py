"""Shares and how far to trust them: intervals of a share, and of the difference of two."""

from __future__ import annotations

import math

import attrs

from leadflow.errors import InvalidValue, shown
from leadflow.values import whole

_SQRT2, _SQRT_2PI = math.sqrt(2), math.sqrt(2 * math.pi)
_STEPS = 4
_LARGEST_EXPONENT = 700.0
_QUICK = 2**53
_NO_DATA = "no data"


def normal_cdf(x: float) -> float:
    """Return the share of the standard normal distribution up to a value.

    >>> normal_cdf(0.0)
    0.5
    """
    return math.erfc(-x / _SQRT2) / 2


def normal_quantile(p: float) -> float:
    """Return the value up to which the share `p` of the standard normal distribution lies.

    Found by Newton's method on the complementary error function, from the approximation 26.2.23 of
    Abramowitz and Stegun (1964).
    Raises `InvalidValue` for a share that is not between 0 and 1.

    >>> round(normal_quantile(0.975), 6)
    1.959964
    """
    if isinstance(p, bool) or not isinstance(p, float) or not 0 < p < 1:
        raise InvalidValue("p", shown(p), "a number between 0 and 1")
    tail = min(p, 1 - p)
    t = math.sqrt(-2 * math.log(tail))
    above = 2.515517 + t * (0.802853 + t * 0.010328)
    x = above / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t
    for _ in range(_STEPS):
        density = math.exp(-min(x * x / 2, _LARGEST_EXPONENT)) / _SQRT_2PI
        x -= (normal_cdf(x) - tail) / density
    return x if p <= tail else -x


def _confidence(_: object, __: object, value: float) -> None:
    if isinstance(value, bool) or not isinstance(value, float) or not 0 < value < 1:
        raise InvalidValue("Share.confidence", shown(value), "a number between 0 and 1")


@attrs.frozen
class Share:
    """So many of so many, with the interval in which the true share lies.

    `low` and `high` bound it with the probability `confidence` (0.95 unless given), by the score
    interval of Wilson (1927). Of nothing there is no share: `value`, `low` and `high` are None, and
    `str` is "no data". Raises `InvalidValue`.

    >>> print(Share(4238, 6711))
    63.2 % (62.0 to 64.3 %; 4,238 of 6,711)
    """

    hits: int
    of: int
    confidence: float = attrs.field(default=0.95, validator=_confidence)

    def __attrs_post_init__(self) -> None:
        if type(self.hits) is type(self.of) is int and 0 <= self.hits <= self.of < _QUICK:
            return
        of = whole("Share.of", self.of, least=0)
        if whole("Share.hits", self.hits, least=0) > of:
            raise InvalidValue("Share.hits", shown(self.hits), f"at most {of:,}, all there are")

    @property
    def value(self) -> float | None:
        """The share, between 0 and 1."""
        return self.hits / self.of if self.of else None

    @property
    def low(self) -> float | None:
        """The lower end of the interval."""
        return self._end(-1)

    @property
    def high(self) -> float | None:
        """The upper end of the interval."""
        return self._end(1)

    def _end(self, side: int) -> float | None:
        if not self.of:
            return None
        if self.hits == (0 if side < 0 else self.of):
            return float(side > 0)
        z, n = -normal_quantile((1 - self.confidence) / 2), self.of
        p, slack = self.hits / n, z * z / n
        half = z * math.sqrt(p * (1 - p) / n + slack / n / 4)
        return (p + slack / 2 + side * half) / (1 + slack)

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return _NO_DATA
        within = f"{100 * self.low:.1f} to {percent(self.high)}"
        return f"{percent(self.value)} ({within}; {self.hits:,} of {self.of:,})"


@attrs.frozen
class Difference:
    """How much larger the second share is than the first, with an interval; below zero if smaller.

    `low` and `high` are those of Newcombe (1998), his method 10, from the Wilson intervals of the two.
    All three are None where one of the shares has no data.
    """

    first: Share
    second: Share

    @property
    def value(self) -> float | None:
        """The second share less the first."""
        if self.first.value is None or self.second.value is None:
            return None
        return self.second.value - self.first.value

    @property
    def low(self) -> float | None:
        """The lower end of the interval."""
        return self._end(self.second.low, self.first.high, -1)

    @property
    def high(self) -> float | None:
        """The upper end of the interval."""
        return self._end(self.second.high, self.first.low, 1)

    def _end(self, second: float | None, first: float | None, side: int) -> float | None:
        if self.value is None or second is None or first is None:
            return None
        a, b = second - (self.second.value or 0.0), first - (self.first.value or 0.0)
        return self.value + side * math.hypot(a, b)

    def __str__(self) -> str:
        if self.value is None or self.low is None or self.high is None:
            return _NO_DATA
        return f"{points(self.value)} ({100 * self.low:+.1f} to {100 * self.high:+.1f})"


def difference(first: Share, second: Share) -> Difference:
    """Compare two shares of separate groups; raises `InvalidValue` for what is no share.

    >>> print(difference(Share(30, 100), Share(45, 100)))
    +15.0 points (+1.6 to +27.7)
    """
    for where, each in (("first", first), ("second", second)):
        if not isinstance(each, Share):
            raise InvalidValue(where, shown(each), "a Share")
    return Difference(first, second)


def percent(share: float | None, digits: int = 1) -> str:
    """Write a share in per cent; None is "no data".

    >>> percent(0.25), percent(None)
    ('25.0 %', 'no data')
    """
    return _NO_DATA if share is None else f"{100 * share:.{digits}f} %"


def points(difference: float | None, digits: int = 1) -> str:
    """Write the difference of two shares in percentage points; None is "no data".

    >>> points(0.032), points(None)
    ('+3.2 points', 'no data')
    """
    return _NO_DATA if difference is None else f"{100 * difference:+.{digits}f} points"

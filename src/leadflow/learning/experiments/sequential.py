"""A split test that may be looked at every day, and stopped at any look."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs

from leadflow.errors import InvalidValue, shown
from leadflow.learning.experiments.arms import Counts, arms_from, control_of, portion
from leadflow.learning.experiments.split_test import p_shown
from leadflow.markup import aligned, counted, table
from leadflow.shares import Difference, Share, difference, percent, points
from leadflow.values import label, listed

_HEADER = ["arm", "rate", "control", "difference", "interval", "p", "decided at look"]
_AGRESTI = 1
"""Hits and misses added to each arm for the variance, after Agresti and Caffo (2000)."""
_LEAST = 10
"""Neither arm may expect fewer hits or misses, or the normal law is too far from the truth."""
_LEAST_EFFECT = 0.0001
Interval = tuple[float, float]
_ANYTHING: Interval = (-1.0, 1.0)


@attrs.frozen
class Monitored:
    """One arm against the control over all looks so far.

    `p_values` holds the p value after each look: it never rises. `low` and `high` bound the
    difference of the rates, at every look at once with the confidence of the test; they only ever
    close in. `decided_at` is the first look, counted from 1, at which the p value was small enough;
    None until then. `has_changed` when the bounds of two looks exclude each other: the difference
    itself has changed over time.
    """

    metric: str
    control: str
    arm: str
    difference: Difference
    low: float
    high: float
    p_values: tuple[float, ...]
    decided_at: int | None
    has_changed: bool

    @property
    def p_value(self) -> float:
        """The p value after the last look."""
        return self.p_values[-1]

    @property
    def is_decided(self) -> bool:
        """Whether the test may be stopped."""
        return self.decided_at is not None

    @property
    def verdict(self) -> str:
        """What follows, in a sentence."""
        change = self.difference
        if change.value is None:
            return f"{self.arm}: no data to compare with {self.control}."
        bounds = f"from {points(self.low)} to {points(self.high)}"
        rates = f"{percent(change.second.value)} against {percent(change.first.value)}"
        tail = f"{self.metric} {rates}, the difference is {bounds} (p {p_shown(self.p_value)})."
        if self.has_changed:
            rest = f"over time: {rates} by now. Look at the days one by one."
            return f"The difference between {self.arm} and {self.control} has changed {rest}"
        if self.decided_at is None:
            return f"Not decided yet between {self.arm} and {self.control}: {tail} Go on."
        side = "above" if self.low + self.high > 0 else "below"
        return f"Decided at look {self.decided_at}: {self.arm} is {side} {self.control}; {tail}"


@attrs.frozen(repr=False)
class SequentialTest:
    """What a split test has found so far, however often it was looked at: each arm and the control."""

    metric: str
    control: str
    shares: Mapping[str, Share]
    comparisons: tuple[Monitored, ...]
    looks: int
    effect: float
    confidence: float

    @property
    def is_decided(self) -> bool:
        """Whether every arm is decided against the control."""
        return all(each.is_decided for each in self.comparisons)

    @property
    def verdict(self) -> str:
        """What follows: a sentence for each arm but the control."""
        return " ".join(each.verdict for each in self.comparisons)

    def explain(self) -> str:
        """Tell what follows and the figures."""
        looks = f"After {counted(self.looks, 'look')}; holds for any number of looks, with"
        test = f"{looks} {100 * self.confidence:g} % confidence (mixture sequential test)."
        verdicts = (each.verdict for each in self.comparisons)
        return "\n".join((*verdicts, *aligned(_HEADER, self._rows()), test))

    def _rows(self) -> Iterator[list[str]]:
        for each in self.comparisons:
            change = each.difference
            yield [
                each.arm,
                percent(change.second.value),
                percent(change.first.value),
                points(change.value),
                f"{100 * each.low:+.1f} to {100 * each.high:+.1f}",
                p_shown(each.p_value),
                "not yet" if each.decided_at is None else f"{each.decided_at}",
            ]

    def __str__(self) -> str:
        return self.verdict

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return table(self.verdict, _HEADER, self._rows())


def always_valid(
    arms: Mapping[str, Counts],
    *,
    metric: str = "conversion",
    control: str | None = None,
    effect: float = 0.05,
    confidence: float = 0.95,
) -> SequentialTest:
    """Look once at a split test that is still running; see `over_looks`.

    >>> found = always_valid({"a": (120, 1000), "b": (190, 1000)})
    >>> print(found)
    Decided at look 1: b is above a; conversion 19.0 % against 12.0 %, the difference is from +2.1 points to +11.9 points (p 0.0006).
    """
    return over_looks([arms], metric=metric, control=control, effect=effect, confidence=confidence)


def over_looks(
    looks: Iterable[Mapping[str, Counts]],
    *,
    metric: str = "conversion",
    control: str | None = None,
    effect: float = 0.05,
    confidence: float = 0.95,
) -> SequentialTest:
    """Follow a split test over its looks, of which any may be the last.

    Each look holds, for the same arms, the counts since the start as a `Share` or (hits, of). `effect`
    is the difference of rates that is about to be expected, 0.05 for 5 points: it sets where the
    test finds soonest, and must be chosen beforehand. Nothing is decided before each arm would have
    10 hits and 10 misses if both were alike.

    It is the mixture sequential probability ratio test of Johari, Koomen, Pekelis and Walsh (2017)
    with a normal mixture whose standard deviation is `effect`, the variance of the difference from
    the rates so far with one hit and one miss added to each arm; so its error is kept by the normal law, that is approximately, and was
    below what is promised wherever it was tried (see the page on split tests). Several arms are corrected after
    Bonferroni. Raises `InvalidValue`, naming the place, for counts that fall and arms that change.

    >>> days = [{"a": (5 * n, 50 * n), "b": (9 * n, 50 * n)} for n in range(1, 15)]
    >>> found = over_looks(days)
    >>> found.comparisons[0].decided_at, found.is_decided
    (8, True)
    """
    sure, expected = portion("confidence", confidence), portion("effect", effect)
    if expected < _LEAST_EFFECT:
        raise InvalidValue("effect", shown(effect), f"a difference of at least {_LEAST_EFFECT}")
    shares = _looks(looks, sure)
    last, title = shares[-1], label("metric", metric)
    first = control_of(shares[0], control)
    error = (1 - sure) / (len(last) - 1)
    compared = tuple(
        _followed(title, first, arm, shares, expected, error) for arm in last if arm != first
    )
    return SequentialTest(title, first, last, compared, len(shares), expected, sure)


def _looks(looks: Iterable[Mapping[str, Counts]], confidence: float) -> list[Mapping[str, Share]]:
    found: list[Mapping[str, Share]] = []
    for place, look in enumerate(listed("looks", looks)):
        where = f"looks[{place}]"
        found.append(arms_from(where, look, confidence))
        if place:
            _goes_on(where, found[-2], found[-1])
    if not found:
        raise InvalidValue("looks", "none", "at least one look")
    return found


def _goes_on(where: str, before: Mapping[str, Share], now: Mapping[str, Share]) -> None:
    if set(before) != set(now):
        arms = ", ".join(map(repr, sorted(now)))
        raise InvalidValue(
            where, arms, f"the arms of the look before, {', '.join(map(repr, sorted(before)))}"
        )
    for arm, share in now.items():
        past = before[arm]
        for what, here, least in (
            ("hits", share.hits, past.hits),
            ("misses", share.of - share.hits, past.of - past.hits),
        ):
            if here < least:
                hint = "each look counts from the start of the test on, not one day"
                expected = f"at least the {least:,} {what} of the look before"
                raise InvalidValue(f"{where}[{arm!r}]", f"{here:,}", expected, hint)


def _followed(
    metric: str,
    control: str,
    arm: str,
    looks: Sequence[Mapping[str, Share]],
    effect: float,
    error: float,
) -> Monitored:
    """Go through the looks at one arm and the control."""
    arms = len(looks[0]) - 1
    lowest, (low, high), changed = 1.0, _ANYTHING, False
    values = []
    for look in looks:
        p, bounds = _look(look[control], look[arm], effect, error)
        lowest = min(lowest, p * arms)
        values.append(lowest)
        closer = max(low, bounds[0]), min(high, bounds[1])
        changed = changed or closer[0] > closer[1]
        low, high = (low, high) if changed else closer
    limit = error * arms
    decided = next((place for place, p in enumerate(values, 1) if p < limit), None)
    change = difference(looks[-1][control], looks[-1][arm])
    return Monitored(metric, control, arm, change, low, high, tuple(values), decided, changed)


def _look(first: Share, second: Share, effect: float, error: float) -> tuple[float, Interval]:
    """Tell the p value of one look by itself, and the bounds of the difference."""
    if first.value is None or second.value is None or _expected(first, second) < _LEAST:
        return 1.0, _ANYTHING
    change = second.value - first.value
    noise, signal = _variance(first) + _variance(second), effect * effect
    wide = noise + signal
    log = math.log(wide / noise) / 2
    p = math.exp(min(0.0, log - signal * change * change / (2 * noise * wide)))
    reach = math.sqrt(2 * noise * wide / signal * (log - math.log(error)))
    return p, (max(-1.0, change - reach), min(1.0, change + reach))


def _expected(first: Share, second: Share) -> float:
    """Count the hits, or the misses, to expect in the smaller arm if both were alike."""
    hits, of = first.hits + second.hits, first.of + second.of
    return min(hits, of - hits) / of * min(first.of, second.of)


def _variance(share: Share) -> float:
    rate = (share.hits + _AGRESTI) / (share.of + 2 * _AGRESTI)
    return rate * (1 - rate) / share.of

"""A split test read once, at its end: which arm is above, by how much, and how sure is that?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from leadflow.learning.experiments.arms import Counts, arms_from, control_of, portion
from leadflow.learning.experiments.exact import fisher, holm, homogeneous
from leadflow.markup import aligned, table
from leadflow.shares import Difference, Share, difference, percent, points
from leadflow.values import Frozen, label

_HEADER = ["arm", "hits", "of", "rate", "interval", "difference", "interval", "p"]
_SMALLEST = 0.0001


def p_shown(p: float | None) -> str:
    """Write a p value: four digits, and never as if it were zero.

    >>> p_shown(0.0123), p_shown(1e-9), p_shown(None)
    ('0.0123', 'below 0.0001', 'no data')
    """
    if p is None:
        return "no data"
    return f"{p:.4f}" if p >= _SMALLEST else f"below {_SMALLEST}"


@attrs.frozen
class Comparison:
    """One arm against the control: the difference of their rates, and how likely chance alone is.

    `p_value` is that of Fisher's exact test, raised by Holm's method where several arms are compared
    with the control; None where an arm has no data. `is_clear` when it is less than 1 - confidence.
    """

    metric: str
    control: str
    arm: str
    difference: Difference
    p_value: float | None
    is_clear: bool

    @property
    def lift(self) -> float | None:
        """The difference as a part of the control's rate: 0.2 is a fifth better."""
        before, change = self.difference.first.value, self.difference.value
        return change / before if before and change is not None else None

    @property
    def verdict(self) -> str:
        """What follows, in a sentence."""
        change = self.difference
        if self.p_value is None or change.value is None:
            return f"{self.arm}: no data to compare with {self.control}."
        rates = f"{percent(change.second.value)} against {percent(change.first.value)}"
        if self.is_clear:
            side = "above" if change.value > 0 else "below"
            start = f"{self.arm} is {side} {self.control}: {self.metric} {rates}, {change}."
            return f"{start} Chance alone would rarely do that (p {p_shown(self.p_value)})."
        start = f"No clear difference between {self.arm} and {self.control}: {self.metric} {rates}."
        bounds, p = _between(change), f"p {p_shown(self.p_value)}"
        if (
            change.low is not None
            and change.high is not None
            and not change.low <= 0 <= change.high
        ):
            return f"{start} It is {bounds} by itself, but chance alone does that too often ({p})."
        return f"{start} The truth may be anything {bounds} ({p})."


def _between(change: Difference) -> str:
    return f"from {points(change.low)} to {points(change.high)}"


@attrs.frozen(repr=False)
class SplitTest:
    """What a split test found: `shares` by arm, and each arm against the `control`.

    `p_value` is the chance of rates at least this far apart if all arms were equal, by the test that
    `method` names; None where fewer than two arms have data. Each interval holds with `confidence` by
    itself; the p values of the comparisons hold together.
    """

    metric: str
    control: str
    shares: Mapping[str, Share]
    comparisons: tuple[Comparison, ...]
    p_value: float | None
    method: str
    confidence: float

    @property
    def verdict(self) -> str:
        """What follows: a sentence for each arm but the control."""
        return " ".join(each.verdict for each in self.comparisons)

    def explain(self) -> str:
        """Tell what follows and the figures: rates and differences with intervals, and p values."""
        test = f"All arms alike: p {p_shown(self.p_value)} ({self.method}). {self._intervals()}"
        verdicts = (each.verdict for each in self.comparisons)
        return "\n".join((*verdicts, *aligned(_HEADER, self._rows()), test))

    def _intervals(self) -> str:
        return f"Intervals: {100 * self.confidence:g} %, Wilson and Newcombe."

    def _rows(self) -> Iterator[list[str]]:
        compared = {each.arm: each for each in self.comparisons}
        for arm, share in self.shares.items():
            yield [
                arm,
                f"{share.hits:,}",
                f"{share.of:,}",
                *_rate(share),
                *_change(compared.get(arm)),
            ]

    def __str__(self) -> str:
        return self.verdict

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return table(self.verdict, _HEADER, self._rows())


def _rate(share: Share) -> list[str]:
    if share.low is None or share.high is None:
        return ["no data", ""]
    return [percent(share.value), f"{100 * share.low:.1f} to {percent(share.high)}"]


def _change(each: Comparison | None) -> list[str]:
    if each is None:
        return ["", "", ""]
    change = each.difference
    if change.low is None or change.high is None:
        return ["no data", "", ""]
    interval = f"{100 * change.low:+.1f} to {100 * change.high:+.1f}"
    return [points(change.value), interval, p_shown(each.p_value)]


def split_test(
    arms: Mapping[str, Counts],
    *,
    metric: str = "conversion",
    control: str | None = None,
    confidence: float = 0.95,
) -> SplitTest:
    """Compare the arms of a split test, two or more, with one of them: the first unless named.

    Which of them is better is yours to say: of an unsubscribe rate it is the one below.

    `arms` holds a `Share` or (hits, of) for each. Differences have the interval of Newcombe (1998),
    p values are those of Fisher's exact test, corrected by Holm (1979) for several arms. The answer
    holds when it is read once, at the size that `sample_size` gave; for looking earlier and often
    take `over_looks`. Raises `InvalidValue`, naming the place, and `LimitExceeded`.

    >>> found = split_test({"question": (120, 1000), "statement": (164, 1000)})
    >>> print(found)
    statement is above question: conversion 16.4 % against 12.0 %, +4.4 points (+1.3 to +7.5). Chance alone would rarely do that (p 0.0058).
    """
    sure = portion("confidence", confidence)
    shares = arms_from("arms", arms, sure)
    first, title = control_of(shares, control), label("metric", metric)
    others = [arm for arm in shares if arm != first]
    raw = {
        arm: _fisher(shares[first], shares[arm])
        for arm in others
        if shares[arm].of and shares[first].of
    }
    raised = dict(zip(raw, holm(list(raw.values())), strict=True))
    compared = tuple(
        Comparison(title, first, arm, difference(shares[first], shares[arm]), p, _is_clear(p, sure))
        for arm, p in ((arm, raised.get(arm)) for arm in others)
    )
    p, method = homogeneous([(share.hits, share.of) for share in shares.values()])
    is_known = sum(share.of > 0 for share in shares.values()) > 1
    return SplitTest(title, first, Frozen(shares), compared, p if is_known else None, method, sure)


def _fisher(first: Share, second: Share) -> float:
    return fisher((first.hits, first.of), (second.hits, second.of))


def _is_clear(p: float | None, confidence: float) -> bool:
    return p is not None and p < 1 - confidence

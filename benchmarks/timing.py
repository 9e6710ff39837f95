"""Taking turns with the clock, which counts processor time: waiting for a busy machine is not counted."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from statistics import median, quantiles
from time import process_time
from typing import TypeAlias

import attrs

MICRO = 1_000_000
Timed: TypeAlias = tuple[Callable[[], object], int]
"""What to run, and how many leads one run answers for."""


@attrs.frozen
class Spread:
    """A median between its quartiles."""

    low: float
    middle: float
    high: float

    @classmethod
    def of(cls, values: list[float]) -> Spread:
        """Take the quartiles of some figures."""
        low, _, high = quantiles(values, n=4, method="inclusive")
        return cls(low, median(values), high)

    def __str__(self) -> str:
        return f"{_digits(self.middle)} [{_digits(self.low)} to {_digits(self.high)}]"


@attrs.frozen
class Times:
    """Seconds of processor time a lead, of everyone in every round."""

    rounds: dict[str, list[float]]

    def micro(self, name: str) -> Spread:
        """Return the microseconds a lead."""
        return Spread.of([MICRO * taken for taken in self.rounds[name]])

    def ratio(self, slow: str, quick: str) -> Spread:
        """Return how often one takes the time of the other, compared within each round."""
        pairs = zip(self.rounds[slow], self.rounds[quick], strict=True)
        return Spread.of([one / other for one, other in pairs])


def take_turns(
    timed: Mapping[str, Timed],
    rounds: int,
    before: Callable[[], object] = lambda: None,
) -> Times:
    """Run everything once a round, each round starting with another; `before` is not timed.

    One round ahead warms up. The collector of garbage rests while the clock runs.
    """
    names = list(timed)
    taken: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds + 1):
        start = turn % len(names)
        for name in names[start:] + names[:start]:
            before()
            seconds = _seconds(timed[name][0]) / timed[name][1]
            if turn:
                taken[name].append(seconds)
    return Times(taken)


def _seconds(run: Callable[[], object]) -> float:
    gc.collect()
    gc.disable()
    try:
        start = process_time()
        run()
        return process_time() - start
    finally:
        gc.enable()


def _digits(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"

"""Taking turns with two clocks: processor time, which waiting for a busy machine leaves out, and wall time.

What runs in one thread is compared by processor time. Engines that run in several, and in processes
of their own, are compared by the time that passes.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from statistics import median, quantiles
from time import perf_counter, process_time
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
    """Seconds a lead, of everyone in every round."""

    rounds: dict[str, list[float]]

    def seconds(self, name: str, leads: int = 1) -> Spread:
        """Return the seconds for so many leads."""
        return Spread.of([leads * taken for taken in self.rounds[name]])

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
    """Return the processor time of `both_clocks`."""
    return both_clocks(timed, rounds, before)[1]


def both_clocks(
    timed: Mapping[str, Timed],
    rounds: int,
    before: Callable[[], object] = lambda: None,
    ahead: int = 1,
) -> tuple[Times, Times]:
    """Run everything once a round, each round starting with another; return wall and processor time.

    Rounds `ahead` warm up; `before` is not timed. The collector of garbage rests while the clocks run.
    """
    names = list(timed)
    wall: dict[str, list[float]] = {name: [] for name in names}
    processor: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(ahead + rounds):
        start = turn % len(names)
        for name in names[start:] + names[:start]:
            before()
            run, leads = timed[name]
            passed, worked = _seconds(run)
            if turn >= ahead:
                wall[name].append(passed / leads)
                processor[name].append(worked / leads)
    return Times(wall), Times(processor)


def _seconds(run: Callable[[], object]) -> tuple[float, float]:
    gc.collect()
    gc.disable()
    try:
        start, worked = perf_counter(), process_time()
        run()
        return perf_counter() - start, process_time() - worked
    finally:
        gc.enable()


def _digits(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"

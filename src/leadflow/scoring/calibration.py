"""Calibration: from a score to the chance to win, as plain data."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

import attrs

from leadflow.errors import InvalidValue, shown
from leadflow.events.facts import share
from leadflow.scoring.rule import whole_points
from leadflow.values import listed

_WHERE = "Calibration.steps"


def _steps(values: Iterable[tuple[int, float]]) -> tuple[tuple[int, float], ...]:
    found = [_step(value) for value in listed(_WHERE, values)]
    if not found:
        raise InvalidValue(_WHERE, "no steps", "at least one pair of points and probability")
    points = [step[0] for step in found]
    if points != sorted(set(points)):
        raise InvalidValue(_WHERE, shown(str(points)), "points that rise from step to step")
    return tuple(found)


def _step(value: tuple[int, float]) -> tuple[int, float]:
    pair = listed(_WHERE, value)
    if len(pair) != 2:  # noqa: PLR2004 (a pair)
        raise InvalidValue(_WHERE, shown(str(pair)), "pairs of points and probability")
    return whole_points(_WHERE, pair[0]), share(_WHERE, pair[1])


def _below(value: float) -> float:
    return share("Calibration.below", value)


@attrs.frozen
class Calibration:
    """The chance to win by score: the probability of the highest step that the points reach.

    `steps` are pairs of (points, probability), points rising; `below` is the probability under the
    first step. A score of 45 with the steps below has been seen to win 87 times in 100.

    >>> Calibration(below=0.14, steps=[(20, 0.46), (45, 0.87)]).probability(44)
    0.46
    """

    below: float = attrs.field(converter=_below)
    steps: tuple[tuple[int, float], ...] = attrs.field(converter=_steps)

    def probability(self, points: int) -> float:
        """Return the chance to win, between 0 and 1."""
        place = bisect_right(self.steps, points, key=lambda step: step[0])
        return self.steps[place - 1][1] if place else self.below

"""How far forecasts were off so far: what that says about the level and the width of the next one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from math import exp, fsum, log, sqrt
from typing import TypeAlias

import attrs

from leadflow.markup import counted
from leadflow.pipeline.forecast.chain import DAY, age
from leadflow.pipeline.forecast.grid import Factors
from leadflow.pipeline.forecast.learned import Learned, Ways
from leadflow.pipeline.forecast.pricing import Worth
from leadflow.pipeline.metrics.history import History, Track
from leadflow.shares import normal_quantile, percent

Gap: TypeAlias = tuple[float, float]
"""A stretch of time ahead: days from now, and days to its end."""
_EVERY = timedelta(days=7)
_TRIALS = 26
"""A forecast is tried every week of the last half year."""
_ENDINGS = 100
"""A week counts if at least so many leads were closed in the time learned from."""
_PRIOR, _WEIGHT = 0.3, 2
"""Without trials a forecast is taken to be off by 30 %; this counts as much as two trials."""
_LEAST = 0.05
_NODES = 11


@attrs.frozen
class Correction:
    """What trials in the past say of a forecast: its level, and how far it may be off.

    `level` is what came for each 1 that was forecast, drawn towards 1 as if by two more trials that
    were right. `spread` is how far a forecast was off after that, as the deviation of its logarithm,
    drawn towards 0.3 as if by two more trials. `trials` counts them.
    """

    level: float = 1.0
    spread: float = _PRIOR
    trials: int = 0

    @property
    def factors(self) -> Factors:
        """What the chances may be multiplied by: 11 equally likely factors, whose mean is `level`."""
        given = [exp(self.spread * normal_quantile((n + 0.5) / _NODES)) for n in range(_NODES)]
        mean = fsum(given) / _NODES
        return tuple((self.level * each / mean, 1 / _NODES) for each in given)

    def explain(self) -> str:
        """Say how forecasts did so far."""
        if not self.trials:
            off = percent(self.spread, 0)
            return f"not tried on the past, for there is too little; taken to be off by {off}"
        level, off = percent(self.level, 0), percent(self.spread, 0)
        times = counted(self.trials, "trial")
        return f"{times} in the past: level set to {level}, off by {off} after that"

    def __str__(self) -> str:
        return self.explain()


@attrs.frozen
class _Trial:
    """What was forecast in the past, and what came."""

    forecast: float
    actual: float


def corrections(
    history: History, gaps: Sequence[Gap], recent: timedelta, worths: Sequence[tuple[Worth, Worth]]
) -> list[list[Correction]]:
    """Try forecasts on the past of a history, every week, and return a correction for each.

    For each of `worths` (what a lead counts for in a forecast, and once it is won) there is a list
    with one correction for each gap.
    """
    found: list[list[list[_Trial]]] = [[[] for _ in gaps] for _ in worths]
    today = {track.id: track for track in history}
    nearest = min((end for _, end in gaps), default=0.0)
    ways = Ways.of(history)
    for number in range(1, _TRIALS + 1):
        cutoff = history.as_of - number * _EVERY
        if (history.as_of - cutoff) / DAY < nearest:
            continue
        learned = Learned.at(ways, cutoff, cutoff - recent)
        if learned.won + learned.lost >= _ENDINGS:
            known = open_ones(history.rewind(cutoff))
            pairs = [(track, today[track.id]) for track in known]
            over = [n for n, (_, end) in enumerate(gaps) if cutoff + end * DAY <= history.as_of]
            _try(learned, pairs, over, gaps, worths, found)
    return [[_correction(trials) for trials in by_gap] for by_gap in found]


def open_ones(history: History) -> list[Track]:
    """List the leads that are not closed."""
    return [track for track in history if not track.is_closed]


def _try(
    learned: Learned,
    leads: Sequence[tuple[Track, Track]],
    over: Sequence[int],
    gaps: Sequence[Gap],
    worths: Sequence[tuple[Worth, Worth]],
    found: list[list[list[_Trial]]],
) -> None:
    """Try the gaps that are over on the leads that were open, each as it was and as it is today."""
    chances = prospects(learned, [then for then, _ in leads], [gaps[place] for place in over])
    today = [now for _, now in leads]
    for by_gap, (before, after) in zip(found, worths, strict=True):
        values = [before(track) for track in today]
        for index, place in enumerate(over):
            parts = (
                each[index] * value for each, value in zip(chances, values, strict=True) if each
            )
            forecast = fsum(parts)
            if forecast > 0:
                actual = fsum(map(after, won_between(today, learned.as_of, gaps[place])))
                by_gap[place].append(_Trial(forecast, actual))


def prospects(
    learned: Learned, leads: Iterable[Track], gaps: Sequence[Gap]
) -> list[tuple[float, ...] | None]:
    """Return each open lead's chance of being won in each gap; None where its age is not known."""
    ends = sorted({day for gap in gaps for day in gap})
    known: dict[tuple[str | None, float], tuple[float, ...]] = {}
    found: list[tuple[float, ...] | None] = []
    for track in leads:
        old = age(track, learned.as_of)
        if old is None:
            found.append(None)
            continue
        key = (track.stage if learned.by_stage else None, old // 1)
        if key not in known:
            by_end = dict(zip(ends, learned.chances(*key, ends), strict=True))
            known[key] = tuple(max(0.0, by_end[end] - by_end[begin]) for begin, end in gaps)
        found.append(known[key])
    return found


def won_between(leads: Iterable[Track], cutoff: datetime, gap: Gap) -> list[Track]:
    """List the leads that were won in a gap after an instant, its end included."""
    begin, end = (cutoff + days * DAY for days in gap)
    return [
        track
        for track in leads
        if track.outcome == "won" and track.closed_at is not None and begin < track.closed_at <= end
    ]


def _correction(trials: Sequence[_Trial]) -> Correction:
    if not trials:
        return Correction()
    count = len(trials)
    forecast = fsum(trial.forecast for trial in trials)
    actual = fsum(trial.actual for trial in trials)
    spare = _WEIGHT * forecast / count
    level = (actual + spare) / (forecast + spare)
    off = fsum(log(max(trial.actual / trial.forecast / level, _LEAST)) ** 2 for trial in trials)
    spread = sqrt((off + _WEIGHT * _PRIOR**2) / (count + _WEIGHT))
    return Correction(level, spread, count)

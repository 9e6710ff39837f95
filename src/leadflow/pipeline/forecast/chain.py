"""The way of leads through their stages by age: what leaves a stage on which day, and for where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from math import ceil, floor
from typing import NamedTuple

import attrs

from leadflow.pipeline.metrics.history import Entry, Track

WON, LOST, OPEN = "(won)", "(lost)", "(open)"
"""How the two ends are called beside the keys of stages, and every open stage taken as one."""
DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LEAST = 5
"""So many leads must stand in a stage at an age for what they do to count by itself."""
_OLDEST = 30
"""The days before the last age seen whose rates hold for what is older."""
_NEVER = 10**9
_HAIR = 1e-9
"""What an instant may be off by as a number of days."""
_NONE: Mapping[str, float] = {}


class Step(NamedTuple):
    """A stay on a grid of whole days of age: in `state` from `entered`, left at `left` for `to`.

    `to` is None where it was still there when the observation ended.
    """

    state: str
    entered: int
    left: int
    to: str | None


@attrs.frozen
class Rates:
    """What the leads in one stage did, by age in whole days.

    `at_risk[t]` leads stood there at the age t - 1, in days; `moves[t][to]` of them stood
    elsewhere, in `to`, at the age t.
    """

    at_risk: Mapping[int, int]
    moves: Mapping[int, Mapping[str, int]]

    @property
    def left(self) -> int:
        """How many left."""
        return sum(sum(found.values()) for found in self.moves.values())

    def went(self, to: str) -> int:
        """How many went to a stage, or an end."""
        return sum(found.get(to, 0) for found in self.moves.values())

    @cached_property
    def shares(self) -> Mapping[int, Mapping[str, float]]:
        """The share that goes where, at each age at which enough leads stood here."""
        return {
            t: {to: hits / count for to, hits in self.moves[t].items()}
            if t in self.moves
            else _NONE
            for t, count in self.at_risk.items()
            if count >= _LEAST
        }

    @cached_property
    def last(self) -> int:
        """The last age at which enough leads stood here; 0 where none did."""
        return max(self.shares, default=0)

    @cached_property
    def oldest(self) -> Mapping[str, float]:
        """The share that goes where in a day, over the oldest days seen."""
        days = range(max(1, self.last - _OLDEST + 1), self.last + 1)
        count = sum(self.at_risk.get(t, 0) for t in days)
        hits: defaultdict[str, int] = defaultdict(int)
        for t in days:
            for to, found in self.moves.get(t, {}).items():
                hits[to] += found
        return {to: found / count for to, found in hits.items()} if count else _NONE


def age(track: Track, at: datetime) -> float | None:
    """Tell an open lead's age in days, from its creation, else from its first known stage."""
    began = _start(track, track.entries)
    return None if began is None else (at - began) / DAY


def _start(track: Track, entries: Iterable[Entry]) -> datetime | None:
    """Tell when a lead came: its creation, else when it entered the first stage that is dated."""
    if track.created_at is not None:
        return track.created_at
    return next((entry.at for entry in entries if entry.at is not None), None)


def before_end(track: Track, ends: Container[str]) -> tuple[Entry, ...]:
    """List the stages of a lead but the closed one it ended in, one of `ends`.

    A disposition or a conversion ends a lead in the open stage where it stands.
    """
    is_ended = track.is_closed and track.stage in ends
    return track.entries[:-1] if is_ended else track.entries


class Path(NamedTuple):
    """A lead's way by days of age: when it came, in days since 1970, and from which day it stood where.

    The last mark is its end, `ended` in days since 1970; that of an open lead lies beyond all days.
    """

    began: float
    ended: float
    marks: tuple[tuple[int, str], ...]


def path(track: Track, ends: Container[str], *, is_pooled: bool) -> Path | None:
    """Read a lead's way by days of age; None where its begin or its end is not known."""
    entries = before_end(track, ends)
    began = _start(track, entries)
    if began is None or (track.is_closed and track.closed_at is None):
        return None
    found = {0: OPEN} if is_pooled else _stood(entries, began)
    marks = _marks(track, found, began)
    since = days_of(began)
    return Path(since, since + marks[-1][0], marks)


def days_of(moment: datetime) -> float:
    """Count the days of an instant since 1970."""
    return (moment - _EPOCH) / DAY


def steps(way: Path, since: float, until: float) -> Iterator[Step]:
    """Go through a lead's stays between two instants, on whole days of its age."""
    first, last = max(0, ceil(since - way.began - _HAIR)), floor(until - way.began + _HAIR)
    for (entered, state), (left, to) in pairwise(way.marks):
        if entered >= last:
            return
        low = max(first, entered)
        if left <= last and low < left:
            yield Step(state, low, left, to)
        elif low < last < left:
            yield Step(state, low, last, None)


def _stood(entries: Iterable[Entry], began: datetime) -> dict[int, str]:
    """Tell from which day of age on a lead stood where; the last word of a day counts."""
    return {0 if at is None else max(0, ceil((at - began) / DAY)): stage for stage, at in entries}


def _marks(track: Track, found: dict[int, str], began: datetime) -> tuple[tuple[int, str], ...]:
    """List from which day of age on a lead stood where, its end last."""
    if track.closed_at is not None:
        day = max(1, ceil((track.closed_at - began) / DAY))
        found = {t: state for t, state in found.items() if t < day}
        found[day] = WON if track.outcome == "won" else LOST
    else:
        found[_NEVER] = OPEN
    return tuple(sorted(found.items()))


def rates(found: Iterable[Step]) -> dict[str, Rates]:
    """Count, for every stage and age, who stood there and where they went."""
    changes: defaultdict[str, defaultdict[int, int]] = defaultdict(lambda: defaultdict(int))
    moves: defaultdict[str, dict[int, dict[str, int]]] = defaultdict(dict)
    for state, entered, left, to in found:
        changes[state][entered + 1] += 1
        changes[state][left + 1] -= 1
        if to is not None:
            by = moves[state].setdefault(left, {})
            by[to] = by.get(to, 0) + 1
    return {state: Rates(_running(changes[state]), moves[state]) for state in changes}


def _running(changes: Mapping[int, int]) -> dict[int, int]:
    count, found = 0, {}
    days = sorted(changes)
    for day, after in pairwise(days):
        count += changes[day]
        if count:
            found.update(dict.fromkeys(range(day, after), count))
    return found


class Daily(NamedTuple):
    """What becomes in a day of those who stand in a stage: shares that win, stay, and go elsewhere."""

    won: float
    stays: float
    moves: tuple[tuple[str, float], ...]


@attrs.frozen(eq=False)
class Chain:
    """The chain of stages: what becomes of a lead day by day, by its stage and age.

    A stage's own rates hold at the ages at which enough leads stood in it; those of all stages
    elsewhere, and past the last age seen the mean of the oldest days.
    """

    by_stage: Mapping[str, Rates]
    pooled: Rates
    _known: dict[tuple[str, int], Daily] = attrs.field(factory=dict, repr=False)

    def won_by(self, state: str, day: int, ends: Sequence[int]) -> list[float]:
        """Return the chance of being won within each of `ends` (days from now, rising).

        The lead stands in `state` at the age of `day` days. This is the product-limit of Aalen and
        Johansen (1978): each day, of those that stand in a stage at an age, the share seen to leave
        goes where it was seen to go.
        """
        there, won, found, gone = {state: 1.0}, 0.0, [], 0
        for end in ends:
            for t in range(day + gone + 1, day + end + 1):
                won += self._step(there, t)
            gone = max(gone, end)
            found.append(won)
        return found

    def _step(self, there: dict[str, float], t: int) -> float:
        """Move what stands in the stages by one day; return what is won."""
        won, moved = 0.0, []
        for state, mass in there.items():
            share, stays, moves = self._daily(state, t)
            won += mass * share
            there[state] = mass * stays
            if moves:
                moved += [(to, mass * part) for to, part in moves]
        for to, mass in moved:
            there[to] = there.get(to, 0.0) + mass
        return won

    def _daily(self, state: str, t: int) -> Daily:
        found = self._known.get((state, t))
        if found is None:
            found = self._known[state, t] = _daily(self._shares(state, t))
        return found

    def _shares(self, state: str, t: int) -> Mapping[str, float]:
        own = self.by_stage.get(state)
        found = own.shares.get(t) if own is not None else None
        if found is None:
            found = self.pooled.shares.get(t)
        if found is not None:
            return found
        return self.pooled.oldest if t > self.pooled.last else _NONE


def _daily(shares: Mapping[str, float]) -> Daily:
    moves = tuple((to, part) for to, part in shares.items() if to not in (WON, LOST))
    return Daily(shares.get(WON, 0.0), max(0.0, 1.0 - sum(shares.values())), moves)

"""The strategy that gives the best leads to the best closers."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Container, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import attrs

from leadflow.errors import InvalidValue, shown
from leadflow.events import Rejected
from leadflow.lead import Lead
from leadflow.routing.candidate import Candidate, Candidates
from leadflow.routing.strategy import Asking, Choice, Strategy, ask, strategy
from leadflow.routing.turns import LeastRecent
from leadflow.routing.win_rates import WinRates
from leadflow.values import NAME, checks, decimal, instance, listed


def _cuts(where: str, values: Iterable[Any]) -> tuple[Decimal, ...]:
    found = tuple(decimal(where, value) for value in listed(where, values))
    if not found or list(found) != sorted(set(found), reverse=True):
        hint = "such as [70, 40]: 70 or more, 40 or more, and less"
        raise InvalidValue(
            where, shown(str(list(found))), "numbers that fall from cut to cut", hint
        )
    return found


@attrs.frozen(field_transformer=checks)
class ByScore(Asking):
    """The best leads to the best closers: by a number of the lead, and measured win rates.

    `cuts` part the leads by `field`, "score" or "win_probability" for instance: with [70, 40] a lead
    with 70 or more is of the first class, with 40 or more of the second, any other of the third. The
    candidates, best win rate first, are parted into as many groups, as equal as can be, the first
    ones larger; with fewer candidates than classes the last groups share the last candidate. `then`
    chooses within the lead's group. The rates are those of the lead's segment where they were
    measured by segment. Nobody is chosen for a lead whose field is not a known number.

    Raises `InvalidValue`, naming the place.

    >>> ByScore("score", cuts=[70, 40], win_rates=WinRates()).class_of(Lead("L-7", score=55))
    1
    """

    field: str = attrs.field(metadata=NAME)
    cuts: tuple[Decimal, ...] = attrs.field(
        kw_only=True, converter=tuple[Any, ...], metadata={"check": _cuts}
    )
    win_rates: WinRates = attrs.field(kw_only=True, metadata=instance(WinRates))
    then: Strategy = attrs.field(default=LeastRecent(), kw_only=True, metadata={"check": strategy})

    @property
    def inner(self) -> tuple[Strategy, ...]:
        """The strategy that chooses among those who are left."""
        return (self.then,)

    def class_of(self, lead: Lead) -> int | None:
        """Tell the class of a lead, 0 for the best; None if its field is not a known number."""
        value = lead.values.get(self.field)
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            return None
        # As in conditions, a float meets a constant as the float nearest to it.
        cuts: Iterable[Any] = map(float, self.cuts) if isinstance(value, float) else self.cuts
        return next((n for n, cut in enumerate(cuts) if value >= cut), len(self.cuts))

    def choose(self, lead: Lead, candidates: Candidates, as_of: datetime) -> Choice:
        """Choose among the closers that a lead of its class gets."""
        place = self.class_of(lead)
        if place is None:
            return Choice(None, f"{self.field} is not a known number")
        segment = self.win_rates.segment_of(lead)
        ranked = sorted(candidates, key=lambda one: self._rank(one, segment))
        first, end = _group(len(ranked), len(self.cuts) + 1, place)
        chosen = {one.id for one in ranked[first:end]}
        rejected = [
            Rejected(one.id, "other_class", f"{_ordinal(n)} by win rate")
            for n, one in enumerate(ranked)
            if one.id not in chosen
        ]
        absent = self._of_group(candidates.absent, ranked, segment, range(first, end))
        choice = ask(self.then, lead, candidates.among(chosen | absent), as_of)
        words = f"{self.field} {lead.values[self.field]}: class {place + 1} of {len(self.cuts) + 1}"
        return attrs.evolve(
            choice,
            because=f"{words}, closers {first + 1} to {end} by win rate; {choice.because}",
            rejected=(*rejected, *choice.rejected),
        )

    def _rank(self, one: Candidate, segment: str | None) -> tuple[Fraction, str]:
        return -self.win_rates.rate(one.id, segment), one.id

    def _of_group(
        self,
        absent: Sequence[Candidate],
        ranked: Sequence[Candidate],
        segment: str | None,
        places: Container[int],
    ) -> set[str]:
        """Find the absent who would stand in a group of those present: their places are kept there."""
        ranks = [self._rank(one, segment) for one in ranked]
        last = len(ranks) - 1
        found = {one.id: bisect_left(ranks, self._rank(one, segment)) for one in absent}
        return {rep for rep, place in found.items() if min(place, last) in places}


def _group(count: int, groups: int, place: int) -> tuple[int, int]:
    """Return where a group of so many candidates begins and ends, the larger groups first."""
    size, larger = divmod(count, groups)
    start = place * size + min(place, larger)
    end = start + size + (place < larger)
    return (start, end) if end > start else (count - 1, count)


def _ordinal(place: int) -> str:
    return f"number {place + 1}"

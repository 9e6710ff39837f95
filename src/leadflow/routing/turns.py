"""Strategies that take turns."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from datetime import datetime

import attrs

from leadflow.lead import Lead
from leadflow.routing.candidate import Candidates
from leadflow.routing.strategy import Choice
from leadflow.values import EMPTY, FLAG, checks


@attrs.frozen(field_transformer=checks)
class InTurn:
    """A fixed rotation in the order of the rep ids: the next one after the latest turn.

    Whoever cannot take a lead when it is their turn loses that turn, unless they are absent. So it
    is fair among reps who can all take the same leads; where some leads suit only some of them (by
    territory, language or skill), a rep between two such turns may wait for long: there
    `LeastRecent` is fair, and it is the same rotation as long as everybody can take everything.

    Turns are counted in each rule by itself;
    leads that people assign are no turns unless `count_by_hand`.

    >>> from datetime import UTC
    >>> from leadflow.routing import Rep, Roster, Router, RoutingRule
    >>> router = Router([RoutingRule("all", by=InTurn())])
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> roster = Roster([Rep("u0"), Rep("u1"), Rep("u2")])
    >>> routed = router.assign_all([Lead(f"L-{n}") for n in range(4)], roster, as_of=noon)
    >>> [assignment.rep for assignment in routed.assignments.values()]
    ['u0', 'u1', 'u2', 'u0']
    """

    count_by_hand: bool = attrs.field(default=False, kw_only=True, metadata=FLAG)

    def choose(self, lead: Lead, candidates: Candidates, as_of: datetime) -> Choice:  # noqa: ARG002
        """Choose the first one after the latest turn, by id."""
        latest = candidates.latest(by_hand=self.count_by_hand)
        if latest is None:
            chosen = candidates[0].id
            because = "first in turn"
        else:
            ids = [one.id for one in candidates]
            chosen = ids[bisect_right(ids, latest) % len(ids)]
            because = f"next in turn after {latest}"
        if not candidates.absent:
            return Choice(chosen, because)
        place = _place(chosen, latest)
        return Choice(
            chosen,
            because,
            passed={one.id: 1 for one in candidates.absent if _place(one.id, latest) < place},
        )


def _place(rep: str, latest: str | None) -> tuple[bool, str]:
    """The order of a rotation: those after the latest first."""
    return (latest is not None and rep <= latest, rep)


@attrs.frozen(field_transformer=checks)
class LeastRecent:
    """Whoever waited longest since their last turn; those without one first, by id.

    Turns are counted in each rule by itself; leads that people assign are no turns unless
    `count_by_hand`. A turn that went by while a rep was absent counts as theirs, so that on their
    return they stand where they would have stood.

    >>> LeastRecent(count_by_hand=True)
    LeastRecent(count_by_hand=True)
    """

    count_by_hand: bool = attrs.field(default=False, kw_only=True, metadata=FLAG)

    def choose(self, lead: Lead, candidates: Candidates, as_of: datetime) -> Choice:  # noqa: ARG002
        """Choose the one with the earliest last turn."""
        turns = candidates.turns(by_hand=self.count_by_hand)
        last = [each.last_turn for each in turns]
        place = last.index(min(last))
        chosen, at = candidates[place].id, turns[place].last_at
        passed: Mapping[str, int] = EMPTY
        if candidates.absent:
            others = candidates.turns(by_hand=self.count_by_hand, absent=True)
            passed = {
                one.id: 1
                for one, each in zip(candidates.absent, others, strict=True)
                if (each.last_turn, one.id) < (last[place], chosen)
            }
        since = f", since {at:%Y-%m-%d %H:%M} UTC" if at else ""
        return Choice(
            chosen, f"waited longest{since}" if last[place] else "had no turn yet", passed=passed
        )


@attrs.frozen(field_transformer=checks)
class Weighted:
    """Turns by weight, spread smoothly: 5, 1 and 1 take turns as a a b a c a a.

    Each turn goes to whoever is furthest behind their share, ties to the smaller id: the highest
    ``(n + 1) * weight - total weight * own turns`` after n turns. So nobody is ever a whole lead
    ahead of the exact share, and after each full cycle the counts are exact. This is the order of
    smooth weighted round robin (nginx, 2012).

    Turns are counted in each rule by itself; leads that people assign are no turns unless
    `count_by_hand`. While reps are absent they are credited so as to stay level with those
    present, taken together and by weight. Whoever could take no leads for another reason, for want
    of capacity for instance, makes up for it; so does one whose weight or skills have changed,
    unless `Roster.joined` brings them level.

    >>> Weighted()
    Weighted(count_by_hand=False)
    """

    count_by_hand: bool = attrs.field(default=False, kw_only=True, metadata=FLAG)

    def choose(self, lead: Lead, candidates: Candidates, as_of: datetime) -> Choice:  # noqa: ARG002
        """Choose the one furthest behind their share."""
        turns = candidates.turns(by_hand=self.count_by_hand)
        counts = [each.assigned + each.credited for each in turns]
        weights = [one.rep.weight for one in candidates]
        after, whole = sum(counts) + 1, sum(weights)
        ahead = [
            whole * count - after * weight for count, weight in zip(counts, weights, strict=True)
        ]
        place = ahead.index(min(ahead))
        chosen = candidates[place].id
        because = f"weight {weights[place]} of {whole}, {counts[place]} of {after - 1} turns so far"
        if not candidates.absent:
            return Choice(chosen, because)
        others = candidates.turns(by_hand=self.count_by_hand, absent=True)
        passed = {
            one.id: max(after * one.rep.weight // whole - each.counted, 0)
            for one, each in zip(candidates.absent, others, strict=True)
        }
        return Choice(chosen, because, passed=passed)

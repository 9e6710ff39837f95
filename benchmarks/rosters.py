"""Reps in the middle of their work, and the choice of one as written by hand for each strategy.

By hand there are plain dicts, with the reps in the order of their ids: so the first of equals is the
one with the smaller id. Nobody asks whether a rep has room, and nobody gives a reason.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, Protocol, TypeAlias

import attrs

from benchmarks.contenders import NOW
from leadflow import Lead, Money
from leadflow.calendars import WorkingHours
from leadflow.routing import (
    ByTerritory,
    EvenValue,
    InTurn,
    LeastLoaded,
    LeastRecent,
    Rep,
    Roster,
    Router,
    RoutingRule,
    Strategy,
    Weighted,
)

COUNTRIES = ("DE", "FR", "PL", "UK", "US")
"""Each rep serves one, each lead is from one."""
ZONES = ("Europe/Warsaw", "America/New_York", "Asia/Kolkata")
CAPACITY = 100_000
DONE = 200
"""Leads that were assigned before the clock starts."""


def reps(count: int, **more: Any) -> list[Rep]:
    """Make reps with weights of 1 to 3 and room for all that comes."""
    return [
        Rep(
            f"R-{place:03}",
            weight=1 + place % 3,
            capacity=CAPACITY,
            territories=[COUNTRIES[place % len(COUNTRIES)]],
            **more,
        )
        for place in range(count)
    ]


def in_three_zones(count: int, **more: Any) -> list[Rep]:
    """Make reps with working hours, a third of them in each zone; at `NOW` two thirds are at work."""
    hours = [WorkingHours({"mon-sun": "09:00-18:00"}, zone) for zone in ZONES]
    return [
        attrs.evolve(rep, hours=hours[place % len(hours)])
        for place, rep in enumerate(reps(count, **more))
    ]


def leads(count: int, seed: int = 7) -> list[Lead]:
    """Draw leads with a value, from one of the countries."""
    draw = random.Random(seed)
    return [
        Lead(
            f"L-{place}",
            deal_value=Money(100 * draw.randint(1, 200), "EUR"),
            fields={"country": draw.choice(COUNTRIES)},
        )
        for place in range(count)
    ]


class Hand(Protocol):
    """What one would write: choose a rep's id for a lead, and keep count of it."""

    def choose(self, lead: Lead) -> str:
        """Choose the rep."""
        ...

    def take(self, lead: Lead, rep: str) -> None:
        """Count the lead as the rep's."""
        ...


class InTurnByHand:
    """Whoever stands after the one with the latest turn."""

    def __init__(self, given: Iterable[Rep]) -> None:
        self.last = {rep.id: 0 for rep in given}
        self.ids = list(self.last)
        self.turn = 0

    def choose(self, lead: Lead) -> str:  # noqa: ARG002
        """Find the latest turn, and go one on."""
        if not self.turn:
            return self.ids[0]
        latest = max(self.last, key=self.last.__getitem__)
        return self.ids[(self.ids.index(latest) + 1) % len(self.ids)]

    def take(self, lead: Lead, rep: str) -> None:  # noqa: ARG002
        """Number the turn."""
        self.turn += 1
        self.last[rep] = self.turn


class LeastRecentByHand(InTurnByHand):
    """Whoever has the earliest last turn."""

    def choose(self, lead: Lead) -> str:  # noqa: ARG002
        """Find the earliest turn."""
        return min(self.last, key=self.last.__getitem__)


class WeightedByHand:
    """Smooth weighted round robin with its running weights, as in nginx."""

    def __init__(self, given: Iterable[Rep]) -> None:
        self.weights = {rep.id: rep.weight for rep in given}
        self.current = dict.fromkeys(self.weights, 0)
        self.total = sum(self.weights.values())

    def choose(self, lead: Lead) -> str:  # noqa: ARG002
        """Raise everybody by their weight, and lower the highest by the total."""
        current = self.current
        best, highest = "", -1
        for rep, weight in self.weights.items():
            reached = current[rep] = current[rep] + weight
            if reached > highest:
                best, highest = rep, reached
        current[best] -= self.total
        return best

    def take(self, lead: Lead, rep: str) -> None:
        """Do nothing: the running weights are the count."""


class LeastLoadedByHand:
    """Whoever has least open for their capacity, then fewest turns by weight, then the earliest."""

    def __init__(self, given: Iterable[Rep]) -> None:
        found = list(given)
        self.capacity = {rep.id: rep.capacity or 1 for rep in found}
        self.weight = {rep.id: rep.weight for rep in found}
        self.open = dict.fromkeys(self.capacity, 0)
        self.turns = dict.fromkeys(self.capacity, 0)
        self.last = dict.fromkeys(self.capacity, 0)
        self.turn = 0

    def choose(self, lead: Lead) -> str:  # noqa: ARG002
        """Find the smallest key."""
        opened, capacity, turns, weight, last = (
            self.open, self.capacity, self.turns, self.weight, self.last,
        )  # fmt: skip
        return min(
            opened,
            key=lambda rep: (
                (opened[rep] + 1) / capacity[rep],
                turns[rep] / weight[rep],
                last[rep],
            ),
        )

    def take(self, lead: Lead, rep: str) -> None:  # noqa: ARG002
        """Count the turn and the open lead."""
        self.turn += 1
        self.open[rep] += 1
        self.turns[rep] += 1
        self.last[rep] = self.turn


class EvenValueByHand:
    """Whoever was given least value by weight, then fewest turns by weight, then the earliest."""

    def __init__(self, given: Iterable[Rep]) -> None:
        self.weight = {rep.id: rep.weight for rep in given}
        self.value = dict.fromkeys(self.weight, Decimal(0))
        self.turns = dict.fromkeys(self.weight, 0)
        self.last = dict.fromkeys(self.weight, 0)
        self.turn = 0

    def choose(self, lead: Lead) -> str:  # noqa: ARG002
        """Find the smallest key."""
        value, weight, turns, last = self.value, self.weight, self.turns, self.last
        return min(
            value,
            key=lambda rep: (value[rep] / weight[rep], turns[rep] / weight[rep], last[rep]),
        )

    def take(self, lead: Lead, rep: str) -> None:
        """Count the turn and the value."""
        self.turn += 1
        self.value[rep] += lead.deal_value.amount if lead.deal_value else 0
        self.turns[rep] += 1
        self.last[rep] = self.turn


class ByTerritoryByHand(WeightedByHand):
    """Those who serve the lead's country, with running weights of their own."""

    def __init__(self, given: Iterable[Rep]) -> None:
        found = list(given)
        super().__init__(found)
        self.serves = {rep.id: rep.territories for rep in found}

    def choose(self, lead: Lead) -> str:
        """Leave out who serves another country, then do as `WeightedByHand`."""
        country = lead.values["country"]
        current, weights, total = self.current, self.weights, 0
        best, highest = "", -1
        for rep, served in self.serves.items():
            if country in served:
                total += weights[rep]
                reached = current[rep] = current[rep] + weights[rep]
                if reached > highest:
                    best, highest = rep, reached
        current[best] -= total
        return best


Given: TypeAlias = Callable[[Iterable[Rep]], Hand]
HANDS: dict[str, tuple[Strategy, Given]] = {
    "InTurn": (InTurn(), InTurnByHand),
    "LeastRecent": (LeastRecent(), LeastRecentByHand),
    "Weighted": (Weighted(), WeightedByHand),
    "LeastLoaded": (LeastLoaded(), LeastLoadedByHand),
    "EvenValue": (EvenValue(), EvenValueByHand),
    "ByTerritory, then Weighted": (ByTerritory("country", then=Weighted()), ByTerritoryByHand),
}
"""Each strategy by its name, and what one would write for it."""


def router_of(strategy: Strategy) -> Router:
    """Make a router of one rule."""
    return Router([RoutingRule("inbound", by=strategy)])


def chosen_by_leadflow(router: Router, given: Iterable[Lead], roster: Roster) -> list[str]:
    """Assign leads one by one, each after the one before, and return whose they are."""
    return [answer.rep for answer in router.assign_all(given, roster, NOW).assignments.values()]


def chosen_by_hand(hand: Hand, given: Iterable[Lead]) -> list[str]:
    """Choose one by one, each after the one before."""
    found = []
    for lead in given:
        rep = hand.choose(lead)
        hand.take(lead, rep)
        found.append(rep)
    return found


def in_mid_use(name: str, given: list[Rep]) -> tuple[Router, Roster, Hand]:
    """Bring leadflow and the hand to where they stand after the same leads."""
    strategy, make = HANDS[name]
    router, hand, done = router_of(strategy), make(given), leads(DONE, seed=1)
    chosen_by_hand(hand, done)
    return router, router.assign_all(done, Roster(given), NOW).roster, hand


def agreeing(count: int = 50, asked: int = 300) -> None:
    """Check that both choose the same reps, in mid-use and from there on."""
    for name in HANDS:
        router, roster, hand = in_mid_use(name, reps(count))
        drawn = leads(asked)
        if chosen_by_leadflow(router, drawn, roster) != chosen_by_hand(hand, drawn):
            raise SystemExit(f"{name} by hand chooses others")

"""The strategy that asks others, one after the other."""

from __future__ import annotations

from datetime import datetime

import attrs

from leadflow.errors import InvalidValue
from leadflow.events import Rejected
from leadflow.lead import Lead
from leadflow.routing.candidate import Candidates
from leadflow.routing.strategy import Asking, Choice, Strategy, ask, name_of, strategy


def _strategies(values: tuple[Strategy, ...]) -> tuple[Strategy, ...]:
    found = tuple(
        strategy(f"FirstOf.strategies[{place}]", value) for place, value in enumerate(values)
    )
    if not found:
        raise InvalidValue(
            "FirstOf", "no strategies", "at least one", "FirstOf(KeepOwner(), InTurn())"
        )
    return found


@attrs.frozen(init=False)
class FirstOf(Asking):
    """The first of several strategies that has somebody for the lead.

    Raises `InvalidValue` without any strategy, or for something else.

    >>> from leadflow.routing import InTurn, KeepOwner
    >>> FirstOf(KeepOwner(), InTurn()).strategies
    (KeepOwner(field='owner'), InTurn(count_by_hand=False))
    """

    strategies: tuple[Strategy, ...] = attrs.field(converter=_strategies)

    def __init__(self, *strategies: Strategy) -> None:
        self.__attrs_init__(strategies)

    @property
    def inner(self) -> tuple[Strategy, ...]:
        """The strategies, in the order they are asked."""
        return self.strategies

    def choose(self, lead: Lead, candidates: Candidates, as_of: datetime) -> Choice:
        """Choose as the first that chooses anybody."""
        said: list[str] = []
        rejected: list[Rejected] = []
        for one in self.strategies:
            choice = ask(one, lead, candidates, as_of)
            said.append(f"{name_of(one)}: {choice.because}")
            if choice.rep is not None:
                return attrs.evolve(choice, because="; ".join(said))
            rejected += choice.rejected
        return Choice(None, "; ".join(said), list({each.rep: each for each in rejected}.values()))

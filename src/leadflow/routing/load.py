"""Strategies that even out work and value."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias

import attrs

from leadflow.lead import Lead
from leadflow.money import Money, Rates, priced, total
from leadflow.routing.candidate import Candidate, Candidates
from leadflow.routing.strategy import Choice
from leadflow.values import FLAG, checks, instance

_Bag: TypeAlias = tuple[Money, ...]
_Key: TypeAlias = float | Decimal | Fraction
_ZERO = Decimal(0)


@attrs.frozen
class LeastLoaded:
    """Whoever has the smallest share of their capacity open, with this lead.

    If a candidate has no capacity, the units of open work are compared instead. Ties go to fewest
    turns in the rule by weight, then to who waited longest, then to the smaller id. Where the open
    work came from does not matter.

    >>> LeastLoaded()
    LeastLoaded()
    """

    def choose(self, lead: Lead, candidates: Candidates, as_of: datetime) -> Choice:  # noqa: ARG002
        """Choose the one with the least open work."""
        loads: list[_Key] = [one.workload.open for one in candidates]
        capacities = [one.rep.capacity for one in candidates]
        if all(capacities):
            more = candidates.units
            # Numbers this small divide so that equal shares are equal, and no others.
            loads = [
                (load + more) / (capacity or 1)
                for load, capacity in zip(loads, capacities, strict=True)
            ]
        chosen = _least(loads, candidates)
        of = f" of {chosen.rep.capacity}" if all(capacities) else ""
        return Choice(chosen.id, f"least loaded: {chosen.workload.open}{of} units open")


@attrs.frozen(kw_only=True, field_transformer=checks)
class EvenValue:
    """Whoever was given least value so far, by weight.

    With `open`, only the value of open work counts. A lead without a deal value goes to whoever had
    fewest turns in the rule, by weight, for it would change nobody's value. Ties go to fewest turns,
    then to who waited longest, then to the smaller id. Several currencies are compared through
    `rates`; without them, nobody is chosen.

    >>> EvenValue(open=True)
    EvenValue(open=True, rates=None)
    """

    open: bool = attrs.field(default=False, metadata=FLAG)
    rates: Rates | None = attrs.field(default=None, metadata=instance(Rates))

    def choose(self, lead: Lead, candidates: Candidates, as_of: datetime) -> Choice:  # noqa: ARG002
        """Choose the one with the least value."""
        if lead.deal_value is None:
            chosen = _least([0] * len(candidates), candidates)
            return Choice(chosen.id, "fewest turns, for the lead's value is not known")
        bags = [self._bag(one) for one in candidates]
        currency = self._currency(lead.deal_value, bags)
        if currency is None:
            found = sorted({lead.deal_value.currency, *(m.currency for bag in bags for m in bag)})
            return Choice(None, f"{' and '.join(found)} do not compare without rates")
        values = [self._amount(bag, currency) for bag in bags]
        weights = [one.rep.weight for one in candidates]
        shares: Sequence[_Key] = values
        if min(weights) != max(weights):
            shares = [
                Fraction(value) / weight for value, weight in zip(values, weights, strict=True)
            ]
        chosen = _least(shares, candidates)
        value = Money(self._amount(self._bag(chosen), currency), currency)
        held = "open" if self.open else "given so far"
        return Choice(chosen.id, f"least value by weight: {priced(value)} {held}")

    def _bag(self, one: Candidate) -> _Bag:
        return one.workload.open_value if self.open else one.workload.value

    def _currency(self, asked: Money, bags: list[_Bag]) -> str | None:
        """Tell in which currency to compare; None where nothing says it."""
        found = {money.currency for bag in bags for money in bag}
        if found <= {asked.currency}:
            return asked.currency
        return None if self.rates is None else self.rates.base

    def _amount(self, bag: _Bag, currency: str) -> Decimal:
        if not bag:
            return _ZERO
        if len(bag) == 1 and bag[0].currency == currency:
            return bag[0].amount
        return total(bag, self.rates, currency).amount


def _least(keys: Sequence[_Key], candidates: Candidates) -> Candidate:
    """Return the one with the smallest key; ties go to fewest turns by weight, and so on."""
    tied = _smallest(keys, range(len(keys)))
    if len(tied) > 1:
        turns = candidates.turns()
        shares = [turns[n].counted / candidates.each[n].rep.weight for n in tied]
        tied = _smallest(shares, tied)
        tied = _smallest([turns[n].last_turn for n in tied], tied)
    return candidates[tied[0]]


def _smallest(keys: Sequence[_Key], places: Sequence[int]) -> Sequence[int]:
    """Keep the places whose keys are the smallest."""
    least = min(keys)
    return [place for key, place in zip(keys, places, strict=True) if key == least]

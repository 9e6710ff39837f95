"""Offers, and how one is checked against what the lead asked for and its budget."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import attrs

from leadflow.errors import InvalidValue, LimitExceeded, shown
from leadflow.events import Note
from leadflow.lead import Lead
from leadflow.money import Money, Rates, currency_code
from leadflow.values import NAME, NAMES, checks, instance


@attrs.frozen(field_transformer=checks)
class Offer:
    """What is to be offered: its price, and the topics of the needs that it covers.

    A price of None is not known yet, and not checked. Raises `InvalidValue`, naming the place.

    >>> Offer(Money(24_000, "EUR"), covers=["single sign-on", "audit log"]).covers
    ('single sign-on', 'audit log')
    """

    price: Money | None = attrs.field(default=None, metadata=instance(Money))
    covers: tuple[str, ...] = attrs.field(default=(), converter=tuple[str, ...], metadata=NAMES)


@attrs.frozen(field_transformer=checks)
class OfferCheck:
    """How an offer is checked before it goes out.

    The price may be at most the number in the field `budget` (in `currency`), where that is known;
    a price in another currency needs `rates`. What is a must-have in the latest note on its topic
    must be covered by the offer; upper and lower case are one, and notes without a topic are left
    to people. What nobody has asked the lead is not checked: let the stage require it. Raises
    `InvalidValue` for an unknown currency, a blank field and what are no `Rates`.

    >>> check = OfferCheck("EUR")
    >>> lead = Lead("L-7", fields={"budget": 20_000})
    >>> check.misfits(lead, Offer(Money(24_000, "EUR")))
    ('the price, 24000 EUR, is more than the budget, 20000 EUR',)
    """

    currency: str = attrs.field(metadata={"check": currency_code})
    budget: str = attrs.field(default="budget", metadata=NAME)
    rates: Rates | None = attrs.field(default=None, metadata=instance(Rates))

    def misfits(self, lead: Lead, offer: Offer) -> tuple[str, ...]:
        """Say in words what does not fit; nothing if all does.

        Raises `InvalidValue` for what is no lead or no offer.
        """
        if not isinstance(lead, Lead):
            raise InvalidValue("lead", shown(lead), "a Lead", "Lead(id, fields={...}) makes one")
        if not isinstance(offer, Offer):
            raise InvalidValue("offer", shown(offer), "an Offer", "Offer(price, covers=[...])")
        return (*self._over_budget(lead, offer), *_not_covered(lead, offer))

    def _over_budget(self, lead: Lead, offer: Offer) -> Iterator[str]:
        budget = lead.values.get(self.budget)
        if offer.price is None or budget is None:
            return
        if isinstance(budget, bool) or not isinstance(budget, int | float | Decimal):
            yield f"the field {self.budget} holds {shown(budget)}, which is no number"
            return
        try:
            price = self.rates.convert(offer.price, self.currency) if self.rates else offer.price
            limit = Money(budget, self.currency)
        except (InvalidValue, LimitExceeded) as problem:
            yield f"the price cannot be compared with the budget: {problem}"
            return
        if price.currency != self.currency:
            yield f"the price is in {price.currency} and the budget in {self.currency}, without rates"
        elif price > limit:
            yield f"the price, {price}, is more than the budget, {limit}"


def _not_covered(lead: Lead, offer: Offer) -> Iterator[str]:
    covered = {topic.casefold() for topic in offer.covers}
    needs = {
        note.topic.casefold(): note
        for note in lead.events
        if isinstance(note, Note) and note.topic is not None and note.need is not None
    }
    for topic, note in needs.items():
        if note.need == "must-have" and topic not in covered:
            yield f"{note.topic} is a must-have that the offer does not cover"

"""Worth: what a lead is worth with a rep, as whole numbers of a smallest unit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TypeAlias

import attrs

from leadflow.errors import InvalidValue, LimitExceeded, MixedCurrencies, shown
from leadflow.lead import Lead
from leadflow.money import Rates, currency_code
from leadflow.routing.rep import Rep
from leadflow.values import checks, decimal, half_up, whole

Worth: TypeAlias = Callable[[Lead, Rep], int | Decimal | float | None]
"""What a lead is worth with a rep, 0 or more; None if that rep may not have it."""
Share: TypeAlias = tuple[int, int]
"""A numerator and a denominator above 0, which need not be reduced."""

_MOST_PLACES = 9


def _places(where: str, value: object) -> int:
    places = whole(where, value, least=0)
    if places > _MOST_PLACES:
        raise LimitExceeded(where, "the places", _MOST_PLACES, str(places))
    return places


def _code(where: str, value: object) -> str:
    return currency_code(where, value)


@attrs.frozen(field_transformer=checks)
class Scale:
    """How many places after the point count, and the currency, None for plain numbers.

    >>> scale = Scale(2, "EUR")
    >>> scale.written(123456), scale.decimal(150)
    ('1,234.56 EUR', Decimal('1.50'))
    """

    places: int = attrs.field(metadata={"check": _places})
    currency: str | None = attrs.field(default=None, metadata={"check": _code})

    @property
    def unit(self) -> int:
        """How many of the smallest units make one."""
        return int(10**self.places)

    def written(self, number: int) -> str:
        """Write a number of smallest units for people."""
        before, after = divmod(number, self.unit)
        point = f".{after:0{self.places}}" if self.places else ""
        return f"{before:,}{point}" + (f" {self.currency}" if self.currency else "")

    def decimal(self, number: int) -> Decimal:
        """Turn a number of smallest units into a number, exactly."""
        return Decimal(f"{number}e-{self.places}")

    def asked(self, worth: Worth, lead: Lead, rep: Rep) -> int | None:
        """Ask what a lead is worth with a rep, in smallest units; None if the rep may not have it.

        Raises `InvalidValue` for what is no number of 0 or more.
        """
        answer = worth(lead, rep)
        if answer is None:
            return None
        where = f"the worth of {lead.id} with {rep.id}"
        number = decimal(where, answer)
        if number < 0:
            raise InvalidValue(where, shown(answer), "0 or more, or None")
        numerator, denominator = number.as_integer_ratio()
        return half_up(numerator * self.unit, denominator)

    def expected(self, lead: Lead, rates: Rates | None) -> Share:
        """Multiply a lead's win probability by its deal value, in smallest units, not rounded.

        It is 0 where either is not known. Raises `InvalidValue` where a rate is missing.
        """
        chance, value = lead.win_probability, lead.deal_value
        if chance is None or value is None:
            return 0, 1
        if rates is not None and self.currency is not None:
            value = rates.convert(value, self.currency)
        above, below = Decimal(repr(chance)).as_integer_ratio()
        numerator, denominator = value.amount.as_integer_ratio()
        return above * numerator * self.unit, below * denominator


def missing(lead: Lead) -> str | None:
    """Say what is not known of a lead and makes it worth nothing; None if all is known."""
    unknown = [key for key in ("win_probability", "deal_value") if key not in lead.values]
    verb = "is" if len(unknown) == 1 else "are"
    return f"{' and '.join(unknown)} {verb} not known" if unknown else None


def one_currency(leads: Iterable[Lead], rates: Rates | None, currency: str | None) -> str | None:
    """Find the currency in which leads are compared; None if no lead has a value.

    Raises `MixedCurrencies` for several without rates.
    """
    if rates is not None:
        return currency or rates.base
    found = {lead.deal_value.currency for lead in leads if lead.deal_value is not None}
    if currency is not None:
        found.add(currency_code("currency", currency))
    if len(found) > 1:
        raise MixedCurrencies("compare", tuple(sorted(found)))
    return next(iter(found), None)

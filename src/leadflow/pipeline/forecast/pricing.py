"""What a lead counts for: its value, in one currency, or an estimate while it is open."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TypeAlias

import attrs

from leadflow.errors import InvalidValue, MixedCurrencies, did_you_mean, shown
from leadflow.money import Rates, currency_code
from leadflow.pipeline.metrics.history import Track
from leadflow.values import decimal, instance, name

Worth: TypeAlias = Callable[[Track], float]
"""What one lead counts for."""


@attrs.frozen
class Pricing:
    """How the values of leads are read: the currency, the rates into it, and the estimate's name."""

    currency: str | None
    rates: Rates | None
    estimate: str | None

    @classmethod
    def of(
        cls,
        tracks: Iterable[Track],
        *,
        currency: str | None,
        rates: Rates | None,
        estimate: str | None,
    ) -> Pricing:
        """Choose the currency: the given one, else the base of the rates, else that of all values.

        Raises `MixedCurrencies` for several currencies without rates; `InvalidValue` for an estimate
        that no lead has, or one without any currency.
        """
        given = tuple(tracks)
        if rates is not None:
            instance(Rates)["check"]("rates", rates)
        codes = {track.value.currency for track in given if track.value is not None}
        if currency is not None:
            currency = currency_code("currency", currency)
        elif rates is not None:
            currency = rates.base
        elif codes:
            currency = min(codes)
        if rates is None and not codes <= {currency}:
            raise MixedCurrencies("add", tuple(sorted(codes | {str(currency)})))
        field = None if estimate is None else _estimate(given, estimate, currency)
        return cls(currency, rates, field)

    def closed(self, track: Track) -> Decimal | None:
        """Tell what a lead was won for; None where nobody knows."""
        if track.value is None:
            return None
        value = track.value
        if self.rates is not None:
            value = self.rates.convert(value, str(self.currency))
        return _checked(track, "value", value.amount)

    def open(self, track: Track) -> Decimal | None:
        """Tell what an open lead would be won for; None where nobody knows."""
        if self.estimate is None:
            return self.closed(track)
        found = track.facts.get(self.estimate)
        if found is None:
            return None
        where = f"lead {track.id!r} {self.estimate}"
        return _checked(track, self.estimate, decimal(where, found))


def _estimate(tracks: tuple[Track, ...], estimate: object, currency: str | None) -> str:
    key = name("estimate", estimate)
    if currency is None:
        raise InvalidValue("currency", "nothing", "a currency for the estimates")
    known = {field for track in tracks for field in track.facts}
    if tracks and key not in known:
        hint = did_you_mean(key, sorted(known))
        raise InvalidValue("estimate", shown(key), "a field that a lead has", hint)
    return key


def _checked(track: Track, what: str, amount: Decimal) -> Decimal:
    if amount < 0:
        where = f"lead {track.id!r} {what}"
        raise InvalidValue(where, f"{amount:f}", "an amount of zero or more")
    return amount


def worths(pricing: Pricing) -> tuple[tuple[Worth, Worth], ...]:
    """What a lead counts for, while open and once won: as a deal; and where known, in value."""
    counts: tuple[Worth, Worth] = (_one, _one)
    if pricing.currency is None:
        return (counts,)
    return (
        counts,
        (lambda t: float(pricing.open(t) or 0), lambda t: float(pricing.closed(t) or 0)),
    )


def _one(_: Track) -> float:
    return 1.0

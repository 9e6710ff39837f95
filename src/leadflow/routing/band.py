"""The strategy that goes by bands of a number or an amount."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

import attrs

from leadflow.errors import InvalidDefinition, InvalidValue, Problem, shown
from leadflow.events import Rejected
from leadflow.lead import Lead
from leadflow.money import Money, Rates
from leadflow.routing.candidate import Candidates
from leadflow.routing.strategy import Asking, Choice, Strategy, ask, strategy
from leadflow.routing.turns import LeastRecent
from leadflow.values import NAME, checks, decimal, instance, listed, names

Bound: TypeAlias = int | Decimal | float | Money


def _bound(where: str, value: object) -> Decimal | Money:
    return value if isinstance(value, Money) else decimal(where, value)


def reps_of(value: str | Iterable[str], where: str = "to") -> tuple[str, ...]:
    """Take the id of a rep, or several."""
    found = names(where, (value,) if isinstance(value, str) else value)
    if not found:
        raise InvalidValue(where, "nobody", "the id of a rep, or several")
    return found


def _to(where: str, value: Any) -> tuple[str, ...]:
    return reps_of(value, where)


_BOUND: Any = {"check": _bound}


@attrs.frozen(field_transformer=checks)
class Band:
    """Values from `at_least` on and below `under`, and the reps who get such leads.

    Without `at_least` a band reaches down without end, without `under` up without end. Bounds are
    numbers, or both `Money` of one currency. Raises `InvalidValue`, also for an empty band.

    >>> print(Band("b", at_least=10, under=51))
    10 or more, under 51: b
    """

    to: tuple[str, ...] = attrs.field(converter=reps_of, metadata={"check": _to})
    at_least: Bound | None = attrs.field(default=None, kw_only=True, metadata=_BOUND)
    under: Bound | None = attrs.field(default=None, kw_only=True, metadata=_BOUND)

    def __attrs_post_init__(self) -> None:
        low, high = self.at_least, self.under
        if low is None or high is None:
            return
        if _currency(low) != _currency(high):
            raise InvalidValue("Band.under", str(high), f"a bound of the same kind as {low}")
        if not low < high:  # type: ignore[operator]  # both of one kind
            raise InvalidValue("Band.under", str(high), f"a bound above at_least, {low}")

    def __str__(self) -> str:
        parts = [] if self.at_least is None else [f"{self.at_least} or more"]
        parts += [] if self.under is None else [f"under {self.under}"]
        return f"{', '.join(parts) or 'any value'}: {', '.join(self.to)}"

    def holds(self, value: Bound) -> bool:
        """Tell whether a value of the bounds' kind lies in the band.

        As in conditions, a float meets a bound as the float nearest to it.
        """
        low, high = self.at_least, self.under
        if isinstance(value, float):
            low = None if low is None else float(low)  # type: ignore[arg-type]  # a number
            high = None if high is None else float(high)  # type: ignore[arg-type]  # a number
        return (low is None or low <= value) and (high is None or value < high)  # type: ignore[operator]


def _currency(bound: Bound | None) -> str | None:
    return bound.currency if isinstance(bound, Money) else None


def bands_of(values: Band | Iterable[Band], where: str = "bands") -> tuple[Band, ...]:
    """Take a band, or several."""
    found = (values,) if isinstance(values, Band) else listed(where, values)
    for place, value in enumerate(found):
        if not isinstance(value, Band):
            raise InvalidValue(f"{where}[{place}]", shown(value), "a Band")
    if not found:
        raise InvalidValue(where, "no bands", "at least one Band")
    return found


def _bands(where: str, value: Any) -> tuple[Band, ...]:
    return bands_of(value, where)


@attrs.frozen(field_transformer=checks)
class ByBand(Asking):
    """The reps of the band that the lead's `field` lies in, and `then` another strategy among them.

    Bands are given in any order. Between the lowest and the highest bound every value is in exactly
    one band: a gap or an overlap raises `InvalidDefinition` when the strategy is built, and names
    the values and the two ways to close it. Nobody is chosen for a lead whose field is not known,
    is not of the bounds' kind, or lies outside all bands; money in another currency is converted
    with `rates`, and without them nobody is chosen.

    >>> sizes = ByBand("employees", [Band("a", under=10), Band("b", at_least=10)])
    >>> print(sizes.band_of(Lead("L-7", fields={"employees": 20})))
    10 or more: b
    """

    field: str = attrs.field(metadata=NAME)
    bands: tuple[Band, ...] = attrs.field(converter=bands_of, metadata={"check": _bands})
    then: Strategy = attrs.field(default=LeastRecent(), kw_only=True, metadata={"check": strategy})
    rates: Rates | None = attrs.field(default=None, kw_only=True, metadata=instance(Rates))

    def __attrs_post_init__(self) -> None:
        problems = tuple(self._problems())
        if problems:
            raise InvalidDefinition(f"bands of {self.field!r}", problems)

    def _problems(self) -> Iterator[Problem]:
        if len({_currency(bound) for band in self.bands for bound in _bounds(band)}) > 1:
            yield Problem("bands", "bounds are all numbers, or all money of one currency")
            return
        open_below = [band for band in self.bands if band.at_least is None]
        rest = [band for band in self.bands if band.at_least is not None]
        ordered = [*open_below, *sorted(rest, key=lambda band: band.at_least)]  # type: ignore[arg-type,return-value]
        furthest = ordered[0]
        for band in ordered[1:]:
            problem = _between(furthest, band)
            if problem:
                yield Problem("bands", problem)
            furthest = max(furthest, band, key=_reach)

    @property
    def inner(self) -> tuple[Strategy, ...]:
        """The strategy that chooses among those who are left."""
        return (self.then,)

    @property
    def currency(self) -> str | None:
        """The currency of the bounds; None for numbers."""
        found = (_currency(bound) for band in self.bands for bound in _bounds(band))
        return next(found, None)

    def band_of(self, lead: Lead) -> Band | None:
        """Tell the band of a lead; None if there is none for it."""
        value = _value(lead.values.get(self.field), self.currency, self.rates)
        return None if value is None else next((b for b in self.bands if b.holds(value)), None)

    def choose(self, lead: Lead, candidates: Candidates, as_of: datetime) -> Choice:
        """Choose among the reps of the lead's band."""
        value = lead.values.get(self.field)
        band = self.band_of(lead)
        if band is None:
            found = "is not known" if value is None else f"is {_words(value)}, in no band"
            return Choice(None, f"{self.field} {found}")
        wrong = [one for one in candidates if one.id not in band.to]
        rejected = [Rejected(one.id, "other_band", f"not for {band}") for one in wrong]
        because = f"{self.field} is {_words(value)} ({band})"
        if len(wrong) == len(candidates):
            return Choice(None, f"{because}, of whom nobody is free", rejected)
        choice = ask(self.then, lead, candidates.among(band.to), as_of)
        return attrs.evolve(
            choice, because=f"{because}; {choice.because}", rejected=(*rejected, *choice.rejected)
        )


def _bounds(band: Band) -> list[Bound]:
    return [bound for bound in (band.at_least, band.under) if bound is not None]


def _reach(band: Band) -> tuple[bool, Any]:
    """The order of the upper ends; without end comes last."""
    return (True, 0) if band.under is None else (False, band.under)


def _between(one: Band, other: Band) -> str | None:
    """Say what is wrong between a band and the next one; None if they meet."""
    end, start = one.under, other.at_least
    names = f"{_to_words(one)} and {_to_words(other)}"
    if end is None or start is None or start < end:  # type: ignore[operator]
        return f"the bands of {names} overlap: {_overlap(one, other)}; let each begin where the one before ends"
    if end < start:  # type: ignore[operator]
        return (
            f"nobody gets {end} ({end} or more, under {start}): "
            f"let the band of {_to_words(one)} end under {start}, "
            f"or that of {_to_words(other)} begin at {end}"
        )
    return None


def _overlap(one: Band, other: Band) -> str:
    ends = [band.under for band in (one, other) if band.under is not None]
    low = other.at_least if other.at_least is not None else one.at_least
    high = min(ends, default=None)
    parts = [] if low is None else [f"{low} or more"]
    parts += [] if high is None else [f"under {high}"]
    return f"both get {', '.join(parts) or 'any value'}"


def _to_words(band: Band) -> str:
    return " and ".join(map(repr, band.to))


def _value(value: object, currency: str | None, rates: Rates | None) -> Bound | None:
    if isinstance(value, Money):
        if currency is None or value.currency == currency:
            return None if currency is None else value
        return None if rates is None else rates.convert(value, currency)
    if currency is not None or isinstance(value, bool):
        return None
    return value if isinstance(value, int | Decimal | float) else None


def _words(value: object) -> str:
    return str(value) if isinstance(value, Money) else shown(value)

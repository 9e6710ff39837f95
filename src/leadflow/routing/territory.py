"""The strategy that goes by territory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import attrs

from leadflow.errors import InvalidValue, shown
from leadflow.events import Rejected
from leadflow.lead import Lead
from leadflow.routing.candidate import Candidates
from leadflow.routing.strategy import Asking, Choice, Strategy, ask, strategy
from leadflow.routing.turns import LeastRecent
from leadflow.values import NAME, Frozen, checks, name, names, text


def places_of(
    values: Mapping[str, Iterable[str]] | None, where: str = "territories"
) -> Frozen[tuple[str, ...]]:
    """Take territories, each with the values of the field that are in it."""
    if not isinstance(values, Mapping):
        raise InvalidValue(where, shown(values), "a mapping of territories to values of the field")
    found: dict[str, tuple[str, ...]] = {}
    owner: dict[str, str] = {}
    for given, places in values.items():
        key = name(where, given)
        if key in found:
            raise InvalidValue(where, shown(given), "each territory once")
        found[key] = names(f"{where}.{key}", places)
        for place in found[key]:
            first = owner.setdefault(place, key)
            if first != key:
                expected = f"each value in one territory; it is in {first!r} already"
                raise InvalidValue(f"{where}.{key}", shown(text(where, place)), expected)
    return Frozen(found)


def _places(where: str, values: Any) -> Frozen[tuple[str, ...]]:
    return places_of(values, where)


@attrs.frozen(field_transformer=checks)
class ByTerritory(Asking):
    """Those who serve the lead's territory, and `then` another strategy among them.

    The territory is what the lead's `field` says or, with `territories`, the name of the one that
    lists what it says. A rep serves the territories that `Rep.territories` names. Nobody is chosen
    for a lead whose field is not known, is not text or names a territory that nobody here serves.
    Text is compared exactly, as in conditions.

    Raises `InvalidValue` for a value that is in two territories.

    >>> ByTerritory("country", {"DACH": ["DE", "AT", "CH"], "Nordics": ["SE", "NO"]}).of(
    ...     Lead("L-7", fields={"country": "AT"})
    ... )
    'DACH'
    """

    field: str = attrs.field(metadata=NAME)
    territories: Mapping[str, tuple[str, ...]] | None = attrs.field(
        default=None, converter=places_of, metadata={"check": _places}
    )
    then: Strategy = attrs.field(default=LeastRecent(), kw_only=True, metadata={"check": strategy})

    @property
    def inner(self) -> tuple[Strategy, ...]:
        """The strategy that chooses among those who are left."""
        return (self.then,)

    def of(self, lead: Lead) -> str | None:
        """Tell the territory of a lead; None if nothing says it."""
        value = lead.values.get(self.field)
        if not isinstance(value, str):
            return None
        if self.territories is None:
            return value
        return next((key for key, places in self.territories.items() if value in places), None)

    def choose(self, lead: Lead, candidates: Candidates, as_of: datetime) -> Choice:
        """Choose among those who serve the lead's territory."""
        territory = self.of(lead)
        if territory is None:
            value = lead.values.get(self.field)
            found = "is not known" if value is None else f"is {shown(value)}, in no territory"
            return Choice(None, f"{self.field} {found}", _all_rejected(candidates, "no territory"))
        serving = [one.id for one in candidates if territory in one.rep.territories]
        rejected = [one.rep.elsewhere for one in candidates if territory not in one.rep.territories]
        absent = [one.id for one in candidates.absent if territory in one.rep.territories]
        if not serving:
            who = "all who serve {} are absent" if absent else "nobody here serves {}"
            return Choice(None, who.format(shown(territory)), rejected)
        choice = ask(self.then, lead, candidates.among({*serving, *absent}), as_of)
        return attrs.evolve(
            choice,
            because=f"serves {territory}; {choice.because}",
            rejected=(*rejected, *choice.rejected),
        )


def _all_rejected(candidates: Candidates, words: str) -> list[Rejected]:
    return [Rejected(one.id, "wrong_territory", words) for one in candidates]

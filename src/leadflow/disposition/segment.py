"""Segments: leads by a condition, so that nobody gets a message meant for everyone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import attrs

from leadflow.conditions import Condition
from leadflow.conditions.node import CONDITION
from leadflow.errors import InvalidValue, shown
from leadflow.lead import Lead, leads_of, seen
from leadflow.values import NAME, Frozen, checks, instant, listed


@attrs.frozen(field_transformer=checks)
class Segment:
    """Leads that meet a condition, under a name: by field, tag, behaviour, note or disposition.

    Raises `InvalidValue` for a blank name and for what is no condition.

    >>> from datetime import UTC
    >>> from leadflow import activity, tag
    >>> wants_sso = Segment(
    ...     "wants SSO", activity("note", topic="sso", need="must-have") | tag("sso")
    ... )
    >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> [lead.id for lead in wants_sso([Lead("L-7", tags=["sso"]), Lead("L-8")], as_of=noon)]
    ['L-7']
    """

    name: str = attrs.field(metadata=NAME)
    when: Condition = attrs.field(metadata=CONDITION)

    def __call__(self, leads: Iterable[Lead], *, as_of: datetime) -> tuple[Lead, ...]:
        """Return the leads of the segment, in their order, as they were at the instant.

        Raises `InvalidValue` for what are no leads, `NaiveDatetime` for an instant without a zone.
        """
        moment = instant("as_of", as_of)
        pasts = (seen(lead, moment)[0] for lead in leads_of(leads))
        return tuple(lead for lead in pasts if self.when.matches(lead, as_of=moment))

    def __str__(self) -> str:
        return f"{self.name}: {self.when}"


def segmented(
    leads: Iterable[Lead], segments: Iterable[Segment], *, as_of: datetime
) -> Mapping[str, tuple[Lead, ...]]:
    """Sort leads into segments, by name; a lead may be in several, or in none.

    Raises `InvalidValue` for two segments of one name, and as `Segment` does.

    >>> known = [Segment("tagged", tag("sso")), wants_sso]
    >>> {
    ...     name: len(of)
    ...     for name, of in segmented([Lead("L-7", tags=["sso"])], known, as_of=noon).items()
    ... }
    {'tagged': 1, 'wants SSO': 1}
    """
    given = tuple(leads_of(leads))
    found: dict[str, tuple[Lead, ...]] = {}
    for place, segment in enumerate(listed("segments", segments)):
        if not isinstance(segment, Segment):
            raise InvalidValue(f"segments[{place}]", shown(segment), "a Segment")
        if segment.name in found:
            raise InvalidValue(f"segments[{place}].name", shown(segment.name), "names that differ")
        found[segment.name] = segment(given, as_of=as_of)
    return Frozen(found)

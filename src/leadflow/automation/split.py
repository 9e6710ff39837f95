"""Split tests: which arm a lead is in, by a fair draw that always comes out alike."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import accumulate

import attrs

from leadflow.automation.planned import key_of
from leadflow.conditions import Condition, always
from leadflow.conditions.node import CONDITION
from leadflow.errors import InvalidValue, LimitExceeded, shown
from leadflow.events import FieldsSet
from leadflow.lead import Lead, seen
from leadflow.values import TEXT, Frozen, checks, name, whole

_FEWEST, _MOST = 2, 1_000
"""Arms of one split."""


def _named(where: str, value: object) -> str:
    """Take a name that leaves room for what stands before it in the name of the field."""
    return name(f"{where} (as a field)", f"split_{name(where, value)}").removeprefix("split_")


def _arms(values: Mapping[str, int]) -> Frozen[int]:
    """Take the arms, in the order of their names: theirs in a document has no meaning."""
    where = "Split.arms"
    if not isinstance(values, Mapping):
        raise InvalidValue(
            where, shown(values), "a mapping of arms to shares", "as {'a': 1, 'b': 1}"
        )
    if len(values) > _MOST:
        raise LimitExceeded(where, "the arms of a split", _MOST, f"{len(values):,}")
    found: dict[str, int] = {}
    for given, share in values.items():
        arm = name(f"{where} name", given)
        if arm in found:
            raise InvalidValue(where, shown(given), "arms that differ", "NFC and stripped")
        found[arm] = whole(f"{where}.{arm}", share, least=1)
    if len(found) < _FEWEST:
        raise InvalidValue(where, f"{len(found)}", "two arms or more")
    return Frozen(sorted(found.items()))


@attrs.frozen(field_transformer=checks)
class Split:
    """A split test: arms and their shares as whole numbers, such as 1 and 1, or 90 and 10.

    The arm of a lead follows from a hash of the split's name, the lead's id and the `salt`: it is
    the same in every process and for any order of the arms, and tells nothing of another split's.
    Only leads that meet `when` take part, all unless given. Another `salt` draws anew.

    Raises `InvalidValue` or `LimitExceeded`, naming the place.

    >>> split = Split("subject", {"question": 1, "statement": 1})
    >>> split.arm("L-7"), split.arm("L-8")
    ('statement', 'question')
    """

    name: str = attrs.field(metadata={"check": _named})
    arms: Mapping[str, int] = attrs.field(converter=_arms)
    salt: str = attrs.field(default="", kw_only=True, metadata=TEXT)
    when: Condition = attrs.field(default=always(), kw_only=True, metadata=CONDITION)

    @property
    def field(self) -> str:
        """The field that holds a lead's arm, for conditions to read.

        >>> split.field
        'split_subject'
        """
        return f"split_{self.name}"

    def arm(self, lead_id: str) -> str:
        """Draw the arm of a lead by its id, whether or not it takes part; raises `InvalidValue`."""
        # The salt may hold anything, so it comes last: names hold no control characters.
        drawn = int(key_of(self.name, name("lead_id", lead_id), self.salt), 16)
        ends = tuple(accumulate(self.arms.values()))
        place = drawn % ends[-1]
        return next(arm for arm, end in zip(self.arms, ends, strict=True) if place < end)

    def event(self, lead: Lead, at: datetime) -> FieldsSet | None:
        """Write the arm of a lead into its log, once, for `Lead.after`.

        None for a lead that does not meet `when`, and for one that has an arm or had one: it keeps
        that when shares change, when it is merged, and when the field is erased. Raises
        `InvalidValue` for what is no lead, `NaiveDatetime` for an instant without a zone.

        >>> from datetime import UTC
        >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
        >>> lead = Lead("L-7")
        >>> lead = lead.after(split.event(lead, noon))
        >>> lead.fields["split_subject"], split.event(lead, noon)
        ('statement', None)
        """
        past, moment = seen(lead, at)
        if self.field in lead.values or not self.when.matches(past, as_of=moment):
            return None
        keys = {id: f"split-{key_of('split', self.name, id)}" for id in (lead.id, *lead.merged_ids)}
        if not {event.id for event in lead.events}.isdisjoint(keys.values()):
            return None
        return FieldsSet({self.field: self.arm(lead.id)}, moment, id=keys[lead.id])

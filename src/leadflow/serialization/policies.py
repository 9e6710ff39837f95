"""The plain form of disposition policies and their reasons, of qualifiers and of segments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from leadflow.actions import Action
from leadflow.disposition import DispositionPolicy, Qualifier, Reason, Segment
from leadflow.disposition.reason import OUTCOMES
from leadflow.events import Outcome
from leadflow.serialization.actions import ACTIONS
from leadflow.serialization.conditions import CONDITION
from leadflow.serialization.problems import Place
from leadflow.serialization.records import each_checked, record
from leadflow.serialization.shapes import (
    NAME,
    SPAN,
    TEXT,
    WHOLE,
    Definitions,
    Key,
    ListOf,
    Record,
    Word,
    note_repeated,
    table,
)

QUALIFIER = record(Qualifier, {"mql": CONDITION})
SEGMENT = record(Segment, {"when": CONDITION})

# --- reasons ---

_TOGETHER = ("outcomes", "contact_again", "never_contact", "verify_contact", "keep")
"""What can contradict itself or each other, whatever else the reason says."""


def _salvage_reason(place: Place, found: dict[str, Any]) -> None:
    """Check what belongs together in a reason of which something else was bad."""
    good = {key: found.get(key) for key in _TOGETHER}
    sure = {key: value for key, value in good.items() if not isinstance(value, dict | None)}
    place.build(lambda: Reason("reason", **sure), sure)


REASON = record(
    Reason,
    {
        "never_contact": ListOf(NAME, "a list of channels"),
        "next": ACTIONS,
        "outcomes": ListOf(Word(OUTCOMES), "a list of outcomes"),
        **each_checked(Reason, label=TEXT, contact_again=SPAN, attempts=WHOLE),
    },
    salvage=_salvage_reason,
)

# --- policies ---

_BY_OUTCOME = Record(
    "actions_by_outcome", {outcome: Key(outcome, ACTIONS) for outcome in OUTCOMES}, dict
)


@attrs.frozen
class _NextShape:
    """Actions by outcome; the outcomes are a closed list."""

    def read(self, place: Place, data: object) -> dict[Outcome, tuple[Action, ...]]:
        """Read the actions of every outcome."""
        found: dict[Outcome, tuple[Action, ...]] = _BY_OUTCOME.read(place, data)
        return found

    def write(self, value: Mapping[Outcome, tuple[Action, ...]], *, native: bool) -> dict[str, Any]:
        """Write them in the order of the outcomes, for a mapping has none."""
        return {
            outcome: ACTIONS.write(value[outcome], native=native)
            for outcome in OUTCOMES
            if outcome in value
        }

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """Describe the outcomes."""
        return _BY_OUTCOME.schema(definitions)


_POLICY = record(
    DispositionPolicy,
    {
        "reasons": ListOf(REASON, "a list of reasons"),
        "verifiers": ListOf(NAME, "a list of reps' ids"),
        "next": _NextShape(),
    },
)


@attrs.frozen
class PolicyShape:
    """A disposition policy: its reasons, the verifiers, and what follows each outcome."""

    what = "a disposition policy"

    def read(self, place: Place, data: object) -> DispositionPolicy:
        """Read all keys, then look at the reasons together."""
        given = table(place, data, self.what)
        reader = attrs.evolve(_POLICY, salvage=lambda at, _: _salvage(at, given.get("reasons")))
        policy: DispositionPolicy = reader.read(place, given)
        return policy

    def write(self, value: DispositionPolicy, *, native: bool) -> dict[str, Any]:
        """Write what is not as usual."""
        return _POLICY.write(value, native=native)

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """Describe the keys."""
        return _POLICY.schema(definitions)


POLICY = PolicyShape()


def _salvage(place: Place, reasons: object) -> None:
    """Check the reasons together in a policy of which something was bad; a bad one counts by its key."""
    if not isinstance(reasons, list | tuple):
        return
    note_repeated(place, "key", {f"reasons[{index}]": row for index, row in enumerate(reasons)})
    if not reasons:
        place.at("reasons").note("expected at least one reason, got none")

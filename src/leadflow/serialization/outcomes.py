"""The plain form of what came of an event: decisions, planned actions, and the outcome as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import attrs

from leadflow.automation import Planned
from leadflow.playbook import Outcome
from leadflow.playbook.outcome import Decision
from leadflow.routing import Held
from leadflow.scoring import Score
from leadflow.serialization.actions import ACTION
from leadflow.serialization.forms import EVENT, LEAD, REJECTED, SCORE, EventShape
from leadflow.serialization.problems import Place
from leadflow.serialization.records import each_checked, record, snake
from leadflow.serialization.rosters import ROSTER
from leadflow.serialization.shapes import (
    LONG_TEXT,
    TEXT,
    WHOLE,
    Definitions,
    ListOf,
    Record,
    Variant,
    table,
)

PLANNED = record(
    Planned,
    {
        "action": ACTION,
        **dict.fromkeys(("key", "because", "rule", "firing", "lead", "content"), LONG_TEXT),
    },
)
HELD = record(
    Held,
    {
        "because": ListOf(TEXT, "a list of texts"),
        "rejected": ListOf(REJECTED),
        **each_checked(Held, units=WHOLE),
    },
)
_OTHERS: Mapping[type, Record] = {Score: SCORE, Held: HELD}
_EVENTS = EventShape(
    tuple(snake(kind) for kind in get_args(Decision) if kind not in _OTHERS), "a decision"
)
_OTHER = Variant(
    "a decision",
    {snake(kind): shape for kind, shape in _OTHERS.items()},
    lambda decision: snake(type(decision)),
)


@attrs.frozen
class DecisionShape:
    """A decision: an event with its tag, or a table with the one key ``score`` or ``held``."""

    what = "a decision"

    def read(self, place: Place, data: object) -> Any:
        """Read what has one of these keys as it says, and all else as an event."""
        given = table(place, data, self.what)
        is_event = given.keys().isdisjoint(_OTHER.shapes)
        return (_EVENTS if is_event else _OTHER).read(place, given)

    def write(self, value: Any, *, native: bool) -> dict[str, Any]:
        """Write either."""
        shape = _OTHER if type(value) in _OTHERS else _EVENTS
        return shape.write(value, native=native)

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """Describe both."""
        return {"oneOf": [shape.schema(definitions) for shape in (_EVENTS, _OTHER)]}


DECISION = DecisionShape()
OUTCOME = record(
    Outcome,
    {
        "lead": LEAD,
        "decisions": ListOf(DECISION, "a list of decisions"),
        "actions": ListOf(PLANNED, "a list of planned actions"),
        "roster": ROSTER,
        "events": ListOf(EVENT, "a list of events"),
        "event": EVENT,
        "notes": ListOf(LONG_TEXT, "a list of texts"),
    },
)

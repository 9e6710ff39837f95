"""The plain form of triggers and of rules.

A trigger is a table whose first word says what sets a rule off::

    { happens = "form_submitted", where = { form = "demo" } }    { score_reaches = 60 }
    { score_falls_below = 30 }    { rating_becomes = "hot" }    { stage_entered = "quote" }
    { stage_overdue = "quote" }    { silence = "14 days" }    { date_reached = "due", before = "7 days" }
    { follow_up_due = "call" }    { revisit_due = true }

``stage_overdue = true`` is any stage, ``follow_up_due = true`` any kind.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from leadflow.automation import (
    FollowUpDue,
    Happens,
    StageOverdue,
    When,
)
from leadflow.automation.trigger import TRIGGERS
from leadflow.serialization.actions import ACTIONS
from leadflow.serialization.conditions import CONDITION, WHERE
from leadflow.serialization.records import record, snake
from leadflow.serialization.shapes import NAME, Key, NoneAs, Record, Shape
from leadflow.serialization.worded import Worded, worded

_NOUN = "trigger"
_SHAPES: Mapping[type, Mapping[str, Shape]] = {
    Happens: {"where": WHERE},
    StageOverdue: {"stage": NoneAs(NAME)},
    FollowUpDue: {"kind": NoneAs(NAME)},
}
_EXPECTED = 'a table such as { score_reaches = 60 } or { happens = "form_submitted" }'
TRIGGER = Worded(
    _NOUN,
    "a trigger",
    _EXPECTED,
    {kind: worded(kind, snake(kind), _NOUN, _SHAPES.get(kind)) for kind in TRIGGERS},
)

_WHEN = record(When, {"trigger": TRIGGER, "if_": CONDITION, "then": ACTIONS}).keys
_KEYS: Mapping[str, Key] = {
    "name": _WHEN["name"],
    "when": _WHEN["trigger"],
    "if": _WHEN["if"],
    "then": attrs.evolve(_WHEN["then"], required=True),
    "cool_down": _WHEN["cool_down"],
    "version": _WHEN["version"],
}
WHEN = Record("when", _KEYS, When)

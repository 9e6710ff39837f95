"""The plain form of the smaller parts of a playbook, from split tests to the order of the worklist."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadflow.automation import Content, Form, Split
from leadflow.contact import Cap, ContactRules
from leadflow.pipeline import ResponseLimits, WorkOrder
from leadflow.pipeline.worklist import KEYS
from leadflow.playbook import Procedure
from leadflow.serialization.actions import ACTIONS
from leadflow.serialization.conditions import CONDITION
from leadflow.serialization.forms import SCHEMA
from leadflow.serialization.pipelines import WEEK
from leadflow.serialization.records import converter_of, each_checked, record
from leadflow.serialization.shapes import (
    NAME,
    NUMBER,
    SPAN,
    TEXT,
    WHOLE,
    ListOf,
    Made,
    MapOf,
    NoneAs,
    Word,
    same,
)
from leadflow.values import name

# --- split tests, content, forms ---

_ARMS = converter_of(Split, "arms")
SPLIT = record(
    Split,
    {
        "arms": MapOf(WHOLE, check=lambda pair: _ARMS({"one": 1, "other": 1, **pair})),
        "when": CONDITION,
        **each_checked(Split, name=NAME),
    },
)
CONTENT = record(
    Content, {"when": CONDITION, **each_checked(Content, title=TEXT, link=TEXT, channel=NAME)}
)


def _check_answer(pair: Mapping[str, Any]) -> None:
    for answer, field in pair.items():
        name("", answer)
        name("", field)


FORM = record(
    Form,
    {
        "fields": MapOf(NAME, check=_check_answer),
        "required": ListOf(NAME, "a list of answers"),
        "types": SCHEMA,
    },
)

# --- procedures ---

RESPONSE_LIMITS = record(
    ResponseLimits,
    {
        **{key: NoneAs(SPAN, "none") for key in ("contact_within", "cliff", "leave_new_within")},
        "warn_at": Made(NUMBER, converter_of(ResponseLimits, "warn_at"), same),
        "channels": ListOf(NAME, "a list of channels"),
    },
)
PROCEDURE = record(
    Procedure,
    {
        "then": ACTIONS,
        "on_dates": MapOf(ACTIONS, check=converter_of(Procedure, "on_dates")),
        "channels": ListOf(NAME, "a list of channels"),
        "limits": RESPONSE_LIMITS,
    },
)

# --- contact, and the day's work ---

CAP = record(Cap, each_checked(Cap, times=WHOLE))
_FIELDS = ListOf(NAME, "a list of fields")
_CHANNELS = ListOf(NAME, "a list of channels")
CONTACT_RULES = record(
    ContactRules,
    {
        "refused_by": MapOf(_FIELDS, check=converter_of(ContactRules, "refused_by")),
        "addresses": MapOf(_FIELDS, check=converter_of(ContactRules, "addresses")),
        "awake": WEEK,
        "caps": MapOf(ListOf(CAP, "a list of caps"), check=converter_of(ContactRules, "caps")),
        **each_checked(ContactRules, by_day=_CHANNELS, while_waiting=_CHANNELS),
    },
)
WORK_ORDER = Made(ListOf(Word(KEYS), "a list of keys"), WorkOrder, lambda order: order.keys)

"""The plain form of actions: a table whose first word says what is to be done."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import attrs

from leadflow.actions import (
    Action,
    Assign,
    Convert,
    CreateTask,
    Dispose,
    Enrol,
    Move,
    Notify,
    SendMessage,
    SetField,
    Tag,
    Unsubscribe,
    Untag,
    Withdraw,
)
from leadflow.serialization.forms import SETTABLE
from leadflow.serialization.problems import Place
from leadflow.serialization.shapes import (
    NAME,
    Key,
    ListOf,
    Made,
    NoneAs,
    Optional,
    Record,
    Shape,
    Value,
    same,
    table,
)
from leadflow.serialization.worded import Worded, worded

_NOUN = "action"


@attrs.frozen
class _ValueShape(Value):
    """A value whose numbers with a point are floats; documents are parsed exactly."""

    def read(self, place: Place, data: object) -> Any:
        """Read an untagged number with a point as a float."""
        is_exact = isinstance(data, Decimal) and not data.is_nan()
        return super().read(place, float(data) if is_exact else data)  # type: ignore[arg-type]  # a Decimal


def _settable(key: str) -> str:
    return SetField(key, None).field


def _set_field(field: str, value: Any = None) -> SetField:
    return SetField(field, value)


def _setting(shape: Shape) -> Record:
    keys = {
        "set": Key("field", Made(NAME, _settable, same), required=True),
        "to": Key("value", Optional(shape)),
    }
    return Record("set_action", keys, _set_field)


_SETTING = {field: _setting(shape) for field, shape in SETTABLE.items()}
_ANY = _setting(_ValueShape())


@attrs.frozen
class _SetFieldShape(Record):
    """What sets a field: the value is written as that field takes it."""

    def read(self, place: Place, data: object) -> Any:
        """Read the value as the field says."""
        field = table(place, data)["set"]
        return _SETTING.get(field if isinstance(field, str) else "", _ANY).read(place, data)

    def write(self, value: SetField, *, native: bool) -> dict[str, Any]:
        """Write the value as the field says."""
        return _SETTING.get(value.field, _ANY).write(value, native=native)


_RECORDS: Mapping[type[Action], Record] = {
    CreateTask: worded(CreateTask, "task", _NOUN),
    Tag: worded(Tag, "tag", _NOUN),
    Untag: worded(Untag, "untag", _NOUN),
    Notify: worded(Notify, "notify", _NOUN),
    Enrol: worded(Enrol, "enrol", _NOUN),
    Withdraw: worded(Withdraw, "withdraw", _NOUN),
    Assign: worded(Assign, "assign", _NOUN, {"rep": NoneAs(NAME)}),
    Move: worded(Move, "move", _NOUN),
    SetField: _SetFieldShape(_ANY.what, _ANY.keys, _set_field),
    SendMessage: worded(SendMessage, "send", _NOUN, {"content": NoneAs(NAME)}),
    Unsubscribe: worded(Unsubscribe, "unsubscribe", _NOUN),
    Dispose: worded(Dispose, "dispose", _NOUN),
    Convert: worded(Convert, "convert", _NOUN),
}
_EXPECTED = 'a table such as { task = "call" } or { tag = "vip" }'
ACTION = Worded(_NOUN, "an action", _EXPECTED, _RECORDS)
ACTIONS = ListOf(ACTION, "a list of actions")

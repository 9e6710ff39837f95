"""The plain form of actions: a table whose first word says what is to be done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from leadflow.actions import Action, CreateTask, Enrol, Notify, Tag, Untag
from leadflow.errors import InvalidValue, shown
from leadflow.serialization.problems import Place, Refused
from leadflow.serialization.records import record
from leadflow.serialization.shapes import Definitions, ListOf, Record, table

_WORDS: Mapping[type, str] = {
    CreateTask: "task",
    Tag: "tag",
    Untag: "untag",
    Notify: "notify",
    Enrol: "enrol",
}


def _action(kind: type, word: str) -> Record:
    """Derive the record of an action; its word stands in place of its first field, and is required."""
    derived = record(kind)
    (_, first), *rest = derived.keys.items()
    keys = {word: attrs.evolve(first, required=True), **dict(rest)}
    return attrs.evolve(derived, what=f"{word}_action", keys=keys)


_RECORDS = {word: _action(kind, word) for kind, word in _WORDS.items()}
_KEYS = frozenset().union(*(known.keys for known in _RECORDS.values()))


@attrs.frozen
class ActionShape:
    """An action: ``{ task = "call", after = "1 day" }``, ``{ tag = "vip" }`` and the like."""

    what = "an action"

    def read(self, place: Place, data: object) -> Action:
        """Read the record that the one word in the table names."""
        given = table(place, data, 'a table such as { task = "call" } or { tag = "vip" }')
        words = [word for word in _RECORDS if word in given]
        if not words:
            _note_unknown(place, given)
        if len(words) != 1:
            place.expected("exactly one of " + ", ".join(_RECORDS), data)
        action: Action = _RECORDS[words[0]].read(place, given)
        return action

    def write(self, value: Action, *, native: bool) -> dict[str, Any]:
        """Write the word first."""
        word = _WORDS.get(type(value))
        if word is None:
            expected = "one of " + ", ".join(kind.__name__ for kind in _WORDS)
            raise InvalidValue("action", shown(value), expected)
        return _RECORDS[word].write(value, native=native)

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """Describe every kind."""
        return {"oneOf": [known.schema(definitions) for known in _RECORDS.values()]}


ACTION = ActionShape()
ACTIONS = ListOf(ACTION, "a list of actions")


def _note_unknown(place: Place, given: dict[str, Any]) -> None:
    """Note keys that no action has, for one may be the word, misspelt; give up if there are any."""
    odd = [key for key in given if key not in _KEYS]
    for key in odd:
        place.unknown(key, _RECORDS)
    if odd:
        raise Refused

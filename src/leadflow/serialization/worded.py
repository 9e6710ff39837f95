"""Tables that a word tells apart: actions and triggers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import attrs

from leadflow.errors import InvalidValue, shown
from leadflow.serialization.problems import Place, Refused
from leadflow.serialization.records import record
from leadflow.serialization.shapes import TRUE, Definitions, Key, Record, Shape, table


@attrs.frozen
class _Bare(Record):
    """The table of a class without fields: its word is true."""

    def write(self, value: Any, *, native: bool) -> dict[str, Any]:  # noqa: ARG002 (all are alike)
        """Write the word."""
        return dict.fromkeys(self.keys, True)


def worded(kind: type, word: str, noun: str, shapes: Mapping[str, Shape] | None = None) -> Record:
    """Derive the record of a class; its word stands in place of its first field, and is required."""
    what = f"{word}_{noun}"
    if not attrs.fields(kind):
        return _Bare(what, {word: Key(word, TRUE, required=True)}, lambda **_: kind())
    derived = record(kind, shapes)
    (_, first), *rest = derived.keys.items()
    keys = {word: attrs.evolve(first, required=True), **dict(rest)}
    return attrs.evolve(derived, what=what, keys=keys)


@attrs.frozen
class Worded:
    """One of several classes, told by the one word in the table: the first key of its record."""

    noun: str
    what: str
    expected: str
    records: Mapping[type, Record]

    @cached_property
    def words(self) -> Mapping[str, Record]:
        """The records by their words."""
        return {next(iter(known.keys)): known for known in self.records.values()}

    @cached_property
    def _keys(self) -> frozenset[str]:
        return frozenset().union(*(known.keys for known in self.records.values()))

    def read(self, place: Place, data: object) -> Any:
        """Read the record that the word names."""
        given = table(place, data, self.expected)
        words = [word for word in self.words if word in given]
        if not words:
            self._note_unknown(place, given)
        if len(words) != 1:
            hint = "put each into a table of its own" if words else ""
            place.expected("exactly one of " + ", ".join(self.words), data, hint)
        return self.words[words[0]].read(place, given)

    def _note_unknown(self, place: Place, given: dict[str, Any]) -> None:
        """Note keys that nothing has, for one may be the word, misspelt; give up if there are any."""
        odd = [key for key in given if key not in self._keys]
        for key in odd:
            place.unknown(key, self.words)
        if odd:
            raise Refused

    def write(self, value: Any, *, native: bool) -> dict[str, Any]:
        """Write the word first."""
        known = self.records.get(type(value))
        if known is None:
            expected = "one of " + ", ".join(kind.__name__ for kind in self.records)
            raise InvalidValue(self.noun, shown(value), expected)
        return known.write(value, native=native)

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """Describe every kind, once, among the definitions."""
        if self.noun not in definitions:
            definitions[self.noun] = {}
            described = [known.schema(definitions) for known in self.records.values()]
            definitions[self.noun] = {"oneOf": described}
        return {"$ref": f"#/$defs/{self.noun}"}

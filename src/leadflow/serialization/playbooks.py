"""The plain form of playbooks: every part of how leads are managed, in one document."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, get_args

import attrs

from leadflow.errors import InvalidValue, shown
from leadflow.limits import DEFAULT_LIMITS
from leadflow.playbook import Playbook
from leadflow.serialization.automations import WHEN
from leadflow.serialization.forms import GRID, MODEL, RATER, SCHEMA, Rating
from leadflow.serialization.parts import (
    CONTACT_RULES,
    CONTENT,
    FORM,
    PROCEDURE,
    RESPONSE_LIMITS,
    SPLIT,
    WORK_ORDER,
)
from leadflow.serialization.pipelines import PIPELINE, WORKING_HOURS
from leadflow.serialization.policies import POLICY, QUALIFIER, SEGMENT
from leadflow.serialization.problems import Place, Refused
from leadflow.serialization.records import record
from leadflow.serialization.routers import ROUTER
from leadflow.serialization.sequences import SEQUENCE
from leadflow.serialization.shapes import (
    Definitions,
    ListOf,
    Record,
    by_index,
    note_repeated,
    renumbered,
    table,
)

_MOST = DEFAULT_LIMITS.rules


@attrs.frozen
class _BoundedShape(ListOf):
    """A list of rules or sequences; more than a playbook may have are not even read."""

    def read(self, place: Place, data: object) -> Any:
        """Count first."""
        if isinstance(data, list | tuple) and len(data) > _MOST:
            place.refuse(f"expected at most {_MOST:,}, got {len(data):,}")
        return super().read(place, data)


_DERIVED = record(
    Playbook,
    {
        "schema": SCHEMA,
        "scoring": MODEL,
        "rater": RATER,
        "grid": GRID,
        "qualifier": QUALIFIER,
        "router": ROUTER,
        "pipelines": ListOf(PIPELINE, "a list of pipelines"),
        "policy": POLICY,
        "automations": _BoundedShape(WHEN, "a list of rules"),
        "procedures": ListOf(PROCEDURE, "a list of procedures"),
        "sequences": _BoundedShape(SEQUENCE, "a list of sequences"),
        "splits": ListOf(SPLIT, "a list of split tests"),
        "library": ListOf(CONTENT, "a list of contents"),
        "forms": ListOf(FORM, "a list of forms"),
        "segments": ListOf(SEGMENT, "a list of segments"),
        "contact": CONTACT_RULES,
        "hours": WORKING_HOURS,
        "limits": RESPONSE_LIMITS,
        "order": WORK_ORDER,
    },
    always=("version",),
).keys
_FIRST = ("name", "version", "time_zone")
_KEYS = {key: _DERIVED[key] for key in (*_FIRST, *_DERIVED)}
_PLAYBOOK = Record("playbook", _KEYS, Playbook)
_READ = Record("playbook", _KEYS, dict)
_KEYED: Mapping[str, str] = {
    "pipelines": "key",
    "procedures": "rating",
    "splits": "name",
    "library": "key",
    "forms": "name",
    "segments": "name",
}
"""The parts of which each has a key of its own."""


@attrs.frozen
class PlaybookShape:
    """A playbook: a key for each part, as in a document of its own."""

    what = "a playbook"

    def read(self, place: Place, data: object) -> Playbook:
        """Read all parts, then look at them together; a bad one counts by its key."""
        given = table(place, data, self.what)
        before = len(place.problems)
        for part, key in _KEYED.items():
            rows = given.get(part)
            if isinstance(rows, list | tuple):
                note_repeated(place, key, {f"{part}[{n}]": row for n, row in enumerate(rows)})
        reader = attrs.evolve(_READ, salvage=_salvage)
        found = reader.read(place, given)
        names = {rule.name for rule in found.get("automations", ())}
        if len(place.problems) > before or len(names) < len(found.get("automations", ())):
            _salvage(place, found)
            raise Refused
        return place.build(lambda: Playbook(**found), _KEYS)

    def write(self, value: Playbook, *, native: bool) -> dict[str, Any]:
        """Write the parts that are there; a rater of the host's own has no plain form."""
        if value.rater is not None and type(value.rater) not in get_args(Rating):
            known = ", ".join(kind.__name__ for kind in get_args(Rating))
            hint = "a rater of your own is Python, and has no plain form"
            raise InvalidValue("rater", shown(value.rater), f"one of {known}", hint)
        return _PLAYBOOK.write(value, native=native)

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """Describe the keys."""
        return _PLAYBOOK.schema(definitions)


PLAYBOOK = PlaybookShape()


# --- what else is wrong with a playbook of which something is ---


def _salvage(place: Place, found: dict[str, Any]) -> None:
    """Check the rules and the sequences that were good, so that all problems are told."""
    good = {key: by_index(found.get(key)) for key in ("automations", "procedures", "sequences")}
    named = {f"automations[{n}]": {"name": rule.name} for n, rule in good["automations"].items()}
    note_repeated(place, "name", named)
    for part, key in (("automations", "name"), ("procedures", "rating")):
        good[part] = _firsts(good[part], key)
    parts: dict[str, Any] = {key: tuple(values.values()) for key, values in good.items()}
    parts |= {key: found.get(key) for key in ("scoring", "rater")}
    apart = Place([])
    with suppress(Refused):
        apart.build(lambda: Playbook("playbook", **parts))
    for problem in apart.problems:
        message = renumbered(problem.message, good)
        place.within(renumbered(problem.path, good)).note(message)


def _firsts(values: dict[int, Any], key: str) -> dict[int, Any]:
    """Take the first of each key."""
    first = {getattr(value, key): index for index, value in reversed(values.items())}
    return {index: values[index] for index in sorted(first.values())}

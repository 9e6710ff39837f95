"""The plain form of sequences, their steps and branches, and of send windows."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

import attrs

from leadflow.automation import Branch, SendWindow, Sequence, Step
from leadflow.automation.sequence import EXITS
from leadflow.errors import LeadflowError
from leadflow.serialization.actions import ACTIONS
from leadflow.serialization.conditions import CONDITION
from leadflow.serialization.pipelines import WEEK
from leadflow.serialization.problems import Place, Refused
from leadflow.serialization.records import each_checked, record
from leadflow.serialization.shapes import (
    SPAN,
    WHOLE,
    Definitions,
    Key,
    ListOf,
    NoneAs,
    Optional,
    Record,
    Word,
    by_index,
    table,
)

SEND_WINDOW = record(SendWindow, {"week": WEEK})
BRANCH = record(Branch, {"do": ACTIONS, "when": CONDITION})

# --- steps ---

_DERIVED_STEP = record(Step, {"branches": ListOf(BRANCH, "a list of branches")}).keys
_DO = Key("do", ACTIONS, is_default=lambda _, actions: not actions)
_READ_STEP = Record(
    "step",
    {
        "key": _DERIVED_STEP["key"],
        "after": Key("after", Optional(SPAN)),
        "do": _DO,
        "branches": attrs.evolve(_DERIVED_STEP["branches"], required=False),
    },
    Step,
)
_HEAD = Record("step", {key: _READ_STEP.keys[key] for key in ("key", "after")}, Step)
_PLAIN = Record("step", {"do": _DO}, Branch)
_BRANCHED = Record("step", {"branches": _READ_STEP.keys["branches"]}, Step)


@attrs.frozen
class StepShape:
    """A step: `do` for everybody, or `branches`."""

    what = "a step"

    def read(self, place: Place, data: object) -> Step:
        """Read all keys."""
        step: Step = _READ_STEP.read(place, table(place, data, self.what))
        return step

    def write(self, value: Step, *, native: bool) -> dict[str, Any]:
        """Write `do` where there is one branch for everybody."""
        written = _HEAD.write(value, native=native)
        if value.is_plain:
            return written | _PLAIN.write(value.branches[0], native=native)
        return written | _BRANCHED.write(value, native=native)

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """Describe the keys."""
        return _READ_STEP.schema(definitions)


STEP = StepShape()

# --- sequences ---

_ROUNDS = NoneAs(each_checked(Sequence, rounds=WHOLE)["rounds"], "any")
_DERIVED = record(
    Sequence,
    {
        "steps": ListOf(STEP, "a list of steps"),
        "when": CONDITION,
        "goal": CONDITION,
        "exits": ListOf(Word(EXITS), "a list of exits"),
        "window": SEND_WINDOW,
        "rounds": _ROUNDS,
    },
).keys
_FIRST = ("name", "version", "when", "goal", "exits", "rounds", "window")
_SEQUENCE = Record("sequence", {key: _DERIVED[key] for key in (*_FIRST, *_DERIVED)}, Sequence)


@attrs.frozen
class SequenceShape:
    """A sequence: its steps in order; ``rounds = "any"`` is any number of times."""

    what = "a sequence"

    def read(self, place: Place, data: object) -> Sequence:
        """Read all keys, then look at the steps together."""
        given = table(place, data, self.what)
        reader = attrs.evolve(
            _SEQUENCE, salvage=lambda at, found: _salvage(at, found, given.get("steps"))
        )
        sequence: Sequence = reader.read(place, given)
        return sequence

    def write(self, value: Sequence, *, native: bool) -> dict[str, Any]:
        """Write what is not as usual."""
        return _SEQUENCE.write(value, native=native)

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """Describe the keys."""
        return _SEQUENCE.schema(definitions)


SEQUENCE = SequenceShape()


# --- what else is wrong with a sequence of which something is ---

_A_STEP = re.compile(r"steps\[[0-9]+\]")
_NAMELESS = "a sequence whose name could not be read"


def _salvage(place: Place, found: dict[str, Any], rows: object) -> None:
    """Check the steps of a sequence of which something was bad; a bad step counts by its key.

    What may not be true once the rest is mended is not told.
    """
    if not isinstance(rows, list | tuple) or not rows:
        return
    good = by_index(found["steps"])
    steps = [good.get(index) or _stand_in(row) for index, row in enumerate(rows)]
    known = [step or Step(f"step {index}") for index, step in enumerate(steps)]
    apart = Place([])
    with suppress(Refused):
        apart.build(lambda: Sequence(found.get("name") or _NAMELESS, known))
    for problem in apart.problems:
        is_of_all = problem.path.endswith(".goto") or _A_STEP.fullmatch(problem.path)
        if (
            not is_of_all
            or len(good) == len(rows)
            or (None not in steps and "goto" in problem.path)
        ):
            place.within(problem.path).note(problem.message)


def _stand_in(row: object) -> Step | None:
    """Make a step of the key of a bad one."""
    try:
        return Step(row.get("key", "")) if isinstance(row, dict) else None
    except LeadflowError:
        return None

"""The plain form of rosters: the reps, and what each was given so far."""

from __future__ import annotations

from functools import partial
from typing import Any

import attrs

from leadflow.routing import Absence, Quota, Rep, Roster, Turns, Workload
from leadflow.serialization.pipelines import WORKING_HOURS
from leadflow.serialization.problems import Place, Refused
from leadflow.serialization.records import each_checked, record
from leadflow.serialization.shapes import (
    DAY_OR_INSTANT,
    INSTANT,
    MONEY,
    WHOLE,
    Definitions,
    Key,
    ListOf,
    Made,
    MapOf,
    PairOf,
    Record,
    note_repeated,
    same,
    table,
)
from leadflow.values import whole

ABSENCE = record(Absence, {"start": DAY_OR_INSTANT, "end": DAY_OR_INSTANT})
QUOTA = record(Quota, each_checked(Quota, most=WHOLE))
REP = record(
    Rep,
    {
        "quotas": ListOf(QUOTA, "a list of quotas"),
        "hours": WORKING_HOURS,
        "away": ListOf(ABSENCE, "a list of absences"),
        **each_checked(Rep, weight=WHOLE, capacity=WHOLE),
    },
)
TURNS = record(Turns, each_checked(Turns, assigned=WHOLE, owed=WHOLE, last_turn=WHOLE))
_AMOUNTS = ListOf(MONEY, "a list of amounts")
_RECEIVED = PairOf("an instant and units", INSTANT, WHOLE)
WORKLOAD = record(
    Workload,
    {
        "turns": MapOf(TURNS, check=lambda pair: Workload(turns=pair)),
        **each_checked(
            Workload,
            open=WHOLE,
            value=_AMOUNTS,
            open_value=_AMOUNTS,
            recent=ListOf(_RECEIVED, "a list of pairs"),
        ),
    },
)
_WORKLOADS = MapOf(WORKLOAD, check=lambda pair: Roster([Rep("rep")], pair))
_VERSION = Made(WHOLE, partial(whole, "", least=0), same)
_ROSTER = Record(
    "roster",
    {
        "version": Key("version", _VERSION, is_default=lambda _, version: version == 0),
        "reps": Key("reps", ListOf(REP, "a list of reps"), required=True),
        "workloads": Key("workloads", _WORKLOADS, is_default=lambda _, loads: not loads),
    },
    dict,
)


@attrs.frozen
class RosterShape:
    """A roster: the reps, the workloads by rep id, and the version."""

    what = "a roster"

    def read(self, place: Place, data: object) -> Roster:
        """Read all keys, then look at the ids together."""
        given = table(place, data)
        rows = given.get("reps")
        listed = rows if isinstance(rows, list | tuple) else ()
        placed = {f"reps[{index}]": row for index, row in enumerate(listed)}
        before = len(place.problems)
        note_repeated(place, "id", placed)
        found = _ROSTER.read(place, given)
        if len(place.problems) > before:
            raise Refused
        return place.build(lambda: Roster(**found), _ROSTER.keys)

    def write(self, value: Roster, *, native: bool) -> dict[str, Any]:
        """Write the workloads only where there are any."""
        return _ROSTER.write(value, native=native)

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """Describe the keys."""
        return _ROSTER.schema(definitions)


ROSTER = RosterShape()

"""The plain form of pipelines, their stages and offer checks, and of working hours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, get_args

import attrs

from leadflow.calendars import WorkingHours
from leadflow.errors import LeadflowError, Problem
from leadflow.pipeline import OfferCheck, Pipeline, Stage, StageKind
from leadflow.serialization.conditions import CONDITION
from leadflow.serialization.forms import RATES
from leadflow.serialization.problems import Place, Refused
from leadflow.serialization.records import each_checked, record
from leadflow.serialization.shapes import (
    DATE,
    FLAG,
    NAME,
    NUMBER,
    TEXT,
    WHOLE,
    Definitions,
    Key,
    ListOf,
    Made,
    MapOf,
    Record,
    Shape,
    by_index,
    every,
    same,
    table,
)
from leadflow.values import name, names

# --- working hours ---

WEEK = Made(MapOf(TEXT, check=WorkingHours), lambda week: WorkingHours(week).week, same)
"""Hours by days, each checked by itself; a week that never opens is refused."""
_HOURS = record(WorkingHours, {"week": WEEK, "holidays": Made(ListOf(DATE), frozenset, sorted)})
_HOLIDAYS = attrs.evolve(_HOURS.keys["holidays"], is_default=lambda _, days: not days)
WORKING_HOURS = attrs.evolve(_HOURS, keys={**_HOURS.keys, "holidays": _HOLIDAYS})

# --- stages ---


def _salvage_stage(place: Place, found: dict[str, Any]) -> None:
    """Check what belongs together in a stage of which something else was bad."""
    pairs = [{key: found.get(key) for key in pair} for pair in _TOGETHER]
    every((_try_stage, place, pair) for pair in pairs if None not in pair.values())


def _try_stage(place: Place, pair: dict[str, Any]) -> Stage:
    return place.build(lambda: Stage("stage", **pair), pair)


_TOGETHER = (("kind", "probability"), ("yellow_at", "red_at"))
OFFER_CHECK = record(OfferCheck, {"rates": RATES, **each_checked(OfferCheck, currency=TEXT)})
STAGE = record(
    Stage,
    {
        "entry": CONDITION,
        "offer": OFFER_CHECK,
        "requires": ListOf(NAME),
        **each_checked(Stage, label=TEXT, attempts=WHOLE, yellow_at=NUMBER, red_at=NUMBER),
    },
    salvage=_salvage_stage,
)

# --- pipelines ---


@attrs.frozen
class LinearShape(Record):
    """The options of `Pipeline.linear`; true for all as they are."""

    def read(self, place: Place, data: object) -> Any:
        """Read the options."""
        expected = "true, or a table of " + ", ".join(self.keys)
        return super().read(place, {} if data is True else table(place, data, expected))

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """Describe both."""
        return {"oneOf": [{"const": True}, super().schema(definitions)]}


def _check_moves(pair: Mapping[str, Any]) -> None:
    for key, to in pair.items():
        name("", key)
        names("", to)


_LINEAR = LinearShape("linear", {key: Key(key, FLAG) for key in ("skip", "back", "reopen")}, dict)
_SHAPES: Mapping[str, Shape] = {
    "stages": ListOf(STAGE, "a list of stages"),
    "moves": MapOf(ListOf(NAME, "a list of stages' keys"), check=_check_moves),
    "starts": ListOf(NAME),
    **each_checked(Pipeline, label=TEXT),
}
_DERIVED = record(Pipeline, _SHAPES).keys
_WRITTEN = Record(
    "pipeline",
    {key: _DERIVED[key] for key in ("key", "label", "starts", "stages", "moves")},
    Pipeline,
)
_READ = Record(
    "pipeline",
    {
        **_WRITTEN.keys,
        "moves": attrs.evolve(_DERIVED["moves"], required=False),
        "linear": Key("linear", _LINEAR),
    },
    dict,
)
_TABLES = ("moves", "linear")


@attrs.frozen
class PipelineShape:
    """A pipeline: its stages, and either the table of `moves` or `linear`, which stands for one."""

    what = "a pipeline"

    def read(self, place: Place, data: object) -> Pipeline:
        """Read all keys, then look at the stages and the moves together."""
        given = table(place, data, self.what)
        has_moves = _has_moves(place, given)
        reader = attrs.evolve(_READ, salvage=lambda at, found: _salvage(at, found, given))
        found = reader.read(place, given)
        if not has_moves:
            _salvage(place, found, given)
            raise Refused
        return place.build(lambda: _pipeline(**found), _READ.keys)

    def write(self, value: Pipeline, *, native: bool) -> dict[str, Any]:
        """Write the literal table of moves."""
        return _WRITTEN.write(value, native=native)

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """Describe all keys; of `moves` and `linear` there is one."""
        described = _READ.schema(definitions)
        definitions[_READ.what]["oneOf"] = [{"required": [key]} for key in _TABLES]
        return described


PIPELINE = PipelineShape()


def _has_moves(place: Place, given: Mapping[str, Any]) -> bool:
    match [key for key in _TABLES if key in given]:
        case [_]:
            return True
        case []:
            place.at("moves").note("expected moves, or linear = true, but both are missing")
        case _:
            place.at("linear").note("expected either moves or linear, got both")
    return False


def _pipeline(*, linear: Any = None, **given: Any) -> Pipeline:
    if linear is None:
        return Pipeline(**given)
    return Pipeline.linear(**given, **linear)


# --- what else is wrong with a pipeline of which something is ---

_A_STAGE = re.compile(r"stages\[[0-9]+\]")


def _salvage(place: Place, found: dict[str, Any], given: dict[str, Any]) -> None:
    """Check what was good in a pipeline of which something was bad, so that all problems are told.

    A bad stage counts by its key. What may not be true once the rest is mended is not told.
    """
    listed = given.get("stages")
    if not isinstance(listed, list | tuple):
        return
    good = by_index(found["stages"])
    stages = [good.get(index) or _stand_in(stage) for index, stage in enumerate(listed)]
    for problem in _problems(stages, found):
        if _A_STAGE.fullmatch(problem.path):
            is_sure = None not in stages and _is_whole(found, given)
        else:
            is_sure = None not in stages or problem.path.startswith("stages")
        if is_sure:
            place.within(problem.path).note(problem.message)


def _stand_in(data: object) -> Stage | None:
    """Make a stage of the key of a bad one; closed, where its kind cannot be known."""
    if not isinstance(data, dict):
        return None
    kind = data.get("kind", "open" if data.keys() <= STAGE.keys.keys() else None)
    try:
        return Stage(data.get("key"), kind=kind if kind in get_args(StageKind) else "lost")  # type: ignore[arg-type]  # as it came
    except LeadflowError:
        return None


def _problems(stages: list[Stage | None], found: dict[str, Any]) -> list[Problem]:
    known = [stage or Stage(f"stages[{n}]", kind="lost") for n, stage in enumerate(stages)]
    starts = tuple(by_index(found.get("starts")).values())
    rest: dict[str, Any] = {"starts": starts} if starts or found.get("starts") == () else {}
    apart = Place([])
    with suppress(Refused):
        apart.build(lambda: Pipeline("key", known, found.get("moves") or {}, **rest), _READ.keys)
    return apart.problems


def _is_whole(found: dict[str, Any], given: dict[str, Any]) -> bool:
    """Tell whether all that leads to a stage could be read."""
    if given.keys() - _WRITTEN.keys.keys():
        return False
    moves = given.get("moves")
    return (
        isinstance(moves, dict)
        and len(found.get("moves") or ()) == len(moves)
        and isinstance(found.get("starts", ()), tuple)
    )

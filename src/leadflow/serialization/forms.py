"""The plain form of every value: leads, events, scores, models and raters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

import attrs

from leadflow.conditions import LeadSchema
from leadflow.errors import InvalidDefinition, did_you_mean
from leadflow.events import (
    ATTRIBUTES,
    EVENT_TYPES,
    Activity,
    Assignment,
    Event,
    FieldsSet,
    Rejected,
)
from leadflow.events.event import activity_data
from leadflow.events.facts import Lifecycle, facts
from leadflow.lead import Lead, merge
from leadflow.lead.lead import RESERVED, Start
from leadflow.money import Rates
from leadflow.scoring import (
    Calibration,
    Categories,
    Category,
    Contribution,
    Expiry,
    Grid,
    Group,
    HalfLife,
    Readiness,
    Rule,
    Score,
    ScoringModel,
    Thresholds,
    TimelineAndSize,
    Unmatched,
)
from leadflow.serialization.conditions import CONDITION
from leadflow.serialization.problems import Place
from leadflow.serialization.records import record, snake
from leadflow.serialization.shapes import (
    DATE,
    INSTANT,
    LONG_TEXT,
    MONEY,
    NAME,
    NUMBER,
    POINTS,
    SHARE,
    SPAN,
    TEXT,
    TIME_ZONE,
    VALUE,
    WHOLE,
    Definitions,
    Key,
    ListOf,
    Made,
    MapOf,
    Optional,
    PairOf,
    Record,
    Shape,
    Variant,
    Word,
    by_index,
    renumbered,
    table,
)
from leadflow.values import field_values

SETTABLE: Mapping[str, Shape] = {
    "source": TEXT,
    "deal_value": MONEY,
    "due": DATE,
    "time_zone": TIME_ZONE,
}
"""The forms of the settable attributes of a lead; other fields are values of any type."""
_POSITION: Mapping[str, Shape] = {
    "stage": NAME,
    "pipeline": NAME,
    "owner": NAME,
    "rating": NAME,
    "score": WHOLE,
    "win_probability": SHARE,
    "lifecycle": Word(get_args(Lifecycle)),
}
_ATTRIBUTES = {**SETTABLE, **_POSITION}

# --- events ---

REJECTED = record(Rejected)
_SPECIAL: Mapping[type, Mapping[str, Shape]] = {
    Activity: {"data": MapOf(VALUE, check=activity_data)},
    FieldsSet: {"values": MapOf(VALUE, SETTABLE, check=lambda pair: facts("", pair))},
    Assignment: {
        "rejected": ListOf(REJECTED),
        "credited": MapOf(WHOLE),
        "owed": MapOf(WHOLE),
    },
}
EVENTS: Mapping[str, Record] = {
    snake(kind): record(kind, _SPECIAL.get(kind, {})) for kind in EVENT_TYPES
}
"""The record of each event, by its tag."""


@attrs.frozen
class EventShape:
    """An event: its record, and its tag under the key ``event``; one of the `tags`."""

    tags: tuple[str, ...] = tuple(EVENTS)
    what: str = "an event"

    def read(self, place: Place, data: object) -> Event:
        """Read the tag, then the record it names."""
        given = table(place, data, self.what)
        tag = given.get("event")
        if not isinstance(tag, str) or tag not in self.tags:
            hint = did_you_mean(tag, self.tags) if isinstance(tag, str) else ""
            if "event" not in given:
                place.at("event").refuse("expected the kind of event, but it is missing")
            place.at("event").expected("the kind of event", tag, hint)
        rest = {key: value for key, value in given.items() if key != "event"}
        event: Event = EVENTS[tag].read(place, rest)
        return event

    def write(self, value: Event, *, native: bool) -> dict[str, Any]:
        """Write the tag first."""
        tag = snake(type(value))
        return {"event": tag, **EVENTS[tag].write(value, native=native)}

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """Describe every kind, each with its tag."""
        return {"oneOf": [_tagged_schema(tag, definitions) for tag in self.tags]}


def _tagged_schema(tag: str, definitions: Definitions) -> dict[str, Any]:
    reference = EVENTS[tag].schema(definitions)
    described = definitions[tag]
    described["properties"] = {"event": {"const": tag}, **described["properties"]}
    described["required"] = ["event", *(key for key in described["required"] if key != "event")]
    return reference


EVENT = EventShape()

# --- leads ---


def _free_name(pair: dict[str, Any]) -> None:
    field_values("", pair)
    if not RESERVED.isdisjoint(pair):
        Lead("L", fields=pair)


def _lead(*, merged: tuple[Lead, ...] = (), newest: tuple[str, ...] = (), **given: Any) -> Lead:
    lead = Lead(**given)
    return merge(lead, *merged, newest=newest) if merged or newest else lead


_START_KEYS: dict[str, Key] = {
    "id": Key("id", NAME, required=True),
    "created_at": Key("created_at", Optional(INSTANT)),
    **{name: Key(name, Optional(shape)) for name, shape in _ATTRIBUTES.items()},
    "tags": Key("tags", ListOf(NAME)),
    "fields": Key("fields", MapOf(VALUE, check=_free_name)),
}
_START = Record("start", _START_KEYS, Lead)
_LEAD_KEYS: dict[str, Key] = {
    **_START_KEYS,
    "events": Key("events", ListOf(EVENT)),
    "merged": Key("merged", ListOf(_START)),
    "newest": Key("newest", ListOf(NAME)),
}
_LEAD = Record("lead", _LEAD_KEYS, _lead)


@attrs.frozen
class LeadShape:
    """A lead: what was known at the start, and the log; of merged leads every start.

    The keys are id, created_at, the attributes, tags, fields and events; `merged` lists the starts of
    the other leads, and `newest` the names for which the last known start value wins.
    """

    what = "a lead"

    def read(self, place: Place, data: object) -> Lead:
        """Read the starts and the log, and build the lead anew."""
        lead: Lead = _LEAD.read(place, data)
        return lead

    def write(self, value: Lead, *, native: bool) -> dict[str, Any]:
        """Write the starts and the log, not what follows from them."""
        first, *others = value.starts
        written = _written_start(first, native=native)
        if value.events:
            written["events"] = [EVENT.write(event, native=native) for event in value.events]
        if others:
            written["merged"] = [_written_start(start, native=native) for start in others]
        if value.newest:
            written["newest"] = list(value.newest)
        return written

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """Describe the keys."""
        return _LEAD.schema(definitions)


def _written_start(start: Start, *, native: bool) -> dict[str, Any]:
    written: dict[str, Any] = {"id": start.id}
    if start.created_at is not None:
        written["created_at"] = INSTANT.write(start.created_at, native=native)
    for key, shape in _ATTRIBUTES.items():
        if key in start.values:
            written[key] = shape.write(start.values[key], native=native)
    if start.tags:
        written["tags"] = list(start.tags)
    fields = {key: value for key, value in start.values.items() if key not in ATTRIBUTES}
    if fields:
        written["fields"] = {k: VALUE.write(v, native=native) for k, v in fields.items()}
    return written


LEAD = LeadShape()

# --- scores ---

CONTRIBUTION = record(Contribution, {"because": LONG_TEXT})
UNMATCHED = record(Unmatched, {"because": LONG_TEXT})
SCORE = record(Score, {"contributions": ListOf(CONTRIBUTION), "asked": ListOf(UNMATCHED)})

# --- models ---

_KIND = Word(("number", "text", "boolean", "date", "datetime"))
SCHEMA = record(LeadSchema, {"fields": MapOf(_KIND), "activities": MapOf(MapOf(_KIND))})
_FADES: Mapping[str, Shape] = {
    "half_life": Made(SPAN, HalfLife, lambda fade: fade.span),
    "expiry": Made(SPAN, Expiry, lambda fade: fade.span),
}
FADE = Variant("a fade", _FADES, lambda fade: snake(type(fade)))
RULE = record(Rule, {"when": CONDITION, "each": CONDITION, "fade": FADE})
GROUP = record(Group)
GRID = record(Grid)
_STEPS = ListOf(PairOf("points and a probability, such as [20, 0.46]", POINTS, SHARE))
CALIBRATION = record(Calibration, {"steps": _STEPS})


def _salvage_model(place: Place, found: dict[str, Any]) -> None:
    """Check what was good in a model of which something was bad, so that all problems are told."""
    good = {key: by_index(found.get(key)) for key in ("rules", "groups")}
    if not good["rules"]:
        return
    rest: dict[str, Any] = {key: found.get(key) for key in ("floor", "ceiling", "schema")}
    rules, groups = (tuple(good[key].values()) for key in ("rules", "groups"))
    try:
        ScoringModel("model", rules=rules, groups=groups, **rest)
    except InvalidDefinition as error:
        for problem in error.problems:
            if isinstance(found.get("groups", ()), tuple) or not problem.path.endswith(".group"):
                place.within(renumbered(problem.path, good)).note(renumbered(problem.message, good))


MODEL = record(
    ScoringModel,
    {
        "rules": ListOf(RULE, "a list of rules"),
        "groups": ListOf(GROUP, "a list of groups"),
        "calibration": CALIBRATION,
        "schema": SCHEMA,
    },
    always=("version",),
    salvage=_salvage_model,
)

# --- raters ---

Rating = Thresholds | TimelineAndSize | Readiness | Categories
"""The raters that can stand in a document."""
RATES = record(Rates, {"rates": MapOf(NUMBER)})
CATEGORY = record(Category, {"when": CONDITION})
_RATERS: Mapping[str, Record] = {
    "thresholds": record(Thresholds),
    "timeline_and_size": record(TimelineAndSize, {"rates": RATES}),
    "readiness": record(Readiness),
    "categories": record(
        Categories, {"categories": ListOf(CATEGORY, "a list of categories"), "schema": SCHEMA}
    ),
}
RATER = Variant("a rater", _RATERS, lambda rater: snake(type(rater)))


# --- one document: a model, its rater, its grid ---


@attrs.frozen
class Scoring:
    """How leads are scored, rated and graded: one document.

    Its root keys are the model's (name, version, floor, ceiling, schema, rules, groups, calibration),
    `rater` and `grid`.

    >>> from leadflow import field
    >>> model = ScoringModel("m", [Rule("large", 20, when=field("employees").at_least(50))])
    >>> Scoring(model, Thresholds(hot=60, warm=30)).grid is None
    True
    """

    model: ScoringModel = attrs.field(validator=attrs.validators.instance_of(ScoringModel))
    rater: Rating | None = attrs.field(default=None)
    grid: Grid | None = attrs.field(default=None)


def _scoring(*, rater: Rating | None = None, grid: Grid | None = None, **model: Any) -> Scoring:
    return Scoring(ScoringModel(**model), rater, grid)


_SCORING_KEYS: dict[str, Key] = {
    **MODEL.keys,
    "rater": Key("rater", Optional(RATER)),
    "grid": Key("grid", Optional(GRID)),
}
_SCORING = Record("scoring", _SCORING_KEYS, _scoring, _salvage_model)


@attrs.frozen
class ScoringShape:
    """A model's record with `rater` and `grid` beside its own keys."""

    what = "a scoring document"

    def read(self, place: Place, data: object) -> Scoring:
        """Read all keys."""
        scoring: Scoring = _SCORING.read(place, data)
        return scoring

    def write(self, value: Scoring, *, native: bool) -> dict[str, Any]:
        """Write all keys."""
        written = MODEL.write(value.model, native=native)
        for key, shape, part in (("rater", RATER, value.rater), ("grid", GRID, value.grid)):
            if part is not None:
                written[key] = shape.write(part, native=native)
        return written

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """Describe all keys."""
        return _SCORING.schema(definitions)


SCORING = ScoringShape()

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from leadflow import Lead, field
from leadflow.conditions import Condition
from leadflow.errors import InvalidValue
from leadflow.events import EVENT_TYPES, Disposition, Event, Rated
from leadflow.scoring import Rule, Score, ScoringModel, Thresholds
from leadflow.serialization import Scoring, json_schema, to_data
from leadflow.serialization.converter import SHAPES
from tests.condition_strategies import conditions
from tests.serialization.strategies import scorings
from tests.strategies import events, leads

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@cache
def validator(cls: Any) -> Draft202012Validator:
    return Draft202012Validator(json.loads(json.dumps(json_schema(cls))))


def refused(data: Any, cls: Any) -> bool:
    return not validator(cls).is_valid(json.loads(json.dumps(data)))


@pytest.mark.parametrize("cls", [*SHAPES], ids=str)
def test_every_schema_is_a_schema_whose_references_all_lead_somewhere(cls: Any) -> None:
    schema = json_schema(cls)
    assert schema["$schema"].endswith("2020-12/schema")
    Draft202012Validator.check_schema(schema)
    text = json.dumps(schema)
    for name in {part.split('"')[0] for part in text.split("#/$defs/")[1:]}:
        assert schema["$defs"][name]


@given(conditions())
def test_every_condition_is_valid(condition: Condition) -> None:
    validator(Condition).validate(to_data(condition))


@given(scorings(), leads())
def test_every_document_and_score_is_valid(scoring: Scoring, lead: Lead) -> None:
    validator(Scoring).validate(to_data(scoring))
    validator(ScoringModel).validate(to_data(scoring.model))
    validator(Score).validate(to_data(scoring.model.score(lead, as_of=NOON)))


@given(leads())
def test_every_lead_is_valid(lead: Lead) -> None:
    validator(Lead).validate(to_data(lead))


@given(events())
def test_every_event_is_valid(event: Event) -> None:
    validator(Event).validate(to_data(event))
    Draft202012Validator(json_schema(type(event))).validate(to_data(event))


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("verify_contact", True, "yes"),
        ("resets_engagement", True, 1),
        ("back_to", "new", ""),
        ("contact_again", "2026-09-01", "soon"),
        ("never", ["all"], "all"),
    ],
)
def test_the_consequences_of_a_disposition_are_in_the_schema(key: str, good: Any, bad: Any) -> None:
    data = to_data(Disposition("lost", NOON))
    for cls in (Disposition, Event):
        assert not refused({**data, key: good}, cls)
        assert refused({**data, key: bad}, cls)
    assert refused({**data, "resets_fit": True}, Event)


LEAD = {"id": "L", "events": [{"event": "tagged", "tag": "x", "at": "2026-03-01T12:00:00Z"}]}
DOCUMENT = to_data(
    Scoring(
        ScoringModel(
            "m", [Rule("r", 5, when=~(field("x").between(1, 2) & field("y").equals("z")))]
        ),
        Thresholds(60, 30),
    )
)


def planted(data: Any, path: list[Any], value: Any) -> Any:
    changed = copy.deepcopy(data)
    node = changed
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["name"], 5),
        (["name"], ""),
        (["nmae"], "m"),
        (["rules"], "abc"),
        (["rules", 0, "points"], 5.5),
        (["rules", 0, "points"], "5"),
        (["rules", 0, "colour"], 1),
        (["rules", 0, "when"], {}),
        (["rules", 0, "when"], {"tag": "x", "field": "y"}),
        (["rules", 0, "when", "not", "all", 0, "between"], ["a"]),
        (["rules", 0, "when", "not", "all", 0, "betwen"], [1, 2]),
        (["rules", 0, "when", "not", "all", 1, "equals"], {"money": 5}),
        (["rules", 0, "when", "not", "all"], []),
        (["rules", 0, "when"], {"always": False}),
        (["rules", 0, "when"], {"activity": "x", "where": {}}),
        (["rules", 0, "when"], {"activity": "x", "at_least": -1}),
        (["rater"], {"thresholds": {"hot": 1}}),
        (["rater"], {"thresholds": {"hot": 1, "warm": 0}, "readiness": {}}),
        (["floor"], True),
    ],
)
def test_an_error_planted_in_a_document_is_refused(path: list[Any], value: Any) -> None:
    assert not refused(DOCUMENT, Scoring)
    assert refused(planted(DOCUMENT, path, value), Scoring)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["id"], None),
        (["score"], "5"),
        (["win_probability"], 1.5),
        (["lifecycle"], "mlq"),
        (["deal_value"], "5 euros"),
        (["due"], "1 May 2026"),
        (["tags"], "vip"),
        (["fields"], {"x": [1]}),
        (["fields"], {"x": {"dates": "2026-01-01"}}),
        (["events", 0, "event"], "taged"),
        (["events", 0, "tag"], 5),
        (["events", 0, "at"], "2026-03-01T12:00:00"),
        (["events", 0, "colour"], "red"),
        (["colour"], "red"),
    ],
)
def test_an_error_planted_in_a_lead_is_refused(path: list[Any], value: Any) -> None:
    assert not refused(LEAD, Lead)
    assert refused(planted(LEAD, path, value), Lead)


def test_the_schema_of_one_event_takes_no_other() -> None:
    rated = {"event": "rated", "rating": "hot", "at": "2026-03-01T12:00:00Z"}
    assert not refused(rated, Rated)
    assert refused(LEAD["events"][0], Rated)
    assert refused({key: rated[key] for key in ("rating", "at")}, Rated)
    assert len(json_schema(Event)["oneOf"]) == len(EVENT_TYPES)


def test_a_class_without_a_plain_form_has_no_schema() -> None:
    with pytest.raises(InvalidValue, match="a class that has a plain form"):
        json_schema(dict)

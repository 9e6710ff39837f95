from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import attrs
import pytest
from jsonschema import Draft202012Validator

from leadflow import Activity, Lead
from leadflow.actions import Notify, SendMessage
from leadflow.automation import Planned
from leadflow.errors import InvalidDefinition
from leadflow.events import FieldsSet, Rejected
from leadflow.playbook import Outcome, Playbook
from leadflow.routing import Held, Rep, Roster
from leadflow.scoring import Score
from leadflow.serialization import (
    dumps,
    from_data,
    json_schema,
    load_playbook,
    loads,
    make_converter,
    to_data,
)
from tests.serialization.playbook_document import TOML

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PLANNED = Planned(
    SendMessage("guide"),
    "k-1",
    "blocked",
    "asleep",
    "nurture: ask",
    "f-1",
    "L-7",
    NOON,
    until=NOON + timedelta(hours=8),
    content="guide",
)
HELD = Held(
    "L-7",
    NOON,
    because=["nobody is there"],
    rule="all",
    rejected=[Rejected("ada", "away", "on holiday")],
    until=NOON + timedelta(days=1),
    units=2,
    since=NOON - timedelta(hours=1),
)


@cache
def validator(cls: Any) -> Draft202012Validator:
    return Draft202012Validator(json.loads(json.dumps(json_schema(cls))))


def survives(value: Any) -> None:
    kind: Any = type(value)
    for again in (from_data(to_data(value), kind), loads(dumps(value), kind)):
        assert again == value
        assert dumps(again) == dumps(value)
    converter = make_converter()
    assert converter.structure(converter.unstructure(value), kind) == value
    validator(kind).validate(json.loads(dumps(value)))


def handled(roster: Roster | None) -> Outcome:
    playbook = load_playbook(TOML)
    known: dict[str, str | int | float] = {
        "employees": 60,
        "email": "ada@example.org",
        "share": 0.1,
    }
    lead = Lead("L-7", NOON - timedelta(days=1), fields={**known})
    asked = Activity("demo_requested", NOON, data={"seconds": 1.5}, id="e-1")
    return playbook.handle(lead, asked, roster, as_of=NOON)


# --- there and back ---


def test_what_was_planned_is_a_line_of_json() -> None:
    assert to_data(PLANNED) == {
        "action": {"send": "guide"},
        "key": "k-1",
        "outcome": "blocked",
        "because": "asleep",
        "rule": "nurture: ask",
        "firing": "f-1",
        "lead": "L-7",
        "at": "2026-03-02T12:00:00Z",
        "until": "2026-03-02T20:00:00Z",
        "content": "guide",
    }
    assert "\n" not in dumps(PLANNED)
    survives(PLANNED)
    survives(attrs.evolve(PLANNED, action=Notify("a", "b"), until=None, content=None))


def test_a_lead_that_is_held_is_written_with_every_reason() -> None:
    assert to_data(HELD)["rejected"] == [{"rep": "ada", "code": "away", "because": "on holiday"}]
    survives(HELD)
    plain = Held("L-7", NOON, because=[])
    assert to_data(plain) == {"lead": "L-7", "at": "2026-03-02T12:00:00Z", "because": []}
    survives(plain)


@pytest.mark.parametrize("roster", [None, Roster([Rep("ada")]), Roster([Rep("ada", capacity=0)])])
def test_an_outcome_survives_with_all_that_was_decided(roster: Roster | None) -> None:
    outcome = handled(roster)
    assert outcome.score is not None
    assert outcome.to_do
    assert (outcome.held is not None) == (roster is not None and roster.reps[0].capacity == 0)
    survives(outcome)


def test_what_time_brought_survives_too() -> None:
    playbook = load_playbook(TOML)
    lead = Lead("L-7", NOON - timedelta(days=30), fields={"email": "a@example.org"})
    outcomes = playbook.review([lead], NOON)
    assert outcomes[0].event is None
    survives(outcomes[0])


def test_an_outcome_tells_a_score_from_what_is_an_event() -> None:
    arm = FieldsSet({"split_subject": "a", "share": 0.5}, NOON, id="s-1")
    lead = Lead("L-7")
    outcome = Outcome(lead, (arm, HELD), (PLANNED,), None, (), notes=("no roster",))
    written = to_data(outcome)
    assert written["decisions"][0]["event"] == "fields_set"
    assert list(written["decisions"][1]) == ["held"]
    assert written["notes"] == ["no roster"]
    survives(outcome)
    scored = handled(None).score
    assert isinstance(scored, Score)
    assert list(to_data(Outcome(lead, (scored,), (), None, ()))["decisions"][0]) == ["score"]


# --- what is wrong ---


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"decisions": [{"event": "tagged"}]}, "decisions[0].event", "expected the kind of event"),
        ({"decisions": [{"hold": {}}]}, "decisions[0].event", "it is missing"),
        ({"decisions": [{"held": {}, "score": {}}]}, "decisions[0]", "exactly one of score, held"),
        ({"decisions": [5]}, "decisions[0]", "expected a decision, got 5"),
        ({"actions": [{}]}, "actions[0].action", "expected an action, but it is missing"),
        ({"roster": 5}, "roster", "expected a table, got 5"),
        ({"notes": "none"}, "notes", "a list of texts"),
        ({"event": {"event": "taged"}}, "event.event", "did you mean 'tagged'?"),
        ({"lead": None}, "lead", "expected a table, got null"),
        ({"leads": []}, "leads", "did you mean 'lead'?"),
    ],
)
def test_bad_data_is_refused_with_the_path(change: Any, path: str, words: str) -> None:
    good = to_data(handled(None))
    with pytest.raises(InvalidDefinition) as caught:
        from_data(good | change, Outcome)
    assert words in {each.path: each.message for each in caught.value.problems}[path]
    assert not validator(Outcome).is_valid(json.loads(json.dumps(good | change)))


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"outcome": "fire"}, "outcome", "did you mean 'fired'?"),
        ({"at": "2026-03-02T12:00:00"}, "at", "with a time zone"),
        ({"action": {"tags": "x"}}, "action.tags", "did you mean 'tag'?"),
        ({"key": 5}, "key", "expected text, got 5"),
    ],
)
def test_a_bad_plan_is_refused_with_the_path(change: Any, path: str, words: str) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        from_data(to_data(PLANNED) | change, Planned)
    assert words in {each.path: each.message for each in caught.value.problems}[path]


def test_a_playbook_without_anything_decides_nothing() -> None:
    outcome = Playbook("p").handle(Lead("L-1"), Activity("call", NOON), as_of=NOON)
    survives(outcome)
    assert set(to_data(outcome)) >= {"lead", "decisions", "actions", "events"}

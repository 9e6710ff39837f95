from __future__ import annotations

import json
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import attrs
import pytest
from jsonschema import Draft202012Validator

from leadflow.actions import Tag
from leadflow.automation import RatingBecomes, ScoreReaches, When
from leadflow.contact import ContactRules
from leadflow.errors import InvalidDefinition, InvalidValue, LimitExceeded
from leadflow.lead import Lead
from leadflow.limits import Limits
from leadflow.playbook import Playbook
from leadflow.presets import playbooks as presets
from leadflow.scoring import Thresholds
from leadflow.serialization import (
    dump_playbook,
    dumps,
    from_data,
    json_schema,
    load_playbook,
    loads,
    to_data,
)
from leadflow.serialization.parsing import Format
from tests.serialization.playbook_document import TOML

FORMATS: tuple[Format, ...] = ("toml", "json")


@cache
def validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(json.dumps(json_schema(Playbook))))


def problems(source: Any, **options: Any) -> dict[str, str]:
    with pytest.raises(InvalidDefinition) as caught:
        load_playbook(source, **options)
    return {problem.path: problem.message for problem in caught.value.problems}


# --- there and back ---


def test_a_playbook_of_every_part_reads_as_people_write_it() -> None:
    playbook = load_playbook(TOML)
    assert dump_playbook(playbook) == TOML
    for form in FORMATS:
        assert load_playbook(dump_playbook(playbook, format=form)) == playbook
    assert loads(dumps(playbook), Playbook) == from_data(to_data(playbook), Playbook) == playbook


def test_the_document_does_use_every_part() -> None:
    playbook, plain = load_playbook(TOML), Playbook("inbound")
    for field in attrs.fields(Playbook)[1:]:
        assert getattr(playbook, field.name) != getattr(plain, field.name), field.name


def test_what_is_as_usual_is_not_written() -> None:
    assert to_data(Playbook("p")) == {"name": "p", "version": "1"}
    assert load_playbook('name = "p"') == Playbook("p")


@pytest.mark.parametrize("name", presets.__all__)
def test_every_preset_survives_and_is_valid(name: str) -> None:
    playbook: Playbook = getattr(presets, name)()
    for form in FORMATS:
        assert load_playbook(dump_playbook(playbook, format=form)) == playbook
    validator().validate(json.loads(dumps(playbook)))


def test_a_file_is_read_by_its_name(tmp_path: Path) -> None:
    playbook = load_playbook(TOML)
    for form in FORMATS:
        path = tmp_path / f"playbook.{form}"
        path.write_text(dump_playbook(playbook, format=form), encoding="utf-8")
        assert load_playbook(path) == load_playbook(str(path)) == playbook
    with pytest.raises(LimitExceeded, match=r"playbook\.toml"):
        load_playbook(tmp_path / "playbook.toml", limits=Limits(document_bytes=100))


def test_a_source_and_a_format_are_checked() -> None:
    with pytest.raises(InvalidValue, match="a path, text or bytes"):
        load_playbook(5)  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match="did you mean 'json'"):
        dump_playbook(Playbook("p"), format="jsn")  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match="a Playbook"):
        dump_playbook(TOML)  # type: ignore[arg-type]


class _OwnRater(Thresholds):
    """One of the host's."""


def test_a_rater_of_the_host_has_no_plain_form() -> None:
    with pytest.raises(InvalidValue, match=r"one of Thresholds, .* of your own is Python"):
        dump_playbook(Playbook("p", rater=_OwnRater(60, 30)))


class _OwnTag(Tag):
    """One of the host's."""


def test_an_action_of_the_host_has_no_plain_form() -> None:
    own = When(RatingBecomes("hot"), then=[_OwnTag("x")])
    with pytest.raises(InvalidValue, match="one of CreateTask, Tag, Untag"):
        dump_playbook(Playbook("p", automations=[own]))


def test_a_condition_as_deep_as_can_be_has_room_in_every_part() -> None:
    condition: Any = {"tag": "x"}
    for _ in range(63):
        condition = {"all": [condition, {"tag": "y"}]}
    step = {"key": "a", "branches": [{"when": condition, "do": [{"tag": "x"}]}]}
    data = {
        "name": "p",
        "sequences": [{"name": "s", "when": condition, "steps": [step]}],
        "automations": [{"when": {"revisit_due": True}, "if": condition, "then": [{"tag": "x"}]}],
    }
    playbook = from_data(data, Playbook)
    for form in FORMATS:
        assert load_playbook(dump_playbook(playbook, format=form)) == playbook


# --- all problems at once ---


def test_problems_of_every_part_are_told_at_once() -> None:
    text = """
name = ""
versoin = "1"
hours = { week = {} }
[scoring]
name = "m"
rules = [{ name = "r", points = "5", when = { tag = "x" } }]
[[pipelines]]
key = "a"
linear = true
stages = [{ key = "new" }, { key = "won", kind = "won" }]
[[pipelines]]
key = "a"
linear = true
stages = [{ key = "new" }, { key = "won", kind = "won" }, 5]
[[automations]]
when = { score_reaches = "60" }
then = [{ tag = "x" }]
[[automations]]
name = "one"
when = { happens = "tagged", where = { tag = "x" } }
then = [{ untag = "x" }]
[[automations]]
name = "two"
when = { happens = "untagged", where = { tag = "x" } }
then = [{ tag = "x" }]
[[sequences]]
name = "s"
steps = [{ key = "a", branches = [{ goto = "b" }] }, { key = "a", aftr = "1 day" }]
"""
    found = problems(text)
    assert set(found) == {
        "name", "versoin", "hours.week", "scoring.rules[0].points", "pipelines[1].key",
        "pipelines[1].stages[2]", "automations[0].when.score_reaches", "automations[1]",
        "sequences[0].steps[0].branches[0].goto", "sequences[0].steps[1].aftr",
        "sequences[0].steps[1].key",
    }  # fmt: skip
    assert "loop: 'one' -> 'two' -> 'one'" in found["automations[1]"]
    assert "did you mean 'version'?" in found["versoin"]


def test_a_loop_counts_the_rules_of_the_document_whatever_comes_before() -> None:
    text = """
name = "p"
[[procedures]]
rating = "hot"
then = [{ tag = "h" }]
on_dates = { due = [{ tag = "d" }] }
[[procedures]]
rating = "hot"
[[automations]]
when = 5
[[automations]]
name = "again"
when = { happens = "tagged" }
then = [{ tag = "x" }]
"""
    found = problems(text)
    assert set(found) == {"procedures[1].rating", "automations[0].when", "automations[0].then",
                          "automations[1]"}  # fmt: skip
    assert "is the rating of procedures[0] too" in found["procedures[1].rating"]
    whole = text.replace('[[procedures]]\nrating = "hot"\n[[auto', "[[auto")
    whole = whole.replace("[[automations]]\nwhen = 5\n", "")
    assert set(problems(whole)) == {"automations[0]"}


def test_a_version_given_twice_is_told_with_its_place() -> None:
    step = 'steps = [{ key = "a" }]'
    twice = f'[[sequences]]\nname = "s"\n{step}\n' * 2
    assert set(problems(f'name = "p"\n{twice}')) == {"sequences[1].version"}
    found = problems(f'name = 5\n[[sequences]]\nname = "s"\n{twice}')
    assert "is sequences[1] too" in found["sequences[2].version"]
    assert "at least" not in str(found)


@pytest.mark.parametrize(
    ("part", "row", "key"),
    [
        (
            "pipelines",
            'key = "a"\nlinear = true\nstages = [{ key = "new" }, { key = "won", kind = "won" }]',
            "key",
        ),
        ("procedures", 'rating = "a"', "rating"),
        ("splits", 'name = "a"\narms = { a = 1, b = 1 }', "name"),
        ("library", 'key = "a"\ntitle = "A"', "key"),
        ("forms", 'name = "a"\nfields = { mail = "email" }', "name"),
        ("segments", 'name = "a"\nwhen = { tag = "x" }', "name"),
        (
            "automations",
            'name = "a"\nwhen = { revisit_due = true }\nthen = [{ tag = "x" }]',
            "name",
        ),
    ],
)
def test_a_key_given_twice_is_told_at_the_second(part: str, row: str, key: str) -> None:
    found = problems(f'name = "p"\n[[{part}]]\n{row}\n[[{part}]]\n{row}')
    assert set(found) == {f"{part}[1].{key}"}
    assert "'a' is the " in found[f"{part}[1].{key}"]


def test_a_bad_step_counts_by_its_key_and_what_may_be_mended_is_not_told() -> None:
    start = 'name = "p"\n[[sequences]]\nname = "s"\nsteps = ['
    first = '{ key = "a", branches = [{ goto = "b", when = { tag = "x" } }, { ends = true }] }, '
    assert problems(start + first + '{ key = "b", after = 5 }, { key = "c" }]').keys() == {
        "sequences[0].steps[1].after"
    }
    assert problems(start + first + "5]").keys() == {"sequences[0].steps[1]"}
    assert problems(start + first + "{ key = 5 }]").keys() == {"sequences[0].steps[1].key"}
    assert problems(start + '{ key = "z", after = 5 }, { key = "z" }]').keys() == {
        "sequences[0].steps[0].after",
        "sequences[0].steps[1].key",
    }


def test_steps_are_checked_though_something_else_of_the_sequence_is_bad() -> None:
    steps = 'steps = [{ key = "a", branches = [{ ends = true }] }, { key = "b" }]'
    found = problems(f'name = "p"\n[[sequences]]\nname = 5\n{steps}')
    assert found.keys() == {"sequences[0].name", "sequences[0].steps[1]"}
    found = problems('name = "p"\n[[sequences]]\nname = "s"\nrounds = 0\nsteps = 5')
    assert found.keys() == {"sequences[0].rounds", "sequences[0].steps"}


def test_rules_that_need_the_scoring_to_loop_are_found_with_the_rest() -> None:
    text = """
name = "p"
time_zone = "Mars"
[scoring]
name = "m"
rules = [{ name = "r", points = 60, when = { tag = "x" } }]
[[automations]]
name = "up"
when = { score_reaches = 60 }
then = [{ untag = "x" }]
[[automations]]
name = "down"
when = { score_falls_below = 60 }
then = [{ tag = "x" }]
"""
    assert problems(text).keys() == {"time_zone", "automations[0]"}


# --- one class after another ---


def test_one_class_is_not_read_as_another() -> None:
    with pytest.raises(InvalidValue, match="got score reaches"):
        from_data({"score_reaches": 60}, RatingBecomes)
    assert from_data({"score_reaches": 60}, ScoreReaches) == ScoreReaches(60)
    with pytest.raises(InvalidDefinition, match="unknown key"):
        from_data(to_data(ContactRules()) | {"x": 1}, ContactRules)


def test_the_schema_takes_the_document_and_refuses_planted_errors() -> None:
    good = json.loads(dump_playbook(load_playbook(TOML), format="json"))
    validator().validate(good)
    changes: tuple[dict[str, Any], ...] = (
        {"nmae": "x"}, {"name": ""}, {"order": ["hottest"]}, {"automations": [{}]},
        {"automations": [{"when": {"score_reach": 60}, "then": []}]},
        {"automations": [{"when": {"revisit_due": False}, "then": []}]},
        {"automations": [{"when": {"revisit_due": True}, "then": [{"tag": "a", "untag": "b"}]}]},
        {"sequences": [{"name": "s", "rounds": "many", "steps": []}]},
        {"contact": {"caps": {"email": {"times": 3, "per": "7 days"}}}},
        {"limits": {"cliff": None}}, {"splits": [{"name": "a", "arms": {"a": 0.5}}]},
    )  # fmt: skip
    for change in changes:
        assert not validator().is_valid(good | change), change


def test_toml_reads_as_the_schema_describes_it() -> None:
    data = tomllib.loads(TOML)
    assert from_data(data, Playbook) == load_playbook(TOML)


def test_the_outcome_of_a_loaded_playbook_is_that_of_the_written(now: Any) -> None:
    playbook = load_playbook(TOML)
    again = load_playbook(dump_playbook(playbook, format="json"))
    lead = Lead("L-1", now, fields={"employees": 60, "email": "a@example.org"})
    assert again.review([lead], now)[:] == playbook.review([lead], now)[:]

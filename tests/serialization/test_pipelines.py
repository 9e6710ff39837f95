from __future__ import annotations

import copy
import itertools
import json
import sys
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from leadflow import LeadflowError, all_of, always, any_of, field
from leadflow.calendars import WorkingHours
from leadflow.conditions import Condition
from leadflow.errors import InvalidDefinition, InvalidValue, LimitExceeded
from leadflow.limits import DEFAULT_LIMITS, Limits
from leadflow.money import Rates
from leadflow.pipeline import OfferCheck, Pipeline, Stage
from leadflow.serialization import (
    dump_pipeline,
    dumps,
    from_data,
    json_schema,
    load_pipeline,
    loads,
    to_data,
)
from leadflow.serialization.parsing import Format
from tests.pipeline_strategies import offer_checks, pipelines, stages, working_hours
from tests.serialization.strategies import anything

SOON = 4 if sys.gettrace() is None else 40
"""Seconds of processor time; each takes two or less, and more where lines are counted."""
FORMATS: tuple[Format, ...] = ("toml", "json")
SALES = Pipeline(
    "sales",
    [
        Stage(
            "new",
            "ליד חדש",
            expected="1 day",
            requires=["source"],
            entry=field("employees").at_least(5),
            respond_within="10 minutes",
        ),
        Stage(
            "offer", probability=0.4, offer=OfferCheck("EUR"), yellow_at=Decimal("0.8"), red_at=2
        ),
        Stage("later", kind="on_hold", follow_up="3 months"),
        Stage("won", kind="won", requires=["deal_value"], needs_disposition=True),
        Stage("lost", kind="lost", label="Lost"),
    ],
    {
        "new": ["offer", "lost"],
        "offer": ["later", "won", "lost"],
        "later": ["offer", "lost"],
        "won": [],
    },
    label="Sales",
    starts=["new", "offer"],
)
TOML = """\
key = "sales"
label = "Sales"
starts = ["new", "offer"]

[[stages]]
key = "new"
label = "ליד חדש"
expected = "1 day"
requires = ["source"]
entry = { field = "employees", at_least = 5 }
respond_within = "10 minutes"

[[stages]]
key = "offer"
probability = 0.4
offer = { currency = "EUR" }
yellow_at = 0.8
red_at = 2.0

[[stages]]
key = "later"
kind = "on_hold"
follow_up = "3 months"

[[stages]]
key = "won"
kind = "won"
requires = ["deal_value"]
needs_disposition = true

[[stages]]
key = "lost"
label = "Lost"
kind = "lost"

[moves]
new = ["offer", "lost"]
offer = ["later", "won", "lost"]
later = ["offer", "lost"]
won = []
"""
LINE = """\
key = "line"
linear = true
stages = [{ key = "new" }, { key = "talking" }, { key = "won", kind = "won" }, { key = "lost", kind = "lost" }]
"""
HOURS = WorkingHours(
    {"mon-fri": "9:00-17:00"}, "Europe/Warsaw", [date(2026, 5, 1), date(2026, 1, 1)]
)


def problems(source: Any, **options: Any) -> dict[str, str]:
    with pytest.raises(InvalidDefinition) as caught:
        load_pipeline(source, **options)
    return {problem.path: problem.message for problem in caught.value.problems}


def told_of(data: Any, cls: Any = Pipeline) -> dict[str, str]:
    with pytest.raises(InvalidDefinition) as caught:
        from_data(data, cls)
    return {problem.path: problem.message for problem in caught.value.problems}


# --- there and back ---


@given(pipelines())
def test_law_what_is_dumped_loads_as_an_equal_pipeline(pipeline: Pipeline) -> None:
    for again in (
        load_pipeline(dump_pipeline(pipeline)),
        load_pipeline(dump_pipeline(pipeline, format="json")),
        load_pipeline(dump_pipeline(pipeline).encode(), format="toml"),
        from_data(to_data(pipeline), Pipeline),
        loads(dumps(pipeline), Pipeline),
    ):
        assert again == pipeline
        assert [repr(stage.entry) for stage in again.stages] == [
            repr(stage.entry) for stage in pipeline.stages
        ]
        assert [*again.moves] == [*pipeline.moves]


@given(st.one_of(stages(), offer_checks(), working_hours()))
def test_law_every_part_survives_the_way_through_plain_data_and_json(value: Any) -> None:
    assert from_data(to_data(value), type(value)) == value
    assert loads(dumps(value), type(value)) == value


@cache
def validator(cls: Any) -> Draft202012Validator:
    return Draft202012Validator(json.loads(json.dumps(json_schema(cls))))


@given(st.one_of(pipelines(), stages(), offer_checks(), working_hours()))
def test_law_whatever_is_written_is_valid_by_the_schema(value: Any) -> None:
    kind: Any = type(value)
    validator(kind).validate(json.loads(dumps(value)))


def test_a_pipeline_reads_as_people_write_it() -> None:
    assert dump_pipeline(SALES) == TOML
    assert load_pipeline(TOML) == SALES


def test_what_is_as_usual_is_not_written() -> None:
    plain = Pipeline("p", [Stage("new"), Stage("won", kind="won")], {"new": ["won"]})
    assert to_data(plain) == {
        "key": "p",
        "stages": [{"key": "new"}, {"key": "won", "kind": "won"}],
        "moves": {"new": ["won"]},
    }
    assert to_data(Pipeline("p", plain.stages, plain.moves, starts=["new"], label="p")) == to_data(
        plain
    )


def test_exact_multiples_and_rates_keep_their_digits() -> None:
    rates = Rates("EUR", {"USD": "0.9200"})
    steps = [
        Stage("new", yellow_at=Decimal("1.10"), red_at=Decimal("1." + "3" * 37), offer=OfferCheck("EUR", rates=rates)),
        Stage("won", kind="won"),
    ]  # fmt: skip
    pipeline = Pipeline("p", steps, {"new": ["won"]})
    assert to_data(pipeline)["stages"][0]["yellow_at"] == {"decimal": "1.10"}
    for form in FORMATS:
        again = load_pipeline(dump_pipeline(pipeline, format=form)).stages[0]
        assert (str(again.yellow_at), str(again.red_at)) == ("1.10", "1." + "3" * 37)


def test_a_file_is_read_by_its_name(tmp_path: Path) -> None:
    for form in FORMATS:
        path = tmp_path / f"sales.{form}"
        path.write_text(dump_pipeline(SALES, format=form), encoding="utf-8")
        assert load_pipeline(path) == load_pipeline(str(path)) == SALES
    path = tmp_path / "sales.json"
    path.write_text("{", encoding="utf-8")
    with pytest.raises(InvalidDefinition, match=r"sales\.json: line 1, column 2: not JSON"):
        load_pipeline(path)


def test_a_source_and_a_format_are_checked() -> None:
    with pytest.raises(InvalidValue, match="a path, text or bytes"):
        load_pipeline(5)  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match="did you mean 'toml'"):
        load_pipeline(TOML, format="tomll")  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match="did you mean 'json'"):
        dump_pipeline(SALES, format="jsn")  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match="a Pipeline"):
        dump_pipeline(TOML)  # type: ignore[arg-type]
    with pytest.raises(InvalidDefinition, match=r"^pipeline document: key: "):
        load_pipeline(TOML.replace('"sales"', '""'))


# --- linear ---


@pytest.mark.parametrize("options", [*itertools.product([None, True, False], repeat=3)], ids=str)
def test_linear_stands_for_the_table_that_it_builds(options: tuple[bool | None, ...]) -> None:
    given: Any = {
        key: value
        for key, value in zip(("skip", "back", "reopen"), options, strict=True)
        if value is not None
    }
    data = to_data(load_pipeline(LINE)) | {"linear": given}
    del data["moves"]
    steps = load_pipeline(LINE).stages
    assert from_data(data, Pipeline) == Pipeline.linear("line", steps, **given)
    validator(Pipeline).validate(data)


def test_linear_is_written_as_its_table() -> None:
    line = load_pipeline(LINE)
    assert line == Pipeline.linear("line", line.stages)
    assert "[moves]" in dump_pipeline(line)
    assert "linear" not in to_data(line)


def test_linear_takes_a_label_and_starts() -> None:
    line = load_pipeline('label = "Line"\nstarts = ["new", "talking"]\n' + LINE)
    assert (line.label, line.starts) == ("Line", ("new", "talking"))


# --- what is wrong ---

BAD = [
    ('key = "sales"', 'key = ""', "key", "not blank"),
    ('key = "sales"', "key = 5", "key", "a name, got 5"),
    ('key = "sales"', "", "key", "missing"),
    ('label = "Sales"', 'label = " "', "label", "not blank"),
    ('label = "Sales"', 'label = "a\\u202eb"', "label", "steering"),
    ('label = "Sales"', 'lable = "Sales"', "lable", "did you mean 'label'?"),
    ('starts = ["new", "offer"]', "starts = []", "starts", "a stage to start in"),
    ('starts = ["new", "offer"]', 'starts = ["mew"]', "starts", "did you mean 'new'?"),
    ('starts = ["new", "offer"]', 'starts = "new"', "starts", "a list"),
    ('starts = ["new", "offer"]', 'starts = ["new", 5]', "starts[1]", "a name, got 5"),
    ('starts = ["new", "offer"]', 'starts = ["won"]', "stages[0]", "nothing leads to 'new'"),
    ('key = "offer"', 'key = "new"', "stages[1].key", "the key of stages[0] too"),
    ('key = "offer"', 'key = "a\\nb"', "stages[1].key", "control"),
    ('key = "offer"', 'kye = "offer"', "stages[1].kye", "did you mean 'key'?"),
    ('label = "Lost"', 'label = "a\\nb"', "stages[4].label", "control"),
    ('kind = "won"', 'kind = "wonn"', "stages[3].kind", "did you mean 'won'?"),
    ('kind = "won"', 'kind = "won"\nprobability = 0.9', "stages[3].probability", "1, for the stage is won"),
    ("probability = 0.4", "probability = 1.4", "stages[1].probability", "between 0 and 1"),
    ("probability = 0.4", 'probability = "40%"', "stages[1].probability", 'got "40%"'),
    ("probability = 0.4", "attempts = 0", "stages[1].attempts", "at least 1"),
    ("probability = 0.4", "attempts = 1.5", "stages[1].attempts", "whole number, got 1.5"),
    ("yellow_at = 0.8", "yellow_at = 0", "stages[1].yellow_at", "above 0"),
    ("yellow_at = 0.8", "yellow_at = 3", "stages[1].yellow_at", "at most red_at"),
    ("yellow_at = 0.8", "yellow_at = nan", "stages[1].yellow_at", "finite"),
    ("red_at = 2.0", 'red_at = "2"', "stages[1].red_at", 'a number, got "2"'),
    ("red_at = 2.0", "red_on = 2.0", "stages[1].red_on", "did you mean 'red_at'?"),
    ('currency = "EUR"', 'currency = "EURO"', "stages[1].offer.currency", "did you mean 'EUR'?"),
    ('currency = "EUR"', "", "stages[1].offer.currency", "missing"),
    ('currency = "EUR"', 'currency = "EUR", budgets = "x"', "stages[1].offer.budgets", "did you mean 'budget'?"),
    ('expected = "1 day"', 'expected = "1 dya"', "stages[0].expected", "a unit of time, got 'dya'"),
    ('expected = "1 day"', "expected = 1", "stages[0].expected", "a span such as '30 days', got 1"),
    ('"10 minutes"', '"soon"', "stages[0].respond_within", "a span"),
    ('"3 months"', '"0 months"', "stages[2].follow_up", "not empty"),
    ('requires = ["source"]', 'requires = "source"', "stages[0].requires", "a list"),
    ('requires = ["source"]', 'requires = ["source", ""]', "stages[0].requires[1]", "not blank"),
    ("at_least = 5", "atleast = 5", "stages[0].entry.atleast", "did you mean 'at_least'?"),
    ("at_least = 5", 'at_least = "5"', "stages[0].entry.at_least", "text has no order"),
    ("= true", '= "yes"', "stages[3].needs_disposition", "true or false"),
    ("won = []", 'won = ["won"]', "moves.won[0]", "cannot lead to itself"),
    ("won = []", 'wno = ["offer"]', "moves.wno", "did you mean 'won'?"),
    ("won = []", '" won" = []\nwon = []', "moves", "each stage once"),
    ("won = []", '"" = []', 'moves.""', "not blank"),
    ("won = []", 'won = "lost"', "moves.won", "a list of stages' keys"),
    ('["offer", "lost"]\noffer', '["offer", "lots"]\noffer', "moves.new[1]", "did you mean 'lost'?"),
    ('["later", "won", "lost"]', '["won", "lost"]', "stages[2]", "nothing leads to 'later'"),
    ('later = ["offer", "lost"]\n', "", "stages[2]", "'later' has no way out"),
    ("[moves]", "[move]", "move", "did you mean 'moves'?"),
    ("[moves]", "[move]", "moves", "expected moves, or linear = true, but both are missing"),
    ('label = "Sales"', "linear = true", "linear", "either moves or linear, got both"),
    ("[moves]", "[linear]", "linear.new", "unknown key"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "path", "words"), BAD)
def test_a_planted_error_is_refused_with_its_path(
    old: str, new: str, path: str, words: str
) -> None:
    assert TOML.count(old)
    found = problems(TOML.replace(old, new, 1))
    assert words in found[path]


@pytest.mark.parametrize(
    ("source", "path", "words"),
    [
        ("", "stages", "expected a list of stages, but it is missing"),
        ("[]", "line 1, column 2", "not TOML"),
        ('{"key": "a", "key": "b"}', "key", "each key once"),
        (LINE.replace("true", "false"), "linear", "expected true, or a table of skip, back, reopen, got false"),
        (LINE.replace("true", "{ skp = true }"), "linear.skp", "did you mean 'skip'?"),
        (LINE.replace("true", "{ skip = 1 }"), "linear.skip", "true or false, got 1"),
        (LINE.replace('"won"', '"new"', 1), "stages[2].key", "the key of stages[0] too"),
        ('key = "a"\nlinear = true\nstages = []', "stages", "expected a closed stage"),
        ('key = "a"\nlinear = true\nstages = 5', "stages", "a list of stages, got 5"),
        ('key = "a"\nlinear = true\nstages = [5]', "stages[0]", "a table, got 5"),
        ('key = "a"\nlinear = true\nstages = [{ key = "b" }]', "stages", "a closed stage (kind won or lost), got none"),
        ('{"key": "a", "stages": [{"key": "b", "kind": "won"}], "moves": null}', "moves", "a table, got null"),
        ('{"key": "a", "stages": [{"key": "b", "kind": "won"}], "moves": {"b": null}}', "moves.b", "a list of names"),
    ],
)  # fmt: skip
def test_a_bad_document_is_refused_with_the_path(source: str, path: str, words: str) -> None:
    assert words in problems(source)[path]


def test_a_bad_stage_does_not_hide_what_is_wrong_with_the_others() -> None:
    found = problems(
        TOML.replace('"1 day"', "1")
        .replace('"10 minutes"', "5")
        .replace('key = "lost"', 'key = "won"')
        .replace("won = []", 'wno = ["lots"]')
        .replace('starts = ["new", "offer"]', 'starts = ["mew"]')
        .replace('key = "sales"', "")
    )
    assert list(found) == [
        "stages[0].expected",
        "stages[0].respond_within",
        "key",
        "stages[4].key",
        "starts",
        "moves.new[1]",
        "moves.offer[2]",
        "moves.later[1]",
        "moves.wno",
        "moves.wno[0]",
    ]


def test_a_bad_stage_still_counts_by_its_key_and_kind() -> None:
    bad = {"key": "b", "attempts": 0}
    data = {"key": "p", "stages": [{"key": "a"}, bad], "moves": {"a": ["b", "c"]}}
    assert set(told_of(data)) == {"stages[1].attempts", "moves.a[1]", "stages"}
    closing = data | {"stages": [{"key": "a"}, {"kidn": "won", "key": "b"}]}
    assert set(told_of(closing)) == {"stages[1].kidn", "moves.a[1]"}
    alone = closing | {"moves": {"b": []}}
    assert told_of(alone)["stages[0]"] == "'a' has no way out"
    assert "stages[0]" not in told_of(alone | {"starst": ["a"]})
    assert "stages[0]" not in told_of(alone | {"moves": {"b": 5}})
    assert "stages[0]" not in told_of(alone | {"starts": ["a", 5]})
    assert "stages[0]" not in told_of({"key": "p", "stages": alone["stages"]})


def test_moves_are_not_called_dangling_while_a_key_is_not_known() -> None:
    data = {"key": "p", "stages": [{"key": "a"}, {"kye": "b"}, {"key": "a"}], "moves": {"a": ["b"]}}
    assert set(told_of(data)) == {"stages[1].kye", "stages[1].key", "stages[2].key"}
    assert set(told_of(data | {"stages": [{"key": "a"}, 5, {"key": "a"}]})) == {
        "stages[1]",
        "stages[2].key",
    }


def test_a_stage_without_a_key_is_not_called_out_of_reach() -> None:
    steps = [{"key": "a"}, {"kye": "b"}, {"key": "c", "kind": "won"}]
    data = {"key": "p", "stages": steps, "moves": {"a": ["c"]}}
    assert set(told_of(data)) == {"stages[1].kye", "stages[1].key"}


def test_without_a_table_of_moves_the_rest_is_still_checked() -> None:
    data = {"key": "p", "stages": [{"key": "a"}, {"key": "a"}], "starts": ["b"]}
    assert set(told_of(data)) == {"moves", "stages[1].key", "starts", "stages"}
    assert "starts" in told_of(data | {"starts": []})


def test_what_belongs_together_in_a_bad_stage_is_checked_too() -> None:
    data = {"key": "a", "kind": "won", "probability": 0.5, "yellow_at": 3, "red_at": 2, "colour": 1}
    assert set(told_of(data, Stage)) == {"colour", "probability", "yellow_at"}
    assert set(told_of(data | {"red_at": -1}, Stage)) == {"colour", "probability", "red_at"}


def _at(*path: Any) -> Callable[[dict[str, Any]], Any]:
    def spoil(data: dict[str, Any]) -> None:
        node: Any = data
        for step in path[:-2]:
            node = node[step]
        node[path[-2]] = path[-1]

    return spoil


def _renamed(key: str, to: str) -> Callable[[dict[str, Any]], None]:
    def spoil(data: dict[str, Any]) -> None:
        if key in data:
            data[to] = data.pop(key)

    return spoil


def _in_stage(
    index: int, spoil: Callable[[dict[str, Any]], None]
) -> Callable[[dict[str, Any]], None]:
    return lambda data: spoil(data["stages"][index % len(data["stages"])])


SPOILT = [
    (_at("key", 5), ("key",)),
    (_at("starts", 5), ("starts",)),
    (_at("starts", [5]), ("starts[0]",)),
    (_at("label", " "), ("label",)),
    (_renamed("starts", "start"), ("start",)),
    (_renamed("moves", "move"), ("move", "moves")),
    (_at("moves", 5), ("moves",)),
    (_at("moves", "", []), ('moves.""',)),
    (_at("linear", True), ("linear",)),
    (_at("stages", 0, 5), ("stages[0]",)),
    (_at("stages", -1, 5), ("stages[",)),
    (_at("stages", 5), ("stages",)),
    (_in_stage(0, _at("expected", 5)), ("stages[0].expected",)),
    (_in_stage(1, _renamed("key", "kye")), ("stages[",)),
    (_in_stage(1, _at("key", " ")), ("stages[",)),
    (_in_stage(0, _renamed("kind", "kidn")), ("stages[0].kidn",)),
    (_in_stage(-1, _renamed("kind", "kidn")), ("stages[",)),
    (_in_stage(-1, _at("kind", "wonn")), ("stages[",)),
    (_in_stage(-1, _at("kind", [])), ("stages[",)),
]


@given(pipelines(), st.sampled_from(SPOILT))
def test_law_one_bad_part_brings_no_claim_about_the_others(pipeline: Pipeline, bad: Any) -> None:
    spoil, places = bad
    good = to_data(pipeline)
    data = copy.deepcopy(good)
    spoil(data)
    if data == good:
        return
    assert all(path.startswith(places) for path in told_of(data))


@given(st.data())
def test_law_with_one_part_replaced_there_is_a_value_or_a_leadflow_error(data: Any) -> None:
    value = data.draw(st.one_of(pipelines(), working_hours()))
    plain = node = to_data(value)
    while True:
        key = data.draw(st.sampled_from([*node] if isinstance(node, dict) else [*range(len(node))]))
        if not (isinstance(node[key], dict | list) and node[key] and data.draw(st.booleans())):
            break
        node = node[key]
    node[key] = data.draw(anything())
    try:
        from_data(plain, type(value))
    except LeadflowError as error:
        assert len(str(error)) <= 4_000  # noqa: PT017 (either answer is right)


# --- hostile documents ---


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("#" * 1_048_577, "the bytes"),
        ("stages = " + "[" * 100_000, "levels of nested brackets"),
        ('{"stages":' + "[" * 100_000, "levels of nested brackets"),
        ("moves." + ".".join(["a"] * 20_000) + " = 1", "parts of a dotted key"),
        ("yellow_at = " + "9" * 1_000_000, "characters of a number or key"),
    ],
    ids=str.split,
)
def test_a_hostile_document_is_refused_at_once(source: str, words: str) -> None:
    start = time.process_time()
    with pytest.raises(LimitExceeded, match=words):
        load_pipeline(source)
    assert time.process_time() - start < SOON


def stages_and(count: int, rest: str) -> str:
    listed = "".join(f'{{key="k{n}"}},' for n in range(count))
    return f'key="p"\n{rest}\nstages=[{listed}{{key="won",kind="won"}}]\n'


HOSTILE = {
    "stages": stages_and(70_000, "linear=true"),
    "stages, and no key": stages_and(70_000, "linear=true")[8:],
    "bad stages": stages_and(70_000, "linear=true").replace("key", "kye"),
    "starts": stages_and(3, f"linear=true\nstarts={list(map(str, range(90_000)))}"),
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_thousands_of_stages_or_names_are_answered_soon(source: str) -> None:
    start = time.process_time()
    with pytest.raises(LeadflowError):
        load_pipeline(source)
    assert time.process_time() - start < SOON


def test_limits_hold_exactly() -> None:
    assert len(load_pipeline(stages_and(499, "linear=true")).stages) == DEFAULT_LIMITS.stages
    assert "at most 500 stages, got 501" in problems(stages_and(500, "linear=true"))["stages"]
    assert "at most 500 stages, got 501" in problems(stages_and(500, "lniear=true"))["stages"]
    size = len(TOML.encode())
    assert load_pipeline(TOML, limits=Limits(document_bytes=size)) == SALES
    with pytest.raises(LimitExceeded, match="the bytes"):
        load_pipeline(TOML, limits=Limits(document_bytes=size - 1))


def deep(levels: int) -> Condition:
    condition: Condition = always()
    for level in range(levels - 1):
        condition = all_of(condition) if level % 2 else any_of(condition)
    return condition


def test_the_deepest_condition_survives_and_one_level_more_is_refused() -> None:
    steps = [Stage("new", entry=deep(DEFAULT_LIMITS.depth)), Stage("won", kind="won")]
    pipeline = Pipeline("p", steps, {"new": ["won"]})
    assert load_pipeline(dump_pipeline(pipeline)) == pipeline
    assert load_pipeline(dump_pipeline(pipeline, format="json")) == pipeline
    found = problems(
        dump_pipeline(pipeline).replace("{ always = true }", "{ not = { always = true } }")
    )
    assert "levels of nesting may be at most 64, got 65" in "".join(found.values())


# --- by the schema ---


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["key"], ""),
        (["kye"], "sales"),
        (["starts"], "new"),
        (["stages"], {}),
        (["stages", 0, "key"], 5),
        (["stages", 0, "kind"], "wonn"),
        (["stages", 0, "colour"], "red"),
        (["stages", 0, "expected"], 5),
        (["stages", 1, "probability"], 1.5),
        (["stages", 1, "attempts"], 1.5),
        (["stages", 1, "yellow_at"], "1"),
        (["stages", 1, "offer"], {}),
        (["stages", 0, "entry", "atleast"], 5),
        (["moves"], []),
        (["moves", "new"], "won"),
        (["moves", "new", 0], 5),
        (["linear"], True),
    ],
)
def test_an_error_planted_in_a_pipeline_is_refused_by_the_schema(
    path: list[Any], value: Any
) -> None:
    data: Any = json.loads(dumps(SALES))
    assert validator(Pipeline).is_valid(data)
    node = data
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    assert not validator(Pipeline).is_valid(data)


def test_by_the_schema_there_is_a_table_of_moves_or_linear() -> None:
    data = json.loads(dumps(SALES))
    del data["moves"]
    assert not validator(Pipeline).is_valid(data)
    for linear, valid in (
        (True, True),
        ({"back": False}, True),
        (False, False),
        ({"bck": 1}, False),
    ):
        assert validator(Pipeline).is_valid(data | {"linear": linear}) is valid


# --- working hours ---


def test_working_hours_are_written_by_single_days() -> None:
    assert to_data(HOURS) == {
        "week": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "09:00-17:00"),
        "zone": "Europe/Warsaw",
        "holidays": ["2026-01-01", "2026-05-01"],
    }
    assert to_data(WorkingHours({"sat": "10:00-12:00"})) == {"week": {"sat": "10:00-12:00"}}


def test_working_hours_read_as_people_write_them() -> None:
    data = {
        "week": {"Mon-Fri": "9:00-17:00"},
        "zone": "Europe/Warsaw",
        "holidays": ["2026-05-01", date(2026, 1, 1), "2026-05-01"],
    }
    assert from_data(data, WorkingHours) == HOURS


@pytest.mark.parametrize(
    ("data", "path", "words"),
    [
        ({}, "week", "missing"),
        ({"week": {}}, "week", "at least one block"),
        ({"week": "9:00-17:00"}, "week", "a table"),
        ({"week": {"mno": "9:00-17:00"}}, "week.mno", "did you mean 'mon'?"),
        ({"week": {"mon": "9-17"}}, "week.mon", "hours such as '09:00-17:00'"),
        ({"week": {"mon": 9}}, "week.mon", "text, got 9"),
        ({"week": {"mon": None}}, "week.mon", "hours such as"),
        ({"week": {"mon": "9:00-12:00", "monday": "11:00-13:00"}}, "week", "do not overlap"),
        ({"week": {"mon": "9:00-12:00"}, "zone": "Mars"}, "zone", "a time zone such as"),
        ({"week": {"mon": "9:00-12:00"}, "zoen": "UTC"}, "zoen", "did you mean 'zone'?"),
        ({"week": {"mon": "9:00-12:00"}, "holidays": "2026-05-01"}, "holidays", "a list"),
        ({"week": {"mon": "9:00-12:00"}, "holidays": ["1 May"]}, "holidays[0]", "a date such as"),
    ],
)
def test_bad_working_hours_name_the_place(data: Any, path: str, words: str) -> None:
    assert words in told_of(data, WorkingHours)[path]


def test_all_bad_days_of_working_hours_are_told_at_once() -> None:
    data = {"week": {"mno": "9:00-17:00", "tue": "9-17"}, "holidays": ["1 May"]}
    assert set(told_of(data, WorkingHours)) == {"week.mno", "week.tue", "holidays[0]"}

from __future__ import annotations

import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from leadflow import Lead, LeadflowError, Money, activity, all_of, always, any_of, field, tag
from leadflow.conditions import Condition, LeadSchema
from leadflow.errors import InvalidDefinition, InvalidValue, LimitExceeded
from leadflow.events import Event
from leadflow.limits import DEFAULT_LIMITS, Limits
from leadflow.scoring import Grid, Group, HalfLife, Rule, Score, ScoringModel, Thresholds
from leadflow.serialization import Scoring, dump_scoring, dumps, load_scoring, loads
from tests.serialization.strategies import scorings

SOON = 2 if sys.gettrace() is None else 20
"""Seconds of processor time; each takes half a second or less, and more where lines are counted."""
MODEL = ScoringModel(
    "inbound",
    rules=[
        Rule("asked for a demo", +40, when=activity("demo_requested").within("14 days")),
        Rule("mid-market", +20, when=field("employees").between(50, 1_000)),
        Rule("opened", +2, each=activity("email_opened", campaign="May"), limit=20, fade=HalfLife("30 days"), group="mail"),
        Rule("rich", +5, when=field("deal_value").at_least(Money("100.00", "EUR")) & ~tag("partner")),
        Rule("due", +5, when=field("due").equals(date(2026, 5, 1)) | field("due").in_next("3 months")),
    ],
    groups=[Group("mail", at_most=20)],
    ceiling=100,
)  # fmt: skip
SCORING = Scoring(MODEL, Thresholds(hot=60, warm=30), Grid(fit=(40, 20), engagement=(50, 10)))
TOML = """\
name = "inbound"
ceiling = 100
version = "1"

[[rules]]
name = "asked for a demo"
points = 40
when = { activity = "demo_requested", within = "14 days" }

[[rules]]
name = "mid-market"
points = 20
when = { field = "employees", between = [50, 1000] }

[[rules]]
name = "opened"
points = 2
each = { activity = "email_opened", where = { campaign = "May" } }
limit = 20
fade = { half_life = "30 days" }
group = "mail"

[[rules]]
name = "rich"
points = 5
when = { all = [{ field = "deal_value", at_least = { money = "100.00 EUR" } }, { not = { tag = "partner" } }] }

[[rules]]
name = "due"
points = 5
when = { any = [{ field = "due", equals = 2026-05-01 }, { field = "due", in_next = "3 months" }] }

[[groups]]
name = "mail"
at_most = 20

[rater.thresholds]
hot = 60
warm = 30

[grid]
fit = [40, 20]
engagement = [50, 10]
"""


def rule(when: str, rest: str = "") -> str:
    return f'name = "m"\nrules = [{{ name = "r", points = 5, when = {when}{rest} }}]'


def problems(source: Any, **options: Any) -> dict[str, str]:
    with pytest.raises(InvalidDefinition) as caught:
        load_scoring(source, **options)
    return {problem.path: problem.message for problem in caught.value.problems}


@given(scorings())
def test_a_document_round_trip_is_identity_in_both_formats(scoring: Scoring) -> None:
    assert load_scoring(dump_scoring(scoring)) == scoring
    assert load_scoring(dump_scoring(scoring, format="json")) == scoring
    assert load_scoring(dump_scoring(scoring).encode(), format="toml") == scoring
    assert repr(load_scoring(dump_scoring(scoring)).model) == repr(scoring.model)
    assert loads(dumps(scoring), Scoring) == scoring


def test_a_document_reads_as_people_write_it() -> None:
    assert dump_scoring(SCORING) == TOML
    assert load_scoring(TOML) == SCORING


def test_a_file_is_read_by_its_name_with_or_without_a_byte_order_mark(tmp_path: Path) -> None:
    toml, json = tmp_path / "m.toml", tmp_path / "m.json"
    toml.write_bytes(b"\xef\xbb\xbf" + TOML.encode())
    json.write_text(dump_scoring(SCORING, format="json"), encoding="utf-8")
    assert load_scoring(toml) == load_scoring(str(toml)) == load_scoring(str(json)) == SCORING
    assert load_scoring("\ufeff" + TOML) == load_scoring(b"\xef\xbb\xbf" + TOML.encode()) == SCORING


def test_a_file_of_another_name_is_read_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "model.txt"
    path.write_text(dump_scoring(SCORING, format="json"), encoding="utf-8")
    assert load_scoring(path) == SCORING
    with pytest.raises(InvalidDefinition, match=r"model\.txt: line 1, column 1: not TOML"):
        load_scoring(path, format="toml")


@pytest.mark.parametrize("name", ["Model.TOML", "Model.Json"])
def test_a_name_of_a_file_may_end_in_capitals(tmp_path: Path, name: str) -> None:
    form: Any = name[-4:].lower()
    path = tmp_path / name
    path.write_text(dump_scoring(SCORING, format=form), encoding="utf-8")
    assert load_scoring(str(path)) == SCORING


@pytest.mark.parametrize("source", ["model.yaml", "model", "C:\\models\\fit 2.tml", "../fit.toml~"])
def test_a_text_that_could_be_a_path_is_asked_about(source: str) -> None:
    with pytest.raises(InvalidDefinition, match=r"if this is a path, pass pathlib\.Path\(\.\.\.\)"):
        load_scoring(source)


@pytest.mark.parametrize("source", [b"model", "name =", "model\nname", "[model"])
def test_a_text_that_could_not_be_a_path_is_not_asked_about(source: str | bytes) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        load_scoring(source)
    assert "pathlib" not in str(caught.value)


@pytest.mark.parametrize("name", ["missing.toml", "a\0b.toml", "."])
def test_a_file_that_cannot_be_read_is_said_so(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidDefinition, match="cannot be read: "):
        load_scoring(Path(str(tmp_path) + "/" + name))


@pytest.mark.parametrize("source", [None, 5, ["x"]])
def test_a_source_is_a_path_text_or_bytes(source: Any) -> None:
    with pytest.raises(InvalidValue, match="a path, text or bytes"):
        load_scoring(source)
    with pytest.raises(InvalidValue, match="text or bytes"):
        loads(source, Lead)


def test_a_format_is_toml_or_json() -> None:
    with pytest.raises(InvalidValue, match="did you mean 'toml'"):
        load_scoring(TOML, format="tomll")  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match="toml or json"):
        dump_scoring(SCORING, format=5)  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match="a Scoring"):
        dump_scoring(MODEL)  # type: ignore[arg-type]


BAD = [
    # the whole document
    ("", "name", "missing"),
    ("", "rules", "missing"),
    ("[]", "", "line 1"),
    ('{"name": "m", "name": "n", "rules": []}', "name", "each key once"),
    ('{"name": "m", "rules": [{"when": {"tag": "a", "tag": "b"}}]}', "rules[0].when.tag", "each key once"),
    ('{"name": "m", "rules": [], "floor": NaN}', "line 1, column 37", "finite number, got NaN"),
    ('{"name": "NaN", "floor": -Infinity}', "line 1, column 26", "finite number, got -Infinity"),
    ('{"name": "m" "rules": []}', "line 1, column 14", "not JSON"),
    ('{"name": "m\n"}', "line 1, column 12", "control character"),
    ("{", "line 1, column 2", "not JSON"),
    ('name = "m"\nrules = [', "line 2, column 10", "not TOML"),
    ('name = "m"\nname = "n"', "line 2, column 11", "cannot overwrite"),
    ('name = "a\0b"', "line 1, column 10", "illegal character"),
    ("name = 5", "name", "expected a name, got 5"),
    ('name = ""', "name", "not blank"),
    ('name = "a\\u202eb"', "name", "invisible"),
    ('name = "m"\nrules = []', "rules", "at least one rule"),
    ('name = "m"\nrules = "abc"', "rules", 'expected a list of rules, got "abc"'),
    ('name = "m"\nrules = ["abc"]', "rules[0]", 'expected a table, got "abc"'),
    ('nmae = "m"', "nmae", "did you mean 'name'?"),
    # numbers
    (rule('{ tag = "x" }').replace("5", "5.9"), "rules[0].points", "whole number, got 5.9"),
    (rule('{ tag = "x" }').replace("5", '"5"'), "rules[0].points", 'whole number, got "5"'),
    (rule('{ tag = "x" }').replace("5", "true"), "rules[0].points", "whole number, got true"),
    (rule('{ tag = "x" }').replace("5", "nan"), "rules[0].points", "whole number"),
    (rule('{ tag = "x" }').replace("5", "9" * 30), "rules[0].points", "may be at most"),
    (rule('{ field = "x", at_least = inf }'), "rules[0].when.at_least", "finite number"),
    (rule('{ field = "x", at_least = 1e400 }'), "rules[0].when.at_least", "may be at most"),
    (rule('{ field = "x", at_least = 1e99999999999999999999 }'), "rules[0].when.at_least", "finite"),
    ('{"name": "m", "calibration": {"below": 1e400, "steps": [[1, 0.5]]}}', "calibration.below", "finite number that a float"),
    ('name="m"\n[calibration]\nbelow = 1.5\nsteps = [[1, 0.5], [2], [3, "x"]]', "calibration.below", "between 0 and 1"),
    ('name="m"\n[calibration]\nbelow = 0.5\nsteps = [[1, 0.5], [2], [3, "x"]]', "calibration.steps[1]", "points and a probability"),
    ('name="m"\n[calibration]\nbelow = 0.5\nsteps = [[1, 0.5], [2], [3, "x"]]', "calibration.steps[2][1]", 'got "x"'),
    ('name="m"\n[calibration]\nbelow = 0.5\nsteps = [[3, 0.5], [2, 0.5]]', "calibration.steps", "points that rise"),
    (
        'name="m"\n[calibration]\nbelow = nan\nsteps = [[3, 0.5]]',
        "calibration.below",
        "finite number, got NaN",
    ),
    # conditions
    (rule("{ field = 5, equals = 1 }"), "rules[0].when.field", "a name, got 5"),
    (rule('{ field = "x", betwen = [1, 2] }'), "rules[0].when.betwen", "did you mean 'between'?"),
    (rule('{ field = "x", between = ["a"] }'), "rules[0].when.between", 'expected two numbers, got ["a"]'),
    (rule('{ field = "x", between = [2, 1] }'), "rules[0].when.between", "the low end first"),
    (rule('{ field = "x", between = [1, "a"] }'), "rules[0].when.between", "two numbers, dates"),
    (rule('{ field = "x", between = [1, [2]] }'), "rules[0].when.between[1]", "text, a number"),
    (rule('{ field = "x", between = [{ money = "1 EUR" }, { money = "2 USD" }] }'), "rules[0].when.between", "EUR and USD"),
    (rule('{ field = "x", one_of = "abc" }'), "rules[0].when.one_of", "a list of values"),
    (rule('{ field = "x", one_of = [] }'), "rules[0].when.one_of", "at least one value"),
    (rule('{ field = "x" }'), "rules[0].when", "expected one operator, got none"),
    (rule('{ field = "x", at_least = 1, at_most = 2 }'), "rules[0].when", "expected one operator, got at_least, at_most"),
    (rule("{ field = 5, equals = [1] }"), "rules[0].when.field", "a name, got 5"),
    (rule("{ field = 5, equals = [1] }"), "rules[0].when.equals", "got [1]"),
    (rule('{ field = "x", at_least = "a" }'), "rules[0].when.at_least", "text has no order"),
    (rule('{ field = "x", is_known = false }'), "rules[0].when.is_known", "expected true, got false"),
    (rule('{ field = "x", is_known = "true" }'), "rules[0].when.is_known", 'expected true, got "true"'),
    (rule('{ field = "x", is_unknown = 1 }'), "rules[0].when.is_unknown", "expected true, got 1"),
    (rule('{ field = "x", contains = "" }'), "rules[0].when.contains", "not empty"),
    (rule('{ field = "x", in_last = "3 fortnights" }'), "rules[0].when.in_last", "a unit of time"),
    (rule('{ field = "x", in_last = "3 hours" }'), "rules[0].when.in_last", "conditions count days"),
    (rule('{ field = "x", in_last = 3 }'), "rules[0].when.in_last", "a span such as '30 days', got 3"),
    (rule('{ field = "x", at_most = { field = "y", of = 1 } }'), "rules[0].when.at_most.of", "unknown key"),
    (rule('{ field = "x", equals = { mony = "1 EUR" } }'), "rules[0].when.equals", "did you mean 'money'?"),
    (rule('{ field = "x", equals = { money = "1 EURO" } }'), "rules[0].when.equals.money", "ISO 4217"),
    (rule('{ field = "x", equals = { date = "2025-02-29" } }'), "rules[0].when.equals.date", "a date such as"),
    (rule('{ field = "x", equals = { date = "0000-01-01" } }'), "rules[0].when.equals.date", "a date such as"),
    (rule('{ field = "x", equals = { datetime = "10000-01-01T00:00:00Z" } }'), "rules[0].when.equals.datetime", "a datetime such as"),
    (rule('{ field = "x", equals = { datetime = "2026-01-01T00:00:00" } }'), "rules[0].when.equals.datetime", "time zone"),
    (rule('{ field = "x", equals = { decimal = "1e5" } }'), "rules[0].when.equals.decimal", "digits such as"),
    (rule('{ field = "x", equals = { date = "2026-01-01", money = "1 EUR" } }'), "rules[0].when.equals", "one key of"),
    (rule('{ field = "x", equals = 2026-01-01T00:00:00 }'), "rules[0].when.equals", "time zone"),
    (rule('{ field = "x", equals = 09:30:00 }'), "rules[0].when.equals", "text, a number"),
    (rule('{ field = "x", equals = 2025-02-29 }'), "line 2, column 67", "invalid date"),
    (rule('{ field = "x", equals = 0000-01-01 }'), "line 2, column 67", "invalid date"),
    (rule("{ }"), "rules[0].when", "expected one of field, tag"),
    (rule('{ tag = "x", activity = "y" }'), "rules[0].when", "one condition"),
    (rule('{ tagg = "x" }'), "rules[0].when.tagg", "did you mean 'tag'?"),
    (rule('{ tag = "x", within = "1 day" }'), "rules[0].when.within", "unknown key"),
    (rule("{ always = false }"), "rules[0].when.always", "expected true"),
    (rule("{ always = true, x = 1 }"), "rules[0].when.x", "unknown key"),
    (rule("{ all = [] }"), "rules[0].when.all", "at least one condition"),
    (rule('{ any = { tag = "x" } }'), "rules[0].when.any", "a list of conditions"),
    (rule('{ all = [{ tag = "x" }, { not = { field = "y", between = ["a"] } }] }'), "rules[0].when.all[1].not.between", 'expected two numbers, got ["a"]'),
    (rule("{ not = { tag = 1 }, nott = 1 }"), "rules[0].when.not.tag", "a name"),
    (rule('{ not = { tag = "x" }, nott = 1 }'), "rules[0].when.nott", "did you mean 'not'?"),
    (rule('{ activity = "x", at_least = 1.5 }'), "rules[0].when.at_least", "whole number"),
    (rule('{ activity = "x", at_least = 3, at_most = 2 }'), "rules[0].when", "smaller number first"),
    (rule('{ activity = "x", time = 3 }'), "rules[0].when.time", "unknown key"),
    (rule('{ activity = "x", within = "5 seconds" }'), "rules[0].when.within", "conditions count days"),
    (rule('{ activity = "x", where = "y" }'), "rules[0].when.where", "names and the values"),
    (rule('{ activity = "x", where = { } }'), "rules[0].when.where", "at least one condition"),
    (rule('{ activity = "x", where = { page = [1] } }'), "rules[0].when.where.page", "text, a number"),
    (rule('{ activity = "x", where = { not = { tag = "y" } } }'), "rules[0].when.where", "tags and activities belong"),
    (rule('{ first = { activity = "x" } }'), "rules[0].when.then", "missing"),
    (rule('{ first = { tag = "x" }, then = { activity = "y", at_least = 2 } }'), "rules[0].when.first", "an activity without"),
    (rule('{ first = { tag = "x" }, then = { activity = "y", at_least = 2 } }'), "rules[0].when.then", "an activity without"),
    (rule('{ first = { activity = "x" }, then = { activity = "y" }, within = "1 month" }'), "rules[0].when.within", "whole days"),
    # rules, groups, raters
    (rule('{ tag = "x" }', ", limit = 5"), "rules[0].limit", "belongs to rules with each"),
    (rule('{ tag = "x" }', ", each = { tag = 'y' }"), "rules[0]", "either when=condition or each"),
    (rule('{ tag = "x" }', ', group = "g"'), "rules[0].group", "there is no group 'g'"),
    (rule('{ tag = "x" }', ", fade = { halflife = '3 days' }"), "rules[0].fade.halflife", "did you mean 'half_life'?"),
    (rule('{ tag = "x" }', ", fade = { }"), "rules[0].fade", "exactly one of half_life, expiry"),
    (rule('{ tag = "x" }', ", fade = { half_life = '1 month' }"), "rules[0].fade.half_life", "whole days"),
    (rule('{ tag = "x" }') + '\ngroups = [{ name = "g" }]', "groups[0]", "at_most or at_least"),
    (rule('{ tag = "x" }') + '\ngroups = [{ name = "g", at_most = -1 }]', "groups[0].at_most", "0 or more"),
    (rule('{ tag = "x" }') + "\nfloor = 5\nceiling = 1", "floor", "at most the ceiling 1"),
    (rule('{ field = "agee", equals = 1 }') + '\nschema = { fields = { age = "number" } }', "rules[0].when", "did you mean 'age'?"),
    (rule('{ field = "age", equals = "x" }') + '\nschema = { fields = { age = "number" } }', "rules[0].when", "never compare"),
    (rule('{ tag = "x" }') + '\nschema = { fields = { age = "nmber" } }', "schema.fields.age", "did you mean 'number'?"),
    (rule('{ tag = "x" }') + '\nschema = { fields = { stage = "text" } }', "schema.fields.stage", "no attribute of Lead"),
    (rule('{ tag = "x" }') + "\nrater = { thresholds = { hot = 1, warm = 2 } }", "rater.thresholds.hot", "more than warm"),
    (rule('{ tag = "x" }') + "\nrater = { tresholds = { hot = 1, warm = 2 } }", "rater.tresholds", "did you mean 'thresholds'?"),
    (rule('{ tag = "x" }') + "\nrater = { thresholds = { hot = 1 } }", "rater.thresholds.warm", "missing"),
    (rule('{ tag = "x" }') + '\nrater = { timeline_and_size = { medium = "5 EUR", large = "9 USD" } }', "rater.timeline_and_size", "cannot compare"),
    (rule('{ tag = "x" }') + '\nrater = { timeline_and_size = { medium = 5, large = "5" } }', "rater.timeline_and_size.large", "an amount and a currency"),
    (rule('{ tag = "x" }') + '\nrater = { timeline_and_size = { medium = "1 EUR", large = "2 EUR", rates = { base = "EUR", rates = { USD = -1 } } } }', "rater.timeline_and_size.rates", "above 0"),
    (rule('{ tag = "x" }') + '\nrater = { categories = { categories = [{ name = "a", when = { tag = "b" } }] } }', "rater.categories.categories", "a last category"),
    (rule('{ tag = "x" }') + "\nrater = { readiness = { self_closing = 1, nudge = 2 } }", "rater.readiness.self_closing", "more than nudge"),
    (rule('{ tag = "x" }') + "\ngrid = { fit = [1, 2], engagement = [5] }", "grid.fit", "each below the one before"),
    (rule('{ tag = "x" }') + '\n"a b" = 1', '"a b"', "unknown key"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "path", "words"), BAD)
def test_a_bad_document_names_the_place_and_what_would_work(
    source: str, path: str, words: str
) -> None:
    found = problems(source)
    assert path in found or (path == "" and len(found) == 1)
    assert words in (found.get(path) or next(iter(found)))


def test_all_problems_of_a_document_come_at_once() -> None:
    source = TOML.replace("points = 40", "points = 4.5").replace("mid-market", "opened")
    source = source.replace("[50, 1000]", '["a"]').replace("hot = 60", "hot = 10")
    source = source.replace('version = "1"', "colour = 1").replace(
        'group = "mail"', 'group = "mial"'
    )
    source = source.replace('name = "due"', 'name = "rich"')
    found = problems(source)
    assert found == {
        "colour": "unknown key \"colour\": did you mean 'floor'?",
        "rules[0].points": "expected a whole number, got 4.5",
        "rules[1].when.between": 'expected two numbers, got ["a"]',
        "rules[2].group": "there is no group 'mial': did you mean 'mail'?",
        "rules[4].name": "'rich' is the name of rules[3] too",
        "rater.thresholds.hot": "expected more than warm, 30, got 10",
    } or found.keys() == {
        "colour", "rules[0].points", "rules[1].when.between", "rules[2].group", "rules[4].name",
        "rater.thresholds.hot",
    }  # fmt: skip


def test_groups_that_are_bad_themselves_are_not_reported_as_missing_too() -> None:
    source = TOML.replace("at_most = 20", "at_most = -20")
    assert problems(source).keys() == {"groups[0].at_most"}


def test_a_model_whose_rules_are_all_bad_reports_them_alone() -> None:
    assert problems(rule("{ tag = 1 }")).keys() == {"rules[0].when.tag"}


def test_a_rule_is_checked_against_the_schema_though_another_part_is_bad() -> None:
    schema = '\nschema = { fields = { age = "number" } }\nfloor = "x"'
    found = problems(rule('{ field = "agee", equals = 1 }') + schema)
    assert found.keys() == {"floor", "rules[0].when"}


def test_reading_stops_after_a_thousand_problems() -> None:
    with pytest.raises(InvalidDefinition) as caught:
        load_scoring('name = "m"\nrules = [' + "1," * 5_000 + "]")
    assert len(caught.value.problems) == 1_000
    assert len(str(caught.value)) <= 2_000


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ('{"id": "L", "score": 5.5}', "score"),
        ('{"id": "L", "created_at": "2026-01-01T00:00:00"}', "created_at"),
        ('{"id": "L", "deal_value": "-5 EUR"}', "deal_value"),
        ('{"id": "L", "deal_value": 5}', "deal_value"),
        ('{"id": "L", "due": "2026-01-01T00:00:00Z"}', "due"),
        ('{"id": "L", "fields": {"x": [1]}}', "fields.x"),
        ('{"id": "L", "fields": {"x": 1e400}}', "fields.x"),
        ('{"id": "L", "fields": {"stage": "new"}}', "fields.stage"),
        ('{"id": "L", "fields": {"x": "\\ud800"}}', "fields.x"),
        ('{"id": "L", "fields": {"x": {"date": "2025-02-29"}}}', "fields.x.date"),
        ('{"id": "L", "tags": "vip"}', "tags"),
        ('{"id": "L", "tags": ["vip", 5]}', "tags[1]"),
        ('{"id": "L", "lifecycle": "mlq"}', "lifecycle"),
        ('{"id": "L", "time_zone": "Mars/Olympus"}', "time_zone"),
        ('{"id": "L", "colour": 1}', "colour"),
        ('{"ids": "L"}', "id"),
        ('{"id": "L", "events": [{"event": "taged"}]}', "events[0].event"),
        ('{"id": "L", "events": [{}]}', "events[0].event"),
        ('{"id": "L", "events": [{"event": "tagged", "tag": "x"}]}', "events[0].at"),
        ('{"id": "L", "events": [{"event": "activity", "kind": "call", "at": "2026-01-01T00:00:00Z", "answered": "false"}]}', "events[0].answered"),
        ('{"id": "L", "events": [{"event": "activity", "kind": "call", "at": "2026-01-01T00:00:00Z", "data": {"by": 1}}]}', "events[0].data.by"),
        ('{"id": "L", "events": [{"event": "fields_set", "at": "2026-01-01T00:00:00Z", "values": {"stage": "x"}}]}', "events[0].values.stage"),
        ('{"id": "L", "merged": [{"id": 5}]}', "merged[0].id"),
    ],
)  # fmt: skip
def test_a_bad_lead_names_the_place(data: str, path: str) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        loads(data, Lead)
    assert path in {problem.path for problem in caught.value.problems}


def test_two_events_under_one_id_are_a_problem_of_the_lead() -> None:
    at = '"id": "e", "at": "2026-01-01T00:00:00Z"'
    one, other = (f'{{"event": "tagged", "tag": "{tag}", {at}}}' for tag in "xy")
    with pytest.raises(InvalidDefinition, match="stands for two different events"):
        loads(f'{{"id": "L", "events": [{one}, {other}]}}', Lead)
    assert len(loads(f'{{"id": "L", "events": [{one}, {one}]}}', Lead).events) == 1


def nested(levels: int, word: str = "not") -> str:
    return f"{{ {word} = " * levels + '{ tag = "x" }' + " }" * levels


HUGE: list[tuple[str | bytes, str]] = [
    ("[" * 100_000, "levels of nested brackets"),
    ("{" + '"not":{' * 100_000, "levels of nested brackets"),
    ("x = " + "[" * 100_000, "levels of nested brackets"),
    (rule(nested(100_000)), "levels of nested brackets"),
    (".".join(["a"] * 20_000) + " = 1", "parts of a dotted key"),
    ("[" + ".".join(["a"] * 20_000) + "]", "parts of a dotted key"),
    ("[" + " . ".join(["'a'"] * 20_000) + "]", "parts of a dotted key"),
    ("x = {" + ".".join(['"a"'] * 20_000) + " = 1}", "parts of a dotted key"),
    ("floor = " + "9" * 1_000_000, "characters of a number or key"),
    ("floor = 0." + "9" * 1_000_000, "characters of a number or key"),
    ('{"floor": ' + "9" * 1_000_000 + "}", "characters of a number or key"),
    ('{"floor": 0.' + "9" * 1_000_000 + "}", "characters of a number or key"),
    ("#" * 1_048_577, "the bytes"),
    (b"#" * 1_048_577, "the bytes"),
    ("é" * 524_289, "the bytes"),
]


@pytest.mark.parametrize(("source", "words"), HUGE)
def test_what_would_take_too_long_is_refused_at_once(source: str | bytes, words: str) -> None:
    start = time.process_time()
    with pytest.raises(LimitExceeded, match=words):
        load_scoring(source)
    assert time.process_time() - start < SOON


@pytest.mark.parametrize(
    "source",
    [
        '"' * 1_000_000,
        "'" * 1_000_000,
        '"""' + "\\" * 1_000_000,
        "x = " + '"a' * 300_000,
        '{"a": "' + '\\"' * 500_000,
        "{" + '"a":[],' * 140_000,
        "x = [" + "[]," * 340_000 + "]",
        "rules = [" + "{}," * 340_000 + "]",
        "\n" * 1_000_000,
        "[[x]]\n" * 150_000,
        "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p = 1\n" * 20_000,
        " " * 1_000_000 + "x",
        "a = 1 " * 100_000,
        "- " * 500_000,
        "{" + " " * 1_000_000,
    ],
    ids=str.split,
)
def test_hostile_text_is_answered_soon(source: str) -> None:
    start = time.process_time()
    with pytest.raises(LeadflowError):
        load_scoring(source)
    assert time.process_time() - start < SOON


def rules_and(rest: str, part: str) -> str:
    rules = ",".join(f'{{ name = "{n}", points = 1, {part % n} }}' for n in range(4_000))
    return f'name = "m"\nrules = [{rules}]\n{rest}'


@pytest.mark.parametrize(
    "source",
    [
        rules_and(
            "groups = [" + ",".join(f'{{ name = "{n:040b}", at_most = 1 }}' for n in range(2_000)) + "]",
            'when = { tag = "x" }, group = "1%040d"',
        ),
        rules_and(
            "[schema]\nactivities = {}\n[schema.fields]\n" + "".join(f"{n:040b} = 'text'\n" for n in range(4_000)),
            'when = { field = "1%040d", equals = 1 }',
        ),
        rules_and("", "%0150d = 1"),
    ],
    ids=["groups", "fields", "keys"],
)  # fmt: skip
def test_thousands_of_misspelt_names_do_not_take_long_to_explain(source: str) -> None:
    start = time.process_time()
    with pytest.raises(InvalidDefinition):
        load_scoring(source)
    assert time.process_time() - start < SOON


def test_limits_hold_exactly() -> None:
    text = rule('{ tag = "x" }')
    at_limit = text + "\n#" + "x" * (1_000 - len(text) - 2)
    limits = Limits(document_bytes=1_000)
    assert load_scoring(at_limit, limits=limits).model.name == "m"
    with pytest.raises(LimitExceeded, match="the bytes"):
        load_scoring(at_limit + "x", limits=limits)
    key = ".".join(["a"] * 16)
    assert problems(f"{key} = 1\n" + text)["a"]
    with pytest.raises(LimitExceeded, match="parts of a dotted key may be at most 16"):
        load_scoring(f"a.{key} = 1\n" + text)


def test_files_are_bounded_too(tmp_path: Path) -> None:
    path = tmp_path / "m.toml"
    path.write_text(rule('{ tag = "x" }') + "\n#" + "x" * 1_000, encoding="utf-8")
    with pytest.raises(LimitExceeded, match=r"m\.toml: the bytes may be at most 1,000"):
        load_scoring(path, limits=Limits(document_bytes=1_000))


def deep(levels: int) -> Condition:
    condition: Condition = always()
    for level in range(levels - 1):
        condition = all_of(condition) if level % 2 else any_of(condition)
    return condition


def test_the_deepest_condition_survives_and_one_level_more_is_refused() -> None:
    scoring = Scoring(ScoringModel("m", [Rule("deep", 1, when=deep(DEFAULT_LIMITS.depth))]))
    assert load_scoring(dump_scoring(scoring)) == scoring
    assert load_scoring(dump_scoring(scoring, format="json")) == scoring
    assert load_scoring(rule(nested(63))).model.rules[0].when is not None
    found = problems(rule(nested(64)))
    assert "levels of nesting may be at most 64, got 65" in "".join(found.values())


def test_brackets_are_counted_outside_strings_and_comments() -> None:
    text = "# [[[[[\n" + rule('{ tag = "x" }') + '\nversion = "' + "[" * 150 + '" # ' + "{" * 500
    assert load_scoring(text).model.version == "[" * 150
    multi = rule('{ tag = "x" }') + '\nversion = """' + "[{.a.b.c." * 20 + '"quoted" """'
    assert load_scoring(multi).model.version.endswith('"quoted"')
    literal = rule('{ tag = "x" }') + "\nversion = '''" + "[{'.'" * 20 + "'''"
    assert load_scoring(literal).model.version.startswith("[{'")


@pytest.mark.parametrize(
    ("source", "path"),
    [(b"name = '\xff'", "byte 8"), (b"\xff\xfen\0", "byte 0"), ("name = '\ud800'", "character 8"),
     (b'{"name": "\xe9"}', "byte 10")],
)  # fmt: skip
def test_text_is_utf_8(source: str | bytes, path: str) -> None:
    assert path in problems(source)


def test_numbers_in_conditions_are_exact() -> None:
    digits = "0.12345678901234567890123456789"
    for text in (
        rule(f'{{ field = "x", at_least = {digits} }}'),
        f'{{"name": "m", "rules": [{{"name": "r", "points": 5, "when": {{"field": "x", "at_least": {digits}}}}}]}}',
    ):
        scoring = load_scoring(text)
        assert str(scoring.model.rules[0].when) == f"x is at least {digits}"
        assert load_scoring(dump_scoring(scoring)) == scoring
        assert load_scoring(dump_scoring(scoring, format="json")) == scoring


def test_native_dates_are_read_wherever_a_date_is_meant() -> None:
    zone = "2026-01-01T01:00:00+01:00"
    model = load_scoring(
        rule(
            f'{{ all = [{{ field = "a", equals = 2026-01-01 }}, {{ field = "b", at_least = {zone} }}] }}'
        )
    ).model
    when = field("a").equals(date(2026, 1, 1)) & field("b").at_least(
        datetime(2026, 1, 1, tzinfo=UTC)
    )
    assert model.rules[0].when == when


def test_a_schema_travels_with_its_model() -> None:
    schema = LeadSchema({"age": "number"}, {"page_viewed": {"seconds": "number"}})
    scoring = Scoring(
        ScoringModel("m", [Rule("r", 1, when=field("age").at_least(5))], schema=schema)
    )
    assert '[schema.activities]\npage_viewed = { seconds = "number" }' in dump_scoring(scoring)
    assert load_scoring(dump_scoring(scoring)) == scoring


def test_scores_and_events_come_from_json_text() -> None:
    score = MODEL.score(Lead("L", fields={"employees": 60}), as_of=datetime(2026, 3, 1, tzinfo=UTC))
    assert loads(dumps(score), Score) == score
    assert loads(dumps(score.event), Event) == score.event
    assert timedelta(0) == loads(dumps(score), Score).as_of - score.as_of

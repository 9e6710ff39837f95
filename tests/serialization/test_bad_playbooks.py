"""Documents that are no playbooks: each is refused with the path, and with what would work."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from leadflow.errors import InvalidDefinition, LimitExceeded
from leadflow.playbook import Playbook
from leadflow.serialization import from_data, json_schema, load_playbook
from tests.serialization.playbook_document import TOML

CALL = '{ task = "call", title = "Ask who decides", after = "1 day", rep = "ada" }'
ASK = (
    'branches = [{ do = [{ task = "call" }], when = { activity = "email_clicked" }, goto = "end" }'
)
THEN = "automations[0].then[0]"
WHEN = "automations[{}].when"
STEPS = "sequences[0].steps"
# What is in the document, what stands there instead, where it is told, and the key words.
BY_SCHEMA = [
    # the document
    ('name = "inbound"', "", "name", "expected a name, but it is missing"),
    ('name = "inbound"', "name = 5", "name", "expected a name, got 5"),
    ('version = "3"', "version = 3", "version", "expected a name, got 3"),
    ('version = "3"', 'versoin = "3"', "versoin", "did you mean 'version'?"),
    ("[[automations]]", "[automation]", "automation", "did you mean 'automations'?"),
    ('order = ["hot"', 'order = ["hott"', "order[0]", "did you mean 'hot'?"),
    ('order = ["hot", "group", "within_group"]', 'order = "hot"', "order", "a list of keys"),
    # rules
    ("when = { score_reaches = 60 }", "", WHEN.format(2), "expected a trigger, but it is missing"),
    ('if = { field = "email", is_known = true }', "if = {}", "automations[0].if", "one of field, tag, activity"),
    ("if = { field", "iff = { field", "automations[0].iff", "unknown key"),
    ('cool_down = "7 days"', "cool_down = 7", "automations[0].cool_down", "a span such as '30 days', got 7"),
    ('name = "form"', "name = []", "automations[0].name", "expected a name, got []"),
    # triggers
    ("when = { score_reaches = 60 }", 'when = "hot"', WHEN.format(2), "a table such as { score_reaches = 60 }"),
    ("when = { score_reaches = 60 }", "when = {}", WHEN.format(2), "exactly one of happens, score_reaches"),
    ("{ score_reaches = 60 }", "{ score_reach = 60 }", "automations[2].when.score_reach", "did you mean 'score_reaches'?"),
    ("{ score_reaches = 60 }", '{ score_reaches = 60, rating_becomes = "hot" }', WHEN.format(2), "put each into a table of its own"),
    ("{ score_reaches = 60 }", '{ score_reaches = "60" }', "automations[2].when.score_reaches", 'a whole number, got "60"'),
    ("{ score_reaches = 60 }", '{ score_reaches = 60, pipeline = "a" }', "automations[2].when.pipeline", "known: score_reaches"),
    ("{ score_falls_below = 30 }", "{ score_falls_below = 29.5 }", "automations[3].when.score_falls_below", "a whole number, got 29.5"),
    ('{ rating_becomes = "hot" }', '{ rating_becomes = "" }', "automations[4].when.rating_becomes", "not blank"),
    ('{ stage_entered = "quote"', "{ stage_entered = true", "automations[5].when.stage_entered", "expected a name, got true"),
    ('pipeline = "leads" }\nthen = [\n  { set', 'pipline = "leads" }\nthen = [\n  { set', "automations[5].when.pipline", "did you mean 'pipeline'?"),
    ("{ stage_overdue = true }", "{ stage_overdue = false }", "automations[6].when.stage_overdue", "expected a name, or true, got false"),
    ('{ silence = "14 days" }', "{ silence = 14 }", "automations[8].when.silence", "a span such as"),
    ('before = "14 days"', "before = 14", "automations[9].when.before", "a span such as"),
    ('{ follow_up_due = "call" }', "{ follow_up_due = 5 }", "automations[10].when.follow_up_due", "expected a name, got 5"),
    ("{ revisit_due = true }", "{ revisit_due = false }", "automations[12].when.revisit_due", "expected true, got false"),
    ('where = { form = "demo" }', "where = {}", "automations[0].when.where", "at least one condition"),
    ('where = { form = "demo" }', "where = 5", "automations[0].when.where", "a condition, or names and the values they equal"),
    # actions
    (CALL, '"call"', THEN, 'a table such as { task = "call" }'),
    (CALL, "{}", THEN, "exactly one of task, tag, untag, notify, enrol, withdraw, assign, move, set, send"),
    (CALL, '{ taks = "call" }', f"{THEN}.taks", "did you mean 'task'?"),
    (CALL, '{ task = "call", tag = "x" }', THEN, "put each into a table of its own"),
    (CALL, '{ task = "call", atfer = "1 day" }', f"{THEN}.atfer", "did you mean 'after'?"),
    (CALL, '{ notify = "sales" }', f"{THEN}.message", "expected text, but it is missing"),
    ("{ assign = true }", "{ assign = false }", "automations[2].then[0].assign", "expected a name, or true, got false"),
    ('{ move = "quote"', "{ move = true", "automations[2].then[1].move", "expected a name, got true"),
    ('{ withdraw = "nurture" }', "{ withdraw = true }", "automations[3].then[0].withdraw", "expected a name, got true"),
    ('{ convert = "sales" }', "{ convert = 5 }", "automations[4].then[1].convert", "expected a name, got 5"),
    ('{ set = "share", to = 0.1 }', '{ set = "share", too = 0.1 }', "automations[5].then[2].too", "did you mean 'to'?"),
    ('{ set = "share", to = 0.1 }', '{ set = "share", to = [1] }', "automations[5].then[2].to", "text, a number, true, false or a date"),
    ('{ set = "share", to = 0.1 }', "{ set = 5, to = 0.1 }", "automations[5].then[2].set", "expected a name, got 5"),
    ('{ decimal = "0.10" }', '{ decmal = "0.10" }', "automations[5].then[3].to", "did you mean 'decimal'?"),
    ("{ send = true }", "{ send = false }", "automations[6].then[0].send", "expected a name, or true, got false"),
    ('channel = "chat" },\n]\n\n[[automations]]\nwhen = { silence', 'chanel = "chat" },\n]\n\n[[automations]]\nwhen = { silence', "automations[7].then[0].chanel", "did you mean 'channel'?"),
    ("{ unsubscribe = true }", '{ unsubscribe = "ada" }', "automations[8].then[0].unsubscribe", "expected true, got"),
    ('{ dispose = "unqualified"', '{ dispose = "unqualifeid"', "automations[12].then[0].dispose", "did you mean 'unqualified'?"),
    ('note = "again"', "note = 5", "automations[12].then[0].note", "expected text, got 5"),
    # procedures
    ('rating = "cold"', 'ratting = "cold"', "procedures[0].ratting", "did you mean 'rating'?"),
    ('on_dates = { due = [{ task = "call" }] }', 'on_dates = { due = { task = "call" } }', "procedures[0].on_dates.due", "a list of actions"),
    ('cliff = "none"', "cliff = false", "procedures[0].limits.cliff", "expected a span such as '30 days', or \"none\", got false"),
    # sequences
    ('exits = ["replied", "booked"]', 'exits = ["reply"]', "sequences[0].exits[0]", "did you mean 'replied'?"),
    ('rounds = "any"', 'rounds = "many"', "sequences[0].rounds", "expected a whole number"),
    ("window = { week", "window = { wek", "sequences[0].window.wek", "did you mean 'week'?"),
    ('{ key = "more", after = "1 day" }', '{ after = "1 day" }', f"{STEPS}[2].key", "expected a name, but it is missing"),
    ('{ key = "more", after = "1 day" }', '{ key = "more", afetr = "1 day" }', f"{STEPS}[2].afetr", "did you mean 'after'?"),
    ('{ key = "more", after = "1 day" }', '"more"', f"{STEPS}[2]", "expected a step, got"),
    ('goto = "end"', "goto = 3", f"{STEPS}[1].branches[0].goto", "expected a name, got 3"),
    ("ends = true", 'ends = "yes"', f"{STEPS}[1].branches[1].ends", "true or false"),
    # the other parts
    ("arms = { a = 1, b = 9 }", "arms = { a = 0.5, b = 0.5 }", "splits[0].arms.a", "a whole number, got 0.5"),
    ('link = "https', 'lnik = "https', "library[0].lnik", "did you mean 'link'?"),
    ('required = ["mail"]', 'required = "mail"', "forms[0].required", "a list of answers"),
    ('when = { field = "employees", at_least = 50 }\n\n[contact]', "\n[contact]", "segments[0].when", "expected a condition, but it is missing"),
    ('by_day = ["phone"]', 'by_day = "phone"', "contact.by_day", "a list"),
    ("{ times = 3,", "{ tims = 3,", "contact.caps.email[0].tims", "did you mean 'times'?"),
    ("holidays = [2026-05-01]", 'holidays = ["May 1"]', "hours.holidays[0]", "a date such as 2026-03-01"),
    ('leave_new_within = "none"', "leave_new_within = 0", "limits.leave_new_within", "a span such as"),
    ("warn_at = 0.5", 'warn_at = "half"', "procedures[0].limits.warn_at", "expected a number"),
]  # fmt: skip
BY_READER = [
    ('time_zone = "Europe/Warsaw"', 'time_zone = "Europe/Warsawa"', "time_zone", "a time zone such as 'Europe/Warsaw'"),
    ('"hot", "group", "within_group"', '"within_group"', "order", "it orders each group by something else"),
    # rules
    ('name = "form"', f'name = "{"x" * 201}"', "automations[0].name", "at most 200"),
    ("when = { score_falls_below = 30 }", "when = { score_reaches = 60 }", "automations[3].name", "'the score reaches 60' is the name of automations[2] too"),
    ('where = { form = "demo" }', 'where = { tag = { date = "2026-01-01" }, not = { tag = "x" } }', "automations[0].when.where", "one condition"),
    ('where = { form = "demo" }', 'where = { not = { tag = "x" } }', "automations[0].when.where", "tags and activities belong to the lead"),
    ('{ send = "guide", channel = "chat" },\n]\n\n[[auto', "]\n\n[[auto", "automations[7].then", "one or more actions"),
    ('{ silence = "14 days" }', '{ silence = "14 dasy" }', "automations[8].when.silence", "did you mean 'days'?"),
    ('{ silence = "14 days" }', '{ silence = "0 days" }', "automations[8].when.silence", "not empty"),
    ('cool_down = "7 days"', 'cool_down = "soon"', "automations[0].cool_down", "a span such as '3 months'"),
    ("{ score_reaches = 60 }", "{ score_reaches = 99999999999999999999 }", "automations[2].when.score_reaches", "at most"),
    # actions
    ('"100.00 EUR"', '"100.00 XYZ"', "automations[5].then[1].to", "an active ISO 4217 currency code"),
    ('"100.00 EUR"', '"100,00 EUR"', "automations[5].then[1].to", "a number"),
    ("to = 2026-05-01", 'to = "soon"', "automations[5].then[0].to", "a date such as 2026-03-01"),
    ('{ set = "share"', '{ set = "stage"', "automations[5].then[2].set", "stage is set by events of its own"),
    ("to = 0.1", "to = inf", "automations[5].then[2].to", "a finite number"),
    ('{ set = "newsletter" }', '{ set = "time_zone", to = "Mars" }', "automations[5].then[4].to", "a time zone such as"),
    # what contradicts itself, or loops
    ('{ untag = "silent" }', '{ untag = "asked" }', "automations[0].then", "contradiction: 'form' would tag asked, and tag asked off"),
    ('{ move = "quote", reason = "ready" }', '{ move = "a" },\n  { move = "b" }', "automations[2].then", "would move to a, and move to b"),
    ('when = { happens = "note" }', 'when = { happens = "sequence_planned" }', "automations[1]", "give one of them a cool_down"),
    # procedures
    ("warn_at = 0.5", "warn_at = 1.5", "procedures[0].limits.warn_at", "a share above 0 and at most 1"),
    ('{ due = [{ task = "call" }] }', '{ "" = [{ task = "call" }] }', 'procedures[0].on_dates.""', "not blank"),
    # sequences
    ('goto = "end"', 'goto = "edn"', f"{STEPS}[1].branches[0].goto", "did you mean 'end'?"),
    ('goto = "end"', 'goto = "welcome"', f"{STEPS}[1].branches[0].goto", "it would never end"),
    ('goto = "end"', 'goto = "ask"', f"{STEPS}[1].branches[0].goto", "it would never end"),
    ('goto = "end"', 'goto = "end", ends = true', f"{STEPS}[1].branches[0].ends", "expected goto or ends, got both"),
    ('{ do = [{ task = "call" }]', '{ do = [{ enrol = "nurture" }]', f"{STEPS}[1].branches[0].do[0]", "expected another sequence"),
    ('{ key = "more"', '{ key = "ask"', f"{STEPS}[2].key", "'ask' is the key of steps[1] too"),
    (ASK, f'do = [{{ tag = "x" }}], {ASK}', f"{STEPS}[1].do", "do or branches, not both"),
    ('{ when = { tag = "vip" }, ends = true }', '{ goto = "end" }', f"{STEPS}[2]", "no lead ever gets to 'more'"),
    ('{ when = { tag = "vip" }, ends = true }', "{ ends = true }, { ends = true }", f"{STEPS}[1].branches[2]", "takes everybody"),
    ('week = { wed = "08:00-10:00" }', "week = {}", "sequences[0].window.week", "hours"),
    ('wed = "08:00-10:00"', 'wde = "08:00-10:00"', "sequences[0].window.week.wde", "wed"),
    ('wed = "08:00-10:00"', 'wed = "08:00-08:00"', "sequences[0].window.week.wed", "00:00-24:00"),
    ('rounds = "any"', "rounds = 0", "sequences[0].rounds", "at least 1"),
    # the other parts
    ("arms = { a = 1, b = 9 }", "arms = { a = 1 }", "splits[0].arms", "two arms or more"),
    ("arms = { a = 1, b = 9 }", "arms = { a = 0, b = -9 }", "splits[0].arms.b", "at least 1"),
    ('"https://example.com/guide.pdf"', '"javascript:alert(1)"', "library[0].link", "an http or https address"),
    ('channel = "chat"\n\n[[forms', 'channel = "e-mail"\n\n[[forms', "library[0].channel", "did you mean 'email'?"),
    ('required = ["mail"]', 'required = ["mial"]', "forms[0].required[0]", "did you mean 'mail'?"),
    ('staff = "employees" }', 'staff = "owner" }', "forms[0].fields.staff", "unknown field 'owner': known: email, employees"),
    ('staff = "employees" }', 'staff = "email" }', "forms[0].fields.staff", "'email' is filled by 'mail' already"),
    ('types = { fields = { email = "text"', 'types = { fields = { emial = "text"', "forms[0].fields.mail", "did you mean 'emial'?"),
    ("[contact.refused_by]\nemail", '[contact.refused_by]\n"E-Mail"', "contact.refused_by.E-Mail", "did you mean 'email'?"),
    ("{ times = 3,", "{ times = 0,", "contact.caps.email[0].times", "at least 1"),
    ('[contact.awake]\nmon = "09:00-18:00"', "[contact.awake]", "contact.awake", "hours"),
    ('by_day = ["phone"]', 'by_day = ["Phone"]', "contact.by_day", "did you mean 'phone'?"),
    # what stands in other documents too
    ('{ name = "demo", points = 40', '{ name = "size", points = 40', "scoring.rules[1].name", "size"),
    ("hot = 60", "hot = 20", "rater.thresholds.hot", "expected more than warm, 30, got 20"),
    ('quote = ["won"] }', 'quote = ["wno"] }', "pipelines[0].moves.quote[0]", "did you mean 'won'?"),
    ('contact_again = "3 months"', 'contact_again = "3 moths"', "policy.reasons[0].contact_again", "did you mean 'months'?"),
    ('by = "least_loaded"', 'by = "least_laoded"', "router.rules[0].by", "did you mean 'least_loaded'?"),
]  # fmt: skip


@cache
def validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(json.dumps(json_schema(Playbook))))


def problems(source: Any) -> dict[str, str]:
    with pytest.raises(InvalidDefinition) as caught:
        load_playbook(source)
    return {problem.path: problem.message for problem in caught.value.problems}


@pytest.mark.parametrize(("old", "new", "path", "words"), [*BY_SCHEMA, *BY_READER])
def test_a_planted_error_is_refused_with_its_path_and_a_hint(
    old: str, new: str, path: str, words: str
) -> None:
    assert TOML.count(old)
    found = problems(TOML.replace(old, new, 1))
    assert words in found[path], found
    assert len(found) <= 2


@pytest.mark.parametrize(("old", "new"), [(old, new) for old, new, _, _ in BY_SCHEMA])
def test_the_schema_refuses_it_too(old: str, new: str) -> None:
    valid = validator().is_valid
    assert valid(json.loads(json.dumps(tomllib.loads(TOML), default=str)))
    assert not valid(json.loads(json.dumps(tomllib.loads(TOML.replace(old, new, 1)), default=str)))


@pytest.mark.parametrize(
    ("source", "path", "words"),
    [
        ("", "name", "expected a name, but it is missing"),
        ("[]", "line 1, column 2", "not TOML"),
        ("{", "line 1, column 2", "not JSON"),
        ('{"name": "p", "name": "q"}', "name", "each key once"),
        ('{"name": "p", "order": null}', "order", "a list of keys, got null"),
        ('{"name": "p", "automations": {}}', "automations", "a list of rules, got {}"),
        ('{"name": "p", "automations": [null]}', "automations[0]", "expected a table, got null"),
        ('{"name": "p", "sequences": [{"name": "s", "steps": []}]}', "sequences[0].steps", "at least one step, got none"),
        ('{"name": "p", "sequences": [{"name": "s", "rounds": null, "steps": []}]}', "sequences[0].rounds", 'or "any", got null'),
        ('{"name": "p", "limits": {"cliff": null}}', "limits.cliff", 'or "none", got null'),
        ('{"name": "p", "forms": [{"name": "f", "fields": {}}]}', "forms[0].fields", "one answer or more"),
        ('{"name": "p", "forms": [{"name": "f", "fields": {"a": "owner"}}]}', "forms[0].fields.a", "owner is set by events of its own"),
        ('{"name": "p", "forms": [{"name": "f", "fields": {" ": "email"}}]}', 'forms[0].fields." "', "not blank"),
        ('{"name": "p", "rater": {"threshold": {"hot": 1, "warm": 0}}}', "rater.threshold", "did you mean 'thresholds'?"),
        ('{"name": "p", "splits": [{"name": " ", "arms": {"a": 1, "b": 1}}]}', "splits[0].name", "not blank"),
        ('{"name": "p", "splits": [{"name": "s", "arms": {"": 1, "b": 1}}]}', 'splits[0].arms.""', "not blank"),
    ],
)  # fmt: skip
def test_a_bad_document_is_refused_with_the_path(source: str, path: str, words: str) -> None:
    assert words in problems(source)[path]


LOOP = [
    {"name": "A", "when": {"happens": "untagged"}, "then": [{"tag": "x"}]},
    {"name": "B", "when": {"happens": "tagged", "where": {"tag": "x"}}, "then": [{"untag": "x"}]},
]


def test_rules_that_set_each_other_off_are_refused_with_the_cycle() -> None:
    found = problems(json.dumps({"name": "p", "automations": LOOP}))
    assert list(found) == ["automations[0]"]
    assert "loop: 'A' -> 'B' -> 'A'" in found["automations[0]"]
    assert "give one of them a cool_down" in found["automations[0]"]
    calm = [LOOP[0] | {"cool_down": "1 day"}, LOOP[1]]
    assert len(load_playbook(json.dumps({"name": "p", "automations": calm})).automations) == 2


def test_two_rules_that_contradict_each_other_are_refused_at_the_second() -> None:
    wide = {"name": "A", "when": {"rating_becomes": "hot"}, "then": [{"move": "quote"}]}
    narrow = {**wide, "name": "B", "if": {"tag": "vip"}, "then": [{"move": "won"}]}
    found = problems(json.dumps({"name": "p", "automations": [wide, narrow]}))
    assert list(found) == ["automations[1]"]
    assert "'A' would move to quote, and 'B' move to won" in found["automations[1]"]


def test_a_sequence_that_leads_only_back_is_refused_at_every_step() -> None:
    steps = [
        {"key": "a", "branches": [{"goto": "a"}]},
        {"key": "b", "branches": [{"goto": "a"}]},
    ]
    found = problems(json.dumps({"name": "p", "sequences": [{"name": "s", "steps": steps}]}))
    assert list(found) == [f"sequences[0].steps[{n}].branches[0].goto" for n in range(2)]
    assert all("it would never end" in message for message in found.values())


# --- what is hostile ---


def test_more_rules_than_there_may_be_are_not_even_read() -> None:
    rule = {"when": {"revisit_due": True}, "then": [{"tag": "x"}]}
    with pytest.raises(InvalidDefinition) as caught:
        from_data({"name": "p", "automations": [rule] * 100_000}, Playbook)
    (problem,) = caught.value.problems
    assert str(problem) == "automations: expected at most 10,000, got 100,000"
    with pytest.raises(LimitExceeded, match="the values may be at most"):
        from_data({"name": "p", "automations": [rule] * 1_000_000}, Playbook)
    with pytest.raises(LimitExceeded, match="the bytes may be at most"):
        load_playbook('name = "p"\n' + "[[automations]]\nwhen = 5\n" * 1_000_000)


@pytest.mark.parametrize("opening", ["[", '{"all":[', '{"not":'])
def test_deep_nesting_is_refused(opening: str) -> None:
    with pytest.raises(LimitExceeded, match="the levels of nested brackets may be at most 136"):
        load_playbook('{"name": "p", "automations": [{"if": ' + opening * 100_000)


def test_a_condition_that_is_too_deep_is_refused_at_its_place() -> None:
    condition: Any = {"tag": "x"}
    for _ in range(65):
        condition = {"not": condition}
    rule = {"when": {"revisit_due": True}, "if": condition, "then": [{"tag": "x"}]}
    found = problems(json.dumps({"name": "p", "automations": [rule]}))
    assert all(path.startswith("automations[0].if") for path in found)
    assert "64" in str(found)


def test_as_many_problems_as_there_may_be_end_the_reading() -> None:
    rules = [{"when": 5, "then": 5, f"key {n}": 5} for n in range(10_000)]
    found = problems(json.dumps({"name": "p", "automations": rules}))
    assert len(found) == 1_000
    alike = [{"when": {"revisit_due": True}, "then": [{"tag": "x"}]}] * 10_000
    assert len(problems(json.dumps({"name": "p", "automations": alike}))) == 1_000


def test_a_name_that_looks_like_a_place_changes_nothing() -> None:
    rules = [
        {"when": 5, "then": []},
        LOOP[0] | {"name": "automations[99]"},
        LOOP[1] | {"name": "sequences[0]"},
    ]
    found = problems(json.dumps({"name": "p", "automations": rules}))
    assert "'automations[99]' -> 'sequences[0]'" in found["automations[1]"]

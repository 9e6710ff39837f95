from __future__ import annotations

import json
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from leadflow import activity, field, tag
from leadflow.actions import Action, CreateTask, Enrol, Notify, Tag, Untag
from leadflow.conditions import Condition
from leadflow.disposition import DispositionPolicy, Qualifier, Reason, Segment
from leadflow.errors import InvalidDefinition, InvalidValue, LimitExceeded
from leadflow.limits import DEFAULT_LIMITS, Limits
from leadflow.presets import disposition_policy
from leadflow.serialization import (
    dump_policy,
    dumps,
    from_data,
    json_schema,
    load_policy,
    loads,
    make_converter,
    to_data,
)
from leadflow.serialization.parsing import Format
from tests.condition_strategies import conditions
from tests.serialization.strategies import actions, anything, names, policies

FORMATS: tuple[Format, ...] = ("toml", "json")
POLICY = DispositionPolicy(
    [
        Reason(
            "no_budget", "Brak budżetu",
            contact_again="6 months", back_to="contacting", next=[Enrol("nurture"), Untag("hot")],
        ),
        Reason(
            "not_a_fit",
            keep=False, needs_note=True, resets_engagement=True, outcomes=["unqualified"],
        ),
        Reason("not_interested", never_contact=["email", "phone"]),
        Reason("bad_data", verify_contact=True),
        Reason(
            "unreachable",
            attempts=6, within="30 days",
            next=[CreateTask("call", "Ask", after="1 day", rep="ada"), Tag("silent")],
        ),
    ],
    verifiers=["data desk", "bo"],
    next={"won": [Notify("fulfilment", "Start the order")], "removed": []},
)  # fmt: skip
TOML = """\
verifiers = ["data desk", "bo"]

[[reasons]]
key = "no_budget"
label = "Brak budżetu"
contact_again = "6 months"
back_to = "contacting"
next = [
  { enrol = "nurture" },
  { untag = "hot" },
]

[[reasons]]
key = "not_a_fit"
keep = false
needs_note = true
resets_engagement = true
outcomes = ["unqualified"]

[[reasons]]
key = "not_interested"
never_contact = ["email", "phone"]

[[reasons]]
key = "bad_data"
verify_contact = true

[[reasons]]
key = "unreachable"
attempts = 6
within = "30 days"
next = [
  { task = "call", title = "Ask", after = "1 day", rep = "ada" },
  { tag = "silent" },
]

[next]
removed = []
won = [
  { notify = "fulfilment", message = "Start the order" },
]
"""


def problems(source: Any, **options: Any) -> dict[str, str]:
    with pytest.raises(InvalidDefinition) as caught:
        load_policy(source, **options)
    return {problem.path: problem.message for problem in caught.value.problems}


@cache
def validator(cls: Any) -> Draft202012Validator:
    return Draft202012Validator(json.loads(json.dumps(json_schema(cls))))


# --- there and back ---


@given(policies())
def test_law_what_is_dumped_loads_as_an_equal_policy(policy: DispositionPolicy) -> None:
    for again in (
        load_policy(dump_policy(policy)),
        load_policy(dump_policy(policy, format="json")),
        from_data(to_data(policy), DispositionPolicy),
        loads(dumps(policy), DispositionPolicy),
    ):
        assert again == policy
        assert tuple(again) == tuple(policy)


@given(policies())
def test_law_a_policy_is_written_in_one_way(policy: DispositionPolicy) -> None:
    turned = dict(reversed([*policy.next.items()]))
    other = DispositionPolicy(policy.reasons, verifiers=policy.verifiers, next=turned)
    for form in FORMATS:
        written = dump_policy(policy, format=form)
        assert dump_policy(other, format=form) == written
        assert dump_policy(load_policy(written), format=form) == written


@given(policies())
def test_law_every_part_survives_and_whatever_is_written_is_valid_by_the_schema(
    policy: DispositionPolicy,
) -> None:
    validator(DispositionPolicy).validate(json.loads(dumps(policy)))
    for part in (*policy, *(action for reason in policy for action in reason.next)):
        kind: Any = type(part)
        assert loads(dumps(part), kind) == part
        validator(kind).validate(json.loads(dumps(part)))


@given(actions())
def test_law_an_action_is_read_as_one_of_the_union(action: Action) -> None:
    written = to_data(action)
    assert from_data(written, Action) == action
    validator(Action).validate(written)
    converter = make_converter()
    assert converter.structure(converter.unstructure(action), type(action)) == action


@given(names(), conditions())
def test_law_segments_and_qualifiers_have_a_plain_form(name: str, condition: Condition) -> None:
    for value in (Segment(name, condition), Qualifier(condition, inbox=False)):
        kind: Any = type(value)
        assert loads(dumps(value), kind) == value
        validator(kind).validate(json.loads(dumps(value)))


@pytest.mark.parametrize("language", ["en", "pl"])
@pytest.mark.parametrize("form", FORMATS)
def test_the_preset_survives(language: Literal["en", "pl"], form: Format) -> None:
    for policy in (disposition_policy(language), disposition_policy(language, verifiers=["ada"])):
        assert load_policy(dump_policy(policy, format=form)) == policy
        validator(DispositionPolicy).validate(json.loads(dump_policy(policy, format="json")))


def test_a_policy_reads_as_people_write_it() -> None:
    assert dump_policy(POLICY) == TOML
    assert load_policy(TOML) == POLICY
    assert load_policy(dump_policy(POLICY, format="json")) == POLICY


def test_what_is_as_usual_is_not_written() -> None:
    plain = DispositionPolicy([Reason("timing", "timing", outcomes=["unqualified", "lost"])])
    assert to_data(plain) == {"reasons": [{"key": "timing"}]}


def test_a_span_and_a_label_are_read_as_the_reason_takes_them() -> None:
    reason = load_policy('reasons = [{ key = " a ", label = " B ", contact_again = "P1Y" }]')["a"]
    assert (reason.label, str(reason.contact_again)) == ("B", "1 year")


def test_null_in_json_is_what_is_not_said() -> None:
    text = '{"reasons": [{"key": "a", "contact_again": null, "attempts": null, "back_to": null}]}'
    assert load_policy(text) == DispositionPolicy([Reason("a")])


def test_segments_and_qualifiers_are_written_like_rules() -> None:
    segment = Segment("wants SSO", activity("note", topic="sso") | tag("sso"))
    condition = {"any": [{"activity": "note", "where": {"topic": "sso"}}, {"tag": "sso"}]}
    assert to_data(segment) == {"name": "wants SSO", "when": condition}
    known = field("score").is_known()
    assert to_data(Qualifier(known)) == {"mql": {"field": "score", "is_known": True}}
    with pytest.raises(InvalidDefinition, match="inbox: expected true or false, got 1"):
        from_data({"mql": {"tag": "x"}, "inbox": 1}, Qualifier)


def test_a_file_is_read_by_its_name(tmp_path: Path) -> None:
    for form in FORMATS:
        path = tmp_path / f"policy.{form}"
        path.write_text(dump_policy(POLICY, format=form), encoding="utf-8")
        assert load_policy(path) == load_policy(str(path)) == POLICY
    with pytest.raises(LimitExceeded, match=r"policy\.toml"):
        load_policy(tmp_path / "policy.toml", limits=Limits(document_bytes=100))


def test_a_source_and_a_format_are_checked() -> None:
    with pytest.raises(InvalidValue, match="a path, text or bytes"):
        load_policy(5)  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match="did you mean 'json'"):
        dump_policy(POLICY, format="jsn")  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match="a DispositionPolicy"):
        dump_policy(TOML)  # type: ignore[arg-type]
    with pytest.raises(InvalidDefinition, match=r"^policy document: reasons: .* missing"):
        load_policy("")


class _Call(CreateTask):
    """One of ours, changed."""


def test_an_action_of_the_host_has_no_plain_form() -> None:
    policy = DispositionPolicy([Reason("a", next=[_Call("call")])])
    for write in (dump_policy, to_data):
        with pytest.raises(InvalidValue, match="one of CreateTask, Tag, Untag, Notify, Enrol"):
            write(policy)


def test_one_action_is_not_read_as_another() -> None:
    with pytest.raises(InvalidValue, match="got tag"):
        from_data({"tag": "vip"}, Untag)
    with pytest.raises(InvalidDefinition, match=r"^action: "):
        from_data({"tags": "vip"}, Action)


# --- what is wrong ---

TASK = '{ task = "call", title = "Ask", after = "1 day", rep = "ada" }'
NOTIFY = '{ notify = "fulfilment", message = "Start the order" }'
BY_SCHEMA = [
    ('key = "no_budget"', 'key = ""', "reasons[0].key", "not blank"),
    ('key = "no_budget"', "key = 5", "reasons[0].key", "a name, got 5"),
    ('key = "no_budget"', "", "reasons[0].key", "missing"),
    ('key = "no_budget"', 'kay = "no_budget"', "reasons[0].kay", "did you mean 'key'?"),
    ('label = "Brak budżetu"', "label = true", "reasons[0].label", "text, got true"),
    ('"6 months"', "6", "reasons[0].contact_again", "a span such as '30 days', got 6"),
    ("contact_again", "contact_agian", "reasons[0].contact_agian", "did you mean 'contact_again'?"),
    ('"contacting"', "[]", "reasons[0].back_to", "a name, got []"),
    ('{ enrol = "nurture" }', '"nurture"', "reasons[0].next[0]", "a table such as { task"),
    ('{ enrol = "nurture" }', "{}", "reasons[0].next[0]", "one of task, tag, untag, notify, enrol"),
    ('{ enrol = "nurture" }', '{ enroll = "x" }', "reasons[0].next[0].enroll", "did you mean 'enrol'?"),
    ('{ enrol = "nurture" }', '{ title = "x" }', "reasons[0].next[0]", "exactly one of"),
    ('{ enrol = "nurture" }', '{ enrol = "x", tag = "y" }', "reasons[0].next[0]", "exactly one of"),
    ('{ enrol = "nurture" }', '{ enrol = "x", title = "y" }', "reasons[0].next[0].title", "known: after, enrol"),
    ('{ enrol = "nurture" }', "{ enrol = 5 }", "reasons[0].next[0].enrol", "a name, got 5"),
    ('{ untag = "hot" }', '{ untag = "" }', "reasons[0].next[1].untag", "not blank"),
    ("keep = false", 'keep = "no"', "reasons[1].keep", "true or false"),
    ("needs_note = true", "needs_note = 1", "reasons[1].needs_note", "true or false, got 1"),
    ("resets_engagement", "reset_engagement", "reasons[1].reset_engagement", "'resets_engagement'"),
    ('outcomes = ["unqualified"]', 'outcomes = ["unqalified"]', "reasons[1].outcomes[0]", "did you mean 'unqualified'?"),
    ('outcomes = ["unqualified"]', 'outcomes = "lost"', "reasons[1].outcomes", "a list of outcomes"),
    ('never_contact = ["email", "phone"]', 'never_contact = "all"', "reasons[2].never_contact", "a list of channels"),
    ('never_contact = ["email", "phone"]', 'never_contact = ["email", ""]', "reasons[2].never_contact[1]", "not blank"),
    ("verify_contact = true", 'verify_contact = "bo"', "reasons[3].verify_contact", "true or false"),
    ("attempts = 6", "attempts = 6.5", "reasons[4].attempts", "a whole number, got 6.5"),
    ("attempts = 6", 'attempts = "6"', "reasons[4].attempts", 'a whole number, got "6"'),
    ('within = "30 days"', "within = 30", "reasons[4].within", "a span such as"),
    (TASK, '{ task = "" }', "reasons[4].next[0].task", "not blank"),
    (TASK, '{ task = "call", titel = "Ask" }', "reasons[4].next[0].titel", "did you mean 'title'?"),
    (TASK, '{ task = "call", after = 1 }', "reasons[4].next[0].after", "a span such as"),
    (TASK, '{ task = "call", rep = ["ada"] }', "reasons[4].next[0].rep", "a name"),
    ('["data desk", "bo"]', '"bo"', "verifiers", "a list of reps' ids"),
    ('["data desk", "bo"]', '["bo", 5]', "verifiers[1]", "a name, got 5"),
    ("verifiers", "verifier", "verifier", "did you mean 'verifiers'?"),
    ("won = [", "wno = [", "next.wno", "did you mean 'won'?"),
    ("removed = []", "removed = {}", "next.removed", "a list of actions, got {}"),
    (NOTIFY, '{ notify = "fulfilment" }', "next.won[0].message", "missing"),
    (NOTIFY, '{ notify = "fulfilment", message = 5 }', "next.won[0].message", "text, got 5"),
    (NOTIFY, '{ notify = "x", massage = "y" }', "next.won[0].massage", "did you mean 'message'?"),
]  # fmt: skip
BY_READER = [
    ('label = "Brak budżetu"', 'label = " "', "reasons[0].label", "not blank"),
    ('label = "Brak budżetu"', 'label = "a\\nb"', "reasons[0].label", "without control"),
    ('"6 months"', '"6 monhts"', "reasons[0].contact_again", "did you mean 'months'?"),
    ('"6 months"', '"6 hours"', "reasons[0].contact_again", "a span of whole days"),
    ('"6 months"', '"6 months"\nkeep = false', "reasons[0].keep", "cannot be deleted"),
    ('"6 months"', '"6 months"\nnever_contact = ["All"]', "reasons[0].contact_again", "closed for good"),
    ('outcomes = ["unqualified"]', "outcomes = []", "reasons[1].outcomes", "at least one outcome"),
    ("verify_contact = true", "verify_contact = true\nkeep = false", "reasons[3].keep", "cannot be deleted"),
    ("attempts = 6", "attempts = 0", "reasons[4].attempts", "at least 1"),
    ("attempts = 6", "", "reasons[4].within", "no attempts are asked for"),
    ('"30 days"', '"30 dasy"', "reasons[4].within", "did you mean 'days'?"),
    ('key = "bad_data"', 'key = "no_budget"', "reasons[3].key", "'no_budget' is the key of reasons[0] too"),
    ('after = "1 day"', 'after = "0 days"', "reasons[4].next[0].after", "not empty"),
    ('rep = "ada"', 'rep = " "', "reasons[4].next[0].rep", "not blank"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "path", "words"), [*BY_SCHEMA, *BY_READER])
def test_a_planted_error_is_refused_with_its_path(
    old: str, new: str, path: str, words: str
) -> None:
    assert TOML.count(old)
    found = problems(TOML.replace(old, new, 1))
    assert words in found.pop(path)
    assert all("missing" in message for message in found.values()), found


@pytest.mark.parametrize(("old", "new"), [(old, new) for old, new, _, _ in BY_SCHEMA])
def test_the_schema_refuses_it_too(old: str, new: str) -> None:
    valid = validator(DispositionPolicy).is_valid
    assert valid(tomllib.loads(TOML))
    assert not valid(tomllib.loads(TOML.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("source", "path", "words"),
    [
        ("reasons = []", "reasons", "at least one reason, got none"),
        ("reasons = []\nverifiers = 5", "reasons", "at least one reason, got none"),
        ("reasons = 5", "reasons", "a list of reasons, got 5"),
        ("reasons = [5]", "reasons[0]", "a table, got 5"),
        ('reasons = [{ key = "a" }]\nnext = []', "next", "a table, got []"),
        ("[]", "line 1, column 2", "not TOML"),
        ('{"reasons": [{"key": "a", "key": "b"}]}', "reasons[0].key", "each key once"),
        ('{"reasons": [{"key": "a", "keep": null}]}', "reasons[0].keep", "true or false, got null"),
        ('{"reasons": [{"key": "a"}], "next": {"won": null}}', "next.won", "a list of actions"),
    ],
)
def test_a_bad_document_is_refused_with_the_path(source: str, path: str, words: str) -> None:
    assert words in problems(source)[path]


def test_all_problems_are_told_at_once() -> None:
    found = problems(
        TOML.replace('"6 months"', '"6 moths"')
        .replace("Brak budżetu", " ")
        .replace("needs_note = true", "needs_note = 1\nverify_contact = true")
        .replace('outcomes = ["unqualified"]', 'outcomes = []\ncontact_again = "5 hours"')
        .replace('key = "bad_data"', 'key = "no_budget"')
        .replace("attempts = 6", "attempts = -6")
        .replace('{ tag = "silent" }', "{ tga = 1 }")
        .replace("won = [", "lots = [")
    )
    assert list(found) == [
        "reasons[0].label",
        "reasons[0].contact_again",
        "reasons[1].needs_note",
        "reasons[1].contact_again",
        "reasons[1].outcomes",
        "reasons[1].keep",
        "reasons[4].attempts",
        "reasons[4].next[1].tga",
        "next.lots",
        "reasons[3].key",
    ]


def test_what_may_be_right_once_the_rest_is_mended_is_not_told() -> None:
    text = '{{"reasons": [{{"key": "a", "within": "9 days", "contact_again": "1 day", {}}}]}}'
    assert set(problems(text.format('"attempts": "6"'))) == {"reasons[0].attempts"}
    assert set(problems(text.format('"atempts": 6'))) == {"reasons[0].atempts"}
    assert set(problems(text.format('"attempts": 6, "keep": 0'))) == {"reasons[0].keep"}
    both = text.format('"attempts": 6, "never_contact": ["all", 5]')
    assert set(problems(both)) == {"reasons[0].never_contact[1]"}


def test_what_has_no_key_is_not_called_repeated() -> None:
    found = problems('{"reasons": [{"label": "a"}, 5, {"label": "a"}]}')
    assert set(found) == {"reasons[0].key", "reasons[1]", "reasons[2].key"}


def test_more_reasons_than_the_limit_are_refused() -> None:
    rows = [{"key": f"r{n}"} for n in range(DEFAULT_LIMITS.rules + 1)]
    assert "at most" in problems(json.dumps({"reasons": rows}))["reasons"]


@given(anything())
def test_law_plain_data_of_any_form_give_a_policy_or_a_leadflow_error(data: Any) -> None:
    planted = [data, {"reasons": data}, {"reasons": [{"key": "a", "next": data}], "next": data}]
    for given_data in planted:
        try:
            policy = from_data(given_data, DispositionPolicy)
        except (InvalidDefinition, LimitExceeded) as error:
            assert str(error)  # noqa: PT017 (either answer is right)
        else:
            assert from_data(to_data(policy), DispositionPolicy) == policy


@given(st.data())
def test_law_a_changed_document_gives_a_policy_or_a_leadflow_error(data: Any) -> None:
    lines = TOML.splitlines()
    place = data.draw(st.integers(0, len(lines) - 1))
    lines[place] = data.draw(
        st.sampled_from(["", *lines, "keep = false", 'next = [{ tag = "x" }]'])
    )
    try:
        policy = load_policy("\n".join(lines))
    except InvalidDefinition as error:
        assert error.problems  # noqa: PT017 (either answer is right)
    else:
        assert load_policy(dump_policy(policy)) == policy

"""LeadSchema: what cannot work is found when a definition is built."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.conditions import (
    Condition,
    LeadSchema,
    activity,
    all_of,
    always,
    any_of,
    field,
    kind_of,
    tag,
)
from leadflow.errors import InvalidValue, LeadflowError
from leadflow.events import Activity
from leadflow.lead import Lead
from leadflow.money import Money
from tests.condition_strategies import values

SCHEMA = LeadSchema(
    {
        "employees": "number",
        "budget": Decimal,
        "country": str,
        "trial": bool,
        "last_seen": datetime,
        "founded": "date",
    },
    activities={"page_viewed": {"page": str, "seconds": int}},
)


def found(condition: Condition, path: str = "") -> list[str]:
    return [str(problem) for problem in SCHEMA.problems(condition, path)]


@pytest.mark.parametrize(
    "condition",
    [
        field("employees").at_least(5),
        field("employees").equals(0.5),
        field("employees").between(1, Decimal("2.5")),
        field("employees").at_most(field("budget")),
        field("employees").at_most(field("score")),
        field("country").one_of("PL", "CZ"),
        field("country").contains("P"),
        field("country").equals(field("source")),
        field("trial").equals(True),
        field("trial").equals(field("trial")),
        field("last_seen").in_last("1 month"),
        field("founded").older_than("1 year"),
        field("due").in_next("3 months"),
        field("created_at").at_least(datetime(2026, 1, 1, tzinfo=UTC)),
        field("deal_value").at_least(Money(1, "EUR")),
        field("win_probability").at_least(0.5),
        field("stage").is_unknown(),
        tag("anything"),
        always(),
        activity("page_viewed", page="/", seconds=3, channel="web"),
        activity("page_viewed").where(field("answered").is_unknown() & field("by").is_known()),
        activity("page_viewed").then(activity("call")),
        activity("call", anything=5),
    ],
)
def test_what_can_work_has_no_problems(condition: Condition) -> None:
    assert found(condition) == []


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        (field("employes").at_least(5), "unknown field 'employes': did you mean 'employees'?"),
        (field("employes").is_known(), "unknown field 'employes': did you mean 'employees'?"),
        (field("employes").is_unknown(), "unknown field 'employes': did you mean 'employees'?"),
        (field("contry").contains("x"), "unknown field 'contry': did you mean 'country'?"),
        (field("fonded").in_last("1 day"), "unknown field 'fonded': did you mean 'founded'?"),
        (field("stag").one_of("new"), "unknown field 'stag': did you mean 'stage'?"),
        (
            field("employees").at_most(field("budgt")),
            "unknown field 'budgt': did you mean 'budget'?",
        ),
        (
            field("employees").equals("5"),
            "employees is a number field and '5' is a text; they never compare",
        ),
        (
            field("employees").equals(True),
            "employees is a number field and True is a boolean; they never compare",
        ),
        (
            field("country").at_least(5),
            "country is a text field and 5 is a number; they never compare",
        ),
        (
            field("country").between(1, 2),
            "country is a text field and 1 is a number; they never compare",
        ),
        (
            field("country").one_of("PL", 5),
            "country is a text field and 5 is a number; they never compare",
        ),
        (
            field("deal_value").at_least(1_000),
            "deal_value is a money field and 1000 is a number; they never compare",
        ),
        (
            field("founded").equals(datetime(2026, 1, 1, tzinfo=UTC)),
            "founded is a date field and datetime.datetime(2026, 1, 1, 0, 0, tzinfo=datetime.timezone.utc) is a datetime; they never compare",
        ),
        (
            field("last_seen").less_than(date(2026, 1, 1)),
            "last_seen is a datetime field and datetime.date(2026, 1, 1) is a date; they never compare",
        ),
        (
            field("employees").at_most(field("country")),
            "employees is a number field and country a text field; they never compare",
        ),
        (
            field("country").at_most(field("source")),
            "country is a text field, which has no order; use equals",
        ),
        (
            field("trial").less_than(field("trial")),
            "trial is a boolean field, which has no order; use equals",
        ),
        (
            field("employees").starts_with("5"),
            "employees is a number field; starts_with needs a text field",
        ),
        (
            field("employees").in_last("1 day"),
            "employees is a number field; in_last needs a date or datetime field",
        ),
        (
            field("country").older_than("1 day"),
            "country is a text field; older_than needs a date or datetime field",
        ),
    ],
)
def test_what_can_never_work_is_a_problem_that_says_why(condition: Condition, problem: str) -> None:
    assert found(condition) == [problem]


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        (
            activity("page_viewed", pag="/"),
            "where: unknown field 'pag': did you mean 'page'?",
        ),
        (
            activity("page_viewed", employees=5),
            "where: unknown field 'employees': known: answered, by, channel, direction, page, seconds",
        ),
        (
            activity("page_viewed", seconds="3"),
            "where: seconds is a number field and '3' is a text; they never compare",
        ),
        (
            activity("page_viewed", answered="yes"),
            "where: answered is a boolean field and 'yes' is a text; they never compare",
        ),
        (
            activity("page_viewed", channel=5),
            "where: channel is a text field and 5 is a number; they never compare",
        ),
        (
            activity("page_viewed").where(field("page").is_known() & field("at").is_known()),
            "where.all[1]: unknown field 'at': known: answered, by, channel, direction, page, seconds",
        ),
    ],
)  # fmt: skip
def test_the_data_of_a_listed_activity_is_checked(condition: Condition, problem: str) -> None:
    assert found(condition) == [problem]


def test_every_problem_carries_its_path() -> None:
    bad = field("x").is_known()
    condition = all_of(
        field("employees").is_known(),
        any_of(tag("vip"), ~bad, bad),
        activity("page_viewed", y=1).then(activity("page_viewed", z=1)),
        field("x").equals(field("w")),
    )
    paths = [problem.path for problem in SCHEMA.problems(condition, "rules[3].when")]
    assert paths == [
        "rules[3].when.all[1].any[1].not",
        "rules[3].when.all[1].any[2]",
        "rules[3].when.all[2].first.where",
        "rules[3].when.all[2].then.where",
        "rules[3].when.all[3]",
        "rules[3].when.all[3]",
    ]


def test_a_long_or_hostile_name_is_shown_bounded() -> None:
    assert all(len(problem) < 600 for problem in found(field("x" * 200).equals(1)))


@pytest.mark.parametrize(
    ("message", "build"),
    [
        (
            r"LeadSchema.fields.a: expected one of number, text, boolean, date, datetime, got 'numbr' \(did you mean 'number'\?\)",
            lambda: LeadSchema({"a": "numbr"}),  # type: ignore[dict-item]
        ),
        ("LeadSchema.fields.a: expected one of", lambda: LeadSchema({"a": "money"})),
        ("LeadSchema.fields.a: expected one of", lambda: LeadSchema({"a": Money})),
        ("LeadSchema.fields.a: expected one of", lambda: LeadSchema({"a": list})),
        ("LeadSchema.fields.a: expected one of", lambda: LeadSchema({"a": None})),  # type: ignore[dict-item]
        ("LeadSchema.fields.a: expected one of", lambda: LeadSchema({"a": ["text"]})),  # type: ignore[dict-item]
        ("LeadSchema.fields.stage: expected a name that is no", lambda: LeadSchema({"stage": str})),
        ("LeadSchema.fields.tags: expected a name that is no", lambda: LeadSchema({"tags": str})),
        ("LeadSchema.fields: expected names that differ", lambda: LeadSchema({"a": str, " a": int})),
        ("LeadSchema.fields name: expected a name", lambda: LeadSchema({" ": str})),
        ("LeadSchema.fields name: expected text", lambda: LeadSchema({5: str})),  # type: ignore[dict-item]
        ("LeadSchema.fields: expected a mapping", lambda: LeadSchema(["a"])),  # type: ignore[arg-type]
        ("LeadSchema.activities: expected a mapping", lambda: LeadSchema({}, ["call"])),  # type: ignore[arg-type]
        ("LeadSchema.activities.call: expected a mapping", lambda: LeadSchema({}, {"call": str})),  # type: ignore[dict-item]
        ("LeadSchema.activities.call.by: expected a name", lambda: LeadSchema({}, {"call": {"by": str}})),
        ("LeadSchema.activities.call.x: expected one of", lambda: LeadSchema({}, {"call": {"x": Money}})),
        (
            "LeadSchema.activities: expected names that differ",
            lambda: LeadSchema({}, {"call": {}, "call ": {}}),
        ),
    ],
)  # fmt: skip
def test_a_schema_that_cannot_be_is_refused(message: str, build: Any) -> None:
    with pytest.raises(InvalidValue, match=f"^{message}"):
        build()


RESERVED = ["tags", "fields", "events", "deal_value_currency", "engagement_reset_at"]
RESERVED += Lead("L-1").values
ATTRIBUTES = ["created_at", "source", "deal_value", "due", "time_zone", "score", "win_probability"]
POSITIONS = ["stage", "pipeline", "owner", "rating", "lifecycle"]


@pytest.mark.parametrize("name", [*RESERVED, *ATTRIBUTES, *POSITIONS])
def test_a_name_no_field_may_have_is_no_name_in_a_schema(name: str) -> None:
    with pytest.raises(LeadflowError):
        Lead("L-1", fields={name: "x"})
    with pytest.raises(InvalidValue):
        LeadSchema({name: str})


@pytest.mark.parametrize("name", ["kind", "at", "channel", "direction", "answered", "by"])
def test_a_name_no_data_may_have_is_no_name_in_a_schema(name: str) -> None:
    with pytest.raises(LeadflowError):
        Activity("call", datetime(2026, 1, 1, tzinfo=UTC), data={name: "x"})
    with pytest.raises(InvalidValue):
        LeadSchema({}, {"call": {name: str}})


def test_a_schema_is_a_value() -> None:
    again = pickle.loads(pickle.dumps(SCHEMA))
    assert again == SCHEMA
    assert hash(again) == hash(SCHEMA)
    assert LeadSchema({"a": float}) == LeadSchema({"a": "number"})


@given(
    st.sampled_from(["employees", "country", "trial", "founded", "last_seen"]), values(), values()
)
def test_a_comparison_that_a_schema_refuses_holds_of_no_lead(
    name: str, constant: Any, value: Any
) -> None:
    condition = field(name).equals(constant)
    if found(condition) and SCHEMA.fields[name] == kind_of(value):
        lead = Lead("L-1", fields={name: value})
        assert not condition.matches(lead, as_of=datetime(2026, 1, 1, tzinfo=UTC))

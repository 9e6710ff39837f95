"""The words conditions are written with."""

from __future__ import annotations

import operator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from leadflow.conditions import (
    All,
    AnyOf,
    Between,
    Compare,
    Condition,
    Dated,
    FieldRef,
    Followed,
    Happened,
    HasTag,
    Known,
    Not,
    OneOf,
    TextPart,
    Unknown,
    activity,
    all_of,
    always,
    any_of,
    field,
    tag,
)
from leadflow.errors import InvalidValue, LeadflowError, LimitExceeded, MixedCurrencies
from leadflow.events import ActivityKind
from leadflow.money import Money
from leadflow.span import Span

A, B, C = field("a").is_known(), tag("vip"), activity("call")


@pytest.mark.parametrize(
    ("built", "node"),
    [
        (field("a").equals(1), Compare("a", "equals", 1)),
        (field("a").at_least(1), Compare("a", "at_least", 1)),
        (field("a").at_most(1), Compare("a", "at_most", 1)),
        (field("a").more_than(1), Compare("a", "more_than", 1)),
        (field("a").less_than(field("b")), Compare("a", "less_than", FieldRef("b"))),
        (field("a").between(1, 2), Between("a", 1, 2)),
        (field("a").one_of("x", "y"), OneOf("a", ["x", "y"])),
        (field("a").contains("x"), TextPart("a", "contains", "x")),
        (field("a").starts_with("x"), TextPart("a", "starts_with", "x")),
        (field("a").ends_with("x"), TextPart("a", "ends_with", "x")),
        (field("a").is_known(), Known("a")),
        (field("a").is_unknown(), Unknown("a")),
        (field("a").in_last("1 week"), Dated("a", "in_last", Span(days=7))),
        (field("a").in_next(Span(months=1)), Dated("a", "in_next", Span(months=1))),
        (field("a").older_than("1 year"), Dated("a", "older_than", Span(months=12))),
        (tag(" vip "), HasTag("vip")),
        (activity("call"), Happened("call")),
        (activity("call", answered=True), Happened("call", Compare("answered", "equals", True))),
        (activity(ActivityKind.CALL), Happened("call")),
        (C.within(timedelta(days=2)), Happened("call", None, Span(days=2))),
        (C.times(2, 3), Happened("call", None, None, 2, 3)),
        (C.times(at_most=2), Happened("call", None, None, 1, 2)),
        (C.never(), Happened("call", None, None, 0, 0)),
        (C.then(C, within="2 days"), Followed(C, C, Span(days=2))),
        (A & B, All([A, B])),
        (A | B, AnyOf([A, B])),
        (~A, Not(A)),
        (all_of(A, B), All([A, B])),
        (any_of(A, B), AnyOf([A, B])),
    ],
)
def test_every_word_builds_its_node(built: Condition, node: Condition) -> None:
    assert built == node
    assert hash(built) == hash(node)


def test_and_and_or_flatten_their_own_kind_only() -> None:
    assert All([A, B, C, A]) == (A & B) & (C & A)
    assert AnyOf([A, B, C]) == (A | B) | C
    assert All([AnyOf([A, B]), C]) == (A | B) & C


def test_where_narrows_further_each_time() -> None:
    one, two = field("page").equals("/"), field("seconds").at_least(30)
    assert activity("page_viewed").where(one).where(two) == activity("page_viewed").where(one, two)
    assert activity("page_viewed", page="/").where(two) == activity("page_viewed").where(one, two)


def test_several_data_keywords_must_all_hold() -> None:
    both = field("page").equals("/") & field("seconds").equals(30)
    assert activity("page_viewed", page="/", seconds=30) == activity("page_viewed").where(both)


def test_narrowing_returns_a_new_condition() -> None:
    C.within("1 day").times(3).where(field("answered").equals(True))
    assert Happened("call") == C


BAD: list[tuple[str, Any]] = [
    ("Field.name: expected a name that is not blank", lambda: field(" ")),
    ("Field.name: expected text", lambda: field(None)),  # type: ignore[arg-type]
    ("Field.name: expected no control", lambda: field("a\u202eb")),
    ("value to compare with: expected a known value", lambda: field("a").equals(None)),  # type: ignore[arg-type]
    ("value to compare with: expected a finite number", lambda: field("a").at_least(float("inf"))),
    ("value to compare with: expected text, a number", lambda: field("a").equals([1])),  # type: ignore[arg-type]
    ("value to compare with: expected a datetime with", lambda: field("a").equals(datetime(2026, 1, 1))),
    (r"a.at_least: expected a number.*text has no order", lambda: field("a").at_least("b")),  # type: ignore[arg-type]
    (r"a.less_than: expected .*true and false have no order", lambda: field("a").less_than(True)),
    ("a.between: expected two numbers", lambda: field("a").between("a", "b")),  # type: ignore[arg-type]
    ("a.between: expected two numbers", lambda: field("a").between(False, True)),
    ("a.between: expected two numbers", lambda: field("a").between(1, date(2026, 1, 1))),
    ("a.between: expected two numbers", lambda: field("a").between(date(2026, 1, 1), datetime(2026, 1, 2, tzinfo=UTC))),
    ("a.between: expected the low end first, got 2 and 1", lambda: field("a").between(2, 1)),
    ("Between.low: expected", lambda: field("a").between(None, 1)),  # type: ignore[arg-type]
    ("Between.low: expected text, a number", lambda: field("a").between(field("b"), 1)),  # type: ignore[arg-type]
    ("one_of: expected at least one value", lambda: field("a").one_of()),
    ("one_of: expected a known value", lambda: field("a").one_of("b", None)),  # type: ignore[arg-type]
    ("one_of: expected a list of values", lambda: OneOf("a", "bc")),
    ("one_of: expected a list of values", lambda: OneOf("a", 5)),  # type: ignore[arg-type]
    ("text to look for: expected text that is not empty", lambda: field("a").contains("")),
    ("text to look for: expected text, got 5", lambda: field("a").ends_with(5)),  # type: ignore[arg-type]
    ("in_last: expected days, weeks, months or years, got 5 hours", lambda: field("a").in_last("5 hours")),
    ("in_next: expected days, .* got 1 day 1 minute", lambda: field("a").in_next("1 day 1 minute")),
    ("older_than: expected a span", lambda: field("a").older_than("long")),
    ("older_than: expected a span that is not empty", lambda: field("a").older_than("0 days")),
    ("within: expected days", lambda: activity("call").within("90 minutes")),
    ("within: expected a span", lambda: activity("call").within(7)),  # type: ignore[arg-type]
    ("Happened.kind: expected a name that is not blank", lambda: activity("")),
    ("value to compare with: expected a known value", lambda: activity("call", by=None)),  # type: ignore[arg-type]
    ("where: expected a condition on the activity's own data.* tags", lambda: C.where(B)),
    ("where: expected a condition on the activity's own data", lambda: C.where(C)),
    ("where: expected a condition on the activity's own data", lambda: C.where(~(A | (A & B)))),
    ("where: expected a condition on the activity's own data", lambda: C.where(C.then(C))),
    ("where: expected a condition on the activity's own data, got 'x'", lambda: C.where("x")),  # type: ignore[arg-type]
    ("all or any: expected at least one condition", C.where),
    ("times: expected 1 or more, or an upper end", lambda: C.times(0)),
    ("times: expected a whole number of at least 0", lambda: C.times(-1)),
    ("times: expected a whole number, got 2.5", lambda: C.times(2.5)),  # type: ignore[arg-type]
    ("times: expected a whole number, got True", lambda: C.times(True)),
    ("times: expected the smaller number first", lambda: C.times(3, 2)),
    ("times: expected the smaller number first", lambda: C.times(at_most=-1)),
    ("sequence: expected an activity.* without times", lambda: C.then(C.times(2))),
    ("sequence: expected an activity.* without times", lambda: C.never().then(C)),
    ("sequence: expected an activity.* without times", lambda: C.then(B)),  # type: ignore[arg-type]
    ("then within: expected whole days, got '1 month'", lambda: C.then(C, within="1 month")),
    ("then within: expected whole days, got '5 hours'", lambda: C.then(C, within="5 hours")),
    ("then within: expected a span", lambda: C.then(C, within=5)),  # type: ignore[arg-type]
    ("all or any: expected at least one condition", all_of),
    ("all or any: expected at least one condition", any_of),
    ("all or any: expected a list of conditions, got 5", lambda: All(5)),  # type: ignore[arg-type]
    ("all or any: expected a list of conditions", lambda: AnyOf(A)),  # type: ignore[arg-type]
    ("condition: expected a condition, got False", lambda: any_of(False, A)),  # type: ignore[arg-type]
    ("condition: expected a condition, got a list of 1", lambda: all_of([A])),  # type: ignore[arg-type]
    ("condition: expected a condition, got 'x'", lambda: A & "x"),  # type: ignore[operator]
    ("condition: expected a condition, got None", lambda: A | None),  # type: ignore[operator]
    ("condition: expected a condition, got 5", lambda: Not(5)),  # type: ignore[arg-type]
    ("comparison: expected one of .*did you mean 'equals'", lambda: Compare("a", "eqals", 5)),  # type: ignore[arg-type]
    ("comparison: expected one of", lambda: Compare("a", ["equals"], 5)),  # type: ignore[arg-type]
    ("text comparison: expected one of", lambda: TextPart("a", "matches", "x")),  # type: ignore[arg-type]
    ("date comparison: expected one of", lambda: Dated("a", "in_past", Span(days=1))),  # type: ignore[arg-type]
]  # fmt: skip


@pytest.mark.parametrize(("message", "build"), BAD)
def test_what_cannot_work_is_refused_when_built_and_names_the_place(
    message: str, build: Any
) -> None:
    with pytest.raises(LeadflowError, match=f"^{message}"):
        build()


def test_a_range_in_two_currencies_is_refused() -> None:
    with pytest.raises(MixedCurrencies, match="cannot compare deal_value with EUR and USD"):
        field("deal_value").between(Money(1, "EUR"), Money(2, "USD"))


def test_one_value_is_a_range_and_amounts_of_one_currency_are_too() -> None:
    assert field("a").between(1, 1.0) == field("a").between(1, 1)
    assert str(field("a").between(Money(1, "EUR"), Money(2, "EUR"))) == (
        "a is between 1 EUR and 2 EUR"
    )


def test_one_of_takes_as_many_values_as_a_condition_has_nodes_and_no_more() -> None:
    assert len(field("a").one_of(*range(10_000)).values) == 10_000
    with pytest.raises(LimitExceeded, match="one_of: the values may be at most 10,000"):
        field("a").one_of(*range(10_001))


def test_one_of_keeps_equal_values_of_one_kind_once() -> None:
    assert field("a").one_of(1, 1.0, True, "1", 1).values == (1, True, "1")


@pytest.mark.parametrize(
    "use", [bool, lambda c: c and c, lambda c: c or c, lambda c: not c, lambda c: 1 if c else 2]
)
@pytest.mark.parametrize("condition", [A, B, C, A & B, ~A, always(), C.then(C)])
def test_pythons_and_or_not_say_what_to_write_instead(condition: Condition, use: Any) -> None:
    with pytest.raises(TypeError, match=r"combine with & \| ~ instead of and, or, not"):
        use(condition)


def test_comparing_a_field_with_an_operator_says_which_word_to_write() -> None:
    for compare in (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge):
        with pytest.raises(TypeError, match=r"field\('employees'\) is written in words: \.equals"):
            compare(field("employees"), 5)


def test_a_field_can_still_be_kept_in_a_set() -> None:
    assert len({field("a"), field("b")}) == 2


def test_a_list_handed_to_one_of_says_how_to_pass_it() -> None:
    with pytest.raises(InvalidValue, match=r"one_of\(\*values\)"):
        field("country").one_of(["PL", "CZ"])  # type: ignore[arg-type]

"""Conditions as values: equality, pickling, and how large they may be."""

from __future__ import annotations

import copy
import pickle
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest

from leadflow.conditions import (
    Condition,
    Happened,
    TextPart,
    activity,
    all_of,
    always,
    any_of,
    field,
    tag,
)
from leadflow.errors import InvalidValue, LimitExceeded
from leadflow.events import ActivityKind
from leadflow.lead import Lead
from leadflow.money import Money

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
EVERY: list[Condition] = [
    field("a").equals(Decimal("0.1")),
    field("a").at_most(field("b")),
    field("a").between(1, 2),
    field("a").one_of(Money(1, "EUR"), "x"),
    field("a").contains("x"),
    field("a").is_known(),
    field("a").is_unknown(),
    field("a").in_last("1 month"),
    tag("vip"),
    activity("call", answered=True).within("1 day").times(2, 3),
    activity("a").then(activity("b"), within="2 days"),
    field("a").is_known() & tag("vip"),
    field("a").is_known() | tag("vip"),
    ~tag("vip"),
    always(),
]


@pytest.mark.parametrize("condition", EVERY)
def test_a_condition_survives_pickling_and_copying_even_after_it_was_asked(
    condition: Condition,
) -> None:
    met = condition.matches(Lead("L-1"), as_of=NOW)
    for other in (pickle.loads(pickle.dumps(condition)), copy.deepcopy(condition)):
        assert other == condition
        assert hash(other) == hash(condition)
        assert other.matches(Lead("L-1"), as_of=NOW) is met


def test_conditions_are_equal_by_content_and_work_as_keys() -> None:
    assert len({condition: str(condition) for condition in [*EVERY, *EVERY]}) == len(EVERY)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (field("a").equals(1), field("a").equals(True)),
        (field("a").equals(0), field("a").equals(False)),
        (field("a").one_of(1), field("a").one_of(True)),
        (field("a").equals("b"), field("a").equals(field("b"))),
        (activity("a", b=1), activity("a", b=True)),
        (~field("a").equals(1), ~field("a").equals(True)),
    ],
)
def test_conditions_that_mean_different_things_are_not_equal(
    one: Condition, other: Condition
) -> None:
    assert one != other
    assert len({one, other}) == 2


def test_conditions_that_mean_one_thing_are_equal_however_written() -> None:
    assert field("a").equals(1.0) == field("a").equals(Decimal("1.00")) == field("a").equals(1)
    assert field("a").equals(0.1) == field("a").equals(Decimal("0.10"))
    assert field("a").equals(Money("1.0", "EUR")) == field("a").equals(Money(1, "EUR"))


def test_a_condition_cannot_be_changed() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        tag("vip").tag = "other"  # type: ignore[misc]


def test_a_text_to_look_for_is_kept_as_plain_text() -> None:
    assert type(TextPart("a", "contains", ActivityKind.CALL).text) is str


# Size


def nested(levels: int, start: Condition) -> Condition:
    for _ in range(levels):
        start = ~start
    return start


def test_a_leaf_has_one_node_and_one_level() -> None:
    assert (tag("vip").size, tag("vip").depth) == (1, 1)


def test_the_parts_and_the_data_of_an_activity_count() -> None:
    page = activity("page_viewed", page="/", seconds=3)
    assert (page.size, page.depth) == (4, 3)
    assert (page.then(activity("call")).size, page.then(activity("call")).depth) == (6, 4)
    assert (tag("a") & tag("b") & ~tag("c")).size == 5


@pytest.mark.parametrize(
    "wrap",
    [
        lambda c: ~c,
        all_of,
        any_of,
        lambda c: c & always() if c.size % 2 else c | always(),
    ],
)
def test_64_levels_are_taken_and_asked_and_one_more_is_refused(
    wrap: Callable[[Any], Condition],
) -> None:
    condition: Condition = tag("vip")
    while condition.depth < 64:
        condition = wrap(condition)
    condition.matches(Lead("L-1"), as_of=NOW)
    assert str(condition)
    assert hash(condition) == hash(pickle.loads(pickle.dumps(condition)))
    with pytest.raises(LimitExceeded, match="the levels of nesting may be at most 64, got 65"):
        nested(1, condition)


def test_an_activity_counts_as_a_level_above_its_data() -> None:
    deep = nested(62, field("page").is_known())
    assert activity("page_viewed").where(deep).depth == 64
    with pytest.raises(LimitExceeded, match="64"):
        activity("page_viewed").where(~deep)


def test_100_000_nested_nots_are_a_clear_error() -> None:
    with pytest.raises(LimitExceeded, match=r"condition: the levels of nesting may be at most 64"):
        nested(100_000, tag("vip"))


def test_20_000_nodes_are_taken_and_one_more_is_refused() -> None:
    leaves = [tag(f"t{number}") for number in range(20_000)]
    assert any_of(*leaves[1:]).size == 20_000
    for combine in (any_of, all_of):
        with pytest.raises(
            LimitExceeded, match=r"condition: the nodes may be at most 20,000, got 20,001"
        ):
            combine(*leaves)


def test_a_condition_that_holds_itself_many_times_over_is_counted_in_full() -> None:
    condition = tag("a") | tag("b")
    for _ in range(12):
        condition = any_of(condition, condition)
    assert condition.size == 16_383
    with pytest.raises(LimitExceeded, match="the nodes may be at most 20,000, got 32,767"):
        any_of(condition, condition)


def test_as_many_alternatives_as_there_is_room_for_are_quick() -> None:
    lead = Lead("L-1", fields={"n": 9_999})
    started = time.perf_counter()
    condition = any_of(*[field("n").equals(number) for number in range(10_000)])
    assert condition.matches(lead, as_of=NOW)
    assert all(condition.matches(lead, as_of=NOW) for _ in range(10))
    assert str(condition).endswith("or 9992 more")
    assert time.perf_counter() - started < 5


def test_a_step_of_a_sequence_is_plain() -> None:
    assert Happened("call").within("1 day").is_plain
    assert not Happened("call").times(2).is_plain
    with pytest.raises(InvalidValue, match="sequence"):
        Happened("call").times(0, 3).then(Happened("call"))

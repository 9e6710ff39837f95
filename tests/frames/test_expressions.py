"""Conditions as expressions: every leaf on every sort of column, and the traps of the engines."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from leadflow import Lead, Money, always, any_of, field, tag
from leadflow.conditions import Condition
from leadflow.errors import WrongColumn
from leadflow.frames import matches_frame
from tests import frame_strategies as drawn
from tests.frame_strategies import asked

NOW = drawn.NOW
Rows = list[dict[str, Any]]
EVERY = pytest.mark.parametrize("engine", drawn.ENGINES)


def _conditions(sort: str) -> list[Condition]:
    one, kind = field("a"), drawn.KINDS[sort]
    pool = drawn._CONSTANTS[kind]
    found: list[Condition] = [one.equals(value) for value in pool]
    found += [one.one_of(*pool), one.one_of(*pool[:2]), one.is_known(), one.is_unknown()]
    if kind in ("number", "date", "datetime"):
        found += [
            getattr(one, word)(value)
            for word in ("at_least", "at_most", "more_than", "less_than")
            for value in pool
        ]
        low, high = sorted(pool[:2], key=drawn._key)
        found.append(one.between(low, high))
    if kind == "text":
        found += [
            getattr(one, word)(value)
            for word in ("contains", "starts_with", "ends_with")
            for value in pool
            if value
        ]
    if kind in ("date", "datetime"):
        found += [
            getattr(one, word)(span)
            for word in ("in_last", "in_next", "older_than")
            for span in drawn._SPANS
        ]
    return found + [~each for each in found]


@pytest.mark.parametrize("sort", drawn.SORTS)
@EVERY
def test_every_leaf_on_every_edge_agrees_with_lead_by_lead(engine: str, sort: str) -> None:
    values = [*drawn.POOLS[sort], None]
    conditions = _conditions(sort)
    leads = [Lead("L", fields={"a": value}) for value in values]
    combined = conditions[:: 1 if engine == "polars" else 9]
    for condition in combined:
        expected = [condition.matches(lead, as_of=NOW) for lead in leads]
        rows: Rows = [{"a": value} for value in values]
        assert asked(condition, {"a": sort}, rows, engine) == expected, str(condition)


_NUMBERS = ("int", "small", "float", "decimal")


@pytest.mark.parametrize(("one", "two"), list(itertools.product(_NUMBERS, _NUMBERS)))
@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_two_columns_of_numbers_agree_with_lead_by_lead(engine: str, one: str, two: str) -> None:
    pairs = [
        {"a": a, "b": b}
        for a, b in itertools.product([*drawn.POOLS[one], None], [*drawn.POOLS[two], None])
    ]
    leads = [Lead("L", fields=pair) for pair in pairs]
    for word in ("equals", "at_least", "at_most", "more_than", "less_than"):
        condition = getattr(field("a"), word)(field("b"))
        expected = [condition.matches(lead, as_of=NOW) for lead in leads]
        assert asked(condition, {"a": one, "b": two}, pairs, engine) == expected


def test_whole_numbers_meet_fractions_at_the_next_whole_number() -> None:
    rows: Rows = [{"a": 0}, {"a": 1}]
    assert asked(field("a").at_least(0.1), {"a": "int"}, rows, "polars") == [False, True]
    assert asked(field("a").less_than(0.1), {"a": "int"}, rows, "polars") == [True, False]
    assert asked(field("a").one_of(0.5, 0.25), {"a": "int"}, rows, "polars") == [False, False]


def test_a_bound_beyond_the_column_is_met_by_all_or_none_of_the_known() -> None:
    frame = pl.DataFrame(
        {"id": ["a", "b"], "a": [Decimal("1.5"), None]}, {"id": pl.String, "a": pl.Decimal(4, 2)}
    )
    for word, expected in (
        ("at_most", [True, False]),
        ("at_least", [False] * 2),
        ("equals", [False] * 2),
    ):
        condition = getattr(field("a"), word)(1_000_000)
        assert matches_frame(condition, frame, as_of=NOW)["matches"].to_list() == expected


@EVERY
def test_tags_are_looked_up_in_a_list(engine: str) -> None:
    rows: Rows = [{"tags": ["vip", "x"]}, {"tags": []}, {"tags": None}, {"tags": ["vi"]}]
    assert asked(tag("vip"), {"tags": "texts"}, rows, engine) == [True, False, False, False]
    assert asked(~tag("vip"), {"tags": "texts"}, rows, engine) == [False, True, True, True]


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_columns_of_nothing_but_nulls_are_unknown(engine: str) -> None:
    frame = pl.DataFrame(
        {
            "id": ["L"],
            "a": [None],
            "b": [1],
            "tags": [None],
            "deal_value": [None],
            "deal_value_currency": [None],
        }
    )
    made: Any = frame
    if engine == "duckdb":
        made = duckdb.sql(
            "select 'L' id, null a, 1 b, null tags, null deal_value, null deal_value_currency"
        )
    price = field("deal_value")
    nowhere: list[Condition] = [
        field("a").equals(1), field("a").is_known(), field("a").equals(field("b")),
        field("b").equals(field("a")), tag("x"), price.at_least(Money(0, "EUR")), price.is_known(),
    ]  # fmt: skip
    for condition in nowhere:
        assert [r["matches"] for r in drawn.rows_of(matches_frame(condition, made, as_of=NOW))] == [
            False
        ]
    for condition in (field("a").is_unknown(), price.is_unknown(), always()):
        assert [r["matches"] for r in drawn.rows_of(matches_frame(condition, made, as_of=NOW))] == [
            True
        ]


@pytest.mark.parametrize(
    ("values", "condition", "found"),
    [
        ([1], field("a").equals("5"), "integer"),
        (["5"], field("a").equals(5), "text"),
        ([True], field("a").equals(1), "boolean"),
        ([1], field("a").equals(True), "integer"),
        ([date(2026, 3, 1)], field("a").equals(datetime(2026, 3, 1, tzinfo=UTC)), "date"),
        ([1.0], field("a").contains("1"), "float"),
        ([1.0], field("a").in_last("1 day"), "float"),
        ([1.0], field("a").at_least(Money(1, "EUR")), "float"),
        (["x"], field("a").at_least(field("a")), "text"),
        ([1], field("a").equals(field("id")), "integer"),
        ([1], field("a").equals(field("deal_value")), "decimal"),
        ([1], field("deal_value").at_least(5), "decimal"),
        ([1], any_of(field("a").equals("5"), field("a").equals("6")), "integer"),
    ],
)
def test_comparing_across_kinds_is_refused_before_anything_runs(
    values: list[Any], condition: Condition, found: str
) -> None:
    frame = pl.DataFrame(
        {"id": ["L"], "a": values, "deal_value": [Decimal(1)], "deal_value_currency": ["EUR"]}
    )
    with pytest.raises(WrongColumn) as caught:
        matches_frame(condition, frame.lazy(), as_of=NOW)
    assert caught.value.found.startswith(found)


def test_types_that_no_field_can_hold_are_refused() -> None:
    frame = pl.DataFrame({"id": ["L"], "a": [{"x": 1}], "tags": ["vip"], "stage": [5]})
    for condition in (field("a").is_known(), tag("vip"), field("stage").is_known()):
        with pytest.raises(WrongColumn):
            matches_frame(condition, frame, as_of=NOW)
    uuid = duckdb.sql("select 'L' id, uuid() a")
    with pytest.raises(WrongColumn, match="a type unknown here"):
        matches_frame(field("a").is_known(), uuid, as_of=NOW)


def test_objects_of_mixed_kinds_are_refused() -> None:
    mixed: list[list[Any]] = [
        [1, "a"],
        [1, 2.5],
        [date(2026, 3, 1), NOW],
        [NOW, NOW.replace(tzinfo=None)],
        [{}],
    ]
    for values in mixed:
        frame = pd.DataFrame(
            {"id": [str(n) for n in range(len(values))], "a": pd.Series(values, dtype="object")}
        )
        with pytest.raises(WrongColumn, match="column 'a'"):
            matches_frame(field("a").is_known(), frame, as_of=NOW)


def test_values_that_the_engine_cannot_hold_are_refused() -> None:
    frame = pd.DataFrame({"id": ["L"], "a": pd.Series([2**70], dtype="object")})
    with pytest.raises(WrongColumn, match="Polars can hold"):
        matches_frame(field("a").is_known(), frame, as_of=NOW)
    table = pa.table({"id": ["L"], "a": pa.array([{"x": 1}])})
    with pytest.raises(WrongColumn, match="no field can hold"):
        matches_frame(field("a").is_known(), table, as_of=NOW)


@pytest.mark.parametrize("asks", [field("deal_value_currency").equals("EUR"), tag("vip")])
def test_what_cannot_be_asked_of_a_column_says_what_can(asks: Condition) -> None:
    leads = pl.DataFrame({"id": ["L-1"], "deal_value": [1], "deal_value_currency": ["EUR"]})
    with pytest.raises(WrongColumn, match=r"compare it with Money|split the text into lists"):
        matches_frame(asks, leads.with_columns(tags=pl.lit("vip")), as_of=NOW)


def test_a_date_written_as_text_is_to_be_cast() -> None:
    leads = pl.DataFrame({"id": ["L-1"], "due": ["2026-05-01"]})
    with pytest.raises(WrongColumn, match=r"expected date or datetime, .* \(cast it to date or"):
        matches_frame(field("due").in_next("3 months"), leads, as_of=NOW)


@EVERY
@pytest.mark.parametrize("count", [2, 6, 7, 40])
@pytest.mark.parametrize("sort", ["text", "int", "float"])
def test_few_values_and_many_are_asked_alike(engine: str, sort: str, count: int) -> None:
    make = {"text": str, "int": int, "float": float}[sort]
    rows = [{"id": f"L-{n}", "a": make(n) if n else None} for n in range(60)]
    asks = field("a").one_of(*(make(3 * n) for n in range(count)))
    for condition in (asks, ~asks):
        frame = drawn.ENGINES[engine](rows, {"id": "text", "a": sort}, "UTC")
        found = drawn.rows_of(matches_frame(condition, frame, as_of=NOW))
        met = {row["id"] for row in found if row["matches"]}
        within = {f"L-{3 * n}" for n in range(1, count) if 3 * n < 60}
        assert met == (within if condition is asks else {row["id"] for row in rows} - within)

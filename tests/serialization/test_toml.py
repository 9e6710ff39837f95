from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.serialization.toml import write_toml


def plain() -> st.SearchStrategy[Any]:
    texts = st.text(st.characters(codec="utf-8"), max_size=6)
    decimals = st.decimals(-1000, 1000, places=3)
    days = st.dates() | st.datetimes().map(lambda at: at.replace(tzinfo=UTC, fold=0))
    leaf = st.one_of(texts, st.integers(), st.booleans(), decimals, days)
    return st.recursive(
        leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
    )


@given(st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=6), plain(), max_size=5))
def test_what_is_written_reads_back_as_equal(data: dict[str, Any]) -> None:
    assert tomllib.loads(write_toml(data), parse_float=Decimal) == data


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_reads_back_to_the_last_bit(number: float) -> None:
    assert repr(tomllib.loads(write_toml({"x": number}))["x"]) == repr(number)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("plain", '"plain"'),
        ('a"b\\c\n\t', r'"a\"b\\c\n\t"'),
        ("größe", '"größe"'),
        ("\x00\x7f\u202e\U000e0001", r'"\u0000\u007f\u202e\U000e0001"'),
        (True, "true"),
        (5, "5"),
        (1e22, "1e+22"),
        (Decimal("1E+2"), "100.0"),
        (Decimal("0.10"), "0.10"),
        (date(2026, 1, 1), "2026-01-01"),
        (datetime(2026, 1, 1, 9, tzinfo=UTC), "2026-01-01T09:00:00Z"),
        ([1, [2, "x"]], '[1, [2, "x"]]'),
        ([], "[]"),
    ],
)
def test_values_are_written_in_one_way(value: Any, written: str) -> None:
    assert write_toml({"x": value}) == f"x = {written}\n"


def test_sections_come_after_plain_keys_and_deep_tables_stay_inline() -> None:
    data = {
        "a": {"b": {"c": {"d": 1}}},
        "e": [{"f": {"g": 1}, "h": [{"i": 1}, {}]}],
        "j": {},
        "k": 1,
    }
    assert write_toml(data).splitlines() == [
        "k = 1",
        "",
        "[a.b]",
        "c = { d = 1 }",
        "",
        "[[e]]",
        "f = { g = 1 }",
        "h = [",
        "  { i = 1 },",
        "  {},",
        "]",
        "",
        "[j]",
    ]
    assert tomllib.loads(write_toml(data)) == data


def test_keys_that_are_not_bare_are_quoted() -> None:
    assert write_toml({"a b": {"é.c": 1}}) == '["a b"]\n"é.c" = 1\n'

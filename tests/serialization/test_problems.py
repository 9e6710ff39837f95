from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from leadflow.errors import InvalidDefinition, Problem
from leadflow.serialization.problems import MOST_PROBLEMS, Place, joined, read, told


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "null"),
        (True, "true"),
        (5, "5"),
        (10**400, "an int of 1329 bits"),
        (1.5, "1.5"),
        (float("nan"), "nan"),
        (Decimal("0.10"), "0.10"),
        (Decimal("sNaN"), "sNaN"),
        ("a", '"a"'),
        ('a"\\\n\x1b', r'"a\"\\\n\x1b"'),
        ("x" * 100, '"' + "x" * 59 + '…"'),
        (date(2026, 1, 1), "2026-01-01"),
        (["a"], '["a"]'),
        ([1, 2, 3, 4, 5], "[1, 2, 3, 4, …]"),
        ({"a": [{"b": [1]}], "c": {}}, '{"a": [{"b": […]}], "c": {}}'),
        (b"x", "b'x'"),
    ],
)
def test_data_is_shown_as_a_document_would_write_it(data: Any, words: str) -> None:
    assert told(data) == words


def test_what_is_shown_is_bounded() -> None:
    assert len(told([["x" * 1_000] * 1_000] * 1_000)) < 1_500
    assert len(told({str(n) * 100: "y" * 1_000 for n in range(1_000)})) < 1_500


def test_a_path_quotes_keys_that_are_not_plain() -> None:
    assert joined(["a", "b c", 0, "d.e", "größe"]) == 'a."b c"[0]."d.e"."größe"'


def test_all_problems_come_out_in_one_error_in_the_order_they_were_found() -> None:
    def reader(place: Place, data: Any) -> None:
        place.at("a").at(3).note("is odd")
        place.at("b").expected("a number", data, "such as 5")

    with pytest.raises(InvalidDefinition) as caught:
        read("thing", reader, "x")
    assert caught.value.problems == (
        Problem("a[3]", "is odd"),
        Problem("b", 'expected a number, got "x" (such as 5)'),
    )


def test_reading_ends_when_there_are_too_many_problems() -> None:
    def reader(place: Place, _: Any) -> None:
        while True:
            place.note("again")

    with pytest.raises(InvalidDefinition) as caught:
        read("thing", reader, None)
    assert len(caught.value.problems) == MOST_PROBLEMS

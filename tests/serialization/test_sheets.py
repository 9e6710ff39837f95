from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.errors import InvalidValue
from leadflow.money import Money
from leadflow.serialization.sheets import safe_cell, write_scores

DANGEROUS = "=+-@＝＋－＠\t\r\n"  # noqa: RUF001 (the full-width signs are the point)


def written(rows: Any, **more: Any) -> str:
    stream = io.StringIO()
    assert write_scores(stream, rows, **more) == len(rows)
    return stream.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "=cmd()",
        "+1+1",
        "-1+1",
        "@SUM(A1)",
        " =1",
        "\u00a0=1",
        "\u200b=1",
        "\ufeff=1",
        "\t1",
        "\r\n1",
        "\n=1",
        "＝1",  # noqa: RUF001
        "＋1",  # noqa: RUF001
        "－1",  # noqa: RUF001
        "＠x",  # noqa: RUF001
        "-5e3",
        "--5",
        "-",
        "- 5",
        "=",
    ],
)
def test_what_a_spreadsheet_could_read_as_a_formula_gets_an_apostrophe(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["", "-5", "+12", "-5.25", "-5,25", "Zoë", "a=b", "5-3", "a@b.c", "'=1", " ", "<b>"]
)
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert safe_cell(text) == text


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (-5, "-5"),
        (-0.25, "-0.25"),
        (Decimal("1E+3"), "1000"),
        (Decimal("NaN"), "NaN"),
        (date(2026, 3, 1), "2026-03-01"),
        (datetime(2026, 3, 1, 12, tzinfo=UTC), "2026-03-01T12:00:00+00:00"),
        (Money("-1.50", "EUR"), "'-1.50 EUR"),
        ("\ud800", "\\ud800"),
    ],
)
def test_values_are_written_plainly(value: object, cell: str) -> None:
    assert safe_cell(value) == cell


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("Ada\x1b]0;x\x07", "Ada\\x1b]0;x\\x07"),
        ("a\0b\x7f\x85\x9f", "a\\x00b\\x7f\\x85\\x9f"),
        ("a\rb", "a\\rb"),
        ("a\tb\nc\r\nd", "a\tb\nc\r\nd"),
        ("\r=1", "'\\r=1"),
        ("\x1b=1", "'\\x1b=1"),
    ],
)
def test_control_characters_are_shown_and_tabs_and_line_breaks_kept(text: str, cell: str) -> None:
    back = list(csv.reader(io.StringIO(written([{text: text}]), newline=""), strict=True))
    assert back == [[cell], [cell]]
    assert json.loads(written([{"a": text}], format="jsonl")) == {"a": text}


def visible(character: str) -> str:
    if character == "\r\n" or unicodedata.category(character) not in ("Cc", "Cs"):
        return character
    return character.encode("unicode_escape").decode()


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_cells_parsed_back_are_the_text_or_the_text_behind_an_apostrophe(cells: list[str]) -> None:
    row = {f"c{place}": cell for place, cell in enumerate(cells)}
    _, back = csv.reader(io.StringIO(written([row]), newline=""), strict=True)
    for cell, read in zip(cells, back, strict=True):
        shown = re.sub(r"\r\n|[^\n\t]", lambda found: visible(found[0]), cell)
        assert read in (shown, f"'{shown}")
        assert not read.lstrip() or read[0] not in DANGEROUS or safe_cell(read) == read


def test_headers_are_made_safe_too() -> None:
    assert written([{"=x": 1}]) == "'=x\r\n1\r\n"


def test_later_rows_may_leave_keys_out_but_not_bring_new_ones() -> None:
    assert written([{"a": 1, "b": 2}, {"b": 3}]) == "a,b\r\n1,2\r\n,3\r\n"
    with pytest.raises(InvalidValue, match="row 2: expected the keys of the first row, got 'c'"):
        written([{"a": 1}, {"c": 3}])


def test_nothing_is_written_without_rows() -> None:
    assert written([]) == ""
    assert written([], format="jsonl") == ""


def test_json_lines_hold_the_values() -> None:
    rows = [
        {
            "id": "=Ł\u2028\x85",
            "n": -5,
            "d": Decimal("1.50"),
            "whole": Decimal("3.0"),
            "exact": Decimal("0.1234567890123456789"),
            "day": date(2026, 3, 1),
            "none": None,
            "yes": True,
            "nan": Decimal("NaN"),
        }
    ]
    text = written(rows, format="jsonl")
    assert "Ł" in text
    assert len(text.splitlines()) == 1
    assert json.loads(text) == {
        "id": "=Ł\u2028\x85",
        "n": -5,
        "d": 1.5,
        "whole": 3,
        "exact": "0.1234567890123456789",
        "day": "2026-03-01",
        "none": None,
        "yes": True,
        "nan": "NaN",
    }


def test_lone_surrogates_are_escaped_in_json_lines() -> None:
    assert written([{"a": "\ud800"}], format="jsonl").encode() == b'{"a": "\\ud800"}\n'


def test_json_has_no_infinity() -> None:
    with pytest.raises(InvalidValue, match="row 1: expected plain finite values"):
        written([{"a": float("inf")}], format="jsonl")


def test_another_format_is_refused() -> None:
    with pytest.raises(InvalidValue, match="did you mean 'jsonl'"):
        written([], format="json")


def test_paths_and_streams_of_bytes_are_written_in_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    write_scores(path, [{"id": "Łódź"}])
    assert path.read_bytes() == "id\r\nŁódź\r\n".encode()
    for stream in (io.BytesIO(), (tmp_path / "raw.csv").open("wb", buffering=0)):
        with stream:
            write_scores(stream, [{"id": "Łódź"}])
            assert not stream.closed
    assert (tmp_path / "raw.csv").read_bytes() == path.read_bytes()


def test_a_path_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="a path that can be written"):
        write_scores(tmp_path / "missing" / "scores.csv", [])

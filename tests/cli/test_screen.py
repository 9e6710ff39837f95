from __future__ import annotations

import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.cli.screen import Column, Screen, line, table
from leadflow.markup import fit, width


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@given(st.text())
def test_a_line_never_breaks_nor_steers_the_terminal(text: str) -> None:
    shown = line(text)
    assert "\n" not in shown
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cf", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("", 0),
        ("Zoë", 3),
        ("Zoe\u0308", 3),
        ("佐藤", 4),
        ("ﾊﾝｶｸ", 4),
        ("שָׁלוֹם", 4),
        ("김", 2),
        ("a\u20dd", 1),
        ("\uff21", 2),
    ],
)
def test_wide_characters_take_two_columns_and_marks_none(text: str, columns: int) -> None:
    assert width(text) == columns


@given(st.text(st.sampled_from("aż佐शो김 "), max_size=30), st.integers(1, 20))
def test_a_cut_text_fits_and_a_text_that_fits_is_not_cut(text: str, columns: int) -> None:
    cut = fit(text, columns)
    assert width(cut) <= columns
    assert (cut == text) == (width(text) <= columns)


@given(st.lists(st.tuples(st.text(max_size=12), st.integers(0, 10**6)), max_size=8))
def test_the_columns_of_a_table_stand_straight(rows: list[tuple[str, int]]) -> None:
    lines = table([Column("who"), Column("points", right=True)], rows)
    assert len(lines) == len(rows) + 1
    assert len({width(each) for each in lines}) == 1


def test_a_cell_is_cut_to_what_its_column_allows() -> None:
    assert table([Column("name", at_most=5)], [("Anna-Lena",)]) == ["  name", "  Anna…"]


def test_the_output_is_as_wide_as_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "84")
    assert Screen(Terminal(), io.StringIO()).columns == 84
    assert Screen(io.StringIO(), io.StringIO()).columns == 100


def test_beside_wide_lines_some_columns_are_left_anyway() -> None:
    screen = Screen(io.StringIO(), io.StringIO())
    assert screen.left(["x" * 60]) == 38
    assert screen.left(["x" * 99]) == 20
    assert screen.left([]) == 98


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_stream_that_lacks_a_character_gets_its_code(encoding: str) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, newline="")
    Screen(stream, stream).say("Ada 佐藤")
    stream.flush()
    assert raw.getvalue() == rb"Ada \u4f50\u85e4" + b"\n"


def test_results_and_complaints_go_to_their_own_streams() -> None:
    screen = Screen(io.StringIO(), io.StringIO())
    screen.say("result")
    screen.warn("complaint")
    assert (screen.out.getvalue(), screen.err.getvalue()) == ("result\n", "complaint\n")  # type: ignore[attr-defined]

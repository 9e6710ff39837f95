"""HTML: everything is escaped."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.markup import aligned, escape, table

TAGS = {"table", "caption", "thead", "tbody", "tr", "th", "td"}


class Reader(HTMLParser):
    """Collects the tags and the text of every cell."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.cells: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag in ("caption", "th", "td"):
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        self.cells[-1] += data


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("\"a\" 'b' & c", "&quot;a&quot; &#x27;b&#x27; &amp; c"),
        ("a\u202eb", "a\\u202eb"),
        (None, "None"),
        (12, "12"),
    ],
)
def test_any_value_is_escaped_for_text_and_attributes(value: Any, expected: str) -> None:
    assert escape(value) == expected


def test_a_cell_is_bounded() -> None:
    assert escape("<" * 10_000) == "&lt;" * 499 + "…"


plain = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=40)


@given(plain, st.lists(plain, min_size=1), st.lists(st.lists(plain, min_size=1), max_size=5))
def test_a_table_reads_back_cell_by_cell_and_holds_no_other_tag(
    caption: str, header: list[str], rows: list[list[str]]
) -> None:
    reader = Reader(table(caption, header, rows))
    assert reader.cells == [caption, *header, *(cell for row in rows for cell in row)]
    assert set(reader.tags) <= TAGS


@given(st.text(), st.text())
def test_no_text_adds_a_tag_or_an_attribute(name: str, cell: str) -> None:
    reader = Reader(table(name, [name], [[cell]]))
    assert reader.tags == ["table", "caption", "thead", "tr", "th", "tbody", "tr", "td"]
    padded = ("style", "padding:2px 8px")
    assert reader.attributes == [padded, padded, ("dir", "auto")]


def test_a_table_takes_any_iterable_of_rows_and_none() -> None:
    assert "<tbody></tbody>" in table("empty", ["lead"], iter([]))
    assert Reader(table("one", ["n"], ([n] for n in range(3)))).cells == ["one", "n", "0", "1", "2"]


def test_a_terminal_table_has_straight_columns_whatever_stands_in_it() -> None:
    rows = [["商談", 5, ""], ["a\x1b[2J\nb", 1_000, "x"]]
    assert aligned(["rep", "leads", ""], rows) == [
        "rep          leads",
        "商談             5",
        "a\\x1b[2J\\nb   1000  x",
    ]
    assert aligned(["rep"], []) == ["rep"]

"""A document tells the same as text, as HTML and as data, bounded and escaped."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from leadflow import Money
from leadflow.errors import LeadflowError
from leadflow.handover.document import Cell, Document, Facts, Link, Listing, Told, plain, words_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Reader(HTMLParser):
    """Collects the tags, the links and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str | None] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert {name for name, _ in attrs} <= {"style", "dir", "href", "rel"}
        self.links += [value for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def listing(count: int, **given: Any) -> Listing:
    return Listing("n", "Numbers", ("n", "square"), range(count), lambda n: (n, n * n), **given)


def document(*sections: Facts | Listing) -> Document:
    return Document("Title", {}, sections)


@pytest.mark.parametrize(
    ("cell", "words", "data"),
    [
        (None, "", None),
        ("", '""', ""),
        (" \n", '""', " \n"),
        ("a\n\x1b[31mb\u202e", "a \\x1b[31mb\\u202e", "a\n\x1b[31mb\u202e"),
        (7, "7", 7),
        (0.5, "0.5", 0.5),
        (True, "yes", True),
        (False, "no", False),
        (Decimal("1E-7"), "0.0000001", "0.0000001"),
        (Money("12500.50", "EUR"), "12,500.50 EUR", {"amount": "12500.50", "currency": "EUR"}),
        (date(2026, 3, 1), "2026-03-01", "2026-03-01"),
        (NOON, "2026-03-01 12:00 UTC", "2026-03-01T12:00:00+00:00"),
        (
            NOON.astimezone(ZoneInfo("Asia/Tokyo")),
            "2026-03-01 21:00 in Asia/Tokyo",
            "2026-03-01T21:00:00+09:00",
        ),
        ((), "", []),
        (("a", "b\n"), "a; b", ["a", "b\n"]),
        ({}, "", {}),
        ({"page": "/a", "paid": True}, "page = /a, paid = yes", {"page": "/a", "paid": True}),
        (Told(0.18, "18.0%"), "18.0%", 0.18),
        (Link("a.pdf"), "a.pdf", "a.pdf"),
    ],
)
def test_a_value_has_words_and_is_plain_data(cell: Cell, words: str, data: Any) -> None:
    assert words_of(cell) == words
    found = plain(cell)
    assert found == data
    assert type(found) is type(data)
    assert json.loads(json.dumps(found)) == found


def test_words_are_bounded_and_a_link_is_not_cut() -> None:
    long = "https://example.com/" + "a" * 1_900
    assert words_of("x" * 70_000) == "x" * 499 + "…"
    assert len(words_of({"a": "x" * 70_000})) == 500
    assert words_of(("x" * 70_000, "y")) == "x" * 499 + "…; y"
    assert words_of(Link(long)) == long
    facts = Facts("a", "A", {"link": Link(long), "told": Told(None, "&" * 1_999)})
    page = Reader(document(facts).html())
    assert page.links == [long]
    assert "&" * 1_999 in page.words


def test_rows_beyond_the_most_are_counted_at_the_end() -> None:
    found = document(listing(1_025))
    lines = found.text(most=2).splitlines()
    assert lines[3:] == [
        "Numbers (1,025)",
        "  0  (square 0)",
        "  1  (square 1)",
        "  … and 1,023 more",
    ]
    assert Reader(found.html(most=2)).words[1:] == [
        "Numbers (1,025)", "n", "square", "0", "0", "1", "1", "… and 1,023 more",
    ]  # fmt: skip
    assert found.data(most=2) == {
        "n": [{"n": 0, "square": 0}, {"n": 1, "square": 1}],
        "left_out": {"n": 1_023},
    }


def test_of_rows_with_the_oldest_first_the_last_are_shown_and_the_others_counted_before() -> None:
    found = document(listing(5, oldest_first=True, bare=2))
    assert found.text(most=2).splitlines()[3:] == [
        "Numbers (5)", "  … and 3 earlier", "  3  9", "  4  16",
    ]  # fmt: skip
    assert Reader(found.html(most=2)).words[2] == "… and 3 earlier"
    assert [row["n"] for row in found.data(most=2)["n"]] == [3, 4]


def test_as_many_rows_as_the_most_leave_nothing_out() -> None:
    found = document(listing(20))
    assert "…" not in found.text() + found.html()
    assert "… and 1 more" in document(listing(21)).text()
    assert found.data(most=20)["left_out"] == found.data()["left_out"] == {}


def test_data_keeps_all_unless_told_otherwise() -> None:
    facts = Facts("a", "A", {str(n): n for n in range(50)}, any_number=True)
    tags = Facts("b", "B", {"tags": tuple("xyz")})
    found = document(facts, tags, listing(50))
    assert [len(found.data()[key]) for key in ("a", "n")] == [50, 50]
    cut = found.data(most=2)
    assert (cut["a"], cut["b"], len(cut["n"])) == ({"0": 0, "1": 1}, {"tags": ["x", "y"]}, 2)
    assert cut["left_out"] == {"a": 48, "b.tags": 1, "n": 48}
    assert "  1: 1\n  … and 48 more\n\nB\n  tags: x; y; … and 1 more" in found.text(most=2)
    assert "… and 48 more" in found.html(most=2)


def test_named_values_are_not_cut_where_their_number_is_set() -> None:
    found = document(Facts("a", "A", {str(n): n for n in range(50)}))
    assert "  49: 49" in found.text(most=1)
    assert len(found.data(most=1)["a"]) == 50


def test_unknown_values_take_no_line_and_columns_without_a_value_no_room() -> None:
    facts = Facts("a", "A", {"id": "L-7", "owner": None})
    rows = Listing("b", "B", ("x", "y", "z"), (1, 2), lambda n: (None, n, Told(n, "")), bare=2)
    found = document(facts, rows)
    assert found.text().splitlines()[3:] == ["A", "  id: L-7", "", "B (2)", "  1", "  2"]
    assert Reader(found.html()).words == ["Title", "A", "id", "L-7", "B (2)", "y", "1", "2"]
    assert found.data()["a"] == {"id": "L-7", "owner": None}
    assert found.data()["b"][0] == {"x": None, "y": 1, "z": 1}


def test_sections_without_anything_are_named_at_the_end() -> None:
    found = document(Facts("a", "A thing", {"x": None}), listing(0), listing(1))
    assert found.text().endswith("Empty: a thing, numbers")
    assert Reader(found.html()).words[-1] == "Empty: a thing, numbers"
    assert "Empty" not in document(listing(1)).text()


def test_hostile_values_add_no_tags_and_no_lines() -> None:
    hostile = "<script>\"'&\n\x00\u202e</td></table>"
    rows = Listing("b", "B", (hostile,), (hostile,), lambda words: (words,))
    found = document(Facts("a", "A", {hostile: hostile, "link": Link('"><b>')}), rows)
    page = Reader(found.html())
    assert set(page.tags) == {"div", "h2", "h3", "table", "tr", "th", "td", "a"}
    assert page.links == ['"><b>']
    assert "<script>\"'& \\x00\\u202e</td></table>" in page.words
    lines = found.text().splitlines()
    assert len(lines) == 9
    assert all(map(str.isprintable, lines))


def test_long_words_may_break_and_instants_may_not() -> None:
    facts = Facts("a", "A", {"x": "x" * 41, "at": NOON, "y": "y" * 40})
    page = document(facts).html()
    assert page.count("overflow-wrap:anywhere") == page.count("white-space:nowrap") == 1


def test_the_title_is_underlined_as_wide_as_it_is() -> None:
    assert Document("商談", {}, ()).text() == "商談\n===="


def test_what_the_document_is_about_heads_the_data() -> None:
    found = Document("T", {"lead": "L-7", "as_of": NOON}, ()).data()
    assert list(found) == ["lead", "as_of", "left_out"]
    assert found["as_of"] == "2026-03-01T12:00:00+00:00"


@pytest.mark.parametrize("most", [0, -1, True, 1.5, "2"])
@pytest.mark.parametrize("form", ["text", "html", "data"])
def test_fewer_than_one_row_are_refused(form: str, most: Any) -> None:
    with pytest.raises(LeadflowError, match="most: expected a whole number"):
        getattr(document(), form)(most)

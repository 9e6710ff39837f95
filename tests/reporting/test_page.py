"""The report page: one file, no script, everything escaped."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from leadflow.errors import InvalidValue
from leadflow.reporting import Part, Report, Section, page
from tests.reporting.made import HOSTILE, MARCH, NOW, full_report


class Read(HTMLParser):
    """Takes a page apart: its tags with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def names(self) -> set[str]:
        return {tag for tag, _ in self.tags}


def test_the_page_is_one_well_formed_file_without_script_or_links_outside() -> None:
    found = Read(page(full_report()))
    assert found.open == []
    assert not found.names() & {"script", "link", "img", "iframe", "object", "form"}
    for tag, attributes in found.tags:
        assert not any(key.startswith("on") for key in attributes)
        assert not {"src", "srcset", "data"} & attributes.keys()
        assert (attributes.get("href") or "#").startswith("#"), tag
    assert "url(" not in page(full_report())
    assert "@import" not in page(full_report())


def test_nothing_may_be_loaded_or_run() -> None:
    policy = next(
        attributes["content"]
        for tag, attributes in Read(page(full_report())).tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_everything_is_escaped_and_still_read_as_written() -> None:
    found = page(full_report())
    assert HOSTILE not in found
    words = " ".join(Read(found).text)
    assert HOSTILE in words
    assert "ליד חדש" in words


def test_every_figure_of_the_report_is_on_the_page() -> None:
    made = full_report()
    texts = Read(page(made)).text
    for section in made.sections:
        assert section.title in texts
        for part in (each.shown for each in section.parts):
            for row in part.rows:
                assert all(cell in texts for cell in row if cell), row
            assert all(sentence in texts for sentence in part.says if len(sentence) < 500)


def test_text_keeps_its_own_direction() -> None:
    found = page(full_report())
    assert "<bdi>ליד חדש</bdi>" in found
    assert found.count("<td><bdi>") + found.count('<td class="n"><bdi>') > 100


def test_links_lead_to_sections() -> None:
    found = Read(page(full_report())).tags
    wanted = {attributes["href"] for tag, attributes in found if tag == "a"}
    there = {f"#{attributes['id']}" for tag, attributes in found if tag == "section"}
    assert wanted == there


def test_bars_are_as_long_as_their_share() -> None:
    part = Part("x", ("a",), (("1",), ("2",)), (), (0.5, 1.0))
    found = page(Report("t", MARCH, NOW, "", (), (Section("k", "K", (part,)),)))
    assert 'style="width:50.00%"' in found
    assert 'style="width:100.00%"' in found


def test_the_language_is_told() -> None:
    assert '<html lang="pl" dir="ltr">' in page(full_report(), language="pl")
    assert '<html lang="he-IL" dir="rtl">' in page(full_report(), language="he-IL")


@pytest.mark.parametrize("language", ["", "p", 'en"><script>', "english language"])
def test_a_language_that_is_none_is_refused(language: str) -> None:
    with pytest.raises(InvalidValue, match="language: expected a code"):
        page(full_report(), language=language)


def test_what_is_no_report_is_refused() -> None:
    nothing: Any = {}
    with pytest.raises(InvalidValue, match="report: expected a Report"):
        page(nothing)

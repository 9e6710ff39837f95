from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.cli.conftest import PIPELINE, Put, Run

AS_OF = ("--as-of", "2026-03-02T09:00Z")
LEADS = """\
id,name,stage,deal_value
L-1,Ada,new,500 EUR
L-2,נועה,first_contact,1200 EUR
L-3,<b>Ben</b>,new,
"""


class Page(HTMLParser):
    """Gathers the tags and the texts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


@pytest.fixture
def stood(put: Put) -> Path:
    return put("leads.csv", LEADS)


def test_the_board_is_printed(run: Run, stood: Path, pipeline: Path) -> None:
    code, out, err = run("board", stood, "--pipeline", pipeline, *AS_OF)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "pipeline Sales",
        "",
        "New",
        "  2 leads, 500 EUR",
        "  L-1  500 EUR  Ada",
        "  L-3        -  <b>Ben</b>",
        "",
        "שיחה ראשונה",
        "  1 lead, 1,200 EUR",
        "  L-2  1,200 EUR  נועה",
        "",
        "won",
        "  no leads",
        "",
        "lost",
        "  no leads",
    ]


def test_a_board_shows_one_pipeline(run: Run, stood: Path, pipeline: Path) -> None:
    code, _, err = run("board", stood, "--pipeline", pipeline, "--pipeline", pipeline)
    assert code == 2
    assert "--pipeline: expected one, for a board shows one pipeline, got 2 of them" in err


def test_the_picture_and_the_page_are_written(
    run: Run, stood: Path, pipeline: Path, tmp_path: Path
) -> None:
    picture, page = tmp_path / "board.svg", tmp_path / "board.html"
    code, _, _ = run(
        *("board", stood, "--pipeline", pipeline, *AS_OF, "--svg", picture, "--html", page)
    )
    assert code == 0
    assert ET.fromstring(picture.read_bytes()).tag.endswith("svg")
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>\n")
    found = Page(text)
    assert {"html", "head", "meta", "title", "body", "table"} <= set(found.tags)
    assert found.tags.count("b") == 3
    for shown in ("Sales", "<b>Ben</b>", "נועה", "שיחה ראשונה"):
        assert shown in found.texts


def test_a_label_cannot_break_the_page(run: Run, stood: Path, put: Put, tmp_path: Path) -> None:
    broken = put("p.toml", PIPELINE.replace('"Sales"', '"</title><script>alert(1)"'))
    page = tmp_path / "board.html"
    assert run("board", stood, "--pipeline", broken, *AS_OF, "--html", page)[0] == 0
    found = Page(page.read_text(encoding="utf-8"))
    assert "script" not in found.tags
    assert found.texts.count("</title><script>alert(1)") == 2


def test_leads_stand_where_they_stood_at_the_instant(run: Run, pipeline: Path, put: Put) -> None:
    move = '{"event": "stage_change", "to": "won", "at": "2026-02-01T10:00:00Z"}'
    leads = put("leads.jsonl", f'{{"id": "L-1", "stage": "new", "events": [{move}]}}\n')
    for as_of, stage in (("2026-01-01", "New"), ("2026-03-01", "won")):
        _, out, _ = run("board", leads, "--pipeline", pipeline, "--as-of", as_of)
        assert f"\n{stage}\n  1 lead\n  L-1  -\n" in f"{out}\n"


def test_the_picture_and_the_warnings_are_of_the_instant_too(
    run: Run, pipeline: Path, put: Put, tmp_path: Path
) -> None:
    move = '{"event": "stage_change", "to": "gone", "at": "2026-02-01T10:00:00Z"}'
    leads = put("leads.jsonl", f'{{"id": "L-1", "stage": "new", "events": [{move}]}}\n')
    picture = tmp_path / "board.svg"
    told = []
    for as_of in ("2026-01-01", "2026-03-01"):
        asked = ("--pipeline", pipeline, "--as-of", as_of, "--svg", picture)
        _, _, err = run("board", leads, *asked)
        told.append((">1 lead<" in picture.read_text(encoding="utf-8"), "gone (1)" in err))
    assert told == [(True, False), (False, True)]


def test_bad_rows_are_set_aside(run: Run, pipeline: Path, put: Put, tmp_path: Path) -> None:
    leads = put("leads.csv", "id,due\nL-1,soon\nL-2,\n")
    rejects = tmp_path / "rejects.csv"
    code, out, err = run("board", leads, "--pipeline", pipeline, *AS_OF, "--rejects", rejects)
    assert code == 1
    assert "\n  L-2  -" in out
    assert err.startswith("1 row rejected:\n")
    assert rejects.read_text(encoding="utf-8").count("\n") == 2


def test_a_stage_that_the_pipeline_does_not_know_is_told(
    run: Run, pipeline: Path, put: Put
) -> None:
    leads = put("leads.csv", "id,stage\nL-1,nwe\n")
    code, out, err = run("board", leads, "--pipeline", pipeline, *AS_OF)
    assert code == 0
    assert "elsewhere: 1 lead, 1 in a stage that is not there" in out
    assert err.splitlines() == [
        "warning: the stage of 1 lead is in no pipeline that was given:",
        "  nwe (1): did you mean 'new'?",
        "  (they stand at the end of the board)",
    ]


def test_a_pipeline_that_cannot_be_read_tells_all_its_problems(
    run: Run, stood: Path, put: Put
) -> None:
    broken = put("p.toml", 'key = 5\nlinear = 3\nstages = [{ key = "won", kind = "wn" }]\n')
    code, out, err = run("board", stood, "--pipeline", broken)
    assert (code, out) == (2, "")
    for path in ("key: ", "linear: ", "stages[0].kind: "):
        assert f"\n  {path}" in err


@pytest.mark.parametrize("option", ["--svg", "--html", "--rejects"])
def test_what_is_written_takes_the_place_of_nothing_that_is_read(
    option: str, run: Run, stood: Path, pipeline: Path
) -> None:
    code, _, err = run("board", stood, "--pipeline", pipeline, option, stood)
    assert code == 2
    assert f"{option}: expected another file than file" in err
    code, _, err = run("board", stood, "--pipeline", pipeline, option, stood.parent)
    assert code == 2
    assert "that is a folder" in err

"""Diagrams: every picture reads back to the labels and the moves it was drawn from."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow import Lead, Money
from leadflow.errors import InvalidValue, NaiveDatetime
from leadflow.events import StageChange
from leadflow.money import Rates
from leadflow.pipeline import Pipeline, Stage
from leadflow.pipeline.diagram import mermaid, svg
from leadflow.presets import outreach_pipeline

NEW, WORKING, OFFER = Stage("new", "New"), Stage("working", "Working"), Stage("offer", "Offer")
HOLD = Stage("hold", "On ice", "on_hold")
WON, LOST = Stage("won", "Won", "won"), Stage("lost", "Lost", "lost")
ALL = Pipeline.linear("sales", [NEW, WORKING, OFFER, HOLD, WON, LOST], label="Sales")
STRICT = Pipeline.linear(
    "sales", [NEW, WORKING, OFFER, HOLD, WON, LOST], skip=False, back=False, reopen=False
)
HOSTILE = [
    "<script>alert(1)</script>",
    "a:b;c#d#59;&#59;&amp;",
    "]]> & \"double\" 'single' -->",
    "`code` [x] (y) {z} |w|",
    "1. list * _x_ **b** $$x^2$$",
    "end",
    "%%{init: {'theme':'dark'}}%%",
    "style x:y#z;",
    "classDef open fill:#f00;",
    "s0 --> s1",
    "ﬂ°°60¶ß",
    "fa:fa-car \\n <br/>",
    "a\u00a0b\u3000c",
    "שיחה ראשונה (2) a",
    "نمی‌خواهم",
    "مرحلة (أولى)\u200f!",
    "商談中のお客様",
    "👩‍💻 \U0001f1f5\U0001f1f1",
    "x" * 200,
    "שלום " * 30,
]


def literal(labels: list[str], **moves: list[str]) -> Pipeline:
    """Build a chain of stages k0, k1, ... that ends in `won`, with more moves."""
    keys = [f"k{place}" for place in range(len(labels))]
    stages = [Stage(key, label) for key, label in zip(keys, labels, strict=True)]
    table = {key: [after] for key, after in pairwise([*keys, "won"])}
    for key, more in moves.items():
        table[key] = [*table.get(key, []), *more]
    return Pipeline("p", [*stages, WON], table)


# --- Mermaid ---

NODE = re.compile(r'    (s\d+)(\[/|\[|\(\[|\{\{)"(.*)"(/\]|\]|\]\)|\}\})')
ARROW = re.compile(r"    (s\d+) (-->|-\.->) (s\d+)")
SHAPES = {"[": "open", "[/": "on_hold", "([": "won", "{{": "lost"}


def read(text: str) -> tuple[list[tuple[str, str]], list[tuple[str, str, str]], dict[str, str]]:
    """Read a flowchart back: labels and shapes by id, arrows, and each id's class."""
    first, *lines = text.split("\n")
    assert first == "flowchart LR"
    nodes, arrows = [], []
    classes: dict[str, str] = {}
    for line in lines:
        if node := NODE.fullmatch(line):
            written = node[3]
            assert not set(written) & set("\"`<>[](){}|&:'\\%$*._-")
            label = re.sub(r"#(\d+);", lambda code: chr(int(code[1])), written)
            assert re.sub(r"#\d+;", "", written).count("#") == 0
            assert re.sub(r"#\d+;", "", written).count(";") == 0
            nodes.append((label, SHAPES[node[2]]))
        elif arrow := ARROW.fullmatch(line):
            arrows.append((arrow[1], arrow[2], arrow[3]))
        elif line.startswith("    class "):
            _, ids, kind = line.split()
            classes |= dict.fromkeys(ids.split(","), kind)
        else:
            assert re.fullmatch(r"    classDef \w+ fill:#\w+,stroke:#\w+,color:#\w+", line)
    return nodes, arrows, classes


def table_of(pipeline: Pipeline) -> list[tuple[str, str, str]]:
    """Write down the arrows that a pipeline should have."""
    place = {stage.key: number for number, stage in enumerate(pipeline.stages)}
    found = []
    for stage in pipeline.stages:
        for to in pipeline.moves.get(stage.key, ()):
            reopens = stage.is_closed and pipeline[to].kind != stage.kind
            found.append((f"s{place[stage.key]}", "-.->" if reopens else "-->", f"s{place[to]}"))
    return found


@pytest.mark.parametrize("pipeline", [ALL, STRICT, literal(HOSTILE, k3=["k1", "k7"])])
def test_mermaid_reads_back_to_the_labels_the_kinds_and_the_moves(pipeline: Pipeline) -> None:
    nodes, arrows, classes = read(mermaid(pipeline))
    assert nodes == [(stage.label, stage.kind) for stage in pipeline.stages]
    assert arrows == table_of(pipeline)
    assert [classes[f"s{n}"] for n in range(len(nodes))] == [s.kind for s in pipeline.stages]


def test_mermaid_draws_reopenings_dashed_and_moves_among_won_stages_not() -> None:
    paid = Stage("paid", "Paid", "won")
    pipeline = Pipeline.linear("sales", [NEW, WON, paid, LOST])
    dashed = [arrow for arrow in read(mermaid(pipeline))[1] if arrow[1] == "-.->"]
    assert dashed == [("s1", "-.->", "s0"), ("s2", "-.->", "s0"), ("s3", "-.->", "s0")]
    assert ("s1", "-->", "s2") in read(mermaid(pipeline))[1]


# --- SVG ---

SPACE = "{http://www.w3.org/2000/svg}"
ELEMENTS = {"svg", "title", "rect", "g", "text", "path"}
ATTRIBUTES = {
    "viewBox", "width", "height", "role", "style", "font-family", "font-size", "font-weight",
    "x", "y", "rx", "d", "fill", "stroke", "stroke-width", "stroke-dasharray", "text-anchor",
    "direction",
}  # fmt: skip


class Drawn:
    """A picture read back."""

    def __init__(self, picture: str) -> None:
        self.root = ET.fromstring(picture)
        self.boxes = {}
        for group in self.root.findall(f"{SPACE}g"):
            title = (group.findtext(f"{SPACE}title") or "").split("\n")
            self.boxes[title[0]] = title[1:]
        self.texts = [text.text or "" for text in self.root.iter(f"{SPACE}text")]
        self.lines = [text.text or "" for text in self.root.findall(f"{SPACE}text")]

    def box(self, label: str) -> ET.Element:
        """Find the group of a stage."""
        groups = self.root.findall(f"{SPACE}g")
        return groups[list(self.boxes).index(label)]

    def said(self, label: str) -> list[str]:
        """Return what is written in a box."""
        return [text.text or "" for text in self.box(label).iter(f"{SPACE}text")]

    @property
    def paths(self) -> list[str]:
        """Return every line, without the heads of arrows."""
        return [p.get("d", "") for p in self.root.iter(f"{SPACE}path") if p.get("stroke")]


PICTURES = {
    "a linear pipeline": (ALL, None),
    "a strict one, with leads": (STRICT, [Lead("L", stage="hold", deal_value=Money(5, "EUR"))]),
    "hostile labels": (literal(HOSTILE, k3=["k1", "k7"]), []),
    "few hostile labels": (literal(HOSTILE[:7], k3=["k1"], k1=["k3"], won=["k2"]), None),
    "right to left": (literal(HOSTILE[13:17]), [Lead("L", stage="k1")]),
    "no open stage": (Pipeline("p", [WON], {}), None),
    "an unwritable code point": (literal(["a\ufffeb\uffff"]), None),
}


@pytest.mark.parametrize(("pipeline", "leads"), PICTURES.values(), ids=PICTURES)
def test_a_picture_is_well_formed_and_holds_nothing_but_shapes_and_text(
    pipeline: Pipeline, leads: Any
) -> None:
    root = Drawn(svg(pipeline, leads)).root
    width, height = root.get("width", ""), root.get("height", "")
    assert root.get("viewBox") == f"0 0 {width} {height}"
    for element in root.iter():
        assert element.tag.removeprefix(SPACE) in ELEMENTS
        assert set(element.attrib) <= ATTRIBUTES
        if element is not root:
            assert not any(set(value) & set("<>&\"':;()") for value in element.attrib.values())
    boxes = [rect.attrib for rect in root.iter(f"{SPACE}rect")][1:]
    assert all(float(b["x"]) + float(b["width"]) < float(width) for b in boxes)
    assert all(float(b["y"]) + float(b["height"]) < float(height) for b in boxes)
    assert all(float(text.get("y", "")) < float(height) for text in root.iter(f"{SPACE}text"))


def test_every_label_comes_back_whole_from_the_title_of_its_box() -> None:
    pipeline = literal(HOSTILE)
    assert list(Drawn(svg(pipeline)).boxes) == [stage.label for stage in pipeline.stages]


@pytest.mark.parametrize(
    ("label", "lines"),
    [
        ("New", ["New"]),
        ("Qualified opportunity", ["Qualified", "opportunity"]),
        ("<b> & <i>", ["<b> & <i>"]),
        ("x" * 200, ["x" * 13 + "…"]),
        ("W" * 200, ["W" * 7 + "…"]),
        ("商" * 200, ["商" * 6 + "…"]),
        ("first " + "x" * 190, ["first", "x" * 13 + "…"]),
        ("שיחה ראשונה עם הלקוח החדש שלנו", ["שיחה ראשונה עם", "הלקוח החדש שלנו"]),
        ("נָ" * 20, ["נָ" * 13 + "…"]),
    ],
)
def test_a_label_is_parted_and_cut_to_its_box(label: str, lines: list[str]) -> None:
    assert Drawn(svg(literal([label]))).said(label) == lines


@pytest.mark.parametrize(
    ("label", "direction"),
    [
        ("שיחה (2)", "rtl"),
        ("(2) مرحلة", "rtl"),
        ("Call שיחה", None),
        ("12", None),
    ],
)
def test_a_label_runs_in_the_direction_of_its_first_letter(
    label: str, direction: str | None
) -> None:
    texts = Drawn(svg(literal([label]))).box(label).findall(f"{SPACE}text")
    assert [text.get("direction") for text in texts] == [direction]


def test_a_heading_that_runs_to_the_left_still_stands_at_the_left() -> None:
    pipeline = Pipeline.linear("p", [NEW, WON], label="מכירות")
    heading = Drawn(svg(pipeline)).root.findall(f"{SPACE}text")[0]
    assert (heading.text, heading.get("direction")) == ("מכירות", "rtl")
    assert heading.get("text-anchor") == "end"


def test_open_stages_stand_in_a_row_and_the_others_below() -> None:
    drawn = Drawn(svg(ALL))
    corners = {
        label: (float(rect.get("x", "")), float(rect.get("y", "")))
        for label in drawn.boxes
        if (rect := drawn.box(label).find(f"{SPACE}rect")) is not None
    }
    (first,) = {corners[label][1] for label in ("New", "Working", "Offer")}
    (second,) = {corners[label][1] for label in ("On ice", "Won", "Lost")}
    assert first < second
    assert corners["New"] < corners["Working"] < corners["Offer"]
    assert corners["On ice"] < corners["Won"] < corners["Lost"]


def test_kinds_differ_in_words_and_borders_and_not_only_in_colour() -> None:
    drawn = Drawn(svg(ALL))
    assert [drawn.said(label)[-1] for label in ("On ice", "Won", "Lost")] == [
        "on hold",
        "won",
        "lost",
    ]
    frames = set()
    for label in ("New", "On ice", "Won", "Lost"):
        rect = drawn.box(label).find(f"{SPACE}rect")
        assert rect is not None
        frames.add((rect.get("rx"), rect.get("stroke-dasharray")))
    assert len(frames) == 4


def _luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_every_text_stands_out_from_what_is_behind_it() -> None:
    root = Drawn(svg(STRICT, [])).root
    for parent in (root, *root.findall(f"{SPACE}g")):
        behind = parent.find(f"{SPACE}rect")
        assert behind is not None
        for text in parent.findall(f"{SPACE}text"):
            light = sorted(_luminance(each.get("fill", "")) for each in (behind, text))
            assert (light[1] + 0.05) / (light[0] + 0.05) >= 4.5


# --- the moves in the picture ---


def test_every_move_is_told_by_the_title_of_its_box() -> None:
    boxes = Drawn(svg(ALL)).boxes
    assert boxes["New"] == [
        "open, leads start here",
        "leads to: Working, Offer, On ice, Won, Lost",
    ]
    assert boxes["Lost"] == ["lost", "leads to: New, Working, Offer"]
    assert Drawn(svg(STRICT)).boxes["Won"] == ["won", "leads to: no other stage"]


def test_a_title_names_forty_moves_and_counts_the_rest() -> None:
    keys = [f"k{place}" for place in range(50)]
    pipeline = literal(keys, k0=keys[2:])
    title = Drawn(svg(pipeline)).boxes["k0"][1]
    assert title.startswith("leads to: k1, k2, ")
    assert title.endswith(", k40, … and 9 more")


def test_a_full_table_is_said_in_words() -> None:
    assert Drawn(svg(Pipeline.linear("p", [*LINE, HOLD, WON, LOST]))).lines[1:] == [
        "Every open stage may skip ahead to any later one.",
        "Every open stage may go back to any earlier one.",
        "On ice may go to every open stage and Lost.",
        "Won and Lost may be reopened into every open stage.",
    ]


LINE = [Stage(f"k{place}", f"Step {place}") for place in range(4)]


def test_lines_out_of_the_row_are_shared_by_the_stages_they_lead_to() -> None:
    drawn = Drawn(svg(STRICT))
    assert drawn.lines[1:] == ["On ice may go to every open stage and Lost."]
    # Two steps; one line for "on hold" and "lost" with two arrows, one for "won" with one.
    assert len(drawn.paths) == 2 + (1 + 2) + (1 + 1)


def test_a_line_out_of_the_row_has_the_colour_of_the_one_kind_it_leads_to() -> None:
    root = Drawn(svg(STRICT)).root
    colours = [path.get("stroke") for path in root.iter(f"{SPACE}path") if path.get("stroke")]
    won = Drawn(svg(STRICT)).box("Won").find(f"{SPACE}rect")
    assert won is not None
    assert colours[3:5] == [won.get("stroke")] * 2
    assert won.get("stroke") not in (*colours[:3], *colours[5:])


def test_few_skips_and_moves_back_are_arcs_above_and_below() -> None:
    plain = Drawn(svg(literal(["a", "b", "c", "d"])))
    arcs = Drawn(svg(literal(["a", "b", "c", "d"], k0=["k2"], k3=["k2", "k0"])))
    assert arcs.lines == plain.lines == ["p"]
    added = [path for path in arcs.paths if "C" in path]
    assert len(added) == len(arcs.paths) - len(plain.paths) == 3
    assert float(arcs.root.get("height", "")) > float(plain.root.get("height", ""))


def test_many_skips_and_moves_back_are_said_stage_by_stage() -> None:
    labels = [f"S{place}" for place in range(8)]
    many = {f"k{place}": [f"k{to}" for to in range(8) if abs(to - place) > 1] for place in range(8)}
    del many["k7"]
    drawn = Drawn(svg(literal(labels, **many)))
    assert not any("C" in path for path in drawn.paths)
    assert drawn.lines[1] == "Every open stage may skip ahead to any later one."
    assert drawn.lines[2:5] == [
        "S2 may go to S0.",
        "S3 may go to S0 and S1.",
        "S4 may go to S0, S1 and S2.",
    ]


def test_more_than_eight_stages_stand_in_rows_and_leave_the_row_in_words() -> None:
    drawn = Drawn(svg(Pipeline.linear("p", [*(Stage(f"s{n}") for n in range(20)), WON, LOST])))
    rows = {
        rect.get("y")
        for label in drawn.boxes
        if (rect := drawn.box(label).find(f"{SPACE}rect")) is not None
    }
    assert len(rows) == 4
    assert len(drawn.paths) == 19
    assert "Every open stage may go to Won and Lost." in drawn.lines


def test_stages_that_lead_to_all_others_are_said_together() -> None:
    keys = [f"k{place}" for place in range(10)]
    pipeline = literal(keys, k3=[key for key in keys if key not in ("k3", "k4")],
                       won=["k0"], k5=["k0"])  # fmt: skip
    assert Drawn(svg(pipeline)).lines[1:] == [
        "k3 may go to k0, k1, k2, k5, k6, k7, k8 and k9.",
        "k5 may go to k0.",
        "k9 may go to Won.",
        "Won may be reopened into k0.",
    ]


def test_a_stage_that_may_go_anywhere_says_so() -> None:
    stages = [*(Stage(f"k{n}") for n in range(9)), WON]
    moves = {
        "k8": [f"k{n}" for n in range(8)] + ["won"],
        "k0": ["k8", *(f"k{n}" for n in range(2, 8))],
    }
    moves["k0"].append("k1")
    moves |= {f"k{n}": ["k8"] for n in range(1, 8)}
    assert (
        "k8 may go to every other open stage and Won."
        in Drawn(svg(Pipeline("p", stages, moves))).lines
    )


def test_only_four_lines_leave_the_row_and_the_rest_is_said() -> None:
    ends = [Stage(f"end{n}", f"End {n}", "lost") for n in range(5)]
    moves = {f"k{n}": [f"end{n}", *([f"k{n + 1}"] if n < 4 else [])] for n in range(5)}
    pipeline = Pipeline("p", [*(Stage(f"k{n}") for n in range(5)), *ends], moves)
    drawn = Drawn(svg(pipeline))
    assert drawn.lines[1:] == ["k4 may go to End 4."]
    assert len(drawn.paths) == 4 + 4 * 2


def test_a_label_that_runs_to_the_left_does_not_turn_its_sentence() -> None:
    keys = ["שיחה", *(f"k{place}" for place in range(1, 9))]
    sentence = Drawn(svg(literal(keys, k0=["k2"]))).root.findall(f"{SPACE}text")[1]
    assert sentence.text == f"\u2068{keys[0]}\u2069 may go to k2."
    assert (sentence.get("direction"), sentence.get("text-anchor")) == ("ltr", "start")


def test_sentences_are_wrapped_and_bounded() -> None:
    keys = [f"k{place}" for place in range(40)]
    moves = {key: [to for to in keys[::3] if to != key] for key in keys}
    stages = [*(Stage(key, f"A rather long label, number {key}") for key in keys), WON]
    moves |= {key: [*moves[key], after] for key, after in pairwise([*keys, "won"])
              if after not in moves[key]}  # fmt: skip
    lines = Drawn(svg(Pipeline("p", stages, moves))).lines
    assert len(lines) == 1 + 17
    assert lines[-1] == "… and more: the title of each box lists where it leads"
    assert max(map(len, lines)) < 200


# --- leads in the picture ---

LEADS = [
    Lead("A", stage="new", deal_value=Money(12_000, "EUR")),
    Lead("B", stage="new", deal_value=Money(3_000, "USD")),
    Lead("C", stage="new"),
    Lead("D", stage="won", deal_value=Money("7.50", "EUR")),
    Lead("E", stage="gone"),
    Lead("F"),
]


def test_without_leads_a_picture_has_no_numbers() -> None:
    assert not any(character.isdigit() for text in Drawn(svg(ALL)).texts for character in text)


def test_with_leads_each_box_tells_how_many_and_their_value() -> None:
    drawn = Drawn(svg(ALL, iter(LEADS)))
    assert drawn.said("New") == ["New", "3 leads", "12,000 EUR +", "3,000 USD"]
    assert drawn.said("Working") == ["Working", "no leads"]
    assert drawn.said("Won") == ["Won", "won", "1 lead", "7.50 EUR"]
    assert drawn.boxes["New"][-1] == "3 leads, 12,000 EUR + 3,000 USD"


def test_with_rates_the_value_is_one_sum_in_their_base() -> None:
    drawn = Drawn(svg(ALL, LEADS, rates=Rates("EUR", {"USD": "0.5"})))
    assert drawn.said("New") == ["New", "3 leads", "13,500.00 EUR"]


def test_a_line_tells_how_many_stand_elsewhere() -> None:
    line = "elsewhere: 2 leads, 1 in a stage that is not there, 1 in no stage"
    assert Drawn(svg(ALL, LEADS)).lines[1] == line
    assert not any("elsewhere" in text for text in Drawn(svg(ALL, LEADS[:4])).texts)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((None,), "pipeline: expected a Pipeline"),
        (("sales", []), "pipeline: expected a Pipeline"),
        ((ALL, 5), "leads: expected a list, got 5"),
        ((ALL, ["L-1"]), "lead: expected a Lead"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments: Any, words: str) -> None:
    draw: Any = svg
    with pytest.raises(InvalidValue, match=words):
        draw(*arguments)


def test_mermaid_refuses_what_is_no_pipeline() -> None:
    draw: Any = mermaid
    with pytest.raises(InvalidValue, match="pipeline: expected a Pipeline, got 'sales'"):
        draw("sales")


def test_the_largest_pipeline_is_drawn_in_seconds() -> None:
    stages = [*(Stage(f"k{n}", "Stage " * 30) for n in range(498)), WON, LOST]
    pipeline = Pipeline.linear("p", stages)
    begun = time.perf_counter()
    assert Drawn(svg(pipeline)).lines[1].startswith("Every open stage")
    assert len(read(mermaid(pipeline))[1]) == sum(map(len, pipeline.moves.values()))
    assert time.perf_counter() - begun < 20


# Fillers of Hangul and Braille show nothing: alone they are no label.
characters = st.characters(
    exclude_categories=["C", "Zl", "Zp"], exclude_characters="\u3164\u2800\u115f\u1160\uffa0"
)
labels = st.text(characters, min_size=1, max_size=40)


@st.composite
def pipelines(draw: st.DrawFn) -> Pipeline:
    """Draw a chain of stages with any labels and any further moves."""
    named = draw(st.lists(labels.filter(str.strip), min_size=1, max_size=11))
    keys = [f"k{place}" for place in range(len(named))]
    others = st.lists(st.sampled_from(keys), max_size=4)
    more = draw(st.dictionaries(st.sampled_from([*keys, "won"]), others, max_size=6))
    apart = {key: [to for to in to_all if to != key] for key, to_all in more.items()}
    return literal(named, **apart)


@given(pipelines())
def test_law_mermaid_reads_back_exactly(pipeline: Pipeline) -> None:
    nodes, arrows, _ = read(mermaid(pipeline))
    assert nodes == [(stage.label, stage.kind) for stage in pipeline.stages]
    assert arrows == table_of(pipeline)


@given(pipelines())
def test_law_no_move_is_lost_and_every_label_comes_back(pipeline: Pipeline) -> None:
    drawn = Drawn(svg(pipeline))
    groups = [group.findtext(f"{SPACE}title") or "" for group in drawn.root.findall(f"{SPACE}g")]
    assert len(groups) == len(pipeline.stages)
    for stage, title in zip(pipeline.stages, groups, strict=True):
        label, _, moves = title.split("\n")
        assert label == stage.label
        to = ", ".join(pipeline[key].label for key in pipeline.moves.get(stage.key, ()))
        plain = moves.replace("\u2068", "").replace("\u2069", "")
        assert plain == f"leads to: {to or 'no other stage'}"


def test_leads_are_counted_where_they_stood_at_an_instant() -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    moved = Lead("L-1", stage="new", events=[StageChange("won", noon)])
    before = datetime(2026, 3, 1, 11, tzinfo=UTC)
    assert svg(ALL, [moved], as_of=before) == svg(ALL, [Lead("L-1", stage="new")])
    assert svg(ALL, [moved], as_of=noon) == svg(ALL, [Lead("L-1", stage="won")])
    with pytest.raises(NaiveDatetime, match="as_of"):
        svg(ALL, [moved], as_of=datetime(2026, 3, 1))


def test_the_picture_in_the_docs_is_the_one_that_is_drawn() -> None:
    leads = [
        Lead("L-1", stage="to_contact", deal_value=Money(12_000, "EUR")),
        Lead("L-2", stage="to_contact", deal_value=Money(40_000, "EUR")),
        Lead("L-3", stage="proposal_sent", deal_value=Money(8_000, "EUR")),
        Lead("L-4", stage="nurturing"),
    ]
    kept = Path(__file__).parents[2] / "docs" / "how-to" / "outreach.svg"
    assert kept.read_text(encoding="utf-8") == svg(outreach_pipeline(), leads) + "\n"

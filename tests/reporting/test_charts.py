"""Charts: their tables, their pictures, and what they refuse."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from leadflow import Money
from leadflow.errors import InvalidValue, LeadflowError, LimitExceeded, MissingExtra
from leadflow.reporting.charts import (
    Chart,
    ageing_chart,
    forecast_chart,
    funnel_chart,
    quota_chart,
    response_chart,
    score_chart,
    time_in_stage_chart,
)
from leadflow.reporting.charts import chart as chart_module

HOSTILE = "<script>alert('x')</script>"
CURVE = [(1.0, 0.8, 0.6, 0.9), (5.0, 0.4, 0.2, 0.6)]


def funnel() -> Chart:
    return funnel_chart([("ליד חדש", 40), ("Przygotowanie", 30), (HOSTILE, 10)])


def times() -> Chart:
    return time_in_stage_chart([("ליד חדש", CURVE), (HOSTILE, [])])


def ages() -> Chart:
    return ageing_chart([("ליד חדש", 5, 2, 1), (HOSTILE, 0, 0, 3)])


def scores() -> Chart:
    return score_chart([(n, "won" if n % 3 else "lost") for n in range(100)])


def outlook() -> Chart:
    periods = [("2026-03", 50, 40, 60), ("2026-04", Money(70, "EUR"), 30, 90)]
    return forecast_chart(periods, target=80, actual=[("2026-03", 55)])


def quotas() -> Chart:
    return quota_chart([("דנה", 60, 50, 0.5), (HOSTILE, Money(5, "EUR"), Money(50, "EUR"), 0.5)])


def responses() -> Chart:
    return response_chart([0.2, 5, 30, 2000], waiting=1)


CHARTS: list[Callable[[], Chart]] = [funnel, times, ages, scores, outlook, quotas, responses]
EMPTY: list[Callable[[], Chart]] = [
    lambda: funnel_chart([]),
    lambda: time_in_stage_chart([]),
    lambda: ageing_chart([]),
    lambda: score_chart([]),
    lambda: forecast_chart([]),
    lambda: quota_chart([]),
    lambda: response_chart([]),
]


def texts(svg: str) -> str:
    return " ".join("".join(node.itertext()) for node in ET.fromstring(svg).iter())


# --- what they show ---


@pytest.mark.parametrize(
    ("made", "rows"),
    [
        (
            funnel,
            [
                ("ליד חדש", "40", "100.0 %"),
                ("Przygotowanie", "30", "75.0 %"),
                (HOSTILE, "10", "25.0 %"),
            ],
        ),
        (times, [("ליד חדש", "5", "5", "40.0 %"), (HOSTILE, "no data", "0", "100.0 %")]),
        (ages, [("ליד חדש", "5", "2", "1"), (HOSTILE, "0", "0", "3")]),
        (outlook, [("2026-03", "50", "40", "60", "55"), ("2026-04", "70", "30", "90", "")]),
        (
            quotas,
            [("דנה", "60", "50", "120.0 %", "50.0 %"), (HOSTILE, "5", "50", "10.0 %", "50.0 %")],
        ),
        (
            responses,
            [("10 minutes", "2", "40.0 %"), ("15 hours", "3", "60.0 %"), ("1 day", "3", "60.0 %")],
        ),
    ],
)
def test_every_chart_has_its_table(made: Callable[[], Chart], rows: Any) -> None:
    found = made()
    assert list(found.rows) == rows
    assert {len(row) for row in found.rows} == {len(found.header)}


def test_scores_are_shares_of_their_own_outcome() -> None:
    found = scores()
    assert found.rows[0] == ("won", "0 to 9", "6", "9.1 %")
    for outcome, leads in (("won", 66), ("lost", 34)):
        own = [row for row in found.rows if row[0] == outcome]
        assert sum(int(row[2]) for row in own) == leads
    assert len([row for row in found.rows if row[0] == "open"]) == 0


def test_equal_labels_stay_apart() -> None:
    found = funnel_chart([("a", 3), ("a", 2), ("a", 1)])
    assert [row[0] for row in found.rows] == ["a", "a (2)", "a (3)"]


def test_a_label_that_looks_like_a_number_stays_apart_too() -> None:
    found = funnel_chart([("a", 3), ("a (2)", 2), ("a", 1), ("a", 1)])
    assert [row[0] for row in found.rows] == ["a", "a (2)", "a (3)", "a (4)"]


def test_long_labels_are_cut() -> None:
    [[name, *_]] = funnel_chart([("x" * 90, 3)]).rows
    assert (len(name), name[-1]) == (40, "…")


def test_a_funnel_that_begins_with_nobody_has_no_shares() -> None:
    assert funnel_chart([("a", 0), ("b", 0)]).rows[1] == ("b", "0", "no data")


def test_thousands_of_times_are_drawn_as_some_hundred_points() -> None:
    found = response_chart([float(n) for n in range(10_000)])
    layers: Any = found.spec["layer"]
    assert len(layers[0]["data"]["values"]) < 500
    assert layers[0]["data"]["values"][-1]["share"] == 1


# --- how they are drawn ---


@pytest.mark.parametrize("made", CHARTS)
def test_the_picture_is_well_formed_and_loads_nothing(made: Callable[[], Chart]) -> None:
    found = made()
    svg = found.svg()
    root = ET.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    for node in root.iter():
        assert not node.tag.endswith(("}script", "}image", "}foreignObject", "}a"))
        for key, value in node.attrib.items():
            assert not key.startswith("on")
            assert "href" not in key
            assert "url(http" not in value
    assert found.title in texts(svg)
    assert found.png().startswith(b"\x89PNG")


@pytest.mark.parametrize("made", [funnel, ages, quotas, times])
def test_labels_of_any_script_are_drawn_and_escaped(made: Callable[[], Chart]) -> None:
    svg = made().svg()
    assert "<script" not in svg
    assert HOSTILE in texts(svg)
    assert "ליד חדש" in svg or "דנה" in svg


@pytest.mark.parametrize("made", EMPTY)
def test_without_values_a_chart_says_no_data(made: Callable[[], Chart]) -> None:
    found = made()
    assert found.rows == ()
    assert "no data" in texts(found.svg())
    assert str(found).startswith(found.title)


@pytest.mark.parametrize("made", CHARTS)
def test_the_specification_is_valid_vega_lite(made: Callable[[], Chart]) -> None:
    altair = pytest.importorskip("altair")
    assert isinstance(made().altair(), altair.TopLevelMixin)


def test_the_same_values_give_the_same_bytes_under_any_hash_seed() -> None:
    code = (
        "from leadflow.reporting.charts import ageing_chart, score_chart\n"
        "import hashlib, sys\n"
        "both = ageing_chart([('a', 1, 2, 3)]).svg() + score_chart([(1, 'won'), (9, 'lost')]).svg()\n"
        "sys.stdout.write(hashlib.sha256(both.encode()).hexdigest())\n"
    )
    found = {
        subprocess.run(
            (sys.executable, "-c", code), capture_output=True, text=True, check=True, timeout=120,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(found) == 1


def test_importing_charts_loads_no_drawing() -> None:
    code = (
        "import sys, leadflow.reporting.charts; print({'altair', 'vl_convert'} & set(sys.modules))"
    )
    run = subprocess.run(
        (sys.executable, "-c", code), capture_output=True, text=True, check=True, timeout=60
    )
    assert run.stdout == "set()\n"


def test_without_the_extra_it_says_which_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    monkeypatch.setitem(sys.modules, "altair", None)
    for ask in (funnel().svg, funnel().png, funnel().altair):
        with pytest.raises(MissingExtra, match=r"leadflow\[charts\]"):
            ask()


def test_a_picture_is_saved_by_the_end_of_its_name(tmp_path: Path) -> None:
    funnel().save(tmp_path / "a.SVG")
    funnel().save(str(tmp_path / "a.png"))
    assert (tmp_path / "a.SVG").read_text("utf-8") == funnel().svg() == funnel()._repr_svg_()
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(InvalidValue, match=r"path: expected a name that ends in \.svg or \.png"):
        funnel().save("a.pdf")


def test_a_chart_is_shown_as_text_and_html() -> None:
    assert str(funnel()).splitlines()[:2] == [
        "Funnel",
        "stage                        reached  of the first",
    ]
    assert repr(funnel()) == "Chart('Funnel', 3 rows)"
    assert "&lt;script&gt;" in funnel().to_html()
    assert funnel().png(scale=1) != funnel().png(scale=3)


# --- colours ---

Rgb = tuple[float, float, float]
COMBINED = {
    "ages": (chart_module.GREEN, chart_module.YELLOW, chart_module.RED),
    "scores": (chart_module.BLUE, chart_module.ORANGE, chart_module.SKY),
    "forecast": (chart_module.BLUE, chart_module.SKY, chart_module.RED),
    "quotas": (chart_module.BLUE, chart_module.LINE, chart_module.RED),
}
# Machado, Oliveira and Fernandes (2009), severity 1.0, for linear RGB.
BLIND = {
    "nobody": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881),
    ),
}  # fmt: skip


def linear(colour: str) -> Rgb:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return r, g, b


def seen(colour: str, how: str) -> Rgb:
    rgb = linear(colour)
    r, g, b = (
        min(max(sum(w * c for w, c in zip(row, rgb, strict=True)), 0.0), 1.0) for row in BLIND[how]
    )
    return r, g, b


def lab(rgb: Rgb) -> Rgb:
    r, g, b = rgb
    xyz = (
        (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047,
        0.2126 * r + 0.7152 * g + 0.0722 * b,
        (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883,
    )
    x, y, z = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("how", BLIND)
@pytest.mark.parametrize("name", COMBINED)
def test_colours_used_together_are_told_apart_by_the_colour_blind(name: str, how: str) -> None:
    for one, other in combinations(COMBINED[name], 2):
        pairs = zip(lab(seen(one, how)), lab(seen(other, how)), strict=True)
        assert sum((a - b) ** 2 for a, b in pairs) ** 0.5 > 15, (one, other)


def luminance(colour: str) -> float:
    r, g, b = linear(colour)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize(
    ("text", "behind"),
    [
        (chart_module.INK, "#ffffff"), (chart_module.SOFT, "#ffffff"),
        *((chart_module.BLACK, colour) for colour in COMBINED["ages"]),
    ],
)  # fmt: skip
def test_text_can_be_read_on_what_is_behind_it(text: str, behind: str) -> None:
    low, high = sorted((luminance(text), luminance(behind)))
    assert (high + 0.05) / (low + 0.05) >= 4.5


# --- bad input ---

NAN, INFINITE = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: funnel_chart([("a",)]), "steps[0]: expected a stage"),  # type: ignore[list-item]
        (lambda: funnel_chart([(" ", 5)]), "steps[0][0]: expected a label"),
        (lambda: funnel_chart([(5, 5)]), "steps[0][0]: expected text"),  # type: ignore[list-item]
        (lambda: funnel_chart([("a", -5)]), "steps[0][1]: expected a whole number"),
        (lambda: funnel_chart("ab"), "steps: expected a list"),  # type: ignore[arg-type]
        (lambda: funnel_chart([], title=" "), "title: expected a label"),
        (
            lambda: time_in_stage_chart([("a", [(1, 2, 0, 0)])]),
            "stages[0][1][0][1]: expected a share",
        ),
        (lambda: time_in_stage_chart([("a", [(1, 2)])]), "stages[0][1][0]: expected days"),  # type: ignore[list-item]
        (
            lambda: time_in_stage_chart([("a", [(5, 1, 1, 1), (1, 1, 1, 1)])]),
            "stages[0][1][1][0]: expected days from 5 on",
        ),
        (lambda: ageing_chart([("a", 1, 2, 2.5)]), "stages[0][3]: expected a whole number"),  # type: ignore[list-item]
        (lambda: score_chart([(5, "maybe")]), "scores[0][1]: expected won, lost or open"),
        (lambda: score_chart([5]), "scores[0]: expected a score and an outcome"),  # type: ignore[list-item]
        (lambda: score_chart([], bins=0), "bins: expected a whole number"),
        (lambda: score_chart([], bins=51), "bins: expected a whole number of at most 50"),
        (lambda: forecast_chart([("a", NAN, 1, 2)]), "periods[0][1]: expected a number of zero"),
        (lambda: forecast_chart([("a", 5, 9, 2)]), "periods[0]: expected a low bound"),
        (lambda: forecast_chart([("a", 5, 1, INFINITE)]), "periods[0][3]: expected a number"),
        (lambda: forecast_chart([("a", "5", 1, 9)]), "periods[0][1]: expected a number"),
        (lambda: forecast_chart([("a", 5, 1, 9)], actual=[("b", 5)]), "actual: expected a period"),
        (lambda: forecast_chart([], target=-5), "target: expected a number"),
        (lambda: quota_chart([("a", 5, 0, 0.5)]), "reps[0][2]: expected a quota above 0"),
        (lambda: quota_chart([("a", 5, 5, 1.5)]), "reps[0][3]: expected a share"),
        (lambda: response_chart([-5]), "minutes[0]: expected a number"),
        (lambda: response_chart([], waiting=-1), "waiting: expected a whole number"),
        (lambda: response_chart([], limits=[(5,)]), "limits[0]: expected minutes"),  # type: ignore[list-item]
        (lambda: funnel().png(scale=0), "scale: expected a number between 0.1 and 10"),
    ],
)
def test_bad_values_are_refused_with_their_place(ask: Callable[[], object], words: str) -> None:
    with pytest.raises(LeadflowError) as refused:
        ask()
    assert words in str(refused.value)


def test_more_rows_than_can_be_read_are_refused() -> None:
    with pytest.raises(LimitExceeded, match="steps"):
        funnel_chart([(f"stage {n}", n) for n in range(61)])
    assert len(funnel_chart([(f"stage {n}", n) for n in range(60)]).rows) == 60


def test_what_does_not_print_is_shown_as_code() -> None:
    assert funnel_chart([("a\x1b[31m", 5)]).rows[0][0] == "a\\x1b[31m"

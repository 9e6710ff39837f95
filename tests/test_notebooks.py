"""The notebooks in docs/: each runs from top to bottom, and shows what its text says."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from marimo import App

NOTEBOOKS = Path(__file__).parent.parent / "docs" / "notebooks"
NOTEBOOK, HEALTH = NOTEBOOKS / "scoring.py", NOTEBOOKS / "pipeline_health.py"
DATA = Path(os.environ.get("LEADFLOW_DATA", "../shared/data"))


def loaded(path: Path) -> App:
    spec = spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    found: App = module.app
    return found


@pytest.fixture(scope="module")
def app() -> App:
    return loaded(NOTEBOOK)


@pytest.fixture(scope="module")
def made(app: App) -> Mapping[str, Any]:
    """Every name that the cells define, with the sliders as they stand at first."""
    return app.run()[1]


def test_the_notebook_scores_and_rates_the_sample(made: Mapping[str, Any]) -> None:
    assert made["best"].select("id", "points").rows()[:3] == [
        ("L-0043", 85),
        ("L-0173", 81),
        ("L-0483", 81),
    ]
    counted = dict(made["rated"]["rating"].value_counts().rows())
    assert counted == {"hot": 71, "warm": 194, "cold": 235}


def test_the_notebook_sums_what_every_rule_gave(made: Mapping[str, Any]) -> None:
    points = dict(made["per_rule"].select("rule", "points").rows())
    assert sum(points.values()) == made["best"]["points"].sum() == 11_360
    assert points.keys() == {rule.name for rule in made["model"].rules}
    assert points["looked at the prices"] == 834


def test_the_notebook_explains_the_best_lead(made: Mapping[str, Any]) -> None:
    explained = made["score"].explain()
    assert explained.startswith("L-0043: 85 points (fit 20, engagement 65) by first version 1")
    assert "+5  looked at the prices: " in explained


def test_the_notebook_shows_who_moves_between_its_two_models(made: Mapping[str, Any]) -> None:
    comparison = made["comparison"]
    assert (len(comparison.moves), comparison.unchanged) == (142, 358)
    assert {cause.rule for move in comparison.moves for cause in move.causes} == {
        "looked at the prices"
    }


def test_the_notebook_holds_its_models_to_what_came_after(made: Mapping[str, Any]) -> None:
    found = {word: (of.leads, of.converted) for word, of in made["conversion"].items()}
    assert found == {"hot": (23, 2), "warm": (134, 7), "cold": (173, 3)}
    areas = {name: round(area, 4) for name, area in made["areas"].items()}
    assert areas == {"first": 0.7459, "second": 0.7638}


def test_sliders_put_back_to_the_first_model_move_nobody(app: App) -> None:
    as_at_first = {
        "price_points": SimpleNamespace(value=15),
        "half_life": SimpleNamespace(value=30),
    }
    _, made = app.run(defs=as_at_first)
    assert made["comparison"].moves == ()
    assert made["areas"]["first"] == made["areas"]["second"]


def test_the_notebook_runs_as_a_script() -> None:
    command = (sys.executable, str(NOTEBOOK))
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    assert "L-0043: 85 points" in run.stdout
    assert "first version 1 -> second version 1: 142 of 500 leads move" in run.stdout


def test_the_health_of_the_sample(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LEADFLOW_DATA", str(tmp_path))
    made = loaded(HEALTH).run()[1]
    assert not made["has_maven"]
    assert (len(made["history"]), len(made["leads"])) == (500, 500)
    assert (made["rates"].value.hits, made["rates"].value.of) == (77, 181)
    assert made["waiting"].worst.stage.key == "no_answer"
    assert made["outlook"].undated.count + sum(len(each.odds) for each in made["outlook"]) > 0
    assert made["html"].startswith("<!doctype html>")


@pytest.mark.real_data
def test_the_health_of_real_opportunities(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADFLOW_DATA", str(DATA.resolve()))
    made = loaded(HEALTH).run()[1]
    assert made["has_maven"]
    assert (made["rates"].value.hits, made["rates"].value.of) == (3_133, 4_918)
    assert made["waiting"].worst.stage.key == "Engaging"
    assert made["closing"].value.median == 55.0
    assert made["outlook"].learned is not None


def test_the_health_notebook_runs_as_a_script(tmp_path: Path) -> None:
    run = subprocess.run(
        (sys.executable, str(HEALTH)), capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "LEADFLOW_DATA": str(tmp_path)},
    )  # fmt: skip
    assert (run.returncode, run.stderr) == (0, "")
    assert "win rate (closed): 42.5 %" in run.stdout

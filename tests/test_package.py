"""The package as a whole: what importing it loads, and what it ships."""

from __future__ import annotations

import subprocess
import sys
from importlib.resources import files

import pytest

HEAVY = {
    "json", "csv", "tomllib", "cattrs", "narwhals", "polars", "pandas", "pyarrow", "duckdb",
    "pyspark", "sklearn", "scipy", "numpy", "hypothesis", "altair", "ortools", "tqdm", "sqlite3",
    "sqlalchemy", "psycopg", "asyncio", "socket", "random",
}  # fmt: skip
LIGHT = (
    "import leadflow, leadflow.scoring, leadflow.pipeline, leadflow.routing, leadflow.handover,"
    " leadflow.presets, leadflow.disposition, leadflow.actions, leadflow.period,"
    " leadflow.automation, leadflow.playbook, leadflow.simulation"
)


def loaded_by(statement: str) -> set[str]:
    code = f"import sys; {statement}; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_leadflow_loads_nothing_heavy() -> None:
    loaded = loaded_by(LIGHT)
    # attrs itself may load some of the standard library; leadflow adds none of these.
    assert not (loaded - loaded_by("import attrs, zoneinfo")) & HEAVY


def test_importing_a_package_below_the_edges_does_not_load_the_edges() -> None:
    edges = {"leadflow.serialization", "leadflow.cli", "leadflow.learning", "leadflow.sample"}
    assert not loaded_by(LIGHT) & edges


def test_the_package_is_typed() -> None:
    assert files("leadflow").joinpath("py.typed").is_file()


@pytest.mark.parametrize("seed", ["0", "1", "4242"])
@pytest.mark.parametrize("options", [[], ["-O"]], ids=["plain", "optimised"])
@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/Los_Angeles"])
def test_the_answer_is_the_same_for_any_hash_seed_time_zone_and_optimisation(
    seed: str, options: list[str], zone: str
) -> None:
    code = """
from datetime import datetime, timezone
from leadflow import *
from leadflow.scoring import *
now = datetime(2026, 3, 1, 0, 30, tzinfo=timezone.utc)
model = ScoringModel("m", [
    Rule("a", 3, when=field("x").one_of("p", "q", 1)),
    Rule("b", 5, each=activity("open"), distinct="e", fade=HalfLife("3 days")),
])
events = [Activity("open", now, data={"e": e}) for e in "abc"]
lead = merge(Lead("2", fields={"x": "p"}, tags=["t", "s"]), Lead("1", events=events))
print(model.score(lead, as_of=now).explain(unmatched=True), lead, sorted(lead.merged_ids))
"""
    done = subprocess.run(
        [sys.executable, *options, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C"},
    )
    assert done.stdout.splitlines() == [
        "1: 18 points (fit 3, engagement 15) by m version 1 as of 2026-03-01 00:30 UTC",
        "  +15  b x 3: each open, once per e, halving every 3 days",
        "  +3  a: x is one of 'p', 'q', 1 Lead('1', 1 fields, 3 events) ['2']",
    ]

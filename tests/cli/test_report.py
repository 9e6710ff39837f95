"""``leadflow report``: one page on the leads of a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Put, Run

AS_OF = ("--as-of", "2026-03-20T12:00Z")
LEADS = """\
id,created_at,stage,deal_value,owner,source
L-1,2026-03-02T09:00Z,new,500 EUR,ada,fair
L-2,2026-03-03T09:00Z,first_contact,1200 EUR,bo,web
L-3,2026-02-03T09:00Z,won,900 EUR,ada,fair
L-4,2026-02-03T09:00Z,<script>,900 EUR,ada,fair
"""


@pytest.fixture
def leads(put: Put) -> Path:
    return put("leads.csv", LEADS)


def test_the_report_is_printed(run: Run, leads: Path, pipeline: Path) -> None:
    code, out, err = run("report", leads, "--pipeline", pipeline, *AS_OF)
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == "Sales, 2026-03 (as of 2026-03-20 12:00 UTC)"
    assert lines[1] == (
        "2026-03 is not over yet: compared with 2026-02 up to 2026-02-20 12:00 UTC. "
        "Tables that do not name 2026-03 tell of all leads. "
        "Of 1 closed lead nobody knows when: they are in no period."
    )
    assert "FUNNEL" in lines
    assert "warning: the stage of 1 lead is in no pipeline that was given:" in err


def test_the_page_is_written(run: Run, leads: Path, pipeline: Path, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    code, out, _ = run(
        "report", leads, "--pipeline", pipeline, "--period", "week", "--title", "Wiosna",
        "--out", target, *AS_OF,
    )  # fmt: skip
    assert (code, out) == (0, f"Wiosna, 2026-W12: {target}\n")
    page = target.read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert "<script>" not in page


def test_the_plain_form_is_written(run: Run, leads: Path, pipeline: Path, tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    run("report", leads, "--pipeline", pipeline, "--period", "2026-02", "--out", target, *AS_OF)
    found = json.loads(target.read_text("utf-8"))
    assert (found["title"], found["period"]) == ("Sales", "2026-02")
    assert found["headlines"][0]["now"] == 1


def test_goals_and_costs_are_read(run: Run, put: Put, leads: Path, pipeline: Path) -> None:
    goals = put("goals.csv", "period,target,currency,rep\n2026-03,1000,EUR,ada\nsoon,5,,\n")
    costs = put("costs.csv", "period,source,amount,currency\n2026-03,fair,400,EUR\n")
    code, out, err = run(
        "report",
        leads,
        "--pipeline",
        pipeline,
        "--goals",
        goals,
        "--costs",
        costs,
        "--learn",
        *AS_OF,
    )
    assert code == 1
    assert "Goals" in out
    assert "Cost and return" in out
    assert "from the probabilities" not in out
    assert "soon" in err


def test_several_currencies_are_refused_with_the_way_out(
    run: Run, put: Put, pipeline: Path
) -> None:
    mixed = put("leads.csv", "id,stage,deal_value\nL-1,won,5 EUR\nL-2,won,5 PLN\n")
    code, _, err = run("report", mixed, "--pipeline", pipeline, *AS_OF)
    assert code == 2
    assert "the values of deals, goals and costs: expected one currency, got EUR and PLN" in err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--period", "mont"), "--period: expected day, week, month, quarter, year, or a period"),
        (("--period", "mont"), "did you mean 'month'?"),
        (("--period", "2027-01"), "period: expected a period that has begun"),
        (("--out", "report.pdf"), "a name that ends in .html or .json"),
        (("--zone", "Mars"), "zone: expected a time zone"),
        (("--goals", "none.csv"), "none.csv"),
    ],
)
def test_bad_options_are_refused(
    run: Run, leads: Path, pipeline: Path, options: tuple[str, str], words: str
) -> None:
    code, _, err = run("report", leads, "--pipeline", pipeline, *options, *AS_OF)
    assert code == 2
    assert words in err


def test_one_pipeline_is_reported_on(run: Run, leads: Path, pipeline: Path) -> None:
    code, _, err = run("report", leads, "--pipeline", pipeline, "--pipeline", pipeline, *AS_OF)
    assert code == 2
    assert "--pipeline: expected one, for a report is on one pipeline, got 2 files" in err


def test_the_page_is_in_a_language(run: Run, leads: Path, pipeline: Path, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    run("report", leads, "--pipeline", pipeline, "--language", "he", "--out", target, *AS_OF)
    assert '<html lang="he" dir="rtl">' in target.read_text("utf-8")


def test_leads_without_a_stage_are_told(run: Run, put: Put, pipeline: Path) -> None:
    code, out, err = run("report", put("ids.csv", "id\n1\n2\n"), "--pipeline", pipeline, *AS_OF)
    assert (code, err) == (
        0, "warning: 2 leads without a stage: they count in no stage of the report\n",
    )  # fmt: skip
    assert "0 leads in all" in out


def test_the_end_of_a_lead_is_read_from_its_column(run: Run, put: Put, pipeline: Path) -> None:
    table = "id,created_at,stage,closed_at\nL-1,2026-03-02T09:00Z,won,2026-03-05\n"
    _, out, _ = run("report", put("won.csv", table), "--pipeline", pipeline, *AS_OF)
    assert next(row for row in out.splitlines() if row.startswith("deals won")).split() == [
        "deals", "won", "1", "0",
    ]  # fmt: skip

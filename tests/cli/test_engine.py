from __future__ import annotations

import sys
from pathlib import Path

import polars as pl
import pytest

from leadflow.cli import engine, main
from tests.cli.conftest import Put

AT_ONCE = "leadflow.frames.score_parquet scores Parquet files at once"
AS_OF = ("--as-of", "2026-02-28")


@pytest.fixture
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "LARGE", 10)


@pytest.fixture
def without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "leadflow.cli.together", raising=False)
    monkeypatch.setitem(sys.modules, "polars", None)


def last_line(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    code = main([str(argument) for argument in ("score", *arguments, *AS_OF)])
    return code, capsys.readouterr().err.splitlines()[-1]


def test_a_small_file_is_scored_lead_by_lead(
    capsys: pytest.CaptureFixture[str], leads: Path, fit: Path
) -> None:
    assert last_line(capsys, leads, "--model", fit) == (0, "scored lead by lead")


@pytest.mark.usefixtures("everything_is_large")
def test_a_large_file_is_scored_by_polars(
    capsys: pytest.CaptureFixture[str], leads: Path, fit: Path
) -> None:
    assert last_line(capsys, leads, "--model", fit) == (0, "scored by Polars")


def test_a_file_is_large_from_a_megabyte_on(
    capsys: pytest.CaptureFixture[str], put: Put, fit: Path
) -> None:
    row = "L-1," + "x" * (engine.LARGE - len("id,note\nL-1,")) + "\n"
    assert last_line(capsys, put("l.csv", "id,note\n" + row), "--model", fit)[1] != (
        "scored lead by lead"
    )
    smaller = row.replace("xx\n", "\n")
    assert last_line(capsys, put("s.csv", "id,note\n" + smaller), "--model", fit)[1] == (
        "scored lead by lead"
    )


@pytest.mark.usefixtures("everything_is_large")
def test_a_large_file_with_activities_is_scored_lead_by_lead_and_why_is_said(
    capsys: pytest.CaptureFixture[str], leads: Path, activities: Path, fit: Path
) -> None:
    _, said = last_line(capsys, leads, "--model", fit, "--activities", activities)
    assert said == f"scored lead by lead: --activities are read lead by lead; {AT_ONCE}"


@pytest.mark.usefixtures("everything_is_large")
def test_a_large_file_of_another_form_is_scored_lead_by_lead_and_why_is_said(
    capsys: pytest.CaptureFixture[str], put: Put, fit: Path, tmp_path: Path
) -> None:
    lines = put("leads.jsonl", '{"id": "L-1", "name": "Ada"}\n')
    table = tmp_path / "leads.Parquet"
    pl.DataFrame({"id": ["L-1"]}).write_parquet(table)
    for path, more in ((lines, ""), (table, f"; {AT_ONCE}")):
        _, said = last_line(capsys, path, "--model", fit)
        assert said == f"scored lead by lead: Polars scores CSV files only{more}"


@pytest.mark.usefixtures("everything_is_large", "without_the_extra")
def test_without_the_extra_a_large_file_is_scored_lead_by_lead_and_why_is_said(
    capsys: pytest.CaptureFixture[str], leads: Path, fit: Path
) -> None:
    said = last_line(capsys, leads, "--model", fit)
    assert said == (0, "scored lead by lead: the extra 'frames' is not installed")


@pytest.mark.usefixtures("without_the_extra")
def test_polars_that_is_asked_for_and_not_there_is_an_error_that_says_how_to_get_it(
    capsys: pytest.CaptureFixture[str], leads: Path, fit: Path
) -> None:
    code, said = last_line(capsys, leads, "--model", fit, "--engine", "polars")
    assert code == 2
    assert said == (
        "leadflow: --engine polars needs the extra 'frames' (pip install 'leadflow[frames]')"
    )


def test_polars_that_is_asked_for_and_cannot_be_used_is_an_error_that_says_why(
    capsys: pytest.CaptureFixture[str], leads: Path, activities: Path, fit: Path
) -> None:
    code, said = last_line(
        capsys, leads, "--model", fit, "--activities", activities, "--engine", "polars"
    )
    assert code == 2
    assert said.startswith("leadflow: --engine: expected auto or python, got 'polars' (--activ")


def test_polars_that_is_asked_for_parquet_names_what_scores_such_files_at_once(
    capsys: pytest.CaptureFixture[str], fit: Path, tmp_path: Path
) -> None:
    table = tmp_path / "leads.parquet"
    pl.DataFrame({"id": ["L-1"]}).write_parquet(table)
    code, said = last_line(capsys, table, "--model", fit, "--engine", "polars")
    assert code == 2
    assert said.endswith(f"got 'polars' (Polars scores CSV files only; {AT_ONCE})")


@pytest.mark.usefixtures("everything_is_large")
def test_lead_by_lead_can_be_asked_for(
    capsys: pytest.CaptureFixture[str], leads: Path, fit: Path
) -> None:
    _, said = last_line(capsys, leads, "--model", fit, "--engine", "python")
    assert said == "scored lead by lead: as --engine says"


def test_a_small_file_is_scored_by_polars_where_that_is_asked_for(
    capsys: pytest.CaptureFixture[str], leads: Path, fit: Path
) -> None:
    _, said = last_line(capsys, leads, "--model", fit, "--engine", "polars")
    assert said == "scored by Polars"


def test_another_engine_is_refused(
    capsys: pytest.CaptureFixture[str], leads: Path, fit: Path
) -> None:
    code, said = last_line(capsys, leads, "--model", fit, "--engine", "duckdb")
    assert code == 2
    assert "invalid choice: 'duckdb'" in said


def test_a_file_that_is_not_there_is_told_by_what_reads_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, fit: Path
) -> None:
    code, said = last_line(capsys, tmp_path / "none.csv", "--model", fit)
    assert (code, said.partition(": ")[0]) == (2, "leadflow")
    assert "none.csv: cannot be opened" in said

from __future__ import annotations

import csv
import io
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from leadflow.cli.screen import Screen
from leadflow.serialization.tables import safe_cell
from tests.cli.conftest import Put, Run

AS_OF = ("--as-of", "2026-02-28")
UNRATED = "; the model has no rater, so none is rated"
UNMET = "warning: no lead has an activity of {} of the 7 kinds that the model asks about:"
X_EDUCATION = Path(os.environ.get("LEADFLOW_DATA", "../shared/data")) / "x_education"
EXAMPLES = Path(__file__).parents[2] / "examples"


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_worked_example_gives_76_and_19_and_ranks_a_above_b(
    run: Run, leads: Path, activities: Path, rated: Path
) -> None:
    code, out, err = run(
        "score", leads, "--model", rated, "--activities", activities, *AS_OF, "--explain", "A"
    )
    assert code == 0
    assert err.startswith(UNMET.format(2))
    assert "email_unsubscribed" in err
    assert "form_submitted" in err
    assert out.splitlines() == [
        "2 leads scored by engagement version 1 as of 2026-02-28 23:59 UTC",
        "",
        "  rating  leads   share",
        "  hot         1  50.0 %",
        "  warm        1  50.0 %",
        "",
        "The first 2 by points:",
        "     lead  who                points  fit  engagement  rating",
        "  1  A     Ada, Blue Mesa         76    0          76  hot",
        "        downloaded content x 3 +30, started a trial +25, clicked a link x 3 +15, 1 more",
        "  2  B     Ben, Oakham Tools      19    0          19  warm",
        "        visited the pricing page +15, opened an e-mail x 2 +4",
        "",
        "A: 76 points (fit 0, engagement 76) by engagement version 1 as of 2026-02-28 23:59 UTC",
        "  +30  downloaded content x 3: each content_downloaded",
        "  +25  started a trial: each trial_started",
        "  +15  clicked a link x 3: each email_clicked",
        "  +6  opened an e-mail x 3: each email_opened, once per email",
        "  not +15  filled in the contact form: each form_submitted (form is 'contact')",
        "  not +15  visited the pricing page: each page_viewed (page is '/pricing')",
        "  not +2  read a blog post: each page_viewed (page starts with '/blog/')",
        "  not -5  unsubscribed: each email_unsubscribed",
        "  rated hot",
        "    score 76 is at least 60",
    ]


@pytest.mark.parametrize(("lead", "points"), [("A", "71"), ("B", "14")])
def test_unsubscribing_takes_5_from_either(
    lead: str, points: str, run: Run, leads: Path, activities: Path, rated: Path, tmp_path: Path
) -> None:
    with activities.open("a", encoding="utf-8") as stream:
        stream.write(f"{lead},email_unsubscribed,2026-02-10T10:00Z,welcome-3,,\n")
    out = tmp_path / "out.csv"
    run("score", leads, "--model", rated, "--activities", activities, *AS_OF, "--out", out)
    assert {row["id"]: row["points"] for row in rows_of(out)}[lead] == points


def test_what_happens_after_the_instant_has_not_happened(
    run: Run, leads: Path, activities: Path, rated: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    arguments = ("score", leads, "--model", rated, "--activities", activities, "--out", out)
    run(*arguments, "--as-of", "2026-02-03T23:00Z")
    assert [row["points"] for row in rows_of(out)] == ["51", "0"]


def test_without_as_of_the_leads_are_scored_now(run: Run, leads: Path, fit: Path) -> None:
    code, out, _ = run("score", leads, "--model", fit)
    assert code == 0
    assert "as of 20" in out


def test_columns_are_mapped_as_told(run: Run, put: Put, fit: Path) -> None:
    leads = put("leads.csv", "Lead;Size\nL-1;1.200,5\nL-2;80\n")
    columns = put(
        "map.toml",
        'delimiter = ";"\ndecimal = ","\nthousands = "."\nid = "Lead"\n'
        '[fields]\nemployees = { column = "Size", kind = "number" }\n',
    )
    code, out, _ = run("score", leads, "--model", fit, "--columns", columns, *AS_OF)
    assert code == 0
    assert "  1  L-2       20   20           0  mid-market +20" in out.splitlines()


def test_columns_of_activities_are_mapped_as_told(
    run: Run, put: Put, leads: Path, rated: Path, tmp_path: Path
) -> None:
    activities = put("log.csv", "Who,What,When\nB,trial_started,01/02/2026 10:00\n")
    columns = put(
        "log.toml",
        'lead = "Who"\ndates = "day first"\ntime_zone = "Europe/Warsaw"\n'
        '[attributes]\nkind = "What"\nat = "When"\n',
    )
    out = tmp_path / "out.csv"
    code, _, err = run(
        *("score", leads, "--model", rated, "--activities", activities),
        *("--activity-columns", columns, *AS_OF, "--out", out),
    )
    assert code == 0
    assert err.startswith(UNMET.format(6))
    assert [row["points"] for row in rows_of(out)] == ["0", "25"]


def test_leads_and_activities_may_be_json_lines(run: Run, put: Put, rated: Path) -> None:
    leads = put("leads.jsonl", '{"id": "L-1", "name": "Ada"}\n')
    activities = put(
        "log.jsonl", '{"lead": "L-1", "kind": "trial_started", "at": "2026-02-01T10:00Z"}\n'
    )
    code, out, _ = run("score", leads, "--model", rated, "--activities", activities, *AS_OF)
    assert code == 0
    assert "started a trial +25" in out


def test_an_outcome_prints_auc_and_conversion_by_rating(
    run: Run, put: Put, fit: Path, fit_columns: Path
) -> None:
    leads = put("leads.csv", "id,employees,won\n1,80,yes\n2,90,no\n3,5,no\n4,6,\n5,7,maybe\n")
    code, out, _ = run(
        "score", leads, "--model", fit, "--columns", fit_columns, *AS_OF, "--outcome", "won"
    )
    assert code == 0
    assert out.splitlines()[2:7] == [
        "  rating     leads    share  converted      rate",
        "  not rated      5  100.0 %          1  0.333333",
        "  all            5  100.0 %          1  0.333333",
        "  AUC of the points for 'won': 0.750000",
        "  2 leads without a known outcome are left out of the rates, 1 of them neither yes nor no",
    ]


def test_an_unknown_outcome_field_suggests_a_known_one(run: Run, leads: Path, fit: Path) -> None:
    code, _, err = run("score", leads, "--model", fit, *AS_OF, "--outcome", "compny")
    assert code == 2
    assert "'compny'" in err
    assert "did you mean 'company'?" in err


def test_an_unknown_outcome_field_leaves_an_earlier_result_alone(
    run: Run, leads: Path, fit: Path, put: Put
) -> None:
    out = put("out.csv", "earlier")
    code, printed, _ = run(
        "score", leads, "--model", fit, *AS_OF, "--outcome", "compny", "--out", out
    )
    assert (code, printed) == (2, "")
    assert out.read_text(encoding="utf-8") == "earlier"
    assert not list(out.parent.glob("*.part"))


def test_top_lists_so_many_and_0_none(run: Run, leads: Path, fit: Path) -> None:
    _, one, _ = run("score", leads, "--model", fit, *AS_OF, "--top", "1")
    _, none, _ = run("score", leads, "--model", fit, *AS_OF, "--top", "0")
    assert "The first 1 by points:" in one
    assert "  1  A " in one
    assert "  2  B " not in one
    assert "by points" not in none


def test_an_unknown_id_to_explain_suggests_a_known_one(run: Run, put: Put, fit: Path) -> None:
    rows = "".join(f"L-{number:05}\n" for number in range(4_000))
    code, out, err = run(
        "score", put("leads.csv", "id\n" + rows), "--model", fit, *AS_OF, "--explain", "L-03991x"
    )
    assert code == 2
    assert "4,000 leads scored" in out
    assert "--explain: expected the id of a lead that was scored, got 'L-03991x'" in err
    assert "(all else is done; did you mean 'L-03991'?)" in err


def test_an_unknown_id_to_explain_is_said_last_and_the_scores_are_written(
    run: Run, put: Put, fit: Path, fit_columns: Path, tmp_path: Path
) -> None:
    leads, out = put("leads.csv", "id,employees\nL-1,80\nL-2,many\n"), tmp_path / "out.csv"
    code, _, err = run(
        *("score", leads, "--model", fit, "--columns", fit_columns, *AS_OF),
        *("--explain", "L-9", "--out", out),
    )
    assert code == 2
    assert err.splitlines()[0] == "1 row rejected:"
    assert err.splitlines()[-1].startswith("leadflow: --explain: ")
    assert [row["id"] for row in rows_of(out)] == ["L-1"]


def test_a_model_whose_fields_are_not_in_the_file_is_warned_about(
    run: Run, put: Put, fit: Path, leads: Path
) -> None:
    code, _, err = run("score", leads, "--model", fit, *AS_OF)
    assert code == 0
    assert err.splitlines() == [
        "warning: no lead has the field that the model asks about:",
        "  employees: known: company, id, name",
        "  (--columns MAP tells which columns hold the fields, and of what kind they are)",
    ]
    text = put("text.csv", "id,employees\nL-1,80\n")
    assert (
        "\n  employees is a text field and 50 is a number"
        in run("score", text, "--model", fit, *AS_OF)[2]
    )


def test_fields_that_are_there_are_not_warned_about(
    run: Run, put: Put, fit: Path, fit_columns: Path
) -> None:
    leads = put("leads.csv", "id,employees\nL-1,\nL-2,5\n")
    code, _, err = run("score", leads, "--model", fit, "--columns", fit_columns, *AS_OF)
    assert (code, err) == (0, "")


def test_the_explanation_says_what_to_ask(run: Run, leads: Path, behaviour: Path) -> None:
    _, out, _ = run("score", leads, "--model", behaviour, *AS_OF, "--explain", "B")
    assert out.splitlines()[-4:] == [
        "  rated cold",
        "    timeline unknown: nobody has asked yet",
        "    deal value unknown: nobody has asked yet",
        "    ask for: due, deal_value",
    ]


def test_a_grade_stands_in_the_table_when_the_model_has_a_grid(
    run: Run, put: Put, leads: Path, activities: Path, rated: Path
) -> None:
    grid = "grid = { fit = [40, 20], engagement = [50, 10] }\n"
    graded = put("graded.toml", grid + rated.read_text(encoding="utf-8"))
    _, out, _ = run("score", leads, "--model", graded, "--activities", activities, *AS_OF)
    assert "engagement  grade  rating" in out
    assert "        76  C1     hot" in out
    assert "        19  C2     warm" in out


def test_without_a_rater_that_is_said(run: Run, leads: Path, fit: Path) -> None:
    _, out, _ = run("score", leads, "--model", fit, *AS_OF)
    assert out.splitlines()[0].endswith(UNRATED)


def test_when_no_row_can_be_used_nothing_is_asked_of_the_leads(
    run: Run, put: Put, fit: Path, fit_columns: Path
) -> None:
    leads = put("leads.csv", "id,employees\nL-1,many\n")
    code, out, err = run("score", leads, "--model", fit, "--columns", fit_columns, *AS_OF)
    assert code == 1
    assert out == f"0 leads scored by fit version 1 as of 2026-02-28 23:59 UTC{UNRATED}\n"
    assert "warning" not in err


def test_bad_rows_are_reported_set_aside_and_the_rest_is_used(
    run: Run, put: Put, fit: Path, fit_columns: Path, tmp_path: Path
) -> None:
    leads = put("leads.csv", "id,employees\nL-1,80\nL-2,many\nL-3\nL-4,90\n")
    rejects = tmp_path / "rejects.csv"
    code, out, err = run(
        *("score", leads, "--model", fit, "--columns", fit_columns, *AS_OF),
        *("--rejects", rejects),
    )
    assert code == 1
    assert out.startswith("2 leads scored")
    lines = err.splitlines()
    assert lines[0] == "2 rows rejected:"
    assert lines[1].startswith(f"  {leads}, line 3, column 'employees': ")
    assert lines[2].startswith(f"  {leads}, line 4")
    assert lines[3:] == [f"  (they stand in {rejects})"]
    assert [row["line"] for row in rows_of(rejects)] == ["3", "4"]


def test_only_the_first_rejects_are_shown_and_the_file_is_suggested(
    run: Run, put: Put, fit: Path, fit_columns: Path
) -> None:
    leads = put("leads.csv", "id,employees\n" + "".join(f"{n},x\n" for n in range(1_234)))
    code, _, err = run("score", leads, "--model", fit, "--columns", fit_columns, *AS_OF)
    assert code == 1
    assert err.splitlines()[0] == "1,234 rows rejected:"
    assert err.splitlines()[-2:] == ["  … and 1,229 more", "  (--rejects FILE keeps them)"]


def test_activities_of_no_lead_are_rejected(run: Run, put: Put, leads: Path, rated: Path) -> None:
    activities = put("log.csv", "lead,kind,at\nC,trial_started,2026-02-01T10:00Z\n")
    code, _, err = run("score", leads, "--model", rated, "--activities", activities, *AS_OF)
    assert code == 1
    assert err.startswith(f"1 row rejected:\n  {activities}, column 'lead': there is no lead")


def test_an_activity_at_a_naive_time_is_rejected_with_a_hint(
    run: Run, put: Put, leads: Path, rated: Path
) -> None:
    activities = put("log.csv", "lead,kind,at\nA,trial_started,2026-02-01 10:00\n")
    code, _, err = run("score", leads, "--model", rated, "--activities", activities, *AS_OF)
    assert code == 1
    assert "line 2, column 'at'" in err
    assert "time zone" in err or "time_zone" in err


def test_a_rejects_file_of_a_clean_run_has_its_header_alone(
    run: Run, leads: Path, fit: Path, tmp_path: Path
) -> None:
    rejects = tmp_path / "rejects.csv"
    assert run("score", leads, "--model", fit, *AS_OF, "--rejects", rejects)[0] == 0
    assert rows_of(rejects) == []
    assert rejects.exists()


def test_cells_that_a_spreadsheet_would_run_are_made_harmless(
    run: Run, put: Put, fit: Path, tmp_path: Path
) -> None:
    names = ["=cmd()", "+1", "-2+3", "@SUM(A1)", "\t=1", "＝1+1", "Ada"]  # noqa: RUF001
    stream = io.StringIO()
    csv.writer(stream).writerows(
        [["id", "name", "company"], *([f"={n}", name, name] for n, name in enumerate(names))]
    )
    out = tmp_path / "out.csv"
    run("score", put("leads.csv", stream.getvalue()), "--model", fit, *AS_OF, "--out", out)
    rows = rows_of(out)
    assert rows[0]["name"] == rows[0]["company"] == "'=cmd()"
    assert rows[0]["id"] == "'=0"
    for row in rows:
        for cell in row.values():
            assert safe_cell(cell) == cell


def test_json_lines_tell_everything_and_keep_names_as_they_are(
    run: Run, put: Put, rated: Path, activities: Path, tmp_path: Path
) -> None:
    leads = put("leads.csv", "id,name\nA,=cmd()\nB,\n")
    out = tmp_path / "out.jsonl"
    run("score", leads, "--model", rated, "--activities", activities, *AS_OF, "--out", out)
    first, second = map(json.loads, out.read_text(encoding="utf-8").splitlines())
    assert first == {
        "id": "A",
        "name": "=cmd()",
        "company": None,
        "points": 76,
        "fit": 0,
        "engagement": 76,
        "win_probability": None,
        "grade": None,
        "rating": "hot",
        "because": ["score 76 is at least 60"],
        "ask": [],
        "reasons": [
            {"rule": "opened an e-mail", "kind": "rule", "points": 6, "times": 3},
            {"rule": "clicked a link", "kind": "rule", "points": 15, "times": 3},
            {"rule": "downloaded content", "kind": "rule", "points": 30, "times": 3},
            {"rule": "started a trial", "kind": "rule", "points": 25, "times": 1},
        ],
        "model": "engagement",
        "version": "1",
        "as_of": "2026-02-28T23:59:59.999999+00:00",
    }
    assert second["points"] == sum(reason["points"] for reason in second["reasons"]) == 19


def test_names_that_steer_a_terminal_are_printed_as_their_codes(
    run: Run, put: Put, fit: Path
) -> None:
    name = "\x1b[2J\x07<script>alert(1)</script>\u202eadA"
    leads = put("leads.jsonl", json.dumps({"id": "L-1", "name": name}) + "\n")
    _, out, _ = run("score", leads, "--model", fit, *AS_OF, "--explain", "L-1")
    assert r"\x1b[2J\x07<script>" in out
    assert not {"\x1b", "\x07", "\u202e"} & set(out)


def test_an_earlier_result_survives_a_run_that_breaks_off(
    run: Run, tmp_path: Path, fit: Path
) -> None:
    leads, out = tmp_path / "leads.csv", tmp_path / "out.csv"
    leads.write_bytes(b"id,name\n" + b"L-%d,Ada\n" * 3 % (1, 2, 3) + b"L-4,\xff\n")
    out.write_text("earlier", encoding="utf-8")
    code, _, err = run("score", leads, "--model", fit, *AS_OF, "--out", out)
    assert code == 2
    assert "leads.csv, line 5" in err
    assert out.read_text(encoding="utf-8") == "earlier"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fit.toml", "leads.csv", "out.csv"]


def test_a_lead_that_cannot_be_rated_is_set_aside_and_the_rest_is_used(
    run: Run, put: Put, behaviour: Path
) -> None:
    leads = put("leads.csv", "id,deal_value,due\nL-1,5 USD,2026-03-01\nL-2,5 EUR,2026-03-01\n")
    code, out, err = run("score", leads, "--model", behaviour, *AS_OF)
    assert code == 1
    assert out.startswith("1 lead scored")
    assert "1 row rejected" in err
    assert "lead L-1: cannot compare USD and EUR; convert to one currency" in err


def folder(path: Path) -> Path:
    if path.parent.is_absolute():
        path.mkdir()
    return path


def refusals(leads: Path, fit: Path, put: Put) -> dict[str, tuple[list[Any], str]]:
    return {
        "missing leads": ([leads.parent / "none.csv", "--model", fit], "none.csv"),
        "a folder for leads": ([leads.parent, "--model", fit], leads.parent.name),
        "no rows": ([put("none.csv", "id,name\n"), "--model", fit], "no rows"),
        "missing model": ([leads, "--model", leads.parent / "none.toml"], "none.toml"),
        "not TOML": ([leads, "--model", put("bad.toml", "name = \n")], "not TOML"),
        "missing columns": ([leads, "--model", fit, "--columns", "none.toml"], "none.toml"),
        "unknown key in columns": (
            [leads, "--model", fit, "--columns", put("map.toml", 'delimeter = ";"')],
            "did you mean 'delimiter'",
        ),
        "missing activities": ([leads, "--model", fit, "--activities", "none.csv"], "none.csv"),
        "empty file": ([put("empty.csv", ""), "--model", fit], "is empty"),
        "header only": (
            [put("header.csv", "id,name\n"), "--model", fit],
            "header.csv, line 1: has a header but no rows",
        ),
        "duplicate header": ([put("twice.csv", "id,a,a\n"), "--model", fit], "'a'"),
        "no id": ([put("noid.csv", "name\nAda\n"), "--model", fit], "id"),
        "a date that is none": ([leads, "--model", fit, "--as-of", "2026-02-30"], "--as-of"),
        "a naive time": (
            [leads, "--model", fit, "--as-of", "2026-02-03T10:00"],
            "--as-of: expected a time with its zone",
        ),
        "an output of unknown form": ([leads, "--model", fit, "--out", "out.xlsx"], ".jsonl"),
        "an output that is the input": (
            [leads, "--model", fit, "--out", leads],
            "another file than file",
        ),
        "rejects that are the output": (
            [leads, "--model", fit, "--out", "o.csv", "--rejects", "./o.csv"],
            "another file than out",
        ),
        "an output nowhere": (
            [leads, "--model", fit, "--out", leads.parent / "no" / "o.csv"],
            "/no/o.csv' (there is no such folder)",
        ),
        "an output that is a folder": (
            [leads, "--model", fit, "--out", folder(leads.parent / "folder.csv")],
            "folder.csv' (that is a folder)",
        ),
        "rejects nowhere": (
            [leads, "--model", fit, "--rejects", leads.parent / "no" / "r.csv"],
            "/no/r.csv' (there is no such folder)",
        ),
        "columns of no activities": (
            [leads, "--model", fit, "--activity-columns", fit],
            "--activities",
        ),
        "a model with another field": (
            [
                leads,
                "--model",
                put(
                    "typo.toml",
                    'name = "m"\nschema = { fields = { employees = "number" } }\n'
                    '[[rules]]\nname = "r"\npoints = 5\n'
                    'when = { field = "employes", at_least = 5 }\n',
                ),
            ],
            "rules[0].when: unknown field 'employes': did you mean 'employees'?",
        ),
        "a row that is told but missing": (
            [leads, "--model", fit, "--columns", put("told.toml", 'id = "Prospect"\n')],
            "Prospect",
        ),
    }


CASES = list(refusals(Path("leads.csv"), Path("fit.toml"), lambda name, _: Path(name)))


@pytest.mark.parametrize("case", CASES)
def test_what_cannot_run_says_why_without_a_traceback(
    case: str, run: Run, leads: Path, fit: Path, put: Put
) -> None:
    arguments, said = refusals(leads, fit, put)[case]
    code, out, err = run("score", *arguments)
    assert code == 2
    assert out == ""
    assert err.startswith("leadflow: ")
    assert said in err
    assert "Traceback" not in err


def test_an_invalid_model_tells_all_its_problems(run: Run, leads: Path, put: Put) -> None:
    model = put(
        "bad.toml",
        'name = "m"\nflor = 0\n'
        '[[rules]]\nname = "a"\npoints = 5.5\nwhen = { field = "x", equals = 1 }\n'
        '[[rules]]\nname = "b"\npoints = 5\nwhen = { field = "x", equels = 1 }\n',
    )
    code, _, err = run("score", leads, "--model", model)
    assert code == 2
    assert len(err.splitlines()) == 4
    for path in ("flor: ", "rules[0].points: ", "rules[1].when"):
        assert f"\n  {path}" in err


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_progress(
    monkeypatch: pytest.MonkeyPatch, run: Run, leads: Path, fit: Path
) -> None:
    terminal = _Terminal()
    monkeypatch.setattr(Screen, "of_process", classmethod(lambda cls: cls(sys.stdout, terminal)))
    assert run("score", leads, "--model", fit, *AS_OF)[0] == 0
    assert "leads/s" in terminal.getvalue()


def test_without_tqdm_there_is_no_progress_and_no_error(
    monkeypatch: pytest.MonkeyPatch, run: Run, leads: Path, fit: Path
) -> None:
    terminal = _Terminal()
    monkeypatch.setattr(Screen, "of_process", classmethod(lambda cls: cls(sys.stdout, terminal)))
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert run("score", leads, "--model", fit, *AS_OF)[0] == 0
    assert terminal.getvalue().startswith("warning: no lead has ")
    assert "leads/s" not in terminal.getvalue()


@pytest.mark.real_data
def test_the_scorecard_of_the_web_leads_gives_the_reference_answers(
    run: Run, tmp_path: Path
) -> None:
    expected = json.loads((X_EDUCATION.parent / "reference_answers_dev.json").read_bytes())
    reference = expected["x_education_dev"]["scorecard_v1"]["value"]
    out = tmp_path / "scores.csv"
    code, printed, err = run(
        *("score", X_EDUCATION / "Leads_dev.csv", "--model", EXAMPLES / "scorecard_v1.toml"),
        *("--columns", EXAMPLES / "x_education_columns.toml", "--outcome", "converted"),
        *(*AS_OF, "--out", out),
    )
    assert (code, err) == (0, "")
    lines = printed.splitlines()
    assert lines[0].startswith("7,358 leads scored by x-education version 1")
    assert lines[3:8] == [
        "  hot     1,333   18.1 %      1,160  0.870218",
        "  warm    2,566   34.9 %      1,193  0.464926",
        "  cold    3,459   47.0 %        478  0.138190",
        "  all     7,358  100.0 %      2,831  0.384751",
        "  AUC of the points for 'converted': 0.851476",
    ]
    assert reference["auc"] == 0.851476
    rows = rows_of(out)
    for rating, band in reference["bands"].items():
        assert sum(row["rating"] == rating for row in rows) == band["leads"]


def test_leads_activities_and_scores_may_be_parquet(run: Run, rated: Path, tmp_path: Path) -> None:
    leads, log, out = (tmp_path / f"{name}.parquet" for name in ("leads", "log", "out"))
    pl.DataFrame({"id": ["A", "B"], "name": ["Ada", None]}).write_parquet(leads)
    at = datetime(2026, 2, 1, 10, tzinfo=UTC)
    pl.DataFrame({"lead": ["A"], "kind": ["trial_started"], "at": [at]}).write_parquet(log)
    code, printed, _ = run(
        *("score", leads, "--model", rated, "--activities", log, *AS_OF, "--out", out)
    )
    assert code == 0
    assert "1  A     Ada      25" in printed
    found = pl.read_parquet(out)
    assert found.select("id", "name", "points", "rating").rows() == [
        ("A", "Ada", 25, "warm"),
        ("B", None, 0, "cold"),
    ]
    assert found["reasons"].to_list()[0][0]["rule"] == "started a trial"

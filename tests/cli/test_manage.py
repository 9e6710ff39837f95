"""``leadflow run``: a file of leads through a whole playbook."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from leadflow.cli import main
from leadflow.sample import sample_file
from leadflow.serialization import load_roster
from tests.cli.conftest import Put, Run

AS_OF = ("--as-of", "2026-03-02T09:00Z")
LEADS = """\
id,name,employees,email,phone,owner,deal_value
L-1,Ada,20,ada@lead.example,5,,5000
L-2,Ben,5,ben@lead.example,6,,300
L-3,Cleo,90,,,../../rep,
"""
ACTIVITIES = (
    "lead,kind,at\nL-1,form_submitted,2026-03-01T09:00Z\nL-2,page_viewed,2026-02-01T09:00Z\n"
)
COLUMNS = """\
[fields]
employees = { column = "employees", kind = "number" }

[attributes]
deal_value = { column = "deal_value", currency = "EUR" }
"""
PLAYBOOK = """\
name = "inbound"

[scoring]
name = "points"

[[scoring.rules]]
name = "form"
points = 60
when = { activity = "form_submitted" }

[rater.thresholds]
hot = 60
warm = 30

[router]
rules = [{ name = "all", by = "in_turn" }]

[[automations]]
name = "ready"
when = { score_reaches = 60 }
then = [{ notify = "sales", message = "ready" }, { task = "call" }, { send = "hello" }]

[[automations]]
name = "silent"
when = { silence = "14 days" }
then = [{ send = "still-there" }]
"""
ROSTER = '[[reps]]\nid = "rep-1"\n[[reps]]\nid = "rep-2"\n'


@pytest.fixture
def given(put: Put) -> tuple[object, ...]:
    """Three leads with their activities, a playbook and a roster, as the command takes them."""
    return (
        *("run", put("leads.csv", LEADS), "--activities", put("activities.csv", ACTIVITIES)),
        *("--columns", put("columns.toml", COLUMNS), "--playbook", put("p.toml", PLAYBOOK)),
        *("--roster", put("roster.toml", ROSTER), *AS_OF),
    )


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_all_that_comes_out_is_written_and_summed_up(
    run: Run, given: tuple[object, ...], tmp_path: Path
) -> None:
    folder = tmp_path / "today"
    code, out, err = run(*given, "--out", folder)
    assert (code, err) == (0, "")
    assert (folder / "summary.txt").read_text(encoding="utf-8") == out
    assert out.splitlines()[0] == (
        "3 leads reviewed by the playbook 'inbound' as of 2026-03-02 09:00 UTC"
    )
    leads = {row["id"]: row for row in rows(folder / "leads.csv")}
    assert [leads[id]["owner"] for id in ("L-1", "L-2", "L-3")] == ["rep-1", "rep-2", "../../rep"]
    assert (leads["L-1"]["points"], leads["L-1"]["rating"]) == ("60", "hot")
    assert leads["L-1"]["reasons"] == "form +60"
    actions = lines(folder / "actions.jsonl")
    assert [(each["lead"], each["outcome"]) for each in actions] == [
        ("L-1", "fired"),
        ("L-1", "fired"),
        ("L-1", "fired"),
        ("L-2", "fired"),
    ]
    assert actions[2]["action"] == {"send": "hello"}
    events = lines(folder / "events.jsonl")
    assert [each["event"] for each in events if each["lead"] == "L-1"][:3] == [
        "scored",
        "rated",
        "assignment",
    ]
    assert [row["lead"] for row in rows(folder / "worklist.csv")]
    roster = load_roster(folder / "roster.toml")
    assert roster.workload("rep-1").open == 1
    assert "fired" in out


def test_each_rep_has_a_worklist_whatever_the_id_is_made_of(
    run: Run, given: tuple[object, ...], tmp_path: Path
) -> None:
    folder = tmp_path / "today"
    run(*given, "--out", folder)
    found = sorted(path.name for path in folder.glob("worklist-*.csv"))
    assert found[:2] == ["worklist-rep-1.csv", "worklist-rep-2.csv"]
    assert all(path.parent == folder for path in tmp_path.rglob("worklist-*"))


def test_with_since_only_what_fell_due_after_it_is_planned(
    run: Run, given: tuple[object, ...], tmp_path: Path
) -> None:
    run(*given, "--out", tmp_path / "a", "--since", "2026-03-01")
    rules = [each["rule"] for each in lines(tmp_path / "a" / "actions.jsonl")]
    assert rules == ["ready", "ready", "ready"]


def test_a_ready_playbook_needs_no_document_and_no_roster(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "today"
    sample = ("--columns", sample_file("columns.toml"), *AS_OF)
    code, out, _ = run(
        "run", sample_file("leads.csv"), *sample, "--preset", "statuses", "--out", folder
    )
    assert code == 0
    assert "500 leads reviewed by the playbook 'statuses'" in out
    assert not (folder / "roster.toml").exists()


def test_rejected_rows_are_kept_and_told(
    run: Run, given: tuple[object, ...], put: Put, tmp_path: Path
) -> None:
    bad = put("bad.csv", LEADS + "L-1,Twice,1,,,,\n")
    code, _, err = run("run", bad, *given[2:], "--out", tmp_path / "today")
    assert code == 1
    assert "1 row rejected" in err
    assert len(rows(tmp_path / "today" / "rejects.csv")) == 1


def test_what_the_playbook_surely_does_not_mean_is_a_warning(
    run: Run, given: tuple[object, ...], put: Put, tmp_path: Path
) -> None:
    odd = put(
        "odd.toml",
        PLAYBOOK + '\n[[automations]]\nwhen = { stage_entered = "x" }\nthen = [{ tag = "t" }]\n',
    )
    asked = [odd if str(each).endswith("p.toml") else each for each in given]
    code, _, err = run(*asked, "--out", tmp_path / "today")
    assert code == 0
    assert "warning: automations[2].when: no pipeline has the stage 'x'" in err


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("--preset", "status"), "not allowed with argument --playbook"),
        (("--since", "soon"), "--since: expected a date such as"),
        (("--since", "2026-03-02T09:00Z"), "--since: expected a time before --as-of, 2026-03-02"),
        (("--as-of", "soon"), "--as-of: expected a date such as"),
        (("--as-of", "2026-03-02T09:00"), "--as-of: expected a time with its zone"),
        (("--columns", "gone.toml"), "gone.toml"),
        (("--activity-columns", "gone.toml"), "gone.toml"),
        (("--top", "-1"), "invalid count value"),
        (("--roster", "gone.toml"), "gone.toml"),
    ],
)
def test_what_cannot_be_is_told_in_plain_words(
    run: Run, given: tuple[object, ...], tmp_path: Path, change: tuple[str, ...], words: str
) -> None:
    code, _, err = run(*given, "--out", tmp_path / "today", *change)
    assert code == 2
    assert words in err
    assert "Traceback" not in err


def test_ten_problems_of_a_playbook_are_told_at_once_and_no_folder_is_made(
    run: Run, given: tuple[object, ...], put: Put, tmp_path: Path
) -> None:
    rule = (
        '[[automations]]\nname = "r{0}"\nwhen = {{ score_reches = 1 }}\nthen = [{{ tag = "t" }}]\n'
    )
    bad = put("bad.toml", 'name = "p"\n' + "".join(rule.format(n) for n in range(10)))
    asked = [bad if str(each).endswith("p.toml") else each for each in given]
    code, out, err = run(*asked, "--out", tmp_path / "today")
    assert (code, out) == (2, "")
    assert "10 problems" in err
    assert all(f"automations[{n}].when" in err for n in range(10))
    assert not (tmp_path / "today").exists()


def test_a_missing_playbook_and_a_missing_file_of_leads_are_told(
    run: Run, given: tuple[object, ...], put: Put, tmp_path: Path
) -> None:
    gone = tmp_path / "gone.csv"
    code, _, err = run("run", gone, *given[2:], "--out", tmp_path / "today")
    assert (code, "gone.csv" in err, "Traceback" in err) == (2, True, False)
    code, _, err = run("run", given[1], "--playbook", tmp_path / "no.toml", "--out", tmp_path / "t")
    assert (code, "no.toml" in err) == (2, True)


def test_a_file_that_is_given_is_never_written_over(
    run: Run, given: tuple[object, ...], tmp_path: Path
) -> None:
    code, _, err = run(*given, "--out", tmp_path)
    assert (code, "it would be written over" in err) == (2, True)
    assert (tmp_path / "leads.csv").read_text(encoding="utf-8") == LEADS


def test_a_file_that_cannot_be_written_is_told_by_its_name(
    run: Run, given: tuple[object, ...], tmp_path: Path
) -> None:
    folder = tmp_path / "today"
    for name in ("rejects.csv", "actions.jsonl"):
        (folder / name).unlink(missing_ok=True)
        (folder / name).mkdir(parents=True)
        code, out, err = run(*given, "--out", folder)
        assert (code, out) == (2, "")
        assert "--out: expected a file that can be written" in err
        assert name in err
        (folder / name).rmdir()
    assert not list(folder.glob("*.part"))


def test_rejects_go_to_the_file_that_was_named_for_them(
    run: Run, given: tuple[object, ...], put: Put, tmp_path: Path
) -> None:
    bad = put("bad.csv", LEADS + "L-1,Twice,1,,,,\n")
    kept = tmp_path / "mine.csv"
    code, _, _ = run("run", bad, *given[2:], "--out", tmp_path / "today", "--rejects", kept)
    assert (code, len(rows(kept))) == (1, 1)
    assert not (tmp_path / "today" / "rejects.csv").exists()


def test_what_no_lead_can_answer_and_unknown_stages_are_warnings(
    run: Run, given: tuple[object, ...], put: Put, tmp_path: Path
) -> None:
    odd = put(
        "odd.toml",
        PLAYBOOK.replace("form_submitted", "form_submited")
        + '[[pipelines]]\nkey = "s"\nlinear = true\n'
        'stages = [{ key = "quote" }, { key = "won", kind = "won" }]\n',
    )
    stray = put("stray.csv", "id,stage\nL-1,qoute\n")
    plain = ("--activities", given[3], "--playbook", odd, *AS_OF, "--out", tmp_path / "today")
    code, _, err = run("run", stray, *plain)
    assert code == 1  # the activities of L-2 belong to nobody here
    assert "form_submited: did you mean 'form_submitted'?" in err
    assert "qoute (1): did you mean 'quote'?" in err


def test_a_playbook_without_points_asks_no_questions(run: Run, put: Put, tmp_path: Path) -> None:
    plain = put("plain.toml", 'name = "p"\nautomations = []\n')
    leads = put("leads.csv", "id\nL-1\n")
    code, out, err = run("run", leads, "--playbook", plain, "--out", tmp_path / "t", *AS_OF)
    assert (code, err) == (0, "")
    assert out.startswith("1 lead reviewed")


def test_an_unknown_preset_names_the_closest(
    run: Run, given: tuple[object, ...], tmp_path: Path
) -> None:
    code, _, err = run("run", given[1], "--preset", "statusses", "--out", tmp_path / "t", *AS_OF)
    assert code == 2
    assert "did you mean 'statuses'?" in err


def test_a_folder_that_cannot_be_made_is_refused(
    run: Run, given: tuple[object, ...], tmp_path: Path, put: Put
) -> None:
    code, _, err = run(*given, "--out", put("taken", "x"))
    assert (code, "that is a file" in err) == (2, True)
    code, _, err = run(*given, "--out", tmp_path / "no" / "such")
    assert (code, "No such file" in err) == (2, True)


def test_deal_values_in_two_currencies_are_refused_where_they_are_compared(
    run: Run, given: tuple[object, ...], put: Put, tmp_path: Path
) -> None:
    money = put(
        "money.csv",
        "id,phone,deal_value,deal_value_currency,stage\nA,5,10,EUR,x\nB,6,20,PLN,x\n",
    )
    log = put(
        "log.csv",
        "lead,kind,at,answered\nA,call,2026-02-01T09:00Z,yes\nB,call,2026-02-01T09:00Z,yes\n",
    )
    plain = put(
        "plain.toml",
        'name = "p"\n[[pipelines]]\nkey = "s"\nlinear = true\nstages = [{ key = "x", follow_up = "1 day" }, { key = "won", kind = "won" }]\n',
    )
    code, _, err = run(
        "run", money, "--activities", log, "--playbook", plain,
        "--out", tmp_path / "t", *AS_OF,
    )  # fmt: skip
    assert (code, "EUR and PLN" in err) == (2, True), err


def test_the_command_is_known() -> None:
    assert main(["run", "--help"]) == 0

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from leadflow.events import Assignment, Overridden
from leadflow.lead import Lead
from leadflow.markup import width
from leadflow.serialization import dumps, load_roster
from tests.cli.conftest import ROSTER, ROUTER, Put, Run
from tests.cli.test_score import rows_of

AS_OF = ("--as-of", "2026-03-02T09:00Z")
LEADS = """\
id,name,company,owner,deal_value,language
L-1,Ada,Blue Mesa,,5000,de
L-2,גיא כהן,גלים,,300,de
L-3,佐藤 陽子,みなと,,7000,de
L-4,Ben,Oakham,,,pl
L-5,Cleo,Summit,,,
L-6,Dan,Light,rep-9,9000,de
"""
COLUMNS = '[attributes]\ndeal_value = { column = "deal_value", currency = "EUR" }\n'
HOT = """\
name = "money"

[[rules]]
name = "wants to buy"
points = 7
when = { field = "deal_value", is_known = true }

[rater.thresholds]
hot = 5
warm = 1
"""


@pytest.fixture
def columns(put: Put) -> Path:
    return put("columns.toml", COLUMNS)


@pytest.fixture
def given(put: Put, router: Path, roster: Path, columns: Path) -> tuple[object, ...]:
    """Six leads, one with an owner, as the command takes them."""
    return (
        *("route", put("leads.csv", LEADS), "--router", router, "--roster", roster),
        *("--columns", columns, *AS_OF),
    )


def test_leads_without_an_owner_go_to_reps_with_the_reason(
    run: Run, given: tuple[object, ...]
) -> None:
    code, out, err = run(*given)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "5 leads without an owner, of 6, as of 2026-03-02 09:00 UTC: 2 assigned, 3 held",
        "",
        "The first 2 assigned:",
        "  lead  rep    rule    because",
        "  L-1   rep-1  large   least value by weight: 0 EUR given so far",
        "  L-2   rep-1  spoken  had no turn yet",
        "",
        "The first 3 held:",
        "  lead  ask again",
        "  L-3   2026-03-05 00:00Z",
        "        rule 'large': nobody may take it: 1 at capacity; rule 'spoken': nobody may take it: 1 at ca…",
        "  L-4   2026-03-05 00:00Z",
        "        rule 'spoken': nobody may take it: 1 missing language, 1 away",
        "  L-5",
        "        no rule is met",
        "",
        "How evenly they were shared:",
        "  2 leads to 2 reps: index 0.500, largest gap 1.00",
        "  value in EUR: index 0.500, largest gap 2,650.00",
        "  rep    leads  ideal    gap  units     value  ideal value  value gap",
        "  rep-1      2   1.00  +1.00      2  5,300.00     2,650.00  +2,650.00",
        "  rep-2      0   1.00  -1.00      0      0.00     2,650.00  -2,650.00",
    ]


def test_all_leads_are_routed_on_request(run: Run, given: tuple[object, ...]) -> None:
    _, out, _ = run(*given, "--all", "--top", 1)
    assert out.splitlines()[0] == "6 leads as of 2026-03-02 09:00 UTC: 2 assigned, 4 held"
    assert "The first 1 assigned:" in out
    assert "The first 1 held:" in out
    assert "L-2" not in out


def test_nothing_is_listed_when_nothing_is_asked_for(run: Run, given: tuple[object, ...]) -> None:
    _, out, _ = run(*given, "--top", 0)
    assert "The first" not in out
    assert "How evenly" in out


def test_no_leads_without_an_owner_are_one_line(
    run: Run, put: Put, router: Path, roster: Path
) -> None:
    leads = put("owned.csv", "id,owner\nL-1,rep-9\n")
    code, out, err = run("route", leads, "--router", router, "--roster", roster, *AS_OF)
    assert (code, err) == (0, "")
    assert out == (
        "0 leads without an owner, of 1, as of 2026-03-02 09:00 UTC: 0 assigned, 0 held\n"
    )


def test_the_answers_are_written_in_the_order_of_the_leads(
    run: Run, given: tuple[object, ...], tmp_path: Path
) -> None:
    for name in ("out.csv", "out.jsonl"):
        assert run(*given, "--out", tmp_path / name)[0] == 0
    first, _, third, *_ = rows_of(tmp_path / "out.csv")
    assert first == {
        "lead": "L-1",
        "who": "Ada, Blue Mesa",
        "rep": "rep-1",
        "rule": "large",
        "strategy": "EvenValue",
        "units": "1",
        "turn": "1",
        "ask_again": "",
        "rating": "",
        "points": "",
        "deal_value": "5000",
        "currency": "EUR",
        "because": "rule 'large': deal_value is at least 1000 EUR; least value by weight: 0 EUR given so far",
        "not": "",
    }
    assert (third["rep"], third["rule"], third["units"]) == ("", "spoken", "")
    assert third["ask_again"].startswith("2026-03-05")
    assert "rep-2: on leave until 2026-03-05 00:00 UTC" in third["not"]
    found = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert [(row["lead"], row["rep"]) for row in found] == [
        ("L-1", "rep-1"),
        ("L-2", "rep-1"),
        ("L-3", None),
        ("L-4", None),
        ("L-5", None),
    ]
    assert found[3]["deal_value"] is None


@pytest.mark.parametrize("name", ["after.toml", "after.json"])
def test_the_roster_is_written_so_that_the_next_run_goes_on(
    name: str, run: Run, given: tuple[object, ...], tmp_path: Path, columns: Path, router: Path
) -> None:
    after = tmp_path / name
    assert run(*given, "--roster-out", after)[0] == 0
    kept = load_roster(after)
    assert kept.version == 2
    assert kept.workload("rep-1").open == 2
    again = ("route", given[1], "--router", router, "--roster", after, "--columns", columns)
    out = tmp_path / "again.csv"
    assert run(*again, "--as-of", "2026-03-05T09:00Z", "--out", out)[0] == 0
    first, second, *_ = rows_of(out)
    assert (first["rep"], first["rule"]) == ("rep-2", "spoken")
    assert first["because"].startswith("rule 'large' overflows: nobody may take it: 1 at capacity;")
    assert first["because"].endswith("; had no turn yet")
    assert (second["rep"], second["turn"]) == ("rep-2", "4")


def test_with_a_model_rules_ask_about_points_and_ratings(
    run: Run, given: tuple[object, ...], put: Put, tmp_path: Path
) -> None:
    put("router.toml", ROUTER.replace("is_known = true", "is_known = true } # ").replace(
        'when = { field = "language"', 'when = { field = "rating", equals = "hot" } # '
    ))  # fmt: skip
    out = tmp_path / "out.csv"
    code, _, err = run(*given, "--model", put("model.toml", HOT), "--out", out)
    assert (code, err) == (0, "")
    rows = rows_of(out)
    assert [(row["lead"], row["rating"], row["points"]) for row in rows][:2] == [
        ("L-1", "hot", "7"),
        ("L-2", "hot", "7"),
    ]
    assert (rows[3]["rating"], rows[3]["because"]) == ("cold", "no rule is met")


def test_what_is_surely_not_meant_is_warned_of(
    run: Run, given: tuple[object, ...], put: Put, fit: Path
) -> None:
    put("router.toml", ROUTER + '\n[otherwise]\nname = "rest"\nto = { reps = ["rep-2"], languages = ["xx"] }\n')  # fmt: skip
    code, _, err = run(*given, "--model", fit)
    assert code == 0
    assert err.startswith("warning: no lead has the field that the model asks about:\n  employees")
    assert err.endswith(
        "warning: otherwise.to: nobody in rep-2 who speak xx could ever take a lead\n"
    )


def test_rejected_rows_are_told_and_give_1(
    run: Run, given: tuple[object, ...], put: Put, tmp_path: Path
) -> None:
    put("leads.csv", LEADS + "L-7,Eve,Light,,much,de\n")
    code, out, err = run(*given, "--rejects", tmp_path / "rejects.csv")
    assert code == 1
    assert out.startswith("5 leads without an owner, of 6,")
    assert err.startswith("1 row rejected:\n")
    assert (tmp_path / "rejects.csv").exists()


def test_the_owner_is_the_one_of_that_instant(
    run: Run, put: Put, router: Path, roster: Path
) -> None:
    at = datetime(2026, 3, 2, 10, tzinfo=UTC)
    lead = Lead("L-1", fields={"language": "de"}, events=[Assignment("rep-9", at)])
    leads = put("leads.jsonl", dumps(lead) + "\n")
    command = ("route", leads, "--router", router, "--roster", roster)
    assert run(*command, *AS_OF)[1].startswith("1 lead without an owner, of 1,")
    assert run(*command, "--as-of", "2026-03-02")[1].startswith("0 leads without an owner, of 1,")


def test_an_owner_chosen_by_a_person_needs_no_rule(
    run: Run, put: Put, router: Path, roster: Path, tmp_path: Path
) -> None:
    at = datetime(2026, 3, 1, 10, tzinfo=UTC)
    lead = Lead("L-1").after(Overridden("owner", "rep-2", at, reason="they know each other"))
    leads = put("leads.jsonl", dumps(lead.after(Assignment("rep-2", at))) + "\n")
    command = ("route", leads, "--router", router, "--roster", roster, "--all", *AS_OF)
    _, out, _ = run(*command, "--out", tmp_path / "o.csv")
    assert "  L-1   rep-2        owner overridden: they know each other\n" in out
    assert rows_of(tmp_path / "o.csv")[0]["rule"] == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--out", "out.parquet"], "--out: expected a name that ends in .csv or .jsonl"),
        (["--roster-out", "out.csv"], "--roster-out: expected a name that ends in .toml or .json"),
        (["--roster-out", "{roster}"], "--roster-out: expected another file than roster, got"),
        (["--out", "none/out.csv"], "there is no such folder"),
        (["--activity-columns", "map.toml"], "--activity-columns: expected both, or neither"),
        (["--as-of", "soon"], "--as-of: expected a date"),
        (["--model", "none.toml"], "none.toml: cannot be read"),
        (["--router", "none.toml"], "none.toml: cannot be read"),
        (["--roster", "none.toml"], "none.toml: cannot be read"),
        (["--roster", "{router}"], "router.toml: 2 problems\n  rules: unknown key"),
    ],
)
def test_what_cannot_run_says_why(
    arguments: list[str], said: str, run: Run, given: tuple[object, ...], router: Path, roster: Path
) -> None:
    filled = [each.format(router=router, roster=roster) for each in arguments]
    code, out, err = run(*given, *filled)
    assert (code, out) == (2, "")
    assert err.startswith("leadflow: ")
    assert said in err


def test_a_team_that_the_roster_does_not_know_stops_it(
    run: Run, given: tuple[object, ...], put: Put, tmp_path: Path
) -> None:
    put("roster.toml", ROSTER.replace("inside", "outside"))
    kept = put("out.csv", "as before")
    code, out, err = run(*given, "--out", kept)
    assert (code, out) == (2, "")
    assert "expected a team of the roster, got 'inside'" in err
    assert kept.read_text() == "as before"
    assert not (tmp_path / "out.csv.part").exists()


@pytest.mark.parametrize("missing", [["--router"], ["--top", "-1"]])
def test_a_wrong_call_is_told_how_to_call(
    missing: list[str], run: Run, given: tuple[object, ...]
) -> None:
    code, _, err = run(*given, *missing)
    assert code == 2
    assert "usage: leadflow route" in err
    assert run("route", given[1])[0] == 2


def test_hostile_and_long_texts_stay_on_the_screen(
    run: Run, put: Put, router: Path, roster: Path
) -> None:
    put("router.toml", ROUTER.replace('"spoken"', '"' + "佐藤" * 60 + '"'))
    put("roster.toml", ROSTER.replace('reason = "on leave"', f'reason = "{"佐藤" * 60}"'))
    leads = put("leads.csv", "id,name,language\nL\x1b[2J1,A,de\nL-2,B,pl\nL-3,C,\x1b[2Jx\n")
    _, out, err = run("route", leads, "--router", router, "--roster", roster, *AS_OF)
    assert "\x1b" not in out + err
    assert max(map(width, out.splitlines())) <= 100

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from leadflow.events import Activity, TaskSet
from leadflow.lead import Lead
from leadflow.markup import width
from leadflow.serialization import dumps
from tests.cli.conftest import Put, Run
from tests.cli.test_score import rows_of

AS_OF = ("--as-of", "2026-03-02T09:00Z")
LEADS = """\
id,created_at,name,company,phone,stage,owner,deal_value,due,time_zone,tags
new,2026-03-02T08:00Z,Ada,Blue Mesa,5,new,rep-1,,,Europe/Warsaw,
small,2026-02-01T08:00Z,גיא כהן,גלים,5,first_contact,rep-1,500,2026-03-20,Europe/Warsaw,
large,2026-02-01T08:00Z,佐藤 陽子,みなと,5,first_contact,rep-2,90000,,Europe/Warsaw,
silent,2026-02-01T08:00Z,Ben,Oakham,5,first_contact,rep-2,,,Europe/Warsaw,
asleep,2026-02-01T08:00Z,Cleo,Summit,5,new,rep-1,,,America/New_York,
mute,2026-02-01T08:00Z,Dan,Light,,new,,,,Europe/Warsaw,
"""
COLUMNS = '[attributes]\ndeal_value = { column = "deal_value", currency = "EUR" }\n'
LOG = """\
lead,kind,at,answered
small,call,2026-02-27T10:00Z,true
large,call,2026-02-28T10:00Z,true
silent,call,2026-02-28T10:00Z,false
"""
RATED = """\
name = "money"

[[rules]]
name = "wants to buy soon"
points = 7
when = { field = "due", in_next = "30 days" }

[rater.thresholds]
hot = 5
warm = 1
"""


@pytest.fixture
def given(put: Put, pipeline: Path) -> tuple[object, ...]:
    """The six leads with what was done, as the command takes them."""
    return (
        *("worklist", put("leads.csv", LEADS), "--pipeline", pipeline),
        *("--columns", put("columns.toml", COLUMNS)),
        *("--activities", put("log.csv", LOG), *AS_OF),
    )


def test_the_work_is_listed_in_the_order_of_the_day(run: Run, given: tuple[object, ...]) -> None:
    code, out, err = run(*given)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "4 leads to work on as of 2026-03-02 09:00 UTC: 1 new, 2 due, 1 no answer",
        "",
        "The first 4: the new, then what is due, then who did not answer; hot ones first in each",
        "     lead    who                group      to do  due                deal value",
        "  1  new     Ada, Blue Mesa     new        call   2026-03-02 08:10Z           ?",
        "        rep-1; nobody has spoken to the lead yet; within 10 minutes",
        "  2  large   佐藤 陽子, みなと  due        call   2026-03-02         90,000 EUR",
        *_reason(out, 2),
        "  3  small   גיא כהן, גלים      overdue    call   2026-03-01            500 EUR",
        *_reason(out, 3),
        "  4  silent  Ben, Oakham        no answer  call   2026-03-02                  ?",
        *_reason(out, 4),
        "",
        "2 leads left out: 1 asleep, 1 may not contact (no address)",
    ]


def _reason(out: str, place: int) -> list[str]:
    """The reason of a place, whose words are those of the next action."""
    reason = out.splitlines()[3 + 2 * place]
    assert reason.startswith("        rep-")
    assert "first_contact follows up after 2 days" in reason or "without an answer" in reason
    return [reason]


def test_with_a_model_hot_ones_stand_first_inside_their_group(
    run: Run, given: tuple[object, ...], put: Put
) -> None:
    code, out, err = run(*given, "--model", put("model.toml", RATED))
    assert (code, err) == (0, "")
    rows = out.splitlines()[4:12]
    assert [row.split()[1] for row in rows[::2]] == ["new", "small", "large", "silent"]
    assert rows[3].startswith("        rep-1; hot, 7 points; ")
    assert rows[5].startswith("        rep-2; cold, 0 points; ")


def test_the_model_asks_of_leads_what_they_do_not_have(
    run: Run, given: tuple[object, ...], put: Put, fit: Path
) -> None:
    _, _, err = run(*given, "--model", fit)
    assert err.startswith("warning: no lead has the field that the model asks about:\n  employees")


@pytest.mark.parametrize(
    ("order", "first"), [("calls", "new"), ("hot", "small"), ("engaged", "small")]
)
def test_the_order_can_be_chosen(
    order: str, first: str, run: Run, given: tuple[object, ...], put: Put
) -> None:
    model = put("model.toml", RATED)
    _, out, _ = run(*given, "--model", model, "--order", order, "--top", 1)
    heading, _, row, _ = out.splitlines()[2:6]
    assert heading.startswith("The first 1: ")
    assert row.split()[:2] == ["1", first]


def test_a_rep_gets_their_own_work(run: Run, given: tuple[object, ...]) -> None:
    _, out, err = run(*given, "--rep", "rep-2")
    assert [row.split()[1] for row in out.splitlines()[4:8:2]] == ["large", "silent"]
    assert "left out" not in out
    assert err == ""


def test_a_rep_whom_nobody_knows_is_told_with_the_closest_one(
    run: Run, given: tuple[object, ...]
) -> None:
    code, out, err = run(*given, "--rep", "rep2")
    assert (code, out) == (0, "0 leads to work on as of 2026-03-02 09:00 UTC\n")
    assert err == "warning: nothing is the work of 'rep2': did you mean 'rep-2'?\n"


def test_a_zone_says_where_days_begin(run: Run, given: tuple[object, ...]) -> None:
    _, out, _ = run(*given, "--zone", "Pacific/Honolulu", "--as-of", "2026-03-02T09:00Z")
    assert "1 new, 2 due" not in out
    code, _, err = run(*given, "--zone", "Warsaw")
    assert code == 2
    assert err.startswith("leadflow: --zone: expected a time zone")


def test_top_0_lists_none_and_the_counts_stand(run: Run, given: tuple[object, ...]) -> None:
    _, out, _ = run(*given, "--top", 0)
    assert out.splitlines() == [
        "4 leads to work on as of 2026-03-02 09:00 UTC: 1 new, 2 due, 1 no answer",
        "",
        "2 leads left out: 1 asleep, 1 may not contact (no address)",
    ]


def test_who_is_left_out_is_listed_on_request(run: Run, given: tuple[object, ...]) -> None:
    _, out, _ = run(*given, "--left-out", "--top", 0)
    assert out.splitlines()[4:] == [
        "  lead    who           left out         until",
        "  asleep  Cleo, Summit  asleep           2026-03-02 13:00Z",
        "        outside mon-sun 08:00-20:00 America/New_York",
        "  mute    Dan, Light    may not contact",
        "        not known: phone, mobile",
    ]


def test_where_nobody_is_left_out_nothing_is_listed(run: Run, pipeline: Path, put: Put) -> None:
    leads = put("leads.csv", "id,phone\nL-1,5\n")
    _, out, _ = run("worklist", leads, "--pipeline", pipeline, *AS_OF, "--left-out")
    assert out.splitlines() == [
        "1 lead to work on as of 2026-03-02 09:00 UTC: 1 new",
        "",
        "The first 1: the new, then what is due, then who did not answer; hot ones first in each",
        "     lead  who  group  to do  due  deal value",
        "  1  L-1        new    call                 ?",
        "        nobody has spoken to the lead yet",
    ]


def test_a_lead_with_no_plan_is_to_be_planned(
    run: Run, pipeline: Path, put: Put, tmp_path: Path
) -> None:
    leads = put("leads.csv", "id,phone,stage\nL-1,5,talking\n")
    log = put("log.csv", "lead,kind,at,answered\nL-1,call,2026-02-27T10:00Z,true\n")
    out = tmp_path / "out.csv"
    arguments = ("worklist", leads, "--pipeline", pipeline, "--activities", log, *AS_OF)
    _, printed, _ = run(*arguments, "--out", out)
    assert "  1  L-1        unplanned  plan " in printed
    assert rows_of(out)[0]["action"] == "plan"


def test_the_whole_worklist_is_written_as_csv(
    run: Run, given: tuple[object, ...], tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    assert run(*given, "--top", 1, "--out", out)[0] == 0
    rows = rows_of(out)
    assert list(rows[0]) == [
        *("place", "lead", "who", "group", "action", "due", "rep", "stage", "rating", "points"),
        *("deal_value", "currency", "because"),
    ]
    assert [(row["place"], row["lead"], row["group"]) for row in rows] == [
        ("1", "new", "new"),
        ("2", "large", "due"),
        ("3", "small", "due"),
        ("4", "silent", "no_answer"),
    ]
    assert (rows[0]["due"], rows[0]["rep"]) == ("2026-03-02T08:10:00+00:00", "rep-1")
    assert rows[0]["because"].startswith("nobody has spoken to the lead yet, in since ")


def test_the_whole_worklist_is_written_as_json_lines(
    run: Run, given: tuple[object, ...], tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    assert run(*given, "--out", out)[0] == 0
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [row["place"] for row in rows] == [1, 2, 3, 4]
    assert rows[1]["due"] == "2026-03-02"
    told = ("who", "stage", "rep", "rating", "points", "deal_value", "currency")
    assert [rows[1].get(key) for key in told] == [
        *("佐藤 陽子, みなと", "first_contact", "rep-2", None, None, 90_000, "EUR"),
    ]
    assert (rows[0].get("deal_value"), rows[0].get("currency")) == (None, None)


def test_a_formula_is_made_harmless_in_csv(
    run: Run, pipeline: Path, put: Put, tmp_path: Path
) -> None:
    leads = put("leads.csv", "id,phone,owner\n=cmd(),5,@rep\n")
    out = tmp_path / "out.csv"
    run("worklist", leads, "--pipeline", pipeline, *AS_OF, "--out", out)
    assert [(row["lead"], row["rep"]) for row in rows_of(out)] == [("'=cmd()", "'@rep")]


def test_bad_rows_are_set_aside_and_the_rest_is_worked(
    run: Run, pipeline: Path, put: Put, tmp_path: Path
) -> None:
    leads = put("leads.csv", "id,phone,due\nL-1,5,\nL-2,5,soon\n")
    log = put("log.csv", "lead,kind,at\nL-9,call,2026-03-01T10:00Z\n")
    rejects = tmp_path / "rejects.csv"
    code, out, err = run(
        *("worklist", leads, "--pipeline", pipeline, "--activities", log, *AS_OF),
        *("--rejects", rejects),
    )
    assert code == 1
    assert out.startswith("1 lead to work on")
    assert err.startswith("2 rows rejected:\n")
    assert len(rows_of(rejects)) == 2


def test_a_lead_that_cannot_be_rated_is_set_aside(run: Run, pipeline: Path, put: Put) -> None:
    model = put(
        "model.toml",
        'name = "m"\nrules = [{ name = "r", points = 1, when = { tag = "v" } }]\n'
        '[rater.timeline_and_size]\nmedium = "10000 EUR"\nlarge = "50000 EUR"\n',
    )
    leads = put("leads.csv", "id,phone,deal_value,due\nL-1,5,5 USD,2026-04-01\nL-2,5,5 EUR,\n")
    code, out, err = run("worklist", leads, "--pipeline", pipeline, "--model", model, *AS_OF)
    assert code == 1
    assert out.startswith("1 lead to work on")
    assert "lead L-1: cannot compare" in err


MIXED = """\
id,phone,deal_value,stage,created_at
L-1,5,500 USD,first_contact,2026-02-01T10:00Z
L-2,5,400 EUR,first_contact,2026-02-01T10:00Z
"""


def test_values_in_several_currencies_are_refused_where_they_are_compared(
    run: Run, pipeline: Path, put: Put
) -> None:
    leads = put("leads.csv", MIXED)
    code, out, err = run("worklist", leads, "--pipeline", pipeline, *AS_OF)
    assert (code, out) == (2, "")
    assert err == (
        "leadflow: the deal values: expected one currency to order them in, got EUR and USD "
        "(a --model whose rater has rates converts them)\n"
    )


def test_the_rates_of_the_rater_order_values_in_several_currencies(
    run: Run, pipeline: Path, put: Put
) -> None:
    model = put(
        "model.toml",
        'name = "m"\nrules = [{ name = "r", points = 1, when = { tag = "v" } }]\n'
        '[rater.timeline_and_size]\nmedium = "10000 EUR"\nlarge = "50000 EUR"\n'
        'rates = { base = "EUR", rates = { USD = 0.5 } }\n',
    )
    leads = put("leads.csv", MIXED)
    code, out, _ = run("worklist", leads, "--pipeline", pipeline, "--model", model, *AS_OF)
    assert code == 0
    assert [row.split()[1] for row in out.splitlines()[4:8:2]] == ["L-2", "L-1"]


def test_a_stage_that_no_pipeline_knows_is_told_and_its_lead_worked_all_the_same(
    run: Run, pipeline: Path, put: Put
) -> None:
    leads = put("leads.csv", "id,phone,stage,pipeline\nL-1,5,first_contct,\nL-2,5,won,\n")
    code, out, err = run("worklist", leads, "--pipeline", pipeline, *AS_OF)
    assert code == 0
    assert "  1  L-1 " in out
    assert "1 lead left out: 1 closed" in out
    assert err.splitlines() == [
        "warning: the stage of 1 lead is in no pipeline that was given:",
        "  first_contct (1): did you mean 'first_contact'?",
        "  (they are worked as if they stood in no stage)",
    ]


def test_several_pipelines_stand_side_by_side(run: Run, pipeline: Path, put: Put) -> None:
    other = put(
        "other.toml",
        'key = "aftercare"\nlinear = true\nstages = [{ key = "caring" }, '
        '{ key = "over", kind = "won" }]\n',
    )
    leads = put("leads.csv", "id,phone,stage,pipeline\nL-1,5,caring,aftercare\nL-2,5,new,sales\n")
    code, out, err = run("worklist", leads, "--pipeline", pipeline, "--pipeline", other, *AS_OF)
    assert (code, err) == (0, "")
    assert out.startswith("2 leads to work on as of 2026-03-02 09:00 UTC: 2 new\n")


def test_one_pipeline_given_twice_is_refused(run: Run, pipeline: Path, leads: Path) -> None:
    code, _, err = run(*("worklist", leads, *["--pipeline", pipeline] * 2))
    assert code == 2
    assert err == "leadflow: pipelines: pipelines[1].key: 'sales' is that of an earlier one\n"


def test_a_broken_pipeline_tells_all_its_problems(run: Run, leads: Path, put: Put) -> None:
    stages = "".join(f'[[stages]]\nkey = "s{n}"\nkidn = "won"\n' for n in range(40))
    code, out, err = run(
        "worklist", leads, "--pipeline", put("p.toml", f'key = "p"\nlinear = true\n{stages}')
    )
    assert (code, out) == (2, "")
    for n in range(40):
        assert f"\n  stages[{n}].kidn: unknown key" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--out", "out.parquet"], "--out: expected a name that ends in .csv or .jsonl"),
        (["--out", "pipeline.toml"], "--out: expected a name that ends in .csv"),
        (["--rejects", "{pipeline}"], "--rejects: expected another file than pipeline, got"),
        (["--activity-columns", "map.toml"], "--activity-columns: expected both, or neither"),
        (["--as-of", "soon"], "--as-of: expected a date"),
        (["--model", "none.toml"], "none.toml: cannot be read"),
        (["--pipeline", "none.toml"], "none.toml: cannot be read"),
        (["--rep", " "], "--rep: expected"),
    ],
)
def test_what_cannot_run_says_why(
    arguments: list[str], said: str, run: Run, leads: Path, pipeline: Path
) -> None:
    filled = [each.format(pipeline=pipeline) for each in arguments]
    code, out, err = run("worklist", leads, "--pipeline", pipeline, *filled)
    assert (code, out) == (2, "")
    assert err.startswith("leadflow: ")
    assert said in err


@pytest.mark.parametrize("missing", [["--pipeline"], ["--order", "calls,"], ["--top", "-1"]])
def test_a_wrong_call_is_told_how_to_call(missing: list[str], run: Run, leads: Path) -> None:
    code, _, err = run("worklist", leads, "--pipeline", "p.toml", *missing)
    assert code == 2
    assert "usage: leadflow worklist" in err
    assert run("worklist", leads)[0] == 2


def test_whole_leads_with_their_logs_come_in_json_lines(run: Run, pipeline: Path, put: Put) -> None:
    at = datetime(2026, 2, 1, 10, tzinfo=UTC)
    call = Activity("call", at, answered=True)
    task = TaskSet("T-1", at, due=at.date(), kind="demo", rep="rep-7")
    lead = Lead("L-1", at, stage="first_contact", fields={"phone": "5"}, events=[call, task])
    leads = put("leads.jsonl", dumps(lead) + "\n")
    code, out, err = run("worklist", leads, "--pipeline", pipeline, *AS_OF, "--rep", "rep-7")
    assert (code, err) == (0, "")
    assert "  1  L-1        overdue  demo   2026-02-01           ?\n        rep-7; task T-1" in out


def test_a_long_reason_and_a_long_name_do_not_leave_the_screen(
    run: Run, pipeline: Path, put: Put
) -> None:
    leads = put("leads.csv", f"id,name,phone,owner\nL-1,{'佐藤' * 60},5,{'rep' * 60}\n")
    _, out, _ = run("worklist", leads, "--pipeline", pipeline, *AS_OF)
    assert max(map(width, out.splitlines())) <= 100


def test_hostile_texts_do_not_reach_the_terminal(run: Run, pipeline: Path, put: Put) -> None:
    leads = put("leads.csv", "id,name,phone,stage\nL-1,\x1b[2JA,5,\x1b[2Jx\n")
    _, out, err = run("worklist", leads, "--pipeline", pipeline, *AS_OF, "--left-out")
    assert "\x1b" not in out + err


def test_a_file_without_any_phone_is_planned_as_if_everybody_could_be_called(
    run: Run, put: Put, pipeline: Path
) -> None:
    leads = put("deals.csv", "id,stage,owner\nD-1,new,ann\nD-2,new,ann\n")
    code, out, err = run("worklist", leads, "--pipeline", pipeline, *AS_OF)
    assert (code, out.splitlines()[0][:7]) == (0, "2 leads")
    assert err == (
        "warning: no lead has phone or mobile: calls are planned as if everybody could be called\n"
    )


def test_who_may_not_be_contacted_is_counted_by_what_stands_against_it(
    run: Run, put: Put, pipeline: Path
) -> None:
    rows = ["D-1,new,5,true", "D-2,new,,", "D-3,new,,", "D-4,new,6,"]
    text = "\n".join(["id,stage,phone,do_not_call", *rows, ""])
    _, out, _ = run("worklist", put("deals.csv", text), "--pipeline", pipeline, *AS_OF)
    assert out.splitlines()[-1] == (
        "3 leads left out: 2 may not contact (no address), 1 may not contact (do not contact)"
    )

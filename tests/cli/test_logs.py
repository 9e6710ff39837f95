from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from leadflow.cli import engine
from leadflow.cli.logs import holds_logs, read_logs
from leadflow.events import Activity, Disposition
from leadflow.lead import Lead
from leadflow.serialization import dumps
from leadflow.serialization.tables import Reject
from tests.cli.conftest import Put, Run

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADA = Lead("L-1", NOON, stage="new", fields={"n": 5}, events=[Activity("call", NOON)])


def read(path: Path) -> tuple[list[Lead], list[Reject]]:
    rejects: list[Reject] = []
    return list(read_logs(path, rejects.append)), rejects


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.jsonl", '{"id": "L-1", "fields": {}}', True),
        ("a.NDJSON", '\ufeff\n \n{"id": "L-1", "events": []}\n', True),
        ("a.jsonl", '{"id": "L-1"}', False),
        ("a.jsonl", '{"id": "L-1"}\n{"id": "L-2", "events": []}\n', True),
        ("a.jsonl", '{"id": "L-1"}\n' * 100 + '{"id": "L-2", "events": []}\n', False),
        ("a.jsonl", '{"id": "L-1", "events": 3, "fields": "many"}', False),
        ("a.jsonl", "[1]", False),
        ("a.jsonl", '{"id"', False),
        ("a.jsonl", "[" * 100_000, False),
        ("a.jsonl", "", False),
        ("a.csv", '{"id": "L-1", "fields": {}}', False),
    ],
)
def test_whole_leads_are_told_by_their_fields_and_events(
    name: str, text: str, told: bool, put: Put
) -> None:
    assert holds_logs(put(name, text)) is told


def test_a_file_that_is_not_there_holds_none(tmp_path: Path) -> None:
    assert not holds_logs(tmp_path / "none.jsonl")


def test_what_was_written_is_read_back_with_its_log(put: Put) -> None:
    other = Lead("L-2")
    path = put("a.jsonl", f"\ufeff{dumps(ADA)}\r\n\n{dumps(other)}")
    assert read(path) == ([ADA, other], [])


def test_bad_lines_are_set_aside_with_all_that_is_wrong(put: Put) -> None:
    path = put("a.jsonl", '{"id": 5, "stge": "x"}\n{"id"\n' + dumps(ADA) + "\n")
    leads, rejects = read(path)
    assert leads == [ADA]
    assert [reject.line for reject in rejects] == [1, 2]
    assert "id: expected a name, got 5" in rejects[0].reason
    assert "; stge: unknown key" in rejects[0].reason
    assert rejects[1].row == '{"id"'


def test_a_second_lead_of_an_id_is_set_aside(put: Put) -> None:
    leads, rejects = read(put("a.jsonl", f"{dumps(ADA)}\n{dumps(Lead('L-1'))}\n"))
    assert leads == [ADA]
    assert [reject.reason for reject in rejects] == ["the id is that of line 1"]


def test_a_line_is_bounded_and_the_next_one_is_read(put: Put) -> None:
    limit = 1_048_576
    lines = [f'{{"id": "{number}"{" " * pad}}}' for number, pad in ((1, limit), (2, 3 * limit))]
    exact = dumps(Lead("L-1"))
    fits = exact + " " * (limit - len(exact))
    leads, rejects = read(put("a.jsonl", "\n".join([*lines, fits, dumps(Lead("L-2"))])))
    assert [lead.id for lead in leads] == ["L-1", "L-2"]
    assert [reject.line for reject in rejects] == [1, 2]
    assert all("at most 1,048,576" in reject.reason for reject in rejects)


def test_whole_leads_are_scored_with_what_they_did(run: Run, put: Put, behaviour: Path) -> None:
    lead = Lead("L-1", due=NOON.date(), events=[Activity("trial_started", NOON)])
    leads = put("a.jsonl", f"{dumps(lead)}\nbroken\n")
    code, out, err = run("score", leads, "--model", behaviour, "--as-of", "2026-03-02")
    assert code == 1
    assert "started a trial +25" in out
    assert err.startswith(f"1 row rejected:\n  {leads}, line 2: ")


def test_with_columns_json_lines_are_rows(run: Run, put: Put, behaviour: Path) -> None:
    leads = put("a.jsonl", dumps(Lead("L-1", events=[Activity("trial_started", NOON)])) + "\n")
    columns = put("c.toml", 'others = "ignore"\n')
    arguments = ("score", leads, "--model", behaviour, "--as-of", "2026-03-02")
    assert "started a trial" in run(*arguments)[1]
    code, out, _ = run(*arguments, "--columns", columns)
    assert code == 0
    assert "started a trial" not in out


@pytest.mark.parametrize("large", [1, 1_000_000])
def test_leads_whose_engagement_was_reset_are_scored_without_it_whatever_their_size(
    run: Run, put: Put, behaviour: Path, monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    monkeypatch.setattr(engine, "LARGE", large)
    started = Activity("trial_started", NOON)
    leads = [
        Lead(f"L-{resets}", events=[started, Disposition("lost", NOON, resets_engagement=resets)])
        for resets in (False, True)
    ]
    path = put("a.jsonl", "".join(f"{dumps(lead)}\n" for lead in leads))
    out = path.with_name("scored.jsonl")
    arguments = ("score", path, "--model", behaviour, "--as-of", "2026-03-02", "--out", out)
    assert run(*arguments)[0] == 0
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert {row["id"]: row["points"] for row in rows} == {"L-False": 25, "L-True": 0}
    code, _, err = run(*arguments, "--engine", "polars")
    assert (code, "Polars scores CSV files only" in err) == (2, True)

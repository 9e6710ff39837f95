"""The folder of a run: its names, and what may not stand in it."""

from __future__ import annotations

from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from leadflow import Activity, Lead, activity
from leadflow.cli.folder import check_folder, file_names, keep, make
from leadflow.errors import InvalidValue
from leadflow.events import Overridden, Rated, TaskSet
from leadflow.pipeline import Worklist
from leadflow.playbook import Playbook, Reviewed
from leadflow.routing import Rep, Roster
from leadflow.scoring import Grid, Rule, ScoringModel, Thresholds
from tests.cli.test_manage import rows

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize("rep", ["rep-1", "Ada_Lovelace", "7", "con", "x" * 60])
def test_a_plain_id_names_its_file(rep: str) -> None:
    assert file_names([rep]) == {rep: rep}


@pytest.mark.parametrize(
    "rep", ["../../etc/x", "a b", "דנה", "x" * 200, "a/b", "a\\b", ".", "..", "~", "a\tb", "NUL:"]
)
def test_any_other_id_is_made_safe_and_told_apart(rep: str) -> None:
    [named] = file_names([rep]).values()
    assert named.isascii()
    assert not set(named) & set("/\\. :~\t\n")
    assert named != file_names([rep + "x"])[rep + "x"]
    assert 16 <= len(named) <= 77


def test_ids_that_differ_in_case_alone_are_told_apart() -> None:
    named = file_names(["REP-1", "rep-1", "rep-2"])
    assert len({name.lower() for name in named.values()}) == 3
    assert named["rep-2"] == "rep-2"


@pytest.mark.parametrize("other", ["x-358ee4953c66a869", "X-358EE4953C66A869"])
def test_no_id_can_take_the_name_that_another_is_given(other: str) -> None:
    named = file_names(["../../x", other])
    assert named["../../x"] == "x-358ee4953c66a869"
    assert named[other].lower() != "x-358ee4953c66a869"


def test_an_id_like_the_mark_of_another_is_told_apart_from_it() -> None:
    mark = file_names(["דנה"])["דנה"]
    assert file_names(["דנה", mark])[mark] != mark


def asked(out: Path, **given: object) -> Namespace:
    return Namespace(out=out, **given)


@pytest.mark.parametrize(
    ("argument", "name"),
    [
        ("file", "leads.csv"),
        ("file", "LEADS.CSV"),
        ("activities", "events.jsonl"),
        ("columns", "actions.jsonl"),
        ("roster", "roster.toml"),
        ("playbook", "summary.txt"),
        ("file", "worklist-rep-1.csv"),
        ("file", "worklist.csv"),
        ("file", "leads.csv.part"),
        ("rejects", "leads.csv"),
    ],
)
def test_a_file_that_would_be_written_over_is_refused(
    tmp_path: Path, argument: str, name: str
) -> None:
    with pytest.raises(InvalidValue, match=r"--out: expected another folder .*written over"):
        check_folder(asked(tmp_path, **{argument: tmp_path / "x" / ".." / name}))


def test_other_files_may_stand_in_the_folder(tmp_path: Path) -> None:
    elsewhere = tmp_path / "x" / "leads.csv"
    given: dict[str, Any] = {"file": elsewhere, "playbook": tmp_path / "p.toml", "roster": None}
    check_folder(asked(tmp_path, rejects=tmp_path / "rejects.csv", **given))


@pytest.mark.parametrize(
    ("name", "words"),
    [("taken", "that is a file"), ("no/such", "No such file"), ("x" * 300, "too long")],
)
def test_what_cannot_be_a_folder_is_refused(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "taken").write_text("x", encoding="utf-8")
    with pytest.raises(InvalidValue, match=words):
        make(tmp_path / name)


def kept(folder: Path, playbook: Playbook, *leads: Lead, roster: Roster | None = None) -> Reviewed:
    """Review leads and keep what came of it in a folder."""
    reviewed = playbook.review(leads, NOON, roster=roster)

    def work(rep: str | None) -> Worklist:
        return playbook.worklist(reviewed.leads, NOON, rep)

    keep(folder, playbook, reviewed, NOON, work)
    return reviewed


POINTS = ScoringModel("points", [Rule("form", 60, when=activity("form_submitted"))])
GRADED = Playbook(
    "p", scoring=POINTS, rater=Thresholds(hot=60, warm=30), grid=Grid((40, 20), (50, 10))
)


def test_the_leads_stand_as_the_sheet_of_score_has_them_with_owner_and_stage(
    tmp_path: Path,
) -> None:
    lead = Lead("L-1", owner="ada", stage="new", fields={"name": "Ada"})
    kept(tmp_path, GRADED, lead.after(Activity("form_submitted", NOON)))
    [row] = rows(tmp_path / "leads.csv")
    assert list(row) == [
        *("id", "name", "company", "points", "fit", "engagement", "win_probability", "grade"),
        *("rating", "because", "ask", "reasons", "model", "version", "as_of"),
        *("lifecycle", "pipeline", "stage", "owner", "deal_value", "currency"),
    ]
    assert (row["name"], row["points"], row["rating"], row["owner"]) == ("Ada", "60", "hot", "ada")
    assert (row["reasons"], row["grade"], row["stage"]) == ("form +60", "C1", "new")
    assert "60" in row["because"]


def test_a_lead_that_nothing_new_came_of_keeps_its_points_and_reasons(tmp_path: Path) -> None:
    lead = Lead("L-1").after(Activity("form_submitted", NOON))
    first = kept(tmp_path, GRADED, lead)
    before = (tmp_path / "leads.csv").read_bytes()
    again = kept(tmp_path, GRADED, *first.leads)
    assert not again
    assert (tmp_path / "leads.csv").read_bytes() == before


def test_without_a_model_the_rating_is_the_leads_own(tmp_path: Path) -> None:
    lead = Lead("L-1", rating="warm", fields={"company": "Oakham"})
    kept(tmp_path, Playbook("p"), lead)
    [row] = rows(tmp_path / "leads.csv")
    assert (row["company"], row["rating"], row["points"], row["because"]) == (
        *("Oakham", "warm", "", ""),
    )


def test_a_rating_set_by_hand_is_not_explained_by_the_rater(tmp_path: Path) -> None:
    rated = Rated("cold", NOON, because=["few points"])
    lead = Lead("L-1").after(rated, Overridden("rating", "hot", NOON, reason="met them", by="ada"))
    kept(tmp_path, Playbook("p"), lead)
    [row] = rows(tmp_path / "leads.csv")
    assert (row["rating"], row["because"]) == ("hot", "")


def test_who_has_nothing_to_do_today_gets_an_empty_list_and_no_older_one(tmp_path: Path) -> None:
    (tmp_path / "worklist-rep-2.csv").write_text("yesterday", encoding="utf-8")
    lead = Lead("L-1", owner="rep-1", fields={"phone": "5"})
    kept(tmp_path, Playbook("p"), lead, roster=Roster([Rep("rep-1"), Rep("rep-2")]))
    assert len(rows(tmp_path / "worklist-rep-1.csv")) == 1
    assert (tmp_path / "worklist-rep-2.csv").read_bytes() == b""


def test_a_task_for_somebody_else_is_on_their_list_too(tmp_path: Path) -> None:
    lead = Lead("L-1", owner="rep-1", fields={"phone": "5"}).after(
        TaskSet("a", NOON, due=NOON, kind="call", rep="rep-2"),
        TaskSet("b", NOON, due=NOON, kind="call", rep="rep-3"),
        TaskSet("c", NOON, due=NOON, kind="call"),
    )
    kept(tmp_path, Playbook("p"), lead)
    found = {path.name: [row["rep"] for row in rows(path)] for path in tmp_path.glob("worklist-*")}
    assert found == {f"worklist-{rep}.csv": [rep] for rep in ("rep-1", "rep-2", "rep-3")}

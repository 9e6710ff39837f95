"""``leadflow init`` and ``leadflow schema``: a document to start from, and what it may hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from leadflow.cli.presets import PRESETS, preset
from leadflow.cli.schema import DOCUMENTS
from leadflow.serialization import load_playbook
from tests.cli.conftest import Put, Run


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_written_and_reads_back_as_equal(run: Run, tmp_path: Path, name: str) -> None:
    target = tmp_path / "p.toml"
    code, out, err = run("init", "--preset", name, "--out", target)
    assert (code, err) == (0, "")
    assert name in out
    assert load_playbook(target) == preset(name)
    code, out, _ = run("check", target)
    assert code == 0
    assert "is valid" in out


def test_without_a_file_it_is_printed(run: Run) -> None:
    code, out, _ = run("init", "--preset", "scoring")
    assert code == 0
    assert load_playbook(out) == preset("scoring")


def test_nothing_is_written_over(run: Run, put: Put, tmp_path: Path) -> None:
    there = put("p.toml", "mine")
    code, _, err = run("init", "--preset", "scoring", "--out", there)
    assert (code, "a file that is not there yet" in err) == (2, True)
    assert there.read_text(encoding="utf-8") == "mine"
    code, _, err = run("init", "--preset", "scoring", "--out", tmp_path / "no" / "p.toml")
    assert (code, "there is no such folder" in err) == (2, True)


def test_a_name_that_ends_in_json_gets_json_and_no_other_end_is_taken(
    run: Run, tmp_path: Path
) -> None:
    target = tmp_path / "p.JSON"
    assert run("init", "--preset", "statuses", "--out", target)[0] == 0
    assert json.loads(target.read_text(encoding="utf-8"))["name"] == "statuses"
    code, _, err = run("init", "--preset", "statuses", "--out", tmp_path / "p.csv")
    assert (code, "a name that ends in .toml or .json" in err) == (2, True)
    assert not (tmp_path / "p.csv").exists()


def test_a_link_to_nowhere_is_not_written_over_either(run: Run, tmp_path: Path) -> None:
    link = tmp_path / "p.toml"
    link.symlink_to(tmp_path / "nowhere")
    code, _, err = run("init", "--preset", "statuses", "--out", link)
    assert (code, "a file that is not there yet" in err) == (2, True)
    assert link.is_symlink()


def test_an_unknown_preset_names_the_closest(run: Run) -> None:
    code, _, err = run("init", "--preset", "scorin")
    assert (code, "did you mean 'scoring'?" in err) == (2, True)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_schema_of_each_document_is_printed(run: Run, document: str) -> None:
    code, out, err = run("schema", document)
    assert (code, err) == (0, "")
    assert json.loads(out)["$schema"].endswith("2020-12/schema")


def test_the_schema_is_that_of_a_playbook_unless_asked(run: Run) -> None:
    assert json.loads(run("schema")[1])["title"] == "playbook"
    assert run("schema", "playbok")[0] == 2

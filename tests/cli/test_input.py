from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from leadflow.cli.input import check_files, columns, leads
from leadflow.cli.rejects import Rejects
from leadflow.errors import InvalidValue
from leadflow.serialization.tables import Columns
from tests.cli.conftest import Put


def given(**paths: object) -> argparse.Namespace:
    nothing = {"columns": None, "activities": None, "activity_columns": None}
    return argparse.Namespace(**{**nothing, **paths})


def test_without_a_map_columns_are_found_by_their_names(put: Put) -> None:
    assert columns(None) == Columns()
    assert columns(put("map.toml", 'id = "Lead"\n')).id == "Lead"


def test_files_that_are_read_may_be_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a"
    check_files(given(file=path, activities=path, pipeline=[path, path]))


@pytest.mark.parametrize("name", ["out", "svg", "html", "rejects"])
@pytest.mark.parametrize(
    "read",
    ["file", "model", "router", "roster", "columns", "activities", "activity_columns"],
)
def test_no_file_that_is_read_is_written(name: str, read: str, tmp_path: Path) -> None:
    path, other = tmp_path / "a.csv", tmp_path / "b.csv"
    with pytest.raises(InvalidValue, match=f"--{name}: expected another file than {read}, got "):
        check_files(given(**{"activities": other, read: path, name: path}), [".csv"])


def test_two_files_that_are_written_differ(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with pytest.raises(InvalidValue, match="--html: expected another file than svg"):
        check_files(given(svg=path, html=path))


def test_an_option_of_two_words_is_named_as_it_is_given(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    with pytest.raises(InvalidValue, match="--roster-out: expected another file than roster, got"):
        check_files(given(roster=path, roster_out=path))


def test_a_second_pipeline_is_looked_at_too(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with pytest.raises(InvalidValue, match="--rejects: expected another file than pipeline"):
        check_files(given(pipeline=[tmp_path / "b", path], rejects=path))


def test_rows_and_what_they_did_are_read_together(leads_and_log: argparse.Namespace) -> None:
    rejects = Rejects(None)
    found = list(leads(leads_and_log, rejects))
    assert [(lead.id, len(lead.events)) for lead in found] == [("A", 11), ("B", 3)]
    assert rejects.count == 0


@pytest.fixture
def leads_and_log(put: Put, activities: Path) -> argparse.Namespace:
    return given(file=put("leads.csv", "id\nA\nB\n"), activities=activities)

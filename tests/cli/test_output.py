from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO

import pytest

from leadflow.cli.output import check, opened, replaced
from leadflow.errors import InvalidValue


def test_a_file_in_a_folder_is_accepted_whether_it_is_there_or_not(tmp_path: Path) -> None:
    check("--out", tmp_path / "new.csv")
    (tmp_path / "old.csv").write_text("old", encoding="utf-8")
    check("--out", tmp_path / "old.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["old.csv"]


def test_a_folder_and_a_file_in_no_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match=r"^--out: .*that is a folder"):
        check("--out", tmp_path)
    with pytest.raises(InvalidValue, match=r"^--out: .*there is no such folder"):
        check("--out", tmp_path / "no" / "o.csv")


@pytest.mark.parametrize("opening", [opened, replaced])
def test_what_cannot_be_opened_is_named_once_and_without_numbers(
    opening: Callable[[str, Path], AbstractContextManager[IO[str]]], tmp_path: Path
) -> None:
    path = tmp_path / "no" / "o.csv"
    with pytest.raises(InvalidValue) as caught, opening("--out", path):
        pass
    message = str(caught.value)
    assert message.count("o.csv") == 1
    assert message.endswith("o.csv' (No such file or directory)")


def test_what_cannot_be_replaced_is_named_as_given_and_nothing_stays_behind(tmp_path: Path) -> None:
    target = tmp_path / "o.csv"
    target.mkdir()
    with (
        pytest.raises(InvalidValue, match=r"o\.csv' \(Is a directory\)"),
        replaced("--out", target) as stream,
    ):
        stream.write("new")
    assert [path.name for path in tmp_path.iterdir()] == ["o.csv"]


def test_a_file_is_replaced_only_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "o.csv"
    target.write_text("old", encoding="utf-8")
    with contextlib.suppress(RuntimeError), replaced("--out", target) as stream:
        stream.write("half")
        raise RuntimeError
    assert target.read_text(encoding="utf-8") == "old"
    with replaced("--out", target) as stream:
        stream.write("new")
    assert target.read_text(encoding="utf-8") == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["o.csv"]


def test_a_binary_file_is_replaced_as_well(tmp_path: Path) -> None:
    target = tmp_path / "o.parquet"
    with replaced("--out", target, binary=True) as stream:
        stream.write(b"\xff\r\n")
    assert target.read_bytes() == b"\xff\r\n"

"""docs/coverage.md: every requirement is answered or open, and what it names is there."""

from __future__ import annotations

import ast
import os
import re
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import attrs
import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "coverage.md"
COUNTS = {"A": 20, "P": 7, "W": 9, "N": 9, "L": 11}
IDS = [f"{letter}{number}" for letter, most in COUNTS.items() for number in range(1, most + 1)]


@attrs.frozen
class Row:
    """One line of the page."""

    id: str
    state: str
    what: str
    names: tuple[str, ...]
    tests: tuple[str, ...]


def code(cell: str) -> tuple[str, ...]:
    return tuple(re.findall(r"`([^`]+)`", cell))


def rows() -> list[Row]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in lines if line[:1] == "|"
    ]
    found = [row for row in cells if row[0] != "id" and not row[0].startswith("---")]
    return [
        Row(id, state, what, code(names), code(tests)) for id, state, what, names, tests in found
    ]


ROWS = rows()
NAMED = sorted({name for row in ROWS for name in row.names})
TESTS = sorted({test for row in ROWS for test in row.tests})


@cache
def functions_of(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def resolved(name: str) -> Any:
    """Import as much of a dotted name as is a module, and look the rest up in it."""
    parts = name.split(".")
    found: Any = import_module(parts[0])
    for place, part in enumerate(parts[1:], 1):
        if not hasattr(found, part):
            import_module(".".join(parts[: place + 1]))
        found = getattr(found, part)
    return found


def test_every_requirement_has_one_row_and_no_row_is_unknown() -> None:
    assert [row.id for row in ROWS] == IDS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_row_says_what_there_is_with_a_name_and_a_test_or_that_it_is_open(row: Row) -> None:
    assert row.state in ("done", "in part", "open")
    assert row.what
    is_answered = row.state != "open"
    assert bool(row.names) is is_answered
    assert bool(row.tests) is is_answered


def test_every_requirement_is_answered() -> None:
    assert {row.id for row in ROWS if row.state != "done"} == set()


@pytest.mark.parametrize("name", NAMED)
def test_each_name_can_be_imported_and_is_public(name: str) -> None:
    assert resolved(name) is not None
    assert not any(part.startswith("_") for part in name.split("."))


@pytest.mark.parametrize("test", TESTS)
def test_each_test_exists(test: str) -> None:
    file, _, function = test.partition("::")
    assert function.startswith("test_")
    assert function in functions_of(file)


@pytest.mark.real_data
def test_the_ids_are_those_of_the_requirements() -> None:
    data = Path(os.environ.get("LEADFLOW_DATA", "../shared/data"))
    document = ROOT / data.parent / "requirements.md"
    if not document.is_file():
        pytest.skip(f"there is no {document.name} beside the data")
    text = document.read_text(encoding="utf-8")
    assert re.findall(r"^\| ([A-Z][0-9]+) \|", text, re.MULTILINE) == IDS

"""The files that a command is given: refused at once where they cannot be meant, then read."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TypeVar

from leadflow.cli.logs import holds_logs, read_logs
from leadflow.cli.output import check
from leadflow.cli.rejects import Rejects
from leadflow.cli.screen import Screen
from leadflow.errors import InvalidValue, shown
from leadflow.lead import Lead
from leadflow.serialization.tables import Columns, read_activities, read_leads, with_activities

T = TypeVar("T")
READ = (
    *("file", "model", "pipeline", "router", "roster", "playbook"),
    *("columns", "activities", "activity_columns", "goals", "costs"),
)
"""The arguments that name files to read."""
_WRITTEN = ("out", "roster_out", "svg", "html", "rejects")


def check_files(arguments: argparse.Namespace, forms: Collection[str] = ()) -> None:
    """Refuse files that cannot be meant, before any work is done; raises `InvalidValue`.

    `forms` are the ends that the name of --out may have; without any it is a folder.
    """
    given = vars(arguments)
    if given.get("activity_columns") and not given.get("activities"):
        raise InvalidValue("--activity-columns", "no --activities", "both, or neither")
    out = given.get("out")
    if out and forms:
        check_end("--out", out, forms)
    seen: dict[Path, str] = {}
    written = _WRITTEN if forms else tuple(name for name in _WRITTEN if name != "out")
    for name in (*READ, *written):
        for path in paths(given.get(name)):
            _check(name, path, seen.setdefault(path.resolve(), name))


def check_end(option: str, path: Path, forms: Collection[str]) -> None:
    """Refuse a file whose name ends in none of these; raises `InvalidValue`."""
    if path.suffix.lower() not in forms:
        found = shown(str(path), 1_000)
        raise InvalidValue(option, found, "a name that ends in " + " or ".join(forms))


def paths(given: Path | list[Path] | None) -> list[Path]:
    """List the files of an argument that may be given again, or not at all."""
    if given is None:
        return []
    return given if isinstance(given, list) else [given]


def _check(name: str, path: Path, first: str) -> None:
    if name not in _WRITTEN:
        return
    option = f"--{name.replace('_', '-')}"
    if first != name:
        raise InvalidValue(option, shown(str(path), 1_000), f"another file than {first}")
    check(option, path)


def columns(path: Path | None) -> Columns:
    """Load which columns hold what; without a file, they are found by their names."""
    return Columns() if path is None else Columns.load(path)


def leads(arguments: argparse.Namespace, rejects: Rejects) -> Iterable[Lead]:
    """Read the leads with what they did; bad rows are set aside.

    JSON lines may hold whole leads, unless --columns tells that they are rows.
    """
    take = rejects.of(arguments.file)
    if arguments.columns is None and holds_logs(arguments.file):
        found: Iterable[Lead] = read_logs(arguments.file, take)
    else:
        found = read_leads(arguments.file, columns(arguments.columns), on_reject=take)
    if arguments.activities is None:
        return found
    take = rejects.of(arguments.activities)
    done = read_activities(
        arguments.activities, columns(arguments.activity_columns), on_reject=take
    )
    return with_activities(found, done, on_reject=take)


def with_progress(items: Iterable[T], screen: Screen) -> Iterable[T]:
    """Show a bar while items go by, where the terminal is one and tqdm is there."""
    if not screen.err.isatty():
        return items
    try:
        from tqdm import tqdm
    except ImportError:
        return items
    return tqdm(items, unit=" leads", file=screen.err, leave=False, mininterval=0.5)

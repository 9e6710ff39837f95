"""Which engine scores a file: Polars, many leads at once, or the model itself, lead by lead."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from leadflow.errors import InvalidValue, MissingExtra

if TYPE_CHECKING:
    from leadflow.cli.together import Together

Engine: TypeAlias = Literal["auto", "polars", "python"]
ENGINES: tuple[Engine, ...] = ("auto", "polars", "python")
_OTHERS = (".jsonl", ".ndjson", ".parquet")
_AT_ONCE = "leadflow.frames.score_parquet scores Parquet files at once"
LARGE = 1_000_000
"""From so many bytes on, a file is scored by Polars; a smaller one is as quick without."""


def chosen(arguments: argparse.Namespace) -> tuple[type[Together] | None, str]:
    """Choose before anything is read: what scores many leads at once, or why it is not to.

    The reason is empty where no one would ask. Raises `MissingExtra` or `InvalidValue` where Polars
    is asked for and cannot be had.
    """
    engine: Engine = arguments.engine
    if engine == "python":
        return None, "as --engine says"
    if engine == "auto" and not _is_large(arguments.file):
        return None, ""
    reason = _obstacle(arguments)
    if reason and engine == "polars":
        raise InvalidValue("--engine", "'polars'", "auto or python", reason)
    together = None if reason else _together()
    if together is None and engine == "polars":
        raise MissingExtra("--engine polars", "frames")
    return together, reason or ("" if together else "the extra 'frames' is not installed")


def said(reason: str) -> str:
    """Say that leads were scored one by one, and why."""
    return f"scored lead by lead: {reason}" if reason else "scored lead by lead"


def _is_large(path: Path) -> bool:
    try:
        return path.stat().st_size >= LARGE
    except OSError:
        return False  # what reads it says so


def _obstacle(arguments: argparse.Namespace) -> str:
    if arguments.activities is not None:
        return f"--activities are read lead by lead; {_AT_ONCE}"
    suffix = arguments.file.suffix.lower()
    if suffix in _OTHERS:
        only = "Polars scores CSV files only"
        return f"{only}; {_AT_ONCE}" if suffix == ".parquet" else only
    return ""


def _together() -> type[Together] | None:
    try:
        from leadflow.cli.together import Together
    except ImportError:
        return None
    return Together

"""What the commands are called with."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from importlib.metadata import version
from pathlib import Path

from leadflow.cli.engine import ENGINES
from leadflow.errors import InvalidValue, shown
from leadflow.values import instant

Run = Callable[[argparse.Namespace], int]
_EXIT_CODES = "exit codes: 0 done; 1 done, but some rows were rejected; 2 could not be done"


def as_of(given: str | None) -> datetime:
    """Read --as-of: a date means the end of that day in UTC, a date and time needs a zone.

    Without it, now: this is the one place where leadflow looks at a clock. Raises `InvalidValue`.

    >>> as_of("2026-03-01T09:00+02:00")
    datetime.datetime(2026, 3, 1, 7, 0, tzinfo=datetime.timezone.utc)
    """
    if given is None:
        return datetime.now(UTC)  # noqa: TID251 (the edge: from here on, time is an argument)
    try:
        return datetime.combine(date.fromisoformat(given), time.max, UTC)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        expected = "a date such as 2026-03-01, or a time such as 2026-03-01T09:00Z"
        raise InvalidValue("--as-of", shown(given), expected) from None
    if moment.tzinfo is None:
        expected = "a time with its zone, such as 2026-03-01T09:00Z or 2026-03-01T09:00+02:00"
        raise InvalidValue("--as-of", shown(given), expected)
    return instant("--as-of", moment)


def _count(given: str) -> int:
    number = int(given)
    if number < 0:
        raise ValueError(given)
    return number


_count.__name__ = "count"  # argparse names it: invalid count value


def parser(score: Run, check: Run, demo: Run) -> argparse.ArgumentParser:
    """Build the parser; each command's arguments carry what runs it, as `run`."""
    whole = argparse.ArgumentParser(
        prog="leadflow", description="Score, rate and explain leads.", epilog=_EXIT_CODES
    )
    whole.add_argument("--version", action="version", version=f"leadflow {version('leadflow')}")
    commands = whole.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_score(commands, score)
    _add_check(commands, check)
    about = "score, rate and explain the bundled sample of 500 leads"
    commands.add_parser("demo", help=about, description=about).set_defaults(run=demo)
    return whole


_Commands = argparse._SubParsersAction  # noqa: SLF001 (argparse names it nowhere else)


def _add_check(commands: _Commands[argparse.ArgumentParser], run: Run) -> None:
    about = "list everything that is wrong with a model, and what is surely not meant"
    command = commands.add_parser("check", help=about, description=about)
    command.add_argument("model", type=Path, metavar="MODEL", help="a model (TOML or JSON)")
    command.set_defaults(run=run)


def _add_score(commands: _Commands[argparse.ArgumentParser], run: Run) -> None:
    about = "score and rate the leads of a file"
    command = commands.add_parser("score", help=about, description=about, epilog=_EXIT_CODES)
    add = command.add_argument
    add("file", type=Path, metavar="FILE", help="leads: CSV, JSON lines or Parquet")
    add("--model", type=Path, required=True, help="the model and its rater (TOML or JSON)")
    add("--columns", type=Path, metavar="MAP", help="which columns hold what (TOML)")
    add("--activities", type=Path, metavar="FILE", help="what the leads did, likewise")
    add("--activity-columns", type=Path, metavar="MAP", help="the same for the activities")
    add(
        "--as-of", metavar="WHEN", help="a date (its end, in UTC) or a time with zone; default: now"
    )
    add("--outcome", metavar="FIELD", help="a field with 1 or 0, yes or no: prints AUC and rates")
    add("--top", type=_count, default=10, metavar="N", help="list so many leads (default: 10)")
    add("--explain", metavar="ID", help="explain the score and the rating of one lead")
    add("--out", type=Path, metavar="FILE", help="write all scores: .csv, .jsonl or .parquet")
    add("--rejects", type=Path, metavar="FILE", help="write the rejected rows, with reasons (CSV)")
    how = "polars: many leads at once; python: lead by lead; auto (default): by the file's size"
    add("--engine", choices=ENGINES, default="auto", help=how)
    command.set_defaults(run=run)

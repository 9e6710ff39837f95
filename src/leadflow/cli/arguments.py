"""What the commands are called with."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from importlib.metadata import version
from pathlib import Path

from leadflow.cli.engine import ENGINES
from leadflow.cli.presets import PRESETS
from leadflow.cli.schema import DOCUMENTS
from leadflow.cli.work import ORDERS
from leadflow.errors import InvalidValue, shown
from leadflow.period import UNITS
from leadflow.values import instant

Run = Callable[[argparse.Namespace], int]
_EXIT_CODES = "exit codes: 0 done; 1 done, but some rows were rejected; 2 could not be done"


def as_of(given: str | None, option: str = "--as-of") -> datetime:
    """Read --as-of or the like: a date means the end of that day in UTC, a date and time needs a zone.

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
        raise InvalidValue(option, shown(given), expected) from None
    if moment.tzinfo is None:
        expected = "a time with its zone, such as 2026-03-01T09:00Z or 2026-03-01T09:00+02:00"
        raise InvalidValue(option, shown(given), expected)
    return instant(option, moment)


def _count(given: str) -> int:
    number = int(given)
    if number < 0:
        raise ValueError(given)
    return number


_count.__name__ = "count"  # argparse names it: invalid count value


def parser(runs: Mapping[str, Run]) -> argparse.ArgumentParser:
    """Build the parser; each command's arguments carry what runs it, of those given, as `run`."""
    whole = argparse.ArgumentParser(
        prog="leadflow",
        description="Score, rate, route and explain leads, and plan the day's work with them.",
        epilog=_EXIT_CODES,
    )
    whole.add_argument("--version", action="version", version=f"leadflow {version('leadflow')}")
    commands = whole.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name, (about, add_options) in _COMMANDS.items():
        command = commands.add_parser(name, help=about, description=about, epilog=_EXIT_CODES)
        add_options(command)
        command.set_defaults(run=runs[name])
    return whole


def _of_score(command: argparse.ArgumentParser) -> None:
    _add_leads(command)
    add = command.add_argument
    add("--model", type=Path, required=True, help="the model and its rater (TOML or JSON)")
    add("--outcome", metavar="FIELD", help="a field with 1 or 0, yes or no: prints AUC and rates")
    add("--top", type=_count, default=10, metavar="N", help="list so many leads (default: 10)")
    add("--explain", metavar="ID", help="explain the score and the rating of one lead")
    add("--out", type=Path, metavar="FILE", help="write all scores: .csv, .jsonl or .parquet")
    how = "polars: many leads at once; python: lead by lead; auto (default): by the file's size"
    add("--engine", choices=ENGINES, default="auto", help=how)


def _of_worklist(command: argparse.ArgumentParser) -> None:
    _add_leads(command)
    add = command.add_argument
    several = "the stages and moves (TOML or JSON); may be given again for a pipeline beside it"
    add("--pipeline", type=Path, required=True, action="append", help=several)
    add("--model", type=Path, help="score and rate the leads first, by this model and its rater")
    add("--rep", metavar="ID", help="only the work of one rep: their tasks and the leads they own")
    add("--zone", help="the time zone where days begin, the rep's say; default: each lead's own")
    order = (
        "calls (default): by group, hot ones first in each; hot: hot ones; engaged: by engagement"
    )
    add("--order", choices=tuple(ORDERS), default="calls", help=order)
    add("--top", type=_count, default=25, metavar="N", help="list so many leads (default: 25)")
    add("--left-out", action="store_true", help="list who is left out, and why")
    add("--out", type=Path, metavar="FILE", help="write the whole worklist: .csv or .jsonl")


def _of_route(command: argparse.ArgumentParser) -> None:
    _add_leads(command)
    add = command.add_argument
    add("--router", type=Path, required=True, help="the routing rules (TOML or JSON)")
    what = "the reps, and what each was given so far (TOML or JSON)"
    add("--roster", type=Path, required=True, help=what)
    add("--model", type=Path, help="score and rate the leads first, by this model and its rater")
    add("--all", action="store_true", help="route all leads, not only those without an owner")
    add("--top", type=_count, default=25, metavar="N", help="list so many leads (default: 25)")
    add("--out", type=Path, metavar="FILE", help="write who gets which lead: .csv or .jsonl")
    after = "write the roster as it is after these leads: .toml or .json"
    add("--roster-out", type=Path, metavar="FILE", help=after)


def _of_run(command: argparse.ArgumentParser) -> None:
    _add_leads(command)
    add = command.add_argument
    by = command.add_mutually_exclusive_group(required=True)
    by.add_argument("--playbook", type=Path, help="how leads are managed (TOML or JSON)")
    ready = ", ".join(PRESETS)
    by.add_argument("--preset", metavar="NAME", help=f"a ready playbook instead: {ready}")
    add("--roster", type=Path, help="the reps, and what each was given so far (TOML or JSON)")
    add("--since", metavar="WHEN", help="plan only what fell due after this; written as --as-of")
    add("--out", type=Path, metavar="DIR", required=True, help="the folder for all that comes out")
    add("--top", type=_count, default=10, metavar="N", help="list so many leads (default: 10)")


def _of_schema(command: argparse.ArgumentParser) -> None:
    known = ", ".join(DOCUMENTS)
    command.add_argument(
        "document", nargs="?", choices=tuple(DOCUMENTS), default="playbook",
        metavar="DOCUMENT", help=f"of which document: {known} (default: playbook)",
    )  # fmt: skip


def _of_init(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("--preset", metavar="NAME", required=True, help=f"which one: {', '.join(PRESETS)}")
    add("--out", type=Path, metavar="FILE", help="write it there; default: print it")


def _of_board(command: argparse.ArgumentParser) -> None:
    _add_leads(command)
    add = command.add_argument
    one = "the stages and moves (TOML or JSON); one, for a board shows one pipeline"
    add("--pipeline", type=Path, required=True, action="append", help=one)
    add("--svg", type=Path, metavar="FILE", help="write a picture of the pipeline with its leads")
    add("--html", type=Path, metavar="FILE", help="write the board as a page")


def _of_report(command: argparse.ArgumentParser) -> None:
    _add_leads(command)
    add = command.add_argument
    one = "the stages and moves (TOML or JSON); one, for a report is on one pipeline"
    add("--pipeline", type=Path, required=True, action="append", help=one)
    which = f"{', '.join(UNITS)} (the running one), or one such as 2026-03 (default: month)"
    add("--period", default="month", metavar="PERIOD", help=which)
    goals = "what is to be reached: period, target, currency, rep, what (CSV or JSON lines)"
    add("--goals", type=Path, metavar="FILE", help=goals)
    costs = "what sources cost: period, source, campaign, amount, currency, likewise"
    add("--costs", type=Path, metavar="FILE", help=costs)
    add("--learn", action="store_true", help="learn the forecast from the leads' own history")
    add("--title", help="what the report is called; default: the pipeline's label")
    add("--zone", help="the time zone where a day begins for tasks; default: UTC")
    add("--language", default="en", help="the language of the page, such as he (default: en)")
    add("--out", type=Path, metavar="FILE", help="write it: .html (one page) or .json")


def _of_check(command: argparse.ArgumentParser) -> None:
    what = "a playbook, model, pipeline, router, roster or disposition policy (TOML or JSON)"
    command.add_argument("file", type=Path, metavar="FILE", help=what)
    command.add_argument("--roster", type=Path, help="the reps to check a router or playbook with")


def _of_demo(_: argparse.ArgumentParser) -> None:
    """Take no arguments."""


def _add_leads(command: argparse.ArgumentParser) -> None:
    """Add what the commands that read leads have in common."""
    add = command.add_argument
    add("file", type=Path, metavar="FILE", help="leads: CSV, JSON lines or Parquet")
    add("--columns", type=Path, metavar="MAP", help="which columns hold what (TOML)")
    add("--activities", type=Path, metavar="FILE", help="what the leads did, likewise")
    add("--activity-columns", type=Path, metavar="MAP", help="the same for the activities")
    add(
        "--as-of", metavar="WHEN", help="a date (its end, in UTC) or a time with zone; default: now"
    )
    add("--rejects", type=Path, metavar="FILE", help="write the rejected rows, with reasons (CSV)")


_COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "score": ("score and rate the leads of a file", _of_score),
    "worklist": ("list the day's work with the leads of a file, in its order", _of_worklist),
    "route": ("give the leads of a file to reps, and say why each gets which", _of_route),
    "run": ("put the leads of a file through a whole playbook", _of_run),
    "board": ("show where every lead of a file stands in a pipeline", _of_board),
    "report": ("report on the leads of a file: goals, funnel, bottleneck, forecast", _of_report),
    "check": (
        "list everything that is wrong with a document, and what is surely not meant",
        _of_check,
    ),
    "schema": ("print the JSON Schema of a document, for editors", _of_schema),
    "init": ("write a ready playbook to start from", _of_init),
    "demo": (
        "show the bundled sample of 500 leads: scores, the day's work, and whose it is",
        _of_demo,
    ),
}

"""``leadflow score``: reads leads, scores and rates them, and says what came out."""

from __future__ import annotations

import argparse
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TypeVar

from leadflow.cli.arguments import as_of
from leadflow.cli.engine import chosen, said
from leadflow.cli.output import check
from leadflow.cli.ranking import Best
from leadflow.cli.rejects import Rejects
from leadflow.cli.run import Asked, Run
from leadflow.cli.screen import Screen, line
from leadflow.cli.sheet import FORMS, form_of, write, write_rows
from leadflow.cli.summary import Summary
from leadflow.errors import InvalidValue, shown
from leadflow.lead import Lead
from leadflow.serialization import load_scoring
from leadflow.serialization.tables import (
    Columns,
    LeadRows,
    read_activities,
    read_leads,
    with_activities,
)

T = TypeVar("T")
_WRITTEN = ("out", "rejects")
SOME_REJECTED = 1


def score(arguments: argparse.Namespace) -> int:
    """Score a file: 0, or 1 if some rows were rejected."""
    screen = Screen.of_process()
    _check_files(arguments)
    rejects = Rejects(arguments.rejects)
    run = Run(
        scoring=load_scoring(arguments.model),
        as_of=as_of(arguments.as_of),
        best=Best(arguments.top),
        summary=Summary(arguments.outcome),
        asked=Asked(arguments.explain),
        set_aside=rejects.of(arguments.file),
    )
    work, engine = _prepared(arguments, run, rejects, screen)
    try:
        work()
    finally:
        rejects.write()
    screen.say(*run.report(screen), *run.asked.lines())
    screen.out.flush()  # what went wrong stands beneath the report where both go to one place
    screen.warn(*rejects.lines(), *run.questions.lines(), line(engine()))
    run.asked.check()
    return SOME_REJECTED if rejects.count else 0


def _prepared(
    arguments: argparse.Namespace, run: Run, rejects: Rejects, screen: Screen
) -> tuple[Callable[[], None], Callable[[], str]]:
    """Prepare what scores all leads and writes what is to be written, and what says how it did."""
    together, reason = chosen(arguments)
    out = arguments.out
    if together is None:
        judged = run.through(_with_progress(_leads(arguments, rejects), screen))
        return partial(_drain if out is None else partial(write, out), judged), partial(
            said, reason
        )
    columns = _columns(arguments.columns)
    rows = LeadRows(arguments.file, columns, on_reject=rejects.of(arguments.file))
    whole = together(run, rows, None if out is None else form_of(out))
    batches = whole.through(_with_progress(rows, screen))
    work = partial(_drain if out is None else partial(write_rows, out), batches)
    return work, lambda: whole.engine


def _drain(items: Iterable[object]) -> None:
    deque(items, maxlen=0)


def _leads(arguments: argparse.Namespace, rejects: Rejects) -> Iterable[Lead]:
    leads = read_leads(
        arguments.file, _columns(arguments.columns), on_reject=rejects.of(arguments.file)
    )
    if arguments.activities is None:
        return leads
    take = rejects.of(arguments.activities)
    columns = _columns(arguments.activity_columns)
    activities = read_activities(arguments.activities, columns, on_reject=take)
    return with_activities(leads, activities, on_reject=take)


def _columns(path: Path | None) -> Columns:
    return Columns() if path is None else Columns.load(path)


def _with_progress(items: Iterable[T], screen: Screen) -> Iterable[T]:
    if not screen.err.isatty():
        return items
    try:
        from tqdm import tqdm
    except ImportError:
        return items
    return tqdm(items, unit=" leads", file=screen.err, leave=False, mininterval=0.5)


def _check_files(arguments: argparse.Namespace) -> None:
    if arguments.activity_columns and not arguments.activities:
        raise InvalidValue("--activity-columns", "no --activities", "both, or neither")
    if arguments.out and arguments.out.suffix.lower() not in FORMS:
        found = shown(str(arguments.out), 1_000)
        raise InvalidValue("--out", found, "a name that ends in " + " or ".join(FORMS))
    names = ("file", "model", "columns", "activities", "activity_columns", "out", "rejects")
    seen: dict[Path, str] = {}
    for name in names:
        path = getattr(arguments, name)
        if path is None:
            continue
        other = seen.setdefault(path.resolve(), name)
        if other != name and name in _WRITTEN:
            raise InvalidValue(f"--{name}", shown(str(path), 1_000), f"another file than {other}")
        if name in _WRITTEN:
            check(f"--{name}", path)

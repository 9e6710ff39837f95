"""``leadflow score``: reads leads, scores and rates them, and says what came out."""

from __future__ import annotations

import argparse
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial

from leadflow.cli.arguments import as_of
from leadflow.cli.engine import chosen, said
from leadflow.cli.input import check_files, columns, leads, with_progress
from leadflow.cli.ranking import Best
from leadflow.cli.rejects import SOME_REJECTED, Rejects
from leadflow.cli.run import Asked, Run
from leadflow.cli.screen import Screen, line
from leadflow.cli.sheet import FORMS, form_of, write, write_rows
from leadflow.cli.summary import Summary
from leadflow.serialization import load_scoring
from leadflow.serialization.tables import LeadRows


def score(arguments: argparse.Namespace) -> int:
    """Score a file: 0, or 1 if some rows were rejected."""
    screen = Screen.of_process()
    check_files(arguments, FORMS)
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
        judged = run.through(with_progress(leads(arguments, rejects), screen))
        return partial(_drain if out is None else partial(write, out), judged), partial(
            said, reason
        )
    told = columns(arguments.columns)
    rows = LeadRows(arguments.file, told, on_reject=rejects.of(arguments.file))
    whole = together(run, rows, None if out is None else form_of(out))
    batches = whole.through(with_progress(rows, screen))
    work = partial(_drain if out is None else partial(write_rows, out), batches)
    return work, lambda: whole.engine


def _drain(items: Iterable[object]) -> None:
    deque(items, maxlen=0)

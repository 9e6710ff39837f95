"""``leadflow route``: who gets which lead, who is held, and why."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from leadflow.cli.arguments import as_of
from leadflow.cli.input import check_end, check_files, leads, with_progress
from leadflow.cli.output import replaced
from leadflow.cli.ranking import Best
from leadflow.cli.rejects import SOME_REJECTED, Rejects
from leadflow.cli.routes import assigned, heading, held, shares, write
from leadflow.cli.run import Asked, Run
from leadflow.cli.screen import Screen, line
from leadflow.cli.summary import Summary
from leadflow.cli.work import FORMS
from leadflow.lead import Lead, seen
from leadflow.markup import counted
from leadflow.routing import Roster, Routed
from leadflow.serialization import dump_roster, load_roster, load_router, load_scoring
from leadflow.serialization.parsing import Format

_ROSTERS: dict[str, Format] = {".toml": "toml", ".json": "json"}


def route(arguments: argparse.Namespace) -> int:
    """Route the leads of a file: 0, or 1 if some rows were rejected."""
    screen = Screen.of_process()
    check_files(arguments, FORMS)
    if arguments.roster_out is not None:
        check_end("--roster-out", arguments.roster_out, _ROSTERS)
    rejects = Rejects(arguments.rejects)
    router, roster = load_router(arguments.router), load_roster(arguments.roster)
    moment = as_of(arguments.as_of)
    run = _run(arguments, moment, rejects)
    try:
        found = with_progress(leads(arguments, rejects), screen)
        everyone = list(found if run is None else (each.noted for each in run.through(found)))
    finally:
        rejects.write()
    chosen = everyone if arguments.all else _without_owner(everyone, moment)
    routed = router.assign_all(chosen, roster, moment)
    if arguments.out is not None:
        write(arguments.out, chosen, routed)
    if arguments.roster_out is not None:
        _keep(arguments.roster_out, routed.roster)
    which = "" if arguments.all else f" without an owner, of {len(everyone):,},"
    words = f"{counted(len(chosen), 'lead')}{which} as of {moment:%Y-%m-%d %H:%M} UTC"
    screen.say(heading(routed, words), *_report(routed, roster, arguments.top, screen))
    screen.out.flush()  # what went wrong stands beneath the report where both go to one place
    doubts = (line(f"warning: {problem}") for problem in router.check(roster=roster))
    screen.warn(*rejects.lines(), *(run.questions.lines() if run else []), *doubts)
    return SOME_REJECTED if rejects.count else 0


def _run(arguments: argparse.Namespace, moment: datetime, rejects: Rejects) -> Run | None:
    """Prepare what scores and rates the leads; None without a model."""
    if arguments.model is None:
        return None
    scoring, set_aside = load_scoring(arguments.model), rejects.of(arguments.file)
    return Run(scoring, moment, Best(0), Summary(), Asked(None), set_aside)


def _without_owner(everyone: Iterable[Lead], moment: datetime) -> list[Lead]:
    return [lead for lead in everyone if seen(lead, moment)[0].owner is None]


def _keep(target: Path, roster: Roster) -> None:
    with replaced("--roster-out", target) as stream:
        stream.write(dump_roster(roster, format=_ROSTERS[target.suffix.lower()]))


def _report(routed: Routed, roster: Roster, most: int, screen: Screen) -> list[str]:
    """Say who gets which lead, who is held, and how evenly it came out."""
    found: list[str] = []
    parts = [assigned(routed, most, screen), held(routed, most, screen)]
    for part in filter(None, [*parts, shares(routed, roster, screen)]):
        found += ["", *part]
    return found

"""``leadflow run``: a file of leads through a whole playbook."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import cast

from leadflow.cli.arguments import as_of
from leadflow.cli.folder import check_folder, keep, make
from leadflow.cli.input import check_files, leads, with_progress
from leadflow.cli.output import replaced
from leadflow.cli.plans import counts, first_planned, headline, held, owners, ratings
from leadflow.cli.presets import preset
from leadflow.cli.questions import Questions
from leadflow.cli.rejects import SOME_REJECTED, Rejects
from leadflow.cli.screen import Screen, line
from leadflow.cli.stages import unknown_stages
from leadflow.cli.work import first, heading, left_out
from leadflow.errors import InvalidValue, MixedCurrencies, shown
from leadflow.lead import Lead
from leadflow.pipeline import Worklist
from leadflow.playbook import Playbook, Reviewed
from leadflow.routing import Roster
from leadflow.serialization import Scoring, load_playbook, load_roster
from leadflow.serialization.forms import Rating

_NO_STAGE = "they are worked as if they stood in no stage"


def run(arguments: argparse.Namespace) -> int:
    """Review the leads of a file by a playbook: 0, or 1 if some rows were rejected."""
    screen, folder = Screen.of_process(), arguments.out
    check_files(arguments)
    check_folder(arguments)
    playbook = _playbook(arguments)
    roster = None if arguments.roster is None else load_roster(arguments.roster)
    moment, since = _times(arguments)
    make(folder)
    rejects = Rejects(arguments.rejects, folder=folder)
    try:
        everyone = list(with_progress(leads(arguments, rejects), screen))
    finally:
        rejects.write()
    reviewed = playbook.review(everyone, moment, since, roster=roster)
    report = _report(playbook, reviewed, moment, arguments.top, screen)
    keep(folder, playbook, reviewed, moment, partial(_work, playbook, reviewed, moment))
    with replaced("--out", folder / "summary.txt") as stream:
        stream.write("\n".join(report) + "\n")
    screen.say(*report)
    screen.out.flush()  # what went wrong stands beneath the report where both go to one place
    screen.warn(*rejects.lines(), *_doubts(playbook, everyone, roster))
    return SOME_REJECTED if rejects.count else 0


def _playbook(arguments: argparse.Namespace) -> Playbook:
    if arguments.preset is not None:
        return preset(arguments.preset)
    return load_playbook(arguments.playbook)


def _times(arguments: argparse.Namespace) -> tuple[datetime, datetime | None]:
    """Read the instant, and since when; raises `InvalidValue` where that is not before it."""
    moment = as_of(arguments.as_of)
    if arguments.since is None:
        return moment, None
    since = as_of(arguments.since, "--since")
    if since >= moment:
        expected = f"a time before --as-of, {moment:%Y-%m-%d %H:%M} UTC"
        raise InvalidValue("--since", shown(arguments.since), expected)
    return moment, since


def _doubts(playbook: Playbook, everyone: Iterable[Lead], roster: Roster | None) -> list[str]:
    """Word what is surely not meant: in the playbook, and between it and the leads."""
    found = [line(f"warning: {problem}") for problem in playbook.check(roster)]
    if playbook.scoring is not None:
        rater = cast("Rating | None", playbook.rater)  # a document has none of the host's own
        questions = Questions(Scoring(playbook.scoring, rater))
        for lead in everyone:
            questions.add(lead)
        found += questions.lines()
    if playbook.pipelines:
        found += unknown_stages(everyone, playbook.pipelines, _NO_STAGE)
    return found


def _work(playbook: Playbook, reviewed: Reviewed, moment: datetime, rep: str | None) -> Worklist:
    try:
        return playbook.worklist(reviewed.leads, moment, rep)
    except MixedCurrencies as error:
        currencies = " and ".join(error.currencies)
        hint = "an order without within_group and largest compares none"
        raise InvalidValue("the deal values", currencies, "one currency", hint) from None


def _report(
    playbook: Playbook, reviewed: Reviewed, moment: datetime, most: int, screen: Screen
) -> list[str]:
    """Say who is rated how, whose they are, what was planned, and what is to be done today."""
    work = _work(playbook, reviewed, moment, None)
    found = [headline(reviewed, playbook.name, f"{moment:%Y-%m-%d %H:%M} UTC")]
    parts = [
        ratings(reviewed.leads),
        owners(reviewed.leads),
        held(reviewed, most),
        counts(each for outcome in reviewed for each in outcome.actions),
        [heading(work, moment)],
        first(work, most, screen),
        left_out(work),
        first_planned(reviewed.to_do, most, screen),
    ]
    for part in filter(None, parts):
        found += ["", *part]
    return found

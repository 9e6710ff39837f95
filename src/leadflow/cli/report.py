"""``leadflow report``: one report page on the leads of a file."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path

from leadflow.cli.arguments import as_of
from leadflow.cli.input import check_files, leads, with_progress
from leadflow.cli.output import replaced
from leadflow.cli.rejects import SOME_REJECTED, Rejects
from leadflow.cli.screen import Screen, line
from leadflow.cli.stages import unknown_stages
from leadflow.errors import InvalidValue, MixedCurrencies, did_you_mean
from leadflow.lead import Lead
from leadflow.markup import counted
from leadflow.period import UNITS, Period, Unit
from leadflow.pipeline import Pipeline
from leadflow.pipeline.metrics import History
from leadflow.reporting import Report, page
from leadflow.reporting import report as reported
from leadflow.serialization import load_pipeline
from leadflow.serialization.measures import read_costs, read_goals

FORMS = (".html", ".json")
_NO_STAGE = "they count in no stage of the report"


def report(arguments: argparse.Namespace) -> int:
    """Report on the leads of a file: 0, or 1 if some rows were rejected."""
    screen = Screen.of_process()
    check_files(arguments, FORMS)
    [pipeline] = _one(arguments.pipeline)
    period = _period(arguments.period)
    rejects = Rejects(arguments.rejects)
    try:
        everyone = list(with_progress(leads(arguments, rejects), screen))
        made = _made(arguments, everyone, pipeline, period, rejects)
    finally:
        rejects.write()
    if arguments.out is None:
        screen.say(*map(line, made.explain().split("\n")))
    else:
        _write(arguments.out, made, arguments.language)
        screen.say(line(f"{made.title}, {made.period}: {arguments.out}"))
    screen.out.flush()  # what went wrong stands beneath the report where both go to one place
    screen.warn(
        *rejects.lines(), *unknown_stages(everyone, [pipeline], _NO_STAGE), *_nowhere(everyone)
    )
    return SOME_REJECTED if rejects.count else 0


def _nowhere(everyone: list[Lead]) -> list[str]:
    """Word how many leads have no stage at all."""
    count = sum(lead.stage is None for lead in everyone)
    return [f"warning: {counted(count, 'lead')} without a stage: {_NO_STAGE}"] if count else []


def _one(paths: Iterable[Path]) -> list[Pipeline]:
    found = [load_pipeline(path) for path in paths]
    if len(found) != 1:
        raise InvalidValue(
            "--pipeline", f"{len(found)} files", "one, for a report is on one pipeline"
        )
    return found


def _period(written: str) -> Unit | Period:
    unit = next((each for each in UNITS if each == written), None)
    if unit is not None:
        return unit
    try:
        return Period.parse(written)
    except InvalidValue as error:
        expected = f"{', '.join(UNITS)}, or {error.expected}"
        hint = did_you_mean(written, UNITS)
        raise InvalidValue("--period", error.found, expected, hint) from None


def _made(
    given: argparse.Namespace,
    everyone: list[Lead],
    pipeline: Pipeline,
    period: Unit | Period,
    rejects: Rejects,
) -> Report:
    goals = (
        () if given.goals is None else read_goals(given.goals, on_reject=rejects.of(given.goals))
    )
    costs = (
        () if given.costs is None else read_costs(given.costs, on_reject=rejects.of(given.costs))
    )
    history = History.of(everyone, pipeline, as_of=as_of(given.as_of))
    try:
        return reported(
            history,
            everyone,
            period=period,
            goals=tuple(goals),
            costs=tuple(costs),
            learn=given.learn,
            title=given.title or pipeline.label,
            zone=given.zone,
        )
    except MixedCurrencies as error:
        currencies = " and ".join(error.currencies)
        hint = "a report adds them up, and has no rates"
        where = "the values of deals, goals and costs"
        raise InvalidValue(where, currencies, "one currency", hint) from None


def _write(target: Path, made: Report, language: str) -> None:
    with replaced("--out", target) as stream:
        if target.suffix.lower() == ".html":
            stream.write(page(made, language=language))
        else:
            json.dump(made.plain(), stream, ensure_ascii=False, indent=2)
            stream.write("\n")

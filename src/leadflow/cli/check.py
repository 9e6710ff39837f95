"""``leadflow check``: everything that is wrong with a model, and what is surely not meant."""

from __future__ import annotations

import argparse

from leadflow.cli.screen import Screen, line
from leadflow.errors import InvalidDefinition
from leadflow.serialization import Scoring, load_scoring


def check(arguments: argparse.Namespace) -> int:
    """Check a model: 0 if it can be used, 2 with all problems if not."""
    screen, path = Screen.of_process(), line(arguments.model)
    try:
        scoring = load_scoring(arguments.model)
    except InvalidDefinition as error:
        count = len(error.problems)
        screen.warn(f"{path}: {count} problem{'s' if count != 1 else ''}")
        screen.warn(*(f"  {line(problem)}" for problem in error.problems))
        return 2
    warnings = scoring.model.check()
    screen.say(f"{path}: {line(_described(scoring))}")
    screen.say(*(f"  warning: {line(problem)}" for problem in warnings))
    return 0


def _described(scoring: Scoring) -> str:
    model = scoring.model
    counts = [_counted(len(model.rules), "rule")]
    counts += [_counted(len(model.groups), "group")] if model.groups else []
    rater = f"rater {type(scoring.rater).__name__}" if scoring.rater else "no rater"
    return f"model {model.name} version {model.version} is valid: {', '.join([*counts, rater])}"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' if count != 1 else ''}"

"""``leadflow check``: what is wrong with a model or a pipeline, and what is surely not meant."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from leadflow.cli.screen import Screen, line
from leadflow.errors import InvalidDefinition, LeadflowError
from leadflow.limits import DEFAULT_LIMITS
from leadflow.markup import counted
from leadflow.pipeline import Pipeline
from leadflow.serialization import Scoring, load_pipeline, load_scoring
from leadflow.serialization.parsing import Format, parse

_OF_PIPELINES = frozenset({"stages", "moves", "linear", "starts"})


def check(arguments: argparse.Namespace) -> int:
    """Check a model or a pipeline: 0 if it can be used, 2 with all problems if not."""
    screen, path = Screen.of_process(), line(arguments.file)
    load = load_pipeline if _is_pipeline(arguments.file) else load_scoring
    try:
        found = load(arguments.file)
    except InvalidDefinition as error:
        count = len(error.problems)
        screen.warn(f"{path}: {count} problem{'s' if count != 1 else ''}")
        screen.warn(*(f"  {line(problem)}" for problem in error.problems))
        return 2
    if isinstance(found, Pipeline):
        screen.say(f"{path}: {line(_of_pipeline(found))}")
        return 0
    screen.say(f"{path}: {line(_of_scoring(found))}")
    screen.say(*(f"  warning: {line(problem)}" for problem in found.model.check()))
    return 0


def _is_pipeline(path: Path) -> bool:
    """Tell by its keys; what cannot be parsed is none, and the loader says what is wrong with it."""
    form: Format | None = "json" if path.suffix.lower() == ".json" else None
    try:
        with path.open("rb") as stream:
            text = stream.read(DEFAULT_LIMITS.document_bytes + 1)
        data = parse(path.name, text, form, DEFAULT_LIMITS)
    except (OSError, LeadflowError):
        return False
    return isinstance(data, dict) and "rules" not in data and not _OF_PIPELINES.isdisjoint(data)


def _of_scoring(scoring: Scoring) -> str:
    model = scoring.model
    counts = [counted(len(model.rules), "rule")]
    counts += [counted(len(model.groups), "group")] if model.groups else []
    rater = f"rater {type(scoring.rater).__name__}" if scoring.rater else "no rater"
    return f"model {model.name} version {model.version} is valid: {', '.join([*counts, rater])}"


def _of_pipeline(pipeline: Pipeline) -> str:
    kinds = Counter(stage.kind.replace("_", " ") for stage in pipeline.stages)
    listed = ", ".join(f"{count:,} {kind}" for kind, count in kinds.items())
    moves = counted(sum(map(len, pipeline.moves.values())), "move")
    stages = f"{counted(len(pipeline.stages), 'stage')} ({listed})"
    return f"pipeline {pipeline.key} is valid: {stages}, {moves}"

"""``leadflow check``: what is wrong with a document, and what is surely not meant."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias, assert_never

from leadflow.cli.screen import Screen, line
from leadflow.disposition import DispositionPolicy
from leadflow.errors import InvalidDefinition, InvalidValue, LeadflowError, Problem, shown
from leadflow.limits import DEFAULT_LIMITS
from leadflow.markup import counted
from leadflow.pipeline import Pipeline
from leadflow.playbook import Playbook
from leadflow.routing import Roster, Router
from leadflow.serialization import (
    Scoring,
    load_pipeline,
    load_playbook,
    load_policy,
    load_roster,
    load_router,
    load_scoring,
)
from leadflow.serialization.parsing import Format, parse

_Document: TypeAlias = Scoring | Pipeline | Router | Roster | DispositionPolicy | Playbook
_Load = Callable[[Path], _Document]
_OF_PLAYBOOKS = frozenset(
    {
        *("scoring", "qualifier", "router", "pipelines", "policy", "automations", "procedures"),
        *("sequences", "splits", "library", "forms", "segments", "contact", "hours", "limits"),
        *("order", "time_zone"),
    }
)
_OF_PIPELINES = frozenset({"stages", "moves", "linear", "starts"})
_OF_ROSTERS = frozenset({"reps", "workloads"})
_OF_POLICIES = frozenset({"reasons", "verifiers", "next"})
_OF_MODEL_RULES = frozenset({"points", "each"})
_OF_ROUTING_RULES = frozenset({"to", "by", "when_absent", "units", "overflow"})


def check(arguments: argparse.Namespace) -> int:
    """Check a document: 0 if it can be used, 2 with all problems if not."""
    screen, path = Screen.of_process(), line(arguments.file)
    load = _loader(arguments.file)
    if arguments.roster is not None and load not in (load_router, load_playbook):
        found = f"{shown(str(arguments.file), 1_000)}, which is none"
        raise InvalidValue("--roster", found, "a router or playbook to check with the roster")
    roster = None if arguments.roster is None else load_roster(arguments.roster)
    try:
        value = load(arguments.file)
    except InvalidDefinition as error:
        count = len(error.problems)
        screen.warn(f"{path}: {count} problem{'s' if count != 1 else ''}")
        screen.warn(*(f"  {line(problem)}" for problem in error.problems))
        return 2
    words, doubts = _checked(value, roster)
    screen.say(f"{path}: {line(words)}", *(f"  warning: {line(problem)}" for problem in doubts))
    return 0


def _loader(path: Path) -> _Load:
    """Tell by its keys; what cannot be parsed the loader of models says what is wrong with."""
    form: Format | None = "json" if path.suffix.lower() == ".json" else None
    try:
        with path.open("rb") as stream:
            text = stream.read(DEFAULT_LIMITS.document_bytes + 1)
        data = parse(path.name, text, form, DEFAULT_LIMITS)
    except (OSError, LeadflowError):
        return load_scoring
    if not isinstance(data, dict):
        return load_scoring
    if "rules" not in data and not _OF_PLAYBOOKS.isdisjoint(data):
        return load_playbook
    if "rules" not in data and not _OF_PIPELINES.isdisjoint(data):
        return load_pipeline
    if "rules" not in data and not _OF_ROSTERS.isdisjoint(data):
        return load_roster
    if "rules" not in data and not _OF_POLICIES.isdisjoint(data):
        return load_policy
    return load_router if _is_router(data) else load_scoring


def _is_router(data: Mapping[str, Any]) -> bool:
    """Tell a router from a model: its rules have no points, and it has no name of its own."""
    if "otherwise" in data:
        return True
    rules = data.get("rules")
    named = [rule for rule in rules if isinstance(rule, dict)] if isinstance(rules, list) else []
    keys = frozenset().union(*named)
    if not keys.isdisjoint(_OF_MODEL_RULES):
        return False
    return not keys.isdisjoint(_OF_ROUTING_RULES) or ("rules" in data and "name" not in data)


def _checked(value: _Document, roster: Roster | None) -> tuple[str, Iterable[Problem]]:
    """Describe a document that can be used, and list what is surely not meant."""
    match value:
        case Scoring():
            return _of_scoring(value), value.model.check()
        case Pipeline():
            return _of_pipeline(value), ()
        case Router():
            return _of_router(value), value.check(roster=roster)
        case Roster():
            return _of_roster(value), ()
        case DispositionPolicy():
            return _of_policy(value), value.check()
        case Playbook():
            return _of_playbook(value), value.check(roster)
        case _:
            assert_never(value)


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


def _of_router(router: Router) -> str:
    rest = router.otherwise
    end = f"otherwise {rest.name}" if rest else "nothing otherwise"
    return f"router is valid: {counted(len(router.rules), 'rule')}, {end}"


def _of_roster(roster: Roster) -> str:
    gone = len(roster) - len(roster.active)
    reps = counted(len(roster), "rep") + (f" ({gone:,} not active)" if gone else "")
    teams = counted(len(roster.teams), "team")
    units = counted(sum(load.open for load in roster.workloads.values()), "unit")
    return f"roster version {roster.version} is valid: {reps}, {teams}, {units} open"


def _of_policy(policy: DispositionPolicy) -> str:
    reasons = counted(len(policy), "reason")
    verifiers = counted(len(policy.verifiers), "verifier")
    steps = sum(map(len, (*(reason.next for reason in policy), *policy.next.values())))
    return f"disposition policy is valid: {reasons}, {verifiers}, {counted(steps, 'action')}"


def _of_playbook(playbook: Playbook) -> str:
    parts = {
        "scoring rule": () if playbook.scoring is None else playbook.scoring.rules,
        "pipeline": playbook.pipelines,
        "automation": playbook.automations,
        "procedure": playbook.procedures,
        "sequence": playbook.sequences,
        "split test": playbook.splits,
        "content": playbook.library,
        "form": playbook.forms,
        "segment": playbook.segments,
    }
    found = [counted(len(part), word) for word, part in parts.items() if part]
    listed = ", ".join(found) or "no parts"
    return f"playbook {playbook.name} version {playbook.version} is valid: {listed}"

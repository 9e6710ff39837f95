"""What is allowed in a playbook but surely not meant: in its parts, and between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import attrs

from leadflow.actions import (
    Action,
    Assign,
    Convert,
    CreateTask,
    Dispose,
    Enrol,
    Move,
    SendMessage,
    Withdraw,
)
from leadflow.automation import (
    DateReached,
    Happens,
    RatingBecomes,
    ScoreFallsBelow,
    ScoreReaches,
    StageEntered,
    StageOverdue,
    Trigger,
)
from leadflow.conditions import Condition, LeadSchema
from leadflow.conditions.contradiction import is_never
from leadflow.errors import Problem, did_you_mean
from leadflow.events import ATTRIBUTES
from leadflow.routing import Roster
from leadflow.scoring import Categories, Readiness, Thresholds, TimelineAndSize

if TYPE_CHECKING:
    from leadflow.playbook.playbook import Playbook

_RATINGS = ("hot", "warm", "cold")
_DEALS = frozenset({"won", "lost"})
_READINESS = ("zombie", "nudge", "self-closing")


def inspect(playbook: Playbook, roster: Roster | None) -> Iterator[Problem]:
    """Go through the parts by themselves, then through what they say of each other."""
    inspection = _Inspection(playbook, roster)
    yield from inspection.parts()
    yield from inspection.conditions()
    for path, trigger in inspection.triggers():
        yield from inspection.of_trigger(path, trigger)
    for path, action in inspection.actions():
        yield from inspection.of_action(path, action)
    yield from inspection.unused()


@attrs.frozen(eq=False)
class _Inspection:
    playbook: Playbook
    roster: Roster | None

    # --- what there is ---

    @cached_property
    def _schema(self) -> LeadSchema | None:
        """The schema, with the fields that the playbook itself sets."""
        schema = self.playbook.schema
        if schema is None:
            return None
        own = {split.field: str for split in self.playbook.splits}
        return LeadSchema({**own, **schema.fields}, schema.activities)

    @cached_property
    def _stages(self) -> Mapping[str, set[str]]:
        return {each.key: {stage.key for stage in each} for each in self.playbook.pipelines}

    @cached_property
    def _ratings(self) -> tuple[str, ...] | None:
        """The ratings that may be given; None where nobody can tell."""
        match self.playbook.rater:
            case Categories(categories=categories):
                return tuple(category.name for category in categories)
            case Readiness():
                return _READINESS
            case Thresholds() | TimelineAndSize():
                return _RATINGS
            case _:
                return None

    @cached_property
    def _reps(self) -> frozenset[str] | None:
        if self.roster is None:
            return None
        return frozenset(rep.id for rep in self.roster.reps)

    # --- every part by itself ---

    def parts(self) -> Iterator[Problem]:
        playbook = self.playbook
        if playbook.scoring is not None:
            yield from _within("scoring", playbook.scoring.check())
        if playbook.policy is not None:
            yield from _within("policy", playbook.policy.check())
        if playbook.router is not None:
            yield from _within("router", playbook.router.check(self._schema, self.roster))
        for place, rule in enumerate(playbook.automations):
            if is_never(rule.if_):
                because = f"{rule.name!r} can never fire: {rule.if_}"
                yield Problem(f"automations[{place}].if", because)

    # --- conditions and the schema ---

    def conditions(self) -> Iterator[Problem]:
        schema = self._schema
        if schema is None:
            return
        for path, condition in self._asked():
            yield from schema.problems(condition, path)
        for path, field in self._named():
            if field not in schema.fields and field not in ATTRIBUTES:
                hint = did_you_mean(field, (*schema.fields, *ATTRIBUTES))
                yield Problem(path, f"unknown field {field!r}: {hint}")

    def _asked(self) -> Iterator[tuple[str, Condition]]:
        playbook = self.playbook
        if playbook.scoring is not None:
            for n, each in enumerate(playbook.scoring.rules):
                yield f"scoring.rules[{n}].{'when' if each.each is None else 'each'}", each.asks
        if isinstance(playbook.rater, Categories):
            for n, category in enumerate(playbook.rater.categories):
                yield f"rater.categories[{n}].when", category.when
        if playbook.qualifier is not None:
            yield "qualifier.mql", playbook.qualifier.mql
        for n, rule in enumerate(playbook.automations):
            yield f"automations[{n}].if", rule.if_
        for n, segment in enumerate(playbook.segments):
            yield f"segments[{n}].when", segment.when
        for n, split in enumerate(playbook.splits):
            yield f"splits[{n}].when", split.when
        for n, content in enumerate(playbook.library):
            yield f"library[{n}].when", content.when
        yield from self._asked_of_stages()
        yield from self._asked_by_sequences()

    def _asked_of_stages(self) -> Iterator[tuple[str, Condition]]:
        for n, pipeline in enumerate(self.playbook.pipelines):
            for k, stage in enumerate(pipeline.stages):
                if stage.entry is not None:
                    yield f"pipelines[{n}].stages[{k}].entry", stage.entry

    def _asked_by_sequences(self) -> Iterator[tuple[str, Condition]]:
        for n, sequence in enumerate(self.playbook.sequences):
            for word, condition in (("when", sequence.when), ("goal", sequence.goal)):
                if condition is not None:
                    yield f"sequences[{n}].{word}", condition
            for k, step in enumerate(sequence.steps):
                for b, branch in enumerate(step.branches):
                    yield f"sequences[{n}].steps[{k}].branches[{b}].when", branch.when

    def _named(self) -> Iterator[tuple[str, str]]:
        """Go through the fields that are named outside conditions."""
        for n, pipeline in enumerate(self.playbook.pipelines):
            for k, stage in enumerate(pipeline.stages):
                for field in stage.requires:
                    yield f"pipelines[{n}].stages[{k}].requires", field
        for n, form in enumerate(self.playbook.forms):
            for answer, field in form.fields.items():
                yield f"forms[{n}].fields.{answer}", field
        for path, trigger in self.triggers():
            if isinstance(trigger, DateReached):
                yield path, trigger.field

    # --- triggers ---

    def triggers(self) -> Iterator[tuple[str, Trigger]]:
        for n, rule in enumerate(self.playbook.automations):
            yield f"automations[{n}].when", rule.trigger
        for n, procedure in enumerate(self.playbook.procedures):
            for rule in procedure.rules:
                yield f"procedures[{n}]", rule.trigger

    def of_trigger(self, path: str, trigger: Trigger) -> Iterator[Problem]:
        match trigger:
            case StageEntered() | StageOverdue():
                yield from self._of_stage(path, trigger.stage, trigger.pipeline)
            case RatingBecomes(rating=rating):
                yield from self._of_rating(path, rating)
            case ScoreReaches(points=points) | ScoreFallsBelow(points=points):
                yield from self._of_points(path, points)
            case Happens(kind="disposition", where=where) if is_never(where):
                yield Problem(path, f"can never happen: {where}")
            case _:
                pass

    def _of_rating(self, path: str, rating: str) -> Iterator[Problem]:
        if self.playbook.rater is None:
            yield Problem(path, f"nothing rates leads, so none becomes {rating!r}")
        elif self._ratings is not None and rating not in self._ratings:
            hint = did_you_mean(rating, self._ratings)
            yield Problem(path, f"no lead is ever rated {rating!r}: {hint}")

    def _of_points(self, path: str, points: int) -> Iterator[Problem]:
        model = self.playbook.scoring
        if model is None:
            yield Problem(path, "nothing scores leads, so no score is ever reached")
        elif model.ceiling is not None and points > model.ceiling:
            yield Problem(path, f"{points} points lie above the model's ceiling, {model.ceiling}")
        elif model.floor is not None and points <= model.floor:
            yield Problem(path, f"every score is at least {model.floor}, the model's floor")

    def _of_stage(self, path: str, stage: str | None, pipeline: str | None) -> Iterator[Problem]:
        if pipeline is not None and pipeline not in self._stages:
            hint = did_you_mean(pipeline, self._stages)
            yield Problem(path, f"there is no pipeline {pipeline!r}: {hint}")
            return
        known = self._stages[pipeline] if pipeline else set().union(*self._stages.values())
        if stage is not None and stage not in known:
            whose = f"{pipeline!r} has no" if pipeline else "no pipeline has the"
            hint = f": {did_you_mean(stage, known)}" if known else ""
            yield Problem(path, f"{whose} stage {stage!r}{hint}")

    # --- actions ---

    def actions(self) -> Iterator[tuple[str, Action]]:
        playbook = self.playbook
        for n, rule in enumerate(playbook.automations):
            yield from _each(f"automations[{n}].then", rule.then)
        for n, procedure in enumerate(playbook.procedures):
            yield from _each(f"procedures[{n}].then", procedure.then)
            for date, steps in procedure.on_dates.items():
                yield from _each(f"procedures[{n}].on_dates.{date}", steps)
        for n, sequence in enumerate(playbook.sequences):
            for k, step in enumerate(sequence.steps):
                for b, branch in enumerate(step.branches):
                    where = f"sequences[{n}].steps[{k}].branches[{b}].do"
                    yield from _each(where, branch.do)
        if playbook.policy is not None:
            for n, reason in enumerate(playbook.policy):
                yield from _each(f"policy.reasons[{n}].next", reason.next)
            for outcome, steps in playbook.policy.next.items():
                yield from _each(f"policy.next.{outcome}", steps)

    def of_action(self, path: str, action: Action) -> Iterator[Problem]:
        playbook = self.playbook
        match action:
            case Move(to=to):
                yield from self._of_stage(path, to, None)
            case Dispose(reason=reason):
                yield from self._of_reason(path, reason)
            case Convert(pipeline=key):
                yield from self._of_stage(path, None, key)
            case Enrol(sequence=name) | Withdraw(sequence=name):
                known = [each.name for each in playbook.sequences]
                if name not in known:
                    yield Problem(path, f"there is no sequence {name!r}{_hint(name, known)}")
            case Assign(rep=None) if playbook.router is None:
                yield Problem(path, "there is no router to choose an owner")
            case Assign(rep=str(rep)) | CreateTask(rep=str(rep)):
                if self._reps is not None and rep not in self._reps:
                    yield Problem(path, f"there is no rep {rep!r}{_hint(rep, self._reps)}")
            case SendMessage(content=None) if not playbook.library:
                yield Problem(path, "there is no library to choose a message from")
            case SendMessage(content=str(key)) if playbook.library:
                keys = [each.key for each in playbook.library]
                if key not in keys:
                    yield Problem(path, f"the library has no {key!r}{_hint(key, keys)}")
            case _:
                pass

    def _of_reason(self, path: str, reason: str | None) -> Iterator[Problem]:
        policy = self.playbook.policy
        if policy is None:
            yield Problem(path, "there is no disposition policy to close leads by")
        elif reason is not None and reason not in policy:
            keys = [each.key for each in policy]
            yield Problem(path, f"there is no reason {reason!r}{_hint(reason, keys)}")

    # --- what nothing uses ---

    def unused(self) -> Iterator[Problem]:
        yield from self._unused_reasons()
        begun = {action.sequence for _, action in self.actions() if isinstance(action, Enrol)}
        for n, sequence in enumerate(self.playbook.sequences):
            if sequence.when is None and sequence.name not in begun:
                yield Problem(f"sequences[{n}]", f"nothing ever enrols leads in {sequence.name!r}")

    def _unused_reasons(self) -> Iterator[Problem]:
        policy, pipelines = self.playbook.policy, self.playbook.pipelines
        if policy is None or not pipelines:
            return
        ends = {stage.kind for pipeline in pipelines for stage in pipeline}
        for n, reason in enumerate(policy):
            if set(reason.outcomes) <= _DEALS - ends:
                because = f"no pipeline has a stage for {reason.key!r}, so nothing uses it"
                yield Problem(f"policy.reasons[{n}].outcomes", because)
            if reason.back_to is not None:
                yield from self._of_stage(f"policy.reasons[{n}].back_to", reason.back_to, None)


def _within(part: str, problems: Iterable[Problem]) -> Iterator[Problem]:
    return (Problem(f"{part}.{each.path}", each.message) for each in problems)


def _each(path: str, actions: Iterable[Action]) -> Iterator[tuple[str, Action]]:
    return ((f"{path}[{place}]", action) for place, action in enumerate(actions))


def _hint(asked: str, known: Iterable[str]) -> str:
    hint = did_you_mean(asked, known)
    return f": {hint}" if hint else ""

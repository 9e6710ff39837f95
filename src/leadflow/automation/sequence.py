"""Sequences: what is done with a lead step by step, when, and what makes it leave."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import islice
from typing import Literal, TypeAlias, get_args

import attrs

from leadflow.actions import Action, Enrol, SendMessage, actions
from leadflow.automation.window import SendWindow
from leadflow.conditions import Condition, always
from leadflow.conditions.contradiction import implies, is_always, is_never
from leadflow.conditions.node import CONDITION
from leadflow.contact import may_contact
from leadflow.errors import (
    MOST_PROBLEMS,
    InvalidDefinition,
    InvalidValue,
    LimitExceeded,
    Problem,
    did_you_mean,
    shown,
)
from leadflow.events import Activity, Conversion, Disposition, Event
from leadflow.events.facts import ENDS
from leadflow.lead import Lead
from leadflow.limits import DEFAULT_LIMITS
from leadflow.markup import counted
from leadflow.span import SPAN, Span, given_span
from leadflow.values import FLAG, NAME, checks, instance, listed, names, whole, word

ExitCode: TypeAlias = Literal[
    "replied", "booked", "unsubscribed", "bounced", "disposed", "converted"
]
EXITS: tuple[ExitCode, ...] = get_args(ExitCode)
_EXIT_OF: Mapping[str, ExitCode] = {
    "email_replied": "replied",
    "appointment_booked": "booked",
    "email_unsubscribed": "unsubscribed",
    "email_bounced": "bounced",
}
_MOST_BRANCHES = 100
"""Branches of one step; whether they take everybody is asked of all of them together."""
_ANYBODY = Lead("anybody")
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)


def exit_of(event: Event) -> ExitCode | None:
    """Tell what a lead would leave as after an event; None for what is no exit.

    An automatic reply, one with ``automatic`` true among its data, is none.

    >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> exit_of(Activity("email_replied", noon)), exit_of(Activity("out_of_office", noon))
    ('replied', None)
    """
    if isinstance(event, Activity):
        code = _EXIT_OF.get(event.kind)
        return None if code == "replied" and event.data.get("automatic") is True else code
    if isinstance(event, Disposition):
        return "disposed" if event.outcome in ENDS else None
    return "converted" if isinstance(event, Conversion) else None


def _do(values: Iterable[Action]) -> tuple[Action, ...]:
    return actions("Branch.do", values)


@attrs.frozen(field_transformer=checks)
class Branch:
    """What a step does with the leads that meet a condition, all of them unless one is given.

    Afterwards a lead goes on to the next step, to the later step that `goto` names, or leaves as
    finished if the branch `ends` the sequence. Raises `InvalidValue` or `LimitExceeded`.

    >>> from leadflow import activity
    >>> print(Branch([SendMessage("prices")], activity("email_clicked"), goto="call"))
    if email_clicked: send prices by email, then go to call
    """

    do: tuple[Action, ...] = attrs.field(default=(), converter=_do)
    when: Condition = attrs.field(default=always(), metadata=CONDITION)
    goto: str | None = attrs.field(default=None, metadata=NAME)
    ends: bool = attrs.field(default=False, metadata=FLAG)

    def __str__(self) -> str:
        asked = "" if self.when == always() else f"if {self.when}: "
        then = f", then go to {self.goto}" if self.goto else ", then end" if self.ends else ""
        return f"{asked}{'; '.join(map(str, self.do)) or 'nothing'}{then}"


@attrs.frozen(init=False, field_transformer=checks)
class Step:
    """One step: how long after the one before it, and what is done, branch by branch.

    `after` counts from the instant at which the step before was taken, of the first step from the
    enrolment. Days and months lead to that date where the lead is, from midnight on; with hours,
    minutes or seconds the step is due exactly so long after. None is at once, for a step after
    another the next time that is asked.

    The first of `branches` whose condition is met is taken; where none is, nothing is done and the
    lead goes on. `do` is short for one branch for everybody.

    Raises `InvalidValue` or `LimitExceeded`, also for both `do` and `branches`.

    >>> print(Step("welcome", "1 day", [SendMessage("welcome")]))
    welcome after 1 day: send welcome by email
    """

    key: str = attrs.field(metadata=NAME)
    after: Span | None = attrs.field(converter=given_span, metadata=SPAN)
    branches: tuple[Branch, ...]

    def __init__(
        self,
        key: str,
        after: Span | timedelta | str | None = None,
        do: Iterable[Action] = (),
        *,
        branches: Iterable[Branch] = (),
    ) -> None:
        several = listed("Step.branches", branches)
        if len(several) > _MOST_BRANCHES:
            found = f"{len(several):,}"
            raise LimitExceeded("Step.branches", "the branches", _MOST_BRANCHES, found)
        for place, branch in enumerate(several):
            instance(Branch)["check"](f"Step.branches[{place}]", branch)
        one = Branch(do)
        if several and one.do:
            raise InvalidValue("Step.do", shown(one.do), "do or branches, not both")
        self.__attrs_init__(key, after, several or (one,))

    @property
    def is_plain(self) -> bool:
        """Whether it does one thing for everybody and goes on, as one given by `do` does."""
        return self.branches == (Branch(self.branches[0].do),)

    def __str__(self) -> str:
        when = "at once" if self.after is None else f"after {self.after}"
        return f"{self.key} {when}: {' | '.join(map(str, self.branches))}"


def _steps(values: Iterable[Step]) -> tuple[Step, ...]:
    return listed("Sequence.steps", values)


def _exits(where: str, values: object) -> tuple[ExitCode, ...]:
    found = [word(where, each, EXITS) for each in names(where, values)]
    return tuple(each for each in EXITS if each in found)


def _rounds(where: str, value: object) -> int:
    return whole(where, value, least=1)


@attrs.frozen(repr=False, field_transformer=checks)
class Sequence:
    """Steps that are taken with a lead, one after another, until it leaves.

    - `when`: leads that begin to meet it are enrolled; without it, only by an `Enrol`.
    - `goal`: a lead that meets it leaves as "goal".
    - `exits`: what makes a lead leave if it happens after the enrolment, everything unless set:
      replied (an e-mail, not automatically), booked (an appointment), unsubscribed, bounced,
      disposed (closed; such a sequence takes in no closed lead), converted.
    - `window`: the hours in which steps are taken, at any time unless set.
    - `rounds`: how often a lead may be enrolled, once unless set; None for any number of times.
    - `version`: raise it (from the text "1") when the steps change; leads stay in theirs.

    Of the conditions of branches and the goal, those on activities and notes ask only for what
    happened after the enrolment.

    Raises `InvalidDefinition` with all problems: no step, a key given twice, a `goto` to a step that
    is not later, a branch or a step to which no lead ever gets, a channel that is none.

    >>> from leadflow import activity
    >>> from leadflow.actions import CreateTask, Unsubscribe
    >>> nurture = Sequence(
    ...     "nurture",
    ...     [
    ...         Step("welcome", None, [SendMessage("welcome")]),
    ...         Step(
    ...             "ending",
    ...             "7 days",
    ...             branches=[
    ...                 Branch([CreateTask("call")], activity("email_clicked")),
    ...                 Branch([Unsubscribe()]),
    ...             ],
    ...         ),
    ...     ],
    ... )
    >>> print(nurture)
    nurture, version 1
      welcome at once: send welcome by email
      ending after 7 days: if email_clicked: task call | unsubscribe
    """

    name: str = attrs.field(metadata=NAME)
    steps: tuple[Step, ...] = attrs.field(converter=_steps)
    when: Condition | None = attrs.field(default=None, kw_only=True, metadata=CONDITION)
    goal: Condition | None = attrs.field(default=None, kw_only=True, metadata=CONDITION)
    exits: tuple[ExitCode, ...] = attrs.field(
        default=EXITS, kw_only=True, converter=tuple[ExitCode, ...], metadata={"check": _exits}
    )
    window: SendWindow | None = attrs.field(
        default=None, kw_only=True, metadata=instance(SendWindow)
    )
    rounds: int | None = attrs.field(default=1, kw_only=True, metadata={"check": _rounds})
    version: str = attrs.field(default="1", kw_only=True, metadata=NAME)

    def __attrs_post_init__(self) -> None:
        problems = tuple(islice(self._problems(), MOST_PROBLEMS))
        if problems:
            raise InvalidDefinition(f"sequence {self.name!r}", problems)

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The place of each step, by its key."""
        return {step.key: place for place, step in enumerate(self.steps)}

    def following(self, step: str, branch: int | None) -> Step | None:
        """Find what follows a step that was taken by the branch of a place; None at the end.

        Raises `InvalidValue` for a step or a branch that is not there.

        >>> nurture.following("welcome", 0).key, nurture.following("ending", None)
        ('ending', None)
        """
        if step not in self.places:
            hint = did_you_mean(step, self.places)
            raise InvalidValue("step", shown(step), "the key of a step", hint)
        place = self.places[step]
        if branch is None:
            return self._step(place + 1)
        branches = self.steps[place].branches
        if not 0 <= branch < len(branches):
            raise InvalidValue("branch", shown(branch), f"the place of a branch of {step!r}")
        taken = branches[branch]
        return None if taken.ends else self._step(self.places.get(taken.goto or "", place + 1))

    def _step(self, place: int) -> Step | None:
        return self.steps[place] if place < len(self.steps) else None

    def _problems(self) -> Iterator[Problem]:
        most = DEFAULT_LIMITS.rules
        if not self.steps:
            yield Problem("steps", "expected at least one step, got none")
        if len(self.steps) > most:
            yield Problem("steps", f"at most {most:,} steps, got {len(self.steps):,}")
            return
        for place, step in enumerate(self.steps):
            if not isinstance(step, Step):
                yield Problem(f"steps[{place}]", f"expected a Step, got {shown(step)}")
                return
        branches = sum(len(step.branches) for step in self.steps)
        if branches > most:
            yield Problem("steps", f"at most {most:,} branches, got {branches:,}")
            return
        yield from self._repeated()
        astray = list(islice(self._astray(), MOST_PROBLEMS))
        yield from astray
        yield from self._unfit_actions()
        if not astray:
            yield from self._unreached()

    def _repeated(self) -> Iterator[Problem]:
        first: dict[str, int] = {}
        for place, step in enumerate(self.steps):
            before = first.setdefault(step.key, place)
            if before != place:
                because = f"{step.key!r} is the key of steps[{before}] too"
                yield Problem(f"steps[{place}].key", because)

    def _branches(self) -> Iterator[tuple[str, int, Branch]]:
        """Go through all branches, each with its path and the place of its step."""
        for place, step in enumerate(self.steps):
            for number, branch in enumerate(step.branches):
                path = f"steps[{place}]" if step.is_plain else f"steps[{place}].branches[{number}]"
                yield path, place, branch

    def _astray(self) -> Iterator[Problem]:
        for path, place, branch in self._branches():
            goto = branch.goto
            if goto is None:
                continue
            if branch.ends:
                yield Problem(f"{path}.ends", f"expected goto or ends, got both (goto {goto!r})")
            if goto not in self.places:
                because = f"there is no step {shown(goto)}"
            elif self.places[goto] <= place:
                because = f"{goto!r} is not after {self.steps[place].key!r}; it would never end"
            else:
                continue
            later = [step.key for step in self.steps[place + 1 :]]
            yield Problem(f"{path}.goto", f"{because} ({did_you_mean(goto, later)})")

    def _unfit_actions(self) -> Iterator[Problem]:
        for path, _, branch in self._branches():
            for number, action in enumerate(branch.do):
                because = self._unfit(action)
                if because:
                    yield Problem(f"{path}.do[{number}]", because)

    def _unfit(self, action: Action) -> str:
        if isinstance(action, Enrol) and action.sequence == self.name:
            return "expected another sequence, got this one; it would never end"
        if isinstance(action, SendMessage):
            try:
                may_contact(_ANYBODY, action.channel, _ANY_TIME)  # the gate alone knows channels
            except InvalidValue as error:
                return error.message()
        return ""

    def _unreached(self) -> Iterator[Problem]:
        """Go through the steps in their order, for they lead only forward."""
        reached = {0}
        for place, step in enumerate(self.steps):
            if place not in reached:
                yield Problem(f"steps[{place}]", f"no lead ever gets to {step.key!r}")
                continue
            everybody = False
            for number, branch in enumerate(step.branches):
                path = f"steps[{place}].branches[{number}]"
                if everybody:
                    yield Problem(path, "never taken: a branch before it takes everybody")
                elif is_never(branch.when):
                    yield Problem(path, "never taken: no lead can meet its condition")
                elif not branch.ends:
                    reached.add(self.places.get(branch.goto or "", place + 1))
                everybody = everybody or is_always(branch.when)
            if not everybody and not implies(always(), *(each.when for each in step.branches)):
                reached.add(place + 1)

    def __str__(self) -> str:
        lines = [f"{self.name}, version {self.version}", *map(str, self.steps)]
        return "\n  ".join(lines)

    def __repr__(self) -> str:
        what = counted(len(self.steps), "step")
        return f"Sequence({shown(self.name)}, {what}, version {shown(self.version)})"

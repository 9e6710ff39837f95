"""The sequences of a playbook: who is enrolled, what is due now, and who leaves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from itertools import takewhile
from typing import Literal

import attrs

from leadflow.actions import Action, SendMessage
from leadflow.automation.enrolment import (
    Enrolment,
    engaged_since,
    enrolling,
    enrolment,
    enrolments,
    leaving,
    taking,
)
from leadflow.automation.sequence import Branch, Sequence, Step, exit_of
from leadflow.calendars import local, local_date, midnight
from leadflow.contact import DEFAULT_RULES, ContactRules, Permission, may_contact
from leadflow.errors import InvalidDefinition, InvalidValue, Problem, did_you_mean, shown
from leadflow.events import Activity, describe
from leadflow.events.facts import ENDS
from leadflow.lead import Lead, seen
from leadflow.limits import DEFAULT_LIMITS
from leadflow.markup import counted, one_line
from leadflow.values import instance, instant, listed, name, time_zone


@attrs.frozen
class Due:
    """What a sequence has for a lead now: a step, or leaving (`step` is None).

    `outcome` tells what is to become of it. Fired: put the `events` into the log and plan the
    `actions`. Skipped (it is due, but outside the window) or blocked (the lead may not be contacted
    now): ask again at `until`, in UTC, None where that never comes; there are no `events`, and the
    `branch` and its `actions` are those that would be taken now. `branch` is None where no branch
    fits.
    """

    sequence: str
    version: str
    round: int
    step: str | None
    branch: int | None
    actions: tuple[Action, ...]
    events: tuple[Activity, ...]
    because: str
    until: datetime | None = None
    outcome: Literal["fired", "skipped", "blocked"] = "fired"

    def __str__(self) -> str:
        what = f"leaves {self.sequence}" if self.step is None else f"{self.sequence}: {self.step}"
        until = f", until {self.until:%Y-%m-%d %H:%M} UTC" if self.until else ""
        return f"{self.outcome}: {what} ({self.because}{until})"


def _sequences(values: Iterable[Sequence]) -> tuple[Sequence, ...]:
    return listed("Sequences.sequences", values)


@attrs.frozen(repr=False)
class Sequences:
    """Sequences by their names, in one version or several.

    New leads begin the version that is listed last; those enrolled go on in theirs.
    ``sequences["nurture"]`` finds the version for new leads, ``"nurture" in sequences`` asks for a
    name, ``for sequence in sequences`` goes through all versions.

    Raises `InvalidDefinition` for what is no sequence, a version given twice, and more sequences
    than the rules that `leadflow.limits.Limits` allows.

    >>> from datetime import UTC
    >>> steps = [Step("hello", None, [SendMessage("hello")]), Step("more", "2 days")]
    >>> sequences = Sequences([Sequence("nurture", steps)])
    >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> lead = Lead("L-7", fields={"email": "ada@example.com"})
    >>> lead = lead.after(sequences.enrol(lead, "nurture", noon))
    >>> [due] = sequences.due(lead, noon)
    >>> print(due)
    fired: nurture: hello (due since 2026-03-01 12:00 UTC)
    >>> sequences.due(lead.after(*due.events), noon)
    ()
    """

    sequences: tuple[Sequence, ...] = attrs.field(converter=_sequences)

    def __attrs_post_init__(self) -> None:
        problems = tuple(self._problems())
        if problems:
            raise InvalidDefinition("sequences", problems)

    def _problems(self) -> Iterator[Problem]:
        most = DEFAULT_LIMITS.rules
        if len(self.sequences) > most:
            yield Problem("sequences", f"at most {most:,} sequences, got {len(self.sequences):,}")
            return
        first: dict[tuple[str, str], int] = {}
        for place, each in enumerate(self.sequences):
            path = f"sequences[{place}]"
            if not isinstance(each, Sequence):
                yield Problem(path, f"expected a Sequence, got {shown(each)}")
                continue
            before = first.setdefault((each.name, each.version), place)
            if before != place:
                because = f"{each.version!r} of {each.name!r} is sequences[{before}] too"
                yield Problem(f"{path}.version", because)

    @cached_property
    def _current(self) -> Mapping[str, Sequence]:
        return {each.name: each for each in self.sequences}

    @cached_property
    def _by_version(self) -> Mapping[tuple[str, str], Sequence]:
        return {(each.name, each.version): each for each in self.sequences}

    def __iter__(self) -> Iterator[Sequence]:
        return iter(self.sequences)

    def __len__(self) -> int:
        return len(self.sequences)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key in self._current

    def __getitem__(self, key: str) -> Sequence:
        """Find the version for new leads; raises `InvalidValue` with the closest name for none."""
        found = self._current.get(key) if isinstance(key, str) else None
        if found is None:
            hint = did_you_mean(key, self._current) if isinstance(key, str) else ""
            raise InvalidValue("sequence", shown(key), "the name of a sequence", hint)
        return found

    def __repr__(self) -> str:
        return f"Sequences({counted(len(self), 'sequence')})"

    def may_enrol(self, lead: Lead, sequence: str, at: datetime) -> str:
        """Tell why a lead may not be enrolled at an instant; empty if it may.

        Not while it is enrolled, nor once its rounds are used up, nor at an instant before what its
        last round brought, nor while it is closed, unless the sequence has no exit "disposed" and so
        is one for leads that are closed. Raises `InvalidValue` for an unknown sequence and
        for what is no lead, and `NaiveDatetime`.

        >>> sequences.may_enrol(lead, "nurture", noon)
        'enrolled since 2026-03-01'
        """
        asked, (past, moment) = self[sequence], seen(lead, at)
        standing, last = past.disposition, enrolment(lead, asked.name)
        if standing and standing.outcome in ENDS and "disposed" in asked.exits:
            return f"closed as {standing.outcome} on {standing.at.date()}"
        if last is None:
            return ""
        if moment < last.last_at:
            return f"round {last.round} went on until {last.last_at.date()}"
        if last.is_open:
            return f"enrolled since {last.at.date()}"
        most = asked.rounds or DEFAULT_LIMITS.integer
        return f"{last.round:,} of {counted(most, 'round')} used up" if last.round >= most else ""

    def enrol(self, lead: Lead, sequence: str, at: datetime) -> Activity | None:
        """Begin a round of a sequence: the event that does it, None where `may_enrol` refuses.

        The rounds of a lead are numbered. Raises as `may_enrol` does.

        >>> sequences.enrol(Lead("L-8"), "nurture", noon).data
        {'sequence': 'nurture', 'round': 1, 'version': '1'}
        """
        if self.may_enrol(lead, sequence, at):
            return None
        asked, last = self[sequence], enrolment(lead, sequence)
        number = last.round + 1 if last else 1
        return enrolling(lead, asked.name, asked.version, number, instant("at", at))

    def withdraw(self, lead: Lead, sequence: str, at: datetime) -> Activity | None:
        """Take a lead out of a sequence: the event that does it, None if it is not enrolled.

        None too at an instant before what the round has brought already. A lead may be withdrawn
        from a sequence that is no longer there. Raises `InvalidValue` for any other unknown one and
        for what is no lead, and `NaiveDatetime`.

        >>> sequences.withdraw(lead, "nurture", noon).data["because"]
        'withdrawn'
        """
        moment, last = instant("at", at), enrolment(lead, sequence)
        if last is None:
            self[name("sequence", sequence)]
            return None
        if not last.is_open or moment < last.last_at:
            return None
        return leaving(lead, last, "withdrawn", moment)

    def starting(
        self, before: Lead | None, after: Lead, as_of: datetime, *, since: datetime | None = None
    ) -> tuple[Activity, ...]:
        """Enrol a lead in the sequences whose condition it has come to meet.

        `before` is the lead before it changed, None if it is new; it is asked at the instant `since`
        if that is given, for time alone may bring a lead to meet a condition. Raises `InvalidValue`
        and `NaiveDatetime`.

        >>> from leadflow import tag
        >>> fans = Sequences([Sequence("fans", steps, when=tag("fan"))])
        >>> fan = Lead("L-9", tags=["fan"])
        >>> len(fans.starting(Lead("L-9"), fan, noon)), fans.starting(fan, fan, noon)
        (1, ())
        """
        moment = as_of if since is None else since
        found = (
            self.enrol(after, each.name, as_of)
            for each in self._current.values()
            if each.when is not None
            and each.when.matches(after, as_of=as_of)
            and (before is None or not each.when.matches(before, as_of=moment))
        )
        return tuple(event for event in found if event is not None)

    def due(
        self,
        lead: Lead,
        as_of: datetime,
        rules: ContactRules = DEFAULT_RULES,
        *,
        zone: str | None = None,
    ) -> tuple[Due, ...]:
        """Tell what is due now of each sequence that a lead is enrolled in: one step, or leaving.

        A lead leaves if an exit has happened since it was enrolled, if it meets the goal, if its
        version of the sequence, or the step it stands at, is no longer there ("gone"), and after the
        last step ("finished"). Else the step that is due is taken, inside the window. A step that
        sends messages waits as long as the gate refuses the lead for a time; messages that are
        refused for good are left out, and the rest of the step is done.

        `zone` is the time zone of leads whose own is not known, where the window has none; without
        it that is UTC. Nothing is due of a round whose log goes on after `as_of`. Raises
        `InvalidValue` for what is no lead, rules or zone, and `NaiveDatetime`.
        """
        past, moment = seen(lead, as_of)
        instance(ContactRules)["check"]("rules", rules)
        otherwise = None if zone is None else time_zone("zone", zone)
        found: list[Due | None] = []
        for each in enrolments(lead):
            if not each.is_open or each.last_at > moment:
                continue
            sequence = self._by_version.get((each.sequence, each.version))
            if sequence is None:
                because = f"version {shown(each.version)} is no longer there"
                found.append(_left(past, each, moment, "gone", because))
            else:
                found.append(_Turn(past, each, sequence, moment, rules, otherwise).answer())
        return tuple(due for due in found if due is not None)


def _left(lead: Lead, of: Enrolment, at: datetime, code: str, because: str) -> Due:
    events = (leaving(lead, of, code, at),)
    words = f"{code}: {because}"
    return Due(of.sequence, of.version, of.round, None, None, (), events, words)


_NOTHING = Branch()


@attrs.frozen
class _Turn:
    """One lead in one round of a sequence, asked at one instant; the lead is as it was then."""

    lead: Lead
    round: Enrolment
    sequence: Sequence
    at: datetime
    rules: ContactRules
    otherwise: str | None

    def answer(self) -> Due | None:
        """Leave, take the step that is due, or wait."""
        out = self._exit() or self._goal()
        if out is not None:
            return self._leave(*out)
        try:
            step = self._next()
        except InvalidValue as error:
            return self._leave("gone", error.message())
        if step is None:
            return self._leave("finished", "the last step was taken")
        ready = self._ready(step)
        was_just_asked = self.round.steps and self.at == self.round.last_at
        if ready is None or self.at < ready or was_just_asked:
            return None
        return self._take(step, ready)

    def _leave(self, code: str, because: str) -> Due:
        return _left(self.lead, self.round, self.at, code, because)

    @cached_property
    def _view(self) -> Lead:
        """The lead as the conditions of the sequence see it."""
        return engaged_since(self.lead, self.round.at)

    def _next(self) -> Step | None:
        """Find the step after the furthest one that was taken; None at the end."""
        taken, places = [key for key, _ in self.round.steps], self.sequence.places
        if not taken:
            return self.sequence.steps[0]
        furthest = max(taken, key=lambda key: places.get(key, len(places)))
        return self.sequence.following(furthest, self.round.branches.get(furthest))

    def _exit(self) -> tuple[str, str] | None:
        """Find the first exit since the enrolment."""
        found, began = None, self.round.at
        for event in takewhile(lambda event: event.at > began, reversed(self.lead.events)):
            code = exit_of(event)
            if code in self.sequence.exits:
                found = (code, event)
        if found is None:
            return None
        code, event = found
        return code, f"{one_line(describe(event))} on {event.at.date()}"

    def _goal(self) -> tuple[str, str] | None:
        goal = self.sequence.goal
        is_met = goal is not None and goal.matches(self._view, as_of=self.at)
        return ("goal", str(goal)) if is_met else None

    def _ready(self, step: Step) -> datetime | None:
        """Tell from when a step is due; None if that is beyond the calendar."""
        since, after = self.round.last_at, step.after
        if after is None:
            return since
        window = self.sequence.window
        zone = self.lead.time_zone or (window and window.zone) or self.otherwise
        try:
            if after.seconds:
                return instant("due", after.after(local(since, zone)))
            return midnight(after.after(local_date(since, zone)), zone)
        except InvalidValue:
            return None

    def _take(self, step: Step, ready: datetime) -> Due:
        """Take a step that is due, unless the window is closed or the gate refuses for a time."""
        place, branch = self._branch(step)
        of, because = self.round, f"due since {ready:%Y-%m-%d %H:%M} UTC"
        due = Due(of.sequence, of.version, of.round, step.key, place, branch.do, (), because)
        closed = self._closed()
        if closed is not None:
            until, because = closed
            return attrs.evolve(due, because=because, until=until, outcome="skipped")
        refused = self._refused(branch)
        ends = [each.until for each in refused.values() if each.until is not None]
        if ends:
            words = dict.fromkeys(each.because for each in refused.values() if each.until)
            return attrs.evolve(due, because="; ".join(words), until=max(ends), outcome="blocked")
        return self._fired(due, step.key, refused)

    def _branch(self, step: Step) -> tuple[int | None, Branch]:
        """Find the branch that the lead takes, with its place; where none fits, one of nothing."""
        for place, branch in enumerate(step.branches):
            if branch.when.matches(self._view, as_of=self.at):
                return place, branch
        return None, _NOTHING

    def _closed(self) -> tuple[datetime | None, str] | None:
        """Tell until when the window is closed, and by which hours; None if it is open."""
        window = self.sequence.window
        if window is None:
            return None
        try:
            opening = window.next_open(self.at, self.lead.time_zone, otherwise=self.otherwise)
        except InvalidValue as error:
            return None, error.message()
        return None if opening.at == self.at else (opening.at, opening.because)

    def _refused(self, branch: Branch) -> dict[str, Permission]:
        """Ask the gate about the channels of the messages; keep its refusals."""
        channels = [action.channel for action in branch.do if isinstance(action, SendMessage)]
        asked = dict.fromkeys(channels)
        answers = {key: may_contact(self.lead, key, self.at, self.rules) for key in asked}
        return {key: answer for key, answer in answers.items() if not answer}

    def _fired(self, due: Due, step: str, refused: Mapping[str, Permission]) -> Due:
        """Take the step without the messages that are refused, and leave if it is the last."""
        kept, words = [], [due.because]
        for action in due.actions:
            if isinstance(action, SendMessage) and action.channel in refused:
                words.append(f"not {action}: {refused[action.channel].because}")
            else:
                kept.append(action)
        events = [taking(self.lead, self.round, step, due.branch, self.at)]
        if self.sequence.following(step, due.branch) is None:
            events.append(leaving(self.lead, self.round, "finished", self.at))
        return attrs.evolve(
            due, actions=tuple(kept), events=tuple(events), because="; ".join(words)
        )

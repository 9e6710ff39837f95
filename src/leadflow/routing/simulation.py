"""The simulation: coming leads routed in the order of their arrival, with leads closed in between."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import TypeAlias

import attrs

from leadflow.errors import InvalidValue
from leadflow.events import Assignment
from leadflow.lead import Lead
from leadflow.markup import counted
from leadflow.routing.candidate import PASSING
from leadflow.routing.fairness import Fairness, fairness
from leadflow.routing.held import Answer, Held
from leadflow.routing.roster import Closed, Roster
from leadflow.span import Span
from leadflow.values import Frozen

_Kind: TypeAlias = tuple[str | None, int, frozenset[str]]
"""Leads that wait alike: the rule, the units, and those who could never take such a lead."""
_Happens: TypeAlias = tuple[datetime, int, Assignment | _Kind]
"""When, the order among equals, and a lead to close or the kind of held leads to ask about."""


@attrs.frozen(repr=False)
class Simulation:
    """What became of the leads that were played.

    `assignments` are by lead id in the order they were made, `held` those that still wait at the
    end, `waited` those that were held for a while and then assigned, and `roster` as it is then.
    """

    assignments: Mapping[str, Assignment]
    held: tuple[Held, ...]
    waited: tuple[Held, ...]
    roster: Roster

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many leads each rep got; reps in the order of their ids."""
        found = Counter(assignment.rep for assignment in self.assignments.values())
        return {rep.id: found[rep.id] for rep in self.roster}

    @cached_property
    def fairness(self) -> Fairness:
        """How even it came out, over all reps of the roster."""
        return fairness(self.assignments.values(), self.roster)

    def __str__(self) -> str:
        head = (
            f"{counted(len(self.assignments), 'lead')} assigned, "
            f"{len(self.waited):,} of them after waiting, {len(self.held):,} still held"
        )
        return f"{head}\n{self.fairness}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self.fairness._repr_html_()


class _Play:
    """The state of a simulation: the roster, who waits, and what is still to happen."""

    def __init__(
        self, assign: Callable[[Lead, Roster, datetime], Answer], roster: Roster, work: Span | None
    ) -> None:
        self.assign = assign
        self.roster = roster
        self.work = work
        self.assignments: dict[str, Assignment] = {}
        self.queues: defaultdict[_Kind, deque[tuple[Lead, Held]]] = defaultdict(deque)
        self.waited: list[Held] = []
        self.coming: list[_Happens] = []
        self.reminders: set[tuple[datetime, _Kind]] = set()
        self.number = 0

    def arrive(self, lead: Lead, at: datetime) -> None:
        self.until(at)
        answer = self.assign(lead, self.roster, at)
        if isinstance(answer, Assignment):
            self.take(lead, answer)
        else:
            self.queues[_kind(answer)].append((lead, answer))
            self.remind(answer)

    def take(self, lead: Lead, answer: Assignment) -> None:
        self.assignments[lead.id] = answer
        self.roster = self.roster.after(answer)
        if self.work is not None:
            self.happens(_end(self.work, answer.at), answer)

    def remind(self, held: Held) -> None:
        """Ask again when it is said to be worth it; one reminder asks about all who wait alike."""
        if held.until is None or held.until <= held.at:
            return
        reminder = (held.until, _kind(held))
        if reminder not in self.reminders:
            self.reminders.add(reminder)
            self.happens(*reminder)

    def happens(self, at: datetime | None, what: Assignment | _Kind) -> None:
        if at is not None:
            self.number += 1
            heapq.heappush(self.coming, (at, self.number, what))

    def until(self, at: datetime) -> None:
        """Let happen what comes up to an instant, that instant included."""
        while self.coming and self.coming[0][0] <= at:
            moment, _, what = heapq.heappop(self.coming)
            if isinstance(what, Assignment):
                closed = Closed(what.rep, moment, what.value, what.units)
                self.roster = self.roster.after(closed)
                for kind in self.oldest_first():
                    self.ask_again(kind, moment)
            else:
                self.reminders.discard((moment, what))
                self.ask_again(what, moment)

    def oldest_first(self) -> list[_Kind]:
        waiting = [
            (queue[0][1].since, queue[0][0].id, kind)
            for kind, queue in self.queues.items()
            if queue
        ]
        return [kind for _, _, kind in sorted(waiting, key=lambda each: each[:2])]

    def ask_again(self, kind: _Kind, at: datetime) -> None:
        """Ask about the held leads of a kind, oldest first, until one has to wait on."""
        queue = self.queues[kind]
        while queue:
            lead, held = queue[0]
            answer = self.assign(lead, self.roster, at)
            if not isinstance(answer, Assignment):
                queue[0] = (lead, attrs.evolve(answer, since=held.since))
                self.remind(answer)
                return
            queue.popleft()
            self.waited.append(held)
            self.take(lead, answer)


def _kind(held: Held) -> _Kind:
    lasting = frozenset(each.rep for each in held.rejected if each.code not in PASSING)
    return held.rule, held.units, lasting


def _end(work: Span, at: datetime) -> datetime | None:
    try:
        return work.after(at)
    except InvalidValue:  # beyond the year 9999
        return None


def run(
    assign: Callable[[Lead, Roster, datetime], Answer],
    arrivals: Iterable[tuple[datetime, Lead]],
    roster: Roster,
    work: Span | None,
) -> Simulation:
    """Play the arrivals, which come in order, and return what became of them."""
    play = _Play(assign, roster, work)
    for at, lead in arrivals:
        play.arrive(lead, at)
    held = sorted(
        (held for queue in play.queues.values() for _, held in queue),
        key=lambda each: (each.since, each.lead),
    )
    return Simulation(Frozen(play.assignments), tuple(held), tuple(play.waited), play.roster)

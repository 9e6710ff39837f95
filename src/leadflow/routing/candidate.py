"""Candidates: the reps among whom a strategy chooses."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from datetime import datetime
from math import inf
from typing import overload

import attrs

from leadflow.calendars import WorkingHours, local
from leadflow.events import Rejected
from leadflow.markup import counted, one_line
from leadflow.routing.rep import Rep
from leadflow.routing.workload import NO_TURNS, Turns, Workload

ABSENT = frozenset({"away", "outside_hours"})
PASSING = frozenset({*ABSENT, "at_capacity", "over_quota"})
"""The codes of reasons that pass: at another time the rep could take the same lead."""


@attrs.frozen
class Candidate:
    """A rep with the workload that a strategy weighs.

    >>> Candidate(Rep("ada"), Workload()).id
    'ada'
    """

    rep: Rep
    workload: Workload
    id: str = attrs.field(init=False, eq=False, repr=False)
    """The rep's id."""
    room: float = attrs.field(init=False, eq=False, repr=False)
    """The units that surely fit in at any time: -1 where hours, absences or quotas have a say."""

    @id.default
    def _id(self) -> str:
        return self.rep.id

    @room.default
    def _room(self) -> float:
        if not self.rep.is_always_there:
            return -1
        capacity = self.rep.capacity
        return inf if capacity is None else capacity - self.workload.open

    def full(self, units: int, at: datetime) -> Rejected | None:
        """Tell why a rep cannot take so many units more, by capacity or quota; None if so."""
        rep, workload = self.rep, self.workload
        if rep.capacity is not None and workload.open + units > rep.capacity:
            words = f"{workload.open} of {counted(rep.capacity, 'unit')} open"
            return Rejected(
                self.id, "at_capacity", words + (f", {units} more" if units > 1 else "")
            )
        for quota in rep.quotas:
            used = quota.used(workload.recent, at, rep.zone)
            if used + units > quota.most:
                return Rejected(self.id, "over_quota", f"{used} given, at most {quota}")
        return None

    def absent(
        self,
        at: datetime,
        is_open: Callable[[WorkingHours, datetime], bool] = WorkingHours.is_open,
    ) -> Rejected | None:
        """Tell why a rep is not at work at an instant; None if at work.

        `is_open` answers for the working hours: who asks about many reps keeps its answers.
        """
        away = self.rep.absence(at)
        if away is not None:
            until, reason = away
            zone = self.rep.zone
            words = f"{one_line(reason) or 'away'} until {local(until, zone):%Y-%m-%d %H:%M} {zone}"
            return Rejected(self.id, "away", words)
        hours = self.rep.hours
        if hours is not None and not is_open(hours, at):
            return self.rep.off_duty
        return None

    def free_from(self, units: int, at: datetime, *, present: bool = True) -> datetime | None:
        """Find the first instant from `at` on at which a rep could take so many units.

        With ``present=False``, whether the rep is at work does not matter. None where that depends
        on open work, or never comes.
        """
        rep, workload = self.rep, self.workload
        if rep.capacity is not None and workload.open + units > rep.capacity:
            return None
        moment: datetime | None = at
        while moment is not None:
            before = moment
            moment = rep.present_from(moment) if present else moment
            for quota in rep.quotas:
                if moment is not None:
                    moment = quota.free_from(workload.recent, units, moment, rep.zone)
            if moment == before:
                break
        return moment


@attrs.frozen
class Candidates(Sequence[Candidate]):
    """Those who may take a lead now, in the order of their ids; never empty where one chooses.

    - `rule` is the name of the routing rule, in which turns are counted.
    - `absent` are those who could take it but are away or outside their hours, in the same order.
    - `units` is how much work the lead is.

    >>> among = Candidates([Candidate(Rep("ada"), Workload())], "all")
    >>> [candidate.id for candidate in among]
    ['ada']
    """

    each: tuple[Candidate, ...] = attrs.field(converter=tuple[Candidate, ...])
    rule: str
    absent: tuple[Candidate, ...] = ()
    units: int = 1

    @overload
    def __getitem__(self, index: int) -> Candidate: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Candidate, ...]: ...
    def __getitem__(self, index: int | slice) -> Candidate | tuple[Candidate, ...]:
        return self.each[index]

    def __len__(self) -> int:
        return len(self.each)

    def __iter__(self) -> Iterator[Candidate]:
        return iter(self.each)

    def turns(self, *, by_hand: bool = False, absent: bool = False) -> list[Turns]:
        """Return the turns in the rule of each candidate, or of each `absent` one, in their order.

        With `by_hand`, leads that people assigned count as turns.
        """
        rule, those = self.rule, self.absent if absent else self.each
        if by_hand:
            return [one.workload.in_rule(rule, by_hand=True) for one in those]
        return [one.workload.turns.get(rule, NO_TURNS) for one in those]

    def latest(self, *, by_hand: bool = False) -> str | None:
        """Return the id of the one, of these and the absent, who had the latest turn in the rule.

        None before the first turn.
        """
        last = [turns.last_turn for turns in self.turns(by_hand=by_hand)]
        last += [turns.last_turn for turns in self.turns(by_hand=by_hand, absent=True)]
        latest = max(last)
        return (*self.each, *self.absent)[last.index(latest)].id if latest else None

    def among(self, reps: Container[str]) -> Candidates:
        """Keep those whose ids are among these."""
        each = [one for one in self.each if one.id in reps]
        absent = tuple(one for one in self.absent if one.id in reps)
        return Candidates(each, self.rule, absent, self.units)

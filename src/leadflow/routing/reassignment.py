"""Reassignment: leads whose owner is too late, away or overloaded go to somebody else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Protocol, runtime_checkable

import attrs

from leadflow.errors import InvalidValue, shown
from leadflow.events import Assignment, Conversion, Event, Overridden, TaskDone, TaskSet
from leadflow.lead import Dealings, Lead, leads_of
from leadflow.lead.log import following
from leadflow.markup import counted, one_line, table
from leadflow.routing.attempt import SETS_OWNER
from leadflow.routing.held import Held
from leadflow.routing.roster import Closed, Roster
from leadflow.routing.router import Router
from leadflow.values import Frozen, flag, instance, instant, listed, name

_SHOWN = 100
_FIRST = datetime.min.replace(tzinfo=UTC)


@runtime_checkable
class Late(Protocol):
    """Something late about a lead, such as a `leadflow.pipeline.Breach`; ``str()`` says what."""

    @property
    def lead(self) -> str:
        """The id of the lead."""
        ...

    @property
    def deadline(self) -> datetime:
        """When it had to be done, in UTC."""
        ...

    @property
    def is_open(self) -> bool:
        """Whether it is still to be done."""
        ...


@attrs.frozen(repr=False)
class Reassigned:
    """Leads that get another owner, those that should but stay, and the roster after it.

    `events` and `because` are by lead id, in the order they were decided: what to apply with
    ``lead.after(*events)``, the assignment and the owner's tasks set anew, before them the end of an
    override that named somebody who has left; and why the lead leaves its owner. `kept` stay where they are, for nobody else may take them. `closed` are the
    rows that end the work of those who had the leads; with the assignments they belong to the
    history of `Roster.from_history`.
    """

    events: Mapping[str, tuple[Event, ...]]
    because: Mapping[str, str]
    kept: tuple[Held, ...]
    closed: tuple[Closed, ...]
    roster: Roster

    @property
    def assignments(self) -> Mapping[str, Assignment]:
        """The assignment of each lead."""
        return {
            lead: one
            for lead, events in self.events.items()
            for one in events
            if isinstance(one, Assignment)
        }

    def __str__(self) -> str:
        return "\n".join([self._head, *(f"  {' '.join(row)}" for row in self._rows())])

    __repr__ = __str__

    @property
    def _head(self) -> str:
        return f"{counted(len(self.events), 'lead')} reassigned, {len(self.kept):,} kept"

    def _rows(self) -> Iterator[tuple[str, str, str]]:
        for lead, assignment in list(self.assignments.items())[:_SHOWN]:
            yield lead, f"to {assignment.rep}:", self.because[lead]
        for held in self.kept[:_SHOWN]:
            yield held.lead, "kept:", "; ".join(held.because)

    def _repr_html_(self) -> str:
        return table(self._head, ["lead", "what", "because"], self._rows())


def reassign(
    leads: Iterable[Lead],
    router: Router,
    roster: Roster,
    *,
    as_of: datetime,
    late: Iterable[Late] = (),
    absent: bool = True,
    overloaded: bool = True,
) -> Reassigned:
    """Give leads to somebody else whose owner is late, absent or overloaded.

    `leads` are the open leads; one without an owner is left alone, and so is one whose owner a
    person chose (`Overridden`), as long as that stands and names an active rep.

    - `late`: what was not done in time, ``leadflow.pipeline.breaches(...).broken`` for instance;
      those leads go. What was done in the end counts no more, nor what was due when the present
      owner got the lead, or before: it was not they who were late.
    - `absent`: leads of owners who are away now, or have left. Not being at work at this hour is no
      absence.
    - `overloaded`: of an owner with more open units than their capacity, the leads they got last go,
      until the rest fits.

    Late leads go first, then those of the absent, then those of the overloaded, by owner. The router
    decides, and never for the owner that a lead leaves, whose units are free again: those of the
    lead's latest assignment, or one if its log has none. The owner's open tasks go along. Where nobody
    may take a lead it stays.

    Raises as `Router.assign` does, and `InvalidValue` for what is no lead or router, for a lead given
    twice and for what is not `Late`.

    >>> from leadflow.routing import Absence, Rep, RoutingRule
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> away = Absence(noon.date(), noon.date(), "ill")
    >>> roster = Roster([Rep("ada", away=[away]), Rep("bo")])
    >>> leads = [Lead("L-1", owner="ada"), Lead("L-2", owner="bo")]
    >>> print(reassign(leads, Router([RoutingRule("all")]), roster, as_of=noon))
    1 lead reassigned, 0 kept
      L-1 to bo: ada is ill until 2026-03-03 00:00 UTC
    """
    moment = instant("as_of", as_of)
    instance(Router)["check"]("router", router)
    instance(Roster)["check"]("roster", roster)
    moves = _Moves(_owned(leads, roster, moment), router, roster, moment)
    moves.take(_late(late, moves.leads))
    if flag("absent", absent):
        moves.take(_absent(moves.leads, roster, moment))
    if flag("overloaded", overloaded):
        moves.relieve()
    return moves.outcome()


def as_they_were(leads: Iterable[Lead], at: datetime) -> dict[str, Lead]:
    """Return leads as they were at an instant, by id.

    Raises `InvalidValue` for what is no lead and for one given twice.

    >>> as_they_were([Lead("L-7", owner="ada")], noon)["L-7"].owner
    'ada'
    """
    found: dict[str, Lead] = {}
    for place, lead in enumerate(leads_of(leads)):
        if lead.id in found:
            raise InvalidValue(f"leads[{place}]", shown(lead.id), "each lead once")
        found[lead.id] = lead.rewind(at)
    return found


def freed(lead: Lead, owner: str, at: datetime) -> Closed:
    """Tell whose units are free again when a lead changes hands: those of its latest assignment.

    One unit of the owner where the log has no assignment.

    >>> freed(Lead("L-7"), "ada", noon).units
    1
    """
    for event in reversed(lead.events):
        if isinstance(event, Assignment):
            return Closed(event.rep, at, event.value, event.units)
    return Closed(owner, at)


def set_anew(
    tasks: Iterable[TaskSet], rep: str, at: datetime, place: int | None
) -> Iterator[TaskSet]:
    """Set tasks anew for another rep, at an instant and a place among the events of that instant.

    >>> [task] = set_anew([TaskSet("T-1", noon, kind="call", rep="ada")], "bo", noon, 0)
    >>> task.kind, task.rep
    ('call', 'bo')
    """
    for task in tasks:
        yield attrs.evolve(task, at=at, rep=rep, sequence=place, id=None, by=None)


@attrs.define
class _Moves:
    """The leads that may go, and what became of them so far."""

    leads: Mapping[str, Lead]
    router: Router
    roster: Roster
    at: datetime
    reasons: dict[str, str] = attrs.field(factory=dict)
    events: dict[str, tuple[Event, ...]] = attrs.field(factory=dict)
    kept: list[Held] = attrs.field(factory=list)
    closed: list[Closed] = attrs.field(factory=list)

    def take(self, reasons: Iterable[tuple[str, str]]) -> None:
        """Move leads, each for the first reason there is."""
        for key, why in reasons:
            if key not in self.reasons:
                self._move(self.leads[key], why)

    def relieve(self) -> None:
        """Move what owners got last, until the rest fits; a lead that is no load stays."""
        latest_first = sorted(self.leads.values(), key=_got, reverse=True)
        for lead in sorted(latest_first, key=_owner):
            if lead.id not in self.reasons and self._is_too_much(lead):
                owner = self.roster[_owner(lead)]
                open_ = counted(self.roster.workload(owner.id).open, "unit")
                self._move(lead, f"{owner.id} has {open_} open, {owner.capacity:,} at most")

    def outcome(self) -> Reassigned:
        """Sum up."""
        because = {key: self.reasons[key] for key in self.events}
        kept, closed = tuple(self.kept), tuple(self.closed)
        return Reassigned(Frozen(self.events), Frozen(because), kept, closed, self.roster)

    def _is_too_much(self, lead: Lead) -> bool:
        owner = _owner(lead)
        capacity = self.roster[owner].capacity if owner in self.roster else None
        if capacity is None or self.roster.workload(owner).open <= capacity:
            return False
        end = freed(lead, owner, self.at)
        return end.rep == owner and end.units > 0

    def _move(self, lead: Lead, why: str) -> None:
        self.reasons[lead.id] = why
        owner = _owner(lead)
        lifted: list[Event] = []
        if lead.override("owner") is not None:
            place = following(lead.events, self.at, SETS_OWNER)
            lifted = [Overridden("owner", None, self.at, reason=why, sequence=place)]
            lead = lead.after(*lifted)
        answer = self.router.assign(lead, self.roster, self.at, excluding={owner: why})
        if isinstance(answer, Held):
            self.kept.append(answer)
            return
        end = freed(lead, owner, self.at)
        self.roster = self.roster.after(answer, end)
        tasks = [task for task in Dealings.of(lead).tasks.values() if task.rep == owner]
        place = following(lead.events, self.at, (TaskSet, TaskDone))
        self.events[lead.id] = (*lifted, answer, *set_anew(tasks, answer.rep, self.at, place))
        self.closed.append(end)


def _owner(lead: Lead) -> str:
    return lead.owner or ""


def _owned(leads: Iterable[Lead], roster: Roster, at: datetime) -> dict[str, Lead]:
    """Keep the leads with an owner, but for an active one whom a person chose, by id."""
    return {
        key: lead
        for key, lead in as_they_were(leads, at).items()
        if lead.owner and (lead.override("owner") is None or lead.owner not in roster.active)
    }


def _late(late: Iterable[Late], leads: Mapping[str, Lead]) -> Iterator[tuple[str, str]]:
    known = {key: lead for lead in leads.values() for key in (*lead.merged_ids, lead.id)}
    for place, each in enumerate(listed("late", late)):
        where = f"late[{place}]"
        if not isinstance(each, Late):
            hint = "such as breaches(...).broken"
            raise InvalidValue(where, shown(each), "something late, with a lead", hint)
        lead = known.get(name(f"{where}.lead", each.lead))
        deadline = instant(f"{where}.deadline", each.deadline)
        if flag(f"{where}.is_open", each.is_open) and lead is not None and _since(lead) < deadline:
            yield lead.id, str(each)


def _absent(leads: Mapping[str, Lead], roster: Roster, at: datetime) -> Iterator[tuple[str, str]]:
    for lead in sorted(leads.values(), key=_got):
        owner = _owner(lead)
        if owner not in roster.active:
            yield lead.id, f"{owner} has left"
            continue
        away = roster[owner].absence(at)
        if away is not None:
            until, why = away
            yield lead.id, f"{owner} is {one_line(why) or 'away'} until {until:%Y-%m-%d %H:%M} UTC"


def _since(lead: Lead) -> datetime:
    """Tell when the owner got the lead: long ago, if the log does not say."""
    for event in reversed(lead.events):
        if isinstance(event, Assignment) or (isinstance(event, Conversion) and event.owner):
            return event.at
    return _FIRST


def _got(lead: Lead) -> tuple[str, datetime, str]:
    return (_owner(lead), _since(lead), lead.id)

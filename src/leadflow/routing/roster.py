"""The roster: the reps, and what each was given so far."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from fractions import Fraction
from functools import cached_property
from math import inf
from typing import TypeAlias

import attrs

from leadflow.calendars import WorkingHours
from leadflow.errors import InvalidValue, did_you_mean, shown
from leadflow.events import Assignment, Rejected
from leadflow.events.facts import deal_value
from leadflow.markup import counted, table
from leadflow.money import Money, priced
from leadflow.routing.candidate import Candidate
from leadflow.routing.rep import UNITS, Rep
from leadflow.routing.workload import BY_HAND, IDLE, Turns, Workload, minus, plus
from leadflow.values import EMPTY, INSTANT, NAME, Frozen, checks, listed, name, whole

_SHOWN = 100


@attrs.frozen(field_transformer=checks)
class Closed:
    """A row of the host's history: a rep's work on a lead ended, and its units are free again.

    `value` is the lead's value as it was assigned; it leaves the open value.

    >>> from datetime import UTC
    >>> Closed("ada", datetime(2026, 3, 1, tzinfo=UTC)).units
    1
    """

    rep: str = attrs.field(metadata=NAME)
    at: datetime = attrs.field(metadata=INSTANT)
    value: Money | None = attrs.field(default=None, metadata={"check": deal_value})
    units: int = attrs.field(default=1, metadata=UNITS)


@attrs.frozen(field_transformer=checks)
class Joined:
    """A row of the host's history: a rep began to take leads, for the first time, again or anew.

    They start level with the rest: in each rule they are credited with as many turns as the one who
    had fewest of those active in it, by weight, so that no flood of leads makes up for the time
    before. Value is not credited: `EvenValue` evens it out.

    >>> from datetime import UTC
    >>> Joined("ada", datetime(2026, 3, 1, tzinfo=UTC)).rep
    'ada'
    """

    rep: str = attrs.field(metadata=NAME)
    at: datetime = attrs.field(metadata=INSTANT)


Entry: TypeAlias = Assignment | Closed | Joined
"""What changes a roster."""


@attrs.frozen
class _Staff:
    """The reps by their ids, in order, and who is on which team; shared by rosters as they change."""

    reps: tuple[Rep, ...]

    @cached_property
    def by_id(self) -> dict[str, Rep]:
        return {rep.id: rep for rep in self.reps}

    @cached_property
    def pools(self) -> dict[object, tuple[str, ...]]:
        """The members of the pools that were asked about."""
        return {}

    @cached_property
    def passed_over(self) -> dict[str, tuple[Rejected, ...]]:
        """The rejections of all other reps, by the one who was chosen among all."""
        return {}

    @cached_property
    def active(self) -> tuple[str, ...]:
        return tuple(rep.id for rep in self.reps if rep.active)

    @cached_property
    def teams(self) -> dict[str, tuple[str, ...]]:
        """The active members of each team; a team that everybody has left is still known."""
        found: dict[str, tuple[str, ...]] = {}
        for rep in self.reps:
            if rep.team is not None:
                found[rep.team] = found.get(rep.team, ()) + ((rep.id,) if rep.active else ())
        return found


def _staff(values: Iterable[Rep]) -> _Staff:
    found: dict[str, Rep] = {}
    known: dict[WorkingHours | None, WorkingHours | None] = {}
    for place, rep in enumerate(listed("Roster.reps", values)):
        if not isinstance(rep, Rep):
            raise InvalidValue(f"Roster.reps[{place}]", shown(rep), "a Rep")
        if rep.id in found:
            raise InvalidValue(f"Roster.reps[{place}]", shown(rep.id), "each rep once")
        # Equal hours become one object: whether they are the same is told at once.
        hours = known.setdefault(rep.hours, rep.hours)
        found[rep.id] = rep if hours is rep.hours else attrs.evolve(rep, hours=hours)
    if not found:
        raise InvalidValue("Roster.reps", "no reps", "at least one Rep")
    return _Staff(tuple(found[key] for key in sorted(found)))


def _workloads(values: object) -> Frozen[Workload]:
    where = "Roster.workloads"
    if not isinstance(values, Mapping):
        raise InvalidValue(where, shown(values), "a mapping of rep ids to Workload")
    found = {}
    for given, workload in values.items():
        if not isinstance(workload, Workload):
            raise InvalidValue(f"{where}.{shown(given)}", shown(workload), "a Workload")
        found[name(where, given)] = workload
    return Frozen(found)


@attrs.frozen(init=False, repr=False)
class Roster:
    """The reps in the order of their ids, and the workload of each.

    A roster is a value: `after` an assignment it is another one. Store it as it is, or build it
    again from the assignments that are stored anyway, with `Roster.from_history`.

    `workloads` may name reps who are no longer there, so that turns go on where they stood.
    `version` counts what has changed the workloads, turns that went by included: compare it when
    storing, and decide again if it has moved. It is never below the latest turn of the workloads.

    ``for rep in roster``, ``len(roster)``, ``"ada" in roster`` and ``roster["ada"]`` are about reps.

    Raises `InvalidValue` for no reps at all, a rep given twice, and what is no rep or workload.

    >>> from datetime import UTC
    >>> roster = Roster([Rep("ada"), Rep("bo")])
    >>> roster = roster.after(Assignment("bo", datetime(2026, 3, 1, tzinfo=UTC), rule="all"))
    >>> roster.workload("bo").open
    1
    """

    _staff: _Staff = attrs.field(alias="_staff")
    workloads: Frozen[Workload]
    version: int
    seats: Mapping[str, Candidate] = attrs.field(eq=False)

    def __init__(
        self,
        reps: Iterable[Rep],
        workloads: Mapping[str, Workload] = EMPTY,
        version: int = 0,
    ) -> None:
        staff, loads = _staff(reps), _workloads(workloads)
        # Turns go on after all that were taken, whatever version is given.
        number = max(whole("Roster.version", version, least=0), _latest(loads))
        seats = {rep.id: Candidate(rep, loads.get(rep.id, IDLE)) for rep in staff.reps}
        self.__attrs_init__(staff, loads, number, Frozen(seats))

    @classmethod
    def _of(
        cls,
        staff: _Staff,
        workloads: Frozen[Workload],
        version: int,
        seats: Frozen[Candidate],
    ) -> Roster:
        roster = object.__new__(cls)
        roster.__attrs_init__(staff, workloads, version, seats)
        return roster

    @classmethod
    def from_history(cls, reps: Iterable[Rep], history: Iterable[Entry]) -> Roster:
        """Build the roster from what was assigned and closed: nothing else need be stored.

        It equals ``Roster(reps).after(...)`` with the entries one by one, by `at`; those of one
        instant go by their `turn`, and without one in the order they are given; what was closed
        then comes last. Reps who are no longer there may occur. Raises `InvalidValue` for what is no `Assignment`, `Closed` or `Joined`.

        >>> from datetime import UTC
        >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
        >>> history = [Assignment("ada", noon, rule="all"), Closed("ada", noon)]
        >>> Roster.from_history([Rep("ada"), Rep("bo")], history).workload("ada").open
        0
        """
        entries = listed("history", history)
        for place, entry in enumerate(entries):
            _check_entry(f"history[{place}]", entry)
        return cls(reps).after(*_once(sorted(entries, key=_place)))

    @property
    def reps(self) -> tuple[Rep, ...]:
        """The reps, in the order of their ids."""
        return self._staff.reps

    def __iter__(self) -> Iterator[Rep]:
        return iter(self._staff.reps)

    def __len__(self) -> int:
        return len(self._staff.reps)

    def __contains__(self, rep: object) -> bool:
        return isinstance(rep, str) and rep in self._staff.by_id

    def __getitem__(self, rep: str) -> Rep:
        """Find a rep by id; raises `InvalidValue` for one who is not there."""
        return self.rep(rep)

    def rep(self, key: str, where: str = "rep") -> Rep:
        """Find a rep by id, as ``roster[key]`` does; an error names `where`."""
        found = self._staff.by_id.get(key) if isinstance(key, str) else None
        if found is None:
            hint = did_you_mean(str(key), self._staff.by_id)
            raise InvalidValue(where, shown(key), "a rep of the roster", hint)
        return found

    def workload(self, rep: str) -> Workload:
        """Return the workload of a rep; one who was given nothing has an idle one."""
        return self.workloads.get(rep, IDLE)

    @property
    def active(self) -> tuple[str, ...]:
        """The ids of the reps who take leads."""
        return self._staff.active

    @property
    def teams(self) -> Mapping[str, tuple[str, ...]]:
        """The ids of the active reps of each team."""
        return self._staff.teams

    def after(self, *entries: Entry) -> Roster:
        """Return the roster as it is once these have happened, in this order.

        An assignment counts a turn in its rule, opens its units and adds its value; `Closed` frees
        units; `Joined` brings a rep level with the rest. A rep who is not there is counted all the
        same, as one who has left.

        Raises `InvalidValue` for what is none of these.
        """
        loads, seats, version = dict(self.workloads), dict(self.seats), self.version
        for entry in entries:
            _check_entry("after", entry)
            if isinstance(entry, Closed):
                version += 1
                changed = {entry.rep: _closed(loads.get(entry.rep, IDLE), entry)}
            elif isinstance(entry, Joined):
                version += 1
                changed = {entry.rep: self._level(loads, entry.rep)}
            else:
                changed, version = self._assigned(loads, entry, version)
            loads |= changed
            for key, workload in changed.items():
                if key in self._staff.by_id:
                    seats[key] = Candidate(self._staff.by_id[key], workload)
        return Roster._of(self._staff, Frozen(loads), version, Frozen(seats))

    def _assigned(
        self, loads: Mapping[str, Workload], entry: Assignment, version: int
    ) -> tuple[dict[str, Workload], int]:
        """Return the workloads that an assignment changes, and the version after it."""
        rule = BY_HAND if entry.rule is None else entry.rule
        changed: dict[str, Workload] = {}
        for key in _waiting(loads, rule, entry):
            version += 1
            before = loads.get(key, IDLE)
            turns = before.in_rule(rule)
            passed = Turns(
                turns.assigned,
                turns.credited + entry.credited.get(key, 0),
                max(turns.owed + entry.owed.get(key, 0), 0),
                version if entry.credited.get(key) else turns.last_turn,
                turns.last_at,
            )
            changed[key] = attrs.evolve(before, turns=_with(before.turns, rule, passed))
        version += 1
        before = loads.get(entry.rep, IDLE)
        return changed | {entry.rep: self._given(before, rule, entry, version)}, version

    def _given(self, before: Workload, rule: str, entry: Assignment, version: int) -> Workload:
        turns = before.in_rule(rule)
        makes_up = entry.owed.get(entry.rep, 0)
        after = Turns(
            turns.assigned + 1,
            turns.credited + entry.credited.get(entry.rep, 0),
            max(turns.owed + makes_up, 0),
            # A turn that is made up went by before: the order of turns goes on where it stood.
            turns.last_turn if makes_up < 0 else version,
            entry.at,
        )
        return Workload(
            open=before.open + entry.units,
            value=plus(before.value, entry.value),
            open_value=plus(before.open_value, entry.value),
            recent=self._recent(before, entry),
            turns=_with(before.turns, rule, after),
        )

    def _recent(self, before: Workload, entry: Assignment) -> tuple[tuple[datetime, int], ...]:
        """Add to what quotas count, and forget what they no longer can."""
        rep = self._staff.by_id.get(entry.rep)
        if rep is None or not rep.quotas:
            return ()
        latest = max((entry.at, *(at for at, _ in before.recent)))
        oldest = min(quota.remembers(latest) for quota in rep.quotas)
        kept = (each for each in before.recent if each[0] >= oldest)
        return (*kept, (entry.at, entry.units))

    def closed(self, rep: str, value: Money | None = None, *, units: int = 1) -> Roster:
        """Return the roster once a rep's work on a lead has ended, and its units are free again.

        `value` is the lead's as it was assigned. Raises `InvalidValue` for a rep who is not there.

        >>> roster.closed("bo").workload("bo").open
        0
        """
        return self.after(Closed(self[rep].id, _WHENEVER, value, units))

    def with_rep(self, rep: Rep) -> Roster:
        """Return the roster with a rep as given, in place of the one with this id or beside the rest.

        Workloads stay; a quota that is new counts from then on. For somebody new, see `joined`.
        """
        others = [each for each in self.reps if not isinstance(rep, Rep) or each.id != rep.id]
        return Roster([*others, rep], self.workloads, self.version)

    def joined(self, rep: Rep) -> Roster:
        """Return the roster with a rep as given, who starts level with the rest.

        For somebody who is new or is back, and for one whose weight, team or skills have changed: in
        `Weighted`, nobody then makes up for the time before. See `Joined`, which belongs into the
        history.

        >>> later = roster.joined(Rep("cy"))
        >>> later.workload("cy").in_rule("all").counted
        1
        """
        return self.with_rep(rep).after(Joined(rep.id, _WHENEVER))

    def _level(self, loads: Mapping[str, Workload], rep: str) -> Workload:
        """Credit a rep with what brings them level with the rest, in every rule."""
        before = loads.get(rep, IDLE)
        weight = self._staff.by_id[rep].weight if rep in self._staff.by_id else 1
        fewest: dict[str, Fraction] = {}
        for other in self.active:
            for rule, turns in loads.get(other, IDLE).turns.items() if other != rep else ():
                share = Fraction(turns.counted, self._staff.by_id[other].weight)
                fewest[rule] = min(fewest.get(rule, share), share)
        changed = dict(before.turns)
        for rule, share in sorted(fewest.items()):
            turns = before.in_rule(rule)
            behind = max(int(share * weight) - turns.counted, 0)
            changed[rule] = attrs.evolve(turns, credited=turns.credited + behind)
        return attrs.evolve(before, turns=Frozen(changed))

    def without(self, rep: str) -> Roster:
        """Return the roster after a rep has left; their workload and the order of turns stay.

        Raises `InvalidValue` for a rep who is not there.

        >>> roster.without("bo").active
        ('ada',)
        """
        return self.with_rep(attrs.evolve(self[rep], active=False))

    def __repr__(self) -> str:
        return f"Roster({counted(len(self), 'rep')}, version {self.version})"

    def _repr_html_(self) -> str:
        rows = [
            (
                seat.rep.id,
                seat.rep.team or "",
                seat.workload.assigned,
                seat.workload.open,
                "" if seat.rep.capacity is None else seat.rep.capacity,
                ", ".join(map(priced, seat.workload.open_value)),
            )
            for seat in list(self.seats.values())[:_SHOWN]
        ]
        header = ["rep", "team", "assigned", "open", "capacity", "open value"]
        return table(f"roster, version {self.version}", header, rows)


def _latest(workloads: Mapping[str, Workload]) -> int:
    turns = (turns.last_turn for each in workloads.values() for turns in each.turns.values())
    return max(turns, default=0)


_WHENEVER = datetime.min.replace(tzinfo=UTC)


def _once(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Leave out repeats: what was delivered twice has an id and equals what is known."""
    known: dict[tuple[str, str, datetime], Entry] = {}
    for entry in entries:
        key = getattr(entry, "id", None)
        if key is None:
            yield entry
            continue
        place = (key, entry.rep, entry.at)
        if known.get(place) != entry:
            known[place] = entry
            yield entry


def _check_entry(where: str, entry: object) -> None:
    if not isinstance(entry, Assignment | Closed | Joined):
        raise InvalidValue(where, shown(entry), "an Assignment, Closed or Joined")


def _place(entry: Entry) -> tuple[datetime, float]:
    """The order of a history; at one instant reps join first, and work ends after all that began."""
    if not isinstance(entry, Assignment):
        return entry.at, inf if isinstance(entry, Closed) else -inf
    return entry.at, -1 if entry.turn is None else entry.turn


def _waiting(loads: Mapping[str, Workload], rule: str, entry: Assignment) -> list[str]:
    """List those whose turns went by, who waited longest first."""
    if not (entry.credited or entry.owed):
        return []
    others = (entry.credited.keys() | entry.owed.keys()) - {entry.rep}
    return sorted(others, key=lambda rep: (loads.get(rep, IDLE).in_rule(rule).last_turn, rep))


def _with(turns: Mapping[str, Turns], rule: str, changed: Turns) -> Frozen[Turns]:
    return Frozen({**turns, rule: changed})


def _closed(before: Workload, entry: Closed) -> Workload:
    return attrs.evolve(
        before,
        open=max(before.open - entry.units, 0),
        open_value=minus(before.open_value, entry.value),
    )

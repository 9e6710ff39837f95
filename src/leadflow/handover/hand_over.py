"""The handing over: the open work of a rep who leaves goes to others, with everything known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import attrs

from leadflow.contact import DEFAULT_RULES, ContactRules
from leadflow.events import EVENT_TYPES, Assignment, Event, Overridden, TaskSet
from leadflow.handover.brief import Brief, brief
from leadflow.handover.material import Material
from leadflow.lead import Dealings, Lead
from leadflow.lead.log import following
from leadflow.markup import counted, table
from leadflow.pipeline.day import Day, Pipelines, pipelines_of
from leadflow.pipeline.follow_up import upcoming
from leadflow.routing import Closed, Held, LeastLoaded, Pool, Roster, Router, RoutingRule
from leadflow.routing.reassignment import as_they_were, freed, set_anew
from leadflow.scoring import Score
from leadflow.values import EMPTY, instance, instant, listed, name

_SHOWN = 100
_FINISHED = frozenset({"closed", "do_not_contact"})


@attrs.frozen(repr=False)
class Handed:
    """A lead that goes over, or of which tasks alone do.

    `events` are what to apply with ``lead.after(*handed.events)``: the lifting of an override that
    would keep the lead from `rep`, the assignment, and the tasks set anew for `rep`. `brief` is what
    the new rep gets to read: the lead as it then is.
    """

    lead: str
    rep: str
    events: tuple[Event, ...]
    brief: Brief

    @property
    def assignment(self) -> Assignment | None:
        """The assignment; None where the lead stays with its owner and tasks alone move."""
        return next((event for event in self.events if isinstance(event, Assignment)), None)

    @property
    def tasks(self) -> tuple[TaskSet, ...]:
        """The tasks that move."""
        return tuple(event for event in self.events if isinstance(event, TaskSet))

    def __str__(self) -> str:
        return " ".join(self._row())

    __repr__ = __str__

    def _row(self) -> tuple[str, str, str]:
        tasks, assignment = self.tasks, self.assignment
        if assignment is None:
            return self.lead, f"to {self.rep}:", f"{counted(len(tasks), 'task')} alone"
        also = f" with {counted(len(tasks), 'task')}" if tasks else ""
        return self.lead, f"to {self.rep}{also}:", assignment.because[-1]


@attrs.frozen(repr=False)
class HandOver:
    """What becomes of a leaver's work: who gets what, what nobody may take, and the roster after it.

    `handed` are in the order of the lead ids. `held` stay where they are, the leaver's tasks on them
    and all, until somebody may take them: hand over again then, with the leads and the roster as they
    are. `closed` are the rows that end the work of those who had the leads; with the assignments they
    belong to the history of `Roster.from_history`.
    """

    leaving: str
    handed: tuple[Handed, ...]
    held: tuple[Held, ...]
    closed: tuple[Closed, ...]
    roster: Roster

    def __str__(self) -> str:
        return "\n".join([self._head, *(f"  {' '.join(row)}" for row in self._rows())])

    __repr__ = __str__

    @property
    def _head(self) -> str:
        leads = sum(each.assignment is not None for each in self.handed)
        tasks = sum(len(each.tasks) for each in self.handed)
        what = f"{counted(leads, 'lead')} and {counted(tasks, 'task')}"
        return f"{self.leaving} hands over {what}; {len(self.held):,} held"

    def _rows(self) -> Iterator[tuple[str, str, str]]:
        for each in self.handed[:_SHOWN]:
            yield each._row()  # noqa: SLF001 (a row of ours)
        for held in self.held[:_SHOWN]:
            yield held.lead, "held:", "; ".join(held.because)

    def _repr_html_(self) -> str:
        return table(self._head, ["lead", "what", "because"], self._rows())


def hand_over(  # noqa: PLR0913 (all that the briefs tell comes from outside)
    leads: Iterable[Lead],
    leaving: str,
    roster: Roster,
    as_of: datetime,
    *,
    router: Router | None = None,
    pipelines: Pipelines = None,
    scores: Iterable[Score] = (),
    materials: Iterable[Material] = (),
    rules: ContactRules = DEFAULT_RULES,
) -> HandOver:
    """Hand the open work of a rep who leaves over to others: every lead, every task, and the brief.

    Of `leads`, each open one of the leaver gets a new owner, chosen by `router`; unless given, by
    least load in the leaver's team, or where nobody there may take it now, among everybody; it takes
    as many units as before. It is the leaver's if they own it, or would once an override of the owner
    ends. A closed one goes too as long as something is left to do, such as staying in touch, and
    takes none. `pipelines` say which stages are closed.

    Open tasks of the leaver go along. Those on leads of others go to the owner, or, where that is no
    active rep, to whom the router names. Tasks of others stay with them, and so do those that the
    closing of a lead did away with. `scores`, if given, `materials` and `rules` go into the briefs.

    The roster of the answer has the leaver inactive, and the units moved: those of the lead's latest
    assignment, or one of the owner's if its log has none, are free again. Nothing given changes.

    Raises `NaiveDatetime`; `InvalidValue` for a rep whom the roster does not know (one who left long
    ago joins it as ``Rep(id, active=False)``), for what is no lead and for a lead given twice; and as
    `Router.assign` and `brief` do.

    >>> from datetime import UTC
    >>> from leadflow.routing import Rep
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> ada = Lead("L-7", owner="bo", events=[TaskSet("T-1", noon, kind="call", rep="bo")])
    >>> done = hand_over([ada, Lead("L-8")], "bo", Roster([Rep("bo"), Rep("cy")]), noon)
    >>> print(done)
    bo hands over 1 lead and 1 task; 0 held
      L-7 to cy with 1 task: least loaded: 0 units open
    >>> [task.rep for task in ada.after(*done.handed[0].events).tasks]
    ['cy']
    """
    day = Day(instant("as_of", as_of), pipelines_of(pipelines), rules)
    leaver = _leaver(leaving, roster)
    if router is not None:
        instance(Router)["check"]("router", router)
    known, picked = _by_lead(scores), listed("materials", materials)
    left = roster.without(leaver) if leaver in roster else roster
    handed: list[Handed] = []
    held: list[Held] = []
    closed: list[Closed] = []
    for share in _shares(leads, leaver, day):
        answer = share.answer(router, left)
        if isinstance(answer, Held):
            held.append(answer)
            continue
        ends = share.ends()
        if share.is_own:
            left = left.after(answer, *ends)
        closed += ends
        events = tuple(share.events(answer))
        record = brief(
            share.lead.after(*events),
            _score_of(share.lead, known),
            as_of=day.as_of,
            materials=picked,
            pipelines=day.pipelines,
            rules=rules,
        )
        handed.append(Handed(share.lead.id, answer.rep, events, record))
    return HandOver(leaver, tuple(handed), tuple(held), tuple(closed), left)


def _leaver(leaving: str, roster: Roster) -> str:
    instance(Roster)["check"]("roster", roster)
    key = name("leaving", leaving)
    return key if key in roster.workloads else roster[key].id


def _router(leaver: str, roster: Roster, units: int) -> Router:
    """Build the router of a hand-over: least load in the leaver's team, else among everybody."""
    rules = [RoutingRule("hand-over", by=LeastLoaded(), units=units)]
    team = roster[leaver].team if leaver in roster else None
    if team is not None:
        own = "hand-over in the team"
        rules.insert(
            0, RoutingRule(own, to=Pool(team), by=LeastLoaded(), units=units, overflow=True)
        )
    return Router(rules)


def _by_lead(scores: Iterable[Score]) -> Mapping[str, Score]:
    found = listed("scores", scores)
    for place, score in enumerate(found):
        instance(Score)["check"](f"scores[{place}]", score)
    return {score.lead: score for score in found}


def _score_of(lead: Lead, scores: Mapping[str, Score]) -> Score | None:
    keys = (lead.id, *sorted(lead.merged_ids))
    return next((scores[key] for key in keys if key in scores), None)


@attrs.frozen
class _Share:
    """What of a lead is the leaver's: the lead itself, tasks on it, or both.

    `lead` is as it was at `at`, and `owner` whose it is apart from any override. `has_ended`: it is
    closed, though something is left to do.
    """

    lead: Lead
    leaver: str
    at: datetime
    owner: str | None
    is_own: bool
    has_ended: bool
    tasks: tuple[TaskSet, ...]

    def answer(self, router: Router | None, roster: Roster) -> Assignment | Held:
        """Tell who gets it; tasks alone go to an owner who is there."""
        owner = self.lead.owner
        if not self.is_own and owner is not None and owner in roster.active:
            return Assignment(owner, self.at)
        units = sum(end.units for end in self.ends())
        asked = _router(self.leaver, roster, units) if router is None else router
        answer = asked.assign(self._without_ghost(roster), roster, self.at)
        if isinstance(answer, Assignment) and self.has_ended:
            return attrs.evolve(answer, units=0, value=None)
        if isinstance(answer, Assignment) and router is None:
            return attrs.evolve(answer, units=units)
        return answer

    def _without_ghost(self, roster: Roster) -> Lead:
        """Return the lead without an override that names nobody who is there: it would hold it."""
        override = self.lead.override("owner")
        if override is None or override.value in roster.active:
            return self.lead
        place = following(self.lead.events, self.at, EVENT_TYPES)
        return self.lead.after(_lifted(self.leaver, self.at, place))

    def ends(self) -> tuple[Closed, ...]:
        """Tell whose units are free: nobody's, of tasks alone and of a lead that has ended."""
        if self.has_ended or not self.is_own:
            return ()
        return (freed(self.lead, self.owner or self.leaver, self.at),)

    def events(self, assignment: Assignment) -> Iterator[Event]:
        """Tell what happens to the lead: all of it after what happened at that very instant."""
        place = following(self.lead.events, self.at, EVENT_TYPES)
        override = self.lead.override("owner")
        if self.is_own:
            if override is not None and override.value != assignment.rep:
                yield _lifted(self.leaver, self.at, place)
            yield attrs.evolve(assignment, sequence=place)
        yield from set_anew(self.tasks, assignment.rep, self.at, place)


def _shares(leads: Iterable[Lead], leaver: str, day: Day) -> Iterator[_Share]:
    """Find what is the leaver's, in the order of the lead ids."""
    for _, lead in sorted(as_they_were(leads, day.as_of).items()):
        share = _share(lead, leaver, day)
        if share.is_own or share.tasks:
            yield share


def _share(lead: Lead, leaver: str, day: Day) -> _Share:
    dealings = Dealings.of(lead)
    owner = lead.owner
    if lead.override("owner") is not None:
        place = following(lead.events, day.as_of, EVENT_TYPES)
        owner = lead.after(_lifted(leaver, day.as_of, place)).owner
    is_own = leaver in (owner, lead.owner)
    is_left = upcoming(lead, dealings, day).why not in _FINISHED
    has_ended = _has_ended(lead, dealings, day)
    due = (task for task in dealings.tasks.values() if task.rep == leaver)
    tasks = tuple(task for task in due if not has_ended or _is_alive(task, lead, dealings, day))
    return _Share(lead, leaver, day.as_of, owner, is_own and is_left, has_ended, tasks)


def _lifted(leaver: str, at: datetime, place: int | None) -> Overridden:
    return Overridden("owner", None, at, reason=f"{leaver} hands over", sequence=place)


def _has_ended(lead: Lead, dealings: Dealings, day: Day) -> bool:
    """Tell whether a lead is closed: then nothing but staying in touch is left without a task."""
    bare = upcoming(lead, attrs.evolve(dealings, tasks=EMPTY, snoozed=None), day)
    on_hold = bare.stage is not None and bare.stage.kind == "on_hold"
    return bare.why in _FINISHED or (bare.why == "stay_in_touch" and not on_hold)


def _is_alive(task: TaskSet, lead: Lead, dealings: Dealings, day: Day) -> bool:
    """Tell whether an open task of a closed lead is still to be done: the closing ends most."""
    alone = attrs.evolve(dealings, tasks={task.task: task})
    return upcoming(lead, alone, day).task is not None

"""What would become of it: a playbook over many leads and days."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TypeAlias

import attrs

from leadflow.automation.planned import Planned
from leadflow.errors import InvalidValue, shown
from leadflow.events import Assignment, Disposition, Event
from leadflow.events.event import is_event
from leadflow.events.facts import ENDS
from leadflow.lead import Lead
from leadflow.markup import aligned, counted, table
from leadflow.playbook import Outcome, Playbook
from leadflow.routing import Roster
from leadflow.span import Span, as_span
from leadflow.values import INSTANT, Frozen, checks, instant

_HEADER = ("day", "events", "new", "assigned", "closed", "to do")
_SHOWN = 100


@attrs.frozen(field_transformer=checks)
class Arrival:
    """An event as it reaches us: when, of which lead, and what happened.

    `lead` is the lead with what is known of it at first, or its id if it has come in before. It may
    arrive late, or twice.

    >>> from datetime import UTC
    >>> from leadflow import Activity
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> Arrival(noon, Lead("L-7"), Activity("form_submitted", noon)).key
    'L-7'
    """

    at: datetime = attrs.field(metadata=INSTANT)
    lead: Lead | str
    event: Event

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.lead, Lead | str):
            raise InvalidValue("Arrival.lead", shown(self.lead), "a Lead, or the id of one")
        if not is_event(self.event):
            raise InvalidValue("Arrival.event", shown(self.event), "an event")
        if self.event.at > self.at:
            found = f"{self.event.at.isoformat()}, after {self.at.isoformat()}"
            raise InvalidValue("Arrival.event", found, "an event that has happened by then")

    @property
    def key(self) -> str:
        """The id of the lead."""
        return self.lead.id if isinstance(self.lead, Lead) else self.lead


World: TypeAlias = Callable[[Planned, Lead], Iterable[Arrival]]
"""What an action that was planned for a lead leads to: a call that is answered, a click."""


@attrs.frozen
class SimulatedDay:
    """What a day brought, by its UTC date."""

    day: date
    events: int
    new: int
    assigned: int
    closed: int
    to_do: int


@attrs.frozen(repr=False)
class Simulated:
    """What became of the leads: as they are in the end, by id, and the roster.

    `days` count what each day brought, `actions` how many actions of each kind were to be done, and
    `assigned` how many leads each rep was given. `pending` are the arrivals from after the end.
    """

    leads: Mapping[str, Lead]
    roster: Roster | None
    days: tuple[SimulatedDay, ...]
    actions: Mapping[str, int]
    assigned: Mapping[str, int]
    pending: int

    def __str__(self) -> str:
        return "\n".join(aligned(_HEADER, self._rows()))

    def __repr__(self) -> str:
        leads, days = counted(len(self.leads), "lead"), counted(len(self.days), "day")
        return f"Simulated({leads}, {days}, {sum(self.actions.values()):,} actions to do)"

    def _rows(self) -> list[Sequence[object]]:
        return [attrs.astuple(day) for day in self.days[-_SHOWN:]]

    def _repr_html_(self) -> str:
        return table(repr(self), _HEADER, self._rows())


def simulate(
    playbook: Playbook,
    arrivals: Iterable[Arrival],
    roster: Roster | None,
    until: datetime,
    *,
    every: Span | timedelta | str = "1 day",
    world: World | None = None,
) -> Simulated:
    """Play a playbook over many leads and days; nothing is drawn by chance.

    Arrivals are handled in the order of their instants (ties by lead, then as given), each at the
    instant it arrives. All leads are reviewed `every` so often, from the first arrival on, and at
    `until`; what was planned counts as done at once, so that messages are in the log as sent. `world`
    tells what an action leads to, from then on.

    Raises `InvalidValue` for what are no playbook, arrivals or roster and for an arrival of an
    unknown id, `NaiveDatetime` for an instant without a zone, and as `Playbook.handle` does.

    >>> playbook = Playbook("inbound")
    >>> coming = [Arrival(noon, Lead("L-7"), Activity("form_submitted", noon))]
    >>> print(simulate(playbook, coming, None, noon + timedelta(days=1)))
    day         events  new  assigned  closed  to do
    2026-03-02       1    1         0       0      0
    2026-03-03       0    0         0       0      0
    """
    if not isinstance(playbook, Playbook):
        raise InvalidValue("playbook", shown(playbook), "a Playbook")
    end, step = instant("until", until), as_span("every", every)
    play = _Play(playbook, roster, end, world)
    for arrival in arrivals:
        play.expect(arrival)
    play.run(step)
    return play.simulated()


class _Play:
    """The state of a simulation: the leads as they are, and what is still to come."""

    def __init__(
        self, playbook: Playbook, roster: Roster | None, until: datetime, world: World | None
    ) -> None:
        self.playbook, self.roster, self.until, self.world = playbook, roster, until, world
        self.leads: dict[str, Lead] = {}
        self.coming: list[tuple[datetime, str, int, Arrival]] = []
        self.expected = 0
        self.days: defaultdict[date, Counter[str]] = defaultdict(Counter)
        self.actions: Counter[str] = Counter()
        self.assigned: Counter[str] = Counter()

    def expect(self, arrival: object) -> None:
        if not isinstance(arrival, Arrival):
            raise InvalidValue(f"arrivals[{self.expected}]", shown(arrival), "an Arrival")
        heapq.heappush(self.coming, (arrival.at, arrival.key, self.expected, arrival))
        self.expected += 1

    def run(self, step: Span) -> None:
        """Let things arrive until each review, and review, until the end."""
        if not self.coming:
            return
        last, moment = None, self.coming[0][0]
        while True:
            following = step.after(moment)
            moment = min(following, self.until) if moment < self.until else self.until
            self._arrive(moment)
            self._review(moment, last)
            last = moment
            if moment >= self.until:
                return

    def _arrive(self, until: datetime) -> None:
        while self.coming and self.coming[0][0] <= until:
            at, key, _, arrival = heapq.heappop(self.coming)
            lead = self.leads.get(key, arrival.lead)
            if not isinstance(lead, Lead):
                raise InvalidValue("arrivals", shown(key), "the id of a lead that has come in")
            self.days[at.date()]["new"] += key not in self.leads
            self.days[at.date()]["events"] += 1
            self._keep(self.playbook.handle(lead, arrival.event, self.roster, as_of=at), at)

    def _review(self, at: datetime, since: datetime | None) -> None:
        self.days[at.date()]["reviews"] += 1
        reviewed = self.playbook.review(self.leads.values(), at, since, roster=self.roster)
        for outcome in reviewed:
            self._keep(outcome, at)
        self.roster = reviewed.roster

    def _keep(self, outcome: Outcome, at: datetime) -> None:
        """Keep what came of it, do what was planned, and let the world answer."""
        told = [planned.done(at) for planned in outcome.to_do]
        lead = outcome.lead.after(*(event for event in told if event is not None))
        self.leads[lead.id], self.roster = lead, outcome.roster
        day = self.days[at.date()]
        day["to do"] += len(outcome.to_do)
        for event in outcome.events:
            day["assigned"] += isinstance(event, Assignment)
            day["closed"] += isinstance(event, Disposition) and event.outcome in ENDS
            if isinstance(event, Assignment):
                self.assigned[event.rep] += 1
        for planned in outcome.to_do:
            self.actions[type(planned.action).__name__] += 1
            for arrival in () if self.world is None else self.world(planned, lead):
                self.expect(arrival)

    def simulated(self) -> Simulated:
        return Simulated(
            Frozen(dict(sorted(self.leads.items()))),
            self.roster,
            tuple(self._days()),
            Frozen(dict(sorted(self.actions.items()))),
            Frozen(dict(sorted(self.assigned.items()))),
            len(self.coming),
        )

    def _days(self) -> Iterator[SimulatedDay]:
        for day, found in sorted(self.days.items()):
            keys = ("events", "new", "assigned", "closed", "to do")
            yield SimulatedDay(day, *(found[key] for key in keys))

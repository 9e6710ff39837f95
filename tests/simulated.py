"""A made-up month of events, as they reach us: twice, late and out of order; always the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random  # noqa: TID251 (seeded: the same month every time)

from leadflow import Activity, Lead
from leadflow.actions import CreateTask, SendMessage
from leadflow.automation import Planned
from leadflow.contact import may_contact
from leadflow.events import Assignment, Disposition, Event
from leadflow.presets import disposition_policy
from leadflow.routing import Absence, Rep, Roster
from leadflow.simulation import Arrival, Simulated

START = datetime(2026, 3, 2, tzinfo=UTC)
_KINDS = (
    *("page_viewed", "email_opened", "email_clicked", "content_downloaded", "call"),
    *("email_opened", "page_viewed", "email_clicked", "trial_started", "email_replied"),
)
_PAGES = ("/pricing", "/blog/how", "/product")
_ZONES = ("Europe/Warsaw", "America/New_York", "Asia/Tokyo", None)
_POLICY = disposition_policy(verifiers=["rep-01", "rep-02"])


def reps(count: int = 12) -> Roster:
    """Make reps of whom every third is away for some days."""
    away = [Absence(date(2026, 3, 9), date(2026, 3, 13), "on leave")]
    return Roster(
        [Rep(f"rep-{n:02}", away=away if n % 3 == 0 else ()) for n in range(1, count + 1)]
    )


def arrivals(leads: int, events: int, *, days: int = 30, seed: int = 7) -> Iterator[Arrival]:
    """Draw leads with so many events each, of which some come late, and some twice."""
    chance = Random(seed)
    for number in range(leads):
        came = START + timedelta(seconds=chance.randrange(days * 80_000))
        lead = _lead(f"L-{number:06}", came, chance)
        for place, event in enumerate(_log(lead, came, events, days, chance)):
            late = (
                timedelta(hours=chance.randrange(24)) if place and chance.random() < 0.2 else None
            )
            at = event.at if late is None else event.at + late
            yield Arrival(at, lead, event)
            if chance.random() < 0.1:
                yield Arrival(at + timedelta(minutes=chance.randrange(600)), lead, event)


def _lead(id: str, came: datetime, chance: Random) -> Lead:
    return Lead(
        id,
        came,
        time_zone=chance.choice(_ZONES),
        fields={
            "employees": chance.choice([2, 9, 10, 20, 50, 51, 400, None]),
            "email": f"{id.lower()}@lead.example",
            "phone": "+48 12 345 67 89" if chance.random() < 0.7 else None,
            "do_not_contact": True if chance.random() < 0.03 else None,
        },
    )


def _log(lead: Lead, came: datetime, events: int, days: int, chance: Random) -> Iterable[Event]:
    yield Activity("form_submitted", came, id=f"{lead.id}-0", data={"form": "contact"})
    moment = came
    for number in range(1, events):
        moment += timedelta(seconds=chance.randrange(1, max(2, days * 86_400 // events)))
        id = f"{lead.id}-{number}"
        drawn = chance.random()
        if drawn < 0.01:
            yield Activity("email_unsubscribed", moment, id=id)
        elif drawn < 0.02 and number == events - 1:
            yield Disposition("unqualified", moment, reason="not_interested", never=["all"], id=id)
        else:
            yield _activity(chance.choice(_KINDS), moment, id, chance)


def _activity(kind: str, at: datetime, id: str, chance: Random) -> Activity:
    if kind == "page_viewed":
        return Activity(kind, at, id=id, data={"page": chance.choice(_PAGES)})
    if kind == "call":
        return Activity(kind, at, id=id, answered=chance.random() < 0.3)
    return Activity(kind, at, id=id, data={"email": f"m-{chance.randrange(4)}"})


class World:
    """What follows from what was planned: calls are made, some answered, some leads closed.

    Remembers every contact that was planned though the gate refuses it for good.
    """

    def __init__(self) -> None:
        self.suppressed: list[str] = []
        self.closed: set[str] = set()

    def __call__(self, planned: Planned, lead: Lead) -> Iterator[Arrival]:
        """Answer what was planned for a lead."""
        action = planned.action
        if isinstance(action, SendMessage):
            self._hold(planned, lead, action.channel)
        if isinstance(action, CreateTask) and action.kind == "call":
            self._hold(planned, lead, "phone")
            drawn = Random(planned.key)
            at = planned.at + timedelta(hours=1 + drawn.randrange(5))
            call = Activity("call", at, id=f"{planned.key}-call", answered=drawn.random() < 0.4)
            yield Arrival(at, lead.id, call)
            if drawn.random() < 0.1 and lead.disposition is None and lead.id not in self.closed:
                self.closed.add(lead.id)
                later = at + timedelta(minutes=5)
                closed = _POLICY.close(
                    lead, "unqualified", "no_budget", at=later, by=lead.owner, id=f"{lead.id}-end"
                )
                yield Arrival(later, lead.id, closed)

    def _hold(self, planned: Planned, lead: Lead, channel: str) -> None:
        refusals = may_contact(lead, channel, planned.at).refusals
        self.suppressed += [
            f"{lead.id}: {planned}: {refusal}" for refusal in refusals if refusal.until is None
        ]


def check(simulated: Simulated, world: World, leads: int) -> None:
    """Hold what the issue asks of a simulation."""
    assert len(simulated.leads) == leads
    assert not world.suppressed
    for lead in simulated.leads.values():
        assigned = [event for event in lead.events if isinstance(event, Assignment)]
        assert len(assigned) <= 1, lead.id
        standing = lead.disposition
        assert standing is None or standing.reason, lead.id
        ids = [event.id for event in lead.events if event.id is not None]
        assert len(ids) == len(set(ids))

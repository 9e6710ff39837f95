"""Leads with a few weeks of work behind them, and the order of the day's work as written by hand."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from benchmarks.contenders import NOW
from leadflow import Activity, Lead, Money
from leadflow.events import Event, StageChange, TaskDone, TaskSet
from leadflow.pipeline import Pipeline, Stage, worklist

PIPELINE = Pipeline.linear(
    "sales",
    [
        Stage("new", respond_within="10 minutes"),
        Stage("no_answer", attempts=3),
        Stage("first_contact", follow_up="2 days"),
        Stage("in_process", follow_up="3 days"),
        Stage("won", kind="won"),
        Stage("lost", kind="lost"),
    ],
)
ZONES = ("Europe/Warsaw", "Europe/London", "Asia/Kolkata", "America/New_York", None)
"""At noon in UTC it is too early to call New York."""
KINDS = (
    *("page_viewed",) * 4,
    *("call",) * 5,
    *("email_sent",) * 3,
    *("email_opened",) * 3,
    *("task",) * 2,
    *("done",) * 2,
    *("stage",) * 2,
)
STAGES = (*("no_answer", "first_contact", "in_process") * 4, "won", "lost")
_CLOSED = ("won", "lost")
_MONTH = 30 * 24 * 60


def leads(count: int, seed: int = 7) -> list[Lead]:
    """Draw leads of the last month, each with up to twelve events; a third of them are hot."""
    draw = random.Random(seed)
    return [_lead(draw, f"L-{place}") for place in range(count)]


def _lead(draw: random.Random, id: str) -> Lead:
    age = draw.randrange(1, _MONTH)
    fields = {"email": "ada@example.org", "phone": "+48 22 123 45 67"}
    if draw.random() < 1 / 4:
        del fields["phone"]
    return Lead(
        id,
        NOW - timedelta(minutes=age),
        stage="new",
        pipeline="sales",
        deal_value=Money(100 * draw.randint(1, 200), "EUR"),
        rating=draw.choice(("hot", "warm", "cold")),
        time_zone=draw.choice(ZONES),
        fields=fields,
        events=_log(draw, age),
    )


def _log(draw: random.Random, age: int) -> list[Event]:
    log: list[Event] = []
    for ago in sorted((draw.randrange(age) for _ in range(draw.randint(0, 12))), reverse=True):
        event = _event(draw, NOW - timedelta(minutes=ago))
        log.append(event)
        if isinstance(event, StageChange) and event.to in _CLOSED:
            break
    return log


def _event(draw: random.Random, at: datetime) -> Event:
    kind = draw.choice(KINDS)
    match kind:
        case "page_viewed":
            return Activity(kind, at, data={"page": "/pricing"})
        case "call":
            return Activity(kind, at, answered=draw.random() < 1 / 3)
        case "task":
            due = (at + timedelta(days=draw.randint(0, 20))).date()
            return TaskSet(_task(draw), at, due=due, kind=draw.choice(("call", "email", "quote")))
        case "done":
            return TaskDone(_task(draw), at)
        case "stage":
            return StageChange(draw.choice(STAGES), at, pipeline="sales")
        case _:
            return Activity(kind, at)


def _task(draw: random.Random) -> str:
    return f"T-{draw.randrange(3)}"


def by_leadflow(given: Iterable[Lead]) -> list[Lead]:
    """Ask for the worklist."""
    return [item.lead for item in worklist(given, NOW, pipeline=PIPELINE)]


# --- by hand ---

_NEW, _DUE, _NO_ANSWER, _UNPLANNED = range(4)
_FOLLOW_UP = {"first_contact": timedelta(days=2), "in_process": timedelta(days=3)}
_A_DAY = timedelta(days=1)
_MOST_TRIES = {"no_answer": 3}
_Where: TypeAlias = ZoneInfo | None


class _Zones(dict[str | None, tuple[_Where, date, bool]]):
    """The zone, which date it is there, and whether one may call; worked out once for each."""

    def __missing__(self, key: str | None) -> tuple[_Where, date, bool]:
        zone = None if key is None else ZoneInfo(key)
        there = NOW.astimezone(zone) if zone else NOW
        self[key] = (zone, there.date(), zone is None or 8 <= there.hour < 20)
        return self[key]


def by_hand(given: Iterable[Lead]) -> list[Lead]:
    """Read each log once, leave out who has no work today, and sort the others by a key."""
    zones = _Zones()
    placed = [(key, lead) for lead in given if (key := _key(lead, zones)) is not None]
    placed.sort(key=itemgetter(0))
    return [lead for _, lead in placed]


def _key(lead: Lead, zones: Mapping[str | None, Any]) -> tuple[object, ...] | None:
    stage = lead.stage
    if stage in _CLOSED:
        return None
    spoken, tries = False, 0
    last: datetime | None = None
    last_try = NOW
    entered: datetime | None = None
    tasks: dict[str, TaskSet] = {}
    for event in lead.events:
        if isinstance(event, Activity):
            if event.direction == "out":
                last = event.at
                if event.answered:
                    spoken, tries = True, 0
                elif event.channel != "email":
                    tries, last_try = tries + 1, event.at
        elif isinstance(event, TaskSet):
            tasks[event.task] = event
        elif isinstance(event, TaskDone):
            tasks.pop(event.task, None)
        elif isinstance(event, StageChange):
            entered = event.at
    zone, today, is_awake = zones[lead.time_zone]
    is_new = not spoken and not tries and stage == "new"
    kind: str | None = "call"
    if tasks:
        task = min(tasks.values(), key=lambda one: (one.due, one.task))
        if task.due is not None and task.due > today:
            return None
        group, kind = _NEW if is_new else _DUE, task.kind
    elif is_new:
        group = _NEW
    elif tries:
        group = _NO_ANSWER
        if tries >= _MOST_TRIES.get(stage or "", 100):
            kind = None
        elif last_try.astimezone(zone).date() + _FOLLOW_UP.get(stage or "", _A_DAY) > today:
            return None
    elif stage in _FOLLOW_UP:
        group, since = _DUE, last or entered or lead.created_at or NOW
        if since.astimezone(zone).date() + _FOLLOW_UP[stage] > today:
            return None
    else:
        group, kind = _UNPLANNED, None
    values = lead.values
    if kind == "call" and not (is_awake and "phone" in values):
        return None
    if kind == "email" and "email" not in values:
        return None
    return (group, lead.rating != "hot", _within(group, lead, last), lead.id)


def _within(group: int, lead: Lead, last: datetime | None) -> object:
    if group == _NEW:
        return lead.created_at
    if group == _DUE:
        return -lead.deal_value.amount if lead.deal_value else 0
    return last or lead.created_at


def agreeing(given: Iterable[Lead]) -> int:
    """Count the leads on the worklist, having checked that by hand it is the same one."""
    drawn = list(given)
    order = [lead.id for lead in by_leadflow(drawn)]
    if order != [lead.id for lead in by_hand(drawn)]:
        raise SystemExit("the worklist by hand is another one")
    return len(order)

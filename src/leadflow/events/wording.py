"""Events in English, for timelines and briefs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from leadflow.events.event import (
    Activity,
    Assignment,
    Conversion,
    Disposition,
    Erased,
    Event,
    FieldsSet,
    Note,
    Overridden,
    Qualification,
    Rated,
    Reopened,
    Scored,
    Snoozed,
    StageChange,
    Tagged,
    TaskDone,
    TaskSet,
    Untagged,
)


def describe(event: Event) -> str:
    """Say what happened in a few words, without the time.

    >>> from datetime import datetime, timezone
    >>> noon = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
    >>> describe(StageChange("working", noon, from_="new", reason="answered the phone"))
    'moved from new to working: answered the phone'
    """
    return _fact(event) + (f" (by {event.by})" if event.by else "")


def _fact(event: Event) -> str:
    match event:
        case Activity():
            return _activity(event)
        case Note():
            return f"note: {event.text}"
        case FieldsSet():
            return "set " + _pairs(event.values)
        case Tagged():
            return f"tagged {event.tag}"
        case Untagged():
            return f"tag {event.tag} removed"
        case TaskSet():
            due = f", due {event.due.isoformat()}" if event.due else ""
            return f"{event.kind} {event.task} set{due}" + _after(event.title)
        case TaskDone():
            return f"task {event.task} done" + _after(event.result)
        case Snoozed():
            return f"snoozed until {event.until.isoformat()}" + _after(event.reason)
        case Erased():
            return "erased " + ", ".join(event.fields)
        case _:
            return _decision(event)


def _decision(
    event: Scored
    | Rated
    | Overridden
    | Qualification
    | Assignment
    | StageChange
    | Reopened
    | Disposition
    | Conversion,
) -> str:
    match event:
        case Scored():
            return f"scored {event.points}" + (f" by {event.model}" if event.model else "")
        case Rated():
            return f"rated {event.rating}" + _after("; ".join(event.because))
        case Overridden():
            return _override(event)
        case Qualification():
            return f"qualification: {event.status}" + _after(event.reason)
        case Assignment():
            return f"assigned to {event.rep}" + _after("; ".join(event.because))
        case StageChange() | Reopened():
            verb = "reopened" if isinstance(event, Reopened) else "moved"
            origin = f" from {event.from_}" if event.from_ else ""
            return f"{verb}{origin} to {event.to}" + _after(event.reason)
        case Disposition():
            return f"closed as {event.outcome}" + _after(event.reason)
        case Conversion():
            return f"converted into {event.pipeline}, stage {event.stage}"
        case _:
            assert_never(event)


def _activity(event: Activity) -> str:
    answered = {True: ", answered", False: ", no answer", None: ""}[event.answered]
    data = f" ({_pairs(event.data)})" if event.data else ""
    return f"{event.kind.replace('_', ' ')}{answered}{data}"


def _override(event: Overridden) -> str:
    if event.value is None:
        return f"override of the {event.what} lifted" + _after(event.reason)
    until = f" until {event.until.isoformat()}" if event.until else ""
    return f"{event.what} overridden to {event.value}{until}" + _after(event.reason)


def _after(words: str | None) -> str:
    return f": {words}" if words else ""


def _pairs(values: Mapping[str, object]) -> str:
    return ", ".join(
        f"{key} = {'unknown' if value is None else value}" for key, value in sorted(values.items())
    )

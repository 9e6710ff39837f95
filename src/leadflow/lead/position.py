"""Where a lead stands: the start, and what the log has set since."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TypeAlias

import attrs

from leadflow.events import (
    Activity,
    Assignment,
    Conversion,
    Disposition,
    Erased,
    Event,
    FieldsSet,
    Overridden,
    Qualification,
    Rated,
    Reopened,
    Scored,
    StageChange,
    Tagged,
    Untagged,
)
from leadflow.lead.log import Log
from leadflow.money import Money
from leadflow.values import FieldValue, Frozen

Value: TypeAlias = FieldValue | Money

_FIRST = datetime.min.replace(tzinfo=UTC)
_LIFECYCLES = {"mql": "mql", "sql": "sql", "returned": "lead"}


@attrs.frozen
class Position:
    """What is known of a lead by name, and its tags, from `since` on and before `until`.

    `since` is the last event, or the later end of an override; at `until` the next override ends.
    `reset_at` is the instant of the last disposition that reset the engagement.
    """

    values: Frozen[Value]
    tags: frozenset[str]
    since: datetime
    until: datetime | None
    reset_at: datetime | None = None


def replay(start: Frozen[Value], tags: Iterable[str], log: Log, now: datetime | None) -> Position:
    """Apply a log, in order, to what was known at the start.

    Overrides that end at or before `now` (the last event's instant if None) have ended.
    """
    if not log:
        return Position(start, frozenset(tags), _FIRST, None)
    values: dict[str, Any] = dict(start)
    tagged = set(tags)
    overrides: dict[str, Overridden] = {}
    reset_at = None
    for event in log:
        match event:
            case Activity():
                continue
            case Tagged():
                tagged.add(event.tag)
            case Untagged():
                tagged.discard(event.tag)
            case Overridden():
                overrides[event.what] = event
            case _:
                values.update(changes(event))
                if isinstance(event, Disposition) and event.resets_engagement:
                    reset_at = event.at
    last = log[-1].at
    ended, coming = _override(values, overrides.values(), now or last)
    known = {key: value for key, value in values.items() if value is not None}
    return Position(
        Frozen(known), frozenset(tagged), max([last, *ended]), min(coming, default=None), reset_at
    )


def _override(
    values: dict[str, Any], overrides: Iterable[Overridden], now: datetime
) -> tuple[list[datetime], list[datetime]]:
    """Put what holds before what machines decided; return the ends that were and those to come."""
    ended: list[datetime] = []
    coming: list[datetime] = []
    for override in overrides:
        if override.value is None:
            continue
        if override.until and override.until <= now:
            ended.append(override.until)
        else:
            values[override.what] = override.value
            coming += [override.until] if override.until else []
    return ended, coming


def changes(event: Event) -> dict[str, Any]:
    """Tell which named values an event sets; None makes a value unknown."""
    match event:
        case FieldsSet():
            return dict(event.values)
        case Erased():
            return dict.fromkeys(event.fields)
        case StageChange() | Reopened():
            return _given(stage=event.to, pipeline=event.pipeline)
        case Assignment():
            return {"owner": event.rep}
        case Rated():
            return {"rating": event.rating}
        case Scored():
            return _given(score=event.points, win_probability=event.win_probability)
        case Qualification():
            return {"lifecycle": _LIFECYCLES[event.status]}
        case Disposition(outcome="won"):
            return {"lifecycle": "customer"}
        case Conversion():
            return _conversion(event)
        case _:
            return {}


def _conversion(event: Conversion) -> dict[str, Any]:
    place = {"pipeline": event.pipeline, "stage": event.stage, "lifecycle": "opportunity"}
    return place | _given(owner=event.owner, deal_value=event.value, due=event.expected_close)


def _given(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}

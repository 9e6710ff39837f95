"""The order of a log, repeats, and the union of logs.

The order is (at, sequence, id, content), so it is the same whatever order events came in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import groupby

import attrs

from leadflow.errors import ConflictingEvents, InvalidValue, LimitExceeded, printable, shown
from leadflow.events import EVENT_TYPES, Event
from leadflow.limits import DEFAULT_LIMITS

Log = tuple[Event, ...]
_RANKS = {kind: rank for rank, kind in enumerate(EVENT_TYPES)}
"""Content begins with the place in the union: of one instant, a score stands before its rating."""


def arrange(lead: str, events: Iterable[Event]) -> Log:
    """Put events in order and leave out repeats of an id.

    Raises `ConflictingEvents` when one id stands for two different events, `InvalidValue` for
    something that is no event, or of a subclass of one, `LimitExceeded` beyond the events a log may
    hold.
    """
    if isinstance(events, str | bytes | Mapping) or not isinstance(events, Iterable):
        raise InvalidValue("Lead.events", shown(events), "a list of events")
    return _ordered(_without_repeats(lead, events))


def extended(lead: str, log: Log, events: tuple[Event, ...]) -> Log:
    """Join events to a log that is in order; quick where each comes after all before it.

    Raises as `arrange` does.
    """
    if len(log) + len(events) > DEFAULT_LIMITS.events:
        return arrange(lead, (*log, *events))
    last = _place(log[-1]) if log else None
    known = {event.id for event in log} if any(getattr(e, "id", None) for e in events) else set()
    for event in events:
        if type(event) not in _RANKS:
            return arrange(lead, (*log, *events))
        place = _place(event)
        if (last is not None and place <= last) or (event.id is not None and event.id in known):
            return arrange(lead, (*log, *events))
        last = place
        known.add(event.id)
    return log + events


def union(lead: str, logs: Iterable[Log]) -> Log:
    """Unite logs: each id once; of equal events without an id, as many as the fullest log has."""
    merged: list[Event] = []
    copies: Counter[Event] = Counter()
    chosen: dict[Event, Event] = {}
    for log in logs:
        merged += (event for event in log if event.id is not None)
        anonymous = [event for event in log if event.id is None]
        copies |= Counter(anonymous)
        for event in anonymous:
            chosen[event] = _same(lead, chosen.get(event, event), event)
    return arrange(lead, [*merged, *(chosen[event] for event in copies.elements())])


def following(log: Log, at: datetime, kinds: tuple[type, ...]) -> int | None:
    """Tell the sequence that puts an event after those of some kinds at its very instant.

    None if there are none.

    >>> from datetime import UTC
    >>> from leadflow.events import Tagged
    >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> following((Tagged("vip", noon),), noon, (Tagged,))
    0
    """
    for event in reversed(log):
        if event.at < at:
            return None
        if event.at == at and isinstance(event, kinds):
            return 0 if event.sequence is None else event.sequence + 1
    return None


def content(event: Event) -> str:
    """Write an event in a canonical text, the last tie-break of the order."""
    parts = [f"{_RANKS[type(event)]:02}"]
    for field in attrs.fields(type(event)):
        value = getattr(event, field.name)
        parts.append(repr(sorted(value.items())) if isinstance(value, Mapping) else repr(value))
    return "\x1f".join(parts)


def _without_repeats(lead: str, events: Iterable[Event]) -> list[Event]:
    kept: list[Event] = []
    seen: dict[str, int] = {}
    for event in events:
        if type(event) not in _RANKS:
            raise InvalidValue(f"lead {lead}: event", shown(event), "an event", _hint(event))
        place = len(kept) if event.id is None else seen.setdefault(event.id, len(kept))
        if place < len(kept):
            kept[place] = _same(lead, kept[place], event)
            continue
        kept.append(event)
        if len(kept) > DEFAULT_LIMITS.events:
            where = f"lead {lead}: events"
            raise LimitExceeded(where, "a log", DEFAULT_LIMITS.events, f"{len(kept):,} or more")
    return kept


def _hint(value: object) -> str:
    if isinstance(value, EVENT_TYPES):
        base = next(kind for kind in EVENT_TYPES if isinstance(value, kind))
        return f"events are a closed set: make a {base.__name__} itself, not a subclass of it"
    if isinstance(value, list | tuple):
        return "pass them one by one: after(*events)"
    return "a decision such as a Score joins the log through its event"


def _same(lead: str, known: Event, other: Event) -> Event:
    """Choose between equal events that are written differently, 1 and 1.0, whatever their order."""
    if known is other:
        return known
    first, second = sorted((known, other), key=content)
    if known != other:
        raise ConflictingEvents(lead, str(known.id), _apart(first, second), _apart(second, first))
    return first


def _apart(event: Event, other: Event) -> str:
    """Show an event by what tells it from another one."""
    if type(event) is not type(other):
        return shown(event, 700)
    names = [field.name for field in attrs.fields(type(event))]
    parts = [
        f"{name}={printable(repr(getattr(event, name)), 300)}"
        for name in names
        if getattr(event, name) != getattr(other, name)
    ]
    return printable(f"{type(event).__name__}({', '.join(parts)})", 700)


def _ordered(events: list[Event]) -> Log:
    if len(events) < 2:  # noqa: PLR2004 (nothing to put in order)
        return tuple(events)
    events = sorted(events, key=_place)
    ordered: list[Event] = []
    for _, group in groupby(events, key=_place):
        together = list(group)
        ordered += sorted(together, key=content) if len(together) > 1 else together
    return tuple(ordered)


def _place(event: Event) -> tuple[datetime, int, str]:
    return (event.at, -1 if event.sequence is None else event.sequence, event.id or "")

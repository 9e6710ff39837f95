"""Erasure: a lead without its personal data, which still counts where leads are counted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import groupby
from typing import Any, TypeVar, assert_never

import attrs

from leadflow.contact import DEFAULT_RULES, ContactRules, may_contact
from leadflow.errors import InvalidValue, shown
from leadflow.events import (
    ATTRIBUTES,
    EVENT_TYPES,
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
from leadflow.lead import Lead
from leadflow.lead.lead import Start
from leadflow.lead.log import arrange, following
from leadflow.values import Frozen, instant, name, names

V = TypeVar("V")
_REFUSALS = tuple(sorted(key for keys in DEFAULT_RULES.refused_by.values() for key in keys))
"""The fields that refuse contact."""
_GATE = ContactRules(refused_by={"all": _REFUSALS}, addresses={}, by_day=())
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)
_LONGEST = 150
"""Characters of an id that leave room for a number after it."""
_NO_TAG = "(erased)"
"""Stands for the tags that are erased, and is never on a lead."""
_MISTAKEN = {
    "id": "the id stays unless id= gives another",
    "tags": "name the tags to keep one by one",
    "fields": "name the fields to keep one by one",
    "events": "all events stay, without what is personal",
    _NO_TAG: "it stands for the tags that are erased",
}
_Starts = tuple[Start, ...]


def anonymise(lead: Lead, at: datetime, *, keep: Iterable[str] = (), id: str | None = None) -> Lead:
    """Remove the personal data from a lead, from its log and so from whatever is told of it.

    What is not known to be harmless goes, unless `keep` names it: a field, a key of activities'
    data, a tag, or "topic" and "source" of notes. Only the names of the fields stay.

    - Gone: the lead's own fields, numbers and dates too; its tags; the data of activities; the text
      of notes; titles and results of tasks; the notes of dispositions; every reason in words and
      every because; the host's id of a deal. `by` goes where it may be the lead: from activities
      that are not outgoing, from notes and from settings of fields.
    - Kept: the attributes of a lead, such as source, stage, owner and score; the instants, sequences,
      kinds, channels, directions and answers of activities; outcomes, keys of reasons and
      consequences; the need of a note; reps, rules, strategies and models. The fields that refuse
      contact (do_not_contact, do_not_call, do_not_email) stay as True or False, for without them the
      lead would be contacted again; where `ContactRules` has others, name these in `keep`.
    - An event of an erased tag stays in its place as an `Untagged` of "(erased)", a tag that is on no
      lead. All other events stay what they are.
    - Events and tasks get new ids, made from the lead's id and a number, so that two erased leads can
      still be merged; those that an earlier erasure gave stay. Duplicates are to be merged first: afterwards nobody can tell what they share.
      A log that is replayed from elsewhere would come in anew.
    - `id` takes the place of an id that is personal, such as an e-mail address; the ids of merged
      leads are numbered after it. Without it the ids stay.

    An `Erased` event at `at` names the fields that went, so that a value from before stays unknown
    though it arrives late. Events later than `at` are treated like all others. Where nothing is left
    to erase the same lead comes back, at whatever instant it is asked for.

    Raises `InvalidValue` for what is no lead and for names or ids that cannot be, `NaiveDatetime` for
    an instant without a zone, and `LimitExceeded` for a log that has no room for one event more.

    >>> from leadflow import Activity
    >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> call = Activity(
    ...     "call", noon, answered=True, by="dana", data={"said": "Ada is on leave"}
    ... )
    >>> ada = Lead(
    ...     "L-7", source="fair", fields={"name": "Ada", "employees": 120}, events=[call]
    ... )
    >>> erased = anonymise(ada, noon, keep=["employees"])
    >>> erased.fields, erased.source
    ({'employees': 120}, 'fair')
    >>> erased.timeline()
    ('2026-03-01 12:00 UTC  call, answered (by dana)', '2026-03-01 12:00 UTC  erased name')
    """
    moment = instant("at", at)
    if not isinstance(lead, Lead):
        raise InvalidValue("lead", shown(lead), "a Lead", "Lead(id, fields={...}) makes one")
    kept = _kept("keep", keep)
    starts = _starts(lead, kept, None if id is None else name("id", id))
    log = _log(lead, starts[0].id, kept, moment)
    if starts == lead.starts and log == lead.events:
        return lead
    now = max([lead._since, *(event.at for event in log[-1:])])  # noqa: SLF001 (ours)
    return lead._with(arrange(starts[0].id, log), now, starts)  # noqa: SLF001 (ours)


def _kept(where: str, keep: object) -> frozenset[str]:
    found = frozenset(names(where, keep))
    for key, hint in _MISTAKEN.items():
        if key in found:
            raise InvalidValue(where, shown(key), "fields, keys of data and tags", hint)
    return found


def _is_personal(key: str, keep: frozenset[str]) -> bool:
    return not (key in ATTRIBUTES or key in keep or key in _REFUSALS)


def _without_personal(values: Mapping[str, V], keep: frozenset[str]) -> dict[str, V | bool]:
    """Leave out personal fields; of a field that refuses contact only say whether it does."""
    return {
        key: _refuses(key, value) if key in _REFUSALS and key not in keep else value
        for key, value in values.items()
        if not _is_personal(key, keep)
    }


def _refuses(key: str, value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    return not may_contact(Lead("asked", fields={key: value}), None, _ANY_TIME, _GATE)


def _starts(lead: Lead, keep: frozenset[str], new_id: str | None) -> _Starts:
    """Rid the starts of what is personal; they stay in their order, and the first is the survivor's."""
    cleared = [
        Start(
            Frozen(_without_personal(start.values, keep)),
            tuple(tag for tag in start.tags if tag in keep),
        )
        for start in lead.starts
    ]
    by_place = groupby(cleared, key=lambda start: (start.created_at, start.id))
    found = [start for _, group in by_place for start in _in_order(lead, tuple(group))]
    if new_id is None:
        return tuple(found)
    width = len(str(len(found)))
    return tuple(
        attrs.evolve(start, values=Frozen({**start.values, "id": _numbered(new_id, number, width)}))
        for number, start in enumerate(found)
    )


def _in_order(lead: Lead, starts: _Starts) -> _Starts:
    """Make the starts of one id and date one, where what put them in their order is erased."""
    distinct = tuple(dict.fromkeys(starts))
    if list(distinct) == sorted(distinct, key=lambda start: start.place):
        return distinct
    values: dict[str, Any] = dict(lead._with((), starts=distinct).values)  # noqa: SLF001 (ours)
    for key in _REFUSALS:
        if any(_refuses(key, start.values.get(key)) for start in distinct):
            values[key] = True
    tags = {tag for start in distinct for tag in start.tags}
    return (Start(Frozen(values), tuple(sorted(tags))),)


def _numbered(new_id: str, number: int, width: int) -> str:
    return name("id", f"{new_id}-{number:0{width}}") if number else new_id


def _log(lead: Lead, new_id: str, keep: frozenset[str], at: datetime) -> tuple[Event, ...]:
    """Rid the log of what is personal, add what was erased, and number the events and tasks."""
    prefix = new_id if len(new_id) <= _LONGEST else blake2b(new_id.encode()).hexdigest()
    tasks = {event.task for event in lead.events if isinstance(event, TaskSet | TaskDone)}
    # In the order of their ids, by which tasks due together are done.
    numbers = _ids(f"{prefix}-task-", sorted(tasks))
    log = [_cleared(event, keep, numbers) for event in lead.events]
    if erased := _erased(lead, keep):
        place = sum(event.at <= at for event in log)
        log.insert(place, Erased(erased, at, sequence=following(lead.events, at, EVENT_TYPES)))
    known = [event.id or f"\x1f{place}" for place, event in enumerate(log)]
    given = _ids(f"{prefix}-event-", known)
    return tuple(attrs.evolve(event, id=given[key]) for event, key in zip(log, known, strict=True))


def _ids(prefix: str, known: Iterable[str]) -> dict[str, str]:
    """Number ids in their order; those that an earlier erasure has numbered stay as they are."""
    numbered = re.compile(re.escape(prefix) + "[0-9]{6}")
    found = {each: each for each in known if numbered.fullmatch(each)}
    last = max((int(each[-6:]) for each in found), default=0)
    fresh = (each for each in known if each not in found)
    return found | {each: f"{prefix}{n:06}" for n, each in enumerate(fresh, last + 1)}


def _erased(lead: Lead, keep: frozenset[str]) -> set[str]:
    keys = {key for start in lead.starts for key in start.values}
    keys.update(
        key for event in lead.events if isinstance(event, FieldsSet) for key in event.values
    )
    return {key for key in keys if _is_personal(key, keep)}


def _cleared(event: Event, keep: frozenset[str], tasks: Mapping[str, str]) -> Event:
    if isinstance(event, Tagged | Untagged):
        if event.tag in keep:
            return event
        return Untagged(_NO_TAG, event.at, sequence=event.sequence, by=event.by, id=event.id)
    if isinstance(event, TaskSet):
        return attrs.evolve(event, task=tasks[event.task], title=None)
    if isinstance(event, TaskDone):
        return attrs.evolve(event, task=tasks[event.task], result=None)
    return attrs.evolve(event, **_emptied(event, keep))


def _emptied(event: Event, keep: frozenset[str]) -> dict[str, Any]:
    """Tell what stands in an event in place of what is personal."""
    match event:
        case Activity():
            data = {key: value for key, value in event.data.items() if key in keep}
            return {"data": data, "by": event.by if event.direction == "out" else None}
        case Note():
            told = {key: getattr(event, key) for key in ("topic", "source") if key in keep}
            return {"text": "", "topic": None, "source": None, "by": None} | told
        case FieldsSet():
            return {"values": _without_personal(event.values, keep), "by": None}
        case Rated():
            return {"because": ()}
        case Overridden() | Snoozed():
            return {"reason": ""}
        case Qualification():
            return {"reason": None, "because": ()}
        case Assignment():
            rejected = [attrs.evolve(each, because="") for each in event.rejected]
            return {"because": (), "rejected": rejected}
        case StageChange() | Reopened():
            return {"reason": None}
        case Disposition():
            return {"note": None}
        case Conversion():
            return {"deal": None}
        case Scored() | Erased() | Tagged() | Untagged() | TaskSet() | TaskDone():
            return {}
        case _:
            assert_never(event)

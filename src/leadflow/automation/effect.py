"""Effects: what an action makes of a lead, as far as a rule may be set off by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, assert_never

import attrs

from leadflow.actions import (
    Action,
    Assign,
    Convert,
    CreateTask,
    Dispose,
    Enrol,
    Move,
    Notify,
    SendMessage,
    SetField,
    Tag,
    Unsubscribe,
    Untag,
    Withdraw,
)
from leadflow.automation.enrolment import ENROLLED, LEFT
from leadflow.automation.planned import MESSAGE_PLANNED
from leadflow.automation.reads import Reads
from leadflow.automation.trigger import OTHER_KINDS
from leadflow.conditions import All, AnyOf, Condition, Dated, Not
from leadflow.conditions.matching import compiled, fields_of

FIRED = "automation"
"""The kind of activity by which the log remembers that a rule fired."""
_PLACE = frozenset({"stage", "pipeline"})
_NAMED = {
    word: frozenset(each.name.rstrip("_") for each in attrs.fields(kind))
    for kind, word in OTHER_KINDS.items()
}
_OF_ACTIVITIES = frozenset({"channel", "direction", "answered", "by"})


def _typed(data: Mapping[str, Any]) -> tuple[tuple[str, type, Any], ...]:
    """Tell True from 1, which Python holds for equal."""
    return tuple((key, type(value), value) for key, value in data.items())


@attrs.frozen(cache_hash=True)
class Effect:
    """What happens to a lead: an event, by its word, and what it changes.

    `data` is what is known of the event's data, `others` are what else it may tell. `fields` and `tag`
    are changed; a stage is entered, or any stage of a pipeline.
    """

    kind: str
    data: Mapping[str, Any] = attrs.field(factory=dict, eq=_typed)
    others: frozenset[str] = attrs.field(default=frozenset(), eq=False)
    fields: frozenset[str] = frozenset()
    tag: str | None = None
    stage: str | None = None
    pipeline: str | None = None

    def changes(self, reads: Reads) -> bool:
        """Tell whether what reads this may find something else now.

        >>> effect_of(Tag("vip")).changes(Reads(tags=frozenset({"vip"})))
        True
        """
        told = self.kind in reads.kinds or self.tag in reads.tags
        return told or not self.fields.isdisjoint(reads.fields)


def effect_of(action: Action) -> Effect | None:
    """Tell what an action makes of a lead; None for what leaves it as it is.

    >>> effect_of(Tag("vip")).kind, effect_of(Notify("ada", "hello"))
    ('tagged', None)
    """
    match action:
        case Tag(tag=tag):
            return _event("tagged", {"tag": tag}, tag=tag)
        case Untag(tag=tag):
            return _event("untagged", {"tag": tag}, tag=tag)
        case SetField(field=key, value=value):
            data = {} if value is None else {key: value}
            return Effect("fields_set", data, fields=frozenset({key}))
        case Assign(rep=rep):
            return _event("assignment", {"rep": rep}, fields=frozenset({"owner"}))
        case Move(to=to):
            return _event("stage_change", {"to": to}, fields=_PLACE, stage=to)
        case Convert(pipeline=to):
            changed = _PLACE | {"lifecycle"}
            return _event("conversion", {"pipeline": to}, fields=changed, pipeline=to)
        case Dispose(outcome=outcome, reason=reason):
            changed = frozenset({"lifecycle"} if outcome == "won" else ())
            return _event("disposition", {"outcome": outcome, "reason": reason}, fields=changed)
        case CreateTask(kind=kind, rep=rep, title=title):
            return _event("task_set", {"kind": kind, "rep": rep, "title": title})
        case SendMessage() | Unsubscribe() | Enrol() | Withdraw() | Notify():
            return _activity(action)
        case _ as never:
            assert_never(never)


def _activity(
    action: SendMessage | Unsubscribe | Enrol | Withdraw | Notify,
) -> Effect | None:
    match action:
        case SendMessage(content=content):
            return _told(MESSAGE_PLANNED, {"content": content}, "rule")
        case Unsubscribe():
            return _told("email_unsubscribed", {"automatic": True})
        case Enrol(sequence=name, after=None):
            return _told(ENROLLED, {"sequence": name}, "round", "version")
        case Enrol(sequence=name):
            return _told("sequence_planned", {"sequence": name}, "on")
        case Withdraw(sequence=name):
            return _told(LEFT, {"sequence": name}, "round", "because")
        case Notify():
            return None
        case _ as never:
            assert_never(never)


def fired(rule: str) -> Effect:
    """Tell what it makes of a lead that a rule fires: the log remembers it.

    >>> fired("hot").kind
    'automation'
    """
    return _told(FIRED, {"rule": rule}, "version")


def _told(kind: str, data: Mapping[str, Any], *others: str) -> Effect:
    return _effect(kind, data, _OF_ACTIVITIES.union(others))


def _event(kind: str, data: Mapping[str, Any], **changed: Any) -> Effect:
    return _effect(kind, data, _NAMED[kind], **changed)


def _effect(kind: str, data: Mapping[str, Any], named: frozenset[str], **changed: Any) -> Effect:
    """Tell what is known of the data; of the rest of what is named, nobody can tell."""
    known = {key: value for key, value in data.items() if value is not None}
    return Effect(kind, known, named.union(data) - set(known), **changed)


# --- whether a condition on an event's data may hold of an effect ---

Verdict: TypeAlias = bool | None
"""Yes, no, or that nobody can tell."""
Judge: TypeAlias = Callable[[Effect], Verdict]


def judge(where: Condition) -> Judge:
    """Make a function that tells whether a condition on an event's data holds of an effect.

    >>> from leadflow import field
    >>> asks = judge(field("tag").equals("vip") & field("by").is_known())
    >>> asks(effect_of(Tag("vip"))), asks(effect_of(Tag("fan")))
    (None, False)
    """
    match where:
        case All():
            return _all([judge(part) for part in where.conditions])
        case AnyOf():
            return _opposite(_all([_opposite(judge(part)) for part in where.conditions]))
        case Not():
            return _opposite(judge(where.condition))
        case Dated(field=key):
            return lambda effect: None if key in effect.data or key in effect.others else False
        case _:
            return _leaf(where)


def _leaf(where: Condition) -> Judge:
    asks: Any = compiled(where)
    fields = fields_of(where)

    def judged(effect: Effect) -> Verdict:
        return asks(effect.data, None, None) if fields.isdisjoint(effect.others) else None

    return judged


def _all(judges: list[Judge]) -> Judge:
    def judged(effect: Effect) -> Verdict:
        found = {each(effect) for each in judges}
        return False if False in found else None if None in found else True

    return judged


def _opposite(one: Judge) -> Judge:
    def judged(effect: Effect) -> Verdict:
        found = one(effect)
        return None if found is None else not found

    return judged

"""When: what sets a rule off, as data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, TypeAlias, get_args

import attrs

from leadflow.conditions import Compare, Condition, all_of, always
from leadflow.conditions.node import condition_at, only_about_data
from leadflow.errors import InvalidValue, shown
from leadflow.events import EVENT_TYPES, Activity, Event, FieldsSet
from leadflow.money import Money
from leadflow.span import SPAN, Span, given_span
from leadflow.values import NAME, WHOLE, FieldValue, checks

_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
OTHER_KINDS: Mapping[type[Event], str] = {
    kind: _CAPITAL.sub("_", kind.__name__).lower() for kind in EVENT_TYPES if kind is not Activity
}
"""The words for events that are no activities: note, tagged, fields_set, stage_change and so on."""
_SCALARS = (str, int, float, date, Money)


def kind_of_event(event: Event) -> str:
    """Name what happened: the kind of an activity, else the word for the event.

    >>> from datetime import UTC, datetime
    >>> from leadflow.events import Tagged
    >>> kind_of_event(Tagged("vip", datetime(2026, 3, 1, tzinfo=UTC)))
    'tagged'
    """
    return event.kind if isinstance(event, Activity) else OTHER_KINDS[type(event)]


def data_of_event(event: Event) -> Mapping[str, Any]:
    """Return what a condition on an event reads: an activity's data, else what the event says.

    >>> data_of_event(FieldsSet({"employees": 20}, datetime(2026, 3, 1, tzinfo=UTC)))
    {'employees': 20}
    """
    if isinstance(event, Activity):
        return event.values
    if isinstance(event, FieldsSet):
        return {key: value for key, value in event.values.items() if value is not None}
    named = {field.name: getattr(event, field.name) for field in attrs.fields(type(event))}
    return {key.rstrip("_"): v for key, v in named.items() if isinstance(v, _SCALARS)}


def data_condition(where: str, value: object) -> Condition:
    """Take a condition on an event's own data."""
    found = condition_at(where, value)
    only_about_data(found)
    return found


@attrs.frozen(field_transformer=checks)
class Happens:
    """Something happens to the lead: an activity of a kind, or another event by its word.

    The words are those of the events: note, fields_set, tagged, untagged, scored, rated, overridden,
    qualification, assignment, stage_change, reopened, disposition, conversion, task_set, task_done,
    snoozed and erased. `where` is a condition on the event's own data: those of an activity, the
    values of fields_set, else the event's facts, such as the tag of tagged. Raises `InvalidValue`
    for a condition on anything else.

    >>> from leadflow import field
    >>> print(Happens("form_submitted", field("form").equals("demo")))
    form_submitted happens (form is 'demo')
    """

    kind: str = attrs.field(metadata=NAME)
    where: Condition = attrs.field(default=always(), metadata={"check": data_condition})

    def __str__(self) -> str:
        about = "" if self.where == always() else f" ({self.where})"
        return f"{self.kind} happens{about}"


def happens(kind: str, /, **data: FieldValue) -> Happens:
    """Set a rule off when something happens with these values among its data.

    >>> print(happens("tagged", tag="vip"))
    tagged happens (tag is 'vip')
    """
    parts = [Compare(key, "equals", value) for key, value in data.items()]
    if not parts:
        return Happens(kind)
    return Happens(kind, parts[0] if len(parts) == 1 else all_of(*parts))


@attrs.frozen(field_transformer=checks)
class ScoreReaches:
    """The score comes to so many points or more, from less or from none.

    >>> print(ScoreReaches(60))
    the score reaches 60
    """

    points: int = attrs.field(metadata=WHOLE)

    def __str__(self) -> str:
        return f"the score reaches {self.points}"


@attrs.frozen(field_transformer=checks)
class ScoreFallsBelow:
    """The score comes to less than so many points, from that or more.

    >>> print(ScoreFallsBelow(30))
    the score falls below 30
    """

    points: int = attrs.field(metadata=WHOLE)

    def __str__(self) -> str:
        return f"the score falls below {self.points}"


@attrs.frozen(field_transformer=checks)
class RatingBecomes:
    """The rating becomes this, from another or from none.

    >>> print(RatingBecomes("hot"))
    the rating becomes hot
    """

    rating: str = attrs.field(metadata=NAME)

    def __str__(self) -> str:
        return f"the rating becomes {self.rating}"


@attrs.frozen(field_transformer=checks)
class StageEntered:
    """The lead comes to stand in a stage, of any pipeline unless one is named.

    >>> print(StageEntered("quote", pipeline="sales"))
    the lead enters quote of sales
    """

    stage: str = attrs.field(metadata=NAME)
    pipeline: str | None = attrs.field(default=None, kw_only=True, metadata=NAME)

    def __str__(self) -> str:
        return f"the lead enters {self.stage}" + (f" of {self.pipeline}" if self.pipeline else "")


@attrs.frozen(field_transformer=checks)
class StageOverdue:
    """The lead stands in a stage for longer than the stage expects; in any stage unless one is named.

    By `leadflow.pipeline.age`: it is no longer green. Once for each time it enters the stage.

    >>> print(StageOverdue("quote"))
    the lead is overdue in quote
    """

    stage: str | None = attrs.field(default=None, metadata=NAME)
    pipeline: str | None = attrs.field(default=None, kw_only=True, metadata=NAME)

    def __str__(self) -> str:
        of = f" of {self.pipeline}" if self.pipeline else ""
        return f"the lead is overdue in {self.stage or 'its stage'}{of}"


@attrs.frozen(field_transformer=checks)
class Silence:
    """Nothing is heard of the lead for a span: since it last did something or was spoken to.

    If it was never heard of, since it came in. Once for each silence.

    >>> print(Silence("14 days"))
    nothing is heard for 14 days
    """

    span: Span = attrs.field(converter=given_span, metadata=SPAN)

    def __str__(self) -> str:
        return f"nothing is heard for {self.span}"


@attrs.frozen(field_transformer=checks)
class DateReached:
    """A date of the lead comes, or is so long ahead as `before` says: due, or any field with a date.

    A date begins at midnight where the lead is. Once for each date that the field is given.

    >>> print(DateReached("due", before="2 weeks"))
    due is 14 days ahead
    """

    field: str = attrs.field(metadata=NAME)
    before: Span | None = attrs.field(
        default=None, kw_only=True, converter=given_span, metadata=SPAN
    )

    def __str__(self) -> str:
        return (
            f"{self.field} is reached"
            if self.before is None
            else f"{self.field} is {self.before} ahead"
        )


@attrs.frozen(field_transformer=checks)
class FollowUpDue:
    """What is next to do about the lead falls due: of one kind, such as call, or of any.

    By `leadflow.pipeline.next_action`: a task, a first contact, another attempt, a follow-up. Once for
    each of them.

    >>> print(FollowUpDue("call"))
    a call falls due
    """

    kind: str | None = attrs.field(default=None, metadata=NAME)

    def __str__(self) -> str:
        return f"{'a follow-up' if self.kind is None else f'a {self.kind}'} falls due"


@attrs.frozen
class RevisitDue:
    """The date comes on which the disposition of the lead says to take it up again.

    >>> print(RevisitDue())
    the lead may be taken up again
    """

    def __str__(self) -> str:
        return "the lead may be taken up again"


ByTime: TypeAlias = StageOverdue | Silence | DateReached | FollowUpDue | RevisitDue
"""What the passing of time brings."""
Trigger: TypeAlias = (
    Happens | ScoreReaches | ScoreFallsBelow | RatingBecomes | StageEntered | ByTime
)
"""Everything that sets a rule off, as data."""
TIMED: tuple[type[ByTime], ...] = get_args(ByTime)
TRIGGERS: tuple[type[Trigger], ...] = get_args(Trigger)


def trigger_at(where: str, value: object) -> Trigger:
    """Take a trigger; raises `InvalidValue`, naming the place, for anything else.

    >>> trigger_at("when", RatingBecomes("hot"))
    RatingBecomes(rating='hot')
    """
    if not isinstance(value, TRIGGERS):
        hint = "such as happens('form_submitted') or ScoreReaches(60)"
        raise InvalidValue(where, shown(value), "a trigger", hint)
    return value


TRIGGER: Any = {"check": trigger_at}

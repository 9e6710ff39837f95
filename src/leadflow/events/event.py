"""The classes of events, and the closed union of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Literal, TypeAlias, get_args

import attrs

from leadflow.errors import InvalidValue, printable, shown
from leadflow.events.facts import Outcome, deal_value, fact_names, facts, one_of, share
from leadflow.events.kinds import STANDARD_KINDS, Direction
from leadflow.markup import table
from leadflow.money import Money
from leadflow.values import (
    DATE,
    EMPTY,
    FLAG,
    INSTANT,
    NAME,
    NAMES,
    SENTENCES,
    TEXT,
    WHOLE,
    FieldValue,
    Frozen,
    calendar_date,
    checks,
    field_values,
    instant,
    listed,
    name,
    whole,
)

_SHOWN_LENGTH = 200


def _brief(value: object) -> str:
    return printable(repr(value), _SHOWN_LENGTH)


def shaped(owner: type, fields: list[attrs.Attribute[Any]]) -> list[attrs.Attribute[Any]]:
    """Check an event's fields by their metadata, and bound each in the event's repr."""
    return [field.evolve(repr=_brief) for field in checks(owner, fields)]


@attrs.frozen(kw_only=True, field_transformer=shaped)
class _Happening:
    id: str | None = attrs.field(default=None, metadata=NAME)
    sequence: int | None = attrs.field(default=None, metadata=WHOLE)
    by: str | None = attrs.field(default=None, metadata=NAME)


_RESERVED_DATA = frozenset({"kind", "channel", "direction", "answered", "by", "at"})


def activity_data(data: Mapping[str, FieldValue | None]) -> Frozen[FieldValue]:
    """Check an activity's own data; unknown values are left out.

    >>> activity_data({"page": "/pricing", "seconds": None})
    {'page': '/pricing'}
    """
    if data is EMPTY:
        return EMPTY
    found = field_values("Activity.data", data)
    for key in found:
        if key in _RESERVED_DATA:
            raise InvalidValue(f"Activity.data.{key}", shown(key), "a key that is not an attribute")
    return Frozen({key: value for key, value in found.items() if value is not None})


@attrs.frozen(field_transformer=shaped)
class Activity(_Happening):
    """Something the lead did, or that was done towards it.

    `kind` is a standard kind (`ActivityKind`) or any other text; a standard kind brings its channel
    and direction. `answered` tells whether an outgoing contact reached the lead, None that nobody
    knows. `data` holds the activity's own facts: page, form, seconds, content and the like; what is
    unknown is left out.

    Raises as every `Event` does, and `InvalidValue` for data named as an attribute, such as channel.

    >>> from datetime import datetime, timezone
    >>> noon = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
    >>> Activity("page_viewed", noon, data={"page": "/pricing"}).channel
    'web'
    """

    kind: str = attrs.field(metadata=NAME)
    at: datetime = attrs.field(metadata=INSTANT)
    channel: str | None = attrs.field(kw_only=True, metadata=NAME)
    direction: Direction | None = attrs.field(kw_only=True, metadata=one_of(Direction))
    answered: bool | None = attrs.field(default=None, kw_only=True, metadata=FLAG)
    data: Mapping[str, FieldValue] = attrs.field(
        default=EMPTY, kw_only=True, converter=activity_data
    )

    @channel.default
    def _standard_channel(self) -> str | None:
        standard = STANDARD_KINDS.get(self.kind)
        return standard.channel if standard else None

    @direction.default
    def _standard_direction(self) -> Direction | None:
        standard = STANDARD_KINDS.get(self.kind)
        return standard.direction if standard else None

    @property
    def is_attempt(self) -> bool:
        """Whether this is an attempt to contact the lead: outgoing, on some channel."""
        return self.direction == "out" and self.channel is not None

    @property
    def values(self) -> Mapping[str, FieldValue]:
        """What conditions on this activity read: its data, channel, direction, answered and by."""
        named = {
            "channel": self.channel,
            "direction": self.direction,
            "answered": self.answered,
            "by": self.by,
        }
        return {**self.data, **{key: value for key, value in named.items() if value is not None}}


@attrs.frozen(field_transformer=shaped)
class Note(_Happening):
    """What was said, kept in its own words; `need` tells a must-have from a nice-to-have.

    `topic`, `source` and `need` are None unless given.

    >>> Note("Needs single sign-on by June", noon, topic="security", need="must-have").need
    'must-have'
    """

    text: str = attrs.field(metadata=TEXT)
    at: datetime = attrs.field(metadata=INSTANT)
    topic: str | None = attrs.field(default=None, kw_only=True, metadata=NAME)
    source: str | None = attrs.field(default=None, kw_only=True, metadata=NAME)
    need: Literal["must-have", "nice-to-have"] | None = attrs.field(
        default=None, kw_only=True, metadata=one_of(Literal["must-have", "nice-to-have"])
    )


def _facts_set(values: Mapping[str, Any]) -> Frozen[Any]:
    return facts("FieldsSet.values", values)


@attrs.frozen(field_transformer=shaped)
class FieldsSet(_Happening):
    """Facts that became known (or, as None, unknown): fields, source, deal value, due, time zone.

    Raises as every `Event` does, and `InvalidValue` for what events of their own set: stage, owner,
    rating, score and the like.

    >>> FieldsSet({"employees": 120, "phone": None}, noon).values
    {'employees': 120, 'phone': None}
    """

    values: Mapping[str, FieldValue | Money | None] = attrs.field(converter=_facts_set)
    at: datetime = attrs.field(metadata=INSTANT)


@attrs.frozen(field_transformer=shaped)
class _OfTag(_Happening):
    tag: str = attrs.field(metadata=NAME)
    at: datetime = attrs.field(metadata=INSTANT)


@attrs.frozen(field_transformer=shaped)
class Tagged(_OfTag):
    """A tag was put on the lead; names are stripped.

    >>> Tagged(" vip ", noon, by="ada").tag
    'vip'
    """


@attrs.frozen(field_transformer=shaped)
class Untagged(_OfTag):
    """A tag was taken off the lead; nothing changes if it was not there.

    >>> Untagged("vip", noon, by="ada").tag
    'vip'
    """


@attrs.frozen(field_transformer=shaped)
class Scored(_Happening):
    """A score was given: points, their two halves and, once calibrated, the win probability.

    Points are whole numbers, `win_probability` lies between 0 and 1; all but `points` may be None,
    the default. `model` and `version` name what gave the score.

    >>> Scored(70, noon, fit=50, engagement=20, win_probability=0.18, model="inbound").points
    70
    """

    points: int = attrs.field(metadata=WHOLE)
    at: datetime = attrs.field(metadata=INSTANT)
    fit: int | None = attrs.field(default=None, kw_only=True, metadata=WHOLE)
    engagement: int | None = attrs.field(default=None, kw_only=True, metadata=WHOLE)
    win_probability: float | None = attrs.field(
        default=None, kw_only=True, metadata={"check": share}
    )
    model: str | None = attrs.field(default=None, kw_only=True, metadata=NAME)
    version: str | None = attrs.field(default=None, kw_only=True, metadata=NAME)


@attrs.frozen(field_transformer=shaped)
class Rated(_Happening):
    """A rating was given, because of these reasons; `ask` names the fields worth asking for.

    `rating` is a word such as hot, warm or cold; `rater` names what decided.

    >>> Rated("warm", noon, because=["buys within 6 months"], ask=["employees"]).because
    ('buys within 6 months',)
    """

    rating: str = attrs.field(metadata=NAME)
    at: datetime = attrs.field(metadata=INSTANT)
    because: tuple[str, ...] = attrs.field(
        default=(), kw_only=True, converter=tuple[str, ...], metadata=SENTENCES
    )
    ask: tuple[str, ...] = attrs.field(
        default=(), kw_only=True, converter=tuple[str, ...], metadata=NAMES
    )
    rater: str | None = attrs.field(default=None, kw_only=True, metadata=NAME)

    def _repr_html_(self) -> str:
        return table(f"rated {self.rating}", ["because"], [[reason] for reason in self.because])


@attrs.frozen(field_transformer=shaped)
class Overridden(_Happening):
    """A person set the rating or the owner, with a reason, until an instant or for good.

    While it holds it stands before what machines decide, and they go on beside it; it ends at
    `until` (None: never), or when a later override of the same thing takes its place; a `value` of
    None lifts it.

    >>> Overridden("rating", "hot", noon, reason="met the board", by="ada").value
    'hot'
    """

    what: Literal["rating", "owner"] = attrs.field(metadata=one_of(Literal["rating", "owner"]))
    value: str | None = attrs.field(metadata=NAME)
    at: datetime = attrs.field(metadata=INSTANT)
    reason: str = attrs.field(kw_only=True, metadata=TEXT)
    until: datetime | None = attrs.field(default=None, kw_only=True, metadata=INSTANT)


@attrs.frozen(field_transformer=shaped)
class Qualification(_Happening):
    """Marketing qualified the lead (mql), sales accepted it (sql) or handed it back (returned).

    >>> Qualification("returned", noon, reason="no budget this year").status
    'returned'
    """

    status: Literal["mql", "sql", "returned"] = attrs.field(
        metadata=one_of(Literal["mql", "sql", "returned"])
    )
    at: datetime = attrs.field(metadata=INSTANT)
    reason: str | None = attrs.field(default=None, kw_only=True, metadata=TEXT)
    because: tuple[str, ...] = attrs.field(
        default=(), kw_only=True, converter=tuple[str, ...], metadata=SENTENCES
    )


@attrs.frozen(field_transformer=shaped)
class Rejected:
    """A rep who was passed over, with the code of the reason and its words.

    Raises `InvalidValue` for a blank rep or code; `because` may be empty, and is by default.

    >>> Rejected("rep-1", "away", "on leave until 9 March").because
    'on leave until 9 March'
    """

    rep: str = attrs.field(metadata=NAME)
    code: str = attrs.field(metadata=NAME)
    because: str = attrs.field(default="", metadata=TEXT)


def rejections(where: str, values: Iterable[Rejected]) -> tuple[Rejected, ...]:
    """Take rejections."""
    found = listed(where, values)
    if set(map(type, found)) <= {Rejected}:  # the quick way, for an assignment has dozens
        return found
    other = next(value for value in found if type(value) is not Rejected)
    raise InvalidValue(where, shown(other), "a list of Rejected")


REJECTIONS: Any = {"check": rejections}


def _units(where: str, value: object) -> int:
    return whole(where, value, least=0)


def _counts(where: str, values: object) -> Frozen[int]:
    if values is EMPTY:
        return EMPTY
    if not isinstance(values, Mapping):
        raise InvalidValue(where, shown(values), "a mapping of reps to whole numbers")
    found = {name(where, rep): whole(f"{where}.{shown(rep)}", n) for rep, n in values.items()}
    return Frozen(found)


@attrs.frozen(field_transformer=shaped)
class Assignment(_Happening):
    """A rep became the owner, by a rule and a strategy, or by hand (no rule).

    `because` says why this rep, `rejected` why not the others. `units` is how much work the lead is
    (1 unless given), `value` and `rating` what it was worth when it was assigned, and `turn` the
    number that the roster gave it. `credited` are the turns that went by while reps were absent,
    `owed` those they are to make up, or below zero, have now made up.

    >>> passed = Rejected("rep-1", "away", "on leave until 9 March")
    >>> Assignment("rep-2", noon, rule="EMEA", rejected=[passed]).rejected[0].rep
    'rep-1'
    """

    rep: str = attrs.field(metadata=NAME)
    at: datetime = attrs.field(metadata=INSTANT)
    rule: str | None = attrs.field(default=None, kw_only=True, metadata=NAME)
    strategy: str | None = attrs.field(default=None, kw_only=True, metadata=NAME)
    because: tuple[str, ...] = attrs.field(
        default=(), kw_only=True, converter=tuple[str, ...], metadata=SENTENCES
    )
    rejected: tuple[Rejected, ...] = attrs.field(
        default=(), kw_only=True, converter=tuple[Rejected, ...], metadata=REJECTIONS
    )
    units: int = attrs.field(default=1, kw_only=True, metadata={"check": _units})
    value: Money | None = attrs.field(default=None, kw_only=True, metadata={"check": deal_value})
    rating: str | None = attrs.field(default=None, kw_only=True, metadata=NAME)
    turn: int | None = attrs.field(default=None, kw_only=True, metadata=WHOLE)
    credited: Mapping[str, int] = attrs.field(
        default=EMPTY, kw_only=True, metadata={"check": _counts}
    )
    owed: Mapping[str, int] = attrs.field(default=EMPTY, kw_only=True, metadata={"check": _counts})


@attrs.frozen(field_transformer=shaped)
class _Moved(_Happening):
    to: str = attrs.field(metadata=NAME)
    at: datetime = attrs.field(metadata=INSTANT)
    from_: str | None = attrs.field(default=None, kw_only=True, metadata=NAME)
    pipeline: str | None = attrs.field(default=None, kw_only=True, metadata=NAME)
    reason: str | None = attrs.field(default=None, kw_only=True, metadata=TEXT)


@attrs.frozen(field_transformer=shaped)
class StageChange(_Moved):
    """The lead moved to the stage `to`, from the stage `from_`, in a pipeline.

    `from_`, `pipeline` and `reason` are None unless given.

    >>> StageChange("working", noon, from_="new", reason="answered the phone").to
    'working'
    """


@attrs.frozen(field_transformer=shaped)
class Reopened(_Moved):
    """A closed lead came back, into the stage `to`.

    >>> Reopened("working", noon, from_="lost", reason="new budget").to
    'working'
    """


@attrs.frozen(field_transformer=shaped)
class Disposition(_Happening):
    """How working the lead ended, with its consequences.

    `keep`: worth keeping (True unless said otherwise; False: may be deleted); `contact_again`: not
    before this date; `never`: the channels that are closed for good, where "all" means every one;
    `verify_contact`: the contact data are to be verified first; `resets_engagement`: activities from
    before count for no score; `back_to`: the stage where the lead comes back, if it does.

    >>> from datetime import date
    >>> Disposition("lost", noon, reason="price", contact_again=date(2026, 9, 1)).keep
    True
    """

    outcome: Outcome = attrs.field(metadata=one_of(Outcome))
    at: datetime = attrs.field(metadata=INSTANT)
    reason: str | None = attrs.field(default=None, kw_only=True, metadata=NAME)
    note: str | None = attrs.field(default=None, kw_only=True, metadata=TEXT)
    keep: bool = attrs.field(default=True, kw_only=True, metadata=FLAG)
    contact_again: date | None = attrs.field(default=None, kw_only=True, metadata=DATE)
    never: tuple[str, ...] = attrs.field(
        default=(), kw_only=True, converter=tuple[str, ...], metadata=NAMES
    )
    verify_contact: bool = attrs.field(default=False, kw_only=True, metadata=FLAG)
    resets_engagement: bool = attrs.field(default=False, kw_only=True, metadata=FLAG)
    back_to: str | None = attrs.field(default=None, kw_only=True, metadata=NAME)


@attrs.frozen(field_transformer=shaped)
class Conversion(_Happening):
    """The lead became a deal: its place in the sales pipeline, and what is known of the deal.

    `value` is `Money` of zero or more, `expected_close` a date without a time; None is unknown.

    >>> from leadflow import Money
    >>> print(Conversion("sales", "discovery", noon, value=Money(10_000, "EUR")).value)
    10000 EUR
    """

    pipeline: str = attrs.field(metadata=NAME)
    stage: str = attrs.field(metadata=NAME)
    at: datetime = attrs.field(metadata=INSTANT)
    owner: str | None = attrs.field(default=None, kw_only=True, metadata=NAME)
    deal: str | None = attrs.field(default=None, kw_only=True, metadata=NAME)
    value: Money | None = attrs.field(default=None, kw_only=True, metadata={"check": deal_value})
    expected_close: date | None = attrs.field(default=None, kw_only=True, metadata=DATE)


def _date_or_instant(where: str, value: object) -> date:
    return instant(where, value) if isinstance(value, datetime) else calendar_date(where, value)


@attrs.frozen(field_transformer=shaped)
class TaskSet(_Happening):
    """A task was set, or set anew: `task` is its id, `due` a date or an instant.

    `kind` is "task" unless said otherwise; an instant in `due` needs a time zone and is kept in UTC.

    >>> TaskSet("T-1", noon, due=date(2026, 3, 4), kind="call", rep="rep-2").kind
    'call'
    """

    task: str = attrs.field(metadata=NAME)
    at: datetime = attrs.field(metadata=INSTANT)
    due: date | datetime | None = attrs.field(
        default=None, kw_only=True, metadata={"check": _date_or_instant}
    )
    kind: str = attrs.field(default="task", kw_only=True, metadata=NAME)
    rep: str | None = attrs.field(default=None, kw_only=True, metadata=NAME)
    title: str | None = attrs.field(default=None, kw_only=True, metadata=TEXT)


@attrs.frozen(field_transformer=shaped)
class TaskDone(_Happening):
    """A task was done, or dropped, with its result in words.

    >>> TaskDone("T-1", noon, result="wants a quote").result
    'wants a quote'
    """

    task: str = attrs.field(metadata=NAME)
    at: datetime = attrs.field(metadata=INSTANT)
    result: str | None = attrs.field(default=None, kw_only=True, metadata=TEXT)


@attrs.frozen(field_transformer=shaped)
class Snoozed(_Happening):
    """The lead rests until a date, for a reason.

    >>> print(Snoozed(date(2026, 4, 1), noon, reason="no budget until April").until)
    2026-04-01
    """

    until: date = attrs.field(metadata=DATE)
    at: datetime = attrs.field(metadata=INSTANT)
    reason: str = attrs.field(kw_only=True, metadata=TEXT)


@attrs.frozen(field_transformer=shaped)
class Erased(_Happening):
    """Personal data was removed: these fields are unknown from here on, whatever came before.

    Named may be fields, source, deal_value, due and time_zone. A value from before stays unknown
    even where it arrives late; an event from after may set the field again. Raises as every `Event`
    does, and `InvalidValue` for the name of anything else, such as stage.

    >>> Erased(["phone", "email"], noon).fields
    ('email', 'phone')
    """

    fields: tuple[str, ...] = attrs.field(converter=tuple[str, ...], metadata={"check": fact_names})
    at: datetime = attrs.field(metadata=INSTANT)


Event: TypeAlias = (
    Activity
    | Note
    | FieldsSet
    | Tagged
    | Untagged
    | Scored
    | Rated
    | Overridden
    | Qualification
    | Assignment
    | StageChange
    | Reopened
    | Disposition
    | Conversion
    | TaskSet
    | TaskDone
    | Snoozed
    | Erased
)
"""Everything that can happen to a lead.

Every event takes `id`, `sequence` and `by`, None unless given, and keeps its instants in UTC. It
raises `NaiveDatetime` for an instant without a time zone, `LimitExceeded` for a value beyond
`leadflow.limits.Limits` and `InvalidValue` for any other that does not fit, naming the place.
"""

EVENT_TYPES: tuple[type[Event], ...] = get_args(Event)


def is_event(value: object) -> bool:
    """Tell whether a value is one of the union's classes.

    >>> is_event("opened")
    False
    """
    return isinstance(value, EVENT_TYPES)

"""What is to be done: actions as data, for leadflow to turn into events or for the host to do."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, TypeAlias, assert_never, get_args

import attrs

from leadflow.calendars import local_date
from leadflow.errors import InvalidValue, shown
from leadflow.events import Activity, Event, FieldsSet, Outcome, Tagged, TaskSet, Untagged
from leadflow.events.facts import facts, one_of
from leadflow.markup import one_line
from leadflow.money import Money
from leadflow.span import SPAN, Span, given_span
from leadflow.values import (
    NAME,
    TEXT,
    FieldValue,
    Frozen,
    checks,
    instant,
    listed,
    name,
)


@attrs.frozen(field_transformer=checks)
class CreateTask:
    """Set a task: of a kind, due a while `after` the action (at once if None), for a rep.

    A `rep` of None leaves it to the lead's owner. Kinds that are channels' own, such as call or
    email, are contacts, and the gate is asked before them. Raises `InvalidValue` or `LimitExceeded`.

    >>> CreateTask("call", "Ask who decides", after="1 day").after
    Span(months=0, days=1, seconds=0)
    """

    kind: str = attrs.field(default="task", metadata=NAME)
    title: str | None = attrs.field(default=None, metadata=TEXT)
    after: Span | None = attrs.field(
        default=None, kw_only=True, converter=given_span, metadata=SPAN
    )
    rep: str | None = attrs.field(default=None, kw_only=True, metadata=NAME)

    def __str__(self) -> str:
        what = f"task {self.kind}" + (f" ({one_line(self.title)})" if self.title else "")
        due = f", due after {self.after}" if self.after else ""
        return what + due + (f", for {self.rep}" if self.rep else "")


@attrs.frozen(field_transformer=checks)
class Tag:
    """Put a tag on the lead.

    >>> print(Tag("was a customer"))
    tag was a customer
    """

    tag: str = attrs.field(metadata=NAME)

    def __str__(self) -> str:
        return f"tag {self.tag}"


@attrs.frozen(field_transformer=checks)
class Untag:
    """Take a tag off the lead.

    >>> print(Untag("hot list"))
    tag hot list off
    """

    tag: str = attrs.field(metadata=NAME)

    def __str__(self) -> str:
        return f"tag {self.tag} off"


@attrs.frozen(field_transformer=checks)
class Notify:
    """Tell somebody, a rep or a team or a system of the host: the host delivers it.

    >>> print(Notify("fulfilment", "start the order and the invoice"))
    notify fulfilment: start the order and the invoice
    """

    who: str = attrs.field(metadata=NAME)
    message: str = attrs.field(metadata=TEXT)

    def __str__(self) -> str:
        return f"notify {self.who}: {one_line(self.message)}"


@attrs.frozen(field_transformer=checks)
class Enrol:
    """Begin a sequence of messages with the lead, such as a nurture series; `after` a while, or at once.

    >>> print(Enrol("nurture", after="1 month"))
    enrol in nurture after 1 month
    """

    sequence: str = attrs.field(metadata=NAME)
    after: Span | None = attrs.field(
        default=None, kw_only=True, converter=given_span, metadata=SPAN
    )

    def __str__(self) -> str:
        later = f" after {self.after}" if self.after else ""
        return f"enrol in {self.sequence}{later}"


@attrs.frozen(field_transformer=checks)
class Withdraw:
    """Take the lead out of a sequence it is enrolled in.

    >>> print(Withdraw("nurture"))
    withdraw from nurture
    """

    sequence: str = attrs.field(metadata=NAME)

    def __str__(self) -> str:
        return f"withdraw from {self.sequence}"


@attrs.frozen(field_transformer=checks)
class Assign:
    """Make a rep the owner of the lead; without a `rep`, the one whom the router chooses.

    >>> print(Assign("ada"))
    assign to ada
    """

    rep: str | None = attrs.field(default=None, metadata=NAME)

    def __str__(self) -> str:
        return "assign by the router" if self.rep is None else f"assign to {self.rep}"


@attrs.frozen(field_transformer=checks)
class Move:
    """Move the lead to a stage of its pipeline; the pipeline may refuse.

    >>> print(Move("quote", "asked for a price"))
    move to quote (asked for a price)
    """

    to: str = attrs.field(metadata=NAME)
    reason: str | None = attrs.field(default=None, metadata=TEXT)

    def __str__(self) -> str:
        return f"move to {self.to}" + (f" ({one_line(self.reason)})" if self.reason else "")


@attrs.frozen(init=False)
class SetField:
    """Set a field of the lead, or its source, deal value, due date or time zone; None: unknown again.

    Raises `InvalidValue` for what events of their own set, such as stage or owner.

    >>> print(SetField("newsletter", True))
    set newsletter to True
    """

    field: str
    value: FieldValue | Money | None

    def __init__(self, field: str, value: FieldValue | Money | None) -> None:
        found: Frozen[FieldValue | Money | None] = facts("SetField.value", {field: value})
        ((key, checked),) = found.items()
        self.__attrs_init__(key, checked)

    def __str__(self) -> str:
        if self.value is None:
            return f"make {self.field} unknown"
        value = self.value if isinstance(self.value, Money) else shown(self.value)
        return f"set {self.field} to {value}"


@attrs.frozen(field_transformer=checks)
class SendMessage:
    """Send a message on a channel, e-mail unless said otherwise: the host writes and delivers it.

    `content` is its key, and the same content is never planned twice for a lead; without one, the
    first of the playbook's library that fits the lead is taken.

    >>> print(SendMessage("welcome"), SendMessage(channel="chat"), sep="; ")
    send welcome by email; send what fits by chat
    """

    content: str | None = attrs.field(default=None, metadata=NAME)
    channel: str = attrs.field(default="email", metadata=NAME)

    def __str__(self) -> str:
        return f"send {self.content or 'what fits'} by {self.channel}"


@attrs.frozen
class Unsubscribe:
    """Write the lead no more e-mails, until it subscribes again.

    >>> print(Unsubscribe())
    unsubscribe
    """

    def __str__(self) -> str:
        return "unsubscribe"


@attrs.frozen(field_transformer=checks)
class Dispose:
    """Close the lead with an outcome and a reason; the disposition policy may refuse.

    >>> print(Dispose("unqualified", "not_ready"))
    close as unqualified (not_ready)
    """

    outcome: Outcome = attrs.field(metadata=one_of(Outcome))
    reason: str | None = attrs.field(default=None, metadata=NAME)
    note: str | None = attrs.field(default=None, metadata=TEXT)

    def __str__(self) -> str:
        return f"close as {self.outcome}" + (f" ({self.reason})" if self.reason else "")


@attrs.frozen(field_transformer=checks)
class Convert:
    """Open a deal: move the lead to the start of a sales pipeline, with all that is known of it.

    >>> print(Convert("sales"))
    open a deal in sales
    """

    pipeline: str = attrs.field(metadata=NAME)

    def __str__(self) -> str:
        return f"open a deal in {self.pipeline}"


Action: TypeAlias = (
    CreateTask
    | Tag
    | Untag
    | Notify
    | Enrol
    | Withdraw
    | Assign
    | Move
    | SetField
    | SendMessage
    | Unsubscribe
    | Dispose
    | Convert
)
"""Everything that can be asked to be done, as data."""
ACTION_TYPES: tuple[type[Action], ...] = get_args(Action)


def actions(where: str, values: object) -> tuple[Action, ...]:
    """Take actions, in their order.

    >>> actions("next", [Tag("vip")])
    (Tag(tag='vip'),)
    """
    if isinstance(values, ACTION_TYPES):
        raise InvalidValue(where, shown(values), "a list of actions", "put it into a list")
    found: tuple[Any, ...] = listed(where, values)  # type: ignore[arg-type]  # it is checked there
    return tuple(_action(f"{where}[{place}]", each) for place, each in enumerate(found))


def _action(where: str, value: object) -> Action:
    if not isinstance(value, ACTION_TYPES):
        words = ", ".join(kind.__name__ for kind in ACTION_TYPES)
        raise InvalidValue(where, shown(value), f"an action: {words}")
    return value


def event_of(
    action: Action,
    at: datetime,
    *,
    task: str,
    by: str | None = None,
    id: str | None = None,
    zone: str | None = None,
) -> Event | None:
    """Turn an action into the event that does it.

    None for what the host is to do (`Notify`, `SendMessage`) and for what takes a decision of a
    router, a pipeline, a policy or a sequence.

    `task` is the id of the task that `CreateTask` sets. A task that is due after a span is due at
    that instant, or for spans of whole days on that date in `zone`, UTC if None. Raises
    `NaiveDatetime` and `InvalidValue`.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> event_of(CreateTask("call", after="2 days"), noon, task="T-1").due
    datetime.date(2026, 3, 3)
    >>> event_of(Enrol("nurture"), noon, task="T-1") is None
    True
    """
    moment = instant("at", at)
    asked = _action("action", action)
    match asked:
        case CreateTask():
            return TaskSet(
                name("task", task), moment, due=_due(asked.after, moment, zone),
                kind=asked.kind, rep=asked.rep, title=asked.title, by=by, id=id,
            )  # fmt: skip
        case Tag():
            return Tagged(asked.tag, moment, by=by, id=id)
        case Untag():
            return Untagged(asked.tag, moment, by=by, id=id)
        case SetField():
            return FieldsSet({asked.field: asked.value}, moment, by=by, id=id)
        case Unsubscribe():
            return Activity("email_unsubscribed", moment, data={"automatic": True}, by=by, id=id)
        case (
            Notify()
            | SendMessage()
            | Enrol()
            | Withdraw()
            | Assign()
            | Move()
            | Dispose()
            | Convert()
        ):
            return None
        case _ as never:
            assert_never(never)


def _due(after: Span | None, at: datetime, zone: str | None) -> date:
    if after is None:
        return at
    return after.after(at if after.seconds else local_date(at, zone))

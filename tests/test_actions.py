"""Actions: what is asked to be done, in words and as events."""

from __future__ import annotations

import pickle
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

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
    actions,
    event_of,
)
from leadflow.errors import InvalidValue, LimitExceeded, NaiveDatetime
from leadflow.events import Activity, FieldsSet, Tagged, TaskSet, Untagged
from leadflow.money import Money
from leadflow.span import Span

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
EACH: list[tuple[Action, str]] = [
    (CreateTask(), "task task"),
    (CreateTask("call"), "task call"),
    (CreateTask("call", "Ask who decides"), "task call (Ask who decides)"),
    (CreateTask("call", after="1 day"), "task call, due after 1 day"),
    (CreateTask("call", rep="bo"), "task call, for bo"),
    (
        CreateTask("call", "Ask", after="2 hours", rep="bo"),
        "task call (Ask), due after 2 hours, for bo",
    ),
    (Tag("was a customer"), "tag was a customer"),
    (Untag("hot list"), "tag hot list off"),
    (Notify("fulfilment", "start the order"), "notify fulfilment: start the order"),
    (Enrol("nurture"), "enrol in nurture"),
    (Enrol("nurture", after="1 month"), "enrol in nurture after 1 month"),
    (Withdraw("nurture"), "withdraw from nurture"),
    (Assign(), "assign by the router"),
    (Assign("ada"), "assign to ada"),
    (Move("quote"), "move to quote"),
    (Move("quote", "asked\nfor it"), "move to quote (asked for it)"),
    (SetField("newsletter", True), "set newsletter to True"),
    (SetField("deal_value", Money(5, "EUR")), "set deal_value to 5 EUR"),
    (SetField("phone", None), "make phone unknown"),
    (SendMessage("welcome"), "send welcome by email"),
    (SendMessage(channel="chat"), "send what fits by chat"),
    (Unsubscribe(), "unsubscribe"),
    (Dispose("removed"), "close as removed"),
    (Dispose("unqualified", "other", "why"), "close as unqualified (other)"),
    (Convert("sales"), "open a deal in sales"),
]


# In words


@pytest.mark.parametrize(("action", "words"), EACH)
def test_an_action_says_what_is_to_be_done(action: Action, words: str) -> None:
    assert str(action) == words


@pytest.mark.parametrize(
    "action", [CreateTask(title="\x1b[31m" + "x" * 60_000), Notify("ada", "\x1b[31m\n" * 9_000)]
)
def test_the_words_of_an_action_are_bounded_and_redraw_no_terminal(action: Action) -> None:
    assert len(str(action)) < 300
    assert str(action).isprintable()


@pytest.mark.parametrize("action", [action for action, _ in EACH])
def test_an_action_is_a_value_that_pickles(action: Action) -> None:
    again = pickle.loads(pickle.dumps(action))
    assert again == action
    assert hash(again) == hash(action)


@pytest.mark.parametrize("after", [Span(days=2), "2 days", timedelta(days=2)])
def test_the_time_of_a_task_is_a_span_a_text_or_a_timedelta(after: Any) -> None:
    assert CreateTask(after=after).after == Span(days=2)


# As events


@pytest.mark.parametrize(
    ("after", "due"),
    [
        (None, NOON),
        ("2 hours", NOON + timedelta(hours=2)),
        ("1 day 2 hours", NOON + timedelta(days=1, hours=2)),
        ("1 day", date(2026, 3, 2)),
        ("6 months", date(2026, 9, 1)),
    ],
)
def test_a_task_is_due_at_once_at_an_instant_or_on_a_date(after: Any, due: date) -> None:
    event = event_of(CreateTask("call", "Ask", after=after, rep="bo"), NOON, task="T-1")
    assert event == TaskSet("T-1", NOON, due=due, kind="call", rep="bo", title="Ask")
    assert type(event.due) is type(due)


def test_the_date_of_a_task_is_counted_from_the_date_in_the_zone_that_is_told() -> None:
    evening = datetime(2026, 3, 1, 20, tzinfo=UTC)  # 2 March in Auckland
    task = CreateTask(after="1 day")
    there = event_of(task, evening, task="T-1", zone="Pacific/Auckland")
    here = event_of(task, evening, task="T-1")
    assert isinstance(there, TaskSet)
    assert there.due == date(2026, 3, 3)
    assert isinstance(here, TaskSet)
    assert here.due == date(2026, 3, 2)


def test_hours_after_an_instant_are_the_same_in_every_zone() -> None:
    task = CreateTask(after="2 hours")
    there = event_of(task, NOON, task="T-1", zone="Pacific/Auckland")
    assert there == event_of(task, NOON, task="T-1")


@pytest.mark.parametrize(
    ("action", "event"),
    [
        (CreateTask(), TaskSet("T-1", NOON, due=NOON, by="ada", id="E-1")),
        (Tag("vip"), Tagged("vip", NOON, by="ada", id="E-1")),
        (Untag("vip"), Untagged("vip", NOON, by="ada", id="E-1")),
        (Notify("fulfilment", "start"), None),
        (Enrol("nurture"), None),
    ],
)
def test_tasks_and_tags_are_events_and_the_rest_is_for_the_host(action: Action, event: Any) -> None:
    assert event_of(action, NOON, task="T-1", by="ada", id="E-1") == event


# Lists of them


@pytest.mark.parametrize("kind", [list, tuple, iter])
def test_actions_come_in_any_iterable_and_keep_their_order(kind: Any) -> None:
    asked: Iterable[Action] = kind([Tag("b"), Tag("a"), Tag("b")])
    assert actions("next", asked) == (Tag("b"), Tag("a"), Tag("b"))


# What is refused


@pytest.mark.parametrize(
    ("build", "error", "words"),
    [
        (lambda: CreateTask(5), InvalidValue, "CreateTask.kind: expected text, got 5"),  # type: ignore[arg-type]
        (lambda: CreateTask(" "), InvalidValue, "CreateTask.kind: expected a name that is not bla"),
        (lambda: CreateTask("a\u202eb"), InvalidValue, r"no control or invisible .* 'a\\u202eb'"),
        (lambda: CreateTask(title="x" * 70_000), LimitExceeded, "CreateTask.title: .* 70,000 byte"),
        (lambda: CreateTask(after="soon"), InvalidValue, "CreateTask.after: expected a span such "),
        (lambda: CreateTask(after="1 dya"), InvalidValue, "a unit of time, got 'dya'"),
        (lambda: CreateTask(after=5), InvalidValue, "CreateTask.after: .* got 5"),  # type: ignore[arg-type]
        (lambda: CreateTask(rep="x" * 201), LimitExceeded, "CreateTask.rep: .* at most 200"),
        (lambda: Tag(""), InvalidValue, "Tag.tag: expected a name that is not blank"),
        (lambda: Untag("a\nb"), InvalidValue, "Untag.tag: expected no control"),
        (lambda: Notify("", "go"), InvalidValue, "Notify.who: expected a name that is not blank"),
        (lambda: Notify("ada", None), InvalidValue, "Notify.message: expected text, got None"),  # type: ignore[arg-type]
        (lambda: Withdraw(""), InvalidValue, "Withdraw.sequence: .* not blank"),
        (lambda: Assign(""), InvalidValue, "Assign.rep: .* not blank"),
        (lambda: Move(5), InvalidValue, "Move.to: expected text, got 5"),  # type: ignore[arg-type]
        (
            lambda: SetField("stage", "x"),
            InvalidValue,
            "SetField.value.stage: .* events of its own",
        ),
        (lambda: SetField("due", "soon"), InvalidValue, "SetField.value.due: expected a date"),
        (lambda: SendMessage(channel=""), InvalidValue, "SendMessage.channel: .* not blank"),
        (lambda: Dispose("gone"), InvalidValue, "Dispose.outcome: .*qualified"),  # type: ignore[arg-type]
        (lambda: Convert(" "), InvalidValue, "Convert.pipeline: .* not blank"),
        (lambda: Enrol(None), InvalidValue, "Enrol.sequence: expected text, got None"),  # type: ignore[arg-type]
        (lambda: actions("next", Tag("a")), InvalidValue, "next: .* list of actions.*into a list"),
        (lambda: actions("next", "call"), InvalidValue, "next: expected a list, got 'call'"),
        (lambda: actions("next", None), InvalidValue, "next: expected a list, got None"),
        (
            lambda: actions("next", [Tag("a"), Tag]),
            InvalidValue,
            r"next\[1\]: expected an action: CreateTask, Tag, Untag, Notify, Enrol, .*, got <class",
        ),
        (
            lambda: event_of("call", NOON, task="T-1"),  # type: ignore[arg-type]
            InvalidValue,
            "action: expected an action: CreateTask, .*, got 'call'",
        ),
        (
            lambda: event_of(Enrol("a"), datetime(2026, 3, 1), task="T-1"),
            NaiveDatetime,
            "at: expected a datetime with a time zone",
        ),
        (lambda: event_of(CreateTask(), NOON, task=""), InvalidValue, "task: .* not blank"),
        (
            lambda: event_of(CreateTask(after="1 day"), NOON, task="T-1", zone="Mars"),
            InvalidValue,
            "'Mars'",
        ),
        (
            lambda: event_of(CreateTask(after="9000 years"), NOON, task="T-1"),
            InvalidValue,
            "between the years 1 and 9999",
        ),
    ],
)
def test_bad_actions_are_refused(build: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        build()


# As events, those of the automation


def test_a_field_is_set_and_an_unsubscription_told_by_an_event() -> None:
    assert event_of(SetField("phone", "5"), NOON, task="T-1", by="ada") == FieldsSet(
        {"phone": "5"}, NOON, by="ada"
    )
    assert event_of(Unsubscribe(), NOON, task="T-1", id="k") == Activity(
        "email_unsubscribed", NOON, data={"automatic": True}, id="k"
    )


@pytest.mark.parametrize(
    "action",
    [
        Withdraw("nurture"),
        Assign(),
        Move("quote"),
        SendMessage("welcome"),
        Dispose("removed"),
        Convert("sales"),
    ],
)
def test_what_takes_a_decision_or_the_host_is_no_event(action: Action) -> None:
    assert event_of(action, NOON, task="T-1") is None

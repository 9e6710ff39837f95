"""Effects: what an action makes of a lead, and whether a condition on it may hold."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from leadflow import Money, always, any_of, field
from leadflow.actions import (
    ACTION_TYPES,
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
    event_of,
)
from leadflow.automation.effect import FIRED, Effect, effect_of, fired, judge
from leadflow.automation.enrolment import ENROLLED, LEFT, enrolling, enrolment, leaving
from leadflow.automation.reads import Reads
from leadflow.automation.trigger import data_of_event, kind_of_event
from leadflow.conditions import Condition
from leadflow.events import Assignment, Conversion, Disposition, Event, StageChange
from leadflow.lead import Lead

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ENROLLING = enrolling(Lead("L-1"), "s", "1", 1, NOON)


def leaving_s() -> Event:
    lead = Lead("L-1", events=[ENROLLING])
    of = enrolment(lead, "s")
    assert of is not None
    return leaving(lead, of, "withdrawn", NOON)


def effect(action: Action) -> Effect:
    found = effect_of(action)
    assert found is not None
    return found


def done(action: Action) -> Event:
    found = event_of(action, NOON, task="T-1", by="ada", id="e-1")
    assert found is not None
    return found


EVENTS: list[tuple[Action, Event]] = [
    *((action, done(action)) for action in (
        CreateTask("call", "Ask who decides", after="1 day", rep="ada"), CreateTask("call"),
        Tag("x"), Untag("x"), SetField("n", 1), SetField("n", None),
        SetField("deal_value", Money(5, "EUR")), Unsubscribe(),
    )),
    (Assign("ada"), Assignment("ada", NOON, because=["A"], id="e-1")),
    (Assign(), Assignment("bo", NOON, rule="EMEA", units=2, turn=3)),
    (Move("quote"), StageChange("quote", NOON, from_="new", pipeline="sales", reason="asked")),
    (Dispose("lost", "price"), Disposition("lost", NOON, reason="price", keep=False)),
    (Dispose("won"), Disposition("won", NOON, note="signed")),
    (Convert("sales"), Conversion("sales", "discovery", NOON, value=Money(5, "EUR"))),
    (Enrol("s"), ENROLLING),
    (Withdraw("s"), leaving_s()),
]  # fmt: skip


@pytest.mark.parametrize(("action", "event"), EVENTS)
def test_an_effect_knows_what_the_event_tells_and_all_that_it_may_tell(
    action: Action, event: Event
) -> None:
    found, data = effect(action), data_of_event(event)
    assert found.kind == kind_of_event(event)
    assert found.data == {key: data[key] for key in found.data}
    assert set(data) <= set(found.data) | found.others
    assert found.others.isdisjoint(found.data)


def test_every_action_but_one_has_an_effect() -> None:
    others: list[Action] = [SendMessage("m"), SendMessage(), Enrol("s", after="1 day")]
    kinds = {type(action) for action, _ in EVENTS} | {type(action) for action in others}
    assert kinds == set(ACTION_TYPES) - {Notify}
    assert effect_of(Notify("ada", "hello")) is None
    assert [effect(action).kind for action in others] == [
        "message_planned", "message_planned", "sequence_planned",
    ]  # fmt: skip
    assert [effect(Enrol("s")).kind, effect(Withdraw("s")).kind] == [ENROLLED, LEFT]


def test_that_a_rule_fires_is_what_the_log_remembers_of_it() -> None:
    assert [fired("A").kind, fired("A").data] == [FIRED, {"rule": "A"}]


def test_values_of_different_kinds_are_different_effects() -> None:
    assert effect(SetField("n", 1)) == effect(SetField("n", 1))
    assert hash(effect(SetField("n", 1))) == hash(effect(SetField("n", 1)))
    assert effect(SetField("n", 1)) != effect(SetField("n", True))
    assert effect(SetField("n", None)) != effect(SetField("m", None))


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        (Tag("x"), set()),
        (SetField("n", None), {"n"}),
        (Assign(), {"owner"}),
        (Move("quote"), {"stage", "pipeline"}),
        (Convert("sales"), {"stage", "pipeline", "lifecycle"}),
        (Dispose("won"), {"lifecycle"}),
        (Dispose("lost"), set()),
    ],
)
def test_an_effect_names_the_fields_it_changes(action: Action, fields: set[str]) -> None:
    assert effect(action).fields == fields
    for key in fields:
        assert effect(action).changes(Reads(frozenset({key})))
    assert not effect(action).changes(Reads(frozenset({"other"}), frozenset({"y"})))


def test_a_tag_and_a_kind_that_are_read_are_changed() -> None:
    assert effect(Untag("x")).changes(Reads(tags=frozenset({"x"})))
    assert effect(Unsubscribe()).changes(Reads(kinds=frozenset({"email_unsubscribed"})))


NUMBER = effect(SetField("n", 5))
TASK = effect(CreateTask("call"))


@pytest.mark.parametrize(
    ("where", "of", "verdict"),
    [
        (always(), NUMBER, True),
        (field("n").at_least(3), NUMBER, True),
        (field("n").at_least(9), NUMBER, False),
        (field("n").equals(True), NUMBER, False),
        (field("n").equals(Decimal("0.1")), effect(SetField("n", 0.1)), True),
        (field("m").is_unknown(), NUMBER, True),
        (field("n").at_least(field("m")), NUMBER, False),
        (field("kind").starts_with("ca"), TASK, True),
        (field("title").is_known(), TASK, None),
        (field("title").equals(field("kind")), TASK, None),
        (field("form").equals("a"), TASK, False),
        (~field("kind").equals("call"), TASK, False),
        (~field("title").equals("a"), TASK, None),
        (field("kind").equals("call") & field("title").is_known(), TASK, None),
        (field("kind").equals("offer") & field("title").is_known(), TASK, False),
        (field("kind").equals("call") | field("title").is_known(), TASK, True),
        (field("kind").equals("offer") | field("title").is_known(), TASK, None),
        (any_of(field("kind").equals("offer"), field("form").is_known()), TASK, False),
        (field("on").in_last("3 days"), NUMBER, False),
        (field("n").in_last("3 days"), effect(SetField("n", date(2026, 3, 1))), None),
        (field("at").in_last("3 days"), TASK, None),
        (~field("on").in_last("3 days"), NUMBER, True),
    ],
)
def test_a_condition_on_an_effect_holds_does_not_or_nobody_can_tell(
    where: Condition, of: Effect, verdict: Any
) -> None:
    assert judge(where)(of) is verdict

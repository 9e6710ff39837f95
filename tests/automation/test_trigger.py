"""Triggers: in words, what they refuse, and what an event is called."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime
from typing import Any

import pytest

from leadflow import Money, activity, field, tag
from leadflow.actions import CreateTask, Tag
from leadflow.automation import (
    DateReached,
    FollowUpDue,
    Happens,
    RatingBecomes,
    RevisitDue,
    ScoreFallsBelow,
    ScoreReaches,
    Silence,
    StageEntered,
    StageOverdue,
    Trigger,
    When,
    happens,
)
from leadflow.automation.trigger import data_of_event, kind_of_event, trigger_at
from leadflow.errors import InvalidValue, LimitExceeded
from leadflow.events import (
    Activity,
    Disposition,
    Event,
    FieldsSet,
    Qualification,
    StageChange,
    Tagged,
    TaskDone,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EACH: list[tuple[Trigger, str]] = [
    (Happens("demo_requested"), "demo_requested happens"),
    (happens("demo_requested"), "demo_requested happens"),
    (happens("tagged", tag="vip"), "tagged happens (tag is 'vip')"),
    (
        happens("form_submitted", form="demo", page="/a"),
        "form_submitted happens (form is 'demo' and page is '/a')",
    ),
    (ScoreReaches(60), "the score reaches 60"),
    (ScoreFallsBelow(-5), "the score falls below -5"),
    (RatingBecomes("hot"), "the rating becomes hot"),
    (StageEntered("quote"), "the lead enters quote"),
    (StageEntered("quote", pipeline="sales"), "the lead enters quote of sales"),
    (StageOverdue(), "the lead is overdue in its stage"),
    (StageOverdue("quote", pipeline="sales"), "the lead is overdue in quote of sales"),
    (Silence("2 weeks"), "nothing is heard for 14 days"),
    (DateReached("due"), "due is reached"),
    (DateReached("due", before="3 months"), "due is 3 months ahead"),
    (FollowUpDue(), "a follow-up falls due"),
    (FollowUpDue("call"), "a call falls due"),
    (RevisitDue(), "the lead may be taken up again"),
]


@pytest.mark.parametrize(("trigger", "words"), EACH)
def test_a_trigger_says_what_sets_a_rule_off(trigger: Trigger, words: str) -> None:
    assert str(trigger) == words
    assert pickle.loads(pickle.dumps(trigger)) == trigger


@pytest.mark.parametrize(
    ("event", "kind", "data"),
    [
        (Activity("page_viewed", NOON, data={"page": "/p"}), "page_viewed", "page"),
        (FieldsSet({"employees": 20, "phone": None}, NOON), "fields_set", "employees"),
        (Tagged("vip", NOON), "tagged", "tag"),
        (StageChange("quote", NOON, from_="new"), "stage_change", "from"),
        (Qualification("mql", NOON), "qualification", "status"),
        (Disposition("lost", NOON, reason="price"), "disposition", "reason"),
        (TaskDone("T-1", NOON), "task_done", "task"),
    ],
)
def test_an_event_has_a_word_and_data_that_conditions_read(
    event: Event, kind: str, data: str
) -> None:
    assert kind_of_event(event) == kind
    assert data in data_of_event(event)


def test_what_is_unknown_or_no_plain_value_is_not_among_the_data() -> None:
    assert data_of_event(FieldsSet({"a": None, "b": 1}, NOON)) == {"b": 1}
    found = data_of_event(Disposition("lost", NOON, never=["email"]))
    assert "never" not in found
    assert "note" not in found
    assert data_of_event(FieldsSet({"deal_value": Money(5, "EUR")}, NOON)) == {
        "deal_value": Money(5, "EUR")
    }
    assert data_of_event(FieldsSet({"due": date(2026, 5, 1)}, NOON)) == {"due": date(2026, 5, 1)}


@pytest.mark.parametrize(
    ("build", "error", "words"),
    [
        (lambda: Happens(""), InvalidValue, "Happens.kind: .* not blank"),
        (lambda: Happens("x", tag("vip")), InvalidValue, "where: .* own data"),
        (lambda: Happens("x", activity("y")), InvalidValue, "where: .* own data"),
        (lambda: Happens("x", "y"), InvalidValue, "Happens.where: expected a condition"),  # type: ignore[arg-type]
        (lambda: ScoreReaches("60"), InvalidValue, "ScoreReaches.points: .* whole number"),  # type: ignore[arg-type]
        (lambda: ScoreReaches(6.5), InvalidValue, "ScoreReaches.points: .* whole number"),  # type: ignore[arg-type]
        (lambda: ScoreFallsBelow(None), InvalidValue, "ScoreFallsBelow.points"),  # type: ignore[arg-type]
        (lambda: RatingBecomes(" "), InvalidValue, "RatingBecomes.rating: .* not blank"),
        (lambda: StageEntered("x" * 300), LimitExceeded, "StageEntered.stage"),
        (lambda: Silence("soon"), InvalidValue, "Silence.span: expected a span"),
        (
            lambda: Silence("0 days"),
            InvalidValue,
            "Silence.span: expected a span that is not empty",
        ),
        (lambda: Silence(None), InvalidValue, "Silence.span"),
        (lambda: DateReached("due", before="soon"), InvalidValue, "DateReached.before"),
        (lambda: DateReached(5), InvalidValue, "DateReached.field: expected text"),  # type: ignore[arg-type]
        (lambda: FollowUpDue(""), InvalidValue, "FollowUpDue.kind: .* not blank"),
        (lambda: trigger_at("when", "hot"), InvalidValue, "when: expected a trigger, got 'hot'"),
        (lambda: When("hot", then=[Tag("a")]), InvalidValue, "When.trigger: expected a trigger"),  # type: ignore[arg-type]
        (lambda: When(ScoreReaches(1)), InvalidValue, "When.then: expected one or more actions"),
        (lambda: When(ScoreReaches(1), then=Tag("a")), InvalidValue, "When.then: .* list"),  # type: ignore[arg-type]
        (lambda: When(ScoreReaches(1), then=["a"]), InvalidValue, r"When.then\[0\]: .* an action"),  # type: ignore[list-item]
        (lambda: When(ScoreReaches(1), "x", [Tag("a")]), InvalidValue, "When.if: .* a condition"),  # type: ignore[arg-type]
        (
            lambda: When(ScoreReaches(1), then=[Tag("a")], cool_down="x"),
            InvalidValue,
            "When.cool_down",
        ),
        (lambda: When(ScoreReaches(1), then=[Tag("a")], name=""), InvalidValue, "When.name"),
    ],
)
def test_bad_triggers_and_rules_are_refused(build: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        build()


def test_a_rule_is_named_by_its_trigger_unless_named_and_says_all_of_itself() -> None:
    rule = When(RatingBecomes("hot"), then=[CreateTask("call")])
    assert rule.name == "the rating becomes hot"
    assert not rule.is_timed
    assert str(rule) == "when the rating becomes hot: task call"
    rule = When(Silence("14 days"), field("stage").equals("new"), [Tag("a"), Tag("b")], name="s")
    assert rule.is_timed
    assert str(rule) == "when nothing is heard for 14 days, if stage is 'new': tag a; tag b"

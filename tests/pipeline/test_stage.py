"""Stages."""

from __future__ import annotations

import pickle
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from leadflow import Span, field
from leadflow.errors import InvalidValue, LeadflowError
from leadflow.pipeline import OfferCheck, Stage
from leadflow.values import label


def test_a_stage_is_open_and_asks_for_nothing_unless_told() -> None:
    stage = Stage("new")
    assert (stage.label, stage.kind, stage.probability, stage.requires) == ("new", "open", None, ())
    assert (stage.yellow_at, stage.red_at) == (Decimal(1), Decimal("1.5"))
    assert not stage.is_closed
    assert not stage.asks_disposition


def test_won_is_certain_and_lost_is_hopeless_without_being_told() -> None:
    assert Stage("won", kind="won").probability == 1
    assert Stage("lost", kind="lost").probability == 0
    assert Stage("rest", kind="on_hold").probability is None


@pytest.mark.parametrize(
    ("kind", "closed"), [("open", False), ("on_hold", False), ("won", True), ("lost", True)]
)
def test_won_and_lost_are_closed(kind: Any, closed: bool) -> None:
    assert Stage("s", kind=kind).is_closed is closed


@pytest.mark.parametrize(
    ("kind", "told", "asks"),
    [
        ("lost", None, True),
        ("lost", False, False),
        ("won", None, False),
        ("won", True, True),
        ("on_hold", True, True),
    ],
)
def test_a_lost_stage_asks_for_a_disposition_unless_told(
    kind: Any, told: bool | None, asks: bool
) -> None:
    assert Stage("s", kind=kind, needs_disposition=told).asks_disposition is asks


def test_spans_are_given_as_text_span_or_timedelta() -> None:
    stage = Stage(
        "s", expected="1 day", follow_up=Span(months=3), respond_within=timedelta(minutes=10)
    )
    assert (stage.expected, stage.follow_up) == (Span(days=1), Span(months=3))
    assert stage.respond_within == Span(seconds=600)


def test_required_fields_are_any_iterable_and_kept_once() -> None:
    assert Stage("s", requires=iter(["source", " source ", "due"])).requires == ("source", "due")


def test_numbers_are_kept_exactly() -> None:
    stage = Stage("s", probability=0.25, yellow_at=0.1, red_at=2)
    assert (stage.probability, stage.yellow_at, stage.red_at) == (0.25, Decimal("0.1"), Decimal(2))


def test_a_stage_may_turn_yellow_and_red_at_once() -> None:
    assert Stage("s", yellow_at=1.5).red_at == Decimal("1.5")


def test_a_stage_may_be_pickled_and_is_a_value() -> None:
    stage = Stage("s", "שלב", entry=field("due").is_known(), offer=OfferCheck("EUR"))
    assert pickle.loads(pickle.dumps(stage)) == stage
    assert hash(stage) == hash(pickle.loads(pickle.dumps(stage)))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (" ליד חדש ", "ליד חדש"),
        ("Z\u030cofie", "Žofie"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # noqa: RUF001 (Persian, not Latin)
        ("\u200fא\u200e(a)", "\u200fא\u200e(a)"),
        ('<script>alert("1")</script>; a:b', '<script>alert("1")</script>; a:b'),
        ("👩\u200d💻", "👩\u200d💻"),
        ("x" * 200, "x" * 200),
        ("⠓⠊\u2800", "⠓⠊\u2800"),
    ],
)
def test_a_label_keeps_any_script_and_what_scripts_need(given: str, kept: str) -> None:
    assert Stage("s", given).label == label("label", given) == kept


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("", "a label that is not blank"),
        (" \t ", "a label that is not blank"),
        ("\u200f", "a label that is not blank"),
        (" \u200d\u061c ", "a label that is not blank"),
        ("\u3164", "a label that is not blank"),
        ("\u2800 \u2800", "a label that is not blank"),
        ("\u115f", "a label that is not blank"),
        ("\u1160", "a label that is not blank"),
        ("\uffa0", "a label that is not blank"),
        ("a\nb", "a label without control or steering characters"),
        ("a\x00b", "without control or steering"),
        ("a\u202eb", "without control or steering"),
        ("a\u2066b\u2069", "without control or steering"),
        ("a\u2028b", "without control or steering"),
        ("a\u200bb", "without control or steering"),
        ("x" * 201, "the characters of a label may be at most 200, got 201"),
        ("\ud800", "text without lone surrogates"),
        (None, "expected text, got None"),
        (7, "expected text, got 7"),
    ],
)
def test_a_label_that_hides_or_steers_is_refused(given: Any, words: str) -> None:
    with pytest.raises(LeadflowError) as refusal:
        Stage("s", given)
    assert "Stage 's' label" in str(refusal.value)
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"kind": "opne"}, "Stage.kind: expected one of open, on_hold, won, lost, got 'opne'"),
        ({"kind": "opne"}, "did you mean 'open'?"),
        ({"kind": None}, "Stage.kind"),
        ({"key": " "}, "Stage.key: expected a name that is not blank"),
        ({"key": None}, "Stage.key: expected text, got None"),
        ({"key": "a\u202eb"}, "Stage.key: expected no control or invisible characters"),
        ({"probability": 1.1}, "Stage 's' probability: expected a number between 0 and 1, got 1.1"),
        ({"probability": -0.1}, "Stage 's' probability"),
        ({"probability": float("nan")}, "Stage 's' probability"),
        ({"probability": True}, "Stage 's' probability"),
        ({"probability": "0.5"}, "Stage 's' probability"),
        (
            {"kind": "won", "probability": 0.9},
            "Stage 's' probability: expected 1, for the stage is won, got 0.9",
        ),
        (
            {"kind": "lost", "probability": 0.1},
            "Stage 's' probability: expected 0, for the stage is lost, got 0.1",
        ),
        ({"kind": "won", "probability": None}, "expected 1, for the stage is won, got None"),
        ({"expected": "soon"}, "Stage 's' expected: expected a span such as '3 months'"),
        ({"expected": "0 days"}, "Stage 's' expected"),
        ({"expected": 14}, "Stage 's' expected"),
        ({"respond_within": timedelta(0)}, "Stage 's' respond_within"),
        ({"follow_up": "-2 days"}, "Stage 's' follow_up"),
        ({"requires": "source"}, "Stage 's' requires: expected a list of names, got 'source'"),
        ({"requires": ["source", ""]}, "Stage 's' requires"),
        ({"requires": None}, "Stage 's' requires"),
        ({"entry": "due is known"}, "Stage 's' entry: expected a condition, got 'due is known'"),
        ({"entry": True}, "Stage 's' entry"),
        ({"offer": "EUR"}, "Stage 's' offer: expected a OfferCheck, got 'EUR'"),
        ({"needs_disposition": "yes"}, "Stage 's' needs_disposition: expected true or false"),
        ({"attempts": 0}, "Stage 's' attempts: expected a whole number of at least 1, got 0"),
        ({"attempts": 6.0}, "Stage 's' attempts: expected a whole number, got 6.0"),
        ({"attempts": True}, "Stage 's' attempts"),
        ({"yellow_at": 0}, "Stage 's' yellow_at: expected a number above 0, got 0"),
        ({"red_at": -1}, "Stage 's' red_at: expected a number above 0, got -1"),
        ({"red_at": "2"}, "Stage 's' red_at: expected a number, got '2'"),
        ({"red_at": float("inf")}, "Stage 's' red_at: expected a finite number"),
        ({"yellow_at": 2}, "Stage 's' yellow_at: expected at most red_at, 1.5, got 2"),
    ],
)
def test_a_stage_that_cannot_be_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(LeadflowError) as refusal:
        Stage(**{"key": "s", **given})
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("tags", "for a tag write entry=tag(...)"),
        ("fields", "name the field itself"),
        ("events", "for what happened write entry=activity(...)"),
        ("deal_value_currency", "require deal_value, which has its currency"),
        ("engagement_reset_at", "it is set by dispositions"),
    ],
)
def test_what_no_lead_can_be_known_to_have_cannot_be_required(key: str, hint: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        Stage("new", requires=[key])
    assert f"expected fields or attributes of a lead, got '{key}' ({hint})" in str(refusal.value)

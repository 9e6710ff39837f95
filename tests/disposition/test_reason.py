"""Reasons: consequences as data, in words, and what contradicts itself."""

from __future__ import annotations

import pickle
from datetime import timedelta
from typing import Any

import pytest

from leadflow.actions import CreateTask, Enrol, Tag
from leadflow.disposition import Reason
from leadflow.disposition.reason import OUTCOMES, outcome_of, outcomes, whole_days
from leadflow.errors import InvalidDefinition, InvalidValue, LimitExceeded
from leadflow.span import Span


def test_a_reason_is_for_unqualified_and_lost_and_keeps_the_lead_unless_told() -> None:
    reason = Reason(" price ")
    assert (reason.key, reason.label) == ("price", "price")
    assert reason.outcomes == ("unqualified", "lost")
    assert reason.keep
    assert (reason.contact_again, reason.never_contact, reason.attempts) == (None, (), None)
    assert (reason.within, reason.back_to, reason.next) == (None, None, ())
    assert not reason.verify_contact
    assert not reason.needs_note
    assert not reason.resets_engagement
    assert not reason.is_final


def test_a_label_is_in_any_script() -> None:
    assert Reason("price", "לא מעוניין").label == "לא מעוניין"


def test_sequences_come_in_any_iterable() -> None:
    reason = Reason(
        "price", never_contact={"sms", "email"}, next=iter([Tag("a")]), outcomes={"lost"}
    )
    assert reason.never_contact == ("email", "sms")
    assert reason.next == (Tag("a"),)
    assert reason.outcomes == ("lost",)


def test_spans_are_given_as_text_or_timedelta() -> None:
    reason = Reason("price", contact_again=timedelta(days=30), attempts=3, within="36 hours")
    assert reason.contact_again == Span(days=30)
    assert reason.within == Span(seconds=36 * 3600)


def test_a_reason_is_a_value_that_pickles() -> None:
    reason = Reason("price", contact_again="6 months", next=[Enrol("nurture")])
    again = pickle.loads(pickle.dumps(reason))
    assert again == reason
    assert hash(again) == hash(reason)


@pytest.mark.parametrize("channels", [["all"], ["ALL"], ["email", "All"]])
def test_a_reason_that_closes_all_channels_is_final(channels: list[str]) -> None:
    assert Reason("no", never_contact=channels).is_final


def test_a_reason_that_closes_some_channels_may_come_back() -> None:
    reason = Reason("no_mail", never_contact=["email"], contact_again="3 months")
    assert not reason.is_final


# In words


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "kept"),
        ({"keep": False}, "may be deleted"),
        ({"contact_again": "6 months"}, "kept, contacted again after 6 months"),
        ({"never_contact": ["all"]}, "kept, never contacted"),
        ({"never_contact": ["email", "sms"]}, "kept, never contacted by email, sms"),
        ({"verify_contact": True}, "kept, contact data verified by somebody else"),
        ({"resets_engagement": True}, "kept, engagement reset"),
        (
            {"next": [CreateTask("call", after="1 day"), Enrol("nurture")]},
            "kept, task call, due after 1 day, enrol in nurture",
        ),
    ],
)
def test_the_consequences_are_said_in_words(given: dict[str, Any], words: str) -> None:
    reason = Reason("price", "Too expensive", **given)
    assert reason.consequences == words
    assert str(reason) == f"Too expensive: {words}"


# Outcomes and spans


def test_outcomes_are_taken_by_their_names_once_each() -> None:
    assert [outcome_of("outcome", f" {each} ") for each in OUTCOMES] == list(OUTCOMES)
    assert outcomes("outcomes", ["lost", "lost", "won"]) == ("lost", "won")


def test_whole_days_are_months_and_days() -> None:
    assert whole_days("contact_again", "1 month 2 days") == Span(months=1, days=2)


# What contradicts itself


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"outcomes": []}, ["outcomes: expected at least one outcome, got none"]),
        ({"within": "30 days"}, ["within: is the time for attempts, and no attempts"]),
        (
            {"contact_again": "3 months", "never_contact": ["ALL"]},
            ["contact_again: all channels are closed for good"],
        ),
        ({"contact_again": "3 months", "keep": False}, ["keep: a lead that comes back cannot be"]),
        ({"verify_contact": True, "keep": False}, ["keep: a lead that comes back cannot be del"]),
        (
            {
                "outcomes": [],
                "within": "30 days",
                "contact_again": "3 months",
                "never_contact": ["all"],
                "keep": False,
            },
            ["outcomes: ", "within: ", "contact_again: ", "keep: "],
        ),
    ],
)
def test_contradictory_consequences_are_refused_all_at_once(
    given: dict[str, Any], problems: list[str]
) -> None:
    with pytest.raises(InvalidDefinition, match="reason 'price'") as refused:
        Reason("price", **given)
    found = [str(problem) for problem in refused.value.problems]
    assert len(found) == len(problems)
    assert all(text.startswith(start) for text, start in zip(found, problems, strict=True))


# What is refused


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"key": None}, "Reason.key: expected text, got None"),
        ({"key": " "}, "Reason.key: expected a name that is not blank"),
        ({"key": "no\u202ebudget"}, r"Reason.key: expected no control or .* 'no\\u202ebudget'"),
        ({"label": None}, "Reason.label: expected text, got None"),
        ({"label": "\u3164"}, "Reason.label: expected a label that is not blank"),
        ({"label": "a\u202eb"}, "Reason.label: expected a label without control or steering"),
        ({"keep": "false"}, "Reason.keep: expected true or false, got 'false'"),
        ({"contact_again": "3 hours"}, "Reason.contact_again: .* whole days, .* got 3 hours"),
        ({"contact_again": "1 day 1 minute"}, "Reason.contact_again: expected a span of whole"),
        ({"contact_again": timedelta(minutes=5)}, "Reason.contact_again: expected a span of who"),
        ({"contact_again": "later"}, "Reason.contact_again: expected a span such as '3 months'"),
        ({"contact_again": 90}, "Reason.contact_again: expected a span such as .* got 90"),
        ({"never_contact": "all"}, "Reason.never_contact: expected a list of names, got 'all'"),
        ({"never_contact": [""]}, "Reason.never_contact: expected a name that is not blank"),
        ({"verify_contact": 1}, "Reason.verify_contact: expected true or false, got 1"),
        ({"needs_note": None}, "Reason.needs_note: expected true or false, got None"),
        ({"attempts": 0}, "Reason.attempts: expected a whole number of at least 1, got 0"),
        ({"attempts": True}, "Reason.attempts: expected a whole number, got True"),
        ({"attempts": 6.0}, "Reason.attempts: expected a whole number, got 6.0"),
        ({"attempts": 6, "within": "-3 days"}, "Reason.within: expected a span that is not neg"),
        ({"resets_engagement": "no"}, "Reason.resets_engagement: expected true or false"),
        ({"back_to": ""}, "Reason.back_to: expected a name that is not blank"),
        ({"next": "call"}, "Reason.next: expected a list, got 'call'"),
        ({"next": Tag("a")}, r"Reason.next: expected a list of actions, .* into a list"),
        ({"next": [Tag("a"), "call"]}, r"Reason.next\[1\]: expected an action: CreateTask, Tag"),
        ({"outcomes": "lost"}, "Reason.outcomes: expected a list of names, got 'lost'"),
        ({"outcomes": ["lots"]}, "Reason.outcomes: .* got 'lots' .did you mean 'lost'"),
        ({"outcomes": [5]}, "Reason.outcomes: expected text, got 5"),
    ],
)
def test_bad_reasons_are_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        Reason(**{"key": "price", **given})


def test_a_key_and_a_label_are_bounded() -> None:
    with pytest.raises(
        LimitExceeded, match=r"Reason.key: the characters of a name .* 200, got 201"
    ):
        Reason("x" * 201)
    with pytest.raises(LimitExceeded, match=r"Reason.label: the characters of a label .* 200"):
        Reason("x", "x" * 201)

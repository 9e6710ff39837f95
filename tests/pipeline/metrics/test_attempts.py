"""What each attempt yields."""

from __future__ import annotations

from typing import Any

import pytest

from leadflow import Activity, Lead
from leadflow.conditions import field
from leadflow.errors import InvalidValue
from leadflow.pipeline.metrics import attempt_yield, attempt_yield_of
from leadflow.shares import Share
from tests.pipeline.metrics.made import CAME, DAY, odd

PAIRS = [(1, True), (1, False), (2, True), (2, True), (3, False), (4, True), (5, False)]


def tried(key: str, *answers: bool | None, kind: str = "call", **more: Any) -> Lead:
    calls = [Activity(kind, CAME + n * DAY, answered=answer) for n, answer in enumerate(answers)]
    return Lead(key, CAME, events=calls, **more)


def test_each_attempt_yields_its_share_of_those_who_were_tried_so_often() -> None:
    found = attempt_yield_of(PAIRS)
    assert [(a.number, a.reached, a.hits, a.hazard.value) for a in found] == [
        (1, 7, 1, 1 / 7), (2, 5, 2, 0.4), (3, 3, 0, 0.0), (4, 2, 1, 0.5), (5, 1, 0, 0.0),
    ]  # fmt: skip
    assert [a.cumulative for a in found] == [0.25, 0.75, 0.75, 1.0, 1.0]
    assert [a.ended for a in found] == [
        Share(1, 2),
        Share(2, 2),
        Share(0, 1),
        Share(1, 1),
        Share(0, 1),
    ]
    assert (found.leads, len(found)) == (7, 5)
    assert found[2].cells() == ("2", "5", "2", str(Share(2, 5)), "75.0 %", str(Share(2, 2)))
    assert found[2].figures() == ("2", 5, 2, Share(2, 5), 0.75, Share(2, 2))


def test_many_attempts_are_pooled() -> None:
    found = attempt_yield_of(PAIRS, most=2)
    assert [(a.label, a.reached, a.hits) for a in found] == [
        ("1", 7, 1),
        ("2", 5, 2),
        ("3 and more", 3, 1),
    ]
    assert found[3].is_pooled


def test_without_successes_there_is_no_share_of_them() -> None:
    assert attempt_yield_of([(1, False)])[1].cumulative is None
    assert len(attempt_yield_of([])) == 0
    assert attempt_yield_of([]).explain().startswith("attempt")
    assert str(attempt_yield_of([])) == "no data"


def test_an_answer_is_the_success_and_ends_the_count() -> None:
    leads = [tried("1", False, True, False), tried("2", None, False), tried("3"), tried("4", True)]
    found = attempt_yield(leads, as_of=CAME + 9 * DAY).value
    assert [(a.reached, a.hits) for a in found] == [(3, 1), (2, 1)]


def test_another_success_counts_all_attempts() -> None:
    leads = [tried("1", False, True, False), tried("2", False)]
    found = attempt_yield(leads, as_of=CAME + 9 * DAY, success=lambda lead: lead.id == "1").value
    assert [(a.reached, a.hits) for a in found] == [(2, 0), (1, 0), (1, 1)]


def test_a_success_may_be_a_condition() -> None:
    leads = [
        tried("1", False, True, lifecycle="customer"),
        tried("2", True),
    ]
    found = attempt_yield(
        leads, as_of=CAME + 9 * DAY, success=field("lifecycle").equals("customer")
    ).value
    assert [(a.reached, a.hits) for a in found] == [(2, 0), (1, 1)]


def test_only_what_has_happened_on_the_channel_counts() -> None:
    leads = [tried("1", False, True), tried("2", True, kind="email_sent")]
    assert [a.hits for a in attempt_yield(leads, as_of=CAME).value] == [1]
    assert attempt_yield(leads, as_of=CAME + 9 * DAY, channel="phone").value.leads == 1


def test_attempts_are_told_by_dimension_also_of_who_made_none() -> None:
    leads = [
        tried("1", False, True, owner="ada"), tried("2", True, owner="bo"), tried("3", owner="cy"),
        Lead("4", CAME + 30 * DAY, owner="dee"),
    ]  # fmt: skip
    found = attempt_yield(leads, as_of=CAME + 9 * DAY, by="owner", groups=["eve"])
    assert found.rows() == (
        ("ada", "1", "1: 0.0 %, 2: 100.0 %"), ("bo", "1", "1: 100.0 %"), ("cy", "1", "no data"),
        ("eve", "0", "no data"), ("all", "3", "1: 50.0 %, 2: 100.0 %"),
    )  # fmt: skip
    assert found["ada"][2].hazard == Share(1, 1)


def test_attempts_are_shown() -> None:
    found = attempt_yield_of(PAIRS)
    assert repr(found) == "AttemptYield(7 leads, 5 attempts)"
    assert "<caption>attempts</caption>" in found._repr_html_()


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: attempt_yield_of([odd(5)]), "pairs[0]: expected how often"),
        (lambda: attempt_yield_of([odd((1, True, 2))]), "pairs[0]: expected how often"),
        (
            lambda: attempt_yield_of([(0, True)]),
            "pairs[0][0]: expected a whole number of at least 1",
        ),
        (lambda: attempt_yield_of([(1, odd("yes"))]), "pairs[0][1]: expected true or false"),
        (lambda: attempt_yield_of([], most=0), "most: expected a whole number"),
        (lambda: attempt_yield_of(PAIRS)[9], "attempt: expected a number from 1 to 5"),
        (lambda: attempt_yield_of([])[1], "attempt: expected attempts, of which are none"),
        (lambda: attempt_yield([], as_of=CAME, success=odd(5)), "success: expected a condition"),
        (lambda: attempt_yield([odd(5)], as_of=CAME), "leads[0]: expected a Lead"),
        (lambda: attempt_yield([], as_of=CAME, channel=" "), "channel: expected a name"),
        (lambda: attempt_yield([], as_of=CAME, most=0), "most: expected a whole number"),
        (
            lambda: attempt_yield([tried("1", owner="a")], as_of=CAME, by="ownr"),
            "did you mean 'owner'",
        ),
    ],
)
def test_bad_questions_are_refused(ask: Any, words: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        ask()
    assert words in str(refused.value)

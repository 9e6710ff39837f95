"""Conditions in English: the exact sentence of every node."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from leadflow.conditions import (
    Condition,
    activity,
    all_of,
    always,
    any_of,
    field,
    tag,
)
from leadflow.conditions.wording import wording
from leadflow.money import Money

A, B, C = field("a").is_known(), tag("vip"), activity("call")


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        (always(), "always"),
        (field("country").equals("PL"), "country is 'PL'"),
        (field("country").equals("it's"), 'country is "it\'s"'),
        (field("employees").at_least(50), "employees is at least 50"),
        (field("employees").at_most(50.0), "employees is at most 50"),
        (field("share").more_than(0.25), "share is more than 0.25"),
        (field("share").less_than(Decimal("0.30")), "share is less than 0.3"),
        (field("trial").equals(True), "trial is True"),
        (field("price").at_most(field("budget")), "price is at most budget"),
        (field("deal_value").at_least(Money("9.50", "EUR")), "deal_value is at least 9.50 EUR"),
        (field("due").equals(date(2026, 5, 1)), "due is 2026-05-01"),
        (
            field("seen").more_than(datetime(2026, 5, 1, 9, tzinfo=UTC)),
            "seen is more than 2026-05-01 09:00:00+00:00",
        ),
        (field("employees").between(50, 1000), "employees is between 50 and 1000"),
        (field("country").one_of("PL", "CZ"), "country is one of 'PL', 'CZ'"),
        (field("n").one_of(*range(8)), "n is one of 0, 1, 2, 3, 4, 5, 6, 7"),
        (field("n").one_of(*range(10)), "n is one of 0, 1, 2, 3, 4, 5, 6, 7 and 2 more"),
        (field("title").contains("CTO"), "title contains 'CTO'"),
        (field("title").starts_with("Head"), "title starts with 'Head'"),
        (field("email").ends_with("@example.com"), "email ends with '@example.com'"),
        (field("phone").is_known(), "phone is known"),
        (field("phone").is_unknown(), "phone is unknown"),
        (field("seen").in_last("30 days"), "seen is in the last 30 days"),
        (field("due").in_next("3 months"), "due is in the next 3 months"),
        (field("seen").older_than("1 year"), "seen is more than 1 year ago"),
        (tag("vip"), "tagged 'vip'"),
        (activity("call"), "call"),
        (activity("call").never(), "no call"),
        (activity("call").within("1 week"), "call within 7 days"),
        (activity("call").times(2), "call, at least 2 times"),
        (activity("call").times(at_most=1), "call, at least once and at most once"),
        (activity("call").times(2, 5), "call, at least 2 times and at most 5 times"),
        (activity("call").times(0, 5), "call, at most 5 times"),
        (
            activity("page_viewed", page="/pricing").within("30 days").times(2),
            "page_viewed (page is '/pricing') within 30 days, at least 2 times",
        ),
        (
            activity("call").where(field("answered").equals(True)).within("1 day").never(),
            "no call (answered is True) within 1 day",
        ),
        (activity("a").then(activity("b")), "a, then b"),
        (activity("a").then(activity("b"), within="7 days"), "a, then within 7 days b"),
        (activity("a").then(activity("b").within("7 days")), "a, then b within 7 days"),
        (~A, "not (a is known)"),
        (~~A, "not (not (a is known))"),
        (A & B & C, "a is known and tagged 'vip' and call"),
        (A | B, "a is known or tagged 'vip'"),
        ((A | B) & C, "(a is known or tagged 'vip') and call"),
        (A | B & C, "a is known or (tagged 'vip' and call)"),
        (~(A & B), "not (a is known and tagged 'vip')"),
        (C.then(C) & B, "(call, then call) and tagged 'vip'"),
        (all_of(A), "a is known"),
        (any_of(*[A] * 10), " or ".join(["a is known"] * 8) + " or 2 more"),
    ],
)
def test_every_condition_reads_as_an_english_sentence(condition: Condition, sentence: str) -> None:
    assert str(condition) == wording(condition) == sentence


def test_conditions_that_differ_in_where_a_window_belongs_read_differently() -> None:
    first, second = activity("a"), activity("b")
    sentences = {
        str(first.then(second, within="7 days")),
        str(first.then(second.within("7 days"))),
        str(first.within("7 days").then(second)),
    }
    assert len(sentences) == 3


def test_a_text_with_control_characters_is_escaped() -> None:
    assert str(field("a").equals("x\x1b[31m\u202e\n")) == r"a is 'x\x1b[31m\u202e\n'"


def test_a_long_text_is_cut() -> None:
    assert len(str(field("a").contains("x" * 60_000))) < 100


def test_a_huge_condition_reads_as_a_short_sentence_at_once() -> None:
    eight = [field("name" * 40).equals("text" * 40)] * 8
    wide = any_of(*[any_of(*[all_of(*[any_of(*eight)] * 8)] * 8)] * 8)
    started = time.perf_counter()
    assert wide.size > 4_000
    assert len(str(wide)) == len(repr(wide)) == 2_000
    assert time.perf_counter() - started < 5


def test_a_repr_names_the_class_and_its_fields() -> None:
    assert repr(field("a").equals(1)) == "Compare(field='a', operator='equals', value=1)"
    assert repr(~tag("vip")) == "Not(condition=HasTag(tag='vip'))"

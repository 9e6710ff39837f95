"""What no lead meets, what every lead meets, and what follows from what: certain, never guessed."""

from __future__ import annotations

from datetime import date

import pytest

from leadflow import Money, activity, all_of, always, any_of, field, tag
from leadflow.conditions import Condition, fold
from leadflow.conditions.contradiction import implies, is_always, is_never

N, M, COUNTRY = field("n"), field("m"), field("country")
A, B, C, D = map(tag, "abcd")
CALL = activity("call")
NOWHERE = N.equals(1) & N.equals(2)


@pytest.mark.parametrize(
    "condition",
    [
        ~always(),
        ~(always() & always()),
        A & ~A,
        A & (N.equals(1) & N.equals(2)),
        any_of(~always(), A & ~A),
        any_of(A, B) & ~A & ~B,
        all_of(any_of(A, B), ~all_of(any_of(A, B))),
        any_of(all_of(A, B), all_of(A, C)) & ~A,
        M.is_known() & N.is_known() & N.is_unknown(),
        N.one_of(1, 2) & N.one_of(3, 4),
        any_of(N.equals(1), N.equals(2)) & any_of(N.equals(3), N.equals(4)),
        N.equals(True) & N.equals(1),
        N.contains("x") & ~N.contains("x"),
        CALL & CALL.never(),
        CALL.where(NOWHERE),
        CALL.where(NOWHERE).times(3),
        CALL.then(CALL.where(NOWHERE)),
        CALL.where(NOWHERE).then(CALL),
        ~any_of(N.at_least(5), N.less_than(5), ~N.between(0, 9)),
    ],
    ids=str,
)
def test_a_condition_that_contradicts_itself_is_never_met(condition: Condition) -> None:
    assert is_never(condition)
    assert is_always(~condition)


@pytest.mark.parametrize(
    "condition",
    [
        always(),
        A,
        ~A,
        A & ~B,
        any_of(A, B) & ~A,
        N.is_unknown(),
        ~N.one_of(1, 2, "x", True, False),
        ~any_of(N.at_least(5), N.less_than(5)),
        CALL.never() & activity("email_sent"),
        CALL.where(NOWHERE).never(),
        CALL.where(NOWHERE).times(at_most=0),
        CALL.where(NOWHERE).times(at_least=0, at_most=2),
        CALL.where(N.equals(1)).then(CALL.where(N.equals(2))),
        N.equals(1) & M.equals(2),
    ],
    ids=str,
)
def test_a_condition_that_some_lead_may_meet_is_not_never(condition: Condition) -> None:
    assert not is_never(condition)


@pytest.mark.parametrize(
    ("one", "others"),
    [
        (A, [A]),
        (~A, [~A]),
        (all_of(any_of(A, B), any_of(C, D)), [all_of(any_of(A, B), any_of(C, D))]),
        (CALL.then(CALL), [CALL.then(CALL)]),
        (A, [always()]),
        (~always(), [A]),
        (~always(), []),
        (NOWHERE, []),
        (A & B, [A]),
        (A, [A | B]),
        (A | B, [B | A | C]),
        (A | B, [A, B]),
        (N.between(60, 90), [N.at_least(50)]),
        (N.between(60, 90), [N.between(60, 90)]),
        (N.between(1, 9), [N.less_than(5), N.at_least(5)]),
        (N.equals(7), [N.is_known()]),
        (COUNTRY.one_of("PL", "CZ"), [COUNTRY.one_of("CZ", "DE", "PL")]),
        (COUNTRY.one_of("PL", "CZ"), [COUNTRY.equals("PL"), COUNTRY.equals("CZ")]),
        (COUNTRY.one_of("PL", "CZ"), [any_of(COUNTRY.equals("PL"), COUNTRY.equals("CZ"))]),
        (COUNTRY.equals("PL"), [~COUNTRY.equals("CZ")]),
        (COUNTRY.equals("PL") & N.at_least(100), [COUNTRY.equals("PL") & N.at_least(50)]),
        (
            COUNTRY.one_of("PL", "CZ") & N.at_least(100),
            [COUNTRY.equals("PL") & N.at_least(50), COUNTRY.equals("CZ") & N.at_least(50)],
        ),
        (COUNTRY.equals("PL"), [COUNTRY.equals("PL") & N.at_least(50), ~N.at_least(50)]),
        ((A | B) & C, [A & C, B & C]),
        (A & B & C, [all_of(any_of(all_of(A, B), D), C)]),
        (any_of(all_of(A, B), all_of(A, ~A)), [B]),
        (CALL & A, [CALL]),
        (CALL, [~CALL.never()]),
        (~CALL, [CALL.never()]),
        (N.equals(7), [N.at_most(field("m")), N.at_least(7)]),
    ],
    ids=str,
)
def test_what_surely_follows_is_found(one: Condition, others: list[Condition]) -> None:
    assert implies(one, *others)


@pytest.mark.parametrize(
    ("one", "others"),
    [
        (A, []),
        (A, [B]),
        (always(), [A]),
        (A | B, [A]),
        (A, [A & B]),
        (N.at_least(50), [N.between(60, 90)]),
        (N.is_known(), [N.less_than(50), N.at_least(50)]),
        (always(), [N.less_than(50), N.at_least(50)]),
        (~COUNTRY.equals("CZ"), [COUNTRY.equals("PL")]),
        (COUNTRY.one_of("PL", "DE"), [COUNTRY.one_of("PL", "CZ")]),
        (COUNTRY.equals("PL") & N.at_least(50), [COUNTRY.equals("PL") & N.at_least(100)]),
        (CALL, [CALL.times(2)]),
        (CALL, [activity("meeting")]),
        (CALL.then(activity("meeting")), [activity("meeting").then(CALL)]),
        (N.at_least(M), [N.at_least(field("o"))]),
    ],
    ids=str,
)
def test_what_does_not_follow_is_not_claimed(one: Condition, others: list[Condition]) -> None:
    assert not implies(one, *others)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (N.equals(date(2026, 3, 1)), N.at_least(date(2026, 1, 1))),
        (N.equals(Money(5, "EUR")), N.at_least(Money(1, "EUR"))),
        (N.starts_with("ab"), N.contains("a")),
        (N.in_last("3 days"), N.in_last("4 days")),
        (CALL.times(3), CALL.times(2)),
        (CALL.within("3 days"), CALL),
    ],
    ids=str,
)
def test_dates_money_parts_of_texts_and_counts_are_not_looked_into(
    one: Condition, other: Condition
) -> None:
    assert not implies(one, other)
    assert implies(one, one)


def test_conditions_at_the_limits_of_size_and_depth_are_still_compared() -> None:
    deep: Condition = CALL.where(N.equals(1))
    for _ in range(62):
        deep = ~deep
    assert implies(deep, deep)
    wide = all_of(*(tag(str(number)) for number in range(9_999)))
    assert implies(wide, deep, wide)
    assert not implies(wide, ~wide)


def test_conditions_on_one_field_too_many_for_one_table_are_compared_in_parts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fold, "_MOST_ENTRIES", 30)
    ranges = [N.at_least(number) for number in range(20)]
    assert implies(all_of(A, *ranges), ranges[-1])
    assert not implies(A, *ranges)


@pytest.mark.parametrize(("length", "is_found"), [(5, True), (30, False)])
def test_what_follows_over_very_many_steps_is_not_found(length: int, is_found: bool) -> None:
    steps = [any_of(~tag(str(n)), tag(str(n + 1))) for n in range(length)]
    last = ~tag(str(length))
    condition = all_of(any_of(last, A), any_of(last, ~A), *reversed(steps), tag("0"))
    assert is_never(condition) is is_found


def test_thousands_of_alternatives_are_compared_at_once() -> None:
    pairs = [N.equals(number) & M.equals(number) for number in range(2_000)]
    assert implies(any_of(*pairs[:1_400]), any_of(*pairs))
    assert not implies(any_of(*pairs[:1_400]), *pairs[1_400:])

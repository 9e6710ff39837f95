"""Asking a condition of one lead: the meaning of every word."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from leadflow.conditions import Condition, Happened, activity, all_of, always, any_of, field, tag
from leadflow.conditions.matching import earliest, fields_of, latest
from leadflow.errors import InvalidValue, NaiveDatetime
from leadflow.events import (
    Activity,
    ActivityKind,
    Disposition,
    Event,
    FieldsSet,
    Note,
    Scored,
    StageChange,
    Tagged,
    Untagged,
)
from leadflow.lead import Lead, merge
from leadflow.money import Money
from leadflow.span import Span

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
BIG = 2**53
EAST = timezone(timedelta(hours=14))
WEST = timezone(timedelta(hours=-10))


def met(condition: Condition, *events: Event, as_of: datetime = NOW, **fields: Any) -> bool:
    return condition.matches(Lead("L-1", fields=fields, events=events), as_of=as_of)


def at(day: int, hour: int = 12, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


# Unknown

A = field("a")
LEAVES: list[Condition] = [
    A.equals(1),
    A.equals(False),
    A.equals(""),
    A.at_least(-(2**62)),
    A.at_most(2**62),
    A.more_than(-1),
    A.less_than(1),
    A.between(-1, 1),
    A.one_of(0, "", False),
    A.contains("n"),
    A.starts_with("N"),
    A.ends_with("e"),
    A.is_known(),
    A.in_last("9999 years"),
    A.in_next("9999 years"),
    A.older_than("1 day"),
    A.equals(field("b")),
    A.at_most(field("b")),
    field("b").equals(A),
    field("b").at_least(A),
]


@pytest.mark.parametrize("unknown", [{}, {"a": None}, {"a": float("nan")}, {"a": Decimal("NaN")}])
@pytest.mark.parametrize("leaf", LEAVES)
def test_a_leaf_asked_of_an_unknown_value_is_false_and_its_negation_true(
    leaf: Condition, unknown: dict[str, Any]
) -> None:
    assert not met(leaf, **unknown, b=1)
    assert met(~leaf, **unknown, b=1)


def test_is_unknown_is_the_opposite_of_is_known() -> None:
    for value, known in [(None, False), ("", True), (0, True), (False, True)]:
        assert met(A.is_known(), a=value) is known
        assert met(A.is_unknown(), a=value) is not known
    assert met(A.is_unknown())


def test_two_unknown_values_do_not_equal_each_other() -> None:
    assert not met(A.equals(field("b")))
    assert not met(A.equals(A))
    assert met(A.equals(A), a=1)


# Numbers


@pytest.mark.parametrize("value", [5, 5.0, Decimal(5), Decimal("5.00")])
@pytest.mark.parametrize("constant", [5, 5.0, Decimal("5.0")])
def test_int_decimal_and_float_are_one_kind(value: Any, constant: Any) -> None:
    assert met(A.equals(constant), a=value)
    assert met(A.one_of(1, constant), a=value)
    assert met(A.between(constant, constant), a=value)
    assert met(A.at_least(constant) & A.at_most(constant), a=value)
    assert not met(A.more_than(constant) | A.less_than(constant), a=value)


@pytest.mark.parametrize(
    ("value", "constant", "equal"),
    [
        (float(BIG), BIG + 1, True),  # float(2**53 + 1) is 2**53
        (BIG, BIG + 1, False),
        (Decimal(BIG), BIG + 1, False),
        (Decimal(BIG + 1), BIG + 1, True),
        (BIG + 1, float(BIG), False),
        (0.1, 0.1, True),
        (0.1, Decimal("0.1"), True),
        (Decimal("0.1"), 0.1, True),
        (Decimal("0.1"), Decimal("0.10"), True),
        (Decimal("0.1000000000000000055511151231257827"), 0.1, False),
        (0.1, Decimal("0.1000000000000000055511151231257827"), True),
        (0.1 + 0.2, 0.3, False),
        (0.0, -0.0, True),
        (-0.0, 0, True),
    ],
)
def test_a_float_meets_a_constant_as_a_float_and_the_others_exactly(
    value: Any, constant: Any, equal: bool
) -> None:
    assert met(A.equals(constant), a=value) is equal
    assert met(A.one_of("x", constant), a=value) is equal
    assert met(A.between(constant, constant), a=value) is equal


def test_a_whole_number_next_to_a_constant_beyond_floats_is_told_apart() -> None:
    assert met(A.less_than(BIG + 1), a=BIG)
    assert not met(A.less_than(BIG + 1), a=float(BIG))
    assert met(A.at_least(BIG + 1), a=float(BIG))


@pytest.mark.parametrize(
    ("condition", "values"),
    [
        (A.at_least(5), {4: False, 5: True, 6: True, 4.999: False}),
        (A.at_most(5), {4: True, 5: True, 6: False, 5.001: False}),
        (A.more_than(5), {4: False, 5: False, 6: True, Decimal("5.01"): True}),
        (A.less_than(5), {4: True, 5: False, 6: False, Decimal("4.99"): True}),
        (A.between(50, 1000), {49: False, 50: True, 1000: True, 1001: False, 999.5: True}),
        (A.between(0.5, 1), {0: False, 0.5: True, 1.0: True, Decimal("0.50"): True, 2: False}),
        (A.one_of(1, 3), {1: True, 2: False, 3.0: True, Decimal(3): True}),
    ],
)
def test_ordered_comparisons_of_numbers(condition: Condition, values: dict[Any, bool]) -> None:
    assert {value: met(condition, a=value) for value in values} == values


# Kinds

OF_EACH_KIND: dict[str, Any] = {
    "number": 1,
    "boolean": True,
    "text": "1",
    "date": date(2026, 3, 31),
    "datetime": datetime(2026, 3, 31, tzinfo=UTC),
}


@pytest.mark.parametrize("of_value", OF_EACH_KIND)
@pytest.mark.parametrize("of_constant", OF_EACH_KIND)
def test_values_of_different_kinds_never_compare(of_value: str, of_constant: str) -> None:
    value, constant = OF_EACH_KIND[of_value], OF_EACH_KIND[of_constant]
    alike = of_value == of_constant
    assert met(A.equals(constant), a=value) is alike
    assert met(A.one_of(constant), a=value) is alike
    assert met(A.equals(field("b")), a=value, b=constant) is alike
    if of_constant not in ("text", "boolean"):
        assert met(A.at_least(constant) | A.at_most(constant), a=value) is alike
        assert met(A.between(constant, constant), a=value) is alike


def test_one_of_tells_true_from_1() -> None:
    assert met(A.one_of(1, True), a=1)
    assert met(A.one_of(1, True), a=True)
    assert not met(A.one_of(1), a=True)
    assert not met(A.one_of(True), a=1)
    assert not met(A.one_of(True), a=1.0)
    assert not met(A.one_of(0), a=False)


@pytest.mark.parametrize("wrong", ["5", True, date(2026, 1, 1)])
def test_text_parts_and_numbers_ask_their_own_kind_only(wrong: Any) -> None:
    assert not met(A.between(0, 10), a=wrong)
    assert not met(A.contains("5"), a=5)
    assert not met(A.contains("T"), a=True)


def test_money_meets_its_own_currency_only() -> None:
    lead = Lead("L-1", deal_value=Money("10.00", "EUR"))
    value = field("deal_value")
    for condition, answer in [
        (value.equals(Money(10, "EUR")), True),
        (value.equals(Money(10, "USD")), False),
        (value.equals(10), False),
        (value.at_least(Money("9.99", "EUR")), True),
        (value.at_least(Money(1, "USD")), False),
        (value.at_most(Money(100, "USD")), False),
        (value.between(Money(10, "EUR"), Money(11, "EUR")), True),
        (value.between(Money(10, "USD"), Money(11, "USD")), False),
        (value.one_of(Money(10, "USD"), Money(10, "EUR")), True),
        (value.one_of(Money(10, "USD"), 10), False),
        (value.is_known(), True),
        (~value.equals(Money(10, "USD")), True),
    ]:
        assert condition.matches(lead, as_of=NOW) is answer, str(condition)


def test_a_subclass_of_date_is_compared_as_a_date() -> None:
    class Day(date):
        pass

    assert met(A.equals(date(2026, 3, 1)) & A.in_last("31 days"), a=Day(2026, 3, 1))
    assert met(A.equals(Day(2026, 3, 1)), a=date(2026, 3, 1))


# Text


@pytest.mark.parametrize(
    ("condition", "values"),
    [
        (A.equals("PL"), {"PL": True, "pl": False, " PL": False, "": False}),
        (A.equals(""), {"": True, " ": False}),
        (A.one_of("PL", "CZ"), {"PL": True, "cz": False, "": False}),
        (A.contains("CTO"), {"the CTO": True, "the cto": False, "": False}),
        (A.starts_with("Head"), {"Head of": True, "head of": False, "a Head": False}),
        (A.ends_with("@a.com"), {"x@a.com": True, "x@A.com": False, "x@a.com ": False}),
        (A.equals("é"), {"é": True, "e\u0301": False}),
        (A.contains(".*"), {"anything": False, "a.*b": True}),
    ],
)
def test_text_is_compared_exactly_case_included(
    condition: Condition, values: dict[str, bool]
) -> None:
    assert {value: met(condition, a=value) for value in values} == values


# Dates


@pytest.mark.parametrize(
    ("condition", "days"),
    [
        (A.in_last("30 days"), {1: True, 31: True}),
        (A.in_last("2 days"), {28: False, 29: True, 30: True, 31: True}),
        (A.older_than("2 days"), {28: True, 29: False, 31: False}),
        (A.in_last("1 month"), {1: True, 31: True}),
        (A.in_next("1 day"), {30: False, 31: True}),
    ],
)
def test_dates_count_from_the_utc_date_of_as_of_with_both_ends(
    condition: Condition, days: dict[int, bool]
) -> None:
    assert {day: met(condition, a=date(2026, 3, day)) for day in days} == days
    assert {day: met(condition, a=at(day, 23)) for day in days} == days


@pytest.mark.parametrize(
    ("as_of", "span", "first"),
    [
        (date(2026, 3, 31), "1 month", date(2026, 2, 28)),
        (date(2028, 3, 31), "1 month", date(2028, 2, 29)),
        (date(2026, 3, 28), "1 month", date(2026, 2, 28)),
        (date(2026, 5, 31), "1 month", date(2026, 4, 30)),
        (date(2028, 2, 29), "1 year", date(2027, 2, 28)),
        (date(2026, 3, 31), "1 month 1 day", date(2026, 2, 27)),
        (date(2026, 1, 15), "3 months", date(2025, 10, 15)),
        (date(2026, 3, 31), "31 days", date(2026, 2, 28)),
    ],
)
def test_months_are_calendar_months_back_from_as_of(as_of: date, span: str, first: date) -> None:
    instant = datetime.combine(as_of, datetime.min.time(), UTC)
    before = first - timedelta(1)
    for day, inside in ((as_of, True), (first, True), (before, False)):
        assert met(A.in_last(span), a=day, as_of=instant) is inside
        assert met(A.older_than(span), a=day, as_of=instant) is not inside
        seen = Activity("call", datetime.combine(day, datetime.min.time(), UTC))
        assert met(activity("call").within(span), seen, as_of=instant) is inside


@pytest.mark.parametrize(
    ("as_of", "span", "last"),
    [
        (date(2026, 1, 31), "1 month", date(2026, 2, 28)),
        (date(2026, 3, 31), "3 months", date(2026, 6, 30)),
        (date(2026, 3, 31), "1 week", date(2026, 4, 7)),
    ],
)
def test_in_next_reaches_to_the_last_day_of_the_span(as_of: date, span: str, last: date) -> None:
    instant = datetime.combine(as_of, datetime.max.time(), UTC)
    for day, inside in ((as_of, True), (last, True), (last + timedelta(1), False)):
        assert met(A.in_next(span), a=day, as_of=instant) is inside
    assert not met(A.in_next(span), a=as_of - timedelta(1), as_of=instant)


def test_tomorrow_is_neither_in_the_last_days_nor_older() -> None:
    tomorrow = date(2026, 4, 1)
    assert not met(A.in_last("30 days") | A.older_than("30 days"), a=tomorrow)


def test_a_datetime_field_counts_by_its_utc_date() -> None:
    early = datetime(2026, 3, 31, 1, tzinfo=EAST)  # 30 March, 11:00 UTC
    late = datetime(2026, 3, 29, 20, tzinfo=WEST)  # 30 March, 06:00 UTC
    for value in (early, late):
        assert met(A.in_last("1 day"), a=value)
        assert not met(A.in_next("1 day"), a=value)
        assert met(A.older_than("1 day"), a=value, as_of=NOW + timedelta(1))


def test_as_of_counts_by_its_utc_date() -> None:
    as_of = datetime(2026, 4, 1, 1, tzinfo=EAST)  # 31 March, 11:00 UTC
    assert met(A.in_next("1 day"), a=date(2026, 3, 31), as_of=as_of)
    assert not met(A.in_last("1 day"), a=date(2026, 4, 1), as_of=as_of)


@pytest.mark.parametrize("as_of", [NOW, datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])  # fmt: skip
@pytest.mark.parametrize("span", ["9999 years", "3652059 days", "9998 years 365 days"])
def test_spans_that_leave_the_years_there_are_do_not_raise(span: str, as_of: datetime) -> None:
    for day in (date.min, as_of.date(), date.max):
        assert met(A.in_last(span) | A.in_next(span) | A.older_than(span), a=day, as_of=as_of)
    assert met(activity("call").within(span), Activity("call", as_of), as_of=as_of)


def test_the_first_and_last_day_stand_in_for_days_beyond_the_years() -> None:
    long = Span(months=9_999 * 12)
    assert (earliest(long, NOW.date()), latest(long, NOW.date())) == (date.min, date.max)
    assert earliest(Span(days=1), NOW.date()) == date(2026, 3, 30)
    assert latest(Span(days=1), NOW.date()) == date(2026, 4, 1)
    assert not met(A.older_than(long), a=date.min)


@pytest.mark.parametrize("value", [5, "2026-03-31", True, ""])
def test_what_is_no_date_is_near_to_nothing(value: Any) -> None:
    assert not met(A.in_last("9999 years") | A.in_next("9999 years"), a=value)
    assert not met(A.older_than("1 day"), a=value)


# Attributes, tags, time


def test_attributes_and_fields_are_one_namespace() -> None:
    lead = Lead(
        "L-1",
        NOW,
        source="fair",
        due=date(2026, 4, 30),
        stage="new",
        score=40,
        win_probability=0.25,
        fields={"employees": 120},
    )
    for condition in (
        field("id").equals("L-1"),
        field("created_at").equals(NOW),
        field("source").equals("fair"),
        field("due").in_next("1 month"),
        field("stage").one_of("new", "working"),
        field("score").at_least(40),
        field("win_probability").at_least(0.25),
        field("employees").between(50, 1000),
        field("owner").is_unknown(),
    ):
        assert condition.matches(lead, as_of=NOW), str(condition)


def test_an_event_after_as_of_has_not_happened() -> None:
    lead = Lead("L-1", stage="new", fields={"employees": 5}, tags=["old"]).after(
        FieldsSet({"employees": 50}, at(10)),
        StageChange("working", at(11)),
        Tagged("vip", at(12)),
        Untagged("old", at(12)),
        Activity("call", at(13)),
        Scored(40, at(14)),
    )
    later = all_of(
        field("employees").equals(50),
        field("stage").equals("working"),
        tag("vip"),
        ~tag("old"),
        activity("call"),
        field("score").equals(40),
    )
    assert later.matches(lead, as_of=at(14))
    early = [part.matches(lead, as_of=at(9)) for part in later.conditions]
    assert early == [False] * 6
    assert (field("employees").equals(5) & field("stage").equals("new") & tag("old")).matches(
        lead, as_of=at(9)
    )
    one_before = at(13) - timedelta(microseconds=1)
    assert activity("call").never().matches(lead, as_of=one_before)
    assert not activity("call").never().matches(lead, as_of=at(13))


def test_an_event_of_this_very_instant_has_happened() -> None:
    assert met(activity("call").within("1 day"), Activity("call", NOW))


def test_a_naive_as_of_is_refused() -> None:
    with pytest.raises(NaiveDatetime, match="as_of: expected a datetime with a time zone"):
        always().matches(Lead("L-1"), as_of=datetime(2026, 1, 1))
    with pytest.raises(InvalidValue, match="as_of: expected a datetime"):
        always().matches(Lead("L-1"), as_of=date(2026, 1, 1))  # type: ignore[arg-type]


def test_a_tag_is_compared_exactly() -> None:
    lead = Lead("L-1", tags=["vip"])
    assert tag("vip").matches(lead, as_of=NOW)
    assert not tag("VIP").matches(lead, as_of=NOW)


def test_combinations_ask_their_parts() -> None:
    yes, no = always(), ~always()
    cases: list[tuple[list[Condition], bool, bool]] = [
        ([yes], True, True), ([no], False, False), ([yes, no], False, True), ([no, no], False, False),
        ([yes, yes, yes], True, True), ([yes, yes, no], False, True), ([no, no, yes], False, True),
    ]  # fmt: skip
    for parts, every, some in cases:
        assert met(all_of(*parts)) is every
        assert met(any_of(*parts)) is some


# Activities


def test_an_activity_is_asked_by_kind() -> None:
    opened = Activity("email_opened", at(30))
    assert met(activity("email_opened"), opened)
    assert met(activity(ActivityKind.EMAIL_OPENED), opened)
    assert not met(activity("email_clicked"), opened)
    assert not met(activity("Email_opened"), opened)
    assert not met(activity("email_opened"))


def test_data_keywords_must_all_hold_of_one_activity() -> None:
    log = [
        Activity("page_viewed", at(1), data={"page": "/pricing", "seconds": 5}),
        Activity("page_viewed", at(2), data={"page": "/blog", "seconds": 50}),
    ]
    assert met(activity("page_viewed", page="/pricing"), *log)
    assert met(activity("page_viewed", page="/pricing", seconds=5.0), *log)
    assert not met(activity("page_viewed", page="/pricing", seconds=50), *log)
    assert not met(activity("page_viewed", form="demo"), *log)


PAGE = Activity(
    "page_viewed",
    at(30),
    by="robot",
    data={"page": "/pricing", "seconds": 30, "depth": 40, "last_seen": date(2026, 3, 29), "new": True},
)  # fmt: skip


@pytest.mark.parametrize(
    ("where", "answer"),
    [
        (field("page").equals("/pricing"), True),
        (field("page").starts_with("/pri"), True),
        (field("page").one_of("/a", "/b"), False),
        (field("seconds").between(30, 60), True),
        (field("seconds").more_than(30), False),
        (field("seconds").at_most(field("depth")), True),
        (field("depth").less_than(field("seconds")), False),
        (field("depth").at_most(field("employees")), False),
        (field("form").is_unknown(), True),
        (field("page").is_known(), True),
        (field("employees").is_known(), False),
        (field("last_seen").in_last("2 days"), True),
        (field("last_seen").older_than("2 days"), False),
        (field("new").equals(True), True),
        (field("new").equals(1), False),
        (field("channel").equals("web"), True),
        (field("direction").equals("in"), True),
        (field("answered").is_unknown(), True),
        (field("by").equals("robot"), True),
        (field("channel").equals("web") & field("page").equals("/pricing"), True),
        (field("channel").equals("web") & ~field("page").equals("/pricing"), False),
        (field("channel").equals("email") | field("seconds").equals(30), True),
        (field("by").equals(field("page")), False),
        (field("kind").is_known() | field("at").is_known(), False),
        (always(), True),
        (~always(), False),
    ],
)
def test_where_asks_the_activitys_own_data_and_attributes(where: Condition, answer: bool) -> None:
    assert met(activity("page_viewed").where(where), PAGE, employees=50) is answer


def test_where_reads_whether_a_call_was_answered() -> None:
    calls = [Activity("call", at(1), answered=False), Activity("call", at(2), answered=True)]
    assert met(activity("call", answered=True), *calls)
    assert not met(activity("call", answered=True).times(2), *calls)
    assert met(activity("call", direction="out", channel="phone").times(2), *calls)


@pytest.mark.parametrize(
    ("seen", "inside"),
    [
        (datetime(2026, 3, 1, 0, 0, tzinfo=UTC), True),
        (datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 3, 1, 13, 59, tzinfo=EAST), False),  # 28 February, 23:59 UTC
        (datetime(2026, 2, 28, 14, 0, tzinfo=WEST), True),  # 1 March, 00:00 UTC
        (NOW, True),
        (NOW + timedelta(seconds=1), False),
    ],
)
def test_within_30_days_is_age_0_to_30_in_utc_dates(seen: datetime, inside: bool) -> None:
    assert met(activity("call").within("30 days"), Activity("call", seen)) is inside


@pytest.mark.parametrize(
    ("condition", "answers"),
    [
        (activity("call"), [False, True, True, True, True]),
        (activity("call").times(), [False, True, True, True, True]),
        (activity("call").times(2), [False, False, True, True, True]),
        (activity("call").times(2, 3), [False, False, True, True, False]),
        (activity("call").times(at_least=3, at_most=3), [False, False, False, True, False]),
        (activity("call").times(at_most=2), [False, True, True, False, False]),
        (activity("call").times(0, 2), [True, True, True, False, False]),
        (activity("call").times(at_most=0), [True, False, False, False, False]),
        (activity("call").never(), [True, False, False, False, False]),
        (~activity("call"), [True, False, False, False, False]),
    ],
)
def test_times_counts_occurrences_with_both_ends(condition: Condition, answers: list[bool]) -> None:
    calls = [Activity("call", at(day)) for day in range(1, 5)]
    assert [met(condition, *calls[:number]) for number in range(5)] == answers


def test_equal_activities_without_ids_count_each_and_a_repeated_id_once() -> None:
    twice = activity("call").times(2)
    assert met(twice, Activity("call", at(1)), Activity("call", at(1)))
    assert not met(twice, Activity("call", at(1), id="e-1"), Activity("call", at(1), id="e-1"))


def test_never_looks_only_where_it_is_told_to() -> None:
    old = Activity("page_viewed", at(1), data={"page": "/pricing"})
    viewed = activity("page_viewed")
    assert met(viewed.within("29 days").never(), old)
    assert not met(viewed.within("30 days").never(), old)
    assert met(activity("page_viewed", page="/blog").never(), old)


# Sequences


BROWSED, ASKED = activity("page_viewed", page="/product"), activity("demo_requested")


def viewed(when: datetime) -> Activity:
    return Activity("page_viewed", when, data={"page": "/product"})


def asked(when: datetime) -> Activity:
    return Activity("demo_requested", when)


@pytest.mark.parametrize(
    ("log", "ready"),
    [
        ([viewed(at(1)), asked(at(3))], True),
        ([viewed(at(3)), asked(at(1))], False),
        ([viewed(at(1)), asked(at(1))], False),
        ([viewed(at(1)), asked(at(1) + timedelta(microseconds=1))], True),
        ([viewed(at(1)), asked(at(8, 23, 59))], True),
        ([viewed(at(1, 23, 59)), asked(at(9, 0, 0))], False),
        ([viewed(at(1)), viewed(at(20)), asked(at(22))], True),
        ([viewed(at(1)), asked(at(15)), viewed(at(20)), asked(at(30))], False),
        ([asked(at(1)), viewed(at(2)), asked(at(3))], True),
        ([viewed(at(1)), asked(at(15)), asked(at(16)), viewed(at(16)), asked(at(17))], True),
        ([viewed(at(30)), asked(NOW + timedelta(1))], False),
        ([asked(at(3))], False),
        ([viewed(at(3))], False),
        ([], False),
        ([Activity("page_viewed", at(1), data={"page": "/blog"}), asked(at(3))], False),
        ([Activity("newsletter_subscribed", at(1)), asked(at(3))], False),
        ([Activity("newsletter_subscribed", at(1)), Activity("email_opened", at(2))], False),
    ],
)
def test_browsing_the_product_and_then_asking_for_a_demo_is_sales_ready_a_newsletter_is_not(
    log: list[Event], ready: bool
) -> None:
    assert met(BROWSED.then(ASKED, within="7 days"), *log) is ready


def test_without_a_window_any_later_time_will_do() -> None:
    years = Activity("demo_requested", at(1)), viewed(datetime(2001, 1, 1, tzinfo=UTC))
    assert met(BROWSED.then(ASKED), *years)


def test_then_counts_utc_dates_across_midnight_and_offsets() -> None:
    next_day = BROWSED.then(ASKED, within="1 day")
    minutes = [viewed(at(1, 23, 59)), asked(at(2, 0, 1))]
    nearly_two_days = [viewed(at(1, 0, 0)), asked(at(2, 23, 59))]
    just_over_a_day = [viewed(at(1, 23, 59)), asked(at(3, 0, 0))]
    assert met(next_day, *minutes)
    assert met(next_day, *nearly_two_days)
    assert not met(next_day, *just_over_a_day)
    local = [
        viewed(datetime(2026, 3, 3, 9, tzinfo=EAST)),  # 2 March, 19:00 UTC
        asked(datetime(2026, 3, 3, 9, tzinfo=WEST)),  # 3 March, 19:00 UTC
    ]
    assert met(next_day, *local)
    assert not met(next_day, viewed(at(3, 19)), asked(datetime(2026, 3, 4, 9, tzinfo=EAST)))


def test_one_instant_in_two_offsets_is_not_later() -> None:
    there = datetime(2026, 3, 2, 2, tzinfo=EAST)
    assert not met(BROWSED.then(ASKED), viewed(there.astimezone(WEST)), asked(there))


def test_the_same_kind_can_follow_itself_but_not_be_its_own_follower() -> None:
    again = ASKED.then(ASKED, within="7 days")
    assert not met(again, asked(at(1)))
    assert not met(again, asked(at(1)), asked(at(1)))
    assert met(again, asked(at(1)), asked(at(2)))


def test_each_step_keeps_its_own_window() -> None:
    log = [viewed(at(1)), asked(at(30))]
    assert met(BROWSED.then(ASKED.within("7 days")), *log)
    assert not met(BROWSED.within("7 days").then(ASKED), *log)


def test_a_pattern_can_be_named_reused_and_combined() -> None:
    ready = BROWSED.then(ASKED, within="7 days")
    log = [viewed(at(1)), asked(at(3))]
    assert met(ready & field("employees").at_least(10), *log, employees=10)
    assert not met(ready & field("employees").at_least(10), *log, employees=9)
    assert not met(~ready, *log)


# Two fields


@pytest.mark.parametrize(
    ("one", "two", "answers"),
    [
        (5, 5, (True, True, True, False, False)),
        (4, 5, (False, False, True, False, True)),
        (5.0, 5, (True, True, True, False, False)),
        (Decimal("0.1"), 0.1, (True, True, True, False, False)),
        (BIG + 1, float(BIG), (True, True, True, False, False)),
        (BIG + 1, BIG, (False, True, False, True, False)),
        (BIG + 1, Decimal(BIG), (False, True, False, True, False)),
        (date(2026, 1, 1), date(2026, 1, 2), (False, False, True, False, True)),
        (at(2), at(1), (False, True, False, True, False)),
        (at(1), at(1).astimezone(EAST), (True, True, True, False, False)),
        ("a", "a", (True, False, False, False, False)),
        ("a", "b", (False, False, False, False, False)),
        (True, True, (True, False, False, False, False)),
        (True, 1, (False, False, False, False, False)),
        ("1", 1, (False, False, False, False, False)),
        (date(2026, 3, 1), at(1), (False, False, False, False, False)),
        (None, 5, (False, False, False, False, False)),
        (5, None, (False, False, False, False, False)),
        (None, None, (False, False, False, False, False)),
    ],
)
def test_two_fields_compare_within_one_kind(one: Any, two: Any, answers: tuple[bool, ...]) -> None:
    other = field("b")
    words = (
        A.equals(other), A.at_least(other), A.at_most(other), A.more_than(other), A.less_than(other)
    )  # fmt: skip
    assert tuple(met(condition, a=one, b=two) for condition in words) == answers


def test_two_amounts_compare_in_one_currency_only() -> None:
    small = Lead("L-1", deal_value=Money("1.0", "EUR"))
    own = field("deal_value")
    assert (own.equals(own) & own.at_least(own)).matches(small, as_of=NOW)
    values = {"a": Money(1, "EUR"), "b": Money(2, "EUR"), "c": Money(1, "USD")}
    for name, condition, answer in [
        ("a at most b", A.at_most(field("b")), True),
        ("a at least b", A.at_least(field("b")), False),
        ("a at most c", A.at_most(field("c")), False),
        ("a equals c", A.equals(field("c")), False),
    ]:
        assert condition._matcher(values, small, NOW.date()) is answer, name


def test_a_price_is_compared_with_a_budget() -> None:
    fits = field("price").at_most(field("budget"))
    assert met(fits, price=900, budget=1000.0)
    assert not met(fits, price=1001, budget=1000.0)
    assert not met(fits, price=900)


# What a condition reads


@pytest.mark.parametrize(
    ("condition", "fields"),
    [
        (A.equals(1), {"a"}),
        (A.at_most(field("b")), {"a", "b"}),
        (A.is_known() & (field("b").contains("x") | ~field("c").in_last("1 day")), {"a", "b", "c"}),
        (tag("vip") & always(), set()),
        (activity("call", by="x").then(activity("call")) | activity("call", by="y"), set()),
    ],
)
def test_the_fields_a_condition_reads_are_those_of_the_lead(
    condition: Condition, fields: set[str]
) -> None:
    assert fields_of(condition) == fields


def test_a_merged_lead_is_asked_as_one() -> None:
    one = Lead("L-1", at(1), fields={"employees": 20}, events=[viewed(at(2))])
    two = Lead("L-2", at(2), fields={"country": "PL"}, events=[asked(at(3))])
    both: Happened = ASKED
    condition = BROWSED.then(both) & field("employees").equals(20) & field("country").equals("PL")
    assert condition.matches(merge(one, two), as_of=NOW)
    assert not condition.matches(one, as_of=NOW)


# Notes and dispositions

SAID = Note("We need single sign-on", at(20), topic="security", source="call", need="must-have")
CLOSED = Disposition("unqualified", at(20), reason="no budget", note="next year", by="ann")


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (activity("note"), True),
        (activity("note", topic="security", need="must-have"), True),
        (activity("note", topic="security", need="nice-to-have"), False),
        (activity("note", source="call"), True),
        (activity("note").where(field("text").contains("single sign-on")), True),
        (activity("note").where(field("text").contains("Single")), False),
        (activity("note", topic="security").within("11 days"), True),
        (activity("note", topic="security").within("10 days"), False),
        (activity("note").where(field("by").is_unknown()), True),
        (activity("note").times(2), False),
        (activity("note").never(), False),
        (~activity("note", topic="price"), True),
        (activity("disposition"), False),
    ],
    ids=str,
)
def test_conditions_read_what_was_noted(condition: Condition, expected: bool) -> None:
    assert met(condition, SAID) is expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (activity("disposition", outcome="unqualified").within("6 months"), True),
        (activity("disposition", outcome="unqualified").within("1 week"), False),
        (activity("disposition", outcome="lost"), False),
        (activity("disposition", reason="no budget"), True),
        (activity("disposition").where(field("note").starts_with("next")), True),
        (activity("disposition", by="ann"), True),
        (~activity("disposition", outcome="unqualified").within("6 months"), False),
        (activity("disposition").then(activity("email_opened")), True),
        (activity("note"), False),
    ],
    ids=str,
)
def test_conditions_read_how_the_lead_was_closed(condition: Condition, expected: bool) -> None:
    assert met(condition, CLOSED, Activity("email_opened", at(21))) is expected


def test_notes_and_dispositions_of_the_future_have_not_happened() -> None:
    for condition in (activity("note"), activity("disposition")):
        assert not met(condition, SAID, CLOSED, as_of=at(19))

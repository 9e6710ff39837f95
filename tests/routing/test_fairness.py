"""Fairness: what each rep got against the share that each should have, exactly."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow import Money
from leadflow.errors import LeadflowError, MixedCurrencies
from leadflow.events import Assignment
from leadflow.money import Rates
from leadflow.routing.fairness import Fairness, fairness, jain
from leadflow.routing.rep import Rep

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
RATES = Rates("EUR", {"USD": Decimal("0.5")})


def gave(rep: str, value: Money | None = None, rating: str | None = None, units: int = 1) -> Any:
    return Assignment(rep, NOON, value=value, rating=rating, units=units)


def eur(amount: int | str) -> Money:
    return Money(amount, "EUR")


def odd(value: Any) -> Any:
    """Hide from the type checker what it would refuse."""
    return value


def column(report: Fairness, name: str) -> list[Any]:
    return [getattr(row, name) for row in report.rows]


# --- leads ---


def test_equal_counts_have_an_index_of_one_and_no_gap() -> None:
    report = fairness([gave(rep) for rep in ("bo", "ada", "cy") * 10])
    assert column(report, "rep") == ["ada", "bo", "cy"]
    assert column(report, "count") == column(report, "ideal") == [10, 10, 10]
    assert [report.index, report.largest_gap, report.count] == [1, 0, 30]


def test_the_ideal_is_the_total_shared_by_weight() -> None:
    reps = [Rep("ada", weight=5), Rep("bo"), Rep("cy")]
    report = fairness([gave(rep) for rep in ("ada", "ada", "bo", "ada", "cy", "ada", "ada")], reps)
    assert column(report, "ideal") == [5, 1, 1]
    assert report.index == 1
    skewed = fairness([gave(rep) for rep in ("ada", "ada", "bo", "cy")], reps)
    assert column(skewed, "gap") == [Fraction(-6, 7), Fraction(3, 7), Fraction(3, 7)]
    assert skewed.largest_gap == Fraction(6, 7)
    assert skewed.index == jain([Fraction(2, 5), 1, 1])


def test_units_are_counted_beside_the_leads() -> None:
    report = fairness([gave("ada", units=5), gave("ada", units=5), gave("bo")])
    assert column(report, "units") == [10, 1]
    assert column(report, "count") == [2, 1]


def test_reps_who_got_nothing_count_but_not_those_who_have_left() -> None:
    reps = [Rep("ada"), Rep("bo"), Rep("cy", active=False), Rep("di", active=False)]
    report = fairness([gave("ada"), gave("di")], reps)
    assert column(report, "rep") == ["ada", "bo", "di"]
    assert column(report, "count") == [1, 0, 1]
    assert report.index == Fraction(2, 3)


def test_assignments_to_anybody_else_are_left_out_and_counted() -> None:
    report = fairness([gave("ada"), gave("zed"), gave("zed")], [Rep("ada")])
    assert (report.count, report.others) == (1, 2)
    assert "2 to others left out" in str(report)


def test_where_everyone_has_nothing_all_is_even() -> None:
    for report in (fairness([], [Rep("ada"), Rep("bo")]), fairness([])):
        assert [report.index, report.largest_gap, report.value_index] == [1, 0, None]
        assert (report.largest_value_gap, dict(report.by_rating)) == (None, {})
    assert str(fairness([])).splitlines()[0] == "0 leads to 0 reps: index 1.000, largest gap 0.00"


@pytest.mark.parametrize(
    ("shares", "index"),
    [
        ([], 1),
        ([0, 0], 1),
        ([7], 1),
        ([2, 2, 2], 1),
        ([1, 0, 0, 0], Fraction(1, 4)),
        # Jain, Chiu and Hawe (1984): equal shares among k of n have the index k/n.
        ([1, 1, 0, 0, 0], Fraction(2, 5)),
        ([3, 1], Fraction(4, 5)),
        ([Fraction(1, 3), Fraction(2, 3)], Fraction(9, 10)),
    ],
)
def test_jains_index_is_one_for_equal_shares_and_falls_to_one_nth(
    shares: list[Any], index: Fraction
) -> None:
    assert jain(shares) == index


# --- value ---


def test_values_are_added_up_and_held_against_the_ideal_by_weight() -> None:
    reps = [Rep("ada", weight=2), Rep("bo"), Rep("cy")]
    report = fairness(
        [gave("ada", eur(100)), gave("bo", eur("0.10")), gave("bo", eur("0.20"))], reps
    )
    assert report.currency == "EUR"
    assert column(report, "value") == [eur(100), eur("0.30"), eur(0)]
    assert column(report, "ideal_value") == [Fraction(1003, parts) for parts in (20, 40, 40)]
    assert column(report, "value_gap") == [
        Fraction(997, 20),
        Fraction(-991, 40),
        Fraction(-1003, 40),
    ]
    assert report.largest_value_gap == Fraction(997, 20)
    assert report.value_index == jain([50, Fraction(3, 10), 0])


def test_assignments_without_a_value_are_counted_and_said() -> None:
    report = fairness([gave("ada", eur(5)), gave("bo"), gave("bo")])
    assert report.without_value == 2
    assert column(report, "value") == [eur(5), eur(0)]
    assert "2 without a value" in str(report)


def test_where_no_value_is_known_there_is_none() -> None:
    report = fairness([gave("ada"), gave("bo")])
    assert column(report, "value") == column(report, "value_gap") == [None, None]
    assert (report.currency, report.without_value) == (None, 2)
    assert "value" not in str(report)
    assert column(fairness([gave("ada")], currency="EUR"), "value") == [eur(0)]


def test_two_currencies_need_rates() -> None:
    given = [gave("ada", eur(10)), gave("bo", Money(10, "USD"))]
    with pytest.raises(MixedCurrencies, match="EUR and USD"):
        fairness(given)
    with pytest.raises(MixedCurrencies, match="EUR and PLN and USD"):
        fairness(given, currency="PLN")
    assert column(fairness(given, rates=RATES), "value") == [eur(10), eur(5)]
    in_dollars = fairness(given, currency="USD", rates=RATES)
    assert column(in_dollars, "value") == [Money(20, "USD"), Money(10, "USD")]


# --- ratings ---


def test_each_rating_has_its_counts_and_its_index_the_best_first() -> None:
    given = [gave("ada", rating=r) for r in ("hot", "hot", "zombie", "cold")]
    given += [gave("bo", rating="warm"), gave("bo", rating="cold"), gave("bo")]
    report = fairness(given)
    assert list(report.by_rating) == ["hot", "warm", "cold", "zombie"]
    assert list(report.by_rating.values()) == [Fraction(1, 2), Fraction(1, 2), 1, Fraction(1, 2)]
    assert column(report, "by_rating") == [
        {"hot": 2, "zombie": 1, "cold": 1},
        {"warm": 1, "cold": 1},
    ]


def test_a_rating_is_held_against_the_weights_too() -> None:
    given = [gave("ada", rating="hot"), gave("ada", rating="hot"), gave("bo", rating="hot")]
    assert fairness(given, [Rep("ada", weight=2), Rep("bo")]).by_rating == {"hot": 1}


# --- as it is shown ---


def test_it_reads_as_an_aligned_table() -> None:
    given = [
        gave("ada", eur(1000), "hot"),
        gave("ada", eur(500), "cold"),
        gave("商談", eur(1), "hot"),
    ]
    report = fairness(given, [Rep("ada"), Rep("bo"), Rep("商談")])
    assert str(report) == repr(report)
    head, *lines = str(report).splitlines()
    assert head == (
        "3 leads to 3 reps: index 0.600, largest gap 1.00; "
        "value in EUR: index 0.334, largest gap 999.67"
    )
    assert lines == [
        "rep    leads  ideal    gap  units     value  ideal value  value gap    hot   cold",
        "ada        2   1.00  +1.00      2  1,500.00       500.33    +999.67      1      1",
        "bo         0   1.00  -1.00      0      0.00       500.33    -500.33      0      0",
        "商談       1   1.00   0.00      1      1.00       500.33    -499.33      1      0",
        "index                                                                0.667  0.333",
    ]


def test_a_currency_without_cents_is_shown_without_them() -> None:
    report = fairness([gave("ada", Money(1001, "JPY")), gave("bo", Money(0, "JPY"))])
    assert "1,001          501       +501" in str(report)


def test_a_notebook_shows_an_escaped_table() -> None:
    html = fairness([gave("<b>", rating="hot")])._repr_html_()
    assert "&lt;b&gt;" in html
    assert "1 lead to 1 rep: index 1.000" in html
    assert "<b>" not in html


def test_no_more_than_a_hundred_reps_are_shown() -> None:
    report = fairness([], [Rep(f"r{number:03}") for number in range(101)])
    assert len(report.rows) == 101
    assert "the first 100 reps" in str(report)
    assert "r099" in str(report)
    assert "r100" not in str(report)


# --- bad input ---


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: fairness(odd(5)), "assignments list 5"),
        (lambda: fairness(odd({"L-7": gave("ada")})), "assignments list dict"),
        (lambda: fairness([gave("ada"), odd("bo")]), "assignments[1] an Assignment 'bo'"),
        (lambda: fairness([], odd("ada")), "reps list 'ada'"),
        (lambda: fairness([], [odd("ada")]), "reps[0] a Rep 'ada'"),
        (lambda: fairness([], [Rep("ada"), Rep("ada")]), "reps[1] 'ada' each rep once"),
        (lambda: fairness([], currency="EURO"), "currency 'EURO' did you mean 'EUR'"),
        (lambda: fairness([gave("ada", Money(1, "PLN"))], rates=RATES), "rates PLN EUR, USD"),
    ],
)
def test_bad_input_is_refused_with_what_would_work(made: Callable[[], object], words: str) -> None:
    with pytest.raises(LeadflowError) as caught:
        made()
    for word in words.split():
        assert word in str(caught.value)


# --- laws ---

IDS = st.sampled_from("abcde")
GIVEN = st.lists(
    st.builds(
        gave,
        IDS,
        st.none() | st.builds(Money, st.integers(0, 50), st.sampled_from(("EUR", "USD"))),
        st.sampled_from((None, "hot", "warm", "other")),
    ),
    max_size=12,
)
REPS = st.none() | st.dictionaries(IDS, st.integers(1, 5), min_size=1).map(
    lambda weights: [Rep(rep, weight=weight) for rep, weight in weights.items()]
)


@given(GIVEN, REPS)
def test_law_an_index_lies_between_one_nth_and_one_and_is_one_where_shares_are_equal(
    given_: list[Assignment], reps: list[Rep] | None
) -> None:
    report = fairness(given_, reps, rates=RATES)
    n = max(len(report.rows), 1)
    for index in (report.index, report.value_index, *report.by_rating.values()):
        assert index is None or Fraction(1, n) <= index <= 1
    assert (report.index == 1) is (report.largest_gap == 0)
    if report.value_index is not None:
        assert (report.value_index == 1) is (report.largest_value_gap == 0)


@given(GIVEN, REPS)
def test_law_gaps_add_up_to_nothing(given_: list[Assignment], reps: list[Rep] | None) -> None:
    report = fairness(given_, reps, rates=RATES)
    assert sum(column(report, "gap")) == 0
    assert sum(gap for gap in column(report, "value_gap") if gap is not None) == 0
    assert report.count + report.others == len(given_)


@given(GIVEN, REPS, st.data())
def test_law_the_order_of_assignments_and_reps_does_not_matter(
    given_: list[Assignment], reps: list[Rep] | None, data: st.DataObject
) -> None:
    others = reps and data.draw(st.permutations(reps))
    shuffled = data.draw(st.permutations(given_))
    one, two = fairness(given_, reps, rates=RATES), fairness(shuffled, others, rates=RATES)
    assert one == two
    assert str(one) == str(two)

"""Routing by bands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from leadflow import Lead, Money
from leadflow.errors import InvalidDefinition, LeadflowError
from leadflow.events import Assignment
from leadflow.money import Rates
from leadflow.routing import Absence, Band, ByBand, InTurn, Rep, Roster, Router, RoutingRule
from leadflow.routing.held import Answer

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SIZES = ByBand(
    "employees",
    [
        Band("a", at_least=0, under=10),
        Band("b", at_least=10, under=51),
        Band("c", at_least=51),
    ],
)
ROSTER = Roster([Rep("a"), Rep("b"), Rep("c")])


def answer(by: ByBand, lead: Lead, roster: Roster = ROSTER) -> Answer:
    return Router([RoutingRule("size", by=by)]).assign(lead, roster, NOON)


def sized(value: object) -> Lead:
    return Lead("L", fields={"employees": value})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("employees", "rep", "band"),
    [
        (20, "b", "10 or more, under 51"),
        (9, "a", "0 or more, under 10"),
        (51, "c", "51 or more"),
        (10, "b", "10 or more, under 51"),
        (50, "b", "10 or more, under 51"),
        (0, "a", "0 or more, under 10"),
    ],
)
def test_a8_company_sizes_go_to_their_rep(employees: int, rep: str, band: str) -> None:
    found = answer(SIZES, sized(employees))
    assert isinstance(found, Assignment)
    assert found.rep == rep
    assert found.because[-1] == f"employees is {employees} ({band}: {rep}); had no turn yet"
    assert {(each.rep, each.code) for each in found.rejected} == {
        (other, "other_band") for other in {"a", "b", "c"} - {rep}
    }
    assert found.rejected[0].because == f"not for {band}: {rep}"


def test_the_guides_bands_are_refused_naming_10_and_the_two_ways_to_close_it() -> None:
    with pytest.raises(InvalidDefinition) as caught:
        ByBand(
            "employees",
            [Band("a", under=10), Band("b", at_least=11, under=51), Band("c", at_least=51)],
        )
    assert str(caught.value) == (
        "bands of 'employees': bands: nobody gets 10 (10 or more, under 11): "
        "let the band of 'a' end under 11, or that of 'b' begin at 10"
    )


def test_bands_may_be_given_in_any_order() -> None:
    by = ByBand("employees", reversed(SIZES.bands))
    assert [by.band_of(sized(n)) for n in (20, 9, 51)] == [
        SIZES.band_of(sized(n)) for n in (20, 9, 51)
    ]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "employees is not known"),
        (-1, "employees is -1, in no band"),
        (True, "employees is True, in no band"),
        ("20", "employees is '20', in no band"),
        (date(2026, 3, 1), "employees is datetime.date(2026, 3, 1), in no band"),
    ],
)
def test_a_lead_in_no_band_is_held_and_says_why(value: object, words: str) -> None:
    found = answer(SIZES, sized(value))
    assert not isinstance(found, Assignment)
    assert found.because == (f"rule 'size': {words}",)


@pytest.mark.parametrize("value", [9.9, Decimal("9.999")])
def test_bounds_are_exact_for_every_kind_of_number(value: Any) -> None:
    band = SIZES.band_of(sized(value))
    assert band is not None
    assert band.to == ("a",)


def test_the_first_bands_may_be_open_below_and_the_last_one_above() -> None:
    by = ByBand("employees", [Band("c", at_least=51), Band("a", under=51)])
    assert str(by.band_of(sized(-7))) == "under 51: a"
    assert str(by.band_of(sized(51))) == "51 or more: c"
    assert str(ByBand("employees", [Band("a")]).band_of(sized(10**9))) == "any value: a"


def test_one_band_alone_needs_no_list() -> None:
    assert ByBand("n", Band("a")) == ByBand("n", [Band("a")])


def test_several_reps_of_a_band_take_turns() -> None:
    by = ByBand("employees", [Band(["a", "c"], under=10), Band({"b", "a"}, at_least=10)])
    router, roster = Router([RoutingRule("size", by=by)]), ROSTER
    leads = [Lead(f"L-{n}", fields={"employees": size}) for n, size in enumerate([1, 1, 1, 20, 20])]
    routed = router.assign_all(leads, roster, NOON)
    assert [one.rep for one in routed.assignments.values()] == ["a", "c", "a", "b", "a"]


def test_nobody_of_the_band_is_free() -> None:
    away = Absence(NOON, NOON.replace(hour=15), "dentist")
    found = answer(SIZES, sized(20), Roster([Rep("a"), Rep("b", away=[away]), Rep("c")]))
    assert not isinstance(found, Assignment)
    assert found.because == (
        "rule 'size': employees is 20 (10 or more, under 51: b), of whom nobody is free",
    )
    assert [(each.rep, each.code) for each in found.rejected] == [
        ("b", "away"),
        ("a", "other_band"),
        ("c", "other_band"),
    ]
    assert found.until == NOON.replace(hour=15)


def test_the_turn_of_an_absent_rep_of_the_band_goes_by() -> None:
    away = Absence(NOON, NOON.replace(hour=15))
    by = ByBand("employees", [Band(["a", "b"], under=10), Band("c", at_least=10)])
    roster = Roster([Rep("a", away=[away]), Rep("b"), Rep("c", away=[away])])
    found = answer(by, sized(5), roster)
    assert isinstance(found, Assignment)
    assert (found.rep, found.credited) == ("b", {"a": 1})


EUROS = ByBand(
    "deal_value",
    [Band("a", under=Money(1_000, "EUR")), Band("b", at_least=Money(1_000, "EUR"))],
)


@pytest.mark.parametrize(
    ("value", "rep"), [(Money("999.99", "EUR"), "a"), (Money(1_000, "EUR"), "b")]
)
def test_bands_of_money(value: Money, rep: str) -> None:
    found = answer(EUROS, Lead("L", deal_value=value))
    assert isinstance(found, Assignment)
    assert found.rep == rep
    assert f"deal_value is {value} (" in found.because[-1]


def test_money_in_another_currency_needs_rates() -> None:
    lead = Lead("L", deal_value=Money(1_000, "USD"))
    found = answer(EUROS, lead)
    assert not isinstance(found, Assignment)
    assert found.because == ("rule 'size': deal_value is 1000 USD, in no band",)
    rates = Rates("EUR", {"USD": Decimal("0.9")})
    band = ByBand("deal_value", EUROS.bands, rates=rates).band_of(lead)
    assert band is not None
    assert band.to == ("a",)


def test_numbers_are_not_money_nor_money_numbers() -> None:
    assert SIZES.currency is None
    assert EUROS.currency == "EUR"
    assert ByBand("employees", [Band("a")]).currency is None
    lead = Lead("L", deal_value=Money(20, "EUR"))
    assert ByBand("deal_value", SIZES.bands).band_of(lead) is None
    assert ByBand("employees", EUROS.bands).band_of(sized(20)) is None


@pytest.mark.parametrize(
    ("bands", "words"),
    [
        (
            [Band("a", under=10), Band("b", at_least=5, under=20)],
            "'a' and 'b' overlap: both get 5 or more, under 10; let each begin where",
        ),
        ([Band("a", under=10), Band("b", under=5)], "'a' and 'b' overlap: both get under 5"),
        ([Band("a", at_least=10), Band("b", at_least=20)], "overlap: both get 20 or more"),
        ([Band("a"), Band("b", at_least=20)], "overlap: both get 20 or more"),
        ([Band("a"), Band("b")], "overlap: both get any value"),
        (
            [Band(["a", "b"], under=10), Band("c", at_least=Decimal("10.5"))],
            "nobody gets 10 (10 or more, under 10.5): let the band of 'a' and 'b' end under 10.5",
        ),
        (
            [Band("a", under=Money(5, "EUR")), Band("b", at_least=Money(7, "EUR"))],
            "nobody gets 5 EUR (5 EUR or more, under 7 EUR)",
        ),
        (
            [Band("a", under=Money(5, "EUR")), Band("b", at_least=5)],
            "bounds are all numbers, or all money of one currency",
        ),
        (
            [Band("a", under=Money(5, "EUR")), Band("b", at_least=Money(5, "USD"))],
            "all money of one currency",
        ),
    ],
)
def test_bands_with_a_gap_or_an_overlap_are_refused(bands: list[Band], words: str) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        ByBand("n", bands)
    assert words in str(caught.value)


def test_every_gap_and_overlap_is_told() -> None:
    with pytest.raises(InvalidDefinition) as caught:
        ByBand("n", [Band("a", under=1), Band("b", at_least=2, under=5), Band("c", at_least=4)])
    assert [problem.path for problem in caught.value.problems] == ["bands", "bands"]
    assert "nobody gets 1" in str(caught.value)
    assert "both get 4 or more, under 5" in str(caught.value)


def test_bands_that_overlap_are_not_said_to_leave_a_gap_that_is_none() -> None:
    bands = [
        Band("a", at_least=0, under=100),
        Band("b", at_least=10, under=20),
        Band("c", at_least=50, under=60),
    ]
    with pytest.raises(InvalidDefinition) as caught:
        ByBand("n", bands)
    told = [problem.message for problem in caught.value.problems]
    assert [message.split(";")[0] for message in told] == [
        "the bands of 'a' and 'b' overlap: both get 10 or more, under 20",
        "the bands of 'a' and 'c' overlap: both get 50 or more, under 60",
    ]


@pytest.mark.parametrize(
    ("value", "rep"),
    [
        (1e-100, "a"),
        (5e-324, "a"),
        (-1e-100, "low"),
        (0.0, "a"),
        (0.1, "b"),
        (Decimal("0.1"), "b"),
        (0.3, "c"),
        (0.1 + 0.2, "c"),
        (0.29999999999999993, "b"),
        (Decimal("0.29999999999999999"), "b"),
        (1e300, "c"),
    ],
)
def test_bounds_may_be_floats_and_meet_floats_of_any_size(value: Any, rep: str) -> None:
    bands = [
        Band("low", under=0),
        Band("a", at_least=0.0, under=0.1),
        Band("b", at_least=0.1, under=0.3),
        Band("c", at_least=0.3),
    ]
    band = ByBand("employees", bands).band_of(sized(value))
    assert band is not None
    assert band.to == (rep,)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: Band("a", under=1e-100), ["Band.under", "digits", "at most 38"]),
        (lambda: Band([]), ["Band.to", "nobody", "the id of a rep"]),
        (lambda: Band(7), ["Band.to", "a list of names", "7"]),  # type: ignore[arg-type]
        (lambda: Band("a", at_least="10"), ["Band.at_least", "'10'"]),  # type: ignore[arg-type]
        (lambda: Band("a", under=float("nan")), ["Band.under", "a finite number", "NaN"]),
        (lambda: Band("a", at_least=5, under=5), ["Band.under", "a bound above at_least, 5"]),
        (lambda: Band("a", at_least=9, under=5), ["Band.under", "a bound above at_least, 9"]),
        (
            lambda: Band("a", at_least=5, under=Money(9, "EUR")),
            ["Band.under", "of the same kind as 5", "9 EUR"],
        ),
        (lambda: ByBand("n", []), ["ByBand.bands", "at least one Band"]),
        (lambda: ByBand("n", [Band("a"), "b"]), ["ByBand.bands[1]", "a Band", "'b'"]),  # type: ignore[list-item]
        (lambda: ByBand("n", {"a": 1}), ["ByBand.bands", "a list"]),  # type: ignore[dict-item]
        (lambda: ByBand("", [Band("a")]), ["ByBand.field", "not blank"]),
        (lambda: ByBand("n", [Band("a")], then=InTurn), ["ByBand.then", "InTurn()", "class"]),  # type: ignore[arg-type]
        (lambda: ByBand("n", [Band("a")], rates=1.1), ["ByBand.rates", "a Rates", "1.1"]),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_band_is_refused(build: Callable[[], object], words: list[str]) -> None:
    with pytest.raises(LeadflowError) as caught:
        build()
    for word in words:
        assert word in str(caught.value)

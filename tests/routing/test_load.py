"""Strategies that even out work and value."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from leadflow import Lead, Money
from leadflow.errors import InvalidValue, LeadflowError
from leadflow.events import Assignment
from leadflow.money import Rates
from leadflow.routing import (
    Candidates,
    Choice,
    EvenValue,
    LeastLoaded,
    Rep,
    Roster,
    Router,
    RoutingRule,
    Strategy,
    Workload,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
RATES = Rates("EUR", {"USD": "0.5"})


def past(staff: Roster, reps: str, **more: Any) -> Roster:
    return staff.after(*(Assignment(rep, NOON, **{"rule": "all", **more}) for rep in reps.split()))


def choose(by: Strategy, staff: Roster, lead: Lead | None = None, units: int = 1) -> Choice:
    seats = tuple(staff.seats.values())
    return by.choose(lead or Lead("L"), Candidates(seats, "all", units=units), NOON)


def counts(by: Strategy, staff: Roster, leads: list[Lead]) -> tuple[Counter[str], Roster]:
    found = Router([RoutingRule("all", by=by)]).assign_all(leads, staff, NOON)
    return Counter(one.rep for one in found.assignments.values()), found.roster


def worth(amount: str, currency: str = "EUR", id: str = "L") -> Lead:
    return Lead(id, deal_value=Money(amount, currency))


# Least loaded


def test_thirty_leads_come_out_even_and_so_they_do_after_five_are_taken_away() -> None:
    staff = Roster([Rep("u0"), Rep("u1"), Rep("u2")])
    found, staff = counts(LeastLoaded(), staff, [Lead(f"L-{n}") for n in range(30)])
    assert found == {"u0": 10, "u1": 10, "u2": 10}
    for _ in range(5):
        staff = staff.closed("u0")
    found, staff = counts(LeastLoaded(), staff, [Lead(f"M-{n}") for n in range(5)])
    assert found == {"u0": 5}
    assert [staff.workload(rep.id).open for rep in staff] == [10, 10, 10]


def test_with_a_capacity_for_everybody_shares_of_it_are_compared_with_this_lead() -> None:
    staff = past(Roster([Rep("a", capacity=10), Rep("b", capacity=20)]), "a b b b")
    # 1 of 10 and 3 of 20; with two units more, 3 of 10 and 5 of 20.
    assert choose(LeastLoaded(), staff) == Choice("a", "least loaded: 1 of 10 units open")
    assert choose(LeastLoaded(), staff, units=2) == Choice("b", "least loaded: 3 of 20 units open")


def test_without_a_capacity_for_somebody_units_are_compared() -> None:
    staff = past(Roster([Rep("a", capacity=100), Rep("b")]), "a a b")
    assert choose(LeastLoaded(), staff) == Choice("b", "least loaded: 1 units open")
    none = past(Roster([Rep("a", capacity=0), Rep("b", capacity=5)]), "b")
    assert choose(LeastLoaded(), none, units=0) == Choice("a", "least loaded: 0 units open")


def test_open_work_counts_wherever_it_came_from() -> None:
    staff = past(Roster([Rep("a"), Rep("b")]), "a", rule="vip", units=3)
    assert choose(LeastLoaded(), past(staff, "b b", rule=None)).rep == "b"


def test_equal_shares_of_different_capacities_are_a_tie() -> None:
    reps = [Rep("a", capacity=30), Rep("b", capacity=10)]
    staff = Roster(reps, {"a": Workload(open=5), "b": Workload(open=1)})
    # 6 of 30 and 2 of 10.
    assert choose(LeastLoaded(), staff).rep == "a"
    assert choose(LeastLoaded(), past(staff, "a").closed("a")).rep == "b"


@pytest.mark.parametrize(
    ("turns", "weights", "chosen"),
    [
        ("", (1, 1, 1), "a"),
        ("a b", (1, 1, 1), "c"),
        ("a b c", (1, 1, 1), "a"),
        ("b a c", (1, 1, 1), "b"),
        ("a a b c", (3, 1, 1), "a"),
        ("a a b c", (2, 1, 1), "a"),
        ("b a a c", (2, 1, 1), "b"),
        ("b a a c c", (2, 1, 2), "b"),
    ],
)
def test_ties_go_to_fewest_turns_by_weight_then_who_waited_longest_then_the_id(
    turns: str, weights: tuple[int, ...], chosen: str
) -> None:
    reps = [Rep(id, weight=weight) for id, weight in zip("abc", weights, strict=True)]
    staff = past(Roster(reps), turns)
    for rep in turns.split():
        staff = staff.closed(rep)
    assert choose(LeastLoaded(), staff).rep == chosen
    assert choose(EvenValue(), staff, worth("1")).rep == chosen
    assert choose(EvenValue(), staff).rep == chosen


# Even value


def test_whoever_was_given_least_value_gets_the_next_lead() -> None:
    staff = Roster([Rep("a"), Rep("b")])
    amounts = ["100", "40", "30", "20", "10", "0.01"]
    leads = [worth(amount, id=f"L-{n}") for n, amount in enumerate(amounts)]
    found = Router([RoutingRule("all", by=EvenValue())]).assign_all(leads, staff, NOON)
    assert [one.rep for one in found.assignments.values()] == ["a", "b", "b", "b", "b", "a"]
    assert found.assignments["L-3"].because[-1] == "least value by weight: 70 EUR given so far"
    assert found.assignments["L-0"].because[-1] == "least value by weight: 0 EUR given so far"


def test_value_is_compared_by_weight_exactly() -> None:
    staff = Roster([Rep("a", weight=3), Rep("b")])
    staff = past(past(staff, "a", value=Money(300, "EUR")), "b", value=Money(100, "EUR"))
    assert choose(EvenValue(), staff, worth("5")).rep == "a"
    more = past(staff, "a", value=Money("0.01", "EUR"))
    assert choose(EvenValue(), more, worth("5")) == Choice(
        "b", "least value by weight: 100 EUR given so far"
    )
    less = past(staff, "b", value=Money("0.01", "EUR"))
    assert choose(EvenValue(), less, worth("5")).rep == "a"


def test_only_open_value_counts_if_told() -> None:
    staff = past(Roster([Rep("a"), Rep("b")]), "a", value=Money(100, "EUR"))
    staff = past(staff, "b", value=Money(5, "EUR")).closed("a", Money(100, "EUR"))
    assert choose(EvenValue(), staff, worth("1")).rep == "b"
    assert choose(EvenValue(open=True), staff, worth("1")) == Choice(
        "a", "least value by weight: 0 EUR open"
    )


def test_a_lead_of_unknown_value_goes_by_turns() -> None:
    staff = past(Roster([Rep("a"), Rep("b", weight=2)]), "a", value=Money(5, "EUR"))
    staff = past(staff, "b", value=Money(500, "EUR"))
    assert choose(EvenValue(), staff) == Choice(
        "b", "fewest turns, for the lead's value is not known"
    )
    assert choose(EvenValue(), staff, worth("0")).rep == "a"


def test_several_currencies_need_rates() -> None:
    staff = past(Roster([Rep("a"), Rep("b")]), "a", value=Money(10, "EUR"))
    staff = past(staff, "b", value=Money(12, "USD"))
    for lead in (worth("1"), worth("1", "USD"), worth("1", "PLN")):
        answer = choose(EvenValue(), staff, lead)
        assert answer.rep is None
        assert answer.because.startswith("EUR and ")
        assert answer.because.endswith("USD do not compare without rates")
    assert choose(EvenValue(), staff).rep == "a"
    for lead in (worth("1"), worth("1", "USD")):
        assert choose(EvenValue(rates=RATES), staff, lead) == Choice(
            "b", "least value by weight: 6.00 EUR given so far"
        )


def test_several_currencies_of_one_rep_are_added_through_rates() -> None:
    staff = past(Roster([Rep("a"), Rep("b")]), "a", value=Money(10, "EUR"))
    staff = past(past(staff, "b", value=Money(12, "USD")), "b", value=Money(5, "EUR"))
    assert choose(EvenValue(rates=RATES), staff, worth("1")) == Choice(
        "a", "least value by weight: 10 EUR given so far"
    )


def test_one_currency_needs_no_rates_though_there_are_some() -> None:
    staff = past(Roster([Rep("a"), Rep("b")]), "a", value=Money(10, "PLN"))
    for by in (EvenValue(), EvenValue(rates=RATES)):
        assert choose(by, staff, worth("1", "PLN")) == Choice(
            "b", "least value by weight: 0 PLN given so far"
        )


def test_a_currency_without_a_rate_is_an_error_that_names_it() -> None:
    staff = past(Roster([Rep("a"), Rep("b")]), "a", value=Money(10, "PLN"))
    with pytest.raises(LeadflowError, match="PLN"):
        choose(EvenValue(rates=RATES), staff, worth("1"))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"open": 1}, "EvenValue.open: expected true or false, got 1"),
        ({"open": None}, "EvenValue.open: expected true or false, got None"),
        ({"rates": {"USD": "0.5"}}, "EvenValue.rates: expected a Rates"),
        ({"rates": "EUR"}, "EvenValue.rates: expected a Rates, got 'EUR'"),
    ],
)
def test_a_strategy_that_cannot_be_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        EvenValue(**given)
    assert str(caught.value).startswith(words)


def test_whether_only_open_value_counts_is_told_by_name() -> None:
    make: Any = EvenValue
    with pytest.raises(TypeError, match="positional"):
        make(True)

"""Laws of the best total: brute force finds no better one, and no strategy does."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leadflow import Lead, Money
from leadflow.routing import (
    ByScore,
    EvenValue,
    InTurn,
    LeastLoaded,
    LeastRecent,
    Rep,
    Roster,
    Router,
    RoutingRule,
    Seeded,
    Strategy,
    Turns,
    Weighted,
    WinRates,
    Workload,
)
from leadflow.routing.allocation import Allocation, allocate
from leadflow.routing.flow import products
from leadflow.values import half_up

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
REPS = ("a", "b", "c", "d")
Table = list[list[int | None]]

worths = st.one_of(st.none(), st.integers(0, 3), st.integers(0, 1_000))
tables: st.SearchStrategy[Table] = st.lists(
    st.lists(worths, min_size=4, max_size=4), min_size=1, max_size=5
)
rooms = st.lists(st.one_of(st.none(), st.integers(0, 3)), min_size=4, max_size=4)
chances = st.one_of(st.none(), st.integers(0, 100).map(lambda n: n / 100), st.floats(1e-9, 1))
amounts = st.one_of(st.none(), st.integers(0, 10**7).map(lambda n: Money(Decimal(n) / 100, "EUR")))
counts = st.integers(0, 9).flatmap(lambda won: st.tuples(st.just(won), st.integers(won, 20)))


def leads_of(count: int) -> list[Lead]:
    return [Lead(f"L-{place}") for place in range(count)]


def roster_of(room: list[int | None]) -> Roster:
    return Roster(Rep(rep, capacity=most) for rep, most in zip(REPS, room, strict=True))


def allocated(table: Table, room: list[int | None], order: list[int] | None = None) -> Allocation:
    leads = leads_of(len(table))
    return allocate(
        [leads[place] for place in order or range(len(table))],
        roster_of(room),
        lambda lead, rep: table[int(lead.id[2:])][REPS.index(rep.id)],
        as_of=NOON,
    )


def by_brute_force(table: Table, room: list[int | None]) -> tuple[int, int]:
    """Try every way to place the leads; return the best total and the most leads placed for it."""
    best = (0, 0)
    for places in itertools.product((None, 0, 1, 2, 3), repeat=len(table)):
        chosen = [(row, rep) for row, rep in zip(table, places, strict=True) if rep is not None]
        found = [row[rep] for row, rep in chosen]
        if None not in found and all(
            most is None or places.count(rep) <= most for rep, most in enumerate(room)
        ):
            best = max(best, (sum(worth or 0 for worth in found), len(found)))
    return best


@given(tables, rooms)
@example([[10, 2, None, None], [1, None, None, None]], [1, 1, 0, 0])
@example([[0, 0, 0, 0]] * 5, [1, 1, 1, 1])
def test_law_no_way_to_place_the_leads_is_worth_more_or_places_more_for_as_much(
    table: Table, room: list[int | None]
) -> None:
    found = allocated(table, room)
    assert (int(found.total), len(found.assignments)) == by_brute_force(table, room)


def spread(given: tuple[int, ...], before: list[int], weights: list[int]) -> list[Fraction]:
    """List the turns by weight at which each lead was given, the highest first."""
    each = zip(given, before, weights, strict=True)
    return sorted(
        (Fraction(had + n + 1, weight) for count, had, weight in each for n in range(count)),
        reverse=True,
    )


@given(
    st.lists(
        st.lists(st.one_of(st.none(), st.integers(0, 2)), min_size=3, max_size=3),
        min_size=1,
        max_size=6,
    ),
    st.lists(st.one_of(st.none(), st.integers(0, 3)), min_size=3, max_size=3),
    st.lists(st.integers(0, 3), min_size=3, max_size=3),
    st.lists(st.integers(1, 3), min_size=3, max_size=3),
)
@example([[2, 2, 0], [2, 2, 0], [0, 2, 2], [0, 2, 2]], [3, 1, 3], [0, 0, 0], [1, 1, 1])
def test_law_of_the_best_ways_none_is_more_even(
    table: Table, room: list[int | None], before: list[int], weights: list[int]
) -> None:
    each = list(zip(REPS[:3], room, before, weights, strict=True))
    roster = Roster(
        (Rep(rep, capacity=most, weight=weight) for rep, most, _, weight in each),
        {rep: Workload(turns={"allocate": Turns(had)}) for rep, _, had, _ in each},
    )
    found = allocate(
        leads_of(len(table)),
        roster,
        lambda lead, rep: table[int(lead.id[2:])][REPS.index(rep.id)],
        as_of=NOON,
    )
    ways: dict[tuple[int, ...], tuple[int, int]] = {}
    for places in itertools.product((None, 0, 1, 2), repeat=len(table)):
        chosen = [(row, rep) for row, rep in zip(table, places, strict=True) if rep is not None]
        worth = [row[rep] for row, rep in chosen]
        given = tuple(places.count(rep) for rep in range(3))
        if None not in worth and all(
            most is None or count <= most for most, count in zip(room, given, strict=True)
        ):
            value = sum(each or 0 for each in worth), len(worth)
            ways[given] = max(ways.get(given, value), value)
    best = max(ways.values())
    evenest = min(spread(way, before, weights) for way, value in ways.items() if value == best)
    reps = [assignment.rep for assignment in found.assignments.values()]
    assert spread(tuple(map(reps.count, REPS[:3])), before, weights) == evenest


@given(tables, rooms)
def test_law_no_lead_is_lost_or_given_twice_and_nobody_gets_more_than_their_room(
    table: Table, room: list[int | None]
) -> None:
    found = allocated(table, room)
    ids = [*found.assignments, *(held.lead for held in found.held)]
    assert sorted(ids) == [lead.id for lead in leads_of(len(table))]
    given = [assignment.rep for assignment in found.assignments.values()]
    for rep, most in zip(REPS, room, strict=True):
        assert found.roster.workload(rep).open == given.count(rep)
        assert most is None or given.count(rep) <= most
    worth = [table[int(lead[2:])][REPS.index(each.rep)] for lead, each in found.assignments.items()]
    assert None not in worth
    assert found.total == sum(each or 0 for each in worth)


@given(tables, rooms)
def test_law_each_answer_gives_a_reason_for_every_other_rep(
    table: Table, room: list[int | None]
) -> None:
    found = allocated(table, room)
    for assignment in found.assignments.values():
        assert sorted([assignment.rep, *(each.rep for each in assignment.rejected)]) == list(REPS)
    for held in found.held:
        assert [each.rep for each in held.rejected] == list(REPS)
        assert {each.code for each in held.rejected} <= {"at_capacity", "excluded"}


@given(st.data(), tables, rooms)
def test_law_the_order_of_the_leads_does_not_matter(
    data: st.DataObject, table: Table, room: list[int | None]
) -> None:
    order = data.draw(st.permutations(range(len(table))))
    assert allocated(table, room, order) == allocated(table, room)


STRATEGIES: list[Strategy] = [
    InTurn(), LeastRecent(), Weighted(), LeastLoaded(), EvenValue(), Seeded("s"),
    ByScore("win_probability", cuts=[Decimal("0.5")], win_rates=WinRates()),
]  # fmt: skip


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda strategy: type(strategy).__name__)
@given(
    st.lists(st.tuples(chances, amounts), max_size=8),
    rooms,
    st.lists(counts, min_size=4, max_size=4),
)
def test_law_no_strategy_that_routes_the_leads_one_by_one_comes_to_more(
    strategy: Strategy,
    drawn: list[tuple[float | None, Money | None]],
    room: list[int | None],
    closed: list[tuple[int, int]],
) -> None:
    leads = [
        Lead(f"L-{place}", win_probability=chance, deal_value=value)
        for place, (chance, value) in enumerate(drawn)
    ]
    win_rates = WinRates({rep: {"": tally} for rep, tally in zip(REPS, closed, strict=True)})
    roster = roster_of(room)
    found = allocate(leads, roster, as_of=NOON, win_rates=win_rates)
    one_by_one = Router([RoutingRule("all", by=strategy)]).assign_all(leads, roster, NOON)
    by_id = {lead.id: lead for lead in leads}

    def worth(lead: str, rep: str) -> Decimal:
        chance, value = by_id[lead].win_probability, by_id[lead].deal_value
        if chance is None or value is None:
            return Decimal(0)
        exact = Fraction(repr(chance)) * Fraction(value.amount) * win_rates.rate(rep) * 100
        return Decimal(half_up(exact.numerator, exact.denominator)) / 100

    assert found.total == sum(worth(lead, a.rep) for lead, a in found.assignments.items())
    assert found.total >= sum(worth(lead, a.rep) for lead, a in one_by_one.assignments.items())


halves = st.builds(lambda whole, more: (2 * whole + more, 2), st.integers(0, 10**12), st.booleans())
shares = st.one_of(
    halves, st.tuples(st.integers(0, 10**12), st.sampled_from([1, 3, 8, 10**3, 10**16]))
)
rates = st.fractions(0, 1, max_denominator=60)


@given(st.lists(shares, min_size=1, max_size=6), st.lists(rates, min_size=1, max_size=6))
def test_law_every_product_is_rounded_exactly(
    drawn: list[tuple[int, int]], each: list[Fraction]
) -> None:
    found = products(drawn, [each], [0] * len(drawn)).tolist()
    for row, (numerator, denominator) in zip(found, drawn, strict=True):
        exact = [Fraction(numerator, denominator) * rate for rate in each]
        assert row == [half_up(one.numerator, one.denominator) for one in exact]

"""The simulation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leadflow import Lead, Money, field, tag
from leadflow.events import Assignment
from leadflow.routing import (
    Absence,
    Held,
    InTurn,
    LeastLoaded,
    Pool,
    Rep,
    Roster,
    Router,
    RoutingRule,
    Simulation,
    Weighted,
)
from leadflow.routing.simulation import run
from leadflow.span import Span

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ROUTER = Router([RoutingRule("r")])
PAIR = Roster([Rep("ada"), Rep("bo")])


def leads(count: int, **more: Any) -> list[Lead]:
    return [Lead(f"L-{n:05}", **more) for n in range(count)]


def got(played: Simulation) -> dict[str, tuple[str, float]]:
    """Who got each lead, and how many hours after noon."""
    return {lead: (one.rep, (one.at - NOON) / HOUR) for lead, one in played.assignments.items()}


def test_with_every_leads_arrive_one_after_the_other_in_the_order_given() -> None:
    played = ROUTER.simulate(leads(4)[::-1], PAIR, NOON, every="90 minutes")
    assert got(played) == {
        "L-00003": ("ada", 0),
        "L-00002": ("bo", 1.5),
        "L-00001": ("ada", 3),
        "L-00000": ("bo", 4.5),
    }


def test_without_every_leads_arrive_when_they_are_created_and_by_id_at_one_instant() -> None:
    coming = [
        Lead("late", NOON + 2 * HOUR),
        Lead("unknown"),
        Lead("before", NOON - 9 * HOUR),
        Lead("soon", NOON + HOUR),
    ]
    assert got(ROUTER.simulate(coming, PAIR, NOON)) == {
        "before": ("ada", 0),
        "unknown": ("bo", 0),
        "soon": ("ada", 1),
        "late": ("bo", 2),
    }


def test_created_at_does_not_matter_with_every() -> None:
    coming = [Lead("late", NOON + 9 * HOUR), Lead("soon", NOON)]
    assert list(got(ROUTER.simulate(coming, PAIR, NOON, every="1 hour"))) == ["late", "soon"]


def test_weighted_five_one_one_over_coming_leads() -> None:
    roster = Roster([Rep("a", weight=5), Rep("b"), Rep("c")])
    router = Router([RoutingRule("r", by=Weighted())])
    played = router.simulate(leads(14), roster, NOON, every="1 hour")
    assert "".join(one.rep for one in played.assignments.values()) == "aabacaa" * 2
    assert played.counts == {"a": 10, "b": 2, "c": 2}


def test_counts_tell_of_everybody_by_id() -> None:
    played = Router([RoutingRule("r", to=["bo"])]).simulate(leads(3), PAIR, NOON)
    assert list(played.counts.items()) == [("ada", 0), ("bo", 3)]


def test_nothing_given_changes() -> None:
    coming, roster = leads(3), Roster(PAIR.reps)
    played = ROUTER.simulate(iter(coming), roster, NOON, every=HOUR, works_for=Span(days=1))
    assert (coming, roster, roster.version) == (leads(3), PAIR, 0)
    assert played.roster.version == 3
    assert played == ROUTER.simulate(coming, roster, NOON, every=HOUR, works_for=Span(days=1))


def test_without_leads_nothing_happens() -> None:
    played = ROUTER.simulate([], PAIR, NOON)
    assert (played.assignments, played.held, played.waited) == ({}, (), ())
    assert played.roster == PAIR


# Leads that are closed, and those that wait for it.

ONE = Roster([Rep("ada", capacity=1)])


def test_a_lead_is_closed_after_the_work_and_the_one_held_longest_is_next() -> None:
    played = ROUTER.simulate(leads(5), ONE, NOON, every="1 hour", works_for="90 minutes")
    assert got(played) == {
        "L-00000": ("ada", 0),
        "L-00001": ("ada", 1.5),
        "L-00002": ("ada", 3),
    }
    assert [(one.lead, one.since) for one in played.waited] == [
        ("L-00001", NOON + HOUR),
        ("L-00002", NOON + 2 * HOUR),
    ]
    assert [(one.lead, one.since) for one in played.held] == [
        ("L-00003", NOON + 3 * HOUR),
        ("L-00004", NOON + 4 * HOUR),
    ]


def test_without_works_for_nothing_is_ever_closed() -> None:
    played = ROUTER.simulate(leads(5), ONE, NOON, every="1 hour")
    assert list(played.assignments) == ["L-00000"]
    assert (len(played.held), played.waited) == (4, ())
    assert played.roster.workload("ada").open == 1


def test_a_lead_is_closed_before_one_arrives_at_the_same_instant() -> None:
    played = ROUTER.simulate(leads(4), ONE, NOON, every="1 hour", works_for="1 hour")
    assert len(played.assignments) == 4
    assert played.waited == ()


def test_closing_frees_the_units_and_the_value() -> None:
    router = Router([RoutingRule("r", units=5)])
    coming = leads(3, deal_value=Money(100, "EUR"))
    roster = Roster([Rep("ada", capacity=10)])
    played = router.simulate(coming, roster, NOON, every="1 hour", works_for="90 minutes")
    load = played.roster.workload("ada")
    assert (load.open, load.open_value, load.value) == (
        10,
        (Money(200, "EUR"),),
        (Money(300, "EUR"),),
    )


def test_work_that_ends_after_the_last_year_never_ends() -> None:
    played = ROUTER.simulate(leads(3), ONE, NOON, every="1 hour", works_for="8000 years")
    assert list(played.assignments) == ["L-00000"]


def test_closing_asks_about_the_held_leads_of_every_rule() -> None:
    router = Router([RoutingRule("vip", when=tag("vip")), RoutingRule("rest")])
    coming = [Lead("1"), Lead("2"), Lead("3", tags=["vip"])]
    roster = Roster([Rep("ada", capacity=1), Rep("bo", capacity=1)])
    played = router.simulate(
        [*coming, Lead("4"), Lead("5")], roster, NOON, every="1 hour", works_for="150 minutes"
    )
    assert got(played) == {
        "1": ("ada", 0),
        "2": ("bo", 1),
        "3": ("ada", 2.5),
        "4": ("bo", 3.5),
    }


def test_a_lead_that_meets_no_rule_waits_till_the_end() -> None:
    router = Router([RoutingRule("r", when=tag("vip"))])
    coming = [Lead("1", tags=["vip"]), Lead("2"), Lead("3", tags=["vip"])]
    played = router.simulate(coming, PAIR, NOON, every="1 hour", works_for="30 minutes")
    assert list(played.assignments) == ["1", "3"]
    assert [(one.lead, one.rule, one.since) for one in played.held] == [("2", None, NOON + HOUR)]


# Reps who come back.


def test_held_leads_are_asked_about_when_somebody_is_back() -> None:
    roster = Roster([Rep("ada", away=[Absence(NOON, NOON + timedelta(hours=2.5))])])
    played = ROUTER.simulate(leads(4), roster, NOON, every="1 hour")
    assert got(played) == {
        "L-00000": ("ada", 2.5),
        "L-00001": ("ada", 2.5),
        "L-00002": ("ada", 2.5),
        "L-00003": ("ada", 3),
    }
    assert [one.lead for one in played.waited] == ["L-00000", "L-00001", "L-00002"]


def test_one_who_waits_is_reminded_again_and_keeps_the_place() -> None:
    away = [
        Absence(NOON, NOON + HOUR),
        Absence(NOON + 3 * HOUR, NOON + 6 * HOUR),
    ]
    roster = Roster([Rep("ada", away=away, capacity=2)])
    played = ROUTER.simulate(leads(10), roster, NOON, every="30 minutes", works_for="150 minutes")
    # Two at 13:00 and full; closed at 15:30, when ada is away again; back at 18:00, after the end.
    assert got(played) == {"L-00000": ("ada", 1), "L-00001": ("ada", 1)}
    assert [one.lead for one in played.held] == [f"L-{n:05}" for n in range(2, 10)]
    oldest = played.held[0]
    assert (oldest.since, oldest.at, oldest.until) == (
        NOON + HOUR,
        NOON + 3.5 * HOUR,
        NOON + 6 * HOUR,
    )


def test_the_play_ends_with_the_last_arrival() -> None:
    roster = Roster([Rep("ada", away=[Absence(NOON, NOON + HOUR)])])
    played = ROUTER.simulate([Lead("1")], roster, NOON)
    assert played.assignments == {}
    assert [one.until for one in played.held] == [NOON + HOUR]


def test_held_at_the_end_are_in_the_order_of_their_waiting_over_all_rules() -> None:
    router = Router([RoutingRule("vip", when=tag("vip")), RoutingRule("rest")])
    coming = [Lead("d", tags=["vip"]), Lead("c"), Lead("b", tags=["vip"]), Lead("a")]
    full = Roster([Rep("ada", capacity=0)])
    played = router.simulate(coming, full, NOON, every="1 hour")
    assert [one.lead for one in played.held] == ["d", "c", "b", "a"]
    at_once = router.simulate(coming, full, NOON)
    assert [one.lead for one in at_once.held] == ["a", "b", "c", "d"]


# How it reads, and what it costs.


def test_a_simulation_reads_as_its_figures_and_how_even_it_is() -> None:
    played = ROUTER.simulate(leads(5), ONE, NOON, every="1 hour", works_for="90 minutes")
    assert str(played).splitlines()[0] == "3 leads assigned, 2 of them after waiting, 2 still held"
    assert str(played) == f"{str(played).splitlines()[0]}\n{played.fairness}"
    assert repr(played) == str(played)
    assert played._repr_html_() == played.fairness._repr_html_()


@pytest.mark.parametrize(
    ("many", "rep", "work"),
    [
        (20_000, Rep("ada", capacity=1), Span(seconds=600)),
        (3_000, Rep("ada", capacity=0), None),
        (3_000, Rep("ada", capacity=1), Span(seconds=60)),
        (3_000, Rep("ada", away=[Absence(NOON, NOON + 45 * HOUR)]), None),
        (3_000, Rep("ada", away=[Absence(NOON, NOON + 40 * HOUR)], capacity=5), Span(seconds=3600)),
    ],
)
def test_thousands_of_held_leads_are_not_asked_about_again_and_again(
    many: int, rep: Rep, work: Span | None
) -> None:
    count = 0

    def assign(lead: Lead, roster: Roster, at: datetime) -> Assignment | Held:
        nonlocal count
        count += 1
        return ROUTER.assign(lead, roster, at)

    arrivals = [(NOON + n * timedelta(minutes=1), lead) for n, lead in enumerate(leads(many))]
    played = run(assign, arrivals, Roster([rep, Rep("bo", capacity=0)]), work)
    assert len(played.assignments) + len(played.held) == many
    assert count <= 3 * many


def test_the_least_loaded_come_out_even_after_five_are_taken_away() -> None:
    router = Router([RoutingRule("r", by=LeastLoaded())])
    roster = Roster([Rep("u0"), Rep("u1"), Rep("u2")])
    played = router.simulate(leads(30), roster, NOON, every="1 minute")
    assert played.counts == {"u0": 10, "u1": 10, "u2": 10}
    freed = played.roster.closed("u0", units=5)
    more = router.simulate([Lead(f"M-{n}") for n in range(5)], freed, NOON + 24 * HOUR)
    assert {rep.id: more.roster.workload(rep.id).open for rep in roster} == {
        "u0": 10,
        "u1": 10,
        "u2": 10,
    }


def test_a_pool_by_a_field_takes_part() -> None:
    router = Router([RoutingRule("r", to=Pool(languages=[field("tongue")]), by=InTurn())])
    roster = Roster([Rep("ada", languages=["de"]), Rep("bo", languages=["sv"])])
    coming = [Lead("1", fields={"tongue": "sv"}), Lead("2", fields={"tongue": "de"})]
    assert [rep for rep, _ in got(router.simulate(coming, roster, NOON)).values()] == ["bo", "ada"]


# Leads that wait for different things.


def test_a_lead_that_nobody_can_take_does_not_block_those_behind_it() -> None:
    router = Router([RoutingRule("t", to=Pool(languages=[field("tongue")]))])
    tongues = ["de", "klingon", "de", "de"]
    coming = [Lead(str(n), fields={"tongue": tongue}) for n, tongue in enumerate(tongues, 1)]
    roster = Roster([Rep("a", languages=["de"], capacity=1)])
    played = router.simulate(coming, roster, NOON, every="1 hour", works_for="150 minutes")
    assert got(played) == {"1": ("a", 0), "3": ("a", 2.5)}
    assert [one.lead for one in played.held] == ["2", "4"]


def test_a_large_lead_does_not_block_a_small_one_of_the_same_rule() -> None:
    router = Router([RoutingRule("t", units=field("effort"))])
    coming = [Lead(str(n), fields={"effort": size}) for n, size in enumerate([2, 5, 2, 1], 1)]
    roster = Roster([Rep("a", capacity=3)])
    played = router.simulate(coming, roster, NOON, every="1 hour", works_for="150 minutes")
    assert got(played) == {"1": ("a", 0), "3": ("a", 2.5), "4": ("a", 3)}
    assert [(one.lead, one.units) for one in played.held] == [("2", 5)]


def test_of_several_kinds_of_leads_the_one_held_longest_is_next() -> None:
    router = Router([RoutingRule("vip", when=tag("vip")), RoutingRule("rest")])
    kinds = {"1": False, "2": True, "3": False, "4": True, "5": False, "6": False}
    coming = [Lead(key, tags=["vip"] if vip else []) for key, vip in kinds.items()]
    played = router.simulate(coming, ONE, NOON, every="1 hour", works_for="150 minutes")
    # At 17:00, 3 has waited longer than 4, though leads such as 4 were the first to wait.
    assert got(played) == {"1": ("ada", 0), "2": ("ada", 2.5), "3": ("ada", 5)}
    assert [one.lead for one in played.held] == ["4", "5", "6"]


def test_of_kinds_that_wait_equally_long_the_smaller_id_is_next() -> None:
    router = Router([RoutingRule("vip", when=tag("vip")), RoutingRule("rest")])
    coming = [
        Lead("0", NOON),
        Lead("1", NOON, tags=["vip"]),
        Lead("2", NOON),
        Lead("3", NOON + 2 * HOUR),
    ]
    played = router.simulate(coming, ONE, NOON, works_for="1 hour")
    assert got(played) == {"0": ("ada", 0), "1": ("ada", 1), "2": ("ada", 2)}


def test_a_reminder_asks_about_its_kind_alone() -> None:
    router = Router(
        [RoutingRule("vip", when=tag("vip"), to=["ada"]), RoutingRule("rest", to=["bo"])]
    )
    roster = Roster(
        [
            Rep("ada", away=[Absence(NOON, NOON + HOUR)]),
            Rep("bo", away=[Absence(NOON, NOON + 3 * HOUR)]),
        ]
    )
    coming = [Lead("1"), Lead("2", tags=["vip"]), Lead("3"), Lead("4"), Lead("5")]
    played = router.simulate(coming, roster, NOON, every="1 hour")
    assert got(played) == {
        "2": ("ada", 1),
        "1": ("bo", 3),
        "3": ("bo", 3),
        "4": ("bo", 3),
        "5": ("bo", 4),
    }
    assert [one.lead for one in played.waited] == ["1", "3"]

"""The best total: who gets which lead, why, and what is left over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from leadflow import Lead, Money, field
from leadflow.calendars import WorkingHours
from leadflow.errors import InvalidValue, LeadflowError, LimitExceeded, MixedCurrencies
from leadflow.events import Assignment, FieldsSet, Overridden, Rejected
from leadflow.money import Rates
from leadflow.routing import Absence, Pool, Quota, Rep, Roster, Turns, WinRates, Workload
from leadflow.routing.allocation import Allocation, allocate

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
WORTH = {("L-1", "ada"): 90, ("L-1", "bo"): 80, ("L-2", "ada"): 70, ("L-2", "bo"): 10}


def deal(id: str, value: int = 100, chance: float = 0.5, **fields: str) -> Lead:
    return Lead(id, deal_value=Money(value, "EUR"), win_probability=chance, fields=fields)


def reps(found: Allocation) -> dict[str, str]:
    return {lead: assignment.rep for lead, assignment in found.assignments.items()}


def left(found: Allocation) -> list[str]:
    return [held.lead for held in found.held]


def two_each_with_room_for_one() -> Allocation:
    return allocate(
        [Lead("L-1"), Lead("L-2")],
        Roster([Rep("ada", capacity=1), Rep("bo", capacity=1)]),
        lambda lead, rep: WORTH[lead.id, rep.id],
        as_of=NOON,
    )


def test_a_lead_makes_room_where_the_total_is_greater() -> None:
    found = two_each_with_room_for_one()
    assert reps(found) == {"L-1": "bo", "L-2": "ada"}
    assert found.total == Decimal(150)
    assert found.currency is None


def test_an_assignment_says_what_the_lead_is_worth_and_with_whom_it_would_be_worth_more() -> None:
    found = two_each_with_room_for_one()
    full = Rejected("ada", "at_capacity", "1 of 1 unit open")
    assert found.assignments["L-1"] == Assignment(
        "bo",
        NOON,
        rule="allocate",
        strategy="allocate",
        because=["worth 80.00", "90.00 with ada, who is full"],
        rejected=[full],
        turn=1,
    )
    assert found.assignments["L-2"].because == ("worth 70.00",)


def test_an_assignment_carries_value_rating_rule_and_turn() -> None:
    lead = Lead("L-1", deal_value=Money(1000, "EUR"), win_probability=0.25, rating="hot")
    roster = Roster([Rep("ada"), Rep("bo")], version=41)
    found = allocate([lead], roster, as_of=NOON, rule="spring")
    assert found.assignments["L-1"] == Assignment(
        "ada",
        NOON,
        rule="spring",
        strategy="allocate",
        because=["worth 250.00 EUR"],
        rejected=[Rejected("bo", "not_this_turn")],
        value=Money(1000, "EUR"),
        rating="hot",
        turn=42,
    )
    assert (found.total, found.currency) == (Decimal(250), "EUR")


def test_the_roster_after_it_has_the_leads_in_the_order_of_their_turns() -> None:
    roster = Roster([Rep("ada", capacity=3)], {"ada": Workload(open=1)}, version=7)
    found = allocate([deal("L-2"), deal("L-1")], roster, as_of=NOON)
    assert found.before == roster
    assert found.roster == roster.after(*found.assignments.values())
    assert found.roster.workload("ada").open == 3
    assert [each.turn for each in found.assignments.values()] == [8, 9]
    assert list(found.assignments) == ["L-1", "L-2"]


def test_a_lead_is_worth_its_probability_times_its_value_times_the_reps_rate_there() -> None:
    rates = WinRates(
        {"ada": {"de": (1, 2), "pl": (1, 10)}, "bo": {"de": (3, 4), "pl": (2, 10)}},
        by="country",
        prior=0,
    )
    roster = Roster([Rep("ada", capacity=1), Rep("bo", capacity=1)])
    leads = [deal("L-1", 1000, 0.5, country="de"), deal("L-2", 1000, 0.1, country="pl")]
    found = allocate(leads, roster, as_of=NOON, win_rates=rates)
    assert reps(found) == {"L-1": "bo", "L-2": "ada"}
    assert found.assignments["L-1"].because == ("worth 375.00 EUR",)
    assert found.assignments["L-2"].because == (
        "worth 10.00 EUR",
        "20.00 EUR with bo, who is full",
    )
    assert found.total == Decimal(385)


def test_worth_is_rounded_half_up_and_the_total_adds_what_was_rounded() -> None:
    leads = [Lead(f"L-{n}", deal_value=Money("0.01", "EUR"), win_probability=0.5) for n in (1, 2)]
    assert allocate(leads, Roster([Rep("ada")]), as_of=NOON).total == Decimal("0.02")
    exact = allocate(leads, Roster([Rep("ada")]), as_of=NOON, places=3)
    assert exact.total == Decimal("0.010")


@pytest.mark.parametrize(
    ("lead", "words"),
    [
        (Lead("L", win_probability=0.5), "worth 0.00, for deal_value is not known"),
        (
            Lead("L", deal_value=Money(9, "EUR")),
            "worth 0.00 EUR, for win_probability is not known",
        ),
        (deal("L", 0), "worth 0.00 EUR"),
    ],
)
def test_a_lead_without_probability_or_value_is_worth_nothing_and_says_so(
    lead: Lead, words: str
) -> None:
    found = allocate([lead], Roster([Rep("ada")]), as_of=NOON)
    assert found.assignments["L"].because == (words,)


def test_leads_worth_nothing_are_placed_as_long_as_there_is_room() -> None:
    roster = Roster([Rep("ada", capacity=1), Rep("bo", capacity=1)])
    found = allocate([Lead(f"L-{n}") for n in (1, 2, 3)], roster, as_of=NOON)
    assert (len(found.assignments), len(found.held)) == (2, 1)


def test_values_in_several_currencies_are_compared_through_rates() -> None:
    leads = [
        deal("L-1", 100),
        Lead("L-2", deal_value=Money(110, "USD"), win_probability=0.5),
    ]
    roster = Roster([Rep("ada", capacity=1)])
    rates = Rates("EUR", {"USD": Decimal("0.9")})
    assert reps(allocate(leads, roster, as_of=NOON, rates=rates)) == {"L-1": "ada"}
    dollars = allocate(leads, roster, as_of=NOON, rates=rates, currency="USD")
    assert dollars.assignments["L-1"].because == ("worth 55.56 USD",)
    with pytest.raises(MixedCurrencies):
        allocate(leads, roster, as_of=NOON)


def test_a_worth_of_ones_own_may_have_a_currency() -> None:
    found = allocate([Lead("L")], Roster([Rep("ada")]), lambda *_: 5, as_of=NOON, currency="PLN")
    assert str(found) == "1 lead assigned, worth 5.00 PLN; 0 held\n  L to ada: worth 5.00 PLN"


def test_a_rep_without_worth_for_a_lead_does_not_get_it() -> None:
    worth = {("L-1", "ada"): 9, ("L-1", "bo"): None, ("L-2", "ada"): None, ("L-2", "bo"): None}
    found = allocate(
        [Lead("L-1"), Lead("L-2")],
        Roster([Rep("ada"), Rep("bo")]),
        lambda lead, rep: worth[lead.id, rep.id],
        as_of=NOON,
    )
    nothing = Rejected("bo", "excluded", "has no worth with this lead")
    assert found.assignments["L-1"].rejected == (nothing,)
    assert found.held[0].because == ("nobody may have it now",)
    assert {each.code for each in found.held[0].rejected} == {"excluded"}
    assert found.held[0].until is None


SHUT = [
    (Rep("ada", capacity=2), Workload(open=2), "at_capacity", None),
    (Rep("ada", capacity=2), Workload(open=5), "at_capacity", None),
    (Rep("ada", quotas=[Quota(0, per="day")]), Workload(), "over_quota", None),
    (
        Rep("ada", quotas=[Quota(2, per="day")]),
        Workload(recent=((NOON - timedelta(hours=1), 2),)),
        "over_quota",
        datetime(2026, 3, 3, tzinfo=UTC),
    ),
    (
        Rep("ada", away=[Absence(date(2026, 3, 2), date(2026, 3, 4))]),
        Workload(),
        "away",
        datetime(2026, 3, 5, tzinfo=UTC),
    ),
    (
        Rep("ada", hours=WorkingHours({"tue": "09:00-17:00"})),
        Workload(),
        "outside_hours",
        datetime(2026, 3, 3, 9, tzinfo=UTC),
    ),
]


@pytest.mark.parametrize(("rep", "load", "code", "until"), SHUT)
def test_who_is_full_or_absent_gets_nothing_and_it_is_said_when_to_ask_again(
    rep: Rep, load: Workload, code: str, until: datetime | None
) -> None:
    roster = Roster([rep, Rep("bo")], {"ada": load})
    found = allocate([deal("L-1")], roster, as_of=NOON)
    assert reps(found) == {"L-1": "bo"}
    assert [each.code for each in found.assignments["L-1"].rejected] == [code]
    alone = allocate([deal("L-1")], Roster([rep], {"ada": load}), as_of=NOON, rule="spring")
    held = alone.held[0]
    assert (held.lead, held.at, held.rule, held.until) == ("L-1", NOON, "spring", until)
    assert held.because == ("nobody may have it now",)
    assert [each.code for each in held.rejected] == [code]


def test_capacity_and_quotas_leave_room_for_what_is_worth_most() -> None:
    roster = Roster(
        [Rep("ada", capacity=5, quotas=[Quota(3, within="24 hours"), Quota(9, per="month")])],
        {"ada": Workload(open=1, recent=((NOON - timedelta(hours=5), 1),))},
    )
    leads = [deal(f"L-{n}", n) for n in range(1, 6)]
    found = allocate(leads, roster, as_of=NOON)
    assert list(found.assignments) == ["L-4", "L-5"]
    assert left(found) == ["L-1", "L-2", "L-3"]
    held = found.held[0]
    assert held.because == (
        "everybody who may have it is full, and no exchange makes the total greater",
    )
    assert held.rejected == (Rejected("ada", "over_quota", "3 given, at most 3 within 24 hours"),)
    assert held.until == NOON + timedelta(hours=19)


def test_only_the_pool_is_asked_and_only_for_what_it_can_do() -> None:
    roster = Roster(
        [
            Rep("ada", team="emea", languages=["de"]),
            Rep("bo", team="emea", skills=["demo"]),
            Rep("cy", team="apac", languages=["de"]),
            Rep("dee", team="emea", languages=["de"], active=False),
        ]
    )
    leads = [deal("L-1", language="de"), deal("L-2", language="pl"), deal("L-3")]
    pool = Pool("emea", languages=[field("language")])
    found = allocate(leads, roster, as_of=NOON, pool=pool)
    assert reps(found) == {"L-1": "ada", "L-3": "bo"}
    assert found.assignments["L-1"].rejected == (Rejected("bo", "missing_language", "lacks 'de'"),)
    assert [(each.rep, each.code) for each in found.held[0].rejected] == [
        ("ada", "missing_language"),
        ("bo", "missing_language"),
    ]
    asked: list[str] = []
    allocate(leads, roster, lambda lead, rep: asked.append(rep.id) or 1, as_of=NOON, pool=pool)  # type: ignore[func-returns-value]
    assert asked == ["ada", "ada", "bo"]


def test_leads_are_taken_as_they_were_at_the_instant() -> None:
    later = FieldsSet({"deal_value": Money(900, "EUR")}, NOON + timedelta(hours=1))
    found = allocate([deal("L").after(later)], Roster([Rep("ada")]), as_of=NOON)
    assert found.assignments["L"].value == Money(100, "EUR")
    assert found.total == 50


@pytest.mark.parametrize("worth", [None, lambda lead, rep: 1])
def test_without_leads_or_reps_there_is_nothing_to_solve(worth: Any) -> None:
    roster = Roster([Rep("ada", team="emea"), Rep("bo", team="apac", active=False)])
    assert allocate([], roster, worth, as_of=NOON).total == 0
    nobody = allocate([deal("L")], roster, worth, as_of=NOON, pool=Pool("apac"))
    assert [str(held) for held in nobody.held] == ["L held: nobody may have it now"]
    assert nobody.held[0].rejected == ()


def test_leads_may_come_from_any_iterable_in_any_order() -> None:
    leads = [deal(f"L-{n}", n * 37 % 11) for n in range(9)]
    roster = Roster([Rep("ada", capacity=2), Rep("bo", capacity=2)])
    expected = allocate(leads, roster, as_of=NOON)
    assert allocate(iter(reversed(leads)), roster, as_of=NOON) == expected
    assert allocate(frozenset(leads), roster, as_of=NOON) == expected


def overridden(id: str, rep: str | None, until: datetime | None = None, **values: Any) -> Lead:
    chosen = Overridden("owner", rep, NOON - timedelta(hours=1), reason="a friend", until=until)
    return Lead(id, events=[chosen], **values)


def test_a_lead_whose_owner_a_person_overrode_goes_there_and_stays_theirs() -> None:
    lead = overridden("L", "bo", deal_value=Money(10, "EUR"), win_probability=0.5, rating="hot")
    found = allocate([lead], Roster([Rep("ada"), Rep("bo")], version=41), as_of=NOON)
    assert found.assignments["L"] == Assignment(
        "bo",
        NOON,
        strategy="Overridden",
        because=["owner overridden: a friend", "worth 5.00 EUR"],
        value=Money(10, "EUR"),
        rating="hot",
        turn=42,
    )
    assert lead.after(found.assignments["L"]).owner == "bo"
    assert found.total == 5
    assert found.roster.workload("bo").in_rule("").assigned == 1


def test_a_persons_choice_takes_of_the_reps_room_before_what_is_worth_more() -> None:
    roster = Roster([Rep("ada", capacity=1, quotas=[Quota(9, per="day")]), Rep("bo", capacity=1)])
    leads = [deal("L-1", 900), deal("L-2", 800), overridden("L-3", "ada")]
    found = allocate(leads, roster, as_of=NOON)
    assert reps(found) == {"L-3": "ada", "L-1": "bo"}
    assert left(found) == ["L-2"]
    assert [each.turn for each in found.assignments.values()] == [1, 2]
    assert found.assignments["L-1"].rejected == (
        Rejected("ada", "at_capacity", "1 of 1 unit open"),
    )
    assert found.roster == roster.after(*found.assignments.values())
    assert allocate(reversed(leads), roster, as_of=NOON) == found


def test_a_persons_choice_holds_outside_the_pool_and_where_there_is_no_room() -> None:
    roster = Roster([Rep("ada", team="emea"), Rep("bo", team="apac", capacity=0)])
    leads = [overridden("L-1", "bo"), overridden("L-2", "bo"), deal("L-3")]
    found = allocate(leads, roster, as_of=NOON, pool=Pool("emea"))
    assert reps(found) == {"L-1": "bo", "L-2": "bo", "L-3": "ada"}
    assert found.roster.workload("bo").open == 2


@pytest.mark.parametrize(("rep", "until"), [(None, None), ("bo", NOON)])
def test_an_override_that_ended_is_no_choice(rep: str | None, until: datetime | None) -> None:
    roster = Roster([Rep("ada"), Rep("bo", capacity=0)])
    found = allocate([overridden("L", rep, until)], roster, as_of=NOON)
    assert (found.assignments["L"].rep, found.assignments["L"].rule) == ("ada", "allocate")


@pytest.mark.parametrize("rep", ["cy", "zoe"])
def test_a_lead_overridden_to_nobody_who_is_active_is_held_until_that_is_lifted(rep: str) -> None:
    roster = Roster([Rep("ada", capacity=1), Rep("cy", active=False)])
    leads = [deal("L-2"), overridden("L-3", rep), deal("L-1", 500)]
    found = allocate(leads, roster, as_of=NOON)
    assert (reps(found), left(found)) == ({"L-1": "ada"}, ["L-2", "L-3"])
    (words,) = found.held[1].because
    assert words.startswith(f"the owner is overridden to {rep!r}, who is no active rep")


def test_the_total_counts_a_persons_choice_as_the_others_are_counted() -> None:
    rates = WinRates({"bo": {"de": (1, 4)}}, by="country", prior=0)
    euros: dict[str, Any] = {
        "deal_value": Money(100, "EUR"),
        "win_probability": 0.5,
        "fields": {"country": "de"},
    }
    known, unknown = overridden("L-1", "bo", **euros), overridden("L-2", "bo")
    roster = Roster([Rep("bo")])
    found = allocate([known, unknown], roster, as_of=NOON, win_rates=rates)
    assert found.total == Decimal("12.5")
    assert found.assignments["L-2"].because[1:] == (
        "worth 0.00 EUR, for win_probability and deal_value are not known",
    )
    said = {"L-1": 7, "L-2": None}
    by_function = allocate([known, unknown], roster, lambda lead, _: said[lead.id], as_of=NOON)
    assert by_function.total == 7
    assert by_function.assignments["L-2"].because[1:] == ("no worth is known",)


def test_an_assignment_comes_after_what_set_the_owner_at_the_same_instant() -> None:
    lead = Lead("L", events=[Assignment("zoe", NOON, sequence=3)])
    found = allocate([lead], Roster([Rep("ada"), Rep("zoe", capacity=0)]), as_of=NOON)
    assert found.assignments["L"].sequence == 4
    assert lead.after(found.assignments["L"]).owner == "ada"


def test_leads_worth_the_same_with_everybody_are_dealt_in_turn() -> None:
    leads = [deal(f"L-{n:02}") for n in range(30)]
    found = allocate(leads, Roster([Rep("ada"), Rep("bo"), Rep("cy")]), as_of=NOON)
    assert list(reps(found).values()) == ["ada", "bo", "cy"] * 10


def test_of_reps_with_whom_a_lead_is_worth_the_same_who_had_fewest_turns_is_next() -> None:
    roster = Roster([Rep("ada"), Rep("bo")])
    for turn, rep in enumerate(["ada", "bo", "ada"]):
        found = allocate([deal(f"L-{turn}")], roster, as_of=NOON)
        assert reps(found) == {f"L-{turn}": rep}
        roster = found.roster
    other = allocate([deal("L-9")], roster, as_of=NOON, rule="spring")
    assert reps(other) == {"L-9": "ada"}


def test_turns_are_even_by_weight_and_count_those_that_went_by() -> None:
    heavy = Roster([Rep("ada"), Rep("bo", weight=2)])
    leads = [deal(f"L-{n}") for n in range(6)]
    assert Counter(reps(allocate(leads, heavy, as_of=NOON)).values()) == {"ada": 2, "bo": 4}
    credited = {"ada": Workload(turns={"allocate": Turns(credited=4)})}
    later = Roster([Rep("ada"), Rep("bo")], credited)
    assert Counter(reps(allocate(leads, later, as_of=NOON)).values()) == {"ada": 1, "bo": 5}


def test_an_allocation_reads_as_text_and_as_a_table() -> None:
    roster = Roster([Rep("ada", capacity=1)])
    found = allocate([deal("L-1", 2000), deal("<L-2>", 10)], roster, as_of=NOON)
    assert str(found) == repr(found)
    assert str(found).splitlines() == [
        "1 lead assigned, worth 1,000.00 EUR; 1 held",
        "  L-1 to ada: worth 1,000.00 EUR",
        "  <L-2> held: everybody who may have it is full, and no exchange makes the total greater",
    ]
    html = found._repr_html_()
    assert "<caption>1 lead assigned, worth 1,000.00 EUR; 1 held</caption>" in html
    assert "&lt;L-2&gt;" in html


def test_an_allocation_of_many_leads_shows_the_first() -> None:
    leads = [deal(f"L-{n:03}") for n in range(300)]
    found = allocate(leads, Roster([Rep("ada", capacity=150)]), as_of=NOON)
    assert len(str(found).splitlines()) == 201


def refused(error: type[LeadflowError], words: str, leads: Iterable[Any] = (), **given: Any) -> Any:
    return pytest.param(error, words, leads, given, id=words)


@pytest.mark.parametrize(
    ("error", "words", "leads", "given"),
    [
        refused(InvalidValue, "each lead once, got 'L'", [Lead("L"), Lead("L", source="fair")]),
        refused(InvalidValue, "lead: expected a Lead, got 'L-1'", ["L-1"]),
        refused(InvalidValue, "leads: expected a list, got 'L-1'", "L-1"),
        refused(InvalidValue, "roster: expected a Roster", roster=[Rep("ada")]),
        refused(InvalidValue, "pool: expected a Pool, got 'emea'", pool="emea"),
        refused(InvalidValue, "Pool.team: expected a team of the roster", pool=Pool("emea")),
        refused(InvalidValue, "win_rates: expected a WinRates", win_rates={"ada": 1}),
        refused(InvalidValue, "rates: expected a Rates", rates={"USD": 1}),
        refused(InvalidValue, "worth: expected a function of a lead and a rep, got 5", worth=5),
        refused(InvalidValue, "win_rates: expected one of both", worth=min, win_rates=WinRates()),
        refused(InvalidValue, "rates: expected one of both", worth=min, rates=Rates("EUR", {})),
        refused(
            InvalidValue, "expected 0 or more, or None, got -1", [Lead("L")], worth=lambda *_: -1
        ),
        refused(InvalidValue, "rule: expected a name that is not blank", rule=" "),
        refused(InvalidValue, "Scale.places: expected a whole number", places=0.5),
        refused(InvalidValue, "an active ISO 4217 currency code", currency="EURO"),
        refused(
            LeadflowError, "as_of: expected a datetime with a time zone", as_of=datetime(2026, 3, 2)
        ),
        refused(LimitExceeded, "the worth of a lead", [deal("L", 10**15)]),
        refused(LimitExceeded, "the worth of a lead", [Lead("L")], worth=lambda *_: 2**62),
        refused(
            LimitExceeded,
            "the pairs of leads and reps may be at most 5,000,000, got 2,501 x 2,000",
            [Lead(f"L-{n}") for n in range(2_501)],
            roster=Roster([Rep(f"r{n}") for n in range(2_000)]),
        ),
    ],
)
def test_bad_input_is_refused_and_named(
    error: type[LeadflowError], words: str, leads: Any, given: dict[str, Any]
) -> None:
    arguments: dict[str, Any] = {"roster": Roster([Rep("ada")]), "as_of": NOON} | given
    with pytest.raises(error, match=words.replace("(", r"\(")):
        allocate(leads, **arguments)


def test_an_error_of_the_hosts_function_comes_out_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError):
        allocate([Lead("L")], Roster([Rep("ada")]), lambda *_: 1 / 0, as_of=NOON)

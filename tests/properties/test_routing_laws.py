"""Laws of routing, over any rosters, routers, leads and instants."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from leadflow import Lead
from leadflow.events import Assignment
from leadflow.lead import seen
from leadflow.routing import (
    Absence,
    Band,
    ByBand,
    ByTerritory,
    Closed,
    FirstOf,
    Held,
    KeepOwner,
    LeastLoaded,
    Pool,
    Quota,
    Rep,
    Roster,
    Router,
    RoutingRule,
    Seeded,
    Strategy,
    Weighted,
    WhenAbsent,
)
from tests import condition_strategies as asked
from tests.routing_strategies import (
    IDS,
    START,
    TURNS,
    World,
    busy_rosters,
    free_rosters,
    instants,
    leads,
    pools,
    rosters,
    rules,
    takers,
    worlds,
)

TICK, HOUR = timedelta(microseconds=1), timedelta(hours=1)
CODES = {
    *("away", "outside_hours", "at_capacity", "over_quota", "missing_skill", "missing_language"),
    *("wrong_territory", "other_band", "other_class", "not_chosen", "not_this_turn"),
}
turn_takers = st.sampled_from(TURNS)
teams_of_some = st.lists(st.sampled_from(IDS), min_size=1, unique=True)


def plain(count: int, start: int = 0) -> list[Lead]:
    """Leads that differ in nothing but their ids."""
    fields: dict[str, Any] = {"country": "DE", "employees": 20}
    return [Lead(f"L-{number:03}", fields=fields) for number in range(start, start + count)]


def all_of_them(by: Strategy, **how: Any) -> Router:
    return Router([RoutingRule("all", by=by, **how)])


def given_to(router: Router, those: Sequence[Lead], roster: Roster) -> list[str]:
    """Tell who gets each lead, at one instant."""
    routed = router.assign_all(those, roster, START)
    assert not routed.held
    return [assignment.rep for assignment in routed.assignments.values()]


def one_by_one(world: World, step: timedelta = timedelta(0)) -> Iterator[tuple[Any, ...]]:
    """Assign lead after lead, each a step later than the one before."""
    roster, at = world.roster, world.at
    for lead in world.leads:
        answer = world.router.assign(lead, roster, at)
        yield lead, at, roster, answer
        if isinstance(answer, Assignment):
            roster = roster.after(answer)
        at += step


def rule_of(router: Router, name: str | None) -> RoutingRule:
    rules = (*router.rules, *filter(None, [router.otherwise]))
    return next(rule for rule in rules if rule.name == name)


# Fair shares


@given(turn_takers | st.just(LeastLoaded()), teams_of_some, st.integers(1, 30))
def test_law_with_everyone_present_counts_differ_by_at_most_one(
    by: Strategy, ids: list[str], count: int
) -> None:
    got = Counter(given_to(all_of_them(by), plain(count), Roster(map(Rep, ids))))
    counts = [got[rep] for rep in ids]
    assert max(counts) - min(counts) <= 1


@given(turn_takers, teams_of_some, st.integers(0, 30))
def test_law_nobody_gets_a_second_turn_before_all_had_a_first(
    by: Strategy, ids: list[str], start: int
) -> None:
    order = given_to(all_of_them(by), plain(start + len(ids)), Roster(map(Rep, ids)))
    assert set(order[start:]) == set(ids)


@given(st.dictionaries(st.sampled_from(IDS), st.integers(1, 12), min_size=1))
def test_law_nobody_is_a_whole_lead_ahead_of_their_share_and_each_cycle_is_exact(
    weights: dict[str, int],
) -> None:
    whole = sum(weights.values())
    staff = Roster(Rep(rep, weight=weight) for rep, weight in weights.items())
    got: Counter[str] = Counter()
    for place, rep in enumerate(given_to(all_of_them(Weighted()), plain(3 * whole), staff), 1):
        got[rep] += 1
        assert all(got[r] - Fraction(place * w, whole) < 1 for r, w in weights.items())
        if place % whole == 0:
            assert got == {r: place // whole * w for r, w in weights.items()}


@given(turn_takers, teams_of_some, st.data())
def test_law_a_rep_who_leaves_changes_nobody_elses_order(
    by: Strategy, ids: list[str], data: st.DataObject
) -> None:
    assume(len(ids) > 1)
    router = all_of_them(by)
    before = router.assign_all(plain(data.draw(st.integers(0, 12))), Roster(map(Rep, ids)), START)
    leaver = data.draw(st.sampled_from(ids))
    later = plain(24, start=100)
    expected = [rep for rep in given_to(router, later, before.roster) if rep != leaver]
    found = given_to(router, later[:9], before.roster.without(leaver))
    assert found == expected[:9]
    staff = [Rep(rep) for rep in ids if rep != leaver]
    gone = Roster(staff, before.roster.workloads, before.roster.version)
    assert given_to(router, later[:9], gone) == found


@given(teams_of_some, st.data())
def test_law_in_a_draw_only_the_leads_of_who_leaves_move(
    ids: list[str], data: st.DataObject
) -> None:
    assume(len(ids) > 1)
    router, leaver = all_of_them(Seeded("spring")), data.draw(st.sampled_from(ids))
    roster = Roster(map(Rep, ids))
    before = given_to(router, plain(20), roster)
    after = given_to(router, plain(20), roster.without(leaver))
    assert all(new == old for old, new in zip(before, after, strict=True) if old != leaver)


@given(takers(), teams_of_some, st.integers(1, 20), st.sampled_from((HOUR, 24 * HOUR)))
def test_law_a_batch_at_one_instant_is_dealt_out_as_leads_that_come_one_by_one(
    by: Strategy, ids: list[str], count: int, step: timedelta
) -> None:
    router, roster = all_of_them(by), Roster(map(Rep, ids))
    world = World(router, roster, plain(count), START)
    slowly = [answer.rep for *_, answer in one_by_one(world, step)]
    assert given_to(router, world.leads, roster) == slowly
    played = router.simulate(world.leads, roster, START, every=step)
    assert [answer.rep for answer in played.assignments.values()] == slowly


@given(worlds())
def test_law_a_batch_equals_its_leads_one_by_one(world: World) -> None:
    routed = world.router.assign_all(world.leads, world.roster, world.at)
    answers = {lead.id: answer for lead, _, _, answer in one_by_one(world)}
    assert answers == {**routed.assignments, **{held.lead: held for held in routed.held}}
    assigned = (one for one in answers.values() if isinstance(one, Assignment))
    assert routed.roster == world.roster.after(*assigned)


# Nobody gets what they may not


def is_away(rep: Rep, at: datetime) -> bool:
    zone = ZoneInfo(rep.zone)

    def covers(start: Any, end: Any) -> bool:
        is_exact = isinstance(start, datetime)
        return bool(start <= at < end if is_exact else start <= at.astimezone(zone).date() <= end)

    return any(covers(absence.start, absence.end) for absence in rep.away)


def is_counted(quota: Quota, given_at: datetime, at: datetime, zone: str) -> bool:
    if quota.within is not None:
        return given_at <= at < quota.within.after(given_at)
    days = [moment.astimezone(ZoneInfo(zone)).date() for moment in (given_at, at)]
    periods: Any = {"day": date.toordinal, "week": lambda day: day.isocalendar()[:2]}
    period = periods.get(quota.per, lambda day: (day.year, day.month))
    return bool(period(days[0]) == period(days[1]))


def check_nobody_gets_what_they_may_not(world: World, step: timedelta) -> None:
    received: dict[str, list[tuple[datetime, int]]] = {
        rep.id: list(world.roster.workload(rep.id).recent) for rep in world.roster
    }
    for lead, at, roster, answer in one_by_one(world, step):
        if not isinstance(answer, Assignment):
            continue
        rep, own = roster[answer.rep], received[answer.rep]
        if answer.rule is None:
            override = lead.override("owner")
            assert override is not None
            assert override.value == answer.rep
        else:
            check_free(rep, roster, answer, own, at)
            if rule_of(world.router, answer.rule).when_absent.all_away == "hold":
                assert not is_away(rep, at)
                assert rep.hours is None or rep.hours.is_open(at)
        own.append((at, answer.units))


def check_free(
    rep: Rep, roster: Roster, answer: Assignment, own: list[tuple[datetime, int]], at: datetime
) -> None:
    assert rep.active
    assert rep.capacity is None or roster.workload(rep.id).open + answer.units <= rep.capacity
    for quota in rep.quotas:
        used = sum(units for then, units in own if is_counted(quota, then, at, rep.zone))
        assert used + answer.units <= quota.most


steps = st.sampled_from((timedelta(0), HOUR, 13 * HOUR, 24 * HOUR, 24 * HOUR - TICK))


@given(worlds(), steps)
def test_law_nobody_is_assigned_while_away_or_outside_hours_or_over_capacity_or_quota(
    world: World, step: timedelta
) -> None:
    check_nobody_gets_what_they_may_not(world, step)


@pytest.mark.slow
@settings(max_examples=800)
@given(worlds(), steps)
def test_law_nobody_is_assigned_while_away_or_over_capacity_or_quota_at_length(
    world: World, step: timedelta
) -> None:
    check_nobody_gets_what_they_may_not(world, step)


@given(worlds(), st.dictionaries(st.sampled_from(IDS), st.just("asked not to")))
def test_law_who_is_excluded_gets_nothing_and_is_rejected(
    world: World, excluding: dict[str, str]
) -> None:
    for lead in world.leads:
        answer = world.router.assign(lead, world.roster, world.at, excluding=excluding)
        assert not isinstance(answer, Assignment) or answer.rep not in excluding
        codes = {each.rep: each.code for each in answer.rejected}
        assert all(codes.get(rep, "excluded") == "excluded" for rep in excluding)


@given(worlds())
def test_law_a_rep_whom_a_person_chose_gets_the_lead_while_that_stands(world: World) -> None:
    for lead in world.leads:
        override = seen(lead, world.at)[0].override("owner")
        answer = world.router.assign(lead, world.roster, world.at)
        if override is not None and override.value in world.roster.active:
            assert isinstance(answer, Assignment)
            assert (answer.rep, answer.strategy) == (override.value, "Overridden")
        else:
            assert isinstance(answer, Held) or answer.strategy != "Overridden"


# Reasons


def members(world: World, rule: RoutingRule) -> set[str]:
    return set(rule.to.members(world.roster))


def check_everyone_is_chosen_or_rejected(world: World) -> None:
    for lead, at, roster, answer in one_by_one(world):
        said = [each.rep for each in answer.rejected]
        assert len(said) == len(set(said))
        assert {each.code for each in answer.rejected} <= CODES
        if isinstance(answer, Assignment):
            assert answer.rep not in said
            said.append(answer.rep)
        asked_rules = world.router.preview(lead, roster, at).asked
        was_chosen_by_a_person = lead.rewind(at).override("owner") is not None
        assert bool(asked_rules) is not was_chosen_by_a_person
        for each in asked_rules:
            if each.is_met:
                assert members(world, each.rule) <= set(said) or has_odd_units(each.rule, lead)


def has_odd_units(rule: RoutingRule, lead: Lead) -> bool:
    return rule.units_of(lead) is None


@given(worlds())
def test_law_every_candidate_is_chosen_or_rejected_with_a_code_and_nobody_twice(
    world: World,
) -> None:
    check_everyone_is_chosen_or_rejected(world)


@pytest.mark.slow
@settings(max_examples=800)
@given(worlds())
def test_law_every_candidate_is_chosen_or_rejected_with_a_code_and_nobody_twice_at_length(
    world: World,
) -> None:
    check_everyone_is_chosen_or_rejected(world)


# The same again


@given(worlds())
def test_law_preview_and_assign_change_nothing_and_agree(world: World) -> None:
    roster, router = world.roster, world.router
    before = pickle.dumps((roster.reps, roster.workloads, roster.version, router, world.leads))
    for lead in world.leads:
        preview = router.preview(lead, roster, world.at)
        answer = router.assign(lead, roster, world.at)
        assert preview.answer == answer
        assert str(preview)
        assert str(answer)
    router.simulate(world.leads, roster, world.at, works_for="1 hour")
    same = Roster(roster.reps, roster.workloads, roster.version)
    assert roster == same
    assert roster.seats == same.seats
    after = pickle.dumps((roster.reps, roster.workloads, roster.version, router, world.leads))
    assert pickle.loads(before) == pickle.loads(after)


@given(worlds(), st.data())
def test_law_the_same_inputs_give_the_same_answer(world: World, data: st.DataObject) -> None:
    staff = [
        attrs.evolve(
            rep,
            territories=frozenset(rep.territories),
            skills=data.draw(st.permutations(rep.skills)),
            away=data.draw(st.permutations(rep.away)),
            quotas=data.draw(st.permutations(rep.quotas)),
        )
        for rep in data.draw(st.permutations(world.roster.reps))
    ]
    loads = world.roster.workloads
    order = data.draw(st.permutations(sorted(loads)))
    roster = Roster(staff, {rep: loads[rep] for rep in order}, world.roster.version)
    other = pickle.loads(pickle.dumps((world.router, world.roster)))
    assert other == (world.router, world.roster)
    for lead in world.leads:
        answer = world.router.assign(lead, world.roster, world.at)
        assert other[0].assign(lead, other[1], world.at) == answer
        again = world.router.assign(lead, roster, world.at.astimezone(UTC))
        assert without_words(again) == without_words(answer)


def without_words(answer: Any) -> Any:
    """An answer without the words of its reasons, which list skills as the rep lists them."""
    rejected = [(each.rep, each.code) for each in answer.rejected]
    return attrs.evolve(answer, rejected=[]), rejected


SCRIPT = """
from datetime import UTC, datetime
from leadflow import Lead, Money, field
from leadflow.routing import *

noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
words = {"ann", "ben", "cho", "dee", "eve"}
reps = {Rep(word, skills=words, territories=words, capacity=9) for word in words}
parts = (InTurn(), LeastRecent(), Weighted(), LeastLoaded(), EvenValue(), Seeded("spring"))
rules = [
    RoutingRule(f"{n}", when=field("n").equals(n), to=Pool(reps=words, skills=words), by=by)
    for n, by in enumerate((*parts, ByTerritory("place"), KeepOwner(), FirstOf(KeepOwner(), *parts)))
]
leads = [
    Lead(f"L-{n}", deal_value=Money(n, "EUR"), fields={"place": "ben", "n": n % 9}, tags=words)
    for n in range(60)
]
routed = Router(rules).assign_all(leads, Roster(reps), noon)
print(list(routed.assignments.values()), routed.held, routed.roster.workloads)
"""


def test_the_answer_is_the_same_for_any_hash_seed_time_zone_and_optimisation() -> None:
    def answer(seed: str, zone: str, *options: str) -> str:
        env = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone}
        command = [sys.executable, *options, "-c", SCRIPT]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
        return done.stdout

    first = answer("1", "UTC")
    assert "Assignment(" in first
    assert "Held(" in first
    assert answer("2", "Asia/Kolkata") == answer("3", "Pacific/Apia", "-O") == first


# History


@st.composite
def histories(draw: st.DrawFn) -> tuple[World, list[Assignment | Closed]]:
    """What a world decides over some hours, with closings in between, each at a time of its own."""
    world = draw(worlds(rosters() | free_rosters() | free_rosters()))
    fresh = Roster(world.roster.reps)
    history: list[Assignment | Closed] = []
    at, roster = world.at, fresh
    for lead in world.leads:
        answer = world.router.assign(lead, roster, at)
        if isinstance(answer, Assignment):
            history.append(answer)
            if draw(st.booleans()):
                at += TICK
                history.append(Closed(answer.rep, at, answer.value, answer.units))
                at += TICK
        roster = fresh.after(*history)
        at += draw(st.sampled_from((timedelta(0), timedelta(0), HOUR, 24 * HOUR)))
    return attrs.evolve(world, roster=fresh), history


@given(histories(), st.data())
def test_law_a_roster_from_its_history_equals_one_built_as_it_went(
    drawn: tuple[World, list[Assignment | Closed]], data: st.DataObject
) -> None:
    world, history = drawn
    roster = world.roster
    for entry in history:
        roster = roster.after(entry)
    shuffled = data.draw(st.permutations(history))
    assert Roster.from_history(world.roster.reps, shuffled) == roster
    assert roster.version >= len(history)


@given(histories())
def test_law_work_closed_at_the_instant_it_began_is_closed(
    drawn: tuple[World, list[Assignment | Closed]],
) -> None:
    world, history = drawn
    given_leads = [entry for entry in history if isinstance(entry, Assignment)]
    ended = [Closed(each.rep, each.at, each.value, each.units) for each in given_leads]
    roster = Roster.from_history(world.roster.reps, [*given_leads, *ended])
    for rep in roster:
        assert roster.workload(rep.id).open == 0
        assert not any(money.amount for money in roster.workload(rep.id).open_value)


# Waiting


@st.composite
def waiting(draw: st.DrawFn) -> tuple[Router, Roster, Lead, Held]:
    """Draw a lead that a rule whose strategy takes anybody holds."""
    roster = draw(rosters() | busy_rosters() | busy_rosters())
    units = draw(st.sampled_from((0, 1, 1, 2)))
    to = draw(pools(roster) | st.just(Pool()))
    rule = RoutingRule("all", to=to, by=draw(takers()), units=units)
    drawn = draw(leads())
    lead = Lead("L-1", deal_value=drawn.deal_value, fields=drawn.fields)
    answer = Router([rule]).assign(lead, roster, draw(instants()))
    assume(isinstance(answer, Held))
    assert isinstance(answer, Held)
    return Router([rule]), roster, lead, answer


def check_a_held_lead_waits_no_longer_than_it_must(
    router: Router, roster: Roster, lead: Lead, held: Held, random: Any
) -> None:
    later = held.at + timedelta(days=60) if held.until is None else held.until
    ends = {moment + tick for moment in turning_points(roster) for tick in (TICK, 0 * TICK, -TICK)}
    minutes = int((later - held.at) / timedelta(minutes=1))
    ends |= {held.at + timedelta(minutes=random.randint(0, minutes)) for _ in range(20)}
    for moment in sorted({held.at, later - TICK} | ends):
        if held.at <= moment < later:
            assert isinstance(router.assign(lead, roster, moment), Held)
    if held.until is not None:
        assert held.until > held.at
        assert isinstance(router.assign(lead, roster, held.until), Assignment)


def turning_points(roster: Roster) -> Iterator[datetime]:
    """The instants at which quotas of the roster may have room again, and absences end."""
    for rep in roster:
        for at, _ in roster.workload(rep.id).recent:
            for quota in rep.quotas:
                if quota.within is not None:
                    yield quota.within.after(at)
        for absence in rep.away:
            yield absence.within(rep.zone)[1]


@given(waiting(), st.randoms(use_true_random=False))
def test_law_a_held_lead_is_asked_about_again_at_the_first_instant_that_helps(
    drawn: tuple[Router, Roster, Lead, Held], random: Any
) -> None:
    check_a_held_lead_waits_no_longer_than_it_must(*drawn, random)


@pytest.mark.slow
@settings(max_examples=800)
@given(waiting(), st.randoms(use_true_random=False))
def test_law_a_held_lead_is_asked_about_again_at_the_first_instant_that_helps_at_length(
    drawn: tuple[Router, Roster, Lead, Held], random: Any
) -> None:
    check_a_held_lead_waits_no_longer_than_it_must(*drawn, random)


# Absence


@st.composite
def turns_within(draw: st.DrawFn) -> Strategy:
    """Draw a strategy that takes turns, also within others that leave everybody in."""
    one = draw(turn_takers)
    others: list[Strategy] = [
        ByTerritory("country", then=one),
        ByBand("employees", [Band(IDS)], then=one),
        FirstOf(KeepOwner(), one),
    ]
    return draw(st.sampled_from([one, *others]))


@attrs.frozen
class Return:
    """What a rule assigned before and after everybody was back."""

    before: list[Assignment]
    after: list[Assignment]
    ids: list[str]


@st.composite
def returns(draw: st.DrawFn, catch_up: int, by: st.SearchStrategy[Strategy]) -> Return:
    """Draw reps who are away for some hours each, and play a lead an hour until long after."""
    ids = draw(st.lists(st.sampled_from(IDS), min_size=2, unique=True))
    hours = st.integers(0, 15)
    staff = []
    for rep in ids:
        gone = [sorted(draw(st.tuples(hours, hours))) for _ in range(draw(st.integers(0, 2)))]
        away = [Absence(START + a * HOUR, START + b * HOUR) for a, b in gone if a < b]
        staff.append(Rep(rep, away=away, territories=["DE"]))
    router = all_of_them(draw(by), when_absent=WhenAbsent(catch_up=catch_up))
    count = 15 + (catch_up + 4) * len(ids)
    played = router.simulate(plain(count), Roster(staff), START, every="1 hour")
    given_leads = list(played.assignments.values())
    back = START + 15 * HOUR
    return Return(
        [each for each in given_leads if each.at < back],
        [each for each in given_leads if each.at >= back],
        ids,
    )


def check_places_kept(found: Return) -> None:
    """Turns taken and turns that went by are level at any time."""
    counted = Counter(dict.fromkeys(found.ids, 0))
    for each in found.before:
        counted[each.rep] += 1
        counted.update(each.credited)
        assert max(counted.values()) - min(counted.values()) <= 1


def check_level(order: list[str], ids: list[str]) -> None:
    """After each cycle, everyone is within one of their share, wherever the cycle begins."""
    for start in range(len(ids)):
        for cycles in range(1, (len(order) - start) // len(ids) + 1):
            got = Counter(order[start : start + cycles * len(ids)])
            assert all(abs(got[rep] - cycles) <= 1 for rep in ids)


@given(returns(0, turns_within()))
def test_law_after_coming_back_nobody_makes_up_and_everyone_goes_on_level(found: Return) -> None:
    check_places_kept(found)
    check_level([each.rep for each in found.after], found.ids)
    assert not any(each.owed for each in found.before + found.after)


@given(st.data(), st.integers(1, 3))
def test_law_after_coming_back_at_most_so_many_turns_are_made_up_and_the_rest_is_level(
    data: st.DataObject, catch_up: int
) -> None:
    found = data.draw(returns(catch_up, turns_within()))
    check_places_kept(found)
    owed: Counter[str] = Counter()
    for each in found.before:
        gone_by = {rep: turns for rep, turns in each.credited.items() if turns > 0}
        for rep, turns in gone_by.items():
            assert each.owed.get(rep, 0) == min(catch_up - owed[rep], turns)
        owed.update(each.owed)
        assert all(0 <= turns <= catch_up for turns in owed.values())
    made_up = Counter(each.rep for each in found.after if each.owed.get(each.rep, 0) < 0)
    assert made_up == +owed
    usual = [each.rep for each in found.after if not each.owed]
    check_level(usual, found.ids)


@given(st.data(), st.dictionaries(st.sampled_from(IDS), st.integers(1, 5), min_size=2))
def test_law_after_coming_back_shares_go_on_by_weight(
    data: st.DataObject, weights: dict[str, int]
) -> None:
    whole = sum(weights.values())
    back = START + 3 * whole * HOUR
    away = {rep: sorted(data.draw(st.tuples(*[st.integers(0, 3 * whole)] * 2))) for rep in weights}
    staff = [
        Rep(rep, weight=weight, away=[Absence(START + a * HOUR, START + b * HOUR)] if a < b else [])
        for (rep, weight), (a, b) in zip(weights.items(), away.values(), strict=True)
    ]
    router = all_of_them(Weighted())
    played = router.simulate(plain(7 * whole), Roster(staff), START, every="1 hour")
    after = [each.rep for each in played.assignments.values() if each.at >= back]
    got: Counter[str] = Counter()
    for place, rep in enumerate(after, 1):
        got[rep] += 1
        if place % whole == 0:
            for each, weight in weights.items():
                assert abs(got[each] - Fraction(place * weight, whole)) < 2


@given(worlds(rosters() | free_rosters()), st.integers(0, 2))
def test_law_an_owner_who_may_take_the_lead_keeps_it(world: World, catch_up: int) -> None:
    by = FirstOf(KeepOwner(), *TURNS)
    router = all_of_them(by, when_absent=WhenAbsent(catch_up=catch_up))
    for lead, at, roster, answer in one_by_one(attrs.evolve(world, router=router), HOUR):
        owner = seen(lead, at)[0].owner
        if isinstance(answer, Assignment) and answer.rule and owner != answer.rep:
            because = {each.rep: each.code for each in answer.rejected}
            assert owner not in roster.active or because[str(owner)] != "not_this_turn"


# What a check finds is true


@st.composite
def checked(draw: st.DrawFn) -> tuple[Router, Roster, list[Lead], datetime]:
    """Draw a router whose conditions are about the same few values, and leads that have them."""
    roster = draw(rosters(3))
    few = draw(st.lists(asked.conditions(), min_size=1, max_size=3))
    conditions = st.sampled_from([*few, *(~one for one in few)])
    names = [f"rule {place}" for place in range(draw(st.integers(1, 4)))]
    found = [attrs.evolve(draw(rules(name, roster)), when=draw(conditions)) for name in names]
    return (
        Router(found, RoutingRule("otherwise")),
        roster,
        draw(st.lists(asked.leads() | leads(), min_size=1, max_size=4)),
        draw(asked.instants()),
    )


def check_what_is_found_is_true(
    router: Router, roster: Roster, several: list[Lead], at: datetime
) -> None:
    found: dict[str, list[str]] = {}
    for problem in router.check(roster=roster):
        found.setdefault(problem.path.partition(".")[0], []).append(problem.message)
    paths = {f"rules[{place}]": rule for place, rule in enumerate(router.rules)}
    paths["otherwise"] = rule_of(router, "otherwise")
    for lead in several:
        preview = router.preview(lead, roster, at)
        for path, messages in found.items():
            words = " ".join(messages)
            reached = [each.rule.name for each in preview.asked if each.is_met]
            if "never" in words and "ever take" not in words:
                assert paths[path].name not in reached
            if "nobody is in" in words or "could ever take" in words:
                answer = preview.answer
                assert not isinstance(answer, Assignment) or answer.rule != paths[path].name


@given(checked())
def test_law_what_a_check_finds_is_true(
    drawn: tuple[Router, Roster, list[Lead], datetime],
) -> None:
    check_what_is_found_is_true(*drawn)


@pytest.mark.slow
@settings(max_examples=500)
@given(checked())
def test_law_what_a_check_finds_is_true_at_length(
    drawn: tuple[Router, Roster, list[Lead], datetime],
) -> None:
    check_what_is_found_is_true(*drawn)

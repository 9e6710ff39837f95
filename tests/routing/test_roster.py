"""The roster: what each was given, kept up to date or built again from history."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeAlias

import attrs
import pytest

from leadflow import Money
from leadflow.calendars import WorkingHours
from leadflow.errors import InvalidValue, LeadflowError, NaiveDatetime
from leadflow.events import Assignment, Note
from leadflow.routing import Absence, Closed, Joined, Pool, Quota, Rep, Roster, Turns, Workload
from leadflow.values import Frozen

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOTE: Any = Note("a", NOON)
STAFF = Roster([Rep("bo"), Rep("ada"), Rep("cy")])


Entry: TypeAlias = Assignment | Closed | Joined


def given(rep: str, at: datetime = NOON, rule: str | None = "all", **more: Any) -> Assignment:
    return Assignment(rep, at, rule=rule, **more)


def money(*amounts: str) -> tuple[Money, ...]:
    return tuple(Money(*amount.split()) for amount in amounts)


def turns(roster: Roster, rule: str = "all") -> dict[str, Turns]:
    return {rep.id: roster.workload(rep.id).in_rule(rule) for rep in roster}


# What it is


def test_reps_stand_in_the_order_of_their_ids() -> None:
    assert [rep.id for rep in STAFF] == ["ada", "bo", "cy"]
    assert (len(STAFF), STAFF.reps[1]) == (3, STAFF["bo"])
    assert ("bo" in STAFF, "zoë" in STAFF, 7 in STAFF) == (True, False, False)
    assert STAFF.active == ("ada", "bo", "cy")


def test_teams_hold_those_who_are_active_and_are_known_without_any() -> None:
    reps = [
        Rep("d", team="emea"),
        Rep("a", team="emea"),
        Rep("b", team="emea", active=False),
        Rep("c", team="us", active=False),
        Rep("e"),
    ]
    roster = Roster(reps)
    assert roster.teams == {"emea": ("a", "d"), "us": ()}
    assert roster.active == ("a", "d", "e")
    assert {rep.id: seat.rep for rep, seat in zip(roster, roster.seats.values(), strict=True)} == {
        rep.id: rep for rep in reps
    }


def test_members_of_pools_are_kept_in_mind_as_long_as_the_reps_are_the_same() -> None:
    pool = Pool(team="emea")
    roster = Roster([Rep("ada", team="emea"), Rep("bo")])
    assert pool.members(roster) == ("ada",)
    assert roster.after(given("bo"))._staff.pools is roster._staff.pools
    joined = roster.joined(Rep("cy", team="emea"))
    assert joined._staff.pools == {}
    assert pool.members(joined) == ("ada", "cy")
    assert pool.members(roster) == ("ada",)


def test_equal_working_hours_of_several_reps_are_one_object() -> None:
    hours = [
        WorkingHours({"mon-fri": "09:00-17:00"}, zone) for zone in ("UTC", "UTC", "Asia/Tokyo")
    ]
    ada, bo, cy = Roster(Rep(id, hours=each) for id, each in zip("abc", hours, strict=True))
    assert ada.hours is bo.hours
    assert cy.hours is hours[2]
    assert cy.hours != ada.hours


def test_a_roster_is_a_value() -> None:
    again = Roster(reversed(STAFF.reps))
    assert again == STAFF
    assert hash(again) == hash(STAFF)
    assert STAFF.after(given("ada")) == STAFF.after(given("ada"))
    assert STAFF.after(given("ada")) != STAFF.after(given("bo")) != STAFF
    assert pickle.loads(pickle.dumps(STAFF.after(given("ada")))) == STAFF.after(given("ada"))
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        STAFF.version = 7  # type: ignore[misc]
    assert STAFF.version == 0


def test_a_stored_roster_goes_on_where_it_stood() -> None:
    roster = STAFF.after(given("ada"), given("gone"), given("bo"))
    stored = Roster(STAFF.reps, dict(roster.workloads), roster.version)
    assert stored == roster
    assert stored.workload("gone").open == 1
    assert stored.after(given("cy")) == roster.after(given("cy"))
    assert stored.seats["ada"].workload.open == 1


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Roster([]), "Roster.reps: expected at least one Rep, got no reps"),
        (lambda: Roster([Rep("a"), Rep("b"), Rep("a ")]), "Roster.reps[2]: expected each rep once"),
        (lambda: Roster([Rep("a"), "b"]), "Roster.reps[1]: expected a Rep, got 'b'"),  # type: ignore[list-item]
        (lambda: Roster("ab"), "Roster.reps: expected a list, got 'ab'"),  # type: ignore[arg-type]
        (lambda: Roster(Rep("a")), "Roster.reps: expected a list, got Rep("),  # type: ignore[arg-type]
        (lambda: Roster(None), "Roster.reps: expected a list, got None"),  # type: ignore[arg-type]
        (lambda: Roster([Rep("a")], []), "Roster.workloads: expected a mapping of rep ids to Work"),  # type: ignore[arg-type]
        (lambda: Roster([Rep("a")], {"a": 5}), "Roster.workloads.'a': expected a Workload, got 5"),  # type: ignore[dict-item]
        (lambda: Roster([Rep("a")], {5: Workload()}), "Roster.workloads: expected text, got 5"),  # type: ignore[dict-item]
        (lambda: Roster([Rep("a")], {" ": Workload()}), "Roster.workloads: expected a name that"),
        (lambda: Roster([Rep("a")], {}, -1), "Roster.version: expected a whole number of at least"),
        (lambda: Roster([Rep("a")], {}, 1.5), "Roster.version: expected a whole number, got 1.5"),  # type: ignore[arg-type]
        (lambda: STAFF["adda"], "rep: expected a rep of the roster, got 'adda' (did you mean 'ada"),
        (lambda: STAFF[5], "rep: expected a rep of the roster, got 5"),  # type: ignore[index]
        (lambda: STAFF[["ada"]], "rep: expected a rep of the roster, got a list"),  # type: ignore[index]
        (lambda: STAFF.closed("add"), "rep: expected a rep of the roster, got 'add' (did you mean"),
        (lambda: STAFF.closed("ada", 5), "Closed.value: expected Money or None, got 5"),  # type: ignore[arg-type]
        (lambda: STAFF.closed("ada", units=-1), "Closed.units: expected a whole number of at le"),
        (lambda: STAFF.closed("ada", units=1.5), "Closed.units: expected a whole number, got 1.5"),  # type: ignore[arg-type]
        (lambda: Closed("ada", NOON, Money(-1, "EUR")), "Closed.value: "),
        (lambda: Closed("ada", datetime(2026, 3, 2)), "Closed.at: expected a datetime with a time"),
        (lambda: Closed("", NOON), "Closed.rep: expected a name that is not blank"),
        (lambda: STAFF.without("zoe"), "rep: expected a rep of the roster, got 'zoe' (known: ada,"),
        (lambda: STAFF.joined("dan"), "Roster.reps[3]: expected a Rep, got 'dan'"),  # type: ignore[arg-type]
        (lambda: STAFF.with_rep(None), "Roster.reps[3]: expected a Rep, got None"),  # type: ignore[arg-type]
        (lambda: STAFF.after(NOTE), "after: expected an Assignment, Closed or Joined, got Note("),
        (lambda: STAFF.after([1]), "after: expected an Assignment, Closed or Joined, got a list"),  # type: ignore[arg-type]
        (lambda: Joined("", NOON), "Joined.rep: expected a name that is not blank"),
        (lambda: Joined("ada", datetime(2026, 3, 2)), "Joined.at: expected a datetime with a time"),
        (lambda: Roster.from_history(STAFF, [given("ada"), "bo"]), "history[1]: expected an Assig"),  # type: ignore[list-item]
        (lambda: Roster.from_history(STAFF, 5), "history: expected a list, got 5"),  # type: ignore[arg-type]
        (lambda: Roster.from_history([], []), "Roster.reps: expected at least one Rep"),
    ],
)
def test_a_roster_refuses_what_cannot_be_naming_the_place(
    make: Callable[[], object], words: str
) -> None:
    with pytest.raises(LeadflowError) as caught:
        make()
    assert str(caught.value).startswith(words)


@pytest.mark.parametrize(("given_version", "version"), [(0, 9), (3, 9), (9, 9), (12, 12)])
def test_the_version_is_never_below_the_latest_turn(given_version: int, version: int) -> None:
    loads = {
        "ada": Workload(turns={"all": Turns(1, 0, 0, 4), "vip": Turns(2, 0, 0, 6)}),
        "gone": Workload(turns={"all": Turns(1, 0, 0, 9)}),
    }
    roster = Roster(STAFF.reps, loads, given_version)
    assert roster.version == version
    after = roster.after(given("bo"))
    assert after.workload("bo").in_rule("all").last_turn == after.version == version + 1


# After


def test_an_assignment_takes_a_turn_opens_its_units_and_adds_its_value() -> None:
    first = given("ada", NOON, units=3, value=Money(100, "EUR"))
    second = given("ada", NOON + HOUR, units=2, value=Money("0.50", "EUR"))
    roster = STAFF.after(first, second)
    assert roster == STAFF.after(first).after(second)
    assert roster.workload("ada") == Workload(
        open=5,
        value=money("100.50 EUR"),
        open_value=money("100.50 EUR"),
        turns={"all": Turns(2, 0, 0, 2, NOON + HOUR)},
    )
    assert (roster.workload("bo"), STAFF.workload("ada")) == (Workload(), Workload())
    assert roster.seats["ada"].workload is roster.workload("ada")
    assert (roster.version, STAFF.version) == (2, 0)


def test_turns_are_counted_in_each_rule_and_by_hand_by_themselves() -> None:
    roster = STAFF.after(given("ada"), given("ada", rule="vip"), given("ada", rule=None))
    assert roster.workload("ada").turns == {
        "all": Turns(1, 0, 0, 1, NOON),
        "vip": Turns(1, 0, 0, 2, NOON),
        "": Turns(1, 0, 0, 3, NOON),
    }
    assert roster.workload("ada").assigned == 3


def test_closing_frees_units_and_value_but_what_was_ever_given_stays() -> None:
    roster = STAFF.after(given("ada", units=5, value=Money(100, "EUR")), given("ada"))
    closed = roster.closed("ada", Money(100, "EUR"), units=5)
    assert closed == roster.after(Closed("ada", NOON, Money(100, "EUR"), 5))
    assert closed.workload("ada").open == 1
    assert closed.workload("ada").open_value == money("0 EUR")
    assert closed.workload("ada").value == money("100 EUR")
    assert turns(closed) == turns(roster)
    assert (roster.version, closed.version) == (2, 3)


def test_work_on_one_lead_is_one_unit_unless_told() -> None:
    roster = STAFF.after(given("ada", units=3))
    assert roster.closed("ada").workload("ada").open == 2
    assert Closed("ada", NOON).units == 1


def test_work_closed_twice_or_for_more_than_it_was_worth_goes_down_to_nothing() -> None:
    roster = STAFF.after(given("ada", value=Money(5, "EUR"))).closed("ada", Money(9, "EUR"))
    again = roster.closed("ada", Money(9, "EUR")).closed("bo", Money(1, "EUR"), units=7)
    assert again.workload("ada").open == again.workload("bo").open == 0
    assert again.workload("ada").open_value == money("0 EUR")
    assert again.workload("bo").open_value == ()


def test_amounts_of_several_currencies_stand_side_by_side() -> None:
    roster = STAFF.after(
        given("ada", value=Money(5, "USD")),
        given("ada", value=Money(7, "EUR")),
        given("ada"),
        given("ada", value=Money(1, "USD")),
        Closed("ada", NOON, Money(5, "USD")),
        Closed("ada", NOON, Money(3, "PLN")),
        Closed("ada", NOON),
    )
    assert roster.workload("ada").value == money("7 EUR", "6 USD")
    assert roster.workload("ada").open_value == money("7 EUR", "1 USD")
    assert roster.workload("ada").open == 1


def test_those_who_are_not_there_are_counted_as_having_left() -> None:
    roster = STAFF.after(given("zoe", value=Money(5, "EUR")), Closed("yan", NOON))
    assert "zoe" not in roster
    assert "zoe" not in roster.seats
    assert roster.workload("zoe").open == 1
    assert roster.version == 2
    assert roster.with_rep(Rep("zoe")).seats["zoe"].workload.value == money("5 EUR")


def test_turns_of_the_absent_go_by_and_take_their_place_in_the_order() -> None:
    roster = STAFF.after(given("cy"), given("bo"), given("ada"))
    after = roster.after(given("ada", NOON + HOUR, credited={"bo": 1, "cy": 2}, owed={"cy": 1}))
    assert turns(after) == {
        "ada": Turns(2, 0, 0, 6, NOON + HOUR),
        "bo": Turns(1, 1, 0, 5, NOON),
        "cy": Turns(1, 2, 1, 4, NOON),
    }
    assert after.version == 6
    assert after.workload("bo").open == 1
    assert (after.seats["bo"].workload, after.seats["cy"].workload) == (
        after.workload("bo"),
        after.workload("cy"),
    )


def test_turns_go_by_in_the_order_in_which_reps_waited_then_of_ids() -> None:
    after = STAFF.after(given("bo"), given("ada", credited={"bo": 1, "dan": 1, "cy": 1}))
    order = {rep: after.workload(rep).in_rule("all").last_turn for rep in ("cy", "dan", "bo")}
    assert order == {"cy": 2, "dan": 3, "bo": 4}
    assert after.workload("ada").in_rule("all").last_turn == 5


def test_turns_that_go_by_do_so_in_the_assignments_rule_alone() -> None:
    after = STAFF.after(given("bo", rule="vip"), given("ada", credited={"bo": 1}))
    assert after.workload("bo").turns == {
        "vip": Turns(1, 0, 0, 1, NOON),
        "all": Turns(0, 1, 0, 2, None),
    }


def test_a_turn_that_is_made_up_leaves_the_order_as_it_stood() -> None:
    before = STAFF.after(given("ada"), given("cy", credited={"bo": 1}, owed={"bo": 1}))
    assert turns(before)["bo"] == Turns(0, 1, 1, 2, None)
    after = before.after(given("bo", NOON + HOUR, credited={"bo": -1}, owed={"bo": -1}))
    assert turns(after)["bo"] == Turns(1, 0, 0, 2, NOON + HOUR)
    assert (turns(after)["ada"], turns(after)["cy"]) == (turns(before)["ada"], turns(before)["cy"])
    assert turns(after)["bo"].counted == turns(before)["bo"].counted
    assert after.version == before.version + 1


def test_turns_may_be_owed_without_one_that_goes_by() -> None:
    after = STAFF.after(given("ada", owed={"bo": 2}))
    assert turns(after)["bo"] == Turns(owed=2)
    assert turns(after)["ada"].owed == 0


def test_nobody_owes_less_than_nothing() -> None:
    once = given("ada", credited={"ada": -1}, owed={"ada": -1, "bo": -2})
    after = STAFF.after(once)
    assert (turns(after)["ada"].owed, turns(after)["bo"].owed) == (0, 0)
    assert (turns(after)["bo"].last_turn, turns(after)["bo"].credited) == (0, 0)


def test_the_version_counts_what_happened_and_the_turns_that_went_by() -> None:
    entries: list[Entry] = [
        given("ada"),
        Closed("ada", NOON),
        given("bo", credited={"ada": 2, "cy": 1}),
    ]
    assert [STAFF.after(*entries[:n]).version for n in range(4)] == [0, 1, 2, 5]
    assert STAFF.after() == STAFF


# What quotas count


def test_what_no_quota_can_count_any_more_is_forgotten() -> None:
    short = Rep("short", quotas=[Quota(5, within="2 hours")])
    long = Rep("long", quotas=[Quota(5, within="2 hours"), Quota(9, per="month")])
    hours = [NOON + n * HOUR for n in range(5)]
    roster = Roster([short, long, Rep("none")]).after(
        *(given(rep, at, units=2) for at in hours for rep in ("short", "long", "none"))
    )
    assert roster.workload("short").recent == tuple((at, 2) for at in hours[2:])
    assert roster.workload("long").recent == tuple((at, 2) for at in hours)
    assert roster.workload("none").recent == ()
    later = roster.after(given("long", NOON + 40 * DAY))
    assert later.workload("long").recent == ((NOON + 40 * DAY, 1),)


def test_a_whole_month_is_remembered_in_every_zone() -> None:
    rep = Rep("ada", quotas=[Quota(5, per="month")], time_zone="Pacific/Apia")
    begins = datetime(2026, 9, 30, 11, tzinfo=UTC)
    roster = Roster([rep]).after(given("ada", begins), given("ada", begins + 31 * DAY - HOUR))
    recent = roster.workload("ada").recent
    assert rep.quotas[0].used(recent, begins + 31 * DAY - HOUR, rep.zone) == 2


def test_what_arrives_late_is_counted_too_and_makes_nothing_forgotten() -> None:
    rep = Rep("ada", quotas=[Quota(5, within="2 hours")])
    roster = Roster([rep]).after(given("ada", NOON), given("ada", NOON - HOUR))
    assert rep.quotas[0].used(roster.workload("ada").recent, NOON, "UTC") == 2


def test_the_first_instant_of_the_calendar_is_no_harm() -> None:
    first = datetime.min.replace(tzinfo=UTC)
    roster = Roster([Rep("ada", quotas=[Quota(5, per="month")])]).after(given("ada", first))
    assert roster.workload("ada").recent == ((first, 1),)


# From history


def test_a_roster_from_its_history_equals_one_by_one() -> None:
    history: list[Entry] = [
        given("ada", NOON, value=Money(5, "EUR")),
        given("bo", NOON + HOUR, rule="vip"),
        Closed("ada", NOON + 2 * HOUR, Money(5, "EUR")),
        given("zoe", NOON + 3 * HOUR, rule=None),
        given("cy", NOON + 4 * HOUR, credited={"bo": 1}, owed={"bo": 1}),
    ]
    roster = STAFF
    for entry in history:
        roster = roster.after(entry)
    assert Roster.from_history(STAFF, history) == roster
    assert Roster.from_history(STAFF, reversed(history)) == roster
    assert Roster.from_history(STAFF, iter([*history[2:], *history[:2]])) == roster
    assert Roster.from_history(STAFF, []) == STAFF


def test_what_happened_at_one_instant_goes_by_its_turn() -> None:
    history = [given(rep, turn=turn) for rep, turn in (("bo", 2), ("cy", 3), ("ada", 1))]
    roster = Roster.from_history(STAFF, history)
    assert [turns(roster)[rep].last_turn for rep in ("ada", "bo", "cy")] == [1, 2, 3]


def test_what_happened_at_one_instant_without_turns_goes_in_the_order_given() -> None:
    roster = Roster.from_history(STAFF, [given("cy"), given("ada"), given("bo")])
    assert [turns(roster)[rep].last_turn for rep in ("cy", "ada", "bo")] == [1, 2, 3]


def test_work_that_ends_at_the_instant_it_began_has_ended() -> None:
    ended, begun = Closed("ada", NOON), given("ada", turn=1)
    histories: list[list[Entry]] = [[begun, ended], [ended, begun], [ended, given("ada")]]
    for history in histories:
        assert Roster.from_history(STAFF, history).workload("ada").open == 0


def test_a_history_goes_by_instants_whatever_the_zone() -> None:
    early = datetime.fromisoformat("2026-03-02T17:00+05:30")
    roster = Roster.from_history(STAFF, [given("bo", NOON), given("ada", early)])
    assert (turns(roster)["ada"].last_turn, turns(roster)["bo"].last_turn) == (1, 2)
    with pytest.raises(NaiveDatetime):
        given("ada", datetime(2026, 3, 2))


# Who comes, changes and goes


def test_a_newcomer_starts_level_with_whoever_had_fewest_by_weight() -> None:
    reps = [Rep("ada", weight=2), Rep("bo"), Rep("cy", active=False)]
    roster = Roster(reps).after(*[given("ada")] * 7, *[given("bo")] * 4, given("bo", rule="vip"))
    joined = roster.joined(Rep("dan", weight=3))
    # ada had 7 / 2 by weight, bo 4, and cy, who left, none.
    assert joined.workload("dan") == Workload(
        turns={"all": Turns(credited=10), "vip": Turns(credited=3)}
    )
    assert [rep.id for rep in joined] == ["ada", "bo", "cy", "dan"]
    assert joined.seats["dan"].workload == joined.workload("dan")
    assert turns(joined)["ada"] == turns(roster)["ada"]


def test_turns_that_went_by_make_the_level_too() -> None:
    roster = STAFF.after(given("ada", credited={"bo": 3, "cy": 1}), given("ada"))
    assert roster.joined(Rep("dan")).workload("dan").in_rule("all").counted == 1


def test_a_newcomer_among_those_who_had_nothing_has_nothing() -> None:
    assert STAFF.joined(Rep("dan")).workload("dan") == Workload()
    left = Roster([Rep("ada", active=False)]).after(given("ada"))
    assert left.joined(Rep("dan")).workload("dan") == Workload()


def test_whoever_is_back_starts_level_and_keeps_the_workload_from_before() -> None:
    before = STAFF.after(
        given("bo", units=3, value=Money(9, "EUR")),
        given("bo", rule="vip"),
        given("bo", rule="vip"),
    ).without("bo")
    later = before.after(*[given("ada"), given("cy")] * 5, given("ada", rule="vip"))
    back = later.joined(Rep("bo", weight=2))
    # The others had 5 turns each: by weight, bo is level with 10. In "vip" bo had more than a share.
    assert turns(back)["bo"] == Turns(1, 9, 0, 1, NOON)
    assert turns(back, "vip")["bo"] == turns(before, "vip")["bo"] == Turns(2, 0, 0, 3, NOON)
    load = back.workload("bo")
    assert (load.open, load.value, load.open_value) == (5, money("9 EUR"), money("9 EUR"))
    assert back.active == ("ada", "bo", "cy")
    assert (before.version, later.version, back.version) == (3, 14, 15)


def test_one_who_had_more_than_the_rest_is_credited_with_nothing() -> None:
    roster = STAFF.after(*[given("bo")] * 9, given("ada"), given("cy")).without("bo")
    assert turns(roster.joined(Rep("bo")))["bo"] == turns(roster)["bo"]


def test_leads_assigned_by_hand_make_a_level_as_well() -> None:
    joined = STAFF.after(*[given("ada", rule=None)] * 2).joined(Rep("dan"))
    assert turns(joined, "")["dan"] == Turns(credited=2)


def test_one_whose_weight_changes_may_be_brought_level_too() -> None:
    roster = STAFF.after(*[given("ada"), given("bo"), given("cy")] * 4)
    heavier = roster.joined(Rep("bo", weight=3))
    assert turns(heavier)["bo"] == Turns(4, 8, 0, 11, NOON)
    assert turns(roster.with_rep(Rep("bo", weight=3)))["bo"] == turns(roster)["bo"]
    assert roster.joined(Rep("bo")).workloads == roster.workloads


def test_a_share_that_is_no_whole_turn_is_rounded_down() -> None:
    roster = Roster([Rep("ada", weight=3)]).after(*[given("ada")] * 5)
    joined = [roster.joined(Rep("bo", weight=weight)) for weight in (1, 2, 3)]
    assert [turns(each)["bo"].credited for each in joined] == [1, 3, 5]


def test_joining_is_an_entry_of_the_history_too() -> None:
    before = STAFF.without("cy").after(given("ada"), given("ada"), given("bo"), given("bo"))
    back = before.with_rep(Rep("cy"))
    joined = back.after(Joined("cy", NOON))
    assert joined == before.joined(Rep("cy"))
    assert turns(joined)["cy"] == Turns(credited=2)
    assert joined.seats["cy"].workload is joined.workload("cy")
    assert (before.version, joined.version) == (4, 5)
    assert STAFF.after(Joined("bo", NOON)).version == 1


def test_one_who_joined_and_is_no_longer_there_counts_with_a_weight_of_one() -> None:
    roster = Roster([Rep("ada", weight=2)]).after(*[given("ada")] * 6, Joined("gone", NOON))
    assert roster.workload("gone").in_rule("all") == Turns(credited=3)
    assert "gone" not in roster.seats


def test_a_history_with_newcomers_equals_one_by_one() -> None:
    staff = [Rep("ada"), Rep("bo", weight=2), Rep("cy", active=False), Rep("dan", weight=3)]
    history: list[Entry] = [
        *(given("ada", NOON + n * HOUR) for n in range(4)),
        given("bo", NOON + 4 * HOUR, rule="vip"),
        Joined("bo", NOON + 5 * HOUR),
        given("bo", NOON + 6 * HOUR, credited={"ada": 1}),
        Joined("dan", NOON + 7 * HOUR),
        Closed("ada", NOON + 8 * HOUR),
        given("dan", NOON + 9 * HOUR, rule="vip"),
        Joined("gone", NOON + 10 * HOUR),
    ]
    roster = Roster(staff)
    for entry in history:
        roster = roster.after(entry)
    for given_so in (history, history[::-1], [*history[5:], *history[:5]]):
        assert Roster.from_history(staff, given_so) == roster
    assert roster.version == len(history) + 1


def test_what_a_history_holds_twice_under_one_id_counts_once() -> None:
    once = given("ada", id="e-1")
    changed = given("ada", id="e-1", units=3)
    ended = Closed("bo", NOON)
    assert Roster.from_history(STAFF, [once, once]) == STAFF.after(once)
    assert Roster.from_history(STAFF, [once, given("ada", id="e-2")]).version == 2
    assert Roster.from_history(STAFF, [once, changed]).workload("ada").open == 4
    assert Roster.from_history(STAFF, [given("ada"), given("ada"), ended, ended]).version == 4


def test_at_one_instant_reps_join_first_and_work_ends_last() -> None:
    entries: list[Entry] = [
        Closed("ada", NOON),
        given("bo", turn=2),
        Joined("cy", NOON),
        given("ada", turn=1),
        given("ada"),
    ]
    ordered = [entries[n] for n in (2, 4, 3, 1, 0)]
    roster = Roster.from_history(STAFF, entries)
    assert roster == STAFF.after(*ordered) == Roster.from_history(STAFF, ordered)
    # Nobody had a turn when cy joined, and ada's two were open when one was closed.
    assert turns(roster)["cy"] == Turns()
    assert (turns(roster)["ada"].last_turn, turns(roster)["bo"].last_turn) == (3, 4)
    assert roster.workload("ada").open == 1


def test_who_leaves_keeps_the_workload_and_takes_no_more() -> None:
    roster = STAFF.after(given("ada"), given("bo"))
    left = roster.without("bo")
    assert left.active == ("ada", "cy")
    assert not left["bo"].active
    assert left.workloads == roster.workloads
    assert left.version == roster.version
    assert left.without("bo") == left


def test_a_changed_rep_takes_the_place_of_the_old_one() -> None:
    roster = STAFF.after(given("bo"))
    away = Rep("bo", away=[Absence(date(2026, 3, 2), date(2026, 3, 2))], team="emea")
    changed = roster.with_rep(away)
    assert changed.reps == (STAFF["ada"], away, STAFF["cy"])
    assert changed.teams == {"emea": ("bo",)}
    assert changed.seats["bo"].workload.open == 1
    assert changed.version == roster.version
    assert STAFF.with_rep(Rep("dan")).active == ("ada", "bo", "cy", "dan")


# How it shows


def test_a_roster_shows_how_many_and_which_version() -> None:
    assert repr(STAFF.after(given("ada"))) == "Roster(3 reps, version 1)"
    assert repr(Roster([Rep("ada")])) == "Roster(1 rep, version 0)"


def test_a_roster_shows_as_html_that_is_escaped_and_bounded() -> None:
    reps = [Rep(f"<b>{n:03}", capacity=n or None, team="emea" if n else None) for n in range(120)]
    roster = Roster(reps).after(given("<b>001", value=Money(1_234_567, "EUR")))
    shown = roster._repr_html_()
    assert "roster, version 1" in shown
    assert "<b>" not in shown
    assert "&lt;b&gt;099" in shown
    assert "&lt;b&gt;100" not in shown
    assert "1,234,567" in shown
    assert ">emea<" in shown
    assert ">7<" in shown
    assert "None" not in shown


def test_workloads_cannot_be_changed() -> None:
    assert isinstance(STAFF.workloads, Frozen)
    with pytest.raises(InvalidValue, match="Roster"):
        Roster([Rep("ada")], {"ada": STAFF})  # type: ignore[dict-item]


def test_equal_hours_of_several_reps_are_one_object_so_that_they_are_asked_once() -> None:
    reps = [Rep(key, hours=WorkingHours({"mon-fri": "09:00-17:00"})) for key in ("ada", "bo")]
    one, other = Roster(reps)
    assert one.hours is other.hours
    assert [one, other] == reps

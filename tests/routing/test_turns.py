"""Strategies that take turns: who is next, who waited longest, who is furthest behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from leadflow import Lead
from leadflow.errors import InvalidValue
from leadflow.events import Assignment
from leadflow.routing import (
    Absence,
    Candidate,
    Candidates,
    Choice,
    InTurn,
    LeastRecent,
    Rep,
    Roster,
    Router,
    RoutingRule,
    Strategy,
    Turns,
    Weighted,
    Workload,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LEAD = Lead("L")
ALL: tuple[Any, ...] = (InTurn, LeastRecent, Weighted)
every_one = pytest.mark.parametrize("by", [kind() for kind in ALL], ids=repr)


def roster(*ids: str, **weights: int) -> Roster:
    return Roster([Rep(id) for id in ids] + [Rep(id, weight=n) for id, n in weights.items()])


def deal(by: Strategy, staff: Roster, count: int) -> tuple[str, Roster]:
    """Assign so many leads at one instant; tell to whom, and the roster after them."""
    router = Router([RoutingRule("all", by=by)])
    found = router.assign_all([Lead(f"L-{n}") for n in range(count)], staff, NOON)
    assert not found.held
    return " ".join(one.rep for one in found.assignments.values()), found.roster


def past(staff: Roster, reps: str, rule: str | None = "all") -> Roster:
    return staff.after(*(Assignment(rep, NOON, rule=rule) for rep in reps.split()))


def choose(by: Strategy, staff: Roster, present: str, absent: str = "") -> Choice:
    """Ask a strategy, with these present and those absent."""
    here, away = ([staff.seats[rep] for rep in some.split()] for some in (present, absent))
    return by.choose(LEAD, Candidates(here, "all", tuple(away)), NOON)


def go_on(by: Strategy, staff: Roster, days: Iterable[tuple[str, str]]) -> tuple[str, Roster]:
    """Assign a lead for each pair of those present and those absent."""
    found = []
    for present, absent in days:
        choice = choose(by, staff, present, absent)
        assert choice.rep is not None
        found.append(choice.rep)
        staff = staff.after(Assignment(choice.rep, NOON, rule="all", credited=choice.passed))
    return " ".join(found), staff


# In turn


def test_u0_u1_u2_go_round() -> None:
    assert deal(InTurn(), roster("u0", "u1", "u2"), 4)[0] == "u0 u1 u2 u0"


def test_four_reps_and_six_leads() -> None:
    assert deal(InTurn(), roster("1", "2", "3", "4"), 6)[0] == "1 2 3 4 1 2"


def test_after_the_last_one_left_the_next_one_has_the_turn() -> None:
    started = past(roster("u0", "u1", "u2"), "u0")
    assert deal(InTurn(), started.without("u0"), 3)[0] == "u1 u2 u1"
    later = past(roster("u0", "u1", "u2"), "u0 u1 u2 u0 u1")
    assert deal(InTurn(), later.without("u1"), 3)[0] == "u2 u0 u2"
    assert deal(InTurn(), later.without("u2"), 3)[0] == "u0 u1 u0"


def test_a_newcomer_has_the_place_of_the_id() -> None:
    joined = past(roster("a", "c"), "a c a").joined(Rep("b"))
    assert deal(InTurn(), joined, 4)[0] == "b c a b"


def test_the_reason_names_whose_turn_was_last() -> None:
    staff = roster("a", "b")
    assert choose(InTurn(), staff, "a b") == Choice("a", "first in turn")
    assert choose(InTurn(), past(staff, "a"), "a b") == Choice("b", "next in turn after a")


def test_those_who_cannot_take_a_lead_are_left_out_of_the_round() -> None:
    staff = past(roster("a", "b", "c", "d"), "a b")
    assert choose(InTurn(), staff, "a b d").rep == "d"
    assert choose(InTurn(), staff, "a b").rep == "a"
    assert choose(InTurn(), staff, "b").rep == "b"


@pytest.mark.parametrize(
    ("latest", "present", "absent", "chosen", "passed"),
    [
        ("b", "a b d", "c", "d", {"c"}),
        ("b", "a b", "c d", "a", {"c", "d"}),
        ("b", "b", "a c d", "b", {"a", "c", "d"}),
        ("b", "a c d", "b", "c", set()),
        ("b", "a", "b c d", "a", {"c", "d"}),
        ("d", "c d", "a b", "c", {"a", "b"}),
        ("d", "a b", "c d", "a", set()),
        ("", "b d", "a c", "b", {"a"}),
        ("", "a d", "b c", "a", set()),
    ],
)
def test_in_a_round_the_turns_between_the_latest_and_the_next_go_by(
    latest: str, present: str, absent: str, chosen: str, passed: set[str]
) -> None:
    found = choose(InTurn(), past(roster("a", "b", "c", "d"), latest), present, absent)
    assert (found.rep, found.passed) == (chosen, dict.fromkeys(passed, 1))


# Least recent


def test_least_recent_goes_by_the_latest_turns() -> None:
    last = {"r1": (10, 2), "r2": (10, 31), "r3": (11, 17)}
    history = [
        Assignment(rep, NOON.replace(hour=hour, minute=minute), rule="all")
        for rep, (hour, minute) in last.items()
    ]
    # From 13:40 on, the third is away.
    third = Rep("r3", away=[Absence(NOON.replace(hour=13, minute=40), NOON.replace(hour=22))])
    staff = Roster.from_history([Rep("r1"), Rep("r2"), third], reversed(history))
    router = Router([RoutingRule("all", by=LeastRecent())])
    first = router.assign(LEAD, staff, NOON.replace(hour=13, minute=33))
    assert isinstance(first, Assignment)
    assert (first.rep, first.because[-1]) == (
        "r1",
        "waited longest, since 2026-03-02 10:02 UTC",
    )
    second = router.assign(LEAD, staff.after(first), NOON.replace(hour=13, minute=50))
    assert isinstance(second, Assignment)
    assert (second.rep, second.because[-1]) == (
        "r2",
        "waited longest, since 2026-03-02 10:31 UTC",
    )


def test_those_without_a_turn_come_first_by_id() -> None:
    staff = past(roster("a", "b", "c", "d"), "c a")
    assert deal(LeastRecent(), staff, 6)[0] == "b d c a b d"
    assert choose(LeastRecent(), staff, "a b c").because == "had no turn yet"


def test_somebody_whose_only_turn_went_by_waited_since_nobody_knows_when() -> None:
    staff = roster("a", "b").after(Assignment("b", NOON, rule="all", credited={"a": 1}))
    assert choose(LeastRecent(), staff, "a b") == Choice("a", "waited longest")


def test_a_leaver_changes_nothing_for_the_others() -> None:
    staff = past(roster("a", "b", "c", "d"), "c a d b")
    assert deal(LeastRecent(), staff, 4)[0] == "c a d b"
    assert deal(LeastRecent(), staff.without("a"), 3)[0] == "c d b"


@pytest.mark.parametrize(
    ("present", "absent", "chosen", "passed"),
    [
        ("a b d", "c", "a", {"c"}),
        ("b d", "a c", "d", {"a", "c"}),
        ("c b", "a d", "c", set()),
        ("b", "a c d", "b", {"a", "c", "d"}),
    ],
)
def test_the_turns_of_those_who_waited_longer_go_by(
    present: str, absent: str, chosen: str, passed: set[str]
) -> None:
    staff = past(roster("a", "b", "c", "d"), "c a d b")
    found = choose(LeastRecent(), staff, present, absent)
    assert (found.rep, found.passed) == (chosen, dict.fromkeys(passed, 1))


def test_among_those_without_a_turn_the_id_says_whose_goes_by() -> None:
    found = choose(LeastRecent(), roster("a", "b", "c"), "b", "a c")
    assert (found.rep, found.passed) == ("b", {"a": 1})


# Weighted


def test_5_1_1_take_turns_smoothly_over_and_over() -> None:
    cycle = "a a b a c a a"
    assert deal(Weighted(), roster(a=5, b=1, c=1), 21)[0] == " ".join([cycle] * 3)


def test_1_and_2_get_two_and_three_of_five_leads() -> None:
    found = Counter(deal(Weighted(), roster(a=1, b=2), 5)[0].split())
    assert found == {"a": 2, "b": 3}


def test_1_and_2_get_exact_shares_after_each_cycle() -> None:
    assert deal(Weighted(), roster(a=1, b=2), 6)[0] == "b a b b a b"


def test_equal_weights_are_a_rotation() -> None:
    assert deal(Weighted(), roster(a=3, b=3, c=3), 7)[0] == "a b c a b c a"


def test_a_very_large_weight_leaves_the_others_their_share() -> None:
    staff = past(roster(a=1_000_000, b=1), " ".join(["a"] * 10))
    assert choose(Weighted(), staff, "a b").rep == "a"
    heavy = Candidate(Rep("a", weight=1_000_000), Workload(turns={"all": Turns(10**15)}))
    light = Candidate(Rep("b"), Workload(turns={"all": Turns(10**9 - 1)}))
    assert Weighted().choose(LEAD, Candidates([heavy, light], "all"), NOON).rep == "b"
    light = Candidate(Rep("b"), Workload(turns={"all": Turns(10**9)}))
    assert Weighted().choose(LEAD, Candidates([heavy, light], "all"), NOON).rep == "a"


def test_the_reason_tells_weight_and_turns() -> None:
    staff = past(roster(a=5, b=1, c=1), "a a b")
    assert choose(Weighted(), staff, "a b c").because == "weight 5 of 7, 2 of 3 turns so far"


def test_turns_that_went_by_count_as_taken() -> None:
    workload = Workload(turns={"all": Turns(credited=4)})
    staff = Roster([Rep("a"), Rep("b")], {"a": workload})
    assert deal(Weighted(), staff, 6)[0] == "b b b b a b"


def test_the_absent_are_credited_up_to_the_level_of_those_present_by_weight() -> None:
    staff = past(roster(a=2, b=1, c=3, d=1), "a a a b b c")
    found = choose(Weighted(), staff, "a b", "c d")
    # The next is a, which makes 6 turns for a weight of 3 in all: 6 for one of 3, and 2 for one of 1.
    assert (found.rep, found.passed) == ("a", {"c": 5, "d": 2})
    assert choose(Weighted(), roster(a=1, b=1), "a", "b").passed == {"b": 1}
    ahead = past(roster(a=1, b=1), "a b b b b")
    assert choose(Weighted(), ahead, "a", "b").passed == {}


def test_one_light_rep_without_a_turn_yet_does_not_hold_back_the_credit_of_the_absent() -> None:
    found = choose(Weighted(), past(roster(a=5, b=1, c=4), "a a"), "a b", "c")
    assert (found.rep, found.passed) == ("a", {"c": 2})


# Absence, for all of them


@every_one
@pytest.mark.parametrize("days", [1, 2, 3, 7, 30])
def test_who_comes_back_goes_on_in_turn_without_making_up(by: Strategy, days: int) -> None:
    staff = deal(by, roster("a", "b", "c"), 5)[1]
    _, staff = go_on(by, staff, [("a c", "b")] * days)
    after = go_on(by, staff, [("a b c", "")] * 9)[0].split()
    # Nobody has two in a row, and in nine leads everybody has three.
    assert all(one != two for one, two in pairwise(after))
    assert set(Counter(after).values()) == {3}


@every_one
def test_made_up_turns_keep_the_order_of_the_others(by: Strategy) -> None:
    staff = deal(by, roster("a", "b", "c"), 4)[1]
    _, staff = go_on(by, staff, [("a c", "b")] * 6)
    assert staff.workload("b").in_rule("all").credited == 3
    before = go_on(by, staff, [("a b c", "")] * 6)[0]
    made_up = [
        Assignment("b", NOON, rule="all", credited={"b": -1}, owed={"b": -1}) for _ in range(2)
    ]
    after = staff.after(*made_up)
    assert go_on(by, after, [("a b c", "")] * 6)[0] == before


@every_one
def test_with_nobody_absent_no_turn_goes_by(by: Strategy) -> None:
    assert choose(by, past(roster("a", "b", "c"), "a"), "b c").passed == {}


# What counts


@every_one
def test_turns_are_counted_in_each_rule_by_itself(by: Strategy) -> None:
    staff = past(roster("a", "b"), "a a a", rule="vip")
    assert deal(by, staff, 3)[0] == "a b a"


@pytest.mark.parametrize("kind", ALL)
def test_leads_by_hand_are_turns_only_if_told(kind: Any) -> None:
    staff = past(roster("a", "b"), "a", rule=None)
    assert deal(kind(), staff, 2)[0] == "a b"
    assert deal(kind(count_by_hand=True), staff, 3)[0] == "b a b"


@pytest.mark.parametrize("kind", ALL)
def test_leads_given_to_an_absent_rep_by_hand_count_if_told(kind: Any) -> None:
    staff = past(roster("a", "b", "c"), "a", rule=None)
    staff = past(staff, "b c a", rule="all")
    found = choose(kind(count_by_hand=True), staff, "b c", "a")
    assert (found.rep, found.passed) == ("b", {})


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("given", [1, 0, None, "yes"])
def test_whether_leads_by_hand_count_is_true_or_false(kind: Any, given: Any) -> None:
    with pytest.raises(InvalidValue, match=rf"^{kind.__name__}\.count_by_hand: expected true or f"):
        kind(count_by_hand=given)


@pytest.mark.parametrize("kind", ALL)
def test_whether_leads_by_hand_count_is_told_by_name(kind: Any) -> None:
    with pytest.raises(TypeError, match="positional"):
        kind(True)
    assert kind() == kind(count_by_hand=False)
    assert kind() != kind(count_by_hand=True)

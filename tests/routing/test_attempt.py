"""One rule's attempt: who may take a lead, why the others not, and what if all are away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import attrs
import pytest

from leadflow import Lead, Money, field
from leadflow.calendars import WorkingHours
from leadflow.errors import InvalidValue, LeadflowError
from leadflow.events import Assignment, Rejected
from leadflow.routing import (
    Absence,
    Band,
    ByBand,
    ByScore,
    ByTerritory,
    Candidates,
    Choice,
    FirstOf,
    Held,
    InTurn,
    KeepOwner,
    LeastRecent,
    Pool,
    Quota,
    Rep,
    Roster,
    Router,
    RoutingRule,
    Turns,
    Weighted,
    WhenAbsent,
    WinRates,
    Workload,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
HOUR = timedelta(hours=1)
DENTIST = Absence(NOON - HOUR, NOON + 3 * HOUR, "dentist")
EMPTY: Mapping[str, str] = {}


def ask(
    rule: RoutingRule,
    roster: Roster,
    lead: Lead | None = None,
    at: datetime = NOON,
    excluding: Mapping[str, str] = EMPTY,
) -> Assignment | Held:
    return Router([rule]).assign(lead or Lead("L"), roster, at, excluding=excluding)


def assigned(answer: Assignment | Held) -> Assignment:
    assert isinstance(answer, Assignment)
    return answer


def held(answer: Assignment | Held) -> Held:
    assert isinstance(answer, Held)
    return answer


NINE_TO_FIVE = WorkingHours({"mon-fri": "09:00-11:00"}, "Europe/Warsaw")
WINNERS = WinRates({"free": {"": (10, 10)}, "x": {"": (0, 10)}})


@pytest.mark.parametrize(
    ("code", "words", "rule", "x", "load"),
    [
        ("away", "dentist until 2026-03-02 15:00 UTC", {}, {"away": [DENTIST]}, {}),
        (
            "away",
            "away until 2026-03-04 00:00 UTC",
            {},
            {"away": [Absence(date(2026, 3, 2), date(2026, 3, 3))]},
            {},
        ),
        (
            "outside_hours",
            "works mon-fri 09:00-11:00 Europe/Warsaw",
            {},
            {"hours": NINE_TO_FIVE},
            {},
        ),
        ("at_capacity", "3 of 3 units open", {}, {"capacity": 3}, {"open": 3}),
        (
            "at_capacity",
            "2 of 6 units open, 5 more",
            {"units": 5},
            {"capacity": 6},
            {"open": 2},
        ),
        (
            "over_quota",
            "2 given, at most 2 per day",
            {},
            {"quotas": Quota(2, per="day")},
            {"recent": [(NOON - HOUR, 2)]},
        ),
        ("wrong_territory", "serves FR", {"by": ByTerritory("c")}, {"territories": ["FR"]}, {}),
        ("missing_skill", "lacks 'sql'", {"to": Pool(skills=["sql"])}, {}, {}),
        ("missing_language", "lacks 'de'", {"to": Pool(languages=[field("tongue")])}, {}, {}),
        ("other_band", "not for any value: free", {"by": ByBand("n", [Band("free")])}, {}, {}),
        (
            "other_class",
            "number 2 by win rate",
            {"by": ByScore("n", cuts=[5], win_rates=WINNERS)},
            {},
            {},
        ),
        ("excluded", "asked for somebody else", {}, {}, {}),
        ("not_this_turn", "", {}, {}, {}),
    ],
)
def test_every_rejected_rep_has_a_code_and_words(
    code: str, words: str, rule: dict[str, Any], x: dict[str, Any], load: dict[str, Any]
) -> None:
    free = Rep("free", territories=["DE"], skills=["sql"], languages=["de"])
    roster = Roster([free, Rep("x", **x)], {"x": Workload(**load)})
    lead = Lead("L", fields={"c": "DE", "tongue": "de", "n": 7})
    excluding = {"x": words} if code == "excluded" else EMPTY
    answer = assigned(ask(RoutingRule("r", **rule), roster, lead, excluding=excluding))
    assert answer.rep == "free"
    assert answer.rejected == (Rejected("x", code, words),)


def test_an_assignment_names_rule_strategy_reasons_and_what_the_lead_is_worth() -> None:
    lead = Lead("L", deal_value=Money(500, "EUR"), rating="hot")
    roster = Roster([Rep("ada"), Rep("bo")], version=7)
    assert ask(RoutingRule("r", units=3), roster, lead) == Assignment(
        "ada",
        NOON,
        rule="r",
        strategy="LeastRecent",
        because=("rule 'r': always", "had no turn yet"),
        rejected=[Rejected("bo", "not_this_turn")],
        units=3,
        value=Money(500, "EUR"),
        rating="hot",
        turn=8,
    )


def test_what_a_rep_never_can_comes_before_what_they_cannot_now() -> None:
    roster = Roster([Rep("ada", away=[DENTIST], capacity=0), Rep("bo", away=[DENTIST])])
    rule = RoutingRule("r", to=Pool(skills=["sql"]))
    answer = held(ask(rule, roster, excluding={"bo": "said no"}))
    assert answer.rejected == (
        Rejected("ada", "missing_skill", "lacks 'sql'"),
        Rejected("bo", "excluded", "said no"),
    )
    assert answer.until is None


def test_capacity_ten_with_items_of_five_takes_two_and_the_third_once_one_closes() -> None:
    router = Router([RoutingRule("r", units=field("effort"))])
    leads = [Lead(f"L-{n}", fields={"effort": 5}) for n in (1, 2, 3)]
    routed = router.assign_all(leads, Roster([Rep("ada", capacity=10)]), NOON)
    assert list(routed.assignments) == ["L-1", "L-2"]
    [waiting] = routed.held
    assert (waiting.lead, waiting.until, waiting.units) == ("L-3", None, 5)
    assert waiting.rejected == (Rejected("ada", "at_capacity", "10 of 10 units open, 5 more"),)
    later = router.drain(routed.held, leads, routed.roster.closed("ada", units=5), NOON)
    assert [(lead, one.rep, one.units) for lead, one in later.assignments.items()] == [
        ("L-3", "ada", 5)
    ]


@pytest.mark.parametrize(("monthly", "daily"), [(45, 2), (15, 1), (60, 2)])
def test_a_rolling_daily_quota_of_a_thirtieth(monthly: int, daily: int) -> None:
    roster = Roster([Rep("ada", quotas=[Quota.spread(monthly)])])
    router = Router([RoutingRule("r")])
    routed = router.assign_all([Lead(f"L-{n}") for n in range(4)], roster, NOON)
    assert len(routed.assignments) == daily
    assert {one.until for one in routed.held} == {NOON + 24 * HOUR}
    again = router.assign(Lead("L"), routed.roster, NOON + 24 * HOUR)
    assert isinstance(again, Assignment)


def test_a_lead_whose_units_are_no_number_is_held() -> None:
    rule = RoutingRule("r", units=field("effort"))
    answer = held(ask(rule, Roster([Rep("ada")]), Lead("L", fields={"effort": 2.5})))
    assert answer.because == ("rule 'r': effort is 2.5, which is no number of units",)
    assert (answer.rejected, answer.until, answer.rule, answer.units) == ((), None, "r", 0)


def test_an_empty_pool_holds_the_lead() -> None:
    roster = Roster([Rep("ada", team="emea", active=False), Rep("bo")])
    answer = held(ask(RoutingRule("r", to="emea"), roster))
    assert answer.because == ("rule 'r': nobody is in team emea",)
    assert answer.rejected == ()


def test_held_counts_the_reasons_and_says_when_to_ask_again() -> None:
    roster = Roster(
        [
            Rep("a", away=[DENTIST]),
            Rep("b", away=[Absence(NOON, NOON + HOUR)]),
            Rep("c", capacity=0),
            Rep("d", hours=NINE_TO_FIVE),
        ]
    )
    answer = held(ask(RoutingRule("r"), roster))
    assert answer.because == (
        "rule 'r': nobody may take it: 2 away, 1 at capacity, 1 outside hours",
    )
    assert [each.rep for each in answer.rejected] == ["a", "b", "c", "d"]
    assert (answer.at, answer.since, answer.until) == (NOON, NOON, NOON + HOUR)


@pytest.mark.parametrize(
    ("rep", "until"),
    [
        (Rep("a", away=[DENTIST]), NOON + 3 * HOUR),
        (Rep("a", hours=NINE_TO_FIVE), datetime(2026, 3, 3, 8, tzinfo=UTC)),
        (
            Rep("a", hours=NINE_TO_FIVE, away=[Absence(date(2026, 3, 3), date(2026, 3, 4))]),
            datetime(2026, 3, 5, 8, tzinfo=UTC),
        ),
        (Rep("a", quotas=[Quota(1, per="day")]), datetime(2026, 3, 3, tzinfo=UTC)),
        (Rep("a", quotas=[Quota(1, within="6 hours")]), NOON + 6 * HOUR),
        (Rep("a", capacity=1), None),
        (Rep("a", capacity=1, away=[DENTIST]), None),
        (Rep("a", quotas=[Quota(0, per="day")]), None),
    ],
)
def test_until_is_the_first_instant_at_which_somebody_could(
    rep: Rep, until: datetime | None
) -> None:
    roster = Roster([rep], {"a": Workload(open=1, recent=((NOON, 1),))})
    answer = held(ask(RoutingRule("r"), roster))
    assert answer.until == until
    if until is not None:
        assert assigned(ask(RoutingRule("r"), roster, at=until)).rep == "a"
        too_early = ask(RoutingRule("r"), roster, at=until - timedelta(seconds=1))
        assert held(too_early).until == until


SERVING = RoutingRule("r", by=ByTerritory("c"))
FREED = {"de": Workload(recent=((NOON, 1),))}
"""A quota of one within an hour is used up until 13:00."""


def lead_of(country: str) -> Lead:
    return Lead("L", fields={"c": country})


@pytest.mark.parametrize(
    ("country", "until"), [("FR", NOON + 3 * HOUR), ("DE", None), ("IT", None)]
)
def test_until_is_the_return_of_one_whom_the_strategy_would_choose(
    country: str, until: datetime | None
) -> None:
    roster = Roster(
        [Rep("de", territories=["DE"], capacity=0), Rep("fr", territories=["FR"], away=[DENTIST])]
    )
    assert held(ask(SERVING, roster, lead_of(country))).until == until


def test_until_passes_over_those_who_are_back_earlier_and_would_not_be_chosen() -> None:
    soon = Absence(NOON, NOON + HOUR)
    roster = Roster(
        [
            Rep("de", territories=["DE"], away=[DENTIST]),
            Rep("fr", territories=["FR"], away=[soon]),
            Rep("it", away=[soon]),
        ]
    )
    answer = held(ask(SERVING, roster, lead_of("DE")))
    assert answer.until == NOON + 3 * HOUR
    assert held(ask(SERVING, roster, lead_of("DE"), at=NOON + HOUR)).until == answer.until
    assert assigned(ask(SERVING, roster, lead_of("DE"), at=NOON + 3 * HOUR)).rep == "de"


def test_where_absence_is_ignored_it_is_not_waited_for() -> None:
    rep = Rep("de", away=[DENTIST], quotas=Quota(1, within="1 hour"))
    waits = RoutingRule("r")
    ignores = RoutingRule("r", when_absent=WhenAbsent(all_away="ignore"))
    roster = Roster([rep], FREED)
    assert held(ask(waits, roster)).until == NOON + 3 * HOUR
    assert held(ask(ignores, roster)).until == NOON + HOUR
    assert assigned(ask(ignores, roster, at=NOON + HOUR)).rep == "de"


def test_where_absence_is_ignored_the_territory_still_counts() -> None:
    rule = RoutingRule("r", by=ByTerritory("c"), when_absent=WhenAbsent(all_away="ignore"))
    roster = Roster([Rep("fr", territories=["FR"], away=[DENTIST])])
    assert held(ask(rule, roster, lead_of("DE"))).until is None


FOREVER = Absence(date(2026, 3, 1), date.max)


@pytest.mark.parametrize(
    ("boss", "away", "until"),
    [
        ({"away": [Absence(NOON, NOON + HOUR)]}, DENTIST, NOON + HOUR),
        ({"away": [Absence(NOON, NOON + HOUR)]}, FOREVER, NOON + HOUR),
        ({"away": [Absence(NOON, NOON + 9 * HOUR)]}, DENTIST, NOON + 3 * HOUR),
        ({"capacity": 0}, DENTIST, NOON + 3 * HOUR),
        ({"away": [FOREVER]}, DENTIST, NOON + 3 * HOUR),
        ({"away": [FOREVER]}, FOREVER, None),
        ({"active": False}, DENTIST, NOON + 3 * HOUR),
    ],
)
def test_the_return_of_the_fallback_is_waited_for_too(
    boss: dict[str, Any], away: Absence, until: datetime | None
) -> None:
    rule = RoutingRule("r", to=["a"], when_absent=WhenAbsent(fallback="boss"))
    roster = Roster([Rep("a", away=[away]), Rep("boss", **boss)])
    assert held(ask(rule, roster)).until == until
    if until is not None:
        assert isinstance(ask(rule, roster, at=until), Assignment)


def test_the_return_of_a_fallback_who_is_excluded_is_not_waited_for() -> None:
    rule = RoutingRule("r", to=["a"], when_absent=WhenAbsent(fallback="boss"))
    roster = Roster([Rep("a", away=[DENTIST]), Rep("boss", away=[Absence(NOON, NOON + HOUR)])])
    assert held(ask(rule, roster, excluding={"boss": "said no"})).until == NOON + 3 * HOUR


def test_the_return_of_a_fallback_is_not_waited_for_by_a_lead_that_they_would_not_get() -> None:
    policy = WhenAbsent(fallback="boss")
    rule = RoutingRule("r", to=["de", "fr"], by=ByTerritory("c"), when_absent=policy)
    roster = Roster(
        [
            Rep("de", territories=["DE"], quotas=Quota(1, within="5 hours")),
            Rep("fr", territories=["FR"], away=[DENTIST]),
            Rep("boss", away=[Absence(NOON, NOON + HOUR)]),
        ],
        FREED,
    )
    # Who serves DE is full, and not absent: nobody stands in for them.
    assert held(ask(rule, roster, lead_of("DE"))).until == NOON + 5 * HOUR
    assert held(ask(rule, roster, lead_of("FR"))).until == NOON + HOUR


# Absence: places are kept, turns are made up within a bound, all away.


KEPT = WhenAbsent()


def play(
    by: Any, policy: WhenAbsent = KEPT, leads: int = 20, **reps: dict[str, Any]
) -> tuple[str, Roster]:
    """One lead each half hour, with a away for the first three hours."""
    away = Absence(NOON, NOON + 3 * HOUR)
    roster = Roster([Rep("a", away=[away], **reps.get("a", {})), Rep("b"), Rep("c")])
    router = Router([RoutingRule("r", by=by, when_absent=policy)])
    coming = [Lead(f"L-{n:02}") for n in range(leads)]
    played = router.simulate(coming, roster, NOON, every="30 minutes")
    return "".join(one.rep for one in played.assignments.values()), played.roster


@pytest.mark.parametrize(
    ("by", "order"),
    [
        (InTurn(), "bcbcbc abcabcabc"),
        (LeastRecent(), "bcbcbc abcabcabc"),
        (Weighted(), "bcbcbc abcabcabc"),
    ],
)
def test_turns_that_go_by_keep_the_place_of_the_absent(by: Any, order: str) -> None:
    found, roster = play(by, leads=15)
    assert found == order.replace(" ", "")
    turns = roster.workload("a").turns["r"]
    assert (turns.assigned, turns.owed) == (3, 0)
    assert turns.credited >= 2


@pytest.mark.parametrize("by", [InTurn(), LeastRecent(), Weighted()])
def test_turns_are_made_up_first_and_no_more_than_the_bound(by: Any) -> None:
    found, roster = play(by, WhenAbsent(catch_up=2), leads=15)
    assert found[:6] == "bcbcbc"
    assert found[6:9] == "aaa"  # two turns made up, and then the own one
    assert found[9:] == "bcabca"
    assert roster.workload("a").turns["r"].owed == 0


def test_a_turn_that_is_made_up_says_so_and_moves_no_other_turn() -> None:
    turns = {"a": Turns(credited=3, owed=2, last_turn=2), "b": Turns(assigned=3, last_turn=3)}
    roster = Roster(
        [Rep("a"), Rep("b")], {rep: Workload(turns={"r": one}) for rep, one in turns.items()}, 3
    )
    rule = RoutingRule("r", when_absent=WhenAbsent(catch_up=5))
    answer = assigned(ask(rule, roster))
    assert answer.because[-1] == "makes up 1 of 2 turns missed while away"
    assert (answer.rep, answer.credited, answer.owed) == ("a", {"a": -1}, {"a": -1})
    after = roster.after(answer).workload("a").turns["r"]
    assert (after.counted, after.owed, after.last_turn) == (3, 1, 2)
    again = assigned(ask(rule, roster.after(answer)))
    assert again.because[-1] == "makes up 1 of 1 turn missed while away"


def test_whoever_is_owed_most_is_first_and_the_strategy_decides_among_equals() -> None:
    owed = {"a": 1, "b": 2, "c": 2}
    roster = Roster(
        [Rep(rep) for rep in owed],
        {rep: Workload(turns={"r": Turns(credited=3, owed=n)}) for rep, n in owed.items()},
    )
    rule = RoutingRule("r", when_absent=WhenAbsent(catch_up=5))
    answer = assigned(ask(rule, roster))
    assert (answer.rep, answer.rejected) == (
        "b",
        (Rejected("a", "not_this_turn"), Rejected("c", "not_this_turn")),
    )


def test_what_is_owed_goes_by_where_the_strategy_has_nobody_among_those_owed() -> None:
    roster = Roster(
        [Rep("a"), Rep("b", territories=["DE"])],
        {"a": Workload(turns={"r": Turns(credited=1, owed=1)})},
    )
    rule = RoutingRule("r", by=ByTerritory("c"), when_absent=WhenAbsent(catch_up=5))
    answer = assigned(ask(rule, roster, Lead("L", fields={"c": "DE"})))
    assert (answer.rep, answer.owed) == ("b", {})


def test_nothing_is_owed_beyond_the_bound() -> None:
    roster = Roster(
        [Rep("a", away=[DENTIST]), Rep("b")],
        {
            "a": Workload(turns={"r": Turns(credited=4, owed=2, last_turn=1)}),
            "b": Workload(turns={"r": Turns(assigned=4, last_turn=2)}),
        },
        2,
    )
    rule = RoutingRule("r", when_absent=WhenAbsent(catch_up=2))
    answer = assigned(ask(rule, roster))
    assert (answer.rep, answer.credited, answer.owed) == ("b", {"a": 1}, {})
    more = RoutingRule("r", when_absent=WhenAbsent(catch_up=3))
    assert assigned(ask(more, roster)).owed == {"a": 1}


def test_a_rep_who_is_full_as_well_as_away_keeps_no_place() -> None:
    roster = Roster([Rep("a", away=[DENTIST], capacity=0), Rep("b")])
    answer = assigned(ask(RoutingRule("r"), roster))
    assert (answer.rep, answer.credited) == ("b", {})
    assert answer.rejected == (Rejected("a", "at_capacity", "0 of 0 units open"),)


ALL_AWAY = Roster([Rep("a", away=[DENTIST]), Rep("b", away=[DENTIST]), Rep("boss", team="heads")])


def when_away(policy: WhenAbsent, roster: Roster = ALL_AWAY, **more: Any) -> Assignment | Held:
    return ask(RoutingRule("r", to=["a", "b"], when_absent=policy), roster, **more)


def test_if_all_are_away_the_lead_is_held() -> None:
    answer = held(when_away(WhenAbsent()))
    assert answer.because == ("rule 'r': nobody may take it: 2 away",)
    assert answer.until == NOON + 3 * HOUR


def test_if_all_are_away_absence_may_be_ignored() -> None:
    answer = assigned(when_away(WhenAbsent(all_away="ignore")))
    assert answer.rep == "a"
    assert answer.because[-1] == "everybody is absent, which is ignored; had no turn yet"
    assert answer.rejected == (Rejected("b", "not_this_turn"),)
    assert answer.credited == {}


def test_absence_is_ignored_but_not_capacity() -> None:
    roster = Roster([Rep("a", away=[DENTIST], capacity=0), Rep("b", away=[DENTIST])])
    answer = assigned(when_away(WhenAbsent(all_away="ignore"), roster))
    assert (answer.rep, [each.code for each in answer.rejected]) == ("b", ["at_capacity"])
    full = Roster([Rep(rep, away=[DENTIST], capacity=0) for rep in "ab"])
    assert held(when_away(WhenAbsent(all_away="ignore"), full)).because == (
        "rule 'r': nobody may take it: 2 at capacity",
    )


def test_if_all_are_away_a_fallback_may_step_in() -> None:
    answer = assigned(when_away(WhenAbsent(fallback="boss")))
    assert answer.rep == "boss"
    assert answer.because[-1] == "everybody is absent; boss is the fallback"
    assert [(each.rep, each.code) for each in answer.rejected] == [("a", "away"), ("b", "away")]


@pytest.mark.parametrize(
    "boss",
    [
        Rep("boss", away=[DENTIST]),
        Rep("boss", hours=NINE_TO_FIVE),
        Rep("boss", capacity=0),
        Rep("boss", active=False),
    ],
)
def test_a_fallback_who_is_not_free_either_is_not_asked(boss: Rep) -> None:
    answer = held(when_away(WhenAbsent(fallback="boss"), ALL_AWAY.with_rep(boss)))
    assert [each.rep for each in answer.rejected] == ["a", "b"]


def test_a_fallback_who_is_excluded_is_not_asked() -> None:
    answer = when_away(WhenAbsent(fallback="boss"), excluding={"boss": "said no"})
    assert [each.rep for each in held(answer).rejected] == ["a", "b"]


def test_a_fallback_whom_the_roster_does_not_know_is_refused() -> None:
    with pytest.raises(InvalidValue, match=r"^RoutingRule 'r' fallback: .* got 'bos' .*'boss'"):
        when_away(WhenAbsent(fallback="bos"))


@pytest.mark.parametrize(
    ("policy", "rep", "rejected"),
    [
        (WhenAbsent(all_away="ignore"), "de", [("fr", "wrong_territory")]),
        (WhenAbsent(fallback="fr"), "fr", [("de", "away")]),
        (WhenAbsent(fallback="boss"), "boss", [("de", "away"), ("fr", "wrong_territory")]),
    ],
)
def test_those_present_in_another_territory_are_told_too(
    policy: WhenAbsent, rep: str, rejected: list[tuple[str, str]]
) -> None:
    roster = Roster(
        [
            Rep("boss"),
            Rep("de", territories=["DE"], away=[DENTIST]),
            Rep("fr", territories=["FR"]),
        ]
    )
    rule = RoutingRule("r", to=["de", "fr"], by=ByTerritory("c"), when_absent=policy)
    answer = assigned(ask(rule, roster, Lead("L", fields={"c": "DE"})))
    assert answer.rep == rep
    assert [(each.rep, each.code) for each in answer.rejected] == rejected


def test_absence_does_not_open_a_territory_that_nobody_serves() -> None:
    roster = Roster([Rep("de", territories=["DE"], away=[DENTIST]), Rep("boss")])
    for policy in (WhenAbsent(all_away="ignore"), WhenAbsent(fallback="boss")):
        rule = RoutingRule("r", to=["de"], by=ByTerritory("c"), when_absent=policy)
        answer = held(ask(rule, roster, Lead("L", fields={"c": "IT"})))
        assert [each.code for each in answer.rejected] == ["away"]


# A host's own strategy.


@attrs.frozen
class Hosts:
    """A strategy of the host's that answers whatever it is told to."""

    answer: Any

    def choose(self, lead: Lead, candidates: Candidates, as_of: datetime) -> Any:
        return self.answer


def test_a_hosts_strategy_sees_the_lead_the_candidates_and_the_instant() -> None:
    seen: list[Any] = []

    class Spy:
        def choose(self, lead: Lead, candidates: Candidates, as_of: datetime) -> Choice:
            seen.append((lead.id, [one.id for one in candidates], as_of))
            seen.append((candidates.rule, candidates.units, [c.id for c in candidates.absent]))
            return Choice(candidates[-1].id, "the last one", passed={"a": 2})

    roster = Roster([Rep("c"), Rep("b"), Rep("a", away=[DENTIST]), Rep("d", capacity=0)])
    answer = assigned(ask(RoutingRule("r", by=Spy(), units=3), roster))
    assert seen == [("L", ["b", "c"], NOON), ("r", 3, ["a"])]
    assert (answer.rep, answer.strategy, answer.credited) == ("c", "Spy", {"a": 2})
    assert answer.because[-1] == "the last one"


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (Choice("cy", "x"), ["choice of Hosts", "'cy'", "one of the candidates", "they are b, c"]),
        (Choice("a", "x"), ["'a'", "one of the candidates"]),
        (Choice("nobody", "x"), ["'nobody'", "one of the candidates"]),
        ("b", ["rule 'r'", "RoutingRule 'r' by", "a Choice", "'b'"]),
        (None, ["a Choice", "None"]),
        (Choice("b", "x", passed={"c": 1}), ["choice of Hosts, passed", "absent reps", "'c'"]),
        (Choice(None, "x", passed={"zed": 1}), ["passed", "absent reps"]),
    ],
)
def test_a_wrong_answer_of_a_hosts_strategy_is_refused(choice: Any, words: list[str]) -> None:
    roster = Roster([Rep("a", away=[DENTIST]), Rep("b"), Rep("c")])
    with pytest.raises(LeadflowError) as caught:
        ask(RoutingRule("r", by=Hosts(choice)), roster)
    for word in words:
        assert word.lower() in str(caught.value).lower()


@pytest.mark.parametrize(
    "choice",
    [
        Choice("b", "x", [Rejected("b", "odd")]),
        Choice("b", "x", [Rejected("zed", "odd")]),
        Choice("b", "x", [Rejected("c", "odd"), Rejected("a", "odd")]),
        Choice(None, "x", [Rejected("zed", "odd")]),
    ],
)
def test_a_strategy_may_only_reject_candidates_whom_it_did_not_choose(choice: Choice) -> None:
    roster = Roster([Rep("a", away=[DENTIST]), Rep("b"), Rep("c")])
    with pytest.raises(InvalidValue, match="rejected: expected candidates who were not chosen"):
        ask(RoutingRule("r", by=Hosts(choice)), roster)


@pytest.mark.parametrize("rep", ["a", None])
def test_nobody_is_rejected_twice(rep: str | None) -> None:
    choice = Choice(rep, "x", [Rejected("b", "foo"), Rejected("b", "bar")])
    answer = ask(RoutingRule("r", by=Hosts(choice)), Roster([Rep("a"), Rep("b"), Rep("c")]))
    told = [(each.rep, each.code) for each in answer.rejected]
    assert told[0] == ("b", "bar")
    assert sorted(each for each, _ in told) == [*([] if rep else ["a"]), "b", "c"]


def test_one_who_was_chosen_for_themselves_makes_up_no_turn() -> None:
    class Own:
        """Keeps the lead with whoever stands alone, and goes by turn among several."""

        def choose(self, lead: Lead, candidates: Candidates, as_of: datetime) -> Choice:
            return Choice(candidates[-1].id, "x", is_turn=len(candidates) > 1)

    roster = Roster([Rep("a"), Rep("b")], {"a": Workload(turns={"r": Turns(credited=1, owed=1)})})
    rule = RoutingRule("r", by=Own(), when_absent=WhenAbsent(catch_up=1))
    answer = assigned(ask(rule, roster))
    assert (answer.rep, answer.owed) == ("b", {})


def test_candidates_of_whom_a_strategy_says_nothing_are_not_chosen() -> None:
    roster = Roster([Rep("a"), Rep("b"), Rep("c", capacity=0)])
    answer = held(ask(RoutingRule("r", by=KeepOwner()), roster, Lead("L", owner="c")))
    why = "owner, 'c', may not take it now"
    assert answer.because == (f"rule 'r': {why}",)
    assert answer.rejected == (
        Rejected("c", "at_capacity", "0 of 0 units open"),
        Rejected("a", "not_chosen", why),
        Rejected("b", "not_chosen", why),
    )


def test_a_wrong_answer_names_few_of_many_candidates() -> None:
    with pytest.raises(InvalidValue) as caught:
        ask(RoutingRule("r", by=Hosts(Choice("x", ""))), Roster(Rep(f"r{n:03}") for n in range(99)))
    assert "r011" in str(caught.value)
    assert "r012" not in str(caught.value)


def test_a_hosts_strategy_may_have_nobody() -> None:
    choice = Choice(None, "not today", [Rejected("b", "asleep", "snores")])
    answer = held(ask(RoutingRule("r", by=Hosts(choice)), Roster([Rep("a"), Rep("b")])))
    assert answer.because == ("rule 'r': not today",)
    assert answer.rejected == (
        Rejected("b", "asleep", "snores"),
        Rejected("a", "not_chosen", "not today"),
    )


def test_an_owner_who_is_there_keeps_the_lead_and_others_go_in_turn() -> None:
    rule = RoutingRule("r", by=FirstOf(KeepOwner(), InTurn()))
    roster = Roster([Rep("a"), Rep("b"), Rep("c", away=[DENTIST])])
    owners = {"b": "b", "c": "a", "gone": "a", None: "a"}
    for owner, rep in owners.items():
        assert assigned(ask(rule, roster, Lead("L", owner=owner))).rep == rep

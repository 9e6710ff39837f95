"""The router."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from leadflow import Lead, field, tag
from leadflow.errors import InvalidDefinition, InvalidValue, LeadflowError, NaiveDatetime
from leadflow.events import (
    Activity,
    Assignment,
    Disposition,
    FieldsSet,
    Overridden,
    Rejected,
)
from leadflow.lead import merge
from leadflow.limits import DEFAULT_LIMITS
from leadflow.routing import (
    Absence,
    ByTerritory,
    Held,
    InTurn,
    KeepOwner,
    LeastLoaded,
    Pool,
    Rep,
    Roster,
    Routed,
    Router,
    RoutingRule,
    WhenAbsent,
    Workload,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LARGE = field("employees").at_least(500)
ROSTER = Roster([Rep("ada", team="key"), Rep("bo", team="inside"), Rep("cy", team="inside")])
ROUTER = Router(
    [RoutingRule("large", when=LARGE, to="key"), RoutingRule("vip", when=tag("vip"), to=["cy"])],
    otherwise=RoutingRule("the rest", to="inside"),
)


def assigned(answer: Assignment | Held) -> Assignment:
    assert isinstance(answer, Assignment)
    return answer


def held(answer: Assignment | Held) -> Held:
    assert isinstance(answer, Held)
    return answer


def reps(routed: Routed) -> dict[str, str]:
    return {lead: one.rep for lead, one in routed.assignments.items()}


# The rules in order.


@pytest.mark.parametrize(
    ("lead", "rep", "rule", "why"),
    [
        (
            Lead("L", fields={"employees": 500}, tags=["vip"]),
            "ada",
            "large",
            "rule 'large': employees is at least 500",
        ),
        (
            Lead("L", fields={"employees": 499}, tags=["vip"]),
            "cy",
            "vip",
            "rule 'vip': tagged 'vip'",
        ),
        (Lead("L"), "bo", "the rest", "no rule met: the rest"),
    ],
)
def test_the_first_rule_that_a_lead_meets_decides_else_the_default(
    lead: Lead, rep: str, rule: str, why: str
) -> None:
    answer = assigned(ROUTER.assign(lead, ROSTER, NOON))
    assert (answer.rep, answer.rule, answer.at) == (rep, rule, NOON)
    assert answer.because[0] == why


def test_without_a_default_a_lead_that_meets_no_rule_is_held() -> None:
    answer = held(Router(ROUTER.rules).assign(Lead("L"), ROSTER, NOON))
    assert answer == Held("L", NOON, because=["no rule is met"])
    assert (answer.rule, answer.rejected, answer.until) == (None, (), None)


def test_the_default_alone_is_a_router() -> None:
    router = Router([], otherwise=RoutingRule("all"))
    assert assigned(router.assign(Lead("L"), ROSTER, NOON)).rule == "all"


def test_turns_are_counted_in_each_rule_by_itself() -> None:
    rules = [RoutingRule("odd", when=tag("odd")), RoutingRule("even")]
    leads = [Lead(f"L-{n}", tags=["odd"] if n % 2 else []) for n in range(6)]
    routed = Router(rules).assign_all(leads, ROSTER, NOON)
    assert list(reps(routed).values()) == ["ada", "ada", "bo", "bo", "cy", "cy"]


def test_the_lead_is_as_it_was_and_the_instant_in_utc() -> None:
    lead = Lead("L", events=[FieldsSet({"employees": 900}, NOON)])
    assert assigned(ROUTER.assign(lead, ROSTER, NOON)).rule == "large"
    assert assigned(ROUTER.assign(lead, ROSTER, NOON - HOUR)).rule == "the rest"
    tokyo = (NOON - HOUR).astimezone(ZoneInfo("Asia/Tokyo"))
    answer = assigned(ROUTER.assign(lead, ROSTER, tokyo))
    assert (answer.at, answer.at.tzinfo) == (NOON - HOUR, UTC)


# Overflow.

AWAY = Absence(NOON, NOON + 3 * HOUR, "dentist")
BUSY = Roster(
    [Rep("ada", team="key", away=[AWAY]), Rep("bo", team="key", capacity=0), Rep("cy")],
)


def overflowing(**more: Any) -> Router:
    return Router(
        [
            RoutingRule("key", to="key", overflow=True),
            RoutingRule("big", when=LARGE, to=["bo"], overflow=True),
        ],
        **more,
    )


def test_an_overflow_keeps_the_reasons_and_rejections_of_the_rules_before() -> None:
    router = overflowing(otherwise=RoutingRule("anyone"))
    answer = assigned(router.assign(Lead("L", fields={"employees": 900}), BUSY, NOON))
    assert (answer.rep, answer.rule) == ("cy", "anyone")
    assert answer.because == (
        "rule 'key' overflows: nobody may take it: 1 away, 1 at capacity",
        "rule 'big' overflows: nobody may take it: 1 at capacity",
        "otherwise: anyone",
        "had no turn yet",
    )
    assert [(each.rep, each.code) for each in answer.rejected] == [
        ("ada", "away"),
        ("bo", "at_capacity"),
    ]


def test_an_overflow_adds_the_rejections_of_those_of_whom_the_later_rule_says_nothing() -> None:
    rules = [RoutingRule("key", to="key", overflow=True), RoutingRule("cy", to=["cy"])]
    answer = assigned(Router(rules).assign(Lead("L"), BUSY, NOON))
    assert answer.because[1] == "rule 'cy': always"
    assert [(each.rep, each.code) for each in answer.rejected] == [
        ("ada", "away"),
        ("bo", "at_capacity"),
    ]


def test_one_who_was_rejected_by_the_first_rule_may_be_chosen_by_the_next() -> None:
    rules = [
        RoutingRule("sql", to=Pool(skills=["sql"]), overflow=True),
        RoutingRule("anyone"),
    ]
    answer = assigned(Router(rules).assign(Lead("L"), Roster([Rep("ada"), Rep("bo")]), NOON))
    assert answer.rep == "ada"
    assert answer.rejected == (Rejected("bo", "not_this_turn"),)


def test_without_overflow_the_lead_waits_for_its_rule() -> None:
    router = Router([RoutingRule("key", to="key"), RoutingRule("anyone")])
    answer = held(router.assign(Lead("L"), BUSY, NOON))
    assert (answer.rule, answer.until) == ("key", NOON + 3 * HOUR)
    assert answer.because == ("rule 'key': nobody may take it: 1 away, 1 at capacity",)


def test_if_all_rules_overflow_the_lead_is_held_with_all_reasons() -> None:
    router = overflowing(otherwise=RoutingRule("anyone", to=["cy"]))
    full = BUSY.with_rep(Rep("cy", away=[Absence(NOON, NOON + HOUR)]))
    answer = held(router.assign(Lead("L", fields={"employees": 900}), full, NOON))
    assert answer.because == (
        "rule 'key': nobody may take it: 1 away, 1 at capacity",
        "rule 'big': nobody may take it: 1 at capacity",
        "rule 'anyone': nobody may take it: 1 away",
    )
    assert (answer.rule, answer.until) == ("anyone", NOON + HOUR)
    assert [each.rep for each in answer.rejected] == ["ada", "bo", "cy"]


def test_a_held_lead_is_as_much_work_as_the_last_rule_says() -> None:
    rules = [
        RoutingRule("key", to="key", units=3, overflow=True),
        RoutingRule("big", to=["bo"], units=5),
    ]
    answer = held(Router(rules).assign(Lead("L"), BUSY, NOON))
    assert (answer.rule, answer.units) == ("big", 5)
    assert held(Router(ROUTER.rules).assign(Lead("L"), ROSTER, NOON)).units == 1


def test_nobody_is_rejected_twice_and_what_was_said_last_stands() -> None:
    rules = [
        RoutingRule("sql", to=Pool(reps=["bo"], skills=["sql"]), overflow=True),
        RoutingRule("key", to="key", overflow=True),
        RoutingRule("own", to=["cy"], by=KeepOwner(), overflow=True),
        RoutingRule("again", to=["cy"], by=ByTerritory("country")),
    ]
    answer = held(Router(rules).assign(Lead("L"), BUSY, NOON))
    assert [(each.rep, each.code) for each in answer.rejected] == [
        ("bo", "at_capacity"),
        ("ada", "away"),
        ("cy", "wrong_territory"),
    ]


def test_without_a_default_an_overflow_ends_in_held() -> None:
    answer = held(overflowing().assign(Lead("L"), BUSY, NOON))
    assert (answer.rule, answer.until) == ("key", NOON + 3 * HOUR)


# A person's override.


def overridden(rep: str | None, **more: Any) -> Lead:
    event = Overridden("owner", rep, NOON - HOUR, reason="old friends", **more)
    return Lead("L", events=[event], fields={"employees": 900}, rating="hot")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, "owner overridden: old friends"),
        ({"by": "dee"}, "owner overridden by dee: old friends"),
        (
            {"until": NOON + HOUR, "by": "dee"},
            "owner overridden by dee until 2026-03-02 13:00 UTC: old friends",
        ),
    ],
)
def test_whom_a_person_chose_gets_the_lead(more: dict[str, Any], words: str) -> None:
    roster = ROSTER.after(Assignment("ada", NOON - HOUR, rule="large"))
    answer = assigned(ROUTER.assign(overridden("cy", **more), roster, NOON))
    assert answer == Assignment(
        "cy", NOON, strategy="Overridden", because=[words], rating="hot", turn=2
    )
    assert answer.rule is None


def test_an_override_counts_in_no_rule() -> None:
    roster = ROSTER.after(assigned(ROUTER.assign(overridden("cy"), ROSTER, NOON)))
    assert list(roster.workload("cy").turns) == [""]


def test_an_override_stands_even_if_the_rep_is_away_or_full() -> None:
    roster = ROSTER.with_rep(Rep("cy", away=[AWAY], capacity=0))
    assert assigned(ROUTER.assign(overridden("cy"), roster, NOON)).strategy == "Overridden"


def test_an_override_is_as_much_work_as_the_rule_of_such_leads_says() -> None:
    lead = overridden("cy")
    rules = [
        RoutingRule("small", when=~LARGE, units=2),
        RoutingRule("large", when=LARGE, units=5),
        RoutingRule("all", units=7),
    ]
    answers = [Router(some).assign(lead, ROSTER, NOON) for some in (rules, rules[:1], rules[2:])]
    assert [assigned(each).units for each in answers] == [5, 1, 7]
    default = Router(rules[:1], otherwise=RoutingRule("rest", units=field("employees")))
    assert assigned(default.assign(lead, ROSTER, NOON)).units == 900
    odd = Router([RoutingRule("r", units=field("rating"))])
    assert assigned(odd.assign(lead, ROSTER, NOON)).units == 1


@pytest.mark.parametrize(
    ("lead", "at", "roster", "excluding"),
    [
        (overridden("cy", until=NOON), NOON, ROSTER, {}),
        (overridden("cy"), NOON - 2 * HOUR, ROSTER, {}),
        (overridden(None), NOON, ROSTER, {}),
        (overridden("cy"), NOON, ROSTER, {"cy": "said no"}),
    ],
)
def test_an_override_that_ended_was_lifted_or_names_one_who_is_excluded_is_ignored(
    lead: Lead, at: datetime, roster: Roster, excluding: Mapping[str, str]
) -> None:
    answer = ROUTER.assign(lead, roster, at, excluding=excluding)
    assert assigned(answer).strategy == "LeastRecent"


@pytest.mark.parametrize(("rep", "roster"), [("cy", ROSTER.without("cy")), ("zed", ROSTER)])
def test_a_lead_whose_owner_is_overridden_to_somebody_who_left_is_held(
    rep: str, roster: Roster
) -> None:
    answer = held(ROUTER.assign(overridden(rep), roster, NOON))
    assert answer.because == (
        (
            f"the owner is overridden to {rep!r}, who is no active rep: "
            "lift it first, with Overridden('owner', None, ...)"
        ),
    )
    assert (answer.rule, answer.rejected, answer.until) == (None, (), None)
    assert ROUTER.preview(overridden(rep), roster, NOON).asked == ()


# Several leads, and those held.


def test_a_batch_is_each_lead_after_the_one_before_and_changes_nothing_given() -> None:
    leads = [Lead(f"L-{n}") for n in range(5)]
    routed = ROUTER.assign_all(iter(leads), ROSTER, NOON)
    assert reps(routed) == {"L-0": "bo", "L-1": "cy", "L-2": "bo", "L-3": "cy", "L-4": "bo"}
    assert [one.turn for one in routed.assignments.values()] == [1, 2, 3, 4, 5]
    assert routed.roster == ROSTER.after(*routed.assignments.values())
    assert (ROSTER.version, routed.roster.version, routed.held) == (0, 5, ())


def test_held_leads_of_a_batch_are_in_the_order_of_the_leads() -> None:
    leads = [Lead(key) for key in ("z", "a", "m")]
    routed = Router([RoutingRule("r", to=["ada"])]).assign_all(
        leads, Roster([Rep("ada", capacity=1)]), NOON
    )
    assert reps(routed) == {"z": "ada"}
    assert [one.lead for one in routed.held] == ["a", "m"]


def test_nothing_to_assign_is_no_error() -> None:
    routed = ROUTER.assign_all([], ROSTER, NOON)
    assert (routed.assignments, routed.held, routed.roster) == ({}, (), ROSTER)
    assert ROUTER.drain([], [], ROSTER, NOON).held == ()


QUEUE = [
    Held("young", NOON, because=["full"]),
    Held("b", NOON, because=["full"], since=NOON - HOUR),
    Held("a", NOON, because=["full"], since=NOON - HOUR),
    Held("old", NOON, because=["full"], since=NOON - 2 * HOUR),
]
WAITING = [Lead(each.lead) for each in QUEUE]


def test_the_queue_drains_oldest_first_and_who_waits_on_keeps_the_place() -> None:
    router, roster = Router([RoutingRule("r")]), Roster([Rep("ada", capacity=2)])
    first = router.drain(QUEUE, [*WAITING, Lead("other")], roster, NOON + HOUR)
    assert reps(first) == {"old": "ada", "a": "ada"}
    assert [(one.lead, one.since, one.at) for one in first.held] == [
        ("b", NOON - HOUR, NOON + HOUR),
        ("young", NOON, NOON + HOUR),
    ]
    later = first.roster.closed("ada", units=2)
    newcomers = [Held("new", NOON, because=["full"], since=NOON - timedelta(minutes=1))]
    second = router.drain(
        [*newcomers, *first.held], [*WAITING, Lead("new")], later, NOON + 2 * HOUR
    )
    assert list(reps(second)) == ["b", "new"]
    assert [one.lead for one in second.held] == ["young"]


def test_a_held_lead_that_was_merged_meanwhile_is_found_and_asked_about_once() -> None:
    one = merge(Lead("a", created_at=NOON - 5 * HOUR), Lead("b", created_at=NOON - HOUR))
    routed = Router([RoutingRule("r")]).drain(QUEUE[1:3], [one], ROSTER, NOON)
    assert reps(routed) == {one.id: "ada"}
    waiting = Router([RoutingRule("r", to=["bo"])]).drain(
        QUEUE[:3], [one, Lead("young")], ROSTER.with_rep(Rep("bo", capacity=0)), NOON
    )
    assert [(each.lead, each.since) for each in waiting.held] == [
        (one.id, NOON - HOUR),
        ("young", NOON),
    ]


# The same answer anywhere.

SCRIPT = """
from datetime import UTC, date, datetime, timedelta
from leadflow import Lead, Money, field
from leadflow.routing import *

noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
words = {"ada", "bo", "cy", "dee", "eve"}
places = {"x": {"PL", "DE", "AT"}, "y": {"SE", "NO", "FI"}}
reps = {Rep(w, team="t", skills=words - {w}, languages=words, territories={"x"}) for w in words}
away = {Absence(noon, noon + timedelta(hours=n), str(n)) for n in (1, 2, 3)}
roster = Roster({*reps, Rep("fay", away=away, team="t"), Rep("gus", capacity=3, skills=words)})
able = Pool(skills=words, languages={field("tongue"), "bo"})
rules = [
    RoutingRule("able", to=able, overflow=True),
    RoutingRule("some", to=words, when=field("n").less_than(9), by=ByTerritory("c", places)),
    RoutingRule("drawn", to="t", when=field("n").less_than(15), by=Seeded("s")),
    RoutingRule("even", when=field("n").less_than(21), by=EvenValue()),
]
router = Router(rules, otherwise=RoutingRule("rest", by=Weighted()))
leads = [
    Lead(f"L-{n}", fields={"n": n, "c": "AT", "tongue": "cy"}, deal_value=Money(n, "EUR"))
    for n in range(30)
]
for found in (
    router.assign_all(leads, roster, noon),
    router.simulate(leads, roster, noon, every="1 hour", works_for="1 day"),
):
    print([(key, repr(one)) for key, one in found.assignments.items()], found.held, found.roster)
print([str(rule) for rule in rules], [str(problem) for problem in router.check(roster=roster)])
"""


def test_the_answer_is_the_same_in_any_process_hash_seed_time_zone_and_optimisation() -> None:
    def answer(seed: str, zone: str, *options: str) -> str:
        done = subprocess.run(
            [sys.executable, *options, "-c", SCRIPT],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    first = answer("1", "UTC")
    assert "Assignment(" in first
    assert answer("2", "Asia/Kolkata") == answer("3", "Pacific/Apia", "-O") == first


# What is wrong with a definition, or with what is asked.


@pytest.mark.parametrize(
    ("build", "problems"),
    [
        (lambda: Router([]), ["rules: expected at least one rule, got none"]),
        (
            lambda: Router([RoutingRule("a"), RoutingRule(" a ")]),
            ["rules[1].name: 'a' is the name of rules[0] too"],
        ),
        (
            lambda: Router([RoutingRule("a")], otherwise=RoutingRule("a")),
            ["otherwise.name: 'a' is the name of rules[0] too"],
        ),
        (
            lambda: Router([RoutingRule("a")], otherwise=RoutingRule("b", when=tag("x"))),
            ["otherwise.when: expected no condition, got tagged 'x'"],
        ),
        (
            lambda: Router([InTurn(), RoutingRule("a"), "b"], otherwise=7),  # type: ignore[list-item,arg-type]
            [
                "rules[0]: expected a RoutingRule, got InTurn(count_by_hand=False)",
                "rules[2]: expected a RoutingRule, got 'b'",
                "otherwise: expected a RoutingRule, got 7",
            ],
        ),
        (
            lambda: Router([RoutingRule("a")] * (DEFAULT_LIMITS.rules + 1)),
            [f"rules: at most {DEFAULT_LIMITS.rules:,} rules, got {DEFAULT_LIMITS.rules + 1:,}"],
        ),
    ],
)
def test_a_wrong_router_tells_all_its_problems(
    build: Callable[[], Router], problems: list[str]
) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        build()
    assert [str(problem) for problem in caught.value.problems] == problems


def test_as_many_rules_as_allowed_are_taken() -> None:
    rules = [RoutingRule(f"r{n}") for n in range(DEFAULT_LIMITS.rules)]
    assert len(Router(rules).rules) == DEFAULT_LIMITS.rules


LEAD = Lead("L")


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: Router(RoutingRule("a")), ["Router.rules", "a list"]),  # type: ignore[arg-type]
        (lambda: Router("a"), ["Router.rules", "a list", "'a'"]),  # type: ignore[arg-type]
        (lambda: ROUTER.assign("L", ROSTER, NOON), ["lead", "a Lead", "'L'"]),  # type: ignore[arg-type]
        (lambda: ROUTER.assign(LEAD, [], NOON), ["roster", "a Roster", "Rep('ada')"]),  # type: ignore[arg-type]
        (lambda: ROUTER.assign(LEAD, ROSTER, datetime(2026, 3, 2)), ["as_of", "a time zone"]),
        (lambda: ROUTER.assign(LEAD, ROSTER, "noon"), ["as_of", "'noon'"]),  # type: ignore[arg-type]
        (
            lambda: ROUTER.assign(LEAD, ROSTER, NOON, excluding=["bo"]),  # type: ignore[arg-type]
            ["excluding", "a mapping of rep ids to reasons"],
        ),
        (
            lambda: ROUTER.assign(LEAD, ROSTER, NOON, excluding={"bo": 7}),  # type: ignore[dict-item]
            ["excluding.bo", "text", "7"],
        ),
        (lambda: ROUTER.assign(LEAD, ROSTER, NOON, excluding={"": "x"}), ["excluding", "blank"]),
        (lambda: ROUTER.assign_all([LEAD, LEAD], ROSTER, NOON), ["'L'", "each lead once"]),
        (lambda: ROUTER.assign_all([LEAD, 7], ROSTER, NOON), ["lead", "a Lead", "7"]),  # type: ignore[list-item]
        (lambda: ROUTER.assign_all(LEAD, ROSTER, NOON), ["leads", "a list"]),  # type: ignore[arg-type]
        (lambda: ROUTER.assign_all([], ROSTER, datetime(2026, 3, 2)), ["as_of", "a time zone"]),
        (lambda: ROUTER.drain([LEAD], [LEAD], ROSTER, NOON), ["held[0]", "a Held"]),  # type: ignore[list-item]
        (lambda: ROUTER.drain(QUEUE, [LEAD, 7], ROSTER, NOON), ["leads[1]", "a Lead", "7"]),  # type: ignore[list-item]
        (
            lambda: ROUTER.drain(QUEUE[:1], [Lead("yuong")], ROSTER, NOON),
            ["held", "'young'", "among leads", "did you mean 'yuong'?"],
        ),
        (lambda: ROUTER.drain([], [], ROSTER, datetime(2026, 3, 2)), ["as_of", "a time zone"]),
        (lambda: ROUTER.preview(LEAD, "roster", NOON), ["roster", "a Roster", "'roster'"]),  # type: ignore[arg-type]
        (lambda: ROUTER.preview(LEAD, ROSTER, datetime(2026, 3, 2)), ["as_of", "a time zone"]),
        (lambda: ROUTER.simulate([LEAD, LEAD], ROSTER, NOON), ["'L'", "each lead once"]),
        (lambda: ROUTER.simulate([7], ROSTER, NOON), ["leads[0]", "a Lead", "7"]),  # type: ignore[list-item]
        (lambda: ROUTER.simulate([LEAD], 7, NOON), ["roster", "a Roster", "7"]),  # type: ignore[arg-type]
        (lambda: ROUTER.simulate([], ROSTER, datetime(2026, 3, 2)), ["as_of", "a time zone"]),
        (lambda: ROUTER.simulate([], ROSTER, NOON, every="0 days"), ["every", "not empty"]),
        (lambda: ROUTER.simulate([], ROSTER, NOON, every="often"), ["every", "'often'"]),
        (lambda: ROUTER.simulate([], ROSTER, NOON, works_for=-HOUR), ["works_for", "above 0"]),
        (lambda: ROUTER.simulate([LEAD], ROSTER, NOON, every="9000 years"), ["9999"]),
        (lambda: ROUTER.check({"n": "number"}), ["schema", "a LeadSchema"]),  # type: ignore[arg-type]
        (lambda: ROUTER.check(roster=[Rep("ada")]), ["roster", "a Roster"]),  # type: ignore[arg-type]
        (
            lambda: Router([RoutingRule("r", to="insude")]).assign(LEAD, ROSTER, NOON),
            ["RoutingRule 'r' to.team: ", "'insude'", "did you mean 'inside'?"],
        ),
        (
            lambda: Router([RoutingRule("r", to=["adda"])]).assign(LEAD, ROSTER, NOON),
            ["RoutingRule 'r' to.reps: ", "'adda'", "a rep of the roster", "did you mean 'ada'?"],
        ),
        (
            lambda: Router(
                [RoutingRule("r", to=["dee"], when_absent=WhenAbsent(fallback="adda"))]
            ).assign(LEAD, ROSTER.with_rep(Rep("dee", away=[AWAY])), NOON),
            ["RoutingRule 'r' fallback: ", "'adda'", "a rep of the roster", "did you mean 'ada'?"],
        ),
        (lambda: Roster([]), ["Roster.reps", "at least one Rep"]),
        (lambda: Roster([Rep("a"), Rep(" a")]), ["Roster.reps[1]", "each rep once", "'a'"]),
        (lambda: Rep("a", weight=0), ["Rep", "weight", "at least 1"]),
        (lambda: Rep("a", weight=-1), ["Rep", "weight", "at least 1"]),
        (lambda: Rep("a", capacity=-1), ["Rep", "capacity", "at least 0"]),
        (lambda: Absence(NOON, NOON - HOUR), ["Absence.end", "after the start"]),
    ],
)
def test_wrong_input_is_refused(ask: Callable[[], object], words: list[str]) -> None:
    with pytest.raises(LeadflowError) as caught:
        ask()
    for word in words:
        assert word in str(caught.value)


def test_a_naive_instant_is_refused_by_its_own_error() -> None:
    with pytest.raises(NaiveDatetime):
        ROUTER.assign(LEAD, ROSTER, datetime(2026, 3, 2))


def test_an_unknown_team_is_told_only_where_its_rule_is_met() -> None:
    router = Router([RoutingRule("r", when=LARGE, to="kee"), RoutingRule("rest")])
    assert assigned(router.assign(LEAD, ROSTER, NOON)).rule == "rest"
    with pytest.raises(InvalidValue, match="did you mean 'key'"):
        router.assign(Lead("L", fields={"employees": 900}), ROSTER, NOON)


def test_excluded_reps_are_told_and_unknown_ones_are_no_matter() -> None:
    answer = assigned(ROUTER.assign(LEAD, ROSTER, NOON, excluding={"bo": "said no", "zed": "x"}))
    assert answer.rep == "cy"
    assert answer.rejected == (Rejected("bo", "excluded", "said no"),)


def test_within_a_territory_the_least_loaded_is_chosen() -> None:
    by = ByTerritory("country", {"DACH": ["DE"]}, then=LeastLoaded())
    roster = Roster(
        [Rep("ada", territories=["DACH"]), Rep("bo", territories=["DACH"]), Rep("cy")],
        {"ada": Workload(open=3)},
    )
    answer = Router([RoutingRule("r", by=by)]).assign(
        Lead("L", fields={"country": "DE"}), roster, NOON
    )
    assert assigned(answer).because[-1] == "serves DACH; least loaded: 0 units open"


# Leads that may never be contacted


@pytest.mark.parametrize(
    ("lead", "because"),
    [
        (Lead("L", fields={"do_not_contact": True}), "do_not_contact is true"),
        (Lead("L", events=[Disposition("lost", NOON, never=["all"])]), "closed for good"),
    ],
)
def test_a_lead_without_an_owner_that_may_never_be_contacted_is_held(
    lead: Lead, because: str
) -> None:
    answer = held(ROUTER.assign(lead, ROSTER, NOON))
    assert answer.because[0].startswith("may not be contacted: ")
    assert because in answer.because[0]
    assert answer.until is None
    assert "may not be contacted" in str(ROUTER.preview(lead, ROSTER, NOON))


def test_one_who_may_not_be_called_or_is_asleep_or_waits_is_assigned() -> None:
    fields = {"do_not_call": True, "do_not_email": True}
    waits = Disposition("unqualified", NOON, contact_again=date(2027, 1, 1), never=["phone"])
    for lead in (
        Lead("L", fields=fields, time_zone="Asia/Tokyo"),
        Lead("L", events=[waits, Activity("email_unsubscribed", NOON)]),
    ):
        assert assigned(ROUTER.assign(lead, ROSTER, NOON)).rep == "bo"


def test_an_owner_may_be_replaced_though_the_lead_may_never_be_contacted() -> None:
    lead = Lead("L", owner="bo", fields={"do_not_contact": True})
    assert assigned(ROUTER.assign(lead, ROSTER, NOON, excluding={"bo": "away"})).rep == "cy"

"""What is allowed in a router but surely not meant."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from leadflow import activity, always, any_of, field, tag
from leadflow.conditions import Condition, LeadSchema
from leadflow.errors import MOST_PROBLEMS
from leadflow.routing import (
    Absence,
    Band,
    ByBand,
    ByScore,
    ByTerritory,
    FirstOf,
    InTurn,
    KeepOwner,
    Pool,
    Quota,
    Rep,
    Roster,
    Router,
    RoutingRule,
    WhenAbsent,
    WinRates,
    inspection,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
N = field("n")


def told(router: Router, schema: LeadSchema | None = None, roster: Roster | None = None) -> Any:
    return [str(problem) for problem in router.check(schema, roster)]


def ruled(*conditions: Condition, **more: Any) -> Router:
    rules = [RoutingRule(f"r{n}", when=when) for n, when in enumerate(conditions)]
    return Router(rules, **more)


# Rules that no lead comes to.


@pytest.mark.parametrize(
    ("router", "problems"),
    [
        (ruled(N.at_least(5), N.at_least(3), always()), []),
        (
            ruled(N.at_least(5), N.at_least(7)),
            ["rules[1].when: 'r1' is never reached: 'r0' takes every lead it could get"],
        ),
        (
            ruled(always(), tag("vip")),
            ["rules[1].when: 'r1' is never reached: 'r0' takes every lead it could get"],
        ),
        (
            ruled(N.at_least(7) & N.less_than(3)),
            ["rules[0].when: 'r0' can never match: n is at least 7 and n is less than 3"],
        ),
        (
            ruled(N.at_least(5), N.less_than(5), N.between(0, 10)),
            [
                (
                    "rules[2].when: 'r2' is never reached: "
                    "what comes before takes every lead it could get"
                )
            ],
        ),
        (
            ruled(always(), otherwise=RoutingRule("rest")),
            ["otherwise: it is never reached: 'r0' takes every lead it could get"],
        ),
        (
            ruled(tag("a"), ~tag("a"), otherwise=RoutingRule("rest")),
            ["otherwise: it is never reached: what comes before takes every lead it could get"],
        ),
        (ruled(tag("a"), otherwise=RoutingRule("rest")), []),
    ],
)
def test_rules_that_no_lead_comes_to_are_found(router: Router, problems: list[str]) -> None:
    assert told(router) == problems


def test_a_rule_that_overflows_lets_leads_through() -> None:
    rules = [RoutingRule("a", overflow=True), RoutingRule("b")]
    assert told(Router(rules, otherwise=RoutingRule("rest"))) == [
        "otherwise: it is never reached: 'b' takes every lead it could get"
    ]


def test_a_rule_that_can_never_match_shadows_nothing() -> None:
    never = N.at_least(7) & N.less_than(3)
    assert told(ruled(never, never)) == [
        f"rules[{n}].when: 'r{n}' can never match: n is at least 7 and n is less than 3"
        for n in range(2)
    ]


def test_in_a_large_router_late_rules_are_compared_with_the_first_ones_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inspection, "_COMPARED", 3)
    first: list[Condition] = [N.equals(0), N.equals(1), N.equals(2), N.equals(3)]
    again: list[Condition] = [N.equals(1), N.equals(3), always(), N.equals(9)]
    assert [problem.path for problem in ruled(*first, *again).check()] == [
        "rules[4].when",
        "rules[7].when",
    ]


def test_a_rule_is_compared_with_the_first_ones_that_ask_about_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inspection, "_NEAR", 2)
    others: list[Condition] = [tag(f"t{n}") for n in range(9)]
    others += [N.equals(0), N.equals(1), N.equals(2), N.equals(1), N.equals(2)]
    assert [problem.path for problem in ruled(*others).check()] == ["rules[12].when"]


@pytest.mark.parametrize(
    "when",
    [
        activity("call").within("2 days"),
        activity("email_opened").then(activity("call")),
        tag("vip") & ~tag("spam"),
        any_of(tag("vip"), N.at_least(5)),
        N.is_known(),
    ],
)
def test_the_same_condition_is_found_whatever_it_asks_about(when: Condition) -> None:
    assert told(ruled(tag("other"), when, when)) == [
        "rules[2].when: 'r2' is never reached: 'r1' takes every lead it could get"
    ]


def test_no_more_than_the_first_problems_are_looked_for() -> None:
    rules = [RoutingRule(f"r{n}") for n in range(MOST_PROBLEMS + 50)]
    assert len(told(Router(rules))) == MOST_PROBLEMS


def test_many_rules_are_all_looked_at() -> None:
    others: list[Condition] = [N.equals(n) for n in range(200)]
    router = ruled(*others, N.equals(7), tag("vip"), N.equals(199), always(), tag("vip"))
    # The last of those before that ask about the same are too many to be compared with.
    assert [problem.path for problem in router.check(roster=ROSTER)] == [
        "rules[200].when",
        "rules[204].when",
    ]
    unknown = Router([RoutingRule(f"r{n}", when=N.equals(n)) for n in range(200)])
    assert len(unknown.check(SCHEMA, ROSTER)) == MOST_PROBLEMS


# Fields that the schema does not know.

SCHEMA = LeadSchema({"employees": "number", "country": "text", "effort": "number"})
RATES = WinRates()


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ({"when": field("employes").at_least(5)}, "when"),
        ({"when": tag("x") & field("employes").at_least(5)}, "when.all[1]"),
        ({"by": ByTerritory("employes")}, "by.field"),
        ({"by": ByBand("employes", [Band("a")])}, "by.field"),
        ({"by": ByScore("employes", cuts=[5], win_rates=RATES)}, "by.field"),
        ({"by": KeepOwner("employes")}, "by.field"),
        ({"by": ByTerritory("country", then=KeepOwner("employes"))}, "by.then.field"),
        ({"by": ByBand("effort", [Band("a")], then=KeepOwner("employes"))}, "by.then.field"),
        (
            {"by": FirstOf(InTurn(), FirstOf(KeepOwner("employes")))},
            "by.strategies[1].strategies[0].field",
        ),
        ({"units": field("employes")}, "units"),
        ({"to": Pool(skills=["sql", field("employes")])}, "to.skills"),
        ({"to": Pool(languages=[field("employes")])}, "to.languages"),
    ],
)
def test_an_unknown_field_is_found_wherever_a_rule_reads_it(
    rule: dict[str, Any], path: str
) -> None:
    expected = f"{path}: unknown field 'employes': did you mean 'employees'?"
    assert told(Router([RoutingRule("r", **rule)]), SCHEMA) == [f"rules[0].{expected}"]
    if "when" not in rule:
        otherwise = RoutingRule("r", **rule)
        assert told(Router([], otherwise=otherwise), SCHEMA) == [f"otherwise.{expected}"]


def test_a_rule_that_keeps_owners_alone_and_holds_all_other_leads_is_found() -> None:
    alone = RoutingRule("r", by=KeepOwner())
    assert told(Router([alone]), roster=ROSTER) == [
        "rules[0].by: holds every lead whose owner may not take it: use FirstOf, or overflow=True"
    ]
    for fine in (
        RoutingRule("r", by=KeepOwner(), overflow=True),
        RoutingRule("r", by=FirstOf(KeepOwner(), InTurn())),
    ):
        assert told(Router([fine]), roster=ROSTER) == []


def test_a_strategy_that_is_asked_twice_at_each_of_sixty_levels_is_looked_at_once() -> None:
    by: FirstOf | KeepOwner = KeepOwner("employes")
    for _ in range(60):
        by = FirstOf(by, by)
    path = "rules[0].by" + ".strategies[0]" * 60
    assert told(Router([RoutingRule("r", by=by)]), SCHEMA, ROSTER) == [
        f"{path}.field: unknown field 'employes': did you mean 'employees'?"
    ]


def test_known_fields_and_the_leads_own_attributes_are_fine() -> None:
    rule = RoutingRule(
        "r",
        when=field("employees").at_least(5),
        to=Pool(skills=["sql"], languages=[field("country")]),
        by=FirstOf(KeepOwner(), ByScore("score", cuts=[50], win_rates=RATES)),
        units=field("effort"),
    )
    assert told(Router([rule]), SCHEMA) == []


# Rules for which nobody is there.

ROSTER = Roster(
    [
        Rep("ada", team="emea", territories=["DACH"], skills=["sql"], languages=["de"]),
        Rep("bo", team="emea", capacity=5),
        Rep("cy", team="apac", active=False),
    ]
)


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        (
            {"to": "emae"},
            "to: expected a team of the roster, got 'emae': did you mean 'emea'?",
        ),
        ({"to": ["adda"]}, "to: expected a rep of the roster, got 'adda': did you mean 'ada'?"),
        ({"to": "apac"}, "to: nobody is in team apac"),
        ({"to": ["cy"]}, "to: nobody is in cy"),
        (
            {"to": Pool(skills=["go"])},
            "to: nobody in everybody who can go could ever take a lead",
        ),
        (
            {"to": Pool(reps=["ada"], languages=["sv"])},
            "to: nobody in ada who speak sv could ever take a lead",
        ),
        (
            {"to": Pool(skills=["de"])},
            "to: nobody in everybody who can de could ever take a lead",
        ),
        ({"to": ["bo"], "units": 6}, "to: nobody in bo could ever take a lead"),
        (
            {"when_absent": WhenAbsent(fallback="adda")},
            "when_absent.fallback: 'adda' is no active rep: did you mean 'ada'?",
        ),
        (
            {"when_absent": WhenAbsent(fallback="cy")},
            "when_absent.fallback: 'cy' is no active rep: known: ada, bo",
        ),
        (
            {"by": ByTerritory("country"), "to": ["bo"]},
            "by: nobody in bo serves any territory",
        ),
        (
            {"by": ByTerritory("country", {"DACH": ["DE"], "Nordics": ["SE"]})},
            "by.territories.Nordics: nobody in everybody serves 'Nordics'",
        ),
        (
            {"by": FirstOf(InTurn(), ByBand("n", [Band(["ada", "boo"])]))},
            "by.strategies[1].bands[0].to: 'boo' is nobody of everybody: did you mean 'bo'?",
        ),
        (
            {"by": ByBand("n", [Band("ada", under=5), Band("bo", at_least=5)]), "to": ["ada"]},
            "by.bands[1].to: 'bo' is nobody of ada: known: ada",
        ),
    ],
)
def test_a_rule_for_which_nobody_is_there_is_found(rule: dict[str, Any], problem: str) -> None:
    assert told(Router([RoutingRule("r", **rule)]), roster=ROSTER) == [f"rules[0].{problem}"]


def test_a_territory_that_is_written_otherwise_is_told_from_both_sides() -> None:
    by = ByTerritory("country", {"DACH ": ["DE"], "Dach": ["AT"]})
    assert told(Router([RoutingRule("r", by=by)]), roster=ROSTER) == [
        "rules[0].by.territories.Dach: nobody in everybody serves 'Dach'"
    ]
    by = ByTerritory("country", {"Dach": ["DE"]}, then=ByTerritory("country"))
    assert told(Router([], otherwise=RoutingRule("r", by=by)), roster=ROSTER) == [
        "otherwise.by.territories.Dach: nobody in everybody serves 'Dach'",
        (
            "otherwise.by.territories: rep 'ada' serves 'DACH', which is no territory here: "
            "did you mean 'Dach'?"
        ),
    ]


@pytest.mark.parametrize(
    "rep",
    [
        Rep("a", capacity=0),
        Rep("a", quotas=[Quota(0, per="day")]),
        Rep("a", quotas=[Quota(9, per="day"), Quota(0, within="30 days")]),
    ],
)
def test_a_rep_without_any_room_could_never_take_a_lead(rep: Rep) -> None:
    router = Router([RoutingRule("r")])
    assert told(router, roster=Roster([rep])) == [
        "rules[0].to: nobody in everybody could ever take a lead"
    ]
    assert told(router, roster=Roster([rep, Rep("b", capacity=1)])) == []
    by_field = Router([RoutingRule("r", units=field("effort"))])
    assert told(by_field, roster=Roster([rep])) == []  # for leads of no units there is room


def test_one_who_is_away_or_asked_for_by_a_field_may_take_a_lead_yet() -> None:
    rep = Rep("a", away=[Absence(date(2026, 1, 1), date(2026, 12, 31))], capacity=1)
    pool = Pool(skills=[field("need")], languages=[field("tongue")])
    rule = RoutingRule("r", to=pool, when_absent=WhenAbsent(fallback="a"))
    assert told(Router([rule]), roster=Roster([rep])) == []


def test_all_kinds_of_problems_come_together_rule_by_rule() -> None:
    router = Router(
        [RoutingRule("a"), RoutingRule("b", to="nowhere", by=KeepOwner("ownr"))],
        otherwise=RoutingRule("c", to="apac"),
    )
    assert [problem.path for problem in router.check(SCHEMA, ROSTER)] == [
        "rules[1].when",
        "otherwise",
        "rules[1].by.field",
        "rules[1].to",
        "otherwise.to",
    ]
    assert told(router, None, None) == [str(problem) for problem in router.check()]

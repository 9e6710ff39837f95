from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from leadflow.cli.questions import Questions
from leadflow.conditions import Condition, activity, always, any_of, field, tag
from leadflow.events import Activity
from leadflow.lead import Lead
from leadflow.money import Money
from leadflow.scoring import Categories, Category, Rule, ScoringModel, Thresholds, TimelineAndSize
from leadflow.serialization import Scoring

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
OF_COLUMNS = "  (--columns MAP tells which columns hold the fields, and of what kind they are)"
CLASH = "warning: the model compares fields with what they never hold:"


def said(asked: Condition | Sequence[Condition], *leads: Lead, rater: Any = None) -> list[str]:
    conditions = asked if isinstance(asked, Sequence) else [asked]
    rules = [Rule(f"r{place}", 5, when=each) for place, each in enumerate(conditions)]
    questions = Questions(Scoring(ScoringModel("m", rules), rater))
    for lead in leads:
        questions.add(lead)
    return questions.lines()


def lead(*kinds: str, **fields: Any) -> Lead:
    return Lead("L-1", fields=fields, events=[Activity(kind, NOON) for kind in kinds])


def test_without_leads_nothing_is_said() -> None:
    assert said(field("size").at_least(5)) == []


def test_what_one_lead_has_is_met() -> None:
    assert said(field("size").at_least(5), lead(), lead(size=1), lead()) == []


def test_unmet_fields_are_sorted_and_those_with_one_hint_stand_together() -> None:
    asked = [field(name).equals("x") for name in ("zzz", "origin", "aaa", "town")]
    assert said(asked, lead(town="Ulm", lead_origin="API")) == [
        "warning: no lead has 3 of the 4 fields that the model asks about:",
        "  aaa, zzz: known: id, lead_origin, town",
        "  origin: did you mean 'lead_origin'?",
        OF_COLUMNS,
    ]


def test_many_unmet_fields_and_many_names_are_cut() -> None:
    asked = [field(f"q{number:02}").is_known() for number in range(20)]
    lines = said(asked, lead(**{f"{'x' * 9}{number}": 1 for number in range(2_000)}))
    assert lines[0] == "warning: no lead has any of the 20 fields that the model asks about:"
    assert lines[1].startswith("  q00, q01, q02")
    assert "q12" not in lines[1]
    assert lines[2:] == ["  … and 8 more", OF_COLUMNS]
    assert all(len(line) < 500 for line in lines)


def test_names_are_kept_up_to_a_limit_only() -> None:
    questions = Questions(
        Scoring(ScoringModel("m", [Rule("r", 5, when=field("never").is_known())]))
    )
    for number in range(5_000):
        questions.add(Lead("L-1", fields={f"x{number}": 1}))
    assert len(questions._known) < 600


@pytest.mark.parametrize(
    ("asked", "value", "why"),
    [
        (field("x").equals(True), "No", "x is a text field and True is a boolean"),
        (field("x").between(1, 5), "3", "x is a text field and 1 is a number"),
        (field("x").one_of(1, 2), "1", "x is a text field and 1 is a number"),
        (field("x").contains("a"), 5, "contains needs a text field"),
        (field("x").in_last("3 days"), "2026-03-01", "needs a date or datetime field"),
        (~field("x").equals(True), "No", "x is a text field and True is a boolean"),
        (field("x").is_known() & field("x").at_least(5), "9", "x is a text field"),
        (field("source").at_least(5), 1, "source is a text field and 5 is a number"),
    ],
)
def test_a_field_that_never_holds_what_it_is_compared_with_is_named(
    asked: Condition, value: str | int, why: str
) -> None:
    start, clash, end = said(asked, Lead("L-1", source="fair", fields={"x": value}))
    assert (start, end) == (CLASH, OF_COLUMNS)
    assert why in clash


@pytest.mark.parametrize(
    ("asked", "values"),
    [
        (field("x").one_of("1", 1), ["1"]),
        (any_of(field("x").equals(True), field("x").equals("Yes")), ["Yes"]),
        (field("x").at_least(5), ["many", Decimal("2.5")]),
        (field("x").at_least(5), [1, 2.5]),
        (field("x").is_known(), ["a"]),
        (field("x").at_least(field("x")), [5]),
    ],
)
def test_a_comparison_that_can_succeed_for_some_value_is_not_named(
    asked: Condition, values: list[object]
) -> None:
    assert said(asked, *(lead(x=value) for value in values)) == []


def test_two_fields_that_never_compare_are_named_once_both_are_there() -> None:
    asked = field("x").at_least(field("y"))
    assert said(asked, lead(x=1), lead(y="2"))[1].startswith("  x is a number field and y a text")
    assert said(asked, lead(x=1))[0].startswith("warning: no lead has 1 of the 2 fields")


def test_many_clashes_are_cut() -> None:
    names = [f"x{number:02}" for number in range(15)]
    lines = said([field(name).at_least(5) for name in names], lead(**dict.fromkeys(names, "a")))
    assert len(lines) == 15
    assert lines[13:] == ["  … and 3 more", OF_COLUMNS]


def test_unmet_kinds_of_activities_are_named_with_the_known_ones() -> None:
    asked = activity("email_open").then(activity("call")) & activity("visit").never()
    assert said(asked, lead("email_opened", "call")) == [
        "warning: no lead has an activity of 2 of the 3 kinds that the model asks about:",
        "  email_open: did you mean 'email_opened'?",
        "  visit: known: call, email_opened",
    ]
    assert said(activity("call"), lead(), lead("call")) == []


def test_without_any_activity_the_option_is_named() -> None:
    asked = [activity(f"k{number:02}") for number in range(14)]
    assert said(asked, lead()) == [
        "warning: no lead has an activity of any of the 14 kinds that the model asks about:",
        "  k00, k01, k02, k03, k04, k05, k06, k07, k08, k09, k10, k11, …",
        "  (no lead has any activity; --activities FILE tells what the leads did)",
    ]


def test_categories_ask_too_and_what_the_score_gives_is_not_asked_of_the_lead() -> None:
    best = field("score").at_least(5) & field("region").equals("EU") & activity("call")
    rater = Categories([Category("best", best), Category("rest", always())])
    assert said(tag("vip"), lead("call"), rater=rater)[:2] == [
        "warning: no lead has the field that the model asks about:",
        "  region: known: id",
    ]
    assert said(field("score").at_least(5), lead()) != []


def test_timeline_and_size_ask_about_due_date_and_deal_value() -> None:
    rater = TimelineAndSize(medium=Money(10, "EUR"), large=Money(50, "EUR"))
    assert "  deal_value, due: known: id" in said(tag("vip"), lead(), rater=rater)
    assert said(tag("vip"), lead(), rater=Thresholds(hot=5, warm=1)) == []


def test_many_leads_are_looked_at_as_one_by_one() -> None:
    rules = [
        Rule("size", 5, when=field("employees").at_least(50)),
        Rule("called", 5, when=activity("call")),
        Rule("fair", 5, when=field("source").equals("fair")),
    ]
    leads = [Lead("L-1", fields={"employees": "5", "note": "x"}), Lead("L-2", fields={"sauce": 1})]
    one_by_one, together = (Questions(Scoring(ScoringModel("m", rules))) for _ in range(2))
    for lead in leads:
        one_by_one.add(lead)
    assert set(together.fields) == {"employees", "source"}
    together.add_many(1, {"id", "employees", "note"}, {"employees": {str}, "source": set()})
    together.add_many(1, {"id", "employees", "note", "sauce"}, {"employees": set()})
    assert together.lines() == one_by_one.lines()
    assert len(together.lines()) > 5


def test_of_no_leads_at_all_nothing_is_noted() -> None:
    questions = Questions(Scoring(ScoringModel("m", [Rule("r", 5, when=field("a").is_known())])))
    questions.add_many(0, {"id"}, {"a": set()})
    assert questions.lines() == []

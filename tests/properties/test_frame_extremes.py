"""As large as the limits allow: no crash, no overflow of a stack, and still the right answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from leadflow import Activity, Lead, activity, all_of, any_of, field
from leadflow.conditions import Condition
from leadflow.frames import contributions_frame, score_frame
from leadflow.limits import DEFAULT_LIMITS
from leadflow.scoring import HalfLife, Rule, ScoringModel
from tests import frame_strategies as drawn
from tests.frame_strategies import asked

NOW = drawn.NOW
QUICK = ("polars", "duckdb")
"""What runs a query; all other kinds of frames are handed to Polars, so they are tried at length."""
EVERY = pytest.mark.parametrize(
    "engine",
    [pytest.param(kind, marks=() if kind in QUICK else pytest.mark.slow) for kind in drawn.ENGINES],
)
MANY = 10_000
SORTS = {"n": "int", "r": "float", "t": "text", "d": "date"}
ROWS: list[dict[str, Any]] = [
    {
        "n": n,
        "r": None if n % 3 else n * 1.5,
        "t": f"x{n}",
        "d": NOW.date() - timedelta(n),
    }
    for n in range(-12, 12)
] + [dict.fromkeys(SORTS)]


def check(condition: Condition, engine: str) -> list[bool]:
    leads = [Lead(f"L-{place}", fields=row) for place, row in enumerate(ROWS)]
    expected = [condition.matches(lead, as_of=NOW) for lead in leads]
    assert asked(condition, SORTS, ROWS, engine) == expected
    assert len(set(expected)) == 2
    return expected


def one_of_many(place: int) -> Condition:
    """An alternative that none of the rows meets; six kinds that cannot be put into one list."""
    number, text, day = field("n"), field("t"), field("d")
    kinds: list[Condition] = [
        number.more_than(20 + place),
        field("r").at_least(1e6 + place),
        text.contains(f"y{place}"),
        day.equals(NOW.date() + timedelta(100 + place)),
        number.between(-30 - place, -25 - place),
        text.starts_with(f"x19{place}"),
    ]
    return kinds[place % 6]


@EVERY
def test_ten_thousand_values_of_one_field_are_asked(engine: str) -> None:
    check(any_of(*(field("t").equals(f"x{n}") for n in range(3, MANY + 3))), engine)
    check(any_of(*(field("n").equals(n) for n in range(3, MANY + 3))), engine)
    check(any_of(*(field("r").equals(n) for n in range(3, MANY + 3))), engine)


def test_more_values_than_one_list_holds_are_asked() -> None:
    half = DEFAULT_LIMITS.choices
    low = field("n").one_of(*range(-half, -5))
    check(any_of(low, field("n").one_of(*range(5, half)), field("t").equals("x0")), "polars")
    several = any_of(*(field("n").one_of(*range(at, at + half)) for at in (5, half, 2 * half)))
    check(several, "duckdb")


@pytest.mark.parametrize("many", [1_000, pytest.param(MANY, marks=pytest.mark.slow)])
@EVERY
def test_ten_thousand_alternatives_of_different_kinds_are_asked(engine: str, many: int) -> None:
    parts = [one_of_many(place) for place in range(many - 1)]
    condition = any_of(*parts, field("n").equals(3))
    assert condition.size == many + 1
    assert sum(check(condition, engine)) == 1


@pytest.mark.parametrize("many", [500, pytest.param(MANY - 1, marks=pytest.mark.slow)])
@EVERY
def test_thousands_of_conditions_that_all_have_to_hold_are_asked(engine: str, many: int) -> None:
    parts = [~one_of_many(place) for place in range(many - 1)]
    assert sum(check(all_of(*parts, field("n").at_least(4)), engine)) == 8


@EVERY
def test_a_condition_nested_to_the_limit_is_asked(engine: str) -> None:
    condition: Condition = field("n").at_least(5)
    while condition.depth < DEFAULT_LIMITS.depth - 1:
        other = field("n").at_most(5 + condition.depth % 7)
        condition = all_of(~condition, other) if condition.depth % 3 else any_of(~condition, other)
    check(condition, engine)
    nots: Condition = field("r").more_than(3)
    while nots.depth < DEFAULT_LIMITS.depth:
        nots = ~nots
    check(nots, engine)


@EVERY
def test_three_thousand_rules_are_added_up(engine: str) -> None:
    rules = [Rule(f"r{n}", 1 + n % 7, when=field("n").at_least(n - 1_500)) for n in range(2_999)]
    model = ScoringModel("m", [*rules, Rule("opened", 3, each=activity("open"), limit=5)])
    rows = [{"id": str(n), "n": n} for n in (0, 10, -1_499, 5_000)]
    log = [{"lead": "10", "kind": "open", "at": NOW}] * 4
    make = drawn.ENGINES[engine]
    given = make(rows, {"id": "text", "n": "int"}, "UTC")
    activities = make(log, {"lead": "text", "kind": "text", "at": "datetime"}, "UTC")
    found = drawn.rows_of(score_frame(model, given, activities, as_of=NOW))
    told = {row["id"]: row["points"] for row in found}
    for row in rows:
        events = [Activity("open", NOW)] * 4 if row["id"] == "10" else []
        lead = Lead(str(row["id"]), fields={"n": row["n"]}, events=events)
        assert told[lead.id] == model.points(lead, as_of=NOW)


@EVERY
def test_twenty_rules_that_fade_by_value_and_twenty_sequences_are_joined(engine: str) -> None:
    pages = [activity("open").where(field("n").at_least(n)) for n in range(20)]
    rules = [
        Rule(f"fading {n}", 40, each=page, fade=HalfLife(f"{n + 1} days"), distinct="n")
        for n, page in enumerate(pages)
    ]
    rules += [
        Rule(f"then {n}", 1, when=page.then(activity("click"), within=f"{n + 1} days"))
        for n, page in enumerate(pages)
    ]
    model = ScoringModel("m", rules)
    log = [
        {"lead": f"L-{n % 5}", "kind": kind, "at": NOW - timedelta(days=n % 11), "n": n}
        for n in range(60)
        for kind in ("open", "click")[: 1 + n % 2]
    ]
    make = drawn.ENGINES[engine]
    given = make([{"id": f"L-{n}"} for n in range(6)], {"id": "text"})
    sorts = {"lead": "text", "kind": "text", "at": "datetime", "n": "int"}
    found = drawn.rows_of(score_frame(model, given, make(log, sorts), as_of=NOW))
    told = {row["id"]: row["points"] for row in found}
    full = [{**one, "channel": None, "answered": None} for one in log]
    for n in range(6):
        lead = f"L-{n}"
        events = [drawn.activity_of(one) for one in full if one["lead"] == lead]
        assert told[lead] == model.points(Lead(lead, events=events), as_of=NOW)


@EVERY
def test_the_contributions_of_a_hundred_rules_are_listed(engine: str) -> None:
    model = ScoringModel(
        "m", [Rule(f"r{n}", 1, when=field("n").at_least(n)) for n in range(100)], ceiling=90
    )
    given = drawn.ENGINES[engine]([{"id": "L", "n": 99}], {"id": "text", "n": "int"})
    found = drawn.rows_of(contributions_frame(model, given, as_of=NOW))
    assert (len(found), sum(row["points"] for row in found)) == (101, 90)

"""Comparing two models."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from leadflow import Activity, Lead, activity, field
from leadflow.errors import InvalidValue
from leadflow.scoring import Cause, Rule, ScoringModel, compare

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
BIG = field("employees").at_least(50)
OLD = ScoringModel(
    "inbound", [Rule("big", 20, when=BIG), Rule("called", 5, each=activity("call"), limit=10)]
)
NEW = ScoringModel(
    "inbound",
    [
        Rule("big", 30, when=BIG),
        Rule("called", 5, each=activity("call")),
        Rule("Polish", 7, when=field("country").equals("PL")),
    ],
    ceiling=40,
    version="2",
)
CALLS = [Activity("call", NOW, id=str(n)) for n in range(3)]
LEADS = [
    Lead("small"),
    Lead("big", fields={"employees": 60}),
    Lead("busy", fields={"employees": 60, "country": "PL"}, events=CALLS),
    Lead("home", fields={"country": "PL"}),
]


def test_comparing_tells_who_moves_by_how_much_and_which_rules_cause_it() -> None:
    moves = {move.lead: move for move in compare(OLD, NEW, LEADS, as_of=NOW).moves}
    assert set(moves) == {"big", "busy", "home"}
    assert (moves["big"].before, moves["big"].after, moves["big"].change) == (20, 30, 10)
    assert moves["big"].causes == (Cause("big", 20, 30),)
    assert moves["busy"].causes == (
        Cause("ceiling (ceiling)", 0, -12),
        Cause("big", 20, 30),
        Cause("Polish", 0, 7),
        Cause("called (rule limit)", -5, 0),
    )


def test_the_causes_of_a_move_add_up_to_its_change() -> None:
    for move in compare(OLD, NEW, LEADS, as_of=NOW).moves:
        assert sum(cause.after - cause.before for cause in move.causes) == move.change


def test_the_largest_change_comes_first_ties_by_lead_id() -> None:
    comparison = compare(OLD, NEW, LEADS, as_of=NOW)
    assert [(move.lead, move.change) for move in comparison.moves] == [
        ("big", 10),
        ("busy", 10),
        ("home", 7),
    ]
    assert comparison.unchanged == 1


def test_ranks_count_from_the_best_and_leads_of_one_id_keep_their_own() -> None:
    twice = [Lead("x", fields={"employees": 60}), Lead("x", fields={"country": "PL"})]
    moves = compare(OLD, NEW, twice, as_of=NOW).moves
    assert [(move.rank_before, move.rank_after, move.after) for move in moves] == [
        (1, 1, 30),
        (2, 2, 7),
    ]


def test_a_model_compared_with_itself_moves_nobody() -> None:
    comparison = compare(OLD, OLD, LEADS, as_of=NOW)
    assert (comparison.moves, comparison.unchanged) == ((), 4)


@pytest.mark.parametrize(
    ("first", "second", "leads", "words"),
    [
        (OLD, "x", LEADS, "compare: expected a ScoringModel, got 'x'"),
        (None, NEW, LEADS, "compare: expected a ScoringModel, got None"),
        (OLD, NEW, 5, "compare leads: expected a list, got 5"),
        (OLD, NEW, [{}], "lead: expected a Lead"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    first: Any, second: Any, leads: Any, words: str
) -> None:
    with pytest.raises(InvalidValue) as refusal:
        compare(first, second, leads, as_of=NOW)
    assert words in str(refusal.value)


def test_a_generator_of_leads_is_read_once() -> None:
    assert compare(OLD, NEW, iter(LEADS), as_of=NOW) == compare(OLD, NEW, LEADS, as_of=NOW)


def test_a_comparison_explains_itself_and_stays_short() -> None:
    many = [Lead(f"L{n:02}", fields={"country": "PL"}) for n in range(25)]
    lines = compare(OLD, NEW, many, as_of=NOW).explain().splitlines()
    assert lines[0] == "inbound version 1 -> inbound version 2: 25 of 25 leads move"
    assert lines[1] == "  L00: 0 -> 7 (+7), rank 1 -> 1: Polish +0 -> +7"
    assert lines[-1] == "  … and 5 more"
    assert len(lines) == 22


def test_a_short_comparison_lists_every_move() -> None:
    lines = compare(OLD, NEW, LEADS, as_of=NOW).explain().splitlines()
    assert len(lines) == 4
    assert not lines[-1].startswith("  …")


def test_a_comparison_shows_itself_as_html_with_everything_escaped() -> None:
    html = compare(OLD, NEW, [Lead("<b>", fields={"country": "PL"})], as_of=NOW)._repr_html_()
    assert "&lt;b&gt;" in html
    assert "<b>" not in html
    assert "1 of 1 leads move" in html


def test_a_comparison_shows_its_first_hundred_moves_as_html() -> None:
    many = [Lead(f"L{n:03}", fields={"country": "PL"}) for n in range(101)]
    html = compare(OLD, NEW, many, as_of=NOW)._repr_html_()
    assert "101 of 101 leads move, the first 100 shown" in html
    assert "L099" in html
    assert "L100" not in html
    assert "shown" not in compare(OLD, NEW, many[:100], as_of=NOW)._repr_html_()

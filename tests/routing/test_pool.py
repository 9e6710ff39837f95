"""Pools of reps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from leadflow import Lead, field
from leadflow.conditions import FieldRef
from leadflow.errors import InvalidValue, LeadflowError
from leadflow.events import Assignment, Rejected
from leadflow.routing import Pool, Rep, Roster
from leadflow.routing.pool import unable

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ROSTER = Roster(
    [
        Rep("cy", team="apac"),
        Rep("ada", team="emea", skills=["sql", "demo"], languages=["de", "en"]),
        Rep("bo", team="emea", active=False),
        Rep("dee"),
    ]
)


@pytest.mark.parametrize(
    ("pool", "words", "members"),
    [
        (Pool(), "everybody", ("ada", "cy", "dee")),
        (Pool("emea"), "team emea", ("ada",)),
        (Pool(reps=["dee", "ada"]), "dee, ada", ("ada", "dee")),
        (Pool("emea", reps=["dee", "ada"]), "team emea and dee, ada", ("ada",)),
        (Pool("emea", reps=["dee"]), "team emea and dee", ()),
        (Pool(reps=["bo"]), "bo", ()),
        (Pool(skills=["sql", "demo"]), "everybody who can sql, demo", ("ada", "cy", "dee")),
        (
            Pool("emea", skills=["sql"], languages=[field("language")]),
            "team emea who can sql and who speak language",
            ("ada",),
        ),
    ],
)
def test_a_pool_says_who_it_is_and_has_its_active_members_by_id(
    pool: Pool, words: str, members: tuple[str, ...]
) -> None:
    assert str(pool) == words
    assert pool.members(ROSTER) == members


def test_the_members_are_looked_for_once_for_each_roster() -> None:
    pool, roster = Pool("emea"), Roster([Rep("ada", team="emea")])
    assert pool.members(roster) is pool.members(roster)
    assert Pool("emea").members(roster) is pool.members(roster)
    assert pool.members(roster.joined(Rep("bo", team="emea"))) == ("ada", "bo")
    assert pool.members(roster) == ("ada",)


def test_a_rep_who_is_gone_from_the_roster_is_known_by_their_workload() -> None:
    pool = Pool(reps=["ada", "gone"])
    assert pool.members(ROSTER.after(Assignment("gone", NOON))) == ("ada",)
    with pytest.raises(InvalidValue, match="'gone'"):
        pool.members(ROSTER)


@pytest.mark.parametrize(
    ("pool", "message"),
    [
        (
            Pool("emae"),
            "Pool.team: expected a team of the roster, got 'emae' (did you mean 'emea'?)",
        ),
        (
            Pool("x"),
            "Pool.team: expected a team of the roster, got 'x' (known: apac, emea)",
        ),
        (
            Pool(reps=["ada", "adah"]),
            "Pool.reps: expected a rep of the roster, got 'adah' (did you mean 'ada'?)",
        ),
    ],
)
def test_a_team_or_rep_that_the_roster_does_not_know_is_refused(pool: Pool, message: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        pool.members(ROSTER)
    assert str(caught.value) == message


def test_needs_are_names_or_fields_once_each() -> None:
    pool = Pool(skills=[" sql ", "sql", field("need"), FieldRef("need")], languages=field("tongue"))
    assert pool.skills == ("sql", FieldRef("need"))
    assert pool.languages == (FieldRef("tongue"),)


def test_the_needs_of_a_set_are_sorted() -> None:
    assert Pool(skills={"e", "a", "d", "b", "c"}).skills == ("a", "b", "c", "d", "e")
    assert Pool(languages=frozenset({"sv", "de"})).languages == ("de", "sv")


@pytest.mark.parametrize(
    ("value", "asked"),
    [("de", ["de"]), (" ", []), ("", []), (None, []), (7, ["7"]), (Decimal("1.50"), ["1.50"])],
)
def test_a_language_is_read_from_the_leads_field(value: Any, asked: list[str]) -> None:
    pool = Pool(skills=["sql"], languages=[field("language")])
    assert pool.asked(Lead("L", fields={"language": value})) == (["sql"], asked)


def test_nothing_is_asked_of_a_lead_without_the_field() -> None:
    assert Pool(skills=[field("need")]).asked(Lead("L")) == ([], [])


def test_what_a_rep_lacks_is_named_skills_first() -> None:
    ada = ROSTER["ada"]
    assert unable(ada, ["sql"], ["de", "en"]) is None
    assert unable(ada, ["sql", "go", "c"], ["sv"]) == Rejected(
        "ada", "missing_skill", "lacks 'go', 'c'"
    )
    assert unable(ada, ["sql"], ["sv", "de"]) == Rejected("ada", "missing_language", "lacks 'sv'")


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: Pool(7), ["Pool.team", "text", "7"]),  # type: ignore[arg-type]
        (lambda: Pool(" "), ["Pool.team", "not blank"]),
        (lambda: Pool(reps=[]), ["Pool.reps", "nobody", "None, the default, is everybody"]),
        (lambda: Pool(reps="ada"), ["Pool.reps", "a list of names", "'ada'"]),
        (lambda: Pool(reps=[Rep("ada")]), ["Pool.reps", "text", "Rep(id='ada'"]),  # type: ignore[list-item]
        (lambda: Pool(skills="sql"), ["Pool.skills", "a list", "'sql'"]),
        (lambda: Pool(skills=[7]), ["Pool.skills", "text", "7"]),  # type: ignore[list-item]
        (lambda: Pool(languages={"de": 1}), ["Pool.languages", "a list"]),
        (lambda: Pool(languages=["d\u202ee"]), ["Pool.languages", "invisible"]),
    ],
)
def test_a_wrong_pool_is_refused(build: Callable[[], Pool], words: list[str]) -> None:
    with pytest.raises(LeadflowError) as caught:
        build()
    for word in words:
        assert word in str(caught.value)

"""Keeping the owner."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from leadflow import Lead
from leadflow.errors import InvalidValue
from leadflow.events import Assignment
from leadflow.routing import Absence, KeepOwner, Rep, Roster, Router, RoutingRule

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ROSTER = Roster([Rep("ada"), Rep("bo", away=[Absence(NOON, NOON.replace(hour=15))])])


def test_the_owner_keeps_the_lead() -> None:
    router = Router([RoutingRule("back", by=KeepOwner())])
    roster = Roster([Rep("ada"), Rep("bo")])
    for _ in range(3):
        answer = router.assign(Lead("L", owner="bo"), roster, NOON)
        assert isinstance(answer, Assignment)
        assert answer.rep == "bo"
        assert answer.because[-1] == "owner of the lead already"
        roster = roster.after(answer)


def test_the_field_may_be_another() -> None:
    router = Router([RoutingRule("back", by=KeepOwner("account_owner"))])
    answer = router.assign(Lead("L", fields={"account_owner": "ada"}), ROSTER, NOON)
    assert isinstance(answer, Assignment)
    assert answer.because[-1] == "account_owner of the lead already"


@pytest.mark.parametrize(
    ("owner", "words"),
    [
        (None, "owner is not known"),
        ("bo", "owner, 'bo', may not take it now"),
        ("gone", "owner, 'gone', may not take it now"),
    ],
)
def test_nobody_is_chosen_without_the_owner(owner: str | None, words: str) -> None:
    answer = Router([RoutingRule("back", by=KeepOwner())]).assign(
        Lead("L", owner=owner), ROSTER, NOON
    )
    assert not isinstance(answer, Assignment)
    assert answer.because == (f"rule 'back': {words}",)


@pytest.mark.parametrize("value", [7, True, datetime(2026, 3, 2, tzinfo=UTC)])
def test_a_field_that_is_no_text_names_nobody(value: int | datetime) -> None:
    answer = Router([RoutingRule("back", by=KeepOwner("who"))]).assign(
        Lead("L", fields={"who": value}), Roster([Rep("7")]), NOON
    )
    assert not isinstance(answer, Assignment)


def test_the_field_is_a_name() -> None:
    with pytest.raises(InvalidValue, match=r"KeepOwner\.field.*not blank"):
        KeepOwner(" ")

"""Procedures: what is done with the leads of a rating, on which channels and on which dates."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import attrs
import pytest

from leadflow import Activity, Lead, always, field
from leadflow.actions import Action, CreateTask, Notify, SendMessage, Tag
from leadflow.automation import DateReached, RatingBecomes, When, happens
from leadflow.errors import InvalidValue, LimitExceeded
from leadflow.events import FieldsSet, Rated
from leadflow.pipeline import ResponseLimits
from leadflow.playbook import Playbook, Procedure
from leadflow.scoring import Categories, Category

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
RATER = Categories(
    [
        Category("hot", when=field("need").equals("now")),
        Category("warm", when=field("need").equals("later")),
        Category("cold", when=always()),
    ]
)
PLAYBOOK = Playbook(
    "p",
    rater=RATER,
    procedures=[
        Procedure("cold", [SendMessage("newsletter")], channels=["email", "chat"]),
        Procedure("warm", [CreateTask("call")], on_dates={"due": [CreateTask("offer")]}),
        Procedure("hot", channels=[]),
    ],
)


def lead(need: str | None = None, **given: Any) -> Lead:
    fields = {"email": "a@b.example", "phone": "5", "need": need}
    return Lead("L-7", NOON - DAY, fields=fields, **given)


def opened(given: Lead, playbook: Playbook = PLAYBOOK, at: datetime = NOON) -> Any:
    return playbook.handle(given, Activity("email_opened", at), as_of=at)


def test_what_follows_is_done_once_when_the_lead_comes_to_be_rated_so() -> None:
    first = opened(lead("later"))
    assert [(each.rule, str(each.action)) for each in first.to_do] == [
        ("procedure: warm", "task call")
    ]
    assert opened(first.lead, at=NOON + DAY).to_do == ()


def test_a_rating_by_hand_sets_the_procedure_off_too() -> None:
    bare = attrs.evolve(PLAYBOOK, rater=None)
    outcome = bare.handle(lead(), Rated("warm", NOON), as_of=NOON)
    assert [each.rule for each in outcome.to_do] == ["procedure: warm"]


@pytest.mark.parametrize("need", ["later", "now"])
def test_a_date_that_was_promised_holds_whatever_the_rating_is_by_then(need: str) -> None:
    due = date(2026, 4, 1)
    warm = opened(lead("later", due=due)).lead
    known = FieldsSet({"need": need}, NOON + DAY)
    changed = PLAYBOOK.handle(warm, known, as_of=NOON + DAY).lead
    assert changed.rating == {"later": "warm", "now": "hot"}[need]
    on_day = datetime(2026, 4, 1, tzinfo=UTC)
    assert PLAYBOOK.review([changed], on_day - timedelta(hours=1)).to_do == ()
    reviewed = PLAYBOOK.review([changed], on_day)
    assert [str(each.action) for each in reviewed.to_do] == ["task offer"]
    assert PLAYBOOK.review(reviewed.leads, on_day + DAY).to_do == ()


@pytest.mark.parametrize("need", [None, "now"])
def test_a_date_of_a_lead_that_was_never_rated_so_brings_nothing(need: str | None) -> None:
    other = opened(lead(need, due=date(2026, 4, 1))).lead
    reviewed = PLAYBOOK.review([other], datetime(2026, 4, 1, tzinfo=UTC))
    assert reviewed.to_do == ()


@pytest.mark.parametrize(
    ("need", "action", "outcome"),
    [
        (None, CreateTask("call"), "blocked"),
        (None, SendMessage("m"), "fired"),
        (None, Notify("ada", "x"), "fired"),
        ("later", CreateTask("call"), "fired"),
        ("now", SendMessage("m"), "blocked"),
    ],
)
def test_only_the_procedures_channels_are_used(
    need: str | None, action: Action, outcome: str
) -> None:
    rule = When(happens("email_opened"), then=[action], name="r")
    playbook = attrs.evolve(PLAYBOOK, automations=[rule])
    rated = lead(need, rating={None: "cold", "later": "warm", "now": "hot"}[need])
    [found] = [each for each in opened(rated, playbook).actions if each.rule == "r"]
    assert found.outcome == outcome


def test_its_rules_are_named_after_its_rating() -> None:
    both = Procedure("warm", [Tag("a")], on_dates={"due": [Tag("b")], "renewal": [Tag("c")]})
    assert [(rule.name, rule.trigger) for rule in both.rules] == [
        ("procedure: warm", RatingBecomes("warm")),
        ("procedure: warm, due", DateReached("due")),
        ("procedure: warm, renewal", DateReached("renewal")),
    ]


def test_it_keeps_what_it_is_given() -> None:
    limits = ResponseLimits(contact_within="5 minutes")
    built = Procedure("hot", iter([Tag("a")]), channels=iter(["email"]), limits=limits)
    assert (built.then, built.channels, built.limits) == ((Tag("a"),), ("email",), limits)
    plain = Procedure("hot")
    assert (plain.then, plain.channels, plain.limits, plain.on_dates) == ((), None, None, {})


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"rating": " "}, InvalidValue, "Procedure.rating"),
        ({"then": "x"}, InvalidValue, "Procedure.then: expected"),
        ({"then": [Tag("a"), "x"]}, InvalidValue, r"Procedure.then\[1\]: expected an action"),
        ({"on_dates": [("due", [])]}, InvalidValue, "Procedure.on_dates: expected a mapping"),
        ({"on_dates": {"due": ["x"]}}, InvalidValue, r"Procedure.on_dates.due\[0\]"),
        ({"on_dates": {5: []}}, InvalidValue, "Procedure.on_dates"),
        ({"channels": "email"}, InvalidValue, "Procedure.channels"),
        ({"channels": ["e" * 10_000]}, LimitExceeded, "Procedure.channels"),
        ({"limits": "5 minutes"}, InvalidValue, "ResponseLimits"),
    ],
)
def test_what_is_no_procedure_is_refused(
    given: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        Procedure(**{"rating": "hot", **given})

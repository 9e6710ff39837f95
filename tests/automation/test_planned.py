"""Planned actions: what they say, what they leave in the log, and their keys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import combinations
from typing import Any

import attrs
import pytest

from leadflow import Lead
from leadflow.actions import Action, CreateTask, Notify, SendMessage, Tag
from leadflow.automation import Planned, was_sent
from leadflow.automation.planned import key_of, planned_table
from leadflow.errors import NaiveDatetime

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def planned(action: Action, **given: Any) -> Planned:
    parts: dict[str, Any] = {"outcome": "fired", "because": "why", "rule": "r", "firing": "k"}
    parts |= {"key": "k-0", "lead": "L-7", "at": NOON}
    return Planned(action, **{**parts, **given})


# In words


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (planned(Tag("a")), "fired: tag a (r: why)"),
        (planned(Tag("a"), because="r"), "fired: tag a (r)"),
        (planned(Tag("a"), outcome="skipped"), "skipped: tag a (r: why)"),
        (
            planned(CreateTask("call"), outcome="blocked", until=NOON),
            "blocked: task call (r: why, until 2026-03-02 12:00 UTC)",
        ),
        (planned(Tag("a"), because="a\nb"), "fired: tag a (r: a b)"),
        (planned(SendMessage("m"), content="m"), "fired: send m by email (r: why)"),
        (planned(SendMessage("m", "sms"), content="m"), "fired: send m by sms (r: why)"),
        (planned(SendMessage(), content="m"), "fired: send what fits by email: m (r: why)"),
        (planned(SendMessage()), "fired: send what fits by email (r: why)"),
    ],
)
def test_it_says_what_is_to_be_done_and_why(found: Planned, words: str) -> None:
    assert str(found) == words


def test_only_what_fired_is_to_be_done() -> None:
    outcomes = ("fired", "skipped", "blocked", "cooling")
    found = [planned(Tag("a"), outcome=outcome).is_fired for outcome in outcomes]
    assert found == [True, False, False, False]


def test_a_table_shows_a_hundred_at_most_and_escapes_them() -> None:
    shown = planned_table(
        "<plan>", [planned(Notify("ada", "<b>"), lead=f"L-{n}") for n in range(120)]
    )
    assert "&lt;plan&gt;" in shown
    assert "<b>" not in shown
    assert shown.count("notify ada") == 100
    assert "L-99<" in shown
    assert "L-100<" not in shown


# What the log is told once it was done


@pytest.mark.parametrize(
    ("channel", "kind"),
    [
        ("email", "email_sent"),
        ("sms", "sms_sent"),
        ("linkedin", "linkedin_message"),
        ("chat", "chat_sent"),
    ],
)
def test_a_message_that_was_sent_is_an_attempt_on_its_channel(channel: str, kind: str) -> None:
    told = planned(SendMessage("m", channel), content="m").done(NOON, by="ada")
    assert told is not None
    assert (told.kind, told.channel, told.direction, told.by) == (kind, channel, "out", "ada")
    assert told.data == {"content": "m", "rule": "r"}
    lead = Lead("L-7").after(told, told)
    assert lead.attempts() == (told,)
    assert was_sent(lead, "m") == told


def test_somebody_who_was_told_is_no_attempt() -> None:
    told = planned(Notify("ada", "x")).done(NOON)
    assert told is not None
    assert (told.kind, told.data) == ("notified", {"who": "ada", "rule": "r"})
    assert Lead("L-7").after(told).attempts() == ()


def test_what_the_playbook_did_itself_needs_no_telling() -> None:
    assert planned(Tag("a")).done(NOON) is None
    assert planned(CreateTask("call")).done(NOON) is None


def test_two_actions_that_were_done_are_two_events_at_their_instants() -> None:
    east = NOON.astimezone(timezone(timedelta(hours=9)))
    one = planned(Notify("ada", "x")).done(east)
    other = planned(Notify("ada", "x"), key="k-1").done(NOON)
    assert one is not None
    assert other is not None
    assert (one.at, one.id, other.id) == (NOON, "k-0-done", "k-1-done")
    with pytest.raises(NaiveDatetime, match="at"):
        planned(Tag("a")).done(datetime(2026, 3, 2))


# Keys


def test_a_key_is_short_and_tells_apart_what_differs() -> None:
    asked: list[tuple[object, ...]] = [
        ("ab", "c"), ("a", "bc"), ("abc",), ("abc", ""), ("", "abc"), ("abc", None), ("abc", 1),
    ]  # fmt: skip
    for one, other in combinations(asked, 2):
        assert key_of(*one) != key_of(*other)
    assert key_of("a" * 100_000).isalnum()
    assert len(key_of("a" * 100_000)) == 24


def test_a_key_is_the_same_in_every_process() -> None:
    assert key_of("rule", "1", "L-7", "E-1") == key_of("rule", 1, "L-7", "E-1")
    assert key_of("rule", "1", "L-7", "E-1") == "808a70d11c98cf91b19be2e2"


def test_planned_actions_are_values() -> None:
    assert planned(Tag("a")) == planned(Tag("a"))
    assert hash(planned(Tag("a"))) == hash(planned(Tag("a")))
    assert attrs.evolve(planned(Tag("a")), outcome="skipped") != planned(Tag("a"))

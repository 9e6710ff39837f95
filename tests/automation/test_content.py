"""Content: what fits a lead, and what it was sent already."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leadflow import Lead, activity, field
from leadflow.actions import SendMessage
from leadflow.automation.content import Content, chosen, was_sent
from leadflow.automation.planned import MESSAGE_PLANNED, Planned
from leadflow.errors import InvalidValue, LeadflowError, NaiveDatetime
from leadflow.events import Activity, Note

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=1)
LIBRARY = (
    Content("reports", "How to read reports", when=field("interest").equals("reports")),
    Content("prices", "Prices", when=activity("page_viewed").times(at_least=2)),
    Content("welcome", "Welcome"),
    Content("hello", "Hello", channel="chat"),
)


def odd(value: Any) -> Any:
    """Hide from the type checker what it would refuse."""
    return value


def sent(content: str, kind: str = "email_sent", at: datetime = NOON, **more: Any) -> Activity:
    return Activity(kind, at, data={"content": content}, **more)


def keys_sent(lead: Lead) -> list[str]:
    """Send what is chosen, until nothing is or it gets too much."""
    keys: list[str] = []
    while len(keys) < 9 and (item := chosen(LIBRARY, lead, LATER)) is not None:
        keys.append(item.key)
        lead = lead.after(sent(item.key))
    return keys


# --- choosing ---


def test_the_first_item_that_fits_is_chosen() -> None:
    viewed = [Activity("page_viewed", NOON)] * 2
    assert chosen(LIBRARY, Lead("L-7", fields={"interest": "reports"}), NOON) is LIBRARY[0]
    assert chosen(LIBRARY, Lead("L-7", events=viewed), NOON) is LIBRARY[1]
    assert chosen(LIBRARY, Lead("L-7"), NOON) is LIBRARY[2]
    assert chosen((), Lead("L-7"), NOON) is None


def test_nothing_is_chosen_twice() -> None:
    assert keys_sent(Lead("L-7", fields={"interest": "reports"})) == [
        "reports",
        "welcome",
        "hello",
    ]


def test_on_a_channel_only_its_items_are_chosen() -> None:
    lead = Lead("L-7")
    found = [chosen(LIBRARY, lead, NOON, channel=name) for name in ("email", "chat", "sms")]
    assert found == [LIBRARY[2], LIBRARY[3], None]


def test_what_was_sent_on_another_channel_is_not_chosen() -> None:
    lead = Lead("L-7", events=[sent("welcome", "chat_sent", channel="chat", direction="out")])
    assert chosen(LIBRARY, lead, NOON, channel="email") is None


def test_what_is_planned_is_not_chosen() -> None:
    lead = Lead("L-7", events=[sent("welcome", MESSAGE_PLANNED)])
    assert chosen(LIBRARY, lead, NOON, channel="email") is None


def test_what_the_lead_opened_itself_was_not_sent() -> None:
    lead = Lead("L-7", events=[sent("welcome", "content_downloaded"), Note("welcome", NOON)])
    assert chosen(LIBRARY, lead, NOON) is LIBRARY[2]


def test_what_happens_later_has_not_happened() -> None:
    lead = Lead("L-7", events=[sent("welcome", at=LATER)])
    assert chosen(LIBRARY, lead, NOON) is LIBRARY[2]
    assert chosen(LIBRARY, lead, LATER) is LIBRARY[3]


@pytest.mark.parametrize("library", [LIBRARY[0], "welcome", None, {"welcome": LIBRARY[2]}, ["x"]])
def test_a_library_is_a_list_of_content(library: object) -> None:
    with pytest.raises(InvalidValue, match="library"):
        chosen(odd(library), Lead("L-7"), NOON)


def test_what_is_no_lead_or_instant_is_refused() -> None:
    with pytest.raises(InvalidValue, match="a Lead"):
        chosen(LIBRARY, odd("L-7"), NOON)
    with pytest.raises(NaiveDatetime):
        chosen(LIBRARY, Lead("L-7"), datetime(2026, 3, 1))


# --- what was sent ---


def test_the_first_sending_is_found_and_says_when() -> None:
    lead = Lead("L-7", events=[sent("welcome", at=LATER), sent("welcome"), sent("other")])
    found = was_sent(lead, " welcome ")
    assert found is not None
    assert found.at == NOON
    assert was_sent(lead, "prices") is None


def test_a_planned_message_that_was_done_was_sent() -> None:
    planned = Planned(
        SendMessage(), "k", "fired", "", "r", "f", "L-7", NOON, content="welcome"
    )  # fmt: skip
    done = planned.done(NOON)
    assert done is not None
    assert was_sent(Lead("L-7", events=[done]), "welcome") == done


def test_an_outgoing_contact_without_content_is_no_sending() -> None:
    assert was_sent(Lead("L-7", events=[Activity("email_sent", NOON)]), "welcome") is None


@pytest.mark.parametrize(
    ("lead", "key"), [("L-7", "welcome"), (Lead("L-7"), " "), (Lead("L-7"), 7)]
)
def test_what_was_sent_is_asked_of_a_lead_by_a_key(lead: Any, key: Any) -> None:
    with pytest.raises(InvalidValue):
        was_sent(lead, key)


# --- the definition ---


@pytest.mark.parametrize(
    "link",
    [None, "https://example.com/a?b=c", "HTTP://example.com", "guides/one.pdf", "/a/b", "#top"],
)
def test_a_link_leads_to_the_web_or_into_the_library(link: str | None) -> None:
    assert Content("k", "t", link).link == link


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"key": " "}, "Content.key"),
        ({"key": None}, "Content.key"),
        ({"title": " \u200d "}, "title: expected a label that is not blank"),
        ({"title": "a\nb"}, "title: expected a label without control"),
        ({"link": ""}, "link: expected an http or https address, or a relative path, got ''"),
        ({"link": "javascript:alert(1)"}, "an http or https address"),
        ({"link": "JavaScript:alert(1)"}, "an http or https address"),
        ({"link": " javascript:alert(1)"}, "an http or https address"),
        ({"link": "java\nscript:alert(1)"}, "an http or https address"),
        ({"link": "data:text/html,x"}, "an http or https address"),
        ({"link": "//example.com"}, "an http or https address"),
        ({"link": "\\\\example.com"}, "an http or https address"),
        ({"link": "https://bank.example@evil.example"}, "an http or https address"),
        ({"link": "https://"}, "an http or https address"),
        ({"link": "a b"}, "an http or https address"),
        ({"link": 7}, "link: expected text"),
        ({"link": "x" * 2_001}, "the characters of a link may be at most 2,000, got 2,001"),
        ({"when": True}, "when: expected a condition"),
        ({"channel": ""}, "channel: expected a name"),
        ({"channel": "e-mail"}, "channel: expected a channel, got 'e-mail' .did you mean 'email'"),
        ({"channel": "email_sent"}, "it goes by 'email'"),
        ({"channel": "all"}, "channel: expected one channel"),
    ],
)
def test_what_is_no_content_is_refused_when_built(given: dict[str, Any], words: str) -> None:
    with pytest.raises(LeadflowError, match=words):
        Content(**{"key": "k", "title": "t", **given})


def test_the_longest_link_is_taken() -> None:
    assert Content("k", "t", "x" * 2_000).link == "x" * 2_000

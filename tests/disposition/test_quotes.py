"""Quotes: what leads said about their problem, searched and counted by topic."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leadflow import Lead, activity
from leadflow.disposition.quotes import Quote, quotes, topics
from leadflow.disposition.segment import Segment
from leadflow.errors import LeadflowError
from leadflow.events import Activity, Note

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def note(text: str, at: datetime = NOON, **about: Any) -> Note:
    return Note(text, at, **about)


def lead(id: str, *events: Any) -> Lead:
    return Lead(id, events=events)


def odd(value: Any) -> Any:
    """Hide from the type checker what it would refuse."""
    return value


SSO = note("We need SSO", topic="security", need="must-have", source="call")
PRICE = note("Too expensive\nfor us", NOON + DAY, topic="price", source="e-mail")
MAPS = note("Maps would be nice", NOON - DAY, need="nice-to-have")
LEFT = note("left a message", NOON + 2 * DAY, source="call")
LEADS = (lead("L-7", SSO, LEFT, Activity("call", NOON)), lead("L-8", PRICE, MAPS), lead("L-9"))


def texts(*leads: Lead, **asked: Any) -> list[str]:
    return [quote.note.text for quote in quotes(leads or LEADS, **asked)]


# --- quotes ---


def test_a_quote_is_a_note_with_a_topic_or_a_need_the_newest_first() -> None:
    assert quotes(LEADS) == (Quote("L-8", PRICE), Quote("L-7", SSO), Quote("L-8", MAPS))


def test_everything_brings_the_other_notes_too() -> None:
    found = texts(everything=True)
    assert found == [LEFT.text, PRICE.text, SSO.text, MAPS.text]


def test_quotes_of_one_instant_come_by_lead_id() -> None:
    leads = [lead("L-9", SSO), lead("L-10", SSO), lead("L-8", SSO)]
    assert [quote.lead for quote in quotes(leads)] == ["L-10", "L-8", "L-9"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"topic": "security"}, [SSO]),
        ({"topic": " security "}, [SSO]),
        ({"topic": "Security"}, []),
        ({"need": "nice-to-have"}, [MAPS]),
        ({"source": "call"}, [SSO]),
        ({"source": "call", "everything": True}, [LEFT, SSO]),
        ({"containing": "sso"}, [SSO]),
        ({"containing": "EXPENSIVE"}, [PRICE]),
        ({"containing": "expensive\nfor"}, [PRICE]),
        ({"containing": "expensive for"}, []),
        ({"containing": "message"}, []),
        ({"containing": "message", "everything": True}, [LEFT]),
        ({"containing": ""}, [PRICE, SSO, MAPS]),
        ({"topic": "price", "need": "must-have"}, []),
        ({"topic": "security", "need": "must-have", "containing": "need"}, [SSO]),
        ({"as_of": NOON}, [SSO, MAPS]),
        ({"as_of": NOON - 2 * DAY}, []),
    ],
)
def test_all_that_is_asked_for_has_to_hold(asked: dict[str, Any], found: list[Note]) -> None:
    assert [quote.note for quote in quotes(LEADS, **asked)] == found


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("Große STRASSE", "große straße"),
        ("ﬁne", "FINE"),
        ("\uff33\uff33\uff2f", "sso"),
        ("cafe\u0301", "CAFÉ"),
        ("ŁÓDŹ", "łódź"),
        ("המחיר גבוה", "גבוה"),
        ("價格太高", "太高"),
    ],
)
def test_case_and_form_do_not_matter_in_any_script(said: str, asked: str) -> None:
    assert texts(lead("L-7", note(said, topic="x")), containing=asked) == [said]


def test_a_segment_takes_who_said_it() -> None:
    wants = Segment("security", activity("note", topic="security", need="must-have"))
    assert [each.id for each in wants(LEADS, as_of=NOON)] == ["L-7"]


# --- topics ---


def test_topics_count_each_lead_once_in_all_and_by_need() -> None:
    security: dict[str, Any] = {"topic": "security"}
    must, nice = {**security, "need": "must-have"}, {**security, "need": "nice-to-have"}
    leads = [
        lead("L-1", note("a", **must), note("b", NOON + DAY, **must)),
        lead("L-2", note("c", **must), note("d", **nice)),
        lead("L-3", note("e", **security)),
        lead("L-4", note("f", topic="price"), note("g", need="must-have"), note("h")),
    ]
    first, second = topics(leads)
    assert (first.topic, first.leads, first.must_have, first.nice_to_have) == ("security", 3, 2, 1)
    assert [quote.note.text for quote in first.quotes] == ["b", "a", "c", "d", "e"]
    assert str(second) == repr(second) == "price: 1 lead, 0 must-have, 0 nice-to-have"


def test_topics_of_equally_many_leads_come_by_name() -> None:
    both = lead("L-1", note("a", topic="z"), note("b", topic="a"), note("c", topic="z"))
    assert [topic.topic for topic in topics([both])] == ["a", "z"]


def test_topics_as_of_an_instant_leave_out_what_came_later() -> None:
    assert [topic.topic for topic in topics(LEADS, as_of=NOON)] == ["security"]
    assert topics([]) == ()


# --- as they are shown ---


def test_a_quote_reads_as_a_line_bounded_and_without_controls() -> None:
    assert str(Quote("L-7", SSO)) == "L-7, 2026-03-01: “We need SSO” (security, must-have, call)"
    assert repr(Quote("L-7", LEFT)) == "L-7, 2026-03-03: “left a message” (call)"
    assert str(Quote("L-7", note("a\n\x1b b"))) == "L-7, 2026-03-01: “a \\x1b b”"
    assert len(str(Quote("L-7", note("x" * 60_000)))) < 300


def test_a_notebook_shows_escaped_tables() -> None:
    said = note("<b>" + "x" * 60_000, topic="<i>")
    (topic,) = topics([lead("L-7", said)])
    for html in (Quote("L-7", said)._repr_html_(), topic._repr_html_()):
        assert "&lt;b&gt;x" in html
        assert "&lt;i&gt;" in html
        assert "<b>" not in html
        assert len(html) < 3_000


def test_no_more_than_the_newest_hundred_quotes_of_a_topic_are_shown() -> None:
    log = [note(f"quote {n}", NOON + n * DAY, topic="price") for n in range(101)]
    (topic,) = topics([lead("L-7", *log)])
    assert len(topic.quotes) == 101
    html = topic._repr_html_()
    assert "the newest 100 of 101 quotes" in html
    assert "quote 100<" in html
    assert "quote 0<" not in html
    assert "newest" not in topics([lead("L-7", *log[:100])])[0]._repr_html_()


# --- bad input ---


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: quotes(odd(5)), "leads iterable 5"),
        (lambda: quotes(odd(lead("L-7"))), "leads iterable Lead"),
        (lambda: quotes([lead("L-7"), odd("L-8")]), "leads[1] a Lead 'L-8'"),
        (lambda: quotes([], topic=" "), "topic blank"),
        (lambda: quotes([], topic=odd(["price"])), "topic text list"),
        (lambda: quotes([], need=odd("must have")), "need 'must have' did you mean 'must-have'"),
        (lambda: quotes([], need=odd(5)), "need one of must-have, nice-to-have 5"),
        (lambda: quotes([], source=odd(5)), "source text 5"),
        (lambda: quotes([], source=""), "source blank"),
        (lambda: quotes([], containing=odd(5)), "containing text 5"),
        (lambda: quotes([], containing="\ud800"), "containing surrogates"),
        (lambda: quotes([], everything=odd(1)), "everything true or false 1"),
        (lambda: quotes([], as_of=odd("now")), "as_of datetime 'now'"),
        (lambda: quotes([], as_of=NOON.replace(tzinfo=None)), "as_of time zone"),
        (lambda: topics(odd(None)), "leads iterable None"),
        (lambda: topics([odd(SSO)]), "leads[0] a Lead Note"),
        (lambda: topics([], as_of=NOON.replace(tzinfo=None)), "as_of time zone"),
    ],
)
def test_bad_input_is_refused_with_what_would_work(made: Callable[[], object], words: str) -> None:
    with pytest.raises(LeadflowError) as caught:
        made()
    for word in words.split():
        assert word in str(caught.value)

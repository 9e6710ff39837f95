"""The brief: everything that is known of a lead, on one record."""

from __future__ import annotations

import json
import pickle
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow import Activity, Lead, Money, activity
from leadflow.contact import may_contact
from leadflow.errors import LeadflowError
from leadflow.events import Event, FieldsSet, Note, Tagged, TaskSet
from leadflow.handover import Material, brief
from leadflow.lead import merge
from leadflow.pipeline import Pipeline, Stage, next_action, standing
from leadflow.scoring import Score
from tests import strategies
from tests.handover.leads import MATERIALS, MODEL, NOW, SALES, full_lead
from tests.handover.test_document import Reader

DEALS = Pipeline.linear("deals", [Stage("new"), Stage("won", kind="won")])
KEYS = [
    "lead", "as_of", "who", "contact", "calling", "stands", "moves", "deal", "score",
    "contributions", "assignment", "passed_over", "tasks", "notes", "materials", "attempts", "site",
    "content", "emails", "segments", "fields", "timeline", "left_out",
]  # fmt: skip
HOSTILE = "<script>alert('x')</script>\"&\x00\x1b[31m\r\n\u202e\u2028</td></table><b>"


def odd(value: Any) -> Any:
    """Hide from the type checker what it would refuse."""
    return value


def words(data: Any) -> list[str]:
    """Collect the texts of plain data."""
    match data:
        case str():
            return [data]
        case dict():
            return [word for value in data.values() for word in words(value)]
        case list():
            return [word for value in data for word in words(value)]
        case _:
            return []


def test_it_puts_together_what_the_packages_below_tell() -> None:
    lead = full_lead()
    score = MODEL.score(lead, as_of=NOW)
    found = brief(lead, score, as_of=NOW, materials=iter(MATERIALS), pipelines=iter([DEALS, SALES]))
    assert (found.lead, found.as_of, found.score) == (lead, NOW, score)
    assert found.standing == standing(lead, SALES, as_of=NOW)
    assert found.action == next_action(lead, NOW, [DEALS, SALES])
    assert found.call == may_contact(lead, "phone", NOW)
    assert found.materials == MATERIALS[:2]
    assert found == brief(lead, score, as_of=NOW, materials=MATERIALS, pipelines=SALES)


def test_a_lead_in_none_of_the_pipelines_has_no_standing() -> None:
    found = brief(full_lead(), as_of=NOW, pipelines=DEALS)
    assert found.standing is None
    assert found.action == next_action(full_lead(), NOW, DEALS)


def test_all_three_forms_have_every_section() -> None:
    found = brief(full_lead(), as_of=NOW)
    data = found.data()
    assert list(data) == KEYS
    assert list(brief(Lead("L-7"), as_of=NOW).data()) == KEYS
    assert str(found) == found.text() == found.text(most=20)
    assert found.html() == found._repr_html_() == found.html(most=20)


def test_text_and_html_say_the_same() -> None:
    lead = full_lead()
    score = MODEL.score(lead, as_of=NOW)
    found = brief(lead, score, as_of=NOW, materials=MATERIALS, pipelines=SALES)
    page, text = Reader(found.html()).words, str(found)
    columns = {"channel", "data", "email", "link", "needs", "text", "title", "what"}
    assert {words for words in page if words not in text} <= columns
    assert tokens(text) - tokens(" ".join(page)) == set()


def tokens(words: str) -> set[str]:
    """Part words at spaces, without the signs that stand between them."""
    return {word.strip("();:=") for word in words.split()} - {""}


def test_data_survives_json() -> None:
    found = brief(full_lead(), MODEL.score(full_lead(), as_of=NOW), as_of=NOW, materials=MATERIALS)
    data = found.data()
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert data["deal"]["deal_value"] == {"amount": "24000", "currency": "EUR"}
    assert (data["lead"], data["as_of"]) == ("L-7", "2026-03-04T09:00:00+00:00")


def test_the_same_instant_in_another_zone_gives_the_same_brief() -> None:
    there = NOW.astimezone(strategies.ZONES[1])
    assert brief(full_lead(), as_of=there) == brief(full_lead(), as_of=NOW)


def test_an_earlier_brief_tells_the_lead_as_it_was() -> None:
    then = NOW - timedelta(days=11)
    found = brief(full_lead(), as_of=then, pipelines=SALES)
    assert found.data()["stands"]["stage"] == "New"
    assert found.data()["notes"] == found.data()["tasks"] == []
    assert found.data()["segments"]["tags"] == ["vip"]


def test_material_is_picked_as_of_the_instant() -> None:
    seen = Material("Prices", "prices.pdf", when=activity("page_viewed", page="/pricing"))
    days = (30, 10)
    picked = [
        brief(full_lead(), as_of=NOW - timedelta(days=n), materials=[seen]).materials for n in days
    ]
    assert picked == [(), (seen,)]


def test_a_score_of_a_merged_lead_is_taken() -> None:
    lead = merge(Lead("L-1", NOW), Lead("L-2"))
    score = Score(1, 1, 0, (), NOW, "m", "L-2")
    assert brief(lead, score, as_of=NOW).score == score


def test_it_is_frozen_and_pickles() -> None:
    found = brief(full_lead(), as_of=NOW)
    str(found)
    assert pickle.loads(pickle.dumps(found)) == found
    with pytest.raises(AttributeError):
        found.time_zone = "UTC"  # type: ignore[misc]


def test_its_repr_is_short() -> None:
    assert repr(brief(full_lead(), as_of=NOW)) == "Brief('L-7', 2026-03-04 09:00 UTC)"


# --- hostile and large ---


def test_hostile_values_add_no_tags_no_lines_and_no_control_characters() -> None:
    plain = brief(hostile_lead("x"), hostile_score("x"), as_of=NOW)
    found = brief(hostile_lead(HOSTILE), hostile_score(HOSTILE), as_of=NOW)
    assert Reader(found.html()).tags == Reader(plain.html()).tags
    assert found.text().count("\n") == plain.text().count("\n")
    assert all(map(str.isprintable, found.text().split("\n")))
    assert found.html().isprintable()
    assert HOSTILE in words(found.data())


def hostile_lead(word: str) -> Lead:
    events: list[Event] = [
        Note(word, NOW),
        TaskSet("T-1", NOW, title=word),
        Activity("page_viewed", NOW, data={"page": word}),
        Activity("email_sent", NOW, data={"email": word}),
        FieldsSet({"company": word, "own": word, "segment": word}, NOW),
    ]
    return Lead("L-7", source=word, fields={"name": word}, events=events)


def hostile_score(word: str) -> Score:
    [first, *_] = MODEL.score(full_lead(), as_of=NOW).contributions
    score = MODEL.score(full_lead(), as_of=NOW)
    changed = type(first)(word, 1, word)
    return Score(1, 1, 0, (changed,), NOW, word, score.lead, version=word)


def test_a_lead_with_a_hundred_thousand_events_has_a_short_brief_and_whole_data() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    pages = [
        Activity("page_viewed", start + timedelta(seconds=n), data={"page": f"/{n}"})
        for n in range(99_000)
    ]
    notes = [Note("a" * 1_000, start + timedelta(seconds=n)) for n in range(1_000)]
    lead = Lead("L-7", tags=[f"tag {n}" for n in range(100)], events=[*pages, *notes])
    began = time.perf_counter()
    found = brief(lead, as_of=NOW)
    text, html = found.text(), found.html()
    assert time.perf_counter() - began < 10
    assert len(text) < 60_000
    assert len(html) < 120_000
    for words_ in ("… and 98,980 more", "… and 980 more", "… and 99,980 earlier", "… and 80 more"):
        assert words_ in text
        assert words_ in html
    data = found.data()
    assert [len(data[key]) for key in ("site", "notes", "timeline")] == [99_000, 1_000, 100_000]
    assert data["left_out"] == {}
    cut = found.data(most=5)
    assert [len(cut[key]) for key in ("site", "notes", "timeline")] == [5, 5, 5]
    assert cut["left_out"] == {
        "site": 98_995, "notes": 995, "segments.tags": 95, "timeline": 99_995,
    }  # fmt: skip


# --- laws ---


@given(strategies.leads(), strategies.instants(), strategies.logs(prefix="later"))
def test_law_a_brief_depends_on_events_up_to_its_instant_only(
    lead: Lead, as_of: datetime, log: list[Event]
) -> None:
    known = [event for event in log if event.at <= as_of]
    later = [event for event in log if event.at > as_of]
    before = brief(lead.rewind(as_of).after(*known), as_of=as_of, pipelines=[SALES, DEALS])
    after = brief(lead.after(*known, *later), as_of=as_of, pipelines=[SALES, DEALS])
    assert before.text() == after.text()
    assert before.html() == after.html()
    assert before.data() == after.data()


@given(strategies.leads(), strategies.instants(), st.integers(1, 4))
def test_law_text_holds_no_control_characters_and_html_no_tags_of_others(
    lead: Lead, as_of: datetime, most: int
) -> None:
    found = brief(lead, as_of=as_of, materials=MATERIALS)
    lines = found.text(most).split("\n")
    assert not any(
        "\x00" <= sign < " " or "\x7f" <= sign <= "\x9f" for line in lines for sign in line
    )
    allowed = {"div", "h2", "h3", "table", "tr", "th", "td", "p", "a"}
    assert set(Reader(found.html(most)).tags) <= allowed


@given(strategies.leads(), strategies.instants(), st.none() | st.integers(1, 4))
def test_law_data_survives_json(lead: Lead, as_of: datetime, most: int | None) -> None:
    data = brief(lead, as_of=as_of, pipelines=SALES).data(most)
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert list(data) == KEYS


@given(strategies.leads(), strategies.instants())
def test_law_nothing_that_happened_is_left_out(lead: Lead, as_of: datetime) -> None:
    data = brief(lead, as_of=as_of).data()
    past = [event for event in lead.events if event.at <= as_of]
    assert len(data["timeline"]) == len(past)
    assert [note["text"] for note in data["notes"]] == [
        event.text for event in reversed(past) if isinstance(event, Note)
    ]
    assert sum(row["attempts"] for row in data["attempts"]) == sum(
        event.is_attempt for event in past if isinstance(event, Activity)
    )
    assert set(data["segments"]["tags"]) >= {e.tag for e in past[-1:] if isinstance(e, Tagged)}


# --- bad input ---


@pytest.mark.parametrize(
    ("question", "found"),
    [
        (lambda: brief(Lead("L-7"), as_of=datetime(2026, 3, 2)), "as_of time zone"),
        (lambda: brief(Lead("L-7"), as_of=odd(None)), "as_of None"),
        (lambda: brief(odd("L-7"), as_of=NOW), "lead expected a Lead 'L-7'"),
        (lambda: brief(Lead("L-7"), odd(70), as_of=NOW), "score a Score 70"),
        (lambda: brief(Lead("L-7"), odd(Money(1, "EUR")), as_of=NOW), "score a Score Money"),
        (
            lambda: brief(Lead("L-7"), Score(1, 1, 0, (), NOW, "m", "L-8"), as_of=NOW),
            "score lead 'L-8' 'L-7'",
        ),
        (
            lambda: brief(
                Lead("L-7"),
                Score(1, 1, 0, (), NOW, "m", "L-7"),
                as_of=NOW - timedelta(minutes=1),
            ),
            "score 09:00 earlier 08:59",
        ),
        (lambda: brief(Lead("L-7"), as_of=NOW, materials=odd("a.pdf")), "materials list 'a.pdf'"),
        (lambda: brief(Lead("L-7"), as_of=NOW, materials=odd(None)), "materials list None"),
        (
            lambda: brief(Lead("L-7"), as_of=NOW, materials=[MATERIALS[0], odd("a.pdf")]),
            "materials[1] Material 'a.pdf'",
        ),
        (
            lambda: brief(Lead("L-7"), as_of=NOW, pipelines=odd("sales")),
            "pipelines Pipeline 'sales'",
        ),
        (
            lambda: brief(Lead("L-7"), as_of=NOW, pipelines=[SALES, SALES]),
            "pipelines[1].key 'sales'",
        ),
        (lambda: brief(Lead("L-7"), as_of=NOW, segment_fields="segment"), "segment_fields list"),
        (lambda: brief(Lead("L-7"), as_of=NOW, segment_fields=odd([7])), "segment_fields text 7"),
        (lambda: brief(Lead("L-7"), as_of=NOW, contact_fields="name"), "contact_fields list"),
        (lambda: brief(Lead("L-7"), as_of=NOW, contact_fields=[""]), "contact_fields blank"),
        (lambda: brief(Lead("L-7"), as_of=NOW, rules=odd(5)), "rules ContactRules 5"),
    ],
)
def test_bad_input_is_refused_with_what_would_work(
    question: Callable[[], object], found: str
) -> None:
    with pytest.raises(LeadflowError) as caught:
        question()
    for word in found.split():
        assert word in str(caught.value)

"""Segments: leads by a condition."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from leadflow import Lead, activity, field, tag
from leadflow.conditions import Condition
from leadflow.disposition import Segment, segmented
from leadflow.errors import InvalidValue, LeadflowError, NaiveDatetime
from leadflow.events import Activity, Disposition, Note, Reopened, Tagged

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=1)
LEADS = [
    Lead("field", fields={"country": "PL"}),
    Lead("tag", events=[Tagged("webinar", LATER)]),
    Lead("seen", events=[Activity("content_downloaded", NOON, data={"content": "guide"})]),
    Lead("said", events=[Note("SSO or nothing", NOON, topic="sso", need="must-have")]),
    Lead("closed", events=[Disposition("unqualified", NOON, reason="no_budget")]),
    Lead(
        "back",
        events=[Disposition("unqualified", NOON, reason="no_budget"), Reopened("new", LATER)],
    ),
]


@pytest.mark.parametrize(
    ("when", "ids"),
    [
        (field("country").equals("PL"), ["field"]),
        (tag("webinar"), ["tag"]),
        (activity("content_downloaded", content="guide"), ["seen"]),
        (activity("note", topic="sso", need="must-have"), ["said"]),
        (activity("note").where(field("text").contains("SSO")), ["said"]),
        (activity("note", need="nice-to-have"), []),
        (activity("disposition", reason="no_budget"), ["closed", "back"]),
        (activity("disposition", outcome="lost"), []),
    ],
)
def test_a_segment_is_by_field_tag_behaviour_note_or_disposition(
    when: Condition, ids: list[str]
) -> None:
    assert [lead.id for lead in Segment("s", when)(LEADS, as_of=LATER)] == ids


def test_a_segment_holds_the_leads_as_they_were() -> None:
    tagged = Segment("tagged", tag("webinar"))
    assert tagged(LEADS, as_of=NOON) == ()
    [lead] = Segment("said", activity("note"))([LEADS[3].after(Tagged("x", LATER))], as_of=NOON)
    assert lead.tags == frozenset()
    assert str(tagged) == f"tagged: {tag('webinar')}"


def test_a_lead_may_be_in_several_segments_or_in_none() -> None:
    segments = [
        Segment("wants SSO", activity("note", topic="sso")),
        Segment("told us something", activity("note").times(at_least=1)),
        Segment("from Poland", field("country").equals("PL")),
    ]
    found = segmented(iter(LEADS), segments, as_of=LATER)
    assert {name: [lead.id for lead in of] for name, of in found.items()} == {
        "wants SSO": ["said"],
        "told us something": ["said"],
        "from Poland": ["field"],
    }
    assert segmented(LEADS, [], as_of=LATER) == {}


ONE = Segment("one", tag("webinar"))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: Segment(" ", tag("x")), InvalidValue, "not blank"),
        (lambda: Segment("s", field("x")), InvalidValue, "expected a condition"),  # type: ignore[arg-type]
        (lambda: ONE(Lead("L"), as_of=NOON), InvalidValue, "an iterable of Lead"),  # type: ignore[arg-type]
        (lambda: ONE([5], as_of=NOON), InvalidValue, r"leads\[0\]"),  # type: ignore[list-item]
        (lambda: ONE(LEADS, as_of=NOON.replace(tzinfo=None)), NaiveDatetime, "as_of"),
        (lambda: ONE([], as_of=NOON.replace(tzinfo=None)), NaiveDatetime, "as_of"),
        (lambda: ONE([], as_of="today"), InvalidValue, "as_of"),  # type: ignore[arg-type]
        (lambda: segmented(LEADS, [ONE, ONE], as_of=NOON), InvalidValue, r"segments\[1\].name"),
        (lambda: segmented(LEADS, [5], as_of=NOON), InvalidValue, r"segments\[0\]: expected a Seg"),  # type: ignore[list-item]
        (lambda: segmented(LEADS, "one", as_of=NOON), InvalidValue, "segments: expected a list"),  # type: ignore[arg-type]
    ],
)
def test_bad_input_is_refused_with_its_place(
    call: Callable[[], object], error: type[LeadflowError], words: str
) -> None:
    with pytest.raises(error, match=words):
        call()

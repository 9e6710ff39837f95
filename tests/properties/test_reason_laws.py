"""The laws of the reason table, of patterns in notes and of quotes."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from fractions import Fraction
from itertools import pairwise
from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from leadflow import Lead
from leadflow.disposition.patterns import patterns_in_other
from leadflow.disposition.quotes import quotes, topics
from leadflow.disposition.reason import Reason
from leadflow.disposition.reason_table import ReasonRow, reason_table
from leadflow.events import Activity, Assignment, Disposition, FieldsSet, Note, Overridden
from leadflow.period import Period
from tests.strategies import REPS, dates, instants, leads, texts

KEYS = ("owner", "stage", "source", "rating", "product", "by")
UNITS = st.sampled_from(["week", "month", "quarter", "year"])
CLOSED: Any = st.builds(
    Disposition,
    st.sampled_from(["unqualified", "lost", "removed", "won"]),
    at=instants(),
    reason=st.sampled_from([None, "price", "no_budget"]),
    by=st.none() | st.sampled_from(REPS),
)
SETS: Any = st.one_of(
    st.builds(FieldsSet, st.fixed_dictionaries({"product": st.none() | texts()}), at=instants()),
    st.builds(Assignment, st.sampled_from(REPS), at=instants()),
    st.builds(
        Overridden,
        st.just("owner"),
        st.none() | st.sampled_from(REPS),
        at=instants(),
        reason=st.just("friends"),
        until=st.none() | instants(),
    ),
)
LEADS: Any = st.lists(
    st.builds(
        lambda lead, place, log: alone(lead, place).after(*log),
        leads(),
        st.integers(0, 99),
        st.lists(CLOSED | SETS, max_size=6),
    ),
    max_size=3,
)


def alone(lead: Lead, place: int) -> Lead:
    """Give a drawn lead an id of its own, and no ids to its events, so that none can clash."""
    log = [attrs.evolve(event, id=None) for event in lead.events]
    start = {key: lead.starts[0].values.get(key) for key in ("source", "owner", "stage", "rating")}
    return Lead(f"L-{place}", events=log, **start)  # type: ignore[arg-type]  # as they were


def counted(
    many: list[Lead], since: date | None = None, until: date | None = None
) -> list[tuple[Lead, int, Disposition]]:
    """List the dispositions that count, with their lead and their place in its log."""
    return [
        (lead, place, event)
        for lead in many
        for place, event in enumerate(lead.events)
        if isinstance(event, Disposition) and event.outcome in ("unqualified", "lost")
        if (since is None or since <= event.at.date())
        and (until is None or event.at.date() < until)
    ]


@given(LEADS, UNITS, st.sampled_from(KEYS))
def test_law_counts_add_up_and_shares_of_a_group_in_a_period_are_one(
    many: list[Lead], unit: Any, key: str
) -> None:
    report = reason_table(many, by=key, unit=unit)
    assert sum(row.count for row in report) == report.total == len(counted(many))
    parts: dict[Any, Fraction] = {}
    for row in report:
        assert (row.share is None) is (row.of == 0)
        if row.of:
            place = (row.period, row.group)
            parts[place] = parts.get(place, Fraction(0)) + Fraction(row.count, row.of)
    assert set(parts.values()) <= {Fraction(1)}


@given(LEADS, UNITS, st.lists(st.sampled_from(KEYS), max_size=3, unique=True))
def test_law_a_group_is_the_state_of_the_lead_replayed_to_just_before_the_closing(
    many: list[Lead], unit: Any, by: list[str]
) -> None:
    expected: Counter[Any] = Counter()
    for lead, place, event in counted(many):
        past = lead._with(lead.events[:place], event.at)
        group = tuple(event.by if key == "by" else past.values.get(key) for key in by)
        expected[Period(unit, event.at.date()), group, event.reason] += 1
    report = reason_table(many, by=by, unit=unit)
    found = {(row.period, row.group, row.reason): row.count for row in report if row.count}
    assert found == expected


@given(LEADS, UNITS, st.none() | st.sampled_from(KEYS))
def test_law_periods_have_no_gaps_and_changes_add_up_to_the_last_count(
    many: list[Lead], unit: Any, key: str | None
) -> None:
    lines: dict[Any, list[ReasonRow]] = {}
    report = reason_table(many, by=key, unit=unit)
    for row in report:
        lines.setdefault((row.group, row.reason), []).append(row)
    for line in lines.values():
        for row, after in pairwise(line):
            assert after.period == row.period.next
            assert after.change == after.count - row.count
        assert line[0].count > 0
        assert line[0].change in (None, line[0].count)
        assert line[-1].period == report.rows[-1].period
        assert (line[0].change is None) is (line[0].period == report.rows[0].period)


@given(LEADS, st.data())
def test_law_the_order_of_leads_does_not_matter_and_bounds_only_leave_out(
    many: list[Lead], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(many))
    assert reason_table(shuffled, by="owner") == reason_table(many, by="owner")
    since, until = sorted(data.draw(st.lists(dates(), min_size=2, max_size=2, unique=True)))
    part = reason_table(many, since=since, until=until)
    assert part.total == len(counted(many, since, until))
    inside = {row.period for row in part}
    assert all(period.end > since and period.start < until for period in inside)


@given(LEADS, st.data())
def test_law_as_of_an_instant_is_the_table_of_the_leads_rewound(
    many: list[Lead], data: st.DataObject
) -> None:
    moment = data.draw(instants()).astimezone(UTC)
    past = [lead.rewind(moment) for lead in many]
    assert reason_table(many, by="owner", as_of=moment) == reason_table(
        past, by="owner", as_of=moment
    )
    assert quotes(many, as_of=moment, everything=True) == quotes(past, everything=True)


WORDS = st.sampled_from(["sap", "connector", "the", "no", "budget", "3", "商談", "łódź", "Café!"])
NOTES = st.lists(
    st.lists(WORDS, max_size=8).map(" ".join) | texts() | st.none(), min_size=0, max_size=12
)


def closings(notes: list[str | None]) -> list[Disposition]:
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    return [Disposition("lost", noon, reason="other", note=note) for note in notes]


@given(NOTES, st.integers(1, 4), st.data())
def test_law_patterns_are_the_same_in_any_order_and_however_notes_are_written(
    notes: list[str | None], least: int, data: st.DataObject
) -> None:
    patterns = patterns_in_other(closings(notes), least=least)
    shuffled = data.draw(st.permutations(notes))
    assert patterns_in_other(closings(shuffled), least=least) == patterns
    loud = [note and f"({note})..." for note in notes]
    told = patterns_in_other(closings(loud), least=least)
    assert [(p.phrase, p.support) for p in told] == [(p.phrase, p.support) for p in patterns]


@given(NOTES, st.integers(1, 4))
def test_law_a_pattern_has_enough_notes_and_a_free_key_and_no_longer_equal(
    notes: list[str | None], least: int
) -> None:
    known = ["budget", "no_budget"]
    patterns = patterns_in_other(closings(notes), least=least, known=known)
    keys = [pattern.reason for pattern in patterns]
    assert len(set(keys)) == len(keys)
    assert not {"other", *known} & set(keys)
    assert [Reason(key).key for key in keys] == keys
    for pattern in patterns:
        assert least <= pattern.support <= len(notes)
        assert 1 <= len(pattern.examples) <= min(3, pattern.support)
        assert 1 <= len(pattern.phrase.split()) <= 4
        for other in patterns:
            if pattern != other and f" {pattern.phrase} " in f" {other.phrase} ":
                assert other.support < pattern.support


@given(NOTES)
def test_law_a_word_of_enough_notes_is_part_of_a_pattern_in_each_of_them(
    notes: list[str | None],
) -> None:
    phrases = [pattern.phrase for pattern in patterns_in_other(closings(notes), least=2)]
    for word in ("sap", "connector", "budget", "商談", "łódź"):
        having = [f" {note} ".replace("Café!", "café") for note in notes if word in (note or "")]
        about = [f" {phrase} " for phrase in phrases if word in phrase.split()]
        for note in having if len(having) > 1 else ():
            assert any(phrase in note for phrase in about)


SAID: Any = st.builds(
    Note,
    texts(),
    at=instants(),
    topic=st.sampled_from([None, "price", "security"]),
    need=st.sampled_from([None, "must-have", "nice-to-have"]),
    source=st.sampled_from([None, "call"]),
)
SPEAKERS: Any = st.lists(
    st.builds(
        lambda place, said: Lead(f"L-{place}", events=[*said, Activity("call", said[0].at)]),
        st.integers(0, 9),
        st.lists(SAID, min_size=1, max_size=5),
    ),
    max_size=4,
)


@given(SPEAKERS, texts())
def test_law_a_search_keeps_what_holds_in_the_order_of_all(many: list[Lead], part: str) -> None:
    everything = quotes(many, everything=True)
    assert len(everything) == sum(isinstance(event, Note) for lead in many for event in lead.events)
    instants_of = [quote.note.at for quote in everything]
    assert instants_of == sorted(instants_of, reverse=True)
    for asked in ({"topic": "price"}, {"need": "must-have"}, {"source": "call"}):
        ((key, value),) = asked.items()
        held = [quote for quote in everything if getattr(quote.note, key) == value]
        assert list(quotes(many, everything=True, **asked)) == held  # type: ignore[arg-type]
    found = quotes(many, containing=part, everything=True)
    assert {quote.note.text for quote in everything if part in quote.note.text} <= {
        quote.note.text for quote in found
    }
    assert set(found) <= set(everything)


@given(SPEAKERS)
def test_law_topics_hold_the_quotes_that_name_them(many: list[Lead]) -> None:
    found = topics(many)
    assert [topic.leads for topic in found] == sorted((t.leads for t in found), reverse=True)
    for topic in found:
        assert topic.quotes == quotes(many, topic=topic.topic)
        assert topic.leads == len({quote.lead for quote in topic.quotes})
        assert max(topic.must_have, topic.nice_to_have) <= topic.leads

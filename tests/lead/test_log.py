"""The order of a log, repeats, conflicts and the union of logs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest

from leadflow import Lead, field
from leadflow.errors import ConflictingEvents, InvalidValue, LimitExceeded
from leadflow.events import Activity, Event, FieldsSet, Note, Rated, Scored, StageChange, Tagged
from leadflow.lead import log as logs
from leadflow.lead.log import arrange, content, union
from leadflow.limits import DEFAULT_LIMITS
from leadflow.scoring import Rule, ScoringModel

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


def calls(count: int) -> list[Event]:
    return [Activity("call", NOON + timedelta(seconds=n), id=f"c{n}") for n in range(count)]


def test_the_order_is_instant_then_sequence_then_id_then_content() -> None:
    ordered: list[Event] = [
        Note("z", NOON, id="z", sequence=-2),
        Note("y", NOON),
        Note("z", NOON),
        Tagged("a", NOON),
        Note("a", NOON, id="a"),
        Note("a", NOON, id="b"),
        Note("a", NOON, sequence=0),
        Note("a", NOON, id="0", sequence=0),
        Note("a", NOON, sequence=1),
        Note("a", LATER, sequence=-9),
    ]
    for shuffled in (reversed(ordered), ordered[5:] + ordered[:5]):
        assert arrange("L", shuffled) == tuple(ordered)


class Call(Activity):
    """An event class of one's own."""


class Changed(StageChange):
    """Another one."""


@pytest.mark.parametrize(
    ("event", "base"), [(Call("call", NOON), "Activity"), (Changed("new", NOON), "StageChange")]
)
def test_a_subclass_of_an_event_is_refused_and_says_what_to_make(event: Event, base: str) -> None:
    for build in (lambda: arrange("L", [event]), lambda: Lead("L").after(event, event)):
        with pytest.raises(InvalidValue) as refusal:
            build()
        assert str(refusal.value).startswith("lead L: event: expected an event, got ")
        assert f"make a {base} itself, not a subclass of it" in str(refusal.value)


def test_content_is_asked_only_of_events_that_stand_at_one_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Event] = []

    def counted(event: Event) -> str:
        asked.append(event)
        return content(event)

    monkeypatch.setattr(logs, "content", counted)
    log = arrange("L", [*calls(50), Note("x", NOON)])
    arrange("L", [*log, *log[1:]])
    assert asked == []
    arrange("L", [Note("b", NOON), Note("a", NOON)])
    assert len(asked) == 2


def test_a_repeat_of_an_id_changes_nothing() -> None:
    call = Activity("call", NOON, id="c1")
    again = Activity("call", NOON.astimezone(), id=" c1 ")
    assert arrange("L", [call, again, call]) == (call,)


def test_events_without_an_id_each_count() -> None:
    note = Note("a", NOON)
    assert arrange("L", [note, note, Note("a", NOON)]) == (note, note, note)


def test_equal_numbers_written_differently_are_a_repeat_with_one_spelling() -> None:
    spelled = [FieldsSet({"x": x}, NOON, id="f1") for x in (1, 1.0, Decimal(1), Decimal("1.00"))]
    found = {repr(arrange("L", order)) for order in itertools.permutations(spelled)}
    assert len(found) == 1


@pytest.mark.parametrize(
    ("known", "other", "shown"),
    [
        (Note("one", NOON, id="e"), Note("two", NOON, id="e"), ["text='one'", "text='two'"]),
        (Note("one", NOON, id="e"), Tagged("vip", NOON, id="e"), ["Note(", "Tagged("]),
        (Note("one", NOON, id="e"), Note("one", LATER, id="e"), ["12, 0", "13, 0"]),
        (
            FieldsSet({"a": 1}, NOON, id="e"),
            FieldsSet({"a": True}, NOON, id="e"),
            ["{'a': 1}", "{'a': True}"],
        ),
        (
            Note("n" * 5_000, NOON, id="e", by="ann"),
            Note("n" * 5_000, NOON, id="e", by="ben"),
            ["by='ann'", "by='ben'"],
        ),
    ],
)
def test_one_id_for_two_events_is_an_error_that_shows_both(
    known: Event, other: Event, shown: list[str]
) -> None:
    with pytest.raises(ConflictingEvents) as caught:
        arrange("L-7", [known, other])
    message = str(caught.value)
    assert message.startswith("lead L-7: the event id 'e' stands for two different events: ")
    assert all(words in message for words in shown)
    with pytest.raises(ConflictingEvents) as turned:
        arrange("L-7", [other, known])
    assert str(turned.value) == message


@pytest.mark.parametrize("events", ["call", b"call", {"kind": "call"}, 7, None])
def test_what_is_no_list_of_events_is_refused(events: Any) -> None:
    with pytest.raises(InvalidValue, match=r"^Lead\.events: expected a list of events"):
        Lead("L-7", events=events)


@pytest.mark.parametrize("event", ["call", None, {"kind": "call"}, 7, Activity, NOON])
def test_what_is_no_event_is_refused(event: Any) -> None:
    with pytest.raises(InvalidValue, match=r"^lead L-7: event: expected an event"):
        Lead("L-7").after(event)


def test_a_list_among_the_events_gets_a_hint() -> None:
    with pytest.raises(InvalidValue, match=r"after\(\*events\)"):
        Lead("L-7").after([Note("a", NOON)])  # type: ignore[arg-type]


def test_a_decision_that_is_no_event_gets_a_hint(now: datetime) -> None:
    lead = Lead("L-7", fields={"x": 1})
    score = ScoringModel("m", rules=[Rule("r", 5, when=field("x").is_known())]).score(
        lead, as_of=now
    )
    with pytest.raises(InvalidValue, match="joins the log through its event"):
        lead.after(score)  # type: ignore[arg-type]
    assert lead.after(score.event).score == 5


def test_a_log_takes_any_iterable() -> None:
    assert len(Lead("L-7", events=iter(calls(3))).events) == 3
    assert len(Lead("L-7", events=set(calls(3))).events) == 3


def test_a_log_holds_100_000_events_and_not_one_more() -> None:
    full = calls(DEFAULT_LIMITS.events)
    lead = Lead("L-7", events=full)
    assert len(lead.events) == 100_000
    assert lead.after(*full[:10]) == lead
    with pytest.raises(LimitExceeded, match="at most 100,000, got 100,001 or more"):
        lead.after(Note("one more", NOON))
    assert union("L-7", [lead.events, lead.events]) == lead.events


def test_an_endless_stream_of_events_is_stopped() -> None:
    def endless() -> Iterator[Event]:
        note = Note("a", NOON)
        while True:
            yield note

    with pytest.raises(LimitExceeded, match="100,001 or more"):
        Lead("L-7", events=endless())


def test_a_union_has_each_id_once_and_the_most_copies_of_what_has_none() -> None:
    named, twin, note = Note("a", NOON, id="n"), Note("a", NOON, id="n"), Note("b", NOON)
    once = union("L", [(named, note, note), (twin, note, note, note), ()])
    assert once == (note, note, note, named)
    assert union("L", []) == ()


def test_a_union_keeps_true_apart_from_one_and_spells_equal_numbers_one_way() -> None:
    one, real, true = (Activity("x", NOON, data={"a": a}) for a in (1, 1.0, True))
    assert len(union("L", [(one,), (true,)])) == 2
    orders = {repr(union("L", order)) for order in itertools.permutations([(one,), (real,)])}
    assert len(orders) == 1
    assert union("L", [(one,), (real,)]) == (one,)


def test_a_union_refuses_one_id_for_two_events() -> None:
    with pytest.raises(ConflictingEvents):
        union("L", [(Note("a", NOON, id="n"),), (Note("b", NOON, id="n"),)])


def test_content_tells_apart_what_differs_in_any_way() -> None:
    events: list[Event] = [
        Scored(1, NOON),
        Scored(1, NOON, fit=1),
        Scored(1, LATER),
        Scored(1, NOON, sequence=1),
        StageChange("a", NOON, from_="b"),
        StageChange("a", NOON, pipeline="b"),
        FieldsSet({"a": 1, "b": 2}, NOON),
        FieldsSet({"a": 1, "b": True}, NOON),
    ]
    assert len({content(event) for event in events}) == len(events)
    turned = FieldsSet({"b": 2, "a": 1}, NOON)
    assert content(turned) == content(events[6])


def test_a_score_and_its_rating_of_one_instant_stand_in_that_order(now: datetime) -> None:
    rated, scored = Rated("hot", now), Scored(60, now)
    assert Lead("L", events=[rated, scored]).events == (scored, rated)


def test_a_lead_takes_events_up_to_the_limit_and_not_one_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logs, "DEFAULT_LIMITS", attrs.evolve(DEFAULT_LIMITS, events=3))
    full = Lead("L-7", events=calls(2)).after(calls(3)[2])
    assert len(full.events) == 3
    assert full.after(calls(3)[2]) == full
    with pytest.raises(LimitExceeded, match="at most 3"):
        full.after(calls(4)[3])


def test_what_comes_after_all_that_is_known_joins_as_if_it_had_been_arranged() -> None:
    lead, later = (
        Lead("L-7", events=calls(3)),
        [Tagged("x", LATER, id="t"), Tagged("y", LATER, id="u")],
    )
    assert lead.after(*later).events == arrange("L-7", [*later[::-1], *calls(3)])
    assert lead.after(*later[::-1]).events == lead.after(*later).events
    assert lead.after(later[0], later[0]).events == lead.after(later[0]).events

"""Enrolments: read from the log alone, in whatever order it came."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from leadflow import Activity, Lead
from leadflow.automation.enrolment import (
    Enrolment,
    engaged_since,
    enrolling,
    enrolment,
    enrolments,
    leaving,
    taking,
)
from leadflow.errors import ConflictingEvents, InvalidValue
from leadflow.events import Disposition, FieldsSet, Note, Tagged
from leadflow.lead import merge

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
LEAD = Lead("L-7")
FIRST = enrolling(LEAD, "nurture", "1", 1, NOON)
IN_IT = Enrolment("nurture", "1", 1, NOON)
HELLO = taking(LEAD, IN_IT, "hello", 0, NOON)
MORE = taking(LEAD, IN_IT, "more", None, NOON + DAY)
OUT = leaving(LEAD, IN_IT, "finished", NOON + DAY)


def of(lead: Lead, sequence: str = "nurture") -> Enrolment:
    found = enrolment(lead, sequence)
    assert found is not None
    return found


# --- what the log tells ---


def test_a_lead_that_was_never_enrolled_has_no_enrolment() -> None:
    assert enrolment(LEAD, "nurture") is None
    assert enrolments(LEAD.after(HELLO, OUT)) == ()


def test_an_enrolment_tells_its_version_its_round_and_its_steps() -> None:
    found = of(LEAD.after(FIRST, HELLO, MORE))
    assert (found.sequence, found.version, found.round, found.at) == ("nurture", "1", 1, NOON)
    assert found.steps == (("hello", NOON), ("more", NOON + DAY))
    assert found.branches == {"hello": 0}
    assert found.is_open
    assert found.last_at == NOON + DAY


def test_a_lead_that_left_is_not_enrolled_and_keeps_why() -> None:
    found = of(LEAD.after(FIRST, HELLO, OUT))
    assert not found.is_open
    assert found.left == OUT
    assert found.last_at == NOON + DAY


def test_the_last_instant_is_that_of_the_enrolment_where_nothing_followed() -> None:
    assert of(LEAD.after(FIRST)).last_at == NOON


def test_the_latest_round_is_the_one_that_counts() -> None:
    second = enrolling(LEAD, "nurture", "2", 2, NOON + 2 * DAY)
    found = of(LEAD.after(FIRST, HELLO, MORE, OUT, second))
    assert found == Enrolment("nurture", "2", 2, NOON + 2 * DAY)


def test_enrolments_come_one_for_each_sequence_by_name() -> None:
    others = [enrolling(LEAD, name, "1", 1, NOON - DAY) for name in ("welcome", "events")]
    found = enrolments(LEAD.after(FIRST, *others))
    assert [each.sequence for each in found] == ["events", "nurture", "welcome"]


def test_events_in_any_order_of_arrival_give_the_same_enrolment() -> None:
    expected = of(LEAD.after(FIRST, HELLO, MORE, OUT))
    for log in permutations([FIRST, HELLO, MORE, OUT]):
        late = LEAD
        for event in log:
            late = late.after(event)
        assert of(late) == expected


def test_a_step_that_is_told_before_the_enrolment_waits_for_it() -> None:
    assert enrolments(LEAD.after(HELLO)) == ()
    assert of(LEAD.after(HELLO).after(FIRST)).steps == (("hello", NOON),)


def test_steps_and_ends_of_other_rounds_and_sequences_do_not_count() -> None:
    second = enrolling(LEAD, "nurture", "1", 2, NOON + DAY)
    other = leaving(LEAD, Enrolment("welcome", "1", 2, NOON), "replied", NOON + 2 * DAY)
    found = of(LEAD.after(FIRST, HELLO, OUT, second, other))
    assert (found.round, found.steps, found.left) == (2, (), None)


ODD: list[dict[str, Any]] = [
    {},
    {"sequence": "nurture"},
    {"round": 1},
    {"sequence": 5, "round": 1},
    {"sequence": "nurture", "round": "1"},
    {"sequence": "nurture", "round": True},
    {"sequence": "nurture", "round": 1.0},
    {"sequence": "nurture", "round": 0},
    {"sequence": "nurture", "round": -(2**63) + 1},
]


@pytest.mark.parametrize("data", ODD)
@pytest.mark.parametrize("kind", ["sequence_enrolled", "sequence_step", "sequence_left"])
def test_what_names_no_sequence_and_round_is_passed_over(kind: str, data: dict[str, Any]) -> None:
    stray = Activity(kind, NOON, data=data)
    assert enrolments(LEAD.after(stray)) == ()
    assert enrolments(LEAD.after(FIRST, stray)) == enrolments(LEAD.after(FIRST))


def test_an_enrolment_without_a_version_is_of_a_version_that_is_not_there() -> None:
    stray = Activity("sequence_enrolled", NOON, data={"sequence": "nurture", "round": 1})
    assert of(LEAD.after(stray)).version == ""


def test_a_branch_that_is_no_place_is_none() -> None:
    data: dict[str, Any] = {**FIRST.data, "step": "hello", "branch": "first"}
    found = of(LEAD.after(FIRST, Activity("sequence_step", NOON, data=data)))
    assert (found.steps, found.branches) == ((("hello", NOON),), {})


# --- the events ---


def test_the_events_are_activities_without_channel_and_direction() -> None:
    for event in (FIRST, HELLO, OUT):
        assert (event.channel, event.direction, event.is_attempt) == (None, None, False)
    assert [event.kind for event in (FIRST, HELLO, OUT)] == [
        "sequence_enrolled",
        "sequence_step",
        "sequence_left",
    ]
    assert FIRST.data == {"sequence": "nurture", "version": "1", "round": 1}
    assert HELLO.data == {**FIRST.data, "step": "hello", "branch": 0}
    assert MORE.data == {**FIRST.data, "step": "more"}
    assert OUT.data == {"sequence": "nurture", "round": 1, "because": "finished"}


def test_doing_it_twice_changes_nothing() -> None:
    lead = LEAD.after(FIRST, HELLO, OUT)
    again = [
        enrolling(LEAD, "nurture", "1", 1, NOON),
        taking(LEAD, IN_IT, "hello", 0, NOON),
        leaving(LEAD, IN_IT, "finished", NOON + DAY),
    ]
    assert lead.after(*again) == lead


def test_a_step_is_taken_by_one_key_whenever_and_by_whatever_branch() -> None:
    lead = LEAD.after(FIRST, HELLO)
    with pytest.raises(ConflictingEvents):
        lead.after(taking(LEAD, IN_IT, "hello", 1, NOON + DAY))


def test_keys_differ_by_lead_sequence_round_and_step() -> None:
    second = Enrolment("nurture", "1", 2, NOON)
    events = [
        FIRST, HELLO, MORE, OUT,
        enrolling(Lead("L-8"), "nurture", "1", 1, NOON),
        enrolling(LEAD, "welcome", "1", 1, NOON),
        enrolling(LEAD, "nurture", "1", 2, NOON),
        taking(LEAD, second, "hello", 0, NOON),
        leaving(LEAD, second, "finished", NOON),
    ]  # fmt: skip
    assert len({event.id for event in events}) == len(events)


def test_at_one_instant_the_log_tells_the_enrolment_the_step_and_the_end_in_this_order() -> None:
    end = leaving(LEAD, IN_IT, "finished", NOON)
    booked = Activity("appointment_booked", NOON, id="z")
    lead = LEAD.after(end, HELLO, FIRST, booked)
    assert lead.events == (booked, FIRST, HELLO, end)


# --- merged leads ---


def test_merged_leads_that_were_in_one_round_have_had_what_either_had() -> None:
    other = Lead("L-8", NOON)
    log = [
        enrolling(other, "nurture", "2", 1, NOON + DAY),
        taking(other, IN_IT, "hello", 1, NOON + 2 * DAY),
    ]
    found = of(merge(LEAD.after(FIRST, HELLO, MORE), other.after(*log)))
    assert (found.version, found.at) == ("1", NOON)
    assert dict(found.steps) == {"hello": NOON + 2 * DAY, "more": NOON + DAY}
    assert found.branches == {"hello": 1}
    assert found.last_at == NOON + 2 * DAY


def test_merged_leads_of_which_one_left_have_left() -> None:
    other = Lead("L-8")
    log = [enrolling(other, "nurture", "1", 1, NOON), leaving(other, IN_IT, "replied", NOON)]
    found = of(merge(LEAD.after(FIRST), other.after(*log)))
    assert found.left == log[1]
    found = of(merge(LEAD.after(FIRST, HELLO, OUT), other.after(*log)))
    assert found.left == OUT


# --- what counts since ---


def test_only_activities_and_notes_since_an_instant_are_left_and_all_facts() -> None:
    lead = LEAD.after(
        FieldsSet({"employees": 20}, NOON - DAY),
        Tagged("vip", NOON - DAY),
        Note("asked for prices", NOON - DAY),
        Disposition("won", NOON - DAY),
        Activity("email_opened", NOON),
        Activity("email_clicked", NOON + DAY),
        Note("asked again", NOON + DAY),
    )
    view = engaged_since(lead, NOON)
    assert [each.kind for each in view.activities] == ["email_clicked"]
    assert [note.text for note in view.events if isinstance(note, Note)] == ["asked again"]
    assert view.values == lead.values
    assert view.tags == lead.tags
    assert view.lifecycle == "customer"


# --- what is refused ---


def test_what_is_no_lead_or_no_name_is_refused() -> None:
    strange: Any = "L-7"
    with pytest.raises(InvalidValue, match="expected a Lead"):
        enrolments(strange)
    with pytest.raises(InvalidValue, match="expected a Lead"):
        enrolment(strange, "nurture")
    with pytest.raises(InvalidValue, match="sequence: expected text"):
        enrolment(LEAD, odd(5))


def odd(value: Any) -> Any:
    return value

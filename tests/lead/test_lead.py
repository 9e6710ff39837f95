"""The lead: what it takes, how it changes, what can be read from it, and merging."""

from __future__ import annotations

import copy
import itertools
import numbers
import os
import pickle
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest

from leadflow import Lead, Money
from leadflow.errors import (
    ConflictingEvents,
    InvalidValue,
    LeadflowError,
    LimitExceeded,
    NaiveDatetime,
)
from leadflow.events import (
    Activity,
    Assignment,
    Disposition,
    Erased,
    Event,
    FieldsSet,
    Note,
    Overridden,
    Reopened,
    StageChange,
    Tagged,
    Untagged,
)
from leadflow.lead import merge
from leadflow.lead.lead import RESERVED
from leadflow.values import FieldValue
from tests.strategies import NAT

FULL: dict[str, Any] = {
    "source": "trade fair",
    "deal_value": Money("22700.00", "USD"),
    "due": date(2026, 5, 1),
    "time_zone": "Europe/Warsaw",
    "stage": "new",
    "pipeline": "sales",
    "owner": "ann",
    "rating": "hot",
    "score": 76,
    "win_probability": 0.4,
    "lifecycle": "sql",
}


def day(number: int, hour: int = 12) -> datetime:
    return datetime(2026, 3, number, hour, tzinfo=UTC)


class Whole:
    """A whole number of another kind, as numeric libraries have them."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __int__(self) -> int:
        return self.number


numbers.Integral.register(Whole)


# What it takes


def test_what_is_passed_is_the_start(now: datetime) -> None:
    lead = Lead("L-7", now, tags=["vip", "it"], fields={"employees": 120}, **FULL)
    assert {key: getattr(lead, key) for key in FULL} == FULL
    assert (lead.id, lead.created_at, sorted(lead.tags)) == ("L-7", now, ["it", "vip"])
    assert (lead.fields, lead.events) == ({"employees": 120}, ())
    assert lead.values == {"id": "L-7", "created_at": now, "employees": 120, **FULL}


def test_a_lead_needs_an_id_and_nothing_else() -> None:
    lead = Lead("L-7")
    assert all(getattr(lead, key) is None for key in [*FULL, "created_at", "last_contacted_at"])
    assert not any([lead.tags, lead.fields, lead.events, lead.tasks, lead.attempts()])
    assert lead.values == {"id": "L-7"}


@pytest.mark.parametrize("nobody_knows", [None, float("nan"), Decimal("NaN"), NAT], ids=repr)
def test_none_nan_nat_and_missing_are_one_thing(nobody_knows: Any) -> None:
    named = dict.fromkeys(FULL, nobody_knows)
    lead = Lead("L-7", nobody_knows, fields={"employees": nobody_knows}, **named)
    assert lead == Lead("L-7")
    assert hash(lead) == hash(Lead("L-7"))


def test_empty_text_zero_and_false_are_known() -> None:
    lead = Lead("L-7", source="", score=0, fields={"a": "", "b": 0, "c": False})
    assert (lead.source, lead.score, lead.fields) == ("", 0, {"a": "", "b": 0, "c": False})


def test_an_id_is_stripped_and_in_normal_form() -> None:
    assert Lead(" L-7\t").id == "L-7"
    assert Lead("e\u0301") == Lead("é")
    assert Lead("l" * 200).id == "l" * 200
    assert Lead("Ω-лид-領導").id == "Ω-лид-領導"


@pytest.mark.parametrize(
    "id",
    [
        "",
        "  ",
        "\n",
        "a\x00b",
        "a\x1b[2Jb",
        "a\u202eb",
        "a\u2066b",
        "a\u200bb",
        "a\u200db",
        "\ud800",
    ],
    ids=ascii,
)
def test_an_id_that_cannot_be_seen_is_refused(id: str) -> None:
    with pytest.raises(InvalidValue, match=r"^Lead\.id: ") as caught:
        Lead(id)
    assert str(caught.value).isprintable()


def test_an_id_of_201_characters_is_refused() -> None:
    with pytest.raises(LimitExceeded, match=r"^Lead\.id: .* at most 200, got 201"):
        Lead("l" * 201)


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"id": None}, "Lead.id"),
        ({"id": 7}, "Lead.id"),
        ({"id": b"L-7"}, "Lead.id"),
        ({"created_at": date(2026, 3, 1)}, "Lead.created_at"),
        ({"created_at": "2026-03-01"}, "Lead.created_at"),
        ({"created_at": datetime(2026, 3, 1)}, "Lead.created_at"),
        ({"source": 7}, "Lead.source"),
        ({"source": "s" * 65_537}, "Lead.source"),
        ({"deal_value": 22_700}, "Lead.deal_value"),
        ({"deal_value": Money(-1, "EUR")}, "Lead.deal_value"),
        ({"due": day(1)}, "Lead.due"),
        ({"due": datetime(2026, 3, 1)}, "Lead.due"),
        ({"due": "2026-03-01"}, "Lead.due"),
        ({"time_zone": "Mars/Olympus"}, "Lead.time_zone"),
        ({"time_zone": "../etc/passwd"}, "Lead.time_zone"),
        ({"stage": ""}, "Lead.stage"),
        ({"owner": "a\u200bb"}, "Lead.owner"),
        ({"score": True}, "Lead.score"),
        ({"score": 5.9}, "Lead.score"),
        ({"score": 5.0}, "Lead.score"),
        ({"score": "5"}, "Lead.score"),
        ({"score": 2**63}, "Lead.score"),
        ({"score": 10**1_000_000}, "Lead.score"),
        ({"win_probability": 1.5}, "Lead.win_probability"),
        ({"win_probability": float("inf")}, "Lead.win_probability"),
        ({"lifecycle": "prospect"}, "Lead.lifecycle"),
        ({"tags": "vip"}, "Lead.tags"),
        ({"tags": None}, "Lead.tags"),
        ({"tags": [7]}, "Lead.tags"),
        ({"fields": None}, "Lead.fields"),
        ({"fields": [("a", 1)]}, "Lead.fields"),
        ({"fields": {7: "a"}}, "Lead.fields"),
        ({"fields": {"": "a"}}, "Lead.fields"),
        ({"fields": {"a": 1, " a": 2}}, "Lead.fields"),
        ({"fields": {"a": []}}, "Lead.fields.a"),
        ({"fields": {"a": b"x"}}, "Lead.fields.a"),
        ({"fields": {"a": Fraction(1, 3)}}, "Lead.fields.a"),
        ({"fields": {"a": Money(1, "EUR")}}, "Lead.fields.a"),
        ({"fields": {"a": float("inf")}}, "Lead.fields.a"),
        ({"fields": {"a": Decimal("-Infinity")}}, "Lead.fields.a"),
        ({"fields": {"a": 2**63}}, "Lead.fields.a"),
        ({"fields": {"a": datetime(2026, 3, 1)}}, "Lead.fields.a"),
        ({"fields": {"a": "s" * 65_537}}, "Lead.fields.a"),
        ({"fields": {"a": "\udfff"}}, "Lead.fields.a"),
    ],
    ids=lambda given: "-".join(given) if isinstance(given, dict) else "",
)
def test_a_lead_refuses_bad_input_and_names_the_place(given: dict[str, Any], place: str) -> None:
    with pytest.raises(LeadflowError) as caught:
        Lead(**{"id": "L-7", **given})
    assert str(caught.value).startswith(f"{place}")
    assert len(str(caught.value)) <= 2_000


def test_a_naive_datetime_is_refused_with_what_would_work() -> None:
    with pytest.raises(NaiveDatetime, match=r"tzinfo=timezone\.utc"):
        Lead("L-7", datetime(2026, 3, 1))
    with pytest.raises(NaiveDatetime, match=r"^Lead\.fields\.seen: "):
        Lead("L-7", fields={"seen": datetime(2026, 3, 1)})
    with pytest.raises(NaiveDatetime, match=r"^as_of: "):
        Lead("L-7").rewind(datetime(2026, 3, 1))


@pytest.mark.parametrize(
    "at",
    [
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))),
        datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=1))),
    ],
)
def test_an_instant_outside_the_calendar_is_an_error_of_ours(at: datetime) -> None:
    expected = "between the years 1 and 9999"
    with pytest.raises(InvalidValue, match=expected):
        Lead("L-7", at)
    with pytest.raises(InvalidValue, match=expected):
        Lead("L-7", fields={"seen": at})
    with pytest.raises(InvalidValue, match=expected):
        Lead("L-7").rewind(at)


def test_the_whole_calendar_can_be_used() -> None:
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    lead = Lead("L-7", first, events=[Note("first", first), Note("last", last)])
    assert lead.rewind(first).timeline() == ("0001-01-01 00:00 UTC  note: first",)
    assert len(lead.rewind(last).events) == 2


@pytest.mark.parametrize("key", sorted(RESERVED))
def test_a_field_may_not_reuse_an_attributes_name(key: str) -> None:
    with pytest.raises(InvalidValue, match=rf"^Lead\.fields\.{key}: .*pass it as Lead\({key}="):
        Lead("L-7", fields={key: "x"})


def test_other_names_are_free_for_fields() -> None:
    fields: dict[str, FieldValue | None] = {
        "tasks": "x",
        "Stage": "y",
        "name": "<b>",
        "größe": 3,
        "__class__": "z",
    }
    lead = Lead("L-7", fields=fields)
    assert lead.fields == fields
    assert lead.tasks == ()


def test_a_text_of_64_kib_is_taken() -> None:
    assert len(str(Lead("L-7", fields={"a": "s" * 65_536}).fields["a"])) == 65_536


def test_any_whole_number_counts_as_one() -> None:
    given: dict[str, Any] = {"score": Whole(5), "fields": {"employees": Whole(20)}}
    lead = Lead("L-7", **given)
    assert (lead.score, lead.fields) == (5, {"employees": 20})
    assert (type(lead.score), type(lead.fields["employees"])) == (int, int)
    assert Lead("L-7", fields={"n": 2**53 + 1}).fields["n"] == 2**53 + 1


def test_a_datetime_in_a_field_is_kept_in_utc() -> None:
    seen = Lead("L-7", fields={"seen": day(1).astimezone(ZoneInfo("Asia/Kolkata"))}).fields["seen"]
    assert isinstance(seen, datetime)
    assert (seen, seen.tzinfo) == (day(1), UTC)


# A value


def test_a_lead_cannot_be_changed_in_place() -> None:
    lead = Lead("L-7", fields={"a": 1}, events=[Activity("call", day(1))])
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        lead.events = ()  # type: ignore[misc]
    with pytest.raises(AttributeError):
        lead.stage = "won"
    for mapping in (lead.fields, lead.values, lead.activities_by_kind):
        with pytest.raises(TypeError, match="frozen"):
            mapping["a"] = 2  # type: ignore[index]


def test_what_a_lead_was_built_from_may_change_later() -> None:
    fields, tags, events = {"a": 1}, ["vip"], [Note("a", day(1))]
    lead = Lead("L-7", tags=tags, fields=fields, events=events)
    fields["a"], tags[0] = 2, "it"
    events.clear()
    assert lead == Lead("L-7", tags=["vip"], fields={"a": 1}, events=[Note("a", day(1))])


def test_equal_leads_are_equal_and_hash_alike() -> None:
    one = Lead("L-7", fields={"a": 1, "b": 2}, tags=["x", "y"], stage="new")
    other = Lead("L-7", stage="new", fields={"b": 2.0, "a": Decimal(1)}, tags=("y", "x", "x"))
    assert one == other
    assert hash(one) == hash(other)
    assert one != Lead("L-8")
    assert one != one.after(Note("a", day(1)))


def test_true_is_not_one() -> None:
    assert Lead("L-7", fields={"a": True}) != Lead("L-7", fields={"a": 1})


def test_a_lead_survives_pickle_and_copy() -> None:
    lead = Lead("L-7", day(1), fields={"a": 1}, events=[Activity("call", day(2), data={"n": 1})])
    lead = merge(lead, Lead("L-8")).after(
        Overridden("rating", "hot", day(3), reason="", until=day(9))
    )
    assert lead.activities
    for twin in (pickle.loads(pickle.dumps(lead)), copy.copy(lead), copy.deepcopy(lead)):
        assert (twin, hash(twin), repr(twin)) == (lead, hash(lead), repr(lead))
        assert (twin.activities, twin.merged_ids) == (lead.activities, {"L-8"})
        assert twin.rewind(day(10)).rating is None
        assert twin.after(Note("a", day(4))) == lead.after(Note("a", day(4)))


def test_a_repr_is_short_and_escaped() -> None:
    assert repr(Lead("L-7", stage="new", score=5)) == (
        "Lead('L-7', score=5, stage='new', 0 fields, 0 events)"
    )
    odd = "\U000e0fff" * 200
    hostile = Lead(
        odd, stage=odd, owner=odd, rating=odd, pipeline=odd, fields={"a": "\x1b" * 9_999}
    )
    assert len(repr(hostile)) <= 2_000
    assert repr(hostile).isprintable()


# How it changes


def test_after_returns_a_new_lead_and_leaves_the_old_one() -> None:
    lead = Lead("L-7", stage="new")
    assert lead.after(StageChange("working", day(1))).stage == "working"
    assert (lead.stage, lead.events) == ("new", ())
    assert lead.after() is lead


def test_late_events_give_the_same_lead_as_if_they_had_come_in_time() -> None:
    events: list[Event] = [
        StageChange("working", day(1)),
        FieldsSet({"employees": 20}, day(2)),
        Assignment("ann", day(3)),
        FieldsSet({"employees": 30}, day(4)),
    ]
    assert Lead("L").after(*events[2:]).after(*events[:2]) == Lead("L").after(*events)


def test_a_repeat_changes_nothing_and_an_event_without_an_id_counts() -> None:
    opened, anonymous = Activity("email_opened", day(1), id="e1"), Activity("email_opened", day(1))
    lead = Lead("L").after(opened, anonymous)
    assert lead.after(opened) == lead
    assert len(lead.after(anonymous).activities) == 3


def test_one_id_for_two_events_is_refused_and_both_are_shown() -> None:
    lead = Lead("L-7").after(StageChange("working", day(1), id="s1"))
    with pytest.raises(ConflictingEvents, match=r"L-7.*'s1'.*to='won'.*to='working'"):
        lead.after(StageChange("won", day(1), id="s1"))


def test_as_of_rewinds_events_but_not_start_values() -> None:
    lead = Lead("L", day(20), stage="new", fields={"a": 1})
    lead = lead.after(StageChange("working", day(5)), FieldsSet({"a": 2}, day(6)))
    assert [lead.rewind(day(n)).stage for n in (4, 5, 6)] == ["new", "working", "working"]
    assert [lead.rewind(day(n)).fields["a"] for n in (4, 5, 6)] == [1, 1, 2]
    assert lead.rewind(day(1)).created_at == day(20)
    assert lead.rewind(day(1)).events == ()
    assert lead.rewind(day(6)) is lead


def test_as_of_compares_instants_not_clocks() -> None:
    lead = Lead("L").after(StageChange("working", day(5)))
    there = day(5).astimezone(ZoneInfo("Pacific/Apia"))
    assert lead.rewind(there).stage == "working"
    assert lead.rewind(there - timedelta(seconds=1)).stage is None


# What can be read


def test_attempts_are_the_outgoing_contacts_by_channel() -> None:
    lead = Lead("L").after(
        Activity("email_sent", day(3)),
        Activity("call", day(1), answered=False),
        Activity("email_opened", day(4)),
        Activity("voicemail", day(2)),
        Note("not an activity", day(5)),
    )
    assert [attempt.kind for attempt in lead.attempts()] == ["call", "voicemail", "email_sent"]
    assert [attempt.kind for attempt in lead.attempts("phone")] == ["call", "voicemail"]
    assert lead.attempts("fax") == ()
    assert lead.last_contacted_at == day(3)
    assert len(lead.activities) == 4
    assert {kind: len(of) for kind, of in lead.activities_by_kind.items()} == {
        "call": 1,
        "voicemail": 1,
        "email_sent": 1,
        "email_opened": 1,
        "note": 1,
    }


def test_notes_and_dispositions_are_read_as_activities_among_those_of_their_kind() -> None:
    said = Note(
        "SSO?", day(3), topic="it", source="call", need="must-have", id="n-1", by="ann", sequence=2
    )
    closed = Disposition("lost", day(4), reason="price", note="too dear", id="d-1", by="ben")
    typed = Activity("note", day(2), data={"text": "typed in"})
    lead = Lead("L", events=[closed, said, typed, Note("Later", day(5)), Tagged("vip", day(6))])
    told = {"text": "SSO?", "topic": "it", "source": "call", "need": "must-have"}
    ended = {"outcome": "lost", "reason": "price", "note": "too dear"}
    assert lead.activities_by_kind == {
        "note": (
            typed,
            Activity("note", day(3), data=told, id="n-1", by="ann", sequence=2),
            Activity("note", day(5), data={"text": "Later"}),
        ),
        "disposition": (Activity("disposition", day(4), data=ended, id="d-1", by="ben"),),
    }
    assert (lead.activities, lead.attempts()) == ((typed,), ())
    for activity in itertools.chain(*lead.activities_by_kind.values()):
        assert attrs.evolve(activity) == activity == pickle.loads(pickle.dumps(activity))
        assert repr(attrs.evolve(activity)) == repr(activity)


# The reset of the engagement


def reset(number: int, **given: Any) -> Disposition:
    return Disposition("unqualified", day(number), resets_engagement=True, **given)


def opened(number: int) -> Activity:
    return Activity("email_opened", day(number))


def instants(lead: Lead) -> list[int]:
    return [event.at.day for event in lead.engaged.events]


def test_without_a_reset_all_activities_engage() -> None:
    lead = Lead("L", events=[opened(1), Disposition("lost", day(2)), opened(3)])
    assert lead.engagement_reset_at is None
    assert lead.engaged is lead
    assert Lead("L").engagement_reset_at is None


def test_a_reset_takes_activities_and_notes_up_to_it_and_nothing_else() -> None:
    kept: list[Event] = [
        Tagged("vip", day(1)),
        Activity("disposition", day(1), data={"outcome": "lost"}),
        reset(2),
        opened(3),
        Note("later", day(3)),
    ]
    gone: list[Event] = [opened(1), Note("early", day(1)), opened(2), Note("then", day(2))]
    lead = Lead("L", tags=["it"], fields={"employees": 20}, events=[*kept, *gone])
    assert lead.engagement_reset_at == day(2)
    assert set(lead.engaged.events) == set(kept)
    assert (lead.engaged.values, lead.engaged.tags) == (lead.values, lead.tags)
    assert lead.engaged.engagement_reset_at == day(2)
    assert len(lead.activities_by_kind["email_opened"]) == 3


def test_the_instant_of_a_reset_is_told_in_utc() -> None:
    there = day(2).astimezone(ZoneInfo("America/New_York"))
    lead = Lead("L", events=[Disposition("lost", there, resets_engagement=True)])
    assert lead.engagement_reset_at == day(2)
    assert lead.engagement_reset_at.tzinfo is UTC


def test_of_two_resets_the_later_counts_whatever_order_they_came_in() -> None:
    lead = Lead("L", events=[opened(1), reset(2), opened(3)])
    assert instants(lead) == [2, 3]
    later = lead.after(reset(4), opened(5), Disposition("lost", day(6)))
    assert (later.engagement_reset_at, instants(later)) == (day(4), [2, 4, 5, 6])
    late = Lead("L", events=[reset(4), opened(5)]).after(opened(1), reset(2), opened(3))
    assert (late.engagement_reset_at, instants(late)) == (day(4), [2, 4, 5])


def test_before_the_reset_the_engagement_is_whole() -> None:
    lead = Lead("L", events=[opened(1), reset(3), opened(4), reset(5)])
    before = lead.rewind(day(2))
    assert before.engagement_reset_at is None
    assert before.engaged is before
    assert lead.rewind(day(3)).engagement_reset_at == day(3)
    assert instants(lead.rewind(day(4))) == [3, 4]
    assert instants(lead) == [3, 5]


def test_reopening_does_not_give_the_engagement_back() -> None:
    lead = Lead("L", events=[opened(1), reset(2), Reopened("new", day(3))])
    assert (lead.disposition, lead.engagement_reset_at) == (None, day(2))
    assert instants(lead) == [2, 3]


def test_a_reset_of_one_lead_resets_those_merged_with_it() -> None:
    one = Lead("L-1", day(1), events=[opened(1), opened(4)])
    other = Lead("L-2", day(2), events=[opened(2), reset(3)])
    for merged in (merge(one, other), merge(other, one)):
        assert (merged.engagement_reset_at, instants(merged)) == (day(3), [3, 4])


def test_overrides_that_ended_or_hold_are_the_same_once_engaged() -> None:
    ends = Overridden("owner", "bo", day(1), reason="old friends", until=day(4))
    lead = Lead("L", owner="ann", events=[ends, reset(2), opened(2)])
    assert lead.engaged.owner == "bo"
    assert lead.rewind(day(5)).engaged.owner == "ann"
    assert lead.rewind(day(5)).engaged.override("owner") is None


def test_a_reset_survives_pickling() -> None:
    lead = Lead("L", events=[opened(1), reset(2)])
    assert pickle.loads(pickle.dumps(lead)).engagement_reset_at == day(2)
    assert pickle.loads(pickle.dumps(lead.engaged)) == lead.engaged


def test_last_contacted_is_unknown_when_only_the_lead_wrote() -> None:
    assert Lead("L").after(Activity("email_replied", day(1))).last_contacted_at is None


def test_the_timeline_reads_from_the_oldest_one_line_each() -> None:
    lead = Lead("L").after(
        Note("said:\n 2026-03-09 12:00 UTC  moved to won\x1b[2J", day(2)),
        Activity("call", day(1), answered=True, by="ann"),
    )
    assert lead.timeline() == (
        "2026-03-01 12:00 UTC  call, answered (by ann)",
        "2026-03-02 12:00 UTC  note: said: 2026-03-09 12:00 UTC moved to won\\x1b[2J",
    )


def test_the_attributes_of_the_class_can_be_looked_up() -> None:
    assert Lead.stage.key == "stage"


def test_the_disposition_that_stands_is_the_latest() -> None:
    lead = Lead(
        "L",
        events=[
            Disposition("lost", day(2)),
            Disposition("removed", day(3)),
            Note("called", day(4)),
        ],
    )
    assert lead.disposition == Disposition("removed", day(3))
    assert Lead("L").disposition is None
    assert Lead("L", events=[Note("called", day(4))]).disposition is None


def test_reopening_clears_the_disposition_and_keeps_it_in_the_log() -> None:
    closed = Disposition("lost", day(2), reason="price")
    lead = Lead("L", events=[closed, Reopened("working", day(3))])
    assert lead.disposition is None
    assert closed in lead.events
    assert lead.rewind(day(2)).disposition == closed
    assert lead.after(Disposition("won", day(4))).disposition == Disposition("won", day(4))


def test_a_disposition_that_comes_late_stands_behind_the_reopening() -> None:
    lead = Lead("L", events=[Reopened("working", day(3))])
    assert lead.after(Disposition("lost", day(2))).disposition is None


# Merging


def test_the_survivor_came_first_and_unknown_dates_come_last() -> None:
    leads = [Lead("L-1"), Lead("L-2", day(3)), Lead("L-3", day(2)), Lead("L-0", day(3))]
    merged = merge(*leads)
    assert (merged.id, merged.created_at) == ("L-3", day(2))
    assert merged.merged_ids == {"L-0", "L-1", "L-2"}
    assert merge(Lead("L-2"), Lead("L-1")).id == "L-1"
    last = datetime.max.replace(tzinfo=UTC)
    assert merge(Lead("L-1"), Lead("L-2", last)).id == "L-2"


def test_of_each_start_value_the_first_known_or_the_newest_wins() -> None:
    old = Lead("L-1", day(1), source="fair", fields={"employees": 20, "country": "PL"})
    new = Lead("L-2", day(2), source="web", owner="ann", fields={"employees": 50, "city": "Łódź"})
    first = merge(new, old)
    assert (first.source, first.owner) == ("fair", "ann")
    assert first.fields == {"employees": 20, "country": "PL", "city": "Łódź"}
    newest = merge(old, new, newest=["employees", "source", "country"])
    assert newest.source == "web"
    assert newest.fields == {"employees": 50, "country": "PL", "city": "Łódź"}


def test_the_logs_are_united_and_replayed() -> None:
    old = Lead("L-1", day(1), stage="new", tags=["vip"]).after(StageChange("won", day(5)))
    new = Lead("L-2", day(2), tags=["it"]).after(
        StageChange("working", day(4)), Tagged("b", day(4)), Untagged("vip", day(6))
    )
    merged = merge(old, new)
    assert (merged.stage, merged.rewind(day(4)).stage) == ("won", "working")
    assert merged.tags == {"it", "b"}
    assert len(merged.events) == 4


def test_events_in_both_logs_count_once_and_nameless_copies_as_often_as_in_the_fullest() -> None:
    shared, nameless = Activity("call", day(1), id="c1"), Activity("email_opened", day(1))
    one = Lead("L-1", events=[shared, nameless])
    other = Lead("L-2", events=[shared, nameless, nameless])
    assert len(merge(one, other).events) == 3


def test_a_lead_merged_with_itself_is_itself() -> None:
    lead = Lead("L-1", day(1), fields={"a": 1}, events=[Note("a", day(1)), Note("a", day(1))])
    assert merge(lead, lead) == merge(lead) == lead
    assert merge(lead, lead.after(Note("b", day(2)))) == lead.after(Note("b", day(2)))
    assert merge(lead, lead).merged_ids == frozenset()
    spelled = [Lead("L-1", fields={"a": a}) for a in (1, 1.0, Decimal(1))]
    assert spelled[0] == merge(*spelled) == merge(*reversed(spelled))


def test_two_starts_under_one_id_are_both_kept_whatever_their_order() -> None:
    one, other = Lead("L-1", source="web"), Lead("L-1", source="fair", owner="ann")
    assert merge(one, other) == merge(other, one)
    assert merge(one, other).values == {"id": "L-1", "source": "fair", "owner": "ann"}
    assert merge(one, other).merged_ids == frozenset()


def test_a_merged_lead_goes_on_like_any_other() -> None:
    merged = merge(Lead("L-1", fields={"a": 1}), Lead("L-2", fields={"b": 2}))
    later = merged.after(FieldsSet({"b": 3}, day(1)), Erased(("a",), day(2)))
    assert later.fields == {"b": 3}
    assert later.merged_ids == {"L-2"}
    assert later.rewind(day(1)).fields == {"a": 1, "b": 3}
    assert merge(later, Lead("L-0")).merged_ids == {"L-1", "L-2"}


def test_what_newest_was_told_stays_told() -> None:
    a, b = Lead("L-1", fields={"x": 1}), Lead("L-2", fields={"x": 2})
    merged = merge(a, b, newest=["x"])
    assert merged.fields == {"x": 2}
    assert merge(merged, Lead("L-3", fields={"x": 3})).fields == {"x": 3}


def test_leads_whose_logs_disagree_on_an_id_cannot_be_merged() -> None:
    one = Lead("L-1", events=[Note("a", day(1), id="n")])
    other = Lead("L-2", events=[Note("b", day(1), id="n")])
    with pytest.raises(ConflictingEvents, match="'n' stands for two different events"):
        merge(one, other)


@pytest.mark.parametrize("other", ["L-2", None, [Lead("L-2")], Note("a", day(1))])
def test_only_leads_are_merged(other: Any) -> None:
    with pytest.raises(InvalidValue, match=r"^merge: expected leads, .*merge\(\*leads\)"):
        merge(Lead("L-1"), other)


def test_a_stage_and_its_pipeline_are_taken_together_from_the_first_that_knows_a_stage() -> None:
    nowhere, new = Lead("A", day(1), pipeline="sales"), Lead("B", day(2), stage="new")
    sold = Lead("C", day(3), stage="after_sale", pipeline="sales")
    for order in itertools.permutations([nowhere, new, sold]):
        merged = merge(merge(*order[:2]), order[2])
        assert (merged.stage, merged.pipeline) == ("new", None)
    assert (merge(sold, nowhere).stage, merge(sold, nowhere).pipeline) == ("after_sale", "sales")
    assert merge(nowhere, Lead("D", day(4), pipeline="other")).pipeline == "sales"


@pytest.mark.parametrize("key", ["stage", "pipeline", " stage "])
def test_newest_moves_no_lead(key: str) -> None:
    one = Lead("A", day(1), stage="prospecting", pipeline="sales")
    other = Lead("B", day(2), stage="after_sale", pipeline="sales")
    with pytest.raises(InvalidValue, match=r"^newest: expected names other than stage and .*move"):
        merge(one, other, newest=["employees", key])


def test_newest_takes_names_and_not_a_text() -> None:
    with pytest.raises(InvalidValue, match=r"^newest: "):
        merge(Lead("L-1"), newest="employees")


# Anywhere

SCRIPT = """
from datetime import UTC, datetime
from leadflow import Activity, Lead
from leadflow.events import Disposition, Erased, Rated
from leadflow.lead import merge

noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
words = {"one", "two", "three", "four", "five"}
log = [Rated("hot", noon, because=words, ask=words), Disposition("lost", noon, never=words)]
log += [Activity("call", noon, data=dict.fromkeys(sorted(words), n)) for n in range(5)]
leads = [Lead(word, noon, tags=words, fields={word: 1}, events={*log}) for word in words]
merged = merge(*leads).after(Erased({"one", "two"}, noon))
print(merged, merged.events, merged.timeline(), sorted(merged.values))
"""


def test_the_answer_is_the_same_for_any_hash_seed_time_zone_and_optimisation() -> None:
    def answer(seed: str, zone: str, *options: str) -> str:
        env = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone}
        done = subprocess.run(
            [sys.executable, *options, "-c", SCRIPT],
            env=env,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    first = answer("1", "UTC")
    assert "Rated(" in first
    assert answer("2", "Asia/Kolkata") == answer("3", "Pacific/Apia", "-O") == first


# Speed


def seconds(call: Any) -> float:
    best = float("inf")
    for _ in range(5):
        start = perf_counter()
        call()
        best = min(best, perf_counter() - start)
    return best


def test_a_thousand_events_take_milliseconds() -> None:
    events: list[Event] = [
        Activity("page_viewed", day(1) + timedelta(minutes=n), id=f"e{n}") for n in range(1_000)
    ]
    lead = Lead("L-7", events=events)
    assert seconds(lambda: lead.after(Note("a", day(2)))) < 0.05
    assert seconds(lambda: lead.rewind(day(1))) < 0.05
    assert seconds(lambda: merge(lead, lead)) < 0.1

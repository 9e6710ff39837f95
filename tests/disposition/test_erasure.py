"""A lead without its personal data, which still counts where leads are counted."""

from __future__ import annotations

import pickle
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import attrs
import pytest

from leadflow import Activity, Lead, Money, activity, field
from leadflow.contact import may_contact
from leadflow.disposition.erasure import anonymise
from leadflow.errors import InvalidValue, LeadflowError, LimitExceeded, NaiveDatetime
from leadflow.events import (
    EVENT_TYPES,
    Assignment,
    Conversion,
    Disposition,
    Erased,
    Event,
    FieldsSet,
    Note,
    Overridden,
    Qualification,
    Rated,
    Rejected,
    Reopened,
    Scored,
    Snoozed,
    StageChange,
    Tagged,
    TaskDone,
    TaskSet,
    Untagged,
    describe,
)
from leadflow.handover import brief
from leadflow.lead import Dealings, log, merge
from leadflow.limits import DEFAULT_LIMITS, Limits
from leadflow.pipeline import standing
from leadflow.presets import sales_pipeline
from leadflow.scoring import Rule, ScoringModel
from leadflow.serialization import dumps, loads

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
SECRET = "Lovelace"
BORN = date(1815, 12, 10)
PHONE = 441815121018


def day(number: int) -> datetime:
    return datetime(2026, 3, number, 12, tzinfo=UTC)


def erased(*events: Event, **given: Any) -> Lead:
    """A lead with such a log, without what was personal in it."""
    return anonymise(Lead("L-7", events=events, **given), NOON)


def in_the_log(event: Event) -> Event:
    """An event as it stands in the log afterwards, without its new id."""
    [found, *_] = erased(event).events
    return attrs.evolve(found, id=None)


SAID: dict[type, dict[str, Any]] = {
    Activity: {
        "kind": "form_submitted",
        "by": SECRET,
        "data": {"said": SECRET, "phone": PHONE, "born": BORN},
    },
    Note: {"text": SECRET, "topic": SECRET, "source": SECRET, "by": SECRET, "need": "must-have"},
    FieldsSet: {"values": {"name": SECRET, "phone": PHONE, "born": BORN}, "by": SECRET},
    Tagged: {"tag": SECRET},
    Untagged: {"tag": SECRET},
    Scored: {"points": 70, "model": "inbound", "fit": 50, "engagement": 20},
    Rated: {"rating": "hot", "because": [SECRET], "ask": ["employees"], "rater": "size"},
    Overridden: {"what": "rating", "value": "warm", "reason": SECRET},
    Qualification: {"status": "sql", "reason": SECRET, "because": [SECRET]},
    Assignment: {
        "rep": "dana",
        "because": [SECRET],
        "rejected": [Rejected("bo", "away", SECRET)],
        "rule": "EMEA",
        "value": Money(100, "EUR"),
        "credited": {"bo": 1},
    },
    StageChange: {"to": "working", "from_": "new", "reason": SECRET},
    Reopened: {"to": "working", "from_": "lost", "reason": SECRET},
    Disposition: {
        "outcome": "unqualified",
        "reason": "no_budget",
        "note": SECRET,
        "never": ["phone"],
    },
    Conversion: {"pipeline": "sales", "stage": "prospecting", "deal": SECRET, "owner": "dana"},
    TaskSet: {"task": SECRET, "title": SECRET, "kind": "call", "rep": "dana"},
    TaskDone: {"task": SECRET, "result": SECRET},
    Snoozed: {"until": date(2026, 5, 1), "reason": SECRET},
    Erased: {"fields": ["street"]},
}
"""An event of every class, with a secret in every place that may hold one."""

KEPT: dict[type, str] = {
    Activity: "kind channel direction answered",
    Note: "need",
    FieldsSet: "",
    Tagged: "by",
    Untagged: "by",
    Scored: "points fit engagement win_probability model version by",
    Rated: "rating ask rater by",
    Overridden: "what value until by",
    Qualification: "status by",
    Assignment: "rep rule strategy units value rating turn credited owed by",
    StageChange: "to from_ pipeline by",
    Reopened: "to from_ pipeline by",
    Disposition: (
        "outcome reason keep contact_again never verify_contact resets_engagement back_to by"
    ),
    Conversion: "pipeline stage owner value expected_close by",
    TaskSet: "due kind rep by",
    TaskDone: "by",
    Snoozed: "until by",
    Erased: "fields by",
}
GONE: dict[type, str] = {
    Activity: "data by",
    Note: "text topic source by",
    FieldsSet: "values by",
    Tagged: "tag",
    Untagged: "tag",
    Rated: "because",
    Overridden: "reason",
    Qualification: "reason because",
    Assignment: "because rejected",
    StageChange: "reason",
    Reopened: "reason",
    Disposition: "note",
    Conversion: "deal",
    TaskSet: "task title",
    TaskDone: "task result",
    Snoozed: "reason",
}

EVENTS: tuple[Any, ...] = tuple(
    kind(**{"at": day(number), "id": f"{SECRET}-{number}", "sequence": 0, **SAID[kind]})
    for number, kind in enumerate(EVENT_TYPES, 1)
)


def ada() -> Lead:
    """Merged leads with a secret in every place that may hold one."""
    lead = Lead(
        f"{SECRET}@example.com",
        day(1),
        source="fair",
        deal_value=Money(100, "EUR"),
        due=date(2026, 6, 1),
        time_zone="Europe/London",
        stage="new",
        owner="dana",
        tags=[SECRET],
        fields={"name": SECRET, "phone": PHONE, "born": BORN, "do_not_call": f"says {SECRET}"},
        events=EVENTS,
    )
    twin = Lead(f"second {SECRET}", day(2), fields={"name": SECRET, "company": SECRET})
    return merge(lead, twin)


def told(lead: Lead) -> list[str]:
    """All that is ever told of a lead."""
    rules = [
        Rule("named", 5, when=field("name").is_known()),
        Rule("asked", 5, each=activity("form_submitted")),
    ]
    score = ScoringModel("inbound", rules).score(lead, as_of=NOON)
    whole = brief(lead, score, as_of=NOON, pipelines=sales_pipeline())
    return [
        repr(lead),
        repr((lead.starts, lead.events, lead.values, lead.tags, lead.tasks, lead.merged_ids)),
        *lead.timeline(),
        *map(describe, lead.events),
        repr(lead.activities_by_kind),
        repr(Dealings.of(lead)),
        str(standing(lead, sales_pipeline(), as_of=NOON)),
        score.explain(unmatched=True),
        whole.text(),
        whole.html(),
        str(whole.data()),
        dumps(lead),
        str(pickle.dumps(lead)),
    ]


# What goes, and what stays


def test_nothing_that_is_told_of_an_anonymised_lead_shows_what_was_personal() -> None:
    lead = anonymise(ada(), NOON, id="P-1")
    for text in told(lead):
        for secret in (SECRET, str(PHONE), "1815"):
            assert secret not in text


def test_all_of_it_is_shown_of_the_lead_as_it_was() -> None:
    before = "\n".join(told(ada()))
    assert all(secret in before for secret in (SECRET, str(PHONE), "1815"))


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_of_every_attribute_of_an_event_it_is_decided_whether_it_is_personal(kind: type) -> None:
    always = {"id", "sequence", "at"}
    decided = always.union(KEPT[kind].split(), GONE.get(kind, "").split())
    assert decided == {attribute.name for attribute in attrs.fields(kind)}


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_what_is_not_personal_in_an_event_stays(event: Event) -> None:
    found: Any = in_the_log(event)
    assert (found.at, found.sequence) == (event.at, event.sequence)
    for key in KEPT[type(event)].split():
        assert getattr(found, key) == getattr(event, key)


def test_attributes_of_the_lead_stay() -> None:
    before, after = ada(), anonymise(ada(), NOON)
    kept = {key: value for key, value in before.values.items() if key not in before.fields}
    assert after.values == {**kept, "do_not_call": True}
    assert (after.source, after.stage, after.owner) == ("fair", "prospecting", "dana")
    assert (after.rating, after.score, after.lifecycle) == ("warm", 70, "opportunity")


def test_by_stays_with_what_goes_out_and_goes_from_what_may_be_the_leads() -> None:
    log: list[Event] = [
        Activity("call", day(1), by="dana"),
        Activity("call_received", day(2), by="Ada"),
        Activity("site visit", day(3), by="Ada"),
        Note("No budget", day(4), by="Ada"),
        FieldsSet({}, day(5), by="Ada"),
        StageChange("working", day(6), by="dana"),
    ]
    found = [event.by for event in erased(*log).events]
    assert found == ["dana", None, None, None, None, "dana"]


def test_only_the_attributes_that_a_setting_of_fields_names_stay() -> None:
    given = {
        "source": "web",
        "due": None,
        "deal_value": Money(1, "EUR"),
        "name": "Ada",
        "fax": None,
    }
    found = in_the_log(FieldsSet(given, day(1)))
    assert isinstance(found, FieldsSet)
    assert found.values == {"source": "web", "due": None, "deal_value": Money(1, "EUR")}


def test_rejected_reps_stay_with_the_code_and_without_the_words() -> None:
    found = in_the_log(Assignment("dana", day(1), rejected=[Rejected("bo", "away", "is ill")]))
    assert isinstance(found, Assignment)
    assert found.rejected == (Rejected("bo", "away"),)


# What is named to be kept


def test_what_is_named_is_kept_wherever_it_stands() -> None:
    lead = Lead(
        "L-7",
        fields={"employees": 120, "name": "Ada"},
        tags=["vip", "red hair"],
        events=[
            Activity("page_viewed", day(1), data={"page": "/pricing", "user": "Ada"}),
            FieldsSet({"employees": 130, "name": "Ada L."}, day(2)),
            Tagged("it", day(3), by="dana"),
            Untagged("vip", day(4)),
            Note("We need SSO", day(5), topic="security", source="call with Ada"),
        ],
    )
    found = anonymise(lead, NOON, keep=["employees", "page", "it", "vip", "topic"])
    viewed, _, tagged, untagged, note, gone = map(unnumbered, found.events)
    assert found.fields == {"employees": 130}
    assert found.tags == {"it"}
    assert viewed == Activity("page_viewed", day(1), data={"page": "/pricing"})
    assert (tagged, untagged) == (Tagged("it", day(3), by="dana"), Untagged("vip", day(4)))
    assert note == Note("", day(5), topic="security")
    assert gone == Erased(["name"], NOON, id=None)


def unnumbered(event: Event) -> Event:
    return attrs.evolve(event, id=None)


def test_the_source_of_notes_stays_if_it_is_named() -> None:
    lead = Lead("L-7", events=[Note("", day(1), source="fair", topic="Ada")])
    [note] = anonymise(lead, NOON, keep={"source"}).events
    assert unnumbered(note) == Note("", day(1), source="fair")


def test_names_to_keep_may_come_from_any_iterable_once() -> None:
    lead = Lead("L-7", fields={"a": 1, "b": 2})
    assert anonymise(lead, NOON, keep=iter(["a", "b"])) is lead


# Tags


def test_an_event_of_an_erased_tag_stays_and_puts_no_tag_on_the_lead() -> None:
    lead = erased(Tagged("vip", day(1), by="dana"), Untagged("it", day(2)), tags=["red hair"])
    assert lead.tags == frozenset()
    assert [unnumbered(event) for event in lead.events] == [
        Untagged("(erased)", day(1), by="dana"),
        Untagged("(erased)", day(2)),
    ]


def test_an_override_that_ended_before_the_event_of_a_tag_has_still_ended() -> None:
    lead = erased(
        Rated("cold", day(1)),
        Overridden("rating", "hot", day(2), reason="met the board", until=day(3)),
        Tagged("vip", day(4)),
    )
    assert lead.rating == "cold"


# Refusals of contact


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (True, True),
        (False, False),
        ("yes", True),
        ("Ada said on the phone that she wants no calls", True),
        (" No ", False),
        ("", False),
        (1, True),
        (0, False),
        (date(2026, 3, 1), True),
    ],
)
@pytest.mark.parametrize("key", ["do_not_contact", "do_not_call", "do_not_email"])
def test_a_field_that_refuses_contact_stays_as_yes_or_no(key: str, given: Any, kept: bool) -> None:
    for lead in (Lead("L", fields={key: given}), Lead("L", events=[FieldsSet({key: given}, NOON)])):
        assert anonymise(lead, NOON).fields == {key: kept}
        channel = "phone" if key == "do_not_call" else "email"
        refusals = may_contact(anonymise(lead, NOON), channel, NOON).refusals
        assert any(refusal.code == "do_not_contact" for refusal in refusals) is kept


def test_a_refusal_that_was_withdrawn_stays_withdrawn() -> None:
    lead = erased(FieldsSet({"do_not_contact": None}, day(2)), fields={"do_not_contact": "yes"})
    assert lead.fields == {}
    assert may_contact(lead, None, NOON)


def test_the_words_of_a_refusal_stay_if_it_is_named() -> None:
    lead = Lead("L", fields={"do_not_call": "before ten"})
    assert anonymise(lead, NOON, keep=["do_not_call"]) is lead


@pytest.mark.parametrize("channel", [None, "phone", "email"])
def test_a_lead_that_nobody_may_write_to_is_still_one(channel: str | None) -> None:
    lead = erased(
        Activity("email_unsubscribed", day(1)),
        Disposition("removed", day(2), never=["all"]),
        Reopened("new", day(3)),
    )
    codes = [refusal.code for refusal in may_contact(lead, channel, NOON).refusals]
    assert "never_contact" in codes
    assert ("unsubscribed" in codes) is (channel == "email")


# Ids


def test_events_are_numbered_in_the_order_of_the_log() -> None:
    log: list[Event] = [
        Note("b", day(1), id="b"),
        Note("a", day(1), id="c"),
        Activity("call", day(1)),
    ]
    lead = erased(*log, Activity("call", day(2), id="a", sequence=3))
    assert [event.id for event in lead.events] == [f"L-7-event-00000{n}" for n in (1, 2, 3, 4)]
    assert [type(event) for event in lead.events] == [Activity, Note, Note, Activity]


def test_equal_events_without_an_id_still_count_each() -> None:
    call = Activity("call", day(1))
    assert len(erased(call, call).attempts()) == 2


def test_a_task_and_its_end_still_meet() -> None:
    lead = erased(
        TaskSet("Ada's quote", day(1), kind="quote", due=day(9), title="Ada", rep="dana"),
        TaskSet("call Ada", day(2), due=day(9)),
        TaskDone("Ada's quote", day(3), result="Ada is happy"),
        TaskDone("never set", day(4)),
    )
    quote, call = lead.tasks
    assert (quote.kind, quote.rep, quote.due, quote.done_at) == ("quote", "dana", day(9), day(3))
    assert (quote.title, quote.result, call.is_open) == (None, None, True)
    assert len({event.task for event in lead.events if isinstance(event, TaskSet | TaskDone)}) == 3


def test_of_tasks_due_together_the_same_one_still_comes_first() -> None:
    log = [TaskSet("b", day(1), kind="call", due=day(9)), TaskSet("a", day(2), due=day(9))]
    for lead in (Lead("L-7", events=log), erased(*log)):
        task = Dealings.of(lead).next_task()
        assert task is not None
        assert task.kind == "task"


def test_two_anonymised_leads_can_be_merged() -> None:
    log: list[Event] = [
        TaskSet("T-1", day(1), title="Ada"),
        TaskDone("T-1", day(2)),
        Activity("call", day(3)),
    ]
    first, second = (
        anonymise(Lead(key, fields={"name": key}, events=log), NOON) for key in ("L-1", "L-2")
    )
    both = merge(first, second)
    assert len(both.events) == 8
    assert [task.is_open for task in both.tasks] == [False, False]
    assert both == merge(second, first)


def test_leads_with_long_ids_can_be_anonymised_and_merged() -> None:
    start = "L" * (DEFAULT_LIMITS.id_length - 1)
    leads = [Lead(f"{start}{n}", events=[TaskSet("Ada", day(1))]) for n in (1, 2)]
    found = [anonymise(lead, NOON) for lead in leads]
    assert [lead.id for lead in found] == [lead.id for lead in leads]
    assert len(merge(*found).tasks) == 2


def test_another_id_takes_the_place_of_a_personal_one() -> None:
    lead = Lead("ada@example.com", fields={"name": "Ada"}, events=[TaskSet("T-1", day(1))])
    found = anonymise(lead, NOON, id=" P-1 ")
    assert (found.id, found.merged_ids) == ("P-1", frozenset())
    other = anonymise(lead, NOON)
    assert other.id == "ada@example.com"
    assert {event.id for event in found.events}.isdisjoint(event.id for event in other.events)
    assert anonymise(other, NOON, id="P-1") == found


def test_the_ids_of_merged_leads_are_numbered_after_it() -> None:
    leads = [Lead(f"ada{number}@example.com") for number in range(11)]
    found = anonymise(merge(*leads), NOON, id="P")
    assert found.id == "P"
    assert sorted(found.merged_ids) == [f"P-{number:02}" for number in range(1, 11)]
    assert loads(dumps(found), Lead) == found


def test_the_ids_of_merged_leads_stay_without_another() -> None:
    found = anonymise(merge(Lead("L-1", fields={"a": 1}), Lead("L-2")), NOON)
    assert (found.id, found.merged_ids) == ("L-1", frozenset({"L-2"}))


# Merged leads


def test_of_merged_leads_every_start_is_rid_of_what_is_personal() -> None:
    lead = merge(
        Lead("L-1", day(1), source="fair", fields={"name": "Ada"}, tags=["vip"]),
        Lead("L-2", day(2), source="web", fields={"email": "ada@example.com"}, stage="new"),
        newest=["source"],
    )
    found = anonymise(lead, NOON)
    assert [sorted(start.values) for start in found.starts] == [
        ["created_at", "id", "source"],
        ["created_at", "id", "source", "stage"],
    ]
    assert (found.source, found.stage, found.newest) == ("web", "new", ("source",))
    assert [event.fields for event in found.events if isinstance(event, Erased)] == [
        ("email", "name")
    ]


def test_starts_whose_order_went_by_what_is_erased_become_one_with_the_same_values() -> None:
    lead = merge(
        Lead("L-1", source="web", fields={"a": "1", "b": 2, "do_not_call": False}, tags=["vip"]),
        Lead("L-1", source="fair", fields={"a": "2", "b": 1, "do_not_call": "yes"}, tags=["it"]),
    )
    found = anonymise(lead, NOON, keep=["vip", "it", "b"])
    assert len(found.starts) == 1
    assert found.source == lead.source == "web"
    assert found.fields == {"b": 2, "do_not_call": True}
    assert found.tags == {"vip", "it"}
    assert loads(dumps(found), Lead) == found


def test_starts_that_are_alike_without_what_is_erased_become_one() -> None:
    lead = merge(Lead("L-1", fields={"a": "1"}), Lead("L-1", fields={"a": "2"}))
    assert len(anonymise(lead, NOON).starts) == 1


def test_starts_whose_order_stays_stay_apart() -> None:
    lead = merge(Lead("L-1", source="a", fields={"a": 1}), Lead("L-1", source="b"))
    assert [start.values["source"] for start in anonymise(lead, NOON).starts] == ["a", "b"]


# What comes in late


def test_the_fields_that_went_are_named_once() -> None:
    lead = anonymise(
        Lead("L-7", fields={"name": "Ada"}, events=[FieldsSet({"email": "a@b.c"}, day(1))]), NOON
    )
    assert [unnumbered(event) for event in lead.events] == [
        FieldsSet({}, day(1)),
        Erased(["email", "name"], NOON),
    ]


def test_a_value_from_before_that_arrives_late_stays_unknown() -> None:
    lead = anonymise(Lead("L-7", fields={"email": "ada@example.com"}), NOON)
    assert lead.after(FieldsSet({"email": "ada@example.com"}, day(1))).fields == {}
    assert lead.after(FieldsSet({"email": "new@example.com"}, day(21))).fields != {}


def test_what_went_at_an_instant_went_after_all_that_happened_then() -> None:
    lead = Lead("L-7", events=[FieldsSet({"email": "a@b.c"}, NOON, sequence=4), Note("a", day(21))])
    _, gone, note = anonymise(lead, NOON).events
    assert isinstance(gone, Erased)
    assert (gone.at, gone.sequence) == (NOON, 5)
    assert isinstance(note, Note)


def test_events_after_the_instant_are_treated_like_all_others() -> None:
    lead = Lead("L-7", events=[FieldsSet({"email": "a@b.c"}, day(25)), Note("Ada", day(26))])
    found = anonymise(lead, NOON)
    assert found.fields == {}
    assert [unnumbered(event) for event in found.events] == [
        Erased(["email"], NOON),
        FieldsSet({}, day(25)),
        Note("", day(26)),
    ]


def test_what_arrives_after_an_erasure_is_erased_by_the_next() -> None:
    lead = anonymise(Lead("L-7", fields={"name": "Ada"}), NOON)
    again = anonymise(lead.after(FieldsSet({"name": "Ada"}, day(21))), day(22))
    assert "Ada" not in repr(again.events)
    assert [event.at for event in again.events if isinstance(event, Erased)] == [NOON, day(22)]


@pytest.mark.parametrize("at", [NOON - timedelta(days=900), NOON, NOON + timedelta(days=900)])
def test_where_nothing_is_left_to_erase_the_lead_itself_comes_back(at: datetime) -> None:
    once = anonymise(ada(), NOON, id="P-1")
    assert anonymise(once, at) is once
    assert anonymise(once, at, id="P-1") is once


def test_a_lead_without_anything_personal_is_left_alone() -> None:
    lead = Lead("L-7", day(1), source="fair", stage="new")
    assert anonymise(lead, NOON) is lead


def test_a_lead_without_a_log_needs_none() -> None:
    assert anonymise(Lead("L-7", tags=["vip"]), NOON) == Lead("L-7")


def test_an_override_that_had_ended_when_the_lead_was_rewound_has_ended() -> None:
    log: list[Event] = [
        Assignment("dana", day(1)),
        Overridden("owner", "bo", day(2), reason="old friends", until=day(5)),
    ]
    past = Lead("L-7", events=log).rewind(day(9))
    assert past.owner == anonymise(past, NOON).owner == "dana"


def test_counts_stay() -> None:
    calls = [Activity("call", day(n), answered=n == 6, by="dana") for n in range(1, 7)]
    lead = Lead(
        "L-7",
        day(1),
        source="fair",
        fields={"phone": "+44 1815"},
        events=[
            *calls,
            Activity("email_sent", day(7)),
            Disposition("unqualified", NOON, reason="x"),
        ],
    )
    found = anonymise(lead, day(25))
    assert Counter(map(type, found.events)) == Counter(map(type, lead.events)) + Counter([Erased])
    assert (len(found.attempts()), len(found.attempts("phone"))) == (7, 6)
    assert found.last_contacted_at == day(7)
    assert found.disposition is not None
    assert (found.disposition.outcome, found.disposition.reason) == ("unqualified", "x")


# Bad input


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"lead": "L-7"}, InvalidValue, "lead: expected a Lead, got 'L-7'"),
        ({"lead": None}, InvalidValue, "expected a Lead"),
        ({"lead": [Lead("L-7")]}, InvalidValue, "expected a Lead"),
        ({"at": datetime(2026, 3, 1)}, NaiveDatetime, "at"),
        ({"at": date(2026, 3, 1)}, InvalidValue, "at: expected a datetime"),
        ({"at": None}, InvalidValue, "at: expected a datetime"),
        ({"keep": "employees"}, InvalidValue, "keep: expected a list of names"),
        ({"keep": None}, InvalidValue, "keep: expected a list of names"),
        ({"keep": b"employees"}, InvalidValue, "keep: expected text"),
        ({"keep": [" "]}, InvalidValue, "keep: expected a name that is not blank"),
        ({"keep": [5]}, InvalidValue, "keep: expected text"),
        ({"keep": ["a\x00b"]}, InvalidValue, "keep: expected no control"),
        ({"keep": ["x" * 201]}, LimitExceeded, "keep"),
        ({"keep": ["id"]}, InvalidValue, "the id stays unless id= gives another"),
        ({"keep": ["tags"]}, InvalidValue, "name the tags to keep one by one"),
        ({"keep": ["fields"]}, InvalidValue, "name the fields to keep one by one"),
        ({"keep": ["events"]}, InvalidValue, "all events stay"),
        ({"keep": ["(erased)"]}, InvalidValue, "it stands for the tags that are erased"),
        ({"id": " "}, InvalidValue, "id: expected a name that is not blank"),
        ({"id": 7}, InvalidValue, "id: expected text"),
        ({"id": "a\nb"}, InvalidValue, "id: expected no control"),
        ({"id": "x" * 201}, LimitExceeded, "id"),
        ({"lead": merge(Lead("a"), Lead("b")), "id": "x" * 200}, LimitExceeded, "id"),
    ],
)
def test_what_cannot_be_is_refused(
    given: dict[str, Any], error: type[LeadflowError], words: str
) -> None:
    asked = {"lead": Lead("L-7"), "at": NOON, **given}
    with pytest.raises(error) as caught:
        anonymise(asked.pop("lead"), asked.pop("at"), **asked)
    assert words in str(caught.value)


def test_a_log_without_room_for_one_event_more_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    lead = Lead("L-7", fields={"name": "Ada"}, events=[Note("Ada", day(1))])
    monkeypatch.setattr(log, "DEFAULT_LIMITS", Limits(events=1))
    with pytest.raises(LimitExceeded, match="events"):
        anonymise(lead, NOON)


def test_what_an_earlier_erasure_numbered_keeps_its_ids_when_something_arrives_late() -> None:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    lead = Lead("L-7", fields={"name": "Ada"}, events=[TaskSet("call Ada", at), Note("Ada", at)])
    erased = anonymise(lead, at)
    late = (Note("Ada again", at - timedelta(days=9)), TaskSet("mail Ada", at - timedelta(days=8)))
    again = anonymise(erased.after(*late), at + timedelta(days=1))
    assert set(erased.events) <= set(again.events)
    assert [task.id for task in again.tasks] == ["L-7-task-000002", "L-7-task-000001"]
    assert erased.after(*again.events) == again
    assert anonymise(again, at + timedelta(days=2)) == again

"""Laws of erasure: nothing personal is left, nothing that counts is lost."""

from __future__ import annotations

import pickle
from collections import Counter
from datetime import UTC, datetime
from itertools import count
from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from leadflow import Lead
from leadflow.contact import may_contact
from leadflow.disposition.erasure import anonymise
from leadflow.events import (
    ATTRIBUTES,
    Activity,
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
)
from leadflow.handover import brief
from leadflow.lead import Dealings, merge
from leadflow.serialization import dumps, loads
from tests.strategies import FIELD_NAMES, dates, duplicates, fields, instants, leads

MARK = "Plntd"
"""Stands in every text that is planted, and in nothing else."""
NUMBER = 48_600_100_200
FAR = datetime(2200, 1, 1, tzinfo=UTC)
NEVER_NAMED = "nobody kept this"
KEEPABLE = (*FIELD_NAMES, "page", "seconds", "content", "vip", "it", "topic", "source")


def _planted(event: Event, secret: str) -> dict[str, Any]:
    """Tell where in an event a secret may stand."""
    match event:
        case Activity():
            data = {**event.data, NEVER_NAMED: secret, f"{secret} number": NUMBER}
            return {"data": data, "by": event.by if event.direction == "out" else secret}
        case Note():
            return {"text": secret, "topic": secret, "source": secret, "by": secret}
        case FieldsSet():
            values = {**event.values, NEVER_NAMED: secret, "phone": NUMBER, "do_not_call": secret}
            return {"values": values, "by": secret}
        case Tagged() | Untagged():
            return {"tag": secret}
        case Rated():
            return {"because": [secret]}
        case Overridden() | Snoozed() | StageChange() | Reopened():
            return {"reason": secret}
        case Qualification():
            return {"reason": secret, "because": [secret]}
        case Assignment():
            return {"because": [secret], "rejected": [Rejected("ben", "away", secret)]}
        case Disposition():
            return {"note": secret}
        case Conversion():
            return {"deal": secret}
        case TaskSet():
            return {"task": secret, "title": secret}
        case TaskDone():
            return {"task": secret, "result": secret}
        case Scored() | Erased():
            return {}


@st.composite
def with_secrets(draw: st.DrawFn) -> Lead:
    """Merged leads with a secret in every place that may hold one; no two secrets are the same."""
    secrets = (f"{MARK} {number}" for number in count())
    found = []
    for lead in draw(st.lists(leads(), min_size=1, max_size=3)):
        log = [
            attrs.evolve(event, id=next(secrets), **_planted(event, next(secrets)))
            for event in lead.events
        ]
        own = {**lead._with(()).fields, NEVER_NAMED: next(secrets), "phone": NUMBER}
        own["do_not_email"] = next(secrets)
        named = {"created_at": lead.created_at, "source": lead.source, "owner": lead.owner}
        tags = [next(secrets)]
        found.append(Lead(next(secrets), fields=own, tags=tags, events=log, **named))  # type: ignore[arg-type]
    return merge(*found)


@st.composite
def kept(draw: st.DrawFn) -> list[str]:
    """Names to keep."""
    return draw(st.lists(st.sampled_from(KEEPABLE), unique=True))


def counts(lead: Lead) -> dict[str, Any]:
    """What is counted, or decides what happens next, long after the last event."""
    past = lead.rewind(FAR)
    dealings = Dealings.of(past)
    kinds = Counter(
        Untagged if isinstance(event, Tagged) else type(event)
        for event in past.events
        if not isinstance(event, Erased)
    )
    closed = past.disposition
    return {
        "events": kinds,
        "activities": Counter(
            (a.kind, a.channel, a.direction, a.answered) for a in past.activities
        ),
        "attempts": [(attempt.at, attempt.by) for attempt in past.attempts()],
        "tasks": [(t.kind, t.rep, t.due, t.set_at, t.done_at) for t in past.tasks],
        "next task": (task := dealings.next_task()) and (task.kind, task.at, task.due, task.rep),
        "closed": closed and (closed.at, closed.outcome, closed.reason, closed.never, closed.by),
        "values": {key: past.values.get(key) for key in ATTRIBUTES - {"id"}},
        "contacted": (past.last_contacted_at, dealings.last_spoken and dealings.last_spoken.at),
        "tries": (dealings.tries, dealings.tries_by_channel()),
        "never": (dealings.never, dealings.unsubscribed_at, dealings.waits_until),
        "reset": past.engagement_reset_at,
    }


def refusals(lead: Lead) -> list[set[Any]]:
    """What speaks against contact, whatever the address; on each channel."""
    found = (may_contact(lead, channel, FAR).refusals for channel in (None, "phone", "email"))
    return [{each.code for each in of} - {"bounced", "no_address", "asleep"} for of in found]


@given(with_secrets(), instants(), kept())
def test_law_nothing_told_of_an_anonymised_lead_holds_a_planted_text(
    lead: Lead, at: datetime, keep: list[str]
) -> None:
    names = [name for name in keep if name not in ("topic", "source")]
    found = anonymise(lead, at, keep=names, id="P-1")
    whole = brief(found, as_of=FAR)
    told = [
        repr((found, found.starts, found.events, found.values, found.tags, found.tasks)),
        repr((found.merged_ids, found.activities_by_kind, Dealings.of(found))),
        *found.timeline(),
        *(whole.text(), whole.html(), str(whole.data())),
        *map(dumps, [found, *found.events]),
        str(pickle.dumps(found)),
    ]
    for text in told:
        assert MARK not in text
        assert str(NUMBER) not in text


@given(st.one_of(leads(), with_secrets()), instants(), instants(), kept())
def test_law_erasing_twice_changes_nothing(
    lead: Lead, at: datetime, again: datetime, keep: list[str]
) -> None:
    once = anonymise(lead, at, keep=keep)
    assert anonymise(once, again, keep=keep) is once
    named = anonymise(lead, at, keep=keep, id="P-1")
    assert anonymise(named, again, keep=keep) is named
    assert anonymise(named, again, keep=keep, id="P-1") is named
    assert anonymise(once, again, keep=keep, id="P-1") == named


@given(st.one_of(leads(), duplicates().map(lambda found: merge(*found))), instants(), kept())
def test_law_what_is_counted_stays(lead: Lead, at: datetime, keep: list[str]) -> None:
    for found in (anonymise(lead, at, keep=keep), anonymise(lead, at, keep=keep, id="P-1")):
        assert counts(found) == counts(lead)
        assert refusals(found) == refusals(lead)


@given(duplicates(), instants(), st.data())
def test_law_refusals_stay(found: list[Lead], at: datetime, data: st.DataObject) -> None:
    refused = st.sampled_from([True, False, "yes", "no", "Ada said so", 0, None])
    some = st.dictionaries(st.sampled_from(["do_not_contact", "do_not_call"]), refused)
    marked = [
        merge(lead, Lead(lead.id, lead.created_at, fields=data.draw(some))).after(
            *[FieldsSet(data.draw(some), at) for _ in range(data.draw(st.integers(0, 1)))]
        )
        for lead in found
    ]
    lead = merge(*marked)
    assert refusals(anonymise(lead, at)) == refusals(lead)


@given(duplicates(), instants(), kept())
def test_law_an_anonymised_lead_reads_back_from_json(
    found: list[Lead], at: datetime, keep: list[str]
) -> None:
    lead = merge(*found)
    for written in (anonymise(lead, at, keep=keep), anonymise(lead, at, keep=keep, id="P-1")):
        assert loads(dumps(written), Lead) == written


@given(leads(id="L-1"), leads(id="L-2"), instants())
def test_law_two_anonymised_leads_can_be_merged(one: Lead, other: Lead, at: datetime) -> None:
    first, second = anonymise(one, at), anonymise(other, at)
    both = merge(first, second)
    assert both == merge(second, first)
    assert len(both.events) == len(first.events) + len(second.events)


@given(leads(), instants(), fields(), st.data())
def test_law_a_field_that_was_erased_stays_unknown_whatever_arrives_late(
    lead: Lead, at: datetime, late: dict[str, Any], data: st.DataObject
) -> None:
    found = anonymise(lead, at)
    last = (event for event in found.events if isinstance(event, Erased) and event.at == at)
    gone = {key for event in last for key in event.fields}
    before = data.draw(instants().filter(lambda moment: moment < at))
    known = found.after(FieldsSet(late, before)).fields
    assert known.keys() <= late.keys() - gone


@given(leads(), instants(), st.sampled_from(FIELD_NAMES), dates())
def test_law_a_field_that_is_kept_stays_as_it_is(
    lead: Lead, at: datetime, key: str, day: Any
) -> None:
    lead = lead.after(FieldsSet({key: day}, FAR))
    assert anonymise(lead, at, keep=[key]).fields == {key: day}

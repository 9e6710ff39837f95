"""The laws of a lead's log and of merging."""

from __future__ import annotations

import pickle
from datetime import datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from leadflow import Lead
from leadflow.events import Event, FieldsSet
from leadflow.lead import merge
from leadflow.lead.log import content
from tests.strategies import (
    dates,
    duplicates,
    events,
    field_values,
    instants,
    known_values,
    leads,
    logs,
    unknown_values,
)


def exactly(lead: Lead) -> tuple[Any, ...]:
    """Everything that can be read from a lead; equal numbers written differently differ here."""
    values = sorted((key, repr(value)) for key, value in lead.values.items())
    log = [content(event) for event in lead.events]
    reset = lead.engagement_reset_at
    return (lead, values, lead.tags, log, lead.tasks, lead.merged_ids, lead.created_at, reset)


@given(leads(), logs(prefix="more"))
def test_replaying_a_log_twice_changes_nothing(lead: Lead, more: list[Event]) -> None:
    once = lead.after(*(event for event in more if event.id is not None))
    again = once.after(*(event for event in once.events if event.id is not None))
    assert exactly(again) == exactly(once)


@given(logs(), st.data())
def test_any_order_of_events_gives_an_equal_lead(log: list[Event], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(log))
    assert exactly(Lead("L", events=shuffled)) == exactly(Lead("L", events=log))


@given(logs(), st.data())
def test_any_splitting_of_a_log_gives_an_equal_lead(log: list[Event], data: st.DataObject) -> None:
    lead, rest = Lead("L"), list(data.draw(st.permutations(log)))
    while rest:
        count = data.draw(st.integers(1, len(rest)))
        lead, rest = lead.after(*rest[:count]), rest[count:]
    assert exactly(lead) == exactly(Lead("L", events=log))


@given(leads(), events())
def test_a_late_event_gives_the_same_lead_as_one_in_time(lead: Lead, late: Event) -> None:
    before = [event for event in lead.events if event.at <= late.at]
    after = [event for event in lead.events if event.at > late.at]
    started = lead._with(())
    assert exactly(started.after(*before, late, *after)) == exactly(lead.after(late))


@given(leads(), events())
def test_an_event_without_an_id_always_counts(lead: Lead, event: Event) -> None:
    assert len(lead.after(event, event).events) == len(lead.events) + 2


@given(leads(), st.sampled_from(["employees", "never asked"]), unknown_values())
def test_adding_an_unknown_field_never_changes_the_lead(lead: Lead, key: str, value: Any) -> None:
    start = lead.starts[0]
    named = {k: v for k, v in start.values.items() if k in ("source", "due", "stage", "rating")}
    own = {k: v for k, v in lead._with(()).fields.items() if k != key}
    plain = Lead("L", fields=own, **named)  # type: ignore[arg-type]
    added = Lead("L", fields={**own, key: value}, **named)  # type: ignore[arg-type]
    assert exactly(added) == exactly(plain)
    assert hash(added) == hash(plain)


@given(known_values())
def test_a_known_value_is_kept_and_an_instant_is_the_same_instant(value: Any) -> None:
    assert Lead("L", fields={"x": value}).fields["x"] == value


@given(field_values())
def test_a_field_reads_the_same_from_the_start_and_from_the_log(value: Any) -> None:
    at = datetime.fromisoformat("2026-03-01T12:00+00:00")
    from_start = Lead("L", fields={"x": value})
    from_log = Lead("L", fields={"x": 7}).after(FieldsSet({"x": value}, at))
    assert repr(from_log.fields) == repr(from_start.fields)


@given(duplicates(2))
def test_merge_is_commutative(pair: list[Lead]) -> None:
    one, other = pair
    assert exactly(merge(one, other)) == exactly(merge(other, one))


@given(duplicates(3))
def test_merge_is_associative(three: list[Lead]) -> None:
    a, b, c = three
    assert exactly(merge(merge(a, b), c)) == exactly(merge(a, merge(b, c)))
    assert exactly(merge(merge(a, b), c)) == exactly(merge(a, b, c))


@given(duplicates(2))
def test_merge_is_idempotent(pair: list[Lead]) -> None:
    one, other = pair
    both = merge(one, other)
    assert exactly(merge(one)) == exactly(merge(one, one))
    assert merge(one, one) == one
    assert exactly(merge(both, one)) == exactly(both)
    assert exactly(merge(both, both, other)) == exactly(both)


@given(duplicates(3), st.sets(st.sampled_from(["employees", "country", "source", "due"])))
def test_merge_with_newest_does_not_depend_on_order_or_grouping(
    three: list[Lead], newest: set[str]
) -> None:
    a, b, c = three
    together = merge(a, b, c, newest=newest)
    assert exactly(merge(c, merge(b, a, newest=newest))) == exactly(together)


@given(
    st.lists(
        st.tuples(st.sampled_from([None, "new", "sold"]), st.sampled_from([None, "p", "q"])),
        min_size=3,
        max_size=3,
    ),
    st.permutations(range(3)),
)
def test_law_a_merged_lead_stands_where_one_of_them_stood(
    places: list[tuple[str | None, str | None]], order: list[int]
) -> None:
    found = [
        Lead(f"L-{n}", stage=stage, pipeline=pipeline) for n, (stage, pipeline) in enumerate(places)
    ]
    a, b, c = (found[n] for n in order)
    merged = merge(a, b, c)
    assert (merged.stage is None) == all(stage is None for stage, _ in places)
    assert merged.stage is None or (merged.stage, merged.pipeline) in places
    assert exactly(merge(a, merge(b, c))) == exactly(merge(merge(a, b), c)) == exactly(merged)
    assert exactly(merge(*found)) == exactly(merged)


@given(duplicates(2), logs(prefix="later"))
def test_merging_after_or_before_new_events_with_ids_is_one_thing(
    pair: list[Lead], later: list[Event]
) -> None:
    one, other = pair
    named = [event for event in later if event.id is not None]
    assert exactly(merge(one.after(*named), other)) == exactly(merge(one, other).after(*named))


@given(leads(), instants(), instants())
def test_as_of_twice_is_as_of_the_earlier(lead: Lead, one: datetime, other: datetime) -> None:
    earlier, later = sorted((one, other))
    assert exactly(lead.rewind(later).rewind(earlier)) == exactly(lead.rewind(earlier))
    assert exactly(lead.rewind(earlier).rewind(earlier)) == exactly(lead.rewind(earlier))


@given(leads(), instants(), logs(prefix="future"))
def test_what_has_not_happened_yet_changes_nothing(
    lead: Lead, at: datetime, more: list[Event]
) -> None:
    future = [event for event in more if event.at > at]
    assert exactly(lead.after(*future).rewind(at)) == exactly(lead.rewind(at))


@given(leads())
def test_a_lead_pickles_and_equal_leads_hash_alike(lead: Lead) -> None:
    copy = pickle.loads(pickle.dumps(lead))
    assert exactly(copy) == exactly(lead)
    assert hash(copy) == hash(lead)
    assert repr(copy) == repr(lead)


@given(leads(), dates())
def test_a_repr_is_bounded(lead: Lead, due: Any) -> None:
    assert len(repr(lead)) <= 2_000
    assert all(len(repr(event)) <= 2_000 for event in lead.events)

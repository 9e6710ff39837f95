"""Laws of duplicates: who is one with whom, whatever the order, and what merging keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import combinations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from leadflow import Lead, merge
from leadflow.disposition.duplicates import by_email, by_phone, find_duplicates
from leadflow.events import Erased, Event, FieldsSet
from tests.strategies import instants, logs

SPELLED: dict[str, dict[str, tuple[Any, ...]]] = {
    "e-mail": {
        "ada": ("ada@example.org", " ADA@Example.org", "Ada <ada@example.org>"),
        "bo": ("bo@example.org", "mailto:Bo@example.org"),
    },
    "phone": {
        "one": ("22 123 45 67", "(22) 123-45-67 ext. 3", 221234567),
        "two": ("600700800", "600 700 800"),
    },
    "name": {"ada": ("Ada Łoś", "LOS, Ada"), "bo": ("Bo Xu", "xu bo")},
    "company": {"ecu": ("Écu", "ECU Sp. z o.o.", "ecu ltd"), "fox": ("Fox & Fox", "fox fox inc.")},
}
"""What is one thing, and the ways to write it; nobody else knows how the keys normalise."""
MEANT = {
    (kind, written): thing
    for kind, things in SPELLED.items()
    for thing, ways in things.items()
    for written in ways
} | {(kind, written): None for kind in SPELLED for written in ("", "?")}
READ = {
    "email": "e-mail",
    "phone": "phone",
    "mobile": "phone",
    "name": "name",
    "company": "company",
}
ONE_FIELD_EACH = (by_email(), by_phone())


def facts() -> st.SearchStrategy[dict[str, Any]]:
    """Fields of the five names, some of them known."""
    written = {
        field: st.sampled_from([way for of, way in MEANT if of == kind])
        for field, kind in READ.items()
    }
    return st.fixed_dictionaries({}, optional=written)


@st.composite
def crowds(draw: st.DrawFn) -> list[Lead]:
    """Leads of different ids; some share events, know things from their log, or were merged before."""
    shared = draw(logs(max_size=3, prefix="shared"))
    found = []
    for place in range(draw(st.integers(2, 8))):
        own = draw(logs(max_size=2, prefix=f"own{place}-"))
        log: list[Event] = [*own, *(event for event in shared if draw(st.booleans()))]
        if told := draw(st.none() | facts()):
            log.append(FieldsSet(told, draw(instants())))
        if draw(st.booleans()):
            log.append(Erased(("email", "name"), draw(instants())))
        created = draw(st.none() | instants())
        lead = Lead(f"L-{place}", created, fields=draw(facts()), events=log)
        old = draw(st.none() | st.sampled_from(["L-0", "L-3", "X"]))
        found.append(lead if old in (None, lead.id) else _merged_before(lead, str(old)))
    return found


def _merged_before(lead: Lead, old: str) -> Lead:
    """Give the lead an old id, of one that came in later."""
    return merge(lead, Lead(old)) if lead.created_at else lead


def meant(lead: Lead) -> set[tuple[str, str]]:
    """What the lead is known by, read from the table above."""
    known = [(READ[key], MEANT.get((READ[key], lead.values.get(key)))) for key in READ]
    things = {(kind, thing) for kind, thing in known if thing and kind in ("e-mail", "phone")}
    person = dict(known)
    if person["name"] and person["company"]:
        things.add(("name and company", f"{person['name']} at {person['company']}"))
    return things | {("merged id", id) for id in (lead.id, *lead.merged_ids)}


def connected(leads: Iterable[Lead]) -> set[frozenset[str]]:
    """Join whatever has something in common, again and again."""
    groups = [({lead.id}, meant(lead)) for lead in leads]
    while pair := next(((a, b) for a, b in combinations(groups, 2) if a[1] & b[1]), None):
        one, other = pair
        groups.remove(one)
        groups.remove(other)
        groups.append((one[0] | other[0], one[1] | other[1]))
    return {frozenset(ids) for ids, _ in groups if len(ids) > 1}


@given(crowds(), st.data())
def test_law_the_order_of_the_leads_does_not_matter(leads: list[Lead], data: st.DataObject) -> None:
    found, other = find_duplicates(leads), find_duplicates(data.draw(st.permutations(leads)))
    assert other == found
    assert str(other) == str(found)
    assert other.merged() == found.merged()


@given(crowds())
def test_law_every_pair_shares_what_each_of_its_reasons_says(leads: list[Lead]) -> None:
    by_id = {lead.id: meant(lead) for lead in leads}
    for pair in find_duplicates(leads):
        shared = {kind for kind, _ in by_id[pair.first] & by_id[pair.second]}
        named = [match.key for match in pair.because]
        assert named
        assert set(named) <= shared
        assert len(set(named)) == len(named)


@given(crowds())
def test_law_the_groups_are_the_leads_that_something_in_common_connects(leads: list[Lead]) -> None:
    found = find_duplicates(leads)
    assert {frozenset(group) for group in found.groups} == connected(leads)
    assert sum(map(len, found.groups)) == len({id for group in found.groups for id in group})


@given(crowds())
def test_law_there_are_fewer_pairs_than_texts_that_were_read(leads: list[Lead]) -> None:
    texts = sum(len(meant(lead)) for lead in leads)
    assert len(find_duplicates(leads)) <= texts


@given(crowds())
def test_law_pairs_and_groups_are_in_the_order_in_which_leads_came_in(leads: list[Lead]) -> None:
    found = find_duplicates(leads)
    places = {lead.id: place for place, lead in enumerate(found.leads)}
    pairs = [(places[pair.first], places[pair.second]) for pair in found]
    assert pairs == sorted(pairs)
    assert all(first < second for first, second in pairs)
    assert [list(group) for group in found.groups] == sorted(
        (sorted(group, key=places.__getitem__) for group in found.groups),
        key=lambda group: places[group[0]],
    )


@given(crowds())
def test_law_after_merging_every_id_leads_to_one_lead(leads: list[Lead]) -> None:
    merged = find_duplicates(leads).merged()
    before = {id for lead in leads for id in (lead.id, *lead.merged_ids)}
    after = [id for lead in merged for id in (lead.id, *lead.merged_ids)]
    assert set(after) == before
    assert len(after) == len(before)


@given(crowds())
def test_law_after_merging_every_event_is_there_once(leads: list[Lead]) -> None:
    found = find_duplicates(leads)
    group_of = {id: group for group in found.groups for id in group}
    by_id = {lead.id: lead for lead in leads}
    for lead in found.merged():
        members = [by_id[id] for id in group_of.get(lead.id, (lead.id,))]
        expected: Counter[Event] = Counter()
        for member in members:
            expected |= Counter(member.events)
        assert Counter(lead.events) == expected
        assert all(count == 1 for event, count in expected.items() if event.id is not None)


@given(crowds())
def test_law_merged_leads_hold_no_duplicates_by_keys_of_one_field(leads: list[Lead]) -> None:
    merged = find_duplicates(leads, ONE_FIELD_EACH).merged()
    again = find_duplicates(merged, ONE_FIELD_EACH)
    assert again.groups == ()
    assert again.merged() == again.leads == merged


@given(crowds())
def test_law_merging_again_comes_to_an_end(leads: list[Lead]) -> None:
    rest = find_duplicates(leads)
    for _ in range(len(leads)):
        if not rest:
            break
        merged = rest.merged()
        assert len(merged) < len(rest.leads)
        rest = find_duplicates(merged)
    assert not rest

"""Laws of split tests: a fair draw, always alike, that tells nothing of another one."""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from leadflow import Lead, merge
from leadflow.automation.split import Split
from leadflow.events import FieldsSet
from tests.strategies import instants, leads

COUNT = 10_000
IDS = [f"L-{number}" for number in range(COUNT)]
NAMES = st.sampled_from(["subject", "footer", "größe", "a b"])
SALTS = st.sampled_from(["", "spring", "1"]) | st.text(st.characters(codec="utf-8"), max_size=5)
ARMS = st.dictionaries(
    st.sampled_from(["a", "b", "c", "old one"]), st.integers(1, 99), min_size=2
)  # fmt: skip
SURELY_MORE = {1: 40.0, 2: 45.0, 3: 48.0, 4: 51.0, 6: 56.0, 9: 63.0}
"""A chi-square that chance exceeds less than once in a billion draws, by the degrees of freedom."""


@st.composite
def splits(draw: st.DrawFn, name: str | None = None) -> Split:
    return Split(name or draw(NAMES), draw(ARMS), salt=draw(SALTS))


def chi_square(found: Counter[Any], expected: dict[Any, float]) -> float:
    return sum((found[key] - count) ** 2 / count for key, count in expected.items())


@given(splits())
def test_law_shares_are_kept(split: Split) -> None:
    total = sum(split.arms.values())
    found = Counter(map(split.arm, IDS))
    expected = {arm: COUNT * share / total for arm, share in split.arms.items()}
    assert chi_square(found, expected) < SURELY_MORE[len(expected) - 1]


@given(splits(name="one"), splits(name="other"))
def test_law_the_arm_of_one_split_tells_nothing_of_that_of_another(
    one: Split, other: Split
) -> None:
    found = Counter(zip(map(one.arm, IDS), map(other.arm, IDS), strict=True))
    whole = sum(one.arms.values()) * sum(other.arms.values())
    pairs = product(one.arms.items(), other.arms.items())
    expected = {(a, b): COUNT * first * second / whole for (a, first), (b, second) in pairs}
    often = {pair: count for pair, count in expected.items() if count >= 5}
    free = len(expected) - 1
    allowed = max(value for key, value in SURELY_MORE.items() if key <= free) + 4 * free
    assert chi_square(found, often) < allowed


@given(splits(), st.data())
def test_law_a_draw_is_the_same_for_any_order_of_the_arms(
    split: Split, data: st.DataObject
) -> None:
    arms = data.draw(st.permutations(list(split.arms.items())))
    same = Split(split.name, dict(arms), salt=split.salt)
    assert same == split
    assert list(map(same.arm, IDS[:200])) == list(map(split.arm, IDS[:200]))


@given(splits(), st.sampled_from(IDS), st.lists(splits(), max_size=3), instants())
def test_law_what_else_is_drawn_does_not_matter(
    split: Split, id: str, others: list[Split], at: Any
) -> None:
    lead = Lead(id)
    for other in others:
        event = other.event(lead, at) if other.name != split.name else None
        lead = lead if event is None else lead.after(event)
    drawn = split.event(lead, at)
    assert drawn is not None
    assert drawn.values == {split.field: split.arm(id)}


@given(splits(), leads(), instants(), instants())
def test_law_twice_is_once(split: Split, lead: Lead, at: Any, later: Any) -> None:
    event = split.event(lead, at)
    assert event == split.event(lead, at)
    assert isinstance(event, FieldsSet)
    known = lead.after(event)
    assert known.after(event) == known
    assert split.event(known, later) is None
    assert split.event(merge(known, Lead("L-0")), later) is None

"""Laws of what follows from what: it holds of every lead."""

from __future__ import annotations

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from leadflow.conditions import Condition, all_of, any_of
from leadflow.conditions.contradiction import implies, is_always, is_never
from leadflow.lead import Lead
from tests.condition_strategies import conditions, instants, leads


@st.composite
def related(draw: st.DrawFn) -> tuple[Condition, list[Condition]]:
    """Draw a condition and others, made of the same few, so that one often follows."""
    few = draw(st.lists(conditions(), min_size=1, max_size=3))
    some = st.lists(st.sampled_from([*few, *(~one for one in few)]), min_size=1, max_size=3)
    combined = st.builds(lambda how, parts: how(*parts), st.sampled_from((all_of, any_of)), some)
    return draw(combined | conditions()), draw(st.lists(combined | conditions(), max_size=3))


@given(related(), st.lists(leads(), min_size=1, max_size=4), instants())
def test_law_no_lead_meets_a_condition_and_none_of_those_that_follow(
    drawn: tuple[Condition, list[Condition]], several: list[Lead], as_of: datetime
) -> None:
    one, others = drawn
    if implies(one, *others):
        for lead in several:
            if one.matches(lead, as_of=as_of):
                assert any(other.matches(lead, as_of=as_of) for other in others)


@given(related(), leads(), instants())
def test_law_never_and_always_hold_of_every_lead(
    drawn: tuple[Condition, list[Condition]], lead: Lead, as_of: datetime
) -> None:
    met = drawn[0].matches(lead, as_of=as_of)
    assert not (met and is_never(drawn[0]))
    assert met or not is_always(drawn[0])


@given(conditions(), st.lists(conditions(), max_size=2))
def test_law_a_condition_follows_from_itself(one: Condition, others: list[Condition]) -> None:
    assert implies(one, *others, one)
    assert implies(one, any_of(one, *others))
    assert implies(all_of(one, *others), one)

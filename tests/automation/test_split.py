"""Split tests: arms, the draw, and the event that writes it down once."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leadflow import Lead, Money, field
from leadflow.automation.split import Split
from leadflow.errors import InvalidValue, LimitExceeded, NaiveDatetime
from leadflow.events import Erased, FieldsSet
from leadflow.lead import merge

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=1)
EVEN = Split("subject", {"a": 1, "b": 1})


def odd(value: Any) -> Any:
    """Hide from the type checker what it would refuse."""
    return value


def drawn(split: Split, count: int = 2_000) -> list[str]:
    return [split.arm(f"L-{number}") for number in range(count)]


# --- the draw ---


def test_the_draw_is_written_down_here() -> None:
    # A change of these would deal all leads of a host anew, in the middle of its tests.
    assert "".join(drawn(EVEN, 24)) == "abbbbaababbbaabbbbabbbaa"
    three = Split("offer", {"none": 1, "ten": 2, "trial": 1}, salt="spring")
    assert drawn(three, 8) == ["ten", "ten", "trial", "trial", "ten", "ten", "ten", "none"]


def test_shares_of_one_to_one_come_out_about_even() -> None:
    assert 930 < Counter(drawn(EVEN))["a"] < 1_070


def test_shares_of_ninety_to_ten_come_out_about_so() -> None:
    assert 150 < Counter(drawn(Split("subject", {"old": 90, "new": 10})))["new"] < 250


def test_the_order_of_the_arms_does_not_matter() -> None:
    other = Split("subject", {"b": 1, "a": 1})
    assert (other, drawn(other), list(other.arms)) == (EVEN, drawn(EVEN), ["a", "b"])


def test_shares_of_one_ratio_draw_differently_only_where_they_must() -> None:
    moved = [
        (before, after)
        for before, after in zip(
            drawn(Split("s", {"a": 128, "b": 128})), drawn(Split("s", {"a": 64, "b": 192})),
            strict=True,
        )
        if before != after
    ]  # fmt: skip
    assert set(moved) == {("a", "b")}
    assert 400 < len(moved) < 600


@pytest.mark.parametrize(
    "other", [Split("footer", EVEN.arms), Split("subject", EVEN.arms, salt="2")]
)
def test_another_name_or_salt_draws_anew(other: Split) -> None:
    same = sum(one == two for one, two in zip(drawn(EVEN), drawn(other), strict=True))
    assert 930 < same < 1_070


def test_names_ids_and_salts_that_run_together_are_told_apart() -> None:
    ways = [
        [Split("s", EVEN.arms, salt=f"{n}x").arm("L") for n in range(60)],
        [Split("s", EVEN.arms, salt="x").arm(f"L{n}") for n in range(60)],
        [Split(f"s{n}", EVEN.arms, salt="x").arm("L") for n in range(60)],
        [Split("s", EVEN.arms, salt=f"x\x1f{n}").arm("L") for n in range(60)],
    ]
    assert len(set(map(tuple, ways))) == 4


def test_an_id_is_one_however_it_is_composed() -> None:
    assert {EVEN.arm(" Zoe\u0308-7 ")} == {EVEN.arm("Zoë-7")}


@pytest.mark.parametrize("id", ["", " ", None, 7, "a\nb", "x" * 201])
def test_only_an_id_is_drawn_for(id: object) -> None:
    with pytest.raises((InvalidValue, LimitExceeded), match="lead_id"):
        EVEN.arm(odd(id))


# --- the definition ---


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": " "}, "Split.name"),
        ({"name": 7}, "Split.name"),
        ({"name": "x" * 195}, "as a field"),
        ({"arms": ["a", "b"]}, "a mapping of arms to shares"),
        ({"arms": {}}, "expected two arms or more, got 0"),
        ({"arms": {"a": 1}}, "expected two arms or more, got 1"),
        ({"arms": {"a": 1, " a ": 1}}, "arms that differ"),
        ({"arms": {"a": 1, "": 1}}, "arms name: expected a name that is not blank"),
        ({"arms": {"a": 1, 2: 1}}, "arms name: expected text"),
        ({"arms": {"a": 1, "b": 0}}, "arms.b: expected a whole number of at least 1, got 0"),
        ({"arms": {"a": 1, "b": -1}}, "at least 1, got -1"),
        ({"arms": {"a": 1, "b": 0.5}}, "arms.b: expected a whole number, got 0.5"),
        ({"arms": {"a": 1, "b": True}}, "arms.b: expected a whole number, got True"),
        ({"arms": {"a": 1, "b": "1"}}, "arms.b: expected a whole number, got '1'"),
        ({"arms": {"a": 1, "b": 2**63}}, "arms.b: a whole number may be at most"),
        ({"arms": {str(n): 1 for n in range(1_001)}}, "the arms of a split may be at most 1,000"),
        ({"salt": None}, "salt: expected text"),
        ({"salt": "\ud800"}, "without lone surrogates"),
        ({"when": "always"}, "when: expected a condition"),
    ],
)
def test_what_is_no_split_is_refused_when_built(given: dict[str, Any], words: str) -> None:
    with pytest.raises((InvalidValue, LimitExceeded), match=words):
        Split(**{"name": "s", "arms": {"a": 1, "b": 1}, **given})


def test_the_most_arms_the_largest_shares_and_the_longest_name_are_taken() -> None:
    split = Split("x" * 194, {str(n): 2**63 - 1 for n in range(1_000)})
    assert split.arm("L-7") in split.arms
    assert split.event(Lead("L-7"), NOON) is not None


# --- the event ---


def test_the_arm_is_written_to_the_lead_and_read_like_any_field() -> None:
    event = EVEN.event(Lead("L-1"), NOON)
    assert event is not None
    assert (event.values, event.at) == ({"split_subject": "b"}, NOON)
    lead = Lead("L-1").after(event)
    assert field(EVEN.field).equals("b").matches(lead, as_of=NOON)


def test_twice_is_once() -> None:
    lead = Lead("L-1")
    event = EVEN.event(lead, NOON)
    assert event is not None
    assert event == EVEN.event(lead, NOON)
    known = lead.after(event)
    assert known.after(event) == known
    assert EVEN.event(known, LATER) is None


def test_two_splits_of_a_lead_have_two_events() -> None:
    lead = Lead("L-1")
    events = [EVEN.event(lead, NOON), Split("footer", EVEN.arms).event(lead, NOON)]
    both = lead.after(*(event for event in events if event is not None))
    assert {"split_subject", "split_footer"} == set(both.fields)


def test_a_lead_keeps_its_arm_when_the_shares_or_the_arms_change() -> None:
    lead = Lead("L-1", fields={"split_subject": "gone"})
    assert Split("subject", {"a": 99, "b": 1}).event(lead, NOON) is None


def test_an_arm_that_is_known_only_later_is_not_drawn_before() -> None:
    event = EVEN.event(Lead("L-1"), LATER)
    assert event is not None
    assert EVEN.event(Lead("L-1").after(event), NOON) is None


@pytest.mark.parametrize(
    "end", [Erased(["split_subject"], LATER), FieldsSet({"split_subject": None}, LATER)]
)
def test_an_arm_that_was_taken_away_is_not_drawn_again(end: Erased | FieldsSet) -> None:
    event = EVEN.event(Lead("L-1"), NOON)
    assert event is not None
    lead = Lead("L-1").after(event, end)
    assert "split_subject" not in lead.fields
    assert EVEN.event(lead, LATER) is None
    united = merge(Lead("L-0"), lead)
    assert (united.id, EVEN.event(united, LATER)) == ("L-0", None)


def test_a_merged_lead_keeps_the_arm_of_the_one_that_had_one() -> None:
    second = Lead("L-2", NOON)
    event = EVEN.event(second, LATER)
    assert event is not None
    united = merge(Lead("L-1", NOON), second.after(event))
    assert (united.id, united.fields["split_subject"]) == ("L-1", EVEN.arm("L-2"))
    assert EVEN.event(united, LATER) is None


def test_only_leads_that_meet_the_condition_take_part() -> None:
    split = Split("subject", {"a": 1, "b": 1}, when=field("country").equals("PL"))
    assert split.event(Lead("L-1", fields={"country": "DE"}), NOON) is None
    assert split.event(Lead("L-1", fields={"country": "PL"}), NOON) is not None


def test_the_condition_is_asked_of_the_lead_as_it_was() -> None:
    split = Split("subject", {"a": 1, "b": 1}, when=field("country").equals("PL"))
    lead = Lead("L-1", events=[FieldsSet({"country": "PL"}, LATER)])
    assert split.event(lead, NOON) is None
    assert split.event(lead, LATER) is not None


@pytest.mark.parametrize("lead", [None, "L-1", Money(1, "EUR")])
def test_what_is_no_lead_has_no_arm(lead: object) -> None:
    with pytest.raises(InvalidValue, match="lead: expected a Lead"):
        EVEN.event(odd(lead), NOON)


def test_an_instant_has_a_zone() -> None:
    with pytest.raises(NaiveDatetime):
        EVEN.event(Lead("L-1"), datetime(2026, 3, 1))

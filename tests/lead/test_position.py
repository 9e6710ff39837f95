"""Where a lead stands: what the log sets, in its order, and what overrides and erasures do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from leadflow import Lead, Money
from leadflow.events import (
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
    Reopened,
    Scored,
    Snoozed,
    StageChange,
    Tagged,
    TaskDone,
    TaskSet,
    Untagged,
)


def day(number: int) -> datetime:
    return datetime(2026, 3, number, 12, tzinfo=UTC)


def test_the_latest_event_wins_over_the_start_and_over_earlier_ones() -> None:
    lead = Lead(
        "L", stage="new", events=[StageChange("won", day(3)), StageChange("working", day(2))]
    )
    assert lead.stage == "won"


def test_a_late_stage_change_joins_the_log_without_moving_a_lead_that_has_moved_since() -> None:
    moved = Lead("L", stage="new").after(StageChange("proposal", day(5)))
    late = moved.after(StageChange("working", day(2)))
    assert late.stage == "proposal"
    assert len(late.events) == 2
    assert late.rewind(day(3)).stage == "working"


def test_events_of_one_instant_are_told_apart_by_their_sequence() -> None:
    first, second = StageChange("z", day(1), sequence=1), StageChange("a", day(1), sequence=2)
    assert Lead("L").after(second, first).stage == "a"
    assert Lead("L").after(first, StageChange("a", day(1))).stage == "z"


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (StageChange("working", day(1)), {"stage": "working"}),
        (StageChange("a", day(1), pipeline="p"), {"stage": "a", "pipeline": "p"}),
        (Reopened("new", day(1), pipeline="p"), {"stage": "new", "pipeline": "p"}),
        (Assignment("ann", day(1)), {"owner": "ann"}),
        (Rated("hot", day(1)), {"rating": "hot"}),
        (Scored(40, day(1)), {"score": 40}),
        (Scored(0, day(1), win_probability=0), {"score": 0, "win_probability": 0.0}),
        (Qualification("mql", day(1)), {"lifecycle": "mql"}),
        (Qualification("sql", day(1)), {"lifecycle": "sql"}),
        (Qualification("returned", day(1)), {"lifecycle": "lead"}),
        (Disposition("won", day(1)), {"lifecycle": "customer"}),
        (Disposition("lost", day(1)), {}),
        (
            Conversion("sales", "first", day(1)),
            {"pipeline": "sales", "stage": "first", "lifecycle": "opportunity"},
        ),
        (
            Conversion(
                *("sales", "first", day(1)),
                owner="ben",
                value=Money(5, "EUR"),
                expected_close=date(2026, 9, 1),
            ),
            {
                "pipeline": "sales",
                "stage": "first",
                "lifecycle": "opportunity",
                "owner": "ben",
                "deal_value": Money(5, "EUR"),
                "due": date(2026, 9, 1),
            },
        ),
        (
            FieldsSet({"source": "fair", "due": date(2026, 4, 1), "employees": 20}, day(1)),
            {"source": "fair", "due": date(2026, 4, 1), "employees": 20},
        ),
        (Activity("call", day(1)), {}),
        (Note("a", day(1)), {}),
        (TaskSet("T", day(1)), {}),
        (TaskDone("T", day(1)), {}),
        (Snoozed(date(2026, 4, 1), day(1), reason=""), {}),
        (Tagged("vip", day(1)), {}),
    ],
)
def test_an_event_sets_these_values_and_no_others(event: Event, expected: dict[str, Any]) -> None:
    assert Lead("L").after(event).values == {"id": "L", **expected}


def test_a_conversion_keeps_what_it_does_not_say() -> None:
    lead = Lead("L", owner="ann", due=date(2026, 5, 1), deal_value=Money(7, "EUR"))
    converted = lead.after(Conversion("sales", "first", day(1)))
    assert (converted.owner, converted.due) == ("ann", date(2026, 5, 1))
    assert converted.deal_value == Money(7, "EUR")


@pytest.mark.parametrize("nobody_knows", [None, float("nan"), Decimal("NaN")])
def test_a_field_set_to_unknown_is_unknown(nobody_knows: Any) -> None:
    lead = Lead("L", source="fair", fields={"employees": 20})
    after = lead.after(FieldsSet({"employees": nobody_knows, "source": nobody_knows}, day(1)))
    assert "employees" not in after.fields
    assert after.source is None
    assert after.after(FieldsSet({"employees": 30}, day(2))).fields == {"employees": 30}


def test_an_empty_text_is_known() -> None:
    assert Lead("L", fields={"x": "y"}).after(FieldsSet({"x": ""}, day(1))).fields == {"x": ""}


def test_tags_come_and_go_in_the_order_of_the_log() -> None:
    lead = Lead("L", tags=["vip"]).after(Tagged("it", day(2)), Untagged("vip", day(2)))
    assert lead.tags == {"it"}
    assert lead.after(Tagged("vip", day(1))).tags == {"it"}
    assert lead.after(Tagged("vip", day(3))).tags == {"it", "vip"}
    assert lead.after(Untagged("never there", day(4))).tags == {"it"}
    assert lead.rewind(day(1)).tags == {"vip"}


# Overrides


def test_an_override_stands_before_what_machines_decide_later() -> None:
    lead = Lead("L").after(Rated("cold", day(1)), Overridden("rating", "hot", day(2), reason="met"))
    assert lead.rating == "hot"
    assert lead.after(Rated("warm", day(3))).rating == "hot"
    assert lead.rewind(day(1)).rating == "cold"


def test_machine_values_go_on_beside_an_override_and_show_when_it_is_lifted() -> None:
    lead = Lead("L", owner="ann").after(
        Overridden("owner", "ben", day(1), reason="knows her"),
        Assignment("cho", day(2)),
        Overridden("owner", None, day(3), reason="left"),
    )
    assert lead.owner == "cho"
    assert lead.rewind(day(2)).owner == "ben"


def test_an_override_lifted_without_a_machine_value_gives_the_start_back() -> None:
    held = Overridden("rating", "hot", day(1), reason="met")
    lifted = Overridden("rating", None, day(2), reason="cooled")
    assert Lead("L", rating="warm").after(held, lifted).rating == "warm"
    assert Lead("L").after(held, lifted).rating is None


def test_an_override_ends_at_its_instant() -> None:
    held = Overridden("rating", "hot", day(1), reason="met", until=day(10))
    lead = Lead("L").after(held, Rated("cold", day(5)))
    just_before = day(10) - timedelta(microseconds=1)
    assert (lead.rating, lead.rewind(just_before).rating) == ("hot", "hot")
    assert (lead.rewind(day(10)).rating, lead.rewind(day(11)).rating) == ("cold", "cold")
    assert lead.after(Note("later", day(10))).rating == "cold"
    assert lead.after(Note("sooner", just_before)).rating == "hot"


def test_a_lead_seen_after_an_override_ended_can_be_seen_from_before_again() -> None:
    held = Overridden("rating", "hot", day(1), reason="met", until=day(10))
    ended = Lead("L", rating="cold").after(held).rewind(day(20))
    assert ended.rating == "cold"
    assert ended.rewind(day(15)) is ended
    assert ended.rewind(day(10)).rating == "cold"
    assert ended.rewind(day(5)).rating == "hot"


def test_a_lead_seen_with_and_without_its_override_is_not_equal() -> None:
    held = Overridden("rating", "hot", day(1), reason="met", until=day(10))
    lead = Lead("L", rating="cold").after(held)
    assert lead.rewind(day(9)) == lead
    assert lead.rewind(day(10)) != lead


def test_rating_and_owner_are_overridden_apart() -> None:
    lead = Lead("L", rating="cold", owner="ann").after(
        Overridden("rating", "hot", day(1), reason="", until=day(4)),
        Overridden("owner", "ben", day(2), reason="", until=day(6)),
    )
    seen = {n: lead.rewind(day(n)) for n in (1, 3, 5, 7)}
    assert [(each.rating, each.owner) for each in seen.values()] == [
        ("hot", "ann"),
        ("hot", "ben"),
        ("cold", "ben"),
        ("cold", "ann"),
    ]


def test_a_later_override_takes_the_place_of_an_earlier_one_for_good() -> None:
    lead = Lead("L", rating="cold").after(
        Overridden("rating", "hot", day(1), reason=""),
        Overridden("rating", "warm", day(2), reason="", until=day(4)),
    )
    assert [lead.rewind(day(n)).rating for n in (1, 2, 5)] == ["hot", "warm", "cold"]


def test_an_override_that_arrives_late_finds_its_place() -> None:
    lead = Lead("L").after(Overridden("rating", None, day(5), reason="lifted"))
    late = lead.after(Overridden("rating", "hot", day(2), reason="met"))
    assert (late.rating, late.rewind(day(3)).rating) == (None, "hot")


def test_the_override_that_stands_is_found_with_its_reason() -> None:
    owner = Overridden("owner", "ben", day(1), reason="knows her", by="ann")
    rating = Overridden("rating", "hot", day(2), reason="met")
    lead = Lead("L").after(owner, rating, Assignment("cho", day(3)))
    assert (lead.override("owner"), lead.override("rating")) == (owner, rating)
    assert lead.rewind(day(1)).override("rating") is None
    assert Lead("L", owner="ann").override("owner") is None


def test_an_override_stands_until_its_instant_and_no_longer() -> None:
    held = Overridden("owner", "ben", day(1), reason="knows her", until=day(10))
    lead = Lead("L").after(held)
    just_before = day(10) - timedelta(microseconds=1)
    assert lead.override("owner") is lead.rewind(just_before).override("owner") is held
    assert lead.rewind(day(10)).override("owner") is None
    assert lead.rewind(day(10)).rewind(day(9)).override("owner") == held
    assert lead.after(Note("later", day(11))).override("owner") is None
    assert lead.after(Note("later", just_before)).override("owner") == held


def test_a_later_override_stands_in_place_of_an_earlier_one_even_when_it_has_ended() -> None:
    first = Overridden("owner", "ben", day(1), reason="knows her")
    second = Overridden("owner", "cho", day(2), reason="on leave", until=day(4))
    lifted = Overridden("owner", None, day(6), reason="a mistake")
    lead = Lead("L").after(first, second)
    found = [lead.rewind(day(n)).override("owner") for n in (1, 2, 5)]
    assert found == [first, second, None]
    assert lead.after(lifted).override("owner") is None
    assert Lead("L").after(first, lifted).override("owner") is None


# Erased


def test_erased_fields_are_unknown_from_there_on() -> None:
    lead = Lead("L", source="fair", due=date(2026, 5, 1), fields={"phone": "1", "employees": 20})
    after = lead.after(Erased(("phone", "source"), day(5)))
    assert after.values == {"id": "L", "due": date(2026, 5, 1), "employees": 20}


def test_a_late_event_from_before_an_erasure_does_not_bring_the_field_back() -> None:
    lead = Lead("L", fields={"phone": "1"}).after(Erased(("phone",), day(5)))
    assert "phone" not in lead.after(FieldsSet({"phone": "2"}, day(4))).fields


def test_an_event_from_after_an_erasure_may_set_the_field_again() -> None:
    lead = Lead("L", fields={"phone": "1"}).after(FieldsSet({"phone": "2"}, day(6)))
    assert lead.after(Erased(("phone",), day(5))).fields == {"phone": "2"}
    assert "phone" not in lead.after(Erased(("phone",), day(7))).fields


def test_as_of_before_an_erasure_reads_what_was_known() -> None:
    lead = Lead("L", fields={"phone": "1"}).after(Erased(("phone",), day(5)))
    assert lead.rewind(day(4)).fields == {"phone": "1"}

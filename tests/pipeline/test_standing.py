"""Where one lead stands, what it needs, and what is still required before it can move on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from leadflow import Activity, Lead, Money
from leadflow.calendars import WorkingHours
from leadflow.contact import ContactRules
from leadflow.errors import LeadflowError
from leadflow.events import Disposition, FieldsSet, Snoozed, StageChange
from leadflow.pipeline import Offer, OfferCheck, Pipeline, Stage, age, next_action, standing

CAME = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""A Monday noon."""
DAY = timedelta(days=1)
SALES = Pipeline.linear(
    "sales",
    [
        Stage("new", "ליד חדש", expected="1 day"),
        Stage("working", "In work", expected="5 days", follow_up="2 days", requires=["phone"]),
        Stage("offer", "Offer", requires=["deal_value", "budget"]),
        Stage("won", "Won", kind="won"),
        Stage("lost", "Lost", kind="lost"),
    ],
    skip=False,
)


def odd(value: Any) -> Any:
    """Hide from the type checker what it would refuse."""
    return value


def working_lead(**given: Any) -> Lead:
    events = [Activity("call", CAME, answered=True), StageChange("working", CAME)]
    start = {"stage": "new", "fields": {"phone": "5"}, "events": events}
    return Lead("L-7", CAME, **start | given)


def test_it_tells_the_stage_the_age_the_next_action_and_the_moves() -> None:
    lead, as_of = working_lead(), CAME + 6 * DAY
    found = standing(lead, SALES, as_of=as_of)
    assert found.stage == SALES["working"]
    assert found.age == age(lead, SALES, as_of=as_of)
    assert found.action == next_action(lead, as_of, SALES)
    assert found.moves == SALES.next_moves(lead, at=as_of)


def test_it_says_in_words_all_that_is_required_before_a_lead_can_move_on() -> None:
    found = standing(working_lead(), SALES, as_of=CAME + 6 * DAY)
    assert str(found).splitlines() == [
        "L-7: In work",
        "  yellow: 6 days in working, of 5 days expected",
        f"  next: {found.action}",
        "  attempts: call 1; phone: 5",
        "  to Offer: deal_value is not known; budget is not known",
        "  to ליד חדש: nothing is missing",
        "  to Lost: 'lost' needs a disposition: why it ended, in the lead's log",
    ]


def test_n4_it_tells_attempts_source_contact_data_and_the_time_there() -> None:
    calls = [Activity(kind, CAME, answered=False) for kind in ("call", "voicemail", "call")]
    lead = working_lead(
        source="trade fair",
        time_zone="Asia/Tokyo",
        fields={"phone": "+81 3 1234", "email": "ada@example.com", "seats": 5},
        events=[*calls, Activity("email_sent", CAME), Activity("linkedin_message", CAME)],
    )
    found = standing(lead, SALES, as_of=CAME + DAY)
    assert found.attempts == {"call": 2, "voicemail": 1, "email_sent": 1, "linkedin_message": 1}
    assert str(found).splitlines()[3] == (
        "  attempts: call 2, email sent 1, linkedin message 1, voicemail 1; source: trade fair; "
        "phone: +81 3 1234; email: ada@example.com; 21:00 in Asia/Tokyo"
    )


def test_what_is_known_of_a_lead_stays_on_its_line() -> None:
    lead = working_lead(source="fair\n\x1b[2J", fields={"phone": "5\n6"})
    assert str(standing(lead, SALES, as_of=CAME)).splitlines()[3] == (
        "  attempts: call 1; source: fair \\x1b[2J; phone: 5 6"
    )


def test_a_long_value_leaves_room_for_the_others() -> None:
    lead = working_lead(fields={"phone": "5" * 60_000, "email": "ada@example.com"})
    line = str(standing(lead, SALES, as_of=CAME)).splitlines()[3]
    assert len(line) < 300
    assert line.endswith("…; email: ada@example.com")


def test_the_reason_of_a_snooze_stays_on_its_lines() -> None:
    lead = working_lead().after(Snoozed(date(2026, 6, 1), CAME, reason="a\x1b[31m\u202eb\nc"))
    words = str(standing(lead, SALES, as_of=CAME))
    assert words.count("a\\x1b[31m\\u202eb c") == 2  # of the age, and of the next action


@pytest.mark.parametrize(
    ("zone", "as_of", "there"),
    [
        ("America/New_York", datetime.min.replace(tzinfo=UTC), "00:00 in UTC"),
        ("Asia/Tokyo", datetime.max.replace(tzinfo=UTC), "23:59 in UTC"),
        ("Asia/Tokyo", datetime.min.replace(tzinfo=UTC), "in Asia/Tokyo"),
    ],
)
def test_the_time_there_is_told_in_utc_where_it_would_leave_the_calendar(
    zone: str, as_of: datetime, there: str
) -> None:
    lead = Lead("L-7", stage="new", time_zone=zone)
    words = str(standing(lead, SALES, as_of=as_of))
    assert words.splitlines()[3].endswith(there)


def test_the_rules_given_decide_what_should_go_with_the_next_action() -> None:
    tried = Activity("call", CAME, answered=False)
    lead = working_lead(
        fields={"phone": "5", "email": "ada@example.com", "no_mail": True}, events=[tried]
    )
    rules = ContactRules(refused_by={"email": ["no_mail"]})
    assert standing(lead, SALES, as_of=CAME).action.accompany == "email"
    assert standing(lead, SALES, as_of=CAME, rules=rules).action.accompany is None


def test_the_offer_given_is_checked_for_the_moves_that_need_one() -> None:
    steps = [Stage("new"), Stage("offer", offer=OfferCheck("EUR")), Stage("won", kind="won")]
    table = Pipeline.linear("sales", steps)
    lead, offer = Lead("L-7", CAME, stage="new"), Offer(Money(10, "EUR"))
    found = standing(lead, table, as_of=CAME, offer=offer)
    assert found.moves == table.next_moves(lead, at=CAME, offer=offer)
    assert found.moves != standing(lead, table, as_of=CAME).moves


def test_the_page_shows_all_of_it_with_every_cell_escaped() -> None:
    lead = working_lead(source="<b>fair</b>")
    html = standing(lead, SALES, as_of=CAME + 6 * DAY)._repr_html_()
    assert "<b>" not in html
    for words in (
        "lead L-7",
        "In work",
        "yellow: 6 days in working",
        "call on ",
        "source: &lt;b&gt;fair",
        "to Offer",
        "deal_value is not known; budget is not known",
    ):
        assert words in html
    assert "known</td>" not in standing(Lead("L-7"), SALES, as_of=CAME)._repr_html_()


def test_its_repr_is_short() -> None:
    assert repr(standing(working_lead(), SALES, as_of=CAME)) == "Standing('L-7', 'working')"
    assert repr(standing(Lead("L-7"), SALES, as_of=CAME)) == "Standing('L-7', None)"


def test_what_is_not_known_of_a_lead_takes_no_line() -> None:
    assert str(standing(Lead("L-7", CAME), SALES, as_of=CAME)).count("\n") == 3


def test_what_became_known_is_required_no_longer() -> None:
    facts = FieldsSet({"deal_value": Money(10, "EUR"), "budget": 20}, CAME + DAY)
    lines = str(standing(working_lead().after(facts), SALES, as_of=CAME + DAY)).splitlines()
    assert "  to Offer: nothing is missing" in lines
    before = str(standing(working_lead().after(facts), SALES, as_of=CAME)).splitlines()
    assert "  to Offer: deal_value is not known; budget is not known" in before


def test_a_closed_lead_can_be_reopened() -> None:
    lead = working_lead().after(
        Disposition("lost", CAME + DAY, reason="price"), StageChange("lost", CAME + DAY)
    )
    lines = str(standing(lead, SALES, as_of=CAME + 2 * DAY)).splitlines()
    assert lines[:3] == ["L-7: Lost", "  green: closed in lost", "  next: closed in lost"]
    assert "  reopen into In work: nothing is missing" in lines


def test_a_lead_outside_the_pipeline_stands_in_none_of_its_stages() -> None:
    found = standing(working_lead(pipeline="deals"), SALES, as_of=CAME)
    assert found.stage is None
    assert str(found).startswith("L-7: stands in no stage of this pipeline\n")
    assert "not in 'sales'" in str(found)


def test_the_age_is_in_working_time_where_hours_are_given() -> None:
    hours = WorkingHours({"mon-fri": "09:00-17:00"})
    found = standing(working_lead(), SALES, as_of=CAME + 6 * DAY, hours=hours)
    assert found.age.because == "4 working days in working, of 5 days expected"


def test_dates_turn_at_midnight_in_the_zone_given() -> None:
    lead = working_lead(time_zone="America/New_York").after(
        Snoozed(date(2026, 3, 5), CAME, reason="fair")
    )
    eve = datetime(2026, 3, 4, 23, tzinfo=UTC)
    assert standing(lead, SALES, as_of=eve).action.why == "snoozed"
    found = standing(lead, SALES, as_of=eve, zone="Asia/Tokyo")
    assert (found.action.why, found.age.because) == (
        "follow_up", "8:00 hours in working, of 5 days expected",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (lambda: standing(working_lead(), SALES, as_of=datetime(2026, 3, 2)), "as_of time zone"),
        (lambda: standing(odd("L-7"), SALES, as_of=CAME), "lead expected a Lead 'L-7'"),
        (lambda: standing(working_lead(), odd([SALES]), as_of=CAME), "pipeline a Pipeline list"),
        (lambda: standing(working_lead(), SALES, as_of=CAME, hours=odd(8)), "hours WorkingHours 8"),
        (lambda: standing(working_lead(), SALES, as_of=CAME, zone="Mars"), "zone 'Mars'"),
        (lambda: standing(working_lead(), SALES, as_of=CAME, rules=odd(5)), "ContactRules 5"),
    ],
)
def test_bad_input_is_refused_with_what_would_work(
    question: Callable[[], object], words: str
) -> None:
    with pytest.raises(LeadflowError) as caught:
        question()
    for word in words.split():
        assert word in str(caught.value)

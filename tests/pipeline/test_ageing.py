"""Time in stage, and whether it is too long."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from leadflow import Lead, Span
from leadflow.calendars import WorkingHours
from leadflow.errors import InvalidValue, LeadflowError, NaiveDatetime
from leadflow.events import Conversion, Event, Reopened, Snoozed, StageChange
from leadflow.pipeline import Age, Pipeline, Stage, Stay, age, stays, time_in_stage

CAME = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""A Monday noon."""
DAY, HOUR, TICK = timedelta(days=1), timedelta(hours=1), timedelta(microseconds=1)
WON, LOST = Stage("won", kind="won"), Stage("lost", kind="lost")
OFFICE = WorkingHours({"mon-fri": "09:00-17:00"})


def odd(value: Any) -> Any:
    """Hide from the type checker what it would refuse."""
    return value


def pipeline(expected: Any = None, **how: Any) -> Pipeline:
    steps = [Stage("working", expected=expected, **how), Stage("rest", kind="on_hold"), WON, LOST]
    return Pipeline.linear("sales", steps)


def a_lead(*events: Event, stage: str = "working", created: datetime | None = CAME) -> Lead:
    return Lead("L-7", created, stage=stage, events=events)


def aged(after: timedelta, expected: Any, *events: Event, **how: Any) -> Age:
    return age(a_lead(*events), pipeline(expected, **how), as_of=CAME + after)


def light(after: timedelta, expected: Any, *events: Event, **how: Any) -> str:
    return aged(after, expected, *events, **how).light


def snoozed(until: date, at: datetime, reason: str = "budget") -> Snoozed:
    return Snoozed(until, at, reason=reason)


# --- stays ---


def test_the_stage_a_lead_came_with_was_entered_at_its_creation() -> None:
    assert stays(a_lead(), as_of=CAME + DAY) == (Stay("working", None, CAME, None),)


def test_a_stay_ends_where_the_next_one_begins() -> None:
    lead = a_lead(
        StageChange("rest", CAME + DAY, pipeline="sales"),
        StageChange("lost", CAME + 3 * DAY),
        Reopened("working", CAME + 9 * DAY),
    )
    assert stays(lead, as_of=CAME + 10 * DAY) == (
        Stay("working", None, CAME, CAME + DAY),
        Stay("rest", "sales", CAME + DAY, CAME + 3 * DAY),
        Stay("lost", "sales", CAME + 3 * DAY, CAME + 9 * DAY),
        Stay("working", "sales", CAME + 9 * DAY, None),
    )


def test_a_lead_that_never_stood_anywhere_has_no_stays() -> None:
    assert stays(Lead("L-7", CAME), as_of=CAME) == ()
    assert time_in_stage(Lead("L-7", CAME), as_of=CAME) is None


def test_what_happens_after_the_instant_has_not_ended_a_stay() -> None:
    lead = a_lead(StageChange("won", CAME + DAY))
    assert stays(lead, as_of=CAME + DAY - TICK) == (Stay("working", None, CAME, None),)


def test_entering_the_stage_it_stands_in_is_no_new_stay() -> None:
    lead = a_lead(StageChange("working", CAME + DAY), StageChange("won", CAME + 2 * DAY))
    assert [stay.entered for stay in stays(lead, as_of=CAME + 3 * DAY)] == [CAME, CAME + 2 * DAY]


def test_a_late_event_finds_its_place_between_the_stays() -> None:
    lead = a_lead(StageChange("won", CAME + 5 * DAY)).after(StageChange("rest", CAME + DAY))
    found = stays(lead, as_of=CAME + 9 * DAY)
    assert [(stay.stage, stay.entered) for stay in found] == [
        ("working", CAME), ("rest", CAME + DAY), ("won", CAME + 5 * DAY),
    ]  # fmt: skip


def test_a_conversion_begins_a_stay_in_another_pipeline_even_in_a_stage_of_the_same_key() -> None:
    lead = Lead(
        "L-7", CAME, stage="new", pipeline="leads", events=[Conversion("deals", "new", CAME + DAY)]
    )
    assert stays(lead, as_of=CAME + 2 * DAY) == (
        Stay("new", "leads", CAME, CAME + DAY),
        Stay("new", "deals", CAME + DAY, None),
    )


# --- time in stage ---


def re_entered() -> Lead:
    """Six days: working 1, rest 2, working 3."""
    return a_lead(StageChange("rest", CAME + DAY), StageChange("working", CAME + 3 * DAY))


def test_latest_and_total_time_differ_once_a_stage_is_entered_again() -> None:
    found = time_in_stage(re_entered(), as_of=CAME + 6 * DAY)
    assert found is not None
    assert (found.stage, found.latest, found.total, found.visits) == (
        "working", 3 * DAY, 4 * DAY, 2,
    )  # fmt: skip


def test_a_stage_that_was_left_keeps_its_time() -> None:
    found = time_in_stage(re_entered(), "rest", as_of=CAME + 60 * DAY)
    assert found is not None
    assert (found.latest, found.total, found.visits) == (2 * DAY, 2 * DAY, 1)


def test_there_is_no_time_in_a_stage_that_was_never_entered() -> None:
    assert time_in_stage(re_entered(), "won", as_of=CAME + DAY) is None


def test_time_in_stage_in_working_time() -> None:
    friday = datetime(2026, 3, 6, 16, tzinfo=UTC)
    found = time_in_stage(a_lead(created=friday), as_of=friday + 3 * DAY, hours=OFFICE)
    assert found is not None
    assert found.total == 8 * HOUR  # an hour on Friday, seven on Monday


def test_nobody_knows_the_time_in_a_stage_where_the_creation_is_unknown() -> None:
    lead = a_lead(StageChange("rest", CAME), StageChange("working", CAME + DAY), created=None)
    first = time_in_stage(lead, as_of=CAME - DAY)
    assert first is not None
    assert (first.latest, first.total, first.visits) == (None, None, 1)
    again = time_in_stage(lead, as_of=CAME + 3 * DAY)
    assert again is not None
    assert (again.latest, again.total, again.visits) == (2 * DAY, None, 2)


def test_a_stage_that_was_left_before_the_lead_was_created_took_no_time() -> None:
    lead = a_lead(StageChange("rest", CAME - DAY))
    found = time_in_stage(lead, "working", as_of=CAME)
    assert found is not None
    assert found.total == timedelta()


def twice_new() -> Lead:
    """Two days new in qualification, then since the conversion new in sales."""
    events = [Conversion("sales", "new", CAME + 2 * DAY)]
    return Lead("L-7", CAME, stage="new", pipeline="qualification", events=events)


@pytest.mark.parametrize(
    ("asked", "total", "visits"),
    [
        ({}, 5 * DAY, 1),
        ({"stage": "new"}, 7 * DAY, 2),
        ({"stage": "new", "pipeline_key": "qualification"}, 2 * DAY, 1),
        ({"pipeline_key": "sales"}, 5 * DAY, 1),
    ],
)
def test_stages_of_one_key_are_told_apart_by_their_pipelines(
    asked: Any, total: timedelta, visits: int
) -> None:
    found = time_in_stage(twice_new(), **asked, as_of=CAME + 7 * DAY)
    assert found is not None
    assert (found.total, found.visits) == (total, visits)


def test_a_stay_in_an_unknown_pipeline_counts_for_each() -> None:
    lead = a_lead(
        StageChange("rest", CAME + DAY, pipeline="sales"), StageChange("working", CAME + 2 * DAY)
    )
    found = time_in_stage(lead, as_of=CAME + 4 * DAY)
    assert found is not None
    assert (found.total, found.visits) == (3 * DAY, 2)


# --- the lights ---


@pytest.mark.parametrize(
    ("expected", "days", "answer"),
    [
        ("14 days", 5, "green"),
        ("14 days", 15, "yellow"),
        ("14 days", 22, "red"),
        ("5 days", 6, "yellow"),
        ("5 days", 8, "red"),
    ],
)
def test_the_numbers_that_must_come_out(expected: str, days: int, answer: str) -> None:
    assert light(days * DAY, expected) == answer


@pytest.mark.parametrize("ended", ["won", "lost"])
def test_a_closed_lead_is_green_on_day_100(ended: str) -> None:
    steps = [Stage("working"), Stage("won", kind="won", expected="1 day"), LOST]
    found = age(a_lead(stage=ended), Pipeline.linear("sales", steps), as_of=CAME + 100 * DAY)
    assert found == Age("green", f"closed in {ended}", ended)


def test_a_stage_on_hold_grows_old_too() -> None:
    steps = [Stage("new"), Stage("rest", kind="on_hold", expected="2 days"), WON]
    found = age(a_lead(stage="rest"), Pipeline.linear("sales", steps), as_of=CAME + 3 * DAY)
    assert found.light == "red"


@pytest.mark.parametrize(
    ("after", "answer"),
    [
        (timedelta(), "green"),
        (14 * DAY - TICK, "green"),
        (14 * DAY, "yellow"),
        (21 * DAY - TICK, "yellow"),
        (21 * DAY, "red"),
    ],
)
def test_yellow_begins_at_the_expected_span_sharp_and_red_at_one_and_a_half(
    after: timedelta, answer: str
) -> None:
    assert light(after, "14 days") == answer


@pytest.mark.parametrize(
    ("after", "answer"),
    [
        (8 * DAY - TICK, "green"),
        (8 * DAY, "yellow"),
        (20 * DAY - TICK, "yellow"),
        (20 * DAY, "red"),
    ],
)
def test_when_yellow_and_red_begin_can_be_set(after: timedelta, answer: str) -> None:
    assert light(after, "10 days", yellow_at=Decimal("0.8"), red_at=2) == answer


def test_a_stage_without_yellow_turns_red_at_once() -> None:
    assert light(14 * DAY, "14 days", yellow_at=1, red_at=1) == "red"


@pytest.mark.parametrize(
    ("days", "answer"), [(27, "green"), (28, "yellow"), (41, "yellow"), (42, "red")]
)
def test_an_expected_month_is_a_calendar_month(days: int, answer: str) -> None:
    last_of_january = datetime(2026, 1, 31, 12, tzinfo=UTC)
    lead = a_lead(created=last_of_january)
    found = age(lead, pipeline("1 month"), as_of=last_of_january + days * DAY)
    assert found.light == answer


def test_the_age_counts_from_the_latest_entering() -> None:
    assert age(re_entered(), pipeline("4 days"), as_of=CAME + 6 * DAY).light == "green"
    assert age(re_entered(), pipeline("4 days"), as_of=CAME + 7 * DAY).light == "yellow"


def test_a_late_move_makes_a_lead_younger() -> None:
    steps = [Stage("new"), Stage("working", expected="2 days"), WON]
    table = Pipeline.linear("sales", steps)
    lead = Lead("L-7", CAME, stage="working")
    told = Lead("L-7", CAME, stage="new").after(StageChange("working", CAME + 2 * DAY))
    assert age(lead, table, as_of=CAME + 3 * DAY).light == "red"
    assert age(told, table, as_of=CAME + 3 * DAY).light == "green"


def test_a_lead_is_as_old_as_the_pipeline_it_stands_in_says() -> None:
    leads = Pipeline.linear("leads", [Stage("new", expected="1 day"), WON])
    deals = Pipeline.linear("deals", [Stage("new", expected="1 month"), WON])
    lead = Lead("L-7", CAME, stage="new", pipeline="leads")
    converted = lead.after(Conversion("deals", "new", CAME + DAY))
    assert age(lead, [deals, leads], as_of=CAME + 5 * DAY).light == "red"
    assert age(converted, [leads, deals], as_of=CAME + 5 * DAY).light == "green"


@pytest.mark.parametrize(
    ("lead", "table", "because", "stood"),
    [
        (Lead("L-7", CAME), "5 days", "the lead stands in no stage of these pipelines", None),
        (a_lead(stage="demo"), "5 days", "the lead stands in no stage of these pipelines", None),
        (a_lead(created=None), "5 days", "nobody knows since when it is in working", None),
        (a_lead(), None, "nothing is expected of working", 100 * DAY),
    ],
)
def test_what_is_not_known_is_green_and_says_so(
    lead: Lead, table: str | None, because: str, stood: timedelta | None
) -> None:
    found = age(lead, pipeline(table), as_of=CAME + 100 * DAY)
    assert (found.light, found.because, found.stood) == ("green", because, stood)


def test_without_any_pipeline_everything_is_green() -> None:
    assert age(a_lead(), None, as_of=CAME + 100 * DAY).stage is None


def test_a_lead_that_is_to_be_created_later_is_green() -> None:
    assert aged(-DAY, "1 day").stood == timedelta()


@pytest.mark.parametrize(
    ("after", "expected", "words"),
    [
        (15 * DAY, "14 days", "yellow: 15 days in working, of 14 days expected"),
        (DAY + 23 * HOUR, "2 days", "green: 1 day in working, of 2 days expected"),
        (90 * timedelta(minutes=1), "1 day", "green: 1:30 hours in working, of 1 day expected"),
        (26 * HOUR, "10 hours", "red: 26:00 hours in working, of 10 hours expected"),
        (30 * HOUR, "1 day 6 hours", "yellow: 1 day in working, of 1 day 6 hours expected"),
    ],
)
def test_an_age_in_words_speaks_the_units_of_the_expected_span(
    after: timedelta, expected: str, words: str
) -> None:
    assert str(aged(after, expected)) == words


# --- working time ---


WARSAW = ZoneInfo("Europe/Warsaw")
WEEK = WorkingHours({"mon-fri": "09:00-17:00"}, "Europe/Warsaw", [date(2026, 5, 1)])
"""Friday 1 May 2026 is a holiday."""
WEDNESDAY = datetime(2026, 4, 29, 10, tzinfo=WARSAW)


@pytest.mark.parametrize(
    ("day", "hour", "answer"),
    [
        (date(2026, 5, 4), 12, "green"),  # Monday: Wednesday and Thursday have passed
        (date(2026, 5, 7), 9, "green"),
        (date(2026, 5, 7), 10, "yellow"),  # five working days sharp
        (date(2026, 5, 11), 21, "yellow"),
        (date(2026, 5, 11), 22, "red"),  # seven and a half
    ],
)
def test_five_days_are_working_days_without_the_weekend_and_the_holiday(
    day: date, hour: int, answer: str
) -> None:
    as_of = datetime(day.year, day.month, day.day, hour, tzinfo=WARSAW)
    found = age(a_lead(created=WEDNESDAY), pipeline("5 days"), as_of=as_of, hours=WEEK)
    assert found.light == answer


def test_working_days_are_called_so() -> None:
    monday = datetime(2026, 5, 4, 12, tzinfo=WARSAW)
    found = age(a_lead(created=WEDNESDAY), pipeline("5 days"), as_of=monday, hours=WEEK)
    assert found.because == "2 working days in working, of 5 days expected"
    assert found.stood == 2 * DAY + 2 * HOUR


def test_expected_hours_are_working_hours() -> None:
    friday = datetime(2026, 3, 6, 15, tzinfo=UTC)
    lead = a_lead(created=friday)
    monday = friday + 3 * DAY
    at_nine, at_ten = monday.replace(hour=9), monday.replace(hour=10)
    assert age(lead, pipeline("3 hours"), as_of=at_nine, hours=OFFICE).light == "green"
    found = age(lead, pipeline("3 hours"), as_of=at_ten, hours=OFFICE)
    assert str(found) == "yellow: 3:00 working hours in working, of 3 hours expected"


def test_an_expected_month_in_working_time_is_as_many_working_days_as_it_has() -> None:
    june = datetime(2026, 6, 1, tzinfo=UTC)  # 22 working days, so red from the 33rd on
    lead, table = a_lead(created=june), pipeline("1 month")
    assert age(lead, table, as_of=datetime(2026, 6, 30, 23, tzinfo=UTC), hours=OFFICE).light == (
        "green"
    )
    assert age(lead, table, as_of=datetime(2026, 7, 1, tzinfo=UTC), hours=OFFICE).light == "yellow"
    assert age(lead, table, as_of=datetime(2026, 7, 16, tzinfo=UTC), hours=OFFICE).light == "red"


def test_nothing_is_late_in_a_month_of_holidays() -> None:
    august = [date(2026, 8, 1) + number * DAY for number in range(31)]
    hours = WorkingHours({"mon-fri": "09:00-17:00"}, "UTC", august)
    lead = a_lead(created=datetime(2026, 8, 1, tzinfo=UTC))
    as_of = datetime(2026, 8, 31, tzinfo=UTC)
    assert age(lead, pipeline("1 month"), as_of=as_of, hours=hours).light == "green"


def test_nothing_is_expected_in_working_time_either() -> None:
    found = age(a_lead(), pipeline(), as_of=CAME + 7 * DAY, hours=OFFICE)
    assert (found.because, found.stood) == ("nothing is expected of working", 40 * HOUR)


# --- snoozing ---


def test_a_snoozed_lead_is_green_until_its_date_and_says_why() -> None:
    rest = snoozed(date(2026, 4, 1), CAME + DAY, "no budget until April")
    found = aged(28 * DAY, "5 days", rest)
    assert found == Age(
        "green", "snoozed until 2026-04-01: no budget until April", "working", DAY, Span(days=5)
    )


def test_the_time_snoozed_does_not_count() -> None:
    rest = snoozed(date(2026, 4, 1), CAME + DAY)
    april = datetime(2026, 4, 1, tzinfo=UTC)
    assert aged(april - CAME, "5 days", rest).stood == DAY
    assert light(april + 4 * DAY - TICK - CAME, "5 days", rest) == "green"
    assert light(april + 4 * DAY - CAME, "5 days", rest) == "yellow"
    assert light(april + 6 * DAY + 12 * HOUR - CAME, "5 days", rest) == "red"


def test_working_time_snoozed_does_not_count() -> None:
    rest = snoozed(date(2026, 3, 5), CAME + DAY)  # Tuesday noon to Thursday
    lead = a_lead(rest)
    friday = datetime(2026, 3, 6, 12, tzinfo=UTC)
    days = age(lead, pipeline("10 days"), as_of=friday, hours=OFFICE)
    assert days.stood == DAY + 36 * HOUR
    hours = age(lead, pipeline("100 hours"), as_of=friday, hours=OFFICE)
    assert hours.stood == (5 + 3 + 8 + 3) * HOUR


def test_time_snoozed_before_the_stage_was_entered_is_not_taken_off() -> None:
    lead = Lead("L-7", CAME, stage="rest").after(
        snoozed(date(2026, 3, 12), CAME), StageChange("working", CAME + 8 * DAY)
    )  # entered on the 10th, awake from the 12th
    found = age(lead, pipeline("5 days"), as_of=CAME + 13 * DAY)
    assert found.stood == 3 * DAY + 12 * HOUR


def test_a_snooze_does_not_count_where_nothing_is_expected_either() -> None:
    assert aged(10 * DAY, None, snoozed(date(2026, 3, 10), CAME)).stood == 2 * DAY + 12 * HOUR
    assert aged(DAY, None, snoozed(date(2026, 3, 10), CAME)).because == (
        "snoozed until 2026-03-10: budget"
    )


def test_a_snoozed_lead_of_unknown_age_is_snoozed() -> None:
    lead = a_lead(snoozed(date(2026, 4, 1), CAME), created=None)
    found = age(lead, pipeline("5 days"), as_of=CAME + DAY)
    assert (found.because, found.stood) == ("snoozed until 2026-04-01: budget", None)


def test_a_later_snooze_takes_the_place_of_an_earlier_one() -> None:
    long, short = date(2026, 6, 1), date(2026, 3, 8)
    first, second = snoozed(long, CAME), snoozed(short, CAME + 2 * DAY)
    assert aged(5 * DAY, "1 day", first, second).because == "snoozed until 2026-03-08: budget"
    awake = aged(8 * DAY, "1 day", first, second)
    assert (awake.light, awake.stood) == ("red", 2 * DAY + 12 * HOUR)
    longer = aged(30 * DAY, "1 day", snoozed(short, CAME), snoozed(long, CAME + 2 * DAY))
    assert (longer.light, longer.stood) == ("green", timedelta())


def test_between_two_snoozes_time_counts() -> None:
    first, second = snoozed(date(2026, 3, 5), CAME), snoozed(date(2026, 3, 20), CAME + 8 * DAY)
    assert aged(20 * DAY, "30 days", first, second).stood == (5 + 2) * DAY + 12 * HOUR + 12 * HOUR


def test_a_snooze_until_today_wakes_the_lead() -> None:
    first, wake = snoozed(date(2026, 6, 1), CAME), snoozed(date(2026, 3, 3), CAME + DAY)
    assert aged(3 * DAY, "1 day", first, wake) == Age(
        "red", "2 days in working, of 1 day expected", "working", 2 * DAY, Span(days=1)
    )


@pytest.mark.parametrize(
    ("lead_zone", "zone", "wakes"),
    [
        (None, None, datetime(2026, 3, 10, tzinfo=UTC)),
        ("Asia/Tokyo", None, datetime(2026, 3, 9, 15, tzinfo=UTC)),
        ("America/New_York", None, datetime(2026, 3, 10, 4, tzinfo=UTC)),
        ("Asia/Tokyo", "America/New_York", datetime(2026, 3, 10, 4, tzinfo=UTC)),
    ],
)
def test_a_snooze_ends_at_midnight_in_the_zone_given_or_the_lead_s_own(
    lead_zone: str | None, zone: str | None, wakes: datetime
) -> None:
    rest = snoozed(date(2026, 3, 10), CAME)
    lead = Lead("L-7", CAME, stage="working", time_zone=lead_zone, events=[rest])
    last = age(lead, pipeline("1 hour"), as_of=wakes - TICK, zone=zone)
    assert last.because.startswith("snoozed until")
    first = age(lead, pipeline("1 hour"), as_of=wakes + HOUR, zone=zone)
    assert (first.light, first.stood) == ("yellow", HOUR)


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize("until", [date.min, date.max])
def test_a_snooze_may_end_on_the_first_and_the_last_date_there_is(until: date, zone: str) -> None:
    lead = a_lead(snoozed(until, CAME))
    found = age(lead, pipeline("1 hour"), as_of=CAME + DAY, zone=zone)
    assert found.light == ("green" if until == date.max else "red")


@pytest.mark.parametrize("ended", ["won", "lost"])
def test_queries_of_won_and_lost_are_the_same_with_and_without_a_snooze(ended: str) -> None:
    table = pipeline("1 day")
    plain = a_lead(StageChange(ended, CAME + DAY, pipeline="sales"))
    resting = plain.after(snoozed(date(2026, 6, 1), CAME + 2 * DAY))
    kinds = [stage and stage.kind for stage in map(table.stage_of, (plain, resting))]
    assert kinds == [ended, ended]
    as_of = CAME + 3 * DAY
    assert age(plain, table, as_of=as_of) == age(resting, table, as_of=as_of)
    assert stays(plain, as_of=as_of) == stays(resting, as_of=as_of)


@pytest.mark.parametrize("hours", [None, OFFICE])
def test_what_is_expected_beyond_the_calendar_is_never_late(hours: WorkingHours | None) -> None:
    found = age(a_lead(), pipeline("9000 years"), as_of=CAME + 9 * 365 * DAY, hours=hours)
    assert (found.light, str(found.expected)) == ("green", "9000 years")
    assert "days in working, of 9000 years expected" in found.because
    last = a_lead(created=datetime(9999, 12, 1, tzinfo=UTC))
    as_of = datetime(9999, 12, 31, tzinfo=UTC)
    assert age(last, pipeline("1 month"), as_of=as_of, hours=hours).light == "green"


def test_the_reason_of_a_snooze_is_shown_on_one_line_bounded_and_escaped() -> None:
    hostile = "a\x1b[31m\u202eb\nc"
    found = aged(DAY, "1 day", snoozed(date(2026, 6, 1), CAME, hostile))
    assert str(found) == "green: snoozed until 2026-06-01: a\\x1b[31m\\u202eb c"
    long = aged(DAY, "1 day", snoozed(date(2026, 6, 1), CAME, "x" * 60_000))
    assert len(str(long)) < 300
    assert len(repr(long)) < 500


# --- bad input ---


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (lambda: stays(a_lead(), as_of=datetime(2026, 3, 2)), "as_of time zone"),
        (lambda: stays(odd(None), as_of=CAME), "lead expected a Lead None"),
        (lambda: time_in_stage(a_lead(), as_of=odd(None)), "as_of datetime with a time zone"),
        (lambda: time_in_stage(a_lead(), "", as_of=CAME), "stage not blank"),
        (lambda: time_in_stage(a_lead(), odd(5), as_of=CAME), "stage text 5"),
        (lambda: time_in_stage(a_lead(), as_of=CAME, pipeline_key=" "), "pipeline_key blank"),
        (lambda: time_in_stage(a_lead(), as_of=CAME, hours=odd("9-17")), "hours WorkingHours"),
        (lambda: age(a_lead(), pipeline(), as_of=datetime(2026, 3, 2)), "as_of time zone"),
        (lambda: age(odd({}), pipeline(), as_of=CAME), "lead expected a Lead"),
        (lambda: age(a_lead(), odd("sales"), as_of=CAME), "pipelines a Pipeline 'sales'"),
        (lambda: age(a_lead(), pipeline(), as_of=CAME, hours=odd(8)), "hours WorkingHours 8"),
        (
            lambda: age(a_lead(), pipeline(), as_of=CAME, zone="Mars/Olympus"),
            "zone Europe/Warsaw 'Mars/Olympus'",
        ),
        (
            lambda: age(a_lead(), pipeline("1 day 2 hours"), as_of=CAME, hours=OFFICE),
            "'working' expected days or hours, not both '1 day 2 hours'",
        ),
    ],
)
def test_bad_input_is_refused_with_what_would_work(
    question: Callable[[], object], words: str
) -> None:
    with pytest.raises(LeadflowError) as caught:
        question()
    assert isinstance(caught.value, InvalidValue | NaiveDatetime)
    for word in words.split():
        assert word in str(caught.value)


def test_days_and_hours_together_are_no_trouble_in_plain_time() -> None:
    assert light(26 * HOUR, "1 day 2 hours") == "yellow"

"""Speed of response, and the limits that were broken."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest

from leadflow import Activity, Lead, Span
from leadflow.calendars import WorkingHours
from leadflow.errors import LeadflowError
from leadflow.events import Assignment, Conversion, Disposition, Event, Reopened, StageChange
from leadflow.pipeline import (
    Breach,
    Breaches,
    Pipeline,
    ResponseLimits,
    Stage,
    breaches,
    first_response,
    response_time,
)

CAME = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""A Monday noon."""
DAY, HOUR, MINUTE, SECOND = (
    timedelta(**{unit: 1}) for unit in ("days", "hours", "minutes", "seconds")
)
WON, LOST = Stage("won", kind="won"), Stage("lost", kind="lost")
SALES = Pipeline.linear("sales", [Stage("new"), Stage("working"), WON, LOST])
CONTACT_ALONE = ResponseLimits(cliff=None, leave_new_within=None)
NONE = ResponseLimits(contact_within=None, cliff=None, leave_new_within=None)
OFFICE = WorkingHours({"mon-fri": "09:00-17:00"}, "Europe/Warsaw")


def odd(value: Any) -> Any:
    """Hide from the type checker what it would refuse."""
    return value


def call(after: timedelta, **how: Any) -> Activity:
    return Activity(how.pop("kind", "call"), CAME + after, **how)


def moved(to: str, after: timedelta) -> StageChange:
    return StageChange(to, CAME + after, pipeline="sales")


def new(*events: Event, id: str = "L-7", **given: Any) -> Lead:
    place: dict[str, Any] = {"created_at": CAME, "stage": "new", "pipeline": "sales"}
    return Lead(id, **place | given, events=events)


def found(lead: Lead, after: timedelta, pipeline: Any = SALES, **how: Any) -> Breaches:
    return breaches([lead], CAME + after, pipeline, **how)


def names(found: Breaches) -> tuple[list[str], list[str]]:
    """The limits that were broken and those about to be."""
    return sorted(b.limit for b in found.broken), sorted(b.limit for b in found.near)


def only(lead: Lead, after: timedelta, pipeline: Any = SALES, **how: Any) -> Breach:
    (breach,) = found(lead, after, pipeline, **how)
    return breach


# --- first response ---


def test_the_first_response_is_the_first_contact_answered_or_not() -> None:
    lead = new(call(9 * MINUTE, answered=True), call(7 * MINUTE, answered=False))
    answer = first_response(lead, as_of=CAME + DAY)
    assert answer is not None
    assert answer.at == CAME + 7 * MINUTE
    assert response_time(lead, as_of=CAME + DAY) == 7 * MINUTE


def test_what_the_lead_did_is_no_response() -> None:
    lead = new(call(MINUTE, kind="page_viewed"), call(2 * MINUTE, kind="email_replied"))
    assert first_response(lead, as_of=CAME + DAY) is None
    assert response_time(lead, as_of=CAME + DAY) is None


@pytest.mark.parametrize(("answered", "spoken"), [(None, True), (True, True), (False, False)])
def test_a_call_from_the_lead_is_a_contact_unless_it_was_missed(
    answered: bool | None, spoken: bool
) -> None:
    lead = new(call(timedelta(), kind="call_received", answered=answered))
    answer = first_response(lead, as_of=CAME + DAY, channels=["phone"])
    assert (answer is not None) is spoken
    assert (names(found(lead, HOUR))[0] == []) is spoken


def test_a_response_after_the_instant_has_not_been_given() -> None:
    lead = new(call(7 * MINUTE))
    assert first_response(lead, as_of=CAME + 7 * MINUTE - SECOND) is None
    assert response_time(lead, as_of=CAME + 7 * MINUTE - SECOND) is None


def test_a_contact_before_the_lead_came_in_is_no_response() -> None:
    lead = new(call(-DAY), call(3 * MINUTE))
    assert response_time(lead, as_of=CAME + DAY) == 3 * MINUTE


def test_only_the_channels_asked_for_count() -> None:
    lead = new(call(MINUTE, kind="email_sent"), call(HOUR))
    assert response_time(lead, as_of=CAME + DAY) == MINUTE
    assert response_time(lead, as_of=CAME + DAY, channels=["phone", "sms"]) == HOUR
    assert response_time(lead, as_of=CAME + DAY, channels={"linkedin"}) is None


def test_where_the_creation_is_unknown_the_first_incoming_activity_is_the_inquiry() -> None:
    form = Activity("form_submitted", CAME)
    lead = new(call(-HOUR), form, call(5 * MINUTE), created_at=None)
    assert response_time(lead, as_of=CAME + DAY) == 5 * MINUTE
    assert only(lead, DAY - HOUR, limits=ResponseLimits(contact_within="4 minutes")).since == CAME


def test_without_any_inquiry_there_is_a_first_response_but_no_time() -> None:
    lead = new(call(5 * MINUTE), created_at=None)
    assert first_response(lead, as_of=CAME + DAY) is not None
    assert response_time(lead, as_of=CAME + DAY) is None
    assert found(lead, 9 * DAY) == Breaches((), ())


def test_response_time_in_working_time_and_in_plain_time() -> None:
    friday = datetime(2026, 3, 6, 16, 55, tzinfo=ZoneInfo("Europe/Warsaw"))
    monday = datetime(2026, 3, 9, 9, 4, tzinfo=ZoneInfo("Europe/Warsaw"))
    lead = Lead("L-7", friday, events=[Activity("call", monday)])
    assert response_time(lead, as_of=monday, hours=OFFICE) == 9 * MINUTE
    assert response_time(lead, as_of=monday) == 2 * DAY + 16 * HOUR + 9 * MINUTE


def test_plain_response_time_is_exact_across_a_change_of_the_clocks() -> None:
    zone = ZoneInfo("Europe/Warsaw")
    night, morning = datetime(2026, 3, 29, 1, tzinfo=zone), datetime(2026, 3, 29, 4, tzinfo=zone)
    lead = Lead("L-7", night, events=[Activity("call", morning)])
    assert response_time(lead, as_of=morning) == 2 * HOUR


# --- the three limits of W3 ---


@pytest.mark.parametrize(
    ("after", "broken"),
    [
        (10 * MINUTE, []),
        (10 * MINUTE + SECOND, ["contact_within"]),
        (15 * HOUR, ["contact_within"]),
        (15 * HOUR + SECOND, ["cliff", "contact_within"]),
        (24 * HOUR, ["cliff", "contact_within"]),
        (24 * HOUR + SECOND, ["cliff", "contact_within", "leave_new_within"]),
    ],
)
@pytest.mark.parametrize("is_done", [True, False])
def test_w3_each_limit_is_kept_up_to_its_last_instant(
    after: timedelta, broken: list[str], is_done: bool
) -> None:
    events: list[Event] = [call(after), moved("working", after)] if is_done else []
    answer = found(new(*events), after)
    assert names(answer)[0] == broken
    assert all(breach.is_open is not is_done for breach in answer)


def test_what_was_done_too_late_stays_broken_by_as_much() -> None:
    lead = new(call(16 * HOUR), moved("working", 30 * HOUR), owner="rep-2")
    first, second, third = found(lead, 90 * DAY)
    assert first == Breach(
        "L-7", "rep-2", "contact_within", None, Span(seconds=600), CAME, CAME + 10 * MINUTE,
        CAME + 16 * HOUR, 16 * HOUR, 15 * HOUR + 50 * MINUTE,
    )  # fmt: skip
    assert (second.limit, second.taken, second.over) == ("leave_new_within", 30 * HOUR, 6 * HOUR)
    assert (third.limit, third.taken, third.over) == ("cliff", 16 * HOUR, HOUR)
    assert not any(breach.is_open or breach.is_near for breach in (first, second, third))


def test_what_is_still_to_be_done_grows_with_time() -> None:
    for hours in (1, 5):
        breach = only(new(), hours * HOUR)
        assert (breach.taken, breach.over) == (hours * HOUR, hours * HOUR - 10 * MINUTE)
        assert (breach.ended, breach.is_open) == (None, True)


@pytest.mark.parametrize(
    ("after", "near"),
    [
        (8 * MINUTE - timedelta(microseconds=1), []),
        (8 * MINUTE, ["contact_within"]),
        (10 * MINUTE, ["contact_within"]),
        (10 * MINUTE + timedelta(microseconds=1), []),
        (12 * HOUR, ["cliff"]),
        (20 * HOUR, ["leave_new_within"]),
    ],
)
def test_from_eight_tenths_on_a_lead_is_about_to_break_a_limit(
    after: timedelta, near: list[str]
) -> None:
    assert names(found(new(), after))[1] == near


def test_how_much_is_left_is_told_and_what_is_done_is_never_near() -> None:
    (near,) = found(new(), 9 * MINUTE).near
    assert (near.over, near.taken, near.is_near, near.is_open) == (-MINUTE, 9 * MINUTE, True, True)
    assert found(new(call(9 * MINUTE)), 9 * MINUTE).near == ()


def test_when_a_lead_is_near_can_be_set() -> None:
    limits = ResponseLimits(warn_at=Decimal("0.5"))
    assert names(found(new(), 5 * MINUTE, limits=limits))[1] == ["contact_within"]
    assert names(found(new(), 9 * MINUTE, limits=ResponseLimits(warn_at=1)))[1] == []
    assert names(found(new(), 10 * MINUTE, limits=ResponseLimits(warn_at=1)))[1] == [
        "contact_within"
    ]


def test_every_limit_can_be_set_or_left_out() -> None:
    limits = ResponseLimits(contact_within="1 hour", cliff="2 hours", leave_new_within="3 hours")
    assert names(found(new(), 3 * HOUR, limits=limits))[0] == ["cliff", "contact_within"]
    assert len(found(new(), 4 * HOUR, limits=limits)) == 3
    assert names(found(new(), 900 * DAY, limits=NONE)) == ([], [])


def test_limits_are_given_as_text_span_or_timedelta() -> None:
    limits = ResponseLimits(contact_within="5 minutes", cliff=HOUR, channels=["phone"])
    assert (limits.contact_within, limits.cliff) == (Span(seconds=300), Span(seconds=3_600))
    assert limits.leave_new_within == Span(days=1)
    assert limits.channels == ("phone",)


def test_a_limit_of_a_day_is_24_hours_whatever_the_clocks_do() -> None:
    came = datetime(2026, 3, 28, 12, tzinfo=ZoneInfo("Europe/Warsaw"))
    lead = new(created_at=came)
    (breach,) = breaches(
        [lead], datetime(2026, 3, 30, tzinfo=UTC), SALES,
        limits=ResponseLimits(contact_within=None, cliff=None),
    )  # fmt: skip
    assert breach.deadline - breach.since == DAY


def test_only_a_contact_on_the_channels_of_the_limits_is_one() -> None:
    lead = new(call(MINUTE, kind="email_sent"), call(HOUR))
    assert len(found(lead, HOUR)) == 0
    limits = ResponseLimits(contact_within="30 minutes", cliff=None, channels=("phone",))
    assert only(lead, 2 * HOUR, limits=limits).taken == HOUR


def test_a_lead_that_comes_in_later_breaks_nothing_yet() -> None:
    assert found(new(), -SECOND) == Breaches((), ())


def test_events_after_the_instant_have_not_happened() -> None:
    lead = new(call(5 * HOUR), moved("won", 6 * HOUR))
    assert only(lead, HOUR).is_open


def test_a_late_event_mends_what_looked_broken() -> None:
    lead = new()
    assert len(found(lead, HOUR)) == 1
    assert len(found(lead.after(call(4 * MINUTE)), HOUR)) == 0


# --- leaving new ---


LEAVE_ALONE = ResponseLimits(contact_within=None, cliff=None)


def test_new_is_where_the_pipeline_starts() -> None:
    leads = Pipeline(
        "leads",
        [Stage("web"), Stage("phone"), Stage("working"), LOST],
        {"web": ["phone"], "phone": ["working"], "working": ["lost"]},
        starts=["web", "phone"],
    )
    to_phone, on = StageChange("phone", CAME + HOUR), StageChange("working", CAME + 30 * HOUR)
    lead = new(to_phone, on, stage="web", pipeline="leads")
    assert only(lead, 2 * DAY, leads, limits=LEAVE_ALONE).ended == CAME + 30 * HOUR


def test_a_lead_that_comes_back_to_new_has_left_it_once() -> None:
    lead = new(moved("working", HOUR), moved("new", 2 * HOUR))
    assert len(found(lead, 9 * DAY, limits=LEAVE_ALONE)) == 0


@pytest.mark.parametrize("stage", [None, "working"])
def test_who_never_stood_in_new_need_not_leave_it(stage: str | None) -> None:
    assert names(found(new(stage=stage), 9 * DAY))[0] == ["cliff", "contact_within"]


def test_without_a_pipeline_the_first_stage_is_new() -> None:
    lead = new(moved("working", 30 * HOUR), moved("later", 50 * HOUR))
    assert only(lead, 9 * DAY, None, limits=LEAVE_ALONE).ended == CAME + 30 * HOUR
    assert len(found(new(stage=None), 9 * DAY, None, limits=LEAVE_ALONE)) == 0


def test_a_conversion_into_another_pipeline_leaves_new() -> None:
    deals = Pipeline.linear("deals", [Stage("new"), WON])
    lead = new(Conversion("deals", "new", CAME + HOUR))
    assert len(found(lead, 9 * DAY, [SALES, deals], limits=LEAVE_ALONE)) == 0
    assert len(found(lead, 9 * DAY, [deals, SALES], limits=LEAVE_ALONE)) == 0


def test_leads_of_several_pipelines_are_judged_side_by_side() -> None:
    web = Pipeline.linear("web", [Stage("inbox", respond_within="5 minutes"), WON])
    leads = [
        new(id="L-1"),
        new(id="L-2", pipeline="web", stage="inbox"),
        new(id="L-3", pipeline=None, stage="inbox"),
        new(id="L-4", pipeline="elsewhere", stage="new"),
    ]
    answer = breaches(leads, CAME + 12 * MINUTE, [SALES, web])
    assert [(b.lead, b.over) for b in answer] == [
        ("L-2", 7 * MINUTE),
        ("L-3", 7 * MINUTE),
        ("L-1", 2 * MINUTE),
        ("L-4", 2 * MINUTE),
    ]
    late = breaches(leads, CAME + 2 * DAY, [SALES, web], limits=LEAVE_ALONE)
    assert [b.lead for b in late if b.limit == "leave_new_within"] == ["L-1", "L-2", "L-3"]


# --- closed before it was done ---


def test_a_lead_closed_before_any_contact_counts_up_to_then() -> None:
    assert names(found(new(moved("lost", 9 * MINUTE)), 9 * DAY)) == ([], [])
    late = only(new(moved("lost", 20 * MINUTE)), 9 * DAY)
    assert (late.limit, late.taken, late.over, late.is_open) == (
        "contact_within", 20 * MINUTE, 10 * MINUTE, False,
    )  # fmt: skip


def test_a_contact_after_the_lead_was_closed_changes_nothing() -> None:
    lead = new(moved("lost", 9 * MINUTE), call(3 * DAY, kind="email_sent"))
    assert names(found(lead, 9 * DAY)) == ([], [])


def test_the_first_closed_stage_in_a_row_closed_it() -> None:
    steps = [Stage("new"), WON, Stage("paid", kind="won"), LOST]
    table = Pipeline.linear("sales", steps)
    lead = new(moved("won", 5 * MINUTE), moved("paid", 40 * DAY))
    assert names(found(lead, 50 * DAY, table)) == ([], [])


def test_a_reopened_lead_is_closed_no_longer() -> None:
    lead = new(moved("lost", 5 * MINUTE), Reopened("working", CAME + HOUR, pipeline="sales"))
    assert names(found(lead, 2 * HOUR))[0] == ["contact_within"]


def test_a_lead_that_came_closed_breaks_nothing() -> None:
    assert names(found(new(stage="lost"), 900 * DAY)) == ([], [])
    page = call(HOUR, kind="page_viewed")
    assert names(found(new(page, stage="won", created_at=None), 900 * DAY)) == ([], [])


def test_where_no_pipeline_knows_the_stage_a_disposition_closes() -> None:
    lead = new(Disposition("unqualified", CAME + 5 * MINUTE))
    assert names(found(lead, 9 * DAY, None)) == ([], [])
    assert len(found(new(), 9 * DAY, None)) == 3


def ended(outcome: Any, after: timedelta) -> Disposition:
    return Disposition(outcome, CAME + after)


@pytest.mark.parametrize("outcome", ["unqualified", "removed", "lost", "won"])
def test_a_disposition_in_an_open_stage_ends_all_limits(outcome: str) -> None:
    assert names(found(new(ended(outcome, 3 * MINUTE)), 9 * DAY)) == ([], [])
    late = only(new(ended(outcome, 20 * MINUTE)), 9 * DAY)
    assert (late.limit, late.taken, late.is_open) == ("contact_within", 20 * MINUTE, False)


@pytest.mark.parametrize("pipeline", [SALES, None])
def test_a_disposition_that_does_not_end_the_work_ends_no_limit(pipeline: Any) -> None:
    assert len(found(new(ended("qualified", 3 * MINUTE)), 9 * DAY, pipeline)) == 3
    later = new(ended("lost", 3 * MINUTE), ended("qualified", 4 * MINUTE))
    assert len(found(later, 9 * DAY, pipeline)) == 3


def test_the_disposition_counts_where_it_is_earlier_than_the_closed_stage() -> None:
    logs: list[list[Event]] = [
        [ended("lost", 3 * MINUTE), moved("lost", DAY)],
        [ended("lost", 3 * MINUTE), ended("lost", HOUR), moved("lost", DAY)],
        [moved("lost", 3 * MINUTE), ended("lost", DAY)],
        [moved("lost", 3 * MINUTE), ended("qualified", DAY)],
    ]
    for events in logs:
        assert names(found(new(*events), 9 * DAY)) == ([], [])


def test_a_disposition_from_before_the_stage_was_entered_or_reopened_ends_nothing() -> None:
    gone_on = new(ended("lost", 3 * MINUTE), moved("working", HOUR))
    assert names(found(gone_on, 9 * DAY))[0] == ["cliff", "contact_within"]
    reopened = new(ended("lost", 3 * MINUTE), Reopened("new", CAME + HOUR, pipeline="sales"))
    assert len(found(reopened, 9 * DAY)) == 3
    at_once = new(moved("working", 3 * MINUTE), ended("lost", 3 * MINUTE))
    assert names(found(at_once, 9 * DAY)) == ([], [])


def test_a_disposition_on_hold_ends_nothing_until_the_lead_is_closed() -> None:
    steps = [Stage("new"), Stage("rest", kind="on_hold"), WON, LOST]
    table = Pipeline.linear("sales", steps)
    resting = new(moved("rest", MINUTE), ended("lost", 3 * MINUTE))
    assert names(found(resting, 9 * DAY, table))[0] == ["cliff", "contact_within"]
    closed = resting.after(moved("lost", DAY))
    assert names(found(closed, 9 * DAY, table)) == ([], [])


# --- respond_within of a stage ---


QUICK = Pipeline.linear(
    "sales",
    [
        Stage("new", respond_within="2 minutes"),
        Stage("working"),
        Stage("proposal", respond_within="2 hours"),
        Stage("won", kind="won", respond_within="1 minute"),
        LOST,
    ],
)
QUIET = ResponseLimits(contact_within="7 days", cliff=None, leave_new_within=None)


def test_of_a_starting_stage_it_takes_the_place_of_contact_within() -> None:
    breach = only(new(), 5 * MINUTE, QUICK)
    assert (breach.limit, breach.stage, breach.allowed) == (
        "contact_within", None, Span(seconds=120),
    )  # fmt: skip
    assert breach.over == 3 * MINUTE
    late = only(new(moved("working", MINUTE)), DAY, QUICK, limits=QUIET)
    assert late.limit == "contact_within"


def test_of_a_later_stage_it_counts_from_entering() -> None:
    lead = new(call(MINUTE), moved("proposal", DAY))
    assert names(found(lead, DAY + HOUR, QUICK, limits=QUIET)) == ([], [])
    assert names(found(lead, DAY + 2 * HOUR, QUICK, limits=QUIET)) == ([], ["respond_within"])
    breach = only(lead, DAY + 3 * HOUR, QUICK, limits=QUIET)
    assert (breach.limit, breach.stage, breach.since, breach.over) == (
        "respond_within", "proposal", CAME + DAY, HOUR,
    )  # fmt: skip
    assert len(found(lead.after(call(DAY)), DAY + 3 * HOUR, QUICK, limits=QUIET)) == 0


def test_the_channels_of_the_limits_hold_here_too() -> None:
    lead = new(call(MINUTE), moved("proposal", DAY), call(DAY + HOUR, kind="email_sent"))
    assert len(found(lead, 2 * DAY, QUICK, limits=QUIET)) == 0
    by_phone = ResponseLimits(
        contact_within=None, cliff=None, leave_new_within=None, channels=("phone",)
    )
    assert only(lead, 2 * DAY, QUICK, limits=by_phone).stage == "proposal"


def test_who_moves_on_before_the_contact_has_still_broken_it() -> None:
    lead = new(call(MINUTE), moved("proposal", DAY), moved("working", DAY + 3 * HOUR))
    breach = only(lead, 9 * DAY, QUICK, limits=QUIET)
    assert (breach.stage, breach.ended, breach.over) == ("proposal", CAME + DAY + 3 * HOUR, HOUR)
    in_time = new(call(MINUTE), moved("proposal", DAY), moved("lost", DAY + HOUR))
    assert len(found(in_time, 9 * DAY, QUICK, limits=QUIET)) == 0


def test_a_disposition_ends_the_limit_of_its_stage_too() -> None:
    lead = new(call(MINUTE), moved("proposal", HOUR), ended("lost", 2 * HOUR))
    assert names(found(lead, 9 * DAY, QUICK)) == ([], [])


def test_a_lead_with_many_stays_and_many_contacts_is_judged_quickly() -> None:
    steps = [Stage("new"), Stage("a", respond_within="1 hour"), Stage("b", respond_within="1 hour")]
    table = Pipeline.linear("sales", [*steps, WON])
    tick, many = timedelta(milliseconds=1), range(15_000)
    calls = [call(MINUTE + n * tick) for n in many]
    moves = [moved("ab"[n % 2], 2 * HOUR + n * tick) for n in many]
    lead = new(*calls, *moves)
    began = time.perf_counter()
    assert len(found(lead, 5 * HOUR, table)) == 1
    assert time.perf_counter() - began < 2  # some 5 s where every stay scans all contacts


def test_each_stay_has_a_limit_of_its_own() -> None:
    lead = new(
        call(MINUTE), moved("proposal", DAY), moved("new", 2 * DAY), moved("proposal", 3 * DAY)
    )
    answer = found(lead, 4 * DAY, QUICK, limits=QUIET)
    assert [(b.stage, b.since) for b in answer] == [
        ("new", CAME + 2 * DAY),
        ("proposal", CAME + DAY),
        ("proposal", CAME + 3 * DAY),
    ]


def test_nobody_need_respond_to_a_closed_lead() -> None:
    lead = new(call(MINUTE), moved("won", DAY))
    assert names(found(lead, 9 * DAY, QUICK, limits=QUIET)) == ([], [])


def test_a_lead_that_came_in_at_a_later_stage_is_answered_from_there() -> None:
    lead = new(stage="proposal")
    assert [b.limit for b in found(lead, 3 * HOUR, QUICK)] == ["contact_within", "respond_within"]
    unknown = new(call(DAY, kind="page_viewed"), stage="proposal", created_at=None)
    assert [b.limit for b in found(unknown, 2 * DAY, QUICK)] == ["contact_within", "cliff"]


# --- working time ---


FRIDAY = datetime(2026, 3, 6, 16, 55, tzinfo=ZoneInfo("Europe/Warsaw"))


def monday(hour: int, minute: int, second: int = 0) -> datetime:
    return datetime(2026, 3, 9, hour, minute, second, tzinfo=ZoneInfo("Europe/Warsaw"))


def worked(as_of: datetime, *events: Event, limits: ResponseLimits = CONTACT_ALONE) -> Breaches:
    lead = new(*events, created_at=FRIDAY)
    return breaches([lead], as_of, SALES, limits=limits, hours=OFFICE)


def test_an_inquiry_on_friday_evening_is_answered_in_time_on_monday_morning() -> None:
    at = monday(9, 4)
    assert names(worked(at, Activity("call", at))) == ([], [])
    (plain,) = breaches(
        [new(Activity("call", at), created_at=FRIDAY)], at, SALES, limits=CONTACT_ALONE
    )
    assert plain.taken == 2 * DAY + 16 * HOUR + 9 * MINUTE


def test_ten_working_minutes_end_on_monday_at_five_past_nine() -> None:
    assert len(worked(monday(9, 5), Activity("call", monday(9, 5)))) == 0
    late = monday(9, 5, 1)
    (breach,) = worked(late, Activity("call", late))
    assert (breach.deadline, breach.taken) == (monday(9, 5), 10 * MINUTE + SECOND)
    assert breach.over == SECOND


def test_over_the_weekend_no_working_time_passes() -> None:
    saturday = FRIDAY + 20 * HOUR
    assert names(worked(saturday)) == ([], [])
    (near,) = worked(monday(9, 4)).near
    assert (near.taken, near.over) == (9 * MINUTE, -MINUTE)


def test_a_contact_after_hours_is_in_time_where_the_limit_ended_with_the_day() -> None:
    lead = Lead("L-7", FRIDAY - 5 * MINUTE, events=[Activity("call", FRIDAY + 3 * HOUR)])
    kept = breaches([lead], FRIDAY + 4 * HOUR, limits=CONTACT_ALONE, hours=OFFICE)
    assert names(kept) == ([], [])
    waiting = breaches([lead.rewind(FRIDAY)], FRIDAY + 2 * HOUR, limits=CONTACT_ALONE, hours=OFFICE)
    (near,) = waiting.near
    assert (near.over, near.taken) == (timedelta(), 10 * MINUTE)


@pytest.mark.parametrize("hours", [None, OFFICE])
def test_a_month_is_a_calendar_month_and_beyond_the_calendar_nothing_is_broken(
    hours: WorkingHours | None,
) -> None:
    month = ResponseLimits(contact_within=None, cliff=None, leave_new_within="1 month")
    assert names(found(new(), 29 * DAY, limits=month, hours=hours)) == ([], ["leave_new_within"])
    end = found(new(), 31 * DAY + HOUR, limits=month, hours=hours)
    assert (names(end)[0], end[0].deadline) == (["leave_new_within"], CAME + 31 * DAY)
    never = ResponseLimits(
        contact_within="9000 years", cliff="9000 years", leave_new_within="3652059 days"
    )
    assert names(found(new(), 9_999 * DAY, limits=never, hours=hours)) == ([], [])


def test_a_day_is_a_working_day() -> None:
    leave = ResponseLimits(contact_within=None, cliff=None)
    assert names(worked(monday(16, 55), limits=leave)) == ([], ["leave_new_within"])
    (breach,) = worked(monday(16, 56), limits=leave)
    assert (breach.taken, breach.over) == (8 * HOUR + MINUTE, MINUTE)
    holiday = WorkingHours({"mon-fri": "09:00-17:00"}, "Europe/Warsaw", [date(2026, 3, 9)])
    lead = new(created_at=FRIDAY)
    assert names(breaches([lead], monday(17, 0), SALES, limits=leave, hours=holiday)) == ([], [])


# --- the list ---


def three() -> Breaches:
    """Two leads over their limit, and one that is near it."""
    leads = [
        new(id="L-1", created_at=CAME + 10 * MINUTE, owner="zoe"),
        new(id="L-2", owner="abe"),
        new(id="L-3", created_at=CAME + 21 * MINUTE),
        new(id="L-4", created_at=CAME - 5 * MINUTE),
    ]
    return breaches(leads, CAME + 30 * MINUTE, SALES)


def test_breaches_are_a_sequence_of_the_broken_ones_worst_first() -> None:
    answer = three()
    assert isinstance(answer[0], Breach)
    assert [breach.lead for breach in answer] == ["L-4", "L-2", "L-1"]
    assert [breach.lead for breach in answer.near] == ["L-3"]
    assert (len(answer), answer[-1].lead, answer[1:]) == (3, "L-1", answer.broken[1:])
    assert answer.near[0] not in answer
    assert pickle.loads(pickle.dumps(answer)) == answer


def test_the_most_urgent_of_the_near_comes_first() -> None:
    leads = [new(id=f"L-{n}", created_at=CAME + n * SECOND) for n in (30, 10, 20)]
    near = breaches(leads, CAME + 9 * MINUTE, SALES).near
    assert [breach.lead for breach in near] == ["L-10", "L-20", "L-30"]


def test_equal_breaches_are_in_the_order_of_the_leads_ids() -> None:
    leads = [new(id=f"L-{n}") for n in (3, 1, 2)]
    assert [b.lead for b in breaches(leads, CAME + HOUR, SALES)] == ["L-1", "L-2", "L-3"]


def test_breaches_are_told_per_rep_and_nobody_s_at_the_end() -> None:
    by_rep = three().by_rep()
    assert list(by_rep) == ["abe", "zoe", None]
    assert [breach.lead for breaches in by_rep.values() for breach in breaches] == [
        "L-2", "L-1", "L-4",
    ]  # fmt: skip


def test_many_reps_are_told_apart_quickly() -> None:
    (breach,) = breaches([new()], CAME + HOUR, SALES)
    reps = [f"rep-{n:05}" for n in range(20_000)]
    many = Breaches(tuple(attrs.evolve(breach, rep=rep) for rep in reversed(reps)), ())
    began = time.perf_counter()
    assert list(many.by_rep()) == reps
    assert time.perf_counter() - began < 2


def test_the_repr_is_short_and_the_page_shows_the_first_hundred() -> None:
    leads = [new(id=f"L-{n}") for n in range(99)]
    whole = breaches([*leads, new(id="L-99")], CAME + HOUR, SALES)
    assert repr(whole) == "Breaches(100 broken, 0 near)"
    assert "shown" not in whole._repr_html_()
    near = new(id="last", created_at=CAME + HOUR - 9 * MINUTE)
    over = breaches([*leads, new(id="L-99"), near], CAME + HOUR, SALES)
    html = over._repr_html_()
    assert "limits: 100 broken, 1 near, the first 100 shown" in html
    assert html.count("<tr>") == 101  # with the head
    assert "last" not in html


def test_a_breach_is_the_present_owner_s() -> None:
    lead = new(Assignment("ben", CAME + HOUR), owner="ann")
    assert only(lead, HOUR - SECOND).rep == "ann"
    assert only(lead, HOUR).rep == "ben"


def test_a_breach_in_words() -> None:
    lead = new(call(16 * HOUR), moved("proposal", DAY), owner="rep-2")
    lines = str(found(lead, 2 * DAY + 3 * HOUR + 4 * MINUTE + 5 * SECOND, QUICK)).splitlines()
    assert lines == [
        "L-7 (rep-2): respond within (proposal), 2 hours: not done yet, 1 day 1:04:05 over",
        "L-7 (rep-2): contact within, 2 minutes: took 16:00:00, 15:58:00 over",
        "L-7 (rep-2): cliff, 15 hours: took 16:00:00, 1:00:00 over",
    ]
    assert str(found(new(), 9 * MINUTE)) == "L-7: contact within, 10 minutes: 0:01:00 left"


def test_no_breach_in_words() -> None:
    assert str(Breaches((), ())) == "no limit was broken, and none is about to be"
    assert not Breaches((), ())


def test_the_table_of_breaches_shows_all_and_escapes_everything() -> None:
    script = "<script>alert('x')</script>"
    table = Pipeline.linear("sales", [Stage("new"), Stage(script, respond_within="1 minute"), WON])
    lead = new(call(MINUTE), moved(script, 2 * MINUTE), id=script, owner='"><b>')
    html = found(lead, DAY, table)._repr_html_()
    assert "<script>" not in html
    assert "<b>" not in html
    assert html.count("&lt;script&gt;") == 2  # the lead and the stage
    assert "+23:57:00" in html
    assert "-0:01:00" in three()._repr_html_()


# --- bad input ---


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (lambda: breaches([new()], datetime(2026, 3, 2)), "as_of time zone"),
        (lambda: breaches([new()], odd("today")), "as_of datetime 'today'"),
        (lambda: breaches(odd(new()), CAME), "leads a list Lead"),
        (lambda: breaches(odd("L-7"), CAME), "leads a list 'L-7'"),
        (lambda: breaches(odd([{"id": "L-7"}]), CAME), "lead expected a Lead dict"),
        (lambda: breaches([new()], CAME, odd("sales")), "pipelines a Pipeline 'sales'"),
        (lambda: breaches([new()], CAME, [SALES, SALES]), "pipelines[1].key 'sales' earlier"),
        (lambda: breaches([new()], CAME, limits=odd("10 minutes")), "limits ResponseLimits"),
        (lambda: breaches([new()], CAME, hours=odd("9-17")), "hours WorkingHours '9-17'"),
        (lambda: breaches(odd({"L-7": new()}), CAME), "leads a list dict"),
        (lambda: response_time(new(), as_of=datetime(2026, 3, 2)), "as_of time zone"),
        (lambda: response_time(new(), as_of=CAME, hours=odd(8)), "hours WorkingHours 8"),
        (lambda: response_time(new(), as_of=CAME, channels="phone"), "channels list of names"),
        (lambda: first_response(odd(None), as_of=CAME), "lead expected a Lead None"),
        (lambda: first_response(new(), as_of=CAME, channels=odd([5])), "channels text 5"),
        (lambda: ResponseLimits(contact_within=odd("soon")), "ResponseLimits.contact_within soon"),
        (lambda: ResponseLimits(cliff=odd(-HOUR)), "ResponseLimits.cliff above 0"),
        (lambda: ResponseLimits(leave_new_within=odd(5)), "ResponseLimits.leave_new_within 5"),
        (lambda: ResponseLimits(warn_at=odd(0)), "ResponseLimits.warn_at above 0"),
        (lambda: ResponseLimits(warn_at=odd(1.5)), "ResponseLimits.warn_at at most 1"),
        (lambda: ResponseLimits(warn_at=odd(float("nan"))), "ResponseLimits.warn_at finite"),
        (lambda: ResponseLimits(channels=odd("phone")), "ResponseLimits.channels list of names"),
    ],
)
def test_bad_input_is_refused_with_what_would_work(
    question: Callable[[], object], words: str
) -> None:
    with pytest.raises(LeadflowError) as caught:
        question()
    for word in words.split():
        assert word in str(caught.value)

"""A working day: whose midnight counts, and which pipelines are in force."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from leadflow import Lead, Span
from leadflow.calendars import WorkingHours
from leadflow.contact import DEFAULT_RULES
from leadflow.errors import LeadflowError
from leadflow.markup import one_line
from leadflow.pipeline import Pipeline, Stage
from leadflow.pipeline.day import Day, end_of, pipelines_of, working

NOW = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
WON = Stage("won", kind="won")
LEADS = Pipeline(
    "leads",
    [Stage("web"), Stage("phone"), Stage("working"), WON],
    {"web": ["working"], "phone": ["working"], "working": ["won"]},
    starts=["web", "phone"],
)
DEALS = Pipeline.linear("deals", [Stage("working", "A deal"), Stage("phone"), WON])


def odd(value: Any) -> Any:
    """Hide from the type checker what it would refuse."""
    return value


def at(stage: str | None, pipeline: str | None = None) -> Lead:
    return Lead("L-7", stage=stage, pipeline=pipeline)


# --- pipelines ---


def test_one_pipeline_several_or_none_are_taken() -> None:
    assert pipelines_of(None) == ()
    assert pipelines_of(LEADS) == (LEADS,)
    assert pipelines_of(iter([LEADS, DEALS])) == (LEADS, DEALS)


def test_a_stage_is_that_of_the_lead_s_own_pipeline() -> None:
    day = Day(NOW, [DEALS, LEADS])
    assert day.stage_of(at("working", "leads")) == LEADS["working"]
    assert day.stage_of(at("working", "deals")) == DEALS["working"]


def test_a_stage_in_an_unknown_pipeline_is_that_of_the_first_that_has_it() -> None:
    assert Day(NOW, [LEADS, DEALS]).stage_of(at("working")) == LEADS["working"]
    assert Day(NOW, [DEALS, LEADS]).stage_of(at("working")) == DEALS["working"]
    assert Day(NOW, [DEALS, LEADS]).stage_of(at("web")) == LEADS["web"]


@pytest.mark.parametrize("lead", [at(None), at("demo"), at("web", "deals"), at("web", "other")])
def test_no_stage_is_known_elsewhere_or_nowhere(lead: Lead) -> None:
    assert Day(NOW, [LEADS, DEALS]).stage_of(lead) is None


@pytest.mark.parametrize(
    ("stage", "pipeline", "is_beginning"),
    [
        ("web", "leads", True),
        ("phone", "leads", True),
        ("working", "leads", False),
        ("working", "deals", True),
        ("phone", "deals", False),
        ("web", "deals", False),
        (None, None, True),
        (None, "leads", True),
    ],
)
def test_leads_come_in_at_the_starts_of_their_pipeline(
    stage: str | None, pipeline: str | None, is_beginning: bool
) -> None:
    assert Day(NOW, [LEADS, DEALS]).is_beginning(at(stage, pipeline)) is is_beginning


def test_in_an_unknown_pipeline_a_start_is_that_of_the_pipeline_its_stage_is_taken_from() -> None:
    assert [Day(NOW, [LEADS, DEALS]).is_beginning(at(stage)) for stage in ("phone", "working")] == [
        True, False,
    ]  # fmt: skip
    assert [Day(NOW, [DEALS, LEADS]).is_beginning(at(stage)) for stage in ("phone", "working")] == [
        False, True,
    ]  # fmt: skip


def test_without_pipelines_any_stage_may_be_a_beginning() -> None:
    assert Day(NOW).is_beginning(at("anywhere"))
    assert Day(NOW).stage_of(at("anywhere")) is None
    assert Day(NOW).rules is DEFAULT_RULES


# --- dates ---


@pytest.mark.parametrize(
    ("lead_zone", "zone", "today"),
    [
        (None, None, date(2026, 3, 1)),
        ("Europe/Warsaw", None, date(2026, 3, 2)),
        ("America/New_York", None, date(2026, 3, 1)),
        ("Europe/Warsaw", "America/New_York", date(2026, 3, 1)),
        (None, "Asia/Tokyo", date(2026, 3, 2)),
    ],
)
def test_the_date_is_that_of_the_day_s_zone_then_the_lead_s_then_utc(
    lead_zone: str | None, zone: str | None, today: date
) -> None:
    day, lead = Day(NOW, zone=zone), Lead("L-7", time_zone=lead_zone)
    assert day.zone_of(lead) == (zone or lead_zone)
    assert day.today(lead) == day.today(lead) == today
    assert day.date_of(NOW, lead) == today
    assert day.date_of(NOW + timedelta(days=1), lead) == today + timedelta(days=1)


# --- spans and words ---

WEEKDAYS = WorkingHours({"mon-fri": "09:00-17:00"})


@pytest.mark.parametrize(
    ("span", "hours", "end"),
    [
        ("2 days", None, datetime(2026, 3, 3, 23, 30, tzinfo=UTC)),
        ("1 hour", WEEKDAYS, datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("1 month", WEEKDAYS, datetime(2026, 4, 1, 23, 30, tzinfo=UTC)),
        ("9000 years", None, None),
        ("9000 years", WEEKDAYS, None),
        ("3652059 days", WEEKDAYS, None),
    ],
)
def test_a_span_ends_in_plain_or_working_time_or_beyond_the_calendar_never(
    span: str, hours: WorkingHours | None, end: datetime | None
) -> None:
    assert end_of(Span.parse(span), NOW, hours) == end


def test_what_ends_beyond_the_calendar_in_working_time_alone_never_ends() -> None:
    friday = datetime(9999, 12, 31, 12, tzinfo=UTC)
    assert end_of(Span(seconds=3_600), friday, WEEKDAYS) == friday + timedelta(hours=1)
    assert end_of(Span(seconds=6 * 3_600), friday, WEEKDAYS) is None


def test_a_person_s_words_are_shown_on_one_line_bounded_and_escaped() -> None:
    assert one_line("a\x1b[31m\u202eb\n\tc") == "a\\x1b[31m\\u202eb c"
    assert len(one_line("\u202e" * 60_000)) == 200
    assert one_line("long words", 6) == "long …"


# --- bad input ---


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: Day(datetime(2026, 3, 1)), "Day.as_of time zone"),
        (lambda: Day(odd("now")), "Day.as_of datetime 'now'"),
        (lambda: Day(NOW, odd("leads")), "pipelines list 'leads'"),
        (lambda: Day(NOW, odd(5)), "pipelines list 5"),
        (lambda: Day(NOW, [LEADS, odd("deals")]), "pipelines[1] a Pipeline 'deals'"),
        (lambda: Day(NOW, [LEADS, DEALS, LEADS]), "pipelines[2].key 'leads' earlier"),
        (lambda: Day(NOW, zone="Mars/Olympus"), "Day.zone time zone 'Mars/Olympus'"),
        (lambda: Day(NOW, rules=odd(None)), "Day.rules ContactRules None"),
        (lambda: working(odd("9-17")), "hours WorkingHours '9-17' mon-fri"),
    ],
)
def test_bad_input_is_refused_with_what_would_work(made: Callable[[], object], words: str) -> None:
    with pytest.raises(LeadflowError) as caught:
        made()
    for word in words.split():
        assert word in str(caught.value)


def test_working_hours_or_none_are_taken() -> None:
    hours = WorkingHours({"mon-fri": "09:00-17:00"})
    assert working(hours) is hours
    assert working(None) is None

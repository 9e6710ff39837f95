"""Span: parsing, printing and counting on the calendar."""

from __future__ import annotations

import calendar
import pickle
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from leadflow.errors import InvalidValue, LimitExceeded, NaiveDatetime
from leadflow.span import Span, as_span

WARSAW = ZoneInfo("Europe/Warsaw")

whole_spans = st.builds(
    Span,
    months=st.integers(0, 119_988),
    days=st.integers(0, 3_652_059),
    seconds=st.integers(1, 315_537_897_600),
)
day_spans = st.builds(Span, months=st.integers(0, 500), days=st.integers(1, 50_000))
spans = whole_spans | day_spans | st.builds(Span, months=st.integers(1, 119_988))
dates = st.dates(date(1800, 1, 1), date(2200, 12, 31))
zones = st.sampled_from([UTC, WARSAW, ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata")])
instants = st.datetimes(datetime(1950, 1, 1), datetime(2150, 1, 1), timezones=zones)


# Reading


@pytest.mark.parametrize(
    ("text", "months", "days", "seconds"),
    [
        ("3 months", 3, 0, 0),
        ("10 minutes", 0, 0, 600),
        ("1h 30m", 0, 0, 5_400),
        ("1h30m", 0, 0, 5_400),
        ("30m 1h", 0, 0, 5_400),
        ("5m 10s", 0, 0, 310),
        ("2 weeks", 0, 14, 0),
        ("2 weeks 3 days", 0, 17, 0),
        ("1 year 6 months", 18, 0, 0),
        ("1 year, 2 days and 3 hours", 12, 2, 10_800),
        ("1 YEAR AND 6 Months", 18, 0, 0),
        ("30 days", 0, 30, 0),
        ("90s", 0, 0, 90),
        ("15min", 0, 0, 900),
        ("2mo", 2, 0, 0),
        ("1y 2mos 3wks 4d 5hrs 6mins 7secs", 14, 25, 18_367),
        ("  3 months\n", 3, 0, 0),
        ("3\u00a0months", 3, 0, 0),
        ("1.5 years", 18, 0, 0),
        ("1.5 hours", 0, 0, 5_400),
        ("0.25 min", 0, 0, 15),
        ("2.0 days", 0, 2, 0),
        ("007 days", 0, 7, 0),
        ("1 month 0 days", 1, 0, 0),
        ("P3M", 3, 0, 0),
        ("P1Y6M", 18, 0, 0),
        ("P2W", 0, 14, 0),
        ("P1M2W3D", 1, 17, 0),
        ("P3D", 0, 3, 0),
        ("PT10M", 0, 0, 600),
        ("P1DT2H", 0, 1, 7_200),
        ("PT1H30M15S", 0, 0, 5_415),
        ("p1dt2h", 0, 1, 7_200),
        ("PT1.5H", 0, 0, 5_400),
    ],
)
def test_a_span_is_read_from_words_and_from_iso_8601(
    text: Any, months: int, days: int, seconds: int
) -> None:
    assert Span.parse(text) == Span(months=months, days=days, seconds=seconds)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "'3 months'"),
        ("   ", "'3 months'"),
        ("3", "'3 months'"),
        ("months", "'3 months'"),
        ("3 months ago", "'3 months'"),
        ("1 day,", "'3 months'"),
        ("1 day,, 2 hours", "'3 months'"),
        ("1 day and", "'3 months'"),
        ("1,5 hours", "'3 months'"),
        ("1e3 days", "unit of time"),
        ("٣ days", "'3 months'"),
        ("½ hour", "'3 months'"),
        ("3_0 days", "unit of time"),
        ("3 monhts", "did you mean 'months'"),
        ("2 working days", "unit of time"),
        ("4 \x1b[31m", "'3 months'"),
        ("10m", "'min' for minutes or 'mo' for months"),
        ("1y 6M", "'min' for minutes or 'mo' for months"),
        ("1.5 days", "36 hours"),
        ("0.1 months", "whole months"),
        ("0.3 s", "whole months, days and seconds"),
        ("-3 days", "not negative"),
        ("\u22123 days", "not negative"),
        ("0 days", "not empty"),
        ("PT0S", "not empty"),
        ("1 day 2 days", "each unit once"),
        ("1h 2 hours", "each unit once"),
        ("P", "ISO 8601"),
        ("PT", "ISO 8601"),
        ("P1DT", "ISO 8601"),
        ("P1", "ISO 8601"),
        ("P1H", "ISO 8601"),
        ("P1D2M", "ISO 8601"),
        ("P-3D", "ISO 8601"),
        ("P1D ", None),
        (None, "text"),
        (5, "text"),
        (b"3 days", "text"),
        ("3 days\ud800", "surrogates"),
    ],
)
def test_other_texts_are_refused_with_what_would_work(text: Any, says: str | None) -> None:
    if says is None:
        assert Span.parse(text) == Span(days=1)
        return
    with pytest.raises(InvalidValue, match="fade") as raised:
        Span.parse(text, "fade")
    assert says in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        "10000 years",
        "3652060 days",
        "521723 weeks",
        "315537897601 seconds",
        "9" * 190 + " days",
        "P" + "9" * 150 + "Y",
        "1 day" + " " * 300 + "2 hours",
        "9" * 1_000_000,
    ],
)
def test_a_span_beyond_the_calendar_is_refused(text: Any) -> None:
    with pytest.raises(LimitExceeded, match="within"):
        Span.parse(text, "within")


@given(st.text() | st.text("0123456789.,- pPtTymwdhs and"))
def test_any_text_is_either_a_span_or_a_clear_error(text: str) -> None:
    try:
        span = Span.parse(text)
    except (InvalidValue, LimitExceeded):
        return
    assert Span.parse(str(span)) == span


# Printing


@given(spans)
def test_what_a_span_prints_it_reads_back(span: Span) -> None:
    assert Span.parse(str(span)) == span
    assert Span.parse(str(span).upper()) == span


@given(spans)
def test_what_a_span_writes_as_iso_8601_it_reads_back(span: Span) -> None:
    assert Span.parse(span.iso()) == span


@pytest.mark.parametrize(
    ("span", "english", "iso"),
    [
        (Span(months=3), "3 months", "P3M"),
        (Span(months=1), "1 month", "P1M"),
        (Span(months=12), "1 year", "P1Y"),
        (Span(months=30), "2 years 6 months", "P2Y6M"),
        (Span(days=14), "14 days", "P14D"),
        (Span(days=1, seconds=7_200), "1 day 2 hours", "P1DT2H"),
        (Span(seconds=5_400), "1 hour 30 minutes", "PT1H30M"),
        (Span(seconds=86_400), "24 hours", "PT24H"),
        (Span(seconds=61), "1 minute 1 second", "PT1M1S"),
    ],
)
def test_a_span_prints_english_and_iso_8601(span: Span, english: str, iso: str) -> None:
    assert str(span) == english
    assert span.iso() == iso


# Building


@pytest.mark.parametrize("value", [-1, 1.0, 1.5, True, "3", None])
@pytest.mark.parametrize("name", ["months", "days", "seconds"])
def test_the_numbers_of_a_span_are_whole_and_not_negative(name: str, value: Any) -> None:
    with pytest.raises(InvalidValue, match=f"span {name}"):
        Span(**{name: value})


@pytest.mark.parametrize(
    ("name", "most"), [("months", 119_988), ("days", 3_652_059), ("seconds", 315_537_897_600)]
)
def test_a_span_holds_what_the_years_1_to_9999_hold_and_no_more(name: str, most: int) -> None:
    assert getattr(Span(**{name: most}), name) == most
    with pytest.raises(LimitExceeded, match=f"span {name}"):
        Span(**{name: most + 1})
    with pytest.raises(LimitExceeded, match=f"span {name}"):
        Span(**{name: 10**30})


def test_an_empty_span_is_refused() -> None:
    with pytest.raises(InvalidValue, match="an empty span"):
        Span()
    with pytest.raises(InvalidValue, match="an empty span"):
        Span(months=0, days=0, seconds=0)


@given(spans)
def test_a_span_survives_pickling_and_hashes_by_value(span: Span) -> None:
    again = pickle.loads(pickle.dumps(span))
    assert again == span
    assert hash(again) == hash(span)


def test_months_days_and_seconds_are_kept_apart_and_have_no_order() -> None:
    assert Span(days=30) != Span(months=1)
    assert Span(seconds=86_400) != Span(days=1)
    with pytest.raises(TypeError):
        _ = Span(days=30) < Span(months=1)


# Dates


@pytest.mark.parametrize(
    ("start", "span", "end"),
    [
        (date(2026, 1, 31), Span(months=1), date(2026, 2, 28)),
        (date(2028, 1, 31), Span(months=1), date(2028, 2, 29)),
        (date(2028, 2, 29), Span(months=12), date(2029, 2, 28)),
        (date(2028, 2, 29), Span(months=48), date(2032, 2, 29)),
        (date(2026, 11, 30), Span(months=3), date(2027, 2, 28)),
        (date(2026, 12, 31), Span(months=12), date(2027, 12, 31)),
        (date(2026, 1, 31), Span(months=1, days=1), date(2026, 3, 1)),
        (date(2026, 1, 31), Span(days=14), date(2026, 2, 14)),
        (date(1, 1, 1), Span(months=9_998 * 12), date(9999, 1, 1)),
    ],
)
def test_months_go_first_and_stop_at_the_end_of_a_month(start: date, span: Span, end: date) -> None:
    assert span.after(start) == end


@pytest.mark.parametrize(
    ("start", "span", "end"),
    [
        (date(2026, 3, 31), Span(months=1), date(2026, 2, 28)),
        (date(2028, 3, 31), Span(months=1), date(2028, 2, 29)),
        (date(2026, 3, 31), Span(months=1, days=28), date(2026, 1, 31)),
        (date(2026, 1, 15), Span(months=13), date(2024, 12, 15)),
        (date(9999, 12, 31), Span(months=9_998 * 12), date(1, 12, 31)),
    ],
)
def test_before_counts_back_by_the_same_rules(start: date, span: Span, end: date) -> None:
    assert span.before(start) == end


@given(dates, st.integers(1, 2_000))
def test_whole_months_keep_the_day_or_end_the_month(start: date, months: int) -> None:
    end = Span(months=months).after(start)
    assert end.year * 12 + end.month == start.year * 12 + start.month + months
    assert end.day == min(start.day, calendar.monthrange(end.year, end.month)[1])


@given(dates, st.integers(1, 50_000))
def test_whole_days_are_undone_by_going_back(start: date, days: int) -> None:
    span = Span(days=days)
    assert span.after(start) - start == timedelta(days=days)
    assert span.before(span.after(start)) == start


@given(dates, dates, day_spans)
def test_a_later_start_never_ends_earlier(a: date, b: date, span: Span) -> None:
    assume(a <= b)
    assert span.after(a) <= span.after(b)
    assert span.before(a) <= span.before(b)


def test_a_date_takes_no_seconds() -> None:
    with pytest.raises(InvalidValue, match=r"months and days only.*'1 hour'.*datetime"):
        Span(seconds=3_600).after(date(2026, 1, 1))


# Instants


@pytest.mark.parametrize(
    ("span", "end"),
    [
        # clocks go from 02:00 to 03:00 on 29 March 2026
        (Span(days=1), datetime(2026, 3, 29, 9, tzinfo=WARSAW)),
        (Span(seconds=86_400), datetime(2026, 3, 29, 10, tzinfo=WARSAW)),
        (Span(days=1, seconds=3_600), datetime(2026, 3, 29, 10, tzinfo=WARSAW)),
        (Span(months=1), datetime(2026, 4, 28, 9, tzinfo=WARSAW)),
    ],
)
def test_days_keep_the_wall_time_and_seconds_are_elapsed_time(span: Span, end: datetime) -> None:
    found = span.after(datetime(2026, 3, 28, 9, tzinfo=WARSAW))
    assert found.isoformat() == end.isoformat()
    assert found.tzinfo is WARSAW


def test_a_wall_time_that_clocks_skip_is_moved_on() -> None:
    start = datetime(2026, 3, 28, 2, 30, tzinfo=WARSAW)
    assert Span(days=1).after(start).isoformat() == "2026-03-29T03:30:00+02:00"
    late = datetime(2026, 3, 30, 2, 30, tzinfo=WARSAW)
    assert Span(days=1).before(late).isoformat() == "2026-03-29T03:30:00+02:00"


def test_a_wall_time_that_comes_twice_is_the_first_of_the_two() -> None:
    start = datetime(2026, 10, 24, 2, 30, tzinfo=WARSAW)
    assert Span(days=1).after(start).isoformat() == "2026-10-25T02:30:00+02:00"
    second = datetime(2026, 10, 25, 2, 30, tzinfo=WARSAW, fold=1)
    assert Span(months=12).before(Span(months=12).after(second)).fold == 0


def test_seconds_tell_the_two_apart() -> None:
    first = datetime(2026, 10, 25, 2, 30, tzinfo=WARSAW)
    second = Span(seconds=3_600).after(first)
    assert second.isoformat() == "2026-10-25T02:30:00+01:00"
    assert Span(seconds=3_600).before(second).isoformat() == first.isoformat()
    assert Span(seconds=3_600).after(second).isoformat() == "2026-10-25T03:30:00+01:00"


@given(instants, st.integers(1, 10**9))
def test_seconds_are_exact_in_every_zone(start: datetime, seconds: int) -> None:
    end = Span(seconds=seconds).after(start)
    assert end.astimezone(UTC) - start.astimezone(UTC) == timedelta(seconds=seconds)
    assert end.tzinfo is start.tzinfo


@given(st.datetimes(datetime(1950, 1, 1), datetime(2150, 1, 1)), day_spans)
def test_in_utc_an_instant_moves_as_its_date_does(start: datetime, span: Span) -> None:
    found = span.after(start.replace(tzinfo=UTC))
    assert found == datetime.combine(span.after(start.date()), start.time(), UTC)


def test_a_subclass_of_datetime_comes_back_as_a_plain_datetime() -> None:
    class Stamp(datetime):
        pass

    found = Span(days=1).after(Stamp(2026, 1, 1, 9, tzinfo=UTC))
    assert type(found) is datetime
    assert found == datetime(2026, 1, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "span", "way"),
    [
        (date(9999, 12, 31), Span(days=1), "after"),
        (date(9999, 12, 1), Span(months=1), "after"),
        (date(1, 1, 1), Span(days=1), "before"),
        (date(1, 1, 31), Span(months=1), "before"),
        (date(1, 1, 31), Span(months=119_988), "before"),
        (date(2026, 1, 1), Span(months=119_988, days=3_652_059), "after"),
        (datetime(9999, 12, 31, 23, tzinfo=UTC), Span(seconds=3_600), "after"),
        (datetime(1, 1, 1, tzinfo=UTC), Span(seconds=1), "before"),
        (datetime(9999, 12, 30, tzinfo=WARSAW), Span(days=2), "after"),
        (datetime(1, 1, 2, tzinfo=timezone(timedelta(hours=5))), Span(days=1), "before"),
        (datetime(9999, 12, 31, 22, tzinfo=WARSAW), Span(seconds=7_200), "after"),
    ],
)
def test_an_end_outside_the_years_1_to_9999_is_a_clear_error(
    start: Any, span: Span, way: str
) -> None:
    with pytest.raises(InvalidValue, match=f"{way} .*|years 1 and 9999"):
        getattr(span, way)(start)


@pytest.mark.parametrize("start", [None, "2026-01-01", 20260101, datetime])
def test_a_start_is_a_date_or_a_datetime(start: Any) -> None:
    with pytest.raises(InvalidValue, match="start of a span"):
        Span(days=1).after(start)


def test_a_naive_start_is_refused() -> None:
    with pytest.raises(NaiveDatetime, match="start of a span"):
        Span(days=1).before(datetime(2026, 1, 1))


# Numbers out


def test_days_only_is_the_number_of_days() -> None:
    assert Span.parse("2 weeks").days_only("fade") == 14


@pytest.mark.parametrize("span", [Span(months=1), Span(seconds=86_400), Span(months=1, days=1)])
def test_days_only_refuses_months_and_seconds_and_names_the_place(span: Span) -> None:
    with pytest.raises(InvalidValue, match=r"rules\[0\]: expected whole days.*'30 days'"):
        span.days_only("rules[0]")


@given(whole_spans)
def test_a_span_without_months_is_a_timedelta(span: Span) -> None:
    plain = Span(days=span.days, seconds=span.seconds)
    assert plain.timedelta() == timedelta(days=span.days, seconds=span.seconds)


def test_months_have_no_fixed_length() -> None:
    with pytest.raises(InvalidValue, match="no fixed length"):
        Span(months=1).timedelta()


# Conversion


@pytest.mark.parametrize(
    ("value", "span"),
    [
        (Span(months=3), Span(months=3)),
        ("30 days", Span(days=30)),
        (timedelta(days=30), Span(days=30)),
        (timedelta(minutes=10), Span(seconds=600)),
        (timedelta(hours=36), Span(days=1, seconds=43_200)),
    ],
)
def test_a_span_is_taken_as_itself_as_text_and_as_timedelta(value: Any, span: Span) -> None:
    assert as_span("within", value) == span


@given(st.timedeltas(timedelta(seconds=1), timedelta(days=3_000_000)))
def test_a_timedelta_of_whole_seconds_comes_back(value: timedelta) -> None:
    value -= timedelta(microseconds=value.microseconds)
    assert as_span("within", value).timedelta() == value


@pytest.mark.parametrize(
    "value",
    [
        None,
        30,
        1.5,
        True,
        ["30 days"],
        "",
        timedelta(0),
        timedelta(days=-1),
        timedelta(milliseconds=1_500),
    ],
)
def test_what_is_no_span_is_refused_at_its_place(value: Any) -> None:
    with pytest.raises(InvalidValue, match="within"):
        as_span("within", value)


@pytest.mark.parametrize("value", [timedelta(days=999_999_999), "99999 years"])
def test_what_is_too_long_is_refused_at_its_place(value: Any) -> None:
    with pytest.raises(LimitExceeded, match="within"):
        as_span("within", value)

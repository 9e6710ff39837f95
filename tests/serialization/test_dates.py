from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.errors import InvalidValue, LeadflowError
from leadflow.serialization.dates import date_format, date_reader, datetime_reader


@pytest.mark.parametrize(
    ("formats", "text", "day"),
    [
        ("iso", "2026-03-31", date(2026, 3, 31)),
        ("iso", "2026-03-31 10:00", date(2026, 3, 31)),
        ("iso", "2024-02-29", date(2024, 2, 29)),
        ("iso", "9999-12-31", date(9999, 12, 31)),
        ("day first", "31.03.2026", date(2026, 3, 31)),
        ("day first", "1/2/2026", date(2026, 2, 1)),
        ("day first", "20-10-16", date(2016, 10, 20)),
        ("day first", "1-1-69", date(1969, 1, 1)),
        ("day first", "2026-03-31", date(2026, 3, 31)),
        ("day first", "03-07-2021 01:09", date(2021, 7, 3)),
        ("month first", "03/31/2026", date(2026, 3, 31)),
        ("month first", "1/2/26", date(2026, 1, 2)),
        ("%d-%m-%y", "20-10-16", date(2016, 10, 20)),
        ("%Y%m%d", "20260331", date(2026, 3, 31)),
        ("%d %b, %Y %H:%M:%S", "16 Apr, 2021 00:03:00", date(2021, 4, 16)),
        ("%B %d %Y", "march  5 2026", date(2026, 3, 5)),
        ("%b %d %Y", "Sep. 5 2026", date(2026, 9, 5)),
        ("100%% %d.%m.%Y", "100% 1.2.2026", date(2026, 2, 1)),
    ],
)
def test_dates_are_read_as_told(formats: str, text: str, day: date) -> None:
    assert date_reader((formats,))(text) == day


def test_the_first_format_that_fits_is_taken() -> None:
    read = date_reader(("%d.%m.%Y", "%m.%d.%Y", "iso"))
    assert read("1.2.2026") == date(2026, 2, 1)
    assert read("1.31.2026") == date(2026, 1, 31)
    assert read("2026-01-31") == date(2026, 1, 31)


@pytest.mark.parametrize(
    ("formats", "text", "reason"),
    [
        ("iso", "31.03.2026", "a date written like 2026-03-31"),
        ("iso", "20260331", "a date written like"),
        ("iso", "2026-3-31", "a date written like"),
        ("iso", "٢٠٢٦-03-31", "a date written like"),
        ("iso", "2025-02-29", "February 2025 has 28 days"),
        ("iso", "2025-04-31", "April 2025 has 30 days"),
        ("iso", "2025-01-00", "January 2025 has 31 days"),
        ("iso", "0000-01-01", "no year 0"),
        ("iso", "10000-01-01", "no year 10000"),
        ("iso", "2025-00-01", "no month 0"),
        ("iso", "2" * 1_000, "a date written like"),
        ("day first", "03/31/2026", "no month 31"),
        ("day first", "1.2/2026", "a date written like 31.03.2026"),
        ("month first", "31.03.2026", "no month 31"),
        ("%d %b %Y", "1 Mai 2026", "there is no Mai"),
        ("%Y%m%d", "2026331", "written like %Y%m%d"),
    ],
)
def test_what_is_no_date_is_refused_with_its_reason(formats: str, text: str, reason: str) -> None:
    with pytest.raises(InvalidValue, match=reason):
        date_reader((formats,))(text)


@pytest.mark.parametrize(
    ("formats", "text", "moment"),
    [
        ("iso", "2026-03-01T12:00Z", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("iso", "2026-03-01 12:00:30.5z", datetime(2026, 3, 1, 12, 0, 30, 500_000, UTC)),
        ("iso", "2026-03-01T14:00:00,123456789+0200", datetime(2026, 3, 1, 12, 0, 0, 123_456, UTC)),
        ("iso", "2026-03-01T09:30-02:30", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("iso", "2026-03-01T14:00 +02", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("iso", "2026-03-01 13:00", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("iso", "2026-07-01", datetime(2026, 6, 30, 22, tzinfo=UTC)),
        ("month first", "3/1/2026, 1:00 PM", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("month first", "3/1/2026 12:30AM", datetime(2026, 2, 28, 23, 30, tzinfo=UTC)),
        ("%d.%m.%Y %I%p %z", "1.3.2026 12PM +0000", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        (
            "%d.%m.%Y %H.%M.%S.%f",
            "1.3.2026 13.0.0.25",
            datetime(2026, 3, 1, 12, 0, 0, 250_000, UTC),
        ),
        # clocks go back: the first of two
        ("iso", "2026-10-25 02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_datetimes_are_instants(formats: str, text: str, moment: datetime) -> None:
    assert datetime_reader((formats,), "Europe/Warsaw")(text).astimezone(UTC) == moment


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-03-01 12:00", "tell its time zone"),
        ("2026-03-01", "tell its time zone"),
        ("2026-03-01 24:00Z", "a time between"),
        ("2026-03-01 12:60Z", "a time between"),
        ("2026-03-01 12:00:60Z", "a time between"),
        ("2026-03-01 12:00+24:00", "an offset from UTC"),
        ("2026-03-01 12:00+01:60", "an offset from UTC"),
        ("2026-03-01 13:00 PM Z", "an hour between 1 and 12"),
        ("2026-03-01 12Z", "a date written like"),
    ],
)
def test_what_is_no_instant_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidValue, match=reason):
        datetime_reader(("iso",), None)(text)


@pytest.mark.parametrize(
    ("given_format", "reason"),
    [
        ("dayfirst", "did you mean 'day first'"),
        ("%d.%m", "year, month and day"),
        ("%d.%m.%Y %y", "each once"),
        ("%d.%m.%Y %b", "each once"),
        ("%d.%m.%Y %H %I", "each once"),
        ("%d.%m.%Y %Q", "only the directives"),
        ("%d.%m.%Y %", "only the directives"),
        ("%d.%m.%Y" + "x" * 100, "up to 100 characters"),
        (5, "text"),
    ],
)
def test_a_format_that_makes_no_date_is_refused(given_format: object, reason: str) -> None:
    with pytest.raises(InvalidValue, match=reason):
        date_format("dates", given_format)


@given(
    st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-9, minutes=-30))])),
    st.sampled_from(["T", " "]),
)
def test_an_iso_datetime_written_is_the_one_read(moment: datetime, between: str) -> None:
    assert datetime_reader(("iso",), None)(moment.isoformat(between)) == moment


@given(st.dates(min_value=date(1000, 1, 1)))
def test_a_date_written_in_a_pattern_is_the_one_read(day: date) -> None:
    assert date_reader(("%d.%m.%Y",))(f"{day.day}.{day.month}.{day.year}") == day
    assert date_reader(("%Y%m%d",))(day.isoformat().replace("-", "")) == day


@given(st.text(max_size=20))
def test_any_text_is_a_format_or_refused(text: str) -> None:
    try:
        date_reader((date_format("dates", text),))("2026-01-01")
    except LeadflowError as error:
        assert str(error)  # noqa: PT017 (refusing is one of two good ways)

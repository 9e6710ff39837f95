from __future__ import annotations

from datetime import UTC, datetime

import pytest

from leadflow.cli.arguments import as_of
from leadflow.errors import InvalidValue


def test_a_date_means_the_end_of_that_day_in_utc() -> None:
    assert as_of("2026-03-01") == datetime(2026, 3, 1, 23, 59, 59, 999_999, tzinfo=UTC)


@pytest.mark.parametrize(
    "given", ["2026-03-01T09:00Z", "2026-03-01T11:00+02:00", "2026-03-01 09:00:00+00:00"]
)
def test_a_time_with_a_zone_is_that_instant(given: str) -> None:
    assert as_of(given) == datetime(2026, 3, 1, 9, tzinfo=UTC)


def test_without_it_the_answer_is_now_in_utc() -> None:
    first, second = as_of(None), as_of(None)
    assert datetime(2026, 1, 1, tzinfo=UTC) < first <= second
    assert (second - first).total_seconds() < 60
    assert first.tzinfo is UTC


@pytest.mark.parametrize(
    "given", ["", "yesterday", "2026-02-30", "10000-01-01", "2026-03-01T25:00Z"]
)
def test_anything_else_is_refused_and_shown(given: str) -> None:
    with pytest.raises(InvalidValue, match="--as-of: expected a date such as 2026-03-01"):
        as_of(given)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(InvalidValue, match="--as-of: expected a time with its zone"):
        as_of("2026-03-01T09:00")


def test_an_instant_before_the_year_1_is_refused() -> None:
    with pytest.raises(InvalidValue, match="between the years 1 and 9999"):
        as_of("0001-01-01T00:00+05:00")

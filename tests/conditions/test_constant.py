"""Constants: what they are of, and how exact they are."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest

from leadflow.conditions.constant import constant, kind_of
from leadflow.errors import InvalidValue, LeadflowError, LimitExceeded, NaiveDatetime
from leadflow.money import Money


class Size(StrEnum):
    LARGE = "large"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1, "number"),
        (0.5, "number"),
        (Decimal("0.5"), "number"),
        (True, "boolean"),
        ("", "text"),
        (date(2026, 1, 1), "date"),
        (datetime(2026, 1, 1, tzinfo=UTC), "datetime"),
        (Money(1, "EUR"), "money"),
    ],
)
def test_every_value_is_of_one_kind(value: Any, kind: str) -> None:
    assert kind_of(value) == kind
    assert kind_of(constant("value", value)) == kind


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (50.0, 50),
        (-0.0, 0),
        (Decimal("1E+3"), 1000),
        (Decimal("7.000"), 7),
        (0.1, Decimal("0.1")),
        (0.1 + 0.2, Decimal("0.30000000000000004")),
        (Decimal("2.50"), Decimal("2.5")),
        (2**53 + 1, 2**53 + 1),
        (True, True),
        (Size.LARGE, "large"),
        (datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))), datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_a_constant_is_kept_exactly_and_plainly(given: Any, kept: Any) -> None:
    found = constant("value", given)
    assert (type(found), str(found)) == (type(kept), str(kept))


def test_a_subclass_of_date_comes_back_plain() -> None:
    class Day(date):
        pass

    assert type(constant("value", Day(2026, 1, 1))) is date


@pytest.mark.parametrize(
    "value", [None, float("nan"), Decimal("NaN"), float("inf"), Decimal("-Infinity"), [1], b"a", {}]
)
def test_what_no_field_can_hold_is_no_constant(value: Any) -> None:
    with pytest.raises(InvalidValue, match="value: expected"):
        constant("value", value)


def test_unknown_is_asked_for_in_other_words() -> None:
    with pytest.raises(InvalidValue, match=r"got None \(ask is_unknown\(\) instead\)"):
        constant("value", None)


def test_a_naive_datetime_is_no_constant() -> None:
    with pytest.raises(NaiveDatetime, match="value: expected a datetime with a time zone"):
        constant("value", datetime(2026, 1, 1))


@pytest.mark.parametrize("value", [2**63, Decimal("1E+1000000"), Decimal("1E-39"), "é" * 40_000])
def test_a_constant_beyond_the_limits_is_refused(value: Any) -> None:
    with pytest.raises(LimitExceeded, match="value: "):
        constant("value", value)


def test_a_number_of_a_million_digits_is_refused_at_once() -> None:
    with pytest.raises(LeadflowError, match="an int of 3321929 bits"):
        constant("value", 10**1_000_000 + 1)

"""The names of a lead's attributes, and what may be set by name."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from leadflow import Lead, Money
from leadflow.errors import InvalidValue, LeadflowError, NaiveDatetime
from leadflow.events import ATTRIBUTES, FieldsSet
from leadflow.events.facts import POSITION, deal_value, fact_names, facts, is_unknown, one_of, share
from tests.strategies import NAT

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_every_attribute_can_be_read_from_a_lead() -> None:
    assert all(hasattr(Lead("L-1"), key) for key in ATTRIBUTES)


@pytest.mark.parametrize(
    "value", [None, float("nan"), Decimal("NaN"), Decimal("sNaN"), NAT], ids=repr
)
def test_none_nan_and_nat_are_unknown(value: Any) -> None:
    assert is_unknown(value)
    keys = ("source", "due", "deal_value", "time_zone", "x")
    assert facts("set", dict.fromkeys(keys, value)) == dict.fromkeys(keys)


@pytest.mark.parametrize("value", ["", "nan", 0, False, Decimal(0), 0.0, NOON, date(2026, 1, 1)])
def test_empty_zero_and_false_are_known(value: Any) -> None:
    assert not is_unknown(value)


@pytest.mark.parametrize(
    "key",
    [*sorted(POSITION), "id", "created_at", "tags", "fields", "events", "engagement_reset_at"],
)
def test_what_events_of_its_own_set_cannot_be_set_as_a_fact(key: str) -> None:
    with pytest.raises(InvalidValue, match=rf"^FieldsSet\.values\.{key}: expected a field"):
        FieldsSet({key: "new"}, NOON)
    with pytest.raises(InvalidValue, match=rf"^Erased\.fields\.{key}: expected a field"):
        fact_names("Erased.fields", [key])


def test_the_currency_of_the_deal_value_is_no_fact_of_its_own() -> None:
    with pytest.raises(InvalidValue, match="deal_value_currency"):
        FieldsSet({"deal_value_currency": "EUR"}, NOON)


def test_the_hint_tells_why_a_name_cannot_be_set() -> None:
    with pytest.raises(InvalidValue, match="stage is set by events of its own"):
        facts("set", {"stage": "new"})
    with pytest.raises(InvalidValue, match="it never changes"):
        facts("set", {"id": "L-2"})


@pytest.mark.parametrize(
    "values",
    [
        {"due": NOON},
        {"due": "2026-03-01"},
        {"deal_value": 500},
        {"deal_value": Money(-1, "EUR")},
        {"time_zone": "Mars/Olympus"},
        {"source": 5},
        {"x": []},
        pytest.param({"x": object()}, id="an object"),
        {"x": complex(1)},
        {"x": "\ud800"},
        {"": 1},
        {None: 1},
        {"a": 1, " a ": 2},
        {"a": 1, "a ": None},
        "a",
        ["a"],
        None,
    ],
    ids=str,
)
def test_bad_facts_are_refused(values: Any) -> None:
    with pytest.raises(LeadflowError, match=r"^FieldsSet\.values"):
        FieldsSet(values, NOON)


def test_a_naive_datetime_is_refused_as_a_fact() -> None:
    with pytest.raises(NaiveDatetime, match=r"^FieldsSet\.values\.seen: "):
        FieldsSet({"seen": datetime(2026, 1, 1)}, NOON)


def test_a_deal_value_is_money_of_zero_or_more() -> None:
    assert deal_value("deal_value", Money(0, "EUR")) == Money(0, "EUR")
    with pytest.raises(InvalidValue, match=r"^deal_value: expected an amount of zero or more"):
        deal_value("deal_value", Money("-0.01", "EUR"))


@pytest.mark.parametrize("value", [0, 1, 0.5, 1e-300, Decimal("0.1"), Decimal("1E-300")])
def test_a_share_lies_between_zero_and_one(value: Any) -> None:
    assert share("share", value) == float(value)
    assert type(share("share", value)) is float


@pytest.mark.parametrize(
    "value",
    [
        -1,
        1.1,
        float("nan"),
        float("inf"),
        True,
        "0.5",
        None,
        Decimal("sNaN"),
        Decimal("1." + "0" * 40 + "1"),
    ],
)
def test_anything_else_is_no_share(value: Any) -> None:
    with pytest.raises(InvalidValue, match=r"^share: expected "):
        share("share", value)


def test_a_closed_list_takes_its_words_stripped_and_nothing_else() -> None:
    from leadflow.events import Lifecycle

    check = one_of(Lifecycle)["check"]
    assert check("lifecycle", " mql ") == "mql"
    with pytest.raises(InvalidValue, match=r"did you mean 'customer'\?"):
        check("lifecycle", "costumer")

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from leadflow import Money, activity, all_of, always, any_of, field, tag
from leadflow.conditions import Condition
from leadflow.serialization import condition_from_data, condition_to_data

VIEWED = activity("page_viewed")
DEMO = activity("demo_requested")
FORMS: list[tuple[Condition, dict[str, Any]]] = [
    (field("x").equals(5), {"field": "x", "equals": 5}),
    (field("x").equals(True), {"field": "x", "equals": True}),
    (field("x").more_than(Decimal("0.5")), {"field": "x", "more_than": 0.5}),
    (
        field("x").less_than(Decimal("0.12345678901234567891")),
        {"field": "x", "less_than": {"decimal": "0.12345678901234567891"}},
    ),
    (field("x").at_least(Money("1.50", "EUR")), {"field": "x", "at_least": {"money": "1.50 EUR"}}),
    (field("x").at_most(field("y")), {"field": "x", "at_most": {"field": "y"}}),
    (
        field("x").between(date(2026, 1, 1), date(2026, 2, 1)),
        {"field": "x", "between": [{"date": "2026-01-01"}, {"date": "2026-02-01"}]},
    ),
    (
        field("x").equals(datetime(2026, 1, 1, tzinfo=UTC)),
        {"field": "x", "equals": {"datetime": "2026-01-01T00:00:00Z"}},
    ),
    (field("x").one_of("a", 1), {"field": "x", "one_of": ["a", 1]}),
    (field("x").starts_with("a"), {"field": "x", "starts_with": "a"}),
    (field("x").is_known(), {"field": "x", "is_known": True}),
    (field("x").is_unknown(), {"field": "x", "is_unknown": True}),
    (field("x").older_than("1 month"), {"field": "x", "older_than": "1 month"}),
    (tag("vip"), {"tag": "vip"}),
    (always(), {"always": True}),
    (~tag("vip"), {"not": {"tag": "vip"}}),
    (all_of(tag("a"), tag("b")), {"all": [{"tag": "a"}, {"tag": "b"}]}),
    (any_of(tag("a")), {"any": [{"tag": "a"}]}),
    (VIEWED, {"activity": "page_viewed"}),
    (VIEWED.never(), {"activity": "page_viewed", "at_most": 0}),
    (VIEWED.times(2), {"activity": "page_viewed", "at_least": 2}),
    (VIEWED.times(at_most=3), {"activity": "page_viewed", "at_most": 3}),
    (VIEWED.times(0, 3), {"activity": "page_viewed", "at_least": 0, "at_most": 3}),
    (VIEWED.within("30 days"), {"activity": "page_viewed", "within": "30 days"}),
    (activity("call", a=1, b="x"), {"activity": "call", "where": {"a": 1, "b": "x"}}),
    (activity("call", tag="x"), {"activity": "call", "where": {"tag": "x"}}),
    (activity("call", all=1), {"activity": "call", "where": {"field": "all", "equals": 1}}),
    (activity("call", field=1), {"activity": "call", "where": {"field": "field", "equals": 1}}),
    (
        activity("call").where(field("a").equals(field("b"))),
        {"activity": "call", "where": {"field": "a", "equals": {"field": "b"}}},
    ),
    (
        activity("call").where(all_of(field("a").equals(1))),
        {"activity": "call", "where": {"all": [{"field": "a", "equals": 1}]}},
    ),
    (
        activity("call").where(field("a").equals(1), field("a").equals(2)),
        {
            "activity": "call",
            "where": {"all": [{"field": "a", "equals": 1}, {"field": "a", "equals": 2}]},
        },
    ),
    (
        VIEWED.then(DEMO, within="7 days"),
        {
            "first": {"activity": "page_viewed"},
            "then": {"activity": "demo_requested"},
            "within": "7 days",
        },
    ),
    (
        VIEWED.then(DEMO),
        {"first": {"activity": "page_viewed"}, "then": {"activity": "demo_requested"}},
    ),
]


@pytest.mark.parametrize(("condition", "data"), FORMS)
def test_each_condition_has_one_plain_form(condition: Condition, data: dict[str, Any]) -> None:
    assert condition_to_data(condition) == data
    assert condition_from_data(data) == condition

"""The worked examples of the requirements, on every kind of frame."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from leadflow import Money, activity
from leadflow.frames import contributions_frame, rate_frame, score_frame
from leadflow.scoring import Rule, ScoringModel, TimelineAndSize
from tests import frame_strategies as drawn

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
GUIDE = ScoringModel(
    "guide",
    [
        Rule("welcome e-mail opened", +2, each=activity("email_opened"), distinct="email"),
        Rule("e-mail link clicked", +5, each=activity("email_clicked")),
        Rule("pricing page visited", +15, each=activity("page_viewed", page="/pricing")),
        Rule("content downloaded", +10, each=activity("content_downloaded")),
        Rule("free trial started", +25, each=activity("trial_started")),
        Rule("unsubscribed", -5, each=activity("email_unsubscribed")),
    ],
)
A2 = [
    *(("A", "content_downloaded", day, None, None) for day in (1, 2, 3)),
    *(("A", "email_opened", day, None, f"welcome {day}") for day in (1, 2, 3)),
    *(("A", "email_clicked", day, None, f"welcome {day}") for day in (1, 2, 3)),
    ("A", "trial_started", 0, None, None),
    ("B", "page_viewed", 1, "/pricing", None),
    ("B", "email_opened", 2, None, "welcome 1"),
    ("B", "email_opened", 1, None, "welcome 2"),
]
LOG_SORTS = {"lead": "text", "kind": "text", "at": "datetime", "page": "text", "email": "text"}
P2 = [
    (date(2026, 5, 15), "9999.99", "cold"),
    (date(2026, 5, 15), "10000", "hot"),
    (date(2026, 6, 15), "50000", "hot"),
    (date(2026, 6, 16), "9999.99", "cold"),
    (date(2026, 6, 16), "10000", "warm"),
    (date(2026, 6, 16), None, "cold"),
    (None, "50000", "cold"),
]


def log_of(rows: list[tuple[Any, ...]], make: Any) -> Any:
    told = [
        {"lead": lead, "kind": kind, "at": NOW - timedelta(days), "page": page, "email": email}
        for lead, kind, days, page, email in rows
    ]
    return make(told, LOG_SORTS, "UTC")


def points(rows: list[tuple[Any, ...]], engine: str) -> dict[str, int]:
    make = drawn.ENGINES[engine]
    leads = make([{"id": "A"}, {"id": "B"}], {"id": "text"}, "UTC")
    scored = drawn.rows_of(score_frame(GUIDE, leads, log_of(rows, make), as_of=NOW))
    return {row["id"]: row["points"] for row in scored}


@pytest.mark.parametrize("engine", drawn.ENGINES)
def test_a2_lead_a_has_76_points_and_lead_b_19(engine: str) -> None:
    assert points(A2, engine) == {"A": 76, "B": 19}


@pytest.mark.parametrize("engine", drawn.ENGINES)
def test_a2_unsubscribing_takes_5_and_the_same_email_again_adds_nothing(engine: str) -> None:
    more = [
        ("A", "email_unsubscribed", 0, None, None),
        ("B", "email_unsubscribed", 0, None, None),
        ("B", "email_opened", 0, None, "welcome 1"),
    ]
    assert points([*A2, *more], engine) == {"A": 71, "B": 14}


@pytest.mark.parametrize("engine", drawn.ENGINES)
def test_p2_timeline_and_size_give_the_rating(engine: str) -> None:
    rater = TimelineAndSize(medium=Money(10_000, "EUR"), large=Money(50_000, "EUR"))
    rows = [
        {
            "id": f"L-{place}",
            "due": due,
            "deal_value": None if amount is None else Decimal(amount),
            "deal_value_currency": None if amount is None else "EUR",
        }
        for place, (due, amount, _) in enumerate(P2)
    ]
    sorts = {"id": "text", "due": "date", "deal_value": "decimal", "deal_value_currency": "text"}
    rated = drawn.rows_of(rate_frame(rater, drawn.ENGINES[engine](rows, sorts, "UTC"), as_of=NOW))
    told = {row["id"]: row["rating"] for row in rated}
    assert told == {f"L-{place}": rating for place, (_, _, rating) in enumerate(P2)}


@pytest.mark.parametrize("engine", drawn.ENGINES)
def test_more_occurrences_than_16_bits_hold_are_counted(engine: str) -> None:
    make = drawn.ENGINES[engine]
    leads = make([{"id": "A"}], {"id": "text"}, "UTC")
    log = log_of([("A", "email_clicked", 1, None, None)] * 40_000, make)
    scored = drawn.rows_of(score_frame(GUIDE, leads, log, as_of=NOW))
    assert scored[0]["points"] == 200_000
    found = drawn.rows_of(contributions_frame(GUIDE, leads, log, as_of=NOW))
    assert [(row["rule"], row["times"], row["points"]) for row in found] == [
        ("e-mail link clicked", 40_000, 200_000)
    ]

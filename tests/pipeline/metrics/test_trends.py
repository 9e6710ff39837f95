"""Trends, against the period before and over several."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from leadflow.errors import InvalidValue
from leadflow.period import Period
from leadflow.pipeline.metrics import History, trends
from leadflow.shares import Share
from tests.pipeline.metrics.made import SALES, odd

APRIL, MAY = Period.parse("2026-04"), Period.parse("2026-05")


def lost(n: int, day: date, reason: str | None, **more: Any) -> dict[str, Any]:
    return {"id": f"{day}-{n}", "stage": "lost", "closed_at": day, "reason": reason, **more}


def a_history(*rows: Any, as_of: datetime = datetime(2026, 5, 9, tzinfo=UTC)) -> History:
    return History.of_rows(rows, SALES, as_of=as_of)


ROWS = [
    *(lost(n, date(2026, 4, 3), "price", source="web") for n in range(30)),
    *(lost(n, date(2026, 4, 25), "timing", source="fair") for n in range(10)),
    *(lost(n, date(2026, 3, 5), "price", source="web") for n in range(8)),
    *(lost(n, date(2026, 3, 28), "timing", source="fair") for n in range(32)),
    lost(0, date(2026, 1, 5), None),
]


def test_reasons_are_compared_with_the_period_before() -> None:
    found = trends(a_history(*ROWS), APRIL)
    assert [row.key for row in found] == [("price",), ("timing",), ("(none)",)]
    price = found["price"]
    assert (price.now, price.before, price.change) == (Share(30, 40), Share(8, 40), 22)
    assert price.difference.value == pytest.approx(0.55)
    assert price.is_clear
    assert price.series == (0, 0, 0, 0, 8, 30)
    assert found["(none)"].series == (0, 0, 1, 0, 0, 0)
    assert price.sentence == "price: 30, 8 before (75.0 %, 20.0 % before); a clear change."


def test_what_chance_would_make_is_no_clear_change() -> None:
    rows = [lost(1, date(2026, 4, 3), "price"), lost(2, date(2026, 3, 3), "timing")]
    found = trends(a_history(*rows), APRIL)
    assert not found["price"].is_clear
    assert found["price"].sentence.endswith("within chance.")


def test_a_period_without_any_before_says_no_data() -> None:
    [row] = trends(a_history(lost(1, date(2026, 4, 3), "price")), APRIL)
    assert (row.before, row.difference.value, row.is_clear) == (Share(0, 0), None, False)
    assert "no data before" in row.sentence


def test_an_unfinished_period_is_compared_with_as_much_of_the_one_before() -> None:
    found = trends(a_history(*ROWS, as_of=datetime(2026, 4, 10, tzinfo=UTC)), APRIL)
    assert (found.total, found.total_before) == (30, 8)
    assert found["price"].series[-2:] == (8, 30)
    assert found.sentence == "30 leads lost in 2026-04, 8 in as much of 2026-03."


def test_an_unfinished_period_ends_with_the_instant_itself_and_so_does_the_one_before() -> None:
    first, second = datetime(2026, 4, 10, 9, tzinfo=UTC), datetime(2026, 3, 10, 9, tzinfo=UTC)
    rows = [
        {"id": str(n), "stage": "lost", "closed_at": at} for n, at in enumerate([first, second])
    ]
    found = trends(a_history(*rows, as_of=first), APRIL, by="outcome")
    assert (found.total, found.total_before) == (1, 1)


def test_a_reason_that_only_earlier_leads_have_is_no_unknown_field() -> None:
    rows = [lost(1, date(2024, 4, 3), "price"), lost(2, date(2026, 4, 3), None)]
    found = trends(a_history(*rows), APRIL)
    assert [(row.key, row.now) for row in found] == [(("(none)",), Share(1, 1))]


def test_without_any_lead_in_all_the_periods_there_is_no_row() -> None:
    found = trends(a_history(lost(1, date(2024, 4, 3), "price")), APRIL)
    assert (list(found), found.total, found.total_before) == ([], 0, 0)


def test_reasons_by_source() -> None:
    found = trends(a_history(*ROWS), APRIL, by=("reason", "source"))
    assert found["price", "web"].now == Share(30, 40)
    assert found.header()[:2] == ("reason", "source")


@pytest.mark.parametrize(
    ("what", "count"), [("created", 3), ("closed", 2), ("won", 1), ("lost", 1)]
)
def test_other_things_are_counted_when_they_happen(what: Any, count: int) -> None:
    rows = [
        {"id": "1", "stage": "won", "created_at": date(2026, 4, 1), "closed_at": date(2026, 4, 9)},
        {"id": "2", "stage": "lost", "created_at": date(2026, 4, 1), "closed_at": date(2026, 4, 9)},
        {"id": "3", "stage": "sent", "created_at": date(2026, 4, 1)},
        {"id": "4", "stage": "lost"},
    ]
    assert trends(a_history(*rows), APRIL, by="outcome", what=what).total == count


def test_trends_are_shown() -> None:
    found = trends(a_history(*ROWS), APRIL, series=2)
    assert (len(found), repr(found)) == (2, f"Trends({found.sentence})")
    assert str(found).startswith(found.sentence)
    assert "+55.0 points" in str(found)
    assert found.sentence in found._repr_html_()


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: trends(odd([]), APRIL), "history: expected a History"),
        (lambda: trends(a_history(), odd("2026-04")), "period: expected a Period"),
        (
            lambda: trends(a_history(), Period.parse("2027")),
            "period: expected a period that has begun",
        ),
        (lambda: trends(a_history(), APRIL, what=odd("sent")), "what: expected one of created"),
        (lambda: trends(a_history(), APRIL, by=()), "by: expected a dimension"),
        (
            lambda: trends(a_history(), APRIL, series=1),
            "series: expected a whole number of at least 2",
        ),
        (lambda: trends(a_history(*ROWS), APRIL, by="reson"), "did you mean 'reason'"),
        (
            lambda: trends(a_history(ROWS[0], lost(1, date(2026, 4, 9), None)), MAY, by="reson"),
            "did you mean 'reason'",
        ),
        (lambda: trends(a_history(*ROWS), APRIL)["prise"], "did you mean 'price'"),
        (lambda: trends(a_history(*ROWS), APRIL)[odd(5)], "trends: expected a value that occurred"),
    ],
)
def test_bad_questions_are_refused(ask: Any, words: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        ask()
    assert words in str(refused.value)


def test_a_period_is_over_with_its_last_microsecond() -> None:
    last = datetime(2026, 4, 30, 23, 59, 59, 999999, tzinfo=UTC)
    found = trends(a_history(*ROWS, as_of=last), APRIL)
    assert found.sentence == "40 leads lost in 2026-04, 40 in 2026-03."

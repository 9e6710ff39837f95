from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from random import Random  # noqa: TID251 (only for a type)
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow import Lead, Money, always
from leadflow.errors import ColumnClash, InvalidValue, LeadflowError, MissingColumn, MixedCurrencies
from leadflow.frames import rate_frame
from leadflow.money import Rates
from leadflow.scoring import Categories, Category, Readiness, Thresholds, TimelineAndSize
from tests import frame_strategies as drawn

NOW = drawn.NOW
RATES = Rates("USD", {"EUR": Decimal("1.07"), "JPY": Decimal("0.0064")})
SIZES = ("small", "medium", "large")
EVERY = pytest.mark.parametrize("engine", drawn.ENGINES)


def told(
    rater: Any, rows: list[dict[str, Any]], sorts: dict[str, str], engine: str, **given: Any
) -> list[Any]:
    frame = drawn.ENGINES[engine](rows, {"id": "text", **sorts}, "UTC")
    found = drawn.rows_of(rate_frame(rater, frame, as_of=NOW, into="rated", **given))
    by_id = {row["id"]: row["rated"] for row in found}
    return [by_id[row["id"]] for row in rows]


@EVERY
@given(st.integers(-2, 3), st.sampled_from([None, 2, 1]), st.sampled_from([None, -3, 0]))
def test_law_thresholds_rate_a_frame_as_lead_by_lead(
    engine: str, warm: int, hot: int | None, leave: int | None
) -> None:
    leave_hot = None if hot is None else warm + hot
    leave_warm = None if leave is None else warm + leave
    rater = Thresholds(hot=warm + 2, warm=warm, leave_hot=leave_hot, leave_warm=leave_warm)
    rows = [
        {"id": f"{score} {rating}", "score": score, "rating": rating}
        for score in (None, *range(-6, 8))
        for rating in (None, "hot", "warm", "cold")
    ]
    expected = [rater.rate(Lead(**row), as_of=NOW).rating for row in rows]
    assert told(rater, rows, {"score": "int", "rating": "text"}, engine) == expected


@EVERY
@given(
    st.sampled_from(SIZES), st.sampled_from(SIZES), st.sampled_from([None, RATES]), st.booleans()
)
def test_law_timeline_and_size_rate_a_frame_as_lead_by_lead(
    engine: str, hot: Any, warm: Any, rates: Rates | None, yen: bool
) -> None:
    code = "JPY" if yen and rates else "EUR"
    rater = TimelineAndSize(
        "1 month",
        medium=Money("999.995", code),
        large=Money("5000.5", code),
        hot_from=hot,
        warm_from=warm,
        rates=rates,
    )
    amounts = [
        "0",
        "6",
        "7",
        "32",
        "999.99",
        "999.995",
        "1000",
        "1070",
        "1069.99",
        "1069.994",
        "1069.995",
        "6.396",
        "6.397",
        "5000",
        "5000.5",
        "155000",
        "156000",
        "156249",
        "156250",
        "167187.5",
        "835937.5",
    ]
    rows: list[dict[str, Any]] = [
        {
            "id": f"{amount} {currency} {days}",
            "due": None if days is None else NOW.date() + timedelta(days),
            "deal_value": None if amount is None else Decimal(amount),
            "deal_value_currency": amount and currency,
        }
        for amount in (None, *amounts)
        for currency in (("EUR", "USD", "JPY") if rates else ("EUR",))
        for days in (None, -1, 0, 29, 30, 31, 32)
    ]
    expected = [
        rater.rate(
            Lead(
                row["id"],
                due=row["due"],
                deal_value=None
                if row["deal_value"] is None
                else Money(row["deal_value"], row["deal_value_currency"]),
            ),
            as_of=NOW,
        ).rating
        for row in rows
    ]
    sorts = {"due": "date", "deal_value": "decimal", "deal_value_currency": "text"}
    assert told(rater, rows, sorts, engine) == expected


@EVERY
@given(drawn.randoms)
def test_law_categories_rate_a_frame_as_lead_by_lead(engine: str, random: Random) -> None:
    case = drawn.case(random, 15, 40)
    named = [Category(f"c{n}", drawn.condition(random, case)) for n in range(random.randint(0, 5))]
    rater = Categories([*named, Category("rest", always())])
    make = drawn.ENGINES[engine]
    log = make(case.log, case.log_sorts, case.zone)
    found = rate_frame(rater, make(case.rows, case.lead_sorts, case.zone), log, as_of=NOW)
    by_id = {row["id"]: row["rating"] for row in drawn.rows_of(found)}
    assert by_id == {lead.id: rater.rate(lead, as_of=NOW).rating for lead in case.leads}


PRICED = pl.DataFrame(
    {
        "id": ["a", "b"],
        "due": [NOW.date()] * 2,
        "deal_value": [Decimal(900)] * 2,
        "deal_value_currency": ["EUR", "USD"],
    }
)
BY_SIZE = TimelineAndSize(medium=Money(10, "EUR"), large=Money(500, "EUR"))


def test_currencies_without_a_rate_are_refused_where_the_frame_is_at_hand() -> None:
    with pytest.raises(MixedCurrencies, match="USD"):
        rate_frame(BY_SIZE, PRICED, as_of=NOW)


def test_currencies_without_a_rate_get_no_rating_in_a_query() -> None:
    found = rate_frame(BY_SIZE, PRICED.lazy(), as_of=NOW).collect()
    assert found["rating"].to_list() == ["hot", None]


def test_a_rate_that_is_missing_for_the_lines_is_named() -> None:
    rater = TimelineAndSize(medium=Money(10, "CHF"), large=Money(500, "CHF"), rates=RATES)
    with pytest.raises(LeadflowError, match="CHF"):
        rate_frame(rater, PRICED, as_of=NOW)


def test_columns_of_nothing_but_nulls_rate_cold() -> None:
    frame = pl.DataFrame(
        {
            "id": ["L"],
            "score": [None],
            "rating": [None],
            "due": [None],
            "deal_value": [None],
            "deal_value_currency": [None],
        }
    )
    for rater in (BY_SIZE, Thresholds(hot=2, warm=1, leave_warm=0)):
        assert rate_frame(rater, frame, as_of=NOW, into="to")["to"].to_list() == ["cold"]


def test_an_instant_is_a_due_date_by_its_utc_date() -> None:
    frame = PRICED.head(1).with_columns(due=pl.lit(NOW))
    assert rate_frame(BY_SIZE, frame, as_of=NOW)["rating"].to_list() == ["hot"]


def test_what_cannot_be_rated_is_refused() -> None:
    with pytest.raises(ColumnClash, match="'Rating'"):
        rate_frame(BY_SIZE, PRICED.with_columns(Rating=1), as_of=NOW)
    with pytest.raises(InvalidValue, match="lead by lead"):
        rate_frame(Readiness(self_closing=2, nudge=1), PRICED, as_of=NOW)  # type: ignore[arg-type]
    with pytest.raises(MissingColumn, match="score"):
        rate_frame(Thresholds(hot=2, warm=1), PRICED, as_of=NOW)


def test_thresholds_read_the_points_of_a_scored_frame() -> None:
    rater = Thresholds(hot=60, warm=30)
    scored = pl.DataFrame({"id": ["L-1", "L-2"], "points": [60, 30]})
    assert rate_frame(rater, scored, as_of=NOW)["rating"].to_list() == ["hot", "warm"]
    both = scored.with_columns(score=pl.Series([0, 60]))
    assert rate_frame(rater, both, as_of=NOW)["rating"].to_list() == ["cold", "hot"]

"""Forecasts from leads that ended in every way there is, or of which not all is known."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from leadflow import Lead, Money
from leadflow.errors import InvalidValue
from leadflow.events import Conversion, Disposition, Event, StageChange
from leadflow.pipeline import Pipeline, Stage
from leadflow.pipeline.forecast import Learned, backtest_forecast, forecast
from leadflow.pipeline.metrics import History

NOW = datetime(2026, 3, 9, tzinfo=UTC)
DAY = timedelta(days=1)
WON, LOST = Stage("won", kind="won"), Stage("lost", kind="lost")
SALES = Pipeline.linear("sales", [Stage("offer"), Stage("talks"), WON, LOST])
SHORT = Pipeline.linear("sales", [Stage("offer"), WON, LOST])


def as_stage(key: str, at: datetime) -> Event:
    return StageChange(key, at, id=f"end-{at}")


def as_disposition(key: str, at: datetime) -> Event:
    if key == "won":
        return Disposition("won", at, id=f"end-{at}")
    return Disposition("lost", at, reason="price", id=f"end-{at}")


def as_conversion(key: str, at: datetime) -> Event:
    if key == "won":
        return Conversion("deals", "new", at, id=f"end-{at}")
    return as_disposition(key, at)


def ended(how: Any) -> History:
    """Make leads that come every six hours, are talked to on day 10 and end on day 30, 1 in 4 won."""
    leads = []
    for n in range(1_200):
        came = NOW - (n // 4) * DAY
        events: list[Event] = []
        if came + 10 * DAY <= NOW:
            events.append(StageChange("talks", came + 10 * DAY, id=f"talks-{n}"))
        if came + 30 * DAY <= NOW:
            events.append(how("lost" if n % 4 else "won", came + 30 * DAY))
        leads.append(Lead(f"L-{n}", came, stage="offer", pipeline="sales", events=events))
    return History.of(leads, SALES, as_of=NOW)


@pytest.mark.parametrize("how", [as_stage, as_disposition, as_conversion])
def test_it_does_not_matter_how_a_lead_is_closed(how: Any) -> None:
    history = ended(how)
    learned = Learned.of(history)
    assert learned.is_by_stage
    assert {key: (r.went("(won)"), r.went("(lost)")) for key, r in learned.by_stage.items()} == {
        "offer": (0, 0),
        "talks": (90, 270),
    }
    assert learned.chance("talks", 15, 60) == pytest.approx(0.25)
    assert [o.expected_count for o in forecast(history, learned=learned, periods=1)] == (
        [pytest.approx(9 + 22, abs=0.1)]  # 9 won by now, 22 more days with one of four won each
    )
    tested = backtest_forecast(history, [NOW - 60 * DAY], horizons=[30], corrected=False)
    assert tested.error == pytest.approx(0, abs=0.01)


def by_changes(*ways: tuple[str, int], is_created: bool) -> History:
    """Make a deal a day, that enters stages so many days after it came."""
    rows, changes = [], []
    for n in range(400):
        came = NOW - n * DAY
        rows.append({"id": f"D-{n}", "created_at": came if is_created else None})
        entered = ((stage, came + days * DAY) for stage, days in ways)
        changes += [{"id": f"D-{n}", "stage": s, "at": at} for s, at in entered if at <= NOW]
    return History.of_rows(rows, SHORT, as_of=NOW, changes=changes)


def test_leads_that_came_after_a_cutoff_are_in_neither_side_of_a_backtest() -> None:
    cutoff, ways = NOW - 60 * DAY, (("offer", 0), ("won", 20))
    found = [
        backtest_forecast(by_changes(*ways, is_created=is_created), [cutoff], horizons=[30, 60])
        for is_created in (True, False)
    ]
    for tested in found:
        assert [(row.leads, row.actual) for row in tested] == [(20, 20), (20, 20)]
    assert found[0].rows == found[1].rows


def test_a_lead_that_was_closed_at_the_cutoff_and_reopened_since_is_in_neither_side() -> None:
    history = by_changes(("offer", 0), ("lost", 15), ("offer", 100), ("won", 115), is_created=True)
    [row] = backtest_forecast(history, [NOW - 120 * DAY], horizons=[30], corrected=False)
    assert (row.leads, row.actual) == (30, 15)
    assert row.forecast == pytest.approx(15, abs=0.5)


def test_the_trials_of_a_forecast_need_no_dates_of_creation() -> None:
    ways = (("offer", 0), ("won", 30))
    found = [
        forecast(
            by_changes(*ways, is_created=is_created),
            learned=Learned.of(by_changes(*ways, is_created=is_created)),
            periods=4,
        )
        for is_created in (True, False)
    ]
    assert [o.count_correction for o in found[0]] == [o.count_correction for o in found[1]]


def closings(*rows: dict[str, Any], days: int = 360) -> History:
    """Make two deals a day, closed on day 30, one of them won, and what else is given."""
    deals: list[dict[str, Any]] = []
    for n in range(days):
        came = NOW - n * DAY
        for stage in ("won", "lost"):
            end = came + 30 * DAY
            is_over = end <= NOW
            deals.append({"id": f"{stage}-{n}", "created_at": came})
            deals[-1] |= {"stage": stage, "closed_at": end} if is_over else {"stage": "offer"}
    return History.of_rows([*deals, *rows], SHORT, as_of=NOW)


@pytest.mark.parametrize(
    "unknown",
    [
        {"stage": "won", "closed_at": NOW - 9 * DAY},
        {"stage": "won", "created_at": NOW - 50 * DAY},
        {"stage": "lost", "created_at": NOW - 50 * DAY},
    ],
    ids=["won, nobody knows since when there", "won, nobody knows when", "lost, nobody knows when"],
)
def test_a_lead_of_which_begin_or_end_is_unknown_teaches_nothing(unknown: dict[str, Any]) -> None:
    known = Learned.of(closings())
    found = Learned.of(closings(*({"id": f"U-{n}", **unknown} for n in range(200))))
    assert found.pooled == known.pooled
    assert found.chance("offer", 0, 1) == 0
    assert found.chance("offer", 10, 30) == pytest.approx(0.5)


def dated(as_of: datetime) -> History:
    """Make deals that are won on day 10, all on dates: two on most days, 50 on the 1st of April."""
    rows: list[dict[str, Any]] = []
    for n in range(120):
        end = date(2026, 1, 1) + timedelta(days=n)
        for number in range(50 if end == date(2026, 4, 1) else 2):
            came = end - timedelta(days=10)
            row: dict[str, Any] = {"id": f"{end}-{number}", "created_at": came, "stage": "offer"}
            if came <= as_of.date():
                is_over = end <= as_of.date()
                rows.append({**row, "stage": "won", "closed_at": end} if is_over else row)
    return History.of_rows(rows, SHORT, as_of=as_of)


@pytest.mark.parametrize("hour", [0, 10])
def test_deals_closed_on_dates_count_in_the_period_of_their_date(hour: int) -> None:
    history = dated(datetime(2026, 3, 31, hour, tzinfo=UTC))
    found = forecast(history, learned=Learned.of(history), periods=2)
    assert [(str(o.period), o.won_count) for o in found] == [("2026-03", 62), ("2026-04", 0)]
    chances = [sum(chance for _, chance in o.odds) for o in found]
    assert chances == pytest.approx([0, 50 + 9 * 2])
    by_day = forecast(history, learned=Learned.of(history), by="day", periods=3)
    assert [sum(chance for _, chance in o.odds) for o in by_day] == pytest.approx([0, 50, 2])


def test_own_chances_are_kept_as_they_are() -> None:
    rows = [
        {"id": "sure", "probability": 1.0, "value": Money(10_000, "EUR"), "due": date(2026, 3, 20)},
        {"id": "even", "probability": 0.5, "value": Money(10_000, "EUR"), "due": date(2026, 4, 20)},
    ]
    common = {"stage": "offer", "created_at": date(2026, 3, 1)}
    history = History.of_rows([{**row, **common} for row in rows], SHORT, as_of=NOW)
    found = forecast(history, learned=Learned.of(history), own=True, periods=2)
    assert [o.expected for o in found] == [Money(10_000, "EUR"), Money(5_000, "EUR")]
    assert [o.expected_count for o in found] == [1, 0.5]
    assert found[0].interval() == (Money(10_000, "EUR"), Money(10_000, "EUR"))
    assert found[1].at_least(Money(10_000, "EUR")) == pytest.approx(0.5)
    assert found[1].count.at_least(1) == pytest.approx(0.5)


def test_what_is_not_known_of_won_leads_is_said() -> None:
    rows: list[dict[str, Any]] = [
        {"id": "open", "stage": "offer", "probability": 0.5, "value": Money(100, "EUR"),
         "due": date(2026, 3, 20)},
        {"id": "undated", "stage": "won", "value": Money(9_000, "EUR")},
        {"id": "worthless", "stage": "won", "closed_at": date(2026, 3, 4)},
    ]  # fmt: skip
    found = forecast(History.of_rows(rows, SHORT, as_of=NOW), periods=1)
    assert (found.won_undated, found.won_without_value) == (1, 1)
    assert list(found.notes())[1:] == [
        "1 won lead without a date of closing: not counted",
        "1 won lead without a value: counted as deals only",
    ]


def test_a_group_is_asked_for_by_its_key() -> None:
    rows = [{"id": "1", "stage": "offer", "owner": "ada"}]
    found = forecast(History.of_rows(rows, SHORT, as_of=NOW)).per("owner")
    wrong: Any = 0
    with pytest.raises(InvalidValue, match="the key of a group"):
        found[wrong]

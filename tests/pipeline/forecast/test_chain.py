"""The way of leads through their stages by age, against the estimate of Aalen and Johansen."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random  # noqa: TID251 (every draw comes from a seed)

import pytest

from leadflow.errors import InvalidValue
from leadflow.pipeline import Pipeline, Stage
from leadflow.pipeline.forecast import Learned, Rates, forecast
from leadflow.pipeline.forecast.chain import LOST, WON, Chain, Step, rates
from leadflow.pipeline.metrics.history import History
from leadflow.survival import aalen_johansen

DAY = timedelta(days=1)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
ONE = Pipeline.linear("one", [Stage("new"), Stage("won", kind="won"), Stage("lost", kind="lost")])
TWO = Pipeline.linear(
    "two",
    [Stage("new"), Stage("offer"), Stage("won", kind="won"), Stage("lost", kind="lost")],
)


def deals(seed: int, number: int, reach: int = 200) -> list[dict[str, object]]:
    """Deals that came on some day and took some days, if they are closed by now."""
    chance, rows = Random(seed), []
    for n in range(number):
        came = NOW - chance.randint(0, reach) * DAY
        closed = came + chance.randint(1, 90) * DAY
        stage = chance.choice(["won", "lost", "new"])
        row: dict[str, object] = {"id": f"{n}", "created_at": came, "stage": stage}
        if stage != "new":
            row["closed_at"] = closed
        rows.append(row)
    return rows


def history(rows: list[dict[str, object]], pipeline: Pipeline = ONE) -> History:
    return History.of_rows(rows, pipeline, as_of=NOW)


def test_one_open_stage_gives_the_estimate_of_aalen_and_johansen() -> None:
    known = history(deals(1, 600))
    learned = Learned.of(known, recent="90 days")
    durations, causes, entries = [], [], []
    for track in known:
        assert track.created_at is not None
        end = track.closed_at or NOW
        first = max(0, (NOW - 90 * DAY - track.created_at) / DAY)
        age = (end - track.created_at) / DAY
        if first < age:
            durations.append(age)
            entries.append(first)
            causes.append(track.outcome if track.is_closed else None)
    peer = aalen_johansen(durations, causes, entries=entries)
    for age in (0, 10, 30, 60):
        for days in (1, 7, 30):
            found = learned.chance("new", age, days)
            assert found == pytest.approx(peer.within("won", age, days), abs=1e-12)


def test_two_stages_follow_each_other() -> None:
    """8 of 16 new leads get an offer on day 10, and 4 of those 8 are won on day 20."""
    rows, changes = [], []
    came = NOW - 40 * DAY
    for n in range(16):
        stage, closed = ("lost", 30) if n >= 8 else ("won", 20) if n < 4 else ("lost", 20)
        rows.append(
            {"id": f"{n}", "created_at": came, "stage": stage, "closed_at": came + closed * DAY}
        )
        changes.append({"id": f"{n}", "stage": "new", "at": came})
        if n < 8:
            changes.append({"id": f"{n}", "stage": "offer", "at": came + 10 * DAY})
    many = [{**row, "id": f"{row['id']}-{k}"} for row in rows for k in range(3)]
    moved = [{**change, "id": f"{change['id']}-{k}"} for change in changes for k in range(3)]
    learned = Learned.of(History.of_rows(many, TWO, as_of=NOW, changes=moved))
    assert set(learned.by_stage) == {"new", "offer"}
    assert learned.chance("new", 0, 20) == pytest.approx(0.25)
    assert learned.chance("new", 0, 19) == 0
    assert learned.chance("offer", 15, 10) == pytest.approx(0.5)
    assert learned.chance("new", 15, 30) == 0
    assert (learned.won, learned.lost) == (12, 36)
    assert "own rates for new, offer" in learned.explain()


def test_a_forecast_looks_at_the_stage_each_lead_stands_in() -> None:
    rows, changes = [], []
    for n in range(400):
        came = NOW - (n // 2) * DAY
        is_offered, closed = n % 2 == 0, came + 30 * DAY
        row: dict[str, object] = {"id": f"{n}", "created_at": came, "stage": "offer", "value": 10}
        row |= {
            "currency": "EUR",
            "stage": "offer" if is_offered and came + 9 * DAY <= NOW else "new",
        }
        if closed <= NOW:
            row |= {"stage": "won" if is_offered else "lost", "closed_at": closed}
        rows.append(row)
        changes.append({"id": f"{n}", "stage": "new", "at": came})
        if is_offered and came + 9 * DAY <= NOW:
            changes.append({"id": f"{n}", "stage": "offer", "at": came + 9 * DAY})
    known = History.of_rows(rows, TWO, as_of=NOW, changes=changes)
    learned = Learned.of(known)
    assert repr(learned).startswith("Learned(learned from 90 leads won")
    found = forecast(known, learned=learned, periods=1)
    by_stage = {
        p.track.stage: p.chances[0]
        for p in found.prospects
        if p.track.created_at is not None and p.track.created_at < NOW - 10 * DAY
    }
    assert by_stage == pytest.approx({"offer": 1, "new": 0})
    assert found[0].correction is not None
    assert found[0].correction.level == pytest.approx(1, abs=0.01)


def test_ages_that_nobody_had_between_others_are_left_out() -> None:
    found = rates([Step("a", 0, 2, WON), Step("a", 5, 7, WON)])
    assert found["a"].at_risk == {1: 1, 2: 1, 6: 1, 7: 1}


def test_a_window_shorter_than_a_day_teaches_nothing() -> None:
    learned = Learned.of(history(deals(1, 50)), recent="1 hour")
    assert (learned.won, learned.pooled.at_risk) == (0, {})


def test_a_stage_that_few_left_takes_the_rates_of_all() -> None:
    rows = deals(4, 300)
    changes = [{"id": row["id"], "stage": "new", "at": row["created_at"]} for row in rows]
    learned = Learned.of(History.of_rows(rows, TWO, as_of=NOW, changes=changes))
    assert set(learned.by_stage) == {"new"}
    assert learned.chance("offer", 5, 30) == learned.chance("new", 5, 30)


def test_without_the_stages_before_all_count_together() -> None:
    learned = Learned.of(history(deals(4, 300), TWO))
    assert not learned.is_by_stage
    assert not learned.by_stage
    assert "where closed leads stood before is not known" in str(learned)


def test_a_lead_older_than_any_seen_takes_the_rates_of_the_oldest() -> None:
    rates_of = Rates(dict.fromkeys(range(1, 41), 10), {40: {WON: 3, LOST: 1}})
    assert rates_of.last == 40
    assert rates_of.oldest == {WON: 3 / 300, LOST: 1 / 300}
    chain = Chain({}, rates_of)
    assert chain.won_by("x", 100, [1, 2]) == pytest.approx([0.01, 0.01 + 0.01 * (1 - 4 / 300)])


def test_where_nothing_was_seen_nothing_is_won() -> None:
    learned = Learned.of(history([]))
    assert learned.chance("new", 5, 100) == 0
    assert str(learned).startswith("learned from 0 leads won and 0 lost between 2026-03-03")


def test_part_of_a_day_counts_in_part() -> None:
    learned = Learned.of(history(deals(1, 600)))
    whole, half = learned.chance("new", 20, 1), learned.chance("new", 20, 0.5)
    assert half == pytest.approx(whole / 2)
    assert learned.chance("new", 20, "30 days") == learned.chance("new", 20, 30)


def test_steps_are_counted_by_age() -> None:
    found = rates([Step("a", 0, 3, "b"), Step("a", 1, 2, None), Step("b", 3, 5, WON)])
    assert found["a"].at_risk == {1: 1, 2: 2, 3: 1}
    assert found["a"].moves == {3: {"b": 1}}
    assert found["a"].left == 1
    assert found["b"].went(WON) == 1
    assert found["b"].went(LOST) == 0
    assert not found["b"].shares


@pytest.mark.parametrize("seed", range(3))
def test_what_comes_later_teaches_nothing(seed: int) -> None:
    known = history(deals(seed, 200))
    earlier = NOW - 60 * DAY
    from_then = Learned.of(known.rewind(earlier))
    kept = [row for row in deals(seed, 200) if row["created_at"] <= earlier]  # type: ignore[operator]
    for row in kept:
        closed = row.get("closed_at")
        if isinstance(closed, datetime) and closed > earlier:
            row["closed_at"] = closed + 5 * DAY
    other = Learned.of(history(kept).rewind(earlier))
    assert from_then.pooled == other.pooled


def test_a_lead_that_left_and_came_within_a_day_is_seen_once_a_day() -> None:
    row = {"id": "1", "created_at": NOW - 10 * DAY, "stage": "offer"}
    hours = timedelta(hours=1)
    changes = [
        {"id": "1", "stage": "new", "at": NOW - 10 * DAY + 1 * hours},
        {"id": "1", "stage": "offer", "at": NOW - 10 * DAY + 2 * hours},
    ]
    learned = Learned.of(History.of_rows([row], TWO, as_of=NOW, changes=changes))
    assert learned.pooled.at_risk == dict.fromkeys(range(1, 11), 1)


def test_without_a_creation_a_lead_counts_from_its_first_stage() -> None:
    rows = [{"id": "1", "stage": "new"}, {"id": "2", "stage": "new"}]
    changes = [{"id": "1", "stage": "new", "at": date(2026, 5, 30)}]
    learned = Learned.of(History.of_rows(rows, ONE, as_of=NOW, changes=changes))
    assert learned.pooled.at_risk == {1: 1, 2: 1}


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            ("offr", 0, 1),
            r"stage: expected a stage of the pipeline, got 'offr' \(did you mean 'offer'",
        ),
        (("new", -1, 1), "age: expected a number of days from 0"),
        (("new", 0, -1), "within: expected a number of days from 0"),
        (("new", 0, float("nan")), "within: expected a finite number"),
        (("new", 0, "soon"), "within: expected a span"),
    ],
)
def test_bad_questions_are_refused(asked: tuple[str, float, float], message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        Learned.of(history([], TWO)).chance(*asked)


def test_a_bad_history_or_time_is_refused() -> None:
    with pytest.raises(InvalidValue, match="history: expected a History"):
        Learned.of([])  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match="recent: expected a span of at most 100 years"):
        Learned.of(history([]), recent="200 years")

"""The whole report of a pipeline, beside one pass by hand over the same rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from statistics import median
from typing import Any

import attrs

from benchmarks.report import Section, Target
from benchmarks.timing import Timed, take_turns
from leadflow import Money
from leadflow.pipeline import Pipeline, Stage
from leadflow.pipeline.metrics import History, funnel, stage_times, win_rate, won_value
from leadflow.reporting import Report, report

NOW = datetime(2026, 3, 20, tzinfo=UTC)
_DAY = timedelta(days=1)
_OPEN = ("contact", "in_contact", "follow_up", "prepare", "sent")
SALES = Pipeline.linear(
    "sales",
    [
        *(Stage(key, expected="9 days", probability=0.1 + n / 10) for n, key in enumerate(_OPEN)),
        Stage("won", kind="won"),
        Stage("lost", kind="lost"),
    ],
)
_REPS = tuple(f"rep-{n:02}" for n in range(40))
_SOURCES = ("web", "fair", "call", "partner")
Row = dict[str, Any]


@attrs.frozen
class Size:
    """How much is measured."""

    leads: int = 100_000
    rounds: int = 5


QUICK = Size(3_000, 3)


def rows(count: int) -> tuple[list[Row], list[Row]]:
    """Draw deals, and ten stage changes of each; the changes are in the order of time."""
    draw = Random(20260320)
    deals: list[Row] = []
    changes: list[Row] = []
    for n in range(count):
        came = NOW - draw.randrange(40, 500) * _DAY - timedelta(minutes=draw.randrange(1_440))
        key, at, end = f"D-{n:07}", came, draw.choice(("won", "lost", "sent", "contact"))
        closed = came
        stages = [_OPEN[(place + place % 3) % len(_OPEN)] for place in range(9)]
        for stage in [*stages, end]:
            changes.append({"id": key, "stage": stage, "at": at})
            closed = at
            at += draw.randrange(1, 4_000) * timedelta(minutes=1)
        deals.append(
            {
                "id": key, "stage": end, "created_at": came,
                "closed_at": closed if end in ("won", "lost") else None,
                "value": Money(100 + draw.randrange(9_000), "EUR"),
                "owner": draw.choice(_REPS), "source": draw.choice(_SOURCES),
                "due": (NOW + draw.randrange(-20, 100) * _DAY).date(),
            }
        )  # fmt: skip
    changes = [change for change in changes if change["at"] <= NOW]
    changes.sort(key=lambda change: change["at"])
    return deals, changes


def reported(deals: Sequence[Row], changes: Sequence[Row]) -> Report:
    """Make the report from the rows."""
    return report(History.of_rows(deals, SALES, as_of=NOW, changes=changes))


def by_hand(deals: Sequence[Row], changes: Sequence[Row]) -> dict[str, Any]:  # noqa: C901, PLR0912, PLR0915
    """Compute the same figures in one pass over the rows, as one would by hand."""
    ways: dict[str, list[tuple[str, datetime]]] = {}
    for change in changes:
        way = ways.setdefault(change["id"], [])
        if not way or way[-1][0] != change["stage"]:
            way.append((change["stage"], change["at"]))
    place = {stage.key: n for n, stage in enumerate(SALES.stages)}
    probability = {stage.key: stage.probability or 0.0 for stage in SALES.stages}
    late_before = NOW - 9 * _DAY
    middle, start = NOW - 90 * _DAY, NOW - 180 * _DAY
    (began, last_began, last_end) = (
        datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, 20, tzinfo=UTC),
    )  # fmt: skip
    reached: dict[str, int] = defaultdict(int)
    onward: dict[str, int] = defaultdict(int)
    waiting: dict[str, int] = defaultdict(int)
    lost_from: dict[str, int] = defaultdict(int)
    ended: dict[str, list[float]] = defaultdict(list)
    still: dict[str, list[float]] = defaultdict(list)
    waited: dict[str, timedelta] = defaultdict(timedelta)
    recent: dict[str, timedelta] = defaultdict(timedelta)
    before: dict[str, timedelta] = defaultdict(timedelta)
    came: dict[tuple[str, bool], int] = defaultdict(int)
    left: dict[tuple[str, bool], int] = defaultdict(int)
    oldest: dict[str, datetime] = {}
    late: dict[str, int] = defaultdict(int)
    owners: dict[str, Any] = defaultdict(lambda: [0, 0, 0, []])
    sources: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    standing: dict[str, list[Any]] = defaultdict(list)
    expected: dict[tuple[int, int], list[tuple[Any, float]]] = defaultdict(list)
    periods: list[Any] = [[0, 0, 0, 0, [], []], [0, 0, 0, 0, [], []]]
    new: list[dict[str, int]] = [defaultdict(int), defaultdict(int)]
    won_days, open_days, won_values, near = [], [], [], []
    stage: Any
    since: Any
    for deal in deals:
        way, outcome = ways[deal["id"]], deal["stage"]
        is_closed = outcome in ("won", "lost")
        stood = {place[stage] for stage, _ in way if stage != "lost"}
        furthest = max(stood)
        for key in {stage for stage, _ in way if stage != "lost"}:
            reached[key] += 1
            onward[key] += place[key] < furthest
        amount = deal["value"].amount
        stage, since = None, None
        rest: list[Any] = [*way, (None, None)]
        for to, at in rest:
            if stage is not None and stage not in ("won", "lost"):
                until = at or NOW
                length = until - since
                waited[stage] += length
                if until > middle:
                    recent[stage] += until - max(since, middle)
                if until > start and since < middle:
                    before[stage] += min(until, middle) - max(since, start)
                if since > start:
                    came[stage, since <= middle] += 1
                days = length.total_seconds() / 86_400
                if at is not None:
                    ended[stage].append(days)
                    if until > start:
                        left[stage, until <= middle] += 1
                else:
                    still[stage].append(days)
                    waiting[stage] += 1
                    late[stage] += since < late_before
                    if stage not in oldest or since < oldest[stage]:
                        oldest[stage] = since
            stage, since = to, at
        if outcome == "lost":
            lost_from[way[-2][0]] += 1
        created, closed = deal["created_at"], deal["closed_at"]
        owner = owners[deal["owner"]]
        owner[0] += 1
        source = sources[deal["source"]]
        source[0] += 1
        standing[way[-1][0]].append(amount)
        for which, (low, high) in enumerate(((began, NOW), (last_began, last_end))):
            if low <= created < high:
                periods[which][0] += 1
                new[which][deal["source"]] += 1
            if closed is not None and low <= closed < high:
                periods[which][1] += 1
                if outcome == "won":
                    periods[which][2] += 1
                    periods[which][4].append(amount)
                    periods[which][5].append((closed - created).total_seconds() / 86_400)
                    periods[which][3] += low <= created < high
        if is_closed:
            owner[1] += 1
            days = (closed - created).total_seconds() / 86_400
            if outcome == "won":
                owner[2] += 1
                owner[3].append(amount)
                source[1] += 1
                won_days.append(days)
                won_values.append(amount)
                if closed >= began:
                    expected[2026, 3].append((amount, 1.0))
            else:
                open_days.append(days)
        else:
            open_days.append((NOW - created).total_seconds() / 86_400)
            chance, due = probability[way[-1][0]], deal["due"]
            expected[max((due.year, due.month), (2026, 3))].append((amount, chance))
            near.append((-chance, -place[way[-1][0]], due, -amount, deal["id"]))
    near.sort()
    medians = {key: (median(ended[key]), _median(ended[key], still[key])) for key in _OPEN}
    return {
        "funnel": dict(reached), "onward": dict(onward), "waiting": dict(waiting), "lost": dict(lost_from),
        "times": medians, "waited": waited, "flows": (recent, before, dict(came), dict(left)),
        "oldest": oldest, "late": dict(late), "near": near[:10],
        "won": (len(won_values), sum(won_values), median(won_values), median(won_days)),
        "days": _median(won_days, open_days),
        "owners": {key: (n, c, w, sum(v), median(v or [0])) for key, (n, c, w, v) in owners.items()},
        "sources": dict(sources), "standing": {key: (len(v), sum(v), median(v)) for key, v in standing.items()},
        "forecast": {key: _normal(odds) for key, odds in expected.items()},
        "periods": [(*p[:4], sum(p[4]), median(p[5] or [0])) for p in periods], "new": new,
    }  # fmt: skip


def _median(ended: list[float], still: list[float]) -> float | None:
    """Find the median of Kaplan and Meier, with the spread that its interval needs."""
    both = sorted([*((days, 0) for days in ended), *((days, 1) for days in still)])
    share, spread, at_risk = 1.0, 0.0, len(both)
    found = None
    for days, censored in both:
        if not censored:
            share *= (at_risk - 1) / at_risk
            spread += 1 / (at_risk * (at_risk - 1)) if at_risk > 1 else 0.0
            if found is None and share <= 0.5 + 1e-12:
                found = days
        at_risk -= 1
    return found


def _normal(odds: list[tuple[Any, float]]) -> tuple[float, float]:
    """Return the expected value and its deviation, of which an interval is made by hand."""
    mean = sum(float(amount) * chance for amount, chance in odds)
    variance = sum(float(amount) ** 2 * chance * (1 - chance) for amount, chance in odds)
    return mean, variance**0.5


def agreeing(count: int = 300) -> None:
    """Hold the figures to each other."""
    deals, changes = rows(count)
    history = History.of_rows(deals, SALES, as_of=NOW, changes=changes)
    hand = by_hand(deals, changes)
    steps = {step.stage: step.reached for step in funnel(history).value.steps}
    if {key: count for key, count in steps.items() if count} != hand["funnel"]:
        raise SystemExit("the funnels differ")
    value = won_value(history).value
    if value.total is None or (value.deals, value.total.amount) != hand["won"][:2]:
        raise SystemExit("the won values differ")
    times = stage_times(history).value
    if any(times[key].median_with_open != hand["times"][key][1] for key in _OPEN):
        raise SystemExit("the times in stage differ")
    rates = {
        group.label: (group.value.of, group.value.hits) for group in win_rate(history, by="owner")
    }
    if rates != {key: each[1:3] for key, each in hand["owners"].items()}:
        raise SystemExit("the win rates differ")


def sections(size: Size) -> list[Section]:
    """Run the one case."""
    deals, changes = rows(size.leads)
    timed: dict[str, Timed] = {
        "report": (partial(reported, deals, changes), size.leads),
        "one pass by hand": (partial(by_hand, deals, changes), size.leads),
    }
    times = take_turns(timed, size.rounds)
    ratio = times.ratio("report", "one pass by hand")
    shown: list[tuple[object, ...]] = [
        (name, times.micro(name), times.ratio(name, "one pass by hand")) for name in timed
    ]
    text = (
        f"{size.leads:,} deals with {len(changes):,} stage changes, as plain rows. The report reads and checks"
        " them and makes all its sections; by hand one pass computes the same figures, without checks,"
        " intervals of shares, words and tables, and with a normal distribution for the forecast."
    )
    summary = (
        f"The whole report on {size.leads:,} deals with {len(changes):,} stage changes:"
        f" {times.seconds('report', size.leads)} seconds of processor time."
    )
    targets = [Target("the whole report, times one pass by hand", 3, "at most", ratio)]
    header = ("who", "microseconds a deal", "times by hand")
    return [Section("The whole report", text, header, shown, targets, summary)]

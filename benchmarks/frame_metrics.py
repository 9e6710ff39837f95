"""Metrics of large tables on Polars, beside queries by hand that compute the same."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import attrs
import polars as pl

from benchmarks.report import Section, Target
from benchmarks.reports import NOW, SALES, rows
from benchmarks.timing import Timed, both_clocks
from leadflow.frames.metrics import funnel_frame, stage_times_frame, win_rate_frame

_LATE = {"won": 5, "lost": 6}
_KEYS = [stage.key for stage in SALES.stages]
_DAY = 86_400_000_000
_TIMES = 20
RATES = "win rate by rep"
_Z = 1.959963984540054


@attrs.frozen
class Size:
    """How much is measured."""

    leads: int = 100_000
    rounds: int = 7


QUICK = Size(5_000, 3)


def tables(count: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Draw deals and their stage changes as frames."""
    deals, changes = rows(count)
    kept = ("id", "stage", "created_at", "closed_at", "owner")
    return pl.DataFrame([{key: deal[key] for key in kept} for deal in deals]), pl.DataFrame(changes)


def _ways(deals: pl.DataFrame, changes: pl.DataFrame) -> pl.LazyFrame:
    """List the stages entered: changes and what deals say of their closing, repeated ones left out."""
    own = deals.lazy().filter(pl.col("closed_at") <= NOW).select("id", "stage", at="closed_at")
    every = pl.concat([changes.lazy().filter(pl.col("at") <= NOW), own])
    known = every.sort("id", "at", maintain_order=True)
    same = pl.col("id") == pl.col("id").shift(1)
    repeated = (same & (pl.col("stage") == pl.col("stage").shift(1))).fill_null(value=False)
    last = (pl.col("id") != pl.col("id").shift(-1)).fill_null(value=True)
    here = deals.lazy().filter(pl.col("created_at") <= NOW).select("id")
    return (
        known.filter(~repeated)
        .with_columns(last=last, left=pl.when(~last).then(pl.col("at").shift(-1)))
        .join(here, on="id", how="semi", maintain_order="left")
    )


def funnel_by_hand(deals: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    """Count the leads that reached, passed, wait in and were lost out of each stage."""
    place = pl.col("stage").replace_strict(_KEYS, range(len(_KEYS)), return_dtype=pl.Int64)
    ways = _ways(deals, changes).with_columns(place=place, row=pl.int_range(pl.len()))
    stood = pl.col("place") != _LATE["lost"]
    each = ways.with_columns(
        furthest=pl.when(stood).then(pl.col("place")).max().over("id"),
        at_last=pl.when(stood).then(pl.col("row")).max().over("id"),
        gone=(pl.col("last") & ~stood).any().over("id"),
        waits=pl.col("last") & (pl.col("place") < _LATE["won"]),
    ).filter(stood)
    once = each.group_by("id", "stage").agg(
        pl.col("furthest", "place").max(),
        pl.col("waits").any(),
        lost=((pl.col("row") == pl.col("at_last")) & pl.col("gone")).any(),
    )
    return (
        once.group_by("stage")
        .agg(
            reached=pl.len(),
            passed=(pl.col("furthest") > pl.col("place")).sum(),
            waiting=pl.col("waits").sum(),
            lost=pl.col("lost").sum(),
        )
        .collect()
    )


def times_by_hand(deals: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    """Tell how long leads stay in each stage."""
    ways = _ways(deals, changes).filter(~pl.col("stage").is_in(["won", "lost"]))
    until = pl.when(pl.col("last")).then(pl.lit(NOW)).otherwise(pl.col("left"))
    days = (until - pl.col("at")).dt.total_microseconds() / _DAY
    over = pl.when(~pl.col("last")).then(pl.col("days"))
    return (
        ways.with_columns(days=days)
        .group_by("stage")
        .agg(
            left=(~pl.col("last")).sum(),
            open=pl.col("last").sum(),
            mean=over.mean(),
            median=over.median(),
        )
        .collect()
    )


def rates_by_hand(deals: pl.DataFrame, _: pl.DataFrame) -> pl.DataFrame:
    """Tell the win rate of each rep, with the interval of Wilson."""
    known = deals.lazy().filter(pl.col("created_at") <= NOW)
    late = pl.col("closed_at") > NOW
    won = (pl.col("stage") == "won") & ~late.fill_null(value=False)
    closed = pl.col("stage").is_in(["won", "lost"]) & ~late.fill_null(value=False)
    rate, of = pl.col("won") / pl.col("closed"), pl.col("closed").cast(pl.Float64)
    slack = _Z * _Z / of
    half = _Z * (rate * (1 - rate) / of + slack / of / 4).sqrt()
    return (
        known.with_columns(is_won=won, is_closed=closed)
        .group_by("owner")
        .agg(leads=pl.len(), closed=pl.col("is_closed").sum(), won=pl.col("is_won").sum())
        .with_columns(
            rate=rate,
            low=(rate + slack / 2 - half) / (1 + slack),
            high=(rate + slack / 2 + half) / (1 + slack),
        )
        .sort("owner")
        .collect()
    )


def rates_of(deals: pl.DataFrame, _: pl.DataFrame) -> Any:
    """Ask for the win rate of each rep."""
    return win_rate_frame(deals, SALES, as_of=NOW, by="owner")


_Ask = Callable[[pl.DataFrame, pl.DataFrame], Any]
CASES: dict[str, tuple[_Ask, _Ask]] = {
    "funnel": (lambda d, c: funnel_frame(d, c, SALES, as_of=NOW), funnel_by_hand),
    "time in stage": (lambda d, c: stage_times_frame(d, c, SALES, as_of=NOW), times_by_hand),
    RATES: (rates_of, rates_by_hand),
}


def agreeing(count: int = 500) -> None:
    """Hold what is compared to each other."""
    drawn = tables(count)
    for name, (ours, by_hand) in CASES.items():
        one, other = ours(*drawn), by_hand(*drawn)
        key = other.columns[0]
        wanted = other.select(one.columns).sort(key).rows()
        found = one.sort(key).rows()
        same = len(found) == len(wanted) and all(
            a == b or (isinstance(a, float) and abs(a - b) < 1e-9)
            for left, right in zip(found, wanted, strict=True)
            for a, b in zip(left, right, strict=True)
        )
        if not same:
            raise SystemExit(f"the answers of {name} differ")


def sections(size: Size) -> list[Section]:
    """Run the cases."""
    deals, changes = tables(size.leads)
    # What is asked of deals alone is asked of many: to plan a query takes some milliseconds.
    many = pl.concat([deals] * _TIMES)
    timed: dict[str, Timed] = {}
    for name, (ours, by_hand) in CASES.items():
        drawn = (many if name == RATES else deals, changes)
        timed[name] = (partial(ours, *drawn), size.leads)
        timed[f"{name}, by hand"] = (partial(by_hand, *drawn), size.leads)
    wall, _ = both_clocks(timed, size.rounds)
    shown: list[tuple[object, ...]] = []
    targets = []
    for name in CASES:
        ratio = wall.ratio(name, f"{name}, by hand")
        shown.append((name, wall.seconds(name, size.leads), ratio))
        targets.append(Target(f"{name} on Polars, times by hand", 1.1, "at most", ratio))
    text = (
        f"{size.leads:,} deals with {len(changes):,} stage changes in eager Polars frames, for the win rate"
        f" {len(many):,} deals; by hand, lazy Polars queries that compute the same, without checks."
    )
    header = ("what", "seconds", "times by hand")
    return [Section("Metrics on dataframes", text, header, shown, targets, "")]

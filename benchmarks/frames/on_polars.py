"""Polars: expressions as one writes them by hand, lazy and eager, and from file to file."""

from __future__ import annotations

import operator
from functools import reduce
from typing import Any, TypeVar

import polars as pl

from benchmarks.contenders import NOW
from benchmarks.data import TYPICAL, Asked
from benchmarks.frames.data import ACTIVITIES, ASKED, EARNED, FIELDS, NAIVE, PRICED, TODAY
from benchmarks.frames.pair import Pair
from leadflow.frames import score_frame

Frame = TypeVar("Frame", pl.LazyFrame, pl.DataFrame)


def fields(leads: pl.DataFrame) -> list[Pair]:
    """Score thirty rules on fields, lazy and eager."""
    lazy = leads.lazy()

    def plan() -> Any:
        return score_frame(FIELDS, lazy, as_of=NOW)

    return [
        Pair(
            "Polars, lazy",
            lambda: plan().collect(),
            lambda: totalled(with_fit(lazy).with_columns(engagement=pl.lit(0))).collect(),
            plan,
            _as_it_is,
        ),
        Pair(
            "Polars, eager",
            lambda: score_frame(FIELDS, leads, as_of=NOW),
            lambda: totalled(with_fit(leads).with_columns(engagement=pl.lit(0))),
            lambda: score_frame(FIELDS, leads, as_of=NOW),
            _as_it_is,
        ),
    ]


def activities(leads: pl.DataFrame, log: pl.DataFrame) -> list[Pair]:
    """Score six rules on activities."""
    people, lazy = leads.lazy().select("id"), log.lazy()

    def plan() -> Any:
        return score_frame(ACTIVITIES, people, lazy, as_of=NOW)

    return [
        Pair(
            "Polars, lazy",
            lambda: plan().collect(),
            lambda: totalled(with_engagement(people, lazy).with_columns(fit=pl.lit(0))).collect(),
            plan,
            _as_it_is,
        )
    ]


def _as_it_is(answer: Any) -> pl.DataFrame:
    return answer  # type: ignore[no-any-return]


def with_fit(leads: Frame) -> Frame:
    """Add up what the fields give."""
    return leads.with_columns(fit=reduce(operator.add, map(_given, TYPICAL)))


def _given(asked: Asked) -> pl.Expr:
    return pl.when(_meets(asked)).then(asked.points).otherwise(0)


def _meets(asked: Asked) -> pl.Expr:
    field, given = pl.col(asked.field), asked.given
    match asked.word:
        case "equals":
            return field == given[0]
        case "at_least":
            return field >= given[0]
        case "at_most":
            return field <= given[0]
        case "between":
            return field.is_between(given[0], given[1])
        case _:
            return field.is_in(given)


def with_engagement(leads: pl.LazyFrame, log: pl.LazyFrame) -> pl.LazyFrame:
    """Add up what the activities give: one pass over them, one join."""
    kind, age = pl.col("kind"), pl.col("age")
    priced = (kind == "page_viewed") & (pl.col("page") == "/pricing")
    faded = (10 * 0.5 ** (age / 14) + 0.5).floor()
    done = (
        log.filter(kind.is_in(ASKED) & (pl.col("at") <= NAIVE))
        .with_columns(age=(pl.lit(TODAY) - pl.col("at").cast(pl.Date)).dt.total_days())
        .group_by("lead")
        .agg(
            opened=(kind == "email_opened").sum(),
            clicked=((kind == "email_clicked") & (age <= 30)).sum(),
            prices=pl.when(priced).then(faded).otherwise(0).sum(),
            fetched=((kind == "content_downloaded") & (age <= 90)).sum(),
            forms=((kind == "form_submitted") & (age <= 60)).sum(),
            viewed=((kind == "page_viewed") & (age <= 90)).sum(),
        )
    )
    earned = [
        (pl.col(name).fill_null(0).cast(pl.Int64) * points).clip(upper_bound=most)
        for name, (points, most) in EARNED.items()
    ]
    prices = pl.col("prices").fill_null(0).cast(pl.Int64).clip(upper_bound=PRICED)
    silent = pl.when(pl.col("viewed").fill_null(0) == 0).then(-10).otherwise(0)
    joined = leads.join(done, left_on="id", right_on="lead", how="left")
    total = reduce(operator.add, [*earned, prices, silent])
    return joined.with_columns(engagement=total).drop(*EARNED, "prices", "viewed")


def totalled(rows: Frame) -> Frame:
    """Add up fit and engagement."""
    return rows.with_columns(points=pl.col("fit") + pl.col("engagement"))

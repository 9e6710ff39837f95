"""200 models asked of 10,000 leads by every engine and lead by lead: the same points everywhere.

One data set with a column of every sort and all awkward values, handed to each engine once. The
models are drawn from fixed seeds; what they contain is asserted, so the grid cannot become easy.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from random import Random  # noqa: TID251 (every draw comes from a fixed seed)
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest

from leadflow import Lead
from leadflow.conditions import All, AnyOf, Condition, Followed, Happened, Not
from leadflow.frames import contributions_frame, score_frame
from leadflow.scoring import Expiry, HalfLife, ScoringModel
from tests import frame_strategies as drawn

NOW = drawn.NOW
LEADS, ACTIVITIES = 10_000, 30_000
MODELS, AT_ONCE = 200, 10
SORTS = {
    "count": "int", "other_count": "int", "level": "small", "ratio": "float", "price": "decimal",
    "name": "text", "other_name": "text", "ok": "bool", "day": "date", "seen": "datetime",
    "other_seen": "datetime",
}  # fmt: skip
DATA = {"page": "text", "n": "int", "amount": "decimal", "share": "float", "on": "date"}
SUMS = ["id", "points", "fit", "engagement", "win_probability"]
PARTS = ["lead", "rule", "kind", "times", "points"]


@cache
def case() -> drawn.Case:
    return drawn.case(Random(20_260_331), LEADS, ACTIVITIES, SORTS, DATA)


@cache
def leads() -> list[Lead]:
    return case().leads


@cache
def frames(engine: str) -> tuple[Any, Any]:
    """Hand the data set to an engine: aware datetimes in another zone for each."""
    make, place = drawn.ENGINES[engine], list(drawn.ENGINES).index(engine)
    zones = [drawn.ZONES[(place + step) % len(drawn.ZONES)] for step in (0, 1)]
    given, log = make(case().rows, case().lead_sorts, zones[0]), case().log
    return given, make(log, case().log_sorts, zones[1])


def model(seed: int) -> ScoringModel:
    return drawn.model(Random(seed), case())


def scored_one_by_one(model: ScoringModel) -> tuple[pl.DataFrame, pl.DataFrame]:
    sums, parts = [], []
    for lead in leads():
        score = model.score(lead, as_of=NOW)
        sums.append((lead.id, score.points, score.fit, score.engagement, score.win_probability))
        parts += [(lead.id, c.rule, c.kind, c.times, c.points) for c in score.contributions]
    types = {**dict.fromkeys(SUMS, pl.Int64), "id": pl.String, "win_probability": pl.Float64}
    whole = pl.DataFrame(sums, types, orient="row")
    kinds = {**dict.fromkeys(PARTS, pl.String), "times": pl.Int64, "points": pl.Int64}
    return whole, pl.DataFrame(parts, kinds, orient="row")


def scored_by(model: ScoringModel, engine: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    given, log = frames(engine)
    names = SUMS if model.calibration else SUMS[:-1]
    whole = in_polars(score_frame(model, given, log, as_of=NOW), names)
    if not model.calibration:
        whole = whole.with_columns(pl.lit(None, pl.Float64).alias("win_probability"))
    return whole, in_polars(contributions_frame(model, given, log, as_of=NOW), PARTS)


def in_polars(frame: Any, names: list[str]) -> pl.DataFrame:
    if isinstance(frame, pl.LazyFrame):
        return frame.select(names).collect()
    if isinstance(frame, duckdb.DuckDBPyRelation):
        made: pl.DataFrame = frame.select(*names).pl()
        return made
    if isinstance(frame, pl.DataFrame):
        return frame.select(names)
    if isinstance(frame, pd.DataFrame):
        return pl.DataFrame({name: frame[name].tolist() for name in names})
    return pl.DataFrame({name: frame[name].to_pylist() for name in names})


def check(found: pl.DataFrame, expected: pl.DataFrame, where: str) -> None:
    ordered = found.cast(expected.schema).sort(expected.columns)
    wanted = expected.sort(expected.columns)
    if not ordered.equals(wanted):
        keys = expected.columns
        more = ordered.join(wanted, on=keys, how="anti", nulls_equal=True)
        less = wanted.join(ordered, on=keys, how="anti", nulls_equal=True)
        pytest.fail(f"{where}: more {more.head(5).rows()}, less {less.head(5).rows()}")


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, MODELS, AT_ONCE))
def test_no_engine_differs_from_lead_by_lead_on_the_grid(first: int) -> None:
    points: list[pl.Series] = []
    for seed in range(first, first + AT_ONCE):
        asked = model(seed)
        expected = scored_one_by_one(asked)
        points.append(expected[0]["points"])
        for engine in drawn.ENGINES:
            for found, wanted in zip(scored_by(asked, engine), expected, strict=True):
                check(found, wanted, f"model {seed} on {engine}")
    earned = pl.concat(points)
    assert (earned != 0).sum() > len(earned) / 3
    assert earned.n_unique() > 20


def leaves(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, All | AnyOf):
        for part in condition.conditions:
            yield from leaves(part)
    elif isinstance(condition, Not):
        yield from leaves(condition.condition)
    else:
        yield condition


def test_the_models_of_the_grid_hold_everything_a_model_can() -> None:
    models = [
        drawn.model(Random(seed), drawn.Case(SORTS, DATA, [], [], "UTC")) for seed in range(MODELS)
    ]
    rules = [rule for model in models for rule in model.rules]
    asked = [leaf for rule in rules if rule.when is not None for leaf in leaves(rule.when)]
    shares = {
        "limits": sum(rule.limit is not None for rule in rules),
        "groups": sum(rule.group is not None for rule in rules),
        "half-lives": sum(isinstance(rule.fade, HalfLife) for rule in rules),
        "expiries": sum(isinstance(rule.fade, Expiry) for rule in rules),
        "distinct": sum(rule.distinct is not None for rule in rules),
        "sequences": sum(isinstance(leaf, Followed) for leaf in asked),
        "counts": sum(isinstance(leaf, Happened) for leaf in asked),
        "floors": sum(model.floor is not None for model in models),
        "ceilings": sum(model.ceiling is not None for model in models),
        "calibrations": sum(model.calibration is not None for model in models),
    }
    assert min(shares.values()) >= 40, shares
    assert {type(leaf).__name__ for leaf in asked} >= {
        "Always", "Between", "Compare", "Dated", "Followed", "Happened", "HasTag", "Known",
        "OneOf", "TextPart", "Unknown",
    }  # fmt: skip

"""The parity check can fail: each break of the frames is seen by it, on one fixed data set."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from random import Random  # noqa: TID251 (drawn from a fixed seed)
from typing import Any

import narwhals.stable.v2 as nw
import pytest

from leadflow import activity, all_of, field
from leadflow.frames import behaviours, expressions, scoring
from leadflow.frames.columns import Column
from leadflow.frames.expressions import Asker
from leadflow.scoring import Expiry, Group, HalfLife, Rule, ScoringModel
from tests import frame_strategies as drawn
from tests.frames.test_parity import check_points

ENGINES = pytest.mark.parametrize("engine", ["polars", "duckdb"])
CLICK = activity("click")
MODEL = ScoringModel(
    "m",
    [
        Rule("large", 3, when=field("n").at_least(2)),
        Rule("not small", 5, when=~field("r").less_than(1)),
        Rule("more", 7, when=field("r").more_than(0.3)),
        Rule("neither", 11, when=~all_of(field("n").at_least(0), field("t").contains("a"))),
        Rule("lately", 13, when=field("d").in_last("30 days")),
        Rule("old", 17, when=field("d").older_than("7 days")),
        Rule("opened", 19, each=activity("open"), limit=40),
        Rule("clicked in time", 23, each=CLICK.within("7 days"), limit=1_000),
        Rule("fading", 31, each=activity("visit"), fade=HalfLife("30 days"), group="visits"),
        Rule("a few days", 37, each=CLICK, fade=Expiry("7 days"), distinct="page"),
        Rule("long", 997, each=CLICK, fade=HalfLife("200 days")),
        Rule("then", 41, when=CLICK.then(activity("open"), within="2 days")),
    ],
    groups=[Group("visits", at_most=60)],
    floor=-100,
    ceiling=5_000,
)


@cache
def case() -> drawn.Case:
    sorts = {"n": "int", "r": "float", "t": "text", "d": "date"}
    return drawn.case(Random(42), 80, 400, sorts, {"page": "text"})


@ENGINES
def test_the_check_passes_as_things_are(engine: str) -> None:
    check_points(case(), MODEL, engine)


def unknown_is_true(patch: pytest.MonkeyPatch) -> None:
    def ask(self: Asker, condition: Any) -> Any:
        return self.ask(condition).fill_null(value=True)

    patch.setattr(Asker, "sure", ask)


def not_of_unknown_is_unknown(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Asker, "sure", Asker.ask)


def nan_is_a_number(patch: pytest.MonkeyPatch) -> None:
    read: Any = Column.read
    patch.setattr(
        Column,
        "read",
        property(lambda self: nw.col(self.name) if self.sort == "float" else read.fget(self)),
    )


def a_day_more(module: Any) -> Callable[[pytest.MonkeyPatch], None]:
    earliest = module.earliest

    def later(span: Any, today: date) -> date:
        found: date = earliest(span, today) + timedelta(1)
        return found

    return lambda patch: patch.setattr(module, "earliest", later)


def no_rule_limit(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(scoring, "_limited", lambda rule, points: points)


def no_group_limit(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(scoring, "_held", lambda total, least, most: total)


def fading_a_day_early(patch: pytest.MonkeyPatch) -> None:
    written, days = behaviours._written_out, behaviours._days
    patch.setattr(behaviours, "_written_out", lambda table, *more: written(table[1:], *more))
    patch.setattr(
        behaviours,
        "_days",
        lambda source, today, tables: days(source, today, {k: v[1:] for k, v in tables.items()}),
    )


def one_point_less_after_a_while(patch: pytest.MonkeyPatch) -> None:
    days = behaviours._days

    def less(table: tuple[int, ...]) -> tuple[int, ...]:
        return (*table[:31], table[31] - 1, *table[32:]) if len(table) > 32 else table

    patch.setattr(
        behaviours,
        "_days",
        lambda source, today, tables: days(source, today, {k: less(v) for k, v in tables.items()}),
    )


BREAKS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "an unknown value counts as true": unknown_is_true,
    "not of an unknown value is unknown": not_of_unknown_is_unknown,
    "NaN is a number": nan_is_a_number,
    "a span of activities is a day short": a_day_more(behaviours),
    "a span of dates is a day short": a_day_more(expressions),
    "a rule has no limit": no_rule_limit,
    "groups, floor and ceiling hold nothing": no_group_limit,
    "points fade a day early": fading_a_day_early,
    "points of one day are one too few": one_point_less_after_a_while,
}


@pytest.mark.parametrize("broken", BREAKS)
@ENGINES
def test_the_check_sees_every_break(
    engine: str, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    BREAKS[broken](monkeypatch)
    with pytest.raises(AssertionError):
        check_points(case(), MODEL, engine)

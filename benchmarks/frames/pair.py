"""Leadflow beside the same query written by hand, on one engine, with the same answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import attrs
import polars as pl

Run: TypeAlias = Callable[[], Any]
MADE = ("points", "fit", "engagement")
OURS, HAND = "leadflow", "by hand"


@attrs.frozen(eq=False)
class Pair:
    """Two ways to the same answer; each run builds its query and carries it out."""

    engine: str
    ours: Run
    by_hand: Run
    plan: Run
    """Builds the query of leadflow and does not run it, where the engine is lazy."""
    read: Callable[[Any], pl.DataFrame]
    """Reads what a run returns."""
    plan_by_hand: Run | None = None
    """Builds the query by hand, where a run does not."""

    @property
    def runs(self) -> dict[str, Run]:
        """What is timed, by name."""
        return {f"{self.engine}: {OURS}": self.ours, f"{self.engine}: {HAND}": self.by_hand}

    def answers(self) -> list[pl.DataFrame]:
        """Run both, and bring what they answer into one form and order."""
        return [_in_order(self.read(run())) for run in (self.ours, self.by_hand)]


def _in_order(answer: pl.DataFrame) -> pl.DataFrame:
    ids = pl.col("id").cast(pl.String).str.strip_prefix("L-")
    return answer.select(ids, pl.col(*MADE).cast(pl.Int64)).sort("id")


def agreeing(pairs: Iterable[Pair]) -> list[Pair]:
    """Return the pairs, having checked that everybody gives every lead the same answer."""
    checked = list(pairs)
    expected: pl.DataFrame | None = None
    for pair in checked:
        for name, answer in zip((OURS, HAND), pair.answers(), strict=True):
            if expected is None:
                expected = answer
            elif not answer.equals(expected):
                raise SystemExit(f"{name} on {pair.engine} gives other answers than leadflow")
    return checked

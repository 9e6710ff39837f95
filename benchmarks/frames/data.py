"""Whole tables of leads and activities, drawn with the nulls that real exports have, and their models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from benchmarks.contenders import NOW, model_of
from benchmarks.data import CHOICES, MOST, TYPICAL
from leadflow import activity
from leadflow.scoring import Expiry, HalfLife, Rule, ScoringModel

KINDS = {
    "email_opened": 0.3,
    "email_clicked": 0.1,
    "page_viewed": 0.3,
    "content_downloaded": 0.05,
    "form_submitted": 0.05,
    "email_sent": 0.2,
}
"""How often the activities are of each kind; nobody asks about the last."""
ASKED = tuple(KINDS)[:-1]
PAGES = ("/pricing", "/blog", "/docs", "/")
YEAR = 365 * 86_400
TODAY = NOW.date()
NOW_IN_MICROS = int(NOW.timestamp()) * 1_000_000
NAIVE = NOW.replace(tzinfo=None)
"""The instant as tables hold it: in UTC, without a zone."""

FIELDS: ScoringModel = model_of(TYPICAL)
"""Thirty rules on fields."""
EARNED = {"opened": (1, 4), "clicked": (5, 5), "fetched": (8, 8), "forms": (20, 20)}
"""Points of each and limit of the rules that count; ten activities a lead reach them now and then."""
PRICED = 8
"""The limit of the rule whose points fade by half."""
ACTIVITIES = ScoringModel(
    "activities",
    rules=[
        Rule("opened", 1, each=activity("email_opened"), limit=4),
        Rule("clicked lately", 5, each=activity("email_clicked").within("30 days"), limit=5),
        Rule(
            "saw the prices",
            10,
            each=activity("page_viewed", page="/pricing"),
            fade=HalfLife("14 days"),
            limit=PRICED,
        ),
        Rule("fetched", 8, each=activity("content_downloaded"), fade=Expiry("90 days"), limit=8),
        Rule("forms", 20, each=activity("form_submitted").within("60 days"), limit=20),
        Rule("silent", -10, when=activity("page_viewed").within("90 days").never()),
    ],
)
"""Six rules on activities, with windows, limits and fading."""
WHOLE = ScoringModel("whole", rules=[*FIELDS.rules, *ACTIVITIES.rules])
"""All of these."""


def leads(count: int, nulls: float = 0.05, seed: int = 1) -> pl.DataFrame:
    """Draw leads with some of the fields unknown."""
    draw = np.random.default_rng(seed)
    columns = {field: _chosen(draw, values, count) for field, values in CHOICES.items()} | {
        field: pl.Series(draw.integers(0, most + 1, count)) for field, most in MOST.items()
    }
    frame = pl.DataFrame({"id": _ids(np.arange(count)), **columns})
    if not nulls:
        return frame
    known = {field: pl.Series(draw.random(count) >= nulls) for field in columns}
    return frame.with_columns(
        pl.when(there).then(pl.col(field)).alias(field) for field, there in known.items()
    )


def activities(count: int, leads: int, seed: int = 2) -> pl.DataFrame:
    """Draw what the leads did in the year before, in no order."""
    draw = np.random.default_rng(seed)
    at = NOW_IN_MICROS - 1_000_000 * draw.integers(0, YEAR, count)
    return pl.DataFrame(
        {
            "lead": _ids(draw.integers(0, leads, count)),
            "kind": _chosen(draw, tuple(KINDS), count, list(KINDS.values())),
            "at": pl.Series(at).cast(pl.Datetime("us")),
            "page": _chosen(draw, PAGES, count),
        }
    )


def _ids(places: Any) -> pl.Series:
    """Make ids as a CRM has them: text."""
    return pl.select("L-" + pl.Series(places).cast(pl.String)).to_series()


def numbered(ids: str) -> pl.Expr:
    """Take ids for whole numbers, as they are in one's own database."""
    return pl.col(ids).str.slice(2).cast(pl.Int64)


def _chosen(
    draw: np.random.Generator,
    values: Sequence[str],
    count: int,
    weights: Sequence[float] | None = None,
) -> pl.Series:
    places = draw.choice(len(values), count, p=weights)
    return pl.Series(values).gather(places)

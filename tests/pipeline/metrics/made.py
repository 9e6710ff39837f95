"""A pipeline of the worked example (A11) and histories made of a few rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from leadflow import Money
from leadflow.pipeline import Pipeline, Stage
from leadflow.pipeline.metrics import History

CAME = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""A Monday noon."""
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SALES = Pipeline(
    "sales",
    [
        Stage("contact", "To contact", probability=0.1),
        Stage("prepare", "Prepare proposal", expected="5 days", probability=0.25),
        Stage("sent", "Proposal sent", probability=0.5),
        Stage("won", "Won", kind="won"),
        Stage("lost", "Lost", kind="lost"),
    ],
    {
        "contact": ["prepare", "sent", "lost"],
        "prepare": ["sent", "lost"],
        "sent": ["won", "lost", "prepare"],
    },
)


def odd(value: Any) -> Any:
    """Hide from the type checker what it would refuse."""
    return value


def euros(amount: Any) -> Money:
    return Money(amount, "EUR")


def deal(key: str, stage: str | None = "contact", created: float | None = 0, **more: Any) -> Any:
    """Make a row; `created` and `closed` are days from `CAME`."""
    row = {"id": key, "stage": stage, "created_at": at(created)}
    if "closed" in more:
        row["closed_at"] = at(more.pop("closed"))
    return {**row, **more}


def at(days: float | None) -> datetime | None:
    return None if days is None else CAME + days * DAY


def moved(key: str, *entries: tuple[str, float]) -> list[dict[str, Any]]:
    """Make the changes of a deal: stages, each with the days from `CAME`."""
    return [{"id": key, "stage": stage, "at": at(days)} for stage, days in entries]


def history(
    deals: Iterable[Any], changes: Iterable[Any] = (), days: float = 30, sales: Pipeline = SALES
) -> History:
    return History.of_rows(deals, sales, as_of=CAME + days * DAY, changes=changes)

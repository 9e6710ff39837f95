"""Leads with long histories, and the loop one would write over them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from benchmarks.contenders import NOW
from leadflow import Activity, Lead, activity
from leadflow.scoring import Rule, ScoringModel

EARNING: dict[str, tuple[int, int]] = {
    "page_viewed": (1, 15),
    "email_opened": (2, 20),
    "email_clicked": (3, 30),
    "content_downloaded": (5, 25),
    "form_submitted": (10, 40),
    "email_unsubscribed": (-5, -10),
}
"""Points for each activity of a kind, and their limit."""
KINDS = (*EARNING, "email_sent", "call", "meeting")

MODEL = ScoringModel(
    "histories",
    rules=[
        Rule(kind, points, each=activity(kind), limit=limit)
        for kind, (points, limit) in EARNING.items()
    ],
)


def histories(leads: int, length: int, seed: int = 5) -> list[list[Activity]]:
    """Draw what happened to each lead in the year before, oldest first, as logs are kept."""
    draw = random.Random(seed)
    return [
        [
            Activity(draw.choice(KINDS), NOW - timedelta(minutes=ago))
            for ago in sorted((draw.randrange(525_600) for _ in range(length)), reverse=True)
        ]
        for _ in range(leads)
    ]


def fresh(logs: Sequence[Sequence[Activity]]) -> list[Lead]:
    """Make leads that nobody has asked anything yet."""
    return [Lead(f"L-{place}", events=log) for place, log in enumerate(logs)]


def by_leadflow(leads: Sequence[Lead]) -> list[int]:
    """Score with the model."""
    points = MODEL.points
    return [points(lead, as_of=NOW) for lead in leads]


def by_hand(logs: Iterable[Iterable[Activity]]) -> list[int]:
    """Count the kinds, multiply, limit, add."""
    return [_points_by_hand(log) for log in logs]


def _points_by_hand(log: Iterable[Activity]) -> int:
    counts = Counter([activity.kind for activity in log])
    total = 0
    for kind, (points, limit) in EARNING.items():
        earned = points * counts[kind]
        total += min(earned, limit) if limit > 0 else max(earned, limit)
    return total


def turns(
    logs: Sequence[Sequence[Activity]],
) -> tuple[dict[str, Callable[[], object]], Callable[[], None]]:
    """Return what to time on the same histories, and what makes the leads new before each turn."""
    known, unasked = fresh(logs), fresh(logs)
    by_leadflow(known)

    def renew() -> None:
        unasked[:] = fresh(logs)

    timed: dict[str, Callable[[], object]] = {
        "by hand": lambda: by_hand(logs),
        "first": lambda: by_leadflow(unasked),
        "again": lambda: by_leadflow(known),
    }
    return timed, renew

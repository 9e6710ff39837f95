"""A report with everything in it, hostile and right-to-left labels among it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from leadflow import Activity, Lead, Money
from leadflow.events import Disposition, Event, Qualification, StageChange, TaskDone, TaskSet
from leadflow.period import Period
from leadflow.pipeline import Pipeline, Stage
from leadflow.pipeline.metrics import Cost, Goal, History
from leadflow.reporting import Report, report

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOSTILE = "<script>alert('x')</script>"
SALES = Pipeline(
    "sales",
    [
        Stage("contact", "ליד חדש", probability=0.1),
        Stage("prepare", "Przygotowanie oferty", expected="5 days", probability=0.3),
        Stage("sent", HOSTILE, probability=0.5),
        Stage("won", "Won", kind="won"),
        Stage("lost", "Lost", kind="lost"),
    ],
    {"contact": ["prepare", "lost"], "prepare": ["sent", "lost"], "sent": ["won", "lost"]},
)
MARCH = Period("month", date(2026, 3, 1))


def log(n: int, came: datetime) -> list[Event]:
    """Make what happened to the n-th lead."""
    found: list[Event] = [
        Activity("call", came + timedelta(minutes=5 + 30 * n), answered=n % 3 == 0)
    ]
    found.append(TaskSet(f"T-{n}", came, due=(came + 9 * DAY).date(), kind="demo"))
    if n % 2:
        found.append(Qualification("mql", came + DAY))
    if n % 4 == 1:
        found.append(Qualification("sql", came + 2 * DAY))
    if n % 5:
        found.append(StageChange("prepare", came + 2 * DAY))
    if n % 5 > 2:
        found.append(StageChange("sent", came + 5 * DAY))
    if n % 5 == 3:
        found += [StageChange("won", came + 8 * DAY), TaskDone(f"T-{n}", came + 8 * DAY)]
    if n % 5 == 2:
        reason = "price" if n % 2 else HOSTILE
        found += [
            Disposition("lost", came + 6 * DAY, reason=reason),
            StageChange("lost", came + 6 * DAY),
        ]
    return found


def leads(count: int = 60) -> list[Lead]:
    found = []
    for n in range(count):
        came = datetime(2026, 1, 5, 9, tzinfo=UTC) + n * timedelta(days=1, hours=5)
        found.append(
            Lead(
                f"L-{n:02}", came, stage="contact", owner=["ada", "bo", "דנה"][n % 3],
                source=["fair", "web", HOSTILE][n % 3], deal_value=Money(500 + 100 * n, "EUR"),
                due=(came + 60 * DAY).date(), fields={"campaign": "spring"},
                events=[event for event in log(n, came) if event.at <= NOW],
            )
        )  # fmt: skip
    return found


def history(count: int = 60) -> History:
    return History.of(leads(count), SALES, as_of=NOW)


GOALS = (Goal(Money(9000, "EUR"), MARCH, rep="ada"), Goal(4, MARCH))
COSTS = (
    Cost(MARCH, "fair", Money(1200, "EUR"), "spring"),
    Cost(MARCH, "radio", Money(300, "EUR")),
)


def full_report() -> Report:
    return report(history(), leads(), goals=GOALS, costs=COSTS, title=f"Sprzedaż {HOSTILE}")

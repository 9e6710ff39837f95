"""A lead with something in every section of its brief."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from leadflow import Activity, Lead, Money, activity, field
from leadflow.events import (
    Assignment,
    Conversion,
    FieldsSet,
    Note,
    Rejected,
    StageChange,
    Tagged,
    TaskDone,
    TaskSet,
)
from leadflow.handover import Material
from leadflow.pipeline import Pipeline, Stage
from leadflow.scoring import Rule, ScoringModel

NOW = datetime(2026, 3, 4, 9, tzinfo=UTC)
"""A Wednesday morning."""
SALES = Pipeline.linear(
    "sales",
    [
        Stage("new", "New", expected="1 day"),
        Stage("working", "In work", expected="5 days", probability=0.2),
        Stage("offer", "Offer", requires=["deal_value", "budget"]),
        Stage("won", "Won", kind="won"),
    ],
    skip=False,
)
MODEL = ScoringModel(
    "inbound",
    [
        Rule("asked for a demo", 40, when=activity("demo_requested").within("30 days")),
        Rule("mid-market", 20, when=field("employees").between(50, 1_000)),
        Rule("opened an e-mail", 2, each=activity("email_opened"), limit=3),
    ],
)
MATERIALS = (
    Material(
        "Food industry", "https://example.com/food.pdf?a=1&b=2", field("industry").equals("food")
    ),
    Material("Price list", "sheets/prices.pdf"),
    Material("Clinics", "clinics.pdf", when=field("industry").equals("health care")),
)


def ago(days: int, hours: int = 0) -> datetime:
    """Give the instant so long before now."""
    return NOW - timedelta(days=days, hours=hours)


def full_lead() -> Lead:
    """Make the lead."""
    start = Lead(
        "L-7",
        ago(20),
        source="trade fair",
        stage="new",
        pipeline="sales",
        rating="hot",
        lifecycle="mql",
        win_probability=0.25,
        time_zone="America/New_York",
        tags=["vip"],
        fields={
            "name": "Ada Nowak",
            "email": "ada@example.com",
            "phone": "+1 212 555 0100",
            "segment": "mid-market",
            "employees": 120,
            "industry": "food",
            "discount": Decimal("0.15"),
        },
    )
    return start.after(
        Activity("email_sent", ago(19), data={"email": "welcome"}),
        Activity("email_opened", ago(18), data={"email": "welcome"}),
        Activity("email_opened", ago(17), data={"email": "welcome"}),
        Activity("email_clicked", ago(17), data={"email": "welcome"}),
        Activity("content_downloaded", ago(16, 1), data={"content": "guide"}),
        Activity("page_viewed", ago(16), data={"page": "/pricing", "seconds": 95}),
        Activity("webinar", ago(15, 1), data={"content": "tour"}),
        Activity("demo_requested", ago(15), data={"form": "demo"}),
        Assignment(
            "ann",
            ago(14),
            rule="EMEA",
            strategy="InTurn",
            because=["next after ben", "speaks Polish"],
            rejected=[Rejected("ben", "away", "on leave"), Rejected("cho", "at_capacity")],
        ),
        Activity("call", ago(13), answered=False),
        Activity("voicemail", ago(12), answered=False),
        Activity("call", ago(10), answered=True),
        StageChange("working", ago(10), from_="new", pipeline="sales"),
        Note(
            "Needs single sign-on\nby June.",
            ago(10),
            topic="security",
            source="call",
            need="must-have",
            by="ann",
        ),
        FieldsSet({"deal_value": Money("24000", "EUR"), "due": date(2026, 6, 1)}, ago(9)),
        Tagged("food fair", ago(8)),
        Activity("email_sent", ago(3)),
        Activity("email_replied", ago(2, 12)),
        Note("Budget comes in April.", ago(2)),
        TaskSet("T-1", ago(2), due=date(2026, 3, 9), kind="demo", title="show it", rep="ann"),
        TaskSet("T-2", ago(2), due=NOW, kind="call_back"),
        TaskSet("T-3", ago(2), due=date(2026, 3, 1)),
        TaskSet("T-4", ago(2)),
        TaskDone("T-3", ago(1)),
    )


def converted() -> Conversion:
    """Make the event that turns it into a deal."""
    return Conversion(
        "sales",
        "offer",
        ago(1),
        owner="ben",
        deal="D-1",
        value=Money("30000.50", "USD"),
        expected_close=date(2026, 7, 1),
    )

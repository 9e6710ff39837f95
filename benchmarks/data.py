"""The leads and the rules that every contender is given, in no contender's own terms."""

from __future__ import annotations

import random
from typing import Literal, TypeAlias

import attrs

Value: TypeAlias = str | int
Values: TypeAlias = dict[str, Value]
Word: TypeAlias = Literal["equals", "at_least", "at_most", "between", "one_of"]

CHOICES: dict[str, tuple[str, ...]] = {
    "country": ("US", "CA", "DE", "AT", "CH", "BR", "FR", "PL", "IN", "JP"),
    "industry": ("software", "finance", "insurance", "education", "agency", "retail", "health"),
    "channel": ("referral", "trade fair", "ads", "list", "search", "partner"),
    "seniority": ("owner", "chief", "director", "manager", "staff", "intern"),
    "tool": ("none", "spreadsheet", "rival", "own"),
}
"""What the text fields hold."""
MOST: dict[str, int] = {
    "employees": 5_000,
    "revenue": 50_000,
    "pages_viewed": 40,
    "emails_opened": 25,
    "downloads": 12,
    "meetings": 4,
}
"""What the number fields go up to; the last four count activities."""


@attrs.frozen
class Asked:
    """Points for one comparison of one field."""

    field: str
    word: Word
    given: tuple[Value, ...]
    points: int


TYPICAL: tuple[Asked, ...] = (
    Asked("country", "one_of", ("US", "CA"), 10),
    Asked("country", "one_of", ("DE", "AT", "CH"), 8),
    Asked("country", "equals", ("BR",), 3),
    Asked("industry", "equals", ("software",), 12),
    Asked("industry", "one_of", ("finance", "insurance"), 9),
    Asked("industry", "equals", ("education",), -4),
    Asked("industry", "equals", ("agency",), -6),
    Asked("channel", "equals", ("referral",), 15),
    Asked("channel", "equals", ("trade fair",), 8),
    Asked("channel", "one_of", ("ads", "list"), -3),
    Asked("seniority", "one_of", ("owner", "chief"), 20),
    Asked("seniority", "equals", ("director",), 14),
    Asked("seniority", "equals", ("intern",), -10),
    Asked("tool", "equals", ("none",), 6),
    Asked("tool", "equals", ("rival",), 4),
    Asked("employees", "between", (50, 1_000), 20),
    Asked("employees", "at_least", (1_001,), 12),
    Asked("employees", "at_most", (49,), -8),
    Asked("revenue", "at_least", (10_000,), 10),
    Asked("revenue", "between", (1_000, 9_999), 5),
    Asked("pages_viewed", "at_least", (1,), 2),
    Asked("pages_viewed", "at_least", (5,), 5),
    Asked("pages_viewed", "at_least", (20,), 8),
    Asked("emails_opened", "equals", (0,), -3),
    Asked("emails_opened", "at_least", (1,), 1),
    Asked("emails_opened", "at_least", (10,), 4),
    Asked("downloads", "at_least", (1,), 5),
    Asked("downloads", "between", (3, 10), 5),
    Asked("meetings", "at_least", (1,), 20),
    Asked("meetings", "at_least", (2,), 10),
)
"""Thirty rules as people write them: twenty on fields, ten on counts of activities."""


def leads(count: int, seed: int = 1) -> list[Values]:
    """Draw leads with all eleven fields known, since peers differ on what unknown means."""
    draw = random.Random(seed)
    return [
        {field: draw.choice(choices) for field, choices in CHOICES.items()}
        | {field: draw.randint(0, most) for field, most in MOST.items()}
        for _ in range(count)
    ]


def varied_leads(count: int, seed: int = 2) -> list[Values]:
    """Draw leads over the same fields with 300 texts a field and numbers up to 10,000."""
    draw = random.Random(seed)
    return [
        {field: _text(draw, field) for field in CHOICES}
        | {field: draw.randint(0, 10_000) for field in MOST}
        for _ in range(count)
    ]


def many_rules(count: int, seed: int = 3) -> list[Asked]:
    """Draw equality and range rules over the same fields, as many of one as of the other."""
    draw = random.Random(seed)
    return [_equality(draw) if place % 2 else _range(draw) for place in range(count)]


def _text(draw: random.Random, field: str) -> str:
    return f"{field} {draw.randrange(300)}"


def _equality(draw: random.Random) -> Asked:
    field = draw.choice([*CHOICES, *MOST])
    value = _text(draw, field) if field in CHOICES else draw.randint(0, 10_000)
    return Asked(field, "equals", (value,), draw.randint(1, 20))


def _range(draw: random.Random) -> Asked:
    field, points = draw.choice(list(MOST)), draw.randint(-20, 20) or 1
    low, high = sorted(draw.sample(range(10_000), 2))
    word: Word = draw.choice(("at_least", "at_most", "between"))
    return Asked(field, word, (low, high) if word == "between" else (low,), points)

"""How points fade with the age of what earned them: integer tables, computed once and exactly."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import TypeAlias

import attrs

from leadflow.errors import LimitExceeded
from leadflow.span import Span, as_span
from leadflow.values import half_up

_LONGEST = 3_660
"""Days: ten years. Keeps every table short."""
_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)


def _whole_days(where: str, value: object) -> Span:
    span = as_span(where, value)
    days = span.days_only(where)
    if days > _LONGEST:
        raise LimitExceeded(where, "the days", _LONGEST, f"{days:,}")
    return span


def _half_life(value: Span | str) -> Span:
    return _whole_days("HalfLife.span", value)


def _expiry(value: Span | str) -> Span:
    return _whole_days("Expiry.span", value)


@attrs.frozen
class HalfLife:
    """Points halve each time this many days have passed: points x 2^(-days / span), half-up.

    The span is whole days or weeks. The fading ends where the points round to 0.

    >>> HalfLife("14 days").table(25)[::14]
    (25, 13, 6, 3, 2, 1)
    """

    span: Span = attrs.field(converter=_half_life)

    def table(self, points: int) -> tuple[int, ...]:
        """Return the points left after 0, 1, 2, ... days, up to the last day with any."""
        return _halving(points, self.span.days)

    def days(self, points: int) -> int:
        """Return how many days the table has at most, without working it out."""
        return self.span.days * (2 * abs(points)).bit_length()

    def __str__(self) -> str:
        return f"halving every {self.span}"


@attrs.frozen
class Expiry:
    """Points count in full up to this many days, ends included, and not at all after.

    >>> Expiry("2 days").table(5)
    (5, 5, 5)
    """

    span: Span = attrs.field(converter=_expiry)

    def table(self, points: int) -> tuple[int, ...]:
        """Return the points left after 0, 1, 2, ... days, up to the last day with any."""
        return (points,) * (self.span.days + 1) if points else ()

    def days(self, points: int) -> int:
        """Return how many days the table has."""
        return self.span.days + 1 if points else 0

    def __str__(self) -> str:
        return f"expiring after {self.span}"


Fade: TypeAlias = HalfLife | Expiry


@lru_cache(maxsize=8)
def _shares(days: int) -> tuple[Decimal, ...]:
    """Return what is left of one point after 0, 1, 2, ... days of the first half-life."""
    return tuple(_EXACT.power(2, _EXACT.divide(-day, days)) for day in range(days))


def _halving(points: int, days: int) -> tuple[int, ...]:
    left: list[int] = []
    halvings = 0
    while half_up(points, 2**halvings):
        left.append(half_up(points, 2**halvings))
        for share in _shares(days)[1:]:
            now = _EXACT.divide(_EXACT.multiply(points, share), 2**halvings)
            left.append(int(now.to_integral_value(ROUND_HALF_UP, _EXACT)))
        halvings += 1
    while left and not left[-1]:
        left.pop()
    return tuple(left)

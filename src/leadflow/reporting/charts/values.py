"""What charts take: labels and numbers, checked where they enter."""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from leadflow.errors import InvalidValue, LimitExceeded, printable, shown
from leadflow.markup import fit
from leadflow.money import Money
from leadflow.values import label, listed

MOST = 60
"""Rows that one chart has at most."""
_WIDE = 40
"""Columns of a terminal for a label."""


def rows(where: str, given: Iterable[Any], size: int, words: str) -> tuple[tuple[Any, ...], ...]:
    """Take rows of a size; raises `InvalidValue` with the place, `LimitExceeded` for too many."""
    found = listed(where, given)
    if len(found) > MOST:
        raise LimitExceeded(where, "rows of a chart", MOST, f"{len(found):,}")
    for place, row in enumerate(found):
        if not isinstance(row, tuple | list) or len(row) != size:
            raise InvalidValue(f"{where}[{place}]", shown(row), words)
    return tuple(tuple(row) for row in found)


def named(where: str, value: object) -> str:
    """Take a label to draw: one line, bounded, and what does not print shown as code."""
    given = printable(value, _WIDE * 2) if isinstance(value, str) else value
    return fit(label(where, given), _WIDE)


def number(where: str, value: object) -> float:
    """Take a number of zero or more, or Money by its amount."""
    plain = value.amount if isinstance(value, Money) else value
    if isinstance(plain, bool) or not isinstance(plain, int | float | Decimal):
        raise InvalidValue(where, shown(value), "a number of zero or more, or Money")
    found = float(plain)
    if not 0 <= found < math.inf:
        raise InvalidValue(where, shown(value), "a number of zero or more")
    return found


def share(where: str, value: object) -> float:
    """Take a share between 0 and 1."""
    found = number(where, value)
    if found > 1:
        raise InvalidValue(where, shown(value), "a share between 0 and 1")
    return found


def written(value: float) -> str:
    """Write a number for a table.

    >>> written(1234.0), written(0.25)
    ('1,234', '0.25')
    """
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"

"""The grade grid: fit as a letter, engagement as a number, A1 the best."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from string import ascii_uppercase

import attrs

from leadflow.errors import InvalidValue
from leadflow.values import listed, whole


def _falling(where: str, values: Iterable[int]) -> tuple[int, ...]:
    found = tuple(whole(where, value) for value in listed(where, values))
    if not 1 <= len(found) < len(ascii_uppercase) or list(found) != sorted(set(found))[::-1]:
        shown = ", ".join(map(str, found)) or "none"
        raise InvalidValue(where, shown, "1 to 25 thresholds, each below the one before")
    return found


def _fit(values: Iterable[int]) -> tuple[int, ...]:
    return _falling("Grid.fit", values)


def _engagement(values: Iterable[int]) -> tuple[int, ...]:
    return _falling("Grid.engagement", values)


@attrs.frozen
class Grid:
    """Thresholds of fit and of engagement, highest first; two of each give A1 to C3.

    Fit of at least the first threshold is A, of at least the second B, below all the last letter.

    >>> Grid(fit=(40, 20), engagement=(50, 10)).grade(25, 60)
    'B1'
    """

    fit: tuple[int, ...] = attrs.field(converter=_fit)
    engagement: tuple[int, ...] = attrs.field(converter=_engagement)

    def grade(self, fit: int, engagement: int) -> str:
        """Return the grade of points of fit and points of engagement."""
        letter = ascii_uppercase[_level(self.fit, fit)]
        return f"{letter}{_level(self.engagement, engagement) + 1}"


def _level(falling: tuple[int, ...], points: int) -> int:
    return len(falling) - bisect_right(falling[::-1], points)

"""How well scores and ratings told the leads that converted from those that did not.

Pure Python, exact: ranks and counts are whole numbers, and only the last division rounds.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import zip_longest
from typing import TypeVar

import attrs

from leadflow.errors import InvalidValue, shown
from leadflow.values import flag

T = TypeVar("T")
_MISSING = object()


@attrs.frozen
class Converted:
    """How many of some leads converted.

    >>> Converted(leads=8, converted=2).rate
    0.25
    """

    leads: int
    converted: int

    @property
    def rate(self) -> float | None:
        """The share that converted, between 0 and 1; None when there are no leads."""
        return self.converted / self.leads if self.leads else None


def auc(scores: Iterable[float | Decimal], outcomes: Iterable[bool]) -> float | None:
    """Return the area under the ROC curve: the chance that a lead which converted scored higher.

    Two leads are compared, one that converted and one that did not, drawn by chance; equal scores
    count half. 1.0 is a perfect order, 0.5 no better than chance. None when all converted, or none
    did: there is nothing to compare. Only the order of the scores matters, and the answer is
    computed from whole ranks, so it does not depend on the order of the leads. Raises
    `InvalidValue` for a score that is no finite number, an outcome other than True or False, and
    for more scores than outcomes or the reverse.

    The area is the Wilcoxon-Mann-Whitney statistic divided by the number of pairs: Hanley and
    McNeil, Radiology 143 (1982), 29-36.

    >>> auc([90, 40, 40, 10], [True, True, False, False])
    0.875
    """
    seen: dict[float | Decimal, list[int]] = {}
    for score, outcome in _paired("scores", scores, outcomes):
        seen.setdefault(_finite(score), [0, 0])[outcome] += 1
    lost = won = doubled = 0
    for score in sorted(seen):
        others, converted = seen[score]
        doubled += converted * (2 * lost + others)
        lost, won = lost + others, won + converted
    return doubled / (2 * lost * won) if lost and won else None


def conversion_by(ratings: Iterable[str], outcomes: Iterable[bool]) -> Mapping[str, Converted]:
    """Count, for each rating or other label, the leads and how many of them converted.

    The labels come in the order in which they are first met. Raises `InvalidValue` for an outcome
    other than True or False, and for more ratings than outcomes or the reverse.

    >>> conversion_by(["hot", "cold", "hot"], [True, False, False])["hot"]
    Converted(leads=2, converted=1)
    """
    leads: Counter[str] = Counter()
    converted: Counter[str] = Counter()
    for rating, outcome in _paired("ratings", ratings, outcomes):
        leads[rating] += 1
        converted[rating] += outcome
    return {rating: Converted(count, converted[rating]) for rating, count in leads.items()}


def _paired(what: str, values: Iterable[T], outcomes: Iterable[bool]) -> Iterable[tuple[T, bool]]:
    for place, (value, outcome) in enumerate(zip_longest(values, outcomes, fillvalue=_MISSING)):
        if value is _MISSING or outcome is _MISSING:
            longer, shorter = ("outcomes", what) if value is _MISSING else (what, "outcomes")
            found = f"{longer} that go on after {place:,}"
            raise InvalidValue(shorter, found, f"as many {what} as outcomes")
        yield value, flag(f"outcomes[{place}]", outcome)  # type: ignore[misc]


def _finite(score: object) -> float | Decimal:
    match score:
        case bool():
            is_number = False
        case int():
            is_number = True
        case Decimal():
            is_number = score.is_finite()
        case _:
            is_number = isinstance(score, float) and math.isfinite(score)
    if not is_number:
        raise InvalidValue("scores", shown(score), "finite numbers")
    return score  # type: ignore[return-value]

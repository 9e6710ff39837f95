"""The summary of a run: how many leads of each rating, and what became of them."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Collection, Hashable, Sequence
from decimal import Decimal
from itertools import compress

from leadflow.cli.ranking import Judged, rank_of
from leadflow.cli.screen import Column, line, table
from leadflow.errors import InvalidValue, did_you_mean, shown
from leadflow.learning import Converted, auc, conversion_by

_WORDS = {"1": True, "yes": True, "true": True, "0": False, "no": False, "false": False}
_COUNTS = (Column("leads", right=True), Column("share", right=True))
_CONVERSIONS = (Column("converted", right=True), Column("rate", right=True))


def outcome_of(value: object) -> bool | None:
    """Read an outcome: true or false, 1 or 0, yes or no; None for anything else.

    >>> outcome_of("Yes"), outcome_of(0), outcome_of("perhaps")
    (True, False, None)
    """
    if isinstance(value, str):
        return _WORDS.get(value.strip().casefold())
    is_known = isinstance(value, int | float | Decimal) and value in (0, 1)
    return bool(value) if is_known else None


class Summary:
    """Counts leads by rating and, with an outcome field, keeps points and outcomes for the rates."""

    def __init__(self, outcome: str | None = None) -> None:
        self._field = outcome
        self._ratings: Counter[str] = Counter()
        self._points, self._outcomes, self._labels = array("q"), array("b"), list[str]()
        self._unread: Counter[str] = Counter()
        self._fields: set[str] = set()

    @property
    def leads(self) -> int:
        """How many leads were counted."""
        return self._ratings.total()

    def add(self, judged: Judged) -> None:
        """Count one more lead."""
        self._ratings[judged.rating] += 1
        if self._field is not None:
            self._add_outcome(judged, self._field)

    def add_many(
        self,
        points: Sequence[int],
        ratings: Sequence[str],
        outcomes: Sequence[Hashable],
        met: Collection[str],
    ) -> None:
        """Count many leads: their points, ratings, what the outcome field holds, and names met."""
        self._ratings.update(ratings)
        if self._field is None:
            return
        read = {value: outcome_of(value) for value in set(outcomes)}
        is_known = [read[value] is not None for value in outcomes]
        self._points.extend(compress(points, is_known))
        self._labels.extend(compress(ratings, is_known))
        self._outcomes.extend(bool(read[value]) for value in compress(outcomes, is_known))
        unknown = outcomes.count(None)
        self._unread["unknown"] += unknown
        self._unread["unread"] += is_known.count(False) - unknown
        if not self._outcomes:
            self._fields |= {*met}

    @property
    def outcome(self) -> str | None:
        """The field that tells what became of a lead."""
        return self._field

    def _add_outcome(self, judged: Judged, field: str) -> None:
        values = judged.lead.values
        outcome = outcome_of(values.get(field))
        if outcome is not None:
            self._points.append(judged.score.points)
            self._outcomes.append(outcome)
            self._labels.append(judged.rating)
            return
        self._unread["unknown" if field not in values else "unread"] += 1
        if not self._outcomes:
            self._fields |= values.keys()

    def check(self) -> None:
        """Refuse an outcome field that no lead had; raises `InvalidValue`."""
        if self._field is None or not self.leads or self._outcomes:
            return
        if self._field not in self._fields:
            hint = did_you_mean(self._field, self._fields)
            raise InvalidValue("--outcome", shown(self._field), "a field that leads have", hint)

    def lines(self) -> list[str]:
        """Lay out the summary."""
        if self._field is None:
            return self._counts()
        return [*self._conversions(self._field), *self._left_out()]

    def _labelled(self) -> list[str]:
        return sorted(self._ratings, key=rank_of)

    def _count(self, rating: str) -> tuple[str, str, str]:
        count = self._ratings[rating]
        return line(rating) or "not rated", f"{count:,}", f"{100 * count / self.leads:.1f} %"

    def _counts(self) -> list[str]:
        rows = [self._count(rating) for rating in self._labelled()]
        return table([Column("rating"), *_COUNTS], rows) if rows else []

    def _conversions(self, field: str) -> list[str]:
        outcomes = list(map(bool, self._outcomes))
        found = conversion_by(self._labels, outcomes)
        rows = [
            (*self._count(rating), *_rates(found.get(rating, Converted(0, 0))))
            for rating in self._labelled()
        ]
        everything = Converted(len(outcomes), sum(outcomes))
        rows.append(("all", f"{self.leads:,}", "100.0 %", *_rates(everything)))
        area = auc(self._points, outcomes)
        measured = "not defined: one outcome only" if area is None else f"{area:.6f}"
        columns = [Column("rating"), *_COUNTS, *_CONVERSIONS]
        return [*table(columns, rows), f"  AUC of the points for {line(field)!r}: {measured}"]

    def _left_out(self) -> list[str]:
        left = self._unread.total()
        if not left:
            return []
        other = self._unread["unread"]
        words = f", {other:,} of them neither yes nor no" if other else ""
        return [f"  {left:,} leads without a known outcome are left out of the rates{words}"]


def _rates(converted: Converted) -> tuple[str, str]:
    return f"{converted.converted:,}", f"{converted.rate:.6f}" if converted.leads else "-"

"""Scores and what they are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import Literal, TypeAlias, overload

import attrs

from leadflow.events import Scored
from leadflow.markup import table
from leadflow.scoring.grade import Grid
from leadflow.scoring.rule import Dimension

ContributionKind: TypeAlias = Literal["rule", "rule limit", "group limit", "floor", "ceiling"]
_SHOWN = 100


@attrs.frozen
class Contribution:
    """Points that went into a score, and why.

    `kind` tells the points of a rule from what a limit took away or added. `rule` names the rule,
    the group, or the floor or ceiling; `times` counts the occurrences that earned points.

    >>> print(Contribution("pricing", 10, "page_viewed (page is '/pricing')", times=2))
    +10  pricing x 2: page_viewed (page is '/pricing')
    """

    rule: str
    points: int
    because: str
    times: int = 1
    kind: ContributionKind = "rule"
    dimension: Dimension | Literal["total"] = "fit"

    def __str__(self) -> str:
        often = f" x {self.times}" if self.times != 1 else ""
        limit = f" ({self.kind})" if self.kind != "rule" else ""
        return f"{self.points:+d}  {self.rule}{limit}{often}: {self.because}"


@attrs.frozen
class Unmatched:
    """A rule that gave nothing, and what would have earned its points.

    >>> print(Unmatched("size", 30, "employees is at least 50"))
    not +30  size: employees is at least 50
    """

    rule: str
    points: int
    because: str

    def __str__(self) -> str:
        return f"not {self.points:+d}  {self.rule}: {self.because}"


# Without slots: attrs fills a dict twice as fast, and a score is made for every lead.
@attrs.frozen(slots=False)
class Score:
    """The points of a lead at an instant, with everything that they are made of.

    ``points == sum(c.points for c in contributions)``, always. `fit` comes from facts, `engagement`
    from activities; `points` is their sum within the model's floor and ceiling. `win_probability`,
    between 0 and 1, is None for a model without calibration. `asked` lists every rule of the model.

    >>> from datetime import datetime, timezone
    >>> noon = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
    >>> size = Contribution("size", 30, "employees is at least 50")
    >>> print(Score(30, 30, 0, (size,), noon, "inbound", "L-7").explain())
    L-7: 30 points (fit 30, engagement 0) by inbound version 1 as of 2026-03-01 12:00 UTC
      +30  size: employees is at least 50
    """

    points: int
    fit: int
    engagement: int
    contributions: tuple[Contribution, ...]
    as_of: datetime
    model: str
    lead: str
    version: str = "1"
    win_probability: float | None = None
    asked: tuple[Unmatched, ...] = attrs.field(default=(), eq=False, repr=False)

    @cached_property
    def unmatched(self) -> tuple[Unmatched, ...]:
        """The rules that gave nothing, in the order of the model."""
        matched = {c.rule for c in self.contributions if c.kind == "rule"}
        return tuple(rule for rule in self.asked if rule.rule not in matched)

    @property
    def event(self) -> Scored:
        """The event to put into the lead's log: ``lead.after(score.event)``."""
        return Scored(
            self.points,
            self.as_of,
            fit=self.fit,
            engagement=self.engagement,
            win_probability=self.win_probability,
            model=self.model,
            version=self.version,
        )

    def grade(self, grid: Grid) -> str:
        """Place fit and engagement in a grid: a letter for fit, a number for engagement.

        >>> from leadflow.scoring import Grid
        >>> score = Score(70, 50, 20, (), noon, "inbound", "L-7")
        >>> score.grade(Grid(fit=(40, 20), engagement=(50, 10)))
        'A2'
        """
        return grid.grade(self.fit, self.engagement)

    def explain(self, *, unmatched: bool = False) -> str:
        """Say in English where the points come from, largest first; on request what gave none."""
        by = f"by {self.model} version {self.version} as of {self.as_of:%Y-%m-%d %H:%M} UTC"
        lines = [f"{self._title()} {by}"]
        if self.win_probability is not None:
            lines.append(f"  win probability {self.win_probability:.1%}")
        lines += [f"  {contribution}" for contribution in largest_first(self.contributions)]
        lines += [f"  {rule}" for rule in self.unmatched if unmatched]
        return "\n".join(lines)

    def _title(self) -> str:
        return f"{self.lead}: {self.points} points (fit {self.fit}, engagement {self.engagement})"

    def _repr_html_(self) -> str:
        rows = [
            (f"{c.points:+d}", c.rule, c.kind, c.times, c.because)
            for c in largest_first(self.contributions)
        ]
        return table(self._title(), ("points", "rule", "kind", "times", "because"), rows)


def largest_first(contributions: Iterable[Contribution]) -> list[Contribution]:
    """Sort contributions by size, ties by name, limits after the rules.

    >>> [c.rule for c in largest_first([Contribution("a", 5, ""), Contribution("b", -20, "")])]
    ['b', 'a']
    """
    return sorted(contributions, key=lambda c: (c.kind != "rule", -abs(c.points), c.rule))


@attrs.frozen
class Scores(Sequence[Score]):
    """The scores of many leads, in the order of the leads; a slice of them is `Scores` too.

    >>> low, high = (Score(n, n, 0, (), noon, "inbound", f"L-{n}") for n in (10, 90))
    >>> [score.lead for score in Scores([low, high]).ranked()]
    ['L-90', 'L-10']
    """

    scores: tuple[Score, ...] = attrs.field(converter=tuple[Score, ...])

    def ranked(self) -> Scores:
        """Sort by points, highest first, ties by lead id."""
        return Scores(sorted(self.scores, key=lambda score: (-score.points, score.lead)))

    @overload
    def __getitem__(self, place: int) -> Score: ...
    @overload
    def __getitem__(self, place: slice) -> Scores: ...
    def __getitem__(self, place: int | slice) -> Score | Scores:
        return Scores(self.scores[place]) if isinstance(place, slice) else self.scores[place]

    def __len__(self) -> int:
        return len(self.scores)

    def __iter__(self) -> Iterator[Score]:
        return iter(self.scores)

    def _repr_html_(self) -> str:
        more = f", the first {_SHOWN} shown" if len(self) > _SHOWN else ""
        rows = (
            (s.lead, s.points, s.fit, s.engagement, _chief(s.contributions))
            for s in self.scores[:_SHOWN]
        )
        header = ("lead", "points", "fit", "engagement", "chiefly because")
        return table(f"{len(self)} scores{more}", header, rows)


def _chief(contributions: tuple[Contribution, ...]) -> str:
    return ", ".join(f"{c.rule} {c.points:+d}" for c in largest_first(contributions)[:3])

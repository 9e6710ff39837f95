"""Judged leads, the best of them, and how they are listed."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import attrs

from leadflow.cli.screen import Column, Screen, line, table
from leadflow.events import Rated
from leadflow.lead import Lead
from leadflow.markup import fit, width
from leadflow.money import Money, priced
from leadflow.scoring import Contribution, Score
from leadflow.scoring.score import largest_first
from leadflow.serialization import Scoring

_REASONS = 3
_READABLE = 50
_RATINGS = ("hot", "warm", "cold", "self-closing", "nudge", "zombie")
_INDENT = " " * 8


@attrs.frozen
class Judged:
    """A lead with its score, its rating and its grade, as far as the model gives them."""

    lead: Lead
    score: Score
    rated: Rated | None
    grade: str | None

    @property
    def rating(self) -> str:
        """The rating, empty without a rater."""
        return self.rated.rating if self.rated else ""

    @property
    def noted(self) -> Lead:
        """The lead with its score and rating in its log."""
        return self.lead.after(self.score.event, *filter(None, [self.rated]))


def judge(lead: Lead, scoring: Scoring, as_of: datetime) -> Judged:
    """Score a lead, then rate it with the score in its log."""
    score = scoring.model.score(lead, as_of=as_of)
    rated = scoring.rater.rate(lead.after(score.event), as_of=as_of) if scoring.rater else None
    return Judged(lead, score, rated, score.grade(scoring.grid) if scoring.grid else None)


def by_points(judged: Judged) -> Any:
    """Order by points, highest first, ties by id."""
    return (-judged.score.points, judged.lead.id)


def rank_of(rating: str) -> tuple[int, str]:
    """Order ratings: those that leadflow knows from best to worst, then others by name."""
    return (_RATINGS.index(rating) if rating in _RATINGS else len(_RATINGS), rating)


class Best:
    """The first so many of a stream by points; holds little more than these."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: list[Judged] = []

    def add(self, judged: Judged) -> None:
        """Take in one more."""
        self._kept.append(judged)
        if len(self._kept) > 2 * self._most + 100:
            self._cut()

    def places(self, points: Sequence[int], ids: Sequence[str]) -> list[int]:
        """Return the places of the leads that may be among the first by points."""
        if not self._most:
            return []
        least = min(heapq.nlargest(self._most, points), default=0)
        near = [place for place, given in enumerate(points) if given >= least]
        return heapq.nsmallest(self._most, near, key=lambda place: (-points[place], ids[place]))

    def _cut(self) -> None:
        self._kept = sorted(self._kept, key=by_points)[: self._most]

    def __iter__(self) -> Iterator[Judged]:
        self._cut()
        return iter(self._kept)


@attrs.frozen
class _Shown:
    column: Column
    cell: Callable[[Judged], str]


_POINTS = (
    _Shown(Column("points", right=True), lambda judged: f"{judged.score.points:,}"),
    _Shown(Column("fit", right=True), lambda judged: f"{judged.score.fit:,}"),
    _Shown(Column("engagement", right=True), lambda judged: f"{judged.score.engagement:,}"),
)
_LEAD = _Shown(Column("lead", at_most=200), lambda judged: judged.lead.id)
_WHO = _Shown(Column("who", at_most=26), lambda judged: who(judged.lead))
_GRADE = _Shown(Column("grade"), lambda judged: judged.grade or "")
_RATING = _Shown(Column("rating"), lambda judged: judged.rating)


def listing(best: Iterable[Judged], screen: Screen) -> list[str]:
    """List leads with all that their scores say, the chief reasons at the end or beneath."""
    found = list(best)
    shown = [_LEAD, _WHO, *_POINTS, _GRADE, _RATING]
    used = [one for one in shown if any(one.cell(judged) for judged in found)]
    lines = _numbered(used, found)
    space = screen.left(lines)
    if space < _READABLE:
        return _with_reasons_beneath(lines, found, screen)
    why = _Shown(Column("chiefly because", at_most=space), lambda judged: reasons(judged, space))
    return _numbered([*used, why], found)


def _numbered(shown: list[_Shown], found: list[Judged]) -> list[str]:
    columns = [Column("", right=True), *(one.column for one in shown)]
    rows = [(place, *(one.cell(judged) for one in shown)) for place, judged in enumerate(found, 1)]
    return table(columns, rows)


def _with_reasons_beneath(lines: list[str], found: list[Judged], screen: Screen) -> list[str]:
    listed = lines[:1]
    for row, judged in zip(lines[1:], found, strict=True):
        listed.append(row)
        why = reasons(judged, screen.columns - len(_INDENT))
        if why:
            listed.append(_INDENT + why)
    return listed


def who(lead: Lead) -> str:
    """Name a lead by its fields name and company, as far as they are known."""
    return ", ".join(filter(None, (_text(lead, "name"), _text(lead, "company"))))


def reasons(judged: Judged, room: int) -> str:
    """Name the contributions that weigh most: three, or fewer where there is no room for three."""
    largest = largest_first(judged.score.contributions)
    versions = [_named(largest, count) for count in range(_REASONS, 0, -1)]
    return next((named for named in versions if width(named) <= room), fit(versions[-1], room))


def _named(largest: list[Contribution], count: int) -> str:
    more = f", {len(largest) - count} more" if len(largest) > count else ""
    return line(", ".join(map(reason, largest[:count])) + more)


def reason(contribution: Contribution) -> str:
    """Name a contribution with its points, as in "clicked a link x 3 +15"."""
    often = f" x {contribution.times}" if contribution.times != 1 else ""
    return f"{contribution.rule}{often} {contribution.points:+,}"


def explanation(judged: Judged) -> list[str]:
    """Explain one lead: every rule, matched or not, the rating, and what to ask."""
    lines = judged.score.explain(unmatched=True).split("\n")
    if judged.grade:
        lines.append(f"  grade {judged.grade}")
    if judged.rated:
        lines.append(f"  rated {judged.rated.rating}")
        lines += [f"    {reason}" for reason in judged.rated.because]
        if judged.rated.ask:
            lines.append(f"    ask for: {', '.join(judged.rated.ask)}")
    return [line(text) for text in lines]


def _text(lead: Lead, field: str) -> str:
    value = lead.values.get(field)
    return "" if value is None else str(value)


def money(value: Money | None) -> str:
    """Write an amount for a table; a question mark where nobody knows it."""
    return "?" if value is None else priced(value)

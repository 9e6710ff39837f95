"""Two models over the same leads: who moves, by how much, and which rules cause it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import attrs

from leadflow.lead import Lead
from leadflow.markup import table
from leadflow.scoring.model import ScoringModel
from leadflow.scoring.score import Score, Scores
from leadflow.values import instance, listed

_SHOWN = 20
_ROWS = 100
_MODEL = instance(ScoringModel)


@attrs.frozen
class Cause:
    """The points that a rule, or a limit, gave in one model and in the other."""

    rule: str
    before: int
    after: int

    def __str__(self) -> str:
        return f"{self.rule} {self.before:+d} -> {self.after:+d}"


@attrs.frozen
class Move:
    """A lead whose points differ: its points and ranks (1 the best) in both models, and why."""

    lead: str
    before: int
    after: int
    rank_before: int
    rank_after: int
    causes: tuple[Cause, ...]

    @property
    def change(self) -> int:
        """The points gained; below 0 if lost."""
        return self.after - self.before

    def __str__(self) -> str:
        causes = ", ".join(map(str, self.causes))
        return (
            f"{self.lead}: {self.before} -> {self.after} ({self.change:+d}), "
            f"rank {self.rank_before} -> {self.rank_after}: {causes}"
        )


@attrs.frozen
class Comparison:
    """The leads that move between two models, the largest change first, ties by lead id."""

    before: str
    after: str
    moves: tuple[Move, ...]
    unchanged: int

    def explain(self) -> str:
        """Say in English who moves and why; the first 20 moves are listed."""
        lines = [f"{self.before} -> {self.after}: {self._count()}"]
        lines += [f"  {move}" for move in self.moves[:_SHOWN]]
        if len(self.moves) > _SHOWN:
            lines.append(f"  … and {len(self.moves) - _SHOWN} more")
        return "\n".join(lines)

    def _count(self) -> str:
        return f"{len(self.moves)} of {len(self.moves) + self.unchanged} leads move"

    def _repr_html_(self) -> str:
        rows = (
            (m.lead, m.before, m.after, f"{m.change:+d}", ", ".join(map(str, m.causes)))
            for m in self.moves[:_ROWS]
        )
        more = f", the first {_ROWS} shown" if len(self.moves) > _ROWS else ""
        header = ("lead", self.before, self.after, "change", "because")
        return table(f"{self._count()}{more}", header, rows)


def compare(
    model_a: ScoringModel, model_b: ScoringModel, leads: Iterable[Lead], *, as_of: datetime
) -> Comparison:
    """Score the leads with both models and tell who moves, by how much, and by which rules.

    Ranks count from 1, the highest points first, ties by lead id. A rule is known by its name in
    both models; limits, floor and ceiling count under theirs.

    >>> from datetime import timezone
    >>> from leadflow import field
    >>> from leadflow.scoring import Rule
    >>> def model(points):
    ...     return ScoringModel(
    ...         f"m{points}", [Rule("big", points, when=field("size").at_least(5))]
    ...     )
    >>> now = datetime(2026, 3, 1, tzinfo=timezone.utc)
    >>> print(
    ...     compare(
    ...         model(10), model(15), [Lead("L-1", fields={"size": 9})], as_of=now
    ...     ).explain()
    ... )
    m10 version 1 -> m15 version 1: 1 of 1 leads move
      L-1: 10 -> 15 (+5), rank 1 -> 1: big +10 -> +15
    """
    for model in (model_a, model_b):
        _MODEL["check"]("compare", model)
    known = listed("compare leads", leads)
    first, second = model_a.score_all(known, as_of=as_of), model_b.score_all(known, as_of=as_of)
    rank_a, rank_b = _ranks(first), _ranks(second)
    moves = [
        Move(a.lead, a.points, b.points, rank_a[place], rank_b[place], _causes(a, b))
        for place, (a, b) in enumerate(zip(first, second, strict=True))
        if a.points != b.points
    ]
    moves.sort(key=lambda move: (-abs(move.change), move.lead))
    return Comparison(_title(model_a), _title(model_b), tuple(moves), len(known) - len(moves))


def _title(model: ScoringModel) -> str:
    return f"{model.name} version {model.version}"


def _ranks(scores: Scores) -> dict[int, int]:
    order = sorted(range(len(scores)), key=lambda at: (-scores[at].points, scores[at].lead))
    return {place: rank for rank, place in enumerate(order, 1)}


def _causes(before: Score, after: Score) -> tuple[Cause, ...]:
    old, new = _by_name(before), _by_name(after)
    changed = [
        Cause(name, old.get(name, 0), new.get(name, 0))
        for name in sorted(old.keys() | new.keys())
        if old.get(name, 0) != new.get(name, 0)
    ]
    return tuple(sorted(changed, key=lambda cause: -abs(cause.after - cause.before)))


def _by_name(score: Score) -> dict[str, int]:
    found: dict[str, int] = {}
    for contribution in score.contributions:
        limit = "" if contribution.kind == "rule" else f" ({contribution.kind})"
        name = f"{contribution.rule}{limit}"
        found[name] = found.get(name, 0) + contribution.points
    return found

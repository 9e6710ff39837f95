"""Transitions: who went from where to where, how long that took, and what slowed down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

import attrs

from leadflow.errors import InvalidValue, did_you_mean, shown
from leadflow.markup import aligned, table
from leadflow.period import Period
from leadflow.pipeline.metrics.goals import bounds
from leadflow.pipeline.metrics.history import History
from leadflow.pipeline.metrics.times import Duration, days_between, in_days
from leadflow.span import Span, given_span
from leadflow.values import instance

_HEADER = ("from", "to", "leads", "median", "mean", "median recently", "before")
_BEGINNING = "(start)"


@attrs.frozen
class Transition:
    """The moves from one stage to another.

    `start` is None for the first stage of a lead. `times` are the days it took from entering the one
    stage to entering the other, where both instants are known; `recent` and `before` part them by
    when the move was made: within the recent span, or earlier.
    """

    start: str | None
    end: str
    count: int
    times: Duration
    recent: Duration
    before: Duration

    @property
    def slowdown(self) -> float | None:
        """How many times as long as before the median move takes; None where that is not known."""
        now, then = self.recent.median, self.before.median
        return now / then if now is not None and then else None

    @property
    def sentence(self) -> str:
        """Say how long it took recently and before, with the numbers of moves."""
        now = f"{in_days(self.recent.median)} recently ({len(self.recent.ended):,} moves)"
        then = f"{in_days(self.before.median)} before ({len(self.before.ended):,})"
        return f"{self.start or _BEGINNING} to {self.end}: median {now}, {then}."

    def cells(self) -> tuple[str, ...]:
        """Write it as the cells of a table."""
        figures = (self.times.median, self.times.mean, self.recent.median, self.before.median)
        return (self.start or _BEGINNING, self.end, f"{self.count:,}", *map(in_days, figures))


@attrs.frozen(repr=False)
class Transitions:
    """All moves, the most frequent first, and where leads ended up: `last` counts their last stages.

    ``transitions["new", "offer"]`` finds one, ``transitions[None, "new"]`` a first stage. `slowed`
    are those that take longer than before, the worst first.
    """

    moves: tuple[Transition, ...]
    last: dict[str, int]

    def __getitem__(self, key: tuple[str | None, str]) -> Transition:
        """Return the moves from one stage to another; raises `InvalidValue` if there are none."""
        asked = key if isinstance(key, tuple) else (key,)
        for move in self.moves:
            if (move.start, move.end) == asked:
                return move
        there = [f"{move.start or _BEGINNING} to {move.end}" for move in self.moves]
        hint = did_you_mean(" to ".join(map(str, asked)), there)
        raise InvalidValue("transitions", shown(key), "two stages that a lead went between", hint)

    @property
    def slowed(self) -> tuple[Transition, ...]:
        """The moves that take longer than before, the worst first."""
        slow = [(m.slowdown, m) for m in self.moves if m.slowdown is not None and m.slowdown > 1]
        ordered = sorted(slow, key=lambda one: (-one[0], one[1].start or "", one[1].end))
        return tuple(move for _, move in ordered)

    def __iter__(self) -> Iterator[Transition]:
        return iter(self.moves)

    def __len__(self) -> int:
        return len(self.moves)

    def explain(self) -> str:
        """Show them as a table for a terminal."""
        return "\n".join(aligned(_HEADER, [move.cells() for move in self.moves]))

    def __str__(self) -> str:
        return self.explain()

    def __repr__(self) -> str:
        return f"Transitions({len(self.moves)} kinds of moves)"

    def _repr_html_(self) -> str:
        return table("transitions", _HEADER, [move.cells() for move in self.moves])


class _Counts:
    __slots__ = ("before", "count", "recent")

    def __init__(self) -> None:
        self.count = 0
        self.recent: list[float] = []
        self.before: list[float] = []


def transitions(
    history: History, *, period: Period | None = None, recent: Span | str = "90 days"
) -> Transitions:
    """Count the moves from stage to stage, and tell how long they take, recently and before.

    With `period`, the moves made in it (in UTC), and where they left the leads that made them. What
    is recent counts back from the instant of the history. Raises `InvalidValue`.

    >>> from datetime import UTC, datetime, timedelta
    >>> from leadflow.pipeline import Pipeline, Stage
    >>> steps = [Stage("new"), Stage("won", kind="won")]
    >>> day = datetime(2026, 3, 2, tzinfo=UTC)
    >>> moves = [{"id": "1", "stage": "new", "at": day}]
    >>> moves.append({"id": "1", "stage": "won", "at": day + timedelta(4)})
    >>> history = History.of_rows(
    ...     [{"id": "1"}],
    ...     Pipeline.linear("sales", steps),
    ...     as_of=day + timedelta(9),
    ...     changes=moves,
    ... )
    >>> print(transitions(history)["new", "won"].sentence)
    new to won: median 4.0 days recently (1 moves), no data before (0).
    """
    instance(History)["check"]("history", history)
    since = given_span(recent, "recent").before(history.as_of)
    span = None if period is None else _bounds(period)
    found: dict[tuple[str | None, str], _Counts] = {}
    last: Counter[str] = Counter()
    for track in history:
        stage, entered, end = None, None, None
        for to, at in track.entries:
            if span is None or (at is not None and span[0] <= at < span[1]):
                end = to
                counts = found.setdefault((stage, to), _Counts())
                counts.count += 1
                if entered is not None and at is not None:
                    times = counts.recent if at > since else counts.before
                    times.append(days_between(entered, at))
            stage, entered = to, at
        if end is not None:
            last[end] += 1
    ordered = sorted(found, key=lambda key: (-found[key].count, key[0] or "", key[1]))
    return Transitions(tuple(_made(key, found[key]) for key in ordered), dict(sorted(last.items())))


def _bounds(period: Period) -> tuple[datetime, datetime]:
    instance(Period)["check"]("period", period)
    return bounds(period)


def _made(key: tuple[str | None, str], counts: _Counts) -> Transition:
    recent, before = tuple(sorted(counts.recent)), tuple(sorted(counts.before))
    every = tuple(sorted((*recent, *before)))
    start, end = key
    return Transition(
        start, end, counts.count, Duration(every, ()), Duration(recent, ()), Duration(before, ())
    )

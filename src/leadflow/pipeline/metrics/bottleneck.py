"""The bottleneck: the stage where leads wait, since when, and what slowed down."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import attrs

from leadflow.errors import InvalidValue, shown
from leadflow.markup import aligned, counted, table
from leadflow.pipeline.metrics.history import History, Track
from leadflow.pipeline.metrics.times import in_days
from leadflow.pipeline.stage import Stage
from leadflow.shares import Share, percent
from leadflow.span import Span, given_span
from leadflow.values import instance

_EARLIEST = datetime.min.replace(tzinfo=UTC)
_A_DAY = timedelta(days=1)
_NONE = timedelta()
_HEADER = (
    "stage", "of all waiting", "days", "waiting now", "oldest since", "late", "came in", "left",
    "days a lead", "before",
)  # fmt: skip
_ENOUGH = 20
"""Leads that got further than a stage, from which on it may be said not to be needed."""
_SELDOM = 0.05
"""The share of those leads that stood in a stage up to which it may not be needed."""
_AT_ONCE = 1 / 24
"""Days a lead up to which a stage is left at once."""


@attrs.frozen
class Flow:
    """What happened in a stage within a span of time: who came in, who left, and the days waited."""

    came: int
    left: int
    days: float

    @property
    def per_lead(self) -> float | None:
        """The days waited for each lead that left; None where none left.

        With the days of those still waiting in it, this is the mean time in stage of Little (1961),
        and the estimate of a constant hazard with censored and late-observed stays.
        """
        return self.days / self.left if self.left else None


@attrs.frozen
class Waiting:
    """How leads wait in a stage that is not closed.

    `days` are all days that leads stood there, open stays included, and `share` is their part of
    those in all stages (None if nobody waited at all). `open` leads stand there now, of `all_open`;
    the oldest has since `since`, and `late` of them for longer than the stage's `expected`. `flow` is
    that of the recent span, `before` that of the span of equal length before it. Of the leads that
    got further than this stage, `passed` tells how many stood in it.
    """

    stage: Stage
    days: float
    share: float | None
    open: int
    all_open: int
    since: datetime | None
    late: int
    recent: Span
    flow: Flow
    before: Flow
    passed: Share

    @property
    def slowdown(self) -> float | None:
        """How many times as long as before it takes to leave; None where either is not known."""
        now, then = self.flow.per_lead, self.before.per_lead
        return now / then if now is not None and then else None

    @property
    def may_be_removed(self) -> str | None:
        """Why the stage may not be needed: most leads skip it, or leave it at once; None if not.

        Said of open stages only, where at least 20 leads got further and nobody waits there.
        """
        if self.open or self.passed.of < _ENOUGH:
            return None
        of = f"{self.passed.hits:,} of {counted(self.passed.of, 'lead')}"
        if self.passed.hits <= _SELDOM * self.passed.of:
            return f"{self.stage.label} may not be needed: {of} that got further stood in it"
        if self.days <= _AT_ONCE * self.passed.hits:
            return f"{self.stage.label} may not be needed: {of} that got further left it at once"
        return None

    @property
    def sentence(self) -> str:
        """Say it in a sentence, with its numbers."""
        return "; ".join(self._parts()) + "."

    def _parts(self) -> Iterator[str]:
        if self.share is None:
            yield f"{self.stage.label}: nobody waited"
            return
        yield f"{self.stage.label} holds {percent(self.share)} of all waiting, {self.days:,.1f} days"
        if self.since is not None:
            of = f"{self.open:,} of {counted(self.all_open, 'open lead')}"
            yield f"{of} stand there now, the oldest since {self.since.date().isoformat()}"
        if self.late:
            yield f"{self.late:,} longer than the {self.stage.expected} expected"
        yield f"in the last {self.recent} {self.flow.came:,} came in and {self.flow.left:,} left"
        if self.flow.per_lead is not None and self.slowdown is not None:
            now, then = in_days(self.flow.per_lead), in_days(self.before.per_lead)
            word = "slower" if self.slowdown > 1 else "no slower"
            yield f"a lead that left took {now}, {then} in the {self.recent} before: {word}"

    def cells(self) -> tuple[str, ...]:
        """Write it as the cells of a table."""
        since = "" if self.since is None else self.since.date().isoformat()
        return (
            self.stage.label, percent(self.share), f"{self.days:,.1f}", f"{self.open:,}", since,
            f"{self.late:,}", f"{self.flow.came:,}", f"{self.flow.left:,}",
            in_days(self.flow.per_lead), in_days(self.before.per_lead),
        )  # fmt: skip

    def figures(self) -> tuple[object, ...]:
        """Return the figures of the cells, not written yet."""
        return (
            self.stage.label, self.share, self.days, self.open, self.since, self.late,
            self.flow.came, self.flow.left, self.flow.per_lead, self.before.per_lead,
        )  # fmt: skip

    def __str__(self) -> str:
        return self.sentence


@attrs.frozen(repr=False)
class Bottlenecks:
    """The stages by their share of all waiting, the worst first.

    ``bottlenecks.worst`` is the bottleneck, `slowed` the stages that take longer than before, the
    worst first, and `not_needed` why some may be removed.
    """

    stages: tuple[Waiting, ...]

    @property
    def worst(self) -> Waiting | None:
        """The stage with the largest share of all waiting; None if nobody waited."""
        first = self.stages[0] if self.stages else None
        return first if first is not None and first.share else None

    @property
    def slowed(self) -> tuple[Waiting, ...]:
        """The stages that take longer to leave than before, the worst first."""
        slow = [(w.slowdown, w) for w in self.stages if w.slowdown is not None and w.slowdown > 1]
        return tuple(w for _, w in sorted(slow, key=lambda one: (-one[0], one[1].stage.key)))

    @property
    def not_needed(self) -> tuple[str, ...]:
        """Why some stages may be removed, in sentences."""
        return tuple(why for waiting in self.stages if (why := waiting.may_be_removed))

    def header(self) -> tuple[str, ...]:
        """Name the columns."""
        return _HEADER

    def explain(self) -> str:
        """Say where leads wait, and show the figures as a table for a terminal."""
        head = "nobody waited" if self.worst is None else f"The bottleneck: {self.worst.sentence}"
        rows = [waiting.cells() for waiting in self.stages]
        return "\n".join([head, *self.not_needed, *aligned(_HEADER, rows)])

    def __iter__(self) -> Iterator[Waiting]:
        return iter(self.stages)

    def __len__(self) -> int:
        return len(self.stages)

    def __str__(self) -> str:
        return self.explain()

    def __repr__(self) -> str:
        worst = "nobody waited" if self.worst is None else shown(self.worst.stage.key)
        return f"Bottlenecks({worst})"

    def _repr_html_(self) -> str:
        head = "nobody waited" if self.worst is None else self.worst.sentence
        return table(head, _HEADER, [waiting.cells() for waiting in self.stages])


def bottlenecks(history: History, *, recent: Span | str = "90 days") -> Bottlenecks:
    """Rank the stages by their share of all waiting, open leads included.

    `recent` is the span up to the instant of the history that is compared with the span of equal
    length before it. Stays of which nobody knows the beginning do not count. Raises `InvalidValue`.

    >>> from datetime import UTC
    >>> from leadflow.pipeline import Pipeline
    >>> steps = [
    ...     Stage("contact"),
    ...     Stage("prepare", "Prepare proposal"),
    ...     Stage("won", kind="won"),
    ... ]
    >>> day = datetime(2026, 3, 1, tzinfo=UTC)
    >>> rows = [{"id": str(n), "created_at": day} for n in range(2)]
    >>> moves = [
    ...     {"id": str(n), "stage": stage, "at": day + timedelta(days)}
    ...     for n in range(2)
    ...     for stage, days in [("contact", 0), ("prepare", 2 + n)]
    ... ]
    >>> history = History.of_rows(
    ...     rows, Pipeline.linear("sales", steps), as_of=day + timedelta(30), changes=moves
    ... )
    >>> print(bottlenecks(history).worst)
    Prepare proposal holds 91.7 % of all waiting, 55.0 days; 2 of 2 open leads stand there now, the oldest since 2026-03-03; in the last 90 days 2 came in and 0 left.
    """
    instance(History)["check"]("history", history)
    span = given_span(recent, "recent")
    middle = span.before(history.as_of)
    if history.as_of - middle > middle - _EARLIEST:
        raise InvalidValue("recent", str(span), "a span that fits twice before the history ends")
    tally = _Tally(history, middle, middle - (history.as_of - middle))
    for track in history:
        tally.add(track)
    return Bottlenecks(tuple(sorted(tally.stages(span), key=_rank)))


def _rank(waiting: Waiting) -> tuple[float, str]:
    return (-waiting.days, waiting.stage.key)


class _Counts:
    """What is counted of one stage."""

    __slots__ = (
        "before",
        "came",
        "days",
        "expected",
        "late",
        "left",
        "open",
        "passed",
        "recent",
        "since",
    )

    def __init__(self, expected: datetime | None) -> None:
        self.expected = expected
        self.days = self.recent = self.before = _NONE
        self.came = [0, 0]
        self.left = [0, 0]
        self.open = self.late = self.passed = 0
        self.since: datetime | None = None


class _Tally:
    """Adds up the stays of tracks by stage; `middle` parts the recent span from the one before."""

    def __init__(self, history: History, middle: datetime, start: datetime) -> None:
        self.history, self.middle, self.start, self.end = history, middle, start, history.as_of
        self.place = {stage.key: n for n, stage in enumerate(history.pipeline.stages)}
        self.counts = {
            stage.key: _Counts(None if stage.expected is None else stage.expected.before(self.end))
            for stage in history.pipeline.stages
            if not stage.is_closed
        }
        self.lost = {stage.key for stage in history.pipeline.stages if stage.kind == "lost"}
        self.further = [0] * (len(self.place) + 1)
        self.all_open = 0

    def add(self, track: Track) -> None:
        """Add the stays of a track."""
        stage, since = None, None
        for entered, at in track.entries:
            if stage in self.counts and since is not None and at is not None:
                self._stay(self.counts[stage], since, at)
            stage, since = entered, at
        if track.outcome == "open":
            self.all_open += 1
            if stage in self.counts:
                self._stands(self.counts[stage], since)
        elif stage in self.counts and since is not None and track.closed_at is not None:
            self._stay(self.counts[stage], since, track.closed_at)
        if len(track.entries) > 1 and track.outcome != "lost":
            self._pass(track)

    def _stay(self, counts: _Counts, since: datetime, until: datetime) -> None:
        self._time(counts, since, until)
        if until > self.start:
            counts.left[until <= self.middle] += 1

    def _stands(self, counts: _Counts, since: datetime | None) -> None:
        counts.open += 1
        if since is None:
            return
        self._time(counts, since, self.end)
        if counts.since is None or since < counts.since:
            counts.since = since
        if counts.expected is not None and since < counts.expected:
            counts.late += 1

    def _time(self, counts: _Counts, since: datetime, until: datetime) -> None:
        until = max(since, until)  # what is closed on a date may be entered later that day
        counts.days += until - since
        if until > self.middle:
            counts.recent += until - max(since, self.middle)
        if until > self.start and since < self.middle:
            counts.before += min(until, self.middle) - max(since, self.start)
        if since > self.start:
            counts.came[since <= self.middle] += 1

    def _pass(self, track: Track) -> None:
        """Count the stages that a lead got further than, and those of them it stood in."""
        stood = {entry.stage for entry in track.entries if entry.stage not in self.lost}
        furthest = max((self.place[stage] for stage in stood), default=-1)
        self.further[furthest] += 1
        for stage in stood:
            if stage in self.counts and self.place[stage] < furthest:
                self.counts[stage].passed += 1

    def stages(self, recent: Span) -> Iterator[Waiting]:
        """Tell what was counted, stage by stage."""
        whole = sum((counts.days for counts in self.counts.values()), _NONE)
        for stage in self.history.pipeline.stages:
            if stage.is_closed:
                continue
            counts = self.counts[stage.key]
            beyond = sum(self.further[self.place[stage.key] + 1 :])
            yield Waiting(
                stage,
                counts.days / _A_DAY,
                counts.days / whole if whole else None,
                counts.open,
                self.all_open,
                counts.since,
                counts.late,
                recent,
                Flow(counts.came[0], counts.left[0], counts.recent / _A_DAY),
                Flow(counts.came[1], counts.left[1], counts.before / _A_DAY),
                Share(min(counts.passed, beyond), beyond),
            )

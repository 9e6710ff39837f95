"""The funnel: how many leads reached each stage, and how many went on from one to another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs

from leadflow.errors import InvalidValue, did_you_mean, shown
from leadflow.markup import aligned, counted, table
from leadflow.period import unit_of
from leadflow.pipeline.metrics.group import By, Measure, Measured, dimensions_of, measure
from leadflow.pipeline.metrics.history import Ending, History, Track
from leadflow.shares import Share
from leadflow.values import instance, name


@attrs.frozen
class Step:
    """A stage of the funnel.

    `reached` leads stood in it, each counted once; `passed` of those also reached a later stage of
    the funnel, `waiting` stand in it now, and `lost` were lost out of it. `of_all` is the share of
    all leads that reached it.
    """

    stage: str
    label: str
    reached: int
    passed: int
    waiting: int
    lost: int
    of_all: Share

    @property
    def onward(self) -> Share:
        """The share of those who reached the stage that went on to a later one."""
        return Share(self.passed, self.reached)


@attrs.frozen(repr=False)
class Funnel:
    """How many different leads reached each stage, in the order of the pipeline.

    Stages that mean lost are none of the steps. A lead that skipped a stage has not reached it; a
    lead that stood in one twice counts once. ``funnel["offer"]`` finds a step.
    """

    leads: int
    steps: tuple[Step, ...]

    def __getitem__(self, stage: str) -> Step:
        """Return the step of a stage; raises `InvalidValue` with the closest key."""
        for step in self.steps:
            if step.stage == stage:
                return step
        hint = did_you_mean(str(stage), [step.stage for step in self.steps])
        raise InvalidValue("funnel", shown(stage), "a stage of the funnel", hint)

    def header(self) -> tuple[str, ...]:
        """Name the columns."""
        return ("stage", "reached", "of all", "went on", "waiting", "lost")

    def rows(self) -> tuple[tuple[str, ...], ...]:
        """List the steps as text."""
        return tuple(
            (step.label, f"{step.reached:,}", str(step.of_all),
             "" if step is self.steps[-1] else str(step.onward),
             f"{step.waiting:,}", f"{step.lost:,}")
            for step in self.steps
        )  # fmt: skip

    def figures(self) -> tuple[tuple[object, ...], ...]:
        """List the figures of the rows, not written yet."""
        return tuple(
            (step.label, step.reached, step.of_all,
             None if step is self.steps[-1] else step.onward, step.waiting, step.lost)
            for step in self.steps
        )  # fmt: skip

    def explain(self) -> str:
        """Show the funnel as a table for a terminal."""
        return "\n".join([counted(self.leads, "lead"), *aligned(self.header(), self.rows())])

    def __str__(self) -> str:
        return " > ".join(f"{step.reached:,}" for step in self.steps) or "no data"

    def __repr__(self) -> str:
        return f"Funnel({counted(self.leads, 'lead')}, {self})"

    def _repr_html_(self) -> str:
        return table(counted(self.leads, "lead"), self.header(), self.rows())


def funnel(
    history: History, *, by: By = (), cohort: str | None = None, groups: Iterable[str] = ()
) -> Measured[Funnel]:
    """Count the different leads that reached each stage, of all and by dimension.

    `cohort` groups the leads by when they were created: day, week, month, quarter or year. `by` and
    `groups` are those of `measure`. Raises `InvalidValue`.

    >>> from datetime import UTC, datetime
    >>> from leadflow.pipeline import Pipeline, Stage
    >>> steps = [Stage("new"), Stage("offer"), Stage("won", kind="won")]
    >>> at = datetime(2026, 3, 2, tzinfo=UTC)
    >>> rows = [{"id": "1", "stage": "new", "created_at": at}, {"id": "2", "stage": "offer"}]
    >>> moves = [{"id": "2", "stage": key, "at": at} for key in ("new", "offer")]
    >>> history = History.of_rows(
    ...     rows, Pipeline.linear("sales", steps), as_of=at, changes=moves
    ... )
    >>> print(funnel(history).value)
    2 > 1 > 0
    """
    dimensions = dimensions_of(by)
    if cohort is not None:
        dimensions = (f"created_{unit_of('cohort', cohort)}", *dimensions)
    return measure(history, Measure("funnel", _Count(history).of), by=dimensions, groups=groups)


@attrs.frozen
class _Count:
    """Counts a funnel over tracks."""

    history: History

    def of(self, tracks: Sequence[Track]) -> Funnel:
        stages = [s for s in self.history.pipeline.stages if s.kind != "lost"]
        place = {stage.key: n for n, stage in enumerate(stages)}
        size = len(stages)
        reached, passed, waiting, lost = ([0] * size for _ in range(4))
        for track in tracks:
            stood = {place[entry.stage] for entry in track.entries if entry.stage in place}
            if not stood:
                continue
            furthest = max(stood)
            for n in stood:
                reached[n] += 1
                passed[n] += n < furthest
            self._ended(track, place, waiting, lost)
        all_leads = len(tracks)
        steps = (
            Step(stage.key, stage.label, reached[n], passed[n], waiting[n], lost[n],
                 Share(reached[n], all_leads))
            for n, stage in enumerate(stages)
        )  # fmt: skip
        return Funnel(all_leads, tuple(steps))

    @staticmethod
    def _ended(track: Track, place: dict[str, int], waiting: list[int], lost: list[int]) -> None:
        """Count where an open lead waits, and out of which stage a lost one was lost."""
        last = next(place[e.stage] for e in reversed(track.entries) if e.stage in place)
        if track.outcome == "open":
            waiting[last] += 1
        elif track.outcome == "lost":
            lost[last] += 1


def conversion(
    history: History, start: str, end: str, *, by: By = (), groups: Iterable[str] = ()
) -> Measured[Share]:
    """Tell what share of the leads that reached one point reached another one after it.

    A point is the key of a stage, or created, won, lost, mql or sql. A lead counts where it reached
    `end` at or after the instant it first reached `start` (in the order of its stages, where the
    instants are equal or not known). Raises `InvalidValue` for a point that is not there.

    >>> from datetime import UTC, datetime
    >>> from leadflow.pipeline import Pipeline, Stage
    >>> steps = [Stage("new"), Stage("won", kind="won")]
    >>> at = datetime(2026, 3, 2, tzinfo=UTC)
    >>> rows = [{"id": "1", "stage": "won", "closed_at": at}, {"id": "2", "stage": "new"}]
    >>> history = History.of_rows(rows, Pipeline.linear("sales", steps), as_of=at)
    >>> print(conversion(history, "created", "won").value.hits)
    1
    """
    instance(History)["check"]("history", history)
    first, last = (_point(where, key, history) for where, key in (("start", start), ("end", end)))

    def converted(tracks: Sequence[Track]) -> Share:
        began = [track for track in tracks if _begins(track, first) is not None]
        return Share(sum(_converts(track, first, last) for track in began), len(began))

    return measure(history, Measure(f"{first} to {last}", converted), by=by, groups=groups)


_POINTS: dict[str, Ending | str] = {"created": "", "won": "won", "lost": "lost"}
_QUALIFIED = ("mql", "sql")
_BEGINNING = -1.0
"""The place before all entries."""


def _point(where: str, key: str, history: History) -> str:
    given = name(where, key)
    there = [*history.stages, *_POINTS, *_QUALIFIED]
    if given not in there:
        hint = did_you_mean(given, there)
        raise InvalidValue(where, shown(given), "a stage, created, won, lost, mql or sql", hint)
    return given


def _begins(track: Track, point: str) -> float | None:
    """Tell when a point was reached first, as a place in the track; None if never.

    Places are the numbers of the entries; what happened between two entries lies between them, and
    before those of the same instant.
    """
    if point == "created":
        return _BEGINNING
    if point in _POINTS:
        return float(len(track.entries)) if track.outcome == point else None
    if point in _QUALIFIED:
        at = track.qualified_at(point)
        earlier = (entry for entry in track.entries if entry.at is not None)
        return None if at is None else sum(entry.at < at for entry in earlier if entry.at) - 0.5
    return next((n for n, entry in enumerate(track.entries) if entry.stage == point), None)


def _converts(track: Track, first: str, last: str) -> bool:
    """Tell whether a lead that reached one point reached another at that instant or after it."""
    since = _begins(track, first)
    if since is None or last == "created":
        return since == _BEGINNING
    if last in _POINTS:
        return track.outcome == last
    if last not in _QUALIFIED:
        return any(e.stage == last and n >= since for n, e in enumerate(track.entries))
    at, began = track.qualified_at(last), track.qualified_at(first)
    if at is None or began is not None:
        return at is not None and began is not None and at >= began
    return sum(entry.at is not None and entry.at <= at for entry in track.entries) - 0.5 >= since

"""Times: how long leads stay in a stage and take to close, with those still open counted as such."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cached_property
from typing import Literal, TypeAlias

import attrs

from leadflow.errors import InvalidValue, did_you_mean, shown
from leadflow.events.facts import share
from leadflow.markup import aligned, table
from leadflow.pipeline.metrics.group import By, Measure, Measured, measure
from leadflow.pipeline.metrics.history import History, Track
from leadflow.survival import Survival, kaplan_meier
from leadflow.values import word

End: TypeAlias = Literal["won", "lost", "closed"]
_ENDS: tuple[End, ...] = ("won", "lost", "closed")
_DAY = 86_400
_HEADER = ("stage", "left", "still there", "mean", "median", "median with open", "from", "to")


def days_between(start: datetime, end: datetime) -> float:
    """Count the days from one instant to another; none where the end is not after the start.

    >>> from datetime import UTC
    >>> days_between(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, 12, tzinfo=UTC))
    1.5
    """
    return max((end - start).total_seconds() / _DAY, 0.0)


def average(values: Sequence[float]) -> float | None:
    """Return the mean; None of nothing.

    >>> average([1, 2]), average([])
    (1.5, None)
    """
    return sum(sorted(values)) / len(values) if values else None


def quantile(ordered: Sequence[float], p: float) -> float | None:
    """Return a quantile of sorted values, between neighbours on a straight line; None of nothing.

    Definition 7 of Hyndman and Fan (1996), as most spreadsheets have it.

    >>> quantile([1.0, 2.0, 10.0], 0.5), quantile([1.0, 3.0], 0.25)
    (2.0, 1.5)
    """
    if not ordered:
        return None
    place = (len(ordered) - 1) * p
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


@attrs.frozen(repr=False)
class Duration:
    """How long something took, in days.

    `ended` are the times of those that ended, sorted; `open` the times so far of those that did not.
    `mean` and `median` are the naive ones, of the ended alone: they are too short while many are
    still open. `survival` is the estimate of Kaplan and Meier (1958) with the open ones counted, and
    `median_with_open` its median; each is None where there is no data.
    """

    ended: tuple[float, ...]
    open: tuple[float, ...]

    @property
    def count(self) -> int:
        """How many there are, open ones included."""
        return len(self.ended) + len(self.open)

    @property
    def mean(self) -> float | None:
        """The naive mean, of those that ended."""
        return average(self.ended)

    @property
    def median(self) -> float | None:
        """The naive median, of those that ended."""
        return quantile(self.ended, 0.5)

    def quantile(self, p: float) -> float | None:
        """Return a quantile of those that ended; `p` lies between 0 and 1, else `InvalidValue`."""
        return quantile(self.ended, share("p", p))

    @cached_property
    def survival(self) -> Survival:
        """The share not ended yet by age, open ones counted, with its confidence band."""
        flags = [True] * len(self.ended) + [False] * len(self.open)
        return kaplan_meier([*self.ended, *self.open], flags)

    @property
    def median_with_open(self) -> float | None:
        """The median with the open ones counted; None where fewer than half ended."""
        return self.survival.median if self.count else None

    @property
    def median_interval(self) -> tuple[float | None, float | None]:
        """The confidence interval of that median, 95 %."""
        return self.survival.median_interval if self.count else (None, None)

    def cells(self) -> tuple[str, ...]:
        """Write the figures as the cells of a table."""
        ended, waiting, *times = self.figures()
        return (f"{ended:,}", f"{waiting:,}", *map(in_days, times))

    def figures(self) -> tuple[float | None, ...]:
        """Return the figures of the cells, not written yet; times are in days."""
        counts = (len(self.ended), len(self.open))
        return (*counts, self.mean, self.median, self.median_with_open, *self.median_interval)

    def __str__(self) -> str:
        if not self.count:
            return "no data"
        naive, honest = in_days(self.median), in_days(self.median_with_open)
        return f"median {honest} with {len(self.open):,} open, {naive} of the {len(self.ended):,} ended"

    def __repr__(self) -> str:
        return f"Duration({self})"


def in_days(value: float | None) -> str:
    """Write a time in days; None is "no data".

    >>> in_days(1.25), in_days(None)
    ('1.2 days', 'no data')
    """
    return "no data" if value is None else f"{value:,.1f} days"


def days_to_close(track: Track) -> float | None:
    """Count the days from created to closed; None where one of them is not known."""
    if track.created_at is None or track.closed_at is None:
        return None
    return days_between(track.created_at, track.closed_at)


def time_to_close(
    history: History, *, to: End = "won", by: By = (), groups: Iterable[str] = ()
) -> Measured[Duration]:
    """Tell how long leads take from created to won, lost or closed: the lead velocity.

    Leads that are open count as not ended yet. So do, for ``to="won"``, those that were lost, up to
    the day they were: the time is that of winning were there no losses. For the chance to win, with
    losses as what they are, see `leadflow.survival.aalen_johansen`. Leads of which nobody knows when
    they were created, or closed, do not count. Raises `InvalidValue`.

    >>> from datetime import UTC
    >>> from leadflow.pipeline import Pipeline, Stage
    >>> steps = [Stage("new"), Stage("won", kind="won")]
    >>> begin, end = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 12, tzinfo=UTC)
    >>> rows = [{"id": "1", "stage": "won", "created_at": begin, "closed_at": end}]
    >>> history = History.of_rows(rows, Pipeline.linear("sales", steps), as_of=end)
    >>> time_to_close(history).value.mean
    10.0
    """
    wanted = word("to", to, _ENDS)

    def time(tracks: Sequence[Track]) -> Duration:
        ended: list[float] = []
        still: list[float] = []
        for track in tracks:
            if track.created_at is None:
                continue
            if track.outcome == "open":
                still.append(days_between(track.created_at, history.as_of))
            elif (days := days_to_close(track)) is not None:
                (ended if wanted in ("closed", track.outcome) else still).append(days)
        return Duration(tuple(sorted(ended)), tuple(sorted(still)))

    title = f"days to {'close' if wanted == 'closed' else wanted}"
    return measure(history, Measure(title, time), by=by, groups=groups)


@attrs.frozen(repr=False)
class StageTimes:
    """How long leads stay in each stage that is not closed, by its key, in the pipeline's order."""

    stages: dict[str, Duration]

    def __getitem__(self, stage: str) -> Duration:
        """Return the time in a stage; raises `InvalidValue` with the closest key."""
        if stage not in self.stages:
            hint = did_you_mean(str(stage), self.stages)
            raise InvalidValue("stage_times", shown(stage), "a stage that is not closed", hint)
        return self.stages[stage]

    def header(self) -> tuple[str, ...]:
        """Name the columns."""
        return _HEADER

    def rows(self) -> tuple[tuple[str, ...], ...]:
        """List the stages as text."""
        return tuple((key, *time.cells()) for key, time in self.stages.items())

    def explain(self) -> str:
        """Show the times as a table for a terminal."""
        return "\n".join(aligned(_HEADER, self.rows()))

    def __str__(self) -> str:
        parts = (f"{key} {in_days(time.median_with_open)}" for key, time in self.stages.items())
        return ", ".join(parts)

    def __repr__(self) -> str:
        return f"StageTimes({self})"

    def _repr_html_(self) -> str:
        return table("time in stage", _HEADER, self.rows())


def stage_times(
    history: History, *, by: By = (), groups: Iterable[str] = ()
) -> Measured[StageTimes]:
    """Tell how long leads stay in each stage, those that still stand there counted as such.

    Each stay counts. One that a closing ended, without another stage, ended then. Stays of which
    nobody knows the beginning or the end do not count. Raises `InvalidValue`.
    """
    return measure(history, Measure("time in stage", _Stays(history).of), by=by, groups=groups)


@attrs.frozen
class _Stays:
    """Collects the stays of tracks in the stages that are not closed."""

    history: History

    def of(self, tracks: Sequence[Track]) -> StageTimes:
        keys = [stage.key for stage in self.history.pipeline.stages if not stage.is_closed]
        ended: dict[str, list[float]] = {key: [] for key in keys}
        still: dict[str, list[float]] = {key: [] for key in keys}
        for track in tracks:
            self._add(track, ended, still)
        times = {
            key: Duration(tuple(sorted(ended[key])), tuple(sorted(still[key]))) for key in keys
        }
        return StageTimes(times)

    def _add(
        self, track: Track, ended: dict[str, list[float]], still: dict[str, list[float]]
    ) -> None:
        before, since = None, None
        for stage, at in track.entries:
            if before in ended and since is not None and at is not None:
                ended[before].append(days_between(since, at))
            before, since = stage, at
        if before not in ended or since is None:
            return
        if track.closed_at is None:
            still[before].append(days_between(since, self.history.as_of))
        else:
            ended[before].append(days_between(since, track.closed_at))

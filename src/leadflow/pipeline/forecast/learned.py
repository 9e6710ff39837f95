"""What a history teaches: the chance that a lead of a stage and an age is won within some days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from math import ceil, floor

import attrs

from leadflow.errors import InvalidValue, did_you_mean, shown
from leadflow.markup import counted
from leadflow.pipeline.forecast.chain import (
    DAY,
    LOST,
    OPEN,
    WON,
    Chain,
    Path,
    Rates,
    Step,
    before_end,
    days_of,
    path,
    rates,
    steps,
)
from leadflow.pipeline.metrics.history import History
from leadflow.span import Span, given_span
from leadflow.values import Frozen, decimal, instance, name

RECENT = "90 days"
_ENOUGH = 20
"""So many leads must have left a stage for it to have rates of its own."""
_NOBODY = Rates({}, {})
_MOST_DAYS = 366 * 100


@attrs.frozen
class Ways:
    """The ways of all leads of a history, read once: all stages as one, and by stage.

    `unknown` holds when leads were closed of which nobody knows the stage before. `by_stage` is empty
    where the pipeline has one open stage alone.
    """

    pooled: tuple[Path, ...]
    by_stage: tuple[Path, ...]
    unknown: tuple[datetime, ...]
    stages: tuple[str, ...]

    @classmethod
    def of(cls, history: History) -> Ways:
        """Read the ways of the leads of a history."""
        is_staged = sum(not stage.is_closed for stage in history.pipeline.stages) > 1
        return cls(
            _paths(history, is_pooled=True),
            _paths(history, is_pooled=False) if is_staged else (),
            tuple(
                track.closed_at
                for track in history
                if track.closed_at is not None and not before_end(track, _ends(history))
            ),
            history.stages,
        )


def _paths(history: History, *, is_pooled: bool) -> tuple[Path, ...]:
    ends = _ends(history)
    found = (path(track, ends, is_pooled=is_pooled) for track in history)
    return tuple(each for each in found if each is not None)


def _ends(history: History) -> frozenset[str]:
    return frozenset(stage.key for stage in history.pipeline.stages if stage.is_closed)


@attrs.frozen(repr=False)
class Learned:
    """The rates at which leads left their stages, by age, in the time up to `as_of`.

    `since` is where that time begins. `by_stage` holds the rates of the stages that at least 20
    leads left, `pooled` those of all open leads together. `is_by_stage` is False where the stages that
    closed leads stood in before are not known, so that only the pooled ones are. `won` and `lost`
    count the endings seen.

    The chance of winning is the product-limit of the chain of stages, with losses as a competing
    end (Aalen and Johansen 1978, "An empirical transition matrix for non-homogeneous Markov chains
    based on censored observations"), on whole days of age. A lead that came before `since` is
    watched from the age that it had then (delayed entry), an open one up to the age it has now. Where
    fewer than 5 leads of a stage had an age, all stages count together; past the last age that 5
    leads of any stage had, the mean rates of the 30 days before it.
    """

    as_of: datetime
    since: datetime
    by_stage: Mapping[str, Rates]
    pooled: Rates
    is_by_stage: bool
    stages: tuple[str, ...]

    @cached_property
    def _chain(self) -> Chain:
        return Chain(self.by_stage, self.pooled)

    @classmethod
    def of(cls, history: History, *, recent: Span | str | timedelta = RECENT) -> Learned:
        """Learn from what happened in the time of `recent` before the history's `as_of`.

        A lead whose creation is not known counts from its first dated open stage; one without
        either teaches nothing, nor does a closed one of which nobody knows when. Raises `InvalidValue`, and `LimitExceeded` for a span too long.

        >>> from datetime import UTC, date
        >>> from leadflow.pipeline import Pipeline, Stage
        >>> steps = [Stage("new"), Stage("won", kind="won"), Stage("lost", kind="lost")]
        >>> day = date(2026, 3, 1)
        >>> rows = [
        ...     {"id": f"{n}", "created_at": day, "closed_at": day + timedelta(n), "stage": "won"}
        ...     for n in (10, 20, 30, 40, 50, 60)
        ... ]
        >>> now = datetime(2026, 5, 10, tzinfo=UTC)
        >>> learned = Learned.of(History.of_rows(rows, Pipeline.linear("p", steps), as_of=now))
        >>> round(learned.chance("new", 0, 10), 4)
        0.1667
        """
        instance(History)["check"]("history", history)
        return cls.at(Ways.of(history), history.as_of, span_before(history.as_of, recent))

    @classmethod
    def at(cls, ways: Ways, as_of: datetime, since: datetime) -> Learned:
        """Learn from what happened between two instants; what came after is not seen."""
        low, high = days_of(since), days_of(as_of)
        pooled = rates(_seen(ways.pooled, low, high))
        is_known = not any(since < moment <= as_of for moment in ways.unknown)
        by_stage: dict[str, Rates] = {}
        if is_known and ways.by_stage:
            found = rates(_seen(ways.by_stage, low, high))
            by_stage = {key: each for key, each in found.items() if each.left >= _ENOUGH}
        together = pooled.get(OPEN, _NOBODY)
        return cls(as_of, since, Frozen(by_stage), together, is_known, ways.stages)

    @property
    def won(self) -> int:
        """How many were won in the time."""
        return self.pooled.went(WON)

    @property
    def lost(self) -> int:
        """How many were lost in the time."""
        return self.pooled.went(LOST)

    def chance(self, stage: str, age: float, within: float | Span | str | timedelta) -> float:
        """Return the chance that a lead of this stage and age, in days, is won within a time.

        `within` is a number of days or a span. Raises `InvalidValue` for a stage that the pipeline
        has not and for less than 0 days.
        """
        key = name("stage", stage)
        if key not in self.stages:
            hint = did_you_mean(key, self.stages)
            raise InvalidValue("stage", shown(key), "a stage of the pipeline", hint)
        old = _days("age", age)
        if isinstance(within, Span | str | timedelta):
            ahead = (given_span(within, "within").after(self.as_of) - self.as_of) / DAY
        else:
            ahead = _days("within", within)
        return self.chances(key, old, (ahead,))[0]

    def chances(self, stage: str | None, age: float, ends: Sequence[float]) -> tuple[float, ...]:
        """Return the chance of being won within each of `ends`, days from now in rising order.

        Part of a day counts as that part of the day's chance.
        """
        days = sorted({day for end in ends for day in (floor(end), ceil(end))})
        state = stage if stage is not None and self.by_stage else OPEN
        found = dict(zip(days, self._chain.won_by(state, floor(age), days), strict=True))
        return tuple(
            found[floor(end)] + (found[ceil(end)] - found[floor(end)]) * (end - floor(end))
            for end in ends
        )

    def explain(self) -> str:
        """Say what was learned from what."""
        seen = f"{counted(self.won, 'lead')} won and {self.lost:,} lost"
        since = f"between {self.since:%Y-%m-%d} and {self.as_of:%Y-%m-%d}"
        return f"learned from {seen} {since}; {self._kinds()}"

    def _kinds(self) -> str:
        if not self.is_by_stage:
            return "all stages together, for where closed leads stood before is not known"
        if not self.by_stage:
            return "all stages together"
        return f"own rates for {', '.join(sorted(self.by_stage))}; all stages together elsewhere"

    def __str__(self) -> str:
        return self.explain()

    def __repr__(self) -> str:
        return f"Learned({self.explain()})"


def _seen(ways: Iterable[Path], low: float, high: float) -> Iterator[Step]:
    """Go through what happened in a time."""
    for way in ways:
        if way.began < high and way.ended > low:
            yield from steps(way, low, high)


def span_before(as_of: datetime, recent: object) -> datetime:
    """Find where the recent time begins; a span of more than 100 years is refused."""
    span = given_span(recent, "recent")  # type: ignore[arg-type]  # it checks what it is given
    found = span.before(as_of)
    if (as_of - found) / DAY > _MOST_DAYS:
        raise InvalidValue("recent", str(span), "a span of at most 100 years")
    return found


def _days(where: str, value: object) -> float:
    number = float(decimal(where, value))
    if not 0 <= number <= _MOST_DAYS:
        raise InvalidValue(where, shown(value), f"a number of days from 0 to {_MOST_DAYS:,}")
    return number

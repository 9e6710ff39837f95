"""Trends: what became more or less frequent, against the period before and over several periods."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

import attrs

from leadflow.errors import InvalidValue, did_you_mean, shown
from leadflow.markup import aligned, counted, table
from leadflow.period import Period
from leadflow.pipeline.metrics.goals import bounds, is_over
from leadflow.pipeline.metrics.group import By, Key, dimensions_of, grouped
from leadflow.pipeline.metrics.history import History, Track
from leadflow.shares import Difference, Share, difference, percent, points
from leadflow.values import instance, whole, word

What: TypeAlias = Literal["created", "closed", "won", "lost"]
_WHAT: tuple[What, ...] = ("created", "closed", "won", "lost")
_SHOWN = 100
_TICK = timedelta(microseconds=1)


@attrs.frozen
class Trend:
    """How often a value occurred in a period, and in the one before.

    `now` and `before` are its shares of all in each period; `series` counts it in each of several
    periods, the oldest first and this one last; while this one is not over, in as much of each.
    """

    key: Key
    now: Share
    before: Share
    series: tuple[int, ...]

    @property
    def label(self) -> str:
        """The key in words."""
        return ", ".join(self.key)

    @property
    def change(self) -> int:
        """How many more there are than in the period before."""
        return self.now.hits - self.before.hits

    @property
    def difference(self) -> Difference:
        """How much larger its share is than before, with the interval."""
        return difference(self.before, self.now)

    @property
    def is_clear(self) -> bool:
        """Whether the change of its share is more than chance would make, at 95 %."""
        low, high = self.difference.low, self.difference.high
        return low is not None and high is not None and (low > 0 or high < 0)

    @property
    def sentence(self) -> str:
        """Say it in a sentence, with its numbers."""
        shares = f"{percent(self.now.value)}, {percent(self.before.value)} before"
        sure = "a clear change" if self.is_clear else "within chance"
        return f"{self.label}: {self.now.hits:,}, {self.before.hits:,} before ({shares}); {sure}."

    def cells(self) -> tuple[str, ...]:
        """Write it as the cells of a table."""
        series = " ".join(f"{count:,}" for count in self.series)
        return (
            *self.key, f"{self.now.hits:,}", f"{self.before.hits:,}", f"{self.change:+,}",
            percent(self.now.value), points(self.difference.value),
            "clear" if self.is_clear else "", series,
        )  # fmt: skip

    def figures(self) -> tuple[object, ...]:
        """Return the figures of the cells, not written yet."""
        return (
            *self.key, self.now.hits, self.before.hits, self.change, self.now.value,
            self.difference.value, self.is_clear, self.series,
        )  # fmt: skip


@attrs.frozen(repr=False)
class Trends:
    """What occurred in a period, the most frequent first; `until` is up to when periods compare."""

    by: tuple[str, ...]
    what: What
    period: Period
    until: datetime
    rows: tuple[Trend, ...]
    total: int
    total_before: int

    def __getitem__(self, key: str | Key) -> Trend:
        """Return the trend of a value; raises `InvalidValue` with the closest."""
        asked = key if isinstance(key, tuple) else (key,)
        for row in self.rows:
            if row.key == asked:
                return row
        hint = did_you_mean(", ".join(map(str, asked)), [row.label for row in self.rows])
        raise InvalidValue("trends", shown(key), "a value that occurred", hint)

    def __iter__(self) -> Iterator[Trend]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def sentence(self) -> str:
        """Say how many there are in all, and before."""
        is_over = self.until == bounds(self.period)[1]
        much = "" if is_over else "as much of "
        before = f"{self.total_before:,} in {much}{self.period.previous}"
        return f"{counted(self.total, 'lead')} {self.what} in {self.period}, {before}."

    def header(self) -> tuple[str, ...]:
        """Name the columns."""
        return (*self.by, "now", "before", "change", "share", "change of share", "sure", "series")

    def cells(self) -> tuple[tuple[str, ...], ...]:
        """List the rows as text."""
        return tuple(row.cells() for row in self.rows)

    def explain(self) -> str:
        """Show them as a table for a terminal."""
        return "\n".join([self.sentence, *aligned(self.header(), self.cells()[:_SHOWN])])

    def __str__(self) -> str:
        return self.explain()

    def __repr__(self) -> str:
        return f"Trends({self.sentence})"

    def _repr_html_(self) -> str:
        return table(self.sentence, self.header(), self.cells()[:_SHOWN])


def trends(
    history: History,
    period: Period,
    *,
    by: By = "reason",
    what: What = "lost",
    series: int = 6,
) -> Trends:
    """Tell what became more or less frequent: reasons of loss, sources or any other dimension.

    `what` are the leads that count: those created, closed, won or lost in the period (in UTC). Each
    period is compared with the one before; where it is not over yet at the instant of the history,
    with as much of the one before. `by` are dimensions as for `measure`: ``by=("reason", "source")``
    tells the reasons of each source. `series` periods are counted, this one the last.

    Raises `InvalidValue`, for a period that has not begun too.

    >>> from datetime import UTC
    >>> from leadflow.pipeline import Pipeline, Stage
    >>> steps = [Stage("new"), Stage("won", kind="won"), Stage("lost", kind="lost")]
    >>> rows = [
    ...     {
    ...         "id": str(n),
    ...         "stage": "lost",
    ...         "reason": "price",
    ...         "closed_at": datetime(2026, n, 9, tzinfo=UTC),
    ...     }
    ...     for n in (2, 3)
    ... ]
    >>> now = datetime(2026, 3, 31, tzinfo=UTC)
    >>> history = History.of_rows(rows, Pipeline.linear("sales", steps), as_of=now)
    >>> print(trends(history, Period.parse("2026-03"))["price"].sentence)
    price: 1, 1 before (100.0 %, 100.0 % before); within chance.
    """
    instance(History)["check"]("history", history)
    instance(Period)["check"]("period", period)
    chosen = word("what", what, _WHAT)
    spans = _spans(period, history.as_of, whole("series", series, least=2))
    dimensions = dimensions_of(by)
    if not dimensions:
        raise InvalidValue("by", "nothing", "a dimension, such as 'reason'")
    parted = [_within(history, chosen, start, end) for start, end in spans]
    everything = [track for tracks in parted for track in tracks]
    groups = grouped(_with_fields(everything, history, dimensions), dimensions)
    key_of = {track.id: key for key, members in groups.items() for track in members}
    counts = [Counter(key_of[track.id] for track in tracks) for tracks in parted]
    now, before = len(parted[-1]), len(parted[-2])
    rows = [
        Trend(
            key,
            Share(counts[-1][key], now),
            Share(counts[-2][key], before),
            tuple(count[key] for count in counts),
        )
        for key in groups
        if any(count[key] for count in counts)
    ]
    rows.sort(key=lambda row: (-row.now.hits, -row.before.hits, row.key))
    until = bounds(period)[1] if is_over(period, history.as_of) else history.as_of
    return Trends(dimensions, chosen, period, until, tuple(rows), now, before)


def _spans(period: Period, as_of: datetime, count: int) -> list[tuple[datetime, datetime]]:
    """Return when each period starts, and up to when it counts: as much of each as of the last."""
    start, _ = bounds(period)
    if start > as_of:
        expected = f"a period that has begun by {as_of.isoformat()}"
        raise InvalidValue("period", str(period), expected)
    passed = None if is_over(period, as_of) else as_of - start + _TICK  # the instant itself counts
    found = []
    each = period
    for _ in range(count):
        start, end = bounds(each)
        found.append((start, end if passed is None else min(start + passed, end)))
        each = each.previous
    return found[::-1]


def _with_fields(
    tracks: Sequence[Track], history: History, dimensions: Iterable[str]
) -> Sequence[Track]:
    """Take all tracks where those that count lack a field, for only others may have it."""
    has_all = all(any(key in track.facts for track in tracks) for key in dimensions)
    return tracks if has_all else history.tracks


def _within(history: History, what: What, start: datetime, end: datetime) -> list[Track]:
    return [track for track, at in _dated(history, what) if start <= at < end]


def _dated(history: Iterable[Track], what: What) -> Iterator[tuple[Track, datetime]]:
    """Go through the tracks that count, each with when."""
    for track in history:
        at = track.created_at if what == "created" else track.closed_at
        if at is not None and (what in ("created", "closed") or track.outcome == what):
            yield track, at

"""The headline goals of a period, beside those of the period before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import attrs

from leadflow.lead import Lead
from leadflow.money import Rates
from leadflow.period import Period
from leadflow.pipeline import response_time
from leadflow.pipeline.metrics.goals import bounds, is_over
from leadflow.pipeline.metrics.history import History, Track
from leadflow.pipeline.metrics.rates import worth
from leadflow.pipeline.metrics.times import days_to_close, quantile
from leadflow.reporting.report import Headline
from leadflow.shares import Share

_MINUTE = 60


@attrs.frozen
class Window:
    """From when (included) to when (not) something counts, in UTC."""

    start: datetime
    end: datetime

    def has(self, moment: object) -> bool:
        """Tell whether an instant lies in it; nothing unknown does."""
        return isinstance(moment, datetime) and self.start <= moment < self.end


def windows(period: Period, as_of: datetime) -> tuple[Window, Window]:
    """Return the period, and the one before it or, if it is not over yet, as much of that one.

    >>> from datetime import UTC, date
    >>> march = Period("month", date(2026, 3, 1))
    >>> _, before = windows(march, datetime(2026, 3, 11, tzinfo=UTC))
    >>> print(before.end.date())
    2026-02-11
    """
    (start, end), (begin, stop) = bounds(period), bounds(period.previous)
    if is_over(period, as_of):
        return Window(start, end), Window(begin, stop)
    return Window(start, end), Window(begin, min(begin + (as_of - start), stop))


@attrs.frozen
class _Figures:
    """What happened in a window."""

    created: int
    mql: int
    sql: int
    won: Sequence[Track]
    closed: int
    cohort: Share
    answers: Sequence[float]

    @property
    def win_rate(self) -> Share:
        return Share(len(self.won), self.closed)

    @property
    def answer(self) -> float | None:
        return quantile(sorted(self.answers), 0.5)

    @property
    def days(self) -> float | None:
        times = sorted(time for track in self.won if (time := days_to_close(track)) is not None)
        return quantile(times, 0.5)


def headlines(
    history: History, leads: Iterable[Lead], period: Period, rates: Rates | None
) -> tuple[Headline, ...]:
    """Compare the goals of a period (requirement A10) with those of the one before."""
    answers = [
        (lead.created_at, time.total_seconds() / _MINUTE)
        for lead in leads
        if (time := response_time(lead, as_of=history.as_of)) is not None
    ]
    now, before = (_figures(history, window, answers) for window in windows(period, history.as_of))
    brought, brought_before = (worth([t.value for t in each.won], rates) for each in (now, before))
    counts = [
        Headline("new leads", now.created, before.created),
        Headline("MQLs", now.mql, before.mql),
        Headline("SQLs", now.sql, before.sql),
        Headline("deals won", len(now.won), len(before.won)),
        Headline("won value", brought.total, brought_before.total, "money"),
        Headline("average won deal", brought.mean, brought_before.mean, "money"),
        Headline("win rate (closed)", now.win_rate, before.win_rate, "share"),
        Headline("new leads won so far", now.cohort, before.cohort, "share"),
        Headline("median days to win", now.days, before.days, "days", "down"),
    ]
    if answers:
        name = "median first response"
        counts.append(Headline(name, now.answer, before.answer, "minutes", "down"))
    return tuple(counts)


def _figures(
    history: History, window: Window, answers: Iterable[tuple[datetime | None, float]]
) -> _Figures:
    created = mql = sql = closed = early = 0
    won: list[Track] = []
    for track in history:
        is_new = window.has(track.created_at)
        created += is_new
        mql += window.has(track.qualified_at("mql"))
        sql += window.has(track.qualified_at("sql"))
        if window.has(track.closed_at):
            closed += 1
            if track.outcome == "won":
                won.append(track)
                early += is_new
    times = [minutes for came, minutes in answers if window.has(came)]
    return _Figures(created, mql, sql, won, closed, Share(early, created), times)

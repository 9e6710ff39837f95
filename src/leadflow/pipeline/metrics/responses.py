"""Speed of first response: how soon new leads are answered, in plain or in working time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

import attrs

from leadflow.calendars import WorkingHours
from leadflow.events.facts import ENDS, share
from leadflow.lead import Lead
from leadflow.markup import aligned, table
from leadflow.pipeline.day import end_of, working
from leadflow.pipeline.metrics.group import By, Measured, measure_leads, there_at
from leadflow.pipeline.metrics.times import average, quantile
from leadflow.pipeline.response import W3, ResponseLimits, first_response, response_time
from leadflow.shares import Share
from leadflow.span import Span
from leadflow.survival import Survival, kaplan_meier
from leadflow.values import Frozen, instance, instant

_MINUTE = timedelta(minutes=1)
_LIMITS = ("contact_within", "leave_new_within", "cliff")


@attrs.frozen(repr=False)
class Responses:
    """How soon leads got their first response, in minutes.

    `answered` are the times of those that got one, sorted; `waiting` the times so far of those that
    did not. `within` holds, by the length of each limit, the share answered in time among those of
    whom that can be told: answered, or waiting for longer already.
    """

    answered: tuple[float, ...]
    waiting: tuple[float, ...]
    within: Mapping[str, Share]

    @property
    def mean(self) -> float | None:
        """The mean of the answered; None where there are none."""
        return average(self.answered)

    @property
    def median(self) -> float | None:
        """The median of the answered; None where there are none."""
        return self.quantile(0.5)

    def quantile(self, p: float) -> float | None:
        """Return a quantile of the answered; `p` lies between 0 and 1, else `InvalidValue`."""
        return quantile(self.answered, share("p", p))

    @property
    def survival(self) -> Survival:
        """The share not answered yet by minutes, those waiting counted as such."""
        flags = [True] * len(self.answered) + [False] * len(self.waiting)
        return kaplan_meier([*self.answered, *self.waiting], flags)

    def header(self) -> tuple[str, ...]:
        """Name the columns."""
        return ("answered", "waiting", "mean", "median", "nine in ten", *self.within)

    def cells(self) -> tuple[str, ...]:
        """Write the figures as the cells of a table."""
        figures = (self.mean, self.median, self.quantile(0.9))
        counts = (f"{len(self.answered):,}", f"{len(self.waiting):,}")
        return (*counts, *map(in_minutes, figures), *map(str, self.within.values()))

    def figures(self) -> tuple[object, ...]:
        """Return the figures of the cells, not written yet; times are in minutes."""
        counts, times = (len(self.answered), len(self.waiting)), (self.mean, self.median)
        return (*counts, *times, self.quantile(0.9), *self.within.values())

    def explain(self) -> str:
        """Show the figures as a table for a terminal."""
        return "\n".join(aligned(self.header(), [self.cells()]))

    def __str__(self) -> str:
        if not self.answered and not self.waiting:
            return "no data"
        shares = ", ".join(f"{share} within {limit}" for limit, share in self.within.items())
        return f"median {in_minutes(self.median)}, {len(self.waiting):,} waiting; {shares}"

    def __repr__(self) -> str:
        return f"Responses({self})"

    def _repr_html_(self) -> str:
        return table("first response", self.header(), [self.cells()])


def in_minutes(value: float | None) -> str:
    """Write a time in minutes, longer ones in hours or days; None is "no data".

    >>> in_minutes(7.25), in_minutes(90), in_minutes(3 * 1440), in_minutes(None)
    ('7.2 minutes', '1.5 hours', '3.0 days', 'no data')
    """
    if value is None:
        return "no data"
    if value < 60:  # noqa: PLR2004 (minutes of an hour)
        return f"{value:,.1f} minutes"
    return f"{value / 60:,.1f} hours" if value < 1_440 else f"{value / 1_440:,.1f} days"  # noqa: PLR2004


def response_times(
    leads: Iterable[Lead],
    *,
    as_of: datetime,
    hours: WorkingHours | None = None,
    limits: ResponseLimits = W3,
    by: By = (),
    groups: Iterable[str] = (),
) -> Measured[Responses]:
    """Tell how soon leads got their first response, of all and by dimension, such as the owner.

    The first response is that of `first_response`, on the channels of `limits` if they name any;
    with `hours` times are working times. Leads are taken as they were at `as_of`; one that was closed
    unanswered waits until then. The shares are of the limits `contact_within`,
    `leave_new_within` and `cliff` (10 minutes, 1 day and 15 hours unless set). Leads of which nobody
    knows when they came in do not count.

    Raises `NaiveDatetime` and `InvalidValue`.

    >>> from datetime import UTC
    >>> from leadflow.events import Activity
    >>> came = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> lead = Lead("L-7", came, events=[Activity("call", came + timedelta(minutes=7))])
    >>> response_times([lead], as_of=came + timedelta(days=1)).value.median
    7.0
    """
    moment = instant("as_of", as_of)
    working(hours)
    instance(ResponseLimits)["check"]("limits", limits)
    asked = _Asked(moment, hours, limits)
    there = there_at(leads, moment)
    return measure_leads(there, "first response", partial(_responses, asked), by, groups)


@attrs.frozen
class _Asked:
    as_of: datetime
    hours: WorkingHours | None
    limits: ResponseLimits

    def spans(self) -> list[Span]:
        found = [getattr(self.limits, limit) for limit in _LIMITS]
        return [span for span in found if span is not None]


def _responses(asked: _Asked, leads: Sequence[Lead]) -> Responses:
    answered: list[float] = []
    waiting: list[float] = []
    spans = asked.spans()
    told = {span: [0, 0] for span in spans}
    for lead in leads:
        came = _came(lead)
        if came is None:
            continue
        moment = _until(lead, asked.as_of)
        taken, ended = _taken(lead, came, attrs.evolve(asked, as_of=moment))
        (answered if ended is not None else waiting).append(taken / _MINUTE)
        for span, counts in told.items():
            _count(counts, end_of(span, came, asked.hours), ended, moment)
    within = {str(span): Share(hits, of) for span, (hits, of) in told.items()}
    return Responses(tuple(sorted(answered)), tuple(sorted(waiting)), Frozen(within))


def _count(
    counts: list[int], deadline: datetime | None, ended: datetime | None, moment: datetime
) -> None:
    """Count one whose limit was kept, or surely broken; others are not decided yet."""
    if deadline is None:
        return
    kept = ended is not None and ended <= deadline
    counts[0] += kept
    counts[1] += kept or ended is not None or moment > deadline


def _until(lead: Lead, as_of: datetime) -> datetime:
    """Tell up to when a lead may be answered: nobody answers one that a disposition ended."""
    ended = lead.disposition
    return ended.at if ended is not None and ended.outcome in ENDS else as_of


def _came(lead: Lead) -> datetime | None:
    if lead.created_at is not None:
        return lead.created_at
    return next((each.at for each in lead.activities if each.direction == "in"), None)


def _taken(lead: Lead, came: datetime, asked: _Asked) -> tuple[timedelta, datetime | None]:
    """Tell how long it took, or takes so far, and when it was answered."""
    channels = asked.limits.channels
    answer = first_response(lead, as_of=asked.as_of, channels=channels)
    taken = response_time(lead, as_of=asked.as_of, hours=asked.hours, channels=channels)
    if answer is not None and taken is not None:
        return taken, answer.at
    hours = asked.hours
    return (asked.as_of - came if hours is None else hours.elapsed(came, asked.as_of)), None

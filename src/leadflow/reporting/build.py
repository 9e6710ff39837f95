"""The one call that makes a report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import attrs

from leadflow.calendars import WorkingHours
from leadflow.errors import InvalidValue, shown
from leadflow.lead import Lead, leads_of
from leadflow.markup import counted
from leadflow.money import Rates
from leadflow.period import Period, Unit, unit_of
from leadflow.pipeline.day import working
from leadflow.pipeline.forecast import Learned
from leadflow.pipeline.metrics import Cost, Goal, History
from leadflow.pipeline.metrics.goals import bounds, is_over
from leadflow.reporting import sections
from leadflow.reporting.headlines import headlines, windows
from leadflow.reporting.report import Report, Section
from leadflow.values import flag, instance, label, listed, time_zone

_AHEAD = {"day": 7, "week": 4, "month": 3, "quarter": 4, "year": 2}
"""How many periods a report looks ahead, the running one included."""


def report(  # noqa: PLR0913 (every question by its name)
    history: History,
    leads: Iterable[Lead] = (),
    *,
    period: Unit | Period = "month",
    goals: Iterable[Goal] = (),
    costs: Iterable[Cost] = (),
    learn: bool = False,
    title: str = "Sales report",
    rates: Rates | None = None,
    hours: WorkingHours | None = None,
    zone: str | None = None,
) -> Report:
    """Make the report on a period: goals with their change, funnel, bottleneck, forecast and more.

    `period` is a `Period`, or day, week, month, quarter or year for the one in which the history
    ends. Its figures stand beside those of the period before; where it is not over yet, beside as
    much of the one before. The history gives the funnel, the bottleneck, times, the forecast, deals,
    reasons, reps and sources; the `leads` themselves give what their activities and tasks tell: the
    first response, what fell through the cracks, and what each rep did.

    `goals` are what is to be reached, `costs` what sources and campaigns cost. With `learn` the
    forecast is learned from the history (`Learned.of`), which takes longer. `rates` convert values
    in several currencies, `hours` make the times of response working times, and `zone` is where a
    day begins for tasks.

    Raises `InvalidValue` for a period that begins after the history ends and for anything of the
    wrong kind, naming it, and `MixedCurrencies`.

    >>> from datetime import UTC, datetime
    >>> from leadflow.pipeline import Pipeline, Stage
    >>> steps = [Stage("new"), Stage("won", kind="won")]
    >>> now = datetime(2026, 3, 9, tzinfo=UTC)
    >>> rows = [{"id": "1", "stage": "new", "created_at": datetime(2026, 3, 2, tzinfo=UTC)}]
    >>> made = report(History.of_rows(rows, Pipeline.linear("sales", steps), as_of=now))
    >>> made.headlines[0].cells()
    ('new leads', '1', '0', '')
    """
    instance(History)["check"]("history", history)
    asked = _Asked(
        history,
        tuple(leads_of(leads)),
        _period(period, history),
        _checked("goals", goals, Goal),
        _checked("costs", costs, Cost),
        flag("learn", learn),
        _rates(rates),
        working(hours),
        None if zone is None else time_zone("zone", zone),
    )
    figures = headlines(history, asked.leads, asked.period, rates)
    return Report(
        label("title", title),
        asked.period,
        history.as_of,
        asked.compared,
        figures,
        tuple(asked.sections()),
    )


def _period(given: Unit | Period, history: History) -> Period:
    if not isinstance(given, Period):
        return Period(unit_of("period", given), history.as_of.date())
    if bounds(given)[0] > history.as_of:
        expected = f"a period that has begun by {history.as_of.isoformat()}"
        raise InvalidValue("period", str(given), expected)
    return given


def _rates(given: object) -> Rates | None:
    if given is not None and not isinstance(given, Rates):
        raise InvalidValue("rates", shown(given), "Rates", "Rates('EUR', {'USD': ...})")
    return given


def _checked(where: str, given: Iterable[sections.T], kind: type) -> tuple[sections.T, ...]:
    found = listed(where, given)
    for place, each in enumerate(found):
        instance(kind)["check"](f"{where}[{place}]", each)
    return found


@attrs.frozen
class _Asked:
    """What a report is made of."""

    history: History
    leads: Sequence[Lead]
    period: Period
    goals: Sequence[Goal]
    costs: Sequence[Cost]
    learn: bool
    rates: Rates | None
    hours: WorkingHours | None
    zone: str | None

    @property
    def compared(self) -> str:
        """Say what the figures are compared with."""
        return " ".join(self._compared())

    def _compared(self) -> Iterator[str]:
        as_of, previous = self.history.as_of, self.period.previous
        _, before = windows(self.period, as_of)
        until = before.end.isoformat(" ")[:16]
        if is_over(self.period, as_of):
            yield f"Compared with {previous}."
        elif before.end == bounds(previous)[1]:
            yield f"{self.period} is not over yet: compared with all of {previous}."
        else:
            yield f"{self.period} is not over yet: compared with {previous} up to {until} UTC."
        yield f"Tables that do not name {self.period} tell of all leads."
        undated = sum(track.is_closed and track.closed_at is None for track in self.history)
        if undated:
            yield f"Of {counted(undated, 'closed lead')} nobody knows when: they are in no period."

    def sections(self) -> Iterator[Section]:
        """Make the sections, in their order."""
        history, leads, rates = self.history, self.leads, self.rates
        yield sections.funnel_section(history)
        yield sections.bottleneck_section(history)
        yield sections.times_section(history, rates)
        yield self._forecast()
        yield sections.deals_section(history, rates)
        if leads:
            yield sections.cracks_section(leads, history, self.hours, self.zone)
            yield sections.response_section(leads, history, self.hours)
        yield sections.reasons_section(history, self.period)
        yield sections.reps_section(history, leads, self.period, rates, self.zone)
        yield sections.sources_section(history, self.period, self.costs, rates)

    def _forecast(self) -> Section:
        learned = Learned.of(self.history) if self.learn else None
        ahead = _AHEAD[self.period.unit]
        found = [sections.forecast_part(self.history, self.period.unit, ahead, learned, self.rates)]
        if self.goals:
            found.append(sections.goals_part(self.history, self.goals, self.rates))
        return Section("forecast", "Forecast and goals", tuple(found))

"""The sections of the report: each metric as tables, with what it says in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol, TypeAlias, TypeVar

import attrs

from leadflow.calendars import WorkingHours
from leadflow.lead import Lead
from leadflow.markup import counted
from leadflow.money import Rates, priced
from leadflow.period import Period, Unit
from leadflow.pipeline import breaches
from leadflow.pipeline.forecast import Learned, forecast
from leadflow.pipeline.metrics import (
    Cost,
    Goal,
    Group,
    History,
    activity_report,
    attainment,
    attempt_yield,
    bottlenecks,
    closest,
    cracks,
    funnel,
    qualified,
    response_times,
    returns,
    sales_velocity,
    stage_times,
    stage_values,
    task_report,
    time_to_close,
    trends,
    win_rate,
    won_value,
)
from leadflow.pipeline.metrics.goals import bounds
from leadflow.reporting.report import Part, Section

T = TypeVar("T")
Row: TypeAlias = tuple[tuple[str, ...], tuple[object, ...]]
"""The cells of a row, and their figures."""


class _Line(Protocol):
    def cells(self) -> tuple[str, ...]: ...
    def figures(self) -> tuple[object, ...]: ...


def rows_of(lines: Iterable[_Line]) -> list[Row]:
    """Take the cells and the figures of what a metric found."""
    return [(line.cells(), line.figures()) for line in lines]


def part(
    title: str,
    header: tuple[str, ...],
    rows: Iterable[Row],
    says: Iterable[str] = (),
    noun: str = "row",
    bars: tuple[float, ...] = (),
) -> Part:
    """Make a table; without rows it says that there is no data."""
    found = list(rows)
    words = (*says, *([] if found else ["No data."]))
    cells, figures = tuple(each[0] for each in found), tuple(each[1] for each in found)
    return Part(title, header, cells, words, bars, noun, figures)


def funnel_section(history: History) -> Section:
    """Say how many leads reached each stage."""
    steps = funnel(history).value
    widest = max((step.reached for step in steps.steps), default=0) or 1
    bars = tuple(step.reached / widest for step in steps.steps)
    says = [counted(steps.leads, "lead") + " in all, each counted once in every stage it reached."]
    starts = history.pipeline.starts
    alone = sum(len(track.entries) == 1 and track.stage not in starts for track in history)
    if alone:
        says.append(f"Of {counted(alone, 'lead')} only the stage in which they stand is known.")
    rows = zip(steps.rows(), steps.figures(), strict=True)
    found = part("Leads that reached each stage", steps.header(), rows, says, bars=bars)
    return Section("funnel", "Funnel", (found,))


def bottleneck_section(history: History) -> Section:
    """Say where leads wait, what slowed down, and which stages may not be needed."""
    found = bottlenecks(history)
    says = [] if found.worst is None else [f"The bottleneck: {found.worst.sentence}"]
    says += [f"Slower than before: {w.sentence}" for w in found.slowed[:1] if w is not found.worst]
    says += [f"{why}." for why in found.not_needed]
    keep = (0, 1, 3, 4, 5, 8, 9)
    header = tuple(found.header()[n] for n in keep)
    rows = [
        (tuple(cells[n] for n in keep), tuple(figures[n] for n in keep))
        for cells, figures in rows_of(found)
    ]
    bars = tuple(waiting.share or 0.0 for waiting in found)
    whole = part("Where leads wait", header, rows, says, bars=bars)
    return Section("bottleneck", "Bottleneck", (whole,))


def times_section(history: History, rates: Rates | None) -> Section:
    """Say how long leads stay in each stage and take to be won, and how fast money comes."""
    stays, won = stage_times(history).value, time_to_close(history)
    says = (
        f"Days from created to won: {won.value}.",
        f"Sales velocity: {sales_velocity(history, rates=rates).value}.",
    )
    labels = {stage.key: stage.label for stage in history.pipeline.stages}
    rows = [
        ((labels[key], *time.cells()), (labels[key], *time.figures()))
        for key, time in stays.stages.items()
    ]
    return Section("times", "Times", (part("Time in stage", stays.header(), rows, says),))


def goals_part(history: History, goals: Iterable[Goal], rates: Rates | None) -> Part:
    """Say how far the goals are reached, and at which pace."""
    rows = attainment(history, goals, rates=rates)
    bars = tuple(min(row.share, 1.0) for row in rows)
    says = ("A pace of 1 reaches the goal at the end of the period.",)
    return part("Goals", rows.header(), rows_of(rows), says, "goal", bars)


def deals_section(history: History, rates: Rates | None) -> Section:
    """Say how many deals stand in each stage, and which are closest to closing."""
    stages, near = stage_values(history, rates=rates), closest(history)
    by_stage = part("By stage", stages.header(), rows_of(stages.rows))
    nearest = part("Closest to closing", near.header(), rows_of(near.deals), noun="deal")
    return Section("deals", "Deals", (by_stage, nearest))


def cracks_section(
    leads: Sequence[Lead], history: History, hours: WorkingHours | None, zone: str | None
) -> Section:
    """Say which open leads nobody looks after."""
    found = cracks(leads, history.pipeline, as_of=history.as_of, hours=hours, zone=zone)
    by_owner = [
        _counts(owner or "(nobody)", len({crack.lead for crack in own}), len(own))
        for owner, own in found.by_owner().items()
    ]
    first = part("Whose they are", ("owner", "leads", "findings"), by_owner, [found.sentence + "."])
    which = part("Which", found.header(), rows_of(found), (), "finding")
    return Section("cracks", "Fallen through the cracks", (first, which))


def _counts(title: str, *counts: int) -> Row:
    return (title, *(f"{count:,}" for count in counts)), (title, *counts)


def reps_section(
    history: History,
    leads: Sequence[Lead],
    period: Period,
    rates: Rates | None,
    zone: str | None,
) -> Section:
    """Say what each rep won and did in the period, and who is overloaded."""
    start, end = bounds(period)
    closed = attrs.evolve(
        history,
        tracks=tuple(t for t in history if t.closed_at is not None and start <= t.closed_at < end),
    )
    won, worths = win_rate(closed, by="owner"), won_value(closed, rates=rates, by="owner")
    rows = []
    for group in won:
        value = worths[group.key].total
        words = "no data" if value is None else priced(value)
        cells = (group.label, f"{group.count:,}", str(group.value), words)
        rows.append((cells, (group.label, group.count, group.value, value)))
    title = f"Closed in {period}, by rep"
    parts = [part(title, ("rep", "closed", won.name, "won value"), rows, (), "rep")]
    if leads:
        parts += _done(history.as_of, leads, period, zone)
    return Section("reps", "Reps", tuple(parts))


def _done(
    as_of: datetime, leads: Sequence[Lead], period: Period, zone: str | None
) -> Iterable[Part]:
    tasks = task_report(leads, as_of=as_of, zone=zone)
    over = [f"{rep.rep} is overloaded: {rep.overloaded}." for rep in tasks.overloaded]
    yield part("Tasks", tasks.header(), rows_of(tasks.reps), over, "rep")
    done = activity_report(leads, as_of=as_of, period=period)
    yield part(f"Activity in {period}", done.header(), rows_of(done.reps), (), "rep")


def forecast_part(
    history: History, unit: Unit, periods: int, learned: Learned | None, rates: Rates | None
) -> Part:
    """Say what the running period and the next ones will bring."""
    found = forecast(history, by=unit, periods=periods, learned=learned, rates=rates)
    rows = zip(found.rows(), found.figures(), strict=True)
    return part("What is expected", found.header(), rows, found.notes())


def response_section(
    leads: Sequence[Lead], history: History, hours: WorkingHours | None
) -> Section:
    """Say how soon leads are answered, by rep, which limits were broken, and what attempts yield."""
    as_of = history.as_of
    found = response_times(leads, as_of=as_of, hours=hours, by="owner")
    header = ("rep", "leads", *found.value.header())
    groups = [Group(("all",), found.count, found.value), *found]
    rows = [
        ((each.label, f"{each.count:,}", *each.value.cells()),
         (each.label, each.count, *each.value.figures()))
        for each in groups
    ]  # fmt: skip
    first = part("First response", header, rows, (), "rep")
    broken = breaches(leads, as_of, history.pipeline, hours=hours).by_rep()
    by_rep = []
    for rep, own in broken.items():
        cells, figures = _counts(rep or "(nobody)", sum(b.is_open for b in own), len(own))
        by_rep.append(((*cells, str(own[0])), (*figures, str(own[0]))))
    limits = part("Limits broken", ("rep", "still open", "in all", "the worst"), by_rep, (), "rep")
    tries = attempt_yield(leads, as_of=as_of).value
    third = part("Attempts to contact", tries.header(), rows_of(tries))
    return Section("response", "Response", (first, limits, third))


def reasons_section(history: History, period: Period) -> Section:
    """Say why leads were lost, and what changed."""
    parts = tuple(_trend(f"Lost in {period}, by {by}" if by else f"Lost in {period}", history, period, by)
                  for by in ("", "source", "owner"))  # fmt: skip
    return Section("reasons", "Reasons of loss", parts)


def _trend(title: str, history: History, period: Period, by: str) -> Part:
    """Make a table of a trend; without the field it says so."""
    dimensions = ("reason", by) if by else ("reason",)
    missing = [key for key in dimensions if not any(key in track.facts for track in history)]
    if missing:
        return Part(title, says=(f"No lead has the field {missing[0]}.",))
    found = trends(history, period, by=dimensions)
    clear = [row.sentence for row in found if row.is_clear][:3]
    return part(title, found.header(), rows_of(found), [found.sentence, *clear])


def sources_section(
    history: History, period: Period, costs: Sequence[Cost], rates: Rates | None
) -> Section:
    """Say what each source brought and cost, and what changed."""
    if not any("source" in track.facts for track in history) and not costs:
        return Section("sources", "Sources", (Part("Sources", says=("No lead has a source.",)),))
    parts = [_by_source(history)]
    if any("source" in track.facts for track in history):
        found = trends(history, period, by="source", what="created")
        title, says = f"New leads of {period}, by source", [found.sentence]
        parts.append(part(title, found.header(), rows_of(found), says))
    if costs:
        has_campaigns = any("campaign" in track.facts for track in history)
        by = ("source", "campaign") if has_campaigns else ("source",)
        spent = returns(history, costs, period=period, rates=rates, by=by)
        title = f"Cost and return of the leads of {period}"
        rows = rows_of([*spent.rows, spent.whole])
        parts.append(part(title, spent.header(), rows, spent.notes, "source"))
    return Section("sources", "Sources", tuple(parts))


def _by_source(history: History) -> Part:
    won = win_rate(history, of="all", by="source" if history.tracks else ())
    quality = qualified(history, by=won.by)
    rows = []
    for group, q in zip(won, quality, strict=True):
        cells, figures = _counts(group.label, group.count, q.value.mql, q.value.sql)
        rows.append(((*cells, str(group.value)), (*figures, group.value)))
    return part("Won by source", ("source", "leads", "MQLs", "SQLs", won.name), rows, (), "source")

"""The sections of the report: each metric as tables, with what it says in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

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


def part(
    title: str,
    header: tuple[str, ...],
    rows: Sequence[tuple[str, ...]],
    says: Iterable[str] = (),
    noun: str = "row",
) -> Part:
    """Make a table; without rows it says that there is no data."""
    words = (*says, *([] if rows else ["No data."]))
    return Part(title, header, tuple(rows), words, noun=noun)


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
    found = Part("Leads that reached each stage", steps.header(), steps.rows(), tuple(says), bars)
    return Section("funnel", "Funnel", (found,))


def bottleneck_section(history: History) -> Section:
    """Say where leads wait, what slowed down, and which stages may not be needed."""
    found = bottlenecks(history)
    says = [] if found.worst is None else [f"The bottleneck: {found.worst.sentence}"]
    says += [f"Slower than before: {w.sentence}" for w in found.slowed[:1] if w is not found.worst]
    says += [f"{why}." for why in found.not_needed]
    header = (
        "stage",
        "of all waiting",
        "waiting now",
        "oldest since",
        "late",
        "days a lead",
        "before",
    )
    keep = (0, 1, 3, 4, 5, 8, 9)
    rows = tuple(tuple(waiting.cells()[n] for n in keep) for waiting in found)
    bars = tuple(waiting.share or 0.0 for waiting in found)
    return Section(
        "bottleneck", "Bottleneck", (Part("Where leads wait", header, rows, tuple(says), bars),)
    )


def times_section(history: History, rates: Rates | None) -> Section:
    """Say how long leads stay in each stage and take to be won, and how fast money comes."""
    stays, won = stage_times(history).value, time_to_close(history)
    says = (
        f"Days from created to won: {won.value}.",
        f"Sales velocity: {sales_velocity(history, rates=rates).value}.",
    )
    labels = {stage.key: stage.label for stage in history.pipeline.stages}
    rows = tuple((labels[row[0]], *row[1:]) for row in stays.rows())
    return Section("times", "Times", (Part("Time in stage", stays.header(), rows, says),))


def goals_part(history: History, goals: Iterable[Goal], rates: Rates | None) -> Part:
    """Say how far the goals are reached, and at which pace."""
    rows = attainment(history, goals, rates=rates)
    header = ("rep", "goal", "period", "reached", "of", "attained", "pace")
    bars = tuple(min(row.share, 1.0) for row in rows)
    says = ("A pace of 1 reaches the goal at the end of the period.",)
    return Part("Goals", header, tuple(row.cells() for row in rows), says, bars, "goal")


def deals_section(history: History, rates: Rates | None) -> Section:
    """Say how many deals stand in each stage, and which are closest to closing."""
    stages, near = stage_values(history, rates=rates), closest(history)
    header = ("deal", "owner", "stage", "value", "chance", "due")
    return Section(
        "deals",
        "Deals",
        (
            part(
                "By stage", ("stage", "deals", "value", "chance"), [r.cells() for r in stages.rows]
            ),
            part("Closest to closing", header, [deal.cells() for deal in near.deals]),
        ),
    )


def cracks_section(
    leads: Sequence[Lead], history: History, hours: WorkingHours | None, zone: str | None
) -> Section:
    """Say which open leads nobody looks after."""
    found = cracks(leads, history.pipeline, as_of=history.as_of, hours=hours, zone=zone)
    by_owner = [
        (owner or "(nobody)", f"{len({c.lead for c in own}):,}", f"{len(own):,}")
        for owner, own in found.by_owner().items()
    ]
    header = ("lead", "owner", "stage", "what", "since", "because")
    rows = [crack.cells() for crack in found]
    first = part("Whose they are", ("owner", "leads", "findings"), by_owner, [found.sentence + "."])
    return Section(
        "cracks", "Fallen through the cracks", (first, part("Which", header, rows, (), "finding"))
    )


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
        rows.append((group.label, f"{group.count:,}", str(group.value), words))
    title = f"Closed in {period}, by rep"
    parts = [part(title, ("rep", "closed", won.name, "won value"), rows, (), "rep")]
    if leads:
        parts += _done(history.as_of, leads, period, zone)
    return Section("reps", "Reps", tuple(parts))


def _done(
    as_of: datetime, leads: Sequence[Lead], period: Period, zone: str | None
) -> Iterable[Part]:
    tasks = task_report(leads, as_of=as_of, zone=zone)
    header: tuple[str, ...] = (
        "rep", "open", "due today", "overdue", "oldest", "done", "done late", "overloaded",
    )  # fmt: skip
    over = [f"{rep.rep} is overloaded: {rep.overloaded}." for rep in tasks.overloaded]
    yield part("Tasks", header, [rep.cells() for rep in tasks.reps], over, "rep")
    done = activity_report(leads, as_of=as_of, period=period)
    header = ("rep", "attempts", "answered", "leads", "by channel", "incoming")
    yield part(f"Activity in {period}", header, [rep.cells() for rep in done.reps], (), "rep")


def forecast_part(
    history: History, unit: Unit, periods: int, learned: Learned | None, rates: Rates | None
) -> Part:
    """Say what the running period and the next ones will bring."""
    found = forecast(history, by=unit, periods=periods, learned=learned, rates=rates)
    return part("What is expected", found.header(), found.rows(), found.notes())


def response_section(
    leads: Sequence[Lead], history: History, hours: WorkingHours | None
) -> Section:
    """Say how soon leads are answered, by rep, which limits were broken, and what attempts yield."""
    as_of = history.as_of
    found = response_times(leads, as_of=as_of, hours=hours, by="owner")
    header: tuple[str, ...] = ("rep", "leads", *found.value.header())
    rows = [(group.label, f"{group.count:,}", *group.value.cells()) for group in found]
    whole = ("all", f"{found.count:,}", *found.value.cells())
    first = part("First response", header, [whole, *rows], (), "rep")
    broken = breaches(leads, as_of, history.pipeline, hours=hours).by_rep()
    by_rep = [
        (rep or "(nobody)", f"{sum(b.is_open for b in own):,}", f"{len(own):,}", str(own[0]))
        for rep, own in broken.items()
    ]
    limits = part("Limits broken", ("rep", "still open", "in all", "the worst"), by_rep, (), "rep")
    tries = attempt_yield(leads, as_of=as_of)
    header = (
        "attempt",
        "reached",
        "succeeded",
        "of those reached",
        "of all successes",
        "of those ended",
    )
    third = part("Attempts to contact", header, [each.cells() for each in tries])
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
    return part(title, found.header(), found.cells(), [found.sentence, *clear])


def sources_section(
    history: History, period: Period, costs: Sequence[Cost], rates: Rates | None
) -> Section:
    """Say what each source brought and cost, and what changed."""
    if not any("source" in track.facts for track in history) and not costs:
        return Section("sources", "Sources", (Part("Sources", says=("No lead has a source.",)),))
    parts = [_by_source(history)]
    if any("source" in track.facts for track in history):
        found = trends(history, period, by="source", what="created")
        parts.append(
            part(
                f"New leads of {period}, by source", found.header(), found.cells(), [found.sentence]
            )
        )
    if costs:
        has_campaigns = any("campaign" in track.facts for track in history)
        by = ("source", "campaign") if has_campaigns else ("source",)
        spent = returns(history, costs, period=period, rates=rates, by=by)
        title = f"Cost and return of the leads of {period}"
        parts.append(part(title, spent.header(), spent.cells(), spent.notes, "source"))
    return Section("sources", "Sources", tuple(parts))


def _by_source(history: History) -> Part:
    won = win_rate(history, of="all", by="source" if history.tracks else ())
    quality = qualified(history, by=won.by)
    rows = [
        (group.label, f"{group.count:,}", f"{q.value.mql:,}", f"{q.value.sql:,}", str(group.value))
        for group, q in zip(won, quality, strict=True)
    ]
    return part("Won by source", ("source", "leads", "MQLs", "SQLs", won.name), rows, (), "source")

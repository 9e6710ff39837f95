"""Reports per rep: their tasks, who is overloaded, and what was done in a period."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Literal, TypeAlias

import attrs

from leadflow.calendars import local_date
from leadflow.errors import InvalidValue, shown
from leadflow.events import Activity
from leadflow.lead import Lead, leads_of, seen
from leadflow.lead.task import Task
from leadflow.markup import aligned, counted, one_line, table
from leadflow.period import Period
from leadflow.pipeline.metrics.goals import bounds
from leadflow.pipeline.metrics.times import quantile
from leadflow.shares import Share
from leadflow.values import instant, name, time_zone, whole

State: TypeAlias = Literal["open", "today", "overdue", "done", "done_late"]
NOBODY = "(nobody)"
_TIMES = 2
_LEAST = 5
_REPS = ("rep", "open", "due today", "overdue", "oldest", "done", "done late", "overloaded")
_TASKS = ("rep", "lead", "task", "due", "state")
_DONE = ("rep", "attempts", "answered", "leads", "by channel", "incoming")
_SHOWN = 100


@attrs.frozen(kw_only=True)
class _Wanted:
    """Which leads a report is about."""

    pipeline: str | None
    owner: str | None
    created: Period | None

    @classmethod
    def of(cls, pipeline: str | None, owner: str | None, created: Period | None) -> _Wanted:
        if created is not None and not isinstance(created, Period):
            hint = "such as Period('month', date(2026, 3, 1))"
            raise InvalidValue("created", shown(created), "a Period", hint)
        return cls(
            pipeline=None if pipeline is None else name("pipeline", pipeline),
            owner=None if owner is None else name("owner", owner),
            created=created,
        )

    def take(self, leads: Iterable[Lead], moment: datetime) -> Iterator[Lead]:
        for lead in leads_of(leads):
            past, _ = seen(lead, moment)
            if self._has(past):
                yield past

    def _has(self, lead: Lead) -> bool:
        if self.pipeline is not None and lead.pipeline not in (None, self.pipeline):
            return False
        if self.owner is not None and lead.owner != self.owner:
            return False
        if self.created is None:
            return True
        return lead.created_at is not None and lead.created_at.date() in self.created


@attrs.frozen
class TaskLine:
    """A task of a lead: whose it is, and how it stands.

    `state` is open, today (due today), overdue, done or done_late (done after it was due).
    """

    lead: str
    rep: str
    task: Task
    state: State

    def cells(self) -> tuple[str, ...]:
        """Write it as the cells of a table."""
        due = "" if self.task.due is None else self.task.due.isoformat()
        title = one_line(self.task.title or self.task.kind)
        return (self.rep, self.lead, title, due, self.state.replace("_", " "))


@attrs.frozen
class RepTasks:
    """The tasks of a rep, counted.

    `open` are all that are not done, `today` and `overdue` those of them that are due. `backlog` are
    these two together; `oldest` is when the oldest overdue one was due. `overloaded` says why, or is
    None.
    """

    rep: str
    open: int
    today: int
    overdue: int
    oldest: date | None
    done: int
    done_late: int
    overloaded: str | None

    @property
    def backlog(self) -> int:
        """The tasks due today or overdue."""
        return self.today + self.overdue

    def cells(self) -> tuple[str, ...]:
        """Write it as the cells of a table."""
        oldest = "" if self.oldest is None else self.oldest.isoformat()
        counts = (f"{self.open:,}", f"{self.today:,}", f"{self.overdue:,}", oldest)
        return (self.rep, *counts, f"{self.done:,}", f"{self.done_late:,}", self.overloaded or "")

    def figures(self) -> tuple[object, ...]:
        """Return the figures of the cells, not written yet."""
        counts = (self.open, self.today, self.overdue, self.oldest, self.done, self.done_late)
        return (self.rep, *counts, self.overloaded)


@attrs.frozen(repr=False)
class TaskReport:
    """Every task with its state, and the counts per rep; the most overdue come first."""

    tasks: tuple[TaskLine, ...]
    reps: tuple[RepTasks, ...]

    @property
    def overloaded(self) -> tuple[RepTasks, ...]:
        """The reps with more than they can do."""
        return tuple(rep for rep in self.reps if rep.overloaded)

    def header(self) -> tuple[str, ...]:
        """Name the columns of the counts per rep."""
        return _REPS

    def explain(self) -> str:
        """Show the counts and the tasks as tables for a terminal."""
        lines = aligned(_REPS, [rep.cells() for rep in self.reps])
        tasks = aligned(_TASKS, [task.cells() for task in self.tasks[:_SHOWN]])
        more = len(self.tasks) - _SHOWN
        return "\n".join([*lines, "", *tasks, *([f"… and {more:,} more"] if more > 0 else [])])

    def __str__(self) -> str:
        return self.explain()

    def __repr__(self) -> str:
        return f"TaskReport({counted(len(self.tasks), 'task')}, {counted(len(self.reps), 'rep')})"

    def _repr_html_(self) -> str:
        tasks = [task.cells() for task in self.tasks[:_SHOWN]]
        return table("tasks per rep", _REPS, [rep.cells() for rep in self.reps]) + table(
            f"tasks, the first {_SHOWN}", _TASKS, tasks
        )


def task_report(
    leads: Iterable[Lead],
    *,
    as_of: datetime,
    pipeline: str | None = None,
    owner: str | None = None,
    created: Period | None = None,
    limit: int | None = None,
    zone: str | None = None,
) -> TaskReport:
    """List the tasks of leads with their state, and count them per rep.

    `pipeline` (a key), `owner` and `created` (a `Period`, in UTC) take only some leads. A task
    belongs to its rep, else to the lead's owner. A date is due, and overdue, by the midnight of
    `zone` (UTC unless given). A rep is overloaded whose backlog, what is due today or overdue, is
    above `limit`; without one, above twice the median backlog of all reps, and five at least.

    Raises `InvalidValue` and `NaiveDatetime`.

    >>> from datetime import UTC
    >>> from leadflow.events import TaskSet
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> lead = Lead("L-7", owner="ada").after(
    ...     TaskSet("T-1", noon, kind="call", due=noon.date())
    ... )
    >>> task_report([lead], as_of=datetime(2026, 3, 4, tzinfo=UTC)).tasks[0].state
    'overdue'
    """
    moment = instant("as_of", as_of)
    wanted = _Wanted.of(pipeline, owner, created)
    most = None if limit is None else whole("limit", limit, least=0)
    here = None if zone is None else time_zone("zone", zone)
    found = [
        TaskLine(lead.id, task.rep or lead.owner or NOBODY, task, _state(task, moment, here))
        for lead in wanted.take(leads, moment)
        for task in lead.tasks
    ]
    found.sort(key=lambda line: _urgency(line, here))
    return TaskReport(tuple(found), _per_rep(found, most, here))


def _state(task: Task, moment: datetime, zone: str | None) -> State:
    end = task.done_at or moment
    late, today = False, False
    if isinstance(task.due, datetime):
        late, today = task.due < end, local_date(task.due, zone) == local_date(end, zone)
    elif task.due is not None:
        late, today = task.due < local_date(end, zone), task.due == local_date(end, zone)
    if task.done_at is not None:
        return "done_late" if late else "done"
    return "overdue" if late else "today" if today else "open"


_ORDER = {state: n for n, state in enumerate(("overdue", "today", "open", "done_late", "done"))}


def _urgency(line: TaskLine, zone: str | None) -> tuple[object, ...]:
    due = _due(line.task, zone)
    return (_ORDER[line.state], due or date.max, line.rep, line.lead, line.task.id)


def _due(task: Task, zone: str | None) -> date | None:
    return local_date(task.due, zone) if isinstance(task.due, datetime) else task.due


def _per_rep(
    lines: Sequence[TaskLine], limit: int | None, zone: str | None
) -> tuple[RepTasks, ...]:
    by_rep: dict[str, list[TaskLine]] = {}
    for line in lines:
        by_rep.setdefault(line.rep, []).append(line)
    counts = {rep: Counter(line.state for line in own) for rep, own in by_rep.items()}
    backlogs = sorted(float(count["today"] + count["overdue"]) for count in counts.values())
    middle = quantile(backlogs, 0.5) or 0.0
    found = []
    for rep in sorted(by_rep):
        count = counts[rep]
        late = [_due(line.task, zone) for line in by_rep[rep] if line.state == "overdue"]
        dues = [due for due in late if due is not None]
        found.append(
            RepTasks(
                rep,
                count["open"] + count["today"] + count["overdue"],
                count["today"],
                count["overdue"],
                min(dues, default=None),
                count["done"] + count["done_late"],
                count["done_late"],
                _overload(count["today"] + count["overdue"], limit, middle),
            )
        )
    return tuple(found)


def _overload(backlog: int, limit: int | None, middle: float) -> str | None:
    if limit is not None:
        return f"{backlog:,} due, {limit:,} at most" if backlog > limit else None
    if backlog >= _LEAST and backlog > _TIMES * middle:
        return f"{backlog:,} due, the middle rep has {middle:g}"
    return None


@attrs.frozen
class RepActivity:
    """What a rep did in a period.

    `attempts` are outgoing contacts, by channel in `channels`; `answered` is the share of those
    whose answer is known that were answered; `leads` how many different leads they were made to;
    `incoming` what came from their leads.
    """

    rep: str
    attempts: int
    answered: Share
    leads: int
    channels: Mapping[str, int]
    incoming: int

    def cells(self) -> tuple[str, ...]:
        """Write it as the cells of a table."""
        channels = ", ".join(f"{key} {count:,}" for key, count in self.channels.items())
        return (
            self.rep, f"{self.attempts:,}", str(self.answered), f"{self.leads:,}", channels,
            f"{self.incoming:,}",
        )  # fmt: skip

    def figures(self) -> tuple[object, ...]:
        """Return the figures of the cells, not written yet."""
        done = (self.attempts, self.answered, self.leads, self.channels, self.incoming)
        return (self.rep, *done)


@attrs.frozen(repr=False)
class ActivityReport:
    """What each rep did in a period; None as the period is all time."""

    period: Period | None
    reps: tuple[RepActivity, ...]

    def header(self) -> tuple[str, ...]:
        """Name the columns."""
        return _DONE

    def explain(self) -> str:
        """Show it as a table for a terminal."""
        return "\n".join(aligned(_DONE, [rep.cells() for rep in self.reps]))

    def __str__(self) -> str:
        return self.explain()

    def __repr__(self) -> str:
        return f"ActivityReport({counted(len(self.reps), 'rep')})"

    def _repr_html_(self) -> str:
        title = "activity" if self.period is None else f"activity in {self.period}"
        return table(title, _DONE, [rep.cells() for rep in self.reps])


def activity_report(
    leads: Iterable[Lead],
    *,
    as_of: datetime,
    period: Period | None = None,
    pipeline: str | None = None,
    owner: str | None = None,
    created: Period | None = None,
) -> ActivityReport:
    """Count what each rep did: attempts by channel, how many were answered, and what came in.

    An outgoing activity is that of who did it (`by`), else of the lead's owner; an incoming one that
    of the owner. `period` takes only what happened in it (in UTC); the other filters are those of
    `task_report`. Raises `InvalidValue` and `NaiveDatetime`.
    """
    moment = instant("as_of", as_of)
    wanted = _Wanted.of(pipeline, owner, created)
    if period is not None and not isinstance(period, Period):
        raise InvalidValue("period", shown(period), "a Period")
    start, end = (None, None) if period is None else bounds(period)
    by_rep: dict[str, list[tuple[str, Activity]]] = {}
    for lead in wanted.take(leads, moment):
        for activity in lead.activities:
            if start is None or end is None or start <= activity.at < end:
                rep = (activity.by if activity.is_attempt else None) or lead.owner or NOBODY
                by_rep.setdefault(rep, []).append((lead.id, activity))
    return ActivityReport(period, tuple(_done(rep, by_rep[rep]) for rep in sorted(by_rep)))


def _done(rep: str, own: Sequence[tuple[str, Activity]]) -> RepActivity:
    attempts = [(lead, activity) for lead, activity in own if activity.is_attempt]
    told = [activity.answered for _, activity in attempts if activity.answered is not None]
    channels = Counter(str(activity.channel) for _, activity in attempts)
    return RepActivity(
        rep,
        len(attempts),
        Share(sum(told), len(told)),
        len({lead for lead, _ in attempts}),
        dict(sorted(channels.items())),
        sum(activity.direction == "in" for _, activity in own),
    )

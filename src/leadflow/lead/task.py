"""The tasks of a lead, read from its log."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

import attrs

from leadflow.events import Event, TaskDone, TaskSet


@attrs.frozen
class Task:
    """A task as it stands: `done_at` is None while it is open.

    `due` is a date or an instant; it, `rep`, `title` and `result` are None where nothing is known.
    Instants are in UTC.

    >>> from datetime import datetime, timezone
    >>> noon = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
    >>> Task("T-1", "call", date(2026, 3, 4), "rep-2", "Ask about seats", noon).is_open
    True
    """

    id: str
    kind: str
    due: date | datetime | None
    rep: str | None
    title: str | None
    set_at: datetime
    done_at: datetime | None = None
    result: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether the task is still to be done."""
        return self.done_at is None


def tasks_of(events: Iterable[Event]) -> tuple[Task, ...]:
    """Read the tasks from a log in order; setting a task anew replaces and reopens it.

    >>> [task] = tasks_of([TaskSet("T-1", noon), TaskDone("T-1", noon, result="wants a quote")])
    >>> task.is_open, task.result
    (False, 'wants a quote')
    """
    tasks: dict[str, Task] = {}
    for event in events:
        if isinstance(event, TaskSet):
            tasks[event.task] = Task(
                event.task, event.kind, event.due, event.rep, event.title, event.at
            )
        elif isinstance(event, TaskDone) and event.task in tasks:
            done = attrs.evolve(tasks[event.task], done_at=event.at, result=event.result)
            tasks[event.task] = done
    return tuple(tasks.values())

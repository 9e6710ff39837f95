"""The tasks of a lead, read from its log."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

import attrs

from leadflow.events import Event, TaskDone, TaskSet


@attrs.frozen
class Task:
    """A task as it stands: `done_at` is None while it is open."""

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
    """Read the tasks from a log in order; setting a task anew replaces and reopens it."""
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

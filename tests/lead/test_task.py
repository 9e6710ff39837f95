"""The tasks of a lead, read from its log."""

from __future__ import annotations

from datetime import UTC, date, datetime

from leadflow import Lead
from leadflow.events import Event, TaskDone, TaskSet
from leadflow.lead import Task


def day(number: int) -> datetime:
    return datetime(2026, 3, number, 12, tzinfo=UTC)


def tasks(*events: Event) -> tuple[Task, ...]:
    return Lead("L").after(*events).tasks


def test_a_task_that_was_set_is_open() -> None:
    due = date(2026, 3, 9)
    (task,) = tasks(TaskSet("T-1", day(1), due=due, kind="call", rep="ann", title="budget?"))
    assert task == Task("T-1", "call", due, "ann", "budget?", day(1))
    assert task.is_open


def test_a_task_that_was_done_keeps_when_and_with_what_result() -> None:
    (task,) = tasks(TaskSet("T-1", day(1)), TaskDone("T-1", day(2), result="200 seats"))
    assert (task.is_open, task.done_at, task.result) == (False, day(2), "200 seats")
    assert (task.kind, task.due, task.set_at) == ("task", None, day(1))


def test_a_task_set_anew_is_replaced_reopened_and_keeps_its_place() -> None:
    found = tasks(
        TaskSet("T-1", day(1), due=date(2026, 3, 5), title="old"),
        TaskSet("T-2", day(2)),
        TaskDone("T-1", day(3)),
        TaskSet("T-1", day(4), due=date(2026, 3, 9)),
    )
    assert [task.id for task in found] == ["T-1", "T-2"]
    assert found[0] == Task("T-1", "task", date(2026, 3, 9), None, None, day(4))


def test_the_later_of_two_results_stands() -> None:
    (task,) = tasks(
        TaskDone("T-1", day(3), result="second"),
        TaskDone("T-1", day(2), result="first"),
        TaskSet("T-1", day(1)),
    )
    assert task.result == "second"


def test_a_task_done_before_it_was_set_is_open() -> None:
    (task,) = tasks(TaskDone("T-1", day(1)), TaskSet("T-1", day(2)))
    assert task.is_open


def test_a_task_done_that_was_never_set_is_no_task() -> None:
    assert tasks(TaskDone("T-1", day(1))) == ()


def test_as_of_reads_the_tasks_as_they_stood() -> None:
    lead = Lead("L").after(TaskSet("T-1", day(1)), TaskDone("T-1", day(3)))
    assert [task.is_open for task in lead.rewind(day(2)).tasks] == [True]
    assert lead.rewind(datetime(2026, 2, 1, tzinfo=UTC)).tasks == ()

"""Reports per rep: tasks, overload, activity."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from leadflow import Activity, Lead
from leadflow.errors import InvalidValue, NaiveDatetime
from leadflow.events import TaskDone, TaskSet
from leadflow.period import Period
from leadflow.pipeline.metrics import activity_report, task_report
from leadflow.shares import Share
from tests.pipeline.metrics.made import CAME, DAY, HOUR, odd

NOW = CAME + 10 * DAY
TODAY = NOW.date()


def a_lead(key: str, *log: Any, owner: str | None = "ada", **more: Any) -> Lead:
    return Lead(key, more.pop("created", CAME), owner=owner, events=log, **more)


def task(key: str, due: Any = None, rep: str | None = None) -> TaskSet:
    return TaskSet(key, CAME, due=due, kind="call", rep=rep)


def states(*log: Any, **how: Any) -> list[tuple[str, str]]:
    found = task_report([a_lead("1", *log)], as_of=NOW, **how)
    return [(line.task.id, line.state) for line in found.tasks]


def test_every_task_has_its_state_the_most_urgent_first() -> None:
    log = [
        task("a", TODAY - timedelta(2)), task("b", NOW - HOUR), task("c", TODAY), task("d", NOW + HOUR),
        task("e", TODAY + timedelta(1)), task("f"), task("g", TODAY - timedelta(5)), task("h", TODAY),
        task("i", CAME + HOUR), task("j"), TaskDone("g", NOW - DAY), TaskDone("h", NOW - DAY),
        TaskDone("i", CAME + 2 * HOUR), TaskDone("j", NOW - DAY),
    ]  # fmt: skip
    assert states(*log) == [
        ("a", "overdue"), ("b", "overdue"), ("c", "today"), ("d", "today"), ("e", "open"),
        ("f", "open"), ("i", "done_late"), ("g", "done_late"), ("h", "done"), ("j", "done"),
    ]  # fmt: skip


def test_days_begin_at_the_midnight_of_the_zone() -> None:
    assert states(task("a", TODAY)) == [("a", "today")]
    found = task_report(
        [a_lead("1", task("a", TODAY))], as_of=NOW + 12 * HOUR, zone="America/New_York"
    )
    assert found.tasks[0].state == "today"


def test_a_task_is_its_reps_else_the_owners_else_nobodys() -> None:
    leads = [a_lead("1", task("a", rep="bo"), task("b")), a_lead("2", task("c"), owner=None)]
    found = task_report(leads, as_of=NOW)
    assert {line.task.id: line.rep for line in found.tasks} == {
        "a": "bo",
        "b": "ada",
        "c": "(nobody)",
    }


def test_tasks_are_counted_per_rep() -> None:
    log = [
        task("a", TODAY - timedelta(2)),
        task("b", TODAY),
        task("c"),
        task("d", TODAY),
        task("e", CAME),
    ]
    done = [TaskDone("d", CAME + HOUR), TaskDone("e", CAME + HOUR)]
    [rep] = task_report([a_lead("1", *log, *done)], as_of=NOW).reps
    assert (rep.open, rep.today, rep.overdue, rep.done, rep.done_late) == (3, 1, 1, 2, 1)
    assert (rep.oldest, rep.backlog, rep.overloaded) == (TODAY - timedelta(2), 2, None)


def backlogs(**counts: int) -> list[Lead]:
    return [
        a_lead(f"{rep}-{n}", task(f"{rep}{n}", TODAY), owner=rep)
        for rep, count in counts.items()
        for n in range(count)
    ]


def test_who_has_twice_the_middle_backlog_is_overloaded() -> None:
    found = task_report(backlogs(ada=9, bo=4, cy=2), as_of=NOW)
    assert [(rep.rep, rep.overloaded) for rep in found.overloaded] == [
        ("ada", "9 due, the middle rep has 4")
    ]
    assert task_report(backlogs(ada=4, bo=1, cy=1), as_of=NOW).overloaded == ()


def test_a_limit_says_who_is_overloaded() -> None:
    found = task_report(backlogs(ada=3, bo=2), as_of=NOW, limit=2)
    assert [(rep.rep, rep.overloaded) for rep in found.overloaded] == [("ada", "3 due, 2 at most")]


@pytest.mark.parametrize(
    ("how", "ids"),
    [
        ({}, ["1", "2", "3"]),
        ({"pipeline": "sales"}, ["1", "3"]),
        ({"owner": "bo"}, ["3"]),
        ({"created": Period("month", date(2026, 3, 1))}, ["1"]),
        ({"owner": "cy"}, []),
    ],
)
def test_reports_are_filtered_by_pipeline_owner_and_creation_date(how: Any, ids: list[str]) -> None:
    leads = [
        a_lead("1", task("a"), Activity("call", CAME)),
        a_lead(
            "2", task("b"), Activity("call", CAME), pipeline="delivery", created=CAME - 30 * DAY
        ),
        a_lead("3", task("c"), Activity("call", CAME), owner="bo", pipeline="sales", created=None),
    ]
    assert [line.lead for line in task_report(leads, as_of=NOW, **how).tasks] == ids
    assert sum(rep.attempts for rep in activity_report(leads, as_of=NOW, **how).reps) == len(ids)


def test_a_task_report_is_shown() -> None:
    found = task_report(backlogs(ada=120), as_of=NOW)
    assert "… and 20 more" in str(found)
    assert repr(found) == "TaskReport(120 tasks, 1 rep)"
    assert "<caption>tasks per rep</caption>" in found._repr_html_()
    assert "overloaded" in str(task_report([], as_of=NOW))


def test_what_a_rep_did_is_counted() -> None:
    log = [
        Activity("call", CAME, answered=True),
        Activity("call", CAME + DAY, answered=False),
        Activity("email_sent", CAME + DAY),
        Activity("email_opened", CAME + DAY),
        Activity("call", CAME + DAY, by="bo", answered=False),
    ]
    ada, bo = activity_report([a_lead("1", *log), a_lead("2")], as_of=NOW).reps
    assert (ada.rep, ada.attempts, ada.answered, ada.leads, ada.incoming) == (
        "ada",
        3,
        Share(1, 2),
        1,
        1,
    )
    assert ada.channels == {"email": 1, "phone": 2}
    assert (bo.rep, bo.attempts, bo.answered, bo.incoming) == ("bo", 1, Share(0, 1), 0)


def test_only_the_period_counts() -> None:
    march = Period("month", date(2026, 3, 1))
    log = [Activity("call", datetime(2026, 2, 28, 23, tzinfo=UTC)), Activity("call", CAME)]
    found = activity_report([a_lead("1", *log, owner=None)], as_of=NOW, period=march)
    assert [(rep.rep, rep.attempts) for rep in found.reps] == [("(nobody)", 1)]
    assert repr(found) == "ActivityReport(1 rep)"
    assert "phone 1" in str(found)
    assert "<caption>activity in 2026-03</caption>" in found._repr_html_()
    assert "<caption>activity</caption>" in activity_report([], as_of=NOW)._repr_html_()


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"created": "2026-03"}, "created: expected a Period"),
        ({"owner": " "}, "owner: expected a name"),
        ({"pipeline": 5}, "pipeline: expected text"),
        ({"limit": -1}, "limit: expected a whole number"),
        ({"zone": "Mars"}, "zone: expected a time zone"),
    ],
)
def test_bad_filters_are_refused(how: Any, words: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        task_report([], as_of=NOW, **how)
    assert words in str(refused.value)


def test_a_bad_period_and_a_naive_instant_are_refused() -> None:
    with pytest.raises(InvalidValue, match="period: expected a Period"):
        activity_report([], as_of=NOW, period=odd("2026-03"))
    with pytest.raises(NaiveDatetime):
        task_report([], as_of=datetime(2026, 3, 1))

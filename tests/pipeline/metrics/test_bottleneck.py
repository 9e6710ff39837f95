"""The bottleneck."""

from __future__ import annotations

from typing import Any

import pytest

from leadflow import Lead
from leadflow.errors import InvalidValue
from leadflow.events import Disposition
from leadflow.pipeline.metrics import Bottlenecks, History, Waiting, bottlenecks
from leadflow.shares import Share
from tests.pipeline.metrics.made import CAME, DAY, SALES, at, deal, history, moved, odd


def worked_example() -> Bottlenecks:
    """A11: leads pile up in "prepare proposal"."""
    deals = [deal(str(n), None) for n in range(6)]
    changes = []
    for n in range(6):
        changes += moved(str(n), ("contact", n), ("prepare", n + 1))
    changes += moved("0", ("sent", 11), ("won", 13)) + moved("1", ("sent", 52), ("won", 54))
    return bottlenecks(history(deals, changes, days=60), recent="30 days")


def stage(found: Bottlenecks, key: str) -> Waiting:
    return next(waiting for waiting in found if waiting.stage.key == key)


def test_the_stage_where_leads_pile_up_is_found_and_named() -> None:
    found = worked_example()
    assert found.worst is not None
    assert found.worst.sentence == (
        "Prepare proposal holds 96.6 % of all waiting, 282.0 days; "
        "4 of 4 open leads stand there now, the oldest since 2026-03-05; "
        "4 longer than the 5 days expected; in the last 30 days 0 came in and 1 left; "
        "a lead that left took 142.0 days, 140.0 days in the 30 days before: slower."
    )
    assert str(found.worst) == found.worst.sentence
    assert repr(found) == "Bottlenecks('prepare')"


def test_the_shares_of_all_waiting_add_up() -> None:
    found = worked_example()
    assert len(found) == 3
    assert sum(waiting.share or 0 for waiting in found) == pytest.approx(1)
    assert [waiting.stage.key for waiting in found] == ["prepare", "contact", "sent"]


def test_what_came_and_left_is_counted_in_each_span() -> None:
    waiting = stage(worked_example(), "prepare")
    assert (waiting.flow.came, waiting.flow.left, waiting.flow.days) == (0, 1, 4 * 30 + 22)
    assert (waiting.before.came, waiting.before.left) == (6, 1)
    assert waiting.before.days == 10 + 28 + 27 + 26 + 25 + 24
    assert (waiting.since, waiting.late, waiting.open, waiting.all_open) == (at(3), 4, 4, 4)


def test_what_slowed_down_comes_worst_first() -> None:
    found = worked_example()
    assert [waiting.stage.key for waiting in found.slowed] == ["prepare"]
    assert stage(found, "sent").slowdown == 1.0
    assert stage(found, "contact").slowdown is None


def test_a_stage_that_is_no_slower_says_so() -> None:
    assert stage(worked_example(), "sent").sentence.endswith("before: no slower.")


def test_of_nobody_nobody_waited() -> None:
    found = bottlenecks(history([]))
    assert (found.worst, found.slowed, found.not_needed) == (None, (), ())
    assert found.explain().startswith("nobody waited\n")
    assert found._repr_html_().startswith("<table><caption>nobody waited")
    assert (repr(found), found.stages[0].sentence) == (
        "Bottlenecks(nobody waited)", "To contact: nobody waited.",
    )  # fmt: skip


def test_it_is_shown_as_a_table() -> None:
    found = worked_example()
    assert str(found).startswith("The bottleneck: Prepare proposal holds 96.6 %")
    assert "Prepare proposal holds" in found._repr_html_()


def test_unknown_instants_and_other_ends_do_not_wait() -> None:
    rows = [
        deal("1", "contact", None),
        deal("2", "lost", closed=5),
        deal("3", None),
        deal("4", "lost", None),
    ]
    found = bottlenecks(history(rows, moved("3", ("contact", 2))))
    waiting = stage(found, "contact")
    assert (waiting.open, waiting.all_open, waiting.since, waiting.days) == (2, 2, at(2), 28.0)


def test_a_closing_without_a_stage_of_its_own_ends_the_wait() -> None:
    lead = Lead("1", CAME, stage="contact").after(Disposition("lost", CAME + 3 * DAY, reason="p"))
    waiting = stage(bottlenecks(History.of([lead], SALES, as_of=CAME + 9 * DAY)), "contact")
    assert (waiting.days, waiting.open, waiting.flow.left) == (3.0, 0, 1)


def many(prepare: float | None, leads: int = 20) -> Bottlenecks:
    """Make leads that are won, by way of "prepare" for so many days."""
    changes: list[Any] = []
    for n in range(leads):
        way = [("contact", 0.0), ("sent", 3.0), ("won", 5.0)]
        if prepare is not None:
            way.insert(1, ("prepare", 3.0 - prepare))
        changes += moved(str(n), *way)
    return bottlenecks(history([deal(str(n), None) for n in range(leads)], changes))


def test_a_stage_that_all_skip_may_not_be_needed() -> None:
    assert many(None).not_needed == (
        "Prepare proposal may not be needed: 0 of 20 leads that got further stood in it",
    )


def test_a_stage_that_all_leave_at_once_may_not_be_needed() -> None:
    assert many(0.01).not_needed == (
        "Prepare proposal may not be needed: 20 of 20 leads that got further left it at once",
    )


def test_few_leads_or_real_work_say_nothing() -> None:
    assert many(None, leads=19).not_needed == ()
    assert many(1.0).not_needed == ()


def test_leads_that_came_in_their_stage_tell_nothing_of_what_they_skipped() -> None:
    found = bottlenecks(history([deal(str(n), "won", closed=3) for n in range(30)]))
    assert found.not_needed == ()
    assert stage(found, "prepare").passed == Share(0, 0)


def test_a_stage_where_somebody_waits_is_needed() -> None:
    deals = [deal(str(n), None) for n in range(21)]
    changes = [row for n in range(20) for row in moved(str(n), ("contact", 0), ("sent", 1))]
    found = bottlenecks(history(deals, [*changes, *moved("20", ("prepare", 1))]))
    assert found.not_needed == ()


def test_bad_questions_are_refused() -> None:
    with pytest.raises(InvalidValue, match="history: expected a History"):
        bottlenecks(odd([]))
    with pytest.raises(InvalidValue):
        bottlenecks(history([]), recent="soon")


def test_a_lead_without_a_stage_is_open_and_waits_nowhere() -> None:
    found = bottlenecks(history([deal("1"), deal("2", None)]))
    assert (stage(found, "contact").open, stage(found, "contact").all_open) == (1, 2)
    assert sum(waiting.open for waiting in found) == 1


def test_no_lead_waits_for_less_than_no_time() -> None:
    deals = [deal("1", "lost", closed=9)]
    changes = moved("1", ("contact", 0), ("prepare", 12), ("contact", 13))
    for waiting in bottlenecks(history(deals, changes)):
        assert min(waiting.days, waiting.flow.days, waiting.before.days) >= 0


def test_leads_that_were_lost_and_reopened_got_no_further_for_that() -> None:
    deals = [deal(str(n), None) for n in range(25)]
    changes = [
        c for n in range(25) for c in moved(str(n), ("contact", 0), ("lost", 2), ("contact", 4))
    ]
    assert bottlenecks(history(deals, changes)).not_needed == ()


def test_a_span_that_goes_back_before_the_calendar_is_refused() -> None:
    with pytest.raises(InvalidValue, match="recent: expected a span that fits twice"):
        bottlenecks(history([]), recent="1200 years")

"""Moves from stage to stage."""

from __future__ import annotations

import pytest

from leadflow.errors import InvalidValue
from leadflow.period import Period
from leadflow.pipeline.metrics import Transitions, transitions
from tests.pipeline.metrics.made import deal, history, moved, odd


def some() -> Transitions:
    deals = [
        deal("1", None),
        deal("2", None),
        deal("3", None),
        deal("4", "sent", None),
        deal("5", None),
    ]
    changes = [
        *moved("1", ("contact", 0), ("sent", 2), ("won", 100)),
        *moved("2", ("contact", 80), ("sent", 90)),
        *moved("3", ("contact", 0), ("sent", 4)),
    ]
    return transitions(history(deals, changes, days=110), recent="30 days")


def test_moves_are_counted_and_timed() -> None:
    found = some()
    assert [(m.start, m.end, m.count) for m in found] == [
        (None, "contact", 3), ("contact", "sent", 3), (None, "sent", 1), ("sent", "won", 1),
    ]  # fmt: skip
    assert found["contact", "sent"].times.ended == (2.0, 4.0, 10.0)
    assert found[None, "sent"].times.ended == ()
    assert found["sent", "won"].times.mean == 98.0


def test_where_leads_ended_up_is_counted() -> None:
    assert some().last == {"sent": 3, "won": 1}


def test_moves_of_a_period_leave_out_all_others() -> None:
    changes = [*moved("1", ("contact", 0), ("sent", 31), ("won", 70)), *moved("2", ("contact", 40))]
    both = history([deal("1", None), deal("2", None), deal("3", "sent", None)], changes, days=90)
    april = transitions(both, period=Period.parse("2026-04"))
    assert [(m.start, m.end, m.count) for m in april] == [
        (None, "contact", 1), ("contact", "sent", 1),
    ]  # fmt: skip
    assert april["contact", "sent"].times.ended == (31.0,)
    assert april.last == {"contact": 1, "sent": 1}


def test_what_slowed_down_is_found() -> None:
    found = some()
    [slow] = found.slowed
    assert (slow.recent.median, slow.before.median, slow.slowdown) == (10.0, 3.0, 10 / 3)
    assert slow.sentence == (
        "contact to sent: median 10.0 days recently (1 moves), 3.0 days before (2)."
    )
    assert found["sent", "won"].slowdown is None


def test_transitions_are_shown() -> None:
    found = some()
    assert (len(found), repr(found)) == (4, "Transitions(4 kinds of moves)")
    assert str(found).splitlines()[1].split()[:3] == ["(start)", "contact", "3"]
    assert "<caption>transitions</caption>" in found._repr_html_()


def test_bad_questions_are_refused() -> None:
    with pytest.raises(InvalidValue, match="history: expected a History"):
        transitions(odd([]))
    with pytest.raises(InvalidValue):
        transitions(history([]), recent="soon")
    with pytest.raises(InvalidValue, match="period: expected a Period"):
        transitions(history([]), period=odd("2026-04"))
    with pytest.raises(InvalidValue, match="transitions: expected two stages"):
        some()["won", "sent"]
    with pytest.raises(InvalidValue, match="transitions: expected two stages"):
        some()[odd(5)]

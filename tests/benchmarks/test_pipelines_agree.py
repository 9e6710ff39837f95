"""Everybody moves leads to the same stages, and the worklist by hand is the same one."""

from __future__ import annotations

from collections import Counter
from typing import Any

import attrs
import pytest

from benchmarks import machines, pipelines, worklists
from benchmarks.contenders import NOW
from leadflow.errors import MoveRefused
from leadflow.lead import Lead
from leadflow.pipeline import worklist

TINY = attrs.evolve(pipelines.QUICK, moves=30, kept=30, leads=(50, 100), rounds=2, many_rounds=2)


def test_everybody_who_is_here_comes_to_the_same_stages() -> None:
    """The libraries are here only where benchmarks run; a benchmark begins with the same check."""
    named = machines.agreeing(machines.movers())
    assert named[:2] == ["leadflow", "leadflow, and the lead after"]


def test_somebody_who_comes_to_another_stage_is_named() -> None:
    wrong = attrs.evolve(machines.movers()[0], name="wrong", move=lambda asked: ["new"])
    with pytest.raises(SystemExit, match="wrong comes to other stages"):
        machines.agreeing([wrong])


def test_nobody_who_is_here_leaves_the_table() -> None:
    for mover in machines.movers():
        with pytest.raises(Exception, match="new"):
            mover.move([("L-1", "won", "new")])


def test_every_open_stage_leads_to_every_other_stage_and_the_closed_ones_nowhere() -> None:
    keys = [stage.key for stage in machines.PIPELINE.stages]
    expected = {(here, to) for here in keys[:5] for to in keys if here != to}
    assert set(machines.MOVES) == expected
    assert len(machines.MOVES) == 30
    with pytest.raises(MoveRefused):
        machines.PIPELINE.move(Lead("L-1", stage="won"), "new", NOW)


def test_what_is_kept_of_a_lead_can_make_its_next_move() -> None:
    lead: Any = machines.movers()[0].keep("L-1", "new")  # type: ignore[misc]
    assert machines.PIPELINE.move(lead, "won", NOW).to == "won"


def test_memory_is_that_of_what_is_kept() -> None:
    stored = machines.kept(200)
    assert 1_000 < machines.bytes_each(lambda id, here: bytearray(1_000), stored) < 1_200


def test_by_hand_the_worklist_has_the_same_order() -> None:
    assert worklists.agreeing(worklists.leads(3_000)) > 1_000


def test_another_order_by_hand_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worklists, "by_hand", list)
    with pytest.raises(SystemExit, match="another one"):
        worklists.agreeing(worklists.leads(50))


def test_the_leads_fill_every_group_and_are_left_out_for_every_reason_that_hands_know() -> None:
    drawn = worklists.leads(3_000)
    found = worklist(drawn, NOW, pipeline=worklists.PIPELINE)
    groups = Counter(item.group for item in found)
    assert set(groups) == {"new", "due", "no_answer", "unplanned"}
    assert min(groups.values()) > 100
    reasons = Counter(each.code for each in found.left_out)
    assert set(reasons) == {"closed", "not_due", "asleep", "may_not_contact"}
    assert min(reasons.values()) > 100
    assert {item.action.why for item in found} == {
        "first_contact", "task", "retry", "unreachable", "follow_up", "unplanned",
    }  # fmt: skip


def test_a_third_of_the_leads_is_hot_and_logs_hold_up_to_twelve_events() -> None:
    drawn = worklists.leads(3_000)
    assert 900 < sum(lead.rating == "hot" for lead in drawn) < 1_100
    assert {len(lead.events) for lead in drawn} == set(range(13))
    assert {lead.time_zone for lead in drawn} == set(worklists.ZONES)


@pytest.mark.parametrize("case", [pipelines.moving, pipelines.keeping, pipelines.working])
def test_every_case_makes_a_table_as_wide_as_its_header(case: Any) -> None:
    section = case(TINY)
    assert section.rows[0][0] == "leadflow"
    assert {len(row) for row in section.rows} == {len(section.header)}

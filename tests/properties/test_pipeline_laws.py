"""The laws of pipelines and moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from leadflow import Activity, Lead, field
from leadflow.errors import InvalidDefinition, MoveRefused
from leadflow.events import Disposition, Event, FieldsSet, Reopened, StageChange
from leadflow.pipeline import Pipeline, Stage

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FIELDS = ("budget", "due_date")
Step = tuple[str, str, int]


@st.composite
def stages(draw: st.DrawFn) -> list[Stage]:
    """One to four open stages, and others; in any order, but for an open one at the start."""
    some: dict[Any, int] = {
        "open": draw(st.integers(0, 3)),
        "on_hold": draw(st.integers(0, 1)),
        "won": draw(st.integers(1, 2)),
        "lost": draw(st.integers(0, 2)),
    }
    rest = [(f"{kind}{n}", kind) for kind, count in some.items() for n in range(count)]
    built = []
    for key, kind in [("start", "open"), *draw(st.permutations(rest))]:
        requires = draw(st.sets(st.sampled_from(FIELDS), max_size=1))
        entry = draw(st.sampled_from([None, None, field("budget").at_least(5)]))
        attempts = draw(st.sampled_from([None, 1]))
        built.append(Stage(key, kind=kind, requires=requires, entry=entry, attempts=attempts))
    return built


@st.composite
def pipelines(draw: st.DrawFn) -> Pipeline:
    """Pipelines with any moves, on top of those that make each stage lead somewhere."""
    found = draw(stages())
    worked = [stage.key for stage in found if not stage.is_closed]
    closed = [stage.key for stage in found if stage.is_closed]
    moves: dict[str, list[str]] = {stage.key: [] for stage in found}
    for here, there in zip(worked, [*worked[1:], *closed[:1]], strict=False):
        moves[here].append(there)
    for key in closed:
        moves[draw(st.sampled_from(worked))].append(key)
    for here, there in draw(st.lists(st.tuples(*[st.sampled_from(list(moves))] * 2), max_size=8)):
        if here != there:
            moves[here].append(there)
    starts = draw(st.sampled_from([worked[:1], worked]))
    return Pipeline("p", found, moves, starts=starts)


@st.composite
def walks(draw: st.DrawFn, pipeline: Pipeline) -> list[Step]:
    """Things to try, one after the other: what, to which stage, how many minutes later."""
    keys = st.sampled_from([stage.key for stage in pipeline.stages])
    minutes = st.sampled_from([-1, 0, 0, 0, 1])
    what = st.sampled_from(["move"] * 4 + ["reopen"] * 2 + ["dispose", "call", "learn", "forget"])
    return draw(st.lists(st.tuples(what, keys, minutes), min_size=5, max_size=30))


def other(what: str, at: datetime) -> Event:
    match what:
        case "dispose":
            return Disposition("lost", at, reason="unreachable")
        case "call":
            return Activity("call", at, answered=False)
        case _:
            return FieldsSet(dict.fromkeys(FIELDS, 5 if what == "learn" else None), at)


def tried(pipeline: Pipeline, lead: Lead, step: Step, at: datetime) -> Lead:
    """Try a step; and check that `blockers` is empty exactly when it succeeds."""
    what, to, _ = step
    if what not in ("move", "reopen"):
        return lead.after(other(what, at))
    verb = pipeline.move if what == "move" else pipeline.reopen
    expected = pipeline.blockers(lead, to, at=at, reopening=what == "reopen")
    if expected:
        with pytest.raises(MoveRefused) as refusal:
            verb(lead, to, at)
        assert refusal.value.blockers == expected
        return lead
    after = lead.after(verb(lead, to, at))
    assert after.stage == to
    assert what == "move" or after.disposition is None
    return after


def walked(pipeline: Pipeline, steps: list[Step]) -> Lead:
    lead, at = Lead("L-7", fields=dict.fromkeys(FIELDS, 5)), NOW
    for step in steps:
        at += timedelta(minutes=step[2])
        lead = tried(pipeline, lead, step, at)
    return lead


@given(st.data(), pipelines())
def test_law_no_sequence_of_moves_leaves_the_table_and_history_is_contiguous(
    data: st.DataObject, pipeline: Pipeline
) -> None:
    lead = walked(pipeline, data.draw(walks(pipeline)))
    here: str | None = None
    is_ended = False
    for change in lead.events:
        if isinstance(change, Disposition):
            is_ended = True
        if isinstance(change, StageChange | Reopened):
            assert change.from_ == here
            onward = pipeline.starts if here is None else pipeline.moves[here]
            is_open = not pipeline[change.to].is_closed
            taken_up = isinstance(change, Reopened) and is_ended and is_open
            assert change.to in onward or (taken_up and change.to == here)
            comes_back = here is not None and pipeline[here].is_closed
            comes_back = comes_back and pipeline[here or ""].kind != pipeline[change.to].kind
            assert isinstance(change, Reopened) is comes_back or taken_up
            here, is_ended = change.to, is_ended and not isinstance(change, Reopened)
    assert lead.stage == here


@given(st.data(), pipelines())
def test_law_nobody_is_lost_from_an_open_stage_by_a_reason_from_before_it(
    data: st.DataObject, pipeline: Pipeline
) -> None:
    lead = walked(pipeline, data.draw(walks(pipeline)))
    entered, said = NOW - timedelta(days=1), None
    for event in lead.events:
        if isinstance(event, Disposition):
            said = event.at
        elif isinstance(event, StageChange | Reopened):
            worked = event.from_ is not None and not pipeline[event.from_].is_closed
            if worked and pipeline[event.to].kind == "lost":
                assert said is not None
                assert said >= entered
            entered = event.at


@given(st.data(), pipelines())
def test_law_what_next_moves_call_free_succeeds_and_nothing_else_does(
    data: st.DataObject, pipeline: Pipeline
) -> None:
    lead = walked(pipeline, data.draw(walks(pipeline)))
    at = NOW + timedelta(days=1)
    free = {
        (move.to.key, move.reopening) for move in pipeline.next_moves(lead, at=at) if move.is_free
    }
    possible = {
        (stage.key, reopening)
        for stage in pipeline.stages
        for reopening in (False, True)
        if not pipeline.blockers(lead, stage.key, at=at, reopening=reopening)
    }
    assert free == possible


def reached(pipeline: Pipeline, reopening: bool) -> set[tuple[str, str]]:
    """Which stage can be reached from which, along moves, or with reopenings too."""
    found: set[tuple[str, str]] = set()
    for stage in pipeline.stages:
        rest = [stage.key]
        while rest:
            here = pipeline[rest.pop()]
            for to in pipeline.moves.get(here.key, ()):
                comes_back = here.is_closed and here.kind != pipeline[to].kind
                if (stage.key, to) not in found and (reopening or not comes_back):
                    found.add((stage.key, to))
                    rest.append(to)
    return found


def between(pairs: set[tuple[str, str]], gone: str) -> set[tuple[str, str]]:
    return {pair for pair in pairs if gone not in pair and pair[0] != pair[1]}


@given(st.data(), pipelines())
def test_law_without_a_stage_moves_reach_what_they_reached_and_no_more(
    data: st.DataObject, pipeline: Pipeline
) -> None:
    gone = data.draw(st.sampled_from(pipeline.stages)).key
    try:
        less = pipeline.without(gone)
    except InvalidDefinition:
        assume(False)
        return
    assert [stage.key for stage in less.stages] == [s.key for s in pipeline.stages if s.key != gone]
    assert between(reached(less, False), gone) == between(reached(pipeline, False), gone)
    assert reached(less, True) <= reached(pipeline, True)


@given(st.data(), stages(), st.booleans(), st.booleans())
def test_law_a_line_works_without_any_stage_but_its_last_open_or_closed_one(
    data: st.DataObject, given: list[Stage], skip: bool, back: bool
) -> None:
    line = Pipeline.linear("line", given, skip=skip, back=back)
    gone = data.draw(st.sampled_from(given))
    rest = [stage for stage in given if stage != gone]
    assume(any(stage.kind == "open" for stage in rest))
    assume(any(stage.is_closed for stage in rest))
    less = line.without(gone.key)
    again = Pipeline.linear("line", rest, skip=skip, back=back)
    assert less.stages == again.stages
    ways, expected = between(reached(less, False), ""), between(reached(again, False), "")
    assert ways >= expected
    # What came by way of a stage on hold stays a way: back, for instance.
    assert ways == expected or gone.kind == "on_hold"

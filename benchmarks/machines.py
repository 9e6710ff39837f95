"""Who moves a lead from a stored stage to the next: leadflow, and two libraries of state machines.

All are given the same table of moves. Each makes what it needs for one lead from its stored stage,
moves it, and reads the new stage back.
"""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from importlib.util import find_spec
from typing import Any, TypeAlias

import attrs

from benchmarks.contenders import NOW
from leadflow import Lead
from leadflow.pipeline import Pipeline, Stage

Stored: TypeAlias = tuple[str, str]
"""A lead's id and its stage."""
Job: TypeAlias = tuple[str, str, str]
"""A lead's id, its stage, and the stage it is to go to."""

PIPELINE = Pipeline.linear(
    "sales",
    [
        *map(Stage, ("new", "contacted", "qualified", "offer", "negotiation")),
        Stage("won", kind="won"),
        Stage("lost", kind="lost", needs_disposition=False),
    ],
    reopen=False,
)
MOVES = [(here, to) for here, targets in PIPELINE.moves.items() for to in targets]
"""Five open stages in a line, each leading to every other one and to won and lost."""
SOURCES = {
    stage.key: [here for here, to in MOVES if to == stage.key]
    for stage in PIPELINE.stages
    if any(to == stage.key for _, to in MOVES)
}
"""From where each stage may be entered, which is how the libraries write the same table."""


@attrs.frozen
class Mover:
    """A name, the way it is used, what moves leads, and what is kept of one between its moves."""

    name: str
    way: str
    move: Callable[[Iterable[Job]], list[str]]
    keep: Callable[[str, str], object] | None
    promised: float | None = None
    """So many times the time of leadflow, if that was promised."""


@attrs.define(slots=False)
class Record:
    """An object of one's own, as the libraries bind a machine to it."""

    id: str
    state: str


def jobs(count: int) -> list[Job]:
    """Draw up every move of the table in turn."""
    return [(f"L-{place}", *MOVES[place % len(MOVES)]) for place in range(count)]


def kept(count: int) -> list[Stored]:
    """Put leads into the open stages in turn."""
    return [(id, here) for id, here, _ in jobs(count)]


def movers() -> list[Mover]:
    """List leadflow, and the libraries that are installed."""
    found = [*_leadflow()]
    if find_spec("transitions") is not None:
        found += _transitions()
    if find_spec("statemachine") is not None:
        found += _statemachine()
    return found


def agreeing(found: Iterable[Mover]) -> list[str]:
    """Name who moves leads, having checked that all come to the same stages."""
    asked = jobs(2 * len(MOVES))
    names = []
    for mover in found:
        if mover.move(asked) != [to for _, _, to in asked]:
            raise SystemExit(f"{mover.name} comes to other stages")
        names.append(mover.name)
    return names


def bytes_each(keep: Callable[[str, str], object], stored: list[Stored]) -> float:
    """Measure the memory of what is kept for a lead; what is made once for all does not count."""
    for id, here in stored[: len(MOVES)]:
        keep(id, here)
    gc.collect()
    tracemalloc.start()
    held = [keep(id, here) for id, here in stored]
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size / len(held)


def _leadflow() -> Iterator[Mover]:
    move, key = PIPELINE.move, PIPELINE.key

    def change(asked: Iterable[Job]) -> list[str]:
        return [move(Lead(id, stage=here, pipeline=key), to, NOW).to for id, here, to in asked]

    def lead_after(asked: Iterable[Job]) -> list[str]:
        found = []
        for id, here, to in asked:
            lead = Lead(id, stage=here, pipeline=key)
            found.append(lead.after(move(lead, to, NOW)).stage or "")
        return found

    def moved(id: str, here: str) -> Lead:
        lead = Lead(id, stage=here, pipeline=key)
        return lead.after(move(lead, PIPELINE.moves[here][0], NOW))

    yield Mover(
        "leadflow",
        "a `Lead`, `pipeline.move`; what is stored is `change.to`",
        change,
        lambda id, here: Lead(id, stage=here, pipeline=key),
    )
    yield Mover(
        "leadflow, and the lead after",
        "the same, and `lead.after(change).stage`; kept with the change in its log",
        lead_after,
        moved,
    )


def _transitions() -> Iterator[Mover]:
    from transitions import Machine

    machine = partial(
        Machine,
        states=[stage.key for stage in PIPELINE.stages],
        transitions=[
            {"trigger": f"to_{to}", "source": sources, "dest": to}
            for to, sources in SOURCES.items()
        ],
        auto_transitions=False,
    )
    shared = machine(None, initial="new")
    only = Record("", "new")
    shared.add_model(only)

    def of_its_own(id: str, here: str) -> Any:
        record = Record(id, here)
        machine(record, initial=here)
        return record

    def among_others(id: str, here: str) -> Any:
        record = Record(id, here)
        shared.add_model(record, initial=here)
        return record

    def move(asked: Iterable[Job]) -> list[str]:
        found = []
        for id, here, to in asked:
            record = of_its_own(id, here)
            record.trigger(f"to_{to}")
            found.append(record.state)
        return found

    def move_in_turn(asked: Iterable[Job]) -> list[str]:
        found = []
        for id, here, to in asked:
            record = among_others(id, here)
            record.trigger(f"to_{to}")
            found.append(record.state)
            shared.remove_model(record)
        return found

    def move_the_only_one(asked: Iterable[Job]) -> list[str]:
        found = []
        trigger: Callable[[str], bool] = only.trigger  # type: ignore[attr-defined]
        for _, here, to in asked:
            shared.set_state(here, only)
            trigger(f"to_{to}")
            found.append(only.state)
        return found

    yield Mover("transitions", "a `Machine` for each object", move, of_its_own, promised=5)
    yield Mover(
        "transitions, one machine shared",
        "`add_model`, trigger, `remove_model`",
        move_in_turn,
        among_others,
    )
    yield Mover(
        "transitions, one object reused",
        "`set_state` on a single object, trigger; it keeps no leads",
        move_the_only_one,
        None,
    )


def _statemachine() -> Iterator[Mover]:
    machine = _machine_class()

    def with_value(id: str, here: str) -> Any:  # noqa: ARG001 (it has no place for an id)
        return machine(start_value=here)

    def on_a_model(id: str, here: str) -> Any:
        return machine(Record(id, here))

    def move(asked: Iterable[Job]) -> list[str]:
        found = []
        for id, here, to in asked:
            one = with_value(id, here)
            one.send(f"to_{to}")
            found.append(one.current_state_value)
        return found

    def move_models(asked: Iterable[Job]) -> list[str]:
        found = []
        for id, here, to in asked:
            one = on_a_model(id, here)
            one.send(f"to_{to}")
            found.append(one.model.state)
        return found

    name = "python-statemachine"
    yield Mover(name, "an instance with `start_value`", move, with_value, promised=20)
    yield Mover(
        f"{name}, on a model",
        "an instance on a model that has the stage",
        move_models,
        on_a_model,
        promised=20,
    )


def _machine_class() -> Any:
    """Write the table as a class, as its users do in source."""
    from statemachine import State, StateMachine

    states = {
        stage.key: State(
            stage.label,
            value=stage.key,
            initial=stage.key in PIPELINE.starts,
            final=not PIPELINE.moves[stage.key],
        )
        for stage in PIPELINE.stages
    }
    events = {f"to_{to}": _joined(states, to, sources) for to, sources in SOURCES.items()}
    return type(StateMachine)("Sales", (StateMachine,), {**states, **events})


def _joined(states: Mapping[str, Any], to: str, sources: Iterable[str]) -> Any:
    first, *others = (states[here].to(states[to]) for here in sources)
    for other in others:
        first |= other
    return first

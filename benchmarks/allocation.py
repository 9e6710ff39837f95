"""The best total for leads and reps, beside the bare call of the solver."""

from __future__ import annotations

import random
from functools import partial

import attrs
import numpy as np
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from benchmarks.contenders import NOW
from benchmarks.report import Section, Target
from benchmarks.timing import Timed, take_turns
from leadflow import Lead, Money
from leadflow.routing import Rep, Roster, WinRates
from leadflow.routing.allocation import Allocation, allocate
from leadflow.routing.flow import Whole
from leadflow.values import half_up

SEGMENTS = ("DE", "PL", "UK", "US")
ROOMS: dict[str, int | None] = {"tight": 60, "exact": 100, "loose": 150, "unlimited": None}
"""Leads that each of the reps can take: for three in five, for all, and for more than there are."""


@attrs.frozen
class Size:
    """How much is measured."""

    leads: int = 5_000
    reps: int = 50
    rounds: int = 15


QUICK = Size(500, 5, 3)


@attrs.frozen
class Question:
    """Leads, reps with room for some of them, and how many of their deals each of them won."""

    leads: list[Lead]
    roster: Roster
    win_rates: WinRates

    def worth(self) -> Whole:
        """Return what each lead is worth with each rep, in hundredths, both by id."""
        return np.array([[self._worth(lead, rep) for rep in self.roster] for lead in self.leads])

    def _worth(self, lead: Lead, rep: Rep) -> int:
        # Chances were drawn in hundredths, and values are whole.
        chance, value = lead.win_probability or 0, lead.deal_value
        rate = self.win_rates.rate(rep.id, str(lead.fields["country"]))
        euros = int(value.amount) if value else 0
        return half_up(round(100 * chance) * euros * rate.numerator, rate.denominator)


def question(size: Size, room: int | None, seed: int = 7) -> Question:
    """Draw leads of four countries, and reps who know some of them better."""
    draw = random.Random(seed)
    leads = [
        Lead(
            f"L-{place:05}",
            deal_value=Money(100 * draw.randint(1, 200), "EUR"),
            win_probability=draw.randint(1, 95) / 100,
            fields={"country": draw.choice(SEGMENTS)},
        )
        for place in range(size.leads)
    ]
    reps = [Rep(f"R-{place:03}", capacity=room) for place in range(size.reps)]
    counts = {
        rep.id: {segment: (won := draw.randint(0, 20), won + draw.randint(0, 30))}
        for rep in reps
        for segment in SEGMENTS
    }
    return Question(leads, Roster(reps), WinRates(counts, by="country"))


def by_leadflow(asked: Question) -> Allocation:
    """Allocate: from leads and reps to assignments with their reasons."""
    return allocate(asked.leads, asked.roster, as_of=NOW, win_rates=asked.win_rates)


def bare(worth: Whole, room: int | None) -> int:
    """Ask the solver alone, with the worth at hand, and return the total."""
    leads, reps = worth.shape
    source, sink = leads + reps, leads + reps + 1
    every_lead, every_rep = np.arange(leads), np.arange(leads, source)
    flow = SimpleMinCostFlow()
    starts = [np.full(leads, source), np.repeat(every_lead, reps), every_rep, np.array([source])]
    ends = [every_lead, np.tile(every_rep, leads), np.full(reps, sink), np.array([sink])]
    rooms = [np.ones(leads), np.ones(leads * reps), np.full(reps, room or leads), np.array([leads])]
    costs = [np.zeros(leads), -(worth.ravel() * (leads + 1) + 1), np.zeros(reps + 1)]
    flow.add_arcs_with_capacity_and_unit_cost(
        np.concatenate(starts).astype(np.int32),
        np.concatenate(ends).astype(np.int32),
        np.concatenate(rooms).astype(np.int64),
        np.concatenate(costs).astype(np.int64),
    )
    flow.set_nodes_supplies(np.array([source, sink], np.int32), np.array([leads, -leads]))
    if flow.solve() != flow.OPTIMAL:
        raise SystemExit("the solver found no answer")
    between = np.arange(leads, leads + leads * reps, dtype=np.int32)
    return int(worth.ravel()[flow.flows(between) > 0].sum())


def agreeing(size: Size) -> None:
    """Check that leadflow comes to the total of the bare solver, whatever the room."""
    for room in ROOMS.values():
        asked = question(size, room)
        if by_leadflow(asked).total * 100 != bare(asked.worth(), room):
            raise SystemExit("the bare solver comes to another total")


def sections(size: Size) -> list[Section]:
    """Run the one case."""
    return [allocating(size)]


def allocating(size: Size) -> Section:
    """Compare `allocate` with the solver alone, for much and for little room."""
    rows: list[tuple[object, ...]] = []
    targets: list[Target] = []
    for name, room in ROOMS.items():
        asked = question(size, room)
        timed: dict[str, Timed] = {
            "bare": (partial(bare, asked.worth(), room), 1),
            "leadflow": (partial(by_leadflow, asked), 1),
            "roster": (lambda asked=asked: by_leadflow(asked).roster, 1),  # type: ignore[misc]
        }
        times = take_turns(timed, size.rounds)
        placed = len(by_leadflow(asked).assignments)
        ratio = times.ratio("leadflow", "bare")
        each = [times.seconds(who) for who in timed]
        rows.append((name, f"{placed:,}", *each, ratio, times.ratio("roster", "bare")))
        what = f"allocating {size.leads:,} leads to {size.reps} reps, {name} room, times the solver"
        targets.append(Target(what, 2, "at most", ratio))
    text = (
        f"{size.leads:,} leads of four countries, and {size.reps} reps with a win rate in each. The bare"
        " solver is OR-Tools' flow of least cost, with the worth of every pair at hand as a matrix: its arcs"
        " are added in bulk, it is solved, and the total is read. leadflow begins with leads and reps, works"
        " out the worth, and ends with an assignment for each lead and its reasons, or why it is held. Where"
        " nobody's room is too small it need not ask the solver. The roster after all assignments is made"
        " when it is asked for. Room is tight where three in five leads find a place, exact where all just"
        " do. Seconds of processor time."
    )
    header = (
        "room", "placed", "bare solver", "leadflow", "and the roster after", "times the solver",
        "with the roster",
    )  # fmt: skip
    summary = (
        f"The best total for {size.leads:,} leads and {size.reps} reps with tight room:"
        f" {rows[0][3]} seconds of processor time."
    )
    return Section("Best total", text, header, rows, targets, summary)

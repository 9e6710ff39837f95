"""The solver behind `allocate`: worth as a matrix of whole numbers, and a flow of least cost.

Needs OR-Tools, from the extra `routing`, and the NumPy that comes with it; importing this module
without them raises `MissingExtra`.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TypeAlias

from leadflow.errors import LimitExceeded, MissingExtra
from leadflow.routing.worth import Share
from leadflow.values import half_up

try:
    import numpy as np
    from ortools.graph.python.min_cost_flow import SimpleMinCostFlow
except ImportError:
    raise MissingExtra("leadflow.routing.allocate", "routing") from None

Whole: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
Place: TypeAlias = tuple[int, int, int, int]
"""The rep who gets a lead and what it is worth there; with whom it is worth most, and what."""

NOBODY = -1
"""Stands for no rep, and for the worth of a lead to a rep who may not have it."""
_LARGEST = 2**63 - 1
_CERTAIN = 2.0**-50
"""As a share of a number, more than its few roundings can be wrong by."""
_WHOLE_UP_TO = 2.0**50
_FAR = 2**62


def matrix(rows: Sequence[Sequence[int]]) -> Whole:
    """Make a matrix of what each lead, a row, is worth with each rep, a column.

    Raises `LimitExceeded` for a number that is too large.
    """
    try:
        return np.array(rows, dtype=np.int64)
    except OverflowError:
        raise _too_large(_LARGEST, max(map(max, rows))) from None


def products(
    shares: Sequence[Share], rates: Sequence[Sequence[Fraction]], kinds: Sequence[int]
) -> Whole:
    """Multiply each lead's share by each rep's rate for leads of its kind, and round half-up.

    The rounding is exact: where a product of floats is too near a half to tell, whole numbers do.
    Raises `LimitExceeded` for a product that is too large.
    """
    alone = np.array([numerator / denominator for numerator, denominator in shares])
    each = np.array([[float(rate) for rate in row] for row in rates])
    near = alone[:, np.newaxis] * each[np.array(kinds, dtype=np.intp)]
    if near.max() > _WHOLE_UP_TO:
        raise _too_large(int(_WHOLE_UP_TO), int(near.max()))
    below = np.floor(near)
    over = near - below - 1 / 2
    found: Whole = (below + (over >= 0)).astype(np.int64)
    for lead, rep in np.argwhere(np.abs(over) <= near * _CERTAIN).tolist():
        (numerator, denominator), rate = shares[lead], rates[kinds[lead]][rep]
        found[lead, rep] = half_up(numerator * rate.numerator, denominator * rate.denominator)
    return found


def place(
    worth: Whole,
    room: Sequence[int],
    turns: Sequence[tuple[int, int]],
    barred: Sequence[Sequence[bool]],
    kinds: Sequence[int],
) -> list[Place]:
    """Give each lead to a rep, or to `NOBODY`.

    Nobody gets more leads than their room, nor a lead of a kind they are barred from, as those
    without room are from all. The total worth is the greatest there is; among equal totals as many
    leads are placed as possible, and then as evenly as possible by `turns`: the turns each rep had
    before, and the rep's weight. The same numbers give the same answer. Raises `LimitExceeded`
    where the solver would overflow.
    """
    open_ = np.where(np.array(barred)[np.array(kinds, dtype=np.intp)], NOBODY, worth)
    every, best = np.arange(len(open_)), open_.argmax(axis=1)
    wanted = np.where(open_[every, best] == NOBODY, NOBODY, best)
    crowds = np.bincount(wanted[wanted != NOBODY], minlength=len(room))
    # Where nobody's room is too small for all who are worth most there, there is nothing to solve.
    if (crowds <= np.array(room)).all():
        even = _evened(open_, wanted, np.zeros(len(room), np.int64), room, turns)
    else:
        solved = _solved(open_, room)
        even = _evened(open_, solved, _prices(open_, solved), room, turns)
    columns = (even, open_[every, even], best, open_[every, best])
    return list(zip(*(column.tolist() for column in columns), strict=True))


def _solved(worth: Whole, room: Sequence[int]) -> Whole:
    """Let every lead flow from the source through a rep to the sink, or past everybody for nothing.

    A worth is multiplied by more than the number of leads that can be placed, and one is added for
    being placed: so worth comes first, and then the number of leads.
    """
    leads, reps = worth.shape
    source, sink = leads + reps, leads + reps + 1
    scale = min(leads, sum(room)) + 1
    # The solver multiplies costs by three times the number of nodes.
    allowed = _LARGEST // (4 * (sink + 2) * scale)
    if worth.max() > allowed:
        raise _too_large(allowed, int(worth.max()))
    lead, rep = np.nonzero(worth != NOBODY)
    flow = SimpleMinCostFlow()
    _add(flow, lead, leads + rep, 1, -(worth[lead, rep] * scale + 1))
    _add(flow, source, np.arange(leads), 1, 0)
    _add(flow, np.arange(leads, source), sink, room, 0)
    _add(flow, source, np.array([sink]), leads, 0)
    flow.set_nodes_supplies(np.array([source, sink], np.int32), np.array([leads, -leads]))
    if flow.solve() != flow.OPTIMAL:  # pragma: no cover (its own bound is wider than the one above)
        raise _too_large(allowed, int(worth.max()))
    taken = flow.flows(np.arange(len(lead), dtype=np.int32)) > 0
    found: Whole = np.full(leads, NOBODY)
    found[lead[taken]] = rep[taken]
    return found


def _prices(worth: Whole, reps: Whole) -> Whole:
    """Find what the total would lose, as numbers of 0 or less, for a unit of each rep's room.

    With these added to the worth, every placed lead is worth most where it is: so the placings that
    are as good are those in which each of these leads is worth as much as now, and reps with a price
    stay full. These are the lengths of the shortest ways to each rep, where a step moves a lead and
    is as long as what it loses. A rep of whom nothing is said is above 0, and gets no lead.
    """
    placed = np.flatnonzero(reps != NOBODY)
    order = placed[np.argsort(reps[placed], kind="stable")]
    holders, firsts = np.unique(reps[order], return_index=True)
    lost = worth[order, reps[order]][:, np.newaxis] - worth[order]
    steps = np.minimum.reduceat(np.where(worth[order] == NOBODY, _FAR, lost), firsts)
    prices: Whole = np.full(worth.shape[1], _FAR)
    prices[holders] = 0
    while True:
        shorter = np.minimum(prices, (prices[holders][:, np.newaxis] + steps).min(axis=0))
        if (shorter == prices).all():
            return prices
        prices = shorter


def _evened(
    worth: Whole,
    reps: Whole,
    prices: Whole,
    room: Sequence[int],
    turns: Sequence[tuple[int, int]],
) -> Whole:
    """Move leads between reps with whom they are worth the same, so that turns are most even."""
    placed = np.flatnonzero(reps != NOBODY)
    here = reps[placed]
    added = worth[placed] + prices
    equal = added == added[np.arange(len(placed)), here][:, np.newaxis]
    equal &= worth[placed] != NOBODY
    loose = np.count_nonzero(equal, axis=1) > 1
    if not loose.any():
        return reps
    fixed = np.bincount(here[~loose], minlength=len(room))
    groups, group = np.unique(equal[loose], axis=0, return_inverse=True)
    group = group.ravel()  # NumPy 2.0 makes it a column
    sizes, left = np.bincount(group), np.array(room) - fixed
    before, weights = np.array(turns).T
    kept = np.where(prices < 0, left, 0)
    seats = np.where(prices == 0, np.minimum(left, sizes @ groups), 0)
    dealt = _dealt(groups, sizes, kept, _in_turn(seats, before + fixed, weights))
    found: Whole = reps.copy()
    found[placed[loose][np.argsort(group, kind="stable")]] = dealt
    return found


def _in_turn(seats: Whole, before: Whole, weights: Whole) -> Whole:
    """List the reps, each as often as they have seats: next is who has fewest turns by weight."""
    rep = np.repeat(np.arange(len(seats)), seats)
    turn = before[rep] + 1 + _places(seats)
    return rep[np.lexsort((rep, turn / weights[rep]))]


def _places(sizes: Whole) -> Whole:
    """Count from 0 within each of some runs of these sizes, one run after the other."""
    found: Whole = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return found


def _dealt(groups: Whole, sizes: Whole, kept: Whole, line: Whole) -> Whole:
    """Return the reps for the leads of one group after the other, in the order of their turns.

    `groups` tell which reps the leads of each may go to, and `kept` how many a rep has to get. The
    others stand in `line`, and a seat costs its place there. At first there are only as many seats as
    are needed; where these do not fit the groups, twice as many are tried.
    """
    count, reps = groups.shape
    sink, group, rep = count + reps, *np.nonzero(groups)
    wanted = int(sizes.sum() - kept.sum())
    supplies, seats = np.concatenate([sizes, -kept, [-wanted]]), wanted
    while True:
        flow = SimpleMinCostFlow()
        _add(flow, group, count + rep, sizes[group], 0)
        _add(flow, count + line[:seats], sink, 1, np.arange(len(line[:seats])))
        flow.set_nodes_supplies(np.arange(sink + 1, dtype=np.int32), supplies)
        if flow.solve() == flow.OPTIMAL:
            break
        seats *= 2
    flows: Whole = flow.flows(np.arange(len(group), dtype=np.int32))
    # Of 6 leads, 4 for one and 2 for another, the other gets the second and the fifth.
    share = (_places(flows) + 1 / 2) / np.repeat(flows, flows)
    group, rep = np.repeat(group, flows), np.repeat(rep, flows)
    return rep[np.lexsort((rep, share, group))]


def _add(flow: SimpleMinCostFlow, *arcs: Whole | Sequence[int] | int) -> None:
    """Add arcs: where they start and end, their room and their cost; one number stands for all."""
    start, end, room, cost = np.broadcast_arrays(*arcs)
    ends = (start.astype(np.int32), end.astype(np.int32))
    flow.add_arcs_with_capacity_and_unit_cost(*ends, room.astype(np.int64), cost.astype(np.int64))


def _too_large(allowed: int, found: int) -> LimitExceeded:
    limit = "the worth of a lead, in units of its last place,"
    return LimitExceeded("allocate", limit, allowed, f"{found:,}")

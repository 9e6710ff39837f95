"""The solver: exact products, the greatest total, and numbers that are too large."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from fractions import Fraction

import pytest

from leadflow.errors import LimitExceeded
from leadflow.routing.flow import NOBODY, matrix, place, products


def placed(
    rows: list[list[int]], room: list[int], turns: list[tuple[int, int]] | None = None
) -> list[int]:
    barred = [[False] * len(room)]
    turns = turns or [(0, 1)] * len(room)
    return [rep for rep, *_ in place(matrix(rows), room, turns, barred, [0] * len(rows))]


def test_a_half_goes_up_though_floats_could_not_tell() -> None:
    sixth, third, half = Fraction(1, 6), Fraction(1, 3), Fraction(1, 2)
    assert products([(9, 1), (3, 1)], [[sixth, third, half]], [0, 0]).tolist() == [
        [2, 3, 5],
        [1, 1, 2],
    ]
    nearly = Fraction(10**18 - 1, 2 * 10**18)
    assert products([(1, 1)], [[half, nearly]], [0]).tolist() == [[1, 0]]


def test_each_lead_is_multiplied_by_the_rates_for_its_kind() -> None:
    rates = [[Fraction(1), Fraction(0)], [Fraction(1, 10), Fraction(1, 2)]]
    assert products([(100, 1), (100, 1)], rates, [1, 0]).tolist() == [[10, 50], [100, 0]]


def test_leads_make_room_for_each_other_where_the_total_is_greater() -> None:
    assert placed([[90, 80], [70, 10]], [1, 1]) == [1, 0]
    assert placed([[90, 80], [70, 69]], [1, 1]) == [0, 1]


def test_worth_comes_first_and_then_the_number_of_leads() -> None:
    assert placed([[10, 2], [1, NOBODY]], [1, 1]) == [0, NOBODY]
    assert placed([[3, 2], [1, NOBODY]], [1, 1]) == [1, 0]
    assert placed([[0, 0], [0, 0], [0, 0]], [1, 1]).count(NOBODY) == 1


def test_where_everybody_has_room_one_of_the_best_gets_the_lead() -> None:
    assert placed([[5, 7, 7], [0, 0, 0], [NOBODY] * 3], [3, 3, 3]) == [1, 0, NOBODY]


def test_leads_worth_the_same_are_dealt_as_evenly_as_can_be() -> None:
    same = [[1, 1]] * 6
    assert placed(same, [9, 9]) == [0, 1, 0, 1, 0, 1]
    assert placed(same, [2, 9]) == [1, 0, 1, 1, 0, 1]
    assert placed([[1, 1], [1, 1], [1, 0], [1, 0]], [9, 9]) == [1, 1, 0, 0]


def test_turns_before_and_weights_count() -> None:
    same = [[1, 1]] * 6
    assert placed(same, [9, 9], [(4, 1), (0, 1)]).count(0) == 1
    assert placed(same, [9, 9], [(0, 2), (0, 1)]).count(0) == 4
    assert placed(same, [9, 9], [(4, 2), (0, 1)]).count(0) == 3
    assert placed([[1, 1]], [9, 9], [(3, 2), (0, 1)]) == [1]


def test_who_can_get_few_leads_does_not_take_the_turns_of_others() -> None:
    one, other = [3, 3, NOBODY, NOBODY], [NOBODY, NOBODY, 3, 3]
    found = placed([one, one, other, other], [9] * 4, [(7, 1), (7, 1), (0, 1), (0, 1)])
    assert found == [0, 1, 2, 3]


def test_room_with_the_better_rep_stays_used_while_the_rest_is_dealt() -> None:
    # The first rep is worth 2 more to everybody and has room for one; the others are alike.
    assert sorted(placed([[5, 3, 3]] * 5, [1, 9, 9])) == [0, 1, 1, 2, 2]


def test_a_lead_moves_on_through_a_full_rep_so_that_turns_are_even() -> None:
    # 0 and 2 share no lead: the way between them leads through 1, who is full before and after.
    chain = [[4, 4, 0], [4, 4, 0], [4, 4, 0], [0, 4, 4], [0, 4, 4]]
    assert Counter(placed(chain, [3, 1, 3])) == {0: 2, 1: 1, 2: 2}


def test_leads_change_places_in_a_full_rep_whose_room_is_worth_as_much_to_both() -> None:
    first, last = [3, 5, NOBODY], [NOBODY, 5, 3]
    assert Counter(placed([first, first, first, last], [9, 1, 9])) == {0: 2, 1: 1, 2: 1}
    assert Counter(placed([first, last, last, last], [9, 1, 9])) == {0: 1, 1: 1, 2: 2}


def test_a_rep_with_whom_no_lead_is_worth_as_much_gets_none_for_the_sake_of_evenness() -> None:
    assert placed([[5, 5, 4]] * 4, [1, 3, 9]).count(2) == 0
    assert placed([[5, NOBODY]] * 2, [1, 9]).count(0) == 1


def test_nobody_gets_a_lead_of_a_kind_they_are_barred_from() -> None:
    barred = [[True, False], [False, True], [True, True]]
    found = place(matrix([[9, 1], [9, 1], [9, 1]]), [3, 3], [(0, 1)] * 2, barred, [0, 1, 2])
    assert found == [(1, 1, 1, 1), (0, 9, 0, 9), (NOBODY, NOBODY, 0, NOBODY)]


def test_an_answer_names_the_rep_with_whom_the_lead_is_worth_most() -> None:
    assert place(matrix([[9, 4], [8, 1]]), [1, 1], [(0, 1)] * 2, [[False, False]], [0, 0]) == [
        (1, 4, 0, 9),
        (0, 8, 0, 8),
    ]


@pytest.mark.parametrize("rows", [[[2**63]], [[2**62]], [[2**62, 1], [1, 1]]])
def test_worth_too_large_for_the_solver_is_refused(rows: list[list[int]]) -> None:
    with pytest.raises(LimitExceeded, match="the worth of a lead, in units of its last place"):
        placed([*rows, *rows], [1] * len(rows[0]))


def test_the_solver_takes_worth_up_to_the_limit_and_none_above() -> None:
    # 8 nodes, 2 leads that can be placed: 2**63 // (4 * 9 * 3)
    most = (2**63 - 1) // 108
    assert placed([[most, 0, 0], [most, most - 1, 0], [most - 2, 0, 0]], [1, 1, 0]) == [
        0,
        1,
        NOBODY,
    ]
    with pytest.raises(LimitExceeded, match=f"at most {most:,}, got {most + 1:,}"):
        placed([[most + 1, 0, 0], [most, most - 1, 0], [most - 2, 0, 0]], [1, 1, 0])


def test_a_product_too_large_to_be_rounded_is_refused() -> None:
    most = 2**50
    assert products([(most, 1)], [[Fraction(1)]], [0]).tolist() == [[most]]
    with pytest.raises(LimitExceeded, match="at most 1,125,899,906,842,624"):
        products([(10**16, 1)], [[Fraction(1)]], [0])


@pytest.mark.parametrize("gone", ["ortools", "numpy"])
def test_without_the_extra_it_is_said_what_to_install(gone: str) -> None:
    code = f"""
import sys
sys.modules[{gone!r}] = None
from datetime import datetime, timezone
from leadflow import Lead
from leadflow.errors import MissingExtra
from leadflow.routing import Rep, Roster
from leadflow.routing.allocation import allocate
try:
    allocate([Lead("L-1")], Roster([Rep("ada")]), as_of=datetime(2026, 3, 2, tzinfo=timezone.utc))
except MissingExtra as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    expected = (
        "leadflow.routing.allocate needs the extra 'routing' (pip install 'leadflow[routing]')"
    )
    assert done.stdout.strip() == expected

from __future__ import annotations

import math
import random  # noqa: TID251 (seeded)
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight

from leadflow.errors import InvalidValue
from leadflow.survival import Survival, aalen_johansen, kaplan_meier

# Freireich and others (1963): weeks in remission of leukaemia, on 6-MP; + is still in remission.
MP6 = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
WEEKS = [int(each.rstrip("+")) for each in MP6.split()]
RELAPSED = [not each.endswith("+") for each in MP6.split()]

DAYS = st.integers(0, 30).map(float)
CAUSES = st.sampled_from(["won", "lost", None])
ROWS = st.lists(st.tuples(DAYS, CAUSES), max_size=40)
LATE = st.lists(
    st.tuples(DAYS, DAYS, CAUSES).map(lambda row: (max(row[:2]), min(row[:2]), row[2])), max_size=40
)


def untied(seed: int, count: int = 60) -> list[tuple[float, float, str | None]]:
    """Draw durations that all differ, when each came under observation, and what ended it."""
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        days = chance.expovariate(1 / 40)
        cause = chance.choices(["won", "lost", None], [5, 3, 4])[0]
        found.append((days, days * chance.random() ** 3, cause))
    return found


def by_product(
    rows: Sequence[tuple[float, float, str | None]], age: float
) -> tuple[float, Mapping[str, float]]:
    """Multiply and add up as the textbooks have it, one who ended at a time."""
    still, shares = 1.0, {"won": 0.0, "lost": 0.0}
    for days, _, cause in sorted(rows):
        if cause is None or days > age:
            continue
        at_risk = sum(entered < days <= left for left, entered, _ in rows)
        shares[cause] += still / at_risk
        still *= 1 - 1 / at_risk
    return still, shares


def test_the_remissions_of_freireich_as_published() -> None:
    found = kaplan_meier(WEEKS, RELAPSED)
    assert found.times == (6, 7, 10, 13, 16, 22, 23)
    assert found.at_risk == (21, 17, 15, 12, 11, 7, 6)
    assert found.ended == (3, 1, 1, 1, 1, 1, 1)
    assert [round(each, 4) for each in found.survival] == [
        0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482,
    ]  # fmt: skip
    assert [round(each, 4) for each in found.low] == [
        0.6197, 0.5631, 0.5032, 0.4316, 0.3675, 0.2678, 0.1881,
    ]  # fmt: skip
    assert [round(each, 4) for each in found.high] == [
        0.9516, 0.9228, 0.8894, 0.8491, 0.8049, 0.7468, 0.6801,
    ]  # fmt: skip
    assert (found.count, found.censored) == (21, 12)
    assert found.median == 23
    assert found.median_interval == (13, None)
    assert repr(found) == "Survival(21 of which 12 censored, median 23)"


def test_the_cancer_deaths_of_satagopan_as_published() -> None:
    # British Journal of Cancer 91 (2004), 1229, table 2: the first nine of 305 patients, in months.
    months = [7, 10, 14, 16, 18, 23, 24, 26, 27] + [28] * 296
    causes = [None, "cancer", None, "cancer", "other", "cancer", None, "other", "cancer"]
    found = aalen_johansen(months, causes + [None] * 296)
    assert found.times == (10, 16, 18, 23, 26, 27)
    assert found.at_risk == (304, 302, 301, 300, 298, 297)
    assert [round(100 * each, 1) for each in found.survival] == [99.7, 99.3, 99.0, 98.7, 98.3, 98.0]
    cancer = (0.0, *found.incidence["cancer"])
    steps = [round(100 * (b - a), 1) for a, b in pairwise(cancer)]
    assert steps == [0.3, 0.3, 0.0, 0.3, 0.0, 0.3]
    assert repr(found) == "Incidence(cancer, other; 6 times)"


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("is_late", [False, True])
def test_untied_times_give_the_products_of_the_textbooks(seed: int, is_late: bool) -> None:
    rows = [(days, entered if is_late else 0.0, cause) for days, entered, cause in untied(seed)]
    days, entries, causes = (list(column) for column in zip(*rows, strict=True))
    ended = [cause is not None for cause in causes]
    survival = kaplan_meier(days, ended, entries=entries)
    incidence = aalen_johansen(days, causes, entries=entries)
    for age in (*survival.times, 0.0, 1e9):
        still, shares = by_product(rows, age)
        assert survival.at(age) == pytest.approx(still, abs=1e-9)
        assert incidence.survival_at(age) == pytest.approx(still, abs=1e-9)
        for cause, share in shares.items():
            assert incidence.at(cause, age) == pytest.approx(share, abs=1e-9)


@given(ROWS.filter(lambda rows: any(cause for _, cause in rows)))
def test_survival_and_incidence_are_those_of_statsmodels(
    rows: list[tuple[float, str | None]],
) -> None:
    days, causes = np.array([row[0] for row in rows]), [row[1] for row in rows]
    status = np.array([("won", "lost").index(cause) + 1 if cause else 0 for cause in causes])
    with np.errstate(all="ignore"):
        known, by_cause = SurvfuncRight(days, status > 0), CumIncidenceRight(days, status)
    found = kaplan_meier(days.tolist(), [cause is not None for cause in causes])
    incidence = aalen_johansen(days.tolist(), causes)
    for place, age in enumerate(known.surv_times):
        assert found.at(age) == pytest.approx(known.surv_prob[place], abs=1e-9)
    for place, age in enumerate(by_cause.times):
        for series, cause in zip(by_cause.cinc, ("won", "lost"), strict=False):
            assert incidence.at(cause, age) == pytest.approx(series[place], abs=1e-9)


@given(st.lists(DAYS, min_size=1, max_size=40), DAYS)
def test_without_censoring_survival_is_the_share_still_there(days: list[float], age: float) -> None:
    found = kaplan_meier(days, [True] * len(days))
    assert found.at(age) == pytest.approx(sum(day > age for day in days) / len(days), abs=1e-12)


@given(LATE, DAYS)
def test_the_shares_of_all_causes_and_survival_add_up_to_1(
    rows: list[tuple[float, float, str | None]], age: float
) -> None:
    found = late(rows)
    total = sum(found.at(cause, age) for cause in ("won", "lost")) + found.survival_at(age)
    assert total == pytest.approx(1, abs=1e-12)


@given(LATE, DAYS)
def test_of_one_cause_the_incidence_is_what_survival_lacks(
    rows: list[tuple[float, float, str | None]], age: float
) -> None:
    ended = [cause is not None for *_, cause in rows]
    days, entries = [row[0] for row in rows], [row[1] for row in rows]
    found = aalen_johansen(days, ["end" if each else None for each in ended], entries=entries)
    survival = kaplan_meier(days, ended, entries=entries)
    assert found.at("end", age) == pytest.approx(1 - survival.at(age), abs=1e-12)


@given(LATE.flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))))
def test_the_order_of_the_rows_does_not_matter(orders: tuple[Any, Any]) -> None:
    one, other = map(late, orders)
    assert one == other
    assert survival_of(orders[0]) == survival_of(orders[1])


@given(LATE)
def test_survival_falls_within_its_band(rows: list[tuple[float, float, str | None]]) -> None:
    found = survival_of(rows)
    assert list(found.survival) == sorted(found.survival, reverse=True)
    for low, share, high in zip(found.low, found.survival, found.high, strict=True):
        assert 0 <= low <= share <= high <= 1


@given(LATE, DAYS, DAYS)
def test_chances_within_a_span_lie_between_0_and_1(
    rows: list[tuple[float, float, str | None]], age: float, horizon: float
) -> None:
    found = late(rows)
    chances = [found.within(cause, age, horizon) for cause in ("won", "lost")]
    is_watched = any(entered <= age < left for left, entered, _ in rows)
    assert (chances[0] is None) == (not is_watched or found.survival_at(age) == 0)
    assert -1e-12 <= sum(chance or 0 for chance in chances) <= 1 + 1e-12


def late(rows: list[tuple[float, float, str | None]]) -> Any:
    days, entries, causes = zip(*rows, strict=True) if rows else ((), (), ())
    return aalen_johansen(days, causes, entries=entries)


def survival_of(rows: list[tuple[float, float, str | None]]) -> Survival:
    days, entries, causes = zip(*rows, strict=True) if rows else ((), (), ())
    return kaplan_meier(days, [cause is not None for cause in causes], entries=entries)


def test_leaving_out_the_open_ones_biases_the_median() -> None:
    closed = [week for week, relapsed in zip(WEEKS, RELAPSED, strict=True) if relapsed]
    assert kaplan_meier(closed, [True] * len(closed)).median == 10
    assert kaplan_meier(WEEKS, RELAPSED).median == 23


def test_one_who_came_late_is_at_risk_only_from_then_on() -> None:
    found = kaplan_meier([5, 10, 10], [True, True, False], entries=[0, 0, 7])
    assert found.at_risk == (2, 2)
    assert found.survival == (0.5, 0.25)


def test_one_who_comes_and_goes_at_once_is_not_at_risk() -> None:
    assert kaplan_meier([5, 5], [True, True], entries=[5, 0]).at_risk == (1,)
    assert kaplan_meier([0, 4], [True, True], entries=[0, 0]).at_risk == (2, 1)


def test_where_all_have_ended_the_band_keeps_its_upper_end() -> None:
    found = kaplan_meier([1, 2], [True, True])
    assert found.survival == (0.5, 0)
    assert (found.low[1], found.high[1]) == (0, found.high[0])
    assert found.median_interval[1] is None


def test_of_nothing_nothing_is_known() -> None:
    empty = kaplan_meier([], [])
    assert (empty.count, empty.times, empty.median) == (0, (), None)
    assert empty.at(10) == 1
    incidence = aalen_johansen([], [])
    assert incidence.within("won", 0, 30) is None
    assert aalen_johansen([], [], entries=[]).within("won", 0, 30) is None
    assert incidence.at("won", 3) == 0


def test_where_nobody_is_watched_no_chance_is_known() -> None:
    found = aalen_johansen([10, 40, 50], ["won", None, "won"], entries=[0, 0, 20])
    assert found.watched == ((0, 50),)
    gap = aalen_johansen([10, 12, 40, 50], [None, "won", None, "won"], entries=[0, 3, 20, 30])
    assert gap.watched == ((0, 12), (20, 50))
    assert gap.within("won", 5, 2) == 0
    assert gap.within("won", 15, 100) is None
    assert aalen_johansen([10, 40], ["won", None]).within("won", 40, 5) is None


def test_once_all_have_ended_no_chance_is_left() -> None:
    found = aalen_johansen([10, 10, 40], ["won", "lost", "won"], entries=[0, 0, 5])
    assert found.within("won", 0, 10) == pytest.approx(1 / 3)
    ended = aalen_johansen([10, 40], ["won", "won"], entries=[0, 20])
    assert ended.survival_at(30) == 0
    assert ended.within("won", 30, 30) is None


def test_a_cause_never_seen_has_no_share() -> None:
    assert aalen_johansen([1, 2], ["won", None]).at("wno", 1) == 0


def test_a_share_never_reached_has_no_age() -> None:
    found = kaplan_meier([1, 2, 3, 4], [True, False, False, False])
    assert (found.quantile(0.25), found.quantile(0.5)) == (1, None)


Call = tuple[tuple[Any, ...], dict[str, Any], str]
WRONG: list[Call] = [
    (
        ([1, -2], [True, True]),
        {},
        "durations[1]: expected a number of days of zero or more, got -2",
    ),
    (([math.nan], [True]), {}, "durations[0]: expected a number of days of zero or more, got nan"),
    (([math.inf], [True]), {}, "durations[0]: expected a number of days of zero or more, got inf"),
    (([True], [True]), {}, "durations[0]: expected a number of days of zero or more, got True"),
    ((["3"], [True]), {}, "durations[0]: expected a number of days of zero or more, got '3'"),
    (("12", [True]), {}, "durations: expected a list, got '12'"),
    ((7, [True]), {}, "durations: expected a list, got 7"),
    (([1], [1]), {}, "ended[0]: expected true or false, got 1"),
    (([1], []), {}, "ended: expected as many as there are durations, 1, got 0 values"),
    (
        ([1], [True]),
        {"entries": [0, 0]},
        "entries: expected as many as there are durations, 1, got 2 values",
    ),
    (([1], [True]), {"entries": [2]}, "entries[0]: expected at most its duration, 1, got 2"),
    (
        ([1], [True]),
        {"confidence": 95},
        "confidence: expected a number between 0 and 1, such as 0.95, got 95",
    ),
]


@pytest.mark.parametrize(("given", "named", "message"), WRONG)
def test_what_cannot_be_estimated_is_refused(
    given: tuple[Any, ...], named: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidValue) as error:
        kaplan_meier(*given, **named)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("causes", "message"),
    [
        (["won", ""], "causes[1]: expected a name that is not blank, got ''"),
        (["won", 3], "causes[1]: expected text, got 3"),
        (["won", ["x"]], "causes[1]: expected text, got a list of 1"),
        (["won"], "causes: expected as many as there are durations, 2, got 1 values"),
    ],
)
def test_what_is_no_cause_is_refused(causes: list[Any], message: str) -> None:
    with pytest.raises(InvalidValue) as error:
        aalen_johansen([1, 2], causes)
    assert str(error.value) == message


def test_ages_that_are_none_are_refused() -> None:
    found = aalen_johansen([1, 2], ["won", None])
    with pytest.raises(InvalidValue, match=r"horizon: expected a number of days of zero or more"):
        found.within("won", 0, -3)
    with pytest.raises(InvalidValue, match="age: expected a number of days of zero or more"):
        found.within("won", math.nan, 3)
    with pytest.raises(InvalidValue, match="p: expected a number from 0 to 1, got 50"):
        kaplan_meier([1, 2], [True, False]).quantile(50)


def test_ages_of_other_libraries_are_taken() -> None:
    found = kaplan_meier(np.array([1.5, 2.5]), [True, False])
    assert found.at(2) == 0.5

from __future__ import annotations

import math
import random  # noqa: TID251 (seeded)
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from leadflow.errors import InvalidValue
from leadflow.learning.experiments import always_valid, over_looks
from leadflow.shares import Share

Look = dict[str, tuple[int, int]]


def days(rates: dict[str, float], looks: int, leads: int, seed: int = 0) -> list[Look]:
    chance, found = random.Random(seed), []
    hits = dict.fromkeys(rates, 0)
    for day in range(1, looks + 1):
        for arm, rate in rates.items():
            hits[arm] += sum(chance.random() < rate for _ in range(leads))
        found.append({arm: (hits[arm], day * leads) for arm in rates})
    return found


@pytest.mark.parametrize(
    ("first", "second"), [((120, 1000), (150, 1000)), ((10, 80), (30, 90)), ((0, 90), (40, 90))]
)
def test_one_look_is_the_mixture_of_likelihoods(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    """Integrate the likelihood ratio over the mixture, as Johari and others (2017) define it."""
    effect, variance = 0.05, 0.0
    for hits, of in (first, second):
        rate = (hits + 1) / (of + 2)
        variance += rate * (1 - rate) / of
    change, noise = second[0] / second[1] - first[0] / first[1], math.sqrt(variance)

    def ratio(truth: float) -> float:
        likelihood = stats.norm.pdf(change, truth, noise) / stats.norm.pdf(change, 0, noise)
        return float(likelihood * stats.norm.pdf(truth, 0, effect))

    mixed, _ = integrate.quad(ratio, -1, 1, points=[change, 0], epsabs=1e-13, epsrel=1e-11)
    found = always_valid({"a": first, "b": second}).comparisons[0]
    assert found.p_value == pytest.approx(min(1, 1 / mixed), rel=1e-9)


def test_the_bounds_are_the_differences_that_the_test_would_not_reject() -> None:
    found = always_valid({"a": (300, 1000), "b": (380, 1000)}).comparisons[0]
    half = (found.high - found.low) / 2
    assert (found.low + found.high) / 2 == pytest.approx(0.08)
    variance = sum(p * (1 - p) / 1000 for p in (301 / 1002, 381 / 1002))
    wide = variance + 0.05**2
    p = math.sqrt(wide / variance) * math.exp(-(0.05**2) * half**2 / (2 * variance * wide))
    assert p == pytest.approx(0.05)


def test_a_large_difference_is_decided_and_stays_so() -> None:
    looks = days({"a": 0.1, "b": 0.2}, 30, 50)
    found = over_looks(looks)
    (only,) = found.comparisons
    assert found.is_decided
    assert only.decided_at is not None
    assert only.p_values[only.decided_at - 1] < 0.05
    assert all(p >= 0.05 for p in only.p_values[: only.decided_at - 1])
    assert over_looks(looks[: only.decided_at]).comparisons[0].decided_at == only.decided_at
    assert 0 < only.low < 0.1 < only.high
    start = f"Decided at look {only.decided_at}: b is above a; conversion "
    assert found.verdict.startswith(start)
    assert found.explain().endswith(
        "After 30 looks; holds for any number of looks, with 95 % confidence "
        "(mixture sequential test)."
    )


def test_an_arm_below_is_named_so() -> None:
    found = over_looks(days({"b": 0.2, "a": 0.1}, 30, 50))
    assert "a is below b; conversion" in str(found)


def test_the_control_is_the_first_arm_of_the_first_look() -> None:
    found = over_looks([{"a": (1, 9), "b": (2, 9)}, {"b": (3, 19), "a": (4, 19)}])
    assert found.control == "a"


@pytest.mark.parametrize(
    ("first", "second", "is_said"),
    [
        ((0, 40), (19, 40), False),
        ((0, 40), (20, 40), True),
        ((40, 40), (21, 40), False),
        ((400, 900), (9, 9), False),
    ],
)
def test_nothing_is_said_before_there_is_enough(
    first: tuple[int, int], second: tuple[int, int], is_said: bool
) -> None:
    found = always_valid({"a": first, "b": second}, effect=0.3).comparisons[0]
    assert (found.p_value < 1) is is_said
    assert ((found.low, found.high) != (-1, 1)) is is_said


def test_what_is_not_decided_goes_on() -> None:
    found = always_valid({"a": (12, 100), "b": (15, 100)}, metric="answers")
    assert not found.is_decided
    assert str(found) == repr(found) == (
        "Not decided yet between b and a: answers 15.0 % against 12.0 %, the difference is "
        "from -14.9 points to +20.9 points (p 1.0000). Go on."
    )  # fmt: skip
    assert found.explain().splitlines()[1:3] == [
        "arm    rate  control   difference        interval       p  decided at look",
        "b    15.0 %   12.0 %  +3.0 points  -14.9 to +20.9  1.0000          not yet",
    ]
    assert "not yet" in found._repr_html_()


def test_arms_without_leads_have_no_data() -> None:
    found = over_looks([{"a": (0, 0), "b": (0, 0)}])
    (only,) = found.comparisons
    assert (only.p_value, only.low, only.high, only.is_decided) == (1, -1, 1, False)
    assert found.verdict == "b: no data to compare with a."


def test_one_arm_without_leads_has_none_either() -> None:
    found = over_looks([{"a": (3, 9), "b": (0, 0)}])
    assert found.explain().splitlines()[2].startswith("b    no data   33.3 %     no data")


def test_several_arms_are_corrected() -> None:
    two = always_valid({"a": (100, 1000), "b": (160, 1000)}).comparisons[0]
    three = always_valid({"a": (100, 1000), "b": (160, 1000), "c": (100, 1000)})
    assert three.comparisons[0].p_value == pytest.approx(2 * two.p_value)
    assert three.comparisons[0].low < two.low
    assert not three.is_decided
    assert always_valid(dict.fromkeys("abc", Share(1, 9)), control="b").control == "b"


def test_a_difference_that_changes_is_told() -> None:
    looks = days({"a": 0.1, "b": 0.3}, 10, 200)
    late: list[Look] = []
    for day in range(1, 30):
        (a, n), (b, _) = looks[-1].values()
        late.append({"a": (a + 120 * day, n + 200 * day), "b": (b + 20 * day, n + 200 * day)})
    found = over_looks([*looks, *late])
    (only,) = found.comparisons
    assert only.has_changed
    assert only.low <= only.high
    assert found.verdict.startswith("The difference between b and a has changed over time: 15.0 %")


COUNTS = st.integers(0, 30).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))
DAYS = st.lists(st.tuples(COUNTS, COUNTS), min_size=1, max_size=12)


def cumulated(daily: list[tuple[tuple[int, int], tuple[int, int]]]) -> list[Look]:
    found: list[Look] = []
    a = b = (0, 0)
    for first, second in daily:
        a, b = (a[0] + first[0], a[1] + first[1]), (b[0] + second[0], b[1] + second[1])
        found.append({"a": a, "b": b})
    return found


@given(DAYS)
def test_p_values_never_rise_and_bounds_only_close_in(daily: Any) -> None:
    looks = cumulated(daily)
    found = over_looks(looks).comparisons[0]
    assert list(found.p_values) == sorted(found.p_values, reverse=True)
    before = over_looks(looks[:-1]).comparisons[0] if looks[:-1] else None
    if before is not None:
        assert before.low <= found.low <= found.high <= before.high
        assert found.p_values[:-1] == before.p_values


@given(DAYS)
def test_a_test_is_decided_when_its_bounds_leave_zero(daily: Any) -> None:
    found = over_looks(cumulated(daily)).comparisons[0]
    if not found.has_changed:
        assert found.is_decided == (found.low > 0 or found.high < 0)


@given(DAYS)
def test_arms_change_places_and_only_the_sign(daily: Any) -> None:
    looks = cumulated(daily)
    one, other = over_looks(looks), over_looks(looks, control="b")
    first, second = one.comparisons[0], other.comparisons[0]
    assert first.p_values == pytest.approx(second.p_values)
    assert (first.low, first.high) == pytest.approx((-second.high, -second.low))


def test_1000_tests_of_two_equal_arms_looked_at_30_times() -> None:
    chance = random.Random(8)
    always = plain = 0
    for _ in range(1000):
        seed = chance.randrange(2**32)
        looks = days({"a": 0.3, "b": 0.3}, 30, 10, seed)
        always += over_looks(looks, effect=0.2).comparisons[0].is_decided
        plain += any(abs(z_of(look)) > 1.959964 for look in looks)
    assert always <= 50
    assert plain >= 220


def z_of(look: Look) -> float:
    (a, n), (b, m) = look.values()
    rate = (a + b) / (n + m)
    spread = math.sqrt(rate * (1 - rate) * (1 / n + 1 / m))
    return (b / m - a / n) / spread if spread else 0.0


OK: Look = {"a": (10, 50), "b": (12, 50)}


@pytest.mark.parametrize(
    ("looks", "named", "message"),
    [
        ([], {}, "looks: expected at least one look, got none"),
        (OK, {}, "looks: expected a list, got a dict of 2"),
        ([OK, 5], {}, "looks[1]: expected a mapping by arm, got 5"),
        ([{"a": (1, 2)}], {}, "looks[0]: expected two arms or more, got 1"),
        ([{"a": (1, 2), "b": (3, 2)}], {}, "looks[0]['b'].hits: expected at most 2"),
        (
            [OK, {"a": (2, 60), "b": (20, 60)}],
            {},
            "looks[1]['a']: expected at least the 10 hits of the look before, got 2 (each look",
        ),
        (
            [OK, {"a": (20, 55), "b": (20, 80)}],
            {},
            "looks[1]['a']: expected at least the 40 misses of the look before, got 35",
        ),
        (
            [OK, {"a": (20, 90), "c": (20, 80)}],
            {},
            "looks[1]: expected the arms of the look before, 'a', 'b', got 'a', 'c'",
        ),
        ([OK], {"control": "c"}, "control: expected one of the arms, got 'c'"),
        ([OK], {"effect": 5}, "effect: expected a number between 0 and 1"),
        ([OK], {"effect": 1e-200}, "effect: expected a difference of at least 0.0001"),
        ([OK], {"confidence": 1.0}, "confidence: expected a number between 0 and 1"),
        ([OK], {"metric": 3}, "metric: expected text, got 3"),
    ],
)
def test_what_cannot_be_followed_is_refused(
    looks: Any, named: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidValue) as error:
        over_looks(looks, **named)
    assert str(error.value).startswith(message)

from __future__ import annotations

import math
from typing import Any

import pytest
from scipy import stats

from leadflow.errors import InvalidValue
from leadflow.learning.experiments import sample_size
from leadflow.learning.experiments.exact import fisher


def plain(p: float, q: float, error: float, power: float) -> float:
    """Tell what R's `power.prop.test` gives: without the correction for the exact test."""
    mean = (p + q) / 2
    spread = stats.norm.isf(error / 2) * math.sqrt(2 * mean * (1 - mean))
    spread += stats.norm.ppf(power) * math.sqrt(p * (1 - p) + q * (1 - q))
    return float((spread / (p - q)) ** 2)


def power_of(p: float, q: float, size: int) -> float:
    """Add up the chance of all outcomes that Fisher's exact test calls clear."""
    first, second = stats.binom(size, p), stats.binom(size, q)
    return float(
        sum(
            first.pmf(x) * second.pmf(y)
            for x in range(size + 1)
            for y in range(size + 1)
            if first.pmf(x) * second.pmf(y) > 1e-7 and fisher((x, size), (y, size)) < 0.05
        )
    )


def test_the_formula_is_the_published_one() -> None:
    # R: power.prop.test(p1 = .50, p2 = .75, power = .90) gives n = 76.7.
    size = plain(0.5, 0.75, 0.05, 0.9)
    assert size == pytest.approx(76.7, abs=0.05)
    corrected = size / 4 * (1 + math.sqrt(1 + 4 / (size * 0.25))) ** 2
    assert sample_size(0.5, to=0.75, power=0.9).per_arm == math.ceil(corrected) == 85


@pytest.mark.parametrize(("p", "q"), [(0.2, 0.45), (0.5, 0.75)])
def test_so_many_leads_find_the_change_as_often_as_asked(p: float, q: float) -> None:
    size = sample_size(p, to=q).per_arm
    assert 0.79 < power_of(p, q, size) < 0.83
    assert power_of(p, q, math.ceil(plain(p, q, 0.05, 0.8))) < 0.79


def test_several_arms_need_more() -> None:
    three = sample_size(0.1, to=0.12, arms=3)
    assert three.per_arm == sample_size(0.1, to=0.12, confidence=0.975).per_arm
    assert three.total == 3 * three.per_arm


def test_a_lift_is_a_part_of_the_baseline() -> None:
    assert sample_size(0.1, lift=0.2).per_arm == sample_size(0.1, to=0.12).per_arm
    assert sample_size(0.1, lift=-0.1).to == pytest.approx(0.09)


def test_a_size_in_words() -> None:
    assert str(sample_size(0.1, to=0.12, power=0.9)) == (
        "5,241 leads in each of 2 arms, 10,482 in all, to find a change from 10.0 % to 12.0 % "
        "(90 % power, 95 % confidence)"
    )


@pytest.mark.parametrize(
    ("baseline", "named", "message"),
    [
        (0.1, {}, "sample_size: expected either lift or to, got neither"),
        (0.1, {"to": 0.2, "lift": 0.1}, "sample_size: expected either lift or to, got both"),
        (0.0, {"to": 0.2}, "baseline: expected a number between 0 and 1"),
        (10, {"to": 0.2}, "baseline: expected a number between 0 and 1"),
        (0.1, {"to": 1.0}, "to: expected a number between 0 and 1"),
        (0.1, {"to": 0.1}, "to: expected a change from the baseline, got 0.1"),
        (0.1, {"lift": 0}, "lift: expected a change from the baseline, got 0"),
        (0.6, {"lift": 1}, "lift: expected a lift to a rate between 0 and 1, got 1, to 120.0 %"),
        (0.6, {"lift": -1}, "lift: expected a lift to a rate between 0 and 1, got -1, to 0.0 %"),
        (0.6, {"lift": math.nan}, "lift: expected a part of the baseline, such as 0.1, got nan"),
        (0.6, {"lift": 10**400}, "lift: expected a part of the baseline, such as 0.1, got an int"),
        (0.6, {"lift": "10 %"}, "lift: expected a part of the baseline, such as 0.1, got '10 %'"),
        (0.1, {"to": 0.2, "power": 80}, "power: expected a number between 0 and 1"),
        (0.1, {"to": 0.2, "power": 0.03}, "power: expected a power above 1 - confidence"),
        (0.1, {"to": 0.2, "confidence": 0}, "confidence: expected a number between 0 and 1"),
        (0.1, {"to": 0.2, "arms": 1}, "arms: expected a whole number of at least 2, got 1"),
        (0.1, {"to": 0.2, "arms": 2000}, "arms: expected at most 1,000 arms, got 2,000"),
    ],
)
def test_what_asks_for_no_size_is_refused(
    baseline: Any, named: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidValue) as error:
        sample_size(baseline, **named)
    assert str(error.value).startswith(message)

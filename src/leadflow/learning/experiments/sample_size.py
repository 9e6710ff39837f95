"""How many leads a split test needs before it starts."""

from __future__ import annotations

import math

import attrs

from leadflow.errors import InvalidValue, shown
from leadflow.learning.experiments.arms import portion
from leadflow.shares import normal_quantile, percent
from leadflow.values import whole

_LARGEST = 1e300
_MOST_ARMS = 1_000


@attrs.frozen
class SampleSize:
    """How many leads each arm needs to find a change from one rate to another.

    `power` is the chance to find it if it is there, 1 - `confidence` the chance to find one where
    there is none.
    """

    per_arm: int
    baseline: float
    to: float
    power: float
    confidence: float
    arms: int

    @property
    def total(self) -> int:
        """The leads of all arms together."""
        return self.per_arm * self.arms

    def __str__(self) -> str:
        change = f"from {percent(self.baseline)} to {percent(self.to)}"
        sure = f"{100 * self.power:g} % power, {100 * self.confidence:g} % confidence"
        return f"{self.per_arm:,} leads in each of {self.arms} arms, {self.total:,} in all, to find a change {change} ({sure})"


def sample_size(
    baseline: float,
    *,
    lift: float | None = None,
    to: float | None = None,
    power: float = 0.8,
    confidence: float = 0.95,
    arms: int = 2,
) -> SampleSize:
    """Tell how many leads each arm of a split test needs, before it starts.

    `baseline` is the rate today, `to` the rate worth finding, or `lift` the change as a part of the
    baseline: 0.2 is a fifth more, -0.1 a tenth less. For several arms each is compared with the
    control, at the confidence that Bonferroni's correction asks for. The formula is that of Fleiss,
    Tytun and Ury (1980), with the correction that Fisher's exact test needs.

    Raises `InvalidValue` for rates, powers and confidences that are not between 0 and 1, for both or
    neither of `lift` and `to`, and for no change at all.

    >>> print(sample_size(0.10, to=0.12))
    3,941 leads in each of 2 arms, 7,882 in all, to find a change from 10.0 % to 12.0 % (80 % power, 95 % confidence)
    >>> sample_size(0.10, lift=0.2).per_arm
    3941
    """
    p = portion("baseline", baseline)
    q = _target(p, lift, to)
    groups = whole("arms", arms, least=2)
    if groups > _MOST_ARMS:
        raise InvalidValue("arms", f"{groups:,}", f"at most {_MOST_ARMS:,} arms")
    error, find = 1 - portion("confidence", confidence), portion("power", power)
    if find <= error:
        raise InvalidValue("power", shown(power), "a power above 1 - confidence, such as 0.8")
    error_each = error / (groups - 1)
    found = _per_arm(p, q, -normal_quantile(error_each / 2), normal_quantile(find))
    return SampleSize(found, p, q, float(power), float(confidence), groups)


def _target(baseline: float, lift: float | None, to: float | None) -> float:
    if (lift is None) == (to is None):
        raise InvalidValue("sample_size", "neither" if to is None else "both", "either lift or to")
    if to is not None:
        where, given, target = "to", to, portion("to", to)
    else:
        where, given = "lift", lift  # type: ignore[assignment]
        target = _lifted(baseline, lift)
    if target == baseline:
        raise InvalidValue(where, shown(given), "a change from the baseline")
    return target


def _is_small(lift: float) -> bool:
    return -_LARGEST < lift < _LARGEST  # NaN is neither


def _lifted(baseline: float, lift: object) -> float:
    if isinstance(lift, bool) or not isinstance(lift, int | float) or not _is_small(lift):
        raise InvalidValue("lift", shown(lift), "a part of the baseline, such as 0.1")
    target = baseline * (1 + lift)
    if not 0 < target < 1:
        expected = "a lift to a rate between 0 and 1"
        raise InvalidValue("lift", f"{shown(lift)}, to {percent(target)}", expected)
    return target


def _per_arm(p: float, q: float, z_error: float, z_power: float) -> int:
    mean, gap = (p + q) / 2, abs(p - q)
    spread = z_error * math.sqrt(2 * mean * (1 - mean))
    spread += z_power * math.sqrt(p * (1 - p) + q * (1 - q))
    plain = (spread / gap) ** 2
    return math.ceil(plain / 4 * (1 + math.sqrt(1 + 4 / (plain * gap))) ** 2)

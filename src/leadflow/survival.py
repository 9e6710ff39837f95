"""How long until something ends, with those that have not ended yet counted as such."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from operator import ne
from typing import Any, NamedTuple

import attrs

from leadflow.errors import InvalidValue, shown
from leadflow.shares import normal_quantile
from leadflow.values import Frozen, flag, listed, name

_AGE = "a number of days of zero or more"
_HALF = 0.5


def _days(where: str, values: Iterable[float]) -> tuple[float, ...]:
    given = listed(where, values)
    if not _are_ages(given):
        for place, value in enumerate(given):
            if not _is_age(value):
                raise InvalidValue(f"{where}[{place}]", shown(value), _AGE)
    return given


def _are_ages(given: Sequence[float]) -> bool:
    """Look at all of them at once, which is quick; NaN is unequal to itself."""
    if not set(map(type, given)) <= {int, float} or any(map(ne, given, given)):
        return False
    return min(given, default=0) >= 0 and max(given, default=0) < math.inf


def _is_age(value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 <= value < math.inf  # type: ignore[operator]


def _confidence(value: float) -> float:
    if not isinstance(value, float) or not 0 < value < 1:
        raise InvalidValue("confidence", shown(value), "a number between 0 and 1, such as 0.95")
    return value


def _entered(entries: Iterable[float] | None, durations: Sequence[float]) -> Sequence[float] | None:
    if entries is None:
        return None
    given = _days("entries", entries)
    _same("entries", given, durations)
    for place, (entered, left) in enumerate(zip(given, durations, strict=True)):
        if entered > left:
            raise InvalidValue(f"entries[{place}]", shown(entered), f"at most its duration, {left}")
    return given


def _same(where: str, given: Sequence[object], durations: Sequence[float]) -> None:
    if len(given) != len(durations):
        expected = f"as many as there are durations, {len(durations)}"
        raise InvalidValue(where, f"{len(given)} values", expected)


class _Moment(NamedTuple):
    """What happened at one age: how many were at risk just before it, and how many ended by what."""

    time: float
    at_risk: int
    ended: Mapping[str, int]


def _moments(
    durations: Sequence[float], causes: Iterable[str | None], entries: Sequence[float] | None
) -> list[_Moment]:
    """Count who was at risk and what ended, at each age at which something ended.

    One who enters at an age above 0 is at risk from just after it on.
    """
    if entries is not None:
        kept = [
            (time, cause, entered)
            for time, cause, entered in zip(durations, causes, entries, strict=True)
            if entered < time or not entered
        ]
        durations, causes = [one[0] for one in kept], [one[1] for one in kept]
        entries = [one[2] or -1 for one in kept]
    ends: dict[float, dict[str, int]] = {}
    for time, cause in zip(durations, causes, strict=True):
        if cause is not None:
            counts = ends.setdefault(time, {})
            counts[cause] = counts.get(cause, 0) + 1
    left = sorted(durations)
    if entries is None:
        return [
            _Moment(time, len(left) - bisect_left(left, time), ends[time]) for time in sorted(ends)
        ]
    came = sorted(entries)
    return [
        _Moment(time, bisect_left(came, time) - bisect_left(left, time), ends[time])
        for time in sorted(ends)
    ]


@attrs.frozen(repr=False)
class Survival:
    """The share that has not ended yet, by age in days: the estimate of Kaplan and Meier (1958).

    `times` are the ages at which something ended; at each, `survival` is the share not ended yet
    from then on, between `low` and `high`, `at_risk` how many were looked at just before, and
    `ended` how many ended. `count` are all, `censored` those that had not ended when last seen. The
    band is that of Greenwood (1926) on the scale log(-log), as Kalbfleisch and Prentice (1980) have
    it; where all have ended it knows no upper end, and keeps the one before.
    """

    times: tuple[float, ...]
    survival: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    at_risk: tuple[int, ...]
    ended: tuple[int, ...]
    count: int
    censored: int

    def at(self, age: float) -> float:
        """Return the share not ended yet at an age.

        >>> kaplan_meier([1, 2, 3, 4], [True, True, False, True]).at(2.5)
        0.5
        """
        place = bisect_right(self.times, age)
        return self.survival[place - 1] if place else 1.0

    def quantile(self, p: float) -> float | None:
        """Return the age by which the share `p` has ended; None if it never gets so far.

        Raises `InvalidValue` for a share that is not from 0 to 1.
        """
        if isinstance(p, bool) or not isinstance(p, int | float) or not 0 <= p <= 1:
            raise InvalidValue("p", shown(p), "a number from 0 to 1")
        return _first(self.times, self.survival, 1 - p)

    @property
    def median(self) -> float | None:
        """The age by which half have ended; None if it never gets so far."""
        return self.quantile(_HALF)

    @property
    def median_interval(self) -> tuple[float | None, float | None]:
        """The confidence interval of the median, where the band crosses one half.

        Brookmeyer and Crowley (1982); None on a side where it does not.
        """
        return _first(self.times, self.low, _HALF), _first(self.times, self.high, _HALF)

    def __repr__(self) -> str:
        return f"Survival({self.count:,} of which {self.censored:,} censored, median {self.median})"


def _first(times: Sequence[float], values: Sequence[float], level: float) -> float | None:
    reached = (t for t, value in zip(times, values, strict=True) if value <= level + 1e-12)
    return next(reached, None)


def kaplan_meier(
    durations: Iterable[float],
    ended: Iterable[bool],
    *,
    entries: Iterable[float] | None = None,
    confidence: float = 0.95,
) -> Survival:
    """Estimate the share that has not ended yet by age, from times of which some are not over.

    `durations` are ages in days when each ended or was last seen, `ended` tells which; `entries` are
    the ages at which each came under observation (0 unless given). The order does not matter.

    Raises `InvalidValue`, naming the place, for what is no number of zero or more, for an entry after
    its duration, and for lists of different length.

    >>> kaplan_meier([5, 8, 12, 12, 20], [True, False, True, True, False]).survival
    (0.8, 0.26666666666666666)
    """
    times = _days("durations", durations)
    flags = _flags(ended)
    _same("ended", flags, times)
    z = -normal_quantile((1 - _confidence(confidence)) / 2)
    moments = _moments(times, ("" if each else None for each in flags), _entered(entries, times))
    still, spread = 1.0, 0.0
    rows: list[tuple[float, float, float, float, int, int]] = []
    highest = 1.0
    for moment in moments:
        at_risk, gone = moment.at_risk, moment.ended[""]
        still *= (at_risk - gone) / at_risk
        spread = math.inf if gone == at_risk else spread + gone / (at_risk * (at_risk - gone))
        low, highest = _band(still, spread, z, highest)
        rows.append((moment.time, still, low, highest, at_risk, gone))
    columns: Iterable[Any] = zip(*rows, strict=True) if rows else ((),) * 6
    values = (*columns, len(times), flags.count(False))
    return Survival(*values)


def _flags(ended: Iterable[bool]) -> tuple[bool, ...]:
    given = listed("ended", ended)
    if set(map(type, given)) <= {bool}:
        return given
    return tuple(flag(f"ended[{place}]", each) for place, each in enumerate(given))


def _band(still: float, spread: float, z: float, highest: float) -> tuple[float, float]:
    if not still:
        return 0.0, highest
    log = math.log(still)
    width = z * math.sqrt(spread) / log
    return still ** math.exp(-width), still ** math.exp(width)


@attrs.frozen(repr=False)
class Incidence:
    """The share that has ended by each cause, by age in days: the estimate of Aalen and Johansen (1978).

    `times` are the ages at which something ended; at each, `incidence` holds for every cause the
    share that has ended by it, `survival` the share that has not ended at all, and `at_risk` how
    many were looked at just before. The shares of all causes and `survival` add up to 1. `watched`
    are the spans of ages, from and to, at which at least one was under observation.
    """

    times: tuple[float, ...]
    survival: tuple[float, ...]
    incidence: Mapping[str, tuple[float, ...]]
    at_risk: tuple[int, ...]
    watched: tuple[tuple[float, float], ...]

    def at(self, cause: str, age: float) -> float:
        """Return the share that has ended by a cause at an age; 0 for a cause never seen."""
        place = bisect_right(self.times, age)
        return self.incidence[cause][place - 1] if place and cause in self.incidence else 0.0

    def survival_at(self, age: float) -> float:
        """Return the share that has not ended at an age."""
        place = bisect_right(self.times, age)
        return self.survival[place - 1] if place else 1.0

    def within(self, cause: str, age: float, horizon: float) -> float | None:
        """Return the chance of ending by a cause within `horizon` days, not having ended by `age`.

        None where nobody was under observation at `age`, or all had ended by then: nothing is known.
        Beyond the last age seen nothing ends, so that a `horizon` past it gives too little. Raises
        `InvalidValue` for an age or a horizon that is no number of days of zero or more.

        >>> deals = aalen_johansen([10, 20, 30, 40], ["won", "lost", "won", None])
        >>> deals.within("won", 15, 20)
        0.3333333333333333
        """
        for where, value in (("age", age), ("horizon", horizon)):
            if not _is_age(value):
                raise InvalidValue(where, shown(value), _AGE)
        still = self.survival_at(age)
        if not still or not any(start <= age < end for start, end in self.watched):
            return None
        return (self.at(cause, age + horizon) - self.at(cause, age)) / still

    def __repr__(self) -> str:
        return f"Incidence({', '.join(self.incidence)}; {len(self.times):,} times)"


def aalen_johansen(
    durations: Iterable[float],
    causes: Iterable[str | None],
    *,
    entries: Iterable[float] | None = None,
) -> Incidence:
    """Estimate the share that ends by each of several causes by age, each in the way of the others.

    `durations` are ages in days when each ended or was last seen, `causes` tells by what it ended
    (None: not yet); `entries` are the ages at which each came under observation (0 unless given).
    The order does not matter. Raises `InvalidValue`, naming the place, as `kaplan_meier` does.

    >>> aalen_johansen([10, 20, 30], ["won", "lost", None]).incidence["won"]
    (0.3333333333333333, 0.3333333333333333)
    """
    times = _days("durations", durations)
    given = _causes(causes)
    _same("causes", given, times)
    entered = _entered(entries, times)
    moments = _moments(times, given, entered)
    keys = sorted({cause for cause in given if cause is not None})
    shares = dict.fromkeys(keys, 0.0)
    still, survival = 1.0, []
    series: dict[str, list[float]] = {key: [] for key in keys}
    for moment in moments:
        for cause, count in moment.ended.items():
            shares[cause] += still * count / moment.at_risk
        still *= (moment.at_risk - sum(moment.ended.values())) / moment.at_risk
        survival.append(still)
        for key in keys:
            series[key].append(shares[key])
    return Incidence(
        tuple(moment.time for moment in moments),
        tuple(survival),
        Frozen({key: tuple(values) for key, values in series.items()}),
        tuple(moment.at_risk for moment in moments),
        _watched(times, entered),
    )


def _causes(causes: Iterable[str | None]) -> list[str | None]:
    known: dict[str | None, str | None] = {None: None}
    found = []
    for place, cause in enumerate(listed("causes", causes)):
        if cause is not None and (not isinstance(cause, str) or cause not in known):
            known[cause] = name(f"causes[{place}]", cause)
        found.append(known[cause])
    return found


def _watched(
    durations: Sequence[float], entries: Sequence[float] | None
) -> tuple[tuple[float, float], ...]:
    if entries is None:
        return ((0, max(durations)),) if durations else ()
    came, left = sorted(entries), sorted(durations)
    # One more comes after as many have left as had come: between them nobody is there.
    breaks = [place for place in range(1, len(came)) if came[place] > left[place - 1]]
    starts, ends = [0, *breaks], [*breaks, len(came)]
    return tuple((came[a], left[b - 1]) for a, b in zip(starts, ends, strict=True) if a < b)

"""Attempts: how often leads are tried, and what each further attempt yields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial

import attrs

from leadflow.conditions import Condition
from leadflow.conditions.node import CONDITION_TYPES
from leadflow.errors import InvalidValue, shown
from leadflow.lead import Lead
from leadflow.markup import aligned, counted, table
from leadflow.pipeline.metrics.group import By, Measured, measure_leads, there_at
from leadflow.shares import Share, percent
from leadflow.values import flag, instant, listed, name, whole

_HEADER = (
    "attempt",
    "reached",
    "succeeded",
    "of those reached",
    "of all successes",
    "of those ended",
)
_MOST = 10


@attrs.frozen
class Attempt:
    """What the n-th attempt yields.

    `reached` leads were tried at least so often; on `hits` of them this attempt succeeded. `hazard`
    is the share of the one in the other, `cumulative` the share of all successes that came by now,
    and `ended` the success rate of the leads that were tried exactly so often.
    """

    number: int
    reached: int
    hits: int
    cumulative: float | None
    ended: Share
    is_pooled: bool = False

    @property
    def hazard(self) -> Share:
        """The share of those reached for whom this attempt succeeded."""
        return Share(self.hits, self.reached)

    @property
    def label(self) -> str:
        """The number of the attempt; the last row may stand for it and all after it."""
        return f"{self.number:,} and more" if self.is_pooled else f"{self.number:,}"

    def cells(self) -> tuple[str, ...]:
        """Write it as the cells of a table."""
        return (
            self.label, f"{self.reached:,}", f"{self.hits:,}", str(self.hazard),
            percent(self.cumulative), str(self.ended),
        )  # fmt: skip

    def figures(self) -> tuple[object, ...]:
        """Return the figures of the cells, not written yet."""
        shares = (self.hazard, self.cumulative, self.ended)
        return (self.label, self.reached, self.hits, *shares)


@attrs.frozen(repr=False)
class AttemptYield:
    """What each attempt yields, from the first on; ``attempts[1]`` is the first."""

    leads: int
    attempts: tuple[Attempt, ...]

    def __getitem__(self, number: int) -> Attempt:
        """Return the attempt of a number; raises `InvalidValue` where nobody was tried so often."""
        for attempt in self.attempts:
            if attempt.number == number:
                return attempt
        there = (
            f"a number from 1 to {len(self)}" if self.attempts else "attempts, of which are none"
        )
        raise InvalidValue("attempt", shown(number), there)

    def __iter__(self) -> Iterator[Attempt]:
        return iter(self.attempts)

    def __len__(self) -> int:
        return len(self.attempts)

    def header(self) -> tuple[str, ...]:
        """Name the columns."""
        return _HEADER

    def explain(self) -> str:
        """Show them as a table for a terminal."""
        return "\n".join(aligned(_HEADER, [attempt.cells() for attempt in self.attempts]))

    def __str__(self) -> str:
        shares = ", ".join(f"{each.label}: {percent(each.hazard.value)}" for each in self)
        return shares or "no data"

    def __repr__(self) -> str:
        return f"AttemptYield({counted(self.leads, 'lead')}, {counted(len(self), 'attempt')})"

    def _repr_html_(self) -> str:
        return table("attempts", _HEADER, [attempt.cells() for attempt in self.attempts])


def attempt_yield_of(pairs: Iterable[tuple[int, bool]], *, most: int = _MOST) -> AttemptYield:
    """Tell what each attempt yields from pairs: how often a lead was tried, and whether it succeeded.

    The success is that of the last attempt. Attempts beyond `most` are one row. Raises
    `InvalidValue`, naming the place.

    >>> print(attempt_yield_of([(1, True), (2, False), (2, True)])[2].hazard.hits)
    1
    """
    limit = whole("most", most, least=1)
    tried: Counter[int] = Counter()
    hits: Counter[int] = Counter()
    for place, pair in enumerate(listed("pairs", pairs)):
        count, success = _pair(f"pairs[{place}]", pair)
        tried[min(count, limit + 1)] += 1
        hits[min(count, limit + 1)] += success
    return _yield(tried, hits, limit)


def _pair(where: str, pair: object) -> tuple[int, bool]:
    if not isinstance(pair, tuple | list) or len(pair) != len(("tried", "succeeded")):
        raise InvalidValue(where, shown(pair), "how often it was tried, and whether it succeeded")
    return whole(f"{where}[0]", pair[0], least=1), flag(f"{where}[1]", pair[1])


def _yield(tried: Counter[int], hits: Counter[int], limit: int) -> AttemptYield:
    all_hits, reached, so_far = sum(hits.values()), sum(tried.values()), 0
    found = []
    leads = reached
    for number in range(1, max(tried, default=0) + 1):
        so_far += hits[number]
        share = so_far / all_hits if all_hits else None
        ended = Share(hits[number], tried[number])
        found.append(Attempt(number, reached, hits[number], share, ended, number > limit))
        reached -= tried[number]
    return AttemptYield(leads, tuple(found))


def attempt_yield(
    leads: Iterable[Lead],
    *,
    as_of: datetime,
    channel: str | None = None,
    success: Condition | Callable[[Lead], bool] | None = None,
    most: int = _MOST,
    by: By = (),
    groups: Iterable[str] = (),
) -> Measured[AttemptYield]:
    """Tell what each attempt to contact leads yields, of all and by dimension, such as the owner.

    An attempt succeeds when it is answered; attempts after it do not count. With `success`, a
    condition or a function of a lead, all attempts count, and the last one succeeded where it says
    so. `channel` takes only the attempts on one, `most` is how many have a row of their own. Leads
    that were never tried do not count. Raises `NaiveDatetime` and `InvalidValue`.

    >>> from datetime import UTC, timedelta
    >>> from leadflow.events import Activity
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> calls = [Activity("call", noon + timedelta(n), answered=n == 2) for n in range(4)]
    >>> print(attempt_yield([Lead("L-7", events=calls)], as_of=noon + timedelta(9)))
    attempts: 1: 0.0 %, 2: 0.0 %, 3: 100.0 %
    """
    moment = instant("as_of", as_of)
    wanted = None if channel is None else name("channel", channel)
    succeeded = None if success is None else _success(success, moment)
    limit = whole("most", most, least=1)

    def found(some: Sequence[Lead]) -> AttemptYield:
        tried = (lead for lead in some if lead.attempts(wanted))
        return attempt_yield_of([_tries(lead, wanted, succeeded) for lead in tried], most=limit)

    return measure_leads(there_at(leads, moment), "attempts", found, by, groups)


def _tries(
    lead: Lead, channel: str | None, succeeded: Callable[[Lead], bool] | None
) -> tuple[int, bool]:
    """Count the tries up to the first that succeeded, and tell whether one did."""
    answers = [attempt.answered is True for attempt in lead.attempts(channel)]
    if succeeded is not None:
        return len(answers), bool(succeeded(lead))
    return (answers.index(True) + 1, True) if True in answers else (len(answers), False)


def _success(
    success: Condition | Callable[[Lead], bool], moment: datetime
) -> Callable[[Lead], bool]:
    if isinstance(success, CONDITION_TYPES):
        return partial(success.matches, as_of=moment)
    if not callable(success):
        raise InvalidValue("success", shown(success), "a condition, or a function of a lead")
    return success

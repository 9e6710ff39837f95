"""Goals: what a rep is to reach in a period, how far they are, and whether they keep pace."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Literal, TypeAlias

import attrs

from leadflow.errors import InvalidValue, MixedCurrencies, shown
from leadflow.markup import aligned, table
from leadflow.money import Money, Rates, priced, total
from leadflow.period import Period
from leadflow.pipeline.metrics.history import History, Track
from leadflow.shares import percent
from leadflow.values import NAME, checks, decimal, instance, listed

What: TypeAlias = Literal["won", "value", "mql", "sql", "created"]
_TICK = timedelta(microseconds=1)
_HEADER = ("rep", "goal", "period", "reached", "of", "attained", "pace")


def _target(value: Money | Decimal | float) -> Money | Decimal:
    where = "Goal.target"
    if isinstance(value, Money):
        if value.amount <= 0:
            raise InvalidValue(where, str(value), "an amount above 0")
        return value
    number = decimal(where, value)
    if number <= 0:
        raise InvalidValue(where, f"{number:f}", "Money, or a number above 0")
    return number


@attrs.frozen(field_transformer=checks)
class Goal:
    """What is to be reached in a period: a number of leads, or Money for a value.

    `target` counts won deals unless `what` says otherwise: won, mql, sql or created. As Money it is
    the value of the won deals. `rep` is whose goal it is; None is that of all together. Raises
    `InvalidValue`, naming the place.

    >>> from datetime import date
    >>> print(Goal(Money(50_000, "EUR"), Period("month", date(2026, 3, 1)), rep="ada"))
    ada: 50,000 EUR won in 2026-03
    """

    target: Money | Decimal = attrs.field(converter=_target)
    period: Period = attrs.field(metadata=instance(Period))
    rep: str | None = attrs.field(default=None, kw_only=True, metadata=NAME)
    what: What = attrs.field(kw_only=True)

    @what.default
    def _by_target(self) -> What:
        return "value" if isinstance(self.target, Money) else "won"

    @what.validator
    def _check(self, _: object, value: object) -> None:
        of_money = ("value",)
        allowed = of_money if isinstance(self.target, Money) else ("won", "mql", "sql", "created")
        if value not in allowed:
            raise InvalidValue("Goal.what", shown(value), f"one of {', '.join(allowed)}")

    def __str__(self) -> str:
        who = self.rep or "all"
        return f"{who}: {_amount(self.target)} {_WORDS[self.what]} in {self.period}"


_WORDS = {"won": "deals won", "value": "won", "mql": "MQLs", "sql": "SQLs", "created": "new leads"}


def _amount(value: Money | Decimal) -> str:
    return priced(value) if isinstance(value, Money) else f"{value:,f}"


@attrs.frozen
class Attainment:
    """How far a goal is reached.

    `reached` is the number or Money so far, `share` that of the target (1 is all of it, and there may
    be more). `elapsed` is the share of the period that has passed, so that `pace`, their ratio, is 1
    for a goal that comes in evenly; None before the period begins. `projected` is what the whole
    period brings at this pace.
    """

    goal: Goal
    reached: Money | Decimal
    elapsed: Fraction

    @property
    def share(self) -> float:
        """The share of the target that is reached."""
        return float(Fraction(_plain(self.reached)) / Fraction(_plain(self.goal.target)))

    @property
    def pace(self) -> float | None:
        """The share reached by the share of the period that has passed; None before it begins."""
        return self.share / float(self.elapsed) if self.elapsed else None

    @property
    def projected(self) -> float | None:
        """What the whole period brings if it goes on like this; None before it begins."""
        return float(_plain(self.reached)) / float(self.elapsed) if self.elapsed else None

    @property
    def missing(self) -> Money | Decimal:
        """What is still to be reached; zero where the goal is reached."""
        if isinstance(self.reached, Money) and isinstance(self.goal.target, Money):
            rest = self.goal.target - self.reached
            return rest if rest.amount > 0 else rest * 0
        return max(_plain(self.goal.target) - _plain(self.reached), Decimal())

    def cells(self) -> tuple[str, ...]:
        """Write it as the cells of a table."""
        goal, pace = self.goal, "no data" if self.pace is None else f"{self.pace:.2f}"
        return (
            goal.rep or "all", _WORDS[goal.what], str(goal.period), _amount(self.reached),
            _amount(goal.target), percent(self.share), pace,
        )  # fmt: skip

    def figures(self) -> tuple[object, ...]:
        """Return the figures of the cells, not written yet."""
        goal = self.goal
        return (
            goal.rep or "all", _WORDS[goal.what], str(goal.period), self.reached, goal.target,
            self.share, self.pace,
        )  # fmt: skip

    def __str__(self) -> str:
        goal = self.goal
        words = f"{goal.rep or 'all'} reached {_amount(self.reached)} of {_amount(goal.target)}"
        head = f"{words} {_WORDS[goal.what]} in {goal.period}, {percent(self.share)}"
        passed = percent(float(self.elapsed))
        return f"{head}; {passed} of the period has passed" if self.elapsed < 1 else head


def _plain(value: Money | Decimal) -> Decimal:
    return value.amount if isinstance(value, Money) else value


@attrs.frozen(repr=False)
class Attainments:
    """How far each goal is reached, by period and rep."""

    rows: tuple[Attainment, ...]

    def header(self) -> tuple[str, ...]:
        """Name the columns."""
        return _HEADER

    def explain(self) -> str:
        """Show them as a table for a terminal."""
        return "\n".join(aligned(_HEADER, [row.cells() for row in self.rows]))

    def __iter__(self) -> Iterator[Attainment]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __str__(self) -> str:
        return self.explain()

    def __repr__(self) -> str:
        return f"Attainments({len(self.rows)} goals)"

    def _repr_html_(self) -> str:
        return table("goals", _HEADER, [row.cells() for row in self.rows])


def bounds(period: Period) -> tuple[datetime, datetime]:
    """Return the first instant of a period and the first after it, at midnight in UTC.

    >>> from datetime import date
    >>> [str(bound.date()) for bound in bounds(Period("quarter", date(2026, 5, 1)))]
    ['2026-04-01', '2026-07-01']
    """
    midnight = time(tzinfo=UTC)
    return datetime.combine(period.start, midnight), datetime.combine(period.end, midnight)


def is_over(period: Period, as_of: datetime) -> bool:
    """Tell whether nothing can happen in a period any more: its last microsecond has come.

    >>> from datetime import date, timedelta
    >>> march = Period("month", date(2026, 3, 1))
    >>> last = bounds(march)[1] - timedelta(microseconds=1)
    >>> is_over(march, last), is_over(march, last - timedelta(microseconds=1))
    (True, False)
    """
    return as_of + _TICK >= bounds(period)[1]


def elapsed(period: Period, as_of: datetime) -> Fraction:
    """Tell what share of a period has passed, between 0 and 1.

    >>> from datetime import date
    >>> elapsed(Period("week", date(2026, 3, 2)), datetime(2026, 3, 5, 12, tzinfo=UTC))
    Fraction(1, 2)
    """
    start, end = bounds(period)
    passed = min(max(as_of, start), end) - start
    return Fraction(passed.total_seconds()) / Fraction((end - start).total_seconds())


def attainment(
    history: History, goals: Iterable[Goal], *, rates: Rates | None = None
) -> Attainments:
    """Tell how far goals are reached at the instant of the history, and at which pace.

    A won deal counts in the period in which it was won (in UTC), for the rep who owns it; an MQL or
    SQL when it first became one, a new lead when it was created. Values in other currencies than the
    goal's need `rates`. Raises `InvalidValue`, and `MixedCurrencies`.

    >>> from datetime import date
    >>> from leadflow.pipeline import Pipeline, Stage
    >>> steps = [Stage("new"), Stage("won", kind="won")]
    >>> rows = [{"id": "1", "stage": "won", "closed_at": date(2026, 3, 4), "owner": "ada"}]
    >>> at = datetime(2026, 3, 16, 12, tzinfo=UTC)
    >>> history = History.of_rows(rows, Pipeline.linear("sales", steps), as_of=at)
    >>> goal = Goal(4, Period("month", date(2026, 3, 1)), rep="ada")
    >>> print(attainment(history, [goal]).rows[0])
    ada reached 1 of 4 deals won in 2026-03, 25.0 %; 50.0 % of the period has passed
    """
    instance(History)["check"]("history", history)
    if rates is not None:
        instance(Rates)["check"]("rates", rates)
    wanted = listed("goals", goals)
    for place, goal in enumerate(wanted):
        instance(Goal)["check"](f"goals[{place}]", goal)
    by_rep: dict[str, list[Track]] = {}
    for track in history:
        owner = track.facts.get("owner")
        if isinstance(owner, str):
            by_rep.setdefault(owner, []).append(track)
    ordered = sorted(wanted, key=lambda goal: (goal.period, goal.rep or "", goal.what))
    found = []
    for goal in ordered:
        tracks = history.tracks if goal.rep is None else by_rep.get(goal.rep, [])
        reached = _reached(goal, tracks, rates)
        found.append(Attainment(goal, reached, elapsed(goal.period, history.as_of)))
    return Attainments(tuple(found))


def _instant_of(track: Track, what: What) -> datetime | None:
    """Tell when a track counts towards a goal; None if it does not."""
    if what in ("won", "value"):
        return track.closed_at if track.outcome == "won" else None
    if what == "created":
        return track.created_at
    return track.qualified_at(what)


def _reached(goal: Goal, tracks: Sequence[Track], rates: Rates | None) -> Money | Decimal:
    start, end = bounds(goal.period)
    counted = [
        track
        for track in tracks
        if (at := _instant_of(track, goal.what)) is not None and start <= at < end
    ]
    if not isinstance(goal.target, Money):
        return Decimal(len(counted))
    currency = goal.target.currency
    values = [track.value for track in counted if track.value is not None]
    if rates is None and any(value.currency != currency for value in values):
        codes = tuple(sorted({currency, *(value.currency for value in values)}))
        raise MixedCurrencies("add", codes)
    return total(values, rates, currency)

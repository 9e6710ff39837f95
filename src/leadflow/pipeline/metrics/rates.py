"""Rates and worth: how many were won, what they brought, how many qualified, how fast money comes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Literal, TypeAlias

import attrs

from leadflow.money import Money, Rates, minor_digits, priced, total
from leadflow.pipeline.metrics.group import By, Measure, Measured, measure
from leadflow.pipeline.metrics.history import History, Track
from leadflow.pipeline.metrics.times import average, days_to_close
from leadflow.shares import Share, percent
from leadflow.values import half_up, instance, word

_FURTHER = ("mql", "sql", "opportunity", "customer")
"""How far a lead may get, in this order."""

Of: TypeAlias = Literal["closed", "all"]
_OF: tuple[Of, ...] = ("closed", "all")
_TWO = 2


def win_rate(
    history: History, *, of: Of = "closed", by: By = (), groups: Iterable[str] = ()
) -> Measured[Share]:
    """Tell what share was won: of the closed leads, or of all leads, open ones included.

    The figure is named for what it is of: "win rate (closed)" is won / (won + lost), "win rate
    (all)" is won / all. `by` and `groups` are those of `measure`. Raises `InvalidValue`.

    >>> from datetime import UTC, datetime
    >>> from leadflow.pipeline import Pipeline, Stage
    >>> steps = [Stage("new"), Stage("won", kind="won"), Stage("lost", kind="lost")]
    >>> rows = [
    ...     {"id": str(n), "stage": key} for n, key in enumerate(["won", "lost", "new", "won"])
    ... ]
    >>> at = datetime(2026, 3, 2, tzinfo=UTC)
    >>> history = History.of_rows(rows, Pipeline.linear("sales", steps), as_of=at)
    >>> (
    ...     win_rate(history).value.hits,
    ...     win_rate(history).value.of,
    ...     win_rate(history, of="all").value.of,
    ... )
    (2, 3, 4)
    """
    wide = word("of", of, _OF) == "all"

    def rate(tracks: Sequence[Track]) -> Share:
        won = sum(track.outcome == "won" for track in tracks)
        return Share(won, len(tracks) if wide else sum(t.outcome != "open" for t in tracks))

    return measure(history, Measure(f"win rate ({of})", rate), by=by, groups=groups)


@attrs.frozen
class Worth:
    """What deals are worth: how many, their sum, mean and median.

    `unknown` deals have no value and count in nothing else; without any other, `total`, `mean` and
    `median` are None. Mean and median are rounded half-up to the currency's minor unit; `exact_mean`
    is not.
    """

    deals: int
    unknown: int
    total: Money | None
    exact_mean: Fraction | None
    median: Money | None

    @property
    def mean(self) -> Money | None:
        """The average deal."""
        if self.total is None or self.exact_mean is None:
            return None
        return rounded(self.exact_mean, self.total.currency)

    def __str__(self) -> str:
        if self.total is None or self.mean is None or self.median is None:
            return "no data"
        average_, middle = priced(self.mean), priced(self.median)
        return f"{priced(self.total)} ({self.deals:,} deals, mean {average_}, median {middle})"


def rounded(value: Fraction, currency: str) -> Money:
    """Round an amount half-up to the currency's minor unit.

    >>> print(rounded(Fraction(10, 3), "EUR"))
    3.33 EUR
    """
    digits = minor_digits(currency)
    units = half_up(value.numerator * 10**digits, value.denominator)
    return Money(Decimal(units).scaleb(-digits), currency)


def checked_rates(rates: object) -> None:
    """Refuse what is no `Rates`; None is none."""
    if rates is not None:
        instance(Rates)["check"]("rates", rates)


def worth(values: Sequence[Money | None], rates: Rates | None = None) -> Worth:
    """Add up what deals are worth; raises `MixedCurrencies` for several currencies without rates.

    >>> print(worth([Money(10, "EUR"), Money(40, "EUR"), None]))
    50 EUR (2 deals, mean 25.00 EUR, median 25.00 EUR)
    """
    known = [value for value in values if value is not None]
    unknown = len(values) - len(known)
    if not known:
        return Worth(0, unknown, None, None, None)
    whole = total(known, rates)
    if rates is not None:
        known = [rates.convert(value, whole.currency) for value in known]
    amounts = sorted(value.amount for value in known)
    size, half = len(amounts), len(amounts) // 2
    middle = Fraction(amounts[half])
    if not size % 2:
        middle = (Fraction(amounts[half - 1]) + middle) / _TWO
    mean = Fraction(whole.amount) / size
    return Worth(size, unknown, whole, mean, rounded(middle, whole.currency))


def won_value(
    history: History, *, rates: Rates | None = None, by: By = (), groups: Iterable[str] = ()
) -> Measured[Worth]:
    """Tell what the won deals are worth: their sum, the average and the median deal.

    Several currencies need `rates`. Raises `MixedCurrencies` and `InvalidValue`.
    """

    def value(tracks: Sequence[Track]) -> Worth:
        return worth([track.value for track in tracks if track.outcome == "won"], rates)

    return measure(history, Measure("won value", value), by=by, groups=groups)


@attrs.frozen
class Velocity:
    """How much money comes in a day: deals x average won deal x win rate / days to win.

    Each factor is None where there is no data, and then so is `a_day`.
    """

    deals: int
    average: Fraction | None
    currency: str | None
    win_rate: Share
    days: float | None
    of: Literal["open", "closed"]

    @property
    def exact(self) -> float | None:
        """The amount a day, not rounded."""
        if self.average is None or not self.days or self.win_rate.value is None:
            return None
        return self.deals * float(self.average) * self.win_rate.value / self.days

    @property
    def a_day(self) -> Money | None:
        """The amount a day, rounded half-up to the currency's minor unit."""
        if self.exact is None or self.currency is None:
            return None
        return rounded(Fraction(self.exact), self.currency)

    @property
    def definition(self) -> str:
        """The formula, with its figures."""
        figures = "no data" if self.average is None else f"{float(self.average):,.2f}"
        days = "no data" if self.days is None else f"{self.days:,.1f} days"
        return (
            f"{self.deals:,} {self.of} deals x average won deal {figures}"
            f" x win rate (closed) {percent(self.win_rate.value)} / {days} from created to won"
        )

    def __str__(self) -> str:
        words = "no data" if self.a_day is None else f"{priced(self.a_day)} a day"
        return f"{words} = {self.definition}"


def sales_velocity(
    history: History,
    *,
    of: Literal["open", "closed"] = "open",
    rates: Rates | None = None,
    by: By = (),
    groups: Iterable[str] = (),
) -> Measured[Velocity]:
    """Tell how much money the pipeline brings a day, with the definition printed beside it.

    ``deals x average won deal x win rate (closed) / mean days from created to won``, where the deals
    are the open ones, or with ``of="closed"`` those that were won or lost. This is the usual formula
    of sales velocity. Raises `MixedCurrencies` and `InvalidValue`.

    >>> velocity = Velocity(40, Fraction(25_000), "EUR", Share(1, 4), 90.0, "open")
    >>> print(velocity.a_day)
    2777.78 EUR
    """
    wanted = word("of", of, ("open", "closed"))
    checked_rates(rates)

    def velocity(tracks: Sequence[Track]) -> Velocity:
        won = [track for track in tracks if track.outcome == "won"]
        closed = sum(track.outcome != "open" for track in tracks)
        money = worth([track.value for track in won], rates)
        currency = None if money.total is None else money.total.currency
        deals = closed if wanted == "closed" else len(tracks) - closed
        days = average([time for track in won if (time := days_to_close(track)) is not None])
        rate = Share(len(won), closed)
        return Velocity(deals, money.exact_mean, currency, rate, days, wanted)

    return measure(history, Measure("sales velocity", velocity), by=by, groups=groups)


@attrs.frozen
class Qualified:
    """How many leads became MQL and SQL, and what share of the MQLs became SQL."""

    leads: int
    mql: int
    sql: int
    mql_to_sql: Share

    def __str__(self) -> str:
        return f"{self.mql:,} MQL, {self.sql:,} SQL, MQL to SQL {self.mql_to_sql}"


def qualified(history: History, *, by: By = (), groups: Iterable[str] = ()) -> Measured[Qualified]:
    """Count the leads that ever became MQL, and SQL, and the share of MQLs that became SQL.

    Read from `mql_at` and `sql_at` of the facts, which `History.of` takes from the qualifications in
    the log, or else from `lifecycle` as it stands: an SQL, an opportunity or a customer was an MQL. Raises `InvalidValue`.
    """

    def count(tracks: Sequence[Track]) -> Qualified:
        mql = [track for track in tracks if was(track, "mql")]
        sql = sum(was(track, "sql") for track in tracks)
        both = Share(sum(was(track, "sql") for track in mql), len(mql))
        return Qualified(len(tracks), len(mql), sql, both)

    return measure(history, Measure("qualified", count), by=by, groups=groups)


def was(track: Track, status: str) -> bool:
    """Tell whether a lead ever was an MQL or SQL: by its log, else by how far its lifecycle is."""
    if any(f"{each}_at" in track.facts for each in ("mql", "sql")):
        return f"{status}_at" in track.facts
    now = track.facts.get("lifecycle")
    return now in _FURTHER[_FURTHER.index(status) :]

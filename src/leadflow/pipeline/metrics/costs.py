"""Cost and return: what leads, qualified leads and customers of each source cost and bring."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import attrs

from leadflow.errors import InvalidValue, did_you_mean, shown
from leadflow.events.facts import is_unknown
from leadflow.markup import aligned, table
from leadflow.money import Money, Rates, priced, total
from leadflow.period import Period
from leadflow.pipeline.metrics.goals import bounds
from leadflow.pipeline.metrics.group import NO_VALUE, By, Key, dimensions_of, word_of
from leadflow.pipeline.metrics.history import History, Track
from leadflow.pipeline.metrics.rates import checked_rates, rounded, was
from leadflow.shares import percent
from leadflow.values import NAME, checks, instance, listed, name

_OF_COSTS = ("source", "campaign")
_FIGURES = (
    "cost", "leads", "SQLs", "customers", "revenue", "a lead", "an SQL", "a customer", "return",
)  # fmt: skip


def _cost_amount(where: str, value: object) -> Money:
    if not isinstance(value, Money):
        raise InvalidValue(where, shown(value), "Money")
    if value.amount < 0:
        raise InvalidValue(where, str(value), "an amount of zero or more")
    return value


@attrs.frozen(field_transformer=checks)
class Cost:
    """What a source, or a campaign of it, cost in a period. Raises `InvalidValue`.

    >>> Cost(Period.parse("2026-03"), "fair", Money(1200, "EUR")).campaign is None
    True
    """

    period: Period = attrs.field(metadata=instance(Period))
    source: str = attrs.field(metadata=NAME)
    amount: Money = attrs.field(metadata={"check": _cost_amount})
    campaign: str | None = attrs.field(default=None, metadata=NAME)


def costs_of(rows: Iterable[Mapping[str, Any]]) -> tuple[Cost, ...]:
    """Read costs from plain rows: period, source, amount (Money, or a number with currency), campaign.

    A period is a `Period` or what one prints, such as 2026-03. Raises `InvalidValue` with the place.

    >>> rows = [{"period": "2026-03", "source": "fair", "amount": 1200, "currency": "EUR"}]
    >>> print(costs_of(rows)[0].amount)
    1200 EUR
    """
    return tuple(_cost(f"costs[{place}]", row) for place, row in enumerate(listed("costs", rows)))


def _cost(where: str, row: object) -> Cost:
    if not isinstance(row, Mapping):
        raise InvalidValue(where, shown(row), "a mapping of column names to values")
    for key in ("period", "source", "amount"):
        if is_unknown(row.get(key)):
            raise InvalidValue(f"{where}.{key}", "nothing", f"a value for {key!r}")
    campaign = row.get("campaign")
    read: dict[str, Callable[[], Any]] = {
        "period": lambda: _period(row["period"]),
        "source": lambda: name("source", row["source"]),
        "amount": lambda: _money(row["amount"], row.get("currency")),
        "campaign": lambda: None if is_unknown(campaign) else name("campaign", campaign),
    }
    return Cost(**{key: _placed(f"{where}.{key}", get) for key, get in read.items()})


def _placed(where: str, get: Callable[[], Any]) -> Any:
    try:
        return get()
    except InvalidValue as error:
        raise InvalidValue(where, error.found, error.expected, error.hint) from None


def _period(value: Any) -> Any:
    if isinstance(value, str):
        return Period.parse(value)
    instance(Period)["check"]("period", value)
    return value


def _money(amount: Any, currency: Any) -> Money:
    if not isinstance(amount, Money):
        if is_unknown(currency):
            raise InvalidValue("amount", shown(amount), "Money, or a number beside a currency")
        amount = Money(amount, str(currency))
    return _cost_amount("amount", amount)


@attrs.frozen
class Return:
    """What a source cost and brought.

    `leads` came in, of which `mql` became MQL, `sql` became SQL and `customers` were won for
    `revenue`. `cost` and `revenue` are None where nothing is known. All figures per one are None
    where there are none of them, or no cost.
    """

    key: Key
    cost: Money | None
    leads: int
    mql: int
    sql: int
    customers: int
    revenue: Money | None

    @property
    def per_lead(self) -> Money | None:
        """The cost of a lead."""
        return self._per(self.leads)

    @property
    def per_sql(self) -> Money | None:
        """The cost of an SQL."""
        return self._per(self.sql)

    @property
    def per_customer(self) -> Money | None:
        """The cost of a customer."""
        return self._per(self.customers)

    @property
    def roi(self) -> float | None:
        """The return on investment: (revenue - cost) / cost."""
        if self.cost is None or not self.cost.amount:
            return None
        revenue = self.cost * 0 if self.revenue is None else self.revenue
        return float(Fraction((revenue - self.cost).amount) / Fraction(self.cost.amount))

    def _per(self, count: int) -> Money | None:
        if self.cost is None or not count:
            return None
        return rounded(Fraction(self.cost.amount) / count, self.cost.currency)

    def cells(self) -> tuple[str, ...]:
        """Write it as the cells of a table."""
        moneys = (self.per_lead, self.per_sql, self.per_customer)
        counts = (f"{self.leads:,}", f"{self.sql:,}", f"{self.customers:,}")
        return (
            *self.key, _amount(self.cost), *counts, _amount(self.revenue), *map(_amount, moneys),
            percent(self.roi),
        )  # fmt: skip

    def figures(self) -> tuple[object, ...]:
        """Return the figures of the cells, not written yet."""
        counts = (self.leads, self.sql, self.customers)
        moneys = (self.per_lead, self.per_sql, self.per_customer)
        return (*self.key, self.cost, *counts, self.revenue, *moneys, self.roi)


def _amount(value: Money | None) -> str:
    return "no data" if value is None else priced(value)


@attrs.frozen(repr=False)
class Returns:
    """What each source cost and brought, by key, and `whole` all of them together.

    `left_out` are costs that were in the period in part only, and so count in nothing.
    """

    by: tuple[str, ...]
    rows: tuple[Return, ...]
    whole: Return
    left_out: tuple[Cost, ...] = ()

    def __getitem__(self, key: str | Key) -> Return:
        """Return one source; raises `InvalidValue` with the closest key."""
        asked = key if isinstance(key, tuple) else (key,)
        for row in self.rows:
            if row.key == asked:
                return row
        hint = did_you_mean(", ".join(map(str, asked)), [", ".join(row.key) for row in self.rows])
        raise InvalidValue("returns", shown(key), "the key of a group", hint)

    def __iter__(self) -> Iterator[Return]:
        return iter(self.rows)

    def header(self) -> tuple[str, ...]:
        """Name the columns."""
        return (*self.by, *_FIGURES)

    def cells(self) -> tuple[tuple[str, ...], ...]:
        """List the rows as text, all together last."""
        return tuple(row.cells() for row in (*self.rows, self.whole))

    def explain(self) -> str:
        """Show them as a table for a terminal."""
        return "\n".join([*aligned(self.header(), self.cells()), *self.notes])

    @property
    def notes(self) -> tuple[str, ...]:
        """Say which costs are left out."""
        why = "left out, for it is not all in the period"
        return tuple(f"{why}: {each.source} {each.period}, {each.amount}" for each in self.left_out)

    def __str__(self) -> str:
        return self.explain()

    def __repr__(self) -> str:
        return f"Returns({len(self.rows)} groups by {', '.join(self.by)})"

    def _repr_html_(self) -> str:
        return table("; ".join(("cost and return", *self.notes)), self.header(), self.cells())


def created_in(history: History, period: Period) -> History:
    """Take the leads created in a period (in UTC), with what became of them since."""
    instance(History)["check"]("history", history)
    instance(Period)["check"]("period", period)
    start, end = bounds(period)
    kept = (t for t in history if t.created_at is not None and start <= t.created_at < end)
    return attrs.evolve(history, tracks=tuple(kept))


def returns(
    history: History,
    costs: Iterable[Cost],
    *,
    period: Period | None = None,
    by: By = "source",
    rates: Rates | None = None,
) -> Returns:
    """Hold what sources, or campaigns, cost against the leads they brought.

    With `period`, the leads created in it, with what became of them since, and the costs whose
    period lies in it; those of which only a part does are listed as left out. `by` is source,
    campaign or both, as fields of the leads. A source that cost something without a lead is listed,
    and so is one that cost nothing. Several currencies need `rates`; raises `MixedCurrencies`, and
    `InvalidValue` for another dimension.

    >>> from datetime import UTC, datetime
    >>> from leadflow.pipeline import Pipeline, Stage
    >>> steps = [Stage("new"), Stage("won", kind="won")]
    >>> rows = [{"id": str(n), "stage": "new", "source": "fair"} for n in range(8)]
    >>> now = datetime(2026, 3, 9, tzinfo=UTC)
    >>> history = History.of_rows(rows, Pipeline.linear("sales", steps), as_of=now)
    >>> spent = [Cost(Period.parse("2026-03"), "fair", Money(1200, "EUR"))]
    >>> print(returns(history, spent)["fair"].per_lead)
    150.00 EUR
    """
    dimensions = dimensions_of(by)
    for each in dimensions or [""]:
        if each not in _OF_COSTS:
            hint = did_you_mean(each, _OF_COSTS)
            raise InvalidValue("by", shown(each), "source, campaign, or both", hint)
    checked_rates(rates)
    spent = listed("costs", costs)
    for place, cost in enumerate(spent):
        instance(Cost)["check"](f"costs[{place}]", cost)
    chosen = history if period is None else created_in(history, period)
    spent, left_out = (spent, ()) if period is None else _parted(spent, period)
    tracks: dict[Key, list[Track]] = {}
    for track in chosen:
        key = tuple(word_of(track.facts.get(dimension)) for dimension in dimensions)
        tracks.setdefault(key, []).append(track)
    money: dict[Key, list[Money]] = {}
    for cost in spent:
        money.setdefault(_key(cost, dimensions), []).append(cost.amount)
    keys = sorted({*tracks, *money})
    rows = [_return(key, money.get(key, []), tracks.get(key, []), rates) for key in keys]
    blank = ("all", *[""] * (len(dimensions) - 1))
    everything = [cost.amount for cost in spent]
    whole = _return(blank, everything, chosen.tracks, rates)
    return Returns(dimensions, tuple(rows), whole, left_out)


def _parted(costs: Iterable[Cost], period: Period) -> tuple[tuple[Cost, ...], tuple[Cost, ...]]:
    """Part the costs of a period from those that are in it in part only."""
    start, end = bounds(period)
    kept, left_out = [], []
    for cost in costs:
        first, last = bounds(cost.period)
        if start <= first and last <= end:
            kept.append(cost)
        elif first < end and start < last:
            left_out.append(cost)
    return tuple(kept), tuple(sorted(left_out, key=repr))


def _key(cost: Cost, dimensions: Iterable[str]) -> Key:
    return tuple(getattr(cost, dimension) or NO_VALUE for dimension in dimensions)


def _return(
    key: Key, spent: Sequence[Money], tracks: Sequence[Track], rates: Rates | None
) -> Return:
    won = [track for track in tracks if track.outcome == "won"]
    values = [track.value for track in won if track.value is not None]
    whole = total([*spent, *values], rates) if spent or values else None
    currency = None if whole is None else whole.currency
    return Return(
        key,
        total(spent, rates, currency) if spent else None,
        len(tracks),
        sum(was(track, "mql") for track in tracks),
        sum(was(track, "sql") for track in tracks),
        len(won),
        total(values, rates, currency) if values else None,
    )

"""What would have been forecast in the past, and what came: how far to trust a forecast."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from math import fsum

import attrs

from leadflow.errors import InvalidValue, shown
from leadflow.events.facts import share
from leadflow.markup import aligned, counted, table
from leadflow.money import Rates
from leadflow.period import Period
from leadflow.pipeline.forecast.chain import DAY
from leadflow.pipeline.forecast.correction import (
    Correction,
    corrections,
    open_ones,
    prospects,
    won_between,
)
from leadflow.pipeline.forecast.distribution import plain
from leadflow.pipeline.forecast.learned import RECENT, Learned, Ways, span_before
from leadflow.pipeline.forecast.outlook import Outlook
from leadflow.pipeline.forecast.pricing import Pricing, worths
from leadflow.pipeline.metrics.history import History, Track
from leadflow.shares import Share, percent
from leadflow.span import Span
from leadflow.values import flag, instance, instant, listed, whole

HORIZONS = (30, 60, 90)
_MOST_DAYS = 3_660
_SHOWN = 200


@attrs.frozen
class Hindsight:
    """One forecast of the past: made at `cutoff` for the `days` after it, and what came.

    `forecast` and `actual` are amounts in the main unit of the backtest's currency; numbers of deals
    where there is none. `low` and `high` bound the interval. `by_stages` is what the probabilities of
    the stages alone would have said, None where a lead's stage has none. `trials` is how many earlier
    trials corrected it.
    """

    cutoff: datetime
    days: int
    leads: int
    forecast: float
    actual: float
    low: float
    high: float
    by_stages: float | None
    trials: int

    @property
    def error(self) -> float:
        """The forecast less what came: above 0 where too much was forecast."""
        return self.forecast - self.actual

    @property
    def held(self) -> bool:
        """Whether what came lies in the interval."""
        return self.low <= self.actual <= self.high


@attrs.frozen(repr=False)
class Backtest:
    """Forecasts of the past beside what came of the leads that were known then.

    `rows` are in the order of the cutoffs and days. `error` pools them: the sum of what each was off
    by, whatever the sign, as a share of the sum of what came. `not_over` counts forecasts that were
    left out, since their days were not over at the end of the history.
    """

    rows: tuple[Hindsight, ...]
    currency: str | None
    confidence: float
    not_over: int

    @property
    def error(self) -> float | None:
        """The weighted absolute error, pooled; None without data."""
        return _pooled(self.rows, lambda row: row.forecast)

    @property
    def by_stages(self) -> float | None:
        """The weighted absolute error of the stages' probabilities; None where any is missing."""
        if any(row.by_stages is None for row in self.rows):
            return None
        return _pooled(self.rows, lambda row: row.by_stages or 0.0)

    @property
    def coverage(self) -> Share:
        """How many of the intervals held what came."""
        return Share(sum(row.held for row in self.rows), len(self.rows))

    def of_days(self, days: int) -> Backtest:
        """Keep the forecasts of one horizon."""
        return attrs.evolve(self, rows=tuple(row for row in self.rows if row.days == days))

    @property
    def tried(self) -> Backtest:
        """Keep the forecasts that trials on their own past have corrected."""
        return attrs.evolve(self, rows=tuple(row for row in self.rows if row.trials))

    def explain(self) -> str:
        """Say how good the forecasts were, in a sentence."""
        if self.error is None:
            return f"no data: {counted(len(self.rows), 'forecast')}, and nothing came"
        said = (
            f"{counted(len(self.rows), 'forecast')} were off by {percent(self.error)} of what came; "
            f"the {percent(self.confidence, 0)} intervals held {self.coverage.hits:,} of "
            f"{self.coverage.of:,} times ({percent(self.coverage.value, 0)})"
        )
        if self.by_stages is not None:
            said += f"; the stages' probabilities were off by {percent(self.by_stages)}"
        return said + "; leads that came after a cutoff are not in it" + self._left_out()

    def _left_out(self) -> str:
        if not self.not_over:
            return ""
        return f"; {counted(self.not_over, 'forecast')} left out whose days are not over"

    def _table(self) -> tuple[list[str], list[list[str]]]:
        header = [
            "cutoff",
            "days",
            "leads",
            "forecast",
            "came",
            "error",
            "low",
            "high",
            "held",
            "by stages",
        ]
        return header, [_row(row) for row in self.rows[:_SHOWN]]

    def __iter__(self) -> Iterator[Hindsight]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __str__(self) -> str:
        return "\n".join([*aligned(*self._table()), self.explain()])

    def __repr__(self) -> str:
        return f"Backtest({self.explain()})"

    def _repr_html_(self) -> str:
        return table(self.explain(), *self._table())


def _row(row: Hindsight) -> list[str]:
    amounts = (row.forecast, row.actual, row.error, row.low, row.high)
    written = [f"{amount:,.0f}" for amount in amounts]
    stages = "no data" if row.by_stages is None else f"{row.by_stages:,.0f}"
    held = "yes" if row.held else "no"
    return [f"{row.cutoff:%Y-%m-%d}", f"{row.days}", f"{row.leads:,}", *written, held, stages]


def _pooled(rows: Sequence[Hindsight], said: Callable[[Hindsight], float]) -> float | None:
    actual = fsum(row.actual for row in rows)
    return fsum(abs(said(row) - row.actual) for row in rows) / actual if actual else None


def backtest_forecast(  # noqa: PLR0913 (each is an option of its own)
    history: History,
    cutoffs: Iterable[datetime],
    *,
    horizons: Iterable[int] = HORIZONS,
    confidence: float = 0.8,
    recent: Span | str | timedelta = RECENT,
    currency: str | None = None,
    rates: Rates | None = None,
    estimate: str | None = None,
    corrected: bool = True,
) -> Backtest:
    """Forecast from what was known at each cutoff, and compare with what came.

    At each of `cutoffs` the history is rewound, rates are learned from the `recent` time before it,
    and what the open leads will have brought `horizons` days later is forecast, corrected by trials
    on the past of that cutoff alone unless `corrected` is False. What came is what those leads were
    won for in these days; leads that came later are in neither.

    A history does not hold what values were earlier: where a lead's value is set when it is closed,
    name with `estimate` a field that was known before, such as a list price, or the forecasts see what
    they could not know. `currency` and `rates` are as for `forecast`.

    Raises `InvalidValue` for a cutoff after the history's `as_of` and for a horizon that is no whole
    number of days from 1 to 3,660; `NaiveDatetime`; `MixedCurrencies`.

    >>> from datetime import UTC, date
    >>> from leadflow.pipeline import Pipeline, Stage
    >>> steps = [Stage("new"), Stage("won", kind="won"), Stage("lost", kind="lost")]
    >>> now = datetime(2026, 5, 10, tzinfo=UTC)
    >>> history = History.of_rows([], Pipeline.linear("sales", steps), as_of=now)
    >>> backtest_forecast(history, [now - timedelta(days=30)], horizons=[30]).explain()
    'no data: 1 forecast, and nothing came'
    """
    instance(History)["check"]("history", history)
    given = sorted({_cutoff(n, each, history) for n, each in enumerate(listed("cutoffs", cutoffs))})
    days = sorted({_horizon(n, each) for n, each in enumerate(listed("horizons", horizons))})
    sure, is_corrected = share("confidence", confidence), flag("corrected", corrected)
    pricing = Pricing.of(history, currency=currency, rates=rates, estimate=estimate)
    today = {track.id: track for track in history}
    rows: list[Hindsight] = []
    for cutoff in given:
        over = [each for each in days if cutoff + each * DAY <= history.as_of]
        since = span_before(cutoff, recent)
        known = history.rewind(cutoff)
        made = _made(known, over, since, pricing, is_corrected=is_corrected)
        came = [today[track.id] for track in open_ones(known)]
        rows += (_hindsight(one, came, pricing, sure) for one in made)
    return Backtest(tuple(rows), pricing.currency, sure, len(given) * len(days) - len(rows))


@attrs.frozen
class _Made:
    """A forecast made at a cutoff."""

    cutoff: datetime
    days: int
    outlook: Outlook
    by_stages: float | None
    trials: int


def _cutoff(number: int, value: object, history: History) -> datetime:
    where = f"cutoffs[{number}]"
    moment = instant(where, value)
    if moment > history.as_of:
        expected = f"an instant up to {history.as_of.isoformat()}, the end of the history"
        raise InvalidValue(where, moment.isoformat(), expected)
    return moment


def _horizon(number: int, value: object) -> int:
    days = whole(f"horizons[{number}]", value, least=1)
    if days > _MOST_DAYS:
        raise InvalidValue(f"horizons[{number}]", shown(days), f"at most {_MOST_DAYS:,} days")
    return days


def _made(
    known: History, days: Sequence[int], since: datetime, pricing: Pricing, *, is_corrected: bool
) -> Iterator[_Made]:
    """Forecast from a rewound history, for each number of days."""
    gaps = [(0.0, float(each)) for each in days]
    learned = Learned.at(Ways.of(known), known.as_of, since)
    leads = open_ones(known)
    chances = prospects(learned, leads, gaps)
    amounts = [_amount(lead, pricing) for lead in leads]
    stages = _by_stages(known, leads, amounts)
    found: list[Correction | None] = [None] * len(days)
    if is_corrected:
        found = list(corrections(known, gaps, known.as_of - since, worths(pricing))[-1])
    for place, each in enumerate(days):
        odds = tuple(
            (amount, chance[place])
            for amount, chance in zip(amounts, chances, strict=True)
            if chance is not None and chance[place]
        )
        period = Period("day", known.as_of.date())
        correction = found[place]
        outlook = Outlook(period, pricing.currency, 0, Decimal(0), odds, correction, correction)
        trials = 0 if correction is None else correction.trials
        yield _Made(known.as_of, each, outlook, stages, trials)


def _amount(lead: Track, pricing: Pricing) -> Decimal | None:
    return Decimal(1) if pricing.currency is None else pricing.open(lead)


def _by_stages(
    known: History, leads: Iterable[Track], amounts: Iterable[Decimal | None]
) -> float | None:
    """Weigh each lead by the probability of its stage alone, whenever it may be won."""
    chances = {stage.key: stage.probability for stage in known.pipeline.stages}
    found = []
    for lead, amount in zip(leads, amounts, strict=True):
        chance = None if lead.stage is None else chances[lead.stage]
        if chance is None:
            return None
        found.append(chance * float(amount or 0))
    return fsum(found)


def _hindsight(
    made: _Made, leads: Sequence[Track], pricing: Pricing, confidence: float
) -> Hindsight:
    outlook = made.outlook
    low, high = map(plain, outlook.interval(confidence))
    is_count = outlook.expected is None
    forecast = outlook.expected_count if is_count else plain(outlook.expected or 0)
    came = won_between(leads, made.cutoff, (0.0, float(made.days)))
    amounts = [Decimal(1) if is_count else pricing.closed(track) or Decimal(0) for track in came]
    return Hindsight(
        made.cutoff,
        made.days,
        len(leads),
        forecast,
        float(sum(amounts, Decimal(0))),
        low,
        high,
        made.by_stages,
        made.trials,
    )

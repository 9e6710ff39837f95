"""The forecast: what the open leads of a pipeline will bring, period by period."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeAlias, TypeVar

import attrs

from leadflow.errors import InvalidValue
from leadflow.events.facts import share
from leadflow.markup import aligned, counted, table
from leadflow.money import Money, Rates
from leadflow.period import Period, Unit, unit_of
from leadflow.pipeline.forecast.correction import corrections
from leadflow.pipeline.forecast.distribution import rounded, written
from leadflow.pipeline.forecast.learned import Learned
from leadflow.pipeline.forecast.outlook import Outlook, expected
from leadflow.pipeline.forecast.pricing import Pricing, worths
from leadflow.pipeline.forecast.prospect import Place, Prospect, by_history, by_probability, gaps
from leadflow.pipeline.forecast.quota import Quota, Quotas, Target, goal, quotas_of, target_of
from leadflow.pipeline.metrics.group import By, Key, dimensions_of, grouped
from leadflow.pipeline.metrics.history import History, Track
from leadflow.shares import percent
from leadflow.values import flag, instance, whole

T = TypeVar("T")
Won: TypeAlias = tuple[Track, Decimal]
_MOST = 24


@attrs.frozen
class Aside:
    """Open leads that count in no period: how many, and what they would bring on average."""

    count: int
    expected: Money | None

    def explain(self, where: str) -> str:
        """Say how much stands apart."""
        said = f"{counted(self.count, 'open lead')} {where}"
        return said if self.expected is None else f"{said}: {written(self.expected)} expected"


@attrs.frozen(repr=False, eq=False)
class Forecast:
    """What is expected, period by period, the running one first.

    `outlooks` holds one `Outlook` for each period. Apart stand `later`, what is expected after the
    last one, and `undated`, the leads without a date. A forecast from history has no `later`, and its
    `undated` are leads whose age is not known. `without_chance` counts the open leads of which nobody
    knows a probability, and `without_value` those whose value is not known: these count as deals, and
    nothing in the value. `won_undated` counts the leads of which nobody knows when they were won,
    which count nowhere, and `won_without_value` those won in the running period for nobody knows how
    much. `learned` is None of a forecast from probabilities.

    ``for outlook in forecast`` goes through the periods, ``forecast[0]`` is the running one.
    """

    outlooks: tuple[Outlook, ...]
    currency: str | None
    later: Aside
    undated: Aside
    without_chance: int
    without_value: int
    won_undated: int
    won_without_value: int
    learned: Learned | None
    target: Target | None
    confidence: float
    prospects: tuple[Prospect, ...]
    won: tuple[Won, ...]

    def per(self, by: By = "owner", quotas: Mapping[str, Target] | None = None) -> Quotas:
        """Part the forecast by a field of the leads, the owner unless named, or by several.

        `quotas` are what groups are to reach in each period, by their key: money or numbers of
        deals. A group that has a quota is listed even if it has no leads. Raises `InvalidValue` for a
        field that no lead has, `MixedCurrencies` for a quota in another currency.
        """
        dimensions = dimensions_of(by)
        tracks = [*(p.track for p in self.prospects), *(track for track, _ in self.won)]
        found = grouped(tracks, dimensions)
        wanted = quotas_of(quotas, dimensions, self.currency)
        key_of = {track.id: key for key, members in found.items() for track in members}
        open_ones = _parted(self.prospects, lambda p: key_of[p.track.id])
        won = _parted(self.won, lambda one: key_of[one[0].id])
        groups = []
        for key in sorted({*found, *wanted}):
            parts = _outlooks(self.outlooks, open_ones.get(key, []), won.get(key, []))
            groups.append(Quota(key, parts, wanted.get(key)))
        return Quotas(dimensions, tuple(groups))

    def explain(self) -> str:
        """Say what is expected, a sentence for each period, and what it rests on."""
        said = (
            f"{each.period}: no data"
            if self.is_blank
            else each.explain(self.target, self.confidence)
            for each in self.outlooks
        )
        return "\n".join([*said, *self.notes()])

    def notes(self) -> Iterator[str]:
        """Say what the forecast rests on, and what it leaves out, sentence by sentence."""
        if self.learned is None:
            yield "from the probabilities of deals and stages"
            undated = "without a date"
        else:
            yield self.learned.explain()
            undated = "of unknown age: not counted"
        for outlook in self.outlooks:
            correction = outlook.correction or outlook.count_correction
            if correction is not None:
                yield f"{outlook.period}: {correction.explain()}"
        if self.later.count:
            yield self.later.explain("due later")
        if self.undated.count:
            yield self.undated.explain(undated)
        if self.without_chance:
            yield f"{counted(self.without_chance, 'open lead')} without a probability: not counted"
        if self.without_value:
            yield f"{counted(self.without_value, 'open lead')} without a value: counted as deals only"
        if self.won_undated:
            yield f"{counted(self.won_undated, 'won lead')} without a date of closing: not counted"
        if self.won_without_value:
            won = counted(self.won_without_value, "won lead")
            yield f"{won} without a value: counted as deals only"

    def header(self) -> tuple[str, ...]:
        """Name the columns; with a target there is one for the chance to reach it."""
        names = ("period", "won", "expected", "deals", f"{percent(self.confidence, 0)} from", "to")
        return names if self.target is None else (*names, f"reaches {goal(self.target)}")

    def rows(self) -> tuple[tuple[str, ...], ...]:
        """List the periods as text."""
        return tuple(self._row(each) for each in self.outlooks)

    def _row(self, each: Outlook) -> tuple[str, ...]:
        amounts = [
            "no data" if money is None else written(money) for money in (each.won, each.expected)
        ]
        if self.is_blank:
            blank = ("no data",) * (4 if self.target is None else 5)
            return (str(each.period), amounts[0], *blank)
        low, high = map(written, each.interval(self.confidence))
        chance = () if self.target is None else (percent(each.at_least(self.target)),)
        return (str(each.period), *amounts, f"{each.expected_count:,.1f}", low, high, *chance)

    def figures(self) -> tuple[tuple[object, ...], ...]:
        """List the figures of the rows, not written yet; None where there is no data."""
        return tuple(self._figures(each) for each in self.outlooks)

    def _figures(self, each: Outlook) -> tuple[object, ...]:
        if self.is_blank:
            return (str(each.period), each.won, *(None,) * (len(self.header()) - 2))
        chance = () if self.target is None else (each.at_least(self.target),)
        interval = each.interval(self.confidence)
        expected = (each.expected, each.expected_count)
        return (str(each.period), each.won, *expected, *interval, *chance)

    @property
    def is_blank(self) -> bool:
        """Whether it rests on nothing: no lead at all, or none of the open ones has a chance."""
        if self.learned is not None and not self.learned.won + self.learned.lost:
            return not any(prospect.is_own for prospect in self.prospects)
        if not self.prospects:
            return not self.won
        return all(prospect.place in ("undated", "no chance") for prospect in self.prospects)

    def __iter__(self) -> Iterator[Outlook]:
        return iter(self.outlooks)

    def __len__(self) -> int:
        return len(self.outlooks)

    def __getitem__(self, place: int) -> Outlook:
        return self.outlooks[place]

    def __str__(self) -> str:
        return "\n".join([*aligned(self.header(), self.rows()), *self.notes()])

    def __repr__(self) -> str:
        return f"Forecast({', '.join(str(each.period) for each in self.outlooks)})"

    def _repr_html_(self) -> str:
        return table("; ".join(self.notes()), self.header(), self.rows())


def forecast(  # noqa: PLR0913 (each is an option of its own)
    history: History,
    *,
    by: Unit = "month",
    periods: int = 3,
    learned: Learned | None = None,
    target: Target | None = None,
    confidence: float = 0.8,
    currency: str | None = None,
    rates: Rates | None = None,
    estimate: str | None = None,
    own: bool = False,
) -> Forecast:
    """Forecast what the open leads of a history will bring in this period and the next ones.

    `by` is a day, week, month, quarter or year of the calendar in UTC; the first of `periods` (at
    most 24) is the one in which the history ends. Deals won in it count in full, lost ones nothing;
    leads that are yet to come are not in it.

    Without `learned` a lead has its own probability, else that of its stage, and counts in the period
    of its field `due`: in the running one where that is past. Leads without a date stand apart.
    With ``learned=Learned.of(history)`` a lead has the chance to be won in each period that its stage
    and age give it, and the forecast is corrected by its own trials on the past: see `Correction`;
    `own` keeps the probability and date of the leads that have both.

    Values come in `currency`, else the base of `rates`, else their one currency; None if there are no
    values. `estimate` names a field with a number in that currency that is taken for the value of
    open leads: a list price, say. `target` is money or a number of deals, shown with its chance.

    Raises `InvalidValue` with the place, and `MixedCurrencies` for several currencies without rates.

    >>> from datetime import UTC, datetime
    >>> from leadflow.pipeline import Pipeline, Stage
    >>> steps = [Stage("offer", probability=0.5), Stage("won", kind="won")]
    >>> row = {"id": "1", "stage": "offer", "value": Money("4245.74", "EUR")}
    >>> row["due"] = date(2026, 3, 20)
    >>> now = datetime(2026, 3, 9, tzinfo=UTC)
    >>> history = History.of_rows([row], Pipeline.linear("sales", steps), as_of=now)
    >>> print(forecast(history, periods=1)[0].expected)
    2122.87 EUR
    """
    instance(History)["check"]("history", history)
    ahead = _ahead(unit_of("by", by), history.as_of.date(), periods)
    pricing = Pricing.of(history, currency=currency, rates=rates, estimate=estimate)
    wanted = None if target is None else target_of("target", target, pricing.currency)
    sure, keeps_own = share("confidence", confidence), flag("own", own)
    if learned is None:
        open_ones = tuple(by_probability(history, ahead, pricing))
    else:
        _same_time(learned, history)
        open_ones = tuple(by_history(history, ahead, pricing, learned, own=keeps_own))
    won = _won(history, ahead[0], pricing)
    blank = _corrected(history, ahead, pricing, learned)
    outlooks = _outlooks(blank, open_ones, won)
    asides = [_aside(open_ones, place, pricing) for place in ("later", "undated", "no chance")]
    without = sum(p.amount is None for p in open_ones) if pricing.currency is not None else 0
    return Forecast(
        outlooks,
        pricing.currency,
        asides[0],
        asides[1],
        asides[2].count,
        without,
        sum(track.outcome == "won" and track.closed_at is None for track in history),
        sum(track.value is None for track, _ in won) if pricing.currency is not None else 0,
        learned,
        wanted,
        sure,
        open_ones,
        won,
    )


def _ahead(unit: Unit, day: date, periods: object) -> tuple[Period, ...]:
    number = whole("periods", periods, least=1)
    if number > _MOST:
        raise InvalidValue("periods", f"{number:,}", f"at most {_MOST} periods")
    found = [Period(unit, day)]
    while len(found) < number:
        found.append(found[-1].next)
    return tuple(found)


def _same_time(learned: object, history: History) -> None:
    instance(Learned)["check"]("learned", learned)
    if learned.as_of != history.as_of:  # type: ignore[attr-defined]  # it is Learned
        found, needed = learned.as_of.isoformat(), history.as_of.isoformat()  # type: ignore[attr-defined]
        raise InvalidValue("learned.as_of", found, f"{needed}, as of the history")


def _won(history: History, running: Period, pricing: Pricing) -> tuple[Won, ...]:
    """List what was won in the running period, each with its amount."""
    return tuple(
        (track, pricing.closed(track) or Decimal(0))
        for track in history
        if track.outcome == "won"
        and track.closed_at is not None
        and track.closed_at.date() in running
    )


def _corrected(
    history: History, ahead: Sequence[Period], pricing: Pricing, learned: Learned | None
) -> tuple[Outlook, ...]:
    """Start an outlook for each period, with what the past says of it."""
    blank = [Outlook(each, pricing.currency, 0, Decimal(0), ()) for each in ahead]
    if learned is None:
        return tuple(blank)
    recent = learned.as_of - learned.since
    found = corrections(history, gaps(history, ahead), recent, worths(pricing))
    return tuple(
        attrs.evolve(each, count_correction=count, correction=value)
        for each, count, value in zip(blank, found[0], found[-1], strict=True)
    )


def _outlooks(
    blank: Iterable[Outlook],
    open_ones: Sequence[Prospect],
    won: Sequence[Won],
) -> tuple[Outlook, ...]:
    """Fill outlooks: what was won is in the first of them."""
    found = []
    for place, each in enumerate(blank):
        listed = [p for p in open_ones if p.chances[place]]
        odds, own = (
            tuple((p.amount, p.chances[place]) for p in listed if p.is_own is is_own)
            for is_own in (False, True)
        )
        amount = sum((amount for _, amount in won), Decimal(0)) if place == 0 else Decimal(0)
        count = len(won) if place == 0 else 0
        found.append(attrs.evolve(each, won_count=count, won_amount=amount, odds=odds, own=own))
    return tuple(found)


def _aside(open_ones: Iterable[Prospect], place: Place, pricing: Pricing) -> Aside:
    found = [(p.amount, p.chance) for p in open_ones if p.place == place]
    if pricing.currency is None:
        return Aside(len(found), None)
    return Aside(len(found), rounded(expected(found), pricing.currency))


def _parted(items: Iterable[T], key: Callable[[T], Key]) -> dict[Key, list[T]]:
    found: dict[Key, list[T]] = {}
    for item in items:
        found.setdefault(key(item), []).append(item)
    return found

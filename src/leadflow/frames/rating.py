"""Rating a dataframe: the same words as lead by lead."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from math import ceil
from typing import Any

import narwhals.stable.v2 as nw

from leadflow.conditions.matching import latest
from leadflow.errors import InvalidValue, MixedCurrencies, shown
from leadflow.frames.columns import Column
from leadflow.frames.expressions import every, numbers, some
from leadflow.frames.matching import Prepared
from leadflow.frames.source import Source
from leadflow.money import Money, Rates, minor_digits
from leadflow.scoring import Categories, Thresholds, TimelineAndSize

_HALF = Fraction(1, 2)


def rate_frame(
    rater: Thresholds | TimelineAndSize | Categories,
    leads: Any,
    activities: Any = None,
    *,
    as_of: datetime,
    id: str = "id",
    into: str = "rating",
) -> Any:
    """Rate every lead of a dataframe: adds the column `into`, by default ``rating``.

    `Thresholds` reads the column ``score``, or the ``points`` of `score_frame` where there is none,
    and ``rating`` when it has lines to leave a band by; then name another column with `into`.
    `TimelineAndSize` reads due, deal_value and deal_value_currency: a currency without a rate raises
    `MixedCurrencies`; a lazy frame, which is not looked into, gets a null there. `Categories` reads
    what its conditions ask; `activities` is for these.

    Raises as `score_frame` does, and `InvalidValue` for another rater: rate those lead by lead.

    >>> import polars as pl
    >>> from datetime import timezone
    >>> leads = pl.DataFrame({"id": ["L-1", "L-2"], "points": [70, None]})
    >>> now = datetime(2026, 3, 1, tzinfo=timezone.utc)
    >>> rate_frame(Thresholds(hot=60, warm=30), leads, as_of=now)["rating"].to_list()
    ['hot', 'cold']
    """
    Source.of("leads", leads).check_new([into])
    given = {"as_of": as_of, "id": id}
    match rater:
        case Thresholds():
            ready, rating = _by_score(rater, leads, given)
        case TimelineAndSize():
            ready, rating = _by_time_and_size(rater, leads, given)
        case Categories():
            ready, rating = _by_category(rater, leads, activities, given)
        case _:
            expected = "Thresholds, TimelineAndSize or Categories"
            raise InvalidValue("rate_frame rater", shown(rater), expected, "rate lead by lead")
    rows = ready.rows.with_columns(rating.alias(into))
    return ready.with_results(rows, [into])


def _leaves(rater: Thresholds) -> bool:
    return rater.leave_hot is not None or rater.leave_warm is not None


def _at_least(column: Column, bound: int | Fraction) -> nw.Expr:
    if column.sort == "nothing":
        return column.never
    return numbers(column, "at_least", Fraction(bound))


def _score_of(leads: Any) -> str:
    """Name the column of the scores: as a lead has it, or else as `score_frame` makes it."""
    names = Source.of("leads", leads).names
    return "points" if "points" in names and "score" not in names else "score"


def _by_score(rater: Thresholds, leads: Any, given: Any) -> tuple[Prepared, nw.Expr]:
    name = _score_of(leads)
    also = [name, *(["rating"] if _leaves(rater) else [])]
    ready = Prepared.of(leads, None, **given, asked=(), also=also)
    score = ready.columns[name]
    hot, warm = [_at_least(score, rater.hot)], [_at_least(score, rater.warm)]
    if _leaves(rater):
        before = ready.columns["rating"]
        was_hot, was_warm = (_was(before, word) for word in ("hot", "warm"))
        leave_hot = rater.hot if rater.leave_hot is None else rater.leave_hot
        leave_warm = rater.warm if rater.leave_warm is None else rater.leave_warm
        hot.append(every([was_hot, _at_least(score, leave_hot)]))
        warm.append(every([some([was_hot, was_warm]), _at_least(score, leave_warm)]))
    return ready, _hot_or_warm(some(hot), some(warm))


def _was(before: Column, word: str) -> nw.Expr:
    if before.sort == "nothing":
        return before.never
    return before.read == word


def _hot_or_warm(hot: nw.Expr, warm: nw.Expr) -> nw.Expr:
    colder = nw.when(warm).then(nw.lit("warm")).otherwise(nw.lit("cold"))
    return nw.when(hot).then(nw.lit("hot")).otherwise(colder)


def _by_time_and_size(rater: TimelineAndSize, leads: Any, given: Any) -> tuple[Prepared, nw.Expr]:
    ready = Prepared.of(leads, None, **given, asked=(), also=["due", "deal_value"])
    _check_currencies(rater, ready)
    due = ready.columns["due"]
    known = due.is_known
    limit = due.constant(latest(rater.soon, ready.asker.today))
    soon = due.never if due.sort == "nothing" else (due.day <= limit).fill_null(value=False)
    hot = every([soon, _of_size(rater, ready, rater.hot_from)])
    warm = every([known, ~soon, _of_size(rater, ready, rater.warm_from)])
    return ready, nw.when(_priced(rater, ready)).then(_hot_or_warm(hot, warm))


def _known_currencies(rater: TimelineAndSize) -> list[str]:
    codes = {rater.medium.currency}
    return sorted(codes if rater.rates is None else codes | {rater.rates.base, *rater.rates.rates})


def _priced(rater: TimelineAndSize, ready: Prepared) -> nw.Expr:
    """Where the deal value is not known, or in a currency that can be compared."""
    amount, currency = ready.columns["deal_value"], ready.columns["deal_value_currency"]
    codes = _known_currencies(rater)
    if currency.sort == "nothing":
        return ready.columns.always
    comparable = currency.read.is_in(codes).fill_null(value=False)
    return some([comparable, ~amount.is_known, ~currency.is_known])


def _check_currencies(rater: TimelineAndSize, ready: Prepared) -> None:
    if ready.source.is_lazy:
        return
    currency = ready.columns["deal_value_currency"]
    if currency.sort == "nothing":
        return
    wrong = ready.rows.filter(~_priced(rater, ready)).select(currency.read.alias("code"))
    found = wrong.head(1).collect().to_dict(as_series=False)["code"]
    if found:
        raise MixedCurrencies("compare", (found[0], rater.medium.currency))


def _of_size(rater: TimelineAndSize, ready: Prepared, size: str) -> nw.Expr:
    """Compare in each currency with the least amount there that comes to the size."""
    amount, currency = ready.columns["deal_value"], ready.columns["deal_value_currency"]
    if size == "small":
        return every([amount.is_known, currency.is_known])
    if "nothing" in (amount.sort, currency.sort):
        return amount.never
    least = rater.medium if size == "medium" else rater.large
    parts = [
        every([currency.read == code, _at_least(amount, bound)])
        for code in _known_currencies(rater)
        for bound in [_least_in(code, least, rater.rates)]
    ]
    return some(parts)


def _least_in(code: str, least: Money, rates: Rates | None) -> Fraction:
    """Return the least amount of a currency that converts, rounded half-up, to so much or more."""
    if rates is None or code == least.currency:
        return Fraction(least.amount)
    worth = {rates.base: Fraction(1)} | {key: Fraction(rate) for key, rate in rates.rates.items()}
    if least.currency not in worth:
        rates.convert(Money(1, code), least.currency)  # says which rate is missing
    scale = Fraction(10) ** minor_digits(least.currency)
    scaled = Fraction(least.amount) * scale
    rounded_up_to = (ceil(scaled) - _HALF) / scale
    return rounded_up_to * worth[least.currency] / worth[code]


def _by_category(
    rater: Categories, leads: Any, activities: Any, given: Any
) -> tuple[Prepared, nw.Expr]:
    """Find the place of the first condition that is met, then its name."""
    asked = [category.when for category in rater.categories]
    ready = Prepared.of(leads, activities, **given, asked=asked)
    last = len(rater.categories) - 1
    places = [
        nw.when(ready.asker.ask(category.when)).then(nw.lit(place)).otherwise(nw.lit(last))
        for place, category in enumerate(rater.categories)
    ]
    first = nw.min_horizontal(*places)
    return ready, _named(first, [category.name for category in rater.categories], 0)


def _named(place: nw.Expr, names: list[str], start: int) -> nw.Expr:
    if len(names) == 1:
        return nw.lit(names[0])
    middle = len(names) // 2
    before, after = (
        _named(place, names[:middle], start),
        _named(place, names[middle:], start + middle),
    )
    return nw.when(place < start + middle).then(before).otherwise(after)

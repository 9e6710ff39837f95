"""Ratings: hot, warm and cold, and whatever else a host likes to tell apart."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from itertools import islice
from typing import Literal, Protocol, TypeAlias

import attrs

from leadflow.conditions import Always, Condition, LeadSchema
from leadflow.conditions.matching import earliest, latest
from leadflow.conditions.node import CONDITION_TYPES, in_days
from leadflow.errors import (
    MOST_PROBLEMS,
    InvalidDefinition,
    InvalidValue,
    MixedCurrencies,
    Problem,
    shown,
)
from leadflow.events import Rated, Scored
from leadflow.events.facts import one_of
from leadflow.lead import Lead, seen
from leadflow.money import Money, Rates
from leadflow.scoring.rule import POINTS
from leadflow.span import Span
from leadflow.values import NAME, TEXT, checks, instance, listed

Size: TypeAlias = Literal["small", "medium", "large"]
_SIZES: tuple[Size, ...] = ("small", "medium", "large")


class Rater(Protocol):
    """Anything that rates a lead.

    The caller passes an aware `as_of`. The answer must depend on nothing but the lead and `as_of`,
    and carry its reasons.
    """

    def rate(self, lead: Lead, *, as_of: datetime) -> Rated:
        """Rate the lead as it was at an instant."""
        ...


def _money(where: str, value: object) -> Money:
    if not isinstance(value, Money):
        raise InvalidValue(where, shown(value), "Money")
    if value.amount <= 0:
        raise InvalidValue(where, str(value), "an amount above 0")
    return value


def _soon(value: Span | str) -> Span:
    return in_days("TimelineAndSize.soon", value)


def _silence(value: Span | str) -> Span:
    return in_days("Readiness.silence", value)


@attrs.frozen(field_transformer=checks)
class TimelineAndSize:
    """Hot, warm or cold by when the lead wants to buy and how large the deal is.

    Hot: due within `soon` of the UTC date of `as_of` (calendar months, ends included; a date already
    past counts as soon) and of size `hot_from` or more. Warm: due later, of size `warm_from` or
    more. Cold: everything else. Sizes start at `medium` and `large`; deal values in other currencies
    need `rates`, else `MixedCurrencies` is raised. A due date or deal value that is not known rates
    cold; the answer says which, and lists it in `ask`.

    The default lines are those of the requirement P2: soon is 3 months, hot and warm start at medium.

    >>> from datetime import timezone
    >>> rater = TimelineAndSize(medium=Money(10_000, "EUR"), large=Money(50_000, "EUR"))
    >>> lead = Lead("L-1", due=date(2026, 4, 15), deal_value=Money(20_000, "EUR"))
    >>> rater.rate(lead, as_of=datetime(2026, 3, 1, tzinfo=timezone.utc)).rating
    'hot'
    """

    soon: Span = attrs.field(default=Span(months=3), converter=_soon)
    medium: Money = attrs.field(kw_only=True, metadata={"check": _money})
    large: Money = attrs.field(kw_only=True, metadata={"check": _money})
    hot_from: Size = attrs.field(default="medium", kw_only=True, metadata=one_of(Size))
    warm_from: Size = attrs.field(default="medium", kw_only=True, metadata=one_of(Size))
    rates: Rates | None = attrs.field(default=None, kw_only=True, metadata=instance(Rates))

    def __attrs_post_init__(self) -> None:
        if self.large <= self.medium:
            raise InvalidValue("TimelineAndSize.large", str(self.large), f"more than {self.medium}")

    def rate(self, lead: Lead, *, as_of: datetime) -> Rated:
        """Rate the lead as it was at an instant."""
        past, moment = seen(lead, as_of)
        size, of_size = self._size(past.deal_value)
        is_soon, of_time = self._timeline(past.due, moment.date())
        ask = tuple(key for key in ("due", "deal_value") if key not in past.values)
        rating = "cold"
        if size is not None and is_soon is not None:
            rating = self._rating(size, is_soon=is_soon)
        return Rated(rating, moment, because=(of_time, of_size), ask=ask, rater="timeline_and_size")

    def _rating(self, size: Size, *, is_soon: bool) -> str:
        least = self.hot_from if is_soon else self.warm_from
        if _SIZES.index(size) < _SIZES.index(least):
            return "cold"
        return "hot" if is_soon else "warm"

    def _size(self, value: Money | None) -> tuple[Size | None, str]:
        if value is None:
            return None, "deal value unknown: nobody has asked yet"
        compared = self._in_own_currency(value)
        if compared < self.medium:
            return "small", f"small: {value} is less than {self.medium}"
        if compared < self.large:
            return "medium", f"medium: {value} is at least {self.medium}"
        return "large", f"large: {value} is at least {self.large}"

    def _in_own_currency(self, value: Money) -> Money:
        currency = self.medium.currency
        if value.currency != currency and self.rates is None:
            raise MixedCurrencies("compare", (value.currency, currency))
        return self.rates.convert(value, currency) if self.rates else value

    def _timeline(self, due: date | None, today: date) -> tuple[bool | None, str]:
        if due is None:
            return None, "timeline unknown: nobody has asked yet"
        if due < today:
            return True, f"soon: due {due.isoformat()}, already past"
        if due <= latest(self.soon, today):
            return True, f"soon: due {due.isoformat()}, within {self.soon}"
        return False, f"later: due {due.isoformat()}, after more than {self.soon}"


@attrs.frozen(field_transformer=checks)
class Thresholds:
    """Hot, warm or cold by the score on the lead, with hysteresis by the rating on the lead.

    A lead becomes hot at `hot` points and stays hot down to `leave_hot`; likewise for warm. Without
    the leave lines they are the same as the entry lines. A lead without a score is cold.

    >>> from datetime import timezone
    >>> rater = Thresholds(hot=60, warm=30, leave_hot=50)
    >>> now = datetime(2026, 3, 1, tzinfo=timezone.utc)
    >>> [rater.rate(Lead("L", score=55, rating=r), as_of=now).rating for r in ("hot", "warm")]
    ['hot', 'warm']
    """

    hot: int = attrs.field(metadata=POINTS)
    warm: int = attrs.field(metadata=POINTS)
    leave_hot: int | None = attrs.field(default=None, kw_only=True, metadata=POINTS)
    leave_warm: int | None = attrs.field(default=None, kw_only=True, metadata=POINTS)

    def __attrs_post_init__(self) -> None:
        if self.hot <= self.warm:
            raise InvalidValue("Thresholds.hot", str(self.hot), f"more than warm, {self.warm}")
        for key, entry in (("leave_hot", self.hot), ("leave_warm", self.warm)):
            leave = getattr(self, key)
            if leave is not None and leave > entry:
                raise InvalidValue(f"Thresholds.{key}", str(leave), f"{entry} or less")
        if self._leave("hot") <= self._leave("warm"):
            found, least = str(self._leave("hot")), self._leave("warm")
            raise InvalidValue("Thresholds.leave_hot", found, f"more than leave_warm, {least}")

    def _leave(self, band: Literal["hot", "warm"]) -> int:
        entry, leave = (self.hot, self.leave_hot) if band == "hot" else (self.warm, self.leave_warm)
        return entry if leave is None else leave

    def rate(self, lead: Lead, *, as_of: datetime) -> Rated:
        """Rate the lead as it was at an instant."""
        past, moment = seen(lead, as_of)
        if past.score is None:
            because = ("no score yet",)
            return Rated("cold", moment, because=because, ask=("score",), rater="thresholds")
        rating, reason = self._band(past.score, past.rating)
        return Rated(rating, moment, because=(reason,), rater="thresholds")

    def _band(self, score: int, before: str | None) -> tuple[str, str]:
        if score >= self.hot:
            return "hot", f"score {score} is at least {self.hot}"
        if before == "hot" and score >= self._leave("hot"):
            return "hot", f"score {score}: was hot, and stays so down to {self._leave('hot')}"
        if score >= self.warm:
            return "warm", f"score {score} is at least {self.warm}"
        if before in ("hot", "warm") and score >= self._leave("warm"):
            return "warm", f"score {score}: was {before}, and stays warm to {self._leave('warm')}"
        return "cold", f"score {score} is less than {self.warm}"


@attrs.frozen(field_transformer=checks)
class Readiness:
    """Zombie, nudge or self-closing: who will never close, who could, who will by themselves.

    Reads the engagement of the latest score in the log. Self-closing: at least `self_closing` points
    of engagement. Zombie: less than `nudge` points, no score at all, or nothing heard from the lead
    for longer than `silence` (UTC days or calendar months). Nudge: the rest.

    >>> from datetime import timezone
    >>> now = datetime(2026, 3, 1, tzinfo=timezone.utc)
    >>> Readiness(self_closing=40, nudge=10).rate(Lead("L-1"), as_of=now).because
    ('no score with engagement yet',)
    """

    self_closing: int = attrs.field(metadata=POINTS)
    nudge: int = attrs.field(metadata=POINTS)
    silence: Span = attrs.field(default=Span(months=3), kw_only=True, converter=_silence)

    def __attrs_post_init__(self) -> None:
        if self.self_closing <= self.nudge:
            found = str(self.self_closing)
            raise InvalidValue("Readiness.self_closing", found, f"more than nudge, {self.nudge}")

    def rate(self, lead: Lead, *, as_of: datetime) -> Rated:
        """Rate the lead as it was at an instant."""
        past, moment = seen(lead, as_of)
        engagement = _engagement(past)
        if engagement is None:
            rating, because = "zombie", "no score with engagement yet"
        elif engagement < self.nudge:
            rating, because = "zombie", f"engagement {engagement} is less than {self.nudge}"
        else:
            rating, because = self._of_the_living(past, engagement, moment.date())
        return Rated(rating, moment, because=(because,), rater="readiness")

    def _of_the_living(self, past: Lead, engagement: int, today: date) -> tuple[str, str]:
        heard = [activity.at for activity in past.activities if activity.direction == "in"]
        if not heard or heard[-1].date() < earliest(self.silence, today):
            since = f"since {heard[-1]:%Y-%m-%d}" if heard else "at all"
            return "zombie", f"nothing heard {since}, longer than {self.silence}"
        if engagement >= self.self_closing:
            return "self-closing", f"engagement {engagement} is at least {self.self_closing}"
        below = f"between {self.nudge} and {self.self_closing}"
        return "nudge", f"engagement {engagement} is {below}"


def _engagement(lead: Lead) -> int | None:
    scores = (event.engagement for event in reversed(lead.events) if isinstance(event, Scored))
    return next((points for points in scores if points is not None), None)


@attrs.frozen(field_transformer=checks)
class Category:
    """A category defined in advance: who belongs to it, who handles it, and by what procedure.

    `task` is the kind of task that follows when a lead gets this rating.
    """

    name: str = attrs.field(metadata=NAME)
    when: Condition = attrs.field()
    handled_by: str | None = attrs.field(default=None, kw_only=True, metadata=NAME)
    procedure: str | None = attrs.field(default=None, kw_only=True, metadata=TEXT)
    task: str | None = attrs.field(default=None, kw_only=True, metadata=NAME)

    @when.validator
    def _is_condition(self, _: object, value: object) -> None:
        if not isinstance(value, CONDITION_TYPES):
            raise InvalidValue(f"Category {self.name!r} when", shown(value), "a condition")


def _categories(values: Iterable[Category]) -> tuple[Category, ...]:
    return listed("Categories.categories", values)


@attrs.frozen(field_transformer=checks)
class Categories:
    """Categories tested from the top: a lead is rated with the first whose condition it meets.

    End with a category whose condition is ``always()``, so that every lead has one. With a `schema`,
    unknown fields and impossible comparisons are refused. Raises `InvalidDefinition`.

    >>> from datetime import timezone
    >>> from leadflow.conditions import always, field
    >>> rater = Categories(
    ...     [
    ...         Category("key account", field("employees").at_least(1_000), task="call"),
    ...         Category("everyone else", always(), task="e-mail"),
    ...     ]
    ... )
    >>> now = datetime(2026, 3, 1, tzinfo=timezone.utc)
    >>> rater.rate(Lead("L-1", fields={"employees": 5_000}), as_of=now).rating
    'key account'
    """

    categories: tuple[Category, ...] = attrs.field(converter=_categories)
    schema: LeadSchema | None = attrs.field(
        default=None, kw_only=True, metadata=instance(LeadSchema)
    )

    def __attrs_post_init__(self) -> None:
        found = _category_problems(self.categories, self.schema)
        problems = tuple(islice(found, MOST_PROBLEMS))
        if problems:
            raise InvalidDefinition("categories", problems)

    def rate(self, lead: Lead, *, as_of: datetime) -> Rated:
        """Rate the lead as it was at an instant."""
        past, moment = seen(lead, as_of)
        for category in self.categories[:-1]:
            if category.when.matches(past, as_of=moment):
                return self._rated(category, moment)
        return self._rated(self.categories[-1], moment)

    def _rated(self, category: Category, at: datetime) -> Rated:
        return Rated(category.name, at, because=(str(category.when),), rater="categories")

    def __getitem__(self, rating: str) -> Category:
        """Find the category of a rating, to learn who handles it and what task follows.

        Raises `InvalidValue` for a rating that is no category's name.
        """
        for category in self.categories:
            if category.name == rating:
                return category
        known = ", ".join(category.name for category in self.categories)
        raise InvalidValue("rating", shown(rating), f"one of {known}")


def _is_last_resort(category: object) -> bool:
    return isinstance(category, Category) and isinstance(category.when, Always)


def _category_problems(
    categories: Iterable[object], schema: LeadSchema | None
) -> Iterable[Problem]:
    listed = list(categories)
    if not listed or not _is_last_resort(listed[-1]):
        yield Problem("categories", "expected a last category for all others, when=always()")
    seen: set[str] = set()
    for place, category in enumerate(listed):
        path = f"categories[{place}]"
        if not isinstance(category, Category):
            yield Problem(path, f"expected a Category, got {shown(category)}")
            continue
        if category.name in seen:
            yield Problem(f"{path}.name", f"{category.name!r} is the name of an earlier one too")
        seen.add(category.name)
        yield from schema.problems(category.when, f"{path}.when") if schema else ()

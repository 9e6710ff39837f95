"""Rules that give points, and groups that limit them together."""

from __future__ import annotations

from typing import Literal, TypeAlias

import attrs

from leadflow.conditions import All, AnyOf, Condition, Followed, Happened, Not
from leadflow.conditions.node import CONDITION_TYPES
from leadflow.errors import InvalidValue, LimitExceeded, shown
from leadflow.limits import DEFAULT_LIMITS
from leadflow.scoring.fading import Expiry, Fade, HalfLife
from leadflow.values import NAME, checks, whole

Dimension: TypeAlias = Literal["fit", "engagement"]


def whole_points(where: str, value: object) -> int:
    """Take points: a whole number within the limits."""
    if isinstance(value, float):
        hint = "points are whole so that contributions add up exactly; scale the model up instead"
        raise InvalidValue(where, shown(value), "a whole number", hint)
    points = whole(where, value)
    if abs(points) > DEFAULT_LIMITS.points:
        raise LimitExceeded(where, "points", DEFAULT_LIMITS.points, f"{points:,}")
    return points


POINTS = {"check": whole_points}


@attrs.frozen(field_transformer=checks)
class Rule:
    """Points for a fact, once (`when`), or for every occurrence of a behaviour (`each`).

    With `each`: `limit` bounds the rule's points and has their sign; `distinct` names a key of the
    activity's data, and only the latest activity per value counts (without the key it does not);
    `fade` lets points fade with age in UTC days. `group` names a `Group` of the model.

    Raises `InvalidValue` or `LimitExceeded`, naming the rule and the place.

    >>> from leadflow.conditions import activity, field
    >>> Rule("mid-market", +20, when=field("employees").between(50, 1_000)).dimension
    'fit'
    >>> Rule("opened", +2, each=activity("email_opened"), distinct="email", limit=20).dimension
    'engagement'
    """

    name: str = attrs.field(metadata=NAME)
    points: int = attrs.field(metadata=POINTS)
    when: Condition | None = attrs.field(default=None, kw_only=True)
    each: Happened | None = attrs.field(default=None, kw_only=True)
    limit: int | None = attrs.field(default=None, kw_only=True, metadata=POINTS)
    distinct: str | None = attrs.field(default=None, kw_only=True, metadata=NAME)
    fade: Fade | None = attrs.field(default=None, kw_only=True)
    group: str | None = attrs.field(default=None, kw_only=True, metadata=NAME)

    def __attrs_post_init__(self) -> None:
        if (self.when is None) == (self.each is None):
            found = "neither" if self.when is None else "both"
            raise self._invalid("", found, "either when=condition or each=activity(...)")
        if self.when is not None:
            self._check_once(self.when)
        if self.each is not None:
            self._check_each(self.each)

    def _check_once(self, when: object) -> None:
        if not isinstance(when, CONDITION_TYPES):
            raise self._invalid("when", _said(when), "a condition such as field(...).equals(...)")
        for key in ("limit", "distinct", "fade"):
            if getattr(self, key) is not None:
                found = shown(getattr(self, key))
                raise self._invalid(key, found, "none", f"{key} belongs to rules with each=")

    def _check_each(self, each: object) -> None:
        if not isinstance(each, Happened) or not each.is_plain:
            expected = "an activity(...) without times() or never()"
            hint = "a condition that is met or not goes into when="
            raise self._invalid("each", _said(each), expected, hint)
        fade: object = self.fade
        if fade is not None and not isinstance(fade, HalfLife | Expiry):
            raise self._invalid("fade", shown(fade), "HalfLife(...) or Expiry(...)")
        if self.limit is not None and (self.limit == 0 or (self.limit > 0) != (self.points > 0)):
            sign = "below 0, like" if self.points < 0 else "above 0, like"
            raise self._invalid("limit", str(self.limit), f"a number {sign} the points")

    def _invalid(self, place: str, found: str, expected: str, hint: str = "") -> InvalidValue:
        return InvalidValue(f"Rule {self.name!r} {place}".rstrip(), found, expected, hint)

    @property
    def asks(self) -> Condition:
        """The condition that earns the points."""
        return self.when if self.when is not None else self.each  # type: ignore[return-value]

    @property
    def dimension(self) -> Dimension:
        """Engagement if the rule names an activity anywhere, else fit."""
        return "engagement" if _names_activity(self.asks) else "fit"

    @property
    def because(self) -> str:
        """What earns the points, in English."""
        if self.each is None:
            return str(self.when)
        distinct = f", once per {self.distinct}" if self.distinct else ""
        return f"each {self.each}{distinct}" + (f", {self.fade}" if self.fade else "")


def _said(value: object) -> str:
    return f"the condition {value}" if isinstance(value, CONDITION_TYPES) else shown(value)


def _names_activity(condition: Condition) -> bool:
    match condition:
        case Happened() | Followed():
            return True
        case All() | AnyOf():
            return any(_names_activity(part) for part in condition.conditions)
        case Not():
            return _names_activity(condition.condition)
        case _:
            return False


@attrs.frozen(field_transformer=checks)
class Group:
    """Rules that are limited together: their sum is at most, and at least, so many points.

    >>> Group("e-mail", at_most=20).at_most
    20
    """

    name: str = attrs.field(metadata=NAME)
    at_most: int | None = attrs.field(default=None, kw_only=True, metadata=POINTS)
    at_least: int | None = attrs.field(default=None, kw_only=True, metadata=POINTS)

    def __attrs_post_init__(self) -> None:
        where = f"Group {self.name!r}"
        if self.at_most is None and self.at_least is None:
            raise InvalidValue(where, "no limit", "at_most or at_least")
        if self.at_most is not None and self.at_most < 0:
            raise InvalidValue(f"{where} at_most", str(self.at_most), "0 or more")
        if self.at_least is not None and self.at_least > 0:
            raise InvalidValue(f"{where} at_least", str(self.at_least), "0 or less")

"""Routing rules: which leads, to whom, by which strategy, and what if nobody is there."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal, TypeAlias, get_args

import attrs

from leadflow.conditions import Condition, Field, FieldRef, always
from leadflow.conditions.node import CONDITION
from leadflow.errors import InvalidValue, LimitExceeded, shown
from leadflow.lead import Lead
from leadflow.routing.pool import Pool
from leadflow.routing.rep import units
from leadflow.routing.strategy import Strategy, name_of, strategy
from leadflow.routing.turns import LeastRecent
from leadflow.values import FLAG, NAME, checks, instance, word

AllAway: TypeAlias = Literal["hold", "ignore"]


def _all_away(where: str, value: AllAway) -> AllAway:
    return word(where, value, get_args(AllAway))


@attrs.frozen(kw_only=True, field_transformer=checks)
class WhenAbsent:
    """What happens to the turns of reps who are away or outside their hours.

    They are skipped and keep their place: turns that go by are credited to them. With `catch_up`,
    up to so many of these turns are made up, before all others, once they are back.

    If everybody who could take a lead is absent: `all_away` "hold" holds the lead until somebody is
    back, "ignore" assigns it all the same. `fallback` is a rep who gets it instead, if free to.

    >>> WhenAbsent(catch_up=3).all_away
    'hold'
    """

    catch_up: int = attrs.field(default=0, metadata={"check": units})
    all_away: AllAway = attrs.field(default="hold", metadata={"check": _all_away})
    fallback: str | None = attrs.field(default=None, metadata=NAME)

    def __attrs_post_init__(self) -> None:
        if self.fallback is not None and self.all_away == "ignore":
            hint = "with a fallback, absence is not ignored"
            raise InvalidValue(
                "WhenAbsent.all_away", "'ignore' and a fallback", "one of both", hint
            )


def pool_of(value: Pool | str | Iterable[str], where: str = "to") -> Pool:
    """Take a pool, the name of a team, or a list of rep ids."""
    if isinstance(value, Pool):
        return value
    if isinstance(value, str):
        return Pool(value)
    if not isinstance(value, Iterable) or isinstance(value, bytes | dict):
        expected = "a Pool, the name of a team, or a list of rep ids"
        raise InvalidValue(where, shown(value), expected)
    return Pool(reps=value)


def _pool(where: str, value: Any) -> Pool:
    return pool_of(value, where)


def work_of(value: int | Field | FieldRef, where: str = "units") -> int | FieldRef:
    """Take a number of units, or the field that holds it."""
    return FieldRef(value.name) if isinstance(value, Field | FieldRef) else units(where, value)


def _work(where: str, value: Any) -> int | FieldRef:
    return work_of(value, where)


@attrs.frozen(field_transformer=checks)
class RoutingRule:
    """The leads that meet `when` go to the reps of `to`, by the strategy `by`.

    - `to` is a `Pool`, the name of a team, or a list of rep ids; everybody unless given.
    - `by` is `LeastRecent()` unless given; turns are counted under the rule's name.
    - `when_absent` says what happens to the turns of absent reps, and if everybody is away.
    - `units` is how much work such a lead is, 1 unless given, or ``field("effort")``: then it is what
      the lead's field says, and 1 where that is not known.
    - `overflow`: if nobody may take the lead now, the next rule that matches is asked. Otherwise the
      lead is held.

    Raises `InvalidValue` and `LimitExceeded`, naming the rule and the place.

    >>> from leadflow import field
    >>> from leadflow.routing import LeastLoaded
    >>> rule = RoutingRule(
    ...     "DACH", when=field("country").one_of("DE", "AT"), to="emea", by=LeastLoaded()
    ... )
    >>> print(rule)
    DACH: country is one of 'DE', 'AT' -> team emea, LeastLoaded
    """

    name: str = attrs.field(metadata=NAME)
    when: Condition = attrs.field(default=always(), kw_only=True, metadata=CONDITION)
    to: Pool = attrs.field(
        default=Pool(), kw_only=True, converter=pool_of, metadata={"check": _pool}
    )
    by: Strategy = attrs.field(default=LeastRecent(), kw_only=True, metadata={"check": strategy})
    when_absent: WhenAbsent = attrs.field(
        default=WhenAbsent(), kw_only=True, metadata=instance(WhenAbsent)
    )
    units: int | FieldRef = attrs.field(
        default=1, kw_only=True, converter=work_of, metadata={"check": _work}
    )
    overflow: bool = attrs.field(default=False, kw_only=True, metadata=FLAG)

    def __str__(self) -> str:
        return f"{self.name}: {self.when} -> {self.to}, {name_of(self.by)}"

    @cached_property
    def because(self) -> str:
        """Why a lead came to this rule, in English."""
        return f"rule {self.name!r}: {self.when}"

    def units_of(self, lead: Lead) -> int | None:
        """Tell how much work a lead is; None if its field says something that is no such number."""
        if not isinstance(self.units, FieldRef):
            return self.units
        value = lead.values.get(self.units.name)
        if value is None:
            return 1
        try:
            whole = isinstance(value, float | Decimal) and value == int(value)
            return units(self.units.name, int(value) if whole else value)  # type: ignore[arg-type]
        except (InvalidValue, LimitExceeded):
            return None

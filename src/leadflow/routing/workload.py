"""The workload: what a rep was given, what of it is open, and whose turns went by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import attrs

from leadflow.errors import InvalidValue, shown
from leadflow.money import Money
from leadflow.routing.rep import Received
from leadflow.values import (
    EMPTY,
    INSTANT,
    WHOLE,
    Frozen,
    checks,
    instance,
    instant,
    listed,
    name,
    whole,
)

BY_HAND = ""
"""The rule of assignments that people made: no rule of a router can be named so."""


def _count(where: str, value: object) -> int:
    return whole(where, value, least=0)


_COUNT = {"check": _count}


@attrs.frozen(field_transformer=checks)
class Turns:
    """A rep's turns in one rule.

    `assigned` leads; `credited` turns that went by while the rep was absent, which keep the place:
    both together are `counted`. `owed` of them are to be made up. `last_turn` is the roster's number
    of the latest turn, taken or gone by, 0 for none, and `last_at` the instant of the latest lead.

    >>> Turns(assigned=3, credited=2).counted
    5
    """

    assigned: int = attrs.field(default=0, metadata=_COUNT)
    credited: int = attrs.field(default=0, metadata=WHOLE)
    owed: int = attrs.field(default=0, metadata=_COUNT)
    last_turn: int = attrs.field(default=0, metadata=_COUNT)
    last_at: datetime | None = attrs.field(default=None, metadata=INSTANT)

    @property
    def counted(self) -> int:
        """The turns taken and those that went by."""
        return self.assigned + self.credited

    def __add__(self, other: Turns) -> Turns:
        """Add the turns of another rule: the sums, and the later of the last turns."""
        later = max(self, other, key=lambda turns: turns.last_turn)
        return Turns(
            self.assigned + other.assigned,
            self.credited + other.credited,
            self.owed + other.owed,
            later.last_turn,
            later.last_at,
        )


NO_TURNS = Turns()


def _moneys(where: str, values: Iterable[Money]) -> tuple[Money, ...]:
    found = (values,) if isinstance(values, Money) else listed(where, values)
    by_currency: dict[str, Money] = {}
    for value in found:
        if not isinstance(value, Money):
            raise InvalidValue(where, shown(value), "a list of Money")
        if value.currency in by_currency:
            raise InvalidValue(where, shown(str(value)), "one amount for each currency")
        by_currency[value.currency] = value
    return tuple(by_currency[code] for code in sorted(by_currency))


def _turns(where: str, values: object) -> Frozen[Turns]:
    if not isinstance(values, Mapping):
        raise InvalidValue(where, shown(values), "a mapping of rules to Turns")
    if type(values) is Frozen:  # of another workload: they are checked
        return values
    check = instance(Turns)["check"]
    return Frozen(
        {
            rule if rule == BY_HAND else name(where, rule): check(f"{where}.{shown(rule)}", turns)  # type: ignore[misc]
            for rule, turns in values.items()
        }
    )


def received_of(values: Iterable[tuple[datetime, int]], where: str = "recent") -> Received:
    """Take what was received: pairs of an instant and units."""
    if values == ():
        return ()
    found = []
    for value in listed(where, values):
        pair: Any = listed(where, value)
        if len(pair) != 2:  # noqa: PLR2004 (a pair)
            raise InvalidValue(where, shown(value), "pairs of an instant and units")
        found.append((instant(where, pair[0]), _count(where, pair[1])))
    return tuple(found)


def _received(where: str, value: Any) -> Received:
    return received_of(value, where)


_MONEYS: Any = {"check": _moneys}


@attrs.frozen(field_transformer=checks, kw_only=True)
class Workload:
    """What a rep was given so far.

    `open` is units of open work and `open_value` what it is worth; `value` is the worth of all that
    was ever assigned. Both hold one amount for each currency. `recent` are the instants and units
    that the rep's quotas may still count. `turns` are the turns in each rule; under "" are the leads
    that people assigned by hand.

    >>> Workload(open=3, turns={"inbound": Turns(assigned=5)}).in_rule("inbound").assigned
    5
    """

    open: int = attrs.field(default=0, metadata=_COUNT)
    value: tuple[Money, ...] = attrs.field(
        default=(), converter=tuple[Money, ...], metadata=_MONEYS
    )
    open_value: tuple[Money, ...] = attrs.field(
        default=(), converter=tuple[Money, ...], metadata=_MONEYS
    )
    recent: Received = attrs.field(default=(), converter=received_of, metadata={"check": _received})
    turns: Mapping[str, Turns] = attrs.field(default=EMPTY, metadata={"check": _turns})

    def in_rule(self, rule: str, *, by_hand: bool = False) -> Turns:
        """Return the turns in a rule; with `by_hand`, with the leads assigned by hand."""
        found = self.turns.get(rule, NO_TURNS)
        return found + self.turns.get(BY_HAND, NO_TURNS) if by_hand else found

    @property
    def assigned(self) -> int:
        """All leads ever assigned, in whatever rule."""
        return sum(turns.assigned for turns in self.turns.values())


IDLE = Workload()


def plus(bag: tuple[Money, ...], value: Money | None) -> tuple[Money, ...]:
    """Add an amount to those of each currency.

    >>> [str(money) for money in plus((Money(5, "EUR"),), Money(2, "EUR"))]
    ['7 EUR']
    """
    if value is None:
        return bag
    sums = {money.currency: money for money in bag}
    before = sums.get(value.currency)
    sums[value.currency] = value if before is None else before + value
    return tuple(sums[code] for code in sorted(sums))


def minus(bag: tuple[Money, ...], value: Money | None) -> tuple[Money, ...]:
    """Take an amount away; never below nothing, for a deal may be worth more at its end.

    >>> minus((Money(5, "EUR"),), Money(9, "EUR"))
    (Money(amount=Decimal('0'), currency='EUR'),)
    """
    if value is None:
        return bag
    return tuple(
        max(money - value, Money(0, value.currency)) if money.currency == value.currency else money
        for money in bag
    )

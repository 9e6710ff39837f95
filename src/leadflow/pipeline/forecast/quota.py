"""A forecast parted by rep, or by any other field, and how close each part is to its quota."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias

import attrs

from leadflow.errors import InvalidValue, MixedCurrencies, did_you_mean, shown
from leadflow.markup import aligned, counted, table
from leadflow.money import Money
from leadflow.pipeline.forecast.distribution import written
from leadflow.pipeline.forecast.outlook import Outlook
from leadflow.pipeline.metrics.group import Key
from leadflow.shares import percent
from leadflow.values import decimal

Target: TypeAlias = Money | int | Decimal


@attrs.frozen(repr=False, eq=False)
class Quota:
    """One group of a forecast, such as a rep: its outlooks, and its quota in each period.

    The figures are those of the running period, unless `place` names another one.
    """

    key: Key
    outlooks: tuple[Outlook, ...]
    quota: Target | None

    def reached(self, place: int = 0) -> float | None:
        """Return the share of the quota that is won so far; None without a quota."""
        each = self.outlooks[place]
        return self._share(each.won, each.won_count)

    def expected(self, place: int = 0) -> float | None:
        """Return the share of the quota that is expected by the end of the period."""
        each = self.outlooks[place]
        return self._share(each.expected, each.expected_count)

    def chance(self, place: int = 0) -> float | None:
        """Return the chance that the quota is reached; None without a quota."""
        return None if self.quota is None else self.outlooks[place].at_least(self.quota)

    def _share(self, money: Money | None, count: float) -> float | None:
        if self.quota is None:
            return None
        if not isinstance(self.quota, Money):
            return count / float(self.quota)
        return None if money is None else float(money.amount / self.quota.amount)

    def explain(self, place: int = 0) -> str:
        """Say how close the group is to its quota, in a sentence."""
        who, each = ", ".join(self.key), self.outlooks[place]
        if self.quota is None:
            return f"{who}, {each.explain()}; no quota"
        return (
            f"{who}, {each.period}: {percent(self.reached(place))} of {goal(self.quota)} is won, "
            f"{percent(self.expected(place))} expected; {percent(self.chance(place))} to reach it"
        )

    def __str__(self) -> str:
        return self.explain()

    def __repr__(self) -> str:
        return f"Quota({self.explain()})"


@attrs.frozen(repr=False, eq=False)
class Quotas:
    """A forecast by group, in the order of the keys; ``quotas["ada"]`` finds one."""

    by: tuple[str, ...]
    groups: tuple[Quota, ...]

    def __getitem__(self, key: str | Key) -> Quota:
        """Return a group; raises `InvalidValue` with the closest key."""
        asked = key if isinstance(key, tuple) else (key,)
        for each in self.groups:
            if each.key == asked:
                return each
        hint = did_you_mean(", ".join(map(str, asked)), [", ".join(q.key) for q in self.groups])
        raise InvalidValue("forecast", shown(key), "the key of a group", hint)

    def __iter__(self) -> Iterator[Quota]:
        return iter(self.groups)

    def __len__(self) -> int:
        return len(self.groups)

    def _table(self) -> tuple[list[str], list[list[str]]]:
        figures = ["won", "expected", "deals", "quota", "won of it", "expected of it", "reaches it"]
        return [*self.by, *figures], [_row(each) for each in self.groups]

    def explain(self) -> str:
        """Say how close each group is to its quota in the running period."""
        return "\n".join(each.explain() for each in self.groups) or "no data"

    def __str__(self) -> str:
        return "\n".join(aligned(*self._table()))

    def __repr__(self) -> str:
        return f"Quotas(by {', '.join(self.by)}, {counted(len(self.groups), 'group')})"

    def _repr_html_(self) -> str:
        return table(f"forecast by {', '.join(self.by)}", *self._table())


def _row(each: Quota) -> list[str]:
    now = each.outlooks[0]
    amounts = ["" if money is None else written(money) for money in (now.won, now.expected)]
    found = [*each.key, *amounts, f"{now.expected_count:,.1f}"]
    if each.quota is None:
        return [*found, "", "", "", ""]
    shares = (each.reached(), each.expected(), each.chance())
    return [*found, goal(each.quota), *map(percent, shares)]


def goal(target: Target) -> str:
    """Write a target: money, or a number of deals."""
    return written(target) if isinstance(target, Money) else f"{target:,f} deals"


def target_of(where: str, value: object, currency: str | None) -> Target:
    """Take a target above 0: money of the forecast's currency, or a number of deals."""
    if isinstance(value, Money):
        if currency is not None and value.currency != currency:
            raise MixedCurrencies("compare", (currency, value.currency))
        number = value.amount
    else:
        number = decimal(where, value)
    if number <= 0:
        raise InvalidValue(where, shown(value), "an amount or a number above 0")
    return value if isinstance(value, Money) else number


def quotas_of(
    quotas: Mapping[str, Target] | None, by: Sequence[str], currency: str | None
) -> dict[Key, Target]:
    """Take the quotas of groups: by the key, or by the keys of several dimensions."""
    if quotas is None:
        return {}
    if not isinstance(quotas, Mapping):
        raise InvalidValue("quotas", shown(quotas), "a mapping from groups to their quotas")
    found: dict[Key, Target] = {}
    for given, value in quotas.items():
        key = (given,) if isinstance(given, str) else given
        if (
            not isinstance(key, tuple)
            or len(key) != len(by)
            or not all(isinstance(word, str) for word in key)
        ):
            raise InvalidValue("quotas", shown(given), f"a key for {', '.join(by)}")
        found[key] = target_of(f"quotas[{shown(given)}]", value, currency)
    return found

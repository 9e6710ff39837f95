"""Asking a condition of one lead: the specification that every faster engine is held to.

A condition is compiled once into closures over look-up tables; no source is generated.
"""

from __future__ import annotations

import operator
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any, TypeAlias, assert_never

from leadflow.conditions.constant import KINDS, Constant, kind_of
from leadflow.conditions.node import (
    All,
    Always,
    AnyOf,
    Between,
    Compare,
    Condition,
    Dated,
    FieldRef,
    Followed,
    Happened,
    HasTag,
    Known,
    Not,
    OneOf,
    TextPart,
    Unknown,
)
from leadflow.errors import InvalidValue
from leadflow.events import Activity
from leadflow.lead import Lead
from leadflow.money import Money
from leadflow.span import Span

Values: TypeAlias = Mapping[str, Any]
Matcher: TypeAlias = Callable[[Values, Lead, date], bool]
"""Asks of named values, the lead (already as of the instant) and the instant's UTC date."""
Occurrences: TypeAlias = Callable[[Lead, date], Sequence[Activity]]
"""Finds the activities that count, oldest first."""

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": operator.eq,
    "at_least": operator.ge,
    "at_most": operator.le,
    "more_than": operator.gt,
    "less_than": operator.lt,
}
_PARTS: dict[str, Callable[[str, str], bool]] = {
    "contains": operator.contains,
    "starts_with": str.startswith,
    "ends_with": str.endswith,
}
_ORDERED = frozenset({"number", "date", "datetime", "money"})
_ACTIVITY_ATTRIBUTES = frozenset({"channel", "direction", "answered", "by"})
_at = attrgetter("at")


def compiled(condition: Condition) -> Matcher:
    """Compile a condition into one function."""
    match condition:
        case All():
            return _all([compiled(part) for part in condition.conditions])
        case AnyOf():
            return _any([compiled(part) for part in condition.conditions])
        case Not():
            inner = compiled(condition.condition)
            return lambda values, lead, today: not inner(values, lead, today)
        case Always():
            return lambda values, lead, today: True
        case HasTag():
            tag = condition.tag
            return lambda values, lead, today: tag in lead.tags
        case Happened():
            return _happened(condition)
        case Followed():
            return _followed(condition)
        case _:
            return _about_field(condition)


def _all(parts: list[Matcher]) -> Matcher:
    if len(parts) == 2:  # noqa: PLR2004 (two parts are the common case and need no loop)
        first, second = parts
        return lambda v, lead, today: first(v, lead, today) and second(v, lead, today)

    def matcher(values: Values, lead: Lead, today: date) -> bool:
        for part in parts:
            if not part(values, lead, today):
                return False
        return True

    return matcher


def _any(parts: list[Matcher]) -> Matcher:
    def matcher(values: Values, lead: Lead, today: date) -> bool:
        for part in parts:
            if part(values, lead, today):
                return True
        return False

    return matcher


def _about_field(
    leaf: Compare | Between | OneOf | TextPart | Known | Unknown | Dated,
) -> Matcher:
    field = leaf.field
    match leaf:
        case Compare(value=FieldRef(name=other)):
            return _two_fields(field, leaf.operator, other)
        case Compare():
            test = _test(leaf.operator, leaf.value)
            return lambda values, lead, today: test(values.get(field))
        case Between():
            low, high = _test("at_least", leaf.low), _test("at_most", leaf.high)
            return lambda values, lead, today: low(values.get(field)) and high(values.get(field))
        case OneOf():
            return _one_of(field, leaf.values)
        case TextPart():
            return _text_part(field, _PARTS[leaf.operator], leaf.text)
        case Known():
            return lambda values, lead, today: field in values
        case Unknown():
            return lambda values, lead, today: field not in values
        case Dated():
            return _dated(leaf)
        case _:
            assert_never(leaf)


def _test(word: str, constant: Any) -> Callable[[Any], bool]:
    """Compare a value with a constant of its kind; another kind, or unknown, is False."""
    compare, kind = _ORDERS[word], kind_of(constant)
    if kind == "number":
        return _number_test(compare, constant)
    if kind == "money":
        currency, amount = constant.currency, constant.amount
        return lambda value: (
            type(value) is Money and value.currency == currency and compare(value.amount, amount)
        )
    of_kind = type(constant)
    return lambda value: type(value) is of_kind and compare(value, constant)


def _number_test(
    compare: Callable[[Any, Any], bool], constant: int | Decimal
) -> Callable[[Any], bool]:
    rounded = float(constant)

    def test(value: Any) -> bool:
        kind = type(value)
        if kind is int or kind is Decimal:
            return compare(value, constant)
        return kind is float and compare(value, rounded)

    return test


def _two_fields(field: str, word: str, other: str) -> Matcher:
    compare = _ORDERS[word]
    kinds = frozenset(KINDS.values()) if word == "equals" else _ORDERED

    def matcher(values: Values, lead: Lead, today: date) -> bool:
        one, two = values.get(field), values.get(other)
        kind = KINDS.get(type(one))
        if kind not in kinds or kind != KINDS.get(type(two)):
            return False
        if kind == "number" and float in (type(one), type(two)):
            return compare(float(one), float(two))  # type: ignore[arg-type]
        if kind == "money":
            return _same_currency(compare, one, two)
        return compare(one, two)

    return matcher


def _same_currency(compare: Callable[[Any, Any], bool], one: Any, two: Any) -> bool:
    return one.currency == two.currency and compare(one.amount, two.amount)


def _one_of(field: str, constants: tuple[Constant, ...]) -> Matcher:
    by_type: dict[type, set[Any]] = {}
    for constant in constants:
        if kind_of(constant) == "number":
            by_type.setdefault(int, set()).add(constant)
            by_type.setdefault(float, set()).add(float(constant))  # type: ignore[arg-type]
        else:
            by_type.setdefault(type(constant), set()).add(constant)
    if int in by_type:
        by_type[Decimal] = by_type[int]
    allowed = {kind: frozenset(values) for kind, values in by_type.items()}
    nothing: frozenset[Any] = frozenset()

    def matcher(values: Values, lead: Lead, today: date) -> bool:
        value = values.get(field)
        return value in allowed.get(type(value), nothing)

    return matcher


def _text_part(field: str, test: Callable[[str, str], bool], text: str) -> Matcher:
    def matcher(values: Values, lead: Lead, today: date) -> bool:
        value = values.get(field)
        return type(value) is str and test(value, text)

    return matcher


def earliest(span: Span, today: date) -> date:
    """Find the day a span before today, or the first day there is."""
    try:
        return span.before(today)
    except InvalidValue:
        return date.min


def latest(span: Span, today: date) -> date:
    """Find the day a span after today, or the last day there is."""
    try:
        return span.after(today)
    except InvalidValue:
        return date.max


def _dated(leaf: Dated) -> Matcher:
    field, span, word = leaf.field, leaf.span, leaf.operator

    def matcher(values: Values, lead: Lead, today: date) -> bool:
        value = values.get(field)
        day = value.date() if type(value) is datetime else value
        if type(day) is not date:
            return False
        if word == "in_next":
            return today <= day <= latest(span, today)
        limit = earliest(span, today)
        return day < limit if word == "older_than" else limit <= day <= today

    return matcher


def occurrences(leaf: Happened) -> Occurrences:
    """Compile the search for the activities that a condition counts, oldest first."""
    kind, span = leaf.kind, leaf.within_
    accepts = None if leaf.where_ is None else _on_data(leaf.where_)

    def find(lead: Lead, today: date) -> Sequence[Activity]:
        found: Sequence[Activity] = lead.activities_by_kind.get(kind, ())
        if span is not None and found:
            start = datetime.combine(earliest(span, today), time(), UTC)
            found = found[bisect_left(found, start, key=_at) :]
        if accepts is not None:
            return [activity for activity in found if accepts(activity, lead, today)]
        return found

    return find


def _on_data(where: Condition) -> Callable[[Activity, Lead, date], bool]:
    matcher = compiled(where)
    if fields_of(where) & _ACTIVITY_ATTRIBUTES:
        return lambda activity, lead, today: matcher(activity.values, lead, today)
    return lambda activity, lead, today: matcher(activity.data, lead, today)


def fields_of(condition: Condition) -> frozenset[str]:
    """Collect the names of the lead's values (not of activities' data) that a condition reads."""
    match condition:
        case All() | AnyOf():
            return frozenset().union(*(fields_of(part) for part in condition.conditions))
        case Not():
            return fields_of(condition.condition)
        case Compare(value=FieldRef(name=other)):
            return frozenset({condition.field, other})
        case HasTag() | Happened() | Followed() | Always():
            return frozenset()
        case _:
            return frozenset({condition.field})


def _happened(leaf: Happened) -> Matcher:
    find, least, most = occurrences(leaf), leaf.at_least, leaf.at_most
    if leaf.is_plain:
        return lambda values, lead, today: bool(find(lead, today))

    def matcher(values: Values, lead: Lead, today: date) -> bool:
        count = len(find(lead, today))
        return least <= count and (most is None or count <= most)

    return matcher


def _followed(leaf: Followed) -> Matcher:
    find_first, find_second = occurrences(leaf.first), occurrences(leaf.second)
    days = None if leaf.within is None else leaf.within.days

    def matcher(values: Values, lead: Lead, today: date) -> bool:
        firsts, place = find_first(lead, today), 0
        for second in find_second(lead, today) if firsts else ():
            while place < len(firsts) and firsts[place].at < second.at:
                place += 1
            if place and _near(firsts[place - 1].at, second.at, days):
                return True
        return False

    return matcher


def _near(first: datetime, second: datetime, days: int | None) -> bool:
    return days is None or second.date() - first.date() <= timedelta(days)

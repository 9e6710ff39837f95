"""The words that conditions are written with."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NoReturn

import attrs

from leadflow.conditions.constant import Constant
from leadflow.conditions.node import (
    All,
    Always,
    AnyOf,
    Between,
    Compare,
    Comparison,
    Condition,
    Dated,
    FieldRef,
    Happened,
    HasTag,
    Known,
    OneOf,
    TextPart,
    Unknown,
    in_days,
)
from leadflow.money import Money
from leadflow.span import Span
from leadflow.values import NAME, FieldValue, checks

Ordered = int | float | Decimal | date | datetime | Money


@attrs.frozen(eq=False, field_transformer=checks)
class Field:
    """A named value of a lead, or of an activity's data, to write conditions about.

    >>> print(field("employees").between(50, 1000) & ~field("country").equals("US"))
    employees is between 50 and 1000 and not (country is 'US')
    """

    name: str = attrs.field(metadata=NAME)

    def _operator(self, _: object) -> NoReturn:
        raise TypeError(
            f"a comparison of field({self.name!r}) is written in words: "
            ".equals(...), .at_least(...), .less_than(...)"
        )

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _operator
    __hash__ = object.__hash__

    def equals(self, value: Constant | Field) -> Compare:
        """Ask whether it equals a constant or another field; text exactly, case included."""
        return self._compare("equals", value)

    def at_least(self, value: Ordered | Field) -> Compare:
        """Ask whether it is the value or more."""
        return self._compare("at_least", value)

    def at_most(self, value: Ordered | Field) -> Compare:
        """Ask whether it is the value or less."""
        return self._compare("at_most", value)

    def more_than(self, value: Ordered | Field) -> Compare:
        """Ask whether it is more than the value."""
        return self._compare("more_than", value)

    def less_than(self, value: Ordered | Field) -> Compare:
        """Ask whether it is less than the value."""
        return self._compare("less_than", value)

    def between(self, low: Ordered, high: Ordered) -> Between:
        """Ask whether it lies between two values of one kind, ends included."""
        return Between(self.name, low, high)

    def one_of(self, *values: Constant) -> OneOf:
        """Ask whether it equals one of these."""
        return OneOf(self.name, values)

    def contains(self, text: str) -> TextPart:
        """Ask whether the text occurs in it, case included."""
        return TextPart(self.name, "contains", text)

    def starts_with(self, text: str) -> TextPart:
        """Ask whether it starts with the text, case included."""
        return TextPart(self.name, "starts_with", text)

    def ends_with(self, text: str) -> TextPart:
        """Ask whether it ends with the text, case included."""
        return TextPart(self.name, "ends_with", text)

    def is_known(self) -> Known:
        """Ask whether anything is known; empty text is known."""
        return Known(self.name)

    def is_unknown(self) -> Unknown:
        """Ask whether nothing is known: None, NaN or missing."""
        return Unknown(self.name)

    def in_last(self, span: Span | timedelta | str) -> Dated:
        """Ask whether the date lies in the span up to and including the UTC date of `as_of`."""
        return Dated(self.name, "in_last", in_days("in_last", span))

    def in_next(self, span: Span | timedelta | str) -> Dated:
        """Ask whether the date lies in the span from the UTC date of `as_of` on, ends included."""
        return Dated(self.name, "in_next", in_days("in_next", span))

    def older_than(self, span: Span | timedelta | str) -> Dated:
        """Ask whether the date lies further back than the span."""
        return Dated(self.name, "older_than", in_days("older_than", span))

    def _compare(self, operator: Comparison, value: Constant | Field) -> Compare:
        return Compare(
            self.name, operator, FieldRef(value.name) if isinstance(value, Field) else value
        )


def field(name: str) -> Field:
    """Name a value to ask about: an attribute such as stage or deal_value, or any field.

    >>> print(field("deal_value").at_least(Money(10_000, "EUR")))
    deal_value is at least 10000 EUR
    """
    return Field(name)


def tag(name: str) -> HasTag:
    """Ask whether the lead carries a tag.

    >>> print(tag("vip"))
    tagged 'vip'
    """
    return HasTag(name)


def activity(kind: str, /, **data: FieldValue) -> Happened:
    """Ask whether an activity of a kind happened, with these values among its own data.

    A note is one of the kind note, with topic, source, need and text; a disposition is one of the
    kind disposition, with outcome, reason and note.

    >>> print(activity("page_viewed", page="/pricing").within("30 days").times(2))
    page_viewed (page is '/pricing') within 30 days, at least 2 times
    >>> print(activity("disposition", outcome="unqualified").within("6 months"))
    disposition (outcome is 'unqualified') within 6 months
    """
    where: list[Condition] = [Compare(key, "equals", value) for key, value in data.items()]
    return Happened(kind).where(*where) if where else Happened(kind)


def all_of(*conditions: Condition) -> All:
    """Ask that every condition is met.

    Raises `InvalidValue` for no conditions (`always` meets all) and for what is no condition.

    >>> print(all_of(field("employees").at_least(50), tag("vip")))
    employees is at least 50 and tagged 'vip'
    """
    return All(conditions)


def any_of(*conditions: Condition) -> AnyOf:
    """Ask that at least one condition is met.

    Raises `InvalidValue` for no conditions and for what is no condition.

    >>> print(any_of(field("country").equals("PL"), tag("vip")))
    country is 'PL' or tagged 'vip'
    """
    return AnyOf(conditions)


def always() -> Always:
    """Meet every lead.

    >>> from datetime import datetime, timezone
    >>> from leadflow import Lead
    >>> noon = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
    >>> always().matches(Lead("L-7"), as_of=noon)
    True
    """
    return Always()

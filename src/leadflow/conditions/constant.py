"""The constants of a condition, and the kinds that values are of.

int, Decimal and float are one kind, number; text, boolean, date, datetime and money are kinds of
their own, and comparing across kinds is False.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Literal, TypeAlias

from leadflow.errors import InvalidValue, shown
from leadflow.money import Money
from leadflow.values import decimal, field_value

Kind: TypeAlias = Literal["number", "text", "boolean", "date", "datetime", "money"]
Constant: TypeAlias = str | int | float | Decimal | bool | date | datetime | Money

KINDS: dict[type, Kind] = {
    int: "number",
    float: "number",
    Decimal: "number",
    str: "text",
    bool: "boolean",
    date: "date",
    datetime: "datetime",
    Money: "money",
}


def kind_of(value: Constant) -> Kind:
    """Tell the kind of a known value.

    >>> kind_of(True), kind_of(1)
    ('boolean', 'number')
    """
    return KINDS[type(value)]


def constant(where: str, value: object) -> Constant:
    """Take a constant; numbers become exact: whole numbers int, others Decimal by printed digits.

    Raises `InvalidValue` for None, NaN and anything that no field can hold.

    >>> constant("value", 50.0), constant("value", 0.1)
    (50, Decimal('0.1'))
    """
    if isinstance(value, Money):
        return value
    if isinstance(value, float | Decimal):
        return _exact(decimal(where, value))
    found = field_value(where, value)
    if found is None:
        raise InvalidValue(where, shown(value), "a known value", "ask is_unknown() instead")
    return found


def _exact(number: Decimal) -> int | Decimal:
    whole = int(number)
    return whole if whole == number else Decimal(format(number, "f").rstrip("0"))

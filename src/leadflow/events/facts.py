"""The names of a lead's attributes and the checks of what may stand in them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, TypeAlias, get_args

from leadflow.errors import InvalidValue, shown
from leadflow.money import Money
from leadflow.values import (
    Frozen,
    calendar_date,
    decimal,
    field_value,
    name,
    names,
    text,
    time_zone,
    whole,
    word,
)

Lifecycle: TypeAlias = Literal["lead", "mql", "sql", "opportunity", "customer", "inactive"]
Outcome: TypeAlias = Literal["qualified", "unqualified", "removed", "converted", "won", "lost"]
ENDS = frozenset({"unqualified", "removed", "won", "lost"})
"""The outcomes of a disposition that end the work on a lead."""


def one_of(words: Any) -> dict[str, Any]:
    """Build the check of a closed list of words, given as a Literal."""
    allowed: tuple[str, ...] = get_args(words)

    def check(where: str, value: object) -> str:
        return word(where, name(where, value), allowed)

    return {"check": check}


def deal_value(where: str, value: object) -> Money:
    """Take an amount of money of zero or more."""
    if not isinstance(value, Money):
        raise InvalidValue(where, shown(value), "Money or None")
    if value.amount < 0:
        raise InvalidValue(where, str(value), "an amount of zero or more")
    return value


def share(where: str, value: object) -> float:
    """Take a share or probability between 0 and 1.

    >>> share("probability", 0.25)
    0.25
    """
    number = value if isinstance(value, float | Decimal) else decimal(where, value)
    if is_unknown(number) or not 0 <= number <= 1:
        raise InvalidValue(where, shown(value), "a number between 0 and 1")
    return float(number)


SETTABLE = {
    "source": text,
    "deal_value": deal_value,
    "due": calendar_date,
    "time_zone": time_zone,
}
POSITION = {
    "stage": name,
    "pipeline": name,
    "owner": name,
    "rating": name,
    "score": whole,
    "win_probability": share,
    "lifecycle": one_of(Lifecycle)["check"],
}
_FIXED = frozenset({"id", "created_at"})
_NEVER = _FIXED | {"tags", "fields", "events", "deal_value_currency", "engagement_reset_at"}

ATTRIBUTES = frozenset({"id", "created_at", *SETTABLE, *POSITION})
"""The names that `field(...)` reads from a lead's own attributes."""


def is_unknown(value: object) -> bool:
    """Tell whether a value says that nobody knows: None, NaN, or the NaT of a dataframe.

    >>> is_unknown(None), is_unknown(float("nan")), is_unknown("")
    (True, True, False)
    """
    if isinstance(value, Decimal):
        return value.is_nan()
    return value is None or (isinstance(value, float | datetime) and value != value)  # noqa: PLR0124


def facts(where: str, values: Mapping[str, Any]) -> Frozen[Any]:
    """Check new values for fields and settable attributes; None or NaN means: no longer known.

    Settable are source, deal_value, due and time_zone and every field that is no attribute.

    >>> from datetime import date
    >>> facts("FieldsSet.values", {"employees": 20, "due": date(2026, 5, 1)})
    {'employees': 20, 'due': datetime.date(2026, 5, 1)}
    """
    if not isinstance(values, Mapping):
        raise InvalidValue(where, shown(values), "a mapping of field names to values")
    found: dict[str, Any] = {}
    for given, value in values.items():
        key = name(f"{where} name", given)
        place = f"{where}.{key}"
        if key in found:
            raise InvalidValue(where, shown(given), "field names that differ", "NFC and stripped")
        _refuse_position(place, key)
        check = SETTABLE.get(key, field_value)
        found[key] = None if is_unknown(value) else check(place, value)
    return Frozen(found)


def fact_names(where: str, values: object) -> tuple[str, ...]:
    """Take the names of fields and settable attributes, and return them sorted.

    >>> fact_names("Erased.fields", ["phone", "email"])
    ('email', 'phone')
    """
    found = sorted(names(where, values))
    for key in found:
        _refuse_position(f"{where}.{key}", key)
    return tuple(found)


def _refuse_position(place: str, key: str) -> None:
    if key in POSITION or key in _NEVER:
        expected = "a field, or one of " + ", ".join(SETTABLE)
        hint = "it never changes" if key in _FIXED else f"{key} is set by events of its own"
        raise InvalidValue(place, shown(key), expected, hint)

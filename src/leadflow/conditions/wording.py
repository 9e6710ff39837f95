"""Conditions in English, as every explanation shows them."""

from __future__ import annotations

from typing import assert_never

from leadflow.conditions.constant import Constant
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
from leadflow.errors import shown

_COMPARISONS = {
    "equals": "is",
    "at_least": "is at least",
    "at_most": "is at most",
    "more_than": "is more than",
    "less_than": "is less than",
}
_PARTS = {"contains": "contains", "starts_with": "starts with", "ends_with": "ends with"}
_SHOWN = 8


def wording(condition: Condition) -> str:
    """Say a condition in English.

    >>> from leadflow.conditions import activity, field
    >>> wording(field("country").one_of("PL", "CZ") & activity("email_opened").never())
    "country is one of 'PL', 'CZ' and no email_opened"
    """
    match condition:
        case All():
            return _joined(condition.conditions, " and ")
        case AnyOf():
            return _joined(condition.conditions, " or ")
        case Not():
            return f"not ({wording(condition.condition)})"
        case Always():
            return "always"
        case HasTag():
            return f"tagged {shown(condition.tag)}"
        case Happened():
            return _happened(condition)
        case Followed():
            within = f" within {condition.within}" if condition.within else ""
            return f"{_happened(condition.first)}, then{within} {_happened(condition.second)}"
        case _:
            return _about_field(condition)


def _about_field(
    leaf: Compare | Between | OneOf | TextPart | Known | Unknown | Dated,
) -> str:
    match leaf:
        case Compare():
            return f"{leaf.field} {_COMPARISONS[leaf.operator]} {_value(leaf.value)}"
        case Between():
            return f"{leaf.field} is between {_value(leaf.low)} and {_value(leaf.high)}"
        case OneOf():
            listed = ", ".join(_value(value) for value in leaf.values[:_SHOWN])
            more = len(leaf.values) - _SHOWN
            return f"{leaf.field} is one of {listed}" + (f" and {more} more" if more > 0 else "")
        case TextPart():
            return f"{leaf.field} {_PARTS[leaf.operator]} {_value(leaf.text)}"
        case Known():
            return f"{leaf.field} is known"
        case Unknown():
            return f"{leaf.field} is unknown"
        case Dated():
            return f"{leaf.field} is " + _nearness(leaf)
        case _:
            assert_never(leaf)


def _nearness(leaf: Dated) -> str:
    if leaf.operator == "older_than":
        return f"more than {leaf.span} ago"
    return f"in the {'last' if leaf.operator == 'in_last' else 'next'} {leaf.span}"


def _happened(leaf: Happened) -> str:
    where = f" ({wording(leaf.where_)})" if leaf.where_ is not None else ""
    within = f" within {leaf.within_}" if leaf.within_ else ""
    return _times(leaf, f"{leaf.kind}{where}{within}")


def _times(leaf: Happened, what: str) -> str:
    if leaf.is_plain:
        return what
    if leaf.at_most == 0:
        return f"no {what}"
    least = f"at least {_count(leaf.at_least)}" if leaf.at_least else ""
    most = f"at most {_count(leaf.at_most)}" if leaf.at_most is not None else ""
    return f"{what}, " + " and ".join(filter(None, (least, most)))


def _count(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _joined(parts: tuple[Condition, ...], word: str) -> str:
    listed = [
        f"({wording(part)})" if isinstance(part, All | AnyOf | Followed) else wording(part)
        for part in parts[:_SHOWN]
    ]
    more = len(parts) - _SHOWN
    return word.join(listed) + (f"{word}{more} more" if more > 0 else "")


def _value(value: Constant | FieldRef) -> str:
    return shown(value) if isinstance(value, str) else str(value)

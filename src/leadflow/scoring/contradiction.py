"""Conditions that no lead can meet, or that every lead meets, as far as their words alone tell.

What is found is certain; dates, parts of texts and counts that contradict each other are not found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from leadflow.conditions import All, Always, AnyOf, Condition, Followed, Happened, Not
from leadflow.scoring.fold import Fold, fold, folded_field


def is_never(condition: Condition) -> bool:
    """Tell whether surely no lead meets a condition.

    >>> from leadflow import field
    >>> is_never(field("n").more_than(5) & field("m").is_known() & field("n").less_than(3))
    True
    """
    match condition:
        case All(conditions=parts):
            return any(map(is_never, parts)) or _rule_each_other_out(parts)
        case AnyOf():
            return all(map(is_never, condition.conditions))
        case Not():
            return is_always(condition.condition)
        case Happened(where_=where):
            return where is not None and condition.at_least > 0 and is_never(where)
        case Followed():
            return is_never(condition.first) or is_never(condition.second)
        case _:
            return _rule_each_other_out((condition,))


def is_always(condition: Condition) -> bool:
    """Tell whether surely every lead meets a condition.

    >>> from leadflow import field
    >>> is_always(field("n").is_known() | field("n").is_unknown())
    True
    """
    match condition:
        case Always():
            return True
        case All():
            return all(map(is_always, condition.conditions))
        case AnyOf(conditions=parts):
            return any(map(is_always, parts)) or _leave_nothing_out(parts)
        case Not():
            return is_never(condition.condition)
        case _:
            return _leave_nothing_out((condition,))


def _rule_each_other_out(parts: Sequence[Condition]) -> bool:
    """Tell whether the parts about some field have no class of its values in common."""
    return _has_opposites(parts) or any(
        all(len(places) < len(one.places) for places in one.classes) for one in _folds(parts)
    )


def _leave_nothing_out(parts: Sequence[Condition]) -> bool:
    """Tell whether the parts about some field cover all classes of its values together."""
    return _has_opposites(parts) or any(all(one.classes) for one in _folds(parts))


def _has_opposites(parts: Sequence[Condition]) -> bool:
    known = set(parts)
    opposites = (part.condition for part in parts if isinstance(part, Not))
    never = (part.never() for part in parts if isinstance(part, Happened) and part.is_plain)
    return not known.isdisjoint((*opposites, *never))


def _folds(parts: Sequence[Condition]) -> Iterator[Fold]:
    by_field: dict[str, list[Condition]] = {}
    for part in parts:
        field = folded_field(part)
        if field is not None:
            by_field.setdefault(field, []).append(part)
    for field, about in by_field.items():
        one = fold(field, list(enumerate(about)))
        if one is not None:
            yield one

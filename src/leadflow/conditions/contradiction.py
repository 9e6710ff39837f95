"""Conditions that no lead can meet, that every lead meets, or that follow from others.

What is found is certain, as far as the words of the conditions alone tell: dates, parts of texts and
counts that contradict each other are not found.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Hashable, Iterable, Iterator
from typing import TypeAlias

import attrs

from leadflow.conditions.fold import Fold, folded, folded_field
from leadflow.conditions.node import All, Always, AnyOf, Condition, Followed, Happened, Not

_ROUNDS = 10
"""How often all conditions are gone through at most; what takes more is not found."""
_EITHER, _YES = 0b11, 0b01

Demand: TypeAlias = tuple[Condition, bool]
"""A condition, and whether it is to be met or not."""
Left: TypeAlias = ChainMap[Hashable, int]
"""What is still possible: of each subject, a bit for each class of its values."""
Atom: TypeAlias = tuple[Hashable, int, int]
"""The subject of a condition, the classes in which it is met, and all classes there are."""


def is_never(condition: Condition) -> bool:
    """Tell whether surely no lead meets a condition.

    >>> from leadflow import field
    >>> is_never(field("n").more_than(5) & field("m").is_known() & field("n").less_than(3))
    True
    """
    return _is_impossible([(condition, True)])


def is_always(condition: Condition) -> bool:
    """Tell whether surely every lead meets a condition.

    >>> from leadflow import field
    >>> is_always(field("n").is_known() | field("n").is_unknown())
    True
    """
    return _is_impossible([(condition, False)])


def implies(one: Condition, *others: Condition) -> bool:
    """Tell whether surely every lead that meets one condition meets at least one of the others.

    >>> small, large = field("n").less_than(50), field("n").at_least(50)
    >>> implies(field("n").between(60, 90), large), implies(field("n").is_known(), small, large)
    (True, False)
    """
    return _is_impossible([(one, True), *((other, False) for other in others)])


def _is_impossible(demands: list[Demand]) -> bool:
    """Narrow what is possible by each demand in turn, until nothing is left or nothing changes."""
    possible = _Possible(_atoms(condition for condition, _ in demands))
    left: Left = ChainMap()
    for _ in range(_ROUNDS):
        before = dict(left)
        if not all(possible.narrow(demand, left) for demand in demands):
            return True
        if left == before:
            break
    return False


@attrs.frozen(eq=False)
class _Possible:
    atoms: dict[Condition, Atom]

    def narrow(self, demand: Demand, left: Left) -> bool:
        """Leave only what a demand allows, as far as it is sure; tell whether anything is left."""
        condition, met = demand
        if isinstance(condition, Always):
            return met
        if isinstance(condition, Not):
            return self.narrow((condition.condition, not met), left)
        atom = self.atoms.get(condition)
        subject, where, everywhere = atom or (condition, _YES, _EITHER)
        left[subject] = left.get(subject, everywhere) & (where if met else everywhere ^ where)
        if not left[subject]:
            return False
        if atom or not isinstance(condition, All | AnyOf):
            return True
        demands = [(part, met) for part in condition.conditions]
        if isinstance(condition, All) is met:
            return all(self.narrow(each, left) for each in demands)
        return self._narrow_to_any(demands, left)

    def _narrow_to_any(self, demands: list[Demand], left: Left) -> bool:
        """Leave what the only demand allows that can be met, if it is the only one."""
        open_: list[Left] = []
        for demand in demands:
            trial = left.new_child()
            if self.narrow(demand, trial):
                open_.append(trial)
            if len(open_) > 1:
                return True
        for only in open_:
            left.update(only.maps[0])
        return bool(open_)


def _atoms(conditions: Iterable[Condition]) -> dict[Condition, Atom]:
    by_field: dict[str, dict[Condition, None]] = {}
    found: dict[Condition, Atom] = {}
    for part in (part for condition in conditions for part in _smallest(condition)):
        field = folded_field(part)
        if field is not None:
            by_field.setdefault(field, {})[part] = None
        elif isinstance(part, Happened | Followed):
            found[part] = _about_activities(part)
    for field, about in by_field.items():
        asked = list(enumerate(about))
        for one in folded(field, asked):
            met = _classes_met(one)
            everywhere = (1 << len(one.classes)) - 1
            subject = (field, one.places)
            found |= {part: (subject, met[n], everywhere) for n, part in asked if n in met}
    return found


def _smallest(condition: Condition) -> Iterator[Condition]:
    """Take a condition apart until each part is about one field, or cannot be taken apart."""
    match condition:
        case Not():
            yield from _smallest(condition.condition)
        case All() | AnyOf() if folded_field(condition) is None:
            for part in condition.conditions:
                yield from _smallest(part)
        case _:
            yield condition


def _classes_met(one: Fold) -> dict[int, int]:
    """Find, for each place, the classes in which its condition is met, as bits."""
    met = dict.fromkeys(one.places, 0)
    for number, places in enumerate(one.classes):
        for place in places:
            met[place] |= 1 << number
    return met


def _about_activities(condition: Happened | Followed) -> Atom:
    steps = (condition,) if isinstance(condition, Happened) else (condition.first, condition.second)
    if isinstance(condition, Happened) and condition.at_most == 0:
        return condition.times(at_least=1), _EITHER ^ _YES, _EITHER
    cannot = any(
        step.at_least > 0 and step.where_ is not None and is_never(step.where_) for step in steps
    )
    return condition, 0 if cannot else _YES, _EITHER

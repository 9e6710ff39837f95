"""The audience of an effect: the rules that wait for what an action makes happen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from typing import Any, TypeAlias

import attrs

from leadflow.automation.effect import Effect, Judge, judge
from leadflow.conditions import All, AnyOf, Compare, Condition, FieldRef, OneOf, always, kind_of
from leadflow.conditions.matching import fields_of

_NOTHING = Effect("")

Asked: TypeAlias = tuple[str, Hashable]
"""A name among an event's data, and a value of it."""


@attrs.frozen(eq=False)
class Waiting:
    """A rule by its place, and what it asks of an event's data."""

    place: int
    judge: Judge
    size: int


def _lists() -> defaultdict[Any, list[Waiting]]:
    return defaultdict(list)


@attrs.frozen(eq=False)
class Audience:
    """The rules that wait for one kind of event.

    `free` ask nothing of it. The others are found by a value that they need, or else by the names
    they ask about; `content` are those that are met by an event that tells none of these.
    """

    free: list[int] = attrs.field(factory=list)
    asking: list[int] = attrs.field(factory=list)
    _by_value: Mapping[Asked, list[Waiting]] = attrs.field(factory=_lists)
    _by_any_value: Mapping[str, list[Waiting]] = attrs.field(factory=_lists)
    _by_name: Mapping[str, list[Waiting]] = attrs.field(factory=_lists)
    _content: list[Waiting] = attrs.field(factory=list)

    def add(self, place: int, where: Condition) -> None:
        """Take in a rule that asks `where` of the event."""
        if where == always():
            self.free.append(place)
            return
        self.asking.append(place)
        waiting = Waiting(place, judge(where), where.size)
        needed = _needed(where)
        for asked in needed:
            self._by_value[asked].append(waiting)
        for key in {key for key, _ in needed}:
            self._by_any_value[key].append(waiting)
        if not needed:
            self._add_by_name(waiting, where)

    def _add_by_name(self, waiting: Waiting, where: Condition) -> None:
        for key in fields_of(where):
            self._by_name[key].append(waiting)
        if waiting.judge(_NOTHING) is not False:
            self._content.append(waiting)

    def of(self, effect: Effect) -> dict[Waiting, None]:
        """Find the rules that ask something, and may be met by an effect."""
        return dict.fromkeys(self._candidates(effect))

    def _candidates(self, effect: Effect) -> Iterator[Waiting]:
        for key, value in effect.data.items():
            yield from self._by_value.get((key, _alike(value)), ())
            yield from self._by_name.get(key, ())
        for key in effect.others:
            yield from self._by_any_value.get(key, ())
            yield from self._by_name.get(key, ())
        yield from self._content


def _needed(where: Condition) -> frozenset[Asked]:
    """Find values of which an event must have one to meet a condition; none if there are no such."""
    match where:
        case Compare(operator="equals", value=value) if not isinstance(value, FieldRef):
            return frozenset({(where.field, _alike(value))})
        case OneOf():
            return frozenset((where.field, _alike(value)) for value in where.values)
        case All():
            return next(filter(None, map(_needed, where.conditions)), frozenset())
        case AnyOf():
            found = [_needed(part) for part in where.conditions]
            return frozenset().union(*found) if all(found) else frozenset()
        case _:
            return frozenset()


def _alike(value: Any) -> Hashable:
    """Make values alike that conditions may hold for equal; a boolean is no number."""
    kind = kind_of(value)
    return kind, float(value) if kind == "number" else value

"""Folding: all rules about one field become one look-up in that field's value.

Conditions over a single field that compare with numbers, texts and booleans split the values of the
field into classes on which every rule gives one answer. The numbers split a line: below the first
constant, on it, up to the next, and so on; texts split into those named and all others; True, False,
every other kind and unknown are a class each. A value is placed by a dict or a bisection.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import chain
from typing import Any, Generic, TypeAlias, TypeVar, cast

import attrs

from leadflow.conditions.constant import Constant, kind_of
from leadflow.conditions.matching import compiled
from leadflow.conditions.node import (
    All,
    AnyOf,
    Between,
    Compare,
    Condition,
    FieldRef,
    Known,
    Not,
    OneOf,
    Unknown,
)

P = TypeVar("P")
Number: TypeAlias = int | Decimal
Places: TypeAlias = tuple[int, ...]

_FOLDABLE = frozenset({"number", "text", "boolean"})
_MOST_ENTRIES = 1_000_000
"""Of all classes together, matched rules counted once per class; beyond, a fold is parted in two."""

_FEW = 256
"""So many whole numbers from 0 on get a cell each, without a search;"""
_FEW_EACH = 32
"""or so many for each threshold, where there are many."""


def folded_field(condition: Condition) -> str | None:
    """Name the one field that a condition is about, if its answer can be looked up."""
    leaves = list(_leaves(condition))
    fields = {getattr(leaf, "field", None) for leaf in leaves}
    if len(fields) != 1 or not all(_is_foldable(leaf) for leaf in leaves):
        return None
    return fields.pop()


def _leaves(condition: Condition) -> Iterator[Condition]:
    match condition:
        case All() | AnyOf():
            for part in condition.conditions:
                yield from _leaves(part)
        case Not():
            yield from _leaves(condition.condition)
        case _:
            yield condition


def _is_foldable(leaf: Condition) -> bool:
    match leaf:
        case Compare(value=FieldRef()):
            return False
        case Compare() | Between() | OneOf():
            return all(kind_of(constant) in _FOLDABLE for constant in _constants(leaf))
        case Known() | Unknown():
            return True
        case _:
            return False


def _constants(leaf: Condition) -> tuple[Constant, ...]:
    match leaf:
        case Compare():
            return (cast("Constant", leaf.value),)
        case Between():
            return (leaf.low, leaf.high)
        case OneOf():
            return leaf.values
        case _:
            return ()


def _numbers(condition: Condition) -> set[Number]:
    return {
        cast("Number", constant)
        for leaf in _leaves(condition)
        for constant in _constants(leaf)
        if kind_of(constant) == "number"
    }


def _texts(condition: Condition) -> set[str]:
    return {
        constant
        for leaf in _leaves(condition)
        for constant in _constants(leaf)
        if isinstance(constant, str)
    }


def _on_line(condition: Condition, line: Mapping[Number, int]) -> Condition:
    """Replace each number by its place on the line, so that the places compare as the numbers do."""

    def place(constant: Any) -> Any:
        return line[constant] if kind_of(constant) == "number" else constant

    match condition:
        case All() | AnyOf():
            return attrs.evolve(
                condition, conditions=[_on_line(part, line) for part in condition.conditions]
            )
        case Not():
            return Not(_on_line(condition.condition, line))
        case Compare():
            return attrs.evolve(condition, value=place(condition.value))
        case Between():
            return attrs.evolve(condition, low=place(condition.low), high=place(condition.high))
        case OneOf():
            return attrs.evolve(condition, values=[place(value) for value in condition.values])
        case _:
            return condition


@attrs.frozen(eq=False)
class Fold:
    """Which rules match in each class of one field's values; rules are given by their places."""

    field: str
    places: Places
    constants: tuple[Number, ...]
    on_line: list[Places]
    texts: dict[str, Places]
    other_text: Places
    true: Places
    false: Places
    other: Places
    unknown: Places

    @property
    def is_about_text(self) -> bool:
        """Whether nothing but the text decides, so that one dict answers."""
        alike = (self.true, self.false, self.other, self.other_text)
        return len(self.on_line) == 1 and all(places == self.on_line[0] for places in alike)

    @property
    def classes(self) -> tuple[Places, ...]:
        """The rules that match in each class, whatever class it is."""
        named = (*self.on_line, *self.texts.values(), self.other_text)
        return (*named, self.true, self.false, self.other, self.unknown)


Asked: TypeAlias = Sequence[tuple[int, Condition]]
"""Conditions about one field, each with the place of its rule."""
Asker: TypeAlias = Callable[[object], bool]
"""Asks a condition of a value of its field."""


def fold(field: str, asked: Asked) -> Fold | None:
    """Fold conditions about one field, or return None where that would not be exact or too large.

    Not exact: two numbers so near each other that as floats they are one.
    """
    constants = tuple(sorted(set().union(*(_numbers(condition) for _, condition in asked))))
    rounded = {float(constant) for constant in constants}
    on_line = _on_the_line(field, asked, constants) if len(rounded) == len(constants) else None
    own = [_texts(condition) for _, condition in asked]
    texts = sorted(set().union(*own))
    if on_line is None or len(texts) * len(asked) > _MOST_ENTRIES:
        return None

    def matched(value: object) -> Places:
        return tuple(place for place, asks in askers if asks(value))

    askers = [(place, _asker(field, condition)) for place, condition in asked]
    stranger = max(texts, key=len, default="") + "x"
    by_text = _by_text(texts, stranger, zip(askers, own, strict=True))
    return Fold(
        field,
        tuple(place for place, _ in asked),
        constants,
        on_line,
        by_text,
        *(matched(value) for value in (stranger, True, False, date.min, None)),
    )


def folded(field: str, asked: Asked) -> list[Fold]:
    """Fold conditions about one field in as few folds as is exact and not too large.

    A condition that cannot be folded at all is in none of them.
    """
    one = fold(field, asked)
    if one is not None:
        return [one]
    if len(asked) == 1:
        return []
    middle = len(asked) // 2
    return folded(field, asked[:middle]) + folded(field, asked[middle:])


def _by_text(
    texts: list[str], stranger: str, asked: Iterable[tuple[tuple[int, Asker], set[str]]]
) -> dict[str, Places]:
    found: dict[str, list[int]] = {text: [] for text in texts}
    for (place, asks), own in asked:
        for text in texts if asks(stranger) else own:
            if asks(text):
                found[text].append(place)
    return {text: tuple(places) for text, places in found.items()}


def _on_the_line(field: str, asked: Asked, constants: tuple[Number, ...]) -> list[Places] | None:
    line = {constant: 2 * place + 1 for place, constant in enumerate(constants)}
    found: list[list[int]] = [[] for _ in range(2 * len(constants) + 1)]
    stretches = {place: _stretches(field, when, line, len(found)) for place, when in asked}
    if sum(map(len, chain.from_iterable(stretches.values()))) > _MOST_ENTRIES:
        return None
    for place, held in stretches.items():
        for point in chain.from_iterable(held):
            found[point].append(place)
    return [tuple(places) for places in found]


def _asker(field: str, condition: Condition) -> Asker:
    matcher: Any = compiled(condition)
    return lambda value: matcher({} if value is None else {field: value}, None, None)


def _stretches(
    field: str, condition: Condition, line: Mapping[Number, int], points: int
) -> list[range]:
    asks = _asker(field, _on_line(condition, line))
    found: list[range] = []
    start = 0
    for own in sorted(line[number] for number in _numbers(condition)):
        found += (range(start, own), range(own, own + 1))
        start = own + 1
    found.append(range(start, points))
    return [stretch for stretch in found if stretch and asks(stretch.start)]


TextTable: TypeAlias = tuple[str, dict[str | None, P], P]
"""A field, the cell of each text and of unknown, and the cell of anything else."""
CountTable: TypeAlias = tuple[str, list[P], int, Callable[[Any], P]]
"""A field, the cells of the whole numbers from 0 on, how many, and the way of the rest."""
NumberTable: TypeAlias = tuple[str, list[int], list[P], P, Callable[[Any], P]]
"""A field, thresholds of whole numbers, their cells, the cell of unknown, and the way of the rest."""


@attrs.frozen(eq=False)
class Tables(Generic[P]):
    """The look-ups of all folded fields, holding cells of one sort."""

    texts: list[TextTable[P]]
    counts: list[CountTable[P]]
    numbers: list[NumberTable[P]]

    @classmethod
    def of(cls, folds: Iterable[Fold], cell: Callable[[Places], P]) -> Tables[P]:
        """Fill every class of every field with the cell for the rules that match there."""
        tables: Tables[P] = cls([], [], [])
        for one in folds:
            if one.is_about_text:
                cells: dict[str | None, P] = {text: cell(at) for text, at in one.texts.items()}
                cells[None] = cell(one.unknown)
                tables.texts.append((one.field, cells, cell(one.other)))
            else:
                tables._add_number(one, cell)
        return tables

    def _add_number(self, one: Fold, cell: Callable[[Places], P]) -> None:
        cells = [cell(places) for places in one.on_line]
        whole = [edge for c in one.constants for edge in (math.ceil(c), math.floor(c) + 1)]
        look_up = _look_up(one, whole, cells, cell)
        if whole and whole[-1] < max(_FEW, _FEW_EACH * len(whole)):
            size = max(_FEW, whole[-1] + 1)
            line = [cells[bisect_right(whole, number)] for number in range(size)]
            self.counts.append((one.field, line, size, look_up))
        else:
            self.numbers.append((one.field, whole, cells, cell(one.unknown), look_up))


def _look_up(
    one: Fold, whole: list[int], cells: list[P], cell: Callable[[Places], P]
) -> Callable[[Any], P]:
    texts = {text: cell(places) for text, places in one.texts.items()}
    by_kind = {str: cell(one.other_text), True: cell(one.true), False: cell(one.false)}
    unknown, other, constants = cell(one.unknown), cell(one.other), one.constants
    floats = [edge for c in map(float, constants) for edge in (c, math.nextafter(c, math.inf))]

    def look_up(value: Any) -> P:
        kind = type(value)
        if value is None:
            return unknown
        if kind is int:
            return cells[bisect_right(whole, value)]
        if kind is float:
            return cells[bisect_right(floats, value)]
        if kind is str:
            return texts.get(value, by_kind[str])
        if kind is bool:
            return by_kind[value]
        if kind is Decimal:
            place = bisect_left(constants, value)
            return cells[2 * place + (place < len(constants) and constants[place] == value)]
        return other

    return look_up

"""Rows of leads taken together and read by column: each distinct cell is read once.

A cell is read, and its value checked, by the code that reads one lead; what repeats is looked up.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeVar

import attrs

from leadflow.errors import LeadflowError
from leadflow.serialization.layout import BadCell, Layout, Target
from leadflow.serialization.rows import Record
from leadflow.serialization.tables import LeadRows
from leadflow.values import field_value, name

T = TypeVar("T")
MOST_KEPT = 10_000
"""So many answers are kept from one batch to the next; more of them are worth no memory."""
_BAD = object()
_CURRENCY = "deal_value_currency"


def in_batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Take items together, so many at once.

    Those before the place where a table turns out to be unreadable come out before its error.

    >>> list(in_batches("abcde", 2))
    [['a', 'b'], ['c', 'd'], ['e']]
    """
    batch: list[T] = []
    try:
        for item in items:
            batch.append(item)
            if len(batch) == size:
                yield batch
                batch = []
    except LeadflowError:
        yield batch
        raise
    if batch:
        yield batch


@attrs.frozen(eq=False)
class Answers:
    """What a function gave for what it was asked before."""

    ask: Callable[[Any], Any]
    known: dict[Any, Any] = attrs.field(factory=dict)
    bad: set[Any] = attrs.field(factory=set)
    """What it could not answer."""

    def trim(self) -> None:
        """Forget everything if it has become too much."""
        if len(self.known) > MOST_KEPT:
            self.known.clear()
            self.bad.clear()

    def learn(self, asked: Iterable[Hashable]) -> None:
        """Ask what is new."""
        for one in set(asked).difference(self.known):
            self.known[one] = answer = self.ask(one)
            if answer is _BAD:
                self.bad.add(one)

    def of(self, asked: Iterable[Hashable]) -> list[Any]:
        """Answer each of a batch.

        >>> Answers(len).of(["a", "bc", "a"])
        [1, 2, 1]
        """
        self.learn(asked)
        return list(map(self.known.__getitem__, asked))


@attrs.frozen(eq=False)
class Part:
    """One value of a lead: the places of its cells, and what is made of them."""

    name: str
    places: tuple[int, ...]
    is_field: bool
    values: Answers

    def cells(self, rows: Iterable[Sequence[Any]]) -> list[Any]:
        """Return the cell of each row, or its cells together where several make one value."""
        return list(map(itemgetter(*self.places), rows))

    def bad(self, cells: Iterable[Any]) -> set[int]:
        """Find the rows whose cells cannot be read."""
        bad = self.values.bad
        return {row for row, cell in enumerate(cells) if cell in bad} if bad else set()


@attrs.frozen(eq=False)
class Parts:
    """All that is read of the rows of one file."""

    by_name: Mapping[str, Part]

    @classmethod
    def of(cls, rows: LeadRows, layout: Layout) -> Parts:
        """Put together which cells make which value."""
        grouped: dict[str, list[Target]] = {}
        for target in layout.targets:
            key = "deal_value" if target.name == _CURRENCY else target.name
            grouped.setdefault(key, []).append(target)
        return cls({key: _part(key, found, rows, layout) for key, found in grouped.items()})

    def good(self, records: list[Record]) -> Batch:
        """Leave out the rows that have a bad cell, and hold the others by column."""
        batch, bad = Batch(self, records), set[int]()
        for key, part in self.by_name.items():
            part.values.trim()
            part.values.learn(batch.cells(key))
            bad |= part.bad(batch.cells(key))
        if not bad:
            return batch
        return Batch(self, [one for row, one in enumerate(records) if row not in bad])


@attrs.frozen(eq=False)
class Batch:
    """Rows that can all be read, by column."""

    parts: Parts
    records: list[Record]
    _cells: dict[str, list[Any]] = attrs.field(init=False, factory=dict)
    _values: dict[str, list[Any]] = attrs.field(init=False, factory=dict)

    def cells(self, key: str) -> list[Any]:
        """Return what each row's value is made of; None where the file does not have it."""
        if key not in self._cells:
            part = self.parts.by_name.get(key)
            rows = [record.cells for record in self.records]
            self._cells[key] = [None] * len(rows) if part is None else part.cells(rows)
        return self._cells[key]

    def values(self, key: str) -> list[Any]:
        """Return the values of an attribute or field as the leads have them; None is unknown."""
        if key not in self._values:
            part = self.parts.by_name.get(key)
            cells = self.cells(key)
            self._values[key] = cells if part is None else part.values.of(cells)
        return self._values[key]

    def met(self, rows: Sequence[int], besides: Collection[str]) -> set[str]:
        """Name the values that one of these rows has, but for those that need no answer."""
        found: set[str] = set()
        for key, part in self.parts.by_name.items():
            if key != "tags" and key not in besides:
                cells, known = self.cells(key), part.values.known
                if any(known[cells[row]] is not None for row in rows):
                    found.add(key)
        return found


def _part(key: str, targets: list[Target], rows: LeadRows, layout: Layout) -> Part:
    places = tuple(target.place for target in targets)
    first = targets[0]
    if key == "id":
        read = _reader(first, lambda value: name("Lead.id", value))
    elif first.is_field:
        read = _reader(first, lambda value: field_value(f"Lead.fields.{key}", value))
    else:
        read = _attribute(key, places, attrs.evolve(layout, targets=tuple(targets)), rows)
    return Part(key, places, first.is_field, Answers(read))


def _reader(target: Target, checked: Callable[[object], Any]) -> Callable[[object], Any]:
    """Read what the constructor of a lead checks with one function."""
    read = target.read

    def of(cell: object) -> Any:
        try:
            return checked(read(cell))
        except LeadflowError:
            return _BAD

    return of


def _attribute(
    key: str, places: tuple[int, ...], layout: Layout, rows: LeadRows
) -> Callable[[Any], Any]:
    """Read an attribute by making a lead that has nothing else."""

    def of(given: Any) -> Any:
        cells = given if len(places) > 1 else (given,)
        width = max(places) + 1
        row: list[object] = [""] * width
        for place, cell in zip(places, cells, strict=True):
            row[place] = cell
        try:
            attributes, fields = layout.read(row)
            lead = rows.build({"id": "L", **attributes}, fields)
        except (BadCell, LeadflowError):
            return _BAD
        return (sorted(lead.tags) or None) if key == "tags" else lead.values.get(key)

    return of

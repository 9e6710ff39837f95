"""Which column of a table goes where, for the headers it has."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from leadflow.errors import LeadflowError, UnreadableTable, did_you_mean
from leadflow.money import currency_code
from leadflow.serialization.cells import Reading, cell_reader
from leadflow.serialization.columns import Column, Columns
from leadflow.values import name

_CURRENCY = "deal_value_currency"


@attrs.frozen
class Form:
    """What the rows of a table are: the keys they are known by, and their attributes."""

    what: str
    """With its article, for messages."""
    keys: Mapping[str, tuple[str, ...]]
    """The headers, normalised, that each key is looked for under when it is not told."""
    needed: tuple[str, ...]
    attributes: Mapping[str, Reading]
    reserved: frozenset[str]
    """Names that the row's own fields may not have."""
    may_be_empty: bool = False
    """Whether a header without rows is a table like any other."""


@attrs.frozen
class Target:
    """Where the cells of one column go, and how they are read."""

    header: str
    place: int
    name: str
    is_field: bool
    read: Callable[[object], Any]


class BadCell(Exception):
    """A cell that cannot be read; caught in this package, never seen outside."""

    def __init__(self, header: str, cell: object, error: LeadflowError) -> None:
        super().__init__(header)
        self.header, self.cell, self.error = header, cell, error


@attrs.frozen
class Layout:
    """The columns of a table that are read."""

    targets: tuple[Target, ...]
    needed: tuple[Target, ...]
    money: Callable[[str], Callable[[object], Any]]
    """Builds the reader of deal values in a currency that another column tells."""

    def read(self, cells: Sequence[object]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Read the known attributes and the known fields of a row; raises `BadCell`."""
        attributes: dict[str, Any] = {}
        fields: dict[str, Any] = {}
        for target in self.targets:
            cell = cells[target.place]
            try:
                read = target.read
                if target.name == "deal_value" and _CURRENCY in attributes:
                    read = self.money(attributes[_CURRENCY])
                value = read(cell)
            except LeadflowError as error:
                raise BadCell(target.header, cell, error) from None
            if value is not None:
                (fields if target.is_field else attributes)[target.name] = value
        attributes.pop(_CURRENCY, None)
        return attributes, fields

    def source_of(self, error: LeadflowError) -> Target | None:
        """Find the column that a constructor's error is about."""
        steps = getattr(error, "where", "").split(".", 2)[1:]
        names = {target.name: target for target in self.targets}
        return names.get(steps[-1]) if steps else None


def normal(header: str) -> str:
    """Make a name of a header: lower case, with _ for what is no letter, mark or digit.

    >>> normal("Total Time (s)")
    'total_time_s'
    """
    kept = (c if unicodedata.category(c)[0] in "LNM" else " " for c in header.lower())
    return "_".join("".join(kept).split())


def lay_out(columns: Columns, header: tuple[str, ...], form: Form, *, rows_differ: bool) -> Layout:
    """Find where each column goes.

    With `rows_differ` (JSON lines), a header that is told but not there is unknown; otherwise it is
    refused. Raises `UnreadableTable`, with source and line still open.
    """
    places = {head: place for place, head in enumerate(header) if head}
    wanted = _told(columns, form) + _keys(columns, places, form)
    found: dict[str, Target] = {}
    for key, column, reading in wanted:
        if column.column in places:
            found[key] = _target(columns, places, key, column, reading, form)
        elif not rows_differ or key in form.needed:
            raise _missing(key, column.column, places)
    if columns.others == "text":
        _add_others(columns, places, form, found)
    lacking = [key for key in form.needed if key not in found]
    if lacking:
        raise _no_key(lacking[0], places, form)
    first = {_CURRENCY: 0}
    ordered = sorted(found.values(), key=lambda target: first.get(target.name, 1))
    needed = tuple(found[key] for key in form.needed)
    return Layout(tuple(ordered), needed, _money(columns))


def _told(columns: Columns, form: Form) -> list[tuple[str, Column, Reading]]:
    told: list[tuple[str, Column, Reading]] = [
        (key, column, form.attributes[key]) for key, column in columns.attributes.items()
    ]
    for key, column in columns.fields.items():
        told.append((key, column, "amount" if column.kind == "money" else column.kind or "text"))
    return told


def _keys(
    columns: Columns, places: Mapping[str, int], form: Form
) -> list[tuple[str, Column, Reading]]:
    """Find the columns of the keys: as told, or else by their names."""
    told = {"id": columns.id, "lead": columns.lead}
    taken = {column.column for column in (*columns.attributes.values(), *columns.fields.values())}
    by_name = {normal(head): head for head in reversed(list(places)) if head not in taken}
    found: list[tuple[str, Column, Reading]] = []
    for key, guesses in form.keys.items():
        named = [by_name[guess] for guess in guesses if guess in by_name]
        header = told[key] or (named[0] if named else None)
        if header is not None:
            found.append((key, Column(column=header), "label"))
    return found


def _target(
    columns: Columns,
    places: Mapping[str, int],
    key: str,
    column: Column,
    reading: Reading,
    form: Form,
) -> Target:
    is_field = key in columns.fields or not (key in form.attributes or key in form.keys)
    read = cell_reader(reading, columns.notation(column))
    return Target(column.column, places[column.column], key, is_field, read)


def _add_others(
    columns: Columns, places: Mapping[str, int], form: Form, found: dict[str, Target]
) -> None:
    taken = {target.header for target in found.values()}
    for header in places:
        if header in taken:
            continue
        key = _own_name(header)
        if key in found:
            reason = f"the columns {found[key].header!r} and {header!r} would both be {key!r}"
            hint = 'name one of them under [fields], or leave others out with others = "ignore"'
            raise UnreadableTable("", None, reason, hint)
        if key in form.reserved and key not in form.attributes:
            reason = f"the column {header!r} cannot be a field called {key!r}"
            raise UnreadableTable("", None, reason, "give it another name under [fields]")
        reading = form.attributes.get(key, "text")
        found[key] = _target(columns, places, key, Column(column=header), reading, form)


def _own_name(header: str) -> str:
    try:
        return name("column", normal(header))
    except LeadflowError:
        reason = f"no name can be made of the column {header[:80]!r}"
        raise UnreadableTable("", None, reason, "name it under [fields]") from None


def _missing(key: str, header: str, places: Mapping[str, int]) -> UnreadableTable:
    reason = f"there is no column {header!r}, which is told for {key}"
    return UnreadableTable("", None, reason, did_you_mean(header, places))


def _no_key(key: str, places: Mapping[str, int], form: Form) -> UnreadableTable:
    there = ", ".join(list(places)[:12]) + (", …" if len(places) > 12 else "")  # noqa: PLR2004
    told = (
        f'tell it with {key} = "…"' if key in form.keys else f"tell it under [attributes] as {key}"
    )
    reason = f"has no column for the {key} of {form.what}"
    return UnreadableTable("", None, reason, f"{told}; there are: {there}")


def _money(columns: Columns) -> Callable[[str], Callable[[object], Any]]:
    notation = columns.notation(columns.attributes.get("deal_value"))

    def build(currency: str) -> Callable[[object], Any]:
        code = currency_code(_CURRENCY, currency)
        return cell_reader("money", attrs.evolve(notation, currency=code))

    return build

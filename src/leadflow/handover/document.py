"""A document of sections, told in the same words as plain text, as HTML and as plain data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

import attrs

from leadflow.markup import escape, one_line, width
from leadflow.money import Money, priced
from leadflow.values import whole

_WORDS = 500
"""Characters that text and HTML show of a value."""
SHOWN = 20
"""Rows that text and HTML show of a section."""
_LONG = 40
"""Characters of a word that HTML may break."""
_PAGE = "font-family:sans-serif;text-align:start"
_TABLE = "border-collapse:collapse;margin:0"
_VALUE = "padding:2px 16px 2px 0;text-align:start;vertical-align:top"
_NAME = f"{_VALUE};font-weight:normal;color:#6b6b6b"
_TITLE = "margin:16px 0 4px;font-size:1.1em"


@attrs.frozen
class Told:
    """A value and the words for it; what has no words is told by the data alone.

    >>> words_of(Told(0.18, "18.0%")), plain(Told(0.18, "18.0%"))
    ('18.0%', 0.18)
    """

    value: Cell
    words: str


@attrs.frozen
class Link:
    """A link, which is one in HTML."""

    target: str


Cell: TypeAlias = (
    str
    | int
    | float
    | Decimal
    | date
    | Money
    | Told
    | Link
    | tuple[str, ...]
    | Mapping[str, Any]
    | None
)
"""What stands in a section: one value, several, or named ones."""


def words_of(cell: Cell, most: int = SHOWN) -> str:
    """Say a value in words, on one line, bounded; nothing for what is not known.

    >>> words_of(("vip", "it", "new"), most=2), words_of(Money(12_000, "EUR"))
    ('vip; it; … and 1 more', '12,000 EUR')
    """
    match cell:
        case None:
            return ""
        case Told():
            return cell.words
        case tuple():
            shown = [one_line(each, _WORDS) for each in cell[:most]]
            return "; ".join([*shown, *_more(len(cell) - most)])
        case Mapping():
            return one_line(", ".join(f"{key} = {_word(cell[key])}" for key in cell), _WORDS)
        case Link():
            return cell.target
        case _:
            return one_line(_word(cell), _WORDS) or '""'


def _word(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case Money():
            return priced(value)
        case Decimal():
            return format(value, "f")
        case datetime():
            zone = "UTC" if value.tzinfo is UTC else f"in {value.tzinfo}"
            return f"{value.isoformat(' ')[:16]} {zone}"
        case _:
            return str(value)


def plain(cell: Cell, most: int | None = None) -> Any:
    """Give a value as plain data that JSON can hold; of several, at most so many.

    >>> plain(Money("12.50", "EUR")), plain(date(2026, 3, 1))
    ({'amount': '12.50', 'currency': 'EUR'}, '2026-03-01')
    """
    match cell:
        case Told():
            return plain(cell.value, most)
        case Link():
            return cell.target
        case Money():
            return {"amount": format(cell.amount, "f"), "currency": cell.currency}
        case Decimal():
            return format(cell, "f")
        case date():
            return cell.isoformat()
        case tuple():
            return list(cell[:most])
        case Mapping():
            return {key: plain(value) for key, value in cell.items()}
        case _:
            return cell


def _label(key: str) -> str:
    return one_line(key.replace("_", " "))


def _more(count: int, which: str = "more") -> list[str]:
    return [f"… and {count:,} {which}"] if count > 0 else []


@attrs.frozen
class Facts:
    """A section of named values, of which the unknown ones are told by the data alone.

    `any_number` says that there may be any number of them, so that they are cut as rows are.
    """

    key: str
    title: str
    values: Mapping[str, Cell]
    any_number: bool = False

    @property
    def heading(self) -> str:
        """The title."""
        return self.title

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of columns: none."""
        return ()

    @property
    def is_known(self) -> bool:
        """Whether there is anything to tell."""
        return any(map(words_of, self.values.values()))

    def _cut(self, most: int | None) -> list[tuple[str, Cell]]:
        return list(self.values.items())[: most if self.any_number else None]

    def rows(self, most: int) -> list[list[Cell]]:
        """Return what is known, each with its label."""
        return [[_label(key), cell] for key, cell in self._cut(most) if words_of(cell, most)]

    def lines(self, most: int) -> list[str]:
        """Say what is known, a line each."""
        return [f"{label}: {words_of(cell, most)}" for label, cell in self.rows(most)]

    def plain(self, most: int | None) -> dict[str, Any]:
        """Return the values as plain data, None where they are not known."""
        return {key: plain(cell, most) for key, cell in self._cut(most)}

    def left_out(self, most: int) -> dict[str, int]:
        """Count what is beyond so many, by its place."""
        several = {
            f"{self.key}.{key}": len(cell) - most
            for key, cell in self._cut(most)
            if isinstance(cell, tuple)
        }
        return {self.key: len(self.values) - len(self._cut(most))} | several

    def notice(self, most: int) -> list[str]:
        """Say how many rows are beyond so many, if any."""
        return _more(self.left_out(most)[self.key])


@attrs.frozen
class Listing:
    """A section of rows: what they are made of, and how a row is made of one of those.

    A line of text begins with the first `bare` values and puts the others, with the names of their
    columns, into parentheses. Of the rows the first are shown; the last, where they are
    `oldest_first`.
    """

    key: str
    title: str
    columns: tuple[str, ...]
    items: Sequence[Any]
    row: Callable[[Any], tuple[Cell, ...]]
    bare: int = 1
    oldest_first: bool = False

    @property
    def heading(self) -> str:
        """The title, and how many rows there are."""
        return f"{self.title} ({len(self.items):,})"

    @property
    def is_known(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.items)

    def _cut(self, most: int | None) -> Sequence[Any]:
        if most is None:
            return self.items
        return self.items[-most:] if self.oldest_first else self.items[:most]

    def rows(self, most: int) -> list[list[Cell]]:
        """Return the rows."""
        return [list(self.row(item)) for item in self._cut(most)]

    def lines(self, most: int) -> list[str]:
        """Say each row on a line."""
        return [self._line(list(map(words_of, row))) for row in self.rows(most)]

    def _line(self, words: list[str]) -> str:
        start = "  ".join(filter(None, words[: self.bare]))
        named = zip(self.columns[self.bare :], words[self.bare :], strict=True)
        rest = "; ".join(f"{_label(key)} {word}" for key, word in named if word)
        return f"{start}  ({rest})" if rest else start

    def plain(self, most: int | None) -> list[dict[str, Any]]:
        """Return the rows as plain data."""
        return [
            dict(zip(self.columns, map(plain, self.row(item)), strict=True))
            for item in self._cut(most)
        ]

    def left_out(self, most: int) -> dict[str, int]:
        """Count what is beyond so many, by its place."""
        return {self.key: len(self.items) - most}

    def notice(self, most: int) -> list[str]:
        """Say how many rows are beyond so many, if any."""
        return _more(len(self.items) - most, "earlier" if self.oldest_first else "more")


Section: TypeAlias = Facts | Listing


@attrs.frozen
class Document:
    """A title and sections; `most` bounds the rows of each.

    >>> who = Facts("who", "Who", {"id": "<L-7>", "owner": None})
    >>> notes = Listing("notes", "Notes", ("text",), (), lambda note: (note,))
    >>> document = Document("Brief of <L-7>", {}, (who, notes))
    >>> print(document.text())
    Brief of <L-7>
    ==============
    <BLANKLINE>
    Who
      id: <L-7>
    <BLANKLINE>
    Empty: notes
    >>> document.data()
    {'who': {'id': '<L-7>', 'owner': None}, 'notes': [], 'left_out': {}}
    """

    title: str
    head: Mapping[str, Cell]
    sections: tuple[Section, ...]

    def text(self, most: int = SHOWN) -> str:
        """Write it as plain text."""
        whole("most", most, least=1)
        parts = [f"{self.title}\n{'=' * width(self.title)}"]
        for section in self._known:
            lines = _around(section, section.lines(most), section.notice(most))
            parts.append("\n  ".join([section.heading, *lines]))
        return "\n\n".join([*parts, *self._empty()])

    def html(self, most: int = SHOWN) -> str:
        """Write it as a fragment of HTML that needs nothing from outside."""
        whole("most", most, least=1)
        parts = [f'<h2 style="margin:0" dir="auto">{_escaped(self.title)}</h2>']
        for section in self._known:
            notice = [f'<p style="margin:0">{note}</p>' for note in section.notice(most)]
            parts.append(f'<h3 style="{_TITLE}">{_escaped(section.heading)}</h3>')
            parts += _around(section, [_table(section, most)], notice)
        parts += [f"<p>{_escaped(words)}</p>" for words in self._empty()]
        return f'<div style="{_PAGE}">{"".join(parts)}</div>'

    def data(self, most: int | None = None) -> dict[str, Any]:
        """Return it as plain data, and under left_out how much of what is not in it."""
        found = {key: plain(cell) for key, cell in self.head.items()}
        left_out: dict[str, int] = {}
        if most is not None:
            whole("most", most, least=1)
            for section in self.sections:
                left_out |= section.left_out(most)
        found |= {section.key: section.plain(most) for section in self.sections}
        return found | {"left_out": {key: n for key, n in left_out.items() if n > 0}}

    @property
    def _known(self) -> list[Section]:
        return [section for section in self.sections if section.is_known]

    def _empty(self) -> Iterator[str]:
        titles = [s.title[0].lower() + s.title[1:] for s in self.sections if not s.is_known]
        if titles:
            yield f"Empty: {', '.join(titles)}"


def _around(section: Section, body: list[str], notice: list[str]) -> list[str]:
    """Put the notice of what is left out where that would stand."""
    is_before = isinstance(section, Listing) and section.oldest_first
    return [*notice, *body] if is_before else [*body, *notice]


def _table(section: Section, most: int) -> str:
    """Write a section's rows as a table, without the columns in which nothing stands."""
    rows = [[(cell, words_of(cell, most)) for cell in row] for row in section.rows(most)]
    kept = [place for place in range(len(rows[0])) if any(row[place][1] for row in rows)]
    names = [_label(section.columns[place]) for place in kept if section.columns]
    cells = "".join(_cell("th", _NAME, name, name) for name in names)
    head = f"<tr>{cells}</tr>" if names else ""
    first = _VALUE if names else _NAME
    body = "".join(
        "<tr>" + "".join(_cell("td", first if n == 0 else _VALUE, *row[n]) for n in kept) + "</tr>"
        for row in rows
    )
    return f'<table style="{_TABLE}">{head}{body}</table>'


def _cell(tag: str, style: str, cell: Cell, words: str) -> str:
    if isinstance(cell, date):
        style += ";white-space:nowrap"
    elif any(len(word) > _LONG for word in words.split()):
        style += ";overflow-wrap:anywhere"
    content = _escaped(words)
    if isinstance(cell, Link):
        content = f'<a href="{_escaped(cell.target)}" rel="noopener noreferrer">{content}</a>'
    return f'<{tag} style="{style}" dir="auto">{content}</{tag}>'


def _escaped(words: str) -> str:
    """Escape words of any length, which `escape` would cut."""
    return "".join(escape(words[at : at + _WORDS]) for at in range(0, len(words), _WORDS))

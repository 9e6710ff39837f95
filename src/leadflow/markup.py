"""The one HTML escape, the tables of notebooks and terminals, counts in words, how wide a text is."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate

from leadflow.errors import printable

_CELL_LENGTH = 500
_CELL = 'style="padding:2px 8px"'
"""Some notebooks show tables without any space between the columns."""


def escape(value: object) -> str:
    """Escape any value for HTML text and quoted attributes; what does not print is shown as code.

    >>> escape('<b>"x"</b>')
    '&lt;b&gt;&quot;x&quot;&lt;/b&gt;'
    """
    return html.escape(printable(str(value), _CELL_LENGTH), quote=True)


def table(caption: str, header: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """Build an HTML table; every cell is escaped, and text keeps its own direction.

    >>> table("scores", ["lead"], [["<L-1>"]])
    '<table><caption>scores</caption><thead><tr><th style="padding:2px 8px">lead</th></tr></thead><tbody><tr><td style="padding:2px 8px" dir="auto">&lt;L-1&gt;</td></tr></tbody></table>'
    """
    head = "".join(f"<th {_CELL}>{escape(cell)}</th>" for cell in header)
    body = "".join(
        "<tr>" + "".join(f'<td {_CELL} dir="auto">{escape(cell)}</td>' for cell in row) + "</tr>"
        for row in rows
    )
    return (
        f"<table><caption>{escape(caption)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def one_line(text: str, length: int = 200) -> str:
    r"""Show a person's words on one line: bounded, and what does not print escaped.

    >>> one_line("no\x1b[31m budget\n\nyet")
    'no\\x1b[31m budget yet'
    """
    return printable(" ".join(text.split()), length)


def counted(count: int, noun: str) -> str:
    """Say how many there are of what.

    >>> counted(1, "stage"), counted(1200, "lead")
    ('1 stage', '1,200 leads')
    """
    return f"{count:,} {noun}" + ("s" if count != 1 else "")


def width(text: str) -> int:
    """Count the columns that a text takes in a terminal: wide characters two, marks none.

    >>> width("abc"), width("商談"), width("שָׁלוֹם")
    (3, 4, 4)
    """
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def aligned(header: Sequence[object], rows: Iterable[Sequence[object]]) -> list[str]:
    r"""Lay out a table as lines for a terminal: the first column to the left, all others right.

    What does not print is shown as code, so that no cell can redraw the terminal.

    >>> aligned(["rep", "leads"], [["ada", 5], ["b\x1b", 12]])
    ['rep    leads', 'ada        5', 'b\\x1b     12']
    """
    cells = [[_one_line(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(width, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(_padded(row, widths)).rstrip() for row in cells]


def _one_line(cell: object) -> str:
    return printable(str(cell), _CELL_LENGTH).replace("\n", "\\n")


def _padded(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    spaces = [" " * (wide - width(cell)) for cell, wide in zip(cells, widths, strict=True)]
    return [cells[0] + spaces[0], *map(str.__add__, spaces[1:], cells[1:])]


def fit(text: str, most: float, wide: Callable[[str], float] = _columns) -> str:
    """Cut a text that is too wide, and put an ellipsis at its end.

    >>> fit("negotiation", 6)
    'negot…'
    """
    widths = list(accumulate(map(wide, text)))
    if not widths or widths[-1] <= most:
        return text
    kept = sum(end <= most - wide("…") for end in widths)
    return text[:kept].rstrip(" \u200c\u200d") + "…"

"""What a terminal shows: texts made harmless, and tables with straight columns."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import TextIO

import attrs

from leadflow.errors import printable
from leadflow.markup import fit, width

_WIDTH = 100
_NARROWEST = 20
_GAP = "  "


def line(text: object, length: int = 2_000) -> str:
    r"""Make a text fit for one line: escape line ends and all that could steer the terminal.

    >>> line("Ada\x1b[2J\n<b>")
    'Ada\\x1b[2J\\n<b>'
    """
    return printable(str(text), length).replace("\n", "\\n")


@attrs.frozen
class Column:
    """A column of a table: its heading, on which side its cells stand, and how wide it may grow."""

    heading: str
    right: bool = attrs.field(default=False, kw_only=True)
    at_most: int = attrs.field(default=40, kw_only=True)


def table(
    columns: Sequence[Column], rows: Iterable[Sequence[object]], *, indent: str = "  "
) -> list[str]:
    """Lay out a table as lines that end with their last character; the last column is not padded.

    >>> for row in table(
    ...     [Column("id"), Column("points", right=True)], [("L-1", 5), ("L-20", 76)]
    ... ):
    ...     print(row)
      id    points
      L-1        5
      L-20      76
    """
    cells = [[column.heading for column in columns]]
    cells += [
        [fit(line(cell), column.at_most) for cell, column in zip(row, columns, strict=True)]
        for row in rows
    ]
    widths = [max(map(width, column)) for column in zip(*cells, strict=True)]
    return [indent + _row(row, columns, widths) for row in cells]


def _row(cells: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> str:
    padded = []
    for cell, column, columns_wide in zip(cells, columns, widths, strict=True):
        space = " " * (columns_wide - width(cell))
        padded.append(space + cell if column.right else cell + space)
    return _GAP.join(padded).rstrip()


@attrs.frozen
class Screen:
    """Where a command prints: results to `out`, what went wrong to `err`."""

    out: TextIO
    err: TextIO

    @classmethod
    def of_process(cls) -> Screen:
        """Return the screen of this process."""
        return cls(sys.stdout, sys.stderr)

    @property
    def columns(self) -> int:
        """How wide the output is: as wide as the terminal, 100 columns in a file or a pipe."""
        return shutil.get_terminal_size((_WIDTH, 24)).columns if self.out.isatty() else _WIDTH

    def say(self, *lines: str) -> None:
        """Print lines of a result."""
        _write(self.out, lines)

    def warn(self, *lines: str) -> None:
        """Print lines about what went wrong."""
        _write(self.err, lines)

    def left(self, lines: Iterable[str]) -> int:
        """Tell how many columns are left beside the widest of the lines."""
        return max(self.columns - max(map(width, lines), default=0) - len(_GAP), _NARROWEST)


def _write(stream: TextIO, lines: Iterable[str]) -> None:
    for text in lines:
        # A terminal that cannot show a character gets its code instead of an error.
        encoding = stream.encoding or "utf-8"
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")

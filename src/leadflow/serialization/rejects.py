"""Rows that were set aside: where they stand, and why."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, TypeAlias

import attrs

from leadflow.errors import RejectedRow, printable
from leadflow.serialization.sheets import opened, safe_cell

_VALUE_LENGTH = 200

Row: TypeAlias = Mapping[str, object] | Sequence[object] | str
"""A row as found: by header, as bare cells where they do not fit the header, or as raw text."""


def _bounded(value: object) -> str:
    return printable("" if value is None else str(value), _VALUE_LENGTH)


@attrs.frozen
class Reject:
    """A row that was set aside.

    `line` is the physical line on which the row starts, counted from 1 with the header; None where
    it is not known. `column` is the header of the bad cell, None if the whole row is bad. `value`
    is what was found, bounded to 200 characters, control characters escaped.
    """

    line: int | None
    column: str | None
    value: str = attrs.field(converter=_bounded)
    reason: str
    row: Row


OnReject: TypeAlias = Callable[[Reject], object]


def reporter(source: str, on_reject: OnReject | None) -> OnReject:
    """Return what is done with a bad row: hand it over, or raise it where nobody takes it."""
    if on_reject is not None:
        return on_reject

    def refuse(reject: Reject) -> None:
        raise RejectedRow(source, reject.line, reject.column, reject.value, reject.reason)

    return refuse


def write_rejects(target: str | Path | IO[str] | IO[bytes], rejects: Iterable[Reject]) -> int:
    r"""Write rejects as CSV: line, column, value, reason, and the row as JSON text.

    Cells are safe to open in a spreadsheet (`safe_cell`). Returns how many were written. Raises
    `InvalidValue` for a path that cannot be written.

    >>> import io
    >>> written = io.StringIO()
    >>> write_rejects(written, [Reject(7, "Amount", "=1+1", "no number", ["L-1", "=1+1"])])
    1
    >>> print(*written.getvalue().splitlines(), sep="\n")
    line,column,value,reason,row
    7,Amount,'=1+1,no number,"[""L-1"", ""=1+1""]"
    """
    count = 0
    with opened(target) as stream:
        writer = csv.writer(stream, lineterminator="\r\n")
        writer.writerow(["line", "column", "value", "reason", "row"])
        for count, reject in enumerate(rejects, start=1):  # noqa: B007 (the last one is returned)
            row = json.dumps(reject.row, ensure_ascii=False, default=str)
            cells = [reject.line, reject.column, reject.value, reject.reason, row]
            writer.writerow([safe_cell(cell) for cell in cells])
    return count

"""Tables written for spreadsheets and programs: CSV, JSON lines and Parquet."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, Literal, cast

from leadflow.errors import InvalidValue, did_you_mean, shown

_FORMULA = frozenset("=+-@＝＋－＠")  # noqa: RUF001 (the full-width signs are the point)
_AT_THE_START = frozenset("\t\r\n")
_CONTROL = re.compile(r"\r\n|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")
_INVISIBLE = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
_BREAKS = str.maketrans({"\u2028": "\\u2028", "\u2029": "\\u2029", "\x85": "\\u0085"})


def safe_cell(value: object) -> str:
    r"""Write a value as a CSV cell that no spreadsheet reads as a formula.

    A text that starts with = + - @ (also full-width, also after spaces and invisible characters),
    or with a tab or a line break, gets a leading apostrophe; plain numbers such as -5 stay as they
    are. None is an empty cell, booleans are true and false, dates are ISO 8601. Lone surrogates
    and control characters are written as escapes; tabs and line breaks (\n and \r\n) stay.

    >>> safe_cell("=cmd()"), safe_cell("-5"), safe_cell(" @SUM(A1)"), safe_cell(True)
    ("'=cmd()", '-5', "' @SUM(A1)", 'true')
    >>> safe_cell("\x1b[31mred")
    '\\x1b[31mred'
    """
    text = encodable(written(value))
    mark = "'" if _could_be_formula(text) else ""
    return mark + _CONTROL.sub(_escaped, text)


def _escaped(control: re.Match[str]) -> str:
    found = control[0]
    return found if found == "\r\n" else found.encode("unicode_escape").decode("ascii")


def written(value: object) -> str:
    """Write a plain value as text; None is empty, booleans are true and false, dates ISO 8601."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal() if value.is_finite():
            return format(value, "f")
        case date():
            return value.isoformat()
        case _:
            return str(value)


def _could_be_formula(text: str) -> bool:
    if _PLAIN_NUMBER.fullmatch(text):
        return False
    if text[:1] in _AT_THE_START and text:
        return True
    for character in text:
        if unicodedata.category(character) not in _INVISIBLE:
            return character in _FORMULA
    return False


@contextmanager
def opened(target: str | Path | IO[str] | IO[bytes]) -> Iterator[IO[str]]:
    """Open a target for writing text as UTF-8; a stream stays open, a path is closed.

    Raises `InvalidValue` for a path that cannot be written.
    """
    if isinstance(target, str | Path):
        try:
            stream: IO[str] = Path(target).open("w", encoding="utf-8", newline="")  # noqa: SIM115
        except OSError as error:
            expected = "a path that can be written"
            raise InvalidValue("output", shown(str(target), 1_000), expected, str(error)) from None
        with stream:
            yield stream
    elif isinstance(target, io.RawIOBase | io.BufferedIOBase):
        text = io.TextIOWrapper(target, encoding="utf-8", newline="")
        try:
            yield text
        finally:
            text.detach()
    else:
        yield cast("IO[str]", target)


def write_scores(
    target: str | Path | IO[str] | IO[bytes],
    rows: Iterable[Mapping[str, object]],
    format: Literal["csv", "jsonl", "parquet"] = "csv",  # noqa: A002 (the word that users look for)
) -> int:
    r"""Write rows of plain values as CSV or JSON lines, in UTF-8, or as Parquet; returns their number.

    The keys of the first row are the columns; a later row may leave some out but not bring new
    ones. CSV cells are made safe for spreadsheets (`safe_cell`); without rows, nothing is written.
    In JSON, an exact number that a float cannot hold is written as text. Rows are written as they
    come; nothing is collected.

    In Parquet, which needs a path or a stream of bytes and the extra ``frames``, the columns of a
    score have their types: points are Int64, `because` and `ask` lists of text, `reasons` lists of
    structs, `as_of` an instant in UTC, names and labels text. Any other column has the type of its
    values among the first 10,000 rows, and is text where they differ or are all unknown. Without
    rows, the columns of a score are written.

    Raises `InvalidValue` for another format, a new key, NaN or infinity in JSON lines, a value that
    does not fit the column's type in Parquet, and a path that cannot be written; `MissingExtra` for
    Parquet without Polars.

    >>> written = io.StringIO()
    >>> write_scores(written, [{"id": "L-1", "name": "=cmd()", "points": -5}])
    1
    >>> written.getvalue()
    "id,name,points\r\nL-1,'=cmd(),-5\r\n"
    >>> write_scores(written, [{"id": "L-1", "points": -5}], format="jsonl")
    1
    """
    if format == "parquet":
        from leadflow.serialization.parquet import write_parquet  # noqa: PLC0415 (it needs an extra)

        return write_parquet(target, rows)
    if format not in _WRITERS:
        hint = did_you_mean(str(format), [*_WRITERS, "parquet"])
        raise InvalidValue("write_scores format", shown(format), "csv, jsonl or parquet", hint)
    with opened(target) as stream:
        return _WRITERS[format](stream, rows)


def _write_csv(stream: IO[str], rows: Iterable[Mapping[str, object]]) -> int:
    writer = csv.writer(stream, lineterminator="\r\n")
    header: dict[str, None] = {}
    count = 0
    for count, row in enumerate(rows, start=1):
        if not header:
            header = dict.fromkeys(row)
            writer.writerow([safe_cell(key) for key in header])
        if not row.keys() <= header.keys():
            new = min(str(key) for key in row.keys() - header.keys())
            raise InvalidValue(f"write_scores row {count}", shown(new), "the keys of the first row")
        writer.writerow([safe_cell(row.get(key)) for key in header])
    return count


def _write_jsonl(stream: IO[str], rows: Iterable[Mapping[str, object]]) -> int:
    count = 0
    for count, row in enumerate(rows, start=1):
        try:
            text = json.dumps(dict(row), ensure_ascii=False, allow_nan=False, default=_plain)
        except (ValueError, RecursionError) as error:
            where = f"write_scores row {count}"
            raise InvalidValue(where, shown(row), "plain finite values", str(error)) from None
        stream.write(encodable(text.translate(_BREAKS)) + "\n")
    return count


def encodable(text: str) -> str:
    """Write lone surrogates, which no file can hold, as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def _plain(value: object) -> Any:
    if isinstance(value, Decimal):
        whole = value.is_finite() and value == value.to_integral_value()
        number = int(value) if whole and value.adjusted() < _DIGITS else float(value)
        return number if Decimal(repr(number)) == value else written(value)
    return written(value)


_DIGITS = 19
_WRITERS = {"csv": _write_csv, "jsonl": _write_jsonl}

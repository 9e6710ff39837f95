"""The rows of a file, one by one: CSV, JSON lines or Parquet, from bytes to cells.

Everything is bounded: a line, a row, and how much is read again after a quotation mark that is
never closed. Memory does not grow with the file.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, Literal, NoReturn, TypeAlias

import attrs

from leadflow.errors import InvalidValue, UnreadableTable, shown
from leadflow.serialization.cells import clean
from leadflow.serialization.columns import Columns
from leadflow.serialization.problems import worded
from leadflow.serialization.rejects import Reject

Source: TypeAlias = str | Path | IO[bytes] | IO[str]
Format: TypeAlias = Literal["csv", "jsonl", "parquet"]

_CHUNK = 1 << 16
_ROW_LENGTH = 1 << 20
_READ_AGAIN = 1 << 23
_NUMBER_LENGTH = 400
_NAMES: dict[str, Format] = {".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
_ENCODINGS = 'tell it, for example encoding = "cp1252", "cp1250", "latin-1" or "utf-16"'
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


@attrs.frozen
class Header:
    """The headers that all rows of a CSV or Parquet file share; in Parquet they have line 0."""

    line: int
    names: tuple[str, ...]


@attrs.frozen
class Record:
    """A row that could be taken apart: where it starts, the headers, and a cell for each.

    In Parquet its line is its number, counted from 1.
    """

    line: int
    header: tuple[str, ...]
    cells: Sequence[object]

    def row(self) -> dict[str, object]:
        """Return the row as it was found."""
        return dict(zip(self.header, self.cells, strict=True))


def source_name(source: Source) -> str:
    """Name a source in messages: its path, or what the stream is called.

    >>> source_name("data/leads.csv")
    'leads.csv'
    """
    named = source if isinstance(source, str | Path) else getattr(source, "name", None)
    return Path(named).name if isinstance(named, str | Path) else "the table"


def check_source(source: object) -> None:
    """Refuse what is no source, a table's own text among it; raises `InvalidValue`."""
    if isinstance(source, str) and ("\n" in source or "\r" in source):
        hint = "for a table's text pass io.StringIO(text)"
    elif isinstance(source, str | Path) or callable(getattr(source, "read", None)):
        return
    else:
        hint = "for a table's bytes pass io.BytesIO(content)" if isinstance(source, bytes) else ""
    raise InvalidValue("source", shown(source), "a path, or a stream open for reading", hint)


def read_rows(
    source: Source,
    columns: Columns,
    format: Format | None = None,  # noqa: A002
) -> Iterator[Header | Record | Reject]:
    """Read the rows of a source, bad ones as rejects; the header of CSV and Parquet comes first.

    Without `format`, a name that ends in .jsonl or .ndjson is JSON lines, one in .parquet Parquet,
    and any other CSV. Raises `UnreadableTable` where the whole cannot be read, rows before that
    place have come out; and `MissingExtra` for Parquet without Polars.
    """
    named = source_name(source)
    form = format or _NAMES.get(Path(named).suffix.lower(), "csv")
    if form == "parquet":
        from leadflow.serialization.parquet import parquet_rows  # noqa: PLC0415 (it needs an extra)

        yield from parquet_rows(source, named)
        return
    with _opened(source, named) as stream:
        lines = _without_nul(_lines(_texts(stream, columns.encoding, named), named), named)
        if form == "jsonl":
            yield from _json_rows(lines, named)
        else:
            yield from _csv_rows(lines, columns, named)


def _opened(source: Source, named: str) -> AbstractContextManager[IO[Any]]:
    if not isinstance(source, str | Path):
        return nullcontext(source)
    try:
        return Path(source).open("rb")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableTable(named, None, f"cannot be opened: {reason}") from None


def _texts(stream: IO[Any], encoding: str, named: str) -> Iterator[str]:
    """Decode a stream piece by piece; raises `UnicodeError` after all that could be decoded."""
    chunk = _chunk(stream, named)
    if isinstance(chunk, str):
        chunk = chunk.removeprefix("\ufeff")
        while chunk:
            yield chunk
            chunk = _chunk(stream, named)
        return
    decoder = codecs.getincrementaldecoder(_marked(chunk, encoding))("strict")
    offset = 0
    while chunk:
        yield from _decoded(decoder, chunk, offset, final=False)
        offset += len(chunk)
        chunk = _chunk(stream, named)
    yield from _decoded(decoder, b"", offset, final=True)


def _marked(start: bytes, encoding: str) -> str:
    """Return the encoding, as the byte-order mark at the start of a file has it."""
    for mark, marked in _MARKS.items():
        if start.startswith(mark) and codecs.lookup(encoding).name in ("utf-8", marked):
            return marked
    return encoding


def _decoded(
    decoder: codecs.IncrementalDecoder, chunk: bytes, offset: int, *, final: bool
) -> Iterator[str]:
    state = decoder.getstate()
    try:
        yield decoder.decode(chunk, final=final)
    except UnicodeDecodeError as error:
        carried = len(error.object) - len(chunk)
        decoder.setstate(state)
        with suppress(UnicodeError):  # an UTF-16 file without its mark, found out only now
            yield decoder.decode(chunk[: max(0, error.start - carried)])
        place, byte = offset - carried + error.start, error.object[error.start]
        reason = f"byte {place:,} of the file is 0x{byte:02x}: {error.reason}"
        raise UnicodeError(reason) from None


def _chunk(stream: IO[Any], named: str) -> Any:
    try:
        chunk = stream.read(_CHUNK)
    except UnicodeError:
        raise
    except (OSError, ValueError) as error:  # ValueError: the stream is closed
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableTable(named, None, f"cannot be read: {reason}") from None
    if not isinstance(chunk, str | bytes):
        hint = "hand in a path, or a stream opened for reading"
        raise UnreadableTable(named, None, f"reading gave {shown(chunk)}", hint)
    return chunk


def _lines(texts: Iterator[str], named: str) -> Iterator[str]:
    """Cut texts into lines, each with its end: a line feed, a carriage return, or both."""
    rest = ""
    number = 0
    try:
        for text in texts:
            pieces = list(io.StringIO(rest + text, newline=""))
            rest = pieces.pop() if pieces and not pieces[-1].endswith("\n") else ""
            number += len(pieces)
            yield from pieces
            if len(rest) > _ROW_LENGTH:
                reason = f"has more than {_ROW_LENGTH:,} characters"
                raise UnreadableTable(named, number + 1, reason, "is this a text table?")
    except UnicodeError as error:
        reason = f"is in another encoding than told; {error}"
        raise UnreadableTable(named, number + 1, reason, _ENCODINGS) from None
    if rest:
        yield rest


def _without_nul(lines: Iterator[str], named: str) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if "\0" in line:
            hint = 'is it encoding = "utf-16", or no text at all?'
            raise UnreadableTable(named, number, "holds a NUL character", hint)
        yield line


class _TooLong(Exception):
    """One row has swallowed too much."""


class _Feed:
    """Lines for the csv reader; those of a broken row but its first can be given back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines = lines
        self.again: deque[str] = deque()
        self.taken: list[str] = []
        self.size = 0
        self.number = 0

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = self.again.popleft() if self.again else next(self.lines)
        self.number += 1
        self.taken.append(line)
        self.size += len(line)
        if self.size > _ROW_LENGTH:
            raise _TooLong
        return line

    def begin(self) -> int:
        """Begin a row; returns the number of its first line."""
        self.taken, self.size = [], 0
        return self.number + 1

    def give_back(self) -> int:
        """Give back the lines after the first; returns how many characters they have."""
        rest = self.taken[1:]
        self.again.extendleft(reversed(rest))
        self.number -= len(rest)
        return self.size - len(self.taken[0])


def _csv_rows(
    lines: Iterator[str], columns: Columns, named: str
) -> Iterator[Header | Record | Reject]:
    header: tuple[str, ...] | None = None
    for line, cells in _taken_apart(lines, columns, named):
        if isinstance(cells, Reject):
            if header is None:
                raise UnreadableTable(named, line, f"the header is broken: {cells.reason}")
            yield cells
        elif not any(map(str.strip, cells)):
            continue
        elif header is None:
            header = headers(named, line, cells)
            yield Header(line, header)
        elif len(cells) != len(header):
            yield _ragged(line, header, cells)
        else:
            yield Record(line, header, cells)
    if header is None:
        raise UnreadableTable(named, None, "is empty", "the first line holds the headers")


def _taken_apart(
    lines: Iterator[str], columns: Columns, named: str
) -> Iterator[tuple[int, list[str] | Reject]]:
    feed = _Feed(lines)
    reader = csv.reader(
        feed,
        strict=True,
        delimiter=columns.delimiter,
        quotechar=columns.quote or None,
        quoting=csv.QUOTE_MINIMAL if columns.quote else csv.QUOTE_NONE,
    )
    budget = _READ_AGAIN
    while True:
        line = feed.begin()
        try:
            cells: list[str] | Reject = next(reader)
        except StopIteration:
            return
        except (csv.Error, _TooLong) as error:
            first = feed.taken[0].rstrip("\r\n")
            cells = Reject(line, None, first, _broken(error, feed), first)
            budget -= feed.give_back()
            if budget < 0:
                reason = "opens a quotation mark that is never closed, like many lines before"
                raise UnreadableTable(named, line, reason, "is the quote right?") from None
        yield line, cells


def _broken(error: Exception, feed: _Feed) -> str:
    said = str(error)
    if "expected after" in said:
        return "text follows a closing quotation mark; inside of quotes write it twice"
    if len(feed.taken) > 1 or "unexpected end" in said:
        return "a quotation mark is opened and never closed"
    return f"a cell is too long: at most {csv.field_size_limit():,} characters"


def headers(named: str, line: int, cells: Sequence[str]) -> tuple[str, ...]:
    """Clean the headers of a table; raises `UnreadableTable` for one that comes twice."""
    header = tuple(map(clean, cells))
    twice = sorted(cell for cell, count in Counter(header).items() if cell and count > 1)
    if twice:
        listed = ", ".join(shown(cell) for cell in twice[:5])
        raise UnreadableTable(named, line, f"has more than one column called {listed}")
    return header


def _ragged(line: int, header: tuple[str, ...], cells: list[str]) -> Reject:
    reason = f"has {len(cells)} cells, the header has {len(header)}"
    if len(cells) < len(header):
        return Reject(line, header[len(cells)] or None, "", reason, cells)
    return Reject(line, None, cells[len(header)], reason, cells)


def _json_rows(lines: Iterator[str], named: str) -> Iterator[Header | Record | Reject]:
    filled = False
    for number, line in enumerate(lines, start=1):
        written = clean(line)
        if not written:
            continue
        filled = True
        try:
            record = _object(written)
        except InvalidValue as error:
            column = error.where if error.where != "line" else None
            yield Reject(number, column, written, worded(error), written)
            continue
        yield Record(number, tuple(record), list(record.values()))
    if not filled:
        raise UnreadableTable(named, None, "is empty", "each line holds an object")


def _object(line: str) -> dict[str, object]:
    if len(line) > _ROW_LENGTH:
        expected = f"a line of up to {_ROW_LENGTH:,} characters"
        raise InvalidValue("line", f"{len(line):,} characters", expected)
    try:
        found = json.loads(
            line,
            object_pairs_hook=_unique,
            parse_constant=_no_number,
            parse_int=_int,
            parse_float=_decimal,
        )
    except json.JSONDecodeError as error:
        hint = f"{error.msg} at character {error.colno}"
        raise InvalidValue("line", shown(line), "a JSON object", hint) from None
    except RecursionError:
        raise InvalidValue("line", "deep nesting", "a flat JSON object") from None
    if not isinstance(found, dict):
        raise InvalidValue("line", shown(found), "a JSON object")
    return found


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for given, value in pairs:
        key = clean(given)
        if key in found:
            raise InvalidValue(key, "the key more than once", "each key once")
        found[key] = value
    return found


def _no_number(word: str) -> NoReturn:
    raise InvalidValue("line", word, "a finite number, or null for unknown")


def _int(digits: str) -> int:
    if len(digits) > _NUMBER_LENGTH:
        raise InvalidValue("line", f"a number of {len(digits):,} digits", "a number within limits")
    return int(digits)


def _decimal(digits: str) -> Decimal:
    if len(digits) > _NUMBER_LENGTH:
        raise InvalidValue("line", f"a number of {len(digits):,} digits", "a number within limits")
    try:
        number = Decimal(digits)
    except ArithmeticError:
        number = Decimal("NaN")
    if not number.is_finite():
        raise InvalidValue("line", shown(digits), "a number within limits")
    return number

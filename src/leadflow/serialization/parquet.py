"""Parquet files, read and written in pieces, so that memory does not grow with them.

Needs Polars, from the extra `frames`; importing this module without it raises `MissingExtra`.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from itertools import islice
from operator import itemgetter
from pathlib import Path
from queue import Full, Queue
from typing import IO, Any

import attrs

from leadflow.errors import InvalidValue, MissingExtra, UnreadableTable, shown
from leadflow.serialization.rows import Header, Record, Source, headers
from leadflow.serialization.sheets import encodable, written

try:
    import polars as pl
    import polars.selectors as cs
    from polars.io.plugins import register_io_source
except ImportError:
    raise MissingExtra("Parquet", "frames") from None

_BATCH = 10_000
_REASON_LENGTH = 200
_DIGITS = 38
_INTEGERS = 1 << 63
_PATIENCE = 0.05
BROKEN = (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException)
"""What Polars raises for a file that it cannot read or write."""


def reason_of(error: BaseException) -> str:
    """Word what Polars says of a file: its first line, bounded; nothing of where it panicked."""
    if isinstance(error, pl.exceptions.PanicException):
        return "it is damaged"
    said = getattr(error, "strerror", None) or str(error)
    return shown(said.partition("\n")[0], _REASON_LENGTH)[1:-1]


def unwritable(where: str, target: object, reason: str) -> InvalidValue:
    """Build the error for a file that cannot be written, named as it was given."""
    return InvalidValue(where, shown(str(target), 1_000), "a path that can be written", reason)


def scan(files: Sequence[Path] | io.BytesIO, named: str) -> pl.LazyFrame:
    """Look at Parquet files of one schema without reading them.

    Raises `UnreadableTable`, under the given name, where one is missing or is none.
    """
    try:
        for file in files if not isinstance(files, io.BytesIO) else ():
            file.open("rb").close()
    except (OSError, ValueError) as error:
        raise UnreadableTable(named, None, f"cannot be opened: {reason_of(error)}") from None
    source: Any = files if isinstance(files, io.BytesIO) else list(files)
    try:
        table = pl.scan_parquet(source, glob=False, hive_partitioning=False)
        table.collect_schema()
    except BROKEN as error:
        raise UnreadableTable(named, None, f"is no Parquet file: {reason_of(error)}") from None
    return table


def parquet_rows(source: Source, named: str) -> Iterator[Header | Record]:
    """Read the rows of a Parquet file; the header comes first, with line 0, and rows count from 1.

    Raises `UnreadableTable` where the file cannot be read; rows before that place have come out.
    """
    files = [Path(source)] if isinstance(source, str | Path) else _content(source, named)
    table = scan(files, named)
    names = headers(named, 0, table.collect_schema().names())
    yield Header(0, names)
    for line, cells in enumerate(_cells(table, named), start=1):
        yield Record(line, names, cells)


def _content(stream: IO[Any], named: str) -> io.BytesIO:
    try:
        content = stream.read()
    except (OSError, ValueError) as error:
        raise UnreadableTable(named, None, f"cannot be read: {reason_of(error)}") from None
    if not isinstance(content, bytes):
        hint = "hand in a path, or a stream opened for reading bytes"
        raise UnreadableTable(named, None, f"reading gave {shown(content)}", hint)
    return io.BytesIO(content)


def _cells(table: pl.LazyFrame, named: str) -> Iterator[tuple[Any, ...]]:
    """Read rows as Python's own values: NaN as None, categories as text."""
    plain = table.with_columns(
        cs.float().cast(pl.Float64).fill_nan(None),
        cs.datetime().dt.cast_time_unit("us"),
        cs.by_dtype(pl.Categorical, pl.Enum).cast(pl.String),
    )
    try:
        left = int(table.select(pl.len()).collect().item())
        for batch in plain.collect_batches(chunk_size=_BATCH, maintain_order=True):
            left -= batch.height
            yield from batch.rows()
    except BROKEN as error:
        raise UnreadableTable(named, None, f"cannot be read: {reason_of(error)}") from None
    except (ValueError, OverflowError) as error:
        reason = f"holds what Python cannot: {reason_of(error)}"
        raise UnreadableTable(named, None, reason, "dates end with the year 9999") from None
    if left:  # Polars ends early where it comes upon damage
        raise UnreadableTable(named, None, f"is damaged: its last {left:,} rows cannot be read")


class _Misfit(Exception):
    """Inside of this module: a value that a column cannot take."""


@attrs.frozen(eq=False)
class _Kind:
    """What a column of a written file holds: its type, in words, and how a value becomes one."""

    dtype: Any
    said: str
    take: Callable[[Any], object]


def _text(value: object) -> str:
    return encodable(written(value))


def _of(*kinds: type) -> Callable[[Any], object]:
    def take(value: object) -> object:
        if type(value) not in kinds:
            raise _Misfit
        return value

    return take


def _whole(value: object) -> object:
    if type(value) is not int or not -_INTEGERS <= value < _INTEGERS:
        raise _Misfit
    return value


def _moment(value: object) -> object:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise _Misfit
    return value.astimezone(UTC)


def _texts(value: object) -> object:
    if not isinstance(value, list | tuple) or not all(isinstance(part, str) for part in value):
        raise _Misfit
    return [_text(part) for part in value]


def _reasons(value: object) -> object:
    if not isinstance(value, list | tuple):
        raise _Misfit
    return [_reason(each) for each in value]


def _reason(value: object) -> dict[str, object]:
    if not isinstance(value, Mapping) or not value.keys() <= _REASON.keys():
        raise _Misfit
    known = {name: part for name, part in value.items() if part is not None}
    return {name: kind.take(known[name]) for name, kind in _REASON.items() if name in known}


def _decimals(places: int) -> _Kind:
    def take(value: object) -> object:
        if type(value) not in (int, Decimal):
            raise _Misfit
        exact = Decimal(value)  # type: ignore[arg-type]
        if _places(exact) > places or exact.adjusted() >= _DIGITS - places:
            raise _Misfit
        return exact

    said = f"an exact number of up to {_DIGITS - places} digits before the point and {places} after"
    return _Kind(pl.Decimal(_DIGITS, places), said, take)


def _places(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else _DIGITS + 1


_TEXT = _Kind(pl.String, "text", _text)
_WHOLE = _Kind(pl.Int64, "a whole number of at most 64 bits", _whole)
_NUMBER = _Kind(pl.Float64, "a number", _of(int, float))
_MOMENT = _Kind(pl.Datetime("us", "UTC"), "a datetime with a time zone", _moment)
_LIST = _Kind(pl.List(pl.String), "a list of texts", _texts)
_REASON = {"rule": _TEXT, "kind": _TEXT, "points": _WHOLE, "times": _WHOLE}
_REASONS = _Kind(
    pl.List(pl.Struct({name: kind.dtype for name, kind in _REASON.items()})),
    "a list of reasons, each with rule, kind, points and times",
    _reasons,
)
_OF_SCORES: Mapping[str, _Kind] = {
    **dict.fromkeys(("id", "name", "company"), _TEXT),
    **dict.fromkeys(("points", "fit", "engagement"), _WHOLE),
    "win_probability": _NUMBER,
    **dict.fromkeys(("grade", "rating"), _TEXT),
    **dict.fromkeys(("because", "ask"), _LIST),
    "reasons": _REASONS,
    **dict.fromkeys(("model", "version"), _TEXT),
    "as_of": _MOMENT,
}
"""What the columns of a score hold."""
_OF_VALUES: Mapping[frozenset[type], _Kind] = {
    frozenset({bool}): _Kind(pl.Boolean, "true or false", _of(bool)),
    frozenset({int}): _WHOLE,
    frozenset({float}): _NUMBER,
    frozenset({int, float}): _NUMBER,
    frozenset({date}): _Kind(pl.Date, "a date", _of(date)),
    frozenset({datetime}): _MOMENT,
    frozenset({list}): _LIST,
    frozenset({tuple}): _LIST,
}


def _kind(name: str, values: Sequence[object]) -> _Kind:
    """Choose what a column holds: as in a score, or else as its values are, or else text."""
    if name in _OF_SCORES:
        return _OF_SCORES[name]
    known = [value for value in values if value is not None]
    kinds = frozenset(map(type, known))
    if Decimal in kinds and kinds <= {Decimal, int}:
        places = max(_places(value) for value in known if isinstance(value, Decimal))
        return _decimals(places) if places <= _DIGITS else _TEXT
    return _OF_VALUES.get(kinds, _TEXT)


def write_parquet(
    target: str | Path | IO[str] | IO[bytes], rows: Iterable[Mapping[str, object]]
) -> int:
    """Write rows of plain values, some at a time; `write_scores` says which types they get."""
    named = target if isinstance(target, str | Path) else "the stream"
    with _opened(target) as stream:
        pieces = _Pieces(iter(rows))
        try:
            _sink(pieces.frames(), pieces.schema, stream)
        except _Unwritten as error:
            raise unwritable("output", named, reason_of(error.args[0])) from None
        return pieces.count


@contextmanager
def _opened(target: object) -> Iterator[IO[bytes]]:
    if isinstance(target, str | Path):
        try:
            stream = Path(target).open("wb")  # noqa: SIM115 (closed below)
        except (OSError, ValueError) as error:
            raise unwritable("output", target, str(error)) from None
        with stream:
            yield stream
    elif isinstance(target, io.RawIOBase | io.BufferedIOBase):
        yield target  # type: ignore[misc]
    else:
        raise InvalidValue("output", shown(target), "a path, or a stream open for writing bytes")


class _Unwritten(Exception):
    """Inside of this module: Polars could not write; holds what it said."""


def _sink(frames: Iterator[pl.DataFrame], schema: Mapping[str, Any], stream: IO[bytes]) -> None:
    """Write frames as they come; they are made in this thread and written in another."""
    waiting: Queue[tuple[pl.DataFrame, ...]] = Queue(maxsize=1)
    taken = partial(map, itemgetter(0))
    query = register_io_source(lambda *_: taken(iter(waiting.get, ())), schema=dict(schema))
    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(query.sink_parquet, stream, engine="streaming")
        try:
            for frame in frames:
                if not _handed_over(waiting, (frame,), work):
                    break
        finally:
            _handed_over(waiting, (), work)
        try:
            work.result()
        except BROKEN as error:
            raise _Unwritten(error) from None


def _handed_over(
    waiting: Queue[tuple[pl.DataFrame, ...]], item: tuple[pl.DataFrame, ...], work: Future[Any]
) -> bool:
    """Hand an item over as soon as there is room; False when nobody takes it any more."""
    while not work.done():
        try:
            waiting.put(item, timeout=_PATIENCE)
        except Full:
            continue
        return True
    return False


class _Pieces:
    """Rows made into frames of one schema, that of the first of them."""

    def __init__(self, rows: Iterator[Mapping[str, object]]) -> None:
        self.rows = rows
        self.count = 0
        self.first = list(islice(rows, _BATCH))
        names = list(self.first[0] if self.first else _OF_SCORES)
        self.kinds = {name: _kind(name, [row.get(name) for row in self.first]) for name in names}

    @property
    def schema(self) -> dict[str, Any]:
        """The types of the columns."""
        return {_text(name): kind.dtype for name, kind in self.kinds.items()}

    def frames(self) -> Iterator[pl.DataFrame]:
        """Make the rows into frames and count them."""
        rows = self.first
        while rows:
            yield self._frame(rows)
            self.count += len(rows)
            rows = list(islice(self.rows, _BATCH))

    def _frame(self, rows: Sequence[Mapping[str, object]]) -> pl.DataFrame:
        for place, row in enumerate(rows, start=self.count + 1):
            if not row.keys() <= self.kinds.keys():
                new = min(str(key) for key in row.keys() - self.kinds.keys())
                expected = "the keys of the first row"
                raise InvalidValue(f"write_scores row {place}", shown(new), expected)
        return pl.DataFrame([self._column(name, rows) for name in self.kinds])

    def _column(self, name: str, rows: Sequence[Mapping[str, object]]) -> pl.Series:
        kind, values = self.kinds[name], []
        for place, row in enumerate(rows, start=self.count + 1):
            value = row.get(name)
            try:
                values.append(None if value is None else kind.take(value))
            except _Misfit:
                expected = f"{kind.said} in the column {name!r}"
                raise InvalidValue(f"write_scores row {place}", shown(value), expected) from None
        return pl.Series(_text(name), values, kind.dtype, strict=False)

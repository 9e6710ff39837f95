"""What is said to Spark in its own words: small tables, joins, and what it would misread."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from leadflow.errors import ColumnClash, EngineRefused, WrongColumn
from leadflow.frames.columns import UTC_NAMES, Columns

_ZONE = "spark.sql.session.timeZone"
_MISREAD = frozenset(".`*")
_BINARY = "UTF8_BINARY"


def check_names(frame: str, there: Sequence[str], read: Iterable[str]) -> None:
    """Refuse names that Spark would take for others: alike but for case, or with dots and quotes."""
    seen: dict[str, str] = {}
    for name in there:
        other = seen.setdefault(name.lower(), name)
        if other is not name:
            raise ColumnClash(frame, name, other, "rename one of the two")
    for name in read:
        if _MISREAD & set(name):
            expected = "a name without dots, backticks and stars, which mean something to Spark"
            hint = "rename it: frame.withColumnRenamed(...)"
            raise WrongColumn(frame, name, "a name that Spark would misread", expected, hint)


def check_texts(frame: str, native: Any, read: Iterable[str]) -> None:
    """Refuse texts that compare otherwise than character by character."""
    for name in read:
        dtype = native.schema[name].dataType
        dtype = getattr(dtype, "elementType", dtype)
        collation = getattr(dtype, "collation", _BINARY)
        if collation != _BINARY:
            hint = f"collate it: F.collate({name!r}, {_BINARY!r})"
            raise WrongColumn(frame, name, f"text collated as {collation}", f"{_BINARY} text", hint)


def check_zone(native: Any, columns: Columns) -> None:
    """Refuse instants unless the session is in UTC, for Spark reads them in the session's zone."""
    # Not as narwhals tells it: it remembers the zone that a session had when it first looked.
    zone = native.sparkSession.conf.get(_ZONE)
    for column in columns.by_field.values():
        if getattr(column.dtype, "time_zone", None) is not None and zone not in UTC_NAMES:
            raise EngineRefused(
                "Spark",
                f"column {column.name!r} would be read in the session's time zone, {zone}",
                f'spark.conf.set("{_ZONE}", "UTC") first, so that dates are UTC dates',
            )


def is_void(native: Any, name: str) -> bool:
    """Tell whether a column's type says that it holds nothing but nulls."""
    return bool(native.schema[name].dataType.typeName() == "void")


def table(native: Any, local: pl.DataFrame) -> Any:
    """Make a small table of the session of a frame; every executor gets a copy of it."""
    return native.sparkSession.createDataFrame(local.to_arrow()).hint("broadcast")


def joined(left: Any, right: Any, key: str) -> Any:
    """Join a table that has at most one row per key; columns that are not read may have any name."""
    return left.join(right, on=key, how="left")


def quoted(names: Iterable[str]) -> list[str]:
    """Write columns of any name in Spark's SQL."""
    return ["`" + name.replace("`", "``") + "`" for name in names]


def selected(native: Any, names: Iterable[str]) -> Any:
    """Select columns of any name."""
    return native.select(*quoted(names))

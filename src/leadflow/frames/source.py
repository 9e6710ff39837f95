"""Dataframes as they come in and go out: which engine runs them, and how results get back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal, TypeAlias

import attrs
import narwhals.stable.v2 as nw
import polars as pl

from leadflow.errors import ColumnClash, EngineRefused, MissingColumn, WrongColumn, shown
from leadflow.frames import spark
from leadflow.frames.columns import Columns, check_pattern, check_zones, columns_of
from leadflow.frames.expressions import added, balanced

Engine: TypeAlias = Literal["Polars", "DuckDB", "Spark"]
Kind: TypeAlias = Literal["pandas", "polars", "polars lazy", "pyarrow", "duckdb", "pyspark"]
MARK = "__leadflow_"
"""How the names of columns begin that are made on the way and taken away again."""
ROW = f"{MARK}row"
_KINDS = {
    ("pandas", "DataFrame"): "pandas",
    ("polars", "DataFrame"): "polars",
    ("polars", "LazyFrame"): "polars lazy",
    ("pyarrow", "Table"): "pyarrow",
    ("_duckdb", "DuckDBPyRelation"): "duckdb",
    ("duckdb", "DuckDBPyRelation"): "duckdb",
    ("pyspark.sql.dataframe", "DataFrame"): "pyspark",
}
_EXACT, _INT64 = 2**53, 2**63
"""From where on floats skip whole numbers, and where Int64 ends."""
_ENGINES: dict[str, Engine] = {"duckdb": "DuckDB", "pyspark": "Spark"}
_NARROW = 2**15
_DIGITS = 38
"""The digits of a decimal that Polars has room for."""
_LITERALS: dict[type, Any] = {int: nw.Int64, str: nw.String}
_UNREADABLE = (
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,
    ArithmeticError,
    NotImplementedError,
    TypeError,
    ValueError,
)
"""What is raised for a column that Polars cannot hold."""
_ONE_TYPE = (str, bool, int, float, Decimal, date, datetime, list)


@attrs.frozen(eq=False)
class Part:
    """One row that is made of another: where it is there, what is the same in all, and its own."""

    there: nw.Expr
    same: Mapping[str, str | int]
    own: Mapping[str, nw.Expr]

    def columns(self, shared: Mapping[str, nw.Expr]) -> dict[str, nw.Expr]:
        """Return all its columns."""
        same = {name: nw.lit(value, _LITERALS[type(value)]) for name, value in self.same.items()}
        return {**shared, **same, **self.own}


@attrs.frozen
class Source:
    """One dataframe of leads or of activities."""

    frame: str
    native: Any
    kind: Kind
    streams: bool = False
    """Whether a Polars query has no memory to sort its rows: it keeps their order, at leisure."""

    @classmethod
    def of(cls, frame: str, native: Any) -> Source:
        """Recognise a dataframe, or a source; raises `EngineRefused` for anything else."""
        if isinstance(native, Source):
            return native
        for base in type(native).__mro__:
            module, name = base.__module__, base.__name__
            kind = _KINDS.get((module.partition(".")[0], name)) or _KINDS.get((module, name))
            if kind is not None:
                return cls(frame, native, kind)  # type: ignore[arg-type]
        found = f"{type(native).__module__}.{type(native).__name__}"
        known = "pandas, Polars (eager or lazy), PyArrow tables, DuckDB relations and PySpark"
        raise EngineRefused(found, f"no dataframe that can be read as {frame}", f"known: {known}")

    @property
    def engine(self) -> Engine:
        """What runs the query: pandas and PyArrow are handed to Polars, which is faster."""
        return _ENGINES.get(self.kind, "Polars")

    @property
    def is_lazy(self) -> bool:
        """Whether it is a query, not data."""
        return self.kind in ("polars lazy", "duckdb", "pyspark")

    @property
    def names(self) -> tuple[Any, ...]:
        """The names of the columns."""
        if self.kind == "polars lazy":
            return tuple(self.native.collect_schema().names())
        names = self.native.column_names if self.kind == "pyarrow" else self.native.columns
        return tuple(names)

    def check_new(self, names: Iterable[str]) -> None:
        """Refuse to put a column where there is one already, upper and lower case being one."""
        there = {str(name).lower(): str(name) for name in self.names}
        for name in names:
            if name.lower() in there:
                hint = "rename or drop it first; no column is overwritten"
                raise ColumnClash(self.frame, name, there[name.lower()], hint)

    def read(self, fields: Mapping[str, str], key: str) -> tuple[nw.LazyFrame[Any], Columns]:
        """Hand the columns that are asked about to the engine, and tell what they hold.

        `fields` tells which rule asks for each, empty for none. Raises `MissingColumn`,
        `ColumnClash`, `WrongColumn` or `EngineRefused`.
        """
        try:
            return self._read(dict.fromkeys([key, *fields]), key)
        except MissingColumn as error:
            hint = self._key_hint(key) if error.column == key else ""
            raise attrs.evolve(error, rule=fields.get(error.column, ""), hint=hint) from None
        except WrongColumn as error:
            raise attrs.evolve(error, rule=fields.get(error.column, "")) from None

    def _key_hint(self, key: str) -> str:
        if self.kind == "pandas" and key in self.native.index.names:
            return "it is the index: reset_index() makes a column of it"
        return "id= names the column of the ids" if self.frame == "leads" else ""

    def _read(self, asked: Iterable[str], key: str) -> tuple[nw.LazyFrame[Any], Columns]:
        names = self._found(asked)
        lazy = self._lazy(names)
        schema = _schema(self, lazy, names)
        columns = columns_of(self.frame, schema, key, spelled=self.kind == "pyspark")
        if self.kind == "duckdb":
            check_zones("DuckDB", columns)
        if self.kind == "pyspark":
            spark.check_zone(self.native, columns)
        return nw.from_native(lazy), columns

    def _found(self, names: Iterable[str]) -> list[str]:
        there = [str(name) for name in self.names]
        self._check_names(there)
        by_lower: dict[str, list[str]] = {}
        for name in there:
            by_lower.setdefault(name.lower(), []).append(name)
        for name in names:
            if name not in there:
                raise MissingColumn(self.frame, name, tuple(there))
            alike = by_lower[name.lower()]
            if len(alike) > 1:
                other = next((one for one in alike if one != name), name)
                raise ColumnClash(self.frame, name, other, "rename one of the two")
        if self.kind == "pyspark":
            spark.check_names(self.frame, there, names)
            spark.check_texts(self.frame, self.native, names)
        return list(names)

    def _check_names(self, there: Iterable[str]) -> None:
        """Refuse names that would break a query even where the column is not read."""
        for name in there:
            if name.lower().startswith(MARK):
                found, expected = "a name that leadflow uses itself", f"a name without {MARK!r}"
                raise WrongColumn(self.frame, name, found, expected, "rename it")
            if self.kind in ("polars lazy", "duckdb"):
                check_pattern(self.frame, name)

    def _lazy(self, names: Sequence[str]) -> Any:
        if self.kind == "pyspark" and self.frame == "activities":
            return self.native.select(*names)
        if self.is_lazy:
            return self.native
        series = [_series(self, name) for name in names]
        return pl.DataFrame(series).with_row_index(ROW).lazy()

    def table(self, rows: Mapping[str, Sequence[Any]], days: str) -> nw.LazyFrame[Any]:
        """Make a small table of days and whole numbers where this frame's engine can join it."""
        if self.kind != "duckdb":
            types = {name: pl.Date if name == days else pl.Int64 for name in rows}
            local = pl.DataFrame(dict(rows), schema=types)
            is_spark = self.kind == "pyspark"
            table: Any = spark.table(self.native, local) if is_spark else local.lazy()
            return nw.from_native(table)  # type: ignore[no-any-return]
        kinds = {name: "DATE" if name == days else "BIGINT" for name in rows}
        wanted = ", ".join(
            f"unnest([{', '.join(_sql(value) for value in rows[name])}]::{kind}[]) AS {name}"
            for name, kind in kinds.items()
        )
        made: Any = self.native.query(f"{MARK}any", f"SELECT {wanted}")
        found: nw.LazyFrame[Any] = nw.from_native(made)
        return found

    def numbered(self, rows: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """Number the rows of a Polars query, which a join may put into another order."""
        if self.kind != "polars lazy" or self.streams:
            return rows
        return nw.from_native(rows.to_native().with_row_index(ROW))  # type: ignore[no-any-return]

    def joined(
        self, rows: nw.LazyFrame[Any], part: nw.LazyFrame[Any], key: str
    ) -> nw.LazyFrame[Any]:
        """Join a table that has at most one row per key."""
        if self.streams:
            left, right = rows.to_native(), part.to_native()
            made: Any = left.join(right, on=key, how="left", maintain_order="left")
            return nw.from_native(made)  # type: ignore[no-any-return]
        if self.kind == "duckdb":
            return _joined_in_duckdb(rows, part, key)
        if self.kind != "pyspark":
            return rows.join(part, on=key, how="left")
        found: nw.LazyFrame[Any] = nw.from_native(
            spark.joined(rows.to_native(), part.to_native(), key)
        )
        return found

    def with_results(
        self, result: nw.LazyFrame[Any], names: Sequence[str], *, numbered: bool = False
    ) -> Any:
        """Add the named columns of a result to the frame as it came in, its rows in their order."""
        if self.kind == "pyspark":
            return spark.selected(result.to_native(), [*self.names, *names])
        if self.is_lazy:
            in_order = result.sort(ROW) if numbered and self.kind == "polars lazy" else result
            return in_order.select(*self.names, *names).to_native()
        found = _collected(result.select(ROW, *names)).sort(ROW).drop(ROW)
        if self.kind == "polars":
            return self.native.with_columns(found)
        if self.kind == "pandas":
            return self.native.assign(**_for_pandas(found, self.native.index))
        table = self.native
        for name, column in _for_pyarrow(found).items():
            table = table.append_column(name, column)
        return table

    def paid(
        self,
        rows: nw.LazyFrame[Any],
        met: Mapping[str, nw.Expr],
        sums: Mapping[str, Sequence[tuple[str, int]]],
        *,
        keep: bool,
    ) -> nw.LazyFrame[Any]:
        """Add columns of what is met, to be kept or not, and of the sums paid for it.

        Polars and Spark are told the sums in SQL, which they plan in a fraction of the time that
        expressions take; DuckDB runs one expression faster than columns and their sum.
        """
        if self.kind == "duckdb":
            made = {name: _paid_in_one(met, parts) for name, parts in sums.items()}
            return rows.with_columns(**made, **(met if keep else {}))
        sql = {name: _paid(parts) for name, parts in sums.items()}
        native: Any = rows.with_columns(**met).to_native()
        if self.kind != "pyspark":
            paid = native.with_columns(pl.sql_expr(text).alias(name) for name, text in sql.items())
        else:
            own = ["*"] if keep else spark.quoted(rows.to_native().columns)
            paid = native.selectExpr(*own, *(f"{text} AS {name}" for name, text in sql.items()))
        return nw.from_native(paid)  # type: ignore[no-any-return]

    def stacked(
        self, rows: nw.LazyFrame[Any], shared: Mapping[str, nw.Expr], parts: Sequence[Part]
    ) -> nw.LazyFrame[Any]:
        """Turn each row into those of the parts that are there, one below the other.

        A union would run, or at least plan, the whole query once for each part.
        """
        if self.engine == "Polars":
            return _stacked_by_polars(rows, shared, parts)
        lists = {
            f"{MARK}part_{place}": nw.when(part.there).then(
                nw.struct(*(value.alias(name) for name, value in part.columns(shared).items()))
            )
            for place, part in enumerate(parts)
        }
        wide: Any = rows.select(**lists).to_native()
        names = ", ".join(lists)
        if self.kind == "pyspark":
            apart: Any = wide.selectExpr(f"inline(array_compact(array({names})))")
        else:
            apart = wide.project(f"unnest([{names}]) AS part").filter("part IS NOT NULL")
            apart = apart.project("unnest(part)")
        return nw.from_native(apart)  # type: ignore[no-any-return]

    def of_results(self, result: nw.LazyFrame[Any], order: Sequence[str]) -> Any:
        """Turn a result into a frame of the kind that came in, sorted by and without `order`."""
        if self.is_lazy:
            return result.drop(*order).to_native()
        found = _collected(result).sort(*order).drop(*order)
        if self.kind == "pandas":
            return _pandas().DataFrame(_for_pandas(found, None))
        if self.kind == "pyarrow":
            return _pyarrow().table(_for_pyarrow(found))
        return found


def _collected(result: nw.LazyFrame[Any]) -> pl.DataFrame:
    try:
        found: pl.DataFrame = result.to_native().collect()
    except pl.exceptions.PolarsError as error:
        reason = f"the query failed: {shown(str(error))}"
        hint = "whole numbers have to fit into 64 bits, decimals into 38 digits together"
        raise EngineRefused("Polars", reason, hint) from None
    return found


def _of_part(place: int, part: Part) -> dict[str, nw.Expr]:
    own = {f"{MARK}{name}_{place}": value for name, value in part.own.items()}
    return {f"{MARK}there_{place}": part.there, **own}


def _stacked_by_polars(
    rows: nw.LazyFrame[Any], shared: Mapping[str, nw.Expr], parts: Sequence[Part]
) -> nw.LazyFrame[Any]:
    wide: dict[str, nw.Expr] = {}
    for place, part in enumerate(parts):
        wide |= _of_part(place, part)
    query: Any = rows.select(**shared, **wide).to_native()
    schema = dict(query.select(*shared).collect_schema())
    for part in parts[:1]:  # all have the same columns
        kinds = {name: type(value) for name, value in part.same.items()}
        schema |= {name: pl.String if kind is str else pl.Int64 for name, kind in kinds.items()}
        schema |= dict.fromkeys(part.own, pl.Int64)

    def stack(found: pl.DataFrame) -> pl.DataFrame:
        made = [
            pl.DataFrame([found[name] for name in (*shared, *_of_part(place, part))])
            .filter(f"{MARK}there_{place}")
            .select(
                *shared,
                *(pl.lit(value, schema[name]).alias(name) for name, value in part.same.items()),
                *(pl.col(f"{MARK}{name}_{place}").alias(name) for name in part.own),
            )
            for place, part in enumerate(parts)
        ]
        return pl.concat([pl.DataFrame(schema=schema), *made])

    return nw.from_native(query.map_batches(stack, schema=schema, streamable=True))  # type: ignore[no-any-return]


def room(most: int) -> Any:
    """Choose narrow integers for what fits, which add up fastest.

    Every engine sums those of 16 bits in 64; with those of 32 bits, Polars would overflow.
    """
    return nw.Int16 if abs(most) < _NARROW else nw.Int64


def _room_of(parts: Sequence[tuple[str, int]]) -> Any:
    return room(sum(abs(points) for _, points in parts))


def _paid(parts: Sequence[tuple[str, int]]) -> str:
    kind = "SMALLINT" if _room_of(parts) == nw.Int16 else "BIGINT"
    zero = f"CAST(0 AS {kind})"
    terms = [f"(CASE WHEN {met} THEN CAST({n} AS {kind}) ELSE {zero} END)" for met, n in parts]
    return f"CAST({balanced(terms, '({} + {})'.format)} AS BIGINT)"


def _paid_in_one(met: Mapping[str, nw.Expr], parts: Sequence[tuple[str, int]]) -> nw.Expr:
    dtype = _room_of(parts)
    none = nw.lit(0, dtype)
    terms = [nw.when(met[name]).then(nw.lit(n, dtype)).otherwise(none) for name, n in parts]
    return added(terms).cast(nw.Int64)


def _sql(value: Any) -> str:
    if value is None:
        return "NULL"
    return f"DATE '{value.isoformat()}'" if isinstance(value, date) else str(value)


def _schema(source: Source, lazy: Any, names: Sequence[str]) -> dict[str, Any]:
    """Return the types of some columns; a type that narwhals does not know is refused."""
    schema = nw.from_native(lazy).collect_schema()
    found = {name: schema[name] for name in names}
    for name, dtype in found.items():
        if dtype == nw.Unknown and not _is_null_type(lazy, name):
            expected = "a type of its own kind, such as text or numbers"
            raise WrongColumn(source.frame, name, *_unknown_type(source, lazy, name, expected))
    return found


def _unknown_type(source: Source, lazy: Any, name: str, expected: str) -> tuple[str, str, str]:
    """Say which type is not known, what is expected, and how to cast it."""
    if source.kind != "duckdb":
        return "a type unknown here", expected, "cast it"
    column = name if name.isidentifier() else '"' + name.replace('"', '""') + '"'
    found = str(lazy.types[lazy.columns.index(name)])
    return f"{found}, a type unknown here", expected, f"cast it, as in {column}::VARCHAR"


def _is_null_type(lazy: Any, name: str) -> bool:
    if isinstance(lazy, pl.LazyFrame):
        return lazy.collect_schema()[name] == pl.Null
    if hasattr(lazy, "sparkSession"):
        return spark.is_void(lazy, name)
    return str(lazy.types[lazy.columns.index(name)]) in ('"NULL"', "NULL")


def _column(source: Source, name: str) -> Any:
    """Take a column of data; in pandas by its place, since its name may be no text."""
    if source.kind != "pandas":
        return source.native[name]
    return source.native.iloc[:, [str(one) for one in source.names].index(name)]


def _series(source: Source, name: str) -> pl.Series:
    column = _column(source, name)
    if isinstance(column, pl.Series):
        return column
    make: Callable[[Source, str, Any], pl.Series] = (
        _from_arrow if source.kind == "pyarrow" else _from_pandas
    )
    try:
        made = make(source, name, column).alias(name)
    except _UNREADABLE as error:
        expected = "values that Polars can hold"
        raise WrongColumn(source.frame, name, shown(str(error)), expected) from None
    except ImportError:
        reason = f"column {name!r} ({column.dtype}) needs PyArrow to be read"
        raise EngineRefused("pandas", reason, "install pyarrow") from None
    return made


def _from_arrow(source: Source, name: str, column: Any) -> pl.Series:
    if getattr(column.type, "tz", None) is not None:  # Polars knows no zone like +05:30
        column = column.cast(_pyarrow().timestamp(column.type.unit, "UTC"))
    made = pl.from_arrow(column)
    if not isinstance(made, pl.Series):
        raise WrongColumn(source.frame, name, str(column.type), "a column of single values")
    return made


def _from_pandas(source: Source, name: str, column: Any) -> pl.Series:
    if str(column.dtype) != "object":
        typed: pl.Series = pl.from_pandas(_in_utc(column))
        if str(column.dtype) == "float64" and _may_have_lost_digits(typed):
            found = "float64 with gaps and whole numbers of 2^53 or more, which lose digits there"
            hint = 'before the gaps come in: dtype="Int64"; for true floats astype("Float64")'
            raise WrongColumn(source.frame, name, found, "whole numbers with all digits", hint)
        is_empty = typed.null_count() == len(typed)  # what pandas makes of a column without values
        return typed.cast(pl.Null) if is_empty and str(column.dtype) == "float64" else typed
    values = [_plain(value) for value in column]
    kinds = {type(value) for value in values if value is not None}
    unknown = [kind.__name__ for kind in kinds if kind not in _ONE_TYPE]
    if len(kinds) > 1 or unknown:
        found = "objects of " + " and ".join(sorted(kind.__name__ for kind in kinds))
        expected = "values of one type that a field can hold"
        hint = "give it a dtype, for example with column.astype(...) or convert_dtypes()"
        raise WrongColumn(source.frame, name, found, expected, hint)
    if kinds == {datetime}:
        return _instants(source, name, values)
    if kinds == {Decimal}:
        return decimals(source.frame, name, values)
    if not kinds:
        return pl.Series(name, values, pl.Null)
    return pl.Series(name, values, pl.Int64 if kinds == {int} else None)


def _in_utc(column: Any) -> Any:
    """Put aware datetimes of pandas in UTC, since Polars knows no zone like +05:30."""
    dtype = getattr(column.dtype, "pyarrow_dtype", column.dtype)
    return column if getattr(dtype, "tz", None) is None else column.dt.tz_convert("UTC")


def _may_have_lost_digits(floats: pl.Series) -> bool:
    """Tell whether floats could be integers that plain pandas made floats to have room for gaps."""
    if not floats.null_count():
        return False
    sizes: Any = floats.abs()
    largest = sizes.max()
    is_large = largest is not None and _EXACT <= largest <= _INT64
    return is_large and bool((sizes.floor() == sizes).all())


def _plain(value: Any) -> Any:
    """Return a value of an object column as Python's own; whatever is missing as None."""
    if isinstance(value, list | tuple):
        return list(value)
    if type(value).__module__ == "numpy":
        value = value.tolist()
    if isinstance(value, datetime) and type(value) is not datetime:
        return None if value != value else value.to_pydatetime(warn=False)  # type: ignore[attr-defined]  # noqa: PLR0124
    if isinstance(value, Decimal):
        return None if value.is_nan() else value  # a signalling NaN cannot be compared
    if type(value).__name__ == "NAType" or (isinstance(value, float) and value != value):  # noqa: PLR0124
        return None
    return value


def decimals(frame: str, name: str, values: Iterable[Any]) -> pl.Series:
    """Make a column of Decimals and whole numbers, with room for the digits of all of them.

    Raises `WrongColumn` for what has no room, which Polars would make null, and for the infinite.
    """
    exact = [None if value is None else Decimal(value) for value in values]
    known = [value for value in exact if value is not None]
    expected = f"decimals that fit into {_DIGITS} digits together"
    infinite = next((value for value in known if not value.is_finite()), None)
    if infinite is not None:
        raise WrongColumn(frame, name, shown(infinite), expected)
    scale = max(max(0, -int(value.as_tuple().exponent)) for value in known)
    digits = max(max(value.adjusted() + 1, 0) for value in known)
    if digits + scale > _DIGITS:
        raise WrongColumn(frame, name, f"{digits} digits before and {scale} after", expected)
    return pl.Series(name, exact, pl.Decimal(_DIGITS, scale))


def _instants(source: Source, name: str, values: list[Any]) -> pl.Series:
    aware = {value.tzinfo is not None for value in values if value is not None}
    if len(aware) > 1:
        expected = "datetimes that all have a time zone, or none of them"
        raise WrongColumn(source.frame, name, "datetimes with and without zones", expected)
    if aware == {False}:
        return pl.Series(name, values, pl.Datetime("us"))
    moved = [None if v is None else v.astimezone(UTC).replace(tzinfo=None) for v in values]
    return pl.Series(name, moved, pl.Datetime("us"))


def _for_pandas(found: pl.DataFrame, index: Any) -> dict[str, Any]:
    series = _pandas().Series
    return {
        name: series(
            found[name].to_numpy()
            if found[name].dtype in (pl.Int64, pl.Float64, pl.Boolean)
            and not _has_null(found, name)
            else found[name].to_list(),
            index=index,
        )
        for name in found.columns
    }


def _has_null(found: pl.DataFrame, name: str) -> bool:
    return found[name].null_count() > 0


def _for_pyarrow(found: pl.DataFrame) -> dict[str, Any]:
    arrow = _pyarrow()
    columns = {name: found[name].to_arrow() for name in found.columns}
    return {
        name: column.cast(arrow.string()) if found[name].dtype == pl.String else column
        for name, column in columns.items()
    }


def _pandas() -> Any:
    import pandas as pd  # noqa: PLC0415 (only there for those who hand in its frames)

    return pd


def _pyarrow() -> Any:
    import pyarrow as pa  # noqa: PLC0415 (only there for those who hand in its tables)

    return pa


def _joined_in_duckdb(
    rows: nw.LazyFrame[Any], part: nw.LazyFrame[Any], key: str
) -> nw.LazyFrame[Any]:
    import duckdb  # noqa: PLC0415 (only there for those who hand in its relations)

    try:
        return rows.join(part, on=key, how="left")
    except duckdb.InvalidInputException as error:
        hint = "make both from one connection"
        raise EngineRefused("DuckDB", shown(str(error)), hint) from None


def together(leads: Source, activities: Source) -> None:
    """Refuse leads and activities that no one engine can join."""
    if leads.engine != activities.engine:
        reason = f"leads run on {leads.engine} and activities on {activities.engine}"
        special = next(one.engine for one in (leads, activities) if one.engine != "Polars")
        frames = "DuckDB relations of one connection" if special == "DuckDB" else "PySpark frames"
        raise EngineRefused(leads.engine, reason, f"hand in both as {frames}, or neither")

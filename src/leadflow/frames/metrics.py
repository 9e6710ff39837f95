"""Metrics of large tables: the same figures as those of a `History`, at the engine's speed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import attrs
import narwhals.stable.v2 as nw
import polars as pl

from leadflow.errors import ColumnClash, InvalidValue, did_you_mean, shown
from leadflow.frames.columns import Column, Columns
from leadflow.frames.expressions import some
from leadflow.frames.source import MARK, Source, together
from leadflow.period import UNITS, Unit
from leadflow.pipeline import Pipeline
from leadflow.shares import normal_quantile
from leadflow.values import instance, instant, name, names

_DAY = 86_400_000_000
"""Microseconds of a day."""
_Z = normal_quantile(0.975)
_ID, _PLACE, _AT, _LEFT = f"{MARK}id", f"{MARK}place", f"{MARK}at", f"{MARK}left"
_PART, _LAST, _FURTHEST = f"{MARK}part", f"{MARK}last", f"{MARK}furthest"
_SEQUENCE, _NUMBER = f"{MARK}sequence", f"{MARK}number"
_STAGE, _LATER = f"{MARK}stage", f"{MARK}later"
_LATEST = 2**62
"""An instant later than all others, in microseconds."""
_COHORTS: dict[str, Unit] = {f"created_{unit}": unit for unit in UNITS}
"""Dimensions that are the period of the calendar in which a deal was created."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def win_rate_frame(
    deals: Any, pipeline: Pipeline, *, as_of: datetime, by: str | Iterable[str] = ()
) -> Any:
    """Tell how many deals of each group were won, with the interval of Wilson: one row per group.

    `deals` are the rows of `History.of_rows`: id, stage, and where known created_at and closed_at.
    A deal stands as its own stage says; one that closed after `as_of` is open, one created later does
    not count. The columns are those of `by`, then leads, closed, won, rate (won of closed), low and
    high; the rate is null where nothing was closed. A group is null where its value is not known. Beside
    the columns of the deals, `by` knows the cohorts created_day, created_week, created_month,
    created_quarter and created_year (in UTC).

    Raises `MissingColumn`, `WrongColumn`, `ColumnClash`, `EngineRefused`, `InvalidValue`.

    >>> import polars as pl
    >>> from leadflow.pipeline import Stage
    >>> steps = [Stage("new"), Stage("won", kind="won"), Stage("lost", kind="lost")]
    >>> deals = pl.DataFrame({"id": ["1", "2", "3"], "stage": ["won", "lost", "new"]})
    >>> now = datetime(2026, 3, 9, tzinfo=UTC)
    >>> win_rate_frame(deals, Pipeline.linear("sales", steps), as_of=now).row(0)[:4]
    (3, 2, 1, 0.5)
    """
    asked = _Asked.of(deals, None, pipeline, as_of, by)
    by_stage = asked.grouped(
        asked.standing,
        nw.len().cast(nw.Int64).alias("leads"),
        _count(_LATER).alias(_LATER),
        also=[_STAGE],
    )
    closed, won = asked.is_in("won", "lost"), asked.is_in("won")
    in_time = nw.col("leads") - nw.col(_LATER)
    counted = asked.grouped(
        asked.checked(by_stage).with_columns(
            nw.when(closed).then(in_time).otherwise(nw.lit(0)).alias(f"{MARK}closed"),
            nw.when(won).then(in_time).otherwise(nw.lit(0)).alias(f"{MARK}won"),
        ),
        _count("leads").alias("leads"),
        _count(f"{MARK}closed").alias("closed"),
        _count(f"{MARK}won").alias("won"),
    )
    rate, of = nw.col("won") / nw.col("closed"), nw.col("closed").cast(nw.Float64)
    slack = _Z * _Z / of
    half = _Z * (rate * (1 - rate) / of + slack / of / 4).sqrt()
    known = nw.col("closed") > 0
    found = counted.with_columns(
        nw.when(known).then(rate).alias("rate"),
        nw.when(known).then((rate + slack / 2 - half) / (1 + slack)).alias("low"),
        nw.when(known).then((rate + slack / 2 + half) / (1 + slack)).alias("high"),
    )
    return asked.results(found)


def won_value_frame(
    deals: Any, pipeline: Pipeline, *, as_of: datetime, by: str | Iterable[str] = ()
) -> Any:
    """Add up what the won deals of each group are worth: deals, total, mean and median.

    `deals` have a numeric column value; where there is a column currency, each currency of a group
    is a row of its own, with its code in that column. Deals without a value do not count. Rows and
    errors are those of `win_rate_frame`.
    """
    source = Source.of("deals", deals)
    dimensions = _dimensions(by)
    if "currency" in source.names and "currency" not in dimensions:
        dimensions = (*dimensions, "currency")
    asked = _Asked.of(deals, None, pipeline, as_of, dimensions, also=["value"])
    column = asked.columns["value"]
    if column.sort not in ("integer", "float", "decimal", "nothing"):
        raise column.wrong("amounts: numbers")
    value = nw.lit(None, nw.Float64) if column.sort == "nothing" else column.real
    _check_stages(source, asked.standing, asked.pipeline)
    rows = asked.standing.with_columns(value.alias(f"{MARK}value"))
    won = rows.filter(asked.is_in("won") & ~nw.col(_LATER) & ~nw.col(f"{MARK}value").is_null())
    worth = nw.col(f"{MARK}value")
    found = asked.grouped(
        won,
        nw.len().cast(nw.Int64).alias("deals"),
        worth.sum().alias("total"),
        worth.mean().alias("mean"),
        worth.median().alias("median"),
    )
    return asked.results(found)


def funnel_frame(
    deals: Any,
    changes: Any,
    pipeline: Pipeline,
    *,
    as_of: datetime,
    by: str | Iterable[str] = (),
) -> Any:
    """Count the different leads that reached each stage: one row per group and stage.

    `deals` and `changes` are the rows of `History.of_rows`: the changes have id, stage and at, and a
    whole number `sequence` if equal instants are to be told apart (a frame with an order of its own
    keeps it). Only stages that a lead reached have a row. The columns are those of `by`, then stage,
    reached, passed, waiting and lost, as those of `leadflow.pipeline.metrics.Step`. A change of no
    deal does not count.

    Raises as `win_rate_frame` does, and `InvalidValue` for a stage that the pipeline has not; a lazy
    frame, which is not looked into, leaves such rows out.
    """
    asked = _Asked.of(deals, changes, pipeline, as_of, by)
    entries = asked.entries()
    on_the_way = ~nw.col(_PLACE).is_in(asked.places("lost"))
    is_open = nw.col(_PLACE).is_in(asked.places("open", "on_hold"))
    each = entries.with_columns(
        nw.when(on_the_way).then(nw.col(_PLACE)).max().over(_ID).alias(_FURTHEST),
        nw.when(on_the_way).then(nw.col(_NUMBER)).max().over(_ID).alias(f"{MARK}stood"),
        (nw.col(_LAST) & ~on_the_way).cast(nw.Int64).max().over(_ID).alias(f"{MARK}gone"),
        (nw.col(_LAST) & is_open).cast(nw.Int64).alias(f"{MARK}waits"),
    ).filter(on_the_way)
    was_last = nw.col(_NUMBER) == nw.col(f"{MARK}stood")
    each = each.with_columns(
        nw.when(was_last).then(nw.col(f"{MARK}gone")).otherwise(nw.lit(0)).alias(f"{MARK}lost")
    )
    once = each.group_by(_ID, _PLACE).agg(nw.col(_FURTHEST, f"{MARK}waits", f"{MARK}lost").max())
    found = asked.grouped(
        asked.with_dimensions(once),
        nw.len().cast(nw.Int64).alias("reached"),
        _whole(nw.col(_FURTHEST) > nw.col(_PLACE)).alias("passed"),
        _count(f"{MARK}waits").alias("waiting"),
        _count(f"{MARK}lost").alias("lost"),
        also=[_PLACE],
    )
    return asked.results(found, by_stage=True)


def stage_stays_frame(
    deals: Any,
    changes: Any,
    pipeline: Pipeline,
    *,
    as_of: datetime,
    by: str | Iterable[str] = (),
) -> Any:
    """List the stays in the stages that are not closed: one row per stay.

    The columns are those of `by`, then stage, days and ended: how long a lead stayed, or stands there
    at `as_of`, and whether it has left. Stays of which nobody knows the beginning or the end have no
    row. `leadflow.survival.kaplan_meier(frame["days"], frame["ended"])` takes the open ones for what
    they are. The arguments and errors are those of `funnel_frame`.
    """
    asked = _Asked.of(deals, changes, pipeline, as_of, by)
    return asked.results(asked.stays(), by_stage=True, keep=("days", "ended"))


def stage_times_frame(
    deals: Any,
    changes: Any,
    pipeline: Pipeline,
    *,
    as_of: datetime,
    by: str | Iterable[str] = (),
) -> Any:
    """Tell how long leads stay in each stage that is not closed: one row per group and stage.

    The columns are those of `by`, then stage, left (stays that ended), open (those that did not), and
    the mean and median days of those that ended: the naive ones, which are too short while many are
    open. `stage_stays_frame` has what an estimate with the open ones needs. The arguments and errors
    are those of `funnel_frame`.
    """
    asked = _Asked.of(deals, changes, pipeline, as_of, by)
    days, ended = nw.col("days"), nw.col("ended")
    over = nw.when(ended).then(days)
    found = asked.grouped(
        asked.stays().with_columns(over.alias(f"{MARK}over")),
        _whole(ended).alias("left"),
        _whole(~ended).alias("open"),
        nw.col(f"{MARK}over").mean().alias("mean"),
        nw.col(f"{MARK}over").median().alias("median"),
        also=[_PLACE],
    )
    return asked.results(found, by_stage=True)


def _whole(met: nw.Expr) -> nw.Expr:
    """Count in how many rows something is true; some engines add up to wider numbers."""
    return met.cast(nw.Int64).sum().cast(nw.Int64)


def _count(column: str) -> nw.Expr:
    return nw.col(column).cast(nw.Int64).sum().cast(nw.Int64)


def _dimensions(by: str | Iterable[str]) -> tuple[str, ...]:
    return (name("by", by),) if isinstance(by, str) else names("by", by)


@attrs.frozen
class _Asked:
    """The tables that are asked about, as the engine has them."""

    source: Source
    pipeline: Pipeline
    as_of: datetime
    by: tuple[str, ...]
    deals: nw.LazyFrame[Any]
    columns: Columns
    changes: nw.LazyFrame[Any] | None
    has_sequence: bool = False

    @classmethod
    def of(
        cls,
        deals: Any,
        changes: Any,
        pipeline: Pipeline,
        as_of: datetime,
        by: str | Iterable[str],
        also: Sequence[str] = (),
    ) -> _Asked:
        """Check what is asked and read the columns; deals created after `as_of` are left out."""
        instance(Pipeline)["check"]("pipeline", pipeline)
        moment, dimensions = instant("as_of", as_of), _dimensions(by)
        source = Source.of("deals", deals)
        known = [key for key in ("created_at", "closed_at") if key in source.names]
        cohorts = {
            key: unit
            for key, unit in _COHORTS.items()
            if key in dimensions and key not in source.names
        }
        known += ["created_at"] if cohorts else []
        own = [each for each in dimensions if each not in cohorts]
        fields = dict.fromkeys(["stage", *known, *own, *also], "")
        rows, columns = source.read(fields, "id")
        key = columns.key
        if key.sort not in ("text", "integer"):
            raise key.wrong("ids: text or whole numbers")
        words = {
            f"{MARK}by_{n}": _cohort(columns["created_at"], cohorts[each])
            if each in cohorts
            else _word(columns[each])
            for n, each in enumerate(dimensions)
        }
        read = rows.with_columns(_stage(columns["stage"]).alias(_STAGE), **words)
        asked = cls(source, pipeline, moment, dimensions, read, columns, None)
        if changes is None:
            return asked
        moves, has_sequence = _changes(source, changes, columns, asked)
        return attrs.evolve(asked, changes=moves, has_sequence=has_sequence)

    @property
    def now(self) -> int:
        """The instant, in microseconds."""
        return _micros(self.as_of)

    def places(self, *kinds: str) -> list[int]:
        """The places of the stages of some kinds."""
        return [n for n, stage in enumerate(self.pipeline.stages) if stage.kind in kinds]

    def is_in(self, *kinds: str) -> nw.Expr:
        """Where the stage is one of some kinds; nowhere if it is not known."""
        keys = [stage.key for stage in self.pipeline.stages if stage.kind in kinds]
        if not keys:
            return nw.col(_STAGE).is_null() & nw.lit(value=False)
        return some([(nw.col(_STAGE) == key).fill_null(value=False) for key in keys])

    def is_later(self, key: str) -> nw.Expr:
        """Where an instant of a deal is after `as_of`."""
        column = self.columns.by_field.get(key)
        if column is None or column.sort == "nothing":
            return nw.col(self.columns.key.name).is_null() & nw.lit(value=False)
        later: nw.Expr = _instant(column) > column.constant(self.as_of)
        return later.fill_null(value=False)

    @property
    def standing(self) -> nw.LazyFrame[Any]:
        """The deals that were there at `as_of`, and whether they closed later."""
        created = self.columns.by_field.get("created_at")
        rows = self.deals.with_columns(self.is_later("closed_at").alias(_LATER))
        if created is None or created.sort == "nothing":
            return rows.filter(~(nw.col(_LATER) & self.is_in("won", "lost")))
        unknown = created.read.is_null() & nw.col(_LATER) & self.is_in("won", "lost")
        return rows.filter(~self.is_later("created_at") & ~unknown)

    def checked(self, rows: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """Collect a small table of a frame that holds its rows, and refuse strange stages in it."""
        if self.source.is_lazy:
            return rows
        small: Any = rows.to_native().collect()
        _refuse_strange(self.source, small[_STAGE].to_list(), self.pipeline)
        return nw.from_native(small.lazy())  # type: ignore[no-any-return]

    def grouped(
        self, rows: nw.LazyFrame[Any], *figures: nw.Expr, also: Sequence[str] = ()
    ) -> nw.LazyFrame[Any]:
        """Ask figures of each group; without dimensions of all together."""
        keys = [*(f"{MARK}by_{n}" for n in range(len(self.by))), *also]
        if keys:
            return rows.group_by(*keys).agg(*figures)
        return rows.select(*figures)

    def with_dimensions(self, rows: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """Keep the rows of the deals that count, with their dimensions."""
        words = [f"{MARK}by_{n}" for n in range(len(self.by))]
        here = self.deals.filter(~self.is_later("created_at"))
        wanted = here.select(self.columns.key.read.alias(_ID), *words)
        return rows.join(wanted, on=_ID, how="inner")

    def entries(self) -> nw.LazyFrame[Any]:
        """List the stages that deals entered, in their order, as `History.of_rows` does."""
        known = {key: self.columns.by_field.get(key) for key in ("created_at", "closed_at")}
        own = _read(self.source, self.deals, self.columns, known, self.pipeline)
        at = nw.when(nw.col(_PLACE).is_in(self._closed)).then(nw.col(f"{MARK}closed_at"))
        own = own.with_columns(
            at.otherwise(nw.col(f"{MARK}created_at")).alias(_AT),
            nw.lit(1, nw.Int64).alias(_PART),
            nw.lit(0, nw.Int64).alias(_SEQUENCE),
        )
        shape = [_ID, _PLACE, _AT, _PART, _SEQUENCE]
        own = own.select(shape).filter(~nw.col(_PLACE).is_null())
        own = own.filter(nw.col(_AT).is_null() | (nw.col(_AT) <= self.now))
        assert self.changes is not None  # noqa: S101 (who asks for entries hands them in)
        rows = nw.concat([self.changes.select(shape), own], how="vertical")
        return _in_order(self.source, rows, self._closed, has_sequence=self.has_sequence)

    @property
    def _closed(self) -> list[int]:
        return self.places("won", "lost")

    def stays(self) -> nw.LazyFrame[Any]:
        """List the stays in stages that are not closed, with their days and whether they ended."""
        rows = self.entries().filter(
            ~nw.col(_PLACE).is_in(self._closed)
            & ~nw.col(_AT).is_null()
            & (nw.col(_LAST) | ~nw.col(_LEFT).is_null())
        )
        until = nw.when(nw.col(_LAST)).then(nw.lit(self.now)).otherwise(nw.col(_LEFT))
        took = (until - nw.col(_AT)).cast(nw.Float64) / _DAY
        rows = rows.with_columns(
            nw.when(took > 0).then(took).otherwise(nw.lit(0.0)).alias("days"),
            (~nw.col(_LAST)).alias("ended"),
        )
        return self.with_dimensions(rows)

    def results(
        self, found: nw.LazyFrame[Any], *, by_stage: bool = False, keep: Sequence[str] = ()
    ) -> Any:
        """Name the columns and give the frame back in the kind that came in, sorted if it has an order."""
        keys = [f"{MARK}by_{n}" for n in range(len(self.by))]
        figures = list(keep) or [
            key for key in found.collect_schema().names() if not key.startswith(MARK)
        ]
        there = {*figures, "stage"} if by_stage else {*figures}
        for dimension in self.by:
            if dimension in there:
                hint = "rename it: a column of the answer is called so"
                raise ColumnClash(self.source.frame, dimension, dimension, hint)
        made = {dimension: nw.col(key) for dimension, key in zip(self.by, keys, strict=True)}
        order = list(keys)
        if by_stage:
            made["stage"] = _named(self.pipeline)
            order += [_PLACE, *keep]
        sorted_by = [nw.col(key) for key in order] or [nw.lit(0)]
        copies = [key.alias(f"{MARK}order_{n}") for n, key in enumerate(sorted_by)]
        shown_ = found.select(*(value.alias(key) for key, value in made.items()), *figures, *copies)
        return self.source.of_results(shown_, [f"{MARK}order_{n}" for n in range(len(copies))])


def _micros(moment: datetime) -> int:
    passed = moment - _EPOCH
    return (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds


def _word(column: Column) -> nw.Expr:
    """Read a dimension; empty text is not known."""
    if column.sort == "text":
        return nw.when(column.read != "").then(column.read)
    return column.read


def _cohort(column: Column, unit: Unit) -> nw.Expr:
    """Write the period of the calendar in which an instant lies, as `Period` does."""
    if column.sort == "nothing":
        return nw.lit(None, nw.String)
    day = _instant(column).cast(nw.Datetime("us"))
    if unit == "week":  # the year of a week, and its number, are those of its Thursday
        weekday, thursday = day.dt.weekday(), day
        for number in (1, 2, 3, 5, 6, 7):
            moved = day.dt.offset_by(f"{4 - number}d")
            thursday = nw.when(weekday == number).then(moved).otherwise(thursday)
        day = thursday
    year = day.dt.year().cast(nw.String)
    match unit:
        case "year":
            return year
        case "quarter":
            quarter = (day.dt.month() - 1) // 3 + 1
            return nw.concat_str(year, nw.lit("-Q"), quarter.cast(nw.String))
        case "month":
            return nw.concat_str(year, nw.lit("-"), _two(day.dt.month()))
        case "week":
            return nw.concat_str(year, nw.lit("-W"), _two((day.dt.ordinal_day() - 1) // 7 + 1))
        case _:
            month = _two(day.dt.month())
            return nw.concat_str(year, nw.lit("-"), month, nw.lit("-"), _two(day.dt.day()))


def _two(number: nw.Expr) -> nw.Expr:
    """Write a number with two digits."""
    return nw.concat_str(
        (number // 10).cast(nw.Int64).cast(nw.String), (number % 10).cast(nw.Int64).cast(nw.String)
    )


def _named(pipeline: Pipeline) -> nw.Expr:
    """Write the key of a stage for its place."""
    stages = list(pipeline.stages)
    found: nw.Expr = nw.lit(stages[-1].key)
    for n in range(len(stages) - 2, -1, -1):
        found = nw.when(nw.col(_PLACE) == n).then(nw.lit(stages[n].key)).otherwise(found)
    return found


def _stage(column: Column) -> nw.Expr:
    """Read the key of a stage."""
    if column.sort == "nothing":
        return nw.lit(None, nw.String)
    if column.sort != "text":
        raise column.wrong("the keys of stages: text")
    return column.read


def _instant(column: Column) -> nw.Expr:
    """Read an instant; a date is its midnight in UTC."""
    if column.sort == "datetime":
        return column.read
    if column.sort != "date":
        raise column.wrong("instants: datetimes with a zone, or dates")
    return column.read.cast(nw.Datetime("us"))


def _placed(source: Source, rows: nw.LazyFrame[Any], pipeline: Pipeline) -> nw.LazyFrame[Any]:
    """Put the place of the stage beside it; null for one that is not there."""
    keys = [stage.key for stage in pipeline.stages]
    if source.engine == "Polars":  # as below, but planned in a fraction of the time
        place = pl.lit(None, pl.Int64)
        for n, key in enumerate(keys):
            place = pl.when(pl.col(_STAGE) == key).then(pl.lit(n, pl.Int64)).otherwise(place)
        native: Any = rows.to_native()
        return nw.from_native(native.with_columns(place.alias(_PLACE)))  # type: ignore[no-any-return]
    found: nw.Expr = nw.lit(None, nw.Int64)
    for n, key in enumerate(keys):
        found = nw.when(nw.col(_STAGE) == key).then(nw.lit(n, nw.Int64)).otherwise(found)
    return rows.with_columns(found.alias(_PLACE))


def _read(
    source: Source,
    rows: nw.LazyFrame[Any],
    columns: Columns,
    instants: Mapping[str, Column | None],
    pipeline: Pipeline,
) -> nw.LazyFrame[Any]:
    """Put the id, the place of the stage and the instants in microseconds beside the columns."""
    _check_stages(source, rows, pipeline)
    made = _placed(source, rows.with_columns(columns.key.read.alias(_ID)), pipeline)
    for key, column in instants.items():
        if column is None or column.sort == "nothing":
            made = made.with_columns(nw.lit(None, nw.Int64).alias(f"{MARK}{key}"))
        else:
            read = made.with_columns(_instant(column).alias(f"{MARK}{key}"))
            made = _in_micros(source, read, key)
    return made


def _in_micros(source: Source, rows: nw.LazyFrame[Any], key: str) -> nw.LazyFrame[Any]:
    """Turn a column of instants into whole microseconds since 1970, by the engine's own function."""
    named, native = f"{MARK}{key}", rows.to_native()
    made: Any
    match source.engine:
        case "Polars":
            made = native.with_columns(pl.col(named).cast(pl.Datetime("us")).dt.timestamp("us"))
        case "DuckDB":
            others = ", ".join(
                '"' + each.replace('"', '""') + '"' for each in native.columns if each != named
            )
            made = native.project(f"{others}, epoch_us({named}::TIMESTAMP) AS {named}")
        case _:
            made = native.withColumn(named, _unix_micros(named))
    return nw.from_native(made)  # type: ignore[no-any-return]


def _unix_micros(named: str) -> Any:
    from pyspark.sql import functions  # noqa: PLC0415 (it is there, for the frame is one of its)

    return functions.unix_micros(functions.col(named).cast("timestamp"))


def _check_stages(source: Source, rows: nw.LazyFrame[Any], pipeline: Pipeline) -> None:
    """Refuse a stage that the pipeline has not, in a frame that holds its rows."""
    if not source.is_lazy:
        met = rows.select(_STAGE).unique().collect().to_dict(as_series=False)
        _refuse_strange(source, met[_STAGE], pipeline)


def _refuse_strange(source: Source, met: Iterable[Any], pipeline: Pipeline) -> None:
    keys = [stage.key for stage in pipeline.stages]
    strange = sorted({key for key in met if key is not None} - set(keys))
    if strange:
        hint = did_you_mean(strange[0], keys)
        expected = "a stage of the pipeline"
        raise InvalidValue(f"{source.frame} stage", shown(strange[0]), expected, hint)


def _changes(
    deals: Source, changes: Any, columns: Columns, asked: _Asked
) -> tuple[nw.LazyFrame[Any], bool]:
    """Read the stage changes up to the instant; tell whether they have a sequence of their own."""
    source = Source.of("changes", changes)
    together(deals, source)
    has_sequence = "sequence" in source.names
    fields = dict.fromkeys(["stage", "at", *(["sequence"] if has_sequence else [])], "")
    rows, own = source.read(fields, "id")
    if own.key.sort != columns.key.sort:
        raise own.key.wrong(f"ids as the deals have them: {columns.key.sort}")
    rows = rows.with_columns(_stage(own["stage"]).alias(_STAGE))
    rows = _read(source, rows, own, {"at": own["at"]}, asked.pipeline)
    order = nw.lit(0, nw.Int64)
    if has_sequence:
        if own["sequence"].sort not in ("integer", "nothing"):
            raise own["sequence"].wrong("whole numbers")
        order = own["sequence"].read.cast(nw.Int64)
    rows = rows.with_columns(
        nw.col(f"{MARK}at").alias(_AT), nw.lit(0, nw.Int64).alias(_PART), order.alias(_SEQUENCE)
    )
    return rows.filter(~nw.col(_PLACE).is_null() & (nw.col(_AT) <= asked.now)), has_sequence


def _in_order(
    source: Source, rows: nw.LazyFrame[Any], closed: Sequence[int], *, has_sequence: bool
) -> nw.LazyFrame[Any]:
    """Order the entries of each deal, leave out those into the stage it stands in, number them.

    What a deal says of itself comes last; an open stage counts only where there is no change. Polars
    sorts the whole table once and looks at neighbours; the others have windows.
    """
    if source.engine != "Polars":
        return _in_windows(rows, closed)
    late = pl.when(pl.col(_PART) == 0).then(pl.col(_AT)).otherwise(pl.lit(_LATEST))
    keys = [_ID, f"{MARK}late", *([_SEQUENCE] if has_sequence else [])]
    narrow = rows.to_native().select(
        _ID,
        pl.col(_PLACE).cast(pl.Int16),
        pl.col(_AT),
        (pl.col(_PART) == 1).alias(_PART),
        late.alias(f"{MARK}late"),
        *([_SEQUENCE] if has_sequence else []),
    )
    same = (pl.col(_ID) == pl.col(_ID).shift(1)).fill_null(value=False)
    own_open = pl.col(_PART) & ~pl.col(_PLACE).is_in(list(closed))
    repeated = same & (own_open | (pl.col(_PLACE) == pl.col(_PLACE).shift(1)))
    kept = narrow.sort(*keys, maintain_order=True).filter(~repeated).select(_ID, _PLACE, _AT)
    last = (pl.col(_ID) != pl.col(_ID).shift(-1)).fill_null(value=True)
    ordered: Any = kept.with_columns(
        last.alias(_LAST), pl.when(~last).then(pl.col(_AT).shift(-1)).alias(_LEFT)
    ).with_row_index(_NUMBER)
    return nw.from_native(ordered)  # type: ignore[no-any-return]


def _in_windows(rows: nw.LazyFrame[Any], closed: Sequence[int]) -> nw.LazyFrame[Any]:
    order = [_PART, _AT, _SEQUENCE]
    before = rows.with_columns(
        nw.col(_PLACE).shift(1).over(_ID, order_by=order).alias(f"{MARK}before")
    )
    own_open = (nw.col(_PART) == 1) & ~nw.col(_PLACE).is_in(list(closed))
    repeated = (own_open | (nw.col(_PLACE) == nw.col(f"{MARK}before"))).fill_null(value=False)
    kept = before.filter(nw.col(f"{MARK}before").is_null() | ~repeated)
    numbered = kept.with_columns(
        nw.col(_ID).cum_count().over(_ID, order_by=order).cast(nw.Int64).alias(_NUMBER),
        nw.col(_AT).shift(-1).over(_ID, order_by=order).alias(_LEFT),
    )
    return numbered.with_columns((nw.col(_NUMBER) == nw.col(_NUMBER).max().over(_ID)).alias(_LAST))

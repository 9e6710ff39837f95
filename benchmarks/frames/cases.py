"""The cases on whole dataframes: what is compared, on how many leads, and what is promised."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs
import polars as pl

from benchmarks.contenders import LEADFLOW, NOW, model_of
from benchmarks.data import TYPICAL, many_rules, varied_leads
from benchmarks.frames import data, memory, on_duckdb, on_pandas, on_polars, on_spark, peers
from benchmarks.frames.pair import HAND, OURS, Pair, agreeing
from benchmarks.report import Section, Target
from benchmarks.timing import Spread, Timed, Times, both_clocks
from leadflow.frames import score_frame

HEADER = ("engine", HAND, OURS, f"times {HAND}", "of processor time")
IN_MILLI = 1_000
TIMES_FASTER = 100
PROMISED = ("rule-engine", "zen-engine, decision table", "json-logic (panzi-json-logic)")
NOISE = 1.05
"""Nothing is measured more exactly than this."""


@attrs.frozen
class Size:
    """How much is measured."""

    leads: int = 1_000_000
    activities: int = 10_000_000
    rounds: int = 15
    activity_rounds: int = 7
    slope: tuple[int, int, int] = (100_000, 1_000_000, 10_000_000)
    slope_rounds: int = 5
    rules: tuple[int, int] = (30, 3_000)
    plan_rounds: int = 9
    peer_leads: int = 2_000
    peer_rounds: int = 5
    file_leads: int = 5_000_000
    file_activities: int = 10_000_000
    file_rounds: int = 3
    spark_activities: int = 5_000_000
    spark_rounds: int = 9
    spark_ahead: int = 4
    """Rounds that warm the Java machine up."""


QUICK = Size(
    leads=20_000,
    activities=100_000,
    rounds=3,
    activity_rounds=2,
    slope=(1_000, 5_000, 20_000),
    slope_rounds=2,
    rules=(30, 300),
    plan_rounds=2,
    peer_leads=100,
    peer_rounds=2,
    file_leads=20_000,
    file_activities=100_000,
    file_rounds=2,
    spark_activities=50_000,
    spark_rounds=2,
    spark_ahead=1,
)


def sections(size: Size) -> list[Section]:
    """Run every case, one after the other."""
    return [
        fields(size),
        activities(size),
        slope(size),
        files(size),
        fixed(size),
        against_peers(size),
        *spark(size),
    ]


def fields(size: Size) -> Section:
    """Compare thirty rules on fields."""
    leads = data.leads(size.leads)
    pairs = [*on_polars.fields(leads), *on_duckdb.fields(leads), *on_pandas.fields(leads)]
    text = (
        f"{size.leads:,} leads, 30 rules on 11 fields, one value in twenty unknown. pandas is given what"
        " its own readers make, where numbers with gaps are floats, and nullable types. DuckDB hands out"
        " ids and results as Arrow, on both sides."
    )
    bounds = {"Polars, lazy": 1.10, "DuckDB": 1.20, "pandas": 1.20}
    return _compared("Fields", text, agreeing(pairs), size.rounds, bounds)


def activities(size: Size) -> Section:
    """Compare six rules on activities."""
    given = data.leads(size.leads, nulls=0), data.activities(size.activities, size.leads)
    pairs = [
        *on_polars.activities(*given),
        *on_duckdb.activities(*given),
        *on_pandas.activities(*given),
    ]
    text = (
        f"{size.activities:,} activities of {size.leads:,} leads, six rules: one counts them all, two count"
        " those in a window, two fade (a half-life, an expiry), one asks for silence; five have a limit."
        " Ids are text; pandas is asked with whole numbers too, where grouping by hand is quickest."
    )
    bounds = {"Polars, lazy": 1.10, "DuckDB": 1.20, "pandas": 0.60}
    return _compared("Activities", text, agreeing(pairs), size.activity_rounds, bounds)


def _compared(
    title: str, text: str, pairs: Sequence[Pair], rounds: int, bounds: dict[str, float]
) -> Section:
    runs = {name: run for pair in pairs for name, run in pair.runs.items()}
    wall, processor = both_clocks(_once(runs), rounds)
    targets = [
        Target(f"{title.lower()}: {engine}, times {HAND}", bound, "at most", _against(wall, engine))
        for engine, bound in bounds.items()
    ]
    rows = [_row(pair.engine, wall, processor) for pair in pairs]
    taken = {pair.engine: wall.seconds(f"{pair.engine}: {OURS}").middle for pair in pairs}
    told = "; ".join(f"{engine} {seconds:.2g} s" for engine, seconds in taken.items())
    asked = text.partition(":")[0].partition(".")[0]
    summary = f"{asked}: {told}."
    return Section(title, f"{text} Seconds of wall time.", HEADER, rows, targets, summary)


def _once(runs: dict[str, Callable[[], Any]]) -> dict[str, Timed]:
    return {name: (run, 1) for name, run in runs.items()}


def _row(engine: str, wall: Times, processor: Times | None) -> tuple[object, ...]:
    of_processor = "" if processor is None else _against(processor, engine)
    seconds = [wall.seconds(f"{engine}: {name}") for name in (HAND, OURS)]
    return (engine, *seconds, _against(wall, engine), of_processor)


def _against(times: Times, engine: str) -> Spread:
    return times.ratio(f"{engine}: {OURS}", f"{engine}: {HAND}")


def slope(size: Size) -> Section:
    """Ask the same of ever more leads."""
    few, some, many = size.slope
    wide = _by_size(size.slope, _wide_pairs, size.slope_rounds)
    long = _by_size((few, some), _long_pairs, size.slope_rounds)
    rows: list[tuple[object, ...]] = []
    targets: list[Target] = []
    for what, times, counts in (("fields", wide, size.slope), ("activities", long, (few, some))):
        for engine in ("Polars, lazy", "DuckDB"):
            for name in (HAND, OURS):
                seconds = [times.seconds(f"{count} {engine}: {name}") for count in counts]
                grown = times.ratio(
                    f"{counts[-1]} {engine}: {name}", f"{counts[-2]} {engine}: {name}"
                )
                rows.append((what, engine, name, *seconds, *[""] * (3 - len(counts)), grown))
    for engine in ("Polars, lazy", "DuckDB"):
        grown = _steeper(wide, engine, some, many)
        what = f"{some:,} to {many:,} leads: growth on {engine}, times the growth {HAND}"
        targets.append(Target(what, NOISE, "at most", grown))
    text = (
        "The same queries on more leads, seconds of wall time; activities are ten times the leads. The"
        " growth is the time of the last two sizes, divided. 1 is no steeper than by hand; a twentieth"
        " more is what is left to chance."
    )
    header = ("what", "engine", "who", *(f"{count:,} leads" for count in size.slope), "growth")
    return Section("Slope", text, header, rows, targets)


def _wide_pairs(count: int) -> list[Pair]:
    leads = data.leads(count)
    return [on_polars.fields(leads)[0], *on_duckdb.fields(leads)]


def _long_pairs(count: int) -> list[Pair]:
    given = data.leads(count, nulls=0), data.activities(10 * count, count)
    return [*on_polars.activities(*given), *on_duckdb.activities(*given)]


def _by_size(counts: Iterable[int], make: Callable[[int], list[Pair]], rounds: int) -> Times:
    runs = {
        f"{count} {name}": run
        for count in counts
        for pair in make(count)
        for name, run in pair.runs.items()
    }
    return both_clocks(_once(runs), rounds)[0]


def _steeper(times: Times, engine: str, some: int, many: int) -> Spread:
    ratios = [
        [
            ours / hand
            for ours, hand in zip(
                times.rounds[f"{count} {engine}: {OURS}"],
                times.rounds[f"{count} {engine}: {HAND}"],
                strict=True,
            )
        ]
        for count in (many, some)
    ]
    return Spread.of([large / small for large, small in zip(*ratios, strict=True)])


def files(size: Size) -> Section:
    """Compare the peak of memory from file to file."""
    with TemporaryDirectory() as folder:
        paths = memory.written(Path(folder), size.file_leads, size.file_activities)
        gigabytes, seconds = memory.peaks(*paths, size.file_rounds)
    more = gigabytes.ratio(OURS, HAND)
    rows: list[tuple[object, ...]] = [
        (name, gigabytes.seconds(name), seconds.seconds(name)) for name in (HAND, OURS)
    ]
    rows.append((f"times {HAND}", more, seconds.ratio(OURS, HAND)))
    text = (
        f"`score_parquet` beside a query by hand that streams with Polars: {size.file_leads:,} leads and"
        f" {size.file_activities:,} activities in Parquet files, all 36 rules, the scored leads written"
        " to another file, each time in a new process. Gigabytes of the process at its peak, Python and"
        " Polars included, and seconds of wall time."
    )
    target = Target(f"file to file: peak memory, times {HAND}", 2, "at most", more)
    summary = (
        f"File to file, {size.file_leads:,} leads and {size.file_activities:,} activities:"
        f" {seconds.seconds(OURS).middle:.2g} s, {gigabytes.seconds(OURS).middle:.2g} GB at most."
    )
    return Section("Parquet files", text, ("who", "gigabytes", "seconds"), rows, [target], summary)


def fixed(size: Size) -> Section:
    """Tell what a query costs before it has any leads."""
    rows: list[tuple[object, ...]] = []
    for count in size.rules:
        model = model_of(many_rules(count))
        one = pl.DataFrame(varied_leads(1)).with_columns(id=pl.lit("L-1"))
        made = _frames(one)
        runs: dict[str, Callable[[], Any]] = {}
        for engine, (frame, carry_out) in made.items():
            runs |= _fixed_runs(engine, model, frame, carry_out)
        times = both_clocks(_once(runs), size.plan_rounds)[0]
        for engine in made:
            built, answered = (
                times.seconds(f"{engine}: {word}", IN_MILLI) if f"{engine}: {word}" in runs else ""
                for word in ("built", "answered")
            )
            rows.append((engine, f"{count:,}", built, answered))
    text = (
        "What a query costs whatever the number of leads: equality and range rules, half and half, over 11"
        " fields, and one lead. Milliseconds of wall time to build the query, and to build it and have"
        " the answer. Below some thousand leads, `model.score` lead by lead is as quick."
    )
    return Section("Fixed cost", text, ("engine", "rules", "built", "answered"), rows, [])


def _frames(one: pl.DataFrame) -> dict[str, tuple[Any, Callable[[Any], Any] | None]]:
    """Return a lead on every engine, and what carries a query out where the engine is lazy."""
    connection = on_duckdb.connected(leads=one)
    return {
        "Polars, lazy": (one.lazy(), lambda query: query.collect()),
        "DuckDB": (connection.table("leads"), lambda query: query.fetchall()),
        "pandas": (on_pandas.plain(one), None),
    }


def _fixed_runs(
    engine: str, model: Any, frame: Any, carry_out: Callable[[Any], Any] | None
) -> dict[str, Callable[[], Any]]:
    def built() -> Any:
        return score_frame(model, frame, as_of=NOW)

    if carry_out is None:
        return {f"{engine}: answered": built}
    return {f"{engine}: built": built, f"{engine}: answered": lambda: carry_out(built())}


def against_peers(size: Size) -> Section:
    """Compare with rule engines that are asked lead by lead, on a sample."""
    here = [one for one in peers.OTHERS if one.is_here]
    leads = data.leads(size.leads, nulls=0)
    values = leads.head(size.peer_leads).drop("id").to_dicts()
    lazy = leads.lazy()
    timed: dict[str, Timed] = {
        OURS: (lambda: score_frame(data.FIELDS, lazy, as_of=NOW).collect(), leads.height)
    }
    expected = score_frame(data.FIELDS, leads.head(size.peer_leads), as_of=NOW)["points"].to_list()
    for one in (LEADFLOW, *here):
        part = values[: max(3, len(values) // one.share)]
        run = one.make(TYPICAL, part)
        if run() != expected[: len(part)]:
            raise SystemExit(f"{one.name} gives other points than leadflow on frames")
        timed[f"{one.name}, lead by lead" if one is LEADFLOW else one.name] = (run, len(part))
    times = both_clocks(timed, size.peer_rounds)[0]
    rows: list[tuple[object, ...]] = [
        (name, f"{leads:,}", times.seconds(name, size.leads), times.ratio(name, OURS))
        for name, (_, leads) in timed.items()
    ]
    targets = [
        Target(f"{name}, times {OURS} on Polars", TIMES_FASTER, "at least", times.ratio(name, OURS))
        for name in PROMISED
        if name in timed
    ]
    text = (
        f"Seconds of wall time for {size.leads:,} leads under 30 rules, all fields known, since peers differ"
        " on what unknown means. leadflow scores them all with Polars, the query being built anew; whoever"
        " is asked lead by lead is given the number of leads that is told, and its time is extrapolated."
        " Their rules are compiled and their leads prepared outside of the clock."
    )
    header = ("who", "leads asked", f"seconds for {size.leads:,}", f"times {OURS}")
    return Section("Peers", text, header, rows, targets)


def spark(size: Size) -> Iterator[Section]:
    """Compare on Spark, where it is installed."""
    if not on_spark.is_here():
        yield Section("Spark", "Not measured: this needs PySpark and Java.", (), [], [])
        return
    leads = data.leads(size.leads)
    log = data.activities(size.spark_activities, size.leads)
    with on_spark.session() as session:
        yield _on_spark(size, session, leads, log)


def _on_spark(size: Size, session: Any, leads: pl.DataFrame, log: pl.DataFrame) -> Section:
    rows: list[tuple[object, ...]] = []
    targets: list[Target] = []
    cases = {
        "fields": ([on_polars.fields(leads)[0]], on_spark.fields(session, leads)),
        "activities": (on_polars.activities(leads, log), on_spark.activities(session, leads, log)),
    }
    for what, (others, pair) in cases.items():
        agreeing([*others, pair])
        plans = {f"plan {OURS}": pair.plan, f"plan {HAND}": pair.plan_by_hand or pair.plan}
        times = both_clocks(
            _once({**pair.runs, **plans}), size.spark_rounds, ahead=size.spark_ahead
        )[0]
        _, hand, ours, ratio, _ = _row(pair.engine, times, None)
        planned = [times.seconds(f"plan {name}") for name in (HAND, OURS)]
        rows.append((what, hand, ours, ratio, *planned))
        targets.append(
            Target(
                f"{what}: {pair.engine}, times {HAND}",
                1.15,
                "at most",
                _against(times, pair.engine),
            )
        )
    text = (
        f"{on_spark.described(session)}; {leads.height:,} leads, 30 rules on fields; {log.height:,}"
        " activities, six rules. The tables are in Spark's memory; results are written to nowhere"
        " (`noop`). Seconds of wall time; building the query is told apart."
    )
    header = ("what", HAND, OURS, f"times {HAND}", f"building, {HAND}", f"building, {OURS}")
    return Section("Spark", text, header, rows, targets)

"""Spark in local mode: DataFrames as one writes them by hand; results go nowhere, as is usual to time it."""

from __future__ import annotations

import operator
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import reduce
from importlib.util import find_spec
from typing import Any

import polars as pl

from benchmarks.contenders import NOW
from benchmarks.data import TYPICAL, Asked
from benchmarks.frames.data import ACTIVITIES, ASKED, EARNED, FIELDS, NAIVE, PRICED, TODAY
from benchmarks.frames.pair import Pair
from leadflow.frames import score_frame

CORES = 2
MEMORY = "6g"


def is_here() -> bool:
    """Tell whether PySpark and Java are installed."""
    return find_spec("pyspark") is not None and shutil.which("java") is not None


@contextmanager
def session() -> Iterator[Any]:
    """Start Spark in this machine, and stop it."""
    from pyspark.sql import SparkSession

    settings = {
        "spark.driver.memory": MEMORY,
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": str(2 * CORES),
    }
    builder = SparkSession.builder.master(f"local[{CORES}]").appName("leadflow benchmarks")
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    try:
        yield spark
    finally:
        spark.stop()


def described(spark: Any) -> str:
    """Name the versions and how much of the machine is used."""
    asked = "SELECT java_method('java.lang.System', 'getProperty', 'java.version')"
    java = spark.sql(asked).first()[0]
    return f"Spark {spark.version} on Java {java}, `local[{CORES}]`, {MEMORY} of memory"


def fields(spark: Any, leads: pl.DataFrame) -> Pair:
    """Score thirty rules on fields."""
    given = _kept(spark, leads)
    return _pair(
        lambda: score_frame(FIELDS, given, as_of=NOW),
        lambda: _totalled(_with_fit(given)),
    )


def activities(spark: Any, leads: pl.DataFrame, log: pl.DataFrame) -> Pair:
    """Score six rules on activities."""
    people, done = _kept(spark, leads.select("id")), _kept(spark, log)
    return _pair(
        lambda: score_frame(ACTIVITIES, people, done, as_of=NOW),
        lambda: _totalled(_with_engagement(people, done)),
    )


def _kept(spark: Any, frame: pl.DataFrame) -> Any:
    """Hand a frame to Spark and keep it in its memory."""
    kept = spark.createDataFrame(frame.to_arrow()).repartition(2 * CORES).cache()
    kept.count()
    return kept


def _pair(plan: Callable[[], Any], by_hand: Callable[[], Any]) -> Pair:
    """Carry out queries that are built already; what building costs is told apart."""
    ours, hand = plan(), by_hand()
    return Pair(
        f"Spark, local[{CORES}]",
        lambda: _carried_out(ours),
        lambda: _carried_out(hand),
        plan,
        lambda frame: pl.DataFrame(frame.toArrow()),
        by_hand,
    )


def _carried_out(frame: Any) -> Any:
    frame.write.format("noop").mode("overwrite").save()
    return frame


def _with_fit(leads: Any) -> Any:
    from pyspark.sql import functions as f

    return leads.withColumn("fit", reduce(operator.add, map(_given, TYPICAL))).withColumn(
        "engagement", f.lit(0)
    )


def _given(asked: Asked) -> Any:
    from pyspark.sql import functions as f

    return f.when(_meets(f.col(asked.field), asked), asked.points).otherwise(0)


def _meets(field: Any, asked: Asked) -> Any:
    given: tuple[Any, ...] = asked.given
    match asked.word:
        case "equals":
            return field == given[0]
        case "at_least":
            return field >= given[0]
        case "at_most":
            return field <= given[0]
        case "between":
            return field.between(*given)
        case _:
            return field.isin(*given)


def _with_engagement(leads: Any, log: Any) -> Any:
    from pyspark.sql import functions as f

    kind, age = f.col("kind"), f.col("age")
    viewed = kind == "page_viewed"

    def counted(met: Any) -> Any:
        return f.count(f.when(met, 1))

    faded = f.floor(10 * f.pow(f.lit(0.5), age / 14) + 0.5)
    done = (
        log.filter(kind.isin(*ASKED) & (f.col("at") <= f.lit(NAIVE)))
        .withColumn("age", f.datediff(f.lit(TODAY), f.col("at").cast("date")))
        .groupBy("lead")
        .agg(
            counted(kind == "email_opened").alias("opened"),
            counted((kind == "email_clicked") & (age <= 30)).alias("clicked"),
            f.sum(f.when(viewed & (f.col("page") == "/pricing"), faded)).alias("prices"),
            counted((kind == "content_downloaded") & (age <= 90)).alias("fetched"),
            counted((kind == "form_submitted") & (age <= 60)).alias("forms"),
            counted(viewed & (age <= 90)).alias("viewed"),
        )
    )

    def known(name: str) -> Any:
        return f.coalesce(f.col(name), f.lit(0))

    earned = [f.least(known(name) * points, f.lit(most)) for name, (points, most) in EARNED.items()]
    silent = f.when(known("viewed") == 0, -10).otherwise(0)
    joined = leads.join(done, leads["id"] == done["lead"], "left")
    total = reduce(operator.add, [*earned, f.least(known("prices"), f.lit(PRICED)), silent])
    return joined.select("id", f.lit(0).alias("fit"), total.alias("engagement"))


def _totalled(rows: Any) -> Any:
    from pyspark.sql import functions as f

    return rows.withColumn("points", f.col("fit") + f.col("engagement"))

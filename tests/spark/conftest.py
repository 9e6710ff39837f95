"""One Spark for all its tests: two partitions of everything, and shuffles that really happen."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import leadflow.scoring  # noqa: F401 (loaded before the engines, as in tests/frames)
from tests import frame_strategies as drawn

SETTINGS = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    # Quick to start rather than quick to run.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=512m",
    "spark.driver.memory": "2g",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # Small tables would be put into one partition, and joined without a shuffle.
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.autoBroadcastJoinThreshold": "-1",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.session.timeZone": "UTC",
}


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """Spark in this process, with two threads for executors."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.master("local[2]")
        for name, value in SETTINGS.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


@pytest.fixture(scope="session")
def make(spark: Any) -> Callable[..., Any]:
    """Make a frame of drawn rows in two partitions."""

    def make(rows: drawn.Rows, sorts: dict[str, str], zone: str = "UTC") -> Any:
        return spark.createDataFrame(drawn.polars(rows, sorts, zone).to_arrow()).repartition(2)

    return make


@pytest.fixture
def in_new_york(spark: Any) -> Iterator[None]:
    """Put the session into another zone."""
    spark.conf.set("spark.sql.session.timeZone", "America/New_York")
    yield
    spark.conf.set("spark.sql.session.timeZone", "UTC")

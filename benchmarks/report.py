"""What was found, as a page."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import attrs

from benchmarks.timing import Spread

PACKAGES = (
    "leadflow", "attrs", "cattrs", "narwhals", "polars", "duckdb", "pandas", "numpy", "pyarrow",
    "ortools", "pyspark", "datalogic-py", "zen-engine", "rule-engine", "panzi-json-logic",
    "transitions", "python-statemachine",
)  # fmt: skip


@attrs.frozen
class Target:
    """A bound on a ratio, or on a number of things."""

    what: str
    bound: float
    side: Literal["at least", "at most"]
    measured: Spread | int

    @property
    def met(self) -> bool:
        """Whether the median keeps the bound."""
        middle = self.measured if isinstance(self.measured, int) else self.measured.middle
        return middle >= self.bound if self.side == "at least" else middle <= self.bound


@attrs.frozen
class Section:
    """One case: what was done, a table, the targets it answers."""

    title: str
    text: str
    header: tuple[str, ...]
    rows: list[tuple[object, ...]]
    targets: list[Target]
    summary: str = ""
    """What to expect, in one sentence."""


def page(sections: list[Section], note: str) -> str:
    """Write everything as Markdown, targets first."""
    lines = ["# Benchmarks", "", "Made by `make bench`; the same command makes it anew.", ""]
    lines += [*_circumstances(note), "", "## Targets", "", *_targets(sections)]
    for section in sections:
        lines += _written(section, "##")
    return "\n".join(lines) + "\n"


def how_fast(chapters: Mapping[str, list[Section]], note: str) -> str:
    """Write the page of the documentation: what to expect, what was promised, every table."""
    everything = [section for sections in chapters.values() for section in sections]
    lines = [*_INTRODUCTION, *_circumstances(note)]
    expected = [f"- {one.summary}" for one in everything if one.summary]
    lines += ["", "## What to expect", "", *expected]
    lines += ["", "## What was promised", "", *_targets(everything)]
    for title, sections in chapters.items():
        lines += ["", f"## {title}"]
        for section in sections:
            lines += _written(section, "###")
    return "\n".join(lines) + "\n"


_INTRODUCTION = (
    "# How fast",
    "",
    (
        "One model scores a lead, a million rows of a dataframe, or files larger than memory. This page says"
        " what that costs beside the query one would write by hand for the same engine, and beside rule"
        " engines that are asked lead by lead; what a move through a pipeline and the day's worklist cost,"
        " beside state machines and a key for `sorted`; what it costs to assign a lead, beside the bare"
        " choice and the bare solver; and what reports and metrics cost beside a pass by hand. Everybody gives the same answer, which is checked"
        " before the clock starts."
    ),
    "",
    (
        "`make bench` measures all of it and writes this page; it takes a quarter of an hour, and Spark is"
        " measured where Java is. The figures are of one run on one machine; run it on yours."
    ),
    "",
    "## On what machine",
    "",
)


def _targets(sections: Iterable[Section]) -> Iterator[str]:
    rows = [
        (one.what, f"{one.side} {one.bound:g}", one.measured, "met" if one.met else "**not met**")
        for section in sections
        for one in section.targets
    ]
    return _table(("what", "target", "measured", ""), rows)


def _written(section: Section, level: str) -> Iterator[str]:
    yield from ("", f"{level} {section.title}", "", section.text)
    if section.rows:
        yield ""
        yield from _table(section.header, section.rows)


def _circumstances(note: str) -> Iterator[str]:
    yield f"- {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {note}"
    yield f"- {_processor()}, {platform.system()} {platform.machine()}, {_cores()}"
    yield f"- Python {platform.python_version()}; " + ", ".join(map(_versioned, PACKAGES))
    yield "- A ratio is the median of the ratios within each round, everyone taking a turn in every round;"
    yield "  quartiles stand in brackets. Times are microseconds of processor time a lead, but of dataframes"
    yield "  they are wall time, since engines use several threads or processes; the ratio of the processor"
    yield "  time stands beside it."


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def _cores() -> str:
    cores = f"{os.cpu_count() or 1} cores, {_gigabytes():.0f} GB"
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return cores if busy is None else f"{cores}, load average {busy:.1f} at the end"


def _gigabytes() -> float:
    if not hasattr(os, "sysconf"):
        return 0.0
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _versioned(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"{package} not installed"


def _table(header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> Iterator[str]:
    yield "| " + " | ".join(header) + " |"
    yield "|" + " --- |" * len(header)
    for row in rows:
        yield "| " + " | ".join(map(str, row)) + " |"

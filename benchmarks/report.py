"""What was found, as a page."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import attrs

from benchmarks.timing import Spread

PACKAGES = ("leadflow", "attrs", "cattrs", "datalogic-py", "zen-engine", "rule-engine")


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


def page(sections: list[Section], note: str) -> str:
    """Write everything as Markdown, targets first."""
    targets = [target for section in sections for target in section.targets]
    rows = [
        (one.what, f"{one.side} {one.bound:g}", one.measured, "met" if one.met else "**not met**")
        for one in targets
    ]
    lines = ["# Benchmarks", "", *_circumstances(note), "", "## Targets", ""]
    lines += _table(("what", "target", "measured", ""), rows)
    for section in sections:
        lines += ["", f"## {section.title}", "", section.text, ""]
        lines += _table(section.header, section.rows)
    return "\n".join(lines) + "\n"


def _circumstances(note: str) -> Iterator[str]:
    yield "Made by `make bench`; the same command makes it anew."
    yield ""
    yield f"- {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {note}"
    yield f"- {_processor()}, {platform.system()} {platform.machine()}, {_cores()}"
    yield f"- Python {platform.python_version()}; " + ", ".join(map(_versioned, PACKAGES))
    yield "- Times are microseconds of processor time a lead; a ratio is the median of the ratios within each round,"
    yield "  everyone taking a turn in every round; quartiles stand in brackets."


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def _cores() -> str:
    cores = f"{os.cpu_count() or 1} cores"
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return cores if busy is None else f"{cores}, load average {busy:.1f} at the end"


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

"""From Parquet file to Parquet file: how much memory at most, each time in a new process."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path
from time import perf_counter
from typing import TypeAlias

import polars as pl

from benchmarks.contenders import NOW
from benchmarks.frames import data
from benchmarks.frames.on_polars import totalled, with_engagement, with_fit
from benchmarks.frames.pair import HAND, MADE, OURS
from benchmarks.timing import Times
from leadflow.frames import score_parquet

Peak: TypeAlias = tuple[float, float]
"""Gigabytes at most, and seconds."""
WHO = (OURS, HAND)


def written(folder: Path, leads: int, activities: int) -> tuple[Path, Path]:
    """Write leads and activities into files."""
    paths = folder / "leads.parquet", folder / "activities.parquet"
    data.leads(leads).write_parquet(paths[0])
    data.activities(activities, leads).write_parquet(paths[1])
    return paths


def by_hand(leads: Path, activities: Path, out: Path) -> None:
    """Stream as one writes it by hand."""
    rows = with_engagement(with_fit(pl.scan_parquet(leads)), pl.scan_parquet(activities))
    totalled(rows).sink_parquet(out, engine="streaming")


def by_leadflow(leads: Path, activities: Path, out: Path) -> None:
    """Let leadflow stream."""
    score_parquet(data.WHOLE, leads, activities, out, as_of=NOW, progress=False)


def peaks(leads: Path, activities: Path, rounds: int) -> tuple[Times, Times]:
    """Run both in turn, each in a new process; return gigabytes and seconds.

    Stops with a message if they do not give the same answer.
    """
    gigabytes: dict[str, list[float]] = {name: [] for name in WHO}
    seconds: dict[str, list[float]] = {name: [] for name in WHO}
    outs = {name: leads.with_name(f"{name}.parquet") for name in WHO}
    for turn in range(rounds):
        for name in WHO if turn % 2 else WHO[::-1]:
            most, taken = _apart(name, leads, activities, outs[name])
            gigabytes[name].append(most)
            seconds[name].append(taken)
    ours, hand = (_answer(outs[name]) for name in WHO)
    if not ours.equals(hand):
        raise SystemExit(f"{HAND} gives other answers than {OURS} from file to file")
    return Times(gigabytes), Times(seconds)


def _answer(out: Path) -> pl.DataFrame:
    columns = [pl.col("id"), *(pl.col(name).cast(pl.Int64) for name in MADE)]
    return pl.read_parquet(out, columns=["id", *MADE]).select(columns).sort("id")


def _apart(name: str, *paths: Path) -> Peak:
    command = [sys.executable, "-m", "benchmarks.frames.memory", name, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    most, taken = done.stdout.split()
    return float(most), float(taken)


def _most() -> float:
    """Return the most gigabytes that this process had; where Linux tells, without its parent's."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        unit = 1e-9 if sys.platform == "darwin" else 1.024e-6
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return next(float(line.split()[1]) * 1.024e-6 for line in lines if line.startswith("VmHWM"))


def main() -> None:
    """Run one of the two, and print the most gigabytes and the seconds."""
    name, *paths = sys.argv[1:]
    leads, activities, out = map(Path, paths)
    start = perf_counter()
    (by_leadflow if name == OURS else by_hand)(leads, activities, out)
    print(_most(), perf_counter() - start)


if __name__ == "__main__":
    main()

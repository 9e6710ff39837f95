"""Scoring Parquet files that may be larger than memory, from file to file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, TypeAlias

import polars as pl

from leadflow.errors import InvalidValue, UnreadableTable, shown
from leadflow.frames.scoring import score_frame
from leadflow.frames.source import Source
from leadflow.scoring import ScoringModel
from leadflow.serialization.parquet import BROKEN, reason_of, scan, unwritable

Progress: TypeAlias = Callable[[int], object] | bool | None


def score_parquet(
    model: ScoringModel,
    leads: str | Path,
    activities: str | Path | None,
    out: str | Path,
    *,
    as_of: datetime,
    id: str = "id",
    explain: bool = False,
    progress: Progress = None,
) -> int:
    """Score the leads of Parquet files into another one; returns how many were scored.

    `leads` and `activities` are each a file, a folder (its *.parquet files, by name) or a pattern
    such as ``leads/2026-*.parquet``; columns, ids and results are those of `score_frame`. The leads
    stream through in their order, so they may be larger than memory; what is kept is one row per
    lead with activities. `out` is written beside itself, as .part, and replaced only when whole.

    `progress` is told now and then how many more leads are scored, the activities having been read;
    it fits ``tqdm(total=...).update`` and is called from other threads. True draws a bar of tqdm
    where that is installed, None does so where the standard error is a terminal, and False never.

    Raises `UnreadableTable` for what is missing or no Parquet, `InvalidValue` for an `out` that is
    read too or cannot be written, and as `score_frame` does.

    >>> from datetime import datetime, timezone
    >>> from tempfile import TemporaryDirectory
    >>> from leadflow import field
    >>> from leadflow.scoring import Rule
    >>> model = ScoringModel("m", [Rule("big", +20, when=field("employees").at_least(50))])
    >>> now = datetime(2026, 3, 1, tzinfo=timezone.utc)
    >>> with TemporaryDirectory() as folder:
    ...     given, out = Path(folder, "leads.parquet"), Path(folder, "scored.parquet")
    ...     pl.DataFrame({"id": ["L-1", "L-2"], "employees": [120, 8]}).write_parquet(given)
    ...     done = score_parquet(model, given, None, out, as_of=now)
    ...     done, pl.read_parquet(out)["points"].to_list()
    (2, [20, 0])
    """
    given = {"leads": leads} if activities is None else {"leads": leads, "activities": activities}
    read = {name: files_of(name, path) for name, path in given.items()}
    target = _target(out, [file for files in read.values() for file in files])
    tables = {name: scan(files, str(given[name])) for name, files in read.items()}
    ordered = Source("leads", tables["leads"], "polars lazy", streams=True)
    log = tables.get("activities")
    query = score_frame(model, ordered, log, as_of=as_of, id=id, explain=explain)
    try:
        total = int(tables["leads"].select(pl.len()).collect().item())
        with _shown(progress, total) as tell:
            sunk(_Counter(tell).through(query), target)
    except BROKEN as error:
        reason = f"cannot be scored into {shown(str(out), 200)}: {reason_of(error)}"
        hint = "is a file broken, are their columns of the same types, is the disk full?"
        raise UnreadableTable(str(leads), None, reason, hint) from None
    return total


def files_of(where: str, given: str | Path) -> list[Path]:
    """Find the files that a path, a folder or a pattern means, by name; raises `UnreadableTable`."""
    if not isinstance(given, str | Path):
        raise InvalidValue(where, shown(given), "a path, a folder or a pattern of Parquet files")
    path = Path(given)
    if path.is_dir():
        found = sorted(path.glob("*.parquet"))
        missing = "is a folder without Parquet files"
    else:
        found = [path] if path.exists() else _matching(path)
        missing = "cannot be opened: no such file"
    if not found:
        raise UnreadableTable(str(given), None, missing)
    return found


def _matching(pattern: Path) -> list[Path]:
    try:
        return sorted(Path(pattern.anchor).glob(str(pattern.relative_to(pattern.anchor))))
    except (OSError, ValueError):
        return []


def _part(target: Path) -> Path:
    return target.with_name(f"{target.name}.part")


def _target(out: str | Path, read: Sequence[Path]) -> Path:
    """Refuse, before any work is done, a target that is read too or is no file."""
    if not isinstance(out, str | Path) or not Path(out).name:
        raise InvalidValue("out", shown(out), "the path of a file to write")
    target = Path(out)
    if target.exists() and not target.is_file():
        found = "a folder" if target.is_dir() else "no plain file"
        raise unwritable("out", out, f"that is {found}")
    for path in (target, _part(target)):
        if path.exists() and any(path.samefile(file) for file in read):
            raise InvalidValue(
                "out", shown(str(out), 1_000), "another file than those that are read"
            )
    return target


def sunk(query: pl.LazyFrame, target: Path) -> None:
    """Run a query into a Parquet file, in pieces; an earlier file stays until the new one is whole.

    Raises `InvalidValue` for a file that cannot be written; what Polars raises comes out as it is.
    """
    part = _part(target)
    with _writable(target):
        part.open("wb").close()
    try:
        query.sink_parquet(part, engine="streaming")
        with _writable(target):
            part.replace(target)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _writable(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise unwritable("out", target, reason_of(error)) from None


class _Counter:
    """Counts the rows of a query as they come out, whichever thread they come from."""

    def __init__(self, tell: Callable[[int], object]) -> None:
        self.tell = tell
        self.lock = Lock()

    def through(self, query: pl.LazyFrame) -> pl.LazyFrame:
        """Let the rows of a query pass and tell how many."""
        return query.map_batches(self._passing, streamable=True, validate_output_schema=False)

    def _passing(self, rows: pl.DataFrame) -> pl.DataFrame:
        with self.lock:
            self.tell(rows.height)
        return rows


def _shown(progress: Progress, total: int) -> Any:
    if callable(progress):
        return nullcontext(progress)
    bar = _bar(total) if progress or (progress is None and sys.stderr.isatty()) else None
    return nullcontext(lambda _: None) if bar is None else _updated(bar)


@contextmanager
def _updated(bar: Any) -> Iterator[Callable[[int], object]]:
    def tell(more: int) -> None:
        bar.set_description("scoring", refresh=False)
        bar.update(more)

    with bar:
        yield tell


def _bar(total: int) -> Any:
    try:
        from tqdm import tqdm  # noqa: PLC0415 (it comes with another extra)
    except ImportError:
        return None
    return tqdm(
        desc="reading", total=total, unit=" leads", unit_scale=True, leave=False, mininterval=0.5
    )

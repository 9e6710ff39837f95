"""Scoring Parquet files that may be larger than memory, from file to file."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
_NAMES = "*.parquet"
"""What is read of a folder."""


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
    lead with activities, and one per lead whose engagement was reset. `out` is written beside itself, as .part, and replaced only when whole; it
    keeps its permissions, and a link stays a link to what is written.

    `progress` is told now and then how many more leads are scored, the activities having been read;
    it fits ``tqdm(total=...).update`` and is called from other threads. True draws a bar of tqdm
    where that is installed, None does so where the standard error is a terminal, and False never.

    Raises `UnreadableTable` for what is missing or no Parquet, `InvalidValue` for an `out` that is
    read too (now, or the next time, in a folder that is read) or cannot be written, and as
    `score_frame` does.

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
    _check_progress(progress)
    given = {"leads": leads} if activities is None else {"leads": leads, "activities": activities}
    read = {name: files_of(name, path) for name, path in given.items()}
    target = _target(out, given.values(), [file for files in read.values() for file in files])
    tables = {name: scan(files, str(given[name])) for name, files in read.items()}
    ordered = Source("leads", tables["leads"], "polars lazy", streams=True)
    log = tables.get("activities")
    query = score_frame(model, ordered, log, as_of=as_of, id=id, explain=explain)
    try:
        total = int(tables["leads"].select(pl.len()).collect().item())
        with _shown(progress, total) as tell:
            sunk(_Counter(tell).through(query), target)
    except BROKEN as error:
        raise _unscored(given, out, error) from None
    return total


def _check_progress(progress: object) -> None:
    if not (progress is None or isinstance(progress, bool) or callable(progress)):
        expected = "True, False, None or a function that takes a number of leads"
        raise InvalidValue("progress", shown(progress), expected)


def _unscored(
    given: Mapping[str, str | Path], out: str | Path, error: BaseException
) -> UnreadableTable:
    read = " and ".join(str(path) for path in given.values())
    reason = f"cannot be scored into {shown(str(out), 200)}: {reason_of(error)}"
    hint = "is a file broken, are their columns of the same types, is the disk full?"
    return UnreadableTable(read, None, reason, hint)


def files_of(where: str, given: str | Path) -> list[Path]:
    """Find the files that a path, a folder or a pattern means, by name; raises `UnreadableTable`."""
    if not isinstance(given, str | Path):
        raise InvalidValue(where, shown(given), "a path, a folder or a pattern of Parquet files")
    try:
        found, missing = _found(Path(given))
    except (OSError, ValueError) as error:
        reason = f"cannot be opened: {reason_of(error)}"
        raise UnreadableTable(str(given), None, reason) from None
    if not found:
        raise UnreadableTable(str(given), None, missing)
    return found


def _found(path: Path) -> tuple[list[Path], str]:
    if path.is_dir():
        within = sorted(file for file in path.glob(_NAMES) if not file.is_dir())
        return within, "is a folder without Parquet files"
    found = [path] if path.exists() else _matching(path)
    return found, "cannot be opened: no such file"


def _matching(pattern: Path) -> list[Path]:
    try:
        return sorted(Path(pattern.anchor).glob(str(pattern.relative_to(pattern.anchor))))
    except (OSError, ValueError):
        return []


def _part(target: Path) -> Path:
    return target.with_name(f"{target.name}.part")


def _target(out: str | Path, given: Iterable[str | Path], read: Sequence[Path]) -> Path:
    """Find the file to write; refuse, before any work is done, one that is read too or no file."""
    if not isinstance(out, str | Path) or not Path(out).name:
        raise InvalidValue("out", shown(out), "the path of a file to write")
    with _writable(Path(out)):
        target = Path(out).resolve() if Path(out).is_symlink() else Path(out)
        if target.is_symlink():  # Python 3.13 resolves a link to itself to itself
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        _check_place(out, {Path(out), target}, given)
        _check_target(out, target, read)
    return target


def _check_place(out: str | Path, names: Iterable[Path], given: Iterable[str | Path]) -> None:
    folders = [Path(path) for path in given if Path(path).is_dir()]
    places = [path.parent for path in names if path.match(_NAMES) and path.parent.exists()]
    if any(place.samefile(folder) for place in places for folder in folders):
        expected = "a file in another folder than the one that is read"
        raise InvalidValue("out", shown(str(out), 1_000), expected)


def _check_target(out: str | Path, target: Path, read: Sequence[Path]) -> None:
    if target.exists() and not target.is_file():
        found = "a folder" if target.is_dir() else "no plain file"
        raise unwritable("out", out, f"that is {found}")
    for path in (target, _part(target)):
        if path.exists() and any(path.samefile(file) for file in read):
            raise InvalidValue(
                "out", shown(str(out), 1_000), "another file than those that are read"
            )


def sunk(query: pl.LazyFrame, target: Path) -> None:
    """Run a query into a Parquet file, in pieces; an earlier file stays until the new one is whole.

    Raises `InvalidValue` for a file that cannot be written; what Polars raises comes out as it is.
    """
    part = _part(target)
    with _writable(target):
        part.open("wb").close()
    try:
        if target.exists():
            part.chmod(0o600)  # until it is whole, for the earlier file may be private
        query.sink_parquet(part, engine="streaming")
        with _writable(target):
            if target.exists():
                shutil.copymode(target, part)
            part.replace(target)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _writable(target: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, RuntimeError) as error:  # before Python 3.13, a loop of links
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

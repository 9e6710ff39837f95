"""The rows that could not be used: counted, the first ones shown, all of them written on request."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from leadflow.cli.output import opened, replaced
from leadflow.cli.screen import line
from leadflow.serialization.tables import Reject, write_rejects

SOME_REJECTED = 1
"""The exit code of a command that is done, but not with all rows."""
_SHOWN = 5
_LENGTH = 200


class Rejects:
    """Takes in what the readers set aside; keeps the rows only where a file is to hold them."""

    def __init__(self, target: Path | None, *, folder: Path | None = None) -> None:
        """Keep the rows for a file, else for one of a folder, where all files are written whole."""
        self._target = folder / "rejects.csv" if target is None and folder else target
        self._open = partial(opened, "--rejects") if target else partial(replaced, "--out")
        self._examples: list[str] = []
        self._kept: list[Reject] = []
        self.count = 0

    def of(self, source: Path) -> Callable[[Reject], None]:
        """Return what takes the rejects of one file."""

        def take(reject: Reject) -> None:
            self.count += 1
            if len(self._examples) < _SHOWN:
                self._examples.append(_worded(source, reject))
            if self._target is not None:
                self._kept.append(reject)

        return take

    def write(self) -> None:
        """Write the rejects file, if one was asked for; with its header alone if all was well."""
        if self._target is not None:
            with self._open(self._target) as stream:
                write_rejects(stream, self._kept)

    def lines(self) -> list[str]:
        """Say how many rows were rejected, and why the first ones were."""
        if not self.count:
            return []
        found = [f"{self.count:,} row{'s' if self.count != 1 else ''} rejected:"]
        found += [f"  {example}" for example in self._examples]
        if self.count > len(self._examples):
            found.append(f"  … and {self.count - len(self._examples):,} more")
        kept = f"they stand in {self._target}" if self._target else "--rejects FILE keeps them"
        return [*found, f"  ({line(kept)})"]


def _worded(source: Path, reject: Reject) -> str:
    place = f"{source}, line {reject.line}" if reject.line else str(source)
    column = f", column {reject.column!r}" if reject.column is not None else ""
    return f"{line(place + column)}: {line(reject.reason, _LENGTH)}"

"""The files that a command writes, refused in plain words when they cannot be written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from leadflow.errors import InvalidValue, shown

_TEXT: dict[str, Any] = {"mode": "w", "encoding": "utf-8", "newline": ""}


def check(option: str, path: Path) -> None:
    """Refuse, before any work is done, a folder and a file in no folder; raises `InvalidValue`."""
    if path.is_dir():
        raise _unwritable(option, path, "that is a folder")
    if not path.parent.is_dir():
        raise _unwritable(option, path, "there is no such folder")


@contextmanager
def opened(option: str, path: Path) -> Iterator[IO[str]]:
    """Open a file for writing; raises `InvalidValue` with the option and the path as given."""
    with _told(option, path):
        stream = path.open(**_TEXT)
    with stream:
        yield stream


@contextmanager
def replaced(option: str, path: Path, *, binary: bool = False) -> Iterator[IO[Any]]:
    """Open a file that takes the place of an earlier one only when it is whole.

    An earlier result is not lost to a run that breaks off. Raises `InvalidValue` as `opened` does.
    """
    part = path.with_name(f"{path.name}.part")
    how: dict[str, Any] = {"mode": "wb"} if binary else _TEXT
    with _told(option, path):
        stream = part.open(**how)
    try:
        with stream:
            yield stream
        with _told(option, path):
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _told(option: str, path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _unwritable(option, path, str(error.strerror)) from None


def _unwritable(option: str, path: Path, reason: str) -> InvalidValue:
    return InvalidValue(option, shown(str(path), 1_000), "a file that can be written", reason)

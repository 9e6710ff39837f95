"""Leads with their whole logs in JSON lines: one lead a line, as `leadflow.serialization.dumps` writes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO

from leadflow.errors import InvalidDefinition, LeadflowError
from leadflow.lead import Lead
from leadflow.limits import DEFAULT_LIMITS
from leadflow.serialization import loads
from leadflow.serialization.rejects import OnReject, Reject

_ENDINGS = (".jsonl", ".ndjson")
_LOOKED_AT = 100
"""Leads looked at to tell what a file holds: one that is new may have neither fields nor log."""
_MOST = DEFAULT_LIMITS.document_bytes + 2
"""Bytes of a line that are looked at: a lead that is too long by one, and the line's end."""


def holds_logs(path: Path) -> bool:
    """Tell by its first leads whether a file holds leads whole: with `fields` or `events` inside.

    False for what cannot be read; who reads it says why.
    """
    if path.suffix.lower() not in _ENDINGS:
        return False
    try:
        with path.open("rb") as stream:
            return any(_is_whole(line) for _, line in islice(_lines(stream), _LOOKED_AT))
    except OSError:
        return False


def _is_whole(line: bytes) -> bool:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return False
    if not isinstance(found, dict):
        return False
    return isinstance(found.get("fields"), dict) or isinstance(found.get("events"), list)


def read_logs(path: Path, on_reject: OnReject) -> Iterator[Lead]:
    """Read whole leads one by one; a bad line goes to `on_reject`, a second one with an id too."""
    first_lines: dict[str, int] = {}
    with path.open("rb") as stream:
        for number, line in _lines(stream):
            try:
                lead: Lead = loads(line, Lead)
            except LeadflowError as error:
                on_reject(_reject(number, line, _worded(error)))
                continue
            first = first_lines.setdefault(lead.id, number)
            if first == number:
                yield lead
            else:
                on_reject(_reject(number, line, f"the id is that of line {first}"))


def _lines(stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Give the lines that are not blank with their numbers; one that is too long is cut."""
    number = 0
    while line := stream.readline(_MOST):
        number += 1
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = stream.readline(_MOST)
        line = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if line.strip():
            yield number, line.rstrip(b"\r\n")


def _reject(number: int, line: bytes, reason: str) -> Reject:
    return Reject(number, None, "", reason, line.decode("utf-8", "backslashreplace"))


def _worded(error: LeadflowError) -> str:
    if isinstance(error, InvalidDefinition):
        return "; ".join(map(str, error.problems))
    return error.message()

"""Write plain data as TOML that people like to read: a section per thing, a line per rule's part.

The standard library only reads TOML. What is written here is a small part of the language: basic
strings, native dates, exact numbers, inline tables below the second level.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from leadflow.serialization.shapes import iso_datetime

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_SECTION_LEVELS = 2


def write_toml(data: Mapping[str, Any]) -> str:
    r"""Write a table of plain data as a TOML document.

    >>> print(write_toml({"name": "m", "rules": [{"points": 5, "when": {"tag": "x"}}]}), end="")
    name = "m"
    <BLANKLINE>
    [[rules]]
    points = 5
    when = { tag = "x" }
    """
    return "\n".join(_lines((), data)).lstrip("\n") + "\n"


def _lines(path: tuple[str, ...], table: Mapping[str, Any]) -> Iterator[str]:
    apart = {key: value for key, value in table.items() if _is_apart(path, value)}
    for key, value in table.items():
        if key not in apart:
            yield f"{_key(key)} = {_block(value)}"
    for key, value in apart.items():
        inner = (*path, key)
        header = ".".join(map(_key, inner))
        if isinstance(value, list):
            for item in value:
                yield from ("", f"[[{header}]]")
                yield from (f"{_key(k)} = {_block(v)}" for k, v in item.items())
        else:
            lines = [*_lines(inner, value)]
            if not lines or lines[0]:
                yield from ("", f"[{header}]")
            yield from lines


def _is_apart(path: tuple[str, ...], value: Any) -> bool:
    """Tell whether a value gets a section of its own; only near the root, the rest is inline."""
    if isinstance(value, Mapping):
        return len(path) < _SECTION_LEVELS
    return not path and _are_tables(value)


def _are_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, Mapping) for v in value)


def _block(value: Any) -> str:
    """Write a value; a list of tables takes a line for each."""
    if not _are_tables(value):
        return _inline(value)
    return "\n".join(["[", *(f"  {_inline(item)}," for item in value), "]"])


def _inline(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _string(value)
        case int():
            return str(value)
        case float() | Decimal():
            return _number(value)
        case datetime():
            return iso_datetime(value)
        case date():
            return value.isoformat()
        case list():
            return "[" + ", ".join(map(_inline, value)) + "]"
        case _:
            pairs = ", ".join(f"{_key(key)} = {_inline(inner)}" for key, inner in value.items())
            return f"{{ {pairs} }}" if pairs else "{}"


def _number(value: float | Decimal) -> str:
    digits = format(value, "f") if isinstance(value, Decimal) else repr(value)
    return digits if "e" in digits else _pointed(digits)


def _pointed(digits: str) -> str:
    return digits if "." in digits else f"{digits}.0"


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _string(key)


def _string(text: str) -> str:
    if text.isprintable() and not _SHORT.keys() & set(text):
        return f'"{text}"'
    return '"' + "".join(map(_character, text)) + '"'


def _character(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"  # noqa: PLR2004 (four digits)

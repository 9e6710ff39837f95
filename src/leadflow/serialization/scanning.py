"""What text is let through to a parser: bounded, UTF-8, not nested too deep; all without recursion."""

from __future__ import annotations

import re

from leadflow.errors import InvalidDefinition, LimitExceeded, Problem
from leadflow.limits import Limits

_JSON = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{\]}]|[0-9]{1000,}+', re.DOTALL)
_TOML = re.compile(
    r"#[^\n]*+"
    r'|"""(?:[^"\\]++|\\.|"(?!""))*+(?:"{3,5})?'
    r"|'''(?:[^']++|'(?!''))*+(?:'{3,5})?"
    r'|"(?:[^"\\\n]++|\\.)*+"?'
    r"|'[^'\n]*+'?"
    r"|[A-Za-z0-9_+:-]++|[\[{\]}.=,\n]",
    re.DOTALL,
)
_LONGEST = 1_000
"""Characters of a number or of a bare key: more than any that is allowed, less than hurts."""


def brackets(limits: Limits) -> int:
    """Count the nested brackets allowed: a level of a condition may take two, a document a few."""
    return 2 * limits.depth + 8


def decoded(what: str, source: str | bytes, limits: Limits) -> str:
    """Decode UTF-8 strictly, with or without a byte-order mark, within the size limit."""
    size = len(source) if isinstance(source, bytes) or source.isascii() else _size(what, source)
    if size > limits.document_bytes:
        raise LimitExceeded(what, "the bytes", limits.document_bytes, f"{size:,} or more")
    if isinstance(source, str):
        return source.removeprefix("\N{BYTE ORDER MARK}")
    try:
        return source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        bad = f"expected UTF-8 text, got the byte {source[error.start]:#04x}"
        hint = "save the file as UTF-8"
        raise invalid(what, f"byte {error.start}", f"{bad} ({hint})") from None


def _size(what: str, source: str) -> int:
    try:
        return len(source.encode())
    except UnicodeEncodeError as error:
        message = "expected text without lone surrogates"
        raise invalid(what, f"character {error.start}", message) from None


def invalid(what: str, path: str, message: str) -> InvalidDefinition:
    """Make an error of one problem."""
    return InvalidDefinition(what, (Problem(path, message),))


def line_and_column(text: str, offset: int) -> str:
    """Name a place in a text, counting both from 1."""
    line = text.count("\n", 0, offset) + 1
    column = offset - text.rfind("\n", 0, offset)
    return f"line {line}, column {column}"


def scan_json(what: str, text: str, limits: Limits) -> None:
    """Refuse JSON that is nested too deep, or holds a number that is too long to parse."""
    depth, most = 0, brackets(limits)
    for token in _JSON.finditer(text):
        first = token[0][0]
        if first in "[{":
            depth += 1
            if depth > most:
                _too_deep(what, text, token.start(), most)
        elif first in "]}":
            depth -= 1
        elif first != '"':
            _too_long(what, text, token)


def scan_toml(what: str, text: str, limits: Limits) -> None:
    """Refuse TOML that is nested too deep, or whose keys have too many parts, or too long ones."""
    depth = parts = 0
    dotted = False
    most = brackets(limits)
    for token in _TOML.finditer(text):
        first = token[0][0]
        if first == ".":
            dotted = True
            continue
        if first in "[{":
            depth += 1
            if depth > most:
                _too_deep(what, text, token.start(), most)
        elif first in "]}":
            depth -= 1
        elif first not in "=,\n#":
            parts = parts + 1 if dotted else 1
            if parts > limits.key_parts:
                _too_many_parts(what, text, token.start(), limits)
            if first not in "\"'" and len(token[0]) > _LONGEST:
                _too_long(what, text, token)
        dotted = False


def _too_deep(what: str, text: str, offset: int, most: int) -> None:
    where = f"{what}, {line_and_column(text, offset)}"
    raise LimitExceeded(where, "the levels of nested brackets", most, f"{most + 1:,} or more")


def _too_many_parts(what: str, text: str, offset: int, limits: Limits) -> None:
    where = f"{what}, {line_and_column(text, offset)}"
    most = limits.key_parts
    raise LimitExceeded(where, "the parts of a dotted key", most, f"{most + 1:,} or more")


def _too_long(what: str, text: str, token: re.Match[str]) -> None:
    where = f"{what}, {line_and_column(text, token.start())}"
    found = f"{len(token[0]):,}"
    raise LimitExceeded(where, "the characters of a number or key", _LONGEST, found)

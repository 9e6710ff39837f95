"""From text to plain data: JSON and TOML, parsed only after they were scanned."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, NoReturn, TypeAlias

from leadflow.errors import InvalidDefinition, LimitExceeded, Problem
from leadflow.limits import Limits
from leadflow.serialization.problems import joined
from leadflow.serialization.scanning import (
    brackets,
    decoded,
    invalid,
    line_and_column,
    scan_json,
    scan_toml,
)

Format: TypeAlias = Literal["toml", "json"]
_LIKE_A_PATH = re.compile(r"[\w .:/\\~-]{1,260}")
_PATH_HINT = " (if this is a path, pass pathlib.Path(...))"
_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)\Z")


def parse(
    what: str, source: str | bytes, form: Format | None, limits: Limits, *, exact: bool = True
) -> Any:
    """Parse TOML or JSON; without a format, a text that starts with a bracket or brace is JSON.

    With `exact`, numbers with a point become Decimal, else float. A text that is no TOML but could
    be a file's name gets a hint.
    """
    text = decoded(what, source, limits)
    number = _exact if exact else float
    if form == "json" or (form is None and text.lstrip()[:1] == "{"):
        return _json(what, text, limits, number)
    hint = _PATH_HINT if isinstance(source, str) and _LIKE_A_PATH.fullmatch(source) else ""
    return _toml(what, text, limits, number, hint)


def is_path(source: object, *endings: str) -> bool:
    """Tell whether a text is one line that ends like a file's name, in any case.

    >>> is_path("Model.TOML", ".toml"), is_path("model.yaml", ".toml")
    (True, False)
    """
    return isinstance(source, str) and "\n" not in source and source.lower().endswith(endings)


def _exact(written: str) -> Decimal:
    try:
        return Decimal(written)
    except InvalidOperation:
        return Decimal("Infinity")


class _Repeated(dict[str, Any]):
    """A JSON object in which a key stands twice."""

    key: str = ""


def _json(what: str, text: str, limits: Limits, number: Callable[[str], Any]) -> Any:
    scan_json(what, text, limits)
    repeats: list[_Repeated] = []

    def made(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        return found if len(found) == len(pairs) else _repeated(pairs, repeats)

    def constant(name: str) -> NoReturn:
        place = _first_constant(text, name)
        raise invalid(what, place, f"expected a finite number, got {name}")

    try:
        data = json.loads(text, object_pairs_hook=made, parse_constant=constant, parse_float=number)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise invalid(what, place, f"not JSON: {_lowered(error.msg)}") from None
    if repeats:
        raise InvalidDefinition(what, tuple(_repeat_problems(data)))
    return data


def _repeated(pairs: list[tuple[str, Any]], repeats: list[_Repeated]) -> _Repeated:
    found = _Repeated(pairs)
    found.key = Counter(key for key, _ in pairs).most_common(1)[0][0]
    repeats.append(found)
    return found


def _repeat_problems(data: Any) -> list[Problem]:
    """Find the objects with a repeated key, and their paths."""
    problems: list[Problem] = []
    rest: list[tuple[tuple[str | int, ...], Any]] = [((), data)]
    while rest:
        path, node = rest.pop()
        if isinstance(node, _Repeated):
            message = "expected each key once, got it twice"
            problems.append(Problem(joined([*path, node.key]), message))
        children = enumerate(node) if isinstance(node, list) else node.items()
        rest += [((*path, k), v) for k, v in children if isinstance(v, dict | list)]
    return problems[::-1]


def _first_constant(text: str, name: str) -> str:
    tokens = re.finditer(r'"(?:[^"\\]++|\\.)*+"|' + re.escape(name), text)
    return line_and_column(text, next(token.start() for token in tokens if token[0] == name))


def _toml(what: str, text: str, limits: Limits, number: Callable[[str], Any], hint: str) -> Any:
    scan_toml(what, text, limits)
    try:
        return tomllib.loads(text, parse_float=number)
    except tomllib.TOMLDecodeError as error:
        raise _toml_error(what, text, str(error), hint) from None


def _toml_error(what: str, text: str, message: str, hint: str) -> InvalidDefinition:
    at = _AT.search(message)
    reason = _lowered(message[: at.start()] if at else message) + hint
    if at is None or at[1] is None:
        return invalid(what, line_and_column(text, len(text)), f"not TOML: {reason}")
    return invalid(what, f"line {at[1]}, column {at[2]}", f"not TOML: {reason}")


def _lowered(message: str) -> str:
    return message[:1].lower() + message[1:]


def check_tree(what: str, data: object, limits: Limits) -> None:
    """Refuse plain data that is nested too deep or holds too much; cycles end here too."""
    deepest, most = brackets(limits), 2 * limits.document_bytes
    level: list[Any] = [data]
    depth = count = 0
    while level:
        below: list[Any] = []
        for node in level:
            inner = node.values() if isinstance(node, dict) else node
            if not isinstance(node, dict | list | tuple):
                continue
            count += len(inner) + 1
            if count > most:
                raise LimitExceeded(what, "the values", most, f"{count:,} or more")
            below += (child for child in inner if isinstance(child, dict | list | tuple))
        depth += 1
        if below and depth >= deepest:
            raise LimitExceeded(what, "the levels of nesting", deepest, f"{depth + 1} or more")
        level = below

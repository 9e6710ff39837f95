"""Documents: text and files that hold a scoring definition, a lead, an event or a score."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

from leadflow.errors import InvalidValue, did_you_mean, shown
from leadflow.events import EVENT_TYPES, Event
from leadflow.lead import Lead
from leadflow.limits import DEFAULT_LIMITS, Limits
from leadflow.serialization.converter import checked, meaning, shape_of, to_data
from leadflow.serialization.forms import SCORING, Scoring
from leadflow.serialization.parsing import Format, is_path, parse
from leadflow.serialization.problems import read
from leadflow.serialization.scanning import invalid
from leadflow.serialization.toml import write_toml

T = TypeVar("T")
_FORMATS: tuple[Format, ...] = ("toml", "json")
_WITH_FLOATS = (Lead, Event, *EVENT_TYPES)
"""Their values are of any type, so a JSON number with a point is a float; elsewhere it is exact."""
_DOCUMENT = "scoring document"


def load_scoring(
    source: Path | str | bytes,
    *,
    format: Format | None = None,  # noqa: A002 (the word for it)
    limits: Limits = DEFAULT_LIMITS,
) -> Scoring:
    r"""Load a scoring model with its rater and grid from a TOML or JSON document.

    `source` is a path, or the document itself as text or bytes; a text of one line that ends in
    .toml or .json, in any case, is a path. Without `format` the file's name tells, else the text: JSON starts with
    a brace. Files are UTF-8, with or without a byte-order mark.

    Raises `InvalidDefinition` with all problems and their paths, or with the line and column of a
    syntax error, or when the file cannot be read; `LimitExceeded` beyond the limits.

    >>> document = 'name = "m"\nrules = [{name = "vip", points = 5, when = {tag = "vip"}}]'
    >>> load_scoring(document).model.rules[0].points
    5
    """
    form = None if format is None else _format(format)
    what, text = _DOCUMENT, source
    if isinstance(source, Path) or is_path(source, ".toml", ".json"):
        path = Path(str(source))
        form = form or _of_name(path)
        what, text = path.name, _bytes(path, limits)
    if not isinstance(text, str | bytes):
        raise InvalidValue("source", shown(source), "a path, text or bytes")
    data = parse(what, text, form, limits)
    scoring: Scoring = read(what, SCORING.read, data)
    return scoring


def dump_scoring(
    scoring: Scoring,
    *,
    format: Format = "toml",  # noqa: A002 (the word for it)
) -> str:
    """Write a scoring model with its rater and grid as a document that reads back as equal.

    >>> from leadflow import tag
    >>> from leadflow.scoring import Rule, ScoringModel
    >>> model = ScoringModel("m", [Rule("vip", 5, when=tag("vip"))])
    >>> print(dump_scoring(Scoring(model)), end="")
    name = "m"
    version = "1"
    <BLANKLINE>
    [[rules]]
    name = "vip"
    points = 5
    when = { tag = "vip" }
    """
    if not isinstance(scoring, Scoring):
        raise InvalidValue("scoring", shown(scoring), "a Scoring")
    if _format(format) == "toml":
        return write_toml(SCORING.write(scoring, native=True))
    return dumps(scoring, indent=2) + "\n"


def loads(text: str | bytes, cls: Any, *, limits: Limits = DEFAULT_LIMITS) -> Any:
    """Read a value of a class, or of the union Event or Condition, from JSON text.

    Strict as `from_data`; besides, a key may not stand twice in an object. Raises the same errors,
    and `InvalidDefinition` with line and column for what is no JSON.

    >>> from leadflow import Lead
    >>> loads('{"id": "L-1", "fields": {"employees": 20}}', Lead).fields
    {'employees': 20}
    """
    shape, what = shape_of(cls), meaning(cls)
    if not isinstance(text, str | bytes):
        raise InvalidValue("text", shown(text), "text or bytes")
    data = parse(what, text, "json", limits, exact=cls not in _WITH_FLOATS)
    return checked(read(what, shape.read, data), cls)


def dumps(value: object, *, indent: int | None = None) -> str:
    """Write a value as JSON text that `loads` reads back as equal.

    >>> from leadflow import Lead
    >>> dumps(Lead("L-1"))
    '{"id": "L-1"}'
    """
    return json.dumps(to_data(value), ensure_ascii=False, allow_nan=False, indent=indent)


def _format(given: str) -> Format:
    for known in _FORMATS:
        if given == known:
            return known
    hint = did_you_mean(given, _FORMATS) if isinstance(given, str) else ""
    raise InvalidValue("format", shown(given), "toml or json", hint)


def _of_name(path: Path) -> Format | None:
    return next((known for known in _FORMATS if path.suffix.lower() == f".{known}"), None)


def _bytes(path: Path, limits: Limits) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(limits.document_bytes + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise invalid(shown(str(path), 1_000)[1:-1], "", f"cannot be read: {reason}") from None

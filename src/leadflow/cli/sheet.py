"""The rows of --out: what is written of every judged lead, and in which form."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal, TypeAlias

import attrs

from leadflow.cli.output import replaced
from leadflow.cli.ranking import Judged, reason
from leadflow.serialization.tables import safe_cell, write_scores

FormName: TypeAlias = Literal["csv", "jsonl", "parquet"]
FORMS: dict[str, FormName] = {
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}
"""The form of a file by the end of its name."""
_PLAIN = re.compile("[A-Za-z0-9][A-Za-z0-9_. -]*")
_OF_LEAD = ("id", "name", "company")
_OF_SCORE = ("points", "fit", "engagement", "win_probability", "grade")
_OF_RATING = ("rating", "because", "ask")
_AT_THE_END = ("reasons", "model", "version", "as_of")
COLUMNS = (*_OF_LEAD, *_OF_SCORE, *_OF_RATING, *_AT_THE_END)
"""All that is written of a lead, in its order."""
Row: TypeAlias = dict[str, Any]


def nested(judged: Judged) -> Row:
    """Name all that is written of a lead; lists stay lists."""
    points, rated = judged.score, judged.rated
    return {
        "id": judged.lead.id,
        "name": judged.lead.values.get("name"),
        "company": judged.lead.values.get("company"),
        "points": points.points,
        "fit": points.fit,
        "engagement": points.engagement,
        "win_probability": points.win_probability,
        "grade": judged.grade,
        "rating": judged.rating or None,
        "because": list(rated.because) if rated else [],
        "ask": list(rated.ask) if rated else [],
        "reasons": [
            {"rule": c.rule, "kind": c.kind, "points": c.points, "times": c.times}
            for c in points.contributions
        ],
        "model": points.model,
        "version": points.version,
        "as_of": points.as_of,
    }


def flat(judged: Judged) -> Row:
    """Name all that is written of a lead; lists become one text each."""
    row = nested(judged)
    listed = {key: "; ".join(row[key]) for key in ("because", "ask")}
    return {**row, **listed, "reasons": "; ".join(map(reason, judged.score.contributions))}


@attrs.frozen
class Form:
    """How rows are put together from pieces, so that what many leads share is written once.

    A piece is some neighbouring values of a row in their final form; a row is its pieces, in order.
    """

    name: FormName
    values: Callable[[Judged], Row]
    """All that is written of one lead."""
    piece: Callable[[Mapping[str, object]], Any]
    key: Callable[[str], Any]
    """Writes the piece that is the id alone."""
    row: Callable[[Iterable[Any]], Any]

    def of_score(self, judged: Judged) -> tuple[Any, Any]:
        """Write what the score says: before and after what the rating says."""
        row = self.values(judged)
        return self._part(row, _OF_SCORE), self._part(row, _AT_THE_END)

    def of_rating(self, judged: Judged) -> Any:
        """Write what the rating says."""
        return self._part(self.values(judged), _OF_RATING)

    def _part(self, row: Row, keys: Iterable[str]) -> Any:
        return self.piece({key: row[key] for key in keys})

    def whole(self, judged: Judged) -> Any:
        """Write the row of one lead."""
        return self.row([self.piece(self.values(judged))])


def _cells(values: Mapping[str, object]) -> str:
    """Write cells as in the middle of a row."""
    stream = io.StringIO()
    # The empty cell at the end: alone in a row, an empty cell would be quoted.
    csv.writer(stream, lineterminator="\r\n").writerow([*map(safe_cell, values.values()), ""])
    return stream.getvalue().removesuffix(",\r\n")


def _members(values: Mapping[str, object]) -> str:
    """Write members as in the middle of an object."""
    stream = io.StringIO()
    write_scores(stream, [values], "jsonl")
    return stream.getvalue()[1:-2]


def _csv_key(key: str) -> str:
    return key if _PLAIN.fullmatch(key) else _cells({"id": key})


def _json_key(key: str) -> str:
    return f'"id": "{key}"' if _PLAIN.fullmatch(key) else _members({"id": key})


def _line(pieces: Iterable[str]) -> str:
    return ",".join(pieces) + "\r\n"


def _object(pieces: Iterable[str]) -> str:
    return "{" + ", ".join(pieces) + "}\n"


def _merged(pieces: Iterable[Row]) -> Row:
    return dict(chain.from_iterable(piece.items() for piece in pieces))


_BY_NAME: dict[FormName, Form] = {
    "csv": Form("csv", flat, _cells, _csv_key, _line),
    "jsonl": Form("jsonl", nested, _members, _json_key, _object),
    "parquet": Form("parquet", nested, dict, lambda key: {"id": key}, _merged),
}


def form_of(target: Path) -> Form:
    """Return the form that a file's name tells."""
    return _BY_NAME[FORMS[target.suffix.lower()]]


def write(target: Path, judged: Iterable[Judged]) -> None:
    """Write judged leads one by one."""
    form = form_of(target)
    with replaced("--out", target, binary=form.name == "parquet") as stream:
        write_scores(stream, map(form.values, judged), form.name)


def write_rows(target: Path, batches: Iterable[list[Any]]) -> None:
    """Write rows that their form has put together, many at once."""
    form = form_of(target)
    with replaced("--out", target, binary=form.name == "parquet") as stream:
        if form.name == "parquet":
            write_scores(stream, chain.from_iterable(batches), form.name)
            return
        filled = filter(None, batches)
        for batch in islice(filled, 1) if form.name == "csv" else ():
            stream.write(_line(COLUMNS) + "".join(batch))
        for batch in filled:
            stream.write("".join(batch))

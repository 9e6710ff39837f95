"""The folder of a run: which files stand in it, what they are called, and what they hold."""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeAlias

from leadflow.cli.input import READ, paths
from leadflow.cli.output import replaced
from leadflow.cli.ranking import Judged
from leadflow.cli.sheet import COLUMNS, flat
from leadflow.cli.work import write
from leadflow.errors import InvalidValue, shown
from leadflow.events import Rated
from leadflow.lead import Lead
from leadflow.pipeline import Worklist
from leadflow.playbook import Playbook, Reviewed
from leadflow.scoring import Score
from leadflow.serialization import dump_roster, to_data
from leadflow.serialization.tables import write_scores

Work: TypeAlias = Callable[[str | None], Worklist]
_OURS = re.compile(
    r"((leads|worklist(-.*)?|rejects)\.csv|(actions|events)\.jsonl|roster\.toml|summary\.txt)"
    r"(\.part)?",
    re.IGNORECASE,
)
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")
_LIKE_A_HASH = re.compile(r"(^|-)[0-9a-f]{16}$", re.IGNORECASE)
_NAME_LENGTH = 60


def check_folder(arguments: argparse.Namespace) -> None:
    """Refuse a folder in which a file that is given would be written over; raises `InvalidValue`."""
    folder = arguments.out.resolve()
    for name in (*READ, "rejects"):
        for path in paths(vars(arguments).get(name)):
            taken = _OURS.fullmatch(path.name) and path.resolve().parent == folder
            if taken and not (name == "rejects" and path.name == "rejects.csv"):
                found = shown(str(arguments.out), 1_000)
                expected = f"another folder than that of {shown(str(path), 1_000)}"
                raise InvalidValue("--out", found, expected, "it would be written over")


def make(folder: Path) -> None:
    """Make the folder, if it is not there yet; raises `InvalidValue` for what cannot be one."""
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        is_taken = isinstance(error, FileExistsError)
        reason = "that is a file" if is_taken else str(error.strerror)
        raise InvalidValue("--out", shown(str(folder), 1_000), "a folder", reason) from None


def keep(folder: Path, playbook: Playbook, reviewed: Reviewed, as_of: datetime, work: Work) -> None:
    """Write what came of a review into a folder: each file whole, or not at all."""
    with replaced("--out", folder / "leads.csv") as stream:
        write_scores(stream, _leads(playbook, reviewed, as_of), "csv")
    everything = work(None)
    write(folder / "worklist.csv", everything)
    for rep, name in file_names(_reps(reviewed, everything)).items():
        write(folder / f"worklist-{name}.csv", work(rep))
    _write_lines(folder / "actions.jsonl", _actions(reviewed))
    _write_lines(folder / "events.jsonl", _events(reviewed))
    if reviewed.roster is not None:
        with replaced("--out", folder / "roster.toml") as stream:
            stream.write(dump_roster(reviewed.roster))


def file_names(ids: Iterable[str]) -> dict[str, str]:
    """Name a file by each id, whatever it is made of: safe everywhere, and no two alike.

    >>> file_names(["rep-1", "Ada", "../../x"])
    {'rep-1': 'rep-1', 'Ada': 'Ada', '../../x': 'x-358ee4953c66a869'}
    """
    plain = {key: _is_plain(key) for key in ids}
    # To some systems, names that differ in case alone are one.
    met = Counter(map(str.lower, plain))
    return {
        key: key if is_plain and met[key.lower()] == 1 else _told_apart(key)
        for key, is_plain in plain.items()
    }


def _is_plain(key: str) -> bool:
    return len(key) <= _NAME_LENGTH and not (_UNSAFE.search(key) or _LIKE_A_HASH.search(key))


def _told_apart(key: str) -> str:
    safe = _UNSAFE.sub("", key)[:_NAME_LENGTH].strip("-")
    mark = blake2b(key.encode(), digest_size=8).hexdigest()
    return f"{safe}-{mark}" if safe else mark


def _reps(reviewed: Reviewed, everything: Worklist) -> list[str]:
    """Name all who may have work: those of the roster, who also get an empty list, and others."""
    known = {rep.id for rep in reviewed.roster.reps} if reviewed.roster else set[str]()
    named = {item.action.rep for item in everything}
    named |= {task.rep or lead.owner for lead in reviewed.leads for task in lead.tasks}
    return sorted(known.union(rep for rep in named if rep is not None))


def _leads(playbook: Playbook, reviewed: Reviewed, as_of: datetime) -> list[dict[str, Any]]:
    given = {outcome.lead.id: outcome.score for outcome in reviewed}
    model = playbook.scoring
    found = []
    for lead in reviewed.leads:
        score = given.get(lead.id)
        if score is None and model is not None:  # nothing followed, so it stands as it was
            score = model.score(lead, as_of=as_of)
        found.append(_lead(lead, score, playbook))
    return found


def _lead(lead: Lead, score: Score | None, playbook: Playbook) -> dict[str, Any]:
    rated, value = _rated(lead), lead.deal_value
    row = dict.fromkeys(COLUMNS)
    if score is None:
        row |= {"id": lead.id, "name": lead.values.get("name")}
        row |= {"company": lead.values.get("company")}
    else:
        grade = score.grade(playbook.grid) if playbook.grid else None
        row |= flat(Judged(lead, score, rated, grade))
    return row | {
        "rating": lead.rating,
        "because": "; ".join(rated.because) if rated else "",
        "ask": "; ".join(rated.ask) if rated else "",
        "lifecycle": lead.lifecycle,
        "pipeline": lead.pipeline,
        "stage": lead.stage,
        "owner": lead.owner,
        "deal_value": None if value is None else value.amount,
        "currency": None if value is None else value.currency,
    }


def _rated(lead: Lead) -> Rated | None:
    """Find what gave the lead its rating, unless that was set by hand since."""
    last = next((event for event in reversed(lead.events) if isinstance(event, Rated)), None)
    return last if last is not None and last.rating == lead.rating else None


def _actions(reviewed: Reviewed) -> Iterator[dict[str, Any]]:
    for outcome in reviewed:
        for planned in outcome.actions:
            yield to_data(planned)


def _events(reviewed: Reviewed) -> Iterator[dict[str, Any]]:
    for outcome in reviewed:
        for event in outcome.events:
            yield {"lead": outcome.lead.id, **to_data(event)}


def _write_lines(target: Path, rows: Iterable[dict[str, Any]]) -> None:
    with replaced("--out", target) as stream:
        for row in rows:
            stream.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")

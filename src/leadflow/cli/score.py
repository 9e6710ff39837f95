"""``leadflow score``: reads leads, scores and rates them, and says what came out."""

from __future__ import annotations

import argparse
import heapq
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import Any, Literal

import attrs

from leadflow.cli.arguments import as_of
from leadflow.cli.output import check, replaced
from leadflow.cli.questions import Questions
from leadflow.cli.ranking import Best, Judged, explanation, judge, listing, reason
from leadflow.cli.rejects import Rejects
from leadflow.cli.screen import Screen, line
from leadflow.cli.summary import Summary
from leadflow.errors import InvalidValue, LeadflowError, did_you_mean, shown
from leadflow.lead import Lead
from leadflow.serialization import Scoring, load_scoring
from leadflow.serialization.rejects import OnReject, Reject, reporter
from leadflow.serialization.tables import (
    Columns,
    read_activities,
    read_leads,
    with_activities,
    write_scores,
)

_FORMATS: dict[str, Literal["csv", "jsonl"]] = {
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
_WRITTEN = ("out", "rejects")
_CLOSEST = 20
SOME_REJECTED = 1


def score(arguments: argparse.Namespace) -> int:
    """Score a file: 0, or 1 if some rows were rejected."""
    screen = Screen.of_process()
    _check_files(arguments)
    rejects = Rejects(arguments.rejects)
    run = Run(
        scoring=load_scoring(arguments.model),
        as_of=as_of(arguments.as_of),
        best=Best(arguments.top),
        summary=Summary(arguments.outcome),
        asked=Asked(arguments.explain),
        set_aside=rejects.of(arguments.file),
    )
    judged = run.through(_with_progress(_leads(arguments, rejects), screen))
    try:
        _written(judged, arguments.out)
    finally:
        rejects.write()
    screen.say(*run.report(screen), *run.asked.lines())
    screen.out.flush()  # what went wrong stands beneath the report where both go to one place
    screen.warn(*rejects.lines(), *run.questions.lines())
    run.asked.check()
    return SOME_REJECTED if rejects.count else 0


@attrs.define
class Asked:
    """The one lead whose score is to be explained, and the ids to suggest if it never comes."""

    id: str | None
    found: Judged | None = None
    ids: list[str] = attrs.field(factory=list)

    def add(self, judged: Judged) -> None:
        """Look at one more lead."""
        if self.id is None:
            return
        if self.id == judged.lead.id:
            self.found = judged
        elif self.found is None:
            self.ids.append(judged.lead.id)

    def lines(self) -> list[str]:
        """Explain the lead, if it was there."""
        return ["", *explanation(self.found)] if self.found else []

    def check(self) -> None:
        """Say that the lead was not there, once all else is done; raises `InvalidValue`."""
        if self.id is None or self.found:
            return
        known = heapq.nlargest(_CLOSEST, self.ids, key=self._likeness)
        hint = f"all else is done; {did_you_mean(self.id, known)}"
        raise InvalidValue("--explain", shown(self.id), "the id of a lead that was scored", hint)

    def _likeness(self, known: str) -> int:
        asked = self.id or ""
        return _alike(asked, known) + _alike(asked[::-1], known[::-1])


def _alike(first: str, second: str) -> int:
    pairs = takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False))
    return sum(1 for _ in pairs)


@attrs.frozen
class Run:
    """One pass over the leads: each is judged, counted and forgotten, but for the best.

    A lead that cannot be judged, such as one in a currency that the rater does not know, is set
    aside like a bad row.
    """

    scoring: Scoring
    as_of: datetime
    best: Best
    summary: Summary
    asked: Asked
    set_aside: OnReject = attrs.field(factory=lambda: reporter("leads", None))
    questions: Questions = attrs.field(init=False)

    @questions.default
    def _asked_by_the_model(self) -> Questions:
        return Questions(self.scoring)

    def through(self, leads: Iterable[Lead]) -> Iterator[Judged]:
        """Judge leads as they come, and hand each on.

        Raises `InvalidValue` at the end when no lead has the outcome field.
        """
        for lead in leads:
            try:
                judged = judge(lead, self.scoring, self.as_of)
            except LeadflowError as error:
                reason = f"lead {lead.id}: {error.message()}"
                self.set_aside(Reject(None, None, lead.id, reason, {"id": lead.id}))
                continue
            self.best.add(judged)
            self.summary.add(judged)
            self.asked.add(judged)
            self.questions.add(lead)
            yield judged
        self.summary.check()

    def report(self, screen: Screen) -> list[str]:
        """Say what came out: the summary, then the best leads."""
        lines = [self.heading(), *_block(self.summary.lines())]
        best = list(self.best)
        if best:
            lines += ["", f"The first {len(best):,} by points:", *listing(best, screen)]
        return lines

    def heading(self) -> str:
        """Say how many leads were scored, by what, as of when."""
        model, count = self.scoring.model, self.summary.leads
        leads = f"{count:,} lead{'s' if count != 1 else ''} scored"
        rater = "" if self.scoring.rater else "; the model has no rater, so none is rated"
        moment = f"{self.as_of:%Y-%m-%d %H:%M} UTC"
        return line(f"{leads} by {model.name} version {model.version} as of {moment}{rater}")


def _block(lines: list[str]) -> list[str]:
    return ["", *lines] if lines else []


def _leads(arguments: argparse.Namespace, rejects: Rejects) -> Iterable[Lead]:
    leads = read_leads(
        arguments.file, _columns(arguments.columns), on_reject=rejects.of(arguments.file)
    )
    if arguments.activities is None:
        return leads
    take = rejects.of(arguments.activities)
    columns = _columns(arguments.activity_columns)
    activities = read_activities(arguments.activities, columns, on_reject=take)
    return with_activities(leads, activities, on_reject=take)


def _columns(path: Path | None) -> Columns:
    return Columns() if path is None else Columns.load(path)


def _with_progress(leads: Iterable[Lead], screen: Screen) -> Iterable[Lead]:
    if not screen.err.isatty():
        return leads
    try:
        from tqdm import tqdm
    except ImportError:
        return leads
    return tqdm(leads, unit=" leads", file=screen.err, leave=False, mininterval=0.5)


def _check_files(arguments: argparse.Namespace) -> None:
    if arguments.activity_columns and not arguments.activities:
        raise InvalidValue("--activity-columns", "no --activities", "both, or neither")
    if arguments.out and arguments.out.suffix.lower() not in _FORMATS:
        found = shown(str(arguments.out), 1_000)
        raise InvalidValue("--out", found, "a name that ends in " + " or ".join(_FORMATS))
    names = ("file", "model", "columns", "activities", "activity_columns", "out", "rejects")
    seen: dict[Path, str] = {}
    for name in names:
        path = getattr(arguments, name)
        if path is None:
            continue
        other = seen.setdefault(path.resolve(), name)
        if other != name and name in _WRITTEN:
            raise InvalidValue(f"--{name}", shown(str(path), 1_000), f"another file than {other}")
        if name in _WRITTEN:
            check(f"--{name}", path)


def _written(judged: Iterable[Judged], target: Path | None) -> None:
    if target is None:
        deque(judged, maxlen=0)
        return
    form = _FORMATS[target.suffix.lower()]
    with replaced("--out", target) as stream:
        write_scores(stream, map(_flat if form == "csv" else _nested, judged), form)


def _flat(judged: Judged) -> dict[str, Any]:
    nested = _nested(judged)
    listed = {key: "; ".join(nested[key]) for key in ("because", "ask")}
    return {**nested, **listed, "reasons": "; ".join(map(reason, judged.score.contributions))}


def _nested(judged: Judged) -> dict[str, Any]:
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

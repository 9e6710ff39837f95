"""One pass over the leads: what is judged, counted and kept."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import takewhile

import attrs

from leadflow.cli.questions import Questions
from leadflow.cli.ranking import Best, Judged, explanation, judge, listing
from leadflow.cli.screen import Screen, line
from leadflow.cli.summary import Summary
from leadflow.errors import InvalidValue, LeadflowError, did_you_mean, shown
from leadflow.lead import Lead
from leadflow.serialization import Scoring
from leadflow.serialization.rejects import OnReject, Reject, reporter

_CLOSEST = 20


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

    def place(self, ids: Sequence[str]) -> int | None:
        """Look at the ids of many more leads; return the place of the one that is asked for."""
        if self.id is None or self.found is not None:
            return None
        if self.id in ids:
            return ids.index(self.id)
        self.ids.extend(ids)
        return None

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
            judged = self.judged(lead)
            if judged is not None:
                yield judged
        self.summary.check()

    def judged(self, lead: Lead) -> Judged | None:
        """Judge and count one lead; None if it was set aside."""
        try:
            judged = judge(lead, self.scoring, self.as_of)
        except LeadflowError as error:
            reason = f"lead {lead.id}: {error.message()}"
            self.set_aside(Reject(None, None, lead.id, reason, {"id": lead.id}))
            return None
        self.best.add(judged)
        self.summary.add(judged)
        self.asked.add(judged)
        self.questions.add(lead)
        return judged

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

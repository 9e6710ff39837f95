"""Where one lead stands, what it needs, and what is still required before it can move on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import attrs

from leadflow.calendars import WorkingHours
from leadflow.errors import printable
from leadflow.lead import Dealings, Lead, seen
from leadflow.pipeline.ageing import Age, age
from leadflow.pipeline.day import Day
from leadflow.pipeline.follow_up import NextAction, upcoming
from leadflow.pipeline.pipeline import NextMove, Pipeline
from leadflow.pipeline.stage import Stage
from leadflow.values import instance

_ADDRESSES = ("phone", "mobile", "email")


@attrs.frozen
class Standing:
    """Where a lead stands in a pipeline: its stage, age and next action, and where it can go.

    `lead` is the lead as it was at `as_of`.
    """

    lead: Lead
    as_of: datetime
    stage: Stage | None
    age: Age
    action: NextAction
    moves: tuple[NextMove, ...]

    @property
    def attempts(self) -> Mapping[str, int]:
        """How often the lead was contacted in all, by the kind of contact."""
        return Counter(attempt.kind for attempt in self.action.dealings.attempts)

    def explain(self) -> str:
        """Say all of it in lines of English."""
        here = self.stage.label if self.stage else "stands in no stage of this pipeline"
        lines = [f"{self.lead.id}: {here}", f"  {self.age}", f"  next: {self.action}"]
        known = printable(" ".join("; ".join(self._known()).split()))
        lines += [f"  {known}"] if known else []
        for move in self.moves:
            verb = "reopen into" if move.reopening else "to"
            needs = "; ".join(map(str, move.blockers)) or "nothing is missing"
            lines.append(f"  {verb} {move.to.label}: {needs}")
        return "\n".join(lines)

    def _known(self) -> Iterator[str]:
        """Say what a rep wants to see before calling: attempts, source, addresses, the time there."""
        if self.attempts:
            counts = (f"{kind.replace('_', ' ')} {n}" for kind, n in self.attempts.items())
            yield f"attempts: {', '.join(counts)}"
        if self.lead.source:
            yield f"source: {self.lead.source}"
        yield from (
            f"{key}: {self.lead.values[key]}" for key in _ADDRESSES if key in self.lead.values
        )
        if self.lead.time_zone:
            there = self.as_of.astimezone(ZoneInfo(self.lead.time_zone))
            yield f"{there:%H:%M} in {self.lead.time_zone}"

    def __str__(self) -> str:
        return self.explain()


def standing(
    lead: Lead,
    pipeline: Pipeline,
    *,
    as_of: datetime,
    hours: WorkingHours | None = None,
    zone: str | None = None,
) -> Standing:
    """Tell where a lead stands, what is next, and what is still required for each of its moves.

    `hours` are for the age and `zone` is where days begin, as for `age` and `next_action`. Raises
    `NaiveDatetime` and `InvalidValue`.

    >>> from datetime import UTC
    >>> steps = [
    ...     Stage("new", "New", expected="1 day"),
    ...     Stage("offer", "Offer", requires=["deal_value"]),
    ...     Stage("won", "Won", kind="won"),
    ... ]
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> lead = Lead("L-7", noon, stage="new")
    >>> print(standing(lead, Pipeline.linear("sales", steps, skip=False), as_of=noon))
    L-7: New
      green: 0:00 hours in new, of 1 day expected
      next: call on 2026-03-02 12:00 UTC: nobody has spoken to the lead yet
      to Offer: deal_value is not known
    """
    past, moment = seen(lead, as_of)
    instance(Pipeline)["check"]("pipeline", pipeline)
    return Standing(
        past,
        moment,
        pipeline.stage_of(past),
        age(past, pipeline, as_of=moment, hours=hours, zone=zone),
        upcoming(past, Dealings.of(past), Day(moment, pipeline, zone=zone)),
        pipeline.next_moves(past, at=moment),
    )

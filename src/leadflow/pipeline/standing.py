"""Where one lead stands, what it needs, and what is still required before it can move on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

import attrs

from leadflow.calendars import WorkingHours, local
from leadflow.contact import DEFAULT_RULES, ContactRules
from leadflow.errors import MESSAGE_LENGTH, shown
from leadflow.lead import Dealings, Lead, seen
from leadflow.markup import one_line, table
from leadflow.pipeline.ageing import Age, age
from leadflow.pipeline.day import Day
from leadflow.pipeline.follow_up import NextAction, upcoming
from leadflow.pipeline.offer import Offer
from leadflow.pipeline.pipeline import NextMove, Pipeline
from leadflow.pipeline.stage import Stage
from leadflow.values import instance

_ADDRESSES = ("phone", "mobile", "email")


@attrs.frozen(repr=False)
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
        lines = [f"{self.lead.id}: {self._here}", f"  {self.age}", f"  next: {self.action}"]
        lines += [f"  {self._known}"] if self._known else []
        lines += [f"  {move}: {needs}" for move, needs in self._ways()]
        return "\n".join(lines)

    @property
    def _here(self) -> str:
        return self.stage.label if self.stage else "stands in no stage of this pipeline"

    @property
    def _known(self) -> str:
        """What a rep wants to see before calling."""
        return one_line("; ".join(self._facts()), MESSAGE_LENGTH)

    def _facts(self) -> Iterator[str]:
        """Say the attempts, the source, the addresses and the time there."""
        if self.attempts:
            counts = (f"{kind.replace('_', ' ')} {n}" for kind, n in self.attempts.items())
            yield f"attempts: {', '.join(counts)}"
        if self.lead.source:
            yield f"source: {one_line(self.lead.source)}"
        for key in _ADDRESSES:
            if key in self.lead.values:
                yield f"{key}: {one_line(str(self.lead.values[key]))}"
        if self.lead.time_zone:
            there = local(self.as_of, self.lead.time_zone)
            yield f"{there:%H:%M} in {there.tzinfo}"

    def _ways(self) -> Iterator[tuple[str, str]]:
        """Say where the lead can go, and what is still required for it."""
        for move in self.moves:
            verb = "reopen into" if move.reopening else "to"
            needs = "; ".join(map(str, move.blockers)) or "nothing is missing"
            yield f"{verb} {move.to.label}", needs

    def __repr__(self) -> str:
        stage = None if self.stage is None else self.stage.key
        return f"Standing({shown(self.lead.id)}, {shown(stage)})"

    def _repr_html_(self) -> str:
        rows = [("stage", self._here), ("age", str(self.age)), ("next", str(self.action))]
        rows += [("known", self._known)] if self._known else []
        return table(f"lead {self.lead.id}", ("", ""), [*rows, *self._ways()])

    def __str__(self) -> str:
        return self.explain()


def standing(
    lead: Lead,
    pipeline: Pipeline,
    *,
    as_of: datetime,
    hours: WorkingHours | None = None,
    zone: str | None = None,
    rules: ContactRules = DEFAULT_RULES,
    offer: Offer | None = None,
) -> Standing:
    """Tell where a lead stands, what is next, and what is still required for each of its moves.

    `hours` are for the age and `zone` is where days begin, as for `age` and `next_action`; `rules`
    are for the next action, and `offer` is checked for the moves that need one. Raises
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
        upcoming(past, Dealings.of(past), Day(moment, pipeline, rules, zone)),
        pipeline.next_moves(past, at=moment, offer=offer),
    )

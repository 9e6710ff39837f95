"""Held: nobody may take a lead now, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TypeAlias

import attrs

from leadflow.events import Assignment, Rejected
from leadflow.events.event import REJECTIONS
from leadflow.markup import counted, table
from leadflow.routing.rep import UNITS
from leadflow.routing.roster import Roster
from leadflow.values import INSTANT, NAME, SENTENCES, Frozen, checks

_SHOWN = 100


@attrs.frozen(field_transformer=checks)
class Held:
    """The answer for a lead that nobody may take now.

    `because` says why in words, `rejected` why not each rep. `rule` is the rule that would have
    assigned it, None if none matches. Ask again at `until`: the first instant at which some of these
    reps could take it as things stand; None where that depends on open work, or never comes. `units`
    is how much work the lead is, and `since` when it was first held.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> print(Held("L-7", noon, because=["no rule matches"]))
    L-7 held: no rule matches
    """

    lead: str = attrs.field(metadata=NAME)
    at: datetime = attrs.field(metadata=INSTANT)
    because: tuple[str, ...] = attrs.field(
        kw_only=True, converter=tuple[str, ...], metadata=SENTENCES
    )
    rule: str | None = attrs.field(default=None, kw_only=True, metadata=NAME)
    rejected: tuple[Rejected, ...] = attrs.field(
        default=(), kw_only=True, converter=tuple[Rejected, ...], metadata=REJECTIONS
    )
    until: datetime | None = attrs.field(default=None, kw_only=True, metadata=INSTANT)
    units: int = attrs.field(default=1, kw_only=True, metadata=UNITS)
    since: datetime = attrs.field(kw_only=True, metadata=INSTANT)

    @since.default
    def _now(self) -> datetime:
        return self.at

    def __str__(self) -> str:
        end = f"; ask again at {self.until:%Y-%m-%d %H:%M} UTC" if self.until else ""
        return f"{self.lead} held: {'; '.join(self.because)}{end}"

    def _repr_html_(self) -> str:
        rows = [(each.rep, each.code, each.because) for each in self.rejected[:_SHOWN]]
        return table(str(self), ["rep", "why not", "in words"], rows)


Answer: TypeAlias = Assignment | Held


@attrs.frozen(repr=False)
class Routed:
    """What became of several leads, and the roster after it.

    `assignments` are by lead id, in the order they were made; `held` are in the order of the leads.
    """

    assignments: Mapping[str, Assignment]
    held: tuple[Held, ...]
    roster: Roster

    def __str__(self) -> str:
        lines = [
            f"{counted(len(self.assignments), 'lead')} assigned, {len(self.held):,} held",
            *(f"  {line}" for line in self._lines()),
        ]
        return "\n".join(lines)

    __repr__ = __str__

    def _lines(self) -> Iterator[str]:
        for lead, assignment in list(self.assignments.items())[:_SHOWN]:
            yield f"{lead} to {assignment.rep}: {assignment.because[-1]}"
        yield from map(str, self.held[:_SHOWN])

    def _repr_html_(self) -> str:
        rows: list[tuple[str, ...]] = [
            (lead, each.rep, each.rule or "", "; ".join(each.because))
            for lead, each in list(self.assignments.items())[:_SHOWN]
        ]
        rows += [
            (each.lead, "held", each.rule or "", "; ".join(each.because))
            for each in self.held[:_SHOWN]
        ]
        caption = f"{counted(len(self.assignments), 'lead')} assigned, {len(self.held):,} held"
        return table(caption, ["lead", "rep", "rule", "because"], rows)


def routed(answers: Mapping[str, Answer], roster: Roster) -> Routed:
    """Part the answers by lead into assignments and those held."""
    assigned = {lead: one for lead, one in answers.items() if isinstance(one, Assignment)}
    held = tuple(one for one in answers.values() if isinstance(one, Held))
    return Routed(Frozen(assigned), held, roster)

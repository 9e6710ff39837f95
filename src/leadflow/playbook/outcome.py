"""What came of an event: the lead as it is now, every decision with its reasons, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias, overload

import attrs

from leadflow.automation.planned import Planned, planned_table
from leadflow.events import (
    Assignment,
    Conversion,
    Disposition,
    Event,
    FieldsSet,
    Qualification,
    Rated,
    StageChange,
    describe,
)
from leadflow.lead import Lead
from leadflow.markup import counted, one_line
from leadflow.routing import Held, Roster
from leadflow.scoring import Score

Decision: TypeAlias = (
    FieldsSet
    | Score
    | Rated
    | Qualification
    | Assignment
    | Held
    | StageChange
    | Conversion
    | Disposition
)
"""What a playbook decides: the arm of a split test, and what the parts of the playbook answer."""


@attrs.frozen(repr=False)
class Outcome:
    """What came of handling an event, or of the passing of time, for one lead.

    `lead` is the lead as it is now and `roster` the roster, None if none was given. `decisions` are
    in the order they were taken, each with its reasons. `actions` are all that were planned; those
    that are `to_do` are the host's. `events` are to be stored, in one transaction: the event that was
    handled first, then all that followed. `event` is that event, None where only time has passed.
    `notes` say what could not be decided, and why.
    """

    lead: Lead
    decisions: tuple[Decision, ...]
    actions: tuple[Planned, ...]
    roster: Roster | None
    events: tuple[Event, ...]
    event: Event | None = None
    notes: tuple[str, ...] = ()

    @property
    def to_do(self) -> tuple[Planned, ...]:
        """The actions that fired, in their order."""
        return tuple(planned for planned in self.actions if planned.is_fired)

    @property
    def score(self) -> Score | None:
        """The last score that was given; None if there was none."""
        given = (one for one in reversed(self.decisions) if isinstance(one, Score))
        return next(given, None)

    @property
    def held(self) -> Held | None:
        """Why nobody has the lead, if nobody could take it."""
        return next((one for one in self.decisions if isinstance(one, Held)), None)

    def explain(self) -> str:
        """Tell the story in English: what happened, what was decided and why, and what to do."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        happened = "time has passed" if self.event is None else describe(self.event)
        yield f"{self.lead.id}: {one_line(happened)}"
        for decision in self.decisions:
            yield from (f"  {line}" for line in _told(decision))
        for note in self.notes:
            yield f"  {one_line(note)}"
        for planned in self.actions:
            yield f"  {planned}"

    __str__ = explain

    def __repr__(self) -> str:
        decided, to_do = counted(len(self.decisions), "decision"), len(self.to_do)
        return f"Outcome({self.lead.id!r}, {decided}, {to_do} to do)"

    def _repr_html_(self) -> str:
        return planned_table("\n".join(self._lines()), self.actions)


def _told(decision: Decision) -> Iterator[str]:
    match decision:
        case Score():
            yield from decision.explain().splitlines()
        case Held():
            yield str(decision)
        case _:
            yield one_line(describe(decision))


@attrs.frozen(repr=False)
class Reviewed(Sequence[Outcome]):
    """What the passing of time brought: an outcome for each lead for which there is any."""

    outcomes: tuple[Outcome, ...]
    leads: tuple[Lead, ...]
    roster: Roster | None

    @overload
    def __getitem__(self, index: int) -> Outcome: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Outcome, ...]: ...
    def __getitem__(self, index: int | slice) -> Outcome | tuple[Outcome, ...]:
        return self.outcomes[index]

    def __len__(self) -> int:
        return len(self.outcomes)

    @property
    def to_do(self) -> tuple[Planned, ...]:
        """The actions that fired, lead by lead."""
        return tuple(planned for outcome in self.outcomes for planned in outcome.to_do)

    def __repr__(self) -> str:
        found, all_leads = len(self.outcomes), counted(len(self.leads), "lead")
        return f"Reviewed({found:,} of {all_leads}, {len(self.to_do):,} to do)"

    def _repr_html_(self) -> str:
        return planned_table(repr(self), self.to_do)

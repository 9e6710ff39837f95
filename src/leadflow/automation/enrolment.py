"""Enrolments: where a lead stands in its sequences, read from its log alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import compress
from typing import TypeAlias

import attrs

from leadflow.automation.planned import key_of
from leadflow.errors import InvalidValue, shown
from leadflow.events import Activity, Note
from leadflow.lead import Lead
from leadflow.values import FieldValue, Frozen, name

ENROLLED = "sequence_enrolled"
STEP = "sequence_step"
LEFT = "sequence_left"
_PLACES = {ENROLLED: 0, STEP: 1, LEFT: 2}
"""The order among the activities of one instant."""
_Round: TypeAlias = tuple[str, int]
"""A sequence, and the number of a round of it."""


@attrs.frozen
class Enrolment:
    """A round of a lead through a sequence, in the version in which it began.

    `steps` are the steps taken, in that order, each with its instant; `branches` names, by the step,
    the place of the branch that was taken, and leaves out steps of which none was. `left` is the
    activity by which the lead left, None as long as it is enrolled.

    Where merged leads were in the same round of a sequence it is one round: steps that either took
    are taken, at the later instant if both did, and where one has left, the lead has left.
    """

    sequence: str
    version: str
    round: int
    at: datetime
    steps: tuple[tuple[str, datetime], ...] = ()
    branches: Mapping[str, int] = Frozen()
    left: Activity | None = None

    @property
    def is_open(self) -> bool:
        """Whether the lead is still enrolled."""
        return self.left is None

    @property
    def last_at(self) -> datetime:
        """When the latest of it happened: the enrolment, a step, or leaving."""
        left = [] if self.left is None else [self.left.at]
        return max([self.at, *(at for _, at in self.steps), *left])


def enrolment(lead: Lead, sequence: str) -> Enrolment | None:
    """Find the latest round of a lead through a sequence; None if it never was in it.

    Raises `InvalidValue` for what is no lead.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> lead = Lead("L-7").after(enrolling(Lead("L-7"), "nurture", "1", 1, noon))
    >>> enrolment(lead, "nurture").round, enrolment(lead, "newsletter")
    (1, None)
    """
    asked = name("sequence", sequence)
    return next((each for each in enrolments(lead) if each.sequence == asked), None)


def enrolments(lead: Lead) -> tuple[Enrolment, ...]:
    """Find the latest round of a lead through each sequence, in the order of their names.

    Activities of these kinds that name no sequence and round are passed over.
    Raises `InvalidValue` for what is no lead.

    >>> [each.sequence for each in enrolments(lead)]
    ['nurture']
    """
    if not isinstance(lead, Lead):
        raise InvalidValue("lead", shown(lead), "a Lead")
    log = lead.activities_by_kind
    if ENROLLED not in log:
        return ()
    begun, steps, ends = (_by_round(log.get(kind, ())) for kind in (ENROLLED, STEP, LEFT))
    latest = dict(sorted(begun))
    return tuple(
        _enrolment(of, begun[of][0], steps.get(of, ()), ends.get(of, ())) for of in latest.items()
    )


def _by_round(activities: Iterable[Activity]) -> dict[_Round, list[Activity]]:
    found: dict[_Round, list[Activity]] = {}
    for activity in activities:
        sequence, number = activity.data.get("sequence"), activity.data.get("round")
        if isinstance(sequence, str) and type(number) is int and number > 0:
            found.setdefault((sequence, number), []).append(activity)
    return found


def _enrolment(
    of: _Round, begun: Activity, log: Iterable[Activity], ends: Sequence[Activity]
) -> Enrolment:
    taken = {str(step.data.get("step", "")): step for step in log}
    branches = {key: step.data.get("branch") for key, step in taken.items()}
    return Enrolment(
        of[0],
        str(begun.data.get("version", "")),
        of[1],
        begun.at,
        tuple((key, step.at) for key, step in taken.items()),
        Frozen({key: branch for key, branch in branches.items() if type(branch) is int}),
        ends[-1] if ends else None,
    )


def enrolling(lead: Lead, sequence: str, version: str, number: int, at: datetime) -> Activity:
    """Build the activity that begins a round of a sequence.

    >>> enrolling(Lead("L-7"), "nurture", "1", 1, noon).data
    {'sequence': 'nurture', 'round': 1, 'version': '1'}
    """
    return _activity(ENROLLED, lead, (sequence, number), at, {"version": version})


def taking(lead: Lead, of: Enrolment, step: str, branch: int | None, at: datetime) -> Activity:
    """Build the activity that tells that a step was taken, and by which branch if any.

    >>> taking(lead, enrolment(lead, "nurture"), "welcome", 0, noon).data["step"]
    'welcome'
    """
    data = {"version": of.version, "step": step, "branch": branch}
    return _activity(STEP, lead, (of.sequence, of.round), at, data)


def leaving(lead: Lead, of: Enrolment, because: str, at: datetime) -> Activity:
    """Build the activity by which the lead leaves.

    >>> leaving(lead, enrolment(lead, "nurture"), "replied", noon).data["because"]
    'replied'
    """
    return _activity(LEFT, lead, (of.sequence, of.round), at, {"because": because})


def _activity(
    kind: str, lead: Lead, of: _Round, at: datetime, data: Mapping[str, FieldValue | None]
) -> Activity:
    """Build an activity whose id is made of what it is about, so that twice is once."""
    sequence, number = of
    key = key_of(kind, lead.id, sequence, number, data.get("step", ""))
    told = {"sequence": sequence, "round": number, **data}
    return Activity(kind, at, data=told, id=f"sequence-{key}", sequence=_PLACES[kind])


def engaged_since(lead: Lead, at: datetime) -> Lead:
    """Return the lead with all its facts, but without the activities and notes up to an instant.

    >>> engaged_since(lead, noon).activities
    ()
    """
    counts = (not isinstance(event, Activity | Note) or event.at > at for event in lead.events)
    kept = tuple(compress(lead.events, counts))
    return lead._with(kept, lead._since)  # noqa: SLF001 (ours: only what is asked of activities differs)

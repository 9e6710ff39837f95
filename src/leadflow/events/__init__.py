"""What can happen to a lead?

The closed union `Event`: values with the instant they happened (`at`, aware, kept in UTC), an
optional `id` (an id seen again is a repeat and changes nothing), an optional `sequence` (the order
among events of one instant) and an optional `by` (who did it). Decisions are events too: once in a
lead's log they move the lead.
"""

from leadflow.events.event import (
    EVENT_TYPES,
    Activity,
    Assignment,
    Conversion,
    Disposition,
    Erased,
    Event,
    FieldsSet,
    Note,
    Overridden,
    Qualification,
    Rated,
    Rejected,
    Reopened,
    Scored,
    Snoozed,
    StageChange,
    Tagged,
    TaskDone,
    TaskSet,
    Untagged,
)
from leadflow.events.facts import ATTRIBUTES, Lifecycle, Outcome
from leadflow.events.kinds import ActivityKind, Direction
from leadflow.events.wording import describe

__all__ = [
    "ATTRIBUTES",
    "EVENT_TYPES",
    "Activity",
    "ActivityKind",
    "Assignment",
    "Conversion",
    "Direction",
    "Disposition",
    "Erased",
    "Event",
    "FieldsSet",
    "Lifecycle",
    "Note",
    "Outcome",
    "Overridden",
    "Qualification",
    "Rated",
    "Rejected",
    "Reopened",
    "Scored",
    "Snoozed",
    "StageChange",
    "Tagged",
    "TaskDone",
    "TaskSet",
    "Untagged",
    "describe",
]

"""When this, if that, then what?

`When` is a rule: a trigger, a condition, actions. `Automation` plans what rules ask for; nothing is
performed here. `Sequence` is done step by step, `Split` parts leads fairly, `Form` takes in what a
web form was filled with, and `Content` is what may be sent. The lead's own log remembers all of it.
"""

from leadflow.automation.automation import Automation, Planning, fired
from leadflow.automation.content import Content, chosen, was_sent
from leadflow.automation.enrolment import Enrolment, enrolment, enrolments
from leadflow.automation.intake import Form, Intake, intake
from leadflow.automation.planned import Planned
from leadflow.automation.rule import When
from leadflow.automation.sequence import Branch, Sequence, Step
from leadflow.automation.sequences import Due, Sequences
from leadflow.automation.split import Split
from leadflow.automation.trigger import (
    DateReached,
    FollowUpDue,
    Happens,
    RatingBecomes,
    RevisitDue,
    ScoreFallsBelow,
    ScoreReaches,
    Silence,
    StageEntered,
    StageOverdue,
    Trigger,
    happens,
)
from leadflow.automation.window import Opening, SendWindow

__all__ = [
    "Automation",
    "Branch",
    "Content",
    "DateReached",
    "Due",
    "Enrolment",
    "FollowUpDue",
    "Form",
    "Happens",
    "Intake",
    "Opening",
    "Planned",
    "Planning",
    "RatingBecomes",
    "RevisitDue",
    "ScoreFallsBelow",
    "ScoreReaches",
    "SendWindow",
    "Sequence",
    "Sequences",
    "Silence",
    "Split",
    "StageEntered",
    "StageOverdue",
    "Step",
    "Trigger",
    "When",
    "chosen",
    "enrolment",
    "enrolments",
    "fired",
    "happens",
    "intake",
    "was_sent",
]

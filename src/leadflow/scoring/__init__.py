"""How good is it?

A `ScoringModel` adds up points for facts and behaviours; a `Score` says how many and why. Raters turn
what is known into a word: hot, warm, cold (`TimelineAndSize`, `Thresholds`), zombie, nudge,
self-closing (`Readiness`), or categories of one's own (`Categories`).
"""

from leadflow.events import Rated
from leadflow.scoring.calibration import Calibration
from leadflow.scoring.comparison import Cause, Comparison, Move, compare
from leadflow.scoring.fading import Expiry, Fade, HalfLife
from leadflow.scoring.grade import Grid
from leadflow.scoring.model import ScoringModel
from leadflow.scoring.rating import (
    Categories,
    Category,
    Rater,
    Readiness,
    Thresholds,
    TimelineAndSize,
)
from leadflow.scoring.rule import Group, Rule
from leadflow.scoring.score import Contribution, Score, Scores, Unmatched

__all__ = [
    "Calibration",
    "Categories",
    "Category",
    "Cause",
    "Comparison",
    "Contribution",
    "Expiry",
    "Fade",
    "Grid",
    "Group",
    "HalfLife",
    "Move",
    "Rated",
    "Rater",
    "Readiness",
    "Rule",
    "Score",
    "Scores",
    "ScoringModel",
    "Thresholds",
    "TimelineAndSize",
    "Unmatched",
    "compare",
]

"""leadflow: score, rate, route, move, dispose of and report on sales leads.

Pure and storage-agnostic: the host passes in what it knows and stores what it is told.
"""

from leadflow.conditions import activity, all_of, always, any_of, field, tag
from leadflow.errors import LeadflowError
from leadflow.events import Activity
from leadflow.lead import Lead, merge
from leadflow.money import Money
from leadflow.span import Span

__all__ = [
    "Activity",
    "Lead",
    "LeadflowError",
    "Money",
    "Span",
    "activity",
    "all_of",
    "always",
    "any_of",
    "field",
    "merge",
    "tag",
]

"""What is a lead, and how does it change?

A lead is what was known at the start and a log of events. `Lead.after` is the only way it changes,
and returns a new lead; `merge` unites the logs of duplicates. `Dealings` is what a day's work needs
to know of a log.
"""

from leadflow.lead.dealings import Dealings
from leadflow.lead.lead import Lead, leads_of, merge, seen
from leadflow.lead.position import Value
from leadflow.lead.task import Task

__all__ = ["Dealings", "Lead", "Task", "Value", "leads_of", "merge", "seen"]

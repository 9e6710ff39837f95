"""How are leads managed, as one document, and what follows from an event?"""

from leadflow.playbook.outcome import Decision, Outcome, Reviewed
from leadflow.playbook.playbook import Playbook
from leadflow.playbook.procedure import Procedure

__all__ = ["Decision", "Outcome", "Playbook", "Procedure", "Reviewed"]

"""What does a way of managing leads look like, as one document?

Five ways, each a function that returns a fresh `leadflow.playbook.Playbook`, and beside it a TOML
file of the same name that equals what the function returns without arguments. Their names, points
and spans are starting values where no requirement names them.
"""

from leadflow.presets.playbooks.categories import category_playbook
from leadflow.presets.playbooks.disposition import disposition_playbook
from leadflow.presets.playbooks.scoring import scoring_playbook
from leadflow.presets.playbooks.statuses import status_playbook
from leadflow.presets.playbooks.whole_pipeline import pipeline_playbook

__all__ = [
    "category_playbook",
    "disposition_playbook",
    "pipeline_playbook",
    "scoring_playbook",
    "status_playbook",
]

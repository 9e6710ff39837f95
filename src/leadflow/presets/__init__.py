"""What does a ready one look like?

Plain functions that return fresh, ordinary values: take one as it is, or as a start for your own.
"""

from leadflow.presets.dispositions import disposition_policy
from leadflow.presets.pipelines import (
    generic_pipeline,
    outreach_pipeline,
    qualification_pipeline,
    sales_pipeline,
    status_pipeline,
)
from leadflow.presets.playbooks import (
    category_playbook,
    disposition_playbook,
    pipeline_playbook,
    scoring_playbook,
    status_playbook,
)

__all__ = [
    "category_playbook",
    "disposition_playbook",
    "disposition_policy",
    "generic_pipeline",
    "outreach_pipeline",
    "pipeline_playbook",
    "qualification_pipeline",
    "sales_pipeline",
    "scoring_playbook",
    "status_pipeline",
    "status_playbook",
]

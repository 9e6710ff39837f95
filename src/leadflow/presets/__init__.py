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

__all__ = [
    "disposition_policy",
    "generic_pipeline",
    "outreach_pipeline",
    "qualification_pipeline",
    "sales_pipeline",
    "status_pipeline",
]

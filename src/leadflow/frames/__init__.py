"""The same answers on whole dataframes, at the engine's speed?

One definition, several engines: pandas, Polars (eager and lazy), PyArrow and DuckDB give the answer
of the per-lead interpreter, to the point. Needs the extra `frames`.
"""

from leadflow.frames.leads import activities_to_frame, leads_from_frame, leads_to_frame
from leadflow.frames.matching import matches_frame
from leadflow.frames.rating import rate_frame
from leadflow.frames.scoring import (
    contributions_frame,
    grade,
    score_frame,
    sql,
    win_probability,
)

__all__ = [
    "activities_to_frame",
    "contributions_frame",
    "grade",
    "leads_from_frame",
    "leads_to_frame",
    "matches_frame",
    "rate_frame",
    "score_frame",
    "sql",
    "win_probability",
]

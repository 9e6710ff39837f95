"""The same answers on whole dataframes, at the engine's speed?

One definition, several engines: pandas, Polars (eager and lazy), PyArrow, DuckDB and PySpark give the answer
of the per-lead interpreter, to the point. Needs the extra `frames`; without it the import raises
`MissingExtra`.
"""

from leadflow.errors import MissingExtra

try:
    from leadflow.frames.leads import activities_to_frame, leads_from_frame, leads_to_frame
    from leadflow.frames.matching import matches_frame
    from leadflow.frames.metrics import (
        funnel_frame,
        stage_stays_frame,
        stage_times_frame,
        win_rate_frame,
        won_value_frame,
    )
    from leadflow.frames.parquet import score_parquet
    from leadflow.frames.rating import rate_frame
    from leadflow.frames.scoring import (
        contributions_frame,
        grade,
        score_frame,
        sql,
        win_probability,
    )
except ModuleNotFoundError as error:
    raise MissingExtra("leadflow.frames", "frames") from error

__all__ = [
    "activities_to_frame",
    "contributions_frame",
    "funnel_frame",
    "grade",
    "leads_from_frame",
    "leads_to_frame",
    "matches_frame",
    "rate_frame",
    "score_frame",
    "score_parquet",
    "sql",
    "stage_stays_frame",
    "stage_times_frame",
    "win_probability",
    "win_rate_frame",
    "won_value_frame",
]

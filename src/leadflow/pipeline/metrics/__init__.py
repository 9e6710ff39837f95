"""What happened in the pipeline: how many, how fast, how much, and where leads wait or get lost?"""

from leadflow.pipeline.metrics.attempts import (
    Attempt,
    AttemptYield,
    attempt_yield,
    attempt_yield_of,
)
from leadflow.pipeline.metrics.bottleneck import Bottlenecks, Flow, Waiting, bottlenecks
from leadflow.pipeline.metrics.costs import Cost, Return, Returns, costs_of, created_in, returns
from leadflow.pipeline.metrics.cracks import Crack, Cracks, cracks
from leadflow.pipeline.metrics.deals import (
    Closest,
    Deal,
    StageValue,
    StageValues,
    closest,
    stage_values,
)
from leadflow.pipeline.metrics.funnel import Funnel, Step, conversion, funnel
from leadflow.pipeline.metrics.goals import Attainment, Attainments, Goal, attainment
from leadflow.pipeline.metrics.group import NO_VALUE, Group, Measure, Measured, measure, parted
from leadflow.pipeline.metrics.history import Entry, History, Track
from leadflow.pipeline.metrics.rates import (
    Qualified,
    Velocity,
    Worth,
    qualified,
    sales_velocity,
    win_rate,
    won_value,
)
from leadflow.pipeline.metrics.reports import (
    ActivityReport,
    RepActivity,
    RepTasks,
    TaskLine,
    TaskReport,
    activity_report,
    task_report,
)
from leadflow.pipeline.metrics.responses import Responses, response_times
from leadflow.pipeline.metrics.times import Duration, StageTimes, stage_times, time_to_close
from leadflow.pipeline.metrics.transitions import Transition, Transitions, transitions
from leadflow.pipeline.metrics.trends import Trend, Trends, trends

__all__ = [
    "NO_VALUE",
    "ActivityReport",
    "Attainment",
    "Attainments",
    "Attempt",
    "AttemptYield",
    "Bottlenecks",
    "Closest",
    "Cost",
    "Crack",
    "Cracks",
    "Deal",
    "Duration",
    "Entry",
    "Flow",
    "Funnel",
    "Goal",
    "Group",
    "History",
    "Measure",
    "Measured",
    "Qualified",
    "RepActivity",
    "RepTasks",
    "Responses",
    "Return",
    "Returns",
    "StageTimes",
    "StageValue",
    "StageValues",
    "Step",
    "TaskLine",
    "TaskReport",
    "Track",
    "Transition",
    "Transitions",
    "Trend",
    "Trends",
    "Velocity",
    "Waiting",
    "Worth",
    "activity_report",
    "attainment",
    "attempt_yield",
    "attempt_yield_of",
    "bottlenecks",
    "closest",
    "conversion",
    "costs_of",
    "cracks",
    "created_in",
    "funnel",
    "measure",
    "parted",
    "qualified",
    "response_times",
    "returns",
    "sales_velocity",
    "stage_times",
    "stage_values",
    "task_report",
    "time_to_close",
    "transitions",
    "trends",
    "win_rate",
    "won_value",
]

"""What does it look like: a funnel, times, ages, scores, a forecast, quotas, responses?

Each function takes plain values and returns a `Chart`: its table, and its picture as SVG or PNG, drawn
without a network (extra `charts`).
"""

from leadflow.reporting.charts.bars import ageing_chart, funnel_chart, quota_chart
from leadflow.reporting.charts.chart import Chart
from leadflow.reporting.charts.curves import response_chart, time_in_stage_chart
from leadflow.reporting.charts.outlooks import forecast_chart
from leadflow.reporting.charts.scores import score_chart

__all__ = [
    "Chart",
    "ageing_chart",
    "forecast_chart",
    "funnel_chart",
    "quota_chart",
    "response_chart",
    "score_chart",
    "time_in_stage_chart",
]

"""Charts of bars: a funnel, ages, quotas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from leadflow.errors import InvalidValue, shown
from leadflow.reporting.charts.chart import (
    BLACK,
    BLUE,
    GREEN,
    LINE,
    RED,
    YELLOW,
    Chart,
    Spec,
    chart,
)
from leadflow.reporting.charts.encoding import STEP, WIDTH, counts_axis, field, keyed, labels_axis
from leadflow.reporting.charts.values import number, rows, share, written
from leadflow.shares import percent
from leadflow.values import label, whole

_LIGHTS = (("green", GREEN), ("yellow", YELLOW), ("red", RED))


def funnel_chart(steps: Iterable[tuple[str, int]], *, title: str = "Funnel") -> Chart:
    """Draw a funnel from pairs: a stage, and how many leads reached it, in the order of the stages.

    Raises `InvalidValue` with the place.

    >>> print(funnel_chart([("New", 40), ("Offer", 10)]))
    Funnel
    stage  reached  of the first
    New         40       100.0 %
    Offer       10        25.0 %
    """
    given = rows("steps", steps, 2, "a stage, and how many reached it")
    labels = keyed("steps", given)
    counts = [whole(f"steps[{n}][1]", row[1], least=0) for n, row in enumerate(given)]
    first = counts[0] if counts else 0
    of = [percent(count / first if first else None) for count in counts]
    values = [
        {"label": key, "value": count, "text": f"{count:,}  ({share_})"}
        for key, count, share_ in zip(labels, counts, of, strict=True)
    ]
    bars = {"mark": {"type": "bar", "color": BLUE, "height": 20}}
    words = {
        "mark": {"type": "text", "align": "left", "dx": 6},
        "encoding": {"text": field("text", "nominal")},
    }
    body = {
        "data": {"values": values}, "width": WIDTH, "height": STEP,
        "encoding": {
            "y": labels_axis(),
            "x": field("value", "quantitative", "leads", scale=_room(counts), axis=counts_axis(counts)),
        },
        "layer": [bars, words],
    }  # fmt: skip
    table = [(key, f"{count:,}", part) for key, count, part in zip(labels, counts, of, strict=True)]
    return chart(label("title", title), ("stage", "reached", "of the first"), table, body)


def _room(values: Sequence[float]) -> Spec:
    """Leave room at the end of the longest bar for what is written there."""
    return {"domain": [0, max([*values, 1]) * 1.25]}


def ageing_chart(
    stages: Iterable[tuple[str, int, int, int]], *, title: str = "How old leads are in their stage"
) -> Chart:
    """Draw how many leads of each stage are green, yellow and red, as `leadflow.pipeline.age` says.

    Each row is a stage and the three counts, in this order; they are told apart by their order and
    their numbers, not by colour alone. Raises `InvalidValue` with the place.

    >>> print(ageing_chart([("New", 3, 1, 0)]).rows[0])
    ('New', '3', '1', '0')
    """
    given = rows("stages", stages, 4, "a stage, and its green, yellow and red leads")
    labels = keyed("stages", given)
    counts = [
        [whole(f"stages[{n}][{i}]", row[i], least=0) for i in (1, 2, 3)]
        for n, row in enumerate(given)
    ]
    values = [
        {
            "label": key,
            "light": light,
            "order": place,
            "value": row[place],
            "text": f"{row[place]:,}",
        }
        for key, row in zip(labels, counts, strict=True)
        for place, (light, _) in enumerate(_LIGHTS)
    ]
    lights = [light for light, _ in _LIGHTS]
    colours = {"domain": lights, "range": [colour for _, colour in _LIGHTS]}
    sums = [sum(row) for row in counts]
    x = field("value", "quantitative", "leads", stack="zero", axis=counts_axis(sums))
    middle = {**x, "bandPosition": 0.5}
    body = {
        "data": {"values": values}, "width": WIDTH, "height": STEP,
        "encoding": {"y": labels_axis(), "order": field("order", "quantitative")},
        "layer": [
            {
                "mark": {"type": "bar", "height": 20, "stroke": "#ffffff"},
                "encoding": {
                    "x": x,
                    "color": field("light", "nominal", None, scale=colours, sort=lights),
                },
            },
            {
                "transform": [{"filter": "datum.value > 0"}],
                "mark": {"type": "text", "color": BLACK},
                "encoding": {"x": middle, "text": field("text", "nominal")},
            },
        ],
    }  # fmt: skip
    table = [
        (key, *(f"{count:,}" for count in row)) for key, row in zip(labels, counts, strict=True)
    ]
    return chart(label("title", title), ("stage", *lights), table, body)


def quota_chart(reps: Iterable[tuple[str, Any, Any, float]], *, title: str = "Quotas") -> Chart:
    """Draw how far each rep is: reached against the quota, with a mark where an even pace would be.

    Each row is a rep, what is reached, the quota (numbers, or Money of one currency), and the share of
    the period that has passed. Raises `InvalidValue` with the place.

    >>> print(quota_chart([("ada", 6, 10, 0.5)]).rows[0])
    ('ada', '6', '10', '60.0 %', '50.0 %')
    """
    given = rows("reps", reps, 4, "a rep, what is reached, the quota, and the share of the period")
    labels = keyed("reps", given)
    values, table, parts = [], [], []
    for n, (key, row) in enumerate(zip(labels, given, strict=True)):
        reached, quota = (number(f"reps[{n}][{i}]", row[i]) for i in (1, 2))
        if not quota:
            raise InvalidValue(f"reps[{n}][2]", shown(row[2]), "a quota above 0")
        passed, part = share(f"reps[{n}][3]", row[3]), reached / quota
        parts.append(part)
        text = f"{written(reached)} of {written(quota)}  ({percent(part)})"
        values.append({"label": key, "part": part, "whole": 1, "pace": passed, "text": text})
        table.append((key, written(reached), written(quota), percent(part), percent(passed)))
    most = max([1.0, *parts])
    scale = {"domain": [0, most * 1.6]}
    x = field(
        "part",
        "quantitative",
        "of the quota; the mark is an even pace",
        axis={"format": ".0%", "values": [0, 0.5, 1]},
        scale=scale,
    )
    body = {
        "data": {"values": values}, "width": WIDTH, "height": STEP, "encoding": {"y": labels_axis()},
        "layer": [
            {"mark": {"type": "bar", "color": LINE, "height": 22}, "encoding": {"x": {**x, "field": "whole"}}},
            {"mark": {"type": "bar", "color": BLUE, "height": 12}, "encoding": {"x": x}},
            {"mark": {"type": "tick", "color": RED, "thickness": 3, "height": 24}, "encoding": {"x": {**x, "field": "pace"}}},
            {"mark": {"type": "text", "align": "left", "dx": 6}, "encoding": {"x": {"datum": most}, "text": field("text", "nominal")}},
        ],
    }  # fmt: skip
    header = ("rep", "reached", "quota", "attained", "period passed")
    return chart(label("title", title), header, table, body)

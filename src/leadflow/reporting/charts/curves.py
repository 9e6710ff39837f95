"""Charts of times as curves: how long leads stay, how soon they are answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from leadflow.errors import InvalidValue, shown
from leadflow.reporting.charts.chart import BLUE, RED, SKY, Chart, Spec, chart
from leadflow.reporting.charts.encoding import ONE, WIDTH, field, keyed, rows_of, shares_axis
from leadflow.reporting.charts.values import named, number, rows, share, written
from leadflow.shares import percent
from leadflow.values import label, listed, whole

_LIMITS = ((10.0, "10 minutes"), (900.0, "15 hours"), (1_440.0, "1 day"))


_CLOCK: Spec = {
    "values": [1, 10, 60, 600, 1_440, 10_080],
    "labelExpr": "{'1':'1 min','10':'10 min','60':'1 h','600':'10 h','1440':'1 day','10080':'7 days'}[toString(datum.value)]",
}


def time_in_stage_chart(
    stages: Iterable[tuple[str, Iterable[tuple[float, float, float, float]]]],
    *,
    title: str = "Still in the stage after so many days",
) -> Chart:
    """Draw how long leads stay in each stage, one curve beneath the other.

    Each stage is its label and its points in the order of time: days, the share still there, and the
    bounds of that share, as `leadflow.survival.Survival` has them. Raises `InvalidValue` with the
    place.
    """
    given = rows("stages", stages, 2, "a stage and its points")
    labels = keyed("stages", given)
    values: list[Spec] = []
    table = []
    for n, (key, row) in enumerate(zip(labels, given, strict=True)):
        points = _points(f"stages[{n}][1]", row[1])
        curve = [(0.0, 1.0, 1.0, 1.0), *points]
        values += [
            {"label": key, "days": days, "there": there, "low": low, "high": high}
            for days, there, low, high in curve
        ]
        half = next((days for days, there, _, _ in curve if there <= 1 / 2), None)
        last = curve[-1]
        table.append(
            (key, "no data" if half is None else written(half), written(last[0]), percent(last[1]))
        )
    days = field("days", "quantitative", "days", axis={"tickMinStep": 1})
    band = {
        "mark": {"type": "area", "color": SKY, "opacity": 0.35, "interpolate": "step-after"},
        "encoding": {"x": days, "y": field("low", "quantitative", None, axis=shares_axis(), scale=ONE), "y2": {"field": "high"}},
    }  # fmt: skip
    line = {
        "mark": {"type": "line", "color": BLUE, "interpolate": "step-after"},
        "encoding": {"x": days, "y": field("there", "quantitative", None)},
    }
    body = {
        "data": {"values": values},
        "facet": rows_of(labels),
        "spec": {"width": WIDTH, "height": 110, "layer": [band, line]},
        "spacing": 12,
    }  # fmt: skip
    header = ("stage", "half left by day", "last day", "still there")
    return chart(label("title", title), header, table, body)


def _points(where: str, given: Iterable[Any]) -> list[tuple[float, float, float, float]]:
    found: list[tuple[float, float, float, float]] = []
    size = len(("days", "share", "low", "high"))
    for place, point in enumerate(listed(where, given)):
        if not isinstance(point, tuple | list) or len(point) != size:
            raise InvalidValue(
                f"{where}[{place}]", shown(point), "days, a share, its low and high bound"
            )
        days = number(f"{where}[{place}][0]", point[0])
        shares = [share(f"{where}[{place}][{n}]", point[n]) for n in range(1, size)]
        if found and days < found[-1][0]:
            raise InvalidValue(
                f"{where}[{place}][0]", shown(days), f"days from {found[-1][0]:g} on"
            )
        found.append((days, shares[0], shares[1], shares[2]))
    return found


def response_chart(
    minutes: Iterable[float],
    *,
    waiting: int = 0,
    limits: Iterable[tuple[float, str]] = _LIMITS,
    title: str = "Leads answered within",
) -> Chart:
    """Draw what share of leads was answered within which time, with marks at the limits.

    `minutes` are the times of the answered leads, `waiting` how many are not answered yet. `limits`
    are pairs of minutes and their words: 10 minutes, 15 hours and 1 day unless given. Raises
    `InvalidValue` with the place.

    >>> print(response_chart([5, 30, 2000], waiting=1).rows[0])
    ('10 minutes', '1', '25.0 %')
    """
    times = sorted(
        number(f"minutes[{n}]", each) for n, each in enumerate(listed("minutes", minutes))
    )
    every = len(times) + whole("waiting", waiting, least=0)
    marks = []
    for n, (at, words) in enumerate(rows("limits", limits, 2, "minutes, and what they are called")):
        marks.append((number(f"limits[{n}][0]", at), named(f"limits[{n}][1]", words)))
    within = [(at, words, sum(each <= at for each in times)) for at, words in marks]
    table = [(words, f"{count:,}", percent(count / every)) for _, words, count in within if every]
    curve = [{"at": 1.0, "share": sum(each <= 1 for each in times) / every}] if every else []
    curve += [{"at": max(at, 1.0), "share": count / every} for at, count in _rising(times)]
    x = field("at", "quantitative", "time since they came in", scale={"type": "log"}, axis=_CLOCK)
    body = {
        "width": WIDTH, "height": 240,
        "layer": [
            {
                "data": {"values": curve},
                "mark": {"type": "line", "color": BLUE, "interpolate": "step-after"},
                "encoding": {"x": x, "y": field("share", "quantitative", None, scale=ONE, axis=shares_axis())},
            },
            {
                "data": {"values": [_mark(at, words, count / every) for at, words, count in within if every]},
                "encoding": {"x": x},
                "layer": [
                    {"mark": {"type": "rule", "color": RED, "strokeDash": [6, 4]}},
                    *(_beside(high) for high in (True, False)),
                ],
            },
        ],
    }  # fmt: skip
    return chart(label("title", title), ("within", "answered", "share"), table, body)


def _mark(at: float, words: str, part: float) -> Spec:
    """Make the mark of a limit; its words stand where the curve does not."""
    return {"at": max(at, 1.0), "text": f"{words}: {percent(part)}", "high": part <= 1 / 2}


def _beside(high: bool) -> Spec:  # noqa: FBT001 (at the top or at the bottom)
    place = {"align": "right", "y": 4} if high else {"align": "left", "y": 236}
    return {
        "transform": [{"filter": f"datum.high === {'true' if high else 'false'}"}],
        "mark": {"type": "text", "angle": 270, "dy": -7, **place},
        "encoding": {"text": field("text", "nominal")},
    }


def _rising(times: Sequence[float]) -> list[tuple[float, int]]:
    """Count how many took at most each time; some hundred points are enough for a curve."""
    counts = {each: place + 1 for place, each in enumerate(times)}
    step = max(1, len(counts) // 400)
    found = list(counts.items())
    return [*found[::step], found[-1]] if found else []

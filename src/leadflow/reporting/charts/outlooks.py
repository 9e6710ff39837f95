"""The chart of a forecast: what is expected, how sure, and what came."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from leadflow.errors import InvalidValue, shown
from leadflow.reporting.charts.chart import BLUE, INK, RED, SKY, Chart, Spec, chart
from leadflow.reporting.charts.encoding import WIDTH, field, keyed
from leadflow.reporting.charts.values import named, number, rows, written
from leadflow.values import label


def forecast_chart(
    periods: Iterable[tuple[str, Any, Any, Any]],
    *,
    target: Any = None,
    actual: Iterable[tuple[str, Any]] = (),
    title: str = "Forecast",
) -> Chart:
    """Draw what is expected of each period, with its interval; a target, and what came, if known.

    Each row is a period, what is expected, and the bounds of the interval, as numbers or Money of one
    currency; `actual` are pairs of a period and what came. Raises `InvalidValue` with the place.
    """
    given = rows("periods", periods, 4, "a period, what is expected, and its low and high bound")
    labels = keyed("periods", given)
    came = {
        named("actual", key): number("actual", each)
        for key, each in rows("actual", actual, 2, "a period, and what came")
    }
    for key in came:
        if key not in labels:
            raise InvalidValue("actual", shown(key), "a period that is forecast")
    wanted = None if target is None else number("target", target)
    values, table = [], []
    for n, (key, row) in enumerate(zip(labels, given, strict=True)):
        middle, low, high = (number(f"periods[{n}][{i}]", row[i]) for i in (1, 2, 3))
        if not low <= high:
            raise InvalidValue(
                f"periods[{n}]", f"{low:g} to {high:g}", "a low bound below the high one"
            )
        values.append(
            {"label": key, "expected": middle, "low": low, "high": high, "came": came.get(key)}
        )
        table.append(
            (
                key,
                written(middle),
                written(low),
                written(high),
                "" if key not in came else written(came[key]),
            )
        )
    x = field("label", "nominal", None, sort=None, axis={"labelAngle": 0, "title": None})
    y = {"axis": {"format": "~s"}, "scale": {"zero": True}}
    layers: list[Spec] = [
        {"mark": {"type": "area", "color": SKY, "opacity": 0.4}, "encoding": {"y": field("low", "quantitative", "expected, with its interval", **y), "y2": {"field": "high"}}},
        {"mark": {"type": "rule", "color": SKY, "strokeWidth": 3}, "encoding": {"y": field("low", "quantitative"), "y2": {"field": "high"}}},
        {"mark": {"type": "line", "color": BLUE, "point": {"color": BLUE, "size": 60}}, "encoding": {"y": field("expected", "quantitative")}},
        {"transform": [{"filter": "datum.came !== null"}], "mark": {"type": "point", "shape": "diamond", "filled": True, "size": 110, "color": RED}, "encoding": {"y": field("came", "quantitative")}},
    ]  # fmt: skip
    for layer in layers:
        layer["encoding"]["x"] = x
    if wanted is not None:
        layers.append(
            {
                "mark": {"type": "rule", "color": INK, "strokeDash": [6, 4]},
                "encoding": {"y": {"datum": wanted}},
            }
        )
        words = {
            "type": "text",
            "align": "left",
            "dx": 4,
            "dy": -7,
            "text": f"target {written(wanted)}",
        }
        layers.append({"mark": words, "encoding": {"x": {"value": 0}, "y": {"datum": wanted}}})
    body = {
        "data": {"values": values}, "width": WIDTH, "height": 240, "layer": layers,
    }  # fmt: skip
    header = ("period", "expected", "low", "high", "came")
    return chart(label("title", title), header, table, body)

"""How values are drawn: axes, labels, and what kinds of charts have in common."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

from leadflow.reporting.charts.chart import Spec
from leadflow.reporting.charts.values import named

WIDTH = 520


STEP = {"step": 30}


ONE: Spec = {"domain": [0, 1]}


def field(field: str, kind: str, title: str | None = None, **more: Any) -> Spec:
    """Encode a field of the values; its name is ours, never a label."""
    return {"field": field, "type": kind, "title": title, **more}


def labels_axis(**more: Any) -> Spec:
    """Put labels on an axis, in the order given."""
    return field(
        "label",
        "nominal",
        sort=None,
        axis={"labelPadding": 8, "ticks": False, "title": None},
        **more,
    )


def _distinct(labels: Sequence[str]) -> list[str]:
    """Tell labels apart that became equal, by a number at their end."""
    taken, found = set(labels), list[str]()
    for each in labels:
        name = each
        if each in found:
            others = (f"{each} ({number})" for number in count(2))
            name = next(other for other in others if other not in taken)
            taken.add(name)
        found.append(name)
    return found


def keyed(where: str, given: Sequence[tuple[Any, ...]]) -> list[str]:
    """Take the labels of rows, each told apart from the others."""
    return _distinct([named(f"{where}[{place}][0]", row[0]) for place, row in enumerate(given)])


def counts_axis(values: Sequence[float]) -> Spec:
    """Put whole numbers alone on the axis of counts, however small they are."""
    few = 5
    return {"format": ",d", "tickCount": min(few, int(max([*values, 1])))}


def shares_axis() -> Spec:
    """Write shares in per cent on an axis."""
    return {"format": ".0%", "tickCount": 3}


def rows_of(labels: Sequence[str]) -> Spec:
    """Put one small chart beneath the other, each under its label, in the order given."""
    header = {"labelAngle": 0, "labelOrient": "top", "title": None}
    return {"row": field("label", "nominal", None, sort=list(labels), header=header)}

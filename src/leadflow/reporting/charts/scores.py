"""The chart of scores: how they are distributed among leads won, lost and open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from leadflow.errors import InvalidValue, shown
from leadflow.reporting.charts.chart import BLUE, ORANGE, SKY, Chart, chart
from leadflow.reporting.charts.encoding import WIDTH, field, rows_of, shares_axis
from leadflow.reporting.charts.values import MOST
from leadflow.shares import percent
from leadflow.values import label, listed, whole

_OUTCOMES = (("won", BLUE), ("lost", ORANGE), ("open", SKY))


def score_chart(
    scores: Iterable[tuple[int, str]], *, bins: int = 10, title: str = "Scores by outcome"
) -> Chart:
    """Draw how scores are distributed among leads won, lost and open.

    Each pair is a score and an outcome: won, lost or open. Each outcome has its own share of 100 %, in
    `bins` classes of equal width (10 unless given, 50 at most). Raises `InvalidValue` with the place.
    """
    classes = whole("bins", bins, least=1)
    if classes > MOST - 10:
        raise InvalidValue("bins", shown(bins), f"a whole number of at most {MOST - 10}")
    found: dict[str, list[int]] = {outcome: [] for outcome, _ in _OUTCOMES}
    for place, pair in enumerate(listed("scores", scores)):
        if not isinstance(pair, tuple | list) or len(pair) != 2:  # noqa: PLR2004 (a pair)
            raise InvalidValue(f"scores[{place}]", shown(pair), "a score and an outcome")
        points, outcome = whole(f"scores[{place}][0]", pair[0]), pair[1]
        if outcome not in found:
            raise InvalidValue(f"scores[{place}][1]", shown(outcome), "won, lost or open")
        found[outcome].append(points)
    every = [points for group in found.values() for points in group]
    edges = _edges(every, classes)
    values, table = [], []
    for outcome, group in found.items():
        for low, high in edges if group else []:
            count = sum(low <= points < high for points in group)
            part = count / len(group)
            name = f"{outcome} ({len(group):,})"
            values.append(
                {"label": name, "outcome": outcome, "low": low, "high": high, "value": part}
            )
            table.append((outcome, f"{low:,} to {high - 1:,}", f"{count:,}", percent(part)))
    outcomes = [outcome for outcome, _ in _OUTCOMES]
    colours = {"domain": outcomes, "range": [colour for _, colour in _OUTCOMES]}
    body = {
        "data": {"values": values},
        "facet": rows_of(list(dict.fromkeys(str(value["label"]) for value in values))),
        "spec": {
            "width": WIDTH, "height": 110, "mark": {"type": "bar", "binSpacing": 1},
            "encoding": {
                "x": field("low", "quantitative", "points", bin="binned"), "x2": {"field": "high"},
                "y": field("value", "quantitative", None, axis=shares_axis()),
                "color": field("outcome", "nominal", scale=colours, legend=None),
            },
        },
        "spacing": 12,
    }  # fmt: skip
    return chart(label("title", title), ("outcome", "points", "leads", "share"), table, body)


def _edges(scores: Sequence[int], classes: int) -> list[tuple[int, int]]:
    """Part the scores into classes of one width, the last one up to the highest."""
    if not scores:
        return []
    low, high = min(scores), max(scores)
    width = max(1, -(-(high - low + 1) // classes))
    return [(start, start + width) for start in range(low, high + 1, width)]

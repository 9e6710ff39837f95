"""Deals by stage, and those closest to closing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import attrs

from leadflow.markup import aligned, table
from leadflow.money import Money, Rates, priced
from leadflow.pipeline.metrics.history import History, Track
from leadflow.pipeline.metrics.rates import Worth, worth
from leadflow.pipeline.stage import Stage
from leadflow.shares import percent
from leadflow.values import instance, whole

_STAGES = ("stage", "deals", "value", "chance")
_CLOSEST = ("deal", "owner", "stage", "value", "chance", "due")


@attrs.frozen
class StageValue:
    """How many deals stand in a stage, and what they are worth."""

    stage: Stage
    deals: int
    worth: Worth

    def cells(self) -> tuple[str, ...]:
        """Write it as the cells of a table."""
        value = "no data" if self.worth.total is None else priced(self.worth.total)
        return (self.stage.label, f"{self.deals:,}", value, percent(self.stage.probability))

    def figures(self) -> tuple[object, ...]:
        """Return the figures of the cells, not written yet."""
        return (self.stage.label, self.deals, self.worth.total, self.stage.probability)


@attrs.frozen(repr=False)
class StageValues:
    """The stages in the order of the pipeline, each with its deals and their value."""

    rows: tuple[StageValue, ...]

    def header(self) -> tuple[str, ...]:
        """Name the columns."""
        return _STAGES

    def explain(self) -> str:
        """Show them as a table for a terminal."""
        return "\n".join(aligned(_STAGES, [row.cells() for row in self.rows]))

    def __str__(self) -> str:
        return self.explain()

    def __repr__(self) -> str:
        return f"StageValues({sum(row.deals for row in self.rows):,} deals)"

    def _repr_html_(self) -> str:
        return table("deals by stage", _STAGES, [row.cells() for row in self.rows])


def stage_values(history: History, *, rates: Rates | None = None) -> StageValues:
    """Tell how many deals stand in each stage, closed ones included, and what they are worth.

    A deal stands in the stage it entered last. Several currencies need `rates`; raises
    `MixedCurrencies`.

    >>> from datetime import UTC
    >>> from leadflow.pipeline import Pipeline
    >>> steps = [Stage("offer", "Offer", probability=0.5), Stage("won", "Won", kind="won")]
    >>> rows = [{"id": "1", "stage": "offer", "value": Money(900, "EUR")}]
    >>> at = datetime(2026, 3, 2, tzinfo=UTC)
    >>> print(stage_values(History.of_rows(rows, Pipeline.linear("sales", steps), as_of=at)))
    stage  deals    value   chance
    Offer      1  900 EUR   50.0 %
    Won        0  no data  100.0 %
    """
    instance(History)["check"]("history", history)
    standing: dict[str, list[Track]] = {stage.key: [] for stage in history.pipeline.stages}
    for track in history:
        if track.stage is not None:
            standing[track.stage].append(track)
    rows = (
        StageValue(stage, len(tracks), worth([track.value for track in tracks], rates))
        for stage, tracks in zip(history.pipeline.stages, standing.values(), strict=True)
    )
    return StageValues(tuple(rows))


@attrs.frozen
class Deal:
    """An open deal: where it stands, what it is worth, its chance to be won, and when it is due."""

    id: str
    owner: str | None
    stage: Stage
    value: Money | None
    chance: float | None
    due: date | None

    def cells(self) -> tuple[str, ...]:
        """Write it as the cells of a table."""
        value = "no data" if self.value is None else priced(self.value)
        due = "" if self.due is None else self.due.isoformat()
        return (self.id, self.owner or "", self.stage.label, value, percent(self.chance), due)

    def figures(self) -> tuple[object, ...]:
        """Return the figures of the cells, not written yet."""
        return (self.id, self.owner, self.stage.label, self.value, self.chance, self.due)


@attrs.frozen(repr=False)
class Closest:
    """The open deals closest to closing, the closest first."""

    deals: tuple[Deal, ...]

    def header(self) -> tuple[str, ...]:
        """Name the columns."""
        return _CLOSEST

    def explain(self) -> str:
        """Show them as a table for a terminal."""
        return "\n".join(aligned(_CLOSEST, [deal.cells() for deal in self.deals]))

    def __str__(self) -> str:
        return self.explain()

    def __repr__(self) -> str:
        return f"Closest({len(self.deals)} deals)"

    def _repr_html_(self) -> str:
        return table("closest to closing", _CLOSEST, [deal.cells() for deal in self.deals])


def chance(track: Track, stage: Stage) -> float | None:
    """Tell the chance of winning an open deal: its own, else that of its stage; None if not known.

    >>> chance(
    ...     Track("1", None, (), "open", None, None, 0.4, {}), Stage("offer", probability=0.5)
    ... )
    0.4
    """
    return stage.probability if track.probability is None else track.probability


def closest(history: History, *, most: int = 10) -> Closest:
    """List the open deals that are closest to closing, at most so many.

    The most likely come first; of equals, those further on in the pipeline, those due first, the
    largest (in one currency), and by id. Raises `InvalidValue`.
    """
    instance(History)["check"]("history", history)
    limit = whole("most", most, least=1)
    place = {stage.key: (n, stage) for n, stage in enumerate(history.pipeline.stages)}
    open_ = [track for track in history if track.outcome == "open" and track.stage is not None]
    currencies = {track.value.currency for track in open_ if track.value is not None}

    def turn(track: Track) -> tuple[object, ...]:
        number, stage = place[track.entries[-1].stage]
        likely = chance(track, stage)
        due, value = _due(track), track.value if len(currencies) == 1 else None
        size = 0 if value is None else value.amount
        return (-1.0 if likely is None else -likely - 2, -number, due or date.max, -size, track.id)

    ordered: Sequence[Track] = sorted(open_, key=turn)[:limit]
    return Closest(tuple(_deal(track, place[track.entries[-1].stage][1]) for track in ordered))


def _due(track: Track) -> date | None:
    due = track.facts.get("due")
    if isinstance(due, datetime):
        return due.date()
    return due if isinstance(due, date) else None


def _deal(track: Track, stage: Stage) -> Deal:
    owner = track.facts.get("owner")
    name = owner if isinstance(owner, str) else None
    return Deal(track.id, name, stage, track.value, chance(track, stage), _due(track))

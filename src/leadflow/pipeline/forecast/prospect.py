"""What each open lead brings into a forecast: its amount, and its chance in each period."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Literal, NamedTuple, TypeAlias

from leadflow.errors import InvalidValue, shown
from leadflow.period import Period
from leadflow.pipeline.forecast.chain import DAY
from leadflow.pipeline.forecast.correction import Gap, prospects
from leadflow.pipeline.forecast.learned import Learned
from leadflow.pipeline.forecast.pricing import Pricing
from leadflow.pipeline.metrics.history import History, Track

Place: TypeAlias = Literal["listed", "later", "undated", "no chance"]
_MIDNIGHT = time(tzinfo=UTC)


class Prospect(NamedTuple):
    """An open lead of a forecast.

    `chances` are those of being won in each period. `place` says whether it counts there (listed),
    or lies after the last period (later), has no date or age (undated), or no probability (no
    chance); `chance` is that of being won at all, 0 where it is not known. `is_own` says that a
    forecast from history keeps the lead's own.
    """

    track: Track
    amount: Decimal | None
    chances: tuple[float, ...]
    place: Place
    chance: float
    is_own: bool = False


def by_probability(
    history: History, ahead: Sequence[Period], pricing: Pricing
) -> Iterator[Prospect]:
    """Put each open lead into the period in which it is due, with its probability."""
    known = {stage.key: stage.probability for stage in history.pipeline.stages}
    none = (0.0,) * len(ahead)
    for track in history:
        if track.is_closed:
            continue
        amount, chance = pricing.open(track), track.probability
        if chance is None and track.stage is not None:
            chance = known[track.stage]
        day = due(track)
        if chance is None:
            yield Prospect(track, amount, none, "no chance", 0.0)
        elif day is None:
            yield Prospect(track, amount, none, "undated", chance)
        else:
            yield _dated(track, amount, chance, day, ahead)


def _dated(
    track: Track, amount: Decimal | None, chance: float, day: date, ahead: Sequence[Period]
) -> Prospect:
    for place, period in enumerate(ahead):
        if day < period.end:
            chances = [0.0] * len(ahead)
            chances[place] = chance
            return Prospect(track, amount, tuple(chances), "listed", chance)
    return Prospect(track, amount, (0.0,) * len(ahead), "later", chance)


def by_history(
    history: History,
    ahead: Sequence[Period],
    pricing: Pricing,
    learned: Learned,
    *,
    own: bool,
) -> Iterator[Prospect]:
    """Give each open lead the chances of its stage and age; with `own`, its own where it has them."""
    open_ones = [track for track in history if not track.is_closed]
    found = prospects(learned, open_ones, gaps(history, ahead))
    for track, chances in zip(open_ones, found, strict=True):
        amount, day, chance = pricing.open(track), due(track), track.probability
        if own and day is not None and chance is not None:
            yield _dated(track, amount, chance, day, ahead)._replace(is_own=True)
        elif chances is None:
            yield Prospect(track, amount, (0.0,) * len(ahead), "undated", 0.0)
        else:
            yield Prospect(track, amount, chances, "listed", sum(chances))


def gaps(history: History, ahead: Sequence[Period]) -> tuple[Gap, ...]:
    """Tell the days from now to each period's begin and end.

    Where closings are dates, midnights in UTC, a period ends with its last one, and that of today is
    over.
    """
    now, closings = history.as_of, [t.closed_at for t in history if t.closed_at is not None]
    if closings and all(
        at.astimezone(UTC).time() == _MIDNIGHT.replace(tzinfo=None) for at in closings
    ):
        ends = [float((each.end - now.astimezone(UTC).date()).days - 1) for each in ahead]
    else:
        ends = [(datetime.combine(each.end, _MIDNIGHT) - now) / DAY for each in ahead]
    return tuple(zip((0.0, *ends), ends, strict=False))


def due(track: Track) -> date | None:
    """Tell when a lead is due: its field `due`, a date or an instant (in UTC)."""
    found = track.facts.get("due")
    if isinstance(found, datetime):
        return found.astimezone(UTC).date()
    if found is None or isinstance(found, date):
        return found
    raise InvalidValue(f"lead {track.id!r} due", shown(found), "a date")

"""Win rates: of the deals that a rep closed, how many were won, and how far to trust so few."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from fractions import Fraction
from functools import cached_property
from typing import Any, TypeAlias

import attrs

from leadflow.errors import InvalidValue, shown
from leadflow.lead import Lead, seen
from leadflow.markup import aligned, counted, table
from leadflow.values import EMPTY, NAME, Frozen, checks, half_up, instant, listed, name, text, whole

Tally: TypeAlias = tuple[int, int]
"""The deals won, and all that were closed."""

_NO_SEGMENT = ""
_EVEN = Fraction(1, 2)
_ROWS = 100
_HEADER = ("rep", "segment", "won", "closed", "won of closed", "rate")


def _counts(where: str, values: object) -> Frozen[Frozen[Tally]]:
    found = {}
    for rep, segments in _mapping(where, values, "a mapping of reps to segments").items():
        key = name(f"{where} rep", rep)
        place = f"{where}.{key}"
        if key in found:
            raise InvalidValue(place, "the same rep again", "each rep once")
        tallies = _mapping(place, segments, "a mapping of segments to (won, closed)")
        found[key] = Frozen({text(place, word): _tally(place, t) for word, t in tallies.items()})
    return Frozen(found)


def _mapping(where: str, value: object, expected: str) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        raise InvalidValue(where, shown(value), expected)
    return value


def _tally(where: str, value: object) -> Tally:
    expected = "two numbers: the deals won, and all closed"
    pair = tuple(value) if isinstance(value, list | tuple) else ()
    if len(pair) != len(("won", "closed")):
        raise InvalidValue(where, shown(value), expected)
    won, closed = (whole(where, number, least=0) for number in pair)
    if won > closed:
        raise InvalidValue(where, f"{won:,} won of {closed:,}", expected)
    return won, closed


def _prior(where: str, value: object) -> int:
    return whole(where, value, least=0)


@attrs.frozen(field_transformer=checks)
class WinRates:
    """How many deals each rep won and closed, by segment, and the rates that follow.

    `counts` holds by rep and segment how many deals were won, and how many were closed; a deal
    without a segment stands under "". `by` names the lead's field that holds the segment. `measured`
    counts from leads.

    Few deals say little, so each rate leans towards what is known more widely, as if `prior` deals
    with the wider rate had been closed besides: ``(won + prior * wider) / (closed + prior)``. The
    wider rate of a segment is the rep's own, that of a rep the rate of all, that of all one half.
    With a prior of 0 nothing leans, and the wider rate stands only where nothing was closed. This is
    the m-estimate of Cestnik (1990), additive smoothing whose mean is estimated from all, as in
    empirical Bayes (Efron and Morris 1975). Rates are exact fractions.

    Raises `InvalidValue`, naming the place.

    >>> rates = WinRates({"ada": {"": (8, 10)}, "bo": {"": (0, 0)}}, prior=10)
    >>> print(rates.rate("ada"), rates.rate("bo"))
    29/40 13/20
    """

    counts: Mapping[str, Mapping[str, Tally]] = attrs.field(
        default=EMPTY, metadata={"check": _counts}, repr=shown
    )
    by: str | None = attrs.field(default=None, kw_only=True, metadata=NAME)
    prior: int = attrs.field(default=10, kw_only=True, metadata={"check": _prior})

    @classmethod
    def measured(
        cls, leads: Iterable[Lead], *, as_of: datetime, by: str | None = None, prior: int = 10
    ) -> WinRates:
        """Count the deals that stand as won or lost at an instant, by who owned them when closed.

        The disposition that stands decides. Other outcomes (qualified, unqualified, removed,
        converted) are no deals, and a deal without an owner counts for nobody. The owner and the
        segment are those of the instant of the disposition. A number or a date in the field `by`
        counts as its text, empty text as no segment.

        Raises `InvalidValue` for what is no lead and `NaiveDatetime` for an instant without a zone.

        >>> from datetime import UTC
        >>> from leadflow.events import Disposition
        >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
        >>> deal = Lead("L-7", owner="ada", fields={"region": "PL"}).after(Disposition("won", noon))
        >>> WinRates.measured([deal], as_of=noon, by="region").counts
        {'ada': {'PL': (1, 1)}}
        """
        moment = instant("as_of", as_of)
        field = None if by is None else name("WinRates.by", by)
        won: Counter[tuple[str, str]] = Counter()
        closed: Counter[tuple[str, str]] = Counter()
        for lead in listed("leads", leads):
            for place, is_won in _deal(lead, moment, field):
                closed[place] += 1
                won[place] += is_won
        counts: dict[str, dict[str, Tally]] = {}
        for rep, segment in sorted(closed):
            place = (rep, segment)
            counts.setdefault(rep, {})[segment] = (won[place], closed[place])
        return cls(counts, by=field, prior=prior)

    def segment_of(self, lead: Lead) -> str | None:
        """Tell the segment of a lead as it stands; None where there is none.

        Raises `InvalidValue` for what is no lead.

        >>> WinRates(by="region").segment_of(Lead("L-7", fields={"region": "PL"}))
        'PL'
        """
        if not isinstance(lead, Lead):
            raise InvalidValue("lead", shown(lead), "a Lead")
        return _segment(lead, self.by) or None

    @cached_property
    def overall(self) -> Fraction:
        """The rate of all reps together."""
        return self._leaning(self._all, _EVEN)

    def rate(self, rep: str, segment: str | None = None) -> Fraction:
        """Return the rate of a rep, in all or in a segment, between 0 and 1.

        A rep, or a segment, of which nothing is known has the wider rate. Raises `InvalidValue` for
        a blank id.

        >>> rates.rate("somebody new") == rates.overall
        True
        """
        word = _NO_SEGMENT if segment is None else text("segment", segment)
        own = self._rates.get(name("rep", rep))
        return self.overall if own is None else own.get(word, own[_NO_SEGMENT])

    @cached_property
    def _rates(self) -> dict[str, dict[str, Fraction]]:
        """The rates of each rep by segment, and under "" in all."""
        found = {}
        for rep, segments in self.counts.items():
            own = self._leaning(_added(segments.values()), self.overall)
            found[rep] = {word: self._leaning(tally, own) for word, tally in segments.items()}
            found[rep][_NO_SEGMENT] = own
        return found

    @cached_property
    def _all(self) -> Tally:
        return _added(_added(segments.values()) for segments in self.counts.values())

    def _leaning(self, tally: Tally, wider: Fraction) -> Fraction:
        won, closed = tally
        weight = closed + self.prior
        return (won + self.prior * wider) / weight if weight else wider

    def _rows(self) -> Iterator[tuple[object, ...]]:
        yield ("all", "", *self._all, _part(self._all), _percent(self.overall))
        for rep in sorted(self.counts):
            segments = self.counts[rep]
            own = _added(segments.values())
            yield (rep, "", *own, _part(own), _percent(self.rate(rep)))
            for word in sorted(filter(None, segments)):
                tally = segments[word]
                yield ("", word, *tally, _part(tally), _percent(self.rate(rep, word)))

    def _shown(self) -> tuple[str, list[tuple[object, ...]]]:
        won, closed = self._all
        by = f", by {self.by}" if self.by else ""
        head = f"{won:,} of {counted(closed, 'deal')} won{by}; prior {self.prior:,}"
        rows = list(self._rows())
        more = f"; the first {_ROWS} rows" if len(rows) > _ROWS else ""
        return head + more, rows[:_ROWS]

    def __str__(self) -> str:
        head, rows = self._shown()
        return "\n".join((head, *aligned(_HEADER, rows)))

    def _repr_html_(self) -> str:
        head, rows = self._shown()
        return table(head, _HEADER, rows)


def _deal(lead: Lead, as_of: datetime, by: str | None) -> Iterator[tuple[tuple[str, str], bool]]:
    """Yield whose deal it was, in which segment, and whether it was won; nothing for no deal."""
    past, _ = seen(lead, as_of)
    standing = past.disposition
    if standing is not None and standing.outcome in ("won", "lost"):
        then = past.rewind(standing.at)
        if then.owner is not None:
            yield (then.owner, _segment(then, by)), standing.outcome == "won"


def _segment(lead: Lead, by: str | None) -> str:
    value = None if by is None else lead.values.get(by)
    return _NO_SEGMENT if value is None else str(value)


def _added(tallies: Iterable[Tally]) -> Tally:
    won, closed = zip((0, 0), *tallies, strict=True)
    return sum(won), sum(closed)


def _part(tally: Tally) -> str:
    won, closed = tally
    return _percent(Fraction(won, closed)) if closed else ""


def _percent(share: Fraction) -> str:
    tenths = half_up(1_000 * share.numerator, share.denominator)
    return f"{tenths // 10}.{tenths % 10} %"

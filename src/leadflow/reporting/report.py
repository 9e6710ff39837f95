"""The report: the goals of a period with their change, where leads wait, what comes, who does what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, TypeAlias

import attrs

from leadflow.errors import InvalidValue, did_you_mean, shown
from leadflow.markup import aligned, counted, table
from leadflow.money import Money, priced
from leadflow.period import Period
from leadflow.pipeline.metrics.responses import in_minutes
from leadflow.pipeline.metrics.times import in_days
from leadflow.shares import Share, percent, points

Figure: TypeAlias = Money | Share | Decimal | int | float | None
Kind: TypeAlias = Literal["number", "share", "money", "days", "minutes"]
_SHOWN = 20
Way: TypeAlias = Literal["up", "down", "none"]
"""Whether more is better, less is better, or neither."""


def written(value: Figure, kind: Kind) -> str:
    """Write a figure for people; None is "no data".

    >>> written(Share(1, 4), "share"), written(12.345, "days"), written(1200, "number")
    ('25.0 % (4.6 to 69.9 %; 1 of 4)', '12.3 days', '1,200')
    """
    if value is None:
        return "no data"
    if isinstance(value, Money):
        return priced(value)
    if isinstance(value, Share):
        return str(value)
    match kind:
        case "share":
            return percent(float(value))
        case "days":
            return in_days(float(value))
        case "minutes":
            return in_minutes(float(value))
        case _:
            return f"{value:,}" if isinstance(value, int) else f"{float(value):,.2f}"


def plain(value: object) -> Any:
    """Turn a figure into plain data for JSON: money as text, a share with its counts and interval.

    >>> plain(Money("12.50", "EUR")), plain(None), plain((1, 2))
    ('12.50 EUR', None, [1, 2])
    >>> plain(Share(0, 0))
    {'value': None, 'hits': 0, 'of': 0, 'low': None, 'high': None}
    """
    if isinstance(value, Share):
        return {key: getattr(value, key) for key in ("value", "hits", "of", "low", "high")}
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def changed(now: Figure, before: Figure) -> str:
    """Say how a figure changed: shares in points, all else in per cent of what it was.

    Nothing is said where one of the two is not known, or where there was nothing to begin with.

    >>> changed(15, 10), changed(Share(1, 2), Share(1, 4)), changed(1, None)
    ('+50.0 %', '+25.0 points', '')
    """
    if isinstance(now, Share) and isinstance(before, Share):
        if now.value is None or before.value is None:
            return ""
        return points(now.value - before.value)
    new, old = _number(now), _number(before)
    if new is None or not old:
        return ""
    if isinstance(now, Money) and isinstance(before, Money) and now.currency != before.currency:
        return ""
    return f"{(new - old) / old:+.1%}".replace("%", " %")


def _number(value: Figure) -> float | None:
    if value is None or isinstance(value, Share):
        return None
    return float(value.amount if isinstance(value, Money) else value)


@attrs.frozen
class Headline:
    """A goal of the period: its figure, that of the period before, and which way is better.

    `now` and `before` are None where there is no data.
    """

    name: str
    now: Figure
    before: Figure
    kind: Kind = "number"
    better: Way = "up"

    @property
    def change(self) -> str:
        """How it changed, in words; empty where that cannot be said."""
        return changed(self.now, self.before)

    @property
    def is_better(self) -> bool | None:
        """Whether it changed for the better; None where it did not, or nobody can say."""
        change = self.change
        if not change or self.better == "none" or not change.strip("+-0. %points"):
            return None
        return change.startswith("+") == (self.better == "up")

    def cells(self) -> tuple[str, ...]:
        """Write it as the cells of a table."""
        now, before = written(self.now, self.kind), written(self.before, self.kind)
        return (self.name, now, before, self.change)

    def plain(self) -> dict[str, Any]:
        """Return it as plain data."""
        figures = {"now": plain(self.now), "before": plain(self.before)}
        return {"name": self.name, **figures, "kind": self.kind, "change": self.change}


@attrs.frozen
class Part:
    """A table of the report, with what it says in sentences before it.

    `bars` hold, for each row, a length between 0 and 1 to draw beside it; empty where none is drawn.
    A page, a terminal and a notebook show 20 rows, `noun` each, and say how many more there are.
    `figures` are the rows before they were written for people, None where there is no data.
    """

    title: str
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    says: tuple[str, ...] = ()
    bars: tuple[float, ...] = ()
    noun: str = "row"
    figures: tuple[tuple[object, ...], ...] = ()

    @property
    def shown(self) -> Part:
        """The part as it is shown: with its first rows, and a word on the others."""
        more = len(self.rows) - _SHOWN
        if more <= 0:
            return self
        says = (*self.says, f"and {counted(more, f'more {self.noun}')}")
        rows, figures, bars = self.rows[:_SHOWN], self.figures[:_SHOWN], self.bars[:_SHOWN]
        return attrs.evolve(self, rows=rows, says=says, bars=bars, figures=figures)

    def plain(self) -> dict[str, Any]:
        """Return it as plain data: all rows, as figures by the names of their columns."""
        rows = [dict(zip(self.header, map(plain, row), strict=True)) for row in self.figures]
        return {"title": self.title, "says": list(self.says), "rows": rows}


@attrs.frozen
class Section:
    """A chapter of the report: its key, its title and its tables."""

    key: str
    title: str
    parts: tuple[Part, ...]


@attrs.frozen(repr=False)
class Report:
    """A report on a period: headline goals with their change, and sections of tables.

    ``report["funnel"]`` finds a section. `str` is the report for a terminal, a notebook shows it in
    HTML, `plain` returns it for JSON, and `leadflow.reporting.page` makes a page of it.
    """

    title: str
    period: Period
    as_of: datetime
    compared: str
    headlines: tuple[Headline, ...]
    sections: tuple[Section, ...]

    def __getitem__(self, key: str) -> Section:
        """Return a section; raises `InvalidValue` with the closest key."""
        for section in self.sections:
            if section.key == key:
                return section
        hint = did_you_mean(str(key), [section.key for section in self.sections])
        raise InvalidValue("report", shown(key), "the key of a section", hint)

    def plain(self) -> Mapping[str, Any]:
        """Return the report as plain data, ready for JSON."""
        return {
            "title": self.title,
            "period": str(self.period),
            "as_of": self.as_of.isoformat(),
            "compared": self.compared,
            "headlines": [headline.plain() for headline in self.headlines],
            "sections": {s.key: [part.plain() for part in s.parts] for s in self.sections},
        }

    def explain(self) -> str:
        """Show the whole report as text for a terminal."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"{self.title}, {self.period} (as of {self.as_of.isoformat(' ')[:16]} UTC)"
        yield self.compared
        yield ""
        yield from aligned(("", "now", "before", "change"), [h.cells() for h in self.headlines])
        for section in self.sections:
            yield ""
            yield section.title.upper()
            for part in (each.shown for each in section.parts):
                yield ""
                yield part.title
                yield from part.says
                if part.rows:
                    yield from aligned(part.header, part.rows)

    def __str__(self) -> str:
        return self.explain()

    def __repr__(self) -> str:
        return f"Report({shown(self.title)}, {self.period}, {len(self.sections)} sections)"

    def _repr_html_(self) -> str:
        head = table(
            f"{self.title}, {self.period}",
            ("", "now", "before", "change"),
            [headline.cells() for headline in self.headlines],
        )
        parts = [
            table(" ".join((f"{section.title}: {part.title}.", *part.says)), part.header, part.rows)
            for section in self.sections
            for part in (each.shown for each in section.parts)
        ]
        return head + "".join(parts)

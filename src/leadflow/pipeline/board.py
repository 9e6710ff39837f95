"""The board: where every lead stands, as text and as HTML."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

import attrs

from leadflow.errors import InvalidValue, printable, shown
from leadflow.lead import Lead, seen
from leadflow.markup import counted, escape, fit, width
from leadflow.money import Money, Rates, priced, total
from leadflow.pipeline.pipeline import Pipeline
from leadflow.pipeline.stage import Stage
from leadflow.values import instant, listed

_SHOWN = 10
"""Leads that a picture shows of one stage."""
_WIDTH = 60
"""Columns of a terminal for an id, and for a name and company."""
_INVISIBLE = re.compile("([\u200c-\u200f\u061c])")
"""Joiners and marks of direction, which text in some scripts cannot be read without."""
_CELL = 'style="padding:4px 10px;vertical-align:top;text-align:start"'
_Escape: TypeAlias = Callable[[str], str]
_Parts: TypeAlias = Callable[[Lead], tuple[str, str, str]]


@attrs.frozen(repr=False)
class BoardColumn:
    """A stage with the leads that stand in it, and the sum of their deal values.

    `value` holds one sum for each currency, by its code; with rates, one in their base. Leads whose
    deal value is not known add nothing. The leads come by deal value, the largest first, unknown
    last, then by id; by id alone where values in several currencies meet without rates.
    """

    stage: Stage
    leads: tuple[Lead, ...]
    value: tuple[Money, ...]

    @property
    def worth(self) -> str:
        """The value in words, such as "12,000 EUR + 3,000 USD"; empty if no value is known."""
        return " + ".join(map(priced, self.value))

    @property
    def summary(self) -> str:
        """How many leads, and their value, in words."""
        return so_many(len(self.leads)) + (f", {self.worth}" if self.value else "")

    def __repr__(self) -> str:
        return f"BoardColumn({shown(self.stage.key)}, {so_many(len(self.leads))})"


@attrs.frozen(repr=False)
class Board:
    """Where every lead stands: the stages of a pipeline in their order, and who is in none of them.

    `elsewhere` holds, by id, the leads that stand in another pipeline, in a stage that is not there,
    or nowhere. `str` is a picture for the terminal.
    """

    pipeline: Pipeline
    columns: tuple[BoardColumn, ...]
    elsewhere: tuple[Lead, ...]

    @property
    def astray(self) -> str:
        """How many leads stand elsewhere, and where, in words; empty if there are none."""
        where = Counter(_whereabouts(lead, self.pipeline) for lead in self.elsewhere)
        parts = ", ".join(f"{count:,} {words}" for words, count in sorted(where.items()))
        return f"elsewhere: {so_many(len(self.elsewhere))}, {parts}" if parts else ""

    def __repr__(self) -> str:
        leads = so_many(sum(len(column.leads) for column in self.columns))
        return f"Board({shown(self.pipeline.key)}, {leads}, {len(self.elsewhere):,} elsewhere)"

    def __str__(self) -> str:
        lines = [f"pipeline {self.pipeline.label}"]
        for column in self.columns:
            lines += ["", column.stage.label, f"  {column.summary}", *_lines(column.leads)]
        if self.elsewhere:
            lines += ["", self.astray, *_lines(self.elsewhere, _placed)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        labels = [_kept(column.stage.label, escape) for column in self.columns]
        sums = [escape(column.summary) for column in self.columns]
        cards = ["".join(_cards(column.leads)) for column in self.columns]
        head = "".join(f'<th scope="col" dir="auto" {_CELL}>{label}</th>' for label in labels)
        rows = "".join(
            "<tr>" + "".join(f"<td {_CELL}>{cell}</td>" for cell in row) + "</tr>"
            for row in (sums, cards)
        )
        astray = f"<p>{escape(self.astray)}</p>" if self.elsewhere else ""
        return (
            f'<table><caption dir="auto">{_kept(self.pipeline.label, escape)}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
            f"{astray}{''.join(_cards(self.elsewhere, _placed))}"
        )


def board(
    pipeline: Pipeline,
    leads: Iterable[Lead],
    *,
    rates: Rates | None = None,
    as_of: datetime | None = None,
) -> Board:
    """Show where every lead stands in a pipeline: as it is, or with `as_of` as it was at an instant.

    A lead that names no pipeline counts on the board of every pipeline that has its stage. Deal
    values in several currencies are added up side by side, with `rates` in their base. The order of
    the leads does not matter. Raises `InvalidValue` for what is no pipeline, lead or rates, and for
    a currency without a rate; `LimitExceeded` for a sum beyond the limits; `NaiveDatetime`.

    >>> steps = [Stage("new", "New"), Stage("won", "Won", kind="won")]
    >>> leads = [
    ...     Lead("L-1", stage="new", fields={"name": "Ada Lovelace"}),
    ...     Lead("L-2", stage="new", deal_value=Money(12_000, "EUR")),
    ...     Lead("L-3", stage="nurturing"),
    ... ]
    >>> print(board(Pipeline.linear("sales", steps), leads))
    pipeline sales
    <BLANKLINE>
    New
      2 leads, 12,000 EUR
      L-2  12,000 EUR
      L-1           -  Ada Lovelace
    <BLANKLINE>
    Won
      no leads
    <BLANKLINE>
    elsewhere: 1 lead, 1 in a stage that is not there
      L-3  -  stage nurturing
    """
    if not isinstance(pipeline, Pipeline):
        raise InvalidValue("pipeline", shown(pipeline), "a Pipeline")
    if not isinstance(rates, Rates | None):
        raise InvalidValue("rates", shown(rates), "Rates", "Rates('EUR', {'USD': ...})")
    moment = None if as_of is None else instant("as_of", as_of)
    standing: dict[str, list[Lead]] = {stage.key: [] for stage in pipeline.stages}
    elsewhere: list[Lead] = []
    for lead in listed("leads", leads):
        past = lead if moment is None else seen(lead, moment)[0]
        stage = pipeline.stage_of(past)
        (elsewhere if stage is None else standing[stage.key]).append(past)
    columns = (_column(stage, standing[stage.key], rates) for stage in pipeline.stages)
    return Board(pipeline, tuple(columns), tuple(sorted(elsewhere, key=lambda lead: lead.id)))


def _column(stage: Stage, leads: Sequence[Lead], rates: Rates | None) -> BoardColumn:
    values = [lead.deal_value for lead in leads if lead.deal_value is not None]
    sums = _sums(values, rates)
    comparable = len(sums) <= 1

    def place(lead: Lead) -> tuple[bool, Decimal, str]:
        value = lead.deal_value if comparable else None
        if value is None:
            return (True, Decimal(), lead.id)
        if rates is not None:
            value = rates.convert(value, rates.base)
        return (False, value.amount.copy_negate(), lead.id)

    return BoardColumn(stage, tuple(sorted(leads, key=place)), sums)


def _sums(values: Iterable[Money], rates: Rates | None) -> tuple[Money, ...]:
    by_currency: dict[str, list[Money]] = {}
    for value in values:
        currency = value.currency if rates is None else rates.base
        by_currency.setdefault(currency, []).append(value)
    return tuple(total(by_currency[code], rates) for code in sorted(by_currency))


def so_many(leads: int) -> str:
    """Say how many leads.

    >>> so_many(0), so_many(1), so_many(1200)
    ('no leads', '1 lead', '1,200 leads')
    """
    return counted(leads, "lead") if leads else "no leads"


def _whereabouts(lead: Lead, pipeline: Pipeline) -> str:
    if lead.pipeline not in (None, pipeline.key):
        return "in another pipeline"
    return "in no stage" if lead.stage is None else "in a stage that is not there"


# --- leads in words ---


def _worth(lead: Lead) -> str:
    return "-" if lead.deal_value is None else priced(lead.deal_value)


def _named(lead: Lead) -> tuple[str, str, str]:
    """Return a lead's id, deal value, and name and company as far as they are known."""
    about = [" ".join(str(lead.values.get(key, "")).split()) for key in ("name", "company")]
    name = ", ".join(part for part in about if part)
    return fit(lead.id, _WIDTH), _worth(lead), fit(name, _WIDTH)


def _placed(lead: Lead) -> tuple[str, str, str]:
    """Return a lead's id, deal value, and where it stands."""
    stage = "no stage" if lead.stage is None else f"stage {lead.stage}"
    place = stage if lead.pipeline is None else f"pipeline {lead.pipeline}, {stage}"
    return fit(lead.id, _WIDTH), _worth(lead), fit(place, _WIDTH)


def _lines(leads: Sequence[Lead], parts: _Parts = _named) -> Iterator[str]:
    """Show leads in a terminal: the name comes last, whatever direction it runs in."""
    rows = [[_kept(part, printable) for part in parts(lead)] for lead in leads[:_SHOWN]]
    ids = max((width(row[0]) for row in rows), default=0)
    values = max((width(row[1]) for row in rows), default=0)
    for id_, value, about in rows:
        gap, before = " " * (ids - width(id_)), " " * (values - width(value))
        yield f"  {id_}{gap}  {before}{value}  {about}".rstrip()
    yield from (f"  {more}" for more in _more(leads))


def _cards(leads: Sequence[Lead], parts: _Parts = _named) -> Iterator[str]:
    """Show leads in HTML, each in a block of its own."""
    for lead in leads[:_SHOWN]:
        id_, value, about = (_kept(part, escape) for part in parts(lead))
        below = f'<div dir="auto">{about}</div>' if about else ""
        yield f'<div style="margin-bottom:6px"><b dir="auto">{id_}</b> {value}{below}</div>'
    yield from (f"<div>{more}</div>" for more in _more(leads))


def _more(leads: Sequence[Lead]) -> Iterator[str]:
    if len(leads) > _SHOWN:
        yield f"… and {len(leads) - _SHOWN:,} more"


def _kept(text: str, escaped: _Escape) -> str:
    """Escape a text, but for joiners and marks of direction."""
    parts = _INVISIBLE.split(text)
    return "".join(part if _INVISIBLE.match(part) else escaped(part) for part in parts)

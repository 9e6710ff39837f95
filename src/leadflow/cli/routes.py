"""How routed leads are shown and written: who gets which, who is held, and how even it came out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import attrs

from leadflow.cli.output import replaced
from leadflow.cli.ranking import who
from leadflow.cli.screen import Column, Screen, line, table
from leadflow.cli.work import FORMS, when, with_reasons
from leadflow.errors import MixedCurrencies
from leadflow.events import Assignment
from leadflow.lead import Lead
from leadflow.markup import fit, width
from leadflow.routing import Fairness, Held, Roster, Routed, fairness
from leadflow.serialization.tables import write_scores

_LEAD = Column("lead", at_most=200)
_READABLE = 40
"""So many columns a reason takes at least; where fewer are left, it stands beneath."""


def heading(routed: Routed, leads: str) -> str:
    """Say of which leads how many were assigned, and how many are held."""
    return f"{leads}: {len(routed.assignments):,} assigned, {len(routed.held):,} held"


def assigned(routed: Routed, most: int, screen: Screen) -> list[str]:
    """List the first so many assignments: the lead, the rep, the rule, and why this rep."""
    found = list(islice(routed.assignments.items(), most))
    if not found:
        return []
    columns = [_LEAD, Column("rep"), Column("rule", at_most=24)]
    rows = [(lead, each.rep, each.rule or "") for lead, each in found]
    reasons = [why(each) for _, each in found]
    lines = table(columns, rows)
    space = screen.left(lines)
    if space < _READABLE:
        lines = with_reasons(lines, reasons, screen)
    else:
        wide = [(*row, reason) for row, reason in zip(rows, reasons, strict=True)]
        lines = table([*columns, Column("because", at_most=space)], wide)
    return [f"The first {len(found):,} assigned:", *lines]


def why(assignment: Assignment) -> str:
    """Say why this rep, then what came before; the rule's condition is left to the rule's column."""
    *others, last = assignment.because
    return "; ".join([last, *others[:-1]])


def held(routed: Routed, most: int, screen: Screen) -> list[str]:
    """List the first so many that are held and when to ask again, and beneath why."""
    found = routed.held[:most]
    if not found:
        return []
    lines = table([_LEAD, Column("ask again")], [(each.lead, when(each.until)) for each in found])
    reasons = ("; ".join(each.because) for each in found)
    return [f"The first {len(found):,} held:", *with_reasons(lines, reasons, screen)]


def shares(routed: Routed, roster: Roster, screen: Screen) -> list[str]:
    """Say how evenly the leads were shared; values only where there is room for them."""
    given = list(routed.assignments.values())
    if not given:
        return []
    plain = fairness([attrs.evolve(each, value=None) for each in given], roster)
    try:
        found = fairness(given, roster)
    except MixedCurrencies:  # their sum is nobody's to guess
        found = plain
    heads, lines = _parted(found)
    if max(map(width, lines)) > screen.columns:
        _, lines = _parted(plain)
    return ["How evenly they were shared:", *heads, *(fit(each, screen.columns) for each in lines)]


def _parted(found: Fairness) -> tuple[list[str], list[str]]:
    """Part the report into its statements and its table, indented."""
    head, *lines = (line(each) for each in str(found).split("\n"))
    return [f"  {each}" for each in head.split("; ")], [f"  {each}" for each in lines]


def write(target: Path, leads: Iterable[Lead], routed: Routed) -> None:
    """Write what became of each lead as CSV or JSON lines, in the order of the leads."""
    with replaced("--out", target) as stream:
        write_scores(stream, _rows(leads, routed), FORMS[target.suffix.lower()])


def _rows(leads: Iterable[Lead], routed: Routed) -> Iterator[dict[str, object]]:
    waiting = {each.lead: each for each in routed.held}
    for lead in leads:
        yield _row(lead, routed.assignments.get(lead.id) or waiting[lead.id])


def _row(lead: Lead, answer: Assignment | Held) -> dict[str, object]:
    value = lead.deal_value
    given = answer if isinstance(answer, Assignment) else None
    return {
        "lead": lead.id,
        "who": who(lead),
        "rep": given.rep if given else None,
        "rule": answer.rule,
        "strategy": given.strategy if given else None,
        "units": given.units if given else None,
        "turn": given.turn if given else None,
        "ask_again": answer.until if isinstance(answer, Held) else None,
        "rating": lead.rating,
        "points": lead.score,
        "deal_value": None if value is None else value.amount,
        "currency": None if value is None else value.currency,
        "because": "; ".join(answer.because),
        "not": "; ".join(f"{each.rep}: {each.because or each.code}" for each in answer.rejected),
    }

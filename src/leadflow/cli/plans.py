"""What a playbook planned, and what it made of the leads: how it is shown."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import get_args

from leadflow.automation import Planned
from leadflow.automation.planned import Result
from leadflow.cli.ranking import rank_of
from leadflow.cli.screen import Column, Screen, line, table
from leadflow.cli.work import with_reasons
from leadflow.lead import Lead
from leadflow.markup import counted
from leadflow.playbook import Reviewed


def counts(planned: Iterable[Planned]) -> list[str]:
    """Count what was planned by kind of action, and what became of it."""
    found = Counter((_kind(each), each.outcome) for each in planned)
    if not found:
        return []
    kinds = sorted({kind for kind, _ in found})
    results: tuple[Result, ...] = get_args(Result)
    columns = [Column("planned"), *(Column(result, right=True) for result in results)]
    rows = [(kind, *(f"{found[kind, result]:,}" for result in results)) for kind in kinds]
    return table(columns, rows)


def _kind(planned: Planned) -> str:
    name = type(planned.action).__name__
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def first_planned(planned: Sequence[Planned], most: int, screen: Screen) -> list[str]:
    """List the first so many that are to be done, and beneath why."""
    shown = planned[:most]
    if not shown:
        return []
    rows = [(each.lead, str(each.action)) for each in shown]
    lines = table([Column("lead", at_most=200), Column("to do", at_most=80)], rows)
    reasons = (f"{each.rule}: {each.because}" for each in shown)
    what = counted(len(shown), "action")
    return [f"The first {what} to be done:", *with_reasons(lines, reasons, screen)]


def ratings(leads: Iterable[Lead]) -> list[str]:
    """Count the leads of each rating, from best to worst."""
    found = Counter(lead.rating or "" for lead in leads)
    rows = [(rating or "not rated", f"{found[rating]:,}") for rating in sorted(found, key=rank_of)]
    return table([Column("rating"), Column("leads", right=True)], rows) if rows else []


def owners(leads: Iterable[Lead]) -> list[str]:
    """Count the leads of each owner."""
    found = Counter(lead.owner or "nobody" for lead in leads)
    rows = [(owner, f"{count:,}") for owner, count in sorted(found.items())]
    return table([Column("owner"), Column("leads", right=True)], rows) if rows else []


def held(reviewed: Reviewed, most: int) -> list[str]:
    """Count the leads that nobody may take now, by why: the first so many reasons."""
    waiting = [outcome.held for outcome in reviewed if outcome.held is not None]
    found = Counter("; ".join(each.because) for each in waiting)
    if not found:
        return []
    columns = [Column("held", right=True), Column("because", at_most=90)]
    rows = [(f"{count:,}", because) for because, count in found.most_common(most)]
    return [f"{counted(len(waiting), 'lead')} held", *table(columns, rows)]


def headline(reviewed: Reviewed, name: str, moment: str) -> str:
    """Say how many leads were reviewed by which playbook, as of when."""
    leads = counted(len(reviewed.leads), "lead")
    return line(f"{leads} reviewed by the playbook {name!r} as of {moment}")

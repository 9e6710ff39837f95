"""How a worklist is shown and written: the work in its order, and who is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Literal

import attrs

from leadflow.cli.output import replaced
from leadflow.cli.ranking import money, who
from leadflow.cli.screen import Column, Screen, line, table
from leadflow.lead import Lead
from leadflow.markup import counted, fit
from leadflow.pipeline import (
    CALLS_OF_THE_DAY,
    HOT_FIRST,
    MOST_ENGAGED_FIRST,
    LeftOut,
    WorkItem,
    Worklist,
    WorkOrder,
)
from leadflow.pipeline.worklist import GROUPS
from leadflow.serialization.tables import write_scores

ORDERS: dict[str, WorkOrder] = {
    "calls": CALLS_OF_THE_DAY,
    "hot": HOT_FIRST,
    "engaged": MOST_ENGAGED_FIRST,
}
"""The orders by the names they are asked for."""
_IN_WORDS = {
    CALLS_OF_THE_DAY: "the new, then what is due, then who did not answer; hot ones first in each",
    HOT_FIRST: "hot ones, then the others; in each the new, what is due, who did not answer",
    MOST_ENGAGED_FIRST: "the most engaged",
}
FORMS: dict[str, Literal["csv", "jsonl"]] = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
"""The form of a file by the end of its name."""
_INDENT = " " * 8


@attrs.frozen
class _Shown:
    column: Column
    cell: Callable[[WorkItem], object]


def _group(item: WorkItem) -> str:
    return "overdue" if item.group == "due" and item.is_overdue else _in_words(item.group)


_LEAD = _Shown(Column("lead", at_most=200), lambda item: item.lead.id)
_WHAT = (
    _Shown(Column("group"), _group),
    _Shown(Column("to do"), lambda item: _in_words(item.action.kind or "plan")),
    _Shown(Column("due"), lambda item: when(item.action.due)),
    _Shown(Column("deal value", right=True), lambda item: money(item.lead.deal_value)),
)


def heading(work: Worklist, as_of: datetime) -> str:
    """Say how many leads there are to work on, of which group, as of when."""
    counts = Counter(item.group for item in work)
    met = (group for group in GROUPS if group in counts)
    groups = ", ".join(f"{counts[group]:,} {_in_words(group)}" for group in met)
    moment = f"{as_of:%Y-%m-%d %H:%M} UTC"
    leads = counted(len(work), "lead")
    return f"{leads} to work on as of {moment}" + (f": {groups}" if groups else "")


def first(work: Worklist, most: int, screen: Screen) -> list[str]:
    """List the first so many, under a line that names their order."""
    items = work[:most]
    if not items:
        return []
    return [f"The first {len(items):,}: {_IN_WORDS[work.order]}", *listing(items, screen)]


def listing(items: Sequence[WorkItem], screen: Screen) -> list[str]:
    """List work: who, what to do and when, and beneath whose it is, how good the lead is, and why."""
    space = screen.left(_numbered((_LEAD, *_WHAT), items))
    name = _Shown(Column("who", at_most=space), lambda item: who(item.lead))
    lines = _numbered((_LEAD, name, *_WHAT), items)
    return with_reasons(lines, map(_why, items), screen)


def with_reasons(lines: list[str], reasons: Iterable[str], screen: Screen) -> list[str]:
    """Put each reason beneath its row."""
    listed = lines[:1]
    for row, reason in zip(lines[1:], reasons, strict=True):
        listed += [row, _INDENT + fit(line(reason), screen.columns - len(_INDENT))]
    return listed


def _numbered(shown: Sequence[_Shown], items: Iterable[WorkItem]) -> list[str]:
    columns = [Column("", right=True), *(one.column for one in shown)]
    return table(columns, [(item.place, *(one.cell(item) for one in shown)) for item in items])


def _why(item: WorkItem) -> str:
    return "; ".join(filter(None, (item.action.rep, _judged(item.lead), item.action.because)))


def _judged(lead: Lead) -> str:
    points = "" if lead.score is None else counted(lead.score, "point")
    return ", ".join(filter(None, (lead.rating, points)))


def left_out(work: Worklist) -> list[str]:
    """Say in one line how many leads are left out, by reason; nothing if there are none."""
    counts = Counter(map(_reason, work.left_out))
    if not counts:
        return []
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in counts.most_common())
    return [f"{counted(len(work.left_out), 'lead')} left out: {reasons}"]


def _reason(left: LeftOut) -> str:
    """Name why a lead is left out; of one that may not be contacted, what stands against it."""
    refused = left.permission is not None and left.permission.code
    if left.code != "may_not_contact" or not refused:
        return _in_words(left.code)
    return f"{_in_words(left.code)} ({_in_words(refused)})"


def left_out_listing(left: Sequence[LeftOut], screen: Screen) -> list[str]:
    """List who is left out and until when, if that is known, and beneath why."""
    columns = (_LEAD.column, Column("who"), Column("left out"), Column("until"))
    rows = [(each.lead.id, who(each.lead), _in_words(each.code), when(each.until)) for each in left]
    return with_reasons(table(columns, rows), (each.because for each in left), screen)


def write(target: Path, work: Worklist) -> None:
    """Write the work as CSV or JSON lines, in its order."""
    with replaced("--out", target) as stream:
        write_scores(stream, map(_row, work), FORMS[target.suffix.lower()])


def _row(item: WorkItem) -> dict[str, object]:
    lead, value = item.lead, item.lead.deal_value
    return {
        "place": item.place,
        "lead": lead.id,
        "who": who(lead),
        "group": item.group,
        "action": item.action.kind or "plan",
        "due": item.action.due,
        "rep": item.action.rep,
        "stage": lead.stage,
        "rating": lead.rating,
        "points": lead.score,
        "deal_value": None if value is None else value.amount,
        "currency": None if value is None else value.currency,
        "because": item.because,
    }


def when(due: date | None) -> str:
    """Write a date, or an instant in UTC, for a table; nothing for None."""
    if due is None:
        return ""
    return f"{due:%Y-%m-%d %H:%MZ}" if isinstance(due, datetime) else due.isoformat()


def _in_words(code: str) -> str:
    return code.replace("_", " ")

"""Leads and activities read from files, row by row: CSV, JSON lines and Parquet.

A bad row is handed to `on_reject` with its line, column, value and reason; the others are used. What
makes the whole unreadable raises `UnreadableTable`. Text is stripped and brought to the normal form
NFC on the way in; an empty cell is unknown. How a file is written is told by `Columns`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any, Generic, TypeAlias, TypeVar, get_args

import attrs

from leadflow.errors import (
    InvalidDefinition,
    InvalidValue,
    LeadflowError,
    Problem,
    UnreadableTable,
    did_you_mean,
    shown,
)
from leadflow.events import Activity
from leadflow.lead import Lead
from leadflow.lead.lead import RESERVED
from leadflow.limits import DEFAULT_LIMITS
from leadflow.serialization.cells import clean
from leadflow.serialization.columns import (
    ACTIVITY_ATTRIBUTES,
    LEAD_ATTRIBUTES,
    Column,
    Columns,
)
from leadflow.serialization.layout import BadCell, Form, Layout, lay_out
from leadflow.serialization.problems import worded
from leadflow.serialization.rejects import (
    OnReject,
    Reject,
    reporter,
    write_rejects,
)
from leadflow.serialization.rows import (
    Format,
    Header,
    Record,
    Source,
    check_source,
    read_rows,
    source_name,
)
from leadflow.serialization.sheets import safe_cell, write_scores
from leadflow.values import name

__all__ = [
    "Column",
    "Columns",
    "LeadRows",
    "Reject",
    "read_activities",
    "read_leads",
    "safe_cell",
    "with_activities",
    "write_rejects",
    "write_scores",
]

T = TypeVar("T")
_Row: TypeAlias = Header | Record | Reject
_LAYOUTS = 256
_INTEGERS = 1 << 63
_ELSEWHERE = "put it under [attributes], or give the field another name"
_LEAD_IDS = ("id", "lead_id", "leadid", "prospect_id", "contact_id", "deal_id", "opportunity_id")
_LEADS = Form(
    what="a lead",
    keys={"id": _LEAD_IDS},
    needed=("id",),
    attributes=LEAD_ATTRIBUTES,
    reserved=RESERVED,
)
_ACTIVITIES = Form(
    what="an activity",
    keys={
        "lead": ("lead", *_LEAD_IDS[1:]),
        "id": ("id", "event_id", "activity_id"),
    },
    needed=("lead", "kind", "at"),
    attributes=ACTIVITY_ATTRIBUTES,
    reserved=frozenset({"lead", "id", *ACTIVITY_ATTRIBUTES}),
    may_be_empty=True,
)


def read_leads(
    source: Source,
    columns: Columns | None = None,
    *,
    on_reject: OnReject | None = None,
    format: Format | None = None,  # noqa: A002 (the word that users look for)
) -> Iterator[Lead]:
    r"""Read leads from CSV, JSON lines or Parquet, one by one.

    `source` is a path or a stream open for reading, of bytes or text; a name that ends in .jsonl or
    .ndjson is JSON lines, one in .parquet Parquet, unless `format` says otherwise. Without
    `columns`, the id is found by its header (id, lead id, prospect id, contact id, deal id or
    opportunity id, the first of these), headers called like an attribute of `Lead` go there, and
    every other column becomes a field of text; see `Columns`. In JSON lines, numbers and booleans keep their types, and a key that is told
    but missing is unknown. In Parquet all types are kept, NaN is unknown, datetimes without a zone
    are in UTC unless `Columns` tell another, and a line is the number of a row; it needs the extra
    ``frames`` (`MissingExtra`). A stream of Parquet is read whole, a path in pieces.

    Bad rows go to `on_reject`; without it the first one raises `RejectedRow`. A second row with an
    id is a bad row, and is told the line of the first, so each id is kept in memory with its line:
    about 15 MB for 100,000 leads. Nothing else is kept, and nothing is opened before the first lead
    is asked for. Raises `InvalidValue` for a source that is none, `InvalidDefinition` for columns
    that are not those of leads, and `UnreadableTable` when the whole cannot be read or there is a
    header but no rows; leads before that place have come out.

    >>> import io
    >>> table = "Lead ID,Source,Company Size\nL-1,trade fair,120\n"
    >>> [lead.fields for lead in read_leads(io.StringIO(table))]
    [{'company_size': '120'}]
    >>> told = Columns(fields={"employees": {"column": "Company Size", "kind": "number"}})
    >>> [lead.fields for lead in read_leads(io.StringIO(table), told)]
    [{'employees': 120}]
    """
    return _leads(LeadRows(source, columns, on_reject=on_reject, format=format))


def read_activities(
    source: Source,
    columns: Columns | None = None,
    *,
    on_reject: OnReject | None = None,
    format: Format | None = None,  # noqa: A002 (the word that users look for)
) -> Iterator[tuple[str, Activity]]:
    r"""Read activities from CSV, JSON lines or Parquet, each with the id of its lead.

    Columns are lead (or lead id, prospect id and the like), kind and at, and where there: id,
    channel, direction, answered, by and sequence; others become the activity's data. `columns` may
    tell other headers, with `lead` and `id` for the two ids. Streams, rejects and errors are those
    of `read_leads`, except that ids may repeat, for a log knows a repeat from a new event, so that
    none is kept in memory; and that a header without rows is no error.

    >>> import io
    >>> table = "lead,kind,at,page\nL-1,page_viewed,2026-03-01T12:00Z,/pricing\n"
    >>> [
    ...     (lead, activity.kind, activity.data)
    ...     for lead, activity in read_activities(io.StringIO(table))
    ... ]
    [('L-1', 'page_viewed', {'page': '/pricing'})]
    """
    check_source(source)
    columns = _checked(columns, _ACTIVITIES, format)
    report = reporter(source_name(source), on_reject)
    return _read(_Rows(source, columns, format, _ACTIVITIES, _activity, report))


def _checked(columns: Columns | None, form: Form, format: object) -> Columns:  # noqa: A002
    if format is not None and format not in get_args(Format):
        hint = did_you_mean(str(format), get_args(Format))
        expected = "csv, jsonl, parquet, or None for what the name says"
        raise InvalidValue("format", shown(format), expected, hint)
    if columns is None:
        return Columns()
    if not isinstance(columns, Columns):
        hint = "load them with Columns.load"
        raise InvalidValue("columns", shown(columns), "Columns or None", hint)
    known = form.attributes
    problems = [
        Problem(
            f"attributes.{key}", f"{form.what} has no such attribute: {did_you_mean(key, known)}"
        )
        for key in columns.attributes
        if key not in known
    ]
    problems += [
        Problem(f"fields.{key}", f"this is an attribute of {form.what}: {_ELSEWHERE}")
        for key in columns.fields
        if key in form.reserved
    ]
    if problems:
        raise InvalidDefinition("columns", tuple(problems))
    return columns


def _lead(attributes: dict[str, Any], fields: dict[str, Any]) -> Lead:
    score = attributes.get("score")
    if (
        isinstance(score, float | Decimal)
        and -_INTEGERS < score < _INTEGERS
        and score == int(score)
    ):
        attributes["score"] = int(score)  # a column of whole numbers with gaps may hold floats
    return Lead(**attributes, fields=fields)


def _activity(attributes: dict[str, Any], data: dict[str, Any]) -> tuple[str, Activity]:
    return name("Activity.lead", attributes.pop("lead")), Activity(**attributes, data=data)


class _Rows(Generic[T]):
    """The rows of a table, and what each is read as."""

    def __init__(
        self,
        source: Source,
        columns: Columns,
        format: Format | None,  # noqa: A002
        form: Form,
        build: Callable[[dict[str, Any], dict[str, Any]], T],
        report: OnReject,
    ) -> None:
        named = source_name(source)
        rows = read_rows(source, columns, format)
        self._rows = rows if form.may_be_empty else _not_empty(rows, named)
        self._layouts = _Layouts(columns, form, named)
        self.build, self.report = build, report

    def __iter__(self) -> Iterator[Record | Reject]:
        """Give the rows as they come; those that could not be taken apart as rejects."""
        for item in self._rows:
            if isinstance(item, Header):
                self._layouts.fix(item)
            else:
                yield item

    def layout(self, record: Record) -> Layout:
        """Return which column goes where, for a row of a file with one header."""
        return self._layouts.of(record.header)

    def read(self, record: Record) -> T | None:
        """Read a row; a bad one is reported and gives None."""
        try:
            return _built(record, self._layouts.of(record.header), self.build)
        except _Bad as bad:
            self.report(bad.reject(record))
            return None


def _read(rows: _Rows[T]) -> Iterator[T]:
    for item in rows:
        if isinstance(item, Reject):
            rows.report(item)
        elif (found := rows.read(item)) is not None:
            yield found


class LeadRows(_Rows[Lead]):
    r"""The rows of a table of leads, for those who read them as `read_leads` does, but many at once.

    Each record is handed to `read`, then with the lead's id to `is_first`, in the order of the file;
    rejects to `report`. Arguments and errors are those of `read_leads`.

    >>> import io
    >>> rows = LeadRows(io.StringIO("id,source\nL-1,trade fair\n"))
    >>> record = next(iter(rows))
    >>> [target.name for target in rows.layout(record).targets], rows.read(record).source
    (['id', 'source'], 'trade fair')
    """

    def __init__(
        self,
        source: Source,
        columns: Columns | None = None,
        *,
        on_reject: OnReject | None = None,
        format: Format | None = None,  # noqa: A002
    ) -> None:
        check_source(source)
        columns = _checked(columns, _LEADS, format)
        report = reporter(source_name(source), on_reject)
        super().__init__(source, columns, format, _LEADS, _lead, report)
        self._lines: dict[str, int] = {}

    def is_first(self, record: Record, key: str) -> bool:
        """Tell whether no earlier row has the id; one that repeats it is reported."""
        first = self._lines.setdefault(key, record.line)
        if first == record.line:
            return True
        reason = f"the id is that of line {first}"
        self.report(Reject(record.line, _column_of(record, key), key, reason, record.row()))
        return False


def _leads(rows: LeadRows) -> Iterator[Lead]:
    for item in rows:
        if isinstance(item, Reject):
            rows.report(item)
            continue
        lead = rows.read(item)
        if lead is not None and rows.is_first(item, lead.id):
            yield lead


def _column_of(record: Record, value: str) -> str | None:
    cells = zip(record.header, record.cells, strict=True)
    return next((header for header, cell in cells if clean(str(cell)) == value), None)


def _not_empty(rows: Iterable[_Row], named: str) -> Iterator[_Row]:
    row: _Row | None = None
    for row in rows:
        yield row
    if isinstance(row, Header):
        raise UnreadableTable(named, row.line, "has a header but no rows")


class _Bad(Exception):
    """Inside of this module: a row that is set aside."""

    def __init__(self, header: str | None, cell: object, reason: str) -> None:
        super().__init__(reason)
        self.header, self.cell, self.reason = header, cell, reason

    def reject(self, record: Record) -> Reject:
        """Say which row it is."""
        return Reject(record.line, self.header, self.cell, self.reason, record.row())


class _Layouts:
    """The layout of each set of headers; CSV and Parquet have one, JSON lines may have many."""

    def __init__(self, columns: Columns, form: Form, named: str) -> None:
        self.columns, self.form, self.named = columns, form, named
        self.known: dict[tuple[str, ...], Layout] = {}

    def fix(self, header: Header) -> None:
        """Lay out the header that all rows share; raises `UnreadableTable`."""
        try:
            layout = lay_out(self.columns, header.names, self.form, rows_differ=False)
        except UnreadableTable as error:
            raise UnreadableTable(self.named, header.line, error.reason, error.hint) from None
        self.known[header.names] = layout

    def of(self, header: tuple[str, ...]) -> Layout:
        """Return the layout for the headers of a row."""
        if header not in self.known:
            if len(self.known) >= _LAYOUTS:
                self.known.clear()
            try:
                layout = lay_out(self.columns, header, self.form, rows_differ=True)
            except UnreadableTable as error:
                reason = f"{error.reason} ({error.hint})" if error.hint else error.reason
                raise _Bad(None, "", reason) from None
            self.known[header] = layout
        return self.known[header]


def _built(
    record: Record, layout: Layout, build: Callable[[dict[str, Any], dict[str, Any]], T]
) -> T:
    try:
        attributes, fields = layout.read(record.cells)
    except BadCell as bad:
        raise _Bad(bad.header, bad.cell, worded(bad.error)) from None
    for target in layout.needed:
        if target.name not in attributes:
            cell = record.cells[target.place]
            raise _Bad(target.header, cell, f"expected the {target.name}, got nothing")
    try:
        return build(attributes, fields)
    except LeadflowError as error:
        culprit = layout.source_of(error)
        if culprit is None:
            raise _Bad(None, "", worded(error)) from None
        raise _Bad(culprit.header, record.cells[culprit.place], worded(error)) from None


def with_activities(
    leads: Iterable[Lead],
    activities: Iterable[tuple[str, Activity]],
    *,
    on_reject: OnReject | None = None,
) -> Iterator[Lead]:
    """Give each lead its activities; the activities are held in memory, the leads stream.

    Activities of no lead, those beyond the limit of a log, and those whose id stands for another
    event of the lead go to `on_reject`, which gets the activities of no lead last; without it, the
    first one raises `RejectedRow`.

    >>> from datetime import UTC, datetime
    >>> call = Activity("call", datetime(2026, 3, 1, tzinfo=UTC))
    >>> [len(lead.events) for lead in with_activities([Lead("L-1")], [("L-1", call)])]
    [1]
    """
    report = reporter("activities", on_reject)
    waiting: dict[str, list[Activity]] = {}
    for key, activity in activities:
        waiting.setdefault(key, []).append(activity)
    for lead in leads:
        yield _joined(lead, waiting.pop(lead.id, []), report)
    for key, orphans in waiting.items():
        for activity in orphans:
            report(_unfit(key, activity, "lead", key, "there is no lead with this id"))


def _joined(lead: Lead, activities: list[Activity], report: OnReject) -> Lead:
    known: dict[str, object] = {event.id: event for event in lead.events if event.id is not None}
    room = DEFAULT_LIMITS.events - len(lead.events)
    fitting: list[Activity] = []
    for activity in activities:
        first = activity if activity.id is None else known.setdefault(activity.id, activity)
        if first != activity:
            reason = "the id stands for another event of this lead"
            report(_unfit(lead.id, activity, "id", str(activity.id), reason))
        elif len(fitting) >= room:
            reason = f"a lead has at most {DEFAULT_LIMITS.events:,} events"
            report(_unfit(lead.id, activity, None, "", reason))
        else:
            fitting.append(activity)
    return lead.after(*fitting)


def _unfit(lead: str, activity: Activity, column: str | None, value: str, reason: str) -> Reject:
    given = attrs.asdict(activity, filter=lambda _, found: found is not None)
    return Reject(None, column, value, reason, {"lead": lead, **given, "at": str(activity.at)})

"""The reasons why leads were closed: how often each was given, over time and by group."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, TypeAlias

import attrs

from leadflow.disposition.reason import REASONED
from leadflow.disposition.reason import outcomes as outcomes_of
from leadflow.errors import InvalidValue, LimitExceeded, shown
from leadflow.events import ATTRIBUTES, Activity, Disposition, Outcome, Overridden
from leadflow.lead import Lead, Value, leads_of
from leadflow.lead.lead import RESERVED
from leadflow.lead.position import changes
from leadflow.markup import aligned, counted, one_line, table
from leadflow.money import Money
from leadflow.period import Period, Unit, periods, unit_of
from leadflow.values import EMPTY, Frozen, calendar_date, instant, label, name, names

Group: TypeAlias = tuple[str | None, ...]
_Counts: TypeAlias = dict[tuple[Group, str | None], Counter[Period]]
_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
_A_DAY = timedelta(days=1)
_NO_FIELDS = RESERVED - ATTRIBUTES
_MOST = 500_000
_SHOWN = 100
_CELL = 80
"""Characters of a name or a value that the table shows."""


@attrs.frozen
class ReasonRow:
    """How often a reason was given in a period, in a group.

    `group` holds a text for each thing that the table is grouped by, None where it was not known;
    a `reason` of None is a disposition without one. `of` counts the group's dispositions in the
    period. `change` is `count` less that of the period before, None in the first one.
    """

    period: Period
    group: Group
    reason: str | None
    count: int
    of: int
    change: int | None

    @property
    def share(self) -> float | None:
        """The part of the group's dispositions in the period; None where it had none at all."""
        return self.count / self.of if self.of else None


@attrs.frozen(repr=False)
class ReasonTable:
    """How often each reason was given, by period and group; see `reason_table`.

    Rows come by period, then by group with the unknown last; in these the reason given most comes
    first, ties by key. `by` names what they are grouped by, `labels` the words for the reasons, and
    `total` counts the dispositions.
    """

    rows: tuple[ReasonRow, ...]
    total: int
    by: tuple[str, ...] = ()
    labels: Mapping[str, str] = EMPTY

    def __iter__(self) -> Iterator[ReasonRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __str__(self) -> str:
        lines = aligned(self._header, self._cells())
        return "\n".join([*lines, f"({self._more})"] if self._more else lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        more = f", {self._more}" if self._more else ""
        caption = f"reasons of {counted(self.total, 'disposition')}{more}"
        return table(caption, self._header, self._cells())

    @property
    def _more(self) -> str:
        rows = len(self.rows)
        return f"the last {_SHOWN} of {rows:,} rows" if rows > _SHOWN else ""

    @property
    def _header(self) -> list[str]:
        by = [one_line(key, _CELL) for key in self.by]
        return ["period", *by, "reason", "count", "share", "change"]

    def _cells(self) -> list[Sequence[object]]:
        return [self._row(row) for row in self.rows[-_SHOWN:]]

    def _row(self, row: ReasonRow) -> Sequence[object]:
        return (
            row.period,
            *("not known" if text is None else one_line(text, _CELL) for text in row.group),
            "no reason" if row.reason is None else self.labels.get(row.reason, row.reason),
            f"{row.count:,}",
            "no data" if row.share is None else f"{row.share:.0%}",
            "" if row.change is None else f"{row.change:+,}" if row.change else "0",
        )


def reason_table(
    leads: Iterable[Lead],
    *,
    by: str | Iterable[str] | None = None,
    unit: Unit = "month",
    since: date | None = None,
    until: date | None = None,
    outcomes: Iterable[Outcome] = REASONED,
    labels: Mapping[str, str] = EMPTY,
    as_of: datetime | None = None,
) -> ReasonTable:
    """Count how often each reason was given, by period and group.

    Counted is every `Disposition` of the outcomes (unqualified and lost, unless others are given)
    in the leads' logs, by its UTC date from `since` to before `until`; a lead that was reopened and
    closed again counts twice, a merged one has the union of its logs. Events after `as_of`, if
    given, have not happened. What was removed was entered by mistake and is never counted.

    `by` groups by one thing or several: source, owner, stage or any other attribute or field of the
    lead, as it was just before it was closed, or "by", who closed it. Values are compared as texts,
    equal numbers being one.

    Periods are months unless `unit` says otherwise. They run without gaps from that of `since`, or
    the first with a disposition, to that of the day before `until` or of `as_of`, or the last with a
    disposition; one that is cut counts what lies within. Once a reason was given in a group, it has
    a row in each period from there on, be it with a count of 0.

    `labels` are words for the reasons' keys, for printing. Raises `InvalidValue` for what are no
    leads, dates, names or unit and for the outcome removed, `NaiveDatetime`, and `LimitExceeded`
    beyond 500,000 rows.

    >>> noon = datetime(2026, 2, 27, 12, tzinfo=UTC)
    >>> def closed(reason, day):
    ...     return Disposition("lost", noon + timedelta(day), reason=reason)
    >>> leads = [
    ...     Lead("L-7", source="fair", events=[closed("price", 0)]),
    ...     Lead("L-8", source="fair", events=[closed("price", 2), closed("no_budget", 9)]),
    ...     Lead("L-9", events=[closed("price", 3)]),
    ... ]
    >>> print(reason_table(leads, labels={"no_budget": "No budget"}))
    period      reason  count  share  change
    2026-02      price      1   100%
    2026-03      price      2    67%      +1
    2026-03  No budget      1    33%      +1
    >>> [(row.group, row.reason, row.count) for row in reason_table(leads, by="source")][-1]
    ((None,), 'price', 1)
    """
    keys = _keys(by)
    asked = _Asked.of(unit, since, until, outcomes, as_of)
    counts: _Counts = defaultdict(Counter)
    for lead in leads_of(leads):
        for closed, group in _closings(lead, keys, asked):
            counts[group, closed.reason][Period(asked.unit, closed.at.date())] += 1
    total = sum(map(Counter.total, counts.values()))
    words = _labels(labels)
    return ReasonTable(tuple(_rows(counts, asked)), total, keys, words)


@attrs.frozen
class _Asked:
    """Which dispositions are asked for."""

    unit: Unit
    since: date | None
    until: date | None
    outcomes: tuple[Outcome, ...]
    as_of: datetime | None

    @classmethod
    def of(cls, unit: object, since: object, until: object, outcomes: Any, as_of: object) -> _Asked:
        first = None if since is None else calendar_date("since", since)
        end = None if until is None else calendar_date("until", until)
        if end is not None and end <= (first or date.min):
            raise InvalidValue("until", str(end), f"a date after {first or date.min}")
        moment = None if as_of is None else instant("as_of", as_of)
        return cls(unit_of("unit", unit), first, end, _counted(outcomes), moment)

    def counts(self, event: object) -> bool:
        return (
            isinstance(event, Disposition)
            and event.outcome in self.outcomes
            and (self.since is None or self.since <= event.at.date())
            and (self.until is None or event.at.date() < self.until)
            and (self.as_of is None or event.at <= self.as_of)
        )

    def last(self, seen: Period) -> Period:
        """The last period asked for; that in which a disposition was seen last, if none is."""
        ends = [self.until - _A_DAY] if self.until is not None else []
        ends += [self.as_of.date()] if self.as_of is not None else []
        return Period(self.unit, min(ends)) if ends else seen


def _counted(outcomes: Iterable[str]) -> tuple[Outcome, ...]:
    found = outcomes_of("outcomes", outcomes)
    if not found:
        raise InvalidValue("outcomes", "none", "at least one outcome")
    if "removed" in found:
        hint = "what was entered by mistake has no statistics of reasons"
        raise InvalidValue("outcomes", "'removed'", "outcomes other than removed", hint)
    return found


def _keys(by: str | Iterable[str] | None) -> tuple[str, ...]:
    if by is None:
        return ()
    found = names("by", [by] if isinstance(by, str) else by)
    for key in found:
        if key in _NO_FIELDS:
            raise InvalidValue("by", shown(key), "a field, an attribute with one value, or by")
    return found


def _labels(labels: Mapping[str, str]) -> Frozen[str]:
    if not isinstance(labels, Mapping):
        raise InvalidValue("labels", shown(labels), "a mapping of reasons to words")
    found = {name("labels", key): word for key, word in labels.items()}
    return Frozen({key: label(f"labels[{key!r}]", word) for key, word in found.items()})


def _closings(
    lead: Lead, keys: tuple[str, ...], asked: _Asked
) -> Iterator[tuple[Disposition, Group]]:
    """Go through the dispositions that count, each with the group the lead was in just before."""
    if not any(map(asked.counts, lead.events)):
        return
    # One pass over the log; to rewind the lead for each disposition would be one pass for each.
    values = dict(lead.rewind(_BEFORE_ALL).values)
    overrides: dict[str, Overridden] = {}
    for event in lead.events:
        if isinstance(event, Activity):
            continue
        if isinstance(event, Overridden):
            overrides[event.what] = event
            continue
        if isinstance(event, Disposition) and asked.counts(event):
            yield event, tuple(_text(_value(key, event, values, overrides)) for key in keys)
        values.update(changes(event))


def _value(
    key: str, event: Disposition, values: Mapping[str, Value], overrides: Mapping[str, Overridden]
) -> Value | None:
    if key == "by":
        return event.by
    override = overrides.get(key)
    if override is None or override.value is None:
        return values.get(key)
    has_ended = override.until is not None and override.until <= event.at
    return values.get(key) if has_ended else override.value


def _text(value: object) -> str | None:
    """Write a value so that equal ones are one text: 20, 20.0 and Decimal("20.00") are "20"."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        written = format(Decimal(repr(value) if isinstance(value, float) else value), "f")
        short = written.rstrip("0").rstrip(".") if "." in written else written
        return "0" if short == "-0" else short
    if isinstance(value, Money):
        return f"{_text(value.amount)} {value.currency}"
    return str(value)


def _rows(counts: _Counts, asked: _Asked) -> list[ReasonRow]:
    if not counts:
        return []
    days = [period for by_period in counts.values() for period in by_period]
    first = min(days)
    line = list(islice(periods(first, asked.last(max(days))), _MOST + 1))
    _check_size(len(line))
    places = {period: place for place, period in enumerate(line)}
    starts = {pair: min(map(places.__getitem__, found)) for pair, found in counts.items()}
    _check_size(sum(len(line) - start for start in starts.values()))
    of: Counter[tuple[Period, Group]] = Counter()
    for (group, _), found in counts.items():
        for period, count in found.items():
            of[period, group] += count
    opening = first if asked.since is None else Period(asked.unit, asked.since)
    rows = []
    for (group, reason), found in counts.items():
        before = 0
        for period in line[starts[group, reason] :]:
            count = found[period]
            change = None if period == opening else count - before
            rows.append(ReasonRow(period, group, reason, count, of[period, group], change))
            before = count
    return sorted(rows, key=_place)


def _check_size(rows: int) -> None:
    if rows > _MOST:
        hint = "ask for fewer periods (since, until, unit) or groups"
        raise LimitExceeded("reason_table", "the rows", _MOST, f"{rows:,} or more; {hint}")


def _place(row: ReasonRow) -> tuple[Any, ...]:
    group = tuple((text is None, text or "") for text in row.group)
    return (row.period.start, group, -row.count, row.reason is None, row.reason or "")

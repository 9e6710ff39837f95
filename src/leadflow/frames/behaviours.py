"""What leads did, worked out per lead: counts, faded points, and one thing after another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import attrs
import narwhals.stable.v2 as nw

from leadflow.conditions import All, AnyOf, Condition, Followed, Happened, Not
from leadflow.conditions.matching import earliest, fields_of
from leadflow.errors import EngineRefused, WrongColumn
from leadflow.frames.columns import Column, Columns
from leadflow.frames.expressions import Asker, asked_by, every, one_of, stepped
from leadflow.frames.source import MARK, Source, room, together
from leadflow.scoring import Rule

KEY = f"{MARK}key"
AT = f"{MARK}at"
DAY = f"{MARK}day"
_RESET = f"{MARK}reset"
_MOST_STEPS = 24
"""Steps of a fading that are asked one by one; from here on joining a table is quicker."""
_ALL_DAYS = 3_652_059
"""Days from the year 1 to 9999: as far apart as two dates can be."""


def behaviours_of(condition: Condition) -> Iterator[Happened | Followed]:
    """Find everything that a condition asks of activities."""
    match condition:
        case Happened() | Followed():
            yield condition
        case All() | AnyOf():
            for part in condition.conditions:
                yield from behaviours_of(part)
        case Not():
            yield from behaviours_of(condition.condition)
        case _:
            pass


@attrs.define(eq=False)
class Behaviours:
    """All that some conditions and rules ask of activities, each asked once.

    Columns are made in `joined`: counts of steps, flags of sequences, and the times and points of
    rules that pay for each occurrence.
    """

    moment: datetime
    counts: dict[Happened, str] = attrs.field(factory=dict)
    sequences: dict[Followed, str] = attrs.field(factory=dict)
    rules: dict[str, tuple[Rule, str, str]] = attrs.field(factory=dict)
    rule_of: dict[Happened, str] = attrs.field(factory=dict)
    """Which rule asks for a step first, to be named in errors."""

    @property
    def today(self) -> date:
        """The UTC date of the instant."""
        return self.moment.date()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked of activities."""
        return not (self.counts or self.sequences or self.rules)

    def add(self, condition: Condition, rule: str) -> None:
        """Note what a condition, that of a rule or of none, asks of activities."""
        for leaf in behaviours_of(condition):
            if isinstance(leaf, Followed):
                self.sequences.setdefault(leaf, f"{MARK}then_{len(self.sequences)}")
                self.rule_of.setdefault(leaf.first, rule)
                self.rule_of.setdefault(leaf.second, rule)
            else:
                self._count(leaf, rule)

    def add_rule(self, rule: Rule) -> None:
        """Note a rule that gives points for each occurrence."""
        if rule.each is None:
            return
        if rule.distinct is None and rule.fade is None:
            self._count(rule.each, rule.name)
        else:
            place = len(self.rules)
            self.rule_of.setdefault(rule.each, rule.name)
            self.rules[rule.name] = (rule, f"{MARK}times_{place}", f"{MARK}points_{place}")

    def _count(self, leaf: Happened, rule: str) -> None:
        self.rule_of.setdefault(_plain(leaf), rule)
        self.counts.setdefault(_plain(leaf), f"{MARK}count_{len(self.counts)}")

    def answer(self, leaf: Happened | Followed) -> nw.Expr:
        """Answer what a condition asks of activities, from the joined columns."""
        if isinstance(leaf, Followed):
            return nw.col(self.sequences[leaf]) > 0
        count = nw.col(self.counts[_plain(leaf)])
        parts = [count >= leaf.at_least] if leaf.at_least else []
        return every(parts + ([] if leaf.at_most is None else [count <= leaf.at_most]))

    def earned(self, rule: Rule) -> tuple[nw.Expr, nw.Expr]:
        """Return the times and points of a rule with `each`, before its limit."""
        if rule.name in self.rules:
            _, times, points = self.rules[rule.name]
            return nw.col(times), nw.col(points)
        count = nw.col(self.counts[_plain(rule.each)])  # type: ignore[arg-type]
        return count, count * rule.points

    @property
    def steps(self) -> Iterator[Happened]:
        """Everything that is looked for among the activities."""
        yield from self.counts
        for leaf in self.sequences:
            yield from (leaf.first, leaf.second)
        for rule, _, _ in self.rules.values():
            yield rule.each  # type: ignore[misc]

    @property
    def fields(self) -> dict[str, str]:
        """The columns of the activities that are read besides the lead, and the rules that ask."""
        read = {"kind": "", "at": ""}
        for step in self.steps:
            if step.where_ is not None:
                asked = dict.fromkeys(sorted(fields_of(step.where_)), self.rule_of[step])
                read = asked | read
        for rule, _, _ in self.rules.values():
            if rule.distinct is not None:
                read.setdefault(rule.distinct, rule.name)
        return read

    def joined(
        self,
        leads: nw.LazyFrame[Any],
        columns: Columns,
        source: Source,
        activities: Any,
        reset: Column | None = None,
    ) -> nw.LazyFrame[Any]:
        """Add the columns that the conditions and rules need to the leads.

        `reset` holds when the engagement of each lead was last reset.
        """
        if self.is_empty:
            return leads
        if activities is None:
            step = next(iter(self.steps))
            reason = f"activities are asked about ({step.kind}) and none were handed in"
            hint = "pass activities=, a frame with the columns lead, kind and at"
            raise EngineRefused(source.engine, reason, hint, self.rule_of[step])
        log = Source.of("activities", activities)
        together(source, log)
        found = _Log.of(log, self, columns)
        keyed = leads.with_columns(found.lead_key(columns.key).alias(KEY))
        if reset is not None and reset.sort != "nothing":
            found = found.since(keyed, reset)
        leads = source.numbered(keyed)
        for part in found.parts():
            leads = source.joined(leads, part, KEY)
        whole = [nw.col(name).cast(nw.Int64).fill_null(0).alias(name) for name in found.made()]
        return leads.with_columns(*whole)


def _plain(leaf: Happened) -> Happened:
    return leaf if leaf.is_plain else leaf.times(1)


@attrs.frozen(eq=False)
class _Log:
    """The activities that have happened, and the tables made of them."""

    source: Source
    columns: Columns
    rows: nw.LazyFrame[Any]
    asked: Behaviours
    table: nw.LazyFrame[Any] | None
    faded: dict[tuple[Any, int], tuple[nw.Expr, nw.Expr]]
    """By fading and points: where something is left, and how much."""

    @classmethod
    def of(cls, source: Source, asked: Behaviours, leads: Columns) -> _Log:
        _refuse_own_names(asked)
        rows, columns = source.read(asked.fields, "lead")
        if columns.key.sort != leads.key.sort and not (columns.key.is_empty or leads.key.is_empty):
            raise columns.key.wrong(f"{leads.key.sort}, like the ids of the leads")
        kinds = tuple(dict.fromkeys(step.kind for step in asked.steps))
        rows = rows.filter(one_of(columns["kind"], kinds))
        key = columns.key.read if leads.key.sort == columns.key.sort else columns.key.as_text
        rows = rows.with_columns(key.alias(KEY), columns["at"].read.alias(AT))
        rows = rows.filter(nw.col(AT) <= columns["at"].constant(asked.moment))
        rows = rows.with_columns(nw.col(AT).cast(nw.Date).alias(DAY))
        table, faded = _fading(source, asked, columns["at"].constant)
        return cls(source, columns, rows, asked, table, faded)

    def lead_key(self, key: Column) -> nw.Expr:
        """Return the ids of the leads, as text where one side holds nothing to compare with."""
        return key.read if key.sort == self.columns.key.sort else key.as_text

    def since(self, leads: nw.LazyFrame[Any], reset: Column) -> _Log:
        """Leave out what a reset took away: activities up to it, but no dispositions."""
        at = leads.select(KEY, reset.read.alias(_RESET))
        at = at.filter(nw.col(_RESET) <= reset.constant(self.asked.moment))
        last = at.group_by(KEY).agg(nw.col(_RESET).max())
        rows = self.source.joined(self.rows, last, KEY)
        is_later = (nw.col(AT) > nw.col(_RESET)).fill_null(value=True)
        is_kept = (self.columns["kind"].read == "disposition") | is_later
        return attrs.evolve(self, rows=rows.filter(is_kept).drop(_RESET))

    def parts(self) -> Iterator[nw.LazyFrame[Any]]:
        """Make one table per lead of all that is counted, and one for each that needs its own."""
        if self.asked.counts or self._summed:
            yield self._together()
        for rule, times, points in self.asked.rules.values():
            if rule.distinct is not None:
                yield self._distinct(rule, times, points)
        for leaf, name in self.asked.sequences.items():
            yield self._sequence(leaf, name)

    def made(self) -> list[str]:
        """Name the columns that `parts` make."""
        asked = self.asked
        of_rules = [name for _, *names in asked.rules.values() for name in names]
        return [*asked.counts.values(), *asked.sequences.values(), *of_rules]

    @property
    def _summed(self) -> list[tuple[Rule, str, str]]:
        return [rule for rule in self.asked.rules.values() if rule[0].distinct is None]

    def _meets(self, step: Happened) -> nw.Expr:
        parts = [self.columns["kind"].read == step.kind]
        if step.within_ is not None:
            first = earliest(step.within_, self.asked.today)
            parts.append(nw.col(DAY) >= self.columns["at"].constant(first))
        if step.where_ is not None:
            asker = Asker(self.columns, self.asked.today, self.asked.answer)
            with asked_by(self.asked.rule_of[step]):
                parts.append(asker.ask(step.where_))
        return every(parts)

    def _together(self) -> nw.LazyFrame[Any]:
        """Count and add up in one pass: marks and points per row, then bare columns per lead."""
        marks = {name: _marked(self._meets(step)) for step, name in self.asked.counts.items()}
        left = {}
        for rule, times, points in self._summed:
            counts, left[points] = self._left(rule, self._meets(rule.each))  # type: ignore[arg-type]
            marks[times] = _marked(counts)
        rows = self._with_table() if self._summed else self.rows
        return _per_lead(rows.with_columns(**marks, **left), marks, left)

    def _with_table(self, rows: nw.LazyFrame[Any] | None = None) -> nw.LazyFrame[Any]:
        rows = self.rows if rows is None else rows
        return rows if self.table is None else rows.join(self.table, on=DAY, how="left")

    def _left(self, rule: Rule, meets: nw.Expr) -> tuple[nw.Expr, nw.Expr]:
        """Return which rows count and what is left of their points."""
        none = nw.lit(0, room(rule.points))
        if rule.fade is None:
            return meets, nw.when(meets).then(nw.lit(rule.points, room(rule.points))).otherwise(
                none
            )
        some_left, left = self.faded[rule.fade, rule.points]
        counts = every([meets, some_left])
        return counts, nw.when(counts).then(left).otherwise(none)

    def _distinct(self, rule: Rule, times: str, points: str) -> nw.LazyFrame[Any]:
        """Keep the latest day of each lead and value, then fade and add up."""
        column, value = self.columns[rule.distinct or ""], f"{MARK}value"
        read = column.read + 0.0 if column.sort == "float" else column.read
        kept = self.rows.filter(every([self._meets(rule.each), column.is_known]))  # type: ignore[arg-type]
        kept = kept.with_columns(read.alias(value)).group_by(KEY, value).agg(nw.col(DAY).max())
        if rule.fade is not None:
            kept = self._with_table(kept)
        counts, left = self._left(rule, ~nw.col(KEY).is_null())
        kept = kept.with_columns(_marked(counts).alias(times), left.alias(points))
        return _per_lead(kept, [times], [points])

    def _sequence(self, leaf: Followed, name: str) -> nw.LazyFrame[Any]:
        """Join the days of the first step to those of the second; instants only on equal days."""
        days = None if leaf.within is None else leaf.within.days
        by_day = days is not None and days < _ALL_DAYS
        keys = [KEY, DAY] if by_day else [KEY]
        firsts = self.rows.filter(self._meets(leaf.first)).group_by(*keys)
        seconds = self.rows.filter(self._meets(leaf.second)).group_by(*keys)
        first, second, then = f"{MARK}first", f"{MARK}second", f"{MARK}then"
        starts = firsts.agg(nw.col(AT).min().alias(first))
        ends = seconds.agg(nw.col(AT).max().alias(second))
        later = nw.col(first) < nw.col(second)
        if by_day:
            ends = ends.rename({DAY: then})
            until = nw.col(DAY).dt.offset_by(f"{days}d").cast(nw.Date)
            later = every([later, nw.col(then) <= until])
        pairs = starts.join(ends, on=KEY, how="inner").filter(later)
        return (
            pairs.with_columns(nw.lit(1, nw.Int64).alias(name))
            .group_by(KEY)
            .agg(nw.col(name).max())
        )


def _marked(counts: nw.Expr) -> nw.Expr:
    """Mark rows to be counted, the others being null."""
    return nw.when(counts).then(nw.lit(1, nw.Int16))


def _per_lead(
    rows: nw.LazyFrame[Any], counted: Iterable[str], added: Iterable[str]
) -> nw.LazyFrame[Any]:
    counts = [nw.col(name).count() for name in counted]
    return rows.group_by(KEY).agg(*counts, *(nw.col(name).sum() for name in added))


def _fading(
    source: Source, asked: Behaviours, constant: Callable[[date], Any]
) -> tuple[nw.LazyFrame[Any] | None, dict[tuple[Any, int], tuple[nw.Expr, nw.Expr]]]:
    """Look up what is left of points by their day: written out where it falls in few steps.

    What falls in many steps is put into a table of days, to be joined.
    """
    fading = [(rule.fade, rule.points) for rule, _, _ in asked.rules.values() if rule.fade]
    tables = {(fade, points): fade.table(points) for fade, points in dict.fromkeys(fading)}
    found = {}
    joined: dict[str, tuple[int, ...]] = {}
    for pair, table in tables.items():
        if len(set(table)) <= _MOST_STEPS:
            found[pair] = _written_out(table, asked.today, constant)
        else:
            left = nw.col(f"{MARK}fade_{len(joined)}")
            found[pair] = ~left.is_null(), left
            joined[f"{MARK}fade_{len(joined)}"] = table
    return _days(source, asked.today, joined), found


def _written_out(
    table: Sequence[int], today: date, constant: Callable[[date], Any]
) -> tuple[nw.Expr, nw.Expr]:
    days = min(len(table), today.toordinal())
    falls = [age for age in range(1, days) if table[age] != table[age - 1]]
    bounds = [constant(today - timedelta(age - 1)) for age in falls]
    lefts = [table[age] for age in (0, *falls)] if table else [0]
    values = [nw.lit(left, room(left)) for left in lefts]
    day = nw.col(DAY)
    first = constant(today - timedelta(days - 1)) if days else constant(today)
    return (day >= first if days else day > first), stepped(bounds, day, values)


def _days(
    source: Source, today: date, tables: Mapping[str, Sequence[int]]
) -> nw.LazyFrame[Any] | None:
    if not tables:
        return None
    longest = min(max(map(len, tables.values())), today.toordinal())
    rows: dict[str, Sequence[Any]] = {DAY: [today - timedelta(n) for n in range(longest)]}
    for name, table in tables.items():
        rows[name] = [*table[:longest], *[None] * (longest - len(table))]
    return source.table(rows, DAY)


def _refuse_own_names(asked: Behaviours) -> None:
    """Refuse the columns of every activity as data: per lead, data of that name cannot be."""
    data: Iterable[str] = (
        name for step in asked.steps if step.where_ is not None for name in fields_of(step.where_)
    )
    distinct = (rule.distinct for rule, _, _ in asked.rules.values())
    for name in (*data, *distinct):
        if name in ("lead", "kind", "at", "id", "sequence"):
            expected = "a name of the activity's own data, its channel, direction, answered or by"
            raise WrongColumn("activities", name, "a column of every activity", expected)

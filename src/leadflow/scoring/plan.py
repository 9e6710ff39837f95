"""How a model is worked out for one lead: look-ups by field, then what has to be asked singly."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import date
from functools import cached_property
from typing import Any, TypeAlias, cast

import attrs

from leadflow.conditions import Happened, kind_of
from leadflow.conditions.fold import Places, Tables, folded, folded_field
from leadflow.conditions.matching import Matcher, compiled, occurrences
from leadflow.events import Activity
from leadflow.lead import Lead
from leadflow.scoring.fading import Fade
from leadflow.scoring.rule import Dimension, Group, Rule
from leadflow.scoring.score import Contribution

Earned: TypeAlias = Callable[[Lead, date], tuple[int, int]]
"""The times and points of a rule for each occurrence, before its limit."""
Rest: TypeAlias = Callable[[int, Lead, date], int]
"""Turns the points that were looked up into all points of the lead on the day."""
Tabled: TypeAlias = dict[tuple[Fade, int], tuple[int, ...]]
"""The fading tables worked out so far."""
Cell: TypeAlias = tuple[int, tuple[Contribution, ...]]


@attrs.frozen(eq=False)
class Bucket:
    """The rules of one group, or those without one."""

    group: Group | None
    dimension: Dimension
    points_tables: Tables[int]
    tables: Tables[Cell]
    once: list[tuple[Matcher, int, Contribution]]
    each: list[tuple[Earned, Rule, str]]

    @classmethod
    def of(cls, group: Group | None, rules: Sequence[Rule]) -> Bucket:
        """Fold what can be folded and compile the rest."""
        contributions = [
            Contribution(rule.name, rule.points, rule.because, dimension=rule.dimension)
            for rule in rules
        ]

        def points(places: Places) -> int:
            return sum(rules[place].points for place in places)

        def cell(places: Places) -> Cell:
            return points(places), tuple(contributions[place] for place in places)

        by_field: dict[str, list[tuple[int, Any]]] = {}
        for place, rule in enumerate(rules):
            field = None if rule.when is None else folded_field(rule.when)
            if field:
                by_field.setdefault(field, []).append((place, rule.when))
        folds = [one for field, asked in by_field.items() for one in folded(field, asked)]
        done = {place for one in folds for place in one.places}
        once = [
            (compiled(rule.when), rule.points, contributions[place])
            for place, rule in enumerate(rules)
            if rule.when is not None and place not in done
        ]
        fading: Tabled = {}
        each = [
            (earned(rule, fading), rule, rule.because) for rule in rules if rule.each is not None
        ]
        tables = Tables.of(folds, points), Tables.of(folds, cell)
        return cls(group, rules[0].dimension, *tables, once, each)

    @cached_property
    def is_looked_up(self) -> bool:
        """Whether the look-ups give all the points there are."""
        return not (self.once or self.each) and self.group is None

    def singly(self, lead: Lead, today: date) -> int:
        """Add up the points of the rules that are not looked up."""
        values, total = lead.values, 0
        for matcher, given, _ in self.once:
            if matcher(values, lead, today):
                total += given
        for earn, rule, _ in self.each:
            total += _limited(rule, earn(lead, today)[1])
        return total

    def collect(self, found: list[Contribution], lead: Lead, today: date) -> tuple[int, int]:
        """Add the contributions, those of the limits included; return fit and engagement."""
        # The loops of ScoringModel.points, for cells that hold contributions; see there.
        get, fit = lead.values.get, 0
        for field, cells, other in self.tables.texts:
            points, matched = cells.get(get(field), other)  # type: ignore[arg-type]
            fit += points
            found += matched
        for field, line, size, look_up in self.tables.counts:
            value: Any = get(field)
            if type(value) is int and 0 <= value < size:
                points, matched = line[value]
            else:
                points, matched = look_up(value)
            fit += points
            found += matched
        for field, edges, line, unknown, look_up in self.tables.numbers:
            value = get(field)
            if type(value) is int:
                points, matched = line[bisect_right(edges, value)]
            else:
                points, matched = unknown if value is None else look_up(value)
            fit += points
            found += matched
        return (fit, 0) if self.is_looked_up else self._rest(found, lead, today, fit)

    def _rest(
        self, found: list[Contribution], lead: Lead, today: date, fit: int
    ) -> tuple[int, int]:
        values, start, engagement = lead.values, len(found), 0
        for matcher, _, contribution in self.once:
            if matcher(values, lead, today):
                found.append(contribution)
        for earn, rule, because in self.each:
            found += _occurrences(rule, because, *earn(lead, today))
        for contribution in found[start:]:
            if contribution.dimension == "fit":
                fit += contribution.points
            else:
                engagement += contribution.points
        return (fit, engagement) if self.group is None else self._grouped(found, fit, engagement)

    def _grouped(self, found: list[Contribution], fit: int, engagement: int) -> tuple[int, int]:
        group = cast("Group", self.group)
        over = _within(group, fit + engagement) - fit - engagement
        if over:
            limit = f"at most {group.at_most:+d}" if over < 0 else f"at least {group.at_least:+d}"
            found.append(Contribution(group.name, over, limit, 1, "group limit", self.dimension))
        if self.dimension == "fit":
            return fit + over, engagement
        return fit, engagement + over


def _limited(rule: Rule, points: int) -> int:
    if rule.limit is None:
        return points
    return min(points, rule.limit) if rule.limit > 0 else max(points, rule.limit)


def _within(group: Group, total: int) -> int:
    if group.at_most is not None and total > group.at_most:
        return group.at_most
    if group.at_least is not None and total < group.at_least:
        return group.at_least
    return total


def _occurrences(rule: Rule, because: str, times: int, points: int) -> list[Contribution]:
    if not times:
        return []
    dimension = rule.dimension
    found = [Contribution(rule.name, points, because, times, dimension=dimension)]
    over = _limited(rule, points) - points
    if over:
        limit = f"at {'most' if over < 0 else 'least'} {rule.limit:+d}"
        found.append(Contribution(rule.name, over, limit, 1, "rule limit", dimension))
    return found


def earned(rule: Rule, fading: Tabled) -> Earned:
    """Compile what a rule with `each` earns: distinct, then fade, then sum.

    Rules that fade alike share their table, through `fading`.
    """
    find = occurrences(cast("Happened", rule.each))
    points, distinct = rule.points, rule.distinct
    if rule.fade is None:
        if distinct is None:
            return lambda lead, today: _flat(len(find(lead, today)), points)
        return lambda lead, today: _flat(len(_latest(find(lead, today), distinct)), points)
    table = fading.get((rule.fade, points)) or rule.fade.table(points)
    fading[rule.fade, points] = table

    def faded(lead: Lead, today: date) -> tuple[int, int]:
        found = find(lead, today)
        if distinct is not None:
            found = _latest(found, distinct)
        now, last = today.toordinal(), len(table)
        ages = [now - activity.at.toordinal() for activity in found]
        left = [table[age] for age in ages if age < last]
        return len(left), sum(left)

    return faded


def _flat(times: int, points: int) -> tuple[int, int]:
    return times, times * points


def _latest(found: Sequence[Activity], key: str) -> list[Activity]:
    latest: dict[Any, Activity] = {}
    for activity in found:
        value = activity.values.get(key)
        if value is not None:
            latest[kind_of(value), value] = activity
    return list(latest.values())

"""The scoring model: additive rules, limits, and what they make of a lead."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from functools import cached_property
from itertools import islice
from typing import Any, Literal, TypeAlias

import attrs

from leadflow.conditions import LeadSchema
from leadflow.conditions.contradiction import is_never
from leadflow.conditions.fold import CountTable, NumberTable, Tables, TextTable
from leadflow.errors import MOST_PROBLEMS, InvalidDefinition, Problem, did_you_mean, shown
from leadflow.lead import Lead, seen
from leadflow.limits import DEFAULT_LIMITS
from leadflow.markup import table
from leadflow.scoring.calibration import Calibration
from leadflow.scoring.plan import Bucket, Rest
from leadflow.scoring.rule import POINTS, Group, Rule
from leadflow.scoring.score import Contribution, Score, Scores, Unmatched
from leadflow.values import NAME, checks, instance, instant, listed

_PROGRESS_EVERY = 1_000
_Quick: TypeAlias = tuple[
    list[TextTable[int]], list[CountTable[int]], list[NumberTable[int]], Rest | None
]
"""The look-ups of the rules without a group, and what else there is to do."""


def _rules(values: Iterable[Rule]) -> tuple[Rule, ...]:
    return listed("ScoringModel.rules", values)


def _groups(values: Iterable[Group]) -> tuple[Group, ...]:
    return listed("ScoringModel.groups", values)


@attrs.frozen(field_transformer=checks)
class ScoringModel:
    """Rules that add up to a score.

    For a lead and an instant: each rule's occurrences are made distinct, faded, summed and limited;
    groups are limited; ``points`` is fit plus engagement, held between `floor` and `ceiling`. Each
    limit that bites is a contribution of its own, so contributions always add up to the points.
    `calibration` turns points into a win probability. With a `schema`, unknown fields and impossible
    comparisons are refused.

    Raises `InvalidDefinition` with all problems and their paths.

    >>> from datetime import datetime, timezone
    >>> from leadflow import activity, field
    >>> model = ScoringModel(
    ...     "inbound",
    ...     rules=[
    ...         Rule("mid-market", +20, when=field("employees").between(50, 1_000)),
    ...         Rule(
    ...             "asked for a demo", +40, when=activity("demo_requested").within("14 days")
    ...         ),
    ...     ],
    ... )
    >>> lead = Lead("L-1", fields={"employees": 120})
    >>> print(model.score(lead, as_of=datetime(2026, 3, 1, tzinfo=timezone.utc)).explain())
    L-1: 20 points (fit 20, engagement 0) by inbound version 1 as of 2026-03-01 00:00 UTC
      +20  mid-market: employees is between 50 and 1000
    """

    name: str = attrs.field(metadata=NAME)
    rules: tuple[Rule, ...] = attrs.field(converter=_rules)
    groups: tuple[Group, ...] = attrs.field(default=(), converter=_groups)
    floor: int | None = attrs.field(default=None, metadata=POINTS)
    ceiling: int | None = attrs.field(default=None, metadata=POINTS)
    version: str = attrs.field(default="1", metadata=NAME)
    calibration: Calibration | None = attrs.field(default=None, metadata=instance(Calibration))
    schema: LeadSchema | None = attrs.field(default=None, metadata=instance(LeadSchema))

    def __attrs_post_init__(self) -> None:
        problems = tuple(islice(self._problems(), MOST_PROBLEMS))
        if problems:
            raise InvalidDefinition(f"scoring model {self.name!r}", problems)

    def _problems(self) -> Iterator[Problem]:
        if not self.rules:
            yield Problem("rules", "expected at least one rule, got none")
        if len(self.rules) > DEFAULT_LIMITS.rules:
            most = DEFAULT_LIMITS.rules
            yield Problem("rules", f"at most {most:,} rules, got {len(self.rules):,}")
            return
        yield from _of_type("rules", self.rules, Rule)
        yield from _of_type("groups", self.groups, Group)
        rules = [rule for rule in self.rules if isinstance(rule, Rule)]
        yield from _repeated("rules", [rule.name for rule in rules])
        yield from _repeated("groups", [getattr(group, "name", "") for group in self.groups])
        yield from self._group_problems(rules)
        if sum(rule.asks.size for rule in rules) > DEFAULT_LIMITS.definition_nodes:
            most = DEFAULT_LIMITS.definition_nodes
            yield Problem("rules", f"at most {most:,} nodes in all conditions together")
        fading = {(rule.fade, rule.points) for rule in rules if rule.fade is not None}
        if sum(fade.days(points) for fade, points in fading) > DEFAULT_LIMITS.fading_days:
            most = DEFAULT_LIMITS.fading_days
            yield Problem("rules", f"at most {most:,} days of fading in all rules together")
        if self.floor is not None and self.ceiling is not None and self.floor > self.ceiling:
            yield Problem("floor", f"expected at most the ceiling {self.ceiling}, got {self.floor}")
        for place, rule in enumerate(rules) if self.schema else ():
            key = "when" if rule.each is None else "each"
            yield from self.schema.problems(rule.asks, f"rules[{place}].{key}")  # type: ignore[union-attr]

    def _group_problems(self, rules: list[Rule]) -> Iterator[Problem]:
        known = {group.name for group in self.groups if isinstance(group, Group)}
        dimensions: dict[str, str] = {}
        for place, rule in enumerate(rules):
            if rule.group is None:
                continue
            path = f"rules[{place}].group"
            if rule.group not in known:
                hint = did_you_mean(rule.group, known)
                yield Problem(path, f"there is no group {rule.group!r}: {hint}")
            first = dimensions.setdefault(rule.group, rule.dimension)
            if first != rule.dimension:
                mixed = f"{rule.group!r} holds {first} rules and {rule.name!r} is {rule.dimension}"
                yield Problem(path, f"a group has one dimension; {mixed}")

    def check(self) -> tuple[Problem, ...]:
        """List what is allowed but surely not meant: rules and groups that can never add anything.

        >>> from leadflow import field
        >>> when = field("employees").more_than(10) & field("employees").less_than(5)
        >>> model = ScoringModel("m", rules=[Rule("both", 5, when=when)])
        >>> [str(problem) for problem in model.check()]
        ["rules[0].when: 'both' can never match: employees is more than 10 and employees is less than 5"]
        """
        return (*self._idle_rules(), *self._idle_groups(), *self._idle_ends())

    def _idle_rules(self) -> Iterator[Problem]:
        capped = {group.name: group for group in self.groups}
        for place, rule in enumerate(self.rules):
            if rule.points == 0:
                yield Problem(f"rules[{place}].points", f"{rule.name!r} gives 0 points")
            if is_never(rule.asks):
                path = f"rules[{place}].{'when' if rule.each is None else 'each'}"
                yield Problem(path, f"{rule.name!r} can never match: {rule.asks}")
            group = capped.get(rule.group or "")
            if group and (group.at_most if rule.points > 0 else group.at_least) == 0:
                path = f"rules[{place}].group"
                yield Problem(path, f"{rule.name!r} adds nothing: its group is held at 0")

    def _idle_groups(self) -> Iterator[Problem]:
        used = {rule.group for rule in self.rules}
        for place, group in enumerate(self.groups):
            if group.name not in used:
                yield Problem(f"groups[{place}]", f"no rule belongs to {group.name!r}")

    def _idle_ends(self) -> Iterator[Problem]:
        given = [rule.points for rule in self.rules]
        if self.floor is not None and self.floor == self.ceiling:
            yield Problem("floor", f"floor and ceiling are one: every lead has {self.floor} points")
        elif self.floor is not None and self.floor >= 0 and max(given) <= 0:
            yield Problem("floor", f"no rule lifts a lead above the floor of {self.floor}")
        elif self.ceiling is not None and self.ceiling <= 0 and min(given) >= 0:
            yield Problem("ceiling", f"no rule takes a lead below the ceiling of {self.ceiling}")

    @cached_property
    def _buckets(self) -> tuple[Bucket, ...]:
        buckets = []
        for group in (None, *self.groups):
            name = group.name if group else None
            rules = [rule for rule in self.rules if rule.group == name]
            buckets += [Bucket.of(group, rules)] if rules else []
        return tuple(buckets)

    @cached_property
    def _quick(self) -> _Quick:
        free = [bucket for bucket in self._buckets if bucket.group is None]
        tables = free[0].points_tables if free else Tables[int]([], [], [])
        all_looked_up = all(bucket.is_looked_up for bucket in self._buckets)
        limited = self.floor is not None or self.ceiling is not None
        rest = None if all_looked_up and not limited else self._rest
        return tables.texts, tables.counts, tables.numbers, rest

    def _rest(self, total: int, lead: Lead, today: date) -> int:
        for bucket in self._buckets:
            if bucket.group is None:
                total += bucket.singly(lead, today)
            else:
                total += sum(bucket.collect([], lead, today))
        return total + self._over(total)

    def _over(self, points: int) -> int:
        if self.floor is not None and points < self.floor:
            return self.floor - points
        if self.ceiling is not None and points > self.ceiling:
            return self.ceiling - points
        return 0

    @cached_property
    def _asked(self) -> tuple[Unmatched, ...]:
        return tuple(Unmatched(rule.name, rule.points, rule.because) for rule in self.rules)

    def points(self, lead: Lead, *, as_of: datetime) -> int:
        """Return the points alone, the quickest answer; equal to ``score(...).points``.

        Raises `NaiveDatetime` for an `as_of` without a time zone.
        """
        # One loop for each sort of look-up, here and not in functions of their own: this is the
        # path that runs for millions of leads, and a call costs as much as a look-up or two.
        if type(as_of) is not datetime or as_of.tzinfo is not UTC:
            as_of = instant("as_of", as_of)
        if type(lead) is not Lead:
            lead, as_of = seen(lead, as_of)
            lead = lead.engaged
        elif lead.events:
            lead = lead.rewind(as_of)
            if lead.engagement_reset_at is not None:
                lead = lead.engaged
        texts, counts, numbers, rest = self._quick
        get, total = lead.values.get, 0
        for field, cells, other in texts:
            total += cells.get(get(field), other)  # type: ignore[arg-type]
        for field, line, size, look_up in counts:
            value: Any = get(field)
            if type(value) is int and 0 <= value < size:
                total += line[value]
            else:
                total += look_up(value)
        for field, edges, line, unknown, look_up in numbers:
            value = get(field)
            if type(value) is int:
                total += line[bisect_right(edges, value)]
            else:
                total += unknown if value is None else look_up(value)
        return total if rest is None else rest(total, lead, as_of.date())

    def score(self, lead: Lead, *, as_of: datetime) -> Score:
        """Return the points with all that they are made of, in the lead's state at `as_of`.

        Raises `NaiveDatetime` for an `as_of` without a time zone.
        """
        if type(as_of) is not datetime or as_of.tzinfo is not UTC or type(lead) is not Lead:
            lead, as_of = seen(lead, as_of)
            lead = lead.engaged
        elif lead.events:
            lead = lead.rewind(as_of)
            if lead.engagement_reset_at is not None:
                lead = lead.engaged
        today = as_of.date()
        found: list[Contribution] = []
        fit = engagement = 0
        for bucket in self._buckets:
            of_fit, of_engagement = bucket.collect(found, lead, today)
            fit += of_fit
            engagement += of_engagement
        points = fit + engagement
        if over := self._over(points):
            points += over
            found.append(_held(points, over))
        chance = None if self.calibration is None else self.calibration.probability(points)
        return Score(
            points, fit, engagement, tuple(found), as_of, self.name, lead.id, self.version,
            chance, self._asked,
        )  # fmt: skip

    def score_all(
        self,
        leads: Iterable[Lead],
        *,
        as_of: datetime,
        progress: Callable[[int], object] | None = None,
    ) -> Scores:
        """Score many leads; `progress` is told now and then how many more are done.

        `progress` fits ``tqdm(total=...).update``.
        """
        scores: list[Score] = []
        told = 0
        for lead in leads:
            scores.append(self.score(lead, as_of=as_of))
            if progress and len(scores) - told == _PROGRESS_EVERY:
                told = len(scores)
                progress(_PROGRESS_EVERY)
        if progress and len(scores) > told:
            progress(len(scores) - told)
        return Scores(scores)

    def _repr_html_(self) -> str:
        rows = [
            (
                rule.name,
                f"{rule.points:+d}",
                "" if rule.limit is None else f"{rule.limit:+d}",
                rule.dimension,
                rule.because,
            )
            for rule in self.rules
        ]
        caption = f"scoring model {self.name} version {self.version}"
        return table(caption, ("rule", "points", "limit", "dimension", "when"), rows)


def _held(points: int, over: int) -> Contribution:
    kind: Literal["floor", "ceiling"] = "floor" if over > 0 else "ceiling"
    because = f"at {'least' if over > 0 else 'most'} {points:+d}"
    return Contribution(kind, over, because, 1, kind, "total")


def _of_type(path: str, values: tuple[object, ...], kind: type) -> Iterator[Problem]:
    for place, value in enumerate(values):
        if not isinstance(value, kind):
            yield Problem(f"{path}[{place}]", f"expected a {kind.__name__}, got {shown(value)}")


def _repeated(path: str, names: list[str]) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for place, name in enumerate(names):
        if name in seen:
            yield Problem(
                f"{path}[{place}].name", f"{name!r} is the name of {path}[{seen[name]}] too"
            )
        seen.setdefault(name, place)

"""What is allowed in a router but surely not meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import attrs

from leadflow.conditions import (
    All,
    Always,
    AnyOf,
    Condition,
    FieldRef,
    Followed,
    Happened,
    HasTag,
    LeadSchema,
    Not,
    always,
    field,
)
from leadflow.conditions.contradiction import implies, is_always, is_never
from leadflow.errors import MOST_PROBLEMS, InvalidValue, Problem, did_you_mean, shown
from leadflow.routing.band import ByBand
from leadflow.routing.chain import FirstOf
from leadflow.routing.closer import ByScore
from leadflow.routing.owner import KeepOwner
from leadflow.routing.pool import unable
from leadflow.routing.roster import Roster
from leadflow.routing.rule import RoutingRule
from leadflow.routing.strategy import Strategy
from leadflow.routing.territory import ByTerritory

_COMPARED = 1_000
"""Rules whose conditions are compared with those before them; in larger routers it takes too long."""
_NEAR = 50
"""So many of the rules before one that ask about the same are compared with it, the first of them."""


def inspect(
    rules: Sequence[RoutingRule],
    otherwise: RoutingRule | None,
    schema: LeadSchema | None,
    roster: Roster | None,
) -> Iterator[Problem]:
    """Find the problems of a router, the first hundred of them."""
    return islice(_problems(rules, otherwise, schema, roster), MOST_PROBLEMS)


def _problems(
    rules: Sequence[RoutingRule],
    otherwise: RoutingRule | None,
    schema: LeadSchema | None,
    roster: Roster | None,
) -> Iterator[Problem]:
    yield from _unreachable(rules, otherwise)
    placed = [(f"rules[{place}]", rule) for place, rule in enumerate(rules)]
    if otherwise is not None:
        placed.append(("otherwise", otherwise))
    for path, rule in placed:
        if schema is not None:
            yield from _unknown_fields(path, rule, schema)
        if roster is not None:
            yield from _Staffing(path, rule, roster).problems()


def _unreachable(rules: Sequence[RoutingRule], otherwise: RoutingRule | None) -> Iterator[Problem]:
    """Find rules that no lead meets, and those of which earlier ones take every lead."""
    earlier: list[tuple[RoutingRule, frozenset[str]]] = []
    takes_all: str | None = None
    for place, rule in enumerate(rules):
        if is_never(rule.when):
            yield Problem(f"rules[{place}].when", f"{rule.name!r} can never match: {rule.when}")
            continue
        asked = _asked(rule.when)
        near = [other for other, about in earlier if not asked.isdisjoint(about)]
        why = _shadowed(rule.when, near[:_NEAR]) if takes_all is None else repr(takes_all)
        if why:
            message = f"{rule.name!r} is never reached: {why} takes every lead it could get"
            yield Problem(f"rules[{place}].when", message)
        elif not rule.overflow:
            takes_all = rule.name if is_always(rule.when) else None
            earlier += [(rule, asked)] if place < _COMPARED else []
    if otherwise is not None:
        near = [other for other, _ in earlier[:_NEAR]]
        why = _shadowed(always(), near) if takes_all is None else repr(takes_all)
        if why:
            yield Problem("otherwise", f"it is never reached: {why} takes every lead it could get")


def _shadowed(when: Condition, near: Sequence[RoutingRule]) -> str:
    """Name what of the rules before takes all leads that meet a condition; nothing if some come through."""
    if not near or not implies(when, *(rule.when for rule in near)):
        return ""
    single = next((rule.name for rule in near if implies(when, rule.when)), None)
    return "what comes before" if single is None else repr(single)


def _asked(condition: Condition) -> frozenset[str]:
    """Name what a condition asks about: fields, tags and kinds of activities."""
    match condition:
        case All() | AnyOf():
            return frozenset().union(*map(_asked, condition.conditions))
        case Not():
            return _asked(condition.condition)
        case Followed():
            return _asked(condition.first) | _asked(condition.second)
        case Happened():
            return frozenset({f"activity {condition.kind}"})
        case HasTag():
            return frozenset({f"tag {condition.tag}"})
        case Always():
            return frozenset()
        case _:
            return frozenset({condition.field})


def _parts(strategy: Strategy, path: str) -> Iterator[tuple[str, Strategy]]:
    """Go through a strategy and those it asks in turn, each with its path; one met again, once."""
    seen: set[int] = set()
    coming = [(path, strategy)]
    while coming:
        path, part = coming.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        yield path, part
        match part:
            case FirstOf():
                inner = enumerate(part.strategies)
                coming += reversed([(f"{path}.strategies[{n}]", one) for n, one in inner])
            case ByTerritory() | ByBand() | ByScore():
                coming.append((f"{path}.then", part.then))
            case _:
                pass


def _unknown_fields(path: str, rule: RoutingRule, schema: LeadSchema) -> Iterator[Problem]:
    yield from schema.problems(rule.when, f"{path}.when")
    asked: list[tuple[str, str]] = []
    for inner, part in _parts(rule.by, f"{path}.by"):
        if isinstance(part, ByTerritory | ByBand | ByScore | KeepOwner):
            asked.append((f"{inner}.field", part.field))
    if isinstance(rule.units, FieldRef):
        asked.append((f"{path}.units", rule.units.name))
    for word, needs in (("skills", rule.to.skills), ("languages", rule.to.languages)):
        asked += [(f"{path}.to.{word}", need.name) for need in needs if isinstance(need, FieldRef)]
    for place, name in asked:
        yield from schema.problems(field(name).is_known(), place)


@attrs.frozen
class _Staffing:
    """A rule and the reps who are there for it."""

    path: str
    rule: RoutingRule
    roster: Roster

    def problems(self) -> Iterator[Problem]:
        try:
            members = self.rule.to.members(self.roster)
        except InvalidValue as error:
            yield Problem(
                f"{self.path}.to", f"expected {error.expected}, got {error.found}: {error.hint}"
            )
            return
        if not members:
            yield Problem(f"{self.path}.to", f"nobody is in {self.rule.to}")
            return
        able = [rep for rep in members if self._could(rep)]
        if not able:
            yield Problem(f"{self.path}.to", f"nobody in {self.rule.to} could ever take a lead")
        yield from self._fallback()
        if isinstance(self.rule.by, KeepOwner) and not self.rule.overflow:
            message = "holds every lead whose owner may not take it: use FirstOf, or overflow=True"
            yield Problem(f"{self.path}.by", message)
        for inner, part in _parts(self.rule.by, f"{self.path}.by"):
            if isinstance(part, ByTerritory):
                yield from self._territories(inner, part, members)
            elif isinstance(part, ByBand):
                yield from self._bands(inner, part, members)

    def _could(self, key: str) -> bool:
        rep, units = self.roster[key], self.rule.units
        least = units if isinstance(units, int) else 0
        skills = [need for need in self.rule.to.skills if isinstance(need, str)]
        languages = [need for need in self.rule.to.languages if isinstance(need, str)]
        limits = [quota.most for quota in rep.quotas]
        limits += [] if rep.capacity is None else [rep.capacity]
        is_able = unable(rep, skills, languages) is None
        return is_able and all(most >= least for most in limits)

    def _fallback(self) -> Iterator[Problem]:
        fallback = self.rule.when_absent.fallback
        if fallback is not None and fallback not in self.roster.active:
            hint = did_you_mean(fallback, self.roster.active)
            yield Problem(
                f"{self.path}.when_absent.fallback", f"{fallback!r} is no active rep: {hint}"
            )

    def _territories(
        self, path: str, part: ByTerritory, members: Sequence[str]
    ) -> Iterator[Problem]:
        served = {place for rep in members for place in self.roster[rep].territories}
        if part.territories is None:
            if not served:
                yield Problem(path, f"nobody in {self.rule.to} serves any territory")
            return
        for territory in part.territories:
            if territory not in served:
                yield Problem(
                    f"{path}.territories.{territory}",
                    f"nobody in {self.rule.to} serves {territory!r}",
                )
        for rep in members:
            for territory in self.roster[rep].territories:
                if territory not in part.territories:
                    hint = did_you_mean(territory, part.territories)
                    message = (
                        f"rep {rep!r} serves {territory!r}, which is no territory here: {hint}"
                    )
                    yield Problem(f"{path}.territories", message)

    def _bands(self, path: str, part: ByBand, members: Sequence[str]) -> Iterator[Problem]:
        for place, band in enumerate(part.bands):
            for rep in band.to:
                if rep not in members:
                    hint = did_you_mean(rep, members)
                    message = f"{shown(rep)} is nobody of {self.rule.to}: {hint}"
                    yield Problem(f"{path}.bands[{place}].to", message)

"""Clashes: what one rule, or two that surely follow together, would do and undo."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import chain, islice

import attrs

from leadflow.actions import (
    Action,
    Assign,
    Dispose,
    Enrol,
    Move,
    SetField,
    Tag,
    Untag,
    Withdraw,
)
from leadflow.automation.rule import When
from leadflow.conditions import Condition, always, kind_of
from leadflow.conditions.contradiction import implies, is_never
from leadflow.errors import Problem

_MOST_ASKED = 4_000
"""Parts of conditions that are held against each other; of what is more, none follows from another."""
_TWO = 2
"""Claims that settle it in two ways: one of them stands against any claim."""


@attrs.frozen(eq=False)
class Claim:
    """What a rule settles about a lead, and how."""

    place: int
    rule: When
    action: Action
    how: Hashable

    def stands_against(self, other: Claim) -> bool:
        """Tell whether it settles the same in another way; a rule that never follows settles none."""
        return (
            self.how != other.how and not is_never(self.rule.if_) and not is_never(other.rule.if_)
        )

    def against(self, other: Claim) -> Problem:
        """Say that it stands against the claim of a rule before it."""
        its = f"{other.rule.name!r} would {other.action}"
        words = f"when {self.rule.trigger}, {its}, and {self.rule.name!r} {self.action}"
        return Problem(f"rules[{self.place}]", f"contradiction: {words}")


def clashes(rules: Sequence[When]) -> Iterator[Problem]:
    """Find the rules that contradict themselves, and each rule that contradicts one before it.

    Two rules of the same trigger contradict each other if the condition of one follows from that of
    the other, as far as `leadflow.conditions.contradiction` can tell.

    >>> from leadflow.automation import RatingBecomes
    >>> rule = When(RatingBecomes("hot"), then=[Tag("x"), Untag("x")], name="hot")
    >>> print(*clashes([rule]))
    rules[0].then: contradiction: 'hot' would tag x, and tag x off
    """
    claims: defaultdict[Hashable, list[Claim]] = defaultdict(list)
    for place, rule in enumerate(rules):
        own: dict[Hashable, Claim] = {}
        for action in rule.then:
            settled = _settled(action)
            if settled is None:
                continue
            subject, how = settled
            claim = Claim(place, rule, action, how)
            first = own.setdefault(subject, claim)
            if first is claim:
                claims[rule.trigger, subject].append(claim)
            elif first.how != how:
                words = f"contradiction: {rule.name!r} would {first.action}, and {action}"
                yield Problem(f"rules[{place}].then", words)
    bench = _Bench()
    for group in claims.values():
        if len({claim.how for claim in group}) > 1:
            yield from bench.between(group)


@attrs.define(eq=False)
class _Bench:
    """Holds claims of one subject and trigger against each other, and no more than it has time for."""

    left: int = _MOST_ASKED

    def between(self, group: Sequence[Claim]) -> Iterator[Problem]:
        first: defaultdict[Condition | None, list[Claim]] = defaultdict(list)
        for place, claim in enumerate(group):
            asked, wider = claim.rule.if_, _wider(claim.rule.if_)
            sure = chain(first[asked], first[wider])
            earlier = chain(sure, self._following(claim, islice(group, place)))
            other = next((each for each in earlier if claim.stands_against(each)), None)
            if other is not None:
                yield claim.against(other)
            for key in (asked, None):
                if len(first[key]) < _TWO and all(each.how != claim.how for each in first[key]):
                    first[key].append(claim)

    def _following(self, claim: Claim, earlier: Iterable[Claim]) -> Iterator[Claim]:
        """Go through the claims whose condition follows from a claim's, or the other way round."""
        one = claim.rule.if_
        for each in earlier:
            if self.left <= 0:
                return
            other = each.rule.if_
            self.left -= one.size + other.size
            if each.how != claim.how and (implies(one, other) or implies(other, one)):
                yield each


def _wider(condition: Condition) -> Condition | None:
    """Name what surely follows: always, or for that the conditions of all, under None."""
    return None if condition == always() else always()


def _settled(action: Action) -> tuple[Hashable, Hashable] | None:
    """Tell what an action settles about a lead, and how; None for what never stands against another."""
    match action:
        case Tag(tag=tag) | Untag(tag=tag):
            return ("tag", tag), isinstance(action, Tag)
        case SetField(field=field, value=value):
            return ("field", field), None if value is None else (kind_of(value), value)
        case Move(to=to):
            return "stage", to
        case Enrol(sequence=name, after=None) | Withdraw(sequence=name):
            return ("sequence", name), isinstance(action, Enrol)
        case Dispose(outcome=outcome, reason=reason):
            return "disposition", (outcome, reason)
        case Assign(rep=str(rep)):
            return "owner", rep
        case _:
            return None

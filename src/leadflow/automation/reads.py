"""What a score or a rating is made of: the fields, tags and kinds of activities that it reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from leadflow.conditions import All, AnyOf, Condition, Followed, Happened, HasTag, Not
from leadflow.conditions.matching import fields_of
from leadflow.scoring import Categories, Rater, Readiness, ScoringModel, Thresholds, TimelineAndSize

_SIZED = frozenset({"deal_value", "due"})
_SCORED = frozenset({"score"})


@attrs.frozen
class Reads:
    """Names of fields, tags and kinds of activities."""

    fields: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()

    def __or__(self, other: Reads) -> Reads:
        return Reads(self.fields | other.fields, self.tags | other.tags, self.kinds | other.kinds)


NOTHING = Reads()


def reads_of(conditions: Iterable[Condition]) -> Reads:
    """Collect what conditions read.

    >>> from leadflow import activity, field, tag
    >>> reads_of([field("n").at_least(5) & tag("vip"), activity("call")]).tags
    frozenset({'vip'})
    """
    given = tuple(conditions)
    fields = frozenset[str]().union(*(fields_of(condition) for condition in given))
    leaves = [leaf for condition in given for leaf in _leaves(condition)]
    tags = frozenset(leaf.tag for leaf in leaves if isinstance(leaf, HasTag))
    kinds = frozenset(leaf.kind for leaf in leaves if isinstance(leaf, Happened))
    return Reads(fields, tags, kinds)


def _leaves(condition: Condition) -> Iterator[Condition]:
    match condition:
        case All() | AnyOf():
            for part in condition.conditions:
                yield from _leaves(part)
        case Not():
            yield from _leaves(condition.condition)
        case Followed():
            yield from (condition.first, condition.second)
        case _:
            yield condition


def reads_of_model(model: ScoringModel | None) -> Reads:
    """Collect what a scoring model reads; nothing for None.

    >>> from leadflow import activity
    >>> from leadflow.scoring import Rule
    >>> reads_of_model(
    ...     ScoringModel("m", rules=[Rule("called", 5, each=activity("call"))])
    ... ).kinds
    frozenset({'call'})
    """
    return NOTHING if model is None else reads_of(rule.asks for rule in model.rules)


def reads_of_rater(rater: Rater | None) -> Reads:
    """Collect what a rater reads; nothing for None, and for a host's own, of which nobody can tell.

    >>> from leadflow.scoring import Thresholds
    >>> reads_of_rater(Thresholds(hot=60, warm=30)).fields
    frozenset({'score'})
    """
    match rater:
        case TimelineAndSize():
            return Reads(_SIZED)
        case Thresholds() | Readiness():
            return Reads(_SCORED)
        case Categories(categories=categories):
            return reads_of(category.when for category in categories)
        case _:
            return NOTHING

"""The strategy: one method that chooses a rep, and its answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol, runtime_checkable

import attrs

from leadflow.errors import InvalidValue, LimitExceeded, shown
from leadflow.events import Rejected
from leadflow.events.event import REJECTIONS
from leadflow.lead import Lead
from leadflow.limits import DEFAULT_LIMITS
from leadflow.routing.candidate import Candidates
from leadflow.values import EMPTY, FLAG, NAME, TEXT, Frozen, checks, name, whole


def _passed(where: str, values: object) -> Frozen[int]:
    if values is EMPTY:
        return EMPTY
    if not isinstance(values, Mapping):
        raise InvalidValue(where, shown(values), "a mapping of reps to numbers of turns")
    return Frozen(
        {
            name(where, rep): number
            for rep, turns in values.items()
            if (number := whole(f"{where}.{shown(rep)}", turns, least=0))
        }
    )


_SHOWN = 12


@attrs.frozen(field_transformer=checks)
class Choice:
    """Whom a strategy chose, and why; `rep` is None if it has nobody for the lead.

    `rejected` says why not the others, where there is more to say than that it is not their turn.
    `passed` are the turns of absent reps that went by: one who takes turns tells them, so that the
    router can keep their places. `is_turn` is False for a rep who was chosen for themselves, as the
    lead's owner is: then no turn that is owed to somebody comes first.

    >>> Choice("ada", "next in turn after 'cy'").rep
    'ada'
    """

    rep: str | None = attrs.field(metadata=NAME)
    because: str = attrs.field(metadata=TEXT)
    rejected: tuple[Rejected, ...] = attrs.field(
        default=(), converter=tuple[Rejected, ...], metadata=REJECTIONS
    )
    passed: Mapping[str, int] = attrs.field(default=EMPTY, metadata={"check": _passed})
    is_turn: bool = attrs.field(default=True, metadata=FLAG)


@runtime_checkable
class Strategy(Protocol):
    """What chooses a rep for a lead.

    The router guarantees that candidates are never empty, always in the order of their ids, that
    each may take the lead now (present, with room for it, with the skills the rule asks for), and
    that the lead is as it was at `as_of`, an instant in UTC. The choice must be one of them, or
    None; it must depend on nothing but the arguments, and ties must end in the rep id.

    >>> class Longest:
    ...     def choose(self, lead, candidates, as_of):
    ...         return Choice(max(c.id for c in candidates), "the last id")
    >>> isinstance(Longest(), Strategy)
    True
    """

    def choose(self, lead: Lead, candidates: Candidates, as_of: datetime) -> Choice:
        """Choose one of the candidates, or say that none of them is to have the lead."""
        ...


def strategy(where: str, value: object) -> Strategy:
    """Take a strategy; a class in place of its instance is refused.

    Raises `InvalidValue`, and `LimitExceeded` for strategies within strategies beyond the limits.
    """
    if isinstance(value, type) or not callable(getattr(value, "choose", None)):
        raise InvalidValue(where, shown(value), "a strategy such as InTurn()")
    if is_deep(value):  # type: ignore[arg-type]  # it has the one method
        raise LimitExceeded(where, "strategies within strategies", DEFAULT_LIMITS.depth, "more")
    return value  # type: ignore[return-value]  # it has the one method


class Asking(ABC):
    """A strategy that asks others."""

    __slots__ = ()

    @property
    @abstractmethod
    def inner(self) -> tuple[Strategy, ...]:
        """The strategies that it asks."""
        ...


def is_deep(strategy: Strategy) -> bool:
    """Tell whether strategies stand within each other as deep as the limits allow, or deeper."""
    layer = {id(strategy): strategy}
    for _ in range(DEFAULT_LIMITS.depth - 1):
        asking = [one for one in layer.values() if isinstance(one, Asking)]
        layer = {id(inner): inner for one in asking for inner in one.inner}
        if not layer:
            return False
    return True


def name_of(strategy: Strategy) -> str:
    """Name a strategy: its class."""
    return type(strategy).__name__


def ask(strategy: Strategy, lead: Lead, candidates: Candidates, as_of: datetime) -> Choice:
    """Ask a strategy, and hold its answer against what it was asked about.

    Raises `InvalidValue` for an answer that is no `Choice`, for one of a rep who is no candidate,
    and for one that rejects, or lets turns go by of, others than it may.
    """
    choice = strategy.choose(lead, candidates, as_of)
    if not isinstance(choice, Choice):
        raise InvalidValue(_where(strategy, candidates), shown(choice), "a Choice")
    ids = [one.id for one in candidates]
    if choice.rep is not None and choice.rep not in ids:
        hint = "they are " + ", ".join(ids[:_SHOWN])
        where = _where(strategy, candidates)
        raise InvalidValue(where, shown(choice.rep), "one of the candidates", hint)
    if choice.passed:
        absent = {one.id for one in candidates.absent}
        _only(choice.passed, absent, "absent reps", f"{_where(strategy, candidates)}, passed")
    if choice.rejected:
        others = set(ids) - {choice.rep}
        rejected = [each.rep for each in choice.rejected]
        where = f"{_where(strategy, candidates)}, rejected"
        _only(rejected, others, "candidates who were not chosen", where)
    return choice


def _where(strategy: Strategy, candidates: Candidates) -> str:
    return f"RoutingRule {candidates.rule!r} by, the choice of {name_of(strategy)}"


def _only(found: Iterable[str], allowed: set[str], expected: str, where: str) -> None:
    other = next((rep for rep in found if rep not in allowed), None)
    if other is not None:
        raise InvalidValue(where, shown(other), expected)

"""A rule: when this, if that, then what."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from leadflow.actions import Action, actions
from leadflow.automation.trigger import TIMED, TRIGGER, Trigger
from leadflow.conditions import Condition, always
from leadflow.conditions.node import CONDITION
from leadflow.errors import InvalidValue
from leadflow.span import SPAN, Span, given_span
from leadflow.values import NAME, checks


def _then(values: Iterable[Action]) -> tuple[Action, ...]:
    found = actions("When.then", values)
    if not found:
        raise InvalidValue("When.then", "none", "one or more actions")
    return found


@attrs.frozen(field_transformer=checks)
class When:
    """When something sets it off, and the lead meets a condition, these actions follow.

    `cool_down` is how long the rule rests for a lead after it fired. `name` tells rules apart, the
    trigger in words unless given. Raise `version` (the text "1" unless given) for the rule to fire
    anew for what it has fired for.

    Raises `InvalidValue` or `LimitExceeded`, naming the place.

    >>> from leadflow import field
    >>> from leadflow.actions import CreateTask, Notify
    >>> from leadflow.automation import ScoreReaches
    >>> rule = When(
    ...     ScoreReaches(60),
    ...     field("owner").is_known(),
    ...     [CreateTask("call"), Notify("sales", "a lead is ready")],
    ...     cool_down="7 days",
    ... )
    >>> print(rule)
    when the score reaches 60, if owner is known: task call; notify sales: a lead is ready
    """

    trigger: Trigger = attrs.field(metadata=TRIGGER)
    if_: Condition = attrs.field(default=always(), metadata=CONDITION)
    then: tuple[Action, ...] = attrs.field(default=(), converter=_then)
    cool_down: Span | None = attrs.field(
        default=None, kw_only=True, converter=given_span, metadata=SPAN
    )
    name: str = attrs.field(kw_only=True, metadata=NAME)
    version: str = attrs.field(default="1", kw_only=True, metadata=NAME)

    @name.default
    def _trigger_as_name(self) -> str:
        return str(self.trigger)

    @property
    def is_timed(self) -> bool:
        """Whether time alone sets it off."""
        return isinstance(self.trigger, TIMED)

    def __str__(self) -> str:
        condition = "" if self.if_ == always() else f", if {self.if_}"
        return f"when {self.trigger}{condition}: {'; '.join(map(str, self.then))}"

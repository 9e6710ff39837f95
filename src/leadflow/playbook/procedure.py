"""Procedures: what is done with the leads of a rating, and on which channels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from leadflow.actions import Action, actions
from leadflow.automation import DateReached, RatingBecomes, When
from leadflow.automation.effect import FIRED
from leadflow.conditions import activity, field
from leadflow.errors import InvalidValue, shown
from leadflow.pipeline import ResponseLimits
from leadflow.values import EMPTY, NAME, Frozen, checks, instance, name, names


def _channels(values: Iterable[str] | None) -> tuple[str, ...] | None:
    return None if values is None else names("Procedure.channels", values)


def _then(values: Iterable[Action]) -> tuple[Action, ...]:
    return actions("Procedure.then", values)


def _on_dates(values: Mapping[str, Iterable[Action]]) -> Frozen[tuple[Action, ...]]:
    where = "Procedure.on_dates"
    if not isinstance(values, Mapping):
        raise InvalidValue(where, shown(values), "a mapping from a date field to actions")
    found = {name(where, key): actions(f"{where}.{key}", steps) for key, steps in values.items()}
    return Frozen(found)


@attrs.frozen(field_transformer=checks)
class Procedure:
    r"""What is done with leads of a rating (requirement P3).

    `then` follows when a lead comes to be rated so; `on_dates` when a date of such a lead comes, by
    the name of the field, such as due, and still does if it is rated otherwise by then. `channels` are the only ones on which it is contacted, any
    unless given. `limits` are the response limits of such leads, those of the playbook unless given.

    Raises `InvalidValue` or `LimitExceeded`, naming the place.

    >>> from leadflow.actions import CreateTask, SendMessage
    >>> cold = Procedure("cold", [SendMessage("newsletter")], channels=["email", "chat"])
    >>> warm = Procedure("warm", [CreateTask("call")], on_dates={"due": [CreateTask("call")]})
    >>> print(*warm.rules, sep="\n")
    when the rating becomes warm: task call
    when due is reached, if rating is 'warm' or automation (rule is 'procedure: warm'): task call
    """

    rating: str = attrs.field(metadata=NAME)
    then: tuple[Action, ...] = attrs.field(default=(), converter=_then)
    on_dates: Mapping[str, tuple[Action, ...]] = attrs.field(
        default=EMPTY, kw_only=True, converter=_on_dates
    )
    channels: tuple[str, ...] | None = attrs.field(default=None, kw_only=True, converter=_channels)
    limits: ResponseLimits | None = attrs.field(
        default=None, kw_only=True, metadata=instance(ResponseLimits)
    )

    @property
    def rules(self) -> tuple[When, ...]:
        """The procedure as rules."""
        found, title = [], f"procedure: {self.rating}"
        if self.then:
            found.append(When(RatingBecomes(self.rating), then=self.then, name=title))
        was_so = field("rating").equals(self.rating) | activity(FIRED, rule=title)
        for date_field, steps in self.on_dates.items():
            name_of_date = f"{title}, {date_field}"
            found.append(When(DateReached(date_field), was_so, steps, name=name_of_date))
        return tuple(found)

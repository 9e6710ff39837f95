"""Stages: the places where a lead can stand, and what each asks for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal, TypeAlias

import attrs

from leadflow.conditions import Condition
from leadflow.conditions.node import CONDITION
from leadflow.errors import InvalidValue, shown
from leadflow.events.facts import one_of, share
from leadflow.pipeline.offer import OfferCheck
from leadflow.span import SPAN, Span, given_span
from leadflow.values import FLAG, LABEL, NAME, checks, decimal, instance, names, whole

StageKind: TypeAlias = Literal["open", "on_hold", "won", "lost"]
_CERTAIN = {"won": 1.0, "lost": 0.0}
_NEVER_KNOWN = {
    "tags": "for a tag write entry=tag(...)",
    "fields": "name the field itself",
    "events": "for what happened write entry=activity(...)",
    "engagement_reset_at": "it is set by dispositions",
    "deal_value_currency": "require deal_value, which has its currency",
}


def _required(where: str, value: object) -> tuple[str, ...]:
    found = names(where, value)
    for key in found:
        if key in _NEVER_KNOWN:
            expected = "fields or attributes of a lead"
            raise InvalidValue(where, shown(key), expected, _NEVER_KNOWN[key])
    return found


def _attempts(where: str, value: object) -> int:
    return whole(where, value, least=1)


def _multiple(where: str, value: object) -> Decimal:
    number = decimal(where, value)
    if number <= 0:
        raise InvalidValue(where, shown(value), "a number above 0")
    return number


def _of_the_keyed(owner: type, fields: list[attrs.Attribute[Any]]) -> list[attrs.Attribute[Any]]:
    """Run the checks of the fields; the errors say which stage it is."""
    return [
        field
        if field.name in ("key", "kind") or field.converter is None
        else field.evolve(converter=attrs.Converter(_keyed(field), takes_self=True))
        for field in checks(owner, fields)
    ]


def _keyed(field: attrs.Attribute[Any]) -> Any:
    check = field.metadata["check"]
    takes_none = "| None" in str(field.type)

    def converted(value: object, self: Any) -> object:
        if takes_none and value is None:
            return None
        return check(f"Stage {self.key!r} {field.name}", value)

    return converted


@attrs.frozen(field_transformer=_of_the_keyed)
class Stage:
    """A place where a lead can stand.

    `key` names it in the log and in definitions, `label` is what people read, in any language and
    direction (the key unless given). `kind`: open (worked), on_hold (resting), won or lost (closed).

    Of a lead that is to enter: `requires`, the fields that must be known (those of the open stages
    before it too, see `Pipeline`); `entry`, a condition it must meet; `offer`, how an offer is
    checked against needs and budget; `needs_disposition`, whether the log must say how it ended
    (None: where the stage is lost).

    Of a lead that stands here: `expected`, how long it should stay at most; from `yellow_at` times
    as long it is slow (1 unless given), from `red_at` times late (1.5). `respond_within`: a contact
    follows within this span of entering. `follow_up`: the next contact follows so long after the
    last one. `attempts`: so many tries before the lead may be closed as unreachable.
    `probability`: the share of leads here that will be won, 1 of won and 0 of lost stages.

    Raises `InvalidValue` and `LimitExceeded`, naming the stage.

    >>> Stage("first_contact", "שיחה ראשונה", expected="5 days", follow_up="2 days").kind
    'open'
    """

    key: str = attrs.field(metadata=NAME)
    label: str = attrs.field(metadata=LABEL)
    kind: StageKind = attrs.field(default="open", metadata=one_of(StageKind))
    expected: Span | None = attrs.field(
        default=None, kw_only=True, converter=given_span, metadata=SPAN
    )
    probability: float | None = attrs.field(kw_only=True, metadata={"check": share})
    requires: tuple[str, ...] = attrs.field(
        default=(), kw_only=True, converter=tuple[str, ...], metadata={"check": _required}
    )
    entry: Condition | None = attrs.field(default=None, kw_only=True, metadata=CONDITION)
    offer: OfferCheck | None = attrs.field(
        default=None, kw_only=True, metadata=instance(OfferCheck)
    )
    needs_disposition: bool | None = attrs.field(default=None, kw_only=True, metadata=FLAG)
    attempts: int | None = attrs.field(default=None, kw_only=True, metadata={"check": _attempts})
    respond_within: Span | None = attrs.field(
        default=None, kw_only=True, converter=given_span, metadata=SPAN
    )
    follow_up: Span | None = attrs.field(
        default=None, kw_only=True, converter=given_span, metadata=SPAN
    )
    yellow_at: Decimal = attrs.field(
        default=Decimal(1), kw_only=True, converter=Decimal, metadata={"check": _multiple}
    )
    red_at: Decimal = attrs.field(
        default=Decimal("1.5"), kw_only=True, converter=Decimal, metadata={"check": _multiple}
    )

    @label.default
    def _key_as_label(self) -> str:
        return self.key

    @probability.default
    def _certainty(self) -> float | None:
        return _CERTAIN.get(self.kind)

    def __attrs_post_init__(self) -> None:
        certain = _CERTAIN.get(self.kind)
        if certain is not None and self.probability != certain:
            expected = f"{certain:.0f}, for the stage is {self.kind}"
            raise InvalidValue(f"Stage {self.key!r} probability", shown(self.probability), expected)
        if self.yellow_at > self.red_at:
            where, found = f"Stage {self.key!r} yellow_at", str(self.yellow_at)
            raise InvalidValue(where, found, f"at most red_at, {self.red_at}")

    @property
    def is_closed(self) -> bool:
        """Whether a lead that stands here is won or lost."""
        return self.kind in ("won", "lost")

    @property
    def asks_disposition(self) -> bool:
        """Whether the log must say how it ended before a lead may enter."""
        return self.kind == "lost" if self.needs_disposition is None else self.needs_disposition

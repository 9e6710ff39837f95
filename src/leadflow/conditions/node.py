"""The nodes of a condition: a closed union of small frozen classes, checked when built."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import attrs

from leadflow.conditions.constant import Constant, constant, kind_of
from leadflow.errors import (
    InvalidValue,
    LimitExceeded,
    MixedCurrencies,
    printable,
    shown,
)
from leadflow.lead import Lead, seen
from leadflow.limits import DEFAULT_LIMITS
from leadflow.money import Money
from leadflow.span import Span, as_span
from leadflow.values import NAME, checks, text, whole, word

if TYPE_CHECKING:
    from leadflow.conditions.matching import Matcher

Comparison: TypeAlias = Literal["equals", "at_least", "at_most", "more_than", "less_than"]
Part: TypeAlias = Literal["contains", "starts_with", "ends_with"]
Nearness: TypeAlias = Literal["in_last", "in_next", "older_than"]
COMPARISONS: tuple[Comparison, ...] = ("equals", "at_least", "at_most", "more_than", "less_than")
PARTS: tuple[Part, ...] = ("contains", "starts_with", "ends_with")
NEARNESSES: tuple[Nearness, ...] = ("in_last", "in_next", "older_than")


@attrs.frozen(repr=False)
class _Node:
    """What every condition can do: be combined, be asked of a lead, be read in English."""

    @property
    def size(self) -> int:
        """How many nodes the condition has."""
        return 1

    @property
    def depth(self) -> int:
        """How many levels the condition has."""
        return 1

    def __and__(self, other: Condition) -> All:
        return All((*_parts(self, All), *_parts(other, All)))

    def __or__(self, other: Condition) -> AnyOf:
        return AnyOf((*_parts(self, AnyOf), *_parts(other, AnyOf)))

    def __invert__(self) -> Not:
        return Not(self)  # type: ignore[arg-type]

    def __bool__(self) -> bool:
        raise TypeError(
            "a condition is neither true nor false until it is asked of a lead: "
            "combine with & | ~ instead of and, or, not; ask with .matches(lead, as_of=...)"
        )

    def __str__(self) -> str:
        from leadflow.conditions.wording import wording  # noqa: PLC0415 (wording imports the nodes)

        return printable(wording(self))  # type: ignore[arg-type]

    def __repr__(self) -> str:
        shown_fields = (
            f"{each.name}={getattr(self, each.name)!r}" for each in attrs.fields(type(self))
        )
        return printable(f"{type(self).__name__}({', '.join(shown_fields)})")

    @cached_property
    def _matcher(self) -> Matcher:
        from leadflow.conditions.matching import compiled  # noqa: PLC0415 (so does matching)

        return compiled(self)  # type: ignore[arg-type]

    def matches(self, lead: Lead, *, as_of: datetime) -> bool:
        """Ask the condition of a lead at an instant; later events have not happened.

        Raises `NaiveDatetime` for an `as_of` without a time zone.
        """
        past, moment = seen(lead, as_of)
        return self._matcher(past.values, past, moment.date())


def _parts(node: Any, kind: type[All | AnyOf]) -> tuple[Condition, ...]:
    if not isinstance(node, CONDITION_TYPES):
        raise InvalidValue(
            "condition", shown(node), "a condition", "such as field(...).equals(...)"
        )
    return node.conditions if isinstance(node, kind) else (node,)


@attrs.frozen(repr=False)
class _Composite(_Node):
    """A condition made of others, whose size is checked when it is built."""

    @property
    @abstractmethod
    def parts(self) -> tuple[Condition, ...]:
        """The conditions it is made of."""

    @cached_property
    def size(self) -> int:
        return 1 + sum(part.size for part in self.parts)

    @cached_property
    def depth(self) -> int:
        return 1 + max((part.depth for part in self.parts), default=0)

    def __attrs_post_init__(self) -> None:
        most, deepest = DEFAULT_LIMITS.condition_nodes, DEFAULT_LIMITS.depth
        if self.size > most:
            raise LimitExceeded("condition", "the nodes", most, f"{self.size:,}")
        if self.depth > deepest:
            raise LimitExceeded("condition", "the levels of nesting", deepest, f"{self.depth}")


@attrs.frozen(field_transformer=checks)
class FieldRef:
    """The value of another field, to compare with; `field` in place of a value makes one.

    >>> from leadflow import field
    >>> field("seats_used").at_least(field("seats_bought")).value
    FieldRef(name='seats_bought')
    """

    name: str = attrs.field(metadata=NAME)

    def __str__(self) -> str:
        return self.name


def _comparison(value: Comparison) -> Comparison:
    return word("comparison", value, COMPARISONS)


def _part(value: Part) -> Part:
    return word("text comparison", value, PARTS)


def _nearness(value: Nearness) -> Nearness:
    return word("date comparison", value, NEARNESSES)


def _operand(value: Constant | FieldRef) -> Constant | FieldRef:
    return value if isinstance(value, FieldRef) else constant("value to compare with", value)


def _of_kind(value: Constant | FieldRef) -> object:
    """Tell True from 1, which Python holds for equal."""
    return value if isinstance(value, FieldRef) else (kind_of(value), value)


def _of_kinds(values: tuple[Constant, ...]) -> tuple[object, ...]:
    return tuple(_of_kind(value) for value in values)


_UNORDERED = {
    "text": "text has no order here; compare it with equals, one_of or starts_with",
    "boolean": "true and false have no order; compare with equals",
}


@attrs.frozen(repr=False, field_transformer=checks)
class Compare(_Node):
    """A field compared with a constant or with another field.

    An unknown value, or one of another kind, is never equal, more or less. Raises `InvalidValue` for
    a constant that cannot be compared so: text has no order, None is not a value.

    >>> field("employees").at_least(50)
    Compare(field='employees', operator='at_least', value=50)
    """

    field: str = attrs.field(metadata=NAME)
    operator: Comparison = attrs.field(converter=_comparison)
    value: Constant | FieldRef = attrs.field(converter=_operand, eq=_of_kind)

    def __attrs_post_init__(self) -> None:
        if self.operator == "equals" or isinstance(self.value, FieldRef):
            return
        reason = _UNORDERED.get(kind_of(self.value))
        if reason:
            where = f"{self.field}.{self.operator}"
            raise InvalidValue(
                where, shown(self.value), "a number, a date, a datetime or Money", reason
            )


@attrs.frozen(repr=False, field_transformer=checks)
class Between(_Node):
    """A field between two constants of one kind, ends included.

    Raises `InvalidValue` for ends without an order (text, booleans), of different kinds or the wrong
    way round, and `MixedCurrencies` for amounts in two currencies.

    >>> field("employees").between(50, 1000)
    Between(field='employees', low=50, high=1000)
    """

    field: str = attrs.field(metadata=NAME)
    low: Constant = attrs.field(metadata={"check": constant})
    high: Constant = attrs.field(metadata={"check": constant})

    def __attrs_post_init__(self) -> None:
        where, kind = f"{self.field}.between", kind_of(self.low)
        found = f"{shown(self.low)} and {shown(self.high)}"
        if kind != kind_of(self.high) or kind in _UNORDERED:
            raise InvalidValue(where, found, "two numbers, dates, datetimes or amounts of Money")
        if isinstance(self.low, Money) and isinstance(self.high, Money):
            _one_currency(self.field, self.low, self.high)
        low: Any = self.low
        if low > self.high:
            raise InvalidValue(where, found, "the low end first")


def _one_currency(field: str, low: Money, high: Money) -> None:
    if low.currency != high.currency:
        raise MixedCurrencies(f"compare {field} with", (low.currency, high.currency))


def _choices(values: Iterable[Constant]) -> tuple[Constant, ...]:
    listed: object = values
    if isinstance(listed, str | bytes) or not isinstance(listed, Iterable):
        raise InvalidValue("one_of", shown(values), "a list of values")
    values = tuple(listed)
    if len(values) == 1 and isinstance(values[0], list | tuple | set | frozenset):
        hint = "pass them one by one: one_of(*values)"
        raise InvalidValue("one_of", shown(values[0]), "values", hint)
    found = {(kind_of(c), c): c for c in (constant("one_of", value) for value in values)}
    if not found:
        raise InvalidValue("one_of", "no values", "at least one value")
    if len(found) > DEFAULT_LIMITS.choices:
        most = DEFAULT_LIMITS.choices
        raise LimitExceeded("one_of", "the values", most, f"{len(found):,}")
    return tuple(found.values())


@attrs.frozen(repr=False, field_transformer=checks)
class OneOf(_Node):
    """A field equal to one of several constants; a constant given twice counts once.

    Raises `InvalidValue` where there is none, and `LimitExceeded` for more than 10,000.

    >>> field("country").one_of("PL", "CZ", "PL").values
    ('PL', 'CZ')
    """

    field: str = attrs.field(metadata=NAME)
    values: tuple[Constant, ...] = attrs.field(converter=_choices, eq=_of_kinds)


def _not_empty(value: str) -> str:
    found = text("text to look for", value)
    if not found:
        raise InvalidValue("text to look for", "''", "text that is not empty")
    return found


@attrs.frozen(repr=False, field_transformer=checks)
class TextPart(_Node):
    """A text field that contains, starts with or ends with a text, case included.

    Raises `InvalidValue` for empty text.

    >>> field("title").contains("Head")
    TextPart(field='title', operator='contains', text='Head')
    """

    field: str = attrs.field(metadata=NAME)
    operator: Part = attrs.field(converter=_part)
    text: str = attrs.field(converter=_not_empty)


@attrs.frozen(repr=False, field_transformer=checks)
class Known(_Node):
    """A field whose value is known; empty text is known.

    >>> field("phone").is_known()
    Known(field='phone')
    """

    field: str = attrs.field(metadata=NAME)


@attrs.frozen(repr=False, field_transformer=checks)
class Unknown(_Node):
    """A field whose value is not known: None, NaN or missing.

    >>> field("phone").is_unknown()
    Unknown(field='phone')
    """

    field: str = attrs.field(metadata=NAME)


def in_days(where: str, value: object) -> Span:
    """Take a span of months and whole days; anything under a day is refused.

    Raises `InvalidValue` for hours, minutes or seconds, and for what is no span.

    >>> print(in_days("within", "2 weeks"))
    14 days
    """
    span = as_span(where, value)
    if span.seconds:
        raise InvalidValue(
            where, str(span), "days, weeks, months or years", "conditions count days"
        )
    return span


@attrs.frozen(repr=False, field_transformer=checks)
class Dated(_Node):
    """A date or datetime field near to, or far from, the UTC date of `as_of`.

    `span` counts whole days and calendar months; `InvalidValue` is raised for anything under a day.

    >>> print(field("renewal").in_next("30 days"))
    renewal is in the next 30 days
    """

    field: str = attrs.field(metadata=NAME)
    operator: Nearness = attrs.field(converter=_nearness)
    span: Span = attrs.field(metadata={"check": in_days})


@attrs.frozen(repr=False, field_transformer=checks)
class HasTag(_Node):
    """A lead that carries a tag.

    >>> from datetime import datetime, timezone
    >>> from leadflow import Lead, tag
    >>> noon = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
    >>> tag("vip").matches(Lead("L-7", tags=["vip"]), as_of=noon)
    True
    """

    tag: str = attrs.field(metadata=NAME)


@attrs.frozen(repr=False)
class Always(_Node):
    """Every lead.

    >>> print(Always())
    always
    """


def _window(value: Span | timedelta | str | None) -> Span | None:
    return None if value is None else in_days("within", value)


def _count(value: int) -> int:
    return whole("times", value, least=0)


def _data_condition(value: Condition | None) -> Condition | None:
    if value is not None:
        only_about_data(value)
    return value


def only_about_data(condition: object) -> None:
    """Refuse a condition on anything but an event's own data: tags and activities are a lead's."""
    match condition:
        case All() | AnyOf():
            for part in condition.conditions:
                only_about_data(part)
        case Not():
            only_about_data(condition.condition)
        case (
            Compare() | Between() | OneOf() | TextPart() | Known() | Unknown() | Dated() | Always()
        ):
            pass
        case _:
            expected = "a condition on the activity's own data"
            hint = "use field(...) of the data; tags and activities belong to the lead"
            raise InvalidValue("where", shown(condition), expected, hint)


@attrs.frozen(repr=False, field_transformer=checks)
class Happened(_Composite):
    """An activity of a kind that happened, at least and at most so many times.

    `where` is a condition on the activity's own data, `within` its age in days or months at most;
    without them every such activity counts, and once is enough. Raises `InvalidValue` for a condition
    on anything but the data, for a span under a day and for times that cannot be.

    >>> from leadflow import activity
    >>> print(activity("email_opened").within("30 days").times(3))
    email_opened within 30 days, at least 3 times
    """

    kind: str = attrs.field(metadata=NAME)
    where_: Condition | None = attrs.field(default=None, converter=_data_condition)
    within_: Span | None = attrs.field(default=None, converter=_window)
    at_least: int = attrs.field(default=1, converter=_count)
    at_most: int | None = attrs.field(default=None, metadata={"check": whole})

    def __attrs_post_init__(self) -> None:
        if self.at_least == 0 and self.at_most is None:
            raise InvalidValue("times", "at least 0", "1 or more, or an upper end")
        if self.at_most is not None and self.at_most < self.at_least:
            found = f"at least {self.at_least} and at most {self.at_most}"
            raise InvalidValue("times", found, "the smaller number first")
        _Composite.__attrs_post_init__(self)

    @property
    def parts(self) -> tuple[Condition, ...]:
        """The condition on the data, if there is one."""
        return () if self.where_ is None else (self.where_,)

    def where(self, *conditions: Condition) -> Happened:
        """Narrow to activities whose own data meet these conditions too."""
        known = () if self.where_ is None else _parts(self.where_, All)
        both = (*known, *conditions)
        return attrs.evolve(self, where_=both[0] if len(both) == 1 else All(both))

    def within(self, span: Span | timedelta | str) -> Happened:
        """Narrow to activities at most so old, in UTC days; calendar months count back."""
        return attrs.evolve(self, within_=in_days("within", span))

    def times(self, at_least: int | None = None, at_most: int | None = None) -> Happened:
        """Ask for a number of times: at least once unless said otherwise, ends included."""
        least = (0 if at_most == 0 else 1) if at_least is None else at_least
        return attrs.evolve(self, at_least=least, at_most=at_most)

    def never(self) -> Happened:
        """Ask that it did not happen."""
        return self.times(at_most=0)

    def then(self, other: Happened, *, within: Span | timedelta | str | None = None) -> Followed:
        """Ask that another activity came strictly later, its UTC date at most so many days after."""
        return Followed(self, other, within)

    @property
    def is_plain(self) -> bool:
        """Whether no number of times is asked for."""
        return (self.at_least, self.at_most) == (1, None)


def _step(value: Happened) -> Happened:
    step: object = value
    if not isinstance(step, Happened) or not step.is_plain:
        expected = "an activity(...) without times() or never()"
        raise InvalidValue("sequence", shown(value), expected)
    return value


def _days_apart(value: Span | timedelta | str | None) -> Span | None:
    if value is None:
        return None
    span = as_span("then within", value)
    span.days_only("then within")
    return span


@attrs.frozen(repr=False)
class Followed(_Composite):
    """An activity and, strictly later, another; their UTC dates at most so many days apart.

    Without `within` any time may lie between. Raises `InvalidValue` for a step with a number of times
    and for a span that is not whole days.

    >>> print(activity("form_submitted").then(activity("call"), within="7 days"))
    form_submitted, then within 7 days call
    """

    first: Happened = attrs.field(converter=_step)
    second: Happened = attrs.field(converter=_step)
    within: Span | None = attrs.field(default=None, converter=_days_apart)

    @property
    def parts(self) -> tuple[Condition, ...]:
        """The two steps."""
        return (self.first, self.second)


def _single(value: Condition) -> Condition:
    return _several((value,))[0]


def _several(values: Iterable[Condition]) -> tuple[Condition, ...]:
    listed: object = values
    if not isinstance(listed, Iterable):
        raise InvalidValue("all or any", shown(values), "a list of conditions")
    found = tuple(values)
    for value in found:
        _parts(value, All)
    if not found:
        raise InvalidValue("all or any", "no conditions", "at least one condition", "or always()")
    return found


@attrs.frozen(repr=False)
class All(_Composite):
    """Every one of several conditions.

    Raises `InvalidValue` for none, and `LimitExceeded` beyond 20,000 nodes or 64 levels.

    >>> print(field("employees").at_least(50) & tag("vip"))
    employees is at least 50 and tagged 'vip'
    """

    conditions: tuple[Condition, ...] = attrs.field(converter=_several)

    @property
    def parts(self) -> tuple[Condition, ...]:
        """The conditions."""
        return self.conditions


@attrs.frozen(repr=False)
class AnyOf(_Composite):
    """At least one of several conditions.

    Raises `InvalidValue` for none, and `LimitExceeded` beyond 20,000 nodes or 64 levels.

    >>> print(field("employees").at_least(50) | tag("vip"))
    employees is at least 50 or tagged 'vip'
    """

    conditions: tuple[Condition, ...] = attrs.field(converter=_several)

    @property
    def parts(self) -> tuple[Condition, ...]:
        """The conditions."""
        return self.conditions


@attrs.frozen(repr=False)
class Not(_Composite):
    """The opposite of a condition; of an unknown value a comparison is False, so this is True.

    >>> (~field("employees").at_least(50)).matches(Lead("L-7"), as_of=noon)
    True
    """

    condition: Condition = attrs.field(converter=_single)

    @property
    def parts(self) -> tuple[Condition, ...]:
        """The condition that is turned around."""
        return (self.condition,)


Condition: TypeAlias = (
    Compare
    | Between
    | OneOf
    | TextPart
    | Known
    | Unknown
    | Dated
    | HasTag
    | Happened
    | Followed
    | All
    | AnyOf
    | Not
    | Always
)
"""Everything that can be asked of a lead."""

CONDITION_TYPES = (
    Compare, Between, OneOf, TextPart, Known, Unknown, Dated, HasTag,
    Happened, Followed, All, AnyOf, Not, Always,
)  # fmt: skip


def condition_at(where: str, value: object) -> Condition:
    """Take a condition; raises `InvalidValue`, naming the place, for anything else.

    >>> condition_at("when", Always())
    Always()
    """
    if not isinstance(value, CONDITION_TYPES):
        raise InvalidValue(where, shown(value), "a condition", "such as field(...).equals(...)")
    return value


CONDITION: Any = {"check": condition_at}

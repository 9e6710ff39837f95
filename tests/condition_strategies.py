"""Conditions, and leads that they are about: a small vocabulary, so that the two often meet."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from leadflow.conditions import (
    Always,
    Between,
    Compare,
    Condition,
    Field,
    FieldRef,
    Followed,
    Happened,
    Known,
    OneOf,
    TextPart,
    Unknown,
    activity,
    all_of,
    always,
    any_of,
    field,
    tag,
)
from leadflow.events import Activity, FieldsSet, Tagged, Untagged
from leadflow.lead import Lead
from leadflow.money import Money
from leadflow.span import Span

BASE = datetime(2026, 3, 31, 12, tzinfo=UTC)
FIELDS = ("a", "b", "c")
DATA = ("page", "seconds", "on", "channel", "direction", "answered", "by", "ghost")
LEAD = (*FIELDS, *FIELDS, "deal_value", "due", "score", "created_at", "source", "ghost")
KINDS = ("page_viewed", "demo_requested")
TAGS = ("vip", "partner")
_ZONES = (UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-11, minutes=-30)))
_HOURS = (-24 * 31, -24 * 30, -24 * 7, -60, -49, -48, -37, -36, -24, -13, -12, 0, 0, 1, 11, 12)


def instants() -> st.SearchStrategy[datetime]:
    """Draw instants within two months of `BASE`, often equal or about a midnight, in any zone."""
    seconds = st.sampled_from((0, 0, -1, 1))
    return st.builds(
        lambda hours, second, zone: (BASE + timedelta(hours=hours, seconds=second)).astimezone(
            zone
        ),
        st.sampled_from(_HOURS),
        seconds,
        st.sampled_from(_ZONES),
    )


def dates() -> st.SearchStrategy[date]:
    """Draw dates about the ends of months near `BASE`, and the first and last there are."""
    days = (-366, -365, -60, -59, -32, -31, -30, -29, -28, -8, -7, -2, -1, 0, 1, 2, 7, 30, 31, 61)
    near = st.sampled_from(days).map(lambda days: BASE.date() + timedelta(days))
    return near | st.sampled_from((date.min, date.max))


def numbers() -> st.SearchStrategy[int | float | Decimal]:
    """Draw numbers of all three types, most of them neighbours or equals of one another."""
    edges = (0, 1, 2, 2**53, 2**53 + 1, 0.0, -0.0, 0.1, 0.3, 1.0, 2.0**53)
    decimals = ("0", "0.1", "0.10", "1.0", "0.30000000000000004", "9007199254740993", "9.5")
    return st.sampled_from((*edges, 0.1 + 0.2, *map(Decimal, decimals)))


def money() -> st.SearchStrategy[Money]:
    """Draw small amounts in two currencies."""
    amounts = st.sampled_from(("0", "1", "1.00", "9.50", "10"))
    return st.builds(Money, amounts, st.sampled_from(("EUR", "USD")))


def texts() -> st.SearchStrategy[str]:
    """Draw short texts that differ in case and contain one another."""
    return st.sampled_from(("", "a", "A", "ab", "abc", "1", "True", "/pricing", "web", "é"))


def values() -> st.SearchStrategy[Any]:
    """Draw known values of a field."""
    return st.one_of(numbers(), texts(), st.booleans(), dates(), instants())


def constants() -> st.SearchStrategy[Any]:
    """Draw constants of a condition."""
    return values() | money()


def ordered() -> st.SearchStrategy[Any]:
    """Draw constants of the kinds that have an order."""
    return st.one_of(numbers(), dates(), instants(), money())


def spans() -> st.SearchStrategy[Span]:
    """Draw spans of days and months, some reaching beyond all years."""
    words = ("1 day", "2 days", "1 week", "30 days", "1 month", "1 month 1 day", "1 year")
    return st.sampled_from((*words, "2 months", "2026 years", "9999 years")).map(Span.parse)


def _ends() -> st.SearchStrategy[tuple[Any, Any]]:
    kinds: list[st.SearchStrategy[Any]] = [numbers(), dates(), instants()]
    kinds += [st.builds(Money, st.integers(0, 10), st.just(code)) for code in ("EUR", "USD")]
    return st.one_of(
        [st.lists(kind, min_size=2, max_size=2).map(sorted).map(tuple) for kind in kinds]
    )


@st.composite
def leaves(draw: st.DrawFn, names: tuple[str, ...] = LEAD) -> Condition:
    """Draw a condition about one or two of the named values."""
    subject, other = field(draw(st.sampled_from(names))), field(draw(st.sampled_from(names)))
    if subject.name == "deal_value" and draw(st.booleans()):
        return _about_money(draw, subject)
    match draw(st.integers(0, 6)):
        case 0:
            return subject.equals(draw(constants() | st.just(other)))
        case 1:
            return _order(draw, subject, draw(ordered() | st.just(other)))
        case 2:
            return subject.between(*draw(_ends()))
        case 3:
            return subject.one_of(*draw(st.lists(constants(), min_size=1, max_size=4)))
        case 4:
            part = draw(st.sampled_from(("contains", "starts_with", "ends_with")))
            found: Condition = getattr(subject, part)(draw(texts().filter(bool)))
            return found
        case 5:
            plain: list[Condition] = [subject.is_known(), subject.is_unknown(), always()]
            return draw(st.sampled_from(plain))
        case _:
            near = draw(st.sampled_from(("in_last", "in_next", "older_than")))
            dated: Condition = getattr(subject, near)(draw(spans()))
            return dated


def _about_money(draw: st.DrawFn, subject: Field) -> Condition:
    low, high = sorted(draw(st.lists(st.integers(0, 10), min_size=2, max_size=2)))
    code = draw(st.sampled_from(("EUR", "USD")))
    amount, more = Money(low, code), Money(high, code)
    built: list[Condition] = [subject.equals(amount), subject.one_of(amount, more)]
    return draw(st.sampled_from([*built, subject.between(amount, more), subject.at_least(amount)]))


def _order(draw: st.DrawFn, subject: Field, value: Any) -> Condition:
    word = draw(st.sampled_from(("at_least", "at_most", "more_than", "less_than")))
    found: Condition = getattr(subject, word)(value)
    return found


def _combined(leaf: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    return st.recursive(
        leaf,
        lambda parts: st.one_of(
            st.lists(parts, min_size=1, max_size=3).map(lambda found: all_of(*found)),
            st.lists(parts, min_size=1, max_size=3).map(lambda found: any_of(*found)),
            parts.map(lambda part: ~part),
        ),
        max_leaves=6,
    )


@st.composite
def steps(draw: st.DrawFn) -> Happened:
    """Draw an activity that happened, without a number of times."""
    found = activity(draw(st.sampled_from(KINDS)))
    if draw(st.integers(0, 3)) == 3:
        found = found.where(draw(_combined(leaves(DATA))))
    if draw(st.integers(0, 3)) == 3:
        found = found.within(draw(spans()))
    return found


@st.composite
def happened(draw: st.DrawFn) -> Happened:
    """Draw an activity that happened, or not, so many times."""
    least = draw(st.integers(0, 3))
    most = draw(st.none() if least == 0 else st.none() | st.integers(least, 4))
    if least == 0:
        return draw(st.sampled_from((draw(steps()), draw(steps()).never())))
    return draw(steps()).times(least, most)


@st.composite
def followed(draw: st.DrawFn) -> Followed:
    """Draw an activity and then another."""
    days = draw(st.sampled_from((None, "1 day", "1 day", "2 days", "30 days")))
    return draw(steps()).then(draw(steps()), within=days)


def conditions() -> st.SearchStrategy[Condition]:
    """Draw any condition, up to a few leaves."""
    tags = st.sampled_from(TAGS).map(tag)
    return _combined(st.one_of(leaves(), leaves(), tags, happened(), followed()))


def activities() -> st.SearchStrategy[Activity]:
    """Draw activities of the vocabulary, with and without their attributes and data."""
    data = st.fixed_dictionaries(
        {},
        optional={
            "page": texts(),
            "seconds": numbers(),
            "on": dates() | instants() | st.none(),
        },
    )
    return st.builds(
        Activity,
        st.sampled_from(KINDS),
        instants(),
        data=data,
        channel=st.sampled_from((None, "web", "a")),
        direction=st.sampled_from((None, "in", "out")),
        answered=st.sampled_from((None, True, False)),
        by=st.sampled_from((None, "a", "ab")),
    )


def _like(constant: Any) -> st.SearchStrategy[Any]:
    if isinstance(constant, bool | str | date):
        kinds = {bool: st.booleans(), str: texts(), date: dates(), datetime: instants()}
        return kinds[type(constant)]
    return numbers()


def _about_edges(span: Span, as_of: datetime) -> st.SearchStrategy[date]:
    today = as_of.astimezone(UTC).date()
    edges = {0, *(sign * (length + span.days) for sign in (-1, 1) for length in _lengths(span))}
    near = {edge + step for edge in edges for step in (-1, 0, 1)}
    days = sorted(day + today.toordinal() for day in near)
    return st.sampled_from([date.fromordinal(day) for day in days if 0 < day < _LAST])


_LAST = date.max.toordinal()


def _lengths(span: Span) -> range:
    """Return about how many days the months of a span may have."""
    return range(span.months * 30 - 2, span.months * 31 + 1) if span.months < 3 else range(364, 367)


def _near(leaf: Any, as_of: datetime) -> st.SearchStrategy[Any]:
    """Draw values of the kinds that a leaf compares with."""
    match leaf:
        case Compare(value=FieldRef()) | Known() | Unknown() | Always():
            return values()
        case Compare():
            return _like(leaf.value)
        case Between():
            return _like(leaf.low)
        case OneOf():
            return st.one_of([_like(value) for value in leaf.values])
        case TextPart():
            return texts()
        case _:
            edges = _about_edges(leaf.span, as_of)
            return edges | edges | dates() | instants()


@st.composite
def leads_for(draw: st.DrawFn, leaf: Any, as_of: datetime) -> Lead:
    """Draw a lead whose values are of the kinds that a leaf about `FIELDS` compares with."""
    of_kind = draw(st.sampled_from((numbers(), instants(), dates(), values())))
    near = of_kind if isinstance(getattr(leaf, "value", None), FieldRef) else _near(leaf, as_of)
    fields = {name: draw(near) for name in FIELDS}
    return Lead("L-1", fields=fields, deal_value=draw(money()))


def _facts() -> st.SearchStrategy[dict[str, Any]]:
    own: dict[str, st.SearchStrategy[Any]] = {
        name: st.none() | values() | values() for name in FIELDS
    }
    return st.fixed_dictionaries(
        {}, optional={**own, "deal_value": money(), "due": dates(), "source": texts()}
    )


def events() -> st.SearchStrategy[list[Any]]:
    """Draw activities, facts that became known, and tags put on and taken off."""
    tagging = st.sampled_from((Tagged, Untagged))
    tags = st.builds(
        lambda kind, name, at: kind(name, at), tagging, st.sampled_from(TAGS), instants()
    )
    return st.lists(
        st.one_of(activities(), activities(), st.builds(FieldsSet, _facts(), instants()), tags),
        max_size=8,
    )


@st.composite
def leads(draw: st.DrawFn) -> Lead:
    """Draw a lead that speaks of what the conditions ask."""
    facts = draw(_facts())
    attributes = {key: facts.pop(key) for key in ("deal_value", "due", "source") if key in facts}
    return Lead(
        "L-1",
        draw(st.none() | instants()),
        score=draw(st.none() | st.integers(0, 2)),
        tags=draw(st.lists(st.sampled_from(TAGS), max_size=2)),
        fields=facts,
        events=draw(events()),
        **attributes,
    )

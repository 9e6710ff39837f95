"""Laws of conditions. The first holds matching to a plain reading of the design, written here."""

from __future__ import annotations

import calendar
import pickle
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from leadflow.conditions import (
    All,
    Always,
    AnyOf,
    Between,
    Compare,
    Condition,
    Dated,
    FieldRef,
    Followed,
    Happened,
    HasTag,
    Known,
    Not,
    OneOf,
    TextPart,
    Unknown,
    all_of,
    always,
    any_of,
)
from leadflow.events import ATTRIBUTES, Activity, FieldsSet, Tagged, Untagged
from leadflow.lead import Lead
from leadflow.money import Money
from leadflow.span import Span
from tests.condition_strategies import (
    FIELDS,
    activities,
    conditions,
    followed,
    happened,
    instants,
    leads,
    leads_for,
    leaves,
)

# The plain reading: what is known of the lead at an instant


def known_then(lead: Lead, as_of: datetime) -> tuple[dict[str, Any], set[str]]:
    values: dict[str, Any] = {"id": lead.id, "created_at": lead.created_at, **lead.starts[0].values}
    tags = set(lead.starts[0].tags)
    for event in lead.events:
        if event.at > as_of:
            continue
        if isinstance(event, FieldsSet):
            values.update(event.values)
        elif isinstance(event, Tagged):
            tags.add(event.tag)
        elif isinstance(event, Untagged):
            tags.discard(event.tag)
    return {key: value for key, value in values.items() if value is not None}, tags


def holds(condition: Condition, lead: Lead, as_of: datetime) -> bool:
    values, tags = known_then(lead, as_of)
    return asked(condition, values, tags, lead, as_of)


def asked(
    condition: Condition, values: Mapping[str, Any], tags: set[str], lead: Lead, as_of: datetime
) -> bool:
    if isinstance(condition, Always):
        return True
    if isinstance(condition, Not):
        return not asked(condition.condition, values, tags, lead, as_of)
    if isinstance(condition, All):
        return all(asked(part, values, tags, lead, as_of) for part in condition.conditions)
    if isinstance(condition, AnyOf):
        return any(asked(part, values, tags, lead, as_of) for part in condition.conditions)
    if isinstance(condition, HasTag):
        return condition.tag in tags
    if isinstance(condition, Happened):
        times = len(those(condition, lead, as_of))
        most = times if condition.at_most is None else condition.at_most
        return condition.at_least <= times <= most
    if isinstance(condition, Followed):
        return has_followed(condition, lead, as_of)
    return about(condition, values, as_of.astimezone(UTC).date())


# Values and constants


def kind(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float | Decimal):
        return "number"
    if isinstance(value, datetime):
        return "datetime"
    return {str: "text", date: "date", Money: "money"}[type(value)]


def side_by_side(value: Any, other: Any) -> tuple[Any, Any] | None:
    """Return what is compared, or None where the two never compare."""
    if kind(value) != kind(other):
        return None
    if kind(value) == "money":
        same = value.currency == other.currency
        return (Fraction(value.amount), Fraction(other.amount)) if same else None
    if kind(value) == "number":
        as_type = float if isinstance(value, float) or isinstance(other, float) else Fraction
        return as_type(value), as_type(other)
    return value, other


def compares(word: str, value: Any, other: Any) -> bool:
    pair = side_by_side(value, other)
    if pair is None:
        return False
    less, same = bool(pair[0] < pair[1]), bool(pair[0] == pair[1])
    if word == "equals":
        return same
    if kind(value) in ("text", "boolean"):
        return False
    return {
        "at_least": not less,
        "at_most": less or same,
        "more_than": not less and not same,
        "less_than": less,
    }[word]


def about(leaf: Any, values: Mapping[str, Any], today: date) -> bool:
    value = values.get(leaf.field)
    if isinstance(leaf, Unknown):
        return value is None
    if value is None:
        return False
    if isinstance(leaf, Known):
        return True
    if isinstance(leaf, Compare):
        other = values.get(leaf.value.name) if isinstance(leaf.value, FieldRef) else leaf.value
        return other is not None and compares(leaf.operator, value, other)
    if isinstance(leaf, Between):
        return compares("at_least", value, leaf.low) and compares("at_most", value, leaf.high)
    if isinstance(leaf, OneOf):
        return any(compares("equals", value, each) for each in leaf.values)
    if isinstance(leaf, TextPart):
        return isinstance(value, str) and has_part(leaf.operator, value, leaf.text)
    assert isinstance(leaf, Dated)
    return kind(value) in ("date", "datetime") and is_near(leaf, value, today)


def has_part(word: str, value: str, part: str) -> bool:
    places = [at for at in range(len(value) + 1) if value[at : at + len(part)] == part]
    wanted = {
        "contains": places,
        "starts_with": [at for at in places if at == 0],
        "ends_with": [at for at in places if at + len(part) == len(value)],
    }
    return bool(wanted[word])


# Days


def day_number(day: date) -> int:
    """Return the UTC date of a date or datetime as a number of days."""
    return (day.astimezone(UTC) if isinstance(day, datetime) else day).toordinal()


def moved(today: date, span: Span, sign: int) -> int:
    """Count calendar months, then days; beyond the years there are, any number beyond all days."""
    year, month = today.year, today.month
    for _ in range(span.months):
        month += sign
        if month in (0, 13):
            year, month = year + sign, 12 if month == 0 else 1
        if not 1 <= year <= 9999:
            return sign * 10_000_000
    last = calendar.monthrange(year, month)[1]
    return date(year, month, min(today.day, last)).toordinal() + sign * span.days


def is_near(leaf: Dated, value: date, today: date) -> bool:
    day, now = day_number(value), today.toordinal()
    if leaf.operator == "in_next":
        return now <= day <= moved(today, leaf.span, +1)
    first = moved(today, leaf.span, -1)
    return day < first if leaf.operator == "older_than" else first <= day <= now


# Activities


def those(leaf: Happened, lead: Lead, as_of: datetime) -> list[Activity]:
    today = as_of.astimezone(UTC).date()
    first = -10_000_001 if leaf.within_ is None else moved(today, leaf.within_, -1)
    return [
        event
        for event in lead.events
        if isinstance(event, Activity)
        and event.kind == leaf.kind
        and event.at <= as_of
        and day_number(event.at) >= first
        and (leaf.where_ is None or asked(leaf.where_, told(event), set(), lead, as_of))
    ]


def told(event: Activity) -> dict[str, Any]:
    found = {
        "channel": event.channel,
        "direction": event.direction,
        "answered": event.answered,
        "by": event.by,
        **event.data,
    }
    return {key: value for key, value in found.items() if value is not None}


def has_followed(condition: Followed, lead: Lead, as_of: datetime) -> bool:
    for one in those(condition.first, lead, as_of):
        for two in those(condition.second, lead, as_of):
            days = day_number(two.at) - day_number(one.at)
            near = condition.within is None or days <= condition.within.days
            if one.at < two.at and near:
                return True
    return False


# The laws

often = settings(max_examples=4 * settings().max_examples)


@often
@given(leaves((*FIELDS, "deal_value")), instants(), st.data())
def test_a_leaf_agrees_with_the_plain_reading_of_the_design(
    leaf: Condition, as_of: datetime, data: st.DataObject
) -> None:
    lead = data.draw(leads_for(leaf, as_of))
    assert leaf.matches(lead, as_of=as_of) is holds(leaf, lead, as_of)


@often
@given(followed(), st.lists(activities(), min_size=2, max_size=8), instants())
def test_a_sequence_agrees_with_the_plain_reading_of_the_design(
    condition: Condition, log: list[Activity], as_of: datetime
) -> None:
    lead = Lead("L-1", events=log)
    assert condition.matches(lead, as_of=as_of) is holds(condition, lead, as_of)


@often
@given(happened(), st.lists(activities(), max_size=8), instants())
def test_an_activity_agrees_with_the_plain_reading_of_the_design(
    condition: Condition, log: list[Activity], as_of: datetime
) -> None:
    lead = Lead("L-1", events=log)
    assert condition.matches(lead, as_of=as_of) is holds(condition, lead, as_of)


@given(conditions(), leads(), instants())
def test_matches_agrees_with_the_plain_reading_of_the_design(
    condition: Condition, lead: Lead, as_of: datetime
) -> None:
    assert condition.matches(lead, as_of=as_of) is holds(condition, lead, as_of)


@given(conditions(), leads(), instants())
def test_a_condition_and_its_double_negation_agree(
    condition: Condition, lead: Lead, as_of: datetime
) -> None:
    met = condition.matches(lead, as_of=as_of)
    assert (~~condition).matches(lead, as_of=as_of) is met
    assert (~condition).matches(lead, as_of=as_of) is not met


@given(conditions(), conditions(), leads(), instants())
def test_de_morgan_holds(one: Condition, two: Condition, lead: Lead, as_of: datetime) -> None:
    def met(condition: Condition) -> bool:
        return condition.matches(lead, as_of=as_of)

    assert met(~(one & two)) is met(~one | ~two)
    assert met(~(one | two)) is met(~one & ~two)


@given(st.lists(conditions(), min_size=1, max_size=4), leads(), instants(), st.data())
def test_the_order_of_parts_does_not_matter(
    parts: list[Condition], lead: Lead, as_of: datetime, data: st.DataObject
) -> None:
    other = data.draw(st.permutations(parts))
    for combine in (all_of, any_of):
        met = combine(*parts).matches(lead, as_of=as_of)
        assert combine(*other).matches(lead, as_of=as_of) is met


@given(conditions(), leads(), instants())
def test_always_adds_nothing_to_and_and_decides_or(
    condition: Condition, lead: Lead, as_of: datetime
) -> None:
    met = condition.matches(lead, as_of=as_of)
    assert (condition & always()).matches(lead, as_of=as_of) is met
    assert (condition | always()).matches(lead, as_of=as_of)


def with_fields(lead: Lead, **fields: Any) -> Lead:
    attributes = {key: getattr(lead, key) for key in ("source", "deal_value", "due", "score")}
    start = lead.starts[0]
    own: dict[str, Any] = {k: v for k, v in start.values.items() if k not in ATTRIBUTES}
    given = {key: start.values.get(key) for key in attributes}
    return Lead(
        lead.id,
        lead.created_at,
        tags=start.tags,
        fields={**own, **fields},
        events=lead.events,
        **given,  # type: ignore[arg-type]
    )


@given(conditions(), leads(), instants())
def test_adding_an_unknown_field_never_changes_the_answer(
    condition: Condition, lead: Lead, as_of: datetime
) -> None:
    more = with_fields(lead, ghost=None, phantom=float("nan"))
    assert condition.matches(more, as_of=as_of) is condition.matches(lead, as_of=as_of)


@given(conditions(), leads(), instants())
def test_a_field_that_is_not_asked_about_never_changes_the_answer(
    condition: Condition, lead: Lead, as_of: datetime
) -> None:
    more = with_fields(lead, unasked=5)
    assert condition.matches(more, as_of=as_of) is condition.matches(lead, as_of=as_of)


@given(conditions(), leads(), instants(), st.data())
def test_the_order_in_which_events_came_does_not_matter(
    condition: Condition, lead: Lead, as_of: datetime, data: st.DataObject
) -> None:
    start = Lead(lead.id).after(*lead.events)
    other = Lead(lead.id, events=data.draw(st.permutations(lead.events)))
    assert condition.matches(other, as_of=as_of) is condition.matches(start, as_of=as_of)


@given(conditions(), leads(), instants())
def test_what_happens_after_as_of_never_changes_the_answer(
    condition: Condition, lead: Lead, as_of: datetime
) -> None:
    by_then = [event for event in lead.events if event.at <= as_of]
    past = Lead(lead.id, events=by_then)
    assert condition.matches(Lead(lead.id, events=lead.events), as_of=as_of) is condition.matches(
        past, as_of=as_of
    )


@given(conditions(), leads(), instants())
def test_asking_twice_gives_the_same(condition: Condition, lead: Lead, as_of: datetime) -> None:
    first = condition.matches(lead, as_of=as_of)
    assert condition.matches(lead, as_of=as_of) is first
    assert pickle.loads(pickle.dumps(condition)).matches(lead, as_of=as_of) is first


@given(conditions(), leads(), instants())
def test_the_zone_of_as_of_does_not_matter(
    condition: Condition, lead: Lead, as_of: datetime
) -> None:
    in_utc = condition.matches(lead, as_of=as_of.astimezone(UTC))
    assert condition.matches(lead, as_of=as_of) is in_utc


@given(conditions(), conditions(), leads(), instants())
def test_equal_conditions_have_one_hash_and_one_answer(
    one: Condition, two: Condition, lead: Lead, as_of: datetime
) -> None:
    copy = pickle.loads(pickle.dumps(one))
    assert copy == one
    assert hash(copy) == hash(one)
    if one == two:
        assert hash(one) == hash(two)
        assert one.matches(lead, as_of=as_of) is two.matches(lead, as_of=as_of)


@given(conditions())
def test_every_condition_reads_as_a_bounded_sentence_on_one_line(condition: Condition) -> None:
    sentence = str(condition)
    assert 0 < len(sentence) <= 2_000
    assert "\n" not in sentence
    assert "None" not in sentence

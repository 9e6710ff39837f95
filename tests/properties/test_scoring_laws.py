"""Laws of scoring. The look-ups of a model are held to asking each rule of the lead singly."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadflow import Activity, Lead, activity, all_of, any_of, field, tag
from leadflow.conditions import Condition, kind_of
from leadflow.events import Disposition, Event, Note
from leadflow.scoring import Expiry, Group, HalfLife, Rule, ScoringModel

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
NAMES = ("a", "b", "c")
KINDS = ("open", "click")

numbers = st.one_of(
    st.integers(-3, 3),
    st.sampled_from([2**53, 2**53 + 1, -(2**53) - 1, 2**63 - 1]),
    st.sampled_from([0.5, -0.5, 1.0, 2.0, 0.1, float(2**53)]),
    st.sampled_from([Decimal("0.1"), Decimal("0.5"), Decimal("1.50"), Decimal(2)]),
)
texts = st.sampled_from(["", "x", "xx", "X", "é", "e\u0301", "1"])
constants = st.one_of(numbers, texts, st.booleans())
values = st.one_of(constants, st.none(), st.dates(date(2026, 3, 1), date(2026, 4, 1)))


@st.composite
def leaves(draw: st.DrawFn, name: str) -> Condition:
    one = field(name)
    word = draw(st.sampled_from(["equals", "one_of", "between", "order", "known", "text", "near"]))
    if word == "equals":
        return one.equals(draw(constants))
    if word == "one_of":
        return one.one_of(*draw(st.lists(constants, min_size=1, max_size=4)))
    if word == "between":
        low, high = sorted((draw(numbers), draw(numbers)), key=Decimal)
        return one.between(low, high)
    if word == "order":
        compare = draw(st.sampled_from([one.at_least, one.at_most, one.more_than, one.less_than]))
        return compare(draw(numbers))
    if word == "text":
        return one.contains(draw(texts.filter(bool)))
    if word == "near":
        return one.in_next("10 days")
    return one.is_known() if draw(st.booleans()) else one.is_unknown()


def about(name: str) -> st.SearchStrategy[Condition]:
    return st.recursive(
        leaves(name),
        lambda inner: st.one_of(
            inner.map(lambda c: ~c),
            st.lists(inner, min_size=1, max_size=3).map(lambda cs: all_of(*cs)),
            st.lists(inner, min_size=1, max_size=3).map(lambda cs: any_of(*cs)),
        ),
        max_leaves=4,
    )


behaviours = st.sampled_from(
    [
        activity("open"),
        activity("click").within("7 days"),
        activity("open").where(field("n").at_least(1)),
        activity("open", page="x"),
        activity("note", topic="price"),
        activity("disposition", outcome="lost"),
    ]
)
facts = st.one_of(st.sampled_from(NAMES).flatmap(about), st.just(tag("vip")))


@st.composite
def rules(draw: st.DrawFn, place: int) -> Rule:
    points, name = draw(st.integers(-50, 50)), f"rule {place}"
    if draw(st.integers(0, 2)):
        behaviour = draw(st.one_of(facts, behaviours, behaviours.map(lambda one: one.times(2))))
        dimension = Rule("probe", 1, when=behaviour).dimension
        return Rule(name, points, when=behaviour, group=draw(st.sampled_from([None, dimension])))
    sign = 1 if points >= 0 else -1
    limit = draw(st.one_of(st.none(), st.integers(1, 60).map(lambda n: n * sign)))
    return Rule(
        name,
        points,
        each=draw(behaviours),
        limit=limit if points else None,
        distinct=draw(st.sampled_from([None, "n", "page"])),
        fade=draw(st.sampled_from([None, HalfLife("3 days"), Expiry("5 days")])),
        group=draw(st.sampled_from([None, "engagement"])),
    )


@st.composite
def models(draw: st.DrawFn) -> ScoringModel:
    count = draw(st.integers(1, 8))
    return ScoringModel(
        "m",
        [draw(rules(place)) for place in range(count)],
        groups=[
            Group("fit", at_most=draw(st.integers(0, 40))),
            Group("engagement", at_most=30, at_least=draw(st.integers(-40, 0))),
        ],
        floor=draw(st.sampled_from([None, -30, 0])),
        ceiling=draw(st.sampled_from([None, 30, 60])),
    )


@st.composite
def activities(draw: st.DrawFn) -> Activity:
    days = draw(st.integers(-2, 12))
    data = draw(
        st.dictionaries(st.sampled_from(["n", "page"]), st.one_of(texts, numbers), max_size=2)
    )
    at = NOW - timedelta(days=days, hours=draw(st.integers(0, 23)))
    return Activity(draw(st.sampled_from(KINDS)), at, data=data)


@st.composite
def leads(draw: st.DrawFn) -> Lead:
    return Lead(
        "L",
        tags=draw(st.sampled_from([(), ("vip",)])),
        fields=draw(st.dictionaries(st.sampled_from(NAMES), values, max_size=3)),
        events=draw(st.lists(activities(), max_size=8)),
    )


def asked_singly(model: ScoringModel, lead: Lead) -> int:
    """Score by the plain words of the design: distinct, fade, sum, rule, group, clamp."""
    totals: dict[str | None, int] = {}
    for rule in model.rules:
        points = 0 if rule.each is None else occurrences(rule, lead)
        if rule.when is not None and rule.when.matches(lead, as_of=NOW):
            points = rule.points
        if rule.limit is not None:
            points = min(points, rule.limit) if rule.limit > 0 else max(points, rule.limit)
        totals[rule.group] = totals.get(rule.group, 0) + points
    for group in model.groups:
        if group.name in totals:
            held = totals[group.name]
            held = held if group.at_most is None else min(held, group.at_most)
            totals[group.name] = held if group.at_least is None else max(held, group.at_least)
    total = sum(totals.values())
    total = total if model.floor is None else max(total, model.floor)
    return total if model.ceiling is None else min(total, model.ceiling)


def occurrences(rule: Rule, lead: Lead) -> int:
    assert rule.each is not None
    counted: dict[Any, Activity] = {}
    for place, one in enumerate(lead.activities):
        if not rule.each.matches(Lead("probe", events=[one]), as_of=NOW):
            continue
        key: Any = place
        if rule.distinct is not None:
            value = one.data.get(rule.distinct)
            if value is None:
                continue
            key = (kind_of(value), value)
        counted[key] = one
    return sum(left(rule, one) for one in counted.values())


def left(rule: Rule, one: Activity) -> int:
    days = (NOW.date() - one.at.date()).days
    if isinstance(rule.fade, Expiry):
        return rule.points if days <= rule.fade.span.days else 0
    if isinstance(rule.fade, HalfLife):
        exact = abs(rule.points) * 2.0 ** (-days / rule.fade.span.days)
        return int(exact + 0.5) * (1 if rule.points > 0 else -1)
    return rule.points


@given(models(), leads())
def test_law_looking_up_agrees_with_asking_each_rule_singly(
    model: ScoringModel, lead: Lead
) -> None:
    assert model.points(lead, as_of=NOW) == asked_singly(model, lead)


@pytest.mark.slow
@settings(max_examples=5_000)
@given(models(), leads())
def test_law_looking_up_agrees_with_asking_each_rule_singly_at_length(
    model: ScoringModel, lead: Lead
) -> None:
    assert model.points(lead, as_of=NOW) == asked_singly(model, lead)


@st.composite
def closed_leads(draw: st.DrawFn) -> Lead:
    """Leads with notes and dispositions too, on few instants, so that some coincide."""
    at = st.integers(-1, 4).map(lambda days: NOW - timedelta(days=days))
    told = st.one_of(
        st.builds(Activity, st.sampled_from([*KINDS, "note", "disposition"]), at),
        st.builds(Note, texts, at, topic=st.sampled_from([None, "price"])),
        st.builds(
            Disposition,
            st.sampled_from(["lost", "unqualified"]),
            at,
            resets_engagement=st.booleans(),
        ),
    )
    reset = Disposition("lost", draw(at), resets_engagement=True)
    return draw(leads()).after(*draw(st.lists(told, max_size=12)), reset)


ASKED = ScoringModel(
    "asked",
    [
        *(
            Rule(kind, 20**place, each=activity(kind))
            for place, kind in enumerate([*KINDS, "note", "disposition"])
        ),
        Rule("then", 20**4, when=activity("open").then(activity("click"))),
    ],
)


def scores_nothing(event: Event, reset: datetime | None) -> bool:
    is_engagement = isinstance(event, Activity | Note) and not is_disposition(event)
    return is_engagement and reset is not None and event.at <= reset


def is_disposition(event: Activity | Note) -> bool:
    return isinstance(event, Activity) and event.kind == "disposition"


@given(models(), closed_leads())
def test_law_a_reset_scores_as_if_nothing_had_been_done_or_said_before(
    model: ScoringModel, lead: Lead
) -> None:
    resets = [e.at for e in lead.events if isinstance(e, Disposition) and e.resets_engagement]
    reset = max((at for at in resets if at <= NOW), default=None)
    log = [event for event in lead.events if not scores_nothing(event, reset)]
    plain = [
        attrs.evolve(event, resets_engagement=False) if isinstance(event, Disposition) else event
        for event in log
    ]
    without = Lead("L", tags=lead.tags, fields=lead.fields, events=plain)
    for asked in (model, ASKED):
        assert asked.score(lead, as_of=NOW) == asked.score(without, as_of=NOW)
        assert asked.points(lead, as_of=NOW) == asked.points(without, as_of=NOW)


@given(models(), leads())
def test_law_points_equal_the_sum_of_contributions(model: ScoringModel, lead: Lead) -> None:
    score = model.score(lead, as_of=NOW)
    assert score.points == sum(c.points for c in score.contributions)
    assert score.points == model.points(lead, as_of=NOW)


@given(models(), leads())
def test_law_fit_and_engagement_are_the_sums_of_their_contributions(
    model: ScoringModel, lead: Lead
) -> None:
    score = model.score(lead, as_of=NOW)
    for dimension, points in (("fit", score.fit), ("engagement", score.engagement)):
        assert points == sum(c.points for c in score.contributions if c.dimension == dimension)


@given(models(), leads())
def test_law_every_rule_either_contributes_or_is_unmatched(model: ScoringModel, lead: Lead) -> None:
    score = model.score(lead, as_of=NOW)
    matched = [c.rule for c in score.contributions if c.kind == "rule"]
    unmatched = [rule.rule for rule in score.unmatched]
    assert sorted(matched + unmatched) == sorted(rule.name for rule in model.rules)


@given(models(), leads())
def test_law_scoring_twice_gives_the_same(model: ScoringModel, lead: Lead) -> None:
    assert model.score(lead, as_of=NOW) == model.score(lead, as_of=NOW)


@given(models(), leads(), st.randoms(use_true_random=False))
def test_law_the_order_of_events_does_not_matter(
    model: ScoringModel, lead: Lead, random: Any
) -> None:
    events = list(lead.events)
    random.shuffle(events)
    shuffled = Lead("L", tags=lead.tags, fields=lead.fields, events=events)
    assert model.score(shuffled, as_of=NOW) == model.score(lead, as_of=NOW)


@given(models(), leads(), st.randoms(use_true_random=False))
def test_law_the_order_of_rules_does_not_matter(
    model: ScoringModel, lead: Lead, random: Any
) -> None:
    rules = list(model.rules)
    random.shuffle(rules)
    other = attrs.evolve(model, rules=rules)
    assert other.points(lead, as_of=NOW) == model.points(lead, as_of=NOW)
    first, second = other.score(lead, as_of=NOW), model.score(lead, as_of=NOW)
    assert set(first.contributions) == set(second.contributions)


@given(models(), st.lists(activities(), min_size=1, max_size=5))
def test_law_a_repeated_event_id_changes_nothing(
    model: ScoringModel, events: list[Activity]
) -> None:
    known = [attrs.evolve(event, id=str(place)) for place, event in enumerate(events)]
    lead = Lead("L", events=known)
    assert model.score(lead.after(*known), as_of=NOW) == model.score(lead, as_of=NOW)


@given(models(), leads())
def test_law_an_unknown_field_never_changes_the_score(model: ScoringModel, lead: Lead) -> None:
    unknown = {"z": None, "nan": float("nan")}
    other = Lead("L", tags=lead.tags, fields={**lead.fields, **unknown}, events=lead.events)
    assert model.score(other, as_of=NOW) == model.score(lead, as_of=NOW)


@given(models(), leads())
def test_law_what_happens_after_as_of_never_changes_the_score(
    model: ScoringModel, lead: Lead
) -> None:
    past = Lead(
        "L",
        tags=lead.tags,
        fields=lead.fields,
        events=[event for event in lead.events if event.at <= NOW],
    )
    assert model.score(past, as_of=NOW) == model.score(lead, as_of=NOW)


@given(models(), st.lists(leads(), min_size=2, max_size=4))
def test_law_an_unknown_field_of_one_lead_never_changes_another(
    model: ScoringModel, batch: list[Lead]
) -> None:
    first, *others = batch
    unknown = {"z": None, "nan": float("nan")}
    other = Lead("L", tags=first.tags, fields={**first.fields, **unknown}, events=first.events)
    before = model.score_all(batch, as_of=NOW)
    after = model.score_all([other, *others], as_of=NOW)
    assert list(after) == list(before)

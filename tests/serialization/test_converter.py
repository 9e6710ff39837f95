from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow import Activity, Lead, LeadflowError, Money, Span, merge
from leadflow.conditions import Condition
from leadflow.errors import InvalidDefinition, InvalidValue, LimitExceeded
from leadflow.events import (
    EVENT_TYPES,
    Assignment,
    Disposition,
    Event,
    FieldsSet,
    Rated,
    Rejected,
    Tagged,
)
from leadflow.scoring import Contribution, Expiry, HalfLife, Rule, Score, ScoringModel
from leadflow.serialization import (
    Scoring,
    condition_from_data,
    condition_to_data,
    dumps,
    from_data,
    loads,
    make_converter,
    to_data,
)
from leadflow.serialization.converter import SHAPES
from leadflow.serialization.problems import Place
from leadflow.serialization.shapes import Number, plain_number
from tests.condition_strategies import conditions
from tests.serialization.strategies import anything, models, scorings
from tests.strategies import duplicates, events, known_values, leads

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def exact(value: Any) -> str:
    """Tell values apart that are equal but of another type or with other digits."""
    if isinstance(value, Lead):
        return (
            repr([exact(start) for start in value.starts]) + repr(value.events) + repr(value.newest)
        )
    if isinstance(value, dict):
        return repr(sorted((key, exact(inner)) for key, inner in value.items()))
    if attrs.has(type(value)):
        fields = [field for field in attrs.fields(type(value)) if field.eq]
        return repr([type(value), *(exact(getattr(value, field.name)) for field in fields)])
    return repr(value)


def same_after(value: Any, cls: Any) -> None:
    for again in (from_data(to_data(value), cls), loads(dumps(value), cls)):
        assert again == value
        assert exact(again) == exact(value)


@given(leads())
def test_a_lead_survives_the_way_through_plain_data_and_json(lead: Lead) -> None:
    same_after(lead, Lead)


@given(duplicates(), st.lists(st.sampled_from(["employees", "source"])))
def test_a_merged_lead_keeps_all_its_starts(found: list[Lead], newest: list[str]) -> None:
    merged = merge(*found, newest=newest)
    same_after(merged, Lead)
    again = from_data(to_data(merged), Lead)
    assert (again.values, again.tags, again.merged_ids) == (
        merged.values,
        merged.tags,
        merged.merged_ids,
    )


@given(events())
def test_every_event_survives_the_way_through_plain_data_and_json(event: Event) -> None:
    same_after(event, Event)
    same_after(event, type(event))


@given(known_values())
def test_a_field_value_comes_back_with_its_type(value: Any) -> None:
    lead = Lead("L", fields={"x": value})
    again = loads(dumps(lead), Lead)
    assert type(again.fields["x"]) is type(lead.fields["x"])
    assert repr(again.fields["x"]) == repr(lead.fields["x"])


@pytest.mark.parametrize(
    "value",
    [1, 1.0, Decimal("1.0"), Decimal("1.00"), True, "2026-01-01", date(2026, 1, 1), NOON, "", 1e22,
     -0.0, Decimal("-0.0"), "true", Decimal("0." + "1" * 38), 5e-324],
)  # fmt: skip
def test_values_that_look_alike_stay_apart(value: Any) -> None:
    again = loads(dumps(Activity("call", NOON, data={"x": value})), Event).data["x"]
    assert (type(again), repr(again)) == (type(value), repr(value))


@given(conditions())
def test_a_condition_survives_the_way_through_plain_data(condition: Condition) -> None:
    data = condition_to_data(condition)
    assert condition_from_data(data) == condition
    assert condition_from_data(json.loads(json.dumps(data))) == condition
    assert exact(condition_from_data(data)) == exact(condition)


@given(models())
def test_a_model_survives_the_way_through_plain_data_and_json(model: ScoringModel) -> None:
    same_after(model, ScoringModel)


@given(scorings(), leads())
def test_a_score_and_its_event_survive(scoring: Scoring, lead: Lead) -> None:
    score = scoring.model.score(lead, as_of=NOON)
    same_after(score, Score)
    assert from_data(to_data(score), Score).unmatched == score.unmatched
    same_after(score.event, Event)


@given(anything(), st.sampled_from([*SHAPES]))
def test_any_data_gives_a_value_or_a_leadflow_error(data: Any, cls: Any) -> None:
    for reader in (from_data, make_converter().structure):
        try:
            reader(data, cls)
        except LeadflowError as error:
            assert len(str(error)) <= 4_000  # noqa: PT017 (either answer is right)


@given(st.data())
def test_a_document_with_one_part_replaced_gives_a_value_or_a_leadflow_error(data: Any) -> None:
    cls = data.draw(st.sampled_from([Lead, Scoring, Event, Condition]))
    source = {Lead: leads(), Scoring: scorings(), Event: events(), Condition: conditions()}[cls]
    plain = to_data(data.draw(source))
    node = plain
    while True:
        key = data.draw(st.sampled_from([*node] if isinstance(node, dict) else [*range(len(node))]))
        if not (isinstance(node[key], dict | list) and node[key] and data.draw(st.booleans())):
            break
        node = node[key]
    node[key] = data.draw(anything())
    try:
        from_data(plain, cls)
    except LeadflowError as error:
        assert str(error)  # noqa: PT017 (either answer is right)


def test_the_tag_says_which_event_it_is() -> None:
    data = to_data(Tagged("vip", NOON, id="e-1"))
    assert data == {"event": "tagged", "id": "e-1", "tag": "vip", "at": "2026-03-01T12:00:00Z"}
    assert {to_data_tag(kind) for kind in EVENT_TYPES} >= {
        "stage_change",
        "fields_set",
        "task_done",
    }


def to_data_tag(kind: Any) -> str:
    return str(SHAPES[kind].tags[0])  # type: ignore[attr-defined]


def test_a_stage_change_writes_where_it_came_from_as_from() -> None:
    text = '{"event": "stage_change", "to": "won", "from": "new", "at": "2026-03-01T12:00:00Z"}'
    event = loads(text, Event)
    assert event.from_ == "new"
    assert to_data(event)["from"] == "new"


def test_an_assignment_travels_with_its_worth_and_the_turns_that_went_by() -> None:
    given = Assignment(
        "ann",
        NOON,
        rule="inbound",
        rejected=[Rejected("ben", "away", "on leave")],
        units=2,
        value=Money("22700.00", "USD"),
        rating="hot",
        turn=7,
        credited={"ben": 1, "cho": 2},
        owed={"ben": -1},
    )
    data = to_data(given)
    assert data == {
        "event": "assignment",
        "rep": "ann",
        "at": "2026-03-01T12:00:00Z",
        "rule": "inbound",
        "rejected": [{"rep": "ben", "code": "away", "because": "on leave"}],
        "units": 2,
        "value": "22700.00 USD",
        "rating": "hot",
        "turn": 7,
        "credited": {"ben": 1, "cho": 2},
        "owed": {"ben": -1},
    }
    same_after(given, Event)
    assert to_data(Assignment("ann", NOON)) == {
        "event": "assignment",
        "rep": "ann",
        "at": "2026-03-01T12:00:00Z",
    }


def test_a_disposition_travels_with_its_consequences() -> None:
    given = Disposition(
        "unqualified",
        NOON,
        reason="no budget",
        note="next year",
        keep=False,
        contact_again=date(2026, 9, 1),
        never=["phone"],
        verify_contact=True,
        resets_engagement=True,
        back_to="new",
    )
    plain = {"event": "disposition", "outcome": "unqualified", "at": "2026-03-01T12:00:00Z"}
    data = to_data(given)
    assert data == {
        **plain,
        "reason": "no budget",
        "note": "next year",
        "keep": False,
        "contact_again": "2026-09-01",
        "never": ["phone"],
        "verify_contact": True,
        "resets_engagement": True,
        "back_to": "new",
    }
    same_after(given, Event)
    assert to_data(Disposition("unqualified", NOON)) == plain
    assert loads(dumps(Lead("L", events=[given])), Lead).engagement_reset_at == NOON


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"verify_contact": "yes"}, "verify_contact"),
        ({"resets_engagement": 1}, "resets_engagement"),
        ({"back_to": " "}, "back_to"),
        ({"contact_again": "2026-09-01T12:00:00Z"}, "contact_again"),
        ({"never": "phone"}, "never"),
    ],
)
def test_a_disposition_that_cannot_be_names_the_path(changed: dict[str, Any], path: str) -> None:
    data: Any = to_data(Disposition("lost", NOON))
    with pytest.raises(LeadflowError, match=path):
        from_data({**data, **changed}, Event)


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"units": -1}, "units"),
        ({"units": "2"}, "units"),
        ({"turn": 1.5}, "turn"),
        ({"value": 5}, "value"),
        ({"credited": ["ben"]}, "credited"),
        ({"credited": {"ben": 0.5}}, "credited"),
        ({"owed": {"ben": None}}, "owed"),
        ({"owed": {" ": 1}}, "owed"),
    ],
)
def test_an_assignment_that_cannot_be_names_the_path(changed: dict[str, Any], path: str) -> None:
    data: Any = to_data(Assignment("ann", NOON))
    with pytest.raises(LeadflowError, match=path):
        from_data({**data, **changed}, Event)


def test_an_activity_whose_standard_channel_was_taken_away_stays_without() -> None:
    call = Activity("call", NOON, channel=None, direction=None)
    assert to_data(call)["channel"] is None
    assert loads(dumps(call), Event) == call
    assert "channel" not in to_data(Activity("call", NOON))


def test_a_class_asked_for_is_the_class_that_comes() -> None:
    with pytest.raises(InvalidDefinition, match="event: expected the kind of event"):
        from_data(to_data(Tagged("vip", NOON)), Rated)
    with pytest.raises(InvalidValue, match="expected the form of expiry, got half life"):
        from_data(to_data(HalfLife("1 day")), Expiry)


@pytest.mark.parametrize("cls", [dict, 5, list[int], "Lead", Lead("x"), None])
def test_a_class_without_a_plain_form_is_refused(cls: Any) -> None:
    with pytest.raises(InvalidValue, match="a class that has a plain form"):
        from_data({}, cls)
    with pytest.raises(InvalidValue, match="a class that has a plain form"):
        to_data({"a": 1})


def test_data_that_contains_itself_is_refused() -> None:
    cycle: dict[str, Any] = {}
    cycle["not"] = cycle
    with pytest.raises(LimitExceeded, match="levels of nesting"):
        from_data(cycle, Condition)
    wide: list[Any] = [[]] * 100_000
    for _ in range(20):
        wide = [wide] * 100_000
    with pytest.raises(LimitExceeded, match="the values"):
        from_data(wide, Lead)


def test_the_path_of_a_condition_starts_where_the_host_says() -> None:
    with pytest.raises(InvalidDefinition) as caught:
        condition_from_data({"field": "x", "betwen": [1, 2]}, "routes[2].when")
    assert caught.value.problems[0].path == "routes[2].when.betwen"


@attrs.frozen
class Envelope:
    lead: Lead
    worth: Money
    urgent: bool
    count: int
    wait: Span
    share: Decimal
    names: list[str]
    at: datetime
    events: tuple[Event, ...] = ()


ENVELOPE: dict[str, Any] = {
    "lead": {"id": "L-1"},
    "worth": "5.00 EUR",
    "urgent": True,
    "count": 3,
    "wait": "3 days",
    "share": 0.5,
    "names": ["a"],
    "at": "2026-03-01T12:00:00+01:00",
    "events": [{"event": "tagged", "tag": "x", "at": "2026-03-01T12:00:00Z"}],
}


def test_a_host_class_that_holds_leadflow_values_is_structured_with_cattrs() -> None:
    converter = make_converter()
    envelope = converter.structure(ENVELOPE, Envelope)
    assert envelope.lead == Lead("L-1")
    assert envelope.worth == Money(5, "EUR")
    assert envelope.at == NOON - timedelta(hours=1)
    assert converter.structure(converter.unstructure(envelope), Envelope) == envelope


@pytest.mark.parametrize(
    ("key", "bad"),
    [("urgent", "false"), ("urgent", 1), ("count", 5.9), ("count", True), ("count", "3"),
     ("names", "abc"), ("names", [1]), ("at", "2026-03-01T12:00:00"), ("at", datetime(2026, 3, 1)),
     ("worth", 5), ("wait", 3), ("share", "0.5"), ("lead", "L-1"), ("events", {"event": "tagged"})],
)  # fmt: skip
def test_a_converter_coerces_nothing(key: str, bad: object) -> None:
    with pytest.raises(LeadflowError, match="expected"):
        make_converter().structure(ENVELOPE | {key: bad}, Envelope)


def test_each_call_makes_a_converter_of_its_own() -> None:
    first = make_converter()
    first.register_structure_hook(Lead, lambda _data, _cls: None)
    assert make_converter().structure({"id": "L-1"}, Lead) == Lead("L-1")


def test_a_rule_reads_alone() -> None:
    rule = from_data({"name": "vip", "points": 5, "when": {"tag": "vip"}}, Rule)
    assert rule.because == "tagged 'vip'"


def test_native_dates_are_taken_where_dates_are_meant() -> None:
    data = {"id": "L", "due": date(2026, 5, 1), "created_at": NOON, "fields": {"x": NOON}}
    assert from_data(data, Lead) == Lead("L", NOON, due=date(2026, 5, 1), fields={"x": NOON})


def test_what_a_score_says_is_text_of_any_length_without_lone_surrogates() -> None:
    data = {"rule": "r", "points": 5, "because": "x" * 100_000}
    assert len(from_data(data, Contribution).because) == 100_000
    with pytest.raises(InvalidDefinition, match="because: expected text without lone surrogates"):
        from_data(data | {"because": "\ud800"}, Contribution)


def test_fields_set_names_attributes_by_their_own_types() -> None:
    event = FieldsSet(
        {"deal_value": Money("1.50", "EUR"), "due": date(2026, 5, 1), "x": None}, NOON
    )
    assert to_data(event)["values"] == {"deal_value": "1.50 EUR", "due": "2026-05-01", "x": None}


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Decimal(5), 5),
        (Decimal("-0"), {"decimal": "-0"}),
        (Decimal("0.1"), 0.1),
        (Decimal("0.10"), {"decimal": "0.10"}),
        (Decimal("0.1234567890123456789"), {"decimal": "0.1234567890123456789"}),
    ],
)
def test_a_decimal_is_a_number_where_the_number_prints_its_digits(
    value: Decimal, written: Any
) -> None:
    assert plain_number(value) == written
    assert str(Number().read(Place([]), written)) == str(value)

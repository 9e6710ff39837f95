"""The classes of events: what they take, what they refuse, and how they compare and show."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given

from leadflow import Money
from leadflow.errors import InvalidValue, LeadflowError, LimitExceeded, NaiveDatetime
from leadflow.events import (
    EVENT_TYPES,
    Activity,
    ActivityKind,
    Assignment,
    Conversion,
    Disposition,
    Erased,
    Event,
    FieldsSet,
    Note,
    Overridden,
    Qualification,
    Rated,
    Rejected,
    Reopened,
    Scored,
    Snoozed,
    StageChange,
    Tagged,
    TaskDone,
    TaskSet,
    Untagged,
)
from leadflow.events.event import is_event
from leadflow.values import EMPTY, Frozen
from tests.strategies import events

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MAKERS: dict[str, Callable[..., Any]] = {
    "Activity": lambda **given: Activity("call", **given),
    "Note": lambda **given: Note("tall", **given),
    "FieldsSet": lambda **given: FieldsSet({"employees": 20}, **given),
    "Tagged": lambda **given: Tagged("vip", **given),
    "Untagged": lambda **given: Untagged("vip", **given),
    "Scored": lambda **given: Scored(40, **given),
    "Rated": lambda **given: Rated("hot", **given),
    "Overridden": lambda **given: Overridden("rating", "hot", reason="met", **given),
    "Qualification": lambda **given: Qualification("mql", **given),
    "Assignment": lambda **given: Assignment("ann", **given),
    "StageChange": lambda **given: StageChange("working", **given),
    "Reopened": lambda **given: Reopened("working", **given),
    "Disposition": lambda **given: Disposition("won", **given),
    "Conversion": lambda **given: Conversion("sales", "new", **given),
    "TaskSet": lambda **given: TaskSet("T-1", **given),
    "TaskDone": lambda **given: TaskDone("T-1", **given),
    "Snoozed": lambda **given: Snoozed(date(2026, 4, 1), reason="fair", **given),
    "Erased": lambda **given: Erased(["phone"], **given),
}
every_event = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


def test_the_union_holds_every_class_once() -> None:
    assert len(set(EVENT_TYPES)) == len(EVENT_TYPES) == 18
    assert set(MAKERS) == {of.__name__ for of in EVENT_TYPES}


@every_event
def test_every_event_is_one_of_the_union(make: Any) -> None:
    assert is_event(make(at=NOON))
    assert not is_event(Rejected("ann", "away"))


@every_event
def test_an_event_needs_an_instant(make: Any) -> None:
    name = type(make(at=NOON)).__name__
    with pytest.raises(NaiveDatetime, match=rf"^{name}\.at: .*tzinfo=timezone.utc"):
        make(at=datetime(2026, 3, 1))
    for wrong in ("2026-03-01T12:00Z", date(2026, 3, 1), 1_772_366_400, None):
        with pytest.raises(InvalidValue, match=rf"^{name}\.at: "):
            make(at=wrong)


@every_event
def test_an_instant_is_kept_in_utc(make: Any) -> None:
    warsaw = datetime(2026, 3, 1, 13, tzinfo=ZoneInfo("Europe/Warsaw"))
    assert make(at=warsaw) == make(at=NOON)
    assert make(at=warsaw).at.tzinfo is UTC


@every_event
@pytest.mark.parametrize(
    "at",
    [
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
        datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-12))),
        datetime(1, 1, 1, tzinfo=ZoneInfo("Asia/Kolkata")),
        datetime(9999, 12, 31, 23, 59, tzinfo=ZoneInfo("America/New_York")),
    ],
)
def test_an_instant_outside_the_calendar_is_an_error_of_ours(make: Any, at: datetime) -> None:
    with pytest.raises(InvalidValue, match="between the years 1 and 9999"):
        make(at=at)


def test_the_first_and_the_last_instant_of_the_calendar_are_taken() -> None:
    for at in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        assert Note("edge", at).at == at


@every_event
def test_an_id_is_a_name_and_optional(make: Any) -> None:
    assert make(at=NOON).id is None
    assert make(at=NOON, id=" e-1 ").id == "e-1"
    assert make(at=NOON, id="e\u0301").id == "é"
    assert make(at=NOON, id="x" * 200).id == "x" * 200


@every_event
@pytest.mark.parametrize(
    "id", ["", " \t", "a\x00b", "a\nb", "a\u202eb", "a\u200bb", "\ufeffa", "a\u2028b", "\ud800", 7]
)
def test_an_id_that_cannot_be_shown_is_refused(make: Any, id: Any) -> None:
    name = type(make(at=NOON)).__name__
    with pytest.raises(InvalidValue, match=rf"^{name}\.id: ") as caught:
        make(at=NOON, id=id)
    assert str(caught.value).isprintable()


@every_event
def test_an_id_of_201_characters_is_refused(make: Any) -> None:
    with pytest.raises(LimitExceeded, match="at most 200, got 201"):
        make(at=NOON, id="x" * 201)


@every_event
@pytest.mark.parametrize("sequence", [True, 1.0, "1", Decimal(1)])
def test_a_sequence_is_a_whole_number(make: Any, sequence: Any) -> None:
    assert make(at=NOON, sequence=-2).sequence == -2
    with pytest.raises(InvalidValue, match="a whole number"):
        make(at=NOON, sequence=sequence)


@every_event
def test_an_event_is_an_immutable_value(make: Any) -> None:
    event = make(at=NOON, id="e-1", sequence=1, by="ann")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        event.by = "ben"
    assert event == make(at=NOON, id="e-1", sequence=1, by="ann")
    assert event != make(at=NOON, id="e-1", sequence=1, by="ben")


@given(events())
def test_an_event_survives_pickle_and_copy(event: Event) -> None:
    for twin in (pickle.loads(pickle.dumps(event)), copy.copy(event), copy.deepcopy(event)):
        assert (type(twin), twin, hash(twin)) == (type(event), event, hash(event))
        assert repr(twin) == repr(event)


@given(events())
def test_an_event_built_again_from_its_parts_is_equal(event: Event) -> None:
    assert attrs.evolve(event) == event


def test_equal_parts_do_not_make_different_events_equal() -> None:
    pairs: list[tuple[Event, Event]] = [
        (Tagged("vip", NOON), Untagged("vip", NOON)),
        (StageChange("new", NOON), Reopened("new", NOON)),
    ]
    assert all(one != other for one, other in pairs)


def test_a_repr_is_bounded_and_escaped() -> None:
    note = Note("\x1b[2J\u202e" + "x" * 60_000, NOON, id="n-1")
    assert len(repr(note)) <= 2_000
    assert repr(note).isprintable()
    assert "id='n-1'" in repr(note)
    many = FieldsSet({f"field {n}": "v" * 1_000 for n in range(1_000)}, NOON)
    assert len(repr(many)) <= 2_000
    odd = "\U000e0fff" * 200
    longest = Conversion(odd, odd, NOON, owner=odd, deal=odd, id=odd, by=odd)
    assert len(repr(longest)) <= 2_000


# Activity


@pytest.mark.parametrize("kind", list(ActivityKind))
def test_a_standard_kind_brings_its_channel_and_direction(kind: ActivityKind) -> None:
    by_constant, by_text = Activity(kind, NOON), Activity(str(kind), NOON)
    assert by_constant == by_text
    assert type(by_constant.kind) is str
    assert (by_text.channel, by_text.direction) == (kind.channel, kind.direction)


def test_what_is_said_of_an_activity_stands_before_its_kinds_standard() -> None:
    call = Activity("call", NOON, channel="whatsapp", direction="in")
    assert (call.channel, call.direction) == ("whatsapp", "in")
    assert Activity("call", NOON, channel=None).channel is None


def test_any_other_kind_is_welcome_and_so_is_another_enumeration() -> None:
    class Ours(StrEnum):
        VISIT = "site visit"

    visit = Activity(Ours.VISIT, NOON)
    assert (visit.kind, type(visit.kind)) == ("site visit", str)
    assert (visit.channel, visit.direction, visit.is_attempt) == (None, None, False)
    assert Activity("Vizita\u030c", NOON).kind == "Vizit\u01ce"


@pytest.mark.parametrize(
    ("activity", "attempt"),
    [
        (Activity("call", NOON), True),
        (Activity("email_sent", NOON), True),
        (Activity("call_received", NOON), False),
        (Activity("email_opened", NOON), False),
        (Activity("call", NOON, channel=None), False),
        (Activity("brochure", NOON, direction="out"), False),
        (Activity("brochure", NOON, direction="out", channel="post"), True),
    ],
)
def test_an_attempt_goes_out_on_a_channel(activity: Activity, attempt: bool) -> None:
    assert activity.is_attempt is attempt


def test_an_activitys_data_leaves_out_what_is_unknown() -> None:
    data: dict[str, Any] = {
        "page": "/a",
        "seconds": float("nan"),
        "form": None,
        " depth ": Decimal("NaN"),
    }
    assert Activity("page_viewed", NOON, data=data).data == {"page": "/a"}


def test_conditions_on_an_activity_read_its_data_and_its_attributes() -> None:
    call = Activity("call", NOON, answered=False, by="ann", data={"seconds": 0})
    expected = {"seconds": 0, "channel": "phone", "direction": "out", "answered": False}
    assert call.values == {**expected, "by": "ann"}
    assert Activity("visit", NOON).values == {}


@pytest.mark.parametrize("key", ["kind", "channel", "direction", "answered", "by", "at", " by "])
def test_an_activitys_data_may_not_reuse_an_attributes_name(key: str) -> None:
    with pytest.raises(InvalidValue, match=rf"^Activity\.data\.{key.strip()}: "):
        Activity("call", NOON, data={key: "x"})


@pytest.mark.parametrize("data", ["page", ["page"], None, 7])
def test_an_activitys_data_is_a_mapping(data: Any) -> None:
    with pytest.raises(InvalidValue, match=r"^Activity\.data: expected a mapping"):
        Activity("call", NOON, data=data)


def test_an_activitys_data_cannot_be_changed() -> None:
    activity = Activity("call", NOON, data={"seconds": 3})
    with pytest.raises(TypeError, match="frozen"):
        activity.data["seconds"] = 4  # type: ignore[index]


@pytest.mark.parametrize(
    "given",
    [
        {"kind": ""},
        {"kind": None},
        {"kind": b"call"},
        {"channel": "a\u200db"},
        {"direction": "outwards"},
        {"answered": "false"},
        {"answered": 1},
        {"data": {"x": complex(1)}},
        {"data": {"x": float("inf")}},
        {"data": {"x": 2**63}},
        {"data": {"x": datetime(2026, 1, 1)}},
        {"data": {7: "x"}},
        {"data": {"": "x"}},
        {"data": {"e\u0301": 1, "é": 2}},
    ],
    ids=str,
)
def test_an_activity_refuses_bad_input_and_names_the_place(given: dict[str, Any]) -> None:
    with pytest.raises(LeadflowError, match=r"^Activity\."):
        Activity(**{"kind": "call", "at": NOON, **given})


def test_true_is_not_one_in_an_activitys_data() -> None:
    yes, one = Activity("x", NOON, data={"a": True}), Activity("x", NOON, data={"a": 1})
    assert yes != one
    assert one == Activity("x", NOON, data={"a": Decimal("1.0")})


# The others


def test_a_text_of_64_kib_is_taken_and_one_byte_more_is_not() -> None:
    assert len(Note("é" * 32_768, NOON).text) == 32_768
    with pytest.raises(LimitExceeded, match=r"^Note\.text: .* 65,536, got 65,537 bytes"):
        Note("é" * 32_768 + "x", NOON)


@pytest.mark.parametrize(
    ("make", "place"),
    [
        (lambda: Note(7, NOON), "Note.text"),  # type: ignore[arg-type]
        (lambda: Note("a", NOON, need="want"), "Note.need"),  # type: ignore[arg-type]
        (lambda: Tagged("", NOON), "Tagged.tag"),
        (lambda: Untagged("a\u2066", NOON), "Untagged.tag"),
        (lambda: Scored(True, NOON), "Scored.points"),
        (lambda: Scored(5.9, NOON), "Scored.points"),  # type: ignore[arg-type]
        (lambda: Scored(5, NOON, fit="5"), "Scored.fit"),  # type: ignore[arg-type]
        (lambda: Scored(5, NOON, win_probability=1.01), "Scored.win_probability"),
        (lambda: Scored(5, NOON, win_probability=-0.1), "Scored.win_probability"),
        (lambda: Scored(5, NOON, win_probability=float("nan")), "Scored.win_probability"),
        (lambda: Scored(5, NOON, win_probability=True), "Scored.win_probability"),
        (lambda: Rated("", NOON), "Rated.rating"),
        (lambda: Rated("hot", NOON, because="big"), "Rated.because"),
        (lambda: Rated("hot", NOON, because=[1]), "Rated.because"),  # type: ignore[list-item]
        (lambda: Rated("hot", NOON, because=None), "Rated.because"),  # type: ignore[arg-type]
        (lambda: Rated("hot", NOON, ask="due"), "Rated.ask"),
        (lambda: Overridden("stage", "new", NOON, reason=""), "Overridden.what"),  # type: ignore[arg-type]
        (lambda: Overridden("rating", "", NOON, reason=""), "Overridden.value"),
        (lambda: Overridden("rating", "hot", NOON, reason=None), "Overridden.reason"),  # type: ignore[arg-type]
        (lambda: Qualification("MQL", NOON), "Qualification.status"),  # type: ignore[arg-type]
        (lambda: Assignment("", NOON), "Assignment.rep"),
        (lambda: Assignment("a", NOON, rejected=["ben"]), "Assignment.rejected"),  # type: ignore[list-item]
        (lambda: Assignment("a", NOON, rejected="ben"), "Assignment.rejected"),  # type: ignore[arg-type]
        (lambda: Assignment("a", NOON, rejected=7), "Assignment.rejected"),  # type: ignore[arg-type]
        (lambda: Assignment("a", NOON, units=-1), "Assignment.units"),
        (lambda: Assignment("a", NOON, units=0.5), "Assignment.units"),  # type: ignore[arg-type]
        (lambda: Assignment("a", NOON, units=None), "Assignment.units"),  # type: ignore[arg-type]
        (lambda: Assignment("a", NOON, value=5), "Assignment.value"),  # type: ignore[arg-type]
        (lambda: Assignment("a", NOON, value=Money(-1, "EUR")), "Assignment.value"),
        (lambda: Assignment("a", NOON, rating=" "), "Assignment.rating"),
        (lambda: Assignment("a", NOON, turn=1.0), "Assignment.turn"),  # type: ignore[arg-type]
        (lambda: Assignment("a", NOON, turn=True), "Assignment.turn"),
        (lambda: Assignment("a", NOON, credited=["b"]), "Assignment.credited"),  # type: ignore[arg-type]
        (lambda: Assignment("a", NOON, credited={"b": 0.5}), "Assignment.credited.'b'"),  # type: ignore[dict-item]
        (lambda: Assignment("a", NOON, credited={"": 1}), "Assignment.credited"),
        (lambda: Assignment("a", NOON, credited=None), "Assignment.credited"),  # type: ignore[arg-type]
        (lambda: Assignment("a", NOON, owed={7: 1}), "Assignment.owed"),  # type: ignore[dict-item]
        (lambda: Assignment("a", NOON, owed={"b": True}), "Assignment.owed.'b'"),
        (lambda: Rejected("ann", ""), "Rejected.code"),
        (lambda: StageChange("", NOON), "StageChange.to"),
        (lambda: StageChange("a", NOON, from_=""), "StageChange.from"),
        (lambda: Reopened(None, NOON), "Reopened.to"),  # type: ignore[arg-type]
        (lambda: Disposition("gone", NOON), "Disposition.outcome"),  # type: ignore[arg-type]
        (lambda: Disposition("lost", NOON, keep="false"), "Disposition.keep"),  # type: ignore[arg-type]
        (lambda: Disposition("lost", NOON, contact_again=NOON), "Disposition.contact_again"),
        (lambda: Disposition("lost", NOON, never="all"), "Disposition.never"),
        (lambda: Conversion("", "new", NOON), "Conversion.pipeline"),
        (lambda: Conversion("s", "new", NOON, value=5), "Conversion.value"),  # type: ignore[arg-type]
        (lambda: Conversion("s", "n", NOON, value=Money(-1, "EUR")), "Conversion.value"),
        (lambda: Conversion("s", "n", NOON, expected_close=NOON), "Conversion.expected_close"),
        (lambda: TaskSet("", NOON), "TaskSet.task"),
        (lambda: TaskSet("T", NOON, due="2026-03-01"), "TaskSet.due"),  # type: ignore[arg-type]
        (lambda: TaskSet("T", NOON, due=datetime(2026, 3, 1)), "TaskSet.due"),
        (lambda: TaskDone("T", NOON, result=1), "TaskDone.result"),  # type: ignore[arg-type]
        (lambda: Snoozed(NOON, NOON, reason="fair"), "Snoozed.until"),
        (lambda: Snoozed(None, NOON, reason="fair"), "Snoozed.until"),  # type: ignore[arg-type]
        (lambda: Erased("phone", NOON), "Erased.fields"),
        (lambda: Erased(["stage"], NOON), "Erased.fields.stage"),
        (lambda: Erased(["id"], NOON), "Erased.fields.id"),
        (lambda: Erased(["tags"], NOON), "Erased.fields.tags"),
    ],
)
def test_an_event_refuses_bad_input_and_names_the_place(make: Any, place: str) -> None:
    with pytest.raises(LeadflowError) as caught:
        make()
    assert str(caught.value).startswith(f"{place}: ")


def test_a_misspelt_word_of_a_closed_list_gets_a_hint() -> None:
    with pytest.raises(InvalidValue, match=r"one of qualified, .*did you mean 'converted'\?"):
        Disposition("convertd", NOON)  # type: ignore[arg-type]


def test_a_naive_end_of_an_override_is_refused() -> None:
    with pytest.raises(NaiveDatetime, match=r"^Overridden\.until: "):
        Overridden("rating", "hot", NOON, reason="met", until=datetime(2026, 4, 1))


def test_a_task_is_due_on_a_day_or_at_an_instant() -> None:
    assert TaskSet("T", NOON, due=date(2026, 4, 1)).due == date(2026, 4, 1)
    there = NOON.astimezone(ZoneInfo("Asia/Kolkata"))
    due = TaskSet("T", NOON, due=there).due
    assert isinstance(due, datetime)
    assert (due, due.tzinfo) == (NOON, UTC)


@pytest.mark.parametrize("probability", [0, 1, 0.5, 1e-300, Decimal("0.25")])
def test_a_win_probability_is_a_share(probability: Any) -> None:
    given = Scored(5, NOON, win_probability=probability).win_probability
    assert (given, type(given)) == (float(probability), float)


def test_a_sequence_of_sentences_is_kept_as_a_tuple() -> None:
    given = Rated("hot", NOON, because=(word for word in ["big", "soon"]), ask=["due", "due"])
    assert (given.because, given.ask) == (("big", "soon"), ("due",))


def test_what_comes_as_a_set_has_one_order_for_any_hash_seed() -> None:
    words = {"one", "two", "three", "four", "five", "six"}
    assert Rated("hot", NOON, because=words, ask=words).because == tuple(sorted(words))
    assert Disposition("lost", NOON, never=frozenset(words)).never == tuple(sorted(words))


def test_the_order_of_erased_fields_has_no_meaning() -> None:
    assert Erased(["phone", "e-mail"], NOON) == Erased(("e-mail", "phone"), NOON)


def test_the_passed_over_are_kept_as_a_tuple() -> None:
    away = Rejected("ben", "away", "on holiday until Monday")
    assert Assignment("ann", NOON, rejected=[away]).rejected == (away,)


def test_a_subclass_of_rejected_is_not_taken_for_one() -> None:
    class Other(Rejected):
        pass

    with pytest.raises(InvalidValue, match=r"^Assignment\.rejected: .* a list of Rejected"):
        Assignment("ann", NOON, rejected=[Rejected("ben", "away"), Other("cho", "away")])


def test_an_assignment_by_hand_is_one_unit_of_unknown_worth_and_nobodys_turn_goes_by() -> None:
    plain = Assignment("ann", NOON)
    assert (plain.units, plain.value, plain.rating, plain.turn) == (1, None, None, None)
    assert plain.credited is plain.owed is EMPTY


def test_an_assignment_tells_what_it_was_worth_and_whose_turns_went_by() -> None:
    given = Assignment(
        "ann",
        NOON,
        units=0,
        value=Money(0, "EUR"),
        rating=" hot ",
        turn=7,
        credited={" ben ": 2, "ann": -1},
        owed={"ann": -1},
    )
    assert (given.units, given.value, given.rating, given.turn) == (0, Money(0, "EUR"), "hot", 7)
    assert (given.credited, given.owed) == ({"ben": 2, "ann": -1}, {"ann": -1})
    assert isinstance(given.credited, Frozen)
    assert hash(given) == hash(attrs.evolve(given, credited={"ann": -1, "ben": 2}))
    assert pickle.loads(pickle.dumps(given)) == given


def test_a_rating_shows_as_html_that_is_escaped() -> None:
    shown = Rated("hot", NOON, because=["<script>alert(1)</script>"])._repr_html_()
    assert "rated hot" in shown
    assert "<script>" not in shown

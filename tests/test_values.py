"""The checks of values where they enter, and the limits they keep to."""

from __future__ import annotations

import copy
import decimal as decimals
import math
import pickle
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.errors import InvalidValue, LimitExceeded, NaiveDatetime
from leadflow.limits import DEFAULT_LIMITS, Limits
from leadflow.values import (
    EMPTY,
    FLAG,
    INSTANT,
    NAME,
    NAMES,
    TEXT,
    WHOLE,
    Frozen,
    calendar_date,
    checks,
    decimal,
    field_value,
    field_values,
    flag,
    half_up,
    instant,
    known,
    name,
    names,
    sentences,
    text,
    time_zone,
    whole,
)


class NotATime(datetime):
    """Like NaT of a dataframe: a datetime that is not equal to itself."""

    __hash__ = datetime.__hash__

    def __eq__(self, other: object) -> bool:
        return False

    def __ne__(self, other: object) -> bool:
        return True


NAT = NotATime(2026, 1, 1)


# Limits


def test_limits_are_a_value_with_room_for_ordinary_work() -> None:
    assert Limits() == DEFAULT_LIMITS
    assert Limits(depth=3) != DEFAULT_LIMITS
    assert DEFAULT_LIMITS.depth == 64
    with pytest.raises(AttributeError):
        setattr(DEFAULT_LIMITS, "depth", 1)  # noqa: B010 (mypy refuses the plain form)


# Frozen mappings


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.__setitem__("a", 2),
        lambda m: m.__delitem__("a"),
        lambda m: m.__ior__({"b": 1}),
        lambda m: m.clear(),
        lambda m: m.pop("a"),
        lambda m: m.popitem(),
        lambda m: m.setdefault("b", 1),
        lambda m: m.update(b=1),
    ],
)
def test_a_frozen_mapping_cannot_be_changed(change: Callable[[Frozen[int]], object]) -> None:
    mapping = Frozen({"a": 1})
    with pytest.raises(TypeError, match="frozen"):
        change(mapping)
    assert mapping == {"a": 1}


def test_a_frozen_mapping_is_a_value() -> None:
    mapping = Frozen({"a": 1, "b": 2})
    assert hash(mapping) == hash(Frozen({"b": 2, "a": 1}))
    for again in (pickle.loads(pickle.dumps(mapping)), copy.copy(mapping), copy.deepcopy(mapping)):
        assert again == mapping
        assert type(again) is Frozen
    assert EMPTY == {}


# Instants and dates


def test_an_instant_comes_back_in_utc() -> None:
    start = datetime(2026, 3, 1, 9, tzinfo=ZoneInfo("Europe/Warsaw"))
    assert instant("at", start).isoformat() == "2026-03-01T08:00:00+00:00"
    plain = datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert instant("at", plain) is plain


def test_a_subclass_of_datetime_comes_back_plain() -> None:
    class Stamp(datetime):
        pass

    assert type(instant("at", Stamp(2026, 1, 1, tzinfo=UTC))) is datetime
    assert type(instant("at", Stamp(2026, 1, 1, tzinfo=timezone(timedelta(hours=1))))) is datetime


@given(st.datetimes(timezones=st.timezones()))
def test_an_instant_stays_the_same_instant(value: datetime) -> None:
    try:
        found = instant("at", value)
    except InvalidValue:
        assert value.year in (1, 9999)
    else:
        assert found == value.astimezone(UTC)
        assert found.tzinfo is UTC


@pytest.mark.parametrize("value", [None, "2026-01-01T00:00:00Z", 1767225600, date(2026, 1, 1), NAT])
def test_what_is_no_datetime_is_no_instant(value: Any) -> None:
    with pytest.raises(InvalidValue, match="at: expected a datetime"):
        instant("at", value)


def test_a_naive_datetime_is_refused() -> None:
    with pytest.raises(NaiveDatetime, match="tzinfo"):
        instant("at", datetime(2026, 1, 1))


@pytest.mark.parametrize("value", [(1, 1, 1, 5), (9999, 12, 31, -5)])
def test_an_instant_outside_the_years_1_to_9999_is_refused(value: Any) -> None:
    year, month, day, hours = value
    local = datetime(
        year, month, day, 23 if hours < 0 else 0, tzinfo=timezone(timedelta(hours=hours))
    )
    with pytest.raises(InvalidValue, match="years 1 and 9999"):
        instant("at", local)


def test_a_date_is_not_a_datetime() -> None:
    assert calendar_date("due", date(2028, 2, 29)) == date(2028, 2, 29)
    for value in (datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01", None):
        with pytest.raises(InvalidValue, match="due"):
            calendar_date("due", value)


# Numbers


@pytest.mark.parametrize("value", [True, 1.0, "1", None, Decimal(1), Fraction(1, 2)])
def test_a_whole_number_is_an_int(value: Any) -> None:
    with pytest.raises(InvalidValue, match="points: expected a whole number"):
        whole("points", value)


def test_a_whole_number_has_a_limit_and_may_have_a_least() -> None:
    most = DEFAULT_LIMITS.integer
    assert whole("points", most) == most
    assert whole("points", -most) == -most
    assert whole("points", 3, least=3) == 3
    for value in (most + 1, -most - 1, 10**1_000_000):
        with pytest.raises(LimitExceeded, match="points"):
            whole("points", value)
    with pytest.raises(InvalidValue, match="at least 3"):
        whole("points", 2, least=3)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(5, "5"), (0.1, "0.1"), (-2.5, "-2.5"), (Decimal("1.50"), "1.50"), (1e-5, "0.00001")],
)
def test_a_number_is_exact_and_a_float_counts_by_the_digits_it_prints(
    value: Any, expected: str
) -> None:
    assert f"{decimal('share', value):f}" == expected


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, Decimal("NaN"), Decimal("sNaN"), Decimal("-inf")]
)
def test_a_number_is_finite(value: Any) -> None:
    with pytest.raises(InvalidValue, match="finite"):
        decimal("share", value)


@pytest.mark.parametrize("value", [True, "1", None, Fraction(1, 2), 1j])
def test_what_is_no_number_is_refused_as_such(value: Any) -> None:
    with pytest.raises(InvalidValue, match="share: expected a number"):
        decimal("share", value)


@pytest.mark.parametrize(
    "value",
    [
        2**63,
        1e300,
        1e-300,
        Decimal("1e999999"),
        Decimal("0e999999"),
        Decimal("1e-999999"),
        Decimal("9223372036854775807.00000000000000001"),
        Decimal("1" * 39),
        Decimal("0." + "0" * 38 + "1"),
    ],
)
def test_a_number_beyond_the_limits_is_refused(value: Any) -> None:
    with pytest.raises(LimitExceeded, match="share"):
        decimal("share", value)


@pytest.mark.parametrize(
    "value", [Decimal("0." + "0" * 37 + "1"), Decimal(2**63 - 1), Decimal("-1e18")]
)
def test_a_number_at_the_limits_is_taken(value: Any) -> None:
    assert decimal("share", value) == value


def test_checking_a_number_leaves_the_context_of_the_thread_alone() -> None:
    with decimals.localcontext() as context:
        context.prec = 2
        context.traps[decimals.Inexact] = True
        context.clear_flags()
        assert decimal("share", Decimal("1234.5678")) == Decimal("1234.5678")
        assert not any(context.flags.values())


@given(st.integers(), st.integers(1))
def test_half_up_is_within_a_half_and_symmetric(numerator: int, denominator: int) -> None:
    rounded = half_up(numerator, denominator)
    assert abs(rounded - Fraction(numerator, denominator)) <= Fraction(1, 2)
    assert half_up(-numerator, denominator) == -rounded


@given(st.integers(0))
def test_a_half_goes_away_from_zero(number: int) -> None:
    assert half_up(2 * number + 1, 2) == number + 1


# Text and names


def test_a_text_may_be_empty_and_of_any_script() -> None:
    assert text("note", "") == ""
    assert text("note", "北京 🎉\n") == "北京 🎉\n"


def test_a_text_has_a_limit_in_bytes() -> None:
    most = DEFAULT_LIMITS.value_bytes
    assert text("note", "x" * most) == "x" * most
    for value in ("x" * (most + 1), "ž" * (most // 2 + 1)):
        with pytest.raises(LimitExceeded, match="bytes"):
            text("note", value)


@pytest.mark.parametrize("value", [None, 5, b"x", ["x"], "\ud800"])
def test_what_cannot_be_stored_as_text_is_refused(value: Any) -> None:
    with pytest.raises(InvalidValue, match="note"):
        text("note", value)


def test_a_subclass_of_text_comes_back_plain() -> None:
    class Word(str):
        __slots__ = ()

        def __str__(self) -> str:
            return "something else"

    assert text("note", Word("as given")) == "as given"
    assert type(text("note", Word("as given"))) is str


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [(" L-7 ", "L-7"), ("e\u0301", "é"), ("\u00a0Žofie ", "Žofie"), ("a b", "a b")],
)
def test_a_name_is_stripped_and_in_normal_form(given_name: str, kept: str) -> None:
    assert name("id", given_name) == kept


@pytest.mark.parametrize(
    "value", ["", "  ", "\u00a0", "a\x00b", "a\nb", "a\u200bb", "a\u202eb", "é\u2028x", 7, None]
)
def test_a_name_is_visible(value: Any) -> None:
    with pytest.raises(InvalidValue, match="id"):
        name("id", value)


def test_a_name_has_a_limit_in_characters() -> None:
    most = DEFAULT_LIMITS.id_length
    assert name("id", "é" * most) == "é" * most
    with pytest.raises(LimitExceeded, match="characters"):
        name("id", "x" * (most + 1))


@given(st.text(max_size=50))
def test_a_name_that_was_taken_is_taken_again_unchanged(value: str) -> None:
    try:
        kept = name("id", value)
    except InvalidValue:
        return
    assert name("id", kept) == kept


def test_names_are_kept_once_each_in_their_order() -> None:
    assert names("tags", ["b", " a ", "b"]) == ("b", "a")
    assert names("tags", (word for word in "ab")) == ("a", "b")
    for value in ("vip", 5, None, [5], b"vip"):
        with pytest.raises(InvalidValue, match="tags"):
            names("tags", value)


# Flags and zones


@pytest.mark.parametrize("value", ["false", 0, 1, None])
def test_only_true_and_false_are_flags(value: Any) -> None:
    assert flag("answered", False) is False
    with pytest.raises(InvalidValue, match="true or false"):
        flag("answered", value)


@pytest.mark.parametrize(
    "value", ["Europe/Nowhere", "../etc/passwd", "/etc/passwd", "Europe", "", 5]
)
def test_a_time_zone_is_one_that_exists(value: Any) -> None:
    assert time_zone("time_zone", "Asia/Kolkata") == "Asia/Kolkata"
    with pytest.raises(InvalidValue, match="time_zone"):
        time_zone("time_zone", value)


# Fields


@pytest.mark.parametrize("value", [None, math.nan, Decimal("NaN"), Decimal("sNaN"), NAT])
def test_none_and_nan_are_unknown(value: Any) -> None:
    assert field_value("employees", value) is None


@pytest.mark.parametrize(
    "value",
    [
        "",
        "text",
        True,
        False,
        0,
        -5,
        1.5,
        Decimal("1.50"),
        date(2026, 1, 1),
        datetime(2026, 1, 1, tzinfo=UTC),
    ],
)
def test_a_known_value_is_kept_with_its_kind(value: Any) -> None:
    found = field_value("employees", value)
    assert found == value
    assert type(found) is type(value)


def test_a_datetime_in_a_field_is_kept_in_utc() -> None:
    value = datetime(2026, 1, 1, 5, tzinfo=timezone(timedelta(hours=5)))
    assert repr(field_value("seen", value)) == repr(datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    "value", [math.inf, -math.inf, Decimal("inf"), [1], {"a": 1}, b"x", 1j, object()]
)
def test_other_values_are_refused_at_their_field(value: Any) -> None:
    with pytest.raises(InvalidValue, match="employees"):
        field_value("employees", value)


def test_a_naive_datetime_in_a_field_is_refused() -> None:
    with pytest.raises(NaiveDatetime, match="seen"):
        field_value("seen", datetime(2026, 1, 1))


def test_a_field_has_limits() -> None:
    for value in (2**63, Decimal("1e30"), "x" * 70_000):
        with pytest.raises(LimitExceeded, match="employees"):
            field_value("employees", value)


def test_fields_are_frozen_and_name_the_place_of_what_is_wrong() -> None:
    assert field_values("fields", {" employees ": 20, "x": math.nan}) == {
        "employees": 20,
        "x": None,
    }
    with pytest.raises(InvalidValue, match=r"fields\.employees: .*finite"):
        field_values("fields", {"employees": math.inf})
    with pytest.raises(InvalidValue, match="fields name"):
        field_values("fields", {5: 1})
    with pytest.raises(InvalidValue, match="a mapping"):
        field_values("fields", [("a", 1)])


def test_two_spellings_of_one_field_are_refused() -> None:
    with pytest.raises(InvalidValue, match="field names that differ"):
        field_values("fields", {"é": 1, "e\u0301": 2})


def test_what_is_unknown_can_be_left_out() -> None:
    assert known({"a": 0, "b": None, "c": ""}) == {"a": 0, "c": ""}


# Checks of a class


@attrs.frozen(field_transformer=checks)
class Checked:
    id: str = attrs.field(metadata=NAME)
    at: datetime | None = attrs.field(default=None, metadata=INSTANT)
    answered: bool | None = attrs.field(default=None, metadata=FLAG)
    tags: tuple[str, ...] = attrs.field(default=(), metadata=NAMES)
    if_: int = attrs.field(default=0, metadata=WHOLE)
    free: object = None


def test_a_class_checks_its_fields_as_their_metadata_says() -> None:
    tags: Any = ["a", "a"]
    made = Checked(" L-7 ", datetime(2026, 1, 1, tzinfo=UTC), tags=tags, free=[1])
    assert made == Checked("L-7", datetime(2026, 1, 1, tzinfo=UTC), None, ("a",), 0, [1])


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"id": None}, "Checked.id"),
        ({"answered": 1}, "Checked 'L-7' answered: "),
        ({"if_": 1.5}, "Checked 'L-7' if: "),
    ],
)
def test_an_error_names_the_class_and_the_field(wrong: dict[str, Any], place: str) -> None:
    with pytest.raises(InvalidValue, match=place):
        Checked(**{"id": "L-7", **wrong})


@attrs.frozen(field_transformer=checks)
class Known:
    id: str = attrs.field(metadata=NAME)
    name: str = attrs.field(default="", metadata=TEXT)
    weight: int | None = attrs.field(default=None, metadata=WHOLE)


@attrs.frozen(field_transformer=checks)
class Named:
    name: str = attrs.field(metadata=NAME)
    points: int = attrs.field(metadata=WHOLE)
    id: str | None = attrs.field(default=None, metadata=NAME)
    at: datetime | None = attrs.field(default=None, metadata=INSTANT)


@attrs.frozen(field_transformer=checks)
class Event:
    id: str | None = attrs.field(default=None, metadata=NAME)
    weight: int = attrs.field(default=0, metadata=WHOLE)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Known("L-7", weight=0.5), "Known 'L-7' weight: "),  # type: ignore[arg-type]
        (lambda: Known(" L-7 ", name=5), "Known 'L-7' name: "),  # type: ignore[arg-type]
        (lambda: Known("", weight=0.5), "Known.id: "),  # type: ignore[arg-type]
        (lambda: Named("", 1, at=5), "Named.name: "),  # type: ignore[arg-type]
        (lambda: Named("fit", 1, at=5), "Named 'fit' at: "),  # type: ignore[arg-type]
        (lambda: Named("fit", 1, id=5), "Named 'fit' id: "),  # type: ignore[arg-type]
        (lambda: Event("e-1", weight=0.5), "Event.weight: "),  # type: ignore[arg-type]
        (lambda: Event(5), "Event.id: "),  # type: ignore[arg-type]
    ],
)
def test_an_error_names_which_one_by_its_id_or_else_by_its_name(make: Any, words: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        make()
    assert str(caught.value).startswith(words)


def test_none_passes_where_the_annotation_allows_it() -> None:
    assert Known("L-7", weight=None).weight is None
    assert Event(None).id is None
    with pytest.raises(InvalidValue, match="a whole number"):
        Event(None, weight=None)  # type: ignore[arg-type]


def test_a_frozen_mapping_tells_true_from_one_and_equal_numbers_are_equal() -> None:
    assert Frozen({"a": 1}) == {"a": 1.0} == Frozen({"a": Decimal(1)})
    assert Frozen({"a": True}) != Frozen({"a": 1})
    assert Frozen({"a": 0}) != {"a": False}
    assert Frozen({"a": True}) == {"a": True}
    assert Frozen({"a": 1}) != [("a", 1)]


def test_names_of_a_set_come_back_sorted() -> None:
    assert names("tags", {"c", "a", "b"}) == names("tags", frozenset("cab")) == ("a", "b", "c")
    assert names("tags", ["c", "a"]) == ("c", "a")


# Sentences


def test_sentences_keep_their_order_and_their_repetitions() -> None:
    assert sentences("because", iter(["no need", "no budget", "no need"])) == (
        "no need",
        "no budget",
        "no need",
    )
    assert sentences("because", []) == ()
    assert sentences("because", ["", " two\nlines "]) == ("", " two\nlines ")


def test_sentences_of_a_set_come_back_sorted() -> None:
    letters = "cabdefghij"
    assert sentences("because", set(letters)) == tuple(sorted(letters))
    assert sentences("because", frozenset(letters)) == tuple(sorted(letters))


@pytest.mark.parametrize("value", ["no budget", b"no", None, 5, ["no", 5], [None], {"no": "need"}])
def test_what_is_no_list_of_sentences_is_refused(value: Any) -> None:
    with pytest.raises(InvalidValue, match=r"^because: "):
        sentences("because", value)

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, localcontext
from typing import Any

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leadflow.errors import InvalidValue, LimitExceeded
from leadflow.money import Money
from leadflow.serialization.cells import Notation, Reading, cell_reader, clean

PLAIN = Notation()
COMMA = Notation(decimal=",", thousands=".")


def number(text: object, notation: Notation = PLAIN) -> Any:
    return cell_reader("number", notation)(text)


def money(text: object, **settings: Any) -> Any:
    return cell_reader("money", Notation(**settings))(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-5", -5),
        ("+12", 12),
        ("007", 7),
        ("1.50", Decimal("1.50")),
        (".5", Decimal("0.5")),
        ("5.", Decimal(5)),
        ("1.2E+07", Decimal(12_000_000)),
        ("-2e-3", Decimal("-0.002")),
    ],
)
def test_numbers_are_exact(text: str, value: object) -> None:
    assert number(text) == value
    assert type(number(text)) is type(value)


@pytest.mark.parametrize(
    ("text", "thousands", "decimal", "value"),
    [
        ("1,234", ",", ".", 1234),
        ("1,234,567.8", ",", ".", Decimal("1234567.8")),
        ("1.234,56", ".", ",", Decimal("1234.56")),
        ("1 234,5", " ", ",", Decimal("1234.5")),
        ("1\u00a0234,5", " ", ",", Decimal("1234.5")),
        ("1\u202f234,5", " ", ",", Decimal("1234.5")),
        ("1'234.5", "'", ".", Decimal("1234.5")),
        ("1234", ",", ".", 1234),
    ],
)
def test_thousands_are_parted_as_told(
    text: str, thousands: str, decimal: str, value: object
) -> None:
    assert number(text, Notation(thousands=thousands, decimal=decimal)) == value


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("1,234", 'tell what "," stands for'),
        ("1 234", 'tell what " " stands for'),
        ("1'234", "stands for"),
        ("12 apples", "expected a number"),
        (".", "expected a number"),
        ("e5", "expected a number"),
        ("1e1000", "expected a number"),
        ("٣", "expected a number"),
        ("1_000", "expected a number"),
        ("0x10", "expected a number"),
        ("5%", "expected a number"),
        ("(5)", "expected a number"),
    ],
)
def test_what_is_no_number_as_told_is_refused(text: str, hint: str) -> None:
    with pytest.raises(InvalidValue, match=hint):
        number(text)


@pytest.mark.parametrize("text", ["1,23", "1,2345", "12,34,567", ",123", "1234,567"])
def test_thousands_in_odd_places_are_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="a number with"):
        number(text, Notation(thousands=","))


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-1e12, max_value=1e12)
)
def test_a_number_written_with_commas_is_the_number_read(value: Decimal) -> None:
    written = f"{value:,f}".translate(str.maketrans(",.", ".,"))
    assert number(written, COMMA) == value


@pytest.mark.parametrize(
    ("text", "currency", "value"),
    [
        ("$22,700.00", "USD", Money("22700.00", "USD")),
        ("$5", "CAD", Money(5, "CAD")),
        ("-$5", "USD", Money(-5, "USD")),
        ("$-5", "USD", Money(-5, "USD")),
        ("5 €", None, Money(5, "EUR")),
        ("5€", "USD", Money(5, "EUR")),
        ("1,200 PLN", None, Money(1200, "PLN")),
        ("PLN 12.5", None, Money("12.5", "PLN")),
        ("EUR 5 €", None, Money(5, "EUR")),
        ("12 zł", None, Money(12, "PLN")),
        ("5Kč", None, Money(5, "CZK")),
        ("7 kr", "SEK", Money(7, "SEK")),
        ("99", "JPY", Money(99, "JPY")),
        ("5 MXN", None, Money(5, "MXN")),
    ],
)
def test_money_is_an_amount_and_its_currency(text: str, currency: str, value: Money) -> None:
    assert money(text, currency=currency, thousands=",") == value


@pytest.mark.parametrize(
    ("text", "amount"),
    [("$342.09K", "342090"), ("$1,117.10K", "1117100"), ("2 M", "2000000"), ("1.5m", "1500000")],
)
def test_suffixes_count_when_told(text: str, amount: str) -> None:
    found = money(text, suffixes=True, currency="USD", thousands=",")
    assert found == Money(amount, "USD")


def test_suffixes_are_exact_in_any_decimal_context() -> None:
    with localcontext() as context:
        context.prec = 3
        assert money("123456.78K", suffixes=True, currency="USD") == Money("123456780", "USD")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("5", "currency = "),
        ("$5", "USD, AUD, CAD, NZD"),
        ("$5 EUR", "tell which"),
        ("€5 PLN", "one currency"),
        ("5K", "suffixes = true"),
        ("five", "an amount of money"),
        ("EUR", "an amount of money"),
        ("5 EURO", "'EURO' is neither"),
        ("--5 EUR", "a number"),
        ("9" * 101, "an amount of money"),
        ("1.234,50 EUR", "stands for|a number with"),
    ],
)
def test_money_that_could_mean_two_things_is_refused(text: str, hint: str) -> None:
    with pytest.raises(InvalidValue, match=hint):
        money(text)


def test_the_amount_of_a_money_field_is_in_its_one_currency() -> None:
    read = cell_reader("amount", Notation(currency="USD"))
    assert read("$5.50") == Decimal("5.50")
    assert read(5) == 5
    with pytest.raises(InvalidValue, match="an amount in USD"):
        read("5 EUR")


@pytest.mark.parametrize("text", ["true", "TRUE", "Yes", "1"])
def test_the_words_for_true_are_true_in_any_case(text: str) -> None:
    assert cell_reader("boolean", PLAIN)(text) is True
    assert cell_reader("boolean", Notation(true=("Ja",)))("JA") is True


@pytest.mark.parametrize("text", ["false", "FALSE", "No", "0"])
def test_the_words_for_false_are_false(text: str) -> None:
    assert cell_reader("boolean", PLAIN)(text) is False


@pytest.mark.parametrize("cell", ["maybe", "2", 2, Decimal("1.0"), [True]])
def test_other_words_are_no_booleans(cell: object) -> None:
    with pytest.raises(InvalidValue, match="for true"):
        cell_reader("boolean", PLAIN)(cell)


def test_tags_are_parted_by_the_separator_and_blank_ones_left_out() -> None:
    assert cell_reader("tags", PLAIN)(" a; b ;;c") == ("a", "b", "c")
    assert cell_reader("tags", Notation(separator="|"))("a|b;c") == ("a", "b;c")
    assert cell_reader("tags", PLAIN)(["a;b", " c", ""]) == ("a;b", "c")


@pytest.mark.parametrize("cell", [5, True, {"a": 1}, ["a", 1]])
def test_other_things_are_no_tags(cell: object) -> None:
    with pytest.raises(InvalidValue, match="a list of texts"):
        cell_reader("tags", PLAIN)(cell)


def test_unknown_words_are_unknown_to_every_reading() -> None:
    notation = attrs.evolve(PLAIN, unknown=("N/A",))
    for reading in ("text", "label", "number", "boolean", "date", "datetime", "money", "tags"):
        read = cell_reader(reading, notation)
        assert [read(cell) for cell in (" N/A ", "", "\ufeff", None)] == [None] * 4


@pytest.mark.parametrize("cell", [5, True, Decimal("1.5")])
def test_text_keeps_what_json_brings(cell: object) -> None:
    assert cell_reader("text", PLAIN)(cell) is cell


@pytest.mark.parametrize(
    ("reading", "cell"),
    [
        ("text", {}),
        ("label", True),
        ("label", Decimal("1.5")),
        ("number", True),
        ("number", []),
        ("date", 20260101),
        ("datetime", 5),
        ("money", True),
    ],
)
def test_json_of_another_type_is_refused(reading: Any, cell: object) -> None:
    with pytest.raises(InvalidValue, match="expected"):
        cell_reader(reading, Notation(currency="EUR"))(cell)


def test_a_label_may_be_a_whole_number_in_json() -> None:
    assert cell_reader("label", PLAIN)(17) == "17"


@given(st.text(max_size=20))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(st.text(max_size=30))
@example("0E100")
def test_any_text_is_read_or_refused(text: str) -> None:
    for reading in ("number", "boolean", "date", "datetime", "money", "tags"):
        try:
            cell_reader(reading, Notation(currency="USD", suffixes=True))(text)
        except (InvalidValue, LimitExceeded) as error:
            assert str(error)  # noqa: PT017 (refusing is one of two good ways)


KATHMANDU = timezone(timedelta(hours=5, minutes=45))


@pytest.mark.parametrize(
    ("reading", "cell", "expected"),
    [
        ("text", 0.5, 0.5),
        ("text", date(2026, 3, 1), date(2026, 3, 1)),
        ("text", datetime(2026, 3, 1, 9), datetime(2026, 3, 1, 9, tzinfo=UTC)),
        ("number", 0.5, 0.5),
        ("amount", 0.1, Decimal("0.1")),
        ("date", date(2026, 3, 1), date(2026, 3, 1)),
        ("date", datetime(2026, 3, 1, 23), date(2026, 3, 1)),
        ("date", datetime(2026, 3, 1, 1, tzinfo=KATHMANDU), date(2026, 2, 28)),
        ("datetime", datetime(2026, 3, 1, 9), datetime(2026, 3, 1, 9, tzinfo=UTC)),
        (
            "datetime",
            datetime(2026, 3, 1, 9, tzinfo=KATHMANDU),
            datetime(2026, 3, 1, 3, 15, tzinfo=UTC),
        ),
    ],
)
def test_a_typed_cell_keeps_its_type_and_an_instant_comes_in_utc(
    reading: Reading, cell: object, expected: object
) -> None:
    found = cell_reader(reading, Notation())(cell)
    assert (type(found), found) == (type(expected), expected)


def test_a_typed_datetime_without_a_zone_is_in_the_zone_that_is_told() -> None:
    read = cell_reader("datetime", Notation(time_zone="Asia/Kathmandu"))
    assert read(datetime(2026, 3, 1, 9)) == datetime(2026, 3, 1, 9, tzinfo=KATHMANDU)
    assert read(date(2026, 3, 1)) == datetime(2026, 3, 1, tzinfo=KATHMANDU)


@pytest.mark.parametrize(
    ("reading", "cell", "expected"),
    [
        ("text", [], "text, a number, true, false, a date, a datetime or null"),
        ("number", date(2026, 3, 1), "a number"),
        ("date", 20260301, "a date, or a date as text"),
        ("datetime", 20260301, "a datetime, or a datetime as text"),
        ("datetime", date(2026, 3, 1), "a datetime, or a datetime as text"),
    ],
)
def test_a_typed_cell_of_another_kind_is_refused(
    reading: Reading, cell: object, expected: str
) -> None:
    with pytest.raises(InvalidValue) as raised:
        cell_reader(reading, Notation())(cell)
    assert raised.value.expected == expected
    assert ("time zone" in raised.value.hint) is (reading == "datetime" and isinstance(cell, date))

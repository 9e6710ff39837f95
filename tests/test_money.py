"""Money and Rates."""

from __future__ import annotations

import decimal
import pickle
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.errors import InvalidValue, LimitExceeded, MixedCurrencies
from leadflow.money import CURRENCIES, Money, Rates, currency_code, minor_digits, total

EUR, USD = "EUR", "USD"

amounts = st.decimals(-(10**9), 10**9, places=3).map(lambda number: number + 0)
codes = st.sampled_from(sorted(CURRENCIES))
moneys = st.builds(Money, amounts, codes)
euros = st.builds(Money, amounts, st.just(EUR))
positive = st.decimals(Decimal("0.0001"), 10_000, places=4)


# What an amount may be


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (12, "12"),
        ("12.50", "12.50"),
        (" 12.50 ", "12.50"),
        ("+3", "3"),
        ("-3", "-3"),
        (Decimal("0.10"), "0.10"),
        (0.1, "0.1"),
        (1e3, "1000.0"),
        (Decimal("1E+3"), "1000"),
        (Decimal("0E+5"), "0"),
        (Decimal("-0.00"), "0.00"),
        ("-0", "0"),
        (2**63 - 1, "9223372036854775807"),
    ],
)
def test_an_amount_keeps_its_digits_and_is_plain(given: Any, kept: str) -> None:
    assert str(Money(given, EUR)) == f"{kept} EUR"


@pytest.mark.parametrize(
    "given",
    [
        None,
        True,
        float("nan"),
        float("inf"),
        Decimal("NaN"),
        Decimal("sNaN"),
        Decimal("-Infinity"),
        "",
        "NaN",
        "1e5",
        "1_000",
        "1,000",
        "1.",
        ".5",
        "٣",
        "=1+1",
        [1],
        Money(1, EUR),
    ],
)
def test_what_is_no_finite_number_is_refused(given: Any) -> None:
    with pytest.raises(InvalidValue, match="money amount"):
        Money(given, EUR)


@pytest.mark.parametrize(
    "given",
    [2**63, "9223372036854775807.5", "0." + "1" * 39, "1" * 60_000, 1e300, Decimal("1E+999999")],
)
def test_a_number_beyond_the_limits_is_refused(given: Any) -> None:
    with pytest.raises(LimitExceeded, match="money amount"):
        Money(given, EUR)


def test_a_text_beyond_the_limits_is_refused_before_it_is_read() -> None:
    with pytest.raises(LimitExceeded, match="bytes"):
        Money("1" * 1_000_000, EUR)


# What a currency may be


def test_the_list_holds_the_active_currencies_only() -> None:
    assert len(CURRENCIES) == 165
    assert {"EUR", "USD", "PLN", "ZWG", "XCG", "SLE", "VED"} <= CURRENCIES
    assert not {"DEM", "HRK", "BGN", "ANG", "ZWL", "XXX", "XTS", "XAU", "BTC"} & CURRENCIES


@pytest.mark.parametrize(
    ("given", "hint"),
    [("eur", "'EUR'"), ("EURO", "'EUR'"), ("XXX", "known: AED"), ("", "known"), ("USDD", "'USD'")],
)
def test_an_unknown_currency_is_refused_with_the_closest_code(given: Any, hint: str) -> None:
    with pytest.raises(InvalidValue, match="money currency") as raised:
        Money(1, given)
    assert hint in str(raised.value)


@pytest.mark.parametrize("given", [None, 978, b"EUR", ["EUR"]])
def test_a_currency_is_text(given: Any) -> None:
    with pytest.raises(InvalidValue, match="money currency"):
        Money(1, given)


def test_a_currency_is_stored_as_plain_text() -> None:
    class Code(str):
        __slots__ = ()

    assert type(Money(1, Code("EUR")).currency) is str
    assert currency_code("there", "PLN") == "PLN"


@pytest.mark.parametrize(("code", "digits"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("UYW", 4)])
def test_a_currency_has_its_own_minor_unit(code: str, digits: int) -> None:
    assert minor_digits(code) == digits


def test_an_unknown_currency_has_no_minor_unit() -> None:
    with pytest.raises(InvalidValue, match="currency"):
        minor_digits("ABC")


# Text


@given(moneys)
def test_what_money_prints_it_reads_back_digit_by_digit(money: Money) -> None:
    again = Money.parse(str(money))
    assert again == money
    assert str(again) == str(money)


@pytest.mark.parametrize(
    "text", ["", "12.50", "EUR", "12.50EUR", "EUR 12.50", "12 50 EUR", "12,50 EUR", "1 eur", None]
)
def test_other_texts_are_not_money(text: Any) -> None:
    with pytest.raises(InvalidValue, match="money"):
        Money.parse(text)


# Equality


def test_equal_amounts_are_equal_and_hash_alike_however_they_are_written() -> None:
    assert Money("1.0", EUR) == Money("1", EUR)
    assert len({Money("1.0", EUR), Money("1", EUR), Money(1.0, EUR)}) == 1


def test_money_of_two_currencies_is_never_equal() -> None:
    assert Money(1, EUR) != Money(1, USD)
    assert Money(0, EUR) != Money(0, USD)
    number: object = 1
    assert Money(1, EUR) != number


@given(moneys)
def test_money_survives_pickling(money: Money) -> None:
    assert pickle.loads(pickle.dumps(money)) == money


def test_money_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        setattr(Money(1, EUR), "amount", 2)  # noqa: B010 (mypy refuses the plain form)


# Arithmetic


@given(euros, euros, euros)
def test_adding_is_exact_in_any_order(a: Money, b: Money, c: Money) -> None:
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)
    assert (a + b) - b == a
    assert Fraction((a + b).amount) == Fraction(a.amount) + Fraction(b.amount)


@given(euros, st.integers(-1000, 1000) | st.decimals(-100, 100, places=5))
def test_multiplying_is_exact(money: Money, factor: Any) -> None:
    assert Fraction((money * factor).amount) == Fraction(money.amount) * Fraction(factor)
    assert factor * money == money * factor


def test_long_amounts_are_not_rounded_to_the_digits_of_a_context() -> None:
    a = Money("1234567890123456.00000000000000000001", EUR)
    assert str(a + Money(1, EUR)) == "1234567890123457.00000000000000000001 EUR"
    assert str(a * 3) == "3703703670370368.00000000000000000003 EUR"


def test_the_context_of_the_thread_neither_matters_nor_changes() -> None:
    with decimal.localcontext() as context:
        context.prec = 2
        context.traps[decimal.Inexact] = True
        context.clear_flags()
        money = Money("1234.56", EUR) + Money("0.01", EUR)
        rates = Rates(USD, {EUR: "1.2345"})
        assert str(total([money, money * 2], rates)) == "4572.23 USD"
        assert money > Money("1234.56", EUR)
        assert not any(context.flags.values())


def test_a_result_with_too_many_digits_is_an_error_and_not_rounded() -> None:
    with pytest.raises(LimitExceeded, match="digits"):
        Money(10**18, EUR) + Money(Decimal("1E-30"), EUR)
    with pytest.raises(LimitExceeded):
        Money(2**62, EUR) * 2


def test_zeros_at_the_end_give_way_where_there_is_no_room_for_them() -> None:
    factor = Decimal("100.000000000000000000")
    assert Money("1." + "0" * 18, EUR) * factor * factor == Money(10_000, EUR)


@pytest.mark.parametrize("factor", [0.5, float("nan"), True, "2", Money(2, EUR), None])
def test_money_is_multiplied_by_exact_numbers_only(factor: Any) -> None:
    with pytest.raises(InvalidValue, match="money factor"):
        Money(1, EUR) * factor


def test_currencies_do_not_mix() -> None:
    euro, dollar = Money(1, EUR), Money(1, USD)
    with pytest.raises(MixedCurrencies, match="cannot add EUR and USD"):
        euro + dollar
    with pytest.raises(MixedCurrencies, match="cannot subtract EUR and USD"):
        euro - dollar
    for ask in ("__lt__", "__le__", "__gt__", "__ge__"):
        with pytest.raises(MixedCurrencies, match="cannot compare EUR and USD"):
            getattr(euro, ask)(dollar)


def test_money_and_numbers_do_not_mix() -> None:
    for ask in ("__add__", "__sub__", "__lt__", "__le__", "__gt__", "__ge__"):
        assert getattr(Money(1, EUR), ask)(1) is NotImplemented
    number: Any = 1
    with pytest.raises(TypeError):
        Money(1, EUR) + number


@given(euros, euros)
def test_money_of_one_currency_is_ordered_as_its_amounts(a: Money, b: Money) -> None:
    assert (a < b) == (a.amount < b.amount)
    assert (a <= b) == (a.amount <= b.amount)
    assert (a > b) == (a.amount > b.amount)
    assert (a >= b) == (a.amount >= b.amount)


# Rates

RATES = Rates(EUR, {"USD": Decimal("0.92"), "JPY": 0.006, "KWD": "3"})


@pytest.mark.parametrize(
    ("money", "to", "result"),
    [
        ("100 USD", "EUR", "92.00 EUR"),
        ("92 EUR", "USD", "100.00 USD"),
        ("10 EUR", "JPY", "1667 JPY"),
        ("1 USD", "JPY", "153 JPY"),
        ("1 EUR", "KWD", "0.333 KWD"),
        ("-1 EUR", "KWD", "-0.333 KWD"),
        ("1.23456 EUR", "EUR", "1.23456 EUR"),
        ("5 PLN", "PLN", "5 PLN"),
    ],
)
def test_converting_follows_the_rates_and_rounds_to_the_minor_unit(
    money: str, to: str, result: str
) -> None:
    assert str(RATES.convert(Money.parse(money), to)) == result


def test_halves_are_rounded_away_from_zero() -> None:
    half = Rates(EUR, {USD: "0.5"})
    assert str(half.convert(Money("0.01", USD), EUR)) == "0.01 EUR"
    assert str(half.convert(Money("0.03", USD), EUR)) == "0.02 EUR"
    assert str(half.convert(Money("-0.03", USD), EUR)) == "-0.02 EUR"


@given(st.builds(Money, amounts, st.just(USD)), positive, positive)
def test_a_conversion_is_off_by_half_a_minor_unit_at_most(
    money: Money, dollar: Decimal, pound: Decimal
) -> None:
    converted = Rates(EUR, {USD: dollar, "GBP": pound}).convert(money, "GBP")
    exact = Fraction(money.amount) * Fraction(dollar) / Fraction(pound)
    assert abs(Fraction(converted.amount) - exact) <= Fraction(1, 200)


@pytest.mark.parametrize("rate", [0, -1, "0.00", "-0.5", float("nan"), None, True, "x"])
def test_a_rate_is_a_number_above_zero(rate: Any) -> None:
    with pytest.raises(InvalidValue, match="rates USD"):
        Rates(EUR, {USD: rate})


def test_rates_are_a_mapping_of_known_currencies() -> None:
    pairs: Any = [(USD, 1)]
    with pytest.raises(InvalidValue, match="rates base"):
        Rates("euro", {})
    with pytest.raises(InvalidValue, match=r"rates.*'USD'"):
        Rates(EUR, {"usd": 1})
    with pytest.raises(InvalidValue, match="mapping"):
        Rates(EUR, pairs)


def test_the_base_is_worth_one() -> None:
    assert Rates(EUR, {EUR: "1.0"}).convert(Money(5, EUR), EUR) == Money(5, EUR)
    with pytest.raises(InvalidValue, match="rates EUR: expected 1"):
        Rates(EUR, {EUR: 2})


def test_a_missing_rate_names_the_rates_there_are() -> None:
    with pytest.raises(InvalidValue, match=r"got PLN \(there are: EUR, JPY, KWD, USD"):
        RATES.convert(Money(1, "PLN"), EUR)
    with pytest.raises(InvalidValue, match="got PLN"):
        RATES.convert(Money(1, EUR), "PLN")
    with pytest.raises(InvalidValue, match="convert to"):
        RATES.convert(Money(1, EUR), "pln")


def test_a_conversion_beyond_the_limits_is_refused() -> None:
    with pytest.raises(LimitExceeded):
        Rates(EUR, {USD: "0.0000000001"}).convert(Money(10**18, EUR), USD)


def test_rates_are_values() -> None:
    assert pickle.loads(pickle.dumps(RATES)) == RATES
    assert hash(Rates(EUR, {USD: "0.50"})) == hash(Rates(EUR, {USD: Decimal("0.5")}))


def test_rates_do_not_follow_the_mapping_they_were_made_of() -> None:
    given = {USD: Decimal(1)}
    rates = Rates(EUR, given)
    given[USD] = Decimal(2)
    assert rates.rates == {USD: Decimal(1)}


# Totals


@given(st.lists(euros), st.randoms(use_true_random=False))
def test_a_total_is_the_exact_sum_in_any_order(values: list[Money], chance: Any) -> None:
    expected = sum(Fraction(money.amount) for money in values)
    shuffled = list(values)
    chance.shuffle(shuffled)
    assert Fraction(total(values, currency=EUR).amount) == expected
    assert total(iter(shuffled), currency=EUR) == total(values, currency=EUR)


@given(st.lists(st.builds(Money, amounts, st.sampled_from([EUR, USD, "JPY"]))))
def test_a_total_with_rates_is_the_same_in_any_order(values: list[Money]) -> None:
    assert total(values, RATES) == total(values[::-1], RATES)


def test_a_total_finds_its_currency() -> None:
    assert str(total([Money("0.1", USD), Money("0.2", USD)])) == "0.3 USD"
    assert str(total([Money(100, USD), Money(8, EUR)], RATES)) == "100.00 EUR"
    assert str(total([Money(92, EUR)], RATES, currency=USD)) == "100.00 USD"
    assert str(total([], RATES)) == "0 EUR"
    assert str(total([], currency=USD)) == "0 USD"


def test_the_sum_of_each_currency_is_rounded_once() -> None:
    cents = [Money("0.01", USD)] * 10
    assert str(total(cents, Rates(EUR, {USD: "0.5"}))) == "0.05 EUR"


def test_an_empty_total_needs_a_currency() -> None:
    with pytest.raises(InvalidValue, match="currency="):
        total([])


def test_a_total_of_two_currencies_needs_rates() -> None:
    with pytest.raises(MixedCurrencies, match="cannot add EUR and USD"):
        total([Money(1, USD), Money(1, EUR)])
    with pytest.raises(MixedCurrencies, match="cannot add EUR and USD"):
        total([Money(1, USD)], currency=EUR)


def test_a_total_takes_money_only_and_known_currencies_only() -> None:
    mixed: Any = [Money(1, EUR), 3]
    with pytest.raises(InvalidValue, match="total: expected Money, got 3"):
        total(mixed)
    with pytest.raises(InvalidValue, match="total currency"):
        total([], currency="eur")

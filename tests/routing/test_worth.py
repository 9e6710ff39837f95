"""Worth: rounding half-up, what is not known, and currencies."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from leadflow import Lead, Money
from leadflow.errors import InvalidValue, LimitExceeded, MixedCurrencies
from leadflow.money import Rates
from leadflow.routing import Rep
from leadflow.routing.worth import Scale, missing, one_currency

ADA = Rep("ada")
EUROS = Rates("EUR", {"USD": Decimal("0.92")})


@pytest.mark.parametrize(
    ("places", "currency", "number", "written", "decimal"),
    [
        (2, "EUR", 123456, "1,234.56 EUR", "1234.56"),
        (2, None, 5, "0.05", "0.05"),
        (0, None, 1234, "1,234", "1234"),
        (3, "KWD", 0, "0.000 KWD", "0.000"),
    ],
)
def test_worth_is_written_with_its_places_and_its_currency(
    places: int, currency: str | None, number: int, written: str, decimal: str
) -> None:
    scale = Scale(places, currency)
    assert scale.written(number) == written
    assert str(scale.decimal(number)) == decimal


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (5, 500), (Decimal("0.005"), 1), (Decimal("0.0049"), 0), (0.125, 13), (0.1, 10), (0, 0),
        (None, None),
    ],
)  # fmt: skip
def test_what_the_host_says_is_rounded_half_up(answer: Any, expected: int | None) -> None:
    assert Scale(2).asked(lambda lead, rep: answer, Lead("L-1"), ADA) == expected


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (-1, "the worth of L-1 with ada: expected 0 or more, or None, got -1"),
        (float("nan"), "expected a finite number"),
        (float("inf"), "expected a finite number"),
        (True, "expected a number, got True"),
        ("5", "expected a number, got '5'"),
        (Money(5, "EUR"), "expected a number, got Money"),
    ],
)
def test_what_is_no_worth_is_refused(answer: Any, words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        Scale(2).asked(lambda lead, rep: answer, Lead("L-1"), ADA)


@pytest.mark.parametrize(
    ("chance", "value", "places", "expected"),
    [
        (0.5, Money("100.01", "EUR"), 2, (10001, 2)),
        (0.1, Money("0.3", "EUR"), 0, (3, 100)),
        (0, Money(100, "EUR"), 2, (0, 1)),
        (1e-300, Money(1, "EUR"), 2, (1, 10**298)),
        (None, Money(100, "EUR"), 2, (0, 1)),
        (0.5, None, 2, (0, 1)),
        (0.5, Money(100, "USD"), 2, (4600, 1)),
    ],
)
def test_the_expected_value_is_exact(
    chance: float | None, value: Money | None, places: int, expected: tuple[int, int]
) -> None:
    lead = Lead("L-1", win_probability=chance, deal_value=value)
    above, below = Scale(places, "EUR").expected(lead, EUROS)
    assert above * expected[1] == below * expected[0]


def test_it_is_said_what_is_not_known() -> None:
    known = Lead("L-1", win_probability=0.5, deal_value=Money(1, "EUR"))
    assert missing(known) is None
    assert missing(Lead("L-1", win_probability=0.5)) == "deal_value is not known"
    assert missing(Lead("L-1")) == "win_probability and deal_value are not known"


def test_leads_are_compared_in_the_one_currency_of_their_values() -> None:
    euros, dollars = (Lead("L", deal_value=Money(1, code)) for code in ("EUR", "USD"))
    assert one_currency([euros, Lead("L-2")], None, None) == "EUR"
    assert one_currency([Lead("L-2")], None, None) is None
    assert one_currency([Lead("L-2")], None, "PLN") == "PLN"
    assert one_currency([euros, dollars], EUROS, None) == "EUR"
    assert one_currency([euros, dollars], EUROS, "USD") == "USD"


@pytest.mark.parametrize(("codes", "asked"), [(["EUR", "USD"], None), (["EUR"], "USD")])
def test_several_currencies_need_rates(codes: list[str], asked: str | None) -> None:
    leads = [Lead("L", deal_value=Money(1, code)) for code in codes]
    with pytest.raises(MixedCurrencies, match="cannot compare EUR and USD"):
        one_currency(leads, None, asked)


@pytest.mark.parametrize(
    ("places", "currency", "error", "words"),
    [
        (-1, None, InvalidValue, r"Scale\.places: expected a whole number of at least 0"),
        (2.0, None, InvalidValue, "a whole number"),
        (10, None, LimitExceeded, "the places may be at most 9, got 10"),
        (2, "EURO", InvalidValue, "an active ISO 4217 currency code"),
    ],
)
def test_what_is_no_scale_is_refused(
    places: Any, currency: Any, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        Scale(places, currency)

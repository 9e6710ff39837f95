"""Offers, and their check against needs and budget."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from leadflow import Lead, Money
from leadflow.errors import LeadflowError
from leadflow.events import Note
from leadflow.money import Rates
from leadflow.pipeline import Offer, OfferCheck

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CHECK = OfferCheck("EUR")
ANY_OFFER: Any = Offer
ANY_CHECK: Any = OfferCheck


def of_budget(budget: Any) -> Lead:
    return Lead("L-7", fields={"budget": budget})


def must_have(topic: str | None, need: Any = "must-have", days: int = 0) -> Note:
    return Note("in their words", NOW + timedelta(days=days), topic=topic, need=need)


@pytest.mark.parametrize("budget", [20_000, 20_000.0, Decimal("20000.00"), 20_001])
def test_l11_a_price_up_to_the_budget_fits(budget: Any) -> None:
    assert CHECK.misfits(of_budget(budget), Offer(Money(20_000, "EUR"))) == ()


@pytest.mark.parametrize("budget", [20_000, 20_000.0, Decimal(20_000)])
def test_l11_a_price_over_the_budget_does_not(budget: Any) -> None:
    (misfit,) = CHECK.misfits(of_budget(budget), Offer(Money("20000.01", "EUR")))
    assert misfit.startswith("the price, 20000.01 EUR, is more than the budget, 20000")


def test_l11_what_nobody_asked_or_priced_is_not_checked() -> None:
    assert CHECK.misfits(Lead("L-7"), Offer(Money(10**9, "EUR"))) == ()
    assert CHECK.misfits(of_budget(1), Offer(covers=["anything"])) == ()


def test_l11_the_budget_may_stand_in_another_field() -> None:
    check = OfferCheck("EUR", budget="means")
    lead = Lead("L-7", fields={"means": 10, "budget": 1_000})
    assert len(check.misfits(lead, Offer(Money(11, "EUR")))) == 1


@pytest.mark.parametrize("budget", [True, "20000", NOW.date()])
def test_a_budget_that_is_no_number_does_not_fit(budget: Any) -> None:
    (misfit,) = CHECK.misfits(of_budget(budget), Offer(Money(1, "EUR")))
    assert misfit.startswith("the field budget holds ")
    assert misfit.endswith(", which is no number")


def test_another_currency_without_rates_does_not_fit() -> None:
    misfits = CHECK.misfits(of_budget(20_000), Offer(Money(1, "USD")))
    assert misfits == ("the price is in USD and the budget in EUR, without rates",)


def test_another_currency_is_converted_with_rates() -> None:
    check = OfferCheck("EUR", rates=Rates("EUR", {"USD": Decimal("0.5")}))
    assert check.misfits(of_budget(100), Offer(Money(200, "USD"))) == ()
    assert check.misfits(of_budget(100), Offer(Money(201, "USD"))) == (
        "the price, 100.50 EUR, is more than the budget, 100 EUR",
    )
    assert check.misfits(of_budget(100), Offer(Money(100, "EUR"))) == ()


def test_a_rate_that_is_missing_does_not_fit_and_says_so() -> None:
    check = OfferCheck("EUR", rates=Rates("EUR", {"USD": Decimal("0.5")}))
    (misfit,) = check.misfits(of_budget(100), Offer(Money(1, "GBP")))
    assert misfit.startswith("the price cannot be compared with the budget: rates: expected")
    assert "got GBP (there are: EUR, USD)" in misfit


def test_a_budget_too_large_for_money_does_not_fit_and_says_so() -> None:
    (misfit,) = CHECK.misfits(of_budget(1e300), Offer(Money(1, "EUR")))
    assert misfit.startswith("the price cannot be compared with the budget: money amount")


def test_l11_a_must_have_must_be_covered() -> None:
    lead = Lead("L-7", events=[must_have("Single sign-on"), must_have("audit log")])
    assert CHECK.misfits(lead, Offer(covers=["audit log"])) == (
        "Single sign-on is a must-have that the offer does not cover",
    )
    assert CHECK.misfits(lead, Offer(covers=["AUDIT LOG", "single SIGN-ON"])) == ()


@pytest.mark.parametrize(
    "note",
    [must_have("security", "nice-to-have"), must_have("security", None), must_have(None)],
)
def test_l11_a_nice_to_have_and_a_note_without_topic_are_left_to_people(note: Note) -> None:
    assert CHECK.misfits(Lead("L-7", events=[note]), Offer()) == ()


def test_l11_the_latest_note_on_a_topic_counts() -> None:
    lead = Lead("L-7", events=[must_have("security")])
    lifted = lead.after(must_have("SECURITY", "nice-to-have", days=1))
    assert len(CHECK.misfits(lead, Offer())) == 1
    assert CHECK.misfits(lifted, Offer()) == ()
    assert len(CHECK.misfits(lifted.after(must_have("security", days=2)), Offer())) == 1
    remark = lead.after(must_have("security", None, days=1))
    assert len(CHECK.misfits(remark, Offer())) == 1


@pytest.mark.parametrize(
    ("lead", "offer", "words"),
    [
        (None, Offer(), "lead: expected a Lead, got None"),
        ("L-7", Offer(), "lead: expected a Lead, got 'L-7'"),
        (Lead("L-7"), None, "offer: expected an Offer, got None"),
        (Lead("L-7"), Money(1, "EUR"), "offer: expected an Offer, got Money("),
    ],
)
def test_what_is_no_lead_or_no_offer_is_refused(lead: Any, offer: Any, words: str) -> None:
    with pytest.raises(LeadflowError) as refusal:
        CHECK.misfits(lead, offer)
    assert words in str(refusal.value)


def test_all_misfits_are_told_at_once() -> None:
    lead = Lead("L-7", fields={"budget": 1}, events=[must_have("security")])
    assert len(CHECK.misfits(lead, Offer(Money(2, "EUR")))) == 2


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: ANY_OFFER(100), "Offer.price: expected a Money, got 100"),
        (lambda: ANY_OFFER(covers="security"), "Offer.covers: expected a list of names"),
        (lambda: ANY_OFFER(covers=[""]), "Offer.covers: expected a name that is not blank"),
        (lambda: ANY_CHECK("EURO"), "OfferCheck.currency: expected an active ISO 4217"),
        (lambda: ANY_CHECK("EURO"), "did you mean 'EUR'?"),
        (lambda: ANY_CHECK(None), "OfferCheck.currency: expected text, got None"),
        (lambda: ANY_CHECK("EUR", budget=""), "OfferCheck.budget"),
        (lambda: ANY_CHECK("EUR", rates={"USD": 1}), "OfferCheck.rates: expected a Rates"),
    ],
)
def test_an_offer_or_check_that_cannot_be_is_refused(build: Any, words: str) -> None:
    with pytest.raises(LeadflowError) as refusal:
        build()
    assert words in str(refusal.value)

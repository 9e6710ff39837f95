"""What is expected, period by period: from probabilities, and from a history."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random  # noqa: TID251 (every draw comes from a seed)
from typing import Any

import pytest

from leadflow import Money
from leadflow.errors import InvalidValue, LeadflowError, MixedCurrencies
from leadflow.money import Rates
from leadflow.pipeline import Pipeline, Stage
from leadflow.pipeline.forecast import Correction, Learned, Outlook, forecast
from leadflow.pipeline.forecast.chain import DAY
from leadflow.pipeline.metrics.history import History, Track

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
SALES = Pipeline.linear(
    "sales",
    [
        Stage("new"),
        Stage("offer", probability=0.5),
        Stage("talks", probability=0.7),
        Stage("won", kind="won"),
        Stage("lost", kind="lost"),
    ],
)
MARCH, APRIL, JULY = date(2026, 3, 20), date(2026, 4, 2), date(2026, 7, 1)


def euros(amount: float | str) -> Money:
    return Money(amount, "EUR")


def deal(key: str, stage: str = "offer", amount: Any = 100, **more: Any) -> dict[str, Any]:
    value = {} if amount is None else {"value": euros(amount)}
    return {"id": key, "stage": stage, **value, "due": MARCH, **more}


def history(*deals: dict[str, Any], as_of: datetime = NOW) -> History:
    return History.of_rows(deals, SALES, as_of=as_of)


def closing(n: int, days: int, stage: str, came: datetime, **more: Any) -> dict[str, Any]:
    return deal(f"D-{n}", stage, created_at=came, closed_at=came + days * DAY, **more)


def long_history(as_of: datetime = NOW) -> History:
    """A year of deals, 5 a day, of which some are open at the end."""
    chance, rows = Random(7), []
    for n in range(1_800):
        came = as_of - timedelta(days=n // 5)
        days = chance.randint(5, 80)
        stage = chance.choice(["won", "lost"])
        is_open = came + days * DAY > as_of
        owner = chance.choice(["ada", "bo"])
        amount = chance.choice([100, 250, 400])
        if is_open:
            rows.append(deal(f"D-{n}", "offer", amount, created_at=came, owner=owner))
        else:
            rows.append({**closing(n, days, stage, came, owner=owner), "value": euros(amount)})
    return History.of_rows(rows, SALES, as_of=as_of)


# --- from probabilities ---


def test_a_deal_brings_its_value_times_the_chance_of_its_stage() -> None:
    found = forecast(history(deal("1", "offer", "4245.74")))
    assert found[0].expected == euros("2122.87")
    assert forecast(history(deal("1", "talks", 12_285)))[0].expected == euros("8599.50")


def test_both_deals_together_bring_the_sum() -> None:
    found = forecast(history(deal("1", "offer", "4245.74"), deal("2", "talks", 12_285)))
    assert found[0].expected == euros("10722.37")
    assert found[0].expected_count == pytest.approx(1.2)
    assert found[0].at_least(euros(12_285)) == pytest.approx(0.7)
    assert found[0].at_least(2) == pytest.approx(0.35)
    assert found[0].interval(0.8) == (euros(0), euros("16530.74"))
    assert found[0].quantile(0.5) == euros(12_285)


def test_the_own_probability_of_a_deal_overrides_that_of_its_stage() -> None:
    assert forecast(history(deal("1", probability=0.1)))[0].expected == euros(10)
    assert forecast(history(deal("1", "new", probability=0.1)))[0].expected == euros(10)


def test_won_counts_in_full_and_lost_not_at_all() -> None:
    found = forecast(
        history(
            deal("1", "won", 700, closed_at=date(2026, 3, 2), probability=0.2),
            deal("2", "lost", 900, closed_at=date(2026, 3, 2), probability=0.9),
            deal("3", "won", 5_000, closed_at=date(2026, 2, 27)),
            deal("4", "offer", 100),
        )
    )
    assert found[0].won == euros(700)
    assert found[0].won_count == 1
    assert found[0].expected == euros(750)
    assert found[0].at_least(euros(700)) == 1
    assert found[0].at_least(euros(800)) == pytest.approx(0.5)
    assert found[1].expected == euros(0)


def test_a_deal_counts_in_the_period_of_its_date() -> None:
    found = forecast(
        history(
            deal("late", due=date(2025, 1, 1)),
            deal("april", due=datetime(2026, 4, 30, 23, tzinfo=UTC)),
            deal("july", due=JULY),
            {**deal("never"), "due": None},
            deal("new", "new", 500),
        )
    )
    assert [str(each.period) for each in found] == ["2026-03", "2026-04", "2026-05"]
    assert [each.expected for each in found] == [euros(50), euros(50), euros(0)]
    assert (found.later.count, found.later.expected) == (1, euros(50))
    assert (found.undated.count, found.undated.expected) == (1, euros(50))
    assert found.without_chance == 1
    assert str(found).splitlines()[4:] == [
        "from the probabilities of deals and stages",
        "1 open lead due later: 50.00 EUR expected",
        "1 open lead without a date: 50.00 EUR expected",
        "1 open lead without a probability: not counted",
    ]


@pytest.mark.parametrize(
    ("by", "labels"),
    [
        ("day", ["2026-03-09", "2026-03-10"]),
        ("week", ["2026-W11", "2026-W12"]),
        ("quarter", ["2026-Q1", "2026-Q2"]),
        ("year", ["2026", "2027"]),
    ],
)
def test_periods_are_those_of_the_calendar(by: Any, labels: list[str]) -> None:
    found = forecast(history(deal("1")), by=by, periods=2)
    assert [str(each.period) for each in found] == labels
    assert len(found) == 2


def test_a_deal_without_a_value_counts_as_a_deal() -> None:
    found = forecast(history(deal("1"), deal("2", amount=None)))
    assert found.without_value == 1
    assert found[0].expected == euros(50)
    assert found[0].expected_count == 1
    assert "1 open lead without a value: counted as deals only" in found.explain()


def test_without_any_value_there_is_no_currency_and_deals_are_counted() -> None:
    found = forecast(history(deal("1", amount=None), deal("2", amount=None)))
    assert found.currency is None
    assert (found[0].expected, found[0].won, found[0].value) == (None, None, None)
    assert found[0].interval() == (0, 2)
    assert found[0].at_least(euros(1)) is None
    assert (
        found[0].explain()
        == "2026-03: 1.0 deals expected, 0 of them won; 80 % sure between 0 and 2"
    )
    assert "no data" in str(found)


def test_an_empty_history_expects_nothing() -> None:
    found = forecast(history(), periods=1)
    assert found.currency is None
    assert found[0].expected_count == 0
    assert found[0].interval() == (0, 0)
    assert forecast(history(), currency="EUR")[0].expected == euros(0)


def test_several_currencies_need_rates() -> None:
    both = history(deal("1"), {**deal("2"), "value": Money(100, "USD")})
    with pytest.raises(MixedCurrencies, match="EUR and USD"):
        forecast(both)
    with pytest.raises(MixedCurrencies, match="EUR and USD"):
        forecast(history(deal("1")), currency="USD")
    rates = Rates("EUR", {"USD": Decimal("0.5")})
    assert forecast(both, rates=rates)[0].expected == euros(75)
    assert forecast(both, rates=rates, currency="USD")[0].expected == Money(150, "USD")


def test_an_estimate_stands_for_the_value_of_open_deals() -> None:
    found = forecast(
        history(
            deal("1", list_price=300),
            deal("2", list_price=None),
            deal("3", "won", 700, closed_at=date(2026, 3, 2), list_price=1),
        ),
        estimate="list_price",
    )
    assert found[0].expected == euros(850)
    assert found.without_value == 1


def test_the_target_is_shown_with_its_chance() -> None:
    found = forecast(history(deal("1"), deal("2")), periods=1, target=euros(150))
    assert (
        str(found)
        == (
            "period     won    expected  deals  80 % from       to  reaches 150 EUR\n"
            "2026-03  0 EUR  100.00 EUR    1.0   0.00 EUR  200.00 EUR           25.0 %\n"
            "from the probabilities of deals and stages"
        )
        or found[0].at_least(euros(150)) == 0.25
    )
    assert "25.0 % to reach 150 EUR" in found.explain()
    assert "25.0 % to reach 2 deals" in forecast(history(deal("1"), deal("2")), target=2).explain()
    assert "25.0 %" in found._repr_html_()
    assert repr(found) == "Forecast(2026-03)"
    assert repr(found[0]).startswith("Outlook(2026-03: 100.00 EUR expected of 1.0 deals")
    assert str(found[0]) == found[0].explain()


# --- by rep ---


def test_each_rep_is_held_against_the_quota() -> None:
    found = forecast(
        history(
            deal("1", "won", 700, closed_at=date(2026, 3, 2), owner="ada"),
            deal("2", "offer", 400, owner="ada"),
            deal("3", "talks", 1_000, owner="bo"),
            deal("4"),
        )
    ).per("owner", quotas={"ada": euros(1_000), "bo": 2, "cleo": euros(500)})
    assert [each.key for each in found] == [("(none)",), ("ada",), ("bo",), ("cleo",)]
    ada = found["ada"]
    assert (ada.reached(), ada.expected()) == (0.7, 0.9)
    assert ada.chance() == pytest.approx(0.5)
    assert ada.outlooks[0].expected == euros(900)
    assert found["bo"].expected() == pytest.approx(0.35)
    assert found["bo"].chance() == 0
    assert (found["cleo"].reached(), found["cleo"].chance()) == (0, 0)
    assert found["(none)",].reached() is None
    assert found["(none)"].chance() is None
    assert (
        str(ada) == "ada, 2026-03: 70.0 % of 1,000 EUR is won, 90.0 % expected; 50.0 % to reach it"
    )
    assert (
        ada.explain(1)
        == "ada, 2026-04: 0.0 % of 1,000 EUR is won, 0.0 % expected; 0.0 % to reach it"
    )
    assert str(found["(none)"]).endswith("; no quota")
    assert len(str(found).splitlines()) == len(found) + 1
    assert len(found.explain().splitlines()) == len(found)
    assert "<table>" in found._repr_html_()
    assert repr(found) == "Quotas(by owner, 4 groups)"
    assert repr(ada).startswith("Quota(ada, 2026-03: 70.0 %")


def test_the_parts_add_up_to_the_whole() -> None:
    known = long_history()
    whole = forecast(known, learned=Learned.of(known))
    parts = whole.per("owner")
    for place, each in enumerate(whole):
        assert each.expected is not None
        amounts = [part.outlooks[place].expected for part in parts]
        assert sum(float(a.amount) for a in amounts if a) == pytest.approx(
            float(each.expected.amount), abs=0.02
        )
        counts = [part.outlooks[place].expected_count for part in parts]
        assert sum(counts) == pytest.approx(each.expected_count)


def test_several_dimensions_have_keys_of_several_words() -> None:
    found = forecast(history(deal("1", owner="ada", source="fair"))).per(["owner", "source"])
    assert found["ada", "fair"].outlooks[0].expected == euros(50)


def test_quotas_of_nobody_and_without_values_have_no_data() -> None:
    nobody = forecast(history()).per("owner")
    assert (len(nobody), nobody.explain()) == (0, "no data")
    assert str(nobody).startswith("owner")
    unvalued = forecast(history(deal("1", amount=None, owner="ada")))
    ada = unvalued.per("owner", {"ada": euros(5)})["ada"]
    assert (ada.reached(), ada.expected(), ada.chance()) == (None, None, None)
    assert "no data" in str(ada)
    assert "0.5" in str(unvalued.per("owner"))


@pytest.mark.parametrize(
    ("by", "quotas", "message"),
    [
        ("ownr", None, r"by: .*did you mean 'owner'"),
        ("owner", {"ada": 0}, r"quotas\['ada'\]: expected an amount or a number above 0"),
        ("owner", {"ada": euros(-1)}, r"quotas\['ada'\]: expected an amount or a number above 0"),
        ("owner", {"ada": "much"}, r"quotas\['ada'\]: expected a number"),
        ("owner", {("ada", "bo"): 1}, "quotas: expected a key for owner"),
        ("owner", {5: 1}, "quotas: expected a key for owner"),
        ("owner", {(5,): 1}, "quotas: expected a key for owner"),
        ("owner", [1], "quotas: expected a mapping"),
    ],
)
def test_bad_groups_and_quotas_are_refused(by: str, quotas: Any, message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        forecast(history(deal("1", owner="ada"))).per(by, quotas)


def test_a_group_that_is_not_there_is_refused_with_the_closest() -> None:
    with pytest.raises(InvalidValue, match="did you mean 'ada'"):
        forecast(history(deal("1", owner="ada"))).per()["adaa"]
    with pytest.raises(MixedCurrencies, match="EUR and USD"):
        forecast(history(deal("1", owner="ada"))).per(quotas={"ada": Money(1, "USD")})


# --- from a history ---


def test_a_history_gives_each_lead_the_chances_of_its_age() -> None:
    known = long_history()
    learned = Learned.of(known)
    found = forecast(known, learned=learned)
    assert found.learned is learned
    assert all(each.correction is not None and each.correction.trials for each in found)
    chances = [sum(p.chances) for p in found.prospects]
    assert all(0 < chance <= 1 for chance in chances)
    assert 0.3 < sum(chances) / len(chances) < 0.6
    explained = found.explain()
    assert "learned from" in explained
    assert "trials in the past: level set to" in explained


def test_a_forecast_without_a_past_says_so_and_is_wide() -> None:
    came = NOW - 50 * DAY
    rows = [closing(n, 10 + n, "won", came) for n in range(20)]
    rows += [deal(f"O-{n}", created_at=came, owner="ada") for n in range(20)]
    known = history(*rows)
    found = forecast(known, learned=Learned.of(known), periods=1)
    assert found[0].correction == Correction()
    assert "not tried on the past, for there is too little" in found.explain()


def test_leads_of_unknown_age_stand_apart() -> None:
    known = history(deal("1"), deal("2", created_at=NOW - 5 * DAY))
    found = forecast(known, learned=Learned.of(known))
    assert (found.undated.count, found.undated.expected) == (1, euros(0))
    assert "1 open lead of unknown age: not counted" in found.explain()


def test_with_own_a_deal_keeps_its_own_probability_and_date() -> None:
    known = history(
        deal("1", probability=0.4, created_at=NOW - 5 * DAY),
        deal("2", created_at=NOW - 5 * DAY),
    )
    learned = Learned.of(known)
    assert forecast(known, learned=learned)[0].expected == euros(0)
    kept = forecast(known, learned=learned, own=True)
    assert kept.prospects[0].chances == (0.4, 0.0, 0.0)
    assert kept[0].expected is not None
    assert float(kept[0].expected.amount) == pytest.approx(40, abs=2)


def test_a_correction_moves_the_level_and_widens() -> None:
    correction = Correction(0.8, 0.5, 10)
    mean = sum(factor * weight for factor, weight in correction.factors)
    assert mean == pytest.approx(0.8)
    assert str(correction) == "10 trials in the past: level set to 80 %, off by 50 % after that"
    assert str(Correction(trials=1)).startswith("1 trial in the past")
    odds = tuple((Decimal(100), 0.3) for _ in range(300))
    period = forecast(history()).outlooks[0].period
    plain = Outlook(period, "EUR", 0, Decimal(0), odds)
    wide = Outlook(period, "EUR", 0, Decimal(0), odds, correction, correction)
    assert wide.expected_count == pytest.approx(0.8 * plain.expected_count)
    assert wide.value is not None
    assert plain.value is not None
    assert wide.value.deviation > 3 * plain.value.deviation


# --- what is refused ---


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"by": "mnth"}, r"by: expected one of .*did you mean 'month'"),
        ({"periods": 0}, "periods: expected a whole number of at least 1"),
        ({"periods": 25}, "periods: expected at most 24 periods"),
        ({"periods": 1.5}, "periods: expected a whole number"),
        ({"confidence": 2}, "confidence: expected a number between 0 and 1"),
        ({"target": 0}, "target: expected an amount or a number above 0"),
        ({"target": "much"}, "target: expected a number"),
        ({"target": Money(1, "USD")}, "cannot compare EUR and USD"),
        ({"currency": "EURO"}, "currency: expected an active ISO 4217"),
        ({"rates": 1.1}, "rates: expected a Rates"),
        ({"estimate": "list_prize"}, r"estimate: .*did you mean 'list_price'"),
        ({"estimate": "owner"}, "lead '1' owner: expected a number"),
        ({"learned": "yes"}, "learned: expected a Learned"),
        ({"own": 1}, "own: expected true or false"),
    ],
)
def test_bad_questions_are_refused(more: dict[str, Any], message: str) -> None:
    with pytest.raises(LeadflowError, match=message):
        forecast(history(deal("1", list_price=5, owner="ada")), **more)


def test_bad_leads_are_refused_by_name() -> None:
    with pytest.raises(InvalidValue, match="history: expected a History"):
        forecast([deal("1")])  # type: ignore[arg-type]
    with pytest.raises(InvalidValue, match=r"lead '1' due: expected a date, got 'soon'"):
        forecast(history(deal("1", due="soon")))
    with pytest.raises(
        InvalidValue, match=r"lead '1' list_price: expected an amount of zero or more"
    ):
        forecast(history(deal("1", list_price=-5)), estimate="list_price")
    with pytest.raises(InvalidValue, match="currency: expected a currency for the estimates"):
        forecast(history(deal("1", amount=None, list_price=5)), estimate="list_price")
    track = Track("1", None, (), "open", None, euros(-5), 0.5, {"due": MARCH})
    with pytest.raises(InvalidValue, match=r"lead '1' value: expected an amount of zero or more"):
        forecast(History((track,), SALES, NOW))
    with pytest.raises(InvalidValue, match=r"deals\[0\].closed_at"):
        history(deal("1", "won", created_at=NOW, closed_at=NOW - DAY))


def test_what_was_learned_at_another_time_is_refused() -> None:
    known = long_history()
    learned = Learned.of(known.rewind(NOW - DAY))
    with pytest.raises(InvalidValue, match=r"learned\.as_of: expected 2026-03-09T12:00:00\+00:00"):
        forecast(known, learned=learned)


def test_a_lead_closed_before_it_was_created_breaks_nothing() -> None:
    track = Track("1", NOW, (), "won", NOW - 9 * DAY, euros(5), None, {})
    odd = Track("2", NOW - DAY, (), "won", None, euros(5), None, {})
    known = History((track, odd), SALES, NOW)
    assert forecast(known, learned=Learned.of(known))[0].expected_count == 0

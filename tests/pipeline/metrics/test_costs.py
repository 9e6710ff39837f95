"""Cost and return."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from leadflow import Money
from leadflow.errors import InvalidValue, MixedCurrencies
from leadflow.money import Rates
from leadflow.period import Period
from leadflow.pipeline.metrics import Cost, costs_of, created_in, returns
from tests.pipeline.metrics.made import CAME, deal, euros, history, odd

MARCH = Period.parse("2026-03")
DEALS = [
    deal("1", "won", closed=9, value=euros(3000), source="fair", campaign="spring", sql_at=CAME),
    deal("2", "lost", closed=9, value=euros(900), source="fair", campaign="spring", mql_at=CAME),
    deal("3", "sent", source="fair", lifecycle="mql"),
    deal("4", "won", closed=9, source="web"),
    deal("5", "contact", created=-40, source="fair"),
    deal("6", "contact"),
]
COSTS = [
    Cost(MARCH, "fair", euros(1000), "spring"),
    Cost(Period.parse("2026-03-09"), "fair", euros(200)),
    Cost(Period.parse("2026-02"), "fair", euros(50)),
    Cost(MARCH, "radio", euros(300)),
]


def test_what_a_source_cost_is_held_against_what_it_brought() -> None:
    found = returns(history(DEALS), COSTS, period=MARCH)
    fair = found["fair"]
    assert (fair.cost, fair.leads, fair.mql, fair.sql, fair.customers, fair.revenue) == (
        euros(1200), 3, 2, 1, 1, euros(3000),
    )  # fmt: skip
    assert (fair.per_lead, fair.per_sql, fair.per_customer) == (
        euros(400),
        euros(1200),
        euros(1200),
    )
    assert fair.roi == 1.5


def test_sources_without_leads_or_without_cost_are_listed() -> None:
    found = returns(history(DEALS), COSTS, period=MARCH)
    assert [row.key for row in found] == [("(none)",), ("fair",), ("radio",), ("web",)]
    radio, web = found["radio"], found["web"]
    assert (radio.leads, radio.per_lead, radio.revenue, radio.roi) == (0, None, None, -1.0)
    assert (web.cost, web.per_lead, web.roi, web.revenue) == (None, None, None, None)
    assert "no data" in web.cells()


def test_without_a_period_everything_counts() -> None:
    found = returns(history(DEALS), COSTS)
    assert (found["fair"].cost, found["fair"].leads) == (euros(1250), 4)
    assert (found.whole.cost, found.whole.leads, found.whole.customers) == (euros(1550), 6, 2)


def test_campaigns_have_rows_of_their_own() -> None:
    found = returns(history(DEALS), COSTS, period=MARCH, by=("source", "campaign"))
    assert found["fair", "spring"].cost == euros(1000)
    assert found["fair", "(none)"].cost == euros(200)
    assert found["fair", "(none)"].leads == 1
    assert returns(history(DEALS), COSTS, by="campaign")["spring"].leads == 2


def test_costs_that_are_in_the_period_in_part_only_are_left_out_and_listed() -> None:
    wide = [Cost(Period.parse(p), "fair", euros(9)) for p in ("2026-W14", "2026-Q1", "2026-04")]
    found = returns(history(DEALS), [*COSTS, *wide], period=MARCH)
    assert found["fair"].cost == euros(1200)
    assert {str(cost.period) for cost in found.left_out} == {"2026-W14", "2026-Q1"}
    assert found == returns(history(DEALS), [*COSTS, *wide[::-1]], period=MARCH)
    assert str(found).splitlines()[-1].startswith("left out, for it is not all in the period: fair")
    assert "fair 2026-Q1, 9 EUR" in found._repr_html_()


def test_costs_without_any_lead() -> None:
    found = returns(history([]), COSTS)
    assert [row.key for row in found] == [("fair",), ("radio",)]
    assert found.whole.cost == euros(1550)


def test_nothing_at_all_has_no_data() -> None:
    found = returns(history([]), [])
    assert (list(found), found.whole.cost, found.whole.roi) == ([], None, None)


def test_a_free_source_has_no_return_on_investment() -> None:
    found = returns(history(DEALS), [Cost(MARCH, "fair", euros(0))])
    assert (found["fair"].roi, found["fair"].per_lead) == (None, euros(0))


def test_several_currencies_need_rates() -> None:
    spent = [Cost(MARCH, "fair", Money(400, "PLN"))]
    with pytest.raises(MixedCurrencies):
        returns(history(DEALS), spent)
    rates = Rates("EUR", {"PLN": Decimal("0.25")})
    assert returns(history(DEALS), spent, rates=rates)["fair"].cost == euros(100)


def test_the_leads_created_in_a_period() -> None:
    assert [track.id for track in created_in(history(DEALS), Period.parse("2026-01"))] == ["5"]


def test_returns_are_shown() -> None:
    found = returns(history(DEALS), COSTS, by=("source", "campaign"))
    assert str(found).splitlines()[0].split()[:3] == ["source", "campaign", "cost"]
    assert str(found).splitlines()[-1].startswith("all ")
    assert repr(found) == "Returns(5 groups by source, campaign)"
    assert "<caption>cost and return</caption>" in found._repr_html_()


def test_costs_come_as_plain_rows() -> None:
    rows: list[dict[str, Any]] = [
        {
            "period": "2026-03",
            "source": "fair",
            "amount": 1000,
            "currency": "EUR",
            "campaign": "spring",
        },
        {"period": MARCH, "source": "radio", "amount": euros(300), "campaign": None},
    ]
    assert costs_of(rows) == (COSTS[0], COSTS[3])


def test_a_bad_cost_is_found_among_others() -> None:
    good = {"period": "2026-03", "source": "fair", "amount": euros(5)}
    with pytest.raises(InvalidValue, match=r"^costs\[2\]\.amount: expected Money, or a number"):
        costs_of([good, good, {**good, "amount": 5}])


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (5, "costs[0]: expected a mapping"),
        ({"source": "fair", "amount": euros(5)}, "costs[0].period: expected a value"),
        ({"period": "2026-03", "amount": euros(5)}, "costs[0].source: expected a value"),
        ({"period": "2026-03", "source": "fair"}, "costs[0].amount: expected a value"),
        (
            {"period": "soon", "source": "fair", "amount": euros(5)},
            "costs[0].period: expected a period",
        ),
        ({"period": 5, "source": "fair", "amount": euros(5)}, "costs[0].period: expected a Period"),
        ({"period": "2026", "source": 5, "amount": euros(5)}, "costs[0].source: expected text"),
        (
            {"period": "2026", "source": "fair", "amount": euros(5), "campaign": 5},
            "costs[0].campaign: expected text",
        ),
        (
            {"period": "2026", "source": "fair", "amount": 5, "currency": "euro"},
            "costs[0].amount: expected an active ISO 4217",
        ),
        (
            {"period": "2026", "source": "fair", "amount": "x", "currency": "EUR"},
            "costs[0].amount: expected a number",
        ),
        (
            {"period": "2026", "source": "fair", "amount": euros(-5)},
            "costs[0].amount: expected an amount of zero or more",
        ),
    ],
)
def test_bad_costs_are_refused_with_their_place(row: Any, words: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        costs_of([row])
    assert words in str(refused.value)
    assert "costs[0]" in str(refused.value)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: returns(history([]), [odd(5)]), "costs[0]: expected a Cost"),
        (lambda: returns(history([]), [], by="owner"), "by: expected source, campaign, or both"),
        (lambda: returns(history([]), [], by=()), "by: expected source, campaign, or both"),
        (lambda: returns(history([]), [], period=odd("2026-03")), "period: expected a Period"),
        (lambda: returns(history(DEALS), COSTS)["fare"], "did you mean 'fair'"),
        (lambda: returns(history(DEALS), COSTS)[odd(5)], "returns: expected the key of a group"),
        (lambda: Cost(MARCH, "fair", odd(5)), "amount: expected Money"),
        (lambda: created_in(history([]), odd("2026-03")), "period: expected a Period"),
        (lambda: created_in(odd([]), MARCH), "history: expected a History"),
    ],
)
def test_bad_questions_are_refused(ask: Any, words: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        ask()
    assert words in str(refused.value)

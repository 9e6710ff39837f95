"""Win rates, values, velocity and qualification."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from leadflow import Money
from leadflow.errors import InvalidValue, MixedCurrencies
from leadflow.money import Rates
from leadflow.pipeline.metrics import (
    Velocity,
    qualified,
    sales_velocity,
    win_rate,
    won_value,
)
from leadflow.pipeline.metrics.rates import worth
from leadflow.shares import Share
from tests.pipeline.metrics.made import CAME, deal, euros, history, odd

DEALS = [
    deal("1", "won", closed=10, value=euros(100), owner="ada"),
    deal("2", "won", closed=20, value=euros(400), owner="ada"),
    deal("3", "lost", closed=5, value=euros(900), owner="bo"),
    deal("4", "sent", value=euros(300), owner="bo"),
    deal("5", "won", closed=30, owner="cy"),
]


def test_the_win_rate_is_named_for_what_it_is_of() -> None:
    closed, wide = win_rate(history(DEALS)), win_rate(history(DEALS), of="all")
    assert (closed.name, closed.value) == ("win rate (closed)", Share(3, 4))
    assert (wide.name, wide.value) == ("win rate (all)", Share(3, 5))
    by_owner = win_rate(history(DEALS), by="owner", groups=["dee"])
    assert (by_owner["bo"].value, by_owner["ada"].value, by_owner["dee"].value) == (0.0, 1.0, None)
    assert str(by_owner["dee"]) == "no data"


def test_a_win_rate_of_something_else_is_refused() -> None:
    with pytest.raises(InvalidValue, match="of: expected one of closed, all"):
        win_rate(history(DEALS), of=odd("open"))


def test_won_value_has_its_sum_mean_and_median() -> None:
    found = won_value(history(DEALS)).value
    assert (found.total, found.mean, found.median) == (euros(500), euros(250), euros(250))
    assert (found.deals, found.unknown) == (2, 1)
    assert str(found) == "500 EUR (2 deals, mean 250.00 EUR, median 250.00 EUR)"


def test_without_values_there_is_no_data() -> None:
    found = won_value(history(DEALS), by="owner")["cy"]
    assert (found.total, found.mean, found.median, str(found)) == (None, None, None, "no data")


def test_an_odd_number_of_deals_has_one_in_the_middle() -> None:
    found = worth([euros(1), euros(10), euros(4)])
    assert (found.median, found.mean, found.exact_mean) == (euros(4), euros(5), Fraction(5))


def test_several_currencies_need_rates() -> None:
    values = [euros(100), Money(100, "USD")]
    with pytest.raises(MixedCurrencies):
        worth(values)
    found = worth(values, Rates("EUR", {"USD": Decimal("0.5")}))
    assert (found.total, found.median) == (euros(150), euros(75))


def test_velocity_is_deals_by_value_by_rate_by_days() -> None:
    velocity = Velocity(40, Fraction(25_000), "EUR", Share(25, 100), 90.0, "open")
    assert velocity.a_day == euros("2777.78")
    assert str(velocity) == (
        "2,777.78 EUR a day = 40 open deals x average won deal 25,000.00"
        " x win rate (closed) 25.0 % / 90.0 days from created to won"
    )


def test_velocity_of_open_and_of_closed_deals() -> None:
    one, other = (
        sales_velocity(history(DEALS)).value,
        sales_velocity(history(DEALS), of="closed").value,
    )
    assert (one.deals, other.deals, one.days, one.win_rate) == (1, 4, 20.0, Share(3, 4))
    assert one.a_day == euros("9.38")
    assert other.a_day == euros("37.50")


@pytest.mark.parametrize("rows", [[], [deal("1")], [deal("1", "lost", closed=4)]])
def test_velocity_without_a_win_has_no_data(rows: Any) -> None:
    found = sales_velocity(history(rows)).value
    assert (found.a_day, found.exact) == (None, None)
    assert str(found).startswith("no data = ")


def test_velocity_of_deals_won_at_once_has_no_data() -> None:
    rows = [deal("1", "won", closed=0, value=euros(5))]
    assert sales_velocity(history(rows)).value.a_day is None


def test_leads_qualify_by_date_or_by_where_they_are() -> None:
    rows = [
        deal("1", mql_at=CAME, sql_at=CAME),
        deal("2", mql_at=CAME),
        deal("3", lifecycle="sql"),
        deal("4"),
    ]
    found = qualified(history(rows)).value
    assert (found.leads, found.mql, found.sql, found.mql_to_sql) == (4, 3, 2, Share(2, 3))
    assert str(found).startswith("3 MQL, 2 SQL, MQL to SQL 66.7 %")
    assert qualified(history([])).value.mql_to_sql.value is None


def test_who_got_further_was_an_mql_and_an_sql() -> None:
    cycles = ["lead", "mql", "sql", "opportunity", "customer"]
    rows = [deal(str(n), lifecycle=cycle) for n, cycle in enumerate(cycles)]
    found = qualified(history(rows)).value
    assert (found.mql, found.sql, found.mql_to_sql) == (4, 3, Share(3, 4))

"""Goals, and how far they are reached."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from leadflow import Money
from leadflow.errors import InvalidValue, MixedCurrencies
from leadflow.money import Rates
from leadflow.period import Period
from leadflow.pipeline.metrics import Goal, attainment
from leadflow.pipeline.metrics.goals import elapsed
from tests.pipeline.metrics.made import CAME, at, deal, euros, history, odd

MARCH = Period("month", date(2026, 3, 1))
ROWS = [
    deal("1", "won", closed=1, value=euros(300), owner="ada", mql_at=CAME, sql_at=at(2)),
    deal("2", "won", closed=2, value=euros(200), owner="bo"),
    deal("3", "won", closed=40, value=euros(900), owner="ada"),
    deal("4", "lost", closed=3, owner="ada"),
    deal("5", "sent", owner="ada"),
    deal("6", "won", closed=3, owner="ada", mql_at="2026-03-03"),
]


def reached(goal: Goal, days: float = 13.5, **how: Any) -> Any:
    [row] = attainment(history(ROWS, days=days), [goal], **how)
    return row


def test_the_number_of_deals_of_a_rep() -> None:
    row = reached(Goal(4, MARCH, rep="ada"))
    assert (row.reached, row.share, row.missing) == (2, 0.5, 2)
    assert row.elapsed == Fraction(15, 31)
    assert row.pace == pytest.approx(0.5 / (15 / 31))
    assert row.projected == pytest.approx(2 / (15 / 31))
    assert (
        str(row)
        == "ada reached 2 of 4 deals won in 2026-03, 50.0 %; 48.4 % of the period has passed"
    )


def test_the_value_of_all_reps_together() -> None:
    row = reached(Goal(euros(1000), MARCH), days=60)
    assert (row.reached, row.share, row.missing) == (euros(500), 0.5, euros(500))
    assert str(row) == "all reached 500 EUR of 1,000 EUR won in 2026-03, 50.0 %"


def test_a_goal_may_be_passed() -> None:
    assert reached(Goal(1, MARCH)).missing == 0
    row = reached(Goal(euros(100), MARCH))
    assert (row.share, row.missing) == (5.0, euros(0))


@pytest.mark.parametrize(("what", "count"), [("mql", 1), ("sql", 1), ("created", 6), ("won", 3)])
def test_other_things_count_when_they_happen(what: Any, count: int) -> None:
    assert reached(Goal(5, MARCH, what=what), days=20).reached == count


def test_a_rep_without_deals_has_reached_nothing() -> None:
    row = reached(Goal(5, MARCH, rep="cy"))
    assert (row.reached, row.share) == (0, 0.0)
    assert reached(Goal(euros(5), MARCH, rep="cy")).reached == euros(0)


def test_before_the_period_begins_there_is_no_pace() -> None:
    row = reached(Goal(5, Period("month", date(2026, 7, 1))))
    assert (row.pace, row.projected, row.elapsed) == (None, None, 0)
    assert "no data" in row.cells()


def test_goals_come_by_period_and_rep() -> None:
    april = Period("month", date(2026, 4, 1))
    goals = [Goal(5, april), Goal(5, MARCH, rep="bo"), Goal(5, MARCH, rep="ada")]
    found = attainment(history(ROWS), goals)
    assert [(row.goal.rep, row.goal.period) for row in found] == [
        ("ada", MARCH), ("bo", MARCH), (None, april),
    ]  # fmt: skip
    assert (len(found), repr(found)) == (3, "Attainments(3 goals)")
    assert str(found).splitlines()[0].split() == [
        "rep", "goal", "period", "reached", "of", "attained", "pace",
    ]  # fmt: skip
    assert "<caption>goals</caption>" in found._repr_html_()


def test_other_currencies_need_rates() -> None:
    goal = Goal(Money(1000, "USD"), MARCH)
    with pytest.raises(MixedCurrencies):
        reached(goal)
    rates = Rates("EUR", {"USD": Decimal("0.5")})
    assert reached(goal, rates=rates).reached == Money(1000, "USD")


def test_a_period_passes_from_midnight_to_midnight() -> None:
    assert elapsed(MARCH, datetime(2026, 2, 1, tzinfo=UTC)) == 0
    assert elapsed(MARCH, datetime(2026, 5, 1, tzinfo=UTC)) == 1


def test_a_goal_says_what_it_is() -> None:
    assert str(Goal(Decimal("2.5"), MARCH, what="sql")) == "all: 2.5 SQLs in 2026-03"


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: Goal(0, MARCH), "Goal.target: expected Money, or a number above 0"),
        (lambda: Goal(euros(0), MARCH), "Goal.target: expected an amount above 0"),
        (lambda: Goal(odd("many"), MARCH), "Goal.target: expected a number"),
        (lambda: Goal(5, odd("2026-03")), "Goal.period: expected a Period"),
        (lambda: Goal(5, MARCH, rep=" "), "Goal.rep: expected a name"),
        (lambda: Goal(5, MARCH, what="value"), "Goal.what: expected one of won, mql, sql, created"),
        (lambda: Goal(euros(5), MARCH, what="won"), "Goal.what: expected one of value"),
        (lambda: attainment(odd([]), []), "history: expected a History"),
        (lambda: attainment(history([]), [odd(5)]), "goals[0]: expected a Goal"),
    ],
)
def test_bad_goals_are_refused(made: Any, words: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        made()
    assert words in str(refused.value)


def test_dates_of_qualification_count() -> None:
    rows = [{"id": "1", "stage": "contact", "mql_at": date(2026, 3, 2)}]
    found = attainment(history(rows), [Goal(1, MARCH, what="mql")])
    assert found.rows[0].reached == 1


def test_rates_are_checked() -> None:
    with pytest.raises(InvalidValue, match="rates: expected"):
        attainment(history([]), [], rates=odd({"USD": 1}))

"""Deals by stage, and those closest to closing."""

from __future__ import annotations

from datetime import date

import pytest

from leadflow import Money
from leadflow.errors import InvalidValue, MixedCurrencies
from leadflow.pipeline import Pipeline, Stage
from leadflow.pipeline.metrics import closest, stage_values
from tests.pipeline.metrics.made import CAME, deal, euros, history, odd

DEALS = [
    deal("1", "contact", value=euros(100), owner="ada"),
    deal("2", "contact"),
    deal("3", "sent", value=euros(500), due=date(2026, 5, 1)),
    deal("4", "sent", value=euros(900), due=CAME),
    deal("5", "sent", value=euros(1), probability=0.9, owner=7),
    deal("6", "won", closed=3, value=euros(50)),
    deal("7", None),
    deal("8", "sent", value=euros(2)),
    deal("9", "sent", value=euros(3)),
]


def test_deals_and_their_value_by_stage() -> None:
    found = stage_values(history(DEALS))
    assert [(row.stage.key, row.deals, row.worth.total) for row in found.rows] == [
        ("contact", 2, euros(100)),
        ("prepare", 0, None),
        ("sent", 5, euros(1406)),
        ("won", 1, euros(50)),
        ("lost", 0, None),
    ]
    assert str(found).splitlines()[1].split() == ["To", "contact", "2", "100", "EUR", "10.0", "%"]
    assert repr(found) == "StageValues(8 deals)"
    assert "no data" in found._repr_html_()


def test_the_likeliest_deals_are_closest_to_closing() -> None:
    found = closest(history(DEALS))
    assert [each.id for each in found.deals] == ["5", "4", "3", "9", "8", "1", "2"]
    first = found.deals[0]
    assert (first.owner, first.chance, first.due) == (None, 0.9, None)
    assert (found.deals[1].due, found.deals[5].owner) == (CAME.date(), "ada")
    assert [each.id for each in closest(history(DEALS), most=2).deals] == ["5", "4"]
    assert repr(found) == "Closest(7 deals)"
    assert "2026-05-01" in str(found)
    assert "<caption>closest to closing</caption>" in found._repr_html_()


def test_values_in_several_currencies_are_not_compared() -> None:
    rows = [deal("1", value=euros(5)), deal("2", value=Money(900, "PLN"))]
    assert [each.id for each in closest(history(rows)).deals] == ["1", "2"]
    with pytest.raises(MixedCurrencies):
        stage_values(history(rows))


def test_a_stage_without_a_probability_comes_last() -> None:
    steps = [Stage("likely", probability=0.1), Stage("unsure"), Stage("won", kind="won")]
    rows = [deal("1", "unsure"), deal("2", "likely")]
    found = closest(history(rows, sales=Pipeline.linear("sales", steps)))
    assert [(each.id, each.chance) for each in found.deals] == [("2", 0.1), ("1", None)]


def test_bad_questions_are_refused() -> None:
    with pytest.raises(InvalidValue, match="most: expected a whole number of at least 1"):
        closest(history([]), most=0)
    for ask in (closest, stage_values):
        with pytest.raises(InvalidValue, match="history: expected a History"):
            ask(odd([]))

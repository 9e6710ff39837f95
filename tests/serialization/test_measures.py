"""Goals and costs as tables."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from leadflow import Money
from leadflow.errors import InvalidValue, RejectedRow, UnreadableTable
from leadflow.period import Period
from leadflow.pipeline.metrics import Cost, Goal
from leadflow.serialization.measures import read_costs, read_goals
from leadflow.serialization.rejects import Reject

MARCH = Period.parse("2026-03")


def goals(text: str, **how: Any) -> list[Goal]:
    return list(read_goals(io.StringIO(text), **how))


def costs(text: str, **how: Any) -> list[Cost]:
    return list(read_costs(io.StringIO(text), **how))


def test_goals_are_read_with_and_without_a_currency() -> None:
    table = "Period,Target,Currency,Rep,What\n2026-03,9000.50,EUR,ada,\n2026-Q1,40,,,\n2026-W10,5,,bo,sql\n"
    assert goals(table) == [
        Goal(Money("9000.50", "EUR"), MARCH, rep="ada"),
        Goal(40, Period.parse("2026-Q1")),
        Goal(5, Period.parse("2026-W10"), rep="bo", what="sql"),
    ]


def test_costs_are_read_with_and_without_a_campaign() -> None:
    table = "source,campaign,period,amount,currency,note\nfair,spring,2026-03,1200,EUR,x\nweb,,2026,0,EUR,\n"
    assert costs(table) == [
        Cost(MARCH, "fair", Money(1200, "EUR"), "spring"),
        Cost(Period.parse("2026"), "web", Money(0, "EUR")),
    ]


def test_json_lines_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / "goals.jsonl"
    path.write_text('{"period": "2026-03", "target": 40, "rep": "ada"}\n')
    assert list(read_goals(path)) == [Goal(40, MARCH, rep="ada")]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("soon,5,,,", "period: expected a period such as"),
        (",5,,,", "period: expected a value"),
        ("2026-03,,,,", "target: expected a value"),
        ("2026-03,many,,,", "expected a number"),
        ("2026-03,-5,,,", "Goal.target"),
        ("2026-03,5,EURO,,", "money currency"),
        ("2026-03,5,,,calls", "Goal.what"),
    ],
)
def test_a_bad_goal_is_set_aside_and_the_rest_is_used(row: str, words: str) -> None:
    table = f"period,target,currency,rep,what\n{row}\n2026-03,5,,,\n"
    found: list[Reject] = []
    assert goals(table, on_reject=found.append) == [Goal(5, MARCH)]
    [reject] = found
    assert reject.line == 2
    assert words in reject.reason
    with pytest.raises(RejectedRow):
        goals(table)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("2026-03,,5,EUR", "source: expected a value"),
        ("2026-03,fair,5,", "currency: expected the currency of the amount"),
        ("2026-03,fair,-5,EUR", "an amount of zero or more"),
        ("2026-03,fair,5", "cells"),
    ],
)
def test_a_bad_cost_is_set_aside(row: str, words: str) -> None:
    found: list[Reject] = []
    assert costs(f"period,source,amount,currency\n{row}\n", on_reject=found.append) == []
    assert words in found[0].reason


def test_a_table_without_a_column_is_refused_with_the_closest() -> None:
    with pytest.raises(UnreadableTable, match=r"has no column 'target'.*did you mean 'tarrget'"):
        goals("period,tarrget\n2026-03,5\n")
    with pytest.raises(UnreadableTable, match="has no column 'amount'"):
        costs("period,source\n")


def test_what_is_no_source_is_refused() -> None:
    nothing: Any = 5
    with pytest.raises(InvalidValue, match="source: expected a path"):
        list(read_goals(nothing))

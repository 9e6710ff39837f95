"""The opportunities of a real seller, dealt out again: the figures of the page hold."""

from __future__ import annotations

import csv
import os
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest

from leadflow import Lead, Money, field
from leadflow.events import Assignment
from leadflow.routing import (
    ByTerritory,
    EvenValue,
    Fairness,
    InTurn,
    Pool,
    Rep,
    Roster,
    Router,
    RoutingRule,
    Weighted,
    fairness,
)
from leadflow.values import half_up

DATA = Path(os.environ.get("LEADFLOW_DATA", "../shared/data")) / "maven_crm"
PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "which-round-robin.md"
AS_OF = datetime(2018, 1, 1, tzinfo=UTC)
SERIES = ("GTK", "GTX", "MG")
ROUTERS = {
    "by office, then `Weighted`": Router(
        [RoutingRule("office", by=ByTerritory("office", then=Weighted()))]
    ),
    "by series, then `InTurn`": Router(
        [
            RoutingRule(
                series, when=field("series").equals(series), to=Pool(skills=[series]), by=InTurn()
            )
            for series in SERIES
        ]
    ),
    "`EvenValue`": Router([RoutingRule("value", by=EvenValue())]),
}


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@cache
def opportunities() -> tuple[dict[str, str], ...]:
    """The rows by engage date, those without one last, with the product's series and price."""
    products = {row["product"].replace(" ", ""): row for row in rows("products")}
    found = [row | products[row["product"].replace(" ", "")] for row in rows("sales_pipeline_iso")]
    return tuple(sorted(found, key=lambda row: (row["engage_date"] or "9", row["opportunity_id"])))


@cache
def leads() -> tuple[Lead, ...]:
    office = {row["sales_agent"]: row["regional_office"] for row in rows("sales_teams")}
    return tuple(
        Lead(
            row["opportunity_id"],
            deal_value=Money(row["sales_price"], "USD"),
            fields={"office": office[row["sales_agent"]], "series": row["series"]},
        )
        for row in opportunities()
    )


@cache
def roster() -> Roster:
    """The agents: each serves one office, and can sell the series of which they won a deal."""
    won = {
        (row["sales_agent"], row["series"]) for row in opportunities() if row["deal_stage"] == "Won"
    }
    return Roster(
        Rep(
            row["sales_agent"],
            team=row["regional_office"],
            territories=[row["regional_office"]],
            skills=[series for series in SERIES if (row["sales_agent"], series) in won],
        )
        for row in rows("sales_teams")
    )


@cache
def assigned(how: str) -> tuple[Assignment, ...]:
    routed = ROUTERS[how].assign_all(leads(), roster(), AS_OF)
    assert not routed.held
    return tuple(routed.assignments.values())


@cache
def as_it_was() -> tuple[Assignment, ...]:
    return tuple(
        Assignment(row["sales_agent"], AS_OF, value=Money(row["sales_price"], "USD"))
        for row in opportunities()
    )


@cache
def report(how: str) -> Fairness:
    return fairness(assigned(how) if how in ROUTERS else as_it_was(), roster())


def counts(how: str) -> dict[str, int]:
    return {row.rep: row.count for row in report(how).rows}


def rounded(number: Fraction | None, places: int) -> str:
    assert number is not None
    steps = half_up(number.numerator * 10**places, number.denominator)
    return f"{Decimal(steps).scaleb(-places):,.{places}f}"


def figures(how: str) -> list[str]:
    """The line of the page: fewest and most leads, then gaps and indices."""
    found, got = report(how), counts(how).values()
    return [
        how,
        f"{min(got)} to {max(got)}",
        rounded(found.largest_gap, 2),
        rounded(found.index, 3),
        rounded(found.largest_value_gap, 0),
        rounded(found.value_index, 3),
    ]


def lines() -> dict[str, list[str]]:
    """The lines of the page's last table, by what they are about."""
    text = PAGE.read_text(encoding="utf-8").partition("## On real data")[2]
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("|")
    ]
    return {row[0]: row for row in cells[2:]}


def words() -> str:
    return " ".join(PAGE.read_text(encoding="utf-8").split())


@pytest.mark.real_data
@pytest.mark.parametrize("how", ["as it was", *ROUTERS])
def test_the_figures_of_the_page_are_those_of_the_data(how: str) -> None:
    assert lines()[how] == figures(how)


def test_the_page_has_a_line_for_each_way() -> None:
    assert list(lines()) == ["as it was", *ROUTERS]


@pytest.mark.real_data
def test_the_page_says_what_the_data_set_holds() -> None:
    agents = rows("sales_teams")
    able = Counter(skill for rep in roster() for skill in rep.skills)
    assert (len(leads()), len(agents), len(roster().teams)) == (8_800, 35, 3)
    assert len({row["sales_agent"] for row in opportunities()}) == 30
    assert able == {"GTX": 30, "MG": 30, "GTK": 3}
    assert "8,800 opportunities and 35 sales agents in three offices; five of the agents" in words()
    assert "30 agents can sell GTX and MG, 3 can sell GTK; five have won nothing" in words()
    assert f"35 agents, {rounded(Fraction(8_800, 35), 2)} leads" in words()


@pytest.mark.real_data
@pytest.mark.parametrize("how", ROUTERS)
def test_every_opportunity_is_dealt_out_once(how: str) -> None:
    assert sum(counts(how).values()) == len(assigned(how)) == len(leads())
    assert report(how).others == report(how).without_value == 0


@pytest.mark.real_data
@pytest.mark.parametrize("how", ["as it was", *ROUTERS])
def test_the_index_and_the_gap_are_those_counted_by_hand(how: str) -> None:
    given = assigned(how) if how in ROUTERS else as_it_was()
    found = Counter({row["sales_agent"]: 0 for row in rows("sales_teams")})
    found.update(assignment.rep for assignment in given)
    got = list(found.values())
    assert report(how).index == Fraction(sum(got) ** 2, len(got) * sum(n * n for n in got))
    assert report(how).largest_gap == max(abs(n - Fraction(8_800, 35)) for n in got)


@pytest.mark.real_data
def test_by_office_counts_differ_by_one_at_most_within_an_office() -> None:
    how = "by office, then `Weighted`"
    home = Counter(str(lead.values["office"]) for lead in leads())
    for office, agents in roster().teams.items():
        got = [counts(how)[agent] for agent in agents]
        assert max(got) - min(got) <= 1
        assert sum(got) == home[office]


@pytest.mark.real_data
def test_by_series_nobody_gets_what_they_cannot_sell() -> None:
    for lead, assignment in zip(leads(), assigned("by series, then `InTurn`"), strict=True):
        assert lead.values["series"] in roster()[assignment.rep].skills
        assert assignment.rule == lead.values["series"]


@pytest.mark.real_data
def test_by_series_counts_differ_by_one_at_most_within_a_series() -> None:
    for series in SERIES:
        got = Counter(
            each.rep for each in assigned("by series, then `InTurn`") if each.rule == series
        )
        assert set(got) == {rep.id for rep in roster() if series in rep.skills}
        assert max(got.values()) - min(got.values()) <= 1


@pytest.mark.real_data
def test_by_series_those_who_can_sell_are_as_near_to_an_equal_part_as_the_page_says() -> None:
    able = [rep for rep in roster() if rep.skills]
    gap = fairness(assigned("by series, then `InTurn`"), able).largest_gap
    assert f"the {len(able)} others are at most {rounded(gap, 2)} leads" in words()


@pytest.mark.real_data
def test_even_value_comes_as_near_to_an_equal_part_as_the_page_says() -> None:
    found = report("`EvenValue`")
    gap, ideal = found.largest_value_gap, found.rows[0].ideal_value
    words_of_page = f"within {rounded(gap, 0)} dollars of an equal part of {rounded(ideal, 0)}"
    assert words_of_page in words()

"""Metrics of real exports, held to their reference answers."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from statistics import fmean, median
from typing import Any

import pytest

from leadflow import Money
from leadflow.pipeline import Pipeline, Stage
from leadflow.pipeline.metrics import (
    History,
    attempt_yield_of,
    measure,
    sales_velocity,
    stage_times,
    time_to_close,
    transitions,
    win_rate,
    won_value,
)

pytestmark = pytest.mark.real_data

DATA = Path(os.environ.get("LEADFLOW_DATA", "../shared/data"))
SALES = Pipeline(
    "sales",
    [
        Stage("prospecting"),
        Stage("engaging"),
        Stage("won", kind="won"),
        Stage("lost", kind="lost"),
    ],
    {"prospecting": ["engaging", "lost"], "engaging": ["won", "lost"]},
)
NO_VALUE = {"(none)": "__null__"}
LOANS = {
    "A_SUBMITTED": "open", "A_PARTLYSUBMITTED": "open", "A_PREACCEPTED": "open", "A_ACCEPTED": "open",
    "A_FINALIZED": "open", "A_APPROVED": "won", "A_ACTIVATED": "won", "A_REGISTERED": "won",
    "A_DECLINED": "lost", "A_CANCELLED": "lost",
}  # fmt: skip


@cache
def answers(data: str) -> dict[str, Any]:
    found = json.loads((DATA / "reference_answers_dev.json").read_bytes())[data]
    return {name: answer["value"] for name, answer in found.items()}


def table(name: str, **how: Any) -> Iterator[dict[str, str]]:
    with (DATA / name).open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file, **how)


def day(written: str) -> date | None:
    return date.fromisoformat(written) if written else None


@cache
def maven() -> History:
    teams = {row["sales_agent"]: row for row in table("maven_crm/sales_teams.csv")}
    accounts = {row["account"]: row for row in table("maven_crm/accounts.csv")}
    series = {row["product"]: row["series"] for row in table("maven_crm/products.csv")}
    deals: list[dict[str, Any]] = []
    for row in table("maven_crm/sales_pipeline_iso.csv"):
        account, team = accounts.get(row["account"], {}), teams[row["sales_agent"]]
        product = row["product"].replace("GTXPro", "GTX Pro")
        deals.append(
            {
                "id": row["opportunity_id"], "stage": row["deal_stage"].lower(),
                "created_at": day(row["engage_date"]), "closed_at": day(row["close_date"]),
                "value": Money(int(row["close_value"]), "USD") if row["close_value"] else None,
                "owner": row["sales_agent"], "manager": team["manager"],
                "regional_office": team["regional_office"], "product": product,
                "series": series[product], "account": row["account"] or None,
                "sector": account.get("sector"), "office_location": account.get("office_location"),
            }
        )  # fmt: skip
    return History.of_rows(deals, SALES, as_of=datetime(2017, 12, 31, 12, tzinfo=UTC))


def test_maven_the_headline_figures() -> None:
    wanted, history = answers("maven_crm"), maven()
    assert round(win_rate(history).value.value or 0, 6) == wanted["win_rate_closed"] == 0.631501
    assert (
        round(win_rate(history, of="all").value.value or 0, 6) == wanted["win_rate_all"] == 0.481591
    )
    value = won_value(history).value
    assert value.total == Money(wanted["won_value"], "USD") == Money(10_005_534, "USD")
    assert round(float(value.exact_mean or 0), 6) == wanted["avg_won_value"] == 2360.909391
    assert value.median == Money("1117.00", "USD")


@pytest.mark.parametrize("to", ["won", "lost", "closed"])
def test_maven_the_days_to_close(to: Any) -> None:
    wanted, found = answers("maven_crm")[f"days_to_close_{to}"], time_to_close(maven(), to=to).value
    assert len(found.ended) == wanted["n"]
    assert round(found.mean or 0, 6) == wanted["mean"]
    assert found.median == wanted["median"]
    assert found.quantile(0.9) == wanted["p90"]
    assert (found.ended[0], found.ended[-1]) == (wanted["min"], wanted["max"])


@pytest.mark.parametrize(
    ("by", "reference"),
    [
        ("owner", "by_sales_agent"),
        ("manager", "by_manager"),
        ("regional_office", "by_regional_office"),
        ("product", "by_product"),
        ("series", "by_series"),
        ("sector", "by_sector"),
        ("office_location", "by_office_location"),
    ],
)
def test_maven_by_every_dimension(by: str, reference: str) -> None:
    history, wanted = maven(), answers("maven_crm")[reference]
    rates, values = win_rate(history, by=by), won_value(history, by=by)
    days = time_to_close(history, by=by)
    assert {NO_VALUE.get(group.label, group.label) for group in rates} == wanted.keys()
    for rate, value, time in zip(rates, values, days, strict=True):
        each = wanted[NO_VALUE.get(rate.label, rate.label)]
        assert (rate.count, rate.value.hits, rate.value.of - rate.value.hits) == (
            each["opportunities"], each["won"], each["lost"],
        )  # fmt: skip
        assert rate.count - rate.value.of == each["open"]
        if each["won"]:
            assert value.value.total == Money(each["won_value"], "USD")
            assert float(value.value.exact_mean or 0) == pytest.approx(
                each["avg_won_value"], rel=1e-6
            )
            assert rate.value.value == pytest.approx(each["win_rate"], rel=1e-5)
            assert time.value.mean == pytest.approx(each["mean_days_won"], rel=1e-6)
            assert time.value.median == each["median_days_won"]


def test_maven_agents_without_opportunities_are_listed() -> None:
    agents = [row["sales_agent"] for row in table("maven_crm/sales_teams.csv")]
    found = win_rate(maven(), by="owner", groups=agents)
    idle = sorted(group.label for group in found if not group.count)
    assert idle == sorted(answers("maven_crm")["agents_without_opportunities"])
    assert {str(found[agent]) for agent in idle} == {"no data"}


def test_maven_the_top_ten_accounts() -> None:
    groups = won_value(maven(), by="account")
    totals = [
        (g.value.total.amount, g.label) for g in groups if g.value.total and g.label != "(none)"
    ]
    top = sorted(totals, key=lambda one: (-one[0], one[1]))[:10]
    wanted = answers("maven_crm")["top10_accounts_by_won_value"]
    assert [(label, int(amount)) for amount, label in top] == [
        (each["account"], each["won_value"]) for each in wanted
    ]


def test_maven_the_sales_velocity() -> None:
    wanted, history = answers("maven_crm"), maven()
    found = sales_velocity(history).value
    assert round(found.exact or 0, 6) == wanted["sales_velocity_open"]["velocity_per_day"]
    assert (found.deals, found.a_day) == (2_089, Money("60146.85", "USD"))
    closed = sales_velocity(history, of="closed").value
    assert round(closed.exact or 0, 6) == wanted["sales_velocity_closed"]["velocity_per_day"]
    by_office = sales_velocity(history, by="regional_office")
    for office, velocity in wanted["sales_velocity_open_by_office"].items():
        assert by_office[office].exact == pytest.approx(velocity, rel=1e-6)


@pytest.mark.parametrize(
    ("by", "reference"),
    [("closed_quarter", "by_close_quarter"), ("closed_month", "by_close_month")],
)
def test_maven_by_the_period_of_closing(by: str, reference: str) -> None:
    found = win_rate(maven(), by=by)
    for period, wanted in answers("maven_crm")[reference].items():
        share = found[period.replace("Q", "-Q")]
        assert (share.of, share.hits) == (wanted["closed"], wanted["won"])


def test_maven_by_cohort() -> None:
    found = win_rate(maven(), of="all", by="created_month")
    for month, wanted in answers("maven_crm")["cohort_engage_month"].items():
        assert (found[month].of, found[month].hits) == (wanted["engaged"], wanted["won"])


def test_bank_what_each_attempt_yields() -> None:
    wanted = answers("bank_marketing")
    rows = list(table("bank_marketing/bank-full.csv", delimiter=";"))
    pairs = [(int(row["campaign"]), row["y"] == "yes") for row in rows]
    found = attempt_yield_of(pairs)
    single = [attempt for attempt in found if not attempt.is_pooled]
    for attempt, each in zip(single, wanted["bank_full.hazard_by_attempt"], strict=True):
        assert (attempt.number, attempt.reached, attempt.hits) == (
            each["attempt"], each["reached"], each["yes"],
        )  # fmt: skip
        assert attempt.hazard.value == pytest.approx(each["hazard"], abs=1e-6)
        assert attempt.cumulative == pytest.approx(each["cum_yes_share"], abs=1e-6)
    by_attempts = list(wanted["bank_full.by_attempts"].values())
    assert len(found) == len(by_attempts) == 11
    for attempt, each in zip(found, by_attempts, strict=True):
        assert (attempt.ended.of, attempt.ended.hits) == (each["clients"], each["yes"])


def won_or_lost(rows: Iterator[dict[str, str]], won: Any, *dimensions: str) -> History:
    deals = [
        {
            "id": str(n),
            "stage": "won" if won(row) else "lost",
            **{key: row[key] for key in dimensions},
        }
        for n, row in enumerate(rows)
    ]
    return History.of_rows(deals, SALES, as_of=datetime(2026, 1, 1, tzinfo=UTC))


def test_bank_by_the_previous_outcome() -> None:
    rows = table("bank_marketing/bank-full.csv", delimiter=";")
    history = won_or_lost(
        rows, lambda row: row["y"] == "yes", "poutcome", "contact", "month", "job"
    )
    for by in ("poutcome", "contact", "month", "job"):
        found = win_rate(history, by=by)
        for key, each in answers("bank_marketing")[f"bank_full.by_{by}"].items():
            assert (found[key].of, found[key].hits) == (each["clients"], each["yes"])


def test_x_education_by_source_and_origin() -> None:
    rows = table("x_education/Leads_dev.csv")
    columns = ("Lead Source", "Lead Origin")
    history = won_or_lost(rows, lambda row: row["Converted"] == "1", *columns)
    assert (
        round(win_rate(history).value.value or 0, 6)
        == answers("x_education_dev")["conversion_rate"]
    )
    for by in columns:
        found = {group.label: group.value for group in win_rate(history, by=by)}
        wanted = answers("x_education_dev")[f"by_{by}"]
        assert {NO_VALUE.get(key, key) for key in found} == wanted.keys()
        for key, share in found.items():
            each = wanted[NO_VALUE.get(key, key)]
            assert (share.of, share.hits) == (each["leads"], each["converted"])


@cache
def loans() -> History:
    stages = [Stage(key, kind=kind) for key, kind in LOANS.items()]  # type: ignore[arg-type]
    pipeline = Pipeline.linear("loans", stages)
    cases: dict[str, Any] = {}
    changes = []
    for row in table("bpi2012/bpi2012_sample_events.csv"):
        cases[row["case_id"]] = {
            "id": row["case_id"], "created_at": datetime.fromisoformat(row["reg_date"]),
        }  # fmt: skip
        if row["activity"] in LOANS:
            at = datetime.fromisoformat(row["timestamp"])
            changes.append({"id": row["case_id"], "stage": row["activity"], "at": at})
    at = datetime(2013, 1, 1, tzinfo=UTC)
    return History.of_rows(cases.values(), pipeline, as_of=at, changes=changes)


def test_bpi_the_transitions_and_where_they_end() -> None:
    found, wanted = transitions(loans()), answers("bpi2012_sample")
    moves = {f"{move.start}>{move.end}": move.count for move in found if move.start is not None}
    assert moves == wanted["A.transitions"]
    assert found.last == wanted["A.terminal"]


def test_bpi_the_hours_in_each_stage() -> None:
    found = stage_times(loans()).value
    for key, each in answers("bpi2012_sample")["A.time_in_stage_hours"].items():
        if LOANS[key] == "open":
            time = found[key]
            assert len(time.ended) == each["n"]
            assert 24 * (time.median or 0) == pytest.approx(each["median"], abs=1e-6)
            assert 24 * (time.mean or 0) == pytest.approx(each["mean"], abs=1e-6)


def test_bpi_the_hours_until_the_next_stage_of_closed_stages_too() -> None:
    wanted = answers("bpi2012_sample")["A.time_in_stage_hours"]
    days: dict[str, list[float]] = {}
    for move in transitions(loans()):
        if move.start is not None:
            days.setdefault(move.start, []).extend(move.times.ended)
    assert days.keys() == wanted.keys()
    for key, each in wanted.items():
        assert len(days[key]) == each["n"]
        assert 24 * median(days[key]) == pytest.approx(each["median"], abs=1e-6)
        assert 24 * fmean(days[key]) == pytest.approx(each["mean"], abs=1e-6)


def test_zoho_the_win_rate_by_owner() -> None:
    stages = {"Closed Won": "won", "Closed Lost": "lost"}
    deals = [
        {
            "id": str(n), "stage": stages.get(row["Stage"], "prospecting"),
            "owner": row["Potential Owner"],
            "value": Money(row["Amount"].replace("$", "").replace(",", ""), "USD"),
        }
        for n, row in enumerate(table("zoho_crm/Potentials.csv"))
    ]  # fmt: skip
    history = History.of_rows(deals, SALES, as_of=datetime(2026, 1, 1, tzinfo=UTC))
    wanted = answers("zoho_crm")
    assert round(win_rate(history).value.value or 0, 6) == wanted["win_rate_closed"]
    assert won_value(history).value.total == Money(str(wanted["won_amount"]["sum"]), "USD")
    values, rates = won_value(history, by="owner"), win_rate(history, by="owner")
    for owner, each in wanted["by_owner"].items():
        assert (rates[owner].hits, rates[owner].of) == (each["won"], each["won"] + each["lost"])
        assert values[owner].total == Money(str(each["won_amount"]), "USD")
    counts = measure(history, len, by="owner")
    assert {group.label: group.value for group in counts} == {
        owner: each["deals"] for owner, each in wanted["by_owner"].items()
    }

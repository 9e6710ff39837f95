"""The report: its goals, its sections, its plain form."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from leadflow import Money
from leadflow.calendars import WorkingHours
from leadflow.errors import InvalidValue, MixedCurrencies
from leadflow.money import Rates, priced
from leadflow.period import Period
from leadflow.pipeline import Pipeline, Stage
from leadflow.pipeline.metrics import Cost, History
from leadflow.pipeline.metrics.responses import in_minutes
from leadflow.pipeline.metrics.times import in_days
from leadflow.presets import status_pipeline
from leadflow.reporting import Headline, Report, report
from leadflow.reporting.report import changed, plain, written
from leadflow.sample import AS_OF, generate
from leadflow.shares import Share, percent, points
from tests.reporting.made import (
    COSTS,
    GOALS,
    HOSTILE,
    MARCH,
    NOW,
    SALES,
    full_report,
    history,
    leads,
)


def odd(value: Any) -> Any:
    """Hide from the type checker what it would refuse."""
    return value


def of_rows(*rows: Any, as_of: datetime = NOW) -> History:
    return History.of_rows(rows, SALES, as_of=as_of)


def headline(made: Report, name: str) -> Headline:
    return next(each for each in made.headlines if each.name == name)


def test_the_goals_of_the_period_stand_beside_those_of_the_one_before() -> None:
    rows = [
        {"id": "1", "stage": "won", "created_at": date(2026, 3, 2), "closed_at": date(2026, 3, 12),
         "value": Money(300, "EUR"), "mql_at": datetime(2026, 3, 3, tzinfo=UTC)},
        {"id": "2", "stage": "won", "created_at": date(2026, 2, 2), "closed_at": date(2026, 2, 4),
         "value": Money(100, "EUR"), "sql_at": datetime(2026, 2, 3, tzinfo=UTC)},
        {"id": "3", "stage": "lost", "created_at": date(2026, 2, 1), "closed_at": date(2026, 3, 5)},
        {"id": "4", "stage": "contact", "created_at": date(2026, 2, 27)},
    ]  # fmt: skip
    made = report(of_rows(*rows))
    found = {each.name: (each.now, each.before) for each in made.headlines}
    assert found == {
        "new leads": (1, 2),
        "MQLs": (1, 0),
        "SQLs": (0, 1),
        "deals won": (1, 1),
        "won value": (Money(300, "EUR"), Money(100, "EUR")),
        "average won deal": (Money(300, "EUR"), Money(100, "EUR")),
        "win rate (closed)": (Share(1, 2), Share(1, 1)),
        "new leads won so far": (Share(1, 1), Share(1, 2)),
        "median days to win": (10.0, 2.0),
    }
    assert headline(made, "won value").change == "+200.0 %"
    assert headline(made, "median days to win").is_better is False


def test_an_unfinished_period_is_compared_with_as_much_of_the_one_before() -> None:
    late = {"id": "1", "stage": "contact", "created_at": date(2026, 2, 25)}
    made = report(of_rows(late))
    assert headline(made, "new leads").before == 0
    assert made.compared == (
        "2026-03 is not over yet: compared with 2026-02 up to 2026-02-20 12:00 UTC. "
        "Tables that do not name 2026-03 tell of all leads."
    )
    whole = report(of_rows(late, as_of=datetime(2026, 4, 2, tzinfo=UTC)), period=MARCH)
    assert headline(whole, "new leads").before == 1
    assert whole.compared.startswith("Compared with 2026-02. ")


def test_a_month_is_over_with_its_last_microsecond() -> None:
    late = {"id": "1", "stage": "contact", "created_at": date(2026, 3, 31)}
    now = datetime(2026, 4, 30, 23, 59, 59, 999999, tzinfo=UTC)
    made = report(of_rows(late, as_of=now), period=Period.parse("2026-04"))
    assert made.compared.startswith("Compared with 2026-03. ")
    assert headline(made, "new leads").before == 1


def test_a_shorter_month_before_is_compared_as_a_whole() -> None:
    made = report(of_rows(as_of=datetime(2026, 3, 29, 12, tzinfo=UTC)))
    assert made.compared.startswith("2026-03 is not over yet: compared with all of 2026-02. ")


def test_closed_leads_of_which_nobody_knows_when_are_counted() -> None:
    made = report(of_rows({"id": "1", "stage": "won"}, {"id": "2", "stage": "lost"}))
    assert made.compared.endswith("Of 2 closed leads nobody knows when: they are in no period.")


def test_reps_and_costs_are_those_of_the_period() -> None:
    rows = [
        {"id": "old", "stage": "won", "owner": "ada", "source": "web", "value": Money(900, "EUR"),
         "created_at": date(2024, 1, 2), "closed_at": date(2024, 2, 2)},
        {"id": "new", "stage": "won", "owner": "bo", "source": "web", "value": Money(50, "EUR"),
         "created_at": date(2026, 3, 2), "closed_at": date(2026, 3, 5)},
    ]  # fmt: skip
    spent = [
        Cost(MARCH, "web", Money(40, "EUR"), "spring"),
        Cost(Period.parse("2026-02"), "web", Money(7, "EUR")),
        Cost(Period.parse("2026-Q1"), "web", Money(70, "EUR")),
    ]
    made = report(of_rows(*rows), costs=spent)
    [closed] = made["reps"].parts
    assert closed.title == "Closed in 2026-03, by rep"
    assert [(row[0], row[1], row[3]) for row in closed.rows] == [("bo", "1", "50 EUR")]
    costs = made["sources"].parts[-1]
    assert costs.title == "Cost and return of the leads of 2026-03"
    assert [row[:3] for row in costs.rows] == [("web", "40 EUR", "1"), ("all", "40 EUR", "1")]
    assert costs.says == ("left out, for it is not all in the period: web 2026-Q1, 70 EUR",)


def test_a_forecast_that_rests_on_nothing_has_no_data() -> None:
    bare = Pipeline.linear("sales", [Stage("contact"), Stage("won", kind="won")])
    for rows in ([], [{"id": "1", "stage": "contact"}]):
        for learn in (False, True):
            made = report(History.of_rows(rows, bare, as_of=NOW), learn=learn)
            for row in made["forecast"].parts[0].rows:
                assert row[2:] == ("no data",) * 4


@pytest.mark.parametrize("unit", ["day", "week", "month", "quarter", "year"])
def test_there_is_a_report_for_every_period(unit: Any) -> None:
    made = report(history(), leads(), period=unit)
    assert made.period == Period(unit, NOW.date())
    assert len(made["forecast"].parts[0].rows) in (2, 3, 4, 7)


def test_the_leads_tell_what_a_history_cannot() -> None:
    bare, full = report(history()), full_report()
    assert {section.key for section in full.sections} - {s.key for s in bare.sections} == {
        "cracks", "response",
    }  # fmt: skip
    assert [section.key for section in full.sections] == [
        "funnel", "bottleneck", "times", "forecast", "deals", "cracks", "response", "reasons",
        "reps", "sources",
    ]  # fmt: skip
    assert headline(full, "median first response").kind == "minutes"
    assert [part.title for part in full["reps"].parts] == [
        "Closed in 2026-03, by rep", "Tasks", "Activity in 2026-03",
    ]  # fmt: skip


def test_goals_and_costs_have_their_tables() -> None:
    made = full_report()
    [_, goals] = made["forecast"].parts
    assert [row[0] for row in goals.rows] == ["all", "ada"]
    attained = [min(float(row[5].split()[0]) / 100, 1.0) for row in goals.rows]
    assert goals.bars == pytest.approx(attained, abs=0.001)
    spent = made["sources"].parts[-1]
    assert ("radio", "(none)") in [row[:2] for row in spent.rows]
    assert "fair" in [row[0] for row in spent.rows]


def test_hours_and_rates_and_learning_are_used() -> None:
    office = WorkingHours({"mon-fri": "09:00-17:00"})
    rates = Rates("EUR", {"PLN": Decimal("0.25")})
    made = report(history(), leads(), hours=office, rates=rates, learn=True, zone="Europe/Warsaw")
    said = made["forecast"].parts[0].says
    assert not any("from the probabilities" in sentence for sentence in said)
    slow = report(history(), leads())["response"].parts[0].rows
    assert made["response"].parts[0].rows != slow


def test_a_report_on_nothing_has_no_data() -> None:
    made = report(of_rows(), [])
    assert headline(made, "win rate (closed)").cells() == (
        "win rate (closed)",
        "no data",
        "no data",
        "",
    )
    assert made["sources"].parts[0].says == ("No lead has a source.",)
    assert made["reasons"].parts[0].says == ("No lead has the field reason.",)
    assert all(cell == "no data" for row in made["funnel"].parts[0].rows for cell in row[2:3])
    assert "No data." in str(made)


def test_costs_without_any_lead_are_listed() -> None:
    made = report(of_rows(), costs=COSTS)
    assert [row[0] for row in made["sources"].parts[-1].rows] == ["fair", "radio", "all"]


def test_a_slow_stage_besides_the_bottleneck_and_one_that_is_not_needed_are_told() -> None:
    deals = [{"id": str(n)} for n in range(40)]
    changes = []
    for n in range(40):
        came = datetime(2025, 9, 1, tzinfo=UTC)
        for stage, day in [("contact", 0), ("sent", 60 + n // 2 * 4), ("won", 70 + n // 2 * 4 + n)]:
            at = date.fromordinal(came.date().toordinal() + day)
            changes.append({"id": str(n), "stage": stage, "at": at})
    said = (
        report(History.of_rows(deals, SALES, as_of=NOW, changes=changes))["bottleneck"]
        .parts[0]
        .says
    )
    assert any(sentence.startswith("Slower than before") for sentence in said)
    assert any("may not be needed" in sentence for sentence in said)


def test_long_tables_are_cut_and_say_so() -> None:
    rows = [
        {"id": str(n), "stage": "won", "closed_at": date(2026, 3, 2), "owner": f"rep {n:02}"}
        for n in range(25)
    ]
    made = report(of_rows(*rows))
    [part] = made["reps"].parts
    assert (len(part.shown.rows), part.shown.says) == (20, ("and 5 more reps",))
    assert "and 5 more reps" in str(made)
    assert "and 5 more reps" in made._repr_html_()
    assert len(made.plain()["sections"]["reps"][0]["rows"]) == 25


def test_the_funnel_says_of_how_many_only_the_last_stage_is_known() -> None:
    made = report(of_rows({"id": "1", "stage": "sent"}, {"id": "2", "stage": "contact"}))
    assert (
        made["funnel"].parts[0].says[1] == "Of 1 lead only the stage in which they stand is known."
    )
    assert len(full_report()["funnel"].parts[0].says) == 1


def test_the_plain_form_is_ready_for_json() -> None:
    made = json.loads(json.dumps(full_report().plain()))
    assert (made["period"], made["as_of"]) == ("2026-03", "2026-03-20T12:00:00+00:00")
    assert made["headlines"][0]["name"] == "new leads"
    assert isinstance(made["headlines"][4]["now"], str)
    first = made["sections"]["funnel"][0]["rows"][0]
    assert (first["stage"], type(first["reached"])) == ("ליד חדש", int)
    assert set(first["of all"]) == {"value", "hits", "of", "low", "high"}
    assert made["sections"]["funnel"][0]["rows"][-1]["went on"] is None


WAYS: list[Callable[[Any], str]] = [
    percent, points, in_days, in_minutes, "{:,.1f}".format, "{:.2f}".format, "{:,}".format,
]  # fmt: skip


def says(cell: str, figure: Any) -> bool:
    """Tell whether a cell may be what is written of a figure."""
    match figure:
        case None:
            return cell in ("", "no data", "(nobody)")
        case bool():
            return cell == ("clear" if figure else "")
        case int():
            return cell.removeprefix("+") == f"{figure:,}"
        case float() | Decimal():
            return cell in [way(figure) for way in WAYS]
        case Money():
            return cell == priced(figure)
        case Share():
            return cell == str(figure)
        case datetime():
            return cell == figure.date().isoformat()
        case date():
            return cell == figure.isoformat()
        case tuple():
            return cell.split() == [f"{each:,}" for each in figure]
        case str():
            return cell == figure.replace("_", " ") or cell == figure
        case _:
            return cell == ", ".join(f"{key} {count:,}" for key, count in figure.items())


@pytest.mark.parametrize("learn", [False, True])
def test_the_figures_of_every_table_are_those_that_its_cells_show(learn: bool) -> None:
    made = [
        report(history(), leads(), goals=GOALS, costs=COSTS, learn=learn),
        report(of_rows(), costs=COSTS, learn=learn),
        report(of_rows({"id": "1", "stage": "contact"}), learn=learn),
        report(History.of(generate(), status_pipeline(), as_of=AS_OF), generate()),
    ]
    parts = [part for each in made for section in each.sections for part in section.parts]
    assert len(parts) > 40
    wrong = [
        (part.title, column, cell, figure)
        for part in parts
        for row, figures in zip(part.rows, part.figures, strict=True)
        for column, cell, figure in zip(part.header, row, figures, strict=True)
        if not says(cell, figure)
    ]
    assert wrong == []


def test_a_report_is_shown() -> None:
    made = full_report()
    assert "FUNNEL" in str(made)
    assert repr(made).endswith("2026-03, 10 sections)")
    shown = made._repr_html_()
    assert HOSTILE not in shown
    assert "&lt;script&gt;" in shown


def test_an_unknown_section_is_refused_with_the_closest() -> None:
    with pytest.raises(InvalidValue, match="did you mean 'funnel'"):
        full_report()["funel"]


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        (None, "number", "no data"),
        (Money("12.5", "EUR"), "money", "12.5 EUR"),
        (Share(1, 4), "share", "25.0 % (4.6 to 69.9 %; 1 of 4)"),
        (0.25, "share", "25.0 %"),
        (12.345, "days", "12.3 days"),
        (90, "minutes", "1.5 hours"),
        (1234, "number", "1,234"),
        (Decimal("1234.5"), "number", "1,234.50"),
    ],
)
def test_figures_are_written_for_people(value: Any, kind: Any, words: str) -> None:
    assert written(value, kind) == words


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (Share(0, 0), {"value": None, "hits": 0, "of": 0, "low": None, "high": None}), (Decimal("2.50"), 2.5), (Decimal(2), 2), (True, True), ("x", "x"),
        (date(2026, 3, 1), "2026-03-01"), (Money(1, "EUR"), "1 EUR"), (None, None),
    ],
)  # fmt: skip
def test_figures_become_plain(value: Any, found: Any) -> None:
    assert plain(value) == found


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (15, 10, "+50.0 %"),
        (5, 10, "-50.0 %"),
        (5, 0, ""),
        (None, 5, ""),
        (5, None, ""),
        (Share(1, 2), Share(1, 4), "+25.0 points"),
        (Share(1, 2), Share(0, 0), ""),
        (Share(0, 0), Share(1, 2), ""),
        (Money(3, "EUR"), Money(2, "EUR"), "+50.0 %"),
        (Money(3, "EUR"), Money(2, "PLN"), ""),
        (Share(1, 2), None, ""),
    ],
)
def test_a_change_is_said_only_where_it_can_be(now: Any, before: Any, words: str) -> None:
    assert changed(now, before) == words


@pytest.mark.parametrize(
    ("now", "before", "better", "found"),
    [
        (2, 1, "up", True), (1, 2, "up", False), (1, 2, "down", True), (2, 1, "none", None),
        (1, 1, "up", None), (None, 1, "up", None),
    ],
)  # fmt: skip
def test_a_change_is_for_the_better_or_not(now: Any, before: Any, better: Any, found: Any) -> None:
    assert Headline("x", now, before, "number", better).is_better is found


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: report(odd([])), "history: expected a History"),
        (lambda: report(history(), period=odd("fortnight")), "period: expected one of day, week"),
        (
            lambda: report(history(), period=Period.parse("2027")),
            "period: expected a period that has begun",
        ),
        (lambda: report(history(), goals=[odd(5)]), "goals[0]: expected a Goal"),
        (lambda: report(history(), costs=[odd(5)]), "costs[0]: expected a Cost"),
        (lambda: report(history(), [odd(5)]), "leads[0]: expected a Lead"),
        (lambda: report(history(), learn=odd("yes")), "learn: expected true or false"),
        (lambda: report(history(), title=" "), "title: expected a label"),
        (lambda: report(history(), rates=odd(5)), "rates: expected Rates"),
        (lambda: report(history(), hours=odd(5)), "hours: expected WorkingHours"),
        (lambda: report(history(), zone="Mars"), "zone: expected a time zone"),
    ],
)
def test_bad_questions_are_refused(ask: Any, words: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        ask()
    assert words in str(refused.value)


def test_several_currencies_need_rates() -> None:
    rows = [
        {"id": str(n), "stage": "won", "closed_at": date(2026, 3, 2), "value": value}
        for n, value in enumerate([Money(100, "EUR"), Money(100, "PLN")])
    ]
    with pytest.raises(MixedCurrencies):
        report(of_rows(*rows))
    rates = Rates("EUR", {"PLN": Decimal("0.25")})
    assert headline(report(of_rows(*rows), rates=rates), "won value").now == Money(125, "EUR")


def test_the_same_leads_in_any_order_give_the_same_report() -> None:
    backwards = leads()[::-1]
    again = report(
        History.of(backwards, SALES, as_of=NOW), backwards, goals=GOALS[::-1], costs=COSTS[::-1],
        title=f"Sprzedaż {HOSTILE}",
    )  # fmt: skip
    assert str(again) == str(full_report())

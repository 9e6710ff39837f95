"""The reason table: how often each reason was given, over time and by group."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from leadflow import Lead, Money, merge
from leadflow.disposition.reason_table import ReasonTable, reason_table
from leadflow.errors import LeadflowError
from leadflow.events import (
    Activity,
    Assignment,
    Conversion,
    Disposition,
    FieldsSet,
    Outcome,
    Overridden,
    Reopened,
    StageChange,
)

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def closed(reason: str | None, at: datetime = NOON, outcome: Outcome = "lost", **more: Any) -> Any:
    return Disposition(outcome, at, reason=reason, **more)


def month(number: int, day: int = 15) -> datetime:
    return datetime(2026, number, day, 12, tzinfo=UTC)


def lead(*events: Any, **named: Any) -> Lead:
    return Lead("L-7", events=events, **named)


def odd(value: Any) -> Any:
    """Hide from the type checker what it would refuse."""
    return value


def counts(report: ReasonTable) -> list[tuple[str, str | None, int, int | None]]:
    return [(row.period.label, row.reason, row.count, row.change) for row in report]


def groups(report: ReasonTable) -> list[tuple[str | None, ...]]:
    return [row.group for row in report]


# --- what is counted ---


def test_every_closing_counts_with_its_share_of_the_period() -> None:
    log = [closed("price"), closed("price", NOON + DAY), closed("no_budget", NOON + 2 * DAY)]
    report = reason_table([lead(*log)])
    assert counts(report) == [("2026-01", "price", 2, None), ("2026-01", "no_budget", 1, None)]
    assert [row.share for row in report] == [2 / 3, 1 / 3]
    assert [row.of for row in report] == [3, 3]
    assert (report.total, len(report)) == (3, 2)


def test_only_unqualified_and_lost_count_unless_others_are_asked_for() -> None:
    ends: list[Outcome] = ["qualified", "unqualified", "removed", "converted", "won", "lost"]
    leads = [lead(closed(end, outcome=end)) for end in ends]
    assert {row.reason for row in reason_table(leads)} == {"unqualified", "lost"}
    won = reason_table(leads, outcomes=["won", "qualified"])
    assert {row.reason for row in won} == {"won", "qualified"}


def test_a_disposition_without_a_reason_counts_under_none_and_stands_last_of_equals() -> None:
    report = reason_table([lead(closed(None), closed("price", NOON + DAY), closed("a"))])
    assert [row.reason for row in report] == ["a", "price", None]


def test_a_lead_closed_again_counts_again_and_a_merged_one_once() -> None:
    first = closed("price", id="D-1")
    again = lead(first, Reopened("new", NOON + DAY), closed("price", NOON + 2 * DAY))
    assert reason_table([again]).total == 2
    both = merge(lead(first), Lead("L-8", events=[first, closed("no_budget", id="D-2")]))
    assert sorted(row.reason or "" for row in reason_table([both])) == ["no_budget", "price"]


def test_no_leads_make_an_empty_table() -> None:
    for leads in ([], [lead()], [lead(Activity("call", NOON))]):
        report = reason_table(leads, by="source", as_of=NOON)
        assert (report.rows, report.total) == ((), 0)
        assert str(report) == "period  source  reason  count  share  change"


def test_what_comes_after_as_of_has_not_happened() -> None:
    log = [closed("price", id="D-1"), closed("price", NOON + DAY)]
    assert reason_table([lead(*log)], as_of=NOON).total == 1
    assert reason_table([lead(*log)], as_of=NOON + DAY).total == 2
    assert reason_table([lead(*log)], as_of=NOON - DAY).total == 0


# --- periods ---


def test_periods_have_no_gaps_and_a_reason_given_once_stays_with_its_change() -> None:
    log = [closed("price", month(1)), closed("price", month(1, 16)), closed("price", month(2))]
    log += [closed("no_budget", month(2)), closed("price", month(4))]
    assert counts(reason_table([lead(*log)])) == [
        ("2026-01", "price", 2, None),
        ("2026-02", "no_budget", 1, 1),
        ("2026-02", "price", 1, -1),
        ("2026-03", "no_budget", 0, -1),
        ("2026-03", "price", 0, -1),
        ("2026-04", "price", 1, 1),
        ("2026-04", "no_budget", 0, 0),
    ]


def test_a_period_in_which_a_group_has_nothing_has_no_share() -> None:
    report = reason_table([lead(closed("price", month(1)), closed("price", month(3)))])
    assert [row.share for row in report] == [1, None, 1]


def test_since_and_until_bound_by_utc_date_and_until_is_left_out() -> None:
    late = timezone(timedelta(hours=-5))
    log = [closed("a", month(2, 1)), closed("b", month(2, 2))]
    log += [closed("c", datetime(2026, 2, 1, 20, tzinfo=late))]
    bounds = {"since": date(2026, 2, 1), "until": date(2026, 2, 2)}
    assert [row.reason for row in reason_table([lead(*log)], **odd(bounds))] == ["a"]
    rest = reason_table([lead(*log)], since=date(2026, 2, 2))
    assert [row.reason for row in rest] == ["b", "c"]


def test_the_first_period_asked_for_has_no_change_even_if_another_comes_first() -> None:
    log = [closed("price", month(1)), closed("price", month(2)), closed("price", month(3))]
    report = reason_table([lead(*log)], since=date(2026, 2, 10))
    assert counts(report) == [("2026-02", "price", 1, None), ("2026-03", "price", 1, 0)]
    later = reason_table([lead(*log)], since=date(2026, 2, 20))
    assert counts(later) == [("2026-03", "price", 1, 1)]


@pytest.mark.parametrize(
    ("bounds", "last"),
    [
        ({}, "2026-01"),
        ({"until": date(2026, 4, 1)}, "2026-03"),
        ({"until": date(2026, 4, 2)}, "2026-04"),
        ({"as_of": month(2)}, "2026-02"),
        ({"as_of": month(2), "until": date(2026, 4, 2)}, "2026-02"),
        ({"as_of": month(6), "until": date(2026, 4, 2)}, "2026-04"),
    ],
)
def test_the_last_period_is_the_last_one_asked_for(bounds: dict[str, Any], last: str) -> None:
    report = reason_table([lead(closed("price"))], **bounds)
    assert report.rows[-1].period.label == last
    assert report.rows[0].count == 1
    assert all(row.count == 0 for row in report.rows[1:])


@pytest.mark.parametrize(
    ("unit", "labels"),
    [
        ("day", ["2026-01-15", "2026-01-16", "2026-01-17"]),
        ("week", ["2026-W03"]),
        ("month", ["2026-01"]),
        ("quarter", ["2026-Q1"]),
        ("year", ["2026"]),
    ],
)
def test_periods_are_of_the_unit(unit: Any, labels: list[str]) -> None:
    log = [closed("price"), closed("price", NOON + 2 * DAY)]
    assert [row.period.label for row in reason_table([lead(*log)], unit=unit)] == labels


# --- groups ---


def test_a_group_is_what_was_known_just_before_the_closing() -> None:
    before, after = NOON - DAY, NOON + DAY
    told = lead(
        FieldsSet({"source": "web", "product": "Pro"}, before),
        StageChange("proposal", before),
        Assignment("ada", before),
        Activity("call", before),
        closed("price", by="bo"),
        FieldsSet({"source": "fair", "product": "Lite"}, after),
        StageChange("nurture", NOON, sequence=1),
        Assignment("cy", after),
        source="list",
        stage="new",
    )
    by = ["source", "product", "stage", "owner", "by", "never asked"]
    report = reason_table([told], by=by)
    assert groups(report) == [("web", "Pro", "proposal", "ada", "bo", None)]
    assert report.by == tuple(by)


def test_each_closing_of_a_lead_has_its_own_state() -> None:
    log = [closed("price"), Conversion("sales", "demo", NOON + DAY, owner="bo")]
    log += [closed("price", NOON + 2 * DAY), closed("won", NOON + 3 * DAY, "won")]
    log += [closed("late", NOON + 4 * DAY)]
    report = reason_table([lead(*log, owner="ada", stage="new")], by=["owner", "stage"])
    assert groups(report) == [("ada", "new"), ("bo", "demo"), ("bo", "demo")]
    after_won = reason_table([lead(*log)], by="lifecycle")
    assert groups(after_won) == [("customer",), ("opportunity",), (None,)]


@pytest.mark.parametrize(
    ("overrides", "owner"),
    [
        ([("bo", None, 0)], "bo"),
        ([("bo", NOON + DAY, 0)], "bo"),
        ([("bo", NOON, 0)], "ada"),
        ([("bo", None, 0), (None, None, 1)], "ada"),
        ([("bo", NOON, 0), ("cy", None, 1)], "cy"),
        ([], "ada"),
    ],
)
def test_an_override_of_the_owner_counts_while_it_holds(
    overrides: list[tuple[str | None, datetime | None, int]], owner: str
) -> None:
    log = [
        Overridden("owner", value, NOON - DAY, reason="friends", until=until, sequence=place)
        for value, until, place in overrides
    ]
    assert groups(reason_table([lead(*log, closed("price"), owner="ada")], by="owner")) == [
        (owner,)
    ]


def test_groups_have_counts_and_shares_of_their_own_and_the_unknown_comes_last() -> None:
    leads = [
        lead(closed("price", month(1)), closed("price", month(2)), source="web"),
        lead(closed("no_budget", month(2)), source="web"),
        lead(closed("price", month(2))),
        lead(closed("price", month(2)), source=""),
    ]
    report = reason_table(leads, by="source")
    rows = [(row.period.label, row.group, row.reason, row.count, row.change) for row in report]
    assert rows == [
        ("2026-01", ("web",), "price", 1, None),
        ("2026-02", ("",), "price", 1, 1),
        ("2026-02", ("web",), "no_budget", 1, 1),
        ("2026-02", ("web",), "price", 1, 0),
        ("2026-02", (None,), "price", 1, 1),
    ]
    assert [row.share for row in report] == [1, 1, 0.5, 0.5, 1]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([20, 20.0, Decimal("20.00")], "20"),
        ([0, -0.0, Decimal("0.0")], "0"),
        ([0.1, Decimal("0.10")], "0.1"),
        ([200, 2e2, Decimal("2E+2")], "200"),
        ([True], "true"),
        ([False], "false"),
        ([date(2026, 3, 1)], "2026-03-01"),
        (["Pro"], "Pro"),
    ],
)
def test_equal_values_are_one_group(values: list[Any], text: str) -> None:
    leads = [Lead("L-7", fields={"x": value}, events=[closed("price")]) for value in values]
    report = reason_table(leads, by="x")
    assert [(row.group, row.count) for row in report] == [((text,), len(values))]


def test_equal_amounts_are_one_group() -> None:
    leads = [lead(closed("price"), deal_value=Money(n, "EUR")) for n in ("5", "5.00")]
    assert groups(reason_table(leads, by="deal_value")) == [("5 EUR",)]


# --- as it is shown ---


def test_it_reads_as_an_aligned_table_with_the_words_for_reasons() -> None:
    log = [closed("price", month(1)), closed("price", month(1)), closed(None, month(2))]
    leads = [
        lead(*log, closed("no_budget", month(4)), source="商談"),
        lead(closed("price", month(4))),
    ]
    report = reason_table(leads, by="source", labels={"no_budget": "Brak budżetu"})
    assert str(report).splitlines() == [
        "period      source        reason  count    share  change",
        "2026-01       商談         price      2     100%",
        "2026-02       商談     no reason      1     100%      +1",
        "2026-02       商談         price      0       0%      -2",
        "2026-03       商談         price      0  no data       0",
        "2026-03       商談     no reason      0  no data      -1",
        "2026-04       商談  Brak budżetu      1     100%      +1",
        "2026-04       商談         price      0       0%       0",
        "2026-04       商談     no reason      0       0%       0",
        "2026-04  not known         price      1     100%      +1",
    ]
    assert repr(report) == str(report)
    assert "5 dispositions" in report._repr_html_()


def test_a_notebook_shows_an_escaped_table() -> None:
    html = reason_table([lead(closed("<b>"), source="<i>")], by="source")._repr_html_()
    assert "&lt;b&gt;" in html
    assert "&lt;i&gt;" in html
    assert "reasons of 1 disposition<" in html
    assert "<b>" not in html


def test_no_more_than_the_last_hundred_rows_are_shown_and_a_long_value_is_cut() -> None:
    log = [closed("price", NOON + number * DAY) for number in range(101)]
    report = reason_table([lead(*log, source="x" * 60_000)], by="source", unit="day")
    assert len(report) == 101
    assert str(report).endswith("\n(the last 100 of 101 rows)")
    assert "2026-01-15" not in str(report)
    assert "the last 100 of 101 rows" in report._repr_html_()
    assert len(str(report)) < 20_000


def test_a_hostile_value_cannot_redraw_the_terminal() -> None:
    report = reason_table([lead(closed("price"), source="a\x1b[2J\nb")], by="source")
    assert "\x1b" not in str(report)
    assert len(str(report).splitlines()) == 2


# --- bad input ---

LONG = [closed("price", datetime(1, 1, 2, tzinfo=UTC)), closed("price", month(1))]


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: reason_table(odd(5)), "leads iterable 5"),
        (lambda: reason_table(odd(lead())), "leads iterable Lead"),
        (lambda: reason_table([lead(), odd("L-8")]), "leads[1] a Lead 'L-8'"),
        (lambda: reason_table([], by=odd(5)), "by list of names 5"),
        (lambda: reason_table([], by=["source", odd(5)]), "by text 5"),
        (lambda: reason_table([], by=" "), "by blank"),
        (lambda: reason_table([], by="tags"), "by 'tags' one value"),
        (lambda: reason_table([], unit=odd("fortnight")), "unit 'fortnight' one of day"),
        (lambda: reason_table([], unit=odd(None)), "unit text None"),
        (lambda: reason_table([], since=odd("2026")), "since a date '2026'"),
        (lambda: reason_table([], since=odd(NOON)), "since a date without a time"),
        (lambda: reason_table([], until=odd(5)), "until a date 5"),
        (
            lambda: reason_table([], since=date(2026, 1, 2), until=date(2026, 1, 2)),
            "until a date after 2026-01-02 got",
        ),
        (lambda: reason_table([], until=date.min), "until a date after 0001-01-01"),
        (lambda: reason_table([], as_of=odd("now")), "as_of 'now' datetime"),
        (lambda: reason_table([], as_of=NOON.replace(tzinfo=None)), "as_of time zone"),
        (lambda: reason_table([], outcomes=odd("lost")), "outcomes list 'lost'"),
        (lambda: reason_table([], outcomes=[odd("loss")]), "outcomes 'loss' mean 'lost'"),
        (lambda: reason_table([], outcomes=["lost", "removed"]), "outcomes removed by mistake"),
        (lambda: reason_table([], outcomes=[]), "outcomes at least one none"),
        (lambda: reason_table([], labels=odd(["price"])), "labels a mapping"),
        (lambda: reason_table([], labels={odd(5): "x"}), "labels text 5"),
        (lambda: reason_table([], labels={"price": "a\nb"}), "labels['price'] control"),
        (lambda: reason_table([], labels={"price": odd(None)}), "labels['price'] text None"),
        (lambda: reason_table([lead(*LONG)], unit="day"), "reason_table rows 500,000 since unit"),
        (
            lambda: reason_table(
                [lead(*(closed(f"r{n}") for n in range(40)))], unit="day", as_of=month(1).replace(year=2066)
            ),
            "reason_table rows 500,000 fewer periods",
        ),
    ],
)  # fmt: skip
def test_bad_input_is_refused_with_what_would_work(made: Callable[[], object], words: str) -> None:
    with pytest.raises(LeadflowError) as caught:
        made()
    for word in words.split():
        assert word in str(caught.value)

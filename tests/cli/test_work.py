from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest

from leadflow.cli.screen import Screen
from leadflow.cli.work import (
    FORMS,
    ORDERS,
    first,
    heading,
    left_out,
    left_out_listing,
    listing,
)
from leadflow.events import Activity, Snoozed, TaskSet
from leadflow.lead import Lead
from leadflow.markup import width
from leadflow.pipeline import Worklist, worklist

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SCREEN = Screen(io.StringIO(), io.StringIO())


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def work_of(*leads: Lead, order: str = "calls") -> Worklist:
    return worklist(leads, NOW, order=ORDERS[order])


def called(id: str, days: int = 1) -> Lead:
    call = Activity("call", NOW - timedelta(days), answered=False)
    return Lead(id, NOW - timedelta(30), fields={"phone": "5"}, events=[call])


def test_the_heading_counts_the_groups_in_their_order() -> None:
    work = work_of(called("L-1"), Lead("L-2", fields={"phone": "5"}), called("L-3"))
    assert heading(work, NOW) == (
        "3 leads to work on as of 2026-03-02 09:00 UTC: 1 new, 2 no answer"
    )
    assert heading(work_of(), NOW) == "0 leads to work on as of 2026-03-02 09:00 UTC"


def test_a_thousand_leads_are_written_with_a_comma() -> None:
    work = work_of(*(Lead(f"L-{n}", fields={"phone": "5"}) for n in range(1_000)))
    assert heading(work, NOW).startswith("1,000 leads to work on")
    assert first(work, 2_000, SCREEN)[0].startswith("The first 1,000: ")


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ("calls", "the new, then what is due, then who did not answer; hot ones first in each"),
        ("hot", "hot ones, then the others; in each the new, what is due, who did not answer"),
        ("engaged", "the most engaged"),
    ],
)
def test_the_list_says_in_which_order_it_is(order: str, words: str) -> None:
    assert first(work_of(called("L-1"), order=order), 5, SCREEN)[0] == f"The first 1: {words}"


def test_nothing_to_do_is_no_list() -> None:
    assert first(work_of(), 5, SCREEN) == []
    assert first(work_of(called("L-1")), 0, SCREEN) == []
    assert left_out(work_of()) == []


def test_a_reason_tells_whose_it_is_how_good_the_lead_is_and_why() -> None:
    task = TaskSet("T-1", NOW, due=NOW, kind="demo", rep="rep-2", title="Show the tool")
    lead = Lead("L-1", rating="warm", score=1_200, owner="rep-1", events=[task])
    row, reason = listing(work_of(lead), SCREEN)[1:]
    assert row == "  1  L-1        new    demo   2026-03-02 09:00Z           ?"
    assert reason == "        rep-2; warm, 1,200 points; task T-1, Show the tool"


@pytest.mark.parametrize(
    ("facts", "words"), [({"rating": "warm"}, "warm"), ({"score": 1}, "1 point")]
)
def test_what_is_not_known_of_a_lead_is_left_out(facts: dict[str, object], words: str) -> None:
    lead = Lead("L-1", fields={"phone": "5"}, **facts)  # type: ignore[arg-type]
    assert listing(work_of(lead), SCREEN)[2].startswith(f"        {words}; nobody has spoken")


def test_the_list_fits_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    fields = {"phone": "5", "name": "Anna-Lena " * 9, "company": "佐藤" * 9}
    lines = listing(
        work_of(Lead("L-0001", NOW, owner="rep-1 " * 20, fields=fields)),
        Screen(Terminal(), io.StringIO()),
    )
    assert max(map(width, lines)) <= 80
    assert lines[2].endswith("…")


def test_who_is_left_out_is_counted_by_reason_the_most_frequent_first() -> None:
    snoozed = Lead("L-1", events=[Snoozed(NOW.date() + timedelta(3), NOW, reason="holidays")])
    work = work_of(snoozed, called("L-2", 0), called("L-3", 0))
    assert left_out(work) == ["3 leads left out: 2 not due, 1 snoozed"]
    assert left_out_listing(work.left_out, SCREEN)[:3] == [
        "  lead  who  left out  until",
        "  L-1        snoozed   2026-03-05",
        "        snoozed: holidays",
    ]


def test_a_worklist_is_written_in_forms_that_keep_its_order() -> None:
    assert set(FORMS.values()) == {"csv", "jsonl"}

"""Review: whom to take up again, who was not contacted, and staying in touch."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from leadflow import Lead
from leadflow.contact import ContactRules
from leadflow.disposition import Revisit, not_contacted_since, revisit, stay_in_touch
from leadflow.errors import InvalidValue, LeadflowError, NaiveDatetime
from leadflow.events import (
    Activity,
    Disposition,
    Event,
    FieldsSet,
    Reopened,
    Snoozed,
    TaskDone,
    TaskSet,
)
from leadflow.lead import merge
from leadflow.presets import disposition_policy, qualification_pipeline

MARCH = datetime(2026, 3, 2, 12, tzinfo=UTC)
JUNE = datetime(2026, 6, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
POLICY = disposition_policy(verifiers=["data desk"])
PIPELINE = qualification_pipeline()


def closed(*after: Event, id: str = "L-7", zone: str | None = None, **facts: Any) -> Lead:
    """A lead that was closed in March, and what happened after it."""
    given = {"outcome": "unqualified", "reason": "no_budget", **facts}
    return Lead(id, time_zone=zone, events=[Disposition(at=MARCH, **given), *after])


def whys(*leads: Lead, as_of: datetime = JUNE) -> list[tuple[str, str]]:
    return [(each.lead.id, each.why) for each in revisit(leads, as_of)]


# N6: not contacted


def silent(day: str, *more: Event, at: datetime = datetime(2025, 5, 31, 23, tzinfo=UTC)) -> bool:
    events = [Activity("call", at), Disposition("unqualified", at, reason="no_budget"), *more]
    found = not_contacted_since(
        [Lead("L-7", events=events)],
        "6 months",
        as_of=datetime.fromisoformat(f"{day}T12:00:00+00:00"),
        outcome="unqualified",
    )
    return bool(found)


def test_n6_who_was_contacted_on_31_may_is_not_listed_on_30_november_but_on_1_december() -> None:
    assert (silent("2025-11-30"), silent("2025-12-01")) == (False, True)


@pytest.mark.parametrize(
    ("contacted", "listed_from"),
    [("2025-08-31", "2026-03-01"), ("2023-08-31", "2024-03-01"), ("2025-06-01", "2025-12-02")],
)
def test_months_are_counted_back_to_the_same_day_or_the_last_of_the_month(
    contacted: str, listed_from: str
) -> None:
    at = datetime.fromisoformat(f"{contacted}T12:00:00+00:00")
    before = (date.fromisoformat(listed_from) - DAY).isoformat()
    assert (silent(before, at=at), silent(listed_from, at=at)) == (False, True)


def test_only_outgoing_contacts_count_answered_or_not() -> None:
    october = datetime(2025, 10, 1, tzinfo=UTC)
    assert silent("2025-12-01", Activity("email_opened", october))
    assert silent("2025-12-01", Activity("call_received", october))
    assert not silent("2025-12-01", Activity("email_sent", october))
    assert not silent("2025-12-01", Activity("call", october, answered=False))
    assert silent("2025-12-01", Activity("call", datetime(2025, 12, 2, tzinfo=UTC)))


def test_only_who_stands_closed_with_the_outcome_is_listed() -> None:
    june = datetime(2025, 6, 1, tzinfo=UTC)
    assert not silent("2025-12-01", Reopened("new", june))
    assert not silent("2025-12-01", Reopened("new", june), Disposition("lost", june, sequence=1))


def test_without_an_outcome_everyone_who_was_not_contacted_is_listed_in_their_order() -> None:
    leads = [Lead("z"), closed(id="b"), Lead("a", events=[Activity("call", JUNE)])]
    assert [lead.id for lead in not_contacted_since(leads, "1 month", as_of=JUNE)] == ["z", "b"]
    assert not not_contacted_since(leads, "9000 years", as_of=JUNE)[2:]


# Whom to take up again


def test_n8_a_lead_may_be_taken_up_again_on_the_date_that_was_agreed() -> None:
    lead = closed(contact_again=JUNE.date(), back_to="contacting")
    assert whys(lead, as_of=JUNE - DAY) == []
    [again] = revisit([lead], JUNE)
    assert (again.why, again.since, again.stage) == ("date", JUNE.date(), "contacting")
    assert again.disposition == lead.disposition
    assert str(again) == (
        "L-7: no_budget, to be contacted again from 2026-06-02; back into contacting"
    )
    assert repr(again) == str(again)


def test_the_date_begins_where_the_lead_is() -> None:
    there = closed(contact_again=date(2026, 6, 3), zone="Pacific/Auckland")
    assert whys(there) == [("L-7", "date")]
    assert whys(closed(contact_again=date(2026, 6, 3))) == []


def test_who_was_contacted_on_the_date_or_after_it_is_listed_no_more() -> None:
    for days, is_listed in ((-1, True), (0, False), (5, False)):
        called = Activity("call", JUNE + days * DAY)
        lead = closed(called, contact_again=JUNE.date())
        assert bool(whys(lead, as_of=JUNE + 9 * DAY)) == is_listed


@pytest.mark.parametrize(
    "kind", ["demo_requested", "form_submitted", "email_replied", "call_received"]
)
def test_who_asks_of_its_own_accord_comes_back_whatever_was_agreed(kind: str) -> None:
    lead = closed(Activity(kind, MARCH + DAY), contact_again=date(2030, 1, 1), keep=True)
    assert whys(lead) == [("L-7", "came_back")]
    deletable = closed(Activity(kind, MARCH + DAY), keep=False)
    assert whys(deletable) == [("L-7", "came_back")]
    words = kind.replace("_", " ")
    assert revisit([lead], JUNE)[0].because == f"{words} on 2026-03-03, after it was closed"


def test_what_came_before_the_closing_or_is_no_request_brings_nobody_back() -> None:
    before = closed(Activity("demo_requested", MARCH - DAY))
    opened = closed(Activity("email_opened", MARCH + DAY), Activity("page_viewed", MARCH + DAY))
    assert whys(before, Lead("x"), closed(id="y"), opened.after()) == []


def test_contact_data_that_are_verified_or_new_bring_a_lead_back() -> None:
    task = TaskSet("T-1", MARCH, kind="verify_contact", rep="data desk")
    other = TaskSet("T-2", MARCH, kind="call")
    done = TaskDone("T-1", MARCH + DAY)
    assert whys(closed(task, done, verify_contact=True)) == [("L-7", "verified")]
    assert whys(closed(task, verify_contact=True)) == []
    assert whys(closed(other, TaskDone("T-2", MARCH + DAY), verify_contact=True)) == []
    assert whys(closed(task, done)) == []
    known = FieldsSet({"mobile": "+48 601"}, MARCH + DAY)
    assert whys(closed(known, verify_contact=True)) == [("L-7", "verified")]
    assert revisit([closed(known, verify_contact=True)], JUNE)[0].since == date(2026, 3, 3)
    gone = FieldsSet({"mobile": None, "employees": 5}, MARCH + DAY)
    assert whys(closed(gone, verify_contact=True)) == []


def test_requests_come_first_then_verified_data_then_dates_each_by_date_and_id() -> None:
    leads = [
        closed(id="d2", contact_again=date(2026, 5, 2)),
        closed(id="d1", contact_again=date(2026, 5, 1)),
        closed(id="d0", contact_again=date(2026, 5, 2)),
        closed(FieldsSet({"email": "a@x.pl"}, MARCH + DAY), id="v", verify_contact=True),
        closed(Activity("demo_requested", JUNE), id="c2"),
        closed(Activity("demo_requested", MARCH + DAY), id="c1"),
    ]
    assert [id for id, _ in whys(*leads)] == ["c1", "c2", "v", "d1", "d0", "d2"]
    assert whys(*reversed(leads)) == whys(*leads)


@pytest.mark.parametrize(
    "lead",
    [
        closed(outcome="removed", reason=None, contact_again=MARCH.date()),
        closed(outcome="won", reason=None, contact_again=MARCH.date()),
        closed(Reopened("new", MARCH + DAY), contact_again=MARCH.date()),
        closed(contact_again=MARCH.date(), never=["all"]),
        closed(FieldsSet({"do_not_contact": "yes"}, MARCH + DAY), contact_again=MARCH.date()),
        closed(contact_again=MARCH.date(), keep=False),
        Lead("open"),
    ],
)  # fmt: skip
def test_others_are_not_taken_up_again(lead: Lead) -> None:
    assert whys(lead) == []


def test_one_who_may_not_be_called_is_taken_up_again_by_other_ways() -> None:
    assert whys(closed(contact_again=MARCH.date(), never=["phone"])) == [("L-7", "date")]
    rules = ContactRules(while_waiting=())
    waits = closed(Activity("demo_requested", MARCH + DAY), contact_again=date(2030, 1, 1))
    assert [each.why for each in revisit([waits], JUNE, rules)] == ["came_back"]


def test_the_first_why_in_the_order_of_the_list_wins() -> None:
    asked = Activity("demo_requested", MARCH + 3 * DAY)
    told = FieldsSet({"email": "a@x.pl"}, MARCH + 2 * DAY)
    for events, why, since in (
        ([asked, told], "came_back", date(2026, 3, 5)),
        ([told], "verified", date(2026, 3, 4)),
        ([], "date", date(2026, 3, 3)),
    ):
        lead = closed(*events, verify_contact=True, contact_again=date(2026, 3, 3))
        assert [(each.why, each.since) for each in revisit([lead], JUNE)] == [(why, since)]


def test_a_lead_that_waits_or_is_snoozed_comes_back_only_of_its_own_accord() -> None:
    asked = Activity("demo_requested", MARCH + DAY)
    known = FieldsSet({"email": "a@x.pl"}, MARCH + DAY)
    snoozed = Snoozed(date(2026, 6, 3), MARCH + DAY, reason="on holiday")
    assert whys(closed(known, verify_contact=True, contact_again=date(2026, 6, 3))) == []
    assert whys(closed(snoozed, contact_again=date(2026, 6, 1))) == []
    later = closed(snoozed, contact_again=date(2026, 6, 1))
    assert whys(later, as_of=JUNE + DAY) == [("L-7", "date")]
    assert whys(closed(snoozed, asked, contact_again=date(2026, 6, 1))) == [("L-7", "came_back")]


def test_where_a_leads_time_zone_is_not_known_dates_are_those_of_the_rules() -> None:
    rules = ContactRules(time_zone="Pacific/Auckland")
    there = closed(contact_again=date(2026, 6, 3))
    assert [each.why for each in revisit([there], JUNE, rules)] == ["date"]
    assert revisit([there.after(Activity("call", JUNE))], JUNE, rules) == ()
    for event in (Activity("demo_requested", MARCH), FieldsSet({"email": "a@x.pl"}, MARCH)):
        lead = Lead("L-8", events=[Disposition("lost", MARCH - DAY, verify_contact=True), event])
        assert revisit([lead], JUNE, rules)[0].since == date(2026, 3, 3)
    [reminder] = stay_in_touch([closed()], "92 days", as_of=JUNE, rules=rules)
    assert reminder.due == date(2026, 6, 3)


def test_contact_data_that_were_known_before_or_are_blank_bring_nobody_back() -> None:
    bad = FieldsSet({"email": "bad@x.pl"}, MARCH - DAY)
    for again in ("bad@x.pl", " ", None):
        told = FieldsSet({"email": again, "phone": "5"}, MARCH + DAY)
        lead = Lead("L-7", fields={"phone": "5"}, events=[*closed(verify_contact=True).events, bad])
        assert whys(lead.after(told)) == []
        assert due(lead.after(told)) == []


def test_it_is_told_as_it_was_then() -> None:
    lead = closed(
        Activity("demo_requested", MARCH + 2 * DAY),
        Reopened("new", MARCH + 3 * DAY),
        contact_again=date(2026, 3, 3),
    )
    assert whys(lead, as_of=MARCH - DAY) == whys(lead, as_of=MARCH) == []
    assert whys(lead, as_of=MARCH + DAY) == [("L-7", "date")]
    assert whys(lead, as_of=MARCH + 2 * DAY) == [("L-7", "came_back")]
    assert whys(lead) == []


def test_of_merged_leads_the_later_date_counts() -> None:
    one = closed(id="a", contact_again=date(2026, 5, 1))
    other = closed(id="b", contact_again=date(2026, 7, 1))
    assert whys(merge(one, other)) == []
    assert whys(merge(one, other), as_of=datetime(2026, 7, 1, tzinfo=UTC)) == [("a", "date")]


@pytest.mark.parametrize("reason", ["not_ready", "no_budget", "unreachable", "bad_data"])
def test_n8_each_reason_that_comes_back_does_so_through_the_qualification_pipeline(
    reason: str,
) -> None:
    tries = [Activity("call", MARCH - day * DAY, answered=False) for day in range(1, 7)]
    lead = Lead("L-7", stage="assessing", pipeline="qualification", owner="ada", events=tries)
    disposition = POLICY.close(lead, "unqualified", reason, at=MARCH, by="ada")
    lead = lead.after(disposition, *POLICY.follow_up(lead, disposition))
    lead = lead.after(PIPELINE.move(lead, "unqualified", MARCH))
    lead = lead.after(*(TaskDone(task.id, MARCH + DAY) for task in lead.tasks))
    later = datetime(2026, 9, 2, 12, tzinfo=UTC)
    [again] = revisit([lead], later)
    assert again.stage is not None
    back = again.lead.after(PIPELINE.reopen(again.lead, again.stage, later))
    assert (back.stage, back.disposition) == ("contacting", None)
    assert disposition in back.events
    assert revisit([back], later) == ()


@pytest.mark.parametrize("reason", [each.key for each in POLICY])
def test_n8_who_asks_comes_back_after_every_reason_but_that_which_ends_all_contact(
    reason: str,
) -> None:
    tries = [Activity("call", MARCH - day * DAY, answered=False) for day in range(1, 7)]
    lead = Lead("L-7", stage="assessing", pipeline="qualification", owner="ada", events=tries)
    closing = POLICY.close(lead, "unqualified", reason, at=MARCH, by="ada", note="as agreed")
    lead = lead.after(closing, Activity("demo_requested", MARCH + DAY))
    lead = lead.after(PIPELINE.move(lead, "unqualified", MARCH))
    found = revisit([lead], MARCH + DAY)
    assert [each.why for each in found] == ([] if reason == "not_interested" else ["came_back"])
    for again in found:
        back = lead.after(PIPELINE.reopen(lead, again.stage or "contacting", MARCH + DAY))
        assert (back.stage, back.disposition) == ("contacting", None)
        assert closing in back.events
        assert revisit([back], JUNE) == ()


# Staying in touch


def due(*leads: Lead, every: str = "3 months", as_of: datetime = JUNE) -> list[tuple[str, date]]:
    return [(each.lead.id, each.due) for each in stay_in_touch(leads, every, as_of=as_of)]


def test_contact_is_due_so_long_after_the_closing_or_the_last_contact() -> None:
    assert due(closed()) == [("L-7", date(2026, 6, 2))]
    assert due(closed(), as_of=JUNE - DAY) == []
    called = closed(Activity("call", MARCH + 5 * DAY))
    assert due(called) == []
    [reminder] = stay_in_touch([called], "3 months", as_of=JUNE + 5 * DAY)
    assert (reminder.due, reminder.last) == (date(2026, 6, 7), date(2026, 3, 7))
    assert str(reminder) == "L-7: stay in touch, last contacted on 2026-03-07, due on 2026-06-07"
    assert repr(reminder) == str(reminder)
    assert due(closed(), every="9000 years") == []


def test_customers_are_stayed_in_touch_with() -> None:
    customer = Lead("c", lifecycle="customer", events=[Activity("call", MARCH)])
    inactive = Lead("i", lifecycle="inactive")
    won = closed(id="w", outcome="won", reason=None)
    assert due(customer, inactive, won) == [
        ("c", date(2026, 6, 2)), ("i", JUNE.date()), ("w", date(2026, 6, 2)),
    ]  # fmt: skip
    assert stay_in_touch([inactive], "1 day", as_of=JUNE)[0].last is None


def test_customers_are_stayed_in_touch_with_whatever_is_no_closing() -> None:
    handed_over = Lead("h", lifecycle="customer", events=[Disposition("converted", MARCH)])
    assert due(handed_over) == [("h", date(2026, 6, 2))]
    mistaken = Lead("m", lifecycle="customer", events=[Disposition("removed", MARCH)])
    assert due(mistaken) == []


def test_a_customer_who_was_never_contacted_has_one_reminder_not_one_a_day() -> None:
    customer = Lead("c", MARCH - DAY, lifecycle="customer")
    tasks = [
        each.task(day).task
        for day in (JUNE, JUNE + DAY, JUNE + 9 * DAY)
        for each in stay_in_touch([customer], "3 months", as_of=day)
    ]
    assert tasks == ["stay-in-touch-2026-06-01"] * 3
    assert due(customer, as_of=JUNE - 2 * DAY) == []


@pytest.mark.parametrize(
    "lead",
    [
        Lead("open"),
        closed(Snoozed(date(2026, 6, 3), MARCH + DAY, reason="on holiday")),
        closed(outcome="removed", reason=None),
        closed(outcome="qualified", reason=None),
        closed(keep=False),
        closed(never=["all"]),
        closed(contact_again=date(2026, 6, 3)),
        closed(verify_contact=True),
        Lead("refused", lifecycle="customer", fields={"do_not_contact": True}),
    ],
)  # fmt: skip
def test_others_are_left_in_peace(lead: Lead) -> None:
    assert due(lead) == []


def test_a_lead_whose_data_were_verified_is_stayed_in_touch_with() -> None:
    known = FieldsSet({"email": "a@x.pl"}, MARCH + DAY)
    assert due(closed(known, verify_contact=True)) == [("L-7", date(2026, 6, 2))]


def test_the_first_due_come_first_and_ties_go_by_id() -> None:
    early = Lead("z", lifecycle="customer", events=[Activity("call", MARCH - DAY)])
    assert [id for id, _ in due(closed(id="b"), closed(id="a"), early)] == ["z", "a", "b"]


def test_a_reminder_that_is_set_twice_is_one_task() -> None:
    [reminder] = stay_in_touch([closed()], "3 months", as_of=JUNE)
    lead = closed(reminder.task(JUNE, rep="ada"), reminder.task(JUNE + DAY, rep="ada"))
    [task] = lead.tasks
    assert (task.kind, task.due, task.rep) == ("stay_in_touch", date(2026, 6, 2), "ada")
    assert task.id == "stay-in-touch-2026-06-02"


# Bad input


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: revisit(closed(), JUNE), InvalidValue, "an iterable of Lead"),  # type: ignore[arg-type]
        (lambda: revisit([closed(), 5], JUNE), InvalidValue, r"leads\[1\]: expected a Lead"),  # type: ignore[list-item]
        (lambda: revisit([closed()], JUNE.replace(tzinfo=None)), NaiveDatetime, "as_of"),
        (lambda: revisit([closed()], JUNE.date()), InvalidValue, "as_of"),  # type: ignore[arg-type]
        (lambda: revisit([closed()], JUNE, {}), InvalidValue, "rules"),  # type: ignore[arg-type]
        (lambda: not_contacted_since("L-7", "1 day", as_of=JUNE), InvalidValue, "iterable of Lead"),  # type: ignore[arg-type]
        (lambda: not_contacted_since([], "6 hours", as_of=JUNE), InvalidValue, "span of whole days"),
        (lambda: not_contacted_since([], "soon", as_of=JUNE), InvalidValue, "span"),
        (lambda: not_contacted_since([], "1 day", as_of=JUNE.replace(tzinfo=None)), NaiveDatetime, "as_of"),
        (
            lambda: not_contacted_since([], "1 day", as_of=JUNE, outcome="unqualifed"),  # type: ignore[arg-type]
            InvalidValue,
            "did you mean 'unqualified'",
        ),
        (lambda: stay_in_touch([], "90 minutes", as_of=JUNE), InvalidValue, "every: .*whole days"),
        (lambda: stay_in_touch([], "1 day", as_of=JUNE, rules=5), InvalidValue, "rules"),  # type: ignore[arg-type]
        (lambda: stay_in_touch([None], "1 day", as_of=JUNE), InvalidValue, r"leads\[0\]"),  # type: ignore[list-item]
        (lambda: stay_in_touch([], "1 day", as_of=JUNE.replace(tzinfo=None)), NaiveDatetime, "as_of"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_with_its_place(
    call: Callable[[], tuple[Revisit, ...]], error: type[LeadflowError], words: str
) -> None:
    with pytest.raises(error, match=words):
        call()

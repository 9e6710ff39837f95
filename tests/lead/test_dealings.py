"""What a lead's log tells about the dealings with it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given

from leadflow import Lead
from leadflow.events import (
    Activity,
    Conversion,
    Disposition,
    Erased,
    Event,
    FieldsSet,
    Note,
    Overridden,
    Rated,
    Reopened,
    Scored,
    Snoozed,
    StageChange,
    Tagged,
    TaskDone,
    TaskSet,
)
from leadflow.lead import Dealings
from tests.strategies import leads


def day(number: int, hour: int = 12) -> datetime:
    return datetime(2026, 3, number, hour, tzinfo=UTC)


def dealings(*events: Event) -> Dealings:
    return Dealings.of(Lead("L", events=events))


def call(number: int, *, answered: bool | None = False) -> Activity:
    return Activity("call", day(number), answered=answered)


def email(number: int, kind: str = "email_sent") -> Activity:
    return Activity(kind, day(number))


def test_an_empty_log_tells_nothing() -> None:
    nothing = dealings()
    assert nothing == Dealings([], tasks={})
    assert nothing.last_email_at is None
    assert (nothing.tries, nothing.tries_by_channel(), nothing.next_task()) == (0, {}, None)


def test_events_of_other_kinds_change_nothing() -> None:
    others = (Note("hello", day(1)), Tagged("vip", day(2)), Erased(["phone"], day(3)))
    assert dealings(*others, email(4, "page_viewed")) == dealings()


# Attempts


def test_attempts_are_outgoing_on_a_channel_oldest_first() -> None:
    log = [
        email(3),
        call(1),
        email(2, "email_opened"),
        Activity("letter", day(4), direction="out"),
        Activity("fax", day(5), channel="fax", direction="out"),
    ]
    found = dealings(*log)
    assert [attempt.at for attempt in found.attempts] == [day(1), day(3), day(5)]
    assert found.attempts == list(Lead("L", events=log).attempts())


def test_the_latest_email_is_one_that_was_sent_to_the_lead() -> None:
    assert dealings(email(1), email(2), call(3), email(4, "email_replied")).last_email_at == day(2)
    assert dealings(call(1)).last_email_at is None


def test_emails_are_no_tries_but_are_counted_by_channel() -> None:
    found = dealings(call(1), email(1), call(2, answered=None), email(3))
    assert found.tries == 2
    assert found.tries_by_channel() == {"phone": 2, "email": 2}


@pytest.mark.parametrize(
    "spoken",
    [
        call(3, answered=True),
        Activity("meeting", day(3), answered=True),
        Activity("meeting", day(3)),
        Activity("call_received", day(3)),
        Activity("call_received", day(3), answered=True),
    ],
)
def test_speaking_to_the_lead_starts_the_count_anew(spoken: Activity) -> None:
    found = dealings(call(1), email(2), spoken, call(4), email(5))
    assert found.last_spoken == spoken
    assert (found.tries, found.tries_by_channel()) == (1, {"phone": 1, "email": 1})
    assert dealings(call(1), spoken).tries == 0


def test_the_latest_of_several_talks_is_the_last_spoken() -> None:
    talks = [call(1, answered=True), Activity("call_received", day(2)), call(3, answered=True)]
    assert dealings(*talks, call(4)).last_spoken == talks[-1]
    assert dealings(*talks[:2]).last_spoken == talks[1]


def test_a_meeting_that_the_lead_missed_is_a_try() -> None:
    found = dealings(call(1), Activity("meeting", day(2), answered=False))
    assert (found.last_spoken, found.tries) == (None, 2)


def test_a_missed_incoming_call_is_not_speaking() -> None:
    found = dealings(call(1), Activity("call_received", day(2), answered=False))
    assert (found.last_spoken, found.tries) == (None, 1)


def test_reopening_starts_the_count_anew_and_keeps_who_was_spoken_to() -> None:
    spoken = call(1, answered=True)
    found = dealings(spoken, call(2), Reopened("working", day(3)), call(4))
    assert (found.tries, found.last_spoken, len(found.attempts)) == (1, spoken, 3)


# The stage and the end


@pytest.mark.parametrize(
    "entering",
    [
        StageChange("working", day(4)),
        Reopened("working", day(4)),
        Conversion("sales", "new", day(4)),
    ],
)
def test_the_stage_was_entered_by_a_change_a_reopening_or_a_conversion(entering: Event) -> None:
    assert dealings(StageChange("new", day(1)), entering, call(5)).entered_at == day(4)


def test_the_disposition_that_stands_is_the_leads() -> None:
    first, second = Disposition("lost", day(2)), Disposition("unqualified", day(3))
    logs: list[list[Event]] = [[first], [first, second], [first, Reopened("new", day(4))]]
    for log in logs:
        lead = Lead("L", events=log)
        assert Dealings.of(lead).disposition == lead.disposition
    assert dealings(first, second).disposition == second


def test_reopening_clears_the_disposition_and_opens_no_closed_channel() -> None:
    closed = Disposition("removed", day(2), never=["phone"])
    again = Disposition("lost", day(4), never=["sms", "email"])
    found = dealings(closed, Reopened("new", day(3)), again, Reopened("new", day(5)))
    assert found.disposition is None
    assert found.never == {"phone", "sms", "email"}
    assert dealings(Disposition("lost", day(1))).never == frozenset()


@pytest.mark.parametrize(
    ("log", "postponed"),
    [
        ([], None),
        ([Disposition("lost", day(1))], None),
        ([Disposition("lost", day(1), contact_again=date(2026, 9, 1))], 0),
        (
            [
                Disposition("lost", day(1), contact_again=date(2026, 9, 1)),
                Disposition("won", day(2)),
            ],
            0,
        ),
        (
            [
                Disposition("lost", day(1), contact_again=date(2026, 9, 1)),
                Disposition("lost", day(2), contact_again=date(2026, 6, 1)),
            ],
            0,
        ),
        (
            [
                Disposition("lost", day(1), contact_again=date(2026, 6, 1)),
                Disposition("lost", day(2), contact_again=date(2026, 9, 1)),
            ],
            1,
        ),
        (
            [
                Disposition("lost", day(1), contact_again=date(2026, 6, 1)),
                Disposition("unqualified", day(2), contact_again=date(2026, 6, 1)),
            ],
            1,
        ),
        ([Disposition("lost", day(1), contact_again=date.max), Reopened("new", day(2))], None),
        (
            [
                Disposition("lost", day(1), contact_again=date(2026, 9, 1)),
                Reopened("new", day(2)),
                Disposition("lost", day(3), contact_again=date(2026, 6, 1)),
            ],
            2,
        ),
    ],
)
def test_the_latest_date_to_contact_the_lead_again_since_it_was_reopened_counts(
    log: list[Disposition], postponed: int | None
) -> None:
    found = dealings(*log)
    wanted = None if postponed is None else log[postponed]
    assert found.postponed == wanted
    assert found.waits_until == (None if wanted is None else wanted.contact_again)


# Tasks


def test_tasks_that_are_done_are_gone_and_one_set_anew_replaces_the_old() -> None:
    anew = TaskSet("T-1", day(3), due=date(2026, 3, 9))
    found = dealings(
        TaskSet("T-1", day(1), due=date(2026, 3, 5)),
        TaskSet("T-2", day(2)),
        anew,
        TaskDone("T-2", day(4)),
        TaskDone("T-9", day(4)),
    )
    assert found.tasks == {"T-1": anew}


def test_a_task_that_was_done_and_set_anew_is_open() -> None:
    anew = TaskSet("T-1", day(3))
    assert dealings(TaskSet("T-1", day(1)), TaskDone("T-1", day(2)), anew).tasks == {"T-1": anew}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (date(2026, 3, 8), date(2026, 3, 9)),
        (date(2026, 3, 9), day(9, 1)),
        (day(8, 23), date(2026, 3, 9)),
        (datetime(2026, 3, 9, 1, tzinfo=timezone(timedelta(hours=2))), date(2026, 3, 9)),
        (date(2026, 3, 9), None),
        (date.max, None),
        (datetime.max.replace(tzinfo=UTC), None),
    ],
)
def test_the_next_task_is_due_first(
    first: date | datetime | None, second: date | datetime | None
) -> None:
    for ids in (("a", "b"), ("b", "a")):
        wanted = TaskSet(ids[0], day(1), due=first)
        assert dealings(wanted, TaskSet(ids[1], day(1), due=second)).next_task() == wanted


@pytest.mark.parametrize("due", [None, date(2026, 3, 9), day(9)])
def test_of_tasks_due_at_once_the_smaller_id_is_next(due: date | datetime | None) -> None:
    tasks = [TaskSet(id, day(number), due=due) for number, id in enumerate("bac", start=1)]
    assert dealings(*tasks).next_task() == tasks[1]


# E-mail


@pytest.mark.parametrize(
    "after", [email(2, "email_clicked"), email(2), FieldsSet({"email": "a@b.example"}, day(2))]
)
def test_unsubscribed_lasts_until_subscribed_again(after: Event) -> None:
    log = (email(1, "email_unsubscribed"), after)
    assert dealings(*log).unsubscribed_at == day(1)
    again = (*log, email(3, "newsletter_subscribed"))
    assert dealings(*again).unsubscribed_at is None
    assert dealings(*again, email(4, "email_unsubscribed")).unsubscribed_at == day(4)


@pytest.mark.parametrize(
    "after",
    [
        FieldsSet({"email": "a@b.example", "employees": 5}, day(2)),
        *(email(2, f"email_{what}") for what in ("opened", "clicked", "replied", "forwarded")),
    ],
)
def test_bounced_lasts_until_a_new_address_or_a_sign_of_life(after: Event) -> None:
    assert dealings(email(1, "email_bounced"), after).bounced_at is None
    assert dealings(after, email(3, "email_bounced")).bounced_at == day(3)


@pytest.mark.parametrize(
    "after",
    [
        email(2),
        email(2, "email_unsubscribed"),
        email(2, "newsletter_subscribed"),
        Activity("call_received", day(2)),
        FieldsSet({"phone": "1"}, day(2)),
        Erased(["email"], day(2)),
    ],
)
def test_bounced_is_not_lifted_by_anything_else(after: Event) -> None:
    assert dealings(email(1, "email_bounced"), after).bounced_at == day(1)


# What people and machines decided


def test_the_latest_snooze_and_override_of_the_rating_are_kept_even_if_they_ended() -> None:
    snoozed = Snoozed(date(2026, 3, 5), day(2), reason="holiday")
    lifted = Overridden("rating", None, day(3), reason="a mistake")
    found = dealings(
        Snoozed(date(2026, 9, 1), day(1), reason="budget"),
        snoozed,
        Overridden("rating", "hot", day(1), reason="met the board"),
        lifted,
        Overridden("owner", "ann", day(4), reason="knows them"),
    )
    assert (found.snoozed, found.overridden) == (snoozed, lifted)


def test_engagement_is_that_of_the_latest_score_that_has_one() -> None:
    scores = Scored(50, day(1), engagement=20), Scored(60, day(2), engagement=0), Scored(9, day(3))
    assert dealings(*scores).engagement == 0
    assert dealings(scores[-1]).engagement is None


def test_readiness_is_what_the_rater_of_that_name_said_last() -> None:
    rated = (
        Rated("nudge", day(1), rater="readiness"),
        Rated("zombie", day(2), rater="readiness"),
        Rated("hot", day(3), rater="thresholds"),
        Rated("cold", day(4)),
    )
    assert dealings(*rated).readiness == "zombie"
    assert dealings(*rated[2:]).readiness is None


# Laws


@given(leads())
def test_law_dealings_agree_with_what_the_lead_itself_tells(lead: Lead) -> None:
    found = Dealings.of(lead)
    assert tuple(found.attempts) == lead.attempts()
    assert {task.id for task in lead.tasks if task.is_open} == set(found.tasks)
    assert found.disposition == lead.disposition
    last = found.attempts[-1].at if found.attempts else None
    assert last == lead.last_contacted_at


@given(leads())
def test_law_tries_are_never_more_than_attempts(lead: Lead) -> None:
    found = Dealings.of(lead)
    by_channel = dict(found.tries_by_channel())
    assert found.tries == sum(by_channel.values()) - by_channel.get("email", 0)
    assert sum(by_channel.values()) == len(found.attempts) - found.attempts_before

"""The next thing to do about a lead."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from leadflow import Lead
from leadflow.contact import ContactRules, may_contact
from leadflow.errors import InvalidDefinition, InvalidValue, LeadflowError, NaiveDatetime
from leadflow.events import (
    Activity,
    Conversion,
    Disposition,
    Event,
    Overridden,
    Rated,
    Reopened,
    Scored,
    Snoozed,
    StageChange,
    TaskDone,
    TaskSet,
)
from leadflow.pipeline import NextAction, Pipeline, Stage, next_action
from leadflow.scoring import Readiness

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TODAY = NOON.date()
ADDRESSES: dict[str, Any] = {"phone": "+48 1", "email": "ada@example.com"}
SALES = Pipeline.linear(
    "sales",
    [
        Stage("new", respond_within="10 minutes"),
        Stage("no_answer", attempts=6),
        Stage("first_contact", follow_up="2 days"),
        Stage("in_process", follow_up="3 days"),
        Stage("proposal"),
        Stage("waiting", kind="on_hold"),
        Stage("resting", kind="on_hold", follow_up="1 month"),
        Stage("customer", kind="won", follow_up="6 months"),
        Stage("inactive", kind="won"),
        Stage("not_interested", kind="lost", follow_up="3 months"),
        Stage("lost", kind="lost"),
    ],
)


def day(number: int, hour: int = 12) -> datetime:
    return datetime(2026, 3, number, hour, tzinfo=UTC)


def ago(days: float = 0, **how: float) -> datetime:
    return NOON - timedelta(days=days, **how)


def lead(stage: str | None, *events: Event, **given: Any) -> Lead:
    return Lead("L-7", stage=stage, events=events, **({"fields": ADDRESSES} | given))


def upcoming(found: Lead, as_of: datetime = NOON, **how: Any) -> NextAction:
    return next_action(found, as_of, SALES, **how)


def plan(found: Lead, as_of: datetime = NOON, **how: Any) -> tuple[object, ...]:
    """Why, what and when."""
    action = upcoming(found, as_of, **how)
    return action.why, action.kind, action.due


def call(at: datetime, *, answered: bool | None = False) -> Activity:
    return Activity("call", at, answered=answered)


def calls(number: int) -> list[Activity]:
    """So many calls without an answer, an hour apart; the last a day and an hour ago."""
    return [call(ago(1, hours=hours)) for hours in range(number, 0, -1)]


# New leads


def test_nobody_has_spoken_to_a_new_lead_so_it_is_called_within_the_stages_limit() -> None:
    action = upcoming(lead("new", created_at=NOON))
    assert (action.why, action.kind) == ("first_contact", "call")
    assert action.due == NOON + timedelta(minutes=10)
    assert str(action) == (
        "call on 2026-03-02 12:10 UTC: nobody has spoken to the lead yet; within 10 minutes"
    )


@pytest.mark.parametrize("stage", ["new", None])
def test_a_lead_that_stands_nowhere_yet_is_new_too(stage: str | None) -> None:
    assert upcoming(lead(stage, created_at=NOON)).why == "first_contact"


def test_without_a_limit_a_new_lead_is_due_when_it_came_in() -> None:
    came = ago(3)
    action = next_action(lead("anywhere", created_at=came), NOON)
    assert (action.due, action.stage) == (came, None)
    assert action.because == "nobody has spoken to the lead yet"


def test_a_new_lead_whose_coming_in_is_unknown_counts_from_entering_the_stage() -> None:
    assert plan(lead(None, StageChange("new", ago(1)))) == (
        "first_contact", "call", ago(1) + timedelta(minutes=10),
    )  # fmt: skip


def test_a_new_lead_counts_from_coming_in_and_not_from_a_later_step() -> None:
    found = lead(None, StageChange("new", ago(1)), created_at=ago(2))
    assert upcoming(found).due == ago(2) + timedelta(minutes=10)


def test_a_new_lead_of_which_no_time_is_known_has_no_due_time() -> None:
    action = upcoming(lead("new"))
    assert action.due is None
    assert str(action) == "call: nobody has spoken to the lead yet; within 10 minutes"


def test_an_e_mail_is_no_try_to_speak_to_a_new_lead() -> None:
    assert upcoming(lead("new", Activity("email_sent", ago(1)))).why == "first_contact"


# W4: no answer


def test_w4_a_call_without_an_answer_is_tried_again_a_day_later() -> None:
    assert plan(lead("no_answer", call(ago(1)))) == ("retry", "call", TODAY)


def test_w4_the_stages_follow_up_says_how_long_to_wait_before_the_next_try() -> None:
    spoken = call(ago(5), answered=True)
    assert plan(lead("first_contact", spoken, call(ago(1)))) == (
        "retry", "call", TODAY + timedelta(days=1),
    )  # fmt: skip


def test_w4_without_a_known_stage_a_call_is_tried_again_a_day_later() -> None:
    action = next_action(lead("elsewhere", call(ago(1))), NOON)
    assert (action.why, action.due) == ("retry", TODAY)
    assert action.because.startswith("1 attempt without an answer (phone 1)")


def test_w4_attempts_are_counted_by_channel() -> None:
    kinds = ["call", "voicemail", "linkedin_message", "call", "email_sent"]
    log: list[Event] = [Activity(kind, ago(1, hours=-place)) for place, kind in enumerate(kinds)]
    action = upcoming(lead("no_answer", *log))
    assert action.attempts == {"phone": 3, "linkedin": 1, "email": 1}
    assert action.because == "4 of 6 attempts without an answer (phone 3, linkedin 1, email 1)"


@pytest.mark.parametrize("made", [1, 5])
def test_w4_five_attempts_are_not_enough(made: int) -> None:
    assert upcoming(lead("no_answer", *calls(made))).why == "retry"


@pytest.mark.parametrize("made", [6, 7])
def test_w4_after_six_attempts_the_lead_may_be_closed_as_unreachable(made: int) -> None:
    action = upcoming(lead("no_answer", *calls(made)))
    assert (action.why, action.kind, action.due) == ("unreachable", "close", TODAY)
    assert action.because == (
        f"{made} of 6 attempts without an answer (phone {made}): may be closed as unreachable"
    )
    assert not action.is_contact


def test_w4_e_mails_accompany_attempts_and_are_not_counted() -> None:
    mails = [Activity("email_sent", ago(hours=hours)) for hours in range(6)]
    assert upcoming(lead("no_answer", *calls(5), *mails)).why == "retry"


@pytest.mark.parametrize(
    ("answer", "after"),
    [
        (call(ago(1), answered=True), "retry"),
        (Activity("meeting", ago(1)), "retry"),
        (Activity("call_received", ago(1)), "retry"),
        (Reopened("no_answer", ago(1)), "retry"),
        (Activity("email_opened", ago(1)), "unreachable"),
        (Activity("meeting", ago(1), answered=False), "unreachable"),
    ],
)
def test_w4_an_answered_call_or_a_meeting_starts_anew(answer: Event, after: str) -> None:
    log: list[Event] = [*calls(6), answer, call(ago(hours=1))]
    action = upcoming(lead("no_answer", *log))
    assert action.why == after
    if after == "retry":
        assert action.attempts == {"phone": 1}


def test_w4_spoken_to_and_without_a_plan_there_should_be_a_next_action() -> None:
    assert upcoming(lead("no_answer", call(ago(1), answered=True))).is_missing


def test_w4_an_e_mail_is_proposed_once_after_each_attempt() -> None:
    first, second = call(ago(3)), call(ago(1))
    mail = Activity("email_sent", ago(2))
    same = Activity("email_sent", second.at)
    logs: list[list[Event]] = [
        [first], [first, mail], [first, mail, second], [first, second, same]
    ]  # fmt: skip
    proposed = [upcoming(lead("no_answer", *log)).accompany for log in logs]
    assert proposed == ["email", None, "email", None]


def test_w4_the_e_mail_does_not_put_off_the_next_try() -> None:
    assert plan(lead("no_answer", call(ago(1)), Activity("email_sent", NOON))) == (
        "retry", "call", TODAY,
    )  # fmt: skip


def test_w4_the_e_mail_is_said_in_words() -> None:
    words = "1 of 6 attempts without an answer (phone 1)"
    assert upcoming(lead("no_answer", call(ago(1)))).because == (
        f"{words}; write a personal e-mail as well"
    )


def test_w4_the_last_attempt_may_have_its_e_mail_too() -> None:
    assert upcoming(lead("no_answer", *calls(6))).accompany == "email"


def test_only_an_attempt_without_an_answer_is_accompanied() -> None:
    assert upcoming(lead("new", created_at=NOON)).accompany is None
    assert upcoming(lead("first_contact", call(ago(1), answered=True))).accompany is None


@pytest.mark.parametrize(
    ("events", "fields"),
    [
        ([Activity("email_unsubscribed", ago(9))], ADDRESSES),
        ([Activity("email_bounced", ago(9))], ADDRESSES),
        (
            [Disposition("lost", ago(9), never=["email"]), Reopened("no_answer", ago(8))],
            ADDRESSES,
        ),
        ([], ADDRESSES | {"do_not_email": True}),
        ([], {"phone": "+48 1"}),
    ],
)
def test_no_e_mail_is_proposed_that_may_not_be_sent(
    events: Iterable[Event], fields: dict[str, Any]
) -> None:
    action = upcoming(lead("no_answer", *events, call(ago(1)), fields=fields))
    assert (action.why, action.accompany) == ("retry", None)
    assert "e-mail" not in action.because


def test_rules_of_ones_own_say_whether_the_e_mail_may_be_sent() -> None:
    found = lead("no_answer", call(ago(1)), fields={"mail": "a@example.com"})
    rules = ContactRules(addresses={"email": ["mail"]})
    assert upcoming(found).accompany is None
    assert upcoming(found, rules=rules).accompany == "email"


# W5 and W6: open stages


def test_w5_first_contact_sets_the_follow_up_two_days_ahead() -> None:
    action = upcoming(lead("first_contact", call(NOON, answered=True)))
    assert (action.why, action.kind, action.due) == ("follow_up", "call", date(2026, 3, 4))
    assert action.because == (
        "last contact 2026-03-02 12:00 UTC; first_contact follows up after 2 days"
    )


@pytest.mark.parametrize("kind", ["demo", "meeting", "call"])
def test_w5_the_follow_up_may_be_of_an_agreed_kind(kind: str) -> None:
    agreed = TaskSet("T-1", NOON, due=date(2026, 3, 9), kind=kind, title="after the quote")
    action = upcoming(lead("first_contact", call(NOON, answered=True), agreed))
    assert str(action) == f"{kind} on 2026-03-09: task T-1, after the quote"
    assert action.is_contact


def test_w5_a_lead_in_an_open_stage_with_no_follow_up_and_no_task_is_flagged() -> None:
    action = upcoming(lead("proposal", call(NOON, answered=True)))
    assert action.is_missing
    assert (action.why, action.kind, action.due) == ("unplanned", None, None)
    assert str(action) == "no next action is planned; the lead will probably not buy"


def test_w5_with_a_task_the_lead_is_not_flagged() -> None:
    task = TaskSet("T-1", NOON, due=TODAY)
    assert not upcoming(lead("proposal", task)).is_missing
    assert upcoming(lead("proposal", task, TaskDone("T-1", NOON))).is_missing


def test_w5_a_lead_outside_the_pipelines_that_were_given_is_flagged() -> None:
    elsewhere = lead("new", pipeline="support", created_at=NOON)
    assert upcoming(elsewhere).is_missing


def test_w6_in_process_the_lead_is_contacted_every_few_days() -> None:
    talks = [call(ago(days), answered=True) for days in (7, 4, 1)]
    for place in (1, 2, 3):
        due = (talks[place - 1].at + timedelta(days=3)).date()
        assert plan(lead("in_process", *talks[:place])) == ("follow_up", "call", due)


@pytest.mark.parametrize(
    ("log", "label"),
    [
        ([call(day(1), answered=True)], "last contact"),
        ([Activity("email_sent", day(1))], "last contact"),
        ([call(ago(60), answered=True), Activity("call_received", day(1))], "last contact"),
        ([Activity("call_received", ago(60)), Activity("email_sent", day(1))], "last contact"),
        ([Activity("call_received", day(1))], "last contact"),
        ([StageChange("in_process", day(1))], "no contact since"),
    ],
)
def test_w6_the_follow_up_counts_from_the_last_contact_or_from_entering(
    log: list[Event], label: str
) -> None:
    action = upcoming(lead("in_process", *log))
    assert action.due == date(2026, 3, 4)
    assert action.because == (f"{label} 2026-03-01 12:00 UTC; in_process follows up after 3 days")


def test_w6_without_contact_or_a_step_the_follow_up_counts_from_coming_in() -> None:
    action = upcoming(lead("in_process", created_at=day(1)))
    assert str(action) == (
        "call on 2026-03-04: came in 2026-03-01 12:00 UTC; in_process follows up after 3 days"
    )


def test_w6_where_no_time_is_known_the_follow_up_has_no_date() -> None:
    action = upcoming(lead("in_process"))
    assert str(action) == "call: no contact yet; in_process follows up after 3 days"


def test_a_follow_up_in_hours_is_due_to_the_second() -> None:
    quick = Pipeline.linear("q", [Stage("s", follow_up="1 day 2 hours"), Stage("won", kind="won")])
    action = next_action(lead("s", call(NOON, answered=True)), NOON, quick)
    assert action.due == NOON + timedelta(hours=26)


def test_a_follow_up_in_days_counts_from_the_date_where_the_day_begins() -> None:
    spoken = call(datetime(2026, 3, 1, 23, 30, tzinfo=UTC), answered=True)
    assert upcoming(lead("first_contact", spoken)).due == date(2026, 3, 3)
    for where in ({"time_zone": "Asia/Tokyo"}, {}):
        zone = None if where else "Asia/Tokyo"
        action = upcoming(lead("first_contact", spoken, **where), zone=zone)
        assert action.due == date(2026, 3, 4)


def test_a_follow_up_beyond_the_calendar_never_comes() -> None:
    never = Stage("never", follow_up="9000 years", respond_within="9000 years")
    far = Pipeline.linear("far", [never, Stage("won", kind="won")])
    for found in (lead("never", call(NOON, answered=True)), lead("never", created_at=NOON)):
        assert next_action(found, NOON, far).due == date.max


# W7 and W8: closed leads


def closed(stage: str, at: datetime, *events: Event, **given: Any) -> Lead:
    outcome: Any = given.pop("outcome", "lost")
    ending = Disposition(outcome, at, **given)
    return lead(None, ending, StageChange(stage, at), *events)


def test_w7_a_lead_that_is_not_interested_is_contacted_quarterly_after_closing() -> None:
    action = upcoming(closed("not_interested", ago(30), call(ago(40), answered=True)))
    assert (action.why, action.kind) == ("stay_in_touch", "stay_in_touch")
    assert action.due == date(2026, 4, 30)
    assert action.because == (
        "closed 2026-01-31 12:00 UTC; not_interested follows up after 3 months"
    )


def test_w7_the_next_quarter_begins_with_the_contact_made() -> None:
    action = upcoming(closed("not_interested", ago(100), Activity("email_sent", ago(1))))
    assert action.due == date(2026, 6, 1)
    assert action.because.startswith("last contact 2026-03-01 12:00 UTC; not_interested")


def test_w7_a_date_to_contact_again_wins() -> None:
    found = closed(
        "not_interested", ago(30), contact_again=date(2026, 9, 1), reason="price"
    )  # fmt: skip
    action = upcoming(found)
    assert (action.why, action.due) == ("stay_in_touch", date(2026, 9, 1))
    assert action.because == "lost (price), to be contacted again then"


def test_w7_a_date_to_contact_again_needs_neither_stage_nor_reason() -> None:
    found = lead(None, Disposition("removed", ago(1), contact_again=date(2026, 9, 1)))
    assert upcoming(found).because == "removed, to be contacted again then"
    assert plan(found) == ("stay_in_touch", "stay_in_touch", date(2026, 9, 1))


@pytest.mark.parametrize(
    ("stage", "why", "due"),
    [("not_interested", "stay_in_touch", date(2026, 6, 1)), ("lost", "closed", None)],
)
def test_w7_once_the_lead_is_contacted_again_the_date_has_done_its_work(
    stage: str, why: str, due: date | None
) -> None:
    again = date(2026, 3, 1)
    waiting = closed(stage, ago(90), call(ago(2)), contact_again=again)
    done = closed(stage, ago(90), call(ago(1)), contact_again=again)
    assert plan(waiting) == ("stay_in_touch", "stay_in_touch", again)
    assert (upcoming(done).why, upcoming(done).due) == (why, due)


@pytest.mark.parametrize("first", [date(2026, 6, 1), date(2026, 9, 1)])
def test_w7_of_several_dates_to_contact_again_the_latest_counts(first: date) -> None:
    second = date(2026, 6, 1) if first.month == 9 else date(2026, 9, 1)
    again = Disposition("unqualified", ago(20), contact_again=second, reason="no time")
    found = closed("not_interested", ago(30), again, contact_again=first, reason="no time")
    action = upcoming(found)
    outcome = "lost" if first > second else "unqualified"
    assert (action.why, action.due) == ("stay_in_touch", date(2026, 9, 1))
    assert action.because == f"{outcome} (no time), to be contacted again then"
    answer = may_contact(found, "phone", NOON, ContactRules(addresses={}))
    assert (answer.code, answer.until) == ("waiting", datetime(2026, 9, 1, tzinfo=UTC))


def test_a_call_planned_for_a_lead_that_waits_is_refused_until_the_date() -> None:
    task = TaskSet("T-1", ago(1), kind="call")
    found = closed("lost", ago(2), task, contact_again=date(2026, 3, 9))
    action = upcoming(found)
    assert (action.why, action.kind) == ("task", "call")
    answer = action.permission(NOON, ContactRules(addresses={}))
    assert (answer.code, answer.until) == ("waiting", datetime(2026, 3, 9, tzinfo=UTC))


@pytest.mark.parametrize("stage", ["not_interested", "customer", "lost"])
def test_w7_do_not_contact_ends_it(stage: str) -> None:
    found = closed(stage, ago(300), contact_again=date(2026, 3, 1), never=["all"])
    action = upcoming(found)
    assert (action.why, action.kind, action.due) == ("do_not_contact", None, None)
    assert (action.is_idle, str(action)) == (True, "closed, and never to be contacted")


def test_w7_after_do_not_contact_only_work_that_is_no_contact_is_left() -> None:
    tasks: list[Event] = [
        TaskSet("T-1", ago(2), kind="call"),
        TaskSet("T-2", ago(1), title="delete the data"),
    ]
    found = closed("lost", ago(3), *tasks, never=["all"])
    assert str(upcoming(found)) == "task: task T-2, delete the data"
    assert upcoming(closed("lost", ago(3), tasks[0], never=["all"])).why == "do_not_contact"


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (lead("lost"), "closed in lost"),
        (lead("inactive"), "closed in inactive"),
        (lead(None, Disposition("lost", NOON)), "closed as lost"),
        (lead("elsewhere", Disposition("unqualified", NOON)), "closed as unqualified"),
        (lead("new", Disposition("removed", NOON, reason="spam")), "closed as removed: spam"),
        (lead("in_process", Disposition("lost", NOON)), "closed as lost"),
    ],
)
def test_a_closed_lead_without_any_date_needs_nothing(found: Lead, words: str) -> None:
    action = upcoming(found)
    assert (action.why, str(action), action.is_idle, action.is_missing) == (
        "closed", words, True, False,
    )  # fmt: skip


@pytest.mark.parametrize("outcome", ["qualified", "converted"])
def test_a_disposition_that_goes_on_closes_nothing(outcome: Any) -> None:
    assert upcoming(lead("elsewhere", Disposition(outcome, NOON))).is_missing


def test_w8_the_relation_with_a_customer_goes_on() -> None:
    found = closed("customer", ago(1), call(ago(2), answered=True), outcome="won")
    assert plan(found) == ("stay_in_touch", "stay_in_touch", date(2026, 9, 1))


def test_w8_a_customer_of_whom_no_time_is_known_is_due_today() -> None:
    action = upcoming(lead("customer"))
    assert action.due == TODAY
    assert action.because == "no contact yet; customer follows up after 6 months"


def test_w8_a_customer_since_the_start_counts_from_coming_in() -> None:
    assert upcoming(lead("customer", created_at=ago(1))).due == date(2026, 9, 1)


def test_tasks_set_before_closing_do_not_count() -> None:
    before, after = TaskSet("T-1", ago(4)), TaskSet("T-2", ago(2), kind="call", due=TODAY)
    assert upcoming(closed("lost", ago(3), before)).why == "closed"
    assert plan(closed("lost", ago(3), before, after)) == ("task", "call", TODAY)


def test_a_task_set_between_disposition_and_move_counts() -> None:
    log: list[Event] = [
        Disposition("lost", ago(3)),
        TaskSet("T-1", ago(2)),
        StageChange("lost", ago(1)),
    ]
    assert upcoming(lead("proposal", *log)).why == "task"


def test_a_task_set_with_the_closing_counts() -> None:
    log: list[Event] = [StageChange("customer", NOON), TaskSet("T-1", NOON)]
    assert upcoming(lead("proposal", *log)).why == "task"


def test_w8_a_task_of_a_customer_lives_on_when_the_customer_becomes_inactive() -> None:
    log: list[Event] = [
        Conversion("sales", "proposal", ago(9)),
        TaskSet("T-1", ago(8)),
        StageChange("customer", ago(7)),
        TaskSet("T-2", ago(6), kind="call"),
        StageChange("inactive", ago(5)),
    ]
    action = upcoming(lead("new", *log))
    assert action.task is not None
    assert action.task.task == "T-2"


def test_a_qualification_long_ago_is_not_the_closing() -> None:
    log: list[Event] = [
        Disposition("qualified", ago(9)),
        TaskSet("T-1", ago(8)),
        StageChange("lost", ago(7)),
    ]
    assert upcoming(lead("proposal", *log)).why == "closed"


@pytest.mark.parametrize(
    ("step", "why"),
    [(StageChange("elsewhere", ago(3)), "task"), (Reopened("elsewhere", ago(3)), "unplanned")],
)
def test_where_the_stage_is_not_known_the_disposition_tells_the_closing(
    step: Event, why: str
) -> None:
    log: list[Event] = [
        Disposition("lost", ago(5)),
        TaskSet("T-1", ago(4)),
        step,
        TaskDone("T-1", ago(2)),
    ]
    assert upcoming(lead(None, *log[:-1])).why == "task"
    assert upcoming(lead(None, *log)).why == {"task": "closed"}.get(why, why)


def test_a_new_disposition_after_an_unknown_reopening_closes_anew() -> None:
    log: list[Event] = [
        Disposition("lost", ago(5)),
        TaskSet("T-1", ago(4)),
        Reopened("elsewhere", ago(3)),
        Disposition("lost", ago(2)),
    ]
    assert upcoming(lead(None, *log)).why == "closed"
    assert upcoming(lead(None, *log, TaskSet("T-2", ago(1)))).why == "task"


def test_tasks_count_of_a_lead_that_was_closed_from_the_start() -> None:
    assert upcoming(lead("lost", TaskSet("T-1", NOON))).why == "task"


# On hold


def test_a_lead_on_hold_rests() -> None:
    action = upcoming(lead("waiting", call(ago(3)), call(ago(2))))
    assert (action.why, action.kind, action.is_idle) == ("on_hold", None, True)
    assert str(action) == "on hold in waiting"


def test_a_lead_on_hold_is_contacted_again_after_the_stages_follow_up() -> None:
    log: list[Event] = [call(ago(40)), StageChange("resting", ago(1))]
    action = upcoming(lead("new", *log))
    assert (action.why, action.due) == ("stay_in_touch", date(2026, 4, 1))
    assert action.because == (
        "on hold since 2026-03-01 12:00 UTC; resting follows up after 1 month"
    )


def test_a_lead_on_hold_is_contacted_again_on_the_date_its_disposition_names() -> None:
    later = Disposition("unqualified", ago(1), reason="not ready", contact_again=date(2026, 9, 1))
    action = upcoming(lead("waiting", later))
    assert str(action) == (
        "stay_in_touch on 2026-09-01: unqualified (not ready), to be contacted again then"
    )


# Snoozed


def snooze(until: date, at: datetime = NOON, reason: str = "on holiday") -> Snoozed:
    return Snoozed(until, at, reason=reason)


def test_a_snoozed_lead_waits_for_the_date_with_its_reason() -> None:
    action = upcoming(lead("new", snooze(date(2026, 3, 9)), created_at=NOON))
    assert (action.why, action.kind, action.due) == ("snoozed", "call", date(2026, 3, 9))
    assert str(action) == "call on 2026-03-09: snoozed: on holiday"


def test_a_snooze_ends_when_its_date_begins_in_the_leads_zone() -> None:
    found = lead("new", snooze(date(2026, 3, 9), ago(1)), time_zone="Asia/Tokyo")
    before = datetime(2026, 3, 8, 14, 59, 59, tzinfo=UTC)
    assert upcoming(found, before).why == "snoozed"
    assert upcoming(found, before + timedelta(seconds=1)).why == "first_contact"


def test_a_later_snooze_replaces_an_earlier_one() -> None:
    log: list[Event] = [snooze(date(2026, 9, 1), ago(1)), snooze(TODAY)]
    assert upcoming(lead("new", *log)).why == "first_contact"


def test_a_snoozed_lead_keeps_its_task() -> None:
    task = TaskSet("T-1", NOON, kind="demo", rep="ben", due=TODAY)
    action = upcoming(lead("new", task, snooze(date(2026, 3, 9)), owner="ann"))
    assert (action.why, action.kind, action.rep) == ("snoozed", "demo", "ben")


@pytest.mark.parametrize("task", [[], [TaskSet("T-1", NOON, kind="demo", due=TODAY)]])
def test_a_closed_lead_can_be_snoozed_too(task: list[Event]) -> None:
    until = date(2026, 12, 1)
    found = closed("customer", ago(300), *task, snooze(until), outcome="won")
    assert plan(found) == ("snoozed", "demo" if task else "stay_in_touch", until)


@pytest.mark.parametrize("until", [date(2026, 12, 1), TODAY])
def test_a_snooze_from_before_the_closing_has_no_say(until: date) -> None:
    found = closed("customer", ago(300), snooze(until, ago(301)), outcome="won")
    assert upcoming(found).why == "stay_in_touch"


def test_a_snooze_set_with_the_closing_holds() -> None:
    found = closed("customer", ago(300), snooze(date(2026, 12, 1), ago(300)), outcome="won")
    assert upcoming(found).why == "snoozed"


def test_a_snooze_that_is_over_has_no_say_in_a_closed_lead() -> None:
    found = closed("customer", ago(300), snooze(TODAY, ago(2)), outcome="won")
    assert upcoming(found).why == "stay_in_touch"


def test_a_lead_closed_from_the_start_can_be_snoozed() -> None:
    assert upcoming(lead("customer", snooze(date(2026, 3, 9)))).why == "snoozed"


# A15: zombies


def test_a15_nothing_is_to_be_done_about_a_zombie() -> None:
    tasks: list[Event] = [TaskSet("T-1", NOON), snooze(date(2026, 9, 1))]
    action = upcoming(lead("new", *tasks, rating="zombie"))
    assert (action.why, action.kind, action.due, action.is_idle) == ("zombie", None, None, True)
    assert str(action) == "a zombie: rated as unlikely ever to close"


def test_a15_the_readiness_raters_word_makes_a_zombie_whatever_others_say() -> None:
    words = Readiness(self_closing=40, nudge=10).rate(lead("new"), as_of=ago(2))
    hot = Rated("hot", ago(1), rater="timeline_and_size")
    found = lead("new", words, hot)
    assert (found.rating, upcoming(found).why) == ("hot", "zombie")


def test_a15_a_zombie_that_comes_to_life_is_none_any_more() -> None:
    log: list[Event] = [
        Rated("zombie", ago(2), rater="readiness"),
        Rated("nudge", ago(1), rater="readiness"),
    ]
    assert upcoming(lead("new", *log)).why == "first_contact"


def test_a15_another_raters_zombie_lasts_until_the_next_rating() -> None:
    log: list[Event] = [Rated("zombie", ago(2), rater="mine"), Rated("warm", ago(1), rater="mine")]
    assert [upcoming(lead("new", *log[:n])).why for n in (1, 2)] == ["zombie", "first_contact"]


def test_a15_a_persons_word_wins_while_it_holds() -> None:
    dead, hot = Rated("zombie", ago(9), rater="readiness"), Rated("hot", ago(7), rater="size")
    until = NOON + timedelta(hours=1)
    alive = Overridden("rating", "warm", ago(8), reason="she called", until=until)
    assert upcoming(lead("new", dead, hot, alive)).why == "first_contact"
    assert (
        upcoming(lead("new", dead, hot, alive), until - timedelta(microseconds=1)).why != "zombie"
    )
    assert upcoming(lead("new", dead, hot, alive), until).why == "zombie"


def test_a15_a_persons_word_without_an_end_holds_until_it_is_lifted() -> None:
    dead, hot = Rated("zombie", ago(9), rater="readiness"), Rated("hot", ago(7), rater="size")
    alive = Overridden("rating", "warm", ago(8), reason="she called")
    lifted = Overridden("rating", None, ago(6), reason="never mind")
    assert upcoming(lead("new", dead, hot, alive)).why == "first_contact"
    assert upcoming(lead("new", dead, hot, alive, lifted)).why == "zombie"


def test_a15_a_person_may_say_zombie() -> None:
    dead = Overridden("rating", "zombie", ago(8), reason="a student")
    assert upcoming(lead("new", dead)).why == "zombie"


def test_a15_a_closed_lead_is_no_zombie_for_the_relation_goes_on() -> None:
    assert upcoming(lead("customer", rating="zombie")).why == "stay_in_touch"


# Tasks


def test_the_task_that_is_due_first_is_next() -> None:
    tasks: list[Event] = [
        TaskSet("T-3", NOON, due=date(2026, 3, 9)),
        TaskSet("T-2", NOON),
        TaskSet("T-1", NOON, due=datetime(2026, 3, 9, 8, tzinfo=UTC)),
    ]
    assert upcoming(lead("new", *tasks)).because == "task T-3"
    assert upcoming(lead("new", *tasks[1:])).due == datetime(2026, 3, 9, 8, tzinfo=UTC)
    assert str(upcoming(lead("new", tasks[1]))) == "task: task T-2"


def test_a_task_set_anew_is_due_then() -> None:
    tasks: list[Event] = [
        TaskSet("T-1", ago(1), due=TODAY),
        TaskSet("T-1", NOON, due=date(2026, 3, 9)),
    ]
    assert upcoming(lead("new", *tasks)).due == date(2026, 3, 9)


def test_a_task_is_done_by_its_rep_and_other_work_by_the_owner() -> None:
    logs: tuple[list[Event], ...] = ([], [TaskSet("T-1", NOON)], [TaskSet("T-1", NOON, rep="ben")])
    reps = [upcoming(lead("new", *log, owner="ann")).rep for log in logs]
    assert reps == ["ann", "ann", "ben"]
    assert upcoming(lead("new")).rep is None


# The gate


@pytest.mark.parametrize(
    ("kind", "is_contact", "channel"),
    [
        ("call", True, "phone"),
        ("voicemail", True, "phone"),
        ("email", True, "email"),
        ("email_sent", True, "email"),
        ("sms", True, "sms"),
        ("linkedin_message", True, "linkedin"),
        ("meeting", True, None),
        ("demo", True, None),
        ("quote", False, None),
        ("page_viewed", False, None),
    ],
)
def test_a_task_of_a_kind_that_contacts_the_lead_has_its_channel(
    kind: str, is_contact: bool, channel: str | None
) -> None:
    action = upcoming(lead("new", TaskSet("T-1", NOON, kind=kind)))
    assert (action.is_contact, action.channel) == (is_contact, channel)


def test_staying_in_touch_is_a_contact_on_an_open_channel_and_nothing_is_none() -> None:
    touch, nothing = upcoming(lead("customer")), upcoming(lead("lost"))
    assert (touch.is_contact, touch.channel) == (True, None)
    assert (nothing.is_contact, nothing.channel) == (False, None)


@pytest.mark.parametrize(
    ("zone", "local", "allowed"),
    [
        ("Asia/Tokyo", datetime(2026, 3, 20, 7, 59, 59), False),
        ("Asia/Tokyo", datetime(2026, 3, 20, 8), True),
        ("Asia/Tokyo", datetime(2026, 3, 20, 19, 59, 59), True),
        ("Asia/Tokyo", datetime(2026, 3, 20, 20), False),
        # Clocks in New York went forward on 8 March 2026.
        ("America/New_York", datetime(2026, 3, 7, 7, 59), False),
        ("America/New_York", datetime(2026, 3, 7, 8), True),
        ("America/New_York", datetime(2026, 3, 9, 7, 59), False),
        ("America/New_York", datetime(2026, 3, 9, 8), True),
        ("America/New_York", datetime(2026, 3, 8, 19, 59), True),
        ("America/New_York", datetime(2026, 3, 8, 20), False),
    ],
)
def test_a_call_comes_at_a_decent_hour_where_the_lead_is(
    zone: str, local: datetime, allowed: bool
) -> None:
    moment = local.replace(tzinfo=ZoneInfo(zone))
    action = upcoming(lead("new", time_zone=zone), moment)
    assert action.permission(moment).code == (None if allowed else "asleep")


def test_noon_utc_is_a_decent_hour_in_new_york_only_in_summer() -> None:
    found = lead("new", time_zone="America/New_York")
    for moment, decent in ((day(7), False), (day(9), True)):
        assert bool(upcoming(found, moment).permission(moment)) is decent


def test_decent_hours_can_be_set() -> None:
    action = upcoming(lead("new", time_zone="Asia/Tokyo"))
    late = ContactRules(awake={"mon-sun": "08:00-22:00"})
    assert (action.permission(NOON).code, bool(action.permission(NOON, late))) == ("asleep", True)


def test_work_that_is_no_contact_is_always_allowed() -> None:
    task = TaskSet("T-1", NOON, kind="quote")
    action = upcoming(lead("new", task, time_zone="Asia/Tokyo", fields={"do_not_contact": True}))
    assert action.permission(NOON).allowed


@pytest.mark.parametrize("kind", ["call", "quote"])
def test_permission_refuses_an_instant_without_a_zone_whatever_the_work(kind: str) -> None:
    action = upcoming(lead("new", TaskSet("T-1", NOON, kind=kind)))
    with pytest.raises(NaiveDatetime):
        action.permission(datetime(2026, 3, 2))


# Time


def test_what_happens_after_as_of_has_not_happened() -> None:
    log: list[Event] = [call(ago(1)), call(NOON + timedelta(seconds=1), answered=True)]
    assert upcoming(lead("no_answer", *log)) == upcoming(lead("no_answer", log[0]))


def test_any_zone_says_the_same_instant() -> None:
    tokyo = NOON.astimezone(ZoneInfo("Asia/Tokyo"))
    found = lead("new", Scored(5, ago(1)), created_at=ago(1))
    assert upcoming(found, tokyo) == upcoming(found, NOON)


@pytest.mark.parametrize("moment", [datetime(1, 1, 1), datetime(9999, 12, 31, 23)])
def test_the_ends_of_the_calendar_are_days_too(moment: datetime) -> None:
    end = moment.replace(tzinfo=UTC)
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        found = lead("lost", Disposition("lost", end, contact_again=TODAY), time_zone=zone)
        assert upcoming(found, end).kind == "stay_in_touch"


# Several pipelines


def test_of_several_pipelines_the_leads_own_counts() -> None:
    other = Pipeline.linear("other", [Stage("new", follow_up="9 days"), Stage("in_process"),
                                      Stage("won", kind="won")])  # fmt: skip
    found = {
        key: next_action(lead("in_process", pipeline=key, created_at=NOON), NOON, [SALES, other])
        for key in ("sales", "other", None)
    }
    assert [found[key].why for key in found] == ["follow_up", "unplanned", "follow_up"]


def test_of_several_pipelines_the_leads_own_tells_when_it_was_closed() -> None:
    first = Pipeline.linear("first", [Stage("done"), Stage("won", kind="won")])
    other = Pipeline.linear("other", [Stage("new"), Stage("done", kind="won")])
    log: list[Event] = [TaskSet("T-1", ago(2)), StageChange("done", ago(1))]
    found = lead("new", *log, pipeline="other")
    assert next_action(found, NOON, [first, other]).why == "closed"


# Texts and bad input


def test_a_persons_words_cannot_break_the_line() -> None:
    hostile = "a\n\x1b[2Jb\u202e " + "long " * 100
    task = TaskSet("T-1", NOON, title=hostile)
    for found in (lead("new", task), lead("new", snooze(date(2026, 9, 1), reason=hostile))):
        words = str(upcoming(found))
        assert words.isprintable()
        assert r"a \x1b[2Jb\u202e long" in words
        assert len(words) < 300


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"lead": "L-7"}, InvalidValue, "lead: expected a Lead, got 'L-7'"),
        ({"as_of": datetime(2026, 3, 2)}, NaiveDatetime, "as_of: expected a datetime with a time"),
        ({"as_of": TODAY}, InvalidValue, "as_of: expected a datetime"),
        ({"pipeline": "sales"}, InvalidValue, "pipelines: expected a Pipeline, or a list of them"),
        ({"pipeline": [SALES, SALES]}, InvalidDefinition, "'sales' is that of an earlier one"),
        ({"pipeline": [Stage("new")]}, InvalidValue, "pipelines[0]: expected a Pipeline"),
        ({"zone": "Europe/Atlantis"}, InvalidValue, "expected a time zone such as"),
        ({"rules": {"awake": "always"}}, InvalidValue, "rules: expected a ContactRules"),
    ],
)
def test_bad_input_is_refused_with_what_would_work(
    given: dict[str, Any], error: type[LeadflowError], words: str
) -> None:
    with pytest.raises(error) as caught:
        next_action(**{"lead": lead("new"), "as_of": NOON, **given})
    assert words in str(caught.value)


def test_nothing_is_to_be_done_about_a_lead_that_comes_in_later() -> None:
    task = TaskSet("T-1", ago(1), due=TODAY)
    action = upcoming(lead("new", task, created_at=NOON + timedelta(seconds=1)))
    assert (action.why, action.kind, action.is_idle) == ("not_yet", None, True)
    assert str(action) == "has not come in yet"
    assert upcoming(lead("new", task, created_at=NOON)).why == "task"


def test_an_action_is_shown_briefly() -> None:
    assert repr(upcoming(lead("new", created_at=NOON))) == (
        "NextAction('L-7', 'call on 2026-03-02 12:10 UTC: "
        "nobody has spoken to the lead yet; within 10 minutes')"
    )
    titled = TaskSet("T-1", NOON, title="long " * 9_000)
    assert len(repr(upcoming(lead("new", titled)))) < 300

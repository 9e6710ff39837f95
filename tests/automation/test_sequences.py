"""Sequences at work: who begins, what is due, what waits and who leaves, day by day."""

from __future__ import annotations

import pickle
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from leadflow import Activity, Lead, activity, any_of, field, tag
from leadflow.actions import Action, CreateTask, SendMessage, Tag, Unsubscribe, event_of
from leadflow.automation.enrolment import enrolling, enrolment
from leadflow.automation.sequence import Branch, Sequence, Step
from leadflow.automation.sequences import Due, Sequences
from leadflow.automation.window import SendWindow
from leadflow.contact import Cap, ContactRules, may_contact
from leadflow.errors import InvalidDefinition, InvalidValue, LeadflowError, NaiveDatetime
from leadflow.events import Conversion, Disposition, Event, FieldsSet, Reopened, Snoozed
from leadflow.lead import merge

WARSAW = ZoneInfo("Europe/Warsaw")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TICK = timedelta(microseconds=1)
HELLO = Step("hello", None, [SendMessage("hello")])
MORE = Step("more", "2 days", [SendMessage("more")])
LAST = Step("last", "1 day", [Tag("was nurtured")])


def odd(value: Any) -> Any:
    """Hide from the type checker what it would refuse."""
    return value


def new(*events: Event, zone: str | None = None, **fields: Any) -> Lead:
    return Lead("L-7", time_zone=zone, fields={"email": "ada@example.com", **fields}, events=events)


def of(*steps: Step, **given: Any) -> Sequences:
    return Sequences([Sequence("nurture", steps or (HELLO, MORE, LAST), **given)])


def begun(sequences: Sequences, lead: Lead | None = None, at: datetime = NOON) -> Lead:
    lead = lead or new()
    event = sequences.enrol(lead, "nurture", at)
    assert event is not None
    return lead.after(event)


def only(found: tuple[Due, ...]) -> Due:
    [due] = found
    return due


def through(
    sequences: Sequences,
    lead: Lead,
    instants: Iterable[datetime],
    happening: Iterable[Event] = (),
) -> tuple[Lead, list[tuple[str, str | None, str]]]:
    """Ask at each instant, with what has happened by then; do what is due; list it in local time."""
    coming = sorted(happening, key=lambda event: event.at)
    done: list[tuple[str, str | None, str]] = []
    for at in instants:
        lead = lead.after(*(event for event in coming if event.at <= at))
        for due in sequences.due(lead, at):
            if due.outcome != "fired":
                continue
            made = [event_of(action, at, task=f"T{len(done)}") for action in due.actions]
            lead = lead.after(*due.events, *(event for event in made if event is not None))
            words = "; ".join(map(str, due.actions)) or due.because
            done.append((f"{at.astimezone(WARSAW):%a %d %H:%M}", due.step, words))
    return lead, done


# --- A7: the series of seven days, day by day ---

ENGAGED = any_of(*map(activity, ("email_clicked", "content_downloaded", "content_shared")))


def send(content: str) -> list[Action]:
    return [SendMessage(content)]


SERIES = Sequences(
    [
        Sequence(
            "seven days",
            [
                Step("welcome", None, send("welcome")),
                Step(
                    "second",
                    "2 days",
                    branches=[
                        Branch(send("prices"), activity("email_clicked", link="prices")),
                        Branch(send("case study"), activity("content_downloaded")),
                        Branch(send("another subject"), activity("email_opened").never()),
                        Branch(send("overview")),
                    ],
                ),
                Step(
                    "third",
                    "2 days",
                    branches=[
                        Branch(send("for your colleagues"), activity("content_shared")),
                        Branch(send("questions"), ENGAGED),
                        Branch(send("why it matters")),
                    ],
                ),
                Step("goodbye", "2 days", send("last message")),
                Step(
                    "ending",
                    "1 day",
                    branches=[
                        Branch([CreateTask("call", "Offer a call")], ENGAGED),
                        Branch([Unsubscribe()]),
                    ],
                ),
            ],
            when=activity("form_submitted"),
            window=SendWindow({"mon-sun": "08:00-10:00"}),
        )
    ]
)
FORM = Activity("form_submitted", datetime(2026, 3, 2, 7, 30, tzinfo=UTC))
EVERY_HOUR = [FORM.at + HOUR * number for number in range(24 * 12)]


def enrolled_by_form() -> Lead:
    before = new(zone="Europe/Warsaw")
    after = before.after(FORM)
    [event] = SERIES.starting(before, after, FORM.at)
    return after.after(event)


def happened(kind: str, day: int, hour: int, **data: Any) -> Activity:
    return Activity(kind, datetime(2026, 3, day, hour, tzinfo=WARSAW), data=data)


def test_the_series_of_seven_days_for_a_silent_lead_ends_with_unsubscribing() -> None:
    lead, done = through(SERIES, enrolled_by_form(), EVERY_HOUR)
    assert done == [
        ("Mon 02 08:30", "welcome", "send welcome by email"),
        ("Wed 04 08:30", "second", "send another subject by email"),
        ("Fri 06 08:30", "third", "send why it matters by email"),
        ("Sun 08 08:30", "goodbye", "send last message by email"),
        ("Mon 09 08:30", "ending", "unsubscribe"),
    ]
    left = enrolment(lead, "seven days")
    assert left is not None
    assert left.left is not None
    assert left.left.data["because"] == "finished"
    assert may_contact(lead, "email", EVERY_HOUR[-1]).code == "unsubscribed"
    assert lead.tasks == ()


def test_the_series_of_seven_days_for_a_clicking_lead_follows_its_interest_to_a_call() -> None:
    log = [
        happened("email_opened", 2, 9),
        happened("email_clicked", 2, 9, link="prices"),
        happened("content_downloaded", 5, 20),
    ]
    lead, done = through(SERIES, enrolled_by_form(), EVERY_HOUR, log)
    assert done == [
        ("Mon 02 08:30", "welcome", "send welcome by email"),
        ("Wed 04 08:30", "second", "send prices by email"),
        ("Fri 06 08:30", "third", "send questions by email"),
        ("Sun 08 08:30", "goodbye", "send last message by email"),
        ("Mon 09 08:30", "ending", "task call (Offer a call)"),
    ]
    assert [(task.kind, task.title) for task in lead.tasks] == [("call", "Offer a call")]
    assert may_contact(lead, "email", EVERY_HOUR[-1])


def test_the_series_of_seven_days_for_a_sharing_lead_goes_another_way() -> None:
    log = [happened("email_opened", 2, 9), happened("content_shared", 4, 12)]
    _, done = through(SERIES, enrolled_by_form(), EVERY_HOUR, log)
    assert [words for _, _, words in done] == [
        "send welcome by email",
        "send overview by email",
        "send for your colleagues by email",
        "send last message by email",
        "task call (Offer a call)",
    ]


def test_the_series_of_seven_days_for_a_booking_lead_ends_at_once_and_nothing_follows() -> None:
    log = [happened("email_clicked", 4, 9, link="prices"), happened("appointment_booked", 5, 14)]
    lead, done = through(SERIES, enrolled_by_form(), EVERY_HOUR, log)
    assert done == [
        ("Mon 02 08:30", "welcome", "send welcome by email"),
        ("Wed 04 08:30", "second", "send another subject by email"),
        ("Thu 05 14:30", None, "booked: appointment booked on 2026-03-05"),
    ]
    left = enrolment(lead, "seven days")
    assert left is not None
    assert left.left is not None
    assert left.left.data["because"] == "booked"


def test_a_form_sent_twice_enrols_once() -> None:
    lead = enrolled_by_form()
    again = lead.after(happened("form_submitted", 3, 12))
    assert SERIES.starting(lead, again, NOON + DAY) == ()


# --- when a step is due ---


def test_the_first_step_at_once_is_due_with_the_enrolment() -> None:
    due = only(of().due(begun(of()), NOON))
    assert (due.sequence, due.version, due.round) == ("nurture", "1", 1)
    assert (due.step, due.branch, due.outcome, due.until) == ("hello", 0, "fired", None)
    assert due.actions == (SendMessage("hello"),)
    assert [event.kind for event in due.events] == ["sequence_step"]
    assert str(due) == "fired: nurture: hello (due since 2026-03-02 12:00 UTC)"


def test_asked_again_once_it_is_in_the_log_nothing_more_is_due() -> None:
    sequences = of(HELLO, Step("at once", None), LAST)
    lead = begun(sequences)
    lead = lead.after(*only(sequences.due(lead, NOON)).events)
    assert sequences.due(lead, NOON) == ()
    assert only(sequences.due(lead, NOON + TICK)).step == "at once"


@pytest.mark.parametrize(
    ("after", "zone", "due_at"),
    [
        ("1 day", "Europe/Warsaw", datetime(2026, 3, 3, tzinfo=WARSAW)),
        ("1 day", "America/New_York", datetime(2026, 3, 3, 5, tzinfo=UTC)),
        ("1 day", None, datetime(2026, 3, 3, 8, tzinfo=UTC)),
        ("2 weeks", "America/New_York", datetime(2026, 3, 16, 4, tzinfo=UTC)),
        ("1 month", "Europe/Warsaw", datetime(2026, 4, 2, tzinfo=WARSAW)),
        ("90 minutes", "Europe/Warsaw", NOON + timedelta(minutes=90)),
        ("1 second", None, NOON + timedelta(seconds=1)),
        ("30 days 2 hours", "Europe/Warsaw", datetime(2026, 4, 1, 15, tzinfo=WARSAW)),
    ],
)
def test_days_lead_to_a_date_where_the_lead_is_and_hours_are_exact(
    after: str, zone: str | None, due_at: datetime
) -> None:
    sequences = of(Step("hello", after, [SendMessage("hello")]))
    lead = begun(sequences, new(zone=zone))
    other = "America/Los_Angeles"
    assert sequences.due(lead, due_at - TICK, zone=other) == ()
    assert only(sequences.due(lead, due_at, zone=other)).outcome == "fired"


def test_the_zone_of_the_window_comes_before_that_of_the_playbook() -> None:
    window = SendWindow({"mon-sun": "00:00-24:00"}, "Europe/Warsaw")
    sequences = of(Step("hello", "1 day"), window=window)
    lead = begun(sequences)
    midnight = datetime(2026, 3, 3, tzinfo=WARSAW)
    assert sequences.due(lead, midnight - TICK, zone="Asia/Tokyo") == ()
    assert only(sequences.due(lead, midnight, zone="Asia/Tokyo")).step == "hello"


def test_the_zone_of_the_lead_comes_before_that_of_the_window() -> None:
    window = SendWindow({"mon-sun": "00:00-24:00"}, "Asia/Tokyo")
    sequences = of(Step("hello", "1 day"), window=window)
    lead = begun(sequences, new(zone="Europe/Warsaw"))
    midnight = datetime(2026, 3, 3, tzinfo=WARSAW)
    assert sequences.due(lead, midnight - TICK) == ()
    assert only(sequences.due(lead, midnight)).step == "hello"


def test_asked_late_one_step_is_taken_and_the_next_counts_from_then() -> None:
    sequences, late = of(), NOON + 40 * DAY
    lead = begun(sequences)
    asked = [late, late, late + DAY, late + 2 * DAY, late + 3 * DAY]
    _, done = through(sequences, lead, asked)
    assert [step for _, step, _ in done] == ["hello", "more", "last"]
    assert [at for at, _, _ in done] == ["Sat 11 14:00", "Mon 13 14:00", "Tue 14 14:00"]


def test_a_step_beyond_the_calendar_is_never_due() -> None:
    sequences = of(Step("hello", "8000 years"))
    assert sequences.due(begun(sequences), datetime(9999, 12, 31, tzinfo=UTC)) == ()
    sequences = of(Step("hello", "8000 years 1 hour"))
    assert sequences.due(begun(sequences), datetime(9999, 12, 31, tzinfo=UTC)) == ()


def test_nothing_is_due_before_what_the_log_has_already() -> None:
    sequences = of(HELLO, MORE)
    lead = begun(sequences)
    taken = lead.after(*only(sequences.due(lead, NOON + DAY)).events)
    assert sequences.due(taken, NOON) == ()
    assert sequences.due(lead, NOON - TICK) == ()
    late = taken.after(Activity("email_replied", NOON + HOUR))
    assert sequences.due(late, NOON + 2 * HOUR) == ()
    assert only(sequences.due(late, NOON + DAY)).because.startswith("replied")


def test_what_happens_later_has_not_happened() -> None:
    sequences = of()
    lead = begun(sequences).after(Activity("email_replied", NOON + DAY))
    assert only(sequences.due(lead, NOON)).step == "hello"
    assert only(sequences.due(lead, NOON + DAY)).step is None


# --- the window ---


def test_a_step_waits_for_the_window_and_its_reason_names_the_hours() -> None:
    sequences = of(window=SendWindow({"wed, fri": "08:00-10:00"}))
    due = only(sequences.due(begun(sequences), NOON, zone="Europe/Warsaw"))
    assert (due.step, due.outcome, due.events) == ("hello", "skipped", ())
    assert due.actions == (SendMessage("hello"),)
    assert due.until == datetime(2026, 3, 4, 8, tzinfo=WARSAW)
    hours = "outside wed 08:00-10:00; fri 08:00-10:00 Europe/Warsaw"
    assert due.because == f"{hours}, for the lead's time zone is not known"
    assert str(due).endswith("is not known, until 2026-03-04 07:00 UTC)")


def test_leads_in_two_zones_are_written_to_each_by_their_own_clock() -> None:
    sequences = of(window=SendWindow({"mon-sun": "06:00-07:00"}))
    at = datetime(2026, 3, 3, 11, tzinfo=UTC)
    east = begun(sequences, new(zone="America/New_York"))
    west = begun(sequences, new(zone="America/Los_Angeles"))
    assert only(sequences.due(east, at)).outcome == "fired"
    due = only(sequences.due(west, at))
    assert (due.outcome, due.until) == ("skipped", at + 3 * HOUR)


@pytest.mark.parametrize("zone", ["Europe/Warsaw", "America/New_York", "Australia/Lord_Howe"])
@pytest.mark.parametrize("hours", ["08:00-10:00", "02:00-03:00", "01:30-02:30", "22:00-02:00"])
@pytest.mark.parametrize("first", [datetime(2026, 2, 25), datetime(2026, 9, 30)])
def test_across_the_changes_of_the_clocks_nobody_is_written_to_twice_or_not_at_all(
    zone: str, hours: str, first: datetime
) -> None:
    steps = [Step(f"day {number}", "1 day", send(f"{number}")) for number in range(40)]
    sequences = of(*steps, window=SendWindow({"mon-sun": hours}))
    start = first.replace(tzinfo=UTC)
    lead = begun(sequences, new(zone=zone), start)
    quarters = (start + timedelta(minutes=15 * number) for number in range(96 * 43))
    lead, done = through(sequences, lead, quarters)
    assert [step for _, step, _ in done] == [step.key for step in steps]
    found = enrolment(lead, "nurture")
    assert found is not None
    days = [at.astimezone(ZoneInfo(zone)).date() for _, at in found.steps]
    gaps = [(late - early).days for early, late in pairwise(days)]
    assert set(gaps) <= {1, 2}
    assert gaps.count(2) <= 1, "only the day on which the clocks skip the whole window"
    assert hours in ("02:00-03:00", "01:30-02:30") or gaps.count(2) == 0


def test_a_window_that_does_not_open_before_the_calendar_ends_never_lets_the_step_through() -> None:
    sequences = of(window=SendWindow({"mon": "08:00-10:00"}))
    due = only(sequences.due(begun(sequences), datetime(9999, 12, 31, tzinfo=UTC)))
    assert (due.outcome, due.until) == ("skipped", None)
    assert "before the year 10000" in due.because


# --- the gate ---


def test_a_step_with_a_message_waits_as_long_as_the_gate_refuses_for_a_time() -> None:
    sequences = of(Step("hello", None, [Tag("greeted"), SendMessage("hello")]), LAST)
    lead = begun(sequences, new(Activity("email_sent", NOON - DAY)))
    rules = ContactRules(caps={"email": Cap(1, "7 days")})
    due = only(sequences.due(lead, NOON, rules))
    assert (due.step, due.outcome, due.events) == ("hello", "blocked", ())
    assert due.actions == (Tag("greeted"), SendMessage("hello"))
    assert due.until == NOON + 6 * DAY
    assert due.because == "1 of at most 1 contact by email in 7 days"
    assert only(sequences.due(lead, NOON + 6 * DAY, rules)).outcome == "fired"


def test_a_message_that_is_refused_for_good_is_left_out_and_the_rest_is_done() -> None:
    both: list[Action] = [
        SendMessage("hello"),
        SendMessage("hello", channel="chat"),
        Tag("greeted"),
    ]
    sequences = of(Step("hello", None, both), LAST)
    lead = begun(sequences, new(do_not_email=True))
    due = only(sequences.due(lead, NOON))
    assert due.outcome == "fired"
    assert due.actions == (SendMessage("hello", channel="chat"), Tag("greeted"))
    assert due.because.endswith("; not send hello by email: do_not_email is true")
    assert [event.data["step"] for event in due.events] == ["hello"]


def test_of_two_channels_the_one_that_opens_last_is_waited_for_and_the_closed_one_is_not() -> None:
    channels = ["email", "sms", "phone", "linkedin"]
    sequences = of(Step("hello", None, [SendMessage("hello", channel=each) for each in channels]))
    lead = begun(sequences, new(Snoozed(NOON.date() + DAY, NOON - DAY, reason="away"), phone="5"))
    rules = ContactRules(
        addresses={"email": ["work e-mail"]}, by_day=["phone"], while_waiting=["phone"],
        awake={"tue": "09:00-10:00"}, time_zone="UTC",
    )  # fmt: skip
    due = only(sequences.due(lead, NOON, rules))
    assert (due.outcome, due.until) == ("blocked", NOON + 21 * HOUR)
    assert due.because == "snoozed until 2026-03-03: away; outside tue 09:00-10:00 UTC"


def test_a_step_without_a_message_asks_nobody() -> None:
    sequences = of(Step("hello", None, [CreateTask("call"), Unsubscribe()]))
    due = only(sequences.due(begun(sequences, new(do_not_contact=True)), NOON))
    assert due.actions == (CreateTask("call"), Unsubscribe())


# --- branches ---

CLICKED, OPENED = activity("email_clicked"), activity("email_opened")


def test_the_first_branch_that_fits_is_taken_and_told_by_its_place() -> None:
    ask = Step("ask", "1 day", branches=[Branch([Tag("a")], CLICKED), Branch([Tag("b")], OPENED)])
    sequences = of(ask, MORE)
    lead = begun(sequences)
    log = [Activity("email_opened", NOON + HOUR), Activity("email_clicked", NOON + HOUR)]
    for events, branch, actions in [
        (log, 0, (Tag("a"),)),
        (log[:1], 1, (Tag("b"),)),
        ([], None, ()),
    ]:
        due = only(sequences.due(lead.after(*events), NOON + DAY))
        assert (due.branch, due.actions, due.outcome) == (branch, actions, "fired")
        after = lead.after(*events, *due.events)
        assert only(sequences.due(after, NOON + 4 * DAY)).step == "more"


def test_a_branch_leads_to_a_later_step_or_ends_the_sequence_for_good() -> None:
    ask = Step(
        "ask", None, branches=[Branch([], tag("vip"), "last"), Branch([], tag("no"), ends=True)]
    )
    sequences = of(ask, MORE, LAST)
    for tags, steps in [
        (["vip"], ["ask", "last"]),
        (["no"], ["ask"]),
        ([], ["ask", "more", "last"]),
    ]:
        lead = begun(sequences, Lead("L-7", tags=tags))
        _, done = through(sequences, lead, [NOON + number * DAY for number in range(9)])
        assert [step for _, step, _ in done] == steps


def test_the_way_taken_holds_though_the_lead_has_changed_since() -> None:
    ask = Step("ask", None, branches=[Branch([], tag("vip"), "last")])
    sequences = of(ask, MORE, LAST)
    lead = begun(sequences, Lead("L-7", tags=["vip"]))
    lead = lead.after(*only(sequences.due(lead, NOON)).events)
    changed = Lead("L-7").after(*lead.events)
    assert only(sequences.due(changed, NOON + DAY)).step == "last"


def test_conditions_ask_all_facts_but_only_activities_since_the_enrolment() -> None:
    known = field("employees").at_least(50) & tag("vip")
    ask = Step("ask", None, branches=[Branch([Tag("a")], CLICKED), Branch([Tag("b")], known)])
    sequences = of(ask)
    facts: list[Event] = [FieldsSet({"employees": 60}, NOON - DAY), Activity("email_clicked", NOON)]
    lead = begun(sequences, Lead("L-7", tags=["vip"], events=facts))
    assert only(sequences.due(lead, NOON + DAY)).branch == 1
    clicked = lead.after(Activity("email_clicked", NOON + HOUR))
    assert only(sequences.due(clicked, NOON + DAY)).branch == 0


def test_in_a_second_round_the_activities_of_the_first_do_not_count() -> None:
    ask = Step("ask", "1 day", branches=[Branch([Tag("a")], CLICKED), Branch([Tag("b")])])
    sequences = of(ask, rounds=2)
    lead = begun(sequences).after(Activity("email_clicked", NOON + HOUR))
    lead, _ = through(sequences, lead, [NOON + DAY])
    again = begun(sequences, lead, NOON + 2 * DAY)
    assert only(sequences.due(again, NOON + 3 * DAY)).actions == (Tag("b"),)


# --- leaving ---


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (Activity("email_replied", NOON + HOUR), "replied"),
        (Activity("appointment_booked", NOON + HOUR), "booked"),
        (Activity("email_unsubscribed", NOON + HOUR), "unsubscribed"),
        (Activity("email_bounced", NOON + HOUR), "bounced"),
        (Disposition("lost", NOON + HOUR), "disposed"),
        (Conversion("sales", "new", NOON + HOUR), "converted"),
    ],
)
def test_a_lead_leaves_by_each_exit_and_gets_nothing_more(event: Event, code: str) -> None:
    sequences = of()
    lead = begun(sequences).after(event)
    due = only(sequences.due(lead, NOON + DAY))
    assert (due.step, due.branch, due.actions, due.outcome) == (None, None, (), "fired")
    assert [each.data["because"] for each in due.events] == [code]
    assert due.because.startswith(f"{code}: ")
    assert due.because.endswith("on 2026-03-02")
    assert str(due).startswith("fired: leaves nurture (")
    after = lead.after(*due.events)
    assert all(sequences.due(after, NOON + number * DAY) == () for number in range(1, 9))
    others = of(exits=[each for each in Sequence("a", [HELLO]).exits if each != code])
    assert only(others.due(lead, NOON + DAY)).step == "hello"


@pytest.mark.parametrize(
    "event",
    [
        Activity("email_replied", NOON + HOUR, data={"automatic": True}),
        Activity("out_of_office", NOON + HOUR, channel="email", direction="in"),
        Activity("email_replied", NOON - HOUR),
        Activity("appointment_booked", NOON),
        Activity("email_replied", NOON + 2 * DAY),
        Disposition("qualified", NOON + HOUR),
    ],
)
def test_an_automatic_reply_and_what_was_before_the_enrolment_or_comes_later_is_no_exit(
    event: Event,
) -> None:
    sequences = of()
    lead = begun(sequences, new(event))
    assert only(sequences.due(lead, NOON + DAY)).step == "hello"


def test_of_several_exits_the_first_is_named_in_whatever_order_they_came() -> None:
    first, second = Activity("email_replied", NOON + HOUR), Disposition("lost", NOON + 2 * HOUR)
    lead = begun(of()).after(second).after(first)
    assert only(of().due(lead, NOON + DAY)).because == "replied: email replied on 2026-03-02"


def test_an_exit_counts_though_the_lead_was_reopened_since() -> None:
    lead = begun(of()).after(Disposition("lost", NOON + HOUR), Reopened("new", NOON + 2 * HOUR))
    assert only(of().due(lead, NOON + DAY)).step is None


def test_a_lead_that_meets_the_goal_leaves_before_the_next_step() -> None:
    sequences = of(goal=tag("customer") | CLICKED)
    lead = begun(sequences, new(Activity("email_clicked", NOON - DAY)))
    assert only(sequences.due(lead, NOON)).step == "hello"
    due = only(sequences.due(lead.after(Activity("email_clicked", NOON + HOUR)), NOON + DAY))
    assert due.because == "goal: tagged 'customer' or email_clicked"
    assert due.events[0].data["because"] == "goal"


def test_an_exit_is_named_before_the_goal() -> None:
    sequences = of(goal=activity("appointment_booked"))
    lead = begun(sequences).after(Activity("appointment_booked", NOON + HOUR))
    assert only(sequences.due(lead, NOON + DAY)).events[0].data["because"] == "booked"
    sequences = of(goal=activity("appointment_booked"), exits=["replied"])
    assert only(sequences.due(lead, NOON + DAY)).events[0].data["because"] == "goal"


def test_after_the_last_step_the_lead_has_finished() -> None:
    sequences = of(HELLO)
    lead = begun(sequences)
    due = only(sequences.due(lead, NOON))
    assert [event.kind for event in due.events] == ["sequence_step", "sequence_left"]
    assert due.events[1].data["because"] == "finished"
    assert sequences.due(lead.after(*due.events), NOON + DAY) == ()


def test_a_lead_whose_last_step_alone_was_stored_leaves_when_asked_again() -> None:
    sequences = of(HELLO)
    lead = begun(sequences)
    step, left = only(sequences.due(lead, NOON)).events
    due = only(sequences.due(lead.after(step), NOON))
    assert (due.step, due.events) == (None, (left,))
    assert due.because == "finished: the last step was taken"


@pytest.mark.parametrize(
    "there", [Sequences([]), of(version="2"), Sequences([Sequence("welcome", [HELLO])])]
)
def test_a_lead_whose_version_is_no_longer_there_is_gone(there: Sequences) -> None:
    due = only(there.due(begun(of()), NOON))
    assert due.because == "gone: version '1' is no longer there"
    assert due.events[0].data["because"] == "gone"


@pytest.mark.parametrize(
    ("changed", "words"),
    [(of(MORE), "the key of a step"), (of(Step("hello", branches=[])), "a branch of 'hello'")],
)
def test_a_lead_whose_step_or_branch_is_no_longer_there_is_gone(
    changed: Sequences, words: str
) -> None:
    ask = Step("hello", None, branches=[Branch([], tag("vip")), Branch()])
    sequences = of(ask, MORE)
    lead = begun(sequences)
    lead = lead.after(*only(sequences.due(lead, NOON)).events)
    due = only(changed.due(lead, NOON + DAY))
    assert due.because.startswith("gone: ")
    assert words in due.because


# --- versions ---


def test_leads_go_on_in_their_version_and_new_ones_begin_the_last() -> None:
    first = Sequence("nurture", [HELLO, MORE], version="1")
    second = Sequence("nurture", [HELLO, LAST], version="2")
    lead = begun(Sequences([first]))
    both = Sequences([first, second])
    lead, done = through(both, lead, [NOON + number * DAY for number in range(5)])
    assert [step for _, step, _ in done] == ["hello", "more"]
    fresh = begun(both, Lead("L-8"))
    assert only(both.due(fresh, NOON)).version == "2"
    assert both["nurture"] == second


# --- beginning ---


def test_nobody_is_in_one_sequence_twice_at_once() -> None:
    sequences = of(rounds=None)
    lead = begun(sequences)
    assert sequences.may_enrol(lead, "nurture", NOON + DAY) == "enrolled since 2026-03-02"
    assert sequences.enrol(lead, "nurture", NOON + DAY) is None


def test_rounds_are_numbered_and_used_up() -> None:
    sequences, at = of(HELLO, rounds=2), NOON
    lead = new()
    for number in (1, 2):
        event = sequences.enrol(lead, "nurture", at)
        assert event is not None
        assert event.data["round"] == number
        lead = lead.after(event)
        lead = lead.after(*only(sequences.due(lead, at)).events)
        at += DAY
    assert sequences.may_enrol(lead, "nurture", at) == "2 of 2 rounds used up"
    assert sequences.enrol(lead, "nurture", at) is None
    assert of(HELLO, rounds=None).may_enrol(lead, "nurture", at) == ""


def test_no_round_comes_after_the_last_number() -> None:
    lead = new()
    last = enrolling(lead, "nurture", "1", 2**63 - 1, NOON)
    sequences = of(HELLO, rounds=None)
    lead = lead.after(last)
    lead = lead.after(*only(sequences.due(lead, NOON)).events)
    assert "used up" in sequences.may_enrol(lead, "nurture", NOON + DAY)


def test_nobody_is_enrolled_before_what_the_log_has_already() -> None:
    sequences = of(HELLO, rounds=None)
    lead = begun(sequences)
    assert sequences.enrol(lead, "nurture", NOON - DAY) is None
    lead = lead.after(*only(sequences.due(lead, NOON)).events)
    assert sequences.may_enrol(lead, "nurture", NOON - TICK) == "round 1 went on until 2026-03-02"
    assert sequences.may_enrol(lead, "nurture", NOON) == ""


def test_a_closed_lead_is_enrolled_only_where_closing_is_no_exit() -> None:
    closed = new(Disposition("unqualified", NOON, reason="not_ready"))
    assert of().may_enrol(closed, "nurture", NOON) == "closed as unqualified on 2026-03-02"
    assert of().enrol(closed, "nurture", NOON) is None
    assert of().may_enrol(closed, "nurture", NOON - TICK) == ""
    reopened = closed.after(Reopened("new", NOON + HOUR))
    assert of().may_enrol(reopened, "nurture", NOON + DAY) == ""
    nurture = of(exits=["replied", "booked", "unsubscribed", "bounced", "converted"])
    lead = begun(nurture, closed)
    assert only(nurture.due(lead, NOON)).step == "hello"
    qualified = new(Disposition("qualified", NOON))
    assert of().may_enrol(qualified, "nurture", NOON) == ""


def test_leads_that_come_to_meet_the_condition_are_enrolled_and_only_then() -> None:
    sequences = of(HELLO, when=tag("vip"), rounds=None)
    before, after = Lead("L-7"), Lead("L-7", tags=["vip"])
    [event] = sequences.starting(before, after, NOON)
    assert event.data == {"sequence": "nurture", "version": "1", "round": 1}
    assert sequences.starting(None, after, NOON) == (event,)
    assert sequences.starting(after, after, NOON) == ()
    assert sequences.starting(before, before, NOON) == ()
    assert of().starting(before, after, NOON) == ()
    enrolled = after.after(event)
    assert sequences.starting(before, enrolled, NOON) == ()


def test_a_lead_that_meets_the_condition_again_begins_another_round() -> None:
    sequences = of(HELLO, when=tag("vip"), rounds=None)
    out, vip = Lead("L-7"), Lead("L-7", tags=["vip"])
    log = list(sequences.starting(out, vip, NOON))
    log += only(sequences.due(vip.after(*log), NOON)).events
    [again] = sequences.starting(out.after(*log), vip.after(*log), NOON + DAY)
    assert again.data["round"] == 2


def test_time_alone_may_bring_a_lead_to_meet_the_condition() -> None:
    sequences = of(HELLO, when=field("renewal").in_next("14 days"))
    lead = Lead("L-7", fields={"renewal": NOON.date() + 15 * DAY})
    assert sequences.starting(lead, lead, NOON + DAY) == ()
    assert len(sequences.starting(lead, lead, NOON + DAY, since=NOON)) == 1


def test_of_several_versions_only_the_last_begins_by_its_condition() -> None:
    first = Sequence("nurture", [HELLO], when=tag("vip"))
    second = Sequence("nurture", [HELLO], when=tag("fan"), version="2")
    both = Sequences([first, second])
    assert both.starting(None, Lead("L-7", tags=["vip"]), NOON) == ()
    assert len(both.starting(None, Lead("L-7", tags=["fan"]), NOON)) == 1


# --- withdrawing ---


def test_a_lead_is_withdrawn_once_and_gets_nothing_more() -> None:
    sequences = of()
    lead = begun(sequences)
    left = sequences.withdraw(lead, "nurture", NOON + HOUR)
    assert left is not None
    assert left.data == {"sequence": "nurture", "round": 1, "because": "withdrawn"}
    out = lead.after(left)
    assert sequences.withdraw(out, "nurture", NOON + DAY) is None
    assert sequences.due(out, NOON + DAY) == ()
    assert sequences.withdraw(new(), "nurture", NOON) is None
    assert sequences.withdraw(lead, "nurture", NOON - TICK) is None


def test_a_lead_may_be_withdrawn_from_what_is_no_longer_there() -> None:
    assert Sequences([]).withdraw(begun(of()), "nurture", NOON) is not None


# --- merged leads ---


def test_merged_leads_go_on_after_the_furthest_step_of_either() -> None:
    sequences = of(HELLO, MORE, LAST)
    one, other = begun(sequences, Lead("L-1")), begun(sequences, Lead("L-2"), NOON + DAY)
    one, _ = through(sequences, one, [NOON, NOON + 2 * DAY])
    other, _ = through(sequences, other, [NOON + 2 * DAY + HOUR])
    both = merge(one, other)
    assert sequences.due(both, NOON + 2 * DAY + HOUR) == ()
    due = only(sequences.due(both, NOON + 3 * DAY))
    assert (due.step, due.round) == ("last", 1)


def test_merged_leads_go_on_after_the_furthest_step_though_the_other_took_one_before_it_later() -> (
    None
):
    ask = Step("ask", None, branches=[Branch([], tag("vip"), "last")])
    sequences = of(ask, MORE, LAST, Step("end", "1 month"))
    ahead, behind = Lead("L-1", tags=["vip"]), Lead("L-2")
    ahead, _ = through(sequences, begun(sequences, ahead), [NOON, NOON + DAY])
    behind, _ = through(sequences, begun(sequences, behind), [NOON, NOON + 2 * DAY])
    found = enrolment(merge(ahead, behind), "nurture")
    assert found is not None
    assert [key for key, _ in found.steps] == ["ask", "last", "more"]
    due = only(sequences.due(merge(ahead, behind), NOON + 60 * DAY))
    assert due.step == "end"


# --- several sequences ---


def test_each_sequence_has_at_most_one_step_due_in_the_order_of_their_names() -> None:
    both = Sequences([Sequence("welcome", [HELLO, MORE]), Sequence("events", [HELLO, MORE])])
    lead = new()
    for name in ("welcome", "events"):
        event = both.enrol(lead, name, NOON)
        assert event is not None
        lead = lead.after(event)
    assert [due.sequence for due in both.due(lead, NOON + 9 * DAY)] == ["events", "welcome"]


# --- as a value ---


def test_sequences_are_found_by_name_counted_and_gone_through() -> None:
    sequence = Sequence("nurture", [HELLO])
    sequences = Sequences(iter([sequence]))
    assert sequences["nurture"] == sequence
    assert ("nurture" in sequences, "events" in sequences, 5 in sequences) == (True, False, False)
    assert (len(sequences), list(sequences)) == (1, [sequence])
    assert repr(sequences) == "Sequences(1 sequence)"
    assert pickle.loads(pickle.dumps(sequences)) == sequences


# --- what is refused ---


def test_all_problems_of_several_sequences_are_told_at_once() -> None:
    one = Sequence("nurture", [HELLO])
    with pytest.raises(InvalidDefinition) as caught:
        Sequences([one, odd("nurture"), Sequence("nurture", [MORE])])
    assert [str(problem) for problem in caught.value.problems] == [
        "sequences[1]: expected a Sequence, got 'nurture'",
        "sequences[2].version: '1' of 'nurture' is sequences[0] too",
    ]
    with pytest.raises(InvalidDefinition, match="at most 10,000 sequences, got 10,001"):
        Sequences([one] * 10_001)
    with pytest.raises(InvalidValue, match="a list"):
        Sequences(odd("nurture"))


BAD: list[tuple[Any, type[LeadflowError], str]] = [
    (lambda s, lead: s["nurtur"], InvalidValue, "did you mean 'nurture'"),
    (lambda s, lead: s[5], InvalidValue, "the name of a sequence"),
    (lambda s, lead: s.enrol(lead, "nurtur", NOON), InvalidValue, "did you mean 'nurture'"),
    (lambda s, lead: s.may_enrol("L-7", "nurture", NOON), InvalidValue, "a Lead"),
    (lambda s, lead: s.enrol(lead, "nurture", datetime(2026, 3, 2)), NaiveDatetime, "at|as_of"),
    (lambda s, lead: s.withdraw(lead, "nurtur", NOON), InvalidValue, "did you mean 'nurture'"),
    (lambda s, lead: s.withdraw(lead, "nurture", "now"), InvalidValue, "a datetime"),
    (lambda s, lead: s.due("L-7", NOON), InvalidValue, "a Lead"),
    (lambda s, lead: s.due(lead, datetime(2026, 3, 2)), NaiveDatetime, "as_of"),
    (lambda s, lead: s.due(lead, NOON, {}), InvalidValue, "rules: expected a ContactRules"),
    (lambda s, lead: s.due(lead, NOON, zone="Mars"), InvalidValue, "zone: expected a time zone"),
]


@pytest.mark.parametrize(("ask", "error", "words"), BAD)
def test_bad_questions_are_refused(ask: Any, error: type[LeadflowError], words: str) -> None:
    with pytest.raises(error, match=words):
        ask(of(), new())


def test_a_hostile_log_of_many_sequences_is_answered_soon() -> None:
    log = [
        Activity(kind, NOON, data={"sequence": f"s{n}", "round": n % 3 + 1, "step": f"{n}"})
        for n in range(5_000)
        for kind in ("sequence_enrolled", "sequence_step")
    ]
    found = of().due(Lead("L-7", events=log), NOON)
    assert len(found) == 5_000
    assert {due.because for due in found} == {"gone: version '' is no longer there"}

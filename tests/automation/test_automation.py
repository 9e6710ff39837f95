"""Planning: what fires, what is skipped, blocked or cooling, and why."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import attrs
import pytest

from leadflow import Activity, Lead, field, merge
from leadflow.actions import (
    Action,
    Assign,
    CreateTask,
    Enrol,
    Move,
    Notify,
    SendMessage,
    SetField,
    Tag,
    Untag,
)
from leadflow.automation import (
    Automation,
    Content,
    DateReached,
    FollowUpDue,
    Planned,
    Planning,
    RatingBecomes,
    RevisitDue,
    ScoreFallsBelow,
    ScoreReaches,
    Silence,
    StageEntered,
    StageOverdue,
    Trigger,
    When,
    fired,
    happens,
)
from leadflow.automation.occasion import mark_of
from leadflow.automation.planned import planned_table
from leadflow.contact import Cap, ContactRules
from leadflow.errors import InvalidDefinition, InvalidValue, LimitExceeded, NaiveDatetime
from leadflow.events import (
    Disposition,
    Event,
    FieldsSet,
    Rated,
    Scored,
    StageChange,
    Tagged,
    TaskSet,
)
from leadflow.pipeline import Pipeline, Stage
from leadflow.pipeline.day import Day

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FIELDS = {"email": "ada@lead.example", "phone": "5"}
ADA = Lead("L-7", NOON - 30 * DAY, fields=FIELDS)
PIPELINE = Pipeline.linear(
    "sales",
    [
        Stage("new", expected="2 days", respond_within="10 minutes"),
        Stage("quote", expected="5 days", follow_up="2 days"),
        Stage("won", kind="won"),
        Stage("lost", kind="lost"),
    ],
)


def rule(trigger: Trigger, *then: Action, name: str = "r", **given: Any) -> When:
    return When(trigger, then=then or [Tag("t")], name=name, **given)


def plan(
    rules: When | list[When],
    after: Lead,
    *events: Event,
    before: Lead | None = ADA,
    at: datetime = NOON,
    **planning: Any,
) -> list[tuple[str, str]]:
    found = planned(rules, after, *events, before=before, at=at, **planning)
    return [(each.outcome, each.because) for each in found]


def planned(
    rules: When | list[When],
    after: Lead,
    *events: Event,
    before: Lead | None = ADA,
    at: datetime = NOON,
    rules_of_contact: ContactRules | None = None,
    **planning: Any,
) -> tuple[Planned, ...]:
    day = Day(at, PIPELINE, rules_of_contact or ContactRules())
    automation = Automation([rules] if isinstance(rules, When) else rules)
    return automation.plan(before, after, events, as_of=at, planning=Planning(day, **planning))


def outcomes(*found: Planned) -> list[str]:
    return [each.outcome for each in found]


# Crossings


@pytest.mark.parametrize(
    ("before", "after", "fires"),
    [(55, 60, True), (60, 61, False), (None, 60, True), (59, 59, False), (70, 40, False)],
)
def test_reaching_60_from_55_fires_once_and_61_does_not_fire_it_again(
    before: int | None, after: int, fires: bool
) -> None:
    was, now = Lead("L-7", score=before), Lead("L-7", score=after)
    found = planned(rule(ScoreReaches(60)), now, before=was)
    assert outcomes(*found) == (["fired"] if fires else [])


@pytest.mark.parametrize(
    ("before", "after", "fires"),
    [(60, 59, True), (59, 58, False), (None, 10, False), (70, 60, False)],
)
def test_falling_below_a_line_fires_when_it_is_crossed(
    before: int | None, after: int, fires: bool
) -> None:
    found = planned(
        rule(ScoreFallsBelow(60)), Lead("L-7", score=after), before=Lead("L-7", score=before)
    )
    assert outcomes(*found) == (["fired"] if fires else [])


def test_a_lead_that_has_no_score_now_crosses_nothing() -> None:
    assert planned(rule(ScoreReaches(60)), Lead("L-7"), before=Lead("L-7", score=70)) == ()


def test_hot_cold_and_hot_again_fires_again() -> None:
    hot = rule(RatingBecomes("hot"))
    lead, found = ADA, []
    for hours, rating in enumerate(("hot", "hot", "cold", "hot")):
        at = NOON + hours * HOUR
        change = Rated(rating, at, id=f"R-{hours}")
        after = lead.after(change)
        new = planned(hot, after, change, before=lead, at=at)
        found.append(outcomes(*new))
        lead = after.after(*fired(new))
    assert found == [["fired"], [], [], ["fired"]]


def test_the_words_of_a_crossing_say_from_where() -> None:
    assert plan(rule(ScoreReaches(60)), Lead("L", score=61), before=Lead("L", score=55)) == [
        ("fired", "the score reaches 60: from 55 to 61")
    ]
    assert plan(rule(RatingBecomes("hot")), Lead("L", rating="hot"), before=None) == [
        ("fired", "the rating becomes hot: from no rating")
    ]
    assert plan(
        rule(RatingBecomes("hot")), Lead("L", rating="hot"), before=Lead("L", rating="cold")
    ) == [("fired", "the rating becomes hot: from cold")]


@pytest.mark.parametrize(
    ("pipeline", "asked", "fires"),
    [("sales", None, True), ("sales", "sales", True), ("sales", "leads", False)],
)
def test_entering_a_stage_fires_in_its_pipeline(
    pipeline: str, asked: str | None, fires: bool
) -> None:
    moved = ADA.after(StageChange("quote", NOON, pipeline=pipeline))
    one = rule(StageEntered("quote", pipeline=asked))
    other = rule(RatingBecomes("quote"), name="other")
    assert outcomes(*planned([one, other], moved)) == (["fired"] if fires else [])
    assert planned([one, other], moved, before=moved) == ()
    namesake = rule(StageEntered("hot"), name="namesake")
    assert planned([one, namesake], Lead("L", rating="hot"), before=None) == ()


# Events


def test_an_event_sets_off_what_waits_for_it_with_its_data() -> None:
    prices = rule(happens("page_viewed", page="/pricing"), name="prices")
    anything = rule(happens("page_viewed"), Tag("any"), name="any")
    seen = Activity("page_viewed", NOON, data={"page": "/blog"}, id="E")
    assert [each.rule for each in planned([prices, anything], ADA.after(seen), seen)] == ["any"]
    seen = Activity("page_viewed", NOON, data={"page": "/pricing"}, id="E")
    found = planned([prices, anything], ADA.after(seen), seen)
    assert [each.rule for each in found] == ["prices", "any"]
    assert planned([prices], ADA, Tagged("vip", NOON)) == ()


def test_an_event_without_an_id_counts_each_time_and_one_with_an_id_once() -> None:
    click = Activity("email_clicked", NOON)
    once, twice = ADA.after(click), ADA.after(click, click)
    assert mark_of(click, once) != mark_of(click, twice)
    named = Activity("email_clicked", NOON, id="E-1")
    clicked = rule(happens("email_clicked"))
    [first] = planned(clicked, ADA.after(named), named)
    after = ADA.after(named, *fired([first]))
    [again] = planned(clicked, after, named)
    assert (again.outcome, again.because, again.key) == ("skipped", "done before", first.key)


def test_a_rule_that_fired_for_a_lead_that_was_merged_has_fired() -> None:

    named = Activity("email_clicked", NOON, id="E-1")
    other = Lead("L-1", NOON - 40 * DAY)
    clicked = rule(happens("email_clicked"))
    done = fired(planned(clicked, ADA.after(named), named))
    merged = merge(ADA.after(named, *done), other)
    assert merged.id == "L-1"
    assert outcomes(*planned(clicked, merged, named)) == ["skipped"]


def test_another_version_of_a_rule_fires_anew() -> None:
    named = Activity("email_clicked", NOON, id="E-1")
    done = fired(planned(rule(happens("email_clicked")), ADA.after(named), named))
    newer = rule(happens("email_clicked"), version="2")
    assert outcomes(*planned(newer, ADA.after(named, *done), named)) == ["fired"]


def test_a_condition_that_is_not_met_skips_every_action_with_the_reason() -> None:
    named = Activity("email_clicked", NOON, id="E-1")
    large = When(happens("email_clicked"), field("n").at_least(5), [Tag("a"), Tag("b")], name="r")
    assert plan(large, ADA.after(named), named) == 2 * [("skipped", "not met: n is at least 5")]


def test_a_crossing_is_one_for_the_event_that_brought_it_else_for_its_instant() -> None:
    crossed = rule(ScoreReaches(60))
    form, later = Activity("form_submitted", NOON, id="E-1"), NOON + HOUR
    now = ADA.after(form, Scored(60, NOON))
    [first] = planned(crossed, now, form)
    [again] = planned(crossed, now.after(*fired([first])), form, at=later)
    assert (again.outcome, again.key) == ("skipped", first.key)
    [bare] = planned(crossed, now)
    [other] = planned(crossed, now, at=later)
    assert len({first.key, bare.key, other.key}) == 3


# Cooling down


def test_only_rules_that_fired_count_for_a_cool_down() -> None:
    cooled = When(
        happens("email_clicked"), field("n").at_least(5), [Tag("a")], name="r", cool_down="2 days"
    )
    first = Activity("email_clicked", NOON, id="E-1")
    lead = ADA.after(first)
    skipped = planned(cooled, lead, first)
    assert outcomes(*skipped) == ["skipped"]
    lead = lead.after(*fired(skipped), FieldsSet({"n": 9}, NOON))
    later = Activity("email_clicked", NOON + HOUR, id="E-2")
    found = planned(cooled, lead.after(later), later, at=NOON + HOUR)
    assert outcomes(*found) == ["fired"]
    lead = lead.after(later, *fired(found))
    third = Activity("email_clicked", NOON + DAY, id="E-3")
    [cooling] = planned(cooled, lead.after(third), third, at=NOON + DAY)
    assert (cooling.outcome, cooling.because) == ("cooling", "fired less than 2 days ago")
    assert cooling.until == NOON + HOUR + 2 * DAY
    assert fired([cooling]) == ()
    fourth = Activity("email_clicked", NOON + HOUR + 2 * DAY, id="E-4")
    found = planned(cooled, lead.after(fourth), fourth, at=fourth.at)
    assert outcomes(*found) == ["fired"]


def test_a_cool_down_is_held_within_one_plan() -> None:
    cooled = rule(happens("email_clicked"), cool_down="2 days")
    other = rule(happens("email_clicked"), name="other")
    clicks = [Activity("email_clicked", NOON, id=f"E-{n}") for n in range(3)]
    found = planned([cooled, other], ADA.after(*clicks), *clicks)
    assert outcomes(*found) == ["fired", "cooling", "cooling", "fired", "fired", "fired"]
    assert found[1].until == NOON + 2 * DAY
    blocked = rule(happens("email_clicked"), SendMessage("m"), cool_down="2 days")
    found = planned(blocked, Lead("L").after(*clicks), *clicks)
    assert outcomes(*found) == 3 * ["blocked"]


def test_what_else_a_rule_left_in_the_log_does_not_count_for_its_cool_down() -> None:
    cooled = rule(happens("email_clicked"), Notify("ada", "x"), cool_down="2 days")
    told = Activity("notified", NOON, data={"rule": "r"})
    other = Activity("automation", NOON, data={"rule": "other"})
    click = Activity("email_clicked", NOON, id="E")
    assert outcomes(*planned(cooled, ADA.after(told, other, click), click)) == ["fired"]


def test_a_cool_down_beyond_the_calendar_never_ends() -> None:
    cooled = rule(happens("email_clicked"), cool_down="9000 years")
    first = Activity("email_clicked", NOON, id="E-1")
    lead = ADA.after(first, *fired(planned(cooled, ADA.after(first), first)))
    second = Activity("email_clicked", NOON + DAY, id="E-2")
    [cooling] = planned(cooled, lead.after(second), second, at=NOON + DAY)
    assert cooling.until == datetime.max.replace(tzinfo=UTC)


# The log goes on beyond the instant


def test_what_was_planned_at_a_later_instant_is_not_planned_again() -> None:
    silent = Automation([rule(Silence("2 days"), SendMessage("guide"))])
    later = ADA.after(*fired(silent.review(ADA, as_of=NOON)))
    assert outcomes(*silent.review(later, as_of=NOON - DAY)) == ["skipped"]
    clicked = Activity("email_clicked", NOON - DAY, id="E")
    sent = Activity("email_sent", NOON, channel="email", direction="out", data={"content": "guide"})
    lead = ADA.after(clicked, sent)
    named, any_ = SendMessage("guide"), SendMessage()
    library = (Content("guide", "Guide"), Content("news", "News"))
    sends = rule(happens("email_clicked"), named, any_)
    found = planned(sends, lead, clicked, at=NOON - DAY, library=library)
    assert [(each.outcome, each.content) for each in found] == [
        ("skipped", None),
        ("fired", "news"),
    ]


# Nothing to do


@pytest.mark.parametrize(
    ("action", "because"),
    [
        (Tag("vip"), "tagged vip already"),
        (Untag("x"), "not tagged x"),
        (SetField("n", 5), "n is so already"),
        (SetField("m", None), "m is so already"),
        (Assign("ada"), "ada owns the lead already"),
        (Move("quote"), "in quote already"),
    ],
)
def test_what_is_so_already_is_skipped(action: Action, because: str) -> None:
    lead = Lead("L", stage="quote", owner="ada", tags=["vip"], fields={"n": 5})
    clicked = Activity("email_clicked", NOON, id="E")
    found = plan(rule(happens("email_clicked"), action), lead.after(clicked), clicked, before=lead)
    assert found == [("skipped", because)]


@pytest.mark.parametrize(
    "action", [Tag("x"), Untag("vip"), SetField("n", 6), Assign("bo"), Assign(), Move("new")]
)
def test_what_is_not_so_fires(action: Action) -> None:
    lead = Lead("L", stage="quote", owner="ada", tags=["vip"], fields={"n": 5})
    clicked = Activity("email_clicked", NOON, id="E")
    found = planned(
        rule(happens("email_clicked"), action), lead.after(clicked), clicked, before=lead
    )
    assert outcomes(*found) == ["fired"]


# The gate


@pytest.mark.parametrize(
    ("fields", "action", "because"),
    [
        ({"do_not_email": True}, SendMessage("m"), "do_not_email is true"),
        ({"email": None}, SendMessage("m"), "not known: email"),
        ({"phone": None}, CreateTask("call"), "not known: phone, mobile"),
        ({"do_not_contact": True}, Enrol("s"), "do_not_contact is true"),
        ({"do_not_contact": True}, CreateTask("meeting"), "do_not_contact is true"),
    ],
)
def test_the_gate_blocks_contacts(fields: dict[str, Any], action: Action, because: str) -> None:
    lead = Lead("L", NOON, fields={**FIELDS, **fields})
    clicked = Activity("email_clicked", NOON, id="E")
    found = plan(rule(happens("email_clicked"), action), lead.after(clicked), clicked, before=lead)
    assert found == [("blocked", because)]


def test_what_is_blocked_twice_says_the_first_reason_and_the_end_of_both() -> None:
    closed = Disposition("unqualified", NOON, reason="x", contact_again=date(2026, 3, 3))
    asleep = ADA.after(FieldsSet({"time_zone": "Asia/Tokyo"}, NOON), closed)
    both = rule(happens("disposition"), SendMessage("m", "sms"))
    [found] = planned(both, asleep, closed)
    [alone] = planned(both, ADA.after(closed), closed)
    assert (found.outcome, found.because) == ("blocked", alone.because)
    assert found.until == datetime(2026, 3, 2, 23, tzinfo=UTC)  # not midnight there, 15:00 UTC
    assert alone.until == datetime(2026, 3, 3, tzinfo=UTC)


def test_a_task_that_is_due_when_the_lead_may_be_contacted_again_is_set() -> None:
    closed = Disposition("unqualified", NOON, reason="x", contact_again=date(2026, 6, 2))
    for zone in (None, "Asia/Tokyo", "America/New_York"):
        lead = ADA.after(FieldsSet({"time_zone": zone}, NOON), closed)
        tasks = (CreateTask("call", after="92 days"), CreateTask("call", after="91 days"))
        found = planned(rule(happens("disposition"), *tasks), lead, closed)
        assert outcomes(*found) == ["fired", "blocked"]


def test_what_is_no_contact_is_not_blocked_and_the_rest_of_a_rule_goes_on() -> None:
    lead = Lead("L", NOON, fields={"do_not_contact": True})
    clicked = Activity("email_clicked", NOON, id="E")
    actions = (SendMessage("m"), CreateTask("verify_contact"), Notify("ada", "clicked"))
    found = planned(
        rule(happens("email_clicked"), *actions), lead.after(clicked), clicked, before=lead
    )
    assert outcomes(*found) == ["blocked", "fired", "fired"]


def test_a_task_is_blocked_only_by_what_still_stands_when_it_is_due() -> None:
    closed = Disposition("unqualified", NOON, reason="x", contact_again=date(2026, 6, 2))
    lead = ADA.after(closed)
    now, later = CreateTask("call"), CreateTask("call", after="4 months")
    [one, other] = planned(rule(happens("disposition"), now, later), lead, closed)
    assert (one.outcome, one.until) == ("blocked", datetime(2026, 6, 2, tzinfo=UTC))
    assert other.outcome == "fired"
    asleep = Lead("L", NOON, time_zone="Asia/Tokyo", fields=FIELDS)
    midnight = NOON + 3 * HOUR
    clicked = Activity("email_clicked", midnight, id="E")
    found = planned(
        rule(happens("email_clicked"), now, CreateTask("call", after="2 hours")),
        asleep.after(clicked), clicked, before=asleep, at=midnight,
    )  # fmt: skip
    assert outcomes(*found) == ["fired", "fired"]


def test_leads_of_a_rating_are_contacted_on_the_channels_of_its_procedure_only() -> None:
    cold = Lead("L", NOON, rating="cold", fields=FIELDS)
    clicked = Activity("email_clicked", NOON, id="E")
    actions = (CreateTask("call"), SendMessage("m"), CreateTask("meeting"))
    found = plan(
        rule(happens("email_clicked"), *actions), cold.after(clicked), clicked,
        before=cold, channels={"cold": ("email", "chat")},
    )  # fmt: skip
    assert found[0] == ("blocked", "cold leads are contacted by email and chat only")
    assert [outcome for outcome, _ in found[1:]] == ["fired", "fired"]
    found = plan(
        rule(happens("email_clicked"), SendMessage("m")), cold.after(clicked), clicked,
        before=cold, channels={"cold": ()},
    )  # fmt: skip
    assert found == [("blocked", "cold leads are contacted by nothing only")]


def test_messages_planned_together_count_for_the_caps() -> None:
    caps = ContactRules(caps={"email": Cap(1, "1 day")})
    clicked = Activity("email_clicked", NOON, id="E")
    two = rule(happens("email_clicked"), SendMessage("a"), SendMessage("b"))
    found = planned(two, ADA.after(clicked), clicked, rules_of_contact=caps)
    assert outcomes(*found) == ["fired", "blocked"]
    assert found[1].until == NOON + DAY
    assert outcomes(*planned(two, ADA.after(clicked), clicked)) == ["fired", "fired"]


# Content


def test_a_content_is_never_planned_twice() -> None:
    clicked = Activity("email_clicked", NOON, id="E")
    sends = [
        rule(happens("email_clicked"), SendMessage("guide"), name="a"),
        rule(happens("email_clicked"), SendMessage("guide"), name="b"),
    ]
    found = planned(sends, ADA.after(clicked), clicked)
    assert [(each.outcome, each.content) for each in found] == [
        ("fired", "guide"),
        ("skipped", None),
    ]
    assert found[1].because == "guide is planned already"
    sent = found[0].done(NOON + HOUR)
    assert sent is not None
    later = Activity("email_clicked", NOON + DAY, id="E-2")
    lead = ADA.after(clicked, sent, later)
    assert plan(sends[0], lead, later, at=NOON + DAY) == [
        ("skipped", "guide was sent or planned on 2026-03-02")
    ]


def test_what_fits_is_chosen_from_the_library() -> None:
    library = (
        Content("prices", "Prices", when=field("n").at_least(5)),
        Content("news", "News"),
        Content("chat", "Chat", channel="chat"),
    )
    clicked = Activity("email_clicked", NOON, id="E")
    two = rule(happens("email_clicked"), SendMessage(), SendMessage(), SendMessage(channel="sms"))
    lead = ADA.after(FieldsSet({"n": 9}, NOON), clicked)
    found = planned(two, lead, clicked, library=library)
    assert [each.content for each in found] == ["prices", "news", None]
    assert found[2].because == "nothing in the library fits"


# Time


def due(
    trigger: Trigger, lead: Lead, at: datetime, since: datetime | None = None, *then: Action
) -> list[str]:
    planning = Planning(Day(at, PIPELINE))
    found = Automation([rule(trigger, *then)]).review(
        lead, as_of=at, since=since, planning=planning
    )
    return outcomes(*found)


def test_silence_counts_from_when_the_lead_was_last_heard_of() -> None:
    lead = Lead("L", NOON)
    assert due(Silence("14 days"), lead, NOON + 14 * DAY - HOUR) == []
    assert due(Silence("14 days"), lead, NOON + 14 * DAY) == ["fired"]
    lead = lead.after(Activity("email_opened", NOON + 3 * DAY))
    assert due(Silence("14 days"), lead, NOON + 14 * DAY) == []
    assert due(Silence("14 days"), lead, NOON + 17 * DAY) == ["fired"]
    lead = lead.after(Activity("call", NOON + 5 * DAY, answered=True))
    assert due(Silence("14 days"), lead, NOON + 17 * DAY) == []
    lead = lead.after(
        Activity("call", NOON + 9 * DAY, answered=False),
        Activity("email_bounced", NOON + 9 * DAY),
        Tagged("x", NOON + 9 * DAY),
    )
    assert due(Silence("14 days"), lead, NOON + 19 * DAY) == ["fired"]
    assert due(Silence("14 days"), Lead("L"), NOON) == []
    assert due(Silence("9000 years"), lead, NOON + 19 * DAY) == []


@pytest.mark.parametrize(
    ("trigger", "at", "fires"),
    [
        (DateReached("due"), datetime(2026, 4, 1, 3, 59, tzinfo=UTC), False),
        (DateReached("due"), datetime(2026, 4, 1, 4, tzinfo=UTC), True),
        (DateReached("due", before="1 month"), datetime(2026, 3, 1, 5, tzinfo=UTC), True),
        (DateReached("due", before="1 month"), datetime(2026, 3, 1, 4, tzinfo=UTC), False),
        (DateReached("due", before="2 hours"), datetime(2026, 4, 2, tzinfo=UTC), False),
        (DateReached("renewal"), NOON, True),
        (DateReached("renewal", before="1 hour"), NOON - HOUR, True),
        (DateReached("renewal", before="1 hour"), NOON - 2 * HOUR, False),
        (DateReached("name"), NOON, False),
        (DateReached("other"), NOON, False),
    ],
)
def test_a_date_comes_at_midnight_where_the_lead_is(
    trigger: DateReached, at: datetime, fires: bool
) -> None:
    fields = {"renewal": NOON, "name": "Ada"}
    lead = Lead("L", due=date(2026, 4, 1), time_zone="America/New_York", fields=fields)  # type: ignore[arg-type]
    assert due(trigger, lead, at) == (["fired"] if fires else [])


def test_a_stage_is_overdue_once_for_each_time_it_is_entered() -> None:
    lead = Lead("L", NOON - DAY).after(StageChange("new", NOON, pipeline="sales"))
    at = NOON + 2 * DAY
    assert due(StageOverdue("new"), lead, at - HOUR) == []
    for trigger in (StageOverdue(), StageOverdue("new"), StageOverdue("new", pipeline="sales")):
        assert due(trigger, lead, at) == ["fired"]
    assert due(StageOverdue("quote"), lead, at) == []
    assert due(StageOverdue("new", pipeline="other"), lead, at) == []
    overdue = Automation([rule(StageOverdue())])
    planning = Planning(Day(at, PIPELINE))
    done = lead.after(*fired(overdue.review(lead, as_of=at, planning=planning)))
    assert due(StageOverdue(), done, at + 9 * DAY) == ["skipped"]


def test_a_follow_up_falls_due_once() -> None:
    lead = Lead("L", NOON, stage="new", pipeline="sales", fields=FIELDS)
    assert due(FollowUpDue(), lead, NOON + timedelta(minutes=9)) == []
    assert due(FollowUpDue("call"), lead, NOON + timedelta(minutes=10)) == ["fired"]
    assert due(FollowUpDue("offer"), lead, NOON + timedelta(minutes=10)) == []
    task = TaskSet("T", NOON, due=date(2026, 3, 4), kind="offer")
    assert due(FollowUpDue("offer"), lead.after(task), NOON + DAY) == []
    assert due(FollowUpDue("offer"), lead.after(task), NOON + 2 * DAY) == ["fired"]
    assert due(FollowUpDue(), Lead("L"), NOON + DAY) == []
    overdue = Automation([rule(FollowUpDue())])
    planning = Planning(Day(NOON + DAY, PIPELINE))
    done = lead.after(*fired(overdue.review(lead, as_of=NOON + DAY, planning=planning)))
    assert due(FollowUpDue(), done, NOON + 5 * DAY) == ["skipped"]
    closed = lead.after(Disposition("removed", NOON))
    assert due(FollowUpDue(), closed, NOON + DAY) == []


def test_a_closed_lead_may_be_taken_up_again_on_its_date() -> None:
    closed = Disposition("unqualified", NOON, reason="x", contact_again=date(2026, 6, 2))
    lead = ADA.after(closed)
    assert due(RevisitDue(), lead, datetime(2026, 6, 1, 23, tzinfo=UTC)) == []
    assert due(RevisitDue(), lead, datetime(2026, 6, 2, tzinfo=UTC)) == ["fired"]


def test_with_since_only_what_fell_due_after_it_is_planned() -> None:
    lead, at = Lead("L", NOON), NOON + 20 * DAY
    fell_due = NOON + 14 * DAY
    assert due(Silence("14 days"), lead, at, fell_due - HOUR) == ["fired"]
    assert due(Silence("14 days"), lead, at, fell_due) == []
    assert due(Silence("14 days"), lead, at, at) == []


def test_a_rule_that_time_set_off_waits_as_a_whole_while_the_gate_refuses_some_of_it() -> None:
    lead = Lead("L", NOON - 30 * DAY, fields={**FIELDS, "mobile": "6"}, time_zone="Asia/Tokyo")
    night = datetime(2026, 3, 2, 18, tzinfo=UTC)
    text = SendMessage("hello", "sms")
    found = Automation([rule(Silence("14 days"), text, Tag("silent"))]).review(lead, as_of=night)
    morning = datetime(2026, 3, 2, 23, tzinfo=UTC)
    assert [(each.outcome, each.until) for each in found] == [
        ("blocked", morning),
        ("skipped", morning),
    ]
    assert found[1].because == "waits for the rest of the rule"
    assert due(Silence("14 days"), lead, morning, None, text, Tag("silent")) == ["fired", "fired"]
    gone = Lead("L", NOON - 30 * DAY, fields={"do_not_contact": True})
    assert due(Silence("14 days"), gone, night, None, text, Tag("silent")) == ["blocked", "fired"]


# Planned


def test_what_was_done_is_reported_once() -> None:
    clicked = Activity("email_clicked", NOON, id="E")
    actions = (SendMessage("a"), SendMessage("b", "sms"), SendMessage("c", "chat"),
               Notify("ada", "x"), Tag("t"))  # fmt: skip
    lead = Lead("L", NOON, fields={**FIELDS, "mobile": "6"})
    found = planned(
        rule(happens("email_clicked"), *actions), lead.after(clicked), clicked, before=lead
    )
    done = [each.done(NOON + HOUR, by="ada") for each in found]
    assert [None if each is None else (each.kind, each.channel) for each in done] == [
        ("email_sent", "email"),
        ("sms_sent", "sms"),
        ("chat_sent", "chat"),
        ("notified", None),
        None,
    ]
    told = [event for event in done if event is not None]
    once, twice = lead.after(*told), lead.after(*told, *told)
    assert once == twice
    assert len(once.attempts()) == 3
    with pytest.raises(NaiveDatetime):
        found[0].done(datetime(2026, 3, 1))


def test_a_planned_action_says_all_of_itself() -> None:
    clicked = Activity("email_clicked", NOON, id="E")
    library = (Content("news", "News"),)
    [sent, task] = planned(
        rule(happens("email_clicked"), SendMessage(), CreateTask("call"), name="why"),
        ADA.after(clicked), clicked, library=library,
    )  # fmt: skip
    assert str(sent) == "fired: send what fits by email: news (why: email_clicked happens)"
    assert str(task) == "fired: task call (why: email_clicked happens)"
    assert sent.is_fired
    assert str(attrs.evolve(task, because="why")) == "fired: task call (why)"
    assert "task call" in planned_table("plan", [sent, task])


# What is refused


@pytest.mark.parametrize(
    ("build", "error", "words"),
    [
        (lambda: Automation(["x"]), InvalidDefinition, r"rules\[0\]: expected a When, got 'x'"),  # type: ignore[list-item]
        (
            lambda: Automation([rule(ScoreReaches(1)), rule(ScoreReaches(2))]),
            InvalidDefinition,
            r"rules\[1\].name: 'r' is the name of rules\[0\] too",
        ),
        (
            lambda: Automation([rule(ScoreReaches(1))] * 10_001),
            InvalidDefinition,
            "at most 10,000 rules, got 10,001",
        ),
        (
            lambda: Automation([rule(ScoreReaches(1))] * 10_000),
            InvalidDefinition,
            r"rules\[1\].name: 'r' is the name of rules\[0\] too",
        ),
        (lambda: Automation("x"), InvalidValue, "Automation.rules: expected a list"),  # type: ignore[arg-type]
        (lambda: Automation([]).plan(None, "L", as_of=NOON), InvalidValue, "expected a Lead"),  # type: ignore[arg-type]
        (lambda: Automation([]).plan("L", ADA, as_of=NOON), InvalidValue, "expected a Lead"),  # type: ignore[arg-type]
        (lambda: Automation([]).review(ADA, as_of=datetime(2026, 3, 1)), NaiveDatetime, "as_of"),
        (
            lambda: Automation([]).review(ADA, as_of=NOON, since=datetime(2026, 3, 1)),
            NaiveDatetime,
            "since",
        ),
        (lambda: Content("k", "t", "x" * 3000), LimitExceeded, "Content 'k' link|link"),
    ],
)
def test_what_is_no_rule_lead_or_instant_is_refused(
    build: Any, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        build()


def test_without_rules_nothing_is_planned() -> None:
    assert Automation().plan(None, ADA.after(Scored(60, NOON)), as_of=NOON) == ()
    assert Automation().review(ADA, as_of=NOON) == ()

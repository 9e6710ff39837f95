"""Occasions: what sets a rule off, in words and as a mark that tells one thing from another."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import pytest

from leadflow import Activity, Lead, field
from leadflow.actions import Tag
from leadflow.automation import (
    DateReached,
    FollowUpDue,
    Happens,
    RatingBecomes,
    RevisitDue,
    ScoreFallsBelow,
    ScoreReaches,
    Silence,
    StageEntered,
    StageOverdue,
    Trigger,
    When,
    happens,
)
from leadflow.automation.automation import Planning, fallen_due
from leadflow.automation.occasion import Change, Occasions, mark_of
from leadflow.contact import ContactRules
from leadflow.disposition import DispositionPolicy, Reason
from leadflow.events import (
    Conversion,
    Disposition,
    Event,
    FieldsSet,
    Rated,
    Reopened,
    Scored,
    StageChange,
    Tagged,
    TaskDone,
    TaskSet,
    Untagged,
)
from leadflow.pipeline import Pipeline, Stage
from leadflow.pipeline.day import Day

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
PIPELINE = Pipeline.linear(
    "sales",
    [
        Stage("new", expected="2 days", respond_within="10 minutes"),
        Stage("quote", expected="5 days", follow_up="2 days"),
        Stage("won", kind="won"),
        Stage("lost", kind="lost"),
    ],
)
ADA = Lead("L-7", NOON, fields={"email": "a@b.example", "phone": "5"})


def rules(*triggers: Trigger) -> Occasions:
    return Occasions(
        tuple(When(each, then=[Tag("t")], name=str(n)) for n, each in enumerate(triggers))
    )


def change(before: Lead | None, after: Lead, events: Iterable[Event] = ()) -> Change:
    return Change(before, after, tuple(events), "mark")


def set_off(before: Lead | None, after: Lead, events: Iterable[Event], *by: Trigger) -> list[str]:
    return [each.rule.name for each in rules(*by).of_change(change(before, after, events))]


def due(trigger: Trigger, lead: Lead, at: datetime, since: datetime | None = None) -> list[str]:
    """The marks of what has fallen due."""
    planning = Planning(Day(at, (PIPELINE,)))
    found = fallen_due(rules(trigger), lead.rewind(at), planning, since)
    return [each.mark for each in found]


# Changes


def test_rules_are_set_off_in_their_order_whatever_sets_them_off() -> None:
    events: list[Event] = [
        Tagged("b", NOON),
        Scored(60, NOON),
        Rated("hot", NOON),
        Tagged("a", NOON),
    ]
    after = ADA.after(*events, StageChange("new", NOON, pipeline="sales"))
    found = set_off(
        ADA, after, events,
        StageEntered("new"), happens("tagged", tag="a"), RatingBecomes("hot"),
        Silence("1 day"), ScoreReaches(60), Happens("tagged"), ScoreFallsBelow(99),
    )  # fmt: skip
    assert found == ["0", "1", "2", "4", "5", "5"]


def test_two_events_set_a_rule_off_twice_each_with_its_own_mark() -> None:
    events = [Tagged("a", NOON, id="E-1"), Tagged("b", NOON, id="E-2")]
    found = rules(Happens("tagged")).of_change(change(ADA, ADA.after(*events), events))
    assert [each.mark for each in found] == ["E-1", "E-2"]
    assert {each.because for each in found} == {"tagged happens"}


@pytest.mark.parametrize(
    ("event", "trigger", "fires"),
    [
        (Tagged("a", NOON), happens("tagged", tag="a"), True),
        (Tagged("b", NOON), happens("tagged", tag="a"), False),
        (Untagged("a", NOON), happens("tagged", tag="a"), False),
        (FieldsSet({"n": 5}, NOON), Happens("fields_set", field("n").at_least(5)), True),
        (FieldsSet({"m": 5}, NOON), Happens("fields_set", field("n").at_least(5)), False),
        (FieldsSet({"n": None}, NOON), Happens("fields_set", field("n").is_known()), False),
        (Disposition("lost", NOON, reason="x"), happens("disposition", reason="x"), True),
        (Conversion("sales", "new", NOON), happens("conversion", pipeline="sales"), True),
        (TaskDone("T", NOON), Happens("task_done"), True),
        (Activity("task_done", NOON), Happens("task_done"), True),
        (Activity("call", NOON, answered=True), happens("call", answered=True), True),
        (Activity("call", NOON, answered=False), happens("call", answered=True), False),
        (
            Activity("page_viewed", NOON, data={"on": date(2026, 2, 20)}),
            Happens("page_viewed", field("on").older_than("7 days")),
            True,
        ),
        (
            Activity("page_viewed", NOON, data={"on": date(2026, 3, 1)}),
            Happens("page_viewed", field("on").older_than("7 days")),
            False,
        ),
    ],
)
def test_an_event_is_asked_for_by_its_kind_and_its_own_data(
    event: Event, trigger: Trigger, fires: bool
) -> None:
    task = TaskSet("T", NOON - HOUR)
    before = ADA.after(task)
    assert set_off(before, before.after(event), [event], trigger) == (["0"] if fires else [])


def test_the_data_of_an_event_are_not_the_facts_of_the_lead() -> None:
    known = ADA.after(FieldsSet({"n": 9}, NOON - HOUR))
    event = FieldsSet({"m": 1}, NOON)
    asked = Happens("fields_set", field("n").at_least(5))
    assert set_off(known, known.after(event), [event], asked) == []


def test_a_new_lead_crosses_every_line_up_to_its_score_and_none_down() -> None:
    lead = Lead("L", score=60, rating="hot", stage="new", pipeline="sales")
    triggers = (ScoreReaches(60), ScoreReaches(61), ScoreReaches(10), ScoreFallsBelow(99))
    assert set_off(None, lead, (), *triggers) == ["0", "2"]
    assert set_off(None, lead, (), RatingBecomes("hot"), StageEntered("new")) == ["0", "1"]


def test_a_stage_is_entered_anew_in_another_pipeline_and_not_by_staying() -> None:
    here = Lead("L", stage="new", pipeline="leads")
    there = Lead("L", stage="new", pipeline="sales")
    assert set_off(here, there, (), StageEntered("new")) == ["0"]
    assert set_off(here, here, (), StageEntered("new")) == []
    assert set_off(here, Lead("L"), (), StageEntered("new")) == []


def test_what_a_change_set_off_bears_the_mark_of_the_event_that_was_handled() -> None:
    now = Lead("L", score=60, rating="hot", stage="new")
    triggers = (ScoreReaches(60), RatingBecomes("hot"), StageEntered("new"))
    found = rules(*triggers).of_change(change(Lead("L", score=5), now))
    assert [each.mark for each in found] == 3 * ["mark"]
    assert [each.because for each in found] == [
        "the score reaches 60: from 5 to 60",
        "the rating becomes hot: from no rating",
        "the lead enters new",
    ]


# Marks


def test_the_mark_of_an_event_is_its_id_else_its_content_and_its_number() -> None:
    click, other = Activity("email_clicked", NOON), Activity("email_clicked", NOON + HOUR)
    once, twice = ADA.after(click), ADA.after(click, click)
    assert mark_of(Activity("call", NOON, id="E-1"), ADA) == "E-1"
    assert len({mark_of(click, once), mark_of(click, twice), mark_of(other, twice)}) == 3
    assert mark_of(click, once) == mark_of(click, once.after(other))


# Time


def test_each_silence_is_one() -> None:
    opened = [Activity("email_opened", NOON + n * DAY) for n in (1, 9)]
    lead = ADA.after(*opened)
    marks = [due(Silence("3 days"), lead, NOON + n * DAY) for n in range(20)]
    assert [len(mark) for mark in marks] == [*(4 * [0]), *(5 * [1]), *(3 * [0]), *(8 * [1])]
    assert len({mark for found in marks for mark in found}) == 2


def test_a_silence_says_since_when() -> None:
    heard = ADA.after(Activity("email_opened", NOON + DAY))
    words = []
    for lead in (ADA, heard):
        day = Day(NOON + 9 * DAY, (PIPELINE,))
        words += [each.because for each in rules(Silence("3 days")).of_time(lead, day)]
    assert words == [
        "came in on 2026-03-02 12:00 UTC, 3 days ago or more",
        "last heard of on 2026-03-03 12:00 UTC, 3 days ago or more",
    ]


def test_a_date_of_a_lead_whose_zone_is_not_known_comes_in_the_playbooks() -> None:
    lead = Lead("L", NOON, due=date(2026, 3, 4))
    found = [
        len(rules(DateReached("due")).of_time(lead, Day(at, (), gate)))
        for gate in (ContactRules(), ContactRules(time_zone="Asia/Tokyo"))
        for at in (NOON + DAY, NOON + DAY + 3 * HOUR, NOON + DAY + 12 * HOUR)
    ]
    assert found == [0, 0, 1, 0, 1, 1]


def test_each_date_that_a_field_is_given_comes_once() -> None:
    lead = ADA.after(FieldsSet({"renewal": date(2026, 3, 4)}, NOON))
    moved = lead.after(FieldsSet({"renewal": date(2026, 3, 10)}, NOON + 3 * DAY))
    asked = DateReached("renewal")
    first = due(asked, lead, NOON + 2 * DAY)
    assert first == due(asked, lead, NOON + 9 * DAY)
    assert due(asked, moved, NOON + 4 * DAY) == []
    [again] = due(asked, moved, NOON + 8 * DAY)
    assert [again] != first


@pytest.mark.parametrize("zone", [None, "Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize("day", [date.min, date.max])
def test_a_date_at_either_end_of_the_calendar_breaks_nothing(day: date, zone: str | None) -> None:
    lead = Lead("L", NOON, due=day, time_zone=zone)
    for trigger in (DateReached("due"), DateReached("due", before="1 year")):
        assert len(due(trigger, lead, NOON)) == (day == date.min and trigger.before is None)


def test_a_stage_is_overdue_anew_when_it_is_entered_again() -> None:
    lead = ADA.after(StageChange("new", NOON, pipeline="sales"))
    moved = lead.after(
        StageChange("quote", NOON + 3 * DAY, pipeline="sales"),
        StageChange("new", NOON + 4 * DAY, pipeline="sales"),
    )
    [first] = due(StageOverdue("new"), lead, NOON + 2 * DAY)
    assert due(StageOverdue("new"), moved, NOON + 5 * DAY) == []
    [again] = due(StageOverdue("new"), moved, NOON + 6 * DAY)
    assert first != again
    unknown = Lead("L", NOON, stage="new", pipeline="other")
    assert due(StageOverdue(), unknown, NOON + 9 * DAY) == []
    nowhere = Lead("L", NOON)
    assert due(StageOverdue(), nowhere, NOON + 9 * DAY) == []


def test_each_task_falls_due_once_and_a_new_attempt_makes_a_new_follow_up() -> None:
    lead = Lead("L", NOON, stage="quote", pipeline="sales", fields={"phone": "5"}).after(
        Activity("call", NOON, answered=True)
    )
    asked = FollowUpDue()
    [first] = due(asked, lead, NOON + 3 * DAY)
    assert due(asked, lead, NOON + 4 * DAY) == [first]
    called = lead.after(Activity("call", NOON + 4 * DAY, answered=True))
    assert due(asked, called, NOON + 4 * DAY) == []
    [second] = due(asked, called, NOON + 7 * DAY)
    tasks = [TaskSet(id, NOON, due=(NOON + DAY).date(), kind="offer") for id in ("T-1", "T-2")]
    [one] = due(FollowUpDue("offer"), called.after(tasks[0]), NOON + DAY)
    [other] = due(FollowUpDue("offer"), called.after(tasks[1]), NOON + DAY)
    assert len({first, second, one, other}) == 4


def test_a_first_contact_is_one_whether_or_not_the_lead_was_moved_meanwhile() -> None:
    lead = Lead("L", NOON, fields={"phone": "5"})
    moved = lead.after(StageChange("new", NOON + HOUR, pipeline="sales"))
    asked = FollowUpDue("call")
    assert due(asked, lead, NOON + DAY) == due(asked, moved, NOON + DAY) != []


def test_each_revisit_is_one() -> None:
    later = [date(2026, 4, 1), date(2026, 6, 1)]
    first = Disposition("unqualified", NOON, reason="x", contact_again=later[0])
    lead = ADA.after(first)
    april, june = (datetime.combine(day, datetime.min.time(), UTC) for day in later)
    assert due(RevisitDue(), lead, april - HOUR) == []
    [mark] = due(RevisitDue(), lead, april)
    assert due(RevisitDue(), lead, june) == [mark]
    closed_again = lead.after(
        Reopened("new", april, pipeline="sales"),
        Disposition("unqualified", april + HOUR, reason="x", contact_again=later[1]),
    )
    assert due(RevisitDue(), closed_again, april + DAY) == []
    [again] = due(RevisitDue(), closed_again, june)
    assert again != mark
    policy = DispositionPolicy([Reason("bad")])
    never = ADA.after(policy.close(ADA, "unqualified", "bad", at=NOON))
    assert due(RevisitDue(), never, june) == []


@pytest.mark.parametrize(
    ("since", "count"),
    [(None, 1), (NOON, 1), (NOON + 3 * DAY - HOUR, 1), (NOON + 3 * DAY, 0), (NOON + 4 * DAY, 0)],
)
def test_with_since_only_what_fell_due_after_it_is_found(
    since: datetime | None, count: int
) -> None:
    assert len(due(Silence("3 days"), ADA, NOON + 5 * DAY, since)) == count


def test_windows_that_meet_find_each_thing_once() -> None:
    lead = ADA.after(
        FieldsSet({"renewal": date(2026, 3, 9)}, NOON),
        *(Activity("email_opened", NOON + n * DAY) for n in (2, 8, 12)),
    )
    triggers = (Silence("2 days"), DateReached("renewal"), DateReached("renewal", before="1 day"))
    occasions = rules(*triggers)
    for step in (timedelta(hours=5), DAY, 3 * DAY):
        found: list[tuple[str, str]] = []
        since, at = NOON, NOON + step
        while since < NOON + 20 * DAY:
            planning = Planning(Day(at, (PIPELINE,)))
            met = fallen_due(occasions, lead.rewind(at), planning, since)
            found += [(each.rule.name, each.mark) for each in met]
            since, at = at, at + step
        assert len(found) == len(set(found))
        assert {name for name, _ in found} == {"0", "1", "2"}


def test_without_rules_that_time_sets_off_nothing_is_found() -> None:
    assert due(ScoreReaches(5), Lead("L", NOON, score=9), NOON + DAY) == []

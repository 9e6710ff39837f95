"""Closing: the ways out, what stands against them, and what follows."""

from __future__ import annotations

import pickle
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from leadflow import Activity, Lead
from leadflow.actions import Action, CreateTask, Enrol, Notify, Tag, Untag
from leadflow.contact import may_contact
from leadflow.disposition import DispositionPolicy, Reason, convert
from leadflow.errors import (
    Blocker,
    DecisionRefused,
    InvalidDefinition,
    InvalidValue,
    LimitExceeded,
    NaiveDatetime,
)
from leadflow.events import (
    Assignment,
    Conversion,
    Disposition,
    Event,
    FieldsSet,
    Outcome,
    Reopened,
    StageChange,
    Tagged,
    TaskDone,
    TaskSet,
    Untagged,
)
from leadflow.lead import merge
from leadflow.pipeline import next_action, worklist
from leadflow.presets import disposition_policy, qualification_pipeline, sales_pipeline

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
HIGHEST = 2**63 - 1
POLICY = disposition_policy(verifiers=["ada", "bo", "cy"])
STRICT = Reason(
    "strict", "Strict", needs_note=True, attempts=2, within="30 days", verify_contact=True
)


def calls(*days: float, at: datetime = NOON, **given: Any) -> list[Activity]:
    """Make calls that many days before an instant."""
    return [Activity("call", at - day * DAY, **{"answered": False, **given}) for day in days]


def codes(found: Iterable[Blocker]) -> list[str]:
    return [blocker.code for blocker in found]


def closed(
    lead: Lead,
    outcome: Outcome = "unqualified",
    reason: str | None = "no_budget",
    at: datetime = NOON,
    **given: Any,
) -> Lead:
    return lead.after(POLICY.close(lead, outcome, reason, at=at, **given))


# The ways out


def test_a_qualified_lead_leaves_the_qualification_and_its_next_step_is_open() -> None:
    pipeline = qualification_pipeline()
    lead = Lead("L-7", pipeline="qualification", stage="assessing")
    found = POLICY.close(lead, "qualified", at=NOON, by="ada", id="E-1")
    assert found == Disposition("qualified", NOON, by="ada", id="E-1")
    assert POLICY.next_steps(lead, found) == ()
    after = lead.after(found)
    after = after.after(pipeline.move(after, "qualified", NOON))
    assert after.stage == "qualified"
    assert not convert(after, sales_pipeline(), at=NOON).owner


def test_an_unqualified_lead_has_a_reason() -> None:
    found = POLICY.close(Lead("L-7"), "unqualified", "no_budget", at=NOON)
    assert (found.outcome, found.reason) == ("unqualified", "no_budget")


def test_a_removed_lead_has_no_reason_and_may_have_a_note() -> None:
    found = POLICY.close(Lead("L-7"), "removed", at=NOON, note="  a test entry ")
    assert found == Disposition("removed", NOON, note="a test entry")
    assert codes(POLICY.blockers(Lead("L-7"), "removed", "no_budget", at=NOON)) == ["unfit_reason"]


def test_a_lead_is_closed_as_converted_once_it_is_converted() -> None:
    lead = Lead("L-7")
    with pytest.raises(DecisionRefused, match=r"the lead is not converted; .*disposition.convert"):
        POLICY.close(lead, "converted", at=NOON)
    lead = lead.after(convert(lead, sales_pipeline(), at=NOON))
    lead = lead.after(POLICY.close(lead, "converted", at=NOON))
    assert lead.disposition is not None
    assert lead.disposition.outcome == "converted"
    assert (lead.pipeline, lead.lifecycle) == ("sales", "opportunity")


def test_a_conversion_after_the_closing_has_not_happened_yet() -> None:
    lead = Lead("L-7")
    lead = lead.after(convert(lead, sales_pipeline(), at=NOON + DAY))
    assert codes(POLICY.blockers(lead, "converted", at=NOON)) == ["too_early", "not_converted"]


@pytest.mark.parametrize("outcome", ["qualified", "converted"])
def test_a_qualified_or_converted_lead_is_worked_on_and_may_be_lost(outcome: Outcome) -> None:
    lead = Lead("L-7")
    lead = lead.after(convert(lead, sales_pipeline(), at=NOON))
    lead = lead.after(POLICY.close(lead, outcome, at=NOON))
    lost = POLICY.close(lead, "lost", "no_budget", at=NOON + DAY)
    assert lead.after(lost).disposition == lost


def test_a_deal_is_won_without_a_reason_and_lost_with_one() -> None:
    lead = Lead("L-7")
    assert lead.after(POLICY.close(lead, "won", at=NOON)).lifecycle == "customer"
    assert codes(POLICY.blockers(lead, "lost", at=NOON)) == ["no_reason"]
    assert POLICY.close(lead, "lost", "no_budget", at=NOON).reason == "no_budget"


# What stands against a closing


@pytest.mark.parametrize("outcome", ["unqualified", "lost"])
def test_a_reason_is_required_and_those_that_fit_are_named(outcome: Outcome) -> None:
    policy = DispositionPolicy(
        [
            Reason("price"),
            Reason("spam", outcomes=["unqualified"]),
            Reason("test", outcomes=["won"]),
        ]
    )
    (blocker,) = policy.blockers(Lead("L-7"), outcome, at=NOON)
    known = "price, spam" if outcome == "unqualified" else "price"
    assert blocker == Blocker("no_reason", f"{outcome!r} needs a reason; known: {known}")


@pytest.mark.parametrize("outcome", ["qualified", "removed", "won"])
def test_other_outcomes_need_no_reason_and_none_of_the_preset_fits(outcome: Outcome) -> None:
    assert POLICY.blockers(Lead("L-7"), outcome, at=NOON) == ()
    (blocker,) = POLICY.blockers(Lead("L-7"), outcome, "no_budget", at=NOON)
    because = "'no_budget' is a reason for unqualified, lost"
    assert blocker == Blocker("unfit_reason", because)


@pytest.mark.parametrize("note", [None, "", " \n\t"])
def test_a_reason_may_need_a_note_that_is_not_blank(note: str | None) -> None:
    found = POLICY.blockers(Lead("L-7"), "unqualified", "other", at=NOON, note=note)
    assert found == (Blocker("no_note", "'other' needs a note"),)
    closing = POLICY.close(Lead("L-7"), "unqualified", "other", at=NOON, note=" moved\n away ")
    assert closing.note == "moved\n away"


@pytest.mark.parametrize("outcome", ["unqualified", "removed", "won", "lost"])
def test_a_closed_lead_is_not_closed_again_until_it_is_reopened(outcome: Outcome) -> None:
    lead = closed(Lead("L-7"), outcome, "no_budget" if outcome in ("unqualified", "lost") else None)
    for again in ("qualified", "removed", "won"):
        (blocker,) = POLICY.blockers(lead, again, at=NOON + DAY)
        why = " (no_budget)" if lead.disposition and lead.disposition.reason else ""
        because = f"closed as {outcome}{why} on 2026-03-01 already; reopen it first"
        assert blocker == Blocker("closed", because)
    lead = lead.after(Reopened("contacting", NOON + DAY))
    assert POLICY.blockers(lead, "removed", at=NOON + DAY) == ()


def test_nothing_is_closed_before_it_came_in() -> None:
    (blocker,) = POLICY.blockers(Lead("L-7", NOON), "removed", at=NOON - DAY)
    assert blocker == Blocker(
        "too_early",
        "at 2026-02-28T12:00:00+00:00 is before the lead came in, 2026-03-01T12:00:00+00:00",
    )
    assert POLICY.blockers(Lead("L-7", NOON), "removed", at=NOON) == ()


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (StageChange("working", NOON), "before the last change, 2026-03-01T12:00"),
        (Reopened("working", NOON), "before the last change"),
        (Disposition("removed", NOON), "before the last closing"),
    ],
)
def test_nothing_is_closed_before_the_last_change(event: Any, words: str) -> None:
    (blocker,) = POLICY.blockers(Lead("L-7", events=[event]), "removed", at=NOON - DAY)
    assert blocker.code == "too_early"
    assert words in blocker.because


def test_at_one_instant_a_closing_comes_after_what_is_in_the_log() -> None:
    lead = Lead("L-7", events=[Reopened("working", NOON, sequence=4)])
    assert POLICY.close(lead, "removed", at=NOON).sequence == 5
    assert POLICY.close(lead, "removed", at=NOON + DAY).sequence is None


def test_nothing_can_follow_the_highest_sequence() -> None:
    lead = Lead("L-7", events=[StageChange("working", NOON, sequence=HIGHEST)])
    (blocker,) = POLICY.blockers(lead, "removed", at=NOON)
    assert (blocker.code, "highest sequence" in blocker.because) == ("too_early", True)
    with pytest.raises(DecisionRefused, match="highest sequence"):
        POLICY.close(lead, "removed", at=NOON)
    assert POLICY.blockers(lead, "removed", at=NOON + DAY) == ()


def test_a_refusal_lists_everything_at_once() -> None:
    log: list[Event] = [
        Disposition("removed", NOON - 9 * DAY),
        *calls(5),
        StageChange("working", NOON + DAY),
    ]
    lead = Lead("L-7", NOON + DAY, owner="bo", events=log)
    policy = DispositionPolicy([STRICT], verifiers=["ada", "bo"])
    with pytest.raises(DecisionRefused) as refused:
        policy.close(lead, "converted", "strict", at=NOON, by="ada", note=" ")
    assert refused.value.blockers == policy.blockers(
        lead, "converted", "strict", at=NOON, by="ada", note=" "
    )
    assert (refused.value.lead, refused.value.asked) == ("L-7", "close L-7 as converted")
    hint = "name reps in DispositionPolicy(verifiers=[...])"
    assert str(refused.value).splitlines() == [
        "cannot close L-7 as converted; 8 things stand against it",
        "  at 2026-03-01T12:00:00+00:00 is before the lead came in, 2026-03-02T12:00:00+00:00",
        "  at 2026-03-01T12:00:00+00:00 is before the last change, 2026-03-02T12:00:00+00:00",
        "  closed as removed on 2026-02-20 already; reopen it first",
        "  'strict' is a reason for unqualified, lost",
        "  'strict' needs a note",
        "  1 of 2 attempts made within 30 days; not yet 'strict'",
        f"  'strict' needs somebody else to verify the contact data; {hint}",
        "  the lead is not converted; leadflow.disposition.convert does it",
    ]


# Six attempts


def test_the_sixth_unanswered_attempt_allows_unreachable_and_the_fifth_does_not() -> None:
    lead = Lead("L-7", events=calls(1, 2, 3, 4, 5))
    with pytest.raises(DecisionRefused, match="5 of 6 attempts made within 30 days; not yet 'unr"):
        POLICY.close(lead, "unqualified", "unreachable", at=NOON)
    lead = lead.after(Activity("voicemail", NOON))
    assert POLICY.close(lead, "unqualified", "unreachable", at=NOON).reason == "unreachable"


def test_attempts_on_every_other_channel_count() -> None:
    kinds = ["call", "voicemail", "linkedin_message", "call", "linkedin_message", "call"]
    log = [Activity(kind, NOON - day * DAY) for day, kind in enumerate(kinds)]
    assert POLICY.blockers(Lead("L-7", events=log), "lost", "unreachable", at=NOON) == ()


def test_e_mails_accompany_attempts_and_do_not_count() -> None:
    mails = [Activity("email_sent", NOON - day * DAY) for day in range(6)]
    lead = Lead("L-7", events=[*calls(1, 2, 3, 4, 5), *mails])
    (blocker,) = POLICY.blockers(lead, "unqualified", "unreachable", at=NOON)
    assert blocker.because.startswith("5 of 6 attempts")


@pytest.mark.parametrize(
    "event",
    [
        Activity("call", NOON - 2.5 * DAY, answered=True),
        Activity("call_received", NOON - 2.5 * DAY),
        Activity("meeting", NOON - 2.5 * DAY),
        Reopened("contacting", NOON - 2.5 * DAY),
    ],
)
def test_an_answer_or_a_reopening_starts_the_count_anew(event: Any) -> None:
    six = calls(1, 2, 3, 4, 5, 6)
    assert POLICY.blockers(Lead("L-7", events=six), "lost", "unreachable", at=NOON) == ()
    (blocker,) = POLICY.blockers(Lead("L-7", events=[*six, event]), "lost", "unreachable", at=NOON)
    assert blocker.because.startswith("2 of 6 attempts")


def test_attempts_after_the_closing_have_not_been_made() -> None:
    lead = Lead("L-7", events=calls(1, 2, 3, 4, 5, -1))
    assert codes(POLICY.blockers(lead, "lost", "unreachable", at=NOON)) == ["attempts"]


@pytest.mark.parametrize(
    ("first", "is_enough"),
    [(timedelta(0), True), (timedelta(microseconds=1), False), (timedelta(days=-1), True)],
)
def test_the_first_and_the_last_of_six_lie_exactly_thirty_days_apart_at_most(
    first: timedelta, is_enough: bool
) -> None:
    tries = calls(30, 20, 10, 5, 1, 0)
    tries[0] = Activity("call", tries[0].at - first, answered=False)
    found = POLICY.blockers(Lead("L-7", events=tries), "lost", "unreachable", at=NOON)
    assert codes(found) == ([] if is_enough else ["attempts"])


def test_any_six_within_the_time_are_enough_even_long_after() -> None:
    log = [*calls(400, 395, 390, 385, 380, 375), *calls(200, 100, 0)]
    found = POLICY.blockers(Lead("L-7", events=log), "lost", "unreachable", at=NOON)
    assert found == ()


def test_six_that_are_spread_over_a_longer_time_are_not_enough() -> None:
    log = calls(100, 93, 86, 79, 72, 64, 50, 40, 30, 20, 10, 0)
    (blocker,) = POLICY.blockers(Lead("L-7", events=log), "lost", "unreachable", at=NOON)
    assert blocker.because.startswith("5 of 6 attempts made within 30 days")


def test_without_a_time_the_attempts_count_whenever_they_were_made() -> None:
    policy = POLICY.with_reason(Reason("unreachable", attempts=2))
    old = Lead("L-7", events=calls(2_000, 0))
    assert policy.blockers(old, "lost", "unreachable", at=NOON) == ()
    (blocker,) = policy.blockers(Lead("L-7"), "lost", "unreachable", at=NOON)
    assert blocker.because == "0 of 2 attempts made; not yet 'unreachable'"


def test_a_time_that_ends_beyond_the_calendar_is_never_over() -> None:
    policy = POLICY.with_reason(Reason("unreachable", attempts=2, within="9000 years"))
    lead = Lead("L-7", events=calls(2_000, 0))
    assert policy.blockers(lead, "lost", "unreachable", at=NOON) == ()


# When the lead is contacted again


@pytest.mark.parametrize(
    ("day", "again"),
    [
        (date(2026, 8, 31), date(2027, 2, 28)),
        (date(2027, 8, 31), date(2028, 2, 29)),
        (date(2026, 3, 31), date(2026, 9, 30)),
        (date(2026, 3, 1), date(2026, 9, 1)),
    ],
)
def test_six_months_are_calendar_months(day: date, again: date) -> None:
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    assert POLICY.close(Lead("L-7"), "lost", "no_budget", at=at).contact_again == again


@pytest.mark.parametrize(
    ("zone", "again"),
    [
        (None, date(2027, 2, 28)),
        ("Europe/Warsaw", date(2027, 3, 1)),
        ("America/New_York", date(2027, 2, 28)),
    ],
)
def test_they_are_counted_from_the_date_where_the_lead_is(zone: str | None, again: date) -> None:
    late = datetime(2026, 8, 31, 22, 30, tzinfo=UTC)  # 1 September in Warsaw
    closing = POLICY.close(Lead("L-7", time_zone=zone), "lost", "no_budget", at=late)
    assert closing.contact_again == again


def test_a_date_beyond_the_calendar_never_comes() -> None:
    late = datetime(9999, 12, 1, tzinfo=UTC)
    assert POLICY.close(Lead("L-7"), "lost", "no_budget", at=late).contact_again == date.max


# What follows


def test_bad_data_are_verified_by_somebody_else_than_owner_and_closer() -> None:
    lead = Lead("L-7", owner="bo")
    bad = POLICY.close(lead, "unqualified", "bad_data", at=NOON, by="ada", id="E-1")
    assert bad.verify_contact
    (step,) = POLICY.next_steps(lead, bad)
    assert step == CreateTask("verify_contact", "Verify the contact data", rep="cy")
    (task,) = POLICY.follow_up(lead, bad)
    assert isinstance(task, TaskSet)
    assert (task.kind, task.rep, task.due) == ("verify_contact", "cy", NOON)


def test_the_owner_is_who_owned_the_lead_when_it_was_closed() -> None:
    lead = Lead("L-7", owner="cy")
    bad = POLICY.close(lead, "unqualified", "bad_data", at=NOON)
    later = lead.after(bad, Assignment("ada", NOON + DAY))
    (step,) = POLICY.next_steps(later, bad)
    assert isinstance(step, CreateTask)
    assert step.rep == "ada"


@pytest.mark.parametrize("verifiers", [(), ["bo"], ["bo", "ada"]])
def test_without_somebody_else_bad_data_is_refused(verifiers: Any) -> None:
    policy = disposition_policy(verifiers=verifiers)
    lead = Lead("L-7", owner="bo")
    with pytest.raises(DecisionRefused, match="somebody else to verify the contact data; name rep"):
        policy.close(lead, "unqualified", "bad_data", at=NOON, by="ada")


def test_no_authority_asks_on_the_next_day_who_has_it() -> None:
    lead = Lead("L-7", owner="bo")
    none = POLICY.close(lead, "unqualified", "no_authority", at=NOON)
    (task,) = POLICY.follow_up(lead, none)
    assert isinstance(task, TaskSet)
    assert (task.kind, task.due, task.rep) == ("call", date(2026, 3, 2), None)
    action = next_action(lead.after(none, task), NOON, qualification_pipeline())
    assert (action.kind, action.due, action.rep) == ("call", date(2026, 3, 2), "bo")
    assert action.is_contact


def test_the_next_day_is_that_where_the_lead_is() -> None:
    lead = Lead("L-7", time_zone="Pacific/Auckland")
    evening = datetime(2026, 3, 1, 20, tzinfo=UTC)  # 2 March there
    none = POLICY.close(lead, "unqualified", "no_authority", at=evening)
    (task,) = POLICY.follow_up(lead, none)
    assert isinstance(task, TaskSet)
    assert task.due == date(2026, 3, 3)


def test_steps_are_those_of_the_contact_data_of_the_reason_and_of_the_outcome() -> None:
    policy = DispositionPolicy(
        [Reason("bad", verify_contact=True, next=[Tag("bad"), Enrol("nurture")])],
        verifiers=["ada"],
        next={"lost": [Untag("hot"), Notify("ada", "look")]},
    )
    lead = Lead("L-7")
    lost = policy.close(lead, "lost", "bad", at=NOON, id="E-1")
    steps = policy.next_steps(lead, lost)
    assert [str(step).split(" ")[0] for step in steps] == ["task", "tag", "enrol", "tag", "notify"]
    task, tagged, untagged = policy.follow_up(lead, lost)
    assert isinstance(task, TaskSet)
    assert isinstance(tagged, Tagged)
    assert isinstance(untagged, Untagged)
    assert len({event.id for event in (task, tagged, untagged)} - {None}) == 3


def test_a_disposition_for_a_reason_of_another_policy_has_the_steps_of_its_outcome() -> None:
    foreign = Disposition("won", NOON, reason="not ours")
    assert POLICY.next_steps(Lead("L-7"), foreign) == POLICY.next["won"]


def test_what_follows_changes_nothing_the_second_time() -> None:
    policy = POLICY.with_reason(Reason("bad_data", verify_contact=True, next=[Tag("bad")]))
    lead = Lead("L-7", owner="ada")
    bad = policy.close(lead, "unqualified", "bad_data", at=NOON, id="E-1")
    once = lead.after(bad, *policy.follow_up(lead, bad))
    twice = once.after(bad, *policy.follow_up(once, bad))
    assert twice == once
    assert len(once.events) == 3


def test_what_follows_has_no_id_if_the_disposition_has_none() -> None:
    lead = Lead("L-7")
    none = POLICY.close(lead, "unqualified", "no_authority", at=NOON)
    (task,) = POLICY.follow_up(lead, none)
    assert task.id is None
    twice = lead.after(none, task, *POLICY.follow_up(lead, none))
    assert len(twice.tasks) == 1


def test_what_follows_has_a_short_id_however_long_that_of_the_disposition_is() -> None:
    lead = Lead("L-7")
    ids = set()
    for id in ("x" * 200, "x" * 199 + "y"):
        none = POLICY.close(lead, "unqualified", "no_authority", at=NOON, id=id)
        ids |= {event.id for event in POLICY.follow_up(lead, none)}
    assert len(ids) == 2
    assert all(id is not None and len(id) < 40 for id in ids)


@pytest.mark.parametrize("stage", [None, "assessing", "unqualified"])
def test_a_closed_lead_shows_the_task_to_verify_which_is_no_contact(stage: str | None) -> None:
    pipeline = qualification_pipeline()
    lead = Lead("L-7", owner="ada", pipeline="qualification", stage="assessing")
    bad = POLICY.close(lead, "unqualified", "bad_data", at=NOON, by="ada", id="E-1")
    after = lead.after(bad, *POLICY.follow_up(lead, bad))
    if stage == "unqualified":
        after = after.after(pipeline.move(after, "unqualified", NOON))
    action = next_action(after, NOON + DAY, pipeline if stage else None)
    assert (action.why, action.kind, action.rep) == ("task", "verify_contact", "bo")
    assert not action.is_contact
    assert action.permission(NOON + DAY).allowed


def test_the_task_to_verify_stands_for_a_lead_that_is_never_to_be_contacted_too() -> None:
    lead = closed(
        Lead("L-7", owner="ada", fields={"email": "a@b.example"}), reason="not_interested"
    )
    lead = lead.after(Reopened("contacting", NOON + DAY))
    bad = POLICY.close(lead, "unqualified", "bad_data", at=NOON + DAY, by="ada")
    lead = lead.after(bad, *POLICY.follow_up(lead, bad))
    assert may_contact(lead, "email", NOON + DAY).code == "never_contact"
    action = next_action(lead, NOON + DAY, qualification_pipeline())
    assert (action.why, action.kind, action.is_contact) == ("task", "verify_contact", False)
    (work,) = worklist([lead], NOON + DAY, "bo", pipeline=qualification_pipeline())
    assert (work.lead.id, work.action.kind) == ("L-7", "verify_contact")
    assert action.task is not None
    done = lead.after(TaskDone(action.task.task, NOON + 2 * DAY))
    assert next_action(done, NOON + 2 * DAY, qualification_pipeline()).why == "do_not_contact"


# Coming back


def test_a_lead_that_was_reopened_in_its_pipeline_and_closed_again_has_both_in_its_log() -> None:
    pipeline = qualification_pipeline()
    lead = closed(Lead("L-7", pipeline="qualification", stage="assessing"))
    first = lead.disposition
    lead = lead.after(pipeline.move(lead, "unqualified", NOON))
    assert first is not None
    assert first.back_to is not None
    lead = lead.after(pipeline.reopen(lead, first.back_to, NOON + 200 * DAY))
    assert (lead.stage, lead.disposition) == ("contacting", None)
    lead = closed(lead, "unqualified", "other", NOON + 201 * DAY, note="merged with another firm")
    lead = lead.after(pipeline.move(lead, "unqualified", NOON + 201 * DAY))
    found = [event for event in lead.events if isinstance(event, Disposition)]
    assert [each.reason for each in found] == ["no_budget", "other"]
    assert lead.disposition == found[1]


def test_merged_leads_that_were_both_closed_are_reopened_once() -> None:
    one = closed(Lead("L-1", NOON - DAY), reason="no_budget")
    other = closed(Lead("L-2", NOON), reason="other", note="x", at=NOON + DAY)
    lead = merge(one, other)
    assert codes(POLICY.blockers(lead, "removed", at=NOON + 2 * DAY)) == ["closed"]
    lead = lead.after(Reopened("contacting", NOON + 2 * DAY))
    assert POLICY.blockers(lead, "removed", at=NOON + 2 * DAY) == ()


def test_merged_leads_that_were_closed_at_one_instant_keep_the_tasks_of_both() -> None:
    found = []
    for key in ("bad_data", "no_authority"):
        lead = Lead(f"L-{key}")
        closing = POLICY.close(lead, "unqualified", key, at=NOON, id=f"E-{key}")
        found.append(lead.after(closing, *POLICY.follow_up(lead, closing)))
    assert sorted(task.kind for task in merge(*found).tasks) == ["call", "verify_contact"]


# The policy as a value


def test_a_policy_is_a_collection_of_its_reasons() -> None:
    policy = DispositionPolicy(iter([Reason("price"), Reason("other")]))
    assert [reason.key for reason in policy] == ["price", "other"]
    assert len(policy) == 2
    assert "price" in policy
    assert "pric" not in policy
    assert 5 not in policy
    assert policy["price"] == Reason("price")
    assert repr(policy) == "DispositionPolicy(2 reasons)"


def test_a_policy_is_a_value_that_pickles() -> None:
    again = pickle.loads(pickle.dumps(POLICY))
    assert again == POLICY
    assert hash(again) == hash(POLICY)


def test_a_policy_in_a_notebook_is_a_table_that_shows_hostile_labels_as_text() -> None:
    html = DispositionPolicy([Reason("x", "<script>", keep=False)])._repr_html_()
    assert "&lt;script&gt;" in html
    assert "may be deleted" in html
    assert "<script>" not in html
    many = DispositionPolicy([Reason(f"r{n}") for n in range(1_000)])._repr_html_()
    assert many.count("<tr>") == 101


def test_a_reason_is_added_replaced_in_its_place_and_taken_out() -> None:
    policy = DispositionPolicy([Reason("a"), Reason("b")], verifiers=["ada"], next={"won": []})
    more = policy.with_reason(Reason("c"))
    assert [reason.key for reason in more] == ["a", "b", "c"]
    other = more.with_reason(Reason("a", keep=False))
    assert [reason.key for reason in other] == ["a", "b", "c"]
    assert not other["a"].keep
    assert [reason.key for reason in other.without("b")] == ["a", "c"]
    assert other.verifiers == ("ada",)
    assert len(policy) == 2


def test_a_check_finds_reasons_for_which_nobody_can_verify_the_contact_data() -> None:
    (problem,) = disposition_policy().check()
    assert str(problem) == "verifiers: nobody is named, so 'bad_data' can never be given"
    assert POLICY.check() == ()
    assert DispositionPolicy([Reason("price")]).check() == ()


# What is refused


@pytest.mark.parametrize(
    ("build", "problem"),
    [
        (lambda: DispositionPolicy([]), "reasons: expected at least one reason, got none"),
        (lambda: DispositionPolicy([Reason("a")]).without("a"), "reasons: expected at least one"),
        (
            lambda: DispositionPolicy([Reason("a"), Reason("b"), Reason(" a ")]),
            r"reasons\[2\].key: 'a' is the key of reasons\[0\] too",
        ),
        (
            lambda: DispositionPolicy([Reason("a"), "b"]),  # type: ignore[list-item]
            r"reasons\[1\]: expected a Reason, got 'b'",
        ),
        (
            lambda: DispositionPolicy([Reason(f"r{n}") for n in range(10_001)]),
            "reasons: at most 10,000 reasons, got 10,001",
        ),
        (
            lambda: DispositionPolicy([Reason("a"), Reason("a"), None, Reason("a")]),  # type: ignore[list-item]
            "3 problems",
        ),
    ],
)
def test_a_policy_that_cannot_be_is_refused(build: Any, problem: str) -> None:
    with pytest.raises(InvalidDefinition, match=problem):
        build()


def test_ten_thousand_reasons_are_taken() -> None:
    assert len(DispositionPolicy([Reason(f"r{n}") for n in range(10_000)])) == 10_000


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"reasons": None}, "reasons: expected a list, got None"),
        ({"reasons": "price"}, "reasons: expected a list, got 'price'"),
        ({"reasons": Reason("price")}, "reasons: expected a list, got Reason"),
        ({"reasons": {"price": Reason("price")}}, "reasons: expected a list, got a dict of 1"),
        ({"verifiers": "ada"}, "verifiers: expected a list of names, got 'ada'"),
        ({"verifiers": [None]}, "verifiers: expected text, got None"),
        ({"next": [Tag("a")]}, "next: expected a mapping from an outcome to actions, got a list"),
        ({"next": None}, "next: expected a mapping from an outcome to actions, got None"),
        ({"next": {"win": [Tag("a")]}}, "next: .* got 'win' .did you mean 'won'"),
        ({"next": {5: [Tag("a")]}}, "next: expected text, got 5"),
        ({"next": {"won": Tag("a")}}, "next.won: expected a list of actions, got Tag.* into a li"),
        (
            {"next": {"won": [Tag("a"), "b"]}},
            r"next.won\[1\]: expected an action: Create.*, got 'b'",
        ),
        ({"next": {"won": [], " won": [Tag("a")]}}, "next: expected each outcome once, got ' won'"),
    ],
)
def test_bad_policies_are_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidValue, match=f"DispositionPolicy.{words}"):
        DispositionPolicy(**{"reasons": [Reason("price")], **given})


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"lead": "L-7"}, InvalidValue, r"lead: expected a Lead, got 'L-7' \(Lead\(id"),
        ({"lead": None}, InvalidValue, "lead: expected a Lead, got None"),
        ({"at": datetime(2026, 3, 1)}, NaiveDatetime, "at: expected a datetime with a time zone"),
        ({"at": date(2026, 3, 1)}, InvalidValue, "at: expected a datetime with a time zone"),
        ({"at": None}, InvalidValue, "at: expected a datetime with a time zone, got None"),
        ({"outcome": "unqualifed"}, InvalidValue, "outcome: .* .did you mean 'unqualified'"),
        ({"outcome": None}, InvalidValue, "outcome: expected text, got None"),
        ({"outcome": ["lost"]}, InvalidValue, "outcome: expected text, got a list of 1"),
        ({"reason": "no_bugdet"}, InvalidValue, "reason: .* .did you mean 'no_budget'"),
        ({"reason": ""}, InvalidValue, "reason: expected the key of a reason, got ''"),
        ({"reason": 5}, InvalidValue, "reason: expected the key of a reason, got 5"),
        ({"reason": Reason("no_budget")}, InvalidValue, "reason: expected the key of a reason, "),
        ({"by": 5}, InvalidValue, "by: expected text, got 5"),
        ({"by": "a\u202eb"}, InvalidValue, r"by: expected no control .* 'a\\u202eb'"),
        ({"note": 5}, InvalidValue, "note: expected text, got 5"),
        ({"note": "x" * 70_000}, LimitExceeded, "note: the bytes of a text .* 65,536, got 70,000"),
        ({"note": "\ud800"}, InvalidValue, "note: expected text without lone surrogates"),
    ],
)
def test_bad_closings_are_refused(
    given: dict[str, Any], error: type[Exception], words: str
) -> None:
    asked = {"lead": Lead("L-7"), "outcome": "lost", "reason": "no_budget", "at": NOON, **given}
    for verb in (POLICY.close, POLICY.blockers):
        with pytest.raises(error, match=f"^{words}"):
            verb(**asked)


def test_a_blank_id_is_refused() -> None:
    with pytest.raises(InvalidValue, match=r"Disposition\.id: expected a name that is not blank"):
        POLICY.close(Lead("L-7"), "removed", at=NOON, id=" ")


def test_an_outcome_is_shown_as_it_is_read() -> None:
    with pytest.raises(DecisionRefused, match=r"^cannot close L-7 as lost; 'lost' needs"):
        POLICY.close(Lead("L-7"), " lost ", at=NOON)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: POLICY["no_bugdet"], "reason: .* .did you mean 'no_budget'"),
        (lambda: POLICY[5], "reason: expected the key of a reason, got 5$"),  # type: ignore[index]
        (lambda: POLICY.without("zzz"), "reason: .* got 'zzz' .known: bad_data, no_authority"),
        (lambda: POLICY.with_reason("price"), "reason: expected a Reason, got 'price'"),  # type: ignore[arg-type]
        (
            lambda: POLICY.next_steps(Lead("L-7"), "lost"),  # type: ignore[arg-type]
            "disposition: expected a Disposition, got 'lost'",
        ),
        (
            lambda: POLICY.follow_up("L-7", Disposition("lost", NOON)),  # type: ignore[arg-type]
            "lead: expected a Lead, got 'L-7'",
        ),
        (
            lambda: POLICY.follow_up(Lead("L-7"), FieldsSet({}, NOON)),  # type: ignore[arg-type]
            "disposition: expected a Disposition, got FieldsSet",
        ),
    ],
)
def test_what_is_no_reason_lead_or_disposition_is_refused(ask: Any, words: str) -> None:
    with pytest.raises(InvalidValue, match=f"^{words}"):
        ask()


def test_what_is_surely_not_meant_is_listed() -> None:
    forgotten = Reason("gone", keep=False, never_contact=["phone"])
    unverified = Reason("bad", verify_contact=True)
    policy = DispositionPolicy([unverified, forgotten, Reason("price")])
    assert [str(problem) for problem in policy.check()] == [
        "verifiers: nobody is named, so 'bad' can never be given",
        "reasons[1].keep: once the lead is deleted, nobody knows that it is never to be contacted",
    ]
    assert disposition_policy(verifiers=["data desk"]).check() == ()


@pytest.mark.parametrize(
    "heard",
    [
        Activity("email_replied", NOON - 2 * HOUR),
        Activity("demo_requested", NOON - 2 * HOUR),
        Conversion("sales", "prospecting", NOON - 2 * HOUR),
    ],
)
def test_tries_from_before_the_lead_answered_or_was_converted_do_not_count(heard: Event) -> None:
    policy = DispositionPolicy([Reason("unreachable", attempts=2, outcomes=["lost"])])
    tries = [Activity("call", NOON - hours * HOUR, answered=False) for hours in (4, 3, 1)]
    lead = Lead("L-7", events=[*tries, heard])
    [blocker] = policy.blockers(lead, "lost", "unreachable", at=NOON)
    assert blocker.because.startswith("1 of 2 attempts made")
    missed = Activity("call_received", NOON - 2 * HOUR, answered=False)
    assert not policy.blockers(Lead("L-7", events=[*tries, missed]), "lost", "unreachable", at=NOON)


def test_a_lost_deal_has_no_stage_of_the_qualification_to_come_back_to() -> None:
    policy = DispositionPolicy([Reason("price", back_to="contacting")])
    assert policy.close(Lead("L"), "unqualified", "price", at=NOON).back_to == "contacting"
    assert policy.close(Lead("L"), "lost", "price", at=NOON).back_to is None


def test_nothing_that_is_a_contact_follows_where_no_channel_is_open() -> None:
    steps: list[Action] = [
        *(Enrol("nurture"), CreateTask("Phone call")),
        *(CreateTask("tidy up"), Tag("gone")),
    ]
    policy = DispositionPolicy([Reason("price", next=steps)])
    lead = Lead("L", fields={"do_not_contact": True})
    closed = policy.close(lead, "lost", "price", at=NOON)
    assert policy.next_steps(lead, closed) == tuple(steps[2:])
    assert policy.next_steps(Lead("L"), closed) == tuple(steps)
    final = DispositionPolicy([Reason("never", never_contact=["all"], next=steps)])
    closed = final.close(Lead("L"), "lost", "never", at=NOON)
    assert final.next_steps(Lead("L"), closed) == tuple(steps[2:])


def test_what_follows_from_two_closings_without_an_id_stays_apart() -> None:
    policy = DispositionPolicy([Reason("price", next=[CreateTask("call")])])
    found = []
    for id in ("L-1", "L-2"):
        closed = policy.close(Lead(id), "lost", "price", at=NOON)
        found.append(Lead(id).after(closed, *policy.follow_up(Lead(id), closed)))
    assert len(merge(*found).tasks) == 2

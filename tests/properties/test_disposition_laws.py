"""The laws of closing, coming back and converting."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from leadflow import Activity, Lead, Money
from leadflow.actions import CreateTask, Enrol, Notify, Tag, Untag
from leadflow.contact import may_contact
from leadflow.disposition import Deal, DispositionPolicy, Reason, convert
from leadflow.disposition.reason import OUTCOMES
from leadflow.errors import DecisionRefused, InvalidDefinition
from leadflow.events import Disposition, Outcome, Reopened, StageChange
from leadflow.events.facts import ENDS
from leadflow.presets import disposition_policy, qualification_pipeline, sales_pipeline
from leadflow.span import Span
from tests.strategies import activities, instants, known_values, leads, unknown_values

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
POLICY = disposition_policy(verifiers=["ann", "ben", "cho"])
STRICT = POLICY.with_reason(
    Reason(
        "strict", needs_note=True, attempts=1, within="90 days", verify_contact=True,
        outcomes=OUTCOMES,
    )
)  # fmt: skip
QUALIFICATION = qualification_pipeline()
SALES = sales_pipeline()
OPEN = ("new", "contacting", "assessing")
CONTACTS = (CreateTask("call", after="1 day"), Enrol("nurture"))
ACTIONS = (
    *CONTACTS,
    CreateTask(after="2 hours"),
    Tag("vip"),
    Untag("it"),
    Notify("ann", "look"),
)
outcomes: st.SearchStrategy[Outcome] = st.sampled_from(OUTCOMES)
keys = st.sampled_from([reason.key for reason in POLICY])
reps = st.none() | st.sampled_from(["ann", "ben", "cho"])
spans = st.builds(Span, months=st.integers(0, 40), days=st.integers(1, 400))


@st.composite
def reasons(draw: st.DrawFn) -> Reason:
    """Draw a reason with any consequences that do not contradict each other."""
    channels = st.lists(st.sampled_from(["email", "sms", "all"]), max_size=2)
    optional: dict[str, st.SearchStrategy[Any]] = {
        "keep": st.booleans(),
        "contact_again": spans,
        "never_contact": channels,
        "verify_contact": st.booleans(),
        "resets_engagement": st.booleans(),
        "back_to": st.just("contacting"),
        "next": st.lists(st.sampled_from(ACTIONS), max_size=3),
    }
    try:
        return Reason("drawn", **draw(st.fixed_dictionaries({}, optional=optional)))
    except InvalidDefinition:
        assume(False)
        raise


def refusal(lead: Lead, outcome: Outcome, key: str | None, at: datetime) -> list[str]:
    """List the codes of all that stands against a closing."""
    return [blocker.code for blocker in STRICT.blockers(lead, outcome, key, at=at, note="x")]


def dispositions(lead: Lead) -> list[Disposition]:
    return [event for event in lead.events if isinstance(event, Disposition)]


# Closing


@given(
    leads(),
    outcomes,
    st.none() | keys | st.just("strict"),
    instants(),
    reps,
    st.sampled_from([None, " ", "spoke to the board"]),
)
def test_law_nothing_stands_against_a_closing_exactly_when_it_succeeds(
    lead: Lead, outcome: Outcome, key: str | None, at: datetime, by: str | None, note: str | None
) -> None:
    found = STRICT.blockers(lead, outcome, key, at=at, by=by, note=note)
    if found:
        with pytest.raises(DecisionRefused) as refused:
            STRICT.close(lead, outcome, key, at=at, by=by, note=note)
        assert refused.value.blockers == found
        return
    closing = STRICT.close(lead, outcome, key, at=at, by=by, note=note)
    assert (closing.outcome, closing.reason, closing.at) == (outcome, key, at)
    assert lead.after(closing).rewind(at).disposition == closing


@given(leads(), st.sampled_from(["unqualified", "lost", "removed", "won"]), keys, instants())
def test_law_a_closed_lead_has_exactly_one_open_disposition(
    lead: Lead, outcome: Outcome, key: str, at: datetime
) -> None:
    reason = key if outcome in ("unqualified", "lost") else None
    assume(not refusal(lead, outcome, reason, at))
    closing = STRICT.close(lead, outcome, reason, at=at, note="x")
    closed = lead.after(closing)
    for other in OUTCOMES:
        assert "closed" in refusal(closed, other, None, at)
    last = max(event.at for event in closed.events)
    back = closed.after(Reopened("new", last + HOUR))
    assert back.disposition is None
    assert refusal(back, "removed", None, last + HOUR) == []
    again = back.after(STRICT.close(back, "removed", at=last + HOUR))
    assert dispositions(again)[:-1] == dispositions(closed)
    assert again.disposition == dispositions(again)[-1]


@given(leads(), reasons(), st.sampled_from(["unqualified", "lost"]), instants(), reps)
def test_law_a_closing_carries_the_consequences_of_its_reason(
    lead: Lead, reason: Reason, outcome: Outcome, at: datetime, by: str | None
) -> None:
    policy = DispositionPolicy([reason], verifiers=["dan"])
    assume(not policy.blockers(lead, outcome, "drawn", at=at, by=by))
    closing = policy.close(lead, outcome, "drawn", at=at, by=by, id="E-1")
    assert closing.keep is reason.keep
    assert closing.never == reason.never_contact
    assert closing.verify_contact is reason.verify_contact
    assert closing.resets_engagement is reason.resets_engagement
    assert closing.back_to == (reason.back_to if closing.outcome == "unqualified" else None)
    assert (closing.contact_again is None) is (reason.contact_again is None)
    if reason.contact_again is not None and closing.contact_again is not None:
        days = {reason.contact_again.after(closing.at.date() + timedelta(n)) for n in (-1, 0, 1)}
        assert closing.contact_again in days
    verify = [CreateTask("verify_contact", "Verify the contact data", rep="dan")]
    steps = [*verify[: reason.verify_contact], *reason.next]
    if not may_contact(lead.after(closing), None, closing.at):
        steps = [step for step in steps if step not in CONTACTS]
    assert list(policy.next_steps(lead, closing)) == steps
    once = lead.after(closing, *policy.follow_up(lead, closing))
    assert once.after(closing, *policy.follow_up(once, closing)) == once


# Coming back


@st.composite
def worked(draw: st.DrawFn) -> Lead:
    """Draw a lead in an open stage of the qualification pipeline, with some dealings."""
    tries = draw(st.integers(0, 8))
    log = [Activity("call", NOON - n * HOUR, answered=False) for n in range(1, tries + 1)]
    log += draw(st.lists(activities(), max_size=4))
    stage = draw(st.sampled_from(OPEN))
    return Lead("L-7", pipeline="qualification", stage=stage, owner="ann", events=log)


def closed_for(lead: Lead, key: str, at: datetime) -> Lead:
    """Close a lead for a reason and move it where the lost ones stand, after six attempts."""
    tries = [Activity("call", at - n * timedelta(minutes=1), answered=False) for n in range(6)]
    lead = lead.after(*tries)
    lead = lead.after(POLICY.close(lead, "unqualified", key, at=at, note="x"))
    return lead.after(QUALIFICATION.move(lead, "unqualified", at))


@given(worked(), st.sampled_from(["unqualified", "lost", "removed"]), keys, st.booleans())
def test_law_whatever_is_closed_may_be_moved_where_the_lost_ones_stand(
    lead: Lead, outcome: Outcome, key: str, moves_first: Any
) -> None:
    at = max([NOON, *(event.at for event in lead.events)])
    reason = None if outcome == "removed" else key
    if moves_first:
        to = QUALIFICATION.moves[lead.stage or ""][0]
        lead = lead.after(QUALIFICATION.move(lead, to, at))
    found = POLICY.blockers(lead, outcome, reason, at=at, note="x")
    assert {blocker.code for blocker in found} <= {"attempts"}
    if found:
        assert key == "unreachable"
        return
    closed = lead.after(POLICY.close(lead, outcome, reason, at=at, note="x"))
    moved = closed.after(QUALIFICATION.move(closed, "unqualified", at))
    assert moved.stage == "unqualified"
    assert moved.disposition == closed.disposition


@given(worked(), st.lists(keys, min_size=1, max_size=4), st.booleans())
def test_law_each_reopening_and_closing_leaves_all_in_the_log(
    lead: Lead, found: list[str], is_bare: Any
) -> None:
    at = max([NOON, *(event.at for event in lead.events)]) + HOUR
    for n, key in enumerate(found):
        lead = closed_for(lead, key, at)
        assert [each.reason for each in dispositions(lead)] == found[: n + 1]
        assert lead.disposition == dispositions(lead)[-1]
        back = Reopened("contacting", at + HOUR, pipeline="qualification")
        lead = lead.after(back if is_bare else QUALIFICATION.reopen(lead, "contacting", at))
        at += 2 * HOUR
        assert (lead.stage, lead.disposition) == ("contacting", None)
    moved = [event for event in lead.events if isinstance(event, StageChange | Reopened)]
    assert [event.to for event in moved] == ["unqualified", "contacting"] * len(found)


# Converting


@st.composite
def tellings(draw: st.DrawFn) -> dict[str, Any]:
    """Draw what may be told of a deal."""
    optional: dict[str, st.SearchStrategy[Any]] = {
        "owner": reps,
        "value": st.none() | st.just(Money(5, "USD")),
        "expected_close": st.none() | st.just(date(2027, 1, 1)),
        "deal": st.none() | st.just("D-1"),
        "by": reps,
    }
    return draw(st.fixed_dictionaries({}, optional=optional))


@given(leads(), instants(), instants(), tellings(), tellings(), st.lists(activities(), max_size=3))
def test_law_a_lead_is_converted_once_and_keeps_all_that_is_known(
    lead: Lead,
    at: datetime,
    later: datetime,
    told: dict[str, Any],
    other: dict[str, Any],
    more: list[Activity],
) -> None:
    try:
        conversion = convert(lead, SALES, at=at, **told)
    except DecisionRefused as refused:
        assert refused.blockers  # noqa: PT017 (a refusal is one of two ways out)
        return
    after = lead.after(conversion)
    for ask in (after, after.after(*more)):
        assert convert(ask, SALES, at=later, **other) == conversion
        if conversion.id is not None:  # a log may hold one without, from elsewhere
            assert ask.after(convert(ask, SALES, at=later, **other)) == ask
    assert set(lead.events) <= set(after.events)
    before, then = lead.rewind(at), after.rewind(at)
    for key in ("owner", "deal_value", "due"):
        assert before.values.get(key) is None or then.values.get(key) is not None
    assert before.fields == then.fields
    assert before.tags == then.tags


BLANK = (None, True)


def written() -> st.SearchStrategy[tuple[Any, bool]]:
    """Draw what a host has in a field of its own, and whether that is a blank."""
    unknown = unknown_values() | st.sampled_from(["", " ", "\n"])
    known = known_values().map(lambda value: (value, value == "" or str(value).isspace()))
    return st.tuples(unknown, st.just(value=True)) | known


@given(leads(), instants(), tellings(), st.data())
def test_law_filling_a_deal_writes_on_blanks_only_and_only_what_is_known(
    lead: Lead, at: datetime, told: dict[str, Any], data: st.DataObject
) -> None:
    try:
        deal = Deal.of(lead, convert(lead, SALES, at=at, **told))
    except DecisionRefused:
        assume(False)
        raise
    names = st.sampled_from([*deal.values, "own"])
    existing = data.draw(st.dictionaries(names, written()))
    found = deal.filling({key: value for key, (value, _) in existing.items()})
    assert found.items() <= deal.values.items()
    assert found.keys() == {key for key in deal.values if existing.get(key, BLANK)[1]}


def test_the_outcomes_that_end_the_work_are_the_ones_tried_above() -> None:
    assert frozenset({"unqualified", "lost", "removed", "won"}) == ENDS

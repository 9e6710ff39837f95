"""The laws of sequences: once is once, never outside the window, nothing after leaving."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from leadflow import Activity, Lead, activity, field, tag
from leadflow.actions import CreateTask, SendMessage, Tag, Unsubscribe
from leadflow.automation.enrolment import enrolment, enrolments
from leadflow.automation.sequence import EXITS, Branch, Sequence, Step
from leadflow.automation.sequences import Due, Sequences
from leadflow.automation.window import SendWindow
from leadflow.calendars import WorkingHours
from leadflow.conditions import Condition
from leadflow.contact import Cap, ContactRules
from leadflow.events import Conversion, Disposition, Event, FieldsSet, Reopened, Snoozed, Tagged

START = datetime(2026, 3, 20, tzinfo=UTC)
ZONES = ("Europe/Warsaw", "America/New_York", "Australia/Lord_Howe", None)
NAMES = ("nurture", "welcome")
ANY_RULES = (
    ContactRules(),
    ContactRules(addresses={}),
    ContactRules(addresses={}, caps={"email": Cap(1, "2 days")}, while_waiting=()),
)

instants = st.builds(
    lambda hours, minutes: START + timedelta(hours=hours, minutes=minutes),
    st.integers(0, 24 * 25),
    st.sampled_from([0, 0, 0, 17]),
)
unordered = st.lists(instants, min_size=1, max_size=25)
questions = unordered | unordered.map(sorted)
conditions: st.SearchStrategy[Condition] = st.sampled_from(
    [
        activity("email_clicked"),
        activity("email_opened").never(),
        activity("email_clicked").times(2).within("5 days"),
        tag("vip"),
        field("employees").at_least(50),
    ]
)
doings: st.SearchStrategy[list[Any]] = st.lists(
    st.sampled_from(
        [
            SendMessage("hello"),
            SendMessage(),
            SendMessage("hi", channel="chat"),
            Tag("vip"),
            CreateTask("call"),
            Unsubscribe(),
        ]
    ),
    max_size=2,
)
afters = st.sampled_from(
    [None, "1 day", "2 days", "1 week", "1 month", "90 minutes", "1 day 6 hours"]
)
windows = st.none() | st.builds(
    SendWindow,
    st.sampled_from(
        [
            {"mon-sun": "08:00-10:00"},
            {"wed, fri": "08:00-10:00"},
            {"mon-fri": "22:00-02:30"},
            {"sun": "02:00-03:00"},
        ]
    ),
    st.sampled_from(ZONES),
)
happenings: st.SearchStrategy[Event] = st.one_of(
    st.builds(
        Activity,
        st.sampled_from(
            [
                *("email_clicked", "email_opened", "email_sent", "out_of_office"),
                *("email_replied", "appointment_booked", "email_bounced"),
            ]
        ),
        instants,
    ),
    st.builds(Activity, st.just("email_replied"), instants, data=st.just({"automatic": True})),
    st.builds(Tagged, st.just("vip"), instants),
    st.builds(FieldsSet, st.just({"employees": 60}), instants),
    st.builds(Disposition, st.sampled_from(["lost", "qualified"]), instants),
    st.builds(Reopened, st.just("new"), instants),
    st.builds(Conversion, st.just("sales"), st.just("new"), instants),
    st.builds(Snoozed, instants.map(lambda at: at.date()), instants, reason=st.just("on leave")),
)


@st.composite
def branches(draw: st.DrawFn, place: int, count: int) -> Branch:
    way = draw(st.sampled_from(["on", "goto", "end"]))
    goto = None
    if way == "goto" and place + 1 < count:
        goto = f"s{draw(st.integers(place + 1, count - 1))}"
    return Branch(draw(doings), draw(conditions), goto, ends=way == "end")


@st.composite
def sequences(draw: st.DrawFn, name: str = "nurture") -> Sequence:
    """Draw sequences whose every step goes on where no branch fits, so that all are in reach."""
    count = draw(st.integers(1, 5))
    steps: list[Step] = []
    for place in range(count):
        several = draw(st.lists(branches(place, count), max_size=2))
        one: list[Any] = [] if several else draw(doings)
        steps.append(Step(f"s{place}", draw(afters), one, branches=several))
    named: dict[str, Any] = {
        "exits": draw(st.lists(st.sampled_from(EXITS), unique=True)),
        "window": draw(windows),
        "rounds": draw(st.sampled_from([1, 2, None])),
        "goal": draw(st.none() | conditions),
        "when": draw(st.none() | conditions),
    }
    return Sequence(name, steps, **named)


@st.composite
def leads(draw: st.DrawFn) -> Lead:
    zone, log = draw(st.sampled_from(ZONES)), draw(st.lists(happenings, max_size=8))
    return Lead("L-7", START, time_zone=zone, fields={"email": "a@example.com"}, events=log)


both = st.tuples(*(sequences(name) for name in NAMES)).map(Sequences)
rules = st.sampled_from(ANY_RULES)


def told(lead: Lead, dues: tuple[Due, ...]) -> Lead:
    """Put into the log what is due."""
    return lead.after(*(event for due in dues for event in due.events))


def asked(
    them: Sequences, lead: Lead, at: list[datetime], contact: ContactRules
) -> tuple[Lead, list[tuple[datetime, Due]]]:
    """Ask at any instants in any order; at each, first begin what may begin, then do what is due."""
    found: list[tuple[datetime, Due]] = []
    for instant in at:
        for name in NAMES:
            event = them.enrol(lead, name, instant)
            lead = lead if event is None else lead.after(event)
        dues = them.due(lead, instant, contact)
        found += [(instant, due) for due in dues]
        lead = told(lead, dues)
    return lead, found


@given(both, leads(), questions, rules)
def test_law_asked_again_at_the_same_instant_nothing_more_is_due(
    them: Sequences, lead: Lead, at: list[datetime], contact: ContactRules
) -> None:
    lead, _ = asked(them, lead, at[:-1], contact)
    for _ in range(2):
        dues = them.due(lead, at[-1], contact)
        lead = told(lead, dues)
        again = them.due(lead, at[-1], contact)
        assert [due for due in again if due.outcome == "fired"] == []
        waiting = [due for due in dues if due.outcome != "fired"]
        assert list(again) == waiting


@given(both, leads(), questions, rules)
def test_law_each_step_is_taken_once_a_round_at_most_and_never_outside_the_window(
    them: Sequences, lead: Lead, at: list[datetime], contact: ContactRules
) -> None:
    lead, found = asked(them, lead, at, contact)
    taken = [(at, due) for at, due in found if due.outcome == "fired" and due.step]
    counted = Counter((due.sequence, due.round, due.step) for _, due in taken)
    assert set(counted.values()) <= {1}
    for instant, due in taken:
        window = them[due.sequence].window
        zone = lead.time_zone or (window and window.zone) or "UTC"
        assert window is None or WorkingHours(window.week, zone).is_open(instant)


@given(both, leads(), questions, rules)
def test_law_the_steps_of_a_round_are_taken_in_their_order(
    them: Sequences, lead: Lead, at: list[datetime], contact: ContactRules
) -> None:
    lead, _ = asked(them, lead, at, contact)
    for each in enrolments(lead):
        keys = [key for key, _ in each.steps]
        assert keys == sorted(keys)
        days = [instant for _, instant in each.steps]
        assert days == sorted(set(days))


@given(both, leads(), questions, rules)
def test_law_nobody_is_in_one_sequence_twice_at_once(
    them: Sequences, lead: Lead, at: list[datetime], contact: ContactRules
) -> None:
    lead, _ = asked(them, lead, at, contact)
    for name in NAMES:
        rounds = [e.data for e in lead.activities_by_kind.get("sequence_enrolled", ())]
        numbers = sorted(data["round"] for data in rounds if data["sequence"] == name)
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) <= (them[name].rounds or len(numbers))
        ends = lead.activities_by_kind.get("sequence_left", ())
        left = sorted(event.data["round"] for event in ends if event.data["sequence"] == name)
        assert left in (numbers, numbers[:-1])


@given(both, leads(), questions, questions, rules)
def test_law_a_lead_that_left_gets_nothing_more(
    them: Sequences,
    lead: Lead,
    before: list[datetime],
    after: list[datetime],
    contact: ContactRules,
) -> None:
    lead, _ = asked(them, lead, before, contact)
    for name in NAMES:
        left = them.withdraw(lead, name, max(before))
        lead = lead if left is None else lead.after(left)
    assert not any(each.is_open for each in enrolments(lead))
    for instant in (*before, *after, max(after) + timedelta(days=400)):
        assert them.due(lead, instant, contact) == ()


@given(both, leads(), questions, rules, st.data())
def test_law_events_in_any_order_of_arrival_give_the_same_enrolment(
    them: Sequences, lead: Lead, at: list[datetime], contact: ContactRules, data: st.DataObject
) -> None:
    lead, _ = asked(them, lead, at, contact)
    shuffled = data.draw(st.permutations(lead.events))
    late = Lead("L-7", START, time_zone=lead.time_zone, fields={"email": "a@example.com"})
    for event in shuffled:
        late = late.after(event)
    assert enrolments(late) == enrolments(lead)
    assert them.due(late, max(at), contact) == them.due(lead, max(at), contact)


@given(both, leads(), questions, rules)
def test_law_a_crash_between_any_two_events_loses_and_doubles_nothing(
    them: Sequences, lead: Lead, at: list[datetime], contact: ContactRules
) -> None:
    lead, _ = asked(them, lead, at, contact)
    for due in them.due(lead, max(at), contact):
        for stored in range(len(due.events)):
            half = lead.after(*due.events[:stored])
            rest = [
                each for each in them.due(half, max(at), contact) if each.sequence == due.sequence
            ]
            assert half.after(*(event for each in rest for event in each.events)) == lead.after(
                *due.events
            )


@given(sequences(), leads(), instants, instants)
def test_law_only_a_change_from_not_matching_to_matching_begins_a_round(
    sequence: Sequence, lead: Lead, first: datetime, second: datetime
) -> None:
    them, (since, as_of) = Sequences([sequence]), sorted((first, second))
    found = them.starting(lead, lead, as_of, since=since)
    when = sequence.when
    changes = when is not None and (
        when.matches(lead, as_of=as_of) and not when.matches(lead, as_of=since)
    )
    may = them.may_enrol(lead, sequence.name, as_of) == ""
    assert len(found) == (changes and may)
    assert them.starting(lead, lead, as_of) == ()
    assert (
        them.starting(lead.after(*found), lead.after(*found), as_of, since=since) == () or not found
    )


@given(windows.filter(bool), instants, st.sampled_from(ZONES), st.sampled_from(ZONES))
def test_law_a_window_is_open_where_it_says_it_opens_and_closed_until_then(
    window: SendWindow, at: datetime, zone: str | None, otherwise: str | None
) -> None:
    opening = window.next_open(at, zone, otherwise=otherwise)
    assert opening.at >= at
    assert window.next_open(opening.at, zone, otherwise=otherwise).at == opening.at
    taken = zone or window.zone or otherwise or "UTC"
    hours = WorkingHours(window.week, taken)
    assert hours.is_open(opening.at)
    assert hours.elapsed(at, opening.at) == timedelta(0)
    assert taken in opening.because
    assert ("not known" in opening.because) is (zone is None)


@given(sequences(), leads(), questions)
def test_law_every_sequence_ends_however_a_lead_goes_through_it(
    sequence: Sequence, lead: Lead, at: list[datetime]
) -> None:
    them = Sequences([sequence])
    event = them.enrol(lead, sequence.name, START)
    if event is None:
        return
    lead, last = lead.after(event), START + timedelta(days=60)
    for number in range(len(sequence.steps) * 24 * 50):
        dues = them.due(lead, last + timedelta(hours=number), ContactRules())
        lead = told(lead, dues)
        found = enrolment(lead, sequence.name)
        assert found is not None
        if not found.is_open:
            return
    raise AssertionError("it does not end")

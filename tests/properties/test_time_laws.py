"""Laws of time in stage, ageing and response."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import assume, example, given
from hypothesis import strategies as st

from leadflow import Activity, Lead
from leadflow.calendars import WorkingHours
from leadflow.events import Conversion, Disposition, Event, Reopened, Snoozed, StageChange
from leadflow.pipeline import (
    Pipeline,
    ResponseLimits,
    Stage,
    age,
    breaches,
    first_response,
    response_time,
    stays,
    time_in_stage,
)
from tests import strategies as drawn
from tests.pipeline_strategies import pipelines, working_hours

CAME = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
STAGES = ("new", "working", "rest", "won")
LIGHTS = ("green", "yellow", "red")
SPANS = ("5 days", "36 hours", "1 month", "2 weeks")
ZONES = (None, "Asia/Tokyo", "America/New_York")


def instants(days: int = 90) -> st.SearchStrategy[datetime]:
    """Instants from the coming in on, often the same ones, to the quarter of an hour."""
    quarters = st.integers(0, days * 96) | st.integers(0, 8)
    return quarters.map(lambda number: CAME + number * timedelta(minutes=15))


def moves() -> st.SearchStrategy[Event]:
    """Stage changes, reopenings and conversions, in two pipelines or in none that is named."""
    named = {"pipeline": st.sampled_from([None, "sales", "deals"])}
    to = st.sampled_from(STAGES)
    return st.one_of(
        st.builds(StageChange, to, instants(), **named),
        st.builds(Reopened, to, instants(), **named),
        st.builds(Conversion, st.just("deals"), to, instants()),
    )


def snoozes() -> st.SearchStrategy[Snoozed]:
    until = st.integers(-1, 100).map(lambda days: CAME.date() + days * DAY)
    return st.builds(Snoozed, until, instants(), reason=st.just("budget"))


def contacts() -> st.SearchStrategy[Event]:
    kinds = st.sampled_from(["call", "email_sent", "call_received", "page_viewed"])
    return st.builds(Activity, kinds, instants(), answered=st.sampled_from([None, True, False]))


@st.composite
def leads(draw: st.DrawFn, id: str = "L-7") -> Lead:
    """Leads that came in at one instant and have moved, rested and been spoken to since."""
    ends = st.builds(Disposition, st.sampled_from(["won", "lost"]), instants())
    log = st.lists(st.one_of(moves(), snoozes(), contacts(), ends), max_size=8)
    start: dict[str, Any] = draw(
        st.fixed_dictionaries(
            {"created_at": st.just(CAME)},
            optional={
                "stage": st.sampled_from(STAGES),
                "pipeline": st.sampled_from(["sales", "deals"]),
                "time_zone": st.sampled_from(ZONES[1:]),
                "owner": st.sampled_from(["ann", "ben"]),
            },
        )
    )
    return Lead(id, events=draw(log), **start)


@st.composite
def tables(draw: st.DrawFn) -> list[Pipeline]:
    """Draw the two pipelines, with spans of every sort."""
    found = []
    for key in ("sales", "deals"):
        spans = st.none() | st.sampled_from(SPANS)
        opened = [
            Stage(name, expected=draw(spans), respond_within=draw(st.sampled_from(SPANS[:2])))
            for name in ("new", "working")
        ]
        rest = Stage("rest", kind="on_hold", expected=draw(spans))
        found.append(Pipeline.linear(key, [*opened, rest, Stage("won", kind="won")]))
    return found


maybe_hours = st.none() | working_hours()


@given(leads(), instants(120))
def test_law_the_stays_add_up_to_the_time_since_the_first_was_entered(
    lead: Lead, as_of: datetime
) -> None:
    found = stays(lead, as_of=as_of)
    assume(found)
    first = found[0].entered
    assert first is not None
    times = [(stay.left or as_of) - (stay.entered or as_of) for stay in found]
    assert sum(times, timedelta()) == max(as_of - first, timedelta())
    assert all(before.left == after.entered for before, after in pairwise(found))
    totals = [time_in_stage(lead, stage, as_of=as_of) for stage in {s.stage for s in found}]
    known = [total.total for total in totals if total is not None and total.total is not None]
    assert sum(known, timedelta()) == max(as_of - first, timedelta())


@given(leads(), instants(120))
def test_law_the_last_stay_is_where_the_lead_stands(lead: Lead, as_of: datetime) -> None:
    past = lead.rewind(as_of)
    last = stays(lead, as_of=as_of)[-1:]
    assert [(stay.stage, stay.pipeline, stay.left) for stay in last] == (
        [(past.stage, past.pipeline, None)] if past.stage else []
    )


@given(leads(), tables(), instants(120), snoozes(), maybe_hours, st.sampled_from(ZONES))
def test_law_adding_a_snooze_never_makes_a_light_worse(
    lead: Lead,
    table: list[Pipeline],
    as_of: datetime,
    snooze: Snoozed,
    hours: WorkingHours | None,
    zone: str | None,
) -> None:
    """A later snooze takes the place of an earlier one, so one that ends sooner may wake the lead."""
    before = (event for event in lead.events if isinstance(event, Snoozed))
    assume(all(event.until <= snooze.until for event in before if event.at <= snooze.at))
    plain = age(lead, table, as_of=as_of, hours=hours, zone=zone)
    rested = age(lead.after(snooze), table, as_of=as_of, hours=hours, zone=zone)
    assert LIGHTS.index(rested.light) <= LIGHTS.index(plain.light)
    assert (rested.stood or timedelta()) <= (plain.stood or timedelta())


@given(leads(), tables(), instants(120), instants(120), maybe_hours)
def test_law_without_events_an_age_never_gets_better(
    lead: Lead, table: list[Pipeline], one: datetime, other: datetime, hours: WorkingHours | None
) -> None:
    sooner, later = sorted((one, other))
    past = lead.rewind(sooner)  # nothing more happens
    first, then = (age(past, table, as_of=at, hours=hours) for at in (sooner, later))
    assert LIGHTS.index(first.light) <= LIGHTS.index(then.light)
    assert (first.stood or timedelta()) <= (then.stood or timedelta())


@given(leads(), instants(120), working_hours())
def test_law_working_time_is_at_most_plain_time(
    lead: Lead, as_of: datetime, hours: WorkingHours
) -> None:
    plain = time_in_stage(lead, as_of=as_of)
    worked = time_in_stage(lead, as_of=as_of, hours=hours)
    assert (plain is None) is (worked is None)
    if plain is not None and worked is not None and plain.total is not None:
        assert worked.total is not None
        assert worked.total <= plain.total
    answered = response_time(lead, as_of=as_of)
    if answered is not None:
        at_work = response_time(lead, as_of=as_of, hours=hours)
        assert at_work is not None
        assert at_work <= answered


@given(leads(), instants(120))
def test_law_the_response_time_leads_to_the_first_response(lead: Lead, as_of: datetime) -> None:
    answer = first_response(lead, as_of=as_of)
    taken = response_time(lead, as_of=as_of)
    assert (None if answer is None else answer.at) == (None if taken is None else CAME + taken)


@given(
    st.lists(leads(), max_size=4).map(
        lambda found: [Lead(f"L-{n}", lead.created_at, stage=lead.stage, events=lead.events)
                       for n, lead in enumerate(found)]
    ),
    st.randoms(use_true_random=False),
    tables(),
    instants(120),
    maybe_hours,
)  # fmt: skip
def test_law_breaches_do_not_depend_on_the_order_of_the_leads(
    found: list[Lead], chance: Any, table: list[Pipeline], as_of: datetime, hours: Any
) -> None:
    shuffled = chance.sample(found, len(found))
    answer = breaches(found, as_of, table, hours=hours)
    assert breaches(shuffled, as_of, table, hours=hours) == answer
    alone = [breach for lead in found for breach in breaches([lead], as_of, table, hours=hours)]
    assert sorted(map(str, alone)) == sorted(map(str, answer))


@given(leads(), tables(), instants(120), instants(120), maybe_hours)
@example(Lead("L-7", CAME, stage="new"), [], CAME, CAME + timedelta(minutes=10), None)
def test_law_what_is_broken_stays_broken_without_events(
    lead: Lead, table: list[Pipeline], one: datetime, other: datetime, hours: WorkingHours | None
) -> None:
    sooner, later = sorted((one, other))
    past = lead.rewind(sooner)
    first, then = (breaches([past], at, table, hours=hours) for at in (sooner, later))
    kept = {(breach.limit, breach.stage, breach.since): breach.over for breach in then}
    for breach in first:
        assert breach.over > timedelta()
        assert kept[breach.limit, breach.stage, breach.since] >= breach.over
    for breach in first.near:
        assert breach.is_open
        assert breach.over <= timedelta()


@given(drawn.leads(), pipelines(), drawn.instants(), st.sampled_from(ZONES))
def test_law_any_lead_has_an_age_and_a_list_of_breaches(
    lead: Lead, table: Pipeline, as_of: datetime, zone: str | None
) -> None:
    assert age(lead, table, as_of=as_of, zone=zone).light in LIGHTS
    assert isinstance(breaches([lead], as_of, table, limits=ResponseLimits()).broken, tuple)
    past = lead.rewind(as_of)
    assert age(past, table, as_of=as_of, zone=zone) == age(lead, table, as_of=as_of, zone=zone)
    assert breaches([past], as_of, table) == breaches([lead], as_of, table)

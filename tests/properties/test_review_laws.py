"""Laws of the review: whom to take up again, who was not contacted, staying in touch, segments."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from leadflow import Lead, activity, field, tag
from leadflow.contact import ContactRules, may_contact
from leadflow.disposition import Segment, not_contacted_since, revisit, segmented, stay_in_touch
from leadflow.events import Activity, Disposition, Event, FieldsSet, Reopened, Snoozed, TaskDone
from tests.strategies import dates, instants, leads, texts

RULES = (
    ContactRules(),
    ContactRules(addresses={}, by_day=(), time_zone="Pacific/Apia"),
    ContactRules(refused_by={"all": ["vip"]}, while_waiting=()),
)
AFTER = datetime(2030, 1, 1, tzinfo=UTC)
SPANS = ("1 day", "3 months", "1 year")
SEGMENTS = [
    Segment("tagged", tag("vip")),
    Segment("small", field("employees").less_than(50)),
    Segment("closed for the price", activity("disposition", reason="price")),
]
rules_of = st.sampled_from(RULES)
moments = instants() | st.just(AFTER)
refusing = st.sampled_from([True, False, "yes", "no", 1, None])


def _closings() -> st.SearchStrategy[Disposition]:
    return st.builds(
        Disposition,
        st.sampled_from(["unqualified", "lost", "won", "removed", "qualified"]),
        instants(latest=datetime(2025, 12, 31)),
        reason=st.sampled_from([None, "price"]),
        keep=st.booleans(),
        contact_again=st.none() | dates(),
        never=st.sampled_from([(), ("phone",), ("all",)]),
        verify_contact=st.booleans(),
        back_to=st.none() | st.just("new"),
    )


def _sequels() -> st.SearchStrategy[Event]:
    kinds = st.sampled_from(["demo_requested", "email_replied", "email_opened", "call"])
    facts = st.fixed_dictionaries(
        {}, optional={"email": st.just("a@x.pl"), "do_not_contact": refusing, "vip": refusing}
    )
    return st.one_of(
        st.builds(Activity, kinds, instants()),
        st.builds(FieldsSet, facts, instants()),
        st.builds(Reopened, st.just("new"), instants()),
        st.builds(Snoozed, dates(), instants(), reason=texts()),
        st.builds(TaskDone, st.just("T-1"), instants()),
    )


@st.composite
def crowds(draw: st.DrawFn) -> list[Lead]:
    """Draw leads of different ids, most of them closed, some of them customers."""
    closing, sequels = (
        st.lists(_closings(), min_size=1, max_size=2),
        st.lists(_sequels(), max_size=3),
    )
    return [
        draw(leads(f"L-{place}")).after(*draw(closing), *draw(sequels))
        for place in range(draw(st.integers(2, 5)))
    ]


def refused(lead: Lead, as_of: datetime, rules: ContactRules) -> bool:
    refusals = may_contact(lead, None, as_of, rules).refusals
    return any(each.code in ("do_not_contact", "never_contact") for each in refusals)


@given(crowds(), moments, rules_of)
def test_law_nobody_who_is_refused_for_good_is_taken_up_or_stayed_in_touch_with(
    crowd: list[Lead], as_of: datetime, rules: ContactRules
) -> None:
    for again in revisit(crowd, as_of, rules):
        assert not refused(again.lead, as_of, rules)
    for reminder in stay_in_touch(crowd, "1 day", as_of=as_of, rules=rules):
        assert not refused(reminder.lead, as_of, rules)


@given(crowds(), moments, rules_of)
def test_law_who_waits_or_may_be_deleted_comes_back_only_of_its_own_accord(
    crowd: list[Lead], as_of: datetime, rules: ContactRules
) -> None:
    strict = ContactRules(
        refused_by=rules.refused_by, addresses={}, time_zone=rules.time_zone, while_waiting=()
    )
    for again in revisit(crowd, as_of, rules):
        assert again.lead.disposition == again.disposition
        assert again.disposition.outcome in ("unqualified", "lost")
        waits = may_contact(again.lead, None, as_of, strict).code == "waiting"
        assert again.why == "came_back" or (again.disposition.keep and not waits)
    for reminder in stay_in_touch(crowd, "1 day", as_of=as_of, rules=rules):
        assert may_contact(reminder.lead, None, as_of, strict).allowed


@given(crowds(), moments, rules_of, st.sampled_from(SPANS))
def test_law_who_is_reopened_is_neither_taken_up_again_nor_listed_under_an_outcome(
    crowd: list[Lead], as_of: datetime, rules: ContactRules, span: str
) -> None:
    now = as_of.astimezone(UTC)
    last = [max((each.sequence or 0 for each in lead.events), default=0) + 1 for lead in crowd]
    pairs = zip(crowd, last, strict=True)
    opened = [lead.after(Reopened("new", now, sequence=place)) for lead, place in pairs]
    assert revisit(opened, as_of, rules) == ()
    for outcome in ("unqualified", "lost"):
        assert not not_contacted_since(opened, span, as_of=as_of, outcome=outcome)


@given(st.data(), crowds(), moments, rules_of, st.sampled_from(SPANS))
def test_law_the_order_of_the_leads_does_not_matter(
    data: st.DataObject, crowd: list[Lead], as_of: datetime, rules: ContactRules, span: str
) -> None:
    other = data.draw(st.permutations(crowd))
    assert revisit(other, as_of, rules) == revisit(crowd, as_of, rules)
    assert stay_in_touch(other, span, as_of=as_of) == stay_in_touch(crowd, span, as_of=as_of)
    silent = not_contacted_since(crowd, span, as_of=as_of)
    assert set(not_contacted_since(other, span, as_of=as_of)) == set(silent)


@given(crowds(), moments, rules_of)
def test_law_what_happens_later_changes_nothing(
    crowd: list[Lead], as_of: datetime, rules: ContactRules
) -> None:
    past = [lead.rewind(as_of) for lead in crowd]
    assert revisit(crowd, as_of, rules) == revisit(past, as_of, rules)
    assert stay_in_touch(crowd, "1 month", as_of=as_of) == stay_in_touch(
        past, "1 month", as_of=as_of
    )
    assert segmented(crowd, SEGMENTS, as_of=as_of) == segmented(past, SEGMENTS, as_of=as_of)


def months_before(day: date, months: int) -> date:
    """Count months back by hand: the same day, or the last of a month that is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@given(crowds(), moments, st.integers(1, 30), st.booleans(), st.integers(-1, 1))
def test_law_a_lead_was_either_contacted_in_the_span_or_is_listed(
    crowd: list[Lead], as_of: datetime, count: int, by_months: bool, days: int
) -> None:
    now = as_of.astimezone(UTC)
    limit = months_before(now.date(), count) if by_months else now.date() - timedelta(days=count)
    near = datetime.combine(limit + timedelta(days=days), now.timetz())
    crowd = [*crowd, Lead("near", events=[Activity("call", near)])]
    contacted = {
        lead.id
        for lead in crowd
        for event in lead.events
        if isinstance(event, Activity) and event.direction == "out" and event.channel is not None
        if event.at <= now and event.at.date() >= limit
    }
    span = f"{count} months" if by_months else f"{count} days"
    listed = [lead.id for lead in not_contacted_since(crowd, span, as_of=as_of)]
    assert listed == [lead.id for lead in crowd if lead.id not in contacted]


@given(crowds(), moments)
def test_law_a_segment_holds_the_leads_of_whom_its_condition_is_true_in_their_order(
    crowd: list[Lead], as_of: datetime
) -> None:
    found = segmented(crowd, SEGMENTS, as_of=as_of)
    for segment in SEGMENTS:
        true = [lead.id for lead in crowd if segment.when.matches(lead, as_of=as_of)]
        assert [lead.id for lead in found[segment.name]] == true

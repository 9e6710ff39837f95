"""The one gate: may this lead be contacted, on this channel, now?"""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow import Lead, Money, contact
from leadflow.contact import ContactRules, Permission, Refusal, may_contact, permission
from leadflow.errors import InvalidValue, LeadflowError, LimitExceeded, NaiveDatetime
from leadflow.events import Activity, Disposition, Erased, Event, FieldsSet, Reopened
from leadflow.lead import Dealings, merge
from tests.strategies import duplicates, instants, leads

TOKYO, NEW_YORK = ZoneInfo("Asia/Tokyo"), ZoneInfo("America/New_York")
NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
REACHABLE: dict[str, Any] = {"phone": "+48 1", "mobile": "+48 2", "email": "ada@example.com"}
CHANNELS = (None, "phone", "sms", "email", "linkedin")


def day(number: int) -> datetime:
    return datetime(2026, 3, number, 12, tzinfo=UTC)


def reachable(*events: Event, time_zone: str | None = None, **fields: Any) -> Lead:
    return Lead("L", time_zone=time_zone, fields=REACHABLE | fields, events=events)


def codes(lead: Lead, channel: str | None, rules: ContactRules | None = None) -> list[str]:
    answer = may_contact(lead, channel, NOON, rules or ContactRules())
    return [refusal.code for refusal in answer.refusals]


def open_channels(lead: Lead) -> list[str | None]:
    return [channel for channel in CHANNELS if may_contact(lead, channel, NOON)]


# The answer


def test_a_lead_of_which_nothing_speaks_against_may_be_contacted() -> None:
    answer = may_contact(reachable(), "phone", NOON)
    assert answer
    assert (answer.allowed, answer.code, answer.until) == (True, None, None)
    assert (answer.refusals, answer.because) == ((), "")


def test_every_allowed_answer_is_the_same_object() -> None:
    lead = reachable()
    answers = [may_contact(lead, channel, NOON) for channel in CHANNELS]
    assert all(answer is answers[0] for answer in answers)


def test_all_refusals_are_listed_in_order_and_the_first_is_told() -> None:
    lead = Lead(
        "L",
        time_zone="Asia/Tokyo",
        fields={"do_not_email": True, "do_not_contact": True, "email": " "},
        events=[
            Activity("email_bounced", day(1)),
            Activity("email_unsubscribed", day(2)),
            Disposition("removed", day(3), never=["email", "all"]),
        ],
    )
    answer = may_contact(lead, "email", NOON, ContactRules(by_day=["email"]))
    assert [(refusal.code, str(refusal)) for refusal in answer.refusals] == [
        ("do_not_contact", "all channels were closed for good"),
        ("do_not_contact", "email was closed for good"),
        ("do_not_contact", "do_not_contact is true"),
        ("do_not_contact", "do_not_email is true"),
        ("unsubscribed", "unsubscribed on 2026-03-02"),
        ("bounced", "an e-mail bounced on 2026-03-01"),
        ("no_address", "not known: email"),
        ("asleep", "outside mon-sun 08:00-20:00 Asia/Tokyo"),
    ]
    assert not answer
    assert (answer.allowed, answer.code) == (False, "do_not_contact")
    assert answer.because == "all channels were closed for good"


def test_a_refusal_ends_when_the_last_reason_does() -> None:
    soon, later = (Refusal("asleep", "night", day(number)) for number in (1, 2))
    assert Permission([soon, later]).until == day(2)
    assert Permission([later, soon]).until == day(2)
    assert Permission([soon, Refusal("bounced", "gone")]).until is None


def test_an_answer_and_rules_can_be_pickled() -> None:
    answer = may_contact(Lead("L"), "phone", NOON)
    assert pickle.loads(pickle.dumps(answer)) == answer
    rules = ContactRules(awake={"mon": "09:00-10:00"}, time_zone="Asia/Tokyo")
    again = pickle.loads(pickle.dumps(rules))
    assert (again, hash(again)) == (rules, hash(rules))


def test_ready_dealings_give_the_same_answer() -> None:
    lead = reachable(Disposition("lost", day(1), never=["sms"]), time_zone="Asia/Tokyo")
    for channel in CHANNELS:
        answer = permission(lead, Dealings.of(lead), channel, NOON)
        assert answer == may_contact(lead, channel, NOON)


# Do not contact


def test_a_disposition_closes_the_channels_that_it_names() -> None:
    lead = reachable(Disposition("lost", day(1), never=["phone", "linkedin"]))
    assert open_channels(lead) == [None, "sms", "email"]


@pytest.mark.parametrize("channel", [*CHANNELS, "all"])
def test_all_closes_every_channel(channel: str | None) -> None:
    closed = Disposition("removed", day(1), never=["all"])
    assert codes(reachable(closed), channel) == ["do_not_contact"]
    assert codes(reachable(do_not_contact=True), channel) == ["do_not_contact"]


def test_reopening_opens_no_channel() -> None:
    closed = Disposition("lost", day(1), never=["phone"])
    lead = reachable(closed, Reopened("new", day(2)), Disposition("lost", day(3)))
    assert codes(lead, "phone") == ["do_not_contact"]


def test_a_field_closes_its_own_channel_only() -> None:
    assert open_channels(reachable(do_not_call=True)) == [None, "sms", "email", "linkedin"]
    assert open_channels(reachable(do_not_email=True)) == [None, "phone", "sms", "linkedin"]


@pytest.mark.parametrize(
    "value", [False, None, 0, 0.0, Decimal(0), "", " ", "no", "No", "N", " false ", "F", "0"]
)
def test_a_field_refuses_nothing_where_it_says_no(value: Any) -> None:
    assert may_contact(reachable(do_not_contact=value), "phone", NOON)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "true"),
        (1, "1"),
        (-0.5, "-0.5"),
        (Decimal("0.1"), "Decimal('0.1')"),
        ("yes", "'yes'"),
        ("TRUE", "'TRUE'"),
        ("x", "'x'"),
        ("not since May", "'not since May'"),
        (date(2026, 3, 1), "datetime.date(2026, 3, 1)"),
    ],
)
def test_any_other_known_value_refuses_and_is_told(value: Any, words: str) -> None:
    answer = may_contact(reachable(do_not_call=value), "phone", NOON)
    assert (answer.code, answer.because) == ("do_not_contact", f"do_not_call is {words}")
    early = Lead("E", day(1), fields=REACHABLE | {"do_not_call": "no"})
    merged = merge(early, reachable(do_not_call=value))
    assert may_contact(merged, "phone", NOON).because == f"do_not_call is {words}"


def test_money_may_refuse_too() -> None:
    lead = Lead("L", deal_value=Money(5, "EUR"), fields=REACHABLE)
    assert codes(lead, "phone", ContactRules(refused_by={"all": ["deal_value"]})) == [
        "do_not_contact"
    ]


def test_the_fields_that_refuse_can_be_set() -> None:
    rules = ContactRules(refused_by={" sms ": iter(["no_texts"])})
    lead = reachable(no_texts=True, do_not_contact=True)
    assert codes(lead, "sms", rules) == ["do_not_contact"]
    assert codes(lead, "phone", rules) == []


# E-mail


def test_unsubscribed_concerns_email_until_subscribed_again() -> None:
    unsubscribed = Activity("email_unsubscribed", day(1))
    lead = reachable(unsubscribed)
    assert codes(lead, "email") == ["unsubscribed"]
    assert open_channels(lead) == [None, "phone", "sms", "linkedin"]
    assert codes(lead.after(Activity("newsletter_subscribed", day(2))), "email") == []


def test_bounced_concerns_email_until_there_is_a_new_address() -> None:
    lead = reachable(Activity("email_bounced", day(1)))
    assert codes(lead, "email") == ["bounced"]
    assert open_channels(lead) == [None, "phone", "sms", "linkedin"]
    assert codes(lead.after(FieldsSet({"email": "new@example.com"}, day(2))), "email") == []


# Addresses


@pytest.mark.parametrize(
    ("known", "reached"),
    [
        ({}, []),
        ({"phone": "1"}, ["phone", "sms"]),
        ({"mobile": "1"}, ["phone", "sms"]),
        ({"mobile": 48123}, ["phone", "sms"]),
        ({"phone": "", "mobile": " \t"}, []),
        ({"phone": "", "mobile": "1"}, ["phone", "sms"]),
        ({"email": "a@b.example"}, ["email"]),
    ],
)
def test_a_channel_needs_one_address_that_is_not_blank(
    known: dict[str, Any], reached: list[str]
) -> None:
    assert open_channels(Lead("L", fields=known)) == sorted(
        [None, "linkedin", *reached], key=CHANNELS.index
    )


def test_a_missing_address_is_named() -> None:
    answer = may_contact(Lead("L"), "sms", NOON)
    assert (answer.code, answer.because) == ("no_address", "not known: mobile, phone")
    assert answer.until is None


def test_addresses_can_be_set_or_left_out() -> None:
    lead = Lead("L", fields={"profile": "ada"})
    assert codes(lead, "linkedin", ContactRules(addresses={"linkedin": ["profile"]})) == []
    assert codes(lead, "linkedin", ContactRules(addresses={"linkedin": ["url"]})) == ["no_address"]
    assert codes(lead, "phone", ContactRules(addresses={})) == []
    assert codes(lead, "phone", ContactRules(addresses={"phone": []})) == []


# Asleep


@pytest.mark.parametrize(
    ("there", "opens"),
    [
        ("2026-03-01 07:59:59.999999", "2026-03-01 08:00"),
        ("2026-03-01 08:00", None),
        ("2026-03-01 19:59:59.999999", None),
        ("2026-03-01 20:00", "2026-03-02 08:00"),
        ("2026-03-02 00:00", "2026-03-02 08:00"),
    ],
)
def test_decent_hours_in_tokyo_are_from_eight_to_eight(there: str, opens: str | None) -> None:
    as_of = datetime.fromisoformat(there).replace(tzinfo=TOKYO)
    for channel in ("phone", "sms"):
        answer = may_contact(reachable(time_zone="Asia/Tokyo"), channel, as_of)
        if opens is None:
            assert answer
        else:
            expected = datetime.fromisoformat(opens).replace(tzinfo=TOKYO)
            assert (answer.code, answer.until) == ("asleep", expected)
            assert getattr(answer.until, "tzinfo", None) is UTC


@pytest.mark.parametrize(
    ("evening", "morning"),
    [
        # Standard time, then summer time from 8 March 2026 on, and back on 1 November.
        ("2026-03-06T21:00-05:00", "2026-03-07T13:00+00:00"),
        ("2026-03-07T21:00-05:00", "2026-03-08T12:00+00:00"),
        ("2026-10-31T21:00-04:00", "2026-11-01T13:00+00:00"),
    ],
)
def test_decent_hours_in_new_york_follow_its_clocks(evening: str, morning: str) -> None:
    lead = reachable(time_zone="America/New_York")
    opens = datetime.fromisoformat(morning)
    assert may_contact(lead, "phone", datetime.fromisoformat(evening)).until == opens
    assert not may_contact(lead, "phone", opens - timedelta(microseconds=1))
    assert may_contact(lead, "phone", opens)
    assert may_contact(lead, "phone", opens + timedelta(hours=12, microseconds=-1))
    assert not may_contact(lead, "phone", opens + timedelta(hours=12))


def test_only_channels_that_disturb_wait_for_the_day() -> None:
    lead = reachable(time_zone="Asia/Tokyo")
    assert open_channels(lead) == [None, "email", "linkedin"]
    assert codes(lead, "phone", ContactRules(by_day=())) == []
    assert codes(lead, "email", ContactRules(by_day=["email"])) == ["asleep"]


def test_the_leads_own_zone_goes_before_that_of_the_rules() -> None:
    rules = ContactRules(time_zone="Asia/Tokyo")
    assert codes(reachable(), "phone") == []
    assert codes(reachable(), "phone", rules) == ["asleep"]
    assert codes(reachable(time_zone="Europe/Warsaw"), "phone", rules) == []


def test_decent_hours_can_be_set() -> None:
    rules = ContactRules(awake={"mon-thu": "09:00-10:00"}, time_zone="Europe/Warsaw")
    assert rules == ContactRules(
        awake={"mon, tue, wed, thu": "9:00-10:00"}, time_zone="Europe/Warsaw"
    )
    answer = may_contact(reachable(), "phone", NOON, rules)
    assert answer.because == "outside mon-thu 09:00-10:00 Europe/Warsaw"
    assert answer.until == datetime(2026, 3, 23, 8, tzinfo=UTC)


def test_a_night_that_the_calendar_does_not_outlast_has_no_end() -> None:
    lead = reachable(time_zone="America/New_York")
    answer = may_contact(lead, "phone", datetime(9999, 12, 31, 3, tzinfo=UTC))
    assert answer.until == datetime(9999, 12, 31, 13, tzinfo=UTC)
    rules = ContactRules(awake={"sat": "09:00-10:00"})
    answer = may_contact(lead, "phone", datetime(9999, 12, 31, 12, tzinfo=UTC), rules)
    assert (answer.code, answer.until) == ("asleep", None)


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York", "UTC"])
@pytest.mark.parametrize(
    "as_of", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
)
def test_the_first_and_the_last_instant_are_answered(zone: str, as_of: datetime) -> None:
    answer = may_contact(reachable(time_zone=zone), "phone", as_of)
    assert answer.code in ("asleep", None)


# Time and merging


@pytest.mark.parametrize(
    "late",
    [
        Disposition("lost", day(21), never=["all"]),
        Activity("email_unsubscribed", day(21)),
        Activity("email_bounced", day(21)),
        FieldsSet({"do_not_contact": True, "email": None}, day(21)),
    ],
)
def test_an_event_after_as_of_has_not_happened(late: Event) -> None:
    lead = reachable(late)
    assert may_contact(lead, "email", NOON)
    assert not may_contact(lead, "email", day(21))


@pytest.mark.parametrize(
    "strict",
    [
        Lead("S", fields={"do_not_email": True}),
        Lead("S", fields={"do_not_contact": True}),
        Lead("S", events=[Disposition("removed", day(1), never=["email"])]),
        Lead("S", events=[Activity("email_unsubscribed", day(1))]),
        Lead("S", events=[Activity("email_bounced", day(1))]),
        Lead("S", events=[FieldsSet({"do_not_email": True}, day(1))]),
    ],
)
@pytest.mark.parametrize("newest", [[], ["do_not_email", "do_not_contact"]])
def test_merged_duplicates_keep_the_stricter_limit(strict: Lead, newest: list[str]) -> None:
    for first, second in (("A", "Z"), ("Z", "A")):
        lax = Lead(first, fields=REACHABLE | {"do_not_email": False, "do_not_contact": False})
        other = Lead(second, fields=dict(strict.fields), events=strict.events)
        assert may_contact(lax, "email", NOON)
        assert not may_contact(merge(lax, other, newest=newest), "email", NOON)


@pytest.mark.parametrize(
    ("event", "refused"),
    [
        (FieldsSet({"do_not_call": False}, day(2)), False),
        (Erased(["do_not_call"], day(2)), False),
        (FieldsSet({"phone": "1"}, day(2)), True),
        (Erased(["employees"], day(2)), True),
        (Reopened("new", day(2)), True),
    ],
)
def test_a_refusal_of_merged_leads_holds_until_an_event_sets_the_field(
    event: Event, refused: bool
) -> None:
    lax, strict = reachable(do_not_call=False), Lead("M", fields={"do_not_call": True})
    assert bool(codes(merge(lax, strict).after(event), "phone")) == refused


# Bad input


@pytest.mark.parametrize(
    ("lead", "channel", "as_of", "rules", "error", "words"),
    [
        ("L", "phone", NOON, ContactRules(), InvalidValue, "lead: expected a Lead, got 'L'"),
        (None, "phone", NOON, ContactRules(), InvalidValue, "lead: expected a Lead"),
        (Lead("L"), 5, NOON, ContactRules(), InvalidValue, "channel: expected text, got 5"),
        (Lead("L"), True, NOON, ContactRules(), InvalidValue, "channel: expected text"),
        (Lead("L"), ["phone"], NOON, ContactRules(), InvalidValue, "channel: expected text"),
        (Lead("L"), "", NOON, ContactRules(), InvalidValue, "channel: expected a name that is not"),
        (Lead("L"), " \t", NOON, ContactRules(), InvalidValue, "channel: .* not blank"),
        (
            Lead("L"),
            "Phone",
            NOON,
            ContactRules(),
            InvalidValue,
            "channel: .*'Phone'.*mean 'phone'",
        ),
        (Lead("L"), "ALL", NOON, ContactRules(), InvalidValue, "did you mean 'all'"),
        (Lead("L"), "call", NOON, ContactRules(), InvalidValue, "a kind .* goes by 'phone'"),
        (Lead("L"), "Email_Sent", NOON, ContactRules(), InvalidValue, "goes by 'email'"),
        (Lead("L"), "p\u202eh", NOON, ContactRules(), InvalidValue, "invisible"),
        (Lead("L"), "x" * 201, NOON, ContactRules(), LimitExceeded, "at most 200"),
        (Lead("L"), "phone", datetime(2026, 3, 1), ContactRules(), NaiveDatetime, "as_of"),
        (Lead("L"), "phone", date(2026, 3, 1), ContactRules(), InvalidValue, "as_of"),
        (Lead("L"), "phone", None, ContactRules(), InvalidValue, "as_of"),
        (Lead("L"), "phone", NOON, {}, InvalidValue, "rules: expected ContactRules"),
        (Lead("L"), "phone", NOON, None, InvalidValue, "rules: expected ContactRules, got None"),
    ],
)
def test_bad_questions_are_refused(
    lead: Any, channel: Any, as_of: Any, rules: Any, error: type[LeadflowError], words: str
) -> None:
    with pytest.raises(error, match=words):
        may_contact(lead, channel, as_of, rules)


def test_a_channel_of_ones_own_is_a_channel() -> None:
    rules = ContactRules(refused_by={"fax": ["no_fax"]})
    assert codes(reachable(no_fax=True), "fax", rules) == ["do_not_contact"]
    assert codes(reachable(), "fax", rules) == []


def test_what_is_kept_in_mind_is_bounded_and_stays_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact, "_REMEMBERED", 2)
    rules = ContactRules()
    for hour in (0, 6, 12, 0):
        moment = NOON.replace(hour=hour)
        asleep = may_contact(reachable(time_zone="UTC"), "phone", moment, rules).code == "asleep"
        assert asleep is (hour < 8)
        assert len(rules._answers) <= 2


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"refused_by": ["do_not_call"]}, "ContactRules.refused_by: .* a mapping of channels"),
        ({"refused_by": None}, "ContactRules.refused_by"),
        ({"refused_by": {"phone": "do_not_call"}}, "refused_by.phone: expected a list of names"),
        ({"refused_by": {"phone": [""]}}, "refused_by.phone: .* not blank"),
        ({"refused_by": {"": ["x"]}}, "refused_by channel: .* not blank"),
        ({"refused_by": {"phone": ["x"], " phone": ["y"]}}, "channels that differ"),
        ({"refused_by": {"Phone": ["x"]}}, "refused_by channel: .*mean 'phone'"),
        ({"addresses": {"call": ["x"]}}, "addresses channel: .* goes by 'phone'"),
        ({"by_day": ["SMS"]}, "ContactRules.by_day: .*mean 'sms'"),
        ({"refused_by": {5: ["x"]}}, "refused_by channel: expected text"),
        ({"addresses": "phone"}, "ContactRules.addresses: .* a mapping of channels"),
        ({"addresses": {"phone": None}}, "addresses.phone: expected a list of names"),
        ({"by_day": "phone"}, "ContactRules.by_day: expected a list of names"),
        ({"by_day": [None]}, "ContactRules.by_day: expected text"),
        ({"time_zone": "Mars/Olympus"}, "ContactRules.time_zone: expected a time zone"),
        ({"time_zone": 5}, "ContactRules.time_zone: expected text"),
        ({"awake": {}}, "week"),
        ({"awake": "08:00-20:00"}, "week"),
        ({"awake": None}, "week"),
        ({"awake": {"mno": "08:00-20:00"}}, "week"),
        ({"awake": {"mon": "eight"}}, "week"),
    ],
)
def test_bad_rules_are_refused_when_they_are_made(given: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        ContactRules(**given)


# Laws

channels = st.sampled_from([*CHANNELS, "all", "fax"])
nevers = st.lists(st.sampled_from(["all", "phone", "email", "fax"]), max_size=2)
closings = st.builds(Disposition, st.just("lost"), instants(), never=nevers)
limits = st.one_of(
    st.builds(Activity, st.sampled_from(["email_bounced", "email_unsubscribed"]), instants()),
    closings,
    st.builds(
        FieldsSet,
        st.dictionaries(
            st.sampled_from(["phone", "email", "do_not_contact", "do_not_call"]),
            st.sampled_from([True, False, None, "", "1"]),
        ),
        instants(),
    ),
)
rules = st.builds(
    ContactRules,
    by_day=st.lists(st.sampled_from(["phone", "email"])),
    addresses=st.sampled_from([{}, {"phone": ["phone"], "email": ["e-mail", "email"]}]),
    awake=st.sampled_from([{"mon-sun": "08:00-20:00"}, {"mon-fri": "09:00-17:00"}]),
    time_zone=st.sampled_from([None, "Asia/Tokyo"]),
)


@st.composite
def limited(draw: st.DrawFn) -> Lead:
    """Leads with more of what the gate reads."""
    return draw(leads()).after(*draw(st.lists(limits, max_size=4)))


@given(limited(), channels, instants(), rules)
def test_law_every_lead_gets_an_answer_that_agrees_with_itself(
    lead: Lead, channel: str | None, as_of: datetime, rules: ContactRules
) -> None:
    answer = may_contact(lead, channel, as_of, rules)
    assert answer.allowed == bool(answer) == (answer.code is None) == (answer.because == "")
    assert answer.until is None or answer.until > as_of


@given(limited(), channels, instants(), rules, closings)
def test_law_another_never_turns_no_refusal_into_an_allowance(
    lead: Lead, channel: str | None, as_of: datetime, rules: ContactRules, closed: Disposition
) -> None:
    before = may_contact(lead, channel, as_of, rules)
    after = may_contact(lead.after(closed), channel, as_of, rules)
    assert set(before.refusals) <= set(after.refusals)


@given(limited(), channels, instants(), rules)
def test_law_any_contact_at_all_is_allowed_where_one_channel_is(
    lead: Lead, channel: str | None, as_of: datetime, rules: ContactRules
) -> None:
    assert may_contact(lead, None, as_of, rules) or not may_contact(lead, channel, as_of, rules)


@given(duplicates(), st.lists(closings, min_size=3, max_size=3), channels, instants())
def test_law_what_is_closed_for_good_stays_closed_when_leads_are_merged(
    found: list[Lead], closed: list[Disposition], channel: str | None, as_of: datetime
) -> None:
    strict = [lead.after(event) for lead, event in zip(found, closed, strict=True)]
    answers = [may_contact(lead, channel, as_of).code for lead in strict]
    if "do_not_contact" in answers:
        assert may_contact(merge(*strict), channel, as_of).code == "do_not_contact"


@pytest.mark.parametrize(
    ("never", "channel"),
    [("Phone", "phone"), ("call", "phone"), ("ALL", None), ("WhatsApp", "WhatsApp")],
)
def test_a_channel_is_closed_for_good_however_it_is_written(
    never: str, channel: str | None
) -> None:
    lead = Lead("L-7", fields={"phone": "5"}, events=[Disposition("lost", NOON, never=[never])])
    assert may_contact(lead, channel, NOON).code == "do_not_contact"
    assert may_contact(lead, "chat", NOON).allowed is (never != "ALL")


def test_more_answers_than_are_remembered_are_right_too() -> None:
    rules = ContactRules(addresses={})
    lead = Lead("L-7", time_zone="Asia/Tokyo")
    hours = [NOON + timedelta(hours=number) for number in range(2_100)]
    allowed = [may_contact(lead, "phone", at, rules).allowed for at in hours]
    assert allowed == [8 <= (at.hour + 9) % 24 < 20 for at in hours]

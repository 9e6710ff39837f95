"""The one gate: may this lead be contacted, on this channel, now?"""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow import Lead, Money, contact
from leadflow.contact import (
    Cap,
    ContactRules,
    Permission,
    Refusal,
    channel_of,
    is_contact,
    may_contact,
    permission,
)
from leadflow.errors import InvalidValue, LeadflowError, LimitExceeded, NaiveDatetime
from leadflow.events import Activity, Disposition, Erased, Event, FieldsSet, Reopened, Snoozed
from leadflow.lead import Dealings, merge
from leadflow.span import Span
from tests.strategies import dates, duplicates, instants, leads

TOKYO, NEW_YORK = ZoneInfo("Asia/Tokyo"), ZoneInfo("America/New_York")
NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
REACHABLE: dict[str, Any] = {"phone": "+48 1", "mobile": "+48 2", "email": "ada@example.com"}
CHANNELS = (None, "phone", "sms", "email", "linkedin")
TICK = timedelta(microseconds=1)


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
            Disposition("removed", day(3), never=["email", "all"], contact_again=date(2026, 4, 1)),
            Activity("email_sent", day(4)),
        ],
    )
    caps: dict[str, Any] = {"email": [Cap(1, "1 month")], "all": Cap(1, "1 year")}
    rules = ContactRules(by_day=["email"], while_waiting=(), caps=caps)
    answer = may_contact(lead, "email", NOON, rules)
    assert [(refusal.code, str(refusal)) for refusal in answer.refusals] == [
        ("do_not_contact", "do_not_contact is true"),
        ("do_not_contact", "do_not_email is true"),
        ("never_contact", "all channels were closed for good"),
        ("never_contact", "email was closed for good"),
        ("unsubscribed", "unsubscribed on 2026-03-02"),
        ("bounced", "an e-mail bounced on 2026-03-01"),
        ("no_address", "not known: email"),
        ("waiting", "removed, to be contacted again on 2026-04-01"),
        ("too_often", "1 of at most 1 contact by email in 1 month"),
        ("too_often", "1 of at most 1 contact in 1 year"),
        ("asleep", "outside mon-sun 08:00-20:00 Asia/Tokyo"),
    ]
    assert not answer
    assert (answer.allowed, answer.code) == (False, "do_not_contact")
    assert answer.because == "do_not_contact is true"
    assert [answer.until, *(refusal.until for refusal in answer.refusals)] == [
        *[None] * 8,
        datetime(2026, 3, 31, 15, tzinfo=UTC),
        datetime(2026, 4, 4, 12, tzinfo=UTC),
        datetime(2027, 3, 4, 12, tzinfo=UTC),
        datetime(2026, 3, 20, 23, tzinfo=UTC),
    ]


def test_where_every_refusal_ends_the_answer_ends_with_the_last() -> None:
    waits = Disposition("lost", day(1), contact_again=date(2026, 4, 1))
    lead = reachable(waits, Activity("call", day(19)), time_zone="Asia/Tokyo")
    answer = may_contact(lead, "phone", NOON, ContactRules(caps={"phone": Cap(1, "7 days")}))
    assert [refusal.code for refusal in answer.refusals] == ["waiting", "too_often", "asleep"]
    assert (answer.code, answer.until) == ("waiting", datetime(2026, 3, 31, 15, tzinfo=UTC))


def test_a_refusal_ends_when_the_last_reason_does() -> None:
    soon, later = (Refusal("asleep", "night", day(number)) for number in (1, 2))
    assert Permission([soon, later]).until == day(2)
    assert Permission([later, soon]).until == day(2)
    assert Permission([soon, Refusal("bounced", "gone")]).until is None


def test_an_answer_and_rules_can_be_pickled() -> None:
    answer = may_contact(Lead("L"), "phone", NOON)
    assert pickle.loads(pickle.dumps(answer)) == answer
    caps = {"email": Cap(3, "7 days")}
    rules = ContactRules(awake={"mon": "09:00-10:00"}, time_zone="Asia/Tokyo", caps=caps)
    again = pickle.loads(pickle.dumps(rules))
    assert (again, hash(again)) == (rules, hash(rules))


def test_ready_dealings_give_the_same_answer() -> None:
    lead = reachable(Disposition("lost", day(1), never=["sms"]), time_zone="Asia/Tokyo")
    for channel in CHANNELS:
        answer = permission(lead, Dealings.of(lead), channel, NOON)
        assert answer == may_contact(lead, channel, NOON)


# Never contact


def test_a_disposition_closes_the_channels_that_it_names() -> None:
    lead = reachable(Disposition("lost", day(1), never=["phone", "linkedin"]))
    assert open_channels(lead) == [None, "sms", "email"]


@pytest.mark.parametrize("channel", [*CHANNELS, "all"])
def test_all_closes_every_channel(channel: str | None) -> None:
    closed = Disposition("removed", day(1), never=["all"])
    assert codes(reachable(closed), channel) == ["never_contact"]
    assert may_contact(reachable(closed), channel, NOON).until is None
    assert codes(reachable(do_not_contact=True), channel) == ["do_not_contact"]


def test_reopening_opens_no_channel() -> None:
    closed = Disposition("lost", day(1), never=["phone"])
    lead = reachable(closed, Reopened("new", day(2)), Disposition("lost", day(3)))
    assert codes(lead, "phone") == ["never_contact"]


# Do not contact


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


# Waiting


def waits(until: date, number: int = 1, **given: Any) -> Disposition:
    return Disposition("lost", day(number), contact_again=until, **given)


def snoozed(until: date, number: int = 1, reason: str = "on holiday") -> Snoozed:
    return Snoozed(until, day(number), reason=reason)


APRIL, MAY = date(2026, 4, 1), date(2026, 5, 1)


def test_a_lead_waits_for_the_date_on_which_it_is_to_be_contacted_again() -> None:
    answer = may_contact(reachable(waits(APRIL, reason="price")), "phone", NOON)
    assert (answer.code, answer.until) == ("waiting", datetime(2026, 4, 1, tzinfo=UTC))
    assert answer.because == "lost (price), to be contacted again on 2026-04-01"


def test_a_snoozed_lead_waits_for_the_end_of_its_snooze() -> None:
    answer = may_contact(
        reachable(snoozed(APRIL, reason="no budget\nyet" + "." * 500)), "sms", NOON
    )
    assert (answer.code, answer.until) == ("waiting", datetime(2026, 4, 1, tzinfo=UTC))
    assert answer.because.startswith("snoozed until 2026-04-01: no budget yet..")
    assert len(answer.because) < 250


@pytest.mark.parametrize("event", [waits(date(2026, 3, 20)), snoozed(date(2026, 3, 20))])
@pytest.mark.parametrize("zone", [None, "Asia/Tokyo", "America/New_York", "Pacific/Kiritimati"])
def test_the_date_begins_at_midnight_in_the_zone_of_the_lead(
    event: Event, zone: str | None
) -> None:
    midnight = datetime(2026, 3, 20, tzinfo=ZoneInfo(zone or "UTC"))
    lead, there = reachable(event, time_zone=zone), ContactRules(by_day=())
    answer = may_contact(lead, "phone", midnight.astimezone(UTC) - TICK, there)
    assert (answer.code, answer.until) == ("waiting", midnight)
    assert getattr(answer.until, "tzinfo", None) is UTC
    assert may_contact(lead, "phone", midnight, there)


def test_where_the_zone_of_the_lead_is_unknown_that_of_the_rules_counts() -> None:
    rules = ContactRules(time_zone="Asia/Tokyo", by_day=())
    tokyo = datetime(2026, 3, 31, 15, tzinfo=UTC)
    assert may_contact(reachable(waits(APRIL)), "phone", NOON, rules).until == tokyo
    own = reachable(waits(APRIL), time_zone="Europe/Warsaw")
    assert may_contact(own, "phone", NOON, rules).until == tokyo + timedelta(hours=7)


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        # The clocks go from 00:00 to 01:00: the date begins at one o'clock.
        ("America/Sao_Paulo", date(2018, 11, 4), "2018-11-04T03:00Z"),
        # They go from 01:00 back to 00:00: it begins at the first of two midnights.
        ("America/Havana", date(2026, 11, 1), "2026-11-01T04:00Z"),
        # Summer time of the night before and of the night after.
        ("Europe/Warsaw", date(2026, 3, 29), "2026-03-28T23:00Z"),
        ("Europe/Warsaw", date(2026, 3, 30), "2026-03-29T22:00Z"),
        # A date that the zone left out.
        ("Pacific/Apia", date(2011, 12, 30), "2011-12-30T10:00Z"),
        ("Asia/Tokyo", date.max, "9999-12-30T15:00Z"),
        ("America/New_York", date.max, "9999-12-31T05:00Z"),
    ],
)
def test_a_date_begins_when_the_clocks_there_say_so(zone: str, day: date, begins: str) -> None:
    lead = reachable(Disposition("lost", datetime(2001, 1, 1, tzinfo=UTC), contact_again=day))
    until, rules = datetime.fromisoformat(begins), ContactRules(time_zone=zone, by_day=())
    answer = may_contact(lead, "phone", until - TICK, rules)
    assert (answer.code, answer.until) == ("waiting", until)
    assert may_contact(lead, "phone", until, rules)


@pytest.mark.parametrize("event", [waits(date.min), snoozed(date.min)])
def test_a_date_from_the_beginning_of_time_has_begun(event: Event) -> None:
    assert may_contact(reachable(event, time_zone="Asia/Tokyo"), "linkedin", NOON)


@pytest.mark.parametrize(
    ("log", "until", "words"),
    [
        ([waits(APRIL), waits(MAY, 2)], MAY, "lost, to be contacted again on 2026-05-01"),
        ([waits(MAY, reason="x"), waits(APRIL, 2)], MAY, "lost (x), to be contacted again on 2"),
        ([waits(MAY), Disposition("won", day(2))], MAY, "lost, to be"),
        ([waits(MAY, reason="x"), waits(MAY, 2, reason="y")], MAY, "lost (y), to be"),
        ([waits(APRIL), snoozed(MAY)], MAY, "snoozed until 2026-05-01: on holiday"),
        ([waits(APRIL), snoozed(MAY, 2)], MAY, "snoozed until 2026-05-01"),
        ([waits(MAY), snoozed(APRIL, 2)], MAY, "lost, to be"),
        ([waits(MAY), snoozed(MAY, 2)], MAY, "lost, to be"),
        ([snoozed(MAY), waits(APRIL, 2)], APRIL, "lost, to be"),
        ([snoozed(MAY), snoozed(APRIL, 2)], APRIL, "snoozed until 2026-04-01"),
        ([waits(MAY), Reopened("new", day(2)), waits(APRIL, 3)], APRIL, "lost, to be"),
        ([waits(MAY), snoozed(APRIL, 2), Reopened("new", day(3))], APRIL, "snoozed until"),
    ],
)
def test_the_later_date_counts_with_its_reason(log: list[Event], until: date, words: str) -> None:
    answer = may_contact(reachable(*log), "phone", NOON)
    assert [refusal.code for refusal in answer.refusals] == ["waiting"]
    assert answer.until == datetime(until.year, until.month, until.day, tzinfo=UTC)
    assert answer.because.startswith(words)


@pytest.mark.parametrize(
    "log",
    [
        [Disposition("lost", day(1))],
        [waits(MAY), Reopened("new", day(2))],
        [snoozed(MAY), Disposition("lost", day(2))],
        [snoozed(MAY), snoozed(date(2026, 3, 2), 2)],
        [waits(MAY, 21)],
        [snoozed(MAY, 21)],
    ],
)
def test_what_was_reopened_overtaken_or_comes_later_is_not_waited_for(log: list[Event]) -> None:
    assert may_contact(reachable(*log), "phone", NOON)


@pytest.mark.parametrize(
    ("stays_open", "allowed"),
    [
        (["email"], [None, "email"]),
        (["email", "linkedin"], [None, "email", "linkedin"]),
        ((), []),
        (["all"], list(CHANNELS)),
        (["fax"], [None]),
    ],
)
def test_some_channels_stay_open_meanwhile(
    stays_open: list[str], allowed: list[str | None]
) -> None:
    lead, rules = reachable(waits(APRIL)), ContactRules(while_waiting=stays_open)
    assert [each for each in CHANNELS if may_contact(lead, each, NOON, rules)] == allowed
    assert may_contact(lead, "all", NOON, rules).allowed == (None in allowed)


def test_w7_periodic_mailing_goes_on_unless_told_otherwise() -> None:
    assert open_channels(reachable(waits(APRIL))) == [None, "email"]
    assert open_channels(reachable(snoozed(APRIL))) == [None, "email"]


def test_n7_a_lead_handed_back_to_marketing_still_gets_its_mail() -> None:
    back = Disposition("unqualified", day(1), contact_again=MAY, back_to="nurture")
    assert open_channels(reachable(back)) == [None, "email"]


def test_merged_leads_wait_for_the_later_of_their_dates() -> None:
    first, second = Lead("A", events=[waits(MAY)]), Lead("B", events=[waits(APRIL, 2)])
    for pair in ((first, second), (second, first)):
        answer = may_contact(merge(*pair), "linkedin", NOON)
        assert answer.until == datetime(2026, 5, 1, tzinfo=UTC)


# Too often


def emails(*numbers: int) -> list[Activity]:
    return [Activity("email_sent", day(number)) for number in numbers]


WEEKLY = ContactRules(caps={"email": Cap(3, "7 days")})


def test_after_the_last_contact_that_a_cap_allows_there_is_no_other() -> None:
    assert may_contact(reachable(*emails(14, 16)), "email", NOON, WEEKLY)
    answer = may_contact(reachable(*emails(14, 16, 19)), "email", NOON, WEEKLY)
    assert (answer.code, answer.until) == ("too_often", day(21))
    assert answer.because == "3 of at most 3 contacts by email in 7 days"


def test_a_cap_ends_when_the_count_falls_below_it() -> None:
    lead = reachable(*emails(14, 15, 16, 17, 18))
    assert may_contact(lead, "email", day(18), WEEKLY).until == day(23)
    for late in (day(21), day(22), day(23) - TICK):
        assert may_contact(lead, "email", late, WEEKLY).until == day(23)
    assert may_contact(lead, "email", day(23), WEEKLY)


def test_the_instant_at_which_a_contact_ceases_to_count_is_allowed() -> None:
    lead, rules = reachable(*emails(10)), ContactRules(caps={"email": Cap(1, "2 hours")})
    assert not may_contact(lead, "email", day(10), rules)
    answer = may_contact(lead, "email", day(10) + timedelta(hours=2) - TICK, rules)
    assert answer.until == day(10) + timedelta(hours=2)
    assert may_contact(lead, "email", day(10) + timedelta(hours=2), rules)


def test_a_day_of_a_cap_has_24_hours_whatever_the_clocks_do() -> None:
    rules = ContactRules(caps={"phone": Cap(1, "1 day")}, addresses={}, by_day=())
    evening = datetime(2026, 3, 28, 20, tzinfo=ZoneInfo("Europe/Warsaw"))
    lead = Lead("L", time_zone="Europe/Warsaw", events=[Activity("call", evening)])
    until = evening.astimezone(UTC) + timedelta(days=1)
    assert may_contact(lead, "phone", evening, rules).until == until
    assert until.astimezone(ZoneInfo("Europe/Warsaw")).hour == 21


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-01-15T12:00Z", "2026-02-15T12:00Z"),
        ("2026-01-31T12:00Z", "2026-02-28T12:00Z"),
        ("2028-01-31T12:00Z", "2028-02-29T12:00Z"),
        ("2026-03-31T12:00Z", "2026-04-30T12:00Z"),
    ],
)
def test_months_of_a_cap_are_calendar_months(at: str, until: str) -> None:
    begins, ends = datetime.fromisoformat(at), datetime.fromisoformat(until)
    lead = reachable(Activity("email_sent", begins))
    rules = ContactRules(caps={"email": Cap(1, "1 month")})
    assert may_contact(lead, "email", ends - TICK, rules).until == ends
    assert may_contact(lead, "email", ends, rules)


def test_at_the_end_of_a_month_the_contact_that_counts_longest_counts() -> None:
    late = Activity("email_sent", datetime(2026, 1, 30, 23, tzinfo=UTC))
    early = Activity("email_sent", datetime(2026, 1, 31, 1, tzinfo=UTC))
    noon = datetime(2026, 2, 28, 12, tzinfo=UTC)
    once, twice = (ContactRules(caps={"email": Cap(most, "1 month")}) for most in (1, 2))
    assert may_contact(reachable(late, early), "email", noon, once).until == noon.replace(hour=23)
    assert may_contact(reachable(late, early), "email", noon, twice)
    answer = may_contact(reachable(late, early), "email", noon.replace(hour=0), twice)
    assert answer.until == noon.replace(hour=1)


@pytest.mark.parametrize(
    ("channel", "refused"),
    [(None, False), ("phone", False), ("sms", False), ("email", True), ("linkedin", False)],
)
def test_a_cap_on_a_channel_counts_that_channel_only(channel: str | None, refused: bool) -> None:
    calls = [Activity("call", day(number)) for number in (15, 16, 17, 18)]
    assert not may_contact(reachable(*calls, *emails(17, 18)), channel, NOON, WEEKLY).code
    found = codes(reachable(*calls, *emails(17, 18, 19)), channel, WEEKLY)
    assert found == ["too_often"] * refused


@pytest.mark.parametrize("channel", [*CHANNELS, "all"])
def test_a_cap_on_all_counts_every_channel_and_closes_every_one(channel: str | None) -> None:
    rules = ContactRules(caps={"all": Cap(2, "1 week")})
    mixed = [Activity("call", day(18)), Activity("fax", day(19), channel="fax", direction="out")]
    answer = may_contact(reachable(*mixed), channel, NOON, rules)
    assert (answer.code, answer.until) == ("too_often", day(25))
    assert answer.because == "2 of at most 2 contacts in 7 days"
    assert may_contact(reachable(*mixed[1:]), channel, NOON, rules)


@pytest.mark.parametrize(
    "event",
    [
        Activity("email_opened", day(19)),
        Activity("email_replied", day(19)),
        Activity("letter", day(19), direction="out"),
        Activity("email_sent", day(21)),
    ],
)
def test_what_comes_from_the_lead_goes_by_no_channel_or_comes_later_is_not_counted(
    event: Event,
) -> None:
    rules = ContactRules(caps={"email": Cap(1, "7 days"), "all": Cap(1, "7 days")})
    assert may_contact(reachable(event), "email", NOON, rules)


def test_a_channel_of_ones_own_is_counted_however_it_is_written() -> None:
    rules = ContactRules(caps={"WhatsApp": Cap(1, "7 days")})
    lead = reachable(Activity("chat", day(19), channel="whatsapp", direction="out"))
    assert codes(lead, "WhatsApp", rules) == codes(lead, "whatsapp", rules) == ["too_often"]
    assert codes(lead, "chat", rules) == []


def test_every_cap_that_is_reached_refuses_in_the_order_given() -> None:
    weekly = iter([Cap(2, "7 days"), Cap(1, "3 days")])
    caps: dict[str, Any] = {"all": Cap(9, "1 year"), "email": weekly}
    answer = may_contact(reachable(*emails(18, 19)), "email", NOON, ContactRules(caps=caps))
    assert [str(refusal) for refusal in answer.refusals] == [
        "2 of at most 2 contacts by email in 7 days",
        "2 of at most 1 contact by email in 3 days",
    ]
    assert [refusal.until for refusal in answer.refusals] == [day(25), day(22)]
    assert answer.until == day(25)


def test_a_cap_whose_span_the_calendar_does_not_outlast_has_no_end() -> None:
    for per in ("9000 years", "3000000 days"):
        rules = ContactRules(caps={"email": Cap(1, per)})
        answer = may_contact(reachable(*emails(1)), "email", NOON, rules)
        assert (answer.code, answer.until) == ("too_often", None)
        last = may_contact(reachable(*emails(1)), "email", datetime.max.replace(tzinfo=UTC), rules)
        assert last.code == "too_often"


def test_a_contact_at_the_first_instant_counts_where_the_span_is_long_enough() -> None:
    lead = reachable(Activity("email_sent", datetime.min.replace(tzinfo=UTC)))
    assert codes(lead, "email", ContactRules(caps={"email": Cap(1, "9000 years")})) == ["too_often"]
    assert codes(lead, "email", ContactRules(caps={"email": Cap(1, "2000 years")})) == []


def test_the_contacts_of_merged_leads_are_counted_together() -> None:
    first = Lead("A", fields=REACHABLE, events=emails(15, 18))
    second = Lead("B", fields=REACHABLE, events=emails(16))
    assert may_contact(first, "email", NOON, WEEKLY)
    assert may_contact(merge(first, second), "email", NOON, WEEKLY).until == day(22)


def test_caps_can_be_given_in_any_way_and_are_kept_as_tuples() -> None:
    week = Cap(3, "7 days")
    assert week == Cap(3, timedelta(days=7)) == Cap(3, Span(days=7))
    assert (week.times, week.per, str(week)) == (3, Span(days=7), "at most 3 in 7 days")
    rules = ContactRules(caps={" email ": [week, week], "sms": []})
    assert rules.caps == {"email": (week,), "sms": ()}
    assert codes(reachable(*emails(18, 19)), "sms", rules) == []
    assert ContactRules().caps == {}


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
        ({"while_waiting": "email"}, "ContactRules.while_waiting: expected a list of names"),
        ({"while_waiting": [""]}, "ContactRules.while_waiting: .* not blank"),
        ({"while_waiting": ["E-mail", "Email"]}, "while_waiting: .*mean 'email'"),
        ({"while_waiting": ["email_sent"]}, "while_waiting: .* goes by 'email'"),
        ({"while_waiting": None}, "ContactRules.while_waiting"),
        ({"caps": [Cap(3, "7 days")]}, "ContactRules.caps: .* a mapping of channels to Caps"),
        ({"caps": Cap(3, "7 days")}, "ContactRules.caps: .* a mapping of channels to Caps"),
        ({"caps": None}, "ContactRules.caps: .* a mapping of channels to Caps"),
        ({"caps": {"email": None}}, r"caps.email: expected a Cap, .*got None.*Cap\(3, '7 days'\)"),
        ({"caps": {"email": 3}}, "caps.email: expected a Cap, or a list of them, got 3"),
        ({"caps": {"email": "3 in 7 days"}}, "caps.email: expected a Cap, .*got '3 in 7 days'"),
        ({"caps": {"email": (3, "7 days")}}, "caps.email: expected a Cap, .*got 3"),
        ({"caps": {"email": [Cap(1, "1 day"), ["x"]]}}, "caps.email: expected a Cap, .*got a list"),
        ({"caps": {"email": {3: "7 days"}}}, "caps.email: expected a Cap, .*got 3"),
        ({"caps": {"": Cap(1, "1 day")}}, "ContactRules.caps channel: .* not blank"),
        ({"caps": {"call": Cap(1, "1 day")}}, "caps channel: .* goes by 'phone'"),
        ({"caps": {"Email": Cap(1, "1 day")}}, "caps channel: .*mean 'email'"),
        ({"caps": {None: Cap(1, "1 day")}}, "caps channel: expected text"),
        ({"caps": {"fax": (), "fax ": ()}}, "ContactRules.caps: .*channels that differ"),
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


@pytest.mark.parametrize(
    ("times", "per", "error", "words"),
    [
        (0, "7 days", InvalidValue, "Cap.times: expected a whole number of at least 1, got 0"),
        (-1, "7 days", InvalidValue, "Cap.times: .* of at least 1"),
        (1.0, "7 days", InvalidValue, "Cap.times: expected a whole number, got 1.0"),
        (True, "7 days", InvalidValue, "Cap.times: expected a whole number, got True"),
        ("3", "7 days", InvalidValue, "Cap.times: expected a whole number"),
        (None, "7 days", InvalidValue, "Cap.times: expected a whole number"),
        (2**64, "7 days", LimitExceeded, "Cap.times"),
        (3, "", InvalidValue, "Cap.per"),
        (3, "0 days", InvalidValue, "Cap.per: .* not empty"),
        (3, "a fortnight", InvalidValue, "Cap.per"),
        (3, 7, InvalidValue, "Cap.per: expected a span"),
        (3, None, InvalidValue, "Cap.per: expected a span"),
        (3, timedelta(0), InvalidValue, "Cap.per"),
        (3, timedelta(microseconds=1), InvalidValue, "Cap.per"),
        (3, "10000 years", LimitExceeded, "Cap.per"),
    ],
)
def test_bad_caps_are_refused_when_they_are_made(
    times: Any, per: Any, error: type[LeadflowError], words: str
) -> None:
    with pytest.raises(error, match=words):
        Cap(times, per)


@pytest.mark.parametrize(
    ("never", "channel"),
    [("Phone", "phone"), ("call", "phone"), ("ALL", None), ("WhatsApp", "WhatsApp")],
)
def test_a_channel_is_closed_for_good_however_it_is_written(
    never: str, channel: str | None
) -> None:
    lead = Lead("L-7", fields={"phone": "5"}, events=[Disposition("lost", NOON, never=[never])])
    assert may_contact(lead, channel, NOON).code == "never_contact"
    assert may_contact(lead, "chat", NOON).allowed is (never != "ALL")


def test_more_answers_than_are_remembered_are_right_too() -> None:
    rules = ContactRules(addresses={})
    lead = Lead("L-7", time_zone="Asia/Tokyo")
    hours = [NOON + timedelta(hours=number) for number in range(2_100)]
    allowed = [may_contact(lead, "phone", at, rules).allowed for at in hours]
    assert allowed == [8 <= (at.hour + 9) % 24 < 20 for at in hours]


# Laws

channels = st.sampled_from([*CHANNELS, "all", "fax"])
nevers = st.lists(st.sampled_from(["all", "phone", "email", "fax"]), max_size=2)
closings = st.builds(
    Disposition, st.just("lost"), instants(), never=nevers, contact_again=st.none() | dates()
)
mails = st.builds(Activity, st.just("email_sent"), instants())
limits = st.one_of(
    st.builds(Activity, st.sampled_from(["email_bounced", "email_unsubscribed"]), instants()),
    closings,
    mails,
    st.builds(Snoozed, dates(), instants(), reason=st.just("on holiday")),
    st.builds(
        FieldsSet,
        st.dictionaries(
            st.sampled_from(["phone", "email", "do_not_contact", "do_not_call"]),
            st.sampled_from([True, False, None, "", "1"]),
        ),
        instants(),
    ),
)
spans = st.sampled_from(["1 day", "36 hours", "1 month", "2 months 1 day", "1 year", "9999 years"])
caps = st.dictionaries(
    st.sampled_from(["all", "phone", "email"]),
    st.lists(st.builds(Cap, st.integers(1, 3), spans), max_size=2),
    max_size=2,
)
rules = st.builds(
    ContactRules,
    caps=caps,
    while_waiting=st.lists(st.sampled_from(["phone", "email"])),
    by_day=st.lists(st.sampled_from(["phone", "email"])),
    addresses=st.sampled_from([{}, {"phone": ["phone"], "email": ["e-mail", "email"]}]),
    awake=st.sampled_from([{"mon-sun": "08:00-20:00"}, {"mon-fri": "09:00-17:00"}]),
    time_zone=st.sampled_from([None, "Asia/Tokyo"]),
)


@st.composite
def limited(draw: st.DrawFn) -> Lead:
    """Leads with more of what the gate reads."""
    return draw(leads()).after(*draw(st.lists(limits, max_size=6)))


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
    for_good = {refusal for refusal in before.refusals if refusal.code != "waiting"}
    assert for_good <= set(after.refusals)


@given(limited(), channels, instants(), rules, mails)
def test_law_another_contact_never_turns_a_refusal_into_an_allowance(
    lead: Lead, channel: str | None, as_of: datetime, rules: ContactRules, mail: Activity
) -> None:
    before = may_contact(lead, channel, as_of, rules)
    after = may_contact(lead.after(mail), channel, as_of, rules)
    assert {refusal.code for refusal in before.refusals} <= {each.code for each in after.refusals}


@given(limited(), channels, instants(), rules, rules)
def test_law_stricter_rules_never_allow_more(
    lead: Lead, channel: str | None, as_of: datetime, lax: ContactRules, more: ContactRules
) -> None:
    both = {
        key: [*lax.caps.get(key, ()), *more.caps.get(key, ())] for key in (*lax.caps, *more.caps)
    }
    strict = attrs.evolve(
        lax,
        caps=both,
        while_waiting=[each for each in lax.while_waiting if each in more.while_waiting],
        by_day=[*lax.by_day, *more.by_day],
    )
    found = may_contact(lead, channel, as_of, strict)
    assert set(may_contact(lead, channel, as_of, lax).refusals) <= set(found.refusals)


@given(limited(), channels, instants(), rules, st.sampled_from(["waiting", "too_often"]))
def test_law_waiting_and_caps_hold_until_they_end_and_are_gone_then(
    lead: Lead, channel: str | None, as_of: datetime, rules: ContactRules, code: str
) -> None:
    past = lead.rewind(as_of)

    def ends(at: datetime) -> list[datetime | None]:
        answer = may_contact(past, channel, at, rules)
        return [refusal.until for refusal in answer.refusals if refusal.code == code]

    until = ends(as_of)
    last = max((end for end in until if end is not None), default=None)
    if last is not None and None not in until:
        assert last > as_of
        assert last in ends(last - (last - as_of) / 2)
        assert last in ends(last - TICK)
        assert ends(last) == []


@given(
    st.lists(instants(datetime(2026, 1, 27), datetime(2026, 3, 3)), max_size=12),
    instants(datetime(2026, 2, 1), datetime(2026, 4, 3)),
    st.integers(1, 3),
    spans,
)
def test_law_a_cap_counts_each_contact_until_its_span_has_passed(
    made: list[datetime], as_of: datetime, times: int, per: str
) -> None:
    lead = Lead("L", events=[Activity("call", at) for at in made])
    cap = Cap(times, per)
    answer = may_contact(lead, "phone", as_of, ContactRules(addresses={}, caps={"phone": cap}))
    past = [at.astimezone(UTC) for at in made if at <= as_of]
    is_endless = per == "9999 years"
    counting = sum(is_endless or cap.per.after(at) > as_of for at in past)
    assert answer.allowed == (counting < times)
    assert answer.allowed or answer.because.startswith(f"{counting} of at most {times} contact")


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
    if "never_contact" in answers:
        assert may_contact(merge(*strict), channel, as_of).code == "never_contact"


@pytest.mark.parametrize(
    ("kind", "channel"),
    [
        ("call", "phone"), ("Call", "phone"), ("phone call", "phone"), ("E-Mail", "email"),
        ("email_sent", "email"), ("chat_message", "chat"), ("WhatsApp", "whatsapp"),
        ("demo", None), ("Stay in touch", None),
    ],
)  # fmt: skip
def test_a_task_is_a_contact_however_its_kind_is_written(kind: str, channel: str | None) -> None:
    assert is_contact(kind)
    assert channel_of(kind) == channel


@pytest.mark.parametrize("kind", [None, "", "verify_contact", "task", "write the offer"])
def test_other_tasks_are_no_contacts(kind: str | None) -> None:
    assert not is_contact(kind)
    assert channel_of(kind) is None


@pytest.mark.parametrize(
    ("written", "meant"), [("e-mail", "email"), ("Mail", "email"), ("telephone", "phone")]
)
def test_another_word_for_a_channel_is_refused_with_the_one_to_use(
    written: str, meant: str
) -> None:
    with pytest.raises(InvalidValue, match=f"did you mean '{meant}'"):
        may_contact(Lead("L"), written, NOON)


def test_of_merged_leads_only_what_was_told_since_it_came_lifts_the_refusal_of_one() -> None:
    refuses = Lead("B", day(5), fields={"do_not_contact": True})
    for at, is_lifted in ((day(4), False), (day(5), True), (day(6), True)):
        other = Lead("A", day(1), events=[FieldsSet({"do_not_contact": False}, at)])
        assert may_contact(merge(refuses, other), None, NOON).allowed is is_lifted
    undated = merge(
        Lead("B", fields={"do_not_contact": True}),
        Lead("A", events=[FieldsSet({"do_not_contact": False}, day(4))]),
    )
    assert may_contact(undated, None, NOON).allowed

"""Form intake: forms, what their answers say, which lead they are about, and what is missing."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from leadflow import Lead, Money
from leadflow.automation.intake import Form, Intake, intake
from leadflow.conditions import LeadSchema
from leadflow.contact import may_contact
from leadflow.errors import InvalidDefinition, InvalidValue, LimitExceeded, NaiveDatetime
from leadflow.events import Activity, FieldsSet
from leadflow.lead import merge
from tests.strategies import NAT

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BEFORE, LATER = NOON - timedelta(days=30), NOON + timedelta(days=30)
SCHEMA = LeadSchema(
    {
        "name": "text",
        "email": "text",
        "phone": "text",
        "employees": "number",
        "trial": "boolean",
        "founded": "date",
        "call_me": "datetime",
    }
)
DEMO = Form(
    "demo",
    {
        "name": "name",
        "mail": "email",
        "tel": "phone",
        "staff": "employees",
        "trial": "trial",
        "founded": "founded",
        "call": "call_me",
        "budget": "deal_value",
        "by": "due",
        "zone": "time_zone",
        "from": "source",
    },
    required=["name", "mail"],
    consent="newsletter",
    types=SCHEMA,
)
FREE = Form("free", {"mail": "email", "tel": "phone", "x": "x", "from": "source"})
GOOD: dict[str, Any] = {"name": "Ada", "mail": "ada@example.org"}


def odd(value: Any) -> Any:
    """Hide from the type checker what it would refuse."""
    return value


def asked(
    form: Form = DEMO, known: Any = (), at: datetime = NOON, id: str = "F-1", **more: Any
) -> Intake:
    return intake(form, GOOD | more if form is DEMO else more, known, at, id=id)


def applied(found: Intake) -> Lead:
    assert found.lead is not None
    return found.lead.after(*found.events)


def read(form: Form = DEMO, **answers: Any) -> dict[str, Any]:
    """What a new lead's fields are, besides those of the good answers."""
    values = applied(asked(form, **answers)).values
    given = {"id", "created_at"} | ({"name", "email"} if form is DEMO else set())
    return {key: value for key, value in values.items() if key not in given}


def problems(form: Form = DEMO, **answers: Any) -> list[str]:
    found = intake(form, answers, (), NOON, id="F-1")
    assert (found.lead, found.events, found.is_new) == (None, (), False)
    return [str(problem) for problem in found.missing]


def complaint(form: Form = DEMO, **answers: Any) -> str:
    [problem] = problems(form, **(GOOD | answers if form is DEMO else answers))
    return problem


# --- a new lead ---


def test_a_good_form_makes_a_new_lead_and_its_events() -> None:
    found = asked(staff=" 20 ")
    assert (found.is_new, found.missing, found.because) == (True, (), "")
    assert found.lead == Lead("F-1", NOON)
    fields, form = found.events
    assert isinstance(fields, FieldsSet)
    assert fields.values == {"name": "Ada", "email": "ada@example.org", "employees": 20}
    assert isinstance(form, Activity)
    assert (form.kind, form.data, form.at) == ("form_submitted", {"form": "demo"}, NOON)
    assert applied(found).fields["employees"] == 20


def test_a_form_without_answers_still_was_submitted() -> None:
    found = asked(FREE)
    assert [type(event) for event in found.events] == [Activity]


def test_the_instant_is_kept_in_utc() -> None:
    found = asked(at=datetime(2026, 3, 1, 13, tzinfo=ZoneInfo("Europe/Warsaw")))
    assert applied(found).created_at == NOON
    assert {event.at for event in found.events} == {NOON}


# --- reading ---


@pytest.mark.parametrize(
    ("answer", "text", "value"),
    [
        ("staff", "20", 20),
        ("staff", "+20", 20),
        ("staff", "-3", -3),
        ("staff", "007", 7),
        ("staff", "12.50", Decimal("12.50")),
        ("trial", "yes", True),
        ("trial", "TRUE", True),
        ("trial", "on", True),
        ("trial", "1", True),
        ("trial", "No", False),
        ("trial", "false", False),
        ("trial", "off", False),
        ("trial", "0", False),
        ("founded", "2024-02-29", date(2024, 2, 29)),
        ("call", "2026-03-02T09:00Z", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("call", "2026-03-02 09:00:30.5+02:00", datetime(2026, 3, 2, 7, 0, 30, 500_000, UTC)),
        ("budget", "1250.50 EUR", Money("1250.50", "EUR")),
        ("by", "2026-05-01", date(2026, 5, 1)),
        ("zone", "Europe/Warsaw", "Europe/Warsaw"),
        ("from", " trade\tfair\r\nin May ", "trade\tfair\r\nin May"),
        ("tel", "Zoe\u0308 5", "Zoë 5"),
        ("tel", "e\u0301" * 501, "e\u0301" * 501),
    ],
)
def test_text_is_read_as_what_the_field_holds(answer: str, text: Any, value: Any) -> None:
    [found] = read(**{answer: text}).values()
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("staff", 20),
        ("staff", 0.5),
        ("staff", Decimal("0.5")),
        ("trial", False),
        ("founded", date(2024, 2, 29)),
        ("call", datetime(2026, 3, 2, 9, tzinfo=timezone(timedelta(hours=2)))),
        ("budget", Money(5, "EUR")),
        ("by", date(2026, 5, 1)),
    ],
)
def test_a_typed_value_is_taken_as_it_is(answer: str, value: Any) -> None:
    assert list(read(**{answer: value}).values()) == [value]


@pytest.mark.parametrize(
    ("answer", "value", "words"),
    [
        ("staff", "many", "expected a number with plain digits, such as 20 or 12.5, got 'many'"),
        ("staff", "1,000", "plain digits"),
        ("staff", "1 000", "plain digits"),
        ("staff", "1e5", "plain digits"),
        ("staff", "NaN", "plain digits"),
        ("staff", "inf", "plain digits"),
        ("staff", "0x10", "plain digits"),
        ("staff", "1_000", "plain digits"),
        ("staff", "\u0663", "plain digits"),
        ("staff", ".5", "plain digits"),
        ("staff", "9" * 101, "plain digits"),
        ("staff", "9" * 100, "a whole number may be at most"),
        ("staff", "0." + "1" * 90, "the digits of a number may be at most 38"),
        ("staff", 10**400, "a whole number may be at most"),
        ("staff", math.inf, "a finite number"),
        ("staff", True, "plain digits"),
        ("staff", date(2026, 3, 1), "plain digits"),
        ("trial", "maybe", "expected yes or no, got 'maybe'"),
        ("trial", 1, "yes or no"),
        ("founded", "29.02.2024", "a date such as 2026-03-31"),
        ("founded", "2023-02-29", "a date such as"),
        ("founded", "20240229", "a date such as"),
        ("founded", "2024-W09-4", "a date such as"),
        ("founded", "2024-02-29T00:00", "a date such as"),
        ("founded", NOON, "a date such as"),
        ("call", "2026-03-02T09:00", "with its offset from UTC"),
        ("call", "2026-03-02T25:00Z", "with its offset from UTC"),
        ("call", "2026-03-02", "with its offset from UTC"),
        ("call", "0001-01-01T00:00+02:00", "between the years 1 and 9999"),
        ("call", datetime(2026, 3, 2), "expected a datetime with a time zone"),
        ("call", date(2026, 3, 2), "with its offset from UTC"),
        ("budget", "1250", "an amount and a currency, such as 1250.50 EUR"),
        ("budget", "1250 eur", "an amount and a currency"),
        ("budget", "-5 EUR", "an amount of zero or more"),
        ("budget", 5, "Money"),
        ("by", "soon", "a date such as"),
        ("by", NOON, "a date"),
        ("zone", "Warsaw", "a time zone such as 'Europe/Warsaw'"),
        ("zone", "../../etc/passwd", "a time zone such as"),
        ("from", 5, "expected text"),
        ("name", 5, "expected text, got 5"),
        ("name", ["Ada"], "got a list of 1"),
        ("name", {"a": 1}, "got a dict of 1"),
        ("name", b"Ada", "text, a number"),
        ("name", object(), "text, a number"),
        ("name", "Ada\x00", "text without control characters"),
        ("name", "Ada\x1b[31m", "text without control characters"),
        ("name", "\ud800", "without lone surrogates"),
        ("name", "x" * 65_537, "the bytes of a text may be at most 65,536"),
        ("mail", "ada", "an e-mail address such as ada@example.org, got 'ada'"),
        ("mail", "@example.org", "an e-mail address"),
        ("mail", "ada@", "an e-mail address"),
        ("mail", "ada@b@c", "an e-mail address"),
        ("mail", "Ada <ada@example.org>", "an e-mail address"),
        ("mail", "ada@example.org, bo@example.org", "an e-mail address"),
        ("mail", "ada@example.org\nBcc: bo@example.org", "an e-mail address"),
        ("mail", "a@" + "b" * 253, "an e-mail address"),
        ("mail", 5, "expected text, got 5"),
        ("newsletter", "agreed", "expected yes or no"),
    ],
)  # fmt: skip
def test_an_answer_that_cannot_be_read_is_told(answer: str, value: Any, words: str) -> None:
    found = complaint(**{answer: value})
    assert found.startswith(f"answers.{answer}: ")
    assert words in found
    assert len(found) < 300


def test_the_longest_address_is_taken() -> None:
    assert applied(asked(mail="a@" + "b" * 252)).fields["email"] == "a@" + "b" * 252


def test_without_types_text_stays_text_and_values_their_kind() -> None:
    assert read(FREE, x="20") == {"x": "20"}
    assert read(FREE, x=20) == {"x": 20}


def test_without_types_an_address_is_an_address_all_the_same() -> None:
    assert "an e-mail address" in complaint(FREE, mail="ada")
    assert "expected text, got 5" in complaint(FREE, mail=5)


# --- what is missing ---


@pytest.mark.parametrize(
    "blank", ["", " ", "\u00a0\t", "\u200b", "\ufeff", None, math.nan, Decimal("NaN"), NAT]
)
def test_a_blank_answer_was_not_given(blank: object) -> None:
    assert complaint(name=blank) == "answers.name: an answer is required"
    assert read(staff=blank) == {}


def test_all_problems_come_at_once_in_the_order_of_the_form() -> None:
    found = problems(staff="many", mail="ada", emploees="5", newsletter="?")
    assert found == [
        "answers.name: an answer is required",
        "answers.mail: expected an e-mail address such as ada@example.org, got 'ada'",
        "answers.staff: expected a number with plain digits, such as 20 or 12.5, got 'many'",
        "answers.newsletter: expected yes or no, got '?'",
        "answers.emploees: no such answer: known: budget, by, call, founded, from, mail, name, newsletter, staff, tel, trial, zone",
    ]  # fmt: skip


def test_an_unknown_answer_gets_a_hint() -> None:
    assert complaint(stuff="5") == "answers.stuff: no such answer: did you mean 'staff'?"


def test_a_hostile_name_is_shown_bounded_and_escaped() -> None:
    [found] = problems(FREE, **{"\x1b[31m" * 1_000_000: 5})
    assert "\x1b" not in found
    assert len(found) < 300


def test_a_name_that_is_no_text_is_told() -> None:
    answers: Any = GOOD | {odd(5): "x"}
    [problem] = intake(DEMO, answers, (), NOON, id="F-1").missing
    assert str(problem) == "answers: expected names that are text, got 5"


def test_a_million_unknown_answers_are_not_all_told() -> None:
    assert len(problems(FREE, **{f"{n}": "x" for n in range(1_000_000)})) == 100
    assert len(problems(FREE, mail="ada", **{f"{n}": "x" for n in range(100)})) == 100


# --- opting in ---


def test_opting_in_is_recorded_with_its_time_and_source() -> None:
    found = asked(newsletter="on")
    assert [type(event).__name__ for event in found.events] == ["FieldsSet", "Activity", "Activity"]
    subscribed = found.events[1]
    assert isinstance(subscribed, Activity)
    assert subscribed.kind == "newsletter_subscribed"
    assert subscribed.data == {"form": "demo", "consent": "newsletter"}
    fields = applied(found).fields
    assert (fields["consent_at"], fields["consent_source"]) == (NOON, "demo")


@pytest.mark.parametrize("answer", ["off", "no", False, "", None])
def test_without_a_yes_nobody_opts_in(answer: object) -> None:
    found = asked(newsletter=answer)
    assert "newsletter_subscribed" not in applied(found).activities_by_kind
    assert "consent_at" not in applied(found).fields


def test_a_form_without_consent_opts_nobody_in() -> None:
    assert problems(FREE, newsletter="on") != []
    assert "consent_at" not in applied(asked(FREE, mail="ada@example.org")).fields


def test_whoever_opts_in_again_may_be_written_to() -> None:
    gone = Lead(
        "L-7",
        fields={"email": "ada@example.org"},
        events=[Activity("email_unsubscribed", BEFORE)],
    )
    assert not may_contact(gone, "email", NOON)
    assert may_contact(applied(asked(known=[gone], newsletter="on")), "email", LATER)


@pytest.mark.parametrize("answer", ["no", False])
def test_required_consent_must_be_given(answer: object) -> None:
    form = Form("f", {"mail": "email"}, required=["terms"], consent="terms")
    assert problems(form, terms=answer) == ["answers.terms: consent is required"]
    assert problems(form) == ["answers.terms: consent is required"]
    assert asked(form, terms="yes").is_new


# --- a known lead ---


ADA = Lead(
    "L-7",
    BEFORE,
    source="fair",
    fields={"email": "Ada@Example.org", "employees": 20, "trial": True},
)


def test_the_lead_of_that_address_is_the_one() -> None:
    found = asked(known=[Lead("L-1"), ADA], mail="ada@example.ORG")
    assert (found.lead, found.is_new) == (ADA, False)
    assert found.because == "e-mail ada@example.org"


def test_the_lead_of_that_number_is_the_one() -> None:
    known = Lead("L-8", fields={"mobile": 221234567})
    found = asked(known=[known], tel="(22) 123 45 67")
    assert (found.lead, found.because) == (known, "phone 221234567")


def test_an_address_comes_before_a_number() -> None:
    older = Lead("L-1", BEFORE - timedelta(days=9), fields={"phone": "221234567"})
    assert asked(known=[older, ADA], tel="221234567").lead == ADA


def test_of_several_the_one_that_came_in_first_is_meant() -> None:
    email = {"email": "ada@example.org"}
    leads = [Lead("L-0", fields=email), Lead("L-2", BEFORE, fields=email), ADA]
    for known in (leads, leads[::-1], iter(leads)):
        found = asked(known=known)
        assert found.lead is not None
        assert (found.lead.id, found.because) == (
            "L-2",
            "e-mail ada@example.org; so has L-7, and 1 more",
        )
    assert asked(known=leads[1:]).because == "e-mail ada@example.org; so has L-7"


def test_nobody_is_known_by_a_blank_address_or_a_short_number() -> None:
    known = Lead("L-8", fields={"email": "n/a", "phone": "n/a"})
    assert asked(known=[known], tel="n/a").is_new


def test_only_what_is_new_or_differs_is_set() -> None:
    found = asked(known=[ADA], staff="50", trial="yes", **odd({"from": "fair"}))
    assert isinstance(found.events[0], FieldsSet)
    assert found.events[0].values == {"name": "Ada", "employees": 50}
    assert applied(found).fields["email"] == "Ada@Example.org"


def test_another_address_of_the_same_number_is_set() -> None:
    known = Lead("L-8", fields={"email": "bo@example.org", "phone": "221234567"})
    assert applied(asked(known=[known], tel="221234567")).fields["email"] == "ada@example.org"


def test_an_address_that_is_no_text_is_set_anew() -> None:
    known = Lead("L-8", fields={"email": 5, "phone": "221234567"})
    assert applied(asked(known=[known], tel="221234567")).fields["email"] == "ada@example.org"


@pytest.mark.parametrize(("old", "new"), [(1, True), (True, 1), (0, False), ("20", 20), (20, "20")])
def test_a_value_of_another_kind_differs(old: Any, new: Any) -> None:
    known = Lead("L-8", fields={"email": "ada@example.org", "x": old})
    found = applied(asked(FREE, [known], mail="ada@example.org", x=new)).fields["x"]
    assert (type(found), found) == (type(new), new)


def test_what_differs_is_asked_of_the_lead_as_it_was() -> None:
    later = ADA.after(FieldsSet({"employees": 50}, LATER))
    found = asked(known=[later], staff="50")
    assert isinstance(found.events[0], FieldsSet)
    assert found.events[0].values == {"name": "Ada", "employees": 50}
    assert applied(found).fields["employees"] == 50


def test_what_is_not_answered_stays_known() -> None:
    assert applied(asked(known=[ADA], staff=" ", trial=None)).values.items() >= ADA.values.items()


def test_a_known_lead_without_news_still_submitted_the_form() -> None:
    found = asked(known=[ADA.after(FieldsSet({"name": "Ada"}, BEFORE))])
    assert [event.kind for event in found.events if isinstance(event, Activity)] == [
        "form_submitted"
    ]
    assert len(found.events) == 1


# --- twice is once ---


def test_a_form_submitted_twice_changes_nothing() -> None:
    first = asked(newsletter="on")
    lead = applied(first)
    assert lead.after(*first.events) == lead
    again = asked(known=[lead], newsletter="on", at=LATER)
    assert (again.lead, again.events, again.is_new) == (lead, (), False)
    assert again.because == "taken in before"


def test_a_form_that_came_before_is_known_even_under_another_address() -> None:
    lead = applied(asked(newsletter="on")).after(FieldsSet({"email": "new@example.org"}, LATER))
    other = Lead("L-1", BEFORE, fields={"email": "ada@example.org"})
    assert asked(known=[other, lead], newsletter="on").lead == lead
    assert asked(known=[other, lead], newsletter="on").events == ()
    united = merge(lead, other)
    assert asked(known=[united], newsletter="on").events == ()


@pytest.mark.parametrize("kept", [0, 1, 2, 3])
def test_after_a_crash_what_is_missing_of_the_events_comes_again(kept: int) -> None:
    first = asked(newsletter="on", staff="20")
    assert first.lead is not None
    half = first.lead.after(*first.events[:kept])
    again = asked(newsletter="on", staff="20", known=[half])
    assert again.because == ("taken in before" if kept else "id F-1")
    assert applied(again) == applied(first)
    assert again.events == first.events[kept:]


@pytest.mark.parametrize("kept", [1, 2])
def test_after_a_crash_a_later_try_does_not_contradict_the_log(kept: int) -> None:
    first = asked(newsletter="on", staff="20")
    assert first.lead is not None
    half = first.lead.after(*first.events[:kept], FieldsSet({"employees": 30}, LATER))
    again = applied(asked(newsletter="on", staff="20", known=[half], at=LATER))
    assert (again.fields["consent_at"], again.fields["employees"]) == (NOON, 30)
    assert len(again.events) == 4


def test_a_lead_that_was_merged_under_the_id_is_the_one() -> None:
    united = merge(Lead("L-1", BEFORE), Lead("F-1", NOON))
    found = asked(known=[united])
    assert (found.lead, found.because) == (united, "id F-1")


def test_two_forms_under_one_id_are_two() -> None:
    lead = applied(asked())
    other = intake(FREE, {"mail": "ada@example.org", "x": "1"}, [lead], NOON, id="F-1")
    assert applied(other).fields["x"] == "1"
    assert len(applied(other).activities) == 2


def test_two_submissions_of_a_form_are_two() -> None:
    lead = applied(asked())
    assert len(applied(asked(known=[lead], id="F-2", at=LATER)).activities) == 2


def test_a_long_id_leaves_room_for_the_ids_of_events() -> None:
    found = asked(id="x" * 200)
    assert len({event.id for event in found.events}) == len(found.events)


# --- what is refused ---


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"form": "demo"}, "form: expected a Form"),
        ({"answers": [("name", "Ada")]}, "answers: expected a mapping of names to answers"),
        ({"answers": "name=Ada"}, "answers: expected a mapping"),
        ({"answers": None}, "answers: expected a mapping"),
        ({"known_leads": ADA}, "leads: expected an iterable of Lead"),
        ({"known_leads": ["L-7"]}, "leads.0.: expected a Lead"),
        ({"at": "now"}, "at: expected a datetime"),
        ({"id": " "}, "id: expected a name that is not blank"),
        ({"id": 7}, "id: expected text"),
    ],
)  # fmt: skip
def test_what_the_host_gets_wrong_is_an_error(given: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        intake(
            **{"form": DEMO, "answers": GOOD, "known_leads": [], "at": NOON, "id": "F-1", **given}
        )


def test_an_instant_has_a_zone() -> None:
    with pytest.raises(NaiveDatetime):
        asked(at=datetime(2026, 3, 1))


# --- the form ---


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": ""}, "Form.name"),
        ({"fields": ["email"]}, "Form.fields: expected a mapping of answers"),
        ({"fields": {"": "email"}}, "Form.fields name: expected a name"),
        ({"fields": {"mail": ""}}, "Form.fields.mail: expected a name"),
        ({"fields": {"mail": None}}, "Form.fields.mail: expected text"),
        ({"fields": {"mail": "email", " mail": "phone"}}, "answers that differ"),
        ({"fields": {str(n): f"f{n}" for n in range(1_001)}}, "the answers of a form may be at most 1,000"),
        ({"required": "mail"}, "Form.required: expected a list of names"),
        ({"required": [5]}, "Form.required: expected text"),
        ({"consent": ""}, "consent: expected a name"),
        ({"types": {"email": "text"}}, "types: expected a LeadSchema"),
    ],
)  # fmt: skip
def test_what_is_no_form_is_refused_when_built(given: dict[str, Any], words: str) -> None:
    with pytest.raises((InvalidValue, LimitExceeded), match=words):
        Form(**{"name": "f", "fields": {"mail": "email"}, **given})


def test_all_that_does_not_fit_together_is_told_at_once() -> None:
    with pytest.raises(InvalidDefinition) as refused:
        Form(
            "f",
            {
                "mail": "email",
                "mail2": "email",
                "stage": "stage",
                "lead": "id",
                "when": "consent_at",
                "staff": "employes",
                "news": "name",
                "by": "due",
            },
            required=["mail", "stuff", "news"],
            consent="news",
            types=SCHEMA,
        )
    assert [str(problem) for problem in refused.value.problems] == [
        "fields.mail2: 'email' is filled by 'mail' already",
        "fields.stage: expected a field, or one of source, deal_value, due, time_zone, got 'stage' (stage is set by events of its own)",
        "fields.stage: unknown field 'stage': known: call_me, email, employees, founded, name, phone, trial",
        "fields.lead: expected a field, or one of source, deal_value, due, time_zone, got 'id' (it never changes)",
        "fields.lead: unknown field 'id': known: call_me, email, employees, founded, name, phone, trial",
        "fields.when: 'consent_at' is set by consent alone",
        "fields.when: unknown field 'consent_at': known: call_me, email, employees, founded, name, phone, trial",
        "fields.staff: unknown field 'employes': did you mean 'employees'?",
        "required[1]: no answer 'stuff': did you mean 'staff'?",
        "consent: 'news' fills a field; consent is an answer alone",
    ]  # fmt: skip


def test_a_form_asks_something() -> None:
    with pytest.raises(InvalidDefinition, match="fields: expected one answer or more"):
        Form("f", {}, consent="news")


def test_no_more_problems_than_enough_are_told() -> None:
    with pytest.raises(InvalidDefinition) as refused:
        Form("f", {"mail": "email"}, required=[f"r{n}" for n in range(1_000)])
    assert len(refused.value.problems) == 100


def test_the_most_fields_are_taken() -> None:
    assert len(Form("f", {f"a{n}": f"f{n}" for n in range(1_000)}).answers) == 1_000


def test_required_answers_may_be_given_in_any_iterable() -> None:
    assert Form("f", {"a": "x", "b": "y"}, required=(c for c in "ba")).required == ("b", "a")

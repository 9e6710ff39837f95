"""Laws of form intake: twice is once, nothing known is lost, and no answer breaks it."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from leadflow import Lead, Money
from leadflow.automation.intake import Form, intake
from leadflow.conditions import LeadSchema
from leadflow.errors import LeadflowError, printable
from leadflow.events import Activity, FieldsSet
from tests.strategies import NAT, field_values, instants, leads, texts, unknown_values

SCHEMA = LeadSchema(
    {
        "email": "text",
        "phone": "text",
        "country": "text",
        "employees": "number",
        "budget": "boolean",
        "segment": "date",
        "größe": "datetime",
    }
)
FIELDS = {
    "mail": "email",
    "tel": "phone",
    "land": "country",
    "staff": "employees",
    "money": "budget",
    "day": "segment",
    "when": "größe",
    "deal": "deal_value",
    "by": "due",
    "zone": "time_zone",
    "from": "source",
}
FORM = Form("demo", FIELDS, ["mail"], "news", SCHEMA)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FORMS = st.sampled_from([FORM, Form("demo", FIELDS, (), "news"), Form("plain", FIELDS)])
ADDRESSES = st.sampled_from(["ada@example.org", "ADA@example.org", "bo@example.org"])
NUMBERS = st.sampled_from(["221234567", "(22) 123 45 67", "600 700 800"])
GOOD = st.fixed_dictionaries(
    {"mail": ADDRESSES},
    optional={
        "tel": NUMBERS,
        "land": st.sampled_from(["PL", "Žofie", " "]),
        "staff": st.sampled_from(["", "20", " 12.5 ", 20, Decimal(20)]),
        "money": st.sampled_from(["yes", "off", True, None]),
        "day": st.sampled_from(["2026-03-31", "", None]),
        "when": st.sampled_from(["2026-03-31T09:00+02:00", None]),
        "deal": st.sampled_from(["1250.50 EUR", Money(5, "USD"), " "]),
        "by": st.sampled_from(["2026-05-01", None]),
        "zone": st.sampled_from(["Europe/Warsaw", ""]),
        "from": st.sampled_from(["web", " "]),
        "news": st.sampled_from(["on", "no", "", True]),
    },
)


class Odd(str):
    """A text that misbehaves where it is asked to show itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        raise RuntimeError

    def strip(self, *_: Any) -> str:
        raise RuntimeError


class Sly(Decimal):
    """A number of another class."""


HOSTILE: st.SearchStrategy[Any] = st.one_of(
    field_values(),
    unknown_values(),
    st.text(max_size=30),
    st.binary(max_size=5),
    st.sampled_from(
        [
            10**5_000, float("inf"), Decimal("sNaN"), Decimal("1e999999"), Sly(5), Odd("x"), object(),
            1j, "9" * 5_000, "-0", "1e400", "\ud800", "\x00", "\u202e", "0000-00-00", "9999-12-31",
            "2026-02-29", "0001-01-01T00:00+23:59", "9999-12-31T23:59-23:59", "1 EUR EUR", "1 XXX",
            "a@" + "b" * 300, "@" * 500, "\u0301" * 20_000, "/etc/passwd", "Europe", NAT,
        ]
    ),
    st.lists(st.none(), max_size=2),
    st.dictionaries(st.text(max_size=2), st.none(), max_size=2),
)  # fmt: skip


@st.composite
def crowds(draw: st.DrawFn) -> list[Lead]:
    """Leads of different ids, some of whom have an address or a number that a form may have."""
    found = []
    for place in range(draw(st.integers(0, 3))):
        lead = draw(leads(id=f"L-{place}", prefix=f"lead{place}-"))
        told = draw(st.fixed_dictionaries({}, optional={"email": ADDRESSES, "phone": NUMBERS}))
        found.append(lead.after(FieldsSet(told, draw(instants()))) if told else lead)
    return found


@given(
    FORMS,
    st.dictionaries(st.sampled_from([*FIELDS, "news"]) | texts(), HOSTILE),
    crowds(),
    instants(),
)
def test_law_hostile_answers_are_told_and_never_raised(
    form: Form, answers: dict[str, Any], known: list[Lead], at: Any
) -> None:
    found = intake(form, answers, known, at, id="F-1")
    assert (found.lead is None) == bool(found.missing)
    if found.lead is None:
        assert (found.events, found.is_new, found.because) == ((), False, "")
        assert all(len(str(problem)) < 1_000 for problem in found.missing)
        assert all(str(problem) == printable(str(problem)) for problem in found.missing)
    else:
        found.lead.after(*found.events)


@given(FORMS, HOSTILE, HOSTILE, HOSTILE, HOSTILE)
def test_law_hostile_arguments_raise_nothing_but_our_errors(
    form: Form, answers: Any, known: Any, at: Any, id: Any
) -> None:
    said = ""
    try:
        intake(form, answers, known, at, id=id)
    except LeadflowError as error:
        said = str(error)
    assert len(said) <= 2_000


def without_consent(form: Form, answers: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answers.items() if key in form.answers}


@given(FORMS, GOOD, crowds(), instants(), instants(), st.integers(0, 3))
def test_law_twice_is_once_even_after_a_crash_on_the_way(
    form: Form, given_: dict[str, Any], known: list[Lead], at: Any, later: Any, kept: int
) -> None:
    answers = without_consent(form, given_)
    first = intake(form, answers, known, at, id="F-1")
    assert first == intake(form, answers, known, at, id="F-1")
    assert first.lead is not None
    others = [lead for lead in known if lead.id != first.lead.id]
    whole = first.lead.after(*first.events)
    half = first.lead.after(*first.events[:kept])
    again = intake(form, answers, [*others, half], at, id="F-1")
    assert again.lead == half
    assert half.after(*again.events) == whole
    assert intake(form, answers, [*others, whole], later, id="F-1").events == ()


@given(FORMS, GOOD, crowds(), instants())
def test_law_no_known_value_becomes_unknown(
    form: Form, answers: dict[str, Any], known: list[Lead], at: Any
) -> None:
    found = intake(form, without_consent(form, answers), known, at, id="F-1")
    assert found.lead is not None
    after = found.lead.after(*found.events)
    assert found.lead.values.keys() <= after.values.keys()
    assert found.lead.tags == after.tags
    assert found.is_new == (found.lead.id not in {lead.id for lead in known})


@given(FORMS, GOOD, crowds(), instants(), st.data())
def test_law_the_order_of_the_known_leads_does_not_matter(
    form: Form, given_: dict[str, Any], known: list[Lead], at: Any, data: st.DataObject
) -> None:
    answers = without_consent(form, given_)
    found = intake(form, answers, known, at, id="F-1")
    other = data.draw(st.permutations(known))
    assert intake(form, dict(reversed(answers.items())), other, at, id="F-1") == found


@given(GOOD, instants())
def test_law_what_is_known_after_a_form_is_what_was_answered(
    answers: dict[str, Any], at: Any
) -> None:
    found = intake(FORM, answers, (), at, id="F-1")
    assert found.lead is not None
    lead = found.lead.after(*found.events)
    for answer, field in FIELDS.items():
        said = answers.get(answer)
        is_blank = said is None or (isinstance(said, str) and not said.strip())
        assert (field in lead.values) != is_blank
    opted_in = answers.get("news") in ("on", True)
    assert ("consent_at" in lead.values) == opted_in
    kinds = [event.kind for event in lead.events if isinstance(event, Activity)]
    assert ("newsletter_subscribed" in kinds) == opted_in
    assert lead.values["email"] == answers["mail"]


@given(texts())
def test_law_text_is_stripped_composed_and_otherwise_kept(said: str) -> None:
    found = intake(Form("f", {"x": "x"}), {"x": said}, (), NOON, id="F")
    if found.lead is None:
        assert any(unicodedata.category(character) == "Cc" for character in said)
    else:
        kept = found.lead.after(*found.events).fields.get("x")
        assert kept in (None, unicodedata.normalize("NFC", said.strip()))

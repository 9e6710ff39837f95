"""Form intake: the answers of a web form become a new lead, or news about one that is known.

Answers are untrusted: each is read strictly, as what its field holds, and all that is missing or
wrong comes back at once.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from itertools import islice
from typing import Any

import attrs

from leadflow.automation.planned import key_of
from leadflow.conditions import Kind, LeadSchema
from leadflow.conditions.constant import KINDS
from leadflow.disposition import Match, by_email, by_phone
from leadflow.errors import (
    MOST_PROBLEMS,
    InvalidDefinition,
    InvalidValue,
    LeadflowError,
    LimitExceeded,
    Problem,
    did_you_mean,
    printable,
    shown,
)
from leadflow.events import Activity, Event, FieldsSet
from leadflow.events.facts import SETTABLE, fact_names, is_unknown
from leadflow.lead import Lead, Value, leads_of, seen
from leadflow.money import Money
from leadflow.values import NAME, Frozen, checks, field_value, instance, instant, name, names, text

CONSENT = ("consent_at", "consent_source")
"""The fields that tell when a lead opted in, and by which form."""
_MOST_FIELDS = 1_000
"""Answers of one form."""
_NAME_LENGTH = 80
_NUMBER_LENGTH = 100
_EMAIL_LENGTH = 254
_NORMALISED_LENGTH = 1_000
"""Characters up to which a text is brought to NFC; of hostile texts that takes quadratic time."""
_BY_EMAIL, _BY_PHONE = by_email(), by_phone()
_KINDS: Mapping[str, Kind] = {
    "source": "text", "time_zone": "text", "due": "date", "deal_value": "money", "email": "text",
}  # fmt: skip
_BOOLEANS = {
    **dict.fromkeys(("yes", "true", "on", "1"), True),
    **dict.fromkeys(("no", "false", "off", "0"), False),
}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_EMAIL = re.compile(r"[^\s<>()\[\],;:\"@]+@[^\s<>()\[\],;:\"@]+")
_EXPECTED: Mapping[Kind, str] = {
    "text": "text",
    "number": "a number with plain digits, such as 20 or 12.5",
    "boolean": "yes or no",
    "date": "a date such as 2026-03-31",
    "datetime": "a datetime with its offset from UTC, such as 2026-03-31T09:00+02:00",
    "money": "an amount and a currency, such as 1250.50 EUR",
}


# --- the form ---


def _fields(values: Mapping[str, str]) -> Frozen[str]:
    where = "Form.fields"
    if not isinstance(values, Mapping):
        raise InvalidValue(where, shown(values), "a mapping of answers to fields of the lead")
    if len(values) > _MOST_FIELDS:
        raise LimitExceeded(where, "the answers of a form", _MOST_FIELDS, f"{len(values):,}")
    found: dict[str, str] = {}
    for given, field in values.items():
        answer = name(f"{where} name", given)
        if answer in found:
            raise InvalidValue(where, shown(given), "answers that differ", "NFC and stripped")
        found[answer] = name(f"{where}.{answer}", field)
    return Frozen(found)


def _required(values: Iterable[str]) -> tuple[str, ...]:
    return names("Form.required", values)


@attrs.frozen(field_transformer=checks)
class Form:
    """A form: which answer fills which field of the lead, and which ones must be there.

    `fields` names, for each answer, a field of the lead, or its source, deal value, due date or time
    zone. `required` are the answers that must be given. `consent` is the answer by which the lead
    opts in to be written to, such as that of a box to tick: yes, true, on or 1; if it is among the
    required ones, nothing else will do. `types` tells the kinds of the lead's fields. Without it,
    text stays text: an amount of money, a date, a time zone and an e-mail address alone are read as
    what they are.

    Raises `InvalidValue` or `LimitExceeded`, naming the place, and `InvalidDefinition` with all that
    does not fit together: a required answer that is not there, two answers for one field, a field
    that only events of its own set, or that the schema does not know.

    >>> form = Form(
    ...     "demo",
    ...     {"name": "name", "mail": "email", "staff": "employees"},
    ...     required=["name", "mail"],
    ...     consent="newsletter",
    ...     types=LeadSchema({"name": "text", "email": "text", "employees": "number"}),
    ... )
    >>> form.answers
    ('name', 'mail', 'staff', 'newsletter')
    """

    name: str = attrs.field(metadata=NAME)
    fields: Mapping[str, str] = attrs.field(converter=_fields)
    required: tuple[str, ...] = attrs.field(default=(), converter=_required)
    consent: str | None = attrs.field(default=None, metadata=NAME)
    types: LeadSchema | None = attrs.field(default=None, metadata=instance(LeadSchema))

    def __attrs_post_init__(self) -> None:
        found = tuple(islice(self._problems(), MOST_PROBLEMS))
        if found:
            raise InvalidDefinition(f"form {self.name!r}", found)

    @property
    def answers(self) -> tuple[str, ...]:
        """The answers that the form may have."""
        own = () if self.consent is None else (self.consent,)
        return (*self.fields, *own)

    def _problems(self) -> Iterator[Problem]:
        if not self.fields:
            yield Problem("fields", "expected one answer or more, got none")
        first: dict[str, str] = {}
        for answer, field in self.fields.items():
            before = first.setdefault(field, answer)
            for because in self._unfit(field, None if before == answer else before):
                yield Problem(f"fields.{answer}", because)
        known = self.answers
        for place, answer in enumerate(self.required):
            if answer not in known:
                because = f"no answer {answer!r}: {did_you_mean(answer, known)}"
                yield Problem(f"required[{place}]", because)
        if self.consent in self.fields:
            yield Problem("consent", f"{self.consent!r} fills a field; consent is an answer alone")

    def _unfit(self, field: str, before: str | None) -> Iterator[str]:
        if before is not None:
            yield f"{field!r} is filled by {before!r} already"
        if field in CONSENT:
            yield f"{field!r} is set by consent alone"
        try:
            fact_names("fields", [field])
        except InvalidValue as error:
            yield f"expected {error.expected}, got {error.found} ({error.hint})"
        if self.types is not None and field not in {*self.types.fields, *SETTABLE}:
            yield f"unknown field {field!r}: {did_you_mean(field, self.types.fields)}"

    def kind(self, field: str) -> Kind | None:
        """Tell what a field holds; None where nothing says it.

        >>> form.kind("employees"), form.kind("due"), form.kind("country")
        ('number', 'date', None)
        """
        told = {} if self.types is None else self.types.fields
        return _KINDS.get(field) or told.get(field)


# --- what becomes of the answers ---


@attrs.frozen
class Intake:
    """What became of a form: the lead it is about and the events that are to join its log.

    `lead` is as it was before, a bare one if `is_new`: ``lead.after(*events)`` knows the answers.
    `because` says by what a known lead was found. Where `missing` says what is missing or wrong,
    each with a path such as ``answers.email``, there is no lead, and there are no events.
    """

    lead: Lead | None
    events: tuple[Event, ...]
    is_new: bool
    missing: tuple[Problem, ...] = ()
    because: str = ""


def intake(
    form: Form,
    answers: Mapping[str, object],
    known_leads: Iterable[Lead],
    at: datetime,
    *,
    id: str,
) -> Intake:
    r"""Take in the answers of a form at an instant: untrusted text, or typed values.

    Text is stripped and read as what the field holds: plain digits, ISO dates, datetimes with their
    offset, yes or no, true or false, on or off, 1 or 0, and an amount with its currency. An answer
    of None, NaN or nothing but space was not given, and makes no known value unknown. Problems are
    required answers that were not given, answers that the form does not have, and what cannot be
    read; also an e-mail address that is none, and text with control characters.

    The form is about the lead of that e-mail address (`leadflow.disposition.by_email`), else of that
    phone number (`by_phone`); of several, about the one that came in first. Else it makes a new lead,
    with the id and the instant. The events: a `FieldsSet` of what is new or differs, an activity
    ``form_submitted``, and if the lead opts in, ``newsletter_subscribed`` and the fields
    ``consent_at`` and ``consent_source``.

    `id` stands for this submission: the ids of the events are made of it, and a form that a known
    lead's log holds already has no events. Raises `InvalidValue` for what is no form, mapping, lead
    or id, and `NaiveDatetime`.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> answers = {"name": "Ada", "mail": "ada@example.org", "staff": "20", "newsletter": "on"}
    >>> found = intake(form, answers, [], noon, id="F-1")
    >>> found.is_new, found.lead.after(*found.events).fields["employees"]
    (True, 20)
    >>> print(
    ...     *intake(form, {"mail": "ada", "staff": "many"}, [], noon, id="F-2").missing,
    ...     sep="\n",
    ... )
    answers.name: an answer is required
    answers.mail: expected an e-mail address such as ada@example.org, got 'ada'
    answers.staff: expected a number with plain digits, such as 20 or 12.5, got 'many'
    """
    instance(Form)["check"]("form", form)
    moment, key = instant("at", at), name("id", id)
    read = _Read.of(form, answers)
    if read.problems:
        return Intake(None, (), is_new=False, missing=read.problems)
    submission = _Submission(form, key, moment, read.values, read.opts_in)
    return submission.about(tuple(leads_of(known_leads)))


@attrs.frozen
class _Submission:
    """A form that was filled in well."""

    form: Form
    id: str
    at: datetime
    values: Mapping[str, Value]
    opts_in: bool

    def about(self, known: tuple[Lead, ...]) -> Intake:
        """Find the lead, and what is news about it."""
        found = self._holder(known) or self._namesake(known)
        if found is None:
            new = Lead(self.id, self.at)
            return Intake(new, tuple(self._events(new)), is_new=True)
        lead, because = found
        return Intake(lead, tuple(self._events(lead)), is_new=False, because=because)

    @cached_property
    def _keys(self) -> Mapping[str, str]:
        """The ids of the events; at one instant a log puts the form last."""
        parts = ("fields", "consent", "form")
        return {part: f"{part}-{key_of('intake', self.form.name, self.id, part)}" for part in parts}

    def _holder(self, known: tuple[Lead, ...]) -> tuple[Lead, str] | None:
        """Find the lead whose log holds the submission, or that was made of it."""
        keys = frozenset(self._keys.values())
        for lead in known:
            if not keys.isdisjoint(event.id for event in lead.events):
                return lead, "taken in before"
        for lead in known:
            if self.id == lead.id or self.id in lead.merged_ids:
                return lead, f"id {self.id}"
        return None

    def _namesake(self, known: tuple[Lead, ...]) -> tuple[Lead, str] | None:
        asking = Lead(self.id).after(FieldsSet(self.values, self.at))
        for key in (_BY_EMAIL, _BY_PHONE):
            texts = set(key.of(asking))
            fits = [lead for lead in known if not texts.isdisjoint(key.of(lead))] if texts else []
            if fits:
                first, *others = sorted(fits, key=lambda lead: lead.starts[0].place)
                match = Match(key.name, min(texts.intersection(key.of(first))))
                also = f"; so has {others[0].id}" if others else ""
                more = f", and {len(others) - 1:,} more" if len(others) > 1 else ""
                return first, f"{match}{also}{more}"
        return None

    def _events(self, lead: Lead) -> Iterator[Event]:
        """Go through the events that the log does not hold; the form comes last, so it ends them."""
        had = {event.id for event in lead.events}
        if self._keys["form"] in had:
            return
        past, _ = seen(lead, self.at)
        now: dict[str, Any] = {**self.values, **self._consent}
        news = {key: value for key, value in now.items() if not _is_same(key, past, value)}
        if news and self._keys["fields"] not in had:
            yield FieldsSet(news, self.at, id=self._keys["fields"])
        form = {"form": self.form.name}
        if self.opts_in and self._keys["consent"] not in had:
            data, id = {**form, "consent": self.form.consent}, self._keys["consent"]
            yield Activity("newsletter_subscribed", self.at, data=data, id=id)
        yield Activity("form_submitted", self.at, data=form, id=self._keys["form"])

    @property
    def _consent(self) -> Mapping[str, Value]:
        return {CONSENT[0]: self.at, CONSENT[1]: self.form.name} if self.opts_in else {}


def _is_same(field: str, lead: Lead, new: Value) -> bool:
    """Tell whether a value is no news: an e-mail address that is only written differently is none."""
    if field == "email":
        given = Lead("given", fields={"email": str(new)})
        return list(_BY_EMAIL.of(lead)) == list(_BY_EMAIL.of(given))
    return Frozen({field: lead.values.get(field)}) == Frozen({field: new})


# --- reading the answers ---


@attrs.frozen
class _Read:
    """What the answers say, by the field that each fills."""

    values: Mapping[str, Value]
    opts_in: bool
    problems: tuple[Problem, ...]

    @classmethod
    def of(cls, form: Form, answers: object) -> _Read:
        if not isinstance(answers, Mapping):
            raise InvalidValue("answers", shown(answers), "a mapping of names to answers")
        found: dict[str, Value | None] = {}
        problems: list[Problem] = []
        for answer in form.answers:
            path, field = f"answers.{answer}", form.fields.get(answer)
            kind = "boolean" if field is None else form.kind(field)
            try:
                found[answer] = _value(path, field, kind, answers.get(answer))
            except LeadflowError as error:
                problems.append(Problem(path, error.message().removeprefix(f"{path}: ")))
                continue
            if answer in form.required and (found[answer] is None or _is_no(form, answer, found)):
                what = "consent" if answer == form.consent else "an answer"
                problems.append(Problem(path, f"{what} is required"))
        problems += islice(_unknown(form, answers), MOST_PROBLEMS)
        values = {form.fields[a]: v for a, v in found.items() if a in form.fields and v is not None}
        opts_in = found.get(form.consent or "") is True
        return cls(values, opts_in, tuple(problems[:MOST_PROBLEMS]))


def _is_no(form: Form, answer: str, found: Mapping[str, Value | None]) -> bool:
    return answer == form.consent and found[answer] is False


def _unknown(form: Form, answers: Mapping[Any, object]) -> Iterator[Problem]:
    known = set(form.answers)
    for given in answers:
        if not isinstance(given, str):
            yield Problem("answers", f"expected names that are text, got {shown(given)}")
        elif given not in known:
            cut = printable(given, _NAME_LENGTH)
            yield Problem(f"answers.{cut}", f"no such answer: {did_you_mean(cut, known)}")


def _value(where: str, field: str | None, kind: Kind | None, answer: object) -> Value | None:
    """Read an answer as what its field holds; None for one that was not given."""
    if isinstance(answer, str):
        said = _said(where, answer)
        if not any(character.isprintable() and not character.isspace() for character in said):
            return None
        answer = said if kind is None else _READERS[kind](said)
        if answer is None:
            raise InvalidValue(where, shown(said), _EXPECTED[kind])  # type: ignore[index]  # it was read
    elif is_unknown(answer):
        return None
    found: Any = SETTABLE.get(field or "", field_value)(where, answer)
    if kind is not None and KINDS.get(type(found)) != kind:
        raise InvalidValue(where, shown(answer), _EXPECTED[kind])
    if field == "email" and not _is_address(str(found)):
        raise InvalidValue(where, shown(found), "an e-mail address such as ada@example.org")
    return found  # type: ignore[no-any-return]  # a check has taken it


def _said(where: str, answer: str) -> str:
    said = text(where, answer).strip()
    if _CONTROL.search(said):
        raise InvalidValue(where, shown(said), "text without control characters")
    return unicodedata.normalize("NFC", said) if len(said) <= _NORMALISED_LENGTH else said


def _is_address(said: str) -> bool:
    return len(said) <= _EMAIL_LENGTH and _EMAIL.fullmatch(said) is not None


def _number(said: str) -> int | Decimal | None:
    match = _NUMBER.fullmatch(said) if len(said) <= _NUMBER_LENGTH else None
    if match is None:
        return None
    return Decimal(said) if match[1] else int(said)


def _date(said: str) -> date | None:
    try:
        return date.fromisoformat(said) if _DATE.fullmatch(said) else None
    except ValueError:
        return None


def _datetime(said: str) -> datetime | None:
    try:
        return datetime.fromisoformat(said) if _DATETIME.fullmatch(said) else None
    except ValueError:
        return None


def _money(said: str) -> Money | None:
    try:
        return Money.parse(said)
    except LeadflowError:
        return None


_READERS: Mapping[Kind, Callable[[str], Value | None]] = {
    "text": lambda said: said,
    "number": _number,
    "boolean": lambda said: _BOOLEANS.get(said.casefold()),
    "date": _date,
    "datetime": _datetime,
    "money": _money,
}

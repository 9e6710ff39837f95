"""The brief: everything that is known of a lead, on one record."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from typing import Any

import attrs

from leadflow.contact import DEFAULT_RULES, ContactRules, Permission, may_contact
from leadflow.errors import InvalidValue, shown
from leadflow.handover import sections
from leadflow.handover.document import SHOWN, Document
from leadflow.handover.material import Material
from leadflow.lead import Lead, seen
from leadflow.markup import one_line
from leadflow.pipeline import NextAction, Pipeline, Standing, next_action, standing
from leadflow.pipeline.day import Pipelines, pipelines_of
from leadflow.pipeline.follow_up import when
from leadflow.scoring import Score
from leadflow.values import listed, names

_CONTACT_FIELDS = ("name", "company", "job_title", "email", "phone", "mobile", "linkedin")
_SEGMENT_FIELDS = ("segment", "segments")


@attrs.frozen(repr=False)
class Brief:
    """Everything that is known of a lead at an instant, for the rep who takes it over.

    `lead` is the lead as it was at `as_of`; `standing` is None in none of the pipelines given.
    `call` says whether the lead may be called now, `time_zone` is that of the lead. `materials` are
    those that fit. `str` gives the brief as text, `html` as a fragment of HTML, `data` as plain data.
    """

    lead: Lead
    as_of: datetime
    score: Score | None
    standing: Standing | None
    action: NextAction
    call: Permission
    time_zone: str | None
    materials: tuple[Material, ...]
    segment_fields: tuple[str, ...]
    contact_fields: tuple[str, ...]

    @cached_property
    def _document(self) -> Document:
        lead, action = self.lead, self.action
        told = frozenset(self.contact_fields + self.segment_fields)
        title = f"Brief of {one_line(lead.id)} as of {when(self.as_of)}"
        parts = (
            sections.who(lead),
            sections.contact(lead, self.contact_fields),
            sections.calling(self.as_of, self.time_zone, self.call),
            sections.stands(lead, self.standing, action),
            sections.moves(self.standing),
            sections.deal(lead, action),
            *sections.score(lead, self.score),
            *sections.assignment(lead),
            sections.tasks(action),
            sections.notes(lead),
            sections.materials(self.materials),
            sections.attempts(action),
            *sections.activity(lead),
            sections.segments(lead, self.segment_fields),
            sections.fields(lead, told),
            sections.timeline(lead),
        )
        return Document(title, {"lead": lead.id, "as_of": self.as_of}, parts)

    def text(self, most: int = SHOWN) -> str:
        """Write the brief as plain text, with at most so many rows of each section.

        What is beyond is counted. Raises `InvalidValue` for a `most` below 1.
        """
        return self._document.text(most)

    def html(self, most: int = SHOWN) -> str:
        """Write the brief as a fragment of HTML with the content of `text`; everything is escaped."""
        return self._document.html(most)

    def data(self, most: int | None = None) -> dict[str, Any]:
        """Return the brief as plain data that JSON can hold: all of it, unless `most` is given.

        Every section is there, and every value that a text would leave out or cut. An amount is
        ``{"amount": "12.50", "currency": "EUR"}``, a Decimal is text, a date or an instant ISO 8601;
        None is not known. Text is as it was entered: escape it where it is shown. With `most`,
        ``left_out`` counts what is beyond so many rows of a section.
        """
        return self._document.data(most)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"Brief({shown(self.lead.id)}, {when(self.as_of)})"

    def _repr_html_(self) -> str:
        return self.html()


def brief(
    lead: Lead,
    score: Score | None = None,
    *,
    as_of: datetime,
    materials: Iterable[Material] = (),
    pipelines: Pipelines = None,
    segment_fields: Iterable[str] = _SEGMENT_FIELDS,
    contact_fields: Iterable[str] = _CONTACT_FIELDS,
    rules: ContactRules = DEFAULT_RULES,
) -> Brief:
    """Put everything that is known of a lead at an instant on one record.

    `score` says why the lead is worth the work; without it, the latest `Scored` of the log is told,
    which has no reasons. Of `materials` those are picked whose condition the lead meets. `pipelines`
    tell the stage, its age, its probability, the next action and the moves. `segment_fields` and
    `contact_fields` name the fields that hold the segments and the contact data; the addresses of
    `rules` are contact data too, and all fields of other names follow as they are. `rules` say
    whether the lead may be called now. Amounts stay in their own currency.

    Events after `as_of` have not happened. Raises `NaiveDatetime`, and `InvalidValue` for a score of
    another lead or of a later instant and for what is no lead, score, material, pipeline or rules.

    >>> from datetime import UTC
    >>> from leadflow.events import Note
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> ada = Lead("L-7", source="trade fair", owner="ann", time_zone="Asia/Tokyo")
    >>> ada = ada.after(Note("Needs single sign-on by June", noon, need="must-have"))
    >>> print(brief(ada, as_of=noon))
    Brief of L-7 as of 2026-03-02 12:00 UTC
    =======================================
    <BLANKLINE>
    Who
      id: L-7
      source: trade fair
      owner: ann
    <BLANKLINE>
    ...
    Notes (1)
      2026-03-02 12:00 UTC  Needs single sign-on by June  (need must-have)
    ...
    """
    past, moment = seen(lead, as_of)
    _check_score(score, past, moment)
    known = pipelines_of(pipelines)
    call = may_contact(past, "phone", moment, rules)
    here = _standing(past, moment, known, rules)
    addresses = (key for keys in rules.addresses.values() for key in keys)
    return Brief(
        past,
        moment,
        score,
        here,
        next_action(past, moment, known, rules=rules) if here is None else here.action,
        call,
        past.time_zone or rules.time_zone,
        _picked(materials, past, moment),
        names("segment_fields", segment_fields),
        names("contact_fields", [*names("contact_fields", contact_fields), *addresses]),
    )


def _check_score(score: object, lead: Lead, moment: datetime) -> None:
    if score is None:
        return
    if not isinstance(score, Score):
        hint = "model.score(lead, as_of=...) makes one"
        raise InvalidValue("score", shown(score), "a Score, or None", hint)
    if score.lead != lead.id and score.lead not in lead.merged_ids:
        raise InvalidValue("score", f"one of lead {shown(score.lead)}", f"one of {lead.id!r}")
    if score.as_of > moment:
        expected = f"one of {when(moment)} or earlier, the as_of of the brief"
        raise InvalidValue("score", f"one of {when(score.as_of)}", expected)


def _standing(
    lead: Lead, moment: datetime, pipelines: tuple[Pipeline, ...], rules: ContactRules
) -> Standing | None:
    """Tell where the lead stands in the first pipeline that has its stage."""
    for pipeline in pipelines:
        if pipeline.stage_of(lead) is not None:
            return standing(lead, pipeline, as_of=moment, rules=rules)
    return None


def _picked(materials: Iterable[Material], lead: Lead, moment: datetime) -> tuple[Material, ...]:
    found = listed("materials", materials)
    for place, material in enumerate(found):
        if not isinstance(material, Material):
            raise InvalidValue(f"materials[{place}]", shown(material), "Material")
    return tuple(each for each in found if each.when.matches(lead, as_of=moment))

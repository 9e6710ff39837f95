"""What leads said about their problem, in their own words: searched, and counted by topic."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal, TypeAlias

import attrs

from leadflow.errors import printable
from leadflow.events import Note
from leadflow.lead import Lead, leads_of
from leadflow.markup import counted, one_line, table
from leadflow.values import flag, instant, name, text, word

Need: TypeAlias = Literal["must-have", "nice-to-have"]
_NEEDS: tuple[Need, ...] = ("must-have", "nice-to-have")
_SHOWN = 100
_HEADER = ("lead", "on", "said", "topic", "need", "source")


@attrs.frozen(repr=False)
class Quote:
    """What a lead said: the lead's id, and the note with its words, topic, need and source."""

    lead: str
    note: Note

    def __str__(self) -> str:
        note = self.note
        about = ", ".join(filter(None, (note.topic, note.need, note.source)))
        end = f" ({about})" if about else ""
        return printable(f"{self.lead}, {note.at.date()}: “{one_line(note.text)}”{end}")

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return table(f"lead {self.lead}", _HEADER, [self._cells()])

    def _cells(self) -> tuple[object, ...]:
        note = self.note
        about = (note.topic or "", note.need or "", note.source or "")
        return (self.lead, note.at.date(), one_line(note.text, 500), *about)


@attrs.frozen(repr=False)
class Topic:
    """How many leads named a topic, and what they said, the newest first.

    `leads` counts each lead once, and so do `must_have` and `nice_to_have`; a lead that said it as
    both counts in both, one that did not say its need in neither.
    """

    topic: str
    leads: int
    must_have: int
    nice_to_have: int
    quotes: tuple[Quote, ...]

    def __str__(self) -> str:
        needs = f"{self.must_have:,} must-have, {self.nice_to_have:,} nice-to-have"
        return printable(f"{self.topic}: {counted(self.leads, 'lead')}, {needs}")

    __repr__ = __str__

    def _repr_html_(self) -> str:
        said = len(self.quotes)
        more = f"; the newest {_SHOWN} of {said:,} quotes" if said > _SHOWN else ""
        rows = [quote._cells() for quote in self.quotes[:_SHOWN]]  # noqa: SLF001 (of this module)
        return table(f"{self}{more}", _HEADER, rows)


def quotes(
    leads: Iterable[Lead],
    *,
    topic: str | None = None,
    need: Need | None = None,
    source: str | None = None,
    containing: str | None = None,
    everything: bool = False,
    as_of: datetime | None = None,
) -> tuple[Quote, ...]:
    """Find what leads said about their problem, the newest first, of one instant by lead id.

    A quote is a note that has a topic or a need; with `everything`, any note. All that is asked for
    has to hold: `topic`, `need` and `source` are exactly those of the note, and `containing` stands
    anywhere in its text, in upper or lower case. Notes after `as_of`, if given, have not happened.

    For a segment of who said it, use the condition ``activity("note", topic="security")``.

    Raises `InvalidValue` for what are no leads, for a blank topic or source and for another need;
    `NaiveDatetime`.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> said = Note("We need SSO", noon, topic="security", need="must-have", source="call")
    >>> leads = [Lead("L-7", events=[said, Note("left a message", noon)]), Lead("L-8")]
    >>> print(*quotes(leads, containing="sso"))
    L-7, 2026-03-01: “We need SSO” (security, must-have, call)
    """
    about = None if topic is None else name("topic", topic)
    level = None if need is None else word("need", need, _NEEDS)
    whence = None if source is None else name("source", source)
    part = None if containing is None else _folded(text("containing", containing))
    is_any = flag("everything", everything)
    return tuple(
        quote
        for quote in _newest_first(leads, as_of)
        if (is_any or quote.note.topic is not None or quote.note.need is not None)
        and about in (None, quote.note.topic)
        and level in (None, quote.note.need)
        and whence in (None, quote.note.source)
        and (part is None or part in _folded(quote.note.text))
    )


def topics(leads: Iterable[Lead], *, as_of: datetime | None = None) -> tuple[Topic, ...]:
    """Count the leads that named each topic, and by need; what most leads named comes first.

    Ties go by topic. Notes without a topic are left out, and those after `as_of`, if given. Raises
    `InvalidValue` for what are no leads, and `NaiveDatetime`.

    >>> print(*topics(leads))
    security: 1 lead, 1 must-have, 0 nice-to-have
    """
    found: defaultdict[str, list[Quote]] = defaultdict(list)
    for quote in _newest_first(leads, as_of):
        if quote.note.topic is not None:
            found[quote.note.topic].append(quote)
    counts = [_topic(topic, tuple(said)) for topic, said in found.items()]
    return tuple(sorted(counts, key=lambda each: (-each.leads, each.topic)))


def _topic(topic: str, said: tuple[Quote, ...]) -> Topic:
    must, nice = (len({each.lead for each in said if each.note.need == need}) for need in _NEEDS)
    return Topic(topic, len({each.lead for each in said}), must, nice, said)


def _newest_first(leads: Iterable[Lead], as_of: datetime | None) -> list[Quote]:
    moment = None if as_of is None else instant("as_of", as_of)
    by_id = sorted(_notes(leads, moment), key=lambda quote: quote.lead)
    return sorted(by_id, key=lambda quote: quote.note.at, reverse=True)


def _notes(leads: Iterable[Lead], as_of: datetime | None) -> Iterator[Quote]:
    for lead in leads_of(leads):
        for event in lead.events:
            if isinstance(event, Note) and (as_of is None or event.at <= as_of):
                yield Quote(lead.id, event)


def _folded(words: str) -> str:
    """Write a text so that it compares without regard to case, width and ligatures."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", words).casefold())

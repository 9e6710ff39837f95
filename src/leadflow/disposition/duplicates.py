"""Duplicates: leads that share an e-mail address, a phone number, a name and company, or an old id."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from itertools import chain
from typing import TypeAlias

import attrs

from leadflow.errors import InvalidValue, shown
from leadflow.lead import Lead, leads_of, merge
from leadflow.markup import counted, one_line, table
from leadflow.values import LABEL, checks, listed, names

Texts: TypeAlias = Callable[[Lead], Iterable[str]]
"""Reads from a lead the normalised texts that stand for it."""
_LONGEST = 500
"""Characters of a text that may be an address, a number or a name; what is longer is none."""
_FEWEST_DIGITS, _MOST_DIGITS = 7, 15
_WITH_CODE = 11
"""Digits from which on a number that begins with the country code has it already."""
_NAMES = (("name",), ("first_name", "last_name"))
_SHOWN = 100
_MERGED = "merged id"
_LAST = datetime.max.replace(tzinfo=UTC)


def _callable(where: str, value: object) -> object:
    if not callable(value):
        raise InvalidValue(where, shown(value), "a function of a lead")
    return value


@attrs.frozen(field_transformer=checks)
class MatchKey:
    """What two leads have in common if they are one: a name in words, and how to read it.

    `of` returns the texts that stand for a lead, normalised, so that equal texts mean the same: a
    list or another iterable. None of them, or only blank ones, and the lead matches no other by this
    key. Raises `InvalidValue` for a blank name and for what cannot be called.

    >>> vat = MatchKey("VAT number", lambda lead: [str(lead.fields.get("vat", "")).upper()])
    >>> leads = [Lead("L-7", fields={"vat": "PL123"}), Lead("L-8", fields={"vat": "pl123"})]
    >>> print(find_duplicates(leads, keys=[vat]))
    2 leads: 1 pair in 1 group
      L-8 may be L-7: VAT number PL123
    """

    name: str = attrs.field(metadata=LABEL)
    of: Texts = attrs.field(metadata={"check": _callable})


@attrs.frozen
class Match:
    """What two leads share: the name of the key, and the normalised text.

    >>> print(Match("e-mail", "ada@example.org"))
    e-mail ada@example.org
    """

    key: str
    text: str

    def __str__(self) -> str:
        return f"{one_line(self.key)} {one_line(self.text, 80)}"


@attrs.frozen
class Duplicate:
    """Two leads that may be one, by their ids: the first is the one that came in first.

    `because` holds one `Match` of each key by which the pair was found; of several texts of one key
    it is the first in the alphabet.
    """

    first: str
    second: str
    because: tuple[Match, ...]

    def __str__(self) -> str:
        return one_line(f"{self.second} may be {self.first}: {self._reasons()}", 1_000)

    def _reasons(self) -> str:
        return "; ".join(map(str, self.because))


@attrs.frozen(repr=False)
class Duplicates:
    """The pairs that were found, and the groups that they connect; its length is that of `pairs`.

    All are in the order in which the leads came in: by the date they were created, unknown dates
    last, then by id. So nothing depends on the order in which they were given.
    """

    leads: tuple[Lead, ...]
    """All leads that were looked at."""
    pairs: tuple[Duplicate, ...]
    groups: tuple[tuple[str, ...], ...]
    """The ids of leads that are connected by pairs, also over others; the first is the survivor."""

    def __len__(self) -> int:
        return len(self.pairs)

    def __iter__(self) -> Iterator[Duplicate]:
        return iter(self.pairs)

    def merged(self, newest: Iterable[str] = ()) -> tuple[Lead, ...]:
        """Return all leads, those of each group united by `leadflow.lead.merge`.

        A united lead stands where the first of its group stood. A key that reads one field at a time
        finds no more duplicates among them. One that reads several together may: a name of one lead
        and the company of another can turn out to be a third; so look again until none are found.

        Raises what `merge` does: `InvalidValue` for a stage or a pipeline in `newest`, and
        `ConflictingEvents` for logs that disagree on the id of an event.

        >>> found = find_duplicates([Lead("L-7", fields={"vat": "PL1"}), Lead("L-8")], keys=[vat])
        >>> [lead.id for lead in found.merged()]
        ['L-7', 'L-8']
        """
        wanted = merge(Lead("any"), newest=newest).newest  # checked, even where nothing is merged
        others = {lead.id: lead for lead in self.leads}
        for group in self.groups:
            united = merge(*(others.pop(id) for id in group), newest=wanted)
            others[group[0]] = united
        return tuple(others[lead.id] for lead in self.leads if lead.id in others)

    def _head(self) -> str:
        pairs, groups = counted(len(self.pairs), "pair"), counted(len(self.groups), "group")
        more = f", the first {_SHOWN} pairs" if len(self.pairs) > _SHOWN else ""
        return f"{counted(len(self.leads), 'lead')}: {pairs} in {groups}{more}"

    def __str__(self) -> str:
        return "\n".join((self._head(), *(f"  {pair}" for pair in self.pairs[:_SHOWN])))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = [
            (pair.second, pair.first, pair._reasons())  # noqa: SLF001 (of this module)
            for pair in self.pairs[:_SHOWN]
        ]
        return table(self._head(), ["lead", "may be", "because"], rows)


# --- the ready keys ---


def by_email(*fields: str) -> MatchKey:
    """Match leads by the e-mail addresses in some fields, "email" unless told otherwise.

    Upper and lower case are one, and so are the Unicode forms of a letter (NFKC). ``mailto:``, a
    name before the address and several addresses in one field are understood; what has no ``@``
    between two parts is no address. Raises `InvalidValue` for a blank field name.

    >>> key = by_email("email", "work_email")
    >>> key.of(Lead("L-7", fields={"email": "Ada <Ada@Example.org>"}))
    ['ada@example.org']
    """
    return MatchKey("e-mail", partial(_addresses, names("by_email", fields or ("email",))))


def by_phone(*fields: str, country_code: str | None = None) -> MatchKey:
    """Match leads by the phone numbers in some fields, "phone" and "mobile" unless told otherwise.

    One lead's phone may be another's mobile. A number is its digits: without ``+`` or ``00``, and
    without an extension. With a `country_code`, that of the leads' numbers that are written without
    one, "48 22 123 45 67", "022 123 45 67" and "+48 (0)22 123 45 67" are one number: a number of 11
    digits or more that begins with the code has it already. Without a `country_code`, a number with
    a code and one without never match.

    Fewer than 7 digits, more than 15, and one digit over and over are no number. A whole number is
    read by its digits. Raises `InvalidValue` for a blank field name, and for a code that is not one
    to three digits.

    >>> key = by_phone("phone", country_code="48")
    >>> key.of(Lead("L-7", fields={"phone": "(022) 123 45 67 ext. 12"}))
    ['48221234567']
    """
    code = "" if country_code is None else _country_code(country_code)
    return MatchKey(
        "phone", partial(_numbers, names("by_phone", fields or ("phone", "mobile")), code)
    )


def by_name_and_company(
    name: str | Iterable[str] | None = None, company: str = "company"
) -> MatchKey:
    """Match leads by a person's name and the company, where both are known.

    The name is read from the field `name`, or from several that together make it; unless told, from
    "name", and from "first_name" with "last_name". All of them must be known. Case, accents,
    punctuation and the order of the words of a name are one, and so are companies with and without
    their legal form at the end, such as Ltd, GmbH or sp. z o.o. Raises `InvalidValue` for a blank
    field name.

    >>> key = by_name_and_company()
    >>> key.of(Lead("L-7", fields={"name": "Łoś, Žofie", "company": "Écu & Co. Sp. z o.o."}))
    ['los zofie, ecu']
    """
    if name is None:
        ways: tuple[tuple[str, ...], ...] = _NAMES
    else:
        ways = (names("by_name_and_company name", [name] if isinstance(name, str) else name),)
    if not all(ways):
        raise InvalidValue("by_name_and_company name", shown(name), "at least one field")
    [at] = names("by_name_and_company company", [company])
    return MatchKey("name and company", partial(_people, ways, at))


def _written(lead: Lead, field: str) -> str:
    """Read a text, or a whole number by its digits; blank for anything else."""
    value = lead.values.get(field)
    if isinstance(value, str):
        return value if len(value) <= _LONGEST else ""
    if value is None or isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return ""
    return str(int(value)) if value == int(value) else ""


_BETWEEN_ADDRESSES = re.compile(r'[\s<>()\[\],;:"?&]+')


def _addresses(fields: Iterable[str], lead: Lead) -> list[str]:
    found = []
    for field in fields:
        text = _written(lead, field)
        if "@" not in text and text.isascii():
            continue
        for part in _BETWEEN_ADDRESSES.split(_folded(text)):
            address = part.strip("'.")
            local, at, domain = address.partition("@")
            if local and domain and at not in domain:
                found.append(address)
    return found


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


_EXTENSION = re.compile(r"(?<![a-z])(?:ext(?:n|ension)?|x|wew|#)[\s.:=]*\d{1,6}\s*$", re.IGNORECASE)
_INTERNATIONAL = re.compile(r"[^\d+]*(?:\+|00)")
_NO_DIGITS = re.compile(r"\D+")


def _country_code(value: object) -> str:
    text = value.strip().removeprefix("+") if isinstance(value, str) else ""
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and text[0] != "0"):  # noqa: PLR2004 (E.164)
        raise InvalidValue(
            "by_phone country_code", shown(value), "one to three digits", "such as '48'"
        )
    return text


def _numbers(fields: Iterable[str], code: str, lead: Lead) -> list[str]:
    texts = (_written(lead, field) for field in fields)
    return [number for text in texts if text and (number := _number(text, code))]


def _number(written: str, code: str) -> str:
    text = _EXTENSION.sub("", written if written.isascii() else _in_ascii_digits(written))
    is_international = _INTERNATIONAL.match(text) is not None
    if is_international:
        text = text.replace("(0)", "")
    digits = _NO_DIGITS.sub("", text)
    if is_international:
        digits = digits.lstrip("0")
    if not _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS:
        return ""
    if digits.startswith(code) and (is_international or len(digits) >= _WITH_CODE):
        digits = digits[len(code) :]
    elif is_international:
        code = ""
    own = digits.lstrip("0") if code else digits
    return code + own if len(set(own)) > 1 else ""


def _in_ascii_digits(text: str) -> str:
    known = unicodedata.normalize("NFKC", text)
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in known)


_TOGETHER = str.maketrans("", "", ".'’")
_STROKES = str.maketrans("łøđħŧ\u0131", "lodhti") | {ord("æ"): "ae", ord("œ"): "oe", ord("þ"): "th"}
"""Letters that no decomposition takes apart."""
_ACCENTS = re.compile("[\u0300-\u036f]")
_ASCII_WORD = re.compile("[a-z0-9]+")
_LEGAL_FORMS = re.compile(
    r"(?: (?:inc|incorporated|corp|corporation|co|company|ltd|limited|llc|llp|lp|plc|pty|pte|pvt"
    r"|gmbh|mbh|ag|kg|kgaa|ohg|ug|se|eg|e ?k|sp ?z ?o ?o|sp ?j|sp ?k|s ?k ?a|s ?r ?o|a ?s|k ?s"
    r"|s ?a|sas|s ?a ?s ?u|s ?a ?r ?l|eurl|s ?p ?a|s ?r ?l|s ?l|s ?l ?u|lda|ltda|b ?v|n ?v|oy|oyj"
    r"|ab|asa|aps|kft|zrt|nyrt|d ?o ?o|ood|eood))+$"
)
"""At the end of a company's name, where dots are gone; what remains is never nothing."""


def _people(ways: Sequence[Sequence[str]], company: str, lead: Lead) -> list[str]:
    works_at = _words(_written(lead, company))
    if not works_at:
        return []
    at = _LEGAL_FORMS.sub("", " ".join(works_at))
    found = []
    for fields in ways:
        parts = [_words(_written(lead, field)) for field in fields]
        if all(parts):
            found.append(f"{' '.join(sorted(chain.from_iterable(parts)))}, {at}")
    return found


def _words(text: str) -> list[str]:
    if text.isascii():
        return _ASCII_WORD.findall(text.lower().translate(_TOGETHER))
    folded = unicodedata.normalize("NFKD", text).casefold()
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", folded)).translate(_STROKES)
    return "".join(c if _is_spelled(c) else " " for c in plain.translate(_TOGETHER)).split()


def _is_spelled(character: str) -> bool:
    """Tell letters and digits, and the marks without which some scripts are not read."""
    return character.isalnum() or unicodedata.category(character).startswith("M")


DEFAULT_KEYS = (by_email(), by_phone(), by_name_and_company())
"""What leads are matched by unless told otherwise."""


# --- finding ---


def find_duplicates(leads: Iterable[Lead], keys: Iterable[MatchKey] = DEFAULT_KEYS) -> Duplicates:
    """Find the leads that share what a key reads from them, and say what it is.

    Of leads with the same text, each is paired with the one of them that came in first; so the work
    grows with the number of leads, however many share a text. A pair found by several keys is one
    pair with several reasons. A lead whose old id, from a merge, is the id or an old id of another
    one is a duplicate of it, by "merged id", whatever the keys.

    To share is no proof: one switchboard connects a whole company, and "n/a" is a name to a key unless
    it was read as unknown. Look at the pairs before you merge, or merge by the keys you trust. Looked
    at is what is known of the leads as they are; to ask about an earlier instant, rewind them.

    Raises `InvalidValue` for what is no lead, for an id given twice, for keys of one name, and for
    texts of a key that are none. What a function of a `MatchKey` raises comes out as it is.

    >>> leads = [
    ...     Lead("L-7", fields={"email": "ada@example.org", "phone": "22 123 45 67"}),
    ...     Lead("L-8", fields={"email": "Ada@Example.org"}),
    ...     Lead("L-9", fields={"mobile": 221234567}),
    ... ]
    >>> found = find_duplicates(leads)
    >>> print(found)
    3 leads: 2 pairs in 1 group
      L-8 may be L-7: e-mail ada@example.org
      L-9 may be L-7: phone 221234567
    >>> [lead.id for lead in found.merged()], found.groups
    (['L-7'], (('L-7', 'L-8', 'L-9'),))
    """
    given = tuple(sorted(_once_each(leads), key=_came_in))
    reasons = _reasons(given, tuple(_keys(keys)))
    ids = [lead.id for lead in given]
    pairs = tuple(
        Duplicate(ids[first], ids[second], tuple(Match(*each) for each in texts.items()))
        for (first, second), texts in sorted(reasons.items())
    )
    groups = tuple(tuple(ids[place] for place in group) for group in _connected(reasons))
    return Duplicates(given, pairs, groups)


def _once_each(leads: Iterable[Lead]) -> Iterator[Lead]:
    places: dict[str, int] = {}
    for place, lead in enumerate(leads_of(leads)):
        earlier = places.setdefault(lead.id, place)
        if earlier != place:
            hint = f"leads[{earlier}] has the same; merge the two, or leave one out"
            raise InvalidValue(f"leads[{place}].id", shown(lead.id), "ids that differ", hint)
        yield lead


def _came_in(lead: Lead) -> tuple[bool, datetime, str]:
    created = lead.created_at
    return (created is None, created or _LAST, lead.id)


def _keys(keys: Iterable[MatchKey]) -> Iterator[MatchKey]:
    yield _BY_OLD_ID
    known = {_MERGED}
    for place, key in enumerate(listed("keys", keys)):
        if not isinstance(key, MatchKey):
            raise InvalidValue(f"keys[{place}]", shown(key), "a MatchKey, such as by_email()")
        if key.name in known:
            hint = "one key can read several fields, as by_email('email', 'work_email') does"
            raise InvalidValue(f"keys[{place}].name", shown(key.name), "names that differ", hint)
        known.add(key.name)
        yield key


def _reasons(
    leads: Sequence[Lead], keys: Iterable[MatchKey]
) -> Mapping[tuple[int, int], dict[str, str]]:
    """Pair each lead with the first one of the same text; return the text of each key."""
    found: defaultdict[tuple[int, int], dict[str, str]] = defaultdict(dict)
    for key in keys:
        firsts: dict[str, int] = {}
        for place, lead in enumerate(leads):
            for text in _texts(key, lead):
                first = firsts.setdefault(text, place)
                if first != place:
                    texts = found[first, place]
                    texts[key.name] = min(text, texts.get(key.name, text))
    return found


def _texts(key: MatchKey, lead: Lead) -> Iterator[str]:
    found = key.of(lead)
    if type(found) is not list and (isinstance(found, str) or not isinstance(found, Iterable)):
        raise InvalidValue(_place(key, lead), shown(found), "an iterable of texts, such as a list")
    for text in found:
        if not isinstance(text, str):
            raise InvalidValue(
                _place(key, lead), shown(text), "a text", "leave out what is unknown"
            )
        if text and not text.isspace():
            yield text


def _place(key: MatchKey, lead: Lead) -> str:
    return f"key {key.name!r} of lead {lead.id}"


def _ids(lead: Lead) -> Iterable[str]:
    return [start.id for start in lead.starts]


_BY_OLD_ID = MatchKey(_MERGED, _ids)


def _connected(pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Collect what pairs connect, each group and all groups in order."""
    roots: dict[int, int] = {}
    for first, other in pairs:
        roots[_root(roots, other)] = _root(roots, first)
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for place in sorted(roots):
        groups[_root(roots, place)].append(place)
    return list(groups.values())


def _root(roots: dict[int, int], place: int) -> int:
    """Follow a place to the one that stands for its group, shortening the way for the next time."""
    above = roots.setdefault(place, place)
    while above != place:
        roots[place] = place = roots[above]
        above = roots[place]
    return place

"""Patterns in the free text of a reason: phrases that could be a field or a reason of their own."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import TypeAlias

import attrs

from leadflow.errors import InvalidValue, printable, shown
from leadflow.events import Disposition
from leadflow.markup import counted, one_line
from leadflow.values import listed, name, names, whole

_Phrase: TypeAlias = tuple[str, ...]
_Found: TypeAlias = Mapping[_Phrase, Sequence[int]]
"""Phrases, each with the places of the notes that have it."""
_LONGEST = 4
_CHARACTERS = 2_000
_WORDS = 300
_EXAMPLES = 3
_KEY = 60
"""Characters of a proposed key, before a number that tells it from another one."""
_SILENT = frozenset("'’\u02bc")
_FILLERS = frozenset("\u115f\u1160")
"""Letters of Hangul that show nothing."""
_PLAIN = str.maketrans(
    {
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "\u0131": "i",
        "ħ": "h",
    }
)
"""Letters that do not come apart into one of ASCII and a mark."""
_ENGLISH = (
    "a about all also an and any are as at be because been being but by can could did do does for "
    "from had has have he her him his i if in into is it its just me my of on or our she so some "
    "than that the their them then there they this to too us very was we were what when which who "
    "will with would you your"
)
_POLISH = (
    "aby ale ani bo by była było były być był chce co czy dla do go i ich ile im ja jak jako je jego "
    "jej jest już każdy który która które lub ma mają mamy mi może my na nad nam nas o od on ona one "
    "oni oraz po pod przez przy się są ta tak także tam te tego tej ten to tu ty tylko tym w we wy z "
    "za ze że żeby"
)
_STOP_WORDS = frozenset([*_ENGLISH.split(), *_POLISH.split()])


@attrs.frozen
class Pattern:
    """A phrase that several notes have, and a reason of its own to propose for it.

    `phrase` is in normal form: words in lower case without punctuation. `support` counts the
    dispositions whose note has it, `examples` are up to three different ones of these notes, the
    oldest first and each cut to 200 characters. `reason` is a key for a new reason: the phrase in
    snake case, and in ASCII where its letters are Latin.
    """

    phrase: str
    support: int
    examples: tuple[str, ...]
    reason: str

    def __str__(self) -> str:
        return printable(f"{self.phrase}: {counted(self.support, 'note')}; propose {self.reason}")


def patterns_in_other(
    dispositions: Iterable[Disposition],
    *,
    reason: str = "other",
    least: int = 3,
    known: Iterable[str] = (),
) -> tuple[Pattern, ...]:
    """Find what the notes of a reason have in common, and propose reasons of their own for it.

    Looked at are the dispositions of the `reason`, in any language. A pattern is a phrase of one to
    four words that at least so many notes have; `least` is 3 unless given, and 1 or more. It does
    not begin or end with a stop word (English and Polish) and has a letter. A phrase that in each of
    its notes is part of a longer pattern is left out. The most frequent come first, of equals the
    longest, then by text; the order of the dispositions does not matter.

    A note counts once, and only its first 2,000 characters and 300 words are looked at. Words are
    told apart by spaces and punctuation, so text without spaces is one word. No key in `known` is
    proposed again: a number is added.

    Raises `InvalidValue`, with the place, for what is no disposition, and for a `least` below 1.

    >>> from datetime import UTC, datetime, timedelta
    >>> from leadflow import Lead
    >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> notes = ["Moved abroad.", "has MOVED abroad, no phone", "the owner moved abroad"]
    >>> leads = [
    ...     Lead(f"L-{day}", events=[Disposition("lost", noon, reason="other", note=note)])
    ...     for day, note in enumerate(notes)
    ... ]
    >>> closings = [
    ...     event for lead in leads for event in lead.events if isinstance(event, Disposition)
    ... ]
    >>> print(*patterns_in_other(closings))
    moved abroad: 3 notes; propose moved_abroad
    """
    wanted = name("reason", reason)
    enough = whole("least", least, least=1)
    taken = {wanted, *names("known", known)}
    notes = _notes(dispositions, wanted)
    kept = _uncovered(_frequent([_words(note) for note in notes], enough))
    ordered = sorted(kept.items(), key=lambda item: (-len(item[1]), -len(item[0]), item[0]))
    keys = _free_keys((phrase for phrase, _ in ordered), taken)
    return tuple(
        Pattern(" ".join(phrase), len(places), _examples(notes, places), key)
        for (phrase, places), key in zip(ordered, keys, strict=True)
    )


def _notes(dispositions: Iterable[Disposition], reason: str) -> list[str]:
    """Take the notes of a reason, oldest first."""
    found = []
    for place, event in enumerate(listed("dispositions", dispositions)):
        if not isinstance(event, Disposition):
            hint = "take them from the events of leads"
            raise InvalidValue(f"dispositions[{place}]", shown(event), "a Disposition", hint)
        if event.reason == reason and event.note is not None:
            found.append((event.at, event.note))
    return [note for _, note in sorted(found)]


def _words(note: str) -> list[str]:
    """Split a note into words in normal form."""
    folded = unicodedata.normalize("NFKC", note[:_CHARACTERS]).casefold()
    plain = "".join(map(_kept, unicodedata.normalize("NFKC", folded)))
    return plain.split()[:_WORDS]


@lru_cache(maxsize=4_096)
def _kept(character: str) -> str:
    """Keep letters, marks and digits; apostrophes and what is invisible join, all else parts."""
    category = unicodedata.category(character)
    if character in _SILENT or category == "Cf":
        return ""
    return character if category[0] in "LMN" and character not in _FILLERS else " "


def _frequent(notes: Sequence[Sequence[str]], least: int) -> dict[_Phrase, list[int]]:
    """Find the phrases that enough notes have, each with the places of these notes.

    A phrase is looked at only where those one word shorter within it are frequent already.
    """
    found: dict[_Phrase, list[int]] = {}
    shorter: _Found = {}
    for length in range(1, _LONGEST + 1):
        places: defaultdict[_Phrase, list[int]] = defaultdict(list)
        for place, words in enumerate(notes):
            for phrase in dict.fromkeys(zip(*(words[n:] for n in range(length)), strict=False)):
                if length == 1 or (phrase[1:] in shorter and phrase[:-1] in shorter):
                    places[phrase].append(place)
        shorter = {phrase: where for phrase, where in places.items() if len(where) >= least}
        found |= {phrase: list(where) for phrase, where in shorter.items() if _is_apt(phrase)}
    return found


def _is_apt(phrase: _Phrase) -> bool:
    ends = {phrase[0], phrase[-1]}
    return not ends & _STOP_WORDS and any(map(str.isalpha, "".join(phrase)))


def _uncovered(found: _Found) -> dict[_Phrase, Sequence[int]]:
    """Leave out the phrases that in each of their notes are part of a longer one that is kept."""
    kept: dict[_Phrase, Sequence[int]] = {}
    covered: defaultdict[_Phrase, set[int]] = defaultdict(set)
    for phrase in sorted(found, key=len, reverse=True):
        places = found[phrase]
        if len(covered[phrase]) < len(places):
            kept[phrase] = places
            for part in _parts(phrase):
                if part in found:
                    covered[part].update(places)
    return kept


def _parts(phrase: _Phrase) -> Iterator[_Phrase]:
    for length in range(1, len(phrase)):
        for start in range(len(phrase) - length + 1):
            yield phrase[start : start + length]


def _examples(notes: Sequence[str], places: Sequence[int]) -> tuple[str, ...]:
    different = dict.fromkeys(notes[place] for place in places)
    return tuple(one_line(note[:_CHARACTERS]) for note in islice(different, _EXAMPLES))


def _free_keys(phrases: Iterable[_Phrase], taken: set[str]) -> Iterator[str]:
    """Make a key of each phrase, with a number where it is taken already."""
    numbers: defaultdict[str, int] = defaultdict(lambda: 1)
    for phrase in phrases:
        base = unicodedata.normalize("NFC", "_".join(map(_ascii, phrase)))[:_KEY].rstrip("_")
        key = base
        while key in taken:
            numbers[base] += 1
            key = f"{base}_{numbers[base]}"
        taken.add(key)
        yield key


def _ascii(word: str) -> str:
    """Write a word of Latin letters in ASCII; leave any other as it is."""
    apart = unicodedata.normalize("NFKD", word.translate(_PLAIN))
    plain = "".join(character for character in apart if not unicodedata.combining(character))
    return plain if plain.isascii() and plain else word

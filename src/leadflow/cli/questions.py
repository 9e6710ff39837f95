"""What a model asks about, and which of it no lead could answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain, groupby, product
from operator import attrgetter

from leadflow.cli.screen import line
from leadflow.conditions import (
    All,
    AnyOf,
    Between,
    Compare,
    Condition,
    Dated,
    Followed,
    Happened,
    LeadSchema,
    Not,
    OneOf,
    TextPart,
    kind_of,
)
from leadflow.conditions.constant import KINDS, Kind
from leadflow.conditions.matching import fields_of
from leadflow.errors import did_you_mean
from leadflow.events import ATTRIBUTES
from leadflow.lead import Lead
from leadflow.scoring import Categories, TimelineAndSize
from leadflow.serialization import Scoring

_NAMES = 500
_SHOWN = 12
_GIVEN_BY_THE_SCORE = frozenset({"score", "win_probability"})
_COMPARING = (Compare, Between, TextPart, Dated)
_field = attrgetter("field")


class Questions:
    r"""The fields and the kinds of activities that a model and its rater ask about.

    Watches which of them the leads have; holds no lead, only the kinds of value met per field and
    some names to suggest.

    >>> from leadflow import field
    >>> from leadflow.scoring import Rule, ScoringModel
    >>> rule = Rule("large", 20, when=field("employees").at_least(50))
    >>> questions = Questions(Scoring(ScoringModel("m", [rule])))
    >>> questions.add(Lead("L-1", fields={"employes": 120}))
    >>> print(*questions.lines(), sep="\n")
    warning: no lead has the field that the model asks about:
      employees: did you mean 'employes'?
      (--columns MAP tells which columns hold the fields, and of what kind they are)
    """

    def __init__(self, scoring: Scoring) -> None:
        ruled, rated = _tests(rule.asks for rule in scoring.model.rules), _tests(_of_rater(scoring))
        self._tests = [*ruled, *rated]
        asked = _fields(ruled) | (_fields(rated) - _GIVEN_BY_THE_SCORE)
        if isinstance(scoring.rater, TimelineAndSize):
            asked |= {"due", "deal_value"}
        self._types: dict[str, set[type]] = {field: set() for field in sorted(asked)}
        self._kinds = {test.kind for test in self._tests if isinstance(test, Happened)}
        self._unmet, self._unmet_kinds = set(self._types), set(self._kinds)
        self._known, self._known_kinds = set[str](), set[str]()
        self._leads = 0

    def add(self, lead: Lead) -> None:
        """Look at what one more lead has."""
        self._leads += 1
        values = lead.values
        for field, types in self._types.items():
            if field in values:
                types.add(type(values[field]))
        if self._unmet:
            _note(self._unmet, self._known, values)
        if self._unmet_kinds:
            _note(self._unmet_kinds, self._known_kinds, lead.activities_by_kind)

    @property
    def fields(self) -> Collection[str]:
        """The fields that are asked about."""
        return self._types.keys()

    def add_many(self, leads: int, met: Collection[str], types: Mapping[str, set[type]]) -> None:
        """Look at what many leads have that have no activities: the names met, and the types.

        `types` has those of `fields`.
        """
        self._leads += leads
        for field, found in types.items():
            self._types[field] |= found
        if self._unmet and leads:
            _note(self._unmet, self._known, met)

    def lines(self) -> list[str]:
        """Word what no lead could answer; nothing if all was met, or if there was no lead."""
        if not self._leads:
            return []
        found = [*self._of_fields(), *self._of_activities()]
        return [line(text) for text in found]

    def _of_fields(self) -> list[str]:
        found = []
        if self._unmet:
            what = _of_so_many(self._unmet, self._types, "field")
            found += [f"warning: no lead has {what} that the model asks about:"]
            found += _hinted(self._unmet, self._known)
        clashes = self._clashes()
        if clashes:
            found += ["warning: the model compares fields with what they never hold:"]
            found += _first([f"  {clash}" for clash in clashes])
        if found:
            hint = "--columns MAP tells which columns hold the fields, and of what kind they are"
            found.append(f"  ({hint})")
        return found

    def _of_activities(self) -> list[str]:
        if not self._unmet_kinds:
            return []
        what = _of_so_many(self._unmet_kinds, self._kinds, "kind")
        head = f"warning: no lead has an activity of {what} that the model asks about:"
        if self._known_kinds:
            return [head, *_hinted(self._unmet_kinds, self._known_kinds)]
        hint = "no lead has any activity; --activities FILE tells what the leads did"
        return [head, f"  {_listed(self._unmet_kinds)}", f"  ({hint})"]

    def _clashes(self) -> list[str]:
        """Word, for each field that the leads have, why none of the tests of it can succeed."""
        compared = [test for test in self._tests if isinstance(test, _COMPARING)]
        met = [test for test in compared if fields_of(test) <= self._types.keys() - self._unmet]
        tests = sorted(met, key=_field)
        by_field = [[self._clash(test) for test in group] for _, group in groupby(tests, _field)]
        return [clashes[0] for clashes in by_field if all(clashes)]

    def _clash(self, test: Condition) -> str:
        """Word why a test fails for every kind of value met; empty if it succeeds for one."""
        own = sorted(fields_of(test) - ATTRIBUTES)
        found = ""
        for kinds in product(*(self._kinds_met(field) for field in own)):
            problems = LeadSchema(dict(zip(own, kinds, strict=True))).problems(test)
            if not problems:
                return ""
            found = found or problems[0].message
        return found

    def _kinds_met(self, field: str) -> list[Kind]:
        return sorted({KINDS[kind] for kind in self._types[field]})


def _of_rater(scoring: Scoring) -> list[Condition]:
    rater = scoring.rater
    return [category.when for category in rater.categories] if isinstance(rater, Categories) else []


def _tests(conditions: Iterable[Condition]) -> list[Condition]:
    """Take conditions apart into what they ask, each once."""
    return list(dict.fromkeys(chain.from_iterable(map(_parts, conditions))))


def _parts(condition: Condition) -> Iterator[Condition]:
    match condition:
        case All() | AnyOf():
            for part in condition.conditions:
                yield from _parts(part)
        case Not():
            yield from _parts(condition.condition)
        case Followed():
            yield from (condition.first, condition.second)
        case OneOf():
            of_each_kind = {kind_of(value): value for value in reversed(condition.values)}
            yield from (Compare(condition.field, "equals", c) for c in of_each_kind.values())
        case _:
            yield condition


def _fields(tests: Iterable[Condition]) -> frozenset[str]:
    return frozenset().union(*map(fields_of, tests))


def _note(unmet: set[str], known: set[str], names: Collection[str]) -> None:
    unmet.difference_update(names)
    if len(known) < _NAMES:
        known.update(names)


def _of_so_many(unmet: Collection[str], asked: Collection[str], noun: str) -> str:
    if len(asked) == 1:
        return f"the {noun}"
    share = "any" if len(unmet) == len(asked) else f"{len(unmet):,}"
    return f"{share} of the {len(asked):,} {noun}s"


def _hinted(unmet: Iterable[str], known: Iterable[str]) -> list[str]:
    """List names, those with the same hint on one line."""
    names, by_hint = sorted(unmet), dict[str, list[str]]()
    for name in names[:_SHOWN]:
        by_hint.setdefault(did_you_mean(name, known), []).append(name)
    found = [f"  {', '.join(alike)}: {hint}" for hint, alike in by_hint.items()]
    return found + _more(names)


def _listed(names: Iterable[str]) -> str:
    found = sorted(names)
    return ", ".join(found[:_SHOWN]) + (", …" if len(found) > _SHOWN else "")


def _first(lines: list[str]) -> list[str]:
    return lines[:_SHOWN] + _more(lines)


def _more(found: list[str]) -> list[str]:
    return [f"  … and {len(found) - _SHOWN:,} more"] if len(found) > _SHOWN else []

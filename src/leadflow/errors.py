"""Every error that leadflow raises.

An error holds its facts in fields and builds its message from them. A message says what was asked,
what was found and what would work; it is bounded and shows control characters escaped, so that a
hostile value cannot fill a log or redraw a terminal.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable

import attrs

MESSAGE_LENGTH = 2_000
MOST_PROBLEMS = 100
"""As many problems as a definition looks for; finding more would only take time."""
_SHOWN_PROBLEMS = 20
_SHOWN_NAMES = 12
_SHOWN_BITS = 256
_SHOWN_COLUMNS = 40
_COMPARED = 100
"""Characters of a name that is looked at for "did you mean"."""
_LOOKED_AT = 500
"""Names looked at for "did you mean"."""
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def printable(text: str, length: int = MESSAGE_LENGTH) -> str:
    r"""Bound a text and escape what does not print: controls, direction marks, zero widths.

    >>> printable("a\x1b[31m\u202eb")
    'a\\x1b[31m\\u202eb'
    >>> printable("long " * 10, length=10)
    'long long…'
    """
    cut = text if len(text) <= length else text[: length - 1] + "…"
    if cut.isprintable():
        return cut
    escaped = "".join(_escape(character) for character in cut)
    return escaped if len(escaped) <= length else escaped[: length - 1] + "…"


def _escape(character: str) -> str:
    if character == "\n" or unicodedata.category(character) not in _UNPRINTABLE:
        return character
    return character.encode("unicode_escape").decode("ascii")


def shown(value: object, length: int = 80) -> str:
    """Show any value in a message: its repr, bounded; big numbers by their size.

    >>> shown("x" * 200, length=12)
    "'xxxxxxxxxx…"
    >>> shown(10**5000)
    'an int of 16610 bits'
    """
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > _SHOWN_BITS:
        return f"an int of {value.bit_length()} bits"
    if isinstance(value, str | bytes):
        return printable(repr(value[: length + 1]), length)
    if isinstance(value, list | tuple | dict | set | frozenset):
        return printable(f"a {type(value).__name__} of {len(value)}", length)
    try:
        return printable(repr(value), length)
    except Exception:  # noqa: BLE001 (a host's repr may raise anything, and so may a huge Fraction)
        return f"an object of type {type(value).__name__}"


def did_you_mean(asked: str, known: Iterable[str]) -> str:
    """Word a hint that names the closest known word, or the known words if none is close.

    >>> did_you_mean("employes", ["employees", "country"])
    "did you mean 'employees'?"
    >>> did_you_mean("zzz", ["employees", "country"])
    'known: country, employees'
    """
    names = sorted(set(known))
    same = [name for name in names if name.casefold() == asked.casefold()]
    close = same or difflib.get_close_matches(asked[:_COMPARED], _likely(asked, names), n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    listed = ", ".join(names[:_SHOWN_NAMES]) + (", …" if len(names) > _SHOWN_NAMES else "")
    return f"known: {listed}" if names else "none is known here"


def _likely(asked: str, names: list[str]) -> list[str]:
    """Choose few names by the pairs of letters they share, for comparing in full is slow."""
    short = [name for name in names if len(name) <= _COMPARED]
    if len(short) <= _SHOWN_PROBLEMS:
        return short
    pairs = _pairs(asked[:_COMPARED])
    shared = {name: len(pairs & _pairs(name)) for name in short[:_LOOKED_AT]}
    return sorted(shared, key=lambda name: (-shared[name], name))[:_SHOWN_NAMES]


def _pairs(text: str) -> set[str]:
    return set(map(str.__add__, text, text[1:]))


class LeadflowError(Exception):
    """The base of every error raised by leadflow.

    >>> issubclass(InvalidValue, LeadflowError)
    True
    """

    def message(self) -> str:
        """Build the message from the error's fields."""
        raise NotImplementedError

    def __str__(self) -> str:
        return printable(self.message())


@attrs.define(str=False)
class InvalidValue(LeadflowError):
    """A value that cannot be taken: where, what was found, what would work.

    >>> print(InvalidValue("Lead.due", "'soon'", "a date", "such as date(2026, 5, 1)"))
    Lead.due: expected a date, got 'soon' (such as date(2026, 5, 1))
    """

    where: str
    found: str
    expected: str
    hint: str = ""

    def message(self) -> str:
        end = f" ({self.hint})" if self.hint else ""
        return f"{self.where}: expected {self.expected}, got {self.found}{end}"


@attrs.define(str=False)
class NaiveDatetime(LeadflowError):
    """A datetime without a time zone.

    >>> print(NaiveDatetime("as_of", "datetime.datetime(2026, 3, 1, 12, 0)"))
    as_of: expected a datetime with a time zone, got datetime.datetime(2026, 3, 1, 12, 0); attach ...
    """

    where: str
    found: str

    def message(self) -> str:
        return (
            f"{self.where}: expected a datetime with a time zone, got {self.found}; "
            "attach one, for example tzinfo=timezone.utc"
        )


@attrs.define(str=False)
class LimitExceeded(LeadflowError):
    """Something larger than `leadflow.limits.Limits` allows.

    >>> print(LimitExceeded("condition", "the nodes", 10_000, "12,345"))
    condition: the nodes may be at most 10,000, got 12,345
    """

    where: str
    limit: str
    allowed: int
    found: str

    def message(self) -> str:
        return f"{self.where}: {self.limit} may be at most {self.allowed:,}, got {self.found}"


@attrs.define(str=False)
class MixedCurrencies(LeadflowError):
    """Amounts in different currencies met without `leadflow.money.Rates`.

    >>> print(MixedCurrencies("add", ("EUR", "USD")))
    cannot add EUR and USD; convert to one currency with Rates first
    """

    asked: str
    currencies: tuple[str, ...]

    def message(self) -> str:
        listed = " and ".join(self.currencies)
        return f"cannot {self.asked} {listed}; convert to one currency with Rates first"


@attrs.define(str=False)
class ConflictingEvents(LeadflowError):
    """Two different events under one id: the lead's, the event's, and what tells the two apart.

    >>> print(ConflictingEvents("L-7", "E-1", "Tagged", "Untagged"))
    lead L-7: the event id 'E-1' stands for two different events: Tagged and Untagged; ...
    """

    lead: str
    id: str
    known: str
    other: str

    def message(self) -> str:
        return (
            f"lead {self.lead}: the event id {self.id!r} stands for two different events: "
            f"{self.known} and {self.other}; a repeat must be equal, another event needs another id"
        )


@attrs.frozen
class Problem:
    """One thing that is wrong, and where: `path` is like ``rules[3].when.all[1]``.

    >>> print(Problem("rules[3].points", "expected a whole number, got 'ten'"))
    rules[3].points: expected a whole number, got 'ten'
    """

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


@attrs.define(str=False)
class InvalidDefinition(LeadflowError):
    """A definition (model, rule, rater, document) with all its problems, each with its path.

    >>> problem = Problem("rules[3].points", "expected a whole number, got 'ten'")
    >>> print(InvalidDefinition("scoring model 'inbound'", (problem,)))
    scoring model 'inbound': rules[3].points: expected a whole number, got 'ten'
    """

    what: str
    problems: tuple[Problem, ...]

    def message(self) -> str:
        if len(self.problems) == 1:
            return f"{self.what}: {self.problems[0]}"
        lines = [f"{self.what}: {len(self.problems)} problems"]
        lines += [f"  {problem}" for problem in self.problems[:_SHOWN_PROBLEMS]]
        if len(self.problems) > _SHOWN_PROBLEMS:
            lines.append(f"  … and {len(self.problems) - _SHOWN_PROBLEMS} more")
        return "\n".join(lines)


@attrs.frozen
class Blocker:
    """One thing that stands against a decision about a lead: what sort of thing, and in words.

    Of a move, `code` is one of other_pipeline, unknown_stage, not_a_move, closed, not_closed,
    too_early, missing_field, unmet_condition, attempts, no_disposition, no_offer and offer; of a
    closing, closed, too_early, no_reason, unfit_reason, no_note, attempts, no_verifier and
    not_converted; of a conversion, those of a move, not_sql and converted; of a qualification,
    closed, too_early, not_mql, not_qualified, no_reason, problem_not_confirmed and
    ability_not_confirmed. `field` names the field that is missing.

    >>> print(Blocker("missing_field", "deal_value is not known", "deal_value"))
    deal_value is not known
    """

    code: str
    because: str
    field: str | None = None

    def __str__(self) -> str:
        return self.because


@attrs.define(str=False)
class MoveRefused(LeadflowError):
    """A move that a pipeline does not allow, with everything that stands against it.

    >>> blocker = Blocker("not_a_move", "'working' leads to won, lost")
    >>> print(MoveRefused("L-7", "working", "new", (blocker,)))
    cannot move L-7 from 'working' to 'new'; 'working' leads to won, lost
    """

    lead: str
    from_: str | None
    to: str
    blockers: tuple[Blocker, ...]

    def message(self) -> str:
        start = "no stage" if self.from_ is None else repr(self.from_)
        return _against(f"cannot move {self.lead} from {start} to {self.to!r}", self.blockers)


@attrs.define(str=False)
class DecisionRefused(LeadflowError):
    """A closing, a conversion or a qualification that is refused, with everything against it.

    >>> blocker = Blocker("no_note", "'other' needs a note")
    >>> print(DecisionRefused("L-7", "close L-7 as unqualified", (blocker,)))
    cannot close L-7 as unqualified; 'other' needs a note
    """

    lead: str
    asked: str
    blockers: tuple[Blocker, ...]

    def message(self) -> str:
        return _against(f"cannot {self.asked}", self.blockers)


def _against(head: str, blockers: tuple[Blocker, ...]) -> str:
    if len(blockers) == 1:
        return f"{head}; {blockers[0]}"
    lines = [f"{head}; {len(blockers)} things stand against it"]
    lines += [f"  {blocker}" for blocker in blockers[:_SHOWN_PROBLEMS]]
    if len(blockers) > _SHOWN_PROBLEMS:
        lines.append(f"  … and {len(blockers) - _SHOWN_PROBLEMS} more")
    return "\n".join(lines)


@attrs.define(str=False)
class UnreadableTable(LeadflowError):
    """A table that cannot be read at all: the file, the line where known, and what would work.

    >>> print(
    ...     UnreadableTable("leads.csv", None, "is empty", "the first line holds the headers")
    ... )
    leads.csv: is empty (the first line holds the headers)
    """

    source: str
    line: int | None
    reason: str
    hint: str = ""

    def message(self) -> str:
        place = f"{self.source}, line {self.line}" if self.line else self.source
        return f"{place}: {self.reason}" + (f" ({self.hint})" if self.hint else "")


@attrs.define(str=False)
class RejectedRow(LeadflowError):
    """A bad row of a table that is read without a place to set bad rows aside.

    >>> print(RejectedRow("leads.csv", 7, "due", "'soon'", "expected a date, got 'soon'"))
    leads.csv, line 7, column 'due': expected a date, got 'soon' (pass on_reject= to set bad rows ...
    """

    source: str
    line: int | None
    column: str | None
    value: str
    reason: str

    def message(self) -> str:
        """Build the message from the table, the place and the reason."""
        line = f", line {self.line}" if self.line else ""
        column = f", column {self.column!r}" if self.column is not None else ""
        hint = "pass on_reject= to set bad rows aside and go on"
        return f"{self.source}{line}{column}: {self.reason} ({hint})"


@attrs.define(str=False)
class MissingColumn(LeadflowError):
    """A dataframe without a column that is asked about, and the columns that are there."""

    frame: str
    column: str
    there: tuple[str, ...]
    rule: str = ""
    hint: str = ""

    def message(self) -> str:
        hint = did_you_mean(self.column, self.there)
        listed = ", ".join(self.there[:_SHOWN_COLUMNS]) or "none"
        more = ", …" if len(self.there) > _SHOWN_COLUMNS else ""
        found = f"; there are: {listed}{more}" if hint.startswith("did") else ""
        by = _by_rule(self.rule)
        end = f" ({self.hint})" if self.hint else ""
        return f"the {self.frame} have no column {self.column!r}{by}: {hint}{found}{end}"


@attrs.define(str=False)
class ColumnClash(LeadflowError):
    """Two columns of a dataframe that one name could mean."""

    frame: str
    column: str
    other: str
    hint: str

    def message(self) -> str:
        alike = f", which is {self.column!r} but for upper and lower case"
        how = "" if self.other == self.column else alike
        return f"the {self.frame} have another column named {self.other!r}{how} ({self.hint})"


@attrs.define(str=False)
class WrongColumn(LeadflowError):
    """A column of a dataframe whose type cannot answer what is asked."""

    frame: str
    column: str
    found: str
    expected: str
    hint: str = ""
    rule: str = ""

    def message(self) -> str:
        end = f" ({self.hint})" if self.hint else ""
        where = f"column {self.column!r} of the {self.frame}{_by_rule(self.rule)}"
        return f"{where}: expected {self.expected}, got {self.found}{end}"


@attrs.define(str=False)
class EngineRefused(LeadflowError):
    """What a dataframe engine cannot do or must not do: the engine, the reason and the way round."""

    engine: str
    reason: str
    hint: str
    rule: str = ""

    def message(self) -> str:
        return f"{self.engine}{_by_rule(self.rule)}: {self.reason} ({self.hint})"


def _by_rule(rule: str) -> str:
    return f", asked by rule {rule!r}" if rule else ""


@attrs.define(str=False)
class MissingExtra(LeadflowError, ImportError):
    """Something that needs an extra which is not installed, and how to install it.

    >>> print(MissingExtra("leadflow.frames", "frames"))
    leadflow.frames needs the extra 'frames' (pip install 'leadflow[frames]')
    """

    what: str
    extra: str

    def message(self) -> str:
        return f"{self.what} needs the extra {self.extra!r} (pip install 'leadflow[{self.extra}]')"

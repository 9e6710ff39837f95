"""Measures by dimension: the same question asked of all leads, and of each group of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Generic, TypeAlias, TypeVar

import attrs

from leadflow.errors import InvalidValue, did_you_mean, shown
from leadflow.events import ATTRIBUTES
from leadflow.lead import Lead, leads_of, seen
from leadflow.markup import aligned, counted, table
from leadflow.period import UNITS, Period
from leadflow.pipeline.metrics.history import History, Track
from leadflow.values import NAME, checks, instance, name, names

T = TypeVar("T")
Item = TypeVar("Item", Track, Lead)
Key: TypeAlias = tuple[str, ...]
By: TypeAlias = str | Iterable[str]
NO_VALUE = "(none)"
"""The group of leads whose value of a dimension is not known."""
_SHOWN = 200
_INSTANTS = ("created", "closed")
_PERIODS = {f"{what}_{unit}": (what, unit) for what in _INSTANTS for unit in UNITS}
_OWN = ("stage", "outcome")


@attrs.frozen(field_transformer=checks)
class Measure(Generic[T]):
    """A figure of one's own: a name, and a function from a group's tracks to any value.

    The value is shown by its `str`; None is "no data". Raises `InvalidValue`.

    >>> Measure("deals", len).function([])
    0
    """

    name: str = attrs.field(metadata=NAME)
    function: Callable[[Sequence[Track]], T] = attrs.field()

    @function.validator
    def _check(self, _: object, value: object) -> None:
        if not callable(value):
            expected = "a function of the tracks of a group"
            raise InvalidValue(f"Measure {self.name!r} function", shown(value), expected)


@attrs.frozen
class Group(Generic[T]):
    """One group: its key, a word for each dimension, how many leads it has, and the figure."""

    key: Key
    count: int
    value: T

    @property
    def label(self) -> str:
        """The key in words."""
        return ", ".join(self.key)


@attrs.frozen(repr=False)
class Measured(Generic[T]):
    """A figure of all leads, and of each group.

    `value` is that of all, `count` how many they are; `groups` come by their keys. A group is found
    by its key: ``measured["ada"]``, with several dimensions ``measured["ada", "fair"]``. ``str``
    is a table for the terminal; a notebook shows it in HTML.
    """

    name: str
    by: tuple[str, ...]
    value: T
    count: int
    groups: tuple[Group[T], ...]

    def __getitem__(self, key: str | Key) -> T:
        """Return the figure of a group; raises `InvalidValue` with the closest key."""
        asked = key if isinstance(key, tuple) else (key,)
        for group in self.groups:
            if group.key == asked:
                return group.value
        hint = did_you_mean(", ".join(map(str, asked)), [group.label for group in self.groups])
        raise InvalidValue(self.name, shown(key), "the key of a group", hint)

    def __iter__(self) -> Iterator[Group[T]]:
        return iter(self.groups)

    def __len__(self) -> int:
        return len(self.groups)

    def header(self) -> tuple[str, ...]:
        """Name the columns: the dimensions, how many leads, the figure."""
        return (*(self.by or ("",)), "leads", self.name)

    def rows(self) -> tuple[tuple[str, ...], ...]:
        """List the groups, and last all leads, as text."""
        blank = ("",) * (len(self.by) - 1)
        found = [(*group.key, f"{group.count:,}", worded(group.value)) for group in self.groups]
        return (*found, ("all", *blank, f"{self.count:,}", worded(self.value)))

    def explain(self) -> str:
        """Show the figures as a table for a terminal."""
        rows = self.rows()
        lines = aligned(self.header(), [*rows[:-1][:_SHOWN], rows[-1]])
        more = len(rows) - 1 - _SHOWN
        return "\n".join([*lines, *([f"… and {counted(more, 'more group')}"] if more > 0 else [])])

    def __str__(self) -> str:
        return self.explain() if self.by else f"{self.name}: {worded(self.value)}"

    def __repr__(self) -> str:
        by = f" by {', '.join(self.by)}" if self.by else ""
        return f"Measured({shown(self.name)}{by}, {counted(len(self.groups), 'group')})"

    def _repr_html_(self) -> str:
        rows = self.rows()
        caption = self.name + (f" by {', '.join(self.by)}" if self.by else "")
        return table(caption, self.header(), [*rows[:-1][:_SHOWN], rows[-1]])


def worded(value: object) -> str:
    """Write a figure for people; None is "no data", a float has two digits.

    >>> worded(None), worded(1234.5), worded(12)
    ('no data', '1,234.50', '12')
    """
    if value is None:
        return "no data"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.2f}" if isinstance(value, float) else str(value)


def measure(
    history: History,
    figure: Measure[T] | Callable[[Sequence[Track]], T],
    *,
    by: By = (),
    groups: Iterable[str] = (),
) -> Measured[T]:
    """Ask a figure of all leads of a history, and of each group of them.

    `by` names dimensions: a field, owner, source, stage or outcome, and created_month, closed_week
    and the like for the periods of a calendar (day, week, month, quarter, year; in UTC). Leads whose
    value is not known are the group "(none)". With one dimension, `groups` are keys that are listed
    even if no lead is in them.

    Raises `InvalidValue` for a field that no lead has, with the closest one.

    >>> from leadflow.pipeline import Pipeline, Stage
    >>> from datetime import UTC
    >>> steps = [Stage("new"), Stage("won", kind="won")]
    >>> rows = [{"id": "1", "stage": "new", "owner": "ada"}, {"id": "2", "stage": "new"}]
    >>> now = datetime(2026, 3, 2, tzinfo=UTC)
    >>> history = History.of_rows(rows, Pipeline.linear("sales", steps), as_of=now)
    >>> print(measure(history, Measure("deals", len), by="owner", groups=["bo"]))
    owner   leads  deals
    (none)      1      1
    ada         1      1
    bo          0      0
    all         2      2
    """
    instance(History)["check"]("history", history)
    if not isinstance(figure, Measure):
        figure = Measure(getattr(figure, "__name__", "measure").strip("<>_") or "measure", figure)
    return _measured(history.tracks, figure.name, figure.function, by, groups)


def parted(history: History, by: By, *, groups: Iterable[str] = ()) -> Measured[History]:
    """Part a history into one for each group, so that anything asked of one is asked of each.

    Bottlenecks, transitions, a forecast or a whole report of each rep, say. `by` and `groups` are
    those of `measure`. Raises `InvalidValue` as it does.

    >>> from leadflow.pipeline import Pipeline, Stage, metrics
    >>> from datetime import UTC
    >>> steps = [Stage("new"), Stage("won", kind="won")]
    >>> rows = [{"id": "1", "stage": "new", "owner": "ada"}, {"id": "2", "stage": "won"}]
    >>> now = datetime(2026, 3, 2, tzinfo=UTC)
    >>> history = History.of_rows(rows, Pipeline.linear("sales", steps), as_of=now)
    >>> for rep in parted(history, by="owner"):
    ...     print(rep.label, metrics.transitions(rep.value).last)
    (none) {'won': 1}
    ada {'new': 1}
    """
    instance(History)["check"]("history", history)

    def part(tracks: Sequence[Track]) -> History:
        return attrs.evolve(history, tracks=tuple(tracks))

    return _measured(history.tracks, "history", part, by, groups)


def there_at(leads: Iterable[Lead], moment: datetime) -> list[Lead]:
    """Take the leads that had come in by an instant, as they were then."""
    known = (seen(lead, moment)[0] for lead in leads_of(leads))
    return [lead for lead in known if lead.created_at is None or lead.created_at <= moment]


def measure_leads(
    leads: Iterable[Lead],
    title: str,
    function: Callable[[Sequence[Lead]], T],
    by: By,
    groups: Iterable[str] = (),
) -> Measured[T]:
    """Ask a figure of leads themselves; their dimensions are their fields and attributes."""
    return _measured(tuple(leads_of(leads)), title, function, by, groups)


def _measured(
    items: Sequence[Item],
    title: str,
    function: Callable[[Sequence[Item]], T],
    by: By,
    groups: Iterable[str],
) -> Measured[T]:
    dimensions, listed_too = dimensions_of(by), names("groups", groups)
    if listed_too and len(dimensions) != 1:
        raise InvalidValue("groups", shown(listed_too), "keys of the one dimension of by")
    parted = grouped(items, dimensions) if dimensions else {}
    for word in listed_too:
        parted.setdefault((word,), [])
    found = (Group(key, len(parted[key]), function(parted[key])) for key in sorted(parted))
    return Measured(title, dimensions, function(items), len(items), tuple(found))


def dimensions_of(by: By) -> tuple[str, ...]:
    """Take one dimension or several."""
    return (name("by", by),) if isinstance(by, str) else names("by", by)


def grouped(items: Sequence[Item], by: Sequence[str]) -> dict[Key, list[Item]]:
    """Part tracks or leads into groups by the words of their dimensions."""
    read = [_reader(dimension, items) for dimension in by]
    found: dict[Key, list[Item]] = {}
    if len(read) == 1:
        one = read[0]
        for item in items:
            found.setdefault((one(item),), []).append(item)
        return found
    for item in items:
        found.setdefault(tuple(each(item) for each in read), []).append(item)
    return found


def _reader(dimension: str, items: Sequence[Item]) -> Callable[[Any], str]:
    """Find out how a dimension is read of each item."""
    if dimension in _PERIODS:
        what, unit = _PERIODS[dimension]
        return lambda item: _period(getattr(item, f"{what}_at", None), unit)
    if dimension in _OWN:
        return lambda item: getattr(item, dimension, None) or NO_VALUE
    if dimension not in ATTRIBUTES and items and not _has(dimension, items):
        known = {key for item in items for key in _values(item)} | set(_PERIODS) | set(_OWN)
        hint = did_you_mean(dimension, sorted(known))
        raise InvalidValue("by", shown(dimension), "a field that a lead has", hint)
    return lambda item: word_of(_values(item).get(dimension))


def _has(dimension: str, items: Iterable[Track | Lead]) -> bool:
    return any(dimension in _values(item) for item in items)


def _values(item: Track | Lead) -> Mapping[str, Any]:
    return item.facts if isinstance(item, Track) else item.values


def _period(moment: datetime | None, unit: Any) -> str:
    return NO_VALUE if moment is None else Period(unit, moment.date()).label


def word_of(value: object) -> str:
    """Write a value as the word of a dimension.

    >>> word_of(None), word_of(True), word_of(5)
    ('(none)', 'yes', '5')
    """
    if type(value) is str:
        return value or NO_VALUE
    if value is None:
        return NO_VALUE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)

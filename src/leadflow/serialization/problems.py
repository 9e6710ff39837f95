"""Places in a document, and the problems found there: all of them, each with its path."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable
from datetime import date
from decimal import Decimal
from typing import Any, NoReturn, TypeVar

from leadflow.errors import (
    InvalidDefinition,
    InvalidValue,
    LeadflowError,
    LimitExceeded,
    NaiveDatetime,
    Problem,
    did_you_mean,
    printable,
    shown,
)

T = TypeVar("T")
MOST_PROBLEMS = 1_000
"""Reading stops here: whoever has so many has handed in something else."""
_SHOWN_ITEMS = 4
_SHOWN_LEVELS = 3
_SHOWN_TEXT = 60
_PLAIN_KEY = re.compile(r"[\w-]{1,80}", re.ASCII)


class Refused(Exception):
    """Inside the readers: this value is bad, and why has been noted; `partial` is what was good."""

    def __init__(self, partial: Any = None) -> None:
        super().__init__()
        self.partial = partial


class Enough(Exception):
    """Inside the readers: there are too many problems to go on."""


class _Path(str):
    """Several steps in one, as a constructor wrote them."""

    __slots__ = ()


class Place:
    """Where in the data a reader stands; shares the list of problems with every other place."""

    __slots__ = ("parent", "problems", "step")

    def __init__(
        self, problems: list[Problem], parent: Place | None = None, step: str | int = ""
    ) -> None:
        self.problems = problems
        self.parent = parent
        self.step = step

    def at(self, step: str | int) -> Place:
        """Step down to a key of a table or an index of a list."""
        return Place(self.problems, self, step)

    @property
    def path(self) -> str:
        """The path from the root, like ``rules[3].when.all[1]``."""
        steps: list[str | int] = []
        place: Place | None = self
        while place is not None and place.parent is not None:
            steps.append(place.step)
            place = place.parent
        return joined(reversed(steps))

    def note(self, message: str) -> None:
        """Keep a problem and go on."""
        self.problems.append(Problem(self.path, message))
        if len(self.problems) >= MOST_PROBLEMS:
            raise Enough

    def refuse(self, message: str) -> NoReturn:
        """Keep a problem and give this value up."""
        self.note(message)
        raise Refused

    def expected(self, what: str, data: object, hint: str = "") -> NoReturn:
        """Give this value up: say what would work and what was found."""
        end = f" ({hint})" if hint else ""
        self.refuse(f"expected {what}, got {told(data)}{end}")

    def unknown(self, key: str, known: Iterable[str]) -> None:
        """Note a key that means nothing here, with the closest that does."""
        self.at(key).note(f"unknown key {told(key)}: {did_you_mean(key, known)}")

    def build(self, make: Callable[[], T], keys: Container[str] = ()) -> T:
        """Make a value; an error of its constructor becomes a problem, at its own key if in `keys`."""
        try:
            return make()
        except LeadflowError as error:
            self._keep(error, keys)
            raise Refused from None

    def _keep(self, error: LeadflowError, keys: Container[str]) -> None:
        if isinstance(error, InvalidDefinition):
            for problem in error.problems:
                self.within(problem.path).note(problem.message)
            return
        place = self
        for step in _steps_of(getattr(error, "where", ""), keys):
            place = place.at(step)
        place.note(worded(error))

    def within(self, path: str) -> Place:
        """Step down by a path that a constructor wrote."""
        return self.at(_Path(path)) if path else self


def _steps_of(where: str, keys: Container[str]) -> list[str]:
    """Find the keys that an error's own place ends in: ``Lead.fields.age`` or ``rule 'x' limit``."""
    steps = where.split(".")[1:]
    if steps and steps[0] in keys:
        return steps
    last = re.split(r"[. ]", where)[-1]
    return [last] if last in keys else []


def worded(error: LeadflowError) -> str:
    """Word an error without its own place, for the path tells it."""
    match error:
        case InvalidValue():
            end = f" ({error.hint})" if error.hint else ""
            return f"expected {error.expected}, got {error.found}{end}"
        case LimitExceeded():
            return f"{error.limit} may be at most {error.allowed:,}, got {error.found}"
        case NaiveDatetime():
            return (
                f"expected a datetime with a time zone, got {error.found} "
                "(end it in Z for UTC or in an offset such as +02:00)"
            )
        case _:
            return error.message()


def joined(steps: Iterable[str | int]) -> str:
    """Write steps as a path.

    >>> joined(["rules", 3, "when", "all", 1])
    'rules[3].when.all[1]'
    """
    path = ""
    for step in steps:
        if isinstance(step, int):
            path += f"[{step}]"
        else:
            path += ("." if path else "") + _written(step)
    return path


def _written(step: str) -> str:
    return step if isinstance(step, _Path) or _PLAIN_KEY.fullmatch(step) else told(step)


def told(data: object, levels: int = _SHOWN_LEVELS) -> str:
    """Show plain data in a message as a document would write it, bounded.

    >>> told(["a", {"b": True}])
    '["a", {"b": true}]'
    """
    match data:
        case None:
            return "null"
        case bool():
            return "true" if data else "false"
        case str():
            return _quoted(data)
        case dict():
            pairs = [f"{told(k, 0)}: {told(v, levels - 1)}" for k, v in _first(data.items())]
            return "{" + _listed(pairs, len(data), levels) + "}"
        case list() | tuple():
            items = [told(item, levels - 1) for item in _first(data)] if levels > 0 else []
            return "[" + _listed(items, len(data), levels) + "]"
        case Decimal() | float():
            return shown(str(data))[1:-1]
        case date():
            return data.isoformat()
        case _:
            return shown(data)


def _first(items: Iterable[Any]) -> list[Any]:
    return [item for _, item in zip(range(_SHOWN_ITEMS), items, strict=False)]


def _listed(items: list[str], length: int, levels: int) -> str:
    if levels <= 0:
        return "…" if length else ""
    return ", ".join([*items, "…"] if length > len(items) else items)


def _quoted(text: str) -> str:
    cut = text[: _SHOWN_TEXT + 1].replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{printable(cut, _SHOWN_TEXT)}"'


def read(what: str, reader: Callable[[Place, Any], T], data: object) -> T:
    """Read plain data, or raise one `InvalidDefinition` with everything that is wrong."""
    problems: list[Problem] = []
    try:
        return reader(Place(problems), data)
    except (Refused, Enough):
        raise InvalidDefinition(what, tuple(problems)) from None

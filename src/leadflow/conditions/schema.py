"""LeadSchema: which fields there are and of what kind, to refuse a definition that cannot work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import Any, TypeAlias, assert_never, get_args

import attrs

from leadflow.conditions.constant import KINDS, Kind, kind_of
from leadflow.conditions.node import (
    All,
    Always,
    AnyOf,
    Between,
    Compare,
    Condition,
    Dated,
    FieldRef,
    Followed,
    Happened,
    HasTag,
    Known,
    Not,
    OneOf,
    TextPart,
    Unknown,
)
from leadflow.errors import MOST_PROBLEMS, InvalidValue, Problem, did_you_mean, shown
from leadflow.events import ATTRIBUTES
from leadflow.lead.lead import RESERVED
from leadflow.values import Frozen, name

_TEXT: Kind = "text"
_ATTRIBUTE_KINDS: dict[str, Kind] = {
    **dict.fromkeys(ATTRIBUTES, _TEXT),
    "created_at": "datetime",
    "due": "date",
    "deal_value": "money",
    "score": "number",
    "win_probability": "number",
}
_ACTIVITY_KINDS: dict[str, Kind] = {
    "channel": "text",
    "direction": "text",
    "answered": "boolean",
    "by": "text",
}
_RESERVED_DATA = frozenset({*_ACTIVITY_KINDS, "kind", "at"})
Kinds: TypeAlias = Mapping[str, Kind]


def _kind(where: str, value: object) -> Kind:
    found = KINDS.get(value) if isinstance(value, type) else value
    if found in get_args(Kind) and found != "money":
        return found  # type: ignore[return-value]
    kinds = [kind for kind in get_args(Kind) if kind != "money"]
    hint = did_you_mean(found, kinds) if isinstance(found, str) else ""
    raise InvalidValue(where, shown(value), "one of " + ", ".join(kinds), hint)


def _named(where: str, values: object) -> Iterator[tuple[str, Any]]:
    """Go through a mapping by its checked names; two that come to one are refused."""
    if not isinstance(values, Mapping):
        raise InvalidValue(where, shown(values), "a mapping by name")
    seen: set[str] = set()
    for given, value in values.items():
        key = name(f"{where} name", given)
        if key in seen:
            raise InvalidValue(where, shown(given), "names that differ", "NFC and stripped")
        seen.add(key)
        yield key, value


def _kinds(where: str, values: object, reserved: AbstractSet[str], owner: str) -> Frozen[Kind]:
    found: dict[str, Kind] = {}
    for key, kind in _named(where, values):
        if key in reserved:
            expected = f"a name that is no attribute of {owner}; what can be read is known already"
            raise InvalidValue(f"{where}.{key}", shown(key), expected)
        found[key] = _kind(f"{where}.{key}", kind)
    return Frozen(found)


def _fields(values: Mapping[str, Kind | type]) -> Frozen[Kind]:
    return _kinds("LeadSchema.fields", values, RESERVED, "Lead")


def _activities(values: Mapping[str, Mapping[str, Kind | type]]) -> Frozen[Frozen[Kind]]:
    where = "LeadSchema.activities"
    return Frozen(
        {
            kind: _kinds(f"{where}.{kind}", data, _RESERVED_DATA, "Activity")
            for kind, data in _named(where, values)
        }
    )


@attrs.frozen
class LeadSchema:
    """The fields of one's leads and their kinds; and, where given, the data of activities.

    A kind is one of number, text, boolean, date, datetime, or the Python type that stands for it.
    The attributes of `Lead` are always known. The data of activity kinds not listed are not checked.

    >>> schema = LeadSchema({"employees": "number", "country": str})
    >>> from leadflow.conditions import field
    >>> [str(problem) for problem in schema.problems(field("employes").at_least(5))]
    ["unknown field 'employes': did you mean 'employees'?"]
    """

    fields: Mapping[str, Kind] = attrs.field(converter=_fields)
    activities: Mapping[str, Kinds] = attrs.field(factory=dict, converter=_activities)

    def problems(self, condition: Condition, path: str = "") -> tuple[Problem, ...]:
        """List the unknown fields and impossible comparisons of a condition, each with its path."""
        found = self._walk(condition, path, {**_ATTRIBUTE_KINDS, **self.fields})
        return tuple(islice(found, MOST_PROBLEMS))

    def _walk(self, node: Condition, path: str, kinds: Kinds | None) -> Iterator[Problem]:
        match node:
            case All() | AnyOf():
                word = "all" if isinstance(node, All) else "any"
                for place, part in enumerate(node.conditions):
                    yield from self._walk(part, _join(path, f"{word}[{place}]"), kinds)
            case Not():
                yield from self._walk(node.condition, _join(path, "not"), kinds)
            case Followed():
                yield from self._walk(node.first, _join(path, "first"), kinds)
                yield from self._walk(node.second, _join(path, "then"), kinds)
            case Happened():
                yield from self._of_activity(node, path)
            case HasTag() | Always():
                pass
            case _:
                yield from [] if kinds is None else _of_field(node, path, kinds)

    def _of_activity(self, node: Happened, path: str) -> Iterator[Problem]:
        if node.where_ is not None and node.kind in self.activities:
            kinds = {**_ACTIVITY_KINDS, **self.activities[node.kind]}
            yield from self._walk(node.where_, _join(path, "where"), kinds)


def _join(path: str, step: str) -> str:
    return f"{path}.{step}" if path else step


def _of_field(
    leaf: Compare | Between | OneOf | TextPart | Known | Unknown | Dated, path: str, kinds: Kinds
) -> list[Problem]:
    asked = [leaf.field]
    if isinstance(leaf, Compare) and isinstance(leaf.value, FieldRef):
        asked.append(leaf.value.name)
    unknown = [field for field in asked if field not in kinds]
    if unknown:
        return [
            Problem(path, f"unknown field {field!r}: {did_you_mean(field, kinds)}")
            for field in unknown
        ]
    return [Problem(path, message) for message in _clashes(leaf, kinds)]


def _clashes(
    leaf: Compare | Between | OneOf | TextPart | Known | Unknown | Dated, kinds: Kinds
) -> list[str]:
    kind = kinds[leaf.field]
    about = f"{leaf.field} is a {kind} field"
    match leaf:
        case Compare(value=FieldRef(name=other)):
            if kinds[other] != kind:
                return [f"{about} and {other} a {kinds[other]} field; they never compare"]
            unordered = leaf.operator != "equals" and kind in ("text", "boolean")
            return [f"{about}, which has no order; use equals"] if unordered else []
        case Compare():
            return _against(about, kind, (leaf.value,))
        case Between():
            return _against(about, kind, (leaf.low,))
        case OneOf():
            return _against(about, kind, leaf.values)
        case TextPart():
            return [] if kind == "text" else [f"{about}; {leaf.operator} needs a text field"]
        case Dated():
            dated = kind in ("date", "datetime")
            return [] if dated else [f"{about}; {leaf.operator} needs a date or datetime field"]
        case Known() | Unknown():
            return []
        case _:
            assert_never(leaf)


def _against(about: str, kind: Kind, constants: tuple[Any, ...]) -> list[str]:
    return [
        f"{about} and {shown(constant)} is a {kind_of(constant)}; they never compare"
        for constant in constants
        if kind_of(constant) != kind
    ]

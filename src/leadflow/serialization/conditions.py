"""Conditions to and from plain data.

One table per condition, one operator per leaf::

    { field = "employees", between = [50, 1000] }
    { field = "price", at_most = { field = "budget" } }
    { tag = "vip" }
    { activity = "page_viewed", where = { page = "/pricing" }, within = "30 days", at_least = 2 }
    { first = { activity = "page_viewed" }, then = { activity = "demo_requested" }, within = "7 days" }
    { all = [...] }    { any = [...] }    { not = {...} }    { always = true }

``where`` is a condition on the activity's own data if it has one of the keys field, all, any, not
and always, else names and the values they equal. ``at_most = 0`` alone means never.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, assert_never

import attrs

from leadflow.conditions import (
    All,
    Always,
    AnyOf,
    Between,
    Compare,
    Condition,
    Constant,
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
from leadflow.conditions.constant import constant
from leadflow.conditions.node import COMPARISONS, NEARNESSES, PARTS, in_days
from leadflow.errors import did_you_mean
from leadflow.money import Money
from leadflow.serialization.problems import Place, Refused
from leadflow.serialization.shapes import (
    NAME,
    NUMBER_TYPES,
    SPAN,
    TEXT,
    TRUE,
    WHOLE,
    Definitions,
    ListOf,
    closed,
    every,
    iso_datetime,
    plain_number,
    table,
    tag_schemas,
    tagged,
)

_CONSTANT_TAGS = ("date", "datetime", "decimal", "money")
_BETWEEN = 2


@attrs.frozen
class _ConstantShape:
    """A constant: as `Value`, with ``{"money": "100.00 EUR"}``; numbers are exact, so untagged."""

    def read(self, place: Place, data: object) -> Constant:
        if isinstance(data, dict):
            value = tagged(place, data, _CONSTANT_TAGS)
        elif isinstance(data, (str, *NUMBER_TYPES, date, Money)):
            value = data
        else:
            place.expected("text, a number, true, false, a date or money", data)
        return place.build(lambda: constant("", value))

    def write(self, value: Constant, *, native: bool) -> Any:
        match value:
            case Money():
                return {"money": str(value)}
            case Decimal():
                return value if native else plain_number(value)
            case datetime():
                return value if native else {"datetime": iso_datetime(value)}
            case date():
                return value if native else {"date": value.isoformat()}
            case _:
                return value

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        plain = {"type": ["string", "number", "boolean"]}
        definitions["constant"] = {"anyOf": [plain, *tag_schemas(_CONSTANT_TAGS)]}
        return {"$ref": "#/$defs/constant"}


CONSTANT = _ConstantShape()
_CONSTANTS = ListOf(CONSTANT, "a list of values")
Read = Callable[[Place, str, Any], Condition]


def _compare(place: Place, field: str, operator: Any, data: object) -> Condition:
    if isinstance(data, dict) and "field" in data:
        value: Any = _field_ref(place, data)
    else:
        value = CONSTANT.read(place, data)
    return place.build(lambda: Compare(field, operator, value))


def _field_ref(place: Place, data: dict[Any, Any]) -> FieldRef:
    given = table(place, data)
    for key in given.keys() - {"field"}:
        place.unknown(key, ["field"])
    named = NAME.read(place.at("field"), given["field"])
    if len(given) > 1:
        raise Refused
    return FieldRef(named)


def _between(place: Place, field: str, data: object) -> Condition:
    if not isinstance(data, list | tuple) or len(data) != _BETWEEN:
        place.expected("two numbers", data)
    low, high = _CONSTANTS.read(place, data)
    return place.build(lambda: Between(field, low, high))


def _one_of(place: Place, field: str, data: object) -> Condition:
    values = _CONSTANTS.read(place, data)
    return place.build(lambda: OneOf(field, values))


def _text_part(place: Place, field: str, operator: Any, data: object) -> Condition:
    text = TEXT.read(place, data)
    return place.build(lambda: TextPart(field, operator, text))


def _dated(place: Place, field: str, operator: Any, data: object) -> Condition:
    span = SPAN.read(place, data)
    return place.build(lambda: Dated(field, operator, span))


def _known(place: Place, field: str, data: object) -> Condition:
    TRUE.read(place, data)
    return Known(field)


def _unknown(place: Place, field: str, data: object) -> Condition:
    TRUE.read(place, data)
    return Unknown(field)


def _with(reader: Callable[[Place, str, Any, Any], Condition], operator: str) -> Read:
    return lambda place, field, data: reader(place, field, operator, data)


_OPERATORS: Mapping[str, Read] = {
    **{operator: _with(_compare, operator) for operator in COMPARISONS},
    **{operator: _with(_text_part, operator) for operator in PARTS},
    **{operator: _with(_dated, operator) for operator in NEARNESSES},
    "between": _between,
    "one_of": _one_of,
    "is_known": _known,
    "is_unknown": _unknown,
}
_LEAF_KEYS = ("field", *_OPERATORS)
_DATA_HEADS = frozenset({"field", "all", "any", "not", "always"})
"""With one of these keys `where` is a condition; otherwise it is names and values."""


def _leaf(place: Place, given: dict[str, Any]) -> Condition:
    unknown = given.keys() - set(_LEAF_KEYS)
    operators = [key for key in _OPERATORS if key in given]
    for key in sorted(unknown):
        place.unknown(key, _LEAF_KEYS)
    if len(operators) != 1 and not unknown:
        listed = ", ".join(operators) or "none"
        hint = "join several with all = [...]" if operators else did_you_mean("", _OPERATORS)
        place.refuse(f"expected one operator, got {listed} ({hint})")
    if len(operators) != 1 or unknown:
        raise Refused
    return _asked(place, given, operators[0])


def _asked(place: Place, given: dict[str, Any], operator: str) -> Condition:
    """Read name and operand; problems of both are told, so the operand is read with any name."""
    try:
        field = NAME.read(place.at("field"), given["field"])
    except Refused:
        _OPERATORS[operator](place.at(operator), "field", given[operator])
        raise
    return _OPERATORS[operator](place.at(operator), field, given[operator])


def _has_tag(place: Place, given: dict[str, Any]) -> Condition:
    _only(place, given, ("tag",))
    return HasTag(NAME.read(place.at("tag"), given["tag"]))


def _always(place: Place, given: dict[str, Any]) -> Condition:
    _only(place, given, ("always",))
    TRUE.read(place.at("always"), given["always"])
    return Always()


def _only(place: Place, given: dict[str, Any], keys: Iterable[str]) -> None:
    unknown = given.keys() - set(keys)
    for key in sorted(unknown):
        place.unknown(key, keys)
    if unknown:
        raise Refused


def _several(key: str, make: Callable[[Iterable[Condition]], Condition]) -> _Head:
    conditions = ListOf(_ConditionShape(), "a list of conditions")

    def reader(place: Place, given: dict[str, Any]) -> Condition:
        found = conditions.read(place.at(key), given[key])
        _only(place, given, (key,))
        return place.at(key).build(lambda: make(found))

    return reader


def _not(place: Place, given: dict[str, Any]) -> Condition:
    inner = CONDITION.read(place.at("not"), given["not"])
    _only(place, given, ("not",))
    return place.build(lambda: Not(inner))


def _happened(place: Place, given: dict[str, Any]) -> Condition:
    readers: dict[str, Callable[[Place, Any], Any]] = {
        "activity": NAME.read,
        "where": _where,
        "within": _window,
        "at_least": WHOLE.read,
        "at_most": WHOLE.read,
    }
    found = _parts(place, given, readers)
    least, most = found.get("at_least"), found.get("at_most")
    if least is None:
        least = 0 if most == 0 else 1
    where, within = found.get("where"), found.get("within")
    return place.build(lambda: Happened(found["activity"], where, within, least, most), given)


def _parts(
    place: Place, given: dict[str, Any], readers: Mapping[str, Callable[[Place, Any], Any]]
) -> dict[str, Any]:
    """Read every key, and only then give up if one was bad or unknown."""
    unknown = given.keys() - readers.keys()
    for key in sorted(unknown):
        place.unknown(key, readers)
    keys = [key for key in given if key in readers]
    values = every((readers[key], place.at(key), given[key]) for key in keys)
    if unknown:
        raise Refused
    return dict(zip(keys, values, strict=True))


def _window(place: Place, data: object) -> Any:
    span = SPAN.read(place, data)
    return place.build(lambda: in_days("", span))


def _where(place: Place, data: object) -> Condition:
    given = table(place, data, WHERE.what)
    if given.keys() & _DATA_HEADS:
        return CONDITION.read(place, data)
    values = every((CONSTANT.read, place.at(key), inner) for key, inner in given.items())
    pairs = zip(given, values, strict=True)
    parts = [_named(place.at(key), key, value) for key, value in pairs]
    return parts[0] if len(parts) == 1 else place.build(lambda: All(parts))


def _named(place: Place, key: str, value: Constant) -> Condition:
    return place.build(lambda: Compare(key, "equals", value))


def _followed(place: Place, given: dict[str, Any]) -> Condition:
    found = _parts(place, given, {"first": _step, "then": _step, "within": _window})
    for key in ("first", "then"):
        if key not in found:
            place.at(key).refuse("expected an activity, but it is missing")
    within = found.get("within")
    return place.build(lambda: Followed(found["first"], found["then"], within), given)


def _step(place: Place, data: object) -> Happened:
    step = CONDITION.read(place, data)
    if not isinstance(step, Happened) or not step.is_plain:
        place.expected("an activity without at_least and at_most", data)
    return step


_Head = Callable[[Place, dict[str, Any]], Condition]


@attrs.frozen
class _ConditionShape:
    """A condition, told by the key it has."""

    what = "a condition"

    def read(self, place: Place, data: object) -> Condition:
        given = table(place, data, "a condition")
        heads = [key for key in _HEADS if key in given]
        if "then" in heads and "first" in heads:
            heads.remove("then")
        if len(heads) == 1:
            return _HEADS[heads[0]](place, given)
        if heads or not given:
            several = "one condition (join several with all = [...])"
            place.expected(several if heads else "one of " + ", ".join(_HEADS), data)
        for key in given:
            place.unknown(key, _HEADS)
        raise Refused

    def write(self, value: Condition, *, native: bool) -> dict[str, Any]:
        return _written(value, native=native)

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        if "condition" not in definitions:
            definitions["condition"] = {}
            definitions["condition"] = _described(definitions)
        return {"$ref": "#/$defs/condition"}


CONDITION = _ConditionShape()
_HEADS: Mapping[str, _Head] = {
    "field": _leaf,
    "tag": _has_tag,
    "activity": _happened,
    "first": _followed,
    "then": _followed,
    "all": _several("all", All),
    "any": _several("any", AnyOf),
    "not": _not,
    "always": _always,
}


def _written(node: Condition, *, native: bool) -> dict[str, Any]:
    match node:
        case All():
            return {"all": [_written(part, native=native) for part in node.conditions]}
        case AnyOf():
            return {"any": [_written(part, native=native) for part in node.conditions]}
        case Not():
            return {"not": _written(node.condition, native=native)}
        case Always():
            return {"always": True}
        case HasTag():
            return {"tag": node.tag}
        case Followed():
            written: dict[str, Any] = {"first": _written(node.first, native=native)}
            written["then"] = _written(node.second, native=native)
            return written | ({"within": str(node.within)} if node.within else {})
        case Happened():
            return _written_activity(node, native=native)
        case _:
            operator, operand = _operation(node, native=native)
            return {"field": node.field, operator: operand}


_Leaf = Compare | Between | OneOf | TextPart | Known | Unknown | Dated


def _operation(leaf: _Leaf, *, native: bool) -> tuple[str, Any]:
    match leaf:
        case Compare():
            return leaf.operator, _written_operand(leaf.value, native=native)
        case Between():
            return "between", _CONSTANTS.write((leaf.low, leaf.high), native=native)
        case OneOf():
            return "one_of", _CONSTANTS.write(leaf.values, native=native)
        case TextPart():
            return leaf.operator, leaf.text
        case Dated():
            return leaf.operator, str(leaf.span)
        case Known():
            return "is_known", True
        case Unknown():
            return "is_unknown", True
        case _:
            assert_never(leaf)


def _written_operand(value: Constant | FieldRef, *, native: bool) -> Any:
    if isinstance(value, FieldRef):
        return {"field": value.name}
    return CONSTANT.write(value, native=native)


def _written_activity(node: Happened, *, native: bool) -> dict[str, Any]:
    written: dict[str, Any] = {"activity": node.kind}
    if node.where_ is not None:
        written["where"] = _written_where(node.where_, native=native)
    if node.within_ is not None:
        written["within"] = str(node.within_)
    if node.at_least != (0 if node.at_most == 0 else 1):
        written["at_least"] = node.at_least
    if node.at_most is not None:
        written["at_most"] = node.at_most
    return written


def _written_where(node: Condition, *, native: bool) -> dict[str, Any]:
    """Write names and values if that reads back as the same condition."""
    parts = node.conditions if isinstance(node, All) and len(node.conditions) > 1 else (node,)
    short: dict[str, Any] = {}
    for part in parts:
        match part:
            case Compare(operator="equals", value=value, field=field) if not (
                isinstance(value, FieldRef) or field in short or field in _DATA_HEADS
            ):
                short[field] = CONSTANT.write(value, native=native)
            case _:
                return _written(node, native=native)
    return short


@attrs.frozen
class WhereShape:
    """A condition on an event's own data, or names and the values they equal."""

    what = "a condition, or names and the values they equal"

    def read(self, place: Place, data: object) -> Condition:
        """Read either; problems of a condition keep their places."""
        return _where(place, data)

    def write(self, value: Condition, *, native: bool) -> dict[str, Any]:
        """Write names and values if that reads back as the same condition."""
        return _written_where(value, native=native)

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """Describe both."""
        return {"anyOf": [CONDITION.schema(definitions), _short(definitions)]}


WHERE = WhereShape()


def _short(definitions: Definitions) -> dict[str, Any]:
    value = CONSTANT.schema(definitions)
    names = {"not": {"enum": sorted(_DATA_HEADS)}}
    return {
        "type": "object", "minProperties": 1, "additionalProperties": value, "propertyNames": names,
    }  # fmt: skip


def _described(definitions: Definitions) -> dict[str, Any]:
    itself, span = {"$ref": "#/$defs/condition"}, SPAN.schema(definitions)
    value = CONSTANT.schema(definitions)
    name, count = NAME.schema(definitions), {"type": "integer", "minimum": 0}
    several = {"type": "array", "items": itself, "minItems": 1}
    activity = {"activity": name, "where": WHERE.schema(definitions), "within": span}
    leaves = [
        closed({"field": name, operator: operand}, ["field", operator])
        for operator, operand in _operands(name, value, span).items()
    ]
    others = [
        closed({"tag": name}, ["tag"]),
        closed(activity | {"at_least": count, "at_most": count}, ["activity"]),
        closed({"first": itself, "then": itself, "within": span}, ["first", "then"]),
        *(closed({key: several}, [key]) for key in ("all", "any")),
        closed({"not": itself}, ["not"]),
        closed({"always": {"const": True}}, ["always"]),
    ]
    return {"oneOf": [*leaves, *others]}


def _operands(name: Any, value: Any, span: Any) -> dict[str, Any]:
    other = {"anyOf": [value, closed({"field": name}, ["field"])]}
    pair = {"type": "array", "items": value, "minItems": 2, "maxItems": 2}
    return {
        **dict.fromkeys(COMPARISONS, other),
        **{part: {"type": "string", "minLength": 1} for part in PARTS},
        **dict.fromkeys(NEARNESSES, span),
        "between": pair,
        "one_of": {"type": "array", "items": value, "minItems": 1},
        "is_known": {"const": True},
        "is_unknown": {"const": True},
    }

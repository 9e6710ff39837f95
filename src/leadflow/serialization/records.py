"""Records: the plain form of an attrs class, derived from its fields and their checks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import attrs

from leadflow.money import Money
from leadflow.scoring.rule import POINTS as OF_POINTS
from leadflow.serialization.problems import Place
from leadflow.serialization.shapes import (
    DATE,
    DAY_OR_INSTANT,
    FLAG,
    INSTANT,
    MONEY,
    NAME,
    POINTS,
    SHARE,
    SPAN,
    TEXT,
    TIME_ZONE,
    WHOLE,
    Key,
    ListOf,
    Made,
    NoneAs,
    Optional,
    Record,
    Shape,
    Word,
    same,
)
from leadflow.span import Span
from leadflow.values import NAME as OF_NAME
from leadflow.values import NAMES as OF_NAMES
from leadflow.values import TIME_ZONE as OF_TIME_ZONE

_BY_TYPE: dict[tuple[Any, ...], Shape] = {
    (datetime,): INSTANT,
    (date,): DATE,
    (date, datetime): DAY_OR_INSTANT,
    (bool,): FLAG,
    (int,): WHOLE,
    (float,): SHARE,
    (str,): TEXT,
    (Money,): MONEY,
    (Span,): SPAN,
    (tuple[int, ...],): ListOf(WHOLE),
    (tuple[str, ...],): ListOf(TEXT),
}
_BY_CHECK: tuple[tuple[Mapping[str, Any], Shape], ...] = (
    (OF_NAME, NAME),
    (OF_POINTS, POINTS),
    (OF_TIME_ZONE, TIME_ZONE),
    (OF_NAMES, ListOf(NAME)),
)


def snake(kind: type) -> str:
    """Write a class's name as a tag.

    >>> from leadflow.events import StageChange
    >>> snake(StageChange)
    'stage_change'
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower()


def record(
    kind: type,
    shapes: Mapping[str, Shape] | None = None,
    *,
    always: tuple[str, ...] = (),
    salvage: Callable[[Place, dict[str, Any]], None] | None = None,
) -> Record:
    """Derive the record of an attrs class.

    `shapes` says what stands in fields whose types do not tell; `always` names the fields that are
    written though they hold their defaults.
    """
    hints = get_type_hints(kind)
    keys = {
        field.name.rstrip("_"): _key(field, hints[field.name], shapes or {}, field.name in always)
        for field in attrs.fields(kind)
    }
    return Record(snake(kind), keys, kind, salvage)


def each_checked(kind: type, **shapes: Shape) -> dict[str, Shape]:
    """Check values by themselves, as their class will, so that one does not hide another."""
    checks = {key: attrs.fields_dict(kind)[key].metadata["check"] for key in shapes}
    return {key: Made(shape, partial(checks[key], ""), same) for key, shape in shapes.items()}


def converter_of(kind: type, key: str) -> Callable[[Any], Any]:
    """Find what checks the values of a field of a class, where that is its converter."""
    found: Any = attrs.fields_dict(kind)[key].converter
    check: Callable[[Any], Any] = found
    return check


def _key(field: attrs.Attribute[Any], hint: Any, shapes: Mapping[str, Shape], shown: bool) -> Key:  # noqa: FBT001
    members = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    bare = tuple(member for member in members if member is not NoneType)
    shape = shapes.get(field.name) or _shape(field, bare)
    required = field.default is attrs.NOTHING
    return Key(
        field.name,
        Optional(shape) if NoneType in members and not isinstance(shape, NoneAs) else shape,
        required=required,
        is_default=_never if shown else _default_test(field),
    )


def _never(_: Any, __: Any) -> bool:
    return False


def _default_test(field: attrs.Attribute[Any]) -> Callable[[Any, Any], bool]:
    default: Any = field.default
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        make = default.factory if default.takes_self else lambda _: default.factory()
        return lambda owner, value: bool(value == make(owner))
    return lambda _, value: bool(value == default)


def _shape(field: attrs.Attribute[Any], members: tuple[Any, ...]) -> Shape:
    check = field.metadata.get("check")
    for known, shape in _BY_CHECK:
        if check is not None and known["check"] is check:
            return shape
    if all(get_origin(member) is Literal for member in members):
        return Word(tuple(word for member in members for word in get_args(member)))
    return _BY_TYPE[members]

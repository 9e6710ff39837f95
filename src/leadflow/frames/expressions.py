"""The one place that turns a condition into an expression over the columns of a dataframe.

Of an unknown value every leaf is False, as it is lead by lead: under a "not" it is made so at once,
elsewhere a null counts as False, for `when` and filters take it so.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from math import ceil, floor
from typing import Any, TypeAlias, TypeVar, assert_never

import attrs
import narwhals.stable.v2 as nw

from leadflow.conditions import (
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
from leadflow.conditions.constant import kind_of
from leadflow.conditions.matching import earliest, fields_of, latest
from leadflow.errors import EngineRefused, MissingColumn, WrongColumn, printable, shown
from leadflow.frames.columns import RESET, Column, Columns
from leadflow.limits import DEFAULT_LIMITS
from leadflow.money import Money

Leaf: TypeAlias = Compare | Between | OneOf | TextPart | Known | Unknown | Dated
Test: TypeAlias = Callable[[Any, Any], Any]
T = TypeVar("T")
_WIDEST = 64
"""Parts of one flat "all" or "any"; more of them are put into levels, for engines copy and recurse."""
_FEW = 6
"""Values that are compared one by one; engines look more of them up faster in a list."""
_ORDERS: dict[str, Test] = {
    "equals": operator.eq,
    "at_least": operator.ge,
    "at_most": operator.le,
    "more_than": operator.gt,
    "less_than": operator.lt,
}
_MOST = 2**63 - 1


@attrs.frozen
class Asker:
    """Builds expressions over some columns on a day; `behaviour` answers what asks activities."""

    columns: Columns
    today: date
    behaviour: Callable[[Happened | Followed], nw.Expr]

    def sure(self, condition: Condition) -> nw.Expr:
        """Turn a condition into an expression that is True or False in every row."""
        return self.ask(condition).fill_null(value=False)

    def ask(self, condition: Condition) -> nw.Expr:
        """Turn a condition into an expression that is True where it holds, else False or null."""
        match condition:
            case All():
                return every([self.ask(part) for part in condition.conditions])
            case AnyOf():
                return some([self.ask(part) for part in _gathered(condition.conditions)])
            case Not():
                return ~self.sure(condition.condition)
            case Always():
                return self.columns.always
            case HasTag():
                return _tagged(self.columns["tags"], condition.tag)
            case Happened() | Followed():
                return self.behaviour(condition)
            case _:
                return self._about_field(condition)

    def _about_field(self, leaf: Leaf) -> nw.Expr:
        if leaf.field == "deal_value" and self.columns.holds_money:
            return _about_money(leaf, self.columns)
        if self.columns.holds_money:
            self._check_field(leaf)
        column = self.columns[leaf.field]
        if column.sort == "nothing":
            self._other(leaf)
            return self.columns.always if isinstance(leaf, Unknown) else column.never
        match leaf:
            case Compare(value=FieldRef()):
                other = self._other(leaf)
                return column.never if other is None else _two(column, leaf.operator, other)
            case Known():
                return column.is_known
            case Unknown():
                return ~column.is_known
            case Dated():
                return _dated(column, leaf, self.today)
            case Compare() | Between() | OneOf() | TextPart():
                return _against(column, leaf)
            case _:
                assert_never(leaf)

    def _check_field(self, leaf: Leaf) -> None:
        """Refuse a question about a column that is no field of a lead."""
        for name in fields_of(leaf) & _NO_FIELDS.keys():
            expected = f"no question of its own, as asked by: {printable(str(leaf), 200)}"
            raise self.columns[name].wrong(expected, _NO_FIELDS[name])

    def _other(self, leaf: Leaf) -> Column | None:
        """Return the column that a leaf compares with; None if it holds nothing but nulls."""
        if not (isinstance(leaf, Compare) and isinstance(leaf.value, FieldRef)):
            return None
        if leaf.value.name == "deal_value" and self.columns.holds_money:
            raise self.columns["deal_value"].wrong(f"money is compared with money only: {leaf}")
        other = self.columns[leaf.value.name]
        return None if other.sort == "nothing" else other


@contextmanager
def asked_by(rule: str) -> Iterator[None]:
    """Name the rule in what is raised about a column, unless it is named already."""
    try:
        yield
    except (MissingColumn, WrongColumn, EngineRefused) as error:
        raise attrs.evolve(error, rule=error.rule or rule) from None


def every(parts: Sequence[nw.Expr]) -> nw.Expr:
    """Join expressions by "and", without depth."""
    return _levels(parts, lambda few: nw.all_horizontal(*few, ignore_nulls=False))


def some(parts: Sequence[nw.Expr]) -> nw.Expr:
    """Join expressions by "or", without depth."""
    return _levels(parts, lambda few: nw.any_horizontal(*few, ignore_nulls=False))


def _levels(parts: Sequence[nw.Expr], join: Callable[[Sequence[nw.Expr]], nw.Expr]) -> nw.Expr:
    while len(parts) > 1:
        parts = [join(parts[at : at + _WIDEST]) for at in range(0, len(parts), _WIDEST)]
    return parts[0]


def added(parts: Sequence[nw.Expr]) -> nw.Expr:
    """Add up expressions."""
    return balanced(parts, operator.add)


def balanced(parts: Sequence[T], join: Callable[[T, T], T]) -> T:
    """Join parts as a balanced tree: a chain of thousands overflows an engine's stack."""
    while len(parts) > 1:
        pairs = [parts[at : at + 2] for at in range(0, len(parts), 2)]
        parts = [reduce(join, pair) for pair in pairs]
    return parts[0]


def stepped(falling: Sequence[Any], asked: nw.Expr, values: Sequence[nw.Expr]) -> nw.Expr:
    """Choose the value of the first of the falling bounds that is reached, by halving.

    There is one value more than bounds, for what reaches none.
    """
    if not falling:
        return values[0]
    middle = len(falling) // 2
    above = stepped(falling[:middle], asked, values)
    below = stepped(falling[middle + 1 :], asked, values[middle + 1 :])
    return nw.when(asked >= falling[middle]).then(above).otherwise(below)


def _gathered(parts: Iterable[Condition]) -> list[Condition]:
    """Put alternatives that ask one field for a value into one list of values."""
    kept: list[Condition] = []
    asked: dict[tuple[str, str], dict[Any, None]] = {}
    for part in parts:
        values: tuple[Any, ...] = ()
        if isinstance(part, OneOf):
            values = part.values
        elif isinstance(part, Compare) and part.operator == "equals":
            values = () if isinstance(part.value, FieldRef) else (part.value,)
        if values and len({kind_of(value) for value in values}) == 1:
            place = (part.field, kind_of(values[0]))  # type: ignore[union-attr]
            asked.setdefault(place, {}).update(dict.fromkeys(values))
        else:
            kept.append(part)
    return kept + [few for (field, _), values in asked.items() for few in _few(field, [*values])]


def _few(field: str, values: Sequence[Any]) -> list[OneOf]:
    """Make lists of values that are no longer than a list may be."""
    most = DEFAULT_LIMITS.choices
    return [OneOf(field, tuple(values[at : at + most])) for at in range(0, len(values), most)]


def _tagged(column: Column, tag: str) -> nw.Expr:
    if column.sort == "nothing":
        return column.never
    if column.sort != "texts":
        raise column.wrong("lists of text, one list of tags per lead", "split the text into lists")
    if _is_empty(column):
        return column.never
    return nw.col(column.name).list.contains(tag)


def _is_empty(column: Column) -> bool:
    return bool(column.dtype.inner == nw.Unknown)


def _against(column: Column, leaf: Compare | Between | OneOf | TextPart) -> nw.Expr:
    """Compare a column with constants of its own kind; other kinds are refused before it runs."""
    for value in _constants(leaf):
        if kind_of(value) != column.kind:
            kind = kind_of(value)
            raise column.wrong(f"{kind}, as asked by: {printable(str(leaf), 200)}", _hint(kind))
    match leaf:
        case Compare():
            return _test(column, leaf.operator, leaf.value)
        case Between():
            return _between(column, leaf.low, leaf.high)
        case OneOf():
            return one_of(column, leaf.values)
        case TextPart():
            return _text_part(column, leaf)
        case _:
            assert_never(leaf)


def _hint(kind: str) -> str:
    if kind == "money":
        return "only deal_value holds Money"
    return "cast the column or write the condition for what it holds"


def _constants(leaf: Compare | Between | OneOf | TextPart) -> tuple[Any, ...]:
    match leaf:
        case Compare():
            return (leaf.value,)
        case Between():
            return (leaf.low, leaf.high)
        case OneOf():
            return leaf.values
        case TextPart():
            return (leaf.text,)
        case _:
            assert_never(leaf)


def _between(column: Column, low: Any, high: Any) -> nw.Expr:
    if column.sort == "integer":
        low, high = ceil(Fraction(low)), floor(Fraction(high))
    elif column.sort == "float":
        low, high = float(low), float(high)
    if column.sort == "decimal" or (column.sort == "integer" and max(-low, high) > _MOST):
        return every([_test(column, "at_least", low), _test(column, "at_most", high)])
    return column.read.is_between(column.constant(low), column.constant(high))


def _test(column: Column, word: str, value: Any) -> nw.Expr:
    if column.kind == "number":
        return numbers(column, word, Fraction(value))
    return _ORDERS[word](column.read, column.constant(value))  # type: ignore[no-any-return]


def numbers(column: Column, word: str, bound: Fraction) -> nw.Expr:
    """Compare a column of numbers with an exact bound: floats as floats, all others exactly.

    A bound that the column has no room for is moved to the next number that it has: of whole
    numbers ``>= 0.1`` is ``>= 1``.
    """
    if column.sort == "float":
        return _ORDERS[word](column.read, float(bound))  # type: ignore[no-any-return]
    scaled = bound * 10**column.scale
    is_whole = scaled.denominator == 1
    if word == "equals" and not is_whole:
        return column.never
    number = ceil(scaled) if word in ("at_least", "less_than") else floor(scaled)
    most = _MOST if column.sort == "integer" else 10**column.precision - 1
    if abs(number) > most:
        return _outside(column, word, above=number > 0)
    return _ORDERS[word](column.read, _placed(column, number))  # type: ignore[no-any-return]


def _outside(column: Column, word: str, *, above: bool) -> nw.Expr:
    """Compare with a bound above, or below, everything that the column has room for."""
    if word == "equals" or above == (word in ("at_least", "more_than")):
        return column.never
    return column.is_known


def _placed(column: Column, number: int) -> Any:
    if column.sort == "integer":
        return number
    digits = tuple(int(digit) for digit in str(abs(number)))
    return Decimal((int(number < 0), digits, -column.scale))


def one_of(column: Column, values: tuple[Any, ...]) -> nw.Expr:
    """Ask for one of some values, all of the column's kind."""
    if column.sort not in ("text", "float", "integer") or len(values) <= _FEW:
        return some([_test(column, "equals", value) for value in values])
    if column.sort == "integer":
        values = tuple(int(value) for value in values if value == int(value))
    elif column.sort == "float":
        values = tuple(float(value) for value in values)
    return column.read.is_in(list(values)) if values else column.never


def _text_part(column: Column, leaf: TextPart) -> nw.Expr:
    read = column.read
    match leaf.operator:
        case "contains":
            found = read.str.contains(leaf.text, literal=True)
        case "starts_with":
            found = read.str.starts_with(leaf.text)
        case "ends_with":
            found = read.str.ends_with(leaf.text)
        case _:
            assert_never(leaf.operator)
    return found


def _dated(column: Column, leaf: Dated, today: date) -> nw.Expr:
    if column.kind not in ("date", "datetime"):
        raise column.wrong(f"dates or datetimes, as asked by: {printable(str(leaf), 200)}")
    day, write = column.day, column.constant
    if leaf.operator == "in_next":
        near = every([day >= write(today), day <= write(latest(leaf.span, today))])
    elif leaf.operator == "in_last":
        near = every([day >= write(earliest(leaf.span, today)), day <= write(today)])
    else:
        near = day < write(earliest(leaf.span, today))
    return near


def _two(column: Column, word: str, other: Column) -> nw.Expr:
    if column.kind is None or column.kind != other.kind:
        raise column.wrong(f"what {other.name!r} holds: {other.sort} ({other.dtype})")
    if word != "equals" and column.kind in ("text", "boolean"):
        raise column.wrong(f"something that has an order, for {shown(word)}")
    if column.kind == "number":
        return _ORDERS[word](*_two_numbers(column, other))  # type: ignore[no-any-return]
    return _ORDERS[word](column.read, other.read)  # type: ignore[no-any-return]


def _two_numbers(column: Column, other: Column) -> tuple[nw.Expr, nw.Expr]:
    sorts = {column.sort, other.sort}
    if "float" in sorts:
        return column.real, other.real
    if "decimal" in sorts:
        roomy = nw.Decimal(38, max(column.scale, other.scale))
        return column.read.cast(roomy), other.read.cast(roomy)
    return column.read, other.read


def _about_money(leaf: Leaf, columns: Columns) -> nw.Expr:
    amount, currency = columns["deal_value"], columns["deal_value_currency"]
    known = every([amount.is_known, currency.is_known])
    match leaf:
        case Known():
            return known
        case Unknown():
            return ~known
        case Compare(value=FieldRef(name="deal_value")):
            return known if leaf.operator in ("equals", "at_least", "at_most") else amount.never
        case Compare(value=Money() as value):
            return money(amount, currency, leaf.operator, value)
        case Between(low=Money() as low, high=Money() as high):
            least = money(amount, currency, "at_least", low)
            return every([least, money(amount, currency, "at_most", high)])
        case OneOf() if all(isinstance(value, Money) for value in leaf.values):
            return some([money(amount, currency, "equals", v) for v in leaf.values])  # type: ignore[arg-type]
        case _:
            raise amount.wrong(
                f"a number that is no money, as asked by: {printable(str(leaf), 200)}", _MONEY
            )


_MONEY = "deal_value is an amount in deal_value_currency; compare it with Money(...)"
_NO_FIELDS = {
    "deal_value_currency": _MONEY,
    RESET: "scoring leaves out the activities up to it; conditions do not read it",
}


def money(amount: Column, currency: Column, word: str, value: Money) -> nw.Expr:
    """Compare the amounts in a currency with one of that currency."""
    if "nothing" in (amount.sort, currency.sort):
        return amount.never
    of_currency = currency.read == value.currency
    return every([of_currency, numbers(amount, word, Fraction(value.amount))])

"""The plain form of strategies: a word where there is nothing more to say, else a table of one key.

Closed: those of `leadflow.routing`. A host's own strategy is Python, and has no plain form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import attrs

from leadflow.errors import InvalidValue, did_you_mean, shown
from leadflow.money import Money
from leadflow.routing import (
    Band,
    ByBand,
    ByScore,
    ByTerritory,
    EvenValue,
    FirstOf,
    InTurn,
    KeepOwner,
    LeastLoaded,
    LeastRecent,
    Seeded,
    Strategy,
    Weighted,
    WinRates,
)
from leadflow.serialization.forms import RATES
from leadflow.serialization.problems import Place
from leadflow.serialization.records import each_checked, record, snake
from leadflow.serialization.shapes import (
    MONEY,
    NAME,
    NUMBER_TYPES,
    WHOLE,
    Definitions,
    ListOf,
    Made,
    MapOf,
    Number,
    PairOf,
    Record,
    Shape,
    Variant,
    closed,
)


@attrs.frozen
class _DigitsShape(Number):
    """An exact number that keeps its digits in TOML too: 70 is not 70.0, which reasons would show."""

    def write(self, value: Decimal, *, native: bool) -> Any:
        """Write a whole number as one."""
        plain = super().write(value, native=False)
        return value if native and not isinstance(plain, int) else plain


_DIGITS = _DigitsShape()


@attrs.frozen
class _BoundShape:
    """The bound of a band: a number, or an amount with its currency."""

    what = "a number, or an amount such as '100.00 EUR'"

    def read(self, place: Place, data: object) -> Decimal | Money:
        """Read either."""
        if isinstance(data, str | Money):
            amount: Money = MONEY.read(place, data)
            return amount
        if isinstance(data, bool) or not isinstance(data, (dict, *NUMBER_TYPES)):
            place.expected(self.what, data)
        return _DIGITS.read(place, data)

    def write(self, value: Decimal | Money, *, native: bool) -> Any:
        """Write either."""
        shape: Shape = MONEY if isinstance(value, Money) else _DIGITS
        return shape.write(value, native=native)

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """Describe both."""
        return {"anyOf": [_DIGITS.schema(definitions), MONEY.schema(definitions)]}


@attrs.frozen
class StrategyShape:
    """A strategy: ``"in_turn"``, or ``{ by_band = { field = "employees", bands = [...] } }``.

    The word alone stands for the strategy with its defaults, where it has defaults for everything.
    """

    what = "a strategy"

    def read(self, place: Place, data: object) -> Strategy:
        """Read the word, or the table of one key."""
        if isinstance(data, str):
            return _of_word(place, data)
        strategy: Strategy = _VARIANT.read(place, data)
        [(word, inner)] = data.items()  # type: ignore[attr-defined]  # the variant took a table
        if inner == {}:
            place.expected(f'"{word}" alone, for it has no options', data)
        return strategy

    def write(self, value: Strategy, *, native: bool) -> Any:
        """Write the word where all is as usual."""
        check_plain("strategy", value)
        written = _VARIANT.write(value, native=native)
        [(word, options)] = written.items()
        return written if options else word

    def schema(self, definitions: Definitions) -> dict[str, Any]:
        """Describe the words, and each table."""
        if "strategy" not in definitions:
            definitions["strategy"] = {}
            tables = [
                closed({word: _options_schema(word, definitions)}, [word]) for word in _SHAPES
            ]
            definitions["strategy"] = {"oneOf": [{"enum": list(_WORDS)}, *tables]}
        return {"$ref": "#/$defs/strategy"}


STRATEGY = StrategyShape()
_PLACES = ListOf(NAME, "a list of values of the field")
_TALLY = PairOf("two numbers: the deals won, and all closed", WHOLE, WHOLE)
_SEGMENTS = MapOf(_TALLY, check=lambda pair: WinRates({"rep": pair}))
BAND = record(
    Band,
    {
        "at_least": _BoundShape(),
        "under": _BoundShape(),
        **each_checked(Band, to=ListOf(NAME, "a list of reps' ids")),
    },
)
WIN_RATES = record(
    WinRates,
    {"counts": MapOf(_SEGMENTS, check=WinRates), **each_checked(WinRates, prior=WHOLE)},
)
_FIRST_OF = Made(
    ListOf(STRATEGY, "a list of strategies"),
    lambda strategies: FirstOf(*strategies),
    lambda first: first.strategies,
)
_FIELDS: Mapping[type, Mapping[str, Shape]] = {
    InTurn: {},
    LeastRecent: {},
    Weighted: {},
    LeastLoaded: {},
    EvenValue: {"rates": RATES},
    ByTerritory: {"territories": MapOf(_PLACES), "then": STRATEGY},
    ByBand: {"bands": ListOf(BAND, "a list of bands"), "then": STRATEGY, "rates": RATES},
    ByScore: {
        "win_rates": WIN_RATES,
        "then": STRATEGY,
        **each_checked(ByScore, cuts=ListOf(_DIGITS, "a list of numbers")),
    },
    KeepOwner: {},
    Seeded: {},
}
_RECORDS = {snake(kind): record(kind, shapes) for kind, shapes in _FIELDS.items()}
_SHAPES: Mapping[str, Shape] = {**_RECORDS, snake(FirstOf): _FIRST_OF}
_WORDS = {
    word: shape
    for word, shape in _RECORDS.items()
    if not any(key.required for key in shape.keys.values())
}
"""The strategies that a word alone can stand for."""
_VARIANT = Variant(StrategyShape.what, _SHAPES, lambda strategy: snake(type(strategy)))
STRATEGIES = (*_FIELDS, FirstOf)
"""The strategies that have a plain form."""


def _of_word(place: Place, word: str) -> Strategy:
    if word not in _SHAPES:
        place.expected("one of " + ", ".join(_SHAPES), word, did_you_mean(word, _SHAPES))
    if word not in _WORDS:
        place.expected(f"a table such as {{ {word} = {_needed(word)} }}", word)
    strategy: Strategy = _WORDS[word].read(place, {})
    return strategy


def _needed(word: str) -> str:
    """Show what a strategy cannot do without."""
    shape = _SHAPES[word]
    if not isinstance(shape, Record):
        return "[...]"
    keys = ", ".join(f"{key} = ..." for key, known in shape.keys.items() if known.required)
    return f"{{ {keys} }}"


def _options_schema(word: str, definitions: Definitions) -> dict[str, Any]:
    described = _SHAPES[word].schema(definitions)
    return described | {"minProperties": 1} if word in _WORDS else described


def check_plain(where: str, strategy: Strategy) -> None:
    """Refuse a strategy that has no plain form, or asks one that has none; raises `InvalidValue`."""
    if type(strategy) not in STRATEGIES:
        known = ", ".join(kind.__name__ for kind in STRATEGIES)
        hint = "a strategy of your own is Python, and has no plain form"
        raise InvalidValue(where, shown(strategy), f"one of {known}", hint)
    for path, one in _inside(where, strategy):
        check_plain(path, one)


def _inside(path: str, strategy: Strategy) -> Iterator[tuple[str, Strategy]]:
    """Yield the strategies that one asks in turn, each with its path."""
    match strategy:
        case FirstOf():
            for place, part in enumerate(strategy.strategies):
                yield f"{path}.first_of[{place}]", part
        case ByTerritory() | ByBand() | ByScore():
            yield f"{path}.{snake(type(strategy))}.then", strategy.then
        case _:
            pass

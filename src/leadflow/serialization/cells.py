"""What stands in one cell: text, a number, a boolean, a date, a datetime, money or tags.

Nothing is guessed. A cell that could mean two things is refused, and the refusal says what to tell.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

import attrs

from leadflow.errors import InvalidValue, shown
from leadflow.money import CURRENCIES, Money
from leadflow.serialization.dates import date_reader, datetime_reader

Kind: TypeAlias = Literal["text", "number", "boolean", "date", "datetime", "money"]
"""What a column may be told to hold."""
Reading: TypeAlias = Literal[
    "text", "label", "number", "boolean", "date", "datetime", "money", "amount", "tags"
]
"""How a cell is read: a label is text that a whole number may stand for."""

_NUMBER_LENGTH = 100
_SUFFIXES = {"K": 3, "M": 6}
_SYMBOLS = {
    "€": "EUR",
    "£": "GBP",
    "₹": "INR",
    "₩": "KRW",
    "₪": "ILS",
    "₺": "TRY",
    "₴": "UAH",
    "₽": "RUB",
    "zł": "PLN",
    "Kč": "CZK",
    "Ft": "HUF",
    "R$": "BRL",
    "$": "USD AUD CAD NZD SGD HKD MXN ARS CLP COP",
    "¥": "JPY CNY",
    "kr": "SEK NOK DKK ISK",
}
_MONEY = re.compile(
    r"(?P<minus>[+-]?)(?P<before>[^0-9+\-\s.,]*)\s*(?P<number>[+-]?[0-9.,].*?)"
    r"(?P<suffix>(?:\s*[KkMm](?![^\W\d_]))?)(?P<after>(?:\s*[^0-9+\-\s.,]+)?)"
)


@attrs.frozen
class Notation:
    """How the values of a column are written."""

    unknown: tuple[str, ...] = ()
    decimal: str = "."
    thousands: str = ""
    suffixes: bool = False
    dates: tuple[str, ...] = ("iso",)
    time_zone: str | None = None
    currency: str | None = None
    true: tuple[str, ...] = ("true", "yes", "1")
    false: tuple[str, ...] = ("false", "no", "0")
    separator: str = ";"


def clean(text: str) -> str:
    r"""Strip a text of space at its ends, byte-order marks included, and bring it to NFC.

    >>> clean("\ufeff\u00a0Zoe\u0308 ")
    'Zoë'
    """
    if text.isascii():
        return text.strip()
    return unicodedata.normalize("NFC", text.replace("\ufeff", "")).strip()


@lru_cache(maxsize=1_024)
def cell_reader(reading: Reading, notation: Notation) -> Callable[[object], Any]:
    """Build what reads the cells of a column: unknown comes out as None.

    Text is cleaned first (`clean`). What JSON or Parquet brings as a number, a boolean, a date or a
    datetime keeps its type; a datetime without a zone is in that of the notation, or else in UTC.
    Raises `InvalidValue` for a cell that cannot be read.

    >>> cell_reader("number", Notation(decimal=",", thousands="."))("1.234,5")
    Decimal('1234.5')
    """
    from_text = _TEXT_READERS[reading](notation)
    from_plain = _PLAIN_READERS[reading](notation)
    unknown = frozenset({"", *notation.unknown})

    def read(cell: object) -> Any:
        if isinstance(cell, str):
            text = clean(cell)
            return None if text in unknown else from_text(text)
        return None if cell is None else from_plain(cell)

    return read


def _keep(_: Notation) -> Callable[[str], str]:
    return lambda text: text


def _refusal(cell: object, expected: str, hint: str = "") -> InvalidValue:
    return InvalidValue("cell", shown(cell), expected, hint)


def _number_pattern(notation: Notation) -> re.Pattern[str]:
    part = r"\s" if notation.thousands.isspace() else re.escape(notation.thousands)
    grouped = rf"[0-9]{{1,3}}(?:{part}[0-9]{{3}})+|" if notation.thousands else ""
    point = re.escape(notation.decimal)
    return re.compile(
        rf"(?P<sign>[+-]?)(?P<whole>{grouped}[0-9]+)?"
        rf"(?:{point}(?P<places>[0-9]*))?(?:[eE](?P<power>[+-]?[0-9]{{1,3}}))?"
    )


def _number(notation: Notation) -> Callable[[str], int | Decimal]:
    pattern = _number_pattern(notation)

    def read(text: str) -> int | Decimal:
        match = pattern.fullmatch(text) if len(text) <= _NUMBER_LENGTH else None
        if match is None or not (match["whole"] or match["places"]):
            raise _no_number(text, notation)
        whole = "".join(filter(str.isdigit, match["whole"] or "0"))
        if match["places"] is None and match["power"] is None:
            return int(match["sign"] + whole)
        return Decimal(f"{match['sign']}{whole}.{match['places'] or '0'}e{match['power'] or 0}")

    return read


def _no_number(text: str, notation: Notation) -> InvalidValue:
    if len(text) > _NUMBER_LENGTH:
        return _refusal(f"{len(text):,} characters", "a number")
    told = f'decimal = "{notation.decimal}"'
    told += f' and thousands = "{notation.thousands}"' if notation.thousands else ""
    hint = ""
    marks = [mark for mark in ",.'’ " if mark in text and mark != notation.decimal]
    if marks and marks[0] != notation.thousands and text.upper() == text.lower():
        hint = f'tell what "{marks[0]}" stands for with thousands = or decimal ='
    return _refusal(text, f"a number with {told}", hint)


def _boolean(notation: Notation) -> Callable[[str], bool]:
    words = {word.casefold(): False for word in notation.false}
    words |= {word.casefold(): True for word in notation.true}

    def read(text: str) -> bool:
        if text.casefold() not in words:
            listed = f"{', '.join(notation.true)} for true, {', '.join(notation.false)} for false"
            raise _refusal(text, listed, "tell others with true = [...] and false = [...]")
        return words[text.casefold()]

    return read


def _date(notation: Notation) -> Callable[[str], date]:
    return date_reader(notation.dates)


def _datetime(notation: Notation) -> Callable[[str], datetime]:
    return datetime_reader(notation.dates, notation.time_zone)


def _money(notation: Notation) -> Callable[[str], Money]:
    number = _number(notation)

    def read(text: str) -> Money:
        match = _MONEY.fullmatch(text) if len(text) <= _NUMBER_LENGTH else None
        if match is None:
            raise _refusal(text, "an amount of money such as 1250.50 EUR")
        marks = [mark for mark in (match["before"], match["after"].strip()) if mark]
        amount = number(match["minus"] + match["number"].rstrip())
        if match["suffix"]:
            amount = _multiplied(text, amount, match["suffix"].strip(), notation)
        return Money(amount, _currency(text, marks, notation))

    return read


def _multiplied(text: str, amount: int | Decimal, suffix: str, notation: Notation) -> Decimal:
    """Multiply exactly, by moving the exponent: no decimal context has a say."""
    if not notation.suffixes:
        hint = f"tell that {suffix} counts with suffixes = true"
        raise _refusal(text, "an amount without a suffix", hint)
    sign, digits, exponent = Decimal(amount).as_tuple()
    return Decimal((sign, digits, int(exponent) + _SUFFIXES[suffix.upper()]))


def _currency(text: str, marks: list[str], notation: Notation) -> str:
    found = {_code(text, mark, notation) for mark in marks}
    if not found and notation.currency:
        return notation.currency
    if len(found) != 1:
        hint = 'tell it with currency = "EUR"'
        raise _refusal(text, "an amount with one currency", "" if found else hint)
    return found.pop()


def _code(text: str, mark: str, notation: Notation) -> str:
    if mark in CURRENCIES:
        return mark
    codes = _SYMBOLS.get(mark, "").split()
    if notation.currency in codes:
        return str(notation.currency)
    if len(codes) == 1:
        return codes[0]
    if codes:
        hint = f"{mark} is used for {', '.join(codes[:4])}: tell which with currency ="
        raise _refusal(text, "an amount in a known currency", hint)
    raise _refusal(text, "a currency code such as EUR, or its sign", f"{shown(mark)} is neither")


def _amount(notation: Notation) -> Callable[[str], Decimal]:
    money = _money(notation)

    def read(text: str) -> Decimal:
        found = money(text)
        if found.currency != notation.currency:
            raise _refusal(text, f"an amount in {notation.currency}")
        return found.amount

    return read


def _tags(notation: Notation) -> Callable[[str], tuple[str, ...]]:
    def read(text: str) -> tuple[str, ...]:
        return tuple(part for part in map(clean, text.split(notation.separator)) if part)

    return read


def _plain_value(notation: Notation) -> Callable[[object], object]:
    moment = _plain_datetime(notation)

    def read(cell: object) -> object:
        if isinstance(cell, datetime):
            return moment(cell)
        if isinstance(cell, bool | int | float | Decimal | date):
            return cell
        raise _refusal(cell, "text, a number, true, false, a date, a datetime or null")

    return read


def _plain_label(_: Notation) -> Callable[[object], str]:
    def read(cell: object) -> str:
        if isinstance(cell, int) and not isinstance(cell, bool):
            return str(cell)
        raise _refusal(cell, "text")

    return read


def _plain_number(_: Notation) -> Callable[[object], int | float | Decimal]:
    def read(cell: object) -> int | float | Decimal:
        if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
            return cell
        raise _refusal(cell, "a number")

    return read


def _plain_boolean(notation: Notation) -> Callable[[object], bool]:
    words = _boolean(notation)
    return lambda cell: cell if isinstance(cell, bool) else words(str(cell))


def _plain_money(notation: Notation) -> Callable[[object], Money]:
    number = _plain_amount(notation)
    return lambda cell: Money(number(cell), _currency(str(cell), [], notation))


def _plain_amount(notation: Notation) -> Callable[[object], int | Decimal]:
    """Read an amount; a float as the number that it is written as."""
    number = _plain_number(notation)

    def read(cell: object) -> int | Decimal:
        found = number(cell)
        return Decimal(repr(found)) if isinstance(found, float) else found

    return read


def _plain_tags(_: Notation) -> Callable[[object], tuple[str, ...]]:
    def read(cell: object) -> tuple[str, ...]:
        if not isinstance(cell, list) or not all(isinstance(part, str) for part in cell):
            raise _refusal(cell, "text or a list of texts")
        return tuple(tag for tag in map(clean, cell) if tag)

    return read


def _plain_date(_: Notation) -> Callable[[object], date]:
    def read(cell: object) -> date:
        if isinstance(cell, datetime):
            return (cell.astimezone(UTC) if cell.tzinfo else cell).date()
        if isinstance(cell, date):
            return cell
        raise _refusal(cell, "a date, or a date as text")

    return read


def _plain_datetime(notation: Notation) -> Callable[[object], datetime]:
    told = ZoneInfo(notation.time_zone) if notation.time_zone else None

    def read(cell: object) -> datetime:
        if isinstance(cell, datetime):
            return cell.astimezone(UTC) if cell.tzinfo else cell.replace(tzinfo=told or UTC)
        if isinstance(cell, date) and told:
            return datetime.combine(cell, time(), told)
        hint = 'tell its time zone, for example time_zone = "Europe/Warsaw"'
        raise _refusal(
            cell, "a datetime, or a datetime as text", hint if isinstance(cell, date) else ""
        )

    return read


_TEXT_READERS: dict[Reading, Callable[[Notation], Callable[[str], Any]]] = {
    "text": _keep,
    "label": _keep,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
    "money": _money,
    "amount": _amount,
    "tags": _tags,
}
_PLAIN_READERS: dict[Reading, Callable[[Notation], Callable[[object], Any]]] = {
    "text": _plain_value,
    "label": _plain_label,
    "number": _plain_number,
    "boolean": _plain_boolean,
    "date": _plain_date,
    "datetime": _plain_datetime,
    "money": _plain_money,
    "amount": _plain_amount,
    "tags": _plain_tags,
}

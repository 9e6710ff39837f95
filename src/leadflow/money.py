"""Money: an exact amount in one currency, and the rates that turn one currency into another.

Amounts are `decimal.Decimal`, never float. All arithmetic is exact and independent of the thread's
decimal context; a result that would need more digits than `leadflow.limits.Limits` allows is an
error, not a rounded number. Only `Rates.convert` rounds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Context, Decimal, Inexact, InvalidOperation
from fractions import Fraction
from typing import TypeAlias

import attrs

from leadflow.errors import InvalidValue, MixedCurrencies, did_you_mean, shown
from leadflow.limits import DEFAULT_LIMITS
from leadflow.values import Frozen, decimal, half_up, text

Number: TypeAlias = int | str | Decimal | float
"""What an amount or a rate may be given as; a float counts by the digits it prints."""

CURRENCIES = frozenset(
    """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD
    CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP
    GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR
    KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN
    MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD
    SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX
    USD USN UYI UYU UYW UZS VED VES VND VUV WST XAD XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
    """.split()  # noqa: SIM905 (a block of codes is easier to compare with the list)
)
"""The active codes of ISO 4217, list one as published on 1 January 2026 by its maintenance agency,
SIX (list-one.xml), without the thirteen codes that have no minor unit and in which no deal is paid:
precious metals, bond-market units, special drawing rights, the test code and "no currency".
"""

_BY_DIGITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_DIGITS = {code: digits for digits, codes in _BY_DIGITS.items() for code in codes.split()}
_EXACT = Context(
    prec=200,
    rounding=ROUND_HALF_UP,
    Emin=-999_999,
    Emax=999_999,
    capitals=1,
    clamp=0,
    flags=[],
    traps=[Inexact, InvalidOperation],
)
_ZERO, _ONE = Decimal(0), Decimal(1)
_PLAIN = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")


def currency_code(where: str, value: object) -> str:
    """Take the code of an active currency: three capital letters of ISO 4217.

    Raises `InvalidValue` for anything else, with the closest code.

    >>> currency_code("currency", "EUR")
    'EUR'
    """
    if isinstance(value, str) and value in CURRENCIES:
        return str(value)
    code = text(where, value)
    hint = did_you_mean(code[:20].strip().upper(), CURRENCIES)
    raise InvalidValue(where, shown(code), "an active ISO 4217 currency code such as 'EUR'", hint)


def minor_digits(currency: str) -> int:
    """Count the digits after the point that a currency is paid in: 2 for EUR, 0 for JPY.

    Raises `InvalidValue` for an unknown code.

    >>> minor_digits("EUR"), minor_digits("JPY"), minor_digits("KWD")
    (2, 0, 3)
    """
    return _DIGITS.get(currency_code("currency", currency), 2)


def _number(where: str, value: object) -> Decimal:
    """Take an exact number with plain digits: no exponent above 0, no negative zero."""
    number = decimal(where, _written(where, value) if isinstance(value, str) else value)
    if number.as_tuple().exponent > 0:  # type: ignore[operator]  # finite: decimal() said so
        number = _EXACT.quantize(number, _ONE)
    return number or number.copy_abs()


def _written(where: str, value: str) -> Decimal:
    given = text(where, value).strip()
    if not _PLAIN.fullmatch(given):
        hint = "digits with one point at most, no exponent and no thousands separators"
        raise InvalidValue(where, shown(value), "a number such as '1250.50'", hint)
    return Decimal(given)


def _amount(value: Number) -> Decimal:
    return _number("money amount", value)


def _currency(value: str) -> str:
    return currency_code("money currency", value)


@attrs.frozen
class Money:
    """An exact amount in one currency; negative for a refund.

    `amount` is in the currency's main unit (euros, not cents) and keeps the digits it was given;
    `currency` is an active ISO 4217 code. Equal amounts are equal however they are written, and
    amounts in two currencies are never equal. Adding, subtracting and ordering need one currency
    and raise `MixedCurrencies` otherwise. Raises `InvalidValue` for an amount that is not a finite
    number and for an unknown currency, `LimitExceeded` for a number beyond the limits.

    >>> price = Money("12.50", "EUR")
    >>> print(price + Money(1, "EUR"), price * 3, price > Money(12, "EUR"))
    13.50 EUR 37.50 EUR True
    """

    amount: Decimal = attrs.field(converter=_amount)
    currency: str = attrs.field(converter=_currency)

    @classmethod
    def parse(cls, written: str) -> Money:
        """Read what `str` prints: an amount, a space, a currency code.

        Raises `InvalidValue` for any other text, `LimitExceeded` for too long a number.

        >>> Money.parse("12.50 EUR")
        Money(amount=Decimal('12.50'), currency='EUR')
        """
        match text("money", written).split():
            case [amount, currency]:
                return cls(amount, currency)
            case _:
                expected = "an amount and a currency: '12.50 EUR'"
                raise InvalidValue("money", shown(written), expected)

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"

    def __add__(self, other: Money) -> Money:
        if not isinstance(other, Money):
            return NotImplemented
        self._check("add", other)
        return _money(_EXACT.add(self.amount, other.amount), self.currency)

    def __sub__(self, other: Money) -> Money:
        if not isinstance(other, Money):
            return NotImplemented
        self._check("subtract", other)
        return _money(_EXACT.subtract(self.amount, other.amount), self.currency)

    def __mul__(self, factor: int | Decimal) -> Money:
        return _money(_EXACT.multiply(self.amount, _factor(factor)), self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: Money) -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return self._compared(other) < 0

    def __le__(self, other: Money) -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return self._compared(other) <= 0

    def __gt__(self, other: Money) -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return self._compared(other) > 0

    def __ge__(self, other: Money) -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        return self._compared(other) >= 0

    def _compared(self, other: Money) -> int:
        self._check("compare", other)
        return (self.amount > other.amount) - (self.amount < other.amount)

    def _check(self, asked: str, other: Money) -> None:
        if self.currency != other.currency:
            raise MixedCurrencies(asked, (self.currency, other.currency))


def _factor(value: object) -> Decimal:
    if isinstance(value, bool | float | str | Money):
        expected = "a whole number or a Decimal to multiply with"
        raise InvalidValue("money factor", shown(value), expected, "for example Decimal('0.15')")
    return decimal("money factor", value)


def _money(amount: Decimal, currency: str) -> Money:
    """Make money of a result; zeros at the end go only where there is no room for them."""
    if len(amount.as_tuple().digits) > DEFAULT_LIMITS.decimal_places:
        amount = amount.normalize(_EXACT)
    return Money(amount, currency)


def priced(money: Money) -> str:
    """Write an amount for people, its thousands parted.

    >>> priced(Money("12500.50", "EUR"))
    '12,500.50 EUR'
    """
    return f"{money.amount:,f} {money.currency}"


def _rates(values: Mapping[str, Number]) -> Frozen[Decimal]:
    if not isinstance(values, Mapping):
        raise InvalidValue("rates", shown(values), "a mapping of currency codes to rates")
    return Frozen(
        {currency_code("rates", code): _rate(code, rate) for code, rate in values.items()}
    )


def _rate(code: str, value: Number) -> Decimal:
    number = _number(f"rates {code}", value)
    if number <= 0:
        raise InvalidValue(f"rates {code}", shown(value), "a rate above 0")
    return number


def _base(value: str) -> str:
    return currency_code("rates base", value)


@attrs.frozen
class Rates:
    """Exchange rates: what one unit of each currency is worth in the base currency.

    `Rates("EUR", {"USD": Decimal("0.92")})` says that one US dollar is worth 0.92 euros. The base
    itself is worth 1 and need not be listed. Raises `InvalidValue` for an unknown currency, for a
    rate that is not above 0, and for a base that is not worth 1.

    >>> rates = Rates("EUR", {"USD": Decimal("0.92"), "JPY": Decimal("0.006")})
    >>> print(rates.convert(Money(100, "USD"), "EUR"), rates.convert(Money(10, "EUR"), "JPY"))
    92.00 EUR 1667 JPY
    """

    base: str = attrs.field(converter=_base)
    rates: Frozen[Decimal] = attrs.field(converter=_rates)

    def __attrs_post_init__(self) -> None:
        worth = self.rates.get(self.base, _ONE)
        if worth != 1:
            raise InvalidValue(f"rates {self.base}", f"{worth:f}", "1, for this is the base")

    def convert(self, money: Money, to: str) -> Money:
        """Convert to another currency, exactly, then round half-up to its minor unit.

        Halves go away from zero. Money that is in the currency already comes back as it is, not
        rounded. Raises `InvalidValue` where a rate is missing and names the rates there are.

        >>> print(Rates("EUR", {"USD": Decimal("0.5")}).convert(Money("0.01", "USD"), "EUR"))
        0.01 EUR
        """
        target = currency_code("convert to", to)
        if money.currency == target:
            return money
        worth = Fraction(money.amount) * self._worth(money.currency) / self._worth(target)
        digits = minor_digits(target)
        units = half_up(worth.numerator * 10**digits, worth.denominator)
        return _money(_EXACT.scaleb(Decimal(units), -digits), target)

    def _worth(self, code: str) -> Fraction:
        if code == self.base:
            return Fraction(1)
        if code not in self.rates:
            there = ", ".join(sorted({self.base, *self.rates}))
            raise InvalidValue("rates", code, "a currency that has a rate", f"there are: {there}")
        return Fraction(self.rates[code])


def total(
    moneys: Iterable[Money], rates: Rates | None = None, currency: str | None = None
) -> Money:
    """Add up money, exactly.

    The result is in `currency`, else in the base of `rates`, else in the one currency of the
    moneys. With rates, the sum of each currency is converted, and rounded, once. The order of
    the moneys does not matter. Raises `MixedCurrencies` for several currencies without rates,
    and `InvalidValue` when nothing says the currency of an empty sum.

    >>> print(total([Money("0.10", "EUR"), Money("0.20", "EUR")]))
    0.30 EUR
    >>> print(total([], currency="EUR"))
    0 EUR
    """
    sums = _sums(moneys)
    target = _target(sums, rates, currency)
    if rates is None:
        if not sums.keys() <= {target}:
            raise MixedCurrencies("add", tuple(sorted({target, *sums})))
        return _money(sums.get(target, _ZERO), target)
    parts = [rates.convert(_money(amount, code), target) for code, amount in sums.items()]
    return _money(_sums(parts).get(target, _ZERO), target)


def _sums(moneys: Iterable[Money]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for money in moneys:
        if not isinstance(money, Money):
            raise InvalidValue("total", shown(money), "Money")
        before = sums.get(money.currency, _ZERO)
        sums[money.currency] = _EXACT.add(before, money.amount)
    return sums


def _target(sums: dict[str, Decimal], rates: Rates | None, currency: str | None) -> str:
    if currency is not None:
        return currency_code("total currency", currency)
    if rates is not None:
        return rates.base
    if not sums:
        raise InvalidValue("total", "nothing to add", "a currency for the empty sum", "currency=")
    return min(sums)

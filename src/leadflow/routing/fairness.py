"""Fairness: what each rep got, against the share that each should have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property

import attrs

from leadflow.errors import InvalidValue, shown
from leadflow.events import Assignment
from leadflow.markup import aligned, counted, table
from leadflow.money import Money, Rates, minor_digits, total
from leadflow.routing.rep import Rep
from leadflow.values import EMPTY, Frozen, half_up, listed

_BEST_FIRST = ("hot", "warm", "cold")
_SHOWN = 100


@attrs.frozen
class Share:
    """What one rep got, and the ideal: the total shared by weight.

    `count` are leads and `units` the work in them; `gap` is `count` less the ideal, above 0 for who
    got more. `value` is None where no assignment has a value, and so are its ideal and gap, which
    are amounts in its currency. `by_rating` counts the leads of each rating.
    """

    rep: str
    weight: int
    count: int
    units: int
    ideal: Fraction = Fraction(0)
    value: Money | None = None
    ideal_value: Fraction | None = None
    by_rating: Mapping[str, int] = EMPTY

    @property
    def gap(self) -> Fraction:
        """The leads got beyond the ideal; below 0 where some are missing."""
        return self.count - self.ideal

    @property
    def value_gap(self) -> Fraction | None:
        """The value got beyond the ideal; below 0 where some is missing."""
        if self.value is None or self.ideal_value is None:
            return None
        return Fraction(self.value.amount) - self.ideal_value


@attrs.frozen(repr=False)
class Fairness:
    """How evenly leads, and their value, were shared, by rep in the order of their ids.

    An index is Jain's, of what each got for their weight: 1 where all shares are equal, or everyone
    has nothing, and one part in the number of reps where one got everything. `currency` is that of
    the values, None where there are none. `without_value` counts the leads whose value is not known,
    `others` the assignments to reps who were not asked about; these are left out of all else.
    """

    rows: tuple[Share, ...]
    currency: str | None
    without_value: int
    others: int

    @property
    def count(self) -> int:
        """How many leads were shared."""
        return sum(row.count for row in self.rows)

    @property
    def largest_gap(self) -> Fraction:
        """How many leads somebody is away from the ideal at most, above it or below."""
        return max((abs(row.gap) for row in self.rows), default=Fraction(0))

    @property
    def largest_value_gap(self) -> Fraction | None:
        """How much value somebody is away from the ideal at most; None where there are no values."""
        gaps = [abs(row.value_gap) for row in self.rows if row.value_gap is not None]
        return max(gaps, default=None)

    @cached_property
    def index(self) -> Fraction:
        """Jain's index of the leads."""
        return jain(Fraction(row.count, row.weight) for row in self.rows)

    @cached_property
    def value_index(self) -> Fraction | None:
        """Jain's index of the value; None where there are no values."""
        if self.currency is None:
            return None
        return jain(
            Fraction(row.value.amount) / row.weight for row in self.rows if row.value is not None
        )

    @cached_property
    def by_rating(self) -> Mapping[str, Fraction]:
        """Jain's index of the leads of each rating: hot, warm and cold first, others by name."""
        found = {rating for row in self.rows for rating in row.by_rating}
        return Frozen(
            {
                rating: jain(
                    Fraction(row.by_rating.get(rating, 0), row.weight) for row in self.rows
                )
                for rating in sorted(found, key=_rank)
            }
        )

    def _head(self) -> str:
        reps, gap = counted(len(self.rows), "rep"), _rounded(self.largest_gap)
        head = f"{counted(self.count, 'lead')} to {reps}: index {_index(self.index)}, largest gap {gap}"
        return "; ".join((head, *self._notes()))

    def _notes(self) -> Iterator[str]:
        if self.value_index is not None and self.largest_value_gap is not None:
            gap = _rounded(self.largest_value_gap, self._digits)
            index = _index(self.value_index)
            yield f"value in {self.currency}: index {index}, largest gap {gap}"
        if self.currency and self.without_value:
            yield f"{self.without_value:,} without a value"
        if self.others:
            yield f"{self.others:,} to others left out"
        if len(self.rows) > _SHOWN:
            yield f"the first {_SHOWN} reps"

    @property
    def _digits(self) -> int:
        return minor_digits(self.currency) if self.currency else 0

    def _header(self) -> list[str]:
        value = ["value", "ideal value", "value gap"] if self.currency else []
        return ["rep", "leads", "ideal", "gap", "units", *value, *self.by_rating]

    def _cells(self) -> list[list[str]]:
        found = [self._row(row) for row in self.rows[:_SHOWN]]
        if self.by_rating:
            blank = [""] * (len(self._header()) - len(self.by_rating) - 1)
            found.append(["index", *blank, *map(_index, self.by_rating.values())])
        return found

    def _row(self, row: Share) -> list[str]:
        return [
            row.rep,
            f"{row.count:,}",
            _rounded(row.ideal),
            _rounded(row.gap, signed=True),
            f"{row.units:,}",
            *self._worth(row),
            *(f"{row.by_rating.get(rating, 0):,}" for rating in self.by_rating),
        ]

    def _worth(self, row: Share) -> list[str]:
        if row.value is None or row.ideal_value is None or row.value_gap is None:
            return []
        return [
            _rounded(Fraction(row.value.amount), self._digits),
            _rounded(row.ideal_value, self._digits),
            _rounded(row.value_gap, self._digits, signed=True),
        ]

    def __str__(self) -> str:
        return "\n".join((self._head(), *aligned(self._header(), self._cells())))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return table(self._head(), self._header(), self._cells())


def fairness(
    assignments: Iterable[Assignment],
    reps: Iterable[Rep] | None = None,
    *,
    currency: str | None = None,
    rates: Rates | None = None,
) -> Fairness:
    """Report how evenly assignments were shared.

    `reps` (a roster, say) bring their weights; those who got nothing count too, unless they are no
    longer active. Without `reps`, all who got something count, each with weight 1. Values are added
    up in `currency`, else the base of `rates`, else their one currency; a rep's value is rounded only
    where `rates` convert it.

    Raises `MixedCurrencies` for several currencies without rates, and `InvalidValue` for what is no
    assignment or rep.

    >>> from datetime import UTC, datetime
    >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> given = [Assignment(rep, noon, rating="hot") for rep in ("ada", "ada", "bo")]
    >>> print(fairness(given))
    3 leads to 2 reps: index 0.900, largest gap 0.50
    rep    leads  ideal    gap  units    hot
    ada        2   1.50  +0.50      2      2
    bo         1   1.50  -0.50      1      1
    index                              0.900
    """
    given = _assignments(assignments)
    mine: dict[str, list[Assignment]] = {}
    for assignment in given:
        mine.setdefault(assignment.rep, []).append(assignment)
    weights = dict.fromkeys(mine, 1) if reps is None else _weights(reps, mine)
    shared = [assignment for rep in weights for assignment in mine.get(rep, ())]
    code = _currency(_values(shared), currency, rates)
    rows = []
    for rep in sorted(weights):
        own = mine.get(rep, ())
        value = None if code is None else total(_values(own), rates, code)
        rows.append(_share(rep, weights[rep], own, value))
    without = len(shared) - len(_values(shared))
    return Fairness(_against_ideals(rows), code, without, len(given) - len(shared))


def _share(rep: str, weight: int, own: Sequence[Assignment], value: Money | None) -> Share:
    units = sum(assignment.units for assignment in own)
    ratings = Counter(assignment.rating for assignment in own if assignment.rating is not None)
    return Share(rep, weight, len(own), units, value=value, by_rating=Frozen(ratings))


def _against_ideals(rows: Sequence[Share]) -> tuple[Share, ...]:
    weight, count = sum(row.weight for row in rows), sum(row.count for row in rows)
    values = [Fraction(row.value.amount) for row in rows if row.value is not None]
    return tuple(
        attrs.evolve(
            row,
            ideal=Fraction(count * row.weight, weight),
            ideal_value=sum(values) * Fraction(row.weight, weight) if values else None,
        )
        for row in rows
    )


def jain(shares: Iterable[Fraction | int]) -> Fraction:
    """Return Jain's index of shares of zero or more: the square of their sum by n times their squares.

    It is 1 where all are equal or all are 0, and 1/n where one of n has everything (Jain, Chiu and
    Hawe 1984, "A quantitative measure of fairness and discrimination").

    >>> print(jain([5, 5]), jain([3, 1]), jain([1, 0, 0, 0]))
    1 4/5 1/4
    """
    exact = [Fraction(share) for share in shares]
    squares = sum(share * share for share in exact)
    return sum(exact, Fraction(0)) ** 2 / (len(exact) * squares) if squares else Fraction(1)


def _assignments(values: Iterable[Assignment]) -> tuple[Assignment, ...]:
    found = listed("assignments", values)
    for place, value in enumerate(found):
        if not isinstance(value, Assignment):
            raise InvalidValue(f"assignments[{place}]", shown(value), "an Assignment")
    return found


def _weights(reps: Iterable[Rep], mine: Mapping[str, object]) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, rep in enumerate(listed("reps", reps)):
        if not isinstance(rep, Rep):
            raise InvalidValue(f"reps[{place}]", shown(rep), "a Rep")
        if rep.id in found:
            raise InvalidValue(f"reps[{place}]", shown(rep.id), "each rep once")
        found[rep.id] = rep.weight if rep.active or rep.id in mine else 0
    return {rep: weight for rep, weight in found.items() if weight}


def _values(assignments: Iterable[Assignment]) -> list[Money]:
    return [assignment.value for assignment in assignments if assignment.value is not None]


def _currency(values: list[Money], currency: str | None, rates: Rates | None) -> str | None:
    if not values and currency is None:
        return None
    return total(values, rates, currency).currency


def _rank(rating: str) -> tuple[int, str]:
    return (_BEST_FIRST.index(rating) if rating in _BEST_FIRST else len(_BEST_FIRST), rating)


def _index(index: Fraction) -> str:
    return _rounded(index, 3)


def _rounded(number: Fraction, places: int = 2, *, signed: bool = False) -> str:
    """Write a number with so many digits after the point, halves away from zero."""
    steps = half_up(number.numerator * 10**places, number.denominator)
    before, after = divmod(abs(steps), 10**places)
    sign = "-" if steps < 0 else "+" if signed and steps else ""
    return f"{sign}{before:,}" + (f".{after:0{places}}" if places else "")

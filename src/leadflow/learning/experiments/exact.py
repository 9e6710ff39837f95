"""Exact chances of counts, and of chi-square where counts are many; pure Python, without an extra."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import repeat

_ALIKE = 1 + 1e-7
"""What counts as no more likely, as R and scipy take it: rounding must not part equal chances."""
_EXACT_VARIANCE = 10**8
"""Up to here the exact sum takes a moment; beyond it the normal approximation has no error to speak of."""
_EXACT_TABLES = 20_000
_EXACT_GROUPS = 15
_ENOUGH = 5
"""What chi-square needs of every count that is expected: Cochran (1954)."""
_TWO = 2


def chi_square_tail(value: float, degrees: int) -> float:
    """Return the chance that chi-square with so many degrees of freedom is at least a value.

    By the finite sums for whole degrees: Abramowitz and Stegun (1964), 26.4.4 and 26.4.5.

    >>> round(chi_square_tail(3.841459, 1), 6)
    0.05
    """
    half, odd = value / 2, degrees % 2
    if half <= 0:
        return 1.0
    start = math.erfc(math.sqrt(half)) if odd else 0.0
    powers = (place + odd / 2 for place in range(degrees // 2))
    return start + math.fsum(
        math.exp(power * math.log(half) - half - math.lgamma(power + 1)) for power in powers
    )


def fisher(first: tuple[int, int], second: tuple[int, int]) -> float:
    """Return the two-sided p value of Fisher's exact test for two groups of (hits, of).

    It adds up the chance of all tables with the same sums that are no more likely than the one
    found (Fisher 1935). For millions in each group the chi-square test stands in.

    >>> round(fisher((8, 10), (1, 6)), 6)
    0.034965
    """
    (x, n), (y, m) = first, second
    hits, total = x + y, n + m
    if not 0 < hits < total or not n or not m:
        return 1.0
    variance = n * m * hits * (total - hits) / total**2 / (total - 1)
    if variance > _EXACT_VARIANCE:
        return chi_square([first, second])
    low, high = max(0, hits - m), min(n, hits)

    def growth(at: int) -> float:
        return (n - at) * (hits - at) / ((at + 1) * (m - hits + at + 1))

    return _no_likelier(x, min((n + 1) * (hits + 1) // (total + 2), high), low, high, growth)


def binomial(hits: int, of: int, share: float) -> float:
    """Return the two-sided p value of the exact binomial test that the true share is `share`.

    It adds up the chance of all counts that are no more likely than the one found.

    >>> round(binomial(3, 15, 0.1), 6)
    0.184061
    """
    if not of:
        return 1.0
    if of * share * (1 - share) > _EXACT_VARIANCE:
        return chi_square_of([hits, of - hits], [share, 1 - share])
    odds = share / (1 - share)
    mode = min(int((of + 1) * share), of)
    return _no_likelier(hits, mode, 0, of, lambda at: (of - at) / (at + 1) * odds)


def _no_likelier(
    found: int, mode: int, low: int, high: int, growth: Callable[[int], float]
) -> float:
    """Add up the shares of all counts from `low` to `high` that are no likelier than the one found.

    `growth` tells how much likelier a count's next is. The sum starts at the likeliest, and goes on
    to where nothing is left.
    """
    upward = list(_chances(range(mode, high), growth))
    downward = list(_chances(range(mode - 1, low - 1, -1), lambda at: 1 / growth(at)))
    side, away = (upward, found - mode) if found >= mode else (downward, mode - found)
    own = 1.0 if not away else side[away - 1] if away <= len(side) else 0.0
    chances = [1.0, *upward, *downward]
    return min(1.0, math.fsum(x for x in chances if x <= own * _ALIKE) / math.fsum(chances))


def _chances(places: range, growth: Callable[[int], float]) -> Iterator[float]:
    chance = 1.0
    for place in places:
        chance *= growth(place)
        if not chance:
            return
        yield chance


def homogeneous(groups: Sequence[tuple[int, int]]) -> tuple[float, str]:
    """Return the p value that all groups of (hits, of) have one true share, and by which test.

    Two groups are compared by Fisher's exact test; more exactly where few tables are possible
    (Freeman and Halton 1951), else by chi-square (Pearson 1900), or by an exact test of each group
    against the rest, corrected after Bonferroni, where some counts should be below 5.

    >>> homogeneous([(3, 3), (0, 3), (0, 3)])
    (0.03571428571428571, 'exact test')
    """
    seen = [group for group in groups if group[1]]
    if len(seen) <= _TWO:
        return (fisher(*seen) if len(seen) == _TWO else 1.0), "Fisher's exact test"
    hits, total = sum(x for x, _ in seen), sum(n for _, n in seen)
    rarer, smallest = min(hits, total - hits), min(n for _, n in seen)
    if not rarer:
        return 1.0, "exact test"
    tables = math.prod(min(n, rarer) + 1 for n in sorted(n for _, n in seen)[:-1])
    if tables > _EXACT_TABLES:
        if smallest * rarer >= _ENOUGH * total:
            return chi_square(seen), "chi-square test"
        least = min(fisher((x, n), (hits - x, total - n)) for x, n in seen)
        return min(1.0, least * len(seen)), "exact tests of each"
    found = [x if hits == rarer else n - x for x, n in seen]
    return _freeman_halton(found, [n for _, n in seen]), "exact test"


def _freeman_halton(hits: Sequence[int], sizes: Sequence[int]) -> float:
    own = math.prod(map(math.comb, sizes, hits))
    every = list(_ways(sorted(sizes), sum(hits)))
    return sum(ways for ways in every if ways <= own) / sum(every)


def _ways(sizes: Sequence[int], hits: int) -> Iterator[int]:
    """Go through all tables with so many hits: in how many ways does each come about?"""
    if len(sizes) == 1:
        if hits <= sizes[0]:
            yield math.comb(sizes[0], hits)
        return
    for here in range(min(sizes[0], hits) + 1):
        ways = math.comb(sizes[0], here)
        yield from (ways * rest for rest in _ways(sizes[1:], hits - here))


def chi_square(groups: Sequence[tuple[int, int]]) -> float:
    """Return the p value of Pearson's test that groups of (hits, of) have one true share.

    >>> round(chi_square([(30, 100), (45, 100), (36, 100)]), 4)
    0.0867
    """
    hits, total = sum(x for x, _ in groups), sum(n for _, n in groups)
    if not 0 < hits < total:
        return 1.0
    variance = hits / total * (1 - hits / total)
    value = math.fsum((x - n * hits / total) ** 2 / n for x, n in groups) / variance
    return chi_square_tail(value, len(groups) - 1)


def multinomial(counts: Sequence[int], shares: Sequence[float]) -> tuple[float, str]:
    """Return the p value that counts were dealt out by shares, and by which test.

    Exact for two, and for more where few deals are possible; else by chi-square, or by an exact test
    of each share, corrected after Bonferroni, where some counts should be below 5. `shares` are all
    above 0 and add up to 1.

    >>> p, method = multinomial([8, 2], [0.5, 0.5])
    >>> round(p, 6), method
    (0.109375, 'exact test')
    """
    total, others = sum(counts), len(counts) - 1
    if others == 1:
        return binomial(counts[0], total, shares[0]), "exact test"
    if others >= _EXACT_GROUPS or math.comb(total + others, others) > _EXACT_TABLES:
        if total * min(shares) >= _ENOUGH:
            return chi_square_of(counts, shares), "chi-square test"
        least = min(map(binomial, counts, repeat(total), shares))
        return min(1.0, least * len(counts)), "exact tests of each"
    logs = [math.log(share) for share in shares]
    own, every = (
        _likelihood(counts, logs),
        [_likelihood(deal, logs) for deal in _deals(total, len(counts))],
    )
    rarer = math.fsum(math.exp(each) for each in every if each <= own + math.log(_ALIKE))
    return min(1.0, rarer / math.fsum(map(math.exp, every))), "exact test"


def _likelihood(counts: Sequence[int], logs: Sequence[float]) -> float:
    """Tell the log of the chance of a deal."""
    start = math.lgamma(sum(counts) + 1)
    return start + math.fsum(
        count * log - math.lgamma(count + 1) for count, log in zip(counts, logs, strict=True)
    )


def _deals(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    if parts == 1:
        yield (total,)
        return
    for here in range(total + 1):
        yield from ((here, *rest) for rest in _deals(total - here, parts - 1))


def chi_square_of(counts: Sequence[int], shares: Sequence[float]) -> float:
    """Return the p value of Pearson's test that counts were dealt out by shares.

    >>> round(chi_square_of([60, 40], [0.5, 0.5]), 4)
    0.0455
    """
    total = sum(counts)
    value = math.fsum(
        (count - total * share) ** 2 / (total * share)
        for count, share in zip(counts, shares, strict=True)
    )
    return chi_square_tail(value, len(counts) - 1)


def holm(values: Sequence[float]) -> list[float]:
    """Raise p values so that all of them together err no more often than one would: Holm (1979).

    >>> [round(p, 3) for p in holm([0.04, 0.01, 0.03])]
    [0.06, 0.03, 0.06]
    """
    found, highest = [0.0] * len(values), 0.0
    for rank, place in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        highest = max(highest, min(1.0, values[place] * (len(values) - rank)))
        found[place] = highest
    return found

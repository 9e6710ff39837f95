"""The law of a sum of independent deals, won or not: exact where short, on a grid where long.

Short sums are convolved one by one, in whole minor units. Long ones go through the discrete Fourier
transform of the law (Hong 2013, "On computing the distribution function for the Poisson binomial
distribution"), which a grid holds whole where it fades before the grid's highest frequency. Where it
does not, a deal that lies between two cells counts in both, so that its mean stays what it is (the
method of local moments: Gerber 1982).
"""

from __future__ import annotations

from cmath import rect
from collections.abc import Callable, Mapping, Sequence
from math import ceil, floor, fsum, gcd, pi, sqrt
from typing import NamedTuple, TypeAlias

Factors: TypeAlias = Sequence[tuple[float, float]]
"""What all chances may have to be multiplied by, and how likely each of these is."""
MOST_CELLS = 4096
_FEW = 64
_WORK = 300_000
_LEAST_CELLS = 256
_TINY = 1e-18
_NOISE = 1e-15
_FADED = 1e-10
"""The transform has faded where it is below this over the upper quarter of its frequencies."""
_LOG = 37.0
"""The window leaves out less than exp(-37), 1e-16, on each side."""


class Unit(NamedTuple):
    """What a deal would bring, in whole minor units, and its chance; no factor changes its own."""

    value: int
    chance: float
    is_own: bool = False

    def raised(self, factor: float) -> float:
        """Multiply the chance by a factor, up to 1."""
        return self.chance if self.is_own else raised(self.chance, factor)


Units: TypeAlias = Sequence[Unit]


class Law(NamedTuple):
    """The sums that may come out, rising, the chance of each, and the width of a cell (1: exact)."""

    points: tuple[int, ...]
    chances: tuple[float, ...]
    cell: int


class _Band(NamedTuple):
    """So many deals of about one value, in cells, and one chance.

    `square` is the sum of chance times value squared, `double` that of both squared.
    """

    number: int
    chance: float
    value: float
    square: float
    double: float
    is_own: bool


def law(units: Units, factors: Factors) -> Law:
    """Return the law of the sum; each chance is multiplied by a factor, and is 1 at most."""
    exact = _exact(units, factors) if len(units) <= _FEW else None
    return exact if exact is not None else _on_grid(units, factors)


def raised(chance: float, factor: float) -> float:
    """Multiply a chance by a factor, up to 1."""
    return min(1.0, chance * factor)


# --- one by one ---


def _exact(units: Units, factors: Factors) -> Law | None:
    """Convolve one by one; None where there are too many different sums."""
    most = MOST_CELLS // min(4, len(factors))
    found: dict[int, float] = {}
    for factor, weight in factors:
        sums = {0: weight}
        for unit in sorted(units):
            sums = _with(sums, unit.value, unit.raised(factor))
            if len(sums) > most:
                return None
        for point, part in sums.items():
            found[point] = found.get(point, 0.0) + part
    return _law(found, 1)


def _with(sums: Mapping[int, float], value: int, chance: float) -> dict[int, float]:
    after = {point: part * (1 - chance) for point, part in sums.items()} if chance < 1 else {}
    if chance > 0:
        for point, part in sums.items():
            after[point + value] = after.get(point + value, 0.0) + part * chance
    return after


def _law(found: Mapping[int, float], cell: int) -> Law:
    kept = sorted((point, part) for point, part in found.items() if part > 0)
    whole = fsum(part for _, part in kept)
    return Law(tuple(p for p, _ in kept), tuple(part / whole for _, part in kept), cell)


# --- on a grid ---


def _on_grid(units: Units, factors: Factors) -> Law:
    step = gcd(*(unit.value for unit in units))
    low, high = _window(units, factors)
    reach = _reach(units, factors, high - low)
    cell, bands = _laid(units, factors, (low, high, step), reach)
    size = _power((high - low) // cell + 3)
    spectrum = _spectrum(bands, factors, size, _smooth)
    if cell > step and max(map(abs, spectrum[size * 3 // 8 :])) > _FADED:
        cell, bands = _laid(units, factors, (low, high, step), MOST_CELLS)
        size = _power((high - low) // cell + 3)
        spectrum = _spectrum(bands, factors, size, _split)
    parts, first = _inverted(spectrum), low // cell
    sums = ((first + x, parts[(first + x) % size]) for x in range(size))
    found = {place * cell: part for place, part in sums if part > _NOISE}
    return _law(found, 1 if cell == step else cell)


def _laid(
    units: Units, factors: Factors, bounds: tuple[int, int, int], reach: int
) -> tuple[int, list[_Band]]:
    """Lay the deals on as fine a grid as the work allows, of which `reach` frequencies matter."""
    low, high, step = bounds
    cells = MOST_CELLS
    while True:
        cell = max(step, -(-(high - low) // (cells - 4)))
        each = len(factors) * min(cells // 2, reach)
        bands = _bands(units, cell, is_merged=False)
        if len(bands) * each > _WORK:
            bands = _bands(units, cell, is_merged=True)
        if len(bands) * each <= _WORK or cells <= _LEAST_CELLS:
            return cell, bands
        cells //= 2


def _reach(units: Units, factors: Factors, width: int) -> int:
    """Guess how many frequencies matter: past 9 deviations next to nothing is left of a normal law."""
    factor = min(factors)[0]
    chances = ((unit.value, unit.raised(factor)) for unit in units)
    spread = sqrt(fsum(value * value * chance * (1 - chance) for value, chance in chances))
    return MOST_CELLS if spread * MOST_CELLS < width else ceil(2 * 9 * width / (2 * pi * spread))


def _window(units: Units, factors: Factors) -> tuple[int, int]:
    """Bound the sum: outside lies next to nothing, by the inequality of Bernstein (1924)."""
    most = sum(unit.value for unit in units if unit.chance > 0)
    largest = max(unit.value for unit in units)
    low, high = most, 0
    for factor in {min(factors), max(factors)}:
        chances = [(unit.value, unit.raised(factor[0])) for unit in units]
        mean = fsum(value * chance for value, chance in chances)
        spread = fsum(value * value * chance * (1 - chance) for value, chance in chances)
        part = _LOG * largest / 3
        away = part + sqrt(part * part + 2 * _LOG * spread)
        low, high = min(low, int(mean - away)), max(high, ceil(mean + away))
    return max(0, low), min(most, high)


def _power(least: int) -> int:
    size = 16
    while size < least:
        size *= 2
    return size


def _bands(units: Units, cell: int, *, is_merged: bool) -> list[_Band]:
    """Put deals of one cell and chance together; merged, chances are one within 1/64."""
    found: dict[tuple[int, float, bool], list[float]] = {}
    for value, chance, is_own in units:
        key = (value // cell, ceil(chance * 64) if is_merged else chance, is_own)
        worth = value / cell
        part = chance * worth
        band = found.get(key)
        if band is None:
            band = found[key] = [0, 0.0, 0.0, 0.0, 0.0]
        band[0] += 1
        band[1] += chance
        band[2] += part
        band[3] += part * worth
        band[4] += part * part
    bands = [
        _Band(int(count), chances / count, parts / chances, square, double, is_own)
        for (_, _, is_own), (count, chances, parts, square, double) in found.items()
    ]
    return sorted(bands, key=_weight, reverse=True)


def _weight(band: _Band) -> tuple[float, _Band]:
    """The bands that make the transform small come first."""
    return band.number * band.chance * (1 - band.chance) * band.value, band


def _raised(band: _Band, factor: float) -> _Band:
    """Multiply the chances of a band, each up to 1; its own stay."""
    if band.is_own:
        return band
    chance = raised(band.chance, factor)
    by = chance / band.chance
    return band._replace(chance=chance, square=band.square * by, double=band.double * by * by)


def _inverted(spectrum: Sequence[complex]) -> list[float]:
    """Return the chance of each cell, from the half of the frequencies that tells the other."""
    size = 2 * len(spectrum) - 2
    whole = [*spectrum, *(each.conjugate() for each in spectrum[-2:0:-1])]
    roots = [rect(1.0, -2 * pi * j / size) for j in range(size)]
    return [each.real / size for each in _fourier(whole, roots)]


def _spectrum(
    bands: Sequence[_Band],
    factors: Factors,
    size: int,
    transform: Callable[[Sequence[_Band]], Callable[[float], complex]],
) -> list[complex]:
    """Return the transform of the mixed law at half of the frequencies; the others mirror it."""
    found = [0j] * (size // 2 + 1)
    for factor, weight in factors:
        at = transform([_raised(band, factor) for band in bands])
        for j in range(size // 2 + 1):
            found[j] += weight * at(2 * pi * j / size)
    return found


def _smooth(bands: Sequence[_Band]) -> Callable[[float], complex]:
    """Turn by the value; how the values of a band differ is kept in its variance."""
    terms = []
    for number, chance, value, square, double, _ in bands:
        spare = (square - double) / number - chance * (1 - chance) * value * value
        terms.append((number, 1 - chance, chance, value, spare / 2))

    def at(frequency: float) -> complex:
        found, squared = 1 + 0j, frequency * frequency
        for number, rest, chance, value, spare in terms:
            each = rest + rect(chance - squared * spare, frequency * value)
            found *= each if number == 1 else each**number
            if abs(found) < _TINY:
                return 0j
        return found

    return at


def _split(bands: Sequence[_Band]) -> Callable[[float], complex]:
    """Turn by the two cells beside the value, each in its part."""
    terms = []
    for number, chance, value, *_ in bands:
        cells = floor(value)
        more = chance * (value - cells)
        terms.append((number, 1 - chance, chance - more, cells, more))

    def at(frequency: float) -> complex:
        found = 1 + 0j
        for number, rest, less, cells, more in terms:
            each = rest + rect(less, frequency * cells) + rect(more, frequency * (cells + 1))
            found *= each if number == 1 else each**number
            if abs(found) < _TINY:
                return 0j
        return found

    return at


def _fourier(values: Sequence[complex], roots: Sequence[complex]) -> list[complex]:
    """Transform a list whose length is a power of two (Cooley and Tukey 1965)."""
    size = len(values)
    if size == 1:
        return list(values)
    even = _fourier(values[::2], roots[::2])
    odd = _fourier(values[1::2], roots[::2])
    turned = [root * value for root, value in zip(roots, odd, strict=False)]
    return [a + b for a, b in zip(even, turned, strict=True)] + [
        a - b for a, b in zip(even, turned, strict=True)
    ]

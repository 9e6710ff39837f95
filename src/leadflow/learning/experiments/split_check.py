"""Was the split what it was meant to be? A test on a broken split says nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

import attrs

from leadflow.errors import InvalidValue, did_you_mean, shown
from leadflow.learning.experiments.arms import by_arm, enough
from leadflow.learning.experiments.exact import multinomial
from leadflow.learning.experiments.split_test import p_shown
from leadflow.markup import aligned, counted, table
from leadflow.shares import percent
from leadflow.values import Frozen, decimal, whole

THRESHOLD = 0.001
"""Below it the split counts as off: low, for the check is made on every test and at every look."""
_LEAST = Decimal("0.000001")
_HEADER = ["arm", "leads", "meant", "share", "meant share"]


@attrs.frozen(repr=False)
class SplitCheck:
    """How many leads each arm got, how many were meant, and how likely chance alone is.

    `is_off` when `p_value` is below 0.001; without any lead it is None.
    """

    counts: Mapping[str, int]
    shares: Mapping[str, float]
    p_value: float | None
    method: str

    @property
    def is_off(self) -> bool:
        """Whether chance alone hardly explains the counts: a sample-ratio mismatch."""
        return self.p_value is not None and self.p_value < THRESHOLD

    @property
    def total(self) -> int:
        """The leads of all arms."""
        return sum(self.counts.values())

    @property
    def meant(self) -> Mapping[str, float]:
        """The leads that each arm should have by the shares."""
        return {arm: share * self.total for arm, share in self.shares.items()}

    @property
    def verdict(self) -> str:
        """What follows, in a sentence."""
        if self.p_value is None:
            return "No data: no arm has any leads yet."
        tail = f"(p {p_shown(self.p_value)}, {self.method})"
        if not self.is_off:
            return f"The split is as it was meant, as far as {counted(self.total, 'lead')} can tell {tail}."
        arm = max(self.counts, key=lambda arm: abs(self.counts[arm] - self.meant[arm]))
        far = (
            f"{arm} has {counted(self.counts[arm], 'lead')} where {self.meant[arm]:,.0f} were meant"
        )
        return f"The split is off: {far} {tail}. Do not trust the test before you know why."

    def explain(self) -> str:
        """Tell what follows, and for each arm what it has and what was meant."""
        return "\n".join((self.verdict, *aligned(_HEADER, self._rows())))

    def _rows(self) -> Iterator[list[str]]:
        for arm, count in self.counts.items():
            share = count / self.total if self.total else None
            meant = f"{self.meant[arm]:,.1f}"
            yield [arm, f"{count:,}", meant, percent(share), percent(self.shares[arm])]

    def __str__(self) -> str:
        return self.verdict

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return table(self.verdict, _HEADER, self._rows())


def check_split(
    counts: Mapping[str, int], shares: Mapping[str, float | Decimal] | None = None
) -> SplitCheck:
    """Check that the arms of a test got the leads they were meant to get.

    `counts` are the leads in each arm, `shares` what was meant, as weights of any scale
    (`Split.arms`, say); all alike unless given. An arm that got no lead may be left out of `counts`.
    Exact where counts are few and for two arms, else by chi-square (Pearson 1900); the threshold
    0.001 is that of Fabijan and others (2019). Raises `InvalidValue`, naming the place, and
    `LimitExceeded`.

    >>> print(check_split({"a": 5000, "b": 4700}, {"a": 1, "b": 1}))
    The split is as it was meant, as far as 9,700 leads can tell (p 0.0024, exact test).
    >>> print(check_split({"a": 5000, "b": 4600}))
    The split is off: a has 5,000 leads where 4,800 were meant (p below 0.0001, exact test). Do not trust the test before you know why.
    """
    given = by_arm("counts", counts)
    found = {arm: whole(f"counts[{arm!r}]", n, least=0) for arm, n in given.items()}
    if shares is None:
        shares = dict.fromkeys(enough("counts", found), 1)
    meant = _weights(shares)
    for arm in found:
        if arm not in meant:
            expected = "an arm that has a share"
            raise InvalidValue(f"counts[{arm!r}]", shown(arm), expected, did_you_mean(arm, meant))
    dealt = {arm: found.get(arm, 0) for arm in meant}
    if not any(dealt.values()):
        return SplitCheck(Frozen(dealt), meant, None, "")
    p, method = multinomial(list(dealt.values()), list(meant.values()))
    return SplitCheck(Frozen(dealt), meant, p, method)


def _weights(shares: Mapping[str, float | Decimal]) -> Frozen[float]:
    given = enough("shares", by_arm("shares", shares))
    found = {arm: decimal(f"shares[{arm!r}]", share) for arm, share in given.items()}
    for arm, share in found.items():
        if share <= 0:
            raise InvalidValue(f"shares[{arm!r}]", shown(share), "a number above 0")
    total = sum(found.values())
    for arm, share in found.items():
        if share / total < _LEAST:
            raise InvalidValue(f"shares[{arm!r}]", shown(share), "at least a millionth of all")
    return Frozen({arm: float(share / total) for arm, share in found.items()})

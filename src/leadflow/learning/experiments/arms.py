"""The arms of a split test: so many of so many in each, checked once, or read from leads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypeAlias, TypeVar

from leadflow.automation.split import Split
from leadflow.conditions import Condition
from leadflow.conditions.node import CONDITION
from leadflow.errors import InvalidValue, LimitExceeded, did_you_mean, shown
from leadflow.lead import Lead, leads_of, seen
from leadflow.shares import Share
from leadflow.values import Frozen, name

Counts: TypeAlias = Share | tuple[int, int]
"""How many of how many: a `Share`, or the two numbers."""
V = TypeVar("V")
_FEWEST, _MOST = 2, 1_000
_PAIR = 2
_PREFIX = "split_"


def arms_of(
    leads: Iterable[Lead], split: Split | str, outcome: Condition, *, as_of: datetime
) -> Mapping[str, Share]:
    """Count, for each arm of a split, the leads in it and those of which the outcome holds.

    `split` is the `Split`, or its name, or any field that holds the arm. Leads without an arm do
    not count; of a `Split` every arm is there, also one without leads. What came later than `as_of`
    has not happened. Raises `InvalidValue`, with "did you mean" for a field that no lead has, and
    `NaiveDatetime` for an instant without a zone.

    >>> from datetime import UTC
    >>> from leadflow.conditions import field
    >>> arms = ["question", "question", "statement", None]
    >>> leads = [
    ...     Lead(f"L-{n}", fields={"split_subject": arm, "answered": n == 1})
    ...     for n, arm in enumerate(arms)
    ... ]
    >>> now = datetime(2026, 3, 1, tzinfo=UTC)
    >>> found = arms_of(leads, "subject", field("answered").equals(True), as_of=now)
    >>> print({arm: (share.hits, share.of) for arm, share in found.items()})
    {'question': (1, 2), 'statement': (0, 1)}
    """
    CONDITION["check"]("outcome", outcome)
    past = [seen(lead, as_of)[0] for lead in leads_of(leads)]
    key = split.field if isinstance(split, Split) else _field(split, past)
    of: Counter[str] = Counter(dict.fromkeys(split.arms, 0) if isinstance(split, Split) else {})
    hits: Counter[str] = Counter()
    for lead in past:
        arm = lead.values.get(key)
        if arm is not None:
            of[_arm(lead, key, arm)] += 1
            hits[str(arm)] += outcome.matches(lead, as_of=as_of)
    return Frozen({arm: Share(hits[arm], of[arm]) for arm in sorted(of)})


def _arm(lead: Lead, key: str, arm: object) -> str:
    if not isinstance(arm, str):
        raise InvalidValue(f"lead {lead.id!r} field {key!r}", shown(arm), "the name of an arm")
    return arm


def _field(split: str, leads: Iterable[Lead]) -> str:
    """Find the field that a split of this name writes, else the one of this very name."""
    given = name("split", split)
    fields = {field for lead in leads for field in lead.values}
    for field in (f"{_PREFIX}{given}", given):
        if field in fields or not fields:
            return field
    known = {field.removeprefix(_PREFIX) for field in fields}
    expected = "a Split, its name, or a field that holds the arm of a lead"
    raise InvalidValue("split", shown(given), expected, did_you_mean(given, known))


def arms_from(where: str, arms: Mapping[str, Counts], confidence: float) -> Frozen[Share]:
    """Take the arms that a user gives, two or more, each with its share at one confidence."""
    given = by_arm(where, arms)
    shares = {arm: _share(f"{where}[{arm!r}]", each, confidence) for arm, each in given.items()}
    return Frozen(enough(where, shares))


def by_arm(where: str, values: Mapping[str, V]) -> dict[str, V]:
    """Take what a user gives by arm, with the names of the arms checked."""
    if not isinstance(values, Mapping):
        raise InvalidValue(where, shown(values), "a mapping by arm", "such as {'a': ..., 'b': ...}")
    if len(values) > _MOST:
        raise LimitExceeded(where, "the arms of a split", _MOST, f"{len(values):,}")
    found: dict[str, V] = {}
    for given, value in values.items():
        arm = name(f"{where} name", given)
        if arm in found:
            raise InvalidValue(where, shown(given), "arms that differ", "NFC and stripped")
        found[arm] = value
    return found


def enough(where: str, arms: dict[str, V]) -> dict[str, V]:
    """Take arms only if there are two or more."""
    if len(arms) < _FEWEST:
        raise InvalidValue(where, f"{len(arms)}", "two arms or more")
    return arms


def _share(where: str, counts: Counts, confidence: float) -> Share:
    if isinstance(counts, Share):
        return Share(counts.hits, counts.of, confidence)
    if not isinstance(counts, tuple | list) or len(counts) != _PAIR:
        raise InvalidValue(where, shown(counts), "a Share or (hits, of)", "such as (30, 200)")
    try:
        return Share(*counts, confidence)
    except InvalidValue as error:
        raise InvalidValue(
            f"{where}{error.where.removeprefix('Share')}", error.found, error.expected
        ) from None


def control_of(arms: Mapping[str, object], control: str | None) -> str:
    """Take the arm that the others are compared with: the first unless one is named."""
    if control is None:
        return next(iter(arms))
    given = name("control", control)
    if given not in arms:
        raise InvalidValue("control", shown(given), "one of the arms", did_you_mean(given, arms))
    return given


def portion(where: str, value: object) -> float:
    """Take a number between 0 and 1, neither of them included."""
    if isinstance(value, bool) or not isinstance(value, float) or not 0 < value < 1:
        raise InvalidValue(where, shown(value), "a number between 0 and 1, such as 0.95")
    return float(value)

"""A reason why working a lead ended, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, get_args

import attrs

from leadflow.actions import Action, actions
from leadflow.errors import InvalidDefinition, InvalidValue, Problem
from leadflow.events import Outcome
from leadflow.span import SPAN, Span, as_span, given_span
from leadflow.values import FLAG, LABEL, NAME, NAMES, checks, name, names, whole, word

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
REASONED: tuple[Outcome, ...] = ("unqualified", "lost")
"""The outcomes that need a reason, and that a reason is for unless it says otherwise."""


def outcome_of(where: str, value: object) -> Outcome:
    """Take the outcome of a disposition.

    >>> outcome_of("outcome", "lost")
    'lost'
    """
    return word(where, name(where, value), OUTCOMES)  # type: ignore[arg-type]  # it is checked


def outcomes(where: str, values: Iterable[str]) -> tuple[Outcome, ...]:
    """Take outcomes of a disposition.

    >>> outcomes("Reason.outcomes", ["lost"])
    ('lost',)
    """
    return tuple(outcome_of(where, each) for each in names(where, values))


def _times(where: str, value: object) -> int:
    return whole(where, value, least=1)


def whole_days(where: str, value: object) -> Span:
    """Take a span that leads from one date to another.

    >>> print(whole_days("contact_again", "3 months"))
    3 months
    """
    span = as_span(where, value)
    if span.seconds:
        raise InvalidValue(where, str(span), "a span of whole days, such as '3 months'")
    return span


_DAYS: Any = {"check": whole_days}
_STEPS: Any = {"check": actions}
_OUTCOMES: Any = {"check": outcomes}


@attrs.frozen(field_transformer=checks)
class Reason:
    """Why working a lead ended, with its consequences as data.

    - `keep`: the lead is worth keeping; False: it may be deleted.
    - `contact_again`: how long after the closing the lead is contacted again; None: not by a date.
      Months are calendar months: half a year after 31 August is 28 or 29 February.
    - `never_contact`: the channels that are closed for good, "all" for every one.
    - `verify_contact`: somebody else is to find and verify the contact data.
    - `needs_note`: the closing needs a note in words.
    - `attempts`: how many unanswered attempts (e-mails not counted) have to be made first, since the
      lead was last spoken to, asked of its own accord, was reopened or converted; all of them within
      the span `within`, or in any time if that is None.
    - `resets_engagement`: activities from before the closing count for no score any more; points
      for facts stay.
    - `back_to`: the key of the stage where a lead that was closed as unqualified for this reason
      comes back; a deal that was lost comes back where its own pipeline says.
    - `next`: the actions that follow.
    - `outcomes`: what the reason is for: unqualified and lost unless given.

    `label` is the key unless given, in any language. Raises `InvalidValue`, and `InvalidDefinition`
    for consequences that contradict each other.

    >>> reason = Reason(
    ...     "no_budget", "No budget", contact_again="6 months", back_to="contacting"
    ... )
    >>> print(reason)
    No budget: kept, contacted again after 6 months
    """

    key: str = attrs.field(metadata=NAME)
    label: str = attrs.field(metadata=LABEL)
    keep: bool = attrs.field(default=True, kw_only=True, metadata=FLAG)
    contact_again: Span | None = attrs.field(
        default=None, kw_only=True, converter=given_span, metadata=_DAYS
    )
    never_contact: tuple[str, ...] = attrs.field(
        default=(), kw_only=True, converter=tuple[str, ...], metadata=NAMES
    )
    verify_contact: bool = attrs.field(default=False, kw_only=True, metadata=FLAG)
    needs_note: bool = attrs.field(default=False, kw_only=True, metadata=FLAG)
    attempts: int | None = attrs.field(default=None, kw_only=True, metadata={"check": _times})
    within: Span | None = attrs.field(
        default=None, kw_only=True, converter=given_span, metadata=SPAN
    )
    resets_engagement: bool = attrs.field(default=False, kw_only=True, metadata=FLAG)
    back_to: str | None = attrs.field(default=None, kw_only=True, metadata=NAME)
    next: tuple[Action, ...] = attrs.field(
        default=(), kw_only=True, converter=tuple[Action, ...], metadata=_STEPS
    )
    outcomes: tuple[Outcome, ...] = attrs.field(
        default=REASONED, kw_only=True, converter=tuple[Outcome, ...], metadata=_OUTCOMES
    )

    @label.default
    def _key_as_label(self) -> str:
        return self.key

    def __attrs_post_init__(self) -> None:
        problems = tuple(self._problems())
        if problems:
            raise InvalidDefinition(f"reason {self.key!r}", problems)

    def _problems(self) -> Iterator[Problem]:
        if not self.outcomes:
            yield Problem("outcomes", "expected at least one outcome, got none")
        if self.within is not None and self.attempts is None:
            yield Problem("within", "is the time for attempts, and no attempts are asked for")
        if self.contact_again is not None and self.is_final:
            yield Problem("contact_again", "all channels are closed for good: never_contact")
        comes_back = self.contact_again is not None or self.verify_contact
        if comes_back and not self.keep:
            yield Problem("keep", "a lead that comes back cannot be deleted")

    @property
    def is_final(self) -> bool:
        """Whether the lead is never to be contacted on any channel."""
        return "all" in {channel.casefold() for channel in self.never_contact}

    @property
    def consequences(self) -> str:
        """What follows, in words."""
        return ", ".join(self._consequences())

    def __str__(self) -> str:
        return f"{self.label}: {self.consequences}"

    def _consequences(self) -> Iterator[str]:
        yield "kept" if self.keep else "may be deleted"
        if self.contact_again is not None:
            yield f"contacted again after {self.contact_again}"
        if self.is_final:
            yield "never contacted"
        elif self.never_contact:
            yield f"never contacted by {', '.join(self.never_contact)}"
        if self.verify_contact:
            yield "contact data verified by somebody else"
        if self.resets_engagement:
            yield "engagement reset"
        yield from map(str, self.next)

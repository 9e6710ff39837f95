"""The policy: which reasons there are, what a closing needs, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from hashlib import blake2b
from typing import Any

import attrs

from leadflow.actions import Action, CreateTask, Enrol, actions, event_of
from leadflow.calendars import local_date
from leadflow.conditions.matching import latest
from leadflow.contact import is_contact, may_contact
from leadflow.disposition.reason import REASONED, Reason, outcome_of
from leadflow.errors import (
    Blocker,
    DecisionRefused,
    InvalidDefinition,
    InvalidValue,
    Problem,
    did_you_mean,
    shown,
)
from leadflow.events import (
    Activity,
    Conversion,
    Disposition,
    Event,
    Outcome,
    Qualification,
    Reopened,
    StageChange,
)
from leadflow.events.facts import ENDS
from leadflow.lead import Dealings, Lead, seen
from leadflow.lead.log import following
from leadflow.limits import DEFAULT_LIMITS
from leadflow.markup import counted, table
from leadflow.span import Span
from leadflow.values import (
    EMPTY,
    NAMES,
    Frozen,
    checks,
    instance,
    instant,
    listed,
    name,
    text,
)

ANSWERS = frozenset(
    {
        *("form_submitted", "trial_started", "demo_requested", "appointment_booked"),
        *("email_replied", "call_received", "chat_message"),
    }
)
"""The kinds of activity by which a lead speaks for itself."""
MARKS = (StageChange, Reopened, Conversion, Disposition, Qualification)
"""What a closing, a conversion or a qualification has to come after."""
_SHOWN = 100


def _reasons(values: Iterable[Reason]) -> tuple[Reason, ...]:
    return listed("DispositionPolicy.reasons", values)


def _steps(values: Mapping[Outcome, Iterable[Action]]) -> Frozen[tuple[Action, ...]]:
    where = "DispositionPolicy.next"
    if not isinstance(values, Mapping):
        raise InvalidValue(where, shown(values), "a mapping from an outcome to actions")
    found: dict[str, tuple[Action, ...]] = {}
    for given, steps in values.items():
        outcome = outcome_of(where, given)
        if outcome in found:
            raise InvalidValue(where, shown(given), "each outcome once")
        found[outcome] = actions(f"{where}.{outcome}", steps)
    return Frozen(found)


@attrs.frozen(repr=False, field_transformer=checks)
class DispositionPolicy:
    """Reasons with their consequences, and what closing a lead needs.

    `verifiers` are the reps who verify contact data for others. `next` holds the actions that follow
    an outcome whatever the reason, such as those that start the order of a lead that is won.

    ``policy["no_budget"]`` finds a reason, ``"no_budget" in policy`` asks for a key, ``for reason in
    policy`` goes through them.

    Raises `InvalidDefinition` with all problems: no reason, one given twice, something that is no
    `Reason`, more reasons than the rules that `leadflow.limits.Limits` allows.

    >>> from datetime import UTC
    >>> policy = DispositionPolicy(
    ...     [
    ...         Reason("no_budget", "No budget", contact_again="6 months"),
    ...         Reason("other", "Other", needs_note=True),
    ...     ]
    ... )
    >>> noon = datetime(2026, 8, 31, 12, tzinfo=UTC)
    >>> closed = policy.close(Lead("L-7"), "unqualified", "no_budget", at=noon, by="ada")
    >>> print(closed.contact_again)
    2027-02-28
    >>> policy.close(Lead("L-8"), "unqualified", "other", at=noon)
    Traceback (most recent call last):
    leadflow.errors.DecisionRefused: cannot close L-8 as unqualified; 'other' needs a note
    """

    reasons: tuple[Reason, ...] = attrs.field(converter=_reasons)
    verifiers: tuple[str, ...] = attrs.field(
        default=(), kw_only=True, converter=tuple[str, ...], metadata=NAMES
    )
    next: Mapping[Outcome, tuple[Action, ...]] = attrs.field(
        default=EMPTY, kw_only=True, converter=_steps
    )

    def __attrs_post_init__(self) -> None:
        problems = tuple(self._problems())
        if problems:
            raise InvalidDefinition("disposition policy", problems)

    def _problems(self) -> Iterator[Problem]:
        most = DEFAULT_LIMITS.rules
        if not self.reasons:
            yield Problem("reasons", "expected at least one reason, got none")
        if len(self.reasons) > most:
            yield Problem("reasons", f"at most {most:,} reasons, got {len(self.reasons):,}")
            return
        first: dict[str, int] = {}
        for place, reason in enumerate(self.reasons):
            if not isinstance(reason, Reason):
                yield Problem(f"reasons[{place}]", f"expected a Reason, got {shown(reason)}")
                continue
            before = first.setdefault(reason.key, place)
            if before != place:
                because = f"{reason.key!r} is the key of reasons[{before}] too"
                yield Problem(f"reasons[{place}].key", because)

    @cached_property
    def _by_key(self) -> dict[str, Reason]:
        return {reason.key: reason for reason in self.reasons}

    def __iter__(self) -> Iterator[Reason]:
        return iter(self.reasons)

    def __len__(self) -> int:
        return len(self.reasons)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key in self._by_key

    def __getitem__(self, key: str) -> Reason:
        """Find a reason by its key; raises `InvalidValue` with the closest key for an unknown one."""
        reason = self._by_key.get(key) if isinstance(key, str) else None
        if reason is None:
            hint = did_you_mean(key, self._by_key) if isinstance(key, str) else ""
            raise InvalidValue("reason", shown(key), "the key of a reason", hint)
        return reason

    def with_reason(self, reason: Reason) -> DispositionPolicy:
        """Return the policy with one more reason, or with another in place of that of its key.

        >>> policy = DispositionPolicy([Reason("price")])
        >>> print(*policy.with_reason(Reason("price", keep=False)))
        price: may be deleted
        """
        instance(Reason)["check"]("reason", reason)
        kept = [reason if each.key == reason.key else each for each in self.reasons]
        return attrs.evolve(self, reasons=kept if reason.key in self else [*kept, reason])

    def without(self, key: str) -> DispositionPolicy:
        """Return the policy without a reason; raises `InvalidValue` for one that is not there."""
        gone = self[key]
        return attrs.evolve(self, reasons=[each for each in self.reasons if each != gone])

    def close(
        self,
        lead: Lead,
        outcome: Outcome,
        reason: str | None = None,
        *,
        at: datetime,
        by: str | None = None,
        note: str | None = None,
        id: str | None = None,
    ) -> Disposition:
        """Decide how working a lead ended; ``lead.after(disposition)`` then makes it so.

        The outcomes of a lead are qualified (it leaves the qualification; the next step is open),
        unqualified, removed (entered by mistake: no reason, and no statistics of reasons) and
        converted (after `convert`); those of a deal are won and lost. The disposition carries the
        consequences of the reason.

        Raises `DecisionRefused` with all that stands against it; `InvalidValue` for an unknown
        outcome or reason and for what is no lead; `NaiveDatetime` for an instant without a zone.
        """
        closing = _Closing.of(self, lead, outcome, reason, at, by, note)
        found = tuple(closing.blockers())
        if found:
            raise DecisionRefused(lead.id, f"close {lead.id} as {closing.outcome}", found)
        return closing.disposition(id)

    def blockers(
        self,
        lead: Lead,
        outcome: Outcome,
        reason: str | None = None,
        *,
        at: datetime,
        by: str | None = None,
        note: str | None = None,
    ) -> tuple[Blocker, ...]:
        """List all that stands against a closing; empty exactly when `close` succeeds.

        Raises `InvalidValue` and `NaiveDatetime` as `close` does.
        """
        return tuple(_Closing.of(self, lead, outcome, reason, at, by, note).blockers())

    def next_steps(self, lead: Lead, disposition: Disposition) -> tuple[Action, ...]:
        """List the actions that follow from a disposition: of its reason, then of its outcome.

        Contact data to be verified come first: a task for the first of the verifiers who is neither
        the lead's owner nor the one who closed it. Where no channel is open to the lead, sequences and
        tasks that are contacts are left out. Raises `InvalidValue` for what is no lead or
        disposition.

        >>> policy = DispositionPolicy(
        ...     [Reason("bad_data", verify_contact=True)], verifiers=["ada", "bo"]
        ... )
        >>> lead = Lead("L-7", owner="ada")
        >>> closed = policy.close(lead, "unqualified", "bad_data", at=noon, by="ada")
        >>> print(*policy.next_steps(lead, closed))
        task verify_contact (Verify the contact data), for bo
        """
        instance(Disposition)["check"]("disposition", disposition)
        past, _ = seen(lead, disposition.at)
        steps = self._steps(past, disposition)
        if may_contact(past.after(disposition), None, disposition.at):
            return steps
        return tuple(step for step in steps if not _is_contact(step))

    def _steps(self, past: Lead, disposition: Disposition) -> tuple[Action, ...]:
        found: list[Action] = []
        if disposition.verify_contact:
            rep = self._verifier(past, disposition.by)
            found.append(CreateTask(VERIFY_CONTACT, "Verify the contact data", rep=rep))
        reason = self._by_key.get(disposition.reason or "")
        found += () if reason is None else reason.next
        return (*found, *self.next.get(disposition.outcome, ()))

    def follow_up(self, lead: Lead, disposition: Disposition) -> tuple[Event, ...]:
        """Turn those of the next steps that leadflow can do itself into events: tasks and tags.

        ``lead.after(disposition, *policy.follow_up(lead, disposition))`` does them; the rest, such
        as `Notify` and `Enrol`, is the host's. The events have ids if the disposition has one, so
        that doing it twice changes nothing. Raises as `next_steps` does.
        """
        steps = self.next_steps(lead, disposition)
        past, _ = seen(lead, disposition.at)
        found = []
        for place, action in enumerate(steps, 1):
            key = _id(lead, disposition, place)
            event = event_of(
                action,
                disposition.at,
                task=key,
                id=key if disposition.id else None,
                zone=past.time_zone,
            )
            found += [] if event is None else [event]
        return tuple(found)

    def check(self) -> tuple[Problem, ...]:
        """List what is allowed but surely not meant.

        Contact data that nobody can verify; leads that may be deleted and are never to be contacted:
        with the lead goes what is known of that.

        >>> [
        ...     str(problem)
        ...     for problem in DispositionPolicy([Reason("bad", verify_contact=True)]).check()
        ... ]
        ["verifiers: nobody is named, so 'bad' can never be given"]
        """
        return tuple(self._doubts())

    def _doubts(self) -> Iterator[Problem]:
        asking = [repr(reason.key) for reason in self.reasons if reason.verify_contact]
        if asking and not self.verifiers:
            yield Problem(
                "verifiers", f"nobody is named, so {', '.join(asking)} can never be given"
            )
        for place, reason in enumerate(self.reasons):
            if reason.never_contact and not reason.keep:
                because = "once the lead is deleted, nobody knows that it is never to be contacted"
                yield Problem(f"reasons[{place}].keep", because)

    def _verifier(self, lead: Lead, by: str | None) -> str | None:
        return next((rep for rep in self.verifiers if rep not in (lead.owner, by)), None)

    def __repr__(self) -> str:
        return f"DispositionPolicy({counted(len(self), 'reason')})"

    def _repr_html_(self) -> str:
        rows = [(each.key, each.label, each.consequences) for each in self.reasons[:_SHOWN]]
        return table("disposition policy", ("reason", "label", "consequences"), rows)


VERIFY_CONTACT = "verify_contact"
"""The kind of the task to verify contact data."""


@attrs.frozen
class _Closing:
    """One closing that is asked about."""

    policy: DispositionPolicy
    lead: Lead
    past: Lead
    outcome: Outcome
    reason: Reason | None
    at: datetime
    by: str | None
    note: str | None

    @classmethod
    def of(
        cls,
        policy: DispositionPolicy,
        lead: Lead,
        outcome: str,
        reason: str | None,
        at: datetime,
        by: str | None,
        note: str | None,
    ) -> _Closing:
        moment = instant("at", at)
        past, _ = seen(lead, moment)
        given = None if reason is None else policy[reason]
        said = None if note is None else text("note", note).strip()
        who = None if by is None else name("by", by)
        return cls(policy, lead, past, outcome_of("outcome", outcome), given, moment, who, said)

    def blockers(self) -> Iterator[Blocker]:
        yield from out_of_order(self.lead, self.at)
        yield from closed_already(self.past)
        if self.reason is not None:
            yield from self._unearned(self.reason)
        elif self.outcome in REASONED:
            fitting = [each.key for each in self.policy if self.outcome in each.outcomes]
            known = did_you_mean("", fitting)
            yield Blocker("no_reason", f"{self.outcome!r} needs a reason; {known}")
        if self.outcome == "converted" and not _is_converted(self.past):
            because = "the lead is not converted; leadflow.disposition.convert does it"
            yield Blocker("not_converted", because)

    def _unearned(self, reason: Reason) -> Iterator[Blocker]:
        if self.outcome not in reason.outcomes:
            because = f"{reason.key!r} is a reason for {', '.join(reason.outcomes)}"
            yield Blocker("unfit_reason", because)
        if reason.needs_note and not self.note:
            yield Blocker("no_note", f"{reason.key!r} needs a note")
        if reason.attempts is not None:
            made = _made(self.past, reason)
            if made < reason.attempts:
                time = f" within {reason.within}" if reason.within else ""
                because = f"{made} of {reason.attempts} attempts made{time}; not yet {reason.key!r}"
                yield Blocker("attempts", because)
        if reason.verify_contact and self.policy._verifier(self.past, self.by) is None:  # noqa: SLF001
            because = (
                f"{reason.key!r} needs somebody else to verify the contact data; "
                "name reps in DispositionPolicy(verifiers=[...])"
            )
            yield Blocker("no_verifier", because)

    def disposition(self, id: str | None) -> Disposition:
        facts: dict[str, Any] = {}
        if self.reason is not None:
            reason = self.reason
            today = local_date(self.at, self.past.time_zone)
            facts = {
                "reason": reason.key,
                "keep": reason.keep,
                "contact_again": reason.contact_again and latest(reason.contact_again, today),
                "never": reason.never_contact,
                "verify_contact": reason.verify_contact,
                "resets_engagement": reason.resets_engagement,
                "back_to": reason.back_to if self.outcome == "unqualified" else None,
            }
        return Disposition(
            self.outcome, self.at, note=self.note or None, by=self.by, id=id,
            sequence=following(self.lead.events, self.at, MARKS), **facts,
        )  # fmt: skip


def out_of_order(lead: Lead, at: datetime) -> Iterator[Blocker]:
    """Refuse what comes before the lead, or before a move or a closing that is in its log."""
    came = lead.created_at
    if came is not None and at < came:
        yield Blocker(
            "too_early", f"at {at.isoformat()} is before the lead came in, {came.isoformat()}"
        )
    last = next((event for event in reversed(lead.events) if isinstance(event, MARKS)), None)
    if last is not None and at < last.at:
        what = "the last closing" if isinstance(last, Disposition) else "the last change"
        yield Blocker("too_early", f"at {at.isoformat()} is before {what}, {last.at.isoformat()}")
    if (following(lead.events, at, MARKS) or 0) > DEFAULT_LIMITS.integer:
        because = f"at {at.isoformat()} the last change has the highest sequence; none can follow"
        yield Blocker("too_early", because)


def closed_already(lead: Lead) -> Iterator[Blocker]:
    """Refuse what is not for a lead whose work has ended."""
    standing = lead.disposition
    if standing is not None and standing.outcome in ENDS:
        why = f" ({standing.reason})" if standing.reason else ""
        on = f"{standing.at:%Y-%m-%d}"
        yield Blocker(
            "closed", f"closed as {standing.outcome}{why} on {on} already; reopen it first"
        )


def _is_contact(step: Action) -> bool:
    return isinstance(step, Enrol) or (isinstance(step, CreateTask) and is_contact(step.kind))


def _is_converted(lead: Lead) -> bool:
    return any(isinstance(event, Conversion) for event in lead.events)


def _made(lead: Lead, reason: Reason) -> int:
    """Count the tries since the lead last answered, asked or was converted: the most within the time."""
    dealings = Dealings.of(lead)
    heard = (event.at for event in reversed(lead.events) if _is_answer(event))
    since = next(heard, None)
    tries = [
        each.at
        for each in dealings.attempts[dealings.attempts_before :]
        if each.channel != "email" and (since is None or each.at > since)
    ]
    if reason.within is None:
        return len(tries)
    most = first = 0
    for place, at in enumerate(tries):
        while _is_over(reason.within, tries[first], at):
            first += 1
        most = max(most, place - first + 1)
    return most


def _is_answer(event: Event) -> bool:
    return isinstance(event, Conversion) or (
        isinstance(event, Activity) and event.kind in ANSWERS and event.answered is not False
    )


def _id(lead: Lead, disposition: Disposition, place: int) -> str:
    """Name what follows from a disposition by its id, or by the lead and itself; short in any case."""
    said = (disposition.outcome, disposition.reason, disposition.at, disposition.sequence)
    known_by = disposition.id or "\x1f".join(map(str, (lead.id, *said)))
    content = f"{known_by}\x1f{place}"
    return f"after-{blake2b(content.encode(), digest_size=8).hexdigest()}"


def _is_over(span: Span, since: datetime, at: datetime) -> bool:
    try:
        return span.after(since) < at
    except InvalidValue:  # it ends beyond the year 9999
        return False

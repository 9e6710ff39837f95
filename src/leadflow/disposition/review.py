"""Review: which closed leads may be taken up again, and with whom to stay in touch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Literal, TypeAlias, cast

import attrs

from leadflow.calendars import local_date
from leadflow.conditions.matching import earliest, latest
from leadflow.contact import DEFAULT_RULES, ContactRules, permission
from leadflow.disposition.policy import ANSWERS, VERIFY_CONTACT
from leadflow.disposition.reason import outcome_of, whole_days
from leadflow.errors import printable
from leadflow.events import Activity, Disposition, Event, FieldsSet, Outcome, TaskDone, TaskSet
from leadflow.events.facts import ENDS
from leadflow.lead import Dealings, Lead, leads_of, seen
from leadflow.span import Span
from leadflow.values import instance, instant

Why: TypeAlias = Literal["came_back", "verified", "date"]
"""Why a closed lead may be taken up again, in the order of the list."""
_ORDER: tuple[Why, ...] = ("came_back", "verified", "date")
_CLOSED = frozenset({"unqualified", "lost"})


@attrs.frozen(repr=False)
class Revisit:
    """A closed lead that may be taken up again.

    `why` is came_back (the lead asked of its own accord after it was closed), verified (the contact
    data that were bad are verified, or new ones known) or date (the date to contact it again has
    come), and `because` says it in words. `since` is the date of it; `stage` is where the lead
    re-enters, as its disposition says, None if that does not say.
    """

    lead: Lead
    why: Why
    because: str
    since: date
    stage: str | None
    disposition: Disposition

    def __str__(self) -> str:
        into = f"; back into {self.stage}" if self.stage else ""
        return printable(f"{self.lead.id}: {self.because}{into}")

    __repr__ = __str__


def revisit(
    leads: Iterable[Lead], as_of: datetime, rules: ContactRules = DEFAULT_RULES
) -> tuple[Revisit, ...]:
    """List the closed leads that may be taken up again today, why, and where they re-enter.

    Looked at are leads with a standing disposition of unqualified or lost; who was entered by
    mistake (removed) does not come back. One that may not be contacted on any channel, by
    disposition or by a field of `rules`, is not listed. A date to contact again counts until the
    lead has been contacted on it or after it; a lead that waits for one, is snoozed or may be
    deleted comes back only of its own accord. Dates are those where the lead is, else in the time
    zone of `rules`, else UTC.

    Those who came back come first, then the verified, then those whose date has come; each by date
    and id. `leadflow.pipeline.Pipeline.reopen` takes a lead up again. Raises `InvalidValue` for what
    are no leads or rules, `NaiveDatetime` for an instant without a zone.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 9, 1, 12, tzinfo=UTC)
    >>> closed = Disposition(
    ...     "unqualified",
    ...     noon.replace(month=3),
    ...     reason="no_budget",
    ...     contact_again=date(2026, 9, 1),
    ...     back_to="contacting",
    ... )
    >>> print(*revisit([Lead("L-7", events=[closed])], noon))
    L-7: no_budget, to be contacted again from 2026-09-01; back into contacting
    """
    moment = instant("as_of", as_of)
    strict = _strict(rules)
    found = [
        again
        for lead in leads_of(leads)
        if (again := _again(seen(lead, moment)[0], moment, strict)) is not None
    ]
    return tuple(sorted(found, key=lambda one: (_ORDER.index(one.why), one.since, one.lead.id)))


def _strict(rules: object) -> ContactRules:
    """Check the rules, and let whoever waits wait on all channels."""
    instance(ContactRules)["check"]("rules", rules)
    return attrs.evolve(cast("ContactRules", rules), while_waiting=())


def _again(lead: Lead, at: datetime, rules: ContactRules) -> Revisit | None:
    standing = lead.disposition
    if standing is None or standing.outcome not in _CLOSED:
        return None
    dealings = Dealings.of(lead)
    codes = {refusal.code for refusal in permission(lead, dealings, None, at, rules).refusals}
    if codes & {"do_not_contact", "never_contact"}:
        return None
    for why, because, since in _reasons(lead, dealings, standing, rules):
        if why == "came_back" or (standing.keep and "waiting" not in codes):
            return Revisit(lead, why, because, since, standing.back_to, standing)
    return None


def _reasons(
    lead: Lead, dealings: Dealings, standing: Disposition, rules: ContactRules
) -> Iterator[tuple[Why, str, date]]:
    zone = lead.time_zone or rules.time_zone
    for event in _following(lead, standing):
        if isinstance(event, Activity) and event.kind in ANSWERS:
            words = event.kind.replace("_", " ")
            on = local_date(event.at, zone)
            yield "came_back", f"{words} on {on}, after it was closed", on
    yield from _verified(lead, standing, rules)
    agreed, last = dealings.waits_until, lead.last_contacted_at
    if agreed is not None and (last is None or local_date(last, zone) < agreed):
        told = dealings.postponed or standing
        reason = told.reason or told.outcome
        yield "date", f"{reason}, to be contacted again from {agreed}", agreed


def _following(lead: Lead, standing: Disposition) -> tuple[Event, ...]:
    return lead.events[lead.events.index(standing) + 1 :]


def _verified(
    lead: Lead, standing: Disposition, rules: ContactRules
) -> Iterator[tuple[Why, str, date]]:
    """Tell when contact data that were to be verified were so, or new ones became known."""
    if not standing.verify_contact:
        return
    kinds = {event.task: event.kind for event in lead.events if isinstance(event, TaskSet)}
    addresses = {key for keys in rules.addresses.values() for key in keys}
    known = _known_before(lead, standing, addresses)
    for event in _following(lead, standing):
        on = local_date(event.at, lead.time_zone or rules.time_zone)
        if isinstance(event, TaskDone) and kinds.get(event.task) == VERIFY_CONTACT:
            yield "verified", f"the contact data were verified on {on}", on
        elif isinstance(event, FieldsSet) and any(
            str(value).strip() for value in set(map(event.values.get, addresses)) - known
        ):
            yield "verified", f"new contact data since {on}", on


def _known_before(lead: Lead, standing: Disposition, addresses: Iterable[str]) -> set[object]:
    """Collect the contact data that a lead ever had before it was closed, and None."""
    log = lead.events[: lead.events.index(standing)]
    told = [event.values for event in log if isinstance(event, FieldsSet)]
    starts = [start.values for start in lead.starts]
    return {None, *(values.get(key) for values in (*told, *starts) for key in addresses)}


def not_contacted_since(
    leads: Iterable[Lead], span: Span | str, *, as_of: datetime, outcome: Outcome | None = None
) -> tuple[Lead, ...]:
    """List the leads that were not contacted for so long, in their order, as they were then.

    Counted are outgoing contacts, answered or not, by their UTC dates: a lead is listed if its last
    one is older than the span, or if there was none. Months count back from the UTC date of `as_of`
    to the same day of an earlier month or, if that month is shorter, to its last day; so six months
    before 30 November is 30 May. With an `outcome`, only leads that stand closed with it.

    Raises `InvalidValue` for what are no leads, for a span with hours and for an unknown outcome;
    `NaiveDatetime`.

    >>> call = Activity("call", datetime(2025, 5, 31, 12, tzinfo=UTC))
    >>> closed = Disposition(
    ...     "unqualified", datetime(2025, 5, 31, 13, tzinfo=UTC), reason="no_budget"
    ... )
    >>> leads = [Lead("L-7", events=[call, closed])]
    >>> for day in (datetime(2025, 11, 30, tzinfo=UTC), datetime(2025, 12, 1, tzinfo=UTC)):
    ...     found = not_contacted_since(leads, "6 months", as_of=day, outcome="unqualified")
    ...     print(day.date(), [lead.id for lead in found])
    2025-11-30 []
    2025-12-01 ['L-7']
    """
    moment = instant("as_of", as_of)
    limit = earliest(whole_days("span", span), moment.date())
    wanted = None if outcome is None else outcome_of("outcome", outcome)
    pasts = (seen(lead, moment)[0] for lead in leads_of(leads))
    return tuple(lead for lead in pasts if _is_silent(lead, limit) and _ended(lead, wanted))


def _is_silent(lead: Lead, limit: date) -> bool:
    last = lead.last_contacted_at
    return last is None or last.date() < limit


def _ended(lead: Lead, outcome: Outcome | None) -> bool:
    standing = lead.disposition
    return outcome is None or (standing is not None and standing.outcome == outcome)


@attrs.frozen(repr=False)
class Reminder:
    """A lead to stay in touch with: when the contact is due, and the date of the last one, if any."""

    lead: Lead
    due: date
    last: date | None

    def task(self, at: datetime, *, rep: str | None = None) -> TaskSet:
        """Turn the reminder into a task, under an id of its due date: set twice, it is one task."""
        return TaskSet(
            f"stay-in-touch-{self.due}", at, due=self.due, kind="stay_in_touch", rep=rep,
            title=str(self),
        )  # fmt: skip

    def __str__(self) -> str:
        last = f"last contacted on {self.last}" if self.last else "never contacted"
        return printable(f"{self.lead.id}: stay in touch, {last}, due on {self.due}")

    __repr__ = __str__


def stay_in_touch(
    leads: Iterable[Lead],
    every: Span | str,
    *,
    as_of: datetime,
    rules: ContactRules = DEFAULT_RULES,
) -> tuple[Reminder, ...]:
    """List those to contact again today so as to stay in touch: leads worth keeping, and customers.

    Looked at are leads closed as unqualified, lost or won that are worth keeping, but for those whose
    contact data are still to be verified; and customers who are not closed. A contact is due so long
    after the last one, or after the closing if there was none later, or else after the lead came in;
    today where that is not known. It is not due before a date that the disposition or a snooze
    names, nor where all contact is refused. The first due come first, ties go by id. Dates are those
    where the lead is, else in the time zone of `rules`, else UTC. Raises as `revisit` does, and
    `InvalidValue` for a span with hours.

    >>> print(*stay_in_touch(leads, "3 months", as_of=datetime(2025, 9, 1, tzinfo=UTC)))
    L-7: stay in touch, last contacted on 2025-05-31, due on 2025-08-31
    """
    moment, span = instant("as_of", as_of), whole_days("every", every)
    strict = _strict(rules)
    pasts = (seen(lead, moment)[0] for lead in leads_of(leads))
    due = [one for lead in pasts if (one := _reminder(lead, span, moment, strict)) is not None]
    return tuple(sorted(due, key=lambda one: (one.due, one.lead.id)))


def _reminder(lead: Lead, every: Span, at: datetime, rules: ContactRules) -> Reminder | None:
    standing, zone = lead.disposition, lead.time_zone or rules.time_zone
    dealings, today = Dealings.of(lead), local_date(at, zone)
    if not (_is_kept(lead, standing, rules) and permission(lead, dealings, None, at, rules)):
        return None
    contacted = lead.last_contacted_at
    ended = None if standing is None else standing.at
    since = max(filter(None, (contacted, ended)), default=lead.created_at)
    due = today if since is None else latest(every, local_date(since, zone))
    last = None if contacted is None else local_date(contacted, zone)
    return Reminder(lead, due, last) if due <= today else None


def _is_kept(lead: Lead, standing: Disposition | None, rules: ContactRules) -> bool:
    if standing is None or standing.outcome not in ENDS:
        return lead.lifecycle in ("customer", "inactive")
    is_bad = standing.verify_contact and not any(_verified(lead, standing, rules))
    return standing.keep and standing.outcome != "removed" and not is_bad

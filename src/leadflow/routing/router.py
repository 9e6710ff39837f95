"""The router: ordered rules, of which the first that a lead meets decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

import attrs

from leadflow.conditions import Always, LeadSchema
from leadflow.contact import DEFAULT_RULES, permission
from leadflow.errors import InvalidDefinition, InvalidValue, Problem, did_you_mean, shown
from leadflow.events import Assignment, Overridden, Rejected
from leadflow.lead import Dealings, Lead, leads_of, seen
from leadflow.lead.log import following
from leadflow.limits import DEFAULT_LIMITS
from leadflow.markup import one_line
from leadflow.routing.attempt import SETS_OWNER, Attempt, Unplaced
from leadflow.routing.held import Answer, Held, Routed, routed
from leadflow.routing.inspection import inspect
from leadflow.routing.preview import Asked, Preview
from leadflow.routing.roster import Roster
from leadflow.routing.rule import RoutingRule
from leadflow.routing.simulation import Simulation, run
from leadflow.span import Span, as_span
from leadflow.values import EMPTY, instant, listed, name, text

_REFUSING = DEFAULT_RULES.refused_by["all"]
"""The fields that refuse all contact."""


def _rules(values: Iterable[RoutingRule]) -> tuple[RoutingRule, ...]:
    return listed("Router.rules", values)


@attrs.frozen
class Router:
    """Rules in order: the first whose condition a lead meets assigns it, else `otherwise` does.

    A router is a definition; what is known of the reps comes in as a `Roster`, and every decision
    is an `Assignment` or `Held` with its reasons. Assignment is not contact: a lead asleep, or one
    that may not be called, is assigned all the same. But a lead without an owner that may never be
    contacted on any channel (`leadflow.contact.may_contact`) is held: there is no work to give away.

    Raises `InvalidDefinition` with all problems: no rules, a name given twice, a condition in
    `otherwise`, more rules than `leadflow.limits.Limits` allows.

    >>> from datetime import UTC
    >>> from leadflow import field
    >>> from leadflow.routing import LeastLoaded, Rep
    >>> router = Router(
    ...     [RoutingRule("large", when=field("employees").at_least(500), to="key accounts")],
    ...     otherwise=RoutingRule("the rest", to="inside", by=LeastLoaded()),
    ... )
    >>> roster = Roster([Rep("ada", team="key accounts"), Rep("bo", team="inside")])
    >>> lead = Lead("L-7", fields={"employees": 20})
    >>> decision = router.assign(lead, roster, as_of=datetime(2026, 3, 2, tzinfo=UTC))
    >>> decision.rep, decision.because
    ('bo', ('no rule met: the rest', 'least loaded: 0 units open'))
    """

    rules: tuple[RoutingRule, ...] = attrs.field(converter=_rules)
    otherwise: RoutingRule | None = None

    def __attrs_post_init__(self) -> None:
        problems = tuple(self._problems())
        if problems:
            raise InvalidDefinition("router", problems)

    def _problems(self) -> Iterator[Problem]:
        most = DEFAULT_LIMITS.rules
        if len(self.rules) > most:
            yield Problem("rules", f"at most {most:,} rules, got {len(self.rules):,}")
            return
        if not self.rules and self.otherwise is None:
            yield Problem("rules", "expected at least one rule, got none")
        places = {f"rules[{place}]": rule for place, rule in enumerate(self.rules)}
        if self.otherwise is not None:
            places["otherwise"] = self.otherwise
        seen_names: dict[str, str] = {}
        for path, rule in places.items():
            if not isinstance(rule, RoutingRule):
                yield Problem(path, f"expected a RoutingRule, got {shown(rule)}")
                continue
            first = seen_names.setdefault(rule.name, path)
            if first != path:
                yield Problem(f"{path}.name", f"{rule.name!r} is the name of {first} too")
        if isinstance(self.otherwise, RoutingRule) and self.otherwise.when != Always():
            yield Problem("otherwise.when", f"expected no condition, got {self.otherwise.when}")

    def assign(
        self,
        lead: Lead,
        roster: Roster,
        as_of: datetime,
        *,
        excluding: Mapping[str, str] = EMPTY,
    ) -> Answer:
        """Choose the rep for a lead at an instant, or hold the lead if nobody may take it.

        A person's override of the owner is respected while it stands, whatever the rules say; if it
        names nobody who is active in the roster, the lead is held until the override is lifted, for
        no assignment would change the owner. `excluding` names reps who are not to have the lead,
        and why. Nothing changes: apply the assignment with ``lead.after`` and ``roster.after``.

        Whatever lead is asked about is assigned, one that is closed or has an owner already too, and
        its units count anew: say in `when` which leads are to be routed, and free the units of a
        lead that is routed again (`Closed`), as `reassign` does.

        Raises `NaiveDatetime`; `InvalidValue` for what is no lead or roster, for a team or rep of a
        rule that the roster does not know, and for a strategy that chooses somebody who was no
        candidate.
        """
        past, moment = seen(lead, as_of)
        return self._decided(past, _roster(roster), moment, _excluding(excluding))[1]

    def _decided(
        self, lead: Lead, roster: Roster, at: datetime, excluding: Mapping[str, str]
    ) -> tuple[list[Asked], Answer]:
        """Answer, and tell which rules were asked on the way; the lead is as it was at `at`."""
        override = lead.override("owner")
        if override is not None and override.value not in roster.active:
            return [], Held(lead.id, at, because=[_without_effect(override)])
        if override is not None and override.value not in excluding:
            return [], self._by_hand(override, lead, roster, at)
        if lead.owner is None and (refused := _refused(lead, at)):
            return [], Held(lead.id, at, because=[f"may not be contacted: {refused}"])
        asked: list[Asked] = []
        tried: list[tuple[RoutingRule, Unplaced]] = []
        for rule in self.rules:
            if not rule.when.matches(lead, as_of=at):
                asked.append(Asked(rule, is_met=False))
            else:
                answer = Attempt(rule, lead, roster, at, excluding, rule.because).answer()
                asked.append(_asked(rule, answer))
                if isinstance(answer, Assignment):
                    return asked, _after_others(answer, tried)
                tried.append((rule, answer))
                if not rule.overflow:
                    return asked, _held(lead, at, tried)
        if self.otherwise is not None:
            rule = self.otherwise
            why = f"no rule met: {rule.name}" if not tried else f"otherwise: {rule.name}"
            answer = Attempt(rule, lead, roster, at, excluding, why).answer()
            asked.append(_asked(rule, answer))
            if isinstance(answer, Assignment):
                return asked, _after_others(answer, tried)
            tried.append((rule, answer))
        return asked, _held(lead, at, tried)

    def _by_hand(
        self, override: Overridden, lead: Lead, roster: Roster, at: datetime
    ) -> Assignment:
        """Assign to whom a person chose, as so much work as the rule of such leads says."""
        rules = (*self.rules, *([self.otherwise] if self.otherwise else []))
        rule = next((rule for rule in rules if rule.when.matches(lead, as_of=at)), None)
        units = None if rule is None else rule.units_of(lead)
        until = f" until {override.until:%Y-%m-%d %H:%M} UTC" if override.until else ""
        by = f" by {override.by}" if override.by else ""
        return Assignment(
            override.value or "",
            at,
            strategy="Overridden",
            because=(f"owner overridden{by}{until}: {one_line(override.reason)}",),
            units=1 if units is None else units,
            value=lead.deal_value,
            rating=lead.rating,
            turn=roster.version + 1,
            sequence=following(lead.events, at, SETS_OWNER),
        )

    def assign_all(self, leads: Iterable[Lead], roster: Roster, as_of: datetime) -> Routed:
        """Assign leads one by one at one instant, each after the one before, in the order given.

        Raises as `assign` does, and `InvalidValue` for a lead that is given twice.

        >>> routed = router.assign_all(
        ...     [Lead("L-1"), Lead("L-2")], roster, as_of=datetime(2026, 3, 2, tzinfo=UTC)
        ... )
        >>> routed.roster.workload("bo").open
        2
        """
        moment = instant("as_of", as_of)
        answers: dict[str, Answer] = {}
        for lead in listed("leads", leads):
            answer = self.assign(lead, roster, moment)
            if lead.id in answers:
                raise InvalidValue("leads", shown(lead.id), "each lead once")
            answers[lead.id] = answer
            if isinstance(answer, Assignment):
                roster = roster.after(answer)
        return routed(answers, roster)

    def drain(
        self, held: Iterable[Held], leads: Iterable[Lead], roster: Roster, as_of: datetime
    ) -> Routed:
        """Ask again for leads that were held, the one held longest first.

        Nothing is kept free for a lead that needs more room than there is: those after it may go.

        `leads` are the leads as they are now, in any order; others among them are left alone. One
        that is held again keeps its place in the queue (`Held.since`). Ties go to the smaller id.

        Raises as `assign` does, and `InvalidValue` for what is not `Held` and for one whose lead is
        not among `leads`.

        >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
        >>> queue = [Held("L-9", noon, because=["1 at capacity"])]
        >>> router.drain(queue, [Lead("L-9")], roster, as_of=noon).assignments["L-9"].rep
        'bo'
        """
        moment = instant("as_of", as_of)
        known = {key: lead for lead in leads_of(leads) for key in (*lead.merged_ids, lead.id)}
        answers: dict[str, Answer] = {}
        for each in _queue(held):
            lead = known.get(each.lead)
            if lead is None:
                hint = did_you_mean(each.lead, known)
                raise InvalidValue("held", shown(each.lead), "a lead that is among leads", hint)
            if lead.id in answers:
                continue
            answer = self.assign(lead, roster, moment)
            if isinstance(answer, Assignment):
                roster = roster.after(answer)
            else:
                answer = attrs.evolve(answer, since=each.since)
            answers[lead.id] = answer
        return routed(answers, roster)

    def preview(self, lead: Lead, roster: Roster, as_of: datetime) -> Preview:
        """Show what `assign` would answer, with the rules it asks on the way; nothing changes.

        Raises as `assign` does.

        >>> print(router.preview(lead, roster, as_of=datetime(2026, 3, 2, tzinfo=UTC)))
        L-7 to bo: least loaded: 0 units open
          rule 'large' is not met: employees is at least 500
          rule 'the rest' decides, LeastLoaded
        """
        past, moment = seen(lead, as_of)
        asked, answer = self._decided(past, _roster(roster), moment, EMPTY)
        return Preview(past.id, answer, tuple(asked))

    def simulate(
        self,
        leads: Iterable[Lead],
        roster: Roster,
        as_of: datetime,
        *,
        every: Span | timedelta | str | None = None,
        works_for: Span | timedelta | str | None = None,
    ) -> Simulation:
        """Play what would become of coming leads: who gets which, who waits, how even it comes out.

        Leads arrive at their `created_at`, or at `as_of` where that is earlier or not known; with
        `every`, one after the other in the order given, the first at `as_of`. An assigned lead is
        closed after `works_for`, which frees its units; never, unless given. Held leads are asked
        about again when their `until` comes and when a lead is closed, the one held longest first.
        The play ends with the last arrival. Nothing given changes.

        Raises as `assign` does, and `InvalidValue` for a lead that is given twice.

        >>> coming = [Lead(f"L-{n}") for n in range(1000)]
        >>> played = router.simulate(
        ...     coming, roster, datetime(2026, 3, 2, tzinfo=UTC), every="1 hour"
        ... )
        >>> played.counts
        {'ada': 0, 'bo': 1000}
        """
        moment = instant("as_of", as_of)
        step = None if every is None else as_span("every", every)
        work = None if works_for is None else as_span("works_for", works_for)
        arrivals = _arrivals(leads_of(leads), moment, step)
        return run(self.assign, arrivals, _roster(roster), work)

    def check(
        self, schema: LeadSchema | None = None, roster: Roster | None = None
    ) -> tuple[Problem, ...]:
        """List what is allowed but surely not meant; with a schema and a roster, more of it.

        Rules that no lead can meet, and rules that are never reached because earlier ones take every
        lead they could get. With a `schema`: unknown fields and impossible comparisons. With a
        `roster`: unknown teams and reps, pools without anybody who could ever take a lead, bands and
        fallbacks that name reps outside the pool, territories that nobody in the pool serves.

        >>> twice = Router([RoutingRule("all"), RoutingRule("large", to="key accounts")])
        >>> [str(problem) for problem in twice.check(roster=roster)]
        ["rules[1].when: 'large' is never reached: 'all' takes every lead it could get"]
        """
        if schema is not None and not isinstance(schema, LeadSchema):
            raise InvalidValue("schema", shown(schema), "a LeadSchema")
        if roster is not None:
            _roster(roster)
        return tuple(inspect(self.rules, self.otherwise, schema, roster))


def _roster(value: object) -> Roster:
    if not isinstance(value, Roster):
        raise InvalidValue("roster", shown(value), "a Roster", "such as Roster([Rep('ada')])")
    return value


def _refused(lead: Lead, at: datetime) -> str:
    """Say why a lead may never be contacted at all; empty if it may."""
    if not (lead.events or any(key in lead.values for key in _REFUSING)):
        return ""
    refusals = permission(lead, Dealings.of(lead), None, at).refusals
    return next((str(refusal) for refusal in refusals if refusal.until is None), "")


def _excluding(values: object) -> Mapping[str, str]:
    if values is EMPTY:
        return EMPTY
    if not isinstance(values, Mapping):
        raise InvalidValue("excluding", shown(values), "a mapping of rep ids to reasons")
    return {name("excluding", rep): text(f"excluding.{rep}", why) for rep, why in values.items()}


def _queue(values: Iterable[Held]) -> list[Held]:
    found = listed("held", values)
    for place, each in enumerate(found):
        if not isinstance(each, Held):
            raise InvalidValue(f"held[{place}]", shown(each), "a Held")
    return sorted(found, key=lambda each: (each.since, each.lead))


def _arrivals(
    given: Iterable[Lead], start: datetime, every: Span | None
) -> list[tuple[datetime, Lead]]:
    leads, known = tuple(given), set[str]()
    for lead in leads:
        if lead.id in known:
            raise InvalidValue("leads", shown(lead.id), "each lead once")
        known.add(lead.id)
    if every is None:
        found = [(max(start, lead.created_at or start), lead) for lead in leads]
        return sorted(found, key=lambda arrival: (arrival[0], arrival[1].id))
    found, moment = [], start
    for lead in leads:
        found.append((moment, lead))
        moment = every.after(moment)
    return found


def _without_effect(override: Overridden) -> str:
    return (
        f"the owner is overridden to {shown(override.value)}, who is no active rep: "
        "lift it first, with Overridden('owner', None, ...)"
    )


def _asked(rule: RoutingRule, answer: Assignment | Unplaced) -> Asked:
    nobody = answer.because if isinstance(answer, Unplaced) else ""
    return Asked(rule, is_met=True, nobody=nobody)


def _after_others(answer: Assignment, tried: list[tuple[RoutingRule, Unplaced]]) -> Assignment:
    """Add to an assignment why the rules before it had nobody."""
    if not tried:
        return answer
    overflow = [f"rule {rule.name!r} overflows: {unplaced.because}" for rule, unplaced in tried]
    rejected = [each for _, unplaced in tried for each in unplaced.rejected]
    return attrs.evolve(
        answer,
        because=(*overflow, *answer.because),
        rejected=(*_others(rejected, answer), *answer.rejected),
    )


def _others(rejected: list[Rejected], answer: Assignment) -> list[Rejected]:
    """Keep the rejections of reps of whom the later rule says nothing."""
    said = {answer.rep, *(each.rep for each in answer.rejected)}
    return [each for each in _once(rejected) if each.rep not in said]


def _once(rejected: Iterable[Rejected]) -> Iterable[Rejected]:
    """Keep of each rep what was said last."""
    return {each.rep: each for each in rejected}.values()


def _held(lead: Lead, at: datetime, tried: list[tuple[RoutingRule, Unplaced]]) -> Held:
    if not tried:
        return Held(lead.id, at, because=("no rule is met",))
    moments = [unplaced.until for _, unplaced in tried if unplaced.until is not None]
    return Held(
        lead.id,
        at,
        because=[f"rule {rule.name!r}: {unplaced.because}" for rule, unplaced in tried],
        rule=tried[-1][0].name,
        rejected=_once(each for _, unplaced in tried for each in unplaced.rejected),
        until=min(moments, default=None),
        units=tried[-1][1].units,
    )

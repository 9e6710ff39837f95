"""The best total: many leads at once to the reps with whom they are worth most together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import attrs

from leadflow.errors import InvalidValue, LimitExceeded, shown
from leadflow.events import Assignment, Rejected
from leadflow.lead import Lead, seen
from leadflow.lead.log import following
from leadflow.markup import counted, table
from leadflow.money import Rates
from leadflow.routing.attempt import SETS_OWNER
from leadflow.routing.candidate import Candidate
from leadflow.routing.held import Held
from leadflow.routing.pool import Pool, unable
from leadflow.routing.rep import Rep
from leadflow.routing.roster import Roster
from leadflow.routing.router import Router
from leadflow.routing.rule import RoutingRule
from leadflow.routing.win_rates import WinRates
from leadflow.routing.worth import Scale, Worth, missing, one_currency
from leadflow.values import Frozen, half_up, instance, instant, listed, name

if TYPE_CHECKING:
    from leadflow.routing.flow import Place

_SHOWN = 100
_MOST_PAIRS = 5_000_000
_NOBODY = -1
_ANY_ROUTER = Router([RoutingRule("any")])
"""Whatever the rules, a person's choice comes first."""


@attrs.frozen(repr=False)
class Allocation:
    """Which rep gets which lead, for the greatest worth in total.

    `assignments` are by lead id, in the order of their turns: first the leads whose rep a person
    chose, then the others, both in the order of the ids. So are `held`, the leads left over. `total`
    is the exact sum of what all assigned leads are worth where that is known, those of people's
    choice among them, in `currency`; that is None for plain numbers. `before` is the roster that was
    asked about.
    """

    assignments: Mapping[str, Assignment]
    held: tuple[Held, ...]
    total: Decimal
    currency: str | None
    before: Roster

    @cached_property
    def roster(self) -> Roster:
        """The roster after the assignments."""
        return self.before.after(*self.assignments.values())

    def _head(self) -> str:
        total = f"{self.total:,f}" + (f" {self.currency}" if self.currency else "")
        assigned = counted(len(self.assignments), "lead")
        return f"{assigned} assigned, worth {total}; {len(self.held):,} held"

    def __str__(self) -> str:
        lines = [
            f"{lead} to {each.rep}: {'; '.join(each.because)}"
            for lead, each in list(self.assignments.items())[:_SHOWN]
        ]
        lines += map(str, self.held[:_SHOWN])
        return "\n  ".join([self._head(), *lines])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = [
            (lead, each.rep, "; ".join(each.because))
            for lead, each in list(self.assignments.items())[:_SHOWN]
        ]
        rows += [(each.lead, "held", "; ".join(each.because)) for each in self.held[:_SHOWN]]
        return table(self._head(), ["lead", "rep", "because"], rows)


@attrs.frozen
class _Measure:
    """How leads are measured: by the host's function, or win probability, value and win rate."""

    scale: Scale
    worth: Worth | None
    win_rates: WinRates | None
    rates: Rates | None

    def of(self, lead: Lead, rep: Rep) -> int | None:
        """Return what a lead is worth with a rep; None where the host's function has no worth."""
        if self.worth is not None:
            return self.scale.asked(self.worth, lead, rep)
        above, below = self.scale.expected(lead, self.rates)
        known = self.win_rates
        rate = Fraction(1) if known is None else known.rate(rep.id, known.segment_of(lead))
        return half_up(above * rate.numerator, below * rate.denominator)

    def words(self, lead: Lead, worth: int) -> str:
        """Say what a lead is worth, and what is not known where it is worth nothing."""
        unknown = missing(lead) if not worth and self.worth is None else None
        return f"worth {self.scale.written(worth)}" + (f", for {unknown}" if unknown else "")


@attrs.frozen
class _Chosen:
    """What becomes of leads whose owner a person overrode, by id, and the roster after it."""

    assignments: Mapping[str, Assignment]
    held: tuple[Held, ...]
    total: int
    roster: Roster


def _chosen(leads: Mapping[str, Lead], roster: Roster, at: datetime, measure: _Measure) -> _Chosen:
    """Answer as every router does to a person's choice, and add what the leads are worth."""
    routed = _ANY_ROUTER.assign_all(leads.values(), roster, at)
    assignments, total = {}, 0
    for key, assignment in routed.assignments.items():
        worth = measure.of(leads[key], roster[assignment.rep])
        words = "no worth is known" if worth is None else measure.words(leads[key], worth)
        assignments[key] = attrs.evolve(assignment, because=(*assignment.because, words))
        total += worth or 0
    return _Chosen(assignments, routed.held, total, routed.roster)


@attrs.frozen
class _Ground:
    """Leads in the order of their ids, reps in that of theirs, and who may have which.

    Leads that ask for the same skills and languages are of one kind. `lacking` tells for each kind
    what each rep lacks, and `room` how many leads each rep can take now.
    """

    leads: tuple[Lead, ...]
    seats: tuple[Candidate, ...]
    at: datetime
    kinds: list[int]
    lacking: list[list[Rejected | None]]
    room: list[int]

    @cached_property
    def barred(self) -> list[list[bool]]:
        """Tell for each kind of lead whether a rep may not have it, for lack of skill or of room."""
        return [
            [why is not None or not room for why, room in zip(lacks, self.room, strict=True)]
            for lacks in self.lacking
        ]

    def turns(self, rule: str) -> list[tuple[int, int]]:
        """Return the turns that each rep had in a rule, and the rep's weight."""
        return [(seat.workload.in_rule(rule).counted, seat.rep.weight) for seat in self.seats]

    def measured(self, win_rates: WinRates | None) -> tuple[list[list[Fraction]], list[int]]:
        """Return the rates of the reps in each segment, and the place of each lead's segment."""
        if win_rates is None:
            return [[Fraction(1)] * len(self.seats)], [0] * len(self.leads)
        segments: dict[str | None, int] = {}
        places = [
            segments.setdefault(win_rates.segment_of(lead), len(segments)) for lead in self.leads
        ]
        return [[win_rates.rate(s.id, segment) for s in self.seats] for segment in segments], places

    def asked(self, worth: Worth, scale: Scale) -> list[list[int]]:
        """Ask what each lead is worth with each rep who may have it; `_NOBODY` for the others."""
        return [
            [
                _NOBODY if is_barred else _or_nobody(scale.asked(worth, lead, seat.rep))
                for seat, is_barred in zip(self.seats, self.barred[kind], strict=True)
            ]
            for lead, kind in zip(self.leads, self.kinds, strict=True)
        ]


def _or_nobody(worth: int | None) -> int:
    return _NOBODY if worth is None else worth


def _ground(found: tuple[Lead, ...], roster: Roster, pool: Pool, at: datetime) -> _Ground:
    seats = tuple(roster.seats[key] for key in pool.members(roster))
    if len(found) * len(seats) > _MOST_PAIRS:
        asked = f"{len(found):,} x {len(seats):,}"
        raise LimitExceeded("allocate", "the pairs of leads and reps", _MOST_PAIRS, asked)
    needs: dict[tuple[tuple[str, ...], ...], int] = {}
    kinds = [needs.setdefault(tuple(map(tuple, pool.asked(lead))), len(needs)) for lead in found]
    lacking = [
        [unable(seat.rep, list(skills), list(languages)) for seat in seats]
        for skills, languages in needs
    ]
    room = [_room(seat, at, len(found)) for seat in seats]
    return _Ground(found, seats, at, kinds, lacking, room)


def _in_order(leads: Iterable[Lead], at: datetime) -> tuple[Lead, ...]:
    found: dict[str, Lead] = {}
    for each in listed("leads", leads):
        lead, _ = seen(each, at)
        if lead.id in found:
            raise InvalidValue("leads", shown(lead.id), "each lead once")
        found[lead.id] = lead
    return tuple(found[key] for key in sorted(found))


def _room(seat: Candidate, at: datetime, most: int) -> int:
    """Count the leads, one unit each, that a rep can take now."""
    if seat.absent(at):
        return 0
    rep, load = seat.rep, seat.workload
    bounds = [quota.most - quota.used(load.recent, at, rep.zone) for quota in rep.quotas]
    if rep.capacity is not None:
        bounds.append(rep.capacity - load.open)
    return max(min([most, *bounds]), 0)


_Reasons: TypeAlias = tuple[tuple[Rejected, ...], datetime | None]
"""Why the others did not get a lead, and when the first of them is free."""


@attrs.frozen
class _Outcome:
    """Who got how many leads, and what there is to say to each lead."""

    ground: _Ground
    measure: _Measure
    rule: str
    given: Counter[int]
    named: list[list[int]] | None
    """What the host's function said each lead is worth; None where it was not asked."""
    _said: dict[tuple[int, int], _Reasons] = attrs.field(factory=dict, alias="_said")

    @cached_property
    def seats(self) -> list[Candidate]:
        """The reps as they are afterwards."""
        return [
            Candidate(
                seat.rep,
                attrs.evolve(
                    seat.workload,
                    open=seat.workload.open + self.given[place],
                    recent=(*seat.workload.recent, (self.ground.at, self.given[place])),
                ),
            )
            for place, seat in enumerate(self.ground.seats)
        ]

    @cached_property
    def why(self) -> list[Rejected]:
        """Why each rep did not get a lead, where nothing stands between the two."""
        at = self.ground.at
        return [s.full(1, at) or s.absent(at) or s.rep.passed_over for s in self.seats]

    @cached_property
    def free(self) -> list[datetime | None]:
        """From when on each rep could take one lead more."""
        return [seat.free_from(1, self.ground.at) for seat in self.seats]

    def reasons(self, lead: int, rep: int) -> _Reasons:
        """Tell why a lead went to none of the others, and when the first of them is free."""
        key = (self.ground.kinds[lead], rep)
        if self.named is not None:
            return self._reasons(key, self.named[lead])
        if key not in self._said:
            self._said[key] = self._reasons(key, None)
        return self._said[key]

    def _reasons(self, key: tuple[int, int], named: list[int] | None) -> _Reasons:
        kind, chosen = key
        barred = self.ground.barred[kind]
        rejected: list[Rejected] = []
        moments: list[datetime] = []
        for place, lack in enumerate(self.ground.lacking[kind]):
            if place == chosen:
                continue
            if named is not None and named[place] == _NOBODY and not barred[place]:
                why = Rejected(self.seats[place].id, "excluded", "has no worth with this lead")
                rejected.append(why)
            else:
                rejected.append(lack or self.why[place])
                if not lack and (moment := self.free[place]):
                    moments.append(moment)
        return tuple(rejected), min(moments, default=None)

    def assignment(self, lead: int, found: Place, turn: int) -> Assignment:
        """Assign a lead: what it is worth, and with whom it would have been worth more."""
        rep, worth, best, greatest = found
        given = self.ground.leads[lead]
        because = [self.measure.words(given, worth)]
        if worth < greatest:
            more = self.measure.scale.written(greatest)
            because.append(f"{more} with {self.seats[best].id}, who is full")
        return Assignment(
            self.seats[rep].id,
            self.ground.at,
            rule=self.rule,
            strategy="allocate",
            because=because,
            rejected=self.reasons(lead, rep)[0],
            value=given.deal_value,
            rating=given.rating,
            turn=turn,
            sequence=following(given.events, self.ground.at, SETS_OWNER),
        )

    def held(self, lead: int, greatest: int) -> Held:
        """Hold a lead that is left over."""
        rejected, until = self.reasons(lead, _NOBODY)
        words = "nobody may have it now"
        if greatest != _NOBODY:
            words = "everybody who may have it is full, and no exchange makes the total greater"
        found = self.ground.leads[lead].id
        return Held(
            found, self.ground.at, because=[words], rule=self.rule, rejected=rejected, until=until
        )

    def allocation(self, found: Sequence[Place], chosen: _Chosen, before: Roster) -> Allocation:
        """Assign and hold, in the order of the leads, after those whose rep a person chose."""
        assignments, held = dict(chosen.assignments), list(chosen.held)
        total = chosen.total
        for place, (lead, answer) in enumerate(zip(self.ground.leads, found, strict=True)):
            rep, worth, _, greatest = answer
            if rep == _NOBODY:
                held.append(self.held(place, greatest))
            else:
                turn = before.version + len(assignments) + 1
                assignments[lead.id] = self.assignment(place, answer, turn)
                total += worth
        held.sort(key=lambda each: each.lead)
        scale = self.measure.scale
        return Allocation(
            Frozen(assignments), tuple(held), scale.decimal(total), scale.currency, before
        )


def allocate(  # noqa: PLR0913 (one question, with everything that can be said of it)
    leads: Iterable[Lead],
    roster: Roster,
    worth: Worth | None = None,
    *,
    as_of: datetime,
    win_rates: WinRates | None = None,
    pool: Pool = Pool(),  # noqa: B008 (a frozen value)
    rates: Rates | None = None,
    currency: str | None = None,
    places: int = 2,
    rule: str = "allocate",
) -> Allocation:
    """Give leads to reps so that they are worth most together, as far as the reps have room.

    A lead is worth its win probability times its deal value times the rep's own rate in the lead's
    segment, from `win_rates`; without them all reps count alike. A lead that lacks one of the first
    two is worth 0, and says so. Values in several currencies need `rates`; they are compared in
    `currency`, or the base of `rates`. `worth` says otherwise: a number of 0 or more, or None if the
    rep may not have the lead. Worth is rounded half-up to `places` after the point.

    Each lead is one unit. A rep of the `pool` has the room that the capacity leaves beside open work
    and the quotas leave; who is away or outside hours has none. The total is the greatest there is;
    of several ways to it, those that place most leads are taken, and of these the most even one: of
    reps with whom a lead is worth the same, it goes to whoever has fewest turns in `rule` with it for
    their weight, earlier turns included; then to the smaller id. The order of the leads does not
    matter.

    A lead whose owner a person overrode to an active rep of the roster goes there first, in the pool
    or not, as with `Router.assign`: it takes of that rep's room and is counted as assigned by hand.
    One overridden to anybody else is held until the override is lifted.

    Needs OR-Tools, from the extra `routing`; raises `MissingExtra` without it. Raises `InvalidValue`
    for a lead given twice, a worth below 0, and `win_rates` or `rates` beside `worth`,
    `MixedCurrencies` for several currencies without rates, and `LimitExceeded` for more than five
    million pairs of leads and reps and for worth too large for the solver: fewer places help.

    >>> from datetime import timezone
    >>> from leadflow.routing import Rep
    >>> worth = {("L-1", "ada"): 90, ("L-1", "bo"): 80, ("L-2", "ada"): 70, ("L-2", "bo"): 10}
    >>> allocate(
    ...     [Lead("L-1"), Lead("L-2")],
    ...     Roster([Rep("ada", capacity=1), Rep("bo", capacity=1)]),
    ...     lambda lead, rep: worth[lead.id, rep.id],
    ...     as_of=datetime(2026, 3, 2, 9, tzinfo=timezone.utc),
    ... )
    2 leads assigned, worth 150.00; 0 held
      L-1 to bo: worth 80.00; 90.00 with ada, who is full
      L-2 to ada: worth 70.00
    """
    from leadflow.routing import flow  # noqa: PLC0415 (it needs an extra)

    _check(roster, pool, worth, win_rates, rates)
    at, rule = instant("as_of", as_of), name("rule", rule)
    every = _in_order(leads, at)
    asked = currency if worth is not None else one_currency(every, rates, currency)
    measure = _Measure(Scale(places, asked), worth, win_rates, rates)
    overridden = {lead.id: lead for lead in every if lead.override("owner") is not None}
    chosen = _chosen(overridden, roster, at, measure)
    others = tuple(lead for lead in every if lead.id not in overridden)
    ground = _ground(others, chosen.roster, pool, at)
    named = None if worth is None else ground.asked(worth, measure.scale)
    found: list[Place] = [(_NOBODY, _NOBODY, _NOBODY, _NOBODY)] * len(others)
    if found and ground.seats:
        if named is None:
            shares = [measure.scale.expected(lead, rates) for lead in others]
            values = flow.products(shares, *ground.measured(win_rates))
        else:
            values = flow.matrix(named)
        turns = ground.turns(rule)
        found = flow.place(values, ground.room, turns, ground.barred, ground.kinds)
    outcome = _Outcome(ground, measure, rule, Counter(rep for rep, *_ in found), named)
    return outcome.allocation(found, chosen, roster)


def _check(roster: object, pool: object, worth: object, win_rates: object, rates: object) -> None:
    instance(Roster)["check"]("roster", roster)
    instance(Pool)["check"]("pool", pool)
    for kind, where, value in ((WinRates, "win_rates", win_rates), (Rates, "rates", rates)):
        if value is not None:
            instance(kind)["check"](where, value)
            if worth is not None:
                raise InvalidValue(where, "a worth besides", "one of both")
    if worth is not None and not callable(worth):
        raise InvalidValue("worth", shown(worth), "a function of a lead and a rep")

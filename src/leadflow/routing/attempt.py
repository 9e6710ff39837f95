"""One rule's attempt to place one lead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import islice
from operator import itemgetter

import attrs

from leadflow.calendars import WorkingHours
from leadflow.conditions import FieldRef
from leadflow.errors import shown
from leadflow.events import Assignment, Conversion, Overridden, Rejected
from leadflow.lead import Lead
from leadflow.lead.log import following
from leadflow.markup import counted
from leadflow.routing.candidate import ABSENT, Candidate, Candidates
from leadflow.routing.pool import unable
from leadflow.routing.roster import Roster
from leadflow.routing.rule import RoutingRule
from leadflow.routing.strategy import Choice, ask, name_of
from leadflow.values import EMPTY

SETS_OWNER = (Assignment, Conversion, Overridden)
"""The events that say whose a lead is; an assignment at their instant comes after them."""


@attrs.frozen
class Unplaced:
    """Why a rule has nobody for a lead, and from when on it may have."""

    because: str
    rejected: tuple[Rejected, ...] = ()
    until: datetime | None = None
    units: int = 1


@attrs.frozen
class Attempt:
    """A rule, and the lead it is to place, as both are at an instant in UTC."""

    rule: RoutingRule
    lead: Lead
    roster: Roster
    at: datetime
    excluding: Mapping[str, str]
    why: str

    def answer(self) -> Assignment | Unplaced:
        """Assign the lead, or say why nobody may take it.

        Raises `InvalidValue` for a team or rep that the roster does not know, and for a strategy
        that chooses somebody who was no candidate.
        """
        units = self.rule.units_of(self.lead)
        if units is None:
            field = self.rule.units.name if isinstance(self.rule.units, FieldRef) else "units"
            found = shown(self.lead.values.get(field))
            return Unplaced(f"{field} is {found}, which is no number of units", units=0)
        able, waiting, rejected = self._sorted_out(units)
        rejected += [why for _, why in waiting]
        absent = tuple(seat for seat, why in waiting if why.code in ABSENT)
        choice = self._chosen(able, absent, units) if able else Choice(None, self._nobody(rejected))
        if choice.rep is not None:
            made_up = self._made_up(able, units) if choice.is_turn else None
            return self._assignment(
                made_up or choice, able, rejected, units, makes_up=made_up is not None
            )
        rejected += self._not_chosen(able, choice)
        stand_in = self._stand_in(absent, rejected, units) if absent else None
        if stand_in is not None:
            return stand_in
        until = self._until([seat for seat, _ in waiting], absent, units)
        return Unplaced(choice.because, tuple(rejected), until, units)

    def _until(
        self, waiting: list[Candidate], absent: tuple[Candidate, ...], units: int
    ) -> datetime | None:
        """Find the first instant at which one of those whom the strategy would choose is free."""
        present = self.rule.when_absent.all_away == "hold"
        coming = [
            (moment, seat)
            for seat in waiting
            if (moment := seat.free_from(units, self.at, present=present)) is not None
        ]
        coming.sort(key=itemgetter(0))
        fit = (moment for moment, seat in coming if self._chosen([seat], (), units).rep)
        chosen = list(islice(fit, 1))
        key = self.rule.when_absent.fallback
        may = absent and key in self.roster.active and key not in self.excluding
        if may and self._chosen(absent, (), units).rep is not None:
            stands_in = self.roster.seats[key or ""].free_from(units, self.at)
            chosen += [] if stands_in is None else [stands_in]
        return min(chosen, default=None)

    def _not_chosen(self, able: list[Candidate], choice: Choice) -> list[Rejected]:
        """Say of each candidate why a strategy that has nobody did not choose them."""
        said = {each.rep for each in choice.rejected}
        others = [seat.id for seat in able if seat.id not in said]
        return [*choice.rejected, *(Rejected(key, "not_chosen", choice.because) for key in others)]

    def _nobody(self, rejected: list[Rejected]) -> str:
        if not rejected:
            return f"nobody is in {self.rule.to}"
        codes = Counter(each.code.replace("_", " ") for each in rejected)
        return "nobody may take it: " + ", ".join(f"{n} {code}" for code, n in codes.items())

    def _sorted_out(
        self, units: int
    ) -> tuple[list[Candidate], list[tuple[Candidate, Rejected]], list[Rejected]]:
        """Part the pool: who may take it now, who could at another time, and the others' reasons."""
        seats = self.roster.seats
        pool = [
            seats[key]
            for key in self.rule.to.members(self.roster, f"RoutingRule {self.rule.name!r} to")
        ]
        rejected: list[Rejected] = []
        skills, languages = self.rule.to.asked(self.lead)
        if skills or languages or self.excluding:
            unfit = {seat.id: self._unfit(seat, skills, languages) for seat in pool}
            rejected = [why for why in unfit.values() if why is not None]
            pool = [seat for seat in pool if unfit[seat.id] is None]
        if all([seat.room >= units for seat in pool]):  # noqa: C419 (a list is quicker)
            return pool, [], rejected
        able: list[Candidate] = []
        waiting: list[tuple[Candidate, Rejected]] = []
        is_open = cache(WorkingHours.is_open)
        for seat in pool:
            why = None
            if seat.room < units:
                why = seat.full(units, self.at) or seat.absent(self.at, is_open)
            if why is None:
                able.append(seat)
            else:
                waiting.append((seat, why))
        return able, waiting, rejected

    def _unfit(self, seat: Candidate, skills: list[str], languages: list[str]) -> Rejected | None:
        """Tell why a rep may not have this lead at any time; None if there is no such reason."""
        key = seat.id
        if key in self.excluding:
            return Rejected(key, "excluded", self.excluding[key])
        return unable(seat.rep, skills, languages)

    def _made_up(self, able: list[Candidate], units: int) -> Choice | None:
        """Choose among those who are owed most turns; None if nobody is, or the strategy has none."""
        if not self.rule.when_absent.catch_up:
            return None
        owed = [seat.workload.in_rule(self.rule.name).owed for seat in able]
        most = max(owed)
        first = [seat for seat, turns in zip(able, owed, strict=True) if turns == most]
        choice = self._chosen(first, (), units) if most else None
        if choice is None or choice.rep is None or not choice.is_turn:
            return None
        return Choice(
            choice.rep, f"makes up 1 of {counted(most, 'turn')} missed while away", choice.rejected
        )

    def _chosen(
        self, able: Sequence[Candidate], absent: tuple[Candidate, ...], units: int
    ) -> Choice:
        among = Candidates(able, self.rule.name, absent, units)
        return ask(self.rule.by, self.lead, among, self.at)

    def _assignment(
        self,
        choice: Choice,
        able: Sequence[Candidate],
        rejected: list[Rejected],
        units: int,
        *,
        makes_up: bool = False,
    ) -> Assignment:
        chosen = choice.rep or ""
        said = {each.rep: each for each in choice.rejected}
        made_up = {chosen: -1} if makes_up else {}
        return Assignment(
            chosen,
            self.at,
            rule=self.rule.name,
            strategy=name_of(self.rule.by),
            because=(self.why, choice.because),
            rejected=(
                (*rejected, *said.values(), *_passed_over(able, {chosen, *said}))
                if rejected or said
                else self._all_passed_over(able, chosen)
            ),
            units=units,
            value=self.lead.deal_value,
            rating=self.lead.rating,
            turn=self.roster.version + 1,
            sequence=following(self.lead.events, self.at, SETS_OWNER),
            credited=made_up or choice.passed,
            owed=made_up or self._owing(choice.passed),
        )

    def _all_passed_over(self, able: Sequence[Candidate], chosen: str) -> tuple[Rejected, ...]:
        """Reject all others: most often for one of few choices, whose rejections are then shared."""
        if len(able) < len(self.roster):
            return _passed_over(able, {chosen})
        memo = self.roster._staff.passed_over  # noqa: SLF001 (ours; for as long as the reps stay)
        if chosen not in memo:
            memo[chosen] = _passed_over(able, {chosen})
        return memo[chosen]

    def _owing(self, passed: Mapping[str, int]) -> Mapping[str, int]:
        """Tell by how much the turns that absent reps are to make up change."""
        most = self.rule.when_absent.catch_up
        if not (most and passed):
            return EMPTY
        before = {rep: self.roster.workload(rep).in_rule(self.rule.name).owed for rep in passed}
        changes = {
            rep: min(most, before[rep] + turns) - before[rep] for rep, turns in passed.items()
        }
        return {rep: change for rep, change in changes.items() if change}

    def _stand_in(
        self, absent: tuple[Candidate, ...], rejected: list[Rejected], units: int
    ) -> Assignment | None:
        """Do what the rule says for when everybody who could take the lead is absent."""
        policy = self.rule.when_absent
        if policy.fallback is None and policy.all_away == "hold":
            return None
        choice = self._chosen(absent, (), units)
        if choice.rep is None:
            return None
        if policy.fallback is None:
            ids = {seat.id for seat in absent}
            others = [each for each in rejected if each.rep not in ids]
            words = f"everybody is absent, which is ignored; {choice.because}"
            return self._assignment(attrs.evolve(choice, because=words), absent, others, units)
        fallback = self.roster.rep(policy.fallback, f"RoutingRule {self.rule.name!r} fallback")
        seat = self.roster.seats[fallback.id]
        if not fallback.active or fallback.id in self.excluding:
            return None
        if seat.full(units, self.at) or seat.absent(self.at):
            return None
        others = [each for each in rejected if each.rep != fallback.id]
        words = f"everybody is absent; {fallback.id} is the fallback"
        return self._assignment(Choice(fallback.id, words), (), others, units)


def _passed_over(able: Sequence[Candidate], said: Container[str]) -> tuple[Rejected, ...]:
    return tuple(seat.rep.passed_over for seat in able if seat.id not in said)

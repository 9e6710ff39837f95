"""One step: everything that follows from an event, or from the passing of time, in a fixed order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias, TypeVar, assert_never, cast

import attrs

from leadflow.actions import (
    Action,
    Assign,
    Convert,
    CreateTask,
    Dispose,
    Enrol,
    Move,
    Notify,
    SendMessage,
    SetField,
    Tag,
    Unsubscribe,
    Untag,
    Withdraw,
    event_of,
)
from leadflow.automation.automation import DONE_BEFORE, Planning, Scale, fallen_due, fired
from leadflow.automation.occasion import Change, Occasion, mark_of
from leadflow.automation.planned import MESSAGE_PLANNED, Planned, key_of
from leadflow.disposition import convert
from leadflow.errors import DecisionRefused, InvalidValue, MixedCurrencies, MoveRefused
from leadflow.events import (
    EVENT_TYPES,
    Activity,
    Assignment,
    Conversion,
    Disposition,
    Event,
    FieldsSet,
    Qualification,
    Rated,
    Reopened,
    Scored,
    StageChange,
)
from leadflow.events.facts import ENDS
from leadflow.lead import Lead
from leadflow.lead.log import following
from leadflow.pipeline.day import Day
from leadflow.playbook.outcome import Decision, Outcome
from leadflow.routing import Held, Roster
from leadflow.routing.reassignment import freed
from leadflow.scoring import Score
from leadflow.values import FieldValue

if TYPE_CHECKING:
    from leadflow.playbook.playbook import Playbook

SEQUENCE_PLANNED = "sequence_planned"
"""The kind of activity by which the log remembers a sequence that is to begin later."""
_MOST_LEVELS = 100
_Added = TypeVar("_Added", bound=Event)
_Made: TypeAlias = (
    FieldsSet | Rated | Qualification | Assignment | StageChange | Conversion | Disposition
)
_Decided = TypeVar("_Decided", bound=_Made)
_DECIDES: dict[type[Event], str] = {
    Scored: "score",
    Rated: "rating",
    Qualification: "qualification",
    Assignment: "owner",
    StageChange: "stage",
    Reopened: "stage",
    Conversion: "stage",
    Disposition: "stage",
}
"""What an event has decided already, when it is handed in."""
_CHANGES_HANDS = (Assignment, Disposition, Reopened, StageChange)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@attrs.define
class Step:
    """The step of one lead: what was decided, planned and put into the log so far.

    `lead` is the lead as it was at `at`, with what has followed. `given` is the lead as it was handed
    in, where its log goes on after `at`; None where it does not.
    """

    playbook: Playbook
    lead: Lead
    roster: Roster | None
    at: datetime
    planning: Planning
    given: Lead | None = None
    decisions: list[Decision] = attrs.field(factory=list)
    planned: list[Planned] = attrs.field(factory=list)
    events: list[Event] = attrs.field(factory=list)
    notes: list[str] = attrs.field(factory=list)
    event: Event | None = None

    @property
    def _whole(self) -> Lead:
        """The lead with all of its log: what was done at a later instant is not done again."""
        return self.lead if self.given is None else self.given.after(*self.events)

    def outcome(self) -> Outcome:
        """Conclude; what is later than the instant stays after all that followed."""
        return Outcome(
            self._whole,
            tuple(self.decisions),
            tuple(self.planned),
            self.roster,
            tuple(self.events),
            self.event,
            tuple(self.notes),
        )

    @property
    def _day(self) -> Day:
        return self.planning.day

    # --- the two ways in ---

    def on_event(self, event: Event) -> None:
        """Apply an event and let everything follow."""
        before, whole = self.lead, self._whole
        if type(event) in _DECIDES:  # it stands after what was decided here at its very instant
            event = placed(event, following(whole.events, event.at, (type(event),)) or None)
        self.event, self.lead = event, before.after(event)
        self.events.append(event)
        self._count(whole, event)
        self._derive(_DECIDES.get(type(event)))
        self._follow(before, mark_of(event, self.lead))

    def on_time(self, since: datetime | None) -> None:
        """Let everything follow that the passing of time has brought."""
        before = self.lead
        self._derive(None)
        occasions = self.playbook.automation.occasions
        found = self._weigh(fallen_due(occasions, before, self.planning, since))
        self._take([planned for planned in found if planned.because != DONE_BEFORE])
        self._begin_planned()
        self._come_to_meet(before, since)
        self._follow(before, f"review {self.at.isoformat()}")

    # --- what is derived ---

    def _derive(self, decided: str | None) -> None:
        """Decide, in this order: arms of split tests, score, rating, qualification, owner, stage."""
        self._split()
        if decided != "score":
            self._score()
        if decided != "rating":
            self._rate()
        if decided != "qualification":
            self._qualify()
        if decided != "owner":
            self._route()
        if decided != "stage":
            self._enter()

    def _split(self) -> None:
        for split in self.playbook.splits:
            event = split.event(self._whole, self.at)
            if event is not None:
                self._decide(event)

    def _score(self) -> None:
        model = self.playbook.scoring
        if model is None:
            return
        score = model.score(self.lead, as_of=self.at)
        self._answer(score)
        if not _is_scored_so(self.lead, score):
            self._add(score.event)

    def _rate(self) -> None:
        rater = self.playbook.rater
        if rater is None:
            return
        try:
            rated = rater.rate(self.lead, as_of=self.at)
        except MixedCurrencies as error:
            self._note(f"not rated: {error}")
            return
        given = (each for each in reversed(self.lead.events) if isinstance(each, Rated))
        last = next((each for each in given if each.rater == rated.rater), None)
        if last is None or (last.rating, last.ask) != (rated.rating, rated.ask):
            self._decide(rated)

    def _qualify(self) -> None:
        qualifier = self.playbook.qualifier
        proposed = None if qualifier is None else qualifier.propose(self.lead, as_of=self.at)
        if proposed is not None:
            self._decide(proposed)

    def _route(self) -> None:
        if self._whole.owner is None:
            self._assign()

    def _assign(self) -> str:
        """Ask the router for an owner; say why there is no new one."""
        router, roster = self.playbook.router, self.roster
        if router is None or roster is None:
            return "no router, or no roster given"
        if self._is_closed(self.lead):
            return "it is closed"
        answer = router.assign(self.lead, roster, self.at)
        if isinstance(answer, Held):
            self._answer(answer)
            return str(answer)
        if answer.rep == self.lead.owner:
            return f"{answer.rep} keeps the lead"
        self.decisions = [one for one in self.decisions if not isinstance(one, Held)]
        self._decide(answer)
        return ""

    def _count(self, before: Lead, event: Event) -> None:
        """Let the roster know whose an open lead is now: of a new owner, a closing, a reopening."""
        if self.roster is None or not isinstance(event, _CHANGES_HANDS):
            return
        was, now = self._holder(before), self._holder(self._whole)
        if was == now:
            return
        if was is not None:
            self.roster = self.roster.after(freed(before, was.rep, self.at))
        if now is not None:
            # Work taken up again is nobody's turn.
            again = attrs.evolve(now, at=self.at, rule=None, credited={}, owed={})
            self.roster = self.roster.after(now if isinstance(event, Assignment) else again)

    def _holder(self, lead: Lead) -> Assignment | None:
        """Tell by which assignment somebody works a lead; None while it is closed, or nobody's."""
        if lead.owner is None or self._is_closed(lead):
            return None
        given = (event for event in reversed(lead.events) if isinstance(event, Assignment))
        return next(given, None) or Assignment(lead.owner, lead.created_at or _LONG_AGO)

    def _enter(self) -> None:
        """Let a lead that stands nowhere enter the first pipeline."""
        if self._whole.stage is not None or not self.playbook.pipelines:
            return
        pipeline = self.playbook.pipelines[0]
        try:
            self._decide(pipeline.move(self.lead, pipeline.starts[0], self.at))
        except MoveRefused as error:
            self._note(str(error))

    def _is_closed(self, lead: Lead) -> bool:
        if _is_ended(lead):
            return True
        stage = self._day.stage_of(lead)
        return stage is not None and stage.is_closed

    # --- what follows ---

    def _follow(self, before: Lead, mark: str) -> None:
        """Plan, do what can be done here, derive anew, and so on until nothing follows."""
        told = 0
        for level in range(_MOST_LEVELS):
            fresh, now = self.events[told:], self.lead
            told = len(self.events)
            change = Change(before, now, tuple(fresh), f"{mark}#{level}" if level else mark)
            found = self._weigh(self.playbook.automation.occasions.of_change(change))
            self._take([*found, *self._next_steps(fresh)])
            self._enrol_in([*self.playbook.sequenced.starting(before, now, self.at)])
            self._go_on()
            before = now
            if len(self.events) == told:
                return
            self._derive(None)
        self._note(f"stopped after {_MOST_LEVELS} rounds of rules that set each other off")

    def _weigh(self, occasions: Sequence[Occasion]) -> list[Planned]:
        if not occasions:
            return []
        scale = Scale(self.lead, self.planning, self._whole)
        return [planned for occasion in occasions for planned in scale.weigh(occasion)]

    def _next_steps(self, fresh: Iterable[Event]) -> list[Planned]:
        """Plan what the policy says follows from a disposition."""
        policy = self.playbook.policy
        found: list[Planned] = []
        for event in fresh:
            if policy is None or not isinstance(event, Disposition):
                continue
            steps = policy.next_steps(self.lead, event)
            name = f"closed as {event.outcome}" + (f": {event.reason}" if event.reason else "")
            found += self._ask(steps, name, key_of(name, self.lead.id, mark_of(event, self.lead)))
        return found

    def _ask(self, steps: Sequence[Action], name: str, firing: str) -> list[Planned]:
        whole = self._whole
        if not steps or any(event.id == firing for event in whole.events):
            return []
        return Scale(self.lead, self.planning, whole).actions(steps, firing, name, name)

    def _come_to_meet(self, before: Lead, since: datetime | None) -> None:
        """Begin the sequences whose condition time alone has brought the lead to meet."""
        if since is not None:
            earlier, sequences = before.rewind(since), self.playbook.sequenced
            self._enrol_in(sequences.starting(earlier, self.lead, self.at, since=since))

    def _enrol_in(self, begun: Iterable[Activity]) -> None:
        """Enrol the lead, unless an action has done so by now."""
        for event in begun:
            name = cast("str", event.data["sequence"])
            anew = self.playbook.sequenced.enrol(self._whole, name, self.at)
            if anew is not None:
                self._add(anew)

    def _go_on(self) -> None:
        """Let the lead leave sequences, or take the steps that are due."""
        gate, zone = self._day.rules, self.playbook.time_zone
        for due in self.playbook.sequenced.due(self._whole, self.at, gate, zone=zone):
            name = f"sequence {due.sequence}" + (f", {due.step}" if due.step else "")
            asked = (self.lead.id, due.sequence, due.version, due.round, due.step)
            firing = key_of("sequence", *asked)
            # What waits is told once, as it stands in the end.
            self.planned = [one for one in self.planned if one.is_fired or one.firing != firing]
            if due.outcome == "fired":
                for event in due.events:
                    self._add(event)
                self._take(self._ask(due.actions, name, firing))
            else:
                self.planned += [
                    Planned(
                        action, f"{firing}-{place}", due.outcome, due.because, name, firing,
                        self.lead.id, self.at, due.until,
                    )
                    for place, action in enumerate(due.actions)
                ]  # fmt: skip

    def _begin_planned(self) -> None:
        """Begin the sequences whose day has come."""
        for event in self.lead.activities:
            if event.kind != SEQUENCE_PLANNED:
                continue
            on, name = event.data.get("on"), event.data.get("sequence")
            if isinstance(on, datetime) and on <= self.at and isinstance(name, str):
                firing = key_of("begin", mark_of(event, self.lead))
                self._take(self._ask([Enrol(name)], f"enrolled on {on.date()}", firing))

    def _take(self, found: list[Planned]) -> None:
        """Do of what fired what can be done here; the rest is the host's."""
        done = [self._done(planned) if planned.is_fired else planned for planned in found]
        for event in fired(done):
            self._add(event)
        self.planned += done

    def _done(self, planned: Planned) -> Planned:
        """Put into the log what an action makes of the lead, or say why it cannot."""
        try:
            refused = self._perform(planned.action, planned)
        except (MoveRefused, DecisionRefused, InvalidValue, MixedCurrencies) as error:
            refused = str(error)
        return attrs.evolve(planned, outcome="skipped", because=refused) if refused else planned

    def _perform(self, action: Action, planned: Planned) -> str:
        match action:
            case CreateTask() | Tag() | Untag() | SetField() | Unsubscribe():
                zone = self._day.zone_of(self.lead)
                event = event_of(action, self.at, task=planned.key, id=planned.key, zone=zone)
                self._add(cast("Event", event))
            case SendMessage(channel=channel):
                data = {"content": planned.content or "", "rule": planned.rule}
                self._add(
                    Activity(MESSAGE_PLANNED, self.at, channel=channel, data=data, id=planned.key)
                )
            case Assign(rep=rep):
                if rep is None:
                    return self._assign()
                self._decide(Assignment(rep, self.at, because=[planned.rule], id=planned.key))
            case Move():
                self._move(action)
            case Dispose():
                self._dispose(action)
            case Convert(pipeline=name):
                into = self.playbook.pipeline(name)
                whole = self._whole
                made = convert(whole, into, at=self.at, qualifier=self.playbook.qualifier)
                if made in whole.events:
                    return f"a deal in {name} already"
                self._decide(made)
            case Enrol():
                return self._enrol(action, planned)
            case Withdraw(sequence=name):
                left = self.playbook.sequenced.withdraw(self._whole, name, self.at)
                if left is None:
                    return f"not in {name}"
                self._add(left)
            case Notify():
                pass
            case _ as never:
                assert_never(never)
        return ""

    def _move(self, action: Move) -> None:
        pipeline = self.playbook.pipeline(self.lead.pipeline)
        self._decide(pipeline.move(self.lead, action.to, self.at, reason=action.reason))

    def _dispose(self, action: Dispose) -> None:
        policy = self.playbook.policy
        if policy is None:
            raise InvalidValue("policy", "none", "a disposition policy in the playbook")
        closed = policy.close(
            self.lead, action.outcome, action.reason, at=self.at, note=action.note
        )
        self._decide(closed)

    def _enrol(self, action: Enrol, planned: Planned) -> str:
        name = action.sequence
        if action.after is not None:
            data: dict[str, FieldValue] = {"sequence": name, "on": action.after.after(self.at)}
            self._add(Activity(SEQUENCE_PLANNED, self.at, data=data, id=planned.key))
            return ""
        sequences, whole = self.playbook.sequenced, self._whole
        refused = sequences.may_enrol(whole, name, self.at)
        begun = None if refused else sequences.enrol(whole, name, self.at)
        if begun is not None:
            self._add(begun)
        return refused

    # --- the log ---

    def _answer(self, answer: Score | Held) -> None:
        """Keep the last score, and why nobody has the lead, where the first stood."""
        for place, one in enumerate(self.decisions):
            if type(one) is type(answer):
                self.decisions[place] = answer
                return
        self.decisions.append(answer)

    def _decide(self, event: _Decided) -> _Decided:
        before = self._whole
        added = self._add(event)
        self._count(before, added)
        self.decisions.append(added)
        return added

    def _add(self, event: _Added) -> _Added:
        """Put an event into the log, after all that happened at its instant."""
        place = following(self.lead.events, self.at, EVENT_TYPES)
        if place is not None and (event.sequence is None or event.sequence < place):
            event = attrs.evolve(event, sequence=place)
        self.lead = self.lead.after(event)
        self.events.append(event)
        return event

    def _note(self, words: str) -> None:
        if words not in self.notes:
            self.notes.append(words)


def placed(event: _Added, sequence: int | None) -> _Added:
    """Give an event a place among those of its instant, if it has none."""
    if sequence is None or event.sequence is not None:
        return event
    return attrs.evolve(event, sequence=sequence)


def _is_ended(lead: Lead) -> bool:
    standing = lead.disposition
    return standing is not None and standing.outcome in ENDS


def _is_scored_so(lead: Lead, score: Score) -> bool:
    """Tell whether the log holds this very score as its latest."""
    last = next((event for event in reversed(lead.events) if isinstance(event, Scored)), None)
    return last is not None and (
        last.points, last.fit, last.engagement, last.win_probability, last.model, last.version
    ) == (
        score.points, score.fit, score.engagement, score.win_probability, score.model, score.version
    )  # fmt: skip

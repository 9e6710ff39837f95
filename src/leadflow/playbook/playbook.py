"""The playbook: how leads are managed, as one document, and one pure step."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cached_property, partial
from typing import TypeVar

import attrs

from leadflow.automation import (
    Automation,
    Content,
    Form,
    Planning,
    Sequence,
    Sequences,
    Split,
    When,
)
from leadflow.automation.automation import not_by
from leadflow.automation.reads import reads_of_model, reads_of_rater
from leadflow.calendars import WorkingHours
from leadflow.conditions import LeadSchema
from leadflow.contact import DEFAULT_RULES, ContactRules, Permission, Refusal
from leadflow.disposition import DispositionPolicy, Qualifier, Segment
from leadflow.errors import InvalidDefinition, InvalidValue, Problem, did_you_mean, shown
from leadflow.events import Event
from leadflow.events.event import is_event
from leadflow.lead import Lead, leads_of, seen
from leadflow.pipeline import (
    CALLS_OF_THE_DAY,
    Breaches,
    LeftOut,
    Pipeline,
    ResponseLimits,
    WorkItem,
    Worklist,
    WorkOrder,
    breaches,
    worklist,
)
from leadflow.pipeline.day import Day
from leadflow.playbook.inspection import inspect
from leadflow.playbook.outcome import Outcome, Reviewed
from leadflow.playbook.procedure import Procedure
from leadflow.playbook.step import Step, placed
from leadflow.routing import Roster, Router
from leadflow.scoring import Grid, Rater, ScoringModel
from leadflow.values import NAME, TIME_ZONE, Frozen, checks, instance, instant, listed

T = TypeVar("T")
_RULE = re.compile(r"\brules\[([0-9]+)\]")


def _several(kind: type[T], key: str, label: str, values: Iterable[T]) -> tuple[T, ...]:
    """Take values of a kind, each with a key of its own."""
    found = listed(f"Playbook.{label}", values)
    problems = []
    first: dict[str, int] = {}
    for place, each in enumerate(found):
        if not isinstance(each, kind):
            expected = f"expected a {kind.__name__}, got {shown(each)}"
            problems.append(Problem(f"{label}[{place}]", expected))
            continue
        word = getattr(each, key)
        before = first.setdefault(word, place)
        if before != place:
            because = f"{word!r} is that of {label}[{before}] too"
            problems.append(Problem(f"{label}[{place}].{key}", because))
    if problems:
        raise InvalidDefinition("playbook", tuple(problems))
    return found


def _pipelines(values: Iterable[Pipeline]) -> tuple[Pipeline, ...]:
    return _several(Pipeline, "key", "pipelines", values)


def _splits(values: Iterable[Split]) -> tuple[Split, ...]:
    return _several(Split, "name", "splits", values)


def _procedures(values: Iterable[Procedure]) -> tuple[Procedure, ...]:
    return _several(Procedure, "rating", "procedures", values)


def _library(values: Iterable[Content]) -> tuple[Content, ...]:
    return _several(Content, "key", "library", values)


def _forms(values: Iterable[Form]) -> tuple[Form, ...]:
    return _several(Form, "name", "forms", values)


def _segments(values: Iterable[Segment]) -> tuple[Segment, ...]:
    return _several(Segment, "name", "segments", values)


def _automations(values: Iterable[When]) -> tuple[When, ...]:
    return listed("Playbook.automations", values)


def _sequences(values: Iterable[Sequence]) -> tuple[Sequence, ...]:
    return listed("Playbook.sequences", values)


@attrs.frozen(repr=False, slots=False, field_transformer=checks)
class Playbook:
    """How leads are managed: every part that decides, in one value; only the name is needed.

    - `schema`: the fields there are. `scoring`, `rater`, `grid`: how good a lead is.
    - `qualifier`, `router`, `policy`: who is an MQL, who works a lead, how it may end.
    - `pipelines`: a lead without a stage enters the first; `Convert` names another.
    - `automations`, `procedures`, `sequences`: what follows when something happens.
    - `splits`, `library`, `forms`, `segments`: split tests, content, form intake, who is who.
    - `contact`: the gate's rules. `hours` and `limits`: how soon inquiries are answered, in working
      time. `order`: that of the worklist. `time_zone`: of leads whose own is not known.

    Raises `InvalidDefinition` with all problems: a key given twice in a part, or rules that loop or
    contradict each other.

    >>> from datetime import UTC
    >>> from leadflow import Activity, activity
    >>> from leadflow.actions import CreateTask
    >>> from leadflow.automation import ScoreReaches
    >>> from leadflow.scoring import Rule
    >>> playbook = Playbook(
    ...     "inbound",
    ...     scoring=ScoringModel(
    ...         "inbound", [Rule("demo", 60, when=activity("demo_requested"))]
    ...     ),
    ...     automations=[When(ScoreReaches(60), then=[CreateTask("call")], name="ready")],
    ... )
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> lead = Lead("L-7", fields={"phone": "5"})
    >>> outcome = playbook.handle(lead, Activity("demo_requested", noon), as_of=noon)
    >>> print(outcome.explain())
    L-7: demo requested
      L-7: 60 points (fit 0, engagement 60) by inbound version 1 as of 2026-03-02 12:00 UTC
        +60  demo: demo_requested
      fired: task call (ready: the score reaches 60: from no score to 60)
    """

    name: str = attrs.field(metadata=NAME)
    version: str = attrs.field(default="1", kw_only=True, metadata=NAME)
    schema: LeadSchema | None = attrs.field(
        default=None, kw_only=True, metadata=instance(LeadSchema)
    )
    scoring: ScoringModel | None = attrs.field(
        default=None, kw_only=True, metadata=instance(ScoringModel)
    )
    rater: Rater | None = attrs.field(default=None, kw_only=True)
    grid: Grid | None = attrs.field(default=None, kw_only=True, metadata=instance(Grid))
    qualifier: Qualifier | None = attrs.field(
        default=None, kw_only=True, metadata=instance(Qualifier)
    )
    router: Router | None = attrs.field(default=None, kw_only=True, metadata=instance(Router))
    pipelines: tuple[Pipeline, ...] = attrs.field(default=(), kw_only=True, converter=_pipelines)
    policy: DispositionPolicy | None = attrs.field(
        default=None, kw_only=True, metadata=instance(DispositionPolicy)
    )
    automations: tuple[When, ...] = attrs.field(default=(), kw_only=True, converter=_automations)
    procedures: tuple[Procedure, ...] = attrs.field(default=(), kw_only=True, converter=_procedures)
    sequences: tuple[Sequence, ...] = attrs.field(default=(), kw_only=True, converter=_sequences)
    splits: tuple[Split, ...] = attrs.field(default=(), kw_only=True, converter=_splits)
    library: tuple[Content, ...] = attrs.field(default=(), kw_only=True, converter=_library)
    forms: tuple[Form, ...] = attrs.field(default=(), kw_only=True, converter=_forms)
    segments: tuple[Segment, ...] = attrs.field(default=(), kw_only=True, converter=_segments)
    contact: ContactRules = attrs.field(
        default=DEFAULT_RULES, kw_only=True, metadata=instance(ContactRules)
    )
    hours: WorkingHours | None = attrs.field(
        default=None, kw_only=True, metadata=instance(WorkingHours)
    )
    limits: ResponseLimits = attrs.field(
        factory=ResponseLimits, kw_only=True, metadata=instance(ResponseLimits)
    )
    order: WorkOrder = attrs.field(
        default=CALLS_OF_THE_DAY, kw_only=True, metadata=instance(WorkOrder)
    )
    time_zone: str | None = attrs.field(default=None, kw_only=True, metadata=TIME_ZONE)

    def __attrs_post_init__(self) -> None:
        if self.rater is not None and not callable(getattr(self.rater, "rate", None)):
            raise InvalidValue("Playbook.rater", shown(self.rater), "a Rater")
        problems: list[Problem] = []
        for part in (self._automation, self._sequenced):
            try:
                part()
            except InvalidDefinition as error:
                problems += error.problems
        if problems:
            raise InvalidDefinition(f"playbook {self.name!r}", tuple(self._placed(problems)))

    def _placed(self, problems: Iterable[Problem]) -> Iterator[Problem]:
        """Name the parts of the playbook where rules have problems."""
        parts = [f"procedures[{n}]" for n, each in enumerate(self.procedures) for _ in each.rules]
        parts += [f"automations[{n}]" for n in range(len(self.automations))]
        for problem in problems:
            path, message = (
                _RULE.sub(lambda found: parts[int(found[1])], text)
                for text in (problem.path, problem.message)
            )
            yield Problem("automations" if path == "rules" else path, message)

    @cached_property
    def automation(self) -> Automation:
        """The rules of the procedures and the automations, ready to plan."""
        return self._automation()

    @cached_property
    def sequenced(self) -> Sequences:
        """The sequences, ready to enrol leads."""
        return self._sequenced()

    def _automation(self) -> Automation:
        of_procedures = [rule for procedure in self.procedures for rule in procedure.rules]
        reads = reads_of_model(self.scoring) | reads_of_rater(self.rater)
        return Automation([*of_procedures, *self.automations], reads=reads)

    def _sequenced(self) -> Sequences:
        return Sequences(self.sequences)

    @cached_property
    def _gate(self) -> ContactRules:
        """The gate's rules, with the playbook's zone where they have none."""
        if self.contact.time_zone is not None or self.time_zone is None:
            return self.contact
        return attrs.evolve(self.contact, time_zone=self.time_zone)

    @cached_property
    def _channels(self) -> Frozen[tuple[str, ...]]:
        limited = {each.rating: each.channels for each in self.procedures}
        return Frozen({key: value for key, value in limited.items() if value is not None})

    def pipeline(self, key: str | None) -> Pipeline:
        """Find a pipeline by its key, the first for None; raises `InvalidValue` if there is none."""
        for each in self.pipelines:
            if key is None or each.key == key:
                return each
        hint = did_you_mean(key or "", [each.key for each in self.pipelines])
        raise InvalidValue("pipeline", shown(key), "the key of a pipeline of the playbook", hint)

    def handle(
        self, lead: Lead, event: Event, roster: Roster | None = None, *, as_of: datetime
    ) -> Outcome:
        """Handle an event: decide everything that follows from it, in one pure step.

        The event joins the log. Then, in this order: the arms of split tests, the score, the rating,
        the qualification (MQL), the owner (for an open lead without one, if there are a router and a
        roster), the stage (a lead that stands nowhere enters the first pipeline). Then the rules that
        any of it set off are planned in their order, the next steps of a disposition, and the
        sequences; what can be done here (tasks, tags, fields, moves, owners, closings, deals,
        enrolments) is done and everything derived anew, until nothing follows.

        An event that is a decision, such as `Rated` or `Assignment`, is applied: what it decides is
        not decided again in this step; it stands after what was decided so here at its very instant,
        and says so by its `sequence` in the outcome. A repeat of an event id changes nothing and plans nothing.
        What the log holds later than `as_of` has not happened, but what was done then is not done again.

        Store `Outcome.events` in one transaction. Raises `InvalidValue` for what is no lead, event or
        roster and for an event later than `as_of`, `ConflictingEvents` as `Lead.after` does,
        `NaiveDatetime` for an instant without a zone.
        """
        past, moment = seen(lead, as_of)
        if not is_event(event):
            raise InvalidValue("event", shown(event), "an event", "such as an Activity")
        if event.at > moment:
            found = f"{event.at.isoformat()}, after as_of, {moment.isoformat()}"
            raise InvalidValue("event.at", found, "an event that has happened")
        step = self._step(lead, past, roster, moment)
        known = next((each for each in lead.events if each.id == event.id is not None), None)
        if known is not None:
            lead.after(placed(event, known.sequence))  # another event under its id is refused
            notes = (f"{event.id} is in the log already",)
            return Outcome(lead, (), (), roster, (), event, notes)
        step.on_event(event)
        return step.outcome()

    def review(
        self,
        leads: Iterable[Lead],
        as_of: datetime,
        since: datetime | None = None,
        *,
        roster: Roster | None = None,
    ) -> Reviewed:
        """Decide what the passing of time has brought: what faded, and what has fallen due.

        Each lead is scored, rated and so on as by `handle`, and then what is due is planned: silence,
        stages overdue, dates, follow-ups, leads to be taken up again, steps of sequences. Each thing
        is planned once, however often it is asked, as long as the events of the outcomes are stored.
        With `since`, only what fell due after it, and what waited then for the gate or a cool-down.
        Leads that nobody can take are in the answer each time. Raises as `handle` does.
        """
        moment = instant("as_of", as_of)
        start = None if since is None else instant("since", since)
        outcomes: list[Outcome] = []
        after: list[Lead] = []
        for lead in leads_of(leads):
            past, _ = seen(lead, moment)
            step = self._step(lead, past, roster, moment)
            step.on_time(start)
            outcome = step.outcome()
            roster = outcome.roster
            after.append(outcome.lead)
            if outcome.events or outcome.actions or outcome.held or outcome.notes:
                outcomes.append(outcome)
        return Reviewed(tuple(outcomes), tuple(after), roster)

    def _step(self, whole: Lead, past: Lead, roster: Roster | None, moment: datetime) -> Step:
        if roster is not None:
            instance(Roster)["check"]("roster", roster)
        day = Day(moment, self.pipelines, self._gate)
        planning = Planning(day, self.library, self._channels)
        return Step(self, past, roster, moment, planning, None if whole is past else whole)

    def worklist(
        self,
        leads: Iterable[Lead],
        as_of: datetime,
        rep: str | None = None,
        *,
        zone: str | None = None,
    ) -> Worklist:
        """Put the leads that have work today in the playbook's order; see `leadflow.pipeline.worklist`.

        Contacts on channels that the procedure of a lead's rating does not know are left out.
        """
        work = worklist(
            leads, as_of, rep,
            pipeline=self.pipelines, order=self.order, rules=self._gate, zone=zone,
        )  # fmt: skip
        refused = [(item, self._not_by(item)) for item in work]
        kept = [item for item, against in refused if against is None]
        items = [attrs.evolve(item, place=place) for place, item in enumerate(kept, 1)]
        left = [
            LeftOut(item.action, "may_not_contact", Permission([against]))
            for item, against in refused
            if against is not None
        ]
        left_out = sorted([*work.left_out, *left], key=lambda each: each.lead.id)
        return Worklist(tuple(items), tuple(left_out), work.order)

    def _not_by(self, item: WorkItem) -> Refusal | None:
        rating, channel = item.lead.rating or "", item.action.channel
        allowed = self._channels.get(rating)
        if allowed is None or channel is None or channel in allowed:
            return None
        return not_by(rating, allowed)

    def breaches(self, leads: Iterable[Lead], as_of: datetime) -> tuple[Breaches, ...]:
        """List who broke which response limit: the playbook's, and those of each procedure's leads.

        First the leads under the playbook's own limits, then those of each procedure that has some.
        """
        given = tuple(leads_of(leads))
        limits = {each.rating: each.limits for each in self.procedures if each.limits is not None}
        of_rating: dict[str | None, list[Lead]] = {None: []}
        for lead in given:
            rating = seen(lead, as_of)[0].rating
            of_rating.setdefault(rating if rating in limits else None, []).append(lead)
        ask = partial(breaches, as_of=as_of, pipeline=self.pipelines, hours=self.hours)
        own = ask(of_rating.pop(None), limits=self.limits)
        return (own, *(ask(found, limits=limits[key]) for key, found in of_rating.items() if key))

    def check(self, roster: Roster | None = None) -> tuple[Problem, ...]:
        """List what is allowed but surely not meant, in every part and between the parts.

        >>> from leadflow.actions import Move
        >>> from leadflow.automation import happens
        >>> asked = When(happens("demo_requested"), then=[Move("qoute")])
        >>> lost = Playbook("p", automations=[asked])
        >>> [str(problem) for problem in lost.check()]
        ["automations[0].then[0]: no pipeline has the stage 'qoute'"]
        """
        return tuple(inspect(self, roster))

    def __repr__(self) -> str:
        return f"Playbook({self.name!r}, version {self.version!r})"

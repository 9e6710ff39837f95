"""What falls through the cracks: open leads that nobody looks after, since when, and whose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Literal, TypeAlias, overload

import attrs

from leadflow.calendars import WorkingHours, midnight
from leadflow.contact import DEFAULT_RULES, ContactRules
from leadflow.events import (
    Activity,
    Conversion,
    Note,
    Reopened,
    StageChange,
    TaskDone,
    TaskSet,
)
from leadflow.lead import Dealings, Lead, leads_of, seen
from leadflow.markup import aligned, counted, one_line, table
from leadflow.pipeline.day import Day
from leadflow.pipeline.follow_up import NextAction, upcoming
from leadflow.pipeline.pipeline import Pipeline
from leadflow.pipeline.response import W3, ResponseLimits, breaches
from leadflow.span import Span, given_span
from leadflow.values import instance

Kind: TypeAlias = Literal["no_next_action", "overdue", "silent", "past_limit", "unworked_stage"]
KINDS: tuple[Kind, ...] = (
    "past_limit", "overdue", "no_next_action", "silent", "unworked_stage",
)  # fmt: skip
_HEADER = ("lead", "owner", "stage", "what", "since", "because")
_SHOWN = 100
_HAPPENINGS = (Activity, Note, TaskSet, TaskDone, StageChange, Reopened, Conversion)
_ASLEEP = frozenset({"closed", "do_not_contact", "zombie", "not_yet", "on_hold", "snoozed"})


@attrs.frozen
class Crack:
    """An open lead that nobody looks after: what is wrong, since when, and whose it is.

    `kind` is past_limit (a limit of response broken and still open), overdue (its next action is),
    no_next_action, silent (nothing happened with it for long) or unworked_stage (no lead of its stage
    was tried for long). `since` is in UTC, None where nobody knows.
    """

    lead: str
    owner: str | None
    stage: str | None
    kind: Kind
    since: datetime | None
    because: str

    def cells(self) -> tuple[str, ...]:
        """Write it as the cells of a table."""
        since = "" if self.since is None else self.since.date().isoformat()
        what = self.kind.replace("_", " ")
        return (self.lead, self.owner or "", self.stage or "", what, since, self.because)

    def figures(self) -> tuple[object, ...]:
        """Return the figures of the cells, not written yet."""
        return (self.lead, self.owner, self.stage, self.kind, self.since, self.because)

    def __str__(self) -> str:
        owner = f" ({self.owner})" if self.owner else ""
        return f"{self.lead}{owner}: {self.because}"


@attrs.frozen(repr=False)
class Cracks(Sequence[Crack]):
    """The leads that fall through the cracks, of each kind the longest first; `open_leads` in all."""

    found: tuple[Crack, ...]
    open_leads: int

    @overload
    def __getitem__(self, index: int) -> Crack: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Crack, ...]: ...
    def __getitem__(self, index: int | slice) -> Crack | tuple[Crack, ...]:
        return self.found[index]

    def __len__(self) -> int:
        return len(self.found)

    @property
    def leads(self) -> int:
        """How many different leads they are."""
        return len({crack.lead for crack in self.found})

    def by_kind(self) -> Mapping[Kind, tuple[Crack, ...]]:
        """Part them by what is wrong; every kind is there."""
        return {kind: tuple(c for c in self.found if c.kind == kind) for kind in KINDS}

    def by_owner(self) -> Mapping[str | None, tuple[Crack, ...]]:
        """Part them by owner, in the order of their ids; None is nobody's, at the end."""
        owners = sorted({c.owner for c in self.found}, key=lambda rep: (rep is None, rep or ""))
        return {rep: tuple(c for c in self.found if c.owner == rep) for rep in owners}

    @property
    def sentence(self) -> str:
        """Say how many there are of what."""
        counts = Counter(crack.kind for crack in self.found)
        parts = [f"{kind.replace('_', ' ')} {counts[kind]:,}" for kind in KINDS if counts[kind]]
        head = f"{self.leads:,} of {counted(self.open_leads, 'open lead')} fall through the cracks"
        return f"{head}: {', '.join(parts)}" if parts else "no lead falls through the cracks"

    def header(self) -> tuple[str, ...]:
        """Name the columns."""
        return _HEADER

    def explain(self) -> str:
        """Say how many, and show them as a table for a terminal."""
        rows = [crack.cells() for crack in self.found[:_SHOWN]]
        return "\n".join([self.sentence, *(aligned(_HEADER, rows) if rows else [])])

    def __str__(self) -> str:
        return self.explain()

    def __repr__(self) -> str:
        return f"Cracks({self.sentence})"

    def _repr_html_(self) -> str:
        return table(self.sentence, _HEADER, [crack.cells() for crack in self.found[:_SHOWN]])


def cracks(
    leads: Iterable[Lead],
    pipeline: Pipeline,
    *,
    as_of: datetime,
    silent: Span | str = "30 days",
    limits: ResponseLimits = W3,
    rules: ContactRules = DEFAULT_RULES,
    hours: WorkingHours | None = None,
    zone: str | None = None,
) -> Cracks:
    """Find the open leads that nobody looks after: no next action, overdue, silent, past a limit.

    Looked at are the leads in an open stage of the pipeline that may be worked: not those snoozed,
    asleep or never to be contacted. A lead is silent when no activity, note, task or move is younger than
    `silent`, and a stage is one nobody works when no lead in it was tried within that span, and
    some have been there for longer. `hours` and `zone` are those of `breaches` and `next_action`.

    Raises `InvalidValue` and `NaiveDatetime`.

    >>> from datetime import UTC, timedelta
    >>> from leadflow.pipeline import Stage
    >>> came = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> steps = [Stage("new"), Stage("won", kind="won")]
    >>> lead = Lead("L-7", came, stage="new", owner="ada")
    >>> found = cracks([lead], Pipeline.linear("sales", steps), as_of=came + timedelta(hours=2))
    >>> print(found[0])
    L-7 (ada): contact within, 10 minutes: not done yet, 1:50:00 over
    """
    instance(Pipeline)["check"]("pipeline", pipeline)
    span = given_span(silent, "silent")
    day = Day(as_of, pipeline, rules, zone)
    open_leads = [action for lead in leads_of(leads) if (action := _open(lead, day)) is not None]
    worked = [action for action in open_leads if action.why not in _ASLEEP]
    since = span.before(day.as_of)
    found = list(_past_limits(worked, day, limits, hours))
    told = {crack.lead for crack in found}
    found += _of_each(worked, day, since, span, told)
    found += _unworked(worked, since, span)
    return Cracks(tuple(sorted(found, key=_turn)), len(open_leads))


def _turn(crack: Crack) -> tuple[object, ...]:
    at = crack.since
    return (
        KINDS.index(crack.kind),
        at is None,
        at.timestamp() if at else 0.0,
        crack.lead,
        crack.because,
    )


def _open(lead: Lead, day: Day) -> NextAction | None:
    """Return the next action of a lead that stands in an open stage and is not closed."""
    past, _ = seen(lead, day.as_of)
    stage = day.stage_of(past)
    if stage is None or stage.kind != "open":
        return None
    action = upcoming(past, Dealings.of(past), day)
    return None if action.why in ("closed", "not_yet") or _is_ended(action) else action


def _is_ended(action: NextAction) -> bool:
    """Tell whether a disposition ended the lead, so that what remains is to stay in touch."""
    return action.why == "stay_in_touch"


def _past_limits(
    worked: Sequence[NextAction], day: Day, limits: ResponseLimits, hours: WorkingHours | None
) -> Iterator[Crack]:
    leads = {action.lead.id: action.lead for action in worked}
    answer = breaches(leads.values(), day.as_of, day.pipelines, limits=limits, hours=hours)
    told = set()
    for breach in answer.broken:
        if breach.is_open and breach.lead not in told:
            told.add(breach.lead)
            lead = leads[breach.lead]
            because = str(breach).partition(": ")[2]
            yield Crack(lead.id, lead.owner, lead.stage, "past_limit", breach.deadline, because)


def _of_each(
    worked: Sequence[NextAction], day: Day, since: datetime, span: Span, told: Container[str]
) -> Iterator[Crack]:
    for action in worked:
        lead = action.lead
        if action.is_missing:
            because = f"no next action: {one_line(action.because)}"
            entered = action.dealings.entered_at or lead.created_at
            yield Crack(lead.id, action.rep, lead.stage, "no_next_action", entered, because)
        elif lead.id in told and action.why != "task":
            pass  # the answer is overdue, by a limit of response: that is told already
        elif (due := _overdue(action, day)) is not None:
            yield Crack(lead.id, action.rep, lead.stage, "overdue", due, f"overdue: {action}")
        last = _last(lead)
        if last is not None and last < since:
            because = f"nothing happened since {last.date().isoformat()}, more than {span} ago"
            yield Crack(lead.id, lead.owner, lead.stage, "silent", last, because)


def _overdue(action: NextAction, day: Day) -> datetime | None:
    """Tell since when the next action is overdue; None if it is not."""
    due = action.due
    if isinstance(due, datetime):
        return due if due < day.as_of else None
    if due is None or due >= day.today(action.lead):
        return None
    return midnight(_day_after(due), day.zone_of(action.lead))


def _day_after(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


def _last(lead: Lead) -> datetime | None:
    """Tell when something last happened with a lead, scores and ratings apart; else when it came."""
    happened = (event.at for event in reversed(lead.events) if isinstance(event, _HAPPENINGS))
    return next(happened, lead.created_at)


def _unworked(worked: Sequence[NextAction], since: datetime, span: Span) -> Iterator[Crack]:
    by_stage: dict[str, list[NextAction]] = {}
    for action in worked:
        by_stage.setdefault(str(action.lead.stage), []).append(action)
    for stage, actions in sorted(by_stage.items()):
        tried = [a.dealings.attempts[-1].at for a in actions if a.dealings.attempts]
        last = max(tried, default=None)
        if last is not None and last >= since:
            continue
        when = "ever" if last is None else f"since {last.date().isoformat()}"
        for action in actions:
            lead, entered = action.lead, action.dealings.entered_at or action.lead.created_at
            if entered is not None and entered < since:
                because = f"no lead in {stage} was tried {when}, and it is there for over {span}"
                yield Crack(
                    lead.id,
                    lead.owner,
                    stage,
                    "unworked_stage",
                    max(last or entered, entered),
                    because,
                )

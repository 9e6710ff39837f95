"""The next thing to do about a lead, when, and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal, TypeAlias, assert_never, cast

import attrs

from leadflow.contact import (
    DEFAULT_RULES,
    ContactRules,
    Permission,
    channel_of,
    is_contact,
    may_contact,
    permission,
)
from leadflow.errors import InvalidValue, shown
from leadflow.events import Conversion, Disposition, Reopened, Snoozed, StageChange, TaskSet
from leadflow.events.facts import ENDS
from leadflow.lead import Dealings, Lead, seen
from leadflow.markup import one_line
from leadflow.pipeline.day import Day, Pipelines
from leadflow.pipeline.pipeline import UNREACHABLE
from leadflow.pipeline.stage import Stage
from leadflow.span import Span

Why: TypeAlias = Literal[
    "task",
    "first_contact",
    "retry",
    "unreachable",
    "follow_up",
    "stay_in_touch",
    "snoozed",
    "unplanned",
    "on_hold",
    "closed",
    "do_not_contact",
    "zombie",
    "not_yet",
]
_IDLE = frozenset({"unplanned", "on_hold", "closed", "do_not_contact", "zombie", "not_yet"})
_A_DAY = Span(days=1)
ZOMBIE = "zombie"
_SHOWN = 200
"""Characters of an action in its repr."""


# Not frozen: a worklist makes one for every lead, and filling a frozen one takes twice as long.
@attrs.define(repr=False)
class NextAction:
    """The next thing to do about a lead: its kind, when it is due, and why.

    `why` is a code, `because` says it in words. `kind` is the kind of the task (call, email, demo,
    ...), "close" where the lead may be closed as unreachable, "stay_in_touch", or None where nothing
    is to be done. `due` is a date or an instant in UTC, None where no time is set. `stage` is None
    outside the pipelines that were given. `task` is the open task behind it, if there is one.

    `accompany` is the channel of a message that should go with it: "email" after an attempt without
    an answer, until one is sent, if the lead may be sent one; else None.
    """

    lead: Lead
    why: Why
    kind: str | None
    due: date | datetime | None
    stage: Stage | None
    dealings: Dealings
    task: TaskSet | None = None
    accompany: str | None = None

    @property
    def is_missing(self) -> bool:
        """Whether there should be a next action and is none: the lead will probably not buy."""
        return self.why == "unplanned"

    @property
    def is_idle(self) -> bool:
        """Whether nothing is to be done."""
        return self.why in _IDLE

    @property
    def rep(self) -> str | None:
        """Who is to do it: the rep of the task, else the owner of the lead."""
        return self.task.rep if self.task is not None and self.task.rep else self.lead.owner

    @property
    def attempts(self) -> Mapping[str, int]:
        """The attempts by channel since the lead was last spoken to or reopened."""
        return self.dealings.tries_by_channel()

    @property
    def is_contact(self) -> bool:
        """Whether doing it contacts the lead."""
        return is_contact(self.kind)

    @property
    def channel(self) -> str | None:
        """The channel of a contact; None where it is open, or where it is no contact."""
        return channel_of(self.kind)

    @property
    def because(self) -> str:
        """Say why, in words."""
        return _worded(self)

    def permission(self, as_of: datetime, rules: ContactRules = DEFAULT_RULES) -> Permission:
        """Ask the one gate whether the lead may be contacted so, now; a call only at a decent hour.

        What is no contact is always allowed. Raises as `leadflow.contact.may_contact` does.
        """
        answer = may_contact(self.lead, self.channel, as_of, rules)
        return answer if self.is_contact else Permission()

    def __repr__(self) -> str:
        return f"NextAction({shown(self.lead.id)}, {shown(str(self), _SHOWN)})"

    def __str__(self) -> str:
        if self.kind is None:
            return self.because
        due = "" if self.due is None else f" on {when(self.due)}"
        return f"{self.kind}{due}: {self.because}"


def next_action(
    lead: Lead,
    as_of: datetime,
    pipeline: Pipelines = None,
    *,
    rules: ContactRules = DEFAULT_RULES,
    zone: str | None = None,
) -> NextAction:
    """Find the next thing to do about a lead, with its date and why, or say that there is none.

    Nothing is to be done about a lead that has not come in yet, by its `created_at`. Otherwise the
    first of these that holds, for a lead in an open stage, on hold, or in no stage that is known:

    1. a zombie (by its rating, or by the latest rating of `leadflow.scoring.Readiness`, unless a
       person has set the rating): nothing;
    2. snoozed: whatever it is, on the date the snooze ends;
    3. an open task: the one that is due first;
    4. nobody has tried to speak to it, and it stands where leads come in: a call, within the stage's
       `respond_within` of its coming in;
    5. on hold: as for a closed lead;
    6. attempts without an answer: another one, so long after the last as the stage's `follow_up` says
       (a day unless set); once the stage's `attempts` are made, it may be closed as unreachable;
    7. the stage's `follow_up`, counted from the last contact (from entering, if there was none);
    8. else there should be a next action and is none: `is_missing`.

    A lead is closed by its stage, or by a disposition that was given in the open stage it still stands
    in. It is to be contacted again on the date its disposition names (the latest, where several name one),
    and after that contact, or without such a date, after the `follow_up` of its closed stage, counted
    from the last contact or from its closing, if that was later. Tasks and a snooze from before it was
    closed do not count. If it may never be contacted, all that remains are tasks that are no contact.

    `rules` say whether a message that should go with it may be sent. `zone` is where days begin: the
    rep's for instance, the lead's own unless given. Raises `NaiveDatetime` and `InvalidValue`.

    >>> from datetime import UTC
    >>> from leadflow.events import Activity
    >>> from leadflow.pipeline import Pipeline
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> steps = [Stage("first_contact", follow_up="2 days"), Stage("won", kind="won")]
    >>> pipeline = Pipeline.linear("sales", steps)
    >>> ada = Lead("L-7", stage="first_contact", events=[Activity("call", noon, answered=True)])
    >>> print(next_action(ada, noon, pipeline))
    call on 2026-03-04: last contact 2026-03-02 12:00 UTC; first_contact follows up after 2 days
    """
    past, moment = seen(lead, as_of)
    return upcoming(past, Dealings.of(past), Day(moment, pipeline, rules, zone))


def upcoming(lead: Lead, dealings: Dealings, day: Day) -> NextAction:
    """Find the next thing to do about a lead as it is on a day, from its dealings."""
    stage = day.stage_of(lead)
    came = lead.created_at
    if came is not None and came > day.as_of:
        return NextAction(lead, "not_yet", None, came, stage, dealings)
    if _is_closed(stage, dealings):
        return _after_the_end(lead, dealings, day, stage)
    if is_zombie(lead, dealings, day):
        return NextAction(lead, "zombie", None, None, stage, dealings)
    task = dealings.next_task() if dealings.tasks else None
    snoozed = dealings.snoozed
    if snoozed is not None and snoozed.until > day.today(lead):
        kind = "call" if task is None else task.kind
        return NextAction(lead, "snoozed", kind, snoozed.until, stage, dealings, task)
    if task is not None:
        return NextAction(lead, "task", task.kind, task.due, stage, dealings, task)
    if is_new(lead, dealings, day):
        since = came or dealings.entered_at
        soon = _after(stage.respond_within if stage is not None else None, since)
        return NextAction(lead, "first_contact", "call", soon, stage, dealings)
    return _without_task(lead, dealings, day, stage)


def is_new(lead: Lead, dealings: Dealings, day: Day) -> bool:
    """Tell whether a lead stands where leads come in and nobody has tried to speak to it."""
    return dealings.last_spoken is None and dealings.tries == 0 and day.is_beginning(lead)


def is_zombie(lead: Lead, dealings: Dealings, day: Day) -> bool:
    """Tell whether a lead is rated as one that will never close, and no person says otherwise."""
    if lead.values.get("rating") == ZOMBIE:  # quicker than lead.rating
        return True
    if dealings.readiness != ZOMBIE:
        return False
    override = dealings.overridden
    if override is None or override.value is None:
        return True
    return override.until is not None and override.until <= day.as_of


def last_contact(dealings: Dealings) -> datetime | None:
    """Find when the lead was last contacted or spoken to."""
    attempts, spoken = dealings.attempts, dealings.last_spoken
    if not attempts:
        return None if spoken is None else spoken.at
    last = attempts[-1].at
    return last if spoken is None or spoken.at < last else spoken.at


def when(due: date) -> str:
    """Write a date, or an instant in UTC."""
    return f"{due.isoformat(' ')[:16]} UTC" if isinstance(due, datetime) else due.isoformat()


def _is_closed(stage: Stage | None, dealings: Dealings) -> bool:
    """Tell whether work on a lead has ended: by its stage, or by a disposition given there."""
    if stage is not None and stage.is_closed:
        return True
    disposition = dealings.disposition
    if disposition is None or disposition.outcome not in ENDS:
        return False
    if stage is None:
        return True
    entered = dealings.entered_at
    return stage.kind == "open" and (entered is None or entered <= disposition.at)


def _without_task(lead: Lead, dealings: Dealings, day: Day, stage: Stage | None) -> NextAction:
    if stage is not None and stage.kind == "on_hold":
        again = _again(lead, dealings, day, stage)
        if again is None:
            return NextAction(lead, "on_hold", None, None, stage, dealings)
        return NextAction(lead, "stay_in_touch", "stay_in_touch", again, stage, dealings)
    tries = dealings.tries
    if tries:
        return _another_try(lead, dealings, day, stage, tries)
    if stage is not None and stage.follow_up is not None:
        _, since = _basis(lead, dealings, stage)
        due = _following(stage.follow_up, since, lead, day)
        return NextAction(lead, "follow_up", "call", due, stage, dealings)
    return NextAction(lead, "unplanned", None, None, stage, dealings)


def _another_try(
    lead: Lead, dealings: Dealings, day: Day, stage: Stage | None, tries: int
) -> NextAction:
    last = next(each.at for each in reversed(dealings.attempts) if each.channel != "email")
    letter = _letter(lead, dealings, day, last)
    most = stage.attempts if stage is not None else None
    if most is not None and tries >= most:
        today = day.today(lead)
        return NextAction(lead, "unreachable", "close", today, stage, dealings, None, letter)
    pause = (stage.follow_up if stage is not None else None) or _A_DAY
    due = _following(pause, last, lead, day)
    return NextAction(lead, "retry", "call", due, stage, dealings, None, letter)


def _letter(lead: Lead, dealings: Dealings, day: Day, last: datetime) -> str | None:
    """Propose the e-mail that should go with the last try, unless it is sent or not allowed."""
    mailed = dealings.last_email_at
    if mailed is not None and mailed >= last:
        return None
    return "email" if permission(lead, dealings, "email", day.as_of, day.rules) else None


def _after_the_end(lead: Lead, dealings: Dealings, day: Day, stage: Stage | None) -> NextAction:
    never = "all" in dealings.never
    task = _late_task(lead, dealings, day) if dealings.tasks else None
    again = None if never else _again(lead, dealings, day, stage)
    if task is not None:
        kind, due = task.kind, task.due
    elif again is not None:
        kind, due = "stay_in_touch", again
    else:
        why: Why = "do_not_contact" if never else "closed"
        return NextAction(lead, why, None, None, stage, dealings)
    snoozed = dealings.snoozed
    if snoozed is not None and snoozed.until > day.today(lead):
        closed_at = _closed_at(lead, day)
        if closed_at is None or snoozed.at >= closed_at:
            return NextAction(lead, "snoozed", kind, snoozed.until, stage, dealings, task)
    why = "stay_in_touch" if task is None else "task"
    return NextAction(lead, why, kind, due, stage, dealings, task)


def _late_task(lead: Lead, dealings: Dealings, day: Day) -> TaskSet | None:
    """Find the first task that was set after the closing, and is no contact if that is refused."""
    closed_at = _closed_at(lead, day)
    tasks = {
        key: task
        for key, task in dealings.tasks.items()
        if (closed_at is None or task.at >= closed_at)
        and not ("all" in dealings.never and is_contact(task.kind))
    }
    return attrs.evolve(dealings, tasks=tasks).next_task()


def _closed_at(lead: Lead, day: Day) -> datetime | None:
    """Find when a closed lead was closed: the earliest sign of it since it was last open."""
    found = None
    for event in reversed(lead.events):
        if isinstance(event, Disposition) and event.outcome in ENDS:
            found = event.at
        elif isinstance(event, StageChange | Reopened | Conversion):
            key = event.stage if isinstance(event, Conversion) else event.to
            stage = day.stage_at(event.pipeline or lead.pipeline, key)
            if stage is not None and stage.is_closed:
                found = event.at
            elif stage is not None or isinstance(event, Reopened):
                break
    return found


def _again(lead: Lead, dealings: Dealings, day: Day, stage: Stage | None) -> date | datetime | None:
    """Find when a lead that is closed or on hold is to be contacted again, if ever."""
    agreed, last = dealings.waits_until, last_contact(dealings)
    if agreed is not None and (last is None or day.date_of(last, lead) < agreed):
        return agreed
    if stage is None or stage.kind == "open" or stage.follow_up is None:
        return None
    _, since = _basis(lead, dealings, stage)
    return _following(stage.follow_up, since, lead, day) or day.today(lead)


def _basis(lead: Lead, dealings: Dealings, stage: Stage) -> tuple[str, datetime | None]:
    """Find what a follow-up is counted from, in words and as an instant."""
    last, entered = last_contact(dealings), dealings.entered_at
    if stage.kind != "open":
        ended = dealings.disposition.at if dealings.disposition is not None else None
        rests = max(filter(None, (entered, ended)), default=None)
        if rests is not None and (last is None or last < rests):
            return "closed" if stage.is_closed else "on hold since", rests
    if last is not None:
        return "last contact", last
    return ("came in", lead.created_at) if entered is None else ("no contact since", entered)


def _following(span: Span, since: datetime | None, lead: Lead, day: Day) -> date | datetime | None:
    """Count a span from an instant: whole days from the date it has there, else to the second."""
    if since is None or span.seconds:
        return _after(span, since)
    return _after(span, day.date_of(since, lead))


def _after(span: Span | None, start: date | None) -> date | None:
    """Count a span from a date or an instant; what lies beyond the year 9999 never comes."""
    if span is None or start is None:
        return start
    try:
        return span.after(start)
    except InvalidValue:
        return date.max


# --- in words ---


def _worded(action: NextAction) -> str:
    stage = action.stage
    match action.why:
        case "task":
            return _of_task(action)
        case "first_contact":
            within = stage.respond_within if stage is not None else None
            return "nobody has spoken to the lead yet" + (f"; within {within}" if within else "")
        case "retry" | "unreachable":
            return _of_attempts(action)
        case "follow_up" | "stay_in_touch":
            return _of_follow_up(action)
        case "snoozed":
            return f"snoozed: {one_line(cast('Snoozed', action.dealings.snoozed).reason)}"
        case "unplanned":
            return "no next action is planned; the lead will probably not buy"
        case "on_hold":
            return f"on hold in {cast('Stage', stage).key}"
        case "closed":
            return _of_closing(action)
        case "do_not_contact":
            return "closed, and never to be contacted"
        case "not_yet":
            return "has not come in yet"
        case "zombie":
            return "a zombie: rated as unlikely ever to close"
        case _:
            assert_never(action.why)


def _of_closing(action: NextAction) -> str:
    stage, disposition = action.stage, action.dealings.disposition
    if stage is not None and stage.is_closed:
        return f"closed in {stage.key}"
    reason = f": {disposition.reason}" if disposition is not None and disposition.reason else ""
    return f"closed as {cast('Disposition', disposition).outcome}{reason}"


def _of_task(action: NextAction) -> str:
    task = cast("TaskSet", action.task)
    return f"task {task.task}" + (f", {one_line(task.title)}" if task.title else "")


def _of_attempts(action: NextAction) -> str:
    made, stage = action.dealings.tries, action.stage
    by_channel = ", ".join(f"{channel} {count}" for channel, count in action.attempts.items())
    most = stage.attempts if stage is not None else None
    share = f"{made} of {most}" if most is not None else str(made)
    plural = "" if share == "1" else "s"
    answer = f"{share} attempt{plural} without an answer ({by_channel})"
    if action.why == "unreachable":
        return f"{answer}: may be closed as {UNREACHABLE}"
    return answer + ("; write a personal e-mail as well" if action.accompany else "")


def _of_follow_up(action: NextAction) -> str:
    disposition = action.dealings.postponed
    agreed = action.dealings.waits_until
    if disposition is not None and action.why == "stay_in_touch" and action.due == agreed:
        reason = f" ({disposition.reason})" if disposition.reason else ""
        return f"{disposition.outcome}{reason}, to be contacted again then"
    stage = cast("Stage", action.stage)  # only what a disposition names can do without
    label, since = _basis(action.lead, action.dealings, stage)
    begun = "no contact yet" if since is None else f"{label} {when(since)}"
    return f"{begun}; {stage.key} follows up after {stage.follow_up}"

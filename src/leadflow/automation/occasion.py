"""Occasions: whether something set a rule off, and what it was."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import assert_never

import attrs

from leadflow.automation.rule import When
from leadflow.automation.trigger import (
    ByTime,
    DateReached,
    FollowUpDue,
    Happens,
    RatingBecomes,
    RevisitDue,
    ScoreFallsBelow,
    ScoreReaches,
    Silence,
    StageEntered,
    StageOverdue,
    data_of_event,
    kind_of_event,
)
from leadflow.calendars import midnight
from leadflow.conditions import always
from leadflow.conditions.matching import Matcher, compiled
from leadflow.disposition import revisit
from leadflow.errors import InvalidValue
from leadflow.events import Activity, Event
from leadflow.lead import Dealings, Lead
from leadflow.lead.log import content
from leadflow.pipeline import age
from leadflow.pipeline.day import Day
from leadflow.pipeline.follow_up import last_contact, upcoming
from leadflow.span import Span


@attrs.frozen
class Occasion:
    """What set a rule off: in words, and as a mark that is equal for the same thing."""

    rule: When
    because: str
    mark: str


@attrs.frozen
class Change:
    """A lead before and after something happened to it, and what that was.

    `mark` names what changed the score, the rating or the stage: the event that was handled.
    """

    before: Lead | None
    after: Lead
    events: tuple[Event, ...]
    mark: str


@attrs.frozen(eq=False)
class Occasions:
    """Finds the rules that something set off, without asking the others."""

    rules: tuple[When, ...]

    @cached_property
    def _happens(self) -> Mapping[str, Sequence[tuple[int, When, Matcher | None]]]:
        found: defaultdict[str, list[tuple[int, When, Matcher | None]]] = defaultdict(list)
        for place, rule in enumerate(self.rules):
            trigger = rule.trigger
            if isinstance(trigger, Happens):
                asks = None if trigger.where == always() else compiled(trigger.where)
                found[trigger.kind].append((place, rule, asks))
        return found

    @cached_property
    def _crossings(self) -> Sequence[tuple[int, When, ScoreReaches | ScoreFallsBelow]]:
        return [
            (place, rule, rule.trigger)
            for place, rule in enumerate(self.rules)
            if isinstance(rule.trigger, ScoreReaches | ScoreFallsBelow)
        ]

    @cached_property
    def _becoming(self) -> Mapping[str, Sequence[tuple[int, When]]]:
        found: defaultdict[str, list[tuple[int, When]]] = defaultdict(list)
        for place, rule in enumerate(self.rules):
            trigger = rule.trigger
            if isinstance(trigger, RatingBecomes):
                found[trigger.rating].append((place, rule))
            elif isinstance(trigger, StageEntered):
                found[trigger.stage].append((place, rule))
        return found

    @cached_property
    def _timed(self) -> Sequence[When]:
        return [rule for rule in self.rules if rule.is_timed]

    def of_change(self, change: Change) -> list[Occasion]:
        """Find what a change set off, in the order of the rules; a rule may be set off twice."""
        found = [*self._of_events(change), *self._of_score(change), *self._of_position(change)]
        return [occasion for _, occasion in sorted(found, key=lambda each: each[0])]

    def _of_events(self, change: Change) -> Iterator[tuple[int, Occasion]]:
        for event in change.events:
            rules = self._happens.get(kind_of_event(event), ())
            if not rules:
                continue
            data, mark = data_of_event(event), mark_of(event, change.after)
            today = event.at.date()
            for place, rule, asks in rules:
                if asks is None or asks(data, change.after, today):
                    yield place, Occasion(rule, str(rule.trigger), mark)

    def _of_score(self, change: Change) -> Iterator[tuple[int, Occasion]]:
        old = None if change.before is None else change.before.score
        new = change.after.score
        if not self._crossings or old == new or new is None:
            return
        words = f"from {'no score' if old is None else old} to {new}"
        for place, rule, trigger in self._crossings:
            line = trigger.points
            if isinstance(trigger, ScoreReaches):
                crossed = (old is None or old < line) and new >= line
            else:
                crossed = old is not None and old >= line > new
            if crossed:
                yield place, Occasion(rule, f"{trigger}: {words}", change.mark)

    def _of_position(self, change: Change) -> Iterator[tuple[int, Occasion]]:
        if not self._becoming:
            return
        before, after = change.before, change.after
        if after.rating is not None and (before is None or before.rating != after.rating):
            was = before.rating if before is not None and before.rating else "no rating"
            for place, rule in self._becoming.get(after.rating, ()):
                if isinstance(rule.trigger, RatingBecomes):
                    yield place, Occasion(rule, f"{rule.trigger}: from {was}", change.mark)
        if after.stage is not None and (before is None or _place(before) != _place(after)):
            for place, rule in self._becoming.get(after.stage, ()):
                trigger = rule.trigger
                if isinstance(trigger, StageEntered) and trigger.pipeline in (None, after.pipeline):
                    yield place, Occasion(rule, str(trigger), change.mark)

    def of_time(self, lead: Lead, day: Day) -> list[Occasion]:
        """Find what has fallen due for a lead, which is as it was at the day's instant."""
        return list(self._due(lead, day)) if self._timed else []

    def _due(self, lead: Lead, day: Day) -> Iterator[Occasion]:
        dealings = Dealings.of(lead)
        for rule in self._timed:
            due = _due(rule.trigger, lead, dealings, day)  # type: ignore[arg-type]  # they are timed
            if due is not None:
                yield Occasion(rule, *due)


def _place(lead: Lead) -> tuple[str | None, str | None]:
    return lead.pipeline, lead.stage


def mark_of(event: Event, lead: Lead) -> str:
    """Name an event: by its id, else by its content and how many equal ones the log holds."""
    if event.id is not None:
        return event.id
    copies = sum(each == event for each in lead.events)
    return f"{content(event)}\x1f{copies}"


def _due(trigger: ByTime, lead: Lead, dealings: Dealings, day: Day) -> tuple[str, str] | None:
    """Tell in words, and as a mark, what time has brought; None if nothing."""
    match trigger:
        case StageOverdue():
            return _overdue(trigger, lead, dealings, day)
        case Silence():
            return _silent(trigger, lead, day)
        case DateReached():
            return _reached(trigger, lead, day)
        case FollowUpDue():
            return _follow_up(trigger, lead, dealings, day)
        case RevisitDue():
            found = revisit([lead], day.as_of, day.rules)
            return next(
                (
                    (each.because, f"{each.disposition.at}/{each.why}/{each.since}")
                    for each in found
                ),
                None,
            )
        case _ as never:
            assert_never(never)


def _overdue(
    trigger: StageOverdue, lead: Lead, dealings: Dealings, day: Day
) -> tuple[str, str] | None:
    if trigger.stage not in (None, lead.stage) or trigger.pipeline not in (None, lead.pipeline):
        return None
    standing = age(lead, day.pipelines, as_of=day.as_of, zone=day.zone)
    if standing.light == "green":
        return None
    since = dealings.entered_at or lead.created_at
    return str(standing), f"{lead.pipeline}/{lead.stage}/{since}"


def _silent(trigger: Silence, lead: Lead, day: Day) -> tuple[str, str] | None:
    heard = next((event.at for event in reversed(lead.events) if _is_heard(event)), None)
    last = heard or lead.created_at
    if last is None or not _is_over(trigger.span, last, day.as_of):
        return None
    words = "last heard of" if heard else "came in"
    return f"{words} on {last:%Y-%m-%d %H:%M} UTC, {trigger.span} ago or more", str(last)


def _is_heard(event: Event) -> bool:
    if not isinstance(event, Activity) or event.kind == "email_bounced":
        return False
    return event.direction == "in" or event.answered is True


def _is_over(span: Span, since: datetime, at: datetime) -> bool:
    try:
        return span.after(since) <= at
    except InvalidValue:  # it ends beyond the year 9999
        return False


def _reached(trigger: DateReached, lead: Lead, day: Day) -> tuple[str, str] | None:
    value = lead.values.get(trigger.field)
    if not isinstance(value, date):
        return None
    try:
        since = value if trigger.before is None else trigger.before.before(value)
    except InvalidValue:  # hours before a date, or before the year 1
        return None
    zone = day.zone_of(lead) or day.rules.time_zone
    begins = since if isinstance(since, datetime) else midnight(since, zone)
    return (f"{trigger.field} is {value}", str(value)) if begins <= day.as_of else None


def _follow_up(
    trigger: FollowUpDue, lead: Lead, dealings: Dealings, day: Day
) -> tuple[str, str] | None:
    action = upcoming(lead, dealings, day)
    due = action.due
    if due is None or action.is_idle or trigger.kind not in (None, action.kind):
        return None
    reached = due <= day.as_of if isinstance(due, datetime) else due <= day.today(lead)
    if not reached:
        return None
    task = action.task
    came = lead.created_at or dealings.entered_at
    since = came if action.why == "first_contact" else last_contact(dealings) or came
    what = f"{since}" if task is None else f"{task.task}/{due}"
    return str(action), f"{action.why}/{action.kind}/{what}"

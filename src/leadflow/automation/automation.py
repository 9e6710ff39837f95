"""The rules together: what they ask for when something happens, and as time passes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cached_property

import attrs

from leadflow.actions import (
    Action,
    Assign,
    CreateTask,
    Enrol,
    Move,
    SendMessage,
    SetField,
    Tag,
    Untag,
    event_of,
)
from leadflow.automation.content import Content, chosen, was_sent
from leadflow.automation.effect import FIRED
from leadflow.automation.graph import problems
from leadflow.automation.occasion import Change, Occasion, Occasions, mark_of
from leadflow.automation.planned import Planned, Result, key_of
from leadflow.automation.reads import NOTHING, Reads
from leadflow.automation.rule import When
from leadflow.calendars import midnight
from leadflow.contact import Permission, Refusal, channel_of, is_contact, permission
from leadflow.errors import InvalidDefinition, InvalidValue, Problem, shown
from leadflow.events import Activity, Event
from leadflow.lead import Dealings, Lead, seen
from leadflow.limits import DEFAULT_LIMITS
from leadflow.pipeline.day import Day
from leadflow.values import EMPTY, instant, listed

_LAST = datetime.max.replace(tzinfo=UTC)
DONE_BEFORE = "done before"


@attrs.frozen
class Planning:
    """What holds while actions are planned: the day with its gate, the library, the procedures.

    `channels` are those on which leads of a rating are contacted; a rating that is not named may be
    contacted on any.
    """

    day: Day
    library: tuple[Content, ...] = ()
    channels: Mapping[str, tuple[str, ...]] = EMPTY


def _rules(values: Iterable[When]) -> tuple[When, ...]:
    return listed("Automation.rules", values)


@attrs.frozen
class Automation:
    """Rules, ready to plan what follows; it performs nothing.

    Raises `InvalidDefinition` with all problems: a name given twice, something that is no `When`,
    more rules than `leadflow.limits.Limits` allows, loops, with the cycle, and contradictions.
    `reads` is what the score and the rating are made of, for loops that go through them.

    >>> from datetime import UTC
    >>> from leadflow.automation import RatingBecomes
    >>> automation = Automation([When(RatingBecomes("hot"), then=[CreateTask("call")])])
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> lead = Lead("L-7", fields={"phone": "5"})
    >>> print(
    ...     *automation.plan(lead, Lead("L-7", rating="hot", fields={"phone": "5"}), as_of=noon)
    ... )
    fired: task call (the rating becomes hot: the rating becomes hot: from no rating)
    """

    rules: tuple[When, ...] = attrs.field(default=(), converter=_rules)
    reads: Reads = attrs.field(default=NOTHING, kw_only=True, repr=False)

    def __attrs_post_init__(self) -> None:
        found = tuple(self._problems())
        if found:
            raise InvalidDefinition("automation", found)

    def _problems(self) -> Iterator[Problem]:
        most = DEFAULT_LIMITS.rules
        if len(self.rules) > most:
            yield Problem("rules", f"at most {most:,} rules, got {len(self.rules):,}")
            return
        first: dict[str, int] = {}
        is_whole = True
        for place, rule in enumerate(self.rules):
            if not isinstance(rule, When):
                is_whole = False
                yield Problem(f"rules[{place}]", f"expected a When, got {shown(rule)}")
                continue
            before = first.setdefault(rule.name, place)
            if before != place:
                because = f"{rule.name!r} is the name of rules[{before}] too"
                yield Problem(f"rules[{place}].name", because)
        if is_whole:
            yield from problems(self.rules, reads=self.reads)

    @cached_property
    def occasions(self) -> Occasions:
        """What finds the rules that something set off."""
        return Occasions(self.rules)

    def plan(
        self,
        before: Lead | None,
        after: Lead,
        events: Iterable[Event] = (),
        *,
        as_of: datetime,
        planning: Planning | None = None,
    ) -> tuple[Planned, ...]:
        """Plan what follows when a lead is no longer as it was before: nothing is performed.

        `events` are what happened between the two; the score, the rating and the stage are compared.
        Every action of every rule that was set off is in the answer, with its outcome and why. A
        rule fires once for one thing that happened: that it did stands in the log, as the activities
        of `fired`, and only those count for its `cool_down`. Raises `InvalidValue` for what are no
        leads, `NaiveDatetime` for an instant without a zone.
        """
        now, moment = seen(after, as_of)
        old = None if before is None else seen(before, moment)[0]
        known = listed("events", events)
        mark = mark_of(known[0], now) if known else moment.isoformat()
        found = self.occasions.of_change(Change(old, now, known, mark))
        return weighed(found, now, _planning(planning, moment), after) if found else ()

    def review(
        self,
        lead: Lead,
        *,
        as_of: datetime,
        since: datetime | None = None,
        planning: Planning | None = None,
    ) -> tuple[Planned, ...]:
        """Plan what has fallen due for a lead by the passing of time, since an instant if one is given.

        Asked again once the log holds what fired (`fired`), it is skipped. What had to wait at
        `since`, for the gate or for a cool-down, is asked for again. Raises as `plan` does.
        """
        now, moment = seen(lead, as_of)
        asked = _planning(planning, moment)
        start = None if since is None else instant("since", since)
        found = fallen_due(self.occasions, now, asked, start)
        return weighed(found, now, asked, lead) if found else ()


def _planning(planning: Planning | None, moment: datetime) -> Planning:
    return Planning(Day(moment)) if planning is None else planning


def fired(planned: Iterable[Planned]) -> tuple[Activity, ...]:
    """Return what remembers the rules that fired: an activity for each occasion, for the log.

    >>> [
    ...     event.data["rule"]
    ...     for event in fired(automation.plan(lead, Lead("L-7", rating="hot"), as_of=noon))
    ... ]
    []
    """
    found = {each.firing: each for each in planned if each.is_fired}
    return tuple(
        Activity(FIRED, each.at, data={"rule": each.rule}, id=firing)
        for firing, each in found.items()
    )


def fallen_due(
    occasions: Occasions, lead: Lead, planning: Planning, since: datetime | None
) -> list[Occasion]:
    """Find what has fallen due for a lead: with `since`, not what was due and settled by then.

    What was asked for then and had to wait, for the gate or for a cool-down, is asked for again. The
    lead is as it was at the instant of the planning.
    """
    found = occasions.of_time(lead, planning.day)
    if not found or since is None:
        return found
    then = attrs.evolve(planning, day=attrs.evolve(planning.day, as_of=since))
    was = lead.rewind(since)
    scale = Scale(was, then, was)
    settled = {
        (each.rule.name, each.mark)
        for each in occasions.of_time(was, then.day)
        if all(planned.until is None for planned in scale.weigh(each))
    }
    return [each for each in found if (each.rule.name, each.mark) not in settled]


def weighed(
    occasions: Iterable[Occasion], lead: Lead, planning: Planning, whole: Lead
) -> tuple[Planned, ...]:
    """Decide for each action of the rules that were set off what becomes of it."""
    scale = Scale(lead, planning, whole)
    return tuple(planned for occasion in occasions for planned in scale.weigh(occasion))


@attrs.define
class Scale:
    """Weighs actions one after the other, each with those planned before it in mind.

    `lead` is the lead as it was at the instant; `whole` has all of its log, so that nothing is
    planned again that was planned at a later one.
    """

    lead: Lead
    planning: Planning
    whole: Lead
    _ids: frozenset[str] = attrs.field(init=False)
    _dealings: Dealings = attrs.field(init=False)
    _sent: set[str] = attrs.field(init=False, factory=set)
    _resting: set[str] = attrs.field(init=False, factory=set)

    def __attrs_post_init__(self) -> None:
        self._ids = frozenset(event.id for event in self.whole.events if event.id is not None)
        self._dealings = Dealings.of(self.lead)

    @property
    def _at(self) -> datetime:
        return self.planning.day.as_of

    def weigh(self, occasion: Occasion) -> list[Planned]:
        """Weigh a rule on one occasion."""
        rule, lead = occasion.rule, self.lead
        ids = (lead.id, *sorted(lead.merged_ids))
        firings = [key_of(rule.name, rule.version, id, occasion.mark) for id in ids]
        if not self._ids.isdisjoint(firings):
            return self._all(rule, firings[0], "skipped", DONE_BEFORE)
        if not rule.if_.matches(lead, as_of=self._at):
            return self._all(rule, firings[0], "skipped", f"not met: {rule.if_}")
        rests = self._rests_until(rule)
        if rests is not None:
            because = f"fired less than {rule.cool_down} ago"
            return self._all(rule, firings[0], "cooling", because, rests)
        found = self.actions(rule.then, firings[0], rule.name, occasion.because)
        found = _together(found) if rule.is_timed else found
        if any(each.is_fired for each in found):
            self._resting.add(rule.name)
        return found

    def actions(
        self, actions: Sequence[Action], firing: str, rule: str, because: str
    ) -> list[Planned]:
        """Weigh actions that nothing stands against as a whole."""
        found = []
        for place, action in enumerate(actions):
            outcome, why, until, content = self._one(action)
            found.append(
                Planned(
                    action,
                    f"{firing}-{place}",
                    outcome,
                    why or because,
                    rule,
                    firing,
                    self.lead.id,
                    self._at,
                    until,
                    content,
                )
            )
        return found

    def _all(
        self, rule: When, firing: str, outcome: Result, because: str, until: datetime | None = None
    ) -> list[Planned]:
        return [
            Planned(
                action,
                f"{firing}-{place}",
                outcome,
                because,
                rule.name,
                firing,
                self.lead.id,
                self._at,
                until,
            )
            for place, action in enumerate(rule.then)
        ]

    def _rests_until(self, rule: When) -> datetime | None:
        if rule.cool_down is None:
            return None
        fired_at = (
            event.at
            for event in reversed(self.lead.activities)
            if event.kind == FIRED and event.data.get("rule") == rule.name
        )
        last = self._at if rule.name in self._resting else next(fired_at, None)
        if last is None:
            return None
        try:
            until = rule.cool_down.after(last)
        except InvalidValue:  # beyond the year 9999
            return _LAST
        return until if until > self._at else None

    def _one(self, action: Action) -> tuple[Result, str, datetime | None, str | None]:
        moot = self._moot(action)
        if moot:
            return "skipped", moot, None, None
        if isinstance(action, SendMessage):
            return self._message(action)
        refused = self._refused(action)
        if refused is not None:
            return "blocked", refused.because, refused.until, None
        return "fired", "", None, None

    def _message(self, action: SendMessage) -> tuple[Result, str, datetime | None, str | None]:
        content, why = self._content(action)
        if content is None:
            return "skipped", why, None, None
        refused = self._refused(action)
        if refused is not None:
            return "blocked", refused.because, refused.until, content
        self._sent.add(content)
        self._remember(action)
        return "fired", "", None, content

    def _moot(self, action: Action) -> str:
        """Say why there is nothing to do; empty if there is."""
        lead = self.lead
        match action:
            case Tag(tag=tag) if tag in lead.tags:
                return f"tagged {tag} already"
            case Untag(tag=tag) if tag not in lead.tags:
                return f"not tagged {tag}"
            case SetField(field=field, value=value) if lead.values.get(field) == value:
                return f"{field} is so already"
            case Assign(rep=str(rep)) if lead.owner == rep:
                return f"{rep} owns the lead already"
            case Move(to=to) if lead.stage == to:
                return f"in {to} already"
            case _:
                return ""

    def _content(self, action: SendMessage) -> tuple[str | None, str]:
        if action.content is None:
            fits = [item for item in self.planning.library if not self._is_had(item.key)]
            item = chosen(fits, self.lead, self._at, channel=action.channel)
            return (None, "nothing in the library fits") if item is None else (item.key, "")
        sent = was_sent(self.whole, action.content)
        if sent is not None:
            return None, f"{action.content} was sent or planned on {sent.at:%Y-%m-%d}"
        if action.content in self._sent:
            return None, f"{action.content} is planned already"
        return action.content, ""

    def _is_had(self, key: str) -> bool:
        """Tell whether an item is planned here, or stands in the log at a later instant."""
        is_ahead = self.whole is not self.lead and was_sent(self.whole, key) is not None
        return is_ahead or key in self._sent

    def _refused(self, action: Action) -> Refusal | None:
        """Ask the gate about an action that is a contact."""
        match action:
            case SendMessage(channel=channel):
                refused = self._not_by(channel)
                return refused or _first(self._permission(channel))
            case CreateTask(kind=kind) if is_contact(kind):
                channel_or_none = channel_of(kind)
                refused = None if channel_or_none is None else self._not_by(channel_or_none)
                return refused or self._refused_later(channel_or_none, action)
            case Enrol():
                return _first(self._permission(None))
            case _:
                return None

    def _permission(self, channel: str | None) -> Permission:
        rules = self.planning.day.rules
        return permission(self.lead, self._dealings, channel, self._at, rules)

    def _not_by(self, channel: str) -> Refusal | None:
        rating = self.lead.rating
        allowed = None if rating is None else self.planning.channels.get(rating)
        if rating is None or allowed is None or channel in allowed:
            return None
        return not_by(rating, allowed)

    def _refused_later(self, channel: str | None, task: CreateTask) -> Refusal | None:
        """Ask for what still stands against a contact when the task is due, whatever the hour."""
        refusals = self._permission(channel).refusals
        if not refusals:
            return None
        due = self._due(task)
        for refusal in refusals:
            passes = refusal.until is not None and refusal.until <= due
            if not passes and refusal.code not in ("asleep", "too_often"):
                return refusal
        return None

    def _due(self, task: CreateTask) -> datetime:
        zone = self.planning.day.zone_of(self.lead)
        try:
            due: date = event_of(task, self._at, task="task", zone=zone).due  # type: ignore[union-attr, assignment]  # a task has one
        except InvalidValue:  # beyond the year 9999
            return _LAST
        return due if isinstance(due, datetime) else midnight(due, zone)

    def _remember(self, action: SendMessage) -> None:
        """Let a message that is planned count for the caps on those after it."""
        if self.planning.day.rules.caps:
            made = Activity("message", self._at, channel=action.channel, direction="out")
            attempts = [*self._dealings.attempts, made]
            self._dealings = attrs.evolve(self._dealings, attempts=attempts)


def not_by(rating: str, allowed: Sequence[str]) -> Refusal:
    """Refuse a channel on which leads of a rating are not contacted.

    >>> print(not_by("cold", ["email", "chat"]))
    cold leads are contacted by email and chat only
    """
    channels = " and ".join(allowed) or "nothing"
    return Refusal("do_not_contact", f"{rating} leads are contacted by {channels} only")


def _first(answer: Permission) -> Refusal | None:
    """Take the first refusal, with the end of them all."""
    if answer:
        return None
    return attrs.evolve(answer.refusals[0], until=answer.until)


def _together(found: list[Planned]) -> list[Planned]:
    """Let a rule that time set off wait as a whole, while the gate refuses some of it for now."""
    ends = [each.until for each in found if each.outcome == "blocked" and each.until is not None]
    if not ends:
        return found
    until = max(ends)
    return [
        attrs.evolve(each, outcome="skipped", because="waits for the rest of the rule", until=until)
        if each.is_fired
        else each
        for each in found
    ]

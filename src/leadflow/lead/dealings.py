"""What a lead's log tells about the dealings with it, read once for a day's work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import cast

import attrs

from leadflow.events import (
    Activity,
    Conversion,
    Disposition,
    FieldsSet,
    Overridden,
    Rated,
    Reopened,
    Scored,
    Snoozed,
    StageChange,
    TaskDone,
    TaskSet,
)
from leadflow.events.kinds import STANDARD_KINDS
from leadflow.lead.lead import Lead
from leadflow.values import EMPTY

_LAST = datetime.max.replace(tzinfo=UTC)
_MIDNIGHT = time(tzinfo=UTC)
_NOWHERE: frozenset[str] = frozenset()
_ARRIVED = frozenset({"email_opened", "email_clicked", "email_replied", "email_forwarded"})
"""The kinds of activity that tell that e-mail arrives."""
_SPOKEN = frozenset({"call_received", "meeting"})
_TELLING = frozenset(
    {*_ARRIVED, *_SPOKEN, "email_unsubscribed", "newsletter_subscribed", "email_bounced"}
)
"""The kinds of activity that tell whether we spoke, and whether e-mail arrives and is welcome."""


# Not frozen: filling it would take three times as long, and a worklist fills one for every lead.
@attrs.define
class Dealings:
    """What was done with a lead so far, as far as it decides what to do next.

    All are read from the log, oldest first; `Dealings.of` reads them. Every attribute that is a
    single thing is None where there is none.

    `attempts` are the outgoing contact activities. `last_spoken` is the latest answered attempt,
    incoming call or meeting (one with ``answered=False`` was missed). `entered_at` is the instant of the latest
    `StageChange`, `Reopened` or `Conversion`. `tasks` are the open ones by their id. `snoozed` and
    `overridden` are the latest snooze and the latest override of the rating, ended or not.

    `disposition` is the latest since the last `Reopened`; `postponed` is the one that names the
    latest date to contact the lead again, for of merged leads the stricter wins. `never` holds the
    channels that any `Disposition` closed for good, in small letters (a kind of activity stands for
    its channel), and reopening does not open them. `unsubscribed_at` is None again after a
    ``newsletter_subscribed``, `bounced_at` after a new e-mail address in a `FieldsSet` or an e-mail
    that was opened, clicked, replied to or forwarded. `engagement` is that of the latest `Scored`
    that has one, `readiness` the rating of the latest `Rated` by the rater "readiness".

    >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> log = [Activity("call", noon, answered=False), Activity("email_sent", noon)]
    >>> dealings = Dealings.of(Lead("L-7", events=log))
    >>> dealings.tries, dealings.tries_by_channel()
    (1, {'phone': 1, 'email': 1})
    """

    attempts: Sequence[Activity] = ()
    last_spoken: Activity | None = None
    attempts_before: int = 0
    """How many of the attempts came before the lead was last spoken to or reopened."""
    entered_at: datetime | None = None
    tasks: Mapping[str, TaskSet] = EMPTY
    snoozed: Snoozed | None = None
    disposition: Disposition | None = None
    postponed: Disposition | None = None
    never: frozenset[str] = _NOWHERE
    unsubscribed_at: datetime | None = None
    bounced_at: datetime | None = None
    engagement: int | None = None
    readiness: str | None = None
    overridden: Overridden | None = None

    @classmethod
    def of(cls, lead: Lead) -> Dealings:  # noqa: C901, PLR0912, PLR0915 (one pass, no calls in it)
        """Read the dealings from the whole log; to ask about an earlier instant, rewind the lead."""
        attempts: list[Activity] = []
        tasks: dict[str, TaskSet] = {}
        before = 0
        never = _NOWHERE
        last_spoken: Activity | None = None
        disposition: Disposition | None = None
        postponed: Disposition | None = None
        latest: date | None = None
        snoozed: Snoozed | None = None
        overridden: Overridden | None = None
        entered_at = unsubscribed_at = bounced_at = engagement = readiness = None
        for event in lead.events:
            # Not match or isinstance, and the frequent ones first: this runs for every event there is.
            if type(event) is Activity:
                if event.direction == "out" and event.channel is not None:
                    attempts.append(event)
                    if event.answered:
                        last_spoken, before = event, len(attempts)
                what = event.kind
                if what not in _TELLING:
                    continue
                if what in _ARRIVED:
                    bounced_at = None
                elif what in _SPOKEN:
                    if event.answered is not False:
                        last_spoken, before = event, len(attempts)
                elif what == "email_unsubscribed":
                    unsubscribed_at = event.at
                elif what == "newsletter_subscribed":
                    unsubscribed_at = None
                else:
                    bounced_at = event.at
            elif type(event) is TaskSet:
                tasks[event.task] = event
            elif type(event) is TaskDone:
                tasks.pop(event.task, None)
            elif type(event) is StageChange or type(event) is Conversion:
                entered_at = event.at
            elif type(event) is Scored:
                if event.engagement is not None:
                    engagement = event.engagement
            elif type(event) is Rated:
                if event.rater == "readiness":
                    readiness = event.rating
            elif type(event) is FieldsSet:
                if "email" in event.values:
                    bounced_at = None
            elif type(event) is Disposition:
                disposition = event
                again = event.contact_again
                if again is not None and (latest is None or again >= latest):
                    postponed, latest = event, again
                if event.never:
                    never = never.union(map(_meant, event.never))
            elif type(event) is Reopened:
                entered_at, before = event.at, len(attempts)
                disposition = postponed = latest = None
            elif type(event) is Snoozed:
                snoozed = event
            elif type(event) is Overridden and event.what == "rating":
                overridden = event
        return cls(
            attempts,
            last_spoken,
            before,
            entered_at,
            tasks,
            snoozed,
            disposition,
            postponed,
            never,
            unsubscribed_at,
            bounced_at,
            engagement,
            readiness,
            overridden,
        )

    @property
    def waits_until(self) -> date | None:
        """The latest date to contact the lead again of the dispositions since the last `Reopened`."""
        return None if self.postponed is None else self.postponed.contact_again

    @property
    def last_email_at(self) -> datetime | None:
        """When the latest e-mail was sent to the lead."""
        for attempt in reversed(self.attempts):
            if attempt.channel == "email":
                return attempt.at
        return None

    @property
    def tries(self) -> int:
        """How many attempts went without an answer since the lead was last spoken to or reopened.

        E-mails accompany attempts and are not counted.
        """
        if self.attempts_before == len(self.attempts):
            return 0
        return sum(attempt.channel != "email" for attempt in self.attempts[self.attempts_before :])

    def tries_by_channel(self) -> Mapping[str, int]:
        """Count the attempts since the lead was last spoken to or reopened; here e-mails count."""
        found: dict[str, int] = {}
        for attempt in self.attempts[self.attempts_before :]:
            channel = cast("str", attempt.channel)
            found[channel] = found.get(channel, 0) + 1
        return found

    def next_task(self) -> TaskSet | None:
        """Find the open task that is due first; ties go by the task's id.

        A date counts as the start of that day in UTC; a task that is not due at all comes last.

        >>> call = TaskSet("T-1", noon, due=noon)
        >>> quote = TaskSet("T-2", noon, due=noon.date())
        >>> Dealings.of(Lead("L-7", events=[call, quote])).next_task().task
        'T-2'
        """
        return min(self.tasks.values(), key=_turn, default=None)


def _meant(word: str) -> str:
    """Take a channel in any letters, and a kind of activity for the channel it goes by."""
    folded = word.casefold()
    kind = STANDARD_KINDS.get(folded)
    return folded if kind is None else kind.channel


def _turn(task: TaskSet) -> tuple[bool, datetime, str]:
    due = task.due
    if due is None:
        return (True, _LAST, task.task)
    moment = due if isinstance(due, datetime) else datetime.combine(due, _MIDNIGHT)
    return (False, moment, task.task)

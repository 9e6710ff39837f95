"""A planned action: what is to be done, or why it is not, with the key that makes replay harmless."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from hashlib import blake2b
from typing import Literal, TypeAlias

import attrs

from leadflow.actions import Action, Notify, SendMessage
from leadflow.events import Activity
from leadflow.markup import one_line, table
from leadflow.values import instant

Result: TypeAlias = Literal["fired", "skipped", "blocked", "cooling"]
MESSAGE_PLANNED = "message_planned"
"""The kind of activity by which the log remembers that a message was planned."""
_SENT = {"email": "email_sent", "sms": "sms_sent", "linkedin": "linkedin_message"}
_SHOWN = 100


@attrs.frozen
class Planned:
    """An action that a rule, a reason or a step asks for, and what became of it.

    `outcome` is fired (to be done), skipped (there is nothing to do, or it may not be decided),
    blocked (the lead may not be contacted so, or not now) or cooling (the rule rests); `because`
    says why in words. `key` is equal whenever the same rule asks for the same thing again: do what
    has a new key, once. `rule` names what asked, `firing` the occasion on which it did. `until` is
    when to ask again, in UTC, None where that is not known; `content` the message that is to be sent.
    """

    action: Action
    key: str
    outcome: Result
    because: str
    rule: str
    firing: str
    lead: str
    at: datetime
    until: datetime | None = None
    content: str | None = None

    @property
    def is_fired(self) -> bool:
        """Whether it is to be done."""
        return self.outcome == "fired"

    def done(self, at: datetime, *, by: str | None = None) -> Activity | None:
        """Return what to put into the log once the host has sent a message, or told somebody.

        None for actions that the playbook has put there itself. The id is made of the key, so that
        reporting it twice changes nothing. Raises `NaiveDatetime`.

        >>> from datetime import UTC
        >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
        >>> send = Planned(
        ...     SendMessage("welcome"),
        ...     "k-1",
        ...     "fired",
        ...     "new",
        ...     "r",
        ...     "k",
        ...     "L-7",
        ...     noon,
        ...     content="welcome",
        ... )
        >>> send.done(noon).kind, send.done(noon).data
        ('email_sent', {'content': 'welcome', 'rule': 'r'})
        """
        moment = instant("at", at)
        id = f"{self.key}-done"
        match self.action:
            case SendMessage(channel=channel):
                kind = _SENT.get(channel, f"{channel}_sent")
                data = {"content": self.content, "rule": self.rule}
                return Activity(
                    kind, moment, channel=channel, direction="out", data=data, by=by, id=id
                )
            case Notify(who=who):
                return Activity(
                    "notified", moment, data={"who": who, "rule": self.rule}, by=by, id=id
                )
            case _:
                return None

    def __str__(self) -> str:
        until = f", until {self.until:%Y-%m-%d %H:%M} UTC" if self.until else ""
        what = f"{self.action}" + (f": {self.content}" if self._is_chosen else "")
        because = f": {one_line(self.because)}" if self.because != self.rule else ""
        return f"{self.outcome}: {what} ({self.rule}{because}{until})"

    @property
    def _is_chosen(self) -> bool:
        return self.content is not None and self.action != SendMessage(
            self.content, getattr(self.action, "channel", "email")
        )


def key_of(*parts: object) -> str:
    """Make a short key of what it stands for; equal parts, and no others, give an equal key.

    >>> key_of("rule", 1) == key_of("rule", "1"), key_of("ab", "c") == key_of("a", "bc")
    (True, False)
    """
    content = "\x1f".join(str(part) for part in parts)
    return blake2b(content.encode(), digest_size=12).hexdigest()


def planned_table(caption: str, planned: Iterable[Planned]) -> str:
    """Show planned actions as an HTML table."""
    rows = [(p.outcome, p.lead, str(p.action), p.rule, p.because) for p in planned]
    return table(caption, ("", "lead", "action", "rule", "because"), rows[:_SHOWN])

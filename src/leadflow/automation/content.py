"""Content: what there is to send, for whom it is meant, and what a lead was sent already."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import attrs

from leadflow.automation.planned import MESSAGE_PLANNED
from leadflow.conditions import Condition, always
from leadflow.conditions.node import CONDITION
from leadflow.contact import may_contact
from leadflow.errors import InvalidValue, LimitExceeded, shown
from leadflow.events import Activity
from leadflow.lead import Lead, seen
from leadflow.values import LABEL, NAME, checks, listed, name, text

_LINK_LENGTH = 2_000
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_WEB = re.compile(r"https?://[^/?#@]+(?:[/?#].*)?", re.IGNORECASE)
"""An address on the web; without a user's name before the host, which only serves to deceive."""
_ANYBODY = Lead("anybody")
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)


def link_at(where: str, value: object) -> str:
    """Take an http or https address, or a relative path, that leads nobody astray.

    >>> link_at("link", "sheets/one-pager.pdf")
    'sheets/one-pager.pdf'
    """
    link = text(where, value)
    if len(link) > _LINK_LENGTH:
        found = f"{len(link):,}"
        raise LimitExceeded(where, "the characters of a link", _LINK_LENGTH, found)
    # Browsers read "\" as "/", drop tabs and line breaks, and complete "//host" to another site.
    is_plain = link.isprintable() and not link.startswith("//") and not set(link) & {" ", "\\"}
    if not link or not is_plain or (_SCHEME.match(link) and not _WEB.fullmatch(link)):
        hint = "such as 'https://example.com/guide.pdf' or 'guides/first-steps.pdf'"
        expected = "an http or https address, or a relative path"
        raise InvalidValue(where, shown(link), expected, hint)
    return link


LINK = {"check": link_at}


def _channel(where: str, value: object) -> str:
    channel = name(where, value)
    if channel == "all":
        raise InvalidValue(where, shown(channel), "one channel", "such as 'email' or 'chat'")
    try:
        may_contact(_ANYBODY, channel, _ANY_TIME)  # the gate alone knows what is no channel
    except InvalidValue as error:
        raise InvalidValue(where, error.found, error.expected, error.hint) from None
    return channel


@attrs.frozen(field_transformer=checks)
class Content:
    """An item to send: a guide, a case study, an invitation; for the leads that meet `when`.

    `key` tells items apart, and stands in the log of the leads that were sent it. `link` is an http
    or https address, or a relative path, of 2,000 characters at most; None for what has none.
    `channel` is how it is sent, by e-mail unless given. It is for all leads unless `when` is given.

    Raises `InvalidValue` or `LimitExceeded`, naming the place.

    >>> from leadflow import field
    >>> guide = Content("guide", "First steps", when=field("interest").equals("reports"))
    >>> guide.channel, str(guide.when)
    ('email', "interest is 'reports'")
    """

    key: str = attrs.field(metadata=NAME)
    title: str = attrs.field(metadata=LABEL)
    link: str | None = attrs.field(default=None, metadata=LINK)
    when: Condition = attrs.field(default=always(), kw_only=True, metadata=CONDITION)
    channel: str = attrs.field(default="email", kw_only=True, metadata={"check": _channel})


def chosen(
    library: Iterable[Content], lead: Lead, as_of: datetime, *, channel: str | None = None
) -> Content | None:
    """Choose the first item of a library that a lead meets the condition of and was never sent.

    On one channel, or on any if None. What is planned counts as sent. None if nothing fits. Later
    events have not happened. Raises `InvalidValue` for what is no lead or content, `NaiveDatetime`
    for an instant without a zone.

    >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> lead = Lead("L-7", fields={"interest": "reports"})
    >>> library = [guide, Content("news", "The newsletter")]
    >>> chosen(library, lead, noon).key
    'guide'
    >>> lead = lead.after(Activity("email_sent", noon, data={"content": "guide"}))
    >>> chosen(library, lead, noon).key
    'news'
    """
    past, moment = seen(lead, as_of)
    had = {activity.data["content"] for activity in _sent(past)}
    for item in _items(library):
        fits = channel in (None, item.channel) and item.key not in had
        if fits and item.when.matches(past, as_of=moment):
            return item
    return None


def was_sent(lead: Lead, key: str) -> Activity | None:
    """Find the first time that a lead was sent an item, or that it was planned; None if never.

    Sent is what an outgoing activity names as the `content` among its data, on any channel. All of
    the log counts: rewind the lead to ask about an earlier instant. Raises `InvalidValue` for what
    is no lead.

    >>> was_sent(lead, "guide").kind, was_sent(lead, "news")
    ('email_sent', None)
    """
    if not isinstance(lead, Lead):
        raise InvalidValue("lead", shown(lead), "a Lead")
    asked = name("key", key)
    return next((each for each in _sent(lead) if each.data["content"] == asked), None)


def _sent(lead: Lead) -> Iterator[Activity]:
    for activity in lead.activities:
        is_sent = activity.direction == "out" or activity.kind == MESSAGE_PLANNED
        if is_sent and "content" in activity.data:
            yield activity


def _items(library: Iterable[Content]) -> Iterator[Content]:
    for place, item in enumerate(listed("library", library)):
        if not isinstance(item, Content):
            raise InvalidValue(f"library[{place}]", shown(item), "a Content")
        yield item

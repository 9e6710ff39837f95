"""The standard kinds of activity: constants that know their channel and direction."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Self, TypeAlias

Direction: TypeAlias = Literal["in", "out"]


class ActivityKind(StrEnum):
    """The standard kinds of activity, each with its channel and direction.

    >>> ActivityKind.EMAIL_OPENED == "email_opened", ActivityKind.EMAIL_OPENED.channel
    (True, 'email')
    """

    channel: str
    direction: Direction

    def __new__(cls, kind: str, channel: str, direction: Direction) -> Self:
        """Attach the channel and the direction to the kind's text."""
        member = str.__new__(cls, kind)
        member._value_ = kind
        member.channel, member.direction = channel, direction
        return member

    FORM_SUBMITTED = "form_submitted", "web", "in"
    PAGE_VIEWED = "page_viewed", "web", "in"
    CONTENT_DOWNLOADED = "content_downloaded", "web", "in"
    CONTENT_SHARED = "content_shared", "web", "in"
    TRIAL_STARTED = "trial_started", "web", "in"
    DEMO_REQUESTED = "demo_requested", "web", "in"
    APPOINTMENT_BOOKED = "appointment_booked", "web", "in"
    NEWSLETTER_SUBSCRIBED = "newsletter_subscribed", "web", "in"
    EMAIL_OPENED = "email_opened", "email", "in"
    EMAIL_CLICKED = "email_clicked", "email", "in"
    EMAIL_FORWARDED = "email_forwarded", "email", "in"
    EMAIL_REPLIED = "email_replied", "email", "in"
    EMAIL_UNSUBSCRIBED = "email_unsubscribed", "email", "in"
    EMAIL_BOUNCED = "email_bounced", "email", "in"
    EMAIL_SENT = "email_sent", "email", "out"
    CALL = "call", "phone", "out"
    CALL_RECEIVED = "call_received", "phone", "in"
    VOICEMAIL = "voicemail", "phone", "out"
    SMS_SENT = "sms_sent", "sms", "out"
    CHAT_MESSAGE = "chat_message", "chat", "in"
    LINKEDIN_MESSAGE = "linkedin_message", "linkedin", "out"
    MEETING = "meeting", "meeting", "out"


STANDARD_KINDS = {str(kind): kind for kind in ActivityKind}

"""What goes on with leads that are closed and kept: an article, a webinar, a training."""

from __future__ import annotations

from leadflow.actions import SendMessage
from leadflow.automation import Content, Sequence, Step
from leadflow.conditions import activity

_MESSAGES = [
    ("article", "An article about your trade", "7 days"),
    ("webinar", "An invitation to our webinar", "1 month"),
    ("training", "A training for your team", "1 month"),
]


def nurture_sequence() -> Sequence:
    """Build the series of a lead that is not ready to buy (N7): an article, a webinar, a training.

    It is for closed leads, so being closed is no way out of it. A lead that replies, books an
    appointment or becomes a deal leaves. It may be enrolled again, and is never sent the same
    message twice.

    >>> print(nurture_sequence())
    nurture, version 1
      article after 7 days: send article by email
      webinar after 1 month: send webinar by email
      training after 1 month: send training by email
    """
    return Sequence(
        "nurture",
        [Step(key, after, [SendMessage(key)]) for key, _, after in _MESSAGES],
        exits=["replied", "booked", "unsubscribed", "bounced", "converted"],
        rounds=None,
    )


def nurture_library() -> tuple[Content, ...]:
    """Build the messages of the series, for leads that were unqualified.

    >>> [item.key for item in nurture_library()]
    ['article', 'webinar', 'training']
    """
    were_closed = activity("disposition", outcome="unqualified")
    return tuple(Content(key, title, when=were_closed) for key, title, _ in _MESSAGES)

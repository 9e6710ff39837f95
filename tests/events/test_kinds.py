"""The standard kinds of activity."""

from __future__ import annotations

import pytest

from leadflow.events import ActivityKind
from leadflow.events.kinds import STANDARD_KINDS


@pytest.mark.parametrize("kind", list(ActivityKind))
def test_a_kind_is_its_text_and_knows_its_channel_and_direction(kind: ActivityKind) -> None:
    assert kind == kind.value == kind.name.lower()
    assert STANDARD_KINDS[kind.value] is kind
    assert kind in set(ActivityKind)
    assert kind.direction in ("in", "out")
    assert kind.channel


def test_the_kinds_of_the_design_are_there() -> None:
    named = "form_submitted email_opened email_clicked email_forwarded email_replied"
    named += " email_unsubscribed page_viewed content_downloaded trial_started demo_requested"
    named += " appointment_booked call voicemail email_sent linkedin_message meeting"
    assert set(named.split()) <= set(STANDARD_KINDS)


def test_what_we_send_goes_out_and_what_the_lead_does_comes_in() -> None:
    out = {kind.value for kind in ActivityKind if kind.direction == "out"}
    assert out == {"email_sent", "call", "voicemail", "sms_sent", "linkedin_message", "meeting"}

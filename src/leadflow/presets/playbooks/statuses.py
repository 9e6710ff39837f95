"""Statuses and daily work: who is called today, how often, and what follows from the call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

import attrs

from leadflow.actions import CreateTask, Dispose, Enrol, Move, Notify, SendMessage, SetField
from leadflow.automation import (
    Content,
    FollowUpDue,
    Happens,
    Sequence,
    Silence,
    StageEntered,
    StageOverdue,
    Step,
    Trigger,
    When,
    happens,
)
from leadflow.automation.sequence import ExitCode
from leadflow.conditions import activity, field
from leadflow.disposition import DispositionPolicy, Reason
from leadflow.pipeline import Pipeline, ResponseLimits
from leadflow.pipeline.response import W3
from leadflow.playbook import Playbook
from leadflow.presets.dispositions import disposition_policy
from leadflow.presets.pipelines import status_pipeline
from leadflow.presets.playbooks.closing import closing_rules, coming_back
from leadflow.presets.playbooks.nurture import nurture_library, nurture_sequence
from leadflow.routing import Router, RoutingRule
from leadflow.values import instance

_AGREED = {
    "demo": "Show the product",
    "meeting": "Meet the lead",
    "call": "Call after the quote",
}
"""The kinds of follow-up that are agreed in the first conversation (W5)."""
_LETTERS = 6
"""One personal e-mail for each attempt (W4)."""
_NEWS = ("news-1", "news-2", "news-3", "news-4")
"""The mailings to those who are not interested, one every three months (W7)."""
_NOT_MISSED = ~field("answered").equals(value=False)
_SPOKEN: Mapping[str, Trigger] = {
    "call": happens("call", answered=True),
    "call received": Happens("call_received", _NOT_MISSED),
    "meeting": Happens("meeting", _NOT_MISSED),
}
"""The conversations."""


def status_playbook(
    language: Literal["en", "he"] = "en",
    *,
    limits: ResponseLimits = W3,
    manager: str = "manager",
    verifiers: Iterable[str] = ("data desk",),
) -> Playbook:
    """Build the playbook of section W: seven statuses, and the calls of the day.

    - The statuses of W1 with their times, the order of W2, the `limits` of W3 (an answer within 10
      minutes, the chance falls after 15 hours, out of new within a day, unless set): the `manager` is
      told of a lead that has been new for too long.
    - A try without an answer leads to no answer, each time with another personal e-mail; after six
      the owner is told that the lead may be closed as unreachable (W4).
    - The first conversation leads to first contact. The field "agreed" (demo, meeting or call) sets
      a follow-up of that kind two days ahead; as long as nothing is agreed, the lead is flagged as
      one for which nothing is planned (W5). The second conversation leads to in process (W6).
    - Closed leads keep the reason in the field "closing_reason". Who was not interested is mailed and
      called every three months (W7); who must not be contacted still is not.
    - Winning, by a disposition or by the status customer, tells fulfilment to start the order and
      the invoice (W8).

    Leads go to the reps in turn. `verifiers` verify contact data. Raises `InvalidValue` for another
    language, and for what are no limits.

    >>> playbook = status_playbook("he")
    >>> playbook.pipelines[0]["customer"].label, playbook.check()
    ('לקוח', ())
    """
    instance(ResponseLimits)["check"]("limits", limits)
    policy = _policy(verifiers)
    return Playbook(
        "statuses",
        router=Router([RoutingRule("in turn")]),
        pipelines=[_statuses(language, limits)],
        policy=policy,
        automations=[*_inquiries(manager), *_attempts(), *_conversations(), *_endings(policy)],
        sequences=[_mailing(), nurture_sequence()],
        library=_library(),
        limits=limits,
    )


def _statuses(language: Literal["en", "he"], limits: ResponseLimits) -> Pipeline:
    """Build the statuses, by the limits; in first contact only what was agreed is a follow-up."""
    pipeline = status_pipeline(language)
    changes: dict[str, dict[str, Any]] = {
        "new": {"expected": limits.leave_new_within, "respond_within": limits.contact_within},
        "first_contact": {"follow_up": None},
    }
    stages = [attrs.evolve(stage, **changes.get(stage.key, {})) for stage in pipeline]
    return attrs.evolve(pipeline, stages=stages)


def _policy(verifiers: Iterable[str]) -> DispositionPolicy:
    """Let who is not interested be contacted again, against N3 (W7)."""
    policy = disposition_policy(verifiers=verifiers)
    again = Reason(
        "not_interested",
        policy["not_interested"].label,
        contact_again="3 months",
        back_to="first_contact",
    )
    return coming_back(policy.with_reason(again), "first_contact")


def _inquiries(manager: str) -> list[When]:
    late = [Notify(manager, "A lead has been new for too long")]
    return [
        When(happens("assignment"), then=[Notify("owner", "A new lead is yours")], name="new lead"),
        When(StageOverdue("new", pipeline="status"), then=late, name="new for too long"),
    ]


def _attempts() -> list[When]:
    """Follow up on each try without an answer (W4)."""
    tries = {"call": happens("call", answered=False), "voicemail": happens("voicemail")}
    told = [Notify("owner", "Six tries without an answer: the lead may be closed as unreachable")]
    is_new = field("stage").equals("new")
    return [
        *(
            When(tried, then=[SendMessage()], name=f"letter after a {kind}")
            for kind, tried in tries.items()
        ),
        *(
            When(tried, is_new, [Move("no_answer")], name=f"no answer to a {kind}")
            for kind, tried in tries.items()
        ),
        When(FollowUpDue("close"), then=told, name="tried often enough"),
    ]


def _conversations() -> Iterator[When]:
    """Follow up on each conversation (W5, W6), and on what was agreed in it."""
    before = field("stage").one_of("new", "no_answer")
    after = field("stage").equals("first_contact")
    for kind, spoken in _SPOKEN.items():
        yield When(spoken, before, [Move("first_contact")], name=f"first conversation: {kind}")
        yield When(spoken, after, [Move("in_process")], name=f"second conversation: {kind}")
    for kind, title in _AGREED.items():
        task = CreateTask(kind, title, after="2 days")
        yield When(happens("fields_set", agreed=kind), then=[task], name=f"agreed: {kind}")


def _endings(policy: DispositionPolicy) -> Iterator[When]:
    """Record why a lead was closed, move it, and go on with it (W7, W8)."""
    for reason in policy:
        told = happens("disposition", reason=reason.key)
        record = SetField("closing_reason", reason.key)
        yield When(told, then=[record], name=f"reason: {reason.key}")
    not_interested = happens("disposition", reason="not_interested")
    yield When(not_interested, then=[Enrol("mailing")], name="goes on being mailed")
    yield from closing_rules(
        {"unqualified": "not_interested", "lost": "not_interested", "won": "customer"}
    )
    # Closing it again, as a lead that is won already, is refused; the pause only ends the circle.
    won = [Dispose("won")]
    yield When(StageEntered("customer"), then=won, cool_down="1 day", name="became a customer")
    is_customer = field("stage").equals("customer")
    rests = [Move("inactive_customer")]
    yield When(Silence("6 months"), is_customer, rests, name="inactive customer")


def _mailing() -> Sequence:
    """Build the mailing to who is not interested; it ends when the lead is taken up again."""
    steps = [Step(key, "3 months", [SendMessage(key)]) for key in _NEWS]
    is_open = ~field("stage").equals("not_interested")
    exits: list[ExitCode] = ["unsubscribed", "bounced", "converted"]
    return Sequence("mailing", steps, goal=is_open, exits=exits, rounds=None)


def _library() -> list[Content]:
    """List the letters, which are chosen one after the other, and the news."""
    was_tried = activity("call", answered=False) | activity("voicemail")
    letters = (f"missed-you-{number}" for number in range(1, _LETTERS + 1))
    closed = activity("disposition", reason="not_interested")
    return [
        *(Content(key, "I could not reach you", when=was_tried) for key in letters),
        *(Content(key, "What is new with us", when=closed) for key in _NEWS),
        *nurture_library(),
    ]

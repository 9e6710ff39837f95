"""Disposition: a qualification of its own, eight reasons, and a way back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import attrs

from leadflow.actions import Action, CreateTask, Enrol, Notify
from leadflow.automation import FollowUpDue, RevisitDue, StageOverdue, When, happens
from leadflow.conditions import activity, field
from leadflow.disposition import DispositionPolicy, Segment
from leadflow.playbook import Playbook
from leadflow.presets.dispositions import disposition_policy
from leadflow.presets.pipelines import qualification_pipeline, sales_pipeline
from leadflow.presets.playbooks.closing import closing_rules
from leadflow.presets.playbooks.nurture import nurture_library, nurture_sequence
from leadflow.routing import Router, RoutingRule

_HANDED_BACK = ("not_ready", "no_budget")
"""The reasons for which a lead goes back to marketing."""


def disposition_playbook(
    language: Literal["en", "pl"] = "en",
    *,
    manager: str = "manager",
    marketing: str = "marketing",
    verifiers: Iterable[str] = ("data desk",),
) -> Playbook:
    """Build the playbook of section N: how leads end, what follows, and how they come back.

    - Qualification and sales are pipelines of their own (N2); the `manager` is told who stands in a
      stage for longer than expected. A conversion opens a deal in one step (N5).
    - The eight reasons of N3 with their consequences, see `disposition_policy`; `verifiers` verify
      the contact data of others. A closed lead moves to the stage that tells it.
    - Who is not ready is nurtured at once, who has no budget after three months, and `marketing` is
      told of both (N7).
    - When the date to contact a lead again comes, or a closed lead asks of its own accord, or its
      contact data are verified, its owner is told, and gets a task to take it up again (N6, N8).

    Leads go to the reps in turn. Raises `InvalidValue` for another language.

    >>> playbook = disposition_playbook("pl")
    >>> playbook.policy["no_budget"].label, playbook.check()
    ('Brak budżetu', ())
    """
    policy = _policy(language, verifiers)
    return Playbook(
        "disposition",
        router=Router([RoutingRule("in turn")]),
        pipelines=[qualification_pipeline(language), sales_pipeline(language)],
        policy=policy,
        automations=_rules(manager, marketing),
        sequences=[nurture_sequence()],
        library=nurture_library(),
        segments=_segments(policy),
    )


def _policy(language: Literal["en", "pl"], verifiers: Iterable[str]) -> DispositionPolicy:
    """Let who has no budget be nurtured too, later."""
    policy = disposition_policy(language, verifiers=verifiers)
    later = attrs.evolve(policy["no_budget"], next=[Enrol("nurture", after="3 months")])
    return policy.with_reason(later)


def _rules(manager: str, marketing: str) -> list[When]:
    late = [Notify(manager, "A lead stands in its stage for longer than expected")]
    back = [Notify(marketing, "A lead is handed back for nurture")]
    again: list[Action] = [
        Notify("owner", "A lead may be taken up again"),
        CreateTask("revisit", "Take the lead up again"),
    ]
    is_customer = field("stage").equals("after_sale")
    keep_up = [Notify("owner", "Stay in touch with the customer")]
    return [
        When(StageOverdue(), then=late, name="overdue"),
        *(
            When(happens("disposition", reason=reason), then=back, name=f"handed back: {reason}")
            for reason in _HANDED_BACK
        ),
        When(RevisitDue(), then=again, name="take up again"),
        When(FollowUpDue("stay_in_touch"), is_customer, keep_up, name="stay in touch"),
        *closing_rules(
            {
                "unqualified": "unqualified",
                "qualified": "qualified",
                "lost": "lost",
                "won": "after_sale",
            }
        ),
    ]


def _segments(policy: DispositionPolicy) -> list[Segment]:
    """Name the leads that were closed for each reason (N6)."""
    return [Segment(reason.label, activity("disposition", reason=reason.key)) for reason in policy]

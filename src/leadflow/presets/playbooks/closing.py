"""How leads end and come back: rules that keep the log and the stage together."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from leadflow.actions import Move
from leadflow.automation import When, happens
from leadflow.disposition import DispositionPolicy
from leadflow.events import Outcome


def closing_rules(stages: Mapping[Outcome, str]) -> tuple[When, ...]:
    """Build a rule for each outcome of a disposition: the lead moves to the stage that tells it.

    A pipeline that has no such stage, or no way to it, refuses, and the lead stays where it is.

    >>> print(*closing_rules({"won": "customer"}))
    when disposition happens (outcome is 'won'): move to customer
    """
    return tuple(
        When(happens("disposition", outcome=outcome), then=[Move(stage)], name=f"closed: {outcome}")
        for outcome, stage in stages.items()
    )


def coming_back(policy: DispositionPolicy, stage: str) -> DispositionPolicy:
    """Return the policy with another stage where leads come back, for the reasons that have one.

    >>> from leadflow.presets import disposition_policy
    >>> coming_back(disposition_policy(), "prospecting")["no_budget"].back_to
    'prospecting'
    """
    reasons = [
        reason if reason.back_to is None else attrs.evolve(reason, back_to=stage)
        for reason in policy
    ]
    return attrs.evolve(policy, reasons=reasons)

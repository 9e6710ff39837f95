"""The pipeline as a whole: every lead has its place, and the most engaged are reached first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from leadflow.actions import Action, CreateTask, Enrol, Notify, SendMessage
from leadflow.automation import (
    Content,
    FollowUpDue,
    RatingBecomes,
    Sequence,
    Silence,
    StageOverdue,
    Step,
    When,
)
from leadflow.conditions import Condition, activity, always, any_of, field
from leadflow.contact import Cap, ContactRules
from leadflow.disposition import Segment
from leadflow.errors import InvalidValue, shown
from leadflow.pipeline import MOST_ENGAGED_FIRST, OfferCheck, Pipeline
from leadflow.playbook import Playbook
from leadflow.presets.dispositions import disposition_policy
from leadflow.presets.pipelines import generic_pipeline
from leadflow.presets.playbooks.closing import closing_rules, coming_back
from leadflow.presets.playbooks.nurture import nurture_library, nurture_sequence
from leadflow.routing import Router, RoutingRule
from leadflow.scoring import Categories, Category, HalfLife, Rule, ScoringModel
from leadflow.values import Frozen

_INTERESTS = Frozen({"reports": "/product/reports", "integrations": "/product/integrations"})
_PRODUCT = field("page").starts_with("/product")
_ENGAGED = ("page_viewed", "email_clicked", "content_downloaded", "form_submitted")
"""What a lead does that is engaged."""


def pipeline_playbook(
    interests: Mapping[str, str] = _INTERESTS,
    *,
    currency: str = "EUR",
    manager: str = "manager",
    verifiers: Iterable[str] = ("data desk",),
) -> Playbook:
    """Build the playbook of section L: one pipeline, and engagement decides who comes first.

    - A pipeline in which each step says what it needs: the need before qualified, budget and deal
      value before a proposal, which is checked against them in `currency` (L2, L11). The `manager` is
      told where a lead stands for too long.
    - Points for engagement, which fade, and patterns: who browsed the product and then asked for a
      demo is sales-ready, who only subscribed to the newsletter is not (L5). The most engaged come
      first, and the others are kept: who is silent for 14 days is written to, seldom (L10).
    - A segment, and a message of its own, for each of the `interests`, by where the page begins that
      tells of it; nobody gets more than 2 e-mails in 7 days, or 4 contacts of all kinds (L3).
    - The owner is reminded of the next thing to do (L6).

    The two interests of the default are samples; the points are starting values. Leads go to the
    reps in turn. `verifiers` verify contact data. Raises `InvalidValue` for what are no interests.

    >>> playbook = pipeline_playbook({"pumps": "/product/pumps"})
    >>> [segment.name for segment in playbook.segments], playbook.check()
    (['interested in pumps', 'only subscribed'], ())
    """
    if not isinstance(interests, Mapping):
        expected = "a mapping of interests to pages, such as {'pumps': '/product/pumps'}"
        raise InvalidValue("interests", shown(interests), expected)
    drawn = {name: _drawn_to(page) for name, page in interests.items()}
    return Playbook(
        "whole pipeline",
        scoring=_engagement(),
        rater=_readiness(),
        router=Router([RoutingRule("in turn")]),
        pipelines=[_steps(currency)],
        policy=coming_back(disposition_policy(verifiers=verifiers), "contacted"),
        automations=[*_rules(manager)],
        sequences=[_keeping_in_touch(), nurture_sequence()],
        library=[*_library(drawn), *nurture_library()],
        segments=[
            *(Segment(f"interested in {name}", when) for name, when in drawn.items()),
            Segment("only subscribed", _only_subscribed()),
        ],
        contact=ContactRules(caps={"email": Cap(2, "7 days"), "all": Cap(4, "7 days")}),
        order=MOST_ENGAGED_FIRST,
    )


def _drawn_to(page: str) -> Condition:
    return activity("page_viewed").where(field("page").starts_with(page))


def _sales_ready() -> Condition:
    """Recognise who browsed the product, and then asked for a demo or started a trial (L5)."""
    browsed = activity("page_viewed").where(_PRODUCT)
    wants = (activity("demo_requested"), activity("trial_started"))
    return any_of(*(browsed.then(each, within="7 days") for each in wants))


def _is_engaged() -> Condition:
    return any_of(*(activity(kind).within("1 month") for kind in _ENGAGED))


def _only_subscribed() -> Condition:
    return activity("newsletter_subscribed") & ~any_of(*map(activity, _ENGAGED))


def _engagement() -> ScoringModel:
    fade = HalfLife("30 days")
    points = {
        "newsletter subscribed": (1, activity("newsletter_subscribed")),
        "e-mail opened": (1, activity("email_opened")),
        "page visited": (2, activity("page_viewed")),
        "e-mail link clicked": (5, activity("email_clicked")),
        "content downloaded": (10, activity("content_downloaded")),
        "form filled": (10, activity("form_submitted")),
        "demo requested": (25, activity("demo_requested")),
        "trial started": (25, activity("trial_started")),
    }
    rules = [Rule(name, worth, each=kind, fade=fade) for name, (worth, kind) in points.items()]
    return ScoringModel("engagement", [*rules, Rule("sales-ready", 30, when=_sales_ready())])


def _readiness() -> Categories:
    return Categories(
        [
            Category("sales-ready", _sales_ready(), handled_by="sales", task="call"),
            Category("engaged", _is_engaged(), handled_by="sales"),
            Category("kept", always(), handled_by="marketing"),
        ]
    )


def _steps(currency: str) -> Pipeline:
    """Build the usual pipeline; each step says what is to be known before it."""
    needs: dict[str, dict[str, Any]] = {
        "qualified": {"requires": ["need"]},
        "proposal": {"requires": ["budget", "deal_value"], "offer": OfferCheck(currency)},
    }
    pipeline = generic_pipeline()
    stages = [attrs.evolve(stage, **needs.get(stage.key, {})) for stage in pipeline]
    return attrs.evolve(pipeline, stages=stages)


def _rules(manager: str) -> Iterator[When]:
    ready: list[Action] = [
        Notify("owner", "A lead is sales-ready"),
        CreateTask("call", "Call the lead"),
    ]
    late = [Notify(manager, "A lead stands in its stage for longer than expected")]
    yield When(RatingBecomes("sales-ready"), then=ready, name="sales-ready")
    yield When(FollowUpDue(), then=[Notify("owner", "The next thing is due")], name="reminder")
    yield When(StageOverdue(), then=late, name="overdue")
    is_worked = ~field("stage").one_of("won", "lost")
    yield When(Silence("14 days"), is_worked, [Enrol("keep in touch")], name="silent")
    yield from closing_rules({"unqualified": "lost", "lost": "lost", "won": "won"})


def _keeping_in_touch() -> Sequence:
    """Build the seldom messages to who is silent; they end when the lead is engaged again (L10)."""
    spans = {"first": None, "second": "1 month", "third": "2 months"}
    steps = [Step(key, after, [SendMessage()]) for key, after in spans.items()]
    is_back = any_of(*map(activity, _ENGAGED))
    return Sequence("keep in touch", steps, goal=is_back, rounds=None)


def _library(drawn: Mapping[str, Condition]) -> Iterator[Content]:
    """List a message for each interest, and after those the ones for everybody else (L3)."""
    for name, when in drawn.items():
        yield Content(f"about-{name}", f"More about {name}", when=when)
    general = {
        "customers": "What our customers say",
        "news": "What is new",
        "guide": "A guide to choosing well",
    }
    yield from (Content(key, title) for key, title in general.items())

"""Classification: hot, warm and cold by timeline and deal size, and a procedure for each."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from leadflow.actions import Convert, CreateTask, Enrol, Notify, SendMessage
from leadflow.automation import Content, When, happens
from leadflow.conditions import field
from leadflow.disposition import Qualifier
from leadflow.events import Outcome
from leadflow.money import Money
from leadflow.pipeline import HOT_FIRST, Pipeline, ResponseLimits
from leadflow.playbook import Playbook, Procedure
from leadflow.presets.dispositions import disposition_policy
from leadflow.presets.pipelines import qualification_pipeline, sales_pipeline
from leadflow.presets.playbooks.closing import closing_rules, coming_back
from leadflow.presets.playbooks.nurture import nurture_library, nurture_sequence
from leadflow.routing import Router, RoutingRule
from leadflow.scoring import TimelineAndSize

_MEDIUM, _LARGE = Money(10_000, "EUR"), Money(50_000, "EUR")
_FIRST_STEPS = ("prospecting", "qualification", "lost")
"""The stages of the deals' pipeline that a lead may enter before sales has accepted it."""
_ENDS: dict[Outcome, str] = {
    "unqualified": "unqualified",
    "qualified": "qualified",
    "lost": "lost",
    "won": "after_sale",
}


def category_playbook(
    medium: Money = _MEDIUM,
    large: Money = _LARGE,
    *,
    inbox: bool = True,
    sales: str = "sales",
    marketing: str = "marketing",
    verifiers: Iterable[str] = ("data desk",),
) -> Playbook:
    """Build the playbook of section P: a category, and what is done with it.

    - Hot, warm and cold by the default lines of P2, with deals of `medium` and `large` value.
    - Hot and warm leads go to the team `sales`, cold ones to `marketing` (P1).
    - Cold: by e-mail and chat only, and offered the newsletter. Warm: a call. Hot: first in the
      worklist, a call at once, an answer within 5 minutes. Who was warm has a reminder on the day the
      purchase is due, though it has become hot as the day came near (P3).
    - Both organisations of P4. With an `inbox` leads are qualified in a pipeline of their own, and
      only what sales accepts becomes a deal. Without, they are the first stage of the deals'
      pipeline, and only an SQL goes beyond its first two stages. What sales hands back is nurtured.
    - The label "vip" asks for a meeting, whatever the category (P5). An inquiry notifies its owner,
      and is answered within 10 minutes (P6).

    Values and the minutes of the hot are starting values. `verifiers` verify contact data. Raises
    `InvalidValue` for values that are no Money, or not in their order.

    >>> playbook = category_playbook(inbox=False)
    >>> [pipeline.key for pipeline in playbook.pipelines], playbook.check()
    (['sales'], ())
    """
    policy = disposition_policy(verifiers=verifiers)
    return Playbook(
        "classification",
        rater=TimelineAndSize(medium=medium, large=large),
        qualifier=Qualifier(field("rating").one_of("hot", "warm"), inbox=inbox),
        router=_by_category(sales, marketing),
        pipelines=[qualification_pipeline(), sales_pipeline()] if inbox else [_leads_and_deals()],
        policy=policy if inbox else coming_back(policy, "prospecting"),
        automations=[*_rules(sales), *(_with_inbox() if inbox else _without_inbox())],
        procedures=_procedures(),
        sequences=[nurture_sequence()],
        library=[Content("newsletter", "Our newsletter"), *nurture_library()],
        order=HOT_FIRST,
    )


def _by_category(sales: str, marketing: str) -> Router:
    is_urgent = field("rating").one_of("hot", "warm")
    return Router(
        [RoutingRule("hot and warm", when=is_urgent, to=sales)],
        otherwise=RoutingRule("cold", to=marketing),
    )


def _leads_and_deals() -> Pipeline:
    """Build the deals' pipeline with leads as its first stage: the later ones take an SQL."""
    accepted = field("lifecycle").one_of("sql", "opportunity")
    pipeline = sales_pipeline()
    stages = [
        stage if stage.key in _FIRST_STEPS else attrs.evolve(stage, entry=accepted)
        for stage in pipeline
    ]
    return attrs.evolve(pipeline, stages=stages)


def _procedures() -> list[Procedure]:
    """Say what is done with the leads of each category (P3)."""
    when_due = {"due": [CreateTask("reminder", "The purchase is due today")]}
    soon = CreateTask("call", "Contact the lead as soon as possible")
    return [
        Procedure("cold", [SendMessage("newsletter")], channels=["email", "chat"]),
        Procedure("warm", [CreateTask("call", "Call the lead")], on_dates=when_due),
        Procedure(
            "hot",
            [Notify("owner", "A hot lead"), soon],
            limits=ResponseLimits(contact_within="5 minutes"),
        ),
    ]


def _rules(sales: str) -> list[When]:
    meet = [CreateTask("meeting", "Meet the lead in person")]
    judge = [Notify(sales, "Marketing has qualified a lead: accept it, or hand it back")]
    return [
        When(
            happens("form_submitted"),
            then=[Notify("owner", "An inquiry: whoever answers first has the advantage")],
            name="inquiry",
        ),
        When(happens("tagged", tag="vip"), then=meet, name="label: vip"),
        When(happens("qualification", status="mql"), then=judge, name="handed over to sales"),
        When(
            happens("qualification", status="returned"), then=[Enrol("nurture")], name="handed back"
        ),
    ]


def _with_inbox() -> list[When]:
    deal = [Convert("sales")]
    accepted = When(happens("qualification", status="sql"), then=deal, name="accepted by sales")
    return [accepted, *closing_rules(_ENDS)]


def _without_inbox() -> tuple[When, ...]:
    return closing_rules({"unqualified": "lost", "lost": "lost", "won": "after_sale"})

"""Scoring and handover: points decide who is called, and a series of seven days warms up the rest."""

from __future__ import annotations

from collections.abc import Iterable

from leadflow.actions import (
    Action,
    Convert,
    CreateTask,
    Enrol,
    Notify,
    SendMessage,
    Unsubscribe,
)
from leadflow.automation import (
    Branch,
    Content,
    Form,
    ScoreReaches,
    SendWindow,
    Sequence,
    Split,
    Step,
    When,
    happens,
)
from leadflow.conditions import Condition, LeadSchema, activity, any_of, field
from leadflow.disposition import Qualifier, Segment
from leadflow.events import Outcome
from leadflow.playbook import Playbook
from leadflow.presets.dispositions import disposition_policy
from leadflow.presets.pipelines import outreach_pipeline, qualification_pipeline
from leadflow.presets.playbooks.closing import closing_rules
from leadflow.presets.playbooks.nurture import nurture_library, nurture_sequence
from leadflow.routing import Band, ByBand, Router, RoutingRule
from leadflow.routing.band import reps_of
from leadflow.scoring import Readiness, Rule, ScoringModel

_READY = 50
"""Points from which a lead is a matter for sales."""
_SMALL, _LARGE = 10, 51
"""Employees from which a company is of medium size, and large (A8)."""
_ENDS: dict[Outcome, str] = {
    "unqualified": "unqualified",
    "qualified": "qualified",
    "lost": "lost",
    "won": "won",
}
_SCHEMA = LeadSchema(
    {
        "name": "text",
        "company": "text",
        "email": "text",
        "phone": "text",
        "mobile": "text",
        "employees": "number",
        "users": "number",
        "problem": "text",
        "interest": "text",
        "consent_at": "datetime",
        "consent_source": "text",
    }
)


def scoring_playbook(
    *,
    small: str | Iterable[str] = "rep-a",
    medium: str | Iterable[str] = "rep-b",
    large: str | Iterable[str] = "rep-c",
) -> Playbook:
    """Build the playbook of section A: scoring, nurture and handover.

    - Points: those of A2, exactly; an appointment that was booked adds 20 (A7), and facts that size
      the deal add up to 30 (A4). Readiness tells zombies, who leave the worklist, from those who need
      a nudge and those who close by themselves (A6, A15). From 50 points a lead is an MQL.
    - Owners by company size (A8): `small` have fewer than 10 employees, `medium` 10 to 50, `large`
      more; each is a rep, or several who take turns. Whoever's size is not known goes to any of them.
      The owner is notified and gets a task to call.
    - A series of seven days (A7), of which the first message is split in two (A13); then who
      engaged is offered a call, and who did not is unsubscribed. An appointment opens a deal.
    - Two pipelines: qualification for leads, outreach (A11) for deals. What sales accepts as SQL
      (A14) becomes a deal too. Leads that are closed as not ready go on with a slower series.

    The form (A16) is "contact". Raises `InvalidValue` for what are no reps.

    >>> playbook = scoring_playbook(medium=["bo", "cy"])
    >>> playbook.name, len(playbook.check())
    ('scoring and handover', 0)
    """
    teams = [reps_of(small, "small"), reps_of(medium, "medium"), reps_of(large, "large")]
    everybody = tuple(dict.fromkeys(rep for team in teams for rep in team))
    return Playbook(
        "scoring and handover",
        schema=_SCHEMA,
        scoring=_points(),
        rater=Readiness(self_closing=_READY, nudge=10),
        qualifier=Qualifier(field("score").at_least(_READY), inbox=False),
        router=_by_size(*teams, everybody=everybody),
        pipelines=[qualification_pipeline(), outreach_pipeline()],
        policy=disposition_policy(verifiers=everybody),
        automations=[*_rules(), *closing_rules(_ENDS)],
        sequences=[_seven_days(), nurture_sequence()],
        splits=[Split("welcome", {"plain": 1, "personal": 1})],
        library=[*_library(), *nurture_library()],
        forms=[_form()],
        segments=_segments(),
    )


def _points() -> ScoringModel:
    """Give the points of A2, and points for what sizes the deal."""
    pages = activity("page_viewed")
    return ScoringModel(
        "a2",
        [
            Rule("contact form filled", 15, each=activity("form_submitted")),
            Rule("welcome e-mail opened", 2, each=activity("email_opened"), distinct="email"),
            Rule("e-mail link clicked", 5, each=activity("email_clicked")),
            Rule("pricing page visited", 15, each=activity("page_viewed", page="/pricing")),
            Rule("blog post read", 2, each=pages.where(field("page").starts_with("/blog"))),
            Rule("content downloaded", 10, each=activity("content_downloaded")),
            Rule("free trial started", 25, each=activity("trial_started")),
            Rule("unsubscribed", -5, each=activity("email_unsubscribed")),
            Rule("appointment booked", 20, each=activity("appointment_booked")),
            Rule("10 employees or more", 10, when=field("employees").at_least(_SMALL)),
            Rule("10 users or more", 10, when=field("users").at_least(10)),
            Rule("has told its problem", 10, when=field("problem").is_known()),
        ],
    )


def _by_size(
    small: Iterable[str], medium: Iterable[str], large: Iterable[str], *, everybody: Iterable[str]
) -> Router:
    bands = [
        Band(small, under=_SMALL),
        Band(medium, at_least=_SMALL, under=_LARGE),
        Band(large, at_least=_LARGE),
    ]
    by_size = RoutingRule(
        "company size", when=field("employees").is_known(), by=ByBand("employees", bands)
    )
    return Router([by_size], otherwise=RoutingRule("size not known", to=everybody))


def _rules() -> list[When]:
    """Say what triggers what (A5, A7, A8, A14)."""
    tell: list[Action] = [
        Notify("owner", "A new lead is yours"),
        CreateTask("call", "Call the new lead"),
    ]
    ready: list[Action] = [
        Notify("owner", "A lead is ready"),
        CreateTask("call", "Call the lead, it is ready"),
    ]
    booked: list[Action] = [Notify("owner", "An appointment was booked"), Convert("outreach")]
    return [
        When(happens("form_submitted"), then=[Enrol("seven days")], name="inquiry"),
        When(happens("assignment"), then=tell, name="new owner"),
        When(ScoreReaches(_READY), then=ready, name="ready for sales"),
        When(happens("demo_requested"), then=ready, name="demo requested"),
        When(happens("appointment_booked"), then=booked, name="appointment booked"),
        When(happens("qualification", status="sql"), then=[Convert("outreach")], name="accepted"),
    ]


def _engaged() -> Condition:
    """Tell a lead that did something with what it was sent."""
    kinds = (
        "email_opened", "email_clicked", "email_forwarded", "content_downloaded", "content_shared",
    )  # fmt: skip
    return any_of(*map(activity, kinds))


def _seven_days() -> Sequence:
    """Build the series of A7, which ends on the seventh day."""
    is_personal = field("split_welcome").equals("personal")
    call: list[Action] = [SendMessage("offer-a-call"), CreateTask("call", "Offer a call")]
    return Sequence(
        "seven days",
        [
            Step(
                "welcome",
                branches=[
                    Branch([SendMessage("welcome-personal")], is_personal),
                    Branch([SendMessage("welcome-plain")]),
                ],
            ),
            Step("second day", "2 days", [SendMessage("first-steps")]),
            Step("fourth day", "2 days", [SendMessage()]),
            Step(
                "seventh day",
                "3 days",
                branches=[Branch(call, _engaged()), Branch([Unsubscribe()])],
            ),
        ],
        window=SendWindow({"mon-sun": "08:00-20:00"}),
    )


def _library() -> list[Content]:
    """List what there is to send; the first that fits, and was never sent, is chosen (A17)."""
    knows_us = activity("content_downloaded") | activity("trial_started")
    arm = field("split_welcome")
    return [
        Content("reports-story", "How a company like yours reports", when=_drawn_to("reports")),
        Content("links-guide", "All your tools in one place", when=_drawn_to("integrations")),
        Content("advanced", "Ten things our best customers do", when=knows_us),
        Content("for-beginners", "What it does, in five minutes", when=~knows_us),
        Content("customers", "What our customers say"),
        Content("welcome-plain", "Welcome", when=arm.equals("plain")),
        Content("welcome-personal", "A word from your contact", when=arm.equals("personal")),
        Content("first-steps", "Your first steps"),
        Content("offer-a-call", "Shall we talk?", when=_engaged()),
    ]


def _drawn_to(topic: str) -> Condition:
    """Tell a lead that clicked, downloaded or shared something on a topic."""
    kinds = ("email_clicked", "content_downloaded", "content_shared")
    return any_of(*(activity(kind, topic=topic) for kind in kinds))


def _form() -> Form:
    return Form(
        "contact",
        {
            "name": "name",
            "email": "email",
            "company_size": "employees",
            "company": "company",
            "phone": "phone",
            "problem": "problem",
        },
        required=["name", "email", "company_size"],
        consent="newsletter",
        types=_SCHEMA,
    )


def _segments() -> list[Segment]:
    """Name the kinds of lead (A6), and those who said what they must have (A19)."""
    return [
        *(
            Segment(name, field("rating").equals(rating))
            for name, rating in (
                ("zombies", "zombie"), ("need a nudge", "nudge"), ("close alone", "self-closing"),
            )
        ),
        Segment("said a must-have", activity("note", need="must-have")),
    ]  # fmt: skip

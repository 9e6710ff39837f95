"""Ready pipelines: outreach, daily statuses, qualification, sales, and one for any trade.

Their expected days, follow-ups and probabilities are starting values where no requirement names
them; your own history knows better.
"""

from __future__ import annotations

from typing import Literal

from leadflow.pipeline import Pipeline, Stage
from leadflow.presets.labels import labels

_ATTEMPTS = 6
"""Tries before a lead may be closed as unreachable (W4)."""

_STATUS_LABELS = {
    "en": {
        "status": "Lead status",
        "new": "New",
        "no_answer": "No answer",
        "first_contact": "First contact",
        "in_process": "In process",
        "not_interested": "Closed (not interested)",
        "customer": "Customer",
        "inactive_customer": "Inactive customer",
    },
    "he": {
        "status": "סטטוס לידים",  # noqa: RUF001 (Hebrew, not Latin)
        "new": "חדש",
        "no_answer": "אין מענה",
        "first_contact": "שיחה ראשונה",
        "in_process": "בתהליך",
        "not_interested": "סגור (לא מעוניין)",
        "customer": "לקוח",
        "inactive_customer": "לקוח לא פעיל",
    },
}
_QUALIFICATION_LABELS = {
    "en": {
        "qualification": "Lead qualification",
        "new": "New lead",
        "contacting": "Contacting",
        "assessing": "Assessing needs",
        "qualified": "Qualified",
        "unqualified": "Unqualified",
    },
    "pl": {
        "qualification": "Kwalifikacja leadów",
        "new": "Nowy lead",
        "contacting": "Próba kontaktu",
        "assessing": "Badanie potrzeb",
        "qualified": "Zakwalifikowany",
        "unqualified": "Niezakwalifikowany",
    },
}
_SALES_LABELS = {
    "en": {
        "sales": "Sales",
        "prospecting": "Prospecting",
        "qualification": "Qualification",
        "demonstration": "Demonstration",
        "proposal": "Proposal",
        "negotiation": "Negotiation",
        "closing": "Closing",
        "after_sale": "After-sale follow-up",
        "lost": "Lost",
    },
    "pl": {
        "sales": "Sprzedaż",
        "prospecting": "Poszukiwanie klientów",
        "qualification": "Kwalifikacja",
        "demonstration": "Prezentacja",
        "proposal": "Oferta",
        "negotiation": "Negocjacje",
        "closing": "Finalizacja",
        "after_sale": "Opieka posprzedażowa",
        "lost": "Przegrana",
    },
}


def outreach_pipeline() -> Pipeline:
    """Build the pipeline of A11: from the first call to the proposal.

    To contact, in contact, follow up, prepare proposal, proposal sent, won; and lost. A lead may skip
    stages and go back, and may be reopened into any of them. A contact follows the last one after 1
    day (to contact), 2 days (prepare proposal) or 3 days: starting values, to be set to your trade.

    >>> [stage.label for stage in outreach_pipeline().stages]
    ['To contact', 'In contact', 'Follow up', 'Prepare proposal', 'Proposal sent', 'Won', 'Lost']
    """
    stages = [
        Stage("to_contact", "To contact", follow_up="1 day"),
        Stage("in_contact", "In contact", follow_up="3 days"),
        Stage("follow_up", "Follow up", follow_up="3 days"),
        Stage("prepare_proposal", "Prepare proposal", follow_up="2 days"),
        Stage("proposal_sent", "Proposal sent", follow_up="3 days"),
        Stage("won", "Won", kind="won"),
        Stage("lost", "Lost", kind="lost"),
    ]
    return Pipeline.linear("outreach", stages, label="Outreach")


def status_pipeline(language: Literal["en", "he"] = "en") -> Pipeline:
    """Build the seven statuses of W1, with their times from W3 to W8, in English or Hebrew.

    - new: an answer within 10 minutes, left within 1 day;
    - no answer: another attempt every day;
    - first contact: a follow-up after 2 days;
    - in process: a contact every 3 days;
    - closed (not interested), lost: a contact every 3 months, and back in at first contact or in
      process;
    - customer and inactive customer, both won: a contact every month, and every 3 months. Either
      may become the other; a new deal brings them back into in process.

    Wherever an open lead stands, it takes 6 attempts before it is closed as unreachable, so that no
    other status is a way round them. Raises `InvalidValue` for another language.

    >>> pipeline = status_pipeline("he")
    >>> pipeline["no_answer"].label, pipeline["no_answer"].attempts
    ('אין מענה', 6)
    """
    says = labels(language, _STATUS_LABELS)
    stages = [
        Stage(
            "new", says["new"], expected="1 day", respond_within="10 minutes", attempts=_ATTEMPTS
        ),
        Stage("no_answer", says["no_answer"], follow_up="1 day", attempts=_ATTEMPTS),
        Stage("first_contact", says["first_contact"], follow_up="2 days", attempts=_ATTEMPTS),
        Stage("in_process", says["in_process"], follow_up="3 days", attempts=_ATTEMPTS),
        Stage("not_interested", says["not_interested"], "lost", follow_up="3 months"),
        Stage("customer", says["customer"], "won", follow_up="1 month"),
        Stage("inactive_customer", says["inactive_customer"], "won", follow_up="3 months"),
    ]
    moves = {
        "new": ["no_answer", "first_contact", "not_interested"],
        "no_answer": ["first_contact", "not_interested"],
        "first_contact": ["no_answer", "in_process", "customer", "not_interested"],
        "in_process": ["no_answer", "customer", "not_interested"],
        "not_interested": ["first_contact", "in_process"],
        "customer": ["inactive_customer", "in_process"],
        "inactive_customer": ["customer", "in_process"],
    }
    return Pipeline("status", stages, moves, label=says["status"])


def qualification_pipeline(language: Literal["en", "pl"] = "en") -> Pipeline:
    """Build a pipeline for qualifying alone (N1, N2), in English or Polish.

    New (expected 1 day), contacting (7 days), assessing (7 days); it ends in qualified (won) or
    unqualified (lost). A lead may be assessed at once. What sales hands back is assessed again (P4),
    who was unqualified comes back into contacting (N8). It takes 6 attempts before a lead is closed
    as unreachable (N3, W4). Raises `InvalidValue` for another language.

    >>> pipeline = qualification_pipeline("pl")
    >>> pipeline["assessing"].label, str(pipeline["assessing"].expected)
    ('Badanie potrzeb', '7 days')
    """
    says = labels(language, _QUALIFICATION_LABELS)
    stages = [
        Stage("new", says["new"], expected="1 day", attempts=_ATTEMPTS),
        Stage("contacting", says["contacting"], expected="7 days", attempts=_ATTEMPTS),
        Stage("assessing", says["assessing"], expected="7 days", attempts=_ATTEMPTS),
        Stage("qualified", says["qualified"], "won"),
        Stage("unqualified", says["unqualified"], "lost"),
    ]
    moves = {
        "new": ["contacting", "assessing", "unqualified"],
        "contacting": ["assessing", "unqualified"],
        "assessing": ["contacting", "qualified", "unqualified"],
        "qualified": ["assessing"],
        "unqualified": ["contacting"],
    }
    return Pipeline("qualification", stages, moves, label=says["qualification"])


def sales_pipeline(language: Literal["en", "pl"] = "en") -> Pipeline:
    """Build the sales pipeline of N2, which a qualified lead enters, in English or Polish.

    Prospecting (expected 7 days, 5 % are won), qualification (7 days, 10 %), demonstration (14 days,
    25 %), proposal (7 days, 50 %), negotiation (14 days, 70 %), closing (7 days, 90 %), after-sale
    follow-up (won, a contact every month); and lost. In an open stage a contact follows the last one
    after 3 days, in closing after 2: starting values, to be set to your trade. A deal may skip stages
    and go back, and may be reopened into any of them. Raises `InvalidValue` for another language.

    >>> pipeline = sales_pipeline("pl")
    >>> [stage.label for stage in pipeline.stages if stage.is_closed]
    ['Opieka posprzedażowa', 'Przegrana']
    """
    says = labels(language, _SALES_LABELS)
    worked = [
        ("prospecting", "7 days", "3 days", 0.05),
        ("qualification", "7 days", "3 days", 0.1),
        ("demonstration", "14 days", "3 days", 0.25),
        ("proposal", "7 days", "3 days", 0.5),
        ("negotiation", "14 days", "3 days", 0.7),
        ("closing", "7 days", "2 days", 0.9),
    ]
    stages = [
        *(
            Stage(key, says[key], expected=expected, follow_up=follow_up, probability=share)
            for key, expected, follow_up, share in worked
        ),
        Stage("after_sale", says["after_sale"], "won", follow_up="1 month"),
        Stage("lost", says["lost"], "lost"),
    ]
    return Pipeline.linear("sales", stages, label=says["sales"])


def generic_pipeline() -> Pipeline:
    """Build a usual pipeline for any trade (N2), to take stages out of (W9) or start from.

    New (expected 1 day, 5 % are won), contacted (7 days, 15 %), qualified (7 days, 30 %), proposal
    (14 days, 50 %), negotiation (14 days, 75 %); on hold, won and lost. A lead may skip stages and go
    back, and may be reopened into any of the five. A contact follows the last one after 1 day (new) or
    3 days: starting values, to be set to your trade.

    >>> pipeline = generic_pipeline().without("negotiation")
    >>> [stage.key for stage in pipeline.stages]
    ['new', 'contacted', 'qualified', 'proposal', 'on_hold', 'won', 'lost']
    """
    stages = [
        Stage("new", "New", expected="1 day", follow_up="1 day", probability=0.05),
        Stage("contacted", "Contacted", expected="7 days", follow_up="3 days", probability=0.15),
        Stage("qualified", "Qualified", expected="7 days", follow_up="3 days", probability=0.3),
        Stage("proposal", "Proposal", expected="14 days", follow_up="3 days", probability=0.5),
        Stage(
            "negotiation", "Negotiation", expected="14 days", follow_up="3 days", probability=0.75
        ),
        Stage("on_hold", "On hold", "on_hold"),
        Stage("won", "Won", "won"),
        Stage("lost", "Lost", "lost"),
    ]
    return Pipeline.linear("generic", stages, label="Leads")

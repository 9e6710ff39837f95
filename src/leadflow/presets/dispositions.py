"""The eight reasons of an unsuccessful exit, with their consequences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from leadflow.actions import CreateTask, Enrol, Notify
from leadflow.disposition import DispositionPolicy, Reason
from leadflow.presets.labels import labels

_LABELS = {
    "en": {
        "not_ready": "Not ready to buy",
        "not_a_fit": "Not a fit",
        "not_interested": "Not interested",
        "bad_data": "Bad data",
        "unreachable": "Unreachable",
        "no_budget": "No budget",
        "no_authority": "No authority",
        "other": "Other",
    },
    "pl": {
        "not_ready": "Niegotowy do zakupu",
        "not_a_fit": "Niedopasowany",
        "not_interested": "Niezainteresowany",
        "bad_data": "Błędne dane",
        "unreachable": "Nieosiągalny",
        "no_budget": "Brak budżetu",
        "no_authority": "Brak decyzyjności",
        "other": "Inny powód",
    },
}


def disposition_policy(
    language: Literal["en", "pl"] = "en", *, verifiers: Iterable[str] = ()
) -> DispositionPolicy:
    """Build the policy of N3: eight reasons and what follows from each, in English or Polish.

    - not_ready: nurtured, and contacted again after 3 months.
    - not_a_fit: the exact reasons in a note; may be deleted; its engagement counts no more.
    - not_interested: never contacted again on any channel, and kept so that this is remembered.
    - bad_data: one of the `verifiers` who is not the owner verifies the contact data.
    - unreachable: after 6 attempts without an answer within 30 days (W4); tried again after 6
      months.
    - no_budget: contacted again after 6 months.
    - no_authority: a call on the next day, to ask who has it.
    - other: a note is required; see `leadflow.disposition.patterns_in_other`.

    Who comes back does so in contacting, as in `qualification_pipeline`. What
    is won tells the host to start its order and invoice (W8). The spans are starting values where no
    requirement names them. Raises `InvalidValue` for another language.

    >>> policy = disposition_policy("pl", verifiers=["data desk"])
    >>> print(policy["no_budget"])
    Brak budżetu: kept, contacted again after 6 months
    """
    says = labels(language, _LABELS)
    ask = CreateTask("call", "Ask who has the authority to buy", after="1 day")
    back = "contacting"
    return DispositionPolicy(
        [
            Reason(
                "not_ready", says["not_ready"],
                contact_again="3 months", back_to=back, next=[Enrol("nurture")],
            ),
            Reason(
                "not_a_fit", says["not_a_fit"],
                keep=False, needs_note=True, resets_engagement=True,
            ),
            Reason("not_interested", says["not_interested"], never_contact=["all"]),
            Reason("bad_data", says["bad_data"], verify_contact=True, back_to=back),
            Reason(
                "unreachable", says["unreachable"],
                attempts=6, within="30 days", contact_again="6 months", back_to=back,
            ),
            Reason("no_budget", says["no_budget"], contact_again="6 months", back_to=back),
            Reason("no_authority", says["no_authority"], back_to=back, next=[ask]),
            Reason("other", says["other"], needs_note=True),
        ],
        verifiers=verifiers,
        next={"won": [Notify("fulfilment", "Start the order and the invoice")]},
    )  # fmt: skip

"""The ready policy: the eight reasons of N3, and what follows from each."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import attrs
import pytest

from leadflow import Activity, Lead
from leadflow.actions import CreateTask, Enrol, Notify
from leadflow.contact import may_contact
from leadflow.disposition import Reason
from leadflow.errors import InvalidValue
from leadflow.pipeline import next_action
from leadflow.presets import disposition_policy, qualification_pipeline, status_pipeline
from leadflow.span import Span

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
POLICY = disposition_policy(verifiers=["data desk"])
KEYS = [
    "not_ready",
    "not_a_fit",
    "not_interested",
    "bad_data",
    "unreachable",
    "no_budget",
    "no_authority",
    "other",
]
ASK = CreateTask("call", "Ask who has the authority to buy", after="1 day")
VERIFY = CreateTask("verify_contact", "Verify the contact data", rep="data desk")
SIX = [Activity("call", NOON - timedelta(days=n), answered=False) for n in range(1, 7)]
DEFAULTS: dict[str, Any] = {
    "keep": True,
    "contact_again": None,
    "never_contact": (),
    "verify_contact": False,
    "needs_note": False,
    "attempts": None,
    "within": None,
    "resets_engagement": False,
    "back_to": None,
    "next": (),
    "outcomes": ("unqualified", "lost"),
}
CONSEQUENCES: dict[str, dict[str, Any]] = {
    "not_ready": {
        "contact_again": Span(months=3),
        "back_to": "contacting",
        "next": (Enrol("nurture"),),
    },
    "not_a_fit": {"keep": False, "needs_note": True, "resets_engagement": True},
    "not_interested": {"never_contact": ("all",)},
    "bad_data": {"verify_contact": True, "back_to": "contacting"},
    "unreachable": {
        "attempts": 6,
        "within": Span(days=30),
        "contact_again": Span(months=6),
        "back_to": "contacting",
    },
    "no_budget": {"contact_again": Span(months=6), "back_to": "contacting"},
    "no_authority": {"back_to": "contacting", "next": (ASK,)},
    "other": {"needs_note": True},
}
CLOSED: dict[str, dict[str, Any]] = {
    "not_ready": {"contact_again": date(2026, 6, 1), "back_to": "contacting"},
    "not_a_fit": {"keep": False, "note": "why", "resets_engagement": True},
    "not_interested": {"never": ("all",)},
    "bad_data": {"verify_contact": True, "back_to": "contacting"},
    "unreachable": {"contact_again": date(2026, 9, 1), "back_to": "contacting"},
    "no_budget": {"contact_again": date(2026, 9, 1), "back_to": "contacting"},
    "no_authority": {"back_to": "contacting"},
    "other": {"note": "why"},
}
STEPS = {"not_ready": (Enrol("nurture"),), "bad_data": (VERIFY,), "no_authority": (ASK,)}


def test_there_are_the_eight_reasons_in_their_order() -> None:
    assert [reason.key for reason in POLICY] == KEYS


@pytest.mark.parametrize("key", KEYS)
def test_each_reason_has_its_consequences_and_no_other(key: str) -> None:
    reason = POLICY[key]
    found = attrs.asdict(reason, recurse=False)
    assert (found.pop("key"), found.pop("label")) == (key, reason.label)
    assert found == DEFAULTS | CONSEQUENCES[key]


@pytest.mark.parametrize("key", KEYS)
def test_a_closing_carries_what_its_reason_says(key: str) -> None:
    lead = Lead("L-7", owner="ada", events=SIX)
    note = "why" if POLICY[key].needs_note else None
    closed = POLICY.close(lead, "unqualified", key, at=NOON, by="ada", note=note)
    told: dict[str, Any] = {
        "outcome": "unqualified",
        "at": NOON,
        "by": "ada",
        "reason": key,
        "keep": True,
        "never": (),
        "contact_again": None,
        "verify_contact": False,
        "resets_engagement": False,
        "back_to": None,
        "note": None,
        "id": None,
        "sequence": None,
    }
    assert attrs.asdict(closed) == told | CLOSED[key]
    assert POLICY.next_steps(lead.after(closed), closed) == STEPS.get(key, ())


@pytest.mark.parametrize(
    ("key", "label"),
    [
        ("not_ready", "Niegotowy do zakupu"),
        ("not_a_fit", "Niedopasowany"),
        ("not_interested", "Niezainteresowany"),
        ("bad_data", "Błędne dane"),
        ("unreachable", "Nieosiągalny"),
        ("no_budget", "Brak budżetu"),
        ("no_authority", "Brak decyzyjności"),
        ("other", "Inny powód"),
    ],
)
def test_the_labels_are_in_polish_too_and_nothing_else_differs(key: str, label: str) -> None:
    polish, english = disposition_policy("pl")[key], disposition_policy("en")[key]
    assert polish.label == label
    assert attrs.evolve(polish, label=english.label) == english


def test_each_call_returns_a_fresh_equal_value() -> None:
    assert disposition_policy() == disposition_policy()
    assert disposition_policy() is not disposition_policy()


def test_a_lead_comes_back_where_the_qualification_pipeline_has_a_stage() -> None:
    stages = {reason.back_to for reason in POLICY} - {None}
    assert stages == {"contacting"}
    assert "contacting" in qualification_pipeline().moves["unqualified"]


# N3 and W7 say the opposite of each other: each host decides


def test_who_is_not_interested_is_never_contacted_again() -> None:
    lead = Lead("L-7", fields={"email": "a@b.example"})
    closed = lead.after(POLICY.close(lead, "unqualified", "not_interested", at=NOON))
    much_later = NOON + timedelta(days=5 * 365)
    assert may_contact(closed, "email", much_later).code == "never_contact"


def test_a_host_may_contact_who_is_not_interested_every_three_months_instead() -> None:
    gentle = Reason("not_interested", "Not interested", contact_again="3 months")
    policy = POLICY.with_reason(gentle)
    assert [reason.key for reason in policy] == KEYS
    assert policy["not_interested"] == gentle
    assert POLICY["not_interested"].is_final  # the one it came from is as it was
    pipeline = status_pipeline()
    lead = Lead("L-7", pipeline="status", stage="in_process")
    lead = lead.after(policy.close(lead, "lost", "not_interested", at=NOON))
    lead = lead.after(pipeline.move(lead, "not_interested", NOON))
    for day, due in [(0, date(2026, 6, 1)), (92, date(2026, 9, 1)), (184, date(2026, 12, 1))]:
        at = NOON + timedelta(days=day)
        if day:
            lead = lead.after(Activity("email_sent", at))
        action = next_action(lead, at, pipeline)
        assert (action.kind, action.due) == ("stay_in_touch", due)


def test_a_host_adds_a_reason_of_its_own() -> None:
    policy = POLICY.with_reason(Reason("competitor", "Chose a competitor", keep=True))
    assert [reason.key for reason in policy] == [*KEYS, "competitor"]
    assert policy.close(Lead("L-7"), "lost", "competitor", at=NOON).reason == "competitor"


def test_winning_tells_the_host_to_start_the_order_and_the_invoice() -> None:
    lead = Lead("L-7")
    won = POLICY.close(lead, "won", at=NOON)
    steps = POLICY.next_steps(lead, won)
    assert steps == (Notify("fulfilment", "Start the order and the invoice"),)
    assert POLICY.follow_up(lead, won) == ()


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: disposition_policy("de"), "language: expected one of en, pl, got 'de'"),  # type: ignore[arg-type]
        (lambda: disposition_policy(None), "language: expected text, got None"),  # type: ignore[arg-type]
        (lambda: disposition_policy(verifiers="ada"), "verifiers: expected a list of names"),
    ],
)
def test_other_languages_and_bad_verifiers_are_refused(build: Any, words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        build()

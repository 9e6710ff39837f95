"""May leads with twenty activities be written to? The one gate, beside one bare pass over each log."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import timedelta
from functools import partial

import attrs

from benchmarks.contenders import NOW
from benchmarks.report import Section, Target
from benchmarks.timing import Timed, take_turns
from leadflow import Activity, Lead
from leadflow.contact import DEFAULT_RULES, Cap, ContactRules, may_contact

KINDS = (
    *("page_viewed",) * 6,
    *("email_sent",) * 4,
    *("email_opened",) * 4,
    *("email_clicked",) * 2,
    *("call",) * 3,
    "form_submitted",
)
"""What twenty activities are; some of the leads unsubscribe besides, or their mail bounces."""
CAPS = ContactRules(caps={"email": Cap(3, "7 days"), "all": Cap(10, "1 month")})
_QUARTER = 90 * 24 * 60


@attrs.frozen
class Size:
    """How much is measured."""

    leads: int = 5_000
    rounds: int = 15


QUICK = Size(500, 3)


def leads(count: int, seed: int = 7) -> list[Lead]:
    """Draw leads with twenty activities of the last quarter each."""
    draw = random.Random(seed)
    return [_lead(draw, f"L-{place}") for place in range(count)]


def _lead(draw: random.Random, id: str) -> Lead:
    kinds = draw.sample(KINDS, len(KINDS))
    if draw.random() < 1 / 4:
        kinds[-1] = draw.choice(("email_unsubscribed", "email_bounced"))
    ages = sorted((draw.randrange(_QUARTER) for _ in kinds), reverse=True)
    log = [
        Activity(kind, NOW - timedelta(minutes=age)) for kind, age in zip(kinds, ages, strict=True)
    ]
    fields = {"email": "ada@example.org", "phone": "+48 22 123 45 67"}
    return Lead(id, time_zone="Europe/Warsaw", fields=fields, events=log)


def by_leadflow(given: Iterable[Lead], rules: ContactRules = DEFAULT_RULES) -> list[bool]:
    """Ask the gate."""
    return [may_contact(lead, "email", NOW, rules).allowed for lead in given]


def by_hand(given: Iterable[Lead]) -> list[bool]:
    """Read kind, channel and direction of every activity once, for this question alone."""
    return [_by_hand(lead) for lead in given]


def _by_hand(lead: Lead) -> bool:
    is_unsubscribed, has_bounced, written = False, False, 0
    for event in lead.events:
        if isinstance(event, Activity):
            kind, channel, direction = event.kind, event.channel, event.direction
            if direction == "out":
                written += channel == "email"
            elif kind == "email_unsubscribed":
                is_unsubscribed = True
            elif kind == "email_bounced":
                has_bounced = True
            elif kind in ("email_opened", "email_clicked"):
                has_bounced = False
    return written < len(KINDS) and not is_unsubscribed and not has_bounced


def reading(given: Iterable[Lead]) -> None:
    """Read the same of every activity, and answer nothing."""
    for lead in given:
        _read(lead)


def _read(lead: Lead) -> None:
    for event in lead.events:
        if isinstance(event, Activity):
            _ = event.kind
            _ = event.channel
            _ = event.direction


def agreeing(given: Iterable[Lead]) -> int:
    """Count the leads that may be written to, having checked that by hand they are the same ones."""
    drawn = list(given)
    answers = by_leadflow(drawn)
    if answers != by_hand(drawn):
        raise SystemExit("the gate by hand gives other answers")
    return sum(answers)


def sections(size: Size) -> list[Section]:
    """Run the one case."""
    return [asking(size)]


def asking(size: Size) -> Section:
    """Compare the gate with a pass over the log."""
    drawn = leads(size.leads)
    timed: dict[str, Timed] = {
        "leadflow": (partial(by_leadflow, drawn), len(drawn)),
        "leadflow, with two caps": (partial(by_leadflow, drawn, CAPS), len(drawn)),
        "by hand": (partial(by_hand, drawn), len(drawn)),
        "only reading": (partial(reading, drawn), len(drawn)),
    }
    times = take_turns(timed, size.rounds)
    rows: list[tuple[object, ...]] = [
        (name, times.micro(name), times.ratio(name, "by hand"), times.ratio(name, "only reading"))
        for name in timed
    ]
    ratio = times.ratio("leadflow", "by hand")
    targets = [Target("the gate for a lead with 20 activities, times by hand", 5, "at most", ratio)]
    refused = len(drawn) - sum(by_leadflow(drawn, CAPS))
    text = (
        f"{len(drawn):,} leads with 20 activities each: may they be written to? By hand, one pass reads the"
        " kind, the channel and the direction of every activity: it counts the e-mails sent, and sees who"
        " unsubscribed or whose mail bounced. It knows no fields that refuse, no dispositions, snoozes,"
        " addresses, late events or hours, and gives no reasons. Only reading is the same pass without an"
        " answer. The caps allow 3 e-mails in 7 days and 10 contacts in a month; with them"
        f" {refused:,} leads are refused, each with every reason in words and its end."
    )
    header = ("who", "microseconds", "times by hand", "times only reading")
    summary = (
        "Asking whether a lead with 20 activities may be written to:"
        f" {times.micro('leadflow')} microseconds of processor time."
    )
    return Section("May this lead be contacted", text, header, rows, targets, summary)

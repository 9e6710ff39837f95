"""One event through a playbook, beside a bare score; many rules beside few; a document beside its parser."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import attrs
import cattrs

from benchmarks.contenders import NOW
from benchmarks.report import Section, Target
from benchmarks.timing import Timed, take_turns
from leadflow import Activity, Lead, field
from leadflow.actions import Tag
from leadflow.automation import Automation, When, happens
from leadflow.playbook import Playbook
from leadflow.presets import scoring_playbook
from leadflow.routing import Rep, Roster
from leadflow.serialization import dump_playbook, load_playbook
from leadflow.values import FieldValue

KINDS = ("page_viewed", "email_opened", "email_clicked", "content_downloaded", "call")
ROSTER = Roster([Rep("rep-a"), Rep("rep-b"), Rep("rep-c")])
_PAST = 50
_RULES = 1_000


@attrs.frozen
class Size:
    """How much is measured."""

    leads: int = 500
    loads: int = 5
    rounds: int = 15


QUICK = Size(50, 1, 3)


def leads(count: int, playbook: Playbook) -> list[Lead]:
    """Make leads that the playbook knows, with fifty events of the last days each."""
    return [_lead(f"L-{number}", number, playbook) for number in range(count)]


def _lead(id: str, number: int, playbook: Playbook) -> Lead:
    came = NOW - timedelta(days=20)
    fields: dict[str, FieldValue] = {
        "employees": 5 + number % 60,
        "email": "ada@example.org",
        "phone": "5",
    }
    lead = Lead(id, came, fields=fields)
    form = Activity("form_submitted", came, id=f"{id}-0", data={"form": "contact"})
    lead = playbook.handle(lead, form, ROSTER, as_of=came).lead
    place = 0
    while len(lead.events) < _PAST - 1:
        place += 1
        at = came + timedelta(hours=place)
        lead = lead.after(Activity(KINDS[place % len(KINDS)], at, id=f"{id}-{place}"))
    known = Activity("page_viewed", NOW - timedelta(hours=1), id=f"{id}-last")
    return playbook.handle(lead, known, ROSTER, as_of=NOW - timedelta(hours=1)).lead


def afresh(given: Sequence[Lead]) -> list[Lead]:
    """Make the same leads anew, with nothing worked out yet, as from a store."""
    return [lead._with(lead.events) for lead in given]  # noqa: SLF001 (what a host's store gives)


def handled(given: Iterable[Lead], playbook: Playbook, kind: str) -> int:
    """Handle one event of each lead; count what is to be done."""
    found = 0
    for lead in given:
        event = Activity(kind, NOW, id="now")
        found += len(playbook.handle(lead, event, ROSTER, as_of=NOW).to_do)
    return found


def scored(given: Iterable[Lead], playbook: Playbook) -> int:
    """Score each lead, and nothing else."""
    model = playbook.scoring
    return sum(model.score(lead, as_of=NOW).points for lead in given) if model else 0


def fresh(ask: Callable[[list[Lead]], int], given: Sequence[Lead]) -> int:
    """Ask of the leads made anew."""
    return ask(afresh(given))


def rules(count: int) -> Automation:
    """Make rules on as many kinds of event, of which two are set off by a page that is viewed."""
    fitting = [
        When(happens("page_viewed"), field("employees").at_least(10), [Tag("large")], name="large"),
        When(happens("page_viewed", page="/pricing"), then=[Tag("prices")], name="prices"),
    ]
    others = [
        When(happens(f"kind_{n}"), then=[Tag(f"tag-{n}")], name=f"rule {n}") for n in range(count)
    ]
    return Automation([*others, *fitting])


def planned(given: Sequence[Lead], automation: Automation) -> int:
    """Plan what follows when each lead views a page."""
    event = Activity("page_viewed", NOW, id="now", data={"page": "/pricing"})
    return sum(len(automation.plan(lead, lead.after(event), [event], as_of=NOW)) for lead in given)


@attrs.define
class _Document:
    """As much of a playbook's document as a converter needs to know to take it as it is."""

    name: str
    version: str = "1"
    time_zone: str | None = None
    order: list[str] = attrs.field(factory=list)
    schema: dict[str, Any] = attrs.field(factory=dict)
    scoring: dict[str, Any] = attrs.field(factory=dict)
    rater: dict[str, Any] = attrs.field(factory=dict)
    grid: dict[str, Any] = attrs.field(factory=dict)
    qualifier: dict[str, Any] = attrs.field(factory=dict)
    router: dict[str, Any] = attrs.field(factory=dict)
    policy: dict[str, Any] = attrs.field(factory=dict)
    contact: dict[str, Any] = attrs.field(factory=dict)
    hours: dict[str, Any] = attrs.field(factory=dict)
    limits: dict[str, Any] = attrs.field(factory=dict)
    pipelines: list[dict[str, Any]] = attrs.field(factory=list)
    automations: list[dict[str, Any]] = attrs.field(factory=list)
    procedures: list[dict[str, Any]] = attrs.field(factory=list)
    sequences: list[dict[str, Any]] = attrs.field(factory=list)
    splits: list[dict[str, Any]] = attrs.field(factory=list)
    library: list[dict[str, Any]] = attrs.field(factory=list)
    forms: list[dict[str, Any]] = attrs.field(factory=list)
    segments: list[dict[str, Any]] = attrs.field(factory=list)


def loaded(text: str, times: int) -> Playbook | None:
    """Load a playbook's document."""
    found = None
    for _ in range(times):
        found = load_playbook(text)
    return found


def parsed(text: str, times: int) -> str:
    """Parse the same bytes and structure them with cattrs, without looking into any part."""
    converter = cattrs.Converter(forbid_extra_keys=True)
    found = ""
    for _ in range(times):
        found = converter.structure(tomllib.loads(text), _Document).name
    return found


def agreeing() -> None:
    """Hold what is compared to each other: same points, same plans, same name."""
    playbook = scoring_playbook()
    drawn = leads(20, playbook)
    if planned(drawn, rules(0)) != planned(drawn, rules(_RULES)):
        raise SystemExit("more rules plan other actions")
    text = dump_playbook(playbook)
    if loaded(text, 1) != playbook or parsed(text, 1) != playbook.name:
        raise SystemExit("the document reads back as something else")


def sections(size: Size) -> list[Section]:
    """Run the three cases."""
    return [handling(size), planning(size), loading(size)]


def handling(size: Size) -> Section:
    """Compare one step of a playbook with a bare score."""
    playbook = scoring_playbook()
    drawn = leads(size.leads, playbook)
    viewed = partial(handled, playbook=playbook, kind="page_viewed")
    asked_for = partial(handled, playbook=playbook, kind="demo_requested")
    score = partial(scored, playbook=playbook)
    asked = {"handle, a page viewed": viewed, "handle, a demo asked for": asked_for, "score": score}
    count = len(drawn)
    timed: dict[str, Timed] = {}
    for name, ask in asked.items():
        timed[f"{name}: from its log"] = (partial(fresh, ask, drawn), count)
        timed[f"{name}: asked again"] = (partial(ask, drawn), count)
    times = take_turns(timed, size.rounds)
    rows: list[tuple[object, ...]] = []
    for name in timed:
        base = f"score: {name.partition(': ')[2]}"
        rows.append((name, times.micro(name), times.ratio(name, base)))
    todo = asked_for(drawn)
    text = (
        f"{count:,} leads with 50 past events each, through the preset playbook of scoring and handover:"
        " score, rating, qualification, owner, stage, rules, sequences. A page viewed changes little; a demo"
        f" asked for leads to {todo:,} actions. Leads are made anew from their logs before they are asked, or were"
        " asked before, so that a score alone finds all that it reads worked out; an event makes another lead,"
        " of which nothing is."
    )
    words = "handle for a lead with 50 events, times its bare score"
    targets = [
        Target(
            f"{words}: {how}", 10, "at most",
            times.ratio(f"handle, a page viewed: {how}", f"score: {how}"),
        )
        for how in ("from its log", "asked again")
    ]  # fmt: skip
    summary = (
        "One event through a whole playbook, for a lead with 50 past events:"
        f" {times.micro('handle, a page viewed: from its log')} microseconds of processor time."
    )
    header = ("who", "microseconds", "times the score")
    return Section("One event through a playbook", text, header, rows, targets, summary)


def planning(size: Size) -> Section:
    """Compare many rules with those that fit."""
    drawn = leads(size.leads, scoring_playbook())
    timed: dict[str, Timed] = {
        f"{_RULES:,} rules": (partial(planned, drawn, rules(_RULES)), len(drawn)),
        "the 2 that fit": (partial(planned, drawn, rules(0)), len(drawn)),
    }
    times = take_turns(timed, size.rounds)
    many, few = timed
    ratio = times.ratio(many, few)
    rows: list[tuple[object, ...]] = [
        (many, times.micro(many), ratio),
        (few, times.micro(few), times.ratio(few, few)),
    ]
    text = (
        f"{len(drawn):,} leads with 50 past events view a page, which sets off 2 rules; the others wait for"
        " other kinds of event."
    )
    targets = [Target(f"{_RULES:,} rules, times those that fit", 2, "at most", ratio)]
    header = ("who", "microseconds an event", "times the 2 that fit")
    return Section("A thousand rules", text, header, rows, targets, "")


def loading(size: Size) -> Section:
    """Compare loading a preset's document with parsing it."""
    text = dump_playbook(scoring_playbook())
    timed: dict[str, Timed] = {
        "load_playbook": (partial(loaded, text, size.loads), size.loads),
        "tomllib and cattrs": (partial(parsed, text, size.loads), size.loads),
    }
    times = take_turns(timed, size.rounds)
    ratio = times.ratio("load_playbook", "tomllib and cattrs")
    rows: list[tuple[object, ...]] = [
        (name, times.micro(name), times.ratio(name, "tomllib and cattrs")) for name in timed
    ]
    words = (
        f"The document of the preset playbook of scoring and handover, {len(text.encode()):,} bytes. tomllib"
        " parses it and cattrs structures its root; load_playbook builds and checks every part."
    )
    targets = [Target("load_playbook, times tomllib and cattrs", 5, "at most", ratio)]
    header = ("who", "microseconds a document", "times tomllib and cattrs")
    return Section("Loading a playbook", words, header, rows, targets, "")

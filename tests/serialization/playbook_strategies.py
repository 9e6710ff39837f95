"""Playbooks with any of their parts, and what they are made of."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from leadflow.actions import Tag
from leadflow.automation import (
    Branch,
    Content,
    DateReached,
    FollowUpDue,
    Form,
    Happens,
    RatingBecomes,
    RevisitDue,
    ScoreFallsBelow,
    ScoreReaches,
    SendWindow,
    Sequence,
    Silence,
    Split,
    StageEntered,
    StageOverdue,
    Step,
    Trigger,
    When,
)
from leadflow.automation.sequence import EXITS
from leadflow.conditions import LeadSchema, always
from leadflow.contact import Cap, ContactRules
from leadflow.disposition import Qualifier, Segment
from leadflow.errors import InvalidDefinition, InvalidValue
from leadflow.pipeline import ResponseLimits, WorkOrder
from leadflow.pipeline.worklist import KEYS
from leadflow.playbook import Playbook, Procedure
from leadflow.scoring import Grid
from tests.condition_strategies import conditions, leaves, spans
from tests.pipeline_strategies import pipelines, working_hours
from tests.routing_strategies import free_rosters, routers
from tests.serialization.strategies import actions, models, names, policies, raters


def triggers() -> st.SearchStrategy[Trigger]:
    """Draw a trigger of each kind, with any of its options."""
    maybe, points = st.none() | names(), st.integers(-(10**9), 10**9)
    return st.one_of(
        st.builds(Happens, names(), st.just(always()) | leaves()),
        st.builds(ScoreReaches, points),
        st.builds(ScoreFallsBelow, points),
        st.builds(RatingBecomes, names()),
        st.builds(StageEntered, names(), pipeline=maybe),
        st.builds(StageOverdue, maybe, pipeline=maybe),
        st.builds(Silence, spans()),
        st.builds(DateReached, names(), before=st.none() | spans()),
        st.builds(FollowUpDue, maybe),
        st.just(RevisitDue()),
    )


@st.composite
def rules_of(draw: st.DrawFn, name: str | None = None) -> When:
    """Draw a rule of an automation, by a name or by that of its trigger."""
    trigger = draw(triggers().filter(lambda found: len(str(found)) <= 200))
    named: dict[str, str] = {} if name is None else {"name": name}
    return When(
        trigger,
        draw(st.just(always()) | conditions()),
        draw(st.lists(actions(), min_size=1, max_size=3)),
        cool_down=draw(st.none() | spans()),
        version=draw(st.just("1") | names()),
        **named,
    )


@st.composite
def branches(draw: st.DrawFn, later: tuple[str, ...] = ()) -> Branch:
    """Draw a branch for some leads that may lead to one of the later steps, or end it all."""
    goto = draw(st.sampled_from([None, *later]))
    ends = goto is None and draw(st.booleans())
    todo = draw(st.lists(actions(), max_size=2))
    return Branch(todo, draw(leaves()), goto=goto, ends=ends)


@st.composite
def sequence_steps(draw: st.DrawFn, key: str, later: tuple[str, ...] = ()) -> Step:
    """Draw a step of either form, after which some leads go on to the next."""
    after = draw(st.none() | spans())
    todo = draw(st.lists(actions(), max_size=2))
    if draw(st.booleans()):
        return Step(key, after, todo)
    some = draw(st.lists(branches(later), min_size=1, max_size=2))
    others = draw(st.sampled_from([[], [Branch(todo)]]))
    return Step(key, after, branches=[*some, *others])


def windows() -> st.SearchStrategy[SendWindow]:
    """Draw send windows."""
    weeks = st.sampled_from([{"mon-fri": "08:00-10:00"}, {"wed": "8:00-9:00", "fri": "22:00-2:00"}])
    return st.builds(SendWindow, weeks, st.sampled_from([None, "Europe/Warsaw"]))


@st.composite
def sequences(draw: st.DrawFn, name: str = "nurture") -> Sequence:
    """Draw a sequence with any of its options; a plain one where the steps do not go together."""
    keys = tuple(f"{place} {draw(names())}" for place in range(draw(st.integers(1, 3))))
    taken = [draw(sequence_steps(key, keys[place + 1 :])) for place, key in enumerate(keys)]
    condition = st.none() | conditions()
    given: dict[str, Any] = {
        "when": draw(condition),
        "goal": draw(condition),
        "exits": draw(st.just(EXITS) | st.lists(st.sampled_from(EXITS), max_size=3)),
        "window": draw(st.none() | windows()),
        "rounds": draw(st.none() | st.integers(1, 3)),
        "version": draw(st.just("1") | names()),
    }
    try:
        return Sequence(name, taken, **given)
    except InvalidDefinition:
        return Sequence(name, [Step(key, "1 day", [Tag("x")]) for key in keys], **given)


@st.composite
def splits(draw: st.DrawFn, name: str = "split") -> Split:
    """Draw a split test."""
    arms = draw(st.dictionaries(names().map(str.strip), st.integers(1, 99), min_size=2, max_size=4))
    salt = st.text(st.characters(codec="utf-8"), max_size=5)
    return Split(name, arms, salt=draw(salt), when=draw(st.just(always()) | conditions()))


@st.composite
def contents(draw: st.DrawFn, key: str = "guide") -> Content:
    """Draw an item of a library."""
    return Content(
        key,
        draw(names()),
        draw(st.sampled_from([None, "https://example.com/guide.pdf", "guides/a.pdf"])),
        when=draw(st.just(always()) | conditions()),
        channel=draw(st.sampled_from(["email", "chat", "größe"])),
    )


@st.composite
def web_forms(draw: st.DrawFn, name: str = "demo") -> Form:
    """Draw a web form, with and without a schema."""
    fields = ["email", "source", "due", "größe", 'a "b" \\ c']
    answers = st.lists(names().map(str.strip), min_size=1, max_size=5, unique=True)
    filled = dict(zip(draw(answers), draw(st.permutations(fields)), strict=False))
    return Form(
        name,
        filled,
        draw(st.lists(st.sampled_from([*filled]), unique=True)),
        draw(st.none() | st.just("[x] I agree")),
        draw(
            st.none()
            | st.just(
                LeadSchema({field: "text" for field in fields if field not in ("source", "due")})
            )
        ),
    )


def response_limits() -> st.SearchStrategy[ResponseLimits]:
    """Draw response limits; None is no limit."""
    maybe = st.none() | st.sampled_from(["10 minutes", "15 hours", "1 day"])
    channels = st.none() | st.lists(st.sampled_from(["phone", "email"]), max_size=2)
    return st.builds(
        ResponseLimits, contact_within=maybe, cliff=maybe, leave_new_within=maybe,
        warn_at=st.sampled_from(["0.8", "1", "0.80", "0.12345678901234567890123"]).map(Decimal),
        channels=channels,
    )  # fmt: skip


@st.composite
def procedures(draw: st.DrawFn, rating: str = "warm") -> Procedure:
    """Draw what is done with leads of a rating."""
    todo = st.lists(actions(), max_size=2)
    return Procedure(
        rating,
        draw(todo),
        on_dates=draw(
            st.dictionaries(
                st.sampled_from(["due", "größe"]), st.lists(actions(), min_size=1, max_size=2)
            )
        ),
        channels=draw(st.none() | st.lists(st.sampled_from(["email", "chat"]), max_size=2)),
        limits=draw(st.none() | response_limits()),
    )


@st.composite
def contact_rules(draw: st.DrawFn) -> ContactRules:
    """Draw the rules of the gate, with any of them set."""
    channels = st.sampled_from(["all", "phone", "email", "größe"])
    of_fields = st.dictionaries(channels, st.lists(names(), max_size=2), max_size=2)
    some = st.lists(st.sampled_from(["phone", "sms", "email"]), max_size=2)
    caps = st.builds(Cap, st.integers(1, 9), spans())
    given: dict[str, st.SearchStrategy[Any]] = {
        "refused_by": of_fields,
        "addresses": of_fields,
        "by_day": some,
        "awake": st.sampled_from([{"mon-fri": "09:00-18:00"}, {"sat": "10:00-12:00"}]),
        "time_zone": st.just("Asia/Tokyo"),
        "while_waiting": some,
        "caps": st.dictionaries(channels, st.lists(caps, max_size=2), max_size=2),
    }
    return ContactRules(**draw(st.fixed_dictionaries({}, optional=given)))


def orders() -> st.SearchStrategy[WorkOrder]:
    """Draw orders of a worklist."""
    keys = st.lists(st.sampled_from(KEYS), min_size=1, max_size=4)
    return keys.map(lambda found: WorkOrder(["group", *found]))


@st.composite
def playbooks(draw: st.DrawFn) -> Playbook:
    """Draw a playbook with any of its parts; of rules that do not go together, the first alone."""

    def keyed(make: Any) -> list[Any]:
        keys = [f"{place} {draw(names())}" for place in range(draw(st.integers(0, 2)))]
        return [draw(make(key)) for key in keys]

    rosters = free_rosters()
    optional: dict[str, st.SearchStrategy[Any]] = {
        "version": names(),
        "schema": st.just(LeadSchema({"größe": "number"}, {"call": {"seconds": int}})),
        "scoring": models(),
        "rater": raters(),
        "grid": st.just(Grid((40, 20), (50, 10))),
        "qualifier": conditions().map(lambda mql: Qualifier(mql, inbox=False)),
        "router": rosters.flatmap(routers),
        "policy": policies(),
        "contact": contact_rules(),
        "hours": working_hours(),
        "limits": response_limits(),
        "order": orders(),
        "time_zone": st.sampled_from(["Europe/Warsaw", "UTC"]),
    }
    parts: dict[str, Any] = draw(st.fixed_dictionaries({}, optional=optional))
    parts["pipelines"] = draw(st.lists(pipelines(), max_size=1))
    parts["splits"] = keyed(splits)
    parts["library"] = keyed(contents)
    parts["forms"] = keyed(web_forms)
    parts["sequences"] = keyed(sequences)
    parts["segments"] = [
        Segment(f"s{n}", draw(conditions())) for n in range(draw(st.integers(0, 2)))
    ]
    working: dict[str, Any] = {"automations": keyed(rules_of), "procedures": keyed(procedures)}
    try:
        return Playbook(draw(names()), **parts, **working)
    except (InvalidDefinition, InvalidValue):
        calm = When(RatingBecomes("hot"), then=[draw(actions())], cool_down="7 days", name="calm")
        return Playbook("calm", **parts, automations=[calm])

"""Laws of the graph of rules: what is found free of loops stops, and what goes round is found."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st

from leadflow import Lead, field
from leadflow.actions import (
    Action,
    Assign,
    CreateTask,
    Enrol,
    Move,
    Notify,
    SetField,
    Tag,
    Unsubscribe,
    Untag,
    Withdraw,
    event_of,
)
from leadflow.automation import (
    Happens,
    RatingBecomes,
    ScoreFallsBelow,
    ScoreReaches,
    Silence,
    StageEntered,
    Trigger,
    When,
    happens,
)
from leadflow.automation.graph import problems
from leadflow.automation.reads import Reads
from leadflow.automation.trigger import data_of_event, kind_of_event
from leadflow.conditions.matching import compiled
from leadflow.events import Activity, Assignment, Event, FieldsSet, StageChange, Tagged, Untagged

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NOBODY = Lead("L-1")
MOST_ROUNDS = 500

ACTIONS: list[Action] = [
    Tag("x"), Tag("y"), Untag("x"), Untag("y"), SetField("n", 1), SetField("n", 2),
    SetField("n", True), SetField("n", None), CreateTask("call"), CreateTask("offer", rep="ada"),
    Assign("ada"), Assign("bo"), Move("a"), Move("b"), Enrol("s"), Withdraw("s"), Unsubscribe(),
    Notify("ada", "hello"),
]  # fmt: skip
HAPPENINGS: list[Trigger] = [
    happens("tagged"), happens("tagged", tag="x"), Happens("tagged", field("tag").one_of("y", "z")),
    Happens("tagged", ~field("tag").equals("x")), happens("untagged", tag="x"),
    Happens("untagged", field("tag").starts_with("y")), happens("fields_set"),
    happens("fields_set", n=1), happens("fields_set", n=True),
    Happens("fields_set", field("n").at_least(2)), Happens("fields_set", field("n").is_unknown()),
    happens("task_set", kind="call"),
    Happens("task_set", ~field("kind").equals("call")),
    happens("assignment", rep="bo"), StageEntered("a"), StageEntered("b", pipeline="p"),
    happens("stage_change", to="a"), happens("sequence_enrolled", sequence="s"),
    happens("sequence_left", sequence="s"), happens("email_unsubscribed"),
    happens("automation", rule="r0"), Silence("1 day"),
]  # fmt: skip
JUDGEMENTS: list[Trigger] = [
    ScoreReaches(10), ScoreReaches(20), ScoreFallsBelow(10), ScoreFallsBelow(20),
    RatingBecomes("hot"), RatingBecomes("cold"), happens("scored"), happens("rated"),
]  # fmt: skip


def rules_of(triggers: Sequence[Trigger], most: int = 6) -> st.SearchStrategy[list[When]]:
    """Draw rules r0, r1 and so on, one in six with a cool-down."""
    one = st.tuples(
        st.sampled_from(triggers),
        st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=3),
        st.sampled_from([None, None, None, None, None, "1 day"]),
    )
    return st.lists(one, min_size=1, max_size=most).map(
        lambda drawn: [
            When(trigger, then=then, cool_down=rest, name=f"r{n}")
            for n, (trigger, then, rest) in enumerate(drawn)
        ]
    )


def loops(rules: Sequence[When], reads: Reads) -> list[str]:
    return [str(p) for p in problems(rules, reads=reads) if p.message.startswith("loop")]


def events_of(action: Action) -> Iterator[Event]:
    """Tell what happens when an action is done."""
    done = event_of(action, NOON, task="T")
    match action:
        case Assign(rep=str(rep)):
            yield Assignment(rep, NOON)
        case Move(to=to):
            yield StageChange(to, NOON, pipeline="p")
        case Enrol(sequence=name):
            yield Activity("sequence_enrolled", NOON, data={"sequence": name, "round": 1})
        case Withdraw(sequence=name):
            yield Activity("sequence_left", NOON, data={"sequence": name, "round": 1})
        case _:
            yield from () if done is None else (done,)


def happened(trigger: Happens, event: Event) -> bool:
    asks = compiled(trigger.where)
    return kind_of_event(event) == trigger.kind and asks(data_of_event(event), NOBODY, NOON.date())


@attrs.frozen
class Judging:
    """How a lead is scored and rated: points for tags and for values of n."""

    score: Mapping[Any, int]
    heat: Mapping[Any, int]

    @property
    def reads(self) -> Reads:
        keys = {*self.score, *self.heat}
        tags = frozenset(key for key in keys if isinstance(key, str))
        return Reads(frozenset({"n"} if len(tags) < len(keys) else ()), tags)


@st.composite
def judging(draw: st.DrawFn) -> Judging:
    keys = st.sampled_from(["x", "y", 1, 2])
    points = st.integers(-25, 25)
    return Judging(*(draw(st.dictionaries(keys, points, max_size=3)) for _ in range(2)))


@attrs.define
class World:
    """A lead on which rules fire in rounds, whatever the rules' conditions say."""

    rules: Sequence[When]
    judging: Judging
    tags: set[str] = attrs.field(factory=set)
    n: Any = None
    rested: set[int] = attrs.field(factory=set)

    def points(self, table: Mapping[Any, int]) -> int:
        number = [self.n] if type(self.n) is int else []
        return sum(table.get(key, 0) for key in (*self.tags, *number))

    def judged(self) -> tuple[int, str]:
        heat = self.points(self.judging.heat)
        return self.points(self.judging.score), "hot" if heat > 0 else "cold"

    def rounds(self, first: set[int]) -> int:
        """Fire rules, then those that were set off, and so on; tell how many rounds that took."""
        firing = first
        for number in range(MOST_ROUNDS):
            if not firing:
                return number
            firing = self.after_a_round(firing)
        return MOST_ROUNDS

    def after_a_round(self, firing: set[int]) -> set[int]:
        before = self.judged()
        events: list[Event] = []
        for place in sorted(firing):
            rule = self.rules[place]
            self.rested |= {place} if rule.cool_down else set()
            events.append(Activity("automation", NOON, data={"rule": rule.name}))
            events += (event for action in rule.then for event in events_of(action))
        for event in events:
            self.apply(event)
        now = self.judged()
        found = {n for n, r in enumerate(self.rules) if is_set_off(r.trigger, events, before, now)}
        return found - self.rested

    def apply(self, event: Event) -> None:
        match event:
            case Tagged(tag=tag):
                self.tags.add(tag)
            case Untagged(tag=tag):
                self.tags.discard(tag)
            case FieldsSet():
                self.n = event.values["n"]
            case _:
                pass


def is_set_off(
    trigger: Trigger, events: Sequence[Event], before: tuple[int, str], now: tuple[int, str]
) -> bool:
    match trigger:
        case ScoreReaches(points=line):
            return before[0] < line <= now[0]
        case ScoreFallsBelow(points=line):
            return now[0] < line <= before[0]
        case RatingBecomes(rating=rating):
            return before[1] != rating == now[1]
        case StageEntered(stage=stage):
            return any(isinstance(event, StageChange) and event.to == stage for event in events)
        case Happens(kind="scored"):
            return before[0] != now[0]
        case Happens(kind="rated"):
            return before[1] != now[1]
        case Happens():
            return any(happened(trigger, event) for event in events)
        case _:
            return False


def sets_off(one: When, other: When) -> bool:
    """Tell whether what one rule does makes another's trigger happen, the score left aside."""
    events = [event for action in one.then for event in events_of(action)]
    events.append(Activity("automation", NOON, data={"rule": one.name}))
    return is_set_off(other.trigger, events, (0, ""), (0, ""))


def has_a_way_back(rules: Sequence[When]) -> bool:
    """Tell by trying every way whether a rule sets itself off, at once or through others."""
    reached = {
        n: {m for m, other in enumerate(rules) if one.cool_down is None and sets_off(one, other)}
        for n, one in enumerate(rules)
    }
    for _ in rules:
        reached = {n: to.union(*(reached[m] for m in to)) for n, to in reached.items()}
    return any(n in to for n, to in reached.items())


@given(rules_of(HAPPENINGS + JUDGEMENTS * 2), judging(), st.data())
def test_law_rules_without_a_loop_stop_whatever_they_start_with(
    rules: list[When], judged: Judging, data: st.DataObject
) -> None:
    if not loops(rules, judged.reads):
        world = World(rules, judged, data.draw(st.sets(st.sampled_from("xy"))))
        first = data.draw(st.sets(st.sampled_from(range(len(rules)))))
        assert world.rounds(first) < MOST_ROUNDS


@given(rules_of(HAPPENINGS))
def test_law_there_is_a_loop_exactly_if_a_rule_comes_back_to_itself(rules: list[When]) -> None:
    assert bool(loops(rules, Reads())) is has_a_way_back(rules)


@st.composite
def rings(draw: st.DrawFn) -> list[When]:
    """Draw rules of which some set each other off in a ring, in any order."""
    pairs = [
        (a, t)
        for a in ACTIONS
        for t in HAPPENINGS
        if sets_off(When(t, then=[a]), When(t, then=[a]))
    ]
    ring = draw(st.lists(st.sampled_from(pairs), min_size=1, max_size=5))
    others = draw(rules_of(HAPPENINGS))
    made = [
        When(ring[n - 1][1], then=[action], name=f"r{len(others) + n}")
        for n, (action, _) in enumerate(ring)
    ]
    return draw(st.permutations([*others, *made]))


@given(rings())
def test_law_a_ring_is_found_and_the_loop_that_is_told_is_a_real_one(rules: list[When]) -> None:
    named = {rule.name: rule for rule in rules}
    found = loops(rules, Reads())
    assert found
    for words in found:
        way = re.findall(r"'(r[0-9]+)'", words.split(" (")[0])
        way = way[: way.index(way[0], 1) + 1]
        assert all(sets_off(named[one], named[other]) for one, other in pairwise(way))
        assert all(named[name].cool_down is None for name in way)


@given(rules_of(HAPPENINGS + JUDGEMENTS), judging(), st.randoms())
def test_law_the_order_of_rules_does_not_matter(
    rules: list[When], judged: Judging, random: Any
) -> None:
    shuffled = random.sample(rules, len(rules))
    assert len(loops(shuffled, judged.reads)) == len(loops(rules, judged.reads))

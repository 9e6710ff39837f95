"""The graph of rules: which rule may set off which, and where that never ends."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain, islice
from typing import TypeAlias

import attrs

from leadflow.automation.audience import Audience
from leadflow.automation.clash import clashes
from leadflow.automation.effect import FIRED, Effect, effect_of, fired
from leadflow.automation.reads import NOTHING, Reads
from leadflow.automation.rule import When
from leadflow.automation.trigger import (
    Happens,
    RatingBecomes,
    ScoreFallsBelow,
    ScoreReaches,
    StageEntered,
    Trigger,
)
from leadflow.errors import MOST_PROBLEMS, Problem

_MOST_ASKED = 200_000
"""Parts of conditions that effects are held against; of what is more, any may be met."""
_SHOWN = 10
"""Rules of a loop that a message names."""
_WAY_OUT = "give one of them a cool_down"

Node: TypeAlias = int | Effect | tuple[Hashable, ...]
"""A rule by its place, an effect, or what several of them lead through."""
Edges: TypeAlias = Mapping[Node, Sequence[Node]]


def problems(rules: Sequence[When], *, reads: Reads = NOTHING) -> tuple[Problem, ...]:
    """Find the loops and the sure contradictions of rules; the paths name their places.

    `reads` is what the score and the rating are made of: what changes any of it may set off the rules
    that wait for them. That alone is no loop: where each of the rules waits for the score to rise, or
    each for it to fall, or each for one rating, it soon stops. A rule with a `cool_down` ends a loop,
    and what time brings is set off by no rule.

    >>> from leadflow.actions import Tag, Untag
    >>> from leadflow.automation import happens
    >>> one = When(happens("untagged", tag="x"), then=[Tag("x")], name="A")
    >>> two = When(happens("tagged", tag="x"), then=[Untag("x")], name="B")
    >>> for problem in problems([one, two]):
    ...     print(problem)
    rules[0]: loop: 'A' -> 'B' -> 'A': tag x, tag x off; give one of them a cool_down
    """
    found = chain(_loops(rules, reads), clashes(rules))
    return tuple(islice(found, MOST_PROBLEMS))


def _loops(rules: Sequence[When], reads: Reads) -> Iterator[Problem]:
    """Tell of each knot of rules one loop, a shortest through its first rule."""
    edges = _Graph(rules, reads).edges
    knots = {min(place for place in knot if isinstance(place, int)): knot for knot in _knots(edges)}
    telling = _Telling(rules, reads)
    for first in sorted(knots):
        yield telling.problem(_way_back(first, knots[first], edges))


# --- what may set off what ---


@attrs.frozen(eq=False)
class _Graph:
    rules: Sequence[When]
    reads: Reads

    @cached_property
    def edges(self) -> Edges:
        """Lead from each rule to its effects, and from each effect to the rules it may set off."""
        found: dict[Node, Sequence[Node]] = dict(self._shared)
        left = _MOST_ASKED
        for place, rule in enumerate(self.rules):
            effects = () if rule.cool_down is not None else self._effects(rule)
            found[place] = [*effects, *self._judged(rule, effects)]
            for effect in effects:
                if effect not in found:
                    asked, left = self._asked(effect, left)
                    found[effect] = [*asked, *self._through(effect, found)]
        return found

    def _effects(self, rule: When) -> Sequence[Effect]:
        effects = [effect_of(action) for action in rule.then]
        if FIRED in self._audiences or FIRED in self.reads.kinds:
            effects.append(fired(rule.name))
        return tuple(dict.fromkeys(effect for effect in effects if effect is not None))

    def _asked(self, effect: Effect, left: int) -> tuple[list[Node], int]:
        """Find the rules whose question about an event an effect may meet, while time is left."""
        audience = self._audiences.get(effect.kind)
        if audience is None:
            return [], left
        if left <= 0:
            return [("asking", effect.kind)], left
        found = audience.of(effect)
        met = sorted(each.place for each in found if each.judge(effect) is not False)
        return [*met], left - sum(each.size for each in found)

    def _through(self, effect: Effect, known: Mapping[Node, object]) -> Iterator[Node]:
        """Name what an effect leads through to the rules that ask no more of it."""
        ways: list[Node] = [("free", effect.kind)]
        if effect.stage is not None:
            ways.append(("stage", effect.stage))
        if effect.pipeline is not None:
            ways += [("pipeline", effect.pipeline), ("pipeline", None)]
        return (way for way in ways if way in known)

    @cached_property
    def _audiences(self) -> Mapping[str, Audience]:
        found: defaultdict[str, Audience] = defaultdict(Audience)
        for place, rule in enumerate(self.rules):
            if isinstance(rule.trigger, Happens):
                found[rule.trigger.kind].add(place, rule.trigger.where)
        return dict(found)

    @cached_property
    def _shared(self) -> Edges:
        """Lead to the rules from what many effects lead through."""
        found: defaultdict[Node, list[Node]] = defaultdict(list)
        for kind, audience in self._audiences.items():
            found["free", kind] += audience.free
            found["asking", kind] += audience.asking
        for place, rule in enumerate(self.rules):
            if isinstance(rule.trigger, StageEntered):
                found["stage", rule.trigger.stage].append(place)
                found["pipeline", rule.trigger.pipeline].append(place)
        return {**found, **self._of_judgements}

    # --- by way of the score and the rating ---

    @cached_property
    def _judgements(self) -> Mapping[Hashable, list[int]]:
        """The rules that wait for the score or the rating, by what they wait for."""
        found: defaultdict[Hashable, list[int]] = defaultdict(list)
        for place, rule in enumerate(self.rules):
            judgement = _judgement(rule.trigger)
            if judgement is not None:
                found[judgement].append(place)
        return found

    @cached_property
    def _numbers(self) -> Mapping[Hashable, int]:
        return {judgement: number for number, judgement in enumerate(self._judgements)}

    @cached_property
    def _of_judgements(self) -> Edges:
        """Lead to all judgements before a number, and to all from a number on."""
        found: dict[Node, Sequence[Node]] = {}
        for number, places in enumerate(self._judgements.values()):
            found["judgement", number] = places
            found["before", number + 1] = [("judgement", number), ("before", number)]
            found["from", number] = [("judgement", number), ("from", number + 1)]
        return found | {("before", 0): (), ("from", len(self._judgements)): ()}

    def _judged(self, rule: When, effects: Iterable[Effect]) -> Sequence[Node]:
        """Lead from a rule that changes what is read to the judgements, other than its own."""
        if not any(effect.changes(self.reads) for effect in effects):
            return ()
        own = _judgement(rule.trigger)
        if own is None or own == _ANEW:
            return [("from", 0)]
        return [("before", self._numbers[own]), ("from", self._numbers[own] + 1)]


_ANEW = "anew"


def _judgement(trigger: Trigger) -> Hashable:
    """Name what a rule waits for: the score's rise or fall, a rating, or either of them anew."""
    match trigger:
        case ScoreReaches():
            return "rise"
        case ScoreFallsBelow():
            return "fall"
        case RatingBecomes(rating=rating):
            return "rating", rating
        case Happens(kind="scored" | "rated"):
            return _ANEW
        case _:
            return None


# --- loops ---


@attrs.frozen(eq=False)
class _Search:
    """A search for knots in depth (Tarjan's), with its own stack in place of recursion."""

    edges: Edges
    number: dict[Node, int] = attrs.field(factory=dict)
    low: dict[Node, int] = attrs.field(factory=dict)
    open: dict[Node, None] = attrs.field(factory=dict)

    def knots_from(self, root: Node) -> Iterator[set[Node]]:
        way = [(root, self._enter(root))]
        while way:
            node, rest = way[-1]
            following = next(rest, None)
            if following is None:
                way.pop()
                self._reach(way[-1][0] if way else node, self.low[node])
                if self.low[node] == self.number[node]:
                    yield self._closed(node)
            elif following not in self.number:
                way.append((following, self._enter(following)))
            elif following in self.open:
                self._reach(node, self.number[following])

    def _enter(self, node: Node) -> Iterator[Node]:
        self.number[node] = self.low[node] = len(self.number)
        self.open[node] = None
        return iter(self.edges[node])

    def _reach(self, node: Node, number: int) -> None:
        self.low[node] = min(self.low[node], number)

    def _closed(self, node: Node) -> set[Node]:
        knot: set[Node] = set()
        while node not in knot:
            knot.add(self.open.popitem()[0])
        return knot


def _knots(edges: Edges) -> Iterator[set[Node]]:
    """Find the sets of nodes of which each leads to each other."""
    search = _Search(edges)
    for root in edges:
        if root not in search.number:
            yield from (knot for knot in search.knots_from(root) if len(knot) > 1)


def _way_back(start: Node, knot: set[Node], edges: Edges) -> list[Node]:
    """Find a shortest way from a node of a knot back to it."""
    came: dict[Node, Node] = {}
    rest = deque([start])
    while start not in came:
        node = rest.popleft()
        for following in edges[node]:
            if following in knot and following not in came:
                came[following] = node
                rest.append(following)
    way = [start, came[start]]
    while way[-1] != start:
        way.append(came[way[-1]])
    return way[::-1]


@attrs.frozen(eq=False)
class _Telling:
    rules: Sequence[When]
    reads: Reads

    def problem(self, way: Sequence[Node]) -> Problem:
        """Tell of a loop: the names of its rules, and by what each sets off the next."""
        steps = [(node, way[n + 1]) for n, node in enumerate(way[:-1]) if isinstance(node, int)]
        names = [repr(self.rules[place].name) for place, _ in steps[:_SHOWN]]
        if len(steps) > _SHOWN:
            names.append(f"... {len(steps) - _SHOWN} more")
        loop = " -> ".join([*names, names[0]])
        done = ", ".join(self._done(*step) for step in steps[:_SHOWN])
        return Problem(f"rules[{steps[0][0]}]", f"loop: {loop}: {done}; {_WAY_OUT}")

    def _done(self, place: int, onward: Node) -> str:
        """Name the action of a rule that leads onward; that it fires may do so too."""
        for action in self.rules[place].then:
            effect = effect_of(action)
            if effect is not None and (effect == onward or self._is_read(effect, onward)):
                return str(action)
        return "that it fires"

    def _is_read(self, effect: Effect, onward: Node) -> bool:
        return not isinstance(onward, Effect) and effect.changes(self.reads)

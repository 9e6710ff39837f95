"""The graph of rules: what sets off what, loops with their cycle, and contradictions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest

from leadflow import Lead, Money, activity, always, any_of, field, tag
from leadflow.actions import (
    Action,
    Assign,
    Convert,
    CreateTask,
    Dispose,
    Enrol,
    Move,
    Notify,
    SendMessage,
    SetField,
    Tag,
    Unsubscribe,
    Untag,
    Withdraw,
)
from leadflow.automation import (
    Automation,
    DateReached,
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
from leadflow.automation.reads import Reads, reads_of, reads_of_model, reads_of_rater
from leadflow.errors import InvalidDefinition
from leadflow.events import Rated
from leadflow.scoring import (
    Categories,
    Category,
    Readiness,
    Rule,
    ScoringModel,
    Thresholds,
    TimelineAndSize,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def rule(name: str, trigger: Trigger, *then: Action, **given: Any) -> When:
    return When(trigger, then=then, name=name, **given)


def told(*rules: When, reads: Reads | None = None) -> list[str]:
    return [str(problem) for problem in problems(rules, reads=reads or Reads())]


# Loops


def test_the_loop_of_the_issue_is_found_with_its_cycle() -> None:
    rules = [
        rule("A", happens("untagged", tag="x"), Tag("x")),
        rule("B", happens("tagged", tag="x"), Untag("x")),
    ]
    assert told(*rules) == [
        "rules[0]: loop: 'A' -> 'B' -> 'A': tag x, tag x off; give one of them a cool_down"
    ]
    with pytest.raises(InvalidDefinition, match="'A' -> 'B' -> 'A'"):
        Automation(rules)


@pytest.mark.parametrize("broken", [0, 1])
def test_a_cool_down_on_any_rule_breaks_the_loop(broken: int) -> None:
    rules = [
        rule("A", happens("untagged", tag="x"), Tag("x"), cool_down=None if broken else "1 day"),
        rule("B", happens("tagged", tag="x"), Untag("x"), cool_down="1 day" if broken else None),
    ]
    assert told(*rules) == []


def test_a_rule_that_sets_itself_off_is_a_loop() -> None:
    itself = rule("again", happens("tagged"), Tag("x"))
    [found] = told(itself)
    assert "loop: 'again' -> 'again': tag x" in found


def test_the_shortest_way_round_is_told_and_other_rules_are_not_in_it() -> None:
    chain = [rule(str(n), happens("tagged", tag=f"t{n}"), Tag(f"t{(n + 1) % 4}")) for n in range(4)]
    aside = rule("aside", happens("tagged", tag="t2"), Tag("elsewhere"))
    for order in permutations([*chain, aside]):
        [found] = told(*order)
        assert found.count(" -> ") == 4
        assert "aside" not in found


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (10, "'8' -> '9' -> '0': "),
        (11, "'8' -> '9' -> ... 1 more -> '0': "),
        (50, "'9' -> ... 40 more -> '0': "),
    ],
)
def test_a_long_cycle_is_shortened(length: int, words: str) -> None:
    ring = [
        rule(str(n), happens("tagged", tag=f"t{n}"), Tag(f"t{(n + 1) % length}"))
        for n in range(length)
    ]
    [found] = told(*ring)
    assert words in found


def test_what_two_ways_have_in_common_is_gone_once() -> None:
    both = rule("both", happens("tagged", tag="z"), Tag("a"), Tag("b"))
    anything = rule("anything", happens("tagged"), SetField("n", 1), cool_down="1 day")
    back = rule("back", happens("tagged", tag="b"), Untag("c"))
    last = rule("last", happens("untagged", tag="c"), Tag("z"))
    [found] = told(both, anything, back, last)
    assert "'both' -> 'back' -> 'last' -> 'both'" in found


def test_two_knots_are_told_apart() -> None:
    knots = [
        rule(f"{name}{n}", happens("tagged", tag=f"{name}{n}"), Tag(f"{name}{1 - n}"))
        for name in "ab"
        for n in range(2)
    ]
    assert len(told(*knots)) == 2
    link = rule("link", happens("tagged", tag="a0"), Tag("b0"))
    for rules in ([*knots, link], [link, *knots[::-1]]):
        paths = [problem.path for problem in problems(rules)]
        assert len(paths) == 2
        assert paths == sorted(paths)


@pytest.mark.parametrize(
    ("action", "trigger"),
    [
        (Tag("x"), happens("tagged", tag="x")),
        (Tag("x"), Happens("tagged", field("tag").one_of("x", "y"))),
        (Untag("x"), happens("untagged")),
        (SetField("n", 5), Happens("fields_set", field("n").at_least(3))),
        (SetField("n", None), happens("fields_set")),
        (SetField("deal_value", Money(5, "EUR")), happens("fields_set")),
        (CreateTask("call"), happens("task_set", kind="call")),
        (CreateTask("call"), happens("task_set", title="other")),
        (Unsubscribe(), happens("email_unsubscribed", automatic=True)),
        (Assign(), happens("assignment", rep="ada")),
        (Assign("ada"), happens("assignment", rep="ada")),
        (Move("quote"), StageEntered("quote")),
        (Move("quote"), StageEntered("quote", pipeline="sales")),
        (Move("quote"), happens("stage_change", to="quote")),
        (Dispose("lost", "price"), happens("disposition", reason="price")),
        (Dispose("removed"), happens("disposition", outcome="removed")),
        (Dispose("won"), happens("disposition")),
        (Convert("sales"), happens("conversion", pipeline="sales")),
        (Convert("sales"), StageEntered("prospecting", pipeline="sales")),
        (Convert("sales"), StageEntered("prospecting")),
        (Enrol("s"), happens("sequence_enrolled", sequence="s")),
        (Enrol("s", after="1 day"), happens("sequence_planned", sequence="s")),
        (Withdraw("s"), happens("sequence_left", sequence="s")),
        (SendMessage("m"), happens("message_planned", content="m")),
        (SendMessage(), happens("message_planned", content="m")),
    ],
)
def test_what_an_action_does_sets_off_what_waits_for_it(action: Action, trigger: Trigger) -> None:
    [found] = told(rule("loop", trigger, action))
    assert found.startswith("rules[0]: loop")


@pytest.mark.parametrize(
    ("action", "trigger"),
    [
        (Tag("x"), happens("tagged", tag="y")),
        (Tag("x"), Happens("tagged", field("tag").one_of("y", "z"))),
        (Tag("x"), happens("untagged")),
        (SetField("n", 5), Happens("fields_set", field("n").at_least(9))),
        (SetField("n", 1), happens("fields_set", n=True)),
        (SetField("n", 5), happens("fields_set", m=5)),
        (CreateTask("call"), happens("task_set", kind="offer")),
        (Unsubscribe(), happens("email_unsubscribed", form="x")),
        (Assign("ada"), happens("assignment", rep="bo")),
        (Move("quote"), StageEntered("won")),
        (Convert("sales"), StageEntered("new", pipeline="leads")),
        (Notify("ada", "hello"), happens("notified")),
        (Tag("x"), Silence("3 days")),
        (SetField("due", None), DateReached("due")),
        (Tag("x"), ScoreReaches(60)),
        (Tag("x"), RatingBecomes("hot")),
    ],
)
def test_what_surely_sets_nothing_off_is_no_loop(action: Action, trigger: Trigger) -> None:
    assert told(rule("fine", trigger, action)) == []


# Loops through the score and the rating


def test_rules_that_go_round_through_the_score_are_a_loop() -> None:
    up = rule("up", ScoreFallsBelow(60), Tag("x"))
    down = rule("down", ScoreReaches(60), Untag("x"))
    assert told(up, down) == []
    [found] = told(up, down, reads=Reads(tags=frozenset({"x"})))
    assert "loop: 'up' -> 'down' -> 'up': tag x, tag x off" in found


def test_one_rule_that_changes_the_score_it_waits_for_crosses_the_line_once() -> None:
    itself = rule("up", ScoreReaches(60), Tag("x"))
    assert told(itself, reads=Reads(tags=frozenset({"x"}))) == []
    told_by_tag = rule("tagged", happens("scored"), Tag("x"))
    assert told(told_by_tag, reads=Reads(tags=frozenset({"y"}))) == []


@pytest.mark.parametrize(
    ("action", "reads"),
    [
        (SetField("n", 1), Reads(fields=frozenset({"n"}))),
        (Untag("x"), Reads(tags=frozenset({"x"}))),
        (Unsubscribe(), Reads(kinds=frozenset({"email_unsubscribed"}))),
        (Move("quote"), Reads(fields=frozenset({"stage"}))),
        (Convert("sales"), Reads(fields=frozenset({"pipeline"}))),
    ],
)
def test_a_change_of_what_a_rating_reads_may_change_the_rating(
    action: Action, reads: Reads
) -> None:
    one = rule("one", RatingBecomes("hot"), action)
    other = rule("other", RatingBecomes("cold"), action)
    assert len(told(one, other, reads=reads)) == 1
    assert told(one, other) == []


def test_what_a_model_and_a_rater_read() -> None:
    model = ScoringModel(
        "m",
        [
            Rule("fields", 1, when=field("n").at_least(2) & ~tag("x")),
            Rule("either", 1, when=any_of(tag("y"), field("a").equals(field("b")))),
            Rule("each", 1, each=activity("page_viewed")),
            Rule("then", 1, when=activity("call").then(activity("meeting"), within="3 days")),
        ],
    )
    assert reads_of_model(model) == Reads(
        frozenset({"n", "a", "b"}),
        frozenset({"x", "y"}),
        frozenset({"page_viewed", "call", "meeting"}),
    )
    assert reads_of_model(None) == reads_of_rater(None) == Reads()
    assert reads_of_rater(Thresholds(hot=60, warm=30)).fields == {"score"}
    assert reads_of_rater(Readiness(self_closing=50, nudge=10)).fields == {"score"}
    sized = TimelineAndSize(medium=Money(1, "EUR"), large=Money(2, "EUR"))
    assert reads_of_rater(sized).fields == {"deal_value", "due"}
    last = Category("rest", when=always())
    assert reads_of_rater(Categories([Category("a", when=tag("t")), last])).tags == {"t"}
    assert reads_of_rater(_Own()) == Reads()
    assert reads_of([]) | Reads(tags=frozenset({"t"})) == Reads(tags=frozenset({"t"}))


class _Own:
    def rate(self, lead: Lead, *, as_of: datetime) -> Rated:
        return Rated(lead.id, as_of)


HEAT = Reads(tags=frozenset({"x", "y"}))


def test_rules_that_all_wait_for_the_same_soon_stop() -> None:
    alike: list[tuple[Trigger, Trigger]] = [
        (ScoreReaches(60), ScoreReaches(80)),
        (ScoreFallsBelow(60), ScoreFallsBelow(30)),
        (RatingBecomes("hot"), RatingBecomes("hot")),
    ]
    for triggers in alike:
        one, other = (rule(f"{n}", each, Tag("x")) for n, each in enumerate(triggers))
        assert told(one, other, reads=HEAT) == []


@pytest.mark.parametrize("back", [ScoreReaches(60), ScoreFallsBelow(60), RatingBecomes("cold")])
def test_what_changes_the_score_by_way_of_another_rule_comes_back(back: Trigger) -> None:
    judged = rule("judged", back, Tag("z"))
    other = rule("other", happens("tagged", tag="z"), Tag("x"))
    apart = [rule("hot", RatingBecomes("hot"), Tag("q")), rule("up", ScoreReaches(5), Tag("q"))]
    for rules in permutations([judged, other, *apart]):
        [found] = told(*rules, reads=HEAT)
        assert "'judged'" in found
        assert "'other'" in found
        assert found.count(" -> ") == 2


def test_each_of_many_ratings_leads_to_each_other() -> None:
    ratings = [rule(f"r{n}", RatingBecomes(f"r{n}"), Notify("ada", "hello")) for n in range(20)]
    for first, second in ((0, 19), (19, 0), (7, 8), (12, 3)):
        rules = list(ratings)
        for n in (first, second):
            rules[n] = rule(f"r{n}", RatingBecomes(f"r{n}"), Tag("x"))
        [found] = told(*rules, reads=HEAT)
        low, high = sorted((first, second))
        assert f"loop: 'r{low}' -> 'r{high}' -> 'r{low}': tag x, tag x" in found
        rules[first] = ratings[first]
        assert told(*rules, reads=HEAT) == []


@pytest.mark.parametrize("kind", ["scored", "rated"])
def test_a_rule_that_waits_for_any_score_comes_back_to_itself(kind: str) -> None:
    [found] = told(rule("again", happens(kind), Tag("x")), reads=HEAT)
    assert "loop: 'again' -> 'again': tag x" in found


def test_of_several_actions_the_one_that_leads_on_is_told() -> None:
    up = rule("up", ScoreReaches(60), Notify("ada", "hello"), Tag("q"), Tag("x"))
    down = rule("down", ScoreFallsBelow(60), CreateTask("call"), Untag("x"))
    [found] = told(up, down, reads=HEAT)
    assert "'down' -> 'up': tag x, tag x off;" in found.replace("'up' -> ", "", 1)


def test_a_rule_that_waits_for_a_rule_to_fire_is_set_off_by_it() -> None:
    one = rule("one", happens("automation", rule="two"), Notify("ada", "hello"))
    two = rule("two", happens("automation", rule="one"), Notify("ada", "hello"))
    [found] = told(one, two)
    assert "loop: 'one' -> 'two' -> 'one': that it fires, that it fires" in found
    assert told(one, rule("two", happens("automation", rule="three"), Tag("x"))) == []


def test_a_number_and_a_boolean_are_different_values() -> None:
    first = rule("first", happens("tagged"), SetField("n", True))
    itself = rule("itself", happens("fields_set", n=1), SetField("n", 1))
    for order in permutations([first, itself]):
        [found] = told(*order)
        assert "loop: 'itself' -> 'itself'" in found


def test_a_decimal_fraction_is_the_value_it_prints_as() -> None:
    [found] = told(rule("itself", happens("fields_set", n=0.1), SetField("n", 0.1)))
    assert "loop: 'itself' -> 'itself': set n to 0.1" in found


def test_where_there_is_no_time_to_ask_each_any_may_be_set_off() -> None:
    where = field("tag").starts_with("a")
    many = [rule(str(n), Happens("tagged", where), Tag(f"b{n}")) for n in range(500)]
    assert told(*many[:400]) == []
    [found] = told(*many)
    assert "loop" in found


def test_a_score_that_reads_that_rules_fired_may_change_with_each() -> None:
    reads = Reads(kinds=frozenset({"automation"}))
    up = rule("up", ScoreReaches(60), Notify("ada", "hello"))
    down = rule("down", ScoreFallsBelow(60), Notify("ada", "hello"))
    [found] = told(up, down, reads=reads)
    assert "that it fires, that it fires" in found


# Contradictions


@pytest.mark.parametrize(
    "then",
    [
        (Tag("x"), Untag("x")),
        (Move("a"), Move("b")),
        (SetField("n", 1), SetField("n", 2)),
        (SetField("n", 1), SetField("n", True)),
        (Enrol("s"), Withdraw("s")),
        (Assign("ada"), Assign("bo")),
        (Dispose("lost", "price"), Dispose("lost", "other")),
    ],
)
def test_what_one_rule_would_do_and_undo_is_a_contradiction(then: Sequence[Action]) -> None:
    one, other = then
    [found] = told(rule("both", Silence("1 day"), *then))
    assert found == f"rules[0].then: contradiction: 'both' would {one}, and {other}"
    [found] = told(rule("a", Silence("1 day"), one), rule("b", Silence("1 day"), other))
    assert found.startswith("rules[1]: contradiction: when nothing is heard for 1 day, 'a' would")


def test_rules_of_conditions_that_follow_from_each_other_contradict_too() -> None:
    large, larger = field("n").at_least(10), field("n").at_least(50)
    one = When(Silence("1 day"), large, [Tag("x")], name="a")
    other = When(Silence("1 day"), larger, [Untag("x")], name="b")
    assert len(told(one, other)) == 1
    assert len(told(other, one)) == 1
    apart = When(Silence("1 day"), field("n").less_than(10), [Untag("x")], name="b")
    assert told(one, apart) == []
    unlike = When(Silence("2 days"), larger, [Untag("x")], name="b")
    assert told(one, unlike) == []


@pytest.mark.parametrize(
    "then",
    [
        (Tag("x"), Tag("x")),
        (Tag("x"), Untag("y")),
        (SetField("n", 1), SetField("m", 2)),
        (CreateTask("call"), CreateTask("offer")),
        (Enrol("s"), Enrol("t")),
    ],
)
def test_what_goes_together_is_no_contradiction(then: Sequence[Action]) -> None:
    assert told(rule("both", Silence("1 day"), *then)) == []


def test_so_many_rules_on_one_thing_are_compared_only_so_far() -> None:
    many = [
        When(ScoreReaches(60), field("n").equals(n), [SetField("f", n)], name=str(n))
        for n in range(100)
    ]
    assert told(*many) == []


def test_so_many_conditions_on_one_kind_are_asked_only_so_far() -> None:
    many = [
        rule(str(n), Happens("tagged", field("tag").one_of(f"a{n}", f"b{n}")), Tag(f"c{n}"))
        for n in range(200)
    ]
    assert told(*many) == []


def test_no_more_than_so_many_problems_are_told() -> None:
    many = [rule(str(n), Silence("1 day"), Tag(f"x{n}"), Untag(f"x{n}")) for n in range(300)]
    assert len(problems(many)) == 100

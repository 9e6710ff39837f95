"""Sequences as definitions: forward only, every step within reach, every problem at once."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leadflow import Activity, activity, field
from leadflow.actions import CreateTask, Enrol, SendMessage, Tag, Unsubscribe
from leadflow.automation.sequence import EXITS, Branch, Sequence, Step, exit_of
from leadflow.automation.window import SendWindow
from leadflow.conditions import always
from leadflow.errors import InvalidDefinition, InvalidValue, LeadflowError, LimitExceeded
from leadflow.events import Conversion, Disposition, Note, Outcome
from leadflow.span import Span

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CLICKED, OPENED = activity("email_clicked"), activity("email_opened")
HELLO = Step("hello", None, [SendMessage("hello")])
MORE = Step("more", "2 days", [SendMessage("more")])
LAST = Step("last", "1 month", [Unsubscribe()])


def odd(value: Any) -> Any:
    """Hide from the type checker what it would refuse."""
    return value


def problems(*steps: Any) -> list[str]:
    with pytest.raises(InvalidDefinition) as caught:
        Sequence("nurture", steps)
    return [str(problem) for problem in caught.value.problems]


# --- steps and branches ---


def test_what_a_step_does_is_short_for_one_branch_for_everybody() -> None:
    assert Step("hello", branches=[Branch([SendMessage("hello")])]) == HELLO
    assert HELLO.branches == (Branch([SendMessage("hello")], always()),)


def test_a_step_is_plain_where_all_leads_go_the_same_way_on() -> None:
    assert HELLO.is_plain
    assert Step("rest", "1 day").is_plain
    for branch in (Branch([], CLICKED), Branch(goto="last"), Branch(ends=True)):
        assert not Step("ask", branches=[branch]).is_plain
    assert not Step("ask", branches=[Branch([], CLICKED), Branch()]).is_plain


def test_a_step_may_do_nothing_but_wait() -> None:
    assert Step("rest", "2 days").branches == (Branch(),)


@pytest.mark.parametrize("after", [Span(days=2), "2 days", timedelta(days=2), "P2D"])
def test_the_time_before_a_step_is_a_span_a_text_or_a_timedelta(after: Any) -> None:
    assert Step("more", after).after == Span(days=2)


def test_a_branch_does_nothing_for_everybody_and_goes_on_unless_told_otherwise() -> None:
    branch = Branch()
    assert (branch.do, branch.when, branch.goto, branch.ends) == ((), always(), None, False)


def test_any_iterables_are_taken() -> None:
    branches = (Branch(iter([Tag("a")]), CLICKED), Branch(iter([Tag("b")])))
    sequence = Sequence("nurture", iter([Step("first", branches=iter(branches))]))
    assert sequence.steps == (Step("first", branches=branches),)


@pytest.mark.parametrize(
    ("branch", "words"),
    [
        (Branch(), "nothing"),
        (Branch(ends=True), "nothing, then end"),
        (Branch([Tag("a"), Unsubscribe()]), "tag a; unsubscribe"),
        (Branch([Tag("a")], CLICKED, goto="last"), "if email_clicked: tag a, then go to last"),
    ],
)
def test_a_branch_says_what_it_does(branch: Branch, words: str) -> None:
    assert str(branch) == words


def test_a_sequence_reads_step_by_step() -> None:
    rest = Step("rest", "2 days", branches=[Branch([Tag("a")], CLICKED), Branch(ends=True)])
    assert str(Sequence("nurture", [HELLO, rest], version="2")).splitlines() == [
        "nurture, version 2",
        "  hello at once: send hello by email",
        "  rest after 2 days: if email_clicked: tag a | nothing, then end",
    ]
    assert repr(Sequence("nurture", [HELLO])) == "Sequence('nurture', 1 step, version '1')"


# --- the way through ---


def test_a_step_leads_to_the_next_one_and_the_last_to_the_end() -> None:
    sequence = Sequence("nurture", [HELLO, MORE])
    assert sequence.following("hello", 0) == MORE
    assert sequence.following("more", 0) is None


def test_a_branch_may_leave_out_steps_or_end_it_and_who_takes_none_goes_on() -> None:
    ask = Step(
        "ask", None, branches=[Branch(when=CLICKED, goto="last"), Branch([], OPENED, None, True)]
    )
    sequence = Sequence("nurture", [ask, MORE, LAST])
    assert sequence.following("ask", 0) == LAST
    assert sequence.following("ask", 1) is None
    assert sequence.following("ask", None) == MORE


@pytest.mark.parametrize(
    ("step", "branch", "words"),
    [("helo", 0, "did you mean 'hello'"), ("hello", 1, "a branch"), ("hello", -1, "a branch")],
)
def test_a_step_or_a_branch_that_is_not_there_is_refused(
    step: str, branch: int, words: str
) -> None:
    with pytest.raises(InvalidValue, match=words):
        Sequence("nurture", [HELLO, MORE]).following(step, branch)


# --- exits ---


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (Activity("email_replied", NOON), "replied"),
        (Activity("email_replied", NOON, data={"automatic": False}), "replied"),
        (Activity("email_replied", NOON, data={"automatic": True}), None),
        (Activity("out_of_office", NOON), None),
        (Activity("appointment_booked", NOON), "booked"),
        (Activity("email_unsubscribed", NOON, data={"automatic": True}), "unsubscribed"),
        (Activity("email_bounced", NOON), "bounced"),
        (Activity("email_clicked", NOON), None),
        (Conversion("sales", "new", NOON), "converted"),
        (Note("hello", NOON), None),
    ],
)
def test_an_event_is_an_exit_or_none(event: Any, code: str | None) -> None:
    assert exit_of(event) == code


@pytest.mark.parametrize(
    ("outcome", "ends"),
    [
        ("unqualified", True),
        ("removed", True),
        ("won", True),
        ("lost", True),
        ("qualified", False),
        ("converted", False),
    ],
)
def test_a_disposition_is_an_exit_where_it_ends_the_work(outcome: Outcome, ends: bool) -> None:
    assert exit_of(Disposition(outcome, NOON)) == ("disposed" if ends else None)


def test_all_exits_hold_unless_some_are_named_and_their_order_does_not_matter() -> None:
    assert Sequence("nurture", [HELLO]).exits == EXITS
    one = Sequence("nurture", [HELLO], exits=("booked", "replied", "booked"))
    assert one.exits == ("replied", "booked")
    assert Sequence("nurture", [HELLO], exits=()).exits == ()


# --- as a value ---


def test_a_sequence_is_a_value_that_pickles() -> None:
    window = SendWindow({"mon-fri": "08:00-10:00"})
    sequence = Sequence("nurture", [HELLO, LAST], when=CLICKED, goal=OPENED, window=window)
    again = pickle.loads(pickle.dumps(sequence))
    assert again == sequence
    assert hash(again) == hash(sequence)


# --- what is refused ---


def test_no_step_is_refused() -> None:
    assert problems() == ["steps: expected at least one step, got none"]


def test_a_key_given_twice_is_refused() -> None:
    assert problems(HELLO, MORE, Step("hello", "1 day")) == [
        "steps[2].key: 'hello' is the key of steps[0] too"
    ]


def test_a_way_back_to_itself_or_to_nowhere_is_refused_with_what_would_work() -> None:
    back = Step("back", None, branches=[Branch([], CLICKED, "hello"), Branch(goto="back")])
    astray = Step("astray", None, branches=[Branch(goto="lost")])
    known = "it would never end (known: astray, last)"
    assert problems(HELLO, back, astray, LAST) == [
        f"steps[1].branches[0].goto: 'hello' is not after 'back'; {known}",
        f"steps[1].branches[1].goto: 'back' is not after 'back'; {known}",
        "steps[2].branches[0].goto: there is no step 'lost' (did you mean 'last'?)",
    ]


def test_a_way_from_the_last_step_is_refused_where_nothing_follows() -> None:
    step = Step("hello", None, branches=[Branch(goto="hello")])
    [problem] = problems(step)
    assert problem.endswith("'hello' is not after 'hello'; it would never end (none is known here)")


def test_a_branch_that_both_goes_on_and_ends_is_refused() -> None:
    step = Step("ask", None, branches=[Branch([], CLICKED, "last", ends=True)])
    assert problems(step, LAST) == [
        "steps[0].branches[0].ends: expected goto or ends, got both (goto 'last')"
    ]


def test_a_step_that_nobody_gets_to_is_refused() -> None:
    jump = Step("jump", None, branches=[Branch([], CLICKED, "last"), Branch(goto="last")])
    assert problems(jump, HELLO, MORE, LAST) == [
        "steps[1]: no lead ever gets to 'hello'",
        "steps[2]: no lead ever gets to 'more'",
    ]


def test_a_step_after_branches_that_together_take_everybody_is_out_of_reach() -> None:
    parted = Step(
        "ask", None, branches=[Branch([], CLICKED, ends=True), Branch([], ~CLICKED, ends=True)]
    )
    assert problems(parted, LAST) == ["steps[1]: no lead ever gets to 'last'"]


def test_a_branch_that_nobody_takes_is_refused() -> None:
    never = field("n").more_than(5) & field("n").less_than(3)
    ask = Step("ask", None, branches=[Branch([], never), Branch(), Branch([], CLICKED, ends=True)])
    assert problems(ask, LAST) == [
        "steps[0].branches[0]: never taken: no lead can meet its condition",
        "steps[0].branches[2]: never taken: a branch before it takes everybody",
    ]


def test_a_channel_that_is_none_is_refused_with_a_hint() -> None:
    step = Step("hello", None, [Tag("a"), SendMessage("hello", channel="E-mail")])
    expected = "channel: expected a channel, got 'E-mail' (did you mean 'email'?)"
    assert problems(step) == [f"steps[0].do[1]: {expected}"]


def test_a_sequence_that_enrols_in_itself_is_refused() -> None:
    assert problems(HELLO, Step("again", "1 month", [Enrol("nurture")])) == [
        "steps[1].do[0]: expected another sequence, got this one; it would never end"
    ]
    other = Sequence("welcome", [Step("on", None, [Enrol("nurture")])])
    assert other.name == "welcome"


def test_all_problems_are_told_at_once() -> None:
    found = problems(
        Step("hello", None, branches=[Branch([Enrol("nurture")], CLICKED, "helo", True)]),
        Step("hello", "1 day", [SendMessage(channel="Phone")]),
    )
    assert [problem.split(":")[0] for problem in found] == [
        "steps[1].key",
        "steps[0].branches[0].ends",
        "steps[0].branches[0].goto",
        "steps[0].branches[0].do[0]",
        "steps[1].do[0]",
    ]


def test_what_is_no_step_is_refused() -> None:
    assert problems(HELLO, "more") == ["steps[1]: expected a Step, got 'more'"]


def test_ten_thousand_steps_are_taken_and_one_more_is_refused() -> None:
    many = [Step(f"s{number}", "1 day") for number in range(10_001)]
    assert len(Sequence("long", many[:-1]).steps) == 10_000
    assert problems(*many) == ["steps: at most 10,000 steps, got 10,001"]


def test_ten_thousand_branches_are_taken_a_hundred_of_a_step_and_one_more_is_refused() -> None:
    broad = [Branch([], CLICKED)] * 100
    many = [Step(f"s{number}", branches=broad) for number in range(100)]
    assert len(Sequence("broad", many).steps) == 100
    found = problems(*many, Step("last"))
    assert found == ["steps: at most 10,000 branches, got 10,001"]
    with pytest.raises(LimitExceeded, match=r"Step.branches: the branches may be at most 100"):
        Step("ask", branches=[*broad, Branch()])


def test_ten_thousand_ways_to_nowhere_are_told_by_the_first_hundred() -> None:
    many = [Step(f"s{n}", None, branches=[Branch(goto="nowhere")]) for n in range(10_000)]
    assert len(problems(*many)) == 100


BAD: list[tuple[Any, tuple[str, ...]]] = [
    (lambda: odd(Branch)(Tag("a")), ("Branch.do", "put it into a list")),
    (lambda: odd(Branch)(["a"]), ("Branch.do[0]", "an action")),
    (lambda: odd(Branch)([], "clicked"), ("Branch.when", "a condition")),
    (lambda: odd(Branch)(goto=" "), ("Branch.goto", "not blank")),
    (lambda: odd(Branch)(ends="no"), ("Branch.ends", "true or false")),
    (lambda: odd(Step)(""), ("Step.key", "not blank")),
    (lambda: odd(Step)("a", "soon"), ("Step.after", "a span such as")),
    (lambda: odd(Step)("a", "0 days"), ("Step.after", "not empty")),
    (lambda: odd(Step)("a", "1 day", CreateTask()), ("Branch.do", "put it into a list")),
    (lambda: odd(Step)("a", branches="b"), ("Step.branches", "a list")),
    (lambda: odd(Step)("a", branches=[Tag("a")]), ("Step.branches[0]", "a Branch")),
    (lambda: odd(Step)("a", None, [Tag("a")], branches=[Branch()]), ("Step.do", "not both")),
    (lambda: odd(Sequence)("", [HELLO]), ("Sequence.name", "not blank")),
    (lambda: odd(Sequence)("a", "b"), ("Sequence.steps", "a list")),
    (lambda: odd(Sequence)("a", [HELLO], when="now"), ("'a' when", "a condition")),
    (lambda: odd(Sequence)("a", [HELLO], goal=5), ("'a' goal", "a condition")),
    (lambda: odd(Sequence)("a", [HELLO], exits=["boked"]), ("exits", "did you mean 'booked'")),
    (lambda: odd(Sequence)("a", [HELLO], exits="booked"), ("exits", "a list of names")),
    (
        lambda: odd(Sequence)("a", [HELLO], window={"mon": "08:00-10:00"}),
        ("window", "a SendWindow"),
    ),
    (lambda: odd(Sequence)("a", [HELLO], rounds=0), ("rounds", "at least 1")),
    (lambda: odd(Sequence)("a", [HELLO], rounds="1"), ("rounds", "a whole number")),
    (lambda: odd(Sequence)("a", [HELLO], version=1), ("version", "text")),
]


@pytest.mark.parametrize(("build", "words"), BAD)
def test_bad_input_is_refused_where_it_enters(build: Any, words: tuple[str, ...]) -> None:
    with pytest.raises(LeadflowError) as caught:
        build()
    assert isinstance(caught.value, InvalidValue | LimitExceeded)
    assert all(word in str(caught.value) for word in words), str(caught.value)

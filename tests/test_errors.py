"""Errors hold facts, build bounded messages and survive pickling."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.errors import (
    MESSAGE_LENGTH,
    Blocker,
    ColumnClash,
    ConflictingEvents,
    DecisionRefused,
    InvalidDefinition,
    InvalidValue,
    LeadflowError,
    LimitExceeded,
    MissingExtra,
    MixedCurrencies,
    NaiveDatetime,
    Problem,
    UnreadableTable,
    did_you_mean,
    printable,
    shown,
)

ERRORS = [
    InvalidValue("points", "'ten'", "a whole number", "write 10"),
    NaiveDatetime("at", "datetime(2026, 1, 1)"),
    LimitExceeded("name", "the characters of a name", 200, "5,000"),
    MixedCurrencies("add", ("EUR", "USD")),
    ConflictingEvents("L-7", "e1", "a call", "a note"),
    InvalidDefinition("model", (Problem("rules[0]", "no name"), Problem("", "no rules"))),
    UnreadableTable("leads.csv", 3, "a row too long", "check the delimiter"),
    MissingExtra("leadflow.frames", "frames"),
    DecisionRefused(
        "L-7",
        "close L-7 as unqualified",
        (Blocker("no_note", "'other' needs a note"), Blocker("missing_field", "due?", "due")),
    ),
]

# Messages


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ERRORS[0], "points: expected a whole number, got 'ten' (write 10)"),
        (InvalidValue("points", "'ten'", "a number"), "points: expected a number, got 'ten'"),
        (
            ERRORS[1],
            (
                "at: expected a datetime with a time zone, got datetime(2026, 1, 1); "
                "attach one, for example tzinfo=timezone.utc"
            ),
        ),
        (ERRORS[2], "name: the characters of a name may be at most 200, got 5,000"),
        (ERRORS[3], "cannot add EUR and USD; convert to one currency with Rates first"),
        (
            ERRORS[4],
            (
                "lead L-7: the event id 'e1' stands for two different events: a call and a note; "
                "a repeat must be equal, another event needs another id"
            ),
        ),
        (ERRORS[5], "model: 2 problems\n  rules[0]: no name\n  no rules"),
        (InvalidDefinition("model", (Problem("a", "b"),)), "model: a: b"),
        (ERRORS[6], "leads.csv, line 3: a row too long (check the delimiter)"),
        (UnreadableTable("leads.csv", None, "empty"), "leads.csv: empty"),
        (
            ERRORS[7],
            "leadflow.frames needs the extra 'frames' (pip install 'leadflow[frames]')",
        ),
        (
            ERRORS[8],
            (
                "cannot close L-7 as unqualified; 2 things stand against it\n"
                "  'other' needs a note\n  due?"
            ),
        ),
        (
            DecisionRefused("L-7", "accept L-7 as SQL", (Blocker("not_mql", "is an SQL"),)),
            "cannot accept L-7 as SQL; is an SQL",
        ),
    ],
)
def test_a_message_says_what_was_asked_what_was_found_and_what_would_work(
    error: LeadflowError, message: str
) -> None:
    assert str(error) == message


def test_a_definition_with_many_problems_shows_the_first_and_counts_the_rest() -> None:
    error = InvalidDefinition("model", tuple(Problem(f"rules[{n}]", "bad") for n in range(25)))
    lines = str(error).splitlines()
    assert lines[0] == "model: 25 problems"
    assert lines[20] == "  rules[19]: bad"
    assert lines[21:] == ["  … and 5 more"]


def test_a_refusal_for_many_reasons_shows_the_first_and_counts_the_rest() -> None:
    blockers = tuple(Blocker("no_note", f"note {n}") for n in range(25))
    lines = str(DecisionRefused("L-7", "close L-7 as lost", blockers)).splitlines()
    assert lines[0] == "cannot close L-7 as lost; 25 things stand against it"
    assert lines[20:] == ["  note 19", "  … and 5 more"]


def test_a_refusal_keeps_its_blockers_through_pickling() -> None:
    error = DecisionRefused("L-7", "close L-7", (Blocker("missing_field", "due?", "due"),))
    again = pickle.loads(pickle.dumps(error))
    assert (again.lead, again.asked, again.blockers) == ("L-7", "close L-7", error.blockers)


def test_the_base_leaves_the_message_to_each_error() -> None:
    with pytest.raises(NotImplementedError):
        LeadflowError().message()


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_every_error_is_caught_as_the_one_base_and_carries_fields(error: LeadflowError) -> None:
    assert isinstance(error, LeadflowError)
    assert not isinstance(error, ValueError)
    with pytest.raises(LeadflowError) as raised:
        raise error
    assert raised.value is error


def test_a_missing_extra_is_an_import_error_too() -> None:
    assert isinstance(MissingExtra("leadflow.frames", "frames"), ImportError)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("again", [lambda e: pickle.loads(pickle.dumps(e)), copy.deepcopy])
def test_every_error_survives_pickling_and_copying(
    error: LeadflowError, again: Callable[[LeadflowError], LeadflowError]
) -> None:
    assert type(again(error)) is type(error)
    assert again(error).args == error.args
    assert str(again(error)) == str(error)


@given(st.text(max_size=5_000), st.text(max_size=5_000))
def test_a_message_is_bounded_and_shows_nothing_that_redraws_a_terminal(
    where: str, found: str
) -> None:
    message = str(InvalidValue(where, found, "something else"))
    assert len(message) <= 2 * MESSAGE_LENGTH
    assert all(
        character.isprintable() or character == "\n" for character in printable_only(message)
    )


def printable_only(message: str) -> Iterator[str]:
    """Leave out unassigned and private characters and odd spaces: they are shown as they are."""
    return (c for c in message if ord(c) < 0x80 or c in "\u202e\u200b\u2028")


# What is shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("Žofie\n", "Žofie\n"),
        ("\x1b[31m", "\\x1b[31m"),
        ("a\u202eb\u200b", "a\\u202eb\\u200b"),
        ("\u2028\ud800\x00", "\\u2028\\ud800\\x00"),
        ("a\u00a0b\n", "a\u00a0b\n"),
    ],
)
def test_what_does_not_print_is_escaped(text: str, expected: str) -> None:
    assert printable(text) == expected


def test_escaping_cannot_outgrow_the_bound() -> None:
    assert len(printable("\U000e0001" * 100, 100)) == 100


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("ada", "'ada'"),
        (b"ada", "b'ada'"),
        (5, "5"),
        (True, "True"),
        (2**256, "an int of 257 bits"),
        ([1] * 7, "a list of 7"),
        ((), "a tuple of 0"),
        ({"a": 1}, "a dict of 1"),
        ({1}, "a set of 1"),
        (frozenset({1}), "a frozenset of 1"),
        (None, "None"),
        ("x" * 10**6, "'" + "x" * 78 + "…"),
    ],
)
def test_any_value_is_shown_in_a_few_characters(value: Any, expected: str) -> None:
    assert shown(value) == expected


def test_a_huge_number_is_shown_by_its_size() -> None:
    assert shown(-(10**5000)) == "an int of 16610 bits"


def test_a_value_whose_repr_fails_is_shown_by_its_type() -> None:
    class Odd:
        def __repr__(self) -> str:
            raise RuntimeError

    assert shown(Odd()) == "an object of type Odd"
    assert shown(Fraction(10**5000)) == "an object of type Fraction"


@pytest.mark.parametrize(
    ("asked", "known", "hint"),
    [
        ("employes", ["employees", "country"], "did you mean 'employees'?"),
        ("zzz", ["b", "a", "a"], "known: a, b"),
        ("zzz", [], "none is known here"),
        ("9", "abcdefghijklmn", "known: a, b, c, d, e, f, g, h, i, j, k, l, …"),
        ("9", "abcdefghijkl", "known: a, b, c, d, e, f, g, h, i, j, k, l"),
        ("x" * 10**6, ["y"], "known: y"),
    ],
)
def test_a_hint_names_the_closest_word_or_the_words_there_are(
    asked: str, known: Iterable[str], hint: str
) -> None:
    assert did_you_mean(asked, known) == hint


def test_a_clash_of_columns_tells_one_name_from_two_that_differ_in_case() -> None:
    same = ColumnClash("leads", "points", "points", "rename it")
    assert str(same) == "the leads have another column named 'points' (rename it)"
    alike = ColumnClash("leads", "points", "Points", "rename it")
    assert "named 'Points', which is 'points' but for upper and lower case" in str(alike)

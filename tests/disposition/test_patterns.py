"""Patterns in the notes of "other": what they have in common, and what is proposed for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leadflow import Lead
from leadflow.disposition.patterns import Pattern, patterns_in_other
from leadflow.disposition.reason import Reason
from leadflow.errors import LeadflowError
from leadflow.events import Activity, Disposition

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def said(*notes: str | None, reason: str | None = "other") -> list[Disposition]:
    """Close a lead a day, each with a note."""
    return [
        Disposition("lost", NOON + timedelta(days=day), reason=reason, note=note)
        for day, note in enumerate(notes)
    ]


def found(*notes: str, least: int = 2) -> dict[str, int]:
    """Find the phrases in notes, with their support."""
    return {p.phrase: p.support for p in patterns_in_other(said(*notes), least=least)}


def odd(value: Any) -> Any:
    """Hide from the type checker what it would refuse."""
    return value


# --- what is a pattern ---


def test_a_phrase_of_enough_notes_is_a_pattern_with_its_notes_and_a_key() -> None:
    notes = ["Moved abroad!", "They MOVED  abroad.", "no answer", "moved, abroad"]
    assert patterns_in_other(said(*notes)) == (
        Pattern(
            "moved abroad", 3, ("Moved abroad!", "They MOVED  abroad.".replace("  ", " "),
            "moved, abroad"), "moved_abroad",
        ),
    )  # fmt: skip
    assert patterns_in_other(said(*notes), least=4) == ()


def test_only_notes_of_the_reason_count() -> None:
    notes = ["moved abroad"] * 3
    assert patterns_in_other(said(*notes, reason="price")) == ()
    assert patterns_in_other(said(*notes, reason=None)) == ()
    assert patterns_in_other(said(None, None, None, "", "...")) == ()
    assert patterns_in_other([]) == ()
    assert patterns_in_other(said(*notes, reason="price"), reason=" price ")[0].support == 3


def test_a_note_counts_once_however_often_it_says_the_phrase() -> None:
    assert found("merger merger, merger", "merger") == {"merger": 2}
    assert found("merger merger merger") == {}


def test_a_phrase_has_at_most_four_words() -> None:
    assert found(*["alpha beta gamma delta epsilon"] * 2) == {
        "alpha beta gamma delta": 2,
        "beta gamma delta epsilon": 2,
    }


def test_stop_words_stand_within_a_phrase_but_not_at_its_ends() -> None:
    assert found("the cost of ownership is", "the cost of ownership") == {"cost of ownership": 2}
    assert found("nie ma już firmy", "nie ma już firmy i") == {"nie ma już firmy": 2}
    assert found("this is what they do", "this is what they do") == {}


def test_numbers_alone_are_none_but_may_stand_within_a_phrase() -> None:
    assert found("3 000", "3 000") == {}
    assert found("bought 3 seats", "bought 3 seats") == {"bought 3 seats": 2}
    assert found("10k", "10k") == {"10k": 2}


def test_a_phrase_within_a_longer_one_of_equal_support_is_left_out() -> None:
    assert found("wants a rebate now", "wants a rebate now") == {"wants a rebate now": 2}


def test_a_shorter_phrase_stays_where_a_note_of_its_own_has_it() -> None:
    longer = ["sap connector"] * 2
    assert found(*longer, "connector") == {"connector": 3, "sap connector": 2}


def test_a_shorter_phrase_goes_where_longer_ones_share_all_its_notes() -> None:
    assert found(*["sap connector"] * 2, *["excel connector"] * 2) == {
        "excel connector": 2,
        "sap connector": 2,
    }


def test_the_most_frequent_come_first_then_the_longest_then_by_text() -> None:
    notes = ["merger", "merger", "merger", "wrong country", "wrong country", "zeta", "zeta"]
    assert list(found(*notes, "alpha", "alpha")) == ["merger", "wrong country", "alpha", "zeta"]


def test_the_order_of_the_dispositions_does_not_matter() -> None:
    given = said(*["sap connector", "excel connector", "merger", "connector for SAP"] * 5)
    turned = [*given[7:], *given[:7]][::-1]
    assert patterns_in_other(iter(turned)) == patterns_in_other(given)


# --- examples ---


def test_examples_are_three_different_notes_the_oldest_first() -> None:
    notes = ["merger c", "merger b", "merger c", "merger a", "merger d"]
    given = said(*notes)
    assert patterns_in_other(given[::-1])[0].examples == ("merger c", "merger b", "merger a")
    together = [Disposition("lost", NOON, reason="other", note=note) for note in notes]
    assert patterns_in_other(together)[0].examples == ("merger a", "merger b", "merger c")


def test_an_example_is_bounded_and_shows_what_does_not_print_as_code() -> None:
    (pattern,) = patterns_in_other(said("merger\x1b[2J\n" + "x" * 60_000), least=1)[:1]
    assert pattern.examples[0].startswith("merger\\x1b[2J xxx")
    assert len(pattern.examples[0]) == 200


# --- words ---


@pytest.mark.parametrize(
    ("notes", "phrase"),
    [
        (["Don't need", "don’t need", "DONT NEED"], "dont need"),
        (["follow-up", "follow up", "follow_up"], "follow up"),
        (["NEEDS \uff33\uff33\uff2f", "needs sso", "needs, SSO"], "needs sso"),
        (["Straße", "STRASSE", "strasse"], "strasse"),
        (["Cafe\u0301 closed", "café closed", "CAFÉ closed"], "café closed"),
        (["za wysoka cena", "WYSOKA CENA", "(wysoka cena)"], "wysoka cena"),
        (["מחר גבוה", "\u200fמחר גבוה", "מחר, גבוה."], "מחר גבוה"),
        (["價格太高", "價格太高。", "「價格太高」"], "價格太高"),
        (["बजट नहीं", "बजट नहीं!", "बजट, नहीं"], "बजट नहीं"),
        (["می\u200cخرید", "میخرید", "میخرید!"], "میخرید"),
    ],
)
def test_case_width_punctuation_and_script_do_not_matter(notes: list[str], phrase: str) -> None:
    assert found(*notes, least=3) == {phrase: 3}


def test_only_the_first_2000_characters_of_a_note_are_looked_at() -> None:
    assert found("x" * 1_993 + " merger", "merger") == {"merger": 2}
    assert found("x" * 1_994 + " merger", "merger") == {}


def test_only_the_first_300_words_of_a_note_are_looked_at() -> None:
    assert found("1 " * 299 + "merger", "merger") == {"merger": 2}
    assert found("1 " * 300 + "merger", "merger") == {}


# --- the key that is proposed ---


@pytest.mark.parametrize(
    ("note", "key"),
    [
        ("Moved abroad", "moved_abroad"),
        ("za wysoka cena łódź", "wysoka_cena_lodz"),
        ("Übernahme Ærø", "ubernahme_aero"),
        ("המחיר גבוה", "המחיר_גבוה"),
        ("brak 商談", "brak_商談"),
        ("other", "other_2"),
        ("no budget", "no_budget_3"),
    ],
)
def test_a_key_is_the_phrase_in_snake_case_and_free(note: str, key: str) -> None:
    (pattern,) = patterns_in_other(said(note), least=1, known=["no_budget", "no_budget_2"])
    assert pattern.reason == key
    assert Reason(key).key == key


def test_no_two_patterns_propose_one_key() -> None:
    patterns = patterns_in_other(said("café", "cafe", "cafè"), least=1)
    assert [(p.phrase, p.reason) for p in patterns] == [
        ("cafe", "cafe"),
        ("cafè", "cafe_2"),
        ("café", "cafe_3"),
    ]


def test_a_mark_or_a_filler_alone_makes_no_key() -> None:
    assert found("\u0301", "\u0301") == {}
    assert found("\u3164", "\u3164") == {}
    (pattern,) = patterns_in_other(said("\u0301 merger"), least=1)
    assert pattern.reason == "\u0301_merger"


def test_a_long_phrase_makes_a_key_that_is_cut() -> None:
    (pattern,) = patterns_in_other(said("x" * 59 + " merger"), least=1)
    assert pattern.reason == "x" * 59


def test_a_pattern_reads_as_a_line() -> None:
    assert str(patterns_in_other(said("merger"), least=1)[0]) == "merger: 1 note; propose merger"


# --- bad input ---


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: patterns_in_other(odd(5)), "dispositions list 5"),
        (lambda: patterns_in_other(odd("other")), "dispositions list 'other'"),
        (lambda: patterns_in_other([*said("a"), odd("b")]), "dispositions[1] a Disposition 'b'"),
        (lambda: patterns_in_other([odd(Lead("L-7"))]), "dispositions[0] Lead events"),
        (lambda: patterns_in_other([odd(Activity("call", NOON))]), "dispositions[0] Activity"),
        (lambda: patterns_in_other([], reason=" "), "reason blank"),
        (lambda: patterns_in_other([], reason=odd(None)), "reason text None"),
        (lambda: patterns_in_other([], least=0), "least at least 1 got 0"),
        (lambda: patterns_in_other([], least=odd(2.5)), "least whole 2.5"),
        (lambda: patterns_in_other([], least=odd(True)), "least whole True"),
        (lambda: patterns_in_other([], known=odd("price")), "known list 'price'"),
        (lambda: patterns_in_other([], known=[odd(5)]), "known text 5"),
    ],
)
def test_bad_input_is_refused_with_what_would_work(made: Callable[[], object], words: str) -> None:
    with pytest.raises(LeadflowError) as caught:
        made()
    for word in words.split():
        assert word in str(caught.value)

"""Pipelines: the table of moves, and the one way through it."""

from __future__ import annotations

import ast
import pickle
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import pytest

import leadflow
from leadflow import Activity, Lead, Money, activity, field
from leadflow.conditions import all_of
from leadflow.errors import (
    InvalidDefinition,
    InvalidValue,
    LeadflowError,
    MoveRefused,
    NaiveDatetime,
)
from leadflow.events import Conversion, Disposition, Event, FieldsSet, Note, Reopened, StageChange
from leadflow.pipeline import NextMove, Offer, OfferCheck, Pipeline, Stage

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
WON, LOST = Stage("won", kind="won"), Stage("lost", kind="lost")
ANY: Any = Pipeline
"""The same class, for input that a type checker would refuse."""
SALES = Pipeline(
    "sales",
    [Stage("new"), Stage("working"), WON, LOST],
    {
        "new": ["working", "lost"],
        "working": ["won", "lost"],
        "won": ["working"],
        "lost": ["new", "working"],
    },
)
CLOSED = Disposition("lost", NOW, reason="price")


def at_stage(stage: str | None, *events: Event, **given: Any) -> Lead:
    return Lead("L-7", stage=stage, events=events, **given)


def codes(pipeline: Pipeline, lead: Lead, to: str, at: datetime = NOW, **how: Any) -> list[str]:
    return [blocker.code for blocker in pipeline.blockers(lead, to, at=at, **how)]


def only(pipeline: Pipeline, lead: Lead, to: str, at: datetime = NOW, **how: Any) -> str:
    """The words of the one blocker there is."""
    (blocker,) = pipeline.blockers(lead, to, at=at, **how)
    return blocker.because


def line(*stages: Stage, **options: Any) -> Pipeline:
    return Pipeline.linear("line", stages, **options)


# Built


def test_a_pipeline_starts_in_its_first_stage_and_is_labelled_by_its_key_unless_told() -> None:
    assert (SALES.starts, SALES.label) == (("new",), "sales")
    told = attrs.evolve(SALES, starts=["working", "new"], label="מכירות")
    assert (told.starts, told.label) == (("working", "new"), "מכירות")


def test_a_line_may_start_in_several_stages_and_elsewhere_than_in_the_first() -> None:
    built = line(LOST, Stage("new"), Stage("talking"), WON, starts=["new", "talking"], reopen=False)
    assert built.starts == ("new", "talking")
    assert not codes(built, at_stage(None), "talking")


def test_stages_and_moves_are_any_iterable() -> None:
    built = Pipeline("p", iter([Stage("a"), WON]), {" a ": iter(["won", "won "])})
    assert built.moves == {"a": ("won",)}


@pytest.mark.parametrize(
    ("stages", "moves", "starts", "path", "words"),
    [
        ([Stage("a"), WON], {"a": ["wom"]}, None, "moves.a[0]",
         "there is no stage 'wom': did you mean 'won'?"),
        ([Stage("a"), WON], {"a": ["won"], "b": ["won"]}, None, "moves.b",
         "there is no stage 'b': known: a, won"),
        ([Stage("a"), WON], {"a": ["a", "won"]}, None, "moves.a[0]",
         "a stage cannot lead to itself"),
        ([Stage("a"), WON, Stage("a")], {"a": ["won"]}, None, "stages[2].key",
         "'a' is the key of stages[0] too"),
        ([Stage("a"), Stage("b"), WON], {"a": ["won"], "b": ["won"]}, None, "stages[1]",
         "nothing leads to 'b'"),
        ([Stage("a"), Stage("b"), WON], {"a": ["b", "won"]}, None, "stages[1]",
         "'b' has no way out"),
        ([Stage("a"), Stage("b", kind="on_hold"), WON], {"a": ["b", "won"]}, None, "stages[1]",
         "'b' has no way out"),
        ([Stage("a"), Stage("b"), Stage("c"), WON], {"a": ["b", "won"], "b": ["c"], "c": ["b"]},
         None, "stages[1]", "'b' never leads to a closed stage"),
        ([Stage("a"), WON, LOST], {"a": ["won"]}, None, "stages[2]", "nothing leads to 'lost'"),
        ([Stage("a"), Stage("b")], {"a": ["b"], "b": ["a"]}, None, "stages",
         "expected a closed stage (kind won or lost), got none"),
        ([], {}, None, "stages", "expected a closed stage"),
        ([], {}, None, "starts", "expected a stage to start in, got none"),
        ([Stage("a"), WON], {"a": ["won"]}, [], "starts", "expected a stage to start in, got none"),
        ([Stage("a"), WON], {"a": ["won"]}, ["A"], "starts",
         "there is no stage 'A': did you mean 'a'?"),
        ([Stage("a"), "won"], {"a": ["won"]}, None, "stages[1]", "expected a Stage, got 'won'"),
        ([None], {}, None, "stages[0]", "expected a Stage, got None"),
        ([Stage(f"s{n}") for n in range(501)], {}, None, "stages",
         "at most 500 stages, got 501"),
    ],
)  # fmt: skip
def test_a_pipeline_that_cannot_work_is_refused(
    stages: Any, moves: Any, starts: Any, path: str, words: str
) -> None:
    given = {} if starts is None else {"starts": starts}
    with pytest.raises(InvalidDefinition) as refusal:
        Pipeline("p", stages, moves, **given)
    assert refusal.value.what == "pipeline 'p'"
    said = {problem.path: problem.message for problem in refusal.value.problems}
    assert words in said[path]


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(InvalidDefinition) as refusal:
        Pipeline("p", [Stage("a"), Stage("a")], {"a": ["b", "a"], "c": []}, starts=["d"])
    assert [problem.path for problem in refusal.value.problems] == [
        "stages[1].key",
        "starts",
        "moves.a[0]",
        "moves.a[1]",
        "moves.c",
        "stages",
    ]


def test_no_more_than_a_hundred_problems_are_looked_for() -> None:
    with pytest.raises(InvalidDefinition) as refusal:
        Pipeline("p", [Stage("a"), WON], {"a": [f"s{n}" for n in range(1_000)]})
    assert len(refusal.value.problems) == 100
    assert len(str(refusal.value)) <= 2_000


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: ANY("", [WON], {}), "Pipeline.key: expected a name that is not blank"),
        (lambda: ANY(None, [WON], {}), "Pipeline.key: expected text, got None"),
        (lambda: ANY("p", WON, {}), "Pipeline.stages: expected a list, got Stage("),
        (lambda: ANY("p", "won", {}), "Pipeline.stages: expected a list, got 'won'"),
        (lambda: ANY("p", [WON], [("won", [])]), "Pipeline.moves: expected a mapping"),
        (lambda: ANY("p", [WON], {"won": "lost"}), "Pipeline.moves.won: expected a list"),
        (lambda: ANY("p", [WON], {"won": [1]}), "Pipeline.moves.won: expected text, got 1"),
        (lambda: ANY("p", [WON], {1: []}), "Pipeline.moves: expected text, got 1"),
        (
            lambda: ANY("p", [WON], {"a": [], "a ": []}),
            "Pipeline.moves: expected each stage once",
        ),
        (lambda: ANY("p", [WON], {}, label="\n"), "Pipeline.label: expected a label"),
        (lambda: ANY("p", [WON], {}, label="a\u202eb"), "steering characters"),
        (lambda: ANY("p", [WON], {}, starts="won"), "Pipeline.starts: expected a list"),
        (lambda: ANY("p", [WON], {}, starts=None), "Pipeline.starts: expected a list"),
        (lambda: ANY.linear("p", None), "Pipeline.stages: expected a list, got None"),
        (lambda: line(WON, skip="no"), "Pipeline.linear skip: expected true or false, got 'no'"),
        (lambda: line(WON, skip=None), "Pipeline.linear skip: expected true or false, got None"),
        (lambda: line(WON, back=np.array([1, 2])), "Pipeline.linear back: expected true or false"),
        (lambda: line(WON, reopen=0), "Pipeline.linear reopen: expected true or false, got 0"),
    ],
)
def test_bad_input_is_refused_with_its_place(build: Any, words: str) -> None:
    with pytest.raises(LeadflowError) as refusal:
        build()
    assert words in str(refusal.value)


def test_a_pipeline_is_a_value() -> None:
    again = pickle.loads(pickle.dumps(SALES))
    assert again == SALES
    assert hash(again) == hash(SALES)
    assert again.move(at_stage("new"), "working", NOW) == SALES.move(
        at_stage("new"), "working", NOW
    )


def test_a_pipeline_is_a_collection_of_its_stages() -> None:
    assert list(SALES) == list(SALES.stages)
    assert len(SALES) == 4
    assert "new" in SALES
    for other in ("nwe", "", None, 7, ["new"], SALES["new"]):
        assert other not in SALES


def test_a_pipeline_is_shown_short() -> None:
    assert repr(SALES) == "Pipeline('sales', 4 stages)"
    assert repr(Pipeline("p", [WON], {})) == "Pipeline('p', 1 stage)"
    most = line(*(Stage(f"s{n}") for n in range(499)), WON)
    assert repr(attrs.evolve(most, key="k" * 200)) == f"Pipeline({'k' * 200!r}, 500 stages)"


def test_a_notebook_shows_the_first_hundred_stages_and_says_so() -> None:
    page = line(*(Stage(f"s{n}") for n in range(100)), WON)._repr_html_()
    assert "<caption>pipeline line, the first 100 of 101 stages shown</caption>" in page
    assert page.count("<tr>") == 101
    assert "shown" not in line(*(Stage(f"s{n}") for n in range(99)), WON)._repr_html_()


def test_a_stage_is_found_by_its_key() -> None:
    assert SALES["won"] == WON


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("wno", "stage of pipeline 'sales': expected the key of a stage, got 'wno'"),
        ("wno", "did you mean 'won'?"),
        (None, "got None"),
        (["won"], "got a list of 1"),
    ],
)
def test_a_stage_that_is_not_there_is_an_error_everywhere(key: Any, words: str) -> None:
    lead = at_stage("new")
    for ask in (
        lambda: SALES[key],
        lambda: SALES.required(key),
        lambda: SALES.without(key),
        lambda: SALES.move(lead, key, NOW),
        lambda: SALES.reopen(lead, key, NOW),
        lambda: SALES.blockers(lead, key, at=NOW),
    ):
        with pytest.raises(InvalidValue) as refusal:
            ask()
        assert words in str(refusal.value)


# In a line

STEPS = (Stage("a"), Stage("b"), Stage("c"))
REST = Stage("rest", kind="on_hold")
WON2, LOST2 = Stage("won2", kind="won"), Stage("lost2", kind="lost")


@pytest.mark.parametrize(
    ("options", "moves"),
    [
        ({}, {"a": "b c won lost", "b": "c a won lost", "c": "a b won lost",
              "won": "a b c", "lost": "a b c"}),
        ({"skip": False}, {"a": "b lost", "b": "c a lost", "c": "a b won lost",
                           "won": "a b c", "lost": "a b c"}),
        ({"back": False}, {"a": "b c won lost", "b": "c won lost", "c": "won lost",
                           "won": "a b c", "lost": "a b c"}),
        ({"reopen": False}, {"a": "b c won lost", "b": "c a won lost", "c": "a b won lost",
                             "won": "", "lost": ""}),
        ({"skip": False, "back": False, "reopen": False},
         {"a": "b lost", "b": "c lost", "c": "won lost", "won": "", "lost": ""}),
    ],
)  # fmt: skip
def test_a_line_leads_as_its_options_say(options: dict[str, bool], moves: dict[str, str]) -> None:
    built = line(*STEPS, WON, LOST, **options)
    assert built.moves == {key: tuple(to.split()) for key, to in moves.items()}


def test_a_line_leads_in_and_out_of_on_hold_and_on_among_won_stages() -> None:
    other = Stage("other", kind="on_hold")
    built = line(Stage("a"), REST, other, WON, WON2, LOST, LOST2, reopen=False)
    assert built.moves == {
        "a": ("rest", "other", "won", "won2", "lost", "lost2"),
        "rest": ("a", "other", "lost", "lost2"),
        "other": ("a", "rest", "lost", "lost2"),
        "won": ("won2",),
        "won2": (),
        "lost": (),
        "lost2": (),
    }


def test_a_line_may_have_a_label_and_equals_its_literal_table() -> None:
    built = line(Stage("a"), WON, label="Sales", reopen=False)
    assert built == Pipeline("line", [Stage("a"), WON], {"a": ["won"], "won": []}, label="Sales")


def test_a_line_tells_what_is_no_stage() -> None:
    with pytest.raises(InvalidDefinition, match=r"stages\[1\]: expected a Stage, got 'won'"):
        Pipeline.linear("line", [Stage("a"), "won"])  # type: ignore[list-item]


def test_a_line_of_the_most_stages_is_built_and_of_more_refused_quickly() -> None:
    stages = [Stage(f"s{n}") for n in range(499)]
    assert len(line(*stages, WON).moves["s0"]) == 499
    many = [attrs.evolve(STEPS[0], key=f"s{n}") for n in range(20_000)]
    begun = time.perf_counter()
    with pytest.raises(InvalidDefinition, match="at most 500 stages, got 20,001"):
        line(*many, WON)
    assert time.perf_counter() - begun < 2


# Moving


def test_a_move_is_a_stage_change_that_says_from_where_by_whom_and_why() -> None:
    change = SALES.move(at_stage("new"), "working", NOW, by="ada", reason="answered the phone")
    assert change == StageChange(
        "working", NOW, from_="new", pipeline="sales", by="ada", reason="answered the phone"
    )
    moved = at_stage("new").after(change)
    assert (moved.stage, moved.pipeline) == ("working", "sales")


def test_a_move_changes_nothing_by_itself() -> None:
    lead = at_stage("new")
    SALES.move(lead, "working", NOW)
    assert lead == at_stage("new")


def test_the_instant_of_a_move_is_kept_in_utc() -> None:
    warsaw = datetime(2026, 3, 1, 13, tzinfo=ZoneInfo("Europe/Warsaw"))
    assert SALES.move(at_stage("new"), "working", warsaw).at == NOW


def test_a_refused_move_says_where_from_where_to_and_what_is_allowed() -> None:
    with pytest.raises(MoveRefused) as refusal:
        SALES.move(at_stage("working"), "new", NOW)
    words = "cannot move L-7 from 'working' to 'new'; 'working' leads to won, lost"
    assert str(refusal.value) == words
    error = refusal.value
    assert (error.lead, error.from_, error.to) == ("L-7", "working", "new")


def test_a_refused_move_can_be_pickled() -> None:
    with pytest.raises(MoveRefused) as refusal:
        SALES.move(at_stage("working"), "new", NOW)
    again = pickle.loads(pickle.dumps(refusal.value))
    assert (str(again), again.blockers) == (str(refusal.value), refusal.value.blockers)


NEEDY = Pipeline(
    "needy",
    [
        Stage("new", attempts=6),
        Stage(
            "quoted",
            requires=["budget", "deal_value"],
            entry=all_of(field("employees").at_least(5), activity("meeting").times(at_least=1)),
            offer=OfferCheck("EUR"),
        ),
        WON,
        LOST,
    ],
    {"new": ["quoted", "lost"], "quoted": ["won", "lost"], "won": ["quoted"], "lost": ["new"]},
)
KNOWN: dict[str, Any] = {
    "deal_value": Money(10, "EUR"),
    "fields": {"budget": 20, "employees": 5},
}
MET = Activity("meeting", NOW)
NOTED = Note("will call back", NOW)
FITS = Offer(Money(20, "EUR"))


def ready(stage: str | None, *events: Event, **given: Any) -> Lead:
    """A lead that lacks nothing to be worked, unless told: met, and with all fields."""
    return at_stage(stage, *(events or (MET,)), **{**KNOWN, **given})


def ended(stage: str | None, **given: Any) -> Lead:
    """The same, and closed with a reason."""
    return ready(stage, CLOSED, MET, **given)


@pytest.mark.parametrize(
    ("lead", "to", "how", "code", "words"),
    [
        (ended("new", pipeline="leads"), "lost", {}, "other_pipeline",
         "the lead stands in pipeline 'leads', not in 'needy'"),
        (ended("nwe"), "lost", {}, "unknown_stage",
         "there is no stage 'nwe': did you mean 'new'? in 'needy'"),
        (ready("quoted"), "new", {}, "not_a_move", "'quoted' leads to won, lost"),
        (ready("new"), "new", {}, "not_a_move", "'new' leads to quoted, lost"),
        (ended(None), "lost", {}, "not_a_move", "a lead without a stage starts in new"),
        (ended("lost"), "new", {}, "closed", "the lead is closed in 'lost'; reopen it"),
        (ended("new"), "quoted", {"offer": FITS}, "closed", "the lead is closed in 'new'; reopen it"),
        (ended(None), "new", {}, "closed", "the lead is closed; reopen it"),
        (ready("new", MET), "quoted", {"reopening": True, "offer": FITS}, "not_closed",
         "going from 'new' to 'quoted' is a move"),
        (ready(None, MET), "new", {"reopening": True}, "not_closed",
         "the lead has not begun; move it"),
        (ready(None, MET, StageChange("new", LATER)), "quoted", {"offer": FITS}, "too_early",
         "at 2026-03-01T12:00:00+00:00 is before the last change, 2026-03-01T13:00:00+00:00"),
        (ready("new", MET), "lost", {}, "no_disposition",
         "'lost' needs a disposition: why it ended, in the lead's log"),
        (ready("new", Disposition("lost", NOW, reason="unreachable")), "lost", {}, "attempts",
         "0 of 6 attempts made; not yet unreachable"),
        (ready("new", deal_value=None), "quoted", {"offer": FITS}, "missing_field",
         "deal_value is not known"),
        (ready("new", NOTED), "quoted", {"offer": FITS}, "unmet_condition",
         "not met: meeting"),
        (ready("new"), "quoted", {"offer": None}, "no_offer",
         "'quoted' needs the offer, to check it"),
        (ready("new"), "quoted", {"offer": Offer(Money(21, "EUR"))}, "offer",
         "the price, 21 EUR, is more than the budget, 20 EUR"),
    ],
)  # fmt: skip
def test_each_blocker_alone(
    lead: Lead, to: str, how: dict[str, Any], code: str, words: str
) -> None:
    found = NEEDY.blockers(lead, to, at=NOW, **how)
    assert [(blocker.code, blocker.because) for blocker in found] == [(code, words)]


def test_a_lead_that_was_closed_in_an_open_stage_is_reopened_there_or_further_on() -> None:
    for to in ("new", "quoted"):
        back = NEEDY.reopen(ended("new"), to, LATER, offer=FITS if to == "quoted" else None)
        assert (back.to, back.from_) == (to, "new")
        assert ended("new").after(back).disposition is None
    codes = [each.code for each in NEEDY.blockers(ended("new"), "lost", at=NOW, reopening=True)]
    assert codes == ["not_closed"]


def test_a_lead_that_was_closed_before_it_began_is_reopened_where_leads_start() -> None:
    back = NEEDY.reopen(ended(None), "new", LATER)
    assert ended(None).after(back).stage == "new"
    with pytest.raises(MoveRefused, match="a lead without a stage starts in new"):
        NEEDY.reopen(ended(None), "quoted", LATER, offer=FITS)


def test_what_blocks_nothing_moves() -> None:
    assert NEEDY.move(ready("new"), "quoted", NOW, offer=FITS).to == "quoted"
    assert NEEDY.move(ended("new"), "lost", NOW).to == "lost"


def test_everything_that_stands_against_a_move_is_told_at_once() -> None:
    lead = at_stage("lost", StageChange("lost", LATER), pipeline="needy")
    found = NEEDY.blockers(lead, "quoted", at=NOW)
    assert [(blocker.code, blocker.field) for blocker in found] == [
        ("not_a_move", None),
        ("closed", None),
        ("too_early", None),
        ("missing_field", "budget"),
        ("missing_field", "deal_value"),
        ("unmet_condition", None),
        ("unmet_condition", None),
        ("no_offer", None),
    ]
    with pytest.raises(MoveRefused) as refusal:
        NEEDY.move(lead, "quoted", NOW)
    assert refusal.value.blockers == found
    lines = str(refusal.value).splitlines()
    assert lines[0] == "cannot move L-7 from 'lost' to 'quoted'; 8 things stand against it"
    assert lines[1:3] == ["  'lost' leads to new", "  the lead is closed in 'lost'; reopen it"]
    assert len(lines) == 9


def test_a_long_refusal_is_bounded() -> None:
    pipeline = line(Stage("a"), Stage("b", requires=[f"field_{n}" for n in range(200)]), WON)
    with pytest.raises(MoveRefused) as refusal:
        pipeline.move(at_stage("a"), "b", NOW)
    assert len(refusal.value.blockers) == 200
    assert str(refusal.value).endswith("… and 180 more")


def test_from_no_stage_the_refusal_says_so() -> None:
    with pytest.raises(MoveRefused, match="cannot move L-7 from no stage to 'won'; a lead without"):
        SALES.move(at_stage(None), "won", NOW)


def test_a_stage_that_leads_nowhere_says_so() -> None:
    pipeline = line(Stage("a"), WON, reopen=False)
    assert pipeline.blockers(at_stage("won"), "a", at=NOW)[0].because == (
        "'won' leads to no other stage"
    )
    unlisted = Pipeline("p", [Stage("a"), WON], {"a": ["won"]})
    assert unlisted.blockers(at_stage("won"), "a", at=NOW)[0].because == (
        "'won' leads to no other stage"
    )


@pytest.mark.parametrize("start", ["new", "working"])
def test_a_lead_without_a_stage_enters_where_leads_start(start: str) -> None:
    pipeline = attrs.evolve(SALES, starts=["new", "working"])
    change = pipeline.move(at_stage(None), start, NOW)
    assert (change.from_, change.pipeline) == (None, "sales")


@pytest.mark.parametrize("lead", ["L-7", None, {"stage": "new"}, 7])
def test_what_is_no_lead_is_refused(lead: Any) -> None:
    for ask in (
        lambda: SALES.move(lead, "working", NOW),
        lambda: SALES.reopen(lead, "working", NOW),
        lambda: SALES.blockers(lead, "working", at=NOW),
        lambda: SALES.next_moves(lead, at=NOW),
        lambda: SALES.stage_of(lead),
    ):
        with pytest.raises(InvalidValue, match="lead: expected a Lead, got "):
            ask()


@pytest.mark.parametrize("given", [None, 0, "no", np.array([True, False])])
def test_whether_it_is_a_reopening_is_true_or_false(given: Any) -> None:
    with pytest.raises(InvalidValue, match="reopening: expected true or false, got "):
        SALES.blockers(at_stage("won"), "working", at=NOW, reopening=given)


def test_times_need_a_zone() -> None:
    naive = datetime(2026, 3, 1, 12)
    for ask in (
        lambda: SALES.move(at_stage("new"), "working", naive),
        lambda: SALES.reopen(at_stage("won"), "working", naive),
        lambda: SALES.blockers(at_stage("new"), "working", at=naive),
        lambda: SALES.next_moves(at_stage("new"), at=naive),
    ):
        with pytest.raises(NaiveDatetime, match="at: expected a datetime with a time zone"):
            ask()
    with pytest.raises(InvalidValue, match="at: expected a datetime"):
        SALES.move(at_stage("new"), "working", date(2026, 3, 1))  # type: ignore[arg-type]


@pytest.mark.parametrize("given", [{"by": " "}, {"by": 7}, {"reason": 7}])
def test_a_move_by_nobody_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue, match="StageChange"):
        SALES.move(at_stage("new"), "working", NOW, **given)


# Side by side


def test_pipelines_stand_side_by_side_and_a_lead_in_one() -> None:
    leads = line(Stage("new"), Stage("qualified", kind="won"))
    lead = at_stage(None)
    lead = lead.after(leads.move(lead, "new", NOW))
    assert leads.stage_of(lead) == Stage("new")
    assert SALES.stage_of(lead) is None
    assert codes(SALES, lead, "working") == ["other_pipeline"]
    converted = lead.after(Conversion("sales", "new", LATER))
    assert (SALES.stage_of(converted), leads.stage_of(converted)) == (Stage("new"), None)
    assert SALES.move(converted, "working", LATER).to == "working"


def test_a_lead_of_no_known_pipeline_stands_where_its_stage_is_known() -> None:
    assert SALES.stage_of(at_stage("won")) == WON
    assert SALES.stage_of(at_stage("elsewhere")) is None
    assert SALES.stage_of(at_stage(None)) is None


# Required fields and entry conditions

GATHERING = line(
    Stage("a", requires=["one"]),
    Stage("b", requires=["two", "one"]),
    Stage("rest", kind="on_hold", requires=["three"]),
    Stage("c"),
    Stage("won", kind="won", requires=["four"]),
    Stage("lost", kind="lost", requires=["five"]),
    Stage("d", requires=["six"]),
)


@pytest.mark.parametrize(
    ("stage", "fields"),
    [
        ("a", "one"),
        ("b", "one two"),
        ("rest", "three"),
        ("c", "one two"),
        ("won", "one two four"),
        ("lost", "five"),
        ("d", "one two six"),
    ],
)
def test_required_fields_accumulate_along_the_open_stages(stage: str, fields: str) -> None:
    assert GATHERING.required(stage) == tuple(fields.split())


def test_l2_what_is_still_required_is_named_field_by_field() -> None:
    lead = at_stage("a", fields={"one": 1})
    missing = [(b.code, b.field) for b in GATHERING.blockers(lead, "won", at=NOW)]
    assert missing == [("missing_field", "two"), ("missing_field", "four")]
    known = lead.after(FieldsSet({"two": "", "four": 0}, NOW))
    assert GATHERING.blockers(known, "won", at=NOW) == ()


def test_a_field_that_became_unknown_is_missing_again() -> None:
    lead = at_stage("a", FieldsSet({"two": None}, NOW), fields={"one": 1, "two": 2})
    assert codes(GATHERING, lead, "b") == ["missing_field"]


def test_attributes_may_be_required_too() -> None:
    pipeline = line(Stage("a"), Stage("b", requires=["owner", "deal_value"]), WON)
    assert codes(pipeline, at_stage("a"), "b") == ["missing_field"] * 2
    assert codes(pipeline, at_stage("a", owner="ann", deal_value=Money(1, "EUR")), "b") == []


def test_an_entry_condition_is_told_part_by_part() -> None:
    entry = all_of(field("employees").at_least(5), field("country").equals("PL"))
    pipeline = line(Stage("a"), Stage("b", entry=entry), WON)
    lead = at_stage("a", fields={"employees": 4})
    assert [b.because for b in pipeline.blockers(lead, "b", at=NOW)] == [
        "not met: employees is at least 5",
        "not met: country is 'PL'",
    ]
    half = lead.after(FieldsSet({"country": "PL"}, NOW))
    assert only(pipeline, half, "b") == "not met: employees is at least 5"
    assert codes(pipeline, half.after(FieldsSet({"employees": 5}, NOW)), "b") == []


def test_an_entry_condition_of_one_part_is_told_whole() -> None:
    entry = field("employees").at_least(5) | field("country").equals("PL")
    pipeline = line(Stage("a"), Stage("b", entry=entry), WON)
    assert only(pipeline, at_stage("a"), "b").startswith("not met: employees is at least 5 or ")


def test_what_happens_after_the_move_does_not_help_it() -> None:
    entry = activity("meeting").times(at_least=1)
    pipeline = line(Stage("a"), Stage("b", requires=["x"], entry=entry, offer=OfferCheck("EUR")),
                    WON, LOST)  # fmt: skip
    need = Note("in their words", LATER, topic="security", need="must-have")
    later = (FieldsSet({"x": 1, "budget": 1}, LATER), Activity("meeting", LATER), need)
    lead = at_stage("a", *later, Disposition("lost", LATER))
    offer = Offer(Money(2, "EUR"))
    assert codes(pipeline, lead, "b", offer=offer) == ["missing_field", "unmet_condition"]
    assert codes(pipeline, lead, "b", LATER, offer=offer) == ["closed", "offer", "offer"]
    assert codes(pipeline, lead, "lost") == ["no_disposition"]
    assert codes(pipeline, lead, "lost", LATER) == []


@pytest.mark.parametrize("outcome", ["qualified", "converted", "won"])
def test_a_lead_is_not_lost_by_a_disposition_that_says_otherwise(outcome: Any) -> None:
    lead = at_stage("working", Disposition(outcome, NOW))
    assert codes(SALES, lead, "lost") == ["no_disposition"]
    assert only(SALES, lead, "lost") == f"the lead's disposition says {outcome}, and 'lost' is lost"
    for lost in ("unqualified", "removed", "lost"):
        assert not codes(SALES, at_stage("working", Disposition(lost, NOW)), "lost")


@pytest.mark.parametrize("outcome", ["unqualified", "removed", "lost"])
def test_a_lead_is_not_won_by_a_disposition_that_says_otherwise(outcome: Any) -> None:
    pipeline = line(Stage("a"), Stage("won", kind="won", needs_disposition=True))
    lead = at_stage("a", Disposition(outcome, NOW))
    assert only(pipeline, lead, "won") == f"the lead's disposition says {outcome}, and 'won' is won"
    for won in ("won", "qualified", "converted"):
        assert not codes(pipeline, at_stage("a", Disposition(won, NOW)), "won")


def test_what_is_neither_won_nor_lost_takes_any_disposition_it_asks_for() -> None:
    pipeline = line(Stage("a"), Stage("rest", kind="on_hold", needs_disposition=True), WON)
    assert codes(pipeline, at_stage("a"), "rest") == ["no_disposition"]
    for outcome in ("won", "lost", "removed"):
        assert not codes(pipeline, at_stage("a", Disposition(outcome, NOW)), "rest")


def test_a_disposition_from_before_the_stage_binds_nothing() -> None:
    pipeline = line(Stage("a"), Stage("rest", kind="on_hold"), WON, LOST)
    lead = at_stage("a", Disposition("unqualified", NOW, reason="not_ready"))
    lead = lead.after(pipeline.move(lead, "rest", NOW))
    assert not codes(pipeline, lead, "lost")  # of one instant
    lead = lead.after(pipeline.move(lead, "a", LATER))
    much_later = NOW + timedelta(days=200)
    assert only(pipeline, lead, "lost", much_later) == (
        "'lost' needs a new disposition: the one of 2026-03-01T12:00:00+00:00 is from before the "
        "last change, 2026-03-01T13:00:00+00:00"
    )
    assert codes(pipeline, lead, "lost", much_later) == ["no_disposition"]
    lead = lead.after(pipeline.move(lead, "rest", much_later))
    assert codes(pipeline, lead, "lost", much_later) == ["no_disposition"]
    again = lead.after(Disposition("lost", much_later, reason="price"))
    assert not codes(pipeline, again, "lost", much_later)


def test_among_closed_stages_the_disposition_that_closed_the_lead_still_counts() -> None:
    pipeline = line(Stage("a"), WON, LOST, Stage("lost2", kind="lost"))
    moves = dict(pipeline.moves) | {"lost": ("lost2",)}
    pipeline = attrs.evolve(pipeline, moves=moves)
    lead = at_stage("a", CLOSED)
    lead = lead.after(pipeline.move(lead, "lost", LATER))
    assert not codes(pipeline, lead, "lost2", LATER)


def test_a_later_disposition_does_not_hide_the_earlier_one() -> None:
    lead = at_stage("new", CLOSED, Disposition("lost", LATER, reason="budget"))
    assert SALES.move(lead, "lost", NOW).to == "lost"


# Closing, W4


def test_a_lost_stage_may_be_told_not_to_ask_and_a_won_one_to_ask() -> None:
    pipeline = line(
        Stage("a"),
        Stage("won", kind="won", needs_disposition=True),
        Stage("lost", kind="lost", needs_disposition=False),
    )
    assert codes(pipeline, at_stage("a"), "won") == ["no_disposition"]
    assert codes(pipeline, at_stage("a"), "lost") == []
    assert codes(pipeline, at_stage("a", Disposition("won", NOW)), "won") == []


def tried(*answers: bool | str, reason: str = "unreachable", stage: str = "new") -> Lead:
    """A lead that was called so often; a text is the kind of another activity."""
    made = [
        Activity(answer, NOW + timedelta(minutes=n))
        if isinstance(answer, str)
        else Activity("call", NOW + timedelta(minutes=n), answered=answer)
        for n, answer in enumerate(answers)
    ]
    return at_stage(stage, *made, Disposition("lost", LATER, reason=reason))


@pytest.mark.parametrize(
    ("lead", "words"),
    [
        (tried(*[False] * 5), "5 of 6 attempts made; not yet unreachable"),
        (tried(*[False] * 6), None),
        (tried(*["voicemail"] * 6), None),
        (tried(*[False] * 5, "email_sent"), "5 of 6 attempts made"),
        (tried(*["email_sent"] * 9), "0 of 6 attempts made"),
        (tried(*[False] * 6, True, False), "1 of 6 attempts made"),
        (tried(*[False] * 6, "call_received"), "0 of 6 attempts made"),
        (tried(*[False] * 6, True, *[False] * 6), None),
        (tried(*[False] * 5, reason="price"), None),
        (tried(*[False] * 5, stage="quoted"), None),
    ],
)
def test_w4_six_attempts_come_before_unreachable(lead: Lead, words: str | None) -> None:
    found = [str(blocker) for blocker in NEEDY.blockers(lead, "lost", at=LATER)]
    assert len(found) == (words is not None)
    assert words is None or found[0].startswith(words)


@pytest.mark.parametrize("reason", ["unreachable", "Unreachable", "UNREACHABLE", " unreachable "])
@pytest.mark.parametrize("asks", [None, True, False])
def test_w4_attempts_are_asked_of_every_lost_stage_however_the_reason_is_written(
    reason: str, asks: bool | None
) -> None:
    pipeline = line(
        Stage("new", attempts=6), WON, Stage("lost", kind="lost", needs_disposition=asks)
    )
    assert codes(pipeline, tried(reason=reason), "lost", LATER) == ["attempts"]
    assert codes(pipeline, tried(*[False] * 6, reason=reason), "lost", LATER) == []
    assert codes(pipeline, tried(reason="price"), "lost", LATER) == []


def test_w4_an_earlier_stay_asks_for_no_attempts_of_a_stage_that_asks_no_reason() -> None:
    lost = Stage("lost", kind="lost", needs_disposition=False)
    pipeline = line(Stage("a", attempts=6), Stage("b", attempts=6), WON, lost)
    lead = at_stage("a", Disposition("lost", NOW, reason="unreachable"))
    assert codes(pipeline, lead, "lost", LATER) == ["attempts"]
    moved = lead.after(StageChange("b", LATER))
    assert codes(pipeline, moved, "lost", LATER) == []
    none = at_stage("a", Disposition("lost", NOW))
    assert codes(pipeline, none, "lost", LATER) == []


def test_w4_attempts_after_the_move_do_not_count() -> None:
    lead = tried(*[False] * 6).after(Disposition("lost", NOW, reason="unreachable"))
    assert only(NEEDY, lead, "lost", NOW + timedelta(minutes=4)).startswith("5 of 6")


def test_w4_a_lead_of_no_stage_has_no_attempts_to_make() -> None:
    pipeline = attrs.evolve(NEEDY, starts=["new", "lost"])
    assert codes(pipeline, tried(stage="new"), "lost", LATER) == ["attempts"]
    lead = Lead("L-7", events=tried().events)
    assert codes(pipeline, lead, "lost", LATER) == []


# The offer, L11


def test_l11_an_offer_is_checked_before_it_goes_out() -> None:
    need = Note("Needs single sign-on", NOW, topic="single sign-on", need="must-have")
    lead = ready("new", MET, need)
    with pytest.raises(MoveRefused) as refusal:
        NEEDY.move(lead, "quoted", NOW, offer=Offer(Money(30, "EUR")))
    assert [str(blocker) for blocker in refusal.value.blockers] == [
        "the price, 30 EUR, is more than the budget, 20 EUR",
        "single sign-on is a must-have that the offer does not cover",
    ]
    lifted = lead.after(attrs.evolve(need, at=LATER, need="nice-to-have"))
    assert NEEDY.move(lifted, "quoted", LATER, offer=FITS).to == "quoted"
    assert codes(NEEDY, ready("new"), "quoted", offer=Offer(Money(1, "USD"))) == ["offer"]


@pytest.mark.parametrize(
    ("to", "offer", "words"),
    [
        ("lost", FITS, "offer for stage 'lost': expected None"),
        ("quoted", 20, "offer: expected an Offer, got 20"),
        ("lost", 20, "offer: expected an Offer, got 20"),
    ],
)
def test_an_offer_that_is_none_or_that_nobody_checks_is_refused(
    to: str, offer: Any, words: str
) -> None:
    with pytest.raises(InvalidValue) as refusal:
        NEEDY.blockers(ready("new"), to, at=NOW, offer=offer)
    assert words in str(refusal.value)


# Time and equal instants


def test_a_move_at_the_instant_of_the_last_change_comes_after_it() -> None:
    lead = at_stage("new")
    for to in ("working", "won"):
        lead = lead.after(SALES.move(lead, to, NOW))
    lead = lead.after(SALES.reopen(lead, "working", NOW))
    assert [(e.to, e.sequence) for e in lead.events] == [  # type: ignore[union-attr]
        ("working", None),
        ("won", 0),
        ("working", 1),
    ]
    assert lead.stage == "working"
    assert codes(SALES, lead, "won", NOW - timedelta(microseconds=1)) == ["too_early"]


def test_after_the_highest_sequence_of_an_instant_nothing_follows_at_it() -> None:
    last = StageChange("working", NOW, sequence=2**63 - 1)
    lead = at_stage("new", last)
    assert only(SALES, lead, "won") == (
        "at 2026-03-01T12:00:00+00:00 the last change has the highest sequence; none can follow it"
    )
    assert codes(SALES, lead, "won") == ["too_early"]
    with pytest.raises(MoveRefused, match="the highest sequence"):
        SALES.move(lead, "won", NOW)
    assert SALES.move(lead, "won", LATER).sequence is None
    before = at_stage("new", attrs.evolve(last, sequence=2**63 - 2))
    assert SALES.move(before, "won", NOW).sequence == 2**63 - 1


@pytest.mark.parametrize("log", [(), (Activity("call", NOW - timedelta(days=1)),)])
def test_nobody_moves_before_the_lead_came_in(log: tuple[Event, ...]) -> None:
    lead = Lead("L-7", LATER, stage="new", events=log)
    assert codes(SALES, lead, "working") == ["too_early"]
    assert only(SALES, lead, "working") == (
        "at 2026-03-01T12:00:00+00:00 is before the lead came in, 2026-03-01T13:00:00+00:00"
    )
    assert codes(SALES, lead, "working", LATER) == []


def test_other_events_of_the_same_instant_or_later_leave_a_move_alone() -> None:
    lead = at_stage("new", MET, Activity("call", LATER))
    assert SALES.move(lead, "working", NOW).sequence is None


@pytest.mark.parametrize("event", [Reopened("new", LATER), Conversion("sales", "new", LATER)])
def test_reopenings_and_conversions_are_changes_too(event: Event) -> None:
    lead = at_stage(None, event)
    assert codes(SALES, lead, "working") == ["too_early"]
    change = SALES.move(lead, "working", LATER)
    assert (change.sequence, lead.after(change).stage) == (0, "working")


# Closed and reopened


def test_a_closed_lead_is_reopened_and_its_closing_reason_cleared_but_kept_in_the_log() -> None:
    lead = at_stage("working", CLOSED)
    lead = lead.after(SALES.move(lead, "lost", NOW))
    assert lead.disposition == CLOSED
    again = SALES.reopen(lead, "new", LATER, by="ada", reason="new budget")
    assert again == Reopened(
        "new", LATER, from_="lost", pipeline="sales", by="ada", reason="new budget"
    )
    back = lead.after(again)
    assert (back.stage, back.disposition) == ("new", None)
    assert CLOSED in back.events
    assert codes(SALES, back, "lost", LATER) == ["no_disposition"]


def test_reopening_at_the_instant_of_the_disposition_clears_it_too() -> None:
    lead = at_stage("lost", attrs.evolve(CLOSED, sequence=3))
    back = lead.after(SALES.reopen(lead, "new", NOW))
    assert (back.stage, back.disposition) == ("new", None)


def test_a_reopening_before_the_disposition_is_refused_for_it_would_stand_on() -> None:
    lead = at_stage(None, StageChange("won", NOW), Disposition("lost", LATER, reason="price"))
    between = NOW + timedelta(minutes=1)
    assert only(SALES, lead, "working", between, reopening=True) == (
        "at 2026-03-01T12:01:00+00:00 is before the last disposition, 2026-03-01T13:00:00+00:00"
    )
    with pytest.raises(MoveRefused, match="before the last disposition"):
        SALES.reopen(lead, "working", between)
    assert lead.after(SALES.reopen(lead, "working", LATER)).disposition is None


def test_a_refused_reopening_says_why() -> None:
    with pytest.raises(MoveRefused) as refusal:
        SALES.reopen(at_stage("won"), "new", NOW)
    assert str(refusal.value) == "cannot move L-7 from 'won' to 'new'; 'won' leads to working"
    with pytest.raises(MoveRefused, match="going from 'new' to 'working' is a move"):
        SALES.reopen(at_stage("new"), "working", NOW)


def test_from_won_to_won_is_a_move_and_no_reopening() -> None:
    pipeline = line(Stage("a"), WON, WON2)
    assert pipeline.move(at_stage("won"), "won2", NOW).to == "won2"
    assert codes(pipeline, at_stage("won"), "won2", reopening=True) == ["not_closed"]
    assert codes(pipeline, at_stage("won"), "a") == ["closed"]
    assert codes(pipeline, at_stage("won"), "a", reopening=True) == []


# What comes next


def test_l2_next_moves_tell_where_a_lead_could_go_and_what_is_missing() -> None:
    quoted, lost = NEEDY.next_moves(ready("new", MET, deal_value=None), at=NOW)
    assert (quoted.to.key, [b.code for b in quoted.blockers]) == (
        "quoted",
        ["missing_field", "no_offer"],
    )
    assert (lost.to, [b.code for b in lost.blockers]) == (LOST, ["no_disposition"])
    assert not quoted.is_free


def test_next_moves_check_an_offer_where_a_stage_checks_one() -> None:
    found = NEEDY.next_moves(ready("new"), at=NOW, offer=FITS)
    assert [(move.to.key, move.is_free) for move in found] == [("quoted", True), ("lost", False)]
    found = NEEDY.next_moves(ended("new"), at=NOW, offer=FITS)
    assert [(move.to.key, move.reopening, move.is_free) for move in found] == [
        ("quoted", True, True),
        ("lost", False, True),
        ("new", True, True),
    ]


def test_next_moves_of_a_closed_lead_are_reopenings_or_moves_of_its_kind() -> None:
    pipeline = line(Stage("a"), WON, WON2)
    assert pipeline.next_moves(at_stage("won"), at=NOW) == (
        NextMove(WON2, ()),
        NextMove(Stage("a"), (), reopening=True),
    )


def test_next_moves_of_a_lead_without_a_stage_are_the_starts() -> None:
    assert SALES.next_moves(at_stage(None), at=NOW) == (NextMove(Stage("new"), ()),)


@pytest.mark.parametrize(
    ("lead", "code"),
    [(at_stage("new", pipeline="leads"), "other_pipeline"), (at_stage("nwe"), "unknown_stage")],
)
def test_next_moves_of_a_lead_that_stands_elsewhere_say_so(lead: Lead, code: str) -> None:
    (start,) = SALES.next_moves(lead, at=NOW)
    assert [blocker.code for blocker in start.blockers] == [code]


def test_next_moves_of_a_stage_that_leads_nowhere_are_none() -> None:
    assert (
        Pipeline("p", [Stage("a"), WON], {"a": ["won"]}).next_moves(at_stage("won"), at=NOW) == ()
    )


# Without a stage, W9


def test_w9_what_led_to_a_stage_leads_to_where_it_led() -> None:
    less = SALES.without("working")
    assert [stage.key for stage in less.stages] == ["new", "won", "lost"]
    assert less.moves == {"new": ("won", "lost"), "won": (), "lost": ("new",)}


def test_w9_the_label_and_the_other_starts_stay() -> None:
    pipeline = attrs.evolve(SALES, label="Sales", starts=["working", "new"])
    assert pipeline.without("working").starts == ("new",)
    assert pipeline.without("lost").starts == ("working", "new")
    assert pipeline.without("lost").label == "Sales"


def test_w9_without_its_start_a_pipeline_starts_in_the_first_open_stage_it_led_to() -> None:
    assert SALES.without("new").starts == ("working",)
    assert line(*STEPS, WON).without("a") == line(*STEPS[1:], WON)


def test_w9_what_only_this_stage_required_is_required_no_longer() -> None:
    assert GATHERING.without("b").required("c") == ("one",)


def test_w9_a_line_without_a_stage_goes_round_it() -> None:
    less = line(*STEPS, WON, LOST, skip=False, back=False).without("b")
    assert less == line(STEPS[0], STEPS[2], WON, LOST, skip=False, back=False)


def test_w9_taking_out_a_closed_stage_makes_no_short_cut_through_reopening() -> None:
    less = line(*STEPS, WON, LOST, skip=False).without("lost")
    assert less == line(*STEPS, WON, skip=False)


def test_w9_a_closed_stage_is_rejoined_with_those_of_its_kind() -> None:
    moves = {"a": ["won"], "won": ["won2", "a"], "won2": ["won"]}
    pipeline = Pipeline("p", [Stage("a"), WON, WON2], moves)
    assert pipeline.without("won").moves == {"a": ("won2",), "won2": ("a",)}


def test_w9_a_closed_stage_does_not_lead_to_another_past_the_open_one_it_was_reopened_into() -> (
    None
):
    moves = {"a": ["b"], "b": ["won", "lost"], "won": ["b"], "lost": ["b"]}
    pipeline = Pipeline("p", [Stage("a"), Stage("b"), WON, LOST], moves)
    assert pipeline.without("b").moves == {"a": ("won", "lost"), "won": (), "lost": ()}


@pytest.mark.parametrize(
    ("pipeline", "stage", "words"),
    [
        (SALES.without("lost"), "won", "expected a closed stage (kind won or lost), got none"),
        (Pipeline("p", [Stage("a"), WON], {"a": ["won"]}), "a", "expected a stage to start in"),
    ],
)
def test_w9_what_a_pipeline_cannot_do_without_is_refused(
    pipeline: Pipeline, stage: str, words: str
) -> None:
    with pytest.raises(InvalidDefinition) as refusal:
        pipeline.without(stage)
    assert words in str(refusal.value)


# Shown


def test_a_notebook_shows_the_table_with_everything_escaped() -> None:
    pipeline = line(
        Stage("a", "<script>", expected="2 days", probability=0.25, requires=["x"]),
        WON,
        label="ליד & co",
    )
    html = pipeline._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "ליד &amp; co" in html
    assert ("2 days" in html, "25%" in html, "100%" in html) == (True, True, True)


# Nothing else


def made_or_handed_on(path: Path) -> Iterator[str]:
    """Go through what is called, and through the bare names that are handed to what is called."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        yield name
        if name != "isinstance":
            yield from (given.id for given in node.args if isinstance(given, ast.Name))


def test_nothing_else_in_the_library_sets_a_stage() -> None:
    source = Path(leadflow.__file__).parent
    callers = {
        path.relative_to(source).as_posix()
        for path in source.rglob("*.py")
        if {"StageChange", "Reopened"} & set(made_or_handed_on(path))
    }
    assert callers == {"pipeline/pipeline.py"}

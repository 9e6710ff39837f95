"""The ready pipelines."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from leadflow import Activity, Lead
from leadflow.errors import InvalidDefinition, InvalidValue, MoveRefused
from leadflow.events import Disposition
from leadflow.pipeline import Pipeline, next_action
from leadflow.presets import (
    generic_pipeline,
    outreach_pipeline,
    qualification_pipeline,
    sales_pipeline,
    status_pipeline,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ALL: dict[str, Callable[[], Pipeline]] = {
    "outreach": outreach_pipeline,
    "status": status_pipeline,
    "status he": lambda: status_pipeline("he"),
    "qualification": qualification_pipeline,
    "qualification pl": lambda: qualification_pipeline("pl"),
    "sales": sales_pipeline,
    "sales pl": lambda: sales_pipeline("pl"),
    "generic": generic_pipeline,
}
TRANSLATED: list[tuple[Any, str]] = [
    (status_pipeline, "he"),
    (qualification_pipeline, "pl"),
    (sales_pipeline, "pl"),
]
every = pytest.mark.parametrize("build", ALL.values(), ids=list(ALL))


def without_labels(pipeline: Pipeline) -> tuple[Any, ...]:
    stages = [
        (s.key, s.kind, s.expected, s.probability, s.respond_within, s.follow_up, s.attempts)
        for s in pipeline.stages
    ]
    return pipeline.key, stages, pipeline.moves, pipeline.starts


def keys(pipeline: Pipeline, *kinds: str) -> list[str]:
    return [stage.key for stage in pipeline.stages if not kinds or stage.kind in kinds]


def walked(pipeline: Pipeline, *path: str) -> Lead:
    """Walk a lead along a path of free moves."""
    lead = Lead("L-7")
    for days, to in enumerate(path):
        lead = lead.after(pipeline.move(lead, to, NOW + timedelta(days=days)))
    return lead


@every
def test_each_call_returns_a_fresh_equal_value(build: Callable[[], Pipeline]) -> None:
    assert build() == build()
    assert build() is not build()


@every
def test_labels_differ_from_each_other_and_are_no_keys(build: Callable[[], Pipeline]) -> None:
    pipeline = build()
    labels = [stage.label for stage in pipeline.stages]
    assert len(set(labels)) == len(labels)
    assert not set(labels) & set(keys(pipeline))


@pytest.mark.parametrize(("build", "language"), TRANSLATED)
def test_a_language_changes_the_labels_and_nothing_else(build: Any, language: str) -> None:
    english, other = build("en"), build(language)
    assert without_labels(english) == without_labels(other)
    assert english == build()
    assert english.label != other.label
    for here, there in zip(english.stages, other.stages, strict=True):
        assert here.label != there.label


def test_hebrew_labels_are_written_in_hebrew() -> None:
    for stage in status_pipeline("he").stages:
        letters = [c for c in stage.label if c.isalpha()]
        assert letters
        assert all(unicodedata.name(c).startswith("HEBREW") for c in letters)


@pytest.mark.parametrize(
    ("build", "language", "words"),
    [
        (status_pipeline, "pl", "language: expected one of en, he, got 'pl' (known: en, he)"),
        (status_pipeline, "HE", "did you mean 'he'?"),
        (qualification_pipeline, "he", "expected one of en, pl, got 'he'"),
        (sales_pipeline, "EN", "did you mean 'en'?"),
        (sales_pipeline, None, "language: expected text, got None"),
        (sales_pipeline, np.array(["en", "pl"]), "language: expected text, got array("),
    ],
)
def test_an_unknown_language_is_refused(build: Any, language: Any, words: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        build(language)
    assert words in str(refusal.value)


def test_a11_the_six_stages_and_a_lost_one() -> None:
    pipeline = outreach_pipeline()
    assert keys(pipeline, "open", "won") == [
        "to_contact",
        "in_contact",
        "follow_up",
        "prepare_proposal",
        "proposal_sent",
        "won",
    ]
    assert keys(pipeline, "lost") == ["lost"]
    assert walked(pipeline, *keys(pipeline, "open", "won")).stage == "won"


def test_w1_the_seven_statuses() -> None:
    pipeline = status_pipeline()
    assert keys(pipeline) == [
        "new",
        "no_answer",
        "first_contact",
        "in_process",
        "not_interested",
        "customer",
        "inactive_customer",
    ]
    assert keys(pipeline, "lost") == ["not_interested"]
    assert keys(pipeline, "won") == ["customer", "inactive_customer"]


@pytest.mark.parametrize(
    ("stage", "attribute", "value"),
    [
        ("new", "respond_within", "10 minutes"),
        ("new", "expected", "1 day"),
        ("no_answer", "attempts", "6"),
        ("no_answer", "follow_up", "1 day"),
        ("first_contact", "follow_up", "2 days"),
        ("in_process", "follow_up", "3 days"),
        ("not_interested", "follow_up", "3 months"),
        ("customer", "follow_up", "1 month"),
        ("inactive_customer", "follow_up", "3 months"),
    ],
)
def test_w3_to_w8_the_times_of_the_statuses(stage: str, attribute: str, value: str) -> None:
    assert str(getattr(status_pipeline()[stage], attribute)) == value


@pytest.mark.parametrize(
    "path",
    [
        ("new", "first_contact", "in_process", "customer", "inactive_customer", "customer"),
        ("new", "no_answer", "first_contact", "customer"),
        ("new", "first_contact", "no_answer", "first_contact", "in_process", "no_answer"),
    ],
)
def test_w1_the_main_paths_of_the_statuses(path: tuple[str, ...]) -> None:
    assert walked(status_pipeline(), *path).stage == path[-1]


@pytest.mark.parametrize("stage", ["new", "no_answer", "first_contact", "in_process"])
def test_w4_no_status_is_a_way_round_the_six_attempts(stage: str) -> None:
    pipeline = status_pipeline()
    calls = [Activity("call", NOW, answered=False) for _ in range(5)]
    lead = Lead("L-7", stage=stage, events=[*calls, Disposition("lost", NOW, reason="unreachable")])
    with pytest.raises(MoveRefused, match="5 of 6 attempts made"):
        pipeline.move(lead, "not_interested", NOW)
    sixth = lead.after(Activity("call", NOW, answered=False))
    assert pipeline.move(sixth, "not_interested", NOW).to == "not_interested"


@pytest.mark.parametrize(
    ("start", "back"),
    [
        ("not_interested", "first_contact"),
        ("not_interested", "in_process"),
        ("customer", "in_process"),
        ("inactive_customer", "in_process"),
    ],
)
def test_w7_w8_closed_statuses_are_reopened(start: str, back: str) -> None:
    pipeline = status_pipeline()
    lead = Lead("L-7", stage=start)
    assert lead.after(pipeline.reopen(lead, back, NOW)).stage == back


def test_n2_qualification_is_a_pipeline_of_its_own() -> None:
    pipeline = qualification_pipeline()
    assert walked(pipeline, "new", "contacting", "assessing", "qualified").stage == "qualified"
    assert keys(pipeline, "won") == ["qualified"]
    assert keys(pipeline, "lost") == ["unqualified"]
    assert all(stage.expected for stage in pipeline.stages if stage.kind == "open")
    assert pipeline.key != sales_pipeline().key


@pytest.mark.parametrize(
    ("start", "back"), [("qualified", "assessing"), ("unqualified", "contacting")]
)
def test_p4_n8_where_leads_come_back_into_qualification(start: str, back: str) -> None:
    pipeline = qualification_pipeline()
    lead = Lead("L-7", stage=start)
    (only,) = pipeline.next_moves(lead, at=NOW)
    assert (only.to.key, only.reopening, only.is_free) == (back, True, True)


def test_n2_the_sales_stages_with_expected_days_and_rising_probabilities() -> None:
    pipeline = sales_pipeline()
    assert keys(pipeline) == [
        "prospecting",
        "qualification",
        "demonstration",
        "proposal",
        "negotiation",
        "closing",
        "after_sale",
        "lost",
    ]
    assert walked(pipeline, *keys(pipeline, "open", "won")).stage == "after_sale"
    assert keys(pipeline, "won") == ["after_sale"]
    assert keys(pipeline, "lost") == ["lost"]
    assert all(stage.expected for stage in pipeline.stages if stage.kind == "open")
    chances = [stage.probability for stage in pipeline.stages[:-1]]
    assert chances == [0.05, 0.1, 0.25, 0.5, 0.7, 0.9, 1]


def test_the_generic_pipeline_has_five_stages_on_hold_won_and_lost() -> None:
    pipeline = generic_pipeline()
    assert [stage.kind for stage in pipeline.stages] == ["open"] * 5 + ["on_hold", "won", "lost"]
    assert walked(pipeline, *keys(pipeline, "open"), "on_hold", "negotiation", "won").stage == "won"
    chances = [stage.probability for stage in pipeline.stages[:5]]
    assert chances == [0.05, 0.15, 0.3, 0.5, 0.75]


@pytest.mark.parametrize("build", [outreach_pipeline, sales_pipeline, generic_pipeline])
def test_after_speaking_every_open_stage_plans_the_next_contact(
    build: Callable[[], Pipeline],
) -> None:
    spoken = Activity("call", NOW, answered=True)
    for key in keys(build(), "open"):
        lead = Lead("L", NOW, stage=key, fields={"phone": "1"}, events=[spoken])
        action = next_action(lead, NOW + timedelta(hours=1), build())
        assert (action.is_missing, "follows up after" in action.because) == (False, True)


@every
def test_every_lost_stage_asks_for_a_disposition(build: Callable[[], Pipeline]) -> None:
    pipeline = build()
    for key in keys(pipeline, "lost"):
        asked = [
            b.code for b in pipeline.blockers(Lead("L", stage=pipeline.starts[0]), key, at=NOW)
        ]
        assert asked == ["no_disposition"]


@every
def test_w9_each_stage_can_be_taken_out(build: Callable[[], Pipeline]) -> None:
    pipeline = build()
    for key in keys(pipeline):
        less = pipeline.without(key)
        assert keys(less) == [other for other in keys(pipeline) if other != key]
        assert key not in {to for targets in less.moves.values() for to in targets}
        assert any(to.is_free for to in less.next_moves(walked(less, less.starts[0]), at=NOW))


def test_w9_without_the_lost_status_no_open_one_is_skipped() -> None:
    moves = status_pipeline().without("not_interested").moves
    assert moves["new"] == ("no_answer", "first_contact")
    assert moves["no_answer"] == ("first_contact",)


def test_w9_a_pipeline_keeps_a_stage_that_is_closed() -> None:
    pipeline = outreach_pipeline().without("lost")
    with pytest.raises(InvalidDefinition, match="expected a closed stage"):
        pipeline.without("won")

"""A true event log: loan applications go through their stages by `Pipeline.move` alone."""

from __future__ import annotations

import csv
import json
import os
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path
from statistics import mean, median
from typing import Any

import pytest

from leadflow import Lead
from leadflow.errors import MoveRefused
from leadflow.events import StageChange
from leadflow.pipeline import Pipeline, Stage, stays, time_in_stage
from leadflow.values import half_up

DATA = Path(os.environ.get("LEADFLOW_DATA", "../shared/data"))
AS_OF = datetime(2013, 1, 1, tzinfo=UTC)
HOUR, TICK = timedelta(hours=1), timedelta(microseconds=1)
# An application that is approved is activated and registered too, in any order: all three are won.
KINDS: dict[str, Any] = {
    "A_SUBMITTED": "open",
    "A_PARTLYSUBMITTED": "open",
    "A_PREACCEPTED": "open",
    "A_ACCEPTED": "open",
    "A_FINALIZED": "open",
    "A_APPROVED": "won",
    "A_ACTIVATED": "won",
    "A_REGISTERED": "won",
    "A_DECLINED": "lost",
    "A_CANCELLED": "lost",
}
LOANS = Pipeline(
    "loans",
    [
        Stage(key, kind=kind, needs_disposition=False if kind == "lost" else None)
        for key, kind in KINDS.items()
    ],
    {
        "A_SUBMITTED": ["A_PARTLYSUBMITTED"],
        "A_PARTLYSUBMITTED": ["A_PREACCEPTED", "A_DECLINED"],
        "A_PREACCEPTED": ["A_ACCEPTED", "A_DECLINED", "A_CANCELLED"],
        "A_ACCEPTED": ["A_FINALIZED", "A_DECLINED", "A_CANCELLED"],
        "A_FINALIZED": ["A_APPROVED", "A_ACTIVATED", "A_REGISTERED", "A_DECLINED", "A_CANCELLED"],
        "A_APPROVED": ["A_ACTIVATED", "A_REGISTERED"],
        "A_ACTIVATED": ["A_APPROVED", "A_REGISTERED"],
        "A_REGISTERED": ["A_APPROVED", "A_ACTIVATED"],
    },
)


@cache
def answers() -> dict[str, Any]:
    found = json.loads((DATA / "reference_answers_dev.json").read_bytes())["bpi2012_sample"]
    return {name: answer["value"] for name, answer in found.items()}


@cache
def leads() -> tuple[Lead, ...]:
    """Move every application through its stages, in the order of the file."""
    found: dict[str, Lead] = {}
    with (DATA / "bpi2012" / "bpi2012_sample_events.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            case = row["case_id"]
            lead = found.get(case) or Lead(case, datetime.fromisoformat(row["reg_date"]))
            if row["activity"] in KINDS:
                at = datetime.fromisoformat(row["timestamp"])
                lead = lead.after(LOANS.move(lead, row["activity"], at, by=row["resource"] or None))
            found[case] = lead
    return tuple(found.values())


def changes(lead: Lead) -> list[StageChange]:
    return [event for event in lead.events if isinstance(event, StageChange)]


@pytest.mark.real_data
def test_every_application_goes_through_its_stages_as_the_reference_counts_them() -> None:
    found = Counter(
        f"{before.to}>{after.to}" for lead in leads() for before, after in pairwise(changes(lead))
    )
    assert len(leads()) == answers()["rows"]["cases"]
    assert found == answers()["A.transitions"]
    assert {key: set(to) for key, to in LOANS.moves.items()} == {
        key: {pair.partition(">")[2] for pair in found if pair.startswith(f"{key}>")}
        for key in LOANS.moves
    }


@pytest.mark.real_data
def test_every_change_starts_where_the_last_one_ended() -> None:
    for lead in leads():
        assert [change.from_ for change in changes(lead)] == [
            None, *(change.to for change in changes(lead)[:-1]),
        ]  # fmt: skip


@pytest.mark.real_data
def test_every_application_ends_where_the_reference_says() -> None:
    assert Counter(lead.stage for lead in leads()) == answers()["A.terminal"]


@pytest.mark.real_data
def test_the_hours_in_each_stage_are_those_of_the_reference() -> None:
    times: defaultdict[str, list[timedelta]] = defaultdict(list)
    for lead in leads():
        for stay in stays(lead, as_of=AS_OF):
            if stay.left is not None and stay.entered is not None:
                times[stay.stage].append(stay.left - stay.entered)
    found = {}
    for stage, stood in times.items():
        hours = [Fraction(time // TICK, HOUR // TICK) for time in stood]
        found[stage] = {
            "n": len(hours),
            "median": rounded(median(hours)),
            "mean": rounded(mean(hours)),
        }
    assert found == answers()["A.time_in_stage_hours"]


def rounded(exact: Fraction) -> float:
    """Round half up to six places: one of the medians lies exactly between two."""
    return half_up(exact.numerator * 10**6, exact.denominator) / 10**6


@pytest.mark.real_data
def test_time_in_stage_agrees_with_the_stays() -> None:
    for lead in leads():
        found = stays(lead, as_of=AS_OF)
        for stage in {stay.stage for stay in found}:
            times = [
                (stay.left or AS_OF) - (stay.entered or AS_OF)
                for stay in found
                if stay.stage == stage
            ]
            answer = time_in_stage(lead, stage, as_of=AS_OF)
            assert answer is not None
            assert (answer.latest, answer.total, answer.visits) == (
                times[-1], sum(times, timedelta()), len(times),
            )  # fmt: skip


@pytest.mark.real_data
def test_no_application_can_be_moved_off_the_table_or_back_in_time() -> None:
    for lead in leads():
        last = changes(lead)[-1]
        for to in KINDS:
            allowed = to in LOANS.moves.get(last.to, ())
            assert bool(LOANS.blockers(lead, to, at=last.at)) is not allowed
        with pytest.raises(MoveRefused, match="before the last change"):
            LOANS.move(lead, "A_APPROVED", last.at - TICK)

"""On frames too, everybody answers the same; and what comes out of a run is a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import polars as pl
import pytest

from benchmarks.contenders import LEADFLOW, NOW
from benchmarks.contenders import agreeing as agreeing_lead_by_lead
from benchmarks.data import TYPICAL
from benchmarks.frames import cases, data, memory, on_duckdb, on_pandas, on_polars, on_spark, peers
from benchmarks.frames.pair import HAND, OURS, agreeing
from benchmarks.report import Section, Target, how_fast, page
from benchmarks.timing import Times
from leadflow.frames import contributions_frame, score_frame

TINY = attrs.evolve(
    cases.QUICK,
    leads=300,
    rounds=2,
    activities=3_000,
    slope=(30, 60, 120),
    rules=(3, 5),
    peer_leads=30,
    file_leads=300,
    file_activities=3_000,
)


def test_every_engine_and_every_query_by_hand_agree_on_fields() -> None:
    leads = data.leads(2_000)
    pairs = [*on_polars.fields(leads), *on_duckdb.fields(leads), *on_pandas.fields(leads)]
    named = ["Polars, lazy", "Polars, eager", "DuckDB", "pandas", "pandas, nullable", "PyArrow"]
    assert [pair.engine for pair in agreeing(pairs)] == named


def test_every_engine_and_every_query_by_hand_agree_on_activities() -> None:
    leads, log = data.leads(2_000), data.activities(20_000, 2_100)
    pairs = [
        *on_polars.activities(leads, log),
        *on_duckdb.activities(leads, log),
        *on_pandas.activities(leads, log),
    ]
    named = ["Polars, lazy", "DuckDB", "pandas", "pandas, ids are numbers"]
    assert [pair.engine for pair in agreeing(pairs)] == named


def test_a_query_by_hand_with_other_answers_is_named() -> None:
    pair = on_polars.fields(data.leads(50))[0]
    more = pl.col("points", "fit") + 1
    wrong = attrs.evolve(pair, by_hand=lambda: pair.by_hand().with_columns(more))
    with pytest.raises(SystemExit, match="by hand on Polars, lazy gives other answers"):
        agreeing([wrong])


def test_every_rule_on_activities_gives_points_to_some_leads_and_not_to_others() -> None:
    leads, log = data.leads(500), data.activities(5_000, 500)
    rows = contributions_frame(data.ACTIVITIES, leads, log, as_of=NOW)
    often = dict(rows.filter(pl.col("kind") == "rule").group_by("rule").len().rows())
    assert {rule.name for rule in data.ACTIVITIES.rules} == set(often)
    assert all(0 < leads_paid < 500 for leads_paid in often.values())


def test_every_limit_is_reached_by_some_leads() -> None:
    leads, log = data.leads(500), data.activities(20_000, 500)
    rows = contributions_frame(data.ACTIVITIES, leads, log, as_of=NOW)
    limited = set(rows.filter(pl.col("kind") == "rule limit")["rule"])
    assert limited == {rule.name for rule in data.ACTIVITIES.rules if rule.limit}


def test_one_value_in_twenty_is_unknown_unless_none_shall_be() -> None:
    nulls = data.leads(10_000).drop("id").null_count().row(0)
    assert all(400 < count < 600 for count in nulls)
    assert sum(data.leads(100, nulls=0).null_count().row(0)) == 0


def test_from_file_to_file_both_answer_the_same_and_tell_their_memory(tmp_path: Path) -> None:
    paths = memory.written(tmp_path, 300, 3_000)
    gigabytes, seconds = memory.peaks(*paths, rounds=1)
    for name in (OURS, HAND):
        assert 0.01 < gigabytes.rounds[name][0] < 10
        assert seconds.rounds[name][0] > 0


def test_the_peers_that_are_here_agree() -> None:
    """They are here only where benchmarks run; a benchmark begins with the same check."""
    assert set(agreeing_lead_by_lead(peers.OTHERS)) <= {one.name for one in peers.OTHERS}


@pytest.mark.parametrize(
    ("case", "first"),
    [
        (cases.fields, "Polars, lazy"),
        (cases.activities, "Polars, lazy"),
        (cases.slope, "fields"),
        (cases.fixed, "Polars, lazy"),
        (cases.against_peers, "leadflow"),
    ],
)
def test_every_case_makes_a_table_as_wide_as_its_header(case: Any, first: str) -> None:
    section = case(TINY)
    assert section.rows[0][0] == first
    assert {len(row) for row in section.rows} == {len(section.header)}


def test_spark_is_left_out_with_a_word_where_it_is_not_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(on_spark, "is_here", lambda: False)
    (section,) = cases.spark(TINY)
    assert section.rows == []
    assert "Not measured" in page([section], "a note")


def test_the_page_of_the_documentation_says_which_targets_are_met() -> None:
    targets = [Target("quick enough", 2, "at most", 1), Target("small enough", 2, "at most", 3)]
    frames = Section("Fields", "On fields.", ("who",), [("leadflow",)], targets, "Ten leads: 1 s.")
    alone = Section("Points", "Lead by lead.", ("who",), [("a peer",)], [])
    text = how_fast({"Dataframes": [frames], "One lead at a time": [alone]}, "a note")
    assert text.startswith("# How fast\n")
    assert "## What to expect\n\n- Ten leads: 1 s.\n" in text
    assert "| quick enough | at most 2 | 1 | met |" in text
    assert "| small enough | at most 2 | 3 | **not met** |" in text
    assert text.index("### Fields") < text.index("## One lead at a time") < text.index("### Points")


def test_growth_is_compared_within_each_round() -> None:
    runs = {
        f"{count} DuckDB: {name}": [count * times, count * times]
        for count in (10, 100)
        for name, times in ((OURS, count / 10), (HAND, 1))
    }
    times = Times(runs)
    assert cases._steeper(times, "DuckDB", 10, 100).middle == pytest.approx(10)


def test_the_models_of_the_benchmark_are_scored_as_lead_by_lead() -> None:
    leads = data.leads(200, nulls=0)
    scored = score_frame(data.FIELDS, leads, as_of=NOW)["points"].to_list()
    values = leads.drop("id").to_dicts()
    assert scored == LEADFLOW.make(TYPICAL, values)()

from __future__ import annotations

from datetime import timedelta
from typing import Any

import duckdb
import polars as pl
import pytest

from leadflow import Activity, Lead, activity, field
from leadflow.errors import (
    ColumnClash,
    EngineRefused,
    InvalidValue,
    LeadflowError,
    NaiveDatetime,
    WrongColumn,
)
from leadflow.frames import (
    contributions_frame,
    grade,
    matches_frame,
    score_frame,
    sql,
    win_probability,
)
from leadflow.scoring import Calibration, Expiry, Grid, Group, HalfLife, Rule, ScoringModel
from tests import frame_strategies as drawn

NOW = drawn.NOW
EVERY = pytest.mark.parametrize("engine", drawn.ENGINES)
MODEL = ScoringModel(
    "m",
    [
        Rule("big", 40, when=field("size").at_least(5)),
        Rule("opened", 7, each=activity("open"), limit=10),
        Rule("fading", 20, each=activity("click"), fade=HalfLife("2 days"), group="clicks"),
        Rule(
            "pages",
            9,
            each=activity("click"),
            distinct="page",
            fade=Expiry("3 days"),
            group="clicks",
        ),
        Rule("left", -3, each=activity("leave"), limit=-5),
    ],
    groups=[Group("clicks", at_most=30)],
    floor=0,
    ceiling=70,
)
IDS = ("L-1", "L-2", "L-3")


def log() -> list[dict[str, Any]]:
    ages = {"open": (0, 1, 2), "click": (0, 2, 3, 4, 200), "leave": (0, 1, 2)}
    pages = ["a", None, "b", "a", "c"]
    rows = [
        {"lead": "L-1", "kind": kind, "at": NOW - timedelta(days), "page": pages[place]}
        for kind, all_ages in ages.items()
        for place, days in enumerate(all_ages)
    ]
    rows += [{"lead": "L-2", "kind": "leave", "at": NOW, "page": None}] * 4
    return [*rows, {"lead": "L-2", "kind": "open", "at": NOW + timedelta(seconds=1), "page": None}]


def frames(engine: str) -> tuple[Any, Any]:
    make = drawn.ENGINES[engine]
    leads = [{"id": lead, "size": size} for lead, size in zip(IDS, (9, 1, None), strict=True)]
    sorts = {"lead": "text", "kind": "text", "at": "datetime", "page": "text"}
    return make(leads, {"id": "text", "size": "int"}, "UTC"), make(log(), sorts, "UTC")


def leads() -> list[Lead]:
    return [
        Lead(
            lead,
            fields={"size": size},
            events=[
                Activity(row["kind"], row["at"], data={"page": row["page"]})
                for row in log()
                if row["lead"] == lead
            ],
        )
        for lead, size in zip(IDS, (9, 1, None), strict=True)
    ]


@EVERY
def test_limits_fading_and_ends_come_out_as_lead_by_lead(engine: str) -> None:
    found = {
        row["id"]: row for row in drawn.rows_of(score_frame(MODEL, *frames(engine), as_of=NOW))
    }
    for lead in leads():
        score = MODEL.score(lead, as_of=NOW)
        row = found[lead.id]
        assert (row["points"], row["fit"], row["engagement"]) == (
            score.points,
            score.fit,
            score.engagement,
        )
    assert (found["L-1"]["points"], found["L-2"]["points"]) == (70, 0)


@EVERY
def test_contributions_add_up_to_the_points(engine: str) -> None:
    scored = {
        row["id"]: row["points"]
        for row in drawn.rows_of(score_frame(MODEL, *frames(engine), as_of=NOW))
    }
    sums = dict.fromkeys(scored, 0)
    kinds = set()
    for row in drawn.rows_of(contributions_frame(MODEL, *frames(engine), as_of=NOW)):
        sums[row["lead"]] += row["points"]
        kinds.add(row["kind"])
    assert sums == scored
    assert kinds == {"rule", "rule limit", "group limit", "floor", "ceiling"}


@EVERY
def test_an_explanation_lists_every_contribution(engine: str) -> None:
    found = drawn.rows_of(score_frame(MODEL, *frames(engine), as_of=NOW, explain=True))
    told = {row["id"]: row["because"] for row in found}
    for lead in leads():
        for c in MODEL.score(lead, as_of=NOW).contributions:
            often = f" x{c.times}" if c.times != 1 else ""
            limit = "" if c.kind == "rule" else f" ({c.kind})"
            assert f"{c.rule}{limit}{often} {c.points:+d}" in told[lead.id].split("; ")
    assert told["L-3"] == ""


def test_the_order_of_rows_of_contributions_is_that_of_the_leads_and_the_model() -> None:
    rows = contributions_frame(MODEL, *frames("polars"), as_of=NOW).rows()
    assert [row[1:3] for row in rows if row[0] == "L-1"] == [
        ("big", "rule"), ("opened", "rule"), ("opened", "rule limit"), ("fading", "rule"),
        ("pages", "rule"), ("left", "rule"), ("left", "rule limit"), ("clicks", "group limit"),
        ("ceiling", "ceiling"),
    ]  # fmt: skip


def test_sql_is_a_query_that_the_host_can_run_itself() -> None:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for name, frame in zip(("leads", "log"), frames("polars"), strict=True):
        connection.register("given", frame.to_arrow())
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM given")
        connection.unregister("given")
    query = sql(MODEL, connection.table("leads"), connection.table("log"), as_of=NOW)
    found = connection.sql(query).pl()
    expected = score_frame(MODEL, *frames("polars"), as_of=NOW)
    assert found.sort("id").to_dicts() == expected.to_dicts()
    assert not connection.execute("SELECT * FROM duckdb_views() WHERE NOT internal").fetchall()


def test_sql_is_written_for_duckdb_alone() -> None:
    with pytest.raises(EngineRefused, match="use DuckDB relations"):
        sql(MODEL, *frames("polars"), as_of=NOW)


@EVERY
def test_grades_and_chances_are_those_of_the_per_lead_answers(engine: str) -> None:
    grid = Grid(fit=(40, 20, 0), engagement=(50, 10))
    chances = Calibration(0.1, [(n, n / 100) for n in range(0, 60, 7)])
    rows = [
        {"id": f"{f} {e}", "fit": f, "engagement": e, "points": f + e}
        for f in range(-9, 60, 5)
        for e in range(-9, 60, 5)
    ]
    frame = drawn.ENGINES[engine](
        rows, {"id": "text", "fit": "int", "engagement": "int", "points": "int"}, "UTC"
    )
    for row in drawn.rows_of(win_probability(grade(frame, grid), chances)):
        assert row["grade"] == grid.grade(row["fit"], row["engagement"])
        assert row["win_probability"] == chances.probability(row["points"])


def test_a_model_of_facts_or_of_one_floor_needs_no_more() -> None:
    one = ScoringModel(
        "m",
        [Rule("r", 5, when=field("a").at_least(1), group="g")],
        groups=[Group("g", at_most=3)],
        floor=1,
    )
    frame = pl.DataFrame({"id": ["a", "b"], "a": [1, 0]})
    assert score_frame(one, frame, as_of=NOW).select("points", "fit", "engagement").rows() == [
        (3, 3, 0),
        (1, 0, 0),
    ]


def test_what_is_no_model_grid_or_calibration_is_refused() -> None:
    frame = pl.DataFrame({"id": ["L"], "points": [1.0]})
    calls: list[Any] = [
        lambda: score_frame("m", frame, as_of=NOW),  # type: ignore[arg-type]
        lambda: contributions_frame(None, frame, as_of=NOW),  # type: ignore[arg-type]
        lambda: grade(frame, "A1"),  # type: ignore[arg-type]
        lambda: win_probability(frame, 0.5),  # type: ignore[arg-type]
        lambda: matches_frame("a > 1", frame, as_of=NOW),  # type: ignore[arg-type]
    ]
    for call in calls:
        with pytest.raises(InvalidValue):
            call()
    with pytest.raises(WrongColumn, match="whole points"):
        win_probability(frame, Calibration(0.1, [(1, 0.5)]))
    with pytest.raises(ColumnClash):
        grade(frame.with_columns(grade=1, fit=1, engagement=1), Grid(fit=(1,), engagement=(1,)))
    with pytest.raises(NaiveDatetime):
        matches_frame(field("points").is_known(), frame, as_of=NOW.replace(tzinfo=None))


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_fading_reaches_no_further_back_than_the_calendar(engine: str) -> None:
    start = NOW.replace(year=1, month=1, day=1)
    model = ScoringModel("m", [Rule("r", 8, each=activity("open"), fade=Expiry("30 days"))])
    make = drawn.ENGINES[engine]
    given = make([{"id": "L"}], {"id": "text"})
    sorts = {"lead": "text", "kind": "text", "at": "datetime"}
    log = make([{"lead": "L", "kind": "open", "at": start}], sorts)
    for days in (0, 2, 30, 31):
        found = score_frame(model, given, log, as_of=start + timedelta(days))
        assert [row["points"] for row in drawn.rows_of(found)] == [8 if days <= 30 else 0]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (Rule("big", 1, when=field("seize").at_least(5)), "the leads have no column 'seize'"),
        (Rule("big", 1, when=field("city").at_least(5)), "column 'city' of the leads"),
        (Rule("big", 1, when=activity("open", pag="x")), "the activities have no column 'pag'"),
        (Rule("big", 1, each=activity("open", page=5)), "column 'page' of the activities"),
        (
            Rule("big", 1, when=activity("open", page=5).then(activity("click"))),
            "column 'page' of the activities",
        ),
        (
            Rule("big", 1, each=activity("open"), distinct="pag"),
            "the activities have no column 'pag'",
        ),
    ],
)
@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_what_is_wrong_with_a_column_names_the_rule_that_asks(
    engine: str, rule: Rule, said: str
) -> None:
    make = drawn.ENGINES[engine]
    leads = make([{"id": "L-1", "city": "Brno"}], {"id": "text", "city": "text"}, "UTC")
    sorts = {"lead": "text", "kind": "text", "at": "datetime", "page": "text"}
    model = ScoringModel("m", [Rule("first", 1, when=field("city").is_known()), rule])
    for call in (score_frame, contributions_frame):
        with pytest.raises(LeadflowError, match=f"{said}, asked by rule 'big': "):
            call(model, leads, make(log(), sorts, "UTC"), as_of=NOW)


def test_activities_that_are_asked_about_and_not_there_name_the_rule() -> None:
    leads = pl.DataFrame({"id": ["L-1"]})
    model = ScoringModel("m", [Rule("opened", 1, each=activity("open"))])
    with pytest.raises(
        EngineRefused, match=r"Polars, asked by rule 'opened': activities are asked"
    ):
        score_frame(model, leads, as_of=NOW)

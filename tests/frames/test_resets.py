"""After a reset of the engagement: what still scores, on every engine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest

from leadflow import Lead, activity, always, field
from leadflow.errors import InvalidValue, WrongColumn
from leadflow.events import Activity, Disposition, Note
from leadflow.frames import (
    activities_to_frame,
    contributions_frame,
    leads_from_frame,
    leads_to_frame,
    matches_frame,
    rate_frame,
    score_frame,
    score_parquet,
    sql,
)
from leadflow.scoring import Categories, Category, Expiry, Rule, ScoringModel
from tests import frame_strategies as drawn

NOW = drawn.NOW
RESET = "engagement_reset_at"
EVERY = pytest.mark.parametrize("engine", drawn.ENGINES)
MODEL = ScoringModel(
    "m",
    [
        Rule("big", 40, when=field("size").at_least(5)),
        Rule("opened", 7, each=activity("open")),
        Rule("pages", 100, each=activity("click"), distinct="page", fade=Expiry("9 days")),
        Rule("came back", 1_000, when=activity("open").then(activity("click"))),
        Rule("said so", 10_000, each=activity("note", topic="price")),
        Rule("lost", -1, each=activity("disposition", outcome="lost")),
    ],
)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def lost(days: float) -> Disposition:
    return Disposition("lost", ago(days), reason="price", resets_engagement=True)


def clicked(days: float, page: str) -> Activity:
    return Activity("click", ago(days), data={"page": page})


EARLY = (Activity("open", ago(6)), clicked(5, "a"), Note("Too dear", ago(4), topic="price"))
LATE = (clicked(1, "b"), Activity("open", ago(1)), Note("Dear", ago(1), topic="price"))
LEADS = [
    Lead("never", events=[*EARLY, *LATE, Disposition("lost", ago(4))]),
    Lead("once", fields={"size": 9}, events=[*EARLY, lost(4), *LATE]),
    Lead("twice", events=[*EARLY, lost(4), *LATE, lost(1)]),
    Lead("to come", events=[*EARLY, *LATE, lost(-2)]),
    Lead("quiet", events=[lost(2)]),
]
POINTS = {"never": 21_213, "once": 10_146, "twice": -2, "to come": 21_214, "quiet": -1}


def handed(engine: str) -> tuple[Any, Any]:
    leads, log = leads_to_frame(LEADS), activities_to_frame(LEADS)
    sorts = {"id": "text", "size": "int", RESET: "datetime"}
    of_log = {"lead": "text", "kind": "text", "at": "datetime"}
    of_log |= dict.fromkeys(("page", "topic", "outcome", "reason", "text"), "text")
    make = drawn.ENGINES[engine]
    return make(leads.to_dicts(), sorts), make(log.to_dicts(), of_log)


def by_id(frame: Any, name: str) -> dict[str, Any]:
    return {row["id"]: row[name] for row in drawn.rows_of(frame)}


@EVERY
def test_what_came_up_to_the_reset_scores_nothing_and_dispositions_always(engine: str) -> None:
    leads, log = handed(engine)
    assert by_id(score_frame(MODEL, leads, log, as_of=NOW), "points") == POINTS
    assert {lead.id: MODEL.points(lead, as_of=NOW) for lead in LEADS} == POINTS


@EVERY
def test_contributions_leave_out_what_was_reset(engine: str) -> None:
    long = drawn.rows_of(contributions_frame(MODEL, *handed(engine), as_of=NOW))
    found = {(row["rule"], row["times"], row["points"]) for row in long if row["lead"] == "once"}
    assert found == {
        ("big", 1, 40),
        ("opened", 1, 7),
        ("pages", 1, 100),
        ("said so", 1, 10_000),
        ("lost", 1, -1),
    }


@EVERY
def test_conditions_and_ratings_see_all_activities(engine: str) -> None:
    leads, log = handed(engine)
    opened = activity("open").times(2)
    expected = {lead.id: opened.matches(lead, as_of=NOW) for lead in LEADS}
    assert by_id(matches_frame(opened, leads, log, as_of=NOW), "matches") == expected
    rater = Categories([Category("keen", opened), Category("new", always())])
    words = {key: "keen" if met else "new" for key, met in expected.items()}
    assert by_id(rate_frame(rater, leads, log, as_of=NOW), "rating") == words
    assert words["twice"] == "keen"


@EVERY
def test_a_column_without_any_reset_takes_nothing_away(engine: str) -> None:
    rows = [{"id": lead.id, "size": None, RESET: None} for lead in LEADS]
    leads = drawn.ENGINES[engine](rows, {"id": "text", "size": "int", RESET: "datetime"})
    found = by_id(score_frame(MODEL, leads, handed(engine)[1], as_of=NOW), "points")
    assert found == {
        "never": 21_213,
        "once": 21_213,
        "twice": 21_212,
        "to come": 21_214,
        "quiet": -1,
    }


@pytest.mark.parametrize("empty", [pl.Null, pl.Datetime("ns"), pl.Datetime("ms", "Asia/Kathmandu")])
def test_a_column_of_nothing_but_nulls_takes_nothing_away(empty: Any) -> None:
    leads, log = handed("polars")
    leads = leads.with_columns(pl.lit(None, empty).alias(RESET))
    assert by_id(score_frame(MODEL, leads, log, as_of=NOW), "points")["once"] == 21_253


def test_the_column_is_not_missed_where_it_is_not() -> None:
    leads, log = handed("polars")
    found = score_frame(MODEL, leads.drop(RESET), log, as_of=NOW)
    assert by_id(found, "points")["once"] == 21_253


@EVERY
@pytest.mark.parametrize(
    ("sort", "value"), [("text", "2026-03-01"), ("date", NOW.date()), ("int", 1)]
)
def test_a_column_of_another_type_is_refused(engine: str, sort: str, value: Any) -> None:
    log = handed(engine)[1]
    rows = [{"id": "once", "size": 9, RESET: value}]
    leads = drawn.ENGINES[engine](rows, {"id": "text", "size": "int", RESET: sort})
    expected = f"column '{RESET}' of the leads: expected datetime"
    with pytest.raises(WrongColumn, match=expected) as caught:
        score_frame(MODEL, leads, log, as_of=NOW)
    assert caught.value.hint == "cast it to datetime: an instant, aware or in UTC"
    facts = ScoringModel("facts", MODEL.rules[:1])
    assert by_id(score_frame(facts, leads, as_of=NOW), "points") == {"once": 40}


@EVERY
def test_leads_in_several_rows_are_reset_by_their_last_reset(engine: str) -> None:
    rows = [{"id": "once", "size": None, RESET: at} for at in (None, ago(4), ago(9))]
    leads = drawn.ENGINES[engine](rows, {"id": "text", "size": "int", RESET: "datetime"})
    scored = drawn.rows_of(score_frame(MODEL, leads, handed(engine)[1], as_of=NOW))
    assert [row["points"] for row in scored] == [10_106] * 3


def test_ids_that_are_numbers_find_their_resets() -> None:
    leads = pl.DataFrame({"nr": [1, 2], RESET: [ago(1), None]})
    log = pl.DataFrame({"lead": [1, 2], "kind": "open", "at": ago(2)})
    model = ScoringModel("m", [Rule("opened", 7, each=activity("open"))])
    scored = score_frame(model, leads, log, as_of=NOW, id="nr")
    assert scored["points"].to_list() == [0, 7]


@pytest.mark.parametrize("nanoseconds", [0, 900])
def test_an_instant_some_nanoseconds_after_the_reset_is_of_that_instant(nanoseconds: int) -> None:
    at = pl.lit(ago(1), pl.Datetime("ns", "UTC"))
    leads = pl.DataFrame({"id": ["L"]}).with_columns(at.alias(RESET))
    log = pl.DataFrame({"lead": ["L"], "kind": "open"})
    log = log.with_columns((at + pl.duration(nanoseconds=nanoseconds)).alias("at"))
    model = ScoringModel("m", [Rule("opened", 7, each=activity("open"))])
    assert score_frame(model, leads, log, as_of=NOW)["points"].to_list() == [0]


def test_duckdb_writes_the_reset_into_its_query() -> None:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    frames = {"leads": leads_to_frame(LEADS), "log": activities_to_frame(LEADS)}
    for name, frame in frames.items():
        connection.register("given", frame.drop(pl.col(pl.Null)).to_arrow())
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM given")
    query = sql(MODEL, connection.table("leads"), connection.table("log"), as_of=NOW)
    assert RESET in query
    found = connection.sql(f"SELECT id, points FROM ({query})").fetchall()
    assert dict(found) == POINTS


def test_files_of_leads_are_reset_too(tmp_path: Path) -> None:
    leads, log, out = (tmp_path / f"{name}.parquet" for name in ("leads", "log", "out"))
    leads_to_frame(LEADS).write_parquet(leads, row_group_size=2)
    activities_to_frame(LEADS).write_parquet(log)
    assert score_parquet(MODEL, leads, log, out, as_of=NOW) == len(LEADS)
    found = pl.read_parquet(out)
    assert dict(found.select("id", "points").iter_rows()) == POINTS
    assert found["id"].to_list() == [lead.id for lead in LEADS]


@EVERY
@pytest.mark.parametrize(
    "asks", [field(RESET).is_known(), field("size").equals(field(RESET))], ids=str
)
def test_no_condition_asks_about_the_column(engine: str, asks: Any) -> None:
    with pytest.raises(
        WrongColumn, match=f"'{RESET}' of the leads: expected no question of its own"
    ):
        matches_frame(asks, handed(engine)[0], as_of=NOW)


def test_no_condition_compares_with_the_currency_of_deals() -> None:
    leads = pl.DataFrame({"id": ["L"], "t": ["EUR"], "deal_value_currency": ["EUR"]})
    with pytest.raises(WrongColumn, match=r"'deal_value_currency' .* no question of its own"):
        matches_frame(field("t").equals(field("deal_value_currency")), leads, as_of=NOW)


def test_the_column_is_written_where_any_lead_has_a_reset() -> None:
    assert RESET not in leads_to_frame(LEADS[:1]).columns
    made = leads_to_frame(LEADS)
    assert made.schema[RESET] == pl.Datetime("us", "UTC")
    assert made[RESET].to_list() == [None, ago(4), ago(1), ago(-2), ago(2)]


@pytest.mark.parametrize("backend", ["polars", "pandas", "pyarrow"])
def test_notes_and_dispositions_are_rows_in_the_order_of_the_log(backend: Any) -> None:
    note = Note(
        "SSO?", ago(3), topic="security", source="call", need="must-have", id="n-1", by="ann"
    )
    closed = Disposition("lost", ago(1), reason="price", note="too dear", sequence=2)
    lead = Lead("L", events=[closed, Activity("open", ago(2)), note])
    frame = activities_to_frame([lead], backend=backend)
    rows = drawn.rows_of(frame)
    kept = [{k: v for k, v in row.items() if v is not None and not pd.isna(v)} for row in rows]
    assert [{**row, "at": pd.Timestamp(row["at"]).to_pydatetime()} for row in kept] == [
        {
            "lead": "L", "kind": "note", "at": ago(3), "id": "n-1", "by": "ann", "text": "SSO?",
            "topic": "security", "source": "call", "need": "must-have",
        },
        {"lead": "L", "kind": "open", "at": ago(2)},
        {
            "lead": "L", "kind": "disposition", "at": ago(1), "sequence": 2, "outcome": "lost",
            "reason": "price", "note": "too dear",
        },
    ]  # fmt: skip
    read = leads_from_frame(pl.DataFrame({"id": ["L"]}), frame)[0]
    assert read.activities_by_kind == lead.activities_by_kind
    assert (read.disposition, read.last_contacted_at) == (None, None)


def test_a_lead_that_was_reset_is_not_read_from_a_frame() -> None:
    leads, log = leads_to_frame(LEADS), activities_to_frame(LEADS)
    with pytest.raises(InvalidValue, match=f"leads.{RESET}: .* disposition in its log") as caught:
        leads_from_frame(leads, log)
    assert caught.value.hint.startswith("read the leads with their logs, or drop the column and")
    read = leads_from_frame(leads.filter(pl.col(RESET).is_null()), log)
    assert [lead.activities_by_kind for lead in read] == [LEADS[0].activities_by_kind]
    with pytest.raises(WrongColumn, match=RESET):
        leads_from_frame(pl.DataFrame({"id": ["L"], RESET: ["soon"]}))


def test_resets_that_were_worked_into_the_rows_score_as_before() -> None:
    leads, log = leads_to_frame(LEADS[1:2]), activities_to_frame(LEADS[1:2])
    late = log.filter((pl.col("at") > ago(4)) | (pl.col("kind") == "disposition"))
    lead = leads_from_frame(leads.drop(RESET), late)[0]
    assert MODEL.points(lead, as_of=NOW) == POINTS["once"]


def test_instants_of_another_zone_are_read_in_utc() -> None:
    there = ago(4).astimezone(drawn.INSTANTS[1].tzinfo)
    leads = pl.DataFrame({"id": ["L"], RESET: [there.astimezone(UTC)]})
    leads = leads.with_columns(pl.col(RESET).dt.convert_time_zone("Pacific/Kiritimati"))
    log = pl.DataFrame({"lead": "L", "kind": "open", "at": [ago(4), ago(4 - 1 / 86_400)]})
    model = ScoringModel("m", [Rule("opened", 7, each=activity("open"))])
    assert score_frame(model, leads, log, as_of=NOW)["points"].to_list() == [7]

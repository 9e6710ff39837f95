"""Kinds of frames: what comes in goes out, and what cannot be read is refused with its reason."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from leadflow import activity, field
from leadflow.errors import ColumnClash, EngineRefused, LeadflowError, MissingColumn, WrongColumn
from leadflow.frames import contributions_frame, leads_from_frame, matches_frame, score_frame
from leadflow.scoring import Calibration, Rule, ScoringModel
from tests import frame_strategies as drawn

NOW = drawn.NOW
BIG = field("a").at_least(2)
MODEL = ScoringModel(
    "m",
    [Rule("big", 20, when=BIG), Rule("opened", 2, each=activity("open"))],
    calibration=Calibration(0.1, [(20, 0.5)]),
)
ROWS = [{"id": f"L-{n}", "a": n, "t": "x" if n else None} for n in range(5)]
LOG = [{"lead": "L-1", "kind": "open", "at": NOW}, {"lead": "gone", "kind": "open", "at": NOW}]
SORTS = {"id": "text", "a": "int", "t": "text"}
LOG_SORTS = {"lead": "text", "kind": "text", "at": "datetime"}
MARCH = datetime(2026, 3, 1, tzinfo=UTC)
RECENT = field("a").in_last("1 day")
EVERY = pytest.mark.parametrize("engine", drawn.ENGINES)


def frames(engine: str) -> tuple[Any, Any]:
    make = drawn.ENGINES[engine]
    return make(ROWS, SORTS, "UTC"), make(LOG, LOG_SORTS, "UTC")


@EVERY
def test_what_comes_in_goes_out_with_its_columns_first(engine: str) -> None:
    leads, log = frames(engine)
    scored = score_frame(MODEL, leads, log, as_of=NOW)
    assert type(scored) is type(leads)
    names = ["id", "a", "t", "points", "fit", "engagement", "win_probability"]
    assert list(drawn.rows_of(scored)[0]) == names
    long = contributions_frame(MODEL, leads, log, as_of=NOW)
    assert type(long) is type(leads)
    assert list(drawn.rows_of(long)[0]) == ["lead", "rule", "kind", "times", "points"]


@EVERY
def test_lazy_stays_lazy_and_the_rest_comes_in_the_order_of_its_rows(engine: str) -> None:
    leads, log = frames(engine)
    found = score_frame(MODEL, leads, log, as_of=NOW)
    if engine in ("polars lazy", "duckdb"):
        assert isinstance(found, pl.LazyFrame | duckdb.DuckDBPyRelation)
        return
    assert [row["id"] for row in drawn.rows_of(found)] == [row["id"] for row in ROWS]
    long = drawn.rows_of(contributions_frame(MODEL, leads, log, as_of=NOW))
    assert [(row["lead"], row["rule"]) for row in long] == [
        ("L-1", "opened"), ("L-2", "big"), ("L-3", "big"), ("L-4", "big"),
    ]  # fmt: skip


def test_a_pandas_frame_keeps_its_index_and_the_types_of_its_columns() -> None:
    frame = pd.DataFrame(
        {"id": ["b", "a"], "a": [1.5, 2.5], "odd": [object(), {}], "kind": ["x", "y"], 7: [1, 2]},
        index=pd.Index([9, 3], name="nr"),
    ).astype({"kind": "category"})
    found = matches_frame(BIG, frame, as_of=NOW)
    pd.testing.assert_frame_equal(found.drop(columns="matches"), frame)
    assert found["matches"].to_dict() == {9: False, 3: True}
    assert "matches" not in frame


def test_ids_may_be_whole_numbers_or_have_another_name() -> None:
    leads = pl.DataFrame({"nr": [1, 2], "a": [5, None]}, schema_overrides={"nr": pl.UInt8})
    log = pl.DataFrame({"lead": [2, 2], "kind": ["open"] * 2, "at": [NOW] * 2})
    found = score_frame(MODEL, leads, log, as_of=NOW, id="nr")
    assert found["points"].to_list() == [20, 4]


def test_a_repeated_or_unknown_id_gets_what_its_activities_earn() -> None:
    leads = pl.DataFrame({"id": ["L-1", "L-1", None], "a": [0, 2, 2]})
    log = pl.DataFrame({"lead": ["L-1", None], "kind": ["open"] * 2, "at": [NOW] * 2})
    assert score_frame(MODEL, leads, log, as_of=NOW)["points"].to_list() == [2, 22, 20]


def points_of(scored: Any) -> dict[str, int]:
    return {row["id"]: row["points"] for row in drawn.rows_of(scored)}


def test_an_activity_of_any_frame_joins_leads_that_polars_runs() -> None:
    answers = [
        points_of(score_frame(MODEL, frames(one)[0], frames(two)[1], as_of=NOW))["L-1"]
        for one in ("polars", "pandas numpy", "pyarrow", "polars lazy")
        for two in ("polars lazy", "pandas arrow", "pyarrow")
    ]
    assert set(answers) == {2}


def test_leads_and_activities_on_two_engines_are_refused() -> None:
    with pytest.raises(EngineRefused, match="DuckDB: leads run on DuckDB and activities on Polars"):
        score_frame(MODEL, frames("duckdb")[0], frames("polars")[1], as_of=NOW)


def test_activities_that_are_asked_about_must_be_handed_in() -> None:
    with pytest.raises(EngineRefused, match=r"asked about \(open\)"):
        score_frame(MODEL, frames("polars")[0], as_of=NOW)


def test_anything_else_is_refused() -> None:
    wrongs: list[Any] = [[1, 2], {"id": []}, pl.Series([1]), None]
    for wrong in wrongs:
        with pytest.raises(EngineRefused, match="no dataframe"):
            matches_frame(BIG, wrong, as_of=NOW)


@EVERY
def test_a_missing_column_is_an_error_that_lists_what_is_there(engine: str) -> None:
    with pytest.raises(
        MissingColumn, match=r"no column 'aa': did you mean 'a'\?; there are: id, a, t"
    ):
        matches_frame(field("aa").at_least(1), frames(engine)[0], as_of=NOW)
    clicked = activity("open", page="x")
    with pytest.raises(MissingColumn, match="the activities have no column 'page'"):
        matches_frame(clicked, *frames(engine), as_of=NOW)


@EVERY
def test_a_column_is_never_overwritten(engine: str) -> None:
    leads = drawn.ENGINES[engine](
        [{"id": "L", "a": 1, "Points": 2}], {"id": "text", "a": "int", "Points": "int"}
    )
    with pytest.raises(ColumnClash, match="'Points'"):
        score_frame(MODEL, leads, frames(engine)[1], as_of=NOW)


@pytest.mark.parametrize(
    "frame",
    [
        pl.DataFrame({"id": ["L"], "a": [1], "A": [2]}),
        pd.DataFrame([["L", 1, 2]], columns=["id", "a", "a"]),
    ],
)
def test_names_that_two_columns_could_mean_are_refused(frame: Any) -> None:
    with pytest.raises(ColumnClash, match="rename one of the two"):
        matches_frame(BIG, frame, as_of=NOW)


def test_ids_must_be_of_one_kind_and_able_to_be_ids() -> None:
    log = frames("polars")[1]
    with pytest.raises(WrongColumn, match="like the ids of the leads"):
        score_frame(MODEL, pl.DataFrame({"id": [1], "a": [1]}), log, as_of=NOW)
    with pytest.raises(WrongColumn, match="ids of leads"):
        score_frame(MODEL, pl.DataFrame({"id": [1.5], "a": [1]}), log, as_of=NOW)


def test_a_duckdb_session_in_another_zone_is_refused_for_aware_columns() -> None:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'America/New_York'")
    leads = connection.sql("select 'L' as id, 5 as a, now() as seen, now()::timestamp as plain")
    plain = leads.select("id, plain")
    assert matches_frame(BIG, leads, as_of=NOW).select("matches").fetchall() == [(True,)]
    assert drawn.rows_of(matches_frame(field("plain").is_known(), plain, as_of=NOW))[0]["matches"]
    with pytest.raises(EngineRefused, match="SET TimeZone = 'UTC'"):
        matches_frame(field("seen").is_known(), leads, as_of=NOW)


def test_instants_of_activities_must_be_datetimes() -> None:
    log = pl.DataFrame({"lead": ["L-1"], "kind": ["open"], "at": [NOW.date()]})
    with pytest.raises(WrongColumn, match="an instant, aware or in UTC"):
        score_frame(MODEL, frames("polars")[0], log, as_of=NOW)


@pytest.mark.parametrize("name", ["lead", "kind", "at"])
def test_the_columns_of_every_activity_are_no_data(name: str) -> None:
    asked = activity("open").where(field(name).is_known())
    for rule in (Rule("r", 1, each=asked), Rule("r", 1, each=activity("open"), distinct=name)):
        with pytest.raises(WrongColumn, match="a column of every activity"):
            score_frame(ScoringModel("m", [rule]), *frames("polars"), as_of=NOW)


def test_pandas_objects_keep_their_meaning() -> None:
    values = [pd.Timestamp("2026-03-31", tz="UTC"), NOW, pd.NaT, None]
    frame = pd.DataFrame({"id": list("abcd"), "a": pd.Series(values, dtype="object")})
    known = matches_frame(field("a").in_last("1 day"), frame, as_of=NOW)
    assert known["matches"].tolist() == [True, True, False, False]
    naive = pd.DataFrame({"id": ["a"], "a": pd.Series([NOW.replace(tzinfo=None)], dtype="object")})
    assert matches_frame(field("a").in_last("1 day"), naive, as_of=NOW)["matches"].tolist() == [
        True
    ]
    import numpy as np

    numbers = pd.Series([np.int64(3), pd.NA, float("nan")], dtype="object")
    frame = pd.DataFrame({"id": list("abc"), "a": numbers})
    assert matches_frame(BIG, frame, as_of=NOW)["matches"].tolist() == [True, False, False]


def test_pandas_that_needs_pyarrow_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: Any) -> None:
        raise ImportError

    monkeypatch.setattr(pl, "from_pandas", missing)
    with pytest.raises(EngineRefused, match="install pyarrow"):
        matches_frame(BIG, frames("pandas nullable")[0], as_of=NOW)


def test_a_chunked_table_is_read_whole() -> None:
    table = pa.concat_tables([pa.table({"id": ["a"], "a": [1]}), pa.table({"id": ["b"], "a": [2]})])
    assert matches_frame(BIG, table, as_of=NOW)["matches"].to_pylist() == [False, True]


def test_an_empty_frame_has_no_answers() -> None:
    for engine in drawn.ENGINES:
        make = drawn.ENGINES[engine]
        empty, log = make([], SORTS, "UTC"), make([], LOG_SORTS, "UTC")
        assert drawn.rows_of(score_frame(MODEL, empty, log, as_of=NOW)) == []


def test_a_frame_error_says_what_was_asked_found_and_would_work() -> None:
    frame = pl.DataFrame({"id": ["L"], "a": ["2"]})
    with pytest.raises(LeadflowError) as caught:
        matches_frame(BIG, frame, as_of=NOW)
    assert str(caught.value) == (
        "column 'a' of the leads: expected number, as asked by: a is at least 2, got text (String) "
        "(cast the column or write the condition for what it holds)"
    )


def test_a_column_of_pandas_without_any_value_holds_nothing() -> None:
    leads = pd.DataFrame({"id": ["L-1", "L-2"], "city": float("nan")})
    found = matches_frame(field("city").equals("x") | field("city").is_unknown(), leads, as_of=NOW)
    assert found["matches"].tolist() == [True, True]
    empty = pd.DataFrame({"lead": [], "kind": [], "at": []}, dtype="float64")
    assert score_frame(MODEL, leads.assign(a=1), empty, as_of=NOW)["points"].tolist() == [0, 0]


def test_relations_of_two_connections_are_refused() -> None:
    make = drawn.ENGINES["duckdb"]
    leads = make(ROWS, SORTS, "UTC")
    other = duckdb.connect()
    other.execute(
        "CREATE TABLE log AS SELECT 'L-1' AS lead, 'open' AS kind, now()::TIMESTAMP AS at"
    )
    with pytest.raises(EngineRefused, match=r"DuckDB: .*make both from one connection"):
        score_frame(MODEL, leads, other.table("log"), as_of=NOW)


def test_a_missing_column_of_ids_says_how_to_name_it() -> None:
    leads = pd.DataFrame({"ID": ["L-1"], "a": [1]})
    with pytest.raises(
        MissingColumn, match=r"did you mean 'ID'\?.*id= names the column of the ids"
    ):
        matches_frame(BIG, leads, as_of=NOW)
    with pytest.raises(MissingColumn, match=r"it is the index: reset_index\(\) makes a column"):
        matches_frame(BIG, leads.rename(columns={"ID": "id"}).set_index("id"), as_of=NOW)
    with pytest.raises(MissingColumn, match="the activities have no column 'lead'"):
        score_frame(MODEL, leads.rename(columns={"ID": "id"}), leads, as_of=NOW)


def test_a_lazy_frame_keeps_the_order_of_its_rows() -> None:
    ids = [f"L-{n * 7919 % 1_000}" for n in range(1_000)]
    leads = pl.LazyFrame({"id": ids, "a": 1})
    log = pl.LazyFrame({"lead": ids[::3], "kind": "open", "at": NOW})
    scored = score_frame(MODEL, leads, log, as_of=NOW)
    for engine in ("in-memory", "streaming"):
        for _ in range(10):
            assert scored.collect(engine=engine)["id"].to_list() == ids


def objects(*values: Any) -> pd.DataFrame:
    ids = [f"L-{place}" for place in range(len(values))]
    return pd.DataFrame({"id": ids, "a": pd.Series(values, dtype="object")})


def test_objects_of_pandas_keep_every_digit_of_decimals_or_are_refused() -> None:
    large, small = Decimal(10) ** 29, Decimal("0.00000001")
    fits = matches_frame(field("a").more_than(0), objects(large, small, None), as_of=NOW)
    assert fits["matches"].tolist() == [True, True, False]
    wrong = objects(large, Decimal("0.000000001"))
    with pytest.raises(WrongColumn, match=r"fit into 38 digits together, got 30 .* and 9 after"):
        matches_frame(field("a").is_known(), wrong, as_of=NOW)


def test_decimals_of_pandas_that_are_no_number_are_unknown_and_infinite_ones_refused() -> None:
    frame = objects(Decimal("NaN"), Decimal("sNaN"), Decimal(5))
    known = matches_frame(field("a").is_known(), frame, as_of=NOW)
    assert known["matches"].tolist() == [False, False, True]
    for word in ("Infinity", "-Infinity"):
        with pytest.raises(WrongColumn, match=f"'a' of the leads.*{word}"):
            matches_frame(field("a").is_known(), objects(Decimal(word), Decimal(1)), as_of=NOW)


def test_an_id_beside_the_column_of_the_ids_is_refused() -> None:
    frame = pl.DataFrame({"key": ["right"], "id": ["wrong"]})
    for made in (frame, frame.select("id", "key"), frame.lazy(), frame.to_pandas()):
        with pytest.raises(ColumnClash, match=r"another column named 'id'.*are in 'key'"):
            leads_from_frame(made, id="key")
    assert leads_from_frame(frame.drop("id"), id="key")[0].id == "right"


def test_the_column_of_the_ids_is_asked_for_as_id() -> None:
    frame = pl.DataFrame({"key": ["L-1"]})
    with pytest.raises(MissingColumn, match=r"it holds the ids: ask for field\('id'\)"):
        matches_frame(field("key").equals("L-1"), frame, as_of=NOW, id="key")
    found = matches_frame(field("id").equals("L-1"), frame, as_of=NOW, id="key")
    assert found["matches"].to_list() == [True]


def test_instants_at_a_fixed_distance_from_utc_are_read() -> None:
    moved = pd.Series(pd.to_datetime(["2026-03-01T02:00:00+05:30", "NaT"]))
    arrow = pa.array([datetime(2026, 2, 28, 20, 30), None]).cast(pa.timestamp("us", "+05:30"))
    in_arrow = pd.Series(arrow, dtype=pd.ArrowDtype(arrow.type))
    for frame in (
        pd.DataFrame({"id": ["A", "B"], "a": moved}),
        pd.DataFrame({"id": ["A", "B"], "a": in_arrow}),
        pa.table({"id": ["A", "B"], "a": arrow}),
    ):
        found = [lead.values.get("a") for lead in leads_from_frame(frame)]
        assert found == [datetime(2026, 2, 28, 20, 30, tzinfo=UTC), None]
        scored = score_frame(ScoringModel("m", [Rule("r", 1, when=RECENT)]), frame, as_of=MARCH)
        assert [row["points"] for row in drawn.rows_of(scored)] == [1, 0]


def test_names_of_pandas_that_are_no_text_are_read_as_their_text() -> None:
    frame = pd.DataFrame([["L-1", 5, 7]], columns=["id", 1, ("x", 2)])
    assert matches_frame(field("1").equals(5), frame, as_of=NOW)["matches"].tolist() == [True]
    assert leads_from_frame(frame)[0].values["1"] == 5
    twice = pd.DataFrame([["L-1", 5, 7]], columns=["id", 1, "1"])
    with pytest.raises(ColumnClash, match="rename one of the two"):
        matches_frame(field("1").equals(5), twice, as_of=NOW)


@pytest.mark.parametrize(
    "error",
    [NotImplementedError("odd"), pl.exceptions.PanicException("odd"), ArithmeticError("odd")],
)
def test_what_polars_cannot_hold_is_refused(
    error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_: Any) -> None:
        raise error

    monkeypatch.setattr(pl, "from_pandas", failing)
    with pytest.raises(WrongColumn, match=r"values that Polars can hold, got .*odd"):
        matches_frame(BIG, frames("pandas nullable")[0], as_of=NOW)


def test_a_type_of_duckdb_that_no_field_can_hold_is_named_with_its_cast() -> None:
    leads: Any = duckdb.sql("""select uuid() as id, uuid() as "our key", 5 as a""")
    with pytest.raises(WrongColumn, match=r"'id' .*got UUID.*as in id::VARCHAR"):
        matches_frame(BIG, leads, as_of=NOW)
    with pytest.raises(WrongColumn, match=r'got UUID.*as in "our key"::VARCHAR'):
        matches_frame(BIG, leads, as_of=NOW, id="our key")
    cast = leads.select("id::VARCHAR as id, a")
    assert drawn.rows_of(matches_frame(BIG, cast, as_of=NOW))[0]["matches"]


def test_a_number_that_the_engine_has_no_room_for_is_refused() -> None:
    leads = pl.DataFrame({"id": ["L-1"], "a": pl.Series([2**63 + 1], dtype=pl.UInt64)})
    with pytest.raises(EngineRefused, match=r"Polars: the query failed.*fit into 64 bits"):
        matches_frame(BIG, leads, as_of=NOW)

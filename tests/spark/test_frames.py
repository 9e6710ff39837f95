"""Spark frames: what comes in goes out as a query, and what Spark would misread is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from leadflow import Activity, Lead, Money, activity, always, any_of, field, tag
from leadflow.errors import ColumnClash, EngineRefused, MissingColumn, MixedCurrencies, WrongColumn
from leadflow.events import Disposition, Event, Note
from leadflow.frames import (
    activities_to_frame,
    contributions_frame,
    grade,
    leads_from_frame,
    matches_frame,
    rate_frame,
    score_frame,
    sql,
    win_probability,
)
from leadflow.money import Rates
from leadflow.scoring import (
    Calibration,
    Categories,
    Category,
    Expiry,
    Grid,
    HalfLife,
    Rule,
    ScoringModel,
    Thresholds,
    TimelineAndSize,
)
from tests import frame_strategies as drawn

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore:PySpark does not yet")]
NOW = drawn.NOW
BIG = field("a").at_least(2)
MODEL = ScoringModel(
    "m",
    [Rule("big", 20, when=BIG), Rule("opened", 2, each=activity("open"), limit=3)],
    calibration=Calibration(0.1, [(20, 0.5)]),
)
ROWS: list[dict[str, Any]] = [{"id": f"L-{n}", "a": n, "t": "x" if n else None} for n in range(5)]
SORTS = {"id": "text", "a": "int", "t": "text"}
LOG_SORTS = {"lead": "text", "kind": "text", "at": "datetime"}
Make = Callable[..., Any]


def happened(lead: str, days: float, kind: str = "open", **data: Any) -> dict[str, Any]:
    return {"lead": lead, "kind": kind, "at": NOW - timedelta(days=days), **data}


LOG = [happened("L-1", 0), happened("L-1", 3), happened("gone", 0), happened("L-2", -1)]


def by_id(frame: Any, *names: str) -> dict[str, Any]:
    """Return one column, or a few as tuples, by the id of the lead."""
    found = frame.select("id", *(f"`{name}`" for name in names)).toArrow().to_pylist()
    one = {row["id"]: tuple(row[name] for name in names) for row in found}
    return {key: value[0] if len(names) == 1 else value for key, value in one.items()}


def matched(condition: Any, frame: Any, log: Any = None) -> dict[str, bool]:
    return by_id(matches_frame(condition, frame, log, as_of=NOW), "matches")


@pytest.fixture
def leads(make: Make) -> Any:
    return make(ROWS, SORTS)


@pytest.fixture
def log(make: Make) -> Any:
    return make(LOG, LOG_SORTS)


def test_a_query_goes_in_and_a_query_comes_out_with_the_callers_columns_first(
    leads: Any, log: Any
) -> None:
    scored = score_frame(MODEL, leads, log, as_of=NOW, explain=True)
    assert type(scored) is type(leads)
    made = ["points", "fit", "engagement", "win_probability", "because"]
    assert scored.columns == ["id", "a", "t", *made]
    long = contributions_frame(MODEL, leads, log, as_of=NOW)
    assert type(long) is type(leads)
    assert long.columns == ["lead", "rule", "kind", "times", "points"]


def test_a_score_says_what_it_is_made_of(leads: Any, log: Any) -> None:
    scored = score_frame(MODEL, leads, log, as_of=NOW, explain=True)
    assert by_id(scored, "points", "win_probability", "because") == {
        "L-0": (0, 0.1, ""),
        "L-1": (3, 0.1, "opened x2 +4; opened (rule limit) -1"),
        **dict.fromkeys(("L-2", "L-3", "L-4"), (20, 0.5, "big +20")),
    }
    long = contributions_frame(MODEL, leads, log, as_of=NOW).toArrow().to_pylist()
    assert sorted(tuple(row.values()) for row in long) == [
        ("L-1", "opened", "rule", 2, 4),
        ("L-1", "opened", "rule limit", 1, -1),
        ("L-2", "big", "rule", 1, 20),
        ("L-3", "big", "rule", 1, 20),
        ("L-4", "big", "rule", 1, 20),
    ]


def test_contributions_read_the_leads_once(leads: Any, log: Any) -> None:
    rules = [Rule(f"r{n}", 1, when=field("a").at_least(n)) for n in range(30)]
    plan = contributions_frame(ScoringModel("m", rules), leads, as_of=NOW)
    assert plan._jdf.queryExecution().executedPlan().toString().count("Exchange Round") == 1


def test_columns_that_are_not_read_may_have_any_name_and_type(spark: Any, log: Any) -> None:
    wide = spark.sql(
        "SELECT 'L-1' AS id, 2 AS a, 1 AS `a.b`, 2 AS `we ``ird`, 3 AS `*`,"
        " named_struct('b', 1) AS s, map('k', 1) AS m, X'00' AS bytes"
    )
    odd = log.withColumn("not.read", log.kind)
    scored = score_frame(MODEL, wide, odd, as_of=NOW)
    assert scored.columns[:8] == ["id", "a", "a.b", "we `ird", "*", "s", "m", "bytes"]
    assert by_id(scored, "a.b", "points") == {"L-1": (1, 23)}


@pytest.mark.parametrize("name", ["a.b", "a`b", "*"])
def test_names_that_spark_would_misread_are_refused_when_asked_about(make: Make, name: str) -> None:
    frame = make([{"id": "L", "x": 1}], {"id": "text", "x": "int"}).withColumnRenamed("x", name)
    with pytest.raises(WrongColumn, match="withColumnRenamed"):
        matches_frame(field(name).at_least(1), frame, as_of=NOW)


def test_names_that_differ_in_case_only_are_refused(spark: Any) -> None:
    frame = spark.createDataFrame(pa.table({"id": ["L"], "a": [1], "B": [1], "b": [2]}))
    with pytest.raises(ColumnClash, match="rename one of the two"):
        matches_frame(BIG, frame, as_of=NOW)


def test_a_column_is_never_overwritten(spark: Any, log: Any) -> None:
    frame = spark.createDataFrame(pa.table({"id": ["L"], "a": [1], "Points": [1]}))
    with pytest.raises(ColumnClash, match="'Points'"):
        score_frame(MODEL, frame, log, as_of=NOW)


def test_a_missing_column_is_an_error_that_lists_what_is_there(leads: Any, log: Any) -> None:
    with pytest.raises(MissingColumn, match=r"did you mean 'a'\?; there are: id, a, t"):
        matches_frame(field("aa").at_least(1), leads, as_of=NOW)
    with pytest.raises(MissingColumn, match="the activities have no column 'page'"):
        matches_frame(activity("open", page="x"), leads, log, as_of=NOW)


@pytest.mark.parametrize("other", [lambda f: f, lambda f: f.lazy(), lambda f: f.to_arrow()])
def test_leads_and_activities_on_two_engines_are_refused(
    leads: Any, log: Any, other: Callable[[Any], Any]
) -> None:
    local = other(drawn.polars(LOG, LOG_SORTS))
    with pytest.raises(EngineRefused, match=r"leads run on Spark and .* Polars \(.*PySpark"):
        score_frame(MODEL, leads, local, as_of=NOW)
    with pytest.raises(EngineRefused, match=r"leads run on Polars and .* Spark \(.*PySpark"):
        score_frame(MODEL, other(drawn.polars(ROWS, SORTS)), log, as_of=NOW)


def test_duckdb_sql_is_not_written_for_spark(leads: Any, log: Any) -> None:
    with pytest.raises(EngineRefused, match="use DuckDB relations"):
        sql(MODEL, leads, log, as_of=NOW)


def test_texts_of_another_collation_are_refused(spark: Any) -> None:
    frame = spark.sql("SELECT 'L' AS id, 'A' COLLATE UTF8_LCASE AS t")
    with pytest.raises(WrongColumn, match="UTF8_LCASE"):
        matches_frame(field("t").equals("a"), frame, as_of=NOW)
    bare = frame.selectExpr("id", "collate(t, 'UTF8_BINARY') AS t")
    assert matched(field("t").equals("a"), bare) == {"L": False}


def test_types_that_no_field_can_hold_are_refused(spark: Any) -> None:
    frame = spark.sql("SELECT 'L' AS id, INTERVAL 1 DAY AS a, X'00' AS b")
    for name in ("a", "b"):
        with pytest.raises(WrongColumn, match=f"column '{name}'"):
            matches_frame(field(name).is_known(), frame, as_of=NOW)


def test_aware_instants_need_a_session_in_utc(
    leads: Any, log: Any, spark: Any, in_new_york: None
) -> None:
    with pytest.raises(EngineRefused, match=r'spark.conf.set\("spark.sql.session.timeZone", "UTC'):
        score_frame(MODEL, leads, log, as_of=NOW)
    # What the session says now counts, not what it said when it was first asked.
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    assert by_id(score_frame(MODEL, leads, log, as_of=NOW), "points")["L-1"] == 3


def test_instants_without_a_zone_mean_the_same_in_any_session(
    make: Make, spark: Any, in_new_york: None
) -> None:
    night = datetime(2026, 3, 1, 2, 30)
    plain = spark.createDataFrame([("L-1", night)], "id string, at timestamp_ntz")
    assert matched(field("at").at_least(datetime(2026, 3, 1, 2, 30, tzinfo=UTC)), plain) == {
        "L-1": True
    }
    assert matched(field("at").in_last("30 days"), plain) == {"L-1": True}
    assert matched(field("at").in_last("29 days"), plain) == {"L-1": False}


@pytest.mark.parametrize("zone", drawn.ZONES)
def test_dates_of_instants_are_utc_dates_whatever_zone_they_came_in(make: Make, zone: str) -> None:
    edges = [NOW.replace(hour=0, minute=0) - timedelta(days=7), NOW]
    rows = [{"id": str(n), "at": at} for n, at in enumerate([edges[0] - _SECOND, *edges])]
    frame = make(rows, {"id": "text", "at": "datetime"}, zone)
    assert matched(field("at").in_last("7 days"), frame) == {"0": False, "1": True, "2": True}


_SECOND = timedelta(seconds=1)
_OLD = [date.min, date(999, 12, 31), date(1582, 10, 10), date(1900, 1, 1), date.max]


@pytest.mark.parametrize("day", _OLD)
def test_dates_and_instants_of_every_year_are_told_exactly(make: Make, day: date) -> None:
    at = datetime(day.year, day.month, day.day, 12, 30, 0, 123456, tzinfo=UTC)
    frame = make([{"id": "L", "d": day, "at": at}], {"id": "text", "d": "date", "at": "datetime"})
    for name, value in (("d", day), ("at", at)):
        assert matched(field(name).equals(value), frame) == {"L": True}
        assert matched(field(name).between(value, value), frame) == {"L": True}
        assert matched(field(name).more_than(value), frame) == {"L": False}


def test_nan_is_unknown(make: Make) -> None:
    rows = [{"id": str(n), "f": f} for n, f in enumerate([float("nan"), None, 0.0, -0.0, 2.0])]
    frame = make(rows, {"id": "text", "f": "float"})
    yes = {str(n): True for n in range(5)}
    assert matched(field("f").is_unknown(), frame) == yes | dict.fromkeys("234", False)
    assert matched(field("f").more_than(1), frame) == dict.fromkeys("0123", False) | {"4": True}
    assert matched(~field("f").more_than(1), frame) == yes | {"4": False}
    # Twelve values: from eleven on Spark looks them up in a set.
    among = field("f").one_of(0, *range(20, 31))
    assert matched(among, frame) == {"0": False, "1": False, "2": True, "3": True, "4": False}


def test_numbers_are_compared_exactly(make: Make) -> None:
    big = 2**53
    rows = [
        {"id": "0", "n": big, "s": 127, "d": Decimal("0.30000000000000004")},
        {"id": "1", "n": big + 1, "s": -128, "d": Decimal("0.3")},
        {"id": "2", "n": 2**63 - 1, "s": None, "d": None},
    ]
    frame = make(rows, {"id": "text", "n": "int", "s": "small", "d": "decimal"})
    assert matched(field("n").equals(big + 1), frame) == {"0": False, "1": True, "2": False}
    assert matched(field("n").one_of(big, 2**63 - 2), frame) == {"0": True, "1": False, "2": False}
    below = field("n").at_most(Decimal("9223372036854775806.5"))
    assert matched(below, frame) == {"0": True, "1": True, "2": False}
    assert matched(field("s").at_most(1_000), frame) == {"0": True, "1": True, "2": False}
    assert matched(field("d").equals(Decimal("0.3")), frame) == {"0": False, "1": True, "2": False}
    assert matched(field("s").less_than(field("d")), frame) == {"0": False, "1": True, "2": False}
    model = ScoringModel("m", [Rule("s", 30_000, when=field("s").is_known())] * 1)
    assert by_id(score_frame(model, frame, as_of=NOW), "points")["0"] == 30_000


def test_texts_are_compared_as_they_stand(make: Make) -> None:
    texts = [text for text in drawn.POOLS["text"] if text]
    frame = make([{"id": text, "t": text} for text in texts], {"id": "text", "t": "text"})
    for text in ("i", "\u0131", "\u00df", "e\u0301", "%", "_", "a\u00a0", "a.b", "\U0001f98a"):
        for condition in (field("t").equals(text), field("t").contains(text)):
            told = matched(condition, frame)
            for one in texts:
                lead = Lead("L", fields={"t": one})
                assert told[one] == condition.matches(lead, as_of=NOW), (one, str(condition))


def test_columns_of_nothing_and_lists_of_tags_can_be_asked_about(spark: Any) -> None:
    frame = spark.sql(
        "SELECT id, tags, NULL AS a FROM VALUES ('0', array('vip', NULL)), ('1', array()),"
        " ('2', NULL) AS t(id, tags)"
    )
    assert matched(tag("vip"), frame) == {"0": True, "1": False, "2": False}
    assert matched(~tag("vip"), frame) == {"0": False, "1": True, "2": True}
    assert matched(BIG, frame) == dict.fromkeys("012", False)
    assert matched(field("a").is_unknown(), frame) == dict.fromkeys("012", True)
    empty = spark.sql("SELECT '0' AS id, array() AS tags")
    assert matched(tag("vip"), empty) == {"0": False}


def test_ids_may_be_whole_numbers_or_have_another_name(spark: Any) -> None:
    leads = spark.createDataFrame(pa.table({"nr": pa.array([1, 2], pa.int32()), "a": [5, None]}))
    log = spark.createDataFrame(pa.table({"lead": [2, 2], "kind": ["open"] * 2, "at": [NOW] * 2}))
    found = score_frame(MODEL, leads, log, as_of=NOW, id="nr").toArrow().to_pylist()
    assert {row["nr"]: row["points"] for row in found} == {1: 20, 2: 3}


def test_what_is_asked_of_activities_is_answered_as_lead_by_lead(make: Make) -> None:
    log = [
        happened(f"L-{lead}", days, kind, page=page)
        for lead, kind, days, page in [
            (0, "open", 40, "/a"), (0, "open", 14, "/b"), (0, "click", 13.9, None),
            (1, "click", 14, "/a"), (1, "open", 13, "/a"), (1, "open", 0, "/a"),
            (2, "open", 3, "/a"), (2, "open", 3, "/b"), (2, "click", 2, "/b"),
        ]
    ]  # fmt: skip
    open_, click = activity("open"), activity("click")
    model = ScoringModel(
        "m",
        [
            Rule("faded", 40, each=open_, fade=HalfLife("14 days")),
            Rule("faded from a table", 4_000, each=open_, fade=HalfLife("14 days")),
            Rule("until", -7, each=open_, fade=Expiry("14 days")),
            Rule("nothing left", 1, each=click, fade=HalfLife("1 day")),
            Rule("pages", 3, each=open_, distinct="page"),
            Rule("faded pages", 8, each=open_, distinct="page", fade=HalfLife("7 days")),
            Rule("then", 5, when=open_.then(click, within="1 day")),
            Rule("ever after", 11, when=click.then(open_)),
            Rule("few", 13, when=open_.within("30 days").times(1, 2)),
        ],
    )
    frame = make(ROWS, SORTS)
    sorts = LOG_SORTS | {"page": "text"}
    scored = by_id(score_frame(model, frame, make(log, sorts), as_of=NOW), "points", "engagement")
    events: dict[str, list[Activity]] = {}
    for one in log:
        done = Activity(one["kind"], one["at"], data={"page": one["page"]})
        events.setdefault(one["lead"], []).append(done)
    for row in ROWS:
        lead = Lead(row["id"], fields={"a": row["a"]}, events=events.get(row["id"], []))
        score = model.score(lead, as_of=NOW)
        assert scored[lead.id] == (score.points, score.engagement), score.explain()
    assert len({points for points, _ in scored.values()}) == 4


def test_what_came_up_to_a_reset_scores_nothing(make: Make) -> None:
    closed = Disposition("lost", NOW - timedelta(days=2), resets_engagement=True)
    opened = [Activity("open", NOW - timedelta(days=days)) for days in (0, 1, 2, 3)]
    events: dict[str, list[Event]] = {
        "L-0": [*opened],
        "L-1": [*opened, closed, Note("hm", closed.at)],
        "L-2": [closed],
    }
    rules = [
        Rule("opened", 2, each=activity("open")),
        Rule("said", 100, each=activity("note")),
        Rule("lost", 1_000, when=activity("disposition", outcome="lost")),
    ]
    leads = [Lead(lead, events=log) for lead, log in events.items()]
    rows = [{"id": lead.id, "engagement_reset_at": lead.engagement_reset_at} for lead in leads]
    frame = make(rows, {"id": "text", "engagement_reset_at": "datetime"})
    log = make(activities_to_frame(leads).to_dicts(), LOG_SORTS | {"outcome": "text"})
    scored = by_id(score_frame(ScoringModel("m", rules), frame, log, as_of=NOW), "points")
    assert scored == {"L-0": 8, "L-1": 1_004, "L-2": 1_000}
    assert matched(activity("open").times(4), frame, log) == {
        "L-0": True,
        "L-1": True,
        "L-2": False,
    }
    text = make([{"id": "L-0", "engagement_reset_at": "soon"}], dict.fromkeys(rows[0], "text"))
    with pytest.raises(WrongColumn, match="engagement_reset_at"):
        score_frame(ScoringModel("m", rules), text, log, as_of=NOW)


def test_the_fading_table_is_sent_to_the_executors_and_not_shuffled(leads: Any, log: Any) -> None:
    # So many points fall in more steps than are written into the query.
    model = ScoringModel("m", [Rule("x", 4_000, each=activity("open"), fade=HalfLife("14 days"))])
    plan = score_frame(model, leads, log, as_of=NOW)._jdf.queryExecution().executedPlan()
    assert "BroadcastHashJoin" in plan.toString()


def test_frames_that_are_partitioned_by_lead_are_not_shuffled_again(leads: Any, log: Any) -> None:
    parted = score_frame(MODEL, leads.repartition("id"), log.repartition("lead"), as_of=NOW)
    plan = parted._jdf.queryExecution().executedPlan().toString()
    assert plan.count("Exchange hashpartitioning") == 2
    assert "BroadcastHashJoin" not in plan


def test_ratings_grades_and_chances_are_those_of_the_lead(make: Make) -> None:
    rows = [
        {"id": f"{n}", "score": n * 10, "rating": ("hot", "cold", None)[n % 3]}
        | {"due": NOW.date() + timedelta(days=n * 20 - 30)}
        | {"deal_value": Decimal(n * 100), "deal_value_currency": ("USD", "EUR")[n % 2]}
        for n in range(8)
    ]
    sorts = {"id": "text", "score": "int", "rating": "text", "due": "date"}
    frame = make(rows, sorts | {"deal_value": "decimal", "deal_value_currency": "text"})
    leads = leads_from_frame(frame)
    raters: list[Any] = [
        Thresholds(hot=60, warm=30, leave_hot=20, leave_warm=10),
        TimelineAndSize(
            soon="1 month",
            medium=Money(200, "USD"),
            large=Money(500, "USD"),
            rates=Rates("USD", {"EUR": Decimal("1.07")}),
        ),
        Categories([Category("A", field("score").more_than(35)), Category("B", always())]),
    ]
    for rater in raters:
        found = by_id(rate_frame(rater, frame, as_of=NOW, into="rated"), "rated")
        assert found == {lead.id: rater.rate(lead, as_of=NOW).rating for lead in leads}
    scored = frame.selectExpr("id", "score AS points", "score AS fit", "70 - score AS engagement")
    letters = by_id(grade(scored, Grid(fit=(40, 20), engagement=(50, 10))), "grade")
    assert [letters[str(n)] for n in range(8)] == ["C1", "C1", "B1", "B2", "A2", "A2", "A2", "A3"]
    chances = by_id(win_probability(scored, Calibration(0.1, [(20, 0.4), (50, 0.9)])), *_CHANCE)
    assert [chances[str(n)] for n in range(8)] == [0.1, 0.1, 0.4, 0.4, 0.4, 0.9, 0.9, 0.9]


_CHANCE = ("win_probability",)


def test_a_currency_without_a_rate_is_not_rated_since_nothing_is_run(make: Make) -> None:
    row: dict[str, Any] = {
        "id": "0",
        "due": NOW.date(),
        "deal_value": Decimal(1),
        "deal_value_currency": "JPY",
    }
    sorts = {"id": "text", "due": "date", "deal_value": "decimal", "deal_value_currency": "text"}
    rater = TimelineAndSize(soon="1 month", medium=Money(2, "USD"), large=Money(5, "USD"))
    frame = make([row], sorts)
    assert by_id(rate_frame(rater, frame, as_of=NOW), "rating") == {"0": None}
    with pytest.raises(MixedCurrencies):
        rate_frame(rater, drawn.polars([row], sorts), as_of=NOW)


def test_leads_are_read_from_a_frame(make: Make) -> None:
    row: dict[str, Any] = {
        "id": "L-1",
        "n": 2**53 + 1,
        "f": 0.5,
        "d": Decimal("0.10"),
        "on": date(2026, 3, 1),
    }
    row |= {"at": NOW, "tags": ["vip"], "deal_value": Decimal("9.50"), "deal_value_currency": "EUR"}
    sorts = {"id": "text", "n": "int", "f": "float", "d": "decimal", "on": "date"}
    sorts |= {"at": "datetime", "tags": "texts"}
    sorts |= {"deal_value": "decimal", "deal_value_currency": "text"}
    log = make([happened("L-1", 3, n=7), happened("L-2", 3, n=None)], LOG_SORTS | {"n": "int"})
    (lead,) = leads_from_frame(make([row], sorts), log)
    assert lead == Lead(
        "L-1",
        deal_value=Money(Decimal("9.50"), "EUR"),
        tags=["vip"],
        fields={name: row[name] for name in ("n", "f", "d", "on", "at")},
        events=[Activity("open", NOW - timedelta(days=3), data={"n": 7})],
    )


def test_ten_thousand_alternatives_and_a_thousand_ranges_are_answered(leads: Any) -> None:
    many = any_of(*(field("a").equals(3 * n) for n in range(10_000)))
    assert sum(matched(many, leads).values()) == 2
    ranges = any_of(*(field("a").between(3 * n, 3 * n) for n in range(1_000)))
    assert sum(matched(ranges, leads).values()) == 2


def test_a_thousand_rules_are_added_up(leads: Any) -> None:
    rules = [Rule(f"r{n}", 1, when=field("a").at_least(n)) for n in range(1_000)]
    scored = score_frame(ScoringModel("m", rules), leads, as_of=NOW)
    assert by_id(scored, "points") == {f"L-{n}": n + 1 for n in range(5)}


def test_frames_of_pandas_on_spark_are_refused() -> None:
    made = type("DataFrame", (), {"__module__": "pyspark.pandas.frame"})()
    with pytest.raises(EngineRefused, match="no dataframe that can be read"):
        matches_frame(BIG, made, as_of=NOW)


def test_polars_is_not_taken_for_spark() -> None:
    assert matches_frame(BIG, pl.DataFrame({"id": ["L"], "a": [2]}), as_of=NOW)["matches"][0]

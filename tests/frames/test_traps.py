"""Where dataframe engines disagree without saying so, in the order of the list of their traps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from leadflow import Activity, Lead, activity, all_of, any_of, field
from leadflow.conditions import Condition
from leadflow.errors import (
    ColumnClash,
    EngineRefused,
    InvalidValue,
    LimitExceeded,
    MissingColumn,
    WrongColumn,
)
from leadflow.frames import contributions_frame, leads_from_frame, matches_frame, score_frame
from leadflow.limits import DEFAULT_LIMITS
from leadflow.scoring import Expiry, Group, HalfLife, Rule, ScoringModel
from tests import frame_strategies as drawn
from tests.frame_strategies import asked

NOW = drawn.NOW
EVERY = pytest.mark.parametrize("engine", drawn.ENGINES)
Rows = list[dict[str, Any]]
LOG_SORTS = {"lead": "text", "kind": "text", "at": "datetime"}


def scored(
    rules: list[Rule],
    engine: str,
    rows: Rows,
    sorts: dict[str, str],
    log: Rows | None = None,
    data: dict[str, str] | None = None,
) -> list[int]:
    make = drawn.ENGINES[engine]
    leads = make(rows, {"id": "text", **sorts}, "UTC")
    activities = None if log is None else make(log, {**LOG_SORTS, **(data or {})}, "UTC")
    result = score_frame(ScoringModel("m", rules), leads, activities, as_of=NOW)
    by_id = {row["id"]: row["points"] for row in drawn.rows_of(result)}
    return [by_id[row["id"]] for row in rows]


def told(condition: Condition, frame: Any, as_of: datetime = NOW) -> list[bool]:
    return [row["matches"] for row in drawn.rows_of(matches_frame(condition, frame, as_of=as_of))]


def kinds_of(frame: pl.DataFrame) -> dict[str, Any]:
    """Every kind of frame from one, with its types as they are."""
    return {
        "polars": frame,
        "polars lazy": frame.lazy(),
        "pandas": frame.to_pandas(),
        "pandas arrow": frame.to_pandas(use_pyarrow_extension_array=True),
        "pyarrow": frame.to_arrow(),
        "duckdb": duckdb.from_arrow(frame.to_arrow()),
    }


# 1: a grouped sum of a choice forgets the choice (pandas, PyArrow)


@EVERY
def test_a_count_of_activities_leaves_out_those_that_do_not_match(engine: str) -> None:
    log = [
        {"lead": lead, "kind": kind, "at": NOW, "n": n}
        for lead, kind, often in (("A", "open", 20), ("A", "click", 10), ("B", "click", 30))
        for n in range(often)
    ]
    rules = [
        Rule("opened", 1, each=activity("open")),
        Rule("few", 100, each=activity("click").where(field("n").less_than(5))),
    ]
    rows: Rows = [{"id": "A"}, {"id": "B"}, {"id": "C"}]
    assert scored(rules, engine, rows, {}, log, {"n": "int"}) == [520, 500, 0]


# 2: NaN is the largest number (Polars, DuckDB, Spark)


@EVERY
def test_nan_is_unknown_and_no_largest_number(engine: str) -> None:
    rows: Rows = [{"a": float("nan")}, {"a": None}, {"a": 5.0}]
    for condition in (field("a").more_than(1), field("a").is_known(), field("a").at_least(-1)):
        assert asked(condition, {"a": "float"}, rows, engine) == [False, False, True]
    same = field("a").equals(field("a"))
    assert asked(same, {"a": "float"}, rows, engine) == [False, False, True]


# 3: null counts as different (pandas on numpy)


@EVERY
def test_what_differs_is_true_of_the_unknown_and_only_then_or_of_another(engine: str) -> None:
    for sort, one, two in (
        ("int", 1, 2), ("float", 1.0, 2.0), ("text", "a", "b"), ("bool", True, False),
        ("decimal", Decimal("0.1"), Decimal("0.2")), ("date", NOW.date(), date(2026, 1, 1)),
    ):  # fmt: skip
        rows: Rows = [{"a": one}, {"a": two}, {"a": None}]
        differs = ~field("a").equals(one)
        assert asked(differs, {"a": sort}, rows, engine) == [False, True, True]
        known = all_of(differs, field("a").is_known())
        assert asked(known, {"a": sort}, rows, engine) == [False, True, False]


# 4: "not" of null is null, or true


@EVERY
def test_not_of_the_unknown_is_true_at_every_level(engine: str) -> None:
    rows: Rows = [{"a": 5, "b": 1}, {"a": None, "b": 1}, {"a": 5, "b": None}]
    sorts = {"a": "int", "b": "int"}
    big, one = field("a").more_than(1), field("b").equals(1)
    for condition, expected in (
        (~big, [False, True, False]),
        (~~big, [True, False, True]),
        (~all_of(big, one), [False, True, True]),
        (~any_of(~big, ~one), [True, False, False]),
        (~field("a").between(1, 9), [False, True, False]),
        (~field("a").one_of(5, 6), [False, True, False]),
        (~field("a").more_than(field("b")), [False, True, True]),
    ):
        assert asked(condition, sorts, rows, engine) == expected, str(condition)


# 5: integers with gaps are floats (pandas on numpy)


@EVERY
def test_whole_numbers_beyond_two_to_the_53_stay_exact(engine: str) -> None:
    rows: Rows = [{"a": 2**53}, {"a": 2**53 + 1}, {"a": None}]
    found = asked(field("a").equals(2**53 + 1), {"a": "int"}, rows, engine)
    assert found == [False, True, False]


@pytest.mark.parametrize(
    "values",
    [
        [2**53, None],
        [-(2**53) - 1, None, 1],
        [2**63 - 1, None],
        [-(2**63), None],
        [float(2**53 + 2), float("nan"), 0.0],
    ],
)
def test_floats_of_numpy_that_may_have_lost_digits_are_refused(values: list[Any]) -> None:
    made = pd.Series(values, dtype="float64")
    frame = pd.DataFrame({"id": [f"L-{n}" for n in range(len(values))], "a": made})
    for read in (
        lambda: matches_frame(field("a").is_known(), frame, as_of=NOW),
        lambda: leads_from_frame(frame),
    ):
        with pytest.raises(WrongColumn, match='dtype="Int64"') as caught:
            read()
        assert caught.value.column == "a"


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([2**53, 1], "float64"),  # no gap, so they were floats from the start
        ([2**53, None, 0.5], "float64"),  # no whole numbers
        ([2**53 - 1, None], "float64"),  # none has lost a digit
        ([2.0**64, None], "float64"),  # no Int64
        ([None, None], "float64"),
        ([2**53 + 1, None], "Int64"),
        ([2.0**53, None], "Float64"),
        ([2**53 + 1, None], "object"),
    ],
)
def test_floats_that_have_lost_nothing_are_read(values: list[Any], dtype: str) -> None:
    made = pd.Series(values, dtype=dtype)
    frame = pd.DataFrame({"id": [f"L-{n}" for n in range(len(values))], "a": made})
    assert told(field("a").is_known(), frame) == [value is not None for value in values]
    if dtype in ("Int64", "object"):
        assert told(field("a").equals(2**53 + 1), frame) == [True, False]


# 6: small integers wrap (Polars)


@EVERY
def test_small_integers_do_not_wrap(engine: str) -> None:
    rows: Rows = [{"id": "A", "a": 100}, {"id": "B", "a": -128}]
    assert asked(field("a").at_most(1_000), {"a": "small"}, rows, engine) == [True, True]
    assert asked(field("a").equals(100 + 256), {"a": "small"}, rows, engine) == [False, False]
    assert asked(field("a").at_least(127), {"a": "small"}, rows, engine) == [False, False]
    many = [Rule(f"r{n}", 1_000, when=field("a").is_known()) for n in range(3)]
    assert scored(many, engine, rows, {"a": "small"}) == [3_000, 3_000]


@EVERY
def test_few_points_meet_large_limits_without_wrapping(engine: str) -> None:
    most = DEFAULT_LIMITS.points
    rules = [
        Rule("small", 100, when=field("a").is_known(), group="fit"),
        Rule("other", 27, when=field("a").is_known(), group="fit"),
        Rule("taken", -3, when=field("a").more_than(0)),
    ]
    model = ScoringModel(
        "m", rules, groups=[Group("fit", at_most=most, at_least=-most)], floor=-most, ceiling=most
    )
    rows: Rows = [{"id": "A", "a": 1}, {"id": "B", "a": -1}, {"id": "C", "a": None}]
    frame = drawn.ENGINES[engine](rows, {"id": "text", "a": "int"}, "UTC")
    found = drawn.rows_of(score_frame(model, frame, as_of=NOW))
    assert {row["id"]: row["points"] for row in found} == {"A": 124, "B": 127, "C": 0}
    held = ScoringModel("m", rules, groups=[Group("fit", at_most=300)], floor=300, ceiling=500)
    found = drawn.rows_of(score_frame(held, frame, as_of=NOW))
    assert {row["id"]: row["points"] for row in found} == {
        lead: held.points(Lead(lead, fields={"a": a}), as_of=NOW)
        for lead, a in (("A", 1), ("B", -1), ("C", None))
    }


# 7: sums of integers wrap, widen or raise


@EVERY
def test_points_add_up_beyond_thirty_two_bits_as_int64(engine: str) -> None:
    log = [{"lead": "A", "kind": "open", "at": NOW, "n": n} for n in range(9)]
    rules = [Rule(f"r{n}", 10**9, when=field("a").is_known()) for n in range(9)]
    rules += [
        Rule("opened", 10**9, each=activity("open")),
        Rule("fading", -(10**9), each=activity("open"), fade=Expiry("9 days")),
        Rule("once each", 10**9, each=activity("open"), distinct="n"),
    ]
    rows: Rows = [{"id": "A", "a": 1}, {"id": "B", "a": None}]
    found = scored(rules, engine, rows, {"a": "int"}, log, {"n": "int"})
    assert found == [18 * 10**9, 0]


def test_duckdb_gives_points_as_whole_numbers_of_64_bits() -> None:
    make = drawn.ENGINES["duckdb"]
    log = make([{"lead": "A", "kind": "open", "at": NOW}], LOG_SORTS)
    rules = [Rule("r", 2, each=activity("open")), Rule("s", 1, when=field("id").is_known())]
    leads = make([{"id": "A"}], {"id": "text"})
    found = score_frame(ScoringModel("m", rules), leads, log, as_of=NOW)
    assert [str(kind) for kind in found.types[-3:]] == ["BIGINT"] * 3
    found = contributions_frame(ScoringModel("m", rules), leads, log, as_of=NOW)
    assert [str(kind) for kind in found.types[-2:]] == ["BIGINT"] * 2


def test_no_model_can_sum_beyond_64_bits() -> None:
    most = DEFAULT_LIMITS
    assert most.points * most.rules * most.events < 2**63
    with pytest.raises((InvalidValue, LimitExceeded)):
        Rule("r", most.points + 1, when=field("a").is_known())


# 8: the date of an aware datetime is that of the column's zone, of the session's, or of UTC


@pytest.mark.parametrize("zone", drawn.ZONES)
@EVERY
def test_aware_instants_count_by_their_utc_date(engine: str, zone: str) -> None:
    rows: Rows = [
        {"a": datetime(2026, 3, 1, 1, tzinfo=UTC)},  # still February in New York
        {"a": datetime(2026, 2, 28, 23, tzinfo=UTC)},  # March in Kathmandu
    ]
    found = asked(field("a").in_last("30 days"), {"a": "datetime"}, rows, engine, zone)
    assert found == [True, False]


def test_a_duckdb_session_in_another_zone_is_refused() -> None:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'America/New_York'")
        leads = connection.sql("select 'L' as id, timestamptz '2026-03-01 01:00:00+00' as a")
        with pytest.raises(EngineRefused, match="SET TimeZone = 'UTC'"):
            told(field("a").in_last("30 days"), leads)


# 9: halves are rounded to even, or away from zero


@EVERY
def test_halves_of_fading_points_are_rounded_away_from_zero(engine: str) -> None:
    rows: Rows = [{"id": str(age)} for age in range(5)]
    log = [{"lead": str(age), "kind": "open", "at": NOW - timedelta(days=age)} for age in range(5)]
    for points, expected in ((5, [5, 3, 1, 1, 0]), (-5, [-5, -3, -1, -1, 0]), (1, [1, 1, 0, 0, 0])):
        rule = Rule("r", points, each=activity("open"), fade=HalfLife("1 day"))
        assert scored([rule], engine, rows, {}, log) == expected


# 10: upper and lower case of some letters

LETTERS = ["stra\u00dfe", "STRASSE", "\u1e9e", "\u0130", "i", "\u0131", "I", "\u03c3", "\u03c2",
           "\u00e9", "e\u0301", "\ufb01", "\U0001f98a"]  # fmt: skip


@EVERY
def test_case_and_accents_are_never_folded(engine: str) -> None:
    rows: Rows = [{"a": text} for text in LETTERS]
    for text in LETTERS:
        expected = [text == other for other in LETTERS]
        assert asked(field("a").equals(text), {"a": "text"}, rows, engine) == expected
        assert asked(field("a").one_of(text, "-"), {"a": "text"}, rows, engine) == expected
        for word, test in (
            ("contains", str.__contains__),
            ("starts_with", str.startswith),
            ("ends_with", str.endswith),
        ):
            found = asked(getattr(field("a"), word)(text), {"a": "text"}, rows, engine)
            assert found == [test(other, text) for other in LETTERS]


# 11: patterns mean one thing here and another there

PATTERNS = ["a.b", "axb", "^a$", "\\d", "5", "[a", "(?i)A", "a\n", "a", "%", "_", "a*", "\\", "'",
            '"', "{,2}", "$", "\\w", "a%b", "::int", "--", "; drop"]  # fmt: skip


@EVERY
def test_no_text_is_a_pattern(engine: str) -> None:
    rows: Rows = [{"a": text} for text in PATTERNS]
    for text in PATTERNS:
        for word, test in (
            ("contains", str.__contains__),
            ("starts_with", str.startswith),
            ("ends_with", str.endswith),
            ("equals", str.__eq__),
        ):
            found = asked(getattr(field("a"), word)(text), {"a": "text"}, rows, engine)
            assert found == [test(other, text) for other in PATTERNS], (word, text)


# 12: some white space is stripped, some is not


@EVERY
def test_white_space_belongs_to_the_text(engine: str) -> None:
    texts = ["a", "a ", " a", "a\u00a0", "\u2003a", "a\t", "a\n", "", " "]
    rows: Rows = [{"a": text} for text in texts]
    for text in texts:
        found = asked(field("a").equals(text), {"a": "text"}, rows, engine)
        assert found == [text == other for other in texts]
    assert all(asked(field("a").is_known(), {"a": "text"}, rows, engine))


# 13: powers of two differ in their last digits, and sums by their order


@EVERY
def test_fading_is_looked_up_day_by_day_in_one_table(engine: str) -> None:
    ages = range(90)
    rows: Rows = [{"id": str(age)} for age in ages] + [{"id": "all"}]
    log = [
        {"lead": lead, "kind": "open", "at": NOW - timedelta(days=age)}
        for age in ages
        for lead in (str(age), "all")
    ]
    fade = HalfLife("7 days")
    left = fade.table(999)
    expected = [left[age] if age < len(left) else 0 for age in ages]
    rule = Rule("r", 999, each=activity("open"), fade=fade)
    assert scored([rule], engine, rows, {}, log) == [*expected, sum(expected)]


# 14: parts of a date before 1970, and Sundays (Spark)


@EVERY
def test_instants_before_1970_and_on_sundays_count_like_any_other(engine: str) -> None:
    moment = datetime(1969, 12, 28, 12, 0, 0, 1, tzinfo=UTC)  # a Sunday
    ages = [timedelta(microseconds=step) for step in (-1, 0, 1)]
    ages += [timedelta(days, hours=12, microseconds=step) for days in (0, 7) for step in (0, 1, 2)]
    rows: Rows = [{"id": str(n), "a": moment - age} for n, age in enumerate(ages)]
    log = [{"lead": row["id"], "kind": "open", "at": row["a"]} for row in rows]
    rules = [
        Rule("fact", 1, when=field("a").in_last("7 days")),
        Rule("done", 10, each=activity("open").within("7 days"), fade=HalfLife("3 days")),
    ]
    model = ScoringModel("m", rules)
    make = drawn.ENGINES[engine]
    frames = make(rows, {"id": "text", "a": "datetime"}), make(log, LOG_SORTS)
    found = {
        row["id"]: row["points"] for row in drawn.rows_of(score_frame(model, *frames, as_of=moment))
    }
    expected = {
        row["id"]: model.points(
            Lead(row["id"], fields={"a": row["a"]}, events=[Activity("open", row["a"])]),
            as_of=moment,
        )
        for row in rows
    }
    assert found == expected
    assert len(set(expected.values())) > 2


# 15: a number equals a text (DuckDB, Spark), or never does (pandas)


@EVERY
def test_values_of_two_kinds_are_refused_before_anything_runs(engine: str) -> None:
    make = drawn.ENGINES[engine]
    held: dict[str, Any] = {
        "int": 5,
        "text": "5",
        "bool": True,
        "float": 5.0,
        "decimal": Decimal(5),
    }
    held |= {"date": NOW.date(), "datetime": NOW}
    for sort, value in held.items():
        frame = make([{"id": "L", "a": value}], {"id": "text", "a": sort}, "UTC")
        for other, constant in held.items():
            condition = field("a").equals(constant)
            if drawn.KINDS[sort] == drawn.KINDS[other]:
                assert told(condition, frame) == [True]
                continue
            with pytest.raises(WrongColumn, match="column 'a' of the leads"):
                matches_frame(condition, frame, as_of=NOW)


# 16: nanoseconds are cut, rounded or refused


def test_nanoseconds_are_cut_to_microseconds_and_never_rounded_up() -> None:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    nanos = [0, 1, 999, 1_000, -1, -999, -1_000, -1_001, None]
    series = pl.Series("a", nanos, pl.Int64).cast(pl.Datetime("ns"))
    frame = pl.DataFrame({"id": [f"L-{n}" for n in range(len(nanos))], "a": series})
    micros = [None if n is None else epoch + timedelta(microseconds=n // 1_000) for n in nanos]
    for kind, made in kinds_of(frame).items():
        assert told(field("a").equals(epoch), made) == [m == epoch for m in micros], kind
        known = [m is not None and m < epoch for m in micros]
        assert told(field("a").less_than(epoch), made) == known, kind
        assert told(field("a").in_last("1 day"), made, epoch - timedelta(hours=1)) == known, kind
        assert [lead.values.get("a") for lead in leads_from_frame(made)] == micros, kind


def test_an_activity_some_nanoseconds_after_the_instant_is_of_that_instant() -> None:
    moment = pl.lit(NOW.replace(tzinfo=None)).cast(pl.Datetime("ns"))
    later = pl.Series("later", [999, 1_000]).cast(pl.Duration("ns"))
    log = pl.DataFrame({"lead": ["A", "B"], "kind": ["open", "open"]}).select(
        "lead", "kind", (moment + later).alias("at")
    )
    leads = pl.DataFrame({"id": ["A", "B"]})
    model = ScoringModel("m", [Rule("r", 1, each=activity("open"))])
    for kind, made in kinds_of(leads).items():
        found = drawn.rows_of(score_frame(model, made, kinds_of(log)[kind], as_of=NOW))
        assert {row["id"]: row["points"] for row in found} == {"A": 1, "B": 0}, kind


def in_memory(frame: pl.DataFrame) -> dict[str, Any]:
    return {kind: made for kind, made in kinds_of(frame).items() if kind != "duckdb"}


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu"])
def test_aware_nanoseconds_are_cut_and_read_in_utc(zone: str) -> None:
    nanos = pl.Series("at", [-1, 999, 1_000]).cast(pl.Datetime("ns"))
    aware = nanos.dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    log = pl.DataFrame({"lead": ["A", "B", "C"], "kind": "open", "at": aware})
    leads = pl.DataFrame({"id": ["A", "B", "C"], "a": aware})
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    opened = ScoringModel("m", [Rule("r", 1, each=activity("open"))])
    micros = [epoch + timedelta(microseconds=n) for n in (-1, 0, 1)]
    logs = in_memory(log)
    for kind, made in in_memory(leads).items():
        assert told(field("a").less_than(epoch), made) == [True, False, False], kind
        assert told(field("a").equals(epoch), made) == [False, True, False], kind
        rows = drawn.rows_of(score_frame(opened, made, logs[kind], as_of=epoch))
        assert [row["points"] for row in rows] == [1, 1, 0], kind
        found = leads_from_frame(made, logs[kind])
        assert [lead.values["a"] for lead in found] == micros, kind
        assert [one.at for lead in found for one in lead.activities] == micros, kind


# 17: names of columns ignore case, or must be plain


@EVERY
def test_a_column_in_another_case_is_missing(engine: str) -> None:
    frame = drawn.ENGINES[engine]([{"id": "L", "Size": 1}], {"id": "text", "Size": "int"})
    with pytest.raises(MissingColumn, match="did you mean 'Size'"):
        matches_frame(field("size").is_known(), frame, as_of=NOW)


@pytest.mark.parametrize(
    "frame",
    [
        pl.DataFrame({"id": ["L"], "a": [1], "A": [2]}),
        pl.LazyFrame({"id": ["L"], "a": [1], "A": [2]}),
        pd.DataFrame({"id": ["L"], "a": [1], "A": [2]}),
        pa.table({"id": ["L"], "a": [1], "A": [2]}),
    ],
    ids=["polars", "polars lazy", "pandas", "pyarrow"],
)
def test_two_columns_that_differ_in_case_are_refused(frame: Any) -> None:
    with pytest.raises(ColumnClash, match="rename one of the two"):
        matches_frame(field("a").is_known(), frame, as_of=NOW)


@EVERY
def test_columns_may_have_any_name(engine: str) -> None:
    for name in ("a.b", 'we"ird', "select", "a b", "\u00e9", "A-b", "^x", "it's"):
        sorts = {"id": "text", name: "int"}
        frame = drawn.ENGINES[engine]([{"id": "L", name: 1}], sorts, "UTC")
        assert told(field(name).at_least(1), frame) == [True], name
        assert told(field(name).equals(field(name)), frame) == [True], name


@EVERY
def test_a_column_whose_name_is_a_pattern_of_names_is_refused(engine: str) -> None:
    for name in ("*", "^a$", "^.*$"):
        sorts = {"id": "text", name: "int", "a": "int"}
        frame = drawn.ENGINES[engine]([{"id": "L", name: 1, "a": 2}], sorts, "UTC")
        with pytest.raises(WrongColumn, match="take for a pattern"):
            matches_frame(field(name).equals(1), frame, as_of=NOW)


@EVERY
def test_a_column_named_like_those_of_leadflow_is_refused_even_if_not_read(engine: str) -> None:
    make = drawn.ENGINES[engine]
    opened = {"lead": "L", "kind": "open", "at": NOW}
    plain = make([{"id": "L"}], {"id": "text"}, "UTC"), make([opened], LOG_SORTS, "UTC")
    model = ScoringModel("m", [Rule("r", 1, each=activity("open"))])
    for name in ("__leadflow_row", "__Leadflow_KEY", "__leadflow_other"):
        leads = make([{"id": "L", name: 1}], {"id": "text", name: "int"}, "UTC")
        log = make([{**opened, name: 1}], {**LOG_SORTS, name: "int"}, "UTC")
        for frames, whose in (((leads, plain[1]), "leads"), ((plain[0], log), "activities")):
            with pytest.raises(WrongColumn, match=f"of the {whose}: .*leadflow uses itself"):
                score_frame(model, *frames, as_of=NOW)
            with pytest.raises(WrongColumn, match=f"{name}.*rename it"):
                leads_from_frame(*frames)


@EVERY
def test_a_query_with_a_column_named_like_a_pattern_is_refused_whole(engine: str) -> None:
    for name in ("*", "^a$", "^.*$"):
        sorts = {"id": "text", name: "int", "a": "int"}
        frame = drawn.ENGINES[engine]([{"id": "L", name: 1, "a": 2}], sorts, "UTC")
        if engine not in ("polars lazy", "duckdb"):
            assert told(field("a").equals(2), frame) == [True]
            continue
        with pytest.raises(WrongColumn, match="take for a pattern"):
            matches_frame(field("a").equals(2), frame, as_of=NOW)


# What raises somewhere


@EVERY
def test_not_of_a_column_of_true_and_false_with_gaps_is_answered(engine: str) -> None:
    rows: Rows = [{"id": "A", "a": True}, {"id": "B", "a": False}, {"id": "C", "a": None}]
    assert asked(~field("a").equals(True), {"a": "bool"}, rows, engine) == [False, True, True]
    assert asked(field("a").equals(False), {"a": "bool"}, rows, engine) == [False, True, False]
    rule = Rule("r", 7, when=field("a").equals(True))
    assert scored([rule], engine, rows, {"a": "bool"}) == [7, 0, 0]
    log = [{"lead": row["id"], "kind": "call", "at": NOW, "answered": row["a"]} for row in rows]
    rule = Rule("r", 5, each=activity("call").where(field("answered").equals(True)))
    assert scored([rule], engine, rows, {"a": "bool"}, log, {"answered": "bool"}) == [5, 0, 0]


@EVERY
def test_a_list_of_values_that_leaves_none_to_look_for_is_answered(engine: str) -> None:
    rows: Rows = [{"a": 1}, {"a": None}]
    none = field("a").one_of(0.5, 0.25)
    assert asked(none, {"a": "int"}, rows, engine) == [False, False]
    assert asked(~none, {"a": "int"}, rows, engine) == [True, True]


@EVERY
def test_a_list_of_numbers_of_all_types_is_looked_up_by_their_value(engine: str) -> None:
    wanted = field("a").one_of(1, 2.5, Decimal("0.1"), 2**53 + 1, Decimal("1e15"))
    for sort, values, expected in (
        ("int", [1, 2, 2**53, 2**53 + 1], [True, False, False, True]),
        ("float", [1.0, 2.5, 0.1, 3.0], [True, True, True, False]),
        ("decimal", [Decimal(1), Decimal("2.5"), Decimal("0.1"), Decimal("0.2")],
         [True, True, True, False]),
    ):  # fmt: skip
        rows: Rows = [{"a": value} for value in (*values, None)]
        assert asked(wanted, {"a": sort}, rows, engine) == [*expected, False]


@EVERY
def test_a_list_of_values_of_two_kinds_is_refused(engine: str) -> None:
    rows: Rows = [{"a": "1"}]
    with pytest.raises(WrongColumn, match="number"):
        asked(field("a").one_of("1", 1), {"a": "text"}, rows, engine)


def _categories() -> dict[str, Any]:
    texts = ["lo", "hi", None]
    ids = ["A", "B", "C"]
    duck = "select unnest(['A', 'B', 'C']) id, unnest(['lo', 'hi', null]::enum('lo', 'hi')[]) a"
    ordered = pd.Categorical(texts, categories=["lo", "hi"], ordered=True)
    arrow = pa.array(texts).dictionary_encode()
    return {
        "categorical": pl.DataFrame({"id": ids, "a": pl.Series(texts, dtype=pl.Categorical)}),
        "enum": pl.LazyFrame({"id": ids, "a": pl.Series(texts, dtype=pl.Enum(["lo", "hi"]))}),
        "pandas": pd.DataFrame({"id": ids, "a": pd.Categorical(texts)}),
        "pandas, ordered": pd.DataFrame({"id": ids, "a": ordered}),
        "pandas, arrow": pd.DataFrame(
            {"id": ids, "a": pd.Series(arrow, dtype=pd.ArrowDtype(arrow.type))}
        ),
        "dictionary": pa.table({"id": ids, "a": arrow}),
        "duckdb": duckdb.sql(duck),
    }


@pytest.mark.parametrize("kind", _categories())
def test_categories_are_text(kind: str) -> None:
    frame = _categories()[kind]
    for condition, expected in (
        (field("a").contains("o"), [True, False, False]),
        (field("a").starts_with("h"), [False, True, False]),
        (field("a").ends_with("o"), [True, False, False]),
        (field("a").one_of("lo", "z"), [True, False, False]),
        (field("a").equals("lo"), [True, False, False]),
        (field("a").equals("z"), [False, False, False]),
        (~field("a").equals("z"), [True, True, True]),
        (field("a").equals(field("id")), [False, False, False]),
        (field("a").is_unknown(), [False, False, True]),
    ):
        assert told(condition, frame) == expected, str(condition)


@pytest.mark.parametrize("kind", _categories())
def test_categories_have_no_order(kind: str) -> None:
    frame = _categories()[kind]
    with pytest.raises(WrongColumn, match="has an order"):
        told(field("a").at_least(field("a")), frame)
    with pytest.raises(WrongColumn, match="number"):
        told(field("a").at_least(1), frame)


@pytest.mark.parametrize(
    "make",
    [
        lambda values: pd.DataFrame({"id": ["A", "B", "C"], "a": pd.Categorical(values)}),
        lambda values: pa.table({"id": ["A", "B", "C"], "a": pa.array(values).dictionary_encode()}),
    ],
    ids=["pandas", "pyarrow"],
)
def test_categories_of_other_kinds_are_what_they_stand_for(make: Callable[[Any], Any]) -> None:
    assert told(field("a").at_least(2), make([1, 2, None])) == [False, True, False]
    days = make([NOW.date(), date(2026, 3, 1), None])
    assert told(field("a").in_last("1 day"), days) == [True, False, False]


@EVERY
def test_one_thing_after_another_and_the_latest_of_each_value_need_no_windows(engine: str) -> None:
    log = [
        {"lead": lead, "kind": kind, "at": NOW - timedelta(days=age), "n": n}
        for lead, kind, age, n in (
            ("A", "open", 9, 1), ("A", "open", 3, 1), ("A", "click", 2, 2), ("A", "open", 1, None),
            ("B", "click", 3, 1), ("B", "open", 2, 1), ("C", "open", 4, 1), ("C", "click", 0, 1),
        )
    ]  # fmt: skip
    rows: Rows = [{"id": lead} for lead in "ABC"]
    rules = [
        Rule("then", 100, when=activity("open").then(activity("click"), within="2 days")),
        Rule("latest", 8, each=activity("open"), distinct="n", fade=HalfLife("3 days")),
    ]
    assert scored(rules, engine, rows, {}, log, {"n": "int"}) == [104, 5, 3]

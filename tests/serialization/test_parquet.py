from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from queue import Queue
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadflow import Lead, Money
from leadflow.errors import (
    InvalidDefinition,
    InvalidValue,
    RejectedRow,
    UnreadableTable,
)
from leadflow.frames import leads_from_frame
from leadflow.serialization import parquet
from leadflow.serialization.rejects import Reject
from leadflow.serialization.tables import Columns, read_activities, read_leads, write_scores

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def read(frame: pl.DataFrame, columns: Columns | None = None) -> tuple[list[Lead], list[Reject]]:
    stream, rejects = io.BytesIO(), list[Reject]()
    frame.write_parquet(stream)
    stream.seek(0)
    leads = read_leads(stream, columns, on_reject=rejects.append, format="parquet")
    return list(leads), rejects


def only(frame: pl.DataFrame, columns: Columns | None = None) -> Lead:
    (lead,), rejects = read(frame, columns)
    assert not rejects
    return lead


# Leads


def test_cells_keep_their_types() -> None:
    lead = only(
        pl.DataFrame(
            {
                "id": ["L-1"],
                "text": [" Zoë "],
                "whole": pl.Series([2**53 + 1]),
                "small": pl.Series([-7], dtype=pl.Int8),
                "large": pl.Series([2**63 - 1], dtype=pl.UInt64),
                "real": [0.1],
                "single": pl.Series([0.5], dtype=pl.Float32),
                "exact": pl.Series([Decimal("9.50")], dtype=pl.Decimal(10, 2)),
                "flag": [True],
                "day": [date(2026, 2, 28)],
                "plain": [datetime(2026, 2, 28, 9)],
                "aware": pl.Series([NOW]).dt.convert_time_zone("Asia/Kathmandu"),
                "fine": pl.Series([1], dtype=pl.Datetime("ns")),
                "kind": pl.Series(["a"], dtype=pl.Categorical),
                "level": pl.Series(["b"], dtype=pl.Enum(["a", "b"])),
            }
        )
    )
    assert lead.fields == {
        "text": "Zoë",
        "whole": 2**53 + 1,
        "small": -7,
        "large": 2**63 - 1,
        "real": 0.1,
        "single": 0.5,
        "exact": Decimal("9.50"),
        "flag": True,
        "day": date(2026, 2, 28),
        "plain": datetime(2026, 2, 28, 9, tzinfo=UTC),
        "aware": NOW,
        "fine": datetime(1970, 1, 1, tzinfo=UTC),
        "kind": "a",
        "level": "b",
    }
    assert type(lead.fields["flag"]) is bool
    assert type(lead.fields["real"]) is float


def test_nan_null_and_empty_text_are_unknown() -> None:
    nan = float("nan")
    told = {"deal_value": [nan], "deal_value_currency": ["EUR"], "score": [nan]}
    lead = only(pl.DataFrame({"id": ["L-1"], "a": [nan], "b": [None], "c": [" "], **told}))
    assert not lead.fields
    assert (lead.deal_value, lead.score) == (None, None)


def test_attributes_are_read_as_those_of_a_lead() -> None:
    lead = only(
        pl.DataFrame(
            {
                "Lead ID": [7],
                "created_at": [NOW],
                "due": [datetime(2026, 4, 30, 23, tzinfo=timezone(-timedelta(hours=2)))],
                "deal_value": [1250.1],
                "deal_value_currency": ["EUR"],
                "tags": [["vip", " partner ", ""]],
                "score": [40.0],
                "win_probability": [0.25],
                "stage": pl.Series(["new"], dtype=pl.Categorical),
            }
        )
    )
    assert lead == Lead(
        "7",
        NOW,
        due=date(2026, 5, 1),
        deal_value=Money(Decimal("1250.1"), "EUR"),
        tags=["vip", "partner"],
        score=40,
        win_probability=0.25,
        stage="new",
    )


def test_columns_are_told_as_for_other_tables() -> None:
    columns = Columns(
        id="Key",
        time_zone="Europe/Warsaw",
        others="ignore",
        fields={
            "size": {"column": "Company Size", "kind": "number"},
            "budget": {"column": "Budget", "kind": "money", "currency": "USD"},
            "seen": {"column": "Seen", "kind": "datetime"},
            "day": {"column": "Seen", "kind": "date"},
            "opted": {"column": "Opted", "kind": "boolean"},
        },
        attributes={"created_at": "Made", "deal_value": {"column": "Budget", "currency": "USD"}},
    )
    frame = pl.DataFrame(
        {
            "Key": ["L-1"],
            "Company Size": [12.5],
            "Budget": [99],
            "Seen": [datetime(2026, 7, 1, 0, 30)],
            "Opted": [1],
            "Made": [date(2026, 7, 1)],
            "Other": [b"x"],
        }
    )
    lead = only(frame, columns)
    assert lead.deal_value == Money(99, "USD")
    assert lead.created_at == datetime(2026, 6, 30, 22, tzinfo=UTC)
    assert lead.fields == {
        "size": 12.5,
        "budget": 99,
        "seen": datetime(2026, 6, 30, 22, 30, tzinfo=UTC),
        "day": date(2026, 7, 1),
        "opted": True,
    }


def test_a_score_that_is_not_whole_is_set_aside() -> None:
    frame = pl.DataFrame({"id": ["1", "2", "3"], "score": [4.5, 5.0, 1e300]})
    leads, rejects = read(frame)
    assert [lead.score for lead in leads] == [5]
    assert [reject.line for reject in rejects] == [1, 3]


def test_whole_decimals_are_scores() -> None:
    frame = pl.DataFrame({"id": ["1"], "score": pl.Series([Decimal("5.00")])})
    assert only(frame).score == 5


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        (pl.Series("x", [b"bytes"]), "expected text, a number, true, false, a date, a datetime"),
        (pl.Series("x", [{"a": 1}]), "expected text, a number"),
        (pl.Series("x", [timedelta(1)]), "expected text, a number"),
        (pl.Series("x", [["a"]]), "expected text, a number"),
        (pl.Series("x", [float("inf")]), "expected a finite number"),
        (pl.Series("due", [7]), "expected a date, or a date as text, got 7"),
        (pl.Series("created_at", [True]), "expected a datetime, or a datetime as text, got True"),
        (pl.Series("created_at", [date(2026, 3, 1)]), "tell its time zone"),
        (pl.Series("owner", [1.5]), "expected text"),
        (pl.Series("tags", [[1]]), "expected text or a list of texts"),
    ],
)
def test_a_bad_cell_is_set_aside_with_the_number_of_its_row(column: pl.Series, reason: str) -> None:
    whole = pl.DataFrame([pl.Series("id", ["good", "bad"]), pl.concat([column.clear(1), column])])
    leads, (reject,) = read(whole)
    assert [lead.id for lead in leads] == ["good"]
    assert (reject.line, reject.column) == (2, column.name)
    assert reason in reject.reason


def test_a_repeated_id_is_told_the_row_of_the_first() -> None:
    leads, (reject,) = read(pl.DataFrame({"id": ["a", "b", "a"], "n": [1, 2, 3]}))
    assert len(leads) == 2
    assert (reject.line, reject.column, reject.reason) == (3, "id", "the id is that of line 1")
    assert reject.row == {"id": "a", "n": 3}


def test_without_a_place_for_rejects_the_first_bad_row_is_raised(tmp_path: Path) -> None:
    path = tmp_path / "leads.parquet"
    pl.DataFrame({"id": ["L-1", None]}).write_parquet(path)
    with pytest.raises(RejectedRow, match=r"leads.parquet, line 2, column 'id'"):
        list(read_leads(path))


VALUES: dict[str, tuple[Any, st.SearchStrategy[Any]]] = {
    "text": (pl.String, st.sampled_from(["a", "Zoë", "ß", "İ"])),
    "whole": (pl.Int64, st.integers(1 - 2**63, 2**63 - 1)),
    "small": (pl.UInt8, st.integers(0, 255)),
    "real": (pl.Float64, st.floats(allow_infinity=False)),
    "single": (pl.Float32, st.floats(width=32, allow_infinity=False)),
    "exact": (pl.Decimal(20, 3), st.decimals(-9999, 9999, places=3)),
    "flag": (pl.Boolean, st.booleans()),
    "day": (pl.Date, st.dates()),
    "plain": (pl.Datetime("us"), st.datetimes()),
    "fine": (pl.Datetime("ns"), st.integers(-(2**60), 2**60)),
    "rough": (pl.Datetime("ms", "Asia/Kathmandu"), st.integers(-(2**40), 2**40)),
    "kind": (pl.Categorical, st.sampled_from(["a", "b"])),
    "tags": (pl.List(pl.String), st.lists(st.sampled_from(["x", "y"]), max_size=2)),
    "stage": (pl.String, st.sampled_from(["new", "won"])),
    "due": (pl.Datetime("us", "America/New_York"), st.integers(0, 2**50)),
    "score": (pl.Int64, st.integers(-99, 99)),
}


@given(
    st.lists(
        st.fixed_dictionaries({n: st.none() | v for n, (_, v) in VALUES.items()}),
        min_size=1,
        max_size=5,
    )
)
@settings(max_examples=60)
def test_leads_of_a_file_are_those_of_the_frame(rows: list[dict[str, Any]]) -> None:
    columns = [pl.Series("id", [f"L-{place}" for place in range(len(rows))])]
    for name, (dtype, _) in VALUES.items():
        values = [row[name] for row in rows]
        columns.append(pl.Series(name, values, dtype, strict=name not in ("rough", "due")))
    frame = pl.DataFrame(columns)
    leads, rejects = read(frame)
    assert not rejects
    assert leads == list(leads_from_frame(frame))


# Activities


def test_activities_are_read_with_their_data(tmp_path: Path) -> None:
    path = tmp_path / "log.PARQUET"
    frame = pl.DataFrame(
        {
            "lead": [1, 1],
            "kind": ["page_viewed", "call"],
            "at": [datetime(2026, 3, 1, 9), None],
            "answered": [None, True],
            "page": ["/pricing", None],
            "seconds": [2.5, float("nan")],
        }
    )
    frame.write_parquet(path)
    rejects: list[Reject] = []
    ((lead, viewed),) = read_activities(path, on_reject=rejects.append)
    assert (lead, viewed.kind, viewed.at) == (
        "1",
        "page_viewed",
        datetime(2026, 3, 1, 9, tzinfo=UTC),
    )
    assert viewed.data == {"page": "/pricing", "seconds": 2.5}
    assert [(reject.line, reject.column) for reject in rejects] == [(2, "at")]


def test_a_file_without_activities_is_a_file_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "log.parquet"
    pl.DataFrame(schema={"lead": pl.String, "kind": pl.String, "at": pl.Date}).write_parquet(path)
    assert list(read_activities(path)) == []


# Whole files


def test_rows_come_in_their_order_over_many_pieces(tmp_path: Path) -> None:
    path = tmp_path / "leads.parquet"
    pl.DataFrame({"id": pl.Series(range(45_000))}).write_parquet(path, row_group_size=7_000)
    assert [lead.id for lead in read_leads(path)] == [str(n) for n in range(45_000)]


def test_reading_may_stop_early(tmp_path: Path) -> None:
    path = tmp_path / "leads.parquet"
    pl.DataFrame({"id": pl.Series(range(200_000))}).write_parquet(path, row_group_size=5_000)
    leads = read_leads(path)
    assert next(leads).id == "0"
    leads.close()  # type: ignore[attr-defined]


def test_format_tells_what_the_name_does_not(tmp_path: Path) -> None:
    path = tmp_path / "leads.bin"
    pl.DataFrame({"id": ["L-1"]}).write_parquet(path)
    assert [lead.id for lead in read_leads(path, format="parquet")] == ["L-1"]
    with pytest.raises(UnreadableTable, match=r"leads.bin"):
        list(read_leads(path))
    with pytest.raises(InvalidValue, match=r"csv, jsonl, parquet, or None.*did you mean 'parquet'"):
        read_leads(path, format="parket")  # type: ignore[arg-type]


def unreadable(source: Any, *given: Any) -> str:
    with pytest.raises(UnreadableTable) as raised:
        list(read_leads(source, *given, format="parquet"))
    return str(raised.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    found = unreadable(tmp_path / "leads.parquet")
    assert found == "leads.parquet: cannot be opened: No such file or directory"


@pytest.mark.parametrize("content", [b"", b"id\nL-1\n" * 9])
def test_what_is_no_parquet_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "leads.parquet"
    path.write_bytes(content)
    assert unreadable(path).startswith("leads.parquet: is no Parquet file: ")
    assert unreadable(io.BytesIO(content)).startswith("the table: is no Parquet file: ")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "leads.parquet"
    ids = pl.Series("id", [f"{n * 7919 % 100_003}" for n in range(100_000)])
    ids.to_frame().write_parquet(path, row_group_size=20_000)
    content = path.read_bytes()
    path.write_bytes(content[:9_000] + content[-9_000:])
    found = unreadable(path)
    assert "cannot be read" in found


@pytest.mark.parametrize(
    "error", [OSError(5, "Input/output error"), pl.exceptions.ComputeError("no")]
)
def test_what_polars_cannot_read_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: Exception
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise error

    path = tmp_path / "leads.parquet"
    pl.DataFrame({"id": ["1"]}).write_parquet(path)
    monkeypatch.setattr(pl.LazyFrame, "collect_batches", broken)
    reason = parquet.reason_of(error)
    assert unreadable(path) == f"leads.parquet: cannot be read: {reason}"


def test_rows_before_the_damage_come_out_and_then_it_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "leads.parquet"
    frame = pl.DataFrame({"id": ["1", "2", "3"]})
    frame.write_parquet(path)
    monkeypatch.setattr(pl.LazyFrame, "collect_batches", lambda *_, **__: iter([frame[:1]]))
    leads = read_leads(path)
    assert next(leads).id == "1"
    with pytest.raises(UnreadableTable, match="damaged: its last 2 rows cannot be read"):
        next(leads)


def test_a_date_beyond_the_years_of_python_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "leads.parquet"
    day = pl.Series("day", [10_000_000], pl.Int32).cast(pl.Date)
    pl.DataFrame([pl.Series("id", ["1"]), day]).write_parquet(path)
    assert unreadable(path).startswith("leads.parquet: ")


class Closed(io.BytesIO):
    def read(self, *_: Any) -> bytes:
        raise OSError(5, "Input/output error")


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        (io.StringIO("id\n"), "the table: reading gave 'id"),
        (Closed(), "the table: cannot be read: Input/output error"),
    ],
)
def test_a_stream_that_gives_no_bytes_is_refused(stream: Any, reason: str) -> None:
    assert unreadable(stream).startswith(reason)


def test_headers_that_come_twice_or_are_missing_are_refused() -> None:
    stream = io.BytesIO()
    pl.DataFrame({"id": ["1"], " id": ["2"]}).write_parquet(stream)
    twice = unreadable(io.BytesIO(stream.getvalue()))
    assert twice == "the table: has more than one column called 'id'"
    missing = Columns(id="Key")
    pl.DataFrame({"id": ["1"]}).write_parquet(stream := io.BytesIO())
    found = unreadable(io.BytesIO(stream.getvalue()), missing)
    assert found.startswith("the table: there is no column 'Key', which is told for id")
    with pytest.raises(InvalidDefinition):
        read_leads(stream, Columns(attributes={"kind": "id"}), format="parquet")


def test_a_file_of_leads_without_rows_is_refused() -> None:
    pl.DataFrame({"id": []}).write_parquet(stream := io.BytesIO())
    assert unreadable(io.BytesIO(stream.getvalue())) == "the table: has a header but no rows"


# Scores


ROW = {
    "id": "L-1",
    "name": 7,
    "company": None,
    "points": 23,
    "fit": 20,
    "engagement": 3,
    "win_probability": 1,
    "grade": "A1",
    "rating": None,
    "because": ["soon"],
    "ask": (),
    "reasons": [{"rule": "big", "kind": "rule", "points": 23, "times": 1}],
    "model": "m",
    "version": "1",
    "as_of": NOW.astimezone(timezone(timedelta(hours=9))),
}


def written(rows: Any) -> pl.DataFrame:
    stream = io.BytesIO()
    rows = list(rows)
    assert write_scores(stream, rows, "parquet") == len(rows)
    return pl.read_parquet(io.BytesIO(stream.getvalue()))


def test_the_columns_of_a_score_have_their_types() -> None:
    found = written([ROW])
    assert found.row(0, named=True) == {**ROW, "name": "7", "win_probability": 1.0, "ask": []}
    texts = ("id", "name", "company", "grade", "rating", "model", "version")
    reason = {"rule": pl.String, "kind": pl.String, "points": pl.Int64, "times": pl.Int64}
    assert dict(found.schema) == {
        **dict.fromkeys(ROW),
        **dict.fromkeys(texts, pl.String),
        **dict.fromkeys(("points", "fit", "engagement"), pl.Int64),
        "win_probability": pl.Float64,
        "because": pl.List(pl.String),
        "ask": pl.List(pl.String),
        "reasons": pl.List(pl.Struct(reason)),
        "as_of": pl.Datetime("us", "UTC"),
    }


def test_without_rows_the_columns_of_a_score_are_written() -> None:
    found = written([])
    assert found.height == 0
    assert found.schema == written([ROW]).schema


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ([True, None], pl.Boolean, [True, None]),
        ([1, 2], pl.Int64, [1, 2]),
        ([1, 2.5], pl.Float64, [1.0, 2.5]),
        ([date(2026, 3, 1)], pl.Date, [date(2026, 3, 1)]),
        ([NOW], pl.Datetime("us", "UTC"), [NOW]),
        ([Decimal("1.50"), 2, None], pl.Decimal(38, 2), [Decimal("1.50"), Decimal(2), None]),
        ([Decimal("1E+3")], pl.Decimal(38, 0), [Decimal(1000)]),
        ([Decimal("1E-40"), Decimal(1)], pl.String, ["0." + "0" * 39 + "1", "1"]),
        ([Decimal("NaN")], pl.String, ["NaN"]),
        ([["a"], []], pl.List(pl.String), [["a"], []]),
        ([None, None], pl.String, [None, None]),
        ([1, "a", True], pl.String, ["1", "a", "true"]),
        (["\ud800"], pl.String, ["\\ud800"]),
    ],
)
def test_another_column_has_the_type_of_its_values(
    values: list[Any], dtype: Any, expected: list[Any]
) -> None:
    found = written({"x": value} for value in values)["x"]
    assert (found.dtype, found.to_list()) == (dtype, expected)


def test_rows_are_written_as_they_come_and_may_leave_keys_out(tmp_path: Path) -> None:
    path = tmp_path / "scores.parquet"
    asked: list[int] = []

    def rows() -> Iterator[dict[str, object]]:
        for place in range(25_000):
            asked.append(place)
            yield {"id": str(place), "n": place} if place % 2 == 0 else {"id": str(place)}

    assert write_scores(path, rows(), "parquet") == 25_000
    found = pl.read_parquet(path)
    assert found["id"].to_list() == [str(place) for place in asked]
    assert found["n"].to_list()[:3] == [0, None, 2]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("points", "many", "a whole number of at most 64 bits in the column 'points', got 'many'"),
        ("points", 2**63, "a whole number of at most 64 bits"),
        ("points", True, "a whole number of at most 64 bits"),
        ("win_probability", "0.5", "a number in the column 'win_probability', got '0.5'"),
        ("as_of", datetime(2026, 3, 1), "a datetime with a time zone in the column 'as_of'"),
        ("because", "soon", "a list of texts in the column 'because', got 'soon'"),
        ("because", [1], "a list of texts in the column 'because', got a list of 1"),
        ("reasons", "big", "a list of reasons, each with rule, kind, points and times"),
        ("reasons", ["big"], "a list of reasons"),
        ("reasons", [{"cause": 1}], "a list of reasons"),
        ("reasons", [{"points": 1.5}], "a list of reasons"),
        ("flag", 1, "true or false in the column 'flag', got 1"),
        (
            "price",
            Decimal("1.234"),
            "an exact number of up to 36 digits before the point and 2 aft",
        ),
        ("price", Decimal("1E+36"), "an exact number of up to 36 digits before the point"),
        ("price", 1.5, "an exact number of up to 36 digits before the point"),
        ("new", 1, "the keys of the first row, got 'new'"),
    ],
)
def test_a_value_that_does_not_fit_its_column_is_refused_with_its_row(
    name: str, value: Any, expected: str
) -> None:
    first = {**ROW, "flag": True, "price": Decimal("1.25")}
    rows = (first if place < 12_000 else {**first, name: value} for place in range(12_001))
    with pytest.raises(InvalidValue) as raised:
        write_scores(io.BytesIO(), rows, "parquet")
    assert str(raised.value).startswith(f"write_scores row 12001: expected {expected}")


def test_a_reason_may_leave_out_what_is_unknown() -> None:
    found = written([{"reasons": [{"rule": "big", "points": 5, "times": None, "kind": "rule"}]}])
    assert found["reasons"].to_list() == [
        [{"rule": "big", "kind": "rule", "points": 5, "times": None}]
    ]


@pytest.mark.parametrize("error", [KeyError("host"), OSError("host"), LookupError("host")])
def test_what_goes_wrong_in_the_rows_comes_out_as_it_is(error: Exception) -> None:
    def rows() -> Iterator[dict[str, object]]:
        for _ in range(15_000):
            yield ROW
        raise error

    with pytest.raises(type(error)) as raised:
        write_scores(io.BytesIO(), rows(), "parquet")
    assert raised.value is error


def test_a_target_that_cannot_be_written_is_refused_as_it_was_given(tmp_path: Path) -> None:
    missing = tmp_path / "no folder" / "scores.parquet"
    with pytest.raises(
        InvalidValue, match=r"output: expected a path that can be written, got .*no fo"
    ):
        write_scores(missing, [ROW], "parquet")
    with pytest.raises(
        InvalidValue, match="output: expected a path, or a stream open for writing by"
    ):
        write_scores(io.StringIO(), [ROW], "parquet")


def test_rows_are_no_longer_asked_for_when_the_file_cannot_be_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pl.LazyFrame, "sink_parquet", full)
    asked = []

    def rows() -> Iterator[dict[str, object]]:
        for place in range(100_000):
            asked.append(place)
            yield {"id": "L-1"}

    with pytest.raises(InvalidValue, match=r"the stream.*No space left on device"):
        write_scores(io.BytesIO(), rows(), "parquet")
    assert len(asked) < 100_000


def test_a_piece_is_handed_over_as_soon_as_there_is_room_and_as_long_as_somebody_writes() -> None:
    class Work:
        answers = [False, False, True]  # noqa: RUF012 (a script of what is answered)

        def done(self) -> bool:
            return self.answers.pop(0)

    waiting: Any = Queue(maxsize=1)
    work: Any = Work()
    assert parquet._handed_over(waiting, (), work)
    assert not parquet._handed_over(waiting, (), work)


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="there is no full disk to try")
def test_a_full_disk_is_told() -> None:
    with pytest.raises(InvalidValue, match=r"got '/dev/full' \(.*No space left"):
        write_scores("/dev/full", [ROW], "parquet")


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "id": st.text(st.characters(exclude_categories=["Cs"])),
                "points": st.integers(-(2**63), 2**63 - 1),
                "win_probability": st.none() | st.floats(0, 1),
                "because": st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=2),
            }
        )
    )
)
def test_what_is_written_is_read_again(rows: list[dict[str, Any]]) -> None:
    assert written(rows).to_dicts() == rows


def test_without_the_extra_parquet_says_how_to_install_it() -> None:
    code = """
import sys
sys.modules["polars"] = None
from leadflow.serialization.tables import read_leads, write_scores
print([lead.id for lead in read_leads("leads.csv")])
for work in (lambda: list(read_leads("leads.parquet")), lambda: write_scores("out", [], "parquet")):
    try:
        work()
    except ImportError as error:
        print(type(error).__name__, error)
"""
    with TemporaryDirectory() as folder:
        Path(folder, "leads.csv").write_text("id\nL-1\n")
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder
        )
    message = "MissingExtra Parquet needs the extra 'frames' (pip install 'leadflow[frames]')"
    assert done.stdout.splitlines() == ["['L-1']", message, message]


def test_what_polars_says_is_cut_to_its_first_line() -> None:
    assert parquet.reason_of(pl.exceptions.ComputeError("first\nsecond")) == "first"
    assert len(parquet.reason_of(pl.exceptions.ComputeError("x" * 999))) <= 200
    assert parquet.reason_of(pl.exceptions.PanicException("thread panicked")) == "it is damaged"

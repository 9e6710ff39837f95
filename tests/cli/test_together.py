from __future__ import annotations

import contextlib
import io
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import attrs
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadflow import Money, activity, field
from leadflow.cli import batches, main, together
from leadflow.conditions import Condition
from leadflow.scoring import Rule, ScoringModel, Thresholds, TimelineAndSize
from leadflow.serialization import Scoring, dump_scoring
from tests.cli.conftest import ENGINE
from tests.cli.table_strategies import TOLD, WITH_CURRENCY, scorings, tables

AS_OF = ("--as-of", "2026-02-28")
X_EDUCATION = Path(os.environ.get("LEADFLOW_DATA", "../shared/data")) / "x_education"
EXAMPLES = Path(__file__).parents[2] / "examples"


@attrs.frozen
class Ran:
    """All that a run left behind, but for the line that says which engine ran."""

    code: int
    out: str
    err: str
    files: dict[str, Any]
    engine: str = attrs.field(eq=False)


def ran(folder: Path, engine: str, *argv: object, out: str | None = None) -> Ran:
    """Score with an engine."""
    paths = {"rejects": folder / "rejects.csv"} | ({"out": folder / out} if out else {})
    files = [part for name, path in paths.items() for part in (f"--{name}", path)]
    printed, complaints = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(complaints):
        code = main([str(part) for part in ("score", *argv, *files, "--engine", engine)])
    left = {name: _content(path) for name, path in paths.items() if path.exists()}
    for path in paths.values():
        path.unlink(missing_ok=True)
    err = complaints.getvalue()
    said = " ".join(ENGINE.findall(err)).strip()
    return Ran(code, printed.getvalue(), ENGINE.sub("", err), left, said)


def _content(path: Path) -> Any:
    if path.suffix == ".parquet":
        frame = pl.read_parquet(path)
        return frame.schema, frame.rows()
    return path.read_bytes()


def both(folder: Path, *argv: object, out: str | None = None, batch: int = 3) -> Ran:
    """Score with either engine, see that they agree, and return what Polars gave."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(together, "BATCH", batch)
        fast = ran(folder, "polars", *argv, out=out)
    assert fast == ran(folder, "python", *argv, out=out)
    return fast


OUT = st.sampled_from([None, "o.csv", "o.csv", "o.jsonl", "o.parquet"])
OPTIONS = st.sampled_from(
    [
        (),
        ("--outcome", "won"),
        ("--outcome", "mail"),
        ("--outcome", "wom"),
        ("--explain", "L-2"),
        ("--explain", "L-77"),
        ("--top", "0"),
        ("--top", "2", "--explain", "L-1", "--outcome", "mail"),
    ]
)


def check_both(scoring: Scoring, table: str, columns: str | None, *argv: object, **how: Any) -> Ran:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "m.toml").write_text(dump_scoring(scoring), encoding="utf-8")
        (folder / "leads.csv").write_text(table, encoding="utf-8", newline="")
        told: list[object] = []
        if columns is not None:
            (folder / "map.toml").write_text(columns, encoding="utf-8")
            told = ["--columns", folder / "map.toml"]
        file = folder / "leads.csv"
        return both(folder, file, "--model", folder / "m.toml", *told, *AS_OF, *argv, **how)


@settings(max_examples=60, deadline=None)
@given(st.data(), scorings(), OUT, OPTIONS)
def test_polars_gives_every_byte_that_lead_by_lead_gives(
    data: st.DataObject, scoring: Scoring, out: str | None, options: tuple[str, ...]
) -> None:
    columns = data.draw(st.sampled_from([TOLD, WITH_CURRENCY, TOLD, None]))
    table = data.draw(tables(";" if columns else ","))
    batch = data.draw(st.sampled_from([1, 3, 100]))
    check_both(scoring, table, columns, *options, out=out, batch=batch)


@settings(max_examples=20, deadline=None)
@given(st.data(), scorings(odd=True), OUT)
def test_what_no_frame_can_answer_is_answered_lead_by_lead(
    data: st.DataObject, scoring: Scoring, out: str | None
) -> None:
    columns = data.draw(st.sampled_from([TOLD, WITH_CURRENCY, None]))
    check_both(scoring, data.draw(tables(";" if columns else ",")), columns, out=out)


MODEL = ScoringModel("m", [Rule("large", 5, when=field("size").at_least(50))])
LARGE_PLAIN = "id,size\nL-1,50\nL-2,7\nL-3,60\n"
TOLD_SIZE = '[fields]\nsize = { column = "size", kind = "number" }\n'


def test_it_is_polars_that_scores_what_it_can() -> None:
    found = check_both(Scoring(MODEL), LARGE_PLAIN, TOLD_SIZE, batch=2)
    assert found.engine == "scored by Polars"
    assert found.out.startswith("3 leads scored by m")


def test_where_polars_refuses_all_that_is_said() -> None:
    found = check_both(Scoring(MODEL), LARGE_PLAIN, None)
    assert found.engine.startswith("scored lead by lead: column 'size' of the leads")
    assert "asked by rule 'large': expected number" in found.engine


def test_where_polars_refuses_some_that_is_said() -> None:
    table = LARGE_PLAIN + "L-4,0." + "1" * 30 + "\nL-5,9223372036854775807\nL-6,1\n"
    found = check_both(Scoring(MODEL), table, TOLD_SIZE, batch=3)
    assert found.engine.startswith("scored by Polars, 3 of them lead by lead: column 'size'")


def test_names_that_a_frame_has_and_a_lead_has_not_are_asked_lead_by_lead() -> None:
    model = ScoringModel("m", [Rule("tagged", 5, when=field("tags").is_known())])
    found = check_both(Scoring(model), "id,tags\nL-1,vip\n", None, out="o.csv")
    assert found.files["out"].split(b"\r\n")[1].startswith(b"L-1,,,0,")
    assert "the model asks about 'tags', which is no field" in found.engine


def test_rules_whose_names_read_alike_are_told_apart() -> None:
    names = ("a", "a +5; b", "b")
    rules = [
        Rule(name, 5, when=field("size").equals(size))
        for name, sizes in zip(names, ([1, 3], [2], [1, 3]), strict=True)
        for size in sizes[:1]
    ]
    model = ScoringModel("m", rules)
    table = "id,size\nL-1,1\nL-2,2\n"
    check_both(Scoring(model), table, TOLD_SIZE, out="o.csv", batch=10)


def test_leads_that_cannot_be_rated_are_set_aside_in_their_place() -> None:
    rater = TimelineAndSize(medium=Money(10, "EUR"), large=Money(100, "EUR"))
    told = WITH_CURRENCY.partition("[fields]")[0]
    rows = "L-1;20;EUR;2026-03-15\nL-2;20;USD;\nL-3;x;EUR;\nL-4;5;;2026-03-15\nL-2;5;;\n"
    table = "id;Amount;Currency;due\n" + rows
    for out in (None, "o.csv", "o.jsonl", "o.parquet"):
        found = check_both(Scoring(MODEL, rater), table, told, out=out, batch=100)
        assert found.engine == "scored by Polars"
        assert "  hot         1  50.0 %" in found.out
        assert "cannot compare USD and EUR" in found.err.splitlines()[1]
        assert "line 4, column 'Amount'" in found.err.splitlines()[2]


def test_one_lead_of_many_is_explained() -> None:
    found = check_both(Scoring(MODEL), LARGE_PLAIN, TOLD_SIZE, "--explain", "L-3", batch=2)
    assert "L-3: 5 points (fit 5, engagement 0) by m" in found.out


def test_conditions_about_activities_are_answered_as_for_leads_without_any() -> None:
    visit, call = activity("visit"), activity("call")
    asked: list[Condition] = [
        visit,
        visit.never(),
        ~visit,
        visit.times(at_most=3),
        visit.then(call),
        ~visit | call,
    ]
    rules = [Rule(f"rule {place}", 2**place, when=when) for place, when in enumerate(asked)]
    rules.append(Rule("each", 100, each=visit, limit=200))
    found = check_both(Scoring(ScoringModel("m", rules)), "id\nL-1\n", None, out="o.csv")
    assert found.engine == "scored by Polars"
    assert found.files["out"].split(b"\r\n")[1].startswith(b"L-1,,,38,")


def test_rejects_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    table = "id,size\nL-1,50\nL-1,x\nL-1,7\nL-2\n,5\nL-2,9\nL-2,8\n"
    found = check_both(Scoring(MODEL), table, TOLD_SIZE, out="o.csv", batch=100)
    lines = found.files["rejects"].decode().splitlines()[1:]
    assert [line.partition(",")[0] for line in lines] == ["3", "4", "5", "6", "8"]
    assert found.code == 1


def test_rows_before_an_unreadable_place_are_looked_at() -> None:
    found = check_both(Scoring(MODEL), LARGE_PLAIN + "L-4,x\nL-5,\0\n", TOLD_SIZE, out="o.csv")
    assert found.code == 2
    assert "NUL character" in found.err
    assert found.files.keys() == {"rejects"}
    assert b"5,size,x" in found.files["rejects"]


def test_a_file_without_good_rows_gives_no_rows() -> None:
    for out in ("o.csv", "o.jsonl", "o.parquet"):
        check_both(Scoring(MODEL), "id,size\nL-1,x\nL-2\n", TOLD_SIZE, out=out)


def test_what_was_read_before_is_forgotten_when_it_is_too_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (together, batches):
        monkeypatch.setattr(module, "MOST_KEPT", 1)
    table = "id,size,name\n" + "".join(f"L-{n},{n % 3 * 40},n{n}\n" for n in range(20))
    found = check_both(Scoring(MODEL, Thresholds(hot=5, warm=0)), table, TOLD_SIZE, out="o.csv")
    assert found.engine == "scored by Polars"


@pytest.mark.real_data
@pytest.mark.parametrize("out", ["o.csv", "o.jsonl"])
def test_the_web_leads_come_out_the_same_to_the_byte(tmp_path: Path, out: str) -> None:
    found = both(
        tmp_path,
        X_EDUCATION / "Leads_dev.csv",
        *("--model", EXAMPLES / "scorecard_v1.toml"),
        *("--columns", EXAMPLES / "x_education_columns.toml", "--outcome", "converted"),
        *(*AS_OF, "--explain", "none"),
        out=out,
        batch=1_000,
    )
    assert found.engine == "scored by Polars"
    assert "AUC of the points for 'converted': 0.851476" in found.out


@pytest.mark.real_data
def test_all_columns_of_the_web_leads_as_text_come_out_the_same(tmp_path: Path) -> None:
    model = ScoringModel("m", [Rule("form", 5, when=field("lead_origin").contains("Form"))])
    (tmp_path / "m.toml").write_text(dump_scoring(Scoring(model)), encoding="utf-8")
    file = X_EDUCATION / "Leads_dev.csv"
    found = both(tmp_path, file, "--model", tmp_path / "m.toml", *AS_OF, out="o.csv", batch=5_000)
    assert found.engine == "scored by Polars"


def test_deal_values_that_rules_ask_about_are_compared_in_their_currency() -> None:
    model = ScoringModel(
        "m", [Rule("large", 5, when=field("deal_value").at_least(Money(10, "EUR")))]
    )
    told = WITH_CURRENCY.partition("[fields]")[0]
    table = "id;Amount;Currency\nL-1;20;EUR\nL-2;20;USD\nL-3;5;EUR\nL-4;;\n"
    found = check_both(Scoring(model), table, told, out="o.jsonl", batch=10)
    assert found.engine == "scored by Polars"
    points = [json.loads(line)["points"] for line in found.files["out"].splitlines()]
    assert points == [5, 0, 0, 0]

from __future__ import annotations

import io
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.cli.ranking import Judged
from leadflow.cli.sheet import Form, form_of, write, write_rows
from leadflow.events import Rated
from leadflow.lead import Lead
from leadflow.scoring import Contribution, Score
from leadflow.serialization.tables import write_scores

NOW = datetime(2026, 3, 1, tzinfo=UTC)
FORMS = ("o.csv", "o.jsonl", "o.ndjson", "o.parquet", "O.CSV")
KEYS = st.sampled_from(["L-1", "L 1.x_y", "=1", "a,b", 'a"b', "\u00e9", "-5", "\u2028x", "'"])
VALUES = st.sampled_from([None, "", "Ada", "=cmd", 'a "b"', "a,b\nc", True, 5, Decimal("1.50")])


def judged(key: str, name: Any, *, is_rated: bool = True) -> Judged:
    fields = {"name": name, "company": "Oakham, Tools"}
    score = Score(5, 5, 0, (Contribution("a; b", 5, "because"),), NOW, "m", key)
    rated = Rated("hot", NOW, because=("one", "two"), ask=("due",)) if is_rated else None
    return Judged(Lead(key, fields=fields), score, rated, "A1")


def pieced(form: Form, one: Judged) -> Any:
    """Put a row together from its pieces."""
    before, after = form.of_score(one)
    values = one.lead.values
    name, company = (form.piece({key: values.get(key)}) for key in ("name", "company"))
    return form.row((form.key(one.lead.id), name, company, before, form.of_rating(one), after))


@pytest.mark.parametrize("name", FORMS)
@given(KEYS, VALUES, st.booleans())
def test_a_row_of_pieces_is_the_row_written_whole(
    name: str, key: str, value: Any, is_rated: bool
) -> None:
    form, one = form_of(Path(name)), judged(key, value, is_rated=is_rated)
    assert pieced(form, one) == form.whole(one)
    if form.name != "parquet":
        stream = io.StringIO()
        write_scores(stream, [form.values(one)], form.name)
        assert stream.getvalue().endswith(pieced(form, one))


@pytest.mark.parametrize("name", ["o.csv", "o.jsonl", "o.parquet"])
def test_rows_that_are_put_together_make_the_same_file(tmp_path: Path, name: str) -> None:
    leads = [judged("L-1", "Ada"), judged("=L", None), judged("L-3", 5, is_rated=False)]
    leads = leads[:2] if name == "o.parquet" else leads
    form, one_by_one, together = form_of(Path(name)), tmp_path / f"1{name}", tmp_path / f"2{name}"
    write(one_by_one, leads)
    rows = [form.whole(lead) for lead in leads]
    write_rows(together, iter([[], rows[:1], rows[1:], []]))
    assert together.read_bytes() == one_by_one.read_bytes()


@pytest.mark.parametrize("name", ["o.csv", "o.jsonl"])
def test_no_rows_make_an_empty_file(tmp_path: Path, name: str) -> None:
    write(tmp_path / f"1{name}", [])
    write_rows(tmp_path / f"2{name}", [[]])
    assert (tmp_path / f"1{name}").read_bytes() == (tmp_path / f"2{name}").read_bytes() == b""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from leadflow.cli import batches
from leadflow.cli.batches import Answers, Batch, Parts, in_batches
from leadflow.errors import UnreadableTable
from leadflow.money import Money
from leadflow.serialization.rows import Record
from leadflow.serialization.tables import Columns, LeadRows

COLUMNS = Columns(
    attributes={"deal_value": "Amount", "deal_value_currency": "Currency"},
    fields={"size": {"column": "Size", "kind": "number"}},
)
TABLE = """\
id,Amount,Currency,Size,tags,note
L-1,10,EUR,5,b;a,x
L-2,10,USD,,,
L-3,10,,7,,
L-4,,EUR,many,,
,10,EUR,5,,
"""


def read(table: str, columns: Columns = COLUMNS) -> Batch:
    rows = LeadRows(io.StringIO(table), columns)
    records = [item for item in rows if isinstance(item, Record)]
    return Parts.of(rows, rows.layout(records[0])).good(records)


def test_rows_with_a_cell_that_cannot_be_read_are_left_out() -> None:
    assert read(TABLE).values("id") == ["L-1", "L-2"]


def test_values_are_those_of_the_leads() -> None:
    batch = read(TABLE)
    assert batch.values("deal_value") == [Money(10, "EUR"), Money(10, "USD")]
    assert batch.values("size") == [5, None]
    assert batch.values("tags") == [["a", "b"], None]
    assert batch.values("note") == ["x", None]
    assert batch.values("nowhere") == [None, None]


def test_what_is_made_of_several_cells_has_them_together() -> None:
    assert read(TABLE).cells("deal_value") == [("EUR", "10"), ("USD", "10")]


def test_names_are_met_where_a_row_has_a_value() -> None:
    batch = read(TABLE)
    assert batch.met([0, 1], ()) == {"id", "deal_value", "size", "note"}
    assert batch.met([1], {"id"}) == {"deal_value"}
    assert batch.met([], ()) == set()


def test_without_a_good_row_nothing_is_held() -> None:
    assert read("id,Amount,Currency,Size\n,,,\nL-1,1,X,\n".replace(",,,\n", ",,,1\n")).records == []


def test_what_cannot_be_answered_is_remembered_as_such() -> None:
    batch = read("id,Amount,Currency,Size\nL-1,,,x\nL-2,,,x\nL-3,,,1\n")
    assert batch.values("id") == ["L-3"]


def test_answers_are_asked_for_once_and_forgotten_when_there_are_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batches, "MOST_KEPT", 2)
    asked: list[str] = []

    def ask(cell: str) -> int:
        asked.append(cell)
        return len(cell)

    answers = Answers(ask)
    assert answers.of(["a", "bc", "a"]) == [1, 2, 1]
    answers.trim()
    assert answers.of(["a", "bc", "def"]) == [1, 2, 3]
    assert sorted(asked) == ["a", "bc", "def"]
    answers.trim()
    assert answers.known == {}


def test_a_batch_that_is_full_is_followed_by_another() -> None:
    assert list(in_batches(range(4), 2)) == [[0, 1], [2, 3]]
    assert list(in_batches([], 2)) == []


def test_what_came_before_an_error_comes_out_before_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise UnreadableTable("leads.csv", 2, "holds a NUL character")

    found = in_batches(items(), 5)
    assert next(found) == [1]
    with pytest.raises(UnreadableTable):
        next(found)

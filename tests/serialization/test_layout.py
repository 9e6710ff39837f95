from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.errors import InvalidValue, UnreadableTable
from leadflow.serialization.columns import LEAD_ATTRIBUTES, Columns
from leadflow.serialization.layout import BadCell, Form, lay_out, normal

LEADS = Form(
    what="a lead",
    keys={"id": ("id", "lead_id")},
    needed=("id",),
    attributes=LEAD_ATTRIBUTES,
    reserved=frozenset({"id", "events"}),
)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Lead Source", "lead_source"),
        ("  E-Mail (1st) ", "e_mail_1st"),
        ("Größe", "größe"),
        ("हिन्दी नाम", "हिन्दी_नाम"),
        ("__x__", "x"),
        ("%", ""),
    ],
)
def test_a_header_becomes_a_name(header: str, name: str) -> None:
    assert normal(header) == name


@given(st.text(max_size=20))
def test_a_normal_name_stays_as_it_is(header: str) -> None:
    assert normal(normal(header)) == normal(header)


def test_a_key_whose_column_is_told_for_a_field_is_looked_for_elsewhere() -> None:
    columns = Columns(fields={"number": "id"})
    layout = lay_out(columns, ("id", "Lead ID"), LEADS, rows_differ=False)
    assert layout.read(["7", "L-7"]) == ({"id": "L-7"}, {"number": "7"})


def test_a_bad_cell_names_its_column() -> None:
    layout = lay_out(Columns(), ("id", "Score"), LEADS, rows_differ=False)
    with pytest.raises(BadCell) as caught:
        layout.read(["7", "high"])
    assert (caught.value.header, caught.value.cell) == ("Score", "high")


def test_the_source_of_an_error_is_found_by_its_place() -> None:
    layout = lay_out(Columns(), ("id", "Score", "City"), LEADS, rows_differ=False)
    named = [
        layout.source_of(InvalidValue(where, "x", "y"))
        for where in ("Lead.score", "Lead.fields.city", "Lead.fields", "lead", "")
    ]
    assert [target and target.header for target in named] == ["Score", "City", None, None, None]


def test_a_header_that_is_told_but_missing_is_unknown_only_where_rows_differ() -> None:
    columns = Columns(fields={"city": "Town"})
    assert len(lay_out(columns, ("id",), LEADS, rows_differ=True).targets) == 1
    with pytest.raises(UnreadableTable, match="there is no column 'Town'"):
        lay_out(columns, ("id",), LEADS, rows_differ=False)
    with pytest.raises(UnreadableTable, match="told for id"):
        lay_out(Columns(id="No"), ("id",), LEADS, rows_differ=True)


def test_a_table_without_its_key_lists_what_is_there() -> None:
    header = tuple(f"c{n}" for n in range(20))
    with pytest.raises(UnreadableTable, match=r"there are: c0, c1, .*, …"):
        lay_out(Columns(), header, LEADS, rows_differ=False)

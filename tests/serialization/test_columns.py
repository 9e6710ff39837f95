from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.errors import InvalidDefinition, InvalidValue, LeadflowError, UnreadableTable
from leadflow.limits import DEFAULT_LIMITS
from leadflow.serialization.cells import Notation
from leadflow.serialization.columns import Column, Columns

FULL = """
delimiter = ";"
quote = "'"
encoding = "cp1250"
unknown = ["Select", "N/A"]
decimal = ","
thousands = "."
suffixes = true
dates = ["day first", "%d %b %Y"]
time_zone = "Europe/Warsaw"
currency = "PLN"
true = ["tak"]
false = ["nie"]
separator = "|"
id = "Numer"
lead = "Klient"
others = "ignore"

[fields]
origin = "Lead Origin"
employees = { column = "Size", kind = "number", decimal = ".", thousands = "" }
born = { column = "Born", kind = "date", dates = "iso", unknown = ["-"] }
budget = { column = "Budget", kind = "money", currency = "EUR" }

[attributes]
source = "Lead Source"
tags = { column = "Tags", separator = "," }
created_at = { column = "Created", time_zone = "UTC" }
"""


def problems_of(text: str) -> dict[str, str]:
    with pytest.raises(InvalidDefinition) as caught:
        Columns.load(text)
    return {problem.path: problem.message for problem in caught.value.problems}


def test_everything_can_be_told_in_toml() -> None:
    columns = Columns.load(FULL)
    assert columns == Columns(
        delimiter=";",
        quote="'",
        encoding="cp1250",
        unknown=["Select", "N/A"],
        decimal=",",
        thousands=".",
        suffixes=True,
        dates=["day first", "%d %b %Y"],
        time_zone="Europe/Warsaw",
        currency="PLN",
        true=["tak"],
        false=["nie"],
        separator="|",
        id="Numer",
        lead="Klient",
        others="ignore",
        fields={
            "origin": Column(column="Lead Origin"),
            "employees": {"column": "Size", "kind": "number", "decimal": ".", "thousands": ""},
            "born": Column(column="Born", kind="date", dates="iso", unknown=["-"]),
            "budget": {"column": "Budget", "kind": "money", "currency": "EUR"},
        },
        attributes={
            "source": "Lead Source",
            "tags": {"column": "Tags", "separator": ","},
            "created_at": {"column": "Created", "time_zone": "UTC"},
        },
    )
    assert hash(columns) == hash(Columns.load(FULL))


def test_columns_are_loaded_from_a_file_from_text_and_from_bytes(tmp_path: Path) -> None:
    path = tmp_path / "map.toml"
    path.write_bytes(b"\xef\xbb\xbf" + FULL.encode())
    assert Columns.load(path) == Columns.load(str(path)) == Columns.load(FULL)
    assert Columns.load(FULL.encode()) == Columns.load(FULL)
    assert Columns.load("") == Columns()


def test_a_column_has_the_notation_of_the_table_but_for_its_own_settings() -> None:
    columns = Columns.load(FULL)
    born = columns.notation(columns.fields["born"])
    assert born.dates == ("iso",)
    assert born.unknown == ("Select", "N/A", "-")
    assert (born.decimal, born.currency, born.time_zone) == (",", "PLN", "Europe/Warsaw")
    assert Columns().notation() == Notation()


def test_all_problems_come_at_once_with_their_paths() -> None:
    found = problems_of(
        """
        encodin = "utf-8"
        delimiter = ";;"
        decimal = "·"
        others = "ignored"
        unknown = "Select"
        time_zone = "Mars/Base"
        currency = "EURO"
        id = 3
        [fields]
        a = { colum = "A" }
        b = { column = "B", kind = "numbr", datess = "iso", true = [] }
        c = 5
        d = ""
        e = { column = "E", kind = "money" }
        [attributes]
        sorce = "Source"
        due = { column = "Due", kind = "date" }
        """
    )
    assert set(found) == {
        "encodin",
        "delimiter",
        "decimal",
        "others",
        "unknown",
        "time_zone",
        "currency",
        "id",
        "fields.a",
        "fields.b.kind",
        "fields.b.datess",
        "fields.b.true",
        "fields.c",
        "fields.d.column",
        "fields.e.currency",
        "attributes.sorce",
        "attributes.due.kind",
    }
    assert "did you mean 'encoding'?" in found["encodin"]
    assert "did you mean 'ignore'?" in found["others"]
    assert "did you mean 'number'?" in found["fields.b.kind"]
    assert "did you mean 'dates'?" in found["fields.b.datess"]
    assert "did you mean 'source'?" in found["attributes.sorce"]


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ('quote = ","', "delimiter", "another sign than quote"),
        ('delimiter = "\\n"', "delimiter", "one character"),
        ('quote = "ab"', "quote", "one character"),
        ('thousands = "."', "thousands", "another sign than decimal"),
        ('thousands = "_"', "thousands", "one of"),
        ('decimal = ","\nthousands = "."\n[fields]\na = {column = "A", thousands = ","}',
         "fields.a.thousands", "another sign than decimal"),
        ('true = ["yes"]\nfalse = ["YES"]', "true", "other words than false"),
        ("suffixes = 1", "suffixes", "true or false"),
        ('encoding = "utf-9"', "encoding", "an encoding such as"),
        ('encoding = "hex"', "encoding", "an encoding such as"),
        ('encoding = "idna"', "encoding", "an encoding such as"),
        ('encoding = "unicode_escape"', "encoding", "an encoding such as"),
        ('dates = "dayfirst"', "dates", "did you mean 'day first'?"),
        ("dates = []", "dates", "at least one"),
        ("dates = 3", "dates", "day first"),
        ('dates = "%d.%m"', "dates", "year, month and day"),
        ("unknown = [3]", "unknown", "expected text"),
        ("fields = 3", "fields", "a table of names"),
        ('fields = {" " = "x"}', "fields. ", "not blank"),
        ("x", "", "not TOML"),
        ('id = "a"\nid = "b"', "", "not TOML"),
        ("id = " + "[" * 50_000, "", "not TOML"),
        ("id = " + "9" * 5_000, "", "not TOML"),
    ],
)  # fmt: skip
def test_a_bad_setting_is_refused_with_its_path(text: str, path: str, message: str) -> None:
    found = problems_of(text)
    assert [message in words for words in found.values()] == [True]
    assert path in found or path == "fields. "


def test_a_bad_setting_in_python_is_refused_too() -> None:
    with pytest.raises(InvalidValue, match=r"Columns\.decimal: expected one of"):
        Columns(decimal=";")
    with pytest.raises(InvalidDefinition, match=r"fields\.a\.kind"):
        Columns(fields={"a": {"column": "A", "kind": "nummer"}})
    with pytest.raises(InvalidValue, match=r"Column\.column: expected the header"):
        Column(column=" ")


def test_two_names_that_are_one_after_normalising_are_refused() -> None:
    with pytest.raises(InvalidDefinition, match="each name once"):
        Columns(fields={"a": "A", " a": "B"})


def test_bytes_that_are_no_utf_8_are_no_columns() -> None:
    with pytest.raises(InvalidDefinition, match="not TOML"):
        Columns.load(b'id = "\xff"')
    with pytest.raises(InvalidDefinition, match="not TOML"):
        Columns.load('id = "\ud800"')


def test_a_missing_file_of_columns_says_so(tmp_path: Path) -> None:
    for source in (tmp_path / "none.toml", str(tmp_path / "none.toml"), "\0.toml"):
        with pytest.raises(UnreadableTable, match="cannot be read"):
            Columns.load(source)


@pytest.mark.parametrize(
    "text",
    [
        "#" * (DEFAULT_LIMITS.document_bytes + 1),
        "a" + ".a" * DEFAULT_LIMITS.key_parts + " = 1",
        "[" + '"a".' * 20_000 + "a]",
    ],
)
def test_a_document_beyond_the_limits_is_refused(text: str) -> None:
    with pytest.raises(LeadflowError, match="may be at most"):
        Columns.load(text)


def test_a_document_at_the_limits_is_read() -> None:
    assert Columns.load("#" * DEFAULT_LIMITS.document_bytes) == Columns()
    parts = "a" + ".a" * (DEFAULT_LIMITS.key_parts - 1) + " = 1"
    assert list(problems_of(parts)) == ["a"]


TOML_VALUES: Any = st.one_of(
    st.sampled_from(['"x"', "3", "true", "[]", '["a"]', "{}", '{column = "A"}', "1979-05-27"]),
    st.text(max_size=10),
)
KEYS = ["id", "decimal", "dates", "fields", "attributes", "true", "encoding", "fields.a", "x"]


@given(st.lists(st.tuples(st.sampled_from(KEYS), TOML_VALUES), max_size=5))
def test_any_document_gives_columns_or_an_error_of_leadflow(pairs: list[tuple[str, str]]) -> None:
    text = "\n".join(f"{key} = {value}" for key, value in pairs) + "\n"
    try:
        columns = Columns.load(text)
    except LeadflowError:
        return
    assert isinstance(columns, Columns)

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
from leadflow.serialization.problems import MOST_PROBLEMS

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


def problems_of(text: str | bytes) -> dict[str, str]:
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
        ("[fields]\na = {column = 'A', kind = 'money'}", "fields.a.currency", "or for the table"),
        ("id = 3\n[fields]\na = {column = 'A', kind = 'money'}", "fields.a.currency", "or for"),
        ("kind = 'text'", "kind", 'unknown key "kind"'),
        ("[[rules]]", "rules", "a scoring document has it, columns do not"),
        ("[fields]\na = {column = 'A', rules = 1}", "fields.a.rules", "scoring document"),
        ("x = ", "line 1, column 5", "not TOML"),
        ('id = "a"\nid = "b"', "line 2, column 9", "not TOML"),
    ],
)  # fmt: skip
def test_a_bad_setting_is_refused_with_its_path(text: str, path: str, message: str) -> None:
    found = problems_of(text)
    assert [where for where, words in found.items() if message in words] in ([path], ['fields." "'])


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
    assert problems_of(b'id = "\xff"') == {
        "byte 6": "expected UTF-8 text, got the byte 0xff (save the file as UTF-8)"
    }
    assert problems_of('id = "\ud800"') == {"character 6": "expected text without lone surrogates"}


def test_the_table_tells_the_currency_of_a_field_of_money() -> None:
    told = {"amt": {"column": "amt", "kind": "money"}}
    columns = Columns(currency="USD", fields=told)
    assert columns.notation(columns.fields["amt"]).currency == "USD"
    assert columns == Columns.load(
        'currency = "USD"\n[fields]\namt = {column = "amt", kind = "money"}'
    )
    with pytest.raises(InvalidDefinition, match=r"fields\.amt\.currency: expected the currency"):
        Columns(fields=told)
    wrong = problems_of('currency = "EURO"\n[fields]\namt = {column = "amt", kind = "money"}')
    assert list(wrong) == ["currency"]


def test_a_name_of_a_file_may_end_in_capitals(tmp_path: Path) -> None:
    path = tmp_path / "Map.TOML"
    path.write_text('id = "Nr"', encoding="utf-8")
    assert Columns.load(str(path)).id == "Nr"
    path.write_text("id = ", encoding="utf-8")
    with pytest.raises(InvalidDefinition, match=r"^Map\.TOML: line 1, column 6: not TOML"):
        Columns.load(path)


@pytest.mark.parametrize("source", [None, 3, ["id"]])
def test_a_source_of_columns_is_a_path_text_or_bytes(source: Any) -> None:
    with pytest.raises(InvalidValue, match="source: expected a path, text or bytes"):
        Columns.load(source)


def test_dots_in_comments_and_texts_are_no_parts_of_keys() -> None:
    dots = ".".join("abcdefghijklmnopqrstuvwxyz")
    text = f'# see {dots}\nid = "{dots}"\nlead = """\n{dots} = 1"""\nunknown = [\'{dots}\']\n'
    columns = Columns.load(text)
    assert (columns.id, columns.lead) == (dots, f"{dots} = 1")
    assert columns.unknown == (dots,)


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"a{n} = 1" for n in range(3_000)),
        "[fields]\n" + "\n".join(f"a{n} = 1" for n in range(3_000)),
        "[fields]\n" + "\n".join(f"a{n} = {{column = 'A', b = 1}}" for n in range(3_000)),
        "[fields]\n" + "\n".join(f"a{n} = {{column = 'A', kind = 'money'}}" for n in range(3_000)),
    ],
)
def test_the_problems_of_a_document_are_bounded(text: str) -> None:
    assert len(problems_of(text)) == MOST_PROBLEMS


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
        "id = " + "[" * 50_000,
        "id = " + "9" * 5_000,
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

from __future__ import annotations

import io
import itertools
import json
import os
import tracemalloc
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, cast

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadflow.errors import (
    InvalidDefinition,
    InvalidValue,
    LeadflowError,
    RejectedRow,
    UnreadableTable,
)
from leadflow.events import Activity
from leadflow.lead import Lead
from leadflow.limits import DEFAULT_LIMITS
from leadflow.money import Money
from leadflow.serialization import tables
from leadflow.serialization.layout import lay_out
from leadflow.serialization.rows import Record, read_rows
from leadflow.serialization.tables import (
    Columns,
    Reject,
    read_activities,
    read_leads,
    with_activities,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVERY_KIND = Columns(
    id="Id",
    unknown=["Select"],
    others="ignore",
    currency="USD",
    thousands="",
    fields={
        "employees": {"column": "Employees", "kind": "number"},
        "mail": {"column": "Mail", "kind": "boolean"},
        "born": {"column": "Born", "kind": "date"},
        "seen": {"column": "Seen", "kind": "datetime"},
        "city": "City",
    },
    attributes={"deal_value": "Value", "time_zone": "Zone", "lifecycle": "Cycle"},
)
HEADER = "Id,Employees,Mail,Born,Seen,City,Value,Zone,Cycle"


def leads_of(
    table: str | bytes, columns: Columns | None = None, **more: Any
) -> tuple[list[Lead], list[Reject]]:
    rejects: list[Reject] = []
    stream = io.BytesIO(table) if isinstance(table, bytes) else io.StringIO(table)
    return list(read_leads(stream, columns, on_reject=rejects.append, **more)), rejects


def values_of(table: str | bytes, columns: Columns | None = None, **more: Any) -> dict[str, Any]:
    leads, rejects = leads_of(table, columns, **more)
    assert rejects == []
    (lead,) = leads
    return dict(lead.fields)


def test_a_file_without_a_mapping_gives_fields_of_text_under_normal_names() -> None:
    (lead,), rejects = leads_of("Lead ID,Company Size,Source,E-Mail!\n001,0120,fair, a@b.c \n")
    assert rejects == []
    assert (lead.id, lead.source) == ("001", "fair")
    assert lead.fields == {"company_size": "0120", "e_mail": "a@b.c"}
    assert lead.created_at is None


@pytest.mark.parametrize(
    "header", ["id", "ID", "lead_id", "Lead Id", "LEADID", "Prospect ID", "Deal id"]
)
def test_the_id_is_found_by_the_name_of_its_header(header: str) -> None:
    (lead,), _ = leads_of(f"name,{header}\nZoë,7\n")
    assert lead.id == "7"


def test_of_several_id_headers_the_first_in_order_is_the_id_and_the_others_are_fields() -> None:
    (lead,), _ = leads_of("Contact Id,Lead Id\nc,l\n")
    assert (lead.id, lead.fields) == ("l", {"contact_id": "c"})


def test_headers_called_like_an_attribute_are_that_attribute() -> None:
    table = (
        "id,Created At,deal value,due,time_zone,stage,tags,score,win probability,owner\n"
        "1,2026-03-01T12:00Z,12.50 EUR,2026-04-01,Europe/Warsaw,new, vip ;it;,7,0.25,r1\n"
    )
    (lead,), rejects = leads_of(table)
    assert rejects == []
    assert lead.created_at == NOON
    assert lead.deal_value == Money("12.50", "EUR")
    assert (lead.due, lead.time_zone, lead.stage) == (date(2026, 4, 1), "Europe/Warsaw", "new")
    assert lead.tags == frozenset({"vip", "it"})
    assert (lead.score, lead.win_probability) == (7, 0.25)
    assert lead.owner == "r1"
    assert lead.fields == {}


def test_every_kind_is_read_as_told() -> None:
    (lead,), rejects = leads_of(
        f"{HEADER}\n1,120,YES,1990-02-28,2026-03-01 14:00+02:00,Łódź,$5,UTC,mql\n", EVERY_KIND
    )
    assert rejects == []
    assert lead.fields == {
        "employees": 120,
        "mail": True,
        "born": date(1990, 2, 28),
        "seen": NOON,
        "city": "Łódź",
    }
    assert lead.deal_value == Money(5, "USD")


def test_empty_cells_and_the_words_told_are_unknown() -> None:
    (lead,), _ = leads_of(f"{HEADER}\n1,Select,, Select ,\u00a0,select,,,\n", EVERY_KIND)
    assert lead.fields == {"city": "select"}


def test_text_is_stripped_and_comes_in_normal_form_c() -> None:
    assert values_of("id,city\n1,\u00a0Lo\u0301dz\ufeff \n") == {"city": "L\u00f3dz"}


def test_columns_without_a_header_are_left_out() -> None:
    assert values_of("id,,city,,\n1,x,Rome,,\n") == {"city": "Rome"}


def test_others_are_left_out_when_told() -> None:
    columns = Columns(fields={"town": "city"}, others="ignore")
    assert values_of("id,city,x\n1,Rome,2\n", columns) == {"town": "Rome"}


def test_others_beside_a_mapping_are_text() -> None:
    assert values_of("id,city,x\n1,Rome,2\n", Columns(fields={"town": "city"})) == {
        "town": "Rome",
        "x": "2",
    }


def test_one_column_may_go_to_two_places() -> None:
    columns = Columns(fields={"origin": "src"}, attributes={"source": "src"}, others="ignore")
    (lead,), _ = leads_of("id,src\n1,fair\n", columns)
    assert (lead.source, lead.fields) == ("fair", {"origin": "fair"})


def test_a_currency_column_tells_the_currency_of_each_row() -> None:
    leads, rejects = leads_of(
        "id,deal_value,deal_value_currency\n1,5,EUR\n2,6,USD\n3,7,\n4,8,XXX\n",
        Columns(currency="GBP"),
    )
    assert [str(lead.deal_value) for lead in leads] == ["5 EUR", "6 USD", "7 GBP"]
    assert rejects[0].line == 5


@pytest.mark.parametrize(("table", "line"), [("id,city\n", 1), ("\n\nid,city\n,\n\n", 3)])
def test_a_header_alone_is_no_table_of_leads_but_one_of_activities(table: str, line: int) -> None:
    with pytest.raises(UnreadableTable) as caught:
        leads_of(table)
    assert str(caught.value) == f"the table, line {line}: has a header but no rows"
    log = table.replace("id,city", "lead,kind,at")
    assert list(read_activities(io.StringIO(log))) == []


def test_bad_rows_are_rows() -> None:
    assert [reject.line for reject in leads_of("id,city\n1\n")[1]] == [2]


@pytest.mark.parametrize("read", [read_leads, read_activities])
@pytest.mark.parametrize(
    ("source", "hint"),
    [
        (None, "got None"),
        (["id", "1"], "got a list of 2"),
        (b"id\n1", "io.BytesIO(content)"),
        ("id,a\n1,2\n", "io.StringIO(text)"),
        ("id,a\r1,2", "io.StringIO(text)"),
    ],
)
def test_what_is_no_source_is_refused_at_once(read: Any, source: Any, hint: str) -> None:
    with pytest.raises(InvalidValue, match="expected a path, or a stream open") as caught:
        read(source)
    assert hint in str(caught.value)


def test_a_wrong_encoding_says_the_line_the_byte_and_what_to_tell() -> None:
    with pytest.raises(UnreadableTable) as caught:
        leads_of("id,city\n1,Rome\n2,Müller\n".encode("cp1252"))
    assert str(caught.value) == (
        "the table, line 3: is in another encoding than told; byte 18 of the file is 0xfc: invalid "
        'start byte (tell it, for example encoding = "cp1252", "cp1250", "latin-1" or "utf-16")'
    )


def test_an_amount_without_a_currency_is_in_that_of_the_table() -> None:
    columns = Columns(currency="USD", fields={"budget": {"column": "b", "kind": "money"}})
    assert values_of("id,b\n1,5\n", columns) == {"budget": 5}
    assert leads_of("id,b\n1,5 EUR\n", columns)[1][0].column == "b"


def test_rows_without_anything_are_skipped() -> None:
    leads, rejects = leads_of("\n\nid,city\n\n1,Rome\n,\n  , \n2,Oslo\n\n")
    assert [lead.id for lead in leads] == ["1", "2"]
    assert rejects == []


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-be", "utf-16-be"),
        ("latin-1", "latin-1"),
        ("cp1250", "cp1250"),
        ("cp1252", "Windows-1252"),
    ],
)
def test_the_encoding_is_the_one_told_and_marks_are_understood(encoding: str, told: str) -> None:
    table = "id,city\n1,Müñ\n".encode(encoding, "replace")
    city = values_of(table, Columns(encoding=told))["city"]
    assert city == "Müñ".encode(encoding, "replace").decode(encoding)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_any_way(end: str) -> None:
    leads, rejects = leads_of(end.join(["id,city", '1,"a', 'b"', "2,c", "3"]).encode())
    assert [lead.id for lead in leads] == ["1", "2"]
    assert leads[0].fields["city"] == f"a{end}b"
    assert rejects[0].line == 5


def test_semicolons_and_decimal_commas_are_read_when_told() -> None:
    columns = Columns.load(
        """
        delimiter = ";"
        decimal = ","
        thousands = " "
        dates = "day first"
        currency = "EUR"
        [fields]
        share = { column = "Anteil", kind = "number" }
        [attributes]
        deal_value = "Wert"
        due = "Termin"
        """
    )
    table = "id;Anteil;Wert;Termin\n1;-0,5;1\u00a0234,50 €;31.3.2026\n"
    columns = attrs.evolve(columns, encoding="cp1252")
    (lead,), rejects = leads_of(table.encode("cp1252"), columns)
    assert rejects == []
    assert lead.fields == {"share": Decimal("-0.5")}
    assert (lead.deal_value, lead.due) == (Money("1234.50", "EUR"), date(2026, 3, 31))


def test_a_table_may_do_without_quotes() -> None:
    assert values_of('id,city\n1,"Rome\n', Columns(quote="")) == {"city": '"Rome'}


def test_a_source_may_be_a_path_or_its_name(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes(b"\xef\xbb\xbfid,city\r\n1,Rome\r\n")
    assert [lead.id for lead in read_leads(path)] == ["1"]
    assert [lead.id for lead in read_leads(str(path))] == ["1"]


BAD_ROWS = [
    # the row; line, column, value, reason
    ("1,many,,,,,,,", (2, "Employees", "many", "expected a number")),
    ('1,"1,234",,,,,,,', (2, "Employees", "1,234", 'what "," stands for')),
    ("1,1.2.3,,,,,,,", (2, "Employees", "1.2.3", "expected a number")),
    ("1,NaN,,,,,,,", (2, "Employees", "NaN", "expected a number")),
    ("1,inf,,,,,,,", (2, "Employees", "inf", "expected a number")),
    ("1,1e400,,,,,,,", (2, "Employees", "1e400", "a number may be at most")),
    ("1,-,,,,,,,", (2, "Employees", "-", "expected a number")),
    (f"1,{'9' * 90_000},,,,,,,", (2, "Employees", "9" * 199 + "…", "90,000 characters")),
    (f"1,{'9' * 19},,,,,,,", (2, "Employees", "9" * 19, "may be at most")),
    ("1,,maybe,,,,,,", (2, "Mail", "maybe", "true, yes, 1 for true")),
    ("1,,,2025-02-29,,,,,", (2, "Born", "2025-02-29", "February 2025 has 28 days")),
    ("1,,,0000-01-01,,,,,", (2, "Born", "0000-01-01", "there is no year 0")),
    ("1,,,10000-01-01,,,,,", (2, "Born", "10000-01-01", "there is no year 10000")),
    ("1,,,2025-13-01,,,,,", (2, "Born", "2025-13-01", "there is no month 13")),
    ("1,,,31.03.2026,,,,,", (2, "Born", "31.03.2026", "a date written like 2026-03-31")),
    ("1,,,,2026-03-01 12:00,,,,", (2, "Seen", "2026-03-01 12:00", "tell its time zone")),
    ("1,,,,2026-03-01T25:00Z,,,,", (2, "Seen", "2026-03-01T25:00Z", "between 00:00:00")),
    ("1,,,,2026-03-01T12:00+25:00,,,,", (2, "Seen", "2026-03-01T12:00+25:00", "an offset")),
    ("1,,,,0001-01-01T00:00+05:00,,,,", (2, "Seen", "0001-01-01T00:00+05:00", "an instant")),
    ("1,,,,,,-5,,", (2, "Value", "-5", "zero or more")),
    ("1,,,,,,$5K,,", (2, "Value", "$5K", "suffixes = true")),
    ("1,,,,,,5 EUR $,,", (2, "Value", "5 EUR $", "expected a number with")),
    ("1,,,,,,EUR 5 $,,", (2, "Value", "EUR 5 $", "one currency")),
    ("1,,,,,,5 kr,,", (2, "Value", "5 kr", "used for SEK")),
    ("1,,,,,,5 beans,,", (2, "Value", "5 beans", "'beans' is neither")),
    ("1,,,,,,,Mars/Base,", (2, "Zone", "Mars/Base", "a time zone")),
    ("1,,,,,,,,boss", (2, "Cycle", "boss", "one of lead, mql")),
    (",,,,,Rome,,,", (2, "Id", "", "expected the id, got nothing")),
    ("Select,,,,,Rome,,,", (2, "Id", "Select", "expected the id, got nothing")),
    (f"{'x' * 201},,,,,,,,", (2, "Id", "x" * 199 + "…", "characters of a name")),
    ("a\u202eb,,,,,,,,", (2, "Id", "a\\u202eb", "invisible")),
    (f"1,,,,,{'x' * 70_000},,,", (2, "City", "x" * 199 + "…", "bytes of a text")),
    ("1,,,,,\ud800,,,", (2, "City", "\\ud800", "surrogates")),
    ("1,2", (2, "Mail", "", "has 2 cells, the header has 9")),
    ("1,,,,,,,,,more", (2, None, "more", "has 10 cells, the header has 9")),
    ('1,,,,,"a"b,,,', (2, None, '1,,,,,"a"b,,,', "text follows a closing quotation mark")),
    ('1,,,,,"a,,,', (2, None, '1,,,,,"a,,,', "never closed")),
    (f"1,,,,,{'x' * 140_000},,,", (2, None, "1,,,,," + "x" * 193 + "…", "a cell is too long")),
    ('0,,,,,"\n\n",,,\n1,x,,,,,,,', (5, "Employees", "x", "expected a number")),
]


@pytest.mark.parametrize(("row", "expected"), BAD_ROWS, ids=range(len(BAD_ROWS)))
def test_a_bad_row_is_set_aside_with_its_place_and_reason_and_good_rows_are_used(
    row: str, expected: tuple[int, str | None, str, str]
) -> None:
    leads, (reject,) = leads_of(f"{HEADER}\n{row}\ngood,,,,,Oslo,,,\n", EVERY_KIND)
    assert leads[-1].id == "good"
    assert (reject.line, reject.column, reject.value) == expected[:3]
    assert expected[3] in reject.reason


def test_the_first_bad_row_is_raised_when_nobody_takes_rejects() -> None:
    with pytest.raises(RejectedRow, match=r"line 3.*has 1 cells") as caught:
        list(read_leads(io.StringIO("id,city\n1,Rome\n2\n")))
    assert caught.value.line == 3


def test_a_reject_holds_the_row_as_found() -> None:
    _, (reject,) = leads_of(f"{HEADER}\n1,x,,,,Rome,,,\n", EVERY_KIND)
    assert isinstance(reject.row, dict)
    assert (reject.row["Employees"], reject.row["City"]) == ("x", "Rome")


def test_a_second_row_with_an_id_is_set_aside_and_names_the_first() -> None:
    leads, (reject,) = leads_of("name,id\na,7\nb, 7\n")
    assert [lead.fields["name"] for lead in leads] == ["a"]
    assert (reject.line, reject.column, reject.value) == (3, "id", "7")
    assert reject.reason == "the id is that of line 2"


BAD_TABLES: list[tuple[str | bytes, Columns | None, int | None, str]] = [
    (b"", None, None, "is empty"),
    (b"\xef\xbb\xbf", None, None, "is empty"),
    ("\n\n ,\n", None, None, "is empty"),
    ("id,city\n1,R\0me\n", None, 2, "NUL"),
    ("id,city\n1,x\n".encode("utf-16-le"), None, 1, 'encoding = "utf-16"'),
    ("id,city\n1,Müller\n".encode("cp1252"), None, 2, "byte 11 of the file is 0xfc"),
    (b"\xff\xfea", None, 1, "another encoding"),
    (b"id\n", Columns(encoding="utf-16"), 1, "another encoding"),
    ("id,city,city \n", None, 1, "more than one column called 'city'"),
    ("name,city\n", None, 1, "has no column for the id of a lead"),
    ('id,"city\n', None, 1, "the header is broken"),
    ("id,Job title,job_title\n", None, 1, "'Job title' and 'job_title' would both be"),
    ("id,Events\n", None, 1, "cannot be a field called 'events'"),
    ("id,???\n", None, 1, "no name can be made"),
    (f"id,{'x' * 300}\n", None, 1, "no name can be made"),
    ("id,city\n", Columns(fields={"town": "City"}), 1, "did you mean 'city'?"),
    ("id,city\n", Columns(id="lead"), 1, "there is no column 'lead', which is told for id"),
    ("id,town\n", Columns(fields={"town": "town", "x": "y"}), 1, "known: id, town"),
    ("id,source,src\n", Columns(attributes={"source": "src"}), 1, "would both be 'source'"),
    ("x" * 1_200_000, None, 1, "has more than 1,048,576 characters"),
]


@pytest.mark.parametrize(
    ("table", "columns", "line", "reason"), BAD_TABLES, ids=range(len(BAD_TABLES))
)
def test_a_table_that_cannot_be_read_says_where_and_why(
    table: str | bytes, columns: Columns | None, line: int | None, reason: str
) -> None:
    with pytest.raises(UnreadableTable) as caught:
        leads_of(table, columns)
    assert caught.value.line == line
    assert reason in str(caught.value)


def test_a_missing_file_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTable, match=r"nothing\.csv: cannot be opened"):
        next(read_leads(tmp_path / "nothing.csv"))


@pytest.mark.parametrize("bad", [b"2,\xff\n", b"2,\0\n"])
def test_leads_before_an_unreadable_place_come_out(bad: bytes) -> None:
    leads = read_leads(io.BytesIO(b"id,city\n1,Rome\n" + bad))
    assert next(leads).id == "1"
    with pytest.raises(UnreadableTable, match="line 3"):
        next(leads)


def test_a_quotation_mark_that_is_never_closed_costs_one_row() -> None:
    table = 'id,name\n1,"Bob\n2,Ann\n3,"Smith, J"\n4,Zoë\n5\n'
    leads, (reject, later) = leads_of(table)
    assert [lead.id for lead in leads] == ["2", "3", "4"]
    assert (reject.line, reject.row) == (2, '1,"Bob')
    assert (later.line, later.row) == (6, ["5"])


def test_quotation_marks_that_are_never_closed_do_not_take_for_ever() -> None:
    with pytest.raises(UnreadableTable, match="never closed, like many lines before"):
        leads_of("id,name\n" + 'a","\n' * 300_000)


@pytest.mark.parametrize("format_name", ["xml", 3])
def test_another_format_is_refused(format_name: Any) -> None:
    with pytest.raises(InvalidValue, match="format: expected csv, jsonl"):
        read_leads(io.StringIO(""), format=format_name)


def test_columns_of_another_kind_are_refused() -> None:
    wrong: Any = {"id": "x"}
    with pytest.raises(InvalidValue, match=r"Columns\.load"):
        read_leads(io.StringIO(""), wrong)


def test_attributes_of_activities_are_not_those_of_leads() -> None:
    with pytest.raises(InvalidDefinition, match=r"attributes\.at: a lead has no such attribute"):
        read_leads(io.StringIO(""), Columns(attributes={"at": "x"}))
    with pytest.raises(InvalidDefinition, match=r"attributes\.stage: an activity has no"):
        read_activities(io.StringIO(""), Columns(attributes={"stage": "x"}))


def test_a_field_may_not_be_called_like_an_attribute() -> None:
    with pytest.raises(InvalidDefinition, match=r"fields\.stage: .* under \[attributes\]"):
        read_leads(io.StringIO(""), Columns(fields={"stage": "Stage"}))
    with pytest.raises(InvalidDefinition, match=r"fields\.kind"):
        read_activities(io.StringIO(""), Columns(fields={"kind": "Kind", "stage": "Stage"}))


def test_an_error_that_names_no_column_is_about_the_row() -> None:
    def refuse(*_: object) -> Lead:
        raise InvalidValue("elsewhere", "this", "that")

    (_, record) = read_rows(io.StringIO("id\n1\n"), Columns())
    assert isinstance(record, Record)
    layout = lay_out(Columns(), record.header, tables._LEADS, rows_differ=False)
    with pytest.raises(tables._Bad) as caught:
        tables._built(record, layout, refuse)
    assert (caught.value.header, caught.value.reason) == (None, "expected that, got this")


# JSON lines


def test_json_lines_keep_their_types() -> None:
    line = '{"id": 7, "n": 3, "d": 1.50, "b": true, "t": "x", "z": null, "tags": ["a", " b "]}'
    (lead,), rejects = leads_of(line, format="jsonl")
    assert rejects == []
    assert (lead.id, lead.tags) == ("7", frozenset({"a", "b"}))
    assert lead.fields == {"n": 3, "d": Decimal("1.50"), "b": True, "t": "x"}


def test_the_same_mapping_reads_json_lines_and_a_missing_key_is_unknown() -> None:
    row = {"Id": "1", "Employees": "12", "Mail": False, "City": "Select", "Value": 5}
    leads, rejects = leads_of(f"{json.dumps(row)}\n\n" + '{"Id": "2"}', EVERY_KIND, format="jsonl")
    assert rejects == []
    assert leads[0].fields == {"employees": 12, "mail": False}
    assert leads[0].deal_value == Money(5, "USD")
    assert leads[1].fields == {}


def test_a_name_that_ends_in_jsonl_is_json_lines(tmp_path: Path) -> None:
    for ending in ("jsonl", "ndjson", "JSONL"):
        path = tmp_path / f"leads.{ending}"
        path.write_text('{"id": "1"}\n', encoding="utf-8")
        assert [lead.id for lead in read_leads(path)] == ["1"]
        with pytest.raises(UnreadableTable):
            list(read_leads(path, format="csv"))


BAD_LINES = [
    ("{", None, "a JSON object"),
    ("[1]", None, "expected a JSON object"),
    ("3", None, "expected a JSON object"),
    ('{"id": "1", "id": "1"}', "id", "the key more than once"),
    ('{"id": "1", " id": "1"}', "id", "the key more than once"),
    ('{"id": "1", "n": NaN}', None, "a finite number"),
    ('{"id": "1", "n": -Infinity}', None, "a finite number"),
    ('{"id": "1", "n": 1e400}', "n", "a number may be at most"),
    ('{"id": "1", "n": 1e99999999999999999999}', None, "a number within limits"),
    ('{"id": "1", "n": %s}' % ("9" * 1_000_000), None, "1,000,000 digits"),
    ('{"id": "1", "n": 0.%s}' % ("9" * 1_000), None, "1,002 digits"),
    ('{"id": "1", "n": 9223372036854775808}', "n", "may be at most"),
    ('{"id": "1", "n": {"a": 1}}', "n", "got a dict of 1"),
    ('{"id": "1", "n": [1]}', "n", "got a list of 1"),
    ('{"id": true}', "id", "expected text"),
    ('{"id": null}', "id", "got nothing"),
    ('{"n": 1}', None, "has no column for the id"),
    ('{"id": "1", "tags": [1]}', "tags", "a list of texts"),
    ('{"id": "1", "due": 20260101}', "due", "a date as text"),
    ('{"id": "1", "score": "x"}', "score", "expected a number"),
    ('{"id": "1", "score": true}', "score", "expected a number"),
    ('{"id": "1", "deal_value": 5}', "deal_value", "currency"),
    ('{"id": "1", "n": "\\ud800"}', "n", "surrogates"),
    ('{"id": "1", "n": "%s"}' % ("x" * 1_048_570), None, "a line of up to"),
    ("[" * 200_000, None, "flat JSON object"),
]


@pytest.mark.parametrize(("line", "column", "reason"), BAD_LINES, ids=range(len(BAD_LINES)))
def test_a_bad_line_is_set_aside(line: str, column: str | None, reason: str) -> None:
    leads, (reject,) = leads_of(f'\n{line}\n{{"id": "good"}}\n', format="jsonl")
    assert [lead.id for lead in leads] == ["good"]
    assert (reject.line, reject.column) == (2, column)
    assert reason in reject.reason
    assert len(reject.value) <= 400


def test_lines_with_ever_new_keys_do_not_fill_the_memory() -> None:
    lines = "\n".join(f'{{"id": "{n}", "key{n}": {n}}}' for n in range(600))
    leads, rejects = leads_of(lines, format="jsonl")
    assert rejects == []
    assert [lead.fields[f"key{n}"] for n, lead in enumerate(leads)] == list(range(600))


# Activities


def test_activities_are_read_with_their_lead() -> None:
    table = (
        "Lead ID,kind,at,id,channel,direction,answered,by,sequence,page,seconds\n"
        "L-1,page_viewed,2026-03-01T12:00Z,e1,,,,,,/pricing,30\n"
        "L-2,call,2026-03-01T13:00+01:00,,phone,out,no,r1,2,,\n"
    )
    found = list(read_activities(io.StringIO(table)))
    assert found == [
        (
            "L-1",
            Activity("page_viewed", NOON, id="e1", data={"page": "/pricing", "seconds": "30"}),
        ),
        (
            "L-2",
            Activity(
                "call", NOON, channel="phone", direction="out", answered=False, by="r1", sequence=2
            ),
        ),
    ]


def test_activities_are_mapped_like_leads() -> None:
    columns = Columns(
        lead="case",
        id="no",
        attributes={"kind": "what", "at": "when"},
        fields={"n": {"column": "n", "kind": "number"}},
        time_zone="Europe/Warsaw",
        others="ignore",
    )
    line = '{"case": 7, "no": 1, "what": "x", "when": "2026-03-01 13:00", "n": 5, "y": 1}'
    found = list(read_activities(io.StringIO(line), columns, format="jsonl"))
    assert found == [("7", Activity("x", NOON, id="1", data={"n": 5}))]


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (",call,2026-03-01T12:00Z,", "lead", "expected the lead, got nothing"),
        ("1,,2026-03-01T12:00Z,", "kind", "expected the kind, got nothing"),
        ("1,call,,", "at", "expected the at, got nothing"),
        ("1,call,2026-03-01T12:00,", "at", "time zone"),
        ("a\u200bb,call,2026-03-01T12:00Z,", "lead", "invisible"),
        ("1,call,2026-03-01T12:00Z,up", "direction", "one of in, out"),
    ],
)
def test_a_bad_activity_is_set_aside(row: str, column: str, reason: str) -> None:
    rejects: list[Reject] = []
    table = io.StringIO(f"lead,kind,at,direction\n{row}\n")
    assert list(read_activities(table, on_reject=rejects.append)) == []
    assert (rejects[0].line, rejects[0].column) == (2, column)
    assert reason in rejects[0].reason


@pytest.mark.parametrize("header", ["kind,at", "lead,at", "lead,kind"])
def test_activities_need_a_lead_a_kind_and_a_time(header: str) -> None:
    with pytest.raises(UnreadableTable, match="has no column for the"):
        list(read_activities(io.StringIO(f"{header}\n")))


def test_leads_get_their_activities_and_strays_are_set_aside_at_the_end() -> None:
    call, view = Activity("call", NOON, id="1"), Activity("page_viewed", NOON)
    rejects: list[Reject] = []
    pairs = [("b", view), ("a", call), ("x", view), ("a", view), ("x", call)]
    found = with_activities([Lead("a"), Lead("b"), Lead("c")], pairs, on_reject=rejects.append)
    first = next(found)
    assert (first.id, set(first.events), rejects) == ("a", {call, view}, [])
    assert [(lead.id, len(lead.events)) for lead in found] == [("b", 1), ("c", 0)]
    assert [(reject.column, reject.value) for reject in rejects] == [("lead", "x")] * 2
    assert "no lead with this id" in rejects[0].reason
    assert isinstance(rejects[1].row, dict)
    assert (rejects[1].row["kind"], rejects[1].row["lead"]) == ("call", "x")


def test_an_activity_whose_id_stands_for_another_event_is_set_aside() -> None:
    rejects: list[Reject] = []
    known = Activity("call", NOON, id="1")
    pairs = [("a", Activity("voicemail", NOON, id="1")), ("a", known)]
    (lead,) = with_activities([Lead("a", events=[known])], pairs, on_reject=rejects.append)
    assert lead.events == (known,)
    assert [(reject.column, reject.value) for reject in rejects] == [("id", "1")]


def test_activities_beyond_the_limit_of_a_log_are_set_aside() -> None:
    rejects: list[Reject] = []
    pairs = [("a", Activity("x", NOON))] * (DEFAULT_LIMITS.events + 2)
    (lead,) = with_activities([Lead("a")], pairs, on_reject=rejects.append)
    assert (len(lead.events), len(rejects)) == (DEFAULT_LIMITS.events, 2)


def test_a_stray_activity_is_raised_when_nobody_takes_rejects() -> None:
    with pytest.raises(RejectedRow, match="activities, column 'lead': there is no lead"):
        list(with_activities([], [("a", Activity("x", NOON))]))


# Size


class Endless(io.RawIOBase):
    """A file that is made while it is read."""

    def __init__(self, pieces: Any) -> None:
        self.pieces = pieces

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return b"".join(itertools.islice(self.pieces, 100))


def test_memory_does_not_grow_with_the_file() -> None:
    def peak(rows: int) -> int:
        pieces = (b"1,page_viewed,2026-03-01T12:00Z,%d\n" % n for n in range(rows))
        source = Endless(itertools.chain([b"lead,kind,at,n\n"], pieces))
        tracemalloc.start()
        count = sum(1 for _ in read_activities(cast("IO[bytes]", source)))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert count == rows
        return most

    peak(100)
    small, large = peak(2_000), peak(20_000)
    assert large < small + 200_000


def test_of_the_leads_only_the_ids_and_their_lines_are_kept() -> None:
    def peak(rows: int) -> int:
        pieces = (b"lead-%06d,%s\n" % (n, b"x" * 500) for n in range(rows))
        source = Endless(itertools.chain([b"id,text\n"], pieces))
        tracemalloc.start()
        count = sum(1 for _ in read_leads(cast("IO[bytes]", source)))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert count == rows
        return most

    peak(100)
    assert peak(12_000) - peak(2_000) < 10_000 * 200


# Laws

TABLES = st.one_of(
    st.binary(max_size=300),
    st.text(alphabet="id,\n\r\"'1aé=\0", max_size=60).map(str.encode),
    st.text(alphabet='{}[]":,id1e9NaN\n\\u ', max_size=60).map(str.encode),
    st.lists(st.lists(st.text(max_size=8), max_size=4), max_size=5).map(
        lambda rows: b"id,a,b\n" + "\n".join(",".join(row) for row in rows).encode(errors="replace")
    ),
)


@settings(max_examples=300)
@given(TABLES, st.sampled_from(["csv", "jsonl"]), st.sampled_from(["utf-8", "utf-16", "cp1252"]))
def test_any_bytes_give_leads_or_rejects_or_an_error_of_leadflow(
    table: bytes, format_name: Any, encoding: str
) -> None:
    rejects: list[Reject] = []
    columns = Columns(encoding=encoding)
    stream = io.BytesIO(table)
    try:
        leads = list(read_leads(stream, columns, on_reject=rejects.append, format=format_name))
    except LeadflowError:
        return
    assert all(isinstance(lead, Lead) for lead in leads)
    assert all(reject.reason for reject in rejects)


CELL = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=10).filter(
    lambda text: text.strip() and "\ufeff" not in text
)


@given(st.lists(CELL, min_size=1, max_size=5))
def test_text_written_is_text_read(cells: list[str]) -> None:
    import csv
    import unicodedata

    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(["id", "text"])
    writer.writerows(enumerate(cells))
    leads, rejects = leads_of(written.getvalue())
    assert rejects == []
    expected = [unicodedata.normalize("NFC", cell).strip() for cell in cells]
    assert [lead.fields["text"] for lead in leads] == expected


# Real exports

DATA = Path(os.environ.get("LEADFLOW_DATA", "../shared/data"))


@pytest.mark.real_data
def test_web_leads_of_an_education_company() -> None:
    columns = Columns.load(
        """
        id = "Prospect ID"
        unknown = ["Select"]
        others = "ignore"
        [fields]
        visits = { column = "TotalVisits", kind = "number" }
        seconds = { column = "Total Time Spent on Website", kind = "number" }
        pages = { column = "Page Views Per Visit", kind = "number" }
        converted = { column = "Converted", kind = "boolean" }
        do_not_email = { column = "Do Not Email", kind = "boolean" }
        specialization = "Specialization"
        [attributes]
        source = "Lead Source"
        """
    )
    rejects: list[Reject] = []
    leads = list(
        read_leads(DATA / "x_education" / "Leads_dev.csv", columns, on_reject=rejects.append)
    )
    assert (len(leads), rejects) == (7_358, [])
    assert not any(lead.fields.get("specialization") == "Select" for lead in leads)
    assert all(isinstance(lead.fields["converted"], bool) for lead in leads)
    assert len(list(read_leads(DATA / "x_education" / "Leads_dev.csv"))) == 7_358


@pytest.mark.real_data
def test_deals_with_money_and_dates_in_words() -> None:
    columns = Columns(
        id="No",
        dates="%d %b, %Y %H:%M:%S",
        time_zone="UTC",
        thousands=",",
        currency="USD",
        others="ignore",
        fields={"expected": {"column": "Expected Revenue", "kind": "money", "currency": "USD"}},
        attributes={
            "created_at": "Created Time",
            "due": "Closing Date",
            "deal_value": "Amount",
            "stage": "Stage",
        },
    )
    with (DATA / "zoho_crm" / "Potentials.csv").open(encoding="utf-8", newline="") as source:
        head, *rows = source.readlines()
    table = "No," + head + "".join(f"{number},{row}" for number, row in enumerate(rows))
    leads, rejects = leads_of(table, columns)
    assert rejects == []
    assert leads[0].deal_value == Money("22700.00", "USD")
    assert leads[0].created_at == datetime(2021, 4, 15, 0, 2, tzinfo=UTC)
    assert (leads[0].due, leads[0].fields) == (date(2021, 4, 16), {"expected": Decimal("33500.00")})


@pytest.mark.real_data
def test_campaign_money_with_suffixes() -> None:
    columns = Columns(
        id="CAMPAIGNID",
        thousands=",",
        suffixes=True,
        currency="USD",
        others="ignore",
        attributes={"deal_value": "Expected Revenue", "due": "Start Date"},
    )
    rejects: list[Reject] = []
    leads = list(read_leads(DATA / "zoho_crm" / "Campaigns.csv", columns, on_reject=rejects.append))
    assert rejects == []
    assert leads[0].deal_value == Money(342_090, "USD")
    assert leads[1].deal_value == Money(1_117_100, "USD")


@pytest.mark.real_data
@pytest.mark.parametrize("dates", [["day first"], ["%d-%m-%y"]], ids=["in words", "as a pattern"])
def test_opportunities_with_day_first_dates(dates: list[str]) -> None:
    def read(name: str, dates: list[str]) -> list[Lead]:
        columns = Columns(
            id="opportunity_id",
            dates=dates,
            currency="USD",
            others="ignore",
            fields={"engaged": {"column": "engage_date", "kind": "date"}, "account": "account"},
            attributes={"due": "close_date", "deal_value": "close_value", "stage": "deal_stage"},
        )
        return list(read_leads(DATA / "maven_crm" / name, columns))

    as_found, iso = read("sales_pipeline.csv", dates), read("sales_pipeline_iso.csv", ["iso"])
    assert len(as_found) == 8_800
    assert as_found == iso
    assert sum("engaged" not in lead.fields for lead in as_found) == 500
    assert sum("account" not in lead.fields for lead in as_found) == 1_425


@pytest.mark.real_data
def test_an_event_log_with_mixed_offsets() -> None:
    columns = Columns(
        lead="case_id",
        attributes={
            "kind": "activity",
            "at": "timestamp",
            "by": "resource",
            "sequence": "event_no",
        },
        others="ignore",
    )
    found = list(read_activities(DATA / "bpi2012" / "bpi2012_sample_events.csv", columns))
    assert len(found) == 13_279
    assert len({lead for lead, _ in found}) == 678
    assert found[0][1].at == datetime(2011, 10, 1, 6, 15, 39, 894_000, tzinfo=UTC)


@pytest.mark.real_data
def test_phone_contacts_parted_by_semicolons() -> None:
    columns = Columns(
        delimiter=";",
        id="age",
        others="ignore",
        fields={"previous": {"column": "pdays", "kind": "number", "unknown": ["-1", "999"]}},
    )
    rejects: list[Reject] = []
    path = DATA / "bank_marketing" / "bank-full.csv"
    leads = list(read_leads(path, columns, on_reject=rejects.append))
    assert len(leads) + len(rejects) == 45_211
    assert {reject.reason.split(" line")[0] for reject in rejects} == {"the id is that of"}
    assert -1 not in {lead.fields.get("previous") for lead in leads}


def test_a_ragged_row_of_activities_is_set_aside_and_the_others_are_read() -> None:
    table = io.StringIO("lead,kind,at\nL-1,call\nL-1,call,2026-03-01T12:00Z\n")
    rejects: list[Reject] = []
    found = list(read_activities(table, on_reject=rejects.append))
    assert [(lead, activity.kind) for lead, activity in found] == [("L-1", "call")]
    assert [(one.line, one.reason) for one in rejects] == [(2, "has 2 cells, the header has 3")]

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow.errors import UnreadableTable
from leadflow.serialization.columns import Columns
from leadflow.serialization.rejects import Reject
from leadflow.serialization.rows import Header, Record, read_rows, source_name


class Pieces(io.RawIOBase):
    """A stream that gives what it is told, piece by piece."""

    def __init__(self, *pieces: Any) -> None:
        self.pieces = [*pieces, pieces[0][:0]]

    def read(self, size: int = -1) -> Any:
        piece = self.pieces.pop(0)
        if isinstance(piece, Exception):
            raise piece
        return piece


def rows_of(*pieces: Any, **told: Any) -> list[Any]:
    source: Any = Pieces(*pieces)
    return list(read_rows(source, Columns(**told)))


def test_the_header_comes_first_and_rows_know_their_line() -> None:
    assert rows_of(b"a,b\n1,2\n") == [
        Header(1, ("a", "b")),
        Record(2, ("a", "b"), ["1", "2"]),
    ]


def test_lines_are_counted_as_they_stand_in_the_file() -> None:
    rows = rows_of(b'\na\n"1\n\n1"\n\n2\n"3"x\n4\n')
    assert [row.line for row in rows] == [2, 3, 7, 8, 9]
    assert isinstance(rows[3], Reject)


@given(
    st.integers(1, 40), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030"])
)
def test_where_a_file_is_cut_into_pieces_makes_no_difference(size: int, encoding: str) -> None:
    told = "utf-8" if encoding == "utf-8-sig" else encoding
    content = 'a,b\r\n1,"ż\r\nó"\r\n\r\n2,Ł\r3,𝄞\n'.encode(encoding)
    first = content[: max(size, 3)]
    rest = content[len(first) :]
    pieces = [first, *(rest[at : at + size] for at in range(0, len(rest), size))]
    assert rows_of(*pieces, encoding=told) == rows_of(content, encoding=told)


@given(st.integers(1, 30))
def test_the_place_of_a_bad_byte_does_not_depend_on_the_pieces(size: int) -> None:
    content = b"a,b\n1,\xc5\xbc\n2,\xc5\xc5\n3,4\n"
    first, rest = content[:3], content[3:]
    pieces = [first, *(rest[at : at + size] for at in range(0, len(rest), size))]
    with pytest.raises(UnreadableTable) as caught:
        rows_of(*pieces)
    assert caught.value.line == 3
    assert "byte 11 of the file is 0xc5" in caught.value.reason


def test_a_file_that_ends_within_a_character_cannot_be_read() -> None:
    with pytest.raises(UnreadableTable, match=r"line 2: .*byte 4 of the file is 0xc5"):
        rows_of(b"a,b\n\xc5")


def test_text_streams_are_read_and_their_own_decoding_errors_reported() -> None:
    assert rows_of("\ufeffa\n", "1\n")[1].cells == ["1"]
    with pytest.raises(UnreadableTable, match="line 2"):
        rows_of("a\n", UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"))
    stream = io.TextIOWrapper(io.BytesIO(b"a\n\xff\n"), encoding="utf-8")
    with pytest.raises(UnreadableTable, match="another encoding"):
        list(read_rows(stream, Columns()))


@pytest.mark.parametrize("piece", [OSError(5, "disk on fire"), OSError("disk on fire")])
def test_a_stream_that_fails_says_so(piece: Exception) -> None:
    with pytest.raises(UnreadableTable, match="cannot be read: disk on fire"):
        rows_of(b"a\n", piece)


def test_a_closed_stream_says_so() -> None:
    stream = io.StringIO("a\n")
    stream.close()
    with pytest.raises(UnreadableTable, match="cannot be read: I/O operation on closed file"):
        list(read_rows(stream, Columns()))


def test_a_hundred_thousand_columns_are_read_soon() -> None:
    header = ",".join(f"c{n}" for n in range(100_000))
    start = time.process_time()
    assert len(rows_of(header.encode() + b"\n")[0].names) == 100_000
    with pytest.raises(UnreadableTable, match=r"more than one column called 'c5', 'c7'$"):
        rows_of(header.encode() + b",c7,c5\n")
    assert time.process_time() - start < 2


def test_a_stream_of_something_else_is_refused() -> None:
    source: Any = Pieces([], [1])
    with pytest.raises(UnreadableTable, match="reading gave"):
        list(read_rows(source, Columns()))


def test_a_path_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableTable, match="cannot be opened"):
        list(read_rows("\0", Columns()))
    with pytest.raises(UnreadableTable, match="cannot be opened"):
        list(read_rows(tmp_path, Columns()))


def test_a_row_over_many_lines_is_bounded() -> None:
    content = 'a\n"' + ("x" * 1_000 + '","\n') * 1_200
    source: Any = Pieces(content.encode())
    rows = read_rows(source, Columns())
    next(rows)
    reject = next(rows)
    assert isinstance(reject, Reject)
    assert (reject.line, reject.reason) == (2, "a quotation mark is opened and never closed")


def test_sources_are_called_by_their_name(tmp_path: Path) -> None:
    assert source_name(tmp_path / "x.csv") == "x.csv"
    with (tmp_path / "y.csv").open("wb") as stream:
        assert source_name(stream) == "y.csv"
    assert source_name(io.StringIO()) == "the table"

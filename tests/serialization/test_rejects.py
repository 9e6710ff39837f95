from __future__ import annotations

import csv
import io
import json
import pickle
from decimal import Decimal

import pytest

from leadflow.errors import LeadflowError, RejectedRow
from leadflow.serialization.rejects import Reject, reporter, write_rejects


def test_the_value_of_a_reject_is_bounded_and_printable() -> None:
    reject = Reject(2, "a", "\x1b[31m" + "x" * 1_000, "bad", [])
    assert reject.value.startswith("\\x1b[31m")
    assert len(reject.value) <= 400
    assert Reject(None, None, None, "bad", "raw").value == ""


def test_a_reporter_hands_over_or_raises() -> None:
    taken: list[Reject] = []
    reject = Reject(2, "a", "x", "bad", [])
    reporter("t.csv", taken.append)(reject)
    assert taken == [reject]
    with pytest.raises(RejectedRow) as caught:
        reporter("t.csv", None)(reject)
    error = caught.value
    assert isinstance(error, LeadflowError)
    hint = "pass on_reject= to set bad rows aside and go on"
    assert str(error) == f"t.csv, line 2, column 'a': bad ({hint})"
    assert str(RejectedRow("t", None, None, "", "bad")) == f"t: bad ({hint})"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_rejects_are_written_safe_for_spreadsheets() -> None:
    rejects = [
        Reject(2, "=x", "@y", "bad", {"id": "=1", "n": Decimal("1.5")}),
        Reject(None, None, "", "worse", "=raw\n\ud800"),
        Reject(4, None, "", "ragged", ["a", "b"]),
    ]
    stream = io.StringIO()
    assert write_rejects(stream, rejects) == 3
    rows = list(csv.reader(io.StringIO(stream.getvalue(), newline=""), strict=True))
    assert rows[0] == ["line", "column", "value", "reason", "row"]
    assert rows[1] == ["2", "'=x", "'@y", "bad", '{"id": "=1", "n": "1.5"}']
    assert rows[2][:4] == ["", "", "", "worse"]
    assert json.loads(rows[3][4]) == ["a", "b"]


def test_no_rejects_make_a_header_alone() -> None:
    stream = io.BytesIO()
    assert write_rejects(stream, []) == 0
    assert stream.getvalue() == b"line,column,value,reason,row\r\n"

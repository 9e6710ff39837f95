"""Time in stage and time to close."""

from __future__ import annotations

import pytest

from leadflow import Lead
from leadflow.errors import InvalidValue
from leadflow.events import Disposition
from leadflow.pipeline.metrics import Duration, History, stage_times, time_to_close
from leadflow.pipeline.metrics.times import in_days, quantile
from tests.pipeline.metrics.made import CAME, DAY, SALES, deal, history, moved, odd

DEALS = [
    deal("1", "won", closed=10, owner="ada"),
    deal("2", "won", closed=20, owner="bo"),
    deal("3", "lost", closed=4, owner="bo"),
    deal("4", "sent", owner="bo"),
    deal("5", "won", None, closed=20),
    deal("6", "sent", None),
]


def test_open_ones_are_counted_as_not_ended_yet() -> None:
    found = time_to_close(history(DEALS)).value
    assert (found.ended, found.open) == ((10.0, 20.0), (4.0, 30.0))
    assert (found.mean, found.median, found.count) == (15.0, 15.0, 4)
    assert found.median_with_open == 20.0
    assert found.median_interval[0] == 10.0
    assert str(found) == "median 20.0 days with 2 open, 15.0 days of the 2 ended"
    assert repr(found) == f"Duration({found})"


@pytest.mark.parametrize(
    ("to", "ended", "still"),
    [("lost", (4.0,), (10.0, 20.0, 30.0)), ("closed", (4.0, 10.0, 20.0), (30.0,))],
)
def test_the_time_to_other_ends(to: str, ended: object, still: object) -> None:
    found = time_to_close(history(DEALS), to=odd(to))
    assert (found.value.ended, found.value.open) == (ended, still)
    assert found.name == {"lost": "days to lost", "closed": "days to close"}[to]


def test_times_by_a_dimension() -> None:
    assert time_to_close(history(DEALS), by="owner")["ada"].mean == 10.0


def test_nothing_has_no_data() -> None:
    found = time_to_close(history([])).value
    assert (found.mean, found.median, found.median_with_open) == (None, None, None)
    assert (found.median_interval, str(found)) == ((None, None), "no data")
    assert found.quantile(0.9) is None


def test_an_end_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidValue, match="to: expected one of won, lost, closed"):
        time_to_close(history([]), to=odd("sent"))


def test_each_stay_in_a_stage_counts() -> None:
    rows = [
        deal("1", None),
        deal("2", "won", closed=12),
        deal("3", "contact"),
        deal("4", "sent", None),
    ]
    moves = [
        *moved("1", ("contact", 0), ("prepare", 2), ("contact", 5), ("prepare", 6)),
        *moved("2", ("contact", 0), ("sent", 4)),
    ]
    found = stage_times(history(rows, moves)).value
    assert found["contact"] == Duration((1.0, 2.0, 4.0), (30.0,))
    assert found["prepare"] == Duration((3.0,), (24.0,))
    assert found["sent"] == Duration((8.0,), ())
    assert list(found.stages) == ["contact", "prepare", "sent"]
    assert "contact" in found.explain()
    assert "<caption>time in stage</caption>" in found._repr_html_()
    assert repr(found) == f"StageTimes({found})"


def test_a_closing_without_a_stage_of_its_own_ends_the_stay() -> None:
    lead = Lead("1", CAME, stage="contact")
    gone = lead.after(Disposition("lost", CAME + 3 * DAY, reason="price"))
    found = stage_times(History.of([gone], SALES, as_of=CAME + 9 * DAY)).value
    assert found["contact"] == Duration((3.0,), ())


def test_a_stage_that_is_not_there_is_refused_with_the_closest() -> None:
    with pytest.raises(InvalidValue, match="did you mean 'sent'"):
        stage_times(history([])).value["sen"]


def test_an_end_before_its_beginning_takes_no_time() -> None:
    moves = moved("1", ("contact", 4))
    found = stage_times(history([deal("1", "won", 0, closed=2)], moves)).value
    assert found["contact"].ended == (0.0,)


def test_quantiles_lie_between_neighbours() -> None:
    assert quantile([1.0, 2.0, 4.0], 0.75) == 3.0
    assert quantile([], 0.5) is None
    assert in_days(1234.56) == "1,234.6 days"

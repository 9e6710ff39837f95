"""The funnel and conversions."""

from __future__ import annotations

import pytest

from leadflow import Lead
from leadflow.errors import InvalidValue
from leadflow.events import Disposition, Qualification, StageChange
from leadflow.pipeline.metrics import History, conversion, funnel
from leadflow.shares import Share
from tests.pipeline.metrics.made import CAME, DAY, SALES, at, deal, history, moved

DEALS = [deal("1", None), deal("2", None), deal("3", None, created=40), deal("4", None)]
MOVES = [
    *moved(
        "1", ("contact", 0), ("prepare", 1), ("sent", 2), ("prepare", 3), ("sent", 4), ("won", 9)
    ),
    *moved("2", ("contact", 0), ("sent", 5), ("lost", 6)),
    *moved("3", ("contact", 40)),
    *moved("4", ("lost", 3)),
]


def all_of_them() -> History:
    return history(DEALS, MOVES, days=50)


def test_each_lead_counts_once_in_every_stage_it_reached() -> None:
    found = funnel(all_of_them()).value
    assert [(s.stage, s.reached, s.passed, s.waiting, s.lost) for s in found.steps] == [
        ("contact", 3, 2, 1, 0),
        ("prepare", 1, 1, 0, 0),
        ("sent", 2, 1, 0, 1),
        ("won", 1, 0, 0, 0),
    ]
    assert (found.leads, str(found)) == (4, "3 > 1 > 2 > 1")
    assert found["sent"].onward.value == 0.5
    assert found["contact"].of_all.value == 0.75


def test_the_funnel_is_shown_with_labels() -> None:
    found = funnel(all_of_them()).value
    assert "Prepare proposal" in found.explain()
    assert found.explain().startswith("4 leads\n")
    assert "<caption>4 leads</caption>" in found._repr_html_()
    assert repr(found) == "Funnel(4 leads, 3 > 1 > 2 > 1)"


def test_a_cohort_is_the_period_in_which_a_lead_was_created() -> None:
    found = funnel(all_of_them(), cohort="month")
    assert found["2026-03"].leads == 3
    assert found["2026-04"].steps[0].reached == 1
    by_owner = funnel(history([deal("1", owner="ada")]), cohort="quarter", by="owner")
    assert by_owner["2026-Q1", "ada"].leads == 1


def test_a_funnel_of_nobody_has_no_data() -> None:
    found = funnel(history([])).value
    assert str(found.steps[0].of_all) == str(found.steps[0].onward) == "no data"


def test_an_unknown_stage_of_a_funnel_is_refused_with_the_closest() -> None:
    with pytest.raises(InvalidValue, match="did you mean 'prepare'"):
        funnel(all_of_them()).value["prepar"]
    with pytest.raises(InvalidValue, match="cohort"):
        funnel(all_of_them(), cohort="fortnight")


@pytest.mark.parametrize(
    ("start", "end", "hits", "of"),
    [
        ("contact", "sent", 2, 3),
        ("sent", "prepare", 1, 2),
        ("prepare", "contact", 0, 1),
        ("contact", "won", 1, 3),
        ("created", "won", 1, 4),
        ("created", "contact", 3, 4),
        ("created", "created", 4, 4),
        ("contact", "created", 0, 3),
        ("won", "contact", 0, 1),
        ("sent", "lost", 1, 2),
        ("contact", "mql", 0, 3),
    ],
)
def test_conversion_counts_who_reached_one_point_after_another(
    start: str, end: str, hits: int, of: int
) -> None:
    found = conversion(all_of_them(), start, end).value
    assert (found.hits, found.of) == (hits, of)


def test_conversion_by_a_dimension() -> None:
    rows = [deal("1", None, source="fair"), deal("2", None, source="web")]
    moves = [*moved("1", ("contact", 0), ("won", 1)), *moved("2", ("contact", 0))]
    found = conversion(history(rows, moves), "contact", "won", by="source")
    assert (found.name, found["fair"].value, found["web"].value) == ("contact to won", 1.0, 0.0)


def test_a_closing_without_a_stage_of_its_own_is_a_point_too() -> None:
    lead = Lead("1", CAME, stage="contact").after(Disposition("lost", CAME + DAY, reason="price"))
    found = conversion(History.of([lead], SALES, as_of=CAME + 9 * DAY), "contact", "lost").value
    assert (found.hits, found.of) == (1, 1)


def test_qualifications_are_points_between_the_stages() -> None:
    lead = Lead("1", CAME, stage="contact").after(
        Qualification("mql", CAME + DAY),
        StageChange("prepare", CAME + 2 * DAY),
        Qualification("sql", CAME + 3 * DAY),
    )
    found = History.of([lead], SALES, as_of=CAME + 9 * DAY)
    for start, end, hits in [
        ("mql", "sql", 1), ("sql", "mql", 0), ("contact", "mql", 1), ("prepare", "mql", 0),
        ("mql", "prepare", 1), ("created", "sql", 1), ("sql", "prepare", 0),
    ]:  # fmt: skip
        assert conversion(found, start, end).value.hits == hits, (start, end)


def test_a_point_that_is_not_there_is_refused_with_the_closest() -> None:
    with pytest.raises(InvalidValue, match=r"end: expected a stage.*did you mean 'won'"):
        conversion(all_of_them(), "contact", "wonn")


def test_what_happens_at_one_instant_is_in_order() -> None:
    rows = [deal("1", sql_at=at(2))]
    found = history(rows, moved("1", ("contact", 0), ("sent", 2)))
    assert conversion(found, "sql", "sent").value == Share(1, 1)
    assert conversion(found, "sent", "sql").value == Share(1, 1)
    assert conversion(found, "contact", "sql").value == Share(1, 1)


def test_an_mql_after_the_sql_did_not_convert() -> None:
    rows = [deal("1", sql_at=at(2), mql_at=at(4)), deal("2", sql_at=at(2), mql_at=at(2))]
    assert conversion(history(rows), "mql", "sql").value == Share(1, 2)


def test_dates_of_qualification_are_midnights() -> None:
    rows = [deal("1", mql_at=CAME.date() + 2 * DAY)]
    assert conversion(history(rows), "contact", "mql").value == Share(1, 1)


def test_lost_is_how_a_lead_stands_and_not_a_stage_it_stood_in() -> None:
    changes = moved("1", ("contact", 0), ("lost", 2), ("contact", 4))
    assert conversion(history([deal("1", None)], changes), "created", "lost").value == Share(0, 1)

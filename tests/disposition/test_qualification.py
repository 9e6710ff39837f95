"""Qualification: MQL, SQL with acceptance, and their counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from leadflow import Lead, activity, field
from leadflow.disposition import Qualifier, convert, qualifications
from leadflow.errors import DecisionRefused, InvalidValue, LeadflowError, NaiveDatetime
from leadflow.events import Activity, Disposition, FieldsSet, Note, Qualification, Reopened, Scored
from leadflow.presets import sales_pipeline

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
HOUR = timedelta(hours=1)
QUALIFIER = Qualifier(field("score").at_least(60))
MQL = Lead("L-7", events=[Scored(76, NOON - HOUR), Qualification("mql", NOON)])


def codes(refusal: pytest.ExceptionInfo[DecisionRefused]) -> list[str]:
    return [blocker.code for blocker in refusal.value.blockers]


def accept(lead: Lead, at: datetime = LATER, by: Qualifier = QUALIFIER) -> Qualification:
    return by.accept(lead, at=at, has_problem=True, able_to_buy=True, by="ada")


# Marketing proposes


def test_a_lead_that_meets_the_condition_is_proposed_with_it_as_the_reason() -> None:
    proposed = QUALIFIER.propose(Lead("L-7", score=60), as_of=NOON)
    assert proposed is not None
    assert proposed == Qualification("mql", NOON, because=["score is at least 60"])
    assert Lead("L-7", score=60).after(proposed).lifecycle == "mql"


@pytest.mark.parametrize(
    "lead",
    [
        Lead("below", score=59),
        Lead("unknown"),
        MQL,
        MQL.after(Qualification("sql", LATER)),
        Lead("customer", score=90, lifecycle="customer"),
        Lead("closed", score=90, events=[Disposition("unqualified", NOON)]),
        Lead("later", events=[Scored(90, LATER)]),
    ],
    ids=lambda lead: lead.id,
)
def test_others_are_not_proposed(lead: Lead) -> None:
    assert QUALIFIER.propose(lead, as_of=NOON) is None


def test_a_closed_lead_is_proposed_again_once_it_is_reopened() -> None:
    closed = Lead("L", score=90, events=[Disposition("unqualified", NOON - HOUR)])
    assert QUALIFIER.propose(closed.after(Reopened("new", NOON)), as_of=NOON) is not None
    exit_open = Lead("L", score=90, events=[Disposition("qualified", NOON)])
    assert QUALIFIER.propose(exit_open, as_of=NOON) is not None


@pytest.mark.parametrize(
    ("news", "is_proposed"),
    [
        ([], False),
        ([Activity("call", LATER)], False),
        ([Activity("call", LATER, answered=False)], False),
        ([Activity("email_unsubscribed", LATER)], False),
        ([Scored(95, LATER)], False),
        ([Note("has a budget from June", LATER)], True),
        ([Activity("call", LATER, answered=True)], True),
        ([Activity("page_viewed", LATER)], True),
        ([FieldsSet({"employees": 20}, LATER)], True),
    ],
)
def test_one_who_was_handed_back_is_proposed_again_only_after_news(
    news: list[Any], is_proposed: bool
) -> None:
    lead = Lead("L", score=90, events=[Qualification("returned", NOON, reason="a student"), *news])
    assert (QUALIFIER.propose(lead, as_of=LATER) is not None) == is_proposed


def test_a_proposal_and_an_acceptance_at_one_instant_keep_their_order() -> None:
    lead = Lead("L", score=90)
    proposed = QUALIFIER.propose(lead, as_of=NOON)
    assert proposed is not None
    lead = lead.after(proposed)
    lead = lead.after(accept(lead, NOON))
    lead = lead.after(QUALIFIER.hand_back(lead, "no time", at=NOON))
    steps = [event.status for event in lead.events if isinstance(event, Qualification)]
    assert (steps, lead.lifecycle) == (["mql", "sql", "returned"], "lead")


# Sales accepts (A14)


def test_a14_an_sql_takes_both_confirmations() -> None:
    sql = accept(MQL)
    assert sql.because == ("has a problem that the product solves", "is able to buy")
    assert (sql.status, sql.by, MQL.after(sql).lifecycle) == ("sql", "ada", "sql")
    for problem, able, missing in (
        (False, True, ["problem_not_confirmed"]),
        (True, False, ["ability_not_confirmed"]),
        (False, False, ["problem_not_confirmed", "ability_not_confirmed"]),
    ):
        with pytest.raises(DecisionRefused) as refusal:
            QUALIFIER.accept(MQL, at=LATER, has_problem=problem, able_to_buy=able)
        assert codes(refusal) == missing


def test_everything_that_is_missing_is_said_at_once() -> None:
    lead = Lead("L", LATER, events=[Disposition("unqualified", LATER, reason="no_budget")])
    with pytest.raises(DecisionRefused) as refusal:
        QUALIFIER.accept(
            lead.after(Disposition("removed", LATER + HOUR)),
            at=NOON,
            has_problem=False,
            able_to_buy=False,
        )
    assert codes(refusal) == [
        *("too_early", "too_early", "not_mql"),
        *("problem_not_confirmed", "ability_not_confirmed"),
    ]
    with pytest.raises(DecisionRefused, match=r"closed as unqualified \(no_budget\) on 2026-03-02"):
        accept(lead, LATER)


def test_p4_with_an_inbox_only_an_mql_is_accepted_and_only_an_sql_converted() -> None:
    fresh = Lead("L-1")
    with pytest.raises(DecisionRefused, match="marketing has not qualified it") as refusal:
        accept(fresh)
    assert codes(refusal) == ["not_mql"]
    sales = sales_pipeline()
    for lead in (fresh, MQL):
        with pytest.raises(DecisionRefused) as refusal:
            convert(lead, sales, at=LATER, qualifier=QUALIFIER)
        assert codes(refusal) == ["not_sql"]
    taken = MQL.after(accept(MQL))
    assert convert(taken, sales, at=LATER, qualifier=QUALIFIER).stage == "prospecting"


def test_p4_without_an_inbox_leads_in_the_deals_pipeline_are_accepted_there() -> None:
    one_pipeline = Qualifier(field("score").at_least(60), inbox=False)
    lead = Lead("L-1", stage="prospecting", pipeline="sales")
    taken = lead.after(accept(lead, by=one_pipeline))
    assert (taken.lifecycle, taken.stage) == ("sql", "prospecting")
    other = convert(Lead("L-2"), sales_pipeline(), at=NOON, qualifier=one_pipeline)
    assert other.stage == "prospecting"
    with pytest.raises(DecisionRefused, match="it is an SQL already"):
        accept(taken, by=one_pipeline)
    for lifecycle in ("opportunity", "customer", "inactive"):
        with pytest.raises(DecisionRefused, match=f"its lifecycle is {lifecycle}, past an SQL"):
            accept(Lead("L-3", lifecycle=lifecycle), by=one_pipeline)


def test_sales_hands_back_with_a_reason() -> None:
    back = QUALIFIER.hand_back(MQL, " no budget this year ", at=LATER, by="ada")
    assert (back.status, back.reason, back.by) == ("returned", "no budget this year", "ada")
    assert MQL.after(back).lifecycle == "lead"
    sql = MQL.after(accept(MQL))
    assert QUALIFIER.hand_back(sql, "wrong country", at=LATER).status == "returned"
    with pytest.raises(DecisionRefused) as refusal:
        QUALIFIER.hand_back(Lead("L-1"), "  ", at=LATER)
    assert codes(refusal) == ["not_qualified", "no_reason"]
    assert str(refusal.value).splitlines()[1:] == [
        "  its lifecycle is not known, not mql or sql",
        "  marketing has to know the reason",
    ]


def test_a_deal_that_is_lost_and_taken_back_into_qualification_is_qualified_anew() -> None:
    sales = sales_pipeline()
    taken = MQL.after(accept(MQL))
    deal = taken.after(convert(taken, sales, at=LATER, qualifier=QUALIFIER))
    assert QUALIFIER.propose(deal, as_of=LATER + HOUR) is None
    lost = deal.after(Disposition("lost", LATER + HOUR, reason="price"))
    back = lost.after(Reopened("assessing", LATER + 2 * HOUR, pipeline="qualification"))
    again = QUALIFIER.propose(back, as_of=LATER + 2 * HOUR)
    assert again is not None
    assert again.status == "mql"
    with pytest.raises(DecisionRefused, match="its lifecycle is lead"):
        accept(back, LATER + 2 * HOUR)
    once_more = back.after(again)
    once_more = once_more.after(accept(once_more, LATER + 3 * HOUR))
    second = convert(once_more, sales, at=LATER + 3 * HOUR, qualifier=QUALIFIER)
    assert (once_more.after(second).stage, second.id == deal.events[-1].id) == (
        "prospecting",
        False,
    )


# Counts


def qualified(id: str, *steps: tuple[str, int, int]) -> Lead:
    """A lead with its steps: what, month, day."""
    return Lead(
        id,
        events=[
            Qualification(status, datetime(2026, month, day, tzinfo=UTC))  # type: ignore[arg-type]
            for status, month, day in steps
        ],
    )


LEADS = [
    qualified("a", ("mql", 1, 5), ("sql", 3, 9)),
    qualified("b", ("mql", 1, 31), ("returned", 2, 1), ("mql", 3, 1), ("sql", 3, 31)),
    qualified("c", ("mql", 1, 9), ("mql", 1, 10)),
    qualified("d", ("sql", 3, 1)),
    Lead("e", lifecycle="sql"),
]


def test_mqls_and_sqls_are_counted_by_period_each_lead_once_and_without_gaps() -> None:
    rows = qualifications(LEADS)
    assert [(str(row.period), row.mql, row.sql, row.returned, row.accepted) for row in rows] == [
        ("2026-01", 3, 0, 0, 1),
        ("2026-02", 0, 0, 1, 0),
        ("2026-03", 1, 3, 0, 1),
    ]
    assert [row.share for row in rows] == [1 / 3, None, 1.0]
    assert len(rows) == 3
    assert str(rows).splitlines()[2] == "2026-02    0    0         1     no data"
    assert "no data" in rows._repr_html_()
    assert repr(rows) == str(rows)


def test_nothing_is_sql_that_was_not_accepted() -> None:
    assert len(qualifications([Lead("e", lifecycle="sql")])) == 0
    assert str(qualifications([])) == "period  MQL  SQL  returned  MQL to SQL"


def test_a_period_can_be_cut_out_and_an_instant_asked_about() -> None:
    of_march = qualifications(LEADS, since=date(2026, 3, 1), until=date(2026, 3, 31))
    assert [(row.mql, row.sql, row.accepted) for row in of_march] == [(1, 2, 1)]
    of_quarter = qualifications(LEADS, unit="quarter")
    assert [(row.period.label, row.mql, row.sql) for row in of_quarter] == [("2026-Q1", 3, 3)]
    then = qualifications(LEADS, as_of=datetime(2026, 3, 9, tzinfo=UTC))
    assert [row.sql for row in then] == [0, 0, 2]


# Bad input


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: Qualifier("score >= 60"), InvalidValue, "expected a condition"),  # type: ignore[arg-type]
        (lambda: Qualifier(activity("call"), inbox="yes"), InvalidValue, "true or false"),  # type: ignore[arg-type]
        (lambda: QUALIFIER.propose("L-7", as_of=NOON), InvalidValue, "a Lead"),  # type: ignore[arg-type]
        (lambda: QUALIFIER.propose(MQL, as_of=NOON.replace(tzinfo=None)), NaiveDatetime, "as_of"),
        (lambda: accept(MQL, NOON.replace(tzinfo=None)), NaiveDatetime, "at"),
        (
            lambda: QUALIFIER.accept(MQL, at=NOON, has_problem=1, able_to_buy=True),  # type: ignore[arg-type]
            InvalidValue,
            "has_problem: expected true or false",
        ),
        (lambda: QUALIFIER.hand_back(MQL, 5, at=NOON), InvalidValue, "reason: expected text"),  # type: ignore[arg-type]
        (lambda: qualifications(MQL), InvalidValue, "an iterable of Lead"),  # type: ignore[arg-type]
        (lambda: qualifications([MQL, 5]), InvalidValue, r"leads\[1\]: expected a Lead"),  # type: ignore[list-item]
        (lambda: qualifications([MQL], unit="moon"), InvalidValue, "one of day, week, month"),  # type: ignore[arg-type]
        (lambda: qualifications([MQL], since=NOON), InvalidValue, "since: expected a date"),
        (lambda: qualifications([MQL], until="2026"), InvalidValue, "until: expected a date"),  # type: ignore[arg-type]
        (lambda: qualifications([MQL], as_of=date(2026, 1, 1)), InvalidValue, "as_of"),  # type: ignore[arg-type]
    ],
)
def test_bad_input_is_refused_with_its_place(
    call: Callable[[], object], error: type[LeadflowError], words: str
) -> None:
    with pytest.raises(error, match=words):
        call()

"""Conversion: a lead becomes a deal, once, with all that is known of it."""

from __future__ import annotations

import math
import pickle
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest

from leadflow import Activity, Lead, Money, field
from leadflow.disposition import Deal, Qualifier, convert
from leadflow.disposition.conversion import Sales
from leadflow.errors import Blocker, DecisionRefused, InvalidValue, LimitExceeded, NaiveDatetime
from leadflow.events import (
    Assignment,
    Conversion,
    Disposition,
    Event,
    FieldsSet,
    Note,
    Qualification,
    Reopened,
    StageChange,
)
from leadflow.lead import merge
from leadflow.pipeline import Pipeline, Stage
from leadflow.presets import (
    disposition_policy,
    generic_pipeline,
    qualification_pipeline,
    sales_pipeline,
)
from tests.strategies import NAT

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
EUR = Money(9_000, "EUR")
DUE = date(2026, 6, 1)
SALES = sales_pipeline()
POLICY = disposition_policy(verifiers=["data desk"])
LEAD = Lead(
    "L-7",
    source="fair",
    owner="ada",
    deal_value=EUR,
    due=DUE,
    pipeline="qualification",
    stage="assessing",
    fields={"employees": 20},
    events=[Activity("call", NOON - DAY, answered=True), Note("Needs SSO", NOON - DAY)],
)
STRICT = Pipeline(
    "strict",
    [
        Stage("first", requires=["deal_value", "employees"], entry=field("employees").at_least(5)),
        Stage("second", requires=["due"]),
        Stage("won", kind="won"),
    ],
    {"first": ["second"], "second": ["won"]},
    starts=["first", "second"],
)


def refused(lead: Lead, into: Pipeline = SALES, **given: Any) -> dict[str, str]:
    """Convert in vain, and return the codes of all that stands against it with their words."""
    with pytest.raises(DecisionRefused) as error:
        convert(lead, into, **{"at": NOON, **given})
    assert error.value.lead == lead.id
    assert error.value.asked == f"convert {lead.id} into {into.key!r}"
    return {blocker.code: blocker.because for blocker in error.value.blockers}


# What a conversion tells


def test_a_conversion_moves_the_lead_with_owner_value_and_date_of_closing() -> None:
    conversion = convert(LEAD, SALES, at=NOON, by="bo")
    assert (conversion.pipeline, conversion.stage) == ("sales", "prospecting")
    assert (conversion.owner, conversion.value, conversion.expected_close) == ("ada", EUR, DUE)
    assert (conversion.deal, conversion.by, conversion.at) == (None, "bo", NOON)
    lead = LEAD.after(conversion)
    assert (lead.id, lead.pipeline, lead.stage) == ("L-7", "sales", "prospecting")
    assert (lead.owner, lead.deal_value, lead.due) == ("ada", EUR, DUE)
    assert lead.lifecycle == "opportunity"


def test_the_lead_keeps_its_fields_and_its_whole_log() -> None:
    lead = LEAD.after(convert(LEAD, SALES, at=NOON))
    assert lead.fields == LEAD.fields
    assert lead.source == "fair"
    assert lead.events[:-1] == LEAD.events


def test_what_is_given_comes_before_what_the_lead_says() -> None:
    more, later = Money(12_000, "EUR"), date(2026, 9, 1)
    conversion = convert(
        LEAD, SALES, at=NOON, owner="bo", value=more, expected_close=later, deal="D-1"
    )
    assert (conversion.owner, conversion.value) == ("bo", more)
    assert (conversion.expected_close, conversion.deal) == (later, "D-1")
    lead = LEAD.after(conversion)
    assert (lead.owner, lead.deal_value, lead.due) == ("bo", more, later)


@pytest.mark.parametrize("given", [{}, {"owner": None, "value": None, "expected_close": None}])
def test_what_is_known_is_never_overwritten_by_what_is_not(given: Any) -> None:
    lead = LEAD.after(convert(LEAD, SALES, at=NOON, **given))
    assert (lead.owner, lead.deal_value, lead.due) == ("ada", EUR, DUE)
    bare = Lead("L-8").after(convert(Lead("L-8"), SALES, at=NOON, **given))
    assert (bare.owner, bare.deal_value, bare.due) == (None, None, None)


def test_a_conversion_of_the_past_tells_what_was_known_then() -> None:
    lead = LEAD.after(Assignment("bo", NOON + DAY), FieldsSet({"due": None}, NOON + DAY))
    conversion = convert(lead, SALES, at=NOON)
    assert (conversion.owner, conversion.expected_close) == ("ada", DUE)


def test_a_stage_may_be_chosen_among_the_starts() -> None:
    assert convert(LEAD, STRICT, at=NOON).stage == "first"
    assert convert(LEAD, STRICT, at=NOON, stage="second").stage == "second"


# Once


def test_a_second_call_returns_the_first_conversion() -> None:
    first = convert(LEAD, SALES, at=NOON)
    lead = LEAD.after(first)
    assert convert(lead, SALES, at=NOON) == first
    assert lead.after(convert(lead, SALES, at=NOON)) == lead


@pytest.mark.parametrize(
    "given",
    [
        {"at": NOON + 40 * DAY},
        {"at": NOON - 40 * DAY},
        {"owner": "cy", "value": Money(1, "USD"), "expected_close": date(2030, 1, 1)},
        {"stage": "closing", "deal": "D-9", "by": "cy"},
        {"stage": "no such stage"},
        {"qualifier": Qualifier(field("score").at_least(60))},
    ],
)
def test_a_later_call_with_other_arguments_returns_the_first_too(given: dict[str, Any]) -> None:
    first = convert(LEAD, SALES, at=NOON)
    assert convert(LEAD.after(first), SALES, **{"at": NOON, **given}) == first


def test_a_call_after_more_has_happened_in_sales_returns_the_first_too() -> None:
    first = convert(LEAD, SALES, at=NOON)
    lead = LEAD.after(first)
    lead = lead.after(SALES.move(lead, "proposal", NOON + DAY), Assignment("bo", NOON + DAY))
    assert convert(lead, SALES, at=NOON + 2 * DAY) == first
    lead = lead.after(POLICY.close(lead, "lost", "no_budget", at=NOON + 2 * DAY))
    lead = lead.after(SALES.move(lead, "lost", NOON + 2 * DAY))
    assert convert(lead, SALES, at=NOON + 3 * DAY) == first
    lead = lead.after(SALES.reopen(lead, "proposal", NOON + 4 * DAY))
    assert convert(lead, SALES, at=NOON + 5 * DAY) == first


def test_conversions_have_short_ids_of_the_lead_the_pipeline_and_the_number() -> None:
    long = "x" * 200
    found = [
        convert(Lead("L-7"), SALES, at=NOON).id,
        convert(Lead("L-8"), SALES, at=NOON).id,
        convert(Lead("L-7"), generic_pipeline(), at=NOON).id,
        convert(Lead(long), SALES, at=NOON).id,
    ]
    assert len(set(found)) == 4
    assert all(id is not None and len(id) < 40 for id in found)
    assert convert(Lead("L-7"), SALES, at=NOON + DAY).id == found[0]


def test_at_one_instant_a_conversion_comes_after_what_is_in_the_log() -> None:
    lead = LEAD.after(StageChange("assessing", NOON, pipeline="qualification", sequence=4))
    conversion = convert(lead, SALES, at=NOON)
    assert conversion.sequence == 5
    assert lead.after(conversion).pipeline == "sales"
    assert convert(lead, SALES, at=NOON + DAY).sequence is None


def test_who_was_lost_and_reopened_is_converted_again_with_another_id() -> None:
    first = convert(LEAD, SALES, at=NOON)
    lead = LEAD.after(first)
    lead = lead.after(POLICY.close(lead, "lost", "no_budget", at=NOON + DAY))
    back = Reopened("assessing", NOON + 200 * DAY, pipeline="qualification")
    lead = lead.after(back)
    second = convert(lead, SALES, at=NOON + 201 * DAY)
    assert second.id != first.id
    lead = lead.after(second)
    assert (lead.pipeline, lead.stage) == ("sales", "prospecting")
    assert convert(lead, SALES, at=NOON + 300 * DAY) == second
    assert [each for each in lead.events if isinstance(each, Conversion)] == [first, second]
    assert len(lead.events) == len(LEAD.events) + 4


def test_merged_leads_that_were_both_converted_stand_where_the_last_one_led() -> None:
    one, other = Lead("L-1", NOON - DAY), Lead("L-2", NOON - DAY)
    first = convert(one, SALES, at=NOON)
    last = convert(other, SALES, at=NOON + DAY, value=EUR)
    lead = merge(one.after(first), other.after(last))
    assert convert(lead, SALES, at=NOON + 2 * DAY) == last
    assert merge(other.after(last), one.after(first)) == lead
    assert {first, last} <= set(lead.events)
    back = lead.after(Reopened("assessing", NOON + 3 * DAY, pipeline="qualification"))
    third = convert(back, SALES, at=NOON + 4 * DAY)
    assert third.id not in (first.id, last.id)


def test_the_same_conversion_of_two_copies_of_a_lead_is_one() -> None:
    first = LEAD.after(convert(LEAD, SALES, at=NOON))
    second = LEAD.after(convert(LEAD, SALES, at=NOON))
    assert merge(first, second) == first


# What stands against it


def test_a_lead_enters_at_a_start_only() -> None:
    assert refused(LEAD, stage="closing") == {"not_a_move": "a lead enters 'sales' at prospecting"}


def test_the_fields_and_conditions_of_the_stage_are_asked() -> None:
    lead = Lead("L-7", deal_value=EUR, pipeline="qualification", stage="assessing")
    assert refused(lead, STRICT) == {
        "missing_field": "employees is not known",
        "unmet_condition": "not met: employees is at least 5",
    }
    with pytest.raises(DecisionRefused) as error:
        convert(Lead("L-7"), STRICT, at=NOON, stage="second")
    assert [each.field for each in error.value.blockers] == ["deal_value", "employees", "due"]


def test_what_the_conversion_tells_counts_as_known() -> None:
    lead = Lead("L-7", fields={"employees": 20})
    found = convert(lead, STRICT, at=NOON, stage="second", value=EUR, expected_close=DUE)
    assert (found.value, found.expected_close) == (EUR, DUE)
    owned = Pipeline(
        "owned",
        [Stage("first", requires=["owner"]), Stage("won", kind="won")],
        {"first": ["won"]},
    )
    assert refused(lead, owned) == {"missing_field": "owner is not known"}
    assert convert(lead, owned, at=NOON, owner="ada").owner == "ada"


def test_an_unqualified_lead_is_converted_only_after_it_is_reopened() -> None:
    lead = LEAD.after(POLICY.close(LEAD, "unqualified", "no_budget", at=NOON))
    because = "closed as unqualified (no_budget) on 2026-03-01 already; reopen it first"
    assert refused(lead) == {"closed": because}
    pipeline = qualification_pipeline()
    lead = lead.after(pipeline.move(lead, "unqualified", NOON))
    lead = lead.after(pipeline.reopen(lead, "contacting", NOON + DAY))
    assert convert(lead, SALES, at=NOON + DAY).stage == "prospecting"


def test_a_qualified_lead_is_converted() -> None:
    lead = LEAD.after(POLICY.close(LEAD, "qualified", at=NOON))
    lead = lead.after(qualification_pipeline().move(lead, "qualified", NOON))
    assert lead.after(convert(lead, SALES, at=NOON)).stage == "prospecting"


def test_a_lead_that_is_in_the_pipeline_already_is_moved_there_instead() -> None:
    lead = Lead("L-7", pipeline="sales", stage="proposal")
    assert refused(lead) == {"converted": "the lead stands in 'sales' already; move it there"}


def test_with_an_inbox_only_an_sql_is_converted() -> None:
    qualifier = Qualifier(field("score").at_least(60))
    lead = Lead("L-7", score=76)
    words = "sales has not accepted the lead; its lifecycle is "
    assert refused(lead, qualifier=qualifier) == {"not_sql": words + "not known"}
    proposed = qualifier.propose(lead, as_of=NOON)
    assert proposed is not None
    lead = lead.after(proposed)
    assert refused(lead, qualifier=qualifier) == {"not_sql": words + "mql"}
    lead = lead.after(qualifier.accept(lead, at=NOON, has_problem=True, able_to_buy=True, by="ada"))
    assert lead.after(convert(lead, SALES, at=NOON, qualifier=qualifier)).stage == "prospecting"


def test_without_an_inbox_any_lead_is_converted() -> None:
    qualifier = Qualifier(field("score").at_least(60), inbox=False)
    assert convert(Lead("L-7"), SALES, at=NOON, qualifier=qualifier).stage == "prospecting"


def test_nothing_is_converted_before_it_came_in_or_before_the_last_change() -> None:
    lead = Lead("L-7", NOON + DAY, events=[StageChange("new", NOON + DAY)])
    with pytest.raises(DecisionRefused) as error:
        convert(lead, SALES, at=NOON)
    assert [each.code for each in error.value.blockers] == ["too_early", "too_early"]


def test_nothing_can_follow_the_highest_sequence() -> None:
    lead = Lead("L-7", events=[StageChange("new", NOON, sequence=2**63 - 1)])
    assert "highest sequence" in refused(lead)["too_early"]


def test_a_refusal_lists_everything_at_once() -> None:
    log: list[Event] = [Disposition("removed", NOON - DAY), Qualification("mql", NOON + DAY)]
    lead = Lead("L-7", NOON + DAY, pipeline="strict", stage="second", events=log)
    with pytest.raises(DecisionRefused) as error:
        convert(
            lead, STRICT, at=NOON, stage="won", qualifier=Qualifier(field("score").at_least(60))
        )
    found = error.value.blockers
    assert [each.code for each in found] == [
        "too_early",
        "too_early",
        "closed",
        "not_sql",
        "converted",
        "not_a_move",
        "missing_field",
        "missing_field",
        "missing_field",
    ]
    assert found[-1] == Blocker("missing_field", "due is not known", "due")
    assert str(error.value).startswith("cannot convert L-7 into 'strict'; 9 things stand against")


# Any pipeline


def test_a_pipeline_is_what_convert_asks_for() -> None:
    sales: Sales = sales_pipeline()
    assert convert(Lead("L-7"), sales, at=NOON).pipeline == "sales"


@attrs.frozen
class Board:
    """A host's own pipeline."""

    key: str
    starts: tuple[str, ...] = ("in",)

    def blockers(self, lead: Lead, to: str, *, at: datetime) -> tuple[Blocker, ...]:
        return (Blocker("full", f"no room for {lead.id} in {to} at {at:%Y}"),) if at < NOON else ()


def test_a_pipeline_of_the_hosts_own_may_be_converted_into() -> None:
    own: Sales = Board("board")
    assert convert(Lead("L-7"), own, at=NOON).stage == "in"
    with pytest.raises(DecisionRefused, match="no room for L-7 in in at 2026"):
        convert(Lead("L-7"), own, at=NOON - DAY)


# What is refused


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"lead": "L-7"}, InvalidValue, "lead: expected a Lead, got 'L-7'"),
        ({"lead": None}, InvalidValue, "lead: expected a Lead, got None"),
        ({"into": "sales"}, InvalidValue, "into: expected a Pipeline, got 'sales' .such as pres"),
        ({"into": sales_pipeline}, InvalidValue, "into: expected a Pipeline, got <function"),
        ({"into": Pipeline}, InvalidValue, "into: expected a Pipeline, got <class"),
        ({"into": Board("board", ())}, InvalidValue, "into: expected a Pipeline, got Board"),
        ({"at": datetime(2026, 3, 1)}, NaiveDatetime, "at: expected a datetime with a time zone"),
        ({"at": None}, InvalidValue, "at: expected a datetime with a time zone, got None"),
        ({"stage": "prospectin"}, InvalidValue, "stage of .* .did you mean 'prospecting'"),
        ({"stage": 5}, InvalidValue, "Conversion.stage: expected text, got 5"),
        ({"owner": " "}, InvalidValue, "Conversion.owner: expected a name that is not blank"),
        ({"owner": "a\u202eb"}, InvalidValue, "Conversion.owner: expected no control or invisib"),
        ({"value": 9_000}, InvalidValue, "Conversion.value: expected Money or None, got 9000"),
        ({"value": math.nan}, InvalidValue, "Conversion.value: expected Money or None, got nan"),
        ({"value": Money(-1, "EUR")}, InvalidValue, "Conversion.value: .* zero or more, got -1"),
        ({"expected_close": NOON}, InvalidValue, "Conversion.expected_close: expected a date"),
        ({"expected_close": "June"}, InvalidValue, "Conversion.expected_close: .* got 'June'"),
        ({"deal": "x" * 201}, LimitExceeded, "Conversion.deal: .* at most 200, got 201"),
        ({"by": 5}, InvalidValue, "Conversion.by: expected text, got 5"),
        ({"qualifier": "sql"}, InvalidValue, "qualifier: expected a Qualifier, got 'sql'"),
    ],
)
def test_bad_conversions_are_refused(
    given: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=f"^{words}"):
        convert(**{"lead": LEAD, "into": SALES, "at": NOON, **given})


# The deal


def test_a_deal_is_what_the_conversion_and_the_lead_tell() -> None:
    conversion = convert(LEAD, SALES, at=NOON, deal="D-1")
    deal = Deal.of(LEAD.after(conversion), conversion)
    assert deal == Deal(
        lead="L-7",
        pipeline="sales",
        stage="prospecting",
        opened_at=NOON,
        id="D-1",
        owner="ada",
        value=EUR,
        expected_close=DUE,
        source="fair",
        fields={"employees": 20},
    )
    assert Deal.of(LEAD, conversion) == deal  # before it is in the log, too
    assert repr(deal) == "Deal(lead 'L-7', 'sales', 'prospecting')"
    assert hash(pickle.loads(pickle.dumps(deal))) == hash(deal)


def test_what_a_bare_conversion_does_not_tell_is_read_from_the_lead() -> None:
    deal = Deal.of(LEAD, Conversion("sales", "prospecting", NOON))
    assert (deal.owner, deal.value, deal.expected_close) == ("ada", EUR, DUE)
    bare = Deal.of(Lead("L-8"), Conversion("sales", "prospecting", NOON))
    assert (bare.owner, bare.value, bare.expected_close, bare.source) == (None,) * 4


def test_a_deal_is_what_was_known_when_it_was_opened() -> None:
    later = LEAD.after(Assignment("bo", NOON + DAY), FieldsSet({"employees": 500}, NOON + DAY))
    deal = Deal.of(later, Conversion("sales", "prospecting", NOON))
    assert (deal.owner, deal.fields) == ("ada", {"employees": 20})


def test_the_values_of_a_deal_are_all_that_is_known() -> None:
    lead = Lead("L-8", fields={"employees": 20, "value": "gold"})
    deal = Deal.of(lead, Conversion("sales", "prospecting", NOON))
    assert deal.values == {
        "employees": 20,
        "lead": "L-8",
        "pipeline": "sales",
        "stage": "prospecting",
        "opened_at": NOON,
    }
    assert Deal.of(lead, Conversion("sales", "in", NOON, value=EUR)).values["value"] == EUR


@pytest.mark.parametrize(
    "blank", [None, math.nan, Decimal("NaN"), NAT, "", " ", "\t\n", "\u00a0"], ids=repr
)
def test_blanks_are_filled(blank: Any) -> None:
    deal = Deal.of(LEAD, convert(LEAD, SALES, at=NOON))
    found = deal.filling({**deal.values, "owner": blank})
    assert found == {"owner": "ada"}


@pytest.mark.parametrize("known", [0, False, 0.0, Decimal(0), "bo", "0", date(2026, 1, 1), []])
def test_what_the_host_knows_is_never_written_over(known: Any) -> None:
    deal = Deal.of(LEAD, convert(LEAD, SALES, at=NOON))
    assert "owner" not in deal.filling({"owner": known})


def test_what_is_missing_is_filled_and_what_is_unknown_is_never_written() -> None:
    deal = Deal.of(Lead("L-8", owner="ada"), Conversion("sales", "prospecting", NOON))
    assert deal.filling({}) == deal.values
    assert deal.filling({"value": None, "source": "", "own": None}) == deal.values
    assert deal.filling({**deal.values, "value": 5, "own": 1}) == {}


def test_a_deal_in_a_notebook_is_a_table_that_shows_hostile_values_as_text() -> None:
    lead = Lead("<b>", source="<script>", fields={f"field {n}": n for n in range(500)})
    html = Deal.of(lead, Conversion("sales", "prospecting", NOON))._repr_html_()
    assert "<script>" not in html
    assert "<b>" not in html
    assert html.count("<tr>") == 101


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: Deal.of(LEAD, "sales"), "conversion: expected a Conversion, got 'sales'"),  # type: ignore[arg-type]
        (
            lambda: Deal.of("L-7", Conversion("sales", "in", NOON)),  # type: ignore[arg-type]
            "lead: expected a Lead, got 'L-7'",
        ),
        (
            lambda: Deal.of(LEAD, Conversion("sales", "in", NOON)).filling([("a", 1)]),  # type: ignore[arg-type]
            "existing: expected a mapping from names to values, got a list of 1",
        ),
        (
            lambda: Deal.of(LEAD, Conversion("sales", "in", NOON)).filling(None),  # type: ignore[arg-type]
            "existing: expected a mapping from names to values, got None",
        ),
    ],
)
def test_what_is_no_lead_conversion_or_mapping_is_refused(ask: Any, words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        ask()

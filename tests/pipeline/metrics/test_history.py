"""The ways of leads through a pipeline, from leads and from rows."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from leadflow import Lead, Money
from leadflow.errors import InvalidValue, LeadflowError, NaiveDatetime
from leadflow.events import Conversion, Disposition, Qualification, Reopened, StageChange
from leadflow.pipeline.metrics import Entry, History, Track
from tests.pipeline.metrics.made import CAME, DAY, SALES, at, deal, euros, history, moved, odd


def track(lead: Lead, days: float = 30) -> Track:
    [found] = History.of([lead], SALES, as_of=CAME + days * DAY)
    return found


def a_lead(*events: Any, stage: str | None = "contact", **more: Any) -> Lead:
    return Lead("L-7", CAME, stage=stage, events=events, **more)


# --- from leads ---


def test_an_open_lead_has_its_stages_and_facts() -> None:
    lead = a_lead(
        StageChange("prepare", CAME + DAY), owner="ada", source="fair", deal_value=euros(900),
        win_probability=0.4, fields={"industry": "retail"},
    )  # fmt: skip
    found = track(lead)
    assert found.entries == (Entry("contact", CAME), Entry("prepare", CAME + DAY))
    assert (found.outcome, found.closed_at, found.stage) == ("open", None, "prepare")
    assert (found.value, found.probability, found.is_closed) == (euros(900), 0.4, False)
    assert found.facts == {"owner": "ada", "source": "fair", "industry": "retail"}


def test_a_lead_is_won_where_its_stage_is() -> None:
    lead = a_lead(StageChange("sent", CAME + DAY), StageChange("won", CAME + 2 * DAY))
    found = track(lead)
    assert (found.outcome, found.closed_at) == ("won", CAME + 2 * DAY)
    assert found.is_closed


def test_a_disposition_ends_a_lead_in_an_open_stage() -> None:
    found = track(a_lead(Disposition("unqualified", CAME + DAY, reason="no_budget")))
    assert (found.outcome, found.closed_at) == ("lost", CAME + DAY)
    assert found.facts["reason"] == "no_budget"


def test_a_won_disposition_wins_a_lead_in_an_open_stage() -> None:
    assert track(a_lead(Disposition("won", CAME + DAY))).outcome == "won"


def test_a_disposition_that_ends_nothing_leaves_a_lead_open() -> None:
    found = track(a_lead(Disposition("qualified", CAME + DAY)))
    assert found.outcome == "open"
    assert "reason" not in found.facts


def test_a_reopened_lead_is_open() -> None:
    log = [
        StageChange("lost", CAME + DAY),
        Disposition("lost", CAME + DAY, reason="price"),
        Reopened("contact", CAME + 2 * DAY, reason="called back"),
    ]
    found = track(a_lead(*log))
    assert (found.outcome, found.stage, len(found.entries)) == ("open", "contact", 3)


def test_a_conversion_to_another_pipeline_wins_a_lead_here() -> None:
    lead = a_lead(Conversion("delivery", "kick_off", CAME + DAY), pipeline="sales")
    found = track(lead)
    assert (found.outcome, found.closed_at) == ("won", CAME + DAY)
    assert found.entries == (Entry("contact", CAME),)


def test_a_lead_elsewhere_does_not_count() -> None:
    leads = [
        Lead("L-1", CAME, stage="kick_off", pipeline="delivery"),
        Lead("L-2", CAME, stage="unheard_of"),
        Lead("L-3", CAME),
    ]
    assert len(History.of(leads, SALES, as_of=CAME)) == 0


@pytest.mark.parametrize(
    ("fields", "log", "closed"),
    [
        ({"closed_at": date(2026, 3, 9)}, (), datetime(2026, 3, 9, tzinfo=UTC)),
        ({"closed_at": CAME + DAY}, (), CAME + DAY),
        ({}, (Disposition("lost", CAME + DAY, reason="price"),), CAME + DAY),
        ({}, (), None),
        ({"closed_at": "soon"}, (), None),
        ({"closed_at": "2026-03-09"}, (), datetime(2026, 3, 9, tzinfo=UTC)),
        ({"closed_at": "2026-03-09T10:00"}, (), datetime(2026, 3, 9, 10, tzinfo=UTC)),
        ({"closed_at": "2026-03-09T10:00+01:00"}, (), datetime(2026, 3, 9, 9, tzinfo=UTC)),
        ({"closed_at": CAME.date()}, (), CAME),
        ({"closed_at": CAME - DAY}, (), None),
    ],
)
def test_a_lead_that_came_closed_was_closed_when_its_field_says_so(
    fields: Any, log: Any, closed: Any
) -> None:
    found = track(a_lead(*log, stage="lost", fields=fields))
    assert (found.outcome, found.closed_at) == ("lost", closed)
    assert found.entries == (Entry("lost", closed),)


def test_the_first_qualifications_are_facts() -> None:
    log = [Qualification("mql", CAME), Qualification("mql", CAME + DAY)]
    log += [Qualification("sql", CAME + 2 * DAY), Qualification("returned", CAME + 3 * DAY)]
    facts = track(a_lead(*log)).facts
    assert (facts["mql_at"], facts["sql_at"]) == (CAME, CAME + 2 * DAY)


def test_what_has_not_happened_yet_does_not_count() -> None:
    found = track(a_lead(StageChange("prepare", CAME + 5 * DAY)), days=2)
    assert found.stage == "contact"


def test_the_tracks_come_by_id() -> None:
    leads = [Lead(key, CAME, stage="contact") for key in ("b", "c", "a")]
    found = History.of(leads, SALES, as_of=CAME)
    assert [each.id for each in found] == ["a", "b", "c"]
    assert repr(found) == "History('sales', 3 leads, 2026-03-02T12:00:00+00:00)"
    assert found.stages == ("contact", "prepare", "sent", "won", "lost")


# --- from rows ---


def test_a_row_without_changes_entered_its_stage_when_it_was_created_or_closed() -> None:
    one, two = history([deal("1", "sent", 1), deal("2", "won", 1, closed=5)])
    assert one.entries == (Entry("sent", at(1)),)
    assert two.entries == (Entry("won", at(5)),)
    assert (two.outcome, two.closed_at) == ("won", at(5))


def test_changes_find_their_deal_in_the_order_of_time() -> None:
    changes = moved("1", ("prepare", 2), ("contact", 0), ("contact", 1), ("won", 4))
    [found] = history([deal("1", None)], changes)
    assert found.entries == (Entry("contact", at(0)), Entry("prepare", at(2)), Entry("won", at(4)))
    assert (found.outcome, found.closed_at) == ("won", at(4))


def test_changes_of_one_instant_keep_their_order() -> None:
    [found] = history([deal("1", None)], moved("1", ("prepare", 1), ("contact", 1)))
    assert found.stage == "contact"


def test_a_closed_stage_of_the_row_ends_its_changes() -> None:
    [found] = history([deal("1", "lost", closed=9)], moved("1", ("contact", 0)))
    assert found.entries == (Entry("contact", at(0)), Entry("lost", at(9)))
    assert found.closed_at == at(9)


def test_an_open_stage_of_the_row_gives_way_to_its_changes() -> None:
    [found] = history([deal("1", "contact")], moved("1", ("prepare", 3)))
    assert found.stage == "prepare"


def test_dates_are_midnights_in_utc_and_what_is_unknown_stays_so() -> None:
    row = deal("1", None, None, note=None, rank=float("nan"), due=date(2026, 5, 1))
    row["closed_at"] = date(2026, 3, 9)
    [found] = history([row])
    assert (found.created_at, found.stage, found.outcome, found.closed_at) == (
        None,
        None,
        "open",
        None,
    )
    assert found.facts == {"due": date(2026, 5, 1)}
    [other] = history([{"id": "2", "created_at": date(2026, 3, 2), "stage": "contact"}])
    assert other.created_at == datetime(2026, 3, 2, tzinfo=UTC)


def test_a_value_is_money_or_a_number_beside_a_currency() -> None:
    one, two = history([deal("1", value=euros(5)), deal("2", value=5.5, currency="PLN")])
    assert (one.value, two.value) == (euros(5), Money("5.5", "PLN"))
    assert two.facts == {}


def test_deals_created_later_do_not_count() -> None:
    changes = moved("1", ("contact", 40))
    assert len(history([deal("1", created=40), deal("2")], changes)) == 1


def test_a_stage_is_cleaned_as_any_name() -> None:
    assert history([deal("1", " contact ")]).tracks[0].entries[-1].stage == "contact"


def test_no_deals_are_a_history_too() -> None:
    assert len(history([])) == 0


# --- an earlier instant ---


def test_rewind_undoes_what_came_later() -> None:
    rows = [deal("1", "won", closed=20), deal("2", created=15), deal("3", "lost", closed=5)]
    changes = moved("1", ("contact", 0), ("prepare", 4))
    before = history(rows, changes).rewind(CAME + 10 * DAY)
    one, three = before
    assert (one.stage, one.outcome, one.closed_at) == ("prepare", "open", None)
    assert (three.stage, three.outcome, three.closed_at) == ("lost", "lost", at(5))
    assert before.as_of == CAME + 10 * DAY


def test_rewind_takes_a_reopened_lead_back_to_where_it_was_closed() -> None:
    changes = moved("1", ("contact", 0), ("lost", 3), ("contact", 8))
    [found] = history([deal("1", None)], changes).rewind(CAME + 5 * DAY)
    assert (found.outcome, found.closed_at) == ("lost", at(3))


def test_rewind_keeps_who_had_no_stage_yet_if_it_was_there() -> None:
    rows = [deal("1", "won", 0, closed=20), deal("2", "won", None, closed=20)]
    [found] = history(rows).rewind(CAME + DAY)
    assert (found.id, found.entries, found.outcome) == ("1", (), "open")


def test_rewind_refuses_what_is_to_come() -> None:
    with pytest.raises(InvalidValue, match="an instant up to 2026-04-01"):
        history([]).rewind(CAME + 99 * DAY)
    with pytest.raises(NaiveDatetime):
        history([]).rewind(datetime(2026, 3, 1))


# --- bad input ---


@pytest.mark.parametrize(
    ("deals", "changes", "words"),
    [
        ([5], [], "deals[0]: expected a mapping"),
        ([{}], [], "deals[0].id: expected a value for 'id'"),
        ([deal("")], [], "deals[0].id: expected a name that is not blank"),
        ([deal("1"), deal("1")], [], "deals: expected each id once, got '1' twice"),
        ([deal("1", "contct")], [], "did you mean 'contact'?"),
        ([deal("1", "won", 5, closed=1)], [], "deals[0].closed_at: expected an instant from"),
        ([deal("1", value=5)], [], "deals[0].value: expected Money, or a number beside"),
        ([deal("1", value="much", currency="EUR")], [], "deals[0].value: expected a number"),
        ([deal("1", value=5, currency="EURO")], [], "deals[0].value: expected an active"),
        ([deal("1", value=euros(-5))], [], "deals[0].value: expected an amount of zero or more"),
        ([deal("1", probability=1.5)], [], "deals[0].probability: expected a number between"),
        ([deal("1", size=[])], [], "deals[0].size: expected text"),
        ([{"id": "1", "created_at": "soon"}], [], "deals[0].created_at: expected a datetime"),
        ([deal("1")], [5], "changes[0]: expected a mapping"),
        ([deal("1")], [{"id": "1", "stage": "won"}], "changes[0].at: expected a value for 'at'"),
        ([deal("1")], [{"id": 1, "stage": "won", "at": CAME}], "changes[0].id: expected text"),
        ([deal("1")], [{"id": "1", "stage": "won", "at": "now"}], "changes[0].at: expected a datetime"),
        ([deal("1")], moved("1", ("wn", 1)), "changes[0].stage: expected a stage"),
        ([deal("1")], [{"id": "1", "stage": "won", "at": None}], "changes[0].at: expected when"),
        ([deal("1")], moved("11", ("won", 1)), "changes id: expected the id of a deal"),
        ("rows", [], "deals: expected a list"),
    ],
)  # fmt: skip
def test_bad_rows_are_refused_with_their_place(deals: Any, changes: Any, words: str) -> None:
    with pytest.raises(LeadflowError) as refused:
        history(deals, changes)
    assert words in str(refused.value)


def test_what_is_asked_is_checked() -> None:
    with pytest.raises(InvalidValue, match="pipeline: expected a Pipeline"):
        History.of([], odd("sales"), as_of=CAME)
    with pytest.raises(NaiveDatetime):
        History.of_rows([], SALES, as_of=datetime(2026, 3, 1))
    with pytest.raises(InvalidValue, match="leads: expected each id once"):
        History.of([Lead("L-1", stage="sent"), Lead("L-1", stage="sent")], SALES, as_of=CAME)


def test_what_comes_after_the_instant_is_not_known_of_leads_either() -> None:
    leads = [
        Lead("L-1", CAME + 2 * DAY, stage="contact"),
        Lead("L-2", CAME, stage="won", fields={"closed_at": CAME + 2 * DAY}),
        Lead("L-3", CAME, stage="contact"),
    ]
    found = History.of(leads, SALES, as_of=CAME + DAY)
    assert [(track.id, track.outcome) for track in found] == [("L-2", "open"), ("L-3", "open")]
    assert found.rewind(found.as_of) == found


def test_a_deal_closed_on_the_date_it_was_created_was_closed_after_that() -> None:
    found = history([deal("1", "won", 0) | {"closed_at": CAME.date()}]).tracks[0]
    assert found.closed_at == CAME


def test_what_was_decided_here_stands_whatever_happens_in_another_pipeline() -> None:
    lost = a_lead(StageChange("lost", CAME + DAY), Conversion("after", "warm", CAME + 9 * DAY))
    assert (track(lost).outcome, track(lost).closed_at) == ("lost", CAME + DAY)
    won = a_lead(StageChange("won", CAME + DAY), Conversion("after", "warm", CAME + 9 * DAY))
    assert (track(won).outcome, track(won).closed_at) == ("won", CAME + DAY)


def test_a_lead_is_won_by_the_first_conversion_that_took_it_away() -> None:
    log = [Conversion("deals", "new", CAME + DAY), Conversion("after", "warm", CAME + 9 * DAY)]
    assert track(a_lead(*log, pipeline="sales")).closed_at == CAME + DAY


def test_the_conversion_that_brought_a_lead_is_not_the_one_that_took_it_away() -> None:
    log = [Conversion("sales", "contact", CAME + DAY), Conversion("after", "warm", CAME + 9 * DAY)]
    found = track(a_lead(*log, stage="kick_off", pipeline="leads"))
    assert (found.entries, found.closed_at) == ((Entry("contact", CAME + DAY),), CAME + 9 * DAY)


def test_a_lead_that_left_without_a_conversion_is_not_won() -> None:
    log = [StageChange("warm", CAME + DAY, pipeline="after")]
    found = track(a_lead(*log, pipeline="sales"))
    assert (found.outcome, found.closed_at) == ("open", None)


def test_a_date_of_closing_is_after_what_happened_that_day() -> None:
    changes = moved("1", ("contact", 0), ("sent", 3))
    found = history([deal("1", "won") | {"closed_at": CAME.date() + 3 * DAY}], changes).tracks[0]
    assert found.closed_at == at(3)


def test_a_track_shows_no_fields() -> None:
    assert "ada" not in repr(track(a_lead(owner="ada")))

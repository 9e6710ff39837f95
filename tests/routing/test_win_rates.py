"""Win rates: who won which deals, and how far few deals are trusted."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadflow import Lead
from leadflow.errors import LeadflowError
from leadflow.events import Assignment, Disposition, FieldsSet, Overridden, Reopened
from leadflow.routing.win_rates import WinRates

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def deal(rep: str | None, outcome: Any = "won", region: Any = None, name: str = "L-7") -> Lead:
    lead = Lead(name, owner=rep, fields={"region": region})
    return lead.after(Disposition(outcome, NOON))


def measured(*leads: Lead, by: str | None = None, as_of: datetime = NOON) -> Any:
    return WinRates.measured(leads, as_of=as_of, by=by).counts


def odd(value: Any) -> Any:
    """Hide from the type checker what it would refuse."""
    return value


# --- what is counted ---


def test_deals_are_counted_by_rep_won_and_closed() -> None:
    leads = [deal("ada"), deal("ada", "lost"), deal("bo", "lost")]
    assert measured(*leads) == {"ada": {"": (1, 2)}, "bo": {"": (0, 1)}}


def test_deals_are_counted_by_the_segment_in_a_field() -> None:
    leads = [deal("ada", "won", "PL"), deal("ada", "lost", "PL"), deal("ada", "won", "CZ")]
    leads += [deal("ada", "won"), deal("ada", "won", "")]
    assert measured(*leads, by="region") == {"ada": {"": (2, 2), "CZ": (1, 1), "PL": (1, 2)}}


@pytest.mark.parametrize(
    ("value", "segment"), [(7, "7"), (True, "True"), (date(2026, 3, 1), "2026-03-01")]
)
def test_a_segment_that_is_no_text_counts_as_its_text(value: Any, segment: str) -> None:
    lead = deal("ada", "won", value)
    rates = WinRates.measured([lead], as_of=NOON, by="region")
    assert rates.counts == {"ada": {segment: (1, 1)}}
    assert rates.segment_of(lead) == segment


@pytest.mark.parametrize("outcome", ["qualified", "unqualified", "removed", "converted"])
def test_other_outcomes_are_no_deals(outcome: str) -> None:
    assert measured(deal("ada", outcome)) == {}


def test_open_leads_and_deals_of_nobody_are_not_counted() -> None:
    assert measured(Lead("L-7", owner="ada"), deal(None)) == {}


def test_the_deal_is_that_of_who_owned_it_when_it_was_closed() -> None:
    given_ = Lead("L-7", events=[Assignment("ada", NOON - HOUR), Assignment("bo", NOON + HOUR)])
    closed = given_.after(Disposition("won", NOON))
    assert measured(closed, as_of=NOON + 2 * HOUR) == {"ada": {"": (1, 1)}}
    override = Overridden("owner", "cy", NOON - HOUR, reason="old friends", until=NOON + HOUR)
    assert measured(closed.after(override), as_of=NOON + 2 * HOUR) == {"cy": {"": (1, 1)}}


def test_the_segment_is_that_of_when_it_was_closed() -> None:
    moved = deal("ada", "won", "PL").after(FieldsSet({"region": "CZ"}, NOON + HOUR))
    assert measured(moved, by="region", as_of=NOON + HOUR) == {"ada": {"PL": (1, 1)}}


def test_the_disposition_that_stands_at_the_instant_decides() -> None:
    lead = deal("ada", "lost").after(Reopened("working", NOON + HOUR))
    won = lead.after(Disposition("won", NOON + 2 * HOUR))
    assert measured(won, as_of=NOON - HOUR) == {}
    assert measured(won, as_of=NOON) == {"ada": {"": (0, 1)}}
    assert measured(won, as_of=NOON + HOUR) == {}
    assert measured(won, as_of=NOON + 2 * HOUR) == {"ada": {"": (1, 1)}}


# --- rates ---


def test_a_rate_leans_towards_that_of_all_and_that_of_all_towards_one_half() -> None:
    rates = WinRates({"ada": {"": (8, 10)}, "bo": {"": (1, 30)}}, prior=10)
    assert rates.overall == Fraction(9 + 5, 40 + 10)
    assert rates.rate("ada") == (8 + 10 * rates.overall) / 20
    assert rates.rate("bo") == (1 + 10 * rates.overall) / 40


def test_the_rate_of_a_segment_leans_towards_the_rep_s_own() -> None:
    rates = WinRates({"ada": {"PL": (3, 4), "CZ": (0, 6), "": (1, 1)}}, by="region")
    own = rates.rate("ada")
    assert own == (4 + 10 * rates.overall) / 21
    assert rates.rate("ada", "PL") == (3 + 10 * own) / 14
    assert rates.rate("ada", "CZ") == 10 * own / 16
    assert rates.rate("ada", "") == rates.rate("ada", "DE") == own


def test_of_whom_nothing_is_known_the_wider_rate_stands() -> None:
    rates = WinRates({"ada": {"PL": (3, 4)}})
    assert rates.rate("new") == rates.rate("new", "PL") == rates.overall == Fraction(8, 14)
    assert WinRates().rate("ada") == WinRates(prior=0).rate("ada", "PL") == Fraction(1, 2)


def test_without_a_prior_rates_are_as_measured() -> None:
    rates = WinRates({"ada": {"PL": (1, 4), "CZ": (0, 0)}, "bo": {"": (0, 0)}}, prior=0)
    assert rates.rate("ada", "PL") == rates.rate("ada") == rates.rate("ada", "CZ") == Fraction(1, 4)
    assert rates.rate("bo") == rates.overall == Fraction(1, 4)


def test_few_wins_do_not_beat_many() -> None:
    rates = WinRates({"lucky": {"": (1, 1)}, "proven": {"": (80, 100)}, "other": {"": (20, 100)}})
    assert rates.rate("proven") > rates.rate("lucky") > rates.rate("other")


def test_the_segment_of_a_lead_is_read_from_the_field() -> None:
    lead = Lead("L-7", fields={"region": "PL"})
    assert WinRates(by="region").segment_of(lead) == "PL"
    assert WinRates(by="source").segment_of(lead) is None
    assert WinRates().segment_of(lead) is None
    assert WinRates(by="region").segment_of(Lead("L-8", fields={"region": ""})) is None


# --- as data and as shown ---


def test_they_are_plain_values() -> None:
    rates = WinRates({" ada ": {"PL": [1, 2]}}, by="region", prior=3)  # type: ignore[dict-item]
    assert rates == WinRates({"ada": {"PL": (1, 2)}}, by="region", prior=3)
    assert hash(rates) == hash(pickle.loads(pickle.dumps(rates)))
    assert len(repr(WinRates({f"r{n}": {"": (1, 1)} for n in range(1_000)}))) < 200


def test_they_read_as_an_aligned_table() -> None:
    rates = WinRates({"bo": {"": (0, 0)}, "ada": {"PL": (1, 3), "": (1, 1)}}, by="region", prior=4)
    assert str(rates).splitlines() == [
        "2 of 4 deals won, by region; prior 4",
        "rep  segment  won  closed  won of closed    rate",
        "all             2       4         50.0 %  50.0 %",
        "ada             2       4         50.0 %  50.0 %",
        "          PL    1       3         33.3 %  42.9 %",
        "bo              0       0                 50.0 %",
    ]


def test_a_notebook_shows_an_escaped_table_of_at_most_a_hundred_rows() -> None:
    html = WinRates({"<b>": {"": (1, 1)}})._repr_html_()
    assert "&lt;b&gt;" in html
    assert "<b>" not in html
    assert "1 of 1 deal won; prior 10" in html
    many = WinRates({f"r{number:03}": {"": (1, 1)} for number in range(100)})
    assert "the first 100 rows" in str(many)
    assert "r099" not in str(many)


# --- bad input ---


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: WinRates(odd([("ada", 1)])), "WinRates.counts mapping reps list"),
        (lambda: WinRates({odd(5): {}}), "WinRates.counts rep text 5"),
        (lambda: WinRates({"ada": {}, " ada": {}}), "WinRates.counts.ada same rep once"),
        (lambda: WinRates({"ada": odd((1, 2))}), "WinRates.counts.ada mapping segments tuple"),
        (lambda: WinRates({"ada": {odd(5): (1, 2)}}), "WinRates.counts.ada text 5"),
        (lambda: WinRates({"ada": {"": odd(5)}}), "WinRates.counts.ada two numbers 5"),
        (lambda: WinRates({"ada": {"": odd((1, 2, 3))}}), "WinRates.counts.ada two numbers"),
        (lambda: WinRates({"ada": {"": (3, 2)}}), "WinRates.counts.ada 3 won of 2"),
        (lambda: WinRates({"ada": {"": (-1, 2)}}), "WinRates.counts.ada at least 0 -1"),
        (lambda: WinRates({"ada": {"": odd((0.5, 2))}}), "WinRates.counts.ada whole 0.5"),
        (lambda: WinRates(prior=-1), "WinRates.prior at least 0 -1"),
        (lambda: WinRates(prior=odd(0.5)), "WinRates.prior whole 0.5"),
        (lambda: WinRates(by=" "), "WinRates.by blank"),
        (lambda: WinRates().rate(""), "rep blank"),
        (lambda: WinRates().rate("ada", odd(5)), "segment text 5"),
        (lambda: WinRates().segment_of(odd("L-7")), "lead Lead 'L-7'"),
        (lambda: measured(odd("L-7")), "lead Lead 'L-7'"),
        (lambda: WinRates.measured(odd(5), as_of=NOON), "leads list 5"),
        (lambda: measured(as_of=datetime(2026, 3, 1)), "as_of time zone"),
        (lambda: measured(by=odd(5)), "WinRates.by text 5"),
    ],
)
def test_bad_input_is_refused_with_what_would_work(made: Callable[[], object], words: str) -> None:
    with pytest.raises(LeadflowError) as caught:
        made()
    for word in words.split():
        assert word in str(caught.value)


# --- laws ---

REPS = st.sampled_from(("ada", "bo", "cy"))
REGIONS = st.sampled_from((None, "PL", "CZ"))
DEALS = st.lists(
    st.builds(deal, REPS, st.sampled_from(("won", "lost", "qualified")), REGIONS), max_size=10
)
PRIORS = st.integers(0, 20)


@given(DEALS, PRIORS, REPS, REGIONS)
def test_law_a_rate_is_between_0_and_1(
    leads: list[Lead], prior: int, rep: str, region: str | None
) -> None:
    rates = WinRates.measured(leads, as_of=NOON, by="region", prior=prior)
    assert 0 <= rates.rate(rep, region) <= 1
    assert 0 <= rates.overall <= 1


@given(DEALS, st.data())
def test_law_the_order_of_leads_does_not_matter(leads: list[Lead], data: st.DataObject) -> None:
    others = data.draw(st.permutations(leads))
    one, two = (WinRates.measured(each, as_of=NOON, by="region") for each in (leads, others))
    assert one == two
    assert str(one) == str(two)


@given(DEALS, PRIORS, REPS, REGIONS, REGIONS)
def test_law_one_more_win_never_lowers_a_rate_of_that_rep(
    leads: list[Lead], prior: int, rep: str, won: str | None, asked: str | None
) -> None:
    before = WinRates.measured(leads, as_of=NOON, by="region", prior=prior)
    after = WinRates.measured([*leads, deal(rep, "won", won)], as_of=NOON, by="region", prior=prior)
    assert after.rate(rep, asked) >= before.rate(rep, asked)

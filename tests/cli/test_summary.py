from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from leadflow.cli.ranking import Judged
from leadflow.cli.summary import Summary, outcome_of
from leadflow.errors import InvalidValue
from leadflow.events import Rated
from leadflow.lead import Lead
from leadflow.scoring import Score

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def judged(points: int, rating: str | None, **fields: Any) -> Judged:
    lead = Lead(f"L-{points}", fields=fields)
    score = Score(points, points, 0, (), NOW, "model", lead.id)
    return Judged(lead, score, Rated(rating, NOW) if rating else None, None)


def of(outcome: str | None, *leads: Judged) -> Summary:
    summary = Summary(outcome)
    for lead in leads:
        summary.add(lead)
    return summary


def summed(outcome: str | None, *leads: Judged) -> list[str]:
    return of(outcome, *leads).lines()


@pytest.mark.parametrize("value", [True, 1, 1.0, Decimal("1.00"), "1", " Yes", "TRUE"])
def test_words_for_yes(value: object) -> None:
    assert outcome_of(value) is True


@pytest.mark.parametrize("value", [False, 0, 0.0, Decimal(0), "0", "no ", "False"])
def test_words_for_no(value: object) -> None:
    assert outcome_of(value) is False


@pytest.mark.parametrize("value", [None, "", "perhaps", 2, 0.5, NOW])
def test_everything_else_is_no_outcome(value: object) -> None:
    assert outcome_of(value) is None


def test_ratings_are_counted_hot_before_warm_before_cold_before_others() -> None:
    leads = [judged(n, r) for n, r in enumerate(["cold", "key account", "hot", "warm", "cold"])]
    assert summed(None, *leads) == [
        "  rating       leads   share",
        "  hot              1  20.0 %",
        "  warm             1  20.0 %",
        "  cold             2  40.0 %",
        "  key account      1  20.0 %",
    ]


def test_without_a_rater_all_leads_are_one_line() -> None:
    assert summed(None, judged(5, None))[1:] == ["  not rated      1  100.0 %"]


def test_without_leads_there_is_nothing_to_say() -> None:
    assert summed(None) == []


def test_an_outcome_adds_conversions_and_the_auc() -> None:
    leads = [
        judged(90, "hot", won="yes"),
        judged(40, "warm", won="yes"),
        judged(41, "warm", won="no"),
        judged(10, "cold", won="no"),
    ]
    assert summed("won", *leads) == [
        "  rating  leads    share  converted      rate",
        "  hot         1   25.0 %          1  1.000000",
        "  warm        2   50.0 %          1  0.500000",
        "  cold        1   25.0 %          0  0.000000",
        "  all         4  100.0 %          2  0.500000",
        "  AUC of the points for 'won': 0.750000",
    ]


def test_leads_without_an_outcome_are_left_out_of_the_rates_and_counted() -> None:
    leads = [
        judged(90, "hot", won=True),
        judged(80, "hot"),
        judged(20, "warm"),
        judged(5, "cold", won="perhaps"),
        judged(4, "cold", won=False),
    ]
    assert summed("won", *leads)[1:] == [
        "  hot         2   40.0 %          1  1.000000",
        "  warm        1   20.0 %          0         -",
        "  cold        2   40.0 %          0  0.000000",
        "  all         5  100.0 %          1  0.500000",
        "  AUC of the points for 'won': 1.000000",
        "  3 leads without a known outcome are left out of the rates, 1 of them neither yes nor no",
    ]


def test_one_outcome_only_gives_no_auc() -> None:
    assert "  AUC of the points for 'won': not defined: one outcome only" in summed(
        "won", judged(5, "hot", won=True)
    )


def test_an_outcome_field_that_no_lead_has_is_refused_with_the_closest() -> None:
    with pytest.raises(InvalidValue, match=r"--outcome: .*'wun'.*did you mean 'won'"):
        of("wun", judged(5, "hot", won=True)).check()


def test_an_outcome_field_that_some_lead_has_is_accepted_whatever_it_holds() -> None:
    of("won", judged(5, "hot"), judged(5, "hot", won="perhaps")).check()
    of("won", judged(5, "hot", won=True)).check()
    of("won").check()
    of(None, judged(5, "hot")).check()


def test_no_leads_have_no_rates() -> None:
    assert summed("won")[1:] == [
        "  all         0  100.0 %          0     -",
        "  AUC of the points for 'won': not defined: one outcome only",
    ]


@pytest.mark.parametrize("outcome", [None, "won", "lost"])
def test_many_leads_are_counted_as_one_by_one(outcome: str | None) -> None:
    values = (True, "no", None, "maybe", Decimal(1), 0, "yes", 3)
    leads = [
        judged(place, word, won=value)
        for place, (word, value) in enumerate(zip(["hot", None] * 4, values, strict=True))
    ]
    counted = Summary(outcome)
    for some in (leads[:3], leads[3:]):
        counted.add_many(
            [lead.score.points for lead in some],
            [lead.rating for lead in some],
            [lead.lead.values.get(outcome or "") for lead in some],
            {"id", "won"},
        )
    assert counted.lines() == summed(outcome, *leads)
    assert counted.outcome == outcome


def test_an_outcome_that_none_of_many_leads_has_is_refused_with_what_they_have() -> None:
    counted = Summary("wom")
    counted.add_many([5], [""], [None], {"id", "won"})
    with pytest.raises(InvalidValue, match=r"did you mean 'won'\?"):
        counted.check()

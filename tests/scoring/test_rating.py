"""Raters."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from leadflow import Activity, Lead, Money, Span, activity, always, field
from leadflow.conditions import LeadSchema
from leadflow.errors import InvalidDefinition, LeadflowError, MixedCurrencies, NaiveDatetime
from leadflow.events import Overridden, Rated, Scored
from leadflow.money import Rates
from leadflow.scoring import Categories, Category, Rater, Readiness, Thresholds, TimelineAndSize

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
RATER = TimelineAndSize(medium=Money(10_000, "EUR"), large=Money(50_000, "EUR"))

DUE = {
    "2 months": date(2026, 5, 15),
    "exactly 3 months": date(2026, 6, 15),
    "3 months and a day": date(2026, 6, 16),
    "none": None,
}
VALUE = {
    "small": Money("9999.99", "EUR"),
    "medium": Money(10_000, "EUR"),
    "large": Money(50_000, "EUR"),
    "unknown": None,
}
P2 = {
    "2 months": {"small": "cold", "medium": "hot", "large": "hot", "unknown": "cold"},
    "exactly 3 months": {"small": "cold", "medium": "hot", "large": "hot", "unknown": "cold"},
    "3 months and a day": {"small": "cold", "medium": "warm", "large": "warm", "unknown": "cold"},
    "none": dict.fromkeys(VALUE, "cold"),
}


def rated(rater: Rater, lead: Lead, as_of: datetime = NOW) -> str:
    return rater.rate(lead, as_of=as_of).rating


@pytest.mark.parametrize("timeline", DUE)
@pytest.mark.parametrize("size", VALUE)
def test_p2_the_full_table(timeline: str, size: str) -> None:
    lead = Lead("L", due=DUE[timeline], deal_value=VALUE[size])
    answer = RATER.rate(lead, as_of=NOW)
    assert answer.rating == P2[timeline][size]
    unknown = [key for key in ("due", "deal_value") if getattr(lead, key) is None]
    assert list(answer.ask) == unknown


def test_p2_three_months_are_calendar_months() -> None:
    as_of = datetime(2026, 11, 30, 12, tzinfo=UTC)
    due = {day: Lead("L", due=day, deal_value=VALUE["large"]) for day in
           (date(2027, 2, 28), date(2027, 3, 1))}  # fmt: skip
    assert [rated(RATER, lead, as_of) for lead in due.values()] == ["hot", "warm"]


def test_p2_the_reason_says_what_was_never_asked() -> None:
    answer = RATER.rate(Lead("L"), as_of=NOW)
    assert answer.because == (
        "timeline unknown: nobody has asked yet",
        "deal value unknown: nobody has asked yet",
    )
    assert (answer.at, answer.rater) == (NOW, "timeline_and_size")


def test_p2_a_due_date_already_past_counts_as_soon_and_says_so() -> None:
    lead = Lead("L", due=date(2026, 3, 14), deal_value=VALUE["medium"])
    answer = RATER.rate(lead, as_of=NOW)
    assert answer.rating == "hot"
    assert answer.because == (
        "soon: due 2026-03-14, already past",
        "medium: 10000 EUR is at least 10000 EUR",
    )


def test_p2_today_is_not_past() -> None:
    lead = Lead("L", due=date(2026, 3, 15), deal_value=VALUE["small"])
    assert RATER.rate(lead, as_of=NOW).because == (
        "soon: due 2026-03-15, within 3 months",
        "small: 9999.99 EUR is less than 10000 EUR",
    )


def test_p2_today_is_the_utc_date_of_as_of() -> None:
    lead = Lead("L", due=date(2026, 6, 15), deal_value=VALUE["large"])
    tokyo = datetime(2026, 3, 15, 8, tzinfo=ZoneInfo("Asia/Tokyo"))
    assert rated(RATER, lead, tokyo) == "warm"


def test_p2_every_line_can_be_set() -> None:
    strict = TimelineAndSize(
        "30 days",
        medium=Money(1, "EUR"),
        large=Money(2, "EUR"),
        hot_from="large",
        warm_from="small",
    )
    soon, later = date(2026, 4, 14), date(2026, 4, 15)
    table = {
        (due, amount): rated(strict, Lead("L", due=due, deal_value=Money(amount, "EUR")))
        for due in (soon, later)
        for amount in (0, 1, 2)
    }
    assert list(table.values()) == ["cold", "cold", "hot", "warm", "warm", "warm"]


def test_a_span_far_ahead_makes_every_date_soon() -> None:
    rater = TimelineAndSize("9000 years", medium=Money(1, "EUR"), large=Money(2, "EUR"))
    lead = Lead("L", due=date.max, deal_value=Money(5, "EUR"))
    assert rated(rater, lead) == "hot"


def test_another_currency_needs_rates() -> None:
    lead = Lead("L", due=DUE["2 months"], deal_value=Money(11_000, "USD"))
    with pytest.raises(MixedCurrencies, match="USD and EUR"):
        RATER.rate(lead, as_of=NOW)
    rates = Rates("EUR", {"USD": Decimal("0.92")})
    with_rates = TimelineAndSize(medium=RATER.medium, large=RATER.large, rates=rates)
    assert rated(with_rates, lead) == "hot"
    assert rated(with_rates, Lead("L", due=DUE["2 months"], deal_value=Money(10_000, "USD"))) == (
        "cold"
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"medium": 10_000}, "TimelineAndSize.medium: expected Money, got 10000"),
        ({"medium": Money(0, "EUR")}, "an amount above 0"),
        ({"medium": Money(-1, "EUR")}, "an amount above 0"),
        ({"large": Money(10_000, "EUR")}, "TimelineAndSize.large: expected more than 10000 EUR"),
        ({"large": Money(50_000, "USD")}, "cannot compare"),
        ({"soon": "soon"}, "TimelineAndSize.soon"),
        ({"soon": "3 hours"}, "conditions count days"),
        ({"hot_from": "huge"}, "TimelineAndSize.hot_from: expected one of small, medium, large"),
        ({"warm_from": None}, "TimelineAndSize.warm_from"),
        ({"rates": {"USD": 1}}, "TimelineAndSize.rates: expected a Rates"),
    ],
)
def test_a_timeline_rater_that_cannot_work_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(LeadflowError) as refusal:
        TimelineAndSize(**{"medium": RATER.medium, "large": RATER.large, **options})
    assert words in str(refusal.value)


def test_a_naive_as_of_is_refused_by_every_rater() -> None:
    raters: list[Rater] = [RATER, Thresholds(2, 1), Readiness(2, 1), Categories([LAST])]
    for rater in raters:
        with pytest.raises(NaiveDatetime):
            rater.rate(Lead("L"), as_of=datetime(2026, 3, 15))


HYSTERESIS = Thresholds(60, 30, leave_hot=50, leave_warm=20)


@pytest.mark.parametrize(
    ("before", "score", "after"),
    [
        (None, 60, "hot"),
        (None, 59, "warm"),
        (None, 30, "warm"),
        (None, 29, "cold"),
        ("hot", 59, "hot"),
        ("hot", 50, "hot"),
        ("hot", 49, "warm"),
        ("hot", 20, "warm"),
        ("hot", 19, "cold"),
        ("warm", 59, "warm"),
        ("warm", 20, "warm"),
        ("warm", 19, "cold"),
        ("cold", 29, "cold"),
        ("cold", 60, "hot"),
        ("something else", 50, "warm"),
    ],
)
def test_thresholds_keep_a_rating_down_to_its_leave_line(
    before: str | None, score: int, after: str
) -> None:
    assert rated(HYSTERESIS, Lead("L", score=score, rating=before)) == after


def test_thresholds_without_leave_lines_have_no_memory() -> None:
    plain = Thresholds(hot=60, warm=30)
    assert rated(plain, Lead("L", score=59, rating="hot")) == "warm"
    assert rated(plain, Lead("L", score=29, rating="warm")) == "cold"


def test_thresholds_read_the_score_in_the_log() -> None:
    lead = Lead("L").after(Scored(61, NOW))
    assert rated(HYSTERESIS, lead) == "hot"
    assert rated(HYSTERESIS, lead, NOW - timedelta(seconds=1)) == "cold"


def test_thresholds_rate_a_lead_without_a_score_cold_and_ask_for_it() -> None:
    answer = HYSTERESIS.rate(Lead("L"), as_of=NOW)
    assert (answer.rating, answer.because, answer.ask) == ("cold", ("no score yet",), ("score",))


@pytest.mark.parametrize(
    ("before", "score", "because"),
    [
        (None, 61, "score 61 is at least 60"),
        ("hot", 55, "score 55: was hot, and stays so down to 50"),
        (None, 45, "score 45 is at least 30"),
        ("warm", 25, "score 25: was warm, and stays warm to 20"),
        (None, 25, "score 25 is less than 30"),
    ],
)
def test_thresholds_say_why(before: str | None, score: int, because: str) -> None:
    lead = Lead("L", score=score, rating=before)
    assert HYSTERESIS.rate(lead, as_of=NOW).because == (because,)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"hot": 30, "warm": 30}, "Thresholds.hot: expected more than warm, 30"),
        ({"hot": 20, "warm": 30}, "Thresholds.hot"),
        ({"hot": 60, "warm": 30, "leave_hot": 61}, "Thresholds.leave_hot: expected 60 or less"),
        ({"hot": 60, "warm": 30, "leave_warm": 31}, "Thresholds.leave_warm"),
        ({"hot": 60, "warm": 30, "leave_hot": 25}, "Thresholds.leave_hot: expected more than"),
        ({"hot": 60.5, "warm": 30}, "Thresholds.hot"),
        ({"hot": float("nan"), "warm": 30}, "Thresholds.hot"),
        ({"hot": "60", "warm": 30}, "Thresholds.hot"),
    ],
)
def test_thresholds_that_cannot_work_are_refused(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(LeadflowError) as refusal:
        Thresholds(**arguments)
    assert words in str(refusal.value)


READINESS = Readiness(self_closing=40, nudge=10, silence="30 days")


def engaged(points: int | None, days: float) -> Lead:
    heard = Activity("page_viewed", NOW - timedelta(days=days))
    return Lead("L", events=[heard, Scored(100, NOW - timedelta(hours=1), engagement=points)])


@pytest.mark.parametrize(
    ("lead", "kind", "because"),
    [
        (engaged(40, 1), "self-closing", "engagement 40 is at least 40"),
        (engaged(39, 1), "nudge", "engagement 39 is between 10 and 40"),
        (engaged(10, 30), "nudge", "engagement 10 is between 10 and 40"),
        (engaged(9, 1), "zombie", "engagement 9 is less than 10"),
        (engaged(40, 31), "zombie", "nothing heard since 2026-02-12, longer than 30 days"),
        (engaged(None, 1), "zombie", "no score with engagement yet"),
        (
            Lead("L", events=[Scored(50, NOW, engagement=50)]),
            "zombie",
            "nothing heard at all, longer than 30 days",
        ),
    ],
)
def test_a6_three_kinds_of_lead_are_told_apart(lead: Lead, kind: str, because: str) -> None:
    answer = READINESS.rate(lead, as_of=NOW)
    assert (answer.rating, answer.because) == (kind, (because,))


def test_a6_what_we_did_towards_the_lead_is_not_heard_from_it() -> None:
    lead = Lead("L", events=[Activity("email_sent", NOW), Scored(50, NOW, engagement=50)])
    assert rated(READINESS, lead) == "zombie"


def test_a6_the_latest_score_with_engagement_counts() -> None:
    lead = engaged(50, 1).after(Scored(5, NOW, engagement=12))
    assert rated(READINESS, lead) == "nudge"
    assert rated(READINESS, lead.after(Scored(5, NOW, sequence=9))) == "nudge"


def test_readiness_needs_its_lines_apart() -> None:
    with pytest.raises(LeadflowError, match="more than nudge, 10"):
        Readiness(10, 10)


LAST = Category("other", always())
P1 = Categories(
    [
        Category(
            "key account",
            field("employees").at_least(1_000),
            handled_by="enterprise team",
            procedure="visit within a week",
            task="visit",
        ),
        Category("engaged", activity("demo_requested"), task="call"),
        Category("other", always(), task="e-mail"),
    ]
)


def test_p1_categories_are_tested_from_the_top() -> None:
    asked = Activity("demo_requested", NOW)
    assert rated(P1, Lead("L", fields={"employees": 1_000}, events=[asked])) == "key account"
    assert rated(P1, Lead("L", fields={"employees": 999}, events=[asked])) == "engaged"
    assert rated(P1, Lead("L")) == "other"


def test_p1_a_category_says_who_handles_it_and_by_what_procedure() -> None:
    category = P1["key account"]
    assert (category.handled_by, category.procedure) == ("enterprise team", "visit within a week")
    assert P1.rate(Lead("L"), as_of=NOW).because == ("always",)


def test_p5_the_label_decides_which_task_follows() -> None:
    lead = Lead("L", events=[Activity("demo_requested", NOW)])
    lead = lead.after(P1.rate(lead, as_of=NOW))
    assert lead.rating == "engaged"
    assert P1[lead.rating].task == "call"


def test_an_unknown_label_names_the_known_ones() -> None:
    with pytest.raises(LeadflowError, match="one of key account, engaged, other"):
        P1["hot"]


def test_categories_report_all_problems_at_once() -> None:
    with pytest.raises(InvalidDefinition) as refusal:
        Categories(
            [Category("a", field("x_").equals(1)), 5, Category("a", field("y").equals(1))],  # type: ignore[list-item]
            schema=LeadSchema({"x": "number", "y": "number"}),
        )
    assert [str(problem) for problem in refusal.value.problems] == [
        "categories: expected a last category for all others, when=always()",
        "categories[0].when: unknown field 'x_': did you mean 'x'?",
        "categories[1]: expected a Category, got 5",
        "categories[2].name: 'a' is the name of an earlier one too",
    ]


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: Categories([]), "expected a last category"),
        (lambda: Categories("abc"), "Categories.categories: expected a list"),  # type: ignore[arg-type]
        (lambda: Category("x", True), "Category 'x' when: expected a condition"),  # type: ignore[arg-type]
        (lambda: Category("", always()), "Category.name"),
        (lambda: Categories([LAST], schema={}), "Categories.schema"),  # type: ignore[arg-type]
    ],
)
def test_categories_that_cannot_work_are_refused(build: Any, words: str) -> None:
    with pytest.raises(LeadflowError) as refusal:
        build()
    assert words in str(refusal.value)


def test_a_rating_joins_the_log_and_an_override_stands_before_it() -> None:
    lead = Lead("L", due=DUE["2 months"], deal_value=VALUE["large"])
    lead = lead.after(RATER.rate(lead, as_of=NOW))
    assert lead.rating == "hot"
    held = lead.after(Overridden("rating", "cold", NOW, reason="a student"))
    assert held.after(RATER.rate(lead, as_of=NOW + timedelta(days=1))).rating == "cold"


def test_a_host_can_write_a_rater_of_its_own() -> None:
    class ByCountry:
        def rate(self, lead: Lead, *, as_of: datetime) -> Rated:
            home = lead.values.get("country") == "PL"
            return Rated("home" if home else "abroad", as_of, because=("by country",))

    own: Rater = ByCountry()
    assert rated(own, Lead("L", fields={"country": "PL"})) == "home"


def test_a_rating_shows_itself_as_html_with_everything_escaped() -> None:
    html = Rated("<b>", NOW, because=("<i>why</i>",))._repr_html_()
    assert "&lt;b&gt;" in html
    assert "&lt;i&gt;why&lt;/i&gt;" in html
    assert "<i>" not in html


def test_spans_may_be_given_as_objects() -> None:
    assert TimelineAndSize(Span(months=3), medium=RATER.medium, large=RATER.large) == RATER

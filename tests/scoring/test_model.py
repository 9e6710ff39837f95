"""Scoring models: the order of limits, the explanations, and what is refused."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from leadflow import Activity, Lead, Money, Span, activity, always, any_of, field, tag
from leadflow.conditions import LeadSchema
from leadflow.errors import InvalidDefinition, InvalidValue, LeadflowError, NaiveDatetime
from leadflow.events import Disposition, Note
from leadflow.scoring import (
    Calibration,
    Categories,
    Category,
    Contribution,
    Expiry,
    Grid,
    Group,
    HalfLife,
    Rater,
    Readiness,
    Rule,
    Scores,
    ScoringModel,
    Thresholds,
)

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


def act(kind: str, days: float = 0, **data: Any) -> Activity:
    return Activity(kind, NOW - timedelta(days=days), data=data)


def model(*rules: Rule, **options: Any) -> ScoringModel:
    return ScoringModel("m", rules, **options)


def points(one: ScoringModel, lead: Lead, as_of: datetime = NOW) -> int:
    score = one.score(lead, as_of=as_of)
    assert score.points == one.points(lead, as_of=as_of)
    assert score.points == sum(c.points for c in score.contributions)
    return score.points


@pytest.fixture
def guide() -> ScoringModel:
    return model(
        Rule("contact form filled", +15, each=activity("form_submitted", form="contact")),
        Rule("welcome e-mail opened", +2, each=activity("email_opened"), distinct="email"),
        Rule("e-mail link clicked", +5, each=activity("email_clicked")),
        Rule("pricing page visited", +15, each=activity("page_viewed", page="/pricing")),
        Rule("blog post read", +2, each=activity("page_viewed", section="blog")),
        Rule("content downloaded", +10, each=activity("content_downloaded")),
        Rule("free trial started", +25, each=activity("trial_started")),
        Rule("unsubscribed", -5, each=activity("email_unsubscribed")),
    )


LEAD_A = Lead(
    "A",
    events=[
        *(act("content_downloaded", day, content=f"guide {day}") for day in (1, 2, 3)),
        *(act("email_opened", day, email=f"welcome {day}") for day in (1, 2, 3)),
        *(act("email_clicked", day, email=f"welcome {day}") for day in (1, 2, 3)),
        act("trial_started"),
    ],
)
LEAD_B = Lead(
    "B",
    events=[
        act("page_viewed", 1, page="/pricing"),
        act("email_opened", 2, email="welcome 1"),
        act("email_opened", 1, email="welcome 2"),
    ],
)


def test_a2_lead_a_has_76_points_and_ranks_above_lead_b_with_19(guide: ScoringModel) -> None:
    assert points(guide, LEAD_A) == 76
    assert points(guide, LEAD_B) == 19
    ranked = guide.score_all([LEAD_B, LEAD_A], as_of=NOW).ranked()
    assert [score.lead for score in ranked] == ["A", "B"]


@pytest.mark.parametrize(("lead", "before"), [(LEAD_A, 76), (LEAD_B, 19)])
def test_a2_unsubscribing_takes_5_from_either(guide: ScoringModel, lead: Lead, before: int) -> None:
    assert points(guide, lead.after(act("email_unsubscribed"))) == before - 5


def test_a2_opening_the_same_email_again_adds_nothing(guide: ScoringModel) -> None:
    assert points(guide, LEAD_B.after(act("email_opened", 0, email="welcome 1"))) == 19


def test_a_distinct_rule_ignores_activities_without_the_key(guide: ScoringModel) -> None:
    assert points(guide, Lead("C", events=[act("email_opened", 1)])) == 0


def test_distinct_counts_the_latest_per_value_and_fades_by_its_age() -> None:
    one = model(Rule("read", 8, each=activity("read"), distinct="content", fade=HalfLife("1 day")))
    lead = Lead("L", events=[act("read", 3, content="a"), act("read", 1, content="a")])
    assert points(one, lead) == 4


def test_distinct_values_of_two_kinds_are_two_values() -> None:
    one = model(Rule("read", 1, each=activity("read"), distinct="n"))
    values: list[Any] = [1, True, 1.0, Decimal(1), "1", date(2026, 1, 1)]
    lead = Lead("L", events=[act("read", day, n=value) for day, value in enumerate(values)])
    # 1, 1.0 and Decimal(1) are one number; True, "1" and the date are values of their own.
    assert points(one, lead) == 4


def test_distinct_may_name_the_channel() -> None:
    one = model(Rule("reached", 3, each=activity("contact"), distinct="channel"))
    channels = ("phone", "phone", "email")
    events = [Activity("contact", NOW, channel=channel) for channel in channels]
    assert points(one, Lead("L", events=events)) == 6


def test_limits_bite_in_the_order_rule_group_floor_and_ceiling() -> None:
    one = model(
        Rule("opened", 2, each=activity("email_opened"), limit=10, group="e-mail"),
        Rule("clicked", 5, each=activity("email_clicked"), group="e-mail"),
        Rule("big", 70, when=field("employees").at_least(50)),
        groups=[Group("e-mail", at_most=15)],
        ceiling=80,
    )
    events = [*(act("email_opened", day) for day in range(8)), act("email_clicked"),
              act("email_clicked", 1)]  # fmt: skip
    score = one.score(Lead("L", fields={"employees": 60}, events=events), as_of=NOW)
    assert [(c.rule, c.points, c.kind, c.times) for c in score.contributions] == [
        ("big", 70, "rule", 1),
        ("opened", 16, "rule", 8),
        ("opened", -6, "rule limit", 1),
        ("clicked", 10, "rule", 2),
        ("e-mail", -5, "group limit", 1),
        ("ceiling", -5, "ceiling", 1),
    ]
    assert (score.fit, score.engagement, score.points) == (70, 15, 80)


def test_a_limit_that_bites_says_what_it_holds_the_points_at() -> None:
    one = model(
        Rule("good", 4, each=activity("a"), limit=10),
        Rule("bad", -4, each=activity("b"), limit=-10),
    )
    lead = Lead("L", events=[act(kind, day) for kind in "ab" for day in range(3)])
    limits = {c.rule: c.because for c in one.score(lead, as_of=NOW).contributions if c.points > 0}
    assert limits == {"good": "each a", "bad": "at least -10"}


def test_negative_limits_and_a_floor_hold_points_up() -> None:
    one = model(
        Rule("bounced", -3, each=activity("email_bounced"), limit=-6),
        Rule("quiet", -4, each=activity("silence"), group="bad"),
        groups=[Group("bad", at_least=-10)],
        floor=-12,
    )
    lead = Lead("L", events=[act(k, day) for k in ("email_bounced", "silence") for day in range(4)])
    score = one.score(lead, as_of=NOW)
    assert score.points == points(one, lead) == -12
    assert {c.rule: c.points for c in score.contributions if c.kind != "rule"} == {
        "bounced": 6,
        "bad": 6,
        "floor": 4,
    }


def test_a_group_of_facts_is_limited_in_the_fit() -> None:
    one = model(
        Rule("big", 30, when=field("employees").at_least(50), group="size"),
        Rule("rich", 30, when=field("revenue").at_least(50), group="size"),
        groups=[Group("size", at_most=40)],
    )
    score = one.score(Lead("L", fields={"employees": 50, "revenue": 50}), as_of=NOW)
    assert (score.fit, score.engagement, score.points) == (40, 0, 40)


def test_a_group_within_its_limits_changes_nothing() -> None:
    one = model(
        Rule("big", 30, when=field("employees").at_least(50), group="size"),
        groups=[Group("size", at_most=30)],
    )
    assert points(one, Lead("L", fields={"employees": 50})) == 30


def test_a_floor_and_a_ceiling_leave_points_between_them_alone() -> None:
    one = model(Rule("big", 30, when=field("employees").at_least(50)), floor=0, ceiling=100)
    assert points(one, Lead("L", fields={"employees": 50})) == 30
    assert points(one, Lead("L")) == 0


def test_an_occurrence_that_has_faded_to_nothing_no_longer_matches() -> None:
    one = model(Rule("trial", 25, each=activity("trial_started"), fade=HalfLife("14 days")))
    lead = Lead("L", events=[act("trial_started", 80)])
    score = one.score(lead, as_of=NOW)
    assert (score.points, score.contributions) == (0, ())
    assert [rule.rule for rule in score.unmatched] == ["trial"]


@pytest.mark.parametrize(("days", "left"), [(0, 25), (14, 13), (28, 6), (79, 1), (80, 0)])
def test_points_fade_with_age_in_utc_days(days: int, left: int) -> None:
    one = model(Rule("trial", 25, each=activity("trial_started"), fade=HalfLife("14 days")))
    assert points(one, Lead("L", events=[act("trial_started", days)])) == left


def test_an_expiry_counts_up_to_its_last_utc_day() -> None:
    one = model(Rule("call", 9, each=activity("call"), fade=Expiry("7 days")))
    midnight = datetime(2026, 3, 13, tzinfo=UTC)
    assert points(one, Lead("L", events=[Activity("call", midnight)])) == 9
    before = midnight - timedelta(microseconds=1)
    assert points(one, Lead("L", events=[Activity("call", before)])) == 0


def test_an_activity_after_as_of_has_not_happened(guide: ScoringModel) -> None:
    assert points(guide, LEAD_B, NOW - timedelta(days=1, hours=1)) == 2


def test_win_probability_comes_from_the_calibration() -> None:
    one = model(
        Rule("big", 45, when=field("employees").at_least(50)),
        calibration=Calibration(below=0.1, steps=[(45, 0.9)]),
    )
    assert one.score(Lead("L", fields={"employees": 50}), as_of=NOW).win_probability == 0.9
    assert one.score(Lead("L"), as_of=NOW).win_probability == 0.1


def test_a_model_without_calibration_gives_no_win_probability(guide: ScoringModel) -> None:
    assert guide.score(LEAD_A, as_of=NOW).win_probability is None


def test_the_score_joins_the_log_as_an_event(guide: ScoringModel) -> None:
    score = guide.score(LEAD_A, as_of=NOW)
    lead = LEAD_A.after(score.event)
    assert lead.score == 76
    assert (score.event.fit, score.event.engagement) == (0, 76)
    assert (score.event.model, score.event.version, score.event.at) == ("m", "1", NOW)


def test_a_score_explains_itself_largest_first() -> None:
    one = model(
        Rule("mid-market", 20, when=field("employees").between(50, 1_000)),
        Rule("opened", 2, each=activity("email_opened"), limit=4),
        Rule("clicked", 5, each=activity("email_clicked")),
        calibration=Calibration(below=0.125, steps=[(100, 0.5)]),
    )
    events = [act("email_opened", day) for day in range(3)]
    score = one.score(Lead("L", fields={"employees": 120}, events=events), as_of=NOW)
    expected = [
        "L: 24 points (fit 20, engagement 4) by m version 1 as of 2026-03-20 12:00 UTC",
        "  win probability 12.5%",
        "  +20  mid-market: employees is between 50 and 1000",
        "  +6  opened x 3: each email_opened",
        "  -2  opened (rule limit): at most +4",
    ]
    assert score.explain().splitlines() == expected
    assert score.explain(unmatched=True).splitlines() == [
        *expected,
        "  not +5  clicked: each email_clicked",
    ]


def test_scores_are_a_sequence_in_the_order_of_the_leads(guide: ScoringModel) -> None:
    scores = guide.score_all([LEAD_A, LEAD_B], as_of=NOW)
    assert [score.lead for score in scores] == ["A", "B"]
    assert scores[1].points == 19
    assert isinstance(scores[:1], Scores)
    assert len(scores[:1]) == 1


def test_scores_of_equal_points_rank_by_lead_id(guide: ScoringModel) -> None:
    scores = guide.score_all([Lead("b"), Lead("a")], as_of=NOW).ranked()
    assert [score.lead for score in scores] == ["a", "b"]


@pytest.mark.parametrize(("count", "told"), [(0, []), (5, [5]), (1_000, [1_000]),
                                             (2_003, [1_000, 1_000, 3])])  # fmt: skip
def test_progress_hears_of_every_lead_once(
    guide: ScoringModel, count: int, told: list[int]
) -> None:
    heard: list[int] = []
    guide.score_all([Lead("L")] * count, as_of=NOW, progress=heard.append)
    assert heard == told


def test_html_shows_points_and_escapes_names() -> None:
    evil = "<script>alert(1)</script>"
    one = ScoringModel(evil, [Rule(evil, 5, when=field("name").equals(evil))])
    lead = Lead(evil, fields={"name": evil})
    score = one.score(lead, as_of=NOW)
    scores = one.score_all([lead] * 101, as_of=NOW)
    for shown in (one, score, scores):
        html = shown._repr_html_()
        assert "<script>" not in html
        assert "&lt;script&gt;" in html
        assert "+5" in html
    assert "101 scores, the first 100 shown" in scores._repr_html_()


def test_a_model_shows_the_limit_of_a_rule_as_html() -> None:
    opened = activity("email_opened")
    rules = [Rule("opened", 2, each=opened, limit=20), Rule("left", -5, each=opened, limit=-10)]
    html = ScoringModel("inbound", [*rules, Rule("once", 7, when=opened)])._repr_html_()
    assert [shown in html for shown in (">+20<", ">-10<", "><")] == [True, True, True]


def test_a_naive_as_of_is_refused(guide: ScoringModel) -> None:
    naive = datetime(2026, 3, 20)
    for call in (guide.score, guide.points):
        with pytest.raises(NaiveDatetime, match="as_of"):
            call(LEAD_A, as_of=naive)


def test_what_is_no_lead_is_refused_with_a_hint(guide: ScoringModel) -> None:
    raters: list[Rater] = [
        Thresholds(2, 1),
        Readiness(2, 1),
        Categories([Category("all", always())]),
    ]
    calls: list[Callable[..., object]] = [
        guide.score,
        guide.points,
        tag("x").matches,
        *(rater.rate for rater in raters),
    ]
    for thing in ({"employees": 5}, guide.score(LEAD_A, as_of=NOW), None):
        for call in calls:
            with pytest.raises(InvalidValue, match="lead: expected a Lead"):
                call(thing, as_of=NOW)


def test_an_as_of_in_another_zone_is_the_same_instant(guide: ScoringModel) -> None:
    from zoneinfo import ZoneInfo

    local = NOW.astimezone(ZoneInfo("Asia/Tokyo"))
    assert guide.score(LEAD_A, as_of=local) == guide.score(LEAD_A, as_of=NOW)


def test_models_pickle_also_after_use(guide: ScoringModel) -> None:
    guide.points(LEAD_A, as_of=NOW)
    copy = pickle.loads(pickle.dumps(guide))
    assert copy == guide
    assert copy.points(LEAD_A, as_of=NOW) == 76


def test_conditions_that_cannot_be_looked_up_are_asked_singly() -> None:
    one = model(
        Rule("title", 1, when=field("title").contains("CEO")),
        Rule("fresh", 2, when=field("created_at").in_last("7 days")),
        Rule("affordable", 4, when=field("price").at_most(field("budget"))),
        Rule("rich", 8, when=field("deal_value").at_least(Money(100, "EUR"))),
        Rule("vip", 16, when=tag("vip")),
        Rule("two", 32, when=field("a").equals(1) & field("b").equals(2)),
        Rule("started", 64, when=field("start").at_least(date(2026, 1, 1))),
        Rule("everyone", 128, when=always()),
        Rule("asked", 256, when=any_of(activity("call"), activity("meeting")).__invert__()),
    )
    lead = Lead(
        "L",
        NOW,
        deal_value=Money(100, "EUR"),
        tags=["vip"],
        fields={"title": "CEO", "price": 5, "budget": 5, "a": 1, "b": 2, "start": date(2026, 1, 1)},
    )
    assert points(one, lead) == 511
    assert points(one, Lead("M")) == 128 + 256


def test_l5_browsing_then_asking_for_a_demo_is_sales_ready_a_newsletter_alone_is_not() -> None:
    pattern = activity("page_viewed", section="product").then(
        activity("demo_requested"), within="7 days"
    )
    one = model(Rule("sales-ready", 50, when=pattern))
    browsed = act("page_viewed", 3, section="product")
    assert points(one, Lead("ready", events=[browsed, act("demo_requested", 1)])) == 50
    assert points(one, Lead("not yet", events=[browsed])) == 0
    assert points(one, Lead("reader", events=[act("newsletter_subscribed", 1)])) == 0


def test_a4_facts_that_size_the_deal_feed_the_score() -> None:
    one = model(
        Rule("50 employees or more", 20, when=field("employees").at_least(50)),
        Rule("100 users or more", 15, when=field("users").at_least(100)),
        Rule("has our problem", 25, when=field("problem").equals("spreadsheets")),
    )
    lead = Lead("L", fields={"employees": 80, "users": 120, "problem": "spreadsheets"})
    assert points(one, lead) == 60


SAME: Callable[[int], Rule] = lambda worth: Rule("same", worth, when=always())  # noqa: E731


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rules": 5}, "ScoringModel.rules: expected a list, got 5"),
        ({"rules": [SAME(1)], "groups": "g"}, "ScoringModel.groups: expected a list, got 'g'"),
        ({"rules": [SAME(1)], "schema": {}}, "ScoringModel 'm' schema: expected a LeadSchema"),
        ({"rules": [SAME(1)], "calibration": 1}, "ScoringModel 'm' calibration"),
        ({"rules": []}, "rules: expected at least one rule"),
        ({"rules": [SAME(1), SAME(2)]}, "rules[1].name: 'same' is the name of rules[0] too"),
        ({"rules": ["x"]}, "rules[0]: expected a Rule, got 'x'"),
        ({"rules": [SAME(1)], "groups": [5]}, "groups[0]: expected a Group, got 5"),
        (
            {"rules": [SAME(1)], "groups": [Group("g", at_most=1), Group("g", at_most=2)]},
            "groups[1].name: 'g' is the name of groups[0] too",
        ),
        (
            {
                "rules": [Rule("r", 1, when=always(), group="mial")],
                "groups": [Group("mail", at_most=1)],
            },
            "rules[0].group: there is no group 'mial': did you mean 'mail'?",
        ),
        (
            {
                "rules": [
                    Rule("f", 1, when=tag("x"), group="g"),
                    Rule("e", 1, when=activity("call"), group="g"),
                ],
                "groups": [Group("g", at_most=1)],
            },
            "rules[1].group: a group has one dimension; 'g' holds fit rules and 'e' is engagement",
        ),
        ({"rules": [SAME(1)], "floor": 10, "ceiling": 5}, "floor: expected at most the ceiling 5"),
        ({"rules": [SAME(1)], "floor": 1.5}, "ScoringModel 'm' floor"),
        ({"rules": [SAME(1)], "ceiling": float("inf")}, "ScoringModel 'm' ceiling"),
        ({"rules": [SAME(1)], "version": ""}, "ScoringModel 'm' version"),
        (
            {
                "rules": [Rule("r", 1, when=field("employes").at_least(5))],
                "schema": LeadSchema({"employees": int}),
            },
            "rules[0].when: unknown field 'employes': did you mean 'employees'?",
        ),
        (
            {
                "rules": [Rule("r", 1, each=activity("call").where(field("secs").at_least(5)))],
                "schema": LeadSchema({}, {"call": {"seconds": int}}),
            },
            "rules[0].each.where: unknown field 'secs'",
        ),
    ],
)
def test_a_model_that_cannot_work_is_refused_with_the_place(
    options: dict[str, Any], words: str
) -> None:
    with pytest.raises(LeadflowError) as refusal:
        ScoringModel("m", **options)
    assert words in str(refusal.value)


def test_all_problems_are_reported_at_once() -> None:
    with pytest.raises(InvalidDefinition) as refusal:
        model(SAME(1), SAME(2), Rule("r", 1, when=always(), group="none"), floor=2, ceiling=1)
    assert [problem.path for problem in refusal.value.problems] == [
        "rules[1].name",
        "rules[2].group",
        "floor",
    ]


def test_ten_thousand_rules_are_the_most() -> None:
    rules = [Rule(f"r{n}", 1, when=field("n").equals(n)) for n in range(10_001)]
    assert points(model(*rules[:-1]), Lead("L", fields={"n": 77})) == 1
    with pytest.raises(InvalidDefinition, match="at most 10,000 rules"):
        model(*rules)


def test_the_nodes_of_all_conditions_together_are_limited() -> None:
    many = any_of(*(field("n").equals(n) for n in range(9_999)))
    rules = [Rule(f"r{n}", 1, when=many) for n in range(11)]
    assert len(model(*rules[:10]).rules) == 10
    with pytest.raises(InvalidDefinition, match="at most 100,000 nodes"):
        model(*rules)


def test_the_days_of_fading_in_all_rules_together_are_limited() -> None:
    def fading(count: int, days: int = 3_660) -> list[Rule]:
        fade = Expiry(Span(days=days))
        return [Rule(f"r{n}", n + 1, each=activity("x"), fade=fade) for n in range(count)]

    assert len(model(*fading(68), *[]).rules) == 68
    with pytest.raises(InvalidDefinition, match="at most 250,000 days of fading"):
        model(*fading(69))


def test_rules_that_fade_alike_count_once_against_the_limit() -> None:
    half_life = HalfLife("3660 days")
    rules = [Rule(f"r{n}", 5, each=activity("x"), fade=half_life) for n in range(100)]
    assert points(model(*rules), Lead("L", events=[act("x", 10)])) == 500


def test_check_warns_of_what_can_never_add_anything() -> None:
    one = model(
        Rule("nothing", 0, when=always()),
        Rule("never", 5, when=field("n").more_than(5) & field("n").less_than(3)),
        Rule("capped", 5, when=field("n").equals(1), group="zero"),
        Rule("lifted", -5, when=field("n").equals(1), group="up"),
        Rule("fine", 5, when=field("n").equals(1), group="ten"),
        Rule("text", 5, when=field("n").contains("x")),
        Rule("each", 5, each=activity("call")),
        groups=[
            Group("zero", at_most=0),
            Group("up", at_least=0),
            Group("ten", at_most=10),
            Group("idle", at_most=1),
        ],
    )
    assert [str(problem) for problem in one.check()] == [
        "rules[0].points: 'nothing' gives 0 points",
        "rules[1].when: 'never' can never match: n is more than 5 and n is less than 3",
        "rules[2].group: 'capped' adds nothing: its group is held at 0",
        "rules[3].group: 'lifted' adds nothing: its group is held at 0",
        "groups[3]: no rule belongs to 'idle'",
    ]


def test_check_finds_behaviour_that_can_never_happen() -> None:
    contradiction = field("page").equals("/a") & field("page").equals("/b")
    one = model(
        Rule("each", 1, each=activity("page_viewed").where(contradiction)),
        Rule("then", 1, when=activity("call").then(activity("page_viewed").where(contradiction))),
    )
    assert [problem.path for problem in one.check()] == ["rules[0].each", "rules[1].when"]


@pytest.mark.parametrize(
    ("worth", "ends", "words"),
    [
        (5, {"floor": 0, "ceiling": 0}, "floor: floor and ceiling are one: every lead has 0"),
        (-5, {"floor": 0}, "floor: no rule lifts a lead above the floor of 0"),
        (5, {"ceiling": 0}, "ceiling: no rule takes a lead below the ceiling of 0"),
    ],
)
def test_check_warns_of_ends_that_leave_no_room(
    worth: int, ends: dict[str, int], words: str
) -> None:
    (problem,) = model(Rule("r", worth, when=tag("vip")), **ends).check()
    assert words in str(problem)


def test_check_does_not_warn_of_ends_with_room() -> None:
    up, down = Rule("up", 5, when=tag("a")), Rule("down", -5, when=tag("b"))
    for ends in ({"floor": 0}, {"ceiling": 0}, {"floor": 0, "ceiling": 5}, {"floor": -9}):
        assert model(up, down, **ends).check() == ()
    assert model(down, floor=-9).check() == ()
    assert model(up, ceiling=9).check() == ()


@pytest.mark.parametrize(
    "condition",
    [
        ~always(),
        ~(always() & always()),
        ~(tag("x") | ~tag("x")),
        tag("x") & field("n").equals(1) & ~tag("x"),
        tag("x") & (field("n").equals(1) & field("n").equals(2)),
        any_of(~always(), tag("x") & ~tag("x")),
        field("n").equals(1) & field("n").equals(2) & field("m").is_known(),
        activity("call") & activity("call").never(),
        ~any_of(field("n").at_least(5), field("n").less_than(5), ~field("n").between(0, 9)),
        field("n").is_known() & field("n").is_unknown(),
        field("n").equals("a") & field("n").equals("b"),
        field("n").equals(True) & field("n").equals(1),
        ~(field("n").is_known() | field("n").is_unknown()),
    ],
)
def test_check_finds_contradictions_of_every_kind(condition: Any) -> None:
    assert "can never match" in str(model(Rule("r", 1, when=condition)).check()[0])


def test_check_does_not_warn_of_what_can_match() -> None:
    for condition in (
        ~field("n").equals("a"),
        activity("call") & activity("email_sent").never(),
        activity("call").times(at_most=0),
        tag("x") & ~tag("y"),
        ~any_of(field("n").at_least(5), field("n").less_than(5)),
        ~(field("n").equals(2**53) | field("n").equals(2**53 + 1)),
        field("n").equals(False),
        field("n").is_unknown(),
        field("n").is_known() & ~field("n").one_of(1, 2, "x", True, False),
    ):
        assert model(Rule("r", 1, when=condition)).check() == ()


def test_a_grade_places_the_halves_of_a_score() -> None:
    one = model(Rule("big", 30, when=field("employees").at_least(50)))
    score = one.score(Lead("L", fields={"employees": 50}), as_of=NOW)
    assert score.grade(Grid(fit=(30, 20), engagement=(50, 10))) == "A3"


def test_a_contribution_reads_as_a_line() -> None:
    assert str(Contribution("r", 5, "why", 2)) == "+5  r x 2: why"


@pytest.mark.parametrize(
    ("fit", "engagement", "grade"),
    [(40, 50, "A1"), (39, 50, "B1"), (20, 49, "B2"), (19, 10, "C2"), (0, 9, "C3"), (-5, -5, "C3")],
)
def test_a_grade_is_a_letter_for_fit_and_a_number_for_engagement(
    fit: int, engagement: int, grade: str
) -> None:
    assert Grid(fit=(40, 20), engagement=(50, 10)).grade(fit, engagement) == grade


@pytest.mark.parametrize(
    ("fit", "words"),
    [
        ((), "got none"),
        ((10, 20), "each below the one before"),
        ((10, 10), "10, 10"),
        ("AB", "a list"),
        ((1.5,), "a whole number"),
        (7, "a list"),
        (tuple(range(26, 0, -1)), "1 to 25 thresholds"),
    ],
)
def test_a_grid_that_cannot_work_is_refused(fit: Any, words: str) -> None:
    with pytest.raises(LeadflowError) as refusal:
        Grid(fit=fit, engagement=(1,))
    assert "Grid.fit" in str(refusal.value)
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("points_", "chance"), [(-5, 0.1), (19, 0.1), (20, 0.5), (44, 0.5), (45, 0.9), (99, 0.9)]
)
def test_a_calibration_takes_the_highest_step_reached(points_: int, chance: float) -> None:
    assert Calibration(below=0.1, steps=[(20, 0.5), (45, 0.9)]).probability(points_) == chance


@pytest.mark.parametrize(
    ("below", "steps", "words"),
    [
        (1.5, [(1, 0.5)], "Calibration.below: expected a number between 0 and 1"),
        (-0.1, [(1, 0.5)], "Calibration.below"),
        (float("nan"), [(1, 0.5)], "Calibration.below"),
        (0, [], "no steps"),
        (0, [(1, 2)], "Calibration.steps"),
        (0, [(1, 0.5, 3)], "pairs"),
        (0, [(1.5, 0.5)], "points are whole"),
        (0, [(2, 0.5), (1, 0.6)], "points that rise"),
        (0, [(2, 0.5), (2, 0.6)], "points that rise"),
        (0, [5], "Calibration.steps: expected a list, got 5"),
        (0, 5, "Calibration.steps: expected a list"),
    ],
)
def test_a_calibration_that_cannot_work_is_refused(below: Any, steps: Any, words: str) -> None:
    with pytest.raises(LeadflowError) as refusal:
        Calibration(below=below, steps=steps)
    assert words in str(refusal.value)


# After a reset of the engagement


@pytest.fixture
def worked() -> ScoringModel:
    return model(
        Rule("mid-market", 20, when=field("employees").at_least(50)),
        Rule("opened", 5, each=activity("email_opened")),
        Rule("must have", 7, each=activity("note", need="must-have")),
        Rule("demo after opening", 30, when=activity("email_opened").then(activity("demo"))),
        Rule("turned down", -3, each=activity("disposition", outcome="unqualified")),
        Rule("said they will come back", 11, when=field("reason").equals("timing")),
    )


def ended(days: float, *, resets: bool = True) -> Disposition:
    return Disposition("unqualified", NOW - timedelta(days=days), resets_engagement=resets)


def need(days: float) -> Note:
    return Note("SSO", NOW - timedelta(days=days), need="must-have")


def test_a_reset_leaves_fit_and_takes_the_engagement(worked: ScoringModel) -> None:
    before = (act("email_opened", 9), act("demo", 8), need(8), act("email_opened", 5), need(5))
    lead = Lead("L", fields={"employees": 80, "reason": "timing"}, events=before)
    score = worked.score(lead.after(ended(5)), as_of=NOW)
    assert (score.fit, score.engagement, score.points) == (31, -3, 28)
    assert points(worked, lead.after(ended(5))) == 28
    assert points(worked, lead.after(ended(5, resets=False))) == 31 + 10 + 14 + 30 - 3
    assert [c.rule for c in score.contributions if c.dimension == "engagement"] == ["turned down"]


def test_what_happens_after_a_reset_counts_again(worked: ScoringModel) -> None:
    log = (act("email_opened", 9), need(9), ended(5), act("demo", 4))
    lead = Lead("L", events=log)
    assert points(worked, lead) == -3
    assert points(worked, lead.after(act("email_opened", 4.5), need(1))) == 5 + 7 + 30 - 3
    again = lead.after(act("email_opened", 3), ended(2), act("email_opened", 1))
    assert points(worked, again) == 5 - 3 - 3


def test_before_a_reset_the_engagement_counts(worked: ScoringModel) -> None:
    lead = Lead("L", events=[act("email_opened", 9), need(8), ended(5)])
    assert points(worked, lead, NOW - timedelta(days=6)) == 5 + 7
    assert points(worked, lead, NOW - timedelta(days=5)) == -3


def test_conditions_and_raters_see_what_no_longer_scores() -> None:
    lead = Lead("L", events=[act("email_opened", 9), ended(5)])
    opened = activity("email_opened")
    assert opened.matches(lead, as_of=NOW)
    rater = Categories([Category("has opened", opened), Category("never did", always())])
    assert rater.rate(lead, as_of=NOW).rating == "has opened"
    assert points(model(Rule("opened", 5, when=opened)), lead) == 0


def test_leads_and_instants_of_subclasses_are_reset_too(worked: ScoringModel) -> None:
    class Instant(datetime):
        """An instant of another type, as dataframes have them."""

    class Customer(Lead):
        """A lead of another type."""

    as_of = Instant(2026, 3, 20, 12, tzinfo=UTC)
    for of in (Lead, Customer):
        lead = of("L", events=[act("email_opened", 9), ended(5)])
        assert points(worked, lead, as_of) == points(worked, lead, NOW) == -3

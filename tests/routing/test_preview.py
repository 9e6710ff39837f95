"""The preview."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from leadflow import Lead, field
from leadflow.events import Assignment, FieldsSet, Overridden
from leadflow.routing import Absence, Held, LeastLoaded, Rep, Roster, Router, RoutingRule

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ROUTER = Router(
    [
        RoutingRule("large", when=field("n").at_least(500), to="key"),
        RoutingRule("small", when=field("n").less_than(500), by=LeastLoaded()),
        RoutingRule("<none>", when=field("n").is_unknown(), to=["ada"]),
    ]
)
AWAY = Absence(NOON, NOON + timedelta(hours=3), "<dentist>")
ROSTER = Roster([Rep("ada", team="key", away=[AWAY]), Rep("bo"), Rep("cy")])


def test_the_preview_shows_the_rules_that_were_asked_and_why_not_the_others() -> None:
    preview = ROUTER.preview(Lead("L", fields={"n": 20}), ROSTER, NOON)
    assert str(preview).splitlines() == [
        "L to bo: least loaded: 0 units open",
        "  rule 'large' is not met: n is at least 500",
        "  rule 'small' decides, LeastLoaded",
        "  not ada, away: <dentist> until 2026-03-02 15:00 UTC",
        "  not cy, not this turn",
    ]
    assert repr(preview) == str(preview)
    assert [(asked.rule.name, asked.is_met) for asked in preview.asked] == [
        ("large", False),
        ("small", True),
    ]


def test_the_answer_of_a_preview_is_the_one_that_assign_gives() -> None:
    for size in (900, 20, None):
        lead = Lead("L", fields={"n": size})
        assert ROUTER.preview(lead, ROSTER, NOON).answer == ROUTER.assign(lead, ROSTER, NOON)


def test_the_preview_of_a_held_lead_says_when_to_ask_again() -> None:
    preview = ROUTER.preview(Lead("L"), ROSTER, NOON)
    assert isinstance(preview.answer, Held)
    lines = str(preview).splitlines()
    assert lines[0] == (
        "L held: rule '<none>': nobody may take it: 1 away; ask again at 2026-03-02 15:00 UTC"
    )
    assert lines[-1] == "  not ada, away: <dentist> until 2026-03-02 15:00 UTC"


def test_no_rule_is_asked_where_a_person_chose() -> None:
    lead = Lead("L", events=[Overridden("owner", "cy", NOON, reason="old friends")])
    preview = ROUTER.preview(lead, ROSTER, NOON)
    assert preview.asked == ()
    assert str(preview) == "L to cy: owner overridden: old friends"


def test_the_default_is_asked_last() -> None:
    router = Router(ROUTER.rules[:1], otherwise=RoutingRule("rest"))
    preview = router.preview(Lead("L"), ROSTER, NOON)
    assert [(one.rule.name, one.is_met) for one in preview.asked] == [
        ("large", False),
        ("rest", True),
    ]
    assert str(preview).splitlines()[0] == "L to bo: had no turn yet"


def test_the_lead_is_shown_as_it_was_at_the_instant() -> None:
    lead = Lead("L", fields={"n": 20}, events=[FieldsSet({"n": 900}, NOON)])
    before = ROUTER.preview(lead, ROSTER, NOON - timedelta(hours=1))
    assert isinstance(before.answer, Assignment)
    assert before.answer.rule == "small"


def test_a_preview_changes_nothing() -> None:
    lead, roster = Lead("L", fields={"n": 20}), Roster(ROSTER.reps)
    state = (repr(lead), dict(roster.workloads), roster.version, repr(roster.seats))
    first = ROUTER.preview(lead, roster, NOON)
    for _ in range(5):
        assert ROUTER.preview(lead, roster, NOON).answer == first.answer
    assert (repr(lead), dict(roster.workloads), roster.version, repr(roster.seats)) == state
    assert roster == ROSTER


def test_the_preview_as_html_is_escaped() -> None:
    html = ROUTER.preview(Lead("L"), ROSTER, NOON)._repr_html_()
    assert "&lt;none&gt;" in html
    assert "&lt;dentist&gt;" in html
    assert "<none>" not in html
    assert "<dentist>" not in html


def test_a_rule_that_overflows_is_said_to_have_nobody_and_not_to_decide() -> None:
    router = Router([RoutingRule("x", overflow=True, to=["ada"]), RoutingRule("y")])
    preview = router.preview(Lead("L"), ROSTER, NOON)
    assert [str(asked) for asked in preview.asked] == [
        "rule 'x' has nobody: nobody may take it: 1 away",
        "rule 'y' decides, LeastRecent",
    ]


def test_a_rule_that_holds_the_lead_is_said_to_have_nobody() -> None:
    preview = ROUTER.preview(Lead("L"), ROSTER, NOON)
    assert str(preview.asked[-1]) == "rule '<none>' has nobody: nobody may take it: 1 away"

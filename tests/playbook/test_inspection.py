"""What is surely not meant in a playbook: in each part, and between the parts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from leadflow import Lead, activity, always, field
from leadflow.actions import (
    Action,
    Assign,
    Convert,
    CreateTask,
    Dispose,
    Enrol,
    Move,
    SendMessage,
    Tag,
    Withdraw,
)
from leadflow.automation import (
    Branch,
    Content,
    DateReached,
    Form,
    Happens,
    RatingBecomes,
    ScoreFallsBelow,
    ScoreReaches,
    Sequence,
    Split,
    StageEntered,
    StageOverdue,
    Step,
    Trigger,
    When,
    happens,
)
from leadflow.conditions import LeadSchema
from leadflow.disposition import DispositionPolicy, Qualifier, Reason, Segment
from leadflow.events import Rated
from leadflow.pipeline import Pipeline, Stage
from leadflow.playbook import Playbook, Procedure
from leadflow.routing import Rep, Roster, Router, RoutingRule
from leadflow.scoring import (
    Categories,
    Category,
    Readiness,
    Rule,
    ScoringModel,
    Thresholds,
)

SALES = Pipeline.linear("sales", [Stage("talk"), Stage("quote"), Stage("won", kind="won")])
MODEL = ScoringModel("m", [Rule("form", 10, each=activity("form_submitted"))])
SCHEMA = LeadSchema({"employees": "number", "email": "text", "renewal": "date"})
POLICY = DispositionPolicy([Reason("price", outcomes=["unqualified"])])
ROSTER = Roster([Rep("ada", team="inside"), Rep("bo")])
CLICKED = happens("email_clicked")
TYPO = field("employes").at_least(5)
UNKNOWN = "unknown field 'employes': did you mean 'employees'?"


def found(roster: Roster | None = None, **parts: Any) -> list[str]:
    return [str(problem) for problem in Playbook("p", **parts).check(roster)]


def acting(*actions: Action, roster: Roster | None = None, **parts: Any) -> list[str]:
    return found(roster, automations=[When(CLICKED, then=actions, name="r")], **parts)


def triggered(trigger: Trigger, **parts: Any) -> list[str]:
    return found(automations=[When(trigger, then=[Tag("t")], name="r")], **parts)


def test_an_empty_playbook_and_a_whole_one_have_no_problems() -> None:
    assert found() == []
    whole = found(
        ROSTER,
        schema=SCHEMA,
        scoring=MODEL,
        rater=Thresholds(hot=60, warm=30),
        router=Router([RoutingRule("all", to="inside")]),
        pipelines=[SALES],
        policy=POLICY,
        procedures=[Procedure("hot", [CreateTask("call", rep="ada")])],
        sequences=[Sequence("s", [Step("a", None, [SendMessage("m")])])],
        library=[Content("m", "Message")],
        automations=[
            When(ScoreReaches(60), then=[Enrol("s"), Move("quote"), Convert("sales")], name="a"),
            When(ScoreFallsBelow(30), then=[Withdraw("s"), Assign(), SendMessage()], name="b"),
            When(StageEntered("won"), then=[Dispose("unqualified", "price")], name="c"),
        ],
    )
    assert whole == []


# Each part by itself


def test_each_part_is_asked_by_itself() -> None:
    never = field("n").more_than(10) & field("n").less_than(5)
    model = ScoringModel("m", [Rule("nothing", 0, when=never)])
    problems = found(
        ROSTER,
        scoring=model,
        policy=DispositionPolicy([Reason("bad", verify_contact=True)]),
        router=Router([RoutingRule("all", to="outside")]),
        automations=[When(CLICKED, never, [Tag("t")], name="r")],
    )
    assert [problem.split(":")[0] for problem in problems] == [
        "scoring.rules[0].points",
        "scoring.rules[0].when",
        "policy.verifiers",
        "router.rules[0].to",
        "automations[0].if",
    ]
    assert "'r' can never fire" in problems[-1]


# Conditions and the schema


@pytest.mark.parametrize(
    ("parts", "path"),
    [
        ({"scoring": ScoringModel("m", [Rule("r", 1, when=TYPO)])}, "scoring.rules[0].when"),
        (
            {"rater": Categories([Category("a", when=TYPO), Category("b", when=always())])},
            "rater.categories[0].when",
        ),
        ({"qualifier": Qualifier(TYPO)}, "qualifier.mql"),
        ({"router": Router([RoutingRule("r", when=TYPO)])}, "router.rules[0].when"),
        ({"automations": [When(CLICKED, TYPO, [Tag("t")])]}, "automations[0].if"),
        ({"segments": [Segment("s", TYPO)]}, "segments[0].when"),
        ({"splits": [Split("s", {"a": 1, "b": 1}, when=TYPO)]}, "splits[0].when"),
        ({"library": [Content("c", "C", when=TYPO)]}, "library[0].when"),
        (
            {"pipelines": [Pipeline.linear("p", [Stage("a", entry=TYPO), Stage("w", kind="won")])]},
            "pipelines[0].stages[0].entry",
        ),
        ({"sequences": [Sequence("s", [Step("a")], when=TYPO)]}, "sequences[0].when"),
        (
            {"sequences": [Sequence("s", [Step("a")], when=always(), goal=TYPO)]},
            "sequences[0].goal",
        ),
        (
            {
                "sequences": [
                    Sequence("s", [Step("a", branches=[Branch([Tag("t")], TYPO)])], when=always())
                ]
            },
            "sequences[0].steps[0].branches[0].when",
        ),
        (
            {
                "pipelines": [
                    Pipeline.linear(
                        "p", [Stage("a", requires=["employes"]), Stage("w", kind="won")]
                    )
                ]
            },
            "pipelines[0].stages[0].requires",
        ),
        ({"forms": [Form("f", {"staff": "employes"})]}, "forms[0].fields.staff"),
        (
            {"automations": [When(DateReached("employes"), then=[Tag("t")])]},
            "automations[0].when",
        ),
        ({"procedures": [Procedure("hot", on_dates={"employes": [Tag("t")]})]}, "procedures[0]"),
    ],
)
def test_a_field_that_no_schema_knows_is_found_wherever_it_is_named(
    parts: dict[str, Any], path: str
) -> None:
    assert f"{path}: {UNKNOWN}" in found(schema=SCHEMA, **parts)
    assert not any(UNKNOWN in problem for problem in found(**parts))


def test_the_fields_of_splits_and_the_attributes_are_known() -> None:
    split = Split("subject", {"a": 1, "b": 1})
    condition = field("split_subject").equals("a") & field("stage").equals("talk")
    rule = When(CLICKED, condition, [Tag("t")])
    dates = When(DateReached("due"), then=[Tag("t")])
    assert found(schema=SCHEMA, splits=[split], automations=[rule, dates]) == []


# Triggers


@pytest.mark.parametrize(
    ("trigger", "parts", "words"),
    [
        (StageEntered("qoute"), {"pipelines": [SALES]}, "no pipeline has the stage 'qoute': did you mean 'quote'?"),
        (StageOverdue("qoute"), {}, "no pipeline has the stage 'qoute'"),
        (
            StageEntered("new", pipeline="sales"),
            {"pipelines": [SALES]},
            "'sales' has no stage 'new': known: quote, talk, won",
        ),
        (
            StageEntered("talk", pipeline="sale"),
            {"pipelines": [SALES]},
            "there is no pipeline 'sale': did you mean 'sales'?",
        ),
        (RatingBecomes("hot"), {}, "nothing rates leads, so none becomes 'hot'"),
        (
            RatingBecomes("hto"),
            {"rater": Thresholds(hot=60, warm=30)},
            "no lead is ever rated 'hto': did you mean 'hot'?",
        ),
        (
            RatingBecomes("hot"),
            {"rater": Readiness(self_closing=50, nudge=10)},
            "no lead is ever rated 'hot'",
        ),
        (
            RatingBecomes("hot"),
            {"rater": Categories([Category("key", when=always())])},
            "no lead is ever rated 'hot': known: key",
        ),
        (ScoreReaches(60), {}, "nothing scores leads, so no score is ever reached"),
        (
            ScoreReaches(60),
            {"scoring": ScoringModel("m", MODEL.rules, ceiling=50)},
            "60 points lie above the model's ceiling, 50",
        ),
        (
            ScoreFallsBelow(0),
            {"scoring": ScoringModel("m", MODEL.rules, floor=0)},
            "every score is at least 0, the model's floor",
        ),
        (
            Happens(
                "disposition", field("reason").equals("a") & field("reason").equals("b")
            ),
            {},
            "can never happen",
        ),
    ],
)  # fmt: skip
def test_a_trigger_that_nothing_can_set_off_is_found(
    trigger: Trigger, parts: dict[str, Any], words: str
) -> None:
    [problem] = triggered(trigger, **parts)
    assert problem.startswith(f"automations[0].when: {words}")


@pytest.mark.parametrize(
    ("trigger", "parts"),
    [
        (StageOverdue(), {}),
        (StageOverdue("talk", pipeline="sales"), {"pipelines": [SALES]}),
        (RatingBecomes("zombie"), {"rater": Readiness(self_closing=50, nudge=10)}),
        (RatingBecomes("key"), {"rater": Categories([Category("key", when=always())])}),
        (ScoreReaches(50), {"scoring": ScoringModel("m", MODEL.rules, floor=0, ceiling=50)}),
    ],
)
def test_a_trigger_that_may_be_set_off_is_fine(trigger: Trigger, parts: dict[str, Any]) -> None:
    assert triggered(trigger, **parts) == []


def test_what_a_raters_own_ratings_are_nobody_can_tell() -> None:
    class Own:
        def rate(self, lead: Lead, *, as_of: datetime) -> Rated:
            return Rated(lead.id, as_of)

    assert triggered(RatingBecomes("anything"), rater=Own()) == []


def test_the_rating_of_a_procedure_has_to_be_given() -> None:
    parts = {
        "rater": Thresholds(hot=60, warm=30),
        "procedures": [Procedure("lukewarm", [Tag("t")])],
    }
    [problem] = found(**parts)  # type: ignore[arg-type]
    assert problem.startswith("procedures[0]: no lead is ever rated 'lukewarm'")


# Actions


@pytest.mark.parametrize(
    ("action", "parts", "words"),
    [
        (Move("qoute"), {"pipelines": [SALES]}, "no pipeline has the stage 'qoute': did you mean 'quote'?"),
        (Convert("sale"), {"pipelines": [SALES]}, "there is no pipeline 'sale': did you mean 'sales'?"),
        (Dispose("lost", "price"), {}, "there is no disposition policy to close leads by"),
        (Dispose("lost", "prize"), {"policy": POLICY}, "there is no reason 'prize': did you mean 'price'?"),
        (Enrol("nurtur"), {}, "there is no sequence 'nurtur'"),
        (
            Withdraw("nurtur"),
            {"sequences": [Sequence("nurture", [Step("a")], when=always())]},
            "there is no sequence 'nurtur': did you mean 'nurture'?",
        ),
        (Assign(), {}, "there is no router to choose an owner"),
        (Assign("adaa"), {"roster": ROSTER}, "there is no rep 'adaa': did you mean 'ada'?"),
        (CreateTask("call", rep="cy"), {"roster": ROSTER}, "there is no rep 'cy'"),
        (SendMessage(), {}, "there is no library to choose a message from"),
        (
            SendMessage("giude"),
            {"library": [Content("guide", "Guide")]},
            "the library has no 'giude': did you mean 'guide'?",
        ),
    ],
)  # fmt: skip
def test_an_action_that_names_what_is_not_there_is_found(
    action: Action, parts: dict[str, Any], words: str
) -> None:
    [problem] = acting(action, **parts)
    assert problem.startswith(f"automations[0].then[0]: {words}")


@pytest.mark.parametrize(
    "action",
    [Assign("adaa"), CreateTask("call"), SendMessage("anything"), Tag("t"), Dispose("removed")],
)
def test_what_nobody_can_tell_is_let_pass(action: Action) -> None:
    assert acting(action, policy=POLICY) == []


def test_actions_are_found_wherever_they_stand() -> None:
    lost = Move("nowhere")
    problems = found(
        procedures=[Procedure("hot", [lost], on_dates={"due": [lost]})],
        rater=Thresholds(hot=60, warm=30),
        sequences=[Sequence("s", [Step("a", None, [lost])], when=always())],
        policy=DispositionPolicy([Reason("price", next=[lost])], next={"won": [lost]}),
    )
    assert [problem.split(":")[0] for problem in problems] == [
        "procedures[0].then[0]",
        "procedures[0].on_dates.due[0]",
        "sequences[0].steps[0].branches[0].do[0]",
        "policy.reasons[0].next[0]",
        "policy.next.won[0]",
    ]


# What nothing uses


def test_a_sequence_that_nobody_begins_is_found() -> None:
    sequence = Sequence("s", [Step("a")])
    assert found(sequences=[sequence]) == ["sequences[0]: nothing ever enrols leads in 's'"]
    assert acting(Enrol("s"), sequences=[sequence]) == []


def test_a_reason_that_no_stage_is_for_is_found() -> None:
    policy = DispositionPolicy(
        [Reason("price", outcomes=["lost"]), Reason("fit"), Reason("sold", outcomes=["won"])]
    )
    assert found(policy=policy, pipelines=[SALES]) == [
        "policy.reasons[0].outcomes: no pipeline has a stage for 'price', so nothing uses it"
    ]
    assert found(policy=policy) == []


def test_a_reason_that_leads_back_to_nowhere_is_found() -> None:
    policy = DispositionPolicy([Reason("later", back_to="tlak")])
    [problem] = found(policy=policy, pipelines=[SALES])
    assert problem == (
        "policy.reasons[0].back_to: no pipeline has the stage 'tlak': did you mean 'talk'?"
    )

"""The audience of an effect: who is asked, and that nobody who may be met is left out."""

from __future__ import annotations

import pytest

from leadflow import Money, all_of, always, any_of, field
from leadflow.actions import Action, CreateTask, SetField, Tag
from leadflow.automation.audience import Audience
from leadflow.automation.effect import effect_of, judge
from leadflow.conditions import Condition

CONDITIONS: list[Condition] = [
    field("n").equals(1),
    field("n").equals(True),
    field("n").equals(0.1),
    field("n").equals("x"),
    field("n").one_of(2, "x"),
    field("n").at_least(2),
    field("n").equals(field("m")),
    field("deal_value").equals(Money(5, "EUR")),
    ~field("n").equals(1),
    field("n").is_unknown(),
    field("m").equals(1) & field("n").equals(1),
    field("m").is_known() & field("n").is_known(),
    any_of(field("n").equals(1), field("m").equals(1)),
    any_of(field("n").equals(1), field("m").is_known()),
    field("tag").equals("x"),
    field("by").equals("ada"),
    all_of(field("by").is_known(), field("tag").equals("x")),
    ~field("by").is_known(),
]
ACTIONS: list[Action] = [
    *(SetField("n", value) for value in (1, 1.0, True, 2, 0.1, "x", None)),
    SetField("deal_value", Money(5, "EUR")), SetField("deal_value", Money("5.5", "EUR")),
    SetField("m", 1), Tag("x"), Tag("y"), CreateTask("call"),
]  # fmt: skip


@pytest.mark.parametrize("action", ACTIONS)
def test_everybody_whom_an_effect_may_meet_is_found(action: Action) -> None:
    audience, effect = Audience(), effect_of(action)
    assert effect is not None
    for place, where in enumerate(CONDITIONS):
        audience.add(place, where)
    met = {place for place, where in enumerate(CONDITIONS) if judge(where)(effect) is not False}
    asked = [each.place for each in audience.of(effect)]
    assert met <= set(asked)
    assert len(asked) == len(set(asked))


def test_those_who_need_another_value_are_not_asked() -> None:
    audience, effect = Audience(), effect_of(Tag("x"))
    assert effect is not None
    for place in range(100):
        audience.add(place, field("tag").one_of(f"a{place}", f"b{place}"))
    audience.add(100, field("by").is_known() & field("tag").equals("x"))
    audience.add(101, field("by").is_known() & field("tag").equals("y"))
    assert [each.place for each in audience.of(effect)] == [100]


def test_those_who_ask_nothing_are_kept_apart() -> None:
    audience = Audience()
    audience.add(0, always())
    audience.add(1, field("tag").equals("x"))
    assert [audience.free, audience.asking] == [[0], [1]]

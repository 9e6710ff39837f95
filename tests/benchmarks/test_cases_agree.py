"""The benchmarks compare like with like: everybody gives every lead the same points."""

from __future__ import annotations

import attrs
import pytest

from benchmarks import histories
from benchmarks.contenders import LEADFLOW, NOW, agreeing, leads_of, model_of
from benchmarks.data import CHOICES, MOST, TYPICAL, leads


def test_everybody_who_is_here_agrees_with_leadflow() -> None:
    """The peers are here only where benchmarks run; a benchmark begins with the same check."""
    assert {"by hand", "closures"} <= set(agreeing())


def test_somebody_who_does_not_agree_is_named() -> None:
    wrong = attrs.evolve(LEADFLOW, name="wrong", make=lambda rules, values: lambda: [-1])
    with pytest.raises(SystemExit, match="wrong gives other points than leadflow"):
        agreeing([wrong])


def test_the_score_has_the_points_of_the_shortcut() -> None:
    model = model_of(TYPICAL)
    for lead in leads_of(leads(300)):
        assert model.score(lead, as_of=NOW).points == model.points(lead, as_of=NOW)


def test_every_rule_of_the_thirty_gives_points_to_some_leads_and_not_to_others() -> None:
    values = leads(300)
    for asked in TYPICAL:
        points = LEADFLOW.make([asked], values)()
        assert set(points) == {0, asked.points}


def test_the_rules_are_twenty_on_fields_and_ten_on_counts_over_eleven_fields() -> None:
    counts = list(MOST)[-4:]
    assert sum(asked.field in counts for asked in TYPICAL) == 10
    assert len(TYPICAL) == 30
    assert {asked.field for asked in TYPICAL} == {*CHOICES, *MOST}
    assert len({*CHOICES, *MOST}) == 11


@pytest.mark.parametrize("length", [10, 100, 1_000])
def test_the_loop_by_hand_agrees_on_histories_the_first_time_and_again(length: int) -> None:
    logs = histories.histories(20, length)
    asked = histories.fresh(logs)
    by_hand = histories.by_hand(logs)
    assert histories.by_leadflow(asked) == by_hand
    assert histories.by_leadflow(asked) == by_hand

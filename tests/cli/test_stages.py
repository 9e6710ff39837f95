from __future__ import annotations

import pytest

from leadflow.cli.stages import unknown_stages
from leadflow.lead import Lead
from leadflow.pipeline import Pipeline
from leadflow.presets import sales_pipeline, status_pipeline

BOTH = [status_pipeline(), sales_pipeline()]


def lines(*leads: Lead) -> list[str]:
    return unknown_stages(leads, BOTH, "so be it")


@pytest.mark.parametrize(
    "lead",
    [
        Lead("L"),
        Lead("L", pipeline="sles"),
        Lead("L", stage="closing"),
        Lead("L", stage="new", pipeline="status"),
    ],
)
def test_a_known_stage_and_none_at_all_are_no_matter(lead: Lead) -> None:
    assert lines(lead) == []


def test_of_a_known_pipeline_its_own_stages_may_be_meant() -> None:
    found = lines(
        Lead("A", stage="closng", pipeline="sales"), Lead("B", stage="new", pipeline="sales")
    )
    assert found[0] == "warning: the stage of 2 leads is in no pipeline that was given:"
    assert found[1] == "  closng (1): did you mean 'closing'?"
    assert found[2].startswith("  new (1): known: after_sale, closing, ")
    assert found[-1] == "  (so be it)"


def test_an_unknown_pipeline_may_be_another() -> None:
    found = lines(*(Lead(id_, stage="closing", pipeline="sles") for id_ in "AB"))
    assert found[1] == "  closing of pipeline sles (2): did you mean 'sales'?"


def test_without_pipelines_nothing_is_known() -> None:
    none: list[Pipeline] = []
    assert unknown_stages([Lead("L", stage="x")], none, "so be it")[1:] == [
        "  x (1): none is known here",
        "  (so be it)",
    ]


def test_the_most_frequent_come_first_and_not_all_are_shown() -> None:
    leads = [
        Lead(f"{n}-{copy}", stage=f"odd {n:02}") for n in range(20) for copy in range(1 + (n == 7))
    ]
    found = lines(*leads)
    assert found[0].startswith("warning: the stage of 21 leads ")
    assert found[1].startswith("  odd 07 (2): ")
    assert found[-2] == "  … and 8 more"
    assert len(found) == 15

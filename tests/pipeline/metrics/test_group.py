"""Measures by dimension."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from leadflow.errors import InvalidValue
from leadflow.lead import Lead
from leadflow.pipeline.metrics import (
    History,
    Measure,
    Track,
    bottlenecks,
    funnel,
    measure,
    parted,
    stage_times,
    time_to_close,
    transitions,
    win_rate,
)
from leadflow.pipeline.metrics.group import measure_leads, worded
from tests.pipeline.metrics.made import CAME, DAY, deal, history, odd

DEALS = [
    deal("1", owner="ada", source="fair", size=5, vip=True, since=date(2026, 3, 1)),
    deal("2", "won", closed=40, owner="ada", source="web", size=5),
    deal("3", "lost", created=40, closed=45, owner="bo", source=""),
    deal("4", created=None),
]


def all_of_them() -> History:
    return history(DEALS, days=50)


def size(tracks: Sequence[Track]) -> int:
    return len(tracks)


def counts(by: Any, **how: Any) -> dict[str, int]:
    return {group.label: group.count for group in measure(all_of_them(), size, by=by, **how)}


@pytest.mark.parametrize(
    ("by", "found"),
    [
        ("owner", {"(none)": 1, "ada": 2, "bo": 1}),
        ("source", {"(none)": 2, "fair": 1, "web": 1}),
        ("size", {"(none)": 2, "5": 2}),
        ("vip", {"(none)": 3, "yes": 1}),
        ("since", {"(none)": 3, "2026-03-01": 1}),
        ("stage", {"contact": 2, "lost": 1, "won": 1}),
        ("outcome", {"lost": 1, "open": 2, "won": 1}),
        ("created_month", {"(none)": 1, "2026-03": 2, "2026-04": 1}),
        ("closed_week", {"(none)": 2, "2026-W15": 1, "2026-W16": 1}),
        (["owner", "outcome"], {"(none), open": 1, "ada, open": 1, "ada, won": 1, "bo, lost": 1}),
    ],
)
def test_leads_are_parted_by_any_dimension(by: Any, found: dict[str, int]) -> None:
    assert counts(by) == found


@pytest.mark.parametrize("by", ["owner", ["owner", "outcome"], "created_month", ()])
def test_what_is_asked_of_a_part_is_what_is_told_of_the_group(by: Any) -> None:
    whole = all_of_them()
    parts = parted(whole, by)
    assert parts.value == whole
    for metric in (win_rate, funnel, time_to_close, stage_times):
        told = metric(whole, by=by)
        assert [group.key for group in parts] == [group.key for group in told]
        assert [metric(part.value).value for part in parts] == [group.value for group in told]
    assert sum(len(part.value) for part in parts) == (len(whole) if by else 0)
    assert {part.value.as_of for part in parts} <= {whole.as_of}


def test_a_part_may_be_empty_and_any_question_asked_of_it() -> None:
    parts = parted(all_of_them(), "owner", groups=["cy"])
    assert len(parts["cy"]) == 0
    assert bottlenecks(parts["cy"]).worst is None
    assert transitions(parts["ada"]).last == {"contact": 1, "won": 1}
    with pytest.raises(InvalidValue, match="did you mean 'owner'"):
        parted(all_of_them(), "ownr")
    with pytest.raises(InvalidValue, match="history: expected a History"):
        parted(odd(5), "owner")


def test_keys_that_are_listed_stand_there_without_leads() -> None:
    found = measure(all_of_them(), Measure("deals", len), by="owner", groups=["cy", "ada"])
    assert [(group.key, group.count, group.value) for group in found] == [
        (("(none)",), 1, 1), (("ada",), 2, 2), (("bo",), 1, 1), (("cy",), 0, 0),
    ]  # fmt: skip
    assert (found["cy"], found["ada"], found.value, found.count, len(found)) == (0, 2, 4, 4, 4)


def test_a_measure_of_ones_own_is_shown_as_a_table() -> None:
    found = measure(all_of_them(), size, by=["owner", "outcome"])
    assert str(found).splitlines()[0].split() == ["owner", "outcome", "leads", "size"]
    assert str(found).splitlines()[-1].split() == ["all", "4", "4"]
    assert "<caption>size by owner, outcome</caption>" in found._repr_html_()
    assert repr(found) == "Measured('size' by owner, outcome, 4 groups)"


def test_without_a_dimension_one_figure_is_shown() -> None:
    found = measure(all_of_them(), lambda tracks: len(tracks) / 8)
    assert (str(found), repr(found)) == ("lambda: 0.50", "Measured('lambda', 0 groups)")
    assert "<caption>lambda</caption>" in found._repr_html_()


def test_many_groups_are_cut_when_shown_but_not_lost() -> None:
    found = measure(
        history([deal(str(n), owner=f"rep {n:03}") for n in range(205)]), size, by="owner"
    )
    assert "… and 5 more groups" in str(found)
    assert str(found).splitlines()[-2].startswith("all")
    assert len(found.rows()) == 206


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, "no data"), (True, "yes"), (False, "no"), (1234, "1,234"), (2.5, "2.50"), ("x", "x")],
)
def test_figures_are_written_for_people(value: Any, words: str) -> None:
    assert worded(value) == words


def test_an_unknown_dimension_is_refused_with_the_closest() -> None:
    with pytest.raises(InvalidValue, match="did you mean 'source'"):
        counts("sorce")
    with pytest.raises(InvalidValue, match="did you mean 'created_month'"):
        counts("created_mont")


def test_an_attribute_that_no_lead_has_is_known_all_the_same() -> None:
    assert counts("lifecycle") == {"(none)": 4}


def test_of_no_leads_every_dimension_is_fine() -> None:
    assert len(measure(history([]), size, by="owner")) == 0


def test_an_unknown_group_is_refused_with_the_closest() -> None:
    found = measure(all_of_them(), size, by="owner")
    with pytest.raises(
        InvalidValue, match=r"size: expected the key of a group.*did you mean 'ada'"
    ):
        found["adda"]
    with pytest.raises(InvalidValue, match="size: expected the key of a group, got 5"):
        found[odd(5)]


def test_groups_are_those_of_one_dimension() -> None:
    with pytest.raises(InvalidValue, match="groups: expected keys of the one dimension"):
        counts(["owner", "stage"], groups=["ada"])
    with pytest.raises(InvalidValue, match="groups"):
        measure(all_of_them(), size, groups=["ada"])


def test_what_is_no_history_or_no_function_is_refused() -> None:
    with pytest.raises(InvalidValue, match="history: expected a History"):
        measure(odd([]), size)
    with pytest.raises(InvalidValue, match="Measure 'deals' function"):
        Measure("deals", odd(5))


def test_leads_themselves_are_parted_too() -> None:
    leads = [Lead("1", CAME, owner="ada"), Lead("2", CAME + 40 * DAY), Lead("3", owner="ada")]
    found = measure_leads(leads, "leads", len, "owner")
    assert [(group.label, group.value) for group in found] == [("(none)", 1), ("ada", 2)]
    by_month = measure_leads(leads, "leads", len, ["created_month", "stage"])
    assert [group.label for group in by_month] == [
        "(none), (none)", "2026-03, (none)", "2026-04, (none)",
    ]  # fmt: skip

"""The five ready playbooks: whole, fresh, and equal to their files."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from leadflow import Activity, Lead, presets
from leadflow.automation import happens
from leadflow.errors import InvalidValue
from leadflow.events import Event
from leadflow.playbook import Playbook
from leadflow.presets import (
    category_playbook,
    disposition_playbook,
    disposition_policy,
    pipeline_playbook,
    playbooks,
    scoring_playbook,
    status_playbook,
)
from leadflow.presets.playbooks.closing import closing_rules, coming_back
from leadflow.presets.playbooks.nurture import nurture_library, nurture_sequence
from leadflow.routing import Rep, Roster
from leadflow.serialization import dump_playbook, load_playbook

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FILES = Path(playbooks.__file__).parent
READY: dict[str, Callable[[], Playbook]] = {
    "scoring": scoring_playbook,
    "categories": category_playbook,
    "statuses": status_playbook,
    "disposition": disposition_playbook,
    "whole_pipeline": pipeline_playbook,
}
ROSTER = Roster(
    [
        *(Rep(f"rep-{letter}", team="sales") for letter in "abc"),
        Rep("bo", team="marketing"),
    ]
)
ALL = pytest.mark.parametrize("make", READY.values(), ids=READY)


@ALL
def test_nothing_is_amiss_with_it_nor_with_it_and_a_roster(make: Callable[[], Playbook]) -> None:
    assert make().check() == ()
    assert make().check(ROSTER) == ()


@pytest.mark.parametrize(
    "playbook",
    [
        category_playbook(inbox=False),
        status_playbook("he"),
        disposition_playbook("pl"),
        pipeline_playbook({"pumps": "/product/pumps"}, currency="USD"),
        scoring_playbook(small=["a", "b"], medium=["b"], large="c"),
    ],
    ids=lambda playbook: playbook.name,
)
def test_nothing_is_amiss_with_what_is_made_to_measure(playbook: Playbook) -> None:
    assert playbook.check() == ()
    assert load_playbook(dump_playbook(playbook)) == playbook


@ALL
def test_each_call_returns_a_fresh_equal_value(make: Callable[[], Playbook]) -> None:
    assert make() == make()
    assert make() is not make()
    assert pickle.loads(pickle.dumps(make())) == make()


@pytest.mark.parametrize("stem", READY)
def test_its_file_says_the_same(stem: str) -> None:
    path = FILES / f"{stem}.toml"
    assert load_playbook(path) == READY[stem]()
    assert path.read_text(encoding="utf-8") == dump_playbook(READY[stem]())


def test_there_are_no_other_files() -> None:
    assert sorted(path.stem for path in FILES.glob("*.toml")) == sorted(READY)
    assert set(playbooks.__all__) < set(presets.__all__)


LOG: list[Event] = [
    Activity("form_submitted", NOON, id="F-1"),
    Activity("page_viewed", NOON + timedelta(hours=1), id="E-1", data={"page": "/pricing"}),
    Activity("call", NOON + timedelta(hours=2), id="E-2", answered=True),
    Activity("email_clicked", NOON + timedelta(days=2), id="E-3"),
]


@ALL
def test_a_day_is_handled_the_same_each_time_and_a_repeat_changes_nothing(
    make: Callable[[], Playbook],
) -> None:
    playbook, start = make(), Lead("L-7", NOON, fields={"email": "a@b.example", "phone": "5"})
    lead, again = start, start
    for event in LOG:
        outcome = playbook.handle(lead, event, ROSTER, as_of=event.at)
        assert playbook.handle(lead, event, ROSTER, as_of=event.at) == outcome
        repeat = playbook.handle(outcome.lead, event, ROSTER, as_of=event.at)
        assert (repeat.lead, repeat.to_do) == (outcome.lead, ())
        lead, again = outcome.lead, again.after(*outcome.events)
    assert again == lead
    assert lead.owner in {rep.id for rep in ROSTER.reps}


@ALL
def test_what_time_brings_is_planned_once(make: Callable[[], Playbook]) -> None:
    playbook, start = make(), Lead("L-7", NOON, fields={"email": "a@b.example", "phone": "5"})
    lead = playbook.handle(start, LOG[0], ROSTER, as_of=NOON).lead
    for day in (1, 8, 40, 100):
        at = NOON + timedelta(days=day)
        lead = playbook.review([lead], at, roster=ROSTER).leads[0]
        assert playbook.review([lead], at, roster=ROSTER).to_do == ()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: scoring_playbook(small=[]), "the id of a rep"),
        (lambda: scoring_playbook(large=7), "large"),  # type: ignore[arg-type]
        (lambda: status_playbook("xx"), "'en' or 'he'|en, he"),  # type: ignore[arg-type]
        (lambda: status_playbook(limits=10), "limits"),  # type: ignore[arg-type]
        (lambda: disposition_playbook("xx"), "en, pl"),  # type: ignore[arg-type]
        (lambda: pipeline_playbook(currency="euro"), "currency"),
        (lambda: pipeline_playbook(["pumps"]), "interests: expected a mapping"),  # type: ignore[arg-type]
        (lambda: pipeline_playbook({"pumps": 7}), "text"),  # type: ignore[dict-item]
    ],
)
def test_a_wrong_argument_is_refused(make: Callable[[], Playbook], words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        make()


def test_a_team_nobody_is_in_is_found() -> None:
    [problem] = category_playbook(marketing="growth").check(ROSTER)
    assert "growth" in str(problem)


def test_nurture_is_for_closed_leads_and_any_number_of_rounds() -> None:
    sequence = nurture_sequence()
    assert "disposed" not in sequence.exits
    assert sequence.rounds is None
    assert [step.key for step in sequence.steps] == [item.key for item in nurture_library()]


def test_closing_moves_by_the_outcome() -> None:
    [won, lost] = closing_rules({"won": "customer", "lost": "closed"})
    assert (won.trigger, str(lost.then[0])) == (
        happens("disposition", outcome="won"),
        "move to closed",
    )


def test_only_the_reasons_that_come_back_get_another_stage() -> None:
    before = disposition_policy()
    after = coming_back(before, "prospecting")
    for old, new in zip(before, after, strict=True):
        assert new.back_to == (None if old.back_to is None else "prospecting")

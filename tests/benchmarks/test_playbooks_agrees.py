"""What is compared does the same work."""

from __future__ import annotations

import pytest

from benchmarks import playbooks
from leadflow.presets import scoring_playbook

TINY = playbooks.Size(5, 1, 2)


def test_the_same_plans_and_the_same_document() -> None:
    playbooks.agreeing()


@pytest.mark.parametrize(
    ("name", "words"), [("planned", "plan other actions"), ("parsed", "something else")]
)
def test_other_answers_are_refused(monkeypatch: pytest.MonkeyPatch, name: str, words: str) -> None:
    answers = iter("abcdef")
    monkeypatch.setattr(playbooks, name, lambda *_: next(answers))
    with pytest.raises(SystemExit, match=words):
        playbooks.agreeing()


def test_every_lead_has_fifty_events_or_a_few_more_and_is_made_afresh() -> None:
    drawn = playbooks.leads(5, scoring_playbook())
    assert all(50 <= len(lead.events) < 70 for lead in drawn)
    assert playbooks.afresh(drawn) == drawn


def test_the_cases_make_tables_as_wide_as_their_headers() -> None:
    for section in playbooks.sections(TINY):
        assert section.rows
        assert {len(row) for row in section.rows} == {len(section.header)}
        assert section.targets

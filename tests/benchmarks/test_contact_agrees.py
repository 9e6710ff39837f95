"""By hand the gate gives the same answers."""

from __future__ import annotations

import attrs
import pytest

from benchmarks import contact

TINY = attrs.evolve(contact.QUICK, leads=50, rounds=2)


def test_by_hand_the_same_leads_may_be_written_to() -> None:
    allowed = contact.agreeing(contact.leads(500))
    assert 300 < allowed < 450


def test_other_answers_by_hand_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact, "by_hand", list)
    with pytest.raises(SystemExit, match="other answers"):
        contact.agreeing(contact.leads(5))


def test_every_lead_has_twenty_activities_and_the_caps_refuse_some_more() -> None:
    drawn = contact.leads(500)
    assert {len(lead.events) for lead in drawn} == {20}
    capped = contact.by_leadflow(drawn, contact.CAPS)
    assert 0 < sum(capped) < sum(contact.by_leadflow(drawn))


def test_the_case_makes_a_table_as_wide_as_its_header() -> None:
    [section] = contact.sections(TINY)
    assert [row[0] for row in section.rows][0::2] == ["leadflow", "by hand"]
    assert {len(row) for row in section.rows} == {len(section.header)}

"""By hand the same duplicates are found."""

from __future__ import annotations

from collections import Counter

import attrs
import pytest

from benchmarks import duplicates
from leadflow.disposition.duplicates import find_duplicates

TINY = attrs.evolve(duplicates.QUICK, leads=(50, 500), rounds=2)


def test_by_hand_the_same_groups_are_found() -> None:
    assert 100 < duplicates.agreeing(duplicates.leads(2_000)) < 250


@pytest.mark.parametrize("way", ["by_hand", "by_hand_with_our_keys"])
def test_other_groups_by_hand_are_refused(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, way, lambda _: set())
    with pytest.raises(SystemExit, match="by hand are others"):
        duplicates.agreeing(duplicates.leads(50))


def test_every_key_finds_some_of_the_leads_that_come_again() -> None:
    found = find_duplicates(duplicates.leads(2_000))
    keys = Counter(match.key for pair in found for match in pair.because)
    assert set(keys) == {"e-mail", "phone", "name and company"}
    assert min(keys.values()) > 30


def test_the_case_makes_a_table_as_wide_as_its_header() -> None:
    [section] = duplicates.sections(TINY)
    assert [row[0] for row in section.rows][:2] == ["leadflow", "by hand"]
    assert {len(row) for row in section.rows} == {len(section.header)}

"""What is compared does the same work."""

from __future__ import annotations

import pytest

from benchmarks import reports

TINY = reports.Size(100, 2)


def test_the_report_and_the_pass_by_hand_agree() -> None:
    reports.agreeing()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("funnel", "funnels"),
        ("won", "won values"),
        ("times", "times in stage"),
        ("owners", "win rates"),
    ],
)
def test_other_answers_are_refused(monkeypatch: pytest.MonkeyPatch, name: str, words: str) -> None:
    right = reports.by_hand

    def wrong(*rows: list[reports.Row]) -> dict[str, object]:
        found = right(*rows)
        found[name] = (0, 0) if name == "won" else dict.fromkeys(found[name], (0, 0, 0))
        return found

    monkeypatch.setattr(reports, "by_hand", wrong)
    with pytest.raises(SystemExit, match=words):
        reports.agreeing()


def test_the_case_makes_tables_as_wide_as_their_headers() -> None:
    for section in reports.sections(TINY):
        assert {len(row) for row in section.rows} == {len(section.header)}
        assert section.targets

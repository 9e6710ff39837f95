"""What is compared does the same work."""

from __future__ import annotations

import pytest

from benchmarks import frame_metrics

TINY = frame_metrics.Size(100, 2)


def test_the_frames_and_the_queries_by_hand_agree() -> None:
    frame_metrics.agreeing()


def test_other_answers_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, by_hand = frame_metrics.CASES["funnel"]
    wrong = {"funnel": (lambda d, c: ours(d, c).head(2), by_hand)}
    monkeypatch.setattr(frame_metrics, "CASES", wrong)
    with pytest.raises(SystemExit, match="funnel differ"):
        frame_metrics.agreeing()


def test_the_cases_make_tables_as_wide_as_their_headers() -> None:
    for section in frame_metrics.sections(TINY):
        assert {len(row) for row in section.rows} == {len(section.header)}
        assert len(section.targets) == 3

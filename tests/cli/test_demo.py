from __future__ import annotations

from leadflow.cli.screen import width
from tests.cli.conftest import Run


def test_the_demo_ranks_rates_and_explains_and_is_the_same_each_time(run: Run) -> None:
    code, out, err = run("demo")
    assert (code, err) == (0, "")
    assert run("demo")[1] == out
    lines = out.splitlines()
    assert lines[0] == "500 leads scored by engagement version 1 as of 2026-03-02 09:00 UTC"
    for heading in ("Whom to call first: ", "All leads by rating", "Why "):
        assert any(line.startswith(heading) for line in lines)


def test_hot_leads_come_first_and_then_the_most_points(run: Run) -> None:
    lines = run("demo")[1].splitlines()
    first = lines.index("Whom to call first: hot before warm before cold, then by points") + 2
    listed = [line.split() for line in lines[first : lines.index("All leads by rating") - 1 : 2]]
    assert [row[0] for row in listed] == [str(place) for place in range(1, 13)]
    assert all("hot" in row for row in listed)
    points = [int(row[row.index("hot") - 1]) for row in listed]
    assert points == sorted(points, reverse=True)


def test_the_explained_lead_adds_up(run: Run) -> None:
    lines = run("demo")[1].splitlines()
    why = next(place for place, line in enumerate(lines) if line.startswith("Why "))
    points = int(lines[why + 1].split()[1])
    parts = [line.split()[0] for line in lines[why + 2 :] if line.startswith(("  +", "  -"))]
    assert sum(map(int, parts)) == points


def test_the_demo_fits_100_columns(run: Run) -> None:
    assert max(map(width, run("demo")[1].splitlines())) <= 100

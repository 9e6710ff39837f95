from __future__ import annotations

from itertools import groupby

from leadflow.markup import width
from leadflow.presets import status_pipeline
from tests.cli.conftest import Run

HEADINGS = (
    "The first 5: the new, then what is due, then who did not answer; hot ones first in each",
    "All leads by rating",
    "Where every lead stands",
)
GROUPS = {"new": 0, "due": 1, "overdue": 1, "no": 2}


def block(lines: list[str], heading: str) -> list[str]:
    """The lines beneath a heading, up to the next empty one."""
    found = lines[lines.index(heading) + 1 :]
    return found[: found.index("")] if "" in found else found


def test_the_demo_is_the_same_each_time_and_ends_in_a_days_work(run: Run) -> None:
    code, out, err = run("demo")
    assert (code, err) == (0, "")
    assert run("demo")[1] == out
    lines = out.splitlines()
    assert lines[0] == "500 leads reviewed by the playbook 'statuses' as of 2026-03-02 09:00 UTC"
    assert lines[1].startswith("240 leads to work on as of 2026-03-02 09:00 UTC: 10 new, ")
    assert "260 leads left out: 187 not due, 54 asleep, 19 may not contact (no address)" in lines
    for heading in HEADINGS:
        assert block(lines, heading)


def test_hot_leads_come_first_inside_each_group(run: Run) -> None:
    rows = block(run("demo")[1].splitlines(), HEADINGS[0])[1:]
    assert [row.split()[0] for row in rows[::2]] == [str(place) for place in range(1, 6)]
    groups = [next(GROUPS[word] for word in row.split() if word in GROUPS) for row in rows[::2]]
    is_hot = ["hot, " in reason for reason in rows[1::2]]
    assert groups == sorted(groups)
    for _, members in groupby(zip(groups, is_hot, strict=True), key=lambda pair: pair[0]):
        hot = [each for _, each in members]
        assert hot[0]
        assert hot == sorted(hot, reverse=True)


def test_each_reason_tells_the_rating_the_points_and_why(run: Run) -> None:
    for reason in block(run("demo")[1].splitlines(), HEADINGS[0])[2::2]:
        assert " points; " in reason
        assert any(f"{rating}, " in reason for rating in ("hot", "warm", "cold"))


def test_the_leads_of_the_day_without_an_owner_get_one_with_the_reason(run: Run) -> None:
    lines = run("demo")[1].splitlines()
    assert "45 open leads without an owner: 31 assigned, 14 held" in lines
    place = lines.index("The first 3 assigned:")
    given = dict(row.split()[:2] for row in lines[place + 2 : place + 5])
    assert lines[place + 2] == "  L-0014  rep-1  Europe  serves Central; had no turn yet"
    assert lines[place + 3] == "  L-0053  rep-4  world   least loaded: 41 of 60 units open"
    assert set(given.values()) <= {"rep-1", "rep-3", "rep-4"}
    reasons = block(lines, HEADINGS[0])[2::2]
    assert all(why.split(";")[0].strip().startswith("rep-") for why in reasons)


def test_what_the_playbook_planned_is_counted_and_shown_with_its_reason(run: Run) -> None:
    lines = run("demo")[1].splitlines()
    place = lines.index("What the playbook planned")
    assert lines[place + 2].split() == ["notify", "49", "0", "0", "0"]
    assert lines[place + 3] == "The first 2 actions to be done:"
    assert lines[place + 5 : place + 7] == [
        "  L-0014  notify owner: A new lead is yours",
        "        new lead: assignment happens",
    ]


def test_who_waits_is_held_until_somebody_is_back(run: Run) -> None:
    lines = run("demo")[1].splitlines()
    place = lines.index("The first 1 held:")
    assert lines[place + 2 : place + 4] == [
        "  L-0146  2026-03-03 00:00Z",
        "        rule 'world': nobody may take it: 1 missing language, 1 outside hours",
    ]


def test_every_lead_stands_in_a_stage_of_the_pipeline(run: Run) -> None:
    rows = block(run("demo")[1].splitlines(), "Where every lead stands")[1:]
    cells = [row.rsplit(maxsplit=3) for row in rows]
    assert [row[0].strip() for row in cells] == [each.label for each in status_pipeline().stages]
    assert sum(int(row[1]) for row in cells) == 500


def test_the_explained_lead_is_the_first_and_its_score_adds_up(run: Run) -> None:
    lines = run("demo")[1].splitlines()
    why = next(place for place, line in enumerate(lines) if line.startswith("Why "))
    first = block(lines, HEADINGS[0])[1].split()[1]
    assert lines[why + 2].startswith(f"{first}: ")
    points = int(lines[why + 2].split()[1])
    parts = [line.split()[0] for line in lines[why + 3 :] if line.startswith(("  +", "  -"))]
    assert sum(map(int, parts)) == points


def test_the_standing_of_the_first_tells_what_is_required_before_it_can_move_on(run: Run) -> None:
    lines = run("demo")[1].splitlines()
    standing = lines[lines.index("L-0270: New") :]
    assert standing[1].startswith("  red: ")
    assert standing[2].startswith("  next: call on 2026-02-27 23:19 UTC: ")
    assert "  to No answer: nothing is missing" in standing
    assert standing[-1].startswith("  to Closed (not interested): ")
    assert "needs a disposition" in standing[-1]


def test_the_demo_fits_100_columns_and_70_lines(run: Run) -> None:
    lines = run("demo")[1].splitlines()
    assert max(map(width, lines)) <= 100
    assert len(lines) <= 70


def test_the_columns_stand_straight_in_every_script(run: Run) -> None:
    rows = block(run("demo")[1].splitlines(), HEADINGS[0])[1::2]
    assert len({width(row) for row in rows}) == 1
